//! Did the variants receive the people they were meant to receive? If not, something upstream
//! loses people, and no comparison of the variants can be trusted.

use crate::math;

/// Weight of the design in the mixture: how many people it is worth.
pub const CONCENTRATION: f64 = 1000.0;

/// An e-value above this freezes the readout: by Ville's inequality, at most one sound experiment
/// in a thousand ever gets there, however often someone looks.
pub const ALARM: f64 = 1000.0;

/// Probability of counts at least this uneven, by Pearson's chi-square; valid for one look.
///
/// `weights` say how people should be shared, in any unit. `None` unless there are two or more
/// variants, as many weights as counts, every weight positive and finite. 1 before the first person.
#[must_use]
pub fn chi_square_p_value(counts: &[u64], weights: &[f64]) -> Option<f64> {
    let shares = shares(counts, weights)?;
    let total = total(counts);
    if total == 0.0 {
        return Some(1.0);
    }
    let distance: f64 = counts
        .iter()
        .zip(&shares)
        .map(|(&count, share)| {
            let expected = total * share;
            let gap = count as f64 - expected;
            gap * gap / expected
        })
        .sum();
    Some(math::chi_square_tail(distance, (counts.len() - 1) as f64))
}

/// Evidence against the design that may be looked at after every person: alarm above [`ALARM`].
///
/// The counts' probability under shares drawn from a Dirichlet distribution centred on the design,
/// over their probability under the design (Lindon and Malek 2022, "Anytime-valid inference for
/// multinomial count data"). Infinite when it overflows. `None` as for [`chi_square_p_value`].
#[must_use]
pub fn e_value(counts: &[u64], weights: &[f64]) -> Option<f64> {
    let shares = shares(counts, weights)?;
    let total = total(counts);
    let per_variant: f64 = counts
        .iter()
        .zip(&shares)
        .map(|(&count, share)| {
            let (count, prior) = (count as f64, CONCENTRATION * share);
            math::ln_gamma(prior + count) - math::ln_gamma(prior) - count * math::ln(*share)
        })
        .sum();
    let whole = math::ln_gamma(CONCENTRATION + total) - math::ln_gamma(CONCENTRATION);
    Some(math::exp(per_variant - whole))
}

/// The weights as shares of 1.
fn shares(counts: &[u64], weights: &[f64]) -> Option<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    let is_valid = counts.len() >= 2
        && counts.len() == weights.len()
        && weights.iter().all(|&weight| weight > 0.0)
        && sum.is_finite();
    is_valid.then(|| weights.iter().map(|weight| weight / sum).collect())
}

fn total(counts: &[u64]) -> f64 {
    counts.iter().map(|&count| count as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use proptest::prelude::*;

    #[track_caller]
    fn check_near(found: Option<f64>, expected: f64, tolerance: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() <= tolerance * expected, "{found:e}, not {expected:e}");
    }

    #[test]
    fn p_value_against_gbstats() {
        // gbstats 0.8.0, check_srm; bench/golden/abtest/classic.json.
        let fair: &[f64] = &[0.5, 0.5];
        let golden: [(&[u64], &[f64], f64); 6] = [
            (&[5000, 5100], fair, 0.319_718_176_812_867_5),
            (&[5000, 5400], fair, 8.769_942_375_590_228e-5),
            (&[9000, 1000], &[0.9, 0.1], 1.0),
            (&[9000, 1150], &[0.9, 0.1], 7.946_323_922_806_938e-6),
            (&[3300, 3310, 3390], &[1.0, 1.0, 1.0], 0.481_908_990_090_202_4),
            (&[1_000_000, 1_010_000], fair, 1.745_275_146_853_843e-12),
        ];
        for (counts, weights, expected) in golden {
            check_near(chi_square_p_value(counts, weights), expected, 1e-9);
        }
    }

    #[test]
    fn e_value_against_mpmath() {
        // exp of the sum of mpmath.loggamma, with 60 digits, concentration 1000.
        let fair: &[f64] = &[0.5, 0.5];
        let golden: [(&[u64], &[f64], f64); 6] = [
            (&[4900, 5100], fair, 1.857_576_022_801_13),
            (&[9000, 1150], &[9.0, 1.0], 1_838.558_733_732_27),
            (&[3300, 3310, 3390], &[1.0, 1.0, 1.0], 0.176_154_443_171_746),
            (&[9600, 10_400], fair, 908_917.805_454_926),
            (&[0, 0], fair, 1.0),
            (&[1_000_000, 1_003_000], fair, 0.210_938_392_871_752),
        ];
        for (counts, weights, expected) in golden {
            check_near(e_value(counts, weights), expected, 1e-7);
        }
    }

    #[test]
    fn what_is_not_a_design() {
        for (counts, weights) in [
            (&[5][..], &[1.0][..]),
            (&[5, 5], &[1.0]),
            (&[5, 5], &[1.0, 0.0]),
            (&[5, 5], &[1.0, f64::NAN]),
            (&[5, 5], &[1.0, f64::INFINITY]),
        ] {
            assert_eq!(
                (chi_square_p_value(counts, weights), e_value(counts, weights)),
                (None, None)
            );
        }
        assert_eq!(chi_square_p_value(&[0, 0], &[1.0, 1.0]), Some(1.0));
    }

    /// Share of runs of 5000 people in which a look after every tenth raises an alarm.
    fn share_alarmed(share: f64, is_alarm: impl Fn(&[u64]) -> bool) -> f64 {
        let alarmed = |run: &u64| {
            let mut stream = Stream::keyed(*run, "sample ratio");
            let mut counts = [0, 0];
            (0..500).any(|_| {
                (0..10).for_each(|_| counts[usize::from(stream.uniform() < share)] += 1);
                is_alarm(&counts)
            })
        };
        (0..200).filter(alarmed).count() as f64 / 200.0
    }

    #[test]
    fn peeking_at_a_sound_split_raises_no_alarm() {
        let fair = [1.0, 1.0];
        let by_e_value = |counts: &[u64]| e_value(counts, &fair).unwrap() > ALARM;
        assert!(share_alarmed(0.5, by_e_value) <= 0.005);
        // The canary: the same peeking at p < 0.01 does raise alarms.
        let by_p_value = |counts: &[u64]| chi_square_p_value(counts, &fair).unwrap() < 0.01;
        assert!(share_alarmed(0.5, by_p_value) > 0.02);
        assert!(share_alarmed(0.55, by_e_value) > 0.95);
    }

    proptest! {
        #[test]
        fn an_e_value_is_worth_one_on_average(share in 0.05..0.95f64, people in 1u64..30) {
            // The definition of an e-value, by the sum over every possible count.
            let mut average = 0.0;
            for count in 0..=people {
                let (k, n) = (count as f64, people as f64);
                let ways = -math::ln_beta(k + 1.0, n - k + 1.0) - math::ln(n + 1.0);
                let chance =
                    math::exp(ways + k * math::ln(share) + (n - k) * math::ln(1.0 - share));
                let counts = [count, people - count];
                average += chance * e_value(&counts, &[share, 1.0 - share]).unwrap();
            }
            prop_assert!((average - 1.0).abs() < 1e-9);
        }
    }
}
