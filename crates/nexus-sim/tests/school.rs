//! A classroom against the engine: every invariant holds, rewards find their decisions, and the
//! journal folds to the same state again.

use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{CourseId, ExperimentId, PolicyId, VariantName};
use nexus_engine::time::Timestamp;
use nexus_sim::Classroom;
use nexus_sim::school::School;

const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");

fn school(learners: usize, days: f64, seed: u64) -> (School, f64) {
    let draft = nexus_ingest::course_file::read(COURSE).expect("the shipped course is valid");
    let side = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).expect("an id"),
        policy: PolicyId::new(policy).expect("an id"),
        weight: 0.5,
    };
    let definition = ExperimentDefinition {
        id: ExperimentId::new("static-vs-learned").expect("an id"),
        version: 1,
        course: CourseId::new(&draft.id).expect("an id"),
        variants: vec![side("control", "static"), side("treatment", "lin-ts")],
        planned_learners: 100,
    };
    let policy = PolicyId::new("lin-ts").expect("an id");
    let start = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(draft, policy, seed, start).expect("the school opens");
    school.start(definition).expect("the experiment starts");
    let taught = school.teach(&Classroom::mixed(learners, 2.0, seed), days);
    // `teach` fails at the first invariant that does not hold.
    let learners = taught.expect("every invariant holds");
    let now = school.now();
    let sum: f64 = learners.iter().map(|learner| learner.true_score(now)).sum();
    (school, sum / learners.len() as f64)
}

fn count(school: &School, wanted: impl Fn(&Event) -> bool) -> usize {
    school.journal.iter().filter(|entry| wanted(&entry.event)).count()
}

#[test]
fn rewards_find_their_decisions_and_the_journal_says_it_all() {
    let (school, _) = school(30, 20.0, 11);
    let decisions = count(&school, |event| matches!(event, Event::DecisionMade(_)));
    let joined = count(&school, |event| matches!(event, Event::RewardJoined(_)));
    let closed = count(&school, |event| matches!(event, Event::RewardClosed(_)));
    assert!(decisions > 500, "{decisions}");
    assert!(joined * 10 > decisions * 7, "{joined} of {decisions}");
    let open: usize = school
        .learners
        .values()
        .flat_map(|learner| learner.courses.values())
        .map(|progress| progress.open.len())
        .sum();
    assert_eq!(decisions, joined + closed + open);
    let report = school.state.reports.values().next().expect("a report");
    assert_eq!(report.late, 0);
    assert!(report.probes_answered * 10 > report.probes_asked * 9);

    let (state, learners) = School::replay(&school.journal);
    assert_eq!(state, school.state);
    assert_eq!(learners, school.learners);
}

#[test]
fn the_same_seed_writes_the_same_journal() {
    let ((first, score), (second, again)) = (school(12, 8.0, 5), school(12, 8.0, 5));
    assert_eq!(first.journal, second.journal);
    assert_eq!(score.to_bits(), again.to_bits());
    let (other, _) = school(12, 8.0, 6);
    assert_ne!(first.journal, other.journal);
}
