//! The closing check: which questions it asks a learner, when it is due, and what came of it.
//!
//! Its questions are drawn at random from the whole course, so that what they measure is what the
//! course teaches and not what a policy preferred to show. They are stratified by skill: a question
//! belongs to the first of its skills that the check asks about, and each skill gives one question
//! before any gives two. The draw is seeded with the course, its version and the place in the
//! journal of the learner's first event of the course. So it is the same at every reading and at
//! every replay, also when the learner's name is erased.

use super::progress::CourseProgress;
use crate::catalog::{Activity, Course};
use crate::ids::QuestionKey;
use crate::time::Timestamp;
use crate::words;
use nexus_stats::random::Stream;

/// What came of a closing check, under one version of the course.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosingCheck {
    pub course_version: u32,
    /// Questions that it asks.
    pub asked: u32,
    /// Its answered questions, by their place in the draw: bit 0 is the first.
    pub answered: u32,
    /// Those among them that were answered right.
    pub right: u32,
    /// Sum of their grades, in millionths.
    pub grade_sum_micros: i64,
    /// Minutes of learning before it began.
    pub minutes: f64,
    pub began_at: Timestamp,
    /// When the last question was answered, or the learning site said that it is over.
    pub completed_at: Option<Timestamp>,
    /// Whether the learner left it on purpose; opening it again goes on with it.
    pub skipped: bool,
}

impl ClosingCheck {
    /// How many questions were answered.
    #[must_use]
    pub fn answers(&self) -> u32 {
        self.answered.count_ones()
    }

    /// The mean grade over all questions that it asks, in [0, 1], once it is completed: what was
    /// not answered counts as wrong.
    #[must_use]
    pub fn mean_grade(&self) -> Option<f64> {
        let completed = self.completed_at.is_some() && self.asked > 0;
        completed.then(|| self.grade_sum_micros as f64 / 1e6 / f64::from(self.asked))
    }

    /// Takes in the answer to the question at a place of the draw; of several to one question the
    /// first counts. Says whether it counted.
    pub fn take(&mut self, place: usize, grade: f64, right: bool) -> bool {
        let bit = 1_u32.checked_shl(place as u32).unwrap_or(0);
        if self.completed_at.is_some() || bit == 0 || self.answered & bit != 0 {
            return false;
        }
        self.answered |= bit;
        self.right += u32::from(right);
        self.grade_sum_micros += (grade * 1e6).round() as i64;
        true
    }
}

/// How a learner stands to the closing check of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStanding {
    /// Its time has not come.
    NotDue,
    /// It waits to be shown, or asks questions.
    Open,
    Done,
    /// The learner left it on purpose; opening it again goes on with it.
    Skipped,
}

words!(CheckStanding {
    NotDue => "not_due",
    Open => "open",
    Done => "done",
    Skipped => "skipped",
});

impl CheckStanding {
    /// Reads it from what a learner has done, with so many minutes of learning.
    #[must_use]
    pub fn of(course: &Course, progress: &CourseProgress, minutes: f64, at: Timestamp) -> Self {
        match taken(course, progress) {
            Some(check) if check.completed_at.is_some() => Self::Done,
            Some(check) if check.skipped => Self::Skipped,
            Some(_) => Self::Open,
            None if course.ends.is_some_and(|ends| ends.reached(minutes, at)) => Self::Open,
            None if all_required_done(course, progress) => Self::Open,
            None => Self::NotDue,
        }
    }
}

/// Whether a learner should take the closing check of a course now: all that is required is
/// completed, or the course has ended for them, and they have neither taken nor skipped it under
/// this version. Never true of a course without one.
#[must_use]
pub fn closing_check_due(
    course: &Course,
    progress: &CourseProgress,
    minutes: f64,
    at: Timestamp,
) -> bool {
    let standing = || CheckStanding::of(course, progress, minutes, at);
    course.closing_check().is_some() && standing() == CheckStanding::Open
}

/// What a learner has done of the check of this version of the course, or of a later one.
#[must_use]
pub fn taken<'a>(course: &Course, progress: &'a CourseProgress) -> Option<&'a ClosingCheck> {
    let check = progress.outcome.as_deref()?.check.as_ref()?;
    (check.course_version >= course.version).then_some(check)
}

/// Whether every required activity is completed. Of a course that requires nothing, everything
/// counts that teaches on its path.
fn all_required_done(course: &Course, progress: &CourseProgress) -> bool {
    let done = |activity: &Activity| progress.completed(activity.key);
    let mut required = course.activities.iter().filter(|activity| activity.required).peekable();
    if required.peek().is_some() {
        return required.all(done);
    }
    let path = course.path.iter().map(|position| &course.activities[*position]);
    path.filter(|activity| !activity.kind.measures()).all(done)
}

/// The questions that a check asks the learner who began the course at this place of the journal,
/// as positions in [`Course::questions`], in the order in which it asks them.
#[must_use]
pub fn drawn(course: &Course, check: &Activity, began: u64) -> Vec<usize> {
    let purpose = format!("closing check/{}/{}", course.id, course.version);
    let mut stream = Stream::keyed(began, &purpose);
    let mut strata = strata(course, check);
    stream.shuffle(&mut strata);
    strata.iter_mut().for_each(|stratum| stream.shuffle(stratum));
    let rounds = strata.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..rounds).flat_map(|round| strata.iter().filter_map(move |it| it.get(round)));
    let mut questions: Vec<usize> = turns.copied().take(check.check_questions as usize).collect();
    stream.shuffle(&mut questions);
    questions
}

/// What it may ask, by the first skill of each question that it asks about.
fn strata(course: &Course, check: &Activity) -> Vec<Vec<usize>> {
    let mut strata = vec![Vec::new(); course.skills.len()];
    for (position, question) in course.questions.iter().enumerate() {
        let skill = question.skills.iter().find(|skill| check.skills.contains(skill));
        if let (Some(skill), true) = (skill, course.in_pool(check, question)) {
            strata[*skill].push(position);
        }
    }
    strata.retain(|stratum| !stratum.is_empty());
    strata
}

/// Where a question stands in a learner's draw; `None` when the check does not ask it.
#[must_use]
pub fn place(
    course: &Course,
    check: &Activity,
    progress: &CourseProgress,
    question: QuestionKey,
) -> Option<usize> {
    let drawn = drawn(course, check, progress.began);
    drawn.iter().position(|position| course.questions[*position].key == question)
}
