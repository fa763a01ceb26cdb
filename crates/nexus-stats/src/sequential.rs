//! Intervals that stay valid however often someone looks at them.
//!
//! The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024,
//! "Time-uniform central limit theory and asymptotic confidence sequences", equations 9 and 155:
//! with probability 1 - alpha the true mean is inside at every look, from the first to the last.

use crate::interval::Interval;
use crate::math;
use crate::moments::Summary;

/// How to turn moments into an interval; fixed before the experiment starts, and then kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceSequence {
    /// Error rate over all looks together, in (0, 1).
    pub alpha: f64,
    /// Square of the paper's rho, positive: where in time the interval is tightest.
    pub rho_squared: f64,
    /// Fewest observations, on each side, before there is an interval: the theory is asymptotic.
    pub n_min: u64,
}

impl ConfidenceSequence {
    /// The sequence that is tightest at `n_planned` observations (of both sides together).
    ///
    /// `None` unless `alpha` is in (0, 1) and `n_planned` > 0.
    #[must_use]
    pub fn planned(alpha: f64, n_planned: u64, n_min: u64) -> Option<Self> {
        if !(alpha > 0.0 && alpha < 1.0) || n_planned == 0 {
            return None;
        }
        let rho_squared = tuned_rho_squared(alpha, n_planned as f64);
        is_positive(rho_squared).then_some(Self { alpha, rho_squared, n_min })
    }

    /// Interval for the mean of a growing sample; `None` below `n_min` observations (and below
    /// 2), when the sample does not vary yet, or when a number is not finite.
    #[must_use]
    pub fn mean(&self, sample: &Summary) -> Option<Interval> {
        let n = sample.n as f64;
        let enough = sample.n >= self.n_min.max(2);
        enough.then(|| self.interval(sample.mean, sample.variance / n, n))?
    }

    /// Interval for the mean of the treatment less that of the control, two independent samples
    /// that grow together; `None` when either is below `n_min` observations (or below 2), when
    /// neither varies yet, or when a number is not finite.
    #[must_use]
    pub fn mean_difference(&self, treatment: &Summary, control: &Summary) -> Option<Interval> {
        let enough = treatment.n.min(control.n) >= self.n_min.max(2);
        let variance =
            treatment.variance / treatment.n as f64 + control.variance / control.n as f64;
        let time = (treatment.n + control.n) as f64;
        enough.then(|| self.interval(treatment.mean - control.mean, variance, time))?
    }

    /// Interval around an estimate with this squared standard error after `time` observations.
    fn interval(&self, estimate: f64, variance: f64, time: f64) -> Option<Interval> {
        // The paper's sigma^2 is that of one observation: sigma^2 = time * variance. One factor of
        // time in its formula cancels.
        let spread = time * self.rho_squared;
        let boundary = math::ln((spread + 1.0).sqrt() / self.alpha);
        let half_width = (variance * 2.0 * (spread + 1.0) / spread * boundary).sqrt();
        (estimate.is_finite() && is_positive(half_width))
            .then(|| Interval::around(estimate, half_width))
    }
}

/// The rho^2 that makes the sequence tightest after `n_planned` observations, for `alpha` in
/// (0, 1): (-W(-alpha^2 / e) - 1) / n, with the lower branch of Lambert's W.
#[must_use]
pub fn tuned_rho_squared(alpha: f64, n_planned: f64) -> f64 {
    (-math::lambert_w_minus_one(-alpha * alpha * math::exp(-1.0)) - 1.0) / n_planned
}

fn is_positive(x: f64) -> bool {
    x > 0.0 && x.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mean_difference::welch;
    use crate::moments::Moments;
    use crate::random::Stream;

    const RUNS: u64 = 400;
    const PAIRS: u64 = 1000;

    /// Share of experiments that ever leave 0 out, when someone looks after every pair of
    /// learners from the 50th on and the true difference is `effect`.
    fn share_detected(
        effect: f64,
        draw: impl Fn(&mut Stream) -> f64,
        look: impl Fn(&Summary, &Summary) -> Option<Interval>,
    ) -> f64 {
        let detects = |run: &u64| {
            let mut stream = Stream::keyed(*run, "confidence sequence");
            let (mut treatment, mut control) = (Moments::default(), Moments::default());
            (0..PAIRS).any(|_| {
                treatment.add(draw(&mut stream) + effect);
                control.add(draw(&mut stream));
                let sides = treatment.summary().zip(control.summary());
                let interval = sides.and_then(|(treatment, control)| look(&treatment, &control));
                control.n() >= 50 && interval.is_some_and(|interval| !interval.contains(0.0))
            })
        };
        (0..RUNS).filter(detects).count() as f64 / RUNS as f64
    }

    fn planned(n_planned: u64) -> ConfidenceSequence {
        ConfidenceSequence::planned(0.05, n_planned, 50).unwrap()
    }

    #[test]
    fn peeking_at_equal_variants_rarely_finds_a_difference() {
        let bernoulli = |stream: &mut Stream| f64::from(u8::from(stream.uniform() < 0.65));
        let skewed = Stream::exponential;
        for n_planned in [500, 2000] {
            let sequence = planned(n_planned);
            let look = |treatment: &_, control: &_| sequence.mean_difference(treatment, control);
            assert!(share_detected(0.0, bernoulli, look) <= 0.05);
            assert!(share_detected(0.0, skewed, look) <= 0.05);
        }
    }

    #[test]
    fn the_same_peeking_breaks_a_fixed_interval() {
        // The canary: if this one stayed quiet, the simulation above would prove nothing.
        let look = |treatment: &_, control: &_| {
            welch(treatment, control, 0.05).map(|found| found.interval)
        };
        assert!(share_detected(0.0, Stream::normal, look) > 0.2);
    }

    #[test]
    fn a_true_difference_is_found() {
        let sequence = planned(1000);
        let look = |treatment: &_, control: &_| sequence.mean_difference(treatment, control);
        assert!(share_detected(0.3, Stream::normal, look) > 0.95);
    }

    #[test]
    fn peeking_at_one_mean_rarely_misses_the_truth() {
        let sequence = planned(500);
        let misses = |run: &u64| {
            let mut stream = Stream::keyed(*run, "one mean");
            let mut sample = Moments::default();
            (0..PAIRS).any(|_| {
                sample.add(stream.normal());
                let interval = sample.summary().and_then(|sample| sequence.mean(&sample));
                interval.is_some_and(|interval| !interval.contains(0.0))
            })
        };
        assert!((0..RUNS).filter(misses).count() as f64 <= 0.05 * RUNS as f64);
    }

    #[test]
    fn interval_against_gbstats() {
        // gbstats 0.8.0, SequentialTwoSidedTTest, absolute, alpha 0.05; its rho (not squared) is
        // printed beside the interval in bench/golden/abtest/frequentist.json: mean_mid at
        // tunings 5000 and 500, mean_neg at 5000.
        let mid = (4000, 12.5, 64.0, 4100, 12.9, 70.56);
        let negative = (1500, -2.0, 9.0, 1490, -2.3, 9.61);
        let golden = [
            (mid, 0.039_840_066_771_373_68, -0.155_465_935_392_342_1, 0.955_465_935_392_342_8),
            (mid, 0.125_985_353_130_731_56, -0.202_758_406_662_254_53, 1.002_758_406_662_255_2),
            (
                negative,
                0.039_840_066_771_373_68,
                -0.641_560_716_989_848_3,
                0.041_560_716_989_848_59,
            ),
        ];
        for ((n, mean, variance, m, other_mean, other_variance), rho, low, high) in golden {
            let control = Summary { n, mean, variance };
            let treatment = Summary { n: m, mean: other_mean, variance: other_variance };
            let sequence = ConfidenceSequence { alpha: 0.05, rho_squared: rho * rho, n_min: 50 };
            let found = sequence.mean_difference(&treatment, &control).unwrap();
            assert!((found.low - low).abs() < 1e-12 && (found.high - high).abs() < 1e-12);
        }
    }

    #[test]
    fn one_mean_is_the_formula_of_the_paper() {
        // Equation 9 as printed, at t = 200, sigma = 2: no step in common with the code.
        let sequence = planned(1000);
        let found = sequence.mean(&Summary { n: 200, mean: 1.0, variance: 4.0 }).unwrap();
        let t_rho = 200.0 * sequence.rho_squared;
        let boundary = math::ln((t_rho + 1.0).sqrt() / 0.05);
        let half = 2.0 * (2.0 * (t_rho + 1.0) / (200.0 * t_rho) * boundary).sqrt();
        assert!((found.high - 1.0 - half).abs() < 1e-12);
    }

    #[test]
    fn the_tuned_sequence_is_tightest_where_it_was_planned() {
        let width = |n_planned| {
            let sample = Summary { n: 1000, mean: 0.0, variance: 1.0 };
            planned(n_planned).mean(&sample).unwrap().width()
        };
        assert!(width(1000) < width(900) && width(1000) < width(1100));
        // The value 8.21 at alpha 0.05 stands in `docs/science.md` 5.4.
        assert!((tuned_rho_squared(0.05, 1.0) - 8.212).abs() < 1e-3);
    }

    #[test]
    fn no_interval_before_its_time() {
        let sequence = planned(1000);
        let of = |n: u64, variance: f64| Summary { n, mean: 0.5, variance };
        assert!(sequence.mean_difference(&of(50, 1.0), &of(50, 1.0)).is_some());
        assert_eq!(sequence.mean_difference(&of(49, 1.0), &of(900, 1.0)), None);
        assert_eq!(sequence.mean_difference(&of(900, 1.0), &of(49, 1.0)), None);
        assert_eq!(sequence.mean_difference(&of(90, 0.0), &of(90, 0.0)), None);
        assert_eq!(sequence.mean(&of(90, f64::NAN)), None);
        assert_eq!(sequence.mean(&of(49, 1.0)), None);
        assert_eq!(ConfidenceSequence::planned(1.0, 1000, 50), None);
        assert_eq!(ConfidenceSequence::planned(0.05, 0, 50), None);
    }
}
