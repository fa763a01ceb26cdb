//! A classroom against the engine: every invariant holds, rewards find their decisions, and the
//! journal folds to the same state again.

use nexus_engine::decision::deal::StrategyDealt;
use nexus_engine::decision::payment::StrategyOutcome;
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{CourseId, ExperimentId, LearnerId, PolicyId, VariantName};
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::time::Timestamp;
use nexus_sim::Classroom;
use nexus_sim::school::School;
use std::collections::BTreeMap;

const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");

fn school(learners: usize, days: f64, seed: u64) -> (School, f64) {
    school_of("lin-ts", learners, days, seed)
}

fn school_of(learned: &str, learners: usize, days: f64, seed: u64) -> (School, f64) {
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
        variants: vec![side("control", "static"), side("treatment", learned)],
        planned_learners: 100,
    };
    let policy = PolicyId::new(learned).expect("an id");
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

/// Every learner of the strategic side is dealt a strategy before the first decision, each decision
/// says which one it was made under, each deal is open, rewarded or missing, and the journal folds
/// to the same state again.
#[test]
fn strategies_are_dealt_before_they_teach_and_paid_by_probes() {
    let (school, _) = school_of("strategic", 30, 40.0, 11);
    let mut dealt: BTreeMap<&LearnerId, Vec<&StrategyDealt>> = BTreeMap::new();
    let (mut under, mut measured) = (0, 0);
    for entry in &school.journal {
        match &entry.event {
            Event::StrategyDealt(deal) => dealt.entry(&deal.learner).or_default().push(deal),
            Event::DecisionMade(made) if made.policy.as_str() == "strategic" => {
                let used = made.strategy.as_deref().expect("a strategy");
                let deal = dealt[&made.learner].last().expect("a deal came before");
                assert_eq!((&used.deal, used.period), (&deal.id, deal.period));
                assert_eq!(used.propensity.to_bits(), deal.propensity().to_bits());
                assert_eq!(used.preferences.len(), made.candidates.len());
                assert!(used.preferences.iter().all(|it| (-1.0..=0.0).contains(it)));
                under += 1;
            }
            Event::DecisionMade(made) => assert!(made.strategy.is_none()),
            Event::StrategyRewarded(rewarded) => {
                let gain = match rewarded.outcome {
                    StrategyOutcome::Measured(gain) => gain,
                    StrategyOutcome::TooFewProbes | StrategyOutcome::TaughtOtherwise => continue,
                };
                assert!((0.0..=1.0).contains(&gain.before) && gain.right <= gain.probes);
                measured += 1;
            }
            _ => {}
        }
    }
    let counted = school.state.strategies.values().next().expect("strategies were dealt");
    let deals: usize = dealt.values().map(Vec::len).sum();
    let waiting = |progress: &CourseProgress| progress.teaching.iter().any(|it| !it.settled);
    let courses = school.learners.values().flat_map(|learner| learner.courses.values());
    let open = courses.filter(|progress| waiting(progress)).count() as u64;
    assert_eq!(counted.dealt, deals as u64);
    assert_eq!(counted.dealt, counted.rewarded + counted.missing + open);
    assert_eq!(counted.rewarded, measured);
    assert!(under > 300 && measured > 10, "{under} decisions, {measured} measured");
    assert!(dealt.values().any(|deals| deals.len() > 1), "a period ends, the next begins");

    let (state, learners) = School::replay(&school.journal);
    assert_eq!(state, school.state);
    assert_eq!(learners, school.learners);
}
