//! The preloaded library that makes a disk fail on command, for the server process alone.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A failing disk. It works until a flag is raised.
pub struct Shim {
    library: PathBuf,
    full: PathBuf,
    sync: PathBuf,
    _folder: tempfile::TempDir,
}

impl Shim {
    /// Compiles the library; `None`, with a word why, when there is no C compiler to do it.
    pub fn compile() -> Option<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let library = folder.path().join("libshim.so");
        let arguments = ["-shared", "-fPIC", "-ldl"];
        if !compile(folder.path(), include_str!("shim.c"), &library, &arguments) {
            return None;
        }
        let (full, sync) = (folder.path().join("full"), folder.path().join("unsynced"));
        Some(Self { library, full, sync, _folder: folder })
    }

    /// What a server needs in its environment. Syncs fail for paths with this ending only.
    pub fn environment(&self, data: &Path, ending: &str) -> Vec<(String, String)> {
        let data = data.canonicalize().expect("the data directory exists");
        let variable = |name: &str, value: &Path| {
            (name.to_owned(), value.to_str().expect("a plain path").to_owned())
        };
        vec![
            variable("LD_PRELOAD", &self.library),
            variable("NEXUS_SHIM_DIR", &data),
            variable("NEXUS_SHIM_FULL", &self.full),
            variable("NEXUS_SHIM_SYNC", &self.sync),
            ("NEXUS_SHIM_ENDING".to_owned(), ending.to_owned()),
        ]
    }

    /// From now on nothing can be written.
    pub fn fill(&self) {
        std::fs::write(&self.full, "").expect("a flag is raised");
    }

    /// From now on everything can be written again.
    pub fn free(&self) {
        std::fs::remove_file(&self.full).expect("a flag is taken down");
    }

    /// From now on nothing can be synced.
    pub fn fail_syncs(&self) {
        std::fs::write(&self.sync, "").expect("a flag is raised");
    }
}

/// Compiles a program or library; answers whether there is a compiler to do it, and says so.
pub fn compile(folder: &Path, text: &str, to: &Path, arguments: &[&str]) -> bool {
    let source = folder.join("source.c");
    std::fs::write(&source, text).expect("the source is written");
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-Wall", "-Werror", "-o"]).arg(to).arg(&source).args(arguments);
    match compiler.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => panic!("cc: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            println!("no C compiler ({error}): a failing disk cannot be simulated");
            false
        }
    }
}
