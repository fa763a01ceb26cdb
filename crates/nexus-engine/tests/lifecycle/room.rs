//! A course, its learners, and the journal that is written about them; rewards are said, not
//! earned, because these scenarios are about what becomes of them.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, QuestionDraft, SkillDraft,
};
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{CourseId, DecisionId, EventId, LearnerId, PolicyId};
use nexus_engine::invariants;
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::lifecycle::apprentice::Apprenticeship;
use nexus_engine::lifecycle::kill_switch::KillSwitchTurned;
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::lifecycle::promotion::PolicyPromoted;
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyVersion};
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::seed::Seed;
use nexus_engine::time::{MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::protocol::{Circumstances, Command, Defaults};
use nexus_engine::workspace::{LearnerState, Refusal, SharedState};
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

/// Six exercises on one skill each, of growing difficulty.
pub fn draft() -> CourseDraft {
    let names = ["one", "two", "three", "four", "five", "six"];
    let skill = |id: &&str| SkillDraft { id: (*id).into(), title: (*id).into(), requires: vec![] };
    let activity = |(position, id): (usize, &&str)| ActivityDraft {
        id: (*id).into(),
        kind: "exercise".into(),
        title: format!("Exercise {id}"),
        skills: vec![(*id).into()],
        difficulty: 0.3 + 0.05 * position as f64,
        minutes: 5.0,
        questions: vec![QuestionDraft {
            id: format!("{id}-q"),
            kind: "numeric".into(),
            prompt: "How much?".into(),
            answer: AnswerDraft::Number(4.0),
            ..QuestionDraft::default()
        }],
        ..ActivityDraft::default()
    };
    let activities = names.iter().enumerate().map(activity).collect();
    CourseDraft {
        format: 1,
        id: "sums".into(),
        version: 1,
        title: "Sums".into(),
        language: "en".into(),
        skills: names.iter().map(skill).collect(),
        modules: vec![ModuleDraft { id: "m".into(), title: "M".into(), activities }],
        ..CourseDraft::default()
    }
}

pub fn course() -> CourseId {
    CourseId::new("sums").unwrap()
}

pub fn policy(word: &str) -> PolicyId {
    PolicyId::new(word).unwrap()
}

pub struct Room {
    pub state: SharedState,
    pub learners: BTreeMap<LearnerId, LearnerState>,
    pub journal: Vec<Entry>,
    pub now: Timestamp,
    pub default: &'static str,
    pub holdout: f64,
    draws: u64,
}

impl Room {
    pub fn new() -> Self {
        let mut room = Self::empty();
        room.add(Event::CoursePublished(Box::new(draft())));
        room
    }

    fn empty() -> Self {
        Self {
            state: SharedState::default(),
            learners: BTreeMap::new(),
            journal: Vec::new(),
            now: NOW,
            default: "lin-ts",
            holdout: 0.0,
            draws: 0,
        }
    }

    pub fn add(&mut self, event: Event) {
        let seq = self.journal.len() as u64 + 1;
        let id = EventId::new(&format!("e{seq}")).unwrap();
        self.enter(Entry { seq, id, received_at: self.now, event });
        self.act_automatically();
    }

    /// Automatic actions follow every entry.
    fn act_automatically(&mut self) {
        let defaults = self.defaults();
        let circumstances = Circumstances {
            at: self.now,
            seed: Seed(0),
            defaults: &defaults,
            is_taken: &|_: &EventId| false,
        };
        let learner = LearnerId::new("any").unwrap();
        let settle = Command::Settle { learner, course: course() };
        let outcome = self.state.handle(None, settle, &circumstances).unwrap();
        self.journal.extend(outcome.events.into_iter().map(|recorded| recorded.entry));
    }

    fn turn(&mut self, thrown: bool) {
        self.add(Event::KillSwitchTurned(KillSwitchTurned {
            course: Some(course()),
            thrown,
            reason: "looked at".into(),
            by: "the scientist".into(),
        }));
    }

    pub fn throw(&mut self) {
        self.turn(true);
    }

    pub fn release(&mut self) {
        self.turn(false);
    }

    fn enter(&mut self, entry: Entry) {
        let learner = entry.event.learner().cloned();
        let learner = learner
            .map(|id| self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id)));
        self.state.apply(learner, &entry);
        self.journal.push(entry);
    }

    fn defaults(&self) -> Defaults {
        let policy = policy(self.default);
        Defaults { policy, consents: true, holdout_share: self.holdout }
    }

    /// The next decision for a learner, journaled.
    pub fn decide(&mut self, who: &str) -> Decision {
        self.draws += 1;
        self.now = self.now.plus_micros(MINUTE_MICROS);
        let id = LearnerId::new(who).unwrap();
        let fresh = LearnerState::new(id.clone());
        let learner = self.learners.get(&id).unwrap_or(&fresh);
        let request = DecisionRequest {
            id: DecisionId::new(&format!("d{}", self.draws)).unwrap(),
            course: &course(),
            filter: &CandidateFilter::default(),
            context: None,
            default_policy: &policy(self.default),
            consents_by_default: true,
            holdout_share: self.holdout,
            at: self.now,
            seed: Seed(self.draws),
        };
        let decision = self.state.decide(learner, &request).unwrap();
        assert!(invariants::decision(&decision).is_ok(), "{decision:?}");
        self.add(Event::DecisionMade(Box::new(decision.clone())));
        decision
    }

    /// A learner gives or withdraws consent to exploration.
    pub fn consent(&mut self, who: &str, exploration: bool) {
        self.add(Event::ConsentChanged(ConsentChanged {
            learner: LearnerId::new(who).unwrap(),
            exploration,
            reason: "asked".into(),
            by: who.into(),
        }));
    }

    /// Says what a decision was worth.
    pub fn reward(&mut self, decision: &Decision, value: f64) {
        let joined = RewardJoined::bare(decision, value, self.now);
        self.add(Event::RewardJoined(Box::new(joined)));
    }

    /// So many decisions, each of a new learner, each worth what `value` says of it.
    pub fn lessons(&mut self, count: u64, value: impl Fn(&Decision) -> f64) {
        for _ in 0..count {
            let who = format!("learner-{}", self.draws);
            let decision = self.decide(&who);
            let value = value(&decision);
            self.reward(&decision, value);
        }
    }

    pub fn parts(&self, word: &str) -> PolicyParts {
        self.state.policy(&course(), &policy(word)).unwrap().parts()
    }

    /// Makes a version of the policy with these statistics.
    pub fn version(&mut self, parts: PolicyParts, origin: PolicyOrigin) -> Result<(), Refusal> {
        let (course, policy) = (course(), policy(&parts.word));
        let parent = self.state.life(&course, &policy).map_or(0, |life| life.version());
        let lineage = PolicyLineage {
            version: parent + 1,
            parent,
            through: self.state.head,
            origin,
            asked_by: "the scientist".into(),
            reason: "seen in class".into(),
            digest: [7; 32],
        };
        let version = PolicyVersion { course, policy, lineage, parts };
        self.state.admit_policy_version(&version)?;
        self.add(Event::PolicyVersioned(Box::new(version)));
        Ok(())
    }

    pub fn promote(&mut self, word: &str) -> Result<bool, Refusal> {
        let promoted = PolicyPromoted {
            course: course(),
            policy: policy(word),
            reason: "it won".into(),
            by: "the scientist".into(),
        };
        let new = self.state.admit_promotion(&promoted)?;
        if new {
            self.add(Event::PolicyPromoted(promoted));
        }
        Ok(new)
    }

    pub fn mode(&mut self, word: &str, mode: Mode) -> Result<bool, Refusal> {
        self.set_mode(word, mode, None)
    }

    /// Makes a policy an apprentice on these terms.
    pub fn apprentice(&mut self, word: &str, terms: Apprenticeship) -> Result<bool, Refusal> {
        self.set_mode(word, Mode::Apprentice, Some(terms))
    }

    fn set_mode(
        &mut self,
        word: &str,
        mode: Mode,
        apprentice: Option<Apprenticeship>,
    ) -> Result<bool, Refusal> {
        let set = PolicyModeSet {
            course: course(),
            policy: policy(word),
            mode,
            apprentice,
            reason: "the week of examinations".into(),
            by: "the scientist".into(),
        };
        let new = self.state.admit_mode(&set)?;
        if new {
            self.add(Event::PolicyModeSet(set));
        }
        Ok(new)
    }

    /// Replays the journal and compares everything.
    pub fn assert_replays(&self) {
        let mut again = Self::empty();
        self.journal.iter().for_each(|entry| again.enter(entry.clone()));
        assert_eq!(again.state, self.state);
        assert_eq!(again.learners, self.learners);
    }
}
