//! What a choice by gain a minute is worth, in words.

use crate::catalog::Activity;
use crate::decision::Decision;
use crate::decision::situation::length_minutes;
use crate::policy::gain::GAIN_SCHEMA;
use crate::policy::pace::PRIOR_STRENGTH;

/// How many minutes of what else could be chosen the minutes of an activity are worth; empty for
/// other policies, and where the comparison says nothing.
pub(super) fn for_teacher(activity: &Activity, decision: &Decision) -> String {
    let Some(times) = times_the_others(decision) else { return String::new() };
    let minutes = length_minutes(activity);
    format!(
        " Its {} are expected to teach about as much as {} of what else could be chosen.",
        in_minutes(minutes),
        in_minutes(minutes * times),
    )
}

/// What the policy was born with and what it learned since.
pub(super) fn for_scientist(decision: &Decision) -> String {
    if decision.origin.features.schema != GAIN_SCHEMA {
        return String::new();
    }
    format!(
        " Estimates are gains a minute; the prior counts as {PRIOR_STRENGTH:.0} measured gains, and \
         {} rewards came since.",
        decision.choice.policy_version,
    )
}

/// What a minute of the chosen activity is worth, in minutes of the other candidates.
fn times_the_others(decision: &Decision) -> Option<f64> {
    if decision.origin.features.schema != GAIN_SCHEMA || !decision.choice.is_by_policy() {
        return None;
    }
    let (mut sum, mut count) = (0.0, 0.0);
    for (position, candidate) in decision.choice.candidates.iter().enumerate() {
        if position != decision.choice.chosen {
            sum += candidate.estimate?;
            count += 1.0;
        }
    }
    let own = decision.chosen().estimate?;
    (own > 0.0 && sum > 0.0).then(|| own / (sum / count))
}

fn in_minutes(minutes: f64) -> String {
    match minutes.round() {
        whole if whole < 1.0 => "less than a minute".to_owned(),
        1.0 => "1 minute".to_owned(),
        whole => format!("{whole:.0} minutes"),
    }
}
