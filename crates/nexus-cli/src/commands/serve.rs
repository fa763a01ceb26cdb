//! `nexus serve`: the system for keeps, on one data directory.

use super::backup::reach;
use super::limits;
use anyhow::Context;
use clap::Args;
use nexus_api::time::print as print_time;
use nexus_engine::ids::PolicyId;
use nexus_engine::lifecycle::holdout::{HoldoutPolicy, SHARE_MAX};
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::time::Timestamp;
use nexus_server::clock::Clock;
use nexus_server::config::{Config, ConsentByDefault};
use nexus_server::http::{self, AppState, RateLimits};
use nexus_server::node::{self, Health, NodeConfig, NodeHandle};
use nexus_server::{sinks, sources};
use nexus_store::backup::restored_note;
use nexus_store::keys::KeyStore;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Where the server listens by default.
const LISTEN: &str = "127.0.0.1:8080";

/// Arguments of `nexus serve`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus serve --data ./nexus-data --listen 127.0.0.1:8080")]
pub struct ServeArgs {
    /// The data directory; it is made when it does not exist.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: Option<PathBuf>,
    /// Where to listen. Anything but this machine needs a proxy that speaks TLS in front.
    #[arg(long, env = "NEXUS_LISTEN")]
    listen: Option<SocketAddr>,
    /// A configuration file (TOML); see docs/configuration.md.
    #[arg(long, env = "NEXUS_CONFIG")]
    config: Option<PathBuf>,
    /// Who decides in courses where no experiment runs.
    #[arg(long, default_value = PolicyKind::DEFAULT.word(), env = "NEXUS_POLICY")]
    policy: String,
    /// The share of learners for whom no policy that learns decides, from 0 to 0.10, so that there is
    /// always something to compare with; a course may set its own.
    #[arg(long, default_value_t = 0.0, env = "NEXUS_HOLDOUT")]
    holdout: f64,
    /// What decides for them: static (the course's own path) or random.
    #[arg(long, default_value = HoldoutPolicy::Static.word(), env = "NEXUS_HOLDOUT_POLICY")]
    holdout_policy: String,
}

/// Runs the server until it is told to stop, or until the disk fails.
pub fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let config = match &args.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    let data = args.data.clone().or(config.data.clone());
    let data = data.context("say where the data is: --data DIR, or `data` in the configuration")?;
    let policy = PolicyId::new(&args.policy)?;
    PolicyKind::named(policy.as_str()).context("--policy")?;
    if !(0.0..=SHARE_MAX).contains(&args.holdout) {
        anyhow::bail!("--holdout lies between 0 and {SHARE_MAX}, not at {}", args.holdout);
    }
    let listen = listen_address(args.listen, &config)?;
    limits::raise_open_files();
    let runtime = tokio::runtime::Runtime::new().context("start the async runtime")?;
    let clock = Clock::system();
    let mut node_config = NodeConfig::new(data.clone(), clock.clone())?;
    node_config.defaults.policy = policy;
    node_config.defaults.consents = config.exploration_consent == ConsentByDefault::Assumed;
    node_config.defaults.holdout_share = args.holdout;
    let word = &args.holdout_policy;
    let Some(holdout_policy) = HoldoutPolicy::from_word(word) else {
        anyhow::bail!("--holdout-policy is static or random, not {word:?}");
    };
    node_config.defaults.holdout_policy = holdout_policy;
    let (node, thread) = node::start(node_config)
        .with_context(|| format!("the data in {} cannot be used", data.display()))?;
    let served = runtime.block_on(serve(&data, &config, listen, clock, node.clone()));
    node.stop_node();
    drop(node);
    let health = thread.join();
    served?;
    if health == Health::StorageFailed {
        eprintln!("error: the disk failed; nothing was acknowledged after that");
        eprintln!("  try: check the disk, then start again; the journal is replayed");
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

/// Where to listen: what was given, what the file says, or the default.
pub fn listen_address(given: Option<SocketAddr>, config: &Config) -> anyhow::Result<SocketAddr> {
    let listen = given.or(config.listen);
    listen.map_or_else(|| LISTEN.parse(), Ok).context("parse the listen address")
}

async fn serve(
    data: &Path,
    config: &Config,
    listen: SocketAddr,
    clock: Clock,
    node: NodeHandle,
) -> anyhow::Result<()> {
    let keys = KeyStore::open(data).context("open the API keys")?;
    if keys.list()?.is_empty() && config.jwt.issuer.is_empty() {
        eprintln!("No API key yet, so only the health routes answer. Make one:");
        eprintln!("  nexus key create --data {} --name site", data.display());
    }
    if let Some(note) = restored_note(data).context("read the note of the last restore")? {
        let reach = reach(note.seq, note.received_at.map(Timestamp));
        let at = print_time(Timestamp(note.restored_at));
        eprintln!("This journal was restored on {at}, {reach}. What was acknowledged after that");
        eprintln!(
            "and before the restore is not in it. Delete the file `restored` to hear no more."
        );
    }
    let mut state = AppState::new(node.clone(), Arc::new(keys), clock);
    state.connection_limits = config.limits.connections();
    state.rate_limits = Arc::new(RateLimits::new(config.limits.request_rates()));
    state.jwt = Arc::new(config.issuers()?);
    for set in state.jwt.key_sets() {
        tokio::spawn(Arc::clone(set).keep_fresh());
    }
    state.origins = Arc::new(config.origins()?);
    state.https = config.https;
    let listener = TcpListener::bind(listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {listen}"))?;
    let (board, clock) = (Arc::clone(&state.source_board), state.clock.clone());
    let runtime = tokio::runtime::Handle::current();
    let sources = sources::start(&config.source, &node, &clock, &board, &runtime)?;
    let sinks = sinks::start(&config.sink, &node, &state.sink_board, &runtime)?;
    println!("listening on http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        until_stopped(node).await;
        // The server may have ended already.
        let _ = stop.send(());
    });
    let served = http::serve(listener, state, async {
        let _ = stopped.await;
    });
    let served = served.await.context("serve");
    // Their threads wait for the node, which still runs.
    let stop_both = || {
        sources.stop();
        sinks.stop();
    };
    tokio::task::spawn_blocking(stop_both).await.context("stop the sources and the sinks")?;
    served
}

/// Returns on Ctrl-C, on SIGTERM or SIGHUP, and when the disk failed.
async fn until_stopped(mut node: NodeHandle) {
    let failed = async {
        while node.health() != Health::StorageFailed {
            if node.health_changed().await == Health::Stopping {
                break;
            }
        }
    };
    tokio::select! {
        () = failed => {}
        () = signalled() => {}
    }
}

/// Returns when the process is asked to stop.
pub async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    // A terminal that goes away asks for the same.
    let hang_up = signal(SignalKind::hangup());
    let (Ok(mut terminate), Ok(mut hang_up)) = (terminate, hang_up) else {
        // Without a handler the signal ends the process, which is what was asked.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}
