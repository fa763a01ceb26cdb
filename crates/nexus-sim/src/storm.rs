//! A school in which everything happens at once, to try what the engine promises.
//!
//! Learners do anything in any order, teachers pin, block and cap, requests want some activities
//! and refuse others, the kill switch is thrown and released, experiments come and go, learners
//! withdraw their consent to exploration and give it back, some are held out, policies become
//! shadows, freeze and serve again, sites report marks, and every policy that has a word decides in
//! its turn and learns from what comes of it. Nobody here is a model of a learner: nothing measured
//! in a storm says whether a policy teaches well. The same seed gives the same storm.

mod course;
mod life;
mod office;
mod teacher;

use nexus_engine::catalog::Course;
use nexus_engine::constraint::Constraint;
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{ActivityId, DecisionId, EventId, LearnerId, PolicyId};
use nexus_engine::learner::LearnerState;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_engine::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::{Refusal, SharedState};
use nexus_stats::random::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When every storm begins: the year 2065, so that no clock of a machine comes near it.
pub const BEGINS: Timestamp = Timestamp(3_000_000_000_000_000);

/// The school with all its state.
#[derive(Clone, Debug)]
pub struct Storm {
    /// Everything shared.
    pub state: SharedState,
    /// Every learner.
    pub learners: BTreeMap<LearnerId, LearnerState>,
    /// The course that is taught.
    pub course: Arc<Course>,
    /// What teachers set and have not lifted, in their order; also what is over.
    pub orders: Vec<Constraint>,
    /// What was said last of learners' consent to exploration.
    pub consents: BTreeMap<LearnerId, bool>,
    /// Whether learners of whom nothing was said consent.
    pub consents_by_default: bool,
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
    seq: u64,
    stream: Stream,
}

/// A request for the next activity, and what came of it. Nothing has changed yet.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Who asked.
    pub learner: LearnerId,
    /// What the request said about candidates.
    pub filter: CandidateFilter,
    /// The policy that decides when no experiment runs.
    pub policy: PolicyId,
    /// When.
    pub at: Timestamp,
    /// What the randomness of the decision comes from.
    pub seed: Seed,
    /// The decision, or why there is none.
    pub result: Result<Decision, Refusal>,
}

impl Storm {
    /// Opens a school for so many learners, with a course drawn at random.
    #[must_use]
    pub fn new(seed: u64, learners: usize) -> Self {
        let mut stream = Stream::keyed(seed, "storm");
        let draft = course::draft(&mut stream);
        let mut state = SharedState::default();
        let event = Event::CoursePublished(Box::new(draft));
        let id = EventId::new("course").unwrap();
        let entry = Entry { seq: 1, id, received_at: BEGINS, event };
        state.apply(None, &entry);
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
            consents_by_default: stream.below(4) > 0,
            held_out_share: 0.0,
            modes: BTreeMap::new(),
            happened: BTreeMap::new(),
            rewards: BTreeMap::new(),
            journal: vec![entry],
            keeps_journal: false,
            hurry: 1,
            policies: PolicyState::WORDS.map(|word| PolicyId::new(word).unwrap()).to_vec(),
            now: BEGINS,
            seq: 1,
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
        let courses = &self.learners.get(learner)?.courses;
        courses.get(&self.course.id).map(|progress| &**progress)
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

    /// One request.
    #[must_use]
    pub fn ask_for(
        &self,
        learner: LearnerId,
        policy: PolicyId,
        filter: CandidateFilter,
        seed: Seed,
    ) -> Asking {
        let state = &self.learners[&learner];
        let id = DecisionId::new(&format!("d{}", self.seq)).unwrap();
        let request = self.request(id, &filter, &policy, state, seed);
        let (at, result) = (request.at, self.state.decide(state, &request));
        Asking { learner, filter, policy, at, seed, result }
    }

    fn request<'a>(
        &'a self,
        id: DecisionId,
        filter: &'a CandidateFilter,
        policy: &'a PolicyId,
        learner: &LearnerState,
        seed: Seed,
    ) -> DecisionRequest<'a> {
        DecisionRequest {
            id,
            course: &self.course.id,
            filter,
            context: None,
            default_policy: policy,
            consents_by_default: self.consents_by_default,
            holdout_share: 0.0,
            at: self.now.max(learner.last_at),
            seed,
        }
    }

    /// Makes a decision true, and lets its learner follow it, or not.
    pub fn keep(&mut self, asking: Asking) {
        if let Ok(decision) = asking.result {
            self.push(Event::DecisionMade(Box::new(decision.clone())));
            self.follow(&decision);
        }
    }

    /// Makes an event true.
    ///
    /// # Panics
    /// Never: an id made of a number is one.
    pub fn push(&mut self, event: Event) {
        self.seq += 1;
        let id = EventId::new(&format!("e{}", self.seq)).unwrap();
        let entry = Entry { seq: self.seq, id, received_at: self.now, event };
        let learner = entry.event.learner().and_then(|id| self.learners.get_mut(id));
        self.state.apply(learner, &entry);
        *self.happened.entry(entry.event.word()).or_default() += 1;
        if let Event::RewardJoined(joined) = &entry.event {
            *self.rewards.entry(joined.policy.clone()).or_default() += 1;
        }
        if self.keeps_journal {
            self.journal.push(entry);
        }
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
        let Some(progress) = self.progress(learner) else { return };
        for event in self.state.settle(learner, &self.course.id, progress, self.now) {
            self.push(event);
        }
    }

    /// What the node does on a timer: settles decisions whose windows have ended.
    fn sweep(&mut self) {
        let due: Vec<LearnerId> =
            self.state.windows_ended(self.now).map(|(learner, _)| learner.clone()).collect();
        for learner in due {
            self.settle(&learner);
        }
    }
}
