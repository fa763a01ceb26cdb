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
//! Gates ask the filter, held to the same bounds, and until tens of learners have answered in a skill only
//! the learner's own answers open one. They do not ask readings: those are more cautious of mixed
//! answers, and gates that open later cost learning. Nothing of a
//! reading is folded: the journal does not have it.
#![warn(missing_docs)]

use super::belief::Belief;
use super::mastery::{Looking, SkillReference, SkillView};
use super::progress::CourseProgress;
use super::tracing::{
    ABILITY_VARIANCE, LEVEL_VARIANCE, QuestionView, SLIP, TracingModel, bounded_guess, retained,
};
use crate::catalog::course::difficulty_logits;
use crate::catalog::{Course, Question};
use crate::ids::SkillKey;
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
/// A skill is settled once the variance of its easiness, in squared logits, has fallen to a tenth of the
/// beginning: that takes the answers of some tens of learners.
const SETTLED_VARIANCE: f64 = 0.09;
/// Steps in which the most probable level is found, at most, and the step that ends the search.
const STEPS: usize = 24;
const STEP_MIN: f64 = 1e-9;

/// Every skill of a course for one learner at a moment, as pages show it, in the order of
/// [`Course::skills`].
#[must_use]
pub fn own_readings(
    course: &Course,
    progress: Option<&CourseProgress>,
    belief: &Belief,
    model: &TracingModel,
    at: Timestamp,
) -> Vec<SkillView> {
    let looking = Looking::at(belief, model, at);
    let views = course.skills.iter().map(|skill| looking.view(&skill.reference()));
    let views: Vec<SkillView> = views.collect();
    let mut records: Vec<Record> = vec![Record::default(); views.len()];
    let asked = |skill: &usize| views[*skill].attempts > 0;
    for question in course.questions.iter().filter(|it| it.skills.iter().any(asked)) {
        let Some(met) = Met::of(course, question, belief, model) else { continue };
        for skill in &question.skills {
            records[*skill].met.push(met);
        }
    }
    let newcomer = Belief::default();
    let new = Looking::at(&newcomer, model, at);
    let mut readings = Vec::with_capacity(views.len());
    for ((skill, view), record) in course.skills.iter().zip(views).zip(&records) {
        if view.attempts == 0 || record.met.is_empty() {
            readings.push(view);
            continue;
        }
        let reference = skill.reference();
        let latest = Latest::of(progress, skill.key, &view);
        let read = record.read(belief, &view, &new.view(&reference), reference.difficulty, at);
        let read = record.rated(&reference).held(read, latest);
        readings.push(read.restated(latest.all_right()));
    }
    readings
}

/// A skill as gates ask it: the belief of the filter, held to what the latest answers can mean. They are
/// taken to be answers to the skill's median question, because a decision has no time to look each up.
#[must_use]
pub fn gate_view(view: SkillView, skill: &SkillReference, progress: &CourseProgress) -> SkillView {
    if view.attempts < LATEST_MIN {
        return view;
    }
    let latest = Latest::of(Some(progress), skill.skill, &view);
    match latest.count() && latest.is_surprising(view.expected_success) {
        true => Rated::of(skill).held(view, latest),
        false => view,
    }
}

/// Whether tens of learners have answered in a skill, so that its parameters may speak for few answers.
#[must_use]
pub fn is_settled(model: &TracingModel, skill: SkillKey) -> bool {
    model.skill(skill).easiness().variance <= SETTLED_VARIANCE
}

/// The latest answers of a learner on a skill, as far as they are remembered one by one.
#[derive(Clone, Copy, Debug)]
struct Latest {
    answers: u32,
    right: u32,
}

impl Latest {
    fn of(progress: Option<&CourseProgress>, skill: SkillKey, view: &SkillView) -> Self {
        let results = progress.map(|progress| progress.skill_results(skill));
        match results.filter(|results| u32::from(results.count()) >= LATEST_MIN) {
            Some(results) => {
                let count = results.count().min(LATEST_MAX);
                let bits = results.bits() & ((1_u32 << count) - 1) as u16;
                Self { answers: count.into(), right: bits.count_ones() }
            }
            None => Self { answers: view.attempts, right: view.wins },
        }
    }

    /// Whether there are enough of them, and not only a number, to hold a reading to.
    fn count(self) -> bool {
        (LATEST_MIN..=COUNTED_MAX).contains(&self.answers)
    }

    fn all_right(self) -> bool {
        self.answers >= LATEST_MIN && self.answers == self.right
    }

    /// Whether answers as few or as many right as these are improbable at a chance of success.
    fn is_improbable(self, success: f64) -> bool {
        at_most(self.answers, self.right, success) <= CONTRADICTED
            || at_most(self.answers, self.answers - self.right, 1.0 - success) <= CONTRADICTED
    }

    /// Whether the share of right answers lies further from a chance of success than 1.2 standard
    /// deviations. What does not is never improbable, and this costs no powers.
    fn is_surprising(self, success: f64) -> bool {
        let answers = f64::from(self.answers);
        let apart = f64::from(self.right) - answers * success;
        apart * apart > 1.5 * answers * success * (1.0 - success)
    }
}

fn guess_of(question: &Question) -> f64 {
    bounded_guess(question.guess)
}

/// A question that the learner met.
#[derive(Clone, Copy, Debug)]
struct Met {
    /// What all learners taught of it, in logits.
    easiness: f64,
    /// What its author said of it, in logits.
    difficulty: f64,
    guess: f64,
    attempts: f64,
    wins: f64,
}

impl Met {
    /// `None` of a question that the learner did not meet.
    fn of(
        course: &Course,
        question: &Question,
        belief: &Belief,
        model: &TracingModel,
    ) -> Option<Self> {
        let met = belief.question(question.key);
        if met.attempts == 0 {
            return None;
        }
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        let easiness = model.question(&QuestionView::of(question, &skills)).easiness;
        Some(Self {
            easiness: easiness.mean,
            difficulty: difficulty_logits(question.difficulty),
            guess: guess_of(question),
            attempts: met.attempts.into(),
            wins: met.wins.into(),
        })
    }
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
    /// The reading of the record: of few answers it is the most probable level and its variance, of
    /// many the filter's own.
    fn read(
        &self,
        belief: &Belief,
        view: &SkillView,
        newcomer: &SkillView,
        difficulty: f64,
        at: Timestamp,
    ) -> SkillView {
        let prior = Prior::of(belief, view);
        let own = 1.0
            - (f64::from(view.attempts.max(ANSWERS_FEW)) - f64::from(ANSWERS_FEW))
                / f64::from(ANSWERS_MANY - ANSWERS_FEW);
        if own <= 0.0 {
            return *view;
        }
        // What a newcomer is expected to do with a question of no difficulty.
        let base = newcomer.logit + difficulty;
        let (level, variance) = self.most_probable(base, &prior);
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
            let step = (score / information).clamp(-1.0, 1.0);
            level += step;
            if step.abs() < STEP_MIN {
                break;
            }
        }
        (level, 1.0 / information)
    }

    /// What was asked, as its authors rated it: what others found easy moves a reading no further.
    fn rated(&self, skill: &SkillReference) -> Rated {
        let asked: f64 = self.met.iter().map(|met| met.attempts).sum();
        let sum =
            |of: fn(&Met) -> f64| self.met.iter().map(|met| met.attempts * of(met)).sum::<f64>();
        let harder = sum(|met| met.difficulty) / asked - skill.difficulty;
        Rated { harder, guess: sum(|met| met.guess) / asked }
    }
}

/// The questions that answers were given to.
#[derive(Clone, Copy, Debug)]
struct Rated {
    /// By how many logits they are harder than the skill's median question.
    harder: f64,
    /// The chance of guessing them.
    guess: f64,
}

impl Rated {
    /// The median question of a skill.
    fn of(skill: &SkillReference) -> Self {
        Self { harder: 0.0, guess: bounded_guess(skill.guess) }
    }

    /// A reading no further from the latest answers than they can mean.
    fn held(self, view: SkillView, latest: Latest) -> SkillView {
        if !latest.count() {
            return view;
        }
        let Self { harder, guess } = self;
        let known = |success: f64| {
            let share = (success - guess) / (1.0 - guess - SLIP);
            logit(share.clamp(0.001, 0.999)) + harder
        };
        let spread = super::tracing::shrink(view.variance);
        let read = logistic(view.logit * spread - harder);
        let success = guess + (1.0 - guess - SLIP) * read;
        if !latest.is_improbable(success) {
            return view;
        }
        let Latest { answers, right } = latest;
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
