//! A declaration written in full, so that its meaning does not change with the defaults of a program.

use super::{Aggregation, Component, RewardDeclaration};
use crate::catalog::draft::{ComponentDraft, RewardDraft};
use crate::time::DAY_MICROS;

/// The declaration of an author with everything that it leaves out, by today's defaults.
#[must_use]
pub fn spelled_out(draft: Option<&RewardDraft>) -> RewardDraft {
    let usual = RewardDeclaration::USUAL;
    let draft = draft.cloned().unwrap_or_default();
    let delay = usual.delay_micros as f64 / DAY_MICROS as f64;
    let mut delayed_gain = measured(draft.delayed_gain, &usual.delayed_gain);
    delayed_gain.after_days = delayed_gain.after_days.or(Some(delay));
    let mut components = Vec::with_capacity(draft.components.len());
    for written in draft.components {
        let mut explicit = measured(Some(written), &Component::usual(0.0, Aggregation::Latest));
        explicit.min = explicit.min.or(Some(0.0));
        explicit.max = explicit.max.or(Some(1.0));
        components.push(explicit);
    }
    RewardDraft {
        clip: draft.clip.or(Some(usual.clip)),
        gain: Some(measured(draft.gain, &usual.gain)),
        delayed_gain: Some(delayed_gain),
        success: Some(measured(draft.success, &usual.success)),
        cost: Some(once(draft.cost, &usual.cost)),
        abandonment: Some(once(draft.abandonment, &usual.abandonment)),
        components,
    }
}

/// A component that happens once, which has no aggregation.
fn once(draft: Option<ComponentDraft>, usual: &Component) -> ComponentDraft {
    let draft = draft.unwrap_or_default();
    let days = usual.window_micros as f64 / DAY_MICROS as f64;
    ComponentDraft {
        weight: draft.weight.or(Some(usual.weight)),
        within_days: draft.within_days.or(Some(days)),
        ..draft
    }
}

fn measured(draft: Option<ComponentDraft>, usual: &Component) -> ComponentDraft {
    let draft = once(draft, usual);
    let aggregate = draft.aggregate.or_else(|| Some(usual.aggregation.word().to_owned()));
    ComponentDraft { aggregate, ..draft }
}
