//! Small symmetric positive-definite matrices, kept as their Cholesky factor: what linear
//! Thompson sampling learns from and draws from.

pub mod inverse;

/// The lower triangle L of A = L L', for a symmetric positive-definite A.
///
/// Packed column by column: L11, L21, ... Ld1, L22, L32, ... so every loop below walks memory in
/// order. Methods that take a vector work inside it and allocate nothing; they panic when its
/// length is not the dimension, which is a mistake of the caller and never of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky {
    dimension: usize,
    factor: Vec<f64>,
}

impl Cholesky {
    /// Above this size a factorisation no longer fits into the time of one decision.
    pub const DIMENSION_MAX: usize = 512;

    /// The factor of `diagonal` times the identity; `None` unless 1 <= `dimension` <= 512 and
    /// `diagonal` is positive and finite.
    #[must_use]
    pub fn scaled_identity(dimension: usize, diagonal: f64) -> Option<Self> {
        if !(1..=Self::DIMENSION_MAX).contains(&dimension) || !is_positive(diagonal) {
            return None;
        }
        let mut factor = vec![0.0; packed_length(dimension)];
        for column in 0..dimension {
            factor[column_start(dimension, column)] = diagonal.sqrt();
        }
        Some(Self { dimension, factor })
    }

    /// Factorises A, given its packed lower triangle; `None` unless the length is that of a
    /// dimension in 1..=512 and A is positive definite.
    #[must_use]
    pub fn of(dimension: usize, packed: &[f64]) -> Option<Self> {
        if !has_shape(dimension, packed) {
            return None;
        }
        let mut factor = packed.to_vec();
        let mut rest = factor.as_mut_slice();
        let mut length = dimension;
        // Four columns at a time: what comes after them is read and written once for all four.
        // Each entry still loses the same products in the same order, so the bits are the same.
        while length > 4 {
            let (first, after) = rest.split_at_mut(length);
            let (second, after) = after.split_at_mut(length - 1);
            let (third, after) = after.split_at_mut(length - 2);
            let (fourth, after) = after.split_at_mut(length - 3);
            finish_column(first)?;
            subtract_products(second, &first[1..]);
            finish_column(second)?;
            subtract_products(third, &first[2..]);
            subtract_products(third, &second[1..]);
            finish_column(third)?;
            subtract_products(fourth, &first[3..]);
            subtract_products(fourth, &second[2..]);
            subtract_products(fourth, &third[1..]);
            finish_column(fourth)?;
            subtract_outer_products(after, [&first[4..], &second[3..], &third[2..], &fourth[1..]]);
            (rest, length) = (after, length - 4);
        }
        while length > 0 {
            let (column, after) = rest.split_at_mut(length);
            finish_column(column)?;
            subtract_outer_product(after, &column[1..]);
            (rest, length) = (after, length - 1);
        }
        Some(Self { dimension, factor })
    }

    /// Takes a factor as [`Cholesky::factor`] gave it; `None` when the length is wrong, an entry
    /// is not finite or one on the diagonal is not positive.
    #[must_use]
    pub fn from_factor(dimension: usize, factor: Vec<f64>) -> Option<Self> {
        let is_valid = has_shape(dimension, &factor)
            && factor.iter().all(|entry| entry.is_finite())
            && (0..dimension).all(|j| factor[column_start(dimension, j)] > 0.0);
        is_valid.then_some(Self { dimension, factor })
    }

    /// The number of rows, and of columns.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The packed factor, d (d + 1) / 2 numbers.
    #[must_use]
    pub fn factor(&self) -> &[f64] {
        &self.factor
    }

    /// A becomes A + x x'. The entries of `x` must be finite; they are used up as work space.
    ///
    /// One plane rotation a column (Gill, Golub, Murray, Saunders 1974).
    pub fn update(&mut self, x: &mut [f64]) {
        self.check_length(x);
        let mut factor = self.factor.as_mut_slice();
        let mut x = x;
        while let Some((&mut first, below)) = x.split_first_mut() {
            let (column, later) = factor.split_at_mut(below.len() + 1);
            let pivot = (column[0] * column[0] + first * first).sqrt();
            let (cosine, sine) = (column[0] / pivot, first / pivot);
            column[0] = pivot;
            for (entry, value) in column[1..].iter_mut().zip(below.iter_mut()) {
                let turned = cosine * *value - sine * *entry;
                *entry = cosine * *entry + sine * *value;
                *value = turned;
            }
            factor = later;
            x = below;
        }
    }

    /// A becomes `weight` A, for a positive finite `weight`: how old evidence fades.
    pub fn scale(&mut self, weight: f64) {
        assert!(is_positive(weight), "a weight must be positive and finite");
        let root = weight.sqrt();
        self.factor.iter_mut().for_each(|entry| *entry *= root);
    }

    /// `x` becomes the solution y of A y = x.
    pub fn solve(&self, x: &mut [f64]) {
        self.solve_lower(x);
        self.solve_lower_transposed(x);
    }

    /// `x` becomes the solution y of L y = x; its squared length is then x' A^-1 x.
    pub fn solve_lower(&self, x: &mut [f64]) {
        self.check_length(x);
        let mut factor = self.factor.as_slice();
        let mut x = x;
        while let Some((first, below)) = x.split_first_mut() {
            let (column, later) = factor.split_at(below.len() + 1);
            *first /= column[0];
            for (value, entry) in below.iter_mut().zip(&column[1..]) {
                *value -= entry * *first;
            }
            factor = later;
            x = below;
        }
    }

    /// `x` becomes the solution y of L' y = x. From independent standard normal numbers it makes
    /// a draw with covariance A^-1.
    pub fn solve_lower_transposed(&self, x: &mut [f64]) {
        self.check_length(x);
        for j in (0..self.dimension).rev() {
            let start = column_start(self.dimension, j);
            let column = &self.factor[start..start + self.dimension - j];
            x[j] = (x[j] - product(&column[1..], &x[j + 1..])) / column[0];
        }
    }

    /// [`Cholesky::solve_lower_transposed`] for `N` vectors at once, given entry by entry, in
    /// single precision: for draws, whose noise is far above its rounding. `rows` may be fewer than
    /// the dimension: they are the last entries then, which depend on no others.
    pub fn solve_lower_transposed_lanes<const N: usize>(&self, rows: &mut [[f32; N]]) {
        let before = self.dimension.checked_sub(rows.len());
        // invariant: a caller asks for entries that there are.
        let before = before.expect("a vector has at most the dimension of the matrix");
        for place in (0..rows.len()).rev() {
            let j = before + place;
            let start = column_start(self.dimension, j);
            let column = &self.factor[start..start + self.dimension - j];
            let (until, below) = rows.split_at_mut(place + 1);
            let mut sums = until[place];
            for (solved, entry) in below.iter().zip(&column[1..]) {
                let entry = *entry as f32;
                for (sum, solved) in sums.iter_mut().zip(solved) {
                    *sum -= entry * solved;
                }
            }
            let inverse = (1.0 / column[0]) as f32;
            until[place] = sums.map(|sum| sum * inverse);
        }
    }

    fn check_length(&self, x: &[f64]) {
        assert_eq!(x.len(), self.dimension, "a vector must have the dimension of the matrix");
    }
}

/// The inner product, by four sums at once in a fixed order: the same bits everywhere, and no
/// waiting for each sum.
#[must_use]
pub fn product(left: &[f64], right: &[f64]) -> f64 {
    let (left_fours, left_rest) = left.as_chunks::<4>();
    let (right_fours, right_rest) = right.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (left, right) in left_fours.iter().zip(right_fours) {
        for lane in 0..4 {
            sums[lane] += left[lane] * right[lane];
        }
    }
    let rest = left_rest.iter().zip(right_rest).map(|(left, right)| left * right);
    rest.fold((sums[0] + sums[1]) + (sums[2] + sums[3]), |sum, term| sum + term)
}

/// Numbers in the packed triangle of a matrix with this dimension.
#[must_use]
pub const fn packed_length(dimension: usize) -> usize {
    dimension * (dimension + 1) / 2
}

/// Where a column starts, at its diagonal entry.
fn column_start(dimension: usize, column: usize) -> usize {
    // Columns before this one hold d, d - 1, ... numbers.
    packed_length(dimension) - packed_length(dimension - column)
}

fn has_shape(dimension: usize, packed: &[f64]) -> bool {
    (1..=Cholesky::DIMENSION_MAX).contains(&dimension) && packed.len() == packed_length(dimension)
}

fn is_positive(x: f64) -> bool {
    x > 0.0 && x.is_finite()
}

/// Makes a column of the factor of one from which all columns before were taken; `None` when
/// the matrix is not positive definite.
fn finish_column(column: &mut [f64]) -> Option<()> {
    let (diagonal, below) = column.split_first_mut()?;
    let pivot = is_positive(*diagonal).then(|| diagonal.sqrt())?;
    let inverse = 1.0 / pivot;
    *diagonal = pivot;
    below.iter_mut().for_each(|entry| *entry *= inverse);
    Some(())
}

/// Takes `v` times its first entry from a column.
fn subtract_products(column: &mut [f64], v: &[f64]) {
    let Some(first) = v.first() else { return };
    for (entry, value) in column.iter_mut().zip(v) {
        *entry -= value * first;
    }
}

/// Takes v v' of each of four vectors of one length, one after the other, from a packed lower triangle.
fn subtract_outer_products(packed: &mut [f64], mut vectors: [&[f64]; 4]) {
    let mut rest = packed;
    while let [[a, ..], [b, ..], [c, ..], [d, ..]] = vectors {
        let (column, later) = rest.split_at_mut(vectors[0].len());
        let left = vectors[0].iter().zip(vectors[1]);
        let right = vectors[2].iter().zip(vectors[3]);
        for (entry, ((one, two), (three, four))) in column.iter_mut().zip(left.zip(right)) {
            *entry = *entry - one * a - two * b - three * c - four * d;
        }
        rest = later;
        vectors = vectors.map(|vector| &vector[1..]);
    }
}

/// Takes v v' from a packed lower triangle.
fn subtract_outer_product(packed: &mut [f64], v: &[f64]) {
    let mut rest = packed;
    for j in 0..v.len() {
        let (column, later) = rest.split_at_mut(v.len() - j);
        for (entry, value) in column.iter_mut().zip(&v[j..]) {
            *entry -= value * v[j];
        }
        rest = later;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use proptest::prelude::*;

    /// ridge times the identity plus the sum of x x', entry by entry.
    fn dense(dimension: usize, ridge: f64, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let entry = |i: usize, j: usize| {
            let start = if i == j { ridge } else { 0.0 };
            vectors.iter().fold(start, |sum, x| sum + x[i] * x[j])
        };
        (0..dimension).map(|i| (0..dimension).map(|j| entry(i, j)).collect()).collect()
    }

    fn pack(matrix: &[Vec<f64>]) -> Vec<f64> {
        let d = matrix.len();
        (0..d).flat_map(|j| (j..d).map(move |i| matrix[i][j])).collect()
    }

    fn vectors(dimension: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut stream = Stream::new(seed);
        (0..count).map(|_| (0..dimension).map(|_| stream.normal()).collect()).collect()
    }

    fn furthest(left: &[f64], right: &[f64]) -> f64 {
        assert_eq!(left.len(), right.len());
        left.iter().zip(right).map(|(l, r)| (l - r).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn a_factor_known_by_heart() {
        // The example of Wikipedia, "Cholesky decomposition".
        let packed = [4.0, 12.0, -16.0, 37.0, -43.0, 98.0];
        let found = Cholesky::of(3, &packed).unwrap();
        assert_eq!(found.factor(), [2.0, 6.0, -8.0, 1.0, 5.0, 3.0]);
        let mut x = [4.0 + 24.0 - 48.0, 12.0 + 74.0 - 129.0, -16.0 - 86.0 + 294.0];
        found.solve(&mut x);
        assert!(furthest(&x, &[1.0, 2.0, 3.0]) < 1e-10);
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert_eq!(Cholesky::of(2, &[1.0, 2.0, 1.0]), None);
        assert_eq!(Cholesky::of(2, &[1.0, f64::NAN, 1.0]), None);
        assert_eq!(Cholesky::of(2, &[1.0, 0.0]), None);
        assert_eq!(Cholesky::of(0, &[]), None);
        assert_eq!(Cholesky::scaled_identity(3, 0.0), None);
        assert_eq!(Cholesky::scaled_identity(513, 1.0), None);
        assert_eq!(Cholesky::from_factor(2, vec![1.0, 0.0, -1.0]), None);
    }

    /// The factor as the textbook computes it, column by column.
    fn plain(dimension: usize, packed: &[f64]) -> Vec<f64> {
        let mut factor = packed.to_vec();
        let mut rest = factor.as_mut_slice();
        for length in (1..=dimension).rev() {
            let (column, later) = rest.split_at_mut(length);
            let pivot = column[0].sqrt();
            let inverse = 1.0 / pivot;
            column.iter_mut().for_each(|entry| *entry *= inverse);
            column[0] = pivot;
            subtract_outer_product(later, &column[1..]);
            rest = later;
        }
        factor
    }

    #[test]
    fn four_columns_at_a_time_give_the_bits_of_one_at_a_time() {
        for dimension in (1..=20).chain([32, 63, 64]) {
            let matrix = dense(dimension, 0.5, &vectors(dimension, 9, dimension as u64));
            let packed = pack(&matrix);
            let found = Cholesky::of(dimension, &packed).unwrap();
            assert_eq!(found.factor(), plain(dimension, &packed), "{dimension}");
        }
    }

    #[test]
    fn lanes_in_single_precision_agree_with_one_vector_at_a_time() {
        for dimension in [1, 2, 7, 24] {
            let all = vectors(dimension, 5, 3);
            let factor = Cholesky::of(dimension, &pack(&dense(dimension, 1.0, &all))).unwrap();
            let row = |entry: usize| std::array::from_fn(|lane| all[lane][entry] as f32);
            let mut rows: Vec<[f32; 5]> = (0..dimension).map(row).collect();
            factor.solve_lower_transposed_lanes(&mut rows);
            for (lane, vector) in all.iter().enumerate() {
                let mut expected = vector.clone();
                factor.solve_lower_transposed(&mut expected);
                let found: Vec<f64> = rows.iter().map(|row| f64::from(row[lane])).collect();
                assert!(furthest(&found, &expected) < 1e-5, "{dimension}");
            }
            let mut last: Vec<[f32; 5]> = (dimension / 2..dimension).map(row).collect();
            factor.solve_lower_transposed_lanes(&mut last);
            assert_eq!(last, rows[dimension / 2..], "the last entries of {dimension}");
        }
    }

    #[test]
    fn a_stored_factor_comes_back() {
        let mut found = Cholesky::scaled_identity(4, 2.0).unwrap();
        found.update(&mut [1.0, -2.0, 0.5, 3.0]);
        let copy = Cholesky::from_factor(4, found.factor().to_vec());
        assert_eq!(copy, Some(found));
    }

    #[test]
    fn the_largest_dimension_works() {
        let d = Cholesky::DIMENSION_MAX;
        let seen = vectors(d, 3, 5);
        let mut found = Cholesky::scaled_identity(d, 1.0).unwrap();
        seen.iter().for_each(|x| found.update(&mut x.clone()));
        let expected = Cholesky::of(d, &pack(&dense(d, 1.0, &seen))).unwrap();
        assert!(furthest(found.factor(), expected.factor()) < 1e-10);
    }

    #[test]
    fn draws_have_the_inverse_as_covariance() {
        let mut posterior = Cholesky::scaled_identity(2, 1.0).unwrap();
        posterior.update(&mut [2.0, 1.0]);
        // A = [5 2; 2 2], so its inverse is [2 -2; -2 5] / 6.
        let mut stream = Stream::new(3);
        let mut sums = [0.0; 3];
        let n = 40_000;
        for _ in 0..n {
            let mut draw = [stream.normal(), stream.normal()];
            posterior.solve_lower_transposed(&mut draw);
            sums[0] += draw[0] * draw[0];
            sums[1] += draw[0] * draw[1];
            sums[2] += draw[1] * draw[1];
        }
        let found = sums.map(|sum| sum / f64::from(n));
        assert!(furthest(&found, &[1.0 / 3.0, -1.0 / 3.0, 5.0 / 6.0]) < 0.02, "{found:?}");
    }

    proptest! {
        #[test]
        fn updates_agree_with_recomputation(d in 1usize..12, count in 0usize..20, seed: u64) {
            let seen = vectors(d, count, seed);
            let mut found = Cholesky::scaled_identity(d, 0.5).unwrap();
            seen.iter().for_each(|x| found.update(&mut x.clone()));
            let expected = Cholesky::of(d, &pack(&dense(d, 0.5, &seen))).unwrap();
            prop_assert!(furthest(found.factor(), expected.factor()) < 1e-10);
        }

        #[test]
        fn a_solution_solves(d in 1usize..12, seed: u64) {
            let matrix = dense(d, 0.5, &vectors(d, d, seed));
            let factor = Cholesky::of(d, &pack(&matrix)).unwrap();
            let b = vectors(d, 1, seed ^ 1).remove(0);
            let mut x = b.clone();
            factor.solve(&mut x);
            let back: Vec<f64> = matrix
                .iter()
                .map(|row| row.iter().zip(&x).map(|(entry, value)| entry * value).sum())
                .collect();
            prop_assert!(furthest(&back, &b) < 1e-9);
            // |L^-1 b|^2 = b' A^-1 b.
            let mut half = b.clone();
            factor.solve_lower(&mut half);
            let length: f64 = half.iter().map(|value| value * value).sum();
            let product: f64 = b.iter().zip(&x).map(|(l, r)| l * r).sum();
            prop_assert!((length - product).abs() < 1e-9 * (1.0 + product));
        }

        #[test]
        fn products_are_sums_of_products(length in 0usize..20, seed: u64) {
            let seen = vectors(length, 2, seed);
            let plain: f64 = seen[0].iter().zip(&seen[1]).map(|(l, r)| l * r).sum();
            prop_assert!((product(&seen[0], &seen[1]) - plain).abs() < 1e-12);
        }

        #[test]
        fn scaling_divides_the_solution(d in 1usize..12, seed: u64, weight in 0.1..2.0f64) {
            let mut factor = Cholesky::of(d, &pack(&dense(d, 0.5, &vectors(d, d, seed)))).unwrap();
            let mut before = vectors(d, 1, seed ^ 1).remove(0);
            let mut after = before.clone();
            factor.solve(&mut before);
            factor.scale(weight);
            factor.solve(&mut after);
            after.iter_mut().for_each(|value| *value *= weight);
            prop_assert!(furthest(&before, &after) < 1e-9);
        }
    }
}
