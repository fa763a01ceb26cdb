//! `GET /v1/journal`: committed entries in order.

use super::body::Params;
use super::error::Failure;
use super::state::AppState;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::journal::{JournalEntry, JournalPage, PAGE_MAX};
use nexus_api::time;
use nexus_engine::catalog::Course;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::LearnerId;
use nexus_engine::time::Timestamp;
use nexus_store::record;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
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
    /// Only entries before this place, the newest first: to look back. Not with `after`.
    before: Option<u64>,
    /// How many, at most 1,000; 100 when absent.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Only entries about this learner.
    learner: Option<String>,
    /// Only entries of these types, with commas between them, such as `question_answered,decision_made`.
    #[serde(rename = "type")]
    kinds: Option<String>,
    /// Only entries received at or after this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<String>,
    /// Only entries received before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<String>,
}

/// What entries are asked for.
#[derive(Clone)]
struct EntryFilter {
    learner: Option<LearnerId>,
    kinds: Option<BTreeSet<String>>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl EntryFilter {
    /// Errors: 422 when a value is not what it should be.
    fn of(params: &JournalParams) -> Result<Self, Failure> {
        let learner = params.learner.as_deref().map(LearnerId::new).transpose();
        let learner = learner.map_err(|refusal| Failure::Query(format!("learner: {refusal}")))?;
        let kinds: Option<BTreeSet<String>> = params.kinds.as_deref().map(|words| {
            words
                .split(',')
                .map(|word| word.trim().to_owned())
                .filter(|it| !it.is_empty())
                .collect()
        });
        let unknown = kinds.iter().flatten().find(|word| !record::KINDS.contains(&word.as_str()));
        if let Some(word) = unknown {
            let word: String = word.chars().take(40).collect();
            let known = record::KINDS.join(", ");
            return Err(Failure::Query(format!(
                "type: {word:?} is no type of entry; known: {known}"
            )));
        }
        let moment = |text: &Option<String>, pointer| {
            let read = text.as_deref().map(|text| time::read(text, pointer)).transpose();
            read.map_err(|problem| Failure::Query(problem.detail))
        };
        Ok(Self {
            learner,
            kinds,
            since: moment(&params.since, "/since")?,
            until: moment(&params.until, "/until")?,
        })
    }

    fn is_empty(&self) -> bool {
        let Self { learner, kinds, since, until } = self;
        learner.is_none() && kinds.is_none() && since.is_none() && until.is_none()
    }

    fn fits(&self, entry: &Entry) -> bool {
        self.learner.as_ref().is_none_or(|learner| entry.event.learner() == Some(learner))
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(entry.event.word()))
            && self.since.is_none_or(|since| entry.received_at >= since)
            && self.until.is_none_or(|until| entry.received_at < until)
    }
}

/// Entries of one step that looks for some kinds.
const STEP_OF_KINDS: usize = 5_000;
/// How long a filtered page may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Read committed entries in order
///
/// Everything else is a fold of these. Ask again with `after` = `next` until `next` is absent. With a
/// filter, a page may hold fewer entries than `limit`, or none, and still have a `next`. With `before`
/// the newest come first, and `next` is what to ask as `before`.
#[utoipa::path(get, path = "/v1/journal", tag = "journal", params(JournalParams),
    responses((status = 200, description = "A page of the journal", body = JournalPage)))]
pub(super) async fn get_journal(
    State(state): State<AppState>,
    Params(params): Params<JournalParams>,
) -> Result<Json<JournalPage>, Failure> {
    let limit = page_size(params.limit)?;
    let after = params.after.unwrap_or(0);
    let filter = EntryFilter::of(&params)?;
    if let Some(before) = params.before {
        if params.after.is_some() {
            return Err(Failure::Query("after and before go different ways; send one".into()));
        }
        return looking_back(&state, filter, before, limit).await.map(Json);
    }
    if !filter.is_empty() {
        return filtered(&state, filter, after, limit).await.map(Json);
    }
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

/// A page of entries that fit, read through in steps, so that the node is never held for long.
async fn filtered(
    state: &AppState,
    filter: EntryFilter,
    after: u64,
    limit: usize,
) -> Result<JournalPage, Failure> {
    let began = Instant::now();
    let (mut entries, mut after) = (Vec::new(), after);
    loop {
        let (filter, room) = (filter.clone(), limit - entries.len());
        let look = move |reader: &mut dyn Reader| {
            let head = reader.state().head;
            if after >= head {
                return (head, after, EntriesRead::new(reader, Vec::new()));
            }
            let (mut fit, mut last) = (Vec::new(), after);
            for entry in reader.entries(after, PAGE_MAX) {
                if fit.len() == room {
                    break;
                }
                last = entry.seq;
                fit.extend(filter.fits(&entry).then_some(entry));
            }
            // A reader that gives nothing before the head has failed, and is not asked for ever.
            let last = if last == after { head } else { last };
            (head, last, EntriesRead::new(reader, fit))
        };
        let (head, last, page) = state.look(look).await?;
        entries.extend(page.bodies());
        after = last;
        if after >= head {
            return Ok(JournalPage { entries, head, next: None });
        }
        if entries.len() >= limit || began.elapsed() >= PATIENCE {
            return Ok(JournalPage { entries, head, next: Some(after) });
        }
    }
}

/// The same from a place backwards, the newest first.
async fn looking_back(
    state: &AppState,
    filter: EntryFilter,
    before: u64,
    limit: usize,
) -> Result<JournalPage, Failure> {
    let began = Instant::now();
    let (mut entries, mut before) = (Vec::new(), before);
    loop {
        let (filter, room) = (filter.clone(), limit - entries.len());
        let look = move |reader: &mut dyn Reader| {
            let head = reader.state().head;
            let upper = before.min(head + 1);
            let kinds = filter.kinds.iter().flatten().map(String::as_str).collect::<Vec<_>>();
            // What is not wanted is passed over without being decoded, so a step may be longer.
            let step = if kinds.is_empty() { PAGE_MAX } else { STEP_OF_KINDS };
            let lower = upper.saturating_sub(1 + step as u64);
            let mut fit = match kinds.is_empty() {
                true => reader.entries(lower, PAGE_MAX),
                false => reader.entries_of_kinds(lower, upper, &kinds),
            };
            fit.retain(|entry| entry.seq < upper && filter.fits(entry));
            fit.reverse();
            let more = fit.len() > room;
            fit.truncate(room);
            // What did not fit on the page is where the next one begins.
            let next = if more { fit.last().map_or(lower + 1, |last| last.seq) } else { lower + 1 };
            (head, next, EntriesRead::new(reader, fit))
        };
        let (head, next, page) = state.look(look).await?;
        entries.extend(page.bodies());
        before = next;
        if before <= 1 {
            return Ok(JournalPage { entries, head, next: None });
        }
        if entries.len() >= limit || began.elapsed() >= PATIENCE {
            return Ok(JournalPage { entries, head, next: Some(before) });
        }
    }
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
