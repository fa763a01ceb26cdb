//! The image on trial: built from the very Dockerfile, run as closed as `deploy/` runs it, killed
//! after it acknowledged an event, and asked for that event in its next life.

use super::podman::Podman;
use super::{Workshop, base, have_engine, not_tried, request};
use crate::repository;
use crate::test::tally::Tally;
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const IMAGE: &str = "localhost/nexus:test";
const BASE: &str = "localhost/nexus-base:test";
const BINARY: &str = "localhost/nexus-binary:test";
/// The program inside the image.
const NEXUS: &str = "/usr/local/bin/nexus";
const COURSE: &str = "courses/probability-from-zero.yaml";

/// The most that the image may weigh, in bytes.
const IMAGE_BYTES_MAX: u64 = 60_000_000;
/// The most that it may weigh without the binary, whose size depends on how it was built.
const BASE_BYTES_MAX: u64 = 27_000_000;
/// How long a container may take until it is healthy.
const HEALTHY_SECONDS_MAX: u64 = 60;

/// What `compose.yaml` and `deploy/kubernetes` say of the container, in podman's words.
const CLOSED: [&str; 6] = [
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--user=65532:65532",
    "--stop-timeout=30",
];

/// Tries the image, or says why not.
pub fn check(workshop: &Workshop, binary: &Path) -> anyhow::Result<Tally> {
    const WHAT: &str = "the container image: built, run, killed, started again";
    let is_root = Command::new("id").arg("-u").output();
    if !is_root.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        return Ok(not_tried(
            WHAT,
            "this is not root, and rootless podman needs a set-up of its own",
        ));
    }
    if let Err(reason) = have_engine() {
        return Ok(not_tried(WHAT, &reason));
    }
    let podman = Podman::new(workshop.folder.join("engine"))?;
    let base = match base::archive(workshop) {
        Ok(base) => base,
        Err(reason) => return Ok(not_tried(WHAT, &format!("there is no base: {reason:#}"))),
    };
    let import = |archive: &Path, name: &str| {
        let archive = archive.to_str().context("a path that is no text")?;
        podman.run(&["import", "--quiet", archive, name])
    };
    import(&base, BASE)?;
    if let Err(reason) = runs_at_all(&podman) {
        return Ok(not_tried(WHAT, &format!("podman cannot run a container here: {reason:#}")));
    }
    import(&base::binary(workshop, binary)?, BINARY)?;
    println!("==> the container image");
    build(&podman, &workshop.root)?;
    let mut trial = Trial { podman: &podman, workshop, host: binary, passed: 0 };
    trial.context()?;
    trial.size()?;
    trial.lives()?;
    trial.demo()?;
    Ok(Tally { passed: trial.passed, failed: 0, skipped: 0 })
}

/// Whether this machine lets podman run anything: the base has no program, so one of ours is
/// mounted into it.
fn runs_at_all(podman: &Podman) -> anyhow::Result<String> {
    let command = ["run", "--rm", "--network=none", "--volume=/bin/true:/true:ro", BASE, "/true"];
    podman.run(&command)
}

/// Only the images that it begins with are other ones than a person's.
fn build(podman: &Podman, root: &Path) -> anyhow::Result<String> {
    let root = root.to_str().context("a path that is no text")?;
    podman.run(&[
        "build",
        "--quiet",
        "--isolation=chroot",
        // The other format has no place for a health check.
        "--format=docker",
        &format!("--build-arg=BASE={BASE}"),
        &format!("--build-arg=BINARY={BINARY}"),
        // Named, so that nothing can be fetched for a stage that is not needed.
        &format!("--build-arg=BUILDER={BASE}"),
        "--tag",
        IMAGE,
        root,
    ])
}

struct Trial<'a> {
    podman: &'a Podman,
    workshop: &'a Workshop,
    /// The same program outside of the container.
    host: &'a Path,
    passed: u64,
}

/// A running container; removed when it is dropped.
struct Life<'a> {
    podman: &'a Podman,
    name: String,
    port: u16,
}

impl<'a> Trial<'a> {
    fn holds(&mut self, what: &str) {
        println!("    {what}");
        self.passed += 1;
    }

    /// What `.dockerignore` leaves is a workspace that cargo can build from: the stage that compiles
    /// is not run here, so that is all that can be said of it.
    fn context(&mut self) -> anyhow::Result<()> {
        let recipe = self.workshop.folder.join("context.Dockerfile");
        std::fs::write(&recipe, "FROM scratch\nCOPY . /source\nCMD [\"/none\"]\n")?;
        let left = self.workshop.folder.join("context");
        let _ = std::fs::remove_dir_all(&left);
        let text = |path: &Path| path.to_str().map(str::to_owned).context("a path that is no text");
        let (recipe, root, left_text) = (text(&recipe)?, text(&self.workshop.root)?, text(&left)?);
        self.podman.run(&[
            "build",
            "--quiet",
            "--isolation=chroot",
            "--file",
            &recipe,
            "--tag=context",
            &root,
        ])?;
        self.podman.run(&["create", "--name=context", "context"])?;
        self.podman.run(&["cp", "context:/source", &left_text])?;
        self.podman.run(&["rm", "context"])?;
        let tests = left.join("web/tests");
        ensure!(
            !tests.exists() && !left.join(".git").exists(),
            "more than the build needs goes in"
        );
        let arguments = ["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"];
        let read = repository::cargo(&left, &arguments).output().context("cargo metadata")?;
        let words = String::from_utf8_lossy(&read.stderr);
        ensure!(read.status.success(), "cargo cannot read what goes into the build: {words}");
        let _ = std::fs::remove_dir_all(&left);
        self.holds("what goes into the build is the whole workspace, and nothing else");
        Ok(())
    }

    fn size(&mut self) -> anyhow::Result<()> {
        let inspect = |image| self.podman.run(&["image", "inspect", "--format={{.Size}}", image]);
        let bytes = |text: String| text.parse::<u64>().context("podman names no size");
        let (whole, binary) = (bytes(inspect(IMAGE)?)?, bytes(inspect(BINARY)?)?);
        let rest = whole.saturating_sub(binary);
        ensure!(rest <= BASE_BYTES_MAX, "the image weighs {rest} bytes beside its binary");
        // A debug binary is several times as large as the one that is handed out.
        let is_release = self.host.parent().is_some_and(|folder| folder.ends_with("release"));
        ensure!(!is_release || whole <= IMAGE_BYTES_MAX, "the image weighs {whole} bytes");
        self.holds(&format!("{:.1} MB beside a binary of {:.1} MB", mega(rest), mega(binary)));
        Ok(())
    }

    /// One volume through the lives of three containers.
    fn lives(&mut self) -> anyhow::Result<()> {
        let first = self.start("first", "nexus-data")?;
        self.holds("a health check by the binary itself says healthy");
        self.closed(&first)?;
        self.unhealthy_without_a_server()?;
        let key = first.exec(&["key", "create", "--name=trial", "--for=admin"])?;
        self.publish(&first, &key)?;
        let event = json!({"events": [{
            "id": "trial-1", "type": "enrolled", "learner": "ada",
            "course": "probability-from-zero",
        }]});
        let told = request::post(first.port, &key, "/v1/events", &event)?;
        let receipt = first_receipt(&told)?;
        ensure!(receipt["status"] == "accepted", "the event is new, and was not: {told}");
        self.podman.run(&["kill", &first.name])?;
        drop(first);

        let second = self.start("second", "nexus-data")?;
        let again = request::post(second.port, &key, "/v1/events", &event)?;
        let found = first_receipt(&again)?;
        ensure!(
            found["status"] == "duplicate" && found["seq"] == receipt["seq"],
            "acknowledged as {told} before the kill, and after it {again}"
        );
        self.holds("an event that was acknowledged before the kill is there after it");
        self.one_writer()?;
        self.stops_in_order(&second)?;
        drop(second);
        self.another_volume_knows_nothing(&event)
    }

    fn start(&self, name: &str, volume: &str) -> anyhow::Result<Life<'a>> {
        let port = free_port()?;
        let publish = format!("--publish=127.0.0.1:{port}:8080");
        let volume = format!("--volume={volume}:/data");
        let mut arguments = vec!["run", "--detach", "--name", name, &publish, &volume];
        arguments.extend(CLOSED);
        arguments.push(IMAGE);
        self.podman.run(&arguments)?;
        let life = Life { podman: self.podman, name: name.to_owned(), port };
        life.until_healthy()?;
        Ok(life)
    }

    /// What the kernel says of the process, not what was asked for.
    fn closed(&mut self, life: &Life<'_>) -> anyhow::Result<()> {
        let pid = self.podman.run(&["inspect", "--format={{.State.Pid}}", &life.name])?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        for line in ["Uid:\t65532\t65532", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"] {
            ensure!(status.contains(line), "the process lacks {line:?}:\n{status}");
        }
        // The root file system is mounted for reading only, and the volume is not.
        let mounts = std::fs::read_to_string(format!("/proc/{pid}/mounts"))?;
        let options = |place: &str| {
            let mount = mounts.lines().find(|line| line.split(' ').nth(1) == Some(place));
            mount.and_then(|line| line.split(' ').nth(3)).unwrap_or_default()
        };
        ensure!(options("/").starts_with("ro"), "the root can be written:\n{mounts}");
        ensure!(options("/data").starts_with("rw"), "the volume cannot be written:\n{mounts}");
        let elsewhere = self.podman.try_run(&[
            "exec",
            &life.name,
            NEXUS,
            "key",
            "create",
            "--data=/var/tmp/x",
            "--name=x",
        ])?;
        let words = String::from_utf8_lossy(&elsewhere.stderr);
        ensure!(words.contains("Read-only file system"), "a write outside of /data: {words}");
        self.holds("not root, no capability, no new privilege, a root that cannot be written");
        Ok(())
    }

    /// The control of the health check.
    fn unhealthy_without_a_server(&mut self) -> anyhow::Result<()> {
        let alone = ["run", "--rm", "--network=none", IMAGE, "healthcheck"];
        let output = self.podman.try_run(&alone)?;
        let words = String::from_utf8_lossy(&output.stdout);
        let said = words.contains("not ready: nothing answers at 127.0.0.1:8080");
        ensure!(said && output.status.code() == Some(1), "{words} {}", output.status);
        self.holds("the health check says so, and exits 1, where no server is");
        Ok(())
    }

    fn publish(&self, life: &Life<'_>, key: &str) -> anyhow::Result<()> {
        let mut publish = Command::new(self.host);
        publish.args(["course", "publish"]).arg(self.workshop.root.join(COURSE));
        publish.arg(format!("--url=http://127.0.0.1:{}", life.port)).env("NEXUS_KEY", key);
        let output = publish.output().context("nexus course publish")?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the course could not be published: {words}");
        Ok(())
    }

    /// Two containers on one volume would be two writers.
    fn one_writer(&mut self) -> anyhow::Result<()> {
        let mut arguments = vec!["run", "--rm", "--network=none", "--volume=nexus-data:/data"];
        arguments.extend(CLOSED);
        arguments.push(IMAGE);
        let output = self.podman.try_run(&arguments)?;
        let words = String::from_utf8_lossy(&output.stderr);
        let refused = output.status.code() == Some(2) && words.contains("in use by");
        ensure!(refused, "a second server on the volume: {words} {}", output.status);
        self.holds("a second container on the volume is refused");
        Ok(())
    }

    fn stops_in_order(&mut self, life: &Life<'_>) -> anyhow::Result<()> {
        self.podman.run(&["stop", &life.name])?;
        let code = self.podman.run(&["inspect", "--format={{.State.ExitCode}}", &life.name])?;
        ensure!(code == "0", "a stopped server exits with {code}");
        let mut verify = vec!["run", "--rm", "--network=none", "--volume=nexus-data:/data"];
        verify.extend(CLOSED);
        verify.extend([IMAGE, "verify"]);
        let report = self.podman.run(&verify)?;
        ensure!(report.ends_with("sound") && !report.ends_with("NOT sound"), "{report}");
        self.holds("a stop ends in order, and the data it leaves are sound");
        Ok(())
    }

    /// The control of the kill: on a fresh volume the same event is new.
    fn another_volume_knows_nothing(&mut self, event: &Value) -> anyhow::Result<()> {
        let other = self.start("other", "nexus-other")?;
        let key = other.exec(&["key", "create", "--name=trial", "--for=admin"])?;
        self.publish(&other, &key)?;
        let told = request::post(other.port, &key, "/v1/events", event)?;
        ensure!(first_receipt(&told)?["status"] == "accepted", "a fresh volume knows it: {told}");
        self.holds("the same event is new on another volume");
        Ok(())
    }
}

impl Trial<'_> {
    /// `compose.yaml` shows the live page to whoever has the link, and to nobody else.
    fn demo(&mut self) -> anyhow::Result<()> {
        let port = free_port()?;
        self.compose(port, &["up", "--detach", "demo"])?;
        let shown = self.shown(port);
        let log = self.podman.run(&["logs", "nexus_demo_1"]).unwrap_or_default();
        self.compose(port, &["down", "--volumes"])?;
        shown.with_context(|| format!("the demonstration wrote:\n{log}"))?;
        self.holds("podman-compose --profile demo up shows the live page, and asks for its link");
        Ok(())
    }

    fn shown(&self, port: u16) -> anyhow::Result<()> {
        let began = Instant::now();
        let link = loop {
            let output = self.podman.try_run(&["logs", "nexus_demo_1"])?;
            let words = [output.stdout, output.stderr].concat();
            let words = String::from_utf8_lossy(&words).into_owned();
            if let Some(at) = words.find("/login?token=") {
                break words[at..].lines().next().unwrap_or_default().to_owned();
            }
            ensure!(began.elapsed() < Duration::from_secs(HEALTHY_SECONDS_MAX), "no link: {words}");
            std::thread::sleep(Duration::from_millis(200));
        };
        let stranger = request::get(port, "/v1/stats", None)?;
        ensure!(stranger.status() == Some(401), "a stranger sees {}", stranger.head);
        let entered = request::get(port, &link, None)?;
        let cookie = entered.cookie().with_context(|| format!("no cookie: {}", entered.head))?;
        let page = request::get(port, "/", Some(cookie))?;
        ensure!(page.status() == Some(200) && page.body.contains("</html>"), "{}", page.head);
        let numbers = request::get(port, "/v1/stats", Some(cookie))?;
        let live = numbers.body.contains("Demo: simulated learners");
        ensure!(numbers.status() == Some(200) && live, "{}: {}", numbers.head, numbers.body);
        Ok(())
    }

    /// A debug binary, as the tests build it, reads its pages where they were when it was built: at
    /// `../../web` of the crate. So a copy is mounted there, which anybody may read.
    fn pages(&self) -> anyhow::Result<PathBuf> {
        let copy = self.workshop.folder.join("pages");
        let crate_folder = copy.join("crates/nexus-server");
        std::fs::create_dir_all(&crate_folder).context("no folder for the pages")?;
        let web = self.workshop.root.join("web");
        let mut take = Command::new("cp");
        let taken = take.arg("-R").arg(web).arg(&copy).output().context("cp")?;
        let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(&copy).output();
        let copied = taken.status.success() && opened.context("chmod")?.status.success();
        ensure!(copied, "the pages could not be copied");
        let volume = format!("{}:{}:ro", copy.display(), self.workshop.root.display());
        let also = self.workshop.folder.join("pages.yaml");
        std::fs::write(&also, json!({"services": {"demo": {"volumes": [volume]}}}).to_string())?;
        Ok(also)
    }

    fn compose(&self, port: u16, arguments: &[&str]) -> anyhow::Result<()> {
        let pages = self.pages()?;
        let mut command = Command::new("timeout");
        command.arg("180").arg(self.workshop.program("podman-compose"));
        command.args(["--file", "compose.yaml", "--file"]).arg(pages);
        command.args(["--profile", "demo"]).args(arguments).current_dir(&self.workshop.root);
        command.env("NEXUS_IMAGE", IMAGE).env("NEXUS_DEMO_PORT", port.to_string());
        self.podman.furnish(&mut command);
        let output = command.output().context("podman-compose does not start")?;
        let words = [output.stdout, output.stderr].concat();
        let words = String::from_utf8_lossy(&words);
        ensure!(output.status.success(), "podman-compose {}:\n{words}", arguments.join(" "));
        Ok(())
    }
}

impl Life<'_> {
    fn exec(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.podman.run(&[&["exec", &self.name, NEXUS], arguments].concat())
    }

    /// podman's own timers need systemd, so the check is run by hand, as the image defines it.
    fn until_healthy(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let output = self.podman.try_run(&["healthcheck", "run", &self.name])?;
            if output.status.success() {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(HEALTHY_SECONDS_MAX) {
                let log = self.podman.run(&["logs", &self.name]).unwrap_or_default();
                let words = String::from_utf8_lossy(&output.stderr);
                bail!("{} is not healthy after {HEALTHY_SECONDS_MAX} s: {words}\n{log}", self.name);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Life<'_> {
    fn drop(&mut self) {
        let _ = self.podman.try_run(&["rm", "--force", &self.name]);
    }
}

fn first_receipt(answer: &Value) -> anyhow::Result<&Value> {
    let receipt = answer["receipts"].get(0);
    receipt.with_context(|| format!("an answer without a receipt: {answer}"))
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
