//! `GET /v1/stream`: server-sent events for the pages.
//!
//! `live` every second; `decision` for new decisions; `learner_stuck`, `learner_unstuck`,
//! `skill_mastered` and `mastery_lost` when an answer does that; each kind but `live` at most five
//! a second; and a comment every 15 seconds so that no proxy gives the connection up. A
//! stream holds nothing that is not also in `/v1/stats`, `/v1/decisions` and the mastery of
//! learners, so a reader that missed something has lost nothing: `Last-Event-ID` is accepted and
//! the stream begins with now.
//!
//! It ends when the server stops, and after ten minutes: credentials are looked at when a stream
//! opens, so none outlives its credential for longer. `EventSource` connects again by itself.

use super::course_cache;
use super::error::Failure;
use super::state::AppState;
use crate::node::Committed;
use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use nexus_api::live::{LiveDecision, LiveNumbers, LiveTurn};
use nexus_engine::decision::Decision;
use nexus_engine::event::{Event, Happening};
use nexus_engine::ids::SkillKey;
use nexus_engine::learner::turn::SkillTurn;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

/// The most events of one kind a second in one stream, besides `live`.
const PER_SECOND: usize = 5;
/// How long a stream lasts.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// How long a stream may be silent.
const PING: Duration = Duration::from_secs(15);

/// Follow what happens
///
/// Server-sent events: `live` (see `LiveNumbers`) every second, `decision` (see `LiveDecision`) for
/// new decisions, at most five a second; `learner_stuck`, `learner_unstuck`, `skill_mastered` and
/// `mastery_lost` (see `LiveTurn`) when an answer does that to a skill, each at most five a second:
/// the counters in `/metrics` tell of all. Open one stream a page. A stream ends after ten minutes,
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

struct Follower {
    state: AppState,
    feed: broadcast::Receiver<Arc<Committed>>,
    live: watch::Receiver<Arc<LiveNumbers>>,
    stopping: watch::Receiver<bool>,
    ends_at: tokio::time::Instant,
    decisions: Limit,
    turns: [Limit; SkillTurn::ALL.len()],
    /// Turns that were heard with one entry and are not told yet.
    waiting: VecDeque<SseEvent>,
}

/// A person reads no more than a few events a second; the counters include all.
struct Limit {
    second: Instant,
    in_second: usize,
}

impl Limit {
    fn new() -> Self {
        Self { second: Instant::now(), in_second: 0 }
    }

    fn may_tell(&mut self) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            *self = Self::new();
        }
        self.in_second += 1;
        self.in_second <= PER_SECOND
    }
}

enum Heard {
    Live(Arc<LiveNumbers>),
    Entry(Arc<Committed>),
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
            decisions: Limit::new(),
            turns: std::array::from_fn(|_| Limit::new()),
            waiting: VecDeque::new(),
            state,
        }
    }

    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            match self.hear().await {
                Heard::Live(numbers) if numbers.at.is_empty() => {}
                Heard::Live(numbers) => {
                    return Some(event("live", &*numbers).id(numbers.head.to_string()));
                }
                Heard::Entry(committed) => self.tell(&committed).await,
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

    async fn tell(&mut self, committed: &Committed) {
        let entry = &committed.entry;
        match &entry.event {
            Event::DecisionMade(decision) if self.decisions.may_tell() => {
                let event = self.decision(decision, entry.seq).await;
                self.waiting.push_back(event);
            }
            Event::Happened(happening) => {
                for (skill, turn) in &committed.turns {
                    if self.turns[*turn as usize].may_tell() {
                        let event = self.turn(happening, entry.seq, *skill, *turn).await;
                        self.waiting.extend(event);
                    }
                }
            }
            _ => {}
        }
    }

    async fn turn(
        &self,
        happening: &Happening,
        seq: u64,
        skill: SkillKey,
        turn: SkillTurn,
    ) -> Option<SseEvent> {
        let course = happening.course.as_str();
        let published =
            course_cache::published_course(&self.state, course, happening.course_version)
                .await
                .ok()??;
        let skill = published.course.skill_by_key(skill)?;
        let payload = LiveTurn::new(happening, seq, skill, turn);
        Some(event(turn.word(), &payload).id(seq.to_string()))
    }

    async fn decision(&self, decision: &Decision, seq: u64) -> SseEvent {
        let course = decision.course.as_str();
        let published = course_cache::published_course(
            &self.state,
            course,
            decision.origin.window.course_version,
        )
        .await;
        let published = published.ok().flatten();
        let course = published.as_ref().map(|published| &*published.course);
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
