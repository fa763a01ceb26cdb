//! `cargo xtask bench --peers bandit`: our bandits beside numpy, Vowpal Wabbit and MABWiser, in
//! turns, in one run. What cannot run is skipped with its reason; nothing is asserted.

use crate::{repository, step};
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Turns of each comparison; a ratio is the median over them.
const TURNS: usize = 5;
/// Processor seconds a slow peer may take for one turn.
const BUDGET: &str = "20";
const UCI: &str = include_str!("bandit_uci.py");

/// A comparison: a world, rounds for the peer, its name and option, and our policy.
type Pair = (&'static str, &'static str, &'static str, &'static str, &'static str);

const PAIRS: [Pair; 7] = [
    ("w1", "100000", "numpy_linucb", "alpha=1", "linucb"),
    ("w1", "100000", "vw_plain_squarecb", "", "squarecb"),
    ("w1", "40000", "vw_adf_squarecb", "", "squarecb"),
    ("w1", "5000", "mabwiser_linucb", "alpha=1", "linucb"),
    ("w2", "100000", "numpy_linucb", "alpha=1", "linucb"),
    ("w2", "40000", "vw_plain_squarecb", "", "squarecb"),
    ("w2", "1000", "mabwiser_linucb", "alpha=1", "linucb"),
];

/// Runs the comparison. `arguments`: optionally the directories of the peers' scripts and of the
/// data sets, by default `../shared/bench` and `../shared/data/bandit-uci` beside the checkout.
pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let root = repository::root()?;
    let directory = |position: usize, default: &str| {
        arguments.get(position).map_or_else(|| root.join(default), PathBuf::from)
    };
    let scripts = directory(0, "../shared/bench").join("peers");
    let data = directory(1, "../shared/data/bandit-uci");
    let mut build = repository::cargo(&root, &["build", "--release", "-p", "nexus-cli"]);
    step::run("build", &mut build)?;
    let nexus = root.join("target/release/nexus");
    let python = match python(&root) {
        Ok(python) => python,
        Err(reason) => {
            println!("skipped: no peers without their packages: {reason:#}");
            return Ok(());
        }
    };
    if scripts.join("cb_dense.py").is_file() {
        PAIRS.iter().try_for_each(|pair| compare(&nexus, &python, &scripts, pair))?;
    } else {
        println!("skipped: W1 and W2: there is no {}", scripts.join("cb_dense.py").display());
    }
    if data.is_dir() {
        sets(&root, &nexus, &python, &data)
    } else {
        println!("skipped: the data sets: there is no {}", data.display());
        Ok(())
    }
}

/// The Python of an environment that has the peers, made under `target` when it is not there.
fn python(root: &Path) -> anyhow::Result<PathBuf> {
    let home = root.join("target/peers-bandit");
    let python = home.join("bin/python");
    if !python.is_file() {
        step::run("venv", Command::new("python3").args(["-m", "venv"]).arg(&home))?;
    }
    let check = ["-c", "import numpy, vowpalwabbit, mabwiser"];
    let there = Command::new(&python).args(check).output().context("python does not start")?;
    if !there.status.success() {
        let wanted = ["-m", "pip", "install", "-q", "numpy", "vowpalwabbit", "mabwiser"];
        step::run("pip", Command::new(&python).args(wanted))?;
    }
    Ok(python)
}

fn compare(nexus: &Path, python: &Path, scripts: &Path, pair: &Pair) -> anyhow::Result<()> {
    let (world, rounds, peer, option, policy) = *pair;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut regret, mut their_regret, mut played) = (0.0, 0.0, 0);
    for _ in 0..TURNS {
        let mut command = Command::new(python);
        command.current_dir(scripts).arg("cb_dense.py");
        command.args(["--world", world, "--peer", peer, "--rounds", rounds, "--budget", BUDGET]);
        if !option.is_empty() {
            command.args(["--opt", option]);
        }
        let found = json_of(&mut command)?;
        let mut command = Command::new(nexus);
        command.args(["bench", "bandit", "--json", "--world", world, "--policy", policy]);
        let mine = json_of(command.args(["--rounds", rounds]))?;
        let mine = &mine["worlds"][0];
        let (our, their) = (number(&mine["rate"])?, number(&found["value"])?);
        ours.push(our);
        theirs.push(their);
        ratios.push(our / their);
        regret = number(&mine["regret"])?;
        their_regret = number(&found["quality"]["regret"])?;
        played = found["quality"]["rounds"].as_u64().unwrap_or(0);
    }
    println!(
        "{world} {policy} against {peer}: {:.0} to {:.0} rounds/s, ratio {:.1}; \
         regret {regret:.0} of {rounds} to {their_regret:.0} of {played}",
        median(&mut ours),
        median(&mut theirs),
        median(&mut ratios),
    );
    Ok(())
}

fn sets(root: &Path, nexus: &Path, python: &Path, data: &Path) -> anyhow::Result<()> {
    let script = root.join("target/bandit_uci.py");
    std::fs::write(&script, UCI).context("the script cannot be written")?;
    let mut command = Command::new(python);
    let peers = lines_of(command.arg(&script).arg(data).arg("10"))?;
    let mut command = Command::new(nexus);
    command.args(["bench", "bandit", "--json", "--world", "none", "--data"]);
    let ours = json_of(command.arg(data))?;
    for ours in ours["sets"].as_array().into_iter().flatten() {
        for peer in peers.iter().filter(|peer| peer["set"] == ours["set"]) {
            let ratio = number(&ours["rate"])? / number(&peer["rate"])?;
            println!(
                "{} {} against vw {}: loss {:.4} to {:.4}, {:.0} rounds/s, ratio {ratio:.1}",
                ours["set"].as_str().unwrap_or_default(),
                ours["policy"].as_str().unwrap_or_default(),
                peer["policy"].as_str().unwrap_or_default(),
                number(&ours["loss"])?,
                number(&peer["loss"])?,
                number(&ours["rate"])?,
            );
        }
    }
    Ok(())
}

fn lines_of(command: &mut Command) -> anyhow::Result<Vec<Value>> {
    let output = command.output().with_context(|| format!("{command:?} does not start"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).context("a line is not JSON")).collect()
}

fn json_of(command: &mut Command) -> anyhow::Result<Value> {
    lines_of(command)?.pop().context("nothing was printed")
}

fn number(value: &Value) -> anyhow::Result<f64> {
    value.as_f64().context("a number is missing")
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
