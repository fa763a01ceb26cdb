//! On what was measured: enough to compare with, nothing that names anybody's machine.

use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

/// The machine, as far as the figures depend on it.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    cores: usize,
    system: String,
    processor: Option<String>,
    /// How many processes wanted to run in the last minute, before this one began.
    busy: Option<f64>,
    filesystem: Option<String>,
}

impl Machine {
    /// Looks at this machine, and at the file system of a directory.
    pub fn look(directory: &Path) -> Self {
        let busy = std::fs::read_to_string("/proc/loadavg").ok();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: processor(),
            busy: busy.and_then(|text| text.split(' ').next()?.parse().ok()),
            filesystem: filesystem(directory),
        }
    }

    pub fn to_json(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "release_build": !cfg!(debug_assertions),
            "cores": self.cores,
            "system": self.system,
            "processor": self.processor,
            "load_before": self.busy,
            "filesystem": self.filesystem,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = if cfg!(debug_assertions) { "DEBUG BUILD" } else { "release" };
        write!(f, "nexus {}, {build}; {}, ", env!("CARGO_PKG_VERSION"), self.system)?;
        write!(f, "{} cores", self.cores)?;
        if let Some(processor) = &self.processor {
            write!(f, ", {processor}")?;
        }
        if let Some(busy) = self.busy {
            write!(f, ", load {busy} before")?;
        }
        match self.filesystem.as_deref() {
            Some("tmpfs") => write!(f, "; data on tmpfs, where durable costs nothing: use --dir"),
            Some(filesystem) => write!(f, "; data on {filesystem}"),
            None => Ok(()),
        }
    }
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// The type of the file system a directory is on: that of the longest mount point above it.
fn filesystem(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let above = mounts.filter(|(point, _)| directory.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind.to_owned())
}
