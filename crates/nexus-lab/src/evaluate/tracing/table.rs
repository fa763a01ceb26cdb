//! The figures as text for people.

use super::super::logs::Logs;
use super::TracingArgs;
use super::outcome::{TracingOutcome, words};
use crate::tracer::evaluation::{Group, Measures};
use crate::tracer::run::Conduct;
use nexus_stats::classification::BINS;
use std::fmt::Write;

/// Skills that are listed; JSON has all.
const SKILLS_SHOWN: usize = 8;

/// Everything: protocol, models side by side, and the parts of the first one.
pub(super) fn of(
    args: &TracingArgs,
    logs: &Logs,
    outcomes: &[TracingOutcome],
    warnings: &[String],
) -> String {
    let mut text = String::new();
    for warning in warnings {
        let _ = writeln!(text, "WARNING: {warning}");
    }
    let [learners, questions, skills] = logs.sizes();
    let (train, test) = (logs.train.rows.len(), logs.test.rows.len());
    let _ = writeln!(text, "{train} answers to learn from, {test} to predict");
    let _ = writeln!(text, "{learners} learners, {questions} questions, {skills} skills");
    let _ = writeln!(text, "{}; {}\n", conduct(args.conduct()), times(logs));
    let head = "AUC     95 % interval    accuracy  log loss  RMSE    ECE     seconds";
    let _ = writeln!(text, "{:<15}{head}", "model");
    for outcome in outcomes {
        let found = &outcome.evaluation;
        let (low, high) = found.auc_interval.unzip();
        let _ = writeln!(
            text,
            "{:<15}{}  {} - {}  {}    {}    {}  {}  {:.2}",
            outcome.model,
            number(found.all.auc),
            number(low),
            number(high),
            number(found.all.accuracy),
            number(found.all.log_loss),
            number(found.all.rmse),
            number(found.all.ece),
            outcome.seconds,
        );
    }
    if let Some(outcome) = outcomes.first() {
        parts(&mut text, outcome, logs);
    }
    text
}

fn conduct(conduct: Conduct) -> &'static str {
    match conduct {
        Conduct::Serving => "questions and skills go on being learned from test rows, as served",
        Conduct::Frozen => "questions and skills frozen after training",
        Conduct::Blind => "nothing is learned from test rows",
    }
}

fn times(logs: &Logs) -> &'static str {
    if logs.reader.timeless() { "times unknown" } else { "times known" }
}

fn parts(text: &mut String, outcome: &TracingOutcome, logs: &Logs) {
    let found = &outcome.evaluation;
    let _ = writeln!(text, "\n{:<24}{:>8}  AUC     log loss  ECE", outcome.model, "rows");
    line(text, "all rows", &found.all);
    line(text, "no repeated question", &found.without_repeats);
    let name = |prefix: &str, group: &Group<(u32, u32)>| format!("{prefix} {}", words(group.key));
    for group in &found.by_answer {
        line(text, &name("answer", group), &group.measures);
    }
    for group in &found.by_opportunity {
        line(text, &name("opportunity", group), &group.measures);
    }
    let mut skills: Vec<_> = found.by_skill.iter().collect();
    skills.sort_by_key(|group| std::cmp::Reverse(group.measures.rows));
    for group in skills.iter().take(SKILLS_SHOWN) {
        line(text, &format!("skill {}", logs.reader.skills.name(group.key.0)), &group.measures);
    }
    let _ = writeln!(text, "\npredicted        rows  mean    right");
    for (place, bin) in found.reliability.bins.iter().enumerate() {
        let edge = |place: usize| place as f64 / BINS as f64;
        let (from, to) = (edge(place), edge(place + 1));
        let (mean, right) = (number(bin.mean_prediction()), number(bin.success_rate()));
        let _ = writeln!(text, "{from:.2} - {to:.2}  {:>8}  {mean}  {right}", bin.n);
    }
}

fn line(text: &mut String, name: &str, measures: &Measures) {
    let Measures { rows, auc, log_loss, ece, .. } = *measures;
    let name: String = name.chars().take(23).collect();
    let (auc, log_loss, ece) = (number(auc), number(log_loss), number(ece));
    let _ = writeln!(text, "{name:<24}{rows:>8}  {auc}  {log_loss}    {ece}");
}

fn number(value: Option<f64>) -> String {
    value.map_or("-     ".to_owned(), |value| format!("{value:.4}"))
}
