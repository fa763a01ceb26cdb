//! Records in the order of their times, however a file is sorted.
//!
//! Many systems export logs with the newest row first. A first reading says whether the rows of each
//! learner stand in the order of their times; only when they do not are they sorted, by time and then
//! by line, in memory as far as it goes and beyond that in runs on the disk. The runs are files
//! without a name: nothing of them is left, however the process ends.

use crate::Fault;
use crate::source::{Damage, Record};
use nexus_engine::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{BufReader, BufWriter, Error, ErrorKind, Read, Result as IoResult, Seek, Write};
use std::path::{Path, PathBuf};

/// Learners whose latest time is kept while a file is looked at; with more, it is sorted unseen.
const LEARNERS_MAX: usize = 1 << 20;
/// Bytes of records that are sorted in memory.
const MEMORY_BYTES: usize = 64 * 1024 * 1024;
/// Runs that are merged at a time, each an open file.
const RUNS_MAX: usize = 64;

/// Looks at the times of a file, one answer after the other.
#[derive(Default)]
pub(crate) struct OrderCheck {
    /// By hash of the learner: the latest time.
    latest: HashMap<u64, Timestamp>,
    /// Times that were earlier than the one before of the same learner, and later ones.
    back: u64,
    forth: u64,
    crowded: bool,
}

/// How the answers of a file are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOrder {
    /// As they stand: no learner goes back in time.
    AsItStands,
    /// By time; of equal times the earlier line first.
    ByTime,
    /// By time; of equal times the later line first, because the file has the newest first.
    NewestFirst,
}

impl OrderCheck {
    /// Takes the next answer.
    pub(crate) fn see(&mut self, learner: &str, at: Timestamp) {
        let hash = blake3::hash(learner.as_bytes());
        let key = u64::from_le_bytes(*hash.as_bytes().first_chunk().unwrap_or(&[0; 8]));
        let room = self.latest.len() < LEARNERS_MAX;
        match self.latest.get_mut(&key) {
            Some(before) => {
                self.back += u64::from(at < *before);
                self.forth += u64::from(at > *before);
                *before = at;
            }
            None if room => {
                self.latest.insert(key, at);
            }
            None => self.crowded = true,
        }
    }

    pub(crate) fn order(&self) -> FileOrder {
        match self.back {
            0 if !self.crowded => FileOrder::AsItStands,
            back if back > self.forth => FileOrder::NewestFirst,
            _ => FileOrder::ByTime,
        }
    }
}

/// What records are sorted by: their time, and their place among equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SortKey {
    at: i64,
    place: i64,
}

/// Sorts records by their times.
pub(crate) struct Sorter {
    newest_first: bool,
    folder: PathBuf,
    memory_bytes: usize,
    held: Vec<(SortKey, Record)>,
    held_bytes: usize,
    runs: Vec<File>,
}

impl Sorter {
    /// A sorter whose runs lie in a folder.
    pub(crate) fn new(order: FileOrder, folder: &Path) -> Self {
        Self {
            newest_first: order == FileOrder::NewestFirst,
            folder: folder.to_owned(),
            memory_bytes: MEMORY_BYTES,
            held: Vec::new(),
            held_bytes: 0,
            runs: Vec::new(),
        }
    }

    fn fault(&self, source: Error) -> Fault {
        Fault::Write { path: self.folder.join("(a run of a sort)"), source }
    }

    /// Takes a record. Errors: [`Fault::Write`] when a run cannot be written.
    pub(crate) fn push(&mut self, at: Timestamp, record: Record) -> Result<(), Fault> {
        let line = i64::try_from(record.line).unwrap_or(i64::MAX);
        let place = if self.newest_first { -line } else { line };
        // What a record costs beside its text.
        const OVERHEAD_BYTES: usize = 96;
        self.held_bytes += record.text.len() + OVERHEAD_BYTES;
        self.held.push((SortKey { at: at.0, place }, record));
        if self.held_bytes >= self.memory_bytes {
            self.spill().map_err(|source| self.fault(source))?;
        }
        Ok(())
    }

    fn spill(&mut self) -> IoResult<()> {
        self.held.sort_unstable_by_key(|(key, _)| *key);
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        let run = self.write_run(held.into_iter().map(Ok))?;
        self.runs.push(run);
        if self.runs.len() >= RUNS_MAX {
            let merge = Merge::new(std::mem::take(&mut self.runs), Vec::new())?;
            let run = self.write_run(merge)?;
            self.runs.push(run);
        }
        Ok(())
    }

    fn write_run(
        &self,
        records: impl Iterator<Item = IoResult<(SortKey, Record)>>,
    ) -> IoResult<File> {
        let mut out = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for record in records {
            let (key, record) = record?;
            write_record(&mut out, key, &record)?;
        }
        let mut file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    }

    /// The records in order. Errors: [`Fault::Write`] when a run cannot be read.
    pub(crate) fn finish(mut self) -> Result<Sorted, Fault> {
        self.held.sort_unstable_by_key(|(key, _)| *key);
        let (runs, held) = (std::mem::take(&mut self.runs), std::mem::take(&mut self.held));
        let merge = Merge::new(runs, held).map_err(|source| self.fault(source))?;
        Ok(Sorted { merge, sorter: self })
    }
}

/// Records in the order of their times.
pub(crate) struct Sorted {
    merge: Merge,
    /// For the words of a fault.
    sorter: Sorter,
}

impl Iterator for Sorted {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.merge.next()?;
        Some(next.map(|(_, record)| record).map_err(|source| self.sorter.fault(source)))
    }
}

/// Merges sorted runs, and what is still in memory.
struct Merge {
    runs: Vec<BufReader<File>>,
    held: std::vec::IntoIter<(SortKey, Record)>,
    /// The next record of each run, by run; what is in memory is the run behind the last one.
    next: Vec<Option<Record>>,
    heap: BinaryHeap<Reverse<(SortKey, usize)>>,
}

impl Merge {
    fn new(runs: Vec<File>, held: Vec<(SortKey, Record)>) -> IoResult<Self> {
        let runs: Vec<_> = runs.into_iter().map(BufReader::new).collect();
        let count = runs.len() + 1;
        let next = vec![None; count];
        let mut merge = Self { runs, held: held.into_iter(), next, heap: BinaryHeap::new() };
        for run in 0..count {
            merge.advance(run)?;
        }
        Ok(merge)
    }

    fn advance(&mut self, run: usize) -> IoResult<()> {
        let read = match self.runs.get_mut(run) {
            Some(reader) => read_record(reader)?,
            None => self.held.next(),
        };
        if let Some((key, record)) = read {
            self.next[run] = Some(record);
            self.heap.push(Reverse((key, run)));
        }
        Ok(())
    }
}

impl Iterator for Merge {
    type Item = IoResult<(SortKey, Record)>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((key, run)) = self.heap.pop()?;
        let record = self.next[run].take()?;
        Some(self.advance(run).map(|()| (key, record)))
    }
}

fn write_record(out: &mut impl Write, key: SortKey, record: &Record) -> IoResult<()> {
    let damage: u64 = match record.damage {
        None => 0,
        Some(Damage::TooLong) => 1,
        Some(Damage::NotUtf8) => 2,
    };
    for number in [record.line, record.last_line, damage, record.text.len() as u64] {
        out.write_all(&number.to_le_bytes())?;
    }
    out.write_all(&key.at.to_le_bytes())?;
    out.write_all(&key.place.to_le_bytes())?;
    out.write_all(record.text.as_bytes())
}

/// The next record of a run; `None` at its end.
fn read_record(run: &mut impl Read) -> IoResult<Option<(SortKey, Record)>> {
    let mut eight = [0; 8];
    let mut first = [0; 1];
    if run.read(&mut first)? == 0 {
        return Ok(None);
    }
    eight[0] = first[0];
    run.read_exact(&mut eight[1..])?;
    let line = u64::from_le_bytes(eight);
    let mut number = || -> IoResult<u64> {
        run.read_exact(&mut eight)?;
        Ok(u64::from_le_bytes(eight))
    };
    let (last_line, damage, length) = (number()?, number()?, number()?);
    let key = SortKey { at: number()? as i64, place: number()? as i64 };
    let mut text = vec![0; usize::try_from(length).unwrap_or(0)];
    run.read_exact(&mut text)?;
    let damaged = |error| Error::new(ErrorKind::InvalidData, error);
    let text = String::from_utf8(text).map_err(damaged)?;
    let damage = match damage {
        1 => Some(Damage::TooLong),
        2 => Some(Damage::NotUtf8),
        _ => None,
    };
    Ok(Some((key, Record { line, last_line, text, damage })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::time::SECOND_MICROS;

    fn record(line: u64) -> Record {
        let damage = line.is_multiple_of(7).then_some(Damage::NotUtf8);
        Record { line, last_line: line + line % 2, text: format!("row {line}\n\u{e9}"), damage }
    }

    fn sorted(
        times: &[i64],
        order: FileOrder,
        memory_bytes: usize,
    ) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let mut sorter = Sorter { memory_bytes, ..Sorter::new(order, folder.path()) };
        for (line, time) in times.iter().enumerate() {
            sorter.push(Timestamp(time * SECOND_MICROS), record(line as u64 + 1))?;
        }
        let found: Result<Vec<Record>, Fault> = sorter.finish()?.collect();
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "no run has a name");
        Ok(found?)
    }

    /// The sort of the standard library says what is right, whatever the memory.
    #[test]
    fn records_come_in_the_order_of_their_times() -> Result<(), Box<dyn std::error::Error>> {
        let times: Vec<i64> = (0..3_000).map(|row: i64| (row * 7_919) % 613).collect();
        for (order, sign) in [(FileOrder::ByTime, 1), (FileOrder::NewestFirst, -1)] {
            let mut lines: Vec<usize> = (0..times.len()).collect();
            lines.sort_by_key(|line| (times[*line], sign * *line as i64));
            let expected: Vec<Record> = lines.iter().map(|line| record(*line as u64 + 1)).collect();
            // All in memory, in a few runs, and in more runs than are merged at a time.
            for memory_bytes in [MEMORY_BYTES, 100_000, 2_000] {
                assert_eq!(sorted(&times, order, memory_bytes)?, expected, "{memory_bytes}");
            }
        }
        assert_eq!(sorted(&[], FileOrder::ByTime, 1)?, []);
        Ok(())
    }

    #[test]
    fn the_order_of_a_file_is_that_of_each_learner() {
        let check = |rows: &[(&str, i64)], expected: FileOrder| {
            let mut check = OrderCheck::default();
            for (learner, at) in rows {
                check.see(learner, Timestamp(*at));
            }
            assert_eq!(check.order(), expected, "{rows:?}");
        };
        check(&[], FileOrder::AsItStands);
        check(&[("a", 1), ("a", 2), ("b", 1), ("b", 1)], FileOrder::AsItStands);
        check(&[("a", 3), ("a", 2), ("a", 2), ("b", 9)], FileOrder::NewestFirst);
        check(&[("a", 1), ("a", 3), ("a", 2), ("a", 4)], FileOrder::ByTime);
        let mut crowd = OrderCheck { crowded: true, ..OrderCheck::default() };
        crowd.see("a", Timestamp(1));
        assert_eq!(crowd.order(), FileOrder::ByTime);
    }
}
