//! One learner who never stops: what is kept of them stays bounded, every decision is accounted
//! for, what is beyond a day's cap teaches nobody, and neither does what arrives twice or too late.
//!
//! The long version: `cargo xtask soak a_hundred_thousand_rewards`.

use nexus_engine::catalog::ActivityKind;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{ActivityId, PolicyId};
use nexus_engine::invariants;
use nexus_engine::learner::influence::INFLUENCE_MAX;
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_sim::storm::{BEGINS, Storm};
use nexus_store::codec::{encode_learner, shared_digest};

/// Bytes of a learner's checkpoint that nothing a learner does may exceed in a course of at most
/// some 200 activities.
const LEARNER_BYTES_MAX: usize = 60_000;

/// A school of one, in which so many rewards join decisions. A course ends, and then only a request
/// for certain exercises brings them back: the site of this learner makes one every other time.
fn flood(mut storm: Storm, rewards: u64) -> Storm {
    let learner = storm.learners.keys().next().unwrap().clone();
    let exercises = storm.course.activities.iter().filter(|it| it.kind == ActivityKind::Exercise);
    let only: Vec<ActivityId> = exercises.map(|it| it.id.clone()).collect();
    let again = CandidateFilter { only: Some(only), exclude: Vec::new() };
    let mut policies = PolicyState::WORDS.iter().cycle();
    for round in 0.. {
        if storm.happened.get("reward_joined").copied().unwrap_or_default() >= rewards {
            break;
        }
        storm.stir();
        let asking = match policies.next() {
            Some(word) if round % 2 == 0 => {
                let policy = PolicyId::new(word).unwrap();
                storm.ask_for(learner.clone(), policy, again.clone(), Seed(round))
            }
            _ => storm.ask(),
        };
        storm.keep(asking);
    }
    storm
}

/// A course that declares a reward for success: there one learner's answers teach by the hundred.
/// Measured gains alone are too rare for that.
fn where_success_counts() -> Storm {
    let mut storms = (5..).map(|seed| Storm::new(seed, 1));
    storms.find(|storm| storm.course.reward.success.counts()).expect("one course in a few does")
}

#[track_caller]
fn check(rewards: u64) {
    let storm = flood(where_success_counts().in_a_hurry(), rewards);
    let happened = |word: &str| storm.happened.get(word).copied().unwrap_or_default();
    let learner = storm.learners.values().next().unwrap();
    invariants::lrn_1(&learner.id, &learner.belief).unwrap();
    storm.state.check_rewards().unwrap();
    storm.state.check_supports().unwrap();
    let mut bytes = Vec::new();
    encode_learner(learner, &mut bytes);
    assert!(bytes.len() < LEARNER_BYTES_MAX, "{} bytes of one learner", bytes.len());
    // Each decision is joined, closed or open: nothing is lost and nothing counts twice.
    let (joined, closed) = (happened("reward_joined"), happened("reward_closed"));
    let open: usize = learner.courses.values().map(|known| known.decisions.open.len()).sum();
    assert_eq!(happened("decision_made"), joined + closed + open as u64);
    assert_eq!(open, storm.state.pending.len());
    let report = storm.state.reports.values().next().unwrap();
    assert_eq!(report.decisions, happened("decision_made"));
    assert_eq!((report.rewards_joined, report.closed.total()), (joined, closed));
    for policy in storm.state.policies.values() {
        let Some(model) = policy.model() else { continue };
        let longest = model.weights().iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        assert!(longest < 32.0, "{}: {longest}", policy.word());
        assert_eq!(model.refused(), 0, "{}", policy.word());
    }
    let learned = check_learning(&storm);
    println!(
        "{} decisions in {:.0} days: {joined} rewards joined, {closed} closed ({:?}); {learned:?}; \
         {} bytes of the learner",
        happened("decision_made"),
        storm.now().days_since(BEGINS),
        report.closed,
        bytes.len()
    );
}

/// What became of each reward is counted, adds up, and no day taught more than its cap.
#[track_caller]
fn check_learning(storm: &Storm) -> Learning {
    let life = storm.state.lives.values().next().unwrap();
    let mut all = Learning::default();
    for (policy, life) in &life.policies {
        let Learning { learned, refused, capped, frozen, not_chosen } = life.learning;
        let sum = learned + refused + capped + frozen + not_chosen;
        let learns = PolicyState::fresh(policy.as_str()).is_some_and(|policy| policy.learns());
        let joined = storm.rewards.get(policy).copied().unwrap_or_default();
        assert_eq!(sum, if learns { joined } else { 0 }, "{policy}: {:?}", life.learning);
        all.learned += learned;
        all.refused += refused;
        all.capped += capped;
        all.frozen += frozen;
        all.not_chosen += not_chosen;
    }
    let days = storm.now().days_since(BEGINS).ceil() as u64 + 1;
    assert!(all.learned <= days * u64::from(INFLUENCE_MAX), "{all:?} in {days} days");
    assert!(all.capped > 0, "one learner taught as much as they liked: {all:?}");
    all
}

#[test]
fn a_learner_who_never_stops_stays_bounded() {
    check(2_000);
}

#[test]
#[ignore = "minutes: cargo xtask soak a_hundred_thousand_rewards"]
fn a_hundred_thousand_rewards_of_one_learner_stay_bounded() {
    check(100_000);
}

#[test]
fn a_reward_that_comes_again_teaches_nobody() {
    let mut storm = flood(Storm::with_journal(6, 1), 150);
    let rewards: Vec<Entry> = storm
        .journal
        .iter()
        .filter(|entry| matches!(entry.event, Event::RewardJoined(_) | Event::RewardClosed(_)))
        .cloned()
        .collect();
    assert!(rewards.len() > 100, "{}", rewards.len());
    let (before, head) = (shared_digest(&storm.state), storm.state.head);
    // In order, and backwards: their decisions are settled, so nothing is learned or counted.
    for entry in rewards.iter().chain(rewards.iter().rev()) {
        let learner = entry.event.learner().and_then(|id| storm.learners.get_mut(id));
        storm.state.apply(learner, entry);
    }
    storm.state.head = head;
    assert_eq!(shared_digest(&storm.state), before);
}

#[test]
fn a_reward_before_its_decision_teaches_nobody() {
    let storm = flood(Storm::with_journal(7, 1), 50);
    let rewards = storm.journal.iter().filter_map(|entry| match &entry.event {
        Event::RewardJoined(joined) => Some((entry, joined)),
        _ => None,
    });
    let mut early = Storm::with_journal(7, 1);
    for (entry, joined) in rewards {
        let learner = early.learners.get_mut(&joined.learner);
        early.state.apply(learner, entry);
    }
    assert!(early.state.policies.is_empty());
    let report = early.state.reports.values().next().unwrap();
    assert_eq!((report.rewards_joined, report.decisions), (0, 0));
}
