//! What came of it, for people and for programs.

use crate::output::hex;
use nexus_api::experiments::{EffectBody, EffectVerdict, SampleRatio, VariantNumbers};
use nexus_api::report::CourseNumbers;
use nexus_engine::policy::kind::PolicyKind;
use nexus_store::verify::VerifyReport;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// The metric of the closing check.
const CHECK: &str = "closing_check";

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
    /// Minutes of learning that each learner had.
    pub minutes: f64,
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
            "sentence": self.numbers.results.sentence(),
            "minutes": self.minutes,
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

    /// The primary metric's effect; without an interval it says why there is none.
    fn effect_json(&self) -> Value {
        let Some(effect) = self.numbers.results.primary() else {
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
             variant     policy    learners  decisions  completed  check   score   reward   probes\n",
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
                "{:<11} {:<9} {:>8}  {:>9}  {:>9}  {:<6}  {:<6}  {:<7}  {}",
                side.name,
                side.policy,
                side.learners,
                side.decisions,
                shown(mean(side, "completion_rate")),
                shown(mean(side, CHECK)),
                shown(mean(side, "mean_score")),
                shown(mean(side, "reward")),
                shown(mean(side, "probe_success")),
            );
        }
        let _ = write!(text, "\n{}\n\n{}\n", self.effect_words(), self.numbers.results.sentence());
        let _ = write!(
            text,
            "state = journal folded from empty: {}",
            if self.state_matches_journal() { "yes" } else { "NO" }
        );
        text
    }

    fn effect_words(&self) -> String {
        let Some(effect) = self.numbers.results.primary() else {
            return "No primary metric.".to_owned();
        };
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

impl DemoResults {
    fn primary(&self) -> Option<&EffectBody> {
        self.effects.iter().find(|effect| effect.primary)
    }

    /// What came of it in plain words: which path is better, by how much, after how many minutes,
    /// who is missing, and where it is not better.
    pub fn sentence(&self) -> String {
        let Some(effect) = self.primary() else { return "Nothing is compared.".to_owned() };
        let (learned, own) = (self.side_words(&effect.variant), self.side_words(&effect.control));
        if self.sample_ratio.alarm {
            return "Do not trust this comparison: learners are not dealt to the variants as designed."
                .to_owned();
        }
        let asked = match effect.metric == CHECK {
            true => "questions of the closing check",
            false => "probe questions",
        };
        let mut text = match (&effect.always_valid, effect.estimate) {
            (Some(it), Some(estimate)) => {
                let range = |low: f64, high: f64| {
                    format!("95 % between {} and {}, at any look", points(low), points(high))
                };
                match effect.verdict {
                    EffectVerdict::Better => format!(
                        "Yes: after {learned}, learners answer {} points more of the {asked} right \
                         than after {own} ({}).",
                        points(estimate),
                        range(it.low, it.high)
                    ),
                    EffectVerdict::Worse => format!(
                        "No: after {learned}, learners answer {} points fewer of the {asked} right \
                         than after {own} ({}).",
                        points(-estimate),
                        range(-it.high, -it.low)
                    ),
                    EffectVerdict::Undecided => format!(
                        "Not yet: on {asked}, {learned} differs from {own} by {} points so far, and \
                         that may be chance ({}).",
                        points(estimate),
                        range(it.low, it.high)
                    ),
                }
            }
            _ => format!("Not yet: there are too few learners to compare {learned} with {own}."),
        };
        for side in &self.variants {
            text.push_str(&check_words(side, &self.side_words(&side.name)));
        }
        text.push_str(&self.not_better_words(effect));
        text
    }

    /// In what else the same side is not surely better.
    fn not_better_words(&self, primary: &EffectBody) -> String {
        let mut worse = Vec::new();
        let mut open = Vec::new();
        let shares = [
            ("probe_success", "probes on the way"),
            ("completion_rate", "completing what is required"),
        ];
        let others = self.effects.iter().filter(|it| it.variant == primary.variant);
        for effect in others.filter(|it| !it.primary) {
            let named = shares.iter().find(|(metric, _)| effect.metric == *metric);
            let (Some((_, named)), Some(estimate)) = (named, effect.estimate) else { continue };
            if estimate == 0.0 {
                // Both sides are alike, such as where no learner has completed the course yet.
                continue;
            }
            let by = format!("{named} ({:+.1} points)", 100.0 * estimate);
            match effect.verdict {
                EffectVerdict::Better => {}
                EffectVerdict::Worse => worse.push(by),
                EffectVerdict::Undecided => open.push(by),
            }
        }
        let mut text = String::new();
        if !worse.is_empty() {
            text.push_str(&format!(" It is worse in {}.", worse.join(" and ")));
        }
        if !open.is_empty() {
            text.push_str(&format!(" It is not shown to be better in {}.", open.join(" and ")));
        }
        text
    }

    /// How a side is called in a sentence.
    fn side_words(&self, name: &str) -> String {
        match self.variants.iter().find(|side| side.name == name) {
            Some(side) if side.policy == PolicyKind::Static.word() => {
                "the course's own path".to_owned()
            }
            Some(side) => format!("the learned path ({})", side.policy),
            None => name.to_owned(),
        }
    }
}

/// A difference of shares, in points of a hundred.
fn points(difference: f64) -> String {
    format!("{:.1}", 100.0 * difference)
}

/// What the closing checks of a side came to, after how many minutes, and who is missing.
fn check_words(side: &VariantNumbers, named: &str) -> String {
    let Some(check) = &side.closing_check else { return String::new() };
    let (Some(grade), Some(minutes)) = (check.mean_grade, check.minutes) else {
        return format!(" None of the {} learners on {named} came to the check.", side.learners);
    };
    format!(
        " On {named}, {} learners came to the check after {minutes:.0} minutes of learning and \
         answered {:.1} % right; {} did not come, or not yet.",
        check.completed,
        100.0 * grade,
        check.missing
    )
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
        "closing_check": side.closing_check,
    })
}

#[cfg(test)]
mod tests {
    use super::DemoResults;
    use serde_json::{Value, json};

    fn results(low: Option<f64>, high: f64, verdict: &str, alarm: bool) -> DemoResults {
        let side = |name: &str, policy: &str, grade: f64, minutes: f64, missing: u64| {
            json!({"name": name, "policy": policy, "weight": 0.5, "learners": 100 + missing, "left_out": 0,
                "decisions": 0, "overridden": 0, "rewards": 0, "metrics": [], "closing_check":
                {"completed": 100, "missing": missing, "mean_grade": grade, "minutes": minutes,
                "placed": 0}})
        };
        let effect =
            |metric: &str, primary: bool, interval: Value, estimate: f64, verdict: &str| {
                json!({"metric": metric, "primary": primary, "variant": "treatment",
                "control": "control", "control_learners": 100, "variant_learners": 100,
                "estimate": estimate, "always_valid": interval, "single_look": null,
                "verdict": verdict})
            };
        let interval = low.map_or(Value::Null, |low| json!({"low": low, "high": high}));
        let middle = (low.unwrap_or(0.0) + high) / 2.0;
        let results = json!({
            "variants": [side("control", "static", 0.5, 201.0, 4),
                side("treatment", "random", 0.54, 198.6, 17)],
            "effects": [effect("closing_check", true, interval, middle, verdict),
                effect("probe_success", false, Value::Null, -0.012, "undecided")],
            "sample_ratio": {"e_value": 1.0, "alarm": alarm},
            "learners_min": 50,
        });
        serde_json::from_value(results).unwrap()
    }

    #[test]
    fn the_sentence_says_which_path_is_better_and_what_belongs_to_it() {
        let better = results(Some(0.01), 0.07, "better", false).sentence();
        assert!(
            better.starts_with(
                "Yes: after the learned path (random), learners answer 4.0 points more"
            )
        );
        for part in [
            "95 % between 1.0 and 7.0, at any look",
            "100 learners came to the check after 199 minutes of learning and answered 54.0 % right",
            "17 did not come, or not yet",
            "not shown to be better in probes on the way (-1.2 points)",
        ] {
            assert!(better.contains(part), "{part:?} is not in {better}");
        }
    }

    #[test]
    fn a_difference_that_may_be_chance_is_called_so_and_a_loss_a_loss() {
        let open = results(Some(-0.01), 0.07, "undecided", false).sentence();
        assert!(open.starts_with("Not yet: "), "{open}");
        assert!(open.contains("3.0 points so far, and that may be chance"), "{open}");
        let worse = results(Some(-0.07), -0.01, "worse", false).sentence();
        assert!(worse.starts_with("No: "), "{worse}");
        assert!(
            worse.contains("4.0 points fewer") && worse.contains("between 1.0 and 7.0"),
            "{worse}"
        );
        let early = results(None, 0.0, "undecided", false).sentence();
        assert!(early.starts_with("Not yet: there are too few learners"), "{early}");
        let wrong = results(Some(0.01), 0.07, "better", true).sentence();
        assert!(wrong.starts_with("Do not trust"), "{wrong}");
    }
}
