//! What a learner's own answers say of a skill, read again under today's parameters.
//!
//! The filter divides each answer between the learner and a question that nobody knew yet, and never
//! comes back to it. So the first learners of a course are judged by what later ones change, and
//! equal records mean different things. A reading of few answers is therefore made anew: the level
//! that is most probable given which questions were right and wrong, with the parameters of today,
//! in no order. It is held to what the latest answers can mean at all (Clopper and Pearson 1934, 5 %
//! on each side): six wrong answers of six are never read as knowing. With more answers the
//! belief of the filter, which follows learning, takes over.
//!
//! Gates ask this reading until the questions are settled, and then the filter, held to the same bounds:
//! readings of mixed answers are more cautious, and gates that open later cost learning. Nothing here
//! is folded: pages and gates read it, the journal does not.
#![warn(missing_docs)]

use super::belief::Belief;
use super::mastery::{Looking, SkillView};
use super::progress::CourseProgress;
use super::tracing::{
    ABILITY_VARIANCE, LEVEL_VARIANCE, QUESTION_VARIANCE, QuestionView, SLIP, TracingModel,
    bounded_guess, retained,
};
use crate::catalog::course::difficulty_logits;
use crate::catalog::{Course, Question};
use crate::time::Timestamp;
use nexus_stats::math::{logistic, logit};

/// Up to so many answers on a skill, its reading is made of them alone.
pub const ANSWERS_FEW: u32 = 6;
/// From so many answers on, its reading is the belief of the filter.
pub const ANSWERS_MANY: u32 = 18;
/// The latest answers that a reading is held to, at most.
pub const LATEST_MAX: u8 = 8;
/// Answers from which on a reading is held to them.
pub const LATEST_MIN: u32 = 3;
/// Answers of whom only the number is known, as those of a placement, count up to so many.
const COUNTED_MAX: u32 = 64;
/// Chance of answers as good, or as bad, beyond which a reading does not go.
const CONTRADICTED: f64 = 0.05;
/// Questions whose easiness is as uncertain as this share of the beginning are known: that takes
/// the answers of some tens of learners.
const SETTLED_SHARE: f64 = 0.3;
/// Steps in which the most probable level is found.
const STEPS: usize = 24;

/// What is read of one skill of a learner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnReading {
    /// The skill as pages show it.
    pub view: SkillView,
    /// The skill as gates ask it. Once its questions are settled this is the belief of the filter, held
    /// to what the latest answers can mean.
    pub gate: SkillView,
    /// Whether tens of learners have answered the questions that this one was asked, so that the
    /// parameters may speak for few answers.
    pub settled: bool,
}

/// Every skill of a course for one learner at a moment, in the order of [`Course::skills`].
#[must_use]
pub fn own_readings(
    course: &Course,
    progress: Option<&CourseProgress>,
    belief: &Belief,
    model: &TracingModel,
    at: Timestamp,
) -> Vec<OwnReading> {
    let looking = Looking::at(belief, model, at);
    let views = course.skills.iter().map(|skill| looking.view(&skill.reference()));
    let views: Vec<SkillView> = views.collect();
    let mut records: Vec<Record> = vec![Record::default(); views.len()];
    let asked = |skill: &usize| views[*skill].attempts > 0;
    for question in course.questions.iter().filter(|it| it.skills.iter().any(asked)) {
        let met = belief.question(question.key);
        if met.attempts == 0 {
            continue;
        }
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        let parameters = model.question(&QuestionView::of(question, &skills));
        for skill in &question.skills {
            records[*skill].met.push(Met {
                easiness: parameters.easiness.mean,
                variance: parameters.easiness.variance,
                difficulty: difficulty_logits(question.difficulty),
                guess: guess_of(question),
                attempts: met.attempts.into(),
                wins: met.wins.into(),
            });
        }
    }
    let newcomer = Belief::default();
    let new = Looking::at(&newcomer, model, at);
    let mut readings = Vec::with_capacity(views.len());
    for ((skill, view), record) in course.skills.iter().zip(views).zip(&records) {
        if view.attempts == 0 || record.met.is_empty() {
            readings.push(OwnReading { view, gate: view, settled: false });
            continue;
        }
        let reference = skill.reference();
        let expected = new.view(&reference);
        let prior = Prior::of(belief, &view);
        let mut read = record.read(&view, &expected, &prior, reference.difficulty, at);
        let results = progress.map(|progress| progress.skill_results(skill.key));
        let latest = results.filter(|results| u32::from(results.count()) >= LATEST_MIN);
        let latest = latest.map(|results| {
            let count = results.count().min(LATEST_MAX);
            let bits = results.bits() & ((1u32 << count) - 1) as u16;
            (u32::from(count), bits.count_ones())
        });
        let (answers, right) = latest.unwrap_or((view.attempts, view.wins));
        let settled = record.settled();
        let mut gate = if settled { view } else { read };
        if (LATEST_MIN..=COUNTED_MAX).contains(&answers) {
            let held = |view| record.held(view, answers, right, reference.difficulty);
            (read, gate) = (held(read), held(gate));
        }
        let all_right = answers >= LATEST_MIN && answers == right;
        readings.push(OwnReading { view: read.restated(all_right), gate, settled });
    }
    readings
}

fn guess_of(question: &Question) -> f64 {
    bounded_guess(question.guess)
}

/// A question that the learner met.
#[derive(Clone, Copy, Debug)]
struct Met {
    /// What all learners taught of it, in logits.
    easiness: f64,
    variance: f64,
    /// What its author said of it, in logits.
    difficulty: f64,
    guess: f64,
    attempts: f64,
    wins: f64,
}

/// The answers of a learner on one skill, by question.
#[derive(Clone, Debug, Default)]
struct Record {
    met: Vec<Met>,
}

/// What is believed of the sum of ability and level before the answers on a skill.
struct Prior {
    mean: f64,
    variance: f64,
}

impl Prior {
    /// What the learner's other answers say of their ability; nothing when there are none.
    fn of(belief: &Belief, view: &SkillView) -> Self {
        let all = f64::from(belief.attempts).max(1.0);
        let others = 1.0 - (f64::from(view.attempts) / all).min(1.0);
        let ability = others * belief.ability.variance + (1.0 - others) * ABILITY_VARIANCE;
        Self { mean: others * belief.ability.mean, variance: ability + LEVEL_VARIANCE }
    }
}

impl Record {
    /// Whether tens of learners have answered these questions.
    fn settled(&self) -> bool {
        let sum: f64 = self.met.iter().map(|met| met.variance).sum();
        sum <= SETTLED_SHARE * QUESTION_VARIANCE * self.met.len() as f64
    }

    /// The reading of the record: of few answers it is the most probable level and its variance, of
    /// many the filter's own.
    fn read(
        &self,
        view: &SkillView,
        newcomer: &SkillView,
        prior: &Prior,
        difficulty: f64,
        at: Timestamp,
    ) -> SkillView {
        let own = 1.0
            - (f64::from(view.attempts.max(ANSWERS_FEW)) - f64::from(ANSWERS_FEW))
                / f64::from(ANSWERS_MANY - ANSWERS_FEW);
        if own <= 0.0 {
            return *view;
        }
        // What a newcomer is expected to do with a question of no difficulty.
        let base = newcomer.logit + difficulty;
        let (level, variance) = self.most_probable(base, prior);
        // The part that is the level in this skill fades as it does in the filter.
        let left = view.last_at.map_or(1.0, |last| retained(at.days_since(last)));
        let share = LEVEL_VARIANCE / (ABILITY_VARIANCE + LEVEL_VARIANCE);
        let kept = 1.0 - share * (1.0 - left);
        let level = prior.mean + kept * (level - prior.mean);
        let variance = kept * kept * variance + (1.0 - kept * kept) * prior.variance;
        let mix = |own_part: f64, filter: f64| own * own_part + (1.0 - own) * filter;
        view.with(mix(newcomer.logit + level, view.logit), mix(variance, view.variance))
    }

    /// The most probable sum of ability and level, by Fisher scoring, and its variance.
    fn most_probable(&self, base: f64, prior: &Prior) -> (f64, f64) {
        let mut level = prior.mean;
        let mut information = 1.0 / prior.variance;
        for _ in 0..STEPS {
            let mut score = (prior.mean - level) / prior.variance;
            information = 1.0 / prior.variance;
            for met in &self.met {
                let known = logistic(level + base + met.easiness);
                let right = met.guess + (1.0 - met.guess - SLIP) * known;
                let slope = (1.0 - met.guess - SLIP) * known * (1.0 - known);
                let spread = (right * (1.0 - right)).max(1e-12);
                score += slope * (met.wins - met.attempts * right) / spread;
                information += met.attempts * slope * slope / spread;
            }
            level += (score / information).clamp(-1.0, 1.0);
        }
        (level, 1.0 / information)
    }

    /// A reading no further from the latest answers than they can mean. What they say is of the
    /// questions as their authors rated them: what others found easy moves it no further.
    fn held(&self, view: SkillView, answers: u32, right: u32, difficulty: f64) -> SkillView {
        let asked: f64 = self.met.iter().map(|met| met.attempts).sum();
        let rated = self.met.iter().map(|met| met.attempts * met.difficulty).sum::<f64>() / asked;
        let guess = self.met.iter().map(|met| met.attempts * met.guess).sum::<f64>() / asked;
        let known = |success: f64| {
            let share = (success - guess) / (1.0 - guess - SLIP);
            logit(share.clamp(0.001, 0.999)) + rated - difficulty
        };
        let spread = super::tracing::shrink(view.variance);
        let read = logistic(view.logit * spread - rated + difficulty);
        let success = guess + (1.0 - guess - SLIP) * read;
        let as_few = at_most(answers, right, success);
        let as_many = at_most(answers, answers - right, 1.0 - success);
        if as_few > CONTRADICTED && as_many > CONTRADICTED {
            return view;
        }
        let (least, most) = (lower_bound(answers, right), upper_bound(answers, right));
        // Success on the reference question is that of its shrunk logit.
        let (low, high) = (known(least) / spread, known(most) / spread);
        view.with(view.logit.clamp(low.min(high), high), view.variance)
    }
}

impl SkillView {
    /// The same skill with what another reading says of it.
    fn with(self, logit_now: f64, variance: f64) -> Self {
        Self { logit: logit_now, variance, ..self }.measured()
    }
}

/// The least chance of success under which so many right answers, or more, are not too improbable.
fn lower_bound(answers: u32, right: u32) -> f64 {
    1.0 - upper_bound(answers, answers - right.min(answers))
}

/// The greatest chance of success under which so few right answers, or fewer, are not too improbable.
fn upper_bound(answers: u32, right: u32) -> f64 {
    if right >= answers {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(answers, right, middle) > CONTRADICTED { low = middle } else { high = middle }
    }
    low
}

/// The chance of at most so many right answers of all, each right with the same chance.
fn at_most(answers: u32, right: u32, chance: f64) -> f64 {
    let none = (0..answers).fold(1.0, |product, _| product * (1.0 - chance));
    let (mut term, mut sum) = (none, 0.0);
    for count in 0..=right {
        sum += term;
        let left = f64::from(answers - count);
        term *= left / f64::from(count + 1) * chance / (1.0 - chance).max(f64::MIN_POSITIVE);
    }
    sum
}

/// Whether the learner's own answers alone say that a skill is known.
#[must_use]
pub fn says_known(view: &SkillView, answers_min: u32, success_min: f64) -> bool {
    let share = f64::from(view.wins) / f64::from(view.attempts.max(1));
    view.attempts >= answers_min && share >= success_min
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_clopper_and_pearson() {
        // With none right of n, the upper bound solves (1 - p)^n = 0.05.
        for answers in [3, 6, 12, 30] {
            let solved = 1.0 - nexus_stats::math::pow(CONTRADICTED, 1.0 / f64::from(answers));
            assert!((upper_bound(answers, 0) - solved).abs() < 1e-9, "{answers}");
            assert!((lower_bound(answers, answers) - (1.0 - solved)).abs() < 1e-9, "{answers}");
        }
        // The exact 90 % interval of 3 right of 10: 0.0873 to 0.6066.
        assert!((lower_bound(10, 3) - 0.0873).abs() < 5e-5, "{}", lower_bound(10, 3));
        assert!((upper_bound(10, 3) - 0.6066).abs() < 5e-5, "{}", upper_bound(10, 3));
        assert_eq!((upper_bound(6, 6), lower_bound(6, 0)), (1.0, 0.0));
    }
}
