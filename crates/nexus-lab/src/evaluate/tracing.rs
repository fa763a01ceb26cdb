//! `nexus evaluate tracing`: learner models on an answer file.

mod outcome;
mod picture;
mod table;

use super::logs::{FileArgs, Logs, Reading, progress};
use crate::tracer::evaluation::evaluate;
use crate::tracer::registry::{self, DEFAULT, WORDS};
use crate::tracer::run::Conduct;
use anyhow::{Context, bail};
use clap::Args;
use indicatif::ProgressBar;
use outcome::TracingOutcome;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Predict every answer of a file before it is seen, and say how good the predictions were.
///
/// Each test row is predicted from earlier rows of its learner; questions and skills are known from
/// the training rows and, as while serving, from earlier test rows (not with --frozen).
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nexus evaluate tracing --train train.tsv.gz --test test.tsv.gz \
                  \\\n    --map maps/kt-assistments2009-lpp.toml --compare hkt,best-lr,bkt"
)]
pub struct TracingArgs {
    #[command(flatten)]
    files: FileArgs,
    /// The learner model to score.
    #[arg(long, value_name = "NAME", default_value = DEFAULT)]
    model: String,
    /// Several models, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    compare: Vec<String>,
    /// Learn nothing of questions and skills from test rows.
    #[arg(long)]
    frozen: bool,
    /// Learn nothing from test rows at all: for tables without order.
    #[arg(long, conflicts_with = "frozen")]
    blind: bool,
    /// Keep rows apart that write one answer once a skill. They tell each other's label: only to
    /// repeat figures that were published so.
    #[arg(long)]
    keep_repeats: bool,
    /// Tell the models no times, though the mapping has them.
    #[arg(long)]
    ignore_time: bool,
    /// Write a picture of calibration.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Errors: when a file cannot be used, a model is unknown, or there is nothing to predict.
pub fn run(args: &TracingArgs) -> anyhow::Result<ExitCode> {
    let models = models(args)?;
    let bar = progress(args.json);
    let logs = Logs::read(&args.files, args.reading(), &bar);
    let logs = logs.inspect_err(|_| bar.finish_and_clear())?;
    let warnings = warnings(args, &logs);
    if args.json {
        warnings.iter().for_each(|warning| eprintln!("WARNING: {warning}"));
    }
    let mut outcomes = Vec::new();
    for model in &models {
        outcomes.push(measure(args, &logs, model, &bar)?);
    }
    bar.finish_and_clear();
    if let Some(path) = &args.svg {
        let picture = picture::draw(&outcomes);
        std::fs::write(path, picture)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.json {
        println!("{}", outcome::to_json(args, &logs, &outcomes, &warnings));
    } else {
        print!("{}", table::of(args, &logs, &outcomes, &warnings));
    }
    Ok(ExitCode::SUCCESS)
}

impl TracingArgs {
    /// What models may do with test rows.
    fn conduct(&self) -> Conduct {
        match (self.blind, self.frozen) {
            (true, _) => Conduct::Blind,
            (false, true) => Conduct::Frozen,
            (false, false) => Conduct::Serving,
        }
    }

    fn reading(&self) -> Reading {
        Reading { keep_repeats: self.keep_repeats, ignore_time: self.ignore_time }
    }
}

/// What a reader of the figures must know.
fn warnings(args: &TracingArgs, logs: &Logs) -> Vec<String> {
    let mut warnings = logs.warnings(
        ", unless you mean to predict learners whose other answers are known. Their training rows \
         count as their past.",
    );
    if args.blind && logs.shared_learners == 0 {
        warnings.push(
            "--blind with learners that are not in --train: nothing is known of any of them."
                .to_owned(),
        );
    }
    warnings
}

/// The models that were asked for, the one that stands at the top first.
fn models(args: &TracingArgs) -> anyhow::Result<Vec<String>> {
    let mut models: Vec<String> = Vec::new();
    let named = args.compare.iter().map(|name| name.trim().to_owned());
    for name in named.filter(|name| !name.is_empty()) {
        if !models.contains(&name) {
            models.push(name);
        }
    }
    // The model at the top is the one of --model when it is among the compared ones or nothing is
    // compared; else the first that was named.
    match models.iter().position(|name| *name == args.model) {
        Some(place) => models[..=place].rotate_right(1),
        None if models.is_empty() || args.model != DEFAULT => models.insert(0, args.model.clone()),
        None => {}
    }
    if let Some(name) = models.iter().find(|name| !WORDS.contains(&name.as_str())) {
        bail!("there is no model {name:?}; there are: {}", WORDS.join(", "));
    }
    Ok(models)
}

/// Trains a model and lets it predict.
fn measure(
    args: &TracingArgs,
    logs: &Logs,
    model: &str,
    bar: &ProgressBar,
) -> anyhow::Result<TracingOutcome> {
    let mut tracer = registry::fresh(model).with_context(|| format!("no model {model:?}"))?;
    bar.set_length(logs.test.rows.len() as u64);
    bar.set_position(0);
    bar.set_message(format!("{model}: learning from {} answers", logs.train.rows.len()));
    let start = Instant::now();
    tracer.train(&logs.train);
    let fit_seconds = start.elapsed().as_secs_f64();
    bar.set_message(format!("{model}: predicting"));
    let mut tick = |done: usize| bar.set_position(done as u64);
    let predictions = tracer.score(&logs.train, &logs.test, args.conduct(), &mut tick);
    let seconds = start.elapsed().as_secs_f64();
    bar.set_message(format!("{model}: resampling"));
    let evaluation = evaluate(&logs.train, &logs.test, &predictions, args.files.seed);
    Ok(TracingOutcome { model: model.to_owned(), evaluation, fit_seconds, seconds })
}

#[cfg(test)]
mod tests;
