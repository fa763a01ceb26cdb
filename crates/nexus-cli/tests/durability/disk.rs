//! A small disk that can be filled: a real file system where we may mount one, else a simulated
//! one. `NEXUS_SMALL_DISK` (`tmpfs`, `loop` or `shim`) asks for one of them.

use crate::server::poll;
use crate::shim::{self, Shim};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How large a disk is that is to be filled, and one that is not.
const SMALL_MIB: u64 = 48;
const ROOMY_MIB: u64 = 2_048;

enum Kind {
    Tmpfs,
    Loop,
    Shim(Shim),
}

/// A small disk; unmounted when it is dropped, so it must outlive its server.
pub struct SmallDisk {
    kind: Kind,
    root: PathBuf,
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// The best that can be had here, or `None` when nothing can.
    pub fn make() -> Option<Self> {
        let wish = std::env::var("NEXUS_SMALL_DISK").ok();
        let wanted = |name: &str| wish.as_deref().is_none_or(|wish| wish == name);
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let root = folder.path().join("disk");
        std::fs::create_dir(&root).expect("a mount point");
        let kind = if wanted("tmpfs") && mount_tmpfs(&root) {
            Kind::Tmpfs
        } else if wanted("loop") && mount_image(folder.path(), &root, SMALL_MIB) {
            Kind::Loop
        } else if wanted("shim") {
            Kind::Shim(Shim::compile()?)
        } else {
            return None;
        };
        std::fs::create_dir(root.join("data")).expect("the data directory");
        Some(Self { kind, root, folder })
    }

    /// A disk whose power can be cut, or `None` when we may not mount one.
    pub fn make_fragile() -> Option<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let cutter = folder.path().join("cutter");
        let root = folder.path().join("disk");
        std::fs::create_dir(&root).expect("a mount point");
        let text = include_str!("power_cut.c");
        if !shim::compile(folder.path(), text, &cutter, &[])
            || !mount_image(folder.path(), &root, ROOMY_MIB)
        {
            return None;
        }
        std::fs::create_dir(root.join("data")).expect("the data directory");
        // The directory itself is not what is tried.
        succeeds(&mut Command::new("sync"));
        Some(Self { kind: Kind::Loop, root, folder })
    }

    /// Cuts the power of a fragile disk.
    pub fn cut_power(&self) {
        let cutter = self.folder.path().join("cutter");
        assert!(succeeds(Command::new(cutter).arg(&self.root)), "the power cannot be cut");
    }

    /// Mounts a disk again whose power was cut, once nobody uses it any more.
    pub fn restore_power(&self) {
        let gone = || succeeds(Command::new("umount").arg(&self.root));
        poll(10, gone).expect("the disk can be unmounted");
        let image = self.folder.path().join("image");
        assert!(mount(&image, &self.root), "the disk can be mounted again");
    }

    /// What it is, in words.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Tmpfs => "tmpfs",
            Kind::Loop => "ext4 on a loop device",
            Kind::Shim(_) => "a preloaded library (no real file system could be mounted)",
        }
    }

    /// Where the data goes.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// What the server needs in its environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        match &self.kind {
            Kind::Shim(shim) => shim.environment(&self.data(), ""),
            Kind::Tmpfs | Kind::Loop => Vec::new(),
        }
    }

    /// Fills it but for so many bytes; the simulated disk is full to the last.
    pub fn fill(&self, but: u64) {
        if let Kind::Shim(shim) = &self.kind {
            return shim.fill();
        }
        let mut filler = File::create(self.filler()).expect("a filler");
        let mut bytes = 0;
        for chunk in [vec![1_u8; 64 << 10], vec![1_u8; 4 << 10]] {
            while let Ok(written @ 1..) = filler.write(&chunk) {
                bytes += written as u64;
            }
        }
        filler.set_len(bytes.saturating_sub(but)).expect("the filler shrinks");
        // Late allocation would leave room that is not there; a full disk may refuse this.
        let _ = filler.sync_all();
    }

    /// Makes room again.
    pub fn free(&self) {
        match &self.kind {
            Kind::Shim(shim) => shim.free(),
            Kind::Tmpfs | Kind::Loop => {
                std::fs::remove_file(self.filler()).expect("the filler goes");
            }
        }
    }

    fn filler(&self) -> PathBuf {
        self.root.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if matches!(self.kind, Kind::Tmpfs | Kind::Loop) {
            succeeds(Command::new("umount").arg("--lazy").arg(&self.root));
        }
    }
}

fn mount_tmpfs(root: &Path) -> bool {
    let size = format!("size={SMALL_MIB}m,mode=0700");
    succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "nexus-test"]).arg(root))
}

fn mount_image(folder: &Path, root: &Path, mib: u64) -> bool {
    let image = folder.join("image");
    let made = File::create(&image).and_then(|file| file.set_len(mib << 20));
    made.is_ok()
        && succeeds(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image))
        && mount(&image, root)
}

fn mount(image: &Path, root: &Path) -> bool {
    succeeds(Command::new("mount").args(["-o", "loop"]).arg(image).arg(root))
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
