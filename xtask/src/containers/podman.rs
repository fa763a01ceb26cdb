//! podman with storage and settings of its own, all of which is gone when it is dropped: images and
//! containers of the person who runs the tests are never touched.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Seconds that any one command may take.
const SECONDS_MAX: &str = "180";

// runc, because crun wants a newer kernel interface than some machines have; cgroupfs, because
// there may be no systemd; limits in numbers, because a machine may not let podman raise its own.
const CONTAINERS: &str = r#"[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
"#;

/// The bridge that podman's default network makes on this machine.
const BRIDGE: &str = "podman0";

pub struct Podman {
    folder: PathBuf,
    /// Whether the bridge was there before.
    bridged: bool,
}

impl Podman {
    /// Fresh storage in a folder, which must not be used by anything else.
    pub fn new(folder: PathBuf) -> anyhow::Result<Self> {
        let podman = Self { folder, bridged: has_bridge() };
        // What a run that was cut short left behind.
        podman.clear();
        std::fs::create_dir_all(&podman.folder).context("no folder for containers")?;
        let storage = format!(
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"{0}/images\"\nrunroot = \"{0}/run\"\n",
            podman.folder.display()
        );
        let networks = podman.folder.join("networks");
        let containers = format!("{CONTAINERS}network_config_dir = \"{}\"\n", networks.display());
        let write = |name: &str, text: &str| std::fs::write(podman.folder.join(name), text);
        write("containers.conf", &containers).context("no settings for podman")?;
        write("storage.conf", &storage).context("no settings for podman")?;
        Ok(podman)
    }

    /// Runs a command, which must succeed, and answers with what it printed.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.try_run(arguments)?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if !output.status.success() {
            let words = [said(&output.stdout), said(&output.stderr)].join("\n");
            bail!("podman {} failed ({}):\n{words}", arguments.join(" "), output.status);
        }
        Ok(said(&output.stdout))
    }

    /// Runs a command, however it ends.
    pub fn try_run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        self.command(arguments).output().context("podman does not start")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.args([SECONDS_MAX, "podman"]).args(arguments);
        self.furnish(&mut command);
        command
    }

    /// Makes a program that calls podman use this storage.
    pub fn furnish(&self, command: &mut Command) {
        command.env("CONTAINERS_CONF", self.folder.join("containers.conf"));
        command.env("CONTAINERS_STORAGE_CONF", self.folder.join("storage.conf"));
        command.env("XDG_RUNTIME_DIR", "/run");
    }

    fn clear(&self) {
        if self.folder.join("storage.conf").is_file() {
            for arguments in [
                &["rm", "--all", "--force", "--volumes"][..],
                &["volume", "prune", "--force"],
                &["rmi", "--all", "--force"],
            ] {
                // What is left is removed with the folder.
                let _ = self.try_run(arguments);
            }
        }
        // podman mounts its own storage.
        let images = self.folder.join("images/overlay");
        let _ = Command::new("umount").arg("--quiet").arg(images).output();
        let _ = std::fs::remove_dir_all(&self.folder);
        if !self.bridged && has_bridge() {
            let _ = Command::new("ip").args(["link", "delete", BRIDGE]).output();
        }
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.clear();
    }
}

fn has_bridge() -> bool {
    Path::new("/sys/class/net").join(BRIDGE).exists()
}
