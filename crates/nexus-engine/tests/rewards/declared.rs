//! Rewards as courses declare them: windows, aggregations, defaults, and which declaration counts.

use crate::outcome::{Outcome, Outcomes, component, mixed, mixed_sums, sums};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::RewardDeclaration;
use nexus_engine::catalog::draft::{ComponentDraft, RewardDraft};
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::event::Event;
use nexus_engine::ids::DecisionId;
use nexus_engine::workspace::protocol::{Command, CommandAnswer, CommandFault};
use nexus_testkit::{RIGHT, Story, WRONG};

/// A story in which success, cost and abandonment count too, unless the declaration says otherwise.
fn declaring(reward: RewardDraft) -> Story {
    Story::of(CourseDraft { reward: Some(mixed(reward)), ..sums() })
}

fn joined(story: &Story, decision: &DecisionId) -> RewardJoined {
    match story.outcome(decision) {
        Outcome::Joined(joined) => *joined,
        other => panic!("not joined: {other:?}"),
    }
}

/// Ada does what was decided, gets it right, and surprises twice: after a question in between and,
/// in the same hour, once more.
fn tell(story: &mut Story) -> DecisionId {
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
    story.learner("ada").answers("a4", WRONG);
    decision
}

/// A course whose author declares nothing is rewarded by the measured gain alone, and its journal
/// says so in full.
#[test]
fn a_course_that_declares_nothing_is_rewarded_by_the_gain_alone() {
    let mut story = Story::of(sums());
    let decision = tell(&mut story);
    let reward = joined(&story, &decision);
    assert_eq!((reward.value, reward.unmeasured), (reward.gain.unwrap().surprise, false));
    assert!(reward.success.is_some() && reward.cost > 0.0, "reported all the same");
    let Event::CoursePublished(published) = &story.journal[0].event else { panic!("no course") };
    let written = published.reward.clone().expect("it is written in full");
    let weight = |component: &Option<ComponentDraft>| component.as_ref().unwrap().weight;
    assert_eq!(
        [&written.gain, &written.success, &written.cost, &written.abandonment].map(weight),
        [Some(1.0), Some(0.0), Some(0.0), Some(0.0)]
    );
    assert_eq!(published.spelled_out(), **published, "nothing is left to fill in");
}

/// Whatever an author says of a component, what is left out is filled in as the rules say, and the
/// version is rewarded by what the journal says.
#[test]
fn what_is_left_out_is_filled_in() {
    let mark = ComponentDraft { name: Some("mark".into()), ..component(0.5) };
    let said = RewardDraft {
        success: Some(ComponentDraft { within_days: Some(3.0), ..ComponentDraft::default() }),
        cost: Some(component(0.1)),
        components: vec![mark],
        ..RewardDraft::default()
    };
    let story = Story::of(CourseDraft { reward: Some(said), ..sums() });
    let declared = &story.course().reward;
    let weights = [declared.gain, declared.delayed_gain, declared.success, declared.cost];
    assert_eq!(weights.map(|component| component.weight), [1.0, 0.0, 0.0, 0.1]);
    assert_eq!(declared.success.window_micros, 3 * 86_400_000_000);
    let explicit = &declared.explicit[0];
    assert_eq!((explicit.component.weight, explicit.min, explicit.max), (0.5, 0.0, 1.0));
    let usual = RewardDeclaration::USUAL;
    assert_eq!(Story::of(sums()).course().reward, usual);
}

/// A version of an old journal that declares nothing means what it meant when it was written.
#[test]
fn an_old_version_that_declares_nothing_means_what_it_meant() {
    let mut story = Story::of(sums());
    let old = CourseDraft { version: 2, ..sums() };
    story.enters(Event::CoursePublished(Box::new(old.clone())));
    assert_eq!(story.course().reward, RewardDeclaration::BEFORE);
    let decision = tell(&mut story);
    let reward = joined(&story, &decision);
    let gain = reward.gain.unwrap().surprise;
    let by_hand = gain + 0.2 * reward.success.unwrap() - 0.05 * reward.cost;
    assert!((reward.value - by_hand).abs() < 1e-12, "{reward:?}");
    // The same file again is the same version, and another one is not.
    let again = story.handles(Command::Publish(Box::new(old.clone())));
    assert_eq!(again, Ok(CommandAnswer::Unchanged));
    let other = CourseDraft { title: "Other".into(), ..old };
    let refused = story.handles(Command::Publish(Box::new(other)));
    assert!(matches!(refused, Err(CommandFault::Refused(_))), "{refused:?}");
    story.assert_replays();
}

/// A gain that was never measured teaches nothing where the gain alone counts. Where more counts, it
/// is 0, as ever.
#[test]
fn what_was_not_measured_teaches_nothing() {
    for policy in ["lin-ts", "squarecb"] {
        for (course, unmeasured) in [(sums(), true), (mixed_sums(), false)] {
            let mut story = Story::of(course).by_policy(policy);
            let decision = story.learner("ada").decides_for("add-1");
            story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
            story.pass_hours(24.0 * 8.0).sweeps();
            let reward = joined(&story, &decision);
            assert_eq!((reward.gain, reward.unmeasured), (None, unmeasured), "{policy}");
            assert_eq!(reward.value == 0.0, unmeasured, "{policy}");
            assert_eq!(story.policy_version(), 1, "it is counted");
            let model = story.state().policies.values().find_map(|policy| policy.model()).unwrap();
            let learned = model.weights().iter().any(|weight| *weight != 0.0);
            assert_eq!(learned, !unmeasured, "{policy}");
            let evidence = model.precision().iter().map(|entry| entry - 1.0).fold(0.0, f64::max);
            assert_eq!(evidence > 0.0, !unmeasured, "{policy}");
            story.assert_replays();
        }
    }
}

/// Weights count: without cost and success, the reward is half of the gain.
#[test]
fn declared_weights_count() {
    let mut story = declaring(RewardDraft {
        gain: Some(component(0.5)),
        success: Some(component(0.0)),
        cost: Some(component(0.0)),
        ..RewardDraft::default()
    });
    let decision = tell(&mut story);
    let reward = joined(&story, &decision);
    assert_eq!(reward.value, 0.5 * reward.gain.unwrap().surprise);
}

/// A mean of gains waits for the end of the window and takes both measurements; the earliest
/// settles at once with the first.
#[test]
fn a_gain_may_be_the_mean_of_all_that_measure_it() {
    let mut earliest = Story::of(sums());
    let first = tell(&mut earliest);
    let mut story = declaring(RewardDraft {
        gain: Some(ComponentDraft { aggregate: Some("mean".into()), ..component(1.0) }),
        ..RewardDraft::default()
    });
    let decision = tell(&mut story);
    assert_eq!(story.outcome(&decision), Outcome::Waiting);
    story.pass_hours(24.0 * 8.0).sweeps();
    let mean = joined(&story, &decision).gain.unwrap().surprise;
    let first = joined(&earliest, &first).gain.unwrap().surprise;
    // The second was wrong, about as likely as the first was right, so the mean is far lower.
    assert!(first > 0.0 && mean < first - 0.3, "first {first}, mean {mean}");
}

/// A component has its own window: a gain that must come within a day is not measured after two.
#[test]
fn each_component_has_its_own_window() {
    let within = |days: f64| RewardDraft {
        gain: Some(ComponentDraft { within_days: Some(days), ..component(1.0) }),
        ..RewardDraft::default()
    };
    for (days, measured) in [(1.0, false), (3.0, true)] {
        let mut story = declaring(within(days));
        let decision = story.learner("ada").decides_for("add-1");
        story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
        story.pass_hours(48.0).learner("ada").answers("a3", RIGHT);
        let reward = joined(&story, &decision);
        assert_eq!(reward.gain.is_some(), measured, "within {days} days");
        assert!(reward.success.is_some(), "the success keeps its own window");
    }
}

/// A delayed gain is measured by a question a day later or more, and by none before.
#[test]
fn a_delayed_gain_is_measured_a_day_later() {
    let mut story =
        declaring(RewardDraft { delayed_gain: Some(component(0.5)), ..RewardDraft::default() });
    let decision = tell(&mut story);
    assert_eq!(story.outcome(&decision), Outcome::Waiting, "it waits for the delayed gain");
    story.pass_hours(30.0);
    // All questions on adding were met, so a probe of a new learner's kind must come from others:
    // here the window ends without one, and the gain alone counts.
    story.pass_hours(24.0 * 7.0).sweeps();
    let without = joined(&story, &decision);
    assert_eq!(without.delayed_gain, None);

    let decision = story.learner("bob").decides_for("add-1");
    story.learner("bob").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.learner("bob").answers("m1", RIGHT).answers("a3", RIGHT);
    story.pass_hours(30.0).learner("bob").answers("a4", RIGHT);
    let reward = joined(&story, &decision);
    let (gain, delayed) = (reward.gain.unwrap().surprise, reward.delayed_gain.unwrap());
    assert!(delayed > 0.0);
    let rest = 0.2 * reward.success.unwrap() - 0.05 * reward.cost;
    let whole = (gain + 0.5 * delayed + rest).clamp(-1.0, 1.0);
    assert!((reward.value - whole).abs() < 1e-12, "{reward:?}");
}

/// Never came: a declared default counts once the window has ended, and the reward says so.
#[test]
fn what_never_comes_counts_as_its_declared_default() {
    let mut story = declaring(RewardDraft {
        gain: Some(ComponentDraft { missing: Some(-0.25), ..component(1.0) }),
        ..RewardDraft::default()
    });
    let decision = story.learner("ada").decides_for("add-1");
    story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
    story.pass_hours(24.0 * 6.0).sweeps();
    assert_eq!(story.outcome(&decision), Outcome::Waiting, "its window has not ended");
    story.pass_hours(48.0).sweeps();
    let reward = joined(&story, &decision);
    assert_eq!(reward.gain, None, "nothing measured it");
    assert_eq!(reward.defaulted.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["gain"]);
    let by_hand = -0.25 + 0.2 * reward.success.unwrap() - 0.05 * reward.cost;
    assert!((reward.value - by_hand).abs() < 1e-12, "{reward:?}");
    // A default is for advice that was followed: who never started earns nothing, not a default.
    let unseen = story.learner("bob").decides_for("add-1");
    story.pass_hours(24.0 * 8.0).sweeps();
    assert_eq!(story.outcome(&unseen), Outcome::Closed("never_started"));
}

/// What becomes of one declared default: `missing` of `gain` and `success`, and a story under them.
#[track_caller]
fn check_defaults(
    delayed: Option<f64>,
    tell: impl FnOnce(&mut Story) -> DecisionId,
    expected: &[&str],
) {
    let missing = |weight, missing| ComponentDraft { missing: Some(missing), ..component(weight) };
    let mut story = declaring(RewardDraft {
        gain: Some(missing(1.0, -0.25)),
        success: Some(missing(0.2, -0.5)),
        delayed_gain: delayed.map(component),
        ..RewardDraft::default()
    });
    let decision = tell(&mut story);
    let reward = joined(&story, &decision);
    let defaulted: Vec<_> = reward.defaulted.iter().map(|name| name.as_str()).collect();
    assert_eq!(defaulted, expected, "{reward:?}");
    let gain = reward.gain.map_or(-0.25, |gain| gain.surprise);
    let later = delayed.unwrap_or(0.0) * reward.delayed_gain.unwrap_or(0.0);
    let rest = 0.2 * reward.success.unwrap_or(-0.5) - 0.05 * reward.cost;
    let by_hand = (gain + later + rest).clamp(-1.0, 1.0);
    assert!((reward.value - by_hand).abs() < 1e-12, "{by_hand} by hand, {reward:?}");
    story.assert_replays();
}

/// The activity ended without an answer, so no success can come, and the gain settles it early.
#[test]
fn a_success_is_over_when_its_activity_has_ended() {
    let tell = |story: &mut Story| {
        let decision = story.learner("ada").decides_for("add-1");
        story.learner("ada").starts("add-1").completes("add-1");
        assert_eq!(story.outcome(&decision), Outcome::Waiting, "a gain may still come");
        story.learner("ada").answers("m1", RIGHT).answers("a3", RIGHT);
        decision
    };
    check_defaults(None, tell, &["success"]);
}

/// A day after the end every question measures the delayed gain: no gain itself can come.
#[test]
fn a_gain_is_over_when_only_delayed_ones_can_come() {
    let tell = |story: &mut Story| {
        let decision = story.learner("ada").decides_for("add-1");
        story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
        story.pass_hours(30.0).learner("ada").answers("a3", RIGHT);
        decision
    };
    check_defaults(Some(0.5), tell, &["gain"]);
}

/// A decision that has to make room for newer ones gets nothing more, followed to its end or not.
#[test]
fn everything_is_over_for_a_decision_that_makes_room() {
    for answered in [true, false] {
        let tell = |story: &mut Story| {
            let decision = story.learner("ada").decides_for("add-1");
            story.learner("ada").starts("add-1");
            if answered {
                story.learner("ada").answers("a1", RIGHT).completes("add-1");
            }
            for _ in 0..nexus_engine::decision::reward::OPEN_MAX {
                assert_eq!(story.outcome(&decision), Outcome::Waiting);
                story.learner("ada").decides_for("mul-1");
            }
            decision
        };
        check_defaults(None, tell, if answered { &["gain"] } else { &["gain", "success"] });
    }
}

/// What came needs no default, and one that came last of all does not either.
#[test]
fn what_came_needs_no_default() {
    check_defaults(None, tell, &[]);
}

/// A new version of the course is published while a decision waits: the old declaration counts.
#[test]
fn a_decision_is_held_to_the_declaration_it_was_made_under() {
    let mut story = Story::of(mixed_sums());
    let old = story.learner("ada").decides_for("add-1");
    let quarter = mixed(RewardDraft { gain: Some(component(0.25)), ..RewardDraft::default() });
    let second = CourseDraft { version: 2, reward: Some(quarter), ..sums() };
    story.publishes(second);
    let new = story.learner("bob").decides_for("add-1");
    for who in ["ada", "bob"] {
        story.learner(who).starts("add-1").completes("add-1");
        story.learner(who).answers("m1", RIGHT).answers("a3", RIGHT);
    }
    let (old, new) = (joined(&story, &old), joined(&story, &new));
    assert_eq!((old.course_version, new.course_version), (Some(1), Some(2)));
    for (reward, weight) in [(old, 1.0), (new, 0.25)] {
        let by_hand = weight * reward.gain.unwrap().surprise - 0.05 * reward.cost;
        assert!((reward.value - by_hand).abs() < 1e-12, "{reward:?}");
    }
}

/// A longer window keeps a decision open longer, and the decision says until when.
#[test]
fn a_decision_waits_for_the_longest_window() {
    let story = declaring(RewardDraft {
        success: Some(ComponentDraft { within_days: Some(20.0), ..component(0.2) }),
        ..RewardDraft::default()
    });
    let decision = story.would_decide("ada");
    let days = decision.origin.window.ends_at.days_since(decision.origin.window.made_at);
    assert_eq!(days, 20.0);
    assert_eq!(RewardDeclaration::USUAL.window_micros(), 7 * 86_400_000_000);
}
