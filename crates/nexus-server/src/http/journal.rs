//! `GET /v1/journal`: committed entries in order.

use super::body::Params;
use super::error::Failure;
use super::state::AppState;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::journal::{JournalEntry, JournalPage, PAGE_MAX};
use nexus_engine::catalog::Course;
use nexus_engine::event::{Entry, Event};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::IntoParams;

/// How many entries by default.
const PAGE_DEFAULT: usize = 100;

/// Which part of the journal.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct JournalParams {
    /// Only entries after this place; 0 when absent.
    after: Option<u64>,
    /// How many, at most 1,000; 100 when absent.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Read committed entries in order
///
/// Everything else is a fold of these. Ask again with `after` = `next` until `next` is absent.
#[utoipa::path(get, path = "/v1/journal", tag = "journal", params(JournalParams),
    responses((status = 200, description = "A page of the journal", body = JournalPage)))]
pub(super) async fn get_journal(
    State(state): State<AppState>,
    Params(params): Params<JournalParams>,
) -> Result<Json<JournalPage>, Failure> {
    let limit = page_size(params.limit)?;
    let after = params.after.unwrap_or(0);
    let look = move |reader: &mut dyn Reader| {
        // Places beyond what a signed number holds are beyond every journal.
        let entries =
            if after > i64::MAX as u64 { Vec::new() } else { reader.entries(after, limit) };
        (reader.state().head, EntriesRead::new(reader, entries))
    };
    let (head, page) = state.look(look).await?;
    let last = page.entries.last().map(|entry| entry.seq);
    let next = last.filter(|last| *last < head);
    Ok(Json(JournalPage { entries: page.bodies(), head, next }))
}

/// The size of a page.
///
/// Errors: 422 when it is zero or too large.
pub(super) fn page_size(limit: Option<usize>) -> Result<usize, Failure> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Failure::Query(format!("limit lies between 1 and {PAGE_MAX}, not {limit}")))
}

/// Entries with the courses whose words they need: made on the node's thread, written out here.
pub(crate) struct EntriesRead {
    /// The entries, in the order of the journal.
    pub(crate) entries: Vec<Entry>,
    courses: BTreeMap<(String, u32), Arc<Course>>,
}

impl EntriesRead {
    pub(crate) fn new(reader: &mut dyn Reader, entries: Vec<Entry>) -> Self {
        let mut courses = BTreeMap::new();
        for key in entries.iter().filter_map(words_of) {
            if !courses.contains_key(&key)
                && let Some(course) = reader.state().course_version(&key.0, key.1)
            {
                courses.insert(key, Arc::clone(course));
            }
        }
        Self { entries, courses }
    }

    pub(crate) fn bodies(&self) -> Vec<JournalEntry> {
        let course = |entry| words_of(entry).and_then(|key| self.courses.get(&key));
        let body = |entry| JournalEntry::new(entry, course(entry).map(|course| &**course));
        self.entries.iter().map(body).collect()
    }
}

/// Only decisions need the words of their course.
fn words_of(entry: &Entry) -> Option<(String, u32)> {
    match &entry.event {
        Event::DecisionMade(decision) => {
            Some((decision.course.to_string(), decision.origin.window.course_version))
        }
        _ => None,
    }
}
