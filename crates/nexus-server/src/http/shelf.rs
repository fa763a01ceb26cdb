//! The shelf: published course versions at hand, so that an answer need not ask the node for words.
//!
//! A published version never changes, so what stands here is never stale.

use super::error::Failure;
use super::state::AppState;
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::workspace::SharedState;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A published course version: checked, and as its author wrote it.
#[derive(Clone, Debug)]
pub struct Book {
    /// Checked and indexed.
    pub course: Arc<Course>,
    /// As written.
    pub draft: Arc<CourseDraft>,
}

/// Books by course and version.
#[derive(Debug, Default)]
pub struct Shelf(RwLock<BTreeMap<(String, u32), Book>>);

impl Shelf {
    fn at_hand(&self, key: &(String, u32)) -> Option<Book> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: (String, u32), book: Book) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, book);
    }
}

/// A course version in the node's state.
#[must_use]
pub fn find(state: &SharedState, course: &str, version: Option<u32>) -> Option<Book> {
    let course = match version {
        Some(version) => state.course_version(course, version),
        None => state.course(course),
    }?;
    let mut drafts = state.publications.iter().rev();
    let same = |draft: &&Arc<CourseDraft>| {
        draft.id == course.id.as_str() && draft.version == course.version
    };
    let draft = drafts.find(same)?;
    Some(Book { course: Arc::clone(course), draft: Arc::clone(draft) })
}

/// A course version from the shelf, or from the node on first sight.
///
/// # Errors
/// That the node cannot be asked.
pub async fn book(state: &AppState, course: &str, version: u32) -> Result<Option<Book>, Failure> {
    let key = (course.to_owned(), version);
    if let Some(book) = state.shelf.at_hand(&key) {
        return Ok(Some(book));
    }
    let wanted = key.clone();
    let look =
        move |reader: &mut dyn crate::node::Reader| find(reader.state(), &wanted.0, Some(wanted.1));
    let found = state.look(look).await?;
    if let Some(book) = &found {
        state.shelf.put(key, book.clone());
    }
    Ok(found)
}
