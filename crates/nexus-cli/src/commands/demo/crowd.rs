//! The crowd: so many seats in the course, one task each, on the demonstration's clock. In each
//! sits a simulated learner; whenever one finishes or leaves for good, a new one takes the seat.

use super::client::Client;
use nexus_engine::catalog::Course;
use nexus_engine::time::{SECOND_MICROS, Timestamp};
use nexus_server::clock::Clock;
use nexus_sim::{
    Classroom, Conditions, CourseTruth, Move, PriorKnowledge, SimulatedLearner, StudySetting,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Seconds (real ones) over which the first learners arrive.
const ARRIVAL_SECONDS: f64 = 15.0;
/// Requests under way at once.
const REQUESTS_MAX: usize = 48;
/// Complaints that are kept; a broken server would otherwise fill the screen.
const COMPLAINTS_MAX: usize = 20;
/// How long a seat stays empty after a learner whom Nexus failed.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
/// How long what is being said at the end may take. Cutting it off is safe: every request is
/// taken whole or not at all.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Who comes, and where to.
pub struct Crowd {
    /// How many learners are in the course at once.
    pub at_once: usize,
    /// Number of the first.
    pub first_number: usize,
    /// What their lives come from.
    pub seed: u64,
    /// What time it is.
    pub clock: Clock,
    /// How they reach Nexus.
    pub client: Client,
    pub course: Arc<Course>,
}

/// A crowd at work.
pub struct Running {
    tasks: JoinSet<Vec<String>>,
    stop: watch::Sender<bool>,
    requests: Arc<Semaphore>,
}

/// What all tasks share.
#[derive(Clone)]
struct Ways {
    clock: Clock,
    client: Client,
    course: String,
    requests: Arc<Semaphore>,
    door: Arc<Door>,
    stopped: watch::Receiver<bool>,
    /// Time slows down while a person learns; a wait that has begun then counts anew.
    speed: Option<watch::Receiver<f64>>,
}

/// Where learners arrive, each with a new number.
struct Door {
    classroom: Classroom,
    truth: Arc<CourseTruth>,
    next_number: AtomicUsize,
}

/// How a learner's time in a seat ended.
enum Ended {
    /// They finished, left for good, or everything stops.
    Well,
    /// Nexus did not do what it was asked to.
    Failed,
}

impl Crowd {
    /// Opens the seats, one after the other.
    pub fn start(self) -> Running {
        // The minutes that each of them has are the course's: it ends with its closing check.
        let conditions = Conditions {
            setting: StudySetting::Doer,
            minutes: None,
            prior: Some(PriorKnowledge::USUAL),
        };
        let classroom = Classroom::mixed(self.at_once, 0.0, self.seed).under(conditions);
        let door = Door {
            truth: classroom.truth(&self.course),
            classroom,
            next_number: AtomicUsize::new(self.first_number),
        };
        let (stop, stopped) = watch::channel(false);
        let requests = Arc::new(Semaphore::new(REQUESTS_MAX));
        let ways = Ways {
            speed: self.clock.factor_changes(),
            clock: self.clock,
            client: self.client,
            course: self.course.id.to_string(),
            requests: Arc::clone(&requests),
            door: Arc::new(door),
            stopped,
        };
        let mut tasks = JoinSet::new();
        for seat in 0..self.at_once {
            let share = seat as f64 / self.at_once as f64;
            let empty = Duration::from_secs_f64(ARRIVAL_SECONDS * share);
            tasks.spawn(keep_seat(empty, ways.clone()));
        }
        Running { tasks, stop, requests }
    }
}

impl Running {
    /// Asks everybody to stop, waits a little, and answers with what went wrong.
    pub async fn stop(mut self) -> Vec<String> {
        self.stop.send_replace(true);
        // Requests that still wait are dropped.
        self.requests.close();
        let mut complaints = Vec::new();
        let heard = tokio::time::timeout(LAST_WORDS, hear(&mut self.tasks, &mut complaints)).await;
        if heard.is_err() {
            self.tasks.abort_all();
            hear(&mut self.tasks, &mut complaints).await;
        }
        complaints
    }
}

/// Collects the complaints of all tasks.
async fn hear(tasks: &mut JoinSet<Vec<String>>, complaints: &mut Vec<String>) {
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(more) => complaints.extend(more),
            Err(error) if error.is_cancelled() => {}
            Err(error) => complaints.push(format!("a learner's task broke: {error}")),
        }
        complaints.truncate(COMPLAINTS_MAX);
    }
}

/// Keeps a seat taken from some moment until the end. Answers with what went wrong in it.
async fn keep_seat(empty: Duration, mut ways: Ways) -> Vec<String> {
    let mut complaints = Vec::new();
    ways.rest(empty).await;
    while !*ways.stopped.borrow() {
        let learner = ways.door.let_in(ways.clock.now());
        let ended = ways.live(learner, &mut complaints).await;
        complaints.truncate(COMPLAINTS_MAX);
        if matches!(ended, Ended::Failed) {
            ways.rest(FAILED_PAUSE).await;
        }
    }
    complaints
}

impl Door {
    fn let_in(&self, now: Timestamp) -> SimulatedLearner {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        self.classroom.learner(number, &self.truth, now)
    }
}

impl Ways {
    /// One learner's life. Adds what went wrong in it to the complaints.
    async fn live(&mut self, mut learner: SimulatedLearner, complaints: &mut Vec<String>) -> Ended {
        while !*self.stopped.borrow() {
            let now = self.clock.now();
            let next = learner.next_move(now);
            if let Move::Pause { until } = next {
                self.wait(until, now).await;
                continue;
            }
            match self.step(&mut learner, next).await {
                Ok(None) => return Ended::Well,
                Ok(Some(rejected)) => complaints.extend(rejected),
                Err(error) => {
                    complaints.push(format!("{}: {error:#}", learner.id()));
                    return Ended::Failed;
                }
            }
            complaints.truncate(COMPLAINTS_MAX);
        }
        Ended::Well
    }

    /// Waits until a moment of the demonstration, until time changes its speed, or until the end.
    async fn wait(&mut self, until: Timestamp, now: Timestamp) {
        let micros = until.0.saturating_sub(now.0).max(0) as f64;
        let seconds = micros / SECOND_MICROS as f64 / self.clock.factor();
        let Self { speed, stopped, .. } = self;
        let speed_changes = async {
            match speed {
                Some(speed) => speed.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs_f64(seconds.max(0.001))) => {}
            _ = speed_changes => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }

    /// Waits so long, or until the end.
    async fn rest(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = self.stopped.wait_for(|stopped| *stopped) => {}
        }
    }

    /// Does one thing with Nexus; `None` when the learner has left, or when everything stops.
    async fn step(
        &self,
        learner: &mut SimulatedLearner,
        next: Move,
    ) -> anyhow::Result<Option<Vec<String>>> {
        let Ok(_permit) = self.requests.acquire().await else { return Ok(None) };
        let happenings = match next {
            Move::Left => return Ok(None),
            Move::Pause { .. } => Vec::new(),
            Move::Report(happenings) => happenings,
            Move::Place => {
                let question = self.client.placement(learner.id(), &self.course).await?;
                learner.place(question.as_deref(), self.clock.now());
                Vec::new()
            }
            Move::Check => {
                let question = self.client.closing_check(learner.id(), &self.course).await?;
                learner.place(question.as_deref(), self.clock.now());
                Vec::new()
            }
            Move::Ask => {
                match self.client.decide(learner, &self.course).await? {
                    Some(assigned) => learner.assign(&assigned, self.clock.now()),
                    // A demo is over before a review falls due.
                    None => learner.rest(None, self.clock.now()),
                }
            }
        };
        let reported = self.client.report(learner.id(), &self.course, happenings).await?;
        Ok(Some(reported.rejected))
    }
}
