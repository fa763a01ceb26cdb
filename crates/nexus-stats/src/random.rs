//! Random numbers as a function of a seed: any draw can be recomputed from the seed that is
//! stored beside it, on any machine, for as long as this file keeps its constants.

use crate::hash::{Fnv1a, mix};
use crate::math;

/// A counter-based generator: the `i`-th word is a hash of `seed + i * golden ratio`.
///
/// This is SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
/// generators", OOPSLA), with Stafford's mix 13 as finaliser. It is fast and even, and it is not
/// a secret: a draw can be guessed from the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// A stream that yields the reference sequence of SplitMix64 for `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream for one purpose. Two purposes never share draws, so one consumer that draws more
    /// often does not shift the draws of another.
    #[must_use]
    pub fn keyed(seed: u64, purpose: &str) -> Self {
        // The seed is mixed first: xor of two raw words would let a related seed and purpose
        // cancel each other.
        Self { state: mix(mix(seed) ^ Fnv1a::default().feed(purpose.as_bytes()).value()) }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_RATIO);
        mix(self.state)
    }

    /// A number in [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / TWO_TO_53
    }

    /// A number in (0, 1): neither its logarithm nor its normal quantile is infinite.
    #[inline]
    pub fn uniform_open(&mut self) -> f64 {
        ((self.next_u64() >> 12) as f64 + 0.5) / TWO_TO_52
    }

    /// A whole number in [0, n), each equally likely; 0 when `n` is 0.
    ///
    /// Lemire 2019, "Fast random integer generation in an interval".
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        // The low half of the product tells whether the draw fell into the uneven remainder.
        let remainder = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= remainder {
                return (product >> 64) as u64;
            }
        }
    }

    /// A standard normal number: one uniform draw through the inverse distribution function, so
    /// every normal costs exactly one word of the stream.
    pub fn normal(&mut self) -> f64 {
        math::normal_quantile(self.uniform_open())
    }

    /// A standard normal number in single precision, for one word of the stream as well.
    #[inline]
    pub fn normal_single(&mut self) -> f32 {
        math::normal_quantile_single(self.uniform_open())
    }

    /// An exponential number with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -math::ln(self.uniform_open())
    }

    /// A gamma number with this shape and scale 1; 0 when the shape is not positive.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape > 0.0 { math::exp(self.ln_gamma_draw(shape)) } else { 0.0 }
    }

    /// A beta number in [0, 1], for `a` > 0 and `b` > 0.
    ///
    /// A shape that is not positive stands for its limit: the mass sits at the other end, and in
    /// the middle when neither shape is positive.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        match (a > 0.0, b > 0.0) {
            // The ratio of two gamma numbers, in logarithms: small shapes give gamma numbers
            // that are zero in floating point, and zero by zero is nothing.
            (true, true) => math::logistic(self.ln_gamma_draw(a) - self.ln_gamma_draw(b)),
            (true, false) => 1.0,
            (false, true) => 0.0,
            (false, false) => 0.5,
        }
    }

    /// Puts the items into a random order, every order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }

    /// An index, each with its probability; the probabilities sum to 1 but for rounding.
    ///
    /// Never returns an index whose probability is 0. When no probability is positive there is
    /// nothing to return, and the answer is 0.
    pub fn categorical(&mut self, probabilities: &[f64]) -> usize {
        let draw = self.uniform();
        let mut cumulative = 0.0;
        let mut chosen = 0;
        for (index, &probability) in probabilities.iter().enumerate() {
            if probability > 0.0 {
                cumulative += probability;
                chosen = index;
                if draw < cumulative {
                    break;
                }
            }
        }
        // A draw above a sum that rounded to less than 1 belongs to the last possible index.
        chosen
    }

    /// The logarithm of a gamma number, for shape > 0.
    fn ln_gamma_draw(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // gamma(shape) = gamma(shape + 1) * uniform^(1 / shape).
            let whole = self.ln_gamma_draw(shape + 1.0);
            return whole - self.exponential() / shape;
        }
        if shape == f64::INFINITY {
            return f64::INFINITY;
        }
        self.ln_gamma_draw_above_one(shape)
    }

    /// Marsaglia and Tsang 2000, "A simple method for generating gamma variables": at least 95
    /// of 100 proposals are accepted, so the loop is short.
    fn ln_gamma_draw_above_one(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let ln_v = 3.0 * math::ln(root);
            let accept = 0.5 * x * x + d * (1.0 - root * root * root + ln_v);
            if math::ln(self.uniform_open()) < accept {
                return math::ln(d) + ln_v;
            }
        }
    }
}

/// 2^64 divided by the golden ratio, made odd: steps of this size fill the circle evenly.
const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;

const TWO_TO_52: f64 = (1u64 << 52) as f64;
const TWO_TO_53: f64 = (1u64 << 53) as f64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::Moments;
    use proptest::prelude::*;

    /// Draws many and compares mean and variance with the truth, within 5 standard errors of the
    /// mean and 5 % of the variance.
    #[track_caller]
    fn check_moments(mean: f64, variance: f64, draw: impl Fn(&mut Stream) -> f64) {
        let mut stream = Stream::new(7);
        let mut moments = Moments::default();
        (0..100_000).for_each(|_| moments.add(draw(&mut stream)));
        let found = moments.summary().unwrap();
        let standard_error = (variance / found.n as f64).sqrt();
        assert!((found.mean - mean).abs() < 5.0 * standard_error, "{found:?}");
        assert!((found.variance - variance).abs() < 0.05 * variance, "{found:?}");
    }

    #[test]
    fn reference_sequence() {
        // Rosetta Code, "Pseudo-random numbers/Splitmix64", which quotes Vigna's splitmix64.c.
        let mut stream = Stream::new(1_234_567);
        let golden: [u64; 5] = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        golden.iter().for_each(|&word| assert_eq!(stream.next_u64(), word));
        let mut stream = Stream::new(0);
        assert_eq!(stream.next_u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn purposes_and_seeds_do_not_share_draws() {
        let first = |seed, purpose: &str| Stream::keyed(seed, purpose).next_u64();
        let mut seen: Vec<u64> = (0..1000).map(|seed| first(seed, "policy")).collect();
        seen.extend((0..1000).map(|seed| first(seed, "order")));
        seen.extend((0..1000).map(|seed| Stream::new(seed).next_u64()));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 3000);
        assert_eq!(first(3, "policy"), first(3, "policy"));
    }

    #[test]
    fn moments_of_every_distribution() {
        check_moments(0.5, 1.0 / 12.0, Stream::uniform);
        check_moments(0.5, 1.0 / 12.0, Stream::uniform_open);
        check_moments(0.0, 1.0, Stream::normal);
        check_moments(0.0, 1.0, |stream| f64::from(stream.normal_single()));
        check_moments(1.0, 1.0, Stream::exponential);
        for shape in [0.05, 0.7, 1.0, 3.5, 1e6] {
            check_moments(shape, shape, |stream| stream.gamma(shape));
        }
        for (a, b) in [(0.01, 0.02), (0.5, 0.5), (1.0, 1.0), (2.0, 5.0), (1e6, 3e6)] {
            let n: f64 = a + b;
            check_moments(a / n, a * b / (n * n * (n + 1.0)), |stream| stream.beta(a, b));
        }
    }

    #[test]
    fn beta_draws_follow_the_beta_distribution() {
        // If they do, their distribution function is uniform on them.
        for (a, b) in [(0.3, 0.6), (2.0, 5.0), (40.0, 11.0)] {
            check_moments(0.5, 1.0 / 12.0, |stream| math::beta_cdf(a, b, stream.beta(a, b)));
        }
    }

    #[test]
    fn shapes_that_are_not_positive_stand_for_their_limit() {
        let mut stream = Stream::new(1);
        assert_eq!(stream.gamma(0.0), 0.0);
        assert_eq!(stream.gamma(f64::NAN), 0.0);
        assert_eq!(stream.gamma(f64::INFINITY), f64::INFINITY);
        assert_eq!(stream.beta(0.0, 2.0), 0.0);
        assert_eq!(stream.beta(2.0, -1.0), 1.0);
        assert_eq!(stream.beta(0.0, 0.0), 0.5);
    }

    #[test]
    fn every_order_is_equally_likely() {
        let mut stream = Stream::new(11);
        let mut counts = [0u64; 6];
        for _ in 0..60_000 {
            let mut items = [0usize, 1, 2];
            stream.shuffle(&mut items);
            counts[items[0] * 2 + usize::from(items[1] > items[2])] += 1;
        }
        let p_value = crate::sample_ratio::chi_square_p_value(&counts, &[1.0; 6]).unwrap();
        assert!(p_value > 1e-3, "{counts:?}");
    }

    #[test]
    fn categories_appear_as_often_as_they_should() {
        let mut stream = Stream::new(13);
        let mut counts = [0u64; 5];
        for _ in 0..50_000 {
            counts[stream.categorical(&[0.0, 0.1, 0.0, 0.7, 0.2])] += 1;
        }
        assert_eq!((counts[0], counts[2]), (0, 0));
        let seen = [counts[1], counts[3], counts[4]];
        let p_value = crate::sample_ratio::chi_square_p_value(&seen, &[0.1, 0.7, 0.2]).unwrap();
        assert!(p_value > 1e-3, "{counts:?}");
    }

    #[test]
    fn a_sum_short_of_one_falls_to_the_last_possible_category() {
        let mut stream = Stream::new(17);
        let short = [0.25, 0.25, 0.0];
        let chosen: Vec<usize> = (0..100).map(|_| stream.categorical(&short)).collect();
        assert!(chosen.contains(&0) && chosen.contains(&1) && !chosen.contains(&2));
        assert_eq!(stream.categorical(&[]), 0);
        assert_eq!(stream.categorical(&[f64::NAN, 1.0]), 1);
    }

    proptest! {
        #[test]
        fn draws_stay_in_range(seed: u64, n in 1u64..) {
            let mut stream = Stream::new(seed);
            prop_assert!(stream.below(n) < n);
            prop_assert!((0.0..1.0).contains(&stream.uniform()));
            let open = stream.uniform_open();
            prop_assert!(0.0 < open && open < 1.0);
            prop_assert!(stream.normal().is_finite());
            prop_assert!((0.0..=1.0).contains(&stream.beta(1e-3, 1e-3)));
        }

        #[test]
        fn impossible_categories_never_appear(
            seed: u64, weights in prop::collection::vec(prop_oneof![Just(0.0), 0.0..1.0f64], 1..9),
        ) {
            let sum: f64 = weights.iter().sum();
            prop_assume!(sum > 0.0);
            let probabilities: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
            let chosen = Stream::new(seed).categorical(&probabilities);
            prop_assert!(probabilities[chosen] > 0.0);
        }
    }
}
