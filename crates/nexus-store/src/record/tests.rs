//! Every kind of event survives the journal, and nothing else does.

use super::*;
use crate::classroom::{draft, one_of_each, question};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    CheckDraft, EndsDraft, GoalDraft, IriDraft, PlacementDraft, ProbesDraft,
};
use nexus_engine::decision::beside::{Imitation, ShadowChoice};
use nexus_engine::decision::candidates::{Exclusion, Relaxation};
use nexus_engine::decision::exploration::Withheld;
use nexus_engine::decision::reward::{ClosedReason, Gain, GainSource, RewardJoined};
use nexus_engine::decision::{Fallback, Probe};
use nexus_engine::event::Action;
use nexus_engine::ids::ComponentName;
use nexus_engine::learner::placement::Stopped;
use nexus_engine::policy::site_context::{SiteContext, SiteValue};
use nexus_engine::strategy::{StrategyGain, StrategyOutcome, StrategySet};
use nexus_engine::support::{FollowUp, SupportChooser, SupportOutcome};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(one_of_each);

fn check(event: &Event) {
    let body = encode(event);
    let back = decode(event.word(), &body).unwrap_or_else(|fault| panic!("{fault}: {body}"));
    assert_eq!(back, *event, "{body}");
    // Equal floats may differ in a sign; equal texts do not.
    assert_eq!(encode(&back), body);
}

#[test]
fn every_kind_survives() {
    let events = one_of_each();
    let seen: BTreeSet<&str> = events.iter().map(Event::word).collect();
    let known: BTreeSet<&str> = KINDS.into_iter().collect();
    assert_eq!(seen, known, "a kind without a round trip");
    events.iter().for_each(check);
}

/// Fails to compile when the engine gets a kind, and to pass until [`KINDS`] has it.
#[test]
fn the_list_of_kinds_is_complete() {
    for event in one_of_each() {
        let known = match &event {
            Event::CoursePublished(_)
            | Event::ExperimentStarted(_)
            | Event::ExperimentStopped { .. }
            | Event::ExperimentChanged(_)
            | Event::DecisionMade(_)
            | Event::DecisionExposed { .. }
            | Event::RewardReported(_)
            | Event::RewardJoined(_)
            | Event::RewardClosed(_)
            | Event::TracingTrained(_)
            | Event::ConstraintSet(_)
            | Event::ConstraintLifted { .. }
            | Event::KillSwitchTurned(_)
            | Event::ConsentChanged(_)
            | Event::PolicyVersioned(_)
            | Event::PolicyPromoted(_)
            | Event::PolicyModeSet(_)
            | Event::PolicyGraduated(_)
            | Event::StrategyAssigned(_)
            | Event::StrategyRewarded(_)
            | Event::SupportChosen(_)
            | Event::SupportRewarded(_)
            | Event::Corrected(_)
            | Event::LearnerErased(_)
            | Event::HoldoutSet(_) => KINDS.contains(&event.word()),
            Event::Happened(happening) => match &happening.action {
                Action::Enrolled { .. }
                | Action::SessionStarted
                | Action::SessionEnded
                | Action::ActivityStarted { .. }
                | Action::ActivityCompleted { .. }
                | Action::ActivitySkipped { .. }
                | Action::VideoProgressed { .. }
                | Action::QuestionAnswered(_)
                | Action::QuizCompleted { .. }
                | Action::Feedback { .. } => KINDS.contains(&happening.action.word()),
            },
        };
        assert!(known, "{}", event.word());
    }
}

/// Parts of a video count as they are only where the entry says so: what stood in a journal before
/// still means what it did.
#[test]
fn exact_parts_of_a_video_are_told_from_those_of_before() {
    let all = one_of_each();
    let of_before = all.iter().find_map(|event| match event {
        Event::Happened(it) if it.action.word() == "video_progressed" => Some(it.clone()),
        _ => None,
    });
    let mut watched = of_before.unwrap();
    let body = encode(&Event::Happened(watched.clone()));
    assert!(!body.contains("exact"), "{body}");
    if let Action::VideoProgressed { exact, .. } = &mut watched.action {
        *exact = true;
    }
    let exact = Event::Happened(watched);
    check(&exact);
    assert!(encode(&exact).contains("\"exact\":true"));
}

#[test]
fn every_choice_of_a_decision_survives() {
    let all = one_of_each();
    let decision = all.iter().find_map(|event| match event {
        Event::DecisionMade(decision) => Some(decision),
        _ => None,
    });
    let mut decision = decision.unwrap().clone();
    decision.rules.exclusions =
        exclusions::LETTERS.iter().map(|(_, exclusion)| *exclusion).collect();
    decision.rules.exclusions.extend([Exclusion::Mastered; 300]);
    decision.probe = Some(Probe { question: question(), propensity: 0.1 / 7.0 });
    for relaxation in Relaxation::ALL {
        decision.rules.relaxation = relaxation;
        check(&Event::DecisionMade(decision.clone()));
    }
    for withheld in Withheld::ALL {
        decision.choice.withheld = Some(withheld);
        check(&Event::DecisionMade(decision.clone()));
    }
    decision.rules.session_over = true;
    for fallback in Fallback::ALL {
        decision.choice.fallback = Some(fallback);
        check(&Event::DecisionMade(decision.clone()));
    }
    decision.origin.shadows = vec![];
    let without = encode(&Event::DecisionMade(decision.clone()));
    assert!(!without.contains("beside"), "as bodies of before there were shadows: {without}");
    check(&Event::DecisionMade(decision.clone()));
    decision.origin.shadows = [Some(0.1 / 3.0), None]
        .map(|probability| ShadowChoice {
            policy: decision.origin.decider.policy.clone(),
            version: 7,
            probability,
        })
        .into();
    check(&Event::DecisionMade(decision.clone()));
    for preferred in [None, Some(decision.chosen().activity.clone())] {
        let agreed = preferred.is_some();
        let (policy, version, choices) = (decision.origin.decider.policy.clone(), 7, 3);
        let imitation = Imitation { policy, version, choices, in_reach: agreed, preferred, agreed };
        decision.apprentice = Some(imitation);
        check(&Event::DecisionMade(decision.clone()));
    }
    decision.choice.chosen = decision.choice.candidates.len();
    let body = encode(&Event::DecisionMade(decision));
    let refused = decode("decision_made", &body);
    assert!(matches!(refused, Err(RecordFault::Meaning { field: "chosen" })));
}

#[test]
fn every_outcome_of_a_decision_survives() {
    for event in one_of_each() {
        match event {
            Event::RewardClosed(mut closed) => {
                for reason in ClosedReason::ALL {
                    closed.reason = reason;
                    check(&Event::RewardClosed(closed.clone()));
                }
            }
            Event::RewardJoined(mut joined) => {
                let sources =
                    [GainSource::Probe, GainSource::NextQuestion, GainSource::LaterSession];
                for source in sources {
                    joined.gain = Some(Gain { surprise: -0.1 - 0.2, source });
                    joined.delayed_gain = Some(0.1 + 0.2);
                    let name = ComponentName::new("teacher-mark").unwrap();
                    joined.reported = vec![(name.clone(), -0.1 - 0.2)];
                    joined.defaulted = vec![name];
                    check(&Event::RewardJoined(joined.clone()));
                }
                assert!(!encode(&Event::RewardJoined(joined.clone())).contains("unmeasured"));
                joined.unmeasured = true;
                check(&Event::RewardJoined(joined));
            }
            _ => {}
        }
    }
}

/// What came of a plan survives, and what contradicts itself is refused.
#[test]
fn every_outcome_of_a_plan_survives() {
    let gain = StrategyGain { probes: 6, right: 4, before: 1.0 / 3.0 };
    for event in one_of_each() {
        let Event::StrategyRewarded(mut rewarded) = event else { continue };
        for outcome in [
            StrategyOutcome::Measured(gain),
            StrategyOutcome::TooFewProbes,
            StrategyOutcome::TaughtOtherwise,
        ] {
            rewarded.outcome = outcome;
            check(&Event::StrategyRewarded(rewarded.clone()));
        }
        let body = encode(&Event::StrategyRewarded(rewarded));
        for (from, to) in [("taught_otherwise", "measured"), ("taught_otherwise", "unheard_of")] {
            let refused = decode("strategy_rewarded", &body.replace(from, to));
            assert!(matches!(refused, Err(RecordFault::Meaning { field: "outcome" })), "{to}");
        }
    }
}

/// Every strategy survives, in an assignment and in a decision; an assignment of nothing is refused.
#[test]
fn every_strategy_survives() {
    let strategies = StrategySet::default();
    for event in one_of_each() {
        match event {
            Event::StrategyAssigned(mut plan) => {
                for strategy in strategies.strategies() {
                    plan.strategy = *strategy;
                    check(&Event::StrategyAssigned(plan.clone()));
                }
                plan.position = plan.probabilities.len();
                let refused = decode("strategy_dealt", &encode(&Event::StrategyAssigned(plan)));
                assert!(matches!(refused, Err(RecordFault::Meaning { field: "dealt" })));
            }
            Event::DecisionMade(mut made) if made.strategy.is_some() => {
                made.strategy = None;
                let body = encode(&Event::DecisionMade(made.clone()));
                assert!(!body.contains("strategy"), "bodies of before there were any: {body}");
                check(&Event::DecisionMade(made));
            }
            _ => {}
        }
    }
}

/// Rewards from before courses declared any read as before, and so do their courses.
#[test]
fn bodies_from_before_declarations_stay_readable() {
    for event in one_of_each() {
        let Event::RewardJoined(joined) = event else { continue };
        let now = encode(&Event::RewardJoined(joined.clone()));
        let before = now.replacen("\"course_version\":1,", "", 1);
        assert_ne!(before, now);
        let expected = RewardJoined { course_version: None, ..*joined };
        let read = decode("reward_joined", &before).unwrap();
        assert_eq!(read, Event::RewardJoined(Box::new(expected)));
    }
    let mut draft = draft();
    let reward = draft.reward.take();
    assert!(!course::encode(&draft).contains("reward"));
    assert_eq!(course::decode(&course::encode(&draft)).unwrap(), draft);
    draft.reward = reward;
    draft.probes = Some(ProbesDraft { share: Some(0.1 - 0.02) });
    assert_eq!(course::decode(&course::encode(&draft)).unwrap(), draft);
}

/// A placement's rules and the end it comes to survive; what was written before there were any
/// says nothing of them, and reads as before.
#[test]
fn placements_survive_and_older_bodies_stay_readable() {
    for event in one_of_each() {
        let body = encode(&event);
        assert!(!body.contains("placement"), "{body}");
        match event {
            Event::CoursePublished(mut draft) => {
                let rules = PlacementDraft { error_max: Some(0.1 + 0.2), ..<_>::default() };
                for rules in [PlacementDraft::default(), rules] {
                    draft.modules[0].activities[0].placement = Some(rules);
                    check(&Event::CoursePublished(draft.clone()));
                }
            }
            Event::Happened(mut happening) => {
                let Action::QuestionAnswered(mut answer) = happening.action else { continue };
                for reason in Stopped::ALL {
                    answer.placement_stopped = Some(reason);
                    happening.action = Action::QuestionAnswered(answer.clone());
                    let event = Event::Happened(happening.clone());
                    check(&event);
                    let other = encode(&event).replace(reason.word(), "bored");
                    let refused = decode("question_answered", &other);
                    let field = "placement_stopped";
                    assert!(
                        matches!(refused, Err(RecordFault::Meaning { field: it }) if it == field)
                    );
                }
            }
            _ => {}
        }
    }
}

/// What a course is meant to achieve survives, and older bodies say nothing of it.
#[test]
fn an_outcome_survives_and_older_bodies_stay_readable() {
    let mut draft = draft();
    let body = course::encode(&draft);
    assert!(["goal", "ends", "\"check\""].iter().all(|field| !body.contains(field)), "{body}");
    let goal = GoalDraft { skills: vec!["one".into()], success: Some(0.1 + 0.2) };
    let ends = EndsDraft { minutes: Some(0.1 + 0.2), date: Some("2027-06-30".into()) };
    for (goal, ends, check) in [
        (GoalDraft::default(), EndsDraft::default(), CheckDraft::default()),
        (goal, ends, CheckDraft { questions: Some(12) }),
    ] {
        draft.goal = Some(goal);
        draft.ends = Some(ends);
        draft.modules[0].activities[0].check = Some(check);
        assert_eq!(course::decode(&course::encode(&draft)).unwrap(), draft);
    }
}

/// Foreign names survive, and older bodies say nothing of them.
#[test]
fn foreign_names_survive_and_older_bodies_stay_readable() {
    let mut draft = draft();
    let body = course::encode(&draft);
    assert!(!body.contains("iris"), "{body}");
    let text = |text: &str| Some(text.to_owned());
    draft.iris = vec![
        IriDraft { iri: text("https://a/1"), activity: text("one"), ..IriDraft::default() },
        IriDraft { prefix: text("https://a/"), question: text("q"), ..IriDraft::default() },
    ];
    assert_eq!(course::decode(&course::encode(&draft)).unwrap(), draft);
}

/// Supports of questions survive, and older bodies say nothing of them.
#[test]
fn supports_survive_and_older_bodies_stay_readable() {
    let mut draft = draft();
    let questions = |draft: &mut CourseDraft, keep: bool| {
        let activities = draft.modules.iter_mut().flat_map(|module| &mut module.activities);
        let questions = activities.flat_map(|activity| &mut activity.questions);
        questions
            .map(|question| match keep {
                true => question.supports.len(),
                false => question.supports.drain(..).count(),
            })
            .sum::<usize>()
    };
    let body = course::encode(&draft);
    assert!(body.contains(r#""supports":[{"id":"nudge","kind":"hint""#), "{body}");
    assert_eq!(course::decode(&body).unwrap(), draft);
    assert!(questions(&mut draft, true) > 0 && questions(&mut draft, false) > 0);
    let without = course::encode(&draft);
    assert!(!without.contains("supports"), "{without}");
    assert_eq!(course::decode(&without).unwrap(), draft);
}

/// Every way to choose a support, and every outcome of one, survives.
#[test]
fn every_choice_and_outcome_of_a_support_survives() {
    let follow_up = |right| Some(FollowUp { right, surprise: 0.1 + 0.2 });
    let outcomes = [
        None,
        SupportOutcome::of(follow_up(true), None),
        SupportOutcome::of(None, follow_up(false)),
        SupportOutcome::of(follow_up(false), follow_up(true)),
    ];
    let (mut chosen, mut rewarded) = (0, 0);
    for event in one_of_each() {
        match event {
            Event::SupportChosen(mut it) => {
                chosen += 1;
                for chooser in SupportChooser::ALL {
                    it.choice.chooser = chooser;
                    check(&Event::SupportChosen(it.clone()));
                }
                it.choice.chosen = it.choice.candidates.len();
                let refused = decode("support_chosen", &encode(&Event::SupportChosen(it)));
                assert!(matches!(refused, Err(RecordFault::Meaning { field: "chosen" })));
            }
            Event::SupportRewarded(mut it) => {
                rewarded += 1;
                for outcome in outcomes.clone() {
                    it.outcome = outcome;
                    check(&Event::SupportRewarded(it.clone()));
                }
            }
            _ => {}
        }
    }
    assert!(chosen > 1 && rewarded > 1);
}

/// Rows of before the feature schema had a second version say nothing of it, and stay so.
#[test]
fn the_first_feature_schema_is_not_written() {
    for event in one_of_each() {
        let first = match event {
            Event::DecisionMade(mut decision) => {
                decision.origin.features.schema = 1;
                Event::DecisionMade(decision)
            }
            Event::RewardJoined(joined) => {
                Event::RewardJoined(Box::new(RewardJoined { schema: 1, ..*joined }))
            }
            _ => continue,
        };
        assert!(!encode(&first).contains("schema"));
        check(&first);
    }
}

/// Bodies of when software could not say what it is have no client.
#[test]
fn the_client_survives() {
    let mut found = 0;
    for event in one_of_each() {
        let Event::DecisionMade(mut decision) = event else { continue };
        found += 1;
        let body = encode(&Event::DecisionMade(decision.clone()));
        assert!(body.contains(r#""client":{"name":"plugin of learner-"#), "{body}");
        decision.request.client = None;
        let event = Event::DecisionMade(decision);
        assert!(!encode(&event).contains("client"));
        check(&event);
    }
    assert!(found > 0);
}

/// Bodies of before a site could say anything have no context; what was said keeps its words, and
/// a word that was changed is found out.
#[test]
fn what_the_site_said_survives() {
    let mut decision = one_of_each().into_iter().find_map(|event| match event {
        Event::DecisionMade(decision) => Some(decision),
        _ => None,
    });
    let decision = decision.as_mut().unwrap();
    decision.request.context = None;
    assert!(!encode(&Event::DecisionMade(decision.clone())).contains("context"));
    check(&Event::DecisionMade(decision.clone()));
    let said = [
        ("time_of_day", SiteValue::Text("evening \"8\" \u{1f319}".into())),
        ("class_size", SiteValue::Number(24.0)),
        ("share", SiteValue::Number(0.1 + 0.2)),
        ("accommodations", SiteValue::Flag(true)),
        ("flag", SiteValue::Text("true".into())),
        ("number", SiteValue::Text("nan".into())),
    ];
    let said = SiteContext::new(said.map(|(key, value)| (key.to_owned(), value))).unwrap();
    decision.request.context = said.map(Box::new);
    let event = Event::DecisionMade(decision.clone());
    check(&event);
    let body = encode(&event);
    for (from, to) in [("evening", "morning"), ("24.0", "25.0"), ("true,", "false,")] {
        assert!(body.contains(from), "{body}");
        let fault = decode(event.word(), &body.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(fault, RecordFault::Meaning { field: "context" }), "{fault}");
    }
}

#[test]
fn what_is_not_finite_stays_readable() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MIN_POSITIVE / 3.0] {
        let text = to_json(&number::Number(number));
        let back: number::Number = serde_json::from_str(&text).unwrap();
        assert_eq!(back.0.is_nan(), number.is_nan());
        assert!(number.is_nan() || back.0.to_bits() == number.to_bits(), "{text}");
    }
    assert!(serde_json::from_str::<number::Number>("\"many\"").is_err());
}

#[test]
fn newer_bodies_and_unknown_kinds_say_so() {
    let newer = decode("enrolled", r#"{"v":2,"at":0,"news":[1]}"#);
    assert!(matches!(newer, Err(RecordFault::Newer { found: 2 })));
    let body = r#"{"v":1,"at":0,"learner":"a","course":"b","course_version":1}"#;
    assert!(decode("enrolled", body).is_ok());
    assert!(matches!(decode("graduated", body), Err(RecordFault::Kind { .. })));
    let missing = decode("activity_started", body);
    assert!(matches!(missing, Err(RecordFault::Missing { field: "activity" })));
    let unknown = body.replace("\"at\"", "\"seen\":1,\"at\"");
    assert!(matches!(decode("enrolled", &unknown), Err(RecordFault::Json(_))));
    let id = body.replace("\"a\"", "\" a\"");
    assert!(matches!(decode("enrolled", &id), Err(RecordFault::Id { field: "learner", .. })));
}

proptest! {
    #[test]
    fn floats_keep_every_bit(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let back: number::Number =
            serde_json::from_str(&to_json(&number::Number(number))).unwrap();
        prop_assert_eq!(back.0.to_bits(), bits);
    }

    #[test]
    fn a_damaged_body_never_panics(
        pick in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let event = pick.get(&EVENTS);
        let mut bytes = encode(event).into_bytes();
        let position = at.index(bytes.len());
        bytes[position] = byte;
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let _ = decode(event.word(), &body);
        let cut: String = body.chars().take(position).collect();
        let _ = decode(event.word(), &cut);
    }
}
