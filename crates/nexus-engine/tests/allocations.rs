//! A decision allocates as often for fifty candidates as for ten: what it needs is made once for
//! all of them. The only test of its binary, because the counter counts every thread.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{ActivityDraft, ModuleDraft, SkillDraft};
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::decision::choose::DecisionRequest;
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{CourseId, DecisionId, EventId, LearnerId, PolicyId};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::site_context::{SiteContext, SiteValue};
use nexus_engine::seed::Seed;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{LearnerState, SharedState};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static COUNTER: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const AT: Timestamp = Timestamp(1_700_000_000_000_000);

/// So many readings on one skill, all of which may be chosen.
fn school(candidates: usize) -> SharedState {
    let reading = |number: usize| ActivityDraft {
        id: format!("reading-{number}"),
        kind: "reading".into(),
        title: "Read".into(),
        skills: vec!["skill".into()],
        difficulty: 0.5,
        minutes: 5.0,
        text: Some("Look.".into()),
        ..ActivityDraft::default()
    };
    let activities = (0..candidates).map(reading).collect();
    let skill = SkillDraft { id: "skill".into(), title: "Skill".into(), requires: Vec::new() };
    let draft = CourseDraft {
        format: 1,
        id: "course".into(),
        version: 1,
        title: "Course".into(),
        language: "en".into(),
        skills: vec![skill],
        modules: vec![ModuleDraft { id: "m".into(), title: "M".into(), activities }],
        ..CourseDraft::default()
    };
    let mut state = SharedState::default();
    let event = Event::CoursePublished(Box::new(draft));
    let id = EventId::new("course").unwrap();
    state.apply(None, &Entry { seq: 1, id, received_at: AT, event });
    state
}

/// How often memory was asked for while one decision was made.
fn allocations(
    state: &SharedState,
    word: &str,
    candidates: usize,
    context: Option<&SiteContext>,
) -> usize {
    let (course, policy) = (CourseId::new("course").unwrap(), PolicyId::new(word).unwrap());
    let learner = LearnerState::new(LearnerId::new("ada").unwrap());
    let filter = CandidateFilter::default();
    let request = DecisionRequest {
        id: DecisionId::new("d").unwrap(),
        course: &course,
        filter: &filter,
        context,
        default_policy: &policy,
        consents_by_default: true,
        holdout_share: 0.0,
        at: AT,
        seed: Seed(7),
    };
    let region = Region::new(COUNTER);
    let decision = state.decide(&learner, &request);
    let change = region.change();
    let found = decision.unwrap().candidates.len();
    let path = PolicyState::fresh(word).unwrap().follows_path();
    assert_eq!(found, if path { 1 } else { candidates }, "{word}");
    change.allocations + change.reallocations
}

#[test]
fn no_policy_allocates_for_each_candidate() {
    let (few, many) = (school(10), school(50));
    let said = [("device", SiteValue::Text("phone".into())), ("class", SiteValue::Number(24.0))];
    let said = said.map(|(key, value)| (key.to_owned(), value));
    let said = SiteContext::new(said).unwrap();
    for word in PolicyState::WORDS {
        for context in [None, said.as_ref()] {
            let few = allocations(&few, word, 10, context);
            let many = allocations(&many, word, 50, context);
            println!("{word}: {many} allocations with {context:?}");
            assert_eq!(few, many, "{word} with {context:?}");
        }
    }
}
