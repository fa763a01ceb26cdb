//! Reading a closing check: how a learner stands to it, what it asks, and what came of it.

use crate::catalog::{Activity, Course};
use crate::learner::closing_check::{CheckStanding, ClosingCheck, drawn, taken};
use crate::time::Timestamp;
use crate::workspace::LearnerState;

/// A closing check as it stands for one learner.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosingCheckView<'a> {
    pub check: &'a Activity,
    /// How the learner stands to it.
    pub standing: CheckStanding,
    /// What was done of it so far.
    pub begun: Option<&'a ClosingCheck>,
    /// What it still asks, as positions in [`Course::questions`], in their order; only while it is
    /// open.
    pub open: Vec<usize>,
}

/// The closing check of a course for a learner at a moment; `None` when the course has none.
#[must_use]
pub fn closing_check<'a>(
    course: &'a Course,
    learner: &'a LearnerState,
    at: Timestamp,
) -> Option<ClosingCheckView<'a>> {
    let check = course.closing_check()?;
    let Some(progress) = learner.progress(course.id.as_str()) else {
        let (standing, open) = (CheckStanding::NotDue, Vec::new());
        return Some(ClosingCheckView { check, standing, begun: None, open });
    };
    let at = at.max(learner.last_at);
    let standing = CheckStanding::of(course, progress, progress.minutes, at);
    let begun = taken(course, progress);
    let answered = begun.map_or(0, |begun| begun.answered);
    let open = match standing {
        CheckStanding::Open => {
            let questions = drawn(course, check, progress.began).into_iter().enumerate();
            let waits = questions.filter(|(place, _)| answered >> place & 1 == 0);
            waits.map(|(_, question)| question).collect()
        }
        _ => Vec::new(),
    };
    Some(ClosingCheckView { check, standing, begun, open })
}
