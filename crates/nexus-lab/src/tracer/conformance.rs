//! What every tracer must hold to, whatever it has been through.

use super::best_lr::BestLr;
use super::bkt::Bkt;
use super::elo::Elo;
use super::hkt::Hkt;
use super::pfa::Pfa;
use super::yardstick::{Mean, QuestionMean};
use super::*;
use nexus_engine::time::DAY_MICROS;
use nexus_stats::random::Stream;

/// A log of learners who grow, on questions of one to three skills, at times that may repeat.
fn log(seed: u64, rows: usize) -> Answers {
    let mut stream = Stream::new(seed);
    let sets = [vec![0], vec![1], vec![2, 3], vec![0, 4, 5], vec![]];
    let skill_sets = sets.map(|set: Vec<u32>| set.into_iter().map(SkillKey).collect());
    let mut answers = Answers { skill_sets: skill_sets.into(), ..Answers::default() };
    for row in 0..rows {
        let (learner, question) = (stream.below(12) as u32, stream.below(40) as u32);
        let ease = f64::from(question % 7) / 10.0 + row as f64 / (4 * rows) as f64;
        answers.rows.push(LoggedAnswer {
            learner,
            question: QuestionKey(question),
            skills: question % 5,
            right: stream.uniform() < ease,
            at: Some(Timestamp(row as i64 / 3 * DAY_MICROS)),
        });
    }
    answers
}

/// Fits the tracer, lets it serve, and looks at every prediction before and after each answer.
fn check<T: Tracer + Clone>(fresh: T) {
    for seed in 0..4 {
        let (training, serving) = (log(seed, 400), log(seed + 100, 300));
        let mut tracer = fresh.clone();
        // The first round meets the tracer untrained.
        if seed > 0 {
            tracer.fit(&training);
        }
        let mut twin = tracer.clone();
        let mut learner = T::Learner::default();
        let mut other = T::Learner::default();
        for row in &serving.rows {
            let asked = serving.asked(row);
            let p = tracer.predict(&learner, &asked);
            assert!(p > 0.0 && p < 1.0, "{p}");
            assert_eq!(p.to_bits(), twin.predict(&other, &asked).to_bits(), "not deterministic");
            check_promise(&tracer, &learner, &asked, p);
            tracer.absorb(&mut learner, &asked, row.right);
            twin.absorb(&mut other, &asked, row.right);
        }
    }
}

fn check_promise<T: Tracer + Clone>(tracer: &T, learner: &T::Learner, asked: &Asked<'_>, p: f64) {
    let after = |right: bool, serving: bool| {
        let (mut tracer, mut learner) = (tracer.clone(), learner.clone());
        if serving {
            tracer.absorb(&mut learner, asked, right);
        } else {
            tracer.observe(&mut learner, asked, right);
        }
        tracer.predict(&learner, asked)
    };
    for serving in [true, false] {
        let (won, lost) = (after(true, serving), after(false, serving));
        if tracer.promise() == Promise::Learned {
            continue;
        }
        assert!(won >= lost - 1e-12, "right gives {won}, wrong gives {lost}");
        if tracer.promise() == Promise::Monotone {
            assert!(won >= p - 1e-12 && lost <= p + 1e-12, "{lost} <= {p} <= {won}");
        }
    }
}

/// What an answer does to a learner is the same, whether the tracer goes on learning or not.
fn check_observe<T: Tracer + Clone>(mut tracer: T)
where
    T::Learner: PartialEq + std::fmt::Debug,
{
    let log = log(7, 300);
    let mut learner = T::Learner::default();
    for row in &log.rows {
        let mut frozen = learner.clone();
        tracer.observe(&mut frozen, &log.asked(row), row.right);
        tracer.absorb(&mut learner, &log.asked(row), row.right);
        assert_eq!(frozen, learner);
    }
}

macro_rules! conforms {
    ($($name:ident: $tracer:expr;)*) => {$(
        #[test]
        fn $name() {
            check($tracer);
            check_observe($tracer);
        }
    )*};
}

conforms! {
    hkt: Hkt::default();
    bkt: Bkt::default();
    bkt_forget: Bkt::forgetting();
    pfa: Pfa::default();
    elo: Elo::default();
    best_lr: BestLr::default();
    question_mean: QuestionMean::default();
    mean: Mean::default();
}
