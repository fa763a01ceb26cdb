//! The logs of an evaluation: read, checked, and what to warn of.

use super::TracingArgs;
use anyhow::bail;
use indicatif::ProgressBar;
use nexus_engine::tracer::Answers;
use nexus_engine::tracer::evaluation::learners_in_both;
use nexus_ingest::answer_log::AnswerLogReader;
use nexus_ingest::mapping::{Layout, Mapping};
use nexus_stats::random::Stream;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    /// Reads the files.
    ///
    /// # Errors
    /// When one cannot be read or has no usable rows.
    pub fn read(args: &TracingArgs, bar: &ProgressBar) -> anyhow::Result<Self> {
        let mut mapping = Mapping::load(&args.map)?;
        mapping.keep_repeats |= args.keep_repeats;
        let folder = args.train[0].parent().unwrap_or(Path::new("."));
        let skills = args.skills.as_deref();
        let mut reader = AnswerLogReader::new(&mapping, folder, skills, args.ignore_time)?;
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

    /// What a reader of the figures must know.
    pub fn warnings(&self, args: &TracingArgs) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.shared_learners > 0 {
            warnings.push(format!(
                "{} learners are in both --train and --test: a LEAK, unless you mean to predict \
                 learners whose other answers are known. Their training rows count as their past.",
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
        if args.blind && self.shared_learners == 0 {
            warnings.push(
                "--blind with learners that are not in --train: nothing is known of any of them."
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
