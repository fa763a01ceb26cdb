//! The API document beside the tools that people use with it: two validators, two generators of
//! clients, and a generator of requests. What they need is installed under `target/contract`, in
//! the versions that `xtask/contract` names.

use crate::test::tally::Tally;
use crate::{repository, step};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const DOCUMENT: &str = "docs/openapi.json";
/// Requests that schemathesis makes for one operation in one phase.
const EXAMPLES_MAX: &str = "40";
/// Seconds that it may take in all.
const SECONDS_MAX: &str = "900";

/// The installed tools.
pub struct Tools {
    root: PathBuf,
    /// The scripts and the lists of versions.
    scripts: PathBuf,
    /// Where the tools are, and what they write.
    folder: PathBuf,
}

impl Tools {
    /// Installs what the lists name, unless it was already done for these lists.
    ///
    /// # Errors
    /// pip or npm cannot install.
    pub fn install(root: &Path) -> anyhow::Result<Self> {
        let scripts = root.join("xtask/contract");
        let folder = repository::target(root).join("contract");
        std::fs::create_dir_all(&folder).context("no folder for the tools")?;
        let tools = Self { root: root.to_owned(), scripts, folder };
        tools.install_python()?;
        tools.install_node()?;
        Ok(tools)
    }

    fn install_python(&self) -> anyhow::Result<()> {
        const LIST: &str = "requirements.txt";
        if self.is_installed(LIST) {
            return Ok(());
        }
        let mut make = Command::new("python3");
        step::run("python3 -m venv", make.args(["-m", "venv"]).arg(self.folder.join("venv")))?;
        let mut install = self.python();
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        step::run("pip install", install.arg(self.scripts.join(LIST)))?;
        self.keep(LIST)
    }

    fn install_node(&self) -> anyhow::Result<()> {
        const LOCK: &str = "package-lock.json";
        if self.is_installed(LOCK) {
            return Ok(());
        }
        // npm reads its lists where it installs; the lock comes last, because it says "done".
        self.keep("package.json")?;
        self.keep(LOCK)?;
        let mut install = Command::new("npm");
        install.current_dir(&self.folder).args(["ci", "--no-audit", "--no-fund"]);
        let installed = step::run("npm ci", &mut install);
        if installed.is_err() {
            std::fs::remove_file(self.folder.join(LOCK)).context("the lock cannot be removed")?;
        }
        installed
    }

    /// Whether the tools of a list are installed: a copy of the list lies beside them.
    fn is_installed(&self, list: &str) -> bool {
        let read = |folder: &Path| std::fs::read(folder.join(list)).ok();
        let wanted = read(&self.scripts);
        wanted.is_some() && wanted == read(&self.folder)
    }

    fn keep(&self, list: &str) -> anyhow::Result<()> {
        std::fs::copy(self.scripts.join(list), self.folder.join(list))
            .with_context(|| format!("{list} cannot be copied"))?;
        Ok(())
    }

    /// Writes the types of the document.
    ///
    /// # Errors
    /// openapi-typescript cannot.
    pub fn write_types(&self, to: &Path) -> anyhow::Result<()> {
        let mut generate = self.node("openapi-typescript");
        step::run("openapi-typescript", generate.args([DOCUMENT, "-o"]).arg(to))
    }

    fn python(&self) -> Command {
        let mut command = Command::new(self.folder.join("venv/bin/python"));
        // The scripts lie in the repository: what Python compiles of them does not.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.current_dir(&self.root);
        command
    }

    /// A program that npm installed.
    pub fn node(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join("node_modules/.bin").join(program));
        // redocly reports its use and looks for newer versions unless it is told not to.
        command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
        command.current_dir(&self.root);
        command
    }
}

/// Reads the document with four tools, and talks to a real server with a client that one of them
/// made.
///
/// # Errors
/// A tool finds something wrong, or cannot be installed.
pub fn check(root: &Path, binary: &Path) -> anyhow::Result<Tally> {
    let tools = Tools::install(root)?;
    let mut validate = tools.python();
    validate.args(["-m", "openapi_spec_validator", DOCUMENT]);
    step::run("openapi-spec-validator", &mut validate)?;
    let mut lint = tools.node("redocly");
    lint.args(["lint", DOCUMENT, "--config"]).arg(tools.scripts.join("redocly.yaml"));
    step::run("redocly lint", &mut lint)?;
    types(&tools)?;
    client(&tools, binary)?;
    Ok(Tally { passed: 4, failed: 0, skipped: 0 })
}

/// The types that openapi-typescript makes compile strictly, with a program that uses them.
fn types(tools: &Tools) -> anyhow::Result<()> {
    let folder = tools.folder.join("types");
    std::fs::create_dir_all(&folder).context("no folder for the types")?;
    tools.write_types(&folder.join("api.ts"))?;
    let program = folder.join("use.ts");
    std::fs::copy(tools.scripts.join("use.ts"), &program).context("use.ts cannot be copied")?;
    let mut compile = tools.node("tsc");
    let options = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext"];
    compile.args(options).args(["--moduleResolution", "bundler"]);
    step::run("tsc --strict", compile.arg(program))
}

/// openapi-python-client makes every operation, and its client works against a server.
fn client(tools: &Tools, binary: &Path) -> anyhow::Result<()> {
    let folder = tools.folder.join("client");
    let mut generate = tools.python();
    generate.args(["-m", "openapi_python_client", "generate", "--fail-on-warning", "--overwrite"]);
    generate.args(["--path", DOCUMENT, "--output-path"]).arg(&folder);
    generate.arg("--config").arg(tools.scripts.join("client.yaml"));
    step::run("openapi-python-client", &mut generate)?;
    let mut speak = tools.python();
    speak.arg(tools.scripts.join("client.py")).arg(binary).arg(DOCUMENT).arg(&folder);
    step::run("the generated client", &mut speak)
}

/// Sends requests drawn from the document to a real server: some that fit it and some that do
/// not. The seed is fixed and the time is bounded.
///
/// # Errors
/// An answer is a 5xx, has a status or a body that the document does not name, or takes what the
/// document forbids.
pub fn explore(root: &Path) -> anyhow::Result<()> {
    let tools = Tools::install(root)?;
    step::run("build", &mut repository::cargo(root, &["build", "-p", "nexus-cli"]))?;
    let binary = repository::target(root).join("debug").join("nexus");
    if !binary.is_file() {
        bail!("the binary is not where cargo puts it");
    }
    let mut run = tools.python();
    run.arg(tools.scripts.join("explore.py")).arg(binary).arg(DOCUMENT);
    run.args([EXAMPLES_MAX, SECONDS_MAX]);
    step::run("schemathesis", &mut run)
}
