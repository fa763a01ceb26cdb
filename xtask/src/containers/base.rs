//! What the image stands on in the tests: a base of Debian's packages in the place of the
//! distroless one, with the same content (the C library, certificates, time zones), and the binary
//! that the tests built in the place of the stage that compiles it.

use super::Workshop;
use crate::step;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: &str = "base-files,netbase,tzdata,ca-certificates,libc6,libgcc-s1";

/// The base as an archive; made once, and kept beside the other tools.
pub fn archive(workshop: &Workshop) -> anyhow::Result<PathBuf> {
    let release = codename().context("the name of this Debian release is not known")?;
    let archive = workshop.folder.join(format!("base-{release}.tar"));
    if archive.is_file() {
        return Ok(archive);
    }
    let unfinished = workshop.folder.join("unfinished.tar");
    let mut make = Command::new("mmdebstrap");
    make.args(["--quiet", "--variant=extract", &format!("--include={PACKAGES}"), &release]);
    step::run("mmdebstrap", make.arg(&unfinished))?;
    std::fs::rename(&unfinished, &archive).context("the base cannot be kept")?;
    Ok(archive)
}

/// The binary without its symbols, and an empty `/data`, as the stage `build` leaves them.
pub fn binary(workshop: &Workshop, binary: &Path) -> anyhow::Result<PathBuf> {
    let folder = workshop.folder.join("binary");
    std::fs::create_dir_all(folder.join("data")).context("no folder for the binary")?;
    let mut strip = Command::new("strip");
    strip.args(["--strip-all", "--output-file"]).arg(folder.join("nexus")).arg(binary);
    step::run("strip", &mut strip)?;
    let archive = workshop.folder.join("binary.tar");
    let mut pack = Command::new("tar");
    pack.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(&folder);
    step::run("tar", pack.args(["nexus", "data"]))?;
    Ok(archive)
}

/// The name of the Debian release that this machine runs: a base of the same one has the C library
/// that the binary was linked with.
fn codename() -> Option<String> {
    let text = std::fs::read_to_string("/etc/os-release").ok()?;
    let is_debian = text.lines().any(|line| line == "ID=debian");
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    is_debian.then(|| name.to_owned())
}
