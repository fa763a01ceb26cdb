//! What happens in a closing check: it begins, is answered, left, and completed.

use super::EventTarget;
use crate::catalog::Activity;
use crate::catalog::grading::is_right;
use crate::decision::attribution::Attribution;
use crate::event::Answer;
use crate::ids::QuestionKey;
use crate::learner::closing_check::{ClosingCheck, closing_check_due, place, taken};
use crate::learner::mastery::Looking;
use crate::learner::progress::CourseOutcome;
use crate::workspace::LearnerState;

impl EventTarget<'_> {
    /// Opens the check when it is due, or goes on with it. What is answered before is evidence
    /// about the learner and no outcome of the course.
    pub(super) fn begin_check(&mut self, check: &Activity) -> Option<&mut ClosingCheck> {
        if taken(self.course, self.progress).is_none() {
            let minutes = self.progress.minutes;
            if !closing_check_due(self.course, self.progress, minutes, self.at) {
                return None;
            }
            let begun = ClosingCheck {
                course_version: self.course.version,
                asked: check.check_questions,
                answered: 0,
                right: 0,
                grade_sum_micros: 0,
                minutes,
                began_at: self.at,
                completed_at: None,
                skipped: false,
            };
            self.outcome().check = Some(begun);
        }
        let version = self.course.version;
        // What arrives late from an older version is no part of a newer check.
        self.outcome().check.as_mut().filter(|check| check.course_version == version)
    }

    /// Counts an answer in the check. It is evidence and a measurement: no grade of the course, and
    /// no streak.
    pub(super) fn checked(
        &mut self,
        check: &Activity,
        question: QuestionKey,
        answer: &Answer,
    ) -> Attribution {
        self.count_measured(check, answer);
        let Some(place) = place(self.course, check, self.progress, question) else {
            return Attribution::None;
        };
        let Some(begun) = self.begin_check(check) else { return Attribution::None };
        begun.skipped = false;
        let counts = begun.take(place, answer.grade, is_right(answer.grade));
        if counts && begun.answers() == begun.asked {
            return self.completed(check);
        }
        Attribution::None
    }

    pub(super) fn complete_check(&mut self, check: &Activity) {
        let at = self.at;
        let Some(begun) = self.begin_check(check) else { return };
        // Who hands in an empty sheet did not come.
        begun.skipped = begun.answers() == 0;
        if !begun.skipped {
            begun.completed_at.get_or_insert(at);
        }
    }

    pub(super) fn skip_check(&mut self, check: &Activity) {
        if let Some(begun) = self.begin_check(check).filter(|begun| begun.completed_at.is_none()) {
            begun.skipped = true;
        }
    }

    /// Keeps what was expected of the learner when the placement was over: what the outcome of the
    /// course is compared with.
    pub(super) fn note_placed_success(&mut self, learner: &LearnerState) {
        let Some(check) = self.course.closing_check() else { return };
        let looking = Looking::at(&learner.belief, &self.shared.tracing, self.at);
        let expected =
            |skill: &usize| looking.view(&self.course.skills[*skill].reference()).expected_success;
        let sum: f64 = check.skills.iter().map(expected).sum();
        let mean = sum / check.skills.len().max(1) as f64;
        self.outcome().placed_success = Some(mean);
    }

    fn outcome(&mut self) -> &mut CourseOutcome {
        self.progress.outcome.get_or_insert_default()
    }
}
