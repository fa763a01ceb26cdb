//! A school in which everything happens at once, to try what the engine promises.
//!
//! Learners do anything in any order, teachers pin, block and cap, requests want some activities
//! and refuse others, the kill switch is turned on and off, experiments come and go, learners
//! withdraw their consent to exploration and give it back, some are held out, policies become
//! shadows, freeze and serve again, sites report marks, and every policy that has a word decides in
//! its turn and learns from what comes of it. No actor here is a model of a learner: nothing measured
//! in a storm says whether a policy teaches well. The same seed gives the same storm.

mod course;
mod life;
mod office;
mod teacher;

use nexus_engine::catalog::Course;
use nexus_engine::constraint::Constraint;
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::Guidance;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{ActivityId, DecisionId, EventId, LearnerId, PolicyId};
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::lifecycle::holdout::HoldoutPolicy;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_engine::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::memory::Workspace;
use nexus_engine::workspace::protocol::{
    Ask, Circumstances, Command, CommandAnswer, CommandFault, Defaults, Outcome, Recorded,
};
use nexus_engine::workspace::{LearnerState, Refusal, SharedState};
use nexus_stats::random::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When every storm begins: the year 2065, so that no clock of a machine comes near it.
pub const BEGINS: Timestamp = Timestamp(3_000_000_000_000_000);

/// The school with all its state.
#[derive(Clone, Debug)]
pub struct Storm {
    pub state: SharedState,
    pub learners: BTreeMap<LearnerId, LearnerState>,
    /// The course that is taught.
    pub course: Arc<Course>,
    /// What teachers set and have not lifted, in their order; also what is over.
    pub orders: Vec<Constraint>,
    /// What was said last of learners' consent to exploration.
    pub consents: BTreeMap<LearnerId, bool>,
    /// How it decides where nothing in the journal says otherwise.
    pub defaults: Defaults,
    /// The share of learners who are held out.
    pub held_out_share: f64,
    /// Policies in another mode than live.
    pub modes: BTreeMap<PolicyId, Mode>,
    /// How often each kind of event happened, by its word.
    pub happened: BTreeMap<&'static str, u64>,
    /// Rewards that joined decisions, by who decided.
    pub rewards: BTreeMap<PolicyId, u64>,
    /// Everything that happened, when it is kept.
    pub journal: Vec<Entry>,
    keeps_journal: bool,
    /// Time passes so many times as fast, and everything is done in a hurry.
    hurry: i64,
    policies: Vec<PolicyId>,
    now: Timestamp,
    stream: Stream,
}

/// A request for the next activity, and what came of it. Nothing has changed yet.
#[derive(Clone, Debug)]
pub struct Asking {
    pub learner: LearnerId,
    /// What the request said about candidates.
    pub filter: CandidateFilter,
    /// The policy that decides when no experiment runs.
    pub policy: PolicyId,
    pub at: Timestamp,
    /// What the randomness of the decision comes from.
    pub seed: Seed,
    /// What comes next, or why that is refused.
    pub result: Result<Guidance, Refusal>,
}

impl Asking {
    /// The decision, when one was made.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match &self.result {
            Ok(Guidance::Activity(decision)) => Some(decision),
            Ok(Guidance::Rest(_)) | Err(_) => None,
        }
    }
}

impl Storm {
    /// Opens a school for so many learners, with a course drawn at random.
    #[must_use]
    pub fn new(seed: u64, learners: usize) -> Self {
        let mut stream = Stream::keyed(seed, "storm");
        let draft = course::draft(&mut stream);
        let defaults = Defaults::of(PolicyId::new("static").unwrap());
        let mut workspace = Workspace::new(defaults.clone());
        workspace.handle(Command::Publish(Box::new(draft)), BEGINS, Seed(0)).unwrap();
        let Workspace { state, journal, .. } = workspace;
        let course = Arc::clone(state.courses.values().flat_map(BTreeMap::values).next().unwrap());
        let known = |number| {
            let id = LearnerId::new(&format!("learner-{number}")).unwrap();
            (id.clone(), LearnerState::new(id))
        };
        Self {
            state,
            learners: (0..learners).map(known).collect(),
            course,
            orders: Vec::new(),
            consents: BTreeMap::new(),
            defaults: Defaults {
                consents: stream.below(4) > 0,
                // Every other storm holds out by chance, the others by the path.
                holdout_policy: HoldoutPolicy::ALL[(seed % 2) as usize],
                ..defaults
            },
            held_out_share: 0.0,
            modes: BTreeMap::new(),
            happened: BTreeMap::new(),
            rewards: BTreeMap::new(),
            journal,
            keeps_journal: false,
            hurry: 1,
            policies: PolicyState::WORDS.map(|word| PolicyId::new(word).unwrap()).to_vec(),
            now: BEGINS,
            stream,
        }
    }

    /// The same, keeping its whole journal.
    #[must_use]
    pub fn with_journal(seed: u64, learners: usize) -> Self {
        Self { keeps_journal: true, ..Self::new(seed, learners) }
    }

    /// The same with hardly any time between one thing and the next: hundreds of decisions a day.
    #[must_use]
    pub fn in_a_hurry(self) -> Self {
        Self { hurry: 600, ..self }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A learner's progress in the course; `None` before the first event.
    #[must_use]
    pub fn progress(&self, learner: &LearnerId) -> Option<&CourseProgress> {
        self.learners.get(learner)?.progress(self.course.id.as_str())
    }

    /// Time passes, and something happens that is no decision.
    pub fn stir(&mut self) {
        let micros = match self.stream.below(20) {
            0 => 5 * DAY_MICROS,
            1..4 => 20 * HOUR_MICROS,
            _ => 20 * MINUTE_MICROS,
        };
        let micros = micros / self.hurry;
        self.now = self.now.plus_micros(1 + (self.stream.exponential() * micros as f64) as i64);
        self.sweep();
        self.release();
        match self.stream.below(20) {
            0 => self.throw_kill_switch(),
            1 => self.start_experiment(),
            2..5 => self.order(),
            5 => self.lift(),
            6..10 => self.wander(),
            10 => self.speak_of_consent(),
            11 => self.set_some_mode(),
            12 => self.hold_out(),
            _ => {}
        }
    }

    /// A learner drawn at random asks for the next activity, of one policy after the other.
    pub fn ask(&mut self) -> Asking {
        let number = self.stream.below(self.learners.len() as u64) as usize;
        let learner = self.learners.keys().nth(number).unwrap().clone();
        let policy = self.policies[self.stream.below(self.policies.len() as u64) as usize].clone();
        let filter = self.filter();
        let seed = Seed(self.stream.next_u64());
        self.ask_for(learner, policy, filter, seed)
    }

    #[must_use]
    pub fn ask_for(
        &self,
        learner: LearnerId,
        policy: PolicyId,
        filter: CandidateFilter,
        seed: Seed,
    ) -> Asking {
        let state = &self.learners[&learner];
        let id = DecisionId::new(&format!("d{}", self.state.head)).unwrap();
        let course = self.course.id.clone();
        let ask = Ask { filter, ..Ask::new(id, learner, course) };
        let defaults = Defaults { policy, ..self.defaults.clone() };
        let at = self.now;
        let around = Circumstances { at, seed, defaults: &defaults, is_taken: &|_| false };
        let result = self.state.preview(state, &ask, &around);
        let Ask { learner, filter, .. } = ask;
        let (at, policy) = (at.max(state.last_at), defaults.policy);
        Asking { learner, filter, policy, at, seed, result }
    }

    /// Makes a decision true, and lets its learner follow it, or not.
    ///
    /// Panics: when the same request gets another decision than before.
    pub fn keep(&mut self, asking: Asking) {
        let Ok(Guidance::Activity(expected)) = asking.result else { return };
        self.defaults.policy = asking.policy;
        let (id, course) = (expected.origin.id.clone(), self.course.id.clone());
        let ask = Ask { filter: asking.filter, ..Ask::new(id, asking.learner, course) };
        let answer = self.handle(Command::Decide(Box::new(ask)), asking.seed);
        let Ok(CommandAnswer::Decided { decision, .. }) = answer else {
            panic!("no decision, where {expected:?} was made before: {answer:?}");
        };
        assert_eq!(decision.as_ref(), expected.as_ref(), "the same request got another decision");
        self.follow(&decision);
    }

    /// Carries a command out. What the engine refuses does not happen.
    ///
    /// Errors: why it was not carried out.
    pub fn handle(&mut self, command: Command, seed: Seed) -> Result<CommandAnswer, CommandFault> {
        let learner = command.learner().and_then(|learner| self.learners.get_mut(learner));
        let (at, defaults) = (self.now, &self.defaults);
        let around = Circumstances { at, seed, defaults, is_taken: &|_: &EventId| false };
        let Outcome { events, answer } = self.state.handle(learner, command, &around)?;
        for Recorded { entry, .. } in events {
            *self.happened.entry(entry.event.word()).or_default() += 1;
            match &entry.event {
                Event::RewardJoined(joined) => {
                    *self.rewards.entry(joined.policy.clone()).or_default() += 1;
                }
                Event::PolicyGraduated(graduated) => {
                    self.modes.remove(&graduated.policy);
                }
                _ => {}
            }
            if self.keeps_journal {
                self.journal.push(entry);
            }
        }
        Ok(answer)
    }

    /// Carries out an order of a person; says whether anything changed by it.
    pub(crate) fn order_is_new(&mut self, command: Command) -> bool {
        matches!(self.handle(command, Seed(0)), Ok(CommandAnswer::Recorded { .. }))
    }

    /// An id of an event that no other has.
    fn next_id(&self) -> EventId {
        EventId::new(&format!("e{}", self.state.head + 1)).unwrap()
    }

    /// Some requests want one of a few activities only, some refuse a few.
    fn filter(&mut self) -> CandidateFilter {
        let mut filter = CandidateFilter::default();
        let count = self.course.activities.len() as u64;
        if self.stream.below(5) == 0 {
            filter.only = Some(self.some_activities(count));
        }
        if self.stream.below(5) == 0 {
            filter.exclude = self.some_activities(count.div_ceil(2));
        }
        filter
    }

    /// At least one, about so many at most; the same one may come twice.
    fn some_activities(&mut self, most: u64) -> Vec<ActivityId> {
        let count = 1 + self.stream.below(most);
        (0..count).map(|_| self.some_activity()).collect()
    }

    fn some_activity(&mut self) -> ActivityId {
        let count = self.course.activities.len() as u64;
        self.course.activities[self.stream.below(count) as usize].id.clone()
    }

    fn some_learner(&mut self) -> LearnerId {
        let number = self.stream.below(self.learners.len() as u64) as usize;
        self.learners.keys().nth(number).unwrap().clone()
    }

    fn settle(&mut self, learner: &LearnerId) {
        let (learner, course) = (learner.clone(), self.course.id.clone());
        // Settling is never refused.
        let _ = self.handle(Command::Settle { learner, course }, Seed(0));
    }

    /// What the node does on a timer: settles decisions whose windows have ended.
    fn sweep(&mut self) {
        let ended: Vec<LearnerId> =
            self.state.windows_ended(self.now).map(|(learner, _)| learner.clone()).collect();
        for learner in ended {
            self.settle(&learner);
        }
    }
}
