//! The journal: committed entries in order, as anybody may read and fold them again.

use crate::constraints::ConstraintSummary;
use crate::decisions::{DecisionRecord, RewardRecord};
use crate::experiments::{ExperimentChangeRecord, ExperimentRecord};
use crate::policies::evidence::PromotionEvidenceBody;
use crate::policies::{ApprenticeTerms, PolicyVersionSummary};
use crate::strategies::{StrategyDealtData, StrategyRewardedData};
use crate::supports::{SupportRecord, SupportRewardedData};
use crate::tracing::TracingVersionSummary;
use crate::{time, words};
use nexus_engine::catalog::Course;
use nexus_engine::decision::reward::RewardReported;
use nexus_engine::erasure::LearnerErased;
use nexus_engine::event::correction::Correction;
use nexus_engine::event::{Action, Answer, Entry, Event, Happening};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::lifecycle::apprentice::{Batch, PolicyGraduated};
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::lifecycle::mode::PolicyModeSet;
use nexus_engine::lifecycle::promotion::{PolicyPromoted, Proof};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most entries of one page.
pub const PAGE_MAX: usize = 1_000;

/// Committed entries after a place in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JournalPage {
    /// The entries, in order.
    pub entries: Vec<JournalEntry>,
    /// The last committed entry when the page was read.
    pub head: u64,
    /// Ask `?after=` this for the next page; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JournalEntry {
    /// Its place, from 1; never reused.
    pub seq: u64,
    /// Id of the event.
    pub id: String,
    /// When the node received it.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// What happened: the type of the entry.
    #[serde(rename = "type")]
    pub kind: words::EntryType,
    /// Whose event it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learner: Option<String>,
    /// The id of the course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<String>,
    /// The fields that belong to the type.
    pub data: EntryData,
}

/// The fields of an entry; `type` says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum EntryData {
    /// Data of a `decision_made` entry.
    Decision(Box<DecisionRecord>),
    /// Data of a `reward_joined` entry.
    Reward(RewardRecord),
    /// Data of an `experiment_started` entry.
    Experiment(ExperimentRecord),
    /// Data of an `experiment_stopped` entry.
    Stopped(ExperimentStoppedData),
    /// Data of an `experiment_changed` entry.
    ExperimentChanged(ExperimentChangedData),
    /// Data of a `reward_closed` entry.
    Closed(RewardClosedData),
    /// Data of a `reward_reported` entry.
    Reported(RewardReportedData),
    /// Data of a `course_published` entry.
    Published(CoursePublishedData),
    /// `tracing_trained`; the parameters themselves are left out here.
    Tracing(Box<TracingVersionSummary>),
    /// Data of a `constraint_set` entry.
    Constraint(Box<ConstraintSummary>),
    /// Data of a `constraint_lifted` entry.
    Lifted(ConstraintLiftedData),
    /// `kill_switch_turned`; without `course`, that of all courses.
    KillSwitch(KillSwitchData),
    /// Data of a `consent_changed` entry.
    Consent(ConsentData),
    /// `policy_versioned`; the statistics themselves are left out here.
    PolicyVersion(Box<PolicyVersionSummary>),
    /// Data of a `holdout_set` entry.
    Holdout(HoldoutData),
    /// Data of a `policy_mode_set` entry.
    PolicyMode(PolicyModeData),
    /// Data of a `policy_promoted` entry.
    PolicyPromoted(PolicyPromotedData),
    /// Data of a `policy_graduated` entry.
    PolicyGraduated(PolicyGraduatedData),
    /// Data of a `strategy_dealt` entry.
    Dealt(Box<StrategyDealtData>),
    /// Data of a `strategy_rewarded` entry.
    StrategyRewarded(StrategyRewardedData),
    /// Data of a `support_chosen` entry.
    SupportChosen(Box<SupportRecord>),
    /// Data of a `support_rewarded` entry.
    SupportRewarded(Box<SupportRewardedData>),
    /// What a learner did.
    Happened(Box<HappenedData>),
    /// Data of a `decision_exposed` entry.
    Exposed(ExposedData),
    /// Data of a `corrected` entry.
    Corrected(CorrectedData),
    /// Data of a `learner_erased` entry.
    Erased(ErasedData),
}

/// Earlier entries of a learner count otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorrectedData {
    /// What was corrected.
    pub correction: words::CorrectionKind,
    /// Places in the journal of what was corrected.
    pub corrected: Vec<u64>,
    /// How many earlier entries count otherwise: those, and what followed from them.
    pub entries: u64,
    /// The reason that the caller gave.
    pub corrected_because: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub corrected_by: String,
}

impl From<&Correction> for CorrectedData {
    fn from(made: &Correction) -> Self {
        let Correction { learner: _, kind, targets, amended, reason, by } = made;
        Self {
            correction: (*kind).into(),
            corrected: targets.clone(),
            entries: amended.len() as u64,
            corrected_because: reason.clone(),
            corrected_by: by.clone(),
        }
    }
}

/// A course version was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoursePublishedData {
    /// Its version; `GET /v1/courses/{id}?version=` has the rest.
    pub version: u32,
    /// The title that people read.
    pub title: String,
}

/// The end of an experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentStoppedData {
    /// The id of the experiment.
    pub experiment: String,
    /// The reason that the caller gave.
    pub stopped_because: String,
}

/// Something was done with an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentChangedData {
    /// The id of the experiment.
    pub experiment: String,
    /// What was done, when, why and by whom.
    #[serde(flatten)]
    pub change: ExperimentChangeRecord,
}

/// A teacher lifted a constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConstraintLiftedData {
    /// The id of the constraint.
    pub constraint: String,
    /// The reason that the caller gave.
    pub lifted_because: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub lifted_by: String,
}

/// The kill switch was turned on or off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KillSwitchData {
    /// Whether the switch is on.
    pub thrown: bool,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
}

/// The mode of a policy was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyModeData {
    /// The word of the policy.
    pub policy: String,
    /// The mode that was set.
    pub mode: words::PolicyMode,
    /// The terms of an apprentice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apprentice: Option<ApprenticeTerms>,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
}

impl From<&PolicyModeSet> for PolicyModeData {
    fn from(set: &PolicyModeSet) -> Self {
        Self {
            policy: set.policy.to_string(),
            mode: set.mode.into(),
            apprentice: set.apprentice.as_ref().map(ApprenticeTerms::from),
            reason: set.reason.clone(),
            by: set.by.clone(),
        }
    }
}

/// An apprentice agreed with its baseline often enough, and serves from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyGraduatedData {
    /// The word of the policy that graduated.
    pub graduated: String,
    /// Who decided in its place until now.
    pub baseline: String,
    /// Compared decisions of the batch that says so.
    pub decisions: u32,
    /// Those in which it agreed.
    pub agreed: u32,
    /// Those in which it preferred nothing, which count as disagreement.
    pub undecided: u32,
    /// Different learners among them.
    pub learners: u32,
    /// Decisions besides that could not be compared.
    pub out_of_reach: u32,
    /// Who set it live: `nexus`.
    pub by: String,
}

impl From<&PolicyGraduated> for PolicyGraduatedData {
    fn from(graduated: &PolicyGraduated) -> Self {
        let PolicyGraduated { course: _, policy, baseline, batch, by } = graduated;
        let Batch { decisions, agreed, undecided, learners, out_of_reach } = *batch;
        Self {
            graduated: policy.to_string(),
            baseline: baseline.to_string(),
            decisions,
            agreed,
            undecided,
            learners,
            out_of_reach,
            by: by.clone(),
        }
    }
}

/// The share of learners for whom no policy decides was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HoldoutData {
    /// The share of learners, 0 to 0.10.
    pub share: f64,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
}

impl From<&HoldoutSet> for HoldoutData {
    fn from(set: &HoldoutSet) -> Self {
        Self { share: set.share, reason: set.reason.clone(), by: set.by.clone() }
    }
}

/// A policy became what decides in the course when no experiment runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyPromotedData {
    /// The word of the promoted policy.
    pub promoted: String,
    /// The share of learners for whom it decides; at 0 the promotion ended.
    pub share: f64,
    /// What it was promoted by, when that was evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Box<PromotionEvidenceBody>>,
    /// Whether a person promoted it without evidence and without stages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridden: bool,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
}

impl From<&PolicyPromoted> for PolicyPromotedData {
    fn from(it: &PolicyPromoted) -> Self {
        let (course, policy) = (it.course.as_str(), it.policy.as_str());
        let evidence = match &it.proof {
            Proof::Evidence(evidence) => {
                Some(Box::new(PromotionEvidenceBody::new(course, policy, evidence)))
            }
            Proof::None | Proof::Override => None,
        };
        Self {
            promoted: policy.to_owned(),
            share: it.share,
            evidence,
            overridden: it.proof == Proof::Override,
            reason: it.reason.clone(),
            by: it.by.clone(),
        }
    }
}

/// Consent to exploration was given or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentData {
    /// Whether the learner consents to exploration.
    pub exploration: bool,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
}

impl From<&ConsentChanged> for ConsentData {
    fn from(changed: &ConsentChanged) -> Self {
        let ConsentChanged { exploration, reason, by, .. } = changed;
        Self { exploration: *exploration, reason: reason.clone(), by: by.clone() }
    }
}

/// A decision will get no reward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RewardClosedData {
    /// The id of the decision.
    pub decision_id: String,
    /// The reason why no reward can come.
    pub closed_because: words::ClosedReason,
}

/// The learning site reported a value of a component of a decision's reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RewardReportedData {
    /// The id of the decision.
    pub decision_id: String,
    /// The name of the reward's component.
    pub component: String,
    /// The value that the site reported.
    pub reported_value: f64,
    /// When it happened, in RFC 3339.
    #[schema(format = DateTime)]
    pub occurred_at: String,
}

/// A learner was erased. `learner` of the entry is the random name that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedData {
    /// How many earlier entries were redacted.
    pub redacted_entries: u64,
    /// The reason that the caller gave.
    pub erased_because: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub erased_by: String,
}

/// A decision's activity was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExposedData {
    /// The id of the decision.
    pub decision_id: String,
    /// When it happened, in RFC 3339.
    #[schema(format = DateTime)]
    pub occurred_at: String,
}

/// What a learner did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HappenedData {
    /// Whether a test learner enrols.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<bool>,
    /// Under which version of the course.
    pub course_version: u32,
    /// When, by the learning site's clock.
    #[schema(format = DateTime)]
    pub occurred_at: String,
    /// The decision it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<String>,
    /// The id of the activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Watched parts of a video, `[from, to]` in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<[f64; 2]>>,
    /// The question that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// From 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<f64>,
    /// What the learner answered, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u32>,
    /// How many hints were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints: Option<u16>,
    /// Which attempt it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u16>,
    /// Whether it answers a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
    /// Predicted probability of a right answer, before it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<f64>,
    /// Why the placement stops with this answer; absent of all other answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_stopped: Option<words::PlacementStop>,
    /// From 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// What the learner wrote, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl JournalEntry {
    /// An entry with the words of its course, as far as the course is at hand.
    #[must_use]
    pub fn new(entry: &Entry, course: Option<&Course>) -> Self {
        Self {
            seq: entry.seq,
            id: entry.id.to_string(),
            received_at: time::print(entry.received_at),
            kind: (&entry.event).into(),
            learner: entry.event.learner().map(ToString::to_string),
            course: entry.event.course().map(str::to_owned),
            data: data(entry, course),
        }
    }
}

fn data(entry: &Entry, course: Option<&Course>) -> EntryData {
    match &entry.event {
        Event::CoursePublished(draft) => EntryData::Published(CoursePublishedData {
            version: draft.version,
            title: draft.title.clone(),
        }),
        Event::ExperimentStarted(definition) => EntryData::Experiment(definition.into()),
        Event::ExperimentStopped { experiment, reason } => {
            EntryData::Stopped(ExperimentStoppedData {
                experiment: experiment.to_string(),
                stopped_because: reason.clone(),
            })
        }
        Event::ExperimentChanged(changed) => EntryData::ExperimentChanged(ExperimentChangedData {
            experiment: changed.experiment.to_string(),
            change: (&changed.made_at(entry.received_at)).into(),
        }),
        Event::TracingTrained(published) => {
            let (lineage, at) = (&published.lineage, entry.received_at);
            EntryData::Tracing(Box::new(TracingVersionSummary::new(lineage, entry.seq, at)))
        }
        Event::ConstraintSet(constraint) => {
            EntryData::Constraint(Box::new(ConstraintSummary::from(&**constraint)))
        }
        Event::ConstraintLifted { constraint, reason, by, .. } => {
            EntryData::Lifted(ConstraintLiftedData {
                constraint: constraint.to_string(),
                lifted_because: reason.clone(),
                lifted_by: by.clone(),
            })
        }
        Event::KillSwitchTurned(turned) => EntryData::KillSwitch(KillSwitchData {
            thrown: turned.thrown,
            reason: turned.reason.clone(),
            by: turned.by.clone(),
        }),
        Event::PolicyVersioned(version) => {
            let (policy, lineage, at) = (&version.policy, &version.lineage, entry.received_at);
            let summary = PolicyVersionSummary::new(policy, lineage, entry.seq, at);
            EntryData::PolicyVersion(Box::new(summary))
        }
        Event::PolicyPromoted(promoted) => EntryData::PolicyPromoted(promoted.into()),
        Event::HoldoutSet(set) => EntryData::Holdout(set.into()),
        Event::PolicyModeSet(set) => EntryData::PolicyMode(set.into()),
        Event::PolicyGraduated(graduated) => EntryData::PolicyGraduated(graduated.into()),
        Event::ConsentChanged(changed) => EntryData::Consent(ConsentData::from(changed)),
        Event::LearnerErased(erased) => EntryData::Erased((&**erased).into()),
        Event::Happened(happening) => EntryData::Happened(Box::new(happened(happening))),
        Event::DecisionMade(decision) => {
            EntryData::Decision(Box::new(DecisionRecord::new(decision, course)))
        }
        Event::DecisionExposed { decision, occurred_at, .. } => EntryData::Exposed(ExposedData {
            decision_id: decision.to_string(),
            occurred_at: time::print(*occurred_at),
        }),
        Event::RewardReported(reported) => EntryData::Reported((&**reported).into()),
        Event::RewardJoined(joined) => EntryData::Reward(RewardRecord::new(joined)),
        Event::RewardClosed(closed) => EntryData::Closed(RewardClosedData {
            decision_id: closed.decision.to_string(),
            closed_because: closed.reason.into(),
        }),
        Event::StrategyAssigned(dealt) => EntryData::Dealt(Box::new(StrategyDealtData::new(dealt))),
        Event::StrategyRewarded(rewarded) => {
            EntryData::StrategyRewarded(StrategyRewardedData::new(rewarded))
        }
        Event::Corrected(made) => EntryData::Corrected((&**made).into()),
        Event::SupportChosen(chosen) => {
            EntryData::SupportChosen(Box::new(SupportRecord::new(chosen)))
        }
        Event::SupportRewarded(rewarded) => {
            EntryData::SupportRewarded(Box::new((&**rewarded).into()))
        }
    }
}

impl From<&LearnerErased> for ErasedData {
    fn from(erased: &LearnerErased) -> Self {
        Self {
            redacted_entries: erased.entries,
            erased_because: erased.reason.clone(),
            erased_by: erased.by.clone(),
        }
    }
}

impl From<&RewardReported> for RewardReportedData {
    fn from(reported: &RewardReported) -> Self {
        Self {
            decision_id: reported.decision.to_string(),
            component: reported.component.to_string(),
            reported_value: reported.value,
            occurred_at: time::print(reported.occurred_at),
        }
    }
}

fn happened(happening: &Happening) -> HappenedData {
    let common = HappenedData {
        course_version: happening.course_version,
        occurred_at: time::print(happening.occurred_at),
        decision_id: happening.decision.as_ref().map(ToString::to_string),
        activity: happening.action.activity().map(ToString::to_string),
        ..HappenedData::default()
    };
    match &happening.action {
        Action::VideoProgressed { segments, .. } => {
            let pairs = segments.iter().map(|part| [part.from_seconds, part.to_seconds]);
            HappenedData { segments: Some(pairs.collect()), ..common }
        }
        Action::QuestionAnswered(answer) => answered(answer, common),
        Action::QuizCompleted { grade, .. } => HappenedData { grade: *grade, ..common },
        Action::Feedback { rating, comment, .. } => {
            HappenedData { rating: Some(*rating), comment: comment.clone(), ..common }
        }
        Action::Enrolled { test } => HappenedData { test: test.then_some(true), ..common },
        Action::SessionStarted
        | Action::SessionEnded
        | Action::ActivityStarted { .. }
        | Action::ActivityCompleted { .. }
        | Action::ActivitySkipped { .. } => common,
    }
}

fn answered(answer: &Answer, common: HappenedData) -> HappenedData {
    HappenedData {
        question: Some(answer.question.to_string()),
        grade: Some(answer.grade),
        response: answer.response.clone(),
        duration_ms: answer.duration_ms,
        hints: Some(answer.hints),
        attempt: Some(answer.attempt),
        probe: Some(answer.probe),
        predicted: Some(answer.evidence.predicted),
        placement_stopped: answer.placement_stopped.map(Into::into),
        ..common
    }
}
