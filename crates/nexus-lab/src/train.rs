//! `nexus train pace`: the prior of `pace`, fitted on simulated learners.

use crate::beds::gain_prior::{FIRST, GainSamples, collect, fit};
use crate::beds::{Bed, BedPolicy, BedRun, Population};
use crate::simulate::course::{populations, read_course};
use anyhow::{Context, ensure};
use clap::Args;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::policy::gain::GAIN_NAMES;
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::policy::pace::GainPriorFit;
use nexus_sim::StudySetting;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of so many decisions, the candidates of one are looked at.
const EVERY: u64 = 4;

/// Arguments of `nexus train pace`.
#[derive(Debug, Args)]
pub struct TrainPaceArgs {
    /// Course files, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    courses: Vec<PathBuf>,
    /// Beds, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "het:200,box:400")]
    beds: Vec<String>,
    /// Families, separated by commas, or `all`. Leave one out to measure in it.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "steady,forgetful,guesser,discouraged,helped"
    )]
    families: Vec<String>,
    /// Settings, separated by commas: `doer`, `kind`.
    #[arg(long, value_delimiter = ',', default_value = "doer,kind")]
    settings: Vec<String>,
    /// Learners of each classroom.
    #[arg(long, default_value_t = 40)]
    learners: usize,
    /// What the randomness comes from. Measure with other seeds.
    #[arg(long, default_value_t = 101)]
    seed: u64,
    /// Rounds: candidates are collected under random choice first, then under what was fitted.
    #[arg(long, default_value_t = 2)]
    rounds: u64,
    /// Where to write the prior, as JSON.
    #[arg(long)]
    out: PathBuf,
    /// Write it as the source file that is compiled into Nexus, too.
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
}

/// One classroom to collect from.
#[derive(Clone, Copy)]
struct World {
    course: usize,
    bed: Bed,
    population: Population,
    setting: StudySetting,
}

pub fn run(args: &TrainPaceArgs) -> anyhow::Result<ExitCode> {
    let courses: Vec<CourseDraft> =
        args.courses.iter().map(|path| read_course(path)).collect::<Result<_, _>>()?;
    let worlds = worlds(args, courses.len())?;
    let mut all = vec![GainSamples::default(); worlds.len()];
    let mut prior: Option<GainPriorFit> = None;
    for round in 0..args.rounds.max(1) {
        let policy = if round == 0 { FIRST } else { BedPolicy::Of(PolicyKind::Pace) };
        let seed = args.seed + round;
        let found = collect_all(&courses, &worlds, args.learners, policy, seed, prior.as_ref())?;
        for (all, found) in all.iter_mut().zip(&found) {
            all.join(found);
        }
        prior = fit(&all);
        let count: u64 = all.iter().map(|world| world.count).sum();
        eprintln!("round {}: {count} candidates in {} worlds", round + 1, worlds.len());
    }
    let prior = prior.context("no decision had candidates: give more learners")?;
    let about = format!(
        "families {}; settings {}; beds {}; {} learners a classroom; seed {}; {} rounds",
        args.families.join(", "),
        args.settings.join(", "),
        args.beds.join(", "),
        args.learners,
        args.seed,
        args.rounds,
    );
    write(&args.out, &to_json(&prior, &about).to_string())?;
    if let Some(path) = &args.source {
        write(path, &to_source(&prior, &about))?;
    }
    for (name, weight) in GAIN_NAMES.iter().zip(&prior.weights) {
        println!("{name:28} {weight:+.4}");
    }
    Ok(ExitCode::SUCCESS)
}

fn worlds(args: &TrainPaceArgs, courses: usize) -> anyhow::Result<Vec<World>> {
    let mut worlds = Vec::new();
    for word in &args.settings {
        let setting = StudySetting::from_word(word)
            .with_context(|| format!("no setting `{word}`; there are doer and kind"))?;
        for bed in &args.beds {
            let bed = Bed::named(bed)?;
            for population in populations(&args.families)? {
                for course in 0..courses {
                    worlds.push(World { course, bed, population, setting });
                }
            }
        }
    }
    ensure!(
        !worlds.is_empty(),
        "nothing to train on: name a course, a bed, a family and a setting"
    );
    Ok(worlds)
}

/// Collects from every world, on all threads; the result does not depend on how many there are.
fn collect_all(
    courses: &[CourseDraft],
    worlds: &[World],
    learners: usize,
    policy: BedPolicy,
    seed: u64,
    prior: Option<&GainPriorFit>,
) -> anyhow::Result<Vec<GainSamples>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let found = Mutex::new(vec![None; worlds.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(worlds.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(world) = worlds.get(at) else { return };
                    let World { course, bed, population, setting } = *world;
                    let course = &courses[course];
                    let run =
                        BedRun { course, bed, setting, population, policy, learners, seed, prior };
                    let samples = collect(&run, EVERY);
                    if let Ok(mut found) = found.lock() {
                        found[at] = Some(samples);
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut all = Vec::with_capacity(found.len());
    for samples in found {
        all.push(samples.context("a thread of the simulation failed")??);
    }
    Ok(all)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

fn to_json(prior: &GainPriorFit, about: &str) -> Value {
    json!({"about": about, "columns": GAIN_NAMES, "weights": prior.weights, "moments": prior.moments})
}

/// Reads a prior that was written by `nexus train pace`.
///
/// Errors: when the file cannot be read, or does not hold one.
pub fn read_prior(path: &Path) -> anyhow::Result<GainPriorFit> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("reading {}", path.display()))?;
    let value: Value = serde_json::from_str(&text).context("the prior is JSON")?;
    let numbers = |name: &str| -> anyhow::Result<Vec<f64>> {
        serde_json::from_value(value[name].clone())
            .with_context(|| format!("`{name}` of the prior"))
    };
    let prior = GainPriorFit { weights: numbers("weights")?, moments: numbers("moments")? };
    ensure!(prior.model().is_some(), "{} holds no prior of this version", path.display());
    Ok(prior)
}

fn to_source(prior: &GainPriorFit, about: &str) -> String {
    let mut text = format!(
        "//! The prior of `pace`. Written by `nexus train pace --source`; do not edit.\n//!\n\
         //! Trained on {about}.\n\n\
         use super::{{GAIN_COLUMNS, packed_length}};\n\n/// Expected weight of each column.\n\
         pub(super) const WEIGHTS: [f64; GAIN_COLUMNS] = [\n"
    );
    list(&mut text, &prior.weights);
    text.push_str(
        "];\n\n/// Lower triangle, column by column, of the mean of `phi phi'`.\n\
         pub(super) const MOMENTS: [f64; packed_length(GAIN_COLUMNS)] = [\n",
    );
    list(&mut text, &prior.moments);
    text.push_str("];\n");
    text
}

/// Rounded to what matters: a millionth of a gain.
fn list(text: &mut String, numbers: &[f64]) {
    for number in numbers {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "    {:?},", (number * 1e6).round() / 1e6);
    }
}
