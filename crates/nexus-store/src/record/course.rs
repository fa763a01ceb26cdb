//! A published course, as its author wrote it.

mod reward;

use super::number::Number;
use super::{RecordFault, VERSION, from_json, to_json, versioned};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, EndsDraft, GoalDraft, IriDraft, ModuleDraft,
    PacingDraft, PlacementDraft, ProbesDraft, QuestionDraft, RewardDraft, SkillDraft, SupportDraft,
    VideoDraft,
};
use reward::{ProbesBody, RewardBody};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CourseBody {
    v: u32,
    course: String,
    course_version: u32,
    format: u32,
    title: String,
    language: String,
    description: String,
    licence: String,
    skills: Vec<SkillBody>,
    modules: Vec<ModuleBody>,
    path: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reward: Option<RewardBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probes: Option<ProbesBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pacing: Option<PacingBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<GoalBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends: Option<EndsBody>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    iris: Vec<IriBody>,
}

versioned!(CourseBody);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PacingBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_minutes_max: Option<Number>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalBody {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skills: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    success: Option<Number>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndsBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minutes: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IriBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    question: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    questions: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillBody {
    id: String,
    title: String,
    requires: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModuleBody {
    id: String,
    title: String,
    activities: Vec<ActivityBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivityBody {
    id: String,
    kind: String,
    title: String,
    skills: Vec<String>,
    difficulty: Number,
    minutes: Number,
    requires: Vec<String>,
    remedial: Vec<String>,
    advanced: Vec<String>,
    required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    video: Option<VideoBody>,
    questions: Vec<QuestionBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    placement: Option<PlacementBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<CheckBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacementBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    questions_min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    questions_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gain_min: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_max: Option<Number>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VideoBody {
    seconds: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    script: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionBody {
    id: String,
    kind: String,
    prompt: String,
    options: Vec<(String, String)>,
    answer: AnswerBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tolerance: Option<Number>,
    skills: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    difficulty: Option<Number>,
    hints: Vec<String>,
    explanation: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    supports: Vec<SupportBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SupportBody {
    id: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activity: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerBody {
    Missing,
    One(String),
    Many(Vec<String>),
    Number(Number),
}

/// The body of a publication.
#[must_use]
pub fn encode(draft: &CourseDraft) -> String {
    to_json(&CourseBody::from(draft))
}

/// A draft from the body of its publication.
///
/// Errors: [`RecordFault`] when it is none.
pub fn decode(body: &str) -> Result<CourseDraft, RecordFault> {
    from_json::<CourseBody>(body).map(CourseDraft::from)
}

impl From<&CourseDraft> for CourseBody {
    fn from(draft: &CourseDraft) -> Self {
        Self {
            v: VERSION,
            course: draft.id.clone(),
            course_version: draft.version,
            format: draft.format,
            title: draft.title.clone(),
            language: draft.language.clone(),
            description: draft.description.clone(),
            licence: draft.licence.clone(),
            skills: draft.skills.iter().map(SkillBody::from).collect(),
            modules: draft.modules.iter().map(ModuleBody::from).collect(),
            path: draft.path.clone(),
            reward: draft.reward.as_ref().map(RewardBody::from),
            probes: draft.probes.as_ref().map(ProbesBody::from),
            pacing: draft.pacing.as_ref().map(PacingBody::from),
            goal: draft.goal.as_ref().map(GoalBody::from),
            ends: draft.ends.as_ref().map(EndsBody::from),
            iris: draft.iris.iter().map(IriBody::from).collect(),
        }
    }
}

impl From<CourseBody> for CourseDraft {
    fn from(body: CourseBody) -> Self {
        Self {
            format: body.format,
            id: body.course,
            version: body.course_version,
            title: body.title,
            language: body.language,
            description: body.description,
            licence: body.licence,
            skills: body.skills.into_iter().map(SkillDraft::from).collect(),
            modules: body.modules.into_iter().map(ModuleDraft::from).collect(),
            path: body.path,
            reward: body.reward.map(RewardDraft::from),
            probes: body.probes.map(ProbesDraft::from),
            pacing: body.pacing.map(PacingDraft::from),
            goal: body.goal.map(GoalDraft::from),
            ends: body.ends.map(EndsDraft::from),
            iris: body.iris.into_iter().map(IriDraft::from).collect(),
        }
    }
}

impl From<&PacingDraft> for PacingBody {
    fn from(draft: &PacingDraft) -> Self {
        Self { session_minutes_max: draft.session_minutes_max.map(Number) }
    }
}

impl From<PacingBody> for PacingDraft {
    fn from(body: PacingBody) -> Self {
        Self { session_minutes_max: body.session_minutes_max.map(|number| number.0) }
    }
}

impl From<&GoalDraft> for GoalBody {
    fn from(draft: &GoalDraft) -> Self {
        Self { skills: draft.skills.clone(), success: draft.success.map(Number) }
    }
}

impl From<GoalBody> for GoalDraft {
    fn from(body: GoalBody) -> Self {
        Self { skills: body.skills, success: body.success.map(|number| number.0) }
    }
}

impl From<&EndsDraft> for EndsBody {
    fn from(draft: &EndsDraft) -> Self {
        Self { minutes: draft.minutes.map(Number), date: draft.date.clone() }
    }
}

impl From<EndsBody> for EndsDraft {
    fn from(body: EndsBody) -> Self {
        Self { minutes: body.minutes.map(|number| number.0), date: body.date }
    }
}

impl From<&IriDraft> for IriBody {
    fn from(draft: &IriDraft) -> Self {
        let IriDraft { iri, prefix, activity, question } = draft.clone();
        Self { iri, prefix, activity, question }
    }
}

impl From<IriBody> for IriDraft {
    fn from(body: IriBody) -> Self {
        let IriBody { iri, prefix, activity, question } = body;
        Self { iri, prefix, activity, question }
    }
}

impl From<&SkillDraft> for SkillBody {
    fn from(draft: &SkillDraft) -> Self {
        let SkillDraft { id, title, requires } = draft.clone();
        Self { id, title, requires }
    }
}

impl From<SkillBody> for SkillDraft {
    fn from(body: SkillBody) -> Self {
        Self { id: body.id, title: body.title, requires: body.requires }
    }
}

impl From<&ModuleDraft> for ModuleBody {
    fn from(draft: &ModuleDraft) -> Self {
        Self {
            id: draft.id.clone(),
            title: draft.title.clone(),
            activities: draft.activities.iter().map(ActivityBody::from).collect(),
        }
    }
}

impl From<ModuleBody> for ModuleDraft {
    fn from(body: ModuleBody) -> Self {
        let activities = body.activities.into_iter().map(ActivityDraft::from).collect();
        Self { id: body.id, title: body.title, activities }
    }
}

impl From<&ActivityDraft> for ActivityBody {
    fn from(draft: &ActivityDraft) -> Self {
        Self {
            id: draft.id.clone(),
            kind: draft.kind.clone(),
            title: draft.title.clone(),
            skills: draft.skills.clone(),
            difficulty: Number(draft.difficulty),
            minutes: Number(draft.minutes),
            requires: draft.requires.clone(),
            remedial: draft.remedial.clone(),
            advanced: draft.advanced.clone(),
            required: draft.required,
            text: draft.text.clone(),
            video: draft.video.as_ref().map(VideoBody::from),
            questions: draft.questions.iter().map(QuestionBody::from).collect(),
            placement: draft.placement.as_ref().map(PlacementBody::from),
            check: draft.check.as_ref().map(|check| CheckBody { questions: check.questions }),
        }
    }
}

impl From<ActivityBody> for ActivityDraft {
    fn from(body: ActivityBody) -> Self {
        Self {
            id: body.id,
            kind: body.kind,
            title: body.title,
            skills: body.skills,
            difficulty: body.difficulty.0,
            minutes: body.minutes.0,
            requires: body.requires,
            remedial: body.remedial,
            advanced: body.advanced,
            required: body.required,
            text: body.text,
            video: body.video.map(VideoDraft::from),
            questions: body.questions.into_iter().map(QuestionDraft::from).collect(),
            placement: body.placement.map(PlacementDraft::from),
            check: body.check.map(|check| CheckDraft { questions: check.questions }),
        }
    }
}

impl From<&PlacementDraft> for PlacementBody {
    fn from(draft: &PlacementDraft) -> Self {
        Self {
            questions_min: draft.questions_min,
            questions_max: draft.questions_max,
            gain_min: draft.gain_min.map(Number),
            error_max: draft.error_max.map(Number),
        }
    }
}

impl From<PlacementBody> for PlacementDraft {
    fn from(body: PlacementBody) -> Self {
        Self {
            questions_min: body.questions_min,
            questions_max: body.questions_max,
            gain_min: body.gain_min.map(|number| number.0),
            error_max: body.error_max.map(|number| number.0),
        }
    }
}

impl From<&VideoDraft> for VideoBody {
    fn from(draft: &VideoDraft) -> Self {
        let VideoDraft { seconds, url, script } = draft.clone();
        Self { seconds: Number(seconds), url, script }
    }
}

impl From<VideoBody> for VideoDraft {
    fn from(body: VideoBody) -> Self {
        Self { seconds: body.seconds.0, url: body.url, script: body.script }
    }
}

impl From<&QuestionDraft> for QuestionBody {
    fn from(draft: &QuestionDraft) -> Self {
        Self {
            id: draft.id.clone(),
            kind: draft.kind.clone(),
            prompt: draft.prompt.clone(),
            options: draft.options.clone(),
            answer: AnswerBody::from(&draft.answer),
            tolerance: draft.tolerance.map(Number),
            skills: draft.skills.clone(),
            difficulty: draft.difficulty.map(Number),
            hints: draft.hints.clone(),
            explanation: draft.explanation.clone(),
            supports: draft.supports.iter().map(SupportBody::from).collect(),
        }
    }
}

impl From<QuestionBody> for QuestionDraft {
    fn from(body: QuestionBody) -> Self {
        Self {
            id: body.id,
            kind: body.kind,
            prompt: body.prompt,
            options: body.options,
            answer: AnswerDraft::from(body.answer),
            tolerance: body.tolerance.map(|number| number.0),
            skills: body.skills,
            difficulty: body.difficulty.map(|number| number.0),
            hints: body.hints,
            explanation: body.explanation,
            supports: body.supports.into_iter().map(SupportDraft::from).collect(),
        }
    }
}

impl From<&SupportDraft> for SupportBody {
    fn from(draft: &SupportDraft) -> Self {
        let SupportDraft { id, kind, text, activity } = draft.clone();
        Self { id, kind, text, activity }
    }
}

impl From<SupportBody> for SupportDraft {
    fn from(body: SupportBody) -> Self {
        Self { id: body.id, kind: body.kind, text: body.text, activity: body.activity }
    }
}

impl From<&AnswerDraft> for AnswerBody {
    fn from(draft: &AnswerDraft) -> Self {
        match draft {
            AnswerDraft::Missing => Self::Missing,
            AnswerDraft::One(text) => Self::One(text.clone()),
            AnswerDraft::Many(texts) => Self::Many(texts.clone()),
            AnswerDraft::Number(number) => Self::Number(Number(*number)),
        }
    }
}

impl From<AnswerBody> for AnswerDraft {
    fn from(body: AnswerBody) -> Self {
        match body {
            AnswerBody::Missing => Self::Missing,
            AnswerBody::One(text) => Self::One(text),
            AnswerBody::Many(texts) => Self::Many(texts),
            AnswerBody::Number(number) => Self::Number(number.0),
        }
    }
}
