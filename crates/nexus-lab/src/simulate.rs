//! `nexus simulate`: policies against families of simulated learners, in a minute and on one
//! machine. What it prints depends on the seed alone, not on how many threads worked.

pub(crate) mod course;
mod picture;
mod table;

use crate::matrix::World;
use crate::matrix::compare::{Measured, measured, paired, paired_lowest_quarter};
use crate::matrix::run::{MatrixOutcome, MatrixPolicy, WARM_UP};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most learners a row: above it the intervals say nothing more.
const LEARNERS_MAX: u64 = 1_000_000;
const WORKERS_MAX: usize = 256;
/// The worlds that `KT6kc` stands for.
const CHAINS: [World; 4] = [
    World::Kt6kc { model: 0, perturbed: false },
    World::Kt6kc { model: 0, perturbed: true },
    World::Kt6kc { model: 1, perturbed: false },
    World::Kt6kc { model: 2, perturbed: false },
];

/// Arguments of `nexus simulate`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: nexus simulate --families F1,F2,F3,F4,F5,KT6kc --policies all"
)]
pub struct SimulateArgs {
    #[command(subcommand)]
    command: Option<SimulateCommand>,
    /// Families, separated by commas: F1, F2, F3, F4, F5, H1 (nothing was tuned on it) and KT6kc, or `all`.
    #[arg(long, value_delimiter = ',', default_value = "F1,F2,F3,F4,F5")]
    families: Vec<String>,
    /// Policies, separated by commas, or `all`; `nexus` is the strategy bandit after 3000
    /// learners of the same family.
    #[arg(long, value_delimiter = ',', default_value = "all")]
    policies: Vec<String>,
    /// Learners of each row; the same ones for each policy.
    #[arg(long, default_value_t = 2_000)]
    learners: u64,
    /// What the randomness comes from.
    #[arg(long, default_value_t = 101)]
    seed: u64,
    /// Print a JSON list instead of a table.
    #[arg(long)]
    json: bool,
    /// Write a picture of the trap: right answers against true score, a panel a family.
    #[arg(long, value_name = "PATH")]
    svg: Option<PathBuf>,
    /// Threads; 0 for as many as the machine has. The result does not depend on it.
    #[arg(long, default_value_t = 0)]
    workers: usize,
}

#[derive(Debug, Subcommand)]
enum SimulateCommand {
    /// Measure policies over a course, through the whole engine.
    #[command(
        after_help = "Example:\n  nexus simulate course --course courses/probability-from-zero.yaml \
                      --bed het:300 --families steady,guesser --policies static,lin-ts,oracle \
                      --seeds 1,2,3"
    )]
    Course(course::BedArgs),
}

/// One policy in one world.
#[derive(Debug)]
struct Row {
    world: World,
    policy: MatrixPolicy,
    score: Measured,
    dropout: f64,
    success: f64,
    answers: f64,
    start: f64,
    /// The best yardstick of the world among those that ran, and how much more this row's
    /// learners know: over all of them, and over the quarter that knew least.
    against: Option<(MatrixPolicy, Measured, Measured)>,
}

pub fn run(args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    if let Some(SimulateCommand::Course(args)) = &args.command {
        return course::run(args);
    }
    let worlds = worlds(&args.families)?;
    let policies = policies(&args.policies)?;
    if !(2..=LEARNERS_MAX).contains(&args.learners) {
        bail!("--learners takes from 2 to {LEARNERS_MAX}");
    }
    if args.workers > WORKERS_MAX {
        bail!("--workers takes at most {WORKERS_MAX}, or 0 for as many as the machine has");
    }
    let rows = simulate(args, &worlds, &policies)?;
    if let Some(path) = &args.svg {
        let strategies = picture::strategies(&worlds, args.seed, args.learners);
        std::fs::write(path, picture::draw(&rows, &strategies))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    if args.json {
        let list: Vec<Value> = rows.iter().map(|row| row.to_json(args)).collect();
        println!("{}", serde_json::to_string_pretty(&list)?);
    } else {
        print!("{}", table::of(&rows, args.learners, args.seed));
    }
    Ok(ExitCode::SUCCESS)
}

fn simulate(
    args: &SimulateArgs,
    worlds: &[World],
    policies: &[MatrixPolicy],
) -> anyhow::Result<Vec<Row>> {
    let jobs: Vec<(World, MatrixPolicy)> = worlds
        .iter()
        .flat_map(|world| policies.iter().map(move |policy| (*world, *policy)))
        .collect();
    let warm_up = policies.iter().filter(|policy| **policy == MatrixPolicy::Nexus).count() as u64;
    let learners = jobs.len() as u64 * args.learners + warm_up * worlds.len() as u64 * WARM_UP;
    // The bar goes to standard error, and only to a terminal.
    let bar = ProgressBar::new(learners);
    let style = "{wide_bar} {pos} of {len} learners, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let outcomes = work(args, &jobs, &bar)?;
    bar.finish_and_clear();
    let per_world = jobs.chunks(policies.len().max(1)).zip(outcomes.chunks(policies.len().max(1)));
    let rows = per_world.flat_map(|(jobs, outcomes)| rows_of(jobs, outcomes));
    Ok(rows.collect())
}

/// Runs the jobs on the threads, and answers in the order of the jobs.
fn work(
    args: &SimulateArgs,
    jobs: &[(World, MatrixPolicy)],
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Vec<MatrixOutcome>>> {
    let threads = match args.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Vec<MatrixOutcome>>>> = Mutex::new(vec![None; jobs.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                while let Some((at, (world, policy))) = claim(&next, jobs) {
                    let all = policy.teach(*world, args.seed, args.learners, &|| bar.inc(1));
                    if let Ok(mut done) = done.lock()
                        && let Some(slot) = done.get_mut(at)
                    {
                        *slot = Some(all);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let all: Option<Vec<Vec<MatrixOutcome>>> = done.into_iter().collect();
    all.ok_or_else(|| anyhow::anyhow!("a thread of the simulation failed"))
}

/// The next unclaimed job, with its position.
fn claim<'a>(
    next: &AtomicUsize,
    jobs: &'a [(World, MatrixPolicy)],
) -> Option<(usize, &'a (World, MatrixPolicy))> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(at).map(|job| (at, job))
}

fn rows_of(jobs: &[(World, MatrixPolicy)], outcomes: &[Vec<MatrixOutcome>]) -> Vec<Row> {
    let mean = |all: &[MatrixOutcome], of: fn(&MatrixOutcome) -> f64| {
        all.iter().map(of).sum::<f64>() / all.len().max(1) as f64
    };
    let yardsticks = jobs.iter().zip(outcomes).filter(|((_, policy), _)| policy.is_baseline());
    let score = |all: &[MatrixOutcome]| mean(all, |one| one.score);
    let best = yardsticks.max_by(|(_, a), (_, b)| score(a).total_cmp(&score(b)));
    let row = |((world, policy), all): (&(World, MatrixPolicy), &Vec<MatrixOutcome>)| {
        let against =
            best.filter(|_| *policy == MatrixPolicy::Nexus).and_then(|((_, best), theirs)| {
                Some((*best, paired(all, theirs)?, paired_lowest_quarter(all, theirs)?))
            });
        Some(Row {
            world: *world,
            policy: *policy,
            score: measured(all.iter().map(|one| one.score))?,
            dropout: mean(all, |one| f64::from(u8::from(one.left))),
            success: mean(all, |one| one.right as f64) / mean(all, |one| one.answers as f64),
            answers: mean(all, |one| one.answers as f64),
            start: mean(all, |one| one.start),
            against,
        })
    };
    jobs.iter().zip(outcomes).filter_map(row).collect()
}

impl Row {
    fn to_json(&self, args: &SimulateArgs) -> Value {
        let mut object = json!({
            "family": self.world.word(),
            "policy": self.policy.word(),
            "mean_score": self.score.mean,
            "low": self.score.interval.low,
            "high": self.score.interval.high,
            "dropout": self.dropout,
            "success_rate": self.success,
            "mean_answers": self.answers,
            "mean_start": self.start,
            "learners": args.learners,
            "seed": args.seed,
        });
        if let Some((best, all, lowest)) = &self.against {
            object["best_baseline"] = json!(best.word());
            for (name, difference) in [("difference", all), ("lowest_quarter", lowest)] {
                object[name] = json!({
                    "mean": difference.mean,
                    "low": difference.interval.low,
                    "high": difference.interval.high,
                });
            }
        }
        object
    }
}

/// The worlds that names stand for, each once.
///
/// Errors: when a name stands for none.
pub fn worlds(names: &[String]) -> anyhow::Result<Vec<World>> {
    let mut worlds = Vec::new();
    for name in names {
        let mut families = World::FAMILIES.into_iter().chain([World::H1]);
        let family = families.find(|world| world.word() == name);
        match (name.as_str(), family) {
            (_, Some(world)) => worlds.push(world),
            ("KT6kc", None) => worlds.extend(CHAINS),
            ("all", None) => {
                worlds.extend(World::FAMILIES.into_iter().chain([World::H1]).chain(CHAINS));
            }
            _ => bail!("no family `{name}`; there are F1, F2, F3, F4, F5, H1, KT6kc and all"),
        }
    }
    Ok(without_repeats(worlds))
}

fn policies(names: &[String]) -> anyhow::Result<Vec<MatrixPolicy>> {
    let mut policies = Vec::new();
    for name in names {
        match MatrixPolicy::ALL.into_iter().find(|policy| policy.word() == name) {
            Some(policy) => policies.push(policy),
            None if name == "all" => policies.extend(MatrixPolicy::ALL),
            None => {
                let known: Vec<&str> =
                    MatrixPolicy::ALL.iter().map(|policy| policy.word()).collect();
                bail!("no policy `{name}`; there are {} and all", known.join(", "));
            }
        }
    }
    Ok(without_repeats(policies))
}

fn without_repeats<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn names() {
        assert_eq!(worlds(&list("F1,KT6kc,F1,H1")).unwrap().len(), 6);
        let refusal = worlds(&list("F1,F7")).unwrap_err().to_string();
        assert_eq!(refusal, "no family `F7`; there are F1, F2, F3, F4, F5, H1, KT6kc and all");
        assert_eq!(policies(&list("all,random")).unwrap().len(), MatrixPolicy::ALL.len());
        assert!(policies(&list("best")).unwrap_err().to_string().contains("mastery-95"));
    }

    #[test]
    fn threads_change_nothing() {
        let with = |workers| SimulateArgs {
            command: None,
            families: list("F1"),
            policies: list("random,mastery-95"),
            learners: 20,
            seed: 5,
            json: true,
            svg: None,
            workers,
        };
        let text = |workers| {
            let args = with(workers);
            let worlds = worlds(&args.families).unwrap();
            let policies = policies(&args.policies).unwrap();
            let rows = simulate(&args, &worlds, &policies).unwrap();
            rows.iter().map(|row| row.to_json(&args).to_string()).collect::<Vec<_>>()
        };
        assert_eq!(text(1), text(3));
    }
}
