//! The stage: a data directory, an embedded node, its keys, and the real HTTP server on top.

use super::broker::EventRoute;
use anyhow::Context;
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::experiment::assignment::assign;
use nexus_engine::ids::LearnerId;
use nexus_server::auth::Scope;
use nexus_server::auth::jwt::JwtIssuers;
use nexus_server::auth::links::LinkSigner;
use nexus_server::clock::Clock;
use nexus_server::http::{self, AppState};
use nexus_server::node::{self, Health, NodeConfig, NodeHandle, NodeThread};
use nexus_server::sources::board::SourceBoard;
use nexus_server::sources::section::SourceSection;
use nexus_server::sources::{self, SourceThreads};
use nexus_store::keys::{KeyEnvironment, KeyKind, KeyStore, NewKey};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// How many ports are tried after the wanted one.
const PORTS_TRIED: u16 = 20;
/// How long after the last word of a person who learns time runs fast again. Their page speaks every
/// 45 seconds while it is looked at.
const PERSON_PATIENCE: Duration = Duration::from_secs(100);

/// Everything the demonstration stands on.
pub struct DemoStage {
    folder: Folder,
    clock: Clock,
    node: Option<(NodeHandle, NodeThread)>,
    server: Option<Server>,
    keys: Keys,
    login_token: String,
    links: Option<LinkSigner>,
    speed: f64,
}

/// Where the data is.
enum Folder {
    /// Removed when the demonstration ends.
    Temporary(TempDir),
    Kept(PathBuf),
}

struct Keys {
    learners: String,
    director: String,
    person: String,
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
    sources: SourceThreads,
    board: Arc<SourceBoard>,
}

impl DemoStage {
    /// Opens the data directory and starts the node on a clock that runs `speed` times too fast.
    pub fn open(data: Option<PathBuf>, speed: f64) -> anyhow::Result<Self> {
        let folder = match data {
            Some(path) => Folder::Kept(path),
            None => {
                let made = tempfile::Builder::new().prefix("nexus-demo-").tempdir();
                Folder::Temporary(made.context("make a temporary folder")?)
            }
        };
        let clock = Clock::scaled(speed);
        let config = NodeConfig::new(folder.path().to_owned(), clock.clone())?;
        let started = node::start(config);
        let node = started
            .with_context(|| format!("the data in {} cannot be used", folder.path().display()))?;
        let keys = Keys::make(folder.path())?;
        let login_token = random_text()?;
        Ok(Self {
            folder,
            clock,
            node: Some(node),
            server: None,
            keys,
            login_token,
            links: None,
            speed,
        })
    }

    /// Listens on a port, the next free one when it is taken, and serves.
    pub async fn serve(
        &mut self,
        wanted: SocketAddr,
        sections: &[SourceSection],
    ) -> anyhow::Result<()> {
        let listener = listen(wanted).await?;
        let (address, port) = (listener.local_addr()?, wanted.port());
        if port != 0 && address.port() != port {
            eprintln!("Port {port} is taken, so this is on port {}.", address.port());
        }
        let keys = KeyStore::open(self.folder.path()).context("open the API keys")?;
        let mut state = AppState::new(self.handle()?, Arc::new(keys), self.clock.clone());
        state.login_token = Some(Arc::from(self.login_token.as_str()));
        state.banner = Some(Arc::from("Demo: simulated learners"));
        let (links, issuer) = LinkSigner::new()?;
        state.jwt = Arc::new(JwtIssuers(vec![issuer]));
        self.links = Some(links);
        tokio::spawn(keep_pace(self.clock(), Arc::clone(&state.learner_heard), self.speed));
        let (board, runtime) = (Arc::clone(&state.source_board), runtime::Handle::current());
        let sources = sources::start(sections, &self.handle()?, &self.clock, &board, &runtime)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(http::serve(listener, state, async {
            // A dropped sender means the same: stop.
            let _ = stopped.await;
        }));
        self.server = Some(Server { address, stop, task, sources, board });
        Ok(())
    }

    /// The way of events through a broker, once the server reads from it.
    pub async fn route(&self, brokers: &str) -> anyhow::Result<EventRoute> {
        let server = self.server.as_ref().context("the server has been stopped")?;
        EventRoute::open(brokers, &self.handle()?, &server.board).await
    }

    /// The time of the demonstration.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the server is, as a URL without a slash at the end.
    pub fn address(&self) -> String {
        let port = self.server.as_ref().map_or(0, |server| server.address.port());
        format!("http://127.0.0.1:{port}")
    }

    /// The key that may publish and read results.
    pub fn director_key(&self) -> &str {
        &self.keys.director
    }

    /// The key that the learners' site uses.
    pub fn learners_key(&self) -> &str {
        &self.keys.learners
    }

    /// The published course, for the simulated learners to look at.
    pub async fn course(&self, id: &str) -> anyhow::Result<Arc<Course>> {
        let wanted = id.to_owned();
        let node = self.handle()?;
        let look = node.read(move |reader| reader.state().course(&wanted).cloned());
        let found = look.await.map_err(|fault| anyhow::anyhow!("the node: {fault:?}"))?;
        found.with_context(|| format!("course {id:?} was published and is not there"))
    }

    /// The link with which a person takes the course: as a learner of the side that is learned, so
    /// that what they answer changes what comes next.
    pub async fn link(&self, course: &str) -> anyhow::Result<String> {
        let wanted = course.to_owned();
        let node = self.handle()?;
        let look = node.read(move |reader| {
            let experiment = reader.state().running_experiment(&wanted)?;
            let learned = experiment.definition.variants.last()?;
            let names = (1..).map(|number| match number {
                1 => "you".to_owned(),
                number => format!("you-{number}"),
            });
            let mut names = names.filter_map(|name| LearnerId::new(&name).ok());
            names.find(|name| assign(&experiment.definition, name).name == learned.name)
        });
        let found = look.await.map_err(|fault| anyhow::anyhow!("the node: {fault:?}"))?;
        let learner = found.context("the experiment of the demonstration does not run")?;
        let links = self.links.as_ref().context("the server was not started")?;
        let token = links.token(&learner).context("sign a link for you")?;
        Ok(format!("{}/learn/{course}#token={token}", self.address()))
    }

    /// Says what there is to see, and how to stop it.
    pub fn introduce(&self, draft: &CourseDraft, link: &str, seconds: u64, learners: usize) {
        let (address, key) = (self.address(), &self.keys.person);
        let course = &draft.id;
        let end = match seconds {
            0 => "Stop with Ctrl-C.".to_owned(),
            seconds => format!("It stops after {seconds} s, or with Ctrl-C."),
        };
        let kept = match &self.folder {
            Folder::Temporary(_) => "in a temporary folder, removed at the end".to_owned(),
            Folder::Kept(path) => format!("kept in {}", path.display()),
        };
        let text = format!(
            "\nNexus demonstration: \u{201c}{}\u{201d}, {learners} simulated learners \
             at a time, 1 s = {}\n\n  \
             Learn    {link}\n           \
             (you, with simulated classmates; time runs as on your watch while you learn)\n  \
             Watch    {address}/login?token={}\n  \
             API key  {key}\n  \
             Data     {kept}\n\n\
             Send an event (changes what Nexus believes of a learner of yours):\n\n  \
             curl -sS {address}/v1/events -H 'Authorization: Bearer {key}' \\\n    \
             -H 'Content-Type: application/json' \\\n    \
             -d '{{\"events\":[{{\"id\":\"my-event-1\",\"learner\":\"me\",\"course\":\"{course}\",\
             \"type\":\"enrolled\"}}]}}'\n\n\
             Ask what comes next (and why):\n\n  \
             curl -sS {address}/v1/decisions -H 'Authorization: Bearer {key}' \\\n    \
             -H 'Content-Type: application/json' \\\n    \
             -d '{{\"learner\":\"me\",\"course\":\"{course}\"}}'\n\n{end}\n",
            draft.title,
            lasting(self.speed),
            self.login_token,
        );
        // A closed standard error does not stop the demonstration.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Answers what is under way, then stops listening.
    pub async fn stop_server(&mut self) -> anyhow::Result<()> {
        let Some(server) = self.server.take() else { return Ok(()) };
        let stopped = tokio::task::spawn_blocking(|| server.sources.stop()).await;
        stopped.context("stop the sources")?;
        // The server may have ended already; waiting for it tells.
        let _ = server.stop.send(());
        server.task.await.context("the server broke")?.context("serve")
    }

    /// Writes the last checkpoint and stops the node. Says what went wrong, if anything.
    pub fn stop_node(&mut self) -> Option<String> {
        let (handle, thread) = self.node.take()?;
        handle.stop_node();
        drop(handle);
        match thread.join() {
            Health::StorageFailed => Some("the disk failed".to_owned()),
            _ => None,
        }
    }

    fn handle(&self) -> anyhow::Result<NodeHandle> {
        let node = self.node.as_ref().context("the node has been stopped")?;
        Ok(node.0.clone())
    }
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}

impl Keys {
    fn make(data: &Path) -> anyhow::Result<Self> {
        let store = KeyStore::open(data).context("open the API keys")?;
        let make = |name: &str, scopes: &[Scope]| -> anyhow::Result<String> {
            let new = NewKey {
                kind: KeyKind::Secret,
                environment: KeyEnvironment::Test,
                name: name.to_owned(),
                scopes: scopes.iter().map(|scope| scope.word().to_owned()).collect(),
                expires_at: None,
            };
            // Keys live in the machine's time, whatever the learners' clock says.
            let (text, _) = store.create(&new, Clock::system().now())?;
            Ok(text.reveal().to_owned())
        };
        let writes = [Scope::EventsWrite, Scope::DecisionsWrite, Scope::GradesWrite];
        let directs = [
            Scope::CoursesRead,
            Scope::CoursesWrite,
            Scope::ExperimentsRead,
            Scope::ExperimentsWrite,
        ];
        // A site reads what a placement or a closing check asks next.
        let plays = [&writes[..], &[Scope::LearnersRead]].concat();
        // The demo is there to be tried: experiments, pins and the kill switch too.
        let person = [&writes[..], &Scope::PAGES[..], &[Scope::Admin]].concat();
        Ok(Self {
            learners: make("demo: simulated learners", &plays)?,
            director: make("demo: course and experiment", &directs)?,
            person: make("demo: you", &person)?,
        })
    }
}

/// While a person learns, time runs as on their watch: what they know would be forgotten otherwise
/// before they have read the next line.
async fn keep_pace(clock: Clock, heard: Arc<Notify>, speed: f64) {
    loop {
        heard.notified().await;
        clock.run_at(1.0);
        while tokio::time::timeout(PERSON_PATIENCE, heard.notified()).await.is_ok() {}
        clock.run_at(speed);
    }
}

async fn listen(wanted: SocketAddr) -> anyhow::Result<TcpListener> {
    let port = wanted.port();
    let mut tried = port;
    loop {
        match TcpListener::bind((wanted.ip(), tried)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse && tried - port < PORTS_TRIED => {
                let Some(next) = tried.checked_add(1) else {
                    return Err(error).context("no free port");
                };
                tried = next;
            }
            Err(error) => return Err(error).with_context(|| format!("listen on port {tried}")),
        }
    }
}

/// A secret for the login link: it works as often as the link is opened, until the end.
fn random_text() -> anyhow::Result<String> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).context("no random numbers for the login link")?;
    Ok(crate::output::hex(&random))
}

fn lasting(seconds: f64) -> String {
    match seconds {
        few if few < 120.0 => format!("{few:.0} s"),
        some if some < 7_200.0 => format!("{:.0} min", some / 60.0),
        many => format!("{:.1} h", many / 3_600.0),
    }
}
