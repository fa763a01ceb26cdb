//! What every handler may use.

use super::cors::AllowedOrigins;
use super::course_cache::CourseCache;
use super::edge::ConnectionLimits;
use super::error::Failure;
use super::live::Rates;
use super::metrics::Metrics;
use super::rate_limits::RateLimits;
use super::system::ProcessStart;
use super::teaching::TeachingBoard;
use super::xapi::XapiDesk;
use crate::auth::jwt::JwtIssuers;
use crate::auth::keys::KeyLookup;
use crate::auth::sessions::LoginSessions;
use crate::clock::Clock;
use crate::node::{NodeHandle, Reader};
use crate::sinks::SinkBoard;
use crate::sources::board::SourceBoard;
use crate::training::board::TrainingBoard;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};

/// How long a handler waits for the node.
pub const NODE_SECONDS_MAX: u64 = 10;

/// What every handler may use. Cloning shares it.
#[derive(Clone)]
pub struct AppState {
    pub node: NodeHandle,
    pub keys: Arc<dyn KeyLookup>,
    /// Issuers of signed tokens.
    pub jwt: Arc<JwtIssuers>,
    /// Other sites whose pages may call.
    pub origins: Arc<AllowedOrigins>,
    pub sessions: Arc<LoginSessions>,
    /// Told of each request with a learner's token.
    pub learner_heard: Arc<Notify>,
    /// What time it is for learners.
    pub clock: Clock,
    /// The secret of the login link that this process printed, if it printed one.
    pub login_token: Option<Arc<str>>,
    /// A line for the top of every page, like "Demo: simulated time, 1 s = 2 h".
    pub banner: Option<Arc<str>>,
    /// Whether browsers come over HTTPS only.
    pub https: bool,
    pub metrics: Arc<Metrics>,
    /// How many connections may be open.
    pub connection_limits: ConnectionLimits,
    /// How many requests a caller may send.
    pub rate_limits: Arc<RateLimits>,
    /// What the sources do.
    pub source_board: Arc<SourceBoard>,
    /// What the sinks do.
    pub sink_board: Arc<SinkBoard>,
    pub rates: Arc<Rates>,
    /// Published course versions, which never change.
    pub course_cache: Arc<CourseCache>,
    /// Class views look at many learners: only a few are made at a time.
    pub class_turns: Arc<Semaphore>,
    /// What is remembered of statements of other systems.
    pub xapi: Arc<XapiDesk>,
    /// What the activities of courses teach, as far as it was asked for.
    pub teaching: Arc<TeachingBoard>,
    /// When the process began.
    pub started: ProcessStart,
    /// The training that runs.
    pub training: Arc<TrainingBoard>,
    /// How long a stream lasts.
    pub stream_lifetime: Duration,
    /// Whether the server is stopping: streams end then.
    pub stopping: Arc<watch::Sender<bool>>,
}

impl AppState {
    /// A state that trusts API keys only.
    #[must_use]
    pub fn new(node: NodeHandle, keys: Arc<dyn KeyLookup>, clock: Clock) -> Self {
        Self {
            node,
            keys,
            jwt: Arc::default(),
            origins: Arc::default(),
            sessions: Arc::default(),
            learner_heard: Arc::default(),
            clock,
            login_token: None,
            banner: None,
            https: false,
            metrics: Arc::default(),
            connection_limits: ConnectionLimits::default(),
            rate_limits: Arc::default(),
            source_board: Arc::default(),
            sink_board: Arc::default(),
            rates: Arc::default(),
            course_cache: Arc::default(),
            class_turns: Arc::new(Semaphore::new(super::class::AT_A_TIME)),
            xapi: Arc::default(),
            teaching: Arc::default(),
            started: ProcessStart::default(),
            training: Arc::default(),
            stream_lifetime: super::stream::LIFETIME,
            stopping: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Waits for the node, but not for ever.
    ///
    /// Errors: what the node says, or that it took too long.
    pub async fn ask<T, E: Into<Failure>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        self.ask_within(NODE_SECONDS_MAX, work).await
    }

    /// Waits for the node so long.
    ///
    /// Errors: what the node says, or that it took too long.
    pub async fn ask_within<T, E: Into<Failure>>(
        &self,
        seconds: u64,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(Duration::from_secs(seconds), work).await {
            Ok(outcome) => outcome.map_err(Into::into),
            Err(_) => Err(Failure::HandlerTimeout { seconds }),
        }
    }

    /// Looks at the node's state, between two commits.
    ///
    /// Errors: when the node cannot be asked, or took too long.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut dyn Reader) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.ask(self.node.read(look)).await
    }
}
