//! Durable appends by the size of the group, beside the least a disk can be asked to do.

use super::Effort;
use super::append::{BATCHES, append_throughput};
use super::figure::{Figure, Unit};
use anyhow::{Context, ensure};
use nexus_store::record;
use nexus_store::{OpenOptions, Store};
use std::fs::{File, OpenOptions as FileOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of a row besides its body and its names: numbers, request hash and chained hash.
const ROW_BYTES: usize = 3 * 8 + 16 + 32;
/// Size of the file that the baseline writes over and over.
const FILE_BYTES: u64 = 32 << 20;

/// The figures of this subject.
pub(super) fn measure(effort: &Effort, directory: &Path) -> anyhow::Result<Vec<Figure>> {
    let entry_bytes = entry_bytes(&directory.join("journal-sample"))?;
    let mut file = Overwritten::new(&directory.join("overwritten"))?;
    let mut ours = vec![Vec::new(); BATCHES.len()];
    let mut raw = ours.clone();
    for round in 0..effort.rounds {
        // A new journal each round: opening a long one checks its whole chain.
        let data = directory.join(format!("journal-{round}"));
        for (position, batch) in BATCHES.into_iter().enumerate() {
            let run = append_throughput(&data, batch, effort.appends)?;
            ours[position].push(run.per_second());
            raw[position].push(file.entries_per_second(entry_bytes, batch, effort.appends)?);
        }
        std::fs::remove_dir_all(&data).context("a measured journal cannot be removed")?;
    }
    let pairs = BATCHES.into_iter().zip(ours).zip(raw);
    let figure = |((batch, ours), raw): ((usize, Vec<f64>), Vec<f64>)| {
        let what = "durable entries, this many a commit";
        let beside = "the same bytes written over a file in place, then fdatasync";
        Figure::new(format!("journal.append.{batch}"), what, Unit::PerSecond, ours)
            .beside(beside, &raw)
    };
    Ok(pairs.map(figure).collect())
}

/// How many bytes an entry of the sample takes, without what SQLite adds.
fn entry_bytes(directory: &Path) -> anyhow::Result<usize> {
    append_throughput(directory, 64, Duration::from_millis(1))?;
    let store = Store::open(directory, &OpenOptions::default())?;
    let entries = store.entries(0, 64)?;
    ensure!(!entries.is_empty(), "nothing was appended");
    let bytes = entries.iter().map(|stored| {
        let entry = &stored.entry;
        let learner = entry.event.learner().map_or(0, |learner| learner.as_str().len());
        let names = entry.id.as_str().len() + entry.event.word().len() + learner;
        record::encode(&entry.event).len() + names + ROW_BYTES
    });
    Ok(bytes.sum::<usize>() / entries.len())
}

/// A file whose blocks are all there, so that no write has to find new ones.
struct Overwritten {
    file: File,
    place: u64,
}

impl Overwritten {
    fn new(path: &Path) -> anyhow::Result<Self> {
        let opened = FileOptions::new().create(true).truncate(true).write(true).open(path);
        let mut file = opened.context("a file to write over cannot be made")?;
        let zeros = vec![0_u8; 1 << 20];
        for _ in 0..FILE_BYTES >> 20 {
            file.write_all(&zeros).context("the file to write over cannot be filled")?;
        }
        file.sync_all().context("the file to write over cannot be synced")?;
        Ok(Self { file, place: 0 })
    }

    fn entries_per_second(
        &mut self,
        entry_bytes: usize,
        batch: usize,
        duration: Duration,
    ) -> anyhow::Result<f64> {
        let group = vec![b'x'; entry_bytes * batch];
        let began = Instant::now();
        let mut entries = 0_u64;
        while began.elapsed() < duration {
            if self.place + group.len() as u64 > FILE_BYTES {
                self.place = 0;
            }
            self.file.seek(SeekFrom::Start(self.place)).context("seeking failed")?;
            self.file.write_all(&group).context("writing failed")?;
            self.file.sync_data().context("fdatasync failed")?;
            self.place += group.len() as u64;
            entries += batch as u64;
        }
        Ok(entries as f64 / began.elapsed().as_secs_f64())
    }
}
