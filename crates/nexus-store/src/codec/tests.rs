//! State survives its bytes, and damaged bytes are refused without a panic.

use super::*;
use crate::classroom::{JournalFixture, course};
use nexus_engine::experiment::checked::CompletedCheck;
use nexus_engine::experiment::definition::ExperimentDefinition;
use nexus_engine::experiment::life::ExperimentLife;
use nexus_engine::experiment::retention::Recalled;
use nexus_engine::ids::{ActivityKey, ExperimentId};
use nexus_engine::learner::closing_check::ClosingCheck;
use nexus_engine::learner::progress::CourseOutcome;
use nexus_engine::learner::tracing_version::TracingOrigin;
use nexus_engine::learner::viewing::{ViewedPart, Viewing};
use nexus_engine::lifecycle::monitor::RecentReward;
use nexus_engine::lifecycle::promotion::PromotionStage;
use nexus_engine::report::CourseOverlap;
use nexus_engine::time::{HOUR_MICROS, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use wire::fields;

static CLASSROOM: LazyLock<JournalFixture> = LazyLock::new(|| {
    let mut classroom = JournalFixture::after(12);
    classroom.turn_kill_switch(None, true);
    classroom.turn_kill_switch(Some(course()), true);
    classroom
});

fn learner_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    let learner = CLASSROOM.learners.values().next().unwrap();
    encode_learner(learner, &mut bytes);
    bytes
}

fn shared_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_shared(&CLASSROOM.shared, &mut bytes);
    bytes
}

#[test]
fn learners_survive_their_bytes() {
    for learner in CLASSROOM.learners.values() {
        let mut bytes = Vec::new();
        encode_learner(learner, &mut bytes);
        assert_eq!(decode_learner(&bytes).unwrap(), *learner);
        assert_eq!(digest(&bytes), learner_digest(learner));
    }
}

/// A learner with the outcome of a course, whose bytes came later than the rest.
fn finisher() -> LearnerState {
    let mut learner = CLASSROOM.learners.values().next().unwrap().clone();
    let check = ClosingCheck {
        course_version: 3,
        asked: 12,
        answered: 0b1011,
        right: 2,
        grade_sum_micros: 2_500_000,
        minutes: 61.5,
        began_at: Timestamp(7),
        completed_at: Some(Timestamp(9)),
        skipped: false,
    };
    let tallied = vec![(ExperimentId::new("paths").unwrap(), 2)];
    let outcome = CourseOutcome { placed_success: Some(0.4), check: Some(check), tallied };
    let course = learner.courses.values_mut().next().unwrap();
    course.progress.outcome = Some(Box::new(outcome));
    learner
}

#[test]
fn an_outcome_survives_its_bytes_and_no_cut_hides_it() {
    let learner = finisher();
    let mut bytes = Vec::new();
    encode_learner(&learner, &mut bytes);
    assert_eq!(decode_learner(&bytes).unwrap(), learner);
    assert!((0..bytes.len()).all(|end| decode_learner(&bytes[..end]).is_err()));
    let mut without = learner.clone();
    without.courses.values_mut().for_each(|course| course.progress.outcome = None);
    assert_ne!(learner_digest(&learner), learner_digest(&without));
    let other = &bytes[HEADER_BYTES..];
    assert!(other.starts_with(&learner_bytes()[HEADER_BYTES..]), "the rest is where it was");
}

#[test]
fn the_shared_state_survives_its_bytes() {
    let shared = &CLASSROOM.shared;
    assert!(!shared.policies.is_empty() && !shared.experiments.is_empty());
    assert!(!shared.tracing.questions.is_empty() && !shared.reports.is_empty());
    assert_eq!(shared.kill_switches.len(), 2);
    let bytes = shared_bytes();
    let back = decode_shared(&bytes).unwrap();
    assert_eq!(back, *shared);
    assert_eq!(shared_digest(&back), shared_digest(shared));
}

#[test]
fn closing_checks_survive_their_bytes_and_no_cut_hides_them() {
    let mut shared = CLASSROOM.shared.clone();
    let check = CompletedCheck { mean_grade: 0.75, minutes: 61.5, placed_success: Some(0.4) };
    shared.reports.values_mut().next().unwrap().checks.add(&check);
    shared.experiments.values_mut().next().unwrap().tallies[1].checks.add(&check);
    let mut bytes = Vec::new();
    encode_shared(&shared, &mut bytes);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    let plain = shared_bytes();
    assert!(bytes[HEADER_BYTES..].starts_with(&plain[HEADER_BYTES..]), "the rest is where it was");
    assert!((plain.len()..bytes.len()).all(|end| decode_shared(&bytes[..end]).is_err()));
}

#[test]
fn retention_survives_its_bytes_and_no_cut_hides_it() {
    let mut shared = CLASSROOM.shared.clone();
    let tally = &mut shared.experiments.values_mut().next().unwrap().tallies[1];
    tally.retention.short.add(0.5);
    tally.retention.long.add(1.0);
    let mut bytes = Vec::new();
    encode_shared(&shared, &mut bytes);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    let plain = shared_bytes();
    assert!(bytes[HEADER_BYTES..].starts_with(&plain[HEADER_BYTES..]), "the rest is where it was");
    assert!((plain.len()..bytes.len()).all(|end| decode_shared(&bytes[..end]).is_err()));

    let exposed = |learner: &&LearnerState| {
        learner.courses.values().any(|course| !course.exposures.is_empty())
    };
    let mut learner = CLASSROOM.learners.values().find(exposed).unwrap().clone();
    let mut before = Vec::new();
    encode_learner(&learner, &mut before);
    let mut courses = learner.courses.values_mut();
    let course = courses.find(|course| !course.exposures.is_empty()).unwrap();
    course.exposures[0].retention.short = Recalled { asked: 3, right: 2 };
    bytes.clear();
    encode_learner(&learner, &mut bytes);
    assert_eq!(decode_learner(&bytes).unwrap(), learner);
    assert!(bytes[HEADER_BYTES..].starts_with(&before[HEADER_BYTES..]), "the rest is where it was");
    assert!((0..bytes.len()).all(|end| decode_learner(&bytes[..end]).is_err()));
}

#[test]
fn what_was_watched_survives_its_bytes_and_no_cut_hides_it() {
    let mut learner = CLASSROOM.learners.values().next().unwrap().clone();
    let part = ViewedPart { from_seconds: 0.5, to_seconds: 9.25, seen_seconds: 7.0 };
    let viewing = Viewing { activity: ActivityKey(3), parts: vec![part] };
    learner.courses.values_mut().next().unwrap().progress.viewings.push(viewing);
    let mut bytes = Vec::new();
    encode_learner(&learner, &mut bytes);
    assert_eq!(decode_learner(&bytes).unwrap(), learner);
    assert!((0..bytes.len()).all(|end| decode_learner(&bytes[..end]).is_err()));
    let other = &bytes[HEADER_BYTES..];
    assert!(other.starts_with(&learner_bytes()[HEADER_BYTES..]), "the rest is where it was");
}

#[test]
fn a_test_learner_survives_its_bytes_and_no_cut_hides_it() {
    let mut learner = CLASSROOM.learners.values().next().unwrap().clone();
    learner.test = true;
    let mut bytes = Vec::new();
    encode_learner(&learner, &mut bytes);
    assert_eq!(decode_learner(&bytes).unwrap(), learner);
    assert!((0..bytes.len()).all(|end| decode_learner(&bytes[..end]).is_err()));
    let other = &bytes[HEADER_BYTES..];
    assert!(other.starts_with(&learner_bytes()[HEADER_BYTES..]), "the rest is where it was");
}

#[test]
fn the_life_of_an_experiment_survives_its_bytes_and_no_cut_hides_it() {
    let JournalFixture { mut shared, .. } = crate::classroom::one_of_each_classroom();
    let mut bytes = Vec::new();
    encode_shared(&shared, &mut bytes);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    let mut plain = shared.clone();
    plain.experiments.values_mut().for_each(|it| it.life = ExperimentLife::default());
    let mut before = Vec::new();
    encode_shared(&plain, &mut before);
    assert!(bytes[HEADER_BYTES..].starts_with(&before[HEADER_BYTES..]), "the rest is where it was");

    let experiment = shared.experiments.values_mut().next().unwrap();
    assert_eq!(experiment.life.changes.len(), 4);
    let mut tallies = experiment.tallies.clone();
    tallies[0].learners += 100;
    tallies[1].retention.short.add(0.5);
    tallies[1].checks.mean_grades.add(0.25);
    let hour = |number| experiment.started_at.plus_micros(number * HOUR_MICROS);
    for number in 1..4 {
        tallies[0].learners += 1;
        experiment.life.history.keep(experiment.started_at, &tallies, hour(number));
    }
    assert_eq!(experiment.life.history.points.len(), 2);
    bytes.clear();
    encode_shared(&shared, &mut bytes);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    assert!((before.len()..bytes.len()).all(|end| decode_shared(&bytes[..end]).is_err()));
}

#[test]
fn who_moved_between_sides_or_courses_survives_the_bytes_and_no_cut_hides_it() {
    let mut shared = CLASSROOM.shared.clone();
    let plain = shared_bytes();
    shared.overlap = CourseOverlap { learners: 3, completions: 1 };
    let experiment = shared.experiments.values_mut().next().unwrap();
    let next = ExperimentDefinition {
        version: experiment.definition.version + 1,
        leaves_out_moved: true,
        ..experiment.definition.clone()
    };
    let begun = experiment.started_at;
    *experiment = experiment.followed_by(next, begun);
    experiment.tallies[1].left_out = 7;
    assert_eq!(experiment.earlier.len(), 1);
    let mut bytes = Vec::new();
    encode_shared(&shared, &mut bytes);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    let cut = |end: usize| decode_shared(&bytes[..end]).is_err();
    assert!((plain.len() / 2..bytes.len()).all(cut));

    let exposed = |learner: &&LearnerState| {
        learner.courses.values().any(|course| !course.exposures.is_empty())
    };
    let mut learner = CLASSROOM.learners.values().find(exposed).unwrap().clone();
    let mut before = Vec::new();
    encode_learner(&learner, &mut before);
    let mut courses = learner.courses.values_mut();
    let course = courses.find(|course| !course.exposures.is_empty()).unwrap();
    course.exposures[0].left_out = true;
    bytes.clear();
    encode_learner(&learner, &mut bytes);
    assert_eq!(decode_learner(&bytes).unwrap(), learner);
    assert!(bytes[HEADER_BYTES..].starts_with(&before[HEADER_BYTES..]), "the rest is where it was");
    assert!((0..bytes.len()).all(|end| decode_learner(&bytes[..end]).is_err()));
}

#[test]
fn the_stage_of_a_promotion_survives_its_bytes_and_no_cut_hides_it() {
    let without = shared_bytes();
    let mut shared = decode_shared(&without).unwrap();
    let reward = |value| RecentReward { at: Timestamp(7), group: 3, value };
    let stage = PromotionStage {
        share: 0.1,
        before: shared.lives.values().find_map(|life| life.promotion.clone()),
        rewards: 12,
        inside: vec![reward(0.25)],
        outside: vec![reward(-0.5), reward(0.75)],
    };
    assert!(stage.before.is_some());
    shared.stages.insert(course(), stage);
    let mut bytes = Vec::new();
    encode_shared(&shared, &mut bytes);
    assert_ne!(bytes[..3], without[..3]);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    for end in without.len()..bytes.len() {
        assert!(decode_shared(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn supports_survive_their_bytes_and_no_cut_hides_them() {
    let JournalFixture { mut shared, learners, .. } = crate::classroom::one_of_each_classroom();
    // A later section: lives of experiments.
    shared.experiments.values_mut().for_each(|it| it.life = ExperimentLife::default());
    assert!(!shared.supports.is_empty() && !shared.pending_supports.is_empty());
    let mut bytes = Vec::new();
    encode_shared(&shared, &mut bytes);
    assert_eq!(decode_shared(&bytes).unwrap(), shared);
    let mut without = shared.clone();
    (without.supports, without.pending_supports) = Default::default();
    let mut plain = Vec::new();
    encode_shared(&without, &mut plain);
    assert!(bytes[HEADER_BYTES..].starts_with(&plain[HEADER_BYTES..]), "the rest is where it was");
    assert!((plain.len()..bytes.len()).all(|end| decode_shared(&bytes[..end]).is_err()));

    let helped =
        |learner: &&LearnerState| learner.courses.values().any(|it| !it.supports.is_empty());
    let learner = learners.values().find(helped).unwrap();
    bytes.clear();
    encode_learner(learner, &mut bytes);
    assert_eq!(decode_learner(&bytes).unwrap(), *learner);
    assert!((0..bytes.len()).all(|end| decode_learner(&bytes[..end]).is_err()));
}

/// A snapshot of another layout is replayed from the journal, not guessed at.
#[test]
fn a_shared_snapshot_of_another_layout_is_refused() {
    for position in 0..HEADER_BYTES {
        let mut bytes = shared_bytes();
        bytes[position] ^= 1;
        assert!(matches!(decode_shared(&bytes), Err(CodecFault::Version)));
    }
    // Before the layout was hashed, one byte named it.
    assert!(matches!(decode_shared(b"nxs\x12 and what followed"), Err(CodecFault::Version)));
}

/// The name, the order and the type of every field are part of the layout, also of a field deep inside.
#[test]
fn another_field_is_another_layout() {
    struct Inner {
        count: u32,
    }
    mod renamed {
        use super::super::wire::{Wire, fields};
        use super::super::{CodecFault, SnapshotReader, Writer};
        pub struct Inner {
            pub total: u32,
        }
        fields!(Inner { total });
    }
    fields!(Inner { count });
    fn hash(describe: fn(&mut SnapshotLayout)) -> [u8; 8] {
        let mut layout = SnapshotLayout::default();
        describe(&mut layout);
        layout.hash()
    }
    let layouts = [
        hash(Vec::<Inner>::describe),
        hash(Vec::<renamed::Inner>::describe),
        hash(Option::<Inner>::describe),
        hash(<(u32, Inner)>::describe),
        hash(<(Inner, u32)>::describe),
        hash(<(Inner, u64)>::describe),
    ];
    let all: BTreeSet<_> = layouts.iter().collect();
    assert_eq!(all.len(), layouts.len());
}

/// Parameters are swapped whole; what earlier answers said, and what is believed because of them,
/// stays as it was, bit for bit.
#[test]
fn a_publication_changes_parameters_and_no_belief() {
    let mut classroom = JournalFixture::after(5);
    let before = (classroom.learners.clone(), classroom.records.clone());
    let parameters = classroom.shared.tracing.clone();
    let origin = TracingOrigin::Restored { version: 0 };
    classroom.publish_tracing(origin);
    assert_ne!(classroom.shared.tracing, parameters);
    assert_eq!(classroom.learners, before.0);
    assert_eq!(classroom.records[..before.1.len()], before.1[..]);
    let published = classroom.shared.tracing_versions.last().unwrap();
    assert_eq!(published.lineage.digest, tracing_digest(&classroom.shared.tracing));
}

#[test]
fn the_digest_of_everything_depends_on_everything() {
    let JournalFixture { shared, learners, .. } = &*CLASSROOM;
    let whole = state_digest(shared, learners.values());
    assert_eq!(whole, state_digest(shared, learners.values()));
    assert_ne!(whole, state_digest(shared, learners.values().skip(1)));
    let mut other = learners.values().next().unwrap().clone();
    let one = state_digest(shared, [&other]);
    other.belief.ability.mean = f64::from_bits(other.belief.ability.mean.to_bits() ^ 1);
    assert_ne!(one, state_digest(shared, [&other]));
}

#[test]
fn numbers_have_one_form() {
    for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
        let mut bytes = Vec::new();
        Writer::new(&mut bytes).unsigned(number);
        assert_eq!(SnapshotReader::new(&bytes).unsigned().unwrap(), number);
    }
    for number in [0, -1, 1, i64::MIN, i64::MAX] {
        let mut bytes = Vec::new();
        Writer::new(&mut bytes).signed(number);
        assert_eq!(SnapshotReader::new(&bytes).signed().unwrap(), number);
    }
    for bytes in [&[0x80, 0x00][..], &[0xff; 10][..], &[0xff; 20][..], &[0x80][..], &[][..]] {
        assert!(SnapshotReader::new(bytes).unsigned().is_err(), "{bytes:?}");
    }
}

#[test]
fn other_versions_and_longer_bytes_are_refused() {
    let mut bytes = learner_bytes();
    bytes.push(0);
    assert!(matches!(decode_learner(&bytes), Err(CodecFault::Trailing(1))));
    bytes[3] = 99;
    assert!(matches!(decode_learner(&bytes), Err(CodecFault::Version)));
    assert!(matches!(decode_learner(&shared_bytes()), Err(CodecFault::Version)));
}

proptest! {
    #[test]
    fn truncated_bytes_are_refused(at in any::<prop::sample::Index>()) {
        let (learner, shared) = (learner_bytes(), shared_bytes());
        prop_assert!(decode_learner(&learner[..at.index(learner.len())]).is_err());
        prop_assert!(decode_shared(&shared[..at.index(shared.len())]).is_err());
    }

    #[test]
    fn flipped_bits_never_panic(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (mut learner, mut shared) = (learner_bytes(), shared_bytes());
        let position = at.index(learner.len());
        learner[position] ^= 1 << bit;
        let _ = decode_learner(&learner);
        let position = at.index(shared.len());
        shared[position] ^= 1 << bit;
        let _ = decode_shared(&shared);
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut learner = LEARNER_HEADERS[0].to_vec();
        learner.extend(&noise);
        let _ = decode_learner(&learner);
        let mut shared = SHARED_HEADERS[0].to_vec();
        shared.extend(&noise);
        let _ = decode_shared(&shared);
    }
}
