//! The class view: what a group of learners seems to know, skill by skill.
//!
//! It is a sum over the views of single learners and holds nothing that they do not: a test adds
//! up single answers and compares.

use crate::learners::evidence::NextStep;
use crate::standing::{ClassLearner, StandingCounts, StandingRules, last_answer};
use crate::{examples, time};
use nexus_engine::catalog::Course;
use nexus_engine::learner::mastery::{SkillStatus, SkillView};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The most learners of one request.
pub const LEARNERS_MAX: usize = 1_000;
/// The most stuck learners that are named a skill; all are counted.
pub const STUCK_MAX: usize = 20;
/// Bins of the histogram, each a tenth wide.
pub const BINS: usize = 10;

/// Whose class view is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::class)]
pub struct ClassRequest {
    /// Their ids, at most 1,000; one that comes twice counts once.
    #[schema(max_items = 1000)]
    pub learners: Vec<String>,
    /// Only those who answered within so many days, from 1 to 3,650; everybody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub active_days: Option<u32>,
}

/// What a group of learners seems to know of a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassBody {
    /// The id of the course.
    pub course: String,
    /// The title that people read.
    pub title: String,
    /// Its latest version, whose skills these are.
    pub course_version: u32,
    /// The moment it is true for: recall fades with time.
    #[schema(format = DateTime)]
    pub at: String,
    /// How many learners are counted below.
    pub learners: usize,
    /// How many learners were ever seen in the course.
    pub course_learners: u64,
    /// Ids that were asked for and that the course has never seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// Where the next page begins: ask with `?after=` this value. Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The days within which an answer was asked for, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_days: Option<u32>,
    /// Learners who were looked at and left out, because they answered nothing in these days.
    pub inactive: usize,
    /// Test learners of the course that were looked at: they count nowhere else here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<String>,
    /// How many learners stand where, as a whole.
    pub standings: StandingCounts,
    /// The numbers behind these words.
    pub rules: StandingRules,
    /// The learners, by need: who is struggling longest first.
    pub rows: Vec<ClassLearner>,
    /// Its skills, in file order.
    pub skills: Vec<ClassSkill>,
    /// The journal entry that the first learner was looked at after.
    pub seq: u64,
}

/// What a group of learners seems to know of one skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassSkill {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Skills that come before it.
    pub requires: Vec<String>,
    /// How many learners stand where.
    pub statuses: StatusCounts,
    /// Learners who answered at least once. All numbers below are of these.
    pub asked: usize,
    /// Learners who were never asked; the same as `statuses.not_started`.
    pub never_asked: usize,
    /// How many have a probability of mastery in [0, 0.1), [0.1, 0.2), ... [0.9, 1].
    #[schema(min_items = 10, max_items = 10)]
    pub histogram: Vec<usize>,
    /// Quartiles of predicted success on the skill's median question; absent without answers.
    pub expected_success: Option<Quartiles>,
    /// Mean probability that what was known is remembered now; absent without answers.
    pub mean_recall: Option<f64>,
    /// How many are due for review.
    pub due_for_review: usize,
    /// Who is stuck, longest first, at most 20; `statuses.stuck` counts all.
    pub stuck_learners: Vec<StuckLearner>,
}

/// How many learners stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusCounts {
    /// Learners without an answer in it.
    pub not_started: usize,
    /// Learners who practise it and have not mastered it.
    pub learning: usize,
    /// Learners who have mastered it.
    pub mastered: usize,
    /// Was known, and fades.
    pub fragile: usize,
    /// Much tried, not learned.
    pub stuck: usize,
}

/// The values below which a quarter, a half and three quarters of the learners lie: each is the
/// value of a learner, the one at place `ceil(q n)` of `n` in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quartiles {
    /// A quarter lies at or below it.
    pub low: f64,
    /// Half lies at or below it.
    pub median: f64,
    /// Three quarters lie at or below it.
    pub high: f64,
}

/// A learner who is stuck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StuckLearner {
    /// The id of the learner.
    pub learner: String,
    /// Answers without a gain.
    pub attempts_since_gain: u32,
    /// What to try; absent when the skill builds on no other: time for a person.
    pub next_step: Option<NextStep>,
}

/// The sum while it is built.
#[derive(Clone, Debug)]
pub struct ClassFold {
    course: Arc<Course>,
    learners: usize,
    /// The earliest answer that counts as active; everybody counts when absent.
    active_since: Option<Timestamp>,
    inactive: usize,
    tests: Vec<String>,
    rows: Vec<ClassLearner>,
    skills: Vec<SkillFold>,
}

/// What a class view says of itself.
#[derive(Clone, Debug, Default)]
pub struct ClassFrame {
    /// The moment that it is true for.
    pub at: Timestamp,
    /// The journal entry that it begins after.
    pub seq: u64,
    /// How many learners were ever seen in the course.
    pub course_learners: u64,
    /// The days within which an answer was asked for.
    pub active_days: Option<u32>,
}

#[derive(Clone, Debug, Default)]
struct SkillFold {
    statuses: StatusCounts,
    histogram: [usize; BINS],
    successes: Vec<f64>,
    recall_sum: f64,
    due: usize,
    stuck: Vec<StuckLearner>,
}

impl ClassFold {
    /// An empty fold over this version of a course, of those who answered since some moment.
    #[must_use]
    pub fn new(course: Arc<Course>, active_since: Option<Timestamp>) -> Self {
        let skills = vec![SkillFold::default(); course.skills.len()];
        let (tests, rows) = (Vec::new(), Vec::new());
        Self { course, learners: 0, active_since, inactive: 0, tests, rows, skills }
    }

    /// How many learners are in it.
    #[must_use]
    pub fn learners(&self) -> usize {
        self.learners
    }

    /// Adds a test learner, who is named and counts nowhere.
    pub fn add_test(&mut self, learner: String) {
        self.tests.push(learner);
    }

    /// Adds a learner, by the views of the course's skills in file order, and their row.
    pub fn add(&mut self, views: &[SkillView], row: ClassLearner) {
        if self.active_since.is_some_and(|since| last_answer(views).is_none_or(|at| at < since)) {
            self.inactive += 1;
            return;
        }
        self.learners += 1;
        let mastered = |skill: usize| views[skill].mastered_probability;
        for (position, (fold, view)) in self.skills.iter_mut().zip(views).enumerate() {
            fold.add(view);
            if view.status == SkillStatus::Stuck {
                fold.stuck.push(StuckLearner {
                    learner: row.learner.clone(),
                    attempts_since_gain: view.attempts_since_gain,
                    next_step: NextStep::new(&self.course, position, mastered),
                });
                if fold.stuck.len() > 2 * STUCK_MAX {
                    fold.keep_longest();
                }
            }
        }
        self.rows.push(row);
    }

    /// The view of everybody added so far.
    #[must_use]
    pub fn finish(
        mut self,
        frame: &ClassFrame,
        unknown: Vec<String>,
        next: Option<String>,
    ) -> ClassBody {
        self.rows.sort_by(|one, other| one.need().cmp(&other.need()));
        let mut standings = StandingCounts::default();
        self.rows.iter().for_each(|row| standings.add(row.standing));
        let course = &self.course;
        let skills = course.skills.iter().zip(self.skills);
        let skills = skills.map(|(skill, fold)| {
            let requires =
                skill.requires.iter().map(|needed| course.skills[*needed].id.to_string());
            let mut body = fold.finish();
            body.skill = skill.id.to_string();
            body.title.clone_from(&skill.title);
            body.requires = requires.collect();
            body
        });
        ClassBody {
            course: course.id.to_string(),
            title: course.title.clone(),
            course_version: course.version,
            at: time::print(frame.at),
            learners: self.learners,
            course_learners: frame.course_learners,
            unknown,
            next,
            active_days: frame.active_days,
            inactive: self.inactive,
            tests: self.tests,
            standings,
            rules: StandingRules::default(),
            rows: self.rows,
            seq: frame.seq,
            skills: skills.collect(),
        }
    }
}

impl SkillFold {
    fn add(&mut self, view: &SkillView) {
        let statuses = &mut self.statuses;
        let count = match view.status {
            SkillStatus::NotStarted => &mut statuses.not_started,
            SkillStatus::Learning => &mut statuses.learning,
            SkillStatus::Mastered => &mut statuses.mastered,
            SkillStatus::Fragile => &mut statuses.fragile,
            SkillStatus::Stuck => &mut statuses.stuck,
        };
        *count += 1;
        if view.status == SkillStatus::NotStarted {
            return;
        }
        // A probability of exactly 1 belongs into the last bin.
        let bin = (view.mastered_probability * BINS as f64) as usize;
        self.histogram[bin.min(BINS - 1)] += 1;
        self.successes.push(view.expected_success);
        self.recall_sum += view.recall;
        self.due += usize::from(view.due_for_review);
    }

    /// Longest first; those who are stuck equally long in the order of their ids.
    fn keep_longest(&mut self) {
        self.stuck.sort_by(|one, other| {
            let longer = other.attempts_since_gain.cmp(&one.attempts_since_gain);
            longer.then_with(|| one.learner.cmp(&other.learner))
        });
        self.stuck.truncate(STUCK_MAX);
    }

    fn finish(mut self) -> ClassSkill {
        self.keep_longest();
        self.successes.sort_by(f64::total_cmp);
        let asked = self.successes.len();
        ClassSkill {
            skill: String::new(),
            title: String::new(),
            requires: Vec::new(),
            statuses: self.statuses,
            asked,
            never_asked: self.statuses.not_started,
            histogram: self.histogram.to_vec(),
            expected_success: quartiles(&self.successes),
            mean_recall: (asked > 0).then(|| self.recall_sum / asked as f64),
            due_for_review: self.due,
            stuck_learners: self.stuck,
        }
    }
}

fn quartiles(sorted: &[f64]) -> Option<Quartiles> {
    let n = sorted.len();
    let at = |quarters: usize| sorted[(quarters * n).div_ceil(4) - 1];
    (n > 0).then(|| Quartiles { low: at(1), median: at(2), high: at(3) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], expected: Option<(f64, f64, f64)>) {
        let expected = expected.map(|(low, median, high)| Quartiles { low, median, high });
        assert_eq!(quartiles(values), expected);
    }

    // By counting on fingers: the value at place ceil(q n).
    #[test]
    fn quartiles_are_values_of_learners() {
        check(&[], None);
        check(&[0.5], Some((0.5, 0.5, 0.5)));
        check(&[0.1, 0.2], Some((0.1, 0.1, 0.2)));
        check(&[0.1, 0.2, 0.3, 0.4], Some((0.1, 0.2, 0.3)));
        check(&[0.1, 0.2, 0.3, 0.4, 0.5], Some((0.2, 0.3, 0.4)));
    }
}
