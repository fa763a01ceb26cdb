//! `nexus train pace`: the prior of `pace`, fitted on simulated learners.

mod progress;

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
use progress::Progress;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

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
    let about = about(args, &courses);
    let rounds = args.rounds.max(1);
    let progress = Progress::open(&args.out, &about, rounds as usize, worlds.len())?;
    let progress = Mutex::new(progress);
    let mut all = vec![GainSamples::default(); worlds.len()];
    let mut prior: Option<GainPriorFit> = None;
    for round in 0..rounds {
        let policy = if round == 0 { FIRST } else { BedPolicy::Of(PolicyKind::Pace) };
        let seed = args.seed + round;
        let learners = args.learners;
        let collection = Collection { courses: &courses, worlds: &worlds, learners, policy, seed };
        let found = collection.collect(round as usize, prior.as_ref(), &progress)?;
        for (all, found) in all.iter_mut().zip(&found) {
            all.join(found);
        }
        prior = fit(&all);
        let count: u64 = all.iter().map(|world| world.count).sum();
        eprintln!("round {}: {count} candidates in {} worlds", round + 1, worlds.len());
    }
    let prior = prior.context("no decision had candidates: give more learners")?;
    write(&args.out, &to_json(&prior, &about).to_string())?;
    if let Some(path) = &args.source {
        write(path, &to_source(&prior, &about))?;
    }
    for (name, weight) in GAIN_NAMES.iter().zip(&prior.weights) {
        println!("{name:28} {weight:+.4}");
    }
    print!("{}", left_out(&worlds, &all, &prior));
    progress.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    Ok(ExitCode::SUCCESS)
}

/// What the training is, in words.
fn about(args: &TrainPaceArgs, courses: &[CourseDraft]) -> String {
    let courses: Vec<String> =
        courses.iter().map(|course| format!("{} {}", course.id, course.version)).collect();
    format!(
        "courses {}; families {}; settings {}; beds {}; {} learners a classroom; seed {}; {} rounds",
        courses.join(", "),
        args.families.join(", "),
        args.settings.join(", "),
        args.beds.join(", "),
        args.learners,
        args.seed,
        args.rounds,
    )
}

/// How well gains are told in worlds of a family, and of a setting, that was left out of the
/// training, beside a training on all: the mean share of their variance that is explained.
fn left_out(worlds: &[World], all: &[GainSamples], prior: &GainPriorFit) -> String {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (position, world) in worlds.iter().enumerate() {
        for name in [world.population.word(), world.setting.word()] {
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, positions)) => positions.push(position),
                None => groups.push((name, vec![position])),
            }
        }
    }
    let mut text = format!("\n{:28} trained on it too  left out\n", "share of variance explained");
    for (name, positions) in groups {
        let others: Vec<GainSamples> = (0..all.len())
            .filter(|position| !positions.contains(position))
            .map(|position| all[position].clone())
            .collect();
        let mean = |prior: &GainPriorFit| {
            let shares: Vec<f64> =
                positions.iter().filter_map(|it| all[*it].explained(&prior.weights)).collect();
            shares.iter().sum::<f64>() / shares.len().max(1) as f64
        };
        let without = fit(&others).map_or("     -".to_owned(), |fit| format!("{:6.3}", mean(&fit)));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name:28} {:17.3}  {without}", mean(prior));
    }
    text
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

/// The classrooms of one round.
struct Collection<'a> {
    courses: &'a [CourseDraft],
    worlds: &'a [World],
    learners: usize,
    policy: BedPolicy,
    seed: u64,
}

impl Collection<'_> {
    /// Collects from every world that is not done yet, on all threads; the result does not depend
    /// on how many there are.
    fn collect(
        &self,
        round: usize,
        prior: Option<&GainPriorFit>,
        progress: &Mutex<Progress>,
    ) -> anyhow::Result<Vec<GainSamples>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let next = AtomicUsize::new(0);
        let locked = || progress.lock().unwrap_or_else(PoisonError::into_inner);
        let failed: Mutex<Option<anyhow::Error>> = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..threads.min(self.worlds.len()) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(world) = self.worlds.get(at) else { return };
                        if locked().of(round, at).is_some() {
                            continue;
                        }
                        let collected = self.collect_from(world, prior);
                        let done = collected.and_then(|found| locked().done(round, at, found));
                        if let (Err(fault), Ok(mut failed)) = (done, failed.lock()) {
                            *failed = Some(fault);
                            return;
                        }
                    }
                });
            }
        });
        if let Some(fault) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(fault);
        }
        let progress = locked();
        let mut all = Vec::with_capacity(self.worlds.len());
        for at in 0..self.worlds.len() {
            let found = progress.of(round, at).cloned();
            all.push(found.context("a thread of the simulation failed")?);
        }
        Ok(all)
    }

    fn collect_from(
        &self,
        world: &World,
        prior: Option<&GainPriorFit>,
    ) -> anyhow::Result<GainSamples> {
        let World { course, bed, population, setting } = *world;
        let (course, policy) = (&self.courses[course], self.policy);
        let (learners, seed) = (self.learners, self.seed);
        let run = BedRun {
            course,
            bed,
            setting,
            population,
            policy,
            learners,
            seed,
            prior,
            network: None,
        };
        Ok(collect(&run, EVERY)?)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TrainPaceArgs,
    }

    fn args(out: &Path) -> TrainPaceArgs {
        let course = concat!(env!("CARGO_MANIFEST_DIR"), "/courses/tiny.yaml");
        let line =
            ["train", "--courses", course, "--families", "steady,helped", "--settings", "doer"];
        let out = out.display().to_string();
        let rest = ["--beds", "box:40", "--learners", "6", "--out", &out];
        Line::parse_from(line.into_iter().chain(rest)).args
    }

    #[test]
    fn a_training_that_was_cut_off_ends_as_one_that_was_not() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, cut] = ["whole.json", "cut.json"].map(|name| folder.path().join(name));
        run(&args(&whole)).unwrap();
        let args = args(&cut);
        let courses: Vec<CourseDraft> =
            args.courses.iter().map(|path| read_course(path).unwrap()).collect();
        let worlds = worlds(&args, 1).unwrap();
        let about = about(&args, &courses);
        let mut progress = Progress::open(&cut, &about, 2, worlds.len()).unwrap();
        let (learners, seed) = (args.learners, args.seed);
        let first =
            Collection { courses: &courses, worlds: &worlds, learners, policy: FIRST, seed };
        progress.done(0, 1, first.collect_from(&worlds[1], None).unwrap()).unwrap();
        drop(progress);
        run(&args).unwrap();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(&whole), read(&cut));
        assert!(!cut.with_extension("progress.json").exists());
    }

    #[test]
    fn the_progress_of_another_training_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("prior.json");
        let mut progress = Progress::open(&out, "one training", 1, 1).unwrap();
        progress.done(0, 0, GainSamples::default()).unwrap();
        let refused = Progress::open(&out, "another", 1, 1).unwrap_err().to_string();
        assert!(refused.contains("belongs to another training"), "{refused}");
    }
}
