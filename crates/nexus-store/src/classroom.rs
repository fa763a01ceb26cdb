//! A small classroom for the tests: real entries, made by the engine itself, of three learners in
//! one course under an experiment.

use crate::fault::AppendFault;
use crate::journal::NewRecord;
use crate::store::{OpenOptions, Store};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ComponentDraft, QuestionDraft, RewardDraft, SupportDraft,
    VideoDraft,
};
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::decision::{ClientSoftware, Decision};
use nexus_engine::erasure::{ErasureMark, LearnerErased};
use nexus_engine::event::{Action, Entry, Event};
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::experiment::life::{ExperimentChange, ExperimentChanged};
use nexus_engine::ids::{
    ActivityId, Assignment, ConstraintId, CourseId, DecisionId, EventId, ExperimentId, LearnerId,
    PolicyId, QuestionId, VariantName,
};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::learner::progress::Segment;
use nexus_engine::learner::tracing_version::{
    TracingLineage, TracingOrigin, TracingVersion, TrainingRun,
};
use nexus_engine::learner::training::{TrainingOptions, TrainingReport};
use nexus_engine::lifecycle::PolicyLife;
use nexus_engine::lifecycle::apprentice::{Apprenticeship, Batch, PolicyGraduated};
use nexus_engine::lifecycle::holdout::HoldoutSet;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::lifecycle::promotion::{PolicyPromoted, Proof};
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyVersion};
use nexus_engine::policy::site_context::{SiteContext, SiteValue};
use nexus_engine::seed::Seed;
use nexus_engine::strategy::{StrategyAssigned, StrategySet, StrategyUsed};
use nexus_engine::support::HelpReason;
use nexus_engine::time::{DAY_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::corrections::{CorrectionAsked, Corrections, Recount};
use nexus_engine::workspace::protocol::{Circumstances, Command, Defaults, HelpAsk, Recorded};
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, ProposedReport, SharedState,
};
use nexus_testkit::course::{self as build, CourseBuilder};
use nexus_testkit::ids::{self, decision_id, policy_id};
use nexus_testkit::said::{self, DecisionTerms};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How long the probes of a plan counted.
const PLAN_DAYS: i64 = 14;
const MONDAY: Timestamp = Timestamp(20_000 * DAY_MICROS);

/// All state, and every entry that made it.
pub(crate) struct JournalFixture {
    pub(crate) shared: SharedState,
    pub(crate) learners: BTreeMap<LearnerId, LearnerState>,
    pub(crate) records: Vec<NewRecord>,
    now: Timestamp,
    draws: u64,
}

pub(crate) fn learner(number: u64) -> LearnerId {
    LearnerId::new(&format!("learner-{number}")).unwrap()
}

pub(crate) fn course() -> CourseId {
    CourseId::new("algebra").unwrap()
}

impl JournalFixture {
    pub(crate) fn new() -> Self {
        Self {
            shared: SharedState::default(),
            learners: BTreeMap::new(),
            records: Vec::new(),
            now: MONDAY,
            draws: 0,
        }
    }

    /// One in which so many rounds of lessons were held.
    pub(crate) fn after(rounds: u64) -> Self {
        let mut classroom = Self::new();
        classroom.add(Event::CoursePublished(Box::new(draft())));
        classroom.add(Event::ExperimentStarted(experiment()));
        for number in 0..3 {
            classroom.act(&learner(number), Action::Enrolled { test: false });
            classroom.act(&learner(number), Action::SessionStarted);
        }
        for round in 0..rounds {
            match round {
                1 => classroom.set_shadow(),
                2 => classroom.turn_kill_switch(Some(course()), true),
                3 => classroom.turn_kill_switch(Some(course()), false),
                4 => classroom.turn_kill_switch(None, true),
                5 => classroom.turn_kill_switch(None, false),
                6 => classroom.publish_tracing(TracingOrigin::Trained(training_run())),
                _ => {}
            }
            if round == 3 {
                classroom.change_consent(&learner(1), false);
                classroom.set_constraints();
            }
            if round == 7 {
                classroom.live();
                classroom.set_apprentice();
            }
            (0..3).for_each(|number| classroom.lesson(&learner(number), round));
        }
        classroom
    }

    /// The records after an entry, as the node would append them.
    pub(crate) fn records_after(&self, seq: u64) -> &[NewRecord] {
        &self.records[seq as usize..]
    }

    fn lesson(&mut self, learner: &LearnerId, round: u64) {
        self.now = self.now.plus_micros(MINUTE_MICROS);
        let Some(decision) = self.decide(learner) else {
            // At the end of the path the learner goes on without advice.
            return self.answer_all(learner, &ActivityId::new("exercise-terms-3").unwrap(), round);
        };
        let activity = decision.chosen().activity.clone();
        self.add(Event::DecisionExposed {
            learner: learner.clone(),
            course: course(),
            decision: decision.origin.id.clone(),
            occurred_at: self.now,
        });
        self.act(learner, Action::ActivityStarted { activity: activity.clone() });
        if round % 3 == 1 {
            self.report(&decision, 1.0 / 3.0);
        }
        self.now = self.now.plus_micros(3 * MINUTE_MICROS);
        match round % 5 {
            4 => self.act(learner, Action::ActivitySkipped { activity }),
            3 => {
                let segments = vec![Segment { from_seconds: 0.5, to_seconds: 61.25 }];
                self.act_if(
                    learner,
                    Action::VideoProgressed { activity: activity.clone(), segments, exact: false },
                );
                let comment = Some("clear \"enough\" \u{1f642}".to_owned());
                self.act(learner, Action::Feedback { activity, rating: 4, comment });
            }
            _ => {
                self.answer_all(learner, &activity, round);
                self.act(learner, Action::ActivityCompleted { activity });
            }
        }
        self.settle(learner);
    }

    fn report(&mut self, decision: &Decision, value: f64) {
        let component = "teacher-mark".to_owned();
        let report = ProposedReport { component, value, occurred_at: None };
        let event = self.shared.admit_report(decision, &report, self.now).unwrap();
        self.add(event);
    }

    fn answer_all(&mut self, learner: &LearnerId, activity: &ActivityId, round: u64) {
        let course = self.shared.course("algebra").unwrap().clone();
        let found = course.activity(activity.as_str()).unwrap();
        for (position, question) in found.questions.iter().enumerate() {
            let right = !(round + position as u64).is_multiple_of(3);
            let answer = ProposedAnswer {
                activity: Some(activity.clone()),
                response: Some("x = 2".to_owned()),
                duration_ms: Some(4_321),
                hints: 1,
                ..said::answer(course.questions[*question].id.as_str(), right)
            };
            self.propose(learner, ProposedAction::Answered(answer)).unwrap();
        }
    }

    /// Help with a question: one support whose outcome comes, one of which nothing comes, and one
    /// that waits.
    fn help(&mut self, learner: &LearnerId) {
        for rounds in 0..3 {
            self.now = self.now.plus_micros(8 * DAY_MICROS);
            self.settle(learner);
            self.draws += 1;
            let ask = HelpAsk {
                id: decision_id(&format!("support-{}", self.draws)),
                learner: learner.clone(),
                course: course(),
                question: question(),
                reason: HelpReason::ALL[rounds % 2],
                decision: Some(decision_id("decision-1")).filter(|_| rounds == 0),
            };
            self.handle(learner, Command::Support(Box::new(ask)));
            if rounds == 0 {
                let activity = ActivityId::new("exercise-terms-3").unwrap();
                self.answer_all(learner, &activity, 1);
                self.answer_all(learner, &activity, 3);
            }
        }
    }

    /// `None` once the learner is at the end of the path.
    fn decide(&mut self, learner: &LearnerId) -> Option<Decision> {
        self.draws += 1;
        // The site says something every other time.
        let said =
            [("device", SiteValue::Text("phone".into())), ("class", SiteValue::Number(24.5))];
        let said = said.map(|(key, value)| (key.to_owned(), value));
        let said = SiteContext::new(said).unwrap().filter(|_| self.draws.is_multiple_of(2));
        let mut terms = DecisionTerms::new(course(), policy_id("static")).in_context(said);
        // An erasure has to find what a client says of its learner.
        let (name, version) = (format!("plugin of {learner}"), "2.4.1".to_owned());
        terms.facts.client = Some(Box::new(ClientSoftware { name, version }));
        let id = decision_id(&format!("decision-{}", self.draws));
        let (state, seed) = (&self.learners[learner], u64::MAX - self.draws);
        let next = terms.preview(&self.shared, state, id, self.now, seed).unwrap();
        let mut decision = next.activity()?;
        self.teach_by_plan(&mut decision);
        self.add(Event::DecisionMade(Box::new(decision.clone())));
        Some(decision)
    }

    fn settle(&mut self, learner: &LearnerId) {
        let command = Command::Settle { learner: learner.clone(), course: course() };
        self.handle(learner, command);
    }

    fn handle(&mut self, learner: &LearnerId, command: Command) {
        let defaults = Defaults::of(PolicyId::new("static").unwrap());
        let circumstances = Circumstances {
            at: self.now,
            seed: Seed(u64::MAX - self.draws),
            defaults: &defaults,
            is_taken: &|_: &EventId| false,
        };
        let state = self.learners.get_mut(learner);
        let outcome = self.shared.handle(state, command, &circumstances).unwrap();
        for Recorded { entry, learner_seq, .. } in outcome.events {
            let request_hash = [entry.seq as u8; 16];
            self.records.push(NewRecord { entry, learner_seq, request_hash });
        }
    }

    /// Makes a decision of the adaptive side one under a plan, as versions made it that assigned
    /// plans: their entries must survive.
    fn teach_by_plan(&mut self, decision: &mut Decision) {
        let adaptive = |side: &Assignment| side.variant.as_str() == "adaptive";
        if !decision.origin.decider.assignment.as_ref().is_some_and(adaptive) {
            return;
        }
        let known = self.learners[&decision.learner].courses.get(&decision.course);
        let plan = known.and_then(|known| known.strategy.as_deref());
        if plan.is_none_or(|plan| plan.settled) {
            let period = plan.map_or(0, |plan| plan.period) + 1;
            self.assign_plan(decision, period);
        }
        let progress = &self.learners[&decision.learner].courses[&decision.course];
        let plan = progress.strategy.as_deref().unwrap();
        decision.origin.decider.policy = PolicyId::new("strategic").unwrap();
        decision.strategy = Some(Box::new(StrategyUsed {
            assigned: plan.assigned.clone(),
            period: plan.period,
            position: plan.position,
            propensity: plan.propensity,
            strategy: plan.strategy,
            preferences: vec![-1.0 / 3.0; decision.choice.candidates.len()],
        }));
    }

    fn assign_plan(&mut self, decision: &Decision, period: u32) {
        let (set, bandit) =
            (StrategySet::default(), self.shared.strategy_bandit(&decision.course).unwrap());
        let probabilities = bandit.distribute(&mut decision.choice.seed.stream("plan"));
        let position = (decision.choice.seed.0 % 16) as usize;
        self.add(Event::StrategyAssigned(Box::new(StrategyAssigned {
            id: DecisionId::new(&format!("plan-{}", self.draws)).unwrap(),
            learner: decision.learner.clone(),
            course: decision.course.clone(),
            course_version: decision.origin.window.course_version,
            assigned_at: decision.origin.window.made_at,
            window_ends_at: decision.origin.window.made_at.plus_micros(PLAN_DAYS * DAY_MICROS),
            seed: decision.choice.seed,
            assignment: decision.origin.decider.assignment.clone(),
            period,
            set: set.identity(),
            bandit_version: bandit.version(),
            floor: nexus_engine::strategy::bandit::FLOOR,
            probabilities,
            position,
            strategy: set.strategies()[position],
            expected_success: 0.5,
            before: self.learners[&decision.learner].belief.clone(),
        })));
    }

    /// Settles every plan that waits, once a window has passed.
    fn settle_plans(&mut self) {
        self.now = self.now.plus_micros(PLAN_DAYS * DAY_MICROS);
        (0..3).for_each(|number| self.settle(&learner(number)));
    }

    fn act(&mut self, learner: &LearnerId, action: Action) {
        self.propose(learner, ProposedAction::Plain(action)).unwrap();
    }

    fn act_if(&mut self, learner: &LearnerId, action: Action) {
        // Not every chosen activity is a video.
        let _ = self.propose(learner, ProposedAction::Plain(action));
    }

    fn propose(
        &mut self,
        learner: &LearnerId,
        action: ProposedAction,
    ) -> Result<(), nexus_engine::workspace::Refusal> {
        self.now = self.now.plus_micros(1_000_001);
        let state = self.learners.get(learner).cloned();
        let state = state.unwrap_or_else(|| LearnerState::new(learner.clone()));
        let proposal = Proposal {
            occurred_at: Some(self.now),
            ..said::proposal(learner.as_str(), "algebra", action)
        };
        let event = self.shared.admit(&state, proposal, self.now)?;
        self.add(event);
        Ok(())
    }

    fn change_consent(&mut self, learner: &LearnerId, exploration: bool) {
        self.add(Event::ConsentChanged(ConsentChanged {
            learner: learner.clone(),
            exploration,
            reason: "the parents asked for it".to_owned(),
            by: "the teacher".to_owned(),
        }));
    }

    /// A pin for one learner, and a block and a cap for all.
    fn set_constraints(&mut self) {
        let last = learner(2);
        let rules = [
            (Rule::Block, "exercise-terms-3", None, None),
            (
                Rule::Cap { shown_max: 2 },
                "video-terms",
                None,
                Some(self.now.plus_micros(DAY_MICROS)),
            ),
            (Rule::Pin, "exercise-terms-7", Some(last), None),
        ];
        for (rule, activity, learner, expires_at) in rules {
            let constraint = Constraint {
                id: ConstraintId::new(rule.word()).unwrap(),
                course: course(),
                learner,
                rule,
                activity: ActivityId::new(activity).unwrap(),
                reason: "because \"we\" saw it in class \u{1f642}".to_owned(),
                by: "the teacher".to_owned(),
                expires_at,
            };
            assert_eq!(self.shared.admit_constraint(&constraint, self.now), Ok(()));
            self.add(Event::ConstraintSet(Box::new(constraint)));
        }
    }

    /// Publishes parameters that differ a little from those that serve, as a fit would.
    pub(crate) fn publish_tracing(&mut self, origin: TracingOrigin) {
        let mut model = self.shared.tracing.clone();
        for parameters in model.questions.values_mut() {
            parameters.easiness.mean = 0.7 * parameters.easiness.mean + 0.1;
        }
        let parent = self.shared.tracing_version();
        let lineage = TracingLineage {
            version: parent + 1,
            parent,
            through: self.shared.head,
            origin,
            asked_by: "the classroom".to_owned(),
            digest: crate::codec::tracing_digest(&model),
        };
        let published = TracingVersion { lineage, model };
        assert_eq!(self.shared.admit_tracing(&published), Ok(()));
        self.add(Event::TracingTrained(Box::new(published)));
    }

    /// Lets a policy decide beside those that serve.
    fn set_shadow(&mut self) {
        let set = PolicyModeSet {
            course: course(),
            policy: PolicyId::new("squarecb").unwrap(),
            mode: Mode::Shadow,
            apprentice: None,
            reason: "it may serve next term".to_owned(),
            by: "the classroom".to_owned(),
        };
        assert_eq!(self.shared.admit_mode(&set), Ok(true));
        self.add(Event::PolicyModeSet(set));
    }

    /// Lets a policy learn beside a baseline that serves in its place.
    fn set_apprentice(&mut self) {
        let terms = Apprenticeship {
            baseline: PolicyId::new("mastery").unwrap(),
            agreement: 1.0 / 3.0 + 0.5,
            ..Apprenticeship::default()
        };
        let set = PolicyModeSet {
            course: course(),
            policy: PolicyId::new("squarecb").unwrap(),
            mode: Mode::Apprentice,
            apprentice: Some(terms),
            reason: "it begins next term".to_owned(),
            by: "the classroom".to_owned(),
        };
        assert_eq!(self.shared.admit_mode(&set), Ok(true));
        self.add(Event::PolicyModeSet(set));
    }

    /// Decides in the place of the apprentice, which is promoted for that, and lets it serve.
    fn graduate(&mut self) {
        let (course, policy) = (course(), PolicyId::new("squarecb").unwrap());
        let (reason, by) = ("it begins".to_owned(), "the classroom".to_owned());
        let promoted = PolicyPromoted {
            course: course.clone(),
            policy: policy.clone(),
            share: 1.0,
            proof: Proof::None,
            reason,
            by,
        };
        self.add(Event::PolicyPromoted(promoted));
        assert!(self.decide(&learner(0)).is_some_and(|decision| decision.apprentice.is_some()));
        self.add(Event::PolicyGraduated(PolicyGraduated {
            course,
            policy,
            baseline: PolicyId::new("mastery").unwrap(),
            batch: Batch {
                decisions: 500,
                agreed: 420,
                undecided: 3,
                learners: 41,
                out_of_reach: 77,
            },
            by: "nexus".to_owned(),
        }));
    }

    /// Saves what a policy learned, publishes other statistics, restores the first ones, promotes
    /// the policy and freezes it.
    pub(crate) fn live(&mut self) {
        let (reason, by) = (String::from("because \"we\" say so"), String::from("the classroom"));
        let (course, policy) = (course(), PolicyId::new("lin-ts").unwrap());
        let saved = self.shared.policy(&course, &policy).unwrap().parts();
        let mut other = saved.clone();
        other.numbers.get_mut("response").unwrap()[0] += 0.1 + 0.2;
        let origins = [
            (PolicyOrigin::Saved, saved.clone()),
            (PolicyOrigin::Trained, other),
            (PolicyOrigin::Restored { version: 1 }, saved),
        ];
        for (origin, parts) in origins {
            let parent = self.shared.life(&course, &policy).map_or(0, PolicyLife::version);
            let lineage = PolicyLineage {
                version: parent + 1,
                parent,
                through: self.shared.head,
                origin,
                asked_by: by.clone(),
                reason: reason.clone(),
                digest: crate::codec::policy_digest(&parts),
            };
            let (course, policy) = (course.clone(), policy.clone());
            let version = PolicyVersion { course, policy, lineage, parts };
            assert_eq!(self.shared.admit_policy_version(&version), Ok(()));
            self.add(Event::PolicyVersioned(Box::new(version)));
        }
        let promoted = PolicyPromoted {
            course: course.clone(),
            policy: policy.clone(),
            share: 1.0,
            proof: Proof::None,
            reason: reason.clone(),
            by: by.clone(),
        };
        self.add(Event::PolicyPromoted(promoted));
        let set = HoldoutSet {
            course: course.clone(),
            share: 0.1,
            reason: reason.clone(),
            by: by.clone(),
        };
        // Admission refuses this under a running experiment; a journal may hold it all the same.
        self.add(Event::HoldoutSet(set));
        let (mode, apprentice) = (Mode::Frozen, None);
        let set = PolicyModeSet { course, policy, mode, apprentice, reason, by };
        assert_eq!(self.shared.admit_mode(&set), Ok(true));
        self.add(Event::PolicyModeSet(set));
    }

    /// Turns the kill switch on or off; the call must change it.
    pub(crate) fn turn_kill_switch(&mut self, course: Option<CourseId>, thrown: bool) {
        let reason = "rewards fell \"off\" \u{1f642}".to_owned();
        let turned = KillSwitchTurned { course, thrown, reason, by: "the classroom".to_owned() };
        assert_eq!(self.shared.admit_kill_switch(&turned), Ok(true));
        self.add(Event::KillSwitchTurned(turned));
    }

    /// Erases a learner from a store that holds this classroom, as the node does it. Answers with
    /// the name that is left.
    pub(crate) fn erase(
        &mut self,
        store: &mut Store,
        learner: &LearnerId,
    ) -> Result<LearnerId, AppendFault> {
        let mark = store.make_erasure_mark(learner)?;
        let pseudonym = store.pseudonym()?;
        let redacted = store.redact(learner, &pseudonym)?;
        let seq = store.head().seq + 1;
        let event = Event::LearnerErased(Box::new(LearnerErased {
            learner: pseudonym.clone(),
            mark,
            entries: redacted.entries(),
            digest: redacted.digest(),
            reason: "asked for".to_owned(),
            by: "the office".to_owned(),
        }));
        let id = EventId::new(&format!("learner-erased:{seq}")).unwrap();
        let entry = Entry { seq, id, received_at: self.now, event };
        let before = self.learners.remove(learner);
        let mut state = before.unwrap_or_else(|| LearnerState::new(pseudonym.clone()));
        let learner_seq = Some(state.entries);
        self.shared.apply(Some(&mut state), &entry);
        self.learners.insert(pseudonym.clone(), state);
        let record = NewRecord { entry, learner_seq, request_hash: [0; 16] };
        store.erase(&redacted, &record, &self.shared, self.learners.values())?;
        Ok(pseudonym)
    }

    /// The places of a learner's answers.
    pub(crate) fn answers_of(&self, learner: &LearnerId) -> Vec<u64> {
        let hers = self.records.iter().filter(|it| it.entry.event.learner() == Some(learner));
        let answers = hers.filter(|it| it.entry.event.word() == "question_answered");
        answers.map(|record| record.entry.seq).collect()
    }

    /// Corrects what the journal says, and folds it anew as a node does.
    pub(crate) fn correct(&mut self, asked: CorrectionAsked) {
        let kind = asked.kind();
        let mut recount = Recount::new(self.corrections(), asked);
        self.records.iter().for_each(|record| recount.read(&record.entry));
        for (learner, recounted) in recount.recounted {
            let (reason, by) = ("a \"test\" account".to_owned(), "the office".to_owned());
            let correction = recounted.correction(learner, kind, reason, by);
            self.add(Event::Corrected(Box::new(correction)));
        }
        let corrections = self.corrections();
        self.shared = SharedState::default();
        self.learners.clear();
        for record in &self.records {
            let learner = record.entry.event.learner().map(|id| {
                self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
            });
            corrections.apply(&mut self.shared, learner, &record.entry);
        }
    }

    fn corrections(&self) -> Corrections {
        let mut corrections = Corrections::default();
        self.records.iter().for_each(|record| corrections.read(&record.entry));
        corrections
    }

    /// Makes an event true, and a record of it.
    pub(crate) fn add(&mut self, event: Event) {
        let seq = self.records.len() as u64 + 1;
        let id = EventId::new(&format!("event-{seq}")).unwrap();
        let entry = Entry { seq, id, received_at: self.now, event };
        let learner = entry.event.learner().map(|id| {
            self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
        });
        let learner_seq = learner.as_ref().map(|state| state.entries);
        self.shared.apply(learner, &entry);
        let request_hash = [seq as u8; 16];
        self.records.push(NewRecord { entry, learner_seq, request_hash });
    }
}

pub(crate) fn training_run() -> TrainingRun {
    TrainingRun {
        options: TrainingOptions::default(),
        answers_max: 1_000,
        answers_left_out: 3,
        report: TrainingReport {
            answers: 1_000,
            learners: 40,
            questions_fitted: 11,
            questions_below_floor: 1,
            skills_refused: 0,
            shift: -0.1 - 0.2,
            variance: 1.0 / 3.0,
            log_loss_serving: 0.6,
            log_loss_fitted: 0.59,
        },
    }
}

pub(crate) fn experiment() -> ExperimentDefinition {
    let variants = [("control", "mastery"), ("adaptive", "lin-ts")];
    let planned_learners = 1_000;
    ExperimentDefinition {
        planned_learners,
        ..ids::experiment("adaptive-or-static", "algebra", &variants)
    }
}

pub(crate) fn draft() -> CourseDraft {
    let names = ["numbers", "terms", "equations"];
    let mut draft = CourseDraft {
        description: "A course.".to_owned(),
        licence: "CC0-1.0".to_owned(),
        reward: Some(declared()),
        ..build::course("algebra").skill("numbers", &[])
    };
    for pair in names.windows(2) {
        draft = draft.skill(pair[1], &[pair[0]]);
    }
    for name in names {
        let activities = [video(name), exercise(name, 0.3), exercise(name, 0.7)];
        draft = draft.module(&format!("module-{name}")).teaches(activities);
    }
    draft
}

/// The usual reward, and a mark that is reported and weighs nothing, so that no reward waits for it.
fn declared() -> RewardDraft {
    let mark = ComponentDraft {
        name: Some("teacher-mark".to_owned()),
        aggregate: Some("mean".to_owned()),
        ..ComponentDraft::default()
    };
    RewardDraft { components: vec![mark], ..RewardDraft::default() }
}

fn video(skill: &str) -> ActivityDraft {
    ActivityDraft {
        difficulty: 0.1 + 0.2,
        minutes: 4.0,
        required: true,
        video: Some(VideoDraft { seconds: 240.0, url: None, script: Some("Hello.".to_owned()) }),
        ..build::video(&format!("video-{skill}"), skill)
    }
}

fn exercise(skill: &str, difficulty: f64) -> ActivityDraft {
    let id = format!("exercise-{skill}-{}", (10.0 * difficulty) as u32);
    let single = QuestionDraft {
        kind: "single".to_owned(),
        options: vec![("a".to_owned(), "One".to_owned()), ("b".to_owned(), "Two".to_owned())],
        answer: AnswerDraft::One("a".to_owned()),
        hints: vec!["Think.".to_owned()],
        supports: supports(),
        ..build::question(&format!("{id}-a"))
    };
    let numeric = QuestionDraft {
        answer: AnswerDraft::Number(2.5),
        tolerance: Some(1e-3),
        difficulty: Some(difficulty / 3.0),
        ..build::question(&format!("{id}-b"))
    };
    ActivityDraft {
        difficulty,
        minutes: 6.0,
        required: true,
        questions: vec![single, numeric],
        ..build::exercise(&id, skill)
    }
}

fn supports() -> Vec<SupportDraft> {
    let text = |id: &str, kind: &str| SupportDraft {
        id: id.to_owned(),
        kind: kind.to_owned(),
        text: Some(format!("{id}: \u{201c}think\u{201d}.")),
        activity: None,
    };
    let film = SupportDraft {
        text: None,
        activity: Some("video-terms".to_owned()),
        ..text("film", "remedial_activity")
    };
    vec![text("nudge", "hint"), text("like-it", "worked_example"), text("why", "explanation"), film]
}

/// One event of every kind, also with what the classroom does not come across.
pub(crate) fn one_of_each() -> Vec<Event> {
    let records = one_of_each_classroom().records;
    records.into_iter().map(|record| record.entry.event).collect()
}

/// The classroom in which they happen.
pub(crate) fn one_of_each_classroom() -> JournalFixture {
    let mut classroom = JournalFixture::after(10);
    classroom.act(&learner(0), Action::SessionEnded);
    let activity = ActivityId::new("exercise-terms-3").unwrap();
    classroom.act(&learner(0), Action::QuizCompleted { activity, grade: Some(1.0 / 3.0) });
    let video = ActivityId::new("video-terms").unwrap();
    let segments = vec![
        Segment { from_seconds: 0.1, to_seconds: 0.3 },
        Segment { from_seconds: 7.0, to_seconds: 1e2 },
    ];
    let exact = false;
    classroom.act(&learner(0), Action::VideoProgressed { activity: video, segments, exact });
    classroom.add(Event::ExperimentStopped {
        experiment: ExperimentId::new("adaptive-or-static").unwrap(),
        reason: "enough was seen".to_owned(),
    });
    let changes = [
        ExperimentChange::Share(0.1),
        ExperimentChange::Concluded { variant: Some(VariantName::new("control").unwrap()) },
        ExperimentChange::Concluded { variant: None },
        ExperimentChange::Archived,
    ];
    for change in changes {
        classroom.add(Event::ExperimentChanged(Box::new(ExperimentChanged {
            experiment: ExperimentId::new("adaptive-or-static").unwrap(),
            change,
            reason: "the \"head\" said so".to_owned(),
            by: "the head".to_owned(),
        })));
    }
    classroom.graduate();
    classroom.add(Event::ConstraintLifted {
        course: course(),
        constraint: ConstraintId::new("block").unwrap(),
        reason: "the video is right again".to_owned(),
        by: "the teacher".to_owned(),
    });
    classroom.publish_tracing(TracingOrigin::Restored { version: 1 });
    classroom.now = classroom.now.plus_micros(8 * DAY_MICROS);
    assert!(classroom.decide(&learner(1)).is_some());
    classroom.now = classroom.now.plus_micros(8 * DAY_MICROS);
    classroom.settle(&learner(1));
    classroom.settle_plans();
    classroom.help(&learner(2));
    classroom.add(Event::LearnerErased(Box::new(LearnerErased {
        learner: LearnerId::new("erased-0").unwrap(),
        mark: ErasureMark([7; 32]),
        entries: 3,
        digest: [9; 32],
        reason: "the parents \"asked\" for it \u{1f642}".to_owned(),
        by: "the office".to_owned(),
    })));
    let place = classroom.answers_of(&learner(0))[0];
    classroom.correct(CorrectionAsked::Void(BTreeSet::from([place])));
    classroom
}

/// A store with all records of a classroom, in batches as a node would make them.
pub(crate) fn filled(directory: &Path, classroom: &JournalFixture) -> Store {
    let mut store = Store::open(directory, &OpenOptions::default()).unwrap();
    for batch in classroom.records.chunks(7) {
        store.append(batch).unwrap();
    }
    store
}

/// Copies a data directory as a killed process leaves it: the log is not merged.
pub(crate) fn copy(from: &Path, to: &Path) {
    for name in ["nexus.db", "nexus.db-wal", "watermark", "erasures"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// Runs SQL behind the store's back.
pub(crate) fn tamper(directory: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(directory.join("nexus.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// A question that is never asked, for tests that need an id.
pub(crate) fn question() -> QuestionId {
    QuestionId::new("exercise-terms-3-a").unwrap()
}
