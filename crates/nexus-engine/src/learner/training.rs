//! Fitting question and skill parameters in batch, from answers that were given already.
//!
//! Serving learns from each answer once, in the order of arrival, so the first answers to a
//! question were read while little was known of it. Training reads them all again:
//!
//! 1. one pass of the filter from fresh parameters gives skills and shared weights;
//! 2. a second pass with those resting gives, for each answer, what the learner's side of the
//!    predictor was before it; each question's easiness is then the mode of its posterior under a
//!    Gaussian prior around what its author believed, moved and scaled as far as the questions of
//!    the whole course say (empirical Bayes: Efron and Morris 1973), by Fisher scoring;
//! 3. questions with too few answers, or from too few learners, have no say in that prior, and
//!    are drawn to it all the more;
//! 4. every learner judges a fit that they took no part in (cross-validation by learner); when
//!    these fits do not predict better than what serving would have learned from the same answers,
//!    the fit is refused, and so is a degenerate one.
//!
//! Pure: answers in, parameters or a refusal out.

use super::belief::{Belief, Gaussian};
use super::mastery::{self, SkillReference};
use super::tracing::{
    MEAN_MAX, Prediction, QUESTION_VARIANCE, QuestionParameters, QuestionView, SkillParameters,
    TracingModel, VARIANCE_MAX, VARIANCE_MIN,
};
use crate::ids::{QuestionKey, SkillKey};
use crate::time::Timestamp;
use nexus_stats::math::ln;
use nexus_stats::random::Stream;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// One answer that was given, in the order of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingAnswer {
    /// Who gave it: any number that is one learner's alone.
    pub learner: u32,
    pub question: QuestionKey,
    pub skills: Vec<SkillKey>,
    /// Its author's difficulty, in logits.
    pub difficulty: f64,
    /// Chance of guessing it right, in [0, 0.5].
    pub guess: f64,
    /// Whether it was right.
    pub right: bool,
    /// When it was given.
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingOptions {
    /// A question with fewer answers has no say in what the course's questions are like.
    pub answers_min: u32,
    /// Nor has a question answered by fewer learners.
    pub learners_min: u32,
    /// Parts that the learners are divided into, each judging the fit of the others; at least 2.
    pub folds: u64,
    /// How they are divided.
    pub seed: u64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self { answers_min: 20, learners_min: 10, folds: 5, seed: 1 }
    }
}

/// A fit that may be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The parameters, fitted on all learners.
    pub model: TracingModel,
    /// How they came about and what they are worth.
    pub report: TrainingReport,
}

/// What a training run found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingReport {
    pub answers: usize,
    /// Learners who gave them.
    pub learners: usize,
    /// Questions with enough evidence to say what the course's questions are like.
    pub questions_fitted: usize,
    /// Questions with less evidence than the floor, which have no say in the prior.
    pub questions_below_floor: usize,
    /// Skills in which the fit would have right answers lower mastery: what practice counts in
    /// them rests at its prior.
    pub skills_refused: usize,
    /// How much easier the course's questions are than their authors believed, in logits.
    pub shift: f64,
    /// Variance of easiness around that, in squared logits.
    pub variance: f64,
    /// Mean log loss of all answers, in nats, under the parameters that serving would have learned from other learners.
    pub log_loss_serving: f64,
    /// And under those fitted to other learners.
    pub log_loss_fitted: f64,
}

/// Why there is nothing to publish.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TrainingRefusal {
    /// Too few learners to fit and to judge.
    #[error("only {learners} learners have answered; training needs {LEARNERS_MIN} or more")]
    TooFewLearners {
        /// How many there are.
        learners: usize,
    },
    /// No question has enough answers.
    #[error(
        "no question has {answers_min} answers from {learners_min} learners yet; wait for more answers, or lower the floors"
    )]
    NoQuestionWithEvidence {
        /// The answers that one needs.
        answers_min: u32,
        /// The learners that it needs.
        learners_min: u32,
    },
    /// The fit says that a right answer lowers mastery, or is not a finite number.
    #[error("the fit is degenerate in skill number {}: right answers would lower it; look for questions whose answers are marked the wrong way round", .skill.0)]
    Degenerate { skill: SkillKey },
    /// Learners who took no part are predicted no better than before.
    #[error(
        "learners who took no part are predicted no better by the fit (log loss {log_loss_fitted:.5}) than by what serving has learned ({log_loss_serving:.5}); nothing is changed"
    )]
    NoBetter {
        /// Mean log loss under what serving has learned.
        log_loss_serving: f64,
        /// And under the fit.
        log_loss_fitted: f64,
    },
}

/// Learners below which training is refused.
pub const LEARNERS_MIN: usize = 20;

impl TrainingRefusal {
    /// The stable code of the refusal on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewLearners { .. } => "too_few_learners",
            Self::NoQuestionWithEvidence { .. } => "no_question_with_evidence",
            Self::Degenerate { .. } => "degenerate_fit",
            Self::NoBetter { .. } => "no_better",
        }
    }
}

/// Fits parameters to answers in journal order.
///
/// Errors: why there is nothing to publish; see [`TrainingRefusal`].
pub fn train(
    answers: &[TrainingAnswer],
    options: &TrainingOptions,
) -> Result<Trained, TrainingRefusal> {
    let learners: BTreeSet<u32> = answers.iter().map(|answer| answer.learner).collect();
    if learners.len() < LEARNERS_MIN {
        return Err(TrainingRefusal::TooFewLearners { learners: learners.len() });
    }
    let (log_loss_serving, log_loss_fitted) = judge(answers, options)?;
    if log_loss_fitted.is_nan() || log_loss_fitted >= log_loss_serving {
        return Err(TrainingRefusal::NoBetter { log_loss_serving, log_loss_fitted });
    }
    let all: Vec<&TrainingAnswer> = answers.iter().collect();
    let (model, prior) = fit(&all, options)?;
    let fitted = prior.fitted;
    Ok(Trained {
        report: TrainingReport {
            answers: answers.len(),
            learners: learners.len(),
            questions_fitted: fitted,
            questions_below_floor: model.questions.len() - fitted,
            skills_refused: prior.skills_refused,
            shift: prior.shift,
            variance: prior.variance,
            log_loss_serving,
            log_loss_fitted,
        },
        model,
    })
}

/// Mean log loss of all answers under what serving and what fitting makes of other learners.
fn judge(
    answers: &[TrainingAnswer],
    options: &TrainingOptions,
) -> Result<(f64, f64), TrainingRefusal> {
    let folds = options.folds.max(2);
    let mut fold_of: BTreeMap<u32, u64> = BTreeMap::new();
    for TrainingAnswer { learner, .. } in answers {
        // The fold depends on the seed and the learner alone.
        let draw = || Stream::keyed(options.seed, &format!("fold {learner}")).below(folds);
        fold_of.entry(*learner).or_insert_with(draw);
    }
    let (mut serving, mut fitted) = (0.0, 0.0);
    for fold in 0..folds {
        let judges = |answer: &&TrainingAnswer| fold_of[&answer.learner] == fold;
        let (judging, fitting): (Vec<_>, Vec<_>) = answers.iter().partition(judges);
        let mut served = TracingModel::default();
        prequential(&mut served, &fitting, true, |_, _| {});
        serving += log_loss_sum(&served, &judging);
        fitted += log_loss_sum(&fit(&fitting, options)?.0, &judging);
    }
    let count = answers.len() as f64;
    Ok((serving / count, fitted / count))
}

/// Predicts every answer before it is absorbed, and shows each prediction. Learners' beliefs
/// follow the answers; the parameters do only when `learning`.
fn prequential(
    model: &mut TracingModel,
    answers: &[&TrainingAnswer],
    learning: bool,
    mut show: impl FnMut(&TrainingAnswer, (&TracingModel, Prediction)),
) {
    let mut beliefs: BTreeMap<u32, Belief> = BTreeMap::new();
    for answer in answers {
        let belief = beliefs.entry(answer.learner).or_default();
        let view = view_of(answer);
        let prediction = model.predict(belief, &view, answer.at);
        show(answer, (model, prediction));
        let evidence = model.evidence(&prediction, answer.right);
        if learning {
            model.absorb(belief, &view, &evidence, answer.right, answer.at);
        } else {
            model.absorb_learner(belief, &view, &evidence, answer.right, answer.at);
        }
    }
}

fn view_of(answer: &TrainingAnswer) -> QuestionView<'_> {
    QuestionView {
        question: answer.question,
        skills: &answer.skills,
        difficulty: answer.difficulty,
        guess: answer.guess,
    }
}

fn log_loss_sum(model: &TracingModel, answers: &[&TrainingAnswer]) -> f64 {
    let mut sum = 0.0;
    prequential(&mut model.clone(), answers, false, |answer, (_, prediction)| {
        let predicted = prediction.predicted;
        sum -= ln(if answer.right { predicted } else { 1.0 - predicted });
    });
    sum
}

/// What is known of a question's easiness before its own answers.
struct CoursePrior {
    /// Added to what the author believed.
    shift: f64,
    variance: f64,
    /// Questions that were fitted.
    fitted: usize,
    /// Skills whose practice terms were refused.
    skills_refused: usize,
}

/// Everything that was answered to one question.
#[derive(Default)]
struct QuestionAnswers {
    /// What its author believed of its easiness.
    written: f64,
    learners: BTreeSet<u32>,
    /// The prediction without the question's own term, and whether it was right.
    answers: Vec<(Prediction, bool)>,
}

fn fit(
    answers: &[&TrainingAnswer],
    options: &TrainingOptions,
) -> Result<(TracingModel, CoursePrior), TrainingRefusal> {
    let mut model = TracingModel::default();
    prequential(&mut model, answers, true, |_, _| {});
    let asked = asked(&mut model, answers);
    let enough = |asked: &QuestionAnswers| {
        asked.answers.len() >= options.answers_min as usize
            && asked.learners.len() >= options.learners_min as usize
    };
    if !asked.values().any(enough) {
        let TrainingOptions { answers_min, learners_min, .. } = *options;
        return Err(TrainingRefusal::NoQuestionWithEvidence { answers_min, learners_min });
    }
    let mut prior = course_prior(&model, asked.values().filter(|asked| enough(asked)));
    for (question, asked) in &asked {
        let before = prior.of(asked);
        let easiness = posterior(&model, asked, before);
        let parameters = model.questions.entry(*question);
        parameters.or_insert_with(|| QuestionParameters::prior(0.0)).easiness = easiness;
    }
    prior.skills_refused = refuse_degenerate(&mut model)?;
    Ok((model, prior))
}

/// The second pass: what was predicted before each answer, the question's own term taken out.
fn asked(
    model: &mut TracingModel,
    answers: &[&TrainingAnswer],
) -> BTreeMap<QuestionKey, QuestionAnswers> {
    let mut asked: BTreeMap<QuestionKey, QuestionAnswers> = BTreeMap::new();
    prequential(model, answers, false, |answer, (model, prediction)| {
        let term = model.question(&view_of(answer)).easiness;
        let rest = Prediction {
            logit: prediction.logit - term.mean,
            variance: prediction.variance - term.variance,
            ..prediction
        };
        let entry = asked.entry(answer.question).or_default();
        entry.written = -answer.difficulty.clamp(-MEAN_MAX, MEAN_MAX);
        entry.learners.insert(answer.learner);
        entry.answers.push((rest, answer.right));
    });
    asked
}

impl CoursePrior {
    fn of(&self, asked: &QuestionAnswers) -> Gaussian {
        let mean = (asked.written + self.shift).clamp(-MEAN_MAX, MEAN_MAX);
        Gaussian { mean, variance: self.variance }
    }
}

/// Rounds of the alternation between the questions and what they have in common.
const PRIOR_ROUNDS: usize = 4;

/// Shift and variance of easiness by expectation and maximisation over the questions that have
/// evidence: the mean of their posteriors, and the mean of their spread and uncertainty around it.
fn course_prior<'a>(
    model: &TracingModel,
    asked: impl Iterator<Item = &'a QuestionAnswers>,
) -> CoursePrior {
    let asked: Vec<&QuestionAnswers> = asked.collect();
    let count = asked.len() as f64;
    let mut prior = CoursePrior {
        shift: 0.0,
        variance: QUESTION_VARIANCE,
        fitted: asked.len(),
        skills_refused: 0,
    };
    for _ in 0..PRIOR_ROUNDS {
        let fitted: Vec<(f64, f64)> = asked
            .iter()
            .map(|asked| {
                let easiness = posterior(model, asked, prior.of(asked));
                (easiness.mean - asked.written, easiness.variance)
            })
            .collect();
        prior.shift = fitted.iter().map(|(shift, _)| shift).sum::<f64>() / count;
        let spread = |(shift, variance): &(f64, f64)| {
            (shift - prior.shift) * (shift - prior.shift) + variance
        };
        let variance = fitted.iter().map(spread).sum::<f64>() / count;
        prior.variance = variance.clamp(VARIANCE_LEAST, VARIANCE_MAX);
    }
    prior
}

/// However alike a course's questions are, a new one may differ by so much, in squared logits.
const VARIANCE_LEAST: f64 = 0.05;
/// Steps of Fisher scoring; the posterior is concave in the tail and smooth, so it settles fast.
const SCORING_STEPS: usize = 12;
/// The longest step, in logits.
const STEP_MAX: f64 = 1.0;

/// The mode of a question's posterior and its variance there.
fn posterior(model: &TracingModel, asked: &QuestionAnswers, prior: Gaussian) -> Gaussian {
    let mut easiness = prior.mean;
    let mut information = 1.0 / prior.variance;
    for _ in 0..SCORING_STEPS {
        let mut slope = (prior.mean - easiness) / prior.variance;
        information = 1.0 / prior.variance;
        for (rest, right) in &asked.answers {
            let prediction = rest.moved_by(easiness);
            let evidence = model.evidence(&prediction, *right);
            slope += evidence.gradient;
            information += evidence.curvature;
        }
        let step = (slope / information).clamp(-STEP_MAX, STEP_MAX);
        easiness = (easiness + step).clamp(-MEAN_MAX, MEAN_MAX);
        if step.abs() < 1e-9 {
            break;
        }
    }
    let variance = (1.0 / information).clamp(VARIANCE_MIN, VARIANCE_MAX);
    Gaussian { mean: easiness, variance }
}

/// Right answers in a row, each to a question of median difficulty, must raise a skill; not by the
/// guard of `mastery`, but by the fit itself. Where they do not, what practice and surprise count
/// in that skill is refused and rests at its prior, and only its easiness is kept. Answers how many
/// skills that befell; when even that does not help, the whole fit is refused.
fn refuse_degenerate(model: &mut TracingModel) -> Result<usize, TrainingRefusal> {
    let skills: Vec<SkillKey> = model.skills.keys().copied().collect();
    let mut refused = 0;
    for skill in skills {
        if is_raised_by_right_answers(model, skill) {
            continue;
        }
        let easiness = model.skill(skill).easiness();
        let mut cautious = SkillParameters::default();
        cautious.terms[0] = easiness;
        model.skills.insert(skill, cautious);
        refused += 1;
        if !is_raised_by_right_answers(model, skill) {
            return Err(TrainingRefusal::Degenerate { skill });
        }
    }
    Ok(refused)
}

fn is_raised_by_right_answers(model: &TracingModel, skill: SkillKey) -> bool {
    let reference = SkillReference { skill, difficulty: 0.0, guess: 0.0 };
    let at = Timestamp(0);
    let mut belief = Belief::default();
    let before = mastery::view(&belief, model, &reference, at).expected_success;
    for answered in 0..RIGHT_ANSWERS {
        let view = QuestionView {
            question: QuestionKey(u32::MAX - answered),
            skills: &[skill],
            difficulty: 0.0,
            guess: 0.0,
        };
        let evidence = model.evidence(&model.predict(&belief, &view, at), true);
        model.absorb_learner(&mut belief, &view, &evidence, true, at);
    }
    mastery::view(&belief, model, &reference, at).expected_success > before
}

/// Right answers that must have raised a skill.
const RIGHT_ANSWERS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_that_would_do_harm_rests_at_its_prior_and_others_stay() {
        let mut model = TracingModel::default();
        let (mut harmful, mut useful) = (SkillParameters::default(), SkillParameters::default());
        harmful.terms[0].mean = 0.7;
        harmful.terms[2].mean = -3.0;
        useful.terms[2].mean = 0.5;
        model.skills.extend([(SkillKey(1), harmful), (SkillKey(2), useful)]);
        assert_eq!(refuse_degenerate(&mut model), Ok(1));
        let rested = model.skill(SkillKey(1));
        assert_eq!(rested.easiness(), harmful.easiness());
        assert_eq!(rested.terms[1..], SkillParameters::default().terms[1..]);
        assert_eq!(model.skill(SkillKey(2)), useful);
    }

    #[test]
    fn shared_weights_that_would_do_harm_refuse_the_fit() {
        let mut model = TracingModel::default();
        model.skills.insert(SkillKey(1), SkillParameters::default());
        model.weights[4].mean = -3.0;
        let refusal = TrainingRefusal::Degenerate { skill: SkillKey(1) };
        assert_eq!(refuse_degenerate(&mut model), Err(refusal));
    }
}
