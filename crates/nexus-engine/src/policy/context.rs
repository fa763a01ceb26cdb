//! The feature schema: what a contextual policy looks at, bounded and normalised.
//!
//! [`ActivityContext`] holds raw quantities in their own units; [`features`] turns them into a
//! vector whose every entry lies in [-1, 1] and is never NaN. `docs/features.md` lists the columns.

use crate::catalog::ActivityKind;
use nexus_stats::math::ln_1p;

/// Version of the feature schema; it changes whenever a column changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Columns of a feature vector.
pub const FEATURES: usize = 16;

/// Names of the columns, for explanations.
pub const FEATURE_NAMES: [&str; FEATURES] = [
    "constant",
    "ability_on_skills",
    "predicted_success",
    "distance_from_target",
    "uncertainty",
    "recall_gap",
    "days_since_practice",
    "practice",
    "ahead_on_path",
    "is_video",
    "is_reading",
    "is_quiz",
    "length",
    "same_skill_as_last",
    "remedial_after_failure",
    "advanced_after_success",
];

/// Logits of ability that count as 1.
const ABILITY_LOGITS: f64 = 4.0;
/// Standard deviation, in logits, that counts as 1: a little above that of the prior, 0.95.
const UNCERTAINTY_LOGITS: f64 = 1.0;
/// Days without practice that count as 1.
const PRACTICE_DAYS: f64 = 365.0;
/// Answers that count as 1.
const PRACTICE_ANSWERS: f64 = 50.0;
/// Times the course's median length that count as 1.
const LENGTH_MEDIANS: f64 = 4.0;

/// One candidate for one learner at one moment, in raw quantities. Where an activity has several
/// skills, a quantity is the mean over them unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivityContext {
    /// Kind of the activity.
    pub kind: ActivityKind,
    /// Ability on the activity's skills: the logit of their reference questions, after
    /// forgetting; see `mastery::SkillView::logit`.
    pub ability_logits: f64,
    /// Predicted success on the activity's questions, in [0, 1].
    pub predicted_success: f64,
    /// The success the learner's strategy aims at, in [0, 1].
    pub target_success: f64,
    /// Variance of that ability, in squared logits.
    pub variance: f64,
    /// Recall of the activity's skills, in [0, 1]; the least of them. 1 when never practised.
    pub recall: f64,
    /// Days since the latest exercise of any of its skills; `None` when none ever was.
    pub days_since_practice: Option<f64>,
    /// Answers that exercised its skills, summed over them.
    pub attempts: f64,
    /// Its place on the static path minus the learner's own, both in [0, 1]; above 0 is ahead.
    pub ahead_on_path: f64,
    /// Expected minutes.
    pub minutes: f64,
    /// Median of the expected minutes of the course's activities.
    pub minutes_median: f64,
    /// Whether it shares a skill with the activity before.
    pub same_skill_as_last: bool,
    /// Whether the activity before was failed and names this one as remedial.
    pub remedial_after_failure: bool,
    /// Whether the activity before was passed and names this one as advanced.
    pub advanced_after_success: bool,
}

/// The feature vector of a candidate: every entry in [-1, 1], whatever comes in.
#[must_use]
pub fn features(context: &ActivityContext) -> [f64; FEATURES] {
    let distance = (context.predicted_success - context.target_success).abs();
    let days = context.days_since_practice.unwrap_or(0.0);
    let length = context.minutes / (LENGTH_MEDIANS * context.minutes_median);
    let is = |kind: ActivityKind| f64::from(u8::from(context.kind == kind));
    let flag = |flag: bool| f64::from(u8::from(flag));
    [
        1.0,
        within(-1.0, context.ability_logits / ABILITY_LOGITS),
        within(0.0, context.predicted_success),
        within(0.0, distance),
        within(0.0, context.variance.max(0.0).sqrt() / UNCERTAINTY_LOGITS),
        within(0.0, 1.0 - context.recall),
        within(0.0, logarithmic(days, PRACTICE_DAYS)),
        within(0.0, logarithmic(context.attempts, PRACTICE_ANSWERS)),
        within(-1.0, context.ahead_on_path),
        is(ActivityKind::Video),
        is(ActivityKind::Reading),
        is(ActivityKind::Quiz),
        within(0.0, length),
        flag(context.same_skill_as_last),
        flag(context.remedial_after_failure),
        flag(context.advanced_after_success),
    ]
}

/// From 0 at 0 to 1 at `one`, fast at first: the second day or answer says more than the tenth.
fn logarithmic(value: f64, one: f64) -> f64 {
    ln_1p(value.max(0.0)) / ln_1p(one)
}

/// `value` in [least, 1]; nothing known is 0.
fn within(least: f64, value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(least, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> ActivityContext {
        ActivityContext {
            kind: ActivityKind::Quiz,
            ability_logits: 1.0,
            predicted_success: 0.7,
            target_success: 0.5,
            variance: 0.25,
            recall: 0.75,
            days_since_practice: Some(10.0),
            attempts: 50.0,
            ahead_on_path: -0.5,
            minutes: 10.0,
            minutes_median: 5.0,
            same_skill_as_last: true,
            remedial_after_failure: false,
            advanced_after_success: true,
        }
    }

    #[test]
    fn columns_are_in_the_order_of_their_names() {
        let days = ln_1p(10.0) / ln_1p(365.0);
        let expected =
            [1.0, 0.25, 0.7, 0.2, 0.5, 0.25, days, 1.0, -0.5, 0.0, 0.0, 1.0, 0.5, 1.0, 0.0, 1.0];
        let found = features(&plain());
        for (column, name) in FEATURE_NAMES.iter().enumerate() {
            let miss = (found[column] - expected[column]).abs();
            assert!(miss < 1e-12, "{name}: {} is not {}", found[column], expected[column]);
        }
    }

    #[test]
    fn nothing_leaves_its_range() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308, 0.0, -0.0] {
            let context = ActivityContext {
                ability_logits: odd,
                predicted_success: odd,
                target_success: odd,
                variance: odd,
                recall: odd,
                days_since_practice: Some(odd),
                attempts: odd,
                ahead_on_path: odd,
                minutes: odd,
                minutes_median: odd,
                ..plain()
            };
            for (value, name) in features(&context).into_iter().zip(FEATURE_NAMES) {
                assert!((-1.0..=1.0).contains(&value), "{name} of {odd} is {value}");
            }
        }
    }
}
