//! The real server as a child process, and the other commands beside it.

use crate::client::Client;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the server may take to listen, or to end after it was told to.
const SECONDS_MAX: u64 = 30;

static TURN: Mutex<()> = Mutex::new(());

/// The program under test: the one of this build, or `NEXUS_BINARY`, such as a release build.
fn binary() -> PathBuf {
    let given = std::env::var_os("NEXUS_BINARY").map(PathBuf::from);
    given.unwrap_or_else(|| env!("CARGO_BIN_EXE_nexus").into())
}

/// Waits until no other of these tests runs a server: they measure time, and share few cores.
pub fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folders of one test.
pub struct Site {
    /// The data directory.
    pub data: PathBuf,
    /// The key that may do everything.
    pub key: String,
    // Where the server writes what it has to say.
    log: PathBuf,
    environment: Vec<(String, String)>,
    _folder: tempfile::TempDir,
}

/// A running server; killed when it is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
    /// How long it took to listen.
    pub ready_after: Duration,
}

/// A server that ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote on standard error.
    pub log: String,
}

impl Site {
    /// A site whose data is in a folder of its own.
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let data = folder.path().join("data");
        Self::with_data(folder, data)
    }

    /// A site whose data is somewhere else.
    pub fn at(data: PathBuf) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        Self::with_data(folder, data)
    }

    /// A site whose data are to be restored from another one's backup, with that one's key.
    pub fn restored(of: &Self, data: PathBuf) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let log = folder.path().join("server.log");
        Self { data, key: of.key.clone(), log, environment: Vec::new(), _folder: folder }
    }

    fn with_data(folder: tempfile::TempDir, data: PathBuf) -> Self {
        let log = folder.path().join("server.log");
        let mut site =
            Self { data, key: String::new(), log, environment: Vec::new(), _folder: folder };
        site.key = site.make_key();
        site
    }

    /// Makes a key that may do everything.
    pub fn make_key(&self) -> String {
        let made = self.run(&["key", "create", "--name", "t", "--for", "admin"]);
        assert!(made.status.success(), "nexus key: {}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8_lossy(&made.stdout).trim().to_owned()
    }

    /// Sets variables for servers that start from now on.
    pub fn set_environment(&mut self, environment: Vec<(String, String)>) {
        self.environment = environment;
    }

    /// Runs a command of `nexus` on the data directory to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--data").arg(&self.data);
        command.output().expect("nexus runs")
    }

    /// Runs a command of `nexus` that needs no data directory.
    pub fn run_alone(arguments: &[&str]) -> Output {
        Command::new(binary()).args(arguments).output().expect("nexus runs")
    }

    /// Starts the server and waits until it listens.
    pub fn start(&self) -> Server {
        self.try_start().unwrap_or_else(|ended| panic!("nexus serve ended: {ended:?}"))
    }

    /// Starts the server; answers how it ended when it does so before it listens.
    pub fn try_start(&self) -> Result<Server, Ended> {
        let began = Instant::now();
        let mut child = self.spawn();
        let output = child.stdout.take().expect("its output is ours");
        let (sender, lines) = sync_channel(64);
        std::thread::spawn(move || {
            // Reading on keeps the pipe from filling up.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.try_send(line);
            }
        });
        let deadline = began + Duration::from_secs(SECONDS_MAX);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = lines.recv_timeout(left) else {
                assert!(!left.is_zero(), "not ready after {SECONDS_MAX} s: {}", read(&self.log));
                let status = wait(&mut child);
                return Err(Ended { code: status.code(), log: read(&self.log) });
            };
            if let Some(address) = line.strip_prefix("listening on http://") {
                let address = address.trim().parse().expect("an address");
                let ready_after = began.elapsed();
                return Ok(Server { child, log: self.log.clone(), address, ready_after });
            }
        }
    }

    fn spawn(&self) -> Child {
        let log = File::create(&self.log).expect("a log file");
        let mut command = Command::new(binary());
        command.args(["serve", "--listen", "127.0.0.1:0"]).arg("--data").arg(&self.data);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        command.spawn().expect("nexus serve starts")
    }

    /// Starts the server and kills it so soon that it may still be recovering.
    pub fn start_and_kill(&self, after: Duration) {
        let mut child = self.spawn();
        std::thread::sleep(after);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// A client of a server.
    pub fn client(&self, server: &Server) -> Client {
        Client::new(server.address, &self.key)
    }

    /// Publishes the course.
    pub fn publish_course(&self, server: &Server) {
        let path = format!("/v1/courses/{}", crate::course::ID);
        let answer = self.client(server).ask("PUT", &path, Some(&crate::course::file()));
        let answer = answer.expect("the course is answered");
        assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
    }

    /// Runs `nexus verify`, which must find nothing wrong.
    pub fn verify(&self) {
        let output = self.run(&["verify", "--json"]);
        let told = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "I8: nexus verify: {told} {error}");
    }
}

impl Server {
    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote on standard error so far.
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// Ends it at once, as a crash does.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Stops it where it is, in the middle of whatever it does. No answer leaves it from here on.
    pub fn freeze(&self) {
        self.signal("-STOP");
        let status = format!("/proc/{}/stat", self.id());
        // The first thread stands still once all of them may not return from the system any more;
        // or it has ended already.
        let stands = || {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            text.contains(") T ") || text.contains(") Z ")
        };
        poll(5, stands).expect("it stands still");
    }

    /// Sends it a signal, such as `-HUP`.
    pub fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill runs").success(), "process {id} is gone");
    }

    /// Asks it to stop and waits until it did.
    pub fn stop(self) -> Ended {
        self.terminate();
        self.wait_end()
    }

    /// Waits until it ends.
    pub fn wait_end(mut self) -> Ended {
        let status = wait(&mut self.child);
        Ended { code: status.code(), log: read(&self.log) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server's last words:\n{}", read(&self.log));
        }
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(SECONDS_MAX);
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("the server did not end within {SECONDS_MAX} s");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Polls until something holds, at most so long; answers how long it took.
pub fn poll(seconds_max: u64, mut holds: impl FnMut() -> bool) -> Option<Duration> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(seconds_max) {
        if holds() {
            return Some(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
