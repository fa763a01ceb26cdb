//! T9 to T12 and T22 in the five families.

use crate::{attend, beside, best_yardstick, borrow, score, show};
use nexus_engine::strategy::Probes;
use nexus_lab::matrix::compare::{measured, paired_lowest_quarter, rank_correlation};
use nexus_lab::matrix::generic::shipped;
use nexus_lab::matrix::run::{MatrixOutcome, MatrixPolicy, StrategySchool, teach_by};
use nexus_lab::matrix::{Setting, World, warm};

const MEASURED: u64 = 2_000;

/// One family on one seed.
pub fn run((world, seed): &(World, u64)) -> String {
    let best = best_yardstick(Setting::from(*world), *seed, MEASURED);
    let mastery = MatrixPolicy::Mastery.teach(*world, *seed, MEASURED, &|| {});
    let mut text = format!("{} seed {seed}\n", world.word());
    for (name, others) in [("warm", warm::others(*world)), ("cold", Vec::new())] {
        let school = StrategySchool::new(*world, &borrow(&others));
        let (stages, taught) = attend(school, *seed, MEASURED);
        text += &format!(
            "  {}\n    lowest quarter against mastery {}; stages {stages:.3?}\n",
            beside(name, &taught, &best),
            show(paired_lowest_quarter(&taught, &mastery)),
        );
    }
    text + &strategies(*world, *seed)
}

/// True gain of each strategy, and how reward and raw success rank them.
fn strategies(world: World, seed: u64) -> String {
    let set = shipped();
    let share = |probes: Probes| probes.share().unwrap_or(0.0);
    let (mut truth, mut reward, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    for strategy in set.strategies() {
        let all: Vec<MatrixOutcome> =
            (0..1_000).map(|n| teach_by(world, seed, 1 << 40 | n, *strategy)).collect();
        truth.push(score(&all));
        let first = all.iter().take(200);
        let gain = |one: &MatrixOutcome| share(one.probed.after) - share(one.probed.before);
        reward.push(measured(first.clone().map(gain)).map_or(0.0, |it| it.mean));
        let success = first.map(|one| one.right as f64 / one.answers.max(1) as f64);
        raw.push(measured(success).map_or(0.0, |it| it.mean));
    }
    let (least, most) = truth.iter().fold((1.0f64, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
    format!(
        "  strategies: worst {least:.3} best {most:.4}; rank correlation with truth: probe gain \
         {:.2}, raw success {:.2}\n  each {truth:.3?}",
        rank_correlation(&reward, &truth),
        rank_correlation(&raw, &truth)
    )
}
