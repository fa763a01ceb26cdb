//! What a teacher is told of a skill: it never moves against the answer, it is reached and lost by
//! the written rule, and standing still is noticed.

use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::mastery::{
    MASTERED_REACHED, SkillReference, SkillStatus, SkillUpdate, SkillView, report, settle, view,
};
use nexus_engine::learner::tracing::{QuestionView, TracingModel};
use nexus_engine::learner::turn::{SkillStanding, SkillTurn};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use proptest::prelude::*;

/// One answer: question, skills, difficulty in logits, guess, right, day.
#[derive(Clone, Debug)]
struct Answer {
    question: u32,
    skills: Vec<u32>,
    difficulty: f64,
    guess: f64,
    right: bool,
    day: f64,
}

fn day(days: f64) -> Timestamp {
    Timestamp((days * DAY_MICROS as f64) as i64)
}

fn reference(skill: u32, guess: f64) -> SkillReference {
    SkillReference { skill: SkillKey(skill), difficulty: 0.0, guess }
}

fn see(belief: &Belief, model: &TracingModel, skill: u32, at: Timestamp) -> SkillView {
    view(belief, model, &reference(skill, 0.001), at)
}

/// Absorbs an answer as the node does, and checks that no report of its skills moved against it.
fn learn(belief: &mut Belief, model: &mut TracingModel, given: &Answer) {
    let at = day(given.day);
    let keys: Vec<SkillKey> = given.skills.iter().map(|skill| SkillKey(*skill)).collect();
    let asked = QuestionView {
        question: QuestionKey(given.question),
        skills: &keys,
        difficulty: given.difficulty,
        guess: given.guess,
    };
    let seen_before: Vec<SkillView> =
        given.skills.iter().map(|skill| see(belief, model, *skill, at)).collect();
    let references: Vec<_> = given.skills.iter().map(|skill| reference(*skill, 0.001)).collect();
    let reports: Vec<_> =
        references.iter().map(|reference| report(belief, model, reference, at)).collect();
    let evidence = model.evidence(&model.predict(belief, &asked, at), given.right);
    model.absorb(belief, &asked, &evidence, given.right, at);
    let settled: Vec<SkillUpdate> = references
        .iter()
        .zip(&reports)
        .map(|(reference, before)| settle(belief, model, reference, before, given.right, at))
        .collect();
    for ((skill, before), settled) in given.skills.iter().zip(&seen_before).zip(settled) {
        let after = see(belief, model, *skill, at);
        check_not_against(before, &after, given);
        let turn = SkillTurn::between(standing(before), standing(&after));
        assert_eq!(settled.turn, turn, "{given:?}: {before:?} to {after:?}");
    }
}

/// What a view says of turns: the turn of an answer is never told otherwise than it is shown.
fn standing(view: &SkillView) -> SkillStanding {
    SkillStanding {
        mastered: matches!(view.status, SkillStatus::Mastered | SkillStatus::Fragile),
        stuck: view.status == SkillStatus::Stuck,
    }
}

fn is_mastered(view: &SkillView) -> bool {
    matches!(view.status, SkillStatus::Mastered | SkillStatus::Fragile)
}

#[track_caller]
fn check_not_against(before: &SkillView, after: &SkillView, given: &Answer) {
    let sign = if given.right { 1.0 } else { -1.0 };
    let moved = |of: fn(&SkillView) -> f64| sign * (of(after) - of(before));
    let told = format!("{given:?}: {before:?} to {after:?}");
    assert!(moved(|view| view.expected_success) >= -1e-12, "{told}");
    assert!(moved(|view| view.mastered_probability) >= -1e-12, "{told}");
    assert!(given.right || after.recall <= before.recall, "{told}");
    assert!(given.right || after.due_for_review >= before.due_for_review || !is_mastered(after));
    let as_mastered = |view: &SkillView| view.status == SkillStatus::Mastered;
    assert!(given.right || as_mastered(after) <= as_mastered(before), "{told}");
    assert!(!given.right || is_mastered(after) >= is_mastered(before), "{told}");
    assert!(given.right || is_mastered(after) <= is_mastered(before), "{told}");
}

/// A model that has seen this many learners who answer at random: its shared weights point
/// anywhere.
fn odd_model(seed: u64, learners: u32) -> TracingModel {
    let mut stream = Stream::keyed(seed, "odd model");
    let mut model = TracingModel::default();
    for _ in 0..learners {
        let mut belief = Belief::default();
        let luck = stream.uniform();
        for step in 0..30 {
            let given = Answer {
                question: stream.below(12) as u32,
                skills: vec![stream.below(4) as u32],
                difficulty: 0.0,
                guess: 0.1,
                right: stream.uniform() < luck * f64::from(30 - step) / 30.0,
                day: f64::from(step),
            };
            learn(&mut belief, &mut model, &given);
        }
    }
    model
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let skills = proptest::sample::subsequence(vec![0_u32, 1, 2, 3], 1..=3);
    (0..12_u32, skills, -4.0..4.0, 0.0..0.5, any::<bool>(), 0.0..20.0).prop_map(
        |(question, skills, difficulty, guess, right, day)| Answer {
            question,
            skills,
            difficulty,
            guess,
            right,
            day,
        },
    )
}

proptest! {
    #[test]
    fn no_report_moves_against_the_answer(
        seed in 0..1_000_u64,
        learners in 0..6_u32,
        answers in proptest::collection::vec(any_answer(), 1..40),
    ) {
        let (mut belief, mut model) = (Belief::default(), odd_model(seed, learners));
        for given in &answers {
            learn(&mut belief, &mut model, given);
        }
    }
}

#[test]
fn failing_a_review_leaves_it_due_until_it_is_answered_right() {
    let (mut belief, mut model) = (Belief::default(), TracingModel::default());
    for question in 0..14 {
        learn(&mut belief, &mut model, &plain(question, true, 0.0));
    }
    let due = see(&belief, &model, 0, day(20.0));
    assert_eq!((due.status, due.due_for_review), (SkillStatus::Fragile, true));
    learn(&mut belief, &mut model, &plain(20, false, 20.0));
    let failed = see(&belief, &model, 0, day(20.0));
    assert_eq!((failed.status, failed.due_for_review), (SkillStatus::Fragile, true));
    assert!(failed.recall <= due.recall, "{} after {}", failed.recall, due.recall);
    learn(&mut belief, &mut model, &plain(21, true, 20.0));
    let passed = see(&belief, &model, 0, day(20.0));
    assert_eq!((passed.recall, passed.due_for_review), (1.0, false));
}

fn plain(question: u32, right: bool, day: f64) -> Answer {
    Answer { question, skills: vec![0], difficulty: 0.0, guess: 0.001, right, day }
}

#[test]
fn the_same_question_again_and_again_masters_nothing_in_one_sitting() {
    let (mut belief, mut model) = (Belief::default(), TracingModel::default());
    for _ in 0..30 {
        learn(&mut belief, &mut model, &plain(0, true, 0.0));
    }
    let seen = see(&belief, &model, 0, day(0.0));
    assert!(seen.mastered_probability >= MASTERED_REACHED, "{seen:?}");
    assert_eq!(seen.status, SkillStatus::Learning);
    learn(&mut belief, &mut model, &plain(0, true, 1.0));
    assert_eq!(see(&belief, &model, 0, day(1.0)).status, SkillStatus::Mastered);
}

/// The statuses after each answer of a learner whose chance of a right answer is given.
fn statuses(seed: u64, chance: impl Fn(u32) -> f64, answers: u32) -> Vec<SkillStatus> {
    let mut stream = Stream::keyed(seed, "standstill");
    let mut model = TracingModel::default();
    for _ in 0..100 {
        let mut belief = Belief::default();
        let ability = stream.normal();
        for step in 0..20 {
            let right = stream.uniform() < logistic(ability + 0.1 * f64::from(step));
            learn(&mut belief, &mut model, &plain(step, right, 0.0));
        }
    }
    let mut belief = Belief::default();
    let one = |step| {
        let right = stream.uniform() < chance(step);
        learn(&mut belief, &mut model, &plain(step % 20, right, 0.0));
        see(&belief, &model, 0, day(0.0)).status
    };
    (0..answers).map(one).collect()
}

// The oracle is the simulator: one learner in five tries right for ever, one who gets it.
#[test]
fn who_stands_still_is_stuck_and_who_learns_is_not() {
    for seed in 0..20 {
        let still = statuses(seed, |_| 0.2, 30);
        assert!(still[..12].iter().all(|status| *status == SkillStatus::Learning), "{still:?}");
        assert_eq!(still.last(), Some(&SkillStatus::Stuck), "seed {seed}");
        let learning = statuses(seed, |step| logistic(0.5 * f64::from(step) - 1.0), 40);
        assert!(!learning.contains(&SkillStatus::Stuck), "seed {seed}: {learning:?}");
        assert_eq!(learning.last(), Some(&SkillStatus::Mastered), "seed {seed}");
    }
}

#[test]
fn a_skill_fits_in_64_bytes() {
    let skill = size_of::<nexus_engine::learner::belief::SkillBelief>();
    assert!(skill <= 64, "{skill} bytes");
}
