//! Where nothing was tuned: a family left out of set and prior, shifted constants, wrong graphs, a
//! family written down before any policy met it, and KT6kc.

use crate::{
    Place, REPORTING_SEEDS, TUNING_SEED, WARM_UP, attend, beside, best_yardstick, borrow, score,
};
use nexus_engine::strategy::{StrategyBandit, StrategySet};
use nexus_lab::matrix::compare::measured;
use nexus_lab::matrix::run::{StrategySchool, teach_by};
use nexus_lab::matrix::{Setting, World, generic, warm};

const MEASURED: u64 = 2_000;

/// The set picked without the family and the prior of the other four, and the set nobody picked.
pub fn apart((world, seed): &(World, u64)) -> String {
    let best = best_yardstick(Setting::from(*world), *seed, MEASURED);
    let mut text = format!("{} seed {seed}", world.word());
    let at = World::FAMILIES.iter().position(|family| family == world).unwrap_or(0);
    let apart = generic::of(&generic::PICKED_WITHOUT[at]).unwrap_or_default();
    let others: Vec<StrategyBandit> = World::FAMILIES
        .iter()
        .filter(|family| *family != world)
        .filter_map(|family| course(&apart, *family))
        .collect();
    for (name, set, others) in [
        ("apart, warm", apart.clone(), others),
        ("apart, cold", apart, Vec::new()),
        ("nobody's 32, cold", generic::set(), Vec::new()),
    ] {
        let school = StrategySchool::of(*world, set, &borrow(&others));
        let (stages, taught) = attend(school, *seed, MEASURED);
        text += &format!("\n  {}; stages {stages:.3?}", beside(name, &taught, &best));
    }
    text
}

/// What the strategies of a set gain in a family, on the tuning seed.
fn course(set: &StrategySet, world: World) -> Option<StrategyBandit> {
    let gains = set.strategies().iter().map(|strategy| {
        let after = (0..500).map(|n| teach_by(world, TUNING_SEED, n, *strategy).probed.after);
        let shares = after.map(|probes| probes.share().unwrap_or(0.0));
        measured(shares).map_or(0.5, |gain| gain.mean)
    });
    warm::course(set, &gains.collect::<Vec<f64>>())
}

/// The shaken settings; each shift is drawn from its seed.
pub fn settings() -> Vec<Place> {
    let mut all = Vec::new();
    for seed in REPORTING_SEEDS {
        all.push((format!("H1 seed {seed}"), Setting::from(World::H1), seed));
        for world in World::FAMILIES {
            let (name, as_is) = (world.word(), Setting::from(world));
            all.push((format!("{name} shifted {seed}"), Setting::shifted(world, seed), seed));
            all.push((format!("{name} misdrawn {seed}"), as_is.misdrawn(seed), seed));
        }
    }
    all
}

/// The shipped default in one of them: its prior has seen the five families as they are.
pub fn shaken((name, setting, seed): &Place) -> String {
    let best = best_yardstick(*setting, *seed, MEASURED);
    let others = warm::others(World::H1);
    let school = StrategySchool::new(*setting, &borrow(&others));
    let (stages, taught) = attend(school, *seed, MEASURED);
    format!("{name}: {}; stages {stages:.3?}", beside("warm", &taught, &best))
}

/// KT6kc, model 0, as it is and perturbed: what is known after 50 answers.
pub fn chains((perturbed, seed): &(bool, u64)) -> String {
    let world = World::Kt6kc { model: 0, perturbed: *perturbed };
    let setting = Setting::from(world).within(50);
    let best = best_yardstick(setting, *seed, MEASURED);
    let others = warm::others(world);
    let school = StrategySchool::new(setting, &borrow(&others));
    let (stages, taught) = attend(school, *seed, MEASURED);
    let beside = beside("warm", &taught, &best);
    let each: Vec<f64> = StrategySet::default()
        .strategies()
        .iter()
        .map(|strategy| {
            let all = (0..500).map(|n| teach_by(setting, *seed, WARM_UP + n, *strategy));
            score(&all.collect::<Vec<_>>())
        })
        .collect();
    format!("{} seed {seed}: {beside}; stages {stages:.3?}; each {each:.3?}", world.word())
}
