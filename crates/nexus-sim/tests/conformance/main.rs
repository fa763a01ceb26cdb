//! Every policy under every constraint keeps the promises of a decision, in storms in which
//! everything happens at once: nothing excluded is ever chosen, what is logged is what is drawn,
//! and the same seed draws the same. Policies and exclusions are taken from the engine's own lists,
//! so a new one is tried here before anybody thinks of it.
//!
//! The long versions: `cargo xtask soak ten_million_decisions`, `cargo xtask soak a_million_draws`.

mod chance;
mod frozen;
mod law;
mod statistics;

use law::Law;
use nexus_engine::decision::candidates::Relaxation;
use nexus_engine::decision::choose::Guidance;
use nexus_engine::decision::exploration::Withheld;
use nexus_engine::decision::rest::RestStatus;
use nexus_engine::policy::registry::PolicyState;
use nexus_sim::storm::{Asking, Storm};
use nexus_store::record::exclusions::LETTERS;
use statistics::{Cell, Uniformity};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Decisions of one storm: a life long enough for each learner to see the end of the course.
const STORM: u64 = 5_000;
const LEARNERS: usize = 30;

/// What was seen in some storms.
#[derive(Default)]
struct Tally {
    decisions: u64,
    refused: u64,
    rests: BTreeSet<&'static str>,
    chosen_by: BTreeMap<&'static str, u64>,
    reasons: BTreeSet<&'static str>,
    relaxations: BTreeSet<Relaxation>,
    fallbacks: BTreeSet<&'static str>,
    overridden: u64,
    held_out: u64,
    shadows: u64,
    withheld: BTreeSet<&'static str>,
    draws: BTreeMap<Cell, Uniformity>,
}

impl Tally {
    fn see(&mut self, asking: &Asking, uniform: f64) {
        let decision = match &asking.result {
            Ok(Guidance::Activity(decision)) => decision,
            Ok(Guidance::Rest(rest)) => {
                self.rests.insert(rest.status.word());
                return;
            }
            Err(_) => {
                self.refused += 1;
                return;
            }
        };
        self.decisions += 1;
        let word = law::word(decision);
        *self.chosen_by.entry(word).or_default() += 1;
        self.reasons.extend(decision.rules.exclusions.iter().map(|reason| reason.word()));
        self.relaxations.insert(decision.rules.relaxation);
        self.fallbacks.extend(decision.choice.fallback.map(|fallback| fallback.word()));
        self.overridden += u64::from(decision.choice.overridden_by.is_some());
        self.held_out += u64::from(decision.origin.decider.held_out);
        self.shadows += decision.origin.shadows.len() as u64;
        self.withheld.extend(decision.choice.withheld.map(Withheld::word));
        if decision.choice.candidates.len() > 1 {
            let cell = Cell::of(word, asking, decision);
            self.draws.entry(cell).or_default().see(decision, uniform);
        }
    }

    fn join(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.refused += other.refused;
        self.rests.extend(other.rests);
        self.overridden += other.overridden;
        self.held_out += other.held_out;
        self.shadows += other.shadows;
        self.withheld.extend(other.withheld);
        for (word, count) in other.chosen_by {
            *self.chosen_by.entry(word).or_default() += count;
        }
        self.reasons.extend(other.reasons);
        self.relaxations.extend(other.relaxations);
        self.fallbacks.extend(other.fallbacks);
        for (cell, draws) in other.draws {
            self.draws.entry(cell).or_default().join(&draws);
        }
    }

    /// Cells whose draws chance would make so uneven once in a thousand times at most.
    fn uneven(&self) -> BTreeSet<&Cell> {
        let cells = self.draws.iter().filter(|(_, draws)| draws.tail() <= 0.001);
        cells.map(|(cell, _)| cell).collect()
    }
}

/// One storm from its beginning, every decision held against the law.
fn storm(seed: u64) -> Tally {
    let mut storm = Storm::new(seed, LEARNERS);
    let mut tally = Tally::default();
    let mut stream = nexus_stats::random::Stream::keyed(seed, "uniformity");
    while tally.decisions < STORM {
        storm.stir();
        let asking = storm.ask();
        Law { storm: &storm, asking: &asking, seed }.check();
        tally.see(&asking, stream.uniform());
        storm.keep(asking);
    }
    tally
}

/// So many storms, side by side; what was seen does not depend on how many threads there were.
fn storms(first: u64, count: u64) -> Tally {
    let next = AtomicU64::new(0);
    let seen: Mutex<BTreeMap<u64, Tally>> = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let tally = storm(first + number);
                    seen.lock().unwrap().insert(number, tally);
                }
            });
        }
    });
    let mut all = Tally::default();
    seen.into_inner().unwrap().into_values().for_each(|tally| all.join(tally));
    all
}

/// A cell that chance alone made uneven is not uneven again in other storms; a policy that draws
/// otherwise than it says is.
#[track_caller]
fn check_storms(count: u64) {
    let all = storms(0, count);
    let again = match all.uneven().is_empty() {
        true => Tally::default(),
        false => storms(1 << 32, count),
    };
    let uneven: Vec<&Cell> = all.uneven().intersection(&again.uneven()).copied().collect();
    assert!(uneven.is_empty(), "drawn otherwise than logged: {uneven:?}");
    println!(
        "{} decisions, {} requests refused, {} pins, {} held out, {} by shadows, {} cells",
        all.decisions,
        all.refused,
        all.overridden,
        all.held_out,
        all.shadows,
        all.draws.len()
    );
    check_coverage(&all);
}

/// A promise that was never tried would hold for ever.
#[track_caller]
fn check_coverage(all: &Tally) {
    for word in PolicyState::WORDS {
        let decisions = all.chosen_by.get(word).copied().unwrap_or_default();
        assert!(decisions > STORM / 2, "{word} decided {decisions} times only");
    }
    let missing = LETTERS.iter().filter(|(_, reason)| !all.reasons.contains(reason.word()));
    let missing: Vec<&str> = missing.map(|(_, reason)| reason.word()).collect();
    assert!(missing.is_empty(), "these reasons never came up: {missing:?}");
    assert_eq!(all.relaxations, BTreeSet::from(Relaxation::LADDER));
    let rests = RestStatus::ALL.map(RestStatus::word);
    assert_eq!(all.rests, BTreeSet::from(rests));
    assert!(all.fallbacks.contains("kill_switch") && all.overridden > 0);
    assert!(all.held_out > 0 && all.shadows > 0);
    assert!(all.withheld.contains("no_consent"), "{:?}", all.withheld);
}

#[test]
fn a_hundred_thousand_decisions_keep_every_promise() {
    check_storms(20);
}

#[test]
#[ignore = "half an hour or more: cargo xtask soak ten_million_decisions"]
fn ten_million_decisions_keep_every_promise() {
    check_storms(2_000);
}
