//! What stops a policy by itself, and how it starts again.

use crate::scientist::{Scientist, course, policy};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::RewardDraft;
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::event::Event;
use nexus_engine::lifecycle::version::PolicyOrigin;
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::registry::PolicyState;
use nexus_testkit::{Story, tiny};

/// A reward around a mean, the same for the same decision.
fn around(mean: f64) -> impl Fn(&Decision) -> f64 {
    move |decision| mean + 0.3 * ((decision.choice.seed.0 % 7) as f64 / 3.0 - 1.0)
}

fn thrown(story: &Story) -> Option<(&str, &str)> {
    let switch = story.state().kill_switch(&course());
    switch.map(|switch| (switch.by.as_str(), switch.reason.as_str()))
}

#[test]
fn when_rewards_crash_the_course_goes_on_along_its_own_path() {
    let mut story = Story::of(tiny());
    story.lessons(600, around(0.3));
    assert_eq!(thrown(&story), None);
    story.lessons(200, around(-0.4));
    let (by, reason) = thrown(&story).expect("a crash of 0.7 is seen");
    assert_eq!(by, "nexus");
    assert!(reason.starts_with("policy lin-ts: the mean of its latest 200 rewards is"), "{reason}");
    assert_eq!(story.decide("ada").choice.fallback, Some(Fallback::KillSwitch));
    // It holds until a person releases it, and is journaled once.
    story.lessons(50, around(0.3));
    let thrown_by_nexus = story.journal.iter().filter(
        |entry| matches!(&entry.event, Event::KillSwitchTurned(turned) if turned.by == "nexus"),
    );
    assert_eq!(thrown_by_nexus.count(), 1);

    story.turns_switch(Some("sums"), false);
    let monitor = &story.state().life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert_eq!((monitor.decisions, monitor.before.n, monitor.recent.len()), (0, 0, 0));
    // The lower level is what is usual now: it is compared with itself, and stops nothing.
    story.lessons(700, around(-0.4));
    assert_eq!(thrown(&story), None);
    story.assert_replays();
}

/// A model that looks at another number of features refuses every scene, as a damaged one would.
#[test]
fn a_policy_that_gives_no_distribution_is_stopped_after_a_few_decisions() {
    let mut story = Story::of(tiny());
    story.lessons(20, around(0.1));
    let narrow = PolicyState::fresh("lin-ts").unwrap().with_model(LinearModel::new(3).unwrap());
    story.fold.shared.policies.insert((course(), policy("lin-ts")), narrow);
    for _ in 0..5 {
        assert_eq!(thrown(&story), None);
        assert_eq!(story.decide("ada").choice.fallback, Some(Fallback::InvalidDistribution));
    }
    let (_, reason) = thrown(&story).unwrap();
    assert_eq!(reason, "policy lin-ts: it gave no distribution in 5 of its latest 50 decisions");
}

#[test]
fn what_the_kill_switch_or_an_unnoticed_policy_does_is_not_held_against_anyone() {
    let mut story = Story::of(tiny());
    story.lessons(3, around(0.1));
    story.turns_switch(Some("sums"), true);
    story.lessons(100, around(-1.0));
    let monitor = &story.state().life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert_eq!((monitor.decisions, monitor.recent.len()), (3, 3));
    story.assert_replays();
}

/// What was withheld from chance spreads nothing, and says nothing of how a policy explores: a
/// class that withholds consent is no collapse, whatever its rewards do.
#[test]
fn a_class_without_consent_is_no_collapse() {
    let mut story = Story::of(tiny());
    for (count, mean) in [(800, 0.2), (200, 0.08)] {
        for _ in 0..count {
            let who = format!("learner-{}", story.journal.len());
            story.learner(&who).consents(false);
            let decision = story.decide(&who);
            let value = around(mean)(&decision);
            story.reward(&decision, value);
        }
    }
    let monitor = &story.state().life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert_eq!((monitor.decisions, monitor.choices, monitor.normalized_entropy), (1_000, 0, 1.0));
    assert_eq!(thrown(&story), None);
    story.assert_replays();
}

/// A posterior as sharp as the health check lets through leaves nothing to doubt: the policy makes
/// the same choice for everybody. While its rewards hold, that is conviction; when they fall by
/// more than chance, and less than a crash, it is a collapse.
#[test]
fn a_policy_that_explores_no_more_is_stopped_when_its_rewards_fall() {
    let mut story = Story::of(tiny());
    let mut parts = story.parts("lin-ts");
    let columns = parts.numbers["response"].len();
    let precision = parts.numbers.get_mut("precision").unwrap();
    precision.fill(0.0);
    let mut place = 0;
    for column in 0..columns {
        precision[place] = 1e8;
        place += columns - column;
    }
    let weights = parts.numbers.get_mut("response").unwrap();
    weights.iter_mut().enumerate().for_each(|(place, it)| *it = 1e8 * (0.1 + 0.01 * place as f64));
    story.version(parts, PolicyOrigin::Trained).unwrap();
    story.lessons(700, around(0.2));
    let monitor = &story.state().life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert!(
        monitor.normalized_entropy < 0.01 && monitor.choices >= 600,
        "{}",
        monitor.normalized_entropy
    );
    assert_eq!(thrown(&story), None, "conviction alone stops nothing");
    story.lessons(200, around(0.08));
    let (by, reason) = thrown(&story).expect("a collapse is seen");
    assert_eq!(by, "nexus");
    assert!(reason.starts_with("policy lin-ts: it explores no more"), "{reason}");
    story.assert_replays();
}

/// Rewards on another scale are not held against those before.
#[test]
fn where_the_reward_is_declared_anew_monitors_begin_anew() {
    for (reward, kept) in
        [(None, 8), (Some(RewardDraft { clip: Some(0.5), ..RewardDraft::default() }), 0)]
    {
        let mut story = Story::of(tiny());
        story.lessons(8, around(0.1));
        let next = CourseDraft { version: 2, reward, ..tiny() };
        story.enters(Event::CoursePublished(Box::new(next.spelled_out())));
        let monitor = &story.state().life(&course(), &policy("lin-ts")).unwrap().monitor;
        assert_eq!((monitor.decisions, monitor.recent.len()), (kept as u64, kept));
        story.assert_replays();
    }
}
