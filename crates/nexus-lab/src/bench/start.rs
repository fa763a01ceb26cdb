//! Starting: replaying a journal from its first event, and from a checkpoint.

use super::Effort;
use super::figure::{Figure, Unit};
use super::school::{COURSE, Size, draft, history_questions};
use anyhow::{anyhow, ensure};
use nexus_engine::ids::{CourseId, EventId, LearnerId, QuestionId};
use nexus_engine::workspace::Proposal;
use nexus_server::clock::Clock;
use nexus_server::node::{
    DecisionAsk, Health, Incoming, NodeConfig, NodeHandle, NodeThread, Receipt, start,
};
use nexus_store::{OpenOptions, Store};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Events sent at once while the journal is written.
const BATCH: usize = 250;
/// Events between two decisions.
const EVENTS_A_DECISION: usize = 10;

/// The figures of this subject.
pub(super) fn measure(effort: &Effort, directory: &Path) -> anyhow::Result<Vec<Figure>> {
    let data = directory.join("start");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (node, thread) = open(&data)?;
    runtime.block_on(fill(&node, effort.replayed, effort.class))?;
    stop(node, thread)?;
    let (mut replayed, mut checked) = (Vec::new(), Vec::new());
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        let mut store = Store::open(&data, &OpenOptions::default())?;
        let entries = store.head().seq as f64;
        store.discard_checkpoint()?;
        drop(store);
        let began = Instant::now();
        drop(Store::open(&data, &OpenOptions::default())?);
        checked.push(entries / began.elapsed().as_secs_f64());
        let began = Instant::now();
        let (node, thread) = open(&data)?;
        let elapsed = began.elapsed().as_secs_f64();
        without.push(elapsed);
        replayed.push(entries / elapsed);
        // Stopping writes the checkpoint that the next start begins with.
        stop(node, thread)?;
        let began = Instant::now();
        let (node, thread) = open(&data)?;
        with.push(began.elapsed().as_secs_f64());
        stop(node, thread)?;
    }
    let replay = "entries checked and applied at a start without a checkpoint";
    let chain = "checking the chain of the same journal";
    let whole = "the whole start, without a checkpoint";
    let from = "the whole start, with a checkpoint of the last entry";
    Ok(vec![
        Figure::new("start.replay", replay, Unit::PerSecond, replayed).beside(chain, &checked),
        Figure::new("start.with_checkpoint", from, Unit::Seconds, with).beside(whole, &without),
    ])
}

fn open(data: &Path) -> anyhow::Result<(NodeHandle, NodeThread)> {
    let mut config = NodeConfig::new(data.to_path_buf(), Clock::system())?;
    // Checkpoints come when this measurement wants them.
    config.checkpoint_entries = u64::MAX;
    config.checkpoint_interval = Duration::from_secs(24 * 60 * 60);
    Ok(start(config)?)
}

fn stop(node: NodeHandle, thread: NodeThread) -> anyhow::Result<()> {
    node.stop_node();
    drop(node);
    let health = thread.join();
    ensure!(health == Health::Stopping, "the node stopped as {health:?}");
    Ok(())
}

/// Writes a journal of about so many events, as a school would: answers, and a decision now and then.
async fn fill(node: &NodeHandle, events: usize, class: usize) -> anyhow::Result<()> {
    let published = node.publish(draft(Size::USUAL)).await;
    published.map_err(|error| anyhow!("the course was refused: {error:?}"))?;
    let questions = history_questions(Size::USUAL);
    let mut sent = 0;
    while sent < events {
        let size = BATCH.min(events - sent);
        let batch: anyhow::Result<Vec<Incoming>> =
            (sent..sent + size).map(|number| incoming(number, class, &questions)).collect();
        let receipts = node.record(batch?).await.map_err(|fault| anyhow!("{fault:?}"))?;
        let refused = receipts.iter().find(|one| !matches!(one, Receipt::Accepted { .. }));
        ensure!(refused.is_none(), "an event was not accepted: {refused:?}");
        decide(node, size.div_ceil(EVENTS_A_DECISION), sent, class).await?;
        sent += size;
    }
    Ok(())
}

/// An answer of a learner in the class to the next question.
pub(super) fn incoming(
    number: usize,
    class: usize,
    questions: &[String],
) -> anyhow::Result<Incoming> {
    let question = &questions[(number / class) % questions.len()];
    let action = super::school::answer(&QuestionId::new(question)?, !number.is_multiple_of(3));
    Ok(Incoming {
        id: EventId::new(&format!("history-{number:010}"))?,
        hash: [1; 16],
        proposal: Proposal {
            learner: LearnerId::new(&format!("learner-{}", number % class))?,
            course: CourseId::new(COURSE)?,
            course_version: None,
            occurred_at: None,
            decision: None,
            action,
        },
    })
}

async fn decide(node: &NodeHandle, count: usize, sent: usize, class: usize) -> anyhow::Result<()> {
    let mut asks = JoinSet::new();
    for number in sent..sent + count {
        let learner = LearnerId::new(&format!("learner-{}", number % class))?;
        let ask = DecisionAsk::new(learner, CourseId::new(COURSE)?, [2; 16]);
        let node = node.clone();
        asks.spawn(async move { node.decide(ask).await });
    }
    while let Some(decided) = asks.join_next().await {
        decided?.map_err(|error| anyhow!("a decision was refused: {error:?}"))?;
    }
    Ok(())
}
