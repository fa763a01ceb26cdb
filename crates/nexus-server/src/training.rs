//! Training beside serving: a batch fit reads the journal, takes its time on a thread of its own,
//! and only then asks the node to publish what came of it.
//!
//! The node's thread does nothing for a fit but that last step. A process that ends in the middle
//! leaves everything as it was: until the event is durable, there is no new version.

pub mod board;

use crate::node::{NodeError, NodeHandle, TracingAsk};
use nexus_api::tracing::TrainingStage;
use nexus_engine::ids::SkillKey;
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::learner::tracing_version::{TracingOrigin, TrainingRun};
use nexus_engine::learner::training::{TrainingOptions, TrainingRefusal, train};
use nexus_engine::workspace::Refusal;
use nexus_engine::workspace::answers_given::AnswersGiven;
use nexus_store::fault::StoreFault;
use nexus_store::reading::JournalReader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use thiserror::Error;
use tokio::sync::oneshot;

/// Journal entries that are read at a time.
const PAGE: usize = 1_000;

/// A training to do.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingAsk {
    /// How the fit is done.
    pub options: TrainingOptions,
    /// The latest answers to read, at most.
    pub answers_max: usize,
    /// Whether nothing is published.
    pub dry_run: bool,
    /// Who asks, in words.
    pub asked_by: String,
}

/// What became of a training.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingOutcome {
    /// A version was published, durably.
    Published {
        version: u32,
        /// Its place in the journal.
        seq: u64,
        run: TrainingRun,
    },
    /// A dry run found this.
    Fitted {
        run: TrainingRun,
    },
    /// There is nothing to publish.
    Refused {
        code: &'static str,
        /// Why, and what to do.
        detail: String,
    },
    Failed {
        detail: String,
    },
}

/// How far a training is; shared with the requests that ask.
#[derive(Debug, Default)]
pub struct TrainingProgress {
    stage: AtomicU8,
    read: AtomicU64,
    entries: AtomicU64,
}

impl TrainingProgress {
    /// What it does now.
    #[must_use]
    pub fn stage(&self) -> TrainingStage {
        match self.stage.load(Ordering::Relaxed) {
            0 => TrainingStage::Reading,
            1 => TrainingStage::Fitting,
            _ => TrainingStage::Publishing,
        }
    }

    /// Journal entries read, and how many there are to read.
    #[must_use]
    pub fn entries(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.entries.load(Ordering::Relaxed))
    }

    fn enter(&self, stage: TrainingStage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }
}

/// A fit that may be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// How it was done and what it found.
    pub run: TrainingRun,
    /// The last journal entry that it has read.
    pub through: u64,
    pub model: TracingModel,
}

/// Why there is no fit.
#[derive(Debug, Error)]
pub enum FitFault {
    /// The journal could not be read.
    #[error("the journal could not be read: {0}")]
    Store(#[from] StoreFault),
    /// The answers do not give one.
    #[error("{detail}")]
    Refused {
        code: &'static str,
        /// Why, and what to do.
        detail: String,
    },
}

/// Trains, and publishes unless it is a dry run. Serving goes on meanwhile.
pub async fn run(
    node: &NodeHandle,
    ask: &TrainingAsk,
    progress: &Arc<TrainingProgress>,
) -> TrainingOutcome {
    let parent = match node.read(|reader| reader.state().tracing_version()).await {
        Ok(parent) => parent,
        Err(fault) => return failed(NodeError::from(fault)),
    };
    let (told, fitted) = oneshot::channel();
    let (directory, asked, shared) = (node.directory(), ask.clone(), Arc::clone(progress));
    let work = move || {
        // The server may have stopped; then the fit is dropped.
        let _ = told.send(fit(&directory, &asked, &shared));
    };
    // A thread of its own and not one of the runtime's, which would wait for it when it stops.
    if let Err(error) = std::thread::Builder::new().name("nexus-training".into()).spawn(work) {
        return TrainingOutcome::Failed { detail: format!("no thread for the fit: {error}") };
    }
    let Fit { run, through, model } = match fitted.await {
        Ok(Ok(fit)) => fit,
        Ok(Err(FitFault::Refused { code, detail })) => {
            return TrainingOutcome::Refused { code, detail };
        }
        Ok(Err(fault)) => return TrainingOutcome::Failed { detail: fault.to_string() },
        Err(_) => {
            return TrainingOutcome::Failed { detail: "a bug ended the fit; see the log".into() };
        }
    };
    if ask.dry_run {
        return TrainingOutcome::Fitted { run };
    }
    progress.enter(TrainingStage::Publishing);
    let (origin, asked_by) = (TracingOrigin::Trained(run), ask.asked_by.clone());
    match node.publish_tracing(TracingAsk { parent, through, origin, asked_by, model }).await {
        Ok(published) => {
            TrainingOutcome::Published { version: published.version, seq: published.seq, run }
        }
        Err(error) => failed(error),
    }
}

fn failed(error: NodeError) -> TrainingOutcome {
    match error {
        NodeError::Refused(refusal) => refused(&refusal),
        NodeError::Fault { fault, .. } => {
            TrainingOutcome::Failed { detail: format!("the node cannot take it: {fault:?}") }
        }
        other => TrainingOutcome::Failed { detail: format!("the node cannot take it: {other:?}") },
    }
}

fn refused(refusal: &Refusal) -> TrainingOutcome {
    TrainingOutcome::Refused { code: refusal.code(), detail: refusal.to_string() }
}

/// Fits parameters to the latest answers of a journal. Changes nothing.
///
/// Errors: when the journal cannot be read, or its answers give no fit that may be published.
pub fn fit(
    directory: &Path,
    ask: &TrainingAsk,
    progress: &TrainingProgress,
) -> Result<Fit, FitFault> {
    let mut given = read(directory, ask.answers_max, progress)?;
    progress.enter(TrainingStage::Fitting);
    let trained = train(given.answers(), &ask.options);
    let trained = trained.map_err(|refusal| explained(&refusal, &given))?;
    Ok(Fit {
        run: TrainingRun {
            options: ask.options,
            answers_max: ask.answers_max as u64,
            answers_left_out: given.left_out(),
            report: trained.report,
        },
        through: given.through(),
        model: trained.model,
    })
}

/// Reads as far as the journal went when reading began: a busy server must not be chased.
fn read(
    directory: &Path,
    answers_max: usize,
    progress: &TrainingProgress,
) -> Result<AnswersGiven, FitFault> {
    let journal = JournalReader::open(directory)?;
    let head = journal.head_seq()?;
    progress.entries.store(head, Ordering::Relaxed);
    let mut given = AnswersGiven::new(answers_max).corrected_by(journal.corrections()?);
    while given.through() < head {
        let left = usize::try_from(head - given.through()).unwrap_or(PAGE);
        let page = journal.page(given.through(), left.min(PAGE))?;
        if page.is_empty() {
            break;
        }
        page.iter().for_each(|stored| given.read(&stored.entry));
        progress.read.store(given.through(), Ordering::Relaxed);
    }
    Ok(given)
}

/// The refusal in words; a skill by its name.
fn explained(refusal: &TrainingRefusal, given: &AnswersGiven) -> FitFault {
    let mut detail = refusal.to_string();
    if let TrainingRefusal::Degenerate { skill } = refusal
        && let Some(name) = name_of(*skill, given)
    {
        detail.push_str(&format!(" (it is skill {name})"));
    }
    FitFault::Refused { code: refusal.code(), detail }
}

fn name_of(skill: SkillKey, given: &AnswersGiven) -> Option<String> {
    let (course, id) = given.catalog().names.skill_name(skill)?;
    Some(format!("{:?} of course {:?}", id.as_str(), course.as_str()))
}
