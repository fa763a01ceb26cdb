//! Reading the files of an OATutor collection.

use super::{Imported, convert};
use crate::Fault;
use crate::file::{self, BytesRead};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Lines of `content.jsonl` that are read.
const CONTENT_LINES_MAX: u64 = 1_000_000;

/// Everything a folder holds.
#[derive(Default)]
pub struct Collection {
    pub(super) plans: Vec<TaughtCourse>,
    /// By step id: its skills.
    pub(super) skills: BTreeMap<String, Vec<String>>,
    /// By the folder name of a problem.
    pub(super) problems: BTreeMap<String, ProblemParts>,
}

/// A problem with everything that belongs to it.
#[derive(Default)]
pub(super) struct ProblemParts {
    pub(super) problem: Option<OatutorProblem>,
    pub(super) steps: BTreeMap<String, StepParts>,
}

#[derive(Default)]
pub(super) struct StepParts {
    pub(super) step: Option<OatutorStep>,
    pub(super) hints: Vec<Hint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaughtCourse {
    pub(super) course_name: String,
    #[serde(default)]
    pub(super) language: String,
    #[serde(default, rename = "courseOER")]
    pub(super) origin: String,
    #[serde(default)]
    pub(super) course_license: String,
    pub(super) lessons: Vec<Lesson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lesson {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) topics: String,
    #[serde(default)]
    pub(super) learning_objectives: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OatutorProblem {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: String,
    pub(super) lesson_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OatutorStep {
    #[serde(default)]
    pub(super) step_title: String,
    #[serde(default)]
    pub(super) step_body: String,
    pub(super) problem_type: String,
    #[serde(default)]
    pub(super) answer_type: String,
    #[serde(default)]
    pub(super) step_answer: Vec<String>,
    #[serde(default)]
    pub(super) choices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hint {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) hint_answer: Vec<String>,
    /// Ids of those that come before it.
    #[serde(default)]
    pub(super) dependencies: Vec<String>,
}

#[derive(Deserialize)]
struct ContentLine<'a> {
    path: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// Reads a folder. Errors: [`Fault`] when a file is missing, cannot be read, or is not what it should be.
pub fn load(folder: &Path) -> Result<Collection, Fault> {
    let mut collection = Collection {
        plans: whole(&find(folder, "coursePlans.json"))?,
        skills: whole(&find(folder, "skillModel.json"))?,
        problems: BTreeMap::new(),
    };
    let path = find(folder, "content.jsonl");
    let mut reader = file::open(&path, &BytesRead::default())?;
    let (mut line, mut number) = (Vec::new(), 0);
    let fault = |line, source| Fault::Read { path: path.clone(), line, source };
    while file::read_line(&mut *reader, &mut line).map_err(|e| fault(number, e))?.is_some() {
        number += 1;
        if number > CONTENT_LINES_MAX {
            return Err(Fault::TooMany { what: "lines of content", max: CONTENT_LINES_MAX });
        }
        collection.add(&line).map_err(|detail| malformed(&path, number, &detail))?;
    }
    Ok(collection)
}

impl Collection {
    /// The names of the courses, in order.
    pub fn courses(&self) -> impl Iterator<Item = &str> {
        self.plans.iter().map(|plan| plan.course_name.as_str())
    }

    /// Imports a course, named by its title or by its position from 0.
    ///
    /// Errors: [`Fault::UnknownCourse`] when there is no such course.
    pub fn import(&self, course: &str) -> Result<Imported, Fault> {
        let named = self.plans.iter().find(|plan| plan.course_name == course);
        let counted = || course.parse::<usize>().ok().and_then(|place| self.plans.get(place));
        let plan = named.or_else(counted).ok_or_else(|| Fault::UnknownCourse {
            asked: course.chars().take(100).collect(),
            known: self.courses().collect::<Vec<_>>().join("; "),
        })?;
        Ok(convert::convert(self, plan))
    }

    fn add(&mut self, line: &[u8]) -> Result<(), serde_json::Error> {
        let ContentLine { path, content } = serde_json::from_slice(line)?;
        let content = content.get();
        match path.split('/').collect::<Vec<_>>().as_slice() {
            [_, problem, _] => {
                let parts = self.problems.entry((*problem).to_owned()).or_default();
                parts.problem = Some(serde_json::from_str(content)?);
            }
            [_, problem, "steps", step, _] => {
                self.step(problem, step).step = Some(serde_json::from_str(content)?);
            }
            [_, problem, "steps", step, "tutoring", _] => {
                self.step(problem, step).hints = serde_json::from_str(content)?;
            }
            // Other files, such as figures, have no place in a course.
            _ => {}
        }
        Ok(())
    }

    fn step(&mut self, problem: &str, step: &str) -> &mut StepParts {
        let parts = self.problems.entry(problem.to_owned()).or_default();
        parts.steps.entry(step.to_owned()).or_default()
    }
}

fn find(folder: &Path, name: &str) -> PathBuf {
    let zipped = folder.join(format!("{name}.gz"));
    if zipped.exists() { zipped } else { folder.join(name) }
}

fn whole<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Fault> {
    let text = file::read_whole(path)?;
    serde_json::from_str(&text).map_err(|error| malformed(path, error.line() as u64, &error))
}

fn malformed(path: &Path, line: u64, detail: &dyn std::fmt::Display) -> Fault {
    Fault::Malformed { path: path.to_owned(), line, detail: detail.to_string() }
}
