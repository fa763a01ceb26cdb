//! The way of a file into the system: source, decoder, sink, and rejections on the side.
//!
//! Records are taken in order and each is applied once: events carry ids that depend only on
//! their place, so a batch that is sent twice is answered as a duplicate. Memory is bounded by one
//! batch and one record, however long the file is.

use crate::Fault;
use crate::answers::{Decoder, IncomingAnswer};
use crate::rejection::{Rejection, Rejections};
use crate::source::Source;
use nexus_api::events::{EventReceipt, ReceiptStatus};
use serde::{Deserialize, Serialize};

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
            records: self.records.saturating_sub(earlier.records),
            dropped: self.dropped.saturating_sub(earlier.dropped),
        }
    }

    /// Answers of which it is known what became of them.
    fn accounted(&self) -> u64 {
        self.accepted + self.duplicate + self.rejected
    }
}

/// Pumps a source into a sink until its end, and gives the tally.
///
/// `done` is what earlier runs did: lines up to `done.line` are skipped. `after_batch` is called
/// whenever more lines are done with, to show progress and to save the place.
///
/// Errors: [`Fault`] when reading, writing or submitting fails, or a record is not accounted for;
/// what `after_batch` saw last is done.
pub fn pump(
    source: &mut dyn Source,
    decoder: &mut Decoder,
    sink: &mut dyn Sink,
    rejections: &mut dyn Rejections,
    batch_max: usize,
    done: PumpTally,
    after_batch: &mut dyn FnMut(&PumpTally) -> Result<(), Fault>,
) -> Result<PumpTally, Fault> {
    let batch_max = batch_max.clamp(1, nexus_api::events::BATCH_MAX);
    let mut pump = Pump { sink, rejections, batch: Vec::new(), rejected: Vec::new(), tally: done };
    let (mut line, mut last_line, mut begun) = (done.line, 0, false);
    while let Some(record) = source.next()? {
        let lost = Fault::Unaccounted {
            first: last_line + 1,
            last: record.last_line,
            records: 1,
            accounted: 0,
        };
        if record.line != last_line + 1 {
            return Err(lost);
        }
        last_line = record.last_line;
        if !begun && !record.is_blank() {
            begun = true;
            if decoder.begin(&record)? {
                continue;
            }
        }
        if record.last_line <= done.line {
            continue;
        }
        line = record.last_line;
        let decoded = decoder.decode(&record);
        if decoded.is_empty() && !record.is_blank() {
            return Err(lost);
        }
        pump.tally.records += decoded.len() as u64;
        for decoded in decoded {
            match decoded {
                Ok(incoming) => pump.batch.push(incoming),
                Err(rejection) => pump.rejected.push(rejection),
            }
        }
        if pump.batch.len() + pump.rejected.len() >= batch_max {
            pump.flush(batch_max, line, &done)?;
            after_batch(&pump.tally)?;
        }
    }
    pump.flush(batch_max, line, &done)?;
    after_batch(&pump.tally)?;
    Ok(pump.tally)
}

/// The code of what came for a learner who was erased.
const ERASED: &str = "learner_erased";

struct Pump<'a> {
    sink: &'a mut dyn Sink,
    rejections: &'a mut dyn Rejections,
    /// Events that wait to be submitted.
    batch: Vec<IncomingAnswer>,
    /// Records that could not be read, kept back until the events around them are submitted, so
    /// that an interruption tells them twice only when it falls between the two.
    rejected: Vec<Rejection>,
    tally: PumpTally,
}

impl Pump<'_> {
    /// Submits everything that waits; lines up to `line` are done with then, and every record in
    /// them since `done` is accounted for.
    fn flush(&mut self, batch_max: usize, line: u64, done: &PumpTally) -> Result<(), Fault> {
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
        for rejection in rejected {
            self.rejections.put(rejection)?;
        }
        let (first, run) = (self.tally.line + 1, self.tally.since(done));
        if run.records != run.accounted() {
            let (records, accounted) = (run.records, run.accounted());
            return Err(Fault::Unaccounted { first, last: line, records, accounted });
        }
        self.tally.line = line;
        self.rejections.flush()
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
                // Nothing of an erased learner is kept, also not here.
                let original = if code == ERASED { "" } else { &incoming.original };
                self.rejected.push(Rejection::new(incoming.line, code, reason, original));
            }
        }
    }
}
