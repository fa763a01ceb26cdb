//! Validation of a course draft: everything that is wrong, each with its place.
//!
//! A course is published whole or refused whole. [`check`] lists every problem at once, so that an
//! author repairs a file in one round; [`publish`] builds what has none. What counts as a
//! problem is written down, code by code, in `docs/course-format.md`.

mod answers;
mod build;
mod fields;
mod iris;
mod limits;
mod order;
mod outcome;
mod pacing;
mod place;
mod placement;
mod references;
mod reward;
mod supports;

pub use limits::*;
pub use place::{Place, PlaceStep};

use super::{Course, CourseDraft, Names};
use place::{At, Problems};
use std::fmt;

/// One thing that is wrong with a course draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseProblem {
    /// Where in the draft.
    pub place: Place,
    /// A stable word for programs, in `snake_case`.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl fmt::Display for CourseProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [{}] {}", self.place, self.code, self.message)
    }
}

/// Everything that is wrong with a draft, in the order of the file; empty when it can be
/// published. At most [`PROBLEMS_MAX`] are listed; a last one with the code `more_problems` counts the rest.
#[must_use]
pub fn check(draft: &CourseDraft) -> Vec<CourseProblem> {
    let mut problems = Problems::default();
    limits::check_sizes(draft, &mut problems);
    if !problems.is_empty() {
        // Looking closer at a draft of this size would cost more than it tells.
        return problems.into_list();
    }
    fields::check_fields(draft, &mut problems);
    let index = references::Index::new(draft, &mut problems);
    references::check_references(draft, &index, &mut problems);
    placement::check_placements(draft, &index, &mut problems);
    pacing::check_pacing(draft, &mut problems);
    outcome::check_outcome(draft, &index, &mut problems);
    iris::check_iris(draft, &index, &mut problems);
    order::check_order(draft, &index, &mut problems);
    problems.into_list()
}

/// Publishes a draft that has no problem.
///
/// `names` gives the keys and is touched only on success.
///
/// Errors: all problems of the draft, as [`check`] lists them; never an empty list.
pub fn publish(draft: &CourseDraft, names: &mut Names) -> Result<Course, Vec<CourseProblem>> {
    let problems = check(draft);
    if !problems.is_empty() {
        return Err(problems);
    }
    restore(&draft.spelled_out(), names)
}

/// Builds a draft that was published before, without asking today's rules again: a rule that was
/// added since must not make a course vanish from a journal.
///
/// Errors: when an id of the draft is no id at all.
pub fn restore(draft: &CourseDraft, names: &mut Names) -> Result<Course, Vec<CourseProblem>> {
    build::build(draft, names).map_err(|refusal| {
        // The rules for course ids are narrower than those of the engine, so this is a bug of
        // ours; the author still deserves an answer.
        vec![CourseProblem { place: Place::root(), code: "bad_id", message: refusal.to_string() }]
    })
}

#[cfg(test)]
mod tests;
