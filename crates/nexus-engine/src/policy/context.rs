//! The feature schema: what a contextual policy looks at, bounded and normalised.
//!
//! [`ActivityContext`] holds raw quantities in their own units; [`features`] turns them into a
//! vector whose every entry lies in [-1, 1] and is never NaN. `docs/features.md` lists the columns,
//! with the reason for each.
//!
//! What is the same for all candidates cannot change their order in a linear model: it moves all
//! scores alike. So the learner's moment (a run of right answers, minutes in the session) enters
//! twice: alone, to take its part of the reward off the others, and times something that tells
//! candidates apart. What the learning site says of the moment enters in the last columns, hashed;
//! see [`super::crossing`].

use super::crossing::{CrossedWith, Crossing, HASHED};
use super::gain::{GAIN_NAMES, GAIN_SCHEMA};
use super::network::row::{NETWORK_NAMES, NETWORK_SCHEMA};
use crate::catalog::ActivityKind;
use nexus_stats::math::{ln_1p, ln_1p_count};
use std::ops::Range;

/// Version of the feature schema; it changes whenever a column changes its meaning.
pub const SCHEMA_VERSION: u32 = 3;

/// Columns of a feature vector.
pub const FEATURES: usize = 32;

/// Columns of version 1, which are the first of every version so far.
const FEATURES_OF_1: usize = 16;
/// Columns of version 2, which are the first of version 3.
const FEATURES_OF_2: usize = FEATURES - HASHED;

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
    "difficulty",
    "gap_to_difficulty",
    "popularity",
    "streak",
    "session_minutes",
    "streak_x_gap",
    "session_minutes_x_length",
    "session_position_x_asks",
    "context_0",
    "context_1",
    "context_2",
    "context_3",
    "context_4",
    "context_5",
    "context_6",
    "context_7",
];

/// The columns of a row that what the site said is hashed into; none when its version had none.
#[must_use]
pub fn hashed_of(schema: u32) -> Range<usize> {
    if schema == SCHEMA_VERSION { FEATURES_OF_2..FEATURES } else { 0..0 }
}

/// The names of the columns of a row under one version of the schema; none when this program does
/// not know that version.
#[must_use]
pub fn names_of(schema: u32) -> &'static [&'static str] {
    match schema {
        1 => &FEATURE_NAMES[..FEATURES_OF_1],
        2 => &FEATURE_NAMES[..FEATURES_OF_2],
        SCHEMA_VERSION => &FEATURE_NAMES,
        GAIN_SCHEMA => &GAIN_NAMES,
        NETWORK_SCHEMA => &NETWORK_NAMES,
        _ => &[],
    }
}

/// Logits of ability that count as 1.
const ABILITY_LOGITS: f64 = 4.0;
/// Standard deviation, in logits, that counts as 1: a little above that of the prior, 0.95.
const UNCERTAINTY_LOGITS: f64 = 1.0;
/// Days without practice that count as 1, and `ln(1 + days)`.
const PRACTICE_DAYS: Logarithmic = Logarithmic { one: 365.0, ln: 5.902_633_333_401_366 };
/// Answers that count as 1, and `ln(1 + answers)`.
const PRACTICE_ANSWERS: Logarithmic = Logarithmic { one: 50.0, ln: 3.931_825_632_724_325_7 };
/// Times the course's median length that count as 1.
const LENGTH_MEDIANS: f64 = 4.0;
/// Logits between ability and difficulty that count as 1.
const GAP_LOGITS: f64 = 4.0;
/// Answers in a row, right or wrong, that count as 1.
const STREAK_ANSWERS: f64 = 5.0;
/// Minutes in a session that count as 1.
const SESSION_MINUTES: f64 = 60.0;
/// Activities begun in a session that count as 1, and `ln(1 + activities)`.
const SESSION_ACTIVITIES: Logarithmic = Logarithmic { one: 20.0, ln: 3.044_522_437_723_423 };

/// A scale from 0 at 0 to 1 at `one`, fast at first: the second day or answer says more than the tenth.
struct Logarithmic {
    one: f64,
    /// Not computed anew for each candidate of each decision.
    ln: f64,
}

/// One candidate for one learner at one moment, in raw quantities. Where an activity has several
/// skills, a quantity is the mean over them unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivityContext {
    /// Kind of the activity.
    pub kind: ActivityKind,
    /// Ability on the activity's skills: the logit of their reference questions, after forgetting; see `mastery::SkillView::logit`.
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
    pub minutes: f64,
    /// Median of the expected minutes of the course's activities.
    pub minutes_median: f64,
    /// Whether it shares a skill with the activity before.
    pub same_skill_as_last: bool,
    /// Whether the activity before was failed and names this one as remedial.
    pub remedial_after_failure: bool,
    /// Whether the activity before was passed and names this one as advanced.
    pub advanced_after_success: bool,
    /// Its author's difficulty, in [0, 1].
    pub difficulty: f64,
    /// Ability minus difficulty: the logit of a right answer to a question as difficult as the activity.
    pub gap_logits: f64,
    /// Completions by all learners, decayed; at least 0.
    pub popularity: f64,
    /// The same of the course's average activity.
    pub popularity_mean: f64,
    /// Answers in a row that were right (positive) or wrong (negative).
    pub streak: f64,
    /// Minutes since the session began; 0 when none is open.
    pub session_minutes: f64,
    /// Activities begun in the session.
    pub session_activities: f64,
}

/// What the columns of a moment are made of: the same for all candidates of a decision.
struct SharedColumns {
    streak: f64,
    minutes: f64,
    position: f64,
}

impl SharedColumns {
    fn of(context: &ActivityContext) -> Self {
        Self {
            streak: within(-1.0, context.streak / STREAK_ANSWERS),
            minutes: within(0.0, context.session_minutes / SESSION_MINUTES),
            position: within(0.0, SESSION_ACTIVITIES.of(context.session_activities)),
        }
    }
}

impl ActivityContext {
    /// What the entries of a site's context are crossed with.
    #[must_use]
    pub fn crossed_with(&self) -> CrossedWith {
        CrossedWith::new(self.kind, self.minutes, self.minutes_median, self.difficulty)
    }
}

/// The feature vector of a candidate: every entry in [-1, 1], whatever comes in. The hashed columns
/// are 0 when the site said nothing.
#[must_use]
pub fn features(context: &ActivityContext, said: Option<&Crossing>) -> [f64; FEATURES] {
    let distance = (context.predicted_success - context.target_success).abs();
    let days = context.days_since_practice.unwrap_or(0.0);
    let length = within(0.0, context.minutes / (LENGTH_MEDIANS * context.minutes_median));
    let gap = within(-1.0, context.gap_logits / GAP_LOGITS);
    let shared = SharedColumns::of(context);
    let is = |kind: ActivityKind| f64::from(u8::from(context.kind == kind));
    let flag = |flag: bool| f64::from(u8::from(flag));
    let said = said.map_or([0.0; HASHED], |said| said.columns(&context.crossed_with()));
    [
        1.0,
        within(-1.0, context.ability_logits / ABILITY_LOGITS),
        within(0.0, context.predicted_success),
        within(0.0, distance),
        within(0.0, context.variance.max(0.0).sqrt() / UNCERTAINTY_LOGITS),
        within(0.0, 1.0 - context.recall),
        within(0.0, PRACTICE_DAYS.of(days)),
        within(0.0, PRACTICE_ANSWERS.of(context.attempts)),
        within(-1.0, context.ahead_on_path),
        is(ActivityKind::Video),
        is(ActivityKind::Reading),
        is(ActivityKind::Quiz),
        length,
        flag(context.same_skill_as_last),
        flag(context.remedial_after_failure),
        flag(context.advanced_after_success),
        within(-1.0, 2.0 * context.difficulty - 1.0),
        gap,
        within(0.0, popularity(context)),
        shared.streak,
        shared.minutes,
        shared.streak * gap,
        shared.minutes * length,
        shared.position * flag(asks(context.kind)),
        said[0],
        said[1],
        said[2],
        said[3],
        said[4],
        said[5],
        said[6],
        said[7],
    ]
}

/// Whether an activity of this kind is made of questions.
fn asks(kind: ActivityKind) -> bool {
    match kind {
        ActivityKind::Quiz
        | ActivityKind::Exercise
        | ActivityKind::Placement
        | ActivityKind::Check => true,
        ActivityKind::Video | ActivityKind::Reading => false,
    }
}

/// Near 0.5 for the average activity of the course, whatever the number of learners; one
/// completion is added to the average, so that the first ones of a course say little.
fn popularity(context: &ActivityContext) -> f64 {
    let own = context.popularity.max(0.0);
    own / (own + context.popularity_mean.max(0.0) + 1.0)
}

impl Logarithmic {
    fn of(&self, value: f64) -> f64 {
        if value >= self.one {
            return 1.0;
        }
        if value > 0.0 {
            // Counts are whole, and need not be computed.
            let whole = value as u32;
            let ln = if f64::from(whole) == value { ln_1p_count(whole) } else { ln_1p(value) };
            return ln / self.ln;
        }
        0.0
    }
}

/// `value` in [least, 1]; nothing known is 0.
fn within(least: f64, value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(least, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::site_context::{SiteContext, SiteValue};

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
            difficulty: 0.75,
            gap_logits: 2.0,
            popularity: 6.0,
            popularity_mean: 5.0,
            streak: -3.0,
            session_minutes: 15.0,
            session_activities: 20.0,
        }
    }

    #[test]
    fn logarithms_written_down_are_those_computed() {
        for scale in [PRACTICE_DAYS, PRACTICE_ANSWERS, SESSION_ACTIVITIES] {
            assert_eq!(scale.ln.to_bits(), ln_1p(scale.one).to_bits(), "{}", scale.one);
        }
    }

    #[test]
    fn columns_are_in_the_order_of_their_names() {
        let days = ln_1p(10.0) / ln_1p(365.0);
        let moment = [0.5, 0.5, 0.5, -0.6, 0.25, -0.3, 0.125, 1.0];
        let of_1 =
            [1.0, 0.25, 0.7, 0.2, 0.5, 0.25, days, 1.0, -0.5, 0.0, 0.0, 1.0, 0.5, 1.0, 0.0, 1.0];
        let expected = [&of_1[..], &moment[..], &[0.0; HASHED]].concat();
        let found = features(&plain(), None);
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
                difficulty: odd,
                gap_logits: odd,
                popularity: odd,
                popularity_mean: odd,
                streak: odd,
                session_minutes: odd,
                session_activities: odd,
                ..plain()
            };
            let said = ("quiet".to_owned(), SiteValue::Flag(true));
            let said = Crossing::of(&SiteContext::new([said]).unwrap().unwrap());
            for (value, name) in features(&context, Some(&said)).into_iter().zip(FEATURE_NAMES) {
                assert!((-1.0..=1.0).contains(&value), "{name} of {odd} is {value}");
            }
        }
    }
}
