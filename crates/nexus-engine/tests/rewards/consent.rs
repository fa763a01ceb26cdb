//! Nothing is left to chance without consent, or beyond a budget: then the activity that the policy
//! expects most of is shown, with probability 1 and the reason, whatever the seed.

use crate::school::{RewardRoom, Settled};
use nexus_engine::decision::Decision;
use nexus_engine::decision::explanation::explain;
use nexus_engine::decision::exploration::{DAY_MAX, SESSION_MAX, Withheld};
use nexus_engine::ids::LearnerId;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::workspace::Refusal;
use nexus_stats::random::Stream;

/// What a decision must be when nothing was left to chance, or when something was.
fn check(school: &RewardRoom, decision: &Decision, withheld: Option<Withheld>) {
    let words = explain(school.shared().course("sums").unwrap(), decision);
    assert_eq!(decision.withheld, withheld, "{words:?}");
    let Some(withheld) = withheld else {
        assert!(decision.floor > 0.0 && decision.chosen().probability < 1.0);
        return;
    };
    assert_eq!((decision.floor, decision.chosen().probability), (0.0, 1.0));
    assert_eq!(decision.candidates.len(), 3, "nobody else is a candidate because of it");
    assert!(words.teacher.contains(withheld.words()), "{words:?}");
    assert!(words.scientist.contains(withheld.word()), "{words:?}");
}

/// Where the greatest expected reward stands, or of a policy without any the greatest probability;
/// of equals the first.
fn expected_most(decision: &Decision) -> usize {
    let worth = |position: usize| {
        let candidate = &decision.candidates[position];
        candidate.estimate.unwrap_or(candidate.probability)
    };
    let mut best = 0;
    for position in 1..decision.candidates.len() {
        if worth(position) > worth(best) {
            best = position;
        }
    }
    best
}

/// Asks from many seeds, and compares what was shown.
fn check_that_no_seed_decides(school: &mut RewardRoom, withheld: Withheld) {
    let shown = |decision: &Decision| (decision.chosen, decision.candidates.clone());
    let first = school.decide_seeded("ada", 0);
    for seed in 1..40 {
        let other = school.decide_seeded("ada", seed);
        assert_eq!(other.withheld, Some(withheld));
        assert_eq!(shown(&other), shown(&first), "seed {seed} of {}", school.policy);
    }
}

/// Somebody follows what was decided, right or wrong by chance, and its reward joins.
fn live_a_round(school: &mut RewardRoom, round: u64, stream: &mut Stream) {
    let who = ["ada", "ben", "eve"][stream.below(3) as usize];
    let decision = school.decide_seeded(who, round);
    school.keep(&decision);
    let activity = decision.chosen().activity.to_string();
    let question = ["add-1", "add-2", "mul-1"].iter().zip(["a1", "a3", "m1"]);
    let question = question.clone().find(|(id, _)| **id == activity).unwrap().1;
    school.start(who, &activity).answer(who, &activity, question, stream.below(2) == 0);
    school.complete(who, &activity);
    if stream.below(3) == 0 {
        school.pass_hours(24.0 * 8.0).sweep();
    }
}

/// Whoever knows nothing yet, and whoever has learned: whatever the policy and its past, no seed
/// says what is shown.
#[test]
fn no_seed_decides_what_is_shown_without_consent() {
    for word in PolicyState::WORDS {
        let mut school = RewardRoom::new();
        school.policy = word;
        school.consent("ada", false);
        check_that_no_seed_decides(&mut school, Withheld::NoConsent);
        let mut stream = Stream::keyed(11, word);
        for round in 0..30 {
            live_a_round(&mut school, round, &mut stream);
            check_that_no_seed_decides(&mut school, Withheld::NoConsent);
        }
    }
}

#[test]
fn without_consent_what_the_policy_expects_most_of_is_shown() {
    for by_default in [true, false] {
        let mut school = RewardRoom::new();
        school.consents_by_default = by_default;
        let mut free = school.clone();
        free.consents_by_default = true;
        // The same state and seed, with consent and without.
        free.consent("ada", true).consent("ada", false).consent("ada", true);
        school.consent("ada", true).consent("ada", false).say_again("ada", false);
        let (with, without) = (free.decide_freely("ada"), school.decide_freely("ada"));
        check(&free, &with, None);
        check(&school, &without, Some(Withheld::NoConsent));
        assert_eq!(without.chosen, expected_most(&with));
        school.consent("ada", true);
        check(&school, &school.clone().decide_freely("ada"), None);
        // Whoever said nothing: what holds by default.
        let other = school.decide_freely("ben");
        check(&school, &other, (!by_default).then_some(Withheld::NoConsent));
        school.keep(&other);
        assert!(school.replayed() == school.state());
    }
}

/// The policy chose, with a probability that is exact: it may learn from what comes of it.
#[test]
fn what_was_shown_without_consent_teaches_its_policy() {
    let mut school = RewardRoom::new();
    school.consent("ada", false);
    let decision = school.decide_freely("ada");
    school.keep(&decision);
    let activity = decision.chosen().activity.to_string();
    school.start("ada", &activity).skip("ada", &activity).pass_hours(24.0 * 8.0).sweep();
    let Settled::Joined(joined) = school.outcome(&decision.id) else { panic!("not joined") };
    assert_eq!(joined.propensity, 1.0);
    assert_eq!(school.policy_version(), 1);
    let report = &school.shared().reports.values().next().unwrap();
    assert_eq!((report.withheld, report.explored), (1, 0));
}

#[test]
fn consent_is_changed_with_a_reason_and_only_when_it_changes() {
    let mut school = RewardRoom::new();
    let admit = |school: &RewardRoom, exploration, reason| {
        let ada = LearnerId::new("ada").unwrap();
        school.state().1[&ada].admit_consent(&school.changed("ada", exploration, reason))
    };
    school.start("ada", "add-1");
    assert_eq!(admit(&school, false, " "), Err(Refusal::ReasonMissing));
    assert_eq!(admit(&school, true, "x"), Ok(true), "said for the first time, it is kept");
    school.consent("ada", false);
    assert_eq!(admit(&school, false, "y"), Ok(false));
    assert_eq!(admit(&school, true, "y"), Ok(true));
}

/// Decides and keeps so many times; how many explored. `past` is why the last was withheld.
fn decide_often(school: &mut RewardRoom, times: u16, past: Option<Withheld>) -> u16 {
    let mut explored = 0;
    // The learner comes back; what is decided after that is never begun, so nothing is learned.
    school.start("ada", "add-1");
    for _ in 0..times {
        let decision = school.decide_freely("ada");
        explored += u16::from(decision.more_probable() > 0);
        school.keep(&decision);
    }
    let last = school.decide_freely("ada");
    assert_eq!(last.withheld, past);
    explored
}

/// Chance may have its say in only so many decisions of a session and of a day; the next session,
/// and the next day, begin anew.
#[test]
fn chance_has_its_share_of_a_session_and_of_a_day_and_no_more() {
    let mut school = RewardRoom::new();
    // While nothing was learned all are alike, and what is as probable as the best is no
    // exploration.
    let decision = school.decide("ben", "mul-1");
    school.start("ben", "mul-1").skip("ben", "mul-1").pass_hours(24.0 * 8.0 + 4.0);
    school.sweep();
    assert!(matches!(school.outcome(&decision), Settled::Joined(_)));
    let session = Some(Withheld::SessionBudget);
    assert_eq!(decide_often(&mut school, 100, session), SESSION_MAX);
    check_that_no_seed_decides(&mut school, Withheld::SessionBudget);
    school.pass_hours(1.0);
    assert_eq!(decide_often(&mut school, 100, session), SESSION_MAX);
    assert_eq!(DAY_MAX, 2 * SESSION_MAX, "two sessions use a day up");
    school.pass_hours(1.0);
    assert_eq!(decide_often(&mut school, 30, Some(Withheld::DayBudget)), 0);
    school.pass_hours(24.0);
    assert_eq!(decide_often(&mut school, 100, session), SESSION_MAX);
    assert!(school.replayed() == school.state());
}
