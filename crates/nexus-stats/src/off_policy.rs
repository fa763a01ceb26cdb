//! Off-policy evaluation: what a policy would have earned, from what another one was served for.
//!
//! A log of decisions says what was chosen, with which probability, and what it earned. A *target
//! policy* that would have chosen otherwise is worth the rewards of the log, each by the ratio of the
//! two probabilities ([`estimate`]). How far that can be trusted is said by how much of the target
//! the log has seen ([`overlap`]); below its gates there is no number. What a model of rewards
//! ([`reward_model`]) expects takes most of the noise out and, cross-fitted, adds no bias
//! ([`evaluation`]).

pub mod estimate;
pub mod evaluation;
pub mod overlap;
pub mod reward_model;

#[cfg(test)]
mod simulated;

/// One logged decision, and what the target policy would have made of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoggedDecision {
    /// The action that was chosen, by number; the same action has the same number in all decisions.
    pub chosen: u32,
    /// Probability with which it was chosen, in (0, 1].
    pub propensity: f64,
    /// What it earned, finite.
    pub reward: f64,
    /// The target's probability of each candidate, by action; each at least 0, together at most 1. What is missing
    /// to 1 is what the target would have chosen outside of the candidates.
    pub target: Vec<(u32, f64)>,
    /// What the model of rewards looks at: of the chosen candidate, finite. As many columns in all decisions.
    pub features: Vec<f64>,
    /// The same for what the target chooses: the sum of the candidates' columns times their probabilities.
    pub target_features: Vec<f64>,
    /// What each action has slopes of its own for, finite; as many columns in all decisions.
    pub context: Vec<f64>,
    /// The target's probability of what could not have been chosen here, in [0, 1].
    pub unsupported: f64,
    /// Whose decision it was: decisions with the same number are not independent of each other.
    pub unit: u64,
    /// What a model expects that was made elsewhere: of the chosen candidate, and of the target.
    pub given: Option<(f64, f64)>,
}

impl LoggedDecision {
    /// The target's probability of what was chosen.
    #[must_use]
    pub fn target_of_chosen(&self) -> f64 {
        let of_chosen = self.target.iter().filter(|(action, _)| *action == self.chosen);
        of_chosen.map(|(_, probability)| probability).sum()
    }

    /// The target's probability of all candidates together.
    #[must_use]
    pub fn supported(&self) -> f64 {
        self.target.iter().map(|(_, probability)| probability).sum()
    }

    /// The importance weight: the target's probability of what was chosen over that of the log.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.target_of_chosen() / self.propensity
    }
}
