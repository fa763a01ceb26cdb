//! Checks of the declaration of rewards and probes, and the declaration that a sound draft means.

use super::super::draft::{ComponentDraft, ProbesDraft, RewardDraft};
use super::super::reward::{
    Aggregation, Component, DELAY_MICROS, ExplicitComponent, PROBE_SHARE, RewardDeclaration,
    WINDOW_DAYS,
};
use super::fields::{check_id, check_number};
use super::place::quoted;
use super::{
    At, COMPONENT_VALUE_MAX, COMPONENTS_MAX, Problems, REWARD_DAYS_MAX, REWARD_WEIGHT_MAX,
};
use crate::ids::{ComponentName, IdRefusal};
use crate::time::DAY_MICROS;

/// Shares of decisions that may ask a probe: below it the measurement starves, above it the lesson does.
const PROBE_SHARES: std::ops::RangeInclusive<f64> = 0.05..=0.10;

/// Which fields a component may have, and what its values may be.
struct Kind {
    word: &'static str,
    aggregates: bool,
    delayed: bool,
    explicit: bool,
}

const MEASURED: Kind =
    Kind { word: "component", aggregates: true, delayed: false, explicit: false };

/// Reports what is wrong with the declaration of rewards.
pub(super) fn check_reward(at: At<'_>, draft: &RewardDraft, problems: &mut Problems) {
    if let Some(clip) = draft.clip
        && !(clip > 0.0 && clip <= 1.0)
    {
        problems.add(at.field("clip"), "out_of_range", || {
            format!("{clip} must be above 0 and at most 1, which policies count on")
        });
    }
    let once = Kind { word: "component that happens once", aggregates: false, ..MEASURED };
    let delayed = Kind { word: "delayed component", delayed: true, ..MEASURED };
    for (name, component, kind) in [
        ("gain", &draft.gain, &MEASURED),
        ("delayed_gain", &draft.delayed_gain, &delayed),
        ("success", &draft.success, &MEASURED),
        ("cost", &draft.cost, &once),
        ("abandonment", &draft.abandonment, &once),
    ] {
        if let Some(component) = component {
            check_component(at.field(name), component, kind, problems);
        }
    }
    check_explicit(at, &draft.components, problems);
}

/// Reports a share of probes outside the limits.
pub(super) fn check_probes(at: At<'_>, draft: &ProbesDraft, problems: &mut Problems) {
    if let Some(share) = draft.share {
        check_number(at.field("share"), share, PROBE_SHARES, problems);
    }
}

fn check_explicit(at: At<'_>, components: &[ComponentDraft], problems: &mut Problems) {
    const OWN: [&str; 5] = ["gain", "delayed_gain", "success", "cost", "abandonment"];
    let list = at.field("components");
    if components.len() > COMPONENTS_MAX {
        problems.add(list, "too_many", || {
            format!("{} components; a reward has at most {COMPONENTS_MAX}", components.len())
        });
    }
    let kind = Kind { word: "reported component", explicit: true, ..MEASURED };
    for (position, component) in components.iter().enumerate().take(COMPONENTS_MAX) {
        let at = list.index(position);
        let name = component.name.as_deref().unwrap_or_default();
        check_id(at.field("name"), name, problems);
        let taken = components[..position].iter().any(|other| other.name == component.name);
        if taken || OWN.contains(&name) {
            problems.add(at.field("name"), "duplicate_id", || {
                format!("{} is taken; choose another name", quoted(name))
            });
        }
        check_component(at, component, &kind, problems);
        check_range(at, component, problems);
    }
}

fn check_component(at: At<'_>, draft: &ComponentDraft, kind: &Kind, problems: &mut Problems) {
    if let Some(weight) = draft.weight {
        // What costs is subtracted already; only what a site reports may count either way.
        let least = if kind.explicit { -REWARD_WEIGHT_MAX } else { 0.0 };
        check_number(at.field("weight"), weight, least..=REWARD_WEIGHT_MAX, problems);
    }
    let days = draft.within_days.unwrap_or(REWARD_DAYS_MAX);
    if !(days > 0.0 && days <= REWARD_DAYS_MAX) {
        problems.add(at.field("within_days"), "out_of_range", || {
            format!("{days} must be above 0 and at most {REWARD_DAYS_MAX}")
        });
    }
    if kind.delayed && (draft.after_days.is_some() || draft.within_days.is_some()) {
        // What is not said holds too: a delay beyond the window could never be measured.
        let after = draft.after_days.unwrap_or(DELAY_MICROS as f64 / DAY_MICROS as f64);
        let within = draft.within_days.unwrap_or(WINDOW_DAYS as f64);
        check_number(at.field("after_days"), after, 0.0..=within, problems);
    }
    if let Some(word) = &draft.aggregate
        && Aggregation::from_word(word).is_none()
    {
        problems.add(at.field("aggregate"), "unknown_aggregate", || {
            let known = Aggregation::ALL.map(Aggregation::word).join(", ");
            format!("{} is no way to aggregate; known are {known}", quoted(word))
        });
    }
    if let Some(missing) = draft.missing.filter(|_| !kind.explicit) {
        check_number(at.field("missing"), missing, -1.0..=1.0, problems);
    }
    let misplaced = [
        ("name", draft.name.is_some() && !kind.explicit),
        ("min", draft.min.is_some() && !kind.explicit),
        ("max", draft.max.is_some() && !kind.explicit),
        ("after_days", draft.after_days.is_some() && !kind.delayed),
        ("aggregate", draft.aggregate.is_some() && !kind.aggregates),
        ("missing", draft.missing.is_some() && !kind.aggregates),
    ];
    for (field, _) in misplaced.into_iter().filter(|(_, wrong)| *wrong) {
        problems.add(at.field(field), "misplaced", || {
            format!("a {} has no `{field}`; remove it", kind.word)
        });
    }
}

/// A reported component has a range, and its default lies inside it.
fn check_range(at: At<'_>, draft: &ComponentDraft, problems: &mut Problems) {
    let (min, max) = range(draft);
    let limits = -COMPONENT_VALUE_MAX..=COMPONENT_VALUE_MAX;
    check_number(at.field("min"), min, limits.clone(), problems);
    check_number(at.field("max"), max, limits, problems);
    if min >= max {
        problems.add(at.field("max"), "out_of_range", || {
            format!("`max` is {max} and must be above `min`, which is {min}")
        });
    }
    if let Some(missing) = draft.missing.filter(|_| min < max) {
        check_number(at.field("missing"), missing, min..=max, problems);
    }
}

fn range(draft: &ComponentDraft) -> (f64, f64) {
    (draft.min.unwrap_or(0.0), draft.max.unwrap_or(1.0))
}

/// The declaration of a journaled draft. What it does not say is as it was before declarations were
/// written in full.
///
/// Errors: [`IdRefusal`] when a component's name is no id at all.
pub(super) fn declared(draft: Option<&RewardDraft>) -> Result<RewardDeclaration, IdRefusal> {
    let before = RewardDeclaration::BEFORE;
    let Some(draft) = draft else { return Ok(before) };
    let after_days = draft.delayed_gain.as_ref().and_then(|delayed| delayed.after_days);
    let explicit = draft.components.iter().map(|written| {
        let (min, max) = range(written);
        let as_usual = Component::usual(0.0, Aggregation::Latest);
        Ok(ExplicitComponent {
            name: ComponentName::new(written.name.as_deref().unwrap_or_default())?,
            component: component(Some(written), as_usual),
            min,
            max,
        })
    });
    Ok(RewardDeclaration {
        clip: draft.clip.unwrap_or(before.clip),
        gain: component(draft.gain.as_ref(), before.gain),
        delayed_gain: component(draft.delayed_gain.as_ref(), before.delayed_gain),
        delay_micros: after_days.map_or(before.delay_micros, days_to_micros),
        success: component(draft.success.as_ref(), before.success),
        cost: component(draft.cost.as_ref(), before.cost),
        abandonment: component(draft.abandonment.as_ref(), before.abandonment),
        explicit: explicit.collect::<Result<_, _>>()?,
    })
}

/// The share of decisions that ask a probe.
pub(super) fn probe_share(draft: Option<&ProbesDraft>) -> f64 {
    draft.and_then(|probes| probes.share).unwrap_or(PROBE_SHARE)
}

fn component(draft: Option<&ComponentDraft>, usual: Component) -> Component {
    let Some(draft) = draft else { return usual };
    let aggregation = draft.aggregate.as_deref().and_then(Aggregation::from_word);
    Component {
        weight: draft.weight.unwrap_or(usual.weight),
        window_micros: draft.within_days.map_or(usual.window_micros, days_to_micros),
        aggregation: aggregation.unwrap_or(usual.aggregation),
        missing: draft.missing,
    }
}

fn days_to_micros(days: f64) -> i64 {
    (days * DAY_MICROS as f64) as i64
}
