//! `GET /v1/stream`: server-sent events for the pages.
//!
//! `live` every second, `decision` for new decisions, at most five a second, and a comment every
//! 15 seconds so that nobody in between gives the connection up. A stream holds nothing that is
//! not also in `/v1/stats` and `/v1/decisions`, so a reader that missed something has lost nothing:
//! `Last-Event-ID` is accepted and the stream begins with now.
//!
//! It ends when the server stops, and after ten minutes: credentials are looked at when a stream
//! opens, so none outlives its credential for longer. `EventSource` connects again by itself.

use super::error::Failure;
use super::shelf;
use super::state::AppState;
use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use nexus_api::live::{LiveDecision, LiveNumbers};
use nexus_engine::decision::Decision;
use nexus_engine::event::{Entry, Event};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

/// The most decisions a second in one stream.
const DECISIONS_PER_SECOND: usize = 5;
/// How long a stream lasts.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// How long a stream may be silent.
const PING: Duration = Duration::from_secs(15);

/// Follow what happens
///
/// Server-sent events: `live` (see `LiveNumbers`) every second, `decision` (see `LiveDecision`) for
/// new decisions, at most five a second. Open one stream a page. A stream ends after ten minutes,
/// because its credential is looked at when it opens; `EventSource` connects again by itself.
#[utoipa::path(get, path = "/v1/stream", tag = "live",
    responses((status = 200, description = "Events, for ten minutes at most",
        content_type = "text/event-stream", body = String)))]
pub(super) async fn get_stream(State(state): State<AppState>) -> Result<Response, Failure> {
    let follower = Follower::new(state);
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let keep_alive = KeepAlive::new().interval(PING).text("ping");
    let headers = [("cache-control", "no-store"), ("x-accel-buffering", "no")];
    Ok((headers, Sse::new(events).keep_alive(keep_alive)).into_response())
}

/// One open stream.
struct Follower {
    state: AppState,
    feed: broadcast::Receiver<Arc<Entry>>,
    live: watch::Receiver<Arc<LiveNumbers>>,
    stopping: watch::Receiver<bool>,
    ends_at: tokio::time::Instant,
    second: Instant,
    in_second: usize,
}

enum Heard {
    Live(Arc<LiveNumbers>),
    Entry(Arc<Entry>),
    Nothing,
    End,
}

impl Follower {
    fn new(state: AppState) -> Self {
        state.metrics.stream_opened();
        let mut live = state.rates.latest();
        live.mark_changed();
        Self {
            feed: state.node.feed(),
            live,
            stopping: state.stopping.subscribe(),
            ends_at: tokio::time::Instant::now() + state.stream_lifetime,
            second: Instant::now(),
            in_second: 0,
            state,
        }
    }

    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            match self.hear().await {
                Heard::Live(numbers) if numbers.at.is_empty() => {}
                Heard::Live(numbers) => {
                    return Some(event("live", &*numbers).id(numbers.head.to_string()));
                }
                Heard::Entry(entry) => {
                    if let Event::DecisionMade(decision) = &entry.event
                        && self.may_tell()
                    {
                        return Some(self.decision(decision, entry.seq).await);
                    }
                }
                Heard::Nothing => {}
                Heard::End => return None,
            }
        }
    }

    async fn hear(&mut self) -> Heard {
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => Heard::End,
            () = tokio::time::sleep_until(self.ends_at) => Heard::End,
            changed = self.live.changed() => match changed {
                Ok(()) => Heard::Live(Arc::clone(&self.live.borrow_and_update())),
                Err(_) => Heard::End,
            },
            entry = self.feed.recv() => match entry {
                Ok(entry) => Heard::Entry(entry),
                Err(RecvError::Lagged(_)) => Heard::Nothing,
                Err(RecvError::Closed) => Heard::End,
            },
        }
    }

    /// Nobody reads more than a few decisions a second; the counters tell of all.
    fn may_tell(&mut self) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            self.second = Instant::now();
            self.in_second = 0;
        }
        self.in_second += 1;
        self.in_second <= DECISIONS_PER_SECOND
    }

    async fn decision(&self, decision: &Decision, seq: u64) -> SseEvent {
        let course = decision.course.as_str();
        let book = shelf::book(&self.state, course, decision.course_version).await;
        let book = book.ok().flatten();
        let course = book.as_ref().map(|book| &*book.course);
        event("decision", &LiveDecision::new(decision, seq, course)).id(seq.to_string())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.state.metrics.stream_closed();
    }
}

fn event(name: &str, payload: &impl serde::Serialize) -> SseEvent {
    let text = serde_json::to_string(payload).unwrap_or_default();
    SseEvent::default().event(name).data(text)
}
