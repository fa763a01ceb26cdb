//! What to try when a learner is stuck: the weakest skill that the stuck one builds on, and the
//! activities of the course that teach or exercise it.
//!
//! More of what has not helped so far is wheel-spinning (Beck and Gong 2013); the gap often lies
//! one step further back. Teacher's pages, class views and the rules of decisions all ask here, so
//! that they never advise different things.

use crate::catalog::Course;

/// What to try instead of more of the same. Positions index the tables of the [`Course`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The weakest prerequisite, by its position in [`Course::skills`].
    pub prerequisite: usize,
    /// Activities that teach or exercise it and not the stuck skill, in path order; positions in
    /// [`Course::activities`]. May be empty.
    pub activities: Vec<usize>,
}

/// What to try when a learner is stuck in the skill at `skill`; `None` when it builds on nothing.
/// `mastered` is the probability that the learner masters the skill at a position, in [0, 1].
#[must_use]
pub fn remedy(course: &Course, skill: usize, mastered: impl Fn(usize) -> f64) -> Option<Remedy> {
    let requires = course.skills[skill].requires.iter().copied();
    // Equally weak ones: the first in file order, which is the order of `requires`.
    let weakest = requires.min_by(|one, other| mastered(*one).total_cmp(&mastered(*other)))?;
    let helps = |position: &usize| {
        let skills = &course.activities[*position].skills;
        skills.contains(&weakest) && !skills.contains(&skill)
    };
    let off_path = |position: &usize| !course.path.contains(position);
    let others = (0..course.activities.len()).filter(off_path);
    let activities = course.path.iter().copied().chain(others).filter(helps).collect();
    Some(Remedy { prerequisite: weakest, activities })
}
