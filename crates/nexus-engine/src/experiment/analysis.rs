//! What the tallies of an experiment say, with intervals that may be looked at any time.

use super::tally::{ExperimentState, VariantTally};
use crate::words;
use nexus_stats::interval::Interval;
use nexus_stats::mean_difference::welch;
use nexus_stats::moments::ExactMoments;
use nexus_stats::sample_ratio;
use nexus_stats::sequential::ConfidenceSequence;

/// Error rate of every interval.
pub const ALPHA: f64 = 0.05;
/// Fewest learners a side before an interval is shown.
pub const LEARNERS_MIN: u64 = 50;

/// A metric of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Mean grade on probes: questions drawn at random that no policy chose. The primary metric.
    ProbeSuccess,
    /// Share of learners who completed every required activity.
    CompletionRate,
    /// Mean share of the required activities that are completed.
    Progress,
    /// Mean grade of first attempts: a guardrail, never a goal, because easy questions raise it.
    MeanScore,
    /// Mean reward of a learner's decisions.
    Reward,
    /// Minutes spent a learner: a guardrail.
    Minutes,
}

words!(Metric {
    ProbeSuccess => "probe_success",
    CompletionRate => "completion_rate",
    Progress => "progress",
    MeanScore => "mean_score",
    Reward => "reward",
    Minutes => "minutes",
});

impl Metric {
    /// Its moments in a tally.
    #[must_use]
    pub fn moments(self, tally: &VariantTally) -> &ExactMoments {
        match self {
            Self::ProbeSuccess => &tally.probe_success,
            Self::CompletionRate => &tally.completed,
            Self::Progress => &tally.progress,
            Self::MeanScore => &tally.raw_success,
            Self::Reward => &tally.reward,
            Self::Minutes => &tally.minutes,
        }
    }
}

/// How a treatment differs from the control in one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub metric: Metric,
    /// Position of the treatment among the variants.
    pub treatment: usize,
    /// Learners with a value, control and treatment.
    pub learners: (u64, u64),
    /// Mean of the treatment less mean of the control; `None` while a side has no value.
    pub estimate: Option<f64>,
    /// Valid at every look: the true effect is inside at all times with probability 0.95.
    /// `None` below [`LEARNERS_MIN`] learners a side.
    pub always_valid: Option<Interval>,
    /// Valid for one look only, at the end that was planned.
    pub single_look: Option<Interval>,
}

/// What an experiment says now.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// One effect a metric and treatment, the primary metric first.
    pub effects: Vec<Effect>,
    /// Evidence that learners are not dealt as designed; alarm above 1,000.
    pub sample_ratio_e_value: Option<f64>,
    /// Whether that alarm rang: then nothing else here can be trusted.
    pub sample_ratio_alarm: bool,
}

/// Analyses an experiment: every variant against the first, the control.
#[must_use]
pub fn analyse(state: &ExperimentState) -> Analysis {
    let counts: Vec<u64> = state.tallies.iter().map(|tally| tally.learners).collect();
    let weights: Vec<f64> = state.definition.variants.iter().map(|side| side.weight).collect();
    let e_value = sample_ratio::e_value(&counts, &weights);
    let effects = Metric::ALL.into_iter().flat_map(|metric| effects(state, metric)).collect();
    Analysis {
        effects,
        sample_ratio_e_value: e_value,
        sample_ratio_alarm: e_value.is_some_and(|value| value > sample_ratio::ALARM),
    }
}

fn effects(state: &ExperimentState, metric: Metric) -> Vec<Effect> {
    let planned = state.definition.planned_learners;
    let sequence = ConfidenceSequence::planned(ALPHA, planned, LEARNERS_MIN);
    let Some((control, treatments)) = state.tallies.split_first() else {
        return Vec::new();
    };
    let control = metric.moments(control);
    let one = |(position, tally): (usize, &VariantTally)| {
        let treatment = metric.moments(tally);
        let both = treatment.summary().zip(control.summary());
        let means = (treatment.n > 0 && control.n > 0)
            .then(|| treatment.mean().zip(control.mean()))
            .flatten();
        Effect {
            metric,
            treatment: position + 1,
            learners: (control.n, treatment.n),
            estimate: means.map(|(treatment, control)| treatment - control),
            always_valid: both
                .as_ref()
                .zip(sequence)
                .and_then(|((treatment, control), it)| it.mean_difference(treatment, control)),
            single_look: both
                .and_then(|(treatment, control)| welch(&treatment, &control, ALPHA))
                .map(|difference| difference.interval),
        }
    };
    treatments.iter().enumerate().map(one).collect()
}
