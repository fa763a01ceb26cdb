//! Rows of a foreign table as answers.

use super::sequences;
use crate::Fault;
use crate::mapping::{Field, Layout, Mapping, TimeUnit};
use crate::rejection::Rejection;
use crate::slug::{distinct, slug};
use crate::source::Record;
use nexus_engine::time::{SECOND_MICROS, Timestamp};
use std::collections::BTreeMap;

/// One answer of a foreign file, still free of any API.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerRow {
    /// The line it stands in, from 1.
    pub line: u64,
    pub learner: String,
    pub question: String,
    /// Whether it was right.
    pub correct: Option<bool>,
    /// How right it was, from 0 to 1.
    pub grade: Option<f64>,
    /// What the learner answered.
    pub response: Option<String>,
    pub at: Timestamp,
    /// The question's skills, as foreign names.
    pub skills: Vec<String>,
    /// How long it took.
    pub duration_ms: Option<u32>,
    /// How many hints were seen.
    pub hints: Option<u16>,
    /// Which attempt it is, from 1.
    pub attempt: Option<u16>,
}

/// Reads rows by a mapping.
pub(super) struct RowReader {
    mapping: Mapping,
    course: String,
    start: Timestamp,
    /// By field: its column; `None` until the header was seen.
    columns: Option<BTreeMap<Field, usize>>,
}

impl RowReader {
    pub(super) fn new(mapping: &Mapping) -> Result<Self, Fault> {
        let start =
            nexus_api::time::read(&mapping.time.start, "/time/start").map_err(|problem| {
                Fault::Mapping { detail: format!("time.start: {}", problem.detail) }
            })?;
        let mut reader =
            Self { course: slug(&mapping.course), mapping: mapping.clone(), start, columns: None };
        if !mapping.header || mapping.layout != Layout::Rows {
            reader.columns = Some(counted(mapping)?);
        }
        Ok(reader)
    }

    pub(super) fn course(&self) -> &str {
        &self.course
    }

    pub(super) fn wants_header(&self) -> bool {
        self.columns.is_none()
    }

    /// Finds the columns of the mapping by their names.
    pub(super) fn header(&mut self, record: &Record) -> Result<(), Fault> {
        let names = cells(&record.text, self.mapping.separator)
            .map_err(|detail| Fault::Mapping { detail })?;
        let mut columns = BTreeMap::new();
        for (field, name) in &self.mapping.columns {
            let found = names.iter().position(|column| column.trim() == name);
            let Some(position) = found else {
                let known: Vec<&str> = names.iter().take(50).map(String::as_str).collect();
                let detail = format!("no column {name:?}; there are {}", known.join(", "));
                return Err(Fault::Mapping { detail: crate::slug::shortened(&detail, 1_000) });
            };
            columns.insert(*field, position);
        }
        self.columns = Some(columns);
        Ok(())
    }

    /// The answers of a record, or what is wrong with it.
    pub(super) fn read(&self, record: &Record) -> Vec<Result<AnswerRow, Rejection>> {
        let rejected =
            |(code, reason): CellRefusal| Rejection::new(record.line, code, reason, &record.text);
        match self.mapping.layout {
            Layout::Rows => vec![self.row(record).map_err(rejected)],
            Layout::Sequences | Layout::SkillSequences => match sequences::read(record, self) {
                Ok(rows) => rows.into_iter().map(Ok).collect(),
                Err(refusal) => vec![Err(rejected(refusal))],
            },
        }
    }

    fn row(&self, record: &Record) -> Result<AnswerRow, CellRefusal> {
        let cells = cells(&record.text, self.mapping.separator)
            .map_err(|reason| ("malformed_row", reason))?;
        let value = |field: Field| self.value(&cells, field);
        let needed = |field: Field, name: &str| {
            let missing = || ("missing_value", format!("the row has no {name}"));
            value(field).ok_or_else(missing)
        };
        let grade = value(Field::Grade).map(|text| self.grade(text)).transpose()?;
        let correct = value(Field::Correct).map(correct).transpose()?;
        let response = value(Field::Response).map(str::to_owned);
        if grade.is_none() && correct.is_none() && response.is_none() {
            return Err(("missing_value", "the row says not how the answer was".to_owned()));
        }
        Ok(AnswerRow {
            line: record.line,
            learner: self.learner(needed(Field::Learner, "learner")?),
            question: self.question(needed(Field::Question, "question")?),
            correct: correct.filter(|_| grade.is_none()),
            grade,
            response,
            at: self.moment(value(Field::Time), record.line)?,
            skills: self.skills(value(Field::Skills)),
            duration_ms: duration(value(Field::DurationMs), value(Field::DurationSeconds))?,
            hints: whole(value(Field::Hints), "hints")?,
            attempt: whole(value(Field::Attempt), "attempt")?.filter(|attempt| *attempt > 0),
        })
    }

    /// The value of a field: a cell that is not blank, or else the constant.
    fn value<'a>(&'a self, cells: &'a [String], field: Field) -> Option<&'a str> {
        let column = self.columns.as_ref().and_then(|columns| columns.get(&field));
        let cell = column.and_then(|column| cells.get(*column)).map(|cell| cell.trim());
        let constant = || self.mapping.constants.get(&field).map(String::as_str);
        cell.filter(|cell| !cell.is_empty()).or_else(constant)
    }

    pub(super) fn learner(&self, name: &str) -> String {
        format!("{}{name}", self.mapping.prefixes.learner)
    }

    pub(super) fn question(&self, name: &str) -> String {
        distinct(&format!("{}{name}", self.mapping.prefixes.question))
    }

    pub(super) fn separator(&self) -> char {
        self.mapping.separator
    }

    pub(super) fn layout(&self) -> Layout {
        self.mapping.layout
    }

    pub(super) fn keeps_repeats(&self) -> bool {
        self.mapping.keep_repeats
    }

    fn skills(&self, cell: Option<&str>) -> Vec<String> {
        let Some(cell) = cell else { return Vec::new() };
        let Some(separator) = self.mapping.skills.separator.as_deref() else {
            return vec![cell.to_owned()];
        };
        let parts = cell.split(separator).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn grade(&self, text: &str) -> Result<f64, CellRefusal> {
        let max = self.mapping.grade_max.unwrap_or(1.0);
        let grade = text.parse::<f64>().map(|value| value / max);
        grade
            .ok()
            .filter(|grade| (0.0..=1.0).contains(grade))
            .ok_or_else(|| ("bad_grade", format!("the grade is no number from 0 to {max}")))
    }

    pub(super) fn moment(&self, cell: Option<&str>, line: u64) -> Result<Timestamp, CellRefusal> {
        let bad = |what: &str| ("bad_time", format!("the time is no {what}"));
        let missing = || ("missing_value", "the row has no time".to_owned());
        let micros = |text: &str, unit: f64| {
            let micros = text.parse::<f64>().ok().map(|value| value * unit);
            // Beyond 2^53 microseconds, some 285 years, a double no longer counts exactly.
            micros.filter(|micros| micros.abs() <= 9.0e15).map(|micros| micros.round() as i64)
        };
        let offset = match self.mapping.time.unit {
            TimeUnit::None => {
                let step = (self.mapping.time.step_seconds * SECOND_MICROS as f64) as i64;
                step.saturating_mul(i64::try_from(line).unwrap_or(i64::MAX))
            }
            TimeUnit::Seconds => {
                let text = cell.ok_or_else(missing)?;
                micros(text, 1e6).ok_or_else(|| bad("number of seconds"))?
            }
            TimeUnit::Milliseconds => {
                let text = cell.ok_or_else(missing)?;
                micros(text, 1e3).ok_or_else(|| bad("number of milliseconds"))?
            }
            TimeUnit::Moment => {
                let text = cell.ok_or_else(missing)?;
                return moment(text).ok_or_else(|| bad("moment"));
            }
        };
        Ok(self.start.plus_micros(offset))
    }
}

/// A stable word and a reason.
pub(super) type CellRefusal = (&'static str, String);

/// The columns of a mapping without header: numbers from 0.
fn counted(mapping: &Mapping) -> Result<BTreeMap<Field, usize>, Fault> {
    let mut columns = BTreeMap::new();
    for (field, name) in &mapping.columns {
        let position = name.parse().map_err(|_| Fault::Mapping {
            detail: format!("{name:?}: without header, a column is a number from 0"),
        })?;
        columns.insert(*field, position);
    }
    Ok(columns)
}

/// The cells of a row.
pub(crate) fn cells(text: &str, separator: char) -> Result<Vec<String>, String> {
    if !text.contains('"') {
        return Ok(text.split(separator).map(str::to_owned).collect());
    }
    let separator = u8::try_from(separator).map_err(|_| "the separator is not ASCII")?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .buffer_capacity(text.len().max(1))
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).map_err(|error| error.to_string())?;
    Ok(record.iter().map(str::to_owned).collect())
}

pub(super) fn correct(text: &str) -> Result<bool, CellRefusal> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "1.0" | "true" | "t" | "yes" | "right" | "correct" => Ok(true),
        "0" | "0.0" | "false" | "f" | "no" | "wrong" | "incorrect" => Ok(false),
        _ => Err(("bad_correct", "`correct` is neither 1 nor 0, true nor false".to_owned())),
    }
}

fn duration(millis: Option<&str>, seconds: Option<&str>) -> Result<Option<u32>, CellRefusal> {
    let (text, unit) = match (millis, seconds) {
        (Some(text), _) => (text, 1.0),
        (None, Some(text)) => (text, 1_000.0),
        (None, None) => return Ok(None),
    };
    let value = text.parse::<f64>().ok().map(|value| value * unit);
    let value = value.filter(|millis| (0.0..=f64::from(u32::MAX)).contains(millis));
    let bad = || ("bad_duration", "the duration is no number at least 0".to_owned());
    Ok(Some(value.ok_or_else(bad)?.round() as u32))
}

fn whole(text: Option<&str>, name: &str) -> Result<Option<u16>, CellRefusal> {
    let Some(text) = text else { return Ok(None) };
    let text = text.strip_suffix(".0").unwrap_or(text);
    let bad = |_| ("bad_number", format!("`{name}` is no whole number from 0 to 65535"));
    text.parse().map(Some).map_err(bad)
}

fn moment(text: &str) -> Option<Timestamp> {
    let zoned = nexus_api::time::read(text, "").ok();
    zoned.or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp(moment.timestamp().as_microsecond()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_and_without_quotes() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(cells(text, ','), Ok(expected.iter().map(|s| (*s).to_owned()).collect()));
        };
        check("a,,b", &["a", "", "b"]);
        check("\"a,1\",\"say \"\"b\"\"\"", &["a,1", "say \"b\""]);
        check("\"two\nlines\",x", &["two\nlines", "x"]);
    }

    #[test]
    fn moments_with_and_without_zone() {
        let expected = Some(Timestamp(1_253_192_640_000_000));
        assert_eq!(moment("2009-09-17T13:04:00Z"), expected);
        assert_eq!(moment("2009-09-17 13:04:00"), expected);
        assert_eq!(moment("yesterday"), None);
    }
}
