//! Training planners: episodes in, a table out.
//!
//! Episodes are logged under uniform behaviour (evenly over the steps that are present) on
//! simulated learners; the trainers see nothing else. The reward is the gain on probes at the end.
//! Before the end, potential-based shaping (Ng, Harada and Russell 1999) pays the change of what is
//! believed to be known, `g Phi(s') - Phi(s)` with Phi the mean probability of mastery and 0 after
//! the end, which leaves the best policy as it is.

pub mod double_q;
pub mod fitted_q;

use super::planner::TrainedPlanner;
use super::planner::double_q::DoubleQ;
use super::run::teach;
use super::tutor::planned::{Logged, Planned};
use super::{Trial, World};

/// What is left of the value of a reward one decision later: g.
pub const DISCOUNT: f64 = 0.98;
/// What the training of `nexus simulate` comes from; no table is measured with it.
pub const TRAINING_SEED: u64 = 12;
/// Learners of each family that its tables are trained on.
pub const LEARNERS: u64 = 150;
/// Number of the first of them: no policy is measured on learners that a table was trained on.
const LEARNERS_FROM: u64 = 2 << 32;

/// One learner from the first decision to the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// The decisions, in order.
    pub decisions: Vec<Logged>,
    /// Share of right probes after the last minus the share before the first, in [-1, 1].
    pub gain: f64,
}

/// One decision with what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition<'a> {
    pub now: &'a Logged,
    /// What it earned, shaping included.
    pub reward: f64,
    /// The next decision; `None` at the end.
    pub next: Option<&'a Logged>,
}

impl Episode {
    /// Its transitions, in order.
    pub fn transitions(&self) -> impl DoubleEndedIterator<Item = Transition<'_>> {
        (0..self.decisions.len()).map(|at| {
            let (now, next) = (&self.decisions[at], self.decisions.get(at + 1));
            let ahead = next.map_or(self.gain, |next| DISCOUNT * next.prospect.mastery);
            Transition { now, reward: ahead - now.prospect.mastery, next }
        })
    }
}

/// Learners of some worlds, taught by uniform behaviour.
#[must_use]
pub fn episodes(worlds: &[World], seed: u64, learners: u64) -> Vec<Episode> {
    let uniform = DoubleQ::default();
    let of = |world: World| {
        let uniform = &uniform;
        (LEARNERS_FROM..LEARNERS_FROM + learners).filter_map(move |learner| {
            let mut tutor = Planned::new(uniform, 0.0);
            let outcome = teach(Trial::new(world, seed, learner), &mut tutor);
            let gain = outcome.probed.after.share()? - outcome.probed.before.share()?;
            Some(Episode { decisions: tutor.logged, gain })
        })
    };
    worlds.iter().flat_map(|world| of(*world)).collect()
}

/// How many decisions some episodes hold.
#[must_use]
pub fn decisions(episodes: &[Episode]) -> u64 {
    episodes.iter().map(|episode| episode.decisions.len() as u64).sum()
}

/// The policy that a word names, trained on some episodes with its usual settings; `None` when the
/// word names none that is trained so, or nothing came of it.
#[must_use]
pub fn train(word: &str, episodes: &[Episode], seed: u64) -> Option<TrainedPlanner> {
    match word {
        "double-q" => double_q::train(episodes, seed).map(TrainedPlanner::DoubleQ),
        "fitted-q" => {
            let trained = fitted_q::train(episodes, fitted_q::PENALTY)?;
            Some(TrainedPlanner::FittedQ(Box::new(trained)))
        }
        _ => None,
    }
}

/// The five families but this one: what a table is trained on that is measured in it.
#[must_use]
pub fn others(world: World) -> Vec<World> {
    World::FAMILIES.into_iter().filter(|family| *family != world).collect()
}
