//! The course cache: published course versions, so that an answer need not ask the node for words.
//!
//! A published version never changes, so an entry is never stale.

use super::error::Failure;
use super::state::AppState;
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::workspace::SharedState;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A published course version: checked, and as its author wrote it.
#[derive(Clone, Debug)]
pub struct PublishedCourse {
    pub course: Arc<Course>,
    pub draft: Arc<CourseDraft>,
}

/// Published courses by course and version.
#[derive(Debug, Default)]
pub struct CourseCache(RwLock<BTreeMap<(String, u32), PublishedCourse>>);

impl CourseCache {
    fn get(&self, key: &(String, u32)) -> Option<PublishedCourse> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: (String, u32), published: PublishedCourse) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, published);
    }
}

/// A course version in the node's state.
#[must_use]
pub fn find(state: &SharedState, course: &str, version: Option<u32>) -> Option<PublishedCourse> {
    let course = match version {
        Some(version) => state.course_version(course, version),
        None => state.course(course),
    }?;
    let mut drafts = state.publications.iter().rev();
    let same = |draft: &&Arc<CourseDraft>| {
        draft.id == course.id.as_str() && draft.version == course.version
    };
    let draft = drafts.find(same)?;
    Some(PublishedCourse { course: Arc::clone(course), draft: Arc::clone(draft) })
}

/// A course version from the cache, or from the node when the cache lacks it.
///
/// Errors: when the node cannot be asked.
pub async fn published_course(
    state: &AppState,
    course: &str,
    version: u32,
) -> Result<Option<PublishedCourse>, Failure> {
    let key = (course.to_owned(), version);
    if let Some(published) = state.course_cache.get(&key) {
        return Ok(Some(published));
    }
    let wanted = key.clone();
    let look =
        move |reader: &mut dyn crate::node::Reader| find(reader.state(), &wanted.0, Some(wanted.1));
    let found = state.look(look).await?;
    if let Some(published) = &found {
        state.course_cache.put(key, published.clone());
    }
    Ok(found)
}
