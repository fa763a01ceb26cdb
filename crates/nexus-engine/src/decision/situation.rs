//! The situation of a decision in the terms of policies: one row of features a candidate.

use super::inputs::LastActivity;
use super::inputs::SkillState;
use crate::catalog::course::difficulty_logits;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::learner::progress::CourseProgress;
use crate::learner::session::Sitting;
use crate::policy::SceneCandidate;
use crate::policy::context::{ActivityContext, FEATURES, features};
use crate::policy::crossing::Crossing;
use crate::policy::gain::{GAIN_SCHEMA, GainContext, GainRow, gain_columns, kept};
use crate::policy::network::row::NETWORK_SCHEMA;
use crate::policy::popularity::Popularity;
use crate::policy::site_context::SiteContext;
use crate::time::Timestamp;
use nexus_stats::math::exp;

/// So many of the latest results in a skill say how it goes lately.
const LATEST_RESULTS: u8 = 6;

/// Minutes that an activity takes: the length of a film, else what its author says.
#[must_use]
pub fn length_minutes(activity: &Activity) -> f64 {
    match (activity.kind, activity.video_seconds) {
        (ActivityKind::Video, Some(seconds)) => seconds / 60.0,
        _ => activity.minutes,
    }
}

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
pub fn activity_success(course: &Course, skill_states: &[SkillState]) -> Vec<f64> {
    // The odds against a right answer are `e^(difficulty - reference - logit)`: a factor of the
    // activity times a factor of the skill, so nothing is exponentiated for a pair of them.
    let skills = course.skills.iter().zip(skill_states);
    let odds: Vec<f64> =
        skills.map(|(skill, state)| exp(-skill.reference_difficulty - state.view.logit)).collect();
    let success = |activity: &Activity| {
        let of_skill = |skill: &usize| 1.0 / (1.0 + activity.difficulty_odds * odds[*skill]);
        mean(activity.skills.iter().map(of_skill), activity.skills.len())
    };
    course.activities.iter().map(success).collect()
}

/// Which rows of a situation will be read. Those left out are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsWanted {
    /// The features of [`crate::policy::context`].
    pub features: bool,
    /// The columns of [`crate::policy::gain`].
    pub gain: bool,
}

impl RowsWanted {
    pub const ALL: Self = Self { features: true, gain: true };

    /// What policies with these feature schemas look at.
    #[must_use]
    pub fn by(schemas: impl Iterator<Item = u32>) -> Self {
        let mut wanted = Self { features: false, gain: false };
        for schema in schemas {
            match schema {
                GAIN_SCHEMA => wanted.gain = true,
                NETWORK_SCHEMA => wanted = Self::ALL,
                _ => wanted.features = true,
            }
        }
        wanted
    }
}

/// What the rows of a scene are made from, the same for all candidates.
#[derive(Clone, Copy, Debug)]
pub struct Backdrop<'a> {
    /// What is completed often lately.
    pub popularity: Option<&'a Popularity>,
    pub course: &'a Course,
    /// The learner's progress in it.
    pub progress: &'a CourseProgress,
    /// What is known of each skill of the course.
    pub skill_states: &'a [SkillState],
    /// What is expected of each activity.
    pub outlook: &'a Outlook,
    /// What the site said of the moment, when it said anything.
    pub said: Option<&'a SiteContext>,
    pub at: Timestamp,
}

/// The rows of a scene for some activities: what policies may know, and the rows that are wanted.
#[must_use]
pub fn scene_rows(
    backdrop: &Backdrop<'_>,
    positions: &[usize],
    wanted: RowsWanted,
) -> (Vec<SceneCandidate>, Vec<f64>) {
    let Backdrop { popularity, course, progress, skill_states, outlook, said, at } = *backdrop;
    let last = LastActivity::of(course, progress);
    let view = RowView {
        course,
        progress,
        skill_states,
        outlook,
        popularity,
        popularity_mean: popularity.map_or(0.0, |known| known.total(at))
            / course.activities.len().max(1) as f64,
        sitting: progress.sessions.sitting(at),
        at,
        last,
    };
    let frontier = frontier(course, progress);
    let kept = if wanted.gain { kept_of_skills(&view) } else { Vec::new() };
    let said = said.map(Crossing::of);
    let mut rows = Vec::with_capacity(positions.len());
    let width = if wanted.features { FEATURES } else { 0 };
    let mut matrix = Vec::with_capacity(positions.len() * width);
    for position in positions {
        let known = view.known(&course.activities[*position]);
        let mut row = view.candidate(*position, &known);
        if wanted.gain {
            row.gain = view.gain(*position, &kept);
        }
        if wanted.features {
            let context = view.context(*position, &known, frontier, row.popularity);
            matrix.extend_from_slice(&features(&context, said.as_ref()));
        }
        rows.push(row);
    }
    (rows, matrix)
}

/// What is kept of each skill of the course since it was met in any way: by films and texts that
/// were begun, and by answers.
fn kept_of_skills(view: &RowView<'_>) -> Vec<f64> {
    let mut met: Vec<(f64, Option<Timestamp>)> = Vec::with_capacity(view.skill_states.len());
    for state in view.skill_states {
        met.push((f64::from(state.view.attempts), state.view.last_at));
    }
    for activity in view.course.activities.iter().filter(|activity| activity.questions.is_empty()) {
        let Some(entry) = view.progress.activity(activity.key) else { continue };
        if activity.kind == ActivityKind::Placement || entry.starts == 0 {
            continue;
        }
        for skill in &activity.skills {
            let (times, last_at) = &mut met[*skill];
            *times += f64::from(entry.starts);
            *last_at = (*last_at).max(Some(entry.last_at));
        }
    }
    let mut shares = Vec::with_capacity(met.len());
    for (times, last_at) in met {
        shares.push(last_at.map_or(0.0, |last_at| kept(view.at.days_since(last_at), times)));
    }
    shares
}

/// The learner's own place on the path: that of the first activity not completed.
fn frontier(course: &Course, progress: &CourseProgress) -> f64 {
    let open = |position: &&usize| !progress.completed(course.activities[**position].key);
    let next = course.path.iter().find(open);
    next.map_or(1.0, |position| course.activities[*position].path_position)
}

struct RowView<'a> {
    course: &'a Course,
    progress: &'a CourseProgress,
    skill_states: &'a [SkillState],
    outlook: &'a Outlook,
    popularity: Option<&'a Popularity>,
    popularity_mean: f64,
    sitting: Sitting,
    at: Timestamp,
    last: Option<LastActivity<'a>>,
}

/// What is known of an activity's skills together.
struct Known {
    logit_mean: f64,
    reference_mean: f64,
    variance_mean: f64,
    recall_least: f64,
    mastered_least: f64,
    attempts: f64,
    last_at: Option<Timestamp>,
}

impl RowView<'_> {
    fn known(&self, activity: &Activity) -> Known {
        let mut known = Known {
            logit_mean: 0.0,
            reference_mean: 0.0,
            variance_mean: 0.0,
            recall_least: 1.0,
            mastered_least: 1.0,
            attempts: 0.0,
            last_at: None,
        };
        for skill in &activity.skills {
            let view = &self.skill_states[*skill].view;
            known.logit_mean += view.logit;
            known.reference_mean += self.course.skills[*skill].reference_difficulty;
            known.variance_mean += view.variance;
            known.recall_least = known.recall_least.min(view.recall);
            known.mastered_least = known.mastered_least.min(view.mastered_probability);
            known.attempts += f64::from(view.attempts);
            known.last_at = known.last_at.max(view.last_at);
        }
        let count = activity.skills.len().max(1) as f64;
        known.logit_mean /= count;
        known.reference_mean /= count;
        known.variance_mean /= count;
        known
    }

    fn candidate(&self, position: usize, known: &Known) -> SceneCandidate {
        let activity = &self.course.activities[position];
        let entry = self.progress.activity(activity.key);
        let main = activity.skills.first().copied().unwrap_or_default();
        let skill = self.course.skills.get(main);
        SceneCandidate {
            path_rank: activity.path_rank,
            popularity: self.popularity.map_or(0.0, |known| known.count(activity.key, self.at)),
            mastered_probability: known.mastered_least,
            required: activity.required && entry.is_none_or(|entry| entry.completed_at.is_none()),
            skill: main,
            tried: entry.is_some_and(|entry| entry.starts > 0),
            asks: !activity.questions.is_empty(),
            results: entry.map_or_else(Default::default, |entry| entry.results),
            skill_results: skill
                .map_or_else(Default::default, |skill| self.progress.skill_results(skill.key)),
            gain: GainRow::default(),
        }
    }

    fn gain(&self, position: usize, kept: &[f64]) -> GainRow {
        let activity = &self.course.activities[position];
        let count = activity.skills.len().max(1) as f64;
        let (mut success, mut recall, mut held, mut recent, mut attempts) =
            (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut ready, mut last_at) = (1.0_f64, None);
        for skill in &activity.skills {
            let view = &self.skill_states[*skill].view;
            success += view.expected_success;
            recall += view.recall;
            held += kept[*skill];
            attempts += f64::from(view.attempts);
            last_at = last_at.max(view.last_at);
            let results = self.progress.skill_results(self.course.skills[*skill].key);
            recent += results.share(LATEST_RESULTS).unwrap_or(0.5);
            for needed in &self.course.skills[*skill].requires {
                ready = ready.min(self.skill_states[*needed].view.expected_success);
            }
        }
        let context = GainContext {
            kind: activity.kind,
            success: success / count,
            own_success: self.outlook.success[position],
            ready,
            recall: recall / count,
            kept: held / count,
            recent: recent / count,
            attempts: attempts / count,
            rounds: self
                .progress
                .activity(activity.key)
                .map_or(0.0, |entry| f64::from(entry.starts)),
            days: last_at.map_or(0.0, |last_at| self.at.days_since(last_at)),
        };
        GainRow {
            columns: gain_columns(&context),
            minutes: length_minutes(activity),
            skills: count,
        }
    }

    fn context(
        &self,
        position: usize,
        known: &Known,
        frontier: f64,
        popularity: f64,
    ) -> ActivityContext {
        let activity = &self.course.activities[position];
        let (remedial, advanced, same_skill) = self.links(position, activity);
        let easier = known.reference_mean - difficulty_logits(activity.difficulty);
        ActivityContext {
            kind: activity.kind,
            ability_logits: known.logit_mean,
            predicted_success: self.outlook.success[position],
            target_success: self.outlook.target,
            variance: known.variance_mean,
            recall: known.recall_least,
            days_since_practice: known.last_at.map(|latest| self.at.days_since(latest)),
            attempts: known.attempts,
            ahead_on_path: activity.path_position - frontier,
            minutes: activity.minutes,
            minutes_median: self.course.minutes_median,
            same_skill_as_last: same_skill,
            remedial_after_failure: remedial,
            advanced_after_success: advanced,
            difficulty: activity.difficulty,
            gap_logits: known.logit_mean + easier,
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
