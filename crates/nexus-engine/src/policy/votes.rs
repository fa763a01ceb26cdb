//! The share of posterior draws in which each candidate is best: how Thompson sampling gets an
//! explicit distribution.
//!
//! Weights drawn from the posterior are `theta + s L'^-1 z` with independent standard normal
//! numbers `z`, and a candidate's score is `phi'` times these. Normal numbers are what a draw
//! costs, so each set of them is used for [`DRAWS_A_SET`] draws: as it is, rotated by quarters of
//! its length, and the negatives of these. The same numbers in another order or with another sign
//! are as likely as the numbers themselves, so each draw has exactly the posterior distribution;
//! the draws of a set are not independent, which only changes the noise of the share. The draws
//! are made in single precision: the probabilities are counts, and the activity is drawn from
//! them, so nothing is lost.

use super::Distribution;
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

/// The best candidate of each draw so far.
struct Leaders {
    scores: [f32; VECTORS],
    positions: [u32; VECTORS],
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
    let mut columns = [0; WIDTH_MAX];
    let columns = telling(features, width, &mut columns);
    let mut departures = [[0.0; VECTORS]; WIDTH_MAX];
    let departures = &mut departures[..columns.last().map_or(0, |last| last + 1)];
    draw(model, spread, stream, departures);
    for (place, column) in columns.iter().enumerate() {
        departures.copy_within(*column..*column + 1, place);
    }
    let departures = &departures[..columns.len()];
    let (mut above, mut below) = (Leaders::new(), Leaders::new());
    let rows = features.chunks_exact(width).zip(&out.estimates);
    for (position, (row, estimate)) in (0..).zip(rows) {
        let changes = changes(row, columns, departures);
        let mean = *estimate as f32;
        above.meet(&changes.map(|change| mean + change), position);
        below.meet(&changes.map(|change| mean - change), position);
    }
    for position in above.positions.iter().chain(&below.positions) {
        if let Some(mass) = out.probabilities.get_mut(*position as usize) {
            *mass += 1.0 / DRAWS as f64;
        }
    }
}

/// Fills in how far drawn weights depart from what is expected, a row a feature and a column a pair
/// of draws: `s L'^-1 z` of each vector of normal numbers. Only of the first features, when there
/// are fewer rows than features.
fn draw(model: &LinearModel, spread: f64, stream: &mut Stream, departures: &mut [[f32; VECTORS]]) {
    let width = departures.len().max(1);
    let mut first = [0.0; WIDTH_MAX];
    for set in 0..VECTORS / ROTATIONS {
        let first = &mut first[..width];
        first.iter_mut().for_each(|number| *number = spread as f32 * stream.normal_single());
        for quarter in 0..ROTATIONS {
            first.rotate_left(if quarter == 0 { 0 } else { width.div_ceil(ROTATIONS) % width });
            for (row, number) in departures.iter_mut().zip(&*first) {
                row[set * ROTATIONS + quarter] = *number;
            }
        }
    }
    model.spread_lanes(departures);
}

/// The columns that tell candidates apart, in ascending order. What is alike for all changes all
/// scores of a draw alike, so it decides nothing and need not be computed.
fn telling<'a>(features: &[f64], width: usize, room: &'a mut [usize; WIDTH_MAX]) -> &'a [usize] {
    let mut differs = [0_u64; WIDTH_MAX];
    let mut rows = features.chunks_exact(width);
    if let Some(first) = rows.next() {
        for row in rows {
            // Bits instead of comparisons, so that columns stand abreast.
            for ((differs, feature), first) in differs.iter_mut().zip(row).zip(first) {
                *differs |= feature.to_bits() ^ first.to_bits();
            }
        }
    }
    let mut count = 0;
    for column in (0..width).filter(|column| differs[*column] != 0) {
        room[count] = column;
        count += 1;
    }
    &room[..count]
}

/// What each departure changes in the score of one candidate, but for what is alike for all.
#[inline]
fn changes(row: &[f64], columns: &[usize], departures: &[[f32; VECTORS]]) -> [f32; VECTORS] {
    let mut sums = [0.0_f32; VECTORS];
    for (column, departures) in columns.iter().zip(departures) {
        let feature = row[*column] as f32;
        for (sum, departure) in sums.iter_mut().zip(departures) {
            *sum += feature * departure;
        }
    }
    sums
}

impl Leaders {
    fn new() -> Self {
        Self { scores: [f32::NEG_INFINITY; VECTORS], positions: [0; VECTORS] }
    }

    /// Lets a candidate try to win each draw. A mask chooses the position, for of a condition the
    /// compiler makes a branch a draw, and then draws do not stand abreast.
    #[inline]
    fn meet(&mut self, scores: &[f32; VECTORS], position: u32) {
        let leaders = self.scores.iter_mut().zip(&mut self.positions);
        for ((most, best), score) in leaders.zip(scores) {
            let wins = u32::from(*score > *most).wrapping_neg();
            *best ^= (*best ^ position) & wins;
            *most = if *score > *most { *score } else { *most };
        }
    }
}
