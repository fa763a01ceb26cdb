//! Gains of the shipped strategies in each family, measured by probes on tuning seeds: what a
//! strategy bandit may believe before the first learner of a world it has never seen.

use super::World;
use super::generic::shipped;
use super::run::PROBES;
use nexus_engine::strategy::gains::GainSums;
use nexus_engine::strategy::{Probes, StrategyBandit, StrategySet};

/// Mean share of right probes after the course, by family and strategy: 3,000 learners each.
pub const GAINS: [&[f64]; 5] = [
    // F1
    &[
        0.789, 0.670, 0.638, 0.818, 0.537, 0.801, 0.603, 0.617, 0.617, 0.674, 0.803, 0.809, 0.601,
        0.592, 0.623, 0.537,
    ],
    // F2
    &[
        0.328, 0.196, 0.247, 0.295, 0.236, 0.329, 0.252, 0.224, 0.260, 0.317, 0.290, 0.337, 0.108,
        0.190, 0.296, 0.236,
    ],
    // F3
    &[
        0.645, 0.576, 0.651, 0.576, 0.495, 0.598, 0.658, 0.647, 0.426, 0.588, 0.517, 0.587, 0.495,
        0.606, 0.621, 0.495,
    ],
    // F4
    &[
        0.624, 0.695, 0.620, 0.630, 0.707, 0.627, 0.618, 0.624, 0.631, 0.628, 0.629, 0.627, 0.633,
        0.681, 0.626, 0.685,
    ],
    // F5
    &[
        0.393, 0.446, 0.452, 0.355, 0.422, 0.370, 0.451, 0.459, 0.413, 0.387, 0.354, 0.387, 0.338,
        0.444, 0.376, 0.422,
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
    let set = shipped();
    rows.filter(|(family, _)| *family != world).filter_map(|(_, row)| course(&set, row)).collect()
}

/// A course in which each strategy of a set taught 3,000 learners, with these mean shares of right
/// probes; `None` when there is not one for each strategy.
#[must_use]
pub fn course(set: &StrategySet, gains: &[f64]) -> Option<StrategyBandit> {
    let weight = LEARNERS * Probes { right: 0, asked: PROBES }.weight();
    let sums = gains.iter().map(|gain| GainSums {
        learners: LEARNERS,
        weight,
        after: weight * gain,
        after_squared: weight * (gain * gain + SPREAD),
        ..GainSums::default()
    });
    let learned = LEARNERS as u64 * gains.len() as u64;
    StrategyBandit::restore(set.cold_prior(), sums.collect(), learned)
}
