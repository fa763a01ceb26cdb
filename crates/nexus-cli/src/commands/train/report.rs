//! What `nexus train` says: while it works, and in the end.

use indicatif::{ProgressBar, ProgressStyle};
use nexus_api::tracing::TrainingNumbers;
use serde_json::json;
use std::process::ExitCode;

/// Nothing was published, and why.
const REFUSED: u8 = 1;

/// How a training ended.
pub(super) struct Ended {
    /// The version, and its place in the journal.
    pub(super) published: Option<(u32, u64)>,
    /// What the fit found.
    pub(super) report: Option<TrainingNumbers>,
    /// Why there is nothing to publish: code and words.
    pub(super) refusal: Option<(String, String)>,
    /// How long it took.
    pub(super) seconds: f64,
}

/// A bar on a terminal, and nothing elsewhere.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(hidden: bool) -> Self {
        if hidden {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(0);
        let style = "{spinner} {msg} {wide_bar} {human_pos}/{human_len} entries {elapsed}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn show(&self, stage: &str, read: u64, entries: u64) {
        self.0.set_length(entries);
        self.0.set_position(read);
        self.0.set_message(stage.to_owned());
        self.0.tick();
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Says how it ended, and answers with the exit code.
pub(super) fn finish(as_json: bool, ended: &Ended) -> ExitCode {
    if as_json {
        println!("{}", to_json(ended));
    } else {
        print_lines(ended);
    }
    if ended.refusal.is_some() { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS }
}

fn to_json(ended: &Ended) -> serde_json::Value {
    let refusal = ended.refusal.as_ref();
    json!({
        "published": ended.published.map(|(version, seq)| json!({"version": version, "seq": seq})),
        "report": ended.report,
        "refusal": refusal.map(|(code, detail)| json!({"code": code, "detail": detail})),
        "seconds": ended.seconds,
    })
}

fn print_lines(ended: &Ended) {
    if let Some(report) = &ended.report {
        print_report(report);
    }
    if let Some((code, detail)) = &ended.refusal {
        println!("refused      {detail}");
        println!("try          {}", advice(code));
        return;
    }
    let seconds = ended.seconds;
    match ended.published {
        Some((version, seq)) => {
            println!("published    version {version}, journal entry {seq}, in {seconds:.1} s");
        }
        None => println!("published    nothing: a dry run, {seconds:.1} s"),
    }
}

fn print_report(report: &TrainingNumbers) {
    let TrainingNumbers { answers, learners, folds, answers_left_out, .. } = report;
    println!("answers      {answers} of {learners} learners");
    if *answers_left_out > 0 {
        println!(
            "             the latest; {answers_left_out} older ones were left out (--answers-max)"
        );
    }
    let (serving, fitted) = (report.log_loss_serving, report.log_loss_fitted);
    println!("log loss     {serving:.5} as serving learns, {fitted:.5} fitted;");
    println!("             of learners who took no part in the fit, {folds} folds");
    println!(
        "questions    {} with evidence, {} drawn to them (fewer than {} answers or {} learners)",
        report.questions_fitted,
        report.questions_below_floor,
        report.answers_min,
        report.learners_min
    );
    if report.skills_refused > 0 {
        println!(
            "skills       {} in which right answers would lower mastery: practice counts as before \
             any answer there",
            report.skills_refused
        );
    }
    println!(
        "shift        questions are {:+.3} logits easier than written, variance {:.3}",
        report.shift, report.variance
    );
}

/// What to do about a refusal.
fn advice(code: &str) -> &'static str {
    match code {
        "too_few_learners" => "again when more learners have answered; serving learns meanwhile",
        "no_question_with_evidence" => "--answers-min and --learners-min lower, or again later",
        "degenerate_fit" => "to look for questions whose answers are marked the wrong way round",
        "no_better" => "again when there are more answers; serving has learned as much from these",
        "training_running" => "again when that training has ended",
        _ => "again; what serves now stays",
    }
}
