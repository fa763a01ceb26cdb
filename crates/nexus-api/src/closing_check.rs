//! A learner's closing check: how it stands, what it asks, and what came of it.

use crate::time;
use nexus_engine::catalog::Course;
use nexus_engine::learner::closing_check::{CheckStanding, ClosingCheck};
use nexus_engine::workspace::closing_check::ClosingCheckView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer to `GET /v1/learners/{id}/check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClosingCheckBody {
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// Where the learner stands in it.
    pub status: ClosingCheckStatus,
    /// The activity to name in events; absent when the course has no closing check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Questions it asks; 0 when the course has none.
    pub asked: u32,
    /// Questions answered so far.
    pub answered: u32,
    /// What it still asks, in this order; empty unless it is open.
    pub questions: Vec<ClosingCheckQuestion>,
    /// What came of it, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ClosingCheckResult>,
}

/// Where a learner stands in the closing check of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosingCheckStatus {
    /// The course has none.
    NotOffered,
    /// Its time has not come.
    NotDue,
    /// It asks questions, or waits to.
    Open,
    /// It is over for this learner.
    Done,
    /// The learner left it on purpose; opening it again goes on with it.
    Skipped,
}

/// A question that a closing check still asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClosingCheckQuestion {
    /// The id of the question.
    pub question: String,
    /// The activity it belongs to, where its words stand in the course.
    pub home: String,
    /// The ids of the skills it exercises.
    pub skills: Vec<String>,
}

/// What came of a closing check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClosingCheckResult {
    /// The version of the course under which it was taken.
    pub course_version: u32,
    /// Mean grade over all its questions, from 0 to 1; what was not answered counts as wrong.
    #[schema(minimum = 0, maximum = 1)]
    pub mean_grade: f64,
    /// Questions of the check that were answered right.
    pub right: u32,
    /// Minutes of learning before it began.
    #[schema(minimum = 0)]
    pub minutes: f64,
    /// When the learner began the check.
    pub began_at: String,
    /// When it was over.
    pub completed_at: String,
}

impl From<Option<CheckStanding>> for ClosingCheckStatus {
    fn from(standing: Option<CheckStanding>) -> Self {
        match standing {
            None => Self::NotOffered,
            Some(CheckStanding::NotDue) => Self::NotDue,
            Some(CheckStanding::Open) => Self::Open,
            Some(CheckStanding::Done) => Self::Done,
            Some(CheckStanding::Skipped) => Self::Skipped,
        }
    }
}

impl ClosingCheckBody {
    /// A closing check as it stands; `None` when the course has none.
    #[must_use]
    pub fn new(learner: &str, course: &Course, view: Option<&ClosingCheckView<'_>>) -> Self {
        let begun = view.and_then(|view| view.begun);
        let open = view.map_or(&[][..], |view| &view.open);
        Self {
            learner: learner.to_owned(),
            course: course.id.to_string(),
            status: view.map(|view| view.standing).into(),
            activity: view.map(|view| view.check.id.to_string()),
            asked: view.map_or(0, |view| view.check.check_questions),
            answered: begun.map_or(0, ClosingCheck::answers),
            questions: open.iter().map(|it| ClosingCheckQuestion::new(course, *it)).collect(),
            result: begun.and_then(ClosingCheckResult::new),
        }
    }
}

impl ClosingCheckQuestion {
    fn new(course: &Course, position: usize) -> Self {
        let question = &course.questions[position];
        let skills = question.skills.iter().map(|skill| course.skills[*skill].id.to_string());
        Self {
            question: question.id.to_string(),
            home: course.activities[question.activity].id.to_string(),
            skills: skills.collect(),
        }
    }
}

impl ClosingCheckResult {
    fn new(check: &ClosingCheck) -> Option<Self> {
        Some(Self {
            course_version: check.course_version,
            mean_grade: check.mean_grade()?,
            right: check.right,
            minutes: check.minutes,
            began_at: time::print(check.began_at),
            completed_at: time::print(check.completed_at?),
        })
    }
}
