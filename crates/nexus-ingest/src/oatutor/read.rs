//! Reading the files of an OATutor collection.
//!
//! What is odd in one file or one field costs no more than that: it is noted, and the rest is read.

use super::fields::{ForeignFields, parsed, texts};
use super::{Imported, convert};
use crate::Fault;
use crate::file::{self, BytesRead};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Files of content that are read.
const CONTENT_FILES_MAX: u64 = 1_000_000;
/// The folder of the problems in the repository of the project.
const POOL: &str = "content-pool";

/// Everything a folder holds.
#[derive(Default)]
pub struct Collection {
    pub(super) plans: Vec<CoursePlan>,
    /// By step id: its skills.
    pub(super) skills: BTreeMap<String, Vec<String>>,
    /// By the folder name of a problem.
    pub(super) problems: BTreeMap<String, ProblemParts>,
    /// Files of which nobody can say to which problem they belong, with what is wrong.
    pub(super) unreadable: Vec<String>,
}

/// A course of a collection, as its plan names it.
pub(super) struct CoursePlan {
    pub(super) name: String,
    /// Or why there is no course to import.
    pub(super) taught: Result<TaughtCourse, &'static str>,
}

/// A problem with everything that belongs to it.
#[derive(Default)]
pub(super) struct ProblemParts {
    pub(super) problem: Option<OatutorProblem>,
    pub(super) steps: BTreeMap<String, StepParts>,
    /// Its files that cannot be read, with what is wrong.
    pub(super) unreadable: Vec<String>,
}

#[derive(Default)]
pub(super) struct StepParts {
    pub(super) step: Option<OatutorStep>,
    pub(super) hints: Vec<Hint>,
}

#[derive(Default)]
pub(super) struct TaughtCourse {
    pub(super) course_name: String,
    pub(super) language: String,
    pub(super) origin: String,
    pub(super) course_license: String,
    pub(super) lessons: Vec<Lesson>,
    /// What of its plan means nothing.
    pub(super) odd: Vec<String>,
}

pub(super) struct Lesson {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) topics: String,
    /// Names of skills, in the order of their letters.
    pub(super) objectives: BTreeSet<String>,
}

pub(super) struct OatutorProblem {
    pub(super) title: String,
    pub(super) body: String,
    pub(super) lesson_id: String,
    pub(super) course_name: String,
    pub(super) odd: Vec<&'static str>,
}

#[derive(Default)]
pub(super) struct OatutorStep {
    pub(super) step_title: String,
    pub(super) step_body: String,
    pub(super) problem_type: String,
    pub(super) answer_type: String,
    pub(super) step_answer: Vec<String>,
    pub(super) choices: Vec<String>,
    pub(super) odd: Vec<&'static str>,
}

#[derive(Default)]
pub(super) struct Hint {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) hint_answer: Vec<String>,
    /// Ids of those that come before it.
    pub(super) dependencies: Vec<String>,
    pub(super) odd: Vec<&'static str>,
}

#[derive(Deserialize)]
struct ContentLine {
    path: String,
    content: Box<RawValue>,
}

/// Reads a folder: the repository of the project as it is, or one whose content is a single file.
///
/// Errors: [`Fault`] when the plans, the skills or the content as a whole are not there, cannot be read,
/// or are not what they should be.
pub fn load(folder: &Path) -> Result<Collection, Fault> {
    let plans_path = find(folder, "coursePlans.json");
    let plans: Vec<Value> = whole(&plans_path)?;
    let skills: BTreeMap<String, Value> = whole(&find(folder, "skillModel.json"))?;
    let mut collection = Collection {
        plans: plans.iter().enumerate().map(|(place, plan)| course_plan(place, plan)).collect(),
        skills: skills.into_iter().map(|(step, skills)| (step, texts(&skills))).collect(),
        ..Collection::default()
    };
    let pool = folder.join(POOL);
    let lines = find(folder, "content.jsonl");
    if pool.is_dir() {
        collection.read_pool(&pool)?;
    } else if lines.exists() {
        collection.read_lines(&lines)?;
    } else {
        let words = "there is neither this folder nor a file content.jsonl beside it";
        let source = std::io::Error::new(ErrorKind::NotFound, words);
        return Err(Fault::Open { path: pool, source });
    }
    Ok(collection)
}

impl Collection {
    /// The names of the courses, in order.
    pub fn courses(&self) -> impl Iterator<Item = &str> {
        self.plans.iter().map(|plan| plan.name.as_str())
    }

    /// Imports a course, named by its title or by its position from 0.
    ///
    /// Errors: [`Fault::UnknownCourse`] when there is no such course, [`Fault::Course`] when nothing of it
    /// can be taught.
    pub fn import(&self, course: &str) -> Result<Imported, Fault> {
        let named = self.plans.iter().position(|plan| plan.name == course);
        let place = named.or_else(|| course.parse().ok()).unwrap_or(usize::MAX);
        self.at(place).map_err(|fault| match fault {
            Fault::UnknownCourse { known, .. } => {
                Fault::UnknownCourse { asked: course.chars().take(100).collect(), known }
            }
            fault => fault,
        })
    }

    /// Imports the course at a position from 0. Errors: as [`Collection::import`] says.
    pub fn at(&self, place: usize) -> Result<Imported, Fault> {
        let plan = self.plans.get(place).ok_or_else(|| Fault::UnknownCourse {
            asked: place.to_string(),
            known: self.courses().collect::<Vec<_>>().join("; "),
        })?;
        let fault = |detail: String| Fault::Course { name: plan.name.clone(), detail };
        let taught = plan.taught.as_ref().map_err(|reason| fault((*reason).to_owned()))?;
        convert::convert(self, taught).map_err(fault)
    }

    /// Reads `POOL/PROBLEM/PROBLEM.json`, `POOL/PROBLEM/steps/STEP/STEP.json` and
    /// `POOL/PROBLEM/steps/STEP/tutoring/*.json`.
    fn read_pool(&mut self, pool: &Path) -> Result<(), Fault> {
        let mut files = 0;
        for problem in names(pool)? {
            let folder = pool.join(&problem);
            let mut found = json_files(&folder, &[POOL, &problem]);
            let steps = folder.join("steps");
            for step in names(&steps).unwrap_or_default() {
                let inside = steps.join(&step);
                found.extend(json_files(&inside, &[POOL, &problem, "steps", &step]));
                let place = [POOL, problem.as_str(), "steps", &step, "tutoring"];
                found.extend(json_files(&inside.join("tutoring"), &place));
            }
            for (path, place) in found {
                files += 1;
                bounded(files)?;
                match file::read_whole(&path) {
                    Ok(text) => self.add(&place, &text),
                    Err(fault) => self.note(&place, &chain(&fault)),
                }
            }
        }
        Ok(())
    }

    /// Reads a file with one object `{"path", "content"}` a line.
    fn read_lines(&mut self, path: &Path) -> Result<(), Fault> {
        let mut reader = file::open(path, &BytesRead::default())?;
        let (mut line, mut number) = (Vec::new(), 0);
        let fault = |line, source| Fault::Read { path: path.to_owned(), line, source };
        while file::read_line(&mut *reader, &mut line).map_err(|e| fault(number, e))?.is_some() {
            number += 1;
            bounded(number)?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let read = std::str::from_utf8(&line).map_err(|error| error.to_string());
            let read = read.and_then(|text| parsed(text).map_err(|error| error.to_string()));
            match read {
                Ok(ContentLine { path, content }) => self.add(&path, content.get()),
                Err(detail) => self.unreadable.push(format!("line {number}: {detail}")),
            }
        }
        Ok(())
    }

    /// Adds the text of one file of a collection.
    fn add(&mut self, place: &str, text: &str) {
        let value: Value = match parsed(text) {
            Ok(value) => value,
            Err(error) => return self.note(place, &error.to_string()),
        };
        let taken = match place.split('/').collect::<Vec<_>>().as_slice() {
            [_, problem, file] if is_json(file) => {
                let read = oatutor_problem(&value);
                let kept = &mut self.problem(problem).problem;
                take(kept, read, is_named(file, problem))
            }
            [_, problem, "steps", step, file] if is_json(file) => {
                let read = oatutor_step(&value);
                take(&mut self.step(problem, step).step, read, is_named(file, step))
            }
            [_, problem, "steps", step, "tutoring", file] if is_json(file) => {
                let parts = self.step(problem, step);
                // Of several ways of tutoring, a course takes the one that everybody gets.
                let everybody = file.ends_with("DefaultPathway.json");
                let list = value.as_array();
                if let Some(list) = list.filter(|_| everybody || parts.hints.is_empty()) {
                    parts.hints = list.iter().map(oatutor_hint).collect();
                }
                list.is_some()
            }
            // Other files, such as figures, have no place in a course.
            _ => true,
        };
        if !taken {
            self.note(place, "it does not hold what a file of this place holds");
        }
    }

    /// Notes a file that cannot be read, with its problem where it has one.
    fn note(&mut self, place: &str, detail: &str) {
        let detail = format!("{place}: {detail}");
        match place.split('/').collect::<Vec<_>>().as_slice() {
            [_, problem, _, ..] => self.problem(problem).unreadable.push(detail),
            _ => self.unreadable.push(detail),
        }
    }

    fn problem(&mut self, problem: &str) -> &mut ProblemParts {
        self.problems.entry(problem.to_owned()).or_default()
    }

    fn step(&mut self, problem: &str, step: &str) -> &mut StepParts {
        self.problem(problem).steps.entry(step.to_owned()).or_default()
    }
}

fn course_plan(place: usize, value: &Value) -> CoursePlan {
    let nameless = || format!("Course {place}");
    let Some(mut fields) = ForeignFields::new(value) else {
        return CoursePlan { name: nameless(), taught: Err("its plan is no object") };
    };
    let name = fields.text("courseName").trim().to_owned();
    let name = if name.is_empty() { nameless() } else { name };
    let mut odd = Vec::new();
    let lessons: Vec<Lesson> =
        fields.list("lessons").iter().filter_map(|it| lesson(it, &mut odd)).collect();
    let taught = TaughtCourse {
        course_name: name.clone(),
        language: fields.text("language"),
        origin: fields.note("courseOER"),
        course_license: fields.note("courseLicense"),
        lessons,
        odd: fields.odd().into_iter().map(str::to_owned).chain(odd).collect(),
    };
    if taught.lessons.is_empty() {
        return CoursePlan { name, taught: Err("its plan has no lesson; look at `lessons`") };
    }
    CoursePlan { name, taught: Ok(taught) }
}

fn lesson(value: &Value, odd: &mut Vec<String>) -> Option<Lesson> {
    let Some(mut fields) = ForeignFields::new(value) else {
        odd.push("a lesson that is no object".to_owned());
        return None;
    };
    let lesson = Lesson {
        id: fields.text("id"),
        name: fields.text("name"),
        topics: fields.text("topics"),
        objectives: fields.names("learningObjectives").into_iter().collect(),
    };
    odd.extend(fields.odd().iter().map(|field| format!("{} of lesson {}", field, lesson.name)));
    Some(lesson)
}

fn oatutor_problem(value: &Value) -> Option<OatutorProblem> {
    let mut fields = ForeignFields::new(value)?;
    Some(OatutorProblem {
        title: fields.text("title"),
        body: fields.text("body"),
        lesson_id: fields.text("lessonId"),
        course_name: fields.text("courseName"),
        odd: fields.odd(),
    })
}

fn oatutor_step(value: &Value) -> Option<OatutorStep> {
    let mut fields = ForeignFields::new(value)?;
    Some(OatutorStep {
        step_title: fields.text("stepTitle"),
        step_body: fields.text("stepBody"),
        problem_type: fields.text("problemType"),
        answer_type: fields.text("answerType"),
        step_answer: fields.texts("stepAnswer"),
        choices: fields.texts("choices"),
        odd: fields.odd(),
    })
}

/// A hint; a bare text is one as well.
fn oatutor_hint(value: &Value) -> Hint {
    let Some(mut fields) = ForeignFields::new(value) else {
        return Hint { text: texts(value).join("\n\n"), ..Hint::default() };
    };
    Hint {
        title: fields.text("title"),
        text: fields.text("text"),
        hint_answer: fields.texts("hintAnswer"),
        dependencies: fields.texts("dependencies"),
        odd: fields.odd(),
    }
}

/// The names in a folder, in order; hidden ones are left out.
fn names(folder: &Path) -> Result<Vec<String>, Fault> {
    let fault = |source| Fault::Open { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        names.push(entry.map_err(fault)?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

/// The JSON files of a folder: where each lies, and its place in the collection.
fn json_files(folder: &Path, place: &[&str]) -> Vec<(PathBuf, String)> {
    let names = names(folder).unwrap_or_default().into_iter().filter(|name| is_json(name));
    let found = names.map(|name| (folder.join(&name), format!("{}/{name}", place.join("/"))));
    found.filter(|(path, _)| !path.is_dir()).collect()
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it.eq_ignore_ascii_case("json"))
}

/// Whether a file has the name of its folder.
fn is_named(file: &str, folder: &str) -> bool {
    Path::new(file).file_stem().is_some_and(|stem| stem == folder)
}

/// Keeps what was read, unless a file that has the better name was read before. Gives whether anything
/// was read.
fn take<T>(kept: &mut Option<T>, read: Option<T>, is_named: bool) -> bool {
    let found = read.is_some();
    if found && (is_named || kept.is_none()) {
        *kept = read;
    }
    found
}

fn bounded(files: u64) -> Result<(), Fault> {
    if files > CONTENT_FILES_MAX {
        return Err(Fault::TooMany { what: "files of content", max: CONTENT_FILES_MAX });
    }
    Ok(())
}

/// A fault with what is behind it, in one line.
fn chain(fault: &Fault) -> String {
    match std::error::Error::source(fault) {
        Some(source) => format!("{fault}: {source}"),
        None => fault.to_string(),
    }
}

fn find(folder: &Path, name: &str) -> PathBuf {
    let zipped = folder.join(format!("{name}.gz"));
    if zipped.exists() { zipped } else { folder.join(name) }
}

fn whole<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Fault> {
    let text = file::read_whole(path)?;
    parsed(&text).map_err(|error| Fault::Malformed {
        path: path.to_owned(),
        line: error.line() as u64,
        detail: error.to_string(),
    })
}
