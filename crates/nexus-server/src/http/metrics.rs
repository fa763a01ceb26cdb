//! `GET /metrics`: counters as Prometheus reads them. Written by hand: a counter is an atomic
//! number, and memory does not grow without readers.

mod apprentices;
mod outcomes;
mod sinks;
mod sources;
mod supports;

use super::error::Failure;
use super::state::AppState;
use crate::node::Reader;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nexus_api::events::EventReceipts;
use nexus_engine::decision::Decision;
use nexus_engine::learner::turn::SkillTurn;
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::workspace::SharedState;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Upper ends of the steps in which durations are counted, in seconds.
const STEPS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Counters since the process began.
#[derive(Debug, Default)]
pub struct Metrics {
    answers: [AtomicU64; 5],
    requests: Durations,
    events_accepted: AtomicU64,
    events_duplicate: AtomicU64,
    events_rejected: AtomicU64,
    reported: [AtomicU64; 3],
    decisions: Durations,
    fallbacks: AtomicU64,
    streams: AtomicUsize,
    connections: AtomicUsize,
    slow_clients: AtomicU64,
    gave_way: AtomicU64,
    turned_away: AtomicU64,
}

#[derive(Debug, Default)]
struct Durations {
    steps: [AtomicU64; STEPS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Durations {
    fn add(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        for (step, count) in STEPS.iter().zip(&self.steps) {
            if seconds <= *step {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn write(&self, name: &str, help: &str, out: &mut String) {
        head(name, help, "histogram", out);
        for (step, count) in STEPS.iter().zip(&self.steps) {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(out, "{name}_bucket{{le=\"{step}\"}} {count}");
        }
        let count = self.count.load(Ordering::Relaxed);
        let seconds = self.micros.load(Ordering::Relaxed) as f64 / 1e6;
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(out, "{name}_sum {seconds}\n{name}_count {count}");
    }
}

impl Metrics {
    pub(super) fn answered(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(4);
        self.answers[class].fetch_add(1, Ordering::Relaxed);
        self.requests.add(took);
    }

    pub(super) fn received(&self, receipts: &EventReceipts) {
        self.events_accepted.fetch_add(receipts.accepted.into(), Ordering::Relaxed);
        self.events_duplicate.fetch_add(receipts.duplicate.into(), Ordering::Relaxed);
        self.events_rejected.fetch_add(receipts.rejected.into(), Ordering::Relaxed);
    }

    /// A reported value was recorded, was recorded before, or was refused.
    pub(super) fn reported(&self, duplicate: Option<bool>) {
        let place = match duplicate {
            Some(false) => 0,
            Some(true) => 1,
            None => 2,
        };
        self.reported[place].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn decided(&self, decision: &Decision, took: Duration) {
        self.decisions.add(took);
        if decision.choice.fallback.is_some() {
            self.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn stream_opened(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stream_closed(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn disconnected(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn was_slow(&self) {
        self.slow_clients.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn gave_way(&self) {
        self.gave_way.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }
}

/// Read the counters
///
/// Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "The counters", content_type = "text/plain",
        body = String)))]
pub(super) async fn get_metrics(State(state): State<AppState>) -> Result<Response, Failure> {
    let look = |reader: &mut dyn Reader| {
        let shared = reader.state();
        let counts = (shared.head, shared.kill_switches.len(), shared.erasures.len());
        let texts =
            [learning(shared), apprentices::of_courses(shared), supports::of_courses(shared)];
        (counts, outcomes::of_courses(shared), texts)
    };
    let (counts, outcomes, texts) = state.look(look).await?;
    let mut text = render(&state, counts);
    outcomes::write(&outcomes, &mut text);
    text.extend(texts);
    sources::write(&super::sources::reports(&state).await?, &mut text);
    sinks::write(&super::sinks::reports(&state).await?, &mut text);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn render(state: &AppState, counts: (u64, usize, usize)) -> String {
    let (journal_head, switches, erased) = counts;
    let metrics = &*state.metrics;
    let mut out = String::new();
    head("nexus_http_answers_total", "Answers by class of status.", "counter", &mut out);
    for (class, count) in metrics.answers.iter().enumerate() {
        let (class, count) = (class + 1, count.load(Ordering::Relaxed));
        let _ = writeln!(out, "nexus_http_answers_total{{class=\"{class}xx\"}} {count}");
    }
    metrics.requests.write("nexus_http_request_seconds", "Time to an answer.", &mut out);
    head("nexus_events_total", "Events by what became of them.", "counter", &mut out);
    for (status, count) in [
        ("accepted", &metrics.events_accepted),
        ("duplicate", &metrics.events_duplicate),
        ("rejected", &metrics.events_rejected),
    ] {
        let count = count.load(Ordering::Relaxed);
        let _ = writeln!(out, "nexus_events_total{{status=\"{status}\"}} {count}");
    }
    head("nexus_reported_rewards_total", "Reports by what became of them.", "counter", &mut out);
    for (status, count) in ["accepted", "duplicate", "refused"].iter().zip(&metrics.reported) {
        let count = count.load(Ordering::Relaxed);
        let _ = writeln!(out, "nexus_reported_rewards_total{{status=\"{status}\"}} {count}");
    }
    head("nexus_skill_turns_total", "What answers did to skills.", "counter", &mut out);
    for turn in SkillTurn::ALL {
        let (word, count) = (turn.word(), state.node.turns().of(turn));
        let _ = writeln!(out, "nexus_skill_turns_total{{turn=\"{word}\"}} {count}");
    }
    metrics.decisions.write("nexus_decision_seconds", "Time to a durable decision.", &mut out);
    let fallbacks = metrics.fallbacks.load(Ordering::Relaxed) as f64;
    let slow = metrics.slow_clients.load(Ordering::Relaxed) as f64;
    let gave_way = metrics.gave_way.load(Ordering::Relaxed) as f64;
    let turned_away = metrics.turned_away.load(Ordering::Relaxed) as f64;
    let open = metrics.connections.load(Ordering::Relaxed) as f64;
    let refused = state.node.erasures().refused() as f64;
    let remains = f64::from(u8::from(state.node.erasures().remains()));
    let ready = f64::from(u8::from(state.node.health() == crate::node::Health::Ready));
    for (name, help, kind, value) in [
        ("nexus_fallbacks_total", "Decisions on the static path.", "counter", fallbacks),
        ("nexus_slow_clients_total", "Connections closed as too slow.", "counter", slow),
        ("nexus_connections", "Open connections.", "gauge", open),
        ("nexus_connections_gave_way_total", "Closed while idle, for others.", "counter", gave_way),
        ("nexus_connections_refused_total", "Closed at once: no room.", "counter", turned_away),
        ("nexus_streams", "Open streams.", "gauge", metrics.streams() as f64),
        ("nexus_queue_depth", "Requests that wait.", "gauge", state.node.queue_len() as f64),
        ("nexus_journal_head", "Last committed entry.", "gauge", journal_head as f64),
        ("nexus_kill_switches", "Kill switches that are on.", "gauge", switches as f64),
        ("nexus_erased_learners", "Learners who were erased.", "gauge", erased as f64),
        ("nexus_erased_refusals_total", "Refused: the learner was erased.", "counter", refused),
        ("nexus_erased_bytes_remain", "1 while old bytes may be in files.", "gauge", remains),
        ("nexus_ready", "1 when the node serves.", "gauge", ready),
    ] {
        self::head(name, help, kind, &mut out);
        let _ = writeln!(out, "{name} {value}");
    }
    out
}

/// What became of the rewards of each policy that learns, course by course.
fn learning(shared: &SharedState) -> String {
    let (name, mut out) = ("nexus_policy_rewards_total", String::new());
    head(name, "Rewards of policies by what became of them.", "counter", &mut out);
    let policies = shared.lives.iter().flat_map(|(course, life)| {
        life.policies.iter().map(move |(policy, life)| (course, policy, life.learning))
    });
    for (course, policy, learning) in policies.filter(|it| it.2 != Learning::default()) {
        let Learning { learned, refused, capped, frozen, not_chosen } = learning;
        for (outcome, count) in [
            ("learned", learned),
            ("refused", refused),
            ("capped", capped),
            ("frozen", frozen),
            ("not_chosen", not_chosen),
        ] {
            let labels = format!("course=\"{course}\",policy=\"{policy}\",outcome=\"{outcome}\"");
            let _ = writeln!(out, "{name}{{{labels}}} {count}");
        }
    }
    out
}

fn head(name: &str, help: &str, kind: &str, out: &mut String) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
