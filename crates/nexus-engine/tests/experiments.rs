//! Who is counted in an experiment, and with what: exposed learners, each once, from their
//! exposure on, while it runs.

use nexus_engine::catalog::Course;
use nexus_engine::decision::reward::{ActivityRun, LearnerDecisions, OpenDecision, RewardEvidence};
use nexus_engine::decision::{Decider, DecisionOrigin, FeatureVector, RewardWindow};
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::experiment::exposure::tally;
use nexus_engine::experiment::tally::ExperimentState;
use nexus_engine::ids::{
    ActivityKey, Assignment, CourseId, DecisionId, ExperimentId, PolicyId, VariantName,
};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::policy::context::SCHEMA_VERSION;
use nexus_engine::time::Timestamp;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, quiz};
use std::collections::BTreeMap;

fn one_quiz() -> Course {
    course("c").teaches([quiz("quiz", "s").asks(["q"])]).read()
}

fn running() -> BTreeMap<ExperimentId, ExperimentState> {
    let side = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).unwrap(),
        policy: PolicyId::new(policy).unwrap(),
        weight: 0.5,
    };
    let id = ExperimentId::new("e").unwrap();
    let definition = ExperimentDefinition {
        id: id.clone(),
        version: 1,
        course: CourseId::new("c").unwrap(),
        variants: vec![side("control", "static"), side("treatment", "lin-ts")],
        planned_learners: 400,
    };
    BTreeMap::from([(id, ExperimentState::new(definition, Timestamp(0)))])
}

/// A decision under the experiment whose activity was shown.
fn shown(variant: &str, version: u32) -> OpenDecision {
    let assignment = Assignment {
        experiment: ExperimentId::new("e").unwrap(),
        version,
        variant: VariantName::new(variant).unwrap(),
    };
    let policy = PolicyId::new("static").unwrap();
    OpenDecision {
        origin: DecisionOrigin {
            id: DecisionId::new("d").unwrap(),
            window: RewardWindow {
                made_at: Timestamp(0),
                ends_at: Timestamp(10),
                course_version: 1,
            },
            decider: Decider { policy, held_out: false, assignment: Some(assignment) },
            features: FeatureVector { schema: SCHEMA_VERSION, values: Vec::new() },
            before: Belief::default(),
            shadows: Vec::new(),
        },
        activity: ActivityKey(0),
        skills: Vec::new(),
        propensity: 1.0,
        policy_chose: true,
        overridden: false,
        without_consent: false,
        apprentice: None,
        run: ActivityRun { session: 1, exposed_at: Some(Timestamp(1)), ..ActivityRun::default() },
        observed: RewardEvidence::default(),
    }
}

#[test]
fn what_came_before_the_exposure_is_not_the_experiments_doing() {
    let (course, mut experiments) = (one_quiz(), running());
    let (mut decisions, mut exposures) = (LearnerDecisions::default(), Vec::new());
    let mut progress = CourseProgress {
        answered: 10,
        grade_sum_micros: 10_000_000,
        minutes: 60.0,
        ..CourseProgress::default()
    };
    progress.complete(course.activities[0].key, Timestamp(0));
    decisions.open.push(shown("control", 1));
    tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
    progress.answered += 2;
    progress.grade_sum_micros += 1_000_000;
    progress.minutes += 5.0;
    tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
    let control = &experiments.values().next().unwrap().tallies[0];
    assert_eq!(control.learners, 1);
    assert_eq!(control.raw_success.mean(), Some(0.5), "one of two since the exposure");
    assert_eq!(control.minutes.mean(), Some(5.0));
    assert_eq!(control.completed.n, 0, "the course was completed before");
}

#[test]
fn an_unexposed_learner_is_not_counted() {
    let (course, mut experiments) = (one_quiz(), running());
    let (mut decisions, mut exposures) = (LearnerDecisions::default(), Vec::new());
    let progress = CourseProgress { answered: 1, ..CourseProgress::default() };
    let mut unseen = shown("control", 1);
    unseen.run.exposed_at = None;
    decisions.open.push(unseen);
    tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
    assert_eq!(experiments.values().next().unwrap().tallies[0].learners, 0);
}

#[test]
fn a_stopped_experiment_and_an_older_version_count_nobody_more() {
    for stopped in [true, false] {
        let (course, mut experiments) = (one_quiz(), running());
        let (mut decisions, mut exposures) = (LearnerDecisions::default(), Vec::new());
        let state = experiments.values_mut().next().unwrap();
        if stopped {
            state.stopped_at = Some(Timestamp(5));
        } else {
            state.definition.version = 2;
        }
        let progress = CourseProgress { answered: 1, ..CourseProgress::default() };
        decisions.open.push(shown("treatment", 1));
        tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
        let learners: u64 =
            experiments.values().next().unwrap().tallies.iter().map(|tally| tally.learners).sum();
        assert_eq!(learners, 0, "stopped: {stopped}");
        assert!(exposures.is_empty());
    }
}
