//! Mappings: how the columns of a foreign answer file are meant, as a small TOML file.
//!
//! `docs/ingest.md` explains every field with an example.

use crate::Fault;
use crate::file;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How an answer file is to be read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The course the answers belong to.
    pub course: String,
    /// Title of the course, when one is made from the answers.
    pub title: Option<String>,
    /// Description of that course.
    pub description: Option<String>,
    /// Licence of that course.
    pub licence: Option<String>,
    /// What a record looks like.
    #[serde(default)]
    pub layout: Layout,
    /// What stands between columns; one ASCII character, a comma when absent.
    #[serde(default = "comma")]
    pub separator: char,
    /// Whether the first record names the columns; otherwise columns are counted from 0.
    #[serde(default = "yes")]
    pub header: bool,
    /// By field: the column that holds it.
    #[serde(default)]
    pub columns: BTreeMap<Field, String>,
    /// By field: the value of every row.
    #[serde(default)]
    pub constants: BTreeMap<Field, String>,
    /// What is put before foreign names.
    #[serde(default)]
    pub prefixes: Prefixes,
    /// What the time column means, or how time is made up.
    #[serde(default)]
    pub time: TimeRule,
    /// Where the skills of a question stand.
    #[serde(default)]
    pub skills: SkillRule,
    /// The best grade of the grade column; 1 when absent.
    pub grade_max: Option<f64>,
    /// How many options each question has, when all are multiple choice alike; for evaluation.
    pub options: Option<u16>,
    /// Keeps rows apart that write one answer once a skill. The second of them tells the first, so
    /// this is only for repeating protocols that did so.
    #[serde(default)]
    pub keep_repeats: bool,
}

fn comma() -> char {
    ','
}

fn yes() -> bool {
    true
}

/// A field of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Learner,
    Question,
    /// Whether it was right: 1 or 0, true or false, yes or no, right or wrong, in letters of any case.
    Correct,
    /// How right it was: a number from 0 to the best grade, a percentage, or a fraction.
    Grade,
    Time,
    Skills,
    /// How long it took, in milliseconds.
    DurationMs,
    /// How long it took, in seconds.
    DurationSeconds,
    /// How many hints were seen.
    Hints,
    /// Which attempt it is, from 1.
    Attempt,
    /// What the learner answered.
    Response,
}

impl Field {
    /// Whether an answer may be another one without it.
    pub(crate) fn tells_the_answer(self) -> bool {
        use Field::{Correct, Grade, Learner, Question, Response, Time};
        matches!(self, Learner | Question | Correct | Grade | Response | Time)
    }
}

/// What a record looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// A row is an answer.
    #[default]
    Rows,
    /// Four lines are one learner: the learner, the questions, the skills, and 1 or 0 for each.
    /// Neighbours with the same question are one answer that was written once a skill.
    Sequences,
    /// Three lines are one learner, who has no name: how many answers, the skills, and 1 or 0 for
    /// each. There are no questions, so each skill stands for one.
    SkillSequences,
}

/// What is put before foreign names, so that they cannot meet those of another source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prefixes {
    pub learner: String,
    pub question: String,
    pub skill: String,
}

/// What a time means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// There is none: the file is in order, and time is made up from the line.
    #[default]
    None,
    /// Seconds after the start.
    Seconds,
    /// Milliseconds after the start.
    Milliseconds,
    /// A moment such as `2026-11-22T09:30:00Z`, or the same without zone, which `zone` names.
    Moment,
}

/// Where moments come from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeRule {
    /// What the time column holds.
    pub unit: TimeUnit,
    /// The time zone of moments that name none: a name such as `Europe/Berlin`, or an offset such as
    /// `+05:30`; UTC when absent.
    pub zone: Option<String>,
    /// Where seconds and lines count from, as RFC 3339.
    pub start: String,
    /// Seconds between two lines when time is made up.
    pub step_seconds: f64,
}

impl Default for TimeRule {
    fn default() -> Self {
        let start = "2020-01-01T00:00:00Z".to_owned();
        Self { unit: TimeUnit::None, zone: None, start, step_seconds: 30.0 }
    }
}

/// Where the skills of a question stand, when not in a column of one skill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SkillRule {
    /// What stands between several skills in the skills column; nothing means one skill a column.
    pub separator: Option<String>,
    /// A table of questions and skills, beside the answer file; it wins over the column.
    pub table: Option<SkillTable>,
    /// A JSON object from skill name to foreign skill, beside the answer file: titles.
    pub names: Option<String>,
}

/// A table with a row for every pair of question and skill.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillTable {
    pub file: String,
    /// The column of the question.
    pub question: String,
    /// The column of the skill.
    pub skill: String,
    /// What stands between its columns; a comma when absent.
    #[serde(default = "comma")]
    pub separator: char,
    /// What a cell of skills holds.
    #[serde(default)]
    pub cell: SkillCell,
}

/// What a cell of a table of skills holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkillCell {
    #[default]
    One,
    /// A list such as `[0, 13, 185]`, of which each is a skill.
    List,
    /// The same, but only what no other one of the list lies inside of: a skill lies inside
    /// another one when its questions are some of that one's, as far as the table goes.
    Leaves,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// Errors: [`Fault`] when it cannot be read, or is not a mapping.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let text = file::read_whole(path)?;
        let malformed =
            |line: u64, detail: String| Fault::Malformed { path: path.to_owned(), line, detail };
        let mapping: Self = toml::from_str(&text).map_err(|error| {
            let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
            let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count() as u64;
            malformed(line, error.message().to_owned())
        })?;
        mapping.check().map_err(|detail| malformed(1, detail))?;
        Ok(mapping)
    }

    /// What the mapping lacks, or says twice.
    fn check(&self) -> Result<(), String> {
        let has =
            |field: Field| self.columns.contains_key(&field) || self.constants.contains_key(&field);
        let rows = self.layout == Layout::Rows;
        if rows && !(has(Field::Learner) && has(Field::Question)) {
            return Err("`columns` must name `learner` and `question`".to_owned());
        }
        if rows && ![Field::Correct, Field::Grade, Field::Response].into_iter().any(has) {
            return Err("`columns` must name `correct`, `grade` or `response`".to_owned());
        }
        if rows && self.time.unit != TimeUnit::None && !has(Field::Time) {
            return Err("`time.unit` needs `columns.time`".to_owned());
        }
        if !self.separator.is_ascii() {
            return Err("`separator` is one ASCII character".to_owned());
        }
        if self.options.is_some_and(|options| options < 2) {
            return Err("`options` must be at least 2".to_owned());
        }
        if self.grade_max.is_some_and(|max| !(max.is_finite() && max > 0.0)) {
            return Err("`grade_max` must be finite and above 0".to_owned());
        }
        let step = self.time.step_seconds;
        if !(step > 0.0 && step <= 86_400.0) {
            return Err("`time.step_seconds` must be above 0 and at most 86400".to_owned());
        }
        Ok(())
    }
}
