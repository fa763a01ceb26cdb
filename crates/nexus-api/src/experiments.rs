//! Experiments: what is compared, who was shown what, and how sure we are.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time, words};
use nexus_engine::experiment::analysis::{self, Analysis, Effect, LEARNERS_MIN, Metric};
use nexus_engine::experiment::checked::CheckTally;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::experiment::life::{ChangeMade, ExperimentChange, ExperimentChanged};
use nexus_engine::experiment::tally::{ExperimentState, VariantTally};
use nexus_engine::ids::ExperimentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The fewest learners an experiment is planned for.
pub const PLANNED_LEARNERS_MIN: u64 = 100;
/// The greatest weight of a side.
const WEIGHT_MAX: f64 = 1e6;

/// A planned comparison of policies in one course; posting it starts it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::experiment)]
pub struct ExperimentBody {
    /// Its id. With the version it determines which variant a learner gets.
    #[schema(value_type = text::ExperimentId)]
    pub id: String,
    /// Its version, from 1; a new version assigns learners anew, and may have other sides and other
    /// shares. A stopped experiment goes on only as its next version.
    #[serde(default = "first_version")]
    #[schema(minimum = 1, default = 1)]
    pub version: u32,
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// The sides; the first is the control. At least two; shares sum to 1, or all are left out.
    #[schema(min_items = 2)]
    pub variants: Vec<VariantBody>,
    /// Learners it is planned for; intervals are narrowest there. At least 100.
    #[serde(default = "planned_learners")]
    #[schema(minimum = 100, default = 1000)]
    pub planned_learners: u64,
    /// What becomes of learners whom an earlier version of the experiment showed another side.
    #[serde(default)]
    pub moved: MovedLearners,
}

/// What becomes of learners whom an earlier version of an experiment showed another side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MovedLearners {
    /// They are counted apart and not analysed: what they know, they have from both sides.
    #[default]
    LeftOut,
    /// They are analysed as all others.
    Kept,
}

/// One side of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantBody {
    /// The name that identifies it.
    #[schema(value_type = text::VariantName)]
    pub name: String,
    /// Who decides for its learners.
    #[schema(value_type = words::PolicyName)]
    pub policy: String,
    /// How many learners it gets beside the others, above 0: `1` and `1`, `50` and `50` or `0.5` and `0.5`
    /// are halves. When no side names one, all have the same; some with and some without are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0, maximum = 1_000_000)]
    pub weight: Option<f64>,
}

/// Ends an experiment before its planned size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::stop)]
pub struct StopRequest {
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// That an experiment began or ended durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentReceipt {
    /// The id of the experiment.
    pub experiment: String,
    /// Its place in the journal.
    pub seq: u64,
    /// Whether the same was said before.
    pub duplicate: bool,
}

/// All experiments, by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentList {
    /// The experiments, the oldest first.
    pub experiments: Vec<ExperimentSummary>,
}

/// What an experiment compares, as it was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentRecord {
    /// Its id; also what assigns learners, together with the version.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// The id of the course.
    pub course: String,
    /// The sides; the first is the control.
    pub variants: Vec<VariantRecord>,
    /// Learners it is planned for; intervals are narrowest there.
    pub planned_learners: u64,
    /// What becomes of learners whom an earlier version showed another side.
    pub moved: MovedLearners,
}

/// One side of an experiment, as it was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VariantRecord {
    /// The name that identifies it.
    pub name: String,
    /// Who decides for its learners.
    pub policy: String,
    /// The planned share of learners.
    pub weight: f64,
}

/// An experiment and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentSummary {
    /// What it compares, as it was started.
    #[serde(flatten)]
    pub definition: ExperimentRecord,
    /// Whether it still runs.
    pub status: ExperimentStatus,
    /// When it began, in RFC 3339.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended, in RFC 3339.
    #[schema(format = DateTime)]
    pub stopped_at: Option<String>,
    /// Learners who were shown something of it and are analysed.
    pub learners: u64,
    /// Learners who were shown something of it and are not analysed, because an earlier version
    /// had shown them another side.
    pub left_out: u64,
    /// The share of learners that it takes in, from 0 to 1. Who was shown something of it stays in.
    pub share: f64,
    /// What was done with it after its start, the oldest first: at most the latest 100.
    pub changes: Vec<ExperimentChangeRecord>,
}

/// Where an experiment stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentStatus {
    /// It takes learners in.
    Running,
    /// It takes no new learners in; those who are in stay in and are counted.
    Paused,
    /// It has ended: no learner is assigned and nothing is counted any more.
    Stopped,
    /// It has ended, and a person recorded the result.
    Concluded,
    /// It was put away.
    Archived,
}

/// Changes the share of learners that an experiment takes in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::share)]
pub struct ShareRequest {
    /// From 0 (it pauses: no new learners) to 1 (all learners).
    #[schema(minimum = 0, maximum = 1)]
    pub share: f64,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// Says what an experiment that has ended came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::conclusion)]
pub struct ConclusionRequest {
    /// The variant that was chosen; absent when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::VariantName>)]
    pub variant: Option<String>,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// Puts an experiment that has ended away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::stop)]
pub struct ArchiveRequest {
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// That an experiment stands as asked, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentChangeReceipt {
    /// The id of the experiment.
    pub experiment: String,
    /// Where it stands now.
    pub status: ExperimentStatus,
    /// Whether nothing changed; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal; absent of what changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// Something that was done with an experiment after its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentChangeRecord {
    /// When it happened, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// What was done to the experiment.
    pub change: words::ExperimentChange,
    /// The share from then on; of `share` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// The variant that was chosen, if one was; of `concluded` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    pub by: String,
}

/// What the always-valid interval of an effect says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectVerdict {
    /// It lies above 0.
    Better,
    /// It lies below 0.
    Worse,
    /// It holds 0, or there is none yet.
    Undecided,
}

/// What an experiment says now. Looking often costs nothing: the intervals allow for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentResults {
    /// Id of the experiment.
    pub id: String,
    /// The number of the version.
    pub version: u32,
    /// The id of the course.
    pub course: String,
    /// Learners it is planned for.
    pub planned_learners: u64,
    /// Whether it still runs.
    pub status: ExperimentStatus,
    /// When it began, in RFC 3339.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended, in RFC 3339.
    #[schema(format = DateTime)]
    pub stopped_at: Option<String>,
    /// Learners who were shown something of it and are analysed.
    pub learners: u64,
    /// Learners who were shown something of it and are not analysed, because an earlier version
    /// had shown them another side.
    pub left_out: u64,
    /// What is compared first: the closing check in a course that has one, else probes.
    pub primary: words::Metric,
    /// What cannot be measured in this course, and why; absent when everything can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_measure: Option<String>,
    /// One row a side, the control first.
    pub variants: Vec<VariantNumbers>,
    /// Every other side against the control, the primary metric first.
    pub effects: Vec<EffectBody>,
    /// Whether learners were assigned as designed. When not, nothing else here can be trusted.
    pub sample_ratio: SampleRatio,
    /// Fewest learners a side before an interval is shown.
    pub learners_min: u64,
    /// The share of learners that it takes in, from 0 to 1.
    pub share: f64,
    /// What was done with it after its start, the oldest first: at most the latest 100.
    pub changes: Vec<ExperimentChangeRecord>,
    /// The last journal entry that is counted here.
    pub seq: u64,
}

/// One side of an experiment in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VariantNumbers {
    /// The name that identifies it.
    pub name: String,
    /// Who decides for its learners.
    pub policy: String,
    /// The planned share of learners.
    pub weight: f64,
    /// Learners who were exposed to it and are analysed.
    pub learners: u64,
    /// Learners who were exposed to it and are not analysed, because an earlier version had shown
    /// them another side.
    pub left_out: u64,
    /// Decisions made, exposed or not.
    pub decisions: u64,
    /// Decisions among them in which a teacher's pin chose instead of the policy. No policy learned
    /// from them, but learners are analysed as they were assigned, so the metrics include them.
    pub overridden: u64,
    /// Rewards that were joined to decisions.
    pub rewards: u64,
    /// The closing checks of its learners; absent when the course has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_check: Option<ClosingCheckNumbers>,
    /// Its metrics, the primary first.
    pub metrics: Vec<MetricNumbers>,
}

/// The closing checks of some learners.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClosingCheckNumbers {
    /// Learners who completed one.
    pub completed: u64,
    /// Learners who did not, be it that they left or that they are not there yet.
    pub missing: u64,
    /// Mean of their mean grades, from 0 to 1.
    pub mean_grade: Option<f64>,
    /// Mean of the minutes of learning before it.
    pub minutes: Option<f64>,
    /// Those among them of whom a placement said where they began.
    pub placed: u64,
}

impl ClosingCheckNumbers {
    /// The numbers of a group of so many learners.
    #[must_use]
    pub fn new(checks: &CheckTally, learners: u64) -> Self {
        let completed = checks.mean_grades.n;
        Self {
            completed,
            missing: learners.saturating_sub(completed),
            mean_grade: checks.mean_grades.mean(),
            minutes: checks.minutes.mean(),
            placed: checks.placed.n,
        }
    }
}

/// A metric of one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricNumbers {
    /// The metric that is compared.
    pub metric: words::Metric,
    /// Learners with a value.
    pub n: u64,
    /// The mean over these learners.
    pub mean: Option<f64>,
    /// Standard error of the mean.
    pub standard_error: Option<f64>,
}

/// How a side differs from the control in one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EffectBody {
    /// The metric that is compared.
    pub metric: words::Metric,
    /// Whether it is the primary metric.
    pub primary: bool,
    /// The name of the variant.
    pub variant: String,
    /// The variant that is compared with.
    pub control: String,
    /// Learners with a value in the control.
    pub control_learners: u64,
    /// Learners with a value in the side.
    pub variant_learners: u64,
    /// Mean of the side less mean of the control; of the closing check, adjusted for what the
    /// placement found.
    pub estimate: Option<f64>,
    /// The same before the adjustment; of the closing check only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unadjusted: Option<f64>,
    /// Between these lies the unadjusted difference among learners who would have come to the
    /// closing check on both sides, however many stayed away (Lee 2009); of the closing check only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_bounds: Option<IntervalBody>,
    /// 95 % interval that holds at every look; absent below `learners_min` learners a side.
    pub always_valid: Option<IntervalBody>,
    /// 95 % interval for one look only, at the planned end.
    pub single_look: Option<IntervalBody>,
    /// By the always-valid interval.
    pub verdict: EffectVerdict,
}

/// From one number to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntervalBody {
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// Whether learners were assigned as designed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleRatio {
    /// Evidence that they were not; above 1,000 is an alarm.
    pub e_value: Option<f64>,
    /// Whether the alarm rang.
    pub alarm: bool,
}

fn first_version() -> u32 {
    1
}

fn planned_learners() -> u64 {
    1_000
}

impl ExperimentBody {
    /// The definition as the engine takes it.
    ///
    /// Errors: the first id that is none, the first number that is too small, or the first share that is
    /// missing when others are given.
    pub fn read(&self) -> Result<ExperimentDefinition, FieldProblem> {
        if self.version == 0 {
            let detail = "versions count from 1";
            return Err(FieldProblem::new("/version", "out_of_range", detail));
        }
        if self.planned_learners < PLANNED_LEARNERS_MIN {
            let detail = format!("plan for at least {PLANNED_LEARNERS_MIN} learners");
            return Err(FieldProblem::new("/planned_learners", "out_of_range", detail));
        }
        let shares = self.shares()?;
        let numbered = self.variants.iter().enumerate();
        let variants = numbered.zip(shares).map(|((position, side), share)| {
            let at = |name: &str| format!("/variants/{position}/{name}");
            Ok(Variant {
                name: field::variant_name(&side.name, &at("name"))?,
                policy: field::policy_id(&side.policy, &at("policy"))?,
                weight: share,
            })
        });
        Ok(ExperimentDefinition {
            id: field::experiment_id(&self.id, "/id")?,
            version: self.version,
            course: field::course_id(&self.course, "/course")?,
            variants: variants.collect::<Result<_, FieldProblem>>()?,
            planned_learners: self.planned_learners,
            // The first version has none before it.
            leaves_out_moved: self.version > 1 && self.moved == MovedLearners::LeftOut,
        })
    }

    /// The share of each side, from what was sent: shares sum to 1.
    ///
    /// Errors: a weight that is missing when others are given, or that is not above 0 and at most [`WEIGHT_MAX`].
    fn shares(&self) -> Result<Vec<f64>, FieldProblem> {
        let problem = |position: usize, code: &str, detail: &str| {
            FieldProblem::new(format!("/variants/{position}/weight"), code, detail)
        };
        let named = self.variants.iter().any(|side| side.weight.is_some());
        let mut weights = Vec::with_capacity(self.variants.len());
        for (position, side) in self.variants.iter().enumerate() {
            weights.push(match side.weight {
                Some(weight) if weight > 0.0 && weight <= WEIGHT_MAX => weight,
                Some(_) => {
                    let detail = "a weight is a number above 0, at most a million";
                    return Err(problem(position, "weight_out_of_range", detail));
                }
                None if named => {
                    let detail = "give every side a weight, or none: then all have the same";
                    return Err(problem(position, "weight_missing", detail));
                }
                None => 1.0,
            });
        }
        let sum: f64 = weights.iter().sum();
        // What sums to 1 already stays as it was written.
        let is_whole = (sum - 1.0).abs() <= 1e-6;
        Ok(weights.into_iter().map(|weight| if is_whole { weight } else { weight / sum }).collect())
    }
}

impl ShareRequest {
    /// What is to be journaled of this experiment, done by `by`.
    ///
    /// Errors: no reason was given.
    pub fn read(
        self,
        experiment: ExperimentId,
        by: String,
    ) -> Result<ExperimentChanged, FieldProblem> {
        let (change, reason) = (ExperimentChange::Share(self.share), field::reason(self.reason)?);
        Ok(ExperimentChanged { experiment, change, reason, by })
    }
}

impl ConclusionRequest {
    /// What is to be journaled of this experiment, done by `by`.
    ///
    /// Errors: the variant is no name, or no reason was given.
    pub fn read(
        self,
        experiment: ExperimentId,
        by: String,
    ) -> Result<ExperimentChanged, FieldProblem> {
        let named = self.variant.map(|variant| field::variant_name(&variant, "/variant"));
        let change = ExperimentChange::Concluded { variant: named.transpose()? };
        Ok(ExperimentChanged { experiment, change, reason: field::reason(self.reason)?, by })
    }
}

impl ArchiveRequest {
    /// What is to be journaled of this experiment, done by `by`.
    ///
    /// Errors: no reason was given.
    pub fn read(
        self,
        experiment: ExperimentId,
        by: String,
    ) -> Result<ExperimentChanged, FieldProblem> {
        let (change, reason) = (ExperimentChange::Archived, field::reason(self.reason)?);
        Ok(ExperimentChanged { experiment, change, reason, by })
    }
}

impl From<&ExperimentDefinition> for ExperimentRecord {
    fn from(definition: &ExperimentDefinition) -> Self {
        let side = |side: &Variant| VariantRecord {
            name: side.name.to_string(),
            policy: side.policy.to_string(),
            weight: side.weight,
        };
        Self {
            id: definition.id.to_string(),
            version: definition.version,
            course: definition.course.to_string(),
            variants: definition.variants.iter().map(side).collect(),
            planned_learners: definition.planned_learners,
            moved: match definition.version > 1 && !definition.leaves_out_moved {
                true => MovedLearners::Kept,
                false => MovedLearners::LeftOut,
            },
        }
    }
}

impl From<&ExperimentState> for ExperimentStatus {
    fn from(state: &ExperimentState) -> Self {
        let life = &state.life;
        match state.is_running() {
            true if life.share > 0.0 => Self::Running,
            true => Self::Paused,
            false if life.archived_at().is_some() => Self::Archived,
            false if life.conclusion().is_some() => Self::Concluded,
            false => Self::Stopped,
        }
    }
}

impl From<&ChangeMade> for ExperimentChangeRecord {
    fn from(made: &ChangeMade) -> Self {
        let (share, variant) = match &made.change {
            ExperimentChange::Share(share) => (Some(*share), None),
            ExperimentChange::Concluded { variant } => (None, variant.as_ref()),
            ExperimentChange::Archived => (None, None),
        };
        Self {
            at: time::print(made.at),
            change: (&made.change).into(),
            share,
            variant: variant.map(ToString::to_string),
            reason: made.reason.clone(),
            by: made.by.clone(),
        }
    }
}

impl From<&ExperimentState> for ExperimentSummary {
    fn from(state: &ExperimentState) -> Self {
        Self {
            definition: (&state.definition).into(),
            status: state.into(),
            started_at: time::print(state.started_at),
            stopped_at: state.stopped_at.map(time::print),
            learners: state.tallies.iter().map(|tally| tally.learners).sum(),
            left_out: state.tallies.iter().map(|tally| tally.left_out).sum(),
            share: state.life.share,
            changes: state.life.changes.iter().map(Into::into).collect(),
        }
    }
}

/// What a course without a closing check cannot say.
const WITHOUT_CHECK: &str = "The course has no closing check, so what learners can do at its end is \
    not measured. Probes during the course are compared instead.";

impl ExperimentResults {
    /// What an experiment says now, in a course with or without a closing check; `seq` is the last
    /// entry that is counted.
    #[must_use]
    pub fn new(state: &ExperimentState, has_check: bool, seq: u64) -> Self {
        let Analysis { effects, sample_ratio_e_value, sample_ratio_alarm } =
            analysis::analyse(state, has_check);
        let primary = if has_check { Metric::ClosingCheck } else { Metric::ProbeSuccess };
        let ExperimentSummary {
            definition,
            status,
            started_at,
            stopped_at,
            learners,
            left_out,
            share,
            changes,
        } = state.into();
        Self {
            id: definition.id,
            version: definition.version,
            course: definition.course,
            planned_learners: definition.planned_learners,
            status,
            started_at,
            stopped_at,
            learners,
            left_out,
            primary: primary.into(),
            cannot_measure: (!has_check).then(|| WITHOUT_CHECK.to_owned()),
            variants: variants(state, has_check),
            effects: effects.iter().map(|it| EffectBody::new(state, it, primary)).collect(),
            sample_ratio: SampleRatio { e_value: sample_ratio_e_value, alarm: sample_ratio_alarm },
            learners_min: LEARNERS_MIN,
            share,
            changes,
            seq,
        }
    }
}

/// The sides of an experiment in numbers, the control first.
#[must_use]
pub fn variants(state: &ExperimentState, has_check: bool) -> Vec<VariantNumbers> {
    let sides = state.definition.variants.iter().zip(&state.tallies);
    sides.map(|(side, tally)| VariantNumbers::new(side, tally, has_check)).collect()
}

impl VariantNumbers {
    fn new(side: &Variant, tally: &VariantTally, has_check: bool) -> Self {
        let metric = |metric: Metric| {
            let moments = metric.moments(tally);
            let variance = moments.variance().filter(|variance| *variance >= 0.0);
            MetricNumbers {
                metric: metric.into(),
                n: moments.n,
                mean: moments.mean(),
                standard_error: variance.map(|variance| (variance / moments.n as f64).sqrt()),
            }
        };
        Self {
            name: side.name.to_string(),
            policy: side.policy.to_string(),
            weight: side.weight,
            learners: tally.learners,
            left_out: tally.left_out,
            decisions: tally.decisions,
            overridden: tally.overridden,
            rewards: tally.rewards,
            closing_check: has_check
                .then(|| ClosingCheckNumbers::new(&tally.checks, tally.learners)),
            metrics: Metric::of_course(has_check).map(metric).collect(),
        }
    }
}

impl EffectBody {
    fn new(state: &ExperimentState, effect: &Effect, primary: Metric) -> Self {
        let sides = &state.definition.variants;
        let name = |position: usize| sides.get(position).map(|side| side.name.to_string());
        let always_valid =
            effect.always_valid.map(|ends| IntervalBody { low: ends.low, high: ends.high });
        Self {
            metric: effect.metric.into(),
            primary: effect.metric == primary,
            variant: name(effect.treatment).unwrap_or_default(),
            control: name(0).unwrap_or_default(),
            control_learners: effect.learners.0,
            variant_learners: effect.learners.1,
            estimate: effect.estimate,
            unadjusted: effect.unadjusted,
            missing_bounds: effect
                .missing_bounds
                .map(|ends| IntervalBody { low: ends.low, high: ends.high }),
            always_valid,
            single_look: effect
                .single_look
                .map(|ends| IntervalBody { low: ends.low, high: ends.high }),
            verdict: verdict(always_valid),
        }
    }
}

fn verdict(interval: Option<IntervalBody>) -> EffectVerdict {
    match interval {
        Some(interval) if interval.low > 0.0 => EffectVerdict::Better,
        Some(interval) if interval.high < 0.0 => EffectVerdict::Worse,
        _ => EffectVerdict::Undecided,
    }
}
