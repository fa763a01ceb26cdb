//! Placement: which question a short adaptive pre-test asks next, and when it stops.
//!
//! The next question is the one whose answer is expected to remove most uncertainty about the
//! learner's success in the placement's skills. With `p_t` the predicted success on the reference
//! question of skill `t`, and `V_t` the learner's part of the variance of its predictor, the
//! uncertainty is `U = sum_t (dp_t/deta)^2 V_t`: the expected squared error of the predictions, to
//! first order. An answer with expected curvature `c` (Fisher information about its predictor;
//! Lord 1980) takes `c V_a^2` from the variance of ability, which every skill shares, and
//! `c (share V_s)^2` from the level in each skill of its own: exactly the step of the filter. The
//! sum of these falls, weighted as above and divided by `U`, is the gain of a question.
//!
//! Two rules of Kingsbury and Zara (1989) stand around that. Content is balanced: only questions
//! on a skill that was answered least are compared. Exposure is controlled by their "randomesque"
//! choice: among the best few, chance decides, drawn from the names of course, learner and
//! question alone, so that reading twice gives the same question and no question is given away by
//! being everybody's first.
//!
//! Everything here is a pure function of a belief, the parameters of the moment, a course and the
//! number of questions asked. Nothing here changes a state.

use super::belief::{Belief, SkillBelief};
use super::mastery::view;
use super::progress::{ActivityProgress, CourseProgress};
use super::tracing::{QuestionView, SLIP, TracingModel};
use crate::catalog::{Activity, Course, PlacementRules, Question};
use crate::ids::{LearnerId, SkillKey};
use crate::time::Timestamp;
use crate::words;
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use std::f64::consts::PI;

/// So many of the best questions share the exposure.
pub const RANDOMESQUE: usize = 3;
/// Chance decides among questions whose gain is at least this share of the best one's.
pub const NEARLY_BEST: f64 = 0.9;

/// Why a placement stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stopped {
    /// It asked as many questions as it may.
    QuestionsMax,
    /// The standard error of ability is small enough.
    Certain,
    /// No question left promises to tell enough.
    LittleToGain,
    /// It has asked, or the learner has met, every question there is.
    PoolEmpty,
}

words!(Stopped {
    QuestionsMax => "questions_max",
    Certain => "certain",
    LittleToGain => "little_to_gain",
    PoolEmpty => "pool_empty",
});

impl Stopped {
    /// The reason in a teacher's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::QuestionsMax => "it asked as many questions as it may",
            Self::Certain => "the learner's ability is known well enough",
            Self::LittleToGain => "no question left would tell enough to be worth asking",
            Self::PoolEmpty => "there is no question left that the learner has not met",
        }
    }
}

/// How a learner stands to the placement of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementStanding {
    /// It asks questions, or waits to.
    Open,
    Done,
    /// The learner left it on purpose; opening it again goes on with it.
    Skipped,
}

words!(PlacementStanding { Open => "open", Done => "done", Skipped => "skipped" });

impl PlacementStanding {
    /// Reads it from what a learner has done in the course.
    #[must_use]
    pub fn of(progress: &CourseProgress, placement: &Activity) -> Self {
        let Some(entry) = progress.activity(placement.key) else { return Self::Open };
        let left = progress.current != Some(placement.key);
        match (entry.completed_at, entry.skips) {
            (Some(_), _) => Self::Done,
            (None, 1..) if left => Self::Skipped,
            _ => Self::Open,
        }
    }
}

/// Whether a course should show its placement now. One without prerequisites is for newcomers:
/// a learner who has answered other questions is placed by those.
#[must_use]
pub fn is_due(progress: &CourseProgress, placement: &Activity) -> bool {
    let begun = progress.activity(placement.key).is_some_and(|entry| entry.starts > 0);
    let newcomer = progress.answered == 0 || begun || !placement.requires.is_empty();
    PlacementStanding::of(progress, placement) == PlacementStanding::Open && newcomer
}

/// How many questions a placement has asked a learner.
#[must_use]
pub fn asked(progress: Option<&CourseProgress>, placement: &Activity) -> u32 {
    let entry = progress.and_then(|progress| progress.activity(placement.key));
    entry.map_or(0, |entry: &ActivityProgress| u32::from(entry.answered))
}

/// What a placement looks at to choose its next question for a learner.
#[derive(Clone, Copy, Debug)]
pub struct PlacementInputs<'a> {
    pub course: &'a Course,
    pub placement: &'a Activity,
    pub learner: &'a LearnerId,
    /// What they seem to know.
    pub belief: &'a Belief,
    /// What all answers taught about questions and skills.
    pub tracing: &'a TracingModel,
    /// How many questions it has asked them.
    pub asked: u32,
    /// Activities whose questions it may not ask, as positions in [`Course::activities`].
    pub blocked: &'a [usize],
    /// When: the learner's latest moment, so that reading later gives the same question.
    pub at: Timestamp,
}

/// A question with what its answer is expected to tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    pub question: usize,
    /// Share of the uncertainty that its answer is expected to remove, in [0, 1].
    pub gain: f64,
    /// Predicted probability of a right answer.
    pub predicted: f64,
    /// The fewest answers that any of its skills in the placement has so far.
    pub answers_before: u32,
}

/// What a placement does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    Ask(Choice),
    Stop(Stopped),
}

impl PlacementInputs<'_> {
    /// What an open placement asks next: a question that the learner has never met. It ends early
    /// only with an answer ([`stops_after`]), never because other learners moved a parameter.
    #[must_use]
    pub fn next(&self) -> Next {
        if self.asked >= self.rules().questions_max {
            return Next::Stop(Stopped::QuestionsMax);
        }
        choose(self, self.least_answered()).map_or(Next::Stop(Stopped::PoolEmpty), Next::Ask)
    }

    fn rules(&self) -> PlacementRules {
        self.placement.placement.unwrap_or_default()
    }

    /// Every question it may ask now, in file order, with what each would tell.
    #[must_use]
    pub fn pool(&self) -> Vec<Choice> {
        self.choices(self.fresh()).collect()
    }

    /// The same of the questions on a skill that was answered least; only these are compared.
    fn least_answered(&self) -> Vec<Choice> {
        let fresh: Vec<(usize, &Question)> = self.fresh().collect();
        let answers = self.answers_by_skill();
        let fewest = fresh.iter().map(|(_, question)| fewest_answers(&answers, question)).min();
        let least =
            |(_, question): &(usize, &Question)| Some(fewest_answers(&answers, question)) == fewest;
        self.choices(fresh.into_iter().filter(least)).collect()
    }

    /// The questions it may ask now, with their positions.
    fn fresh(&self) -> impl Iterator<Item = (usize, &Question)> {
        self.course.questions.iter().enumerate().filter(|(_, question)| {
            self.course.in_pool(self.placement, question)
                && self.belief.question(question.key).attempts == 0
                && !self.blocked.contains(&question.activity)
        })
    }

    /// The answers in each skill of the course so far; `None` outside the placement.
    fn answers_by_skill(&self) -> Vec<Option<u32>> {
        let mut answers = vec![None; self.course.skills.len()];
        for skill in &self.placement.skills {
            let entry = self.belief.skill(self.course.skills[*skill].key);
            answers[*skill] = Some(entry.map_or(0, |entry| u32::from(entry.attempts)));
        }
        answers
    }

    /// What each of some questions would tell.
    fn choices<'b>(
        &'b self,
        questions: impl Iterator<Item = (usize, &'b Question)>,
    ) -> impl Iterator<Item = Choice> {
        let uncertainty = Uncertainty::of(self);
        let answers = self.answers_by_skill();
        let mut skills = Vec::new();
        questions.map(move |(position, question)| {
            skills.clear();
            skills.extend(self.course.skill_keys(&question.skills));
            let (gain, predicted) = self.telling(question, &skills, &uncertainty);
            let answers_before = fewest_answers(&answers, question);
            Choice { question: position, gain, predicted, answers_before }
        })
    }

    /// The gain of a question, and the predicted probability of a right answer.
    fn telling(
        &self,
        question: &Question,
        skills: &[SkillKey],
        uncertainty: &Uncertainty,
    ) -> (f64, f64) {
        let view = QuestionView::of(question, skills);
        let prediction = self.tracing.predict(self.belief, &view, self.at);
        // What the answer tells about the learner's side, which discrimination scales.
        let curvature = self.tracing.evidence(&prediction, true).curvature
            * prediction.loading
            * prediction.loading;
        (uncertainty.gain(curvature, &question.skills), prediction.predicted)
    }

    /// Whether the placement ends here, and why.
    fn stops(&self) -> Option<Stopped> {
        let rules = self.rules();
        if self.asked >= rules.questions_max {
            return Some(Stopped::QuestionsMax);
        }
        if self.fresh().next().is_none() {
            return Some(Stopped::PoolEmpty);
        }
        if self.asked < rules.questions_min {
            return None;
        }
        if self.belief.ability.variance.sqrt() <= rules.error_max {
            return Some(Stopped::Certain);
        }
        let enough = self.choices(self.fresh()).any(|choice| choice.gain >= rules.gain_min);
        (!enough).then_some(Stopped::LittleToGain)
    }
}

/// The fewest answers that any of a question's skills in the placement has so far.
fn fewest_answers(answers: &[Option<u32>], question: &Question) -> u32 {
    question.skills.iter().filter_map(|skill| answers[*skill]).min().unwrap_or(0)
}

/// What an answer ends, if anything: the placement as it will stand after it. `inputs` are those of
/// before the answer; the belief beside it that of after.
#[must_use]
pub fn stops_after(inputs: &PlacementInputs<'_>, after: &Belief) -> Option<Stopped> {
    let asked = inputs.asked.saturating_add(1);
    PlacementInputs { belief: after, asked, ..*inputs }.stops()
}

/// Balances content, then leaves the choice among the nearly best to chance.
fn choose(inputs: &PlacementInputs<'_>, mut pool: Vec<Choice>) -> Option<Choice> {
    let fewest = pool.iter().map(|choice| choice.answers_before).min()?;
    pool.retain(|choice| choice.answers_before == fewest);
    pool.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.question.cmp(&b.question)));
    let least = NEARLY_BEST * pool.first()?.gain;
    let best = pool.into_iter().take(RANDOMESQUE).filter(|choice| choice.gain >= least);
    best.min_by_key(|choice| (lot(inputs, choice.question), choice.question))
}

/// The lot a question draws with a learner. It hangs on names only, so a parameter that moves a
/// little elsewhere seldom changes the choice.
fn lot(inputs: &PlacementInputs<'_>, question: usize) -> u64 {
    let (course, learner) = (&inputs.course.id, inputs.learner);
    let question = &inputs.course.questions[question].id;
    Stream::keyed(0, &format!("placement/{course}/{learner}/{question}")).next_u64()
}

/// How unsure the predictions of a placement's skills are, and what weighs in that.
struct Uncertainty {
    ability: f64,
    /// Sum of the weights of the skills.
    weights: f64,
    /// By skill of the course: weight, and variance of its level; 0 outside the placement.
    skills: Vec<(f64, f64)>,
    total: f64,
}

impl Uncertainty {
    fn of(inputs: &PlacementInputs<'_>) -> Self {
        let ability = inputs.belief.ability.variance;
        let mut found = Self {
            ability,
            weights: 0.0,
            skills: vec![(0.0, 0.0); inputs.course.skills.len()],
            total: 0.0,
        };
        for position in &inputs.placement.skills {
            let reference = inputs.course.skills[*position].reference();
            let seen = view(inputs.belief, inputs.tracing, &reference, inputs.at);
            let slope = slope(seen.logit, seen.variance, reference.guess);
            let entry = inputs.belief.skill(reference.skill).copied();
            let entry = entry.unwrap_or_else(|| SkillBelief::new(reference.skill, inputs.at));
            let level = entry.level_at(inputs.at).variance;
            found.total += slope * slope * seen.variance;
            // Discrimination scales the learner's side of the predictor; the weight takes that in.
            let weight = slope * slope * seen.variance / (ability + level);
            found.skills[*position] = (weight, level);
            found.weights += weight;
        }
        found
    }

    /// The share of it that an answer of this curvature, on these skills, is expected to remove.
    fn gain(&self, curvature: f64, skills: &[usize]) -> f64 {
        let share = 1.0 / skills.len().max(1) as f64;
        let levels: f64 = skills
            .iter()
            .map(|skill| {
                let (weight, level) = self.skills[*skill];
                weight * share * share * level * level
            })
            .sum();
        let removed = curvature * (self.ability * self.ability * self.weights + levels);
        if self.total > 0.0 { (removed / self.total).min(1.0) } else { 0.0 }
    }
}

/// How fast success changes with the predictor, averaged over its uncertainty as the filter does.
fn slope(logit: f64, variance: f64, guess: f64) -> f64 {
    let shrink = 1.0 / (1.0 + PI * variance / 8.0).sqrt();
    let known = logistic(shrink * logit);
    (1.0 - guess - SLIP) * known * (1.0 - known) * shrink
}
