//! A published course: checked, indexed, immutable.

use super::iris::IriTable;
use super::outcome::{Ends, Goal};
use super::reward::RewardDeclaration;
use crate::ids::{
    ActivityId, ActivityKey, CourseId, QuestionId, QuestionKey, SkillId, SkillKey, SupportId,
};
use crate::words;
use std::collections::BTreeMap;

/// One published version of a course. Positions (`usize`) index its tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Id of the course.
    pub id: CourseId,
    pub version: u32,
    pub title: String,
    /// BCP 47 language tag.
    pub language: String,
    /// One paragraph for a learner.
    pub description: String,
    /// Skills in file order; prerequisites are positions in this table.
    pub skills: Vec<Skill>,
    /// Modules in file order.
    pub modules: Vec<Module>,
    /// Activities in file order.
    pub activities: Vec<Activity>,
    /// Questions in file order.
    pub questions: Vec<Question>,
    /// The static path: positions in `activities`, each at most once.
    pub path: Vec<usize>,
    /// All activities, those of the path first: positions in `activities`.
    pub order: Vec<usize>,
    /// Median of the expected minutes of all activities, the unit of the reward's cost.
    pub minutes_median: f64,
    /// What a decision made under this version is worth.
    pub reward: RewardDeclaration,
    /// Chance that a decision asks a probe, from 0.05 to 0.10.
    pub probe_share: f64,
    /// Minutes that a session should last at most, above 0, when the course says so.
    pub session_minutes_max: Option<f64>,
    /// What learners should be able to do at the end, when the course says so.
    pub goal: Option<Goal>,
    /// When it ends, when the course says so.
    pub ends: Option<Ends>,
    /// How other systems name its activities and questions.
    pub iris: IriTable,
    pub(crate) activity_by_id: BTreeMap<ActivityId, usize>,
    pub(crate) question_by_id: BTreeMap<QuestionId, usize>,
    pub(crate) skill_by_key: BTreeMap<SkillKey, usize>,
}

/// A skill of a published course.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    /// Id, unique in the course.
    pub id: SkillId,
    /// Key for learner state.
    pub key: SkillKey,
    pub title: String,
    /// Prerequisites: positions in [`Course::skills`].
    pub requires: Vec<usize>,
    /// Difficulty in logits of the skill's median question, the reference of its mastery.
    pub reference_difficulty: f64,
    /// Chance of guessing the median question.
    pub reference_guess: f64,
    /// Whether any question exercises it.
    pub asked: bool,
    /// Questions of exercises that exercise it.
    pub practice_questions: u32,
}

/// A module of a published course.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    pub id: String,
    pub title: String,
    /// Its activities: positions in [`Course::activities`].
    pub activities: Vec<usize>,
}

/// What kind of thing an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActivityKind {
    Video,
    Reading,
    Quiz,
    Exercise,
    /// A short adaptive pre-test over questions of other activities.
    Placement,
    /// The closing check: questions of other activities, drawn at random, asked once at the end.
    Check,
}

words!(ActivityKind {
    Video => "video",
    Reading => "reading",
    Quiz => "quiz",
    Exercise => "exercise",
    Placement => "placement",
    Check => "check",
});

/// One thing that can be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Id, unique in the course.
    pub id: ActivityId,
    /// Key for learner state.
    pub key: ActivityKey,
    pub kind: ActivityKind,
    pub title: String,
    /// Position of its module in [`Course::modules`].
    pub module: usize,
    /// Skills it teaches, or asks about as a placement or a check: positions in [`Course::skills`]; at least one.
    pub skills: Vec<usize>,
    /// From 0 to 1.
    pub difficulty: f64,
    pub minutes: f64,
    /// Must be completed first: positions in [`Course::activities`].
    pub requires: Vec<usize>,
    /// Offered after failure: positions in [`Course::activities`].
    pub remedial: Vec<usize>,
    /// Offered after success: positions in [`Course::activities`].
    pub advanced: Vec<usize>,
    /// Whether it counts towards completing the course.
    pub required: bool,
    /// Length of a video in seconds.
    pub video_seconds: Option<f64>,
    /// Its questions: positions in [`Course::questions`].
    pub questions: Vec<usize>,
    /// Its place on the static path, from 0 (first) to 1 (last).
    pub path_position: f64,
    /// Its rank in [`Course::order`] where that is the path; what is beside the path comes after
    /// all of it, in file order.
    pub path_rank: usize,
    /// `e` to its difficulty in logits, so that decisions need not compute it.
    pub difficulty_odds: f64,
    /// When it stops, of a placement; `None` of every other kind.
    pub placement: Option<PlacementRules>,
    /// How many questions a closing check asks; 0 of every other kind.
    pub check_questions: u32,
}

impl ActivityKind {
    /// Whether it asks questions of other activities to measure, and teaches nothing.
    #[must_use]
    pub fn measures(self) -> bool {
        matches!(self, Self::Placement | Self::Check)
    }
}

/// When a placement stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacementRules {
    /// Questions it asks at least, before uncertainty may stop it.
    pub questions_min: u32,
    /// Questions it asks at most; at least `questions_min`.
    pub questions_max: u32,
    /// It stops when no question left promises to remove this share of the uncertainty, from 0 to
    /// 1, about success in its skills.
    pub gain_min: f64,
    /// It stops when the standard error of ability falls to this many logits.
    pub error_max: f64,
}

impl Default for PlacementRules {
    fn default() -> Self {
        Self { questions_min: 4, questions_max: 12, gain_min: 0.02, error_max: 0.4 }
    }
}

/// What kind of answer a question takes.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionKind {
    /// One option is right: its id, and all option ids.
    Single {
        /// Ids of the options, in the author's order.
        options: Vec<String>,
        /// Id of the right one.
        answer: String,
    },
    /// Several options are right, in the order of `options`.
    Multiple {
        /// Ids of the options, in the author's order.
        options: Vec<String>,
        /// Ids of the right ones.
        answer: Vec<String>,
    },
    /// A number within `tolerance` of `answer`.
    Numeric {
        answer: f64,
        /// Accepted distance from it, at least 0.
        tolerance: f64,
    },
    /// One of the accepted texts; blanks and letter case do not count.
    Text {
        /// Every accepted text, at least one.
        accepted: Vec<String>,
    },
    /// The learning site grades.
    Ungraded,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Id, unique in the course.
    pub id: QuestionId,
    /// Key for the tracing parameters.
    pub key: QuestionKey,
    /// Position of its activity in [`Course::activities`].
    pub activity: usize,
    /// Kind and right answer.
    pub kind: QuestionKind,
    /// Skills it exercises: positions in [`Course::skills`]; at least one.
    pub skills: Vec<usize>,
    /// From 0 to 1.
    pub difficulty: f64,
    /// Chance of a right answer by guessing.
    pub guess: f64,
    /// Supports to choose from when a learner needs help with it, in the author's order.
    pub supports: Vec<Support>,
}

/// One support that a question offers. Its text stands in the draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Support {
    /// Id, unique in the question; the same one in every version of the course.
    pub id: SupportId,
    pub kind: SupportKind,
    /// The activity to do: a position in [`Course::activities`], of a remedial activity only.
    pub activity: Option<usize>,
}

/// What kind of help a support is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportKind {
    /// A nudge that leaves the work to the learner.
    Hint,
    /// A problem solved step by step: one like the question, or the question itself.
    WorkedExample,
    /// Why the right answer is right.
    Explanation,
    /// Another activity of the course.
    RemedialActivity,
}

words!(SupportKind {
    Hint => "hint",
    WorkedExample => "worked_example",
    Explanation => "explanation",
    RemedialActivity => "remedial_activity",
});

impl Course {
    /// The activity with this id.
    #[must_use]
    pub fn activity(&self, id: &str) -> Option<&Activity> {
        self.activity_position(id).map(|position| &self.activities[position])
    }

    /// Where the activity with this id stands in [`Course::activities`].
    #[must_use]
    pub fn activity_position(&self, id: &str) -> Option<usize> {
        self.activity_by_id.get(id).copied()
    }

    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.question_by_id.get(id).map(|position| &self.questions[*position])
    }

    /// The course's placement, if it has one.
    #[must_use]
    pub fn placement(&self) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.kind == ActivityKind::Placement)
    }

    /// The skill behind a key, when this version has it.
    #[must_use]
    pub fn skill_by_key(&self, key: SkillKey) -> Option<&Skill> {
        self.skill_by_key.get(&key).map(|position| &self.skills[*position])
    }

    /// The keys of some skills, in their order.
    pub fn skill_keys<'a>(&'a self, skills: &'a [usize]) -> impl Iterator<Item = SkillKey> + 'a {
        skills.iter().map(|position| self.skills[*position].key)
    }
}

/// Difficulty from 0 to 1 as logits: 0 is -2, 0.5 is 0, 1 is +2. The course author's scale is a
/// prior only; the tracing parameters learn each question's own difficulty from answers.
#[must_use]
pub fn difficulty_logits(difficulty: f64) -> f64 {
    4.0 * (difficulty - 0.5)
}
