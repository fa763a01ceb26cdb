//! `nexus evaluate spacing`: models of recall at reviews, on an answer file.

use super::logs::{FileArgs, Logs, Reading, progress};
use crate::review::{REVIEW_DAYS_MIN, Score, compare, reviews};
use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write;
use std::process::ExitCode;

/// Compare models of recall at reviews: answers a day or more after the last on their skill.
///
/// Models that are fitted are fitted to the training learners; fsrs-6 and the one curve have the
/// weights that they are shipped with. Each is scored as it stands, and after a logistic scale of
/// two numbers that is fitted to the training learners too.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nexus evaluate spacing --train answers.tsv.gz --hold-out 0.25 \
                  \\\n    --map maps/kt-algebra2005-timed.toml"
)]
pub struct SpacingArgs {
    #[command(flatten)]
    files: FileArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

struct Spacing {
    reviews_training: usize,
    reviews_scored: usize,
    scores: Vec<Score>,
    warnings: Vec<String>,
}

/// Runs the command. Errors: when a file cannot be used, has no times, or has no reviews.
pub fn run(args: &SpacingArgs) -> anyhow::Result<ExitCode> {
    let found = measure(args)?;
    if args.json {
        found.warnings.iter().for_each(|warning| eprintln!("WARNING: {warning}"));
        println!("{}", found.json());
    } else {
        print!("{}", found.table());
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(args: &SpacingArgs) -> anyhow::Result<Spacing> {
    let bar = progress(args.json);
    let logs = Logs::read(&args.files, Reading::default(), &bar);
    bar.finish_and_clear();
    let logs = logs?;
    if logs.reader.timeless() {
        bail!(
            "the mapping says that there are no times, and without times nothing is a review: name \
             the column of times under [columns], and what it means under [time]"
        );
    }
    let (training, scored) = (reviews(&logs.train), reviews(&logs.test));
    for (found, role) in [(&training, "to learn from"), (&scored, "to predict")] {
        if found.is_empty() {
            bail!(
                "there is no review among the answers {role}: no learner came back to a skill \
                 after {REVIEW_DAYS_MIN} day or more"
            );
        }
    }
    let scores = compare(&training, &scored);
    let warnings = logs.warnings(": what was fitted has seen them.");
    Ok(Spacing { reviews_training: training.len(), reviews_scored: scored.len(), scores, warnings })
}

impl Spacing {
    fn json(&self) -> Value {
        let models = self.scores.iter().map(|score| {
            json!({
                "model": score.model,
                "log_loss": score.log_loss,
                "log_loss_scaled": score.log_loss_scaled,
                "auc": score.auc,
            })
        });
        json!({
            "reviews_training": self.reviews_training,
            "reviews_scored": self.reviews_scored,
            "models": models.collect::<Vec<_>>(),
        })
    }

    fn table(&self) -> String {
        let mut text = String::new();
        for warning in &self.warnings {
            let _ = writeln!(text, "WARNING: {warning}");
        }
        let (training, scored) = (self.reviews_training, self.reviews_scored);
        let _ = writeln!(text, "{training} reviews to learn from, {scored} to predict\n");
        let _ = writeln!(text, "{:<15}log loss  scaled  AUC", "model");
        for Score { model, log_loss, log_loss_scaled, auc } in &self.scores {
            let auc = auc.map_or("-".to_owned(), |auc| format!("{auc:.4}"));
            let _ = writeln!(text, "{model:<15}{log_loss:.4}    {log_loss_scaled:.4}  {auc}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::MODELS;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SpacingArgs,
    }

    const TIMED: &str = "course = \"c\"\n[columns]\nlearner = \"who\"\nquestion = \"what\"\n\
                         correct = \"ok\"\nskills = \"skill\"\ntime = \"at\"\n\
                         [time]\nunit = \"seconds\"\nstart = \"2026-01-05T08:00:00Z\"\n";
    const TIMELESS: &str = "course = \"c\"\n[columns]\nlearner = \"who\"\nquestion = \"what\"\n\
                            correct = \"ok\"\nskills = \"skill\"\n";

    /// Four learners who answer six questions of one skill, so many seconds apart.
    fn check(map: &str, seconds: u64) -> anyhow::Result<Spacing> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut rows = "who,what,ok,skill,at\n".to_owned();
        for learner in 0..4 {
            for step in 0..6 {
                let right = u8::from((learner + 2 * step) % 3 > 0);
                rows += &format!("l{learner},q{step},{right},s,{}\n", step * seconds);
            }
        }
        std::fs::write(path("map.toml"), map).unwrap();
        std::fs::write(path("answers.csv"), rows).unwrap();
        let (answers, map) = (path("answers.csv"), path("map.toml"));
        let line = ["spacing", "--train", &answers, "--hold-out", "0.25", "--map", &map, "--json"];
        measure(&Line::try_parse_from(line).unwrap().args)
    }

    #[test]
    fn every_model_is_scored_at_every_review() {
        let found = check(TIMED, 2 * 86_400).unwrap();
        // Each learner's first answer is no review, the other five are.
        let json = found.json();
        assert_eq!((json["reviews_training"].as_u64(), found.reviews_scored), (Some(15), 5));
        let models = json["models"].as_array().unwrap();
        let names: Vec<_> = models.iter().filter_map(|model| model["model"].as_str()).collect();
        assert_eq!(names, MODELS);
        for model in models {
            for field in ["log_loss", "log_loss_scaled", "auc"] {
                let value = model[field].as_f64().unwrap_or(-1.0);
                assert!((0.0..=5.0).contains(&value), "{} {field} {value}", model["model"]);
            }
        }
        assert!(found.table().contains("15 reviews to learn from, 5 to predict"));
        assert!(found.table().contains("fsrs-6"));
    }

    #[test]
    fn what_cannot_be_measured_is_said() {
        let told =
            |map: &str, seconds: u64| check(map, seconds).map(|_| ()).unwrap_err().to_string();
        assert!(told(TIMELESS, 0).contains("the mapping says that there are no times"));
        assert!(told(TIMED, 3600).contains("no learner came back to a skill"));
    }
}
