//! The protocol: one function through which every event but an erasure enters a workspace.
//!
//! [`SharedState::handle`] admits or decides, applies the event, settles the rewards that it
//! completes, and takes the automatic actions that follow from it. The node, the simulators and the
//! tests all call it, so none of them can leave a step out. A node adds only what needs a disk or a
//! network: it looks ids up, loads the learner, makes the events durable, and answers.
//!
//! Replay does not come through here. The journal holds the outcome of each command, and
//! [`SharedState::apply`] makes it true again.
#![warn(missing_docs)]

use super::automatic_actions::NEXUS;
use super::{Applied, LearnerState, Proposal, ProposedReport, Refusal, SharedState};
use crate::catalog::{CourseDraft, CourseProblem, validation};
use crate::constraint::Constraint;
use crate::decision::attribution::Attribution;
use crate::decision::candidates::CandidateFilter;
use crate::decision::choose::{DecisionRequest, Guidance};
use crate::decision::rest::Rest;
use crate::decision::{Decision, RequestFacts};
use crate::event::{Entry, Event};
use crate::experiment::definition::ExperimentDefinition;
use crate::experiment::life::ExperimentChanged;
use crate::ids::{
    ConstraintId, CourseId, DecisionId, EventId, ExperimentId, LearnerId, PolicyId, QuestionId,
    SkillKey,
};
use crate::invariants::{self, Violation};
use crate::learner::consent::ConsentChanged;
use crate::learner::tracing_version::TracingVersion;
use crate::learner::turn::SkillTurn;
use crate::lifecycle::holdout::{HoldoutPolicy, HoldoutSet};
use crate::lifecycle::kill_switch::KillSwitchTurned;
use crate::lifecycle::mode::PolicyModeSet;
use crate::lifecycle::promotion::PromotionRequest;
use crate::lifecycle::version::PolicyVersion;
use crate::seed::Seed;
use crate::support::{HelpReason, SupportChosen};
use crate::time::Timestamp;
use std::fmt;
use std::sync::Arc;

/// What is asked of a workspace.
#[derive(Clone, Debug)]
pub enum Command {
    /// A learner did something.
    Record {
        /// Id of the event, made by the site.
        id: EventId,
        /// What the learner did.
        proposal: Proposal,
    },
    /// A learner's next activity is asked for.
    Decide(Box<Ask>),
    /// Help with a question is asked for.
    Support(Box<HelpAsk>),
    /// The chosen activity was shown.
    Expose {
        /// Id of the event, made by the site.
        id: EventId,
        /// The learner that it was shown to.
        learner: LearnerId,
        /// The id of the course.
        course: CourseId,
        /// The decision that chose it.
        decision: DecisionId,
        /// When it was shown; the moment of receipt when absent.
        occurred_at: Option<Timestamp>,
    },
    /// The site reports a value of a declared reward component.
    Report {
        /// Id of the event, made by the site.
        id: EventId,
        /// The decision that the value belongs to.
        decision: Arc<Decision>,
        /// The component and its value.
        report: ProposedReport,
    },
    /// A learner's reward windows may have ended.
    Settle {
        /// The id of the learner.
        learner: LearnerId,
        /// The id of the course.
        course: CourseId,
    },
    /// A learner gives or withdraws consent to exploration.
    ChangeConsent(ConsentChanged),
    /// A new version of a course is published.
    Publish(Box<CourseDraft>),
    /// An experiment begins in a course.
    StartExperiment(ExperimentDefinition),
    /// An experiment ends before its time.
    StopExperiment {
        /// The id of the experiment.
        experiment: ExperimentId,
        /// The reason that the caller gave.
        reason: String,
    },
    /// Something is done with an experiment that has begun.
    ChangeExperiment(Box<ExperimentChanged>),
    /// A teacher sets a constraint.
    SetConstraint(Box<Constraint>),
    /// A teacher lifts a constraint.
    LiftConstraint {
        /// The id of the constraint.
        constraint: ConstraintId,
        /// The reason that the caller gave.
        reason: String,
        /// Who asked for it.
        by: String,
    },
    /// The kill switch is turned on or off.
    TurnKillSwitch(KillSwitchTurned),
    /// Tracing parameters are published.
    PublishTracing(Box<TracingVersion>),
    /// A version of a policy's statistics is made.
    MakePolicyVersion(Box<PolicyVersion>),
    /// A policy is promoted.
    PromotePolicy(PromotionRequest),
    /// The mode of a policy is set.
    SetPolicyMode(PolicyModeSet),
    /// The share of held-out learners is set.
    SetHoldout(HoldoutSet),
}

/// A request for a learner's next activity.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Id of the decision to make.
    pub id: DecisionId,
    /// The id of the learner.
    pub learner: LearnerId,
    /// The id of the course.
    pub course: CourseId,
    /// Which activities the request allows.
    pub filter: CandidateFilter,
    /// What the site sends with it, for the decision to keep.
    pub facts: RequestFacts,
}

impl Ask {
    /// Asks for any activity of a course, and says nothing more.
    #[must_use]
    pub fn new(id: DecisionId, learner: LearnerId, course: CourseId) -> Self {
        let (filter, facts) = (CandidateFilter::default(), RequestFacts::default());
        Self { id, learner, course, filter, facts }
    }
}

/// A request for help with a question.
#[derive(Clone, Debug)]
pub struct HelpAsk {
    /// Id of the choice to make.
    pub id: DecisionId,
    /// The id of the learner.
    pub learner: LearnerId,
    /// The id of the course.
    pub course: CourseId,
    /// The question that the learner needs help with.
    pub question: QuestionId,
    /// Why the learner needs help.
    pub reason: HelpReason,
    /// The decision that led to the question, when the site says so.
    pub decision: Option<DecisionId>,
}

/// How a node is configured to decide where nothing in the journal says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Defaults {
    /// The policy that decides when no experiment runs and no policy was promoted.
    pub policy: PolicyId,
    /// Whether learners consent to exploration when nothing was said of it.
    pub consents: bool,
    /// The share of learners who are held out, from 0 to [`SHARE_MAX`](crate::lifecycle::holdout::SHARE_MAX).
    pub holdout_share: f64,
    /// What decides for those who are held out.
    pub holdout_policy: HoldoutPolicy,
}

impl Defaults {
    /// A policy decides for all learners, and all consent to exploration.
    #[must_use]
    pub fn of(policy: PolicyId) -> Self {
        let holdout_policy = HoldoutPolicy::default();
        Self { policy, consents: true, holdout_share: 0.0, holdout_policy }
    }
}

/// What a command is handled with: everything that comes from outside the state.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// When the command came.
    pub at: Timestamp,
    /// Where the randomness of a decision comes from.
    pub seed: Seed,
    /// How the node is configured.
    pub defaults: &'a Defaults,
    /// Whether an id stands in the journal already. Ids that Nexus derives are reserved today;
    /// sites could use them in older versions.
    pub is_taken: &'a dyn Fn(&EventId) -> bool,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What must enter the journal, in order. It is applied already.
    pub events: Vec<Recorded>,
    /// What the caller is told.
    pub answer: CommandAnswer,
}

/// An entry that was applied, and what only its first application can tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The entry of the journal.
    pub entry: Entry,
    /// How many entries its learner had before it; absent when it has no learner.
    pub learner_seq: Option<u64>,
    /// The skills that it turned.
    pub turns: Vec<(SkillKey, SkillTurn)>,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandAnswer {
    /// An event was recorded.
    Recorded {
        /// Its place in the journal.
        seq: u64,
        /// Whether it belonged to a decision.
        attribution: Attribution,
        /// Whether the learner's site had reported something later before: then it counts as if it
        /// happened when that did.
        out_of_order: bool,
        /// Whether the site's mark of an answer is not what the course says of its response.
        contradicts_key: bool,
    },
    /// A decision was made.
    Decided {
        /// Its place in the journal.
        seq: u64,
        /// The decision, as it is journaled.
        decision: Arc<Decision>,
    },
    /// A support was chosen.
    Supported {
        /// Its place in the journal.
        seq: u64,
        /// The choice, as it is journaled.
        chosen: Arc<SupportChosen>,
    },
    /// There is nothing to serve now, and nothing was recorded.
    Rested(Box<Rest>),
    /// The state was as the command wants it already.
    Unchanged,
}

/// Why a command was not carried out. Then nothing was applied.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandFault {
    /// The domain says no.
    Refused(Refusal),
    /// A course draft has problems.
    InvalidCourse(Vec<CourseProblem>),
    /// An id that Nexus derives was used by a site.
    IdTaken(EventId),
    /// A decision broke an invariant. It is a bug.
    Broken(Violation),
}

impl From<Refusal> for CommandFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for CommandFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::InvalidCourse(problems) => {
                write!(f, "the course has {} problems", problems.len())
            }
            Self::IdTaken(id) => write!(f, "the id {id} is taken"),
            Self::Broken(violation) => write!(f, "{}: {}", violation.id, violation.seen),
        }
    }
}

impl std::error::Error for CommandFault {}

impl Command {
    /// The learner whose state the command needs.
    #[must_use]
    pub fn learner(&self) -> Option<&LearnerId> {
        match self {
            Self::Record { proposal, .. } => Some(&proposal.learner),
            Self::Decide(ask) => Some(&ask.learner),
            Self::Support(ask) => Some(&ask.learner),
            Self::Report { decision, .. } => Some(&decision.learner),
            Self::Expose { learner, .. } | Self::Settle { learner, .. } => Some(learner),
            Self::ChangeConsent(changed) => Some(&changed.learner),
            Self::Publish(_)
            | Self::StartExperiment(_)
            | Self::StopExperiment { .. }
            | Self::ChangeExperiment(_)
            | Self::SetConstraint(_)
            | Self::LiftConstraint { .. }
            | Self::TurnKillSwitch(_)
            | Self::PublishTracing(_)
            | Self::MakePolicyVersion(_)
            | Self::PromotePolicy(_)
            | Self::SetPolicyMode(_)
            | Self::SetHoldout(_) => None,
        }
    }
}

impl SharedState {
    /// Carries a command out: admits or decides, applies, settles, and takes automatic actions.
    ///
    /// `learner` is the state of [`Command::learner`]; without it, a command that needs one is
    /// refused as one about an unknown learner.
    ///
    /// Errors: a [`CommandFault`]; then the state is as it was.
    pub fn handle(
        &mut self,
        learner: Option<&mut LearnerState>,
        command: Command,
        around: &Circumstances<'_>,
    ) -> Result<Outcome, CommandFault> {
        let events = Vec::with_capacity(1);
        let mut handling = Handling { shared: self, learner, around, events };
        let answer = handling.carry_out(command)?;
        Ok(Outcome { events: handling.events, answer })
    }

    /// The decision that [`Command::Decide`] would make. Changes nothing.
    ///
    /// Errors: the [`Refusal`] that the command would get.
    pub fn preview(
        &self,
        learner: &LearnerState,
        ask: &Ask,
        around: &Circumstances<'_>,
    ) -> Result<Guidance, Refusal> {
        let defaults = around.defaults;
        let request = DecisionRequest {
            id: &ask.id,
            course: &ask.course,
            filter: &ask.filter,
            facts: &ask.facts,
            default_policy: &defaults.policy,
            consents_by_default: defaults.consents,
            holdout_share: defaults.holdout_share,
            holdout_policy: defaults.holdout_policy.kind(),
            at: around.at.max(learner.last_at),
            seed: around.seed,
        };
        self.decide(learner, &request)
    }

    /// The id under which the event of a command enters the journal next; absent where a command
    /// has no event of its own.
    #[must_use]
    pub fn event_id(&self, command: &Command) -> Option<EventId> {
        let next = self.head + 1;
        Some(match command {
            Command::Record { id, .. }
            | Command::Expose { id, .. }
            | Command::Report { id, .. } => id.clone(),
            Command::Decide(ask) => EventId::from(&ask.id),
            Command::Support(ask) => EventId::from(&ask.id),
            Command::Settle { .. } => return None,
            Command::ChangeConsent(_) => EventId::derived("consent", next),
            Command::Publish(draft) => course_event_id(&draft.id, draft.version),
            Command::StartExperiment(started) => {
                let about = format!("{}:{}", started.id, started.version);
                EventId::derived("experiment", about)
            }
            Command::StopExperiment { experiment, .. } => {
                let version = self.experiments.get(experiment)?.definition.version;
                EventId::derived("experiment-stop", format!("{experiment}:{version}"))
            }
            Command::ChangeExperiment(_) => EventId::derived("experiment-change", next),
            Command::SetConstraint(constraint) => EventId::derived("constraint", &constraint.id),
            Command::LiftConstraint { constraint, .. } => {
                EventId::derived("constraint-lift", constraint)
            }
            Command::TurnKillSwitch(_) => EventId::derived("kill-switch", next),
            Command::PublishTracing(made) => tracing_event_id(made.lineage.version),
            Command::MakePolicyVersion(made) => {
                policy_version_event_id(&made.course, &made.policy, made.lineage.version)
            }
            Command::PromotePolicy(_) | Command::SetPolicyMode(_) | Command::SetHoldout(_) => {
                EventId::derived("policy", next)
            }
        })
    }
}

/// The id of the event that publishes a version of a course.
#[must_use]
pub fn course_event_id(course: &str, version: u32) -> EventId {
    EventId::derived("course", format!("{course}:{version}"))
}

/// The id of the event that publishes a version of the tracing parameters.
#[must_use]
pub fn tracing_event_id(version: u32) -> EventId {
    EventId::derived("tracing-version", version)
}

/// The id of the event that makes a version of a policy.
#[must_use]
pub fn policy_version_event_id(course: &CourseId, policy: &PolicyId, version: u32) -> EventId {
    EventId::derived("policy-version", format!("{version}:{policy}:{course}"))
}

/// A command that is being carried out.
struct Handling<'a> {
    shared: &'a mut SharedState,
    learner: Option<&'a mut LearnerState>,
    around: &'a Circumstances<'a>,
    events: Vec<Recorded>,
}

impl Handling<'_> {
    fn carry_out(&mut self, command: Command) -> Result<CommandAnswer, CommandFault> {
        let id = self.shared.event_id(&command);
        match command {
            Command::Record { id, proposal } => {
                let learner = self.learner()?;
                let event = self.shared.admit(learner, proposal, self.around.at)?;
                let reported_at = learner.reported_at;
                let out_of_order = event.head().at.is_some_and(|at| at < reported_at);
                let contradicts_key = self.shared.contradicts_key(&event);
                let (seq, attribution) = self.push(id, event);
                Ok(CommandAnswer::Recorded { seq, attribution, out_of_order, contradicts_key })
            }
            Command::Decide(ask) => self.decide(*ask),
            Command::Support(ask) => self.support(&ask),
            Command::Expose { id, learner, course, decision, occurred_at } => {
                self.learner()?;
                let at = self.around.at;
                let occurred_at = occurred_at.unwrap_or(at).min(at);
                let event = Event::DecisionExposed { learner, course, decision, occurred_at };
                Ok(self.record(id, event))
            }
            Command::Report { id, decision, report } => {
                let event = self.shared.admit_report(&decision, &report, self.around.at)?;
                self.learner()?;
                Ok(self.record(id, event))
            }
            Command::Settle { learner, course } => {
                self.settle(&learner, &course);
                self.act_automatically(&course);
                Ok(CommandAnswer::Unchanged)
            }
            Command::ChangeConsent(changed) => {
                let changes = self.learner()?.admit_consent(&changed)?;
                self.record_if(changes, id, Event::ConsentChanged(changed))
            }
            Command::Publish(draft) => {
                let spelled_out = draft.spelled_out();
                let new = self.admit_course(&draft, &spelled_out)?;
                self.record_if(new, id, Event::CoursePublished(Box::new(spelled_out)))
            }
            Command::StartExperiment(definition) => self.start_experiment(id, definition),
            Command::StopExperiment { experiment, reason } => {
                let known = self.shared.experiments.get(&experiment);
                let unknown = || Refusal::UnknownExperiment { experiment: experiment.to_string() };
                let runs = known.ok_or_else(unknown)?.is_running();
                self.record_if(runs, id, Event::ExperimentStopped { experiment, reason })
            }
            Command::ChangeExperiment(changed) => {
                let changes = self.shared.admit_experiment_change(&changed)?;
                self.record_if(changes, id, Event::ExperimentChanged(changed))
            }
            Command::SetConstraint(constraint) => {
                self.shared.admit_constraint(&constraint, self.around.at)?;
                self.record_if(true, id, Event::ConstraintSet(constraint))
            }
            Command::LiftConstraint { constraint, reason, by } => {
                let known = self.shared.constraint(&constraint, self.around.at);
                let unknown = || Refusal::UnknownConstraint { constraint: constraint.to_string() };
                let course = known.ok_or_else(unknown)?.course.clone();
                let event = Event::ConstraintLifted { course, constraint, reason, by };
                self.record_if(true, id, event)
            }
            Command::TurnKillSwitch(turned) => {
                let changes = self.shared.admit_kill_switch(&turned)?;
                self.record_if(changes, id, Event::KillSwitchTurned(turned))
            }
            Command::PublishTracing(made) => {
                self.shared.admit_tracing(&made)?;
                self.record_if(true, id, Event::TracingTrained(made))
            }
            Command::MakePolicyVersion(made) => {
                self.shared.admit_policy_version(&made)?;
                self.record_if(true, id, Event::PolicyVersioned(made))
            }
            Command::PromotePolicy(request) => match self.shared.admit_promotion(request)? {
                Some(promoted) => self.record_if(true, id, Event::PolicyPromoted(promoted)),
                None => Ok(CommandAnswer::Unchanged),
            },
            Command::SetPolicyMode(set) => {
                let changes = self.shared.admit_mode(&set)?;
                self.record_if(changes, id, Event::PolicyModeSet(set))
            }
            Command::SetHoldout(set) => {
                let changes = self.shared.admit_holdout(&set)?;
                self.record_if(changes, id, Event::HoldoutSet(set))
            }
        }
    }

    fn learner(&self) -> Result<&LearnerState, Refusal> {
        self.learner.as_deref().ok_or(Refusal::UnknownLearner)
    }

    /// Decides under the invariants of decisions.
    fn decide(&mut self, ask: Ask) -> Result<CommandAnswer, CommandFault> {
        let decision = match self.shared.preview(self.learner()?, &ask, self.around)? {
            Guidance::Activity(decision) => *decision,
            Guidance::Rest(rest) => return Ok(CommandAnswer::Rested(Box::new(rest))),
        };
        invariants::decision(&decision).map_err(CommandFault::Broken)?;
        let running = self.shared.running_experiment(ask.course.as_str());
        if let Some(experiment) = running.map(|running| running.definition.id.clone()) {
            // A version that did not keep the share may have started the experiment.
            self.keep_holdout_share(&ask.course, &experiment)?;
        }
        let decision = Arc::new(decision);
        let event = Event::DecisionMade(Box::new((*decision).clone()));
        let seq = self.push(EventId::from(&ask.id), event).0;
        Ok(CommandAnswer::Decided { seq, decision })
    }

    /// Chooses a support under the invariants of choices.
    fn support(&mut self, ask: &HelpAsk) -> Result<CommandAnswer, CommandFault> {
        let chosen = self.shared.choose_support(self.learner()?, ask, self.around)?;
        invariants::sup_1(&chosen).map_err(CommandFault::Broken)?;
        let chosen = Arc::new(chosen);
        let event = Event::SupportChosen(Box::new((*chosen).clone()));
        let seq = self.push(EventId::from(&ask.id), event).0;
        Ok(CommandAnswer::Supported { seq, chosen })
    }

    /// Whether a draft is a new version of a course. A version that is known must be the same, as it
    /// was written or as it is written in full: older versions of Nexus published the former.
    fn admit_course(
        &self,
        draft: &CourseDraft,
        spelled_out: &CourseDraft,
    ) -> Result<bool, CommandFault> {
        let problems = validation::check(draft);
        if !problems.is_empty() {
            return Err(CommandFault::InvalidCourse(problems));
        }
        let (course, version) = (draft.id.clone(), draft.version);
        let mut known = self.shared.publications.iter();
        if let Some(known) = known.find(|known| known.id == course && known.version == version) {
            let same = **known == *draft || **known == *spelled_out;
            return if same {
                Ok(false)
            } else {
                Err(Refusal::VersionExists { course, version }.into())
            };
        }
        if let Some(latest) = self.shared.course(&course) {
            let next = latest.version.saturating_add(1);
            if version != next {
                return Err(Refusal::VersionOutOfOrder { course, version, next }.into());
            }
        }
        Ok(true)
    }

    fn start_experiment(
        &mut self,
        id: Option<EventId>,
        definition: ExperimentDefinition,
    ) -> Result<CommandAnswer, CommandFault> {
        let known = self.shared.experiments.get(&definition.id);
        if known.is_some_and(|known| known.is_running() && known.definition == definition) {
            return Ok(CommandAnswer::Unchanged);
        }
        self.shared.admit_experiment(&definition)?;
        self.refuse_taken(id.as_ref())?;
        self.keep_holdout_share(&definition.course, &definition.id)?;
        self.record_if(true, id, Event::ExperimentStarted(definition))
    }

    /// Makes the configured share of held-out learners the course's own before an experiment
    /// assigns learners. The next start may be configured otherwise, and must not move learners
    /// between a variant and the holdout.
    fn keep_holdout_share(
        &mut self,
        course: &CourseId,
        experiment: &ExperimentId,
    ) -> Result<(), CommandFault> {
        if self.shared.lives.get(course).is_some_and(|life| life.holdout.is_some()) {
            return Ok(());
        }
        let id = EventId::derived("policy", self.shared.head + 1);
        self.refuse_taken(Some(&id))?;
        let set = HoldoutSet {
            course: course.clone(),
            share: self.around.defaults.holdout_share,
            reason: format!("while experiment {experiment} runs, the same learners are held out"),
            by: NEXUS.to_owned(),
        };
        self.push(id, Event::HoldoutSet(set));
        Ok(())
    }

    fn refuse_taken(&self, id: Option<&EventId>) -> Result<(), CommandFault> {
        match id {
            Some(id) if (self.around.is_taken)(id) => Err(CommandFault::IdTaken(id.clone())),
            _ => Ok(()),
        }
    }

    /// Records an event under an id of Nexus' own, unless nothing changes by it.
    fn record_if(
        &mut self,
        changes: bool,
        id: Option<EventId>,
        event: Event,
    ) -> Result<CommandAnswer, CommandFault> {
        self.refuse_taken(id.as_ref().filter(|_| changes))?;
        match id {
            Some(id) if changes => Ok(self.record(id, event)),
            _ => Ok(CommandAnswer::Unchanged),
        }
    }

    fn record(&mut self, id: EventId, event: Event) -> CommandAnswer {
        let (seq, attribution) = self.push(id, event);
        let (out_of_order, contradicts_key) = (false, false);
        CommandAnswer::Recorded { seq, attribution, out_of_order, contradicts_key }
    }

    /// Applies an event, settles the rewards that it completes, and takes the automatic actions
    /// that follow from them.
    fn push(&mut self, id: EventId, event: Event) -> (u64, Attribution) {
        let course = event.course().and_then(|course| CourseId::new(course).ok());
        let learner = event.learner().cloned();
        let recorded = self.apply(id, event);
        if let (Some(learner), Some(course)) = (&learner, &course) {
            self.settle(learner, course);
        }
        if let Some(course) = &course {
            self.act_automatically(course);
        }
        recorded
    }

    fn apply(&mut self, id: EventId, event: Event) -> (u64, Attribution) {
        let seq = self.shared.head + 1;
        let entry = Entry { seq, id, received_at: self.around.at, event };
        let learner = self.learner.as_deref_mut().filter(|_| entry.event.learner().is_some());
        let learner_seq = learner.as_ref().map(|learner| learner.entries);
        let Applied { attribution, turns } = self.shared.apply(learner, &entry);
        self.events.push(Recorded { entry, learner_seq, turns });
        (seq, attribution)
    }

    /// Settles the learner's decisions whose rewards are complete.
    fn settle(&mut self, learner: &LearnerId, course: &CourseId) {
        let state = self.learner.as_deref();
        let Some(progress) = state.and_then(|state| state.courses.get(course)) else { return };
        for event in self.shared.settle(learner, course, progress, self.around.at) {
            let id = match &event {
                Event::RewardJoined(joined) => EventId::derived("rwd", &joined.decision),
                Event::RewardClosed(closed) => EventId::derived("rwd", &closed.decision),
                Event::StrategyRewarded(rewarded) => EventId::derived("rwd", &rewarded.assigned),
                Event::SupportRewarded(rewarded) => EventId::derived("rwd", &rewarded.choice),
                _ => continue,
            };
            self.apply(id, event);
        }
    }

    /// Takes the automatic actions that a course is due: a policy is stopped, an apprentice serves.
    fn act_automatically(&mut self, course: &CourseId) {
        while let Some(event) = self.shared.automatic_action(course) {
            let prefix = match &event {
                Event::PolicyGraduated(_) => "policy",
                _ => "kill-switch",
            };
            let id = EventId::derived(prefix, self.shared.head + 1);
            if (self.around.is_taken)(&id) {
                // The next entry has another place, and so another id.
                return;
            }
            self.apply(id, event);
        }
    }
}
