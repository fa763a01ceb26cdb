//! The way of answer files into a node: the same admission, journal and fold as over HTTP.
//!
//! Every answer's prediction was made before the answer was looked at and is frozen in its event,
//! so the predictions can be scored on the way, from the node's feed of committed entries.

use anyhow::Context;
use nexus_api::events::{EventReceipt, ReceiptStatus};
use nexus_engine::catalog::grading::is_right;
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::event::{Action, Entry, Event};
use nexus_engine::ids::{EventId, LearnerId};
use nexus_ingest::answers::IncomingAnswer;
use nexus_ingest::pump::Sink;
use nexus_server::clock::Clock;
use nexus_server::http::receipt_of;
use nexus_server::node::{
    self, Committed, CorrectAsk, CorrectionWanted, Incoming, NodeConfig, NodeHandle, NodeThread,
    voidable,
};
use nexus_stats::classification;
use serde::Serialize;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

/// How well answers were predicted, each before it was seen.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Forecast {
    pub answers: usize,
    /// Area under the curve: how well right answers are told from wrong ones.
    pub auc: Option<f64>,
    /// Mean negative logarithm of the probability given to what happened.
    pub log_loss: Option<f64>,
    /// Expected calibration error over 15 bins.
    pub ece: Option<f64>,
    /// Share of answers on the right side of one half.
    pub accuracy: Option<f64>,
}

/// Predictions and what happened, in journal order.
#[derive(Debug, Default)]
pub struct Predictions {
    predicted: Vec<f64>,
    right: Vec<bool>,
}

impl Predictions {
    fn note(&mut self, entry: &Entry) {
        let Event::Happened(happening) = &entry.event else { return };
        let Action::QuestionAnswered(answer) = &happening.action else { return };
        self.predicted.push(answer.evidence.predicted);
        self.right.push(is_right(answer.grade));
    }

    /// The score of all predictions so far.
    pub fn forecast(&self) -> Forecast {
        Forecast {
            answers: self.predicted.len(),
            auc: classification::auc(&self.predicted, &self.right),
            log_loss: classification::cross_entropy(&self.predicted, &self.right),
            ece: classification::calibration_error(&self.predicted, &self.right),
            accuracy: classification::accuracy(&self.predicted, &self.right),
        }
    }
}

/// A node in this process, with everything that belongs to it.
pub struct EmbeddedNode {
    runtime: Runtime,
    handle: NodeHandle,
    thread: NodeThread,
    began: Instant,
    /// Shared with the sink.
    pub predictions: Rc<RefCell<Predictions>>,
}

impl EmbeddedNode {
    /// Starts a node on a data directory.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let config = NodeConfig::new(data.to_owned(), Clock::system())?;
        let (handle, thread) = node::start(config)
            .with_context(|| format!("the data in {} cannot be used", data.display()))?;
        let predictions = Rc::default();
        Ok(Self { runtime, handle, thread, began: Instant::now(), predictions })
    }

    /// Publishes a course file; one that is published already is fine.
    pub fn publish(&self, file: &Path) -> anyhow::Result<()> {
        let draft = read_draft(file)?;
        let published = self.runtime.block_on(self.handle.publish(draft));
        let published = published.map_err(|error| anyhow::anyhow!("not published: {error:?}"))?;
        eprintln!("course {} version {} is published", published.course, published.version);
        Ok(())
    }

    /// The latest versions of all courses.
    pub fn courses(&self) -> anyhow::Result<Vec<Arc<Course>>> {
        let read = self.handle.read(|reader| reader.state().latest_courses().cloned().collect());
        let read = self.runtime.block_on(read);
        read.map_err(|fault| anyhow::anyhow!("the courses cannot be read: {fault:?}"))
    }

    /// A sink into this node.
    pub fn sink(&self) -> NodeSink {
        NodeSink {
            handle: self.handle.clone(),
            feed: self.handle.feed(),
            predictions: Rc::clone(&self.predictions),
            runtime: self.runtime.handle().clone(),
        }
    }

    /// Stops the node after a last checkpoint. Answers with the time since it started.
    pub fn stop(self) -> Duration {
        self.handle.stop_node();
        drop(self.handle);
        let took = self.began.elapsed();
        // A node that stopped badly says so in the log; its journal is what counts.
        let _ = self.thread.join();
        took
    }
}

/// A course file as its author wrote it.
pub fn read_draft(file: &Path) -> anyhow::Result<CourseDraft> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.display().to_string();
    nexus_ingest::course_file::read(&text).map_err(|findings| {
        let lines: Vec<_> = findings.iter().map(|finding| finding.report(&name)).collect();
        anyhow::anyhow!("the course is not sound:\n{}", lines.join("\n"))
    })
}

/// A sink into a node of this process.
pub struct NodeSink {
    handle: NodeHandle,
    feed: Receiver<Arc<Committed>>,
    predictions: Rc<RefCell<Predictions>>,
    runtime: tokio::runtime::Handle,
}

impl Sink for NodeSink {
    fn submit(
        &mut self,
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        let incoming = |read: &IncomingAnswer| Incoming {
            id: read.event.id.clone(),
            hash: read.event.hash,
            proposal: read.event.proposal.clone(),
        };
        let events: Vec<_> = batch.iter().map(incoming).collect();
        let handle = self.handle.clone();
        let receipts = self.runtime.block_on(async {
            let receipts = handle.record(events).await;
            // The feed is told after the answer; a read waits for that.
            let told = handle.read(|_| ()).await;
            receipts.and_then(|receipts| told.map(|()| receipts))
        });
        let receipts = receipts.map_err(|fault| format!("the node cannot take it: {fault:?}"))?;
        self.note_predictions()?;
        let ids = batch.iter().map(|read| read.event.id.as_str());
        Ok(ids.zip(&receipts).map(|(id, receipt)| receipt_of(id, receipt)).collect())
    }

    fn void(
        &mut self,
        events: &[String],
    ) -> Result<Vec<ReceiptStatus>, Box<dyn std::error::Error + Send + Sync>> {
        let named = events.to_vec();
        let found = self
            .handle
            .read(move |reader| named.iter().map(|id| voidable(reader, id)).collect::<Vec<_>>());
        let fault = |words: String| format!("statements cannot be voided: {words}");
        let found = self.runtime.block_on(found).map_err(|it| fault(format!("{it:?}")))?;
        let (became, events): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let events: Vec<EventId> = events.into_iter().flatten().collect();
        if !events.is_empty() {
            let wanted = CorrectionWanted::Void(events);
            let reason = "voided by a later statement".to_owned();
            let ask = CorrectAsk { wanted, reason, by: "nexus ingest".to_owned(), dry_run: false };
            let corrected = self.runtime.block_on(self.handle.correct(ask));
            corrected.map_err(|error| fault(format!("{error:?}")))?;
            // What the corrections changed is no prediction of this run.
            self.feed = self.handle.feed();
        }
        Ok(became)
    }

    fn erased(
        &mut self,
        learner: Option<&str>,
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        // What is no id of a learner was never one of theirs; it may still hold their words.
        let learner = learner.and_then(|learner| LearnerId::new(learner).ok());
        let erased = self.handle.read(move |reader| match &learner {
            Some(learner) => reader.is_erased(learner),
            None => !reader.state().erasures.is_empty(),
        });
        let erased = self.runtime.block_on(erased);
        Ok(erased.map_err(|fault| format!("the node cannot say who was erased: {fault:?}"))?)
    }
}

impl NodeSink {
    fn note_predictions(&mut self) -> Result<(), String> {
        loop {
            match self.feed.try_recv() {
                Ok(committed) => self.predictions.borrow_mut().note(&committed.entry),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
                Err(TryRecvError::Lagged(missed)) => {
                    return Err(format!("{missed} entries were missed; use a smaller --batch"));
                }
            }
        }
    }
}
