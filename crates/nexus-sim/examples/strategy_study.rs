//! Measures the strategies of the engine in the five families: `gains` prints the table of
//! `matrix/warm.rs` from the tuning seed, `tune` the study on that seed, `report` what
//! `docs/simulators.md` states, on reporting seeds. Run with
//! `cargo run --release -p nexus-sim --example strategy_study -- report`.

use nexus_engine::strategy::{Probes, StrategyBandit, StrategySet};
use nexus_sim::matrix::compare::{measured, paired, paired_lowest_quarter, rank_correlation};
use nexus_sim::matrix::run::{Outcome, Policy, StrategySchool, teach_by};
use nexus_sim::matrix::{World, warm};

/// Everything that was chosen, was chosen on this seed and on 11.
const TUNING_SEED: u64 = 12;
/// On these a cold prior and a warm one were compared, without a winner.
const CHOOSING_SEEDS: [u64; 3] = [13, 14, 15];
/// What is reported is of these.
const REPORTING_SEEDS: [u64; 3] = [101, 102, 103];
const WARM_UP: u64 = 3_000;
const MEASURED: u64 = 2_000;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("gains") => families(&gains),
        Some("report") => families(&|world| report(world, &REPORTING_SEEDS)),
        Some("tune") => families(&|world| report(world, &CHOOSING_SEEDS)),
        _ => eprintln!("say `gains`, `tune` or `report`"),
    }
}

/// All families side by side, printed in order.
fn families(of: &(dyn Fn(World) -> String + Sync)) {
    std::thread::scope(|scope| {
        let threads = World::FAMILIES.map(|world| scope.spawn(move || of(world)));
        for thread in threads {
            match thread.join() {
                Ok(text) => println!("{text}"),
                Err(_) => eprintln!("a family failed"),
            }
        }
    });
}

fn gains(world: World) -> String {
    let set = StrategySet::default();
    let gain = |strategy| {
        let after = (0..3_000).map(|n| teach_by(world, TUNING_SEED, n, strategy).probed.after);
        let after = after.map(|probes| probes.share().unwrap_or(0.0));
        after.sum::<f64>() / 3_000.0
    };
    let row: Vec<String> =
        set.strategies().iter().map(|strategy| format!("{:.3}", gain(*strategy))).collect();
    format!("    // {}\n    &[{}],", world.word(), row.join(", "))
}

fn report(world: World, seeds: &[u64]) -> String {
    let mut text = format!("{}\n", world.word());
    for &seed in seeds {
        let baselines: Vec<(Policy, Vec<Outcome>)> = Policy::ALL
            .into_iter()
            .filter(|policy| policy.is_baseline())
            .map(|policy| (policy, policy.teach(world, seed, MEASURED, &|| {})))
            .collect();
        let best = baselines.iter().max_by(|a, b| score(&a.1).total_cmp(&score(&b.1)));
        let Some((best, yardstick)) = best else { continue };
        text += &format!("  seed {seed}: best baseline {} {:.3}\n", best.word(), score(yardstick));
        let mastery = &baselines[4].1;
        for (name, others, warm_up) in [
            ("warm, others", warm::others(world), WARM_UP),
            ("cold", Vec::new(), WARM_UP),
            ("warm, no learner", warm::others(world), 0),
        ] {
            let (stages, taught) = school(world, seed, &others, warm_up);
            let against = paired(&taught, yardstick);
            let lowest = paired_lowest_quarter(&taught, mastery);
            let show = |it: Option<nexus_sim::matrix::compare::Measured>| {
                it.map_or(String::new(), |it| {
                    format!("{:+.4} [{:+.4}, {:+.4}]", it.mean, it.interval.low, it.interval.high)
                })
            };
            text += &format!(
                "    {name}: {:.4} vs best {} quartile vs mastery {} stages {stages}\n",
                score(&taught),
                show(against),
                show(lowest)
            );
        }
        text += &arms(world, seed);
    }
    text
}

/// True gain of each strategy, and how reward and raw success rank them.
fn arms(world: World, seed: u64) -> String {
    let set = StrategySet::default();
    let (mut truth, mut reward, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    for strategy in set.strategies() {
        let all: Vec<Outcome> =
            (0..1_000).map(|n| teach_by(world, seed, 1 << 40 | n, *strategy)).collect();
        truth.push(score(&all));
        let first = all.iter().take(200);
        let share = |probes: Probes| probes.share().unwrap_or(0.0);
        let gain = |one: &Outcome| share(one.probed.after) - share(one.probed.before);
        let probed = first.clone().map(gain);
        reward.push(measured(probed).map_or(0.0, |it| it.mean));
        let success = first.map(|one| one.right as f64 / one.answers.max(1) as f64);
        raw.push(measured(success).map_or(0.0, |it| it.mean));
    }
    let mean = truth.iter().sum::<f64>() / truth.len() as f64;
    let (least, most) = truth.iter().fold((1.0f64, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
    format!(
        "    strategies: worst {least:.3} mean {mean:.3} best {most:.3}; rank correlation with \
         truth: probe gain {:.2}, raw success {:.2}; all {truth:.3?}\n",
        rank_correlation(&reward, &truth),
        rank_correlation(&raw, &truth)
    )
}

fn school(
    world: World,
    seed: u64,
    others: &[StrategyBandit],
    warm_up: u64,
) -> (String, Vec<Outcome>) {
    let others: Vec<&StrategyBandit> = others.iter().collect();
    let mut school = StrategySchool::new(world, &others);
    let mut stages = Vec::new();
    for start in (0..warm_up).step_by(500) {
        let stage: Vec<Outcome> =
            (start..start + 500).map(|n| school.teach(seed, 1 << 32 | n).1).collect();
        stages.push(format!("{:.3}", score(&stage)));
    }
    let taught = (0..MEASURED).map(|n| school.teach(seed, n).1).collect();
    (stages.join(" "), taught)
}

fn score(all: &[Outcome]) -> f64 {
    all.iter().map(|one| one.score).sum::<f64>() / all.len().max(1) as f64
}
