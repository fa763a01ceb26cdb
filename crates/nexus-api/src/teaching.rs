//! What each activity of a course teaches, as far as the journal says.

use crate::words;
use nexus_engine::catalog::{Activity, Course};
use nexus_engine::report::{ActivityReport, CourseReport};
use nexus_engine::workspace::teaching::{self, CourseTeaching, TeachingVerdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the activities of a course teach, and the skills that they teach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CourseTeachingBody {
    /// The id of the course.
    pub course: String,
    /// The title that people read.
    pub title: String,
    /// The latest version of the course, whose activities these are.
    pub version: u32,
    /// The last journal entry that was read for this.
    pub through: u64,
    /// The last entry of the journal. While it is above `through`, ask again: the journal is long,
    /// and is being read for the first time since the server started.
    pub head: u64,
    /// Learners who were seen in the course.
    pub learners: u64,
    /// Learners who completed every required activity.
    pub completions: u64,
    /// Fewest measured gains before an activity gets an interval.
    pub gains_min: u64,
    /// The skills, in the order of the course.
    pub skills: Vec<TaughtSkill>,
    /// The activities, in the order of the course's own path; those beside it come last.
    pub activities: Vec<TaughtActivity>,
}

/// A skill, and what it builds on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaughtSkill {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// The ids of the skills that it builds on.
    pub requires: Vec<String>,
    /// The ids of the activities that teach it.
    pub activities: Vec<String>,
}

/// One activity: what its author expects, and what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaughtActivity {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The kind of the activity.
    pub kind: words::ActivityKind,
    /// The title of its module.
    pub module: String,
    /// Whether it counts towards completing the course.
    pub required: bool,
    /// Whether it lies on the course's own path.
    pub on_path: bool,
    /// Difficulty that the author expects, from 0 to 1.
    pub difficulty: f64,
    /// Minutes that the author expects.
    pub minutes_expected: f64,
    /// Mean minutes between start and end, each at most four times what is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_mean: Option<f64>,
    /// How often start and end were both seen.
    pub minutes_n: u64,
    /// Times that it was chosen for a learner.
    pub chosen: u64,
    /// Learners who began it, each once.
    pub learners: u64,
    /// Learners who finished it, each once.
    pub completed: u64,
    /// Times that it was skipped.
    pub skipped: u64,
    /// Rewards of decisions that chose it.
    pub rewards: u64,
    /// Those of them whose learner left it before its end.
    pub left: u64,
    /// First attempts at its questions.
    pub answers: u64,
    /// Mean grade of them, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_grade: Option<f64>,
    /// Learning gains that were measured after it: right (1) or not (0) in the next independent
    /// question on its skills, less what was predicted before the activity.
    pub gains: u64,
    /// Their mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_mean: Option<f64>,
    /// The interval in which the mean lies with 95 %; absent below `gains_min`. Gains of one learner
    /// hang together, so it is a little narrow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_between: Option<[f64; 2]>,
    /// What the interval says.
    pub verdict: TeachingWord,
}

/// Whether an activity teaches, as far as its measured gains say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeachingWord {
    /// The interval lies above 0: learners know more after it than was predicted before it.
    Teaches,
    /// The interval lies at 0 or below.
    DoesNotTeach,
    /// The interval holds 0, or there are too few gains.
    Unknown,
}

impl From<TeachingVerdict> for TeachingWord {
    fn from(verdict: TeachingVerdict) -> Self {
        match verdict {
            TeachingVerdict::Teaches => Self::Teaches,
            TeachingVerdict::DoesNotTeach => Self::DoesNotTeach,
            TeachingVerdict::Unknown => Self::Unknown,
        }
    }
}

impl CourseTeachingBody {
    /// The counters of the fold beside what was read from the journal up to some entry of `head`.
    #[must_use]
    pub fn new(
        course: &Course,
        report: &CourseReport,
        teaching: &CourseTeaching,
        head: u64,
    ) -> Self {
        let skills = course.skills.iter().enumerate().map(|(position, skill)| TaughtSkill {
            skill: skill.id.to_string(),
            title: skill.title.clone(),
            requires: skill.requires.iter().map(|it| course.skills[*it].id.to_string()).collect(),
            activities: course
                .activities
                .iter()
                .filter(|activity| !activity.kind.measures() && activity.skills.contains(&position))
                .map(|activity| activity.id.to_string())
                .collect(),
        });
        let of = |position: &usize| {
            let activity = &course.activities[*position];
            let counted = report.activities.get(&activity.key).cloned().unwrap_or_default();
            TaughtActivity::new(course, *position, &counted, teaching)
        };
        Self {
            course: course.id.to_string(),
            title: course.title.clone(),
            version: course.version,
            through: teaching.through,
            head,
            learners: report.learners,
            completions: report.completions,
            gains_min: teaching::GAINS_MIN,
            skills: skills.collect(),
            activities: course.order.iter().map(of).collect(),
        }
    }
}

impl TaughtActivity {
    fn new(
        course: &Course,
        position: usize,
        counted: &ActivityReport,
        teaching: &CourseTeaching,
    ) -> Self {
        let activity: &Activity = &course.activities[position];
        let seen = teaching.activity(&activity.id).cloned().unwrap_or_default();
        let answers = counted.answers;
        Self {
            activity: activity.id.to_string(),
            title: activity.title.clone(),
            kind: activity.kind.into(),
            module: course.modules[activity.module].title.clone(),
            required: activity.required,
            on_path: course.path.contains(&position),
            difficulty: activity.difficulty,
            minutes_expected: activity.minutes,
            minutes_mean: seen.minutes.mean(),
            minutes_n: seen.minutes.n(),
            chosen: counted.chosen,
            learners: seen.learners,
            completed: counted.completed,
            skipped: counted.skipped,
            rewards: seen.rewards,
            left: seen.left,
            answers,
            mean_grade: crate::report::mean_micros(counted.grade_sum_micros, answers),
            gains: seen.gain.n(),
            gain_mean: seen.gain.mean(),
            gain_between: seen.gain_between(),
            verdict: seen.verdict().into(),
        }
    }
}
