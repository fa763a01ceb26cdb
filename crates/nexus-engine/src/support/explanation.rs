//! Why a learner got a support, in one sentence.

use super::choice::{SupportChooser, SupportChosen};
use crate::catalog::SupportKind;

/// Explains a choice of support to learner, teacher and scientist.
#[must_use]
pub fn explain_support(chosen: &SupportChosen) -> String {
    let candidates = &chosen.choice.candidates;
    let candidate = chosen.chosen();
    let (count, kind) = (candidates.len(), in_words(candidate.kind));
    match chosen.choice.chooser {
        SupportChooser::OnlyOne => {
            format!("This {kind} is the only support that is left for the question.")
        }
        SupportChooser::KillSwitch => {
            format!("The kill switch is on, so the author's first support is served: a {kind}.")
        }
        SupportChooser::StaticVariant => {
            format!("In this experiment the learner gets the author's first support: a {kind}.")
        }
        SupportChooser::NoConsent => format!(
            "The learner does not consent to exploration, so the support is served that is \
             expected to help most of {count}: a {kind}."
        ),
        SupportChooser::Holdout => format!(
            "The learner is held out, so one of {count} supports was drawn with equal chances: a \
             {kind}."
        ),
        SupportChooser::Bandit => {
            let propensity = candidate.probability;
            let better = candidates.iter().any(|it| it.estimate > candidate.estimate);
            let because = match (chosen.choice.model_version, better) {
                (0, _) => "no answer says yet which helps most",
                (_, false) => "none of them is expected to help more",
                (_, true) => "another one is expected to help more, and this one is tried",
            };
            format!(
                "Of {count} supports, this {kind} was drawn with probability {propensity:.2}: \
                 {because}."
            )
        }
    }
}

fn in_words(kind: SupportKind) -> &'static str {
    match kind {
        SupportKind::Hint => "hint",
        SupportKind::WorkedExample => "worked example",
        SupportKind::Explanation => "explanation",
        SupportKind::RemedialActivity => "remedial activity",
    }
}
