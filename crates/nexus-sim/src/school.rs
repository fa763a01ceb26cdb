//! A classroom against the engine alone: simulated time, no disk, no network, no real waiting.
//!
//! It does what a node does — admit, decide, apply, settle — one request at a time, in the order
//! of simulated time, and keeps the journal it would have written. Every invariant of the engine
//! is checked at every step. The same seed gives the same journal.

use crate::classroom::Classroom;
use crate::learner::{Assigned, Happened, Move, SimulatedEvent, SimulatedLearner};
use crate::truth::CourseTruth;
use nexus_engine::catalog::{Course, CourseDraft, CourseProblem};
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::event::{Entry, Event};
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::ids::{CourseId, DecisionId, EventId, IdRefusal, LearnerId, PolicyId};
use nexus_engine::invariants::{self, Violation};
use nexus_engine::learner::LearnerState;
use nexus_engine::seed::Seed;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::workspace::{Proposal, Refusal, SharedState};
use nexus_stats::random::Stream;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Why a school could not be run.
#[derive(Clone, Debug, PartialEq)]
pub enum SchoolFault {
    /// The course draft has problems.
    Course(Vec<CourseProblem>),
    /// The engine refused something.
    Refused(Refusal),
    /// An id of the simulation is not one.
    Id(IdRefusal),
    /// An invariant does not hold.
    Violated(Violation),
}

impl fmt::Display for SchoolFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Course(problems) => write!(f, "the course has {} problems", problems.len()),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Id(refusal) => refusal.fmt(f),
            Self::Violated(violation) => write!(f, "{}: {}", violation.id, violation.seen),
        }
    }
}

impl std::error::Error for SchoolFault {}

impl From<Refusal> for SchoolFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
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

/// An engine in simulated time.
#[derive(Debug)]
pub struct School {
    /// Everything shared.
    pub state: SharedState,
    /// Every learner.
    pub learners: BTreeMap<LearnerId, LearnerState>,
    /// Everything that happened, in order.
    pub journal: Vec<Entry>,
    /// The course that is taught.
    pub course: Arc<Course>,
    policy: PolicyId,
    seed: u64,
    now: Timestamp,
}

impl School {
    /// Opens a school with one course, where `policy` decides unless an experiment runs.
    ///
    /// # Errors
    /// When the course has problems.
    pub fn open(
        draft: CourseDraft,
        policy: PolicyId,
        seed: u64,
        opens_at: Timestamp,
    ) -> Result<Self, SchoolFault> {
        let id = CourseId::new(&draft.id)?;
        let problems = nexus_engine::catalog::validation::check(&draft);
        if !problems.is_empty() {
            return Err(SchoolFault::Course(problems));
        }
        let event = Event::CoursePublished(Box::new(draft));
        let entry = Entry { seq: 1, id: EventId::new("course")?, received_at: opens_at, event };
        let mut state = SharedState::default();
        state.apply(None, &entry);
        let unknown = || Refusal::UnknownCourse { course: id.to_string() };
        let course = Arc::clone(state.course(id.as_str()).ok_or_else(unknown)?);
        let learners = BTreeMap::new();
        Ok(Self { state, learners, journal: vec![entry], course, policy, seed, now: opens_at })
    }

    /// Starts an experiment.
    ///
    /// # Errors
    /// When the engine refuses it.
    pub fn start(&mut self, definition: ExperimentDefinition) -> Result<(), SchoolFault> {
        self.state.admit_experiment(&definition)?;
        let id = EventId::new(&format!("experiment:{}", definition.id))?;
        self.push(id, Event::ExperimentStarted(definition))
    }

    /// Teaches a classroom until everybody has left or the days are over. Answers with the
    /// learners, to compare what they know with what is believed of them.
    ///
    /// # Errors
    /// The first thing that a node would have had to refuse, or that broke an invariant.
    pub fn teach(
        &mut self,
        classroom: &Classroom,
        days: f64,
    ) -> Result<Vec<SimulatedLearner>, SchoolFault> {
        let truth = Arc::new(CourseTruth::new(&self.course, classroom.seed));
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
                Move::Place => {
                    let question = self.placement_question(learner.id())?;
                    learner.place(question.as_deref(), self.now);
                }
                Move::Report(happenings) => self.report(learner.id(), happenings)?,
                Move::Ask => {
                    let assigned = self.decide(learner)?;
                    let happenings = learner.assign(&assigned, self.now);
                    self.report(learner.id(), happenings)?;
                }
            }
        }
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
            let event = match (happening.what, decision) {
                (Happened::Did(action), decision) => {
                    let proposal = Proposal {
                        learner: learner.clone(),
                        course: self.course.id.clone(),
                        course_version: None,
                        occurred_at: Some(happening.at),
                        decision,
                        action,
                    };
                    self.know(&learner);
                    self.state.admit(&self.learners[&learner], proposal, self.now)?
                }
                (Happened::Shown, Some(decision)) => Event::DecisionExposed {
                    learner,
                    course: self.course.id.clone(),
                    decision,
                    occurred_at: happening.at,
                },
                (Happened::Shown, None) => continue,
            };
            self.push(id, event)?;
        }
        Ok(())
    }

    fn decide(&mut self, learner: &SimulatedLearner) -> Result<Assigned, SchoolFault> {
        let id = format!("{}:d{}", learner.id(), learner.decision_number());
        let who = LearnerId::new(learner.id())?;
        self.know(&who);
        let (course, policy) = (self.course.id.clone(), self.policy.clone());
        let request = DecisionRequest {
            id: DecisionId::new(&id)?,
            course: &course,
            filter: &CandidateFilter::default(),
            context: None,
            default_policy: &policy,
            consents_by_default: true,
            holdout_share: 0.0,
            at: self.now.max(self.learners[&who].last_at),
            seed: Seed(Stream::keyed(self.seed, &format!("decision/{id}")).next_u64()),
        };
        let decision = self.state.decide(&self.learners[&who], &request)?;
        invariants::decision(&decision)?;
        let assigned = Assigned {
            decision: id.clone(),
            made_at: decision.made_at,
            activity: decision.chosen().activity.to_string(),
            probe: decision.probe.as_ref().map(|probe| probe.question.to_string()),
        };
        self.push(EventId::new(&id)?, Event::DecisionMade(Box::new(decision)))?;
        Ok(assigned)
    }

    fn placement_question(&self, learner: &str) -> Result<Option<String>, SchoolFault> {
        let state = self.learners.get(&LearnerId::new(learner)?);
        let view = state.and_then(|state| self.state.placement(&self.course, state));
        let next = view.and_then(|view| view.next);
        Ok(next.map(|next| self.course.questions[next.question].id.to_string()))
    }

    fn know(&mut self, learner: &LearnerId) {
        let new = || LearnerState::new(learner.clone());
        self.learners.entry(learner.clone()).or_insert_with(new);
    }

    /// Applies an event, then settles what it made settle.
    fn push(&mut self, id: EventId, event: Event) -> Result<(), SchoolFault> {
        let learner = event.learner().cloned();
        self.apply(id, event)?;
        match learner {
            Some(learner) => self.settle(&learner),
            None => Ok(()),
        }
    }

    fn apply(&mut self, id: EventId, event: Event) -> Result<(), SchoolFault> {
        let seq = self.journal.len() as u64 + 1;
        let entry = Entry { seq, id, received_at: self.now, event };
        if let Event::RewardJoined(joined) = &entry.event {
            invariants::rwd_1(joined)?;
        }
        match entry.event.learner().cloned() {
            Some(learner) => {
                self.know(&learner);
                let state = self.learners.get_mut(&learner);
                if let Some(state) = state {
                    self.state.apply(Some(state), &entry);
                    invariants::lrn_1(state)?;
                }
            }
            None => {
                self.state.apply(None, &entry);
            }
        }
        if let Some(report) = self.state.reports.get(&self.course.id) {
            // There is one course, so whatever waits, waits in it.
            invariants::rwd_2(report, self.state.pending.len() as u64)?;
        }
        self.journal.push(entry);
        Ok(())
    }

    fn settle(&mut self, learner: &LearnerId) -> Result<(), SchoolFault> {
        let progress = self.learners.get(learner).and_then(|it| it.courses.get(&self.course.id));
        let Some(progress) = progress else { return Ok(()) };
        for event in self.state.settle(learner, &self.course.id, progress, self.now) {
            let decision = match &event {
                Event::RewardJoined(joined) => joined.decision.clone(),
                Event::RewardClosed(closed) => closed.decision.clone(),
                Event::PlanRewarded(rewarded) => rewarded.assigned.clone(),
                _ => continue,
            };
            self.apply(EventId::new(&format!("rwd:{decision}"))?, event)?;
        }
        Ok(())
    }

    /// Decisions and plans that wait for their reward.
    fn waiting(&self) -> usize {
        self.state.pending.len() + self.state.pending_plans.len()
    }

    /// Moves the clock, and settles the decisions whose windows end on the way.
    fn sweep(&mut self, to: Timestamp) -> Result<(), SchoolFault> {
        while let Some(ends_at) = self.state.next_window_end().filter(|ends_at| *ends_at <= to) {
            self.now = self.now.max(ends_at);
            let due: Vec<LearnerId> =
                self.state.windows_ended(ends_at).map(|(learner, _)| learner.clone()).collect();
            let waiting = self.waiting();
            for learner in due {
                self.settle(&learner)?;
            }
            if self.waiting() == waiting {
                // Nothing settled: without this the loop would not end.
                break;
            }
        }
        self.now = self.now.max(to);
        Ok(())
    }

    /// Folds the journal again from nothing.
    #[must_use]
    pub fn replay(journal: &[Entry]) -> (SharedState, BTreeMap<LearnerId, LearnerState>) {
        let mut state = SharedState::default();
        let mut learners: BTreeMap<LearnerId, LearnerState> = BTreeMap::new();
        for entry in journal {
            let learner = entry.event.learner().map(|id| {
                learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
            });
            state.apply(learner, entry);
        }
        (state, learners)
    }
}
