//! The same strategies and the same bandit over the engine's own learner model, HKT, in the place
//! of the matrix's small one. Its shared part learns from every answer, as while serving.

use crate::{Place, attend, beside, best_yardstick, borrow};
use nexus_lab::matrix::run::StrategySchool;
use nexus_lab::matrix::warm;

const MEASURED: u64 = 2_000;

/// A setting on its seed, from nothing but what strategies gained in the other families, over the
/// small belief.
pub fn run((name, setting, seed): &Place) -> String {
    let best = best_yardstick(*setting, *seed, MEASURED);
    let others = warm::others(setting.world);
    let school = StrategySchool::new(*setting, &borrow(&others)).over_hkt();
    let (stages, taught) = attend(school, *seed, MEASURED);
    format!("{name} seed {seed} over HKT: {}; stages {stages:.3?}", beside("warm", &taught, &best))
}
