//! The limit: LinUCB as one would write it for these worlds alone. Sizes known when compiled, no
//! checks, no distribution, no draw, nothing that a product needs.

use super::world::BanditWorld;
use nexus_stats::matrix::product;

const ALPHA: f64 = 1.0;

/// One arm: the inverse with rows of `P` numbers, of which the world uses its width.
struct Arm<const P: usize> {
    inverse: Vec<[f64; P]>,
    weights: [f64; P],
    bound: f64,
}

/// The arms chosen in a world; with `skips`, an arm that cannot win is not looked at closely.
pub(super) fn play(world: &BanditWorld, skips: bool) -> Vec<usize> {
    match world.width() {
        21 => run::<24>(world, skips),
        65 => run::<68>(world, skips),
        _ => Vec::new(),
    }
}

fn run<const P: usize>(world: &BanditWorld, skips: bool) -> Vec<usize> {
    let mut arms: Vec<Arm<P>> = (0..world.candidates).map(|_| Arm::new(world.width())).collect();
    let mut means = vec![0.0; world.candidates];
    let mut x = [0.0; P];
    let mut chosen = Vec::with_capacity(world.rounds);
    for (round, context) in world.contexts().enumerate() {
        x[..context.len()].copy_from_slice(context);
        means.iter_mut().zip(&arms).for_each(|(mean, arm)| *mean = dot(&arm.weights, &x));
        let length = if skips { ALPHA * dot(&x, &x).sqrt() } else { f64::INFINITY };
        let mut best =
            (0..arms.len()).fold(0, |best, a| if means[a] > means[best] { a } else { best });
        let mut most = means[best] + ALPHA * arms[best].variance(&x).sqrt();
        for (position, arm) in arms.iter().enumerate() {
            if means[position] + length * arm.bound.sqrt() >= most && position != best {
                let found = means[position] + ALPHA * arm.variance(&x).sqrt();
                if found > most {
                    (best, most) = (position, found);
                }
            }
        }
        arms[best].learn(&x, world.reward(round, best));
        chosen.push(best);
    }
    chosen
}

impl<const P: usize> Arm<P> {
    fn new(width: usize) -> Self {
        let row = |i: usize| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 });
        Self { inverse: (0..width).map(row).collect(), weights: [0.0; P], bound: 1.0 }
    }

    fn variance(&self, x: &[f64; P]) -> f64 {
        let mut sum = 0.0;
        for (i, (row, entry)) in self.inverse.iter().zip(x).enumerate() {
            let (start, end) = (i / 4 * 4, i / 4 * 4 + 4);
            let middle = product(&row[start..end], &x[start..end]);
            sum += entry * (middle + 2.0 * product(&row[end..], &x[end..]));
        }
        sum
    }

    fn learn(&mut self, x: &[f64; P], value: f64) {
        let mut gain = [0.0; P];
        gain.iter_mut().zip(&self.inverse).for_each(|(gain, row)| *gain = dot(row, x));
        let factor = 1.0 / (1.0 + dot(&gain, x));
        let miss = factor * (value - dot(&self.weights, x));
        let mut squares = [0.0; 4];
        for (row, own) in self.inverse.iter_mut().zip(&gain) {
            for start in (0..P).step_by(4) {
                for lane in 0..4 {
                    row[start + lane] -= factor * (own * gain[start + lane]);
                    squares[lane] += row[start + lane] * row[start + lane];
                }
            }
        }
        let count = self.inverse.len() as f64;
        let trace: f64 = self.inverse.iter().enumerate().map(|(i, row)| row[i]).sum();
        let (mean, squares) =
            (trace / count, (squares[0] + squares[1]) + (squares[2] + squares[3]));
        let variance = (squares / count - mean * mean).max(0.0) + 1e-12 * mean * mean;
        self.bound = mean + (variance * (count - 1.0)).sqrt();
        self.weights.iter_mut().zip(gain).for_each(|(weight, gain)| *weight += miss * gain);
    }
}

fn dot<const P: usize>(left: &[f64; P], right: &[f64; P]) -> f64 {
    let mut sums = [0.0; 4];
    for start in (0..P).step_by(4) {
        for lane in 0..4 {
            sums[lane] += left[start + lane] * right[start + lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}
