//! What an activity may teach: the columns that a model of gain looks at, and what they cost.
//!
//! The gain of an activity is how much more often the learner answers its skills' questions right
//! because of it. The columns say how much room there is, how it was used before, whether the
//! learner is ready, and how much has faded; each lies in [-1, 1]. `docs/features.md` lists them.

use super::linear_model::FEATURE_MAX;
use crate::catalog::ActivityKind;
use nexus_stats::math::{ln_1p, pow};

/// Version of the feature schema of these columns. It is told apart from those of
/// [`super::context`], which count from 1.
pub const GAIN_SCHEMA: u32 = 101;

/// Columns of a row.
pub const GAIN_COLUMNS: usize = 25;

/// Names of the columns, for explanations.
pub const GAIN_NAMES: [&str; GAIN_COLUMNS] = [
    "video_x_room",
    "reading_x_room",
    "exercise_x_room",
    "quiz_x_room",
    "video_x_again",
    "reading_x_again",
    "exercise_x_again",
    "quiz_x_again",
    "study_x_ready_x_room",
    "practice_x_ready_x_room",
    "exercise_x_success",
    "exercise_x_success_2",
    "exercise_x_success_3",
    "study_x_forgotten",
    "practice_x_forgotten",
    "study_x_attempts",
    "practice_x_attempts",
    "success",
    "room_x_success",
    "days_x_room",
    "study_x_faded",
    "practice_x_faded",
    "faded_x_room",
    "study_x_recent",
    "practice_x_recent",
];

/// Answers on a skill that count as 1, on a logarithmic scale.
const ATTEMPTS: f64 = 50.0;
/// Days that count as 1, on a logarithmic scale.
const DAYS: f64 = 365.0;
/// Minutes that going to an activity costs beside it, so that the shortest do not always win.
pub const CHANGE_MINUTES: f64 = 0.5;

/// One candidate in raw quantities: means over its skills, unless they say otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GainContext {
    pub kind: ActivityKind,
    /// Expected success on the skills' reference questions, in [0, 1].
    pub success: f64,
    /// Expected success on the activity's own questions, in [0, 1].
    pub own_success: f64,
    /// The least expected success over all that its skills build on, in [0, 1]; 1 without any.
    pub ready: f64,
    /// Recall, in [0, 1].
    pub recall: f64,
    /// What is kept since the skills were last met in any way, in [0, 1]; see [`kept`].
    pub kept: f64,
    /// The share of right answers among the latest, in [0, 1]; one half without any.
    pub recent: f64,
    /// Answers that exercised a skill.
    pub attempts: f64,
    /// Times the activity was begun.
    pub rounds: f64,
    /// Days since the latest answer on any of its skills; 0 before the first.
    pub days: f64,
}

/// What a model of gain knows of one candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GainRow {
    /// The columns, each in [-1, 1].
    pub columns: [f64; GAIN_COLUMNS],
    /// Minutes that it takes, above 0.
    pub minutes: f64,
    /// How many skills it is about, at least 1.
    pub skills: f64,
}

impl GainRow {
    /// Whether the columns are numbers of a believable size, and the costs above 0.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let costs = [self.minutes, self.skills];
        // A NaN is in no range.
        self.columns.iter().all(|column| column.abs() <= FEATURE_MAX)
            && costs.iter().all(|cost| *cost > 0.0 && cost.is_finite())
    }
}

impl Default for GainRow {
    /// A minute on one skill, of which nothing is known.
    fn default() -> Self {
        Self { columns: [0.0; GAIN_COLUMNS], minutes: 1.0, skills: 1.0 }
    }
}

/// What is kept of a skill that was met so many times in any way (films, texts and answers alike),
/// the last time so many days ago: `(1 + days / (1 + times))^-1/2`, in (0, 1].
#[must_use]
pub fn kept(days: f64, times: f64) -> f64 {
    pow(1.0 + days.max(0.0) / (1.0 + times.max(0.0)), -0.5)
}

/// The columns of a candidate: every entry in [-1, 1], whatever comes in.
#[must_use]
pub fn gain_columns(context: &GainContext) -> [f64; GAIN_COLUMNS] {
    let is = |kind: ActivityKind| f64::from(u8::from(context.kind == kind));
    let (video, reading) = (is(ActivityKind::Video), is(ActivityKind::Reading));
    let (exercise, quiz) = (is(ActivityKind::Exercise), is(ActivityKind::Quiz));
    let (study, practice) = (video + reading, exercise + quiz);
    let success = share(context.success);
    let (room, own, ready) = (1.0 - success, share(context.own_success), share(context.ready));
    let again = share(context.rounds / (1.0 + context.rounds));
    let forgotten = 1.0 - share(context.recall);
    let faded = 1.0 - share(context.kept);
    let recent = share(context.recent) - 0.5;
    let attempts = share(ln_1p(context.attempts.max(0.0)) / ln_1p(ATTEMPTS));
    let days = share(ln_1p(context.days.max(0.0)) / ln_1p(DAYS));
    [
        video * room,
        reading * room,
        exercise * room,
        quiz * room,
        video * again,
        reading * again,
        exercise * again,
        quiz * again,
        study * ready * room,
        practice * ready * room,
        exercise * own,
        exercise * own * own,
        exercise * own * own * own,
        study * forgotten,
        practice * forgotten,
        study * attempts,
        practice * attempts,
        success,
        room * success,
        days * room,
        study * faded,
        practice * faded,
        faded * room,
        study * recent,
        practice * recent,
    ]
}

/// `value` in [0, 1]; nothing known is 0.
fn share(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> GainContext {
        GainContext {
            kind: ActivityKind::Exercise,
            success: 0.6,
            own_success: 0.5,
            ready: 0.8,
            recall: 0.9,
            kept: 0.7,
            recent: 0.75,
            attempts: 4.0,
            rounds: 1.0,
            days: 3.0,
        }
    }

    #[test]
    fn a_column_is_what_its_name_says() {
        let columns = gain_columns(&plain());
        let column =
            |name: &str| columns[GAIN_NAMES.iter().position(|known| *known == name).unwrap()];
        let close = |name: &str, expected: f64| {
            assert!((column(name) - expected).abs() < 1e-12, "{name}: {}", column(name));
        };
        close("exercise_x_room", 0.4);
        close("exercise_x_again", 0.5);
        close("practice_x_ready_x_room", 0.32);
        close("exercise_x_success_3", 0.125);
        close("practice_x_forgotten", 0.1);
        close("practice_x_attempts", ln_1p(4.0) / ln_1p(50.0));
        close("success", 0.6);
        close("days_x_room", 0.4 * ln_1p(3.0) / ln_1p(365.0));
        close("practice_x_faded", 0.3);
        close("practice_x_recent", 0.25);
        for name in GAIN_NAMES.iter().filter(|name| name.starts_with("study")) {
            close(name, 0.0);
        }
    }

    #[test]
    fn what_was_met_often_is_kept_longer() {
        assert!((kept(0.0, 0.0) - 1.0).abs() < 1e-12);
        assert!((kept(3.0, 0.0) - 0.5).abs() < 1e-12);
        assert!((kept(3.0, 2.0) - pow(2.0, -0.5)).abs() < 1e-12);
    }

    #[test]
    fn nothing_leaves_its_range() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e308, 0.0] {
            let context = GainContext {
                success: odd,
                own_success: odd,
                ready: odd,
                recall: odd,
                kept: odd,
                recent: odd,
                attempts: odd,
                rounds: odd,
                days: odd,
                ..plain()
            };
            for (value, name) in gain_columns(&context).iter().zip(GAIN_NAMES) {
                assert!((-1.0..=1.0).contains(value), "{name} of {odd} is {value}");
            }
        }
    }
}
