//! Reading a file that grows, or standard input, one record a line.
//!
//! A position is a number of bytes. The partition is the mark of the first line, so that a file that
//! was rotated away and begun anew is another partition, which begins at its beginning; and so that
//! standard input can be given again from its beginning after a kill: what was taken is skipped.

use super::delivery::{Delivery, Halted, RawRecordBytes};
use super::line::{Line, LineReader};
use super::section::FileSection;
use nexus_api::sources::SourceActivity;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// How often a file is looked at again when it has nothing new.
const LOOK: Duration = Duration::from_millis(200);
/// How long a file that cannot be read is left alone.
const REST: Duration = Duration::from_secs(1);
/// How long the writer of a file that was rotated away may go on writing to it.
const GRACE: Duration = Duration::from_secs(1);
/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads until it is told to stop, or until standard input is closed.
pub fn run(section: &FileSection, delivery: Delivery) {
    let batch_max = match section.records_per_second_max {
        None => section.batch_max,
        // So that a slow rate is slow from record to record, and not in bursts.
        Some(rate) => section.batch_max.min((rate as usize / 10).max(1)),
    };
    let pace = Pace::new(section.records_per_second_max, Instant::now());
    let mut tail = Tail { section, delivery, batch_max, pace };
    let Err(Halted) = tail.run() else { return tail.delivery.status().is(SourceActivity::Ended) };
}

struct Tail<'a> {
    section: &'a FileSection,
    delivery: Delivery,
    batch_max: usize,
    pace: Pace,
}

/// Why a file is read no more.
enum Over {
    /// Another file has its name now, or it was begun anew.
    Rotated,
    /// Standard input was closed.
    Closed,
}

impl Tail<'_> {
    fn run(&mut self) -> Result<(), Halted> {
        loop {
            let followed = match self.section.is_standard_input() {
                true => self.follow(Input::Standard(BufReader::new(std::io::stdin()))),
                false => match File::open(&self.section.path) {
                    Ok(file) => {
                        let reader = BufReader::with_capacity(BUFFER_BYTES, file);
                        self.follow(Input::File(reader))
                    }
                    Err(error) => Ok(Err(error)),
                },
            };
            match followed? {
                Ok(Over::Closed) => return Ok(()),
                Ok(Over::Rotated) => {}
                Err(error) => {
                    let detail = format!("{} cannot be read: {error}", self.section.path.display());
                    self.delivery.status().went_wrong(SourceActivity::Waiting, &detail);
                    self.wait(REST)?;
                }
            }
        }
    }

    /// Reads one file, from where the journal says it was left, until it is over.
    fn follow(&mut self, mut input: Input) -> Result<std::io::Result<Over>, Halted> {
        let mut lines = LineReader::default();
        let first = loop {
            match lines.next(input.reader()) {
                Ok(Some(line)) => break line,
                Ok(None) if input.is_standard() => match lines.rest() {
                    Some(line) => break line,
                    None => return Ok(Ok(Over::Closed)),
                },
                Ok(None) => {
                    self.wait(LOOK)?;
                    if input.was_rotated(self.section, 0) {
                        return Ok(Ok(Over::Rotated));
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
        };
        let partition = mark(&first.bytes);
        let position = self.delivery.positions()?.remove(&partition).unwrap_or(0);
        let mut batch = Batch { partition, records: Vec::new(), offset: 0 };
        if position == 0 {
            batch.add(first);
        } else if let Err(error) = batch.skip(&mut input, &mut lines, first.length, position) {
            return Ok(Err(error));
        }
        self.delivery.status().is(SourceActivity::Running);
        self.read_on(input, lines, batch)
    }

    fn read_on(
        &mut self,
        mut input: Input,
        mut lines: LineReader,
        mut batch: Batch,
    ) -> Result<std::io::Result<Over>, Halted> {
        let mut rotated_at: Option<Instant> = None;
        loop {
            if batch.records.len() >= self.batch_max || !input.has_line() {
                self.deliver(&input, &mut batch)?;
            }
            match lines.next(input.reader()) {
                Ok(Some(line)) => batch.add(line),
                Err(error) => return Ok(Err(error)),
                Ok(None) if input.is_standard() => {
                    lines.rest().into_iter().for_each(|line| batch.add(line));
                    self.deliver(&input, &mut batch)?;
                    return Ok(Ok(Over::Closed));
                }
                Ok(None) => {
                    self.deliver(&input, &mut batch)?;
                    if rotated_at.is_some_and(|at| at.elapsed() >= GRACE) {
                        lines.rest().into_iter().for_each(|line| batch.add(line));
                        self.deliver(&input, &mut batch)?;
                        return Ok(Ok(Over::Rotated));
                    }
                    if rotated_at.is_none() && input.was_rotated(self.section, batch.offset) {
                        rotated_at = Some(Instant::now());
                    }
                    self.wait(LOOK)?;
                }
            }
        }
    }

    fn deliver(&mut self, input: &Input, batch: &mut Batch) -> Result<(), Halted> {
        if self.delivery.stop().is_raised() {
            return Err(Halted);
        }
        if let Some(length) = input.length() {
            self.delivery.status().ends_at(&batch.partition, length);
        }
        if batch.records.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut batch.records);
        let count = records.len();
        self.delivery.deliver(&batch.partition, records, batch.offset)?;
        let wait = self.pace.after(count, Instant::now());
        self.delivery.stop().sleep(wait);
        Ok(())
    }

    fn wait(&self, time: Duration) -> Result<(), Halted> {
        self.delivery.stop().sleep(time);
        if self.delivery.stop().is_raised() { Err(Halted) } else { Ok(()) }
    }
}

/// What is read from.
enum Input {
    File(BufReader<File>),
    Standard(BufReader<std::io::Stdin>),
}

impl Input {
    fn reader(&mut self) -> &mut dyn std::io::BufRead {
        match self {
            Self::File(file) => file,
            Self::Standard(input) => input,
        }
    }

    fn is_standard(&self) -> bool {
        matches!(self, Self::Standard(_))
    }

    /// Whether a whole line can be read without waiting.
    fn has_line(&self) -> bool {
        let buffer = match self {
            Self::File(file) => file.buffer(),
            Self::Standard(input) => input.buffer(),
        };
        buffer.contains(&b'\n')
    }

    fn length(&self) -> Option<u64> {
        match self {
            Self::File(file) => file.get_ref().metadata().ok().map(|known| known.len()),
            Self::Standard(_) => None,
        }
    }

    /// Whether the name now leads to another file, or this one is shorter than what was read of it.
    fn was_rotated(&self, section: &FileSection, read: u64) -> bool {
        let Self::File(file) = self else { return false };
        let Ok(own) = file.get_ref().metadata() else { return false };
        let Ok(named) = std::fs::metadata(&section.path) else { return false };
        (own.dev(), own.ino()) != (named.dev(), named.ino()) || own.len() < read
    }
}

/// Records that wait to be delivered, and how far they go.
struct Batch {
    partition: String,
    records: Vec<RawRecordBytes>,
    offset: u64,
}

impl Batch {
    /// Adds a line; an empty one is no record.
    fn add(&mut self, line: Line) {
        let (position, is_cut) = (self.offset, line.is_cut());
        self.offset += line.length;
        if !line.bytes.iter().all(u8::is_ascii_whitespace) {
            let bytes = line.bytes;
            self.records.push(RawRecordBytes { position, bytes, is_cut, ..Default::default() });
        }
    }

    /// Goes on at a position behind the first line, which was read.
    fn skip(
        &mut self,
        input: &mut Input,
        lines: &mut LineReader,
        first: u64,
        position: u64,
    ) -> std::io::Result<()> {
        if input.length().is_some_and(|length| length < position) {
            return Err(std::io::Error::other(format!(
                "it begins as before and is shorter than the {position} bytes that were taken; if it \
                 was written anew, give the source another name"
            )));
        }
        match input {
            Input::File(file) => {
                file.seek(SeekFrom::Start(position))?;
                *lines = LineReader::default();
            }
            Input::Standard(stdin) => {
                let rest = position.saturating_sub(first);
                std::io::copy(&mut stdin.take(rest), &mut std::io::sink())?;
            }
        }
        self.offset = position;
        Ok(())
    }
}

/// What a file is known by, by its first line.
fn mark(first_line: &[u8]) -> String {
    format!("file-{}", &blake3::hash(first_line).to_hex()[..16])
}

/// Keeps a reader from going faster than it may.
struct Pace {
    seconds_a_record: f64,
    free_at: Instant,
}

impl Pace {
    fn new(records_per_second_max: Option<u32>, now: Instant) -> Self {
        let seconds_a_record = records_per_second_max.map_or(0.0, |rate| 1.0 / f64::from(rate));
        Self { seconds_a_record, free_at: now }
    }

    /// How long to wait after some records.
    fn after(&mut self, records: usize, now: Instant) -> Duration {
        let cost = Duration::from_secs_f64(self.seconds_a_record * records as f64);
        self.free_at = self.free_at.max(now) + cost;
        if cost.is_zero() { cost } else { self.free_at.saturating_duration_since(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_and_time_that_nobody_used_is_not_saved_up() {
        let (now, ms) = (Instant::now(), Duration::from_millis);
        let mut pace = Pace::new(Some(40), now);
        assert_eq!(pace.after(4, now), ms(100));
        assert_eq!(pace.after(4, now + ms(100)), ms(100));
        assert_eq!(pace.after(4, now + ms(5_000)), ms(100));
        assert_eq!(Pace::new(None, now).after(1_000, now), ms(0));
    }
}
