//! Gains of the shipped strategies in each family, measured by probes on tuning seeds: what a
//! strategy bandit may believe before the first learner of a world it has never seen.

use super::World;
use super::run::PROBES;
use nexus_engine::strategy::gains::GainSums;
use nexus_engine::strategy::{Probes, StrategyBandit, StrategySet};

/// Mean share of right probes after the course, by family and strategy: 3,000 learners each.
pub const GAINS: [&[f64]; 5] = [
    // F1
    &[
        0.780, 0.724, 0.803, 0.788, 0.731, 0.819, 0.769, 0.709, 0.793, 0.690, 0.640, 0.746, 0.656,
        0.603, 0.726, 0.633, 0.583, 0.723, 0.636, 0.571, 0.539, 0.537, 0.537, 0.650, 0.593,
    ],
    // F2
    &[
        0.113, 0.113, 0.111, 0.283, 0.276, 0.292, 0.316, 0.313, 0.309, 0.270, 0.269, 0.267, 0.223,
        0.223, 0.222, 0.186, 0.188, 0.217, 0.278, 0.291, 0.254, 0.238, 0.236, 0.307, 0.229,
    ],
    // F3
    &[
        0.643, 0.656, 0.613, 0.644, 0.657, 0.609, 0.640, 0.656, 0.585, 0.632, 0.653, 0.555, 0.622,
        0.651, 0.523, 0.623, 0.650, 0.515, 0.495, 0.495, 0.495, 0.495, 0.495, 0.614, 0.605,
    ],
    // F4
    &[
        0.630, 0.626, 0.628, 0.629, 0.628, 0.629, 0.625, 0.623, 0.629, 0.626, 0.622, 0.627, 0.627,
        0.620, 0.630, 0.640, 0.629, 0.644, 0.630, 0.629, 0.632, 0.649, 0.707, 0.626, 0.635,
    ],
    // F5
    &[
        0.344, 0.346, 0.343, 0.359, 0.362, 0.357, 0.411, 0.413, 0.406, 0.443, 0.443, 0.432, 0.458,
        0.459, 0.437, 0.453, 0.457, 0.434, 0.354, 0.397, 0.421, 0.423, 0.422, 0.411, 0.452,
    ],
];

/// Learners behind each mean of the table.
const LEARNERS: f64 = 3_000.0;
/// Variance of a share of ten probes among the learners of one strategy.
const SPREAD: f64 = 0.03;

/// The courses of all families but this one: nothing that is measured in a family comes from it.
#[must_use]
pub fn others(world: World) -> Vec<StrategyBandit> {
    let rows = World::FAMILIES.into_iter().zip(GAINS);
    rows.filter(|(family, _)| *family != world).filter_map(|(_, row)| course(row)).collect()
}

/// A course in which each strategy taught [`LEARNERS`].
fn course(gains: &[f64]) -> Option<StrategyBandit> {
    let weight = LEARNERS * Probes { right: 0, asked: PROBES }.weight();
    let sums = gains.iter().map(|gain| GainSums {
        learners: LEARNERS,
        weight,
        after: weight * gain,
        after_squared: weight * (gain * gain + SPREAD),
        ..GainSums::default()
    });
    let learned = LEARNERS as u64 * gains.len() as u64;
    StrategyBandit::restore(StrategySet::default().cold_prior(), sums.collect(), learned)
}
