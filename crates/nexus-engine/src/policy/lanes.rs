//! Eight candidates at a time: the part of a decision that grows with the candidates, laid out so
//! that the compiler makes wide instructions of it. Nothing here is allocated; sums have a fixed
//! order, so the bits are the same everywhere.

use super::linear_model::{LinearModel, WIDTH_MAX};

/// Candidates in a block.
pub const LANES: usize = 8;

/// The whitened features of up to eight candidates, entry by entry: their inner products are the
/// covariances of the candidates' scores.
#[derive(Debug)]
pub struct Block {
    columns: [[f64; LANES]; WIDTH_MAX],
}

impl Block {
    /// Room for a block, to be filled again and again.
    #[must_use]
    pub fn new() -> Self {
        Self { columns: [[0.0; LANES]; WIDTH_MAX] }
    }

    /// Whitens up to eight rows, given one after the other; the lanes left over are zero.
    pub fn fill(&mut self, model: &LinearModel, rows: &[f64]) -> &[[f64; LANES]] {
        let width = model.width();
        let columns = &mut self.columns[..width];
        if rows.len() < LANES * width {
            columns.fill([0.0; LANES]);
        }
        for (lane, row) in rows.chunks_exact(width).take(LANES).enumerate() {
            for (column, feature) in columns.iter_mut().zip(row) {
                column[lane] = *feature;
            }
        }
        model.whiten_lanes(columns);
        columns
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

/// `phi' A^-1 phi` of each lane.
#[must_use]
pub fn variances(columns: &[[f64; LANES]]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for column in columns {
        for (sum, entry) in sums.iter_mut().zip(column) {
            *sum += entry * entry;
        }
    }
    sums
}
