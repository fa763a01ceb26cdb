//! Our BKT beside pyBKT: the same answers, the same machine, one run, taking turns.
//!
//! pyBKT is built from source by pip in an environment under the target folder, and run by the
//! peers' script `kt_pybkt.py`. Whatever is missing is said, and then nothing is measured.

use crate::{repository, step};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Turns of each.
const ROUNDS: usize = 5;
/// The peers' scripts and the answers, beside the checkout.
const SCRIPTS: &str = "../shared/bench/peers";
const ANSWERS: &str = "../shared/data/assist2009_builder";

/// pyBKT calls scikit-learn, pandas and numpy in ways that their later versions refuse; these have
/// wheels for Python 3.9 to 3.12. Its setup script needs the last two.
const PACKAGES: [&str; 6] =
    ["scikit-learn<1.4", "pandas<2.2", "numpy<2", "requests", "wheel", "setuptools<70"];
/// From source, because the wheel leaves out the compiled core, and fits some eighty times slower.
const PEER: [&str; 5] =
    ["--no-build-isolation", "--no-deps", "--no-binary", "pyBKT", "pyBKT==1.4.3"];
/// Fails where pyBKT is not there, or without its compiled core: its setup script goes on without
/// one when there is no C++ compiler.
const PROOF: &str = "import pyBKT.models, pyBKT.fit.E_step";

/// Seconds of one turn, and the answers it was about.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turn {
    fit: f64,
    predict: f64,
    auc: f64,
}

pub fn run(root: &Path) -> anyhow::Result<()> {
    let python = match ready(root) {
        Ok(python) => python,
        Err(reason) => {
            println!("skipped: {reason:#}");
            return Ok(());
        }
    };
    let mut build = repository::cargo(root, &["build", "--release", "-p", "nexus-cli"]);
    step::run("build", &mut build)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let (our, their) = (nexus(root)?, pybkt(root, &python)?);
        println!("round {round}: nexus {our:?}, pyBKT {their:?}");
        ours.push(our);
        theirs.push(their);
    }
    println!("\nmedian seconds        nexus    pyBKT    ratio");
    for (name, of) in [
        ("fit", (|turn: &Turn| turn.fit) as fn(&Turn) -> f64),
        ("predict", |turn| turn.predict),
        ("both", |turn| turn.fit + turn.predict),
    ] {
        let (our, their) = (median(&ours, of), median(&theirs, of));
        println!("{name:<18}{our:>9.3}{their:>9.3}{:>8.1}x", their / our);
    }
    let auc = |turn: &Turn| turn.auc;
    println!("{:<18}{:>9.4}{:>9.4}", "AUC", median(&ours, auc), median(&theirs, auc));
    Ok(())
}

/// The python of an environment that has pyBKT.
fn ready(root: &Path) -> anyhow::Result<PathBuf> {
    for needed in [SCRIPTS, ANSWERS] {
        if !root.join(needed).exists() {
            bail!("{needed} is not there");
        }
    }
    let folder = repository::target(root).join("peers/venv");
    let python = folder.join("bin/python");
    if !python.exists() {
        quiet(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            .context("no python environment can be made")?;
    }
    if quiet(Command::new(&python).args(["-c", PROOF])).is_err() {
        quiet(Command::new(&python).args(["-m", "pip", "install", "-q"]).args(PACKAGES))
            .context("pip cannot install what pyBKT needs")?;
        quiet(Command::new(&python).args(["-m", "pip", "install", "-q"]).args(PEER))
            .context("pip cannot build pyBKT")?;
        quiet(Command::new(&python).args(["-c", PROOF]))
            .context("pyBKT is installed, and its compiled core cannot be imported")?;
    }
    Ok(python)
}

/// Runs a command and gives what it printed.
fn quiet(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("{}", told.lines().last().unwrap_or("it failed without a word"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn nexus(root: &Path) -> anyhow::Result<Turn> {
    let (answers, target) = (root.join(ANSWERS), repository::target(root));
    let map = target.join("peers/builder.toml");
    std::fs::write(&map, MAP).context("cannot write the mapping")?;
    let mut command = Command::new(target.join("release/nexus"));
    command.args(["evaluate", "tracing", "--model", "bkt", "--json", "--train"]);
    command.arg(answers.join("builder_train.csv.gz")).arg("--test");
    command.arg(answers.join("builder_test.csv.gz")).arg("--map").arg(&map);
    let told = quiet(&mut command)?;
    let fit = number(&told, "fit_seconds").context("no fit_seconds")?;
    let all = number(&told, "seconds").context("no seconds")?;
    Ok(Turn { fit, predict: all - fit, auc: number(&told, "auc").context("no auc")? })
}

/// In this file a question is its skill, and a question of several skills has rows of its own.
const MAP: &str = "\
course = \"builder\"
[columns]
learner = \"user_id\"
question = \"skill_name\"
skills = \"skill_name\"
correct = \"correct\"
";

/// The scripts look for the answers two folders above themselves, so both are copied to where that
/// is true. Gives the folder of the scripts.
fn stage(root: &Path) -> anyhow::Result<PathBuf> {
    let stage = repository::target(root).join("peers/stage");
    let (scripts, answers) =
        (stage.join("bench/peers"), stage.join("shared/data/assist2009_builder"));
    let copies = [
        (root.join(SCRIPTS), &scripts, &["common.py", "kt_data.py", "kt_pybkt.py"][..]),
        (root.join(ANSWERS), &answers, &["builder_train.csv.gz", "builder_test.csv.gz"][..]),
    ];
    for (from, to, names) in copies {
        std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
        for name in names {
            let text = std::fs::read(from.join(name)).with_context(|| format!("no {name}"))?;
            std::fs::write(to.join(name), text).with_context(|| format!("cannot copy {name}"))?;
        }
    }
    Ok(scripts)
}

fn pybkt(root: &Path, python: &Path) -> anyhow::Result<Turn> {
    let folder = stage(root)?;
    let mut command = Command::new(python);
    command.current_dir(folder).args(["kt_pybkt.py", "--data", "assist", "--fits", "1"]);
    let told = quiet(&mut command)?;
    let line = |metric: &str| told.lines().find(|line| line.contains(metric));
    let (fit, predict) = (line("fit_rate"), line("predict_rate"));
    let seconds = |line: Option<&str>| line.and_then(|line| number(line, "wall_s"));
    Ok(Turn {
        fit: seconds(fit).context("pyBKT says not how long fitting took")?,
        predict: seconds(predict).context("pyBKT says not how long predicting took")?,
        auc: predict.and_then(|line| number(line, "auc")).context("pyBKT says no AUC")?,
    })
}

/// The number of a field at the top level of a JSON object; fields of nested ones are skipped.
fn number(json: &str, name: &str) -> Option<f64> {
    let (mut depth, mut found) = (0i32, None);
    let key = format!("\"{name}\":");
    for (place, letter) in json.char_indices() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' if depth == 1 && json[place..].starts_with(&key) => {
                let rest = json[place + key.len()..].trim_start();
                let end = rest.find([',', '}']).unwrap_or(rest.len());
                found = rest[..end].trim().parse().ok();
            }
            _ => {}
        }
    }
    found
}

fn median(turns: &[Turn], of: fn(&Turn) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_top_level_of_json() {
        let json = r#"{"a": {"auc": 0.1}, "auc": 0.75, "list": [{"seconds": 9}], "seconds": 2.5}"#;
        assert_eq!(number(json, "auc"), Some(0.75));
        assert_eq!(number(json, "seconds"), Some(2.5));
        assert_eq!(number(json, "ece"), None);
    }

    #[test]
    fn the_middle_of_the_turns() {
        let turn = |fit: f64| Turn { fit, predict: 0.0, auc: 0.0 };
        assert_eq!(median(&[turn(3.0), turn(1.0), turn(2.0)], |turn| turn.fit), 2.0);
    }
}
