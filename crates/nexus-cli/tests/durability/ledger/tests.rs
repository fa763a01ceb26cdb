//! The comparison must be able to fail: each kind of damage is done once and must be found.

use super::{Extent, Ledger, Outcome, Recorded};

fn entry(seq: u64, id: &str) -> Recorded {
    Recorded {
        seq,
        id: id.to_owned(),
        kind: "enrolled".to_owned(),
        learner: "l".to_owned(),
        content: "body".to_owned(),
        answer: None,
        decision: None,
    }
}

fn decision(seq: u64, id: &str, answer: &str) -> Recorded {
    let kind = "decision_made".to_owned();
    Recorded { kind, answer: Some(answer.to_owned()), ..entry(seq, id) }
}

fn reward(seq: u64, of: &str) -> Recorded {
    let kind = "reward_joined".to_owned();
    Recorded { kind, decision: Some(of.to_owned()), ..entry(seq, &format!("rwd:{of}:{seq}")) }
}

fn done(seq: u64) -> Outcome {
    Outcome::Done { seq, duplicate: false, answer: None }
}

fn again(seq: u64) -> Outcome {
    Outcome::Done { seq, duplicate: true, answer: None }
}

/// Entries 1 to 3 were acknowledged, `d` with an answer; `u` is unknown; `n` was not done.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    let answer = Some("a1".to_owned());
    for (id, outcome) in [
        ("a", done(1)),
        ("b", done(2)),
        ("d", Outcome::Done { seq: 3, duplicate: false, answer }),
        ("u", Outcome::Unknown),
        ("n", Outcome::NotDone),
    ] {
        ledger.begin(id, "body");
        ledger.end(0, id, "body", &outcome);
    }
    ledger
}

fn check(journal: &[Recorded], expected: &[&str]) {
    check_extent(journal, Extent::Whole, expected);
}

fn check_extent(journal: &[Recorded], extent: Extent, expected: &[&str]) {
    let found = ledger().compare(journal, extent);
    let ids: Vec<_> = found.iter().map(|violation| violation.id).collect();
    assert_eq!(ids, expected, "{found:?}");
}

#[test]
fn a_true_journal_passes_with_and_without_what_is_unknown() {
    let mut journal = vec![entry(1, "a"), entry(2, "b"), decision(3, "d", "a1")];
    check(&journal, &[]);
    journal.push(entry(4, "u"));
    journal.push(reward(5, "d"));
    check(&journal, &[]);
}

#[test]
fn a_doubled_entry_is_found() {
    let journal = [entry(1, "a"), entry(2, "b"), decision(3, "d", "a1"), entry(4, "a")];
    check(&journal, &["I1", "I1"]);
    let journal =
        [entry(1, "a"), entry(2, "b"), decision(3, "d", "a1"), entry(4, "u"), entry(5, "u")];
    check(&journal, &["I3"]);
}

#[test]
fn a_lost_entry_is_found() {
    check(&[entry(1, "a"), entry(2, "b")], &["I1"]);
    check(&[entry(1, "a"), entry(3, "b")], &["I4", "I1", "I1"]);
    check_extent(&[entry(1, "a"), entry(2, "b")], Extent::Beginning, &[]);
    check_extent(&[entry(1, "a"), entry(2, "u")], Extent::Beginning, &["I1"]);
}

#[test]
fn an_invented_entry_is_found() {
    let sound = [entry(1, "a"), entry(2, "b"), decision(3, "d", "a1")];
    let with = |invented: Recorded| [&sound[..], &[invented]].concat();
    check(&with(entry(4, "x")), &["I2"]);
    check(&with(entry(4, "n")), &["I2"]);
    check(&with(Recorded { content: "other".to_owned(), ..entry(4, "u") }), &["I2"]);
    let kind = "course_published".to_owned();
    check(&with(Recorded { kind, ..entry(4, "course:other:1") }), &["I2"]);
}

#[test]
fn moved_changed_and_wrongly_rewarded_entries_are_found() {
    check(&[entry(1, "b"), entry(2, "a"), decision(3, "d", "a1")], &["I1", "I1"]);
    check(&[entry(1, "a"), entry(2, "b"), decision(3, "d", "a2")], &["I7"]);
    let other = Recorded { content: "other".to_owned(), ..entry(1, "a") };
    check(&[other, entry(2, "b"), decision(3, "d", "a1")], &["I2"]);
    let sound = [entry(1, "a"), entry(2, "b"), decision(3, "d", "a1")];
    check(&[&sound[..], &[reward(4, "d"), reward(5, "d")]].concat(), &["I7"]);
    check(&[&sound[..], &[reward(4, "x")]].concat(), &["I7"]);
    let foreign = Recorded { learner: "m".to_owned(), ..reward(4, "d") };
    check(&[&sound[..], &[foreign]].concat(), &["I7"]);
}

fn check_told(outcomes: &[(&str, &str, Outcome)], expected: &[&str]) {
    let mut ledger = Ledger::default();
    for (id, content, outcome) in outcomes {
        ledger.begin(id, content);
        ledger.end(0, id, content, outcome);
    }
    let found = ledger.violations;
    let ids: Vec<_> = found.iter().map(|violation| violation.id).collect();
    assert_eq!(ids, expected, "{found:?}");
}

#[test]
fn answers_that_contradict_each_other_are_found() {
    check_told(&[("a", "x", done(1)), ("a", "x", again(1)), ("a", "y", Outcome::Conflict)], &[]);
    check_told(&[("a", "x", Outcome::Unknown), ("a", "x", again(1))], &[]);
    check_told(&[("a", "x", done(1)), ("a", "x", done(1))], &["I5", "I4"]);
    check_told(&[("a", "x", done(1)), ("a", "x", again(2))], &["I5"]);
    check_told(&[("a", "x", again(1))], &["I5"]);
    check_told(&[("a", "x", Outcome::NotDone), ("a", "x", again(1))], &["I5"]);
    check_told(&[("a", "x", Outcome::Conflict)], &["I5"]);
    check_told(&[("a", "x", done(1)), ("a", "x", Outcome::Conflict)], &["I5"]);
    check_told(&[("a", "x", done(2)), ("b", "x", done(1))], &["I4"]);
}

#[test]
fn two_bodies_acknowledged_under_one_id_are_found() {
    let mut ledger = Ledger::default();
    for content in ["body", "other"] {
        ledger.begin("a", content);
    }
    ledger.end(0, "a", "body", &done(1));
    ledger.end(0, "a", "other", &done(2));
    let found = ledger.compare(&[entry(1, "a")], Extent::Whole);
    assert_eq!(found.iter().map(|violation| violation.id).collect::<Vec<_>>(), ["I1"]);
}
