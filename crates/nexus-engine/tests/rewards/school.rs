//! A small school for stories: one course, a clock that is told to move, and a journal kept in
//! memory, so that a test says only what a teacher would say.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, QuestionDraft, SkillDraft,
};
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::erasure::{ErasureMark, LearnerErased};
use nexus_engine::event::{Action, Entry, Event};
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{
    ActivityId, CourseId, DecisionId, EventId, ExperimentId, LearnerId, PolicyId, QuestionId,
    VariantName,
};
use nexus_engine::invariants;
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::learner::progress::ActivityProgress;
use nexus_engine::learner::results::Results;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::report::CourseReport;
use nexus_engine::seed::Seed;
use nexus_engine::time::{HOUR_MICROS, MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::redaction::Redaction;
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, ProposedReport, Refusal, SharedState,
};
use std::collections::BTreeMap;

/// What became of a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    Waiting,
    Joined(Box<RewardJoined>),
    Closed(&'static str),
}

#[derive(Clone)]
pub struct RewardRoom {
    shared: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
    journal: Vec<Entry>,
    now: Timestamp,
    site_behind_micros: i64,
    /// How long answers take from now on, as the site says.
    pub duration_ms: Option<u32>,
    pub consents_by_default: bool,
    /// Who decides.
    pub policy: &'static str,
}

impl RewardRoom {
    pub fn new() -> Self {
        Self::teaching(sums())
    }

    /// A school with one course of the id `sums`.
    pub fn teaching(course: CourseDraft) -> Self {
        let mut school = Self {
            shared: SharedState::default(),
            learners: BTreeMap::new(),
            journal: Vec::new(),
            now: Timestamp(1_700_000_000_000_000),
            site_behind_micros: 0,
            duration_ms: None,
            consents_by_default: true,
            policy: "lin-ts",
        };
        school.publish(course);
        assert!(school.shared.course("sums").is_some(), "the course must be valid");
        school
    }

    /// Publishes a version of a course that has nothing wrong with it.
    pub fn publish(&mut self, course: CourseDraft) {
        assert_eq!(nexus_engine::catalog::validation::check(&course), []);
        self.push(Event::CoursePublished(Box::new(course)));
    }

    /// Asks for a decision that may only choose one activity.
    pub fn decide(&mut self, learner: &str, activity: &str) -> DecisionId {
        let id = DecisionId::new(&format!("d{}", self.journal.len())).unwrap();
        let filter =
            CandidateFilter { only: Some(vec![activity_id(activity)]), exclude: Vec::new() };
        let request = DecisionRequest {
            id: id.clone(),
            course: &CourseId::new("sums").unwrap(),
            filter: &filter,
            context: None,
            default_policy: &PolicyId::new(self.policy).unwrap(),
            consents_by_default: self.consents_by_default,
            holdout_share: 0.0,
            at: self.now,
            seed: Seed(self.journal.len() as u64),
        };
        let state = self.learner(learner).clone();
        let mut decision = self.shared.decide(&state, &request).unwrap();
        invariants::decision(&decision).unwrap();
        // Probes are drawn by chance; these stories ask none unless they say so.
        decision.probe = None;
        self.push(Event::DecisionMade(Box::new(decision)));
        id
    }

    /// Asks for a decision that may choose anything.
    pub fn decide_freely(&mut self, learner: &str) -> Decision {
        self.decide_seeded(learner, self.journal.len() as u64)
    }

    /// The same from a seed of the story's choice.
    pub fn decide_seeded(&mut self, learner: &str, seed: u64) -> Decision {
        let request = DecisionRequest {
            id: DecisionId::new(&format!("d{}", self.journal.len())).unwrap(),
            course: &CourseId::new("sums").unwrap(),
            filter: &CandidateFilter::default(),
            context: None,
            default_policy: &PolicyId::new(self.policy).unwrap(),
            consents_by_default: self.consents_by_default,
            holdout_share: 0.0,
            at: self.now,
            seed: Seed(seed),
        };
        let state = self.learner(learner).clone();
        let decision = self.shared.decide(&state, &request).unwrap();
        invariants::decision(&decision).unwrap();
        decision
    }

    /// Makes a decision true that was asked for freely.
    pub fn keep(&mut self, decision: &Decision) {
        self.push(Event::DecisionMade(Box::new(Decision { probe: None, ..decision.clone() })));
    }

    pub fn turned(&self, course: Option<&str>, thrown: bool, reason: &str) -> KillSwitchTurned {
        let course = course.map(|course| CourseId::new(course).unwrap());
        KillSwitchTurned { course, thrown, reason: reason.into(), by: "the head".into() }
    }

    pub fn turn(&mut self, course: Option<&str>, thrown: bool) {
        let turned = self.turned(course, thrown, "rewards fell");
        assert_eq!(self.shared.admit_kill_switch(&turned), Ok(true));
        self.push(Event::KillSwitchTurned(turned));
    }

    pub fn changed(&self, learner: &str, exploration: bool, reason: &str) -> ConsentChanged {
        let learner = LearnerId::new(learner).unwrap();
        ConsentChanged { learner, exploration, reason: reason.into(), by: "the parents".into() }
    }

    pub fn consent(&mut self, learner: &str, exploration: bool) -> &mut Self {
        let changed = self.changed(learner, exploration, "asked at school");
        assert_eq!(self.learner(learner).admit_consent(&changed), Ok(true));
        self.push(Event::ConsentChanged(changed));
        self
    }

    /// The same once more changes nothing.
    pub fn say_again(&mut self, learner: &str, exploration: bool) -> &mut Self {
        let changed = self.changed(learner, exploration, "asked at home");
        assert_eq!(self.learner(learner).admit_consent(&changed), Ok(false));
        self
    }

    pub fn shared(&self) -> &SharedState {
        &self.shared
    }

    /// Starts an experiment in which everybody is in one of two variants of one policy.
    pub fn experiment(&mut self) {
        let variant = |name: &str| Variant {
            name: VariantName::new(name).unwrap(),
            policy: PolicyId::new("lin-ts").unwrap(),
            weight: 0.5,
        };
        self.push(Event::ExperimentStarted(ExperimentDefinition {
            id: ExperimentId::new("e").unwrap(),
            version: 1,
            course: CourseId::new("sums").unwrap(),
            variants: vec![variant("one"), variant("other")],
            planned_learners: 100,
        }));
    }

    /// The site reports a value of a component of a decision, so many hours ago.
    pub fn report_reward(
        &mut self,
        decision: &DecisionId,
        component: &str,
        value: f64,
        hours_ago: f64,
    ) -> Result<(), Refusal> {
        let occurred_at = self.now.plus_micros(-(hours_ago * HOUR_MICROS as f64) as i64);
        let report = ProposedReport {
            component: component.to_owned(),
            value,
            occurred_at: Some(occurred_at),
        };
        let made = self.decision(decision);
        let event = self.shared.admit_report(&made, &report, self.now)?;
        self.push(event);
        Ok(())
    }

    fn decision(&self, id: &DecisionId) -> Decision {
        let made = |entry: &Entry| match &entry.event {
            Event::DecisionMade(decision) if decision.id == *id => Some((**decision).clone()),
            _ => None,
        };
        self.journal.iter().find_map(made).unwrap()
    }

    pub fn start(&mut self, learner: &str, activity: &str) -> &mut Self {
        let activity = activity_id(activity);
        self.act(learner, ProposedAction::Plain(Action::ActivityStarted { activity }))
    }

    pub fn complete(&mut self, learner: &str, activity: &str) -> &mut Self {
        let activity = activity_id(activity);
        self.act(learner, ProposedAction::Plain(Action::ActivityCompleted { activity }))
    }

    pub fn answer(
        &mut self,
        learner: &str,
        activity: &str,
        question: &str,
        right: bool,
    ) -> &mut Self {
        self.answered(learner, activity, question, right, false)
    }

    pub fn answer_as_probe(
        &mut self,
        learner: &str,
        activity: &str,
        question: &str,
        right: bool,
    ) -> &mut Self {
        self.answered(learner, activity, question, right, true)
    }

    pub fn skip(&mut self, learner: &str, activity: &str) -> &mut Self {
        let activity = activity_id(activity);
        self.act(learner, ProposedAction::Plain(Action::ActivitySkipped { activity }))
    }

    /// Lets a story happen some hours ago, and arrive now.
    pub fn late(&mut self, hours: f64, story: impl FnOnce(&mut Self) -> &mut Self) -> &mut Self {
        let behind = self.site_behind_micros;
        self.site_behind_micros += (hours * HOUR_MICROS as f64) as i64;
        story(self);
        self.site_behind_micros = behind;
        self
    }

    /// From now on the site's clock is behind the node's.
    pub fn site_clock_behind_minutes(&mut self, minutes: f64) {
        self.site_behind_micros = (minutes * MINUTE_MICROS as f64) as i64;
    }

    pub fn activity(&self, learner: &str, activity: &str) -> ActivityProgress {
        let course = CourseId::new("sums").unwrap();
        let key = self.shared.course("sums").unwrap().activity(activity).unwrap().key;
        let learner = &self.learners[&LearnerId::new(learner).unwrap()];
        learner.courses[&course].progress.activity(key).unwrap().clone()
    }

    pub fn skill_results(&self, learner: &str, skill: &str) -> Results {
        let course = CourseId::new("sums").unwrap();
        let skills = &self.shared.course("sums").unwrap().skills;
        let key = skills.iter().find(|known| known.id.as_str() == skill).unwrap().key;
        self.learners[&LearnerId::new(learner).unwrap()].courses[&course]
            .progress
            .skill_results(key)
    }

    /// An answer for which the site counts attempts itself.
    pub fn answer_saying_attempt(
        &mut self,
        learner: &str,
        activity: &str,
        question: &str,
        right: bool,
        attempt: u16,
    ) -> &mut Self {
        self.answer_with(learner, activity, question, right, false, Some(attempt))
    }

    fn answered(
        &mut self,
        learner: &str,
        activity: &str,
        question: &str,
        right: bool,
        probe: bool,
    ) -> &mut Self {
        self.answer_with(learner, activity, question, right, probe, None)
    }

    fn answer_with(
        &mut self,
        learner: &str,
        activity: &str,
        question: &str,
        right: bool,
        probe: bool,
        attempt: Option<u16>,
    ) -> &mut Self {
        let answer = ProposedAnswer {
            activity: Some(activity_id(activity)),
            question: QuestionId::new(question).unwrap(),
            correct: Some(right),
            grade: None,
            response: None,
            duration_ms: self.duration_ms,
            hints: 0,
            attempt,
            probe,
        };
        self.act(learner, ProposedAction::Answered(answer))
    }

    fn act(&mut self, learner: &str, action: ProposedAction) -> &mut Self {
        self.now = self.now.plus_micros(MINUTE_MICROS);
        let proposal = Proposal {
            learner: LearnerId::new(learner).unwrap(),
            course: CourseId::new("sums").unwrap(),
            course_version: None,
            occurred_at: Some(self.now.plus_micros(-self.site_behind_micros)),
            decision: None,
            action,
        };
        let state = self.learner(learner).clone();
        let event = self.shared.admit(&state, proposal, self.now).unwrap();
        self.push(event);
        self
    }

    /// Erases somebody as a node and its store do: redacts what the journal holds of them, and says
    /// so. Answers with the name that is left.
    pub fn erase(&mut self, learner: &str) -> LearnerId {
        let (id, left) = (LearnerId::new(learner).unwrap(), LearnerId::new("erased-1").unwrap());
        let mut redaction = Redaction::new(left.clone());
        let theirs = |entry: &&mut Entry| entry.event.learner() == Some(&id);
        for entry in self.journal.iter_mut().filter(theirs) {
            entry.id = redaction.meet(entry.seq, &entry.event);
        }
        for entry in self.journal.iter_mut().filter(theirs) {
            entry.event = redaction.redact(entry.event.clone());
        }
        let event = Event::LearnerErased(Box::new(LearnerErased {
            learner: left.clone(),
            mark: ErasureMark([1; 32]),
            entries: 1,
            digest: [2; 32],
            reason: "asked for".into(),
            by: "the office".into(),
        }));
        let seq = self.journal.len() as u64 + 1;
        let id = EventId::new(&format!("e{seq}")).unwrap();
        let entry = Entry { seq, id, received_at: self.now, event };
        let mut state = self.learners.remove(learner).unwrap();
        self.shared.apply(Some(&mut state), &entry);
        self.learners.insert(left.clone(), state);
        self.shared.check_rewards().unwrap();
        self.journal.push(entry);
        left
    }

    /// Everything in the journal and in the state, in words.
    pub fn written(&self) -> String {
        format!("{:?} {:?} {:?}", self.journal, self.shared, self.learners)
    }

    pub fn pass_hours(&mut self, hours: f64) -> &mut Self {
        self.now = self.now.plus_micros((hours * HOUR_MICROS as f64) as i64);
        self
    }

    /// What the node does on a timer: settles decisions whose windows have ended.
    pub fn sweep(&mut self) -> &mut Self {
        let now = self.now;
        let due = self.shared.pending.iter().filter(|((ends_at, _), _)| *ends_at <= now);
        let due: Vec<_> = due.map(|(_, (learner, _))| learner.clone()).collect();
        for learner in due {
            self.settle(&learner);
        }
        self
    }

    pub fn outcome(&self, decision: &DecisionId) -> Settled {
        let about = |entry: &Entry| match &entry.event {
            Event::RewardJoined(joined) if joined.decision == *decision => {
                Some(Settled::Joined(joined.clone()))
            }
            Event::RewardClosed(closed) if closed.decision == *decision => {
                Some(Settled::Closed(closed.reason.word()))
            }
            _ => None,
        };
        self.journal.iter().find_map(about).unwrap_or(Settled::Waiting)
    }

    pub fn joined_count(&self, decision: &DecisionId) -> usize {
        let joined = |entry: &Entry| match &entry.event {
            Event::RewardJoined(joined) => joined.decision == *decision,
            _ => false,
        };
        self.journal.iter().filter(|entry| joined(entry)).count()
    }

    pub fn report(&self) -> &CourseReport {
        &self.shared.reports["sums"]
    }

    pub fn probes_answered(&self) -> u64 {
        self.shared.reports.values().map(|report| report.probes_answered).sum()
    }

    pub fn policy_version(&self) -> u64 {
        self.shared.policies.values().map(|policy| policy.policy().version()).sum()
    }

    pub fn state(&self) -> (SharedState, BTreeMap<LearnerId, LearnerState>) {
        (self.shared.clone(), self.learners.clone())
    }

    /// The state as the journal alone gives it.
    pub fn replayed(&self) -> (SharedState, BTreeMap<LearnerId, LearnerState>) {
        let (mut shared, mut learners) = (SharedState::default(), BTreeMap::new());
        for entry in &self.journal {
            apply(&mut shared, &mut learners, entry);
        }
        (shared, learners)
    }

    fn learner(&mut self, learner: &str) -> &mut LearnerState {
        let id = LearnerId::new(learner).unwrap();
        self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id))
    }

    fn push(&mut self, event: Event) {
        let learner = event.learner().cloned();
        self.push_one(event);
        if let Some(learner) = learner {
            self.settle(&learner);
        }
    }

    fn push_one(&mut self, event: Event) {
        let seq = self.journal.len() as u64 + 1;
        let id = EventId::new(&format!("e{seq}")).unwrap();
        let entry = Entry { seq, id, received_at: self.now, event };
        apply(&mut self.shared, &mut self.learners, &entry);
        for learner in self.learners.values() {
            invariants::lrn_1(&learner.id, &learner.belief).unwrap();
        }
        self.shared.check_rewards().unwrap();
        self.journal.push(entry);
    }

    fn settle(&mut self, learner: &LearnerId) {
        let course = CourseId::new("sums").unwrap();
        let Some(progress) = self.learners.get(learner).and_then(|s| s.courses.get(&course)) else {
            return;
        };
        for event in self.shared.settle(learner, &course, progress, self.now) {
            self.push_one(event);
        }
    }
}

fn apply(
    shared: &mut SharedState,
    learners: &mut BTreeMap<LearnerId, LearnerState>,
    entry: &Entry,
) {
    let learner = entry.event.learner();
    let state = learner
        .map(|id| learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone())));
    shared.apply(state, entry);
}

fn activity_id(id: &str) -> ActivityId {
    ActivityId::new(id).unwrap()
}

/// Two skills, two exercises on the first and one on the second.
pub fn sums() -> CourseDraft {
    let skill = |id: &str| SkillDraft { id: id.into(), title: id.into(), requires: Vec::new() };
    let question = |id: &str| QuestionDraft {
        id: id.into(),
        kind: "numeric".into(),
        prompt: "How much?".into(),
        answer: AnswerDraft::Number(4.0),
        explanation: "Count.".into(),
        ..QuestionDraft::default()
    };
    let exercise = |id: &str, skill: &str, questions: &[&str]| ActivityDraft {
        id: id.into(),
        kind: "exercise".into(),
        title: id.into(),
        skills: vec![skill.into()],
        difficulty: 0.5,
        minutes: 5.0,
        questions: questions.iter().map(|id| question(id)).collect(),
        ..ActivityDraft::default()
    };
    CourseDraft {
        format: 1,
        id: "sums".into(),
        version: 1,
        title: "Sums".into(),
        language: "en".into(),
        description: "A small course.".into(),
        licence: "Apache-2.0 OR MIT".into(),
        skills: vec![skill("add"), skill("mul")],
        modules: vec![ModuleDraft {
            id: "m".into(),
            title: "M".into(),
            activities: vec![
                exercise("add-1", "add", &["a1", "a2"]),
                exercise("add-2", "add", &["a3", "a4"]),
                exercise("mul-1", "mul", &["m1", "m2"]),
            ],
        }],
        path: Vec::new(),
        ..CourseDraft::default()
    }
}
