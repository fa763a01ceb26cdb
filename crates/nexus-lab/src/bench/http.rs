//! Events and decisions over HTTP on the loopback address, beside a bare server that stores and
//! decides nothing.

use super::Effort;
use super::figure::{Figure, Unit};
use super::load::{MakeBody, Run, Target, closed, flood, open};
use super::school::{COURSE, Size, history_questions};
use super::server::Server;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::runtime::{Handle, Runtime};

/// What the design allows for the 99th percentile of a durable decision at half load.
const DECISION_BUDGET_SECONDS: f64 = 0.025;
/// Events of a batch.
const BATCH: usize = 100;
/// Connections of a flood of batches.
const FLOOD_CONNECTIONS: usize = 8;
const SHARES: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];
const BARE: &str = "a bare axum server, same load";

const HALF: &str = "from when a request was due to its answer, at half our capacity";
const FULL: &str = "from sending a request to its answer, at full capacity";
const MIXED: &str = "decisions as at half, but a quarter of each: decisions and batches";
const FLOOD: &str = "decisions at a tenth of capacity, while batches come as fast as they go";

/// One kind of request.
struct Kind {
    name: &'static str,
    what: &'static str,
    /// How many of what is counted one request carries.
    carries: usize,
    ours: Target,
    bare: Target,
    runs: Runs,
}

/// What came of a kind, round by round.
#[derive(Default)]
struct Runs {
    closed: Vec<Run>,
    closed_bare: Vec<Run>,
    half: Vec<Run>,
    half_bare: Vec<Run>,
}

/// Decisions beside a load of batches.
#[derive(Default)]
struct Beside {
    decisions: Vec<Run>,
    batches: Vec<Run>,
}

/// The figures of this subject.
pub(super) fn measure(effort: &Effort, directory: &Path) -> anyhow::Result<Vec<Figure>> {
    let serving = Runtime::new().context("no runtime for the servers")?;
    // The clients have threads of their own, as they would on another machine.
    let sending = Runtime::new().context("no runtime for the clients")?;
    sending.block_on(measured(effort, directory, serving.handle()))
}

async fn measured(
    effort: &Effort,
    directory: &Path,
    serving: &Handle,
) -> anyhow::Result<Vec<Figure>> {
    let data = directory.join("http");
    let class = effort.class;
    let ours = serving.spawn(async move { Server::nexus(&data, class).await }).await??;
    let (event, batch, decision) = targets(&ours, class);
    let receipt = accepted(&event, 1).await?;
    accepted(&batch, BATCH).await?;
    let decided = decision.once().await?;
    let decided = String::from_utf8_lossy(&decided).into_owned();
    let bare = serving.spawn(Server::bare(receipt, decided)).await??;
    let kind = |name, what, carries, ours: &Target| {
        let Server { address, authorization, .. } = &bare;
        let bare =
            Target { address: *address, authorization: authorization.clone(), ..ours.clone() };
        Kind { name, what, carries, ours: ours.clone(), bare, runs: Runs::default() }
    };
    let mut kinds = [
        kind("event", "durable events, one a request", 1, &event),
        kind("batch", "durable events, 100 a request", BATCH, &batch),
        kind("decision", "durable decisions", 1, &decision),
    ];
    let (mut mixed, mut flooded) = (Beside::default(), Beside::default());
    for _ in 0..effort.rounds {
        for kind in &mut kinds {
            kind.take_turns(effort).await?;
        }
        let [_, batches, decisions] = &kinds;
        mixed.run_mixed(effort, decisions, batches).await?;
        flooded.run_flooded(effort, decisions, batches).await?;
    }
    serving.spawn(ours.stop()).await??;
    serving.spawn(bare.stop()).await??;
    let mut figures: Vec<Figure> = kinds.iter().flat_map(Kind::figures).collect();
    figures.extend(mixed.figures("mixed", MIXED));
    figures.extend(flooded.figures("flood", FLOOD));
    Ok(figures)
}

/// Single events, batches and decisions of a class, for one server.
fn targets(server: &Server, class: usize) -> (Target, Target, Target) {
    let next = Arc::new(AtomicU64::new(0));
    let questions = Arc::new(history_questions(Size::USUAL));
    let target = |path, make: MakeBody| Target {
        address: server.address,
        path,
        authorization: server.authorization.clone(),
        make,
        next: Arc::clone(&next),
    };
    let events = |each: usize| -> MakeBody {
        let questions = Arc::clone(&questions);
        Arc::new(move |number| {
            let events = (0..each).map(|place| event(number, place, class, &questions));
            format!("{{\"events\":[{}]}}", events.collect::<Vec<_>>().join(","))
        })
    };
    let decide: MakeBody = Arc::new(move |number| {
        let learner = number % class as u64;
        format!("{{\"learner\":\"learner-{learner}\",\"course\":\"{COURSE}\"}}")
    });
    (
        target("/v1/events", events(1)),
        target("/v1/events", events(BATCH)),
        target("/v1/decisions", decide),
    )
}

/// An answer of a learner in the class. Its id grows with time, as clients are asked to make them.
fn event(number: u64, place: usize, class: usize, questions: &[String]) -> String {
    let sum = number as usize + place;
    let (learner, question) = (sum % class, &questions[sum % questions.len()]);
    let correct = !sum.is_multiple_of(3);
    format!(
        "{{\"id\":\"e-{number:010}-{place}\",\"type\":\"question_answered\",\
         \"learner\":\"learner-{learner}\",\"course\":\"{COURSE}\",\"question\":\"{question}\",\
         \"correct\":{correct},\"duration_ms\":12000}}"
    )
}

/// Sends once and makes sure that events are accepted: being refused quickly is no speed.
async fn accepted(target: &Target, count: usize) -> anyhow::Result<String> {
    let text = String::from_utf8_lossy(&target.once().await?).into_owned();
    let answer: Value = serde_json::from_str(&text).context("the receipts are no JSON")?;
    ensure!(answer["accepted"] == count, "not all events were accepted: {text}");
    Ok(text)
}

impl Kind {
    /// One round: both servers at capacity, then both at half of ours.
    async fn take_turns(&mut self, effort: &Effort) -> anyhow::Result<()> {
        let Effort { connections, load, .. } = *effort;
        let run = closed(&self.ours, connections, load).await?;
        let half = run.per_second() / 2.0;
        self.runs.closed.push(run);
        self.runs.closed_bare.push(closed(&self.bare, connections, load).await?);
        self.runs.half.push(open(&self.ours, connections, load, half).await?);
        self.runs.half_bare.push(open(&self.bare, connections, load, half).await?);
        Ok(())
    }

    /// Requests a second in the latest round.
    fn capacity(&self) -> f64 {
        self.runs.closed.last().map_or(1.0, Run::per_second)
    }

    fn figures(&self) -> Vec<Figure> {
        let rate = |run: &Run| run.per_second() * self.carries as f64;
        let Runs { closed, closed_bare, half, half_bare } = &self.runs;
        let name = self.name;
        let bare: Vec<f64> = closed_bare.iter().map(rate).collect();
        let rates = closed.iter().map(rate).collect();
        let capacity = Figure::new(format!("http.{name}.rate"), self.what, Unit::PerSecond, rates);
        let mut figures = vec![capacity.beside("a bare axum server at its own capacity", &bare)];
        figures.extend(durations(&format!("http.{name}.half"), HALF, half, half_bare));
        figures.extend(durations(&format!("http.{name}.full"), FULL, closed, closed_bare));
        for figure in &mut figures {
            if figure.name == "http.decision.half.p99" {
                figure.budget = Some(DECISION_BUDGET_SECONDS);
            }
        }
        figures
    }
}

fn durations(name: &str, what: &'static str, ours: &[Run], bare: &[Run]) -> Vec<Figure> {
    let figure = |(word, share): (&str, f64)| {
        let of = |runs: &[Run]| runs.iter().map(|run| run.within(share)).collect::<Vec<f64>>();
        let figure = Figure::new(format!("{name}.{word}"), what, Unit::Seconds, of(ours));
        if bare.is_empty() { figure } else { figure.beside(BARE, &of(bare)) }
    };
    SHARES.into_iter().map(figure).collect()
}

impl Beside {
    /// Half load in all: a quarter of what could be decided, a quarter of what could be recorded.
    async fn run_mixed(
        &mut self,
        effort: &Effort,
        decisions: &Kind,
        batches: &Kind,
    ) -> anyhow::Result<()> {
        let Effort { connections, load, .. } = *effort;
        let (decided, recorded) = tokio::join!(
            open(&decisions.ours, connections, load, decisions.capacity() / 4.0),
            open(&batches.ours, connections, load, batches.capacity() / 4.0),
        );
        self.decisions.push(decided?);
        self.batches.push(recorded?);
        Ok(())
    }

    /// Few decisions in a flood that takes all there is.
    async fn run_flooded(
        &mut self,
        effort: &Effort,
        decisions: &Kind,
        batches: &Kind,
    ) -> anyhow::Result<()> {
        let Effort { connections, load, .. } = *effort;
        let over = Arc::new(AtomicBool::new(false));
        let decide = async {
            let rate = decisions.capacity() / 10.0;
            let decided = open(&decisions.ours, connections, load, rate).await;
            over.store(true, Ordering::Relaxed);
            decided
        };
        let flood = flood(&batches.ours, FLOOD_CONNECTIONS, Arc::clone(&over));
        let (decided, recorded) = tokio::join!(decide, flood);
        self.decisions.push(decided?);
        self.batches.push(recorded?);
        Ok(())
    }

    fn figures(&self, name: &str, what: &'static str) -> Vec<Figure> {
        let mut figures = durations(&format!("http.{name}.decision"), what, &self.decisions, &[]);
        for figure in &mut figures {
            if figure.name == "http.mixed.decision.p99" {
                figure.budget = Some(DECISION_BUDGET_SECONDS);
            }
        }
        let rates = self.batches.iter().map(|run| run.per_second() * BATCH as f64).collect();
        let what = "durable events, 100 a request, taken meanwhile";
        figures.push(Figure::new(format!("http.{name}.events"), what, Unit::PerSecond, rates));
        figures
    }
}
