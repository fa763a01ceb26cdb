//! A story: a course, a clock that is told to move, and a journal kept in memory, so that a test
//! says only what a teacher would say.
//!
//! ```
//! use nexus_testkit::{RIGHT, Story, tiny};
//!
//! let mut story = Story::of(tiny());
//! let decision = story.learner("ada").starts("one").answers("one-q", RIGHT).decides();
//! assert!(!decision.choice.candidates.is_empty());
//! story.assert_replays();
//! ```

use crate::fold::FoldedState;
use crate::ids::question_id;
use crate::ids::{activity_id, course_id, decision_id, event_id, learner_id, policy_id};
use crate::said::{self, DecisionTerms};
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::constraint::Constraint;
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::Guidance;
use nexus_engine::decision::rest::Rest;
use nexus_engine::event::{Action, Entry, Event};
use nexus_engine::ids::{CourseId, DecisionId, LearnerId};
use nexus_engine::invariants::{self, Violation};
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::report::CourseReport;
use nexus_engine::seed::Seed;
use nexus_engine::support::{HelpReason, SupportChosen};
use nexus_engine::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::corrections::{CorrectionAsked, Corrections, Recount, Recounted};
use nexus_engine::workspace::protocol::{
    Circumstances, Command, CommandAnswer, CommandFault, HelpAsk,
};
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, ProposedReport, Refusal, SharedState,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An answer that is right.
pub const RIGHT: bool = true;
/// An answer that is wrong.
pub const WRONG: bool = false;

pub const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

/// A workspace with one course, and everything that happened in it.
#[derive(Clone, Debug)]
pub struct Story {
    pub fold: FoldedState,
    /// All entries, in order.
    pub journal: Vec<Entry>,
    /// What time it is.
    pub now: Timestamp,
    /// How decisions are asked for.
    pub terms: DecisionTerms,
    /// How long answers take from now on, as the site says.
    pub duration_ms: Option<u32>,
    /// Whether decisions may ask a probe. Most stories would have to answer it, so their decisions
    /// are made from the next seed that draws none.
    pub keeps_probes: bool,
    /// How many decisions were drawn: the seed of the latest.
    pub draws: u64,
    site_behind_micros: i64,
}

impl Story {
    /// A story in one course, where `lin-ts` decides unless the story says otherwise.
    ///
    /// Panics: when the course has problems.
    #[must_use]
    pub fn of(course: CourseDraft) -> Self {
        let mut story = Self {
            fold: FoldedState::default(),
            journal: Vec::new(),
            now: NOW,
            terms: DecisionTerms::new(course_id(&course.id), policy_id("lin-ts")),
            duration_ms: None,
            keeps_probes: false,
            draws: 0,
            site_behind_micros: 0,
        };
        story.publishes(course);
        story
    }

    /// The same, where another policy decides.
    #[must_use]
    pub fn by_policy(mut self, word: &str) -> Self {
        self.terms.policy = policy_id(word);
        self
    }

    #[must_use]
    pub fn state(&self) -> &SharedState {
        &self.fold.shared
    }

    /// The newest version of the course.
    #[must_use]
    pub fn course(&self) -> &Arc<Course> {
        let course = self.state().course(self.course_id().as_str());
        // invariant: a story begins with its course.
        course.expect("the course of a story is published")
    }

    #[must_use]
    pub fn course_id(&self) -> &CourseId {
        &self.terms.course
    }

    /// What is reported of the course.
    #[must_use]
    pub fn report(&self) -> &CourseReport {
        &self.state().reports[self.course_id()]
    }

    /// What a learner has done in the course.
    #[must_use]
    pub fn progress(&self, learner: &str) -> &CourseProgress {
        &self.fold.learners[learner].courses[self.course_id()].progress
    }

    /// Everything that was journaled, the oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.journal.iter().map(|entry| &entry.event)
    }

    /// Tells what a learner does next.
    pub fn learner(&mut self, id: &str) -> LearnerStory<'_> {
        LearnerStory { id: learner_id(id), story: self }
    }

    /// Carries a command out as a node does, with everything that follows from it.
    ///
    /// Errors: what the engine answers when it does not carry the command out. Then nothing has changed.
    ///
    /// Panics: when an invariant does not hold afterwards.
    pub fn handles(&mut self, command: Command) -> Result<CommandAnswer, CommandFault> {
        self.handles_as(command, &self.terms.clone())
    }

    fn handles_as(
        &mut self,
        command: Command,
        terms: &DecisionTerms,
    ) -> Result<CommandAnswer, CommandFault> {
        let FoldedState { shared, learners } = &mut self.fold;
        let id = command.learner().cloned();
        let learner =
            id.map(|id| learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id)));
        let around = Circumstances {
            at: self.now,
            seed: Seed(self.draws),
            defaults: &terms.defaults(),
            is_taken: &|_| false,
        };
        let outcome = shared.handle(learner, command, &around)?;
        for recorded in outcome.events {
            self.keeps_entry(recorded.entry);
        }
        assert_eq!(self.state().check_rewards(), Ok(()));
        assert_eq!(self.state().check_supports(), Ok(()));
        Ok(outcome.answer)
    }

    /// The same for what a test knows to be carried out.
    ///
    /// Panics: when it is not.
    fn does_handle(&mut self, command: Command) {
        if let Err(fault) = self.handles(command) {
            panic!("the command of a story is not carried out: {fault}");
        }
    }

    fn keeps_entry(&mut self, entry: Entry) {
        if let Event::RewardJoined(joined) = &entry.event {
            assert_eq!(invariants::rwd_1(joined), Ok(()));
        }
        if let Some(learner) = entry.event.learner() {
            assert_eq!(lrn_1(&self.fold.learners[learner]), Ok(()));
        }
        self.journal.push(entry);
    }

    /// Publishes a course, or another version of it.
    ///
    /// Panics: when it has problems.
    pub fn publishes(&mut self, course: CourseDraft) {
        self.does_handle(Command::Publish(Box::new(course)));
    }

    /// Writes an entry that a command would refuse or make otherwise: one of an old journal, or a
    /// reward that the test makes up. What follows from it is done as after a command.
    ///
    /// Panics: when an invariant does not hold afterwards.
    pub fn enters(&mut self, event: Event) {
        let seq = self.journal.len() as u64 + 1;
        let id = event_id(&format!("e{seq}"));
        let learner = event.learner().cloned();
        let entry = Entry { seq, id, received_at: self.now, event };
        self.fold.apply(&entry);
        self.journal.push(entry);
        if let Some(learner) = learner {
            assert_eq!(lrn_1(&self.fold.learners[&learner]), Ok(()));
            self.settles(learner);
        }
        assert_eq!(self.state().check_rewards(), Ok(()));
    }

    fn settles(&mut self, learner: LearnerId) {
        let course = self.course_id().clone();
        self.does_handle(Command::Settle { learner, course });
    }
}

impl Story {
    pub fn pass_minutes(&mut self, minutes: f64) -> &mut Self {
        self.now = self.now.plus_micros((minutes * MINUTE_MICROS as f64) as i64);
        self
    }

    pub fn pass_hours(&mut self, hours: f64) -> &mut Self {
        self.now = self.now.plus_micros((hours * HOUR_MICROS as f64) as i64);
        self
    }

    /// Lets days pass, in which the node settles what waits no longer.
    pub fn pass_days(&mut self, days: f64) -> &mut Self {
        self.now = self.now.plus_micros((days * DAY_MICROS as f64) as i64);
        self.sweeps()
    }

    /// Settles decisions whose windows have ended, as the node does on a timer.
    pub fn sweeps(&mut self) -> &mut Self {
        let ended: Vec<_> = self.state().windows_ended(self.now).cloned().collect();
        for (learner, _) in ended {
            self.settles(learner);
        }
        self
    }

    /// From now on the site's clock is behind the node's.
    pub fn site_is_behind_minutes(&mut self, minutes: f64) {
        self.site_behind_micros = (minutes * MINUTE_MICROS as f64) as i64;
    }

    /// Tells what happened some hours ago and arrives now.
    pub fn late(&mut self, hours: f64, tell: impl FnOnce(&mut Self)) -> &mut Self {
        let behind = self.site_behind_micros;
        self.site_behind_micros += (hours * HOUR_MICROS as f64) as i64;
        tell(self);
        self.site_behind_micros = behind;
        self
    }
}

/// Decisions, rewards, and what people order.
impl Story {
    /// What would be decided for a learner. Nothing is journaled.
    ///
    /// Errors: what the engine refuses.
    ///
    /// Panics: when there is nothing to do, or the decision breaks an invariant.
    pub fn asks(
        &self,
        learner: &str,
        terms: &DecisionTerms,
        seed: u64,
    ) -> Result<Decision, Refusal> {
        let learner = self.fold.learner(&learner_id(learner));
        let id = decision_id(&format!("would-{}", self.journal.len()));
        let next = terms.preview(self.state(), &learner, id, self.now, seed)?;
        let Guidance::Activity(decision) = next else { panic!("nothing is left to do: {next:?}") };
        assert_eq!(invariants::decision(&decision), Ok(()), "{decision:?}");
        Ok(*decision)
    }

    /// The rest that a learner would be told of, when there is nothing to do.
    ///
    /// Panics: when the engine refuses the request.
    #[must_use]
    pub fn would_rest(&self, learner: &str) -> Option<Rest> {
        let learner = self.fold.learner(&learner_id(learner));
        let id = decision_id("would-rest");
        match self.terms.preview(self.state(), &learner, id, self.now, 0) {
            Ok(Guidance::Rest(rest)) => Some(rest),
            Ok(Guidance::Activity(_)) => None,
            Err(refusal) => panic!("the request of a story is refused: {refusal:?}"),
        }
    }

    /// The same, asked as the story asks, of which nothing is refused.
    ///
    /// Panics: when the engine refuses it.
    #[must_use]
    pub fn would_decide(&self, learner: &str) -> Decision {
        self.would_decide_from(learner, self.journal.len() as u64)
    }

    /// The same from a seed.
    ///
    /// Panics: when the engine refuses it.
    #[must_use]
    pub fn would_decide_from(&self, learner: &str, seed: u64) -> Decision {
        // invariant: a test of refusals calls `asks`.
        self.asks(learner, &self.terms, seed).expect("the request of a story is not refused")
    }

    pub fn keeps(&mut self, decision: &Decision) {
        let mut decision = decision.clone();
        if !self.keeps_probes {
            decision.probe = None;
        }
        self.enters(Event::DecisionMade(Box::new(decision)));
    }

    /// The decision of an id.
    ///
    /// Panics: when the journal has none.
    #[must_use]
    pub fn decision(&self, id: &DecisionId) -> &Decision {
        for event in self.events() {
            if let Event::DecisionMade(decision) = event
                && decision.origin.id == *id
            {
                return decision;
            }
        }
        panic!("the journal of the story has no decision {id}")
    }

    /// The site reports a value of a component of a decision, so many hours ago.
    ///
    /// Errors: what the engine refuses.
    pub fn reports_reward(
        &mut self,
        decision: &DecisionId,
        component: &str,
        value: f64,
        hours_ago: f64,
    ) -> Result<(), Refusal> {
        let occurred_at = self.now.plus_micros(-(hours_ago * HOUR_MICROS as f64) as i64);
        let component = component.to_owned();
        let report = ProposedReport { component, value, occurred_at: Some(occurred_at) };
        let id = event_id(&format!("report-{}", self.journal.len()));
        let decision = Arc::new(self.decision(decision).clone());
        refused(self.handles(Command::Report { id, decision, report })).map(drop)
    }

    /// What is said when a person turns the kill switch of a course, or that of all courses.
    #[must_use]
    pub fn switch(&self, course: Option<&str>, on: bool, reason: &str) -> KillSwitchTurned {
        let (course, by) = (course.map(course_id), "the head".to_owned());
        KillSwitchTurned { course, thrown: on, reason: reason.to_owned(), by }
    }

    /// A person turns the kill switch of the course, or that of all courses.
    ///
    /// Panics: when the engine refuses it.
    pub fn turns_switch(&mut self, course: Option<&str>, on: bool) {
        let turned = self.switch(course, on, "rewards fell");
        let answer = self.handles(Command::TurnKillSwitch(turned));
        assert!(matches!(answer, Ok(CommandAnswer::Recorded { .. })), "{answer:?}");
    }

    /// A teacher sets a constraint.
    ///
    /// Panics: when the engine refuses it.
    pub fn constrains(&mut self, constraint: Constraint) {
        self.does_handle(Command::SetConstraint(Box::new(constraint)));
    }

    /// Corrects what the journal says, as a node does. Answers with what changes, by learner.
    ///
    /// Panics: when an invariant does not hold afterwards.
    pub fn corrects(&mut self, asked: CorrectionAsked) -> BTreeMap<LearnerId, Recounted> {
        let mut corrections = Corrections::default();
        self.journal.iter().for_each(|entry| corrections.read(entry));
        let kind = asked.kind();
        let mut recount = Recount::new(corrections, asked);
        self.journal.iter().for_each(|entry| recount.read(entry));
        let mut changed = recount.recounted;
        changed.retain(|_, it| !it.amended.is_empty());
        for (learner, recounted) in changed.clone() {
            let seq = self.journal.len() as u64 + 1;
            let (reason, by) = ("it was wrong".to_owned(), "the teacher".to_owned());
            let correction = recounted.correction(learner, kind, reason, by);
            let event = Event::Corrected(Box::new(correction));
            let id = event_id(&format!("e{seq}"));
            self.journal.push(Entry { seq, id, received_at: self.now, event });
        }
        self.fold = FoldedState::of(&self.journal);
        assert_eq!(self.state().check_rewards(), Ok(()));
        assert_eq!(self.state().check_supports(), Ok(()));
        changed
    }

    /// Folds the journal again from nothing and compares everything.
    ///
    /// Panics: when the state differs.
    pub fn assert_replays(&self) {
        assert!(FoldedState::of(&self.journal) == self.fold, "the journal folds to another state");
    }
}

fn lrn_1(learner: &LearnerState) -> Result<(), Violation> {
    invariants::lrn_1(&learner.id, &learner.belief)
}

/// What the engine refuses. A test of other faults calls [`Story::handles`].
fn refused(answer: Result<CommandAnswer, CommandFault>) -> Result<CommandAnswer, Refusal> {
    answer.map_err(|fault| match fault {
        CommandFault::Refused(refusal) => refusal,
        other => panic!("the command of a story is not carried out: {other}"),
    })
}

/// What one learner does. Each thing they do takes a minute.
#[derive(Debug)]
pub struct LearnerStory<'a> {
    id: LearnerId,
    story: &'a mut Story,
}

impl LearnerStory<'_> {
    /// The story goes on with another learner.
    #[must_use]
    pub fn learner(self, id: &str) -> Self {
        Self { id: learner_id(id), story: self.story }
    }

    /// What is known of them.
    #[must_use]
    pub fn state(&self) -> LearnerState {
        self.story.fold.learner(&self.id)
    }

    pub fn pass_hours(self, hours: f64) -> Self {
        self.story.pass_hours(hours);
        self
    }

    pub fn sweeps(self) -> Self {
        self.story.sweeps();
        self
    }

    pub fn enrols(self) -> Self {
        self.does(Action::Enrolled { test: false })
    }

    /// Enrols as a learner who only tries the site out.
    pub fn enrols_as_test(self) -> Self {
        self.does(Action::Enrolled { test: true })
    }

    pub fn starts(self, activity: &str) -> Self {
        self.does(Action::ActivityStarted { activity: activity_id(activity) })
    }

    pub fn completes(self, activity: &str) -> Self {
        self.does(Action::ActivityCompleted { activity: activity_id(activity) })
    }

    pub fn skips(self, activity: &str) -> Self {
        self.does(Action::ActivitySkipped { activity: activity_id(activity) })
    }

    /// Answers a question in the activity that asks it.
    pub fn answers(self, question: &str, right: bool) -> Self {
        self.answers_with(said::answer(question, right))
    }

    /// The same, and says that it is the answer of a probe.
    pub fn answers_probe(self, question: &str, right: bool) -> Self {
        self.answers_with(ProposedAnswer { probe: true, ..said::answer(question, right) })
    }

    /// The same, where the site counts attempts itself.
    pub fn answers_attempt(self, question: &str, right: bool, attempt: u16) -> Self {
        let attempt = Some(attempt);
        self.answers_with(ProposedAnswer { attempt, ..said::answer(question, right) })
    }

    /// Answers as the site words it.
    ///
    /// Panics: when no activity asks the question, or the engine refuses the answer.
    pub fn answers_with(self, answer: ProposedAnswer) -> Self {
        let course = self.story.course();
        let question = course.question(answer.question.as_str());
        // invariant: a test answers questions of its course.
        let asked_in = question.expect("the course of a story asks the question").activity;
        let activity = Some(course.activities[asked_in].id.clone());
        let duration_ms = answer.duration_ms.or(self.story.duration_ms);
        let answer = ProposedAnswer { activity, duration_ms, ..answer };
        self.proposes(ProposedAction::Answered(answer))
    }

    /// Does what has no answer in it.
    pub fn does(self, action: Action) -> Self {
        self.proposes(ProposedAction::Plain(action))
    }

    fn proposes(self, action: ProposedAction) -> Self {
        self.story.pass_minutes(1.0);
        match self.tries(action) {
            Ok(story) => story,
            Err(refusal) => panic!("the action of a story is refused: {refusal:?}"),
        }
    }

    /// Does at once what may be refused.
    ///
    /// Errors: what the engine refuses.
    pub fn tries(self, action: ProposedAction) -> Result<Self, Refusal> {
        let story = &mut *self.story;
        let occurred_at = Some(story.now.plus_micros(-story.site_behind_micros));
        let proposal = said::proposal(self.id.as_str(), story.course_id().as_str(), action);
        let proposal = Proposal { occurred_at, ..proposal };
        let id = event_id(&format!("e{}", story.journal.len() + 1));
        refused(story.handles(Command::Record { id, proposal }))?;
        Ok(self)
    }

    /// Gives or withdraws consent to exploration.
    ///
    /// Panics: when it changes nothing.
    pub fn consents(self, exploration: bool) -> Self {
        let changed = said::consent(self.id.as_str(), exploration);
        let answer = self.story.handles(Command::ChangeConsent(changed));
        assert!(matches!(answer, Ok(CommandAnswer::Recorded { .. })), "{answer:?}");
        self
    }

    /// Says once more what held before, which changes nothing.
    ///
    /// Panics: when it changes something.
    pub fn consents_again(self, exploration: bool) -> Self {
        let changed = said::consent(self.id.as_str(), exploration);
        assert_eq!(
            self.story.handles(Command::ChangeConsent(changed)),
            Ok(CommandAnswer::Unchanged)
        );
        self
    }

    /// Asks for help with a question. The choice is journaled.
    ///
    /// Errors: what the engine refuses.
    pub fn tries_help(self, question: &str, reason: HelpReason) -> Result<SupportChosen, Refusal> {
        let story = self.story;
        story.draws += 1;
        let ask = HelpAsk {
            id: decision_id(&format!("s{}", story.draws)),
            learner: self.id,
            course: story.course_id().clone(),
            question: question_id(question),
            reason,
            decision: None,
        };
        match refused(story.handles(Command::Support(Box::new(ask))))? {
            CommandAnswer::Supported { chosen, .. } => Ok((*chosen).clone()),
            answer => panic!("a request for help got {answer:?}"),
        }
    }

    /// The same for a learner who may ask.
    ///
    /// Panics: when the engine refuses it.
    pub fn gets_help(self, question: &str) -> SupportChosen {
        match self.tries_help(question, HelpReason::Asked) {
            Ok(chosen) => chosen,
            Err(refusal) => panic!("the request of a story is refused: {refusal:?}"),
        }
    }

    /// Asks what comes next. The decision is journaled.
    pub fn decides(self) -> Decision {
        let terms = self.story.terms.clone();
        self.decides_as(&terms)
    }

    /// The same where only one activity may be chosen.
    ///
    /// Panics: when the engine refuses it.
    pub fn decides_for(self, activity: &str) -> DecisionId {
        let filter = CandidateFilter { only: Some(vec![activity_id(activity)]), exclude: vec![] };
        let terms = DecisionTerms { filter, ..self.story.terms.clone() };
        self.decides_as(&terms).origin.id
    }

    /// Asks in these words what comes next. The decision is journaled.
    ///
    /// Panics: when the engine refuses it.
    pub fn decides_as(self, terms: &DecisionTerms) -> Decision {
        let story = self.story;
        story.draws += 1;
        if !story.keeps_probes {
            let draws_probe = |story: &Story| {
                let decision = story.asks(self.id.as_str(), terms, story.draws);
                decision.is_ok_and(|decision| decision.probe.is_some())
            };
            while draws_probe(story) {
                story.draws += 1;
            }
        }
        let id = decision_id(&format!("d{}", story.draws));
        match story.handles_as(Command::Decide(Box::new(terms.ask(id, self.id))), terms) {
            Ok(CommandAnswer::Decided { decision, .. }) => (*decision).clone(),
            answer => panic!("the request of a story is refused: {answer:?}"),
        }
    }
}
