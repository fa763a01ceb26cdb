//! `nexus simulate course`: policies over a course, through the whole engine, against what learners
//! truly know at the test. What it prints depends on the seeds alone, not on how many threads worked.

mod headroom;

use super::{WORKERS_MAX, without_repeats};
use crate::beds::belief_error::BeliefError;
use crate::beds::{Bed, BedOutcome, BedPolicy, BedRun, Population, requires_something, teach};
use crate::train::read_prior;
use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::policy::network::{FLOOR, PublishedNetwork};
use nexus_engine::policy::pace::GainPriorFit;
use nexus_ingest::{course_file, onnx};
use nexus_sim::StudySetting;
use nexus_sim::school::SchoolFault;
use nexus_stats::moments::Moments;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Most learners a classroom.
const LEARNERS_MAX: usize = 100_000;
/// Problems of a course that are shown; `nexus course check` lists all.
const PROBLEMS_SHOWN: usize = 5;

/// Arguments of `nexus simulate course`.
#[derive(Debug, Args)]
pub struct BedArgs {
    /// The course file: YAML or JSON.
    #[arg(long)]
    course: PathBuf,
    /// Beds, separated by commas: `ship` (learners go when they have finished), `box:MINUTES` (so
    /// many minutes of learning each) and `het:MINUTES` (and six in ten know the first skills).
    #[arg(long, value_delimiter = ',', default_value = "het:300")]
    bed: Vec<String>,
    /// Families, separated by commas: steady, forgetful, guesser, discouraged, helped and mixed,
    /// or `all`.
    #[arg(long, value_delimiter = ',', default_value = "steady,forgetful,guesser,mixed")]
    families: Vec<String>,
    /// Policies, separated by commas: those of the product, and `default` (what the product decides
    /// by), `breadth` (static, along a path that comes back to each skill), `oracle` (reads minds,
    /// keeps the rules) and `oracle-free` (reads minds, keeps none).
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "static,random,breadth,mastery,zpdes,lin-ts,default,oracle,oracle-free"
    )]
    policies: Vec<String>,
    /// What films and readings teach: `doer` (a sixth of practice, minute by minute) or `kind`.
    #[arg(long, default_value = "doer")]
    setting: String,
    /// Learners of each classroom; the same ones for each policy.
    #[arg(long, default_value_t = 800)]
    learners: usize,
    /// Measure the learners after so many, once policies have learned.
    #[arg(long, default_value_t = 500)]
    after: usize,
    /// Seeds, separated by commas: a classroom each.
    #[arg(long, value_delimiter = ',', default_value = "1")]
    seeds: Vec<u64>,
    /// Print a JSON list of rows, on one line, instead of a table.
    #[arg(long)]
    json: bool,
    /// Write a picture: from static to the oracle, and where each policy stands.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// A prior for `pace` in the place of the one that is shipped, written by `nexus train pace`.
    #[arg(long, value_name = "FILE")]
    prior: Option<PathBuf>,
    /// An ONNX file for `network` to decide by, at temperature 1 and the usual floor.
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,
    /// Threads; 0 for as many as the machine has. The result does not depend on it.
    #[arg(long, default_value_t = 0)]
    workers: usize,
}

fn read_network(file: &Path) -> anyhow::Result<PublishedNetwork> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let layers =
        onnx::read(&bytes).with_context(|| format!("{} is no policy's network", file.display()))?;
    // invariant: these terms are in range, as a test of the engine says.
    PublishedNetwork::new(layers, 1.0, FLOOR).context("the usual terms")
}

/// What is asked, read and checked.
#[derive(Debug)]
struct Plan {
    course: CourseDraft,
    beds: Vec<Bed>,
    populations: Vec<Population>,
    policies: Vec<BedPolicy>,
    setting: StudySetting,
    learners: usize,
    after: usize,
    seeds: Vec<u64>,
    workers: usize,
    prior: Option<GainPriorFit>,
    network: Option<PublishedNetwork>,
}

/// One classroom of the table: which bed, which population, which policy, which seed.
type Job = (Bed, Population, BedPolicy, u64);

/// What came of one classroom.
type Taught = Result<Vec<BedOutcome>, SchoolFault>;

/// One policy with one population in one bed.
#[derive(Clone, Debug, PartialEq)]
struct BedRow {
    bed: Bed,
    setting: StudySetting,
    population: Population,
    policy: BedPolicy,
    seeds: Vec<u64>,
    learners: usize,
    score: Estimate,
    difference: Estimate,
    later_score: Estimate,
    retention: Estimate,
    minutes: f64,
    left: f64,
    complete: f64,
    longest_run: u32,
    never_shown: f64,
    belief: BeliefError,
}

/// A mean with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    mean: f64,
    error: f64,
}

pub fn run(args: &BedArgs) -> anyhow::Result<ExitCode> {
    let plan = Plan::read(args)?;
    let began = Instant::now();
    let (jobs, outcomes) = plan.teach_all()?;
    let answers: u64 = outcomes.iter().flatten().map(|outcome| outcome.answers).sum();
    let seconds = began.elapsed().as_secs_f64();
    let speed = answers as f64 / seconds.max(1e-9);
    eprintln!("{answers} answers in {seconds:.1} s, {speed:.0} a second");
    let rows = plan.rows(&jobs, &outcomes);
    if let Some(path) = &args.picture {
        std::fs::write(path, headroom::draw(&rows))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    if args.json {
        let list: Vec<Value> = rows.iter().map(BedRow::to_json).collect();
        println!("{}", Value::Array(list));
    } else {
        print!("{}", table(&rows));
    }
    Ok(ExitCode::SUCCESS)
}

impl Plan {
    fn read(args: &BedArgs) -> anyhow::Result<Self> {
        let beds: Vec<Bed> =
            args.bed.iter().map(|name| Bed::named(name)).collect::<Result<_, _>>()?;
        let policies =
            args.policies.iter().map(|name| BedPolicy::named(name)).collect::<Result<_, _>>()?;
        let Some(setting) = StudySetting::from_word(&args.setting) else {
            let known = StudySetting::ALL.map(StudySetting::word).join(" and ");
            bail!("no setting `{}`; there are {known}", args.setting);
        };
        ensure!(
            (2..=LEARNERS_MAX).contains(&args.learners),
            "--learners takes from 2 to {LEARNERS_MAX}"
        );
        ensure!(
            args.after + 2 <= args.learners,
            "--after {} leaves fewer than two of {} learners to measure",
            args.after,
            args.learners
        );
        ensure!(
            args.workers <= WORKERS_MAX,
            "--workers takes at most {WORKERS_MAX}, or 0 for as many as the machine has"
        );
        let course = read_course(&args.course)?;
        ensure!(
            requires_something(&course) || !beds.contains(&Bed::Ship),
            "{} requires no activity, so no learner finishes it in `ship`; use box:MINUTES",
            args.course.display()
        );
        Ok(Self {
            course,
            beds: without_repeats(beds),
            populations: populations(&args.families)?,
            policies: without_repeats(policies),
            setting,
            learners: args.learners,
            after: args.after,
            seeds: without_repeats(args.seeds.clone()),
            workers: args.workers,
            prior: args.prior.as_deref().map(read_prior).transpose()?,
            network: args.network.as_deref().map(read_network).transpose()?,
        })
    }

    /// Every classroom once: static, which all are compared with, always among them, and those
    /// that take longest first.
    fn jobs(&self) -> Vec<Job> {
        let taught = self.policies.iter().map(|policy| policy.taught_as());
        let mut policies = without_repeats([BedPolicy::STATIC].into_iter().chain(taught).collect());
        policies.sort_by_key(|policy| !policy.reads_minds());
        let mut jobs = Vec::new();
        for policy in policies {
            for bed in &self.beds {
                for population in &self.populations {
                    jobs.extend(self.seeds.iter().map(|seed| (*bed, *population, policy, *seed)));
                }
            }
        }
        jobs
    }

    /// Teaches every classroom on all threads, and answers in the order of the jobs.
    fn teach_all(&self) -> anyhow::Result<(Vec<Job>, Vec<Vec<BedOutcome>>)> {
        let jobs = self.jobs();
        // The bar goes to standard error, and only to a terminal.
        let bar = ProgressBar::new(jobs.len() as u64);
        let style = "{wide_bar} {pos} of {len} classrooms, {eta} left";
        bar.set_style(ProgressStyle::with_template(style)?);
        let threads = match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let next = AtomicUsize::new(0);
        let taught: Mutex<Vec<Option<Taught>>> = Mutex::new(vec![None; jobs.len()]);
        std::thread::scope(|scope| {
            for _ in 0..threads.min(jobs.len()) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(job) = jobs.get(at) else { return };
                        let outcomes = self.teach_one(job);
                        bar.inc(1);
                        if let Ok(mut taught) = taught.lock() {
                            taught[at] = Some(outcomes);
                        }
                    }
                });
            }
        });
        bar.finish_and_clear();
        let taught = taught.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut all = Vec::with_capacity(jobs.len());
        for (job, outcomes) in jobs.iter().zip(taught) {
            let outcomes = outcomes.ok_or_else(|| anyhow!("a thread of the simulation failed"))?;
            let (bed, population, policy, seed) = job;
            let (population, policy) = (population.word(), policy.word());
            all.push(outcomes.with_context(|| format!("{bed} {population} {policy} {seed}"))?);
        }
        Ok((jobs, all))
    }

    fn teach_one(&self, job: &Job) -> Taught {
        let (bed, population, policy, seed) = *job;
        let (course, setting, learners) = (&self.course, self.setting, self.learners);
        let (prior, network) = (self.prior.as_ref(), self.network.as_ref());
        teach(&BedRun { course, bed, setting, population, policy, learners, seed, prior, network })
    }

    /// The rows that were asked for, in the order of beds, families and policies as they were named.
    fn rows(&self, jobs: &[Job], outcomes: &[Vec<BedOutcome>]) -> Vec<BedRow> {
        let measured = |bed: Bed, population: Population, policy: BedPolicy| {
            let mut found: Vec<&BedOutcome> = Vec::new();
            for seed in &self.seeds {
                let job = (bed, population, policy.taught_as(), *seed);
                if let Some(at) = jobs.iter().position(|known| *known == job) {
                    found.extend(&outcomes[at][self.after..]);
                }
            }
            found
        };
        let mut rows = Vec::new();
        for bed in &self.beds {
            for population in &self.populations {
                let beside = measured(*bed, *population, BedPolicy::STATIC);
                for policy in &self.policies {
                    let mine = measured(*bed, *population, *policy);
                    rows.push(self.row(*bed, *population, *policy, &mine, &beside));
                }
            }
        }
        rows
    }

    fn row(
        &self,
        bed: Bed,
        population: Population,
        policy: BedPolicy,
        mine: &[&BedOutcome],
        beside: &[&BedOutcome],
    ) -> BedRow {
        let mean = |of: fn(&BedOutcome) -> f64| {
            mine.iter().map(|outcome| of(outcome)).sum::<f64>() / mine.len().max(1) as f64
        };
        let pairs = mine.iter().zip(beside);
        BedRow {
            bed,
            setting: self.setting,
            population,
            policy,
            seeds: self.seeds.clone(),
            learners: mine.len(),
            score: Estimate::of(mine.iter().map(|outcome| outcome.score)),
            difference: Estimate::of(pairs.map(|(mine, beside)| mine.score - beside.score)),
            later_score: Estimate::of(mine.iter().map(|outcome| outcome.later_score)),
            retention: Estimate::of(mine.iter().map(|outcome| outcome.retention)),
            minutes: mean(|outcome| outcome.minutes),
            left: mean(|outcome| f64::from(u8::from(outcome.left))),
            complete: mean(|outcome| f64::from(u8::from(outcome.complete))),
            longest_run: mine.iter().map(|outcome| outcome.longest_run).max().unwrap_or(0),
            never_shown: mean(|outcome| outcome.never_shown),
            belief: mine.iter().fold(BeliefError::default(), |all, it| all.joined(&it.belief)),
        }
    }
}

impl Estimate {
    fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let mut moments = Moments::default();
        numbers.for_each(|number| moments.add(number));
        let error = moments.variance().map_or(0.0, |it| (it / moments.n() as f64).sqrt());
        Self { mean: moments.mean().unwrap_or(0.0), error }
    }
}

impl BedRow {
    fn to_json(&self) -> Value {
        json!({
            "bed": self.bed.to_string(),
            "setting": self.setting.word(),
            "family": self.population.word(),
            "policy": self.policy.word(),
            "seeds": self.seeds,
            "learners": self.learners,
            "score": self.score.mean,
            "score_se": self.score.error,
            "difference": self.difference.mean,
            "difference_se": self.difference.error,
            "score_28": self.later_score.mean,
            "score_28_se": self.later_score.error,
            "retention_28": self.retention.mean,
            "retention_28_se": self.retention.error,
            "minutes": self.minutes,
            "left": self.left,
            "complete": self.complete,
            "longest_run": self.longest_run,
            "never_shown": self.never_shown,
            "belief_correlation": self.belief.correlation(),
            "belief_rmse": self.belief.rmse(),
            "belief_bias": self.belief.bias(),
        })
    }
}

/// The course of a file.
///
/// Errors: when it cannot be read or is not sound.
pub(crate) fn read_course(path: &Path) -> anyhow::Result<CourseDraft> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("read the course {name}"))?;
    course_file::read(&text).map_err(|findings| {
        let shown = findings.iter().take(PROBLEMS_SHOWN);
        let lines: Vec<String> = shown.map(|finding| finding.report(&name)).collect();
        let problems = findings.len();
        anyhow!("{name} has {problems} problems; see nexus course check\n{}", lines.join("\n"))
    })
}

/// The populations that names stand for, each once.
///
/// Errors: when a name stands for none.
pub(crate) fn populations(names: &[String]) -> anyhow::Result<Vec<Population>> {
    let all = Population::all();
    let mut found = Vec::new();
    for name in names {
        match all.iter().find(|population| population.word() == name) {
            Some(population) => found.push(*population),
            None if name == "all" => found.extend(&all),
            None => {
                let known: Vec<&str> = all.iter().map(|population| population.word()).collect();
                bail!("no family `{name}`; there are {} and all", known.join(", "));
            }
        }
    }
    Ok(without_repeats(found))
}

/// The rows for people: a block for each bed and family.
fn table(rows: &[BedRow]) -> String {
    let mut text = String::new();
    let mut block = None;
    for row in rows {
        if block != Some((row.bed, row.population)) {
            block = Some((row.bed, row.population));
            let (setting, family, learners) =
                (row.setting.word(), row.population.word(), row.learners);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{}{} {family}, {setting} setting, {learners} learners\n  {:<14} score (se)     \
                 to static (se)  28 days  kept  minutes  left  complete  run  never",
                if text.is_empty() { "" } else { "\n" },
                row.bed,
                "policy"
            );
        }
        let _ = writeln!(
            text,
            "  {:<14} {:.4} (.{:03.0})  {:+.4} (.{:03.0})  {:7.4}  {:4.2}  {:7.0}  {:4.2}  {:8.2}  {:3}  {:5.2}",
            row.policy.word(),
            row.score.mean,
            1_000.0 * row.score.error,
            row.difference.mean,
            1_000.0 * row.difference.error,
            row.later_score.mean,
            row.retention.mean,
            row.minutes,
            row.left,
            row.complete,
            row.longest_run,
            row.never_shown
        );
    }
    text
}

#[cfg(test)]
mod tests;
