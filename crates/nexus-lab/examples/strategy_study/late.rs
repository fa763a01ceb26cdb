//! Few probes, and payment that comes late, as in production.

use crate::{attend, borrow, score};
use nexus_lab::matrix::run::{ProbePlan, StrategySchool};
use nexus_lab::matrix::{World, warm};

/// A seed of its own.
const LATE_SEED: u64 = 204;

/// A family on one seed, warm: ten probes at once, few probes, late, and both; and late for a
/// bandit that does not count who is still unpaid.
pub fn run(world: &World) -> String {
    let mut text = world.word().to_owned();
    for (name, before, after, delay, blind) in [
        ("10 and 10, at once", 10, 10, 0, false),
        ("2 and 5, at once", 2, 5, 0, false),
        ("10 and 10, 500 later", 10, 10, 500, false),
        ("10 and 10, 500 later, blind", 10, 10, 500, true),
        ("2 and 5, 500 later", 2, 5, 500, false),
        ("0 and 3, 500 later", 0, 3, 500, false),
    ] {
        let others = warm::others(*world);
        let school = StrategySchool::new(*world, &borrow(&others));
        let school = school.paid_later(ProbePlan { before, after }, delay);
        let school = if blind { school.blind() } else { school };
        let (stages, taught) = attend(school, LATE_SEED, 1_000);
        text += &format!("\n  {name}: stages {stages:.3?}, then {:.4}", score(&taught));
    }
    text
}
