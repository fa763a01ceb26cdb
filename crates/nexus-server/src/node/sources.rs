//! Batches of sources: events together with the place that they take their source to.

use super::Node;
use super::messages::{Incoming, NodeFault, Receipt};
use nexus_store::fault::StoreFault;
use nexus_store::positions::SourcePosition;
use std::collections::BTreeMap;

/// A run of records of one partition, as far as they could be read as events.
#[derive(Clone, Debug)]
pub struct SourceBatch {
    pub source: String,
    pub partition: String,
    /// Each event with the position of its record, in order.
    pub events: Vec<(u64, Incoming)>,
    /// The position behind the last record, also of those that are no events.
    pub next: u64,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It lies before the position of its source: it was taken before, and had no effect now.
    Behind,
    /// It was looked at now.
    Now(Receipt),
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchTaken {
    /// One an event, in their order.
    pub events: Vec<Taken>,
    /// How far the source has come, durably: the batch's `next`, or the first record of it that was
    /// rejected and still has to be put aside, or further when another member was ahead.
    pub position: u64,
}

/// How far every source has come, by source and by partition.
pub type SourcePlaces = BTreeMap<String, BTreeMap<String, u64>>;

/// How far every source has come, and what the group that is being built changes.
#[derive(Debug, Default)]
pub(super) struct Positions {
    known: BTreeMap<(String, String), u64>,
    /// What the group moves.
    moved: BTreeMap<(String, String), u64>,
}

impl Positions {
    pub(super) fn new(stored: Vec<SourcePosition>) -> Self {
        let place = |it: SourcePosition| ((it.source, it.partition), it.next);
        Self { known: stored.into_iter().map(place).collect(), moved: BTreeMap::new() }
    }

    fn of(&self, key: &(String, String)) -> u64 {
        self.known.get(key).copied().unwrap_or(0)
    }

    /// Moves a source ahead, never back, and answers with where it is.
    fn advance(&mut self, key: (String, String), next: u64) -> u64 {
        let known = self.of(&key);
        if next <= known {
            return known;
        }
        self.known.insert(key.clone(), next);
        self.moved.insert(key, next);
        next
    }

    /// What is to be written with the group.
    pub(super) fn take_moved(&mut self) -> Vec<SourcePosition> {
        let place = |((source, partition), next)| SourcePosition { source, partition, next };
        std::mem::take(&mut self.moved).into_iter().map(place).collect()
    }
}

impl Node {
    /// Takes a batch whole: its events and its position are in one commit.
    pub(super) fn take_batch(&mut self, batch: SourceBatch) -> Result<BatchTaken, NodeFault> {
        let SourceBatch { source, partition, events, next } = batch;
        let key = (source, partition);
        let begin = self.positions.of(&key);
        let mut position = next;
        let mut taken = Vec::with_capacity(events.len());
        for (place, event) in events {
            if place < begin {
                taken.push(Taken::Behind);
                continue;
            }
            let receipt = self.record_one(event)?;
            if matches!(receipt, Receipt::Conflict | Receipt::Refused(_)) {
                // Its source puts it aside first, and moves on then: it is never lost between.
                position = position.min(place);
            }
            taken.push(Taken::Now(receipt));
        }
        Ok(BatchTaken { events: taken, position: self.positions.advance(key, position) })
    }

    /// How far every source has come.
    pub(super) fn source_places(&self) -> SourcePlaces {
        let mut places = SourcePlaces::new();
        for ((source, partition), next) in &self.positions.known {
            places.entry(source.clone()).or_default().insert(partition.clone(), *next);
        }
        places
    }

    /// Reads how far the sources have come, at a start and after a failed commit.
    pub(super) fn reload_positions(&mut self) -> Result<(), StoreFault> {
        self.positions = Positions::new(self.store.source_positions()?);
        Ok(())
    }
}
