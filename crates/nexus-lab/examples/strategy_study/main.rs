//! The study behind `docs/simulators.md`: strategies and the bandit that deals them.
//!
//! On the tuning seed: `pick` the shipped set, the `gains` of `matrix/warm.rs`, learner
//! `features`. On reporting seeds: `report` (F1 to F5), `apart` (set and prior without the
//! family), `shaken` (shifted constants, wrong graphs, H1), `chains` (KT6kc), `hkt` (over the
//! engine's own learner model), `late` (few probes, late payment). Run with
//! `cargo run --release -p nexus-lab --example strategy_study -- report`.

mod features;
mod hkt;
mod honest;
mod late;
mod pick;
mod report;

use nexus_engine::strategy::StrategyBandit;
use nexus_lab::matrix::compare::{Measured, measured, paired};
use nexus_lab::matrix::run::{MatrixOutcome, MatrixPolicy, StrategySchool};
use nexus_lab::matrix::{Setting, World};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Everything that was chosen, was chosen on this seed.
const TUNING_SEED: u64 = 12;
/// What is reported is of these, run once.
const REPORTING_SEEDS: [u64; 3] = [301, 302, 303];
/// Learners a bandit learns from before it is measured.
const WARM_UP: u64 = 3_000;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("pick") => pick::run(),
        Some("gains") => side_by_side(&World::FAMILIES, &pick::gains),
        Some("features") => side_by_side(&World::FAMILIES, &features::run),
        Some("report") => side_by_side(&with_seeds(&World::FAMILIES), &report::run),
        Some("apart") => side_by_side(&with_seeds(&World::FAMILIES), &honest::apart),
        Some("shaken") => side_by_side(&honest::settings(), &honest::shaken),
        Some("chains") => side_by_side(&with_seeds(&[false, true]), &honest::chains),
        Some("hkt") => side_by_side(&families_and_h1(), &hkt::run),
        Some("late") => side_by_side(&World::FAMILIES, &late::run),
        _ => eprintln!("say pick, gains, features, report, apart, shaken, chains, hkt or late"),
    }
}

/// A setting by name, and its seed.
type Place = (String, Setting, u64);

fn families_and_h1() -> Vec<Place> {
    let worlds = World::FAMILIES.into_iter().chain([World::H1]);
    let with_seed = |world: World| {
        seeds().into_iter().map(move |seed| (world.word().to_owned(), Setting::from(world), seed))
    };
    worlds.flat_map(with_seed).collect()
}

fn with_seeds<T: Copy>(all: &[T]) -> Vec<(T, u64)> {
    all.iter().flat_map(|one| seeds().into_iter().map(move |seed| (*one, seed))).collect()
}

/// The reporting seeds, or the one that was said.
fn seeds() -> Vec<u64> {
    let said = std::env::args().nth(2).and_then(|it| it.parse().ok());
    said.map_or_else(|| REPORTING_SEEDS.to_vec(), |seed| vec![seed])
}

/// Two threads; each text is printed in its turn.
fn side_by_side<T: Sync>(all: &[T], of: &(dyn Fn(&T) -> String + Sync)) {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<String>>> = Mutex::new(vec![None; all.len()]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(at) else { break };
                    let text = of(one);
                    if let Ok(mut done) = done.lock() {
                        done[at] = Some(text);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.into_iter().flatten().for_each(|text| println!("{text}"));
}

/// What became of the learners of a school: the mean of each 500 of the warm-up, and those after.
fn attend(mut school: StrategySchool, seed: u64, measured: u64) -> (Vec<f64>, Vec<MatrixOutcome>) {
    let stages = (0..WARM_UP).step_by(500).map(|start| {
        let stage: Vec<MatrixOutcome> =
            (start..start + 500).map(|learner| school.teach(seed, 1 << 32 | learner).1).collect();
        score(&stage)
    });
    let stages = stages.collect();
    let taught = (0..measured).map(|learner| school.teach(seed, learner).1).collect();
    (stages, taught)
}

/// The best yardstick of a setting, with its learners.
fn best_yardstick(
    setting: Setting,
    seed: u64,
    learners: u64,
) -> (MatrixPolicy, Vec<MatrixOutcome>) {
    let yardsticks = MatrixPolicy::ALL.into_iter().filter(|policy| policy.is_baseline());
    let taught = yardsticks.map(|one| (one, one.teach(setting, seed, learners, &|| {})));
    let best = taught.max_by(|(_, a), (_, b)| score(a).total_cmp(&score(b)));
    best.unwrap_or((MatrixPolicy::Random, Vec::new()))
}

/// A policy beside the best yardstick, in words.
fn beside(
    name: &str,
    taught: &[MatrixOutcome],
    best: &(MatrixPolicy, Vec<MatrixOutcome>),
) -> String {
    format!(
        "{name} {:.4}, best {} {:.4}, difference {}",
        score(taught),
        best.0.word(),
        score(&best.1),
        show(paired(taught, &best.1))
    )
}

fn borrow(courses: &[StrategyBandit]) -> Vec<&StrategyBandit> {
    courses.iter().collect()
}

fn score(all: &[MatrixOutcome]) -> f64 {
    measured(all.iter().map(|one| one.score)).map_or(0.0, |measured| measured.mean)
}

fn show(measured: Option<Measured>) -> String {
    measured.map_or(String::new(), |it| {
        format!("{:+.4} [{:+.4}, {:+.4}]", it.mean, it.interval.low, it.interval.high)
    })
}
