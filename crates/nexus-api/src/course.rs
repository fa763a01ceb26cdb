//! Courses on the wire: the course file as JSON, and what publishing one answers.
//!
//! The same types describe `PUT /v1/courses/{id}`, `GET /v1/courses/{id}` and a course file on
//! disk. They carry what the author wrote; the engine's `check` says what is wrong with it.

use crate::{examples, text, words};
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, EndsDraft, GoalDraft, IriDraft, ModuleDraft,
    PacingDraft, PlacementDraft, ProbesDraft, QuestionDraft, RewardDraft, SkillDraft, SupportDraft,
    VideoDraft,
};
use nexus_engine::catalog::validation::OPTIONS_MAX;
use nexus_engine::catalog::{Course, CourseDraft, CourseProblem};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{
    ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

mod options;
mod reward;

pub use reward::{CourseComponent, CourseProbes, CourseReward};

/// A course as its author writes it, format 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::course)]
pub struct CourseFile {
    /// Version of the file format; 1.
    #[schema(minimum = 1, maximum = 1)]
    pub format: u32,
    /// Id of the course.
    #[schema(value_type = text::CoursePartId)]
    pub id: String,
    /// Version of the course, from 1. A published version never changes.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The title that people read.
    #[schema(value_type = text::Title)]
    pub title: String,
    /// BCP 47 language tag.
    #[schema(example = "en", min_length = 1, max_length = 35, pattern = "^[A-Za-z0-9-]+$")]
    pub language: String,
    /// One paragraph for a learner.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 20_000)]
    pub description: String,
    /// Licence of the content, as its author names it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 4_000)]
    pub licence: String,
    /// The skills, with their prerequisites.
    #[schema(min_items = 1, max_items = 5_000)]
    pub skills: Vec<CourseSkill>,
    /// The modules, in order.
    #[schema(min_items = 1, max_items = 2_000)]
    pub modules: Vec<CourseModule>,
    /// The static path as activity ids; empty means all activities in file order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20_000, value_type = Vec<text::CoursePartId>)]
    pub path: Vec<String>,
    /// What a decision is worth; as usual when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<CourseReward>,
    /// How often a probe is asked; as usual when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<CourseProbes>,
    /// How much fits into one sitting; as much as the learner likes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pacing: Option<CoursePacing>,
    /// What learners should be able to do at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<CourseGoal>,
    /// When it ends; with what is required when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<CourseEnds>,
    /// How other systems name its activities and questions: what the intake of xAPI and Open edX looks
    /// up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200_000)]
    pub iris: Vec<CourseIri>,
}

/// How another system names an activity or a question: `iri` or `prefix`, and `activity` or `question`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseIri {
    /// The very name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2_000)]
    pub iri: Option<String>,
    /// What such names begin with; the longest one counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2_000)]
    pub prefix: Option<String>,
    /// The activity that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::CoursePartId>)]
    pub activity: Option<String>,
    /// The question that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::CoursePartId>)]
    pub question: Option<String>,
}

/// What learners should be able to do at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseGoal {
    /// Skills it is about; all of the course when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub skills: Vec<String>,
    /// The success wanted in each of them; needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1)]
    pub success: Option<f64>,
}

/// When a course ends for a learner who has not completed it before: one of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseEnds {
    /// After so many minutes of learning, above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0, maximum = 1_000_000)]
    pub minutes: Option<f64>,
    /// On this day, from its first moment in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2027-06-30", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    pub date: Option<String>,
}

/// How much fits into one sitting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoursePacing {
    /// Minutes that a session should last at most, from 1 to 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000)]
    pub session_minutes_max: Option<f64>,
}

/// A skill of a course file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseSkill {
    /// Id, unique among the skills of the course.
    #[schema(value_type = text::CoursePartId)]
    pub id: String,
    /// The title that people read.
    #[schema(value_type = text::Title)]
    pub title: String,
    /// Skills that come before this one; no circles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub requires: Vec<String>,
}

/// A module of a course file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseModule {
    /// Id, unique among the modules of the course.
    #[schema(value_type = text::CoursePartId)]
    pub id: String,
    /// The title that people read.
    #[schema(value_type = text::Title)]
    pub title: String,
    /// The activities, in order.
    #[schema(min_items = 1, max_items = 20_000)]
    pub activities: Vec<CourseActivity>,
}

/// An activity of a course file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseActivity {
    /// Id, unique among the activities of the course.
    #[schema(value_type = text::CoursePartId)]
    pub id: String,
    /// What kind of activity it is.
    #[schema(value_type = words::ActivityKind)]
    pub kind: String,
    /// The title that people read.
    #[schema(value_type = text::Title)]
    pub title: String,
    /// Skills it teaches, at least one; of a placement or a check, those it asks about, and none
    /// means all.
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub skills: Vec<String>,
    /// From 0 (very easy) to 1 (very hard).
    #[schema(minimum = 0, maximum = 1)]
    pub difficulty: f64,
    /// Expected minutes, above 0.
    #[schema(exclusive_minimum = 0, maximum = 10_000)]
    pub minutes: f64,
    /// Activities that must be completed first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub requires: Vec<String>,
    /// Activities to offer after failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub remedial: Vec<String>,
    /// Activities to offer after success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub advanced: Vec<String>,
    /// Whether it counts towards completing the course.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Body of a reading, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::LongText>)]
    pub text: Option<String>,
    /// Length and content of a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<CourseVideo>,
    /// Questions of a quiz or an exercise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100_000)]
    pub questions: Vec<CourseQuestion>,
    /// When a placement stops; the defaults when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<CoursePlacement>,
    /// How long a closing check is; the default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CourseCheck>,
}

/// How long a closing check is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseCheck {
    /// Questions it asks, drawn at random from the course; 12 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 16)]
    pub questions: Option<u32>,
}

/// When a placement stops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoursePlacement {
    /// Questions it asks at least, before uncertainty may stop it; 4 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50)]
    pub questions_min: Option<u32>,
    /// Questions it asks at most; 12 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50)]
    pub questions_max: Option<u32>,
    /// It stops when no question left promises to remove this share of the uncertainty about
    /// success in its skills; 0.02 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub gain_min: Option<f64>,
    /// It stops when the standard error of ability falls to this many logits; 0.4 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 10)]
    pub error_max: Option<f64>,
}

/// The video of an activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseVideo {
    /// Length in seconds, above 0.
    #[schema(exclusive_minimum = 0, maximum = 86_400)]
    pub seconds: f64,
    /// Where the recording is, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::Line>)]
    pub url: Option<String>,
    /// The narration, readable alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::LongText>)]
    pub script: Option<String>,
}

/// A question of a quiz or an exercise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseQuestion {
    /// Id, unique among the questions of the course.
    #[schema(value_type = text::CoursePartId)]
    pub id: String,
    /// How it is answered.
    #[schema(value_type = words::QuestionKind)]
    pub kind: String,
    /// What is asked, Markdown.
    #[schema(value_type = text::Paragraph)]
    pub prompt: String,
    /// Options of a choice: id and text, in order.
    #[serde(default, with = "options", skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = options::schema)]
    pub options: Vec<(String, String)>,
    /// The right answer; without one, the learning site grades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<CourseAnswer>,
    /// Accepted distance from a numeric answer; 0.000001 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub tolerance: Option<f64>,
    /// Skills it exercises; empty means those of its activity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 256, value_type = Vec<text::CoursePartId>)]
    pub skills: Vec<String>,
    /// From 0 to 1; that of its activity when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub difficulty: Option<f64>,
    /// Hints, in the order they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64, value_type = Vec<text::Paragraph>)]
    pub hints: Vec<String>,
    /// Why the answer is right.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 20_000)]
    pub explanation: String,
    /// Supports to choose from when a learner needs help with it, in the author's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub supports: Vec<CourseSupport>,
}

/// A support of a question: what may help a learner with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseSupport {
    /// Id, unique among the supports of the question; keep it in later versions of the course.
    #[schema(value_type = text::CoursePartId)]
    pub id: String,
    /// What kind of help it is.
    #[schema(value_type = words::SupportKind)]
    pub kind: String,
    /// What the learner reads, Markdown; of every kind but a remedial activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::Paragraph>)]
    pub text: Option<String>,
    /// The activity to do; of a remedial activity only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::CoursePartId>)]
    pub activity: Option<String>,
}

/// The right answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "an answer is a number, a text, or a list of texts")]
pub enum CourseAnswer {
    /// The answer to a numeric question.
    Number(f64),
    /// The id of the right option, or the accepted text.
    One(String),
    /// The ids of all right options, or every accepted text.
    Many(Vec<String>),
}

impl PartialSchema for CourseAnswer {
    fn schema() -> RefOr<Schema> {
        let line = || Ref::from_schema_name(text::Line::name());
        let number = ObjectBuilder::new().schema_type(SchemaType::new(Type::Number));
        let many =
            ArrayBuilder::new().items(line()).min_items(Some(1)).max_items(Some(OPTIONS_MAX));
        OneOfBuilder::new()
            .item(number.description(Some("The answer to a numeric question.")))
            .item(line())
            .item(many.description(Some("The ids of all right options, or every accepted text.")))
            .description(Some(
                "The right answer to a question: a number, the id of the right option, or the \
                 accepted text; or a list of ids or texts.",
            ))
            .into()
    }
}

impl ToSchema for CourseAnswer {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((text::Line::name().into_owned(), text::Line::schema()));
    }
}

/// One thing that is wrong with a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourseProblemBody {
    /// Where, from the outside to the inside.
    #[schema(example = "modules[2].activities[1].skills[0]")]
    pub place: String,
    /// A stable word for programs.
    #[schema(example = "unknown_skill")]
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// A published course version, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourseSummary {
    /// Id of the course.
    pub id: String,
    /// Version of the course.
    pub version: u32,
    /// The title that people read.
    pub title: String,
    /// BCP 47 language tag.
    pub language: String,
    /// One paragraph for a learner.
    pub description: String,
    /// How many skills it has.
    pub skills: usize,
    /// How many modules it has.
    pub modules: usize,
    /// How many activities it has.
    pub activities: usize,
    /// How many questions it has.
    pub questions: usize,
}

/// Answer to `GET /v1/courses`: the latest version of every course, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourseList {
    /// The courses, each in its latest version.
    pub courses: Vec<CourseSummary>,
}

/// Answer to `PUT /v1/courses/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourseReceipt {
    /// The id of the course.
    pub course: CourseSummary,
    /// Whether this version, with the same content, was published before.
    pub duplicate: bool,
}

impl From<&Course> for CourseSummary {
    fn from(course: &Course) -> Self {
        Self {
            id: course.id.to_string(),
            version: course.version,
            title: course.title.clone(),
            language: course.language.clone(),
            description: course.description.clone(),
            skills: course.skills.len(),
            modules: course.modules.len(),
            activities: course.activities.len(),
            questions: course.questions.len(),
        }
    }
}

impl From<&CourseProblem> for CourseProblemBody {
    fn from(problem: &CourseProblem) -> Self {
        Self {
            place: problem.place.to_string(),
            code: problem.code.to_owned(),
            message: problem.message.clone(),
        }
    }
}

impl From<CourseFile> for CourseDraft {
    fn from(file: CourseFile) -> Self {
        Self {
            format: file.format,
            id: file.id,
            version: file.version,
            title: file.title,
            language: file.language,
            description: file.description,
            licence: file.licence,
            skills: file.skills.into_iter().map(SkillDraft::from).collect(),
            modules: file.modules.into_iter().map(ModuleDraft::from).collect(),
            path: file.path,
            reward: file.reward.map(RewardDraft::from),
            probes: file.probes.map(ProbesDraft::from),
            pacing: file
                .pacing
                .map(|CoursePacing { session_minutes_max }| PacingDraft { session_minutes_max }),
            goal: file.goal.map(|CourseGoal { skills, success }| GoalDraft { skills, success }),
            ends: file.ends.map(|CourseEnds { minutes, date }| EndsDraft { minutes, date }),
            iris: file.iris.into_iter().map(IriDraft::from).collect(),
        }
    }
}

impl From<CourseDraft> for CourseFile {
    fn from(draft: CourseDraft) -> Self {
        Self {
            format: draft.format,
            id: draft.id,
            version: draft.version,
            title: draft.title,
            language: draft.language,
            description: draft.description,
            licence: draft.licence,
            skills: draft.skills.into_iter().map(CourseSkill::from).collect(),
            modules: draft.modules.into_iter().map(CourseModule::from).collect(),
            path: draft.path,
            reward: draft.reward.map(CourseReward::from),
            probes: draft.probes.map(CourseProbes::from),
            pacing: draft
                .pacing
                .map(|PacingDraft { session_minutes_max }| CoursePacing { session_minutes_max }),
            goal: draft.goal.map(|GoalDraft { skills, success }| CourseGoal { skills, success }),
            ends: draft.ends.map(|EndsDraft { minutes, date }| CourseEnds { minutes, date }),
            iris: draft.iris.into_iter().map(CourseIri::from).collect(),
        }
    }
}

impl From<CourseIri> for IriDraft {
    fn from(CourseIri { iri, prefix, activity, question }: CourseIri) -> Self {
        Self { iri, prefix, activity, question }
    }
}

impl From<IriDraft> for CourseIri {
    fn from(IriDraft { iri, prefix, activity, question }: IriDraft) -> Self {
        Self { iri, prefix, activity, question }
    }
}

impl From<CourseSkill> for SkillDraft {
    fn from(skill: CourseSkill) -> Self {
        Self { id: skill.id, title: skill.title, requires: skill.requires }
    }
}

impl From<SkillDraft> for CourseSkill {
    fn from(skill: SkillDraft) -> Self {
        Self { id: skill.id, title: skill.title, requires: skill.requires }
    }
}

impl From<CourseModule> for ModuleDraft {
    fn from(module: CourseModule) -> Self {
        let activities = module.activities.into_iter().map(ActivityDraft::from).collect();
        Self { id: module.id, title: module.title, activities }
    }
}

impl From<ModuleDraft> for CourseModule {
    fn from(module: ModuleDraft) -> Self {
        let activities = module.activities.into_iter().map(CourseActivity::from).collect();
        Self { id: module.id, title: module.title, activities }
    }
}

impl From<CourseActivity> for ActivityDraft {
    fn from(activity: CourseActivity) -> Self {
        Self {
            id: activity.id,
            kind: activity.kind,
            title: activity.title,
            skills: activity.skills,
            difficulty: activity.difficulty,
            minutes: activity.minutes,
            requires: activity.requires,
            remedial: activity.remedial,
            advanced: activity.advanced,
            required: activity.required,
            text: activity.text,
            video: activity.video.map(VideoDraft::from),
            questions: activity.questions.into_iter().map(QuestionDraft::from).collect(),
            placement: activity.placement.map(PlacementDraft::from),
            check: activity.check.map(|CourseCheck { questions }| CheckDraft { questions }),
        }
    }
}

impl From<ActivityDraft> for CourseActivity {
    fn from(activity: ActivityDraft) -> Self {
        Self {
            id: activity.id,
            kind: activity.kind,
            title: activity.title,
            skills: activity.skills,
            difficulty: activity.difficulty,
            minutes: activity.minutes,
            requires: activity.requires,
            remedial: activity.remedial,
            advanced: activity.advanced,
            required: activity.required,
            text: activity.text,
            video: activity.video.map(CourseVideo::from),
            questions: activity.questions.into_iter().map(CourseQuestion::from).collect(),
            placement: activity.placement.map(CoursePlacement::from),
            check: activity.check.map(|CheckDraft { questions }| CourseCheck { questions }),
        }
    }
}

impl From<CoursePlacement> for PlacementDraft {
    fn from(placement: CoursePlacement) -> Self {
        let CoursePlacement { questions_min, questions_max, gain_min, error_max } = placement;
        Self { questions_min, questions_max, gain_min, error_max }
    }
}

impl From<PlacementDraft> for CoursePlacement {
    fn from(placement: PlacementDraft) -> Self {
        let PlacementDraft { questions_min, questions_max, gain_min, error_max } = placement;
        Self { questions_min, questions_max, gain_min, error_max }
    }
}

impl From<CourseVideo> for VideoDraft {
    fn from(video: CourseVideo) -> Self {
        Self { seconds: video.seconds, url: video.url, script: video.script }
    }
}

impl From<VideoDraft> for CourseVideo {
    fn from(video: VideoDraft) -> Self {
        Self { seconds: video.seconds, url: video.url, script: video.script }
    }
}

impl From<CourseQuestion> for QuestionDraft {
    fn from(question: CourseQuestion) -> Self {
        Self {
            id: question.id,
            kind: question.kind,
            prompt: question.prompt,
            options: question.options,
            answer: answer_to_draft(question.answer),
            tolerance: question.tolerance,
            skills: question.skills,
            difficulty: question.difficulty,
            hints: question.hints,
            explanation: question.explanation,
            supports: question.supports.into_iter().map(SupportDraft::from).collect(),
        }
    }
}

impl From<QuestionDraft> for CourseQuestion {
    fn from(question: QuestionDraft) -> Self {
        Self {
            id: question.id,
            kind: question.kind,
            prompt: question.prompt,
            options: question.options,
            answer: answer_from_draft(question.answer),
            tolerance: question.tolerance,
            skills: question.skills,
            difficulty: question.difficulty,
            hints: question.hints,
            explanation: question.explanation,
            supports: question.supports.into_iter().map(CourseSupport::from).collect(),
        }
    }
}

impl From<CourseSupport> for SupportDraft {
    fn from(support: CourseSupport) -> Self {
        let CourseSupport { id, kind, text, activity } = support;
        Self { id, kind, text, activity }
    }
}

impl From<SupportDraft> for CourseSupport {
    fn from(support: SupportDraft) -> Self {
        let SupportDraft { id, kind, text, activity } = support;
        Self { id, kind, text, activity }
    }
}

fn answer_to_draft(answer: Option<CourseAnswer>) -> AnswerDraft {
    match answer {
        None => AnswerDraft::Missing,
        Some(CourseAnswer::Number(number)) => AnswerDraft::Number(number),
        Some(CourseAnswer::One(text)) => AnswerDraft::One(text),
        Some(CourseAnswer::Many(texts)) => AnswerDraft::Many(texts),
    }
}

fn answer_from_draft(answer: AnswerDraft) -> Option<CourseAnswer> {
    match answer {
        AnswerDraft::Missing => None,
        AnswerDraft::Number(number) => Some(CourseAnswer::Number(number)),
        AnswerDraft::One(text) => Some(CourseAnswer::One(text)),
        AnswerDraft::Many(texts) => Some(CourseAnswer::Many(texts)),
    }
}

#[cfg(test)]
mod tests;
