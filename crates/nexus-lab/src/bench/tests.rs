//! The whole machinery on tiny sizes: every figure is there and finite. None is ever asserted.

use super::*;
use std::collections::BTreeSet;

const TINY: Effort = Effort {
    rounds: 2,
    slice: Duration::from_micros(200),
    appends: Duration::from_millis(2),
    load: Duration::from_millis(20),
    connections: 2,
    class: 4,
    learners: 20,
    replayed: 300,
};

fn measured(subject: Subject) -> Vec<Figure> {
    let directory = tempfile::tempdir().unwrap();
    subject.measure(&TINY, directory.path()).unwrap()
}

fn check(figures: &[Figure]) {
    let names: BTreeSet<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names.len(), figures.len(), "every name once");
    for figure in figures {
        let name = &figure.name;
        assert_eq!(figure.rounds.len(), TINY.rounds, "{name}");
        assert!(figure.rounds.iter().all(|value| value.is_finite()), "{name}");
        assert!(figure.ratio().is_none_or(f64::is_finite), "{name}");
        assert!(figure.to_json()["median"].is_number(), "{name}");
    }
    let table = table::of(figures);
    assert!(names.iter().all(|name| table.contains(name)));
}

#[test]
fn every_subject_has_its_figures() {
    for (subject, count) in [
        (Subject::Memory, 3),
        (Subject::Decision, 7),
        (Subject::Support, 2),
        (Subject::Policy, 2),
        (Subject::Mastery, 4),
        (Subject::Journal, 4),
        (Subject::Http, 29),
        (Subject::Start, 2),
    ] {
        let figures = measured(subject);
        assert_eq!(figures.len(), count, "{subject:?}");
        assert!(figures.iter().all(|figure| figure.name.starts_with(subject.name())));
        check(&figures);
    }
}

#[test]
fn the_machine_is_described() {
    let machine = Machine::look(&std::env::temp_dir());
    assert!(machine.to_json()["cores"].as_u64().is_some_and(|cores| cores > 0));
    assert!(machine.to_string().contains("cores"));
}
