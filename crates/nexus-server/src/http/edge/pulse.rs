//! The pulse of a connection: which phase it is in, since when, and whether that is too long.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Time for the first byte of a connection.
const FIRST_BYTE: Duration = Duration::from_secs(5);
/// Time for a header, from its first byte.
const HEADER: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);
/// Time in which a client takes nothing of what it asked for.
const STALL: Duration = Duration::from_secs(30);
/// How often a connection is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// The phase of a connection, shared by its socket, its requests and its watchman.
#[derive(Debug)]
pub(super) struct Pulse {
    beat: Mutex<Beat>,
    /// Told when the connection must give way to another one.
    leaves: Notify,
}

/// That a connection waits for its next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Whether a part of a header has come.
    pub header_comes: bool,
    pub since: Instant,
}

/// Why a connection is closed by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionEnd {
    /// The client took too long.
    TooSlow,
    /// Another connection needs its place.
    GaveWay,
}

#[derive(Clone, Copy, Debug)]
struct Beat {
    phase: Phase,
    since: Instant,
    stalled_since: Option<Instant>,
    gives_way: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Connected, and nothing came yet.
    New,
    /// A header is coming.
    Header,
    /// A request is being read, worked on, or answered; it has limits of its own.
    Answering,
    Idle,
}

impl Default for Pulse {
    fn default() -> Self {
        let since = Instant::now();
        let beat = Beat { phase: Phase::New, since, stalled_since: None, gives_way: false };
        Self { beat: Mutex::new(beat), leaves: Notify::new() }
    }
}

impl Pulse {
    /// A request has come whole, as far as its header goes.
    pub(super) fn answering(&self) {
        self.enter(Phase::Answering);
    }

    /// Resolves when the connection has been too slow, or must give way.
    pub(super) async fn ending(&self) -> ConnectionEnd {
        while !self.beat().is_too_slow(Instant::now()) {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.leaves.notified() => return ConnectionEnd::GaveWay,
            }
        }
        ConnectionEnd::TooSlow
    }

    /// Ends the connection for the sake of another one.
    pub(super) fn give_way(&self) {
        self.beat().gives_way = true;
        self.leaves.notify_one();
    }

    /// Whether it was told to end for the sake of another one.
    #[cfg(test)]
    pub(super) fn gives_way(&self) -> bool {
        self.beat().gives_way
    }

    /// Since when the connection waits for a request; `None` while one is answered, and once it
    /// gives way.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        let beat = self.beat();
        match beat.phase {
            _ if beat.gives_way => None,
            Phase::Answering => None,
            Phase::New | Phase::Idle => Some(Waiting { header_comes: false, since: beat.since }),
            Phase::Header => Some(Waiting { header_comes: true, since: beat.since }),
        }
    }

    fn enter(&self, phase: Phase) {
        let mut beat = self.beat();
        beat.phase = phase;
        beat.since = Instant::now();
    }

    fn came(&self) {
        if matches!(self.beat().phase, Phase::New | Phase::Idle) {
            self.enter(Phase::Header);
        }
    }

    fn took(&self, stalled: bool) {
        let mut beat = self.beat();
        match (stalled, beat.stalled_since) {
            (false, _) => beat.stalled_since = None,
            (true, None) => beat.stalled_since = Some(Instant::now()),
            (true, Some(_)) => {}
        }
    }

    fn beat(&self) -> MutexGuard<'_, Beat> {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beat {
    fn is_too_slow(&self, now: Instant) -> bool {
        let limit = match self.phase {
            Phase::New => Some(FIRST_BYTE),
            Phase::Header => Some(HEADER),
            Phase::Idle => Some(IDLE),
            Phase::Answering => None,
        };
        let waits = |since: Instant, limit: Duration| now.duration_since(since) > limit;
        limit.is_some_and(|limit| waits(self.since, limit))
            || self.stalled_since.is_some_and(|since| waits(since, STALL))
    }
}

/// A socket that tells its pulse what moves.
pub(super) struct PulseStream {
    socket: TcpStream,
    pulse: Arc<Pulse>,
}

impl PulseStream {
    pub(super) fn new(socket: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { socket, pulse }
    }

    fn wrote<T>(&self, outcome: Poll<T>) -> Poll<T> {
        self.pulse.took(outcome.is_pending());
        outcome
    }
}

impl AsyncRead for PulseStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = Pin::new(&mut self.socket).poll_read(context, into);
        if into.filled().len() > before {
            self.pulse.came();
        }
        outcome
    }
}

impl AsyncWrite for PulseStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write(context, from);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(context, from);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

/// The body of an answer; when it is gone, the connection is idle.
pub(super) struct Answering {
    body: Body,
    pulse: Arc<Pulse>,
}

impl Answering {
    pub(super) fn new(body: Body, pulse: Arc<Pulse>) -> Self {
        Self { body, pulse }
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.pulse.enter(Phase::Idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(phase: Phase, seconds: u64, stalled: Option<u64>, too_slow: bool) {
        let since = Instant::now();
        let now = since + Duration::from_secs(seconds);
        let stalled_since = stalled.map(|seconds| now - Duration::from_secs(seconds));
        let beat = Beat { phase, since, stalled_since, gives_way: false };
        assert_eq!(beat.is_too_slow(now), too_slow, "{phase:?} {seconds} {stalled:?}");
    }

    #[test]
    fn each_phase_has_its_limit() {
        check(Phase::New, 4, None, false);
        check(Phase::New, 6, None, true);
        check(Phase::Header, 6, None, true);
        check(Phase::Idle, 59, None, false);
        check(Phase::Idle, 61, None, true);
        check(Phase::Answering, 3600, None, false);
        check(Phase::Answering, 60, Some(29), false);
        check(Phase::Answering, 60, Some(31), true);
    }
}
