//! The register of names: every skill, activity and question of every published course has one
//! small integer for ever, so that learner state stays compact and survives new course versions.

use crate::ids::{ActivityId, ActivityKey, CourseId, QuestionId, QuestionKey, SkillId, SkillKey};
use std::collections::BTreeMap;

/// Hands out keys in publication order, which the journal fixes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    skills: Register<SkillId>,
    activities: Register<ActivityId>,
    questions: Register<QuestionId>,
}

#[derive(Clone, Debug, PartialEq)]
struct Register<T> {
    keys: BTreeMap<(CourseId, T), u32>,
    names: Vec<(CourseId, T)>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self { keys: BTreeMap::new(), names: Vec::new() }
    }
}

impl<T: Clone + Ord> Register<T> {
    fn key(&mut self, course: &CourseId, name: &T) -> u32 {
        let full = (course.clone(), name.clone());
        if let Some(key) = self.keys.get(&full) {
            return *key;
        }
        let key = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.keys.insert(full.clone(), key);
        self.names.push(full);
        key
    }
}

impl Names {
    /// The key of a skill, made on first sight.
    pub fn skill(&mut self, course: &CourseId, id: &SkillId) -> SkillKey {
        SkillKey(self.skills.key(course, id))
    }

    /// The key of an activity, made on first sight.
    pub fn activity(&mut self, course: &CourseId, id: &ActivityId) -> ActivityKey {
        ActivityKey(self.activities.key(course, id))
    }

    /// The key of a question, made on first sight.
    pub fn question(&mut self, course: &CourseId, id: &QuestionId) -> QuestionKey {
        QuestionKey(self.questions.key(course, id))
    }

    /// How many skills have a key.
    #[must_use]
    pub fn skills_len(&self) -> usize {
        self.skills.names.len()
    }

    /// How many questions have a key.
    #[must_use]
    pub fn questions_len(&self) -> usize {
        self.questions.names.len()
    }

    /// The course and id behind a skill's key.
    #[must_use]
    pub fn skill_name(&self, key: SkillKey) -> Option<&(CourseId, SkillId)> {
        self.skills.names.get(key.index())
    }
}
