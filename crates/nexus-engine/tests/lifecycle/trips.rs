//! What stops a policy by itself, and how it starts again.

use crate::room::{Room, course, draft, policy};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::RewardDraft;
use nexus_engine::decision::{Decision, Fallback};
use nexus_engine::event::Event;
use nexus_engine::lifecycle::version::PolicyOrigin;
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::registry::PolicyState;

/// A reward around a mean, the same for the same decision.
fn around(mean: f64) -> impl Fn(&Decision) -> f64 {
    move |decision| mean + 0.3 * ((decision.seed.0 % 7) as f64 / 3.0 - 1.0)
}

fn thrown(room: &Room) -> Option<(&str, &str)> {
    let switch = room.state.kill_switch(&course());
    switch.map(|switch| (switch.by.as_str(), switch.reason.as_str()))
}

#[test]
fn when_rewards_crash_the_course_goes_on_along_its_own_path() {
    let mut room = Room::new();
    room.lessons(600, around(0.3));
    assert_eq!(thrown(&room), None);
    room.lessons(200, around(-0.4));
    let (by, reason) = thrown(&room).expect("a crash of 0.7 is seen");
    assert_eq!(by, "nexus");
    assert!(reason.starts_with("policy lin-ts: the mean of its latest 200 rewards is"), "{reason}");
    assert_eq!(room.decide("ada").fallback, Some(Fallback::KillSwitch));
    // It holds until a person releases it, and is journaled once.
    room.lessons(50, around(0.3));
    let thrown_by_nexus = room.journal.iter().filter(
        |entry| matches!(&entry.event, Event::KillSwitchTurned(turned) if turned.by == "nexus"),
    );
    assert_eq!(thrown_by_nexus.count(), 1);

    room.release();
    let monitor = &room.state.life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert_eq!((monitor.decisions, monitor.before.n, monitor.recent.len()), (0, 0, 0));
    // The lower level is what is usual now: it is compared with itself, and stops nothing.
    room.lessons(700, around(-0.4));
    assert_eq!(thrown(&room), None);
    room.assert_replays();
}

/// A model that looks at another number of features refuses every scene, as a damaged one would.
#[test]
fn a_policy_that_gives_no_distribution_is_stopped_after_a_few_decisions() {
    let mut room = Room::new();
    room.lessons(20, around(0.1));
    let narrow = PolicyState::fresh("lin-ts").unwrap().with_model(LinearModel::new(3).unwrap());
    room.state.policies.insert((course(), policy("lin-ts")), narrow);
    for _ in 0..5 {
        assert_eq!(thrown(&room), None);
        assert_eq!(room.decide("ada").fallback, Some(Fallback::InvalidDistribution));
    }
    let (_, reason) = thrown(&room).unwrap();
    assert_eq!(reason, "policy lin-ts: it gave no distribution in 5 of its latest 50 decisions");
}

#[test]
fn what_the_kill_switch_or_an_unnoticed_policy_does_is_not_held_against_anyone() {
    let mut room = Room::new();
    room.lessons(3, around(0.1));
    room.throw();
    room.lessons(100, around(-1.0));
    let monitor = &room.state.life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert_eq!((monitor.decisions, monitor.recent.len()), (3, 3));
    room.assert_replays();
}

/// What was withheld from chance spreads nothing, and says nothing of how a policy explores: a
/// class that withholds consent is no collapse, whatever its rewards do.
#[test]
fn a_class_without_consent_is_no_collapse() {
    let mut room = Room::new();
    for (count, mean) in [(800, 0.2), (200, 0.08)] {
        for _ in 0..count {
            let who = format!("learner-{}", room.journal.len());
            room.consent(&who, false);
            let decision = room.decide(&who);
            let value = around(mean)(&decision);
            room.reward(&decision, value);
        }
    }
    let monitor = &room.state.life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert_eq!((monitor.decisions, monitor.choices, monitor.normalized_entropy), (1_000, 0, 1.0));
    assert_eq!(thrown(&room), None);
    room.assert_replays();
}

/// A posterior as sharp as the health check lets through leaves nothing to doubt: the policy makes
/// the same choice for everybody. While its rewards hold, that is conviction; when they fall by
/// more than chance, and less than a crash, it is a collapse.
#[test]
fn a_policy_that_explores_no_more_is_stopped_when_its_rewards_fall() {
    let mut room = Room::new();
    let mut parts = room.parts("lin-ts");
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
    room.version(parts, PolicyOrigin::Trained).unwrap();
    room.lessons(700, around(0.2));
    let monitor = &room.state.life(&course(), &policy("lin-ts")).unwrap().monitor;
    assert!(
        monitor.normalized_entropy < 0.01 && monitor.choices >= 600,
        "{}",
        monitor.normalized_entropy
    );
    assert_eq!(thrown(&room), None, "conviction alone stops nothing");
    room.lessons(200, around(0.08));
    let (by, reason) = thrown(&room).expect("a collapse is seen");
    assert_eq!(by, "nexus");
    assert!(reason.starts_with("policy lin-ts: it explores no more"), "{reason}");
    room.assert_replays();
}

/// Rewards on another scale are not held against those before.
#[test]
fn where_the_reward_is_declared_anew_monitors_begin_anew() {
    for (reward, kept) in
        [(None, 8), (Some(RewardDraft { clip: Some(0.5), ..RewardDraft::default() }), 0)]
    {
        let mut room = Room::new();
        room.lessons(8, around(0.1));
        let next = CourseDraft { version: 2, reward, ..draft() };
        room.add(Event::CoursePublished(Box::new(next)));
        let monitor = &room.state.life(&course(), &policy("lin-ts")).unwrap().monitor;
        assert_eq!((monitor.decisions, monitor.recent.len()), (kept as u64, kept));
        room.assert_replays();
    }
}
