//! What a decision tells the scientist, against the policy's own statistics.

use crate::outcome::sums;
use nexus_engine::decision::SkillThen;
use nexus_engine::decision::explanation::explain;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_testkit::Story;

/// A few rewards, so that the model has something to say.
fn taught() -> Story {
    let mut story = Story::of(sums());
    for (learner, right) in [("ada", true), ("bob", false), ("cleo", true)] {
        story.learner(learner).decides_for("add-1");
        story.learner(learner).starts("add-1").answers("a1", right);
        story.learner(learner).completes("add-1").answers("m1", right);
        story.learner(learner).answers("a3", right);
    }
    story
}

#[test]
fn the_parts_of_an_estimate_sum_to_it() {
    let story = taught();
    let decision = story.would_decide("dora");
    let parts = decision.weights.iter().zip(&decision.origin.features.values).map(|(w, x)| w * x);
    let (sum, estimate) = (parts.sum::<f64>(), decision.chosen().estimate.unwrap());
    // Weights are rounded to millionths, and no feature is greater than 1.
    assert!((sum - estimate).abs() < 16.0 * 0.5e-6, "{sum} is not {estimate}");
    assert!(estimate != 0.0, "three rewards teach something");
    let key = (CourseId::new("sums").unwrap(), PolicyId::new("lin-ts").unwrap());
    let model = story.state().policies[&key].model().unwrap();
    for (then, now) in decision.weights.iter().zip(model.weights()) {
        assert!((then - now).abs() <= 0.5e-6, "nothing was learned in between");
    }
}

#[test]
fn the_scientist_reads_the_distribution_and_the_seed() {
    let story = taught();
    let decision = story.would_decide("dora");
    let words = explain(story.state().course("sums").unwrap(), &decision).scientist;
    let propensity = format!("propensity {:.6}", decision.chosen().probability);
    assert!(words.starts_with("lin-ts version 3: drawn with "), "{words}");
    let seed = format!("Seed {:016x}", decision.choice.seed.0);
    for said in [propensity, seed, "Largest parts: ".to_owned()] {
        assert!(words.contains(&said), "{words} lacks {said}");
    }
}

#[test]
fn no_model_no_weights() {
    let mut story = taught();
    story.turns_switch(None, true);
    let decision = story.would_decide("dora");
    assert!(decision.weights.is_empty());
    let words = explain(story.state().course("sums").unwrap(), &decision).scientist;
    assert!(words.starts_with("Fallback kill_switch: "), "{words}");
}

/// What a teacher reads of so many skills that nobody practised.
fn check_new_skills(count: usize, expected: &str) {
    let mut decision = Story::of(sums()).would_decide("dora");
    let new = SkillThen { attempts: 0, ..decision.skills[0].clone() };
    decision.skills = vec![new; count];
    let story = Story::of(sums());
    let words = explain(story.state().course("sums").unwrap(), &decision).teacher;
    let said = words.matches("not practised yet").count();
    assert!(words.contains(expected), "{words} lacks {expected}");
    assert_eq!(said, if count > 3 { 1 } else { count }, "{words}");
}

#[test]
fn new_skills_are_named_while_they_are_few() {
    check_new_skills(1, " was not practised yet.");
    check_new_skills(3, " was not practised yet.");
    check_new_skills(4, " 4 skills were not practised yet.");
    check_new_skills(16, " 16 skills were not practised yet.");
}

#[test]
fn one_candidate_has_no_entropy() {
    let mut decision = Story::of(sums()).would_decide("dora");
    decision.choice.candidates.truncate(1);
    decision.choice.chosen = 0;
    decision.choice.candidates[0].probability = 1.0;
    let story = Story::of(sums());
    let words = explain(story.state().course("sums").unwrap(), &decision).scientist;
    assert!(words.contains("entropy 0.000 of 0.000 nats"), "{words}");
}
