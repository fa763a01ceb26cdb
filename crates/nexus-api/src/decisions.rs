//! Decisions: what a learner should do next, and the audit page of one such choice.

mod audit;
mod context;
mod reported;
mod rest;
mod several;
mod weights;

pub use audit::{
    ActivityEnding, CandidateRecord, DecisionAudit, DecisionRecord, ExclusionRecord, FeatureRecord,
    ProbeRecord, RewardOutcome, RewardRecord, RewardState, SkillRecord,
};
pub use context::{ContextEntryRecord, ContextRecord, ContextValue, SiteContextBody};
pub use reported::{RewardReport, RewardReportAnswer};
pub use rest::{ActivityStatus, NextAnswer, RestAnswer};
pub use several::{
    BatchedAnswer, DecisionBatch, DecisionBatchAnswer, DecisionReward, RewardBatch, SEVERAL_MAX,
};
pub use weights::RewardWeights;

use crate::field::{self, FieldProblem};
use crate::policies::ImitationSummary;
use crate::{examples, text, time, unique, words};
use nexus_engine::catalog::draft::QuestionDraft;
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::decision::beside::ShadowChoice;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::slate::slate;
use nexus_engine::decision::{self, Decision, RequestFacts};
use nexus_engine::ids::{ActivityId, CourseId, DecisionId, LearnerId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The most activities that a request may list or exclude.
pub const LISTED_MAX: usize = 500;

/// The most activities of a slate.
const SLATE_MAX: u32 = 20;

/// The longest name and the longest version of a client, in characters.
const CLIENT_CHARS_MAX: usize = 100;

/// Asks what a learner should do next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::decision)]
pub struct DecisionRequest {
    /// The id of the learner.
    #[schema(value_type = text::LearnerId)]
    pub learner: String,
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// Made by the client, so that a retry gets the same decision; made by Nexus when absent. With
    /// a learner's token it is `<learner>:` and then a part without `:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::DecisionId>)]
    pub decision_id: Option<String>,
    /// Only these activities may be chosen, when given. One that the course does not have is
    /// `unknown_activity`; when none of what could be served is left, the answer is `no_candidate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 500, value_type = Option<Vec<text::ActivityId>>)]
    pub candidates: Option<Vec<String>>,
    /// These activities may not be chosen. One that the course does not have is `unknown_activity`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500, value_type = Vec<text::ActivityId>)]
    pub exclude: Vec<String>,
    /// How many activities to answer with, for a site that offers a choice: `slate` has so many, without
    /// repeats, the decision first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 20)]
    pub count: Option<u32>,
    /// What only the site knows of the moment: at most 16 entries, keys of 1 to 64 characters,
    /// values that are a text of at most 128 characters, a number of at most 1e15 in size, or true
    /// or false. Never anything that says who the learner is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "unique::optional")]
    #[schema(value_type = Option<SiteContextBody>)]
    pub context: Option<Value>,
    /// The software that asks. It changes nothing; the audit page shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientSoftware>,
}

/// The software of a site, in the site's own words. Never anything that says who the learner is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSoftware {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "classroom-plugin")]
    pub name: String,
    /// Which version of it.
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "2.4.1")]
    pub version: String,
}

/// A decision request whose ids are ids.
#[derive(Clone, Debug)]
pub struct ReadDecisionRequest {
    /// The id of the learner.
    pub learner: LearnerId,
    /// The id of the course.
    pub course: CourseId,
    /// Made by the client.
    pub id: Option<DecisionId>,
    /// Which activities it allows.
    pub filter: CandidateFilter,
    /// What the decision keeps of it.
    pub facts: RequestFacts,
    /// How many activities the answer lists, when it lists any.
    pub count: Option<usize>,
}

/// The activity that a learner should do next. A 200 means that the decision is durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionAnswer {
    /// That there is an activity.
    pub status: ActivityStatus,
    /// Its id; send it back with the events that follow.
    pub decision_id: String,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The version of the course.
    pub course_version: u32,
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// What kind of activity it is.
    pub kind: words::ActivityKind,
    /// The minutes that the author expects.
    pub minutes: f64,
    /// The module it belongs to.
    pub module: String,
    /// Probability with which it was chosen; absent like `policy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propensity: Option<f64>,
    /// All candidates, the most probable first; probabilities sum to 1. Absent like `policy`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranking: Vec<RankedActivity>,
    /// With `count`: what to offer, without repeats, the decision first. The probability of each is that
    /// of its place, given the places before. Absent without `count`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slate: Vec<RankedActivity>,
    /// The policy that decided. A learner's token is not told: it would say which side of an
    /// experiment the learner is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How many rewards that policy had learned from; absent like `policy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<u64>,
    /// Whether the learner is held out: no policy ever decides for them, and no experiment counts
    /// them; absent when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holdout: bool,
    /// What the course's shadows decided beside it; absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideSummary>,
    /// The apprentice in whose place `policy` decided, and what it would have chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apprentice: Option<ImitationSummary>,
    /// Whether the session has lasted as long as the course wants it to: a good moment to stop; absent when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session_over: bool,
    /// The experiment it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// Its side of the experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// How much was left to chance, and how far the rules were relaxed; absent like `policy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploration: Option<Exploration>,
    /// Why the course's own path was served instead of what the policy chose, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<words::Fallback>,
    /// The teacher's pin that chose instead of the policy, if one did. Then `propensity` is 1 and
    /// means nothing: do not learn from this choice.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub overridden_by: Option<String>,
    /// A question drawn at random to measure; ask it before the activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeQuestion>,
    /// The reasons for this activity, in words.
    pub explanation: ExplanationText,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// Until when its reward may come.
    #[schema(format = DateTime)]
    pub reward_window_ends_at: String,
    /// Whether the same request was answered before: then this is that answer.
    pub duplicate: bool,
    /// Its place in the journal.
    pub seq: u64,
}

/// One candidate with its probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RankedActivity {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The probability of this candidate. A learner's token is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// How much of a decision was left to chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Exploration {
    /// Probability spread evenly over the candidates.
    pub floor: f64,
    /// Why nothing was left to chance, if so. Then the floor is 0, and what the policy expected
    /// most of was chosen with propensity 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<words::WithheldReason>,
    /// How far the rules were relaxed.
    pub relaxation: words::Relaxation,
}

/// A question to measure with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProbeQuestion {
    /// Which question; answer it with `"probe": true`.
    pub question: String,
    /// Probability with which it was asked.
    pub propensity: f64,
    /// How it is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::QuestionKind>)]
    pub kind: Option<String>,
    /// What is asked, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The options of a choice, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ProbeOption>,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProbeOption {
    /// Its id: what to send as `response`.
    pub id: String,
    /// The sentence that people read.
    pub text: String,
}

/// A decision in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationText {
    /// For the learner.
    pub learner: String,
    /// For the teacher; empty in the answer to a learner's token.
    pub teacher: String,
    /// For the scientist: the distribution, the estimate with its largest parts, and the seed; empty
    /// in the answer to a learner's token.
    pub scientist: String,
}

/// Says that a decision's activity was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::exposure)]
pub struct ExposureRequest {
    /// When, as RFC 3339; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub occurred_at: Option<String>,
}

/// That an exposure is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExposureAnswer {
    /// The id of the decision.
    pub decision_id: String,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same was said before.
    pub duplicate: bool,
}

impl DecisionRequest {
    /// The request with its ids checked.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(&self) -> Result<ReadDecisionRequest, FieldProblem> {
        let id = self.decision_id.as_deref();
        let candidates = self.candidates.as_deref();
        let learner = field::learner_id(&self.learner, "/learner")?;
        Ok(ReadDecisionRequest {
            course: field::course_id(&self.course, "/course")?,
            id: id.map(|id| field::decision_id(id, "/decision_id")).transpose()?,
            filter: CandidateFilter {
                only: candidates.map(|ids| activities(ids, "/candidates")).transpose()?,
                exclude: activities(&self.exclude, "/exclude")?,
            },
            facts: RequestFacts {
                context: context::read(self.context.as_ref(), &learner)?.map(Box::new),
                client: self.client.as_ref().map(ClientSoftware::read).transpose()?,
            },
            count: self.count.map(slate_places).transpose()?,
            learner,
        })
    }
}

fn slate_places(count: u32) -> Result<usize, FieldProblem> {
    if (1..=SLATE_MAX).contains(&count) {
        return Ok(count as usize);
    }
    let detail = format!("a slate has 1 to {SLATE_MAX} activities");
    Err(FieldProblem::new("/count", "out_of_range", detail))
}

impl ClientSoftware {
    fn read(&self) -> Result<Box<decision::ClientSoftware>, FieldProblem> {
        let Self { name, version } = self.clone();
        let most = CLIENT_CHARS_MAX;
        let name = field::said(name, most, "/client/name", "the name of a client")?;
        let version = field::said(version, most, "/client/version", "the version of a client")?;
        Ok(Box::new(decision::ClientSoftware { name, version }))
    }
}

impl From<&decision::ClientSoftware> for ClientSoftware {
    fn from(client: &decision::ClientSoftware) -> Self {
        Self { name: client.name.clone(), version: client.version.clone() }
    }
}

fn activities(ids: &[String], pointer: &str) -> Result<Vec<ActivityId>, FieldProblem> {
    if ids.len() > LISTED_MAX {
        let detail = format!("at most {LISTED_MAX} activities");
        return Err(FieldProblem::new(pointer, "too_many", detail));
    }
    let numbered = ids.iter().enumerate();
    numbered
        .map(|(position, id)| field::activity_id(id, &format!("{pointer}/{position}")))
        .collect()
}

/// What a shadow decided beside the policy that served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BesideSummary {
    /// The word of the policy.
    pub policy: String,
    /// How many rewards it had learned from.
    pub version: u64,
    /// Its probability of the activity that was served; absent when it gave no distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

impl From<&ShadowChoice> for BesideSummary {
    fn from(shadow: &ShadowChoice) -> Self {
        let ShadowChoice { policy, version, probability } = shadow;
        Self { policy: policy.to_string(), version: *version, probability: *probability }
    }
}

impl DecisionAnswer {
    /// The answer to a request, with the words of the course it was decided in; `None` when that
    /// course does not have the activity, which no decision can cause.
    #[must_use]
    pub fn new(
        decision: &Decision,
        course: &Course,
        draft: &CourseDraft,
        explanation: ExplanationText,
    ) -> Option<Self> {
        let Decision { origin, choice, rules, .. } = decision;
        let chosen = decision.chosen();
        let activity = course.activity(chosen.activity.as_str())?;
        let module = course.modules.get(activity.module);
        let assignment = origin.decider.assignment.as_ref();
        Some(Self {
            status: ActivityStatus::Activity,
            decision_id: origin.id.to_string(),
            learner: decision.learner.to_string(),
            course: decision.course.to_string(),
            course_version: origin.window.course_version,
            activity: chosen.activity.to_string(),
            title: activity.title.clone(),
            kind: activity.kind.into(),
            minutes: activity.minutes,
            module: module.map(|module| module.title.clone()).unwrap_or_default(),
            propensity: Some(chosen.probability),
            ranking: ranking(decision, course),
            slate: Vec::new(),
            policy: Some(origin.decider.policy.to_string()),
            policy_version: Some(choice.policy_version),
            holdout: origin.decider.held_out,
            beside: origin.shadows.iter().map(BesideSummary::from).collect(),
            apprentice: decision.apprentice.as_ref().map(ImitationSummary::from),
            session_over: rules.session_over,
            experiment: assignment.map(|side| side.experiment.to_string()),
            variant: assignment.map(|side| side.variant.to_string()),
            exploration: Some(Exploration {
                floor: choice.floor,
                withheld: choice.withheld.map(Into::into),
                relaxation: rules.relaxation.into(),
            }),
            fallback: choice.fallback.map(Into::into),
            overridden_by: choice.overridden_by.as_ref().map(ToString::to_string),
            probe: decision.probe.as_ref().map(|probe| ProbeQuestion {
                propensity: probe.propensity,
                ..ProbeQuestion::of(draft, probe.question.as_str())
            }),
            explanation,
            made_at: time::print(origin.window.made_at),
            reward_window_ends_at: time::print(origin.window.ends_at),
            duplicate: false,
            seq: 0,
        })
    }
}

impl DecisionAnswer {
    /// The same with a choice of so many activities.
    #[must_use]
    pub fn with_slate(self, decision: &Decision, course: &Course, count: usize) -> Self {
        let places = slate(decision, count).into_iter().map(|place| RankedActivity {
            title: title(course, place.activity.as_str()),
            activity: place.activity.to_string(),
            probability: Some(place.probability),
        });
        Self { slate: places.collect(), ..self }
    }

    /// The same without what would tell its learner which side of an experiment they are on: who
    /// decides, how much was left to chance, and the words for teachers and scientists. Of a slate the
    /// order stays.
    #[must_use]
    pub fn blinded(self) -> Self {
        let learner = self.explanation.learner;
        let unweighed = |place| RankedActivity { probability: None, ..place };
        Self {
            propensity: None,
            ranking: Vec::new(),
            slate: self.slate.into_iter().map(unweighed).collect(),
            exploration: None,
            policy: None,
            policy_version: None,
            holdout: false,
            beside: Vec::new(),
            apprentice: None,
            experiment: None,
            variant: None,
            explanation: ExplanationText { learner, ..ExplanationText::default() },
            ..self
        }
    }
}

impl RestAnswer {
    /// The same without the words for teachers and scientists.
    #[must_use]
    pub fn blinded(self) -> Self {
        let learner = self.explanation.learner;
        Self { explanation: ExplanationText { learner, ..ExplanationText::default() }, ..self }
    }
}

fn ranking(decision: &Decision, course: &Course) -> Vec<RankedActivity> {
    let mut candidates: Vec<_> = decision.choice.candidates.iter().collect();
    // Stable: equally probable candidates stay in path order.
    candidates.sort_by(|left, right| right.probability.total_cmp(&left.probability));
    let ranked = candidates.into_iter().map(|candidate| RankedActivity {
        activity: candidate.activity.to_string(),
        title: title(course, candidate.activity.as_str()),
        probability: Some(candidate.probability),
    });
    ranked.collect()
}

/// The title of an activity, empty when the course does not have it.
pub(crate) fn title(course: &Course, activity: &str) -> String {
    course.activity(activity).map(|activity| activity.title.clone()).unwrap_or_default()
}

impl ProbeQuestion {
    /// A question as the course asks it, without its answer.
    fn of(draft: &CourseDraft, question: &str) -> Self {
        let activities = draft.modules.iter().flat_map(|module| &module.activities);
        let mut questions = activities.flat_map(|activity| &activity.questions);
        let found: Option<&QuestionDraft> = questions.find(|draft| draft.id == question);
        let options = found.map(|draft| draft.options.as_slice()).unwrap_or_default();
        Self {
            question: question.to_owned(),
            propensity: 0.0,
            kind: found.map(|draft| draft.kind.clone()),
            prompt: found.map(|draft| draft.prompt.clone()),
            options: options
                .iter()
                .map(|(id, text)| ProbeOption { id: id.clone(), text: text.clone() })
                .collect(),
        }
    }
}
