//! A placement against the truth: how well success is predicted after so many questions, when
//! Nexus chooses them and when chance does.
//!
//! The measure is the root mean squared error of predicted against true success over all questions
//! of the course. Both orders meet the same learners, and the same learner gives the same answer
//! to the same question in both, so that they differ in nothing but the choice.

use nexus_engine::catalog::{Activity, Course};
use nexus_engine::ids::{LearnerId, SkillKey};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::placement::{Next, PlacementInputs};
use nexus_engine::learner::tracing::{QuestionView, TracingModel};
use nexus_engine::time::Timestamp;
use nexus_sim::knowledge::{Family, Knowledge};
use nexus_sim::truth::CourseTruth;
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Standard deviation of ability of [`Minds::Known`], in logits.
pub const ABILITY_SPREAD: f64 = 1.0;
/// Standard deviation of the level in each skill of [`Minds::Known`], in logits.
pub const LEVEL_SPREAD: f64 = 0.6;
/// Learners whose answers to random questions teach the question parameters before the trial.
pub const LEARNERS_BEFORE: usize = 200;
/// Questions that each of them answers.
pub const ANSWERS_BEFORE: usize = 15;

const AT: Timestamp = Timestamp(1_760_000_000_000_000);

/// Whose minds are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minds {
    /// An ability and a level in each skill, both normal: what a pre-test is made to find.
    Known,
    /// A family of simulated learners, as they come into the course.
    Of(Family),
}

/// Who chooses the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Adaptive,
    Random,
}

/// A trial of a placement on a course.
#[derive(Clone, Debug)]
pub struct PlacementTrial<'a> {
    /// The truth about the course, which must have a placement.
    pub truth: &'a Arc<CourseTruth>,
    pub minds: Minds,
    pub learners: usize,
    /// How many questions each answers.
    pub answers: usize,
    /// What its randomness comes from.
    pub seed: u64,
}

impl PlacementTrial<'_> {
    /// Error after 0, 1, 2 ... answers: the root over all learners and questions of the mean
    /// squared difference of predicted and true success. Empty when the course has no placement.
    #[must_use]
    pub fn errors(&self, order: Order) -> Vec<f64> {
        let course = &self.truth.course;
        let Some(placement) = course.placement() else { return Vec::new() };
        let tracing = self.taught(placement);
        let mut sums = vec![0.0; self.answers + 1];
        for number in 0..self.learners {
            let name = format!("placed-{number}");
            let mind = self.mind(&name);
            let mut belief = Belief::default();
            let mut luck = Stream::keyed(self.seed, &format!("order/{name}"));
            for (asked, sum) in sums.iter_mut().enumerate() {
                *sum += squared_error(course, &tracing, &belief, &mind);
                let question = match order {
                    Order::Random => random(course, placement, &belief, &mut luck),
                    Order::Adaptive => adaptive(course, placement, &name, &belief, &tracing, asked),
                };
                if let Some(question) = question {
                    let right = self.answers_right(&name, &mind, question);
                    learn(course, &tracing, &mut belief, question, right);
                }
            }
        }
        sums.into_iter().map(|sum| (sum / self.learners.max(1) as f64).sqrt()).collect()
    }

    /// The parameters that earlier learners taught, answering questions at random.
    fn taught(&self, placement: &Activity) -> TracingModel {
        let course = &self.truth.course;
        let mut tracing = TracingModel::default();
        for number in 0..LEARNERS_BEFORE {
            let name = format!("before-{number}");
            let mind = self.mind(&name);
            let mut luck = Stream::keyed(self.seed, &format!("order/{name}"));
            let mut belief = Belief::default();
            for _ in 0..ANSWERS_BEFORE {
                // No learner meets a question twice, or the model would learn that answers repeat.
                let Some(question) = random(course, placement, &belief, &mut luck) else { break };
                let right = self.answers_right(&name, &mind, question);
                let skills = skill_keys(course, question);
                let view = QuestionView::of(&course.questions[question], &skills);
                let prediction = tracing.predict(&belief, &view, AT);
                let evidence = tracing.evidence(&prediction, right);
                tracing.absorb(&mut belief, &view, &evidence, right, AT);
            }
        }
        tracing
    }

    fn mind(&self, name: &str) -> Mind {
        let mut stream = Stream::keyed(self.seed, &format!("mind/{name}"));
        match self.minds {
            Minds::Of(family) => Mind::Family(family.mind(self.truth, &mut stream)),
            Minds::Known => {
                let ability = ABILITY_SPREAD * stream.normal();
                let skills = 0..self.truth.course.skills.len();
                let level = skills.map(|_| ability + LEVEL_SPREAD * stream.normal()).collect();
                Mind::Known { truth: Arc::clone(self.truth), level }
            }
        }
    }

    /// The same learner always answers the same question the same way.
    fn answers_right(&self, name: &str, mind: &Mind, question: usize) -> bool {
        let mut luck = Stream::keyed(self.seed, &format!("answer/{name}/{question}"));
        luck.uniform() < mind.success(question)
    }
}

enum Mind {
    Known { truth: Arc<CourseTruth>, level: Vec<f64> },
    Family(Box<dyn Knowledge>),
}

impl Mind {
    fn success(&self, question: usize) -> f64 {
        match self {
            Self::Family(mind) => mind.success(question, AT),
            Self::Known { truth, level } => {
                let guess = truth.course.questions[question].guess;
                let known = truth.mean_over_skills(question, |skill| level[skill]);
                guess + (1.0 - guess) * logistic(known - truth.difficulty[question])
            }
        }
    }
}

fn skill_keys(course: &Course, question: usize) -> Vec<SkillKey> {
    course.skill_keys(&course.questions[question].skills).collect()
}

fn adaptive(
    course: &Course,
    placement: &Activity,
    name: &str,
    belief: &Belief,
    tracing: &TracingModel,
    asked: usize,
) -> Option<usize> {
    let learner = LearnerId::new(name).ok()?;
    let asked = asked as u32;
    let inputs = PlacementInputs {
        course,
        placement,
        learner: &learner,
        belief,
        tracing,
        asked,
        blocked: &[],
        at: AT,
    };
    match inputs.next() {
        Next::Ask(choice) => Some(choice.question),
        Next::Stop(_) => None,
    }
}

fn random(
    course: &Course,
    placement: &Activity,
    belief: &Belief,
    luck: &mut Stream,
) -> Option<usize> {
    let fresh = |position: &usize| {
        let question = &course.questions[*position];
        course.in_pool(placement, question) && belief.question(question.key).attempts == 0
    };
    let pool: Vec<usize> = (0..course.questions.len()).filter(fresh).collect();
    let drawn = luck.below(pool.len().max(1) as u64) as usize;
    pool.get(drawn).copied()
}

/// The belief learns; the parameters stay those of before, the same for both orders.
fn learn(
    course: &Course,
    tracing: &TracingModel,
    belief: &mut Belief,
    question: usize,
    right: bool,
) {
    let skills = skill_keys(course, question);
    let view = QuestionView::of(&course.questions[question], &skills);
    let evidence = tracing.evidence(&tracing.predict(belief, &view, AT), right);
    TracingModel::default().absorb(belief, &view, &evidence, right, AT);
}

fn squared_error(course: &Course, tracing: &TracingModel, belief: &Belief, mind: &Mind) -> f64 {
    let questions = course.questions.iter().enumerate();
    let squares = questions.map(|(position, question)| {
        let skills = skill_keys(course, position);
        let view = QuestionView::of(question, &skills);
        let error = tracing.predict(belief, &view, AT).predicted - mind.success(position);
        error * error
    });
    squares.sum::<f64>() / course.questions.len().max(1) as f64
}
