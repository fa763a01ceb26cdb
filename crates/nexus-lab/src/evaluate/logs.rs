//! The logs of an evaluation: read, checked, and what to warn of.

use crate::answer_log::AnswerLogReader;
use crate::tracer::Answers;
use crate::tracer::evaluation::learners_in_both;
use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use nexus_ingest::mapping::{Layout, Mapping};
use nexus_stats::random::Stream;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files of an evaluation.
#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// Answers to learn from, plain or .gz; may be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    train: Vec<PathBuf>,
    /// Answers to predict; may be repeated.
    #[arg(long, value_name = "FILE", required_unless_present = "hold_out")]
    test: Vec<PathBuf>,
    /// Instead of --test: this share of the learners of --train is predicted, not learned from.
    #[arg(long, value_name = "SHARE", conflicts_with = "test", value_parser = share)]
    pub hold_out: Option<f64>,
    /// The mapping that explains the columns.
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
    /// A table of questions and their skills, instead of the mapping's.
    #[arg(long, value_name = "FILE")]
    skills: Option<PathBuf>,
    /// Seed of --hold-out, and of resampling where there is any.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "a share lies between 0 and 1, such as 0.25".to_owned())
}

/// How the files are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// Rows that write one answer once a skill stay apart.
    pub keep_repeats: bool,
    /// Answers have no times, though the mapping has them.
    pub ignore_time: bool,
}

/// What is learned from, and what is predicted.
pub(super) struct Logs {
    pub train: Answers,
    pub test: Answers,
    /// Names, and what could not be used.
    pub reader: AnswerLogReader,
    /// Learners that are in both.
    pub shared_learners: usize,
    /// Whether answers are written once a skill, so that one tells the next.
    pub leaky: bool,
}

impl Logs {
    /// Reads the files. Errors: when one cannot be read or has no usable rows.
    pub fn read(args: &FileArgs, reading: Reading, bar: &ProgressBar) -> anyhow::Result<Self> {
        for path in args.train.iter().chain(&args.test).chain(&args.skills) {
            // Before the mapping looks for its table beside them, which would be told first.
            std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        }
        let mut mapping = Mapping::load(&args.map)?;
        mapping.keep_repeats |= reading.keep_repeats;
        let folder = args.train[0].parent().unwrap_or(Path::new("."));
        let skills = args.skills.as_deref();
        let reader = AnswerLogReader::new(&mapping, folder, skills, reading.ignore_time);
        let mut reader = reader.with_context(|| {
            format!(
                "cannot use {} with {}; a table of skills that it names lies beside the answers, \
                 or is given with --skills",
                args.map.display(),
                args.train[0].display()
            )
        })?;
        let mut train = read(&mut reader, &args.train, "--train", bar)?;
        let test = match args.hold_out {
            None => read(&mut reader, &args.test, "--test", bar)?,
            Some(share) => hold_out(&mut train, share, args.seed),
        };
        if train.rows.is_empty() || test.rows.is_empty() {
            bail!("--hold-out leaves no rows to learn from or to predict; choose another share");
        }
        let shared_learners = learners_in_both(&train, &test);
        let sequences = mapping.layout == Layout::Sequences && mapping.keep_repeats;
        let leaky = sequences || mapping.layout == Layout::SkillSequences;
        Ok(Self { train, test, reader, shared_learners, leaky })
    }

    /// What a reader of the figures must know. `past` says what learners in both mean here.
    pub fn warnings(&self, past: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.shared_learners > 0 {
            warnings.push(format!(
                "{} learners are in both --train and --test: a LEAK{past}",
                self.shared_learners
            ));
        }
        if self.leaky {
            warnings.push(
                "answers are written once a skill here, so a row can tell the next: figures of all \
                 rows are TOO HIGH; they only compare with others that were measured so."
                    .to_owned(),
            );
        }
        let unused = &self.reader.unused;
        if let Some(first) = unused.first.first() {
            warnings.push(format!(
                "{} rows could not be used; the first, in line {}: [{}] {}",
                unused.rows, first.line, first.code, first.reason
            ));
        }
        warnings
    }

    /// Numbers of learners, questions and skills in both logs.
    pub fn sizes(&self) -> [usize; 3] {
        [self.reader.learners.len(), self.reader.questions.len(), self.reader.skills.len()]
    }
}

fn read(
    reader: &mut AnswerLogReader,
    paths: &[PathBuf],
    flag: &str,
    bar: &ProgressBar,
) -> anyhow::Result<Answers> {
    let mut tick = |path: &Path, bytes: u64| {
        bar.set_message(format!("reading {}", path.display()));
        bar.set_length(std::fs::metadata(path).map_or(bytes, |file| file.len()));
        bar.set_position(bytes);
    };
    let answers = reader.read(paths, &mut tick)?;
    if answers.rows.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let why = match reader.unused.first.first() {
            None => "they are empty, or hold nothing but a header".to_owned(),
            Some(first) => format!(
                "the first row that could not be used is line {}: [{}] {}; is --map the right one?",
                first.line, first.code, first.reason
            ),
        };
        bail!("{flag}: no answers in {}: {why}", names.join(", "));
    }
    Ok(answers)
}

/// Takes a share of the learners out of a log, drawn by a seed.
fn hold_out(answers: &mut Answers, share: f64, seed: u64) -> Answers {
    let mut learners: Vec<u32> = answers.rows.iter().map(|row| row.learner).collect();
    learners.sort_unstable();
    learners.dedup();
    Stream::keyed(seed, "hold-out").shuffle(&mut learners);
    learners.truncate((share * learners.len() as f64).round() as usize);
    let held: BTreeSet<u32> = learners.into_iter().collect();
    let (test, train) = answers.rows.iter().copied().partition(|row| held.contains(&row.learner));
    answers.rows = train;
    Answers { rows: test, skill_sets: answers.skill_sets.clone(), guess: answers.guess }
}

/// A bar on a terminal, and nothing elsewhere.
pub(super) fn progress(hidden: bool) -> ProgressBar {
    if hidden {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}") {
        bar.set_style(style);
    }
    bar
}
