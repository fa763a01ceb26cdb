//! A named command that either succeeds, and says how long it took, or ends the whole run.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs the command; its output goes straight to the terminal.
pub fn run(name: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("==> {name}");
    let started = Instant::now();
    let status = command.status().with_context(|| format!("{name}: cannot start"))?;
    finish(name, started, status.success())
}

/// Runs the command, shows every line it prints and hands each one to `see`.
pub fn run_watched(
    name: &str,
    command: &mut Command,
    mut see: impl FnMut(&str),
) -> anyhow::Result<()> {
    println!("==> {name}");
    let started = Instant::now();
    let cannot_start = || format!("{name}: cannot start");
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(cannot_start)?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.with_context(|| format!("{name}: output broke off"))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            see(&line);
        }
    }
    let status = child.wait().with_context(|| format!("{name}: lost"))?;
    finish(name, started, status.success())
}

fn finish(name: &str, started: Instant, succeeded: bool) -> anyhow::Result<()> {
    let seconds = started.elapsed().as_secs_f64();
    if !succeeded {
        bail!("stopped at step `{name}`, failed after {seconds:.1} s");
    }
    println!("    {name}: ok in {seconds:.1} s");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_stops_the_run_and_names_the_step() {
        let mut command = Command::new("cargo");
        command.arg("--no-such-flag").stderr(Stdio::null());
        let error = run("nonsense", &mut command).unwrap_err();
        assert!(error.to_string().contains("stopped at step `nonsense`"), "{error}");
    }

    #[test]
    fn a_watched_command_shows_its_lines() {
        let mut lines = Vec::new();
        let see = |line: &str| lines.push(line.to_owned());
        run_watched("version", Command::new("cargo").arg("--version"), see).unwrap();
        assert!(lines[0].starts_with("cargo "), "{lines:?}");
    }
}
