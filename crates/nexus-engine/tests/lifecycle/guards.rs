//! What a policy does not learn from, and who says so.

use crate::scientist::{Scientist, course, policy};
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::policy::Rewarded;
use nexus_engine::policy::context::FEATURES;
use nexus_engine::policy::linear_model::{LinearModel, STEP_MAX};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::DAY_MICROS;
use nexus_testkit::{Story, tiny};

fn learning(story: &Story) -> Learning {
    story.state().life(&course(), &policy("lin-ts")).unwrap().learning
}

/// One busy learner, or a script with one key: 1,000 rewards in a day move the policy 200 times.
#[test]
fn one_learner_counts_at_most_two_hundred_times_a_day() {
    let mut story = Story::of(tiny());
    for _ in 0..1_000 {
        let decision = story.decide("script");
        story.reward(&decision, 1.0);
    }
    // A minute lies between two decisions, so the thousand are within a day.
    assert_eq!(learning(&story), Learning { learned: 200, capped: 800, ..Learning::default() });
    assert_eq!(story.parts("lin-ts").counts["rewards"], 200);
    let decision = story.decide("ada");
    story.reward(&decision, 0.5);
    assert_eq!(learning(&story).learned, 201, "another learner is heard");
    story.now = story.now.plus_micros(DAY_MICROS);
    let decision = story.decide("script");
    story.reward(&decision, 1.0);
    assert_eq!(learning(&story).learned, 202, "the next day counts anew");
    story.assert_replays();
}

#[test]
fn every_reward_is_counted_once_under_what_became_of_it() {
    let mut story = Story::of(tiny());
    story.lessons(7, |_| 0.1);
    story.lessons(3, |_| f64::NAN);
    story.mode("lin-ts", Mode::Frozen).unwrap();
    story.lessons(4, |_| 0.1);
    story.turns_switch(Some("sums"), true);
    story.lessons(5, |_| 0.1);
    let expected = Learning { learned: 7, refused: 3, capped: 0, frozen: 4, not_chosen: 5 };
    assert_eq!(learning(&story), expected);
    story.assert_replays();
}

/// A model far from the truth is surprised by a reward a thousand times more than rewards can
/// surprise; without the clip one reward would move its weights by 500.
#[test]
fn one_reward_moves_the_weights_by_a_step_at_most() {
    for word in PolicyState::WORDS {
        let fresh = PolicyState::fresh(word).unwrap();
        if fresh.model().is_none() {
            continue;
        }
        let mut parts = fresh.parts();
        parts.numbers.get_mut("response").unwrap().fill(8.0);
        let mut policy = PolicyState::from_parts(&parts).unwrap();
        for step in 0..50 {
            let before: Vec<f64> = policy.model().unwrap().weights().to_vec();
            let features = [if step % 2 == 0 { 8.0 } else { -0.5 }; FEATURES];
            let features = &features[..before.len()];
            let reward = Rewarded { features, value: -1.0, propensity: 0.1, gain: Some(-1.0) };
            policy.policy_mut().learn(&reward);
            let after = policy.model().unwrap().weights();
            let squares = before.iter().zip(after).map(|(a, b)| (a - b) * (a - b));
            let moved = squares.sum::<f64>().sqrt();
            assert!(moved <= STEP_MAX + 1e-12, "{word} moved by {moved}");
        }
        // A prior of thousands of gains hardly moves at all.
        if word != "pace" {
            assert!(policy.model().unwrap().clipped() > 0, "{word}");
        }
    }
}

/// Honest rewards in the range of honest features are never clipped.
#[test]
fn what_is_learned_from_honest_rewards_is_not_clipped() {
    let mut model = LinearModel::default();
    for step in 0..2_000_u32 {
        let number = |column: u32| f64::from((step * 31 + column * 17) % 101) / 50.0 - 1.0;
        let features: [f64; FEATURES] = std::array::from_fn(|column| number(column as u32));
        let value = f64::from(step % 3) - 1.0;
        assert!(model.learn_reward(&Rewarded {
            features: &features,
            value,
            propensity: 0.1,
            gain: None
        }));
    }
    assert_eq!((model.clipped(), model.refused(), model.version()), (0, 0, 2_000));
}
