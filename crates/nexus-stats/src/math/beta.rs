//! The beta distribution: posterior of a proportion, and the root of Student's t.
//!
//! A million learners a side is an ordinary experiment, so nothing here subtracts logarithms of
//! gamma functions from each other: at 1e6 their difference has lost eight digits.

use super::gamma::{away_from_zero, deviance, stirling_remainder};
use super::{exp, ln, ln_1p};
use std::f64::consts::TAU;

/// Logarithm of the beta function, for `a` > 0 and `b` > 0.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a <= b { (a, b) } else { (b, a) };
    let n = a + b;
    small * ln(small / n) - large * ln_1p(small / large) - 0.5 * ln(small * (large / n) / TAU)
        + stirling_remainder(a)
        + stirling_remainder(b)
        - stirling_remainder(n)
}

/// Probability that a beta variable with shapes `a` > 0 and `b` > 0 lies below `x`.
///
/// The regularised incomplete beta function I_x(a, b), in [0, 1]; not a number for a shape that
/// is not positive and finite. `x` outside [0, 1] counts as the nearer end.
#[must_use]
pub fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    lower_share(a, b, x, 1.0 - x)
}

/// The `x` in [0, 1] with [`beta_cdf`]`(a, b, x) = p`; not a number where `beta_cdf` is or when
/// `p` is outside [0, 1].
///
/// Newton's method inside a bracket that halves whenever Newton would leave it, so it ends.
#[must_use]
pub fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    if !(shapes_are_valid(a, b) && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return p;
    }
    // The lower end of the unit interval has more floating point numbers than the upper.
    if beta_cdf(a, b, 0.5) < p {
        1.0 - lower_quantile(b, a, 1.0 - p)
    } else {
        lower_quantile(a, b, p)
    }
}

/// I_x(a, b) with `y` = 1 - x given as well, for callers who know both without rounding.
pub(super) fn lower_share(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if !shapes_are_valid(a, b) || x.is_nan() {
        f64::NAN
    } else if x <= 0.0 {
        0.0
    } else if y <= 0.0 {
        1.0
    } else if a * y >= b * x {
        (kernel(a, b, x, y) * fraction(a, b, x, y)).clamp(0.0, 1.0)
    } else {
        // The fraction converges fast only below the mean: above it, look from the other end.
        (1.0 - kernel(b, a, y, x) * fraction(b, a, y, x)).clamp(0.0, 1.0)
    }
}

/// x^a y^b / B(a, b), for x + y = 1.
pub(super) fn kernel(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let remainder = stirling_remainder(n) - stirling_remainder(a) - stirling_remainder(b);
    let distance = deviance(a, n * x) + deviance(b, n * y);
    (a * (b / n) / TAU).sqrt() * exp(remainder - distance)
}

fn shapes_are_valid(a: f64, b: f64) -> bool {
    a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite()
}

/// I_x(a, b) over its kernel, for x at most the mean; about sqrt(max(a, b)) steps.
///
/// The continued fraction of DiDonato and Morris 1992 (TOMS 708) by Lentz's method.
/// Its terms are positive on this side of the mean and `y` enters as given, so nothing cancels
/// when `x` is close to 1.
fn fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let offset = a * y - b * x + 1.0;
    let mut c = away_from_zero(a / (a + 1.0) * offset);
    let mut d = 0.0;
    let mut inverse = c;
    for n in 1..STEPS_MAX {
        let n = f64::from(n);
        let at = a + 2.0 * n;
        let turn = n * (b - n) * x / (at - 1.0);
        let above = (a + n - 1.0) * (a + b + n - 1.0) / (at - 1.0) * x * turn;
        let below = n + turn + (a + n) / (at + 1.0) * (offset + n * (1.0 + y));
        d = 1.0 / away_from_zero(below + above * d);
        c = away_from_zero(below + above / c);
        inverse *= c * d;
        if (c * d - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    1.0 / inverse
}

/// The quantile, known to lie in (0, 1/2].
fn lower_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 0.5_f64);
    let mut x = (a / (a + b)).min(0.25);
    for _ in 0..NEWTON_STEPS_MAX {
        let miss = beta_cdf(a, b, x) - p;
        if miss < 0.0 {
            low = x;
        } else {
            high = x;
        }
        // The density is the kernel over x (1 - x).
        let newton = x - miss * x * (1.0 - x) / kernel(a, b, x, 1.0 - x);
        if miss == 0.0 || (newton - x).abs() <= 4.0 * f64::EPSILON * x {
            return x;
        }
        let next = if newton > low && newton < high { newton } else { middle(low, high) };
        if next == x {
            return x;
        }
        x = next;
    }
    x
}

/// The middle of a bracket; far below 1, the geometric one, or tiny quantiles take for ever.
fn middle(low: f64, high: f64) -> f64 {
    if high > 16.0 * low { (low.max(f64::MIN_POSITIVE) * high).sqrt() } else { 0.5 * (low + high) }
}

/// Enough for shapes of 1e11; the loop ends there whatever it is given.
const STEPS_MAX: u32 = 1_000_000;
const NEWTON_STEPS_MAX: u32 = 200;

#[cfg(test)]
mod tests {
    use super::super::tests::check_near;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cdf_against_mpmath() {
        // mpmath with 60 digits: betainc(a, b, 0, x, regularized=True), and for shapes above 2000
        // quad over the density from 60 standard deviations below x.
        let golden = [
            (0.5, 0.5, 0.3, 0.369_010_119_565_545_38),
            (2.0, 3.0, 0.4, 0.5248),
            (1.0, 1.0, 0.25, 0.25),
            (0.01, 5.0, 1e-9, 0.829_883_362_019_653),
            (30.0, 70.0, 0.35, 0.861_575_475_866_109),
            (150.0, 3.0, 0.99, 0.804_423_617_145_163),
            (1e3, 1e3, 0.49, 0.185_552_659_431_511_45),
            (1e4, 3e4, 0.2517, 0.784_047_176_361_452_1),
            (1e6, 1e6, 0.4995, 0.078_649_577_580_901_63),
            (1e6, 1e6, 0.5002, 0.714_196_161_177_112_3),
            (3e7, 3e7, 0.49995, 0.219_289_013_422_070_4),
            (3e7, 1e3, 0.99996, 1.278_484_342_682_532_1e-9),
            (2.0, 1e7, 3e-7, 0.800_851_816_145_265),
            (1e8, 1e8, 0.49999, 0.388_648_705_519_327_85),
            (1e6, 9e6, 0.1001, 0.854_072_611_340_508_75),
            (1e6, 1e6, 0.495, 1.039_035_639_976_450_2e-45),
        ];
        for (a, b, x, expected) in golden {
            // A shape of 1e8 makes the answer 1e4 times as sensitive as x itself.
            let tolerance = 1e-13 * f64::max(10.0, f64::sqrt(a + b));
            check_near(beta_cdf(a, b, x), expected, tolerance);
        }
    }

    #[test]
    fn half_of_a_symmetric_distribution_lies_below_the_middle() {
        for shape in [0.01, 0.5, 1.0, 7.0, 1e2, 1e4, 1e6, 1e8, 1e9] {
            let found = beta_cdf(shape, shape, 0.5);
            assert!((found - 0.5).abs() < 1e-11, "shape {shape:e}: {found}");
        }
    }

    #[test]
    fn cdf_at_the_ends() {
        assert_eq!(beta_cdf(2.0, 3.0, 0.0), 0.0);
        assert_eq!(beta_cdf(2.0, 3.0, 1.0), 1.0);
        assert_eq!(beta_cdf(2.0, 3.0, 7.0), 1.0);
        for (a, b, x) in [(0.0, 1.0, 0.5), (1.0, f64::INFINITY, 0.5), (1.0, 1.0, f64::NAN)] {
            assert!(beta_cdf(a, b, x).is_nan());
        }
    }

    #[test]
    fn quantile_against_scipy() {
        // scipy.special.betaincinv(a, b, p), scipy 1.17.1.
        let golden = [
            (0.5, 0.5, 0.1, 0.024_471_741_852_423_214),
            (2.0, 3.0, 0.5, 0.385_727_568_132_389_5),
            (30.0, 70.0, 0.9, 0.359_434_740_999_984),
            (1e6, 1e6, 0.025, 0.499_307_048_333_949_45),
            (1e7, 1e7, 0.975, 0.500_219_130_627_361),
            (1e4, 1e2, 1e-6, 0.984_702_456_036_987_1),
            (0.1, 0.1, 1e-3, 8.869_280_655_550_24e-28),
            (0.5, 1e7, 0.1, 7.895_387_240_983_439e-10),
        ];
        for (a, b, p, expected) in golden {
            check_near(beta_quantile(a, b, p), expected, 1e-11);
        }
    }

    #[test]
    fn ln_beta_against_mpmath() {
        // loggamma(a) + loggamma(b) - loggamma(a + b) with 50 digits.
        let golden = [
            (1e-5, 2.0, 11.512_915_465_020_228),
            (0.5, 0.5, 1.144_729_885_849_400_2),
            (3.0, 4.0, -4.094_344_562_222_1),
            (0.5, 1e6, -6.335_390_211_057_437),
            (12.0, 1e9, -231.176_882_263_483_05),
            (1e6, 1e6, -1_386_300.003_362_921),
            (1e9, 1e9, -1_386_294_370.216_011_4),
        ];
        golden.iter().for_each(|&(a, b, expected)| check_near(ln_beta(a, b), expected, 1e-13));
    }

    proptest! {
        #[test]
        fn cdf_rises_from_0_to_1(
            a in -2.0..6.0f64, b in -2.0..6.0f64, x in 0.0..1.0f64, y in 0.0..1.0f64,
        ) {
            let (a, b) = (exp(a * 2.0), exp(b * 2.0));
            let (low, high) = (beta_cdf(a, b, x.min(y)), beta_cdf(a, b, x.max(y)));
            prop_assert!(0.0 <= low && low <= high + 1e-12 && high <= 1.0);
        }

        #[test]
        fn quantile_inverts_cdf(a in -2.0..6.0f64, b in -2.0..6.0f64, p in 0.0001..0.9999f64) {
            let (a, b) = (exp(a * 2.0), exp(b * 2.0));
            let x = beta_quantile(a, b, p);
            prop_assert!((0.0..=1.0).contains(&x));
            // Near 1 neighbouring numbers are 1e-16 apart, which a steep end turns into more.
            if x < 0.999_999 {
                prop_assert!((beta_cdf(a, b, x) - p).abs() < 1e-9, "{} at {x:e}", p);
            }
        }
    }
}
