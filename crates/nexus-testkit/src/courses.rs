//! Three courses: a tiny one, a large one, and the one that is shipped.

use crate::course::{ActivityBuilder, CourseBuilder, course, exercise, reading};
use nexus_engine::catalog::CourseDraft;

/// The activities and skills of [`tiny`], in order.
pub const TINY: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

/// Six exercises of growing difficulty with a skill and a question each: `one` asks `one-q`. No
/// skill comes before another, so all may be chosen at once.
#[must_use]
pub fn tiny() -> CourseDraft {
    let activity = |(position, id): (usize, &&str)| {
        let difficulty = 0.3 + 0.05 * position as f64;
        exercise(id, id).of_difficulty(difficulty).asks([format!("{id}-q")])
    };
    course("sums").teaches(TINY.iter().enumerate().map(activity))
}

/// So many readings on one skill, `reading-0` and so on, all of which may be chosen.
#[must_use]
pub fn large(activities: usize) -> CourseDraft {
    let readings = (0..activities).map(|number| reading(&format!("reading-{number}"), "skill"));
    course("course").teaches(readings)
}

/// The course that is shipped with Nexus: `courses/probability-from-zero.yaml`.
///
/// Panics: when the file has problems.
#[cfg(feature = "shipped")]
#[must_use]
pub fn shipped() -> CourseDraft {
    let text = include_str!("../../../courses/probability-from-zero.yaml");
    match nexus_ingest::course_file::read(text) {
        Ok(course) => course,
        Err(findings) => panic!("the course that is shipped has problems: {findings:?}"),
    }
}
