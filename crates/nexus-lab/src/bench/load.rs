//! Load over HTTP: closed (each connection sends when it has its answer) and open (requests are
//! due at fixed times, whatever the answers do).
//!
//! In the open loop a duration counts from the moment a request was due, not from the moment it
//! could be sent. So a server that stops for a while is charged for everybody who would have come
//! meanwhile, and the load generator's own lateness counts against the server too.

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Makes the body of the request with a number; every number is used once.
pub(super) type MakeBody = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// To whom requests go, and what they say.
#[derive(Clone)]
pub(super) struct Target {
    pub address: SocketAddr,
    pub path: &'static str,
    pub authorization: String,
    pub make: MakeBody,
    /// The number of the next request, so that no id is ever sent twice.
    pub next: Arc<AtomicU64>,
}

/// What came of some load.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// Seconds each request took, the shortest first.
    pub seconds: Vec<f64>,
    /// How long the load went on.
    pub elapsed: Duration,
}

impl Run {
    /// Requests answered a second.
    pub fn per_second(&self) -> f64 {
        self.seconds.len() as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The least duration within which at least this share of the requests was answered.
    pub fn within(&self, share: f64) -> f64 {
        let rank = (share * self.seconds.len() as f64).ceil() as usize;
        self.seconds.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

/// Sends as fast as answers come, on so many connections.
pub(super) async fn closed(
    target: &Target,
    connections: usize,
    duration: Duration,
) -> anyhow::Result<Run> {
    let opened = connect(target, connections).await?;
    let began = Instant::now();
    let stop = move || began.elapsed() >= duration;
    gather(began, closed_tasks(target, opened, stop)).await
}

/// The same until the flag is up: a flood beside something else.
pub(super) async fn flood(
    target: &Target,
    connections: usize,
    over: Arc<AtomicBool>,
) -> anyhow::Result<Run> {
    let opened = connect(target, connections).await?;
    let began = Instant::now();
    let stop = move || over.load(Ordering::Relaxed);
    gather(began, closed_tasks(target, opened, stop)).await
}

type Tasks = JoinSet<anyhow::Result<Vec<f64>>>;

fn closed_tasks(
    target: &Target,
    connections: Vec<Connection>,
    stop: impl Fn() -> bool + Clone + Send + 'static,
) -> Tasks {
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (target, stop) = (target.clone(), stop.clone());
        tasks.spawn(async move {
            let mut seconds = Vec::new();
            // Each connection sends once at least: on a busy machine the time may be over before it
            // has its turn.
            loop {
                let body = target.body();
                let began = Instant::now();
                connection.send(&target, body).await?;
                seconds.push(began.elapsed().as_secs_f64());
                if stop() {
                    break;
                }
            }
            Ok(seconds)
        });
    }
    tasks
}

/// Opens all connections before the clock starts.
async fn connect(target: &Target, connections: usize) -> anyhow::Result<Vec<Connection>> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(target).await?);
    }
    Ok(opened)
}

/// Sends so many requests a second, evenly, on so many connections.
pub(super) async fn open(
    target: &Target,
    connections: usize,
    duration: Duration,
    per_second: f64,
) -> anyhow::Result<Run> {
    let total = (duration.as_secs_f64() * per_second).ceil().max(1.0) as u64;
    let released = Arc::new(Semaphore::new(0));
    let taken = Arc::new(AtomicU64::new(0));
    let opened = connect(target, connections).await?;
    let began = Instant::now();
    let due = move |number: u64| began + Duration::from_secs_f64(number as f64 / per_second);
    let mut tasks = JoinSet::new();
    for mut connection in opened {
        let (target, released) = (target.clone(), Arc::clone(&released));
        let taken = Arc::clone(&taken);
        tasks.spawn(async move {
            let mut seconds = Vec::new();
            loop {
                released.acquire().await?.forget();
                let number = taken.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return Ok(seconds);
                }
                connection.send(&target, target.body()).await?;
                seconds.push(due(number).elapsed().as_secs_f64());
            }
        });
    }
    let release = move || {
        for number in 0..total {
            // The async timer counts whole milliseconds; a thread wakes up more punctually.
            std::thread::sleep(due(number).saturating_duration_since(Instant::now()));
            released.add_permits(1);
        }
        released.add_permits(connections);
    };
    let releasing = tokio::task::spawn_blocking(release);
    let run = gather(began, tasks).await;
    releasing.await.context("the load's own clock stopped")?;
    run
}

async fn gather(began: Instant, mut tasks: Tasks) -> anyhow::Result<Run> {
    let mut seconds = Vec::new();
    while let Some(done) = tasks.join_next().await {
        seconds.extend(done.context("a connection's task stopped")??);
    }
    let elapsed = began.elapsed();
    seconds.sort_by(f64::total_cmp);
    ensure!(!seconds.is_empty(), "nothing was answered");
    Ok(Run { seconds, elapsed })
}

impl Target {
    /// Sends one request and answers with the body that came back.
    pub async fn once(&self) -> anyhow::Result<Bytes> {
        Connection::open(self).await?.send(self, self.body()).await
    }

    fn body(&self) -> String {
        (self.make)(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// One connection that stays open.
struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    async fn open(target: &Target) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(target.address).await.context("connecting failed")?;
        socket.set_nodelay(true).context("connecting failed")?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        // It ends when the sender is dropped; what went wrong is told by the sender.
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    async fn send(&mut self, target: &Target, body: String) -> anyhow::Result<Bytes> {
        let request = Request::post(target.path)
            .header(HOST, "localhost")
            .header(AUTHORIZATION, &target.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.0.ready().await?;
        let response = self.0.send_request(request).await.context("a request failed")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("an answer broke off")?.to_bytes();
        let text = || String::from_utf8_lossy(&body).into_owned();
        ensure!(status == StatusCode::OK, "the server answered {status}: {}", text());
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_answered_within_the_nearest_rank() {
        let seconds: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let run = Run { seconds, elapsed: Duration::from_secs(10) };
        assert_eq!((run.within(0.5), run.within(0.99), run.within(0.999)), (500.0, 990.0, 999.0));
        assert_eq!((run.within(0.0), run.within(1.0), run.per_second()), (1.0, 1_000.0, 100.0));
        assert!(Run::default().within(0.5).is_nan());
    }
}
