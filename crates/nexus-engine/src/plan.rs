//! Plans: one arm of a bandit, assigned to a learner for a course and rewarded later.
//!
//! A plan is assigned by a draw that is journaled ([`PlanAssigned`]), it waits in the learner's
//! progress ([`LearnerPlan`]) while probes are answered, and its reward is one event
//! ([`PlanRewarded`]) from which the [`PlanBandit`] learns.
//!
//! The product assigns no plan today. Plans in journals are those of the retired policy
//! `strategic`, one of sixteen strategies each ([`strategy`]); a plan that still waited when the
//! policy was retired is rewarded as before.

pub mod assigned;
pub mod bandit;
pub mod belief;
pub mod gains;
pub mod prior;
pub mod rewarded;
pub mod strategy;

pub use assigned::{LearnerPlan, PlanAssigned, PlanUsed};
pub use bandit::PlanBandit;
pub use gains::{Probed, Probes};
pub use prior::GainPrior;
pub use rewarded::{PlanGain, PlanOutcome, PlanRewarded};
pub use strategy::{MasteryRule, Path, Strategy, StrategySet};
