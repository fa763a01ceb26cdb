//! Nothing is left to chance without consent, or beyond a budget: then the policy's most probable
//! activity is shown, with probability 1 and the reason.

use crate::school::{School, Settled};
use nexus_engine::decision::Decision;
use nexus_engine::decision::explanation::explain;
use nexus_engine::decision::exploration::{DAY_MAX, SESSION_MAX, Withheld};
use nexus_engine::ids::LearnerId;
use nexus_engine::workspace::Refusal;

/// What a decision must be when nothing was left to chance, or when something was.
fn check(school: &School, decision: &Decision, withheld: Option<Withheld>) {
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

/// Where the greatest probability stands, of equals the first.
fn most_probable(decision: &Decision) -> usize {
    let mut best = 0;
    for (position, candidate) in decision.candidates.iter().enumerate() {
        if candidate.probability > decision.candidates[best].probability {
            best = position;
        }
    }
    best
}

#[test]
fn without_consent_the_most_probable_activity_is_shown() {
    for by_default in [true, false] {
        let mut school = School::new();
        school.consents_by_default = by_default;
        let mut free = school.clone();
        free.consents_by_default = true;
        // The same state and seed, with consent and without.
        free.consent("ada", true).consent("ada", false).consent("ada", true);
        school.consent("ada", true).consent("ada", false).say_again("ada", false);
        let (with, without) = (free.decide_freely("ada"), school.decide_freely("ada"));
        check(&free, &with, None);
        check(&school, &without, Some(Withheld::NoConsent));
        assert_eq!(without.chosen, most_probable(&with));
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
    let mut school = School::new();
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
    let mut school = School::new();
    let admit = |school: &School, exploration, reason| {
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
fn decide_often(school: &mut School, times: u16, past: Option<Withheld>) -> u16 {
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
    let mut school = School::new();
    // While nothing was learned all are alike, and what is as probable as the best is no
    // exploration.
    let decision = school.decide("ben", "mul-1");
    school.start("ben", "mul-1").skip("ben", "mul-1").pass_hours(24.0 * 8.0 + 4.0);
    school.sweep();
    assert!(matches!(school.outcome(&decision), Settled::Joined(_)));
    let session = Some(Withheld::SessionBudget);
    assert_eq!(decide_often(&mut school, 100, session), SESSION_MAX);
    school.pass_hours(1.0);
    assert_eq!(decide_often(&mut school, 100, session), SESSION_MAX);
    assert_eq!(DAY_MAX, 2 * SESSION_MAX, "two sessions use a day up");
    school.pass_hours(1.0);
    assert_eq!(decide_often(&mut school, 30, Some(Withheld::DayBudget)), 0);
    school.pass_hours(24.0);
    assert_eq!(decide_often(&mut school, 100, session), SESSION_MAX);
    assert!(school.replayed() == school.state());
}
