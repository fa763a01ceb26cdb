//! What a strategy prefers among the candidates, as a number each policy may use.
//!
//! `preference = SKILL (worth - best worth) - LEVEL |success - target|`, at most 0: the strategy's
//! worth of the activity's skills ([`Strategy::worth`]), below that of the best candidate, and how
//! far its predicted success lies from the strategy's target. What asks nothing lies on the target.

use super::inputs::SkillState;
use crate::catalog::{Activity, Course};
use crate::learner::belief::Belief;
use crate::strategy::{self, MasteryRule, Strategy, trace};

/// Reward that a unit of worth stands for.
pub const SKILL: f64 = 0.10;
/// Reward that a unit of distance from the target stands for.
pub const LEVEL: f64 = 0.20;
/// No preference is stronger than this, in reward.
pub const STRONGEST: f64 = 1.0;

/// The learner's skills as a strategy sees them.
pub struct Preferring<'a> {
    strategy: &'a Strategy,
    course: &'a Course,
    success: &'a [f64],
    worth: Vec<f64>,
}

impl<'a> Preferring<'a> {
    /// Looks at all skills of a course under a strategy.
    #[must_use]
    pub fn new(
        strategy: &'a Strategy,
        course: &'a Course,
        belief: &Belief,
        skill_states: &[SkillState],
        success: &'a [f64],
    ) -> Self {
        let met = |skill: usize| {
            // Beliefs count the answers before the last one on a skill; the strategy counts it too.
            let known = belief.skill(course.skills[skill].key);
            known.map_or(0, |known| u64::from(known.answered_at) + 1)
        };
        let last = (0..skill_states.len()).map(met).max().unwrap_or(0);
        let level = |skill: usize| match strategy.mastery {
            MasteryRule::Success(_) => skill_states[skill].view.expected_success,
            MasteryRule::Known(_) => trace::known(skill_states[skill].results),
        };
        let worth = (0..skill_states.len()).map(|skill| {
            let view = &skill_states[skill].view;
            let needs = course.skills[skill].requires.iter().map(|needed| level(*needed));
            let sight = strategy::SkillSight {
                ready: needs.fold(1.0, f64::min),
                known: trace::known(skill_states[skill].results),
                success: &[view.expected_success],
                attempts: view.attempts,
                recall: view.recall,
                met: met(skill),
            };
            strategy.worth(skill, &sight, last)
        });
        let worth = worth.collect();
        Self { strategy, course, success, worth }
    }

    /// One number a candidate, in [-`STRONGEST`, 0], rounded to millionths: what is journaled is
    /// exactly what was used. `positions` as in [`Course::activities`].
    #[must_use]
    pub fn of(&self, positions: &[usize]) -> Vec<f64> {
        let worths: Vec<f64> = positions.iter().map(|position| self.worth(*position)).collect();
        let best = worths.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let preference = |(position, worth): (&usize, &f64)| {
            let raw = SKILL * (worth - best) - LEVEL * self.distance(*position);
            (raw.clamp(-STRONGEST, 0.0) * 1e6).round() / 1e6
        };
        positions.iter().zip(&worths).map(preference).collect()
    }

    fn worth(&self, position: usize) -> f64 {
        let skills = &self.course.activities[position].skills;
        let sum: f64 = skills.iter().map(|skill| self.worth[*skill]).sum();
        sum / skills.len().max(1) as f64
    }

    fn distance(&self, position: usize) -> f64 {
        let activity: &Activity = &self.course.activities[position];
        match activity.questions.is_empty() {
            true => 0.0,
            false => (self.success[position] - self.strategy.target_success).abs(),
        }
    }
}
