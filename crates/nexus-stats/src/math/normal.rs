//! The normal distribution.
#![allow(clippy::excessive_precision, reason = "the coefficients stand as Wichura printed them")]

use super::ln;
use std::f64::consts::FRAC_1_SQRT_2;

/// Probability that a standard normal lies below `x`; keeps its digits far into both tails.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The `x` with [`normal_cdf`]`(x) = p`; infinite at 0 and 1, not a number outside [0, 1].
///
/// Wichura 1988, algorithm AS 241 (PPND16), relative accuracy about 1e-16.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&CENTRE_ABOVE, r) / polynomial(&CENTRE_BELOW, r);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return f64::INFINITY.copysign(centred);
    }
    let r = (-ln(tail)).sqrt();
    let size = if r <= 5.0 {
        polynomial(&MIDDLE_ABOVE, r - 1.6) / polynomial(&MIDDLE_BELOW, r - 1.6)
    } else {
        polynomial(&FAR_ABOVE, r - 5.0) / polynomial(&FAR_BELOW, r - 5.0)
    };
    size.copysign(centred)
}

/// [`normal_quantile`] for a `p` strictly between 0 and 1 in single precision, at a fifth of the
/// cost: for noise that is counted, not kept.
///
/// Wichura 1988, algorithm AS 241 (PPND7), relative accuracy about 1e-7.
#[must_use]
#[inline]
pub fn normal_quantile_single(p: f64) -> f32 {
    let centred = (p - 0.5) as f32;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        let above =
            ((59.109_374_720 * r + 159.291_132_02) * r + 50.434_271_938) * r + 3.387_132_717_9;
        let below = ((67.187_563_600 * r + 78.757_757_664) * r + 17.895_169_469) * r + 1.0;
        return centred * above / below;
    }
    tail_single(if centred < 0.0 { p } else { 1.0 - p }).copysign(centred)
}

fn tail_single(tail: f64) -> f32 {
    let r = (-libm::logf(tail as f32)).sqrt();
    if r <= 5.0 {
        let r = r - 1.6;
        let above =
            ((0.170_238_211_03 * r + 1.306_728_481_6) * r + 2.756_815_390_0) * r + 1.423_437_277_7;
        above / ((0.120_211_329_75 * r + 0.737_001_642_50) * r + 1.0)
    } else {
        let r = r - 5.0;
        let above = ((0.017_337_203_997 * r + 0.428_682_943_37) * r + 3.081_226_386_0) * r
            + 6.657_905_115_0;
        above / ((0.012_258_202_635 * r + 0.241_978_942_25) * r + 1.0)
    }
}

/// Value at `x` of the polynomial with these coefficients, constant first (Horner).
#[inline]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const CENTRE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_608_0,
    1.331_416_678_917_843_774_5e2,
    1.971_590_950_306_551_442_7e3,
    1.373_169_376_550_946_112_5e4,
    4.592_195_393_154_987_145_7e4,
    6.726_577_092_700_870_085_3e4,
    3.343_057_558_358_812_810_5e4,
    2.509_080_928_730_122_672_7e3,
];
const CENTRE_BELOW: [f64; 8] = [
    1.0,
    4.231_333_070_160_091_125_2e1,
    6.871_870_074_920_579_083_0e2,
    5.394_196_021_424_751_107_7e3,
    2.121_379_430_158_659_586_7e4,
    3.930_789_580_009_271_061_0e4,
    2.872_908_573_572_194_267_4e4,
    5.226_495_278_852_854_561_0e3,
];
const MIDDLE_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_577_34,
    4.630_337_846_156_545_295_90,
    5.769_497_221_460_691_405_50,
    3.647_848_324_763_204_605_04,
    1.270_458_252_452_368_382_58,
    2.417_807_251_774_506_117_70e-1,
    2.272_384_498_926_918_458_33e-2,
    7.745_450_142_783_414_076_40e-4,
];
const MIDDLE_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_758_821_87,
    1.676_384_830_183_803_849_40,
    6.897_673_349_851_000_045_50e-1,
    1.481_039_764_274_800_745_90e-1,
    1.519_866_656_361_645_719_66e-2,
    5.475_938_084_995_344_946_00e-4,
    1.050_750_071_644_416_843_24e-9,
];
const FAR_ABOVE: [f64; 8] = [
    6.657_904_643_501_103_777_20,
    5.463_784_911_164_114_369_90,
    1.784_826_539_917_291_335_80,
    2.965_605_718_285_048_912_30e-1,
    2.653_218_952_657_612_309_30e-2,
    1.242_660_947_388_078_438_60e-3,
    2.711_555_568_743_487_578_15e-5,
    2.010_334_399_292_288_132_65e-7,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    5.998_322_065_558_879_376_90e-1,
    1.369_298_809_227_358_053_10e-1,
    1.487_536_129_085_061_485_25e-2,
    7.868_691_311_456_132_591_00e-4,
    1.846_318_317_510_054_681_80e-5,
    1.421_511_758_316_445_888_70e-7,
    2.044_263_103_389_939_785_64e-15,
];

#[cfg(test)]
mod tests {
    use super::super::tests::check_near;
    use super::*;
    use proptest::prelude::*;

    // The oracle is the double precision version, itself checked against mpmath.
    #[test]
    fn the_single_quantile_is_the_same_to_seven_digits() {
        let tails = (1..160).map(|step| libm::exp(-0.23 * f64::from(step)));
        let centre = (1..1000).map(|step| f64::from(step) / 1000.0);
        for p in tails.chain(centre) {
            for p in [p, 1.0 - p] {
                let exact = normal_quantile(p);
                if exact.is_finite() && p < 1.0 {
                    let miss = (f64::from(normal_quantile_single(p)) - exact).abs();
                    assert!(miss <= 6e-7 * exact.abs().max(0.5), "{p:e}: {miss:e} of {exact}");
                }
            }
        }
    }

    #[test]
    fn cdf_against_mpmath() {
        // mpmath.ncdf(x) with 50 digits.
        let golden = [
            (-30.0, 4.906_713_927_148_187e-198),
            (-8.5, 9.479_534_822_203_318e-18),
            (-3.0, 0.001_349_898_031_630_094_5),
            (-1.96, 0.024_997_895_148_220_436),
            (-0.5, 0.308_537_538_725_986_9),
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_95),
            (2.5, 0.993_790_334_674_223_86),
        ];
        golden.iter().for_each(|&(x, expected)| check_near(normal_cdf(x), expected, 1e-13));
    }

    #[test]
    fn quantile_against_mpmath() {
        // sqrt(2) erfinv(2 p - 1) with 50 digits; below 1e-15, mpmath.findroot on ln ncdf.
        let golden = [
            (1e-300, -37.047_096_299_361_199),
            (1e-20, -9.262_340_089_798_407_6),
            (1e-5, -4.264_890_793_922_824_6),
            (0.02425, -1.972_961_051_311_884_8),
            (0.075, -1.439_531_470_938_455_9),
            (0.3, -0.524_400_512_708_040_82),
            (0.5, 0.0),
            (0.6, 0.253_347_103_135_799_74),
            (0.975, 1.959_963_984_540_053_9),
            (0.999_999, 4.753_424_308_817_087_8),
        ];
        golden.iter().for_each(|&(p, expected)| check_near(normal_quantile(p), expected, 1e-14));
    }

    #[test]
    fn quantile_at_the_ends() {
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    proptest! {
        #[test]
        fn quantile_inverts_cdf(x in -8.0..2.0f64) {
            prop_assert!((normal_quantile(normal_cdf(x)) - x).abs() < 1e-12);
        }

        #[test]
        fn quantile_is_odd(p in 0.001..0.5f64) {
            prop_assert!((normal_quantile(p) + normal_quantile(1.0 - p)).abs() < 1e-12);
        }
    }
}
