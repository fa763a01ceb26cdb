//! Which strategies are shipped, and what they gain: on the tuning seed alone.

use crate::{TUNING_SEED, score, side_by_side};
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::strategy::Strategy;
use nexus_lab::matrix::generic::{POOL, points, shipped};
use nexus_lab::matrix::run::{MatrixOutcome, filter_after, teach_by, teach_by_hkt};
use nexus_lab::matrix::{Setting, World};
use std::sync::Mutex;

const LEARNERS: u64 = 100;
/// Learners that HKT's shared part learns from before it rests, so that strategies are compared on
/// the same learners.
const FILTERED: u64 = 300;
/// Learners behind each gain of `matrix/warm.rs`.
const GAINED: u64 = 3_000;
/// How many strategies are shipped.
const SHIPPED: usize = 16;
/// A strategy is picked while it brings the worlds this much nearer to their best, summed.
const WORTH: f64 = 0.002;

/// Each family as it is and with constants shifted three times, over the small belief and over
/// HKT: forty places. The point that brings all of them nearest to the best point of each comes
/// first; the rest lie furthest from those picked.
pub fn run() {
    let pool = points(POOL);
    let place = |at: usize| (at / 8, at as u64 / 2 % 4, at % 2 == 1);
    let worlds: Vec<(usize, u64, bool)> = (0..40).map(place).collect();
    let rows = Mutex::new(vec![Vec::new(); worlds.len()]);
    let places: Vec<usize> = (0..worlds.len()).collect();
    side_by_side(&places, &|place| {
        let (family, draw, over_hkt) = worlds[*place];
        let world = World::FAMILIES[family];
        let setting = match draw {
            0 => Setting::from(world),
            _ => Setting::shifted(world, TUNING_SEED + draw),
        };
        let filter = over_hkt.then(|| filter_after(setting, TUNING_SEED, FILTERED, &spread(&pool)));
        let row: Vec<f64> =
            pool.iter().map(|one| mean_score(setting, *one, filter.as_ref())).collect();
        let best = row.iter().fold(0.0f64, |best, gain| best.max(*gain));
        if let Ok(mut rows) = rows.lock() {
            rows[*place] = row.iter().map(|gain| gain / best).collect();
        }
        format!("{} {draw} over HKT {over_hkt}: best {best:.3}", world.word())
    });
    let rows = rows.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let of = |left_out: Option<usize>| -> Vec<&Vec<f64>> {
        let kept = worlds.iter().zip(&rows).filter(|((family, ..), _)| Some(*family) != left_out);
        kept.map(|(_, row)| row).collect()
    };
    println!("all {:?}", numbers(&pool, &of(None)));
    for (family, world) in World::FAMILIES.iter().enumerate() {
        println!("without {} {:?}", world.word(), numbers(&pool, &of(Some(family))));
    }
}

/// The points in another order: neighbours on the lattice alternate between paths and rules.
fn spread(pool: &[Strategy]) -> Vec<Strategy> {
    (0..pool.len()).map(|at| pool[at * 37 % pool.len()]).collect()
}

/// Over HKT when there is a filter.
fn mean_score(setting: Setting, strategy: Strategy, filter: Option<&TracingModel>) -> f64 {
    let one = |learner| taught(setting, learner, strategy, filter);
    let all: Vec<MatrixOutcome> = (0..LEARNERS).map(one).collect();
    // To four digits, so that the last bits of a sum decide nothing.
    (10_000.0 * score(&all)).round() / 10_000.0
}

fn taught(
    setting: impl Into<Setting>,
    learner: u64,
    strategy: Strategy,
    filter: Option<&TracingModel>,
) -> MatrixOutcome {
    match filter {
        None => teach_by(setting, TUNING_SEED, learner, strategy),
        Some(model) => teach_by_hkt(setting, TUNING_SEED, learner, strategy, model),
    }
}

/// The numbers, from 1, of the points picked.
fn numbers(pool: &[Strategy], rows: &[&Vec<f64>]) -> Vec<usize> {
    let mut picked: Vec<usize> = Vec::new();
    let mut reached = vec![0.0f64; rows.len()];
    while picked.len() < SHIPPED {
        let worth = |point: usize| -> f64 {
            let nearer = rows.iter().zip(&reached).map(|(row, at)| (row[point] - at).max(0.0));
            nearer.sum()
        };
        let best = furthest(pool, &picked, worth);
        if worth(best) < WORTH {
            break;
        }
        picked.push(best);
        reached.iter_mut().zip(rows).for_each(|(at, row)| *at = at.max(row[best]));
    }
    while picked.len() < SHIPPED {
        let apart = |point: usize| {
            let alone = picked.iter().map(|other| -pool[point].likeness(&pool[*other]));
            alone.fold(f64::INFINITY, f64::min)
        };
        picked.push(furthest(pool, &picked, apart));
    }
    picked.iter().map(|point| point + 1).collect()
}

/// The point, not yet picked, with the greatest value; of equals the first.
fn furthest(pool: &[Strategy], picked: &[usize], value: impl Fn(usize) -> f64) -> usize {
    let free = (0..pool.len()).filter(|point| !picked.contains(point));
    let valued = free.map(|point| (point, value(point)));
    let best = valued.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(0, |(point, _)| point)
}

/// A row of the table in `matrix/warm.rs`, and what the same strategies gain over HKT.
pub fn gains(world: &World) -> String {
    let filter = filter_after(*world, TUNING_SEED, FILTERED, &spread(&points(POOL)));
    let row = |filter: Option<&TracingModel>| -> String {
        let share = |strategy: Strategy| {
            let after = (0..GAINED).map(|n| taught(*world, n, strategy, filter).probed.after);
            after.map(|probes| probes.share().unwrap_or(0.0)).sum::<f64>() / GAINED as f64
        };
        let set = shipped();
        let row = set.strategies().iter().map(|one| format!("{:.3}", share(*one)));
        row.collect::<Vec<String>>().join(", ")
    };
    let (small, hkt) = (row(None), row(Some(&filter)));
    format!("    // {0}\n    &[{small}],\n    // {0} over HKT\n    &[{hkt}],", world.word())
}
