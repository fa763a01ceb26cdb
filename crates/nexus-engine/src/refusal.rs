//! Refusals: the domain says no, with the facts and what to do about it.
//!
//! Each variant carries its message. [`Refusal::code`] and [`Refusal::class`] come from one match
//! that names every variant, so a new refusal does not compile without a code and a class, and the
//! server cannot answer it with a status by default.
#![warn(missing_docs)]

use crate::time::Timestamp;
use thiserror::Error;

/// What kind of no a refusal is. The server makes the HTTP status of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// What the command names does not exist.
    NotFound,
    /// What the command names existed and does not any more.
    Gone,
    /// The state forbids the command now; another state may allow it.
    Conflict,
    /// The command itself is not possible; it must be changed.
    Invalid,
}

/// Why a command may not happen. The fields are the facts that the message names.
#[allow(missing_docs, reason = "each variant says what its fields are")]
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Refusal {
    /// No such course is published.
    #[error("no course {course:?} is published; PUT /v1/courses/{{id}} publishes one")]
    UnknownCourse { course: String },
    /// The course has no such version.
    #[error("course {course:?} has no version {version}")]
    UnknownCourseVersion { course: String, version: u32 },
    /// The version is published already, with other content.
    #[error(
        "version {version} of course {course:?} is published with other content; a published \
         version never changes, so publish version {}", .version.saturating_add(1)
    )]
    VersionExists { course: String, version: u32 },
    /// The version to publish must be the latest plus one.
    #[error("course {course:?} continues with version {next}, not {version}")]
    VersionOutOfOrder { course: String, version: u32, next: u32 },
    /// The course has no such activity.
    #[error("course {course:?} has no activity {activity:?}")]
    UnknownActivity { course: String, activity: String },
    /// A request for a decision leaves no activity that could be shown.
    #[error(
        "the request, and what teachers blocked, leave no activity of course {course:?} that may \
         be shown now; widen `candidates`, shorten `exclude`, or lift a block"
    )]
    NoCandidate { course: String },
    /// The activity, or the course when no activity was named, has no such question.
    #[error("{within} has no question {question:?}")]
    UnknownQuestion { within: String, question: String },
    /// The event lies more than five minutes in the future.
    #[error("occurred_at lies more than five minutes in the future; check the sender's clock")]
    InTheFuture { occurred_at: Timestamp, received_at: Timestamp },
    /// A watched segment is not a stretch of the video.
    #[error("the segment {from_seconds} to {to_seconds} is not a stretch of the video")]
    InvalidSegment { from_seconds: f64, to_seconds: f64 },
    /// Segments were sent for something that is not a video.
    #[error("activity {activity:?} is not a video, so it has no watched segments")]
    NotAVideo { activity: String },
    /// A grade must lie between 0 and 1.
    #[error("a grade lies between 0 and 1, not {grade}")]
    GradeOutOfRange { grade: f64 },
    /// There is neither a grade nor a response that the course can grade.
    #[error(
        "question {question:?} needs `correct`, `grade`, or a `response` that the course can grade"
    )]
    GradeMissing { question: String },
    /// The question offers no support.
    #[error(
        "question {question:?} offers no support that this learner may get; its author adds some \
         under `supports`"
    )]
    NoSupport { question: String },
    /// Help is asked for after a wrong answer, and there was none.
    #[error(
        "this learner has no wrong answer to question {question:?}; say `asked` in `reason` for a \
         learner who asks for help"
    )]
    NoWrongAnswer { question: String },
    /// The learner is in an activity that measures.
    #[error(
        "the learner is in {activity:?}, which measures what they can do without help; ask again \
         after it"
    )]
    NoSupportInCheck { activity: String },
    /// A test learner is one from the first event on.
    #[error(
        "this learner is known already, and what they did has taught; enrol a test learner under an \
         id of its own, with its first event"
    )]
    TestTooLate,
    /// A rating must lie between 1 and 5.
    #[error("a rating lies between 1 and 5, not {rating}")]
    RatingOutOfRange { rating: u8 },
    /// No such decision was made for this learner.
    #[error("no decision {decision:?} was made for this learner")]
    UnknownDecision { decision: String },
    /// No such policy exists.
    #[error("no policy {policy:?}; known: {known}")]
    UnknownPolicy { policy: String, known: String },
    /// The policy left the product.
    #[error(
        "policy {policy:?} is retired and decides nothing any more; use {successor:?}, or another \
         of {known}"
    )]
    RetiredPolicy { policy: String, successor: &'static str, known: String },
    /// An experiment needs two variants or more, each with a share above 0, summing to 1.
    #[error("the variants are not valid: {problem}")]
    InvalidVariants { problem: &'static str },
    /// An experiment of this id exists with another definition.
    #[error(
        "experiment {experiment:?} exists with another definition; choose another id, or stop it \
         and start the next version"
    )]
    ExperimentExists { experiment: String },
    /// Another experiment runs in this course.
    #[error("experiment {experiment:?} runs in this course; stop it first")]
    ExperimentRunning { experiment: String },
    /// No experiment has this id.
    #[error("no experiment {experiment:?}")]
    UnknownExperiment { experiment: String },
    /// The experiment has ended.
    #[error("experiment {experiment:?} has been stopped; start its next version to go on")]
    ExperimentStopped { experiment: String },
    /// The experiment has no variant of this name.
    #[error("experiment {experiment:?} has no variant {variant:?}")]
    UnknownVariant { experiment: String, variant: String },
    /// A share of learners must lie between 0 and 1.
    #[error("a share lies between 0 and 1, not {share}")]
    ShareOutOfRange { share: f64 },
    /// What changes the state for others needs a reason.
    #[error("say why in `reason`: readers of the journal must know later")]
    ReasonMissing,
    /// Another version of the tracing parameters was published while this one was made.
    #[error(
        "version {current} of the tracing parameters was published while version {parent} was \
         being replaced; train again"
    )]
    TracingParentReplaced { parent: u32, current: u32 },
    /// The version to publish must be the current one plus one.
    #[error("the tracing parameters continue with version {next}, not {version}")]
    TracingVersionOutOfOrder { version: u32, next: u32 },
    /// The version knows of entries that the journal does not have.
    #[error("the parameters know of entry {through}, but the journal ends with entry {head}")]
    TracingAhead { through: u64, head: u64 },
    /// A parameter is not a finite number, or none that a fit can have.
    #[error("{place} is not a finite number in range; nothing was published")]
    TracingOutOfRange { place: String },
    /// A parameter belongs to a question or skill of no course.
    #[error("{place} belongs to no published course; nothing was published")]
    TracingUnknownKey { place: String },
    /// No such version was published.
    #[error("no version {version:?} of the tracing parameters was published")]
    UnknownTracingVersion { version: String },
    /// No constraint of this id is in force.
    #[error("no constraint {constraint:?} is in force")]
    UnknownConstraint { constraint: String },
    /// A constraint must not end before it begins.
    #[error("expires_at lies in the past; nothing was set")]
    ConstraintExpired { expires_at: Timestamp },
    /// A course, or a scope in it, has as many constraints as it may.
    #[error("{max} constraints are in force already; lift those that are no longer needed")]
    TooManyConstraints { max: usize },
    /// Something may not happen to a policy.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleRefusal),
    /// With this block nothing would be left to show.
    #[error(
        "with this block some learner would have no activity left in course {course:?}; nothing \
         was set"
    )]
    NothingLeft { course: String },
    /// The course version of the decision declares no such component of the reward.
    #[error(
        "version {version} of course {course:?} declares no component {component:?} of the reward; \
         {}, under `reward.components` of its file", declared(.known)
    )]
    UnknownComponent { course: String, version: u32, component: String, known: Vec<String> },
    /// A reported value is not finite, or outside the range that the course declares.
    #[error(
        "a value of {component:?} lies between {min} and {max}, as the course declares, not at \
         {value}; nothing was recorded"
    )]
    ComponentOutOfRange { component: String, value: f64, min: f64, max: f64 },
    /// A reported value happened before its decision was made.
    #[error(
        "occurred_at lies before decision {decision:?} was made, so it is no consequence of it; \
         check the sender's clock"
    )]
    RewardBeforeDecision { decision: String },
    /// The journal has no event of this id, or of this place.
    #[error("the journal has no event {event:?}")]
    UnknownEvent { event: String },
    /// What Nexus did itself, and what people ordered, is no report that could be wrong.
    #[error(
        "event {event:?} is {kind:?}; only what a learner did, and what a site reported of a decision, \
         can be voided, and only answers and completed quizzes have a grade"
    )]
    NotCorrectable { event: String, kind: &'static str },
    /// An event that was voided has no grade any more.
    #[error("event {event:?} was voided; send the answer again under another id")]
    EventVoided { event: String },
    /// The learner was erased, or the decision was one of theirs.
    #[error(
        "this learner was erased; nothing is kept of them and nothing is recorded. A learner who \
         comes back gets a new id"
    )]
    LearnerErased,
    /// Nothing is known of this learner, so there is nothing to erase.
    #[error("nothing is known of this learner")]
    UnknownLearner,
    /// The reason of an erasure names the learner, and the journal keeps reasons.
    #[error("the reason names the learner, and the journal keeps it; say why and not who")]
    ReasonNamesLearner,
}

/// Why something may not happen to a policy. The fields are the facts that the message names.
#[allow(missing_docs, reason = "each variant says what its fields are")]
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LifecycleRefusal {
    /// No such version of the policy was saved.
    #[error("policy {policy:?} has no version {version} in this course")]
    UnknownVersion { policy: String, version: u32 },
    /// The policy keeps no statistics.
    #[error("policy {policy:?} learns nothing, so it has no versions")]
    NoStatistics { policy: String },
    /// The statistics are not what this policy keeps.
    #[error(
        "these are not the statistics of policy {policy:?}: names, lengths, finite numbers and a \
         positive definite precision are asked for; nothing was changed"
    )]
    OtherStatistics { policy: String },
    /// Another version was made while this one was.
    #[error(
        "version {current} of policy {policy:?} was made while version {parent} was being replaced; \
         look at it and decide again"
    )]
    ParentReplaced { policy: String, parent: u32, current: u32 },
    /// The statistics know of entries that the journal does not have.
    #[error("the statistics know of entry {through}, but the journal ends with entry {head}")]
    Ahead { through: u64, head: u64 },
    /// More learners, or fewer than none, would be held out than may be.
    #[error("a share of {max} is held out at most, and 0 at least, not {share}")]
    HoldoutShare { share: f64, max: f64 },
    /// The policy would serve and be a shadow at once.
    #[error(
        "policy {policy:?} cannot serve and be a shadow at once: to serve it must be live or \
         frozen; to be a shadow, promote another first, or stop the experiment"
    )]
    ShadowServes { policy: String },
    /// As many shadows as there may be decide beside the one that serves.
    #[error("{max} policies are shadows in this course, and no more may be; set one live first")]
    ShadowsFull { max: usize },
    /// The policy cannot be an apprentice.
    #[error(
        "policy {policy:?} cannot be an apprentice: it has no preferences that could agree with \
         others', or is the course's own path"
    )]
    NoApprentice { policy: String },
    /// The policy cannot serve in the place of an apprentice.
    #[error(
        "policy {baseline:?} cannot serve in the place of {policy:?}: a baseline is another \
         policy, has preferences, and is live or frozen"
    )]
    NoBaseline { policy: String, baseline: String },
    /// The terms of an apprentice are not possible.
    #[error("{problem}")]
    ApprenticeTerms { problem: &'static str },
    /// The policy would be an apprentice and serve by its own choice at once.
    #[error(
        "policy {policy:?} cannot be an apprentice while it is a side of an experiment or the \
         baseline of another: stop the experiment, or set it live first"
    )]
    ApprenticeServes { policy: String },
    /// A policy that is not the course's own path is promoted by evidence.
    #[error(
        "to promote policy {policy:?} takes evidence: `nexus evaluate gate --json` makes it, and it is \
         sent as `evidence`; a key with the scope policies:override may promote without, with \
         `override`"
    )]
    EvidenceMissing { policy: String },
    /// The evidence does not pass the gate.
    #[error("policy {policy:?} may not be promoted by this evidence: {lacking}")]
    EvidenceLacking { policy: String, lacking: String },
    /// The evidence is of another version than the one that serves.
    #[error(
        "this evidence is of version {version} of policy {policy:?}, and version {serves} is what \
         would serve"
    )]
    EvidenceOfOther { policy: String, version: u32, serves: u32 },
    /// A promotion would rise by more than one stage.
    #[error(
        "policy {policy:?} decides for a share of {current} of the learners: the next stage is {most} \
         at most"
    )]
    StageLeftOut { policy: String, current: f64, most: f64 },
    /// A stage has seen too little for the next one.
    #[error(
        "at this stage policy {policy:?} has earned {rewards} rewards, and the next one begins after \
         {needed}"
    )]
    StageTooYoung { policy: String, rewards: u64, needed: u64 },
    /// The statistics fail the health check.
    #[error("policy {policy:?} fails its health check: {sickness}; nothing changed")]
    Unhealthy { policy: String, sickness: String },
}

impl Refusal {
    /// The stable code of the refusal on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.facts().0
    }

    /// What kind of no it is.
    #[must_use]
    pub fn class(&self) -> RefusalClass {
        self.facts().1
    }

    fn facts(&self) -> (&'static str, RefusalClass) {
        use RefusalClass::{Conflict, Gone, Invalid, NotFound};
        match self {
            Self::UnknownCourse { .. } => ("unknown_course", NotFound),
            Self::UnknownCourseVersion { .. } => ("unknown_course_version", NotFound),
            Self::VersionExists { .. } => ("version_exists", Conflict),
            Self::VersionOutOfOrder { .. } => ("version_out_of_order", Conflict),
            Self::UnknownActivity { .. } => ("unknown_activity", Invalid),
            Self::NoCandidate { .. } => ("no_candidate", Invalid),
            Self::UnknownQuestion { .. } => ("unknown_question", Invalid),
            Self::InTheFuture { .. } => ("in_the_future", Invalid),
            Self::InvalidSegment { .. } => ("invalid_segment", Invalid),
            Self::NotAVideo { .. } => ("not_a_video", Invalid),
            Self::GradeOutOfRange { .. } => ("grade_out_of_range", Invalid),
            Self::GradeMissing { .. } => ("grade_missing", Invalid),
            Self::NoSupport { .. } => ("no_support", Invalid),
            Self::NoWrongAnswer { .. } => ("no_wrong_answer", Conflict),
            Self::NoSupportInCheck { .. } => ("no_support_in_check", Conflict),
            Self::TestTooLate => ("test_too_late", Conflict),
            Self::RatingOutOfRange { .. } => ("rating_out_of_range", Invalid),
            Self::UnknownDecision { .. } => ("unknown_decision", NotFound),
            Self::UnknownPolicy { .. } => ("unknown_policy", Invalid),
            Self::RetiredPolicy { .. } => ("policy_retired", Invalid),
            Self::InvalidVariants { .. } => ("invalid_variants", Invalid),
            Self::ExperimentExists { .. } => ("experiment_exists", Conflict),
            Self::ExperimentRunning { .. } => ("experiment_running", Conflict),
            Self::UnknownExperiment { .. } => ("unknown_experiment", NotFound),
            Self::ExperimentStopped { .. } => ("experiment_stopped", Conflict),
            Self::UnknownVariant { .. } => ("unknown_variant", Invalid),
            Self::ShareOutOfRange { .. } => ("share_out_of_range", Invalid),
            Self::ReasonMissing => ("reason_missing", Invalid),
            Self::TracingParentReplaced { .. } => ("tracing_parent_replaced", Conflict),
            Self::TracingVersionOutOfOrder { .. } => ("tracing_version_out_of_order", Conflict),
            Self::TracingAhead { .. } => ("tracing_ahead", Invalid),
            Self::TracingOutOfRange { .. } => ("tracing_out_of_range", Invalid),
            Self::TracingUnknownKey { .. } => ("tracing_unknown_key", Invalid),
            Self::UnknownTracingVersion { .. } => ("unknown_tracing_version", NotFound),
            Self::UnknownConstraint { .. } => ("unknown_constraint", NotFound),
            Self::ConstraintExpired { .. } => ("constraint_expired", Invalid),
            Self::TooManyConstraints { .. } => ("too_many_constraints", Conflict),
            Self::Lifecycle(refusal) => refusal.facts(),
            Self::NothingLeft { .. } => ("nothing_left", Conflict),
            Self::UnknownComponent { .. } => ("unknown_component", Invalid),
            Self::ComponentOutOfRange { .. } => ("component_out_of_range", Invalid),
            Self::RewardBeforeDecision { .. } => ("reward_before_decision", Invalid),
            Self::UnknownEvent { .. } => ("unknown_event", NotFound),
            Self::NotCorrectable { .. } => ("not_correctable", Invalid),
            Self::EventVoided { .. } => ("event_voided", Conflict),
            Self::LearnerErased => ("learner_erased", Gone),
            Self::UnknownLearner => ("unknown_learner", NotFound),
            Self::ReasonNamesLearner => ("reason_names_learner", Invalid),
        }
    }
}

impl LifecycleRefusal {
    fn facts(&self) -> (&'static str, RefusalClass) {
        use RefusalClass::{Conflict, Invalid, NotFound};
        match self {
            Self::UnknownVersion { .. } => ("unknown_policy_version", NotFound),
            Self::NoStatistics { .. } => ("policy_without_statistics", Invalid),
            Self::OtherStatistics { .. } => ("policy_statistics", Invalid),
            Self::ParentReplaced { .. } => ("policy_parent_replaced", Conflict),
            Self::Ahead { .. } => ("policy_ahead", Invalid),
            Self::HoldoutShare { .. } => ("holdout_share", Invalid),
            Self::ShadowServes { .. } => ("policy_serves", Conflict),
            Self::ShadowsFull { .. } => ("policy_shadows_full", Conflict),
            Self::NoApprentice { .. } => ("policy_no_apprentice", Invalid),
            Self::NoBaseline { .. } => ("policy_no_baseline", Invalid),
            Self::ApprenticeTerms { .. } => ("apprentice_terms", Invalid),
            Self::ApprenticeServes { .. } => ("apprentice_serves", Conflict),
            Self::Unhealthy { .. } => ("policy_unhealthy", Conflict),
            Self::EvidenceMissing { .. } => ("evidence_missing", Conflict),
            Self::EvidenceLacking { .. } => ("evidence_lacking", Conflict),
            Self::EvidenceOfOther { .. } => ("evidence_of_other_version", Conflict),
            Self::StageLeftOut { .. } => ("stage_left_out", Conflict),
            Self::StageTooYoung { .. } => ("stage_too_young", Conflict),
        }
    }
}

fn declared(known: &[String]) -> String {
    match known.is_empty() {
        true => "it declares none".to_owned(),
        false => format!("it declares {}", known.join(", ")),
    }
}
