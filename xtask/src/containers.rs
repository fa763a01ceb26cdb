//! Containers and services: what `Dockerfile`, `compose.yaml` and `deploy/` say is checked by
//! linters, and an image is built from the very Dockerfile, run as they say, and killed.

mod base;
mod lint;
mod podman;
mod request;
mod trial;

use crate::test::packages;
use crate::test::tally::Tally;
use crate::{repository, step};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The lists of versions, in the repository.
const LISTS: &str = "xtask/containers";

/// The installed linters, and a folder for what is made on the way.
pub struct Workshop {
    root: PathBuf,
    folder: PathBuf,
}

/// Lints everything, then tries the image where containers can run.
///
/// # Errors
/// A linter finds something, a control passes that must not, or the image does not do what it says.
pub fn check(root: &Path, binary: &Path) -> anyhow::Result<Tally> {
    let workshop = Workshop::open(root)?;
    let mut total = lint::check(&workshop)?;
    total.add(trial::check(&workshop, binary)?);
    Ok(total)
}

impl Workshop {
    fn open(root: &Path) -> anyhow::Result<Self> {
        let folder = repository::target(root).join("containers");
        std::fs::create_dir_all(&folder).context("no folder for the linters")?;
        let workshop = Self { root: root.to_owned(), folder };
        workshop.install()?;
        Ok(workshop)
    }

    /// Installs the linters, unless it was already done for this list.
    fn install(&self) -> anyhow::Result<()> {
        let list = self.root.join(LISTS).join("requirements.txt");
        let copy = self.folder.join("requirements.txt");
        let wanted = std::fs::read(&list).context("the list of linters is gone")?;
        if std::fs::read(&copy).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(self.folder.join("venv"));
        step::run("python3 -m venv", &mut make)?;
        let mut install = self.tool("python");
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        step::run("pip install of the linters", install.arg(&list))?;
        // The copy comes last, because it says "done".
        std::fs::write(copy, wanted).context("the list of linters cannot be copied")
    }

    /// A program of the virtual environment, run in the root.
    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command.current_dir(&self.root);
        command
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join("venv/bin").join(name)
    }
}

/// Says that something was not tried, so that nobody overlooks it.
fn not_tried(what: &str, reason: &str) -> Tally {
    println!("****************************************************************");
    println!("*** NOT TRIED: {what}");
    println!("*** because {reason}");
    println!("****************************************************************");
    Tally { passed: 0, failed: 0, skipped: 1 }
}

/// The Debian packages without which no container runs here, installed when that is possible.
fn have_engine() -> Result<(), String> {
    packages::install_for_containers().map_err(|error| format!("{error:#}"))
}
