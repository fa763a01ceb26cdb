//! A course as its author wrote it: ids as plain texts, nothing checked yet.

use super::reward::spelled_out;
use crate::words;

/// A course before validation. [`super::validation::check`] lists all that is wrong with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseDraft {
    /// Version of the file format; 1.
    pub format: u32,
    /// Id of the course.
    pub id: String,
    /// Version of the course, from 1. A published version never changes.
    pub version: u32,
    pub title: String,
    /// BCP 47 language tag.
    pub language: String,
    /// One paragraph for a learner.
    pub description: String,
    /// Licence of the content, as its author names it.
    pub licence: String,
    /// The skills, with their prerequisites.
    pub skills: Vec<SkillDraft>,
    /// The modules, in order.
    pub modules: Vec<ModuleDraft>,
    /// The static path as activity ids; empty means all activities in file order.
    pub path: Vec<String>,
    /// What a decision is worth; `None` means as usual.
    pub reward: Option<RewardDraft>,
    /// How often a probe is asked; `None` means as usual.
    pub probes: Option<ProbesDraft>,
    /// How much fits into one sitting; `None` means as much as the learner likes.
    pub pacing: Option<PacingDraft>,
    /// What learners should be able to do at the end; `None` when the course does not say.
    pub goal: Option<GoalDraft>,
    /// When it ends; `None` means when the learner has done what is required.
    pub ends: Option<EndsDraft>,
    /// How other systems name its activities and questions.
    pub iris: Vec<IriDraft>,
}

impl CourseDraft {
    /// The course with what a decision is worth written in full: as it is published.
    #[must_use]
    pub fn spelled_out(&self) -> Self {
        Self { reward: Some(spelled_out(self.reward.as_ref())), ..self.clone() }
    }
}

/// What a decision is worth, as written; see [`RewardDeclaration`] for meanings and defaults.
///
/// [`RewardDeclaration`]: super::RewardDeclaration
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RewardDraft {
    /// A reward lies between minus this and this.
    pub clip: Option<f64>,
    /// Surprise on the next independent question.
    pub gain: Option<ComponentDraft>,
    /// The same a day later or more.
    pub delayed_gain: Option<ComponentDraft>,
    /// Surprise on the activity's own questions.
    pub success: Option<ComponentDraft>,
    /// Minutes spent, which are subtracted.
    pub cost: Option<ComponentDraft>,
    /// Whether the activity was abandoned; subtracted.
    pub abandonment: Option<ComponentDraft>,
    /// What the learning site reports itself.
    pub components: Vec<ComponentDraft>,
}

/// One component of a reward as written; which fields it may have depends on which one it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentDraft {
    /// What reports call it.
    pub name: Option<String>,
    /// What one unit of it is worth.
    pub weight: Option<f64>,
    /// Days after the decision in which it may come.
    pub within_days: Option<f64>,
    /// Days after the end of the activity from which on it is measured.
    pub after_days: Option<f64>,
    /// `earliest`, `latest`, `sum`, `mean`, `max` or `min`.
    pub aggregate: Option<String>,
    /// What it counts as when nothing came.
    pub missing: Option<f64>,
    /// The least value it may have.
    pub min: Option<f64>,
    /// The greatest value it may have.
    pub max: Option<f64>,
}

/// How often a probe is asked, as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbesDraft {
    /// Share of decisions that ask one.
    pub share: Option<f64>,
}

/// A skill as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SkillDraft {
    /// Id, unique in the course.
    pub id: String,
    pub title: String,
    /// Skills that come before this one.
    pub requires: Vec<String>,
}

/// How much fits into one sitting, as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PacingDraft {
    /// Minutes that a session should last at most.
    pub session_minutes_max: Option<f64>,
}

/// What learners should be able to do at the end, as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoalDraft {
    /// Skills it is about; empty means all.
    pub skills: Vec<String>,
    /// The success wanted in each of them.
    pub success: Option<f64>,
}

/// When a course ends, as written: one of both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndsDraft {
    /// After so many minutes of learning.
    pub minutes: Option<f64>,
    /// On a day, such as `2027-06-30`.
    pub date: Option<String>,
}

/// How another system names an activity or a question, as written: one name, and one of both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IriDraft {
    /// The very name.
    pub iri: Option<String>,
    /// What such names begin with.
    pub prefix: Option<String>,
    /// The activity that is meant.
    pub activity: Option<String>,
    /// The question that is meant.
    pub question: Option<String>,
}

/// A module as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleDraft {
    /// Id, unique in the course.
    pub id: String,
    pub title: String,
    /// The activities, in order.
    pub activities: Vec<ActivityDraft>,
}

/// An activity as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityDraft {
    /// Id, unique in the course.
    pub id: String,
    /// `video`, `reading`, `quiz`, `exercise`, `placement` or `check`.
    pub kind: String,
    pub title: String,
    /// Skills it teaches; of a placement or a check, those it asks about, and none means all.
    pub skills: Vec<String>,
    /// From 0 (very easy) to 1 (very hard).
    pub difficulty: f64,
    /// Expected minutes, above 0.
    pub minutes: f64,
    /// Activities that must be completed first.
    pub requires: Vec<String>,
    /// Activities to offer after failure.
    pub remedial: Vec<String>,
    /// Activities to offer after success.
    pub advanced: Vec<String>,
    /// Whether it counts towards completing the course.
    pub required: bool,
    /// Body of a reading, Markdown.
    pub text: Option<String>,
    /// Length and content of a video.
    pub video: Option<VideoDraft>,
    /// Questions of a quiz or an exercise.
    pub questions: Vec<QuestionDraft>,
    /// When a placement stops; `None` means the defaults.
    pub placement: Option<PlacementDraft>,
    /// How long a closing check is; `None` means the default.
    pub check: Option<CheckDraft>,
}

/// How long a closing check is, as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckDraft {
    /// Questions it asks; 12 when absent.
    pub questions: Option<u32>,
}

/// When a placement stops, as written; see [`PlacementRules`] for meanings and defaults.
///
/// [`PlacementRules`]: super::course::PlacementRules
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacementDraft {
    /// Questions it asks at least, before uncertainty may stop it.
    pub questions_min: Option<u32>,
    /// Questions it asks at most.
    pub questions_max: Option<u32>,
    /// Share of the uncertainty, from 0 to 1, that the best question must promise to remove.
    pub gain_min: Option<f64>,
    /// Standard error of ability, in logits, at which it stops.
    pub error_max: Option<f64>,
}

/// A video as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VideoDraft {
    /// Length in seconds, above 0.
    pub seconds: f64,
    /// Where the recording is, if there is one.
    pub url: Option<String>,
    /// The narration, readable alone.
    pub script: Option<String>,
}

/// How a question is answered, as its author writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// One option is right.
    Single,
    /// Several options are right.
    Multiple,
    Numeric,
    Text,
}

words!(AnswerForm {
    Single => "single",
    Multiple => "multiple",
    Numeric => "numeric",
    Text => "text",
});

/// A question as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionDraft {
    /// Id, unique in the course.
    pub id: String,
    /// `single`, `multiple`, `numeric` or `text`.
    pub kind: String,
    /// What is asked, Markdown.
    pub prompt: String,
    /// Options of a choice: id and text, in order.
    pub options: Vec<(String, String)>,
    pub answer: AnswerDraft,
    /// Accepted distance from a numeric answer; `None` means 1e-6.
    pub tolerance: Option<f64>,
    /// Skills it exercises; empty means those of its activity.
    pub skills: Vec<String>,
    /// From 0 to 1; `None` means that of its activity.
    pub difficulty: Option<f64>,
    /// Hints, in the order they are shown.
    pub hints: Vec<String>,
    /// Why the answer is right.
    pub explanation: String,
    /// Supports to choose from when a learner needs help with it, in the author's order.
    pub supports: Vec<SupportDraft>,
}

/// A support of a question as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SupportDraft {
    /// Id, unique in the question.
    pub id: String,
    /// `hint`, `worked_example`, `explanation` or `remedial_activity`.
    pub kind: String,
    /// What the learner reads, Markdown; of every kind but a remedial activity.
    pub text: Option<String>,
    /// The activity to do, of a remedial activity.
    pub activity: Option<String>,
}

/// The right answer as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AnswerDraft {
    /// None was written: the learning site grades.
    #[default]
    Missing,
    /// One text: an option id, or an accepted answer.
    One(String),
    /// Several texts: option ids, or accepted answers.
    Many(Vec<String>),
    Number(f64),
}
