//! How good are predicted probabilities of success, once the outcomes are known?
//!
//! Every function takes predictions and outcomes side by side, and answers `None` when there are
//! none, when the lengths differ or when a prediction is not a number.

/// Predictions nearer to 0 or 1 than this are held at it, or one confident mistake would cost infinitely much.
pub const CLIP: f64 = 1e-15;

/// Probability that a random success was given a higher prediction than a random failure, ties
/// counting half: the area under the ROC curve. `None` also when all outcomes are equal.
///
/// By ranks (Hanley and McNeil 1982), in O(n log n). Predictions may be any numbers.
#[must_use]
pub fn auc(predictions: &[f64], outcomes: &[bool]) -> Option<f64> {
    let mut pairs: Vec<(f64, bool)> = pairs(predictions, outcomes)?.collect();
    let successes = outcomes.iter().filter(|&&outcome| outcome).count() as f64;
    let failures = pairs.len() as f64 - successes;
    if successes == 0.0 || failures == 0.0 {
        return None;
    }
    pairs.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let mut failures_below = 0.0;
    let mut wins = 0.0;
    for tied in pairs.chunk_by(|left, right| left.0 == right.0) {
        let tied_successes = tied.iter().filter(|pair| pair.1).count() as f64;
        let tied_failures = tied.len() as f64 - tied_successes;
        wins += tied_successes * (failures_below + 0.5 * tied_failures);
        failures_below += tied_failures;
    }
    Some(wins / (successes * failures))
}

/// Mean of -ln(probability given to what happened), predictions clipped by [`CLIP`]: 0 is
/// perfect, ln 2 is a coin.
#[must_use]
pub fn cross_entropy(predictions: &[f64], outcomes: &[bool]) -> Option<f64> {
    mean(predictions, outcomes, |prediction, outcome| {
        let held = prediction.clamp(CLIP, 1.0 - CLIP);
        if outcome { -crate::math::ln(held) } else { -crate::math::ln_1p(-held) }
    })
}

/// Root of the mean squared distance between prediction and outcome, in [0, 1].
#[must_use]
pub fn rmse(predictions: &[f64], outcomes: &[bool]) -> Option<f64> {
    let mean_square = mean(predictions, outcomes, |prediction, outcome| {
        let miss = prediction - f64::from(u8::from(outcome));
        miss * miss
    })?;
    Some(mean_square.sqrt())
}

/// Share of outcomes on the predicted side of one half, where one half predicts success.
#[must_use]
pub fn accuracy(predictions: &[f64], outcomes: &[bool]) -> Option<f64> {
    mean(predictions, outcomes, |prediction, outcome| {
        f64::from(u8::from((prediction >= 0.5) == outcome))
    })
}

/// Expected calibration error over [`BINS`] bins of equal width; see [`Reliability`].
#[must_use]
pub fn calibration_error(predictions: &[f64], outcomes: &[bool]) -> Option<f64> {
    reliability(predictions, outcomes)?.calibration_error()
}

/// The reliability table of these predictions.
#[must_use]
pub fn reliability(predictions: &[f64], outcomes: &[bool]) -> Option<Reliability> {
    let mut table = Reliability::default();
    for (prediction, outcome) in pairs(predictions, outcomes)? {
        table.add(prediction, outcome);
    }
    Some(table)
}

/// Bins of a reliability table.
pub const BINS: usize = 15;

/// Predictions against outcomes, by bins of equal width: of what was given 70 %, did 70 % happen?
///
/// Takes a stream of any length in constant space. Predictions are kept in billionths, so the
/// order of a stream and the way it is split never change a bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reliability {
    /// Bin i holds predictions in [i / 15, (i + 1) / 15), and the last also 1.
    pub bins: [Bin; BINS],
}

/// What fell into one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// The number of values.
    pub n: u64,
    /// How many of them came true.
    pub successes: u64,
    /// Sum of the predictions, in billionths.
    pub predicted: u64,
}

impl Reliability {
    /// Adds one prediction, held within [0, 1]; one that is not a number is ignored.
    pub fn add(&mut self, prediction: f64, outcome: bool) {
        if prediction.is_nan() {
            return;
        }
        let held = prediction.clamp(0.0, 1.0);
        let bin = &mut self.bins[((held * BINS as f64) as usize).min(BINS - 1)];
        bin.n += 1;
        bin.successes += u64::from(outcome);
        bin.predicted += (held * BILLION).round() as u64;
    }

    /// Adds everything the other table holds.
    pub fn merge(&mut self, other: &Self) {
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            bin.n += more.n;
            bin.successes += more.successes;
            bin.predicted += more.predicted;
        }
    }

    /// Predictions in all bins.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.bins.iter().map(|bin| bin.n).sum()
    }

    /// Mean distance, weighted by predictions, between what a bin predicted and what happened, in
    /// [0, 1]; `None` for an empty table. (Naeini, Cooper, Hauskrecht 2015.)
    #[must_use]
    pub fn calibration_error(&self) -> Option<f64> {
        let n = self.n();
        let gap = |bin: &Bin| (bin.predicted as f64 / BILLION - bin.successes as f64).abs();
        (n > 0).then(|| self.bins.iter().map(gap).sum::<f64>() / n as f64)
    }
}

impl Bin {
    /// Mean prediction; `None` for an empty bin.
    #[must_use]
    pub fn mean_prediction(&self) -> Option<f64> {
        (self.n > 0).then(|| self.predicted as f64 / BILLION / self.n as f64)
    }

    /// Share that came true; `None` for an empty bin.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        (self.n > 0).then(|| self.successes as f64 / self.n as f64)
    }
}

const BILLION: f64 = 1e9;

fn mean(predictions: &[f64], outcomes: &[bool], cost: impl Fn(f64, bool) -> f64) -> Option<f64> {
    let sum: f64 = pairs(predictions, outcomes)?.map(|(p, outcome)| cost(p, outcome)).sum();
    Some(sum / predictions.len() as f64)
}

/// Predictions with their outcomes; `None` when that is not possible.
fn pairs<'a>(
    predictions: &'a [f64],
    outcomes: &'a [bool],
) -> Option<impl Iterator<Item = (f64, bool)> + 'a> {
    let is_valid = !predictions.is_empty()
        && predictions.len() == outcomes.len()
        && predictions.iter().all(|prediction| !prediction.is_nan());
    is_valid.then(|| predictions.iter().copied().zip(outcomes.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PREDICTIONS: [f64; 12] = [0.1, 0.4, 0.4, 0.35, 0.8, 0.8, 0.8, 0.55, 0.2, 1.0, 0.0, 0.65];
    const OUTCOMES: [bool; 12] =
        [false, false, true, true, true, false, true, false, false, true, false, true];

    #[track_caller]
    fn check_near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    }

    /// The definition of the area under the curve: every success against every failure.
    fn slow_auc(predictions: &[f64], outcomes: &[bool]) -> Option<f64> {
        let chosen = |wanted: bool| {
            let pairs = predictions.iter().zip(outcomes);
            pairs.filter(|pair| *pair.1 == wanted).map(|pair| *pair.0).collect::<Vec<f64>>()
        };
        let (successes, failures) = (chosen(true), chosen(false));
        let mut wins = 0.0;
        for success in &successes {
            for failure in &failures {
                wins += if success > failure { 1.0 } else { 0.0 };
                wins += if success == failure { 0.5 } else { 0.0 };
            }
        }
        let duels = (successes.len() * failures.len()) as f64;
        (duels > 0.0).then(|| wins / duels)
    }

    #[test]
    fn against_scikit_learn() {
        // roc_auc_score(y, p), and numpy for the other three with p clipped at 1e-15.
        check_near(auc(&PREDICTIONS, &OUTCOMES), 0.791_666_666_666_666_6);
        check_near(cross_entropy(&PREDICTIONS, &OUTCOMES), 0.507_538_181_206_967_3);
        check_near(rmse(&PREDICTIONS, &OUTCOMES), 0.422_048_575_403_353_33);
        check_near(accuracy(&PREDICTIONS, &OUTCOMES), 0.666_666_666_666_666_6);
    }

    #[test]
    fn calibration_by_hand() {
        // Three bins: 0.1 and 0.12 with no success, 0.5 with one of two, 1.0 with its success.
        let predictions = [0.1, 0.12, 0.5, 0.5, 1.0];
        let outcomes = [false, false, true, false, true];
        check_near(calibration_error(&predictions, &outcomes), 0.22 / 5.0);
        let table = reliability(&predictions, &outcomes).unwrap();
        assert_eq!((table.n(), table.bins[1].n, table.bins[7].n, table.bins[14].n), (5, 2, 2, 1));
        check_near(table.bins[1].mean_prediction(), 0.11);
        check_near(table.bins[7].success_rate(), 0.5);
        assert_eq!(table.bins[3].mean_prediction(), None);
    }

    #[test]
    fn a_confident_mistake_costs_much_but_not_everything() {
        check_near(cross_entropy(&[1.0], &[true]), 0.0);
        let cost = cross_entropy(&[1.0], &[false]).unwrap();
        assert!((34.0..35.0).contains(&cost), "{cost}");
    }

    #[test]
    fn what_cannot_be_judged() {
        assert_eq!(auc(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(auc(&[], &[]), None);
        assert_eq!(rmse(&[0.1], &[true, false]), None);
        assert_eq!(cross_entropy(&[f64::NAN], &[true]), None);
        assert_eq!(calibration_error(&[], &[]), None);
        assert_eq!(Reliability::default().calibration_error(), None);
    }

    proptest! {
        #[test]
        fn auc_agrees_with_its_definition(
            pairs in prop::collection::vec((0u8..12, any::<bool>()), 0..60),
        ) {
            // Few distinct predictions make many ties.
            let predictions: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.0) / 11.0).collect();
            let outcomes: Vec<bool> = pairs.iter().map(|pair| pair.1).collect();
            let found = auc(&predictions, &outcomes);
            let expected = slow_auc(&predictions, &outcomes);
            prop_assert_eq!(found.is_some(), expected.is_some());
            if let (Some(found), Some(expected)) = (found, expected) {
                prop_assert!((found - expected).abs() < 1e-12);
            }
        }

        #[test]
        fn a_split_stream_gives_the_same_table(
            pairs in prop::collection::vec((0.0..=1.0f64, any::<bool>()), 1..60), cut in 0usize..60,
        ) {
            let mut whole = Reliability::default();
            pairs.iter().for_each(|pair| whole.add(pair.0, pair.1));
            let (left, right) = pairs.split_at(cut.min(pairs.len()));
            let (mut found, mut other) = (Reliability::default(), Reliability::default());
            right.iter().for_each(|pair| found.add(pair.0, pair.1));
            left.iter().for_each(|pair| other.add(pair.0, pair.1));
            found.merge(&other);
            prop_assert!((0.0..=1.0).contains(&found.calibration_error().unwrap()));
            prop_assert_eq!(found, whole);
        }
    }
}
