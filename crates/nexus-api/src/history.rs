//! The history of an experiment: one metric over time, as the fold kept it.

use crate::experiments::IntervalBody;
use crate::{text, time, words};
use nexus_engine::experiment::analysis::{Metric, effects_of};
use nexus_engine::experiment::tally::{ExperimentState, VariantTally};
use nexus_engine::time::{HOUR_MICROS, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which metric of an experiment is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// The metric; the primary one when absent.
    #[param(value_type = Option<words::Metric>)]
    pub metric: Option<String>,
}

/// One metric of an experiment over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryAnswer {
    /// The id of the experiment.
    #[schema(value_type = text::ExperimentId)]
    pub id: String,
    /// The version of the course that was published.
    pub version: u32,
    /// The metric that is shown.
    pub metric: words::Metric,
    /// Hours from one point to the next, at least: 1 at first, doubled whenever there are 64 points.
    pub step_hours: f64,
    /// The oldest first, at most 64 and the last one, which is of now, or of the end of the
    /// experiment. Where nothing changed there is no point. Nothing is kept below ten learners.
    pub points: Vec<HistoryPointBody>,
    /// The last journal entry that is counted here.
    pub seq: u64,
}

/// What a metric was at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryPointBody {
    /// When, in RFC 3339; all that came before is counted, and nothing after.
    #[schema(format = DateTime)]
    pub at: String,
    /// One row a variant, the control first.
    pub variants: Vec<VariantMoment>,
    /// One row a treatment: its difference from the control.
    pub effects: Vec<EffectMoment>,
}

/// A variant at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VariantMoment {
    /// The name of the variant.
    pub variant: String,
    /// Learners who had been exposed to it.
    pub learners: u64,
    /// Those with a value in the metric.
    pub n: u64,
    /// The mean over them.
    pub mean: Option<f64>,
}

/// A difference at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EffectMoment {
    /// The name of the treatment.
    pub variant: String,
    /// Mean of the treatment less mean of the control.
    pub estimate: Option<f64>,
    /// 95 % interval that holds at every look; absent while there are too few learners.
    pub always_valid: Option<IntervalBody>,
}

impl HistoryAnswer {
    /// The history of a metric, with what is true at `now`.
    #[must_use]
    pub fn new(
        state: &ExperimentState,
        metric: Metric,
        has_check: bool,
        (now, seq): (Timestamp, u64),
    ) -> Self {
        let history = &state.life.history;
        let point = |at: Timestamp, tallies: &[VariantTally]| {
            HistoryPointBody::new(state, metric, has_check, (at, tallies))
        };
        let past = history.points.iter().map(|kept| point(kept.at, &kept.tallies));
        let last = std::iter::once(point(state.stopped_at.unwrap_or(now), &state.tallies));
        Self {
            id: state.definition.id.to_string(),
            version: state.definition.version,
            metric: metric.into(),
            step_hours: history.step_micros as f64 / HOUR_MICROS as f64,
            points: past.chain(last).collect(),
            seq,
        }
    }
}

impl HistoryPointBody {
    fn new(
        state: &ExperimentState,
        metric: Metric,
        has_check: bool,
        (at, tallies): (Timestamp, &[VariantTally]),
    ) -> Self {
        let sides = &state.definition.variants;
        let effects = effects_of(&state.definition, tallies, has_check);
        let effects = effects.into_iter().filter(|effect| effect.metric == metric);
        Self {
            at: time::print(at),
            variants: sides
                .iter()
                .zip(tallies)
                .map(|(side, tally)| VariantMoment {
                    variant: side.name.to_string(),
                    learners: tally.learners,
                    n: metric.moments(tally).n,
                    mean: metric.moments(tally).mean(),
                })
                .collect(),
            effects: effects
                .map(|effect| EffectMoment {
                    variant: sides
                        .get(effect.treatment)
                        .map(|side| side.name.to_string())
                        .unwrap_or_default(),
                    estimate: effect.estimate,
                    always_valid: effect
                        .always_valid
                        .map(|ends| IntervalBody { low: ends.low, high: ends.high }),
                })
                .collect(),
        }
    }
}
