//! What is said of an evaluation: for people, and as one JSON object.

use super::Log;
use nexus_stats::interval::Interval;
use nexus_stats::off_policy::estimate::Estimator;
use nexus_stats::off_policy::evaluation::{
    Estimate, Method, TargetEvaluation, TargetWorth, WithIntervals,
};
use nexus_stats::off_policy::overlap::{
    DECISIONS_MIN, EFFECTIVE_MIN, Gate, MEAN_WEIGHT_OFF, Overlap, SHARE_MAX, UNSUPPORTED_MAX,
};
use serde_json::{Value, json};
use std::fmt::Write;

/// An evaluation with what it was made from.
pub(super) struct Report<'a> {
    pub log: &'a Log,
    pub found: &'a TargetEvaluation,
    pub alpha: f64,
}

impl Report<'_> {
    /// The estimates that the log has the numbers for.
    fn estimates<'a>(&'a self, worth: &'a TargetWorth) -> impl Iterator<Item = &'a Estimate> {
        worth.estimates.iter().filter(|it| self.log.methods.contains(&it.method))
    }

    pub fn json(&self) -> Value {
        let Overlap { decisions, effective, weight_max, share_max, weight_mean, unsupported } =
            self.found.overlap;
        let left_out =
            self.log.left_out.iter().map(|(word, count, _)| ((*word).to_owned(), json!(count)));
        let refused = self.found.missing.iter().map(|gate| {
            let (found, needed) = numbers(*gate, &self.found.overlap);
            let detail = mended(*gate, &self.found.overlap);
            json!({"gate": gate.word(), "found": found, "needed": needed, "detail": detail})
        });
        let mut object = json!({
            "alpha": self.alpha,
            "overlap": {
                "decisions": decisions,
                "effective_sample_size": effective,
                "weight_max": weight_max,
                "weight_max_share": share_max,
                "weight_mean": weight_mean,
                "unsupported_mass": unsupported,
            },
            "left_out": left_out.collect::<serde_json::Map<_, _>>(),
            "notes": self.log.notes,
            "refused": refused.collect::<Vec<_>>(),
        });
        if let (Some(worth), Some(object)) = (&self.found.worth, object.as_object_mut()) {
            let estimates = self.estimates(worth).map(|it| {
                json!({
                    "method": it.method.word(),
                    "value": it.value.value,
                    "standard_error": it.value.standard_error,
                    "low": it.interval.map(|interval| interval.low),
                    "high": it.interval.map(|interval| interval.high),
                    "constant": constant(it.estimator),
                })
            });
            let served = worth.served.interval(self.alpha);
            object.insert("estimates".into(), estimates.collect::<Vec<_>>().into());
            object.insert("target".into(), with_intervals(&worth.target));
            object.insert("above_served".into(), with_intervals(&worth.above_served));
            object.insert(
                "served".into(),
                json!({
                    "value": worth.served.value,
                    "standard_error": worth.served.standard_error,
                    "low": served.low,
                    "high": served.high,
                }),
            );
        }
        object
    }

    /// Some lines for people.
    pub fn text(&self) -> String {
        let overlap = &self.found.overlap;
        let mut text = format!("{} decisions with a reward", overlap.decisions);
        for (_, count, why) in self.log.left_out.iter().filter(|(_, count, _)| *count > 0) {
            let _ = write!(text, "\n  {count} left out: {why}");
        }
        let _ = write!(
            text,
            "\n  worth {:.1} decisions of the target's own; largest weight {:.3} ({:.1} % of all); \
             mean weight {:.3}; outside of the log {:.2} %\n",
            overlap.effective,
            overlap.weight_max,
            100.0 * overlap.share_max,
            overlap.weight_mean,
            100.0 * overlap.unsupported,
        );
        for note in &self.log.notes {
            let _ = writeln!(text, "  note: {note}");
        }
        match &self.found.worth {
            Some(worth) => self.write_worth(&mut text, worth),
            None => self.write_refusal(&mut text),
        }
        text
    }

    fn write_worth(&self, text: &mut String, worth: &TargetWorth) {
        let percent = 100.0 * (1.0 - self.alpha);
        let title = format!("{percent:.0} % interval");
        let _ = writeln!(text, "\n{:<8}{:>10}  {title}", "method", "a decision");
        for it in self.estimates(worth) {
            let interval = match it.interval {
                Some(interval) => range(interval),
                None => "none: it is biased, for comparing policies only".to_owned(),
            };
            let _ = writeln!(text, "{:<8}{:>10.4}  {interval}", it.method.word(), it.value.value);
        }
        let served = worth.served;
        let interval = range(served.interval(self.alpha));
        let _ = writeln!(text, "{:<8}{:>10.4}  {interval}", "served", served.value);
        for (name, it) in [("target", &worth.target), ("target less served", &worth.above_served)] {
            let _ = write!(text, "\n{name}: {:.4}, {}", it.value.value, range(it.interval));
            if let Some(always) = it.always_valid {
                let _ = write!(text, "; looked at any time: {}", range(always));
            }
        }
        let verdict = match worth.above_served.always_valid {
            Some(Interval { low, .. }) if low > 0.0 => "better than what was served, at any look",
            Some(Interval { high, .. }) if high < 0.0 => "worse than what was served, at any look",
            _ => "no difference to what was served that would hold at any look",
        };
        let _ = writeln!(text, "\n{verdict}");
    }

    fn write_refusal(&self, text: &mut String) {
        let _ = writeln!(text, "\nno estimate:");
        for gate in &self.found.missing {
            let _ = writeln!(text, "  - {}", mended(*gate, &self.found.overlap));
        }
        if self.found.missing.is_empty() {
            let _ = writeln!(
                text,
                "  - the numbers of the log are too large, or all are of one learner"
            );
        }
    }
}

fn with_intervals(it: &WithIntervals) -> Value {
    json!({
        "method": Method::DoublyRobust.word(),
        "value": it.value.value,
        "standard_error": it.value.standard_error,
        "low": it.interval.low,
        "high": it.interval.high,
        "always_valid_low": it.always_valid.map(|always| always.low),
        "always_valid_high": it.always_valid.map(|always| always.high),
    })
}

fn constant(estimator: Estimator) -> Option<f64> {
    match estimator {
        Estimator::Switch { threshold } => Some(threshold),
        Estimator::Shrinkage { shrinkage } => Some(shrinkage),
        _ => None,
    }
}

fn range(interval: Interval) -> String {
    format!("{:.4} to {:.4}", interval.low, interval.high)
}

/// What a gate found, and what it needs.
fn numbers(gate: Gate, overlap: &Overlap) -> (f64, f64) {
    match gate {
        Gate::Decisions => (overlap.decisions as f64, DECISIONS_MIN as f64),
        Gate::Effective => (overlap.effective, EFFECTIVE_MIN),
        Gate::Share => (overlap.share_max, SHARE_MAX),
        Gate::Unsupported => (overlap.unsupported, UNSUPPORTED_MAX),
        Gate::MeanWeight => (overlap.weight_mean, 1.0),
    }
}

/// What a gate lacks, and what data would mend it.
fn mended(gate: Gate, overlap: &Overlap) -> String {
    let more = overlap.decisions_needed().map(|needed| needed.saturating_sub(overlap.decisions));
    let wait = match more {
        Some(more) => format!("at this overlap {more} more decisions with a reward would do"),
        None => "the log holds nothing that the target would choose".to_owned(),
    };
    match gate {
        Gate::Decisions => format!(
            "{} decisions with a reward, and {DECISIONS_MIN} are needed: wait for {} more",
            overlap.decisions,
            DECISIONS_MIN.saturating_sub(overlap.decisions),
        ),
        Gate::Effective => format!(
            "the log is worth {:.1} decisions of the target's own, and {EFFECTIVE_MIN:.0} are needed: {wait}; \
             fewer with more exploration, or for a target that is nearer to what was served",
            overlap.effective
        ),
        Gate::Share => format!(
            "one decision has {:.1} % of all weight, and at most {:.0} % is allowed: {wait}; fewer where \
             more is left to chance",
            100.0 * overlap.share_max,
            100.0 * SHARE_MAX
        ),
        Gate::Unsupported => format!(
            "in {:.2} % the target would choose what could not have been chosen, and at most {:.0} % \
             is allowed: no number of decisions mends that; serve with chance for those choices too, or \
             compare by an experiment",
            100.0 * overlap.unsupported,
            100.0 * UNSUPPORTED_MAX
        ),
        Gate::MeanWeight => format!(
            "the mean weight is {:.3}, and 1 within {MEAN_WEIGHT_OFF} is needed: either the propensities \
             are not the probabilities of the draws (those after the exploration floor), or the \
             target chooses what the log never did; correct the propensities, or let those be candidates",
            overlap.weight_mean
        ),
    }
}
