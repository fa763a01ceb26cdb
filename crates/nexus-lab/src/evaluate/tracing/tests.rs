//! The command from files to figures.

use super::*;
use clap::Parser;
use std::path::Path;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: TracingArgs,
}

const MAP: &str = "course = \"c\"\n[columns]\nlearner = \"who\"\nquestion = \"what\"\n\
                   correct = \"ok\"\nskills = \"skill\"\n";

/// A folder with a map and two files of the learners given.
fn folder(train: &[&str], test: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = |learners: &[&str]| {
        let mut text = "who,what,ok,skill\n".to_owned();
        for (place, learner) in learners.iter().enumerate() {
            for step in 0..12 {
                let right = (step * 7 + place * 3) % 5 < 3;
                text += &format!("{learner},q{},{},s{}\n", step % 4, u8::from(right), step % 2);
            }
        }
        text
    };
    std::fs::write(folder.path().join("map.toml"), MAP).unwrap();
    std::fs::write(folder.path().join("train.csv"), rows(train)).unwrap();
    std::fs::write(folder.path().join("test.csv"), rows(test)).unwrap();
    folder
}

fn args(folder: &Path, more: &[&str]) -> TracingArgs {
    let path = |name: &str| folder.join(name).display().to_string();
    let (train, test, map) = (path("train.csv"), path("test.csv"), path("map.toml"));
    let mut line = vec!["evaluate", "--train", &train, "--map", &map];
    if !more.contains(&"--hold-out") {
        line.extend(["--test", &test]);
    }
    line.extend(more);
    Line::try_parse_from(line).unwrap().args
}

/// Runs the command and gives its JSON and its text.
fn check(folder: &Path, more: &[&str]) -> anyhow::Result<(serde_json::Value, String)> {
    let args = args(folder, more);
    let bar = ProgressBar::hidden();
    let models = models(&args)?;
    let logs = Logs::read(&args.files, args.reading(), &bar)?;
    let warnings = warnings(&args, &logs);
    let measured = models.iter().map(|model| measure(&args, &logs, model, &bar));
    let outcomes: Vec<TracingOutcome> = measured.collect::<Result<_, _>>()?;
    let picture = picture::draw(&outcomes);
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    assert!(picture.contains("prefers-color-scheme: dark"));
    let json = outcome::to_json(&args, &logs, &outcomes, &warnings);
    Ok((json, table::of(&args, &logs, &outcomes, &warnings)))
}

#[test]
fn every_model_gives_every_figure() {
    let folder = folder(&["a", "b", "c"], &["d", "e"]);
    let (json, text) = check(folder.path(), &["--compare", &WORDS.join(",")]).unwrap();
    assert_eq!(json["model"], DEFAULT);
    assert_eq!(json["models"].as_array().unwrap().len(), WORDS.len());
    for model in json["models"].as_array().unwrap() {
        assert_eq!(model["rows"], 24);
        for field in ["auc", "accuracy", "log_loss", "rmse", "ece", "auc_low", "auc_high"] {
            let value = model[field].as_f64().unwrap_or(-1.0);
            assert!((0.0..=5.0).contains(&value), "{} {field} {value}", model["model"]);
        }
        assert!(model["seconds"].as_f64().unwrap() >= 0.0);
    }
    assert_eq!(json["protocol"]["conduct"], "serving");
    assert_eq!(json["protocol"]["times"], "unknown");
    assert!(text.contains("best-lr") && !text.contains("WARNING"), "{text}");
}

#[test]
fn one_model_and_no_list() {
    let folder = folder(&["a", "b"], &["c"]);
    let (json, _) = check(folder.path(), &["--model", "elo", "--frozen"]).unwrap();
    assert_eq!(json["model"], "elo");
    assert!(json.get("models").is_none());
    assert_eq!(json["protocol"]["conduct"], "frozen");
}

#[test]
fn learners_in_both_files_are_told_loudly() {
    let folder = folder(&["a", "b"], &["b", "c"]);
    let (json, text) = check(folder.path(), &[]).unwrap();
    assert_eq!(json["protocol"]["learners_in_both"], 1);
    assert!(text.contains("WARNING: 1 learners") && text.contains("LEAK"), "{text}");
}

#[test]
fn held_out_learners_are_not_learned_from() {
    let folder = folder(&["a", "b", "c", "d"], &[]);
    let (json, _) = check(folder.path(), &["--hold-out", "0.25"]).unwrap();
    assert_eq!((json["rows"].as_u64(), json["train_rows"].as_u64()), (Some(12), Some(36)));
    assert_eq!(json["protocol"]["learners_in_both"], 0);
}

#[test]
fn a_table_of_skills_needs_no_word_in_the_mapping() {
    let folder = folder(&["a", "b"], &["c"]);
    let table = folder.path().join("table.tsv");
    std::fs::write(&table, "what\tkc\nq0\tx\nq0\ty\nq1\tx\nq2\tz\nq3\tz\n").unwrap();
    let table = table.display().to_string();
    let (json, _) = check(folder.path(), &["--skills", &table]).unwrap();
    assert_eq!(json["skills"], 3);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let told = |more: &[&str], train: &str, expected: &str| {
        let folder = folder(&["a"], &["b"]);
        if !train.is_empty() {
            std::fs::write(folder.path().join("train.csv"), train).unwrap();
        }
        let error = check(folder.path(), more).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    told(&["--model", "oracle"], "", "there are: hkt, bkt");
    told(&["--compare", "hkt,oracle"], "", "there is no model \"oracle\"");
    told(&[], "who,what,skill\n", "no column \"ok\"; there are who, what, skill");
    told(&[], "who,what,ok,skill\n", "--train: no answers in");
    told(&[], "who,what,ok,skill\na,q,perhaps,s\n", "[bad_correct]");
    told(&["--skills", "nowhere.csv"], "", "cannot open nowhere.csv");
}
