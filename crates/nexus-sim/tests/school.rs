//! A classroom against the engine: every invariant holds, rewards find their decisions, and the
//! journal folds to the same state again.

use nexus_engine::decision::Fallback;
use nexus_engine::event::Event;
use nexus_engine::ids::PolicyId;
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::Timestamp;
use nexus_sim::Classroom;
use nexus_sim::school::School;
use nexus_testkit::ids::experiment;
use nexus_testkit::shipped;

fn school(learners: usize, days: f64, seed: u64) -> (School, f64) {
    let draft = shipped();
    let variants = [("control", "static"), ("treatment", "lin-ts")];
    let definition = experiment("static-vs-learned", &draft.id, &variants);
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
    school.workspace.journal.iter().filter(|entry| wanted(&entry.event)).count()
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
        .workspace
        .learners
        .values()
        .flat_map(|learner| learner.courses.values())
        .map(|known| known.decisions.open.len())
        .sum();
    assert_eq!(decisions, joined + closed + open);
    let report = school.workspace.state.reports.values().next().expect("a report");
    assert_eq!(report.late, 0);
    assert!(report.probes_answered * 10 > report.probes_asked * 9);

    let again = school.workspace.replayed();
    assert_eq!(again.state, school.workspace.state);
    assert_eq!(again.learners, school.workspace.learners);
}

#[test]
fn the_same_seed_writes_the_same_journal() {
    let ((first, score), (second, again)) = (school(12, 8.0, 5), school(12, 8.0, 5));
    assert_eq!(first.workspace.journal, second.workspace.journal);
    assert_eq!(score.to_bits(), again.to_bits());
    let (other, _) = school(12, 8.0, 6);
    assert_ne!(first.workspace.journal, other.workspace.journal);
}

/// A model that looks at another number of features refuses every scene, as a damaged one would.
/// The school takes the same automatic actions as a node: it stops the policy, and lessons go on
/// along the course's own path.
#[test]
fn a_school_stops_a_policy_that_gives_no_distribution() {
    let draft = shipped();
    let policy = PolicyId::new("lin-ts").expect("an id");
    let start = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(draft, policy.clone(), 7, start).expect("the school opens");
    let damaged = PolicyState::fresh("lin-ts").expect("a policy");
    let damaged = damaged.with_model(LinearModel::new(3).expect("a model"));
    school.workspace.state.policies.insert((school.course.id.clone(), policy), damaged);
    school.teach(&Classroom::mixed(10, 2.0, 7), 10.0).expect("every invariant holds");

    let (mut refused, mut on_path, mut stopped) = (0, 0, Vec::new());
    for entry in &school.workspace.journal {
        match &entry.event {
            Event::DecisionMade(made) => match made.choice.fallback {
                Some(Fallback::InvalidDistribution) => refused += 1,
                Some(Fallback::KillSwitch) => on_path += 1,
                None => {}
            },
            Event::KillSwitchTurned(turned) => stopped.push((&*turned.by, &*turned.reason)),
            _ => {}
        }
    }
    let reason = "policy lin-ts: it gave no distribution in 5 of its latest 50 decisions";
    assert_eq!(stopped, [("nexus", reason)]);
    assert_eq!(refused, 5);
    assert!(on_path > 50, "{on_path}");
}
