//! Batch fits against simulated classes whose questions are known, and fits that must be refused.

use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::tracing::{QuestionView, TracingModel};
use nexus_engine::learner::training::{
    Trained, TrainingAnswer, TrainingOptions, TrainingRefusal, train,
};
use nexus_engine::time::Timestamp;
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

const QUESTIONS: u32 = 60;
const SKILLS: u32 = 4;

/// The true easiness of a question: half a logit above what its author wrote, which is 0.
fn easiness(question: u32) -> f64 {
    0.5 + 0.8 * Stream::keyed(u64::from(question), "easiness").normal()
}

/// Answers of so many simulated learners, 24 each, one after another. The last question is rare.
fn school(seed: u64, learners: u32) -> Vec<TrainingAnswer> {
    let mut stream = Stream::keyed(seed, "school");
    let mut answers = Vec::new();
    for learner in 0..learners {
        let ability = 0.7 * stream.normal();
        let levels: Vec<f64> = (0..SKILLS).map(|_| 0.6 * stream.normal()).collect();
        for step in 0..24 {
            let rare = learner < 3 && step == 0;
            let question = match rare {
                true => QUESTIONS - 1,
                false => stream.below(u64::from(QUESTIONS) - 1) as u32,
            };
            let skill = question % SKILLS;
            let logit = ability + levels[skill as usize] + easiness(question);
            answers.push(TrainingAnswer {
                learner,
                question: QuestionKey(question),
                skills: vec![SkillKey(skill)],
                difficulty: 0.0,
                guess: 0.0,
                right: stream.uniform() < logistic(logit),
                at: Timestamp(0),
            });
        }
    }
    answers
}

/// What serving would have learned: one pass.
fn served(answers: &[TrainingAnswer]) -> TracingModel {
    let mut model = TracingModel::default();
    let mut beliefs = std::collections::BTreeMap::<u32, Belief>::new();
    for answer in answers {
        let belief = beliefs.entry(answer.learner).or_default();
        let view = QuestionView {
            question: answer.question,
            skills: &answer.skills,
            difficulty: answer.difficulty,
            guess: answer.guess,
        };
        let evidence = model.evidence(&model.predict(belief, &view, answer.at), answer.right);
        model.absorb(belief, &view, &evidence, answer.right, answer.at);
    }
    model
}

/// How far a model's questions are from the truth within their skill: a common shift of all the
/// questions of a skill is the skill's easiness, which is another parameter.
fn distance(model: &TracingModel) -> f64 {
    let mut sum = 0.0;
    for skill in 0..SKILLS {
        let questions = (0..QUESTIONS - 1).filter(|question| question % SKILLS == skill);
        let misses = questions.map(|question| {
            let found = model.questions.get(&QuestionKey(question));
            found.map_or(0.0, |found| found.easiness.mean) - easiness(question)
        });
        let misses: Vec<f64> = misses.collect();
        let mean = misses.iter().sum::<f64>() / misses.len() as f64;
        sum += misses.iter().map(|miss| (miss - mean) * (miss - mean)).sum::<f64>();
    }
    (sum / f64::from(QUESTIONS - 1)).sqrt()
}

fn fitted(seed: u64, learners: u32) -> (Vec<TrainingAnswer>, Trained) {
    let answers = school(seed, learners);
    let trained = train(&answers, &TrainingOptions::default());
    (answers, trained.unwrap_or_else(|refusal| panic!("seed {seed}: {refusal}")))
}

// The oracle is the simulator: the true easiness of every question is known.
#[test]
fn a_fit_is_nearer_to_the_truth_than_one_pass_of_serving() {
    let (mut fit, mut serving) = (0.0, 0.0);
    for seed in 0..5 {
        let (answers, trained) = fitted(seed, 400);
        fit += distance(&trained.model);
        serving += distance(&served(&answers));
        assert!(trained.report.log_loss_fitted < trained.report.log_loss_serving);
    }
    assert!(fit < serving, "{fit} after training, {serving} after serving");
}

// Three answers are worth little against a prior that many questions agree on, and the question
// itself has no say in that prior.
#[test]
fn a_question_with_little_evidence_stays_near_the_prior_of_its_course() {
    let (_, trained) = fitted(1, 400);
    let rare = trained.model.questions[&QuestionKey(QUESTIONS - 1)].easiness;
    let report = trained.report;
    assert!((rare.mean - report.shift).abs() < 1.0, "{rare:?}, {report:?}");
    assert!((0.3..1.0).contains(&(rare.variance / report.variance)), "{rare:?}, {report:?}");
    assert_eq!(report.questions_below_floor, 1);
    assert_eq!(report.questions_fitted, QUESTIONS as usize - 1);
    assert!((0.3..1.2).contains(&report.variance), "{report:?}");
}

#[test]
fn the_same_answers_give_the_same_bits() {
    assert_eq!(fitted(2, 200).1, fitted(2, 200).1);
}

#[test]
fn too_little_is_refused() {
    let few = train(&school(1, 19), &TrainingOptions::default());
    assert_eq!(few, Err(TrainingRefusal::TooFewLearners { learners: 19 }));
    let strict = TrainingOptions { answers_min: 1_000_000, ..TrainingOptions::default() };
    let refusal = train(&school(1, 100), &strict).expect_err("no question has a million answers");
    assert!(matches!(refusal, TrainingRefusal::NoQuestionWithEvidence { .. }), "{refusal}");
    assert_eq!(train(&[], &strict), Err(TrainingRefusal::TooFewLearners { learners: 0 }));
}

// Learners who are right until they were right three times, and hardly ever again: the fit would
// have every right answer lower the skill.
#[test]
fn a_fit_in_which_right_answers_do_harm_is_refused() {
    let mut answers = school(3, 300);
    let mut stream = Stream::keyed(3, "harm");
    let mut wins = std::collections::BTreeMap::<u32, u32>::new();
    for answer in &mut answers {
        let wins = wins.entry(answer.learner).or_default();
        answer.skills = vec![SkillKey(0)];
        answer.right = stream.uniform() < if *wins < 3 { 0.9 } else { 0.05 };
        *wins += u32::from(answer.right);
    }
    let refusal = train(&answers, &TrainingOptions::default());
    assert_eq!(refusal.err(), Some(TrainingRefusal::Degenerate { skill: SkillKey(0) }));
}
