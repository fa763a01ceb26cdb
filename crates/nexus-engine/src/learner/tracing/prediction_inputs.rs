//! What a learner's history says at the moment of a question: levels after forgetting, and how
//! much each shared parameter counts. Nothing here depends on what parameters were learned.

use super::parameters::{DISCRIMINATION, SKILL_TERMS, SkillSetKey};
use super::{ABILITY_VARIANCE, NEW_LEVEL, QuestionView, WEIGHTS};
use crate::ids::SkillKey;
use crate::learner::belief::{Belief, SkillBelief};
use crate::time::Timestamp;
use nexus_stats::math::{exp, ln_1p, ln_1p_count};

/// Days in an hour.
const HOUR_DAYS: f64 = 1.0 / 24.0;

/// A learner before an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct PredictionInputs<'a> {
    belief: &'a Belief,
    view: QuestionView<'a>,
    at: Timestamp,
    /// Each skill's share: several skills compensate each other.
    pub share: f64,
    /// Mean of ability plus the mean level in the skills: what discrimination scales.
    pub theta: f64,
    pub variance: f64,
    /// Whether the skills are those of the answer before.
    same_skills: bool,
}

impl<'a> PredictionInputs<'a> {
    pub fn new(belief: &'a Belief, view: &QuestionView<'a>, at: Timestamp) -> Self {
        let share = 1.0 / view.skills.len().max(1) as f64;
        let (mut theta, mut variance) = (belief.ability.mean, belief.ability.variance);
        for skill in view.skills {
            let level = belief.skill(*skill).map_or(NEW_LEVEL, |entry| entry.level_at(at));
            theta += share * level.mean;
            variance += share * share * level.variance;
        }
        let same_skills = belief.attempts > 0 && belief.last_skills == SkillSetKey::of(view.skills);
        Self { belief, view: *view, at, share, theta, variance, same_skills }
    }

    /// How much each of a skill's terms counts. The discrimination's place holds what it counts in
    /// the variance; in the mean it scales `theta`.
    pub fn skill_loadings(&self, skill: SkillKey) -> [f64; SKILL_TERMS] {
        let share = self.share;
        let switched = self.belief.attempts > 0 && !self.same_skills;
        let mut loadings = [0.0; SKILL_TERMS];
        loadings[0] = share;
        loadings[DISCRIMINATION] = share * self.theta;
        loadings[8] = if switched { share } else { 0.0 };
        let Some(entry) = self.belief.skill(skill) else {
            return loadings;
        };
        loadings[1] = share * ln_1p_count(entry.attempts.into());
        loadings[2] = share * ln_1p_count(entry.wins.into());
        loadings[4] = share * f64::from(entry.surprise);
        let [attempts, wins] = entry.last_hour(self.at);
        loadings[5] = share * ln_1p(attempts);
        loadings[6] = share * ln_1p(wins);
        let since = self.belief.attempts.saturating_sub(entry.answered_at).saturating_sub(1);
        loadings[7] = share * ln_1p_count(since) / 3.0;
        loadings
    }

    /// The features that the shared weights count; `cohort` is how able the learners of late are.
    pub fn features(&self, cohort: f64) -> [f64; WEIGHTS] {
        let belief = self.belief;
        let met = belief.question(self.view.question);
        let (mut lag, mut seen) = (0.0, 0.0);
        for entry in self.view.skills.iter().filter_map(|skill| belief.skill(*skill)) {
            lag += self.share * ln_1p(24.0 * self.at.days_since(entry.last_at)) / 5.0;
            seen += self.share;
        }
        let gap_days = match belief.attempts {
            0 => 0.0,
            _ => self.at.days_since(belief.last_at),
        };
        let mut features = lasting(belief, cohort);
        features[1] = ln_1p_count(met.attempts.into());
        features[2] = ln_1p_count(met.wins.into());
        features[6] = lag;
        features[7] = seen;
        features[9] = if self.same_skills { belief.last_surprise.into() } else { 0.0 };
        features[10] = ln_1p(24.0 * gap_days) / 5.0;
        features[11] = f64::from(u8::from(gap_days > HOUR_DAYS));
        features[12] = ln_1p(1_440.0 * gap_days).min(3.0) / 3.0;
        features
    }
}

/// The features that hold whatever comes next, those of the moment being 0: what a report is made
/// from, so that no report jumps when a learner returns or changes the subject.
pub(super) fn lasting(belief: &Belief, cohort: f64) -> [f64; WEIGHTS] {
    let (attempts, wins) = (f64::from(belief.attempts), f64::from(belief.wins));
    let won = if belief.attempts == 0 { 0.0 } else { (wins + 2.0) / (attempts + 3.0) - 2.0 / 3.0 };
    let mut features = [0.0; WEIGHTS];
    features[0] = 1.0;
    features[3] = ln_1p(attempts);
    features[4] = ln_1p(wins);
    features[5] = won;
    features[7] = 1.0;
    features[8] = belief.recent_surprise.into();
    features[13] = cohort * belief.ability.variance / ABILITY_VARIANCE;
    features
}

/// The same for a skill's terms, asked alone.
pub(super) fn lasting_loadings(entry: Option<&SkillBelief>, theta: f64) -> [f64; SKILL_TERMS] {
    let mut loadings = [0.0; SKILL_TERMS];
    loadings[0] = 1.0;
    loadings[DISCRIMINATION] = theta;
    if let Some(entry) = entry {
        loadings[1] = ln_1p_count(entry.attempts.into());
        loadings[2] = ln_1p_count(entry.wins.into());
        loadings[4] = entry.surprise.into();
    }
    loadings
}

impl SkillBelief {
    /// Attempts and wins of the last hour, those of longer ago counting less and less. Nothing at
    /// the very moment of the last answer: then the clock says nothing (logs without times).
    fn last_hour(&self, at: Timestamp) -> [f64; 2] {
        let days = at.days_since(self.last_at);
        if days <= 0.0 {
            return [0.0; 2];
        }
        let left = exp(-days / HOUR_DAYS);
        [left * f64::from(self.hour_attempts), left * f64::from(self.hour_wins)]
    }

    /// Counts an answer into the last hour.
    pub(super) fn count_hour(&mut self, right: bool, at: Timestamp) {
        let left = exp(-at.days_since(self.last_at) / HOUR_DAYS);
        self.hour_attempts = (left * f64::from(self.hour_attempts) + 1.0) as f32;
        self.hour_wins = (left * f64::from(self.hour_wins) + f64::from(u8::from(right))) as f32;
    }
}
