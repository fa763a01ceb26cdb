//! A decision allocates as often for fifty candidates as for ten: what it needs is made once for
//! all of them. The only test of its binary, because the counter counts every thread.

use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::site_context::{SiteContext, SiteValue};
use nexus_engine::workspace::LearnerState;
use nexus_engine::workspace::SharedState;
use nexus_testkit::ids::{course_id, decision_id, learner_id, policy_id};
use nexus_testkit::said::DecisionTerms;
use nexus_testkit::{NOW, Story, large};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static COUNTER: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often memory was asked for while one decision was made.
fn allocations(
    state: &SharedState,
    word: &str,
    candidates: usize,
    context: Option<&SiteContext>,
) -> usize {
    let terms = DecisionTerms::new(course_id("course"), policy_id(word));
    let terms = terms.in_context(context.cloned());
    let learner = LearnerState::new(learner_id("ada"));
    let id = decision_id("d");
    let region = Region::new(COUNTER);
    let next = terms.preview(state, &learner, id, NOW, 7);
    let change = region.change();
    let found = next.unwrap().activity().unwrap().choice.candidates.len();
    let path = PolicyState::fresh(word).unwrap().follows_path();
    assert_eq!(found, if path { 1 } else { candidates }, "{word}");
    change.allocations + change.reallocations
}

#[test]
fn no_policy_allocates_for_each_candidate() {
    let (few, many) = (Story::of(large(10)).fold.shared, Story::of(large(50)).fold.shared);
    let said = [("device", SiteValue::Text("phone".into())), ("class", SiteValue::Number(24.0))];
    let said = said.map(|(key, value)| (key.to_owned(), value));
    let said = SiteContext::new(said).unwrap();
    for word in PolicyState::WORDS {
        for context in [None, said.as_ref()] {
            // Another thread, of the test runner, may ask for memory meanwhile: the least is meant.
            let least = |state: &SharedState, candidates: usize| {
                let counted = || allocations(state, word, candidates, context);
                (0..5).map(|_| counted()).min().unwrap_or_default()
            };
            let (few, many) = (least(&few, 10), least(&many, 50));
            println!("{word}: {many} allocations with {context:?}");
            assert_eq!(few, many, "{word} with {context:?}");
        }
    }
}
