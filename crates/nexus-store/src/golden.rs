//! What old data mean never changes unnoticed: checked-in journals, and a whole data directory,
//! that an earlier version wrote. `golden/README.md` says how they came to be. They are only ever
//! added to.

use crate::codec;
use crate::keys::{KeyRefusal, KeyStore};
use crate::record;
use crate::verify::verify;
use nexus_engine::event::{Entry, Event};
use nexus_engine::experiment::tally::VariantTally;
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::corrections::Corrections;
use nexus_engine::workspace::{LearnerState, SharedState};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One line of a golden journal.
#[derive(Deserialize)]
struct Line {
    seq: u64,
    id: String,
    received_at: i64,
    kind: String,
    body: String,
}

#[derive(Default)]
struct State {
    shared: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
}

impl State {
    fn apply(&mut self, entry: &Entry, corrections: &Corrections) {
        let learner = entry.event.learner().map(|id| {
            self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
        });
        corrections.apply(&mut self.shared, learner, entry);
    }

    /// The digest of the state's bytes, without the headers that name their layout.
    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut bytes = Vec::new();
        codec::encode_shared(&self.shared, &mut bytes);
        hasher.update(&bytes[codec::HEADER_BYTES..]);
        for learner in self.learners.values() {
            bytes.clear();
            codec::encode_learner(learner, &mut bytes);
            hasher.update(&bytes[codec::HEADER_BYTES..]);
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(golden(name)).unwrap()
}

fn entries(name: &str) -> Vec<Entry> {
    let text = read(name);
    let lines = text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap());
    let entry = |line: Line| {
        let event = record::decode(&line.kind, &line.body).unwrap();
        assert_eq!(event.word(), line.kind);
        assert_eq!(record::encode(&event), line.body, "entry {} of {name}", line.seq);
        let (id, received_at) = (EventId::new(&line.id).unwrap(), Timestamp(line.received_at));
        Entry { seq: line.seq, id, received_at, event }
    };
    lines.map(entry).collect()
}

/// Folds a golden journal and compares the digest with the one that was written beside it.
fn check(name: &str) -> (State, BTreeSet<&'static str>) {
    let mut state = State::default();
    let mut kinds = BTreeSet::new();
    let entries = entries(&format!("{name}.ndjson"));
    let mut corrections = Corrections::default();
    entries.iter().for_each(|entry| corrections.read(entry));
    for entry in entries {
        kinds.insert(entry.event.word());
        state.apply(&entry, &corrections);
    }
    assert_eq!(state.digest(), read(&format!("{name}.digest")).trim(), "{name}");
    (state, kinds)
}

#[test]
fn a_journal_of_every_kind_of_entry_means_what_it_always_meant() {
    let (_, kinds) = check("every-kind");
    // This file keeps the kinds that it was written with. A new kind gets a golden journal of its own.
    assert_eq!(kinds.len(), 31);
    assert!(kinds.iter().all(|kind| record::KINDS.contains(kind)));
}

#[test]
fn a_journal_in_which_every_policy_decides_and_learns_means_what_it_always_meant() {
    let (state, _) = check("every-policy");
    let deciding: BTreeSet<_> = entries("every-policy.ndjson")
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::DecisionMade(decision) => Some(decision.origin.decider.policy.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(deciding.len(), 16, "{deciding:?}");
    assert!(state.shared.policies.values().any(|policy| policy.policy().version() > 3));
}

#[test]
fn a_data_directory_of_an_earlier_version_is_sound_and_its_keys_open() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["nexus.db", "keys.db", "server.key", "watermark", "erasures"] {
        std::fs::copy(golden("directory").join(name), directory.path().join(name)).unwrap();
    }
    let report = verify(directory.path()).unwrap();
    assert_eq!(report.first_bad_seq, None);
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.redacted, 48);
    let head = report.head_hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(head, read("directory/head").trim());

    let keys = KeyStore::open(directory.path()).unwrap();
    let texts = read("directory/keys");
    let mut texts = texts.lines();
    let monday = Timestamp(20_000 * 86_400_000_000);
    let record = keys.check(texts.next().unwrap(), monday).unwrap();
    assert!(record.allows("events:write") && !record.allows("keys:write"));
    assert!(matches!(keys.check(texts.next().unwrap(), monday), Err(KeyRefusal::Revoked)));
}

#[test]
fn a_journal_of_closing_checks_means_what_it_always_meant() {
    let (state, _) = check("closing-check");
    let courses = ["sums", "dates"].map(|id| state.shared.course(id).unwrap());
    assert!(courses.iter().all(|course| course.goal.is_some() && course.ends.is_some()));
    let of = |learner: &str, course: &str| {
        let id = LearnerId::new(learner).unwrap();
        let progress = state.learners[&id].progress(course).unwrap();
        progress.outcome.as_ref().unwrap().check.clone().unwrap()
    };
    let ada = of("ada-sums-0", "sums");
    assert_eq!((ada.asked, ada.answers(), ada.completed_at.is_some()), (10, 10, true));
    let cal = of("cal-dates-2", "dates");
    assert_eq!((cal.asked, cal.answers(), cal.skipped), (12, 4, true));
}

#[test]
fn a_journal_of_supports_means_what_it_always_meant() {
    let (state, kinds) = check("supports");
    assert!(kinds.contains("support_chosen") && kinds.contains("support_rewarded"));
    let supports = state.shared.supports.values().next().unwrap();
    assert_eq!((supports.chosen, supports.rewarded, supports.missing), (21, 12, 5));
    assert_eq!(supports.waiting(), state.shared.pending_supports.len() as u64);
    // Two of the outcomes are of what the kill switch served, and teach nothing.
    assert_eq!(supports.learned, 10);
}

#[test]
fn a_journal_of_an_experiments_life_means_what_it_always_meant() {
    let (state, kinds) = check("experiment-life");
    assert!(kinds.contains("experiment_changed"));
    let experiment = state.shared.experiments.values().next().unwrap();
    let life = &experiment.life;
    assert_eq!((life.changes.len(), life.share, experiment.is_running()), (5, 1.0, false));
    assert!(life.archived_at().is_some() && life.conclusion().is_some());
    // What is kept says less than the end, and each point more than the one before.
    let learners =
        |tallies: &[VariantTally]| -> u64 { tallies.iter().map(|tally| tally.learners).sum() };
    let seen: Vec<_> = life.history.points.iter().map(|point| learners(&point.tallies)).collect();
    assert!(
        seen.iter().all(|seen| (10..=learners(&experiment.tallies)).contains(seen)),
        "{seen:?}"
    );
    assert!(seen.len() >= 3 && seen.is_sorted(), "{seen:?}");
}

#[test]
fn a_journal_in_which_much_was_corrected_means_what_it_always_meant() {
    let (state, kinds) = check("corrections");
    assert!(kinds.contains("corrected"));
    let experiment = state.shared.experiments.values().next().unwrap();
    assert_eq!((experiment.definition.version, experiment.earlier.len()), (2, 1));
    let left_out: u64 = experiment.tallies.iter().map(|tally| tally.left_out).sum();
    assert!(left_out > 0);
    assert!(state.shared.overlap.learners > 0);
    assert_eq!(state.shared.check_rewards(), Ok(()));
}
