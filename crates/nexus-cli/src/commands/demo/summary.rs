//! What came of it, for people and for programs.

use crate::output::hex;
use nexus_api::experiments::{EffectBody, SampleRatio, VariantNumbers};
use nexus_api::report::CourseNumbers;
use nexus_store::verify::VerifyReport;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// What the API said at the end.
pub struct Numbers {
    /// The counters of the course.
    pub course: CourseNumbers,
    /// The results of the experiment.
    pub results: DemoResults,
}

/// What is needed of the results of an experiment.
#[derive(Deserialize)]
pub struct DemoResults {
    /// One row a side, the control first.
    pub variants: Vec<VariantNumbers>,
    /// Every other side against the control, the primary metric first.
    pub effects: Vec<EffectBody>,
    /// Whether learners were assigned as designed.
    pub sample_ratio: SampleRatio,
    /// Fewest learners a side before an interval is shown.
    pub learners_min: u64,
}

/// What came of the demonstration.
pub struct DemoSummary {
    /// What the API said at the end.
    pub numbers: Numbers,
    /// What the check of the data says.
    pub report: VerifyReport,
    /// What went wrong on the way.
    pub violations: Vec<String>,
    /// How long it took.
    pub seconds: f64,
    /// Simulated seconds a second.
    pub speed: f64,
    /// What the randomness came from.
    pub seed: u64,
}

impl DemoSummary {
    pub fn holds(&self) -> bool {
        self.reasons().is_empty()
    }

    /// Whether the stored state is what the journal folds to.
    fn state_matches_journal(&self) -> bool {
        let stored = self.report.state_digest_stored;
        self.report.is_sound() && stored.is_none_or(|it| it == self.report.state_digest_replayed)
    }

    /// Everything that did not hold, in words.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = self.violations.clone();
        reasons.extend(self.report.problems.iter().map(|it| format!("the data: {it}")));
        if !self.state_matches_journal() {
            reasons.push("the stored state is not what the journal says".to_owned());
        }
        if self.numbers.results.sample_ratio.alarm {
            reasons.push("learners were not assigned to the variants as designed".to_owned());
        }
        reasons
    }

    pub fn to_json(&self) -> Value {
        let course = &self.numbers.course;
        let variants = self.numbers.results.variants.iter().map(variant_json);
        let mut object = json!({
            "events": course.events,
            "decisions": course.decisions,
            "rewards_joined": course.rewards_joined,
            "learners": course.learners,
            "completions": course.completions,
            "probes_answered": course.probes_answered,
            "fallbacks": course.fallbacks,
            "late": course.late,
            "journal_head": self.report.head_seq,
            "journal_digest": hex(&self.report.journal_digest),
            "state_digest": hex(&self.report.state_digest_replayed),
            "state_matches_journal": self.state_matches_journal(),
            "variants": variants.collect::<Vec<_>>(),
            "effect": self.effect_json(),
            "seconds": (self.seconds * 10.0).round() / 10.0,
            "speed": self.speed,
            "seed": self.seed,
        });
        let reasons = self.reasons();
        if let (false, Some(fields)) = (reasons.is_empty(), object.as_object_mut()) {
            fields.insert("violations".to_owned(), json!(reasons));
        }
        object
    }

    fn primary(&self) -> Option<&EffectBody> {
        self.numbers.results.effects.iter().find(|effect| effect.primary)
    }

    /// The primary metric's effect; without an interval it says why there is none.
    fn effect_json(&self) -> Value {
        let Some(effect) = self.primary() else {
            return json!({"metric": null, "why": "the experiment has no primary metric"});
        };
        let interval = effect.always_valid.as_ref();
        json!({
            "metric": effect.metric,
            "estimate": effect.estimate,
            "low": interval.map(|it| it.low),
            "high": interval.map(|it| it.high),
            "always_valid": true,
            "why": self.why_no_interval(effect),
        })
    }

    fn why_no_interval(&self, effect: &EffectBody) -> Option<String> {
        if effect.always_valid.is_some() {
            return None;
        }
        let (control, side) = (effect.control_learners, effect.variant_learners);
        let least = self.numbers.results.learners_min;
        Some(match control.min(side) >= least {
            true => format!("{control} and {side} learners with a value, and no variation yet"),
            false => format!(
                "{control} and {side} learners with a value; an interval needs {least} a side"
            ),
        })
    }

    /// A table for people.
    pub fn table(&self) -> String {
        let course = &self.numbers.course;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{} learners, {} events, {} decisions, {} rewards joined, {} completed the course\n\
             {:.0} s, {:.1} simulated days, journal of {} entries\n\n\
             variant     policy    learners  decisions  completed  score   reward   probes\n",
            course.learners,
            course.events,
            course.decisions,
            course.rewards_joined,
            course.completions,
            self.seconds,
            self.seconds * self.speed / 86_400.0,
            self.report.head_seq,
        );
        for side in &self.numbers.results.variants {
            let _ = writeln!(
                text,
                "{:<11} {:<9} {:>8}  {:>9}  {:>9}  {:<6}  {:<7}  {}",
                side.name,
                side.policy,
                side.learners,
                side.decisions,
                shown(mean(side, "completion_rate")),
                shown(mean(side, "mean_score")),
                shown(mean(side, "reward")),
                shown(mean(side, "probe_success")),
            );
        }
        let _ = write!(text, "\n{}\n", self.effect_words());
        let _ = write!(
            text,
            "state = journal folded from empty: {}",
            if self.state_matches_journal() { "yes" } else { "NO" }
        );
        text
    }

    fn effect_words(&self) -> String {
        let Some(effect) = self.primary() else { return "No primary metric.".to_owned() };
        let estimate =
            effect.estimate.map_or_else(|| "unknown".to_owned(), |it| format!("{it:+.3}"));
        let interval = match (&effect.always_valid, self.why_no_interval(effect)) {
            (Some(it), _) => {
                format!("95 % between {:+.3} and {:+.3}, at any look", it.low, it.high)
            }
            (None, Some(why)) => format!("no interval yet: {why}"),
            (None, None) => String::new(),
        };
        format!("Effect of the treatment on {}: {estimate} ({interval})", effect.metric)
    }
}

fn mean(side: &VariantNumbers, metric: &str) -> Option<f64> {
    side.metrics.iter().find(|known| known.metric == metric).and_then(|known| known.mean)
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn variant_json(side: &VariantNumbers) -> Value {
    json!({
        "name": side.name,
        "policy": side.policy,
        "learners": side.learners,
        "decisions": side.decisions,
        "completion_rate": mean(side, "completion_rate"),
        "mean_score": mean(side, "mean_score"),
        "reward_mean": mean(side, "reward"),
        "probe_success": mean(side, "probe_success"),
    })
}
