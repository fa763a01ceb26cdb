//! The foreign names of all courses.

use nexus_api::FieldProblem;
use nexus_engine::catalog::{Activity, Course, IriTarget, Question};
use std::sync::Arc;

/// The latest versions of all courses that have foreign names.
#[derive(Clone, Debug, Default)]
pub struct IriIndex {
    courses: Vec<Arc<Course>>,
}

/// What a foreign name stands for.
#[derive(Clone, Copy, Debug)]
pub struct NamedThing<'a> {
    pub course: &'a Course,
    pub thing: Thing<'a>,
}

/// An activity or a question.
#[derive(Clone, Copy, Debug)]
pub enum Thing<'a> {
    Activity(&'a Activity),
    Question(&'a Question),
}

impl IriIndex {
    /// An index of courses, of which those without foreign names are left out.
    pub fn new(courses: impl IntoIterator<Item = Arc<Course>>) -> Self {
        let courses = courses.into_iter().filter(|course| !course.iris.is_empty());
        Self { courses: courses.collect() }
    }

    /// Whether no course has foreign names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.courses.is_empty()
    }

    /// What a name stands for: the best match of all courses.
    ///
    /// Errors: `unknown_object` when no course knows it, `ambiguous_object` when two know it alike.
    pub fn find(&self, iri: &str, pointer: &str) -> Result<NamedThing<'_>, FieldProblem> {
        let found = self.courses.iter().filter_map(|course| {
            course.iris.find(iri).map(|(matched, target)| (matched, target, course))
        });
        let found: Vec<_> = found.collect();
        let best = found.iter().map(|(matched, ..)| *matched).max();
        let mut best = found.iter().filter(|(matched, ..)| Some(*matched) == best);
        let Some((_, target, course)) = best.next() else {
            let detail = format!("no course has {iri:?} among its `iris`");
            return Err(FieldProblem::new(pointer, "unknown_object", detail));
        };
        if let Some((.., other)) = best.next() {
            let detail = format!(
                "the courses {:?} and {:?} both have {iri:?} among their `iris`",
                course.id.as_str(),
                other.id.as_str()
            );
            return Err(FieldProblem::new(pointer, "ambiguous_object", detail));
        }
        let thing = match target {
            IriTarget::Activity(position) => Thing::Activity(&course.activities[*position]),
            IriTarget::Question(position) => Thing::Question(&course.questions[*position]),
        };
        Ok(NamedThing { course, thing })
    }

    /// The one course with names that begin so.
    ///
    /// Errors: `unknown_object` when there is none, `ambiguous_object` when there are two.
    pub fn course_beginning(&self, start: &str, pointer: &str) -> Result<&Course, FieldProblem> {
        let mut found = self.courses.iter().filter(|course| course.iris.has_beginning(start));
        match (found.next(), found.next()) {
            (Some(course), None) => Ok(course),
            (None, _) => {
                let detail = format!("no course has names that begin with {start:?} in its `iris`");
                Err(FieldProblem::new(pointer, "unknown_object", detail))
            }
            (Some(_), Some(_)) => {
                let detail = format!("two courses have names that begin with {start:?}");
                Err(FieldProblem::new(pointer, "ambiguous_object", detail))
            }
        }
    }
}

impl<'a> NamedThing<'a> {
    /// The activity that is meant, or that of the question.
    #[must_use]
    pub fn activity(&self) -> &'a Activity {
        match self.thing {
            Thing::Activity(activity) => activity,
            Thing::Question(question) => &self.course.activities[question.activity],
        }
    }

    /// The question that is meant, or the only one of the activity.
    #[must_use]
    pub fn question(&self) -> Option<&'a Question> {
        match self.thing {
            Thing::Question(question) => Some(question),
            Thing::Activity(activity) => match activity.questions.as_slice() {
                [only] => Some(&self.course.questions[*only]),
                _ => None,
            },
        }
    }
}
