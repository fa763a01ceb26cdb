//! Nothing is left to chance without consent, or beyond a budget: then the activity that the policy
//! expects most of is shown, with probability 1 and the reason, whatever the seed.

use crate::outcome::{Outcome, Outcomes, mixed_sums, sums};
use nexus_engine::decision::Decision;
use nexus_engine::decision::explanation::explain;
use nexus_engine::decision::exploration::{DAY_MAX, SESSION_MAX, Withheld};
use nexus_engine::learner::consent::ConsentChanged;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::workspace::Refusal;
use nexus_stats::random::Stream;
use nexus_testkit::Story;
use nexus_testkit::ids::policy_id;
use nexus_testkit::said::consent;

/// What a decision must be when nothing was left to chance, or when something was.
fn check(story: &Story, decision: &Decision, withheld: Option<Withheld>) {
    let words = explain(story.state().course("sums").unwrap(), decision);
    assert_eq!(decision.choice.withheld, withheld, "{words:?}");
    let Some(withheld) = withheld else {
        assert!(decision.choice.floor > 0.0 && decision.chosen().probability < 1.0);
        return;
    };
    assert_eq!((decision.choice.floor, decision.chosen().probability), (0.0, 1.0));
    assert_eq!(decision.choice.candidates.len(), 3, "nobody else is a candidate because of it");
    assert!(words.teacher.contains(withheld.words()), "{words:?}");
    assert!(words.scientist.contains(withheld.word()), "{words:?}");
}

/// Where the greatest expected reward stands, or of a policy without any the greatest probability;
/// of equals the first.
fn expected_most(decision: &Decision) -> usize {
    let worth = |position: usize| {
        let candidate = &decision.choice.candidates[position];
        candidate.estimate.unwrap_or(candidate.probability)
    };
    let mut best = 0;
    for position in 1..decision.choice.candidates.len() {
        if worth(position) > worth(best) {
            best = position;
        }
    }
    best
}

/// Asks from many seeds, and compares what was shown.
fn check_that_no_seed_decides(story: &mut Story, withheld: Withheld) {
    let shown = |decision: &Decision| (decision.choice.chosen, decision.choice.candidates.clone());
    if story.would_rest("ada").is_some() {
        return;
    }
    let first = story.would_decide_from("ada", 0);
    for seed in 1..40 {
        let other = story.would_decide_from("ada", seed);
        assert_eq!(other.choice.withheld, Some(withheld));
        assert_eq!(shown(&other), shown(&first), "seed {seed} of {}", story.terms.policy);
    }
}

/// Somebody follows what was decided, right or wrong by chance, and its reward joins.
fn live_a_round(story: &mut Story, round: u64, stream: &mut Stream) {
    let who = match stream.below(3) {
        0 if story.would_rest("ada").is_none() => "ada".to_owned(),
        _ => format!("ben-{round}"),
    };
    let who = who.as_str();
    let decision = story.would_decide_from(who, round);
    story.keeps(&decision);
    let activity = decision.chosen().activity.to_string();
    let question = ["add-1", "add-2", "mul-1"].iter().zip(["a1", "a3", "m1"]);
    let question = question.clone().find(|(id, _)| **id == activity).unwrap().1;
    story.learner(who).starts(&activity).answers(question, stream.below(2) == 0);
    story.learner(who).completes(&activity);
    if stream.below(3) == 0 {
        story.pass_hours(24.0 * 8.0).sweeps();
    }
}

/// Whoever knows nothing yet, and whoever has learned: whatever the policy and its past, no seed
/// says what is shown.
#[test]
fn no_seed_decides_what_is_shown_without_consent() {
    for word in PolicyState::WORDS {
        let mut story = Story::of(sums());
        story.terms.policy = policy_id(word);
        story.learner("ada").consents(false);
        check_that_no_seed_decides(&mut story, Withheld::NoConsent);
        let mut stream = Stream::keyed(11, word);
        for round in 0..30 {
            live_a_round(&mut story, round, &mut stream);
            check_that_no_seed_decides(&mut story, Withheld::NoConsent);
        }
    }
}

#[test]
fn without_consent_what_the_policy_expects_most_of_is_shown() {
    for by_default in [true, false] {
        let mut story = Story::of(sums());
        story.terms.consents_by_default = by_default;
        let mut free = story.clone();
        free.terms.consents_by_default = true;
        // The same state and seed, with consent and without.
        free.learner("ada").consents(true).consents(false).consents(true);
        story.learner("ada").consents(true).consents(false).consents_again(false);
        let (with, without) = (free.would_decide("ada"), story.would_decide("ada"));
        check(&free, &with, None);
        check(&story, &without, Some(Withheld::NoConsent));
        assert_eq!(without.choice.chosen, expected_most(&with));
        story.learner("ada").consents(true);
        check(&story, &story.clone().would_decide("ada"), None);
        // Whoever said nothing: what holds by default.
        let other = story.would_decide("ben");
        check(&story, &other, (!by_default).then_some(Withheld::NoConsent));
        story.keeps(&other);
        story.assert_replays();
    }
}

/// The policy chose, with a probability that is exact: it may learn from what comes of it.
#[test]
fn what_was_shown_without_consent_teaches_its_policy() {
    let mut story = Story::of(sums());
    story.learner("ada").consents(false);
    let decision = story.would_decide("ada");
    story.keeps(&decision);
    let activity = decision.chosen().activity.to_string();
    story.learner("ada").starts(&activity).skips(&activity).pass_hours(24.0 * 8.0).sweeps();
    let Outcome::Joined(joined) = story.outcome(&decision.origin.id) else { panic!("not joined") };
    assert_eq!(joined.propensity, 1.0);
    assert_eq!(story.policy_version(), 1);
    let report = &story.state().reports.values().next().unwrap();
    assert_eq!((report.withheld, report.explored), (1, 0));
}

#[test]
fn consent_is_changed_with_a_reason_and_only_when_it_changes() {
    let mut story = Story::of(sums());
    let admit = |story: &Story, exploration, reason: &str| {
        let changed = ConsentChanged { reason: reason.into(), ..consent("ada", exploration) };
        story.fold.learner(&changed.learner).admit_consent(&changed)
    };
    story.learner("ada").starts("add-1");
    assert_eq!(admit(&story, false, " "), Err(Refusal::ReasonMissing));
    assert_eq!(admit(&story, true, "x"), Ok(true), "said for the first time, it is kept");
    story.learner("ada").consents(false);
    assert_eq!(admit(&story, false, "y"), Ok(false));
    assert_eq!(admit(&story, true, "y"), Ok(true));
}

/// Decides and keeps so many times; how many explored. `past` is why the last was withheld.
fn decide_often(story: &mut Story, times: u16, past: Option<Withheld>) -> u16 {
    let mut explored = 0;
    // The learner comes back; what is decided after that is never begun, so nothing is learned.
    story.learner("ada").starts("add-1");
    for _ in 0..times {
        let decision = story.would_decide("ada");
        explored += u16::from(decision.choice.more_probable() > 0);
        story.keeps(&decision);
    }
    let last = story.would_decide("ada");
    assert_eq!(last.choice.withheld, past);
    explored
}

/// Chance may have its say in only so many decisions of a session and of a day; the next session,
/// and the next day, begin anew.
#[test]
fn chance_has_its_share_of_a_session_and_of_a_day_and_no_more() {
    let mut story = Story::of(mixed_sums());
    // While nothing was learned all are alike, and what is as probable as the best is no
    // exploration.
    let decision = story.learner("ben").decides_for("mul-1");
    story.learner("ben").starts("mul-1").skips("mul-1").pass_hours(24.0 * 8.0 + 4.0);
    story.sweeps();
    assert!(matches!(story.outcome(&decision), Outcome::Joined(_)));
    let session = Some(Withheld::SessionBudget);
    assert_eq!(decide_often(&mut story, 100, session), SESSION_MAX);
    check_that_no_seed_decides(&mut story, Withheld::SessionBudget);
    story.pass_hours(1.0);
    assert_eq!(decide_often(&mut story, 100, session), SESSION_MAX);
    assert_eq!(DAY_MAX, 2 * SESSION_MAX, "two sessions use a day up");
    story.pass_hours(1.0);
    assert_eq!(decide_often(&mut story, 30, Some(Withheld::DayBudget)), 0);
    story.pass_hours(24.0);
    assert_eq!(decide_often(&mut story, 100, session), SESSION_MAX);
    story.assert_replays();
}
