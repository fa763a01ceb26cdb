//! What a learner has done of each activity of a course: looked up once a decision, because the
//! rules ask for it many times.

use crate::catalog::Course;
use crate::learner::progress::{ActivityProgress, CourseProgress};

/// The learner's entry of each activity, by its position in [`Course::activities`].
#[derive(Clone, Debug)]
pub(super) struct Done<'a> {
    entries: Vec<Option<&'a ActivityProgress>>,
}

impl<'a> Done<'a> {
    /// Looks all of them up.
    pub fn of(course: &Course, progress: &'a CourseProgress) -> Self {
        let mut next = progress.activities.iter();
        let look_up = |key| match next.as_slice().first() {
            // Keys mostly ascend as positions do: the entry after the last one found is often it.
            Some(entry) if entry.activity == key => next.next(),
            _ => progress.activity(key),
        };
        Self {
            entries: course.activities.iter().map(|activity| activity.key).map(look_up).collect(),
        }
    }

    /// What was done in an activity, if anything.
    pub fn entry(&self, position: usize) -> Option<&'a ActivityProgress> {
        self.entries[position]
    }

    /// Whether it was ever completed.
    pub fn completed(&self, position: usize) -> bool {
        self.entries[position].is_some_and(|entry| entry.completed_at.is_some())
    }

    /// Times it was started.
    pub fn starts(&self, position: usize) -> u16 {
        self.entries[position].map_or(0, |entry| entry.starts)
    }
}
