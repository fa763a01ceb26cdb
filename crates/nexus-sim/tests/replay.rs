//! One journal, ten ways to read it, one state: every policy has decided and learned in it, and
//! each way must end in the same digest of everything, the policies' models included.
//!
//! Invariant JRN-1. The longer version: `cargo xtask soak a_long_journal`.

use nexus_engine::erasure::LearnerErased;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{LearnerState, SharedState};
use nexus_server::clock::Clock;
use nexus_server::node::{NodeConfig, NodeHandle, start};
use nexus_sim::storm::Storm;
use nexus_store::codec::{self, decode_learner, decode_shared, encode_learner, encode_shared};
use nexus_store::verify::{replay, verify};
use nexus_store::{NewRecord, OpenOptions, Store};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

type Digest = [u8; 32];

/// All state at one entry.
#[derive(Clone, Default)]
struct Fold {
    shared: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
}

impl Fold {
    fn over(entries: &[Entry]) -> Self {
        let mut fold = Self::default();
        entries.iter().for_each(|entry| fold.apply(entry));
        fold
    }

    fn apply(&mut self, entry: &Entry) {
        let learner = entry.event.learner().map(|id| {
            self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
        });
        self.shared.apply(learner, entry);
    }

    /// What a checkpoint does to state: bytes, and back.
    fn through_bytes(&self) -> Self {
        let mut bytes = Vec::new();
        encode_shared(&self.shared, &mut bytes);
        let shared = decode_shared(&bytes).unwrap();
        let again = |(id, learner): (&LearnerId, &LearnerState)| {
            let mut bytes = Vec::new();
            encode_learner(learner, &mut bytes);
            (id.clone(), decode_learner(&bytes).unwrap())
        };
        Self { shared, learners: self.learners.iter().map(again).collect() }
    }

    /// The latest moment that anybody saw.
    fn latest(&self) -> Timestamp {
        self.learners.values().map(|learner| learner.last_at).max().unwrap()
    }

    fn digest(&self) -> Digest {
        codec::state_digest(&self.shared, self.learners.values())
    }
}

/// A journal with its records, and the state it was written beside.
struct Written {
    records: Vec<NewRecord>,
    live: Fold,
}

impl Written {
    fn new(seed: u64, decisions: usize) -> Self {
        let mut storm = Storm::with_journal(seed, 10);
        for _ in 0..decisions {
            storm.stir();
            let asking = storm.ask();
            storm.keep(asking);
        }
        let mut places: BTreeMap<LearnerId, u64> = BTreeMap::new();
        let record = |entry: &Entry| {
            let place = entry.event.learner().map(|id| places.entry(id.clone()).or_default());
            let learner_seq = place.map(|place| {
                *place += 1;
                *place - 1
            });
            NewRecord { entry: entry.clone(), learner_seq, request_hash: [7; 16] }
        };
        let records = storm.journal.iter().map(record).collect();
        let known = storm.learners.into_iter().filter(|(_, learner)| learner.entries > 0);
        Self { records, live: Fold { shared: storm.state, learners: known.collect() } }
    }

    fn entries(&self) -> Vec<Entry> {
        self.records.iter().map(|record| record.entry.clone()).collect()
    }

    /// Every policy with a word has decided, and every one that learns has learned.
    fn check_that_all_policies_live(&self) {
        for word in PolicyState::WORDS {
            let mut known = self.live.shared.policies.iter();
            let learns = PolicyState::fresh(word).is_some_and(|policy| policy.model().is_some());
            let learned = known.any(|((_, id), policy)| {
                id.as_str() == word && (!learns || policy.policy().version() > 0)
            });
            assert!(learned, "{word} has not lived in this journal");
        }
        let mut supports = self.live.shared.supports.values();
        assert!(supports.any(|supports| supports.learned > 0), "no support taught anything");
    }

    /// A store that was written in such batches; sizes come around.
    fn stored(&self, batches: &[usize]) -> (TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(directory.path(), &OpenOptions::default()).unwrap();
        let (mut rest, mut sizes) = (self.records.as_slice(), batches.iter().cycle());
        while !rest.is_empty() {
            let size = (*sizes.next().unwrap()).min(rest.len());
            let (batch, later) = rest.split_at(size);
            store.append(batch).unwrap();
            rest = later;
        }
        (directory, store)
    }
}

/// Copies a data directory as a killed process leaves it: SQLite's log is not merged.
fn killed(directory: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["nexus.db", "nexus.db-wal", "watermark"] {
        if directory.join(name).exists() {
            std::fs::copy(directory.join(name), copy.path().join(name)).unwrap();
        }
    }
    copy
}

/// The digest of all that a node knows, asked for learner by learner.
async fn digest_of(node: &NodeHandle, learners: Vec<LearnerId>) -> Digest {
    let read = node.read(move |reader| {
        let known = learners.iter().map(|id| reader.learner(id).unwrap());
        let known: Vec<Digest> = known.map(|learner| codec::learner_digest(&learner)).collect();
        codec::combined_digest(codec::shared_digest(reader.state()), known)
    });
    read.await.unwrap()
}

/// The digest of a node on a data directory, before and after it forgot nearly all learners.
fn node(directory: &Path, cached_learners_max: usize, learners: &[LearnerId]) -> [Digest; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let clock = Clock::system();
    let config = NodeConfig::new(directory.to_owned(), clock).unwrap();
    let (node, thread) = start(NodeConfig { cached_learners_max, ..config }).unwrap();
    let digests = runtime.block_on(async {
        let before = digest_of(&node, learners.to_vec()).await;
        node.checkpoint().await.unwrap();
        [before, digest_of(&node, learners.to_vec()).await]
    });
    node.stop_node();
    let _ = thread.join();
    digests
}

/// The ways, by name, each with the digest it ends in.
fn ways(written: &Written, batches: &[&[usize]]) -> Vec<(String, Digest)> {
    let entries = written.entries();
    let mut ways = vec![("as it happened".to_owned(), written.live.digest())];
    ways.push(("whole, in memory".to_owned(), Fold::over(&entries).digest()));
    let (first, second) = entries.split_at(entries.len() / 2);
    let mut halves = Fold::over(first).through_bytes();
    second.iter().for_each(|entry| halves.apply(entry));
    ways.push(("in two halves, with a snapshot between".to_owned(), halves.digest()));
    let mut often = Fold::default();
    for chunk in entries.chunks(97) {
        chunk.iter().for_each(|entry| often.apply(entry));
        often = often.through_bytes();
    }
    ways.push(("from a snapshot every 97 entries".to_owned(), often.digest()));
    for batches in batches {
        let (directory, store) = written.stored(batches);
        drop(store);
        let report = replay(directory.path(), None).unwrap();
        ways.push((format!("stored in batches of {batches:?}"), report.state_digest_replayed));
    }
    ways.extend(ways_of_a_node(written));
    ways
}

/// Checkpoints in the store, a crash, a small cache, two readers at once.
fn ways_of_a_node(written: &Written) -> Vec<(String, Digest)> {
    let learners: Vec<LearnerId> = written.live.learners.keys().cloned().collect();
    let third = written.records.len() / 3;
    let (directory, mut store) = written.stored(&[third, 64]);
    let crashed = killed(directory.path());
    let early = Fold::over(&written.entries()[..third]);
    store.save_checkpoint(third as u64, &early.shared, early.learners.values()).unwrap();
    let crashed_later = killed(directory.path());
    drop(store);
    let report = verify(directory.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let [recovered, _] = node(crashed.path(), 1_000, &learners);
    let [later, bounded] = node(crashed_later.path(), 2, &learners);
    let copies = [killed(directory.path()), killed(directory.path())];
    let beside = std::thread::scope(|scope| {
        let run = |copy: &TempDir| verify(copy.path()).unwrap().state_digest_replayed;
        let threads = copies.each_ref().map(|copy| scope.spawn(move || run(copy)));
        threads.map(|thread| thread.join().unwrap())
    });
    vec![
        ("verified, from empty".to_owned(), report.state_digest_replayed),
        ("verified, from a checkpoint".to_owned(), report.state_digest_stored.unwrap()),
        ("a node after a crash without a checkpoint".to_owned(), recovered),
        ("a node after a crash behind a checkpoint".to_owned(), later),
        ("a node that keeps two learners in memory".to_owned(), bounded),
        ("verified twice at once, one".to_owned(), beside[0]),
        ("verified twice at once, other".to_owned(), beside[1]),
    ]
}

#[track_caller]
fn check(seed: u64, decisions: usize, batches: &[&[usize]]) {
    let written = Written::new(seed, decisions);
    written.check_that_all_policies_live();
    let ways = ways(&written, batches);
    assert!(ways.len() > 10);
    let digest = ways[0].1;
    let other: Vec<&String> =
        ways.iter().filter(|(_, other)| *other != digest).map(|(way, _)| way).collect();
    assert!(other.is_empty(), "seed {seed}: another state when read {other:?}");
    assert_eq!(Fold::over(&written.entries()).shared.policies, written.live.shared.policies);
}

/// The first hundred entries one by one, the rest all at once: a commit each is slow on a disk.
const ONE_BY_ONE: [usize; 101] = {
    let mut sizes = [1; 101];
    sizes[100] = 1_000_000;
    sizes
};

#[test]
fn one_journal_has_one_state_whichever_way_it_is_read() {
    check(1, 900, &[&ONE_BY_ONE, &[7], &[64], &[256]]);
}

#[test]
#[ignore = "a commit an entry: cargo xtask soak a_long_journal"]
fn a_long_journal_has_one_state_whichever_way_it_is_read() {
    for seed in 10..20 {
        check(seed, 4_000, &[&[1], &[7], &[64], &[256], &[3, 1, 200]]);
    }
}

#[test]
fn another_journal_has_another_digest() {
    // What would be equal for every journal would prove nothing above.
    let written = Written::new(2, 60);
    let entries = written.entries();
    let whole = Fold::over(&entries).digest();
    assert_ne!(whole, Fold::over(&entries[..entries.len() - 1]).digest());
    let mut policies = written.live.clone();
    let policy = policies.shared.policies.values_mut().find(|policy| policy.model().is_some());
    policy.unwrap().policy_mut().learn(&nexus_engine::policy::Rewarded {
        features: &[0.5; nexus_engine::policy::context::FEATURES],
        value: 0.1,
        propensity: 0.5,
        gain: None,
    });
    assert_ne!(whole, policies.digest());
}

/// Erases somebody from a store and from the state beside it, as a node does.
fn erase(store: &mut Store, live: &mut Fold, learner: &LearnerId) {
    let mark = store.make_erasure_mark(learner).unwrap();
    let pseudonym = store.pseudonym().unwrap();
    let redacted = store.redact(learner, &pseudonym).unwrap();
    let seq = store.head().seq + 1;
    let event = Event::LearnerErased(Box::new(LearnerErased {
        learner: pseudonym,
        mark,
        entries: redacted.entries(),
        digest: redacted.digest(),
        reason: "asked for".to_owned(),
        by: "a test".to_owned(),
    }));
    let (id, received_at) = (EventId::new(&format!("erased:{seq}")).unwrap(), live.latest());
    let entry = Entry { seq, id, received_at, event };
    let mut state = live.learners.remove(learner).unwrap();
    let learner_seq = Some(state.entries);
    live.shared.apply(Some(&mut state), &entry);
    live.learners.insert(state.id.clone(), state);
    let record = NewRecord { entry, learner_seq, request_hash: [0; 16] };
    store.erase(&redacted, &record, &live.shared, live.learners.values()).unwrap();
}

/// What every policy, every parameter and every bandit learned from a learner is the same when it
/// is learned from what is left of them.
#[test]
fn learners_are_erased_and_one_state_is_left() {
    for seed in [4, 5] {
        let written = Written::new(seed, 700);
        written.check_that_all_policies_live();
        let (directory, mut store) = written.stored(&[256]);
        let mut live = written.live.clone();
        let learners: Vec<LearnerId> = live.learners.keys().cloned().collect();
        let erased: Vec<&LearnerId> = learners.iter().step_by(3).collect();
        assert!(erased.len() > 2, "{learners:?}");
        for learner in &erased {
            erase(&mut store, &mut live, learner);
            live.shared.check_rewards().unwrap();
            live.shared.check_supports().unwrap();
        }
        assert!(store.scrub().unwrap());
        drop(store);
        let report = verify(directory.path()).unwrap();
        assert!(report.is_sound(), "seed {seed}: {:?}", report.problems);
        assert_eq!(report.state_digest_replayed, live.digest(), "seed {seed}");
        assert_eq!(report.state_digest_stored, Some(live.digest()), "seed {seed}");
        assert!(report.redacted > 100, "seed {seed}: {}", report.redacted);
        assert_eq!(live.shared.policies, written.live.shared.policies, "seed {seed}");
    }
}
