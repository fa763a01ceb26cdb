//! What a fresh Debian lacks: a C compiler for the bundled SQLite, node, python, a browser, and what
//! containers need.

use crate::{repository, step};
use anyhow::bail;
use std::process::Command;

/// A program we call and the packages that bring it.
type Bringers = (&'static str, &'static [&'static str]);

/// What every run needs.
const NEEDED: [Bringers; 5] = [
    ("cc", &["gcc", "libc6-dev"]),
    ("node", &["nodejs", "npm"]),
    ("npm", &["npm"]),
    ("python3", &["python3", "python3-venv"]),
    ("chromium", &["chromium"]),
];

/// What containers need. Only their test asks for it, and is skipped without.
const FOR_CONTAINERS: [Bringers; 5] = [
    ("podman", &["podman", "aardvark-dns"]),
    ("runc", &["runc"]),
    ("iptables", &["iptables"]),
    ("mmdebstrap", &["mmdebstrap"]),
    ("strip", &["binutils"]),
];

/// Installs what is missing; does nothing, and needs no network, when all is there.
pub fn install_missing() -> anyhow::Result<()> {
    install(&missing(&NEEDED, repository::on_path))
}

/// Installs what is missing to run containers.
pub fn install_for_containers() -> anyhow::Result<()> {
    install(&missing(&FOR_CONTAINERS, repository::on_path))
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    if !repository::on_path("apt-get") {
        bail!("please install {} by hand: there is no apt-get here", packages.join(", "));
    }
    step::run("apt-get update", apt().arg("update"))?;
    let mut install = apt();
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    step::run(&format!("apt-get install {}", packages.join(" ")), &mut install)
}

fn missing(needed: &[Bringers], present: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for (program, brought_by) in needed {
        for package in *brought_by {
            if !present(program) && !packages.contains(package) {
                packages.push(*package);
            }
        }
    }
    packages
}

/// `apt-get` that asks no questions, through sudo when we are not root.
fn apt() -> Command {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if is_root { "env" } else { "sudo" });
    if !is_root {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed_and_each_package_once() {
        assert!(missing(&NEEDED, |_| true).is_empty());
        assert_eq!(missing(&NEEDED, |program| program != "chromium"), ["chromium"]);
        assert_eq!(missing(&NEEDED, |program| program != "npm"), ["npm"]);
        assert_eq!(
            missing(&NEEDED, |_| false),
            ["gcc", "libc6-dev", "nodejs", "npm", "python3", "python3-venv", "chromium",]
        );
    }
}
