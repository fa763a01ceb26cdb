//! The situation of a decision in the terms of policies: one row of features a candidate.

use super::last::Last;
use super::prospect::{Focus, prospect};
use super::sight::SkillSight;
use crate::catalog::course::difficulty_logits;
use crate::catalog::{Activity, Course};
use crate::learner::progress::CourseProgress;
use crate::learner::session::Sitting;
use crate::policy::SceneCandidate;
use crate::policy::context::{ActivityContext, FEATURES, features};
use crate::policy::long_horizon::Prospect;
use crate::report::popularity::Popularity;
use crate::time::Timestamp;
use crate::workspace::SharedState;
use nexus_stats::math::exp;

/// Predicted success in each activity, and what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Predicted success, in the order of [`Course::activities`]; see [`activity_success`].
    pub success: Vec<f64>,
    /// The success that practice aims at, in (0, 1).
    pub target: f64,
}

/// Predicted success in each activity of a course, in file order: the mean over its skills of the
/// chance on a question of the activity's difficulty.
#[must_use]
pub fn activity_success(course: &Course, sights: &[SkillSight]) -> Vec<f64> {
    // The odds against a right answer are `e^(difficulty - reference - logit)`: a factor of the
    // activity times a factor of the skill, so nothing is exponentiated for a pair of them.
    let skills = course.skills.iter().zip(sights);
    let odds: Vec<f64> =
        skills.map(|(skill, sight)| exp(-skill.reference_difficulty - sight.view.logit)).collect();
    let success = |activity: &Activity| {
        let of_skill = |skill: &usize| 1.0 / (1.0 + activity.difficulty_odds * odds[*skill]);
        mean(activity.skills.iter().map(of_skill), activity.skills.len())
    };
    course.activities.iter().map(success).collect()
}

/// The rows of a scene for some activities: what policies may know, and their features.
#[must_use]
pub fn scene_rows(
    state: &SharedState,
    course: &Course,
    progress: &CourseProgress,
    sights: &[SkillSight],
    outlook: &Outlook,
    positions: &[usize],
    at: Timestamp,
) -> (Vec<SceneCandidate>, Vec<f64>) {
    let last = Last::of(course, progress);
    let focus = Focus::of(course, progress, last.map(|last| last.activity));
    let popularity = state.popularity.get(&course.id);
    let view = RowView {
        course,
        progress,
        sights,
        outlook,
        popularity,
        popularity_mean: popularity.map_or(0.0, |known| known.total(at))
            / course.activities.len().max(1) as f64,
        sitting: progress.sitting(at),
        at,
        last,
        focus,
    };
    let frontier = frontier(course, progress);
    let mut rows = Vec::with_capacity(positions.len());
    let mut matrix = Vec::with_capacity(positions.len() * FEATURES);
    for position in positions {
        let row = view.candidate(*position);
        let context = view.context(*position, frontier, row.popularity);
        matrix.extend_from_slice(&features(&context));
        rows.push(row);
    }
    (rows, matrix)
}

/// Where the learner stands in the course as a whole.
#[must_use]
pub fn scene_prospect(
    course: &Course,
    progress: &CourseProgress,
    sights: &[SkillSight],
) -> Prospect {
    let last = Last::of(course, progress).map(|last| last.activity);
    prospect(course, progress, sights, &Focus::of(course, progress, last))
}

/// The learner's own place on the path: that of the first activity not completed.
pub(super) fn frontier(course: &Course, progress: &CourseProgress) -> f64 {
    let open = |position: &&usize| !progress.completed(course.activities[**position].key);
    let next = course.path.iter().find(open);
    next.map_or(1.0, |position| course.activities[*position].path_position)
}

struct RowView<'a> {
    course: &'a Course,
    progress: &'a CourseProgress,
    sights: &'a [SkillSight],
    outlook: &'a Outlook,
    popularity: Option<&'a Popularity>,
    popularity_mean: f64,
    sitting: Sitting,
    at: Timestamp,
    last: Option<Last<'a>>,
    focus: Focus,
}

impl RowView<'_> {
    fn candidate(&self, position: usize) -> SceneCandidate {
        let activity = &self.course.activities[position];
        let mastered = self.of(activity).map(|sight| sight.view.mastered_probability);
        let entry = self.progress.activity(activity.key);
        let main = activity.skills.first().copied().unwrap_or_default();
        let skill = self.course.skills.get(main);
        SceneCandidate {
            path_rank: activity.path_rank,
            popularity: self.popularity.map_or(0.0, |known| known.count(activity.key, self.at)),
            mastered_probability: mastered.fold(1.0, f64::min),
            required: activity.required && !self.progress.completed(activity.key),
            skill: main,
            ready_probability: self.ready_probability(activity),
            tried: entry.is_some_and(|entry| entry.starts > 0),
            asks: !activity.questions.is_empty(),
            results: entry.map_or_else(Default::default, |entry| entry.results),
            skill_results: skill
                .map_or_else(Default::default, |skill| self.progress.skill_results(skill.key)),
            preference: 0.0,
            step: self.focus.step(self.course, self.sights, activity),
        }
    }

    fn ready_probability(&self, activity: &Activity) -> f64 {
        let needed = activity.skills.iter().flat_map(|skill| &self.course.skills[*skill].requires);
        let needed = needed.filter(|needed| !activity.skills.contains(needed));
        let mastered = needed.map(|needed| self.sights[*needed].view.mastered_probability);
        mastered.fold(1.0, f64::min)
    }

    fn of<'a>(&'a self, activity: &'a Activity) -> impl Iterator<Item = &'a SkillSight> {
        activity.skills.iter().map(|skill| &self.sights[*skill])
    }

    fn context(&self, position: usize, frontier: f64, popularity: f64) -> ActivityContext {
        let activity = &self.course.activities[position];
        let count = activity.skills.len();
        let mean_of = |value: fn(&SkillSight) -> f64| mean(self.of(activity).map(value), count);
        let latest = self.of(activity).filter_map(|sight| sight.view.last_at).max();
        let (remedial, advanced, same_skill) = self.links(position, activity);
        let ability_logits = mean_of(|sight| sight.view.logit);
        let reference = |skill: &usize| self.course.skills[*skill].reference_difficulty;
        let reference = mean(activity.skills.iter().map(reference), count);
        ActivityContext {
            kind: activity.kind,
            ability_logits,
            predicted_success: self.outlook.success[position],
            target_success: self.outlook.target,
            variance: mean_of(|sight| sight.view.variance),
            recall: self.of(activity).map(|sight| sight.view.recall).fold(1.0, f64::min),
            days_since_practice: latest.map(|latest| self.at.days_since(latest)),
            attempts: self.of(activity).map(|sight| f64::from(sight.view.attempts)).sum(),
            ahead_on_path: activity.path_position - frontier,
            minutes: activity.minutes,
            minutes_median: self.course.minutes_median,
            same_skill_as_last: same_skill,
            remedial_after_failure: remedial,
            advanced_after_success: advanced,
            difficulty: activity.difficulty,
            gap_logits: ability_logits + reference - difficulty_logits(activity.difficulty),
            popularity,
            popularity_mean: self.popularity_mean,
            streak: f64::from(self.progress.streak),
            session_minutes: self.sitting.minutes,
            session_activities: f64::from(self.sitting.activities),
        }
    }

    fn links(&self, position: usize, activity: &Activity) -> (bool, bool, bool) {
        let Some(last) = self.last else {
            return (false, false, false);
        };
        let same_skill = activity.skills.iter().any(|skill| last.activity.skills.contains(skill));
        (last.remedies(position), last.advances(position), same_skill)
    }
}

fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
    values.sum::<f64>() / count.max(1) as f64
}
