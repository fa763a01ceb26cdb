//! A course made from an answer file, so that a foreign log can be replayed like a site's events.
//!
//! Every question of the log is in it, grouped by its combination of skills: one exercise a
//! combination. Nothing is known of texts, difficulty or order, so questions are graded by the log
//! itself, everything is of middle difficulty, and no skill requires another.

use crate::Fault;
use crate::answers::AnswerRow;
use crate::file;
use crate::mapping::Mapping;
use crate::rejection::Rejection;
use crate::row_log::{self, RowTally, TakeRows};
use crate::skill_table;
use crate::slug::{distinct, shortened};
use crate::source::Record;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{ActivityDraft, ModuleDraft, QuestionDraft, SkillDraft};
use nexus_engine::catalog::validation::{
    ACTIVITIES_MAX, FORMAT, QUESTIONS_MAX, REFERENCES_MAX, SKILLS_MAX, TITLE_CHARS_MAX,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Difficulty of everything: the log says nothing about it.
const DIFFICULTY: f64 = 0.5;
/// Minutes of every exercise.
const MINUTES: f64 = 5.0;
/// The skill of questions that have none in the log.
const NO_SKILL: &str = "no-skill";

/// Makes a course from answer files and, when the mapping names one, a table of skills that lies
/// beside the first of them.
///
/// Errors: [`Fault`] when a file cannot be read, the mapping does not fit, or there are more questions,
/// skills or combinations than a course may have.
pub fn course_from_answers(paths: &[&Path], mapping: &Mapping) -> Result<AnsweredCourse, Fault> {
    let folder = paths.first().and_then(|path| path.parent()).unwrap_or(Path::new("."));
    let mut collected = Collected { mapping, questions: BTreeMap::new(), first: Vec::new() };
    let mut rows = RowTally::default();
    for path in paths {
        let tally = row_log::read(path, mapping, &mut collected)?;
        rows.records += tally.records;
        rows.read += tally.read;
        rows.rejected += tally.rejected;
    }
    let Collected { mut questions, first, .. } = collected;
    if let Some(table) = &mapping.skills.table {
        for (question, skills) in skill_table::read(&folder.join(&table.file), table, mapping)? {
            if let Some(own) = questions.get_mut(&question) {
                own.extend(skills.into_iter().take(REFERENCES_MAX));
            }
        }
    }
    let names = match &mapping.skills.names {
        Some(file) => read_names(&folder.join(file))?,
        None => BTreeMap::new(),
    };
    let skills = SkillIds::new(&questions, mapping, &names)?;
    Ok(AnsweredCourse { draft: build(mapping, questions, skills)?, rows, first })
}

/// A course made from answers, and what was read for it.
#[derive(Clone, Debug)]
pub struct AnsweredCourse {
    pub draft: CourseDraft,
    /// The rows of all files.
    pub rows: RowTally,
    /// The first rows that could not be read.
    pub first: Vec<Rejection>,
}

/// Rejections that are kept to be shown.
const SHOWN_MAX: usize = 5;

/// By question: its foreign skills.
type Questions = BTreeMap<String, BTreeSet<String>>;

/// What the rows say of the course.
struct Collected<'a> {
    mapping: &'a Mapping,
    questions: Questions,
    first: Vec<Rejection>,
}

impl TakeRows for Collected<'_> {
    fn take(&mut self, row: AnswerRow, _: &Record) -> Result<(), Fault> {
        let skills = self.questions.entry(row.question).or_default();
        if self.mapping.skills.table.is_none() && skills.len() < REFERENCES_MAX {
            skills.extend(row.skills);
        }
        at_most("questions in the answers", self.questions.len(), QUESTIONS_MAX)
    }

    fn reject(&mut self, rejection: Rejection) {
        if self.first.len() < SHOWN_MAX {
            self.first.push(rejection);
        }
    }
}

/// Titles of skills: the file goes from title to foreign skill.
fn read_names(path: &Path) -> Result<BTreeMap<String, String>, Fault> {
    let text = file::read_whole(path)?;
    let names: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|error| Fault::Malformed {
            path: path.to_owned(),
            line: error.line() as u64,
            detail: error.to_string(),
        })?;
    let word = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(names.into_iter().map(|(title, skill)| (word(skill), title)).collect())
}

/// The skills of the course: by foreign name, id and title.
struct SkillIds(BTreeMap<String, (String, String)>);

impl SkillIds {
    fn new(
        questions: &Questions,
        mapping: &Mapping,
        names: &BTreeMap<String, String>,
    ) -> Result<Self, Fault> {
        let foreign: BTreeSet<&String> = questions.values().flatten().collect();
        at_most("skills in the answers", foreign.len(), SKILLS_MAX)?;
        let mut ids = BTreeMap::new();
        // Numbers come in the order of numbers.
        let mut order: Vec<&String> = foreign.into_iter().collect();
        order.sort_by_key(|name| (name.parse::<u64>().unwrap_or(u64::MAX), *name));
        for name in order {
            let mut id = distinct(&format!("{}{name}", mapping.prefixes.skill));
            if id == NO_SKILL {
                // A skill of this name is not the lack of one.
                id = distinct(&format!("{NO_SKILL}:{name}"));
            }
            let title = names.get(name).cloned().unwrap_or_else(|| format!("Skill {name}"));
            ids.insert(name.clone(), (id, shortened(&title, TITLE_CHARS_MAX)));
        }
        if questions.values().any(BTreeSet::is_empty) {
            ids.insert(String::new(), (NO_SKILL.to_owned(), "No skill".to_owned()));
        }
        Ok(Self(ids))
    }

    fn drafts(&self) -> Vec<SkillDraft> {
        let draft = |(id, title): &(String, String)| SkillDraft {
            id: id.clone(),
            title: title.clone(),
            requires: Vec::new(),
        };
        self.0.values().map(draft).collect()
    }

    /// Ids and titles of a combination.
    fn of(&self, foreign: &BTreeSet<String>) -> Vec<&(String, String)> {
        let none = BTreeSet::from([String::new()]);
        let foreign = if foreign.is_empty() { &none } else { foreign };
        foreign.iter().filter_map(|name| self.0.get(name)).collect()
    }
}

fn build(mapping: &Mapping, questions: Questions, skills: SkillIds) -> Result<CourseDraft, Fault> {
    let mut combinations: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for (question, foreign) in questions {
        combinations.entry(foreign).or_default().push(question);
    }
    at_most("combinations of skills", combinations.len(), ACTIVITIES_MAX)?;
    let activities = combinations
        .into_iter()
        .map(|(foreign, questions)| exercise(&skills.of(&foreign), questions));
    let activities: Vec<ActivityDraft> = activities.collect();
    let about = "Made from an answer file: every question of the log, grouped by its skills.";
    let module = ModuleDraft {
        id: "answers".to_owned(),
        title: "Questions of the answer file".to_owned(),
        activities,
    };
    Ok(CourseDraft {
        format: FORMAT,
        id: distinct(&mapping.course),
        version: 1,
        title: mapping.title.clone().unwrap_or_else(|| mapping.course.clone()),
        language: "en".to_owned(),
        description: mapping.description.clone().unwrap_or_else(|| about.to_owned()),
        licence: mapping.licence.clone().unwrap_or_default(),
        skills: skills.drafts(),
        modules: vec![module],
        path: Vec::new(),
        ..CourseDraft::default()
    })
}

fn exercise(skills: &[&(String, String)], questions: Vec<String>) -> ActivityDraft {
    let ids: Vec<String> = skills.iter().map(|(id, _)| id.clone()).collect();
    let titles: Vec<&str> = skills.iter().map(|(_, title)| title.as_str()).collect();
    let ask = |id: String| QuestionDraft {
        prompt: format!("Question {id} of the answer file."),
        id,
        kind: "text".to_owned(),
        ..QuestionDraft::default()
    };
    ActivityDraft {
        // `+` is in no id, so that no two combinations have one name.
        id: distinct(&format!("practise-{}", ids.join("+"))),
        kind: "exercise".to_owned(),
        title: shortened(&titles.join(", "), TITLE_CHARS_MAX),
        skills: ids,
        difficulty: DIFFICULTY,
        minutes: MINUTES,
        questions: questions.into_iter().map(ask).collect(),
        ..ActivityDraft::default()
    }
}

fn at_most(what: &'static str, found: usize, max: usize) -> Result<(), Fault> {
    if found > max {
        return Err(Fault::TooMany { what, max: max as u64 });
    }
    Ok(())
}
