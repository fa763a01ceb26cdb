//! Retention: whether a learner is still right after a pause in which a skill was left alone.
//!
//! What counts is the first answer to a question on a skill at least [`SHORT_DAYS`] (or
//! [`LONG_DAYS`]) after the learner's last exposure to it: an answer that exercised it, or anything
//! done in a film or text on it. The answer is an exposure itself, so each pause gives one
//! measurement. Of a question with several skills, the latest exposure to any of them counts.

use super::exposure::{ExposureRecord, runs};
use super::tally::ExperimentState;
use crate::catalog::{ActivityKind, Course};
use crate::ids::ExperimentId;
use crate::learner::belief::Belief;
use crate::learner::progress::CourseProgress;
use crate::time::Timestamp;
use nexus_stats::moments::ExactMoments;
use std::collections::BTreeMap;

/// Days of a short pause.
pub const SHORT_DAYS: f64 = 7.0;
/// Days of a long pause.
pub const LONG_DAYS: f64 = 28.0;

/// Answers of one learner after pauses of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    pub asked: u32,
    pub right: u32,
}

/// What one learner contributes to the retention of one variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LearnerRetention {
    /// After short pauses, the long ones among them.
    pub short: Recalled,
    pub long: Recalled,
}

/// The retention of a group: moments of each learner's share of right answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionTally {
    pub short: ExactMoments,
    pub long: ExactMoments,
}

/// An answer after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerAfterPause {
    /// When the learner was last exposed to a skill of the question.
    pub exposed_at: Timestamp,
    pub answered_at: Timestamp,
    pub right: bool,
}

impl Recalled {
    fn add(&mut self, right: bool) {
        self.asked = self.asked.saturating_add(1);
        self.right = self.right.saturating_add(u32::from(right));
    }

    fn share(self) -> Option<f64> {
        (self.asked > 0).then(|| f64::from(self.right) / f64::from(self.asked))
    }
}

impl LearnerRetention {
    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.short.asked == 0
    }
}

impl RetentionTally {
    /// Whether nothing was measured of any learner.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.short.n == 0
    }

    fn replace(&mut self, old: &LearnerRetention, new: &LearnerRetention) {
        let sides = [(&mut self.short, old.short, new.short), (&mut self.long, old.long, new.long)];
        for (moments, old, new) in sides {
            if let Some(old) = old.share() {
                moments.remove(old);
            }
            if let Some(new) = new.share() {
                moments.add(new);
            }
        }
    }
}

/// The answer, when it is the first after a short pause; `None` of skills that the learner never
/// met. `belief` is that from before the answer.
#[must_use]
pub fn after_pause(
    course: &Course,
    progress: &CourseProgress,
    belief: &Belief,
    skills: &[usize],
    (answered_at, right): (Timestamp, bool),
) -> Option<AnswerAfterPause> {
    let mut exposed_at: Option<Timestamp> = None;
    for skill in skills {
        let entry = belief.skill(course.skills[*skill].key).filter(|entry| entry.attempts > 0);
        exposed_at = exposed_at.max(entry.map(|entry| entry.last_at));
    }
    for activity in &course.activities {
        let study = matches!(activity.kind, ActivityKind::Video | ActivityKind::Reading);
        if study && activity.skills.iter().any(|skill| skills.contains(skill)) {
            exposed_at = exposed_at.max(progress.activity(activity.key).map(|entry| entry.last_at));
        }
    }
    let exposed_at = exposed_at?;
    let paused = answered_at.days_since(exposed_at) >= SHORT_DAYS;
    paused.then_some(AnswerAfterPause { exposed_at, answered_at, right })
}

/// Counts an answer after a pause in the experiments that the learner was exposed to before the
/// pause began: what was learned before is not their doing.
pub fn tally_retention(
    experiments: &mut BTreeMap<ExperimentId, ExperimentState>,
    exposures: &mut [ExposureRecord],
    answer: &AnswerAfterPause,
) {
    let days = answer.answered_at.days_since(answer.exposed_at);
    let counted =
        |record: &&mut ExposureRecord| !record.left_out && record.first_at <= answer.exposed_at;
    for record in exposures.iter_mut().filter(counted) {
        let counts = |state: &&mut ExperimentState| runs(state, record.version);
        let state = experiments.get_mut(&record.experiment).filter(counts);
        let tally = state.and_then(|state| state.tally_mut(record.variant.as_str()));
        let Some(tally) = tally else { continue };
        let before = record.retention;
        record.retention.short.add(answer.right);
        if days >= LONG_DAYS {
            record.retention.long.add(answer.right);
        }
        tally.retention.replace(&before, &record.retention);
    }
}
