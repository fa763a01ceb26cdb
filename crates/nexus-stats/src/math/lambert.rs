//! The lower branch of Lambert's W, which tunes a confidence sequence.

use super::ln;

/// The `w` <= -1 with w e^w = `x`, for `x` in [-1/e, 0); minus infinity at 0, not a number elsewhere.
///
/// Newton's method on w + ln(-w) = ln(-x) from the bracket of Chatzigeorgiou 2013, "Bounds on
/// the Lambert function and their application to the outage analysis of user cooperation".
#[must_use]
pub fn lambert_w_minus_one(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    // With x = -e^(-u - 1), u runs from 0 at the branch point upwards.
    let u = -ln(-x) - 1.0;
    if u.is_nan() || u < -4.0 * f64::EPSILON {
        return f64::NAN;
    }
    let u = u.max(0.0);
    let root = (2.0 * u).sqrt();
    let (low, high) = (-1.0 - root - u, -1.0 - root - u * 2.0 / 3.0);
    let mut w = high;
    for _ in 0..NEWTON_STEPS_MAX {
        if w >= -1.0 {
            return -1.0;
        }
        let miss = w + ln(-w) + u + 1.0;
        let next = (w - miss * w / (w + 1.0)).clamp(low, high);
        if (next - w).abs() <= 2.0 * f64::EPSILON * -w {
            return next;
        }
        w = next;
    }
    w
}

const NEWTON_STEPS_MAX: u32 = 50;

#[cfg(test)]
mod tests {
    use super::super::exp;
    use super::super::tests::check_near;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn against_mpmath() {
        // mpmath.lambertw(x, -1) with 50 digits.
        let golden = [
            (-0.36, -1.222_770_133_978_506_2),
            (-0.1, -3.577_152_063_957_297),
            (-0.001, -9.118_006_470_402_74),
            (-0.000_919_698_602_928_606, -9.211_968_062_068_254),
            (-1e-10, -26.295_238_819_246_926),
            (-1e-300, -697.322_776_295_460_2),
        ];
        for (x, expected) in golden {
            check_near(lambert_w_minus_one(x), expected, 1e-13);
        }
    }

    #[test]
    fn at_the_ends() {
        // Beside the branch point half of the digits are gone before we start.
        check_near(lambert_w_minus_one(-exp(-1.0)), -1.0, 1e-7);
        assert_eq!(lambert_w_minus_one(0.0), f64::NEG_INFINITY);
        assert!(lambert_w_minus_one(-0.4).is_nan() && lambert_w_minus_one(0.1).is_nan());
    }

    proptest! {
        #[test]
        fn inverts_w_exp_w(w in -700.0..-1.01f64) {
            prop_assert!((lambert_w_minus_one(w * exp(w)) - w).abs() < 1e-11 * -w);
        }
    }
}
