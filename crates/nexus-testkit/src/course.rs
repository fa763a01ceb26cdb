//! Builders of course drafts: what a test does not name is plain and the same everywhere.
//!
//! A course is a list of activities, and has the skills that they teach:
//!
//! ```
//! use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, video};
//!
//! let sums = course("sums").teaches([
//!     video("add-video", "add"),
//!     exercise("add-1", "add").asks(["a1", "a2"]),
//! ]);
//! assert_eq!(sums.skills.len(), 1);
//! ```

use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, PlacementDraft, QuestionDraft, SkillDraft, VideoDraft,
};
use nexus_engine::catalog::{Course, CourseDraft, Names, validation};

/// A course without activities.
#[must_use]
pub fn course(id: &str) -> CourseDraft {
    CourseDraft {
        format: 1,
        id: id.to_owned(),
        version: 1,
        title: id.to_owned(),
        language: "en".to_owned(),
        ..CourseDraft::default()
    }
}

/// What a test says of a course.
pub trait CourseBuilder: Sized {
    /// Begins another module. A course whose modules a test does not name has one.
    #[must_use]
    fn module(self, id: &str) -> Self;

    /// Adds activities to the last module, and the skills that they teach and the course lacks.
    #[must_use]
    fn teaches(self, activities: impl IntoIterator<Item = ActivityDraft>) -> Self;

    /// Adds a skill that others come before, or adds them to one that is there.
    #[must_use]
    fn skill(self, id: &str, requires: &[&str]) -> Self;

    /// The same course in another version.
    #[must_use]
    fn version(self, version: u32) -> Self;

    /// The course as the engine reads it.
    ///
    /// Panics: when the draft has problems.
    #[must_use]
    fn read(&self) -> Course;
}

impl CourseBuilder for CourseDraft {
    fn module(mut self, id: &str) -> Self {
        let (id, title) = (id.to_owned(), id.to_owned());
        self.modules.push(ModuleDraft { id, title, activities: Vec::new() });
        self
    }

    fn teaches(self, activities: impl IntoIterator<Item = ActivityDraft>) -> Self {
        let mut course = if self.modules.is_empty() { self.module("module") } else { self };
        let mut added = Vec::new();
        for activity in activities {
            let asked = activity.questions.iter().flat_map(|question| &question.skills);
            for skill in activity.skills.iter().chain(asked) {
                if course.skills.iter().all(|known| known.id != *skill) {
                    course.skills.push(named_skill(skill));
                }
            }
            added.push(activity);
        }
        if let Some(module) = course.modules.last_mut() {
            module.activities.extend(added);
        }
        course
    }

    fn skill(mut self, id: &str, requires: &[&str]) -> Self {
        let position = self.skills.iter().position(|known| known.id == id);
        let position = position.unwrap_or_else(|| {
            self.skills.push(named_skill(id));
            self.skills.len() - 1
        });
        self.skills[position].requires.extend(strings(requires));
        self
    }

    fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    fn read(&self) -> Course {
        match validation::publish(self, &mut Names::default()) {
            Ok(course) => course,
            Err(problems) => panic!("the course of a test has problems: {problems:?}"),
        }
    }
}

fn named_skill(id: &str) -> SkillDraft {
    SkillDraft { id: id.to_owned(), title: id.to_owned(), requires: Vec::new() }
}

fn strings(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Five minutes of middle difficulty on one skill.
fn activity(id: &str, kind: &str, skill: &str) -> ActivityDraft {
    ActivityDraft {
        id: id.to_owned(),
        kind: kind.to_owned(),
        title: id.to_owned(),
        skills: vec![skill.to_owned()],
        difficulty: 0.5,
        minutes: 5.0,
        ..ActivityDraft::default()
    }
}

/// A video of a minute.
#[must_use]
pub fn video(id: &str, skill: &str) -> ActivityDraft {
    let script = Some("Watch.".to_owned());
    let video = Some(VideoDraft { seconds: 60.0, url: None, script });
    ActivityDraft { video, ..activity(id, "video", skill) }
}

/// A reading of one word.
#[must_use]
pub fn reading(id: &str, skill: &str) -> ActivityDraft {
    ActivityDraft { text: Some("Read.".to_owned()), ..activity(id, "reading", skill) }
}

/// An exercise that asks nothing yet; see [`ActivityBuilder::asks`].
#[must_use]
pub fn exercise(id: &str, skill: &str) -> ActivityDraft {
    activity(id, "exercise", skill)
}

/// A quiz that asks nothing yet, and that the course requires.
#[must_use]
pub fn quiz(id: &str, skill: &str) -> ActivityDraft {
    ActivityDraft { required: true, ..activity(id, "quiz", skill) }
}

/// A placement over some skills that stops by these rules.
#[must_use]
pub fn placement(id: &str, skills: &[&str], rules: PlacementDraft) -> ActivityDraft {
    let placement = Some(rules);
    ActivityDraft { placement, skills: strings(skills), ..activity(id, "placement", "") }
}

/// A question whose answer is 4.
#[must_use]
pub fn question(id: &str) -> QuestionDraft {
    QuestionDraft {
        id: id.to_owned(),
        kind: "numeric".to_owned(),
        prompt: "How much?".to_owned(),
        answer: AnswerDraft::Number(4.0),
        explanation: "Count.".to_owned(),
        ..QuestionDraft::default()
    }
}

/// What a test says of an activity. Fields without a method are set with `..`.
pub trait ActivityBuilder: Sized {
    /// Adds a [`question`] for each id.
    #[must_use]
    fn asks<I: AsRef<str>>(self, questions: impl IntoIterator<Item = I>) -> Self;

    /// Another skill that it teaches.
    #[must_use]
    fn and_skill(self, skill: &str) -> Self;

    /// From 0 (very easy) to 1 (very hard).
    #[must_use]
    fn of_difficulty(self, difficulty: f64) -> Self;

    #[must_use]
    fn of_minutes(self, minutes: f64) -> Self;

    /// Activities that must be completed first.
    #[must_use]
    fn after(self, activities: &[&str]) -> Self;

    /// Activities to offer after failure.
    #[must_use]
    fn remedied_by(self, activities: &[&str]) -> Self;

    /// Activities to offer after success.
    #[must_use]
    fn advances_to(self, activities: &[&str]) -> Self;
}

impl ActivityBuilder for ActivityDraft {
    fn asks<I: AsRef<str>>(mut self, questions: impl IntoIterator<Item = I>) -> Self {
        self.questions.extend(questions.into_iter().map(|id| question(id.as_ref())));
        self
    }

    fn and_skill(mut self, skill: &str) -> Self {
        self.skills.push(skill.to_owned());
        self
    }

    fn of_difficulty(self, difficulty: f64) -> Self {
        Self { difficulty, ..self }
    }

    fn of_minutes(self, minutes: f64) -> Self {
        Self { minutes, ..self }
    }

    fn after(self, activities: &[&str]) -> Self {
        Self { requires: strings(activities), ..self }
    }

    fn remedied_by(self, activities: &[&str]) -> Self {
        Self { remedial: strings(activities), ..self }
    }

    fn advances_to(self, activities: &[&str]) -> Self {
        Self { advanced: strings(activities), ..self }
    }
}
