//! A choice of activities: the decision first, the others drawn from what is left.

use nexus_engine::decision::Decision;
use nexus_engine::decision::slate::slate;
use nexus_engine::policy::registry::PolicyState;
use nexus_testkit::Story;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise};

/// A learner chooses among three exercises, and a policy gives some of them more.
fn decisions(word: &str, count: u64) -> Vec<Decision> {
    let exercises = ["a", "b", "c"].map(|id| exercise(id, "add").asks([format!("q-{id}")]));
    let mut story = Story::of(course("course").teaches(exercises)).by_policy(word);
    let key = (story.terms.course.clone(), story.terms.policy.clone());
    story.fold.shared.policies.insert(key, PolicyState::fresh(word).unwrap());
    (0..count).map(|seed| story.asks("ada", &story.terms, seed).unwrap()).collect()
}

/// Given the decision, the second place is each of the others in proportion to its probability. The
/// learner follows from the decision, so the same decision always has the same slate.
#[test]
fn the_second_place_is_drawn_from_what_is_left() {
    let all = decisions("random", 6_000);
    let candidates = all[0].choice.candidates.len();
    assert_eq!(candidates, 3);
    let mut seconds = [[0_u32; 3]; 3];
    let position = |decision: &Decision, name: &str| {
        decision.choice.candidates.iter().position(|it| it.activity.as_str() == name).unwrap()
    };
    for decision in &all {
        let places = slate(decision, 20);
        assert_eq!(places, slate(decision, 20));
        assert_eq!(places.len(), 3, "each once");
        assert_eq!(places[0].activity, decision.chosen().activity);
        assert_eq!(slate(decision, 2), places[..2]);
        assert_eq!(places[2].probability, 1.0, "nothing else is left");
        let [first, second] = [0, 1].map(|it| position(decision, places[it].activity.as_str()));
        assert_ne!(first, second);
        assert!((places[1].probability - 0.5).abs() < 1e-12);
        seconds[first][second] += 1;
    }
    for (first, counts) in seconds.iter().enumerate() {
        let total: u32 = counts.iter().sum();
        let others: Vec<u32> = (0..3).filter(|it| *it != first).map(|it| counts[it]).collect();
        // Five standard errors of a fair coin.
        let bound = 2.5 * f64::from(total).sqrt();
        assert!((f64::from(others[0]) - f64::from(total) / 2.0).abs() < bound, "{seconds:?}");
    }
}

/// The course's own path leaves nothing to chance: what comes after the decision is certain.
#[test]
fn without_chance_the_others_follow_in_order() {
    for decision in decisions("static", 5) {
        let places = slate(&decision, 20);
        assert_eq!(places.len(), decision.choice.candidates.len());
        assert!(places.iter().all(|place| place.probability == 1.0), "{places:?}");
    }
}
