//! The crowd: simulated learners, one task each, who live on the demonstration's clock.

use super::client::Client;
use nexus_engine::catalog::Course;
use nexus_engine::time::{SECOND_MICROS, Timestamp};
use nexus_server::clock::Clock;
use nexus_sim::{Classroom, CourseTruth, Move, SimulatedLearner};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Days over which learners arrive.
const ARRIVAL_DAYS: f64 = 5.0;
/// Requests under way at once.
const REQUESTS_MAX: usize = 48;
/// Complaints that are kept; a broken server would otherwise fill the screen.
const COMPLAINTS_MAX: usize = 20;

/// Who comes, and where to.
pub struct Crowd {
    /// How many learners.
    pub learners: usize,
    /// Number of the first.
    pub first_number: usize,
    /// What their lives come from.
    pub seed: u64,
    /// What time it is.
    pub clock: Clock,
    /// How they reach Nexus.
    pub client: Client,
    /// What they learn.
    pub course: Arc<Course>,
}

/// A crowd at work.
pub struct Running {
    tasks: JoinSet<Vec<String>>,
    stop: watch::Sender<bool>,
}

/// What all tasks share.
#[derive(Clone)]
struct Ways {
    clock: Clock,
    client: Client,
    course: String,
    requests: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

impl Crowd {
    /// Lets everybody in.
    pub fn start(self) -> Running {
        let truth = Arc::new(CourseTruth::new(&self.course, self.seed));
        let mut classroom = Classroom::mixed(self.learners, ARRIVAL_DAYS, self.seed);
        classroom.first_number = self.first_number;
        let (stop, stopped) = watch::channel(false);
        let ways = Ways {
            clock: self.clock.clone(),
            client: self.client,
            course: self.course.id.to_string(),
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            stopped,
        };
        let mut tasks = JoinSet::new();
        for learner in classroom.learners(&truth, self.clock.now()) {
            tasks.spawn(live(learner, ways.clone()));
        }
        Running { tasks, stop }
    }
}

impl Running {
    /// Asks everybody to stop, waits, and answers with what went wrong.
    pub async fn stop(mut self) -> Vec<String> {
        self.stop.send_replace(true);
        let mut complaints = Vec::new();
        while let Some(ended) = self.tasks.join_next().await {
            match ended {
                Ok(more) => complaints.extend(more),
                Err(error) => complaints.push(format!("a learner's task broke: {error}")),
            }
            complaints.truncate(COMPLAINTS_MAX);
        }
        complaints
    }
}

/// One learner's life. Answers with what went wrong in it.
async fn live(mut learner: SimulatedLearner, mut ways: Ways) -> Vec<String> {
    let mut complaints = Vec::new();
    while !*ways.stopped.borrow() {
        let now = ways.clock.now();
        let next = learner.next_move(now);
        if let Move::Pause { until } = next {
            ways.wait(until, now).await;
            continue;
        }
        match ways.step(&mut learner, next).await {
            Ok(None) => break,
            Ok(Some(rejected)) => complaints.extend(rejected),
            Err(error) => {
                complaints.push(format!("{}: {error:#}", learner.id()));
                break;
            }
        }
        complaints.truncate(COMPLAINTS_MAX);
    }
    complaints
}

impl Ways {
    /// Waits until a moment of the demonstration, or until the end.
    async fn wait(&mut self, until: Timestamp, now: Timestamp) {
        let micros = until.0.saturating_sub(now.0).max(0) as f64;
        let seconds = micros / SECOND_MICROS as f64 / self.clock.factor();
        let pause = Duration::from_secs_f64(seconds.max(0.001));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = self.stopped.changed() => {}
        }
    }

    /// Does one thing with Nexus; `None` when the learner has left.
    async fn step(
        &self,
        learner: &mut SimulatedLearner,
        next: Move,
    ) -> anyhow::Result<Option<Vec<String>>> {
        let _permit = self.requests.acquire().await?;
        let happenings = match next {
            Move::Left => return Ok(None),
            Move::Pause { .. } => Vec::new(),
            Move::Report(happenings) => happenings,
            Move::Ask => {
                let assigned = self.client.decide(learner, &self.course).await?;
                learner.assign(&assigned, self.clock.now())
            }
        };
        let reported = self.client.report(learner.id(), &self.course, happenings).await?;
        Ok(Some(reported.rejected))
    }
}
