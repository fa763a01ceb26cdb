//! The course of these stories, what became of its decisions, and erasure.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{ComponentDraft, RewardDraft};
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::erasure::{ErasureMark, LearnerErased};
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{DecisionId, LearnerId};
use nexus_engine::learner::progress::ActivityProgress;
use nexus_engine::learner::results::Results;
use nexus_engine::workspace::redaction::Redaction;
use nexus_testkit::Story;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise};
use nexus_testkit::ids::{event_id, learner_id};

/// Two skills, two exercises on the first and one on the second.
pub fn sums() -> CourseDraft {
    course("sums").teaches([
        exercise("add-1", "add").asks(["a1", "a2"]),
        exercise("add-2", "add").asks(["a3", "a4"]),
        exercise("mul-1", "mul").asks(["m1", "m2"]),
    ])
}

/// A component of this weight.
pub fn component(weight: f64) -> ComponentDraft {
    ComponentDraft { weight: Some(weight), ..ComponentDraft::default() }
}

/// A declaration in which every component counts that it does not name: success with 0.2, cost with
/// 0.05 and abandonment with 0.5.
pub fn mixed(reward: RewardDraft) -> RewardDraft {
    RewardDraft {
        success: reward.success.or_else(|| Some(component(0.2))),
        cost: reward.cost.or_else(|| Some(component(0.05))),
        abandonment: reward.abandonment.or_else(|| Some(component(0.5))),
        ..reward
    }
}

/// The same course under a mixed reward.
pub fn mixed_sums() -> CourseDraft {
    CourseDraft { reward: Some(mixed(RewardDraft::default())), ..sums() }
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Waiting,
    Joined(Box<RewardJoined>),
    Closed(&'static str),
}

/// What the tests of rewards ask a story.
pub trait Outcomes {
    fn outcome(&self, decision: &DecisionId) -> Outcome;

    fn joined_count(&self, decision: &DecisionId) -> usize;

    fn probes_answered(&self) -> u64;

    /// How many rewards all policies have learned from.
    fn policy_version(&self) -> u64;

    fn activity(&self, learner: &str, activity: &str) -> ActivityProgress;

    fn skill_results(&self, learner: &str, skill: &str) -> Results;

    /// Erases somebody as a node and its store do: redacts what the journal holds of them, and says
    /// so. Answers with the name that is left.
    fn erase(&mut self, learner: &str) -> LearnerId;

    /// Everything in the journal and in the state, in words.
    fn written(&self) -> String;
}

impl Outcomes for Story {
    fn outcome(&self, decision: &DecisionId) -> Outcome {
        let about = |event: &Event| match event {
            Event::RewardJoined(joined) if joined.decision == *decision => {
                Some(Outcome::Joined(joined.clone()))
            }
            Event::RewardClosed(closed) if closed.decision == *decision => {
                Some(Outcome::Closed(closed.reason.word()))
            }
            _ => None,
        };
        self.events().find_map(about).unwrap_or(Outcome::Waiting)
    }

    fn joined_count(&self, decision: &DecisionId) -> usize {
        let joined = |event: &&Event| match event {
            Event::RewardJoined(joined) => joined.decision == *decision,
            _ => false,
        };
        self.events().filter(joined).count()
    }

    fn probes_answered(&self) -> u64 {
        self.state().reports.values().map(|report| report.probes_answered).sum()
    }

    fn policy_version(&self) -> u64 {
        self.state().policies.values().map(|policy| policy.policy().version()).sum()
    }

    fn activity(&self, learner: &str, activity: &str) -> ActivityProgress {
        let key = self.course().activity(activity).unwrap().key;
        self.progress(learner).activity(key).unwrap().clone()
    }

    fn skill_results(&self, learner: &str, skill: &str) -> Results {
        let skills = &self.course().skills;
        let key = skills.iter().find(|known| known.id.as_str() == skill).unwrap().key;
        self.progress(learner).skill_results(key)
    }

    fn erase(&mut self, learner: &str) -> LearnerId {
        let (id, left) = (learner_id(learner), learner_id("erased-1"));
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
        let entry = Entry { seq, id: event_id(&format!("e{seq}")), received_at: self.now, event };
        let mut state = self.fold.learners.remove(learner).unwrap();
        self.fold.shared.apply(Some(&mut state), &entry);
        self.fold.learners.insert(left.clone(), state);
        self.state().check_rewards().unwrap();
        self.journal.push(entry);
        left
    }

    fn written(&self) -> String {
        format!("{:?} {:?}", self.journal, self.fold)
    }
}
