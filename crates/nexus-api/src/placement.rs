//! A learner's placement: how it stands, and which question comes next.

use crate::learners::{SkillMastery, SkillSeen};
use nexus_engine::catalog::{Course, Skill};
use nexus_engine::learner::mastery::SkillView;
use nexus_engine::learner::placement::{Choice, PlacementStanding};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::placement::PlacementView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer to `GET /v1/learners/{id}/placement`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlacementBody {
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// Where the learner stands in it.
    pub status: PlacementStatus,
    /// The activity to name in events; absent when the course has no placement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Questions asked so far.
    pub asked: u32,
    /// Questions it asks at least, before uncertainty may stop it; 0 when the course has none.
    pub questions_min: u32,
    /// Questions it asks at most; 0 when the course has none.
    pub questions_max: u32,
    /// What to ask now; only while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PlacementQuestion>,
    /// Why it is over, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_because: Option<String>,
    /// What the learner seems to know now of the skills it asks about, in file order.
    pub skills: Vec<SkillMastery>,
}

/// Where a learner stands in the placement of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacementStatus {
    /// The course has none.
    NotOffered,
    /// It asks questions, or waits to.
    Open,
    /// The placement is over for this learner.
    Done,
    /// The learner left it on purpose; opening it again goes on with it.
    Skipped,
}

impl From<Option<PlacementStanding>> for PlacementStatus {
    fn from(standing: Option<PlacementStanding>) -> Self {
        match standing {
            None => Self::NotOffered,
            Some(PlacementStanding::Open) => Self::Open,
            Some(PlacementStanding::Done) => Self::Done,
            Some(PlacementStanding::Skipped) => Self::Skipped,
        }
    }
}

/// The next question of a placement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlacementQuestion {
    /// The id of the question.
    pub question: String,
    /// The activity it belongs to, where its words stand in the course.
    pub home: String,
    /// The ids of the skills it exercises.
    pub skills: Vec<String>,
    /// Why this one, in words.
    pub why: String,
    /// Share of the uncertainty about success in the skills that its answer is expected to remove,
    /// from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub expected_information: f64,
    /// Predicted probability of a right answer.
    #[schema(minimum = 0, maximum = 1)]
    pub expected_success: f64,
}

impl PlacementBody {
    /// A placement as it stands, `None` when the course has none; `seen` measures one skill.
    #[must_use]
    pub fn new(
        learner: &str,
        course: &Course,
        view: Option<&PlacementView<'_>>,
        seen: impl Fn(&Skill) -> SkillView,
        at: Timestamp,
    ) -> Self {
        let rules = view.and_then(|view| view.placement.placement);
        let skills = view.map_or(&[][..], |view| &view.placement.skills);
        let seen = course.skills.iter().map(|skill| {
            // The answers behind it are told by `.../mastery`.
            SkillSeen { view: seen(skill), answers: Vec::new() }
        });
        let seen: Vec<SkillSeen> = seen.collect();
        let mastery = |position: &usize| SkillMastery::new(course, *position, &seen, 0, at);
        Self {
            learner: learner.to_owned(),
            course: course.id.to_string(),
            status: view.map(|view| view.standing).into(),
            activity: view.map(|view| view.placement.id.to_string()),
            asked: view.map_or(0, |view| view.asked),
            questions_min: rules.map_or(0, |rules| rules.questions_min),
            questions_max: rules.map_or(0, |rules| rules.questions_max),
            next: view.and_then(|view| view.next).map(|next| PlacementQuestion::new(course, &next)),
            stopped_because: view.and_then(stopped_because).map(str::to_owned),
            skills: skills.iter().map(mastery).collect(),
        }
    }
}

fn stopped_because(view: &PlacementView<'_>) -> Option<&'static str> {
    match (view.standing, view.stopped) {
        (PlacementStanding::Open, _) => None,
        (PlacementStanding::Skipped, _) => {
            Some("the learner skipped it; opening it again goes on with it")
        }
        (PlacementStanding::Done, Some(reason)) => Some(reason.words()),
        (PlacementStanding::Done, None) => Some("the learning site said that it was completed"),
    }
}

impl PlacementQuestion {
    fn new(course: &Course, choice: &Choice) -> Self {
        let question = &course.questions[choice.question];
        let named = question.skills.iter().map(|skill| &course.skills[*skill]);
        let titles: Vec<&str> = named.clone().map(|skill| skill.title.as_str()).collect();
        Self {
            question: question.id.to_string(),
            home: course.activities[question.activity].id.to_string(),
            skills: named.map(|skill| skill.id.to_string()).collect(),
            why: why(&titles.join(", "), choice),
            expected_information: choice.gain,
            expected_success: choice.predicted,
        }
    }
}

fn why(skills: &str, choice: &Choice) -> String {
    let asked = match choice.answers_before {
        0 => "which nothing is known about yet".to_owned(),
        1 => "where there is one answer so far".to_owned(),
        many => format!("where there are {many} answers so far"),
    };
    format!(
        "It asks about {skills}, {asked}. A right answer is expected with {:.0} %, and the answer \
         should remove {:.1} % of what is still uncertain.",
        100.0 * choice.predicted,
        100.0 * choice.gain
    )
}
