//! Strategies in the life of the policy that deals them: what they learn, and what stops them.

use crate::room::{Room, course};
use nexus_engine::decision::payment::StrategyGain;
use nexus_engine::lifecycle::mode::Mode;

fn gain(right: u32, before: f64) -> StrategyGain {
    StrategyGain { probes: 6, right, before }
}

/// Gains that were measured, and those that the bandit learned from.
fn learned(room: &Room) -> (u64, u64) {
    let known = &room.state.strategies[&course()];
    (known.rewarded, known.bandit.version())
}

#[test]
fn a_frozen_policys_strategies_learn_nothing() {
    let mut room = Room::new();
    room.taught("ada", gain(5, 0.5));
    assert_eq!(learned(&room), (1, 1));
    room.mode("strategic", Mode::Frozen).unwrap();
    let before = room.state.strategies[&course()].bandit.clone();
    (0..5).for_each(|number| room.taught(&format!("l{number}"), gain(6, 0.2)));
    assert_eq!(learned(&room), (6, 1), "measured, and not learned from");
    assert_eq!(room.state.strategies[&course()].bandit, before);
    room.mode("strategic", Mode::Live).unwrap();
    room.taught("bob", gain(1, 0.5));
    assert_eq!(learned(&room), (7, 2));
    room.assert_replays();
}

/// Gains of 0.3 and then of -0.2, around which learners differ: decisions and their rewards say
/// nothing of it, so only the monitor of gains can.
#[test]
fn when_the_gains_of_strategies_crash_the_course_goes_on_along_its_own_path() {
    let mut room = Room::new();
    for number in 0..500 {
        room.taught(&format!("l{number}"), gain(4 + number % 3, 0.5));
        assert_eq!(room.state.kill_switch(&course()), None);
    }
    for number in 500..700 {
        // Once it is thrown, nobody is dealt a strategy any more.
        if room.state.kill_switch(&course()).is_none() {
            room.taught(&format!("l{number}"), gain(1 + number % 3, 0.5));
        }
    }
    let thrown = room.state.kill_switch(&course()).expect("a fall of a half is seen");
    assert_eq!(thrown.by, "nexus");
    let said = "policy strategic, by the gains of first deals: the mean of its latest 200";
    assert!(thrown.reason.starts_with(said), "{}", thrown.reason);
    assert!(!room.state.lives.contains_key(&course()), "no policy earned or decided anything");
    room.release();
    assert_eq!(room.state.strategies[&course()].gains, Default::default());
    room.assert_replays();
}

/// What is learned once is not learned twice: later deals gain less, and that is no crash.
#[test]
fn later_deals_of_a_learner_are_not_compared_with_first_ones() {
    let mut room = Room::new();
    (0..500_u32).for_each(|number| room.taught(&format!("l{number}"), gain(4 + number % 3, 0.5)));
    (0..500_u32).for_each(|number| room.taught(&format!("l{number}"), gain(3 + number % 3, 0.8)));
    let known = &room.state.strategies[&course()];
    assert_eq!(
        (known.rewarded, known.gains.recent.len() as u64 + known.gains.before.n),
        (1_000, 500)
    );
    assert_eq!(room.state.kill_switch(&course()), None);
    room.assert_replays();
}
