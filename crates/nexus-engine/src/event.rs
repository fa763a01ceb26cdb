//! Everything that can happen, as facts in the journal.

pub mod correction;

use crate::catalog::CourseDraft;
use crate::constraint::Constraint;
use crate::decision::Decision;
use crate::decision::reward::{RewardClosed, RewardJoined, RewardReported};
use crate::erasure::LearnerErased;
use crate::experiment::definition::ExperimentDefinition;
use crate::experiment::life::ExperimentChanged;
use crate::ids::QuestionId;
use crate::ids::{
    ActivityId, ConstraintId, CourseId, DecisionId, EventId, ExperimentId, LearnerId,
};
use crate::learner::consent::ConsentChanged;
use crate::learner::placement::Stopped;
use crate::learner::progress::Segment;
use crate::learner::tracing::Evidence;
use crate::learner::tracing_version::TracingVersion;
use crate::lifecycle::apprentice::PolicyGraduated;
use crate::lifecycle::holdout::HoldoutSet;
use crate::lifecycle::kill_switch::KillSwitchTurned;
use crate::lifecycle::mode::PolicyModeSet;
use crate::lifecycle::promotion::PolicyPromoted;
use crate::lifecycle::version::PolicyVersion;
use crate::strategy::{StrategyAssigned, StrategyRewarded};
use crate::support::{SupportChosen, SupportRewarded};
use crate::time::Timestamp;
use crate::words;
use correction::Correction;

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Place in the journal, from 1; grows by one, never reused.
    pub seq: u64,
    /// Id of the event, unique in the journal.
    pub id: EventId,
    /// When the node received it.
    pub received_at: Timestamp,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A course version was published.
    CoursePublished(Box<CourseDraft>),
    ExperimentStarted(ExperimentDefinition),
    ExperimentStopped {
        experiment: ExperimentId,
        /// The reason that the caller gave.
        reason: String,
    },
    /// Something was done with an experiment that has begun.
    ExperimentChanged(Box<ExperimentChanged>),
    /// A version of the tracing parameters was published.
    TracingTrained(Box<TracingVersion>),
    /// A teacher set a constraint.
    ConstraintSet(Box<Constraint>),
    /// A teacher lifted a constraint.
    ConstraintLifted {
        course: CourseId,
        constraint: ConstraintId,
        /// Why, in the teacher's words.
        reason: String,
        by: String,
    },
    /// The kill switch was turned on or off.
    KillSwitchTurned(KillSwitchTurned),
    /// A version of a policy's statistics was saved, published or restored.
    PolicyVersioned(Box<PolicyVersion>),
    /// A policy became what decides in a course when no experiment runs.
    PolicyPromoted(PolicyPromoted),
    /// The mode of a policy was set.
    PolicyModeSet(PolicyModeSet),
    /// An apprentice agreed with its baseline often enough and serves from now on.
    PolicyGraduated(PolicyGraduated),
    /// Consent to exploration was given or withdrawn.
    ConsentChanged(ConsentChanged),
    /// The share of learners for whom no policy decides was set.
    HoldoutSet(HoldoutSet),
    /// A learner did something.
    Happened(Happening),
    /// A policy drew an activity.
    DecisionMade(Box<Decision>),
    /// The learning site showed the chosen activity.
    DecisionExposed {
        learner: LearnerId,
        course: CourseId,
        decision: DecisionId,
        /// When it was shown.
        occurred_at: Timestamp,
    },
    /// The learning site reported a value of a component of a decision's reward.
    RewardReported(Box<RewardReported>),
    /// A reward found its decision.
    RewardJoined(Box<RewardJoined>),
    /// A decision will get no more reward.
    RewardClosed(RewardClosed),
    /// A learner was assigned a plan.
    StrategyAssigned(Box<StrategyAssigned>),
    /// The reward of a plan was settled.
    StrategyRewarded(Box<StrategyRewarded>),
    /// A support was chosen for a learner.
    SupportChosen(Box<SupportChosen>),
    /// The outcome of a support was settled.
    SupportRewarded(Box<SupportRewarded>),
    /// Earlier entries of a learner count otherwise.
    Corrected(Box<Correction>),
    /// A learner was erased; nothing of them follows.
    LearnerErased(Box<LearnerErased>),
}

/// What an event has in common with all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventHead<'a> {
    /// The learner whose stream it belongs to.
    pub learner: Option<&'a LearnerId>,
    /// The id of the course that it names.
    pub course: Option<&'a str>,
    /// When it happened, where the event says so itself.
    pub at: Option<Timestamp>,
}

impl<'a> EventHead<'a> {
    fn of(learner: &'a LearnerId, course: &'a CourseId, at: Option<Timestamp>) -> Self {
        Self { learner: Some(learner), course: Some(course.as_str()), at }
    }

    fn of_learner(learner: &'a LearnerId) -> Self {
        Self { learner: Some(learner), ..Self::default() }
    }

    fn of_course(course: &'a str) -> Self {
        Self { course: Some(course), ..Self::default() }
    }
}

/// Something a learner did, under one version of a course.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    pub learner: LearnerId,
    pub course: CourseId,
    pub course_version: u32,
    /// When, by the learning site's clock.
    pub occurred_at: Timestamp,
    /// The decision it follows, when the site says so.
    pub decision: Option<DecisionId>,
    pub action: Action,
}

/// What a learner can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Enrolled {
        /// Whether the learner only tries the site out: what they do teaches nothing.
        test: bool,
    },
    SessionStarted,
    /// Stopped learning for now.
    SessionEnded,
    ActivityStarted {
        activity: ActivityId,
    },
    ActivityCompleted {
        activity: ActivityId,
    },
    /// Left an activity on purpose.
    ActivitySkipped {
        activity: ActivityId,
    },
    /// Watched parts of a video.
    VideoProgressed {
        activity: ActivityId,
        /// Watched parts in seconds from the beginning, each `from < to`.
        segments: Vec<Segment>,
        /// Whether they count as they are. Events of before there was this count in whole seconds
        /// from before their beginning to behind their end, as they did then.
        exact: bool,
    },
    QuestionAnswered(Answer),
    QuizCompleted {
        activity: ActivityId,
        /// The site's mark from 0 to 1, when it gave one.
        grade: Option<f64>,
    },
    /// Said how an activity was.
    Feedback {
        activity: ActivityId,
        /// From 1 (bad) to 5 (good).
        rating: u8,
        comment: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The activity it was asked in: the one the question belongs to, a placement or a closing
    /// check. For a probe, the one it belongs to.
    pub activity: ActivityId,
    pub question: QuestionId,
    /// How right it was, from 0 to 1. Below 1 counts as wrong for mastery.
    pub grade: f64,
    /// What the learner answered, when the site sent it.
    pub response: Option<String>,
    /// How long it took.
    pub duration_ms: Option<u32>,
    /// How many hints were seen.
    pub hints: u16,
    /// Which attempt at this question it is, from 1.
    pub attempt: u16,
    /// Whether it answers the probe of a decision.
    pub probe: bool,
    /// What the engine believed before the answer, and how far the answer moves that belief:
    /// frozen here so that later parameters never rewrite history.
    pub evidence: Evidence,
    /// Why the placement it was asked in stops with it, if it does: frozen here for the same
    /// reason, and so that the placement ends even when the learning site never says so.
    pub placement_stopped: Option<Stopped>,
}

impl Event {
    /// Whom, where and when the event concerns.
    #[must_use]
    pub fn head(&self) -> EventHead<'_> {
        match self {
            Self::Happened(it) => EventHead::of(&it.learner, &it.course, Some(it.occurred_at)),
            Self::DecisionMade(it) => {
                EventHead::of(&it.learner, &it.course, Some(it.origin.window.made_at))
            }
            Self::DecisionExposed { learner, course, occurred_at, .. } => {
                EventHead::of(learner, course, Some(*occurred_at))
            }
            Self::RewardReported(it) => EventHead::of(&it.learner, &it.course, None),
            Self::RewardJoined(it) => EventHead::of(&it.learner, &it.course, None),
            Self::RewardClosed(it) => EventHead::of(&it.learner, &it.course, None),
            Self::StrategyAssigned(it) => {
                EventHead::of(&it.learner, &it.course, Some(it.assigned_at))
            }
            Self::StrategyRewarded(it) => EventHead::of(&it.learner, &it.course, None),
            Self::SupportChosen(it) => EventHead::of(&it.learner, &it.course, Some(it.chosen_at)),
            Self::SupportRewarded(it) => EventHead::of(&it.learner, &it.course, None),
            Self::ConsentChanged(it) => EventHead::of_learner(&it.learner),
            Self::Corrected(it) => EventHead::of_learner(&it.learner),
            Self::LearnerErased(it) => EventHead::of_learner(&it.learner),
            Self::CoursePublished(it) => EventHead::of_course(&it.id),
            Self::ExperimentStarted(it) => EventHead::of_course(it.course.as_str()),
            Self::ConstraintSet(it) => EventHead::of_course(it.course.as_str()),
            Self::ConstraintLifted { course, .. } => EventHead::of_course(course.as_str()),
            Self::PolicyVersioned(it) => EventHead::of_course(it.course.as_str()),
            Self::PolicyPromoted(it) => EventHead::of_course(it.course.as_str()),
            Self::PolicyModeSet(it) => EventHead::of_course(it.course.as_str()),
            Self::PolicyGraduated(it) => EventHead::of_course(it.course.as_str()),
            Self::HoldoutSet(it) => EventHead::of_course(it.course.as_str()),
            Self::KillSwitchTurned(it) => {
                let course = it.course.as_ref().map(CourseId::as_str);
                EventHead { course, ..EventHead::default() }
            }
            Self::ExperimentStopped { .. }
            | Self::ExperimentChanged(_)
            | Self::TracingTrained(_) => EventHead::default(),
        }
    }

    /// The learner whose stream the event belongs to.
    #[must_use]
    pub fn learner(&self) -> Option<&LearnerId> {
        self.head().learner
    }

    /// The course that the event belongs to, when it names one.
    #[must_use]
    pub fn course(&self) -> Option<&str> {
        self.head().course
    }
}

words!(Event:
    Self::CoursePublished(_) => "course_published",
    Self::ExperimentStarted(_) => "experiment_started",
    Self::ExperimentStopped { .. } => "experiment_stopped",
    Self::ExperimentChanged(_) => "experiment_changed",
    Self::TracingTrained(_) => "tracing_trained",
    Self::ConstraintSet(_) => "constraint_set",
    Self::ConstraintLifted { .. } => "constraint_lifted",
    Self::KillSwitchTurned(_) => "kill_switch_turned",
    Self::PolicyVersioned(_) => "policy_versioned",
    Self::PolicyPromoted(_) => "policy_promoted",
    Self::PolicyModeSet(_) => "policy_mode_set",
    Self::PolicyGraduated(_) => "policy_graduated",
    Self::ConsentChanged(_) => "consent_changed",
    Self::HoldoutSet(_) => "holdout_set",
    Self::DecisionMade(_) => "decision_made",
    Self::DecisionExposed { .. } => "decision_exposed",
    Self::RewardReported(_) => "reward_reported",
    Self::RewardJoined(_) => "reward_joined",
    Self::RewardClosed(_) => "reward_closed",
    Self::StrategyAssigned(_) => "strategy_dealt",
    Self::StrategyRewarded(_) => "strategy_rewarded",
    Self::SupportChosen(_) => "support_chosen",
    Self::SupportRewarded(_) => "support_rewarded",
    Self::Corrected(_) => "corrected",
    Self::LearnerErased(_) => "learner_erased";
    Self::Happened(happening) => happening.action.word(), Action
);

impl Action {
    /// The activity it concerns.
    #[must_use]
    pub fn activity(&self) -> Option<&ActivityId> {
        match self {
            Self::Enrolled { .. } | Self::SessionStarted | Self::SessionEnded => None,
            Self::ActivityStarted { activity }
            | Self::ActivityCompleted { activity }
            | Self::ActivitySkipped { activity }
            | Self::VideoProgressed { activity, .. }
            | Self::QuizCompleted { activity, .. }
            | Self::Feedback { activity, .. } => Some(activity),
            Self::QuestionAnswered(answer) => Some(&answer.activity),
        }
    }
}

words!(Action:
    Self::Enrolled { .. } => "enrolled",
    Self::SessionStarted => "session_started",
    Self::SessionEnded => "session_ended",
    Self::ActivityStarted { .. } => "activity_started",
    Self::ActivityCompleted { .. } => "activity_completed",
    Self::ActivitySkipped { .. } => "activity_skipped",
    Self::VideoProgressed { .. } => "video_progressed",
    Self::QuestionAnswered(_) => "question_answered",
    Self::QuizCompleted { .. } => "quiz_completed",
    Self::Feedback { .. } => "feedback"
);
