//! A classroom against the engine alone: simulated time, no disk, no network, no real waiting.
//!
//! It sends what a node would send through the engine's protocol, one command at a time, in the
//! order of simulated time, and keeps the journal. Every invariant of the engine is checked at
//! every step. The same seed gives the same journal. A school that only measures
//! ([`School::without_journal`]) keeps no journal and checks a sample of the steps.
//!
//! The rooms: [`occasion`] is what an adviser sees who chooses in the place of a policy, and
//! [`environment`] is a school of one learner that anybody's program advises, step by step.

pub mod environment;
pub mod occasion;

use crate::classroom::Classroom;
use crate::learner::{Assigned, Happened, Move, SimulatedEvent, SimulatedLearner};
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::ids::{CourseId, DecisionId, EventId, IdRefusal, LearnerId, PolicyId};
use nexus_engine::invariants::{self, Violation};
use nexus_engine::seed::Seed;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::workspace::closing_check::closing_check;
use nexus_engine::workspace::memory::Workspace;
use nexus_engine::workspace::protocol::{Ask, Command, CommandAnswer, CommandFault, Defaults};
use nexus_engine::workspace::{Proposal, Refusal};
use nexus_stats::random::Stream;
use occasion::{Advice, Adviser, Occasion};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Why a school could not be run.
#[derive(Clone, Debug, PartialEq)]
pub enum SchoolFault {
    /// The engine did not do what was asked.
    NotDone(CommandFault),
    /// A request for an activity got another answer than a decision.
    NotDecided { answer: Box<CommandAnswer> },
    /// An id of the simulation is not one.
    Id(IdRefusal),
    /// An invariant does not hold.
    Violated(Violation),
}

impl fmt::Display for SchoolFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDone(fault) => fault.fmt(f),
            Self::NotDecided { answer } => write!(f, "no decision was made: {answer:?}"),
            Self::Id(refusal) => refusal.fmt(f),
            Self::Violated(violation) => write!(f, "{}: {}", violation.id, violation.seen),
        }
    }
}

impl std::error::Error for SchoolFault {}

impl From<CommandFault> for SchoolFault {
    fn from(fault: CommandFault) -> Self {
        Self::NotDone(fault)
    }
}

impl From<Refusal> for SchoolFault {
    fn from(refusal: Refusal) -> Self {
        Self::NotDone(refusal.into())
    }
}

impl From<IdRefusal> for SchoolFault {
    fn from(refusal: IdRefusal) -> Self {
        Self::Id(refusal)
    }
}

impl From<Violation> for SchoolFault {
    fn from(violation: Violation) -> Self {
        Self::Violated(violation)
    }
}

/// Of so many commands, a school without a journal checks the invariants of one.
const CHECKED_OF: u64 = 64;

/// What a learner who asked is given.
enum Served {
    Activity(Assigned),
    /// Nothing, before a moment or for good.
    Nothing {
        not_before: Option<Timestamp>,
    },
}

/// The id of the decision that a learner asks for next.
fn decision_id(learner: &SimulatedLearner) -> String {
    format!("{}:d{}", learner.id(), learner.decision_number())
}

/// An engine in simulated time.
#[derive(Debug)]
pub struct School {
    /// Its state, its learners and its journal.
    pub workspace: Workspace,
    /// The course that is taught.
    pub course: Arc<Course>,
    adviser: Option<Box<dyn Adviser>>,
    keeps_journal: bool,
    commands: u64,
    seed: u64,
    now: Timestamp,
    /// Sum of the rewards that joined decisions so far.
    earned: f64,
}

impl School {
    /// Opens a school with one course, where `policy` decides unless an experiment runs.
    ///
    /// Errors: when the course has problems.
    pub fn open(
        draft: CourseDraft,
        policy: PolicyId,
        seed: u64,
        opens_at: Timestamp,
    ) -> Result<Self, SchoolFault> {
        let id = CourseId::new(&draft.id)?;
        let mut workspace = Workspace::new(Defaults::of(policy));
        workspace.handle(Command::Publish(Box::new(draft)), opens_at, Seed(0))?;
        let unknown = || Refusal::UnknownCourse { course: id.to_string() };
        let course = Arc::clone(workspace.state.course(id.as_str()).ok_or_else(unknown)?);
        Ok(Self::over(workspace, course, seed, opens_at))
    }

    /// A school over a workspace in which the course is published.
    fn over(workspace: Workspace, course: Arc<Course>, seed: u64, now: Timestamp) -> Self {
        let (adviser, keeps_journal, commands, earned) = (None, true, 0, 0.0);
        Self { workspace, course, adviser, keeps_journal, commands, seed, now, earned }
    }

    /// The same school, which keeps no journal and checks the invariants of a sample of its
    /// commands: for measurements of many learners.
    #[must_use]
    pub fn without_journal(self) -> Self {
        Self { keeps_journal: false, ..self }
    }

    /// The same school with an adviser.
    #[must_use]
    pub fn advised_by(self, adviser: Box<dyn Adviser>) -> Self {
        Self { adviser: Some(adviser), ..self }
    }

    /// Starts an experiment. Errors: when the engine refuses it.
    pub fn start(&mut self, definition: ExperimentDefinition) -> Result<(), SchoolFault> {
        self.handle(Command::StartExperiment(definition), Seed(0)).map(drop)
    }

    /// Teaches a classroom until everybody has left or the days are over. Answers with the
    /// learners, to compare what they know with what is believed of them.
    ///
    /// Errors: the first thing that a node would have had to refuse, or that broke an invariant.
    pub fn teach(
        &mut self,
        classroom: &Classroom,
        days: f64,
    ) -> Result<Vec<SimulatedLearner>, SchoolFault> {
        let truth = classroom.truth(&self.course);
        let mut learners = classroom.learners(&truth, self.now);
        let ends_at = self.now.plus_micros((days * DAY_MICROS as f64) as i64);
        let mut calendar: BTreeSet<(Timestamp, usize)> =
            (0..learners.len()).map(|position| (self.now, position)).collect();
        while let Some((at, position)) = calendar.pop_first() {
            if at >= ends_at {
                break;
            }
            self.sweep(at)?;
            if let Some(next) = self.serve(&mut learners[position])? {
                calendar.insert((next, position));
            }
        }
        self.sweep(ends_at)?;
        Ok(learners)
    }

    /// What time it is at the school.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Serves a learner until they pause. Answers with when they come back.
    fn serve(&mut self, learner: &mut SimulatedLearner) -> Result<Option<Timestamp>, SchoolFault> {
        loop {
            match learner.next_move(self.now) {
                Move::Pause { until } => return Ok(Some(until)),
                Move::Left => return Ok(None),
                Move::Ask => {
                    let advice = self.advice(learner);
                    self.next_activity(learner, advice)?;
                }
                other => self.carry_out(learner, other)?,
            }
        }
    }

    /// Does what a learner wants to be done, unless they only wait, have left, or ask for an
    /// activity.
    fn carry_out(
        &mut self,
        learner: &mut SimulatedLearner,
        wanted: Move,
    ) -> Result<(), SchoolFault> {
        match wanted {
            Move::Place => {
                let question = self.placement_question(learner.id())?;
                learner.place(question.as_deref(), self.now);
            }
            Move::Check => {
                let question = self.check_question(learner.id())?;
                learner.place(question.as_deref(), self.now);
            }
            Move::Report(happenings) => self.report(learner.id(), happenings)?,
            Move::Pause { .. } | Move::Left | Move::Ask => {}
        }
        Ok(())
    }

    fn report(
        &mut self,
        learner: &str,
        happenings: Vec<SimulatedEvent>,
    ) -> Result<(), SchoolFault> {
        for happening in happenings {
            let id = EventId::new(&format!("{learner}:e{}", happening.number))?;
            let learner = LearnerId::new(learner)?;
            let decision = happening.decision.as_deref().map(DecisionId::new).transpose()?;
            let command = match (happening.what, decision) {
                (Happened::Did(action), decision) => {
                    let proposal = Proposal {
                        learner,
                        course: self.course.id.clone(),
                        course_version: None,
                        occurred_at: Some(happening.at),
                        decision,
                        action,
                    };
                    Command::Record { id, proposal }
                }
                (Happened::Shown, Some(decision)) => {
                    let (course, occurred_at) = (self.course.id.clone(), Some(happening.at));
                    Command::Expose { id, learner, course, decision, occurred_at }
                }
                (Happened::Shown, None) => continue,
            };
            self.handle(command, Seed(0))?;
        }
        Ok(())
    }

    /// What the adviser says, if there is one.
    fn advice(&mut self, learner: &SimulatedLearner) -> Advice {
        let Some(mut adviser) = self.adviser.take() else { return Advice::AsItComes };
        let advice = adviser.advise(&self.occasion(learner));
        self.adviser = Some(adviser);
        advice
    }

    /// What an adviser sees of a learner who needs an activity.
    fn occasion<'a>(&'a self, learner: &'a SimulatedLearner) -> Occasion<'a> {
        let (workspace, course, at) = (&self.workspace, &*self.course, self.now);
        let seed = self.decision_seed(&decision_id(learner));
        Occasion { workspace, course, learner, at, seed }
    }

    fn decision_seed(&self, id: &str) -> Seed {
        Seed(Stream::keyed(self.seed, &format!("decision/{id}")).next_u64())
    }

    /// Gives a learner who asks the next activity, and lets them begin it.
    fn next_activity(
        &mut self,
        learner: &mut SimulatedLearner,
        advice: Advice,
    ) -> Result<(), SchoolFault> {
        let served = match advice {
            Advice::AsItComes => self.decide(learner, CandidateFilter::default())?,
            Advice::Only(position) => {
                let only = Some(vec![self.course.activities[position].id.clone()]);
                self.decide(learner, CandidateFilter { only, ..CandidateFilter::default() })?
            }
            Advice::Begin(position) => {
                let activity = self.course.activities[position].id.to_string();
                let begun = Assigned { decision: None, made_at: self.now, activity, probe: None };
                Served::Activity(begun)
            }
        };
        let happenings = match served {
            Served::Activity(assigned) => learner.assign(&assigned, self.now),
            Served::Nothing { not_before } => learner.rest(not_before, self.now),
        };
        self.report(learner.id(), happenings)
    }

    fn decide(
        &mut self,
        learner: &SimulatedLearner,
        filter: CandidateFilter,
    ) -> Result<Served, SchoolFault> {
        let id = decision_id(learner);
        let seed = self.decision_seed(&id);
        let (decision, learner) = (DecisionId::new(&id)?, LearnerId::new(learner.id())?);
        let ask = Ask { filter, ..Ask::new(decision, learner, self.course.id.clone()) };
        match self.handle(Command::Decide(Box::new(ask)), seed)? {
            CommandAnswer::Decided { decision, .. } => Ok(Served::Activity(Assigned {
                decision: Some(id),
                made_at: decision.origin.window.made_at,
                activity: decision.chosen().activity.to_string(),
                probe: decision.probe.as_ref().map(|probe| probe.question.to_string()),
            })),
            CommandAnswer::Rested(rest) => Ok(Served::Nothing { not_before: rest.not_before }),
            answer => Err(SchoolFault::NotDecided { answer: Box::new(answer) }),
        }
    }

    fn placement_question(&self, learner: &str) -> Result<Option<String>, SchoolFault> {
        let state = self.workspace.learners.get(&LearnerId::new(learner)?);
        let view = state.and_then(|state| self.workspace.state.placement(&self.course, state));
        let next = view.and_then(|view| view.next);
        Ok(next.map(|next| self.course.questions[next.question].id.to_string()))
    }

    fn check_question(&self, learner: &str) -> Result<Option<String>, SchoolFault> {
        let state = self.workspace.learners.get(&LearnerId::new(learner)?);
        let view = state.and_then(|state| closing_check(&self.course, state, self.now));
        let next = view.and_then(|view| view.open.first().copied());
        Ok(next.map(|next| self.course.questions[next].id.to_string()))
    }

    /// Carries a command out, and checks every invariant that it could break.
    fn handle(&mut self, command: Command, seed: Seed) -> Result<CommandAnswer, SchoolFault> {
        self.commands += 1;
        if !self.keeps_journal {
            self.workspace.journal.clear();
        }
        let checked = self.keeps_journal || self.commands.is_multiple_of(CHECKED_OF);
        let learner = command.learner().filter(|_| checked).cloned();
        let handled = self.workspace.handle(command, self.now, seed)?;
        for entry in handled.entries {
            if let Event::RewardJoined(joined) = &entry.event {
                self.earned += joined.value;
                if checked {
                    invariants::rwd_1(joined)?;
                }
            }
        }
        if !checked {
            return Ok(handled.answer);
        }
        let answer = handled.answer;
        if let Some(state) = learner.and_then(|learner| self.workspace.learners.get(&learner)) {
            invariants::lrn_1(&state.id, &state.belief)?;
        }
        if let Some(report) = self.workspace.state.reports.get(&self.course.id) {
            // There is one course, so whatever waits, waits in it.
            invariants::rwd_2(report, self.workspace.state.pending.len() as u64)?;
        }
        Ok(answer)
    }

    /// Decisions and strategies that wait for their reward.
    fn waiting(&self) -> usize {
        self.workspace.state.pending.len() + self.workspace.state.pending_strategies.len()
    }

    /// Moves the clock, and settles the decisions whose windows end on the way.
    fn sweep(&mut self, to: Timestamp) -> Result<(), SchoolFault> {
        let next = |school: &Self| school.workspace.state.next_window_end();
        while let Some(ends_at) = next(self).filter(|ends_at| *ends_at <= to) {
            self.now = self.now.max(ends_at);
            let ended: Vec<_> = self.workspace.state.windows_ended(ends_at).cloned().collect();
            let waiting = self.waiting();
            for (learner, course) in ended {
                self.handle(Command::Settle { learner, course }, Seed(0))?;
            }
            if self.waiting() == waiting {
                // Nothing settled: without this the loop would not end.
                break;
            }
        }
        self.now = self.now.max(to);
        Ok(())
    }
}
