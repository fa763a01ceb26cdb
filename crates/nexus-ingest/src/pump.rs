//! The way of a file into the system: source, decoder, sink, and rejections on the side.
//!
//! Records are taken in order and each is applied once: events carry ids that depend only on
//! their place, so a batch that is sent twice is answered as a duplicate. Where a learner would go
//! back in time, they are taken in the order of their times ([`crate::order`]). Memory is bounded,
//! however long the file is.

use crate::Fault;
use crate::answers::{Decoded, Decoder, IncomingAnswer};
use crate::order::{OrderCheck, Sorter};
use crate::rejection::{Rejection, Rejections};
use crate::source::{Record, Source};
use nexus_api::events::{EventReceipt, ReceiptStatus};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub use crate::order::FileOrder;

/// Takes events into the system.
pub trait Sink {
    /// Takes a batch and says of each event, in order, what became of it. When it returns, what it
    /// calls accepted is durable.
    ///
    /// Errors: any error when the batch as a whole was not taken; it may be sent again.
    fn submit(
        &mut self,
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>>;

    /// Takes back what earlier records said, and says of each id, in order, what became of it: it is
    /// rejected when there is no such event. When it returns, it is durable.
    ///
    /// Errors: when nothing of it was done.
    fn void(
        &mut self,
        events: &[String],
    ) -> Result<Vec<ReceiptStatus>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(vec![ReceiptStatus::Rejected; events.len()])
    }

    /// Whether a learner was erased; of a record that does not say readably whose it is, whether
    /// anybody was.
    ///
    /// Errors: when it is not known.
    fn erased(
        &mut self,
        _learner: Option<&str>,
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        Ok(false)
    }
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PumpTally {
    /// The last line that is done with; the next run goes on behind it.
    pub line: u64,
    /// Events that were taken.
    pub accepted: u64,
    /// Events that had been taken before.
    pub duplicate: u64,
    /// Records and events that were not taken.
    pub rejected: u64,
    /// Records of another system that say nothing that is looked at.
    #[serde(default)]
    pub unused: u64,
    /// Answers that were to be read: what was taken, was known, or was rejected. Runs before there
    /// was this count are not in it.
    #[serde(default)]
    pub records: u64,
    /// Optional values that could not be read and were left out.
    #[serde(default)]
    pub dropped: u64,
}

impl PumpTally {
    /// What came since an earlier tally; the line stays where it is.
    #[must_use]
    pub fn since(self, earlier: &Self) -> Self {
        Self {
            line: self.line,
            accepted: self.accepted.saturating_sub(earlier.accepted),
            duplicate: self.duplicate.saturating_sub(earlier.duplicate),
            rejected: self.rejected.saturating_sub(earlier.rejected),
            unused: self.unused.saturating_sub(earlier.unused),
            records: self.records.saturating_sub(earlier.records),
            dropped: self.dropped.saturating_sub(earlier.dropped),
        }
    }

    /// Answers of which it is known what became of them.
    fn accounted(&self) -> u64 {
        self.accepted + self.duplicate + self.rejected + self.unused
    }
}

/// How a source is pumped.
#[derive(Clone, Copy, Debug)]
pub struct PumpPlan<'a> {
    /// Events that are submitted at a time; a sink may send them on in smaller parts.
    pub batch_max: usize,
    /// What earlier runs did: lines up to `done.line` are skipped.
    pub done: PumpTally,
    /// In which order answers are taken.
    pub order: FileOrder,
    /// Where records wait that are sorted and do not fit into memory.
    pub folder: &'a Path,
}

/// Events that are taken back at a time.
const VOIDS_MAX: usize = 10_000;

/// Pumps a source into a sink until its end, and gives the tally.
///
/// `after_batch` is called whenever more lines are done with, to show progress and to save the
/// place. Where answers are sorted, no line is done with before all are.
///
/// Errors: [`Fault`] when reading, writing or submitting fails, or a record is not accounted for;
/// what `after_batch` saw last is done.
pub fn pump(
    source: &mut dyn Source,
    decoder: &mut Decoder,
    sink: &mut dyn Sink,
    rejections: &mut dyn Rejections,
    plan: &PumpPlan<'_>,
    after_batch: &mut dyn FnMut(&PumpTally) -> Result<(), Fault>,
) -> Result<PumpTally, Fault> {
    let batch_max = plan.batch_max.max(1);
    let (batch, rejected, tally) = (Vec::new(), Vec::new(), plan.done);
    let (voids, unused) = (Vec::new(), 0);
    let mut pump =
        Pump { sink, rejections, batch, rejected, voids, unused, batch_max, plan, tally };
    let mut records = RecordsBehind::new(source, plan.done.line);
    if plan.order == FileOrder::AsItStands {
        while let Some(record) = records.next(decoder)? {
            if pump.take(decoder, &record, record.last_line)? {
                after_batch(&pump.tally)?;
            }
        }
    } else {
        let mut sorter = Sorter::new(plan.order, plan.folder);
        let mut at = Timestamp(i64::MIN);
        while let Some(record) = records.next(decoder)? {
            // What has no time stays behind its neighbour.
            at = decoder.moment(&record).map_or(at, |(_, at)| at);
            sorter.push(at, record)?;
        }
        for record in sorter.finish()? {
            if pump.take(decoder, &record?, plan.done.line)? {
                after_batch(&pump.tally)?;
            }
        }
    }
    pump.flush(records.taken_line)?;
    pump.void()?;
    pump.flush(records.taken_line)?;
    after_batch(&pump.tally)?;
    Ok(pump.tally)
}

/// Looks through a file: in which order its answers behind a line must be taken.
///
/// Errors: [`Fault`] when it cannot be read or the mapping does not fit.
pub fn order_of(
    source: &mut dyn Source,
    decoder: &mut Decoder,
    done_line: u64,
) -> Result<FileOrder, Fault> {
    if decoder.needs_order() {
        return Ok(FileOrder::ByTime);
    }
    let mut check = OrderCheck::default();
    if decoder.has_times() {
        let mut records = RecordsBehind::new(source, done_line);
        while let Some(record) = records.next(decoder)? {
            if let Some((learner, at)) = decoder.moment(&record) {
                check.see(&learner, at);
            }
        }
    }
    Ok(check.order())
}

/// The records of a source behind a line, without the header and blank ones; each line is seen once.
struct RecordsBehind<'a> {
    source: &'a mut dyn Source,
    done_line: u64,
    /// The last line that was read.
    last_line: u64,
    /// The last line of the last record that was given.
    taken_line: u64,
    begun: bool,
}

impl<'a> RecordsBehind<'a> {
    fn new(source: &'a mut dyn Source, done_line: u64) -> Self {
        Self { source, done_line, last_line: 0, taken_line: done_line, begun: false }
    }

    fn next(&mut self, decoder: &mut Decoder) -> Result<Option<Record>, Fault> {
        while let Some(record) = self.source.next()? {
            let (first, last) = (self.last_line + 1, record.last_line);
            if record.line != first {
                return Err(Fault::Unaccounted { first, last, records: 1, accounted: 0 });
            }
            self.last_line = last;
            if record.is_blank() {
                continue;
            }
            if !self.begun {
                self.begun = true;
                if decoder.begin(&record)? {
                    continue;
                }
            }
            if last > self.done_line {
                self.taken_line = last;
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

struct Pump<'a> {
    plan: &'a PumpPlan<'a>,
    batch_max: usize,
    sink: &'a mut dyn Sink,
    rejections: &'a mut dyn Rejections,
    /// Events that wait to be submitted.
    batch: Vec<IncomingAnswer>,
    /// Records that could not be read, kept back until the events around them are submitted, so
    /// that an interruption tells them twice only when it falls between the two.
    rejected: Vec<Rejection>,
    /// What was taken back: done in the end, when everything that may be meant was submitted.
    voids: Vec<(u64, String)>,
    /// Records that say nothing, and are not counted yet.
    unused: u64,
    tally: PumpTally,
}

impl Pump<'_> {
    /// Takes a record; lines up to `line` are done with when it is. Says whether what waits was
    /// submitted.
    fn take(&mut self, decoder: &mut Decoder, record: &Record, line: u64) -> Result<bool, Fault> {
        let decoded = decoder.decode(record);
        if decoded.is_empty() {
            let (first, last) = (record.line, record.last_line);
            return Err(Fault::Unaccounted { first, last, records: 1, accounted: 0 });
        }
        self.tally.records += decoded.len() as u64;
        for decoded in decoded {
            match decoded {
                Decoded::Event(incoming) => self.batch.push(incoming),
                Decoded::Rejected(rejection) => self.rejected.push(rejection),
                Decoded::Unused => self.unused += 1,
                Decoded::Void { line, event } => self.voids.push((line, event)),
            }
        }
        let waiting = self.batch.len() + self.rejected.len();
        let full = waiting >= self.batch_max;
        if full {
            self.flush(line)?;
        }
        Ok(full)
    }

    /// Submits everything that waits; lines up to `line` are done with then, and every record that
    /// was taken is accounted for.
    fn flush(&mut self, line: u64) -> Result<(), Fault> {
        let batch_max = self.batch_max;
        let waiting = std::mem::take(&mut self.batch);
        for batch in waiting.chunks(batch_max) {
            let last = batch.last().map_or(line, |last| last.line);
            let fault = |source| Fault::Sink { line: last, source };
            let receipts = self.sink.submit(batch).map_err(fault)?;
            if receipts.len() != batch.len() {
                return Err(Fault::Receipts { events: batch.len(), receipts: receipts.len() });
            }
            for (incoming, receipt) in batch.iter().zip(receipts) {
                self.count(incoming, &receipt);
            }
        }
        let mut rejected = std::mem::take(&mut self.rejected);
        rejected.sort_by_key(|rejection| rejection.line);
        self.tally.rejected += rejected.len() as u64;
        self.tally.unused += std::mem::take(&mut self.unused);
        for mut rejection in rejected {
            // Nothing of an erased learner is kept, also not here.
            let fault = |source| Fault::Sink { line: rejection.line, source };
            if self.sink.erased(rejection.learner.as_deref()).map_err(fault)? {
                rejection.forget();
            }
            self.rejections.put(rejection)?;
        }
        let (first, run) = (self.tally.line + 1, self.tally.since(&self.plan.done));
        let (records, accounted) = (run.records, run.accounted() + self.voids.len() as u64);
        if records != accounted {
            return Err(Fault::Unaccounted { first, last: line, records, accounted });
        }
        self.tally.line = line;
        self.rejections.flush()
    }

    /// Takes back what later records said never happened.
    fn void(&mut self) -> Result<(), Fault> {
        let voids = std::mem::take(&mut self.voids);
        for some in voids.chunks(VOIDS_MAX) {
            let events: Vec<String> = some.iter().map(|(_, event)| event.clone()).collect();
            let line = some.last().map_or(self.tally.line, |(line, _)| *line);
            let found = self.sink.void(&events).map_err(|source| Fault::Sink { line, source })?;
            if found.len() != some.len() {
                return Err(Fault::Receipts { events: some.len(), receipts: found.len() });
            }
            for ((line, event), found) in some.iter().zip(found) {
                match found {
                    ReceiptStatus::Accepted => self.tally.accepted += 1,
                    ReceiptStatus::Duplicate => self.tally.duplicate += 1,
                    ReceiptStatus::Rejected => {
                        let reason = format!("/object/id: no event came of the statement {event}");
                        self.rejected.push(Rejection::new(*line, "unknown_statement", reason, ""));
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, incoming: &IncomingAnswer, receipt: &EventReceipt) {
        match receipt.status {
            ReceiptStatus::Accepted => {
                self.tally.accepted += 1;
                self.tally.dropped += u64::from(incoming.dropped);
            }
            ReceiptStatus::Duplicate => self.tally.duplicate += 1,
            ReceiptStatus::Rejected => {
                let code = receipt.code.as_deref().unwrap_or("rejected");
                let reason = receipt.detail.clone().unwrap_or_default();
                let rejection = Rejection::new(incoming.line, code, reason, &incoming.original);
                let learner = incoming.event.proposal.learner.to_string();
                self.rejected.push(rejection.of(Some(learner)));
            }
        }
    }
}
