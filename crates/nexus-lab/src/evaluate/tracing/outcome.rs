//! What came out of one model, and all of it as JSON.

use super::super::logs::Logs;
use super::TracingArgs;
use crate::tracer::evaluation::{Evaluation, Group, Measures};
use serde_json::{Map, Value, json};

pub(super) struct TracingOutcome {
    pub model: String,
    pub evaluation: Evaluation,
    /// Seconds of learning from the training rows.
    pub fit_seconds: f64,
    /// Seconds of learning and predicting.
    pub seconds: f64,
}

/// One object: the first model's figures at the top, and all models' under `models` when there are several.
pub(super) fn to_json(
    args: &TracingArgs,
    logs: &Logs,
    outcomes: &[TracingOutcome],
    warnings: &[String],
) -> Value {
    let [learners, questions, skills] = logs.sizes();
    let mut all = Map::new();
    if let Some(first) = outcomes.first() {
        all = first.object(logs);
    }
    all.insert("protocol".to_owned(), protocol(args, logs));
    all.insert("train_rows".to_owned(), json!(logs.train.rows.len()));
    all.insert("learners".to_owned(), json!(learners));
    all.insert("questions".to_owned(), json!(questions));
    all.insert("skills".to_owned(), json!(skills));
    all.insert("warnings".to_owned(), json!(warnings));
    if !args.compare.is_empty() {
        let models: Vec<Value> =
            outcomes.iter().map(|outcome| Value::Object(outcome.object(logs))).collect();
        all.insert("models".to_owned(), Value::Array(models));
    }
    Value::Object(all)
}

fn protocol(args: &TracingArgs, logs: &Logs) -> Value {
    json!({
        "conduct": args.conduct().word(),
        "frozen": args.frozen,
        "keep_repeats": args.keep_repeats,
        "label_leak": logs.leaky,
        "learners_in_both": logs.shared_learners,
        "times": if logs.reader.timeless() { "unknown" } else { "known" },
        "hold_out": args.files.hold_out,
        "seed": args.files.seed,
        "ece_bins": nexus_stats::classification::BINS,
        "interval": {
            "resamples": crate::tracer::evaluation::RESAMPLES,
            "level": crate::tracer::evaluation::LEVEL,
            "by": "learner",
        },
    })
}

impl TracingOutcome {
    fn object(&self, logs: &Logs) -> Map<String, Value> {
        let found = &self.evaluation;
        let mut object = Map::new();
        object.insert("model".to_owned(), json!(self.model));
        object.extend(measures(&found.all));
        let (low, high) = found.auc_interval.unzip();
        object.insert("auc_low".to_owned(), json!(low));
        object.insert("auc_high".to_owned(), json!(high));
        object.insert("seconds".to_owned(), json!(self.seconds));
        object.insert("fit_seconds".to_owned(), json!(self.fit_seconds));
        let without = Value::Object(measures(&found.without_repeats));
        object.insert("without_repeats".to_owned(), without);
        object.insert("by_opportunity".to_owned(), groups(&found.by_opportunity, words));
        object.insert("by_answer".to_owned(), groups(&found.by_answer, words));
        let skill = |key: nexus_engine::ids::SkillKey| logs.reader.skills.name(key.0).to_owned();
        object.insert("by_skill".to_owned(), groups(&found.by_skill, skill));
        let bins = found.reliability.bins.iter().map(|bin| {
            json!({"rows": bin.n, "predicted": bin.mean_prediction(), "right": bin.success_rate()})
        });
        object.insert("reliability".to_owned(), bins.collect());
        object
    }
}

/// The words for a range of numbers, such as `3-5`.
pub(super) fn words(range: (u32, u32)) -> String {
    match range {
        (low, u32::MAX) => format!("{low}+"),
        (low, high) if low == high => low.to_string(),
        (low, high) => format!("{low}-{high}"),
    }
}

fn measures(measures: &Measures) -> Map<String, Value> {
    let Measures { rows, auc, accuracy, log_loss, rmse, ece } = *measures;
    let fields = [
        ("rows", json!(rows)),
        ("auc", json!(auc)),
        ("accuracy", json!(accuracy)),
        ("log_loss", json!(log_loss)),
        ("rmse", json!(rmse)),
        ("ece", json!(ece)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn groups<K: Copy>(groups: &[Group<K>], words: impl Fn(K) -> String) -> Value {
    let group = |group: &Group<K>| {
        let mut object = Map::from_iter([("group".to_owned(), json!(words(group.key)))]);
        object.extend(measures(&group.measures));
        Value::Object(object)
    };
    groups.iter().map(group).collect()
}
