//! What a scientist does with the policies of a course, and lessons whose rewards are said, not
//! earned, because these scenarios are about what becomes of them.

use nexus_engine::decision::Decision;
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::lifecycle::apprentice::Apprenticeship;
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::lifecycle::promotion::{PromotionRequest, Proof};
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin, PolicyVersion};
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::protocol::{Command, CommandAnswer, CommandFault};
use nexus_testkit::Story;
use nexus_testkit::ids::{course_id, policy_id};

pub fn course() -> CourseId {
    course_id("sums")
}

pub fn policy(word: &str) -> PolicyId {
    policy_id(word)
}

/// Whether a command changed anything.
fn changes(answer: Result<CommandAnswer, CommandFault>) -> Result<bool, Refusal> {
    match answer {
        Ok(answer) => Ok(answer != CommandAnswer::Unchanged),
        Err(CommandFault::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

pub trait Scientist {
    /// The next decision for a learner, a minute later.
    fn decide(&mut self, who: &str) -> Decision;

    /// Says what a decision was worth.
    fn reward(&mut self, decision: &Decision, value: f64);

    /// So many decisions, each of a new learner, each worth what `value` says of it.
    fn lessons(&mut self, count: u64, value: impl Fn(&Decision) -> f64);

    fn parts(&self, word: &str) -> PolicyParts;

    /// Makes a version of the policy with these statistics.
    fn version(&mut self, parts: PolicyParts, origin: PolicyOrigin) -> Result<(), Refusal>;

    fn promote(&mut self, word: &str) -> Result<bool, Refusal>;

    fn set_mode(
        &mut self,
        word: &str,
        mode: Mode,
        apprentice: Option<Apprenticeship>,
    ) -> Result<bool, Refusal>;

    fn mode(&mut self, word: &str, mode: Mode) -> Result<bool, Refusal> {
        self.set_mode(word, mode, None)
    }

    /// Makes a policy an apprentice on these terms.
    fn apprentice(&mut self, word: &str, terms: Apprenticeship) -> Result<bool, Refusal> {
        self.set_mode(word, Mode::Apprentice, Some(terms))
    }
}

impl Scientist for Story {
    fn decide(&mut self, who: &str) -> Decision {
        self.pass_minutes(1.0).learner(who).decides()
    }

    fn reward(&mut self, decision: &Decision, value: f64) {
        let joined = RewardJoined::bare(decision, value, self.now);
        self.enters(Event::RewardJoined(Box::new(joined)));
    }

    fn lessons(&mut self, count: u64, value: impl Fn(&Decision) -> f64) {
        for _ in 0..count {
            let who = format!("learner-{}", self.draws);
            let decision = self.decide(&who);
            let value = value(&decision);
            self.reward(&decision, value);
        }
    }

    fn parts(&self, word: &str) -> PolicyParts {
        self.state().policy(&course(), &policy(word)).unwrap().parts()
    }

    fn version(&mut self, parts: PolicyParts, origin: PolicyOrigin) -> Result<(), Refusal> {
        let (course, policy) = (course(), policy(&parts.word));
        let parent = self.state().life(&course, &policy).map_or(0, |life| life.version());
        let lineage = PolicyLineage {
            version: parent + 1,
            parent,
            through: self.state().head,
            origin,
            asked_by: "the scientist".into(),
            reason: "seen in class".into(),
            digest: [7; 32],
        };
        let version = PolicyVersion { course, policy, lineage, parts };
        changes(self.handles(Command::MakePolicyVersion(Box::new(version)))).map(drop)
    }

    fn promote(&mut self, word: &str) -> Result<bool, Refusal> {
        let promoted = PromotionRequest {
            course: course(),
            policy: policy(word),
            share: None,
            proof: Proof::Override,
            reason: "it won".into(),
            by: "the scientist".into(),
        };
        changes(self.handles(Command::PromotePolicy(promoted)))
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
        changes(self.handles(Command::SetPolicyMode(set)))
    }
}
