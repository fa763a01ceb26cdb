//! What is asked of the node and what it answers.

use nexus_engine::catalog::CourseProblem;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::rest::Rest;
use nexus_engine::decision::{Decision, RequestFacts};
use nexus_engine::event::correction::CorrectionKind;
use nexus_engine::ids::{
    ActivityId, CourseId, DecisionId, EventId, LearnerId, PolicyId, QuestionId,
};
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::learner::tracing_version::TracingOrigin;
use nexus_engine::lifecycle::kill_switch::KillSwitch;
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::support::{HelpReason, SupportChosen};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::corrections::RegradeCounts;
use nexus_engine::workspace::{Proposal, ProposedReport, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A hash of a request's body: the same id with another body is a conflict.
pub type RequestHash = [u8; 16];

/// One learner event on its way in.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Made by the client.
    pub id: EventId,
    /// Of the event's canonical body.
    pub hash: RequestHash,
    /// What is said to have happened.
    pub proposal: Proposal,
}

/// What became of one incoming event.
#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    Accepted {
        /// Its place in the journal.
        seq: u64,
        /// It named a decision that no longer waited: kept, and never learned from.
        late: bool,
        /// Something later had come of the learner before.
        out_of_order: bool,
        /// The site's mark is not what the course says of the response.
        contradicts_key: bool,
    },
    /// The same id and body came before.
    Duplicate {
        /// Its place in the journal.
        seq: u64,
        /// The event that told the same before, when it has another id.
        of: Option<EventId>,
    },
    /// The same id came before with another body.
    Conflict,
    /// It may not happen.
    Refused(Refusal),
}

/// That a decision's activity was shown, on its way in.
#[derive(Clone, Debug)]
pub struct ExposureAsk {
    /// Made by the client.
    pub id: EventId,
    /// Of the request's canonical body.
    pub hash: RequestHash,
    pub decision: DecisionId,
    /// When it was shown; now when absent.
    pub occurred_at: Option<Timestamp>,
}

/// A reported value on its way in.
#[derive(Clone, Debug)]
pub struct ReportAsk {
    /// Made by the client.
    pub id: EventId,
    /// Of the request's canonical body, and of the decision.
    pub hash: RequestHash,
    pub decision: DecisionId,
    pub report: ProposedReport,
}

/// A request for the next activity.
#[derive(Clone, Debug)]
pub struct DecisionAsk {
    pub learner: LearnerId,
    pub course: CourseId,
    /// Made by the client; the node makes one when absent.
    pub id: Option<DecisionId>,
    /// Of the request's canonical body.
    pub hash: RequestHash,
    /// Which activities the request allows.
    pub filter: CandidateFilter,
    /// What the site sends with it, for the decision to keep.
    pub facts: RequestFacts,
}

impl DecisionAsk {
    /// Asks for any activity of a course, and says nothing more.
    #[must_use]
    pub fn new(learner: LearnerId, course: CourseId, hash: RequestHash) -> Self {
        let (filter, facts) = (CandidateFilter::default(), RequestFacts::default());
        Self { learner, course, id: None, hash, filter, facts }
    }
}

/// A request for help with a question.
#[derive(Clone, Debug)]
pub struct SupportAsk {
    /// Made by the client; the node makes one when absent.
    pub id: Option<DecisionId>,
    /// Of the request's canonical body.
    pub hash: RequestHash,
    pub learner: LearnerId,
    pub course: CourseId,
    pub question: QuestionId,
    pub reason: HelpReason,
    /// The decision that led to the question.
    pub decision: Option<DecisionId>,
}

/// A choice of a support that is durable.
#[derive(Clone, Debug)]
pub struct Supported {
    pub chosen: Arc<SupportChosen>,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same id and body came before.
    pub duplicate: bool,
}

/// What comes next for a learner.
#[derive(Clone, Debug)]
pub enum GuidanceReply {
    /// A decision that is in the journal.
    Activity(Decided),
    /// Nothing, for now or for good. Nothing was recorded.
    Rest(Box<Rest>),
}

impl GuidanceReply {
    /// The decision, if there is something to do.
    #[must_use]
    pub fn activity(self) -> Option<Decided> {
        match self {
            Self::Activity(decided) => Some(decided),
            Self::Rest(_) => None,
        }
    }
}

/// A decision that is durable.
#[derive(Clone, Debug)]
pub struct Decided {
    pub decision: Arc<Decision>,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same id and body came before.
    pub duplicate: bool,
}

/// What is to count otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum CorrectionWanted {
    /// These events never happened.
    Void(Vec<EventId>),
    /// These have these grades.
    Grade(Vec<(EventId, f64)>),
    /// Stored responses are graded by the latest version of a course.
    Regrade {
        course: CourseId,
        /// Of these questions only; of all when absent.
        questions: Option<BTreeSet<QuestionId>>,
    },
}

/// A correction that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectAsk {
    pub wanted: CorrectionWanted,
    pub reason: String,
    /// Who asks, in words.
    pub by: String,
    /// Only says what would change.
    pub dry_run: bool,
}

/// A correction that is durable and that everything follows, or one that would be.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    pub kind: CorrectionKind,
    pub dry_run: bool,
    /// The first of its entries, one a learner.
    pub seq: Option<u64>,
    /// What changes, in the order of the ids; empty when nothing does.
    pub learners: Vec<LearnerCorrected>,
    /// What a regrade left alone.
    pub regrade: Option<RegradeCounts>,
}

/// What a correction changes for one learner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnerCorrected {
    pub learner: LearnerId,
    /// Events that were corrected.
    pub events: u64,
    /// Answers whose grade changes.
    pub answers: u64,
    /// Rewards that change.
    pub rewards: u64,
    /// Earlier entries that count otherwise.
    pub entries: u64,
    /// Answers that count, before and after.
    pub answered: [u32; 2],
    /// Right ones among them, before and after.
    pub right: [u32; 2],
}

/// A constraint that was set or lifted durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstraintSaid {
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same was said before.
    pub duplicate: bool,
    /// Whether it is in force now.
    pub in_force: bool,
}

/// A course version that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub course: CourseId,
    pub version: u32,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same version with the same content was published before.
    pub duplicate: bool,
}

/// An experiment that began, or ended, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same was said before.
    pub duplicate: bool,
}

/// Tracing parameters to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct TracingAsk {
    /// The version that they were made to replace.
    pub parent: u32,
    /// The last journal entry that they know of.
    pub through: u64,
    /// How they came about.
    pub origin: TracingOrigin,
    /// Who asks, in words.
    pub asked_by: String,
    /// The parameters; what they leave out keeps what serving has learned.
    pub model: TracingModel,
}

/// Tracing parameters that serve, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracingPublished {
    pub version: u32,
    /// Its place in the journal.
    pub seq: u64,
}

/// What a learner's consent is, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentSaid {
    /// Place in the journal of what was said last.
    pub seq: u64,
    /// Whether the same was said last before.
    pub duplicate: bool,
}

/// A learner to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EraseAsk {
    pub learner: LearnerId,
    /// Why, without saying who.
    pub reason: String,
    pub by: String,
}

/// That a learner is erased, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Place in the journal of the entry that says so.
    pub seq: u64,
    /// How many of their entries were redacted; `None` when they were erased before.
    pub entries: Option<u64>,
    /// Whether no old byte is left in the files.
    pub bytes_gone: bool,
}

/// The kill switch as it stands, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchTurned {
    /// Place in the journal; `None` when nothing changed.
    pub seq: Option<u64>,
    /// Those that are on, by course; `None` is the one of all courses.
    pub thrown: BTreeMap<Option<CourseId>, KillSwitch>,
}

/// A version of a policy's statistics to make.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVersionAsk {
    pub course: CourseId,
    pub policy: PolicyId,
    /// What is to become a version.
    pub source: PolicySource,
    /// The version that it is to follow, when that matters.
    pub parent: Option<u32>,
    /// Who asks, in words.
    pub asked_by: String,
    pub reason: String,
}

/// What is to become a version of a policy's statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicySource {
    /// What the policy has learned, as it is.
    Learned,
    /// What another program made.
    Trained {
        parts: PolicyParts,
        /// The last journal entry that they know of.
        through: u64,
    },
    Older {
        version: u32,
    },
}

/// A version that was made, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyVersioned {
    pub version: u32,
    /// Its place in the journal.
    pub seq: u64,
    pub digest: [u8; 32],
    /// Whether the latest version was exactly this already.
    pub duplicate: bool,
}

/// Why the node did not do what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeError {
    /// The domain says no.
    Refused(Refusal),
    /// The course draft has these problems.
    Invalid(Vec<CourseProblem>),
    /// The same id came before with another body.
    Conflict { id: String },
    /// The world failed; `static_activity` is the next activity on the course's own path, so that
    /// the lesson can go on without a logged decision.
    Fault {
        fault: NodeFault,
        /// What to show meanwhile, for decisions.
        static_activity: Option<ActivityId>,
    },
}

/// How the world failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeFault {
    /// The queue is full; try again shortly.
    Overloaded,
    /// The disk is full; nothing was done, try again when there is space.
    StorageFull,
    /// The disk failed; the process acknowledges nothing any more and stops.
    StorageFailed,
    /// The process is stopping.
    Stopping,
    /// A bug: an invariant is broken, or the engine gave an answer that its contract excludes.
    Internal,
}

impl From<Refusal> for NodeError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NodeFault> for NodeError {
    fn from(fault: NodeFault) -> Self {
        Self::Fault { fault, static_activity: None }
    }
}
