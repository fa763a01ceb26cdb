//! Tracing parameters: which version serves, where it comes from, and training a new one.

use crate::field::FieldProblem;
use crate::{examples, time};
use nexus_engine::learner::tracing_version::{TracingLineage, TracingOrigin, TrainingRun};
use nexus_engine::learner::training::{TrainingOptions, TrainingReport};
use nexus_engine::time::Timestamp;
use nexus_engine::words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answers that a fit reads by default.
pub const ANSWERS_DEFAULT: usize = 2_000_000;
/// Answers that a fit may read: about 200 bytes of memory each.
pub const ANSWERS_MAX: usize = 20_000_000;
/// Parts that learners may be divided into: each costs a fit.
pub const FOLDS_MAX: u64 = 20;

/// How to train. Whatever is left out has its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::training)]
pub struct TrainingRequest {
    /// A question with fewer answers rests at the prior of the course; 20 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub answers_min: Option<u32>,
    /// A question answered by fewer learners rests there too; 10 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub learners_min: Option<u32>,
    /// Parts that learners are divided into, each judging the fit of the others: 2 to 20; 5 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 2, maximum = 20)]
    pub folds: Option<u64>,
    /// How they are divided; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The latest answers to read; 2,000,000 when absent, at most 20,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 20000000)]
    pub answers_max: Option<usize>,
    /// Fit and judge, but publish nothing.
    #[serde(default)]
    pub dry_run: bool,
}

impl TrainingRequest {
    /// How the fit is done.
    ///
    /// Errors: the first field that is out of range.
    pub fn options(&self) -> Result<TrainingOptions, FieldProblem> {
        let defaults = TrainingOptions::default();
        let options = TrainingOptions {
            answers_min: self.answers_min.unwrap_or(defaults.answers_min),
            learners_min: self.learners_min.unwrap_or(defaults.learners_min),
            folds: self.folds.unwrap_or(defaults.folds),
            seed: self.seed.unwrap_or(defaults.seed),
        };
        at_least_one("/answers_min", options.answers_min)?;
        at_least_one("/learners_min", options.learners_min)?;
        if !(2..=FOLDS_MAX).contains(&options.folds) {
            let detail = format!("learners are divided into 2 to {FOLDS_MAX} folds");
            return Err(FieldProblem::new("/folds", "out_of_range", detail));
        }
        Ok(options)
    }

    /// The latest answers to read.
    ///
    /// Errors: when it is out of range.
    pub fn answers_max(&self) -> Result<usize, FieldProblem> {
        let answers_max = self.answers_max.unwrap_or(ANSWERS_DEFAULT);
        if (1..=ANSWERS_MAX).contains(&answers_max) {
            return Ok(answers_max);
        }
        let detail = format!("a fit reads 1 to {ANSWERS_MAX} answers");
        Err(FieldProblem::new("/answers_max", "out_of_range", detail))
    }
}

fn at_least_one(pointer: &str, number: u32) -> Result<(), FieldProblem> {
    if number > 0 {
        return Ok(());
    }
    Err(FieldProblem::new(pointer, "out_of_range", "at least 1"))
}

/// The tracing parameters that serve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TracingState {
    /// The version that serves; 0 while serving has learned alone.
    pub version: u32,
    /// Questions with parameters of their own.
    pub questions: u64,
    /// Skills with parameters of their own.
    pub skills: u64,
    /// The latest published versions, the newest first.
    pub versions: Vec<TracingVersionSummary>,
    /// The training that runs, or else the last one since the server started.
    pub job: Option<TrainingJob>,
}

/// A published version: where it comes from. Its parameters stand in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TracingVersionSummary {
    /// The number of the version.
    pub version: u32,
    /// The version that it replaced.
    pub parent: u32,
    /// The last journal entry that it knows of.
    pub through: u64,
    /// Its place in the journal.
    pub seq: u64,
    /// When it was published, in RFC 3339.
    #[schema(format = DateTime)]
    pub published_at: String,
    /// Who asked for it.
    #[schema(example = "key 3b9x2k1m")]
    pub asked_by: String,
    /// BLAKE3 digest of its parameters.
    pub digest: String,
    /// The fit that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<TrainingNumbers>,
    /// The older version that was published again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u32>,
}

/// What a fit was told, and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrainingNumbers {
    /// Answers read, probes included.
    pub answers: u64,
    /// Older answers that were left out, because only the latest `answers_max` are read.
    pub answers_left_out: u64,
    /// Learners who gave them.
    pub learners: u64,
    /// Questions with enough evidence to say what the questions of the course are like.
    pub questions_fitted: u64,
    /// Questions with less, which are drawn to those.
    pub questions_below_floor: u64,
    /// Skills in which the fit would have right answers lower mastery: what practice counts in
    /// them rests at its prior.
    pub skills_refused: u64,
    /// How much easier questions are than their authors believed, in logits.
    pub shift: f64,
    /// Variance of easiness around that, in squared logits.
    pub variance: f64,
    /// Mean log loss, in nats, of what serving would have learned from other learners.
    pub log_loss_serving: f64,
    /// And of the fit to other learners.
    pub log_loss_fitted: f64,
    /// Answers that a question needed.
    pub answers_min: u32,
    /// Learners that it needed.
    pub learners_min: u32,
    /// Parts that learners were divided into.
    pub folds: u64,
    /// How they were divided.
    pub seed: u64,
    /// The latest answers that were read, at most.
    pub answers_max: u64,
}

/// A training: one runs at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrainingJob {
    /// Its number since the server started, from 1.
    pub job: u64,
    /// How far it is, or how it ended.
    pub status: TrainingStatus,
    /// While it runs: what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<TrainingStage>,
    /// Entries of the journal that were read.
    pub entries_read: u64,
    /// Journal entries to read.
    pub entries: u64,
    /// Who asked for it.
    pub asked_by: String,
    /// Whether it publishes nothing.
    pub dry_run: bool,
    /// When it began, in RFC 3339.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// The version that it published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// That version's place in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What the training found, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<TrainingNumbers>,
    /// Why nothing was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<TrainingRefused>,
}

/// How far a training is, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainingStatus {
    /// It runs and has not ended.
    Running,
    /// It published a version.
    Published,
    /// It was a dry run that would have published a version.
    Fitted,
    /// The fit was no better than what serves, or there was too little evidence.
    Refused,
    /// It broke off before its end.
    Failed,
}

/// What a training does while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainingStage {
    /// It reads the journal.
    Reading,
    /// It fits and judges.
    Fitting,
    /// It waits for the new version to be durable.
    Publishing,
}

words!(TrainingStage { Reading => "reading", Fitting => "fitting", Publishing => "publishing" });

/// Why nothing was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrainingRefused {
    /// A stable word for programs.
    #[schema(example = "no_better")]
    pub code: String,
    /// Why, and what to do about it.
    pub detail: String,
}

/// That a version was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TracingReceipt {
    /// The number of the version.
    pub version: u32,
    /// Its place in the journal.
    pub seq: u64,
}

impl TracingVersionSummary {
    /// A version that was published at a place and a moment.
    #[must_use]
    pub fn new(lineage: &TracingLineage, seq: u64, at: Timestamp) -> Self {
        let (trained, restored_from) = match &lineage.origin {
            TracingOrigin::Trained(run) => (Some(TrainingNumbers::from(run)), None),
            TracingOrigin::Restored { version } => (None, Some(*version)),
        };
        Self {
            version: lineage.version,
            parent: lineage.parent,
            through: lineage.through,
            seq,
            published_at: time::print(at),
            asked_by: lineage.asked_by.clone(),
            digest: lineage.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            trained,
            restored_from,
        }
    }
}

impl From<&TrainingRun> for TrainingNumbers {
    fn from(run: &TrainingRun) -> Self {
        let TrainingRun { options, answers_max, answers_left_out, report } = *run;
        let TrainingOptions { answers_min, learners_min, folds, seed } = options;
        let TrainingReport { shift, variance, log_loss_serving, log_loss_fitted, .. } = report;
        Self {
            answers: report.answers as u64,
            answers_left_out,
            learners: report.learners as u64,
            questions_fitted: report.questions_fitted as u64,
            questions_below_floor: report.questions_below_floor as u64,
            skills_refused: report.skills_refused as u64,
            shift,
            variance,
            log_loss_serving,
            log_loss_fitted,
            answers_min,
            learners_min,
            folds,
            seed,
            answers_max,
        }
    }
}
