//! Live numbers: computed once a second for all streams, and at once for `GET /v1/stats`.

use super::error::Failure;
use super::health;
use super::state::AppState;
use crate::node::Reader;
use axum::Json;
use axum::extract::State;
use nexus_api::experiments::variants;
use nexus_api::live::{LiveExperiment, LiveNumbers, LiveRates, LiveTotals};
use nexus_api::report::CourseNumbers;
use nexus_api::switch::ThrownSwitch;
use nexus_api::time;
use nexus_engine::catalog::Course;
use nexus_engine::experiment::tally::ExperimentState;
use nexus_engine::report::{CourseOverlap, CourseReport};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often streams get new numbers.
const INTERVAL: Duration = Duration::from_secs(1);
/// Over how many intervals rates are taken.
const RATE_INTERVALS: usize = 10;
/// Activities of a course in the live numbers.
const ACTIVITIES_MAX: usize = 8;

/// The last few sums, and the latest numbers for streams.
#[derive(Debug)]
pub struct Rates {
    samples: Mutex<VecDeque<(Instant, LiveTotals)>>,
    latest: watch::Sender<Arc<LiveNumbers>>,
}

impl Default for Rates {
    fn default() -> Self {
        let latest = watch::Sender::new(Arc::default());
        Self { samples: Mutex::default(), latest }
    }
}

impl Rates {
    /// The numbers of every second from now on; the first may be empty.
    #[must_use]
    pub fn latest(&self) -> watch::Receiver<Arc<LiveNumbers>> {
        self.latest.subscribe()
    }

    fn sample(&self, totals: LiveTotals) {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push_back((Instant::now(), totals));
        if samples.len() > RATE_INTERVALS + 1 {
            samples.pop_front();
        }
    }

    fn rates(&self) -> LiveRates {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some((began, first)), Some((ended, last))) = (samples.front(), samples.back()) else {
            return LiveRates::default();
        };
        let seconds = ended.duration_since(*began).as_secs_f64();
        let rate = |first: u64, last: u64| match seconds > 0.0 {
            true => last.saturating_sub(first) as f64 / seconds,
            false => 0.0,
        };
        LiveRates {
            events_per_second: rate(first.events, last.events),
            decisions_per_second: rate(first.decisions, last.decisions),
            rewards_per_second: rate(first.rewards, last.rewards),
        }
    }
}

/// Read the live numbers
///
/// The same numbers that the stream sends every second.
#[utoipa::path(get, path = "/v1/stats", tag = "live",
    responses((status = 200, description = "The numbers now", body = LiveNumbers)))]
pub(super) async fn get_stats(State(state): State<AppState>) -> Result<Json<LiveNumbers>, Failure> {
    numbers(&state).await.map(Json)
}

/// Keeps the numbers fresh until the server stops.
pub(super) async fn run(state: AppState) {
    let mut stopping = state.stopping.subscribe();
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        // While the node cannot be asked, streams keep the numbers they have.
        if let Ok(numbers) = numbers(&state).await {
            state.rates.sample(numbers.totals);
            let rates = state.rates.rates();
            state.rates.latest.send_replace(Arc::new(LiveNumbers { rates, ..numbers }));
        }
    }
}

/// What the numbers are made of.
struct Seen {
    head: u64,
    courses: Vec<(Arc<Course>, CourseReport, u64)>,
    experiments: Vec<(ExperimentState, bool)>,
    switches: Vec<ThrownSwitch>,
    overlap: CourseOverlap,
    at: String,
}

/// Only copies leave the node's thread; the words are put together here.
async fn numbers(state: &AppState) -> Result<LiveNumbers, Failure> {
    let look = |reader: &mut dyn Reader| -> Seen {
        let at = time::print(reader.now());
        let shared = reader.state();
        let waiting = shared.waiting();
        let latest = shared.courses.values().filter_map(|versions| versions.values().next_back());
        let reported = latest.map(|course| {
            let report = shared.reports.get(&course.id).cloned().unwrap_or_default();
            let waiting = waiting.get(&course.id).copied().unwrap_or(0);
            (Arc::clone(course), report, waiting)
        });
        let experiments = shared.experiments.values();
        let has_check = |it: &ExperimentState| shared.has_check(&it.definition.course);
        Seen {
            head: shared.head,
            courses: reported.collect(),
            experiments: experiments.map(|it| (it.without_history(), has_check(it))).collect(),
            switches: ThrownSwitch::all(shared),
            overlap: shared.overlap,
            at,
        }
    };
    let Seen { head, courses, experiments, switches, overlap, at } = state.look(look).await?;
    let numbers = |(course, report, waiting): &(Arc<Course>, CourseReport, u64)| {
        CourseNumbers::new(course, report, *waiting, ACTIVITIES_MAX)
    };
    let courses: Vec<_> = courses.iter().map(numbers).collect();
    Ok(LiveNumbers {
        at,
        clock_factor: state.clock.factor(),
        banner: state.banner.as_deref().map(str::to_owned),
        switches,
        health: health::on_the_wire(state.node.health()),
        head,
        queue: state.node.queue_len(),
        streams: state.metrics.streams(),
        rates: state.rates.rates(),
        totals: LiveTotals::of(&courses, &overlap),
        courses,
        experiments: experiments.iter().map(experiment).collect(),
        sources: super::sources::reports(state).await?,
    })
}

fn experiment((state, has_check): &(ExperimentState, bool)) -> LiveExperiment {
    LiveExperiment {
        experiment: state.definition.id.to_string(),
        course: state.definition.course.to_string(),
        running: state.is_running(),
        variants: variants(state, *has_check),
    }
}
