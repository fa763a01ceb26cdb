//! The share of posterior draws in which each candidate is best: how Thompson sampling gets an
//! explicit distribution.
//!
//! The scores of the candidates under one draw are `phi' theta + s (L^-1 phi)' z` with independent
//! standard normal numbers `z`. Normal numbers are what a draw costs, so each set of them is used
//! for [`DRAWS_A_SET`] draws: as it is, rotated by quarters of its length, and the negatives of
//! these. The same numbers in another order or with another sign are as likely as the numbers
//! themselves, so each draw has exactly the posterior distribution; the draws of a set are not
//! independent, which only changes the noise of the share. The draws are made in single precision:
//! the probabilities are counts, and the activity is drawn from them, so nothing is lost.

use super::Distribution;
use super::lanes::{Block, LANES};
use super::linear_model::{LinearModel, WIDTH_MAX};
use nexus_stats::random::Stream;

/// Posterior draws behind each distribution: M.
pub const DRAWS: usize = 64;
/// Draws made of one set of normal numbers.
const DRAWS_A_SET: usize = 8;
/// Rotations of a set; each is used as it is and negated.
const ROTATIONS: usize = DRAWS_A_SET / 2;
/// Different vectors of normal numbers behind the draws.
const VECTORS: usize = DRAWS / 2;

/// Normal numbers: one vector a pair of draws.
type Normals = [[f32; WIDTH_MAX]; VECTORS];

/// The best candidate of each draw so far.
struct Leaders {
    scores: [[f32; VECTORS]; 2],
    positions: [[u32; VECTORS]; 2],
}

/// Adds to `out.probabilities` the share of draws that each candidate wins; `out.estimates` are
/// the scores' expectations, `features` the rows one after the other, and `spread` times `A^-1/2`
/// the standard deviation of the weights. Of equals the first wins.
pub fn count(
    model: &LinearModel,
    features: &[f64],
    spread: f64,
    stream: &mut Stream,
    out: &mut Distribution,
) {
    let width = model.width();
    let normals = normals(width, spread, stream);
    let mut block = Block::new();
    let mut narrow = [[0.0_f32; LANES]; WIDTH_MAX];
    let mut leaders =
        Leaders { scores: [[f32::NEG_INFINITY; VECTORS]; 2], positions: [[0; VECTORS]; 2] };
    let rows = features.chunks(LANES * width).zip(out.estimates.chunks(LANES));
    for (turn, (rows, estimates)) in rows.enumerate() {
        let columns = block.fill(model, rows);
        for (narrow, column) in narrow.iter_mut().zip(columns) {
            *narrow = column.map(|entry| entry as f32);
        }
        let mut means = [f32::NEG_INFINITY; LANES];
        for (mean, estimate) in means.iter_mut().zip(estimates) {
            *mean = *estimate as f32;
        }
        leaders.challenge(&narrow[..width], &means, &normals, turn * LANES);
    }
    for position in leaders.positions.iter().flatten() {
        if let Some(mass) = out.probabilities.get_mut(*position as usize) {
            *mass += 1.0 / DRAWS as f64;
        }
    }
}

fn normals(width: usize, spread: f64, stream: &mut Stream) -> Normals {
    let mut all = [[0.0; WIDTH_MAX]; VECTORS];
    for set in all.chunks_exact_mut(ROTATIONS) {
        let Some((first, rotated)) = set.split_first_mut() else { continue };
        first[..width].iter_mut().for_each(|it| *it = (spread * stream.normal()) as f32);
        for (quarter, vector) in (1..).zip(rotated) {
            let middle = quarter * width / ROTATIONS;
            vector[..width - middle].copy_from_slice(&first[middle..width]);
            vector[width - middle..width].copy_from_slice(&first[..middle]);
        }
    }
    all
}

impl Leaders {
    /// Lets a block of candidates, the first of them at `start`, try to win draws.
    fn challenge(
        &mut self,
        columns: &[[f32; LANES]],
        means: &[f32; LANES],
        normals: &Normals,
        start: usize,
    ) {
        for (turn, vectors) in normals.chunks_exact(4).enumerate() {
            let changes = changes(columns, vectors);
            for (offset, change) in changes.iter().enumerate() {
                let vector = 4 * turn + offset;
                let above = std::array::from_fn(|lane| means[lane] + change[lane]);
                let below = std::array::from_fn(|lane| means[lane] - change[lane]);
                self.meet(0, vector, &above, start);
                self.meet(1, vector, &below, start);
            }
        }
    }

    fn meet(&mut self, sign: usize, vector: usize, scores: &[f32; LANES], start: usize) {
        let most = greatest(scores);
        if most > self.scores[sign][vector] {
            let lane = scores.iter().position(|score| *score == most).unwrap_or(0);
            self.scores[sign][vector] = most;
            self.positions[sign][vector] = (start + lane) as u32;
        }
    }
}

/// What four vectors of normal numbers change in the scores of eight candidates.
#[inline]
fn changes(columns: &[[f32; LANES]], vectors: &[[f32; WIDTH_MAX]]) -> [[f32; LANES]; 4] {
    let mut sums = [[0.0_f32; LANES]; 4];
    let [one, two, three, four] = vectors else { return sums };
    let normals = one.iter().zip(two).zip(three.iter().zip(four));
    for (column, ((one, two), (three, four))) in columns.iter().zip(normals) {
        for lane in 0..LANES {
            sums[0][lane] += column[lane] * one;
            sums[1][lane] += column[lane] * two;
            sums[2][lane] += column[lane] * three;
            sums[3][lane] += column[lane] * four;
        }
    }
    sums
}

/// The greatest of eight numbers, none of them NaN.
#[inline]
fn greatest(scores: &[f32; LANES]) -> f32 {
    let more = |left: f32, right: f32| if left > right { left } else { right };
    let [a, b, c, d, e, f, g, h] = *scores;
    more(more(more(a, e), more(b, f)), more(more(c, g), more(d, h)))
}
