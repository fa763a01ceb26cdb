//! Which declaration of rewards a decision is held to: that of the course version it was made
//! under, whatever was published since.

use crate::catalog::{Course, RewardDeclaration};
use crate::ids::CourseId;
use std::collections::BTreeMap;
use std::sync::Arc;

static USUAL: RewardDeclaration = RewardDeclaration::USUAL;

/// The declarations of one course, by version.
#[derive(Clone, Copy, Debug)]
pub struct Declarations<'a> {
    versions: Option<&'a BTreeMap<u32, Arc<Course>>>,
}

impl<'a> Declarations<'a> {
    /// The declarations of a course among all that are published.
    #[must_use]
    pub fn of(
        courses: &'a BTreeMap<CourseId, BTreeMap<u32, Arc<Course>>>,
        course: &CourseId,
    ) -> Self {
        Self { versions: courses.get(course) }
    }

    /// The declaration of a version; the usual one when there is no such version.
    #[must_use]
    pub fn version(&self, version: u32) -> &'a RewardDeclaration {
        let course = self.versions.and_then(|versions| versions.get(&version));
        course.map_or(&USUAL, |course| &course.reward)
    }
}
