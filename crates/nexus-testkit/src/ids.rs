//! Ids from words that a test knows to be ids.

use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{
    ActivityId, ConstraintId, CourseId, DecisionId, EventId, ExperimentId, LearnerId, PolicyId,
    QuestionId, VariantName,
};

macro_rules! ids {
    ($($name:ident -> $id:ty;)*) => { $(
        /// Panics: when the word is no id.
        #[must_use]
        pub fn $name(word: &str) -> $id {
            // invariant: a test names only what is an id.
            <$id>::new(word).expect("the word of a test is an id")
        }
    )* };
}

ids! {
    activity_id -> ActivityId;
    constraint_id -> ConstraintId;
    course_id -> CourseId;
    decision_id -> DecisionId;
    event_id -> EventId;
    experiment_id -> ExperimentId;
    learner_id -> LearnerId;
    policy_id -> PolicyId;
    question_id -> QuestionId;
    variant_name -> VariantName;
}

/// The first version of an experiment that assigns a course's learners evenly to variants: their
/// names, and the policies that decide for them. It plans for 100 learners.
#[must_use]
pub fn experiment(id: &str, course: &str, variants: &[(&str, &str)]) -> ExperimentDefinition {
    let weight = 1.0 / variants.len() as f64;
    let variant = |(name, policy): &(&str, &str)| Variant {
        name: variant_name(name),
        policy: policy_id(policy),
        weight,
    };
    ExperimentDefinition {
        id: experiment_id(id),
        version: 1,
        course: course_id(course),
        variants: variants.iter().map(variant).collect(),
        planned_learners: 100,
        leaves_out_moved: false,
    }
}
