//! Strategies: one arm of a bandit, assigned to a learner for a course and rewarded later.
//!
//! A strategy is assigned by a draw that is journaled ([`StrategyAssigned`]), it waits in the learner's
//! progress ([`LearnerStrategy`]) while probes are answered, and its reward is one event
//! ([`StrategyRewarded`]) from which the [`StrategyBandit`] learns.
//!
//! The product assigns no strategy today. Strategies in journals are those of the retired policy
//! `strategic`, one of sixteen strategies each ([`set`]); a strategy that still waited when the
//! policy was retired is rewarded as before.

pub mod assigned;
pub mod bandit;
pub mod belief;
pub mod gains;
pub mod prior;
pub mod rewarded;
pub mod set;

pub use assigned::{LearnerStrategy, StrategyAssigned, StrategyUsed};
pub use bandit::StrategyBandit;
pub use gains::{Probed, Probes};
pub use prior::GainPrior;
pub use rewarded::{StrategyGain, StrategyOutcome, StrategyRewarded};
pub use set::{MasteryRule, Path, Strategy, StrategySet};
