//! The Python wheel: built by maturin, installed beside its tools under `target/python`, and tested
//! against the simulator in Rust. The tools come in the versions that `python/tests` names.

use crate::test::WITH_KAFKA;
use crate::test::tally::Tally;
use crate::{repository, step};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const LIST: &str = "requirements.txt";
const COURSE: &str = "courses/probability-from-zero.yaml";

/// Builds the wheel, installs it and runs its tests.
///
/// # Errors
/// A tool cannot be installed, the wheel cannot be built, or a test fails.
pub fn check(root: &Path, binary: &Path) -> anyhow::Result<Tally> {
    let folder = repository::target(root).join("python");
    std::fs::create_dir_all(&folder).context("no folder for the tools")?;
    install_tools(root, &folder)?;
    let wheel = build(root, &folder)?;
    let mut install = python(&folder);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // The version does not change from build to build, so pip would keep the old one.
    install.args(["--no-deps", "--force-reinstall"]).arg(wheel);
    step::run("pip install nexus-learn", &mut install)?;
    // The whole workspace is named, so that its crates are taken as they were built before.
    let digest = ["build", "--workspace", "--example", "environment_digest"];
    let mut digest = repository::cargo(root, &digest);
    step::run("build the digest", digest.args(WITH_KAFKA))?;
    let mut tests = pytest(root, "python/tests");
    tests.env("NEXUS_COURSE", root.join(COURSE)).env("NEXUS_BIN", binary);
    let examples = repository::target(root).join("debug/examples");
    tests.env("NEXUS_DIGEST", examples.join("environment_digest"));
    run_tests("pytest", &mut tests)
}

/// The tests of a folder, run by the Python that has the wheel.
pub fn pytest(root: &Path, tests: &str) -> Command {
    let mut command = python(&repository::target(root).join("python"));
    command.current_dir(root).args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", tests]);
    command
}

/// Runs tests and counts them.
///
/// # Errors
/// A test fails, or there is none.
pub fn run_tests(name: &str, command: &mut Command) -> anyhow::Result<Tally> {
    let mut total = Tally::default();
    let see = |line: &str| total.add(Tally::from_pytest(line).unwrap_or_default());
    step::run_watched(name, command, see)?;
    if total.passed == 0 {
        bail!("stopped at step `{name}`: it ended well, but without a test");
    }
    Ok(total)
}

/// Installs what the list names, unless it was already done for this list.
fn install_tools(root: &Path, folder: &Path) -> anyhow::Result<()> {
    let wanted = std::fs::read(root.join("python/tests").join(LIST)).context("no list of tools")?;
    if std::fs::read(folder.join(LIST)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut make = Command::new("python3");
    step::run("python3 -m venv", make.args(["-m", "venv"]).arg(folder.join("venv")))?;
    let mut install = python(folder);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    install.arg(root.join("python/tests").join(LIST));
    step::run("pip install", &mut install)?;
    std::fs::write(folder.join(LIST), wanted).context("the list cannot be kept")
}

/// Builds the wheel with the profile of the tests, so that the crates below are compiled once.
fn build(root: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let wheels = folder.join("wheels");
    if wheels.is_dir() {
        std::fs::remove_dir_all(&wheels).context("old wheels cannot be removed")?;
    }
    let mut build = Command::new(folder.join("venv/bin/maturin"));
    build.current_dir(root.join("python")).args(["build", "--quiet", "--profile", "dev"]);
    step::run("maturin build", build.arg("--out").arg(&wheels))?;
    let built = std::fs::read_dir(&wheels).context("there is no wheel")?;
    let paths = built.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = paths.filter(|path| path.extension().is_some_and(|it| it == "whl")).min();
    wheel.context("maturin built no wheel")
}

fn python(folder: &Path) -> Command {
    let mut command = Command::new(folder.join("venv/bin/python"));
    // The tests lie in the repository: what Python compiles of them does not.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
