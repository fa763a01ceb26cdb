//! Few probes, and payment that comes late, as in production.

use crate::{REPORTING_SEEDS, attend, borrow, score};
use nexus_engine::strategy::StrategySet;
use nexus_sim::matrix::run::{ProbePlan, StrategySchool};
use nexus_sim::matrix::{World, warm};

/// A family on the first reporting seed, warm: ten probes at once, few probes, late, and both.
pub fn run(world: &World) -> String {
    let mut text = world.word().to_owned();
    for (name, before, after, delay) in [
        ("10 and 10, at once", 10, 10, 0),
        ("2 and 5, at once", 2, 5, 0),
        ("10 and 10, 500 later", 10, 10, 500),
        ("2 and 5, 500 later", 2, 5, 500),
        ("0 and 3, 500 later", 0, 3, 500),
    ] {
        let others = warm::others(*world);
        let school = StrategySchool::new(*world, StrategySet::default(), &borrow(&others));
        let school = school.paid_later(ProbePlan { before, after }, delay);
        let (stages, taught) = attend(school, REPORTING_SEEDS[0], 1_000);
        text += &format!("\n  {name}: stages {stages:.3?}, then {:.4}", score(&taught));
    }
    text
}
