//! A decision for the scientist: what was drawn from which distribution, and which features made
//! the estimate. Every number is in the decision itself; here they stand in one paragraph.

use crate::decision::{Considered, Decision};
use crate::policy::context::{hashed_of, names_of};
use nexus_stats::math::ln;
use std::fmt::Write as _;

/// So many of the greatest parts of an estimate are named.
const PARTS: usize = 4;

#[must_use]
pub fn for_scientist(decision: &Decision) -> String {
    let Decision { origin, choice, .. } = decision;
    let chosen = decision.chosen();
    let seed = choice.seed.0;
    let mut text = match (&choice.overridden_by, choice.fallback) {
        (Some(pin), _) => format!("Pin {pin}: no draw, no propensity; excluded from learning."),
        (None, Some(fallback)) => format!(
            "Fallback {}: the path's next activity with probability 1; {} does not learn from it.",
            fallback.word(),
            origin.decider.policy,
        ),
        (None, None) => match choice.withheld {
            Some(withheld) => format!(
                "{} version {}: its best of {}, with probability 1 and floor 0 \
                 ({}); it may learn from it, but weights by propensity say nothing of the others.",
                origin.decider.policy,
                choice.policy_version,
                choice.candidates.len(),
                withheld.word(),
            ),
            None => drawn(decision, chosen),
        },
    };
    if let Some(estimate) = chosen.estimate {
        let _ = write!(text, " Estimate {estimate:+.4}{}.", rank(decision, estimate));
    }
    text.push_str(&parts(decision));
    text.push_str(&super::pace::for_scientist(decision));
    text.push_str(&super::apprentice::for_scientist(decision));
    text.push_str(&said(decision));
    let _ = write!(text, " Seed {seed:016x}, feature schema {}.", origin.features.schema);
    text
}

fn drawn(decision: &Decision, chosen: &Considered) -> String {
    let Decision { origin, choice, .. } = decision;
    let candidates = choice.candidates.len();
    format!(
        "{} version {}: drawn with propensity {:.6} of {candidates}, floor {:.4}, entropy {:.3} \
         of {:.3} nats.",
        origin.decider.policy,
        choice.policy_version,
        chosen.probability,
        choice.floor,
        entropy(&choice.candidates),
        ln(candidates as f64),
    )
}

/// Shannon entropy of the probabilities, in nats.
fn entropy(candidates: &[Considered]) -> f64 {
    let terms = candidates.iter().map(|candidate| candidate.probability).filter(|p| *p > 0.0);
    // Of one candidate it is 0, and not the minus 0 that the sum of its one term would be.
    terms.map(|p| -p * ln(p)).sum::<f64>().max(0.0)
}

/// Where the estimate stands among all, the greatest first.
fn rank(decision: &Decision, own: f64) -> String {
    let above = decision.choice.candidates.iter().filter_map(|other| other.estimate);
    let above = above.filter(|estimate| *estimate > own).count();
    format!(", rank {} of {}", above + 1, decision.choice.candidates.len())
}

/// What the site said, by its hash: the entries stand in the decision.
fn said(decision: &Decision) -> String {
    let Some(context) = &decision.request.context else { return String::new() };
    let (entries, hash) = (context.entries().len(), context.hash());
    let plural = if entries == 1 { "entry" } else { "entries" };
    format!(" Context {hash:016x}, {entries} {plural}.")
}

/// The greatest parts of the estimate, weight times feature. The hashed columns of a context mean
/// nothing one by one, so they are one part.
fn parts(decision: &Decision) -> String {
    let (weights, features) = (&decision.weights, &decision.origin.features);
    if weights.len() != features.values.len() || weights.is_empty() {
        return String::new();
    }
    let products: Vec<f64> = weights.iter().zip(&features.values).map(|(w, x)| w * x).collect();
    let hashed = hashed_of(features.schema);
    let context: f64 = products.get(hashed.clone()).unwrap_or_default().iter().sum();
    let alone = names_of(features.schema).iter().copied().zip(products).enumerate();
    let alone = alone.filter(|(column, _)| !hashed.contains(column)).map(|(_, part)| part);
    let mut named: Vec<(&str, f64)> = alone.chain([("context", context)]).collect();
    named.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    let largest = named.iter().take(PARTS).filter(|(_, part)| *part != 0.0);
    let words: Vec<String> = largest.map(|(name, part)| format!("{name} {part:+.4}")).collect();
    match words.is_empty() {
        true => " Its model has learned nothing yet.".to_owned(),
        false => format!(" Largest parts: {}.", words.join(", ")),
    }
}
