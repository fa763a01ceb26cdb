//! One learner who never stops: what is kept of them stays bounded, every decision is accounted
//! for, and what arrives twice or too late teaches nobody.
//!
//! The long version: `cargo xtask soak a_hundred_thousand_rewards`.

use nexus_engine::event::{Entry, Event};
use nexus_engine::invariants;
use nexus_sim::storm::Storm;
use nexus_store::codec::{encode_learner, shared_digest};

/// Bytes of a learner's checkpoint that nothing a learner does may exceed in a course of at most
/// some 200 activities.
const LEARNER_BYTES_MAX: usize = 60_000;

fn count(storm: &Storm, wanted: impl Fn(&Event) -> bool) -> usize {
    storm.journal.iter().filter(|entry| wanted(&entry.event)).count()
}

/// A school of one, in which so many decisions are made.
fn flood(seed: u64, decisions: usize) -> Storm {
    let mut storm = Storm::with_journal(seed, 1);
    let mut made = 0;
    while made < decisions {
        storm.stir();
        let asking = storm.ask();
        made += usize::from(asking.result.is_ok());
        storm.keep(asking);
    }
    storm
}

#[track_caller]
fn check(decisions: usize) {
    let storm = flood(5, decisions);
    let learner = storm.learners.values().next().unwrap();
    invariants::lrn_1(learner).unwrap();
    let mut bytes = Vec::new();
    encode_learner(learner, &mut bytes);
    assert!(bytes.len() < LEARNER_BYTES_MAX, "{} bytes of one learner", bytes.len());
    // Each decision is joined, closed or open: nothing is lost and nothing counts twice.
    let joined = count(&storm, |event| matches!(event, Event::RewardJoined(_)));
    let closed = count(&storm, |event| matches!(event, Event::RewardClosed(_)));
    let open: usize = learner.courses.values().map(|progress| progress.open.len()).sum();
    assert_eq!(decisions, joined + closed + open);
    assert_eq!(open, storm.state.pending.len());
    let report = storm.state.reports.values().next().unwrap();
    assert_eq!(report.decisions as usize, decisions);
    assert_eq!(report.rewards_joined as usize, joined);
    assert_eq!(report.closed.total() as usize, closed);
    for policy in storm.state.policies.values() {
        let Some(model) = policy.model() else { continue };
        let longest = model.weights().iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        assert!(longest < 32.0, "{}: {longest}", policy.word());
        assert_eq!(model.refused(), 0, "{}", policy.word());
    }
}

#[test]
fn a_learner_who_never_stops_stays_bounded() {
    check(2_000);
}

#[test]
#[ignore = "minutes: cargo xtask soak a_hundred_thousand_rewards"]
fn a_hundred_thousand_rewards_of_one_learner_stay_bounded() {
    check(150_000);
}

#[test]
fn a_reward_that_comes_again_teaches_nobody() {
    let mut storm = flood(6, 400);
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
    let storm = flood(7, 200);
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
