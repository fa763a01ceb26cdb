//! The activity before, and what the course advises after it: its remedial activities when it was
//! failed, its advanced ones when it was passed. The rules of candidacy and the features of
//! policies both ask here, so that they never mean different things.

use crate::catalog::{Activity, Course};
use crate::learner::progress::CourseProgress;

/// A mean grade of at least this passes an activity; below it the activity was failed.
pub const PASSED: f64 = 0.6;

/// The activity that was left or completed last.
#[derive(Clone, Copy, Debug)]
pub struct Last<'a> {
    /// Which activity.
    pub activity: &'a Activity,
    /// Mean grade of the answers in its latest round, in [0, 1]; `None` when it had none.
    pub grade: Option<f64>,
}

impl<'a> Last<'a> {
    /// The activity before, unless there was none or this version of the course has it no more.
    #[must_use]
    pub fn of(course: &'a Course, progress: &CourseProgress) -> Option<Self> {
        let key = progress.recent.last()?;
        let activity = course.activities.iter().find(|activity| activity.key == *key)?;
        let grade = progress.activity(*key).and_then(|entry| entry.grade_mean());
        Some(Self { activity, grade })
    }

    /// Whether it was failed and names the activity at this position as remedial.
    #[must_use]
    pub fn remedies(&self, position: usize) -> bool {
        let failed = self.grade.is_some_and(|grade| grade < PASSED);
        failed && self.activity.remedial.contains(&position)
    }

    /// Whether it was passed and names the activity at this position as advanced.
    #[must_use]
    pub fn advances(&self, position: usize) -> bool {
        let passed = self.grade.is_some_and(|grade| grade >= PASSED);
        passed && self.activity.advanced.contains(&position)
    }
}
