//! Oracles: they read the true state, and bound what choosing well can bring.

use crate::matrix::mind::Luck;
use crate::matrix::mind::Mind;
use crate::matrix::{MatrixQuestion, Sight, Trial, World};

/// How much each direct successor adds to the value of a gain (F1, F2, F5).
const UNLOCK: f64 = 0.3;
/// What counts as known in the rollouts of F3.
const KNOWN: f64 = 0.95;

/// The best question by one step of expected gain; in F3 by a rollout of mastery in order after it.
#[must_use]
pub fn choose(world: World, trial: &Trial) -> MatrixQuestion {
    let sight = Sight { graph: trial.graph(), ..trial.sight() };
    let mut best = (f64::NEG_INFINITY, MatrixQuestion { skill: 0, difficulty: 0 });
    for skill in 0..sight.graph.skills() {
        for difficulty in 0..sight.graph.difficulties {
            let activity = MatrixQuestion { skill, difficulty };
            let value = value(world, trial.mind(), &sight, activity);
            if value > best.0 {
                best = (value, activity);
            }
            if world == World::F3 {
                // Difficulty changes nothing that is learned there.
                break;
            }
        }
    }
    best.1
}

fn value(world: World, mind: &Mind, sight: &Sight, activity: MatrixQuestion) -> f64 {
    match world {
        World::F3 => rollout(*mind, sight, activity),
        World::F4 => mind.expected_gain(&sight.graph, activity, sight.day, sight.test_day),
        _ => {
            let gain = mind.expected_gain(&sight.graph, activity, sight.day, sight.test_day);
            gain * (1.0 + UNLOCK * sight.graph.successors(activity.skill) as f64)
        }
    }
}

fn rollout(mut mind: Mind, sight: &Sight, first: MatrixQuestion) -> f64 {
    let luck = Luck { answer: 0.5, learning: 0.5, leaving: 1.0 };
    mind.attempt(&sight.graph, first, sight.day, luck);
    let mut skill = 0;
    for _ in sight.step + 1..sight.budget {
        while skill + 1 < sight.graph.skills() && mind.known(skill, sight.day) >= KNOWN {
            skill += 1;
        }
        mind.attempt(&sight.graph, MatrixQuestion { skill, difficulty: 0 }, sight.day, luck);
    }
    mind.score(&sight.graph, sight.test_day)
}
