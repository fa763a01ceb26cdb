//! Supports: which help a learner gets with a question, the audit page of one choice, and which help
//! works for which question.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time, words};
use nexus_engine::catalog::draft::SupportDraft;
use nexus_engine::catalog::{Course, CourseDraft, Question, Support};
use nexus_engine::ids::{CourseId, DecisionId, LearnerId, QuestionId};
use nexus_engine::support::bandit::best_chances;
use nexus_engine::support::explanation::explain_support;
use nexus_engine::support::{self, CourseSupports, HelpReason, SupportChosen, SupportOutcome};
use nexus_engine::support::{SupportRewarded, SupportSums};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Posterior draws behind the chance that a support is the best of its question.
const REPORT_DRAWS: usize = 500;
/// Characters of a prompt that a report shows.
const PROMPT_CHARS_MAX: usize = 200;

/// Asks for help with a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::support)]
pub struct SupportRequest {
    /// The id of the learner.
    #[schema(value_type = text::LearnerId)]
    pub learner: String,
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// The question that the learner needs help with.
    #[schema(value_type = text::QuestionId)]
    pub question: String,
    /// Why; `asked` when absent. `wrong` needs a wrong answer of this learner to the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<words::HelpReason>,
    /// The decision that led to the question, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::DecisionId>)]
    pub decision_id: Option<String>,
    /// Made by the client, so that a retry gets the same support; made by Nexus when absent. It is
    /// an id like that of a decision, and unique among both. With a learner's token it is
    /// `<learner>:` and then a part without `:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::DecisionId>)]
    pub support_id: Option<String>,
}

/// A request for help whose ids are ids.
#[derive(Clone, Debug)]
pub struct ReadSupportRequest {
    /// The id of the learner.
    pub learner: LearnerId,
    /// The id of the course.
    pub course: CourseId,
    /// The question that the learner needs help with.
    pub question: QuestionId,
    /// Why the learner needs help.
    pub reason: HelpReason,
    /// The decision that led to the question.
    pub decision: Option<DecisionId>,
    /// Made by the client.
    pub id: Option<DecisionId>,
}

/// The support to show. A 200 means that the choice is durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportAnswer {
    /// The id of this choice.
    pub support_id: String,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The version of the course.
    pub course_version: u32,
    /// The question that the learner needs help with.
    pub question: String,
    /// The support, as the author calls it in the question.
    pub support: String,
    /// What kind of help it is.
    pub kind: words::SupportKind,
    /// What the learner reads, Markdown; absent for a remedial activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The activity to do, of a remedial activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// What chose the support.
    pub chooser: words::SupportChooser,
    /// Why it was chosen, in one sentence for a teacher.
    pub explanation: String,
    /// Until when its outcome may come.
    #[schema(format = DateTime)]
    pub window_ends_at: String,
    /// Whether the same request was answered before: then this is that answer.
    pub duplicate: bool,
    /// Its place in the journal.
    pub seq: u64,
}

/// A support that could be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportCandidate {
    /// The support, as the author calls it in the question.
    pub support: String,
    /// What kind of help it is.
    pub kind: words::SupportKind,
    /// Probability with which it was chosen, the floor included.
    pub probability: f64,
    /// What was expected of it.
    pub estimate: f64,
}

/// A choice of a support, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportRecord {
    /// The id of this choice.
    pub support_id: String,
    /// The version of the course.
    pub course_version: u32,
    /// The question that the learner needed help with.
    pub question: String,
    /// The support that was chosen.
    pub support: String,
    /// What kind of help it is.
    pub kind: words::SupportKind,
    /// Why the learner got help.
    pub reason: words::HelpReason,
    /// The decision that led to the question, when the site said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<String>,
    /// When it was chosen.
    #[schema(format = DateTime)]
    pub chosen_at: String,
    /// Until when its outcome may come.
    #[schema(format = DateTime)]
    pub window_ends_at: String,
    /// What the draw's randomness came from; a text, because it needs 64 bits.
    pub seed: String,
    /// What chose the support.
    pub chooser: words::SupportChooser,
    /// How many outcomes had been learned from.
    pub model_version: u64,
    /// Probability spread evenly over the candidates.
    pub floor: f64,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// The supports that could be chosen, in the author's order.
    pub candidates: Vec<SupportCandidate>,
    /// The experiment it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// Its side of the experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// The audit page of one choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportAudit {
    /// Its place in the journal.
    pub seq: u64,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// Why it was chosen, in one sentence for a teacher.
    pub explanation: String,
    /// The choice as the journal has it.
    pub choice: SupportRecord,
    /// What came of it so far.
    pub state: SupportState,
    /// What came of it, once it is settled and something came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<SupportOutcomeRecord>,
}

/// Where the outcome of a support stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportState {
    /// It waits for the learner's next answers.
    Waiting,
    /// The learner answered, and the outcome is settled.
    Rewarded,
    /// Nothing came while its window was open.
    Missing,
}

/// One answer after a support.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FollowUp {
    /// Whether it was right.
    pub right: bool,
    /// Right (1) or not (0) minus what was predicted when the support was chosen.
    pub surprise: f64,
}

/// What came of a support.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportOutcomeRecord {
    /// The next attempt at the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<FollowUp>,
    /// The first answer to the next independent question on one of its skills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<FollowUp>,
    /// What it was worth: the mean surprise of what came, by weight.
    pub value: f64,
    /// How much that says: 1 with both answers.
    pub weight: f64,
}

/// The outcome of a support, in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportRewardedData {
    /// The id of the choice.
    pub support_id: String,
    /// The question that the learner needed help with.
    pub question: String,
    /// The support that was chosen.
    pub support: String,
    /// What kind of help it is.
    pub kind: words::SupportKind,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// The experiment it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// Its side of the experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Whether Nexus learns from it.
    pub teaches: bool,
    /// When it was settled.
    #[schema(format = DateTime)]
    pub settled_at: String,
    /// What came; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<SupportOutcomeRecord>,
}

/// Which help works for which question of a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportsReport {
    /// The id of the course.
    pub course: String,
    /// Its latest version, whose supports are listed.
    pub course_version: u32,
    /// Supports that were chosen. Each waits, was rewarded or is missing.
    pub chosen: u64,
    /// Those that wait for the learner's next answers.
    pub waiting: u64,
    /// Those whose outcome came.
    pub rewarded: u64,
    /// Those of which nothing came in their window.
    pub missing: u64,
    /// Outcomes that were learned from.
    pub learned: u64,
    /// The questions that offer supports, in the order of the course.
    pub questions: Vec<QuestionSupports>,
}

/// The supports of one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionSupports {
    /// The id of the question.
    pub question: String,
    /// The beginning of what is asked.
    pub prompt: String,
    /// The activity it belongs to.
    pub activity: String,
    /// The title of that activity.
    pub title: String,
    /// Its supports, in the author's order.
    pub supports: Vec<SupportNumbers>,
}

/// What learners' answers said of one support.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupportNumbers {
    /// The support, as the author calls it in the question.
    pub support: String,
    /// What kind of help it is.
    pub kind: words::SupportKind,
    /// Times it was served.
    pub served: u64,
    /// Outcomes that were learned from; the counts below are of these.
    pub outcomes: u64,
    /// Next attempts at the question after it.
    pub retries: u64,
    /// Right ones among them.
    pub retries_right: u64,
    /// First answers to the next independent question after it.
    pub nexts: u64,
    /// Right ones among them.
    pub nexts_right: u64,
    /// What it is expected to be worth: how much more of the answers after it is right than was
    /// predicted. Before it was ever served, what its kind is worth in the course.
    pub estimate: f64,
    /// The lower end of a 95 % interval of it.
    pub estimate_low: f64,
    /// The upper end of it.
    pub estimate_high: f64,
    /// The chance that it is the best of its question; absent before any outcome in the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub best: Option<f64>,
}

impl SupportRequest {
    /// The request with its ids checked.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(&self) -> Result<ReadSupportRequest, FieldProblem> {
        let reason = self.reason.map_or(HelpReason::Asked.word(), words::HelpReason::as_str);
        let decision = self.decision_id.as_deref();
        let id = self.support_id.as_deref();
        Ok(ReadSupportRequest {
            learner: field::learner_id(&self.learner, "/learner")?,
            course: field::course_id(&self.course, "/course")?,
            question: field::question_id(&self.question, "/question")?,
            // A word on the wire is one of the engine's.
            reason: HelpReason::from_word(reason).unwrap_or_default(),
            decision: decision.map(|id| field::decision_id(id, "/decision_id")).transpose()?,
            id: id.map(|id| field::decision_id(id, "/support_id")).transpose()?,
        })
    }
}

impl SupportAnswer {
    /// The answer for a choice. `None` when the course version has no such support.
    #[must_use]
    pub fn new(chosen: &SupportChosen, draft: &CourseDraft) -> Option<Self> {
        let candidate = chosen.chosen();
        let (question, support) = (chosen.question.as_str(), candidate.support.as_str());
        let written = written(draft, question, support)?;
        Some(Self {
            support_id: chosen.id.to_string(),
            learner: chosen.learner.to_string(),
            course: chosen.course.to_string(),
            course_version: chosen.course_version,
            question: question.to_owned(),
            support: support.to_owned(),
            kind: candidate.kind.into(),
            text: written.text.clone(),
            activity: written.activity.clone(),
            propensity: candidate.probability,
            chooser: chosen.choice.chooser.into(),
            explanation: explain_support(chosen),
            window_ends_at: time::print(chosen.window_ends_at),
            duplicate: false,
            seq: 0,
        })
    }
}

/// A support as its author wrote it.
fn written<'a>(draft: &'a CourseDraft, question: &str, support: &str) -> Option<&'a SupportDraft> {
    let activities = draft.modules.iter().flat_map(|module| &module.activities);
    let mut questions = activities.flat_map(|activity| &activity.questions);
    let question = questions.find(|it| it.id == question)?;
    question.supports.iter().find(|it| it.id == support)
}

impl SupportRecord {
    /// A choice as the journal has it.
    #[must_use]
    pub fn new(chosen: &SupportChosen) -> Self {
        let (choice, candidate) = (&chosen.choice, chosen.chosen());
        let assignment = chosen.assignment.as_ref();
        Self {
            support_id: chosen.id.to_string(),
            course_version: chosen.course_version,
            question: chosen.question.to_string(),
            support: candidate.support.to_string(),
            kind: candidate.kind.into(),
            reason: chosen.reason.into(),
            decision_id: chosen.decision.as_ref().map(ToString::to_string),
            chosen_at: time::print(chosen.chosen_at),
            window_ends_at: time::print(chosen.window_ends_at),
            seed: choice.seed.0.to_string(),
            chooser: choice.chooser.into(),
            model_version: choice.model_version,
            floor: choice.floor,
            propensity: candidate.probability,
            candidates: choice.candidates.iter().map(SupportCandidate::from).collect(),
            experiment: assignment.map(|side| side.experiment.to_string()),
            variant: assignment.map(|side| side.variant.to_string()),
        }
    }
}

impl From<&support::SupportCandidate> for SupportCandidate {
    fn from(candidate: &support::SupportCandidate) -> Self {
        Self {
            support: candidate.support.to_string(),
            kind: candidate.kind.into(),
            probability: candidate.probability,
            estimate: candidate.estimate,
        }
    }
}

impl SupportAudit {
    /// The audit page of a choice, with what settled it, if anything did.
    #[must_use]
    pub fn new(seq: u64, chosen: &SupportChosen, settled: Option<&SupportRewarded>) -> Self {
        let outcome = settled.and_then(|settled| settled.outcome.as_ref());
        let state = match (settled, outcome) {
            (None, _) => SupportState::Waiting,
            (Some(_), Some(_)) => SupportState::Rewarded,
            (Some(_), None) => SupportState::Missing,
        };
        Self {
            seq,
            learner: chosen.learner.to_string(),
            course: chosen.course.to_string(),
            explanation: explain_support(chosen),
            choice: SupportRecord::new(chosen),
            state,
            outcome: outcome.map(SupportOutcomeRecord::from),
        }
    }
}

impl From<&SupportOutcome> for SupportOutcomeRecord {
    fn from(outcome: &SupportOutcome) -> Self {
        let follow_up = |it: support::FollowUp| FollowUp { right: it.right, surprise: it.surprise };
        Self {
            retry: outcome.retry.map(follow_up),
            next: outcome.next.map(follow_up),
            value: outcome.value,
            weight: outcome.weight,
        }
    }
}

impl From<&SupportRewarded> for SupportRewardedData {
    fn from(rewarded: &SupportRewarded) -> Self {
        let assignment = rewarded.assignment.as_ref();
        Self {
            support_id: rewarded.choice.to_string(),
            question: rewarded.question.to_string(),
            support: rewarded.support.to_string(),
            kind: rewarded.kind.into(),
            propensity: rewarded.propensity,
            experiment: assignment.map(|side| side.experiment.to_string()),
            variant: assignment.map(|side| side.variant.to_string()),
            teaches: rewarded.teaches,
            settled_at: time::print(rewarded.settled_at),
            outcome: rewarded.outcome.as_ref().map(SupportOutcomeRecord::from),
        }
    }
}

impl SupportsReport {
    /// The report of the latest version of a course; `learned` is what was learned in it so far.
    #[must_use]
    pub fn new(course: &Course, draft: &CourseDraft, learned: &CourseSupports) -> Self {
        let drafts = draft.modules.iter().flat_map(|module| &module.activities);
        let prompts = drafts.flat_map(|activity| &activity.questions).map(|it| &it.prompt);
        let mut questions = Vec::new();
        // The tables of a course have the order of its file.
        for (question, prompt) in course.questions.iter().zip(prompts) {
            if !question.supports.is_empty() {
                questions.push(QuestionSupports::new(course, question, prompt, learned));
            }
        }
        Self {
            course: course.id.to_string(),
            course_version: course.version,
            chosen: learned.chosen,
            waiting: learned.waiting(),
            rewarded: learned.rewarded,
            missing: learned.missing,
            learned: learned.learned,
            questions,
        }
    }
}

impl QuestionSupports {
    fn new(course: &Course, question: &Question, prompt: &str, learned: &CourseSupports) -> Self {
        let of = |it: &Support| learned.estimate(&question.id, &it.id, it.kind);
        let estimates: Vec<_> = question.supports.iter().map(of).collect();
        let known = learned.questions.get(&question.id);
        let tried = known.is_some_and(|all| all.values().any(|sums| sums.outcomes > 0));
        let best = tried.then(|| best_chances(&estimates, REPORT_DRAWS));
        let none = SupportSums::default();
        let mut supports = Vec::with_capacity(question.supports.len());
        for (position, (it, estimate)) in question.supports.iter().zip(&estimates).enumerate() {
            let sums = known.and_then(|all| all.get(&it.id)).unwrap_or(&none);
            let (estimate_low, estimate_high) = estimate.interval();
            supports.push(SupportNumbers {
                support: it.id.to_string(),
                kind: it.kind.into(),
                served: sums.served,
                outcomes: sums.outcomes,
                retries: sums.retries,
                retries_right: sums.retries_right,
                nexts: sums.nexts,
                nexts_right: sums.nexts_right,
                estimate: estimate.mean,
                estimate_low,
                estimate_high,
                best: best.as_ref().map(|best| best[position]),
            });
        }
        let activity = &course.activities[question.activity];
        Self {
            question: question.id.to_string(),
            prompt: prompt.chars().take(PROMPT_CHARS_MAX).collect(),
            activity: activity.id.to_string(),
            title: activity.title.clone(),
            supports,
        }
    }
}
