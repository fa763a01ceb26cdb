//! Student's t: the distance of a mean from its expectation when the spread is estimated too.

use super::beta::{kernel, lower_share};
use super::normal_quantile;

/// Probability that a Student t variable with `degrees` > 0 (not necessarily whole) lies below
/// `t`; not a number when `degrees` is not positive and finite.
#[must_use]
pub fn student_cdf(t: f64, degrees: f64) -> f64 {
    let tail = upper_tail(t.abs(), degrees);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The `t` with [`student_cdf`]`(t, degrees) = p`; infinite at 0 and 1, not a number when `p` is
/// outside [0, 1] or `degrees` is not positive and finite.
///
/// Newton's method inside a bracket that halves whenever Newton would leave it, so it ends.
#[must_use]
pub fn student_quantile(p: f64, degrees: f64) -> f64 {
    if !((0.0..=1.0).contains(&p) && degrees > 0.0 && degrees.is_finite()) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    let tail = if p < 0.5 { p } else { 1.0 - p };
    let size = if tail == 0.0 { f64::INFINITY } else { upper_quantile(tail, degrees) };
    size.copysign(p - 0.5)
}

/// Probability beyond `t` >= 0.
fn upper_tail(t: f64, degrees: f64) -> f64 {
    let (x, y) = split(t, degrees);
    0.5 * lower_share(0.5 * degrees, 0.5, x, y)
}

/// degrees / (degrees + t^2) and its complement, each without subtracting from 1.
fn split(t: f64, degrees: f64) -> (f64, f64) {
    let ratio = t / degrees.sqrt();
    let square = ratio * ratio;
    if square == f64::INFINITY {
        return (1.0 / ratio / ratio, 1.0);
    }
    (1.0 / (1.0 + square), square / (1.0 + square))
}

/// The positive `t` with this much probability in (0, 1/2) beyond it.
fn upper_quantile(tail: f64, degrees: f64) -> f64 {
    let mut low = 0.0;
    // The t distribution has wider tails than the normal, so its quantile is further out.
    let mut high = -normal_quantile(tail);
    while upper_tail(high, degrees) > tail {
        low = high;
        high *= 2.0;
        if high == f64::INFINITY {
            return high;
        }
    }
    let mut t = if low > 0.0 { low } else { high };
    for _ in 0..NEWTON_STEPS_MAX {
        let miss = upper_tail(t, degrees) - tail;
        if miss > 0.0 {
            low = t;
        } else {
            high = t;
        }
        // The slope of the tail at t is minus the beta kernel over t.
        let (x, y) = split(t, degrees);
        let newton = t + miss * t / kernel(0.5 * degrees, 0.5, x, y);
        if miss == 0.0 || (newton - t).abs() <= 4.0 * f64::EPSILON * t {
            return t;
        }
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if next == t {
            return t;
        }
        t = next;
    }
    t
}

const NEWTON_STEPS_MAX: u32 = 200;

#[cfg(test)]
mod tests {
    use super::super::tests::check_near;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cdf_against_mpmath() {
        // mpmath.quad over the density with 60 digits.
        let golden = [
            (-1.0, 1.0, 0.25),
            (-2.5, 3.0, 0.043_853_323_504_032_774),
            (0.3, 7.5, 0.613_838_670_715_610_95),
            (-1.96, 1e6, 0.024_998_033_792_634_895),
            (-6.0, 1e6, 9.869_249_061_772_173e-10),
            (-12.0, 30.0, 2.790_092_707_599_628e-13),
            (-4.0, 233.1, 4.254_250_503_256_076e-5),
        ];
        for (t, degrees, expected) in golden {
            check_near(student_cdf(t, degrees), expected, 1e-12);
        }
    }

    #[test]
    fn quantile_against_mpmath() {
        // mpmath.findroot on the integral above, with 30 digits.
        let golden = [
            (0.025, 1.0, -12.706_204_736_174_704),
            (0.025, 2.0, -4.302_652_729_749_464),
            (0.05, 5.0, -2.015_048_373_333_024),
            (0.025, 30.0, -2.042_272_456_301_238_3),
            (0.025, 1e6, -1.959_966_356_814_107),
            (0.0005, 1e6, -3.290_536_461_248_691),
            (0.001, 3.0, -10.214_531_852_407_386),
            (1e-10, 10.0, -25.466_008_021_697_726),
        ];
        for (p, degrees, expected) in golden {
            check_near(student_quantile(p, degrees), expected, 1e-12);
        }
    }

    #[test]
    fn quantile_at_the_ends() {
        assert_eq!(student_quantile(0.5, 3.0), 0.0);
        assert_eq!(student_quantile(0.0, 3.0), f64::NEG_INFINITY);
        assert_eq!(student_quantile(1.0, 3.0), f64::INFINITY);
        assert!(student_quantile(2.0, 3.0).is_nan() && student_quantile(0.3, -1.0).is_nan());
        // The true quantile is beyond the largest number; the search must end all the same.
        assert!(student_quantile(1e-9, 1e-3) < -1e150);
        assert!(student_quantile(0.5 - 1e-17, 1e6).abs() < 1e-9);
        assert!(student_quantile(0.5 + 2e-16, 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn quantile_inverts_cdf(t in -30.0..-0.01f64, degrees in 0.0..14.0f64) {
            let degrees = super::super::exp(degrees);
            let p = student_cdf(t, degrees);
            if p > 1e-290 {
                let back = student_quantile(p, degrees);
                prop_assert!((back - t).abs() < 1e-9 * (1.0 + t.abs()), "{t} became {back}");
            }
        }
    }
}
