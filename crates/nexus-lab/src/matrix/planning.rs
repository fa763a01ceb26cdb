//! Whether looking ahead pays in a world: an oracle that looks one answer ahead beside one that
//! plays the rest of the course in its head after each answer it might ask for.
//!
//! The rule of `docs/simulators.md`: where rollouts gain less than 5 % of what the oracle reaches,
//! no long-horizon policy is deployed. The oracles read the true state, so they bound what
//! choosing well can bring; the rollouts only as far as their base is any good, which is mastery in
//! order by the true state, each skill at the difficulty that teaches most.

use super::compare::{Measured, measured};
use super::mind::{Luck, Mind};
use super::{MatrixQuestion, Sight, Trial, World};
use nexus_stats::random::Stream;

/// What counts as known in the base of the rollouts.
const KNOWN: f64 = 0.95;
/// Rollouts after each answer that might be asked for.
const ROLLOUTS: u64 = 4;
/// The share of the oracle's score that rollouts must add before anything is deployed.
pub const WORTH_MIN: f64 = 0.05;

/// What looking ahead brings in one world.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    /// Mean score of the oracle that looks one answer ahead.
    pub myopic: Measured,
    /// Mean score of the one that plays on.
    pub rollout: Measured,
    /// What the second adds, learner by learner.
    pub added: Measured,
}

impl Worth {
    /// What rollouts add, as a share of the better oracle's score.
    #[must_use]
    pub fn share(&self) -> f64 {
        let oracle = self.myopic.mean.max(self.rollout.mean);
        if oracle > 0.0 { self.added.mean / oracle } else { 0.0 }
    }

    /// Whether the rule allows a long-horizon policy here.
    #[must_use]
    pub fn pays(&self) -> bool {
        self.share() >= WORTH_MIN
    }
}

/// What looking ahead brings, on so many learners, at least two; `None` below that.
#[must_use]
pub fn worth(world: World, seed: u64, learners: u64) -> Option<Worth> {
    let end = |learner: u64, choose: &dyn Fn(&Trial) -> MatrixQuestion| {
        let mut trial = Trial::new(world, seed, learner);
        while !trial.is_over() {
            let activity = choose(&trial);
            trial.answer(activity);
        }
        trial.true_score()
    };
    let myopic: Vec<f64> = (0..learners).map(|learner| end(learner, &one_step)).collect();
    let rollout: Vec<f64> = (0..learners).map(|learner| end(learner, &play_on)).collect();
    Some(Worth {
        myopic: measured(myopic.iter().copied())?,
        rollout: measured(rollout.iter().copied())?,
        added: measured(rollout.iter().zip(&myopic).map(|(rollout, myopic)| rollout - myopic))?,
    })
}

fn one_step(trial: &Trial) -> MatrixQuestion {
    let sight = trial.sight();
    let best =
        (0..sight.graph.skills()).map(|skill| best_of(trial.mind(), &sight, skill, sight.day));
    greatest(best)
}

/// The difficulty of a skill that teaches most, with what it is expected to add.
fn best_of(mind: &Mind, sight: &Sight, skill: usize, day: f64) -> (f64, MatrixQuestion) {
    let gains = (0..sight.graph.difficulties).map(|difficulty| {
        let activity = MatrixQuestion { skill, difficulty };
        (mind.expected_gain(&sight.graph, activity, day, sight.test_day), activity)
    });
    let first = (f64::NEG_INFINITY, MatrixQuestion { skill, difficulty: 0 });
    gains.fold(first, |best, next| if next.0 > best.0 { next } else { best })
}

fn greatest(all: impl Iterator<Item = (f64, MatrixQuestion)>) -> MatrixQuestion {
    let first = (f64::NEG_INFINITY, MatrixQuestion { skill: 0, difficulty: 0 });
    all.fold(first, |best, next| if next.0 > best.0 { next } else { best }).1
}

fn play_on(trial: &Trial) -> MatrixQuestion {
    let sight = trial.sight();
    let values = (0..sight.graph.skills()).map(|skill| {
        let (_, first) = best_of(trial.mind(), &sight, skill, sight.day);
        let value: f64 = (0..ROLLOUTS).map(|number| rollout(trial, &sight, first, number)).sum();
        (value, first)
    });
    greatest(values)
}

/// The score at the end of one rollout. The luck depends on the step and the number alone, so all
/// first answers meet the same.
fn rollout(trial: &Trial, sight: &Sight, first: MatrixQuestion, number: u64) -> f64 {
    let mut mind = *trial.mind();
    let mut stream = Stream::new(super::derive(sight.step as u64, number));
    let mut activity = first;
    for step in sight.step..sight.budget {
        let day = trial.day_of(step);
        let luck = Luck {
            answer: stream.uniform(),
            learning: stream.uniform(),
            leaving: stream.uniform(),
        };
        let attempt = mind.attempt(&sight.graph, activity, day, luck);
        if attempt.left {
            break;
        }
        let unknown = (0..sight.graph.skills()).find(|skill| mind.known(*skill, day) < KNOWN);
        let skill = unknown.unwrap_or(step % sight.graph.skills());
        activity = if sight.graph.difficulties == 1 {
            MatrixQuestion { skill, difficulty: 0 }
        } else {
            best_of(&mind, sight, skill, day).1
        };
    }
    mind.score(&sight.graph, sight.test_day)
}
