//! Fitted Q iteration with a conservative penalty, linear, over logged episodes:
//!
//! ```text
//! minimise over w   1/2 mean (r + g max over a' in E(s') of Q_old(s', a') - Q_w(s, a))^2
//!                   + alpha mean [ln sum over a in E(s) of e^Q_w(s, a)  -  Q_w(s, a)]
//!                   + lambda / (2 n) |w|^2
//! ```
//!
//! fifty times, lambda 1. Each minimum is sought by majorisation: the curvature of the penalty is
//! at most one half for each step that is present, so with that in place of it every move has a
//! closed form in blocks, one a step, whose factor is computed once, and no move ever climbs.

use super::{DISCOUNT, Episode, decisions};
use crate::matrix::planner::STEPS;
use crate::matrix::planner::fitted_q::{BASIS, FittedQ, basis};
use crate::matrix::tutor::planned::Logged;
use nexus_stats::math::exp;
use nexus_stats::matrix::{Cholesky, product};

/// Iterations of the regression.
const ITERATIONS: usize = 50;
/// Moves towards each minimum, from where the last one ended.
const MOVES: usize = 2;
/// Precision of the prior of each weight: lambda.
const RIDGE: f64 = 1.0;
/// The usual weight of the conservative penalty: alpha. The upper end of the range 0.1 to 1, by the
/// tuning seed 11 (`docs/simulators.md`).
pub const PENALTY: f64 = 1.0;

type Weights = [[f64; BASIS]; STEPS];

/// A transition with what the regression needs of it.
struct Sample {
    basis: [f64; BASIS],
    present: u16,
    chosen: usize,
    reward: f64,
    next: Option<([f64; BASIS], u16)>,
}

/// Weights from episodes; `None` when there are none or the numbers fail.
#[must_use]
pub fn train(episodes: &[Episode], penalty: f64) -> Option<FittedQ> {
    let see = |logged: &Logged| (basis(&logged.prospect), logged.present);
    let transitions = episodes.iter().flat_map(Episode::transitions);
    let samples: Vec<Sample> = transitions
        .map(|transition| Sample {
            basis: basis(&transition.now.prospect),
            present: transition.now.present,
            chosen: transition.now.chosen,
            reward: transition.reward,
            next: transition.next.map(see),
        })
        .collect();
    let factors = factors(&samples, penalty)?;
    let mut weights: Weights = [[0.0; BASIS]; STEPS];
    for _ in 0..ITERATIONS {
        let targets: Vec<f64> = samples.iter().map(|sample| target(sample, &weights)).collect();
        for _ in 0..MOVES {
            weights = moved(&samples, &targets, penalty, &factors, weights);
        }
    }
    FittedQ::trained(weights, decisions(episodes))
}

fn target(sample: &Sample, weights: &Weights) -> f64 {
    let best = sample.next.as_ref().map_or(0.0, |(basis, present)| {
        let values = steps(*present).map(|step| product(basis, &weights[step]));
        values.fold(f64::NEG_INFINITY, f64::max)
    });
    sample.reward + DISCOUNT * best
}

fn steps(present: u16) -> impl Iterator<Item = usize> + Clone {
    (0..STEPS).filter(move |step| present & 1 << step != 0)
}

/// The factor of the majorising curvature of each block.
fn factors(samples: &[Sample], penalty: f64) -> Option<Vec<Cholesky>> {
    let count = samples.len() as f64;
    let mut blocks = vec![[[0.0; BASIS]; BASIS]; STEPS];
    for sample in samples {
        for step in steps(sample.present) {
            let fits = f64::from(u8::from(step == sample.chosen));
            let weight = (fits + 0.5 * penalty) / count;
            for (row, left) in blocks[step].iter_mut().zip(&sample.basis) {
                for (entry, right) in row.iter_mut().zip(&sample.basis) {
                    *entry += weight * left * right;
                }
            }
        }
    }
    let factor = |block: &[[f64; BASIS]; BASIS]| {
        let mut packed = Vec::new();
        for column in 0..BASIS {
            for (row, entries) in block.iter().enumerate().skip(column) {
                let prior = if row == column { RIDGE / count } else { 0.0 };
                packed.push(entries[column] + prior);
            }
        }
        Cholesky::of(BASIS, &packed)
    };
    blocks.iter().map(factor).collect()
}

/// The weights after one move down.
fn moved(
    samples: &[Sample],
    targets: &[f64],
    penalty: f64,
    factors: &[Cholesky],
    mut weights: Weights,
) -> Weights {
    let gradient = gradient(samples, targets, penalty, &weights);
    for ((block, change), factor) in weights.iter_mut().zip(gradient).zip(factors) {
        let mut change = change.to_vec();
        factor.solve(&mut change);
        block.iter_mut().zip(change).for_each(|(weight, change)| *weight -= change);
    }
    weights
}

fn gradient(samples: &[Sample], targets: &[f64], penalty: f64, weights: &Weights) -> Weights {
    let count = samples.len() as f64;
    let mut sums = weights.map(|block| block.map(|weight| RIDGE / count * weight));
    for (sample, target) in samples.iter().zip(targets) {
        let mut values = [0.0; STEPS];
        steps(sample.present)
            .for_each(|step| values[step] = product(&sample.basis, &weights[step]));
        let most = steps(sample.present).map(|step| values[step]).fold(f64::MIN, f64::max);
        let mut shares = [0.0; STEPS];
        steps(sample.present).for_each(|step| shares[step] = exp(values[step] - most));
        let mass: f64 = shares.iter().sum();
        for step in steps(sample.present) {
            let chosen = f64::from(u8::from(step == sample.chosen));
            let fit = chosen * (values[step] - target);
            let slope = (fit + penalty * (shares[step] / mass - chosen)) / count;
            for (sum, entry) in sums[step].iter_mut().zip(&sample.basis) {
                *sum += slope * entry;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::math::ln;
    use nexus_stats::random::Stream;

    /// What is minimised, written as it stands at the head of the file.
    fn objective(samples: &[Sample], targets: &[f64], penalty: f64, weights: &Weights) -> f64 {
        let count = samples.len() as f64;
        let of = |(sample, target): (&Sample, &f64)| {
            let value = |step: usize| product(&sample.basis, &weights[step]);
            let miss = value(sample.chosen) - target;
            let mass = steps(sample.present).map(|step| exp(value(step))).sum::<f64>();
            0.5 * miss * miss + penalty * (ln(mass) - value(sample.chosen))
        };
        let fit = samples.iter().zip(targets).map(of).sum::<f64>() / count;
        let size = weights.iter().flatten().map(|weight| weight * weight).sum::<f64>();
        fit + 0.5 * RIDGE / count * size
    }

    fn samples(stream: &mut Stream) -> Vec<Sample> {
        let mut one = || {
            let present = 1 + stream.below((1 << STEPS) - 1) as u16;
            let here: Vec<usize> = steps(present).collect();
            Sample {
                basis: std::array::from_fn(|_| 2.0 * stream.uniform() - 1.0),
                present,
                chosen: here[stream.below(here.len() as u64) as usize],
                reward: stream.normal(),
                next: None,
            }
        };
        (0..300).map(|_| one()).collect()
    }

    // The oracle is the objective itself: no move climbs, and nothing near the end lies lower.
    #[test]
    fn every_move_goes_down_and_the_end_is_a_minimum() {
        for seed in 0..2 {
            let mut stream = Stream::new(seed);
            let samples = samples(&mut stream);
            let targets: Vec<f64> = samples.iter().map(|sample| sample.reward).collect();
            let factors = factors(&samples, 1.0).unwrap();
            let mut weights: Weights = [[0.0; BASIS]; STEPS];
            let mut least = objective(&samples, &targets, 1.0, &weights);
            for _ in 0..200 {
                weights = moved(&samples, &targets, 1.0, &factors, weights);
                let now = objective(&samples, &targets, 1.0, &weights);
                assert!(now <= least + 1e-12, "seed {seed}: from {least} to {now}");
                least = now;
            }
            for _ in 0..50 {
                let mut near = weights;
                near[stream.below(12) as usize][stream.below(9) as usize] += 0.01 * stream.normal();
                assert!(objective(&samples, &targets, 1.0, &near) > least - 1e-7, "seed {seed}");
            }
        }
    }
}
