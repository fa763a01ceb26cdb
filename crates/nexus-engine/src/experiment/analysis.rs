//! What the tallies of an experiment say, with intervals that may be looked at any time.

use super::definition::ExperimentDefinition;
use super::tally::{ExperimentState, VariantTally};
use crate::words;
use nexus_stats::covariate::{CovariateGroup, adjust};
use nexus_stats::interval::Interval;
use nexus_stats::mean_difference::welch;
use nexus_stats::missing::{ObservedSide, lee_bounds};
use nexus_stats::moments::{ExactMoments, Summary};
use nexus_stats::sample_ratio;
use nexus_stats::sequential::ConfidenceSequence;

/// Error rate of every interval.
pub const ALPHA: f64 = 0.05;
/// Fewest learners a side before an interval is shown.
pub const LEARNERS_MIN: u64 = 50;

/// A metric of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Mean grade in the closing check, adjusted for what was expected after the placement. The
    /// primary metric of courses that have one.
    ClosingCheck,
    /// Mean grade on probes: questions drawn at random that no policy chose. The primary metric of
    /// courses without a closing check.
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
    /// Share of right first answers on a skill after at least 7 days without it.
    Retention7,
    /// The same after at least 28 days.
    Retention28,
}

words!(Metric {
    ClosingCheck => "closing_check",
    ProbeSuccess => "probe_success",
    CompletionRate => "completion_rate",
    Progress => "progress",
    MeanScore => "mean_score",
    Reward => "reward",
    Minutes => "minutes",
    Retention7 => "retention_7",
    Retention28 => "retention_28",
});

impl Metric {
    /// The metrics of a course, with or without a closing check; the primary one first.
    pub fn of_course(has_check: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |metric| has_check || *metric != Self::ClosingCheck)
    }

    /// Its moments in a tally, as they were measured.
    #[must_use]
    pub fn moments(self, tally: &VariantTally) -> &ExactMoments {
        match self {
            Self::ClosingCheck => &tally.checks.mean_grades,
            Self::ProbeSuccess => &tally.probe_success,
            Self::CompletionRate => &tally.completed,
            Self::Progress => &tally.progress,
            Self::MeanScore => &tally.raw_success,
            Self::Reward => &tally.reward,
            Self::Minutes => &tally.minutes,
            Self::Retention7 => &tally.retention.short,
            Self::Retention28 => &tally.retention.long,
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
    /// Mean of the treatment less mean of the control, adjusted in the closing check; `None` while a
    /// side has no value.
    pub estimate: Option<f64>,
    /// The same before the adjustment; of the closing check only.
    pub unadjusted: Option<f64>,
    /// Bounds of the unadjusted difference among those who would have come to the check on both
    /// sides, however many stayed away; of the closing check only.
    pub missing_bounds: Option<Interval>,
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
    /// Evidence that learners are not assigned as designed; alarm above 1,000.
    pub sample_ratio_e_value: Option<f64>,
    /// Whether that alarm rang: then nothing else here can be trusted.
    pub sample_ratio_alarm: bool,
}

/// Analyses an experiment in a course with or without a closing check: every variant against the
/// first, the control.
#[must_use]
pub fn analyse(state: &ExperimentState, has_check: bool) -> Analysis {
    // Who is left out was assigned all the same. Among those who are analysed, the shares are not
    // those that were planned: who stays depends on the shares of the earlier version too.
    let assigned = state.tallies.iter().map(|tally| tally.learners + tally.left_out);
    let counts: Vec<u64> = assigned.collect();
    let weights: Vec<f64> = state.definition.variants.iter().map(|side| side.weight).collect();
    let e_value = sample_ratio::e_value(&counts, &weights);
    Analysis {
        effects: effects_of(&state.definition, &state.tallies, has_check),
        sample_ratio_e_value: e_value,
        sample_ratio_alarm: e_value.is_some_and(|value| value > sample_ratio::ALARM),
    }
}

/// The effects that tallies say, be it those of now or of a moment in the past.
#[must_use]
pub fn effects_of(
    definition: &ExperimentDefinition,
    tallies: &[VariantTally],
    has_check: bool,
) -> Vec<Effect> {
    let metrics = Metric::of_course(has_check);
    metrics.flat_map(|metric| effects(definition, tallies, metric)).collect()
}

/// What each side contributes to a metric: its summary, adjusted where the metric is.
fn summaries(tallies: &[VariantTally], metric: Metric) -> Vec<Option<Summary>> {
    if metric != Metric::ClosingCheck {
        return tallies.iter().map(|tally| metric.moments(tally).summary()).collect();
    }
    let groups = tallies.iter().map(|tally| CovariateGroup {
        values: &tally.checks.mean_grades,
        pairs: &tally.checks.placed,
    });
    adjust(&groups.collect::<Vec<_>>()).groups
}

fn effects(
    definition: &ExperimentDefinition,
    tallies: &[VariantTally],
    metric: Metric,
) -> Vec<Effect> {
    let planned = definition.planned_learners;
    let sequence = ConfidenceSequence::planned(ALPHA, planned, LEARNERS_MIN);
    let summaries = summaries(tallies, metric);
    let Some((control, treatments)) = tallies.split_first() else {
        return Vec::new();
    };
    let one = |(position, tally): (usize, &VariantTally)| {
        let (before, after) = (metric.moments(control), metric.moments(tally));
        let plain = after.mean().zip(before.mean()).map(|(after, before)| after - before);
        let both = summaries[position + 1].zip(summaries[0]);
        let adjusted = both.map(|(treatment, control)| treatment.mean - control.mean);
        let checks = metric == Metric::ClosingCheck;
        Effect {
            metric,
            treatment: position + 1,
            learners: (before.n, after.n),
            estimate: adjusted.or(plain),
            unadjusted: plain.filter(|_| checks),
            missing_bounds: checks.then(|| missing_bounds(tally, control)).flatten(),
            always_valid: both
                .zip(sequence)
                .and_then(|((treatment, control), it)| it.mean_difference(&treatment, &control)),
            single_look: both
                .and_then(|(treatment, control)| welch(&treatment, &control, ALPHA))
                .map(|difference| difference.interval),
        }
    };
    treatments.iter().enumerate().map(one).collect()
}

fn missing_bounds(treatment: &VariantTally, control: &VariantTally) -> Option<Interval> {
    let side = |tally| {
        let VariantTally { checks, learners, .. }: &VariantTally = tally;
        ObservedSide { counts: &checks.counts, members: *learners }
    };
    lee_bounds(&side(treatment), &side(control))
}
