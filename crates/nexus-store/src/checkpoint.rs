//! Checkpoints: one consistent cut through all state, so that a start need not replay everything.
//!
//! A checkpoint is a cache. Its place in the journal must match the chain, every snapshot carries
//! a digest of its bytes, and a learner's snapshot must have absorbed exactly as many entries as
//! the journal holds for them up to the cut. Whatever fails one of these is not used.

use crate::codec::{self, CodecFault};
use crate::fault::{AppendFault, Conflict, StoreFault};
use crate::journal::chain::Hash;
use crate::journal::{Head, hash_at, signed};
use crate::store::{Store, write_fault};
use nexus_engine::ids::LearnerId;
use nexus_engine::workspace::{LearnerState, SharedState};
use rusqlite::{Connection, OptionalExtension};

/// Pages of SQLite's log that a snapshot of so many bytes needs, and a little for its index.
fn pages(bytes: usize) -> usize {
    bytes / 4_096 + 3
}

impl Store {
    /// Saves the shared state and every learner that changed since the last checkpoint, all as of
    /// entry `seq`, in one durable transaction; then makes the watermark durable too.
    ///
    /// Errors: as [`Store::append`]. On [`AppendFault::StorageFull`] the previous checkpoint still stands,
    /// so the same learners, and those that change meanwhile, must be given to the next one.
    pub fn save_checkpoint<'a>(
        &mut self,
        seq: u64,
        shared: &SharedState,
        dirty: impl IntoIterator<Item = &'a LearnerState>,
    ) -> Result<Head, AppendFault> {
        self.usable()?;
        let missing = Conflict::Seq { expected: self.head.seq, given: seq };
        let hash = match seq {
            0 => crate::journal::chain::GENESIS,
            _ => hash_at(&self.connection, seq)?.ok_or(AppendFault::Conflict(missing))?,
        };
        let place = Head { seq, hash };
        let mut written = 0;
        self.write_transaction("save a checkpoint", |connection| {
            written += write_shared(connection, &place, shared)?;
            for learner in dirty {
                written += write_learner(connection, seq, learner)?;
            }
            Ok(())
        })?;
        self.merge_log(written);
        if let Err(error) = self.watermark.sync() {
            tracing::error!(%error, "the watermark could not be made durable");
            self.poison("sync the watermark");
            return Err(AppendFault::SyncFailed);
        }
        Ok(place)
    }

    /// The shared state of the last checkpoint and the entry it belongs to. `None` when there is
    /// no checkpoint, or none that can be believed: then everything is rebuilt from the journal.
    ///
    /// Errors: when the database cannot be read.
    pub fn load_checkpoint(&self) -> Result<Option<(u64, SharedState)>, StoreFault> {
        self.usable()?;
        match read_shared(&self.connection)? {
            None => Ok(None),
            Some(Ok(loaded)) => Ok(Some(loaded)),
            Some(Err(reason)) => {
                tracing::warn!(reason, "the checkpoint is not used; replaying the journal instead");
                Ok(None)
            }
        }
    }

    /// A learner as of the last checkpoint; `None` when the journal held nothing of them then.
    ///
    /// Errors: [`StoreFault::SnapshotDamaged`] when the journal knows them and the snapshot is missing,
    /// stale or damaged. Then the checkpoint as a whole must not be used.
    pub fn load_learner(&self, learner: &LearnerId) -> Result<Option<LearnerState>, StoreFault> {
        self.usable()?;
        let cut = place(&self.connection)?.map_or(0, |place| place.seq);
        let expected = entries_until(&self.connection, learner, cut)?;
        let damaged =
            |reason: String| StoreFault::SnapshotDamaged { learner: learner.clone(), reason };
        let Some(bytes) = learner_bytes(&self.connection, learner)? else {
            let complete = expected == 0;
            return if complete { Ok(None) } else { Err(damaged("it is missing".to_owned())) };
        };
        let state = read_learner(&bytes).map_err(damaged)?;
        if state.id != *learner || state.entries != expected {
            let reason = format!("it holds {} entries of {expected}", state.entries);
            return Err(damaged(reason));
        }
        Ok(Some(state))
    }

    /// At most `limit` learners of the last checkpoint, in order of their ids, after one of them.
    ///
    /// Errors: when the database cannot be read.
    pub fn learner_ids(
        &self,
        after: Option<&LearnerId>,
        limit: usize,
    ) -> Result<Vec<LearnerId>, StoreFault> {
        self.usable()?;
        learner_ids(&self.connection, after, limit)
    }

    /// How many learners the last checkpoint holds.
    ///
    /// Errors: when the database cannot be read.
    pub fn learners_len(&self) -> Result<u64, StoreFault> {
        self.usable()?;
        let count = "SELECT count(*) FROM snapshot_learner";
        let count = self.connection.query_row(count, [], |row| row.get::<_, i64>(0));
        count.map(i64::unsigned_abs).map_err(StoreFault::database("count the learners"))
    }

    /// Forgets the checkpoint, so that the next start rebuilds everything from the journal.
    ///
    /// Errors: as [`Store::append`].
    pub fn discard_checkpoint(&mut self) -> Result<(), AppendFault> {
        self.usable()?;
        if place(&self.connection)?.is_none() && self.learners_len()? == 0 {
            // Nothing to discard, and nothing to write: a full disk must not stop a recovery.
            return Ok(());
        }
        self.write_transaction("discard the checkpoint", |connection| {
            let both = "DELETE FROM snapshot_shared; DELETE FROM snapshot_learner;";
            connection.execute_batch(both).map_err(|error| write_fault("discard", error))
        })
    }
}

/// The entry that the stored checkpoint belongs to, whether or not it can be believed.
pub(crate) fn place(connection: &Connection) -> Result<Option<Head>, StoreFault> {
    let fault = || StoreFault::database("read the checkpoint");
    let select = "SELECT seq, hash FROM snapshot_shared WHERE one = 1";
    let mut statement = connection.prepare_cached(select).map_err(fault())?;
    let place =
        statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let place = place.optional().map_err(fault())?;
    // Numbers and hashes of another shape are damage, and match no entry.
    Ok(place.and_then(|(seq, hash)| {
        Some(Head { seq: u64::try_from(seq).ok()?, hash: hash.try_into().ok()? })
    }))
}

/// The shared state and its place, or in words why they cannot be believed.
pub(crate) type SharedSnapshot = Result<(u64, SharedState), String>;

/// The shared state of the stored checkpoint, if there is one.
pub(crate) fn read_shared(connection: &Connection) -> Result<Option<SharedSnapshot>, StoreFault> {
    let Some(place) = place(connection)? else { return Ok(None) };
    if place.seq > 0 && hash_at(connection, place.seq)? != Some(place.hash) {
        return Ok(Some(Err("its place does not match the journal".to_owned())));
    }
    let fault = || StoreFault::database("read the checkpoint");
    let select = "SELECT digest, bytes FROM snapshot_shared WHERE one = 1";
    let stored = connection
        .query_row(select, [], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let (digest, bytes) = stored.map_err(fault())?;
    if codec::digest(&bytes).as_slice() != digest {
        return Ok(Some(Err("its bytes were changed".to_owned())));
    }
    Ok(Some(match codec::decode_shared(&bytes) {
        Ok(shared) if shared.head == place.seq => Ok((place.seq, shared)),
        Ok(shared) => Err(format!("it holds entry {}, not {}", shared.head, place.seq)),
        // Another version wrote it: no damage, and of no use.
        Err(CodecFault::Version) => return Ok(None),
        Err(fault) => Err(fault.to_string()),
    }))
}

/// Digest and bytes of a learner's snapshot.
type Stored = (Vec<u8>, Vec<u8>);

pub(crate) fn learner_bytes(
    connection: &Connection,
    learner: &LearnerId,
) -> Result<Option<Stored>, StoreFault> {
    let fault = || StoreFault::database("read a learner");
    let select = "SELECT digest, bytes FROM snapshot_learner WHERE learner = ?1";
    let mut statement = connection.prepare_cached(select).map_err(fault())?;
    let stored = statement.query_row([learner.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
    stored.optional().map_err(fault())
}

/// A learner from their snapshot, or in words why it cannot be believed.
pub(crate) fn read_learner((digest, bytes): &Stored) -> Result<LearnerState, String> {
    if codec::digest(bytes).as_slice() != digest.as_slice() {
        return Err("its bytes were changed".to_owned());
    }
    codec::decode_learner(bytes).map_err(|fault| fault.to_string())
}

/// Shows every learner of the checkpoint to `visit`, or in words why one cannot be believed.
pub(crate) fn for_each_learner(
    connection: &Connection,
    mut visit: impl FnMut(&str, Result<LearnerState, String>),
) -> Result<(), StoreFault> {
    let fault = || StoreFault::database("read the learners");
    let select = "SELECT learner, digest, bytes FROM snapshot_learner ORDER BY learner";
    let mut statement = connection.prepare(select).map_err(fault())?;
    let mut rows = statement.query([]).map_err(fault())?;
    while let Some(row) = rows.next().map_err(fault())? {
        let learner: String = row.get(0).map_err(fault())?;
        let stored = (row.get(1).map_err(fault())?, row.get(2).map_err(fault())?);
        visit(&learner, read_learner(&stored));
    }
    Ok(())
}

pub(crate) fn learner_ids(
    connection: &Connection,
    after: Option<&LearnerId>,
    limit: usize,
) -> Result<Vec<LearnerId>, StoreFault> {
    let fault = || StoreFault::database("list the learners");
    let select =
        "SELECT learner FROM snapshot_learner WHERE learner > ?1 ORDER BY learner LIMIT ?2";
    let mut statement = connection.prepare_cached(select).map_err(fault())?;
    let after = after.map_or("", LearnerId::as_str);
    let names = statement.query_map((after, signed(limit as u64)), |row| row.get::<_, String>(0));
    let names: Vec<String> = names.map_err(fault())?.collect::<Result<_, _>>().map_err(fault())?;
    // A name that is no id is damage; it cannot be loaded, so it is left out.
    Ok(names.iter().filter_map(|name| LearnerId::new(name).ok()).collect())
}

/// How many entries the journal holds of a learner up to an entry.
fn entries_until(
    connection: &Connection,
    learner: &LearnerId,
    seq: u64,
) -> Result<u64, StoreFault> {
    let fault = || StoreFault::database("count a learner's entries");
    // The stream counts from 0 without gaps, so the newest place before the cut tells the number.
    let select = "SELECT learner_seq FROM journal WHERE learner = ?1 AND seq <= ?2 \
                  ORDER BY learner_seq DESC LIMIT 1";
    let mut statement = connection.prepare_cached(select).map_err(fault())?;
    let newest = statement.query_row((learner.as_str(), signed(seq)), |row| row.get::<_, i64>(0));
    let newest = newest.optional().map_err(fault())?;
    Ok(newest.map_or(0, |newest| newest.unsigned_abs() + 1))
}

pub(crate) fn write_shared(
    connection: &Connection,
    place: &Head,
    shared: &SharedState,
) -> Result<usize, AppendFault> {
    let fault = |error| write_fault("save the shared state", error);
    let mut bytes = Vec::new();
    codec::encode_shared(shared, &mut bytes);
    let digest: Hash = codec::digest(&bytes);
    let replace = "INSERT OR REPLACE INTO snapshot_shared (one, seq, hash, digest, bytes) \
                   VALUES (1, ?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(replace).map_err(fault)?;
    let row = (signed(place.seq), place.hash, digest, &bytes);
    statement.execute(row).map_err(fault)?;
    Ok(pages(bytes.len()))
}

pub(crate) fn write_learner(
    connection: &Connection,
    seq: u64,
    learner: &LearnerState,
) -> Result<usize, AppendFault> {
    let fault = |error| write_fault("save a learner", error);
    let mut bytes = Vec::new();
    codec::encode_learner(learner, &mut bytes);
    let digest: Hash = codec::digest(&bytes);
    let replace = "INSERT OR REPLACE INTO snapshot_learner (learner, seq, digest, bytes) \
                   VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(replace).map_err(fault)?;
    let row = (learner.id.as_str(), signed(seq), digest, &bytes);
    statement.execute(row).map_err(fault)?;
    Ok(pages(bytes.len()))
}

#[cfg(test)]
mod tests;
