//! Supports: who gets which, what their outcome is, and what is learned from it.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{QuestionDraft, SupportDraft};
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::event::{Action, Event};
use nexus_engine::ids::ConstraintId;
use nexus_engine::invariants;
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::seed::Seed;
use nexus_engine::support::bandit::FLOOR;
use nexus_engine::support::choice::{WINDOW_MICROS, choose_support};
use nexus_engine::support::explanation::explain_support;
use nexus_engine::support::outcome::OPEN_MAX;
use nexus_engine::support::{
    CourseSupports, FollowUp, HelpReason, SupportChooser, SupportChosen, SupportOffer,
    SupportRewarded,
};
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::protocol::Command;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, question, video};
use nexus_testkit::ids::{activity_id, course_id, experiment};
use nexus_testkit::{RIGHT, Story, WRONG};

const DAY: f64 = 1.0;

/// Two skills: `sums` with the question `hard`, which offers four supports, and `more` and `most`;
/// and `other` with two questions in between.
fn sums() -> CourseDraft {
    let text = |id: &str, kind: &str| SupportDraft {
        id: id.to_owned(),
        kind: kind.to_owned(),
        text: Some("Count on your fingers.".to_owned()),
        activity: None,
    };
    let film = SupportDraft {
        text: None,
        activity: Some("film".to_owned()),
        ..text("film", "remedial_activity")
    };
    let supports = vec![
        text("nudge", "hint"),
        text("like-it", "worked_example"),
        text("why", "explanation"),
        film,
    ];
    let hard = QuestionDraft { supports, ..question("hard") };
    let mut home = exercise("home", "sums").asks(["hard", "plain", "more", "most"]);
    home.questions[0] = hard;
    course("sums").teaches([
        video("film", "sums"),
        home,
        exercise("between", "other").asks(["between-1", "between-2"]),
    ])
}

fn story() -> Story {
    Story::of(sums())
}

/// What settled the supports of a story, oldest first.
fn rewarded(story: &Story) -> Vec<&SupportRewarded> {
    let mut rewarded = Vec::new();
    for event in story.events() {
        if let Event::SupportRewarded(it) = event {
            rewarded.push(&**it);
        }
    }
    rewarded
}

fn learned(story: &Story) -> &CourseSupports {
    &story.state().supports[story.course_id()]
}

fn certain(chosen: &SupportChosen, support: &str, chooser: SupportChooser) {
    assert_eq!((chosen.choice.chooser, chosen.choice.floor), (chooser, 0.0));
    assert_eq!((chosen.chosen().support.as_str(), chosen.chosen().probability), (support, 1.0));
}

#[test]
fn one_is_drawn_from_exact_probabilities_with_a_floor() {
    let mut story = story();
    let chosen = story.learner("ada").starts("home").answers("hard", WRONG).gets_help("hard");
    assert_eq!(invariants::sup_1(&chosen), Ok(()));
    let order: Vec<&str> = chosen.choice.candidates.iter().map(|it| it.support.as_str()).collect();
    assert_eq!(order, ["nudge", "like-it", "why", "film"], "the author's order");
    assert_eq!(chosen.choice.chooser, SupportChooser::Bandit);
    assert_eq!((chosen.choice.floor, chosen.choice.model_version), (FLOOR, 0));
    assert!(chosen.choice.candidates.iter().all(|it| it.probability >= FLOOR / 4.0));
    assert_eq!(chosen.window_ends_at, chosen.chosen_at.plus_micros(WINDOW_MICROS));
    let words = explain_support(&chosen);
    assert!(
        words.starts_with("Of 4 supports, this ") && words.contains("no answer says yet"),
        "{words}"
    );
    story.assert_replays();
}

/// The outcome: the next attempt at the question, and the first answer to the next question on its
/// skill with another one in between; both against what was predicted when the support was chosen.
#[test]
fn the_outcome_is_the_retry_and_the_next_independent_question() {
    let mut story = story();
    let chosen = story.learner("ada").starts("home").answers("hard", WRONG).gets_help("hard");
    let at = story.now;
    let ada = story.learner("ada").state();
    let predicted = |story: &Story, id: &str| {
        let course = story.course();
        let question = course.question(id).unwrap();
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        let view = nexus_engine::learner::tracing::QuestionView::of(question, &skills);
        // Every thing that a learner does takes a minute.
        let later = at.plus_micros(60_000_000);
        story.state().tracing.predict(&ada.belief.about(&skills), &view, later).predicted
    };
    let retry = predicted(&story, "hard");
    story.learner("ada").answers("hard", RIGHT);
    assert!(rewarded(&story).is_empty(), "the next question is waited for");
    story.learner("ada").answers("plain", RIGHT);
    assert!(rewarded(&story).is_empty(), "nothing was in between");
    story.learner("ada").answers("more", WRONG);
    let [rewarded] = rewarded(&story)[..] else { panic!("one outcome") };
    let outcome = rewarded.outcome.as_ref().unwrap();
    let Some(FollowUp { right: true, surprise }) = outcome.retry else { panic!("{outcome:?}") };
    assert!((surprise - (1.0 - retry)).abs() < 1e-12, "{surprise} {retry}");
    let next = outcome.next.unwrap();
    assert!(!next.right && next.surprise < 0.0);
    assert!((outcome.value - (surprise + 2.0 * next.surprise) / 3.0).abs() < 1e-12);
    assert!((outcome.weight - 1.0).abs() < 1e-12);
    assert_eq!((&rewarded.choice, &rewarded.support), (&chosen.id, &chosen.chosen().support));
    let learned = learned(&story);
    assert_eq!((learned.chosen, learned.rewarded, learned.missing, learned.learned), (1, 1, 0, 1));
    let sums = &learned.questions[&chosen.question][&chosen.chosen().support];
    assert_eq!((sums.served, sums.outcomes, sums.retries_right, sums.nexts_right), (1, 1, 1, 0));
    story.assert_replays();
}

#[test]
fn what_is_not_independent_is_not_the_next_question() {
    let settled = |tell: fn(&mut Story)| {
        let mut story = story();
        story.learner("ada").starts("home").answers("hard", WRONG).gets_help("hard");
        tell(&mut story);
        story.assert_replays();
        rewarded(&story)
            .first()
            .and_then(|it| it.outcome.clone())
            .is_some_and(|it| it.next.is_some())
    };
    let between = |story: &mut Story| {
        story.learner("ada").starts("between").answers("between-1", RIGHT);
        story.learner("ada").starts("home").answers("more", RIGHT);
    };
    assert!(settled(between));
    assert!(settled(|story| {
        // In a later session nothing needs to be in between.
        story.pass_hours(20.0);
        story.learner("ada").starts("home").answers("more", RIGHT);
    }));
    assert!(!settled(|story| drop(story.learner("ada").answers("more", RIGHT))), "right after it");
    assert!(!settled(|story| drop(
        story.learner("ada").answers("hard", WRONG).answers("hard", RIGHT)
    )));
    assert!(
        !settled(|story| {
            story
                .learner("ada")
                .starts("between")
                .answers("between-1", RIGHT)
                .answers("between-2", RIGHT);
        }),
        "another skill"
    );
    assert!(
        !settled(|story| {
            story.learner("ada").starts("between").answers("between-1", RIGHT);
            story.learner("ada").starts("home").answers_attempt("more", RIGHT, 2);
        }),
        "no first attempt"
    );
    assert!(
        !settled(|story| {
            story.duration_ms = Some(100);
            story.learner("ada").starts("between").answers("between-1", RIGHT);
            story.learner("ada").starts("home").answers("more", RIGHT);
        }),
        "faster than it can be read"
    );
}

#[test]
fn a_window_ends_with_what_came_or_with_nothing() {
    let mut story = story();
    story.learner("ada").starts("home").answers("hard", WRONG).gets_help("hard");
    story.learner("ada").answers("hard", RIGHT);
    story.learner("bob").starts("home").answers("hard", WRONG).gets_help("hard");
    story.pass_days(8.0 * DAY);
    let settled = rewarded(&story);
    let [ada, bob] = &settled[..] else { panic!("{settled:?}") };
    let outcome = ada.outcome.as_ref().unwrap();
    assert!(outcome.next.is_none() && (outcome.weight - 1.0 / 3.0).abs() < 1e-12);
    assert!((outcome.value - outcome.retry.unwrap().surprise).abs() < 1e-12);
    assert_eq!(bob.outcome, None);
    let learned = learned(&story);
    assert_eq!((learned.rewarded, learned.missing, learned.learned), (1, 1, 1));
    // What comes after the window says nothing of it.
    story.learner("bob").starts("between").answers("between-1", RIGHT);
    story.learner("bob").starts("home").answers("more", RIGHT);
    assert_eq!(rewarded(&story).len(), 2);
    story.assert_replays();
}

#[test]
fn what_was_tried_is_not_given_again_until_all_were() {
    let mut story = story();
    story.learner("ada").starts("home").answers("hard", WRONG);
    let mut given: Vec<String> = Vec::new();
    for left in [4, 3, 2, 1] {
        let chosen = story.learner("ada").gets_help("hard");
        assert_eq!(chosen.choice.candidates.len(), left);
        let only = left == 1;
        assert_eq!(chosen.choice.chooser == SupportChooser::OnlyOne, only);
        given.push(chosen.chosen().support.to_string());
    }
    given.sort_unstable();
    assert_eq!(given, ["film", "like-it", "nudge", "why"]);
    assert_eq!(story.learner("ada").gets_help("hard").choice.candidates.len(), 4);
    // The first of two supports in a row is judged by what came before the second.
    let settled = rewarded(&story);
    assert_eq!(settled.len(), 4);
    assert!(settled.iter().all(|it| it.outcome.is_none()));
    story.assert_replays();
}

#[test]
fn one_answer_is_the_next_one_of_one_support() {
    let mut draft = sums();
    let home = &mut draft.modules[0].activities[1];
    home.questions[1].supports = home.questions[0].supports.clone();
    let mut story = Story::of(draft);
    story.learner("ada").starts("home").answers("hard", WRONG).gets_help("hard");
    let newer = story.learner("ada").answers("plain", WRONG).gets_help("plain");
    story.learner("ada").starts("between").answers("between-1", RIGHT);
    story.learner("ada").starts("home").answers("more", RIGHT);
    let settled = rewarded(&story);
    let [only] = settled[..] else { panic!("{settled:?}") };
    assert_eq!(only.choice, newer.id);
    story.assert_replays();
}

#[test]
fn supports_that_wait_are_bounded() {
    let mut draft = sums();
    let home = &mut draft.modules[0].activities[1];
    let supports = home.questions[0].supports.clone();
    let asked: Vec<String> = (0..OPEN_MAX + 3).map(|number| format!("q{number}")).collect();
    for id in &asked {
        home.questions.push(QuestionDraft { supports: supports.clone(), ..question(id) });
    }
    let mut story = Story::of(draft);
    story.learner("ada").starts("home");
    for id in &asked {
        story.learner("ada").gets_help(id);
    }
    assert_eq!(story.learner("ada").state().courses[story.course_id()].supports.len(), OPEN_MAX);
    assert_eq!(rewarded(&story).len(), 3);
    story.assert_replays();
}

#[test]
fn the_kill_switch_serves_the_first_and_teaches_nothing() {
    let mut story = story();
    story.turns_switch(None, true);
    for number in 0..5 {
        let id = format!("learner-{number}");
        let chosen = story.learner(&id).starts("home").answers("hard", WRONG).gets_help("hard");
        certain(&chosen, "nudge", SupportChooser::KillSwitch);
        story.learner(&id).answers("hard", RIGHT);
    }
    story.pass_days(8.0 * DAY);
    let learned_now = learned(&story);
    assert_eq!(
        (learned_now.rewarded, learned_now.learned),
        (5, 0),
        "measured, and not learned from"
    );
    story.turns_switch(None, false);
    let chosen = story.learner("eve").starts("home").gets_help("hard");
    assert_eq!(chosen.choice.chooser, SupportChooser::Bandit);
    story.assert_replays();
}

#[test]
fn without_consent_the_best_estimate_is_served() {
    let mut story = story();
    teach(&mut story, "like-it", 12);
    story.learner("ada").consents(false);
    for _ in 0..3 {
        let chosen = story.clone().learner("ada").starts("home").gets_help("hard");
        certain(&chosen, "like-it", SupportChooser::NoConsent);
        story.draws += 1;
    }
    assert!(SupportChooser::NoConsent.teaches());
    story.assert_replays();
}

/// Teaches that one support helps and the others do not, with so many learners.
fn teach(story: &mut Story, best: &str, learners: usize) {
    for number in 0..learners {
        let id = format!("taught-{number}");
        let chosen = story.learner(&id).starts("home").answers("hard", WRONG).gets_help("hard");
        let right = chosen.chosen().support.as_str() == best;
        story.learner(&id).answers("hard", right);
        story.learner(&id).starts("between").answers("between-1", RIGHT);
        story.learner(&id).starts("home").answers("more", right);
    }
}

#[test]
fn what_helps_is_served_more_often() {
    let mut story = story();
    teach(&mut story, "why", 40);
    let chosen = story.learner("ada").starts("home").gets_help("hard");
    let of = |id: &str| {
        let mut candidates = chosen.choice.candidates.iter();
        candidates.find(|it| it.support.as_str() == id).unwrap()
    };
    assert!(of("why").probability > 0.8, "{:?}", chosen.choice.candidates);
    assert!(of("why").estimate > of("nudge").estimate);
    assert_eq!(chosen.choice.model_version, 40);
    story.assert_replays();
}

#[test]
fn who_is_held_out_gets_an_even_draw() {
    let mut story = story();
    teach(&mut story, "why", 20);
    let set = HoldoutSet {
        course: course_id("sums"),
        share: 0.1,
        reason: "to compare with".to_owned(),
        by: "the head".to_owned(),
    };
    story.handles(Command::SetHoldout(set)).unwrap();
    let mut held_out = 0;
    for number in 0..60 {
        let chosen = story.learner(&format!("learner-{number}")).starts("home").gets_help("hard");
        if chosen.choice.chooser == SupportChooser::Holdout {
            held_out += 1;
            assert!(
                chosen
                    .choice
                    .candidates
                    .iter()
                    .all(|it| it.probability.to_bits() == 0.25_f64.to_bits())
            );
            assert_eq!(invariants::sup_1(&chosen), Ok(()));
        }
    }
    assert!(held_out > 0 && held_out < 20, "{held_out}");
}

#[test]
fn the_static_side_of_an_experiment_gets_the_first() {
    let mut story = story();
    let sides = [("control", "static"), ("treatment", "lin-ts")];
    let definition = experiment("help", "sums", &sides);
    story.handles(Command::StartExperiment(definition)).unwrap();
    let mut sides = [0, 0];
    for number in 0..20 {
        let id = format!("learner-{number}");
        let chosen = story.learner(&id).starts("home").answers("hard", WRONG).gets_help("hard");
        let variant = chosen.assignment.as_ref().unwrap().variant.to_string();
        if variant == "control" {
            sides[0] += 1;
            certain(&chosen, "nudge", SupportChooser::StaticVariant);
        } else {
            sides[1] += 1;
            assert_eq!(chosen.choice.chooser, SupportChooser::Bandit);
        }
        story.learner(&id).answers("hard", RIGHT);
    }
    assert!(sides[0] > 3 && sides[1] > 3, "{sides:?}");
    story.pass_days(8.0 * DAY);
    assert_eq!(learned(&story).learned, sides[1], "the static side teaches nothing");
    story.assert_replays();
}

#[test]
fn an_activity_that_a_teacher_blocked_is_no_support() {
    let mut story = story();
    story.constrains(Constraint {
        id: ConstraintId::new("no-film").unwrap(),
        course: course_id("sums"),
        learner: None,
        rule: Rule::Block,
        activity: activity_id("film"),
        reason: "its sound is broken".to_owned(),
        by: "the teacher".to_owned(),
        expires_at: None,
    });
    let chosen = story.learner("ada").starts("home").gets_help("hard");
    let order: Vec<&str> = chosen.choice.candidates.iter().map(|it| it.support.as_str()).collect();
    assert_eq!(order, ["nudge", "like-it", "why"]);
}

#[test]
fn what_cannot_be_helped_is_refused_in_words() {
    let mut story = story();
    let no = |story: &mut Story, question: &str, reason| {
        story.learner("ada").tries_help(question, reason).unwrap_err()
    };
    let unknown = no(&mut story, "soft", HelpReason::Asked);
    assert_eq!(unknown.to_string(), "course \"sums\" has no question \"soft\"");
    let none = no(&mut story, "more", HelpReason::Asked);
    assert!(matches!(none, Refusal::NoSupport { .. }) && none.code() == "no_support");
    let not_wrong = no(&mut story, "hard", HelpReason::Wrong);
    assert_eq!(not_wrong.code(), "no_wrong_answer");
    story.learner("ada").starts("home").answers("hard", RIGHT);
    assert_eq!(no(&mut story, "hard", HelpReason::Wrong).code(), "no_wrong_answer");
    story.learner("ada").answers("hard", WRONG);
    let helped = story.learner("ada").tries_help("hard", HelpReason::Wrong).unwrap();
    assert_eq!(helped.reason, HelpReason::Wrong);
    story.assert_replays();
}

/// Chi-square of what was drawn against what was stated, over 20,000 seeds of one offer.
#[test]
fn draws_have_the_stated_probabilities() {
    let mut story = story();
    teach(&mut story, "why", 6);
    let course = story.course().clone();
    let question = course.question("hard").unwrap();
    let supports: Vec<_> = question.supports.iter().collect();
    let learned = story.state().supports.get(story.course_id());
    let (mut drawn, mut stated, mut varies) = ([0.0_f64; 4], [0.0_f64; 4], 0.0_f64);
    let mut variance = [0.0_f64; 4];
    for seed in 0..20_000 {
        let offer = SupportOffer {
            question,
            supports: &supports,
            learned,
            chooser: SupportChooser::Bandit,
            seed: Seed(seed),
        };
        let choice = choose_support(&offer);
        drawn[choice.chosen] += 1.0;
        for (position, candidate) in choice.candidates.iter().enumerate() {
            let p = candidate.probability;
            stated[position] += p;
            variance[position] += p * (1.0 - p);
        }
        varies += choice.candidates[0].probability;
    }
    for position in 0..4 {
        let z = (drawn[position] - stated[position]) / variance[position].sqrt();
        assert!(z.abs() < 4.0, "{position}: {drawn:?} {stated:?}");
    }
    let mut chi = 0.0;
    for (drawn, stated) in drawn.iter().zip(&stated) {
        chi += (drawn - stated) * (drawn - stated) / stated;
    }
    // The 0.999 quantile of chi-square with three degrees of freedom.
    assert!(chi < 16.27 && varies > 0.0, "{chi}");
}

#[test]
fn help_in_an_activity_that_measures_is_refused() {
    let mut draft = sums();
    let check = nexus_engine::catalog::draft::ActivityDraft {
        id: "last".to_owned(),
        kind: "placement".to_owned(),
        title: "What you know".to_owned(),
        difficulty: 0.5,
        minutes: 5.0,
        ..Default::default()
    };
    draft.modules[0].activities.push(check);
    let mut story = Story::of(draft);
    story.learner("ada").does(Action::ActivityStarted { activity: activity_id("last") });
    let refusal = story.learner("ada").tries_help("hard", HelpReason::Asked).unwrap_err();
    assert_eq!(refusal.code(), "no_support_in_check");
    // Left open, it ends with the session.
    story.pass_hours(20.0);
    let later = story.learner("ada").tries_help("hard", HelpReason::Asked);
    assert!(later.is_ok(), "{later:?}");
}
