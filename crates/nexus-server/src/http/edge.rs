//! The edge: our own accept loop, because a server that waits for ever for slow clients is down.
//!
//! A connection has 5 s for its first byte, 5 s for a header, 60 s between requests, and must take
//! what it asked for (`pulse`). So many are open at most; a newcomer takes the place of the one that
//! is idle longest (`connections`). To stop, the loop accepts no more, streams end, requests under
//! way get ten seconds.

mod connections;
mod pulse;

pub use connections::{ConnectionLimits, Lane};

use super::live;
use super::state::AppState;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use connections::{ConnectionSlot, Connections, Evicted};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use pulse::{Answering, ConnectionEnd, Pulse, PulseStream};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// The largest header, in bytes.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// What a connection keeps of requests that come before the one under way is answered, in bytes.
const READ_AHEAD_BYTES_MAX: usize = 64 * 1024;
/// How long requests under way get when the server stops.
pub const DRAIN_SECONDS_MAX: u64 = 10;
/// How long to wait after a failed accept: the system is out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` resolves, and then until all is answered, at most ten seconds.
///
/// Errors: never after the listener was made; kept for what a platform may say later.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let router = super::router(state.clone());
    let open = Connections::new(state.connection_limits);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    connections.spawn(live::run(state.clone()));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = tokio::select! {
            () = &mut shutdown => break,
            next = accept(&listener) => next,
            // Ended connections are forgotten while others come.
            Some(_) = connections.join_next() => continue,
        };
        let (socket, address) = next;
        let pulse = Arc::new(Pulse::default());
        let Some((slot, Evicted(evicted))) = open.admit(address.ip().to_canonical(), &pulse) else {
            state.metrics.turned_away();
            continue;
        };
        if evicted {
            state.metrics.gave_way();
        }
        let (router, state, watcher) = (router.clone(), state.clone(), graceful.watcher());
        connections.spawn(async move {
            state.metrics.connected();
            connection(socket, pulse, &slot, router, watcher, &state).await;
            state.metrics.disconnected();
        });
    }
    drop(listener);
    // Streams end first, because connections wait for them.
    state.stopping.send_replace(true);
    let drained = async {
        graceful.shutdown().await;
        while connections.join_next().await.is_some() {}
    };
    if tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS_MAX), drained).await.is_err() {
        tracing::warn!("some requests were still under way when the server stopped");
    }
    connections.shutdown().await;
    Ok(())
}

/// Waits for the next connection.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    socket: TcpStream,
    pulse: Arc<Pulse>,
    slot: &ConnectionSlot,
    router: axum::Router,
    watcher: Watcher,
    state: &AppState,
) {
    // Answers are small and a client waits for each.
    let _ = socket.set_nodelay(true);
    let io = TokioIo::new(PulseStream::new(socket, Arc::clone(&pulse)));
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (router, pulse) = (router.clone(), Arc::clone(&pulse));
        answer(router, pulse, slot.lane, request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The pulse has limits for each phase; hyper's one limit would also end idle connections.
        .header_read_timeout(None)
        .max_header_size(HEADER_BYTES_MAX)
        .max_buf_size(READ_AHEAD_BYTES_MAX)
        .serve_connection(io, service);
    tokio::select! {
        // A client that goes away in the middle is no news.
        _ = watcher.watch(connection) => {}
        ending = pulse.ending() => if ending == ConnectionEnd::TooSlow {
            state.metrics.was_slow();
        }
    }
}

async fn answer(
    router: axum::Router,
    pulse: Arc<Pulse>,
    lane: Lane,
    mut request: Request,
) -> Result<Response, Infallible> {
    pulse.answering();
    request.extensions_mut().insert(lane);
    let mut response = router.oneshot(request).await?;
    if lane == Lane::Reserved {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Body::new(Answering::new(body, pulse))))
}
