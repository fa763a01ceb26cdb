//! The watermark: how far the journal had come, kept outside SQLite.
//!
//! SQLite takes a damaged write-ahead log for a shorter one: committed entries vanish and nothing
//! complains. So this file repeats the head, in two slots that are written in turn. After every
//! commit a slot is overwritten in place without a sync of its own: a killed process loses none of
//! it, a power cut at most its newest news, and it can never be ahead of the journal because the
//! commit was synced before. A checkpoint syncs it.

use crate::fault::StoreFault;
use crate::files;
use crate::journal::Head;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Name of the watermark file.
pub(crate) const WATERMARK_FILE: &str = "watermark";

/// Distance between the two slots: a page, so that one torn write cannot reach both.
const SLOT_STRIDE: usize = 4096;
const SLOT_BYTES: usize = 80;
const MAGIC: &[u8; 8] = b"nexuswm1";

/// The open watermark file.
#[derive(Debug)]
pub(crate) struct Watermark {
    path: PathBuf,
    file: File,
    // The slot that is overwritten next; the other one holds the latest head.
    next: usize,
}

/// Reads a watermark: `None` when there is no file.
pub(crate) fn read(directory: &Path) -> Result<Option<Head>, StoreFault> {
    let path = directory.join(WATERMARK_FILE);
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(file) => {
            let mut limited = file.take(2 * SLOT_STRIDE as u64 + 1);
            limited.read_to_end(&mut bytes).map_err(StoreFault::files("reading", &path))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreFault::files("opening", &path)(error)),
    }
    let slots = [read_slot(&bytes, 0), read_slot(&bytes, 1)];
    let latest = slots.into_iter().flatten().max_by_key(|head| head.seq);
    latest.map(Some).ok_or(StoreFault::WatermarkDamaged { path })
}

fn read_slot(bytes: &[u8], slot: usize) -> Option<Head> {
    let bytes = bytes.get(slot * SLOT_STRIDE..slot * SLOT_STRIDE + SLOT_BYTES)?;
    let (body, sum) = bytes.split_at(48);
    if body.get(..8)? != MAGIC || blake3::hash(body).as_bytes() != sum {
        return None;
    }
    let seq = u64::from_le_bytes(body.get(8..16)?.try_into().ok()?);
    Some(Head { seq, hash: body.get(16..48)?.try_into().ok()? })
}

fn slot_bytes(head: &Head) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&head.seq.to_le_bytes());
    bytes[16..48].copy_from_slice(&head.hash);
    let sum = blake3::hash(&bytes[..48]);
    bytes[48..].copy_from_slice(sum.as_bytes());
    bytes
}

impl Watermark {
    /// Writes a whole new file with this head, durably, and keeps it open.
    pub(crate) fn create(directory: &Path, head: &Head) -> Result<Self, StoreFault> {
        let path = directory.join(WATERMARK_FILE);
        let mut bytes = vec![0; 2 * SLOT_STRIDE];
        for slot in [0, SLOT_STRIDE] {
            bytes[slot..slot + SLOT_BYTES].copy_from_slice(&slot_bytes(head));
        }
        files::write_whole(&path, &bytes)?;
        let opened = files::private_options().write(true).open(&path);
        let file = opened.map_err(StoreFault::files("opening", &path))?;
        Ok(Self { path, file, next: 0 })
    }

    /// Notes a head that is durable in the journal.
    pub(crate) fn note(&mut self, head: &Head) -> Result<(), StoreFault> {
        let place = SeekFrom::Start((self.next * SLOT_STRIDE) as u64);
        self.file.seek(place).map_err(StoreFault::files("writing", &self.path))?;
        self.file.write_all(&slot_bytes(head)).map_err(StoreFault::files("writing", &self.path))?;
        self.next = 1 - self.next;
        Ok(())
    }

    /// Makes what was noted durable.
    pub(crate) fn sync(&mut self) -> Result<(), StoreFault> {
        self.file.sync_data().map_err(StoreFault::files("syncing", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: u64) -> Head {
        Head { seq, hash: [seq as u8; 32] }
    }

    #[test]
    fn the_latest_note_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
        let mut watermark = Watermark::create(directory.path(), &head(0)).unwrap();
        for seq in 1..=9 {
            watermark.note(&head(seq)).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Some(head(seq)));
        }
    }

    #[test]
    fn one_torn_slot_falls_back_and_two_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let mut watermark = Watermark::create(directory.path(), &head(1)).unwrap();
        watermark.note(&head(2)).unwrap();
        let path = directory.path().join(WATERMARK_FILE);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Some(head(1)));
        bytes[SLOT_STRIDE + 50] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(read(directory.path()), Err(StoreFault::WatermarkDamaged { .. })));
        std::fs::write(&path, b"").unwrap();
        assert!(matches!(read(directory.path()), Err(StoreFault::WatermarkDamaged { .. })));
    }
}
