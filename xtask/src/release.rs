//! The binary we hand out: its size and its SHA-256.

use crate::{repository, step};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;

pub const ABOUT: &str = "build the release binary, print its size and SHA-256";
pub const HELP: &str = "\
usage: cargo xtask release

Builds `nexus` with the release profile and the committed lock file, then prints the path of
the binary, its size in bytes and its SHA-256.

example: cargo xtask release";

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    if let Some(argument) = arguments.first() {
        bail!("unknown argument `{argument}`");
    }
    let root = repository::root()?;
    let build = ["build", "--release", "--locked", "-p", "nexus-cli"];
    step::run("release build", &mut repository::cargo(&root, &build))?;
    let binary = repository::target(&root).join("release").join("nexus");
    let size = std::fs::metadata(&binary).context("the binary is not where cargo puts it")?.len();
    println!("binary  {}", binary.display());
    println!("bytes   {size}");
    println!("sha256  {}", sha256(&binary)?);
    Ok(())
}

fn sha256(file: &Path) -> anyhow::Result<String> {
    let mut command = match repository::on_path("sha256sum") {
        true => Command::new("sha256sum"),
        false => Command::new("shasum"),
    };
    if command.get_program() == "shasum" {
        command.args(["-a", "256"]);
    }
    let output = command.arg(file).output().context("neither sha256sum nor shasum starts")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let digest = text.split_whitespace().next().unwrap_or_default();
    if !output.status.success() || digest.len() != 64 {
        bail!("no digest for {}", file.display());
    }
    Ok(digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_an_empty_file_is_the_published_one() {
        let file = std::env::temp_dir().join(format!("xtask-empty-{}", std::process::id()));
        std::fs::write(&file, "").unwrap();
        let digest = sha256(&file);
        std::fs::remove_file(&file).unwrap();
        let published = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.unwrap(), published);
    }
}
