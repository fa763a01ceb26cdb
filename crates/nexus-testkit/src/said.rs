//! What a learning site says, with nothing said that a test does not name.

use crate::ids::{course_id, learner_id, question_id};
use nexus_engine::decision::RequestFacts;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::Guidance;
use nexus_engine::event::Action;
use nexus_engine::ids::{CourseId, DecisionId, LearnerId, PolicyId};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::lifecycle::holdout::HoldoutPolicy;
use nexus_engine::policy::site_context::SiteContext;
use nexus_engine::seed::Seed;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::protocol::{Ask, Circumstances, Defaults};
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, Refusal, SharedState,
};

/// An answer that the site graded.
#[must_use]
pub fn answer(question: &str, right: bool) -> ProposedAnswer {
    ProposedAnswer {
        activity: None,
        question: question_id(question),
        correct: Some(right),
        grade: None,
        response: None,
        duration_ms: None,
        hints: 0,
        attempt: None,
        probe: false,
    }
}

/// An action of a learner that happens when it arrives.
#[must_use]
pub fn proposal(learner: &str, course: &str, action: ProposedAction) -> Proposal {
    Proposal {
        learner: learner_id(learner),
        course: course_id(course),
        course_version: None,
        occurred_at: None,
        decision: None,
        action,
    }
}

/// The same for what has no answer in it.
#[must_use]
pub fn plain(learner: &str, course: &str, action: Action) -> Proposal {
    proposal(learner, course, ProposedAction::Plain(action))
}

/// What is said when a learner gives or withdraws consent to exploration.
#[must_use]
pub fn consent(learner: &str, exploration: bool) -> ConsentChanged {
    let (reason, by) = ("asked at school".to_owned(), "the parents".to_owned());
    ConsentChanged { learner: learner_id(learner), exploration, reason, by }
}

/// How a decision is asked for, and how the node is configured that is asked.
#[derive(Clone, Debug)]
pub struct DecisionTerms {
    pub course: CourseId,
    pub policy: PolicyId,
    pub filter: CandidateFilter,
    pub facts: RequestFacts,
    pub consents_by_default: bool,
    pub holdout_share: f64,
    pub holdout_policy: HoldoutPolicy,
}

impl DecisionTerms {
    /// Asks for any activity of a course, where a policy decides and all consent to exploration.
    #[must_use]
    pub fn new(course: CourseId, policy: PolicyId) -> Self {
        Self {
            course,
            policy,
            filter: CandidateFilter::default(),
            facts: RequestFacts::default(),
            consents_by_default: true,
            holdout_share: 0.0,
            // Chance, so that a story can tell it from the path.
            holdout_policy: HoldoutPolicy::Random,
        }
    }

    /// The same, where the site says something of the moment, or nothing.
    #[must_use]
    pub fn in_context(mut self, context: Option<SiteContext>) -> Self {
        self.facts.context = context.map(Box::new);
        self
    }

    /// The same as a command asks for it.
    #[must_use]
    pub fn ask(&self, id: DecisionId, learner: LearnerId) -> Ask {
        let Self { course, filter, facts, .. } = self.clone();
        Ask { filter, facts, ..Ask::new(id, learner, course) }
    }

    /// What a node is configured with where these terms hold.
    #[must_use]
    pub fn defaults(&self) -> Defaults {
        Defaults {
            policy: self.policy.clone(),
            consents: self.consents_by_default,
            holdout_share: self.holdout_share,
            holdout_policy: self.holdout_policy,
        }
    }

    /// What would be decided on these terms. Nothing is journaled.
    ///
    /// Errors: what the engine refuses.
    pub fn preview(
        &self,
        state: &SharedState,
        learner: &LearnerState,
        id: DecisionId,
        at: Timestamp,
        seed: u64,
    ) -> Result<Guidance, Refusal> {
        let defaults = &self.defaults();
        let around = Circumstances { at, seed: Seed(seed), defaults, is_taken: &|_| false };
        state.preview(learner, &self.ask(id, learner.id.clone()), &around)
    }
}
