//! Assignment: which variant a learner gets, a pure hash that any language can repeat.

use super::definition::{ExperimentDefinition, Variant};
use crate::ids::LearnerId;
use crate::words;
use nexus_stats::assignment::bucket;

/// Where a learner stands towards an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentStanding {
    /// They were shown something of it, and stay on their side.
    Shown,
    /// Their next decision will be of this side.
    Assigned,
    /// It takes in a share of all learners, and not this one.
    Outside,
    /// They are held out of all experiments of the course.
    HeldOut,
    /// It does not run, and they were shown nothing of it.
    NotRunning,
}

words!(AssignmentStanding {
    Shown => "shown",
    Assigned => "assigned",
    Outside => "outside",
    HeldOut => "held_out",
    NotRunning => "not_running",
});

/// Which side of an experiment a learner is on, or would be.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignmentOutlook {
    /// The version of the experiment.
    pub version: u32,
    /// Whether they have a side, and if not, why.
    pub standing: AssignmentStanding,
    /// Their side, when they have one.
    pub side: Option<Variant>,
}

/// The variant a learner gets: GrowthBook's version 2 hash of the experiment's seed and the
/// learner's id, looked up in ranges that follow the variants' shares.
///
/// The same learner and version always give the same variant (EXP-1); nothing is stored.
#[must_use]
pub fn assign<'a>(definition: &'a ExperimentDefinition, learner: &LearnerId) -> &'a Variant {
    place(definition, learner).0
}

/// The same while only a share of all learners is taken in: each variant keeps the first part of its
/// range (the coverage of GrowthBook's hash). So a share that grows takes more learners in and moves
/// no learner from one variant to another. `None` for who is outside.
#[must_use]
pub fn assign_within<'a>(
    definition: &'a ExperimentDefinition,
    share: f64,
    learner: &LearnerId,
) -> Option<&'a Variant> {
    let (variant, depth) = place(definition, learner);
    (share >= 1.0 || depth < share).then_some(variant)
}

/// The variant in whose range a learner's point lies, and how far inside it, from 0 to 1.
fn place<'a>(definition: &'a ExperimentDefinition, learner: &LearnerId) -> (&'a Variant, f64) {
    let point = bucket(&seed(definition), learner.as_str());
    let mut end = 0.0;
    for variant in &definition.variants {
        let begin = end;
        end += variant.weight;
        if point < end {
            return (variant, (point - begin) / variant.weight);
        }
    }
    // Shares that sum to 1 only up to rounding may leave a sliver at the end.
    let last = definition.variants.len().saturating_sub(1);
    (&definition.variants[last], 1.0)
}

/// The text that seeds the hash: the experiment's id, and its version from the second on.
#[must_use]
pub fn seed(definition: &ExperimentDefinition) -> String {
    match definition.version {
        1 => definition.id.to_string(),
        version => format!("{}:{version}", definition.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CourseId, ExperimentId, PolicyId, VariantName};

    fn half_and_half(id: &str) -> ExperimentDefinition {
        let side = |name: &str, policy: &str| Variant {
            name: VariantName::new(name).unwrap(),
            policy: PolicyId::new(policy).unwrap(),
            weight: 0.5,
        };
        ExperimentDefinition {
            id: ExperimentId::new(id).unwrap(),
            version: 1,
            course: CourseId::new("c").unwrap(),
            variants: vec![side("control", "static"), side("treatment", "lin-ts")],
            planned_learners: 1000,
            leaves_out_moved: true,
        }
    }

    /// The published vector `exp-nx`, `learner-1` hashes to 0.4758, so it is in the first half.
    #[test]
    fn the_published_vector_decides() {
        let definition = half_and_half("exp-nx");
        let variant = assign(&definition, &LearnerId::new("learner-1").unwrap());
        assert_eq!(variant.name.as_str(), "control");
    }

    #[test]
    fn the_split_is_even_and_experiments_are_independent() {
        let (first, second) = (half_and_half("exp-a"), half_and_half("exp-b"));
        let (mut in_first, mut in_both) = (0_i32, 0_i32);
        for number in 0..20_000 {
            let learner = LearnerId::new(&format!("learner-{number}")).unwrap();
            let control = assign(&first, &learner).name.as_str() == "control";
            in_first += i32::from(control);
            let both = control && assign(&second, &learner).name.as_str() == "control";
            in_both += i32::from(both);
        }
        // Five standard errors of a binomial with 20,000 trials: 354 and 306.
        assert!((in_first - 10_000).abs() < 354, "{in_first}");
        assert!((in_both - 5_000).abs() < 306, "{in_both}");
    }

    #[test]
    fn a_share_that_grows_takes_more_in_and_moves_nobody() {
        let definition = half_and_half("exp-a");
        let learners = (0..20_000).map(|number| LearnerId::new(&format!("l{number}")).unwrap());
        let (mut tenth, mut half) = (0_i32, 0_i32);
        for learner in learners {
            let whole = assign(&definition, &learner);
            let at = |share| assign_within(&definition, share, &learner);
            assert!(at(0.0).is_none(), "a share of 0 takes no learner in");
            assert_eq!(at(1.0), Some(whole));
            assert!(at(0.5).is_none_or(|side| side == whole));
            assert!(at(0.1).is_none() || at(0.5).is_some(), "who was in stays in");
            tenth += i32::from(at(0.1).is_some());
            half += i32::from(at(0.5).is_some_and(|side| side.name.as_str() == "control"));
        }
        // Five standard errors of a binomial with 20,000 trials: 212 and 306.
        assert!((tenth - 2_000).abs() < 212, "{tenth}");
        assert!((half - 5_000).abs() < 306, "{half}");
    }
}
