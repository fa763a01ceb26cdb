//! Probes: as often as the course declares, drawn uniformly, chosen by no policy.

use crate::outcome::sums;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::ProbesDraft;
use nexus_testkit::{RIGHT, Story};
use std::collections::BTreeMap;

/// Decisions to draw; enough that a share wrong by a tenth of itself is far outside the bounds.
const DRAWS: u64 = 40_000;

/// The share is the declared one (within five standard errors of a binomial), every question is as
/// likely as every other (chi-square with 5 degrees of freedom at 0.001: 20.52, from any table),
/// and the frozen propensity is exactly the share over the pool's size.
#[test]
fn probes_are_asked_as_declared_and_drawn_uniformly() {
    for (declared, share) in [(None, 0.10), (Some(0.05), 0.05), (Some(0.08), 0.08)] {
        let probes = declared.map(|share| ProbesDraft { share: Some(share) });
        let mut story = Story::of(CourseDraft { probes, ..sums() });
        // What was practised, and what a policy would avoid, is asked like everything else.
        story.learner("ada").starts("add-1").answers("a1", RIGHT).completes("add-1");
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for seed in 0..DRAWS {
            let Some(probe) = story.would_decide_from("ada", seed).probe else { continue };
            assert_eq!(probe.propensity, share / 6.0);
            *counts.entry(probe.question.to_string()).or_default() += 1;
        }
        let asked: u64 = counts.values().sum();
        let (expected, error) =
            (DRAWS as f64 * share, (DRAWS as f64 * share * (1.0 - share)).sqrt());
        assert!((asked as f64 - expected).abs() < 5.0 * error, "{asked} of {DRAWS} at {share}");
        let each = asked as f64 / 6.0;
        let part = |count: &u64| (*count as f64 - each) * (*count as f64 - each) / each;
        let chi_square: f64 = counts.values().map(part).sum();
        assert_eq!(counts.len(), 6, "{counts:?}");
        assert!(chi_square < 20.52, "{chi_square}: {counts:?}");
    }
}
