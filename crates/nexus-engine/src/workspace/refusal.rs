//! Refusals: the domain says no, with the facts and what to do about it.
#![warn(missing_docs)]

use crate::lifecycle::LifecycleRefusal;
use crate::policy::registry::PolicyState;
use crate::policy::retired::RetiredKind;
use crate::time::Timestamp;
use std::fmt;

/// Why a command may not happen. The fields are the facts that the message names.
#[allow(missing_docs, reason = "each variant says what its fields are")]
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No such course is published.
    UnknownCourse { course: String },
    /// The course has no such version.
    UnknownCourseVersion { course: String, version: u32 },
    /// The version is published already, with other content.
    VersionExists { course: String, version: u32 },
    /// The version to publish must be the latest plus one.
    VersionOutOfOrder { course: String, version: u32, next: u32 },
    /// The course has no such activity.
    UnknownActivity { course: String, activity: String },
    /// A request for a decision leaves no activity that could be shown.
    NoCandidate { course: String },
    /// The activity, or the course when no activity was named, has no such question.
    UnknownQuestion { within: String, question: String },
    /// The event lies more than five minutes in the future.
    InTheFuture { occurred_at: Timestamp, received_at: Timestamp },
    /// A watched segment is not a stretch of the video.
    InvalidSegment { from_seconds: f64, to_seconds: f64 },
    /// Segments were sent for something that is not a video.
    NotAVideo { activity: String },
    /// A grade must lie between 0 and 1.
    GradeOutOfRange { grade: f64 },
    /// There is neither a grade nor a response that the course can grade.
    GradeMissing { question: String },
    /// A rating must lie between 1 and 5.
    RatingOutOfRange { rating: u8 },
    /// No such decision was made for this learner.
    UnknownDecision { decision: String },
    /// No such policy exists.
    UnknownPolicy { policy: String },
    /// The policy left the product.
    RetiredPolicy { policy: RetiredKind },
    /// An experiment needs two variants or more, each with a share above 0, summing to 1.
    InvalidVariants { problem: &'static str },
    /// An experiment of this id exists with another definition.
    ExperimentExists { experiment: String },
    /// Another experiment runs in this course.
    ExperimentRunning { experiment: String },
    /// No such experiment.
    UnknownExperiment { experiment: String },
    /// The experiment has ended.
    ExperimentStopped { experiment: String },
    /// Turning the kill switch needs a reason.
    ReasonMissing,
    /// Another version of the tracing parameters was published while this one was made.
    TracingParentReplaced { parent: u32, current: u32 },
    /// The version to publish must be the current one plus one.
    TracingVersionOutOfOrder { version: u32, next: u32 },
    /// The version knows of entries that the journal does not have.
    TracingAhead { through: u64, head: u64 },
    /// A parameter is not a finite number, or none that a fit can have.
    TracingOutOfRange { place: String },
    /// A parameter belongs to a question or skill of no course.
    TracingUnknownKey { place: String },
    /// No such version was published.
    UnknownTracingVersion { version: String },
    /// No constraint of this id is in force.
    UnknownConstraint { constraint: String },
    /// A constraint must not end before it begins.
    ConstraintExpired { expires_at: Timestamp },
    /// A course, or a scope in it, has as many constraints as it may.
    TooManyConstraints { max: usize },
    /// Something may not happen to a policy.
    Lifecycle(LifecycleRefusal),
    /// With this block nothing would be left to show.
    NothingLeft { course: String },
    /// The course version of the decision declares no such component of the reward.
    UnknownComponent { course: String, version: u32, component: String, known: Vec<String> },
    /// A reported value is not finite, or outside the range that the course declares.
    ComponentOutOfRange { component: String, value: f64, min: f64, max: f64 },
    /// A reported value happened before its decision was made.
    RewardBeforeDecision { decision: String },
    /// The learner was erased, or the decision was one of theirs.
    LearnerErased,
    /// Nothing is known of this learner, so there is nothing to erase.
    UnknownLearner,
    /// The reason of an erasure names the learner, and the journal keeps reasons.
    ReasonNamesLearner,
}

impl Refusal {
    /// Why a word names no policy that could decide: it is retired, or unknown.
    #[must_use]
    pub fn no_policy(word: &str) -> Self {
        match RetiredKind::from_word(word) {
            Some(policy) => Self::RetiredPolicy { policy },
            None => Self::UnknownPolicy { policy: word.to_owned() },
        }
    }

    /// The stable code of the refusal on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCourse { .. } => "unknown_course",
            Self::UnknownCourseVersion { .. } => "unknown_course_version",
            Self::VersionExists { .. } => "version_exists",
            Self::VersionOutOfOrder { .. } => "version_out_of_order",
            Self::UnknownActivity { .. } => "unknown_activity",
            Self::NoCandidate { .. } => "no_candidate",
            Self::UnknownQuestion { .. } => "unknown_question",
            Self::InTheFuture { .. } => "in_the_future",
            Self::InvalidSegment { .. } => "invalid_segment",
            Self::NotAVideo { .. } => "not_a_video",
            Self::GradeOutOfRange { .. } => "grade_out_of_range",
            Self::GradeMissing { .. } => "grade_missing",
            Self::RatingOutOfRange { .. } => "rating_out_of_range",
            Self::UnknownDecision { .. } => "unknown_decision",
            Self::UnknownPolicy { .. } => "unknown_policy",
            Self::RetiredPolicy { .. } => "policy_retired",
            Self::InvalidVariants { .. } => "invalid_variants",
            Self::ExperimentExists { .. } => "experiment_exists",
            Self::ExperimentRunning { .. } => "experiment_running",
            Self::UnknownExperiment { .. } => "unknown_experiment",
            Self::ExperimentStopped { .. } => "experiment_stopped",
            Self::ReasonMissing => "reason_missing",
            Self::TracingParentReplaced { .. } => "tracing_parent_replaced",
            Self::TracingVersionOutOfOrder { .. } => "tracing_version_out_of_order",
            Self::TracingAhead { .. } => "tracing_ahead",
            Self::TracingOutOfRange { .. } => "tracing_out_of_range",
            Self::TracingUnknownKey { .. } => "tracing_unknown_key",
            Self::UnknownTracingVersion { .. } => "unknown_tracing_version",
            Self::UnknownConstraint { .. } => "unknown_constraint",
            Self::ConstraintExpired { .. } => "constraint_expired",
            Self::TooManyConstraints { .. } => "too_many_constraints",
            Self::Lifecycle(refusal) => refusal.code(),
            Self::NothingLeft { .. } => "nothing_left",
            Self::UnknownComponent { .. } => "unknown_component",
            Self::ComponentOutOfRange { .. } => "component_out_of_range",
            Self::RewardBeforeDecision { .. } => "reward_before_decision",
            Self::LearnerErased => "learner_erased",
            Self::UnknownLearner => "unknown_learner",
            Self::ReasonNamesLearner => "reason_names_learner",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCourse { course } => {
                write!(f, "no course {course:?} is published; PUT /v1/courses/{{id}} publishes one")
            }
            Self::UnknownCourseVersion { course, version } => {
                write!(f, "course {course:?} has no version {version}")
            }
            Self::VersionExists { course, version } => write!(
                f,
                "version {version} of course {course:?} is published with other content; \
                 a published version never changes, so publish version {}",
                version.saturating_add(1)
            ),
            Self::VersionOutOfOrder { course, version, next } => {
                write!(f, "course {course:?} continues with version {next}, not {version}")
            }
            Self::UnknownActivity { course, activity } => {
                write!(f, "course {course:?} has no activity {activity:?}")
            }
            Self::NoCandidate { course } => write!(
                f,
                "the request, and what teachers blocked, leave no activity of course {course:?} \
                 that may be shown now; widen `candidates`, shorten `exclude`, or lift a block"
            ),
            Self::UnknownQuestion { within, question } => {
                write!(f, "{within} has no question {question:?}")
            }
            Self::InTheFuture { .. } => f.write_str(
                "occurred_at lies more than five minutes in the future; check the sender's clock",
            ),
            Self::InvalidSegment { from_seconds, to_seconds } => write!(
                f,
                "the segment {from_seconds} to {to_seconds} is not a stretch of the video"
            ),
            Self::NotAVideo { activity } => {
                write!(f, "activity {activity:?} is not a video, so it has no watched segments")
            }
            Self::GradeOutOfRange { grade } => {
                write!(f, "a grade lies between 0 and 1, not {grade}")
            }
            Self::GradeMissing { question } => write!(
                f,
                "question {question:?} needs `correct`, `grade`, or a `response` that the course \
                 can grade"
            ),
            Self::RatingOutOfRange { rating } => {
                write!(f, "a rating lies between 1 and 5, not {rating}")
            }
            Self::UnknownDecision { decision } => {
                write!(f, "no decision {decision:?} was made for this learner")
            }
            other => other.about_experiments(f),
        }
    }
}

impl Refusal {
    fn about_experiments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPolicy { policy } => {
                write!(f, "no policy {policy:?}; known: {}", PolicyState::WORDS.join(", "))
            }
            Self::RetiredPolicy { policy } => write!(
                f,
                "policy {:?} is retired and decides nothing any more; use {:?}, or another of {}",
                policy.word(),
                policy.successor(),
                PolicyState::WORDS.join(", ")
            ),
            Self::InvalidVariants { problem } => write!(f, "the variants are not valid: {problem}"),
            Self::ExperimentExists { experiment } => write!(
                f,
                "experiment {experiment:?} exists with another definition; choose another id, or \
                 stop it and start the next version"
            ),
            Self::ExperimentRunning { experiment } => {
                write!(f, "experiment {experiment:?} runs in this course; stop it first")
            }
            Self::UnknownExperiment { experiment } => write!(f, "no experiment {experiment:?}"),
            Self::ExperimentStopped { experiment } => write!(
                f,
                "experiment {experiment:?} has been stopped; start its next version to go on"
            ),
            Self::ReasonMissing => {
                f.write_str("say why in `reason`: whoever reads the journal later must know")
            }
            other => other.about_tracing(f),
        }
    }

    fn about_tracing(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TracingParentReplaced { parent, current } => write!(
                f,
                "version {current} of the tracing parameters was published while version {parent} \
                 was being replaced; train again"
            ),
            Self::TracingVersionOutOfOrder { version, next } => {
                write!(f, "the tracing parameters continue with version {next}, not {version}")
            }
            Self::TracingAhead { through, head } => write!(
                f,
                "the parameters know of entry {through}, but the journal ends with entry {head}"
            ),
            Self::TracingOutOfRange { place } => {
                write!(f, "{place} is not a finite number in range; nothing was published")
            }
            Self::TracingUnknownKey { place } => {
                write!(f, "{place} belongs to no published course; nothing was published")
            }
            Self::UnknownTracingVersion { version } => {
                write!(f, "no version {version:?} of the tracing parameters was published")
            }
            Self::UnknownConstraint { constraint } => {
                write!(f, "no constraint {constraint:?} is in force")
            }
            Self::ConstraintExpired { .. } => {
                f.write_str("expires_at is over already; nothing was set")
            }
            Self::TooManyConstraints { max } => write!(
                f,
                "{max} constraints are in force already; lift those that are needed no more"
            ),
            Self::NothingLeft { course } => write!(
                f,
                "with this block no activity of course {course:?} would be left for somebody; \
                 nothing was set"
            ),
            Self::Lifecycle(refusal) => write!(f, "{refusal}"),
            other => other.about_rewards(f),
        }
    }

    fn about_rewards(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownComponent { course, version, component, known } => {
                let known = match known.is_empty() {
                    true => "it declares none".to_owned(),
                    false => format!("it declares {}", known.join(", ")),
                };
                write!(
                    f,
                    "version {version} of course {course:?} declares no component {component:?} \
                     of the reward; {known}, under `reward.components` of its file"
                )
            }
            Self::ComponentOutOfRange { component, value, min, max } => write!(
                f,
                "a value of {component:?} lies between {min} and {max}, as the course declares, \
                 not at {value}; nothing was recorded"
            ),
            Self::RewardBeforeDecision { decision } => write!(
                f,
                "occurred_at lies before decision {decision:?} was made, so it is no consequence \
                 of it; check the sender's clock"
            ),
            Self::LearnerErased => f.write_str(
                "this learner was erased; nothing is kept of them and nothing is recorded. Whoever \
                 comes back gets a new id",
            ),
            Self::UnknownLearner => f.write_str("nothing is known of this learner"),
            Self::ReasonNamesLearner => f.write_str(
                "the reason names the learner, and the journal keeps it; say why and not who",
            ),
            // All others have words of their own; a new one at least says its code.
            other => f.write_str(other.code()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<LifecycleRefusal> for Refusal {
    fn from(refusal: LifecycleRefusal) -> Self {
        Self::Lifecycle(refusal)
    }
}
