//! Reading a journal beside its writer: pages of committed entries, on a connection that
//! cannot write.
//!
//! Each page is a read of its own, so that a long reading never keeps SQLite's log from being
//! copied into the database.

use crate::fault::StoreFault;
use crate::journal::row::{self, Row};
use crate::journal::signed;
use crate::journal::{StoredEntry, corrections};
use crate::verify::connect;
use nexus_engine::workspace::corrections::Corrections;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// A journal, open for reading. It needs no lock, and may be used beside a running server.
#[derive(Debug)]
pub struct JournalReader {
    connection: Connection,
}

impl JournalReader {
    /// Opens the journal of a data directory.
    ///
    /// Errors: when there is none, or it cannot be read.
    pub fn open(directory: &Path) -> Result<Self, StoreFault> {
        let connection = connect(directory)?;
        let waits = connection.busy_timeout(Duration::from_secs(5));
        waits.map_err(StoreFault::database("configure"))?;
        Ok(Self { connection })
    }

    /// The number of the last committed entry; 0 when there is none.
    ///
    /// Errors: when the journal cannot be read.
    pub fn head_seq(&self) -> Result<u64, StoreFault> {
        let select = "SELECT coalesce(max(seq), 0) FROM journal";
        let head = self.connection.query_row(select, [], |row| row.get::<_, i64>(0));
        head.map(i64::unsigned_abs).map_err(StoreFault::database("read the journal"))
    }

    /// What the journal's corrections say of its other entries.
    ///
    /// Errors: when one of them cannot be read.
    pub fn corrections(&self) -> Result<Corrections, StoreFault> {
        corrections(&self.connection)
    }

    /// At most `limit` committed entries after a number, in order.
    ///
    /// Errors: when one of them cannot be read.
    pub fn page(&self, after_seq: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreFault> {
        let tail = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let bounds = (signed(after_seq), signed(limit as u64));
        let rows = row::select(&self.connection, tail, &[&bounds.0, &bounds.1])?;
        rows.into_iter().map(Row::decode).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::{JournalFixture, filled};
    use crate::store::{OpenOptions, Store};
    use nexus_engine::event::{Action, Entry, Event};
    use nexus_engine::time::Timestamp;
    use nexus_engine::workspace::answers_given::AnswersGiven;
    use nexus_engine::workspace::{LearnerState, SharedState};
    use std::collections::BTreeMap;

    #[test]
    fn pages_are_read_beside_the_writer() {
        let directory = tempfile::tempdir().unwrap();
        assert!(JournalReader::open(directory.path()).is_err());
        let classroom = JournalFixture::after(4);
        let store = filled(directory.path(), &classroom);
        let reader = JournalReader::open(directory.path()).unwrap();
        let head = store.head().seq;
        assert_eq!(reader.head_seq().unwrap(), head);
        let mut read: Vec<StoredEntry> = Vec::new();
        while read.len() < head as usize {
            let after = read.last().map_or(0, |stored| stored.entry.seq);
            let page = reader.page(after, 10).unwrap();
            assert!((1..=10).contains(&page.len()));
            read.extend(page);
        }
        assert_eq!(reader.page(head, 10).unwrap(), []);
        assert_eq!(read, store.entries(0, head as usize).unwrap());
        drop(store);
        assert!(Store::open(directory.path(), &OpenOptions::default()).is_ok());
    }

    /// The oracle is the fold itself: after an answer is applied, its moment is the learner's
    /// latest, and the courses of the whole fold give its question.
    #[test]
    fn a_fit_reads_each_answer_as_applying_it_does() {
        let classroom = JournalFixture::after(12);
        let (mut shared, mut learners) =
            (SharedState::default(), BTreeMap::<_, LearnerState>::new());
        let (mut given, mut expected) = (AnswersGiven::new(usize::MAX), Vec::new());
        for record in &classroom.records {
            given.read(&record.entry);
            let id = record.entry.event.learner().cloned();
            let learner = id
                .clone()
                .map(|id| learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id)));
            shared.apply(learner, &record.entry);
            expected.extend(answered(&record.entry, &shared, &learners));
        }
        let answers = given.answers().iter();
        let read: Vec<_> =
            answers.map(|a| (a.question.0, a.right, a.skills.clone(), a.at)).collect();
        assert!(expected.len() > 20, "{} answers", expected.len());
        assert_eq!(read, expected);
        assert_eq!((given.through(), given.left_out()), (shared.head, 0));
        let mut latest = AnswersGiven::new(7);
        classroom.records.iter().for_each(|record| latest.read(&record.entry));
        assert_eq!(latest.left_out(), expected.len() as u64 - 7);
        let skipped = expected.len() - 7;
        assert_eq!(latest.answers(), &given.answers()[skipped..]);
    }

    type Seen = (u32, bool, Vec<nexus_engine::ids::SkillKey>, Timestamp);

    fn answered(
        entry: &Entry,
        shared: &SharedState,
        learners: &BTreeMap<nexus_engine::ids::LearnerId, LearnerState>,
    ) -> Option<Seen> {
        let Event::Happened(happening) = &entry.event else { return None };
        let Action::QuestionAnswered(answer) = &happening.action else { return None };
        let course = shared.course(happening.course.as_str()).unwrap();
        let question = course.question(answer.question.as_str()).unwrap();
        let skills = course.skill_keys(&question.skills).collect();
        let at = learners[&happening.learner].last_at;
        Some((question.key.0, answer.grade >= 1.0, skills, at))
    }
}
