//! Rows of a foreign table as answers.

use super::{sequences, values};
use crate::Fault;
use crate::mapping::{Field, Layout, Mapping, TimeUnit};
use crate::rejection::Rejection;
use crate::slug::{distinct, shortened};
use crate::source::{Damage, Record};
use crate::table::cells;
use jiff::tz::{Offset, TimeZone};
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
    /// How many optional values were there and could not be read.
    pub dropped: u32,
}

/// Reads rows by a mapping.
pub(super) struct RowReader {
    mapping: Mapping,
    course: String,
    start: Timestamp,
    /// Of moments that name none.
    zone: TimeZone,
    /// By field: its column; `None` until the header was seen.
    columns: Option<BTreeMap<Field, usize>>,
    /// How many cells the first record has; 0 until it was seen.
    width: usize,
}

impl RowReader {
    pub(super) fn new(mapping: &Mapping) -> Result<Self, Fault> {
        let start =
            nexus_api::time::read(&mapping.time.start, "/time/start").map_err(|problem| {
                Fault::Mapping { detail: format!("time.start: {}", problem.detail) }
            })?;
        let mut reader = Self {
            zone: zone(mapping.time.zone.as_deref())?,
            course: distinct(&mapping.course),
            mapping: mapping.clone(),
            start,
            columns: None,
            width: 0,
        };
        if !mapping.header || mapping.layout != Layout::Rows {
            reader.columns = Some(counted(mapping)?);
        }
        Ok(reader)
    }

    pub(super) fn course(&self) -> &str {
        &self.course
    }

    /// Whether records are rows of cells.
    pub(super) fn has_cells(&self) -> bool {
        self.mapping.layout == Layout::Rows
    }

    /// Whether rows have times of their own.
    pub(super) fn has_times(&self) -> bool {
        self.has_cells() && self.mapping.time.unit != TimeUnit::None
    }

    /// The learner of a row and its time, when it has both.
    pub(super) fn when(&self, record: &Record) -> Option<(String, Timestamp)> {
        let cells = cells(&record.text, self.mapping.separator).ok()?;
        let learner = self.value(&cells, Field::Learner)?.to_owned();
        Some((learner, self.moment(self.value(&cells, Field::Time), record.line).ok()?))
    }

    /// Takes the first record: finds the columns of the mapping by their names when it names them.
    pub(super) fn begin(&mut self, record: &Record) -> Result<bool, Fault> {
        let fits = |detail: String| Fault::Mapping { detail: shortened(&detail, 1_000) };
        let names = cells(&record.text, self.mapping.separator);
        if self.columns.is_some() {
            self.width = names.map_or(0, |names| names.len());
            return Ok(false);
        }
        let names = names.map_err(|detail| fits(format!("the header: {detail}")))?;
        let mut columns = BTreeMap::new();
        for (field, name) in &self.mapping.columns {
            columns.insert(*field, column(&names, name).map_err(fits)?);
        }
        self.columns = Some(columns);
        self.width = names.len();
        Ok(true)
    }

    /// The answers of a record, or what is wrong with it.
    pub(super) fn read(&self, record: &Record) -> Vec<Result<AnswerRow, Rejection>> {
        let rejected =
            |(code, reason): CellRefusal| Rejection::new(record.line, code, reason, &record.text);
        match self.mapping.layout {
            Layout::Rows => vec![
                self.row(record).map_err(|refusal| rejected(refusal).of(self.learner_of(record))),
            ],
            Layout::Sequences | Layout::SkillSequences => match sequences::read(record, self) {
                Ok(rows) => rows.into_iter().map(Ok).collect(),
                Err(refusal) => vec![Err(rejected(refusal))],
            },
        }
    }

    /// The learner of a row that stands as the header says, whatever its values are.
    fn learner_of(&self, record: &Record) -> Option<String> {
        let cells = cells(&record.text, self.mapping.separator).ok()?;
        self.check(record, &cells).ok()?;
        self.value(&cells, Field::Learner).map(|learner| self.learner(learner))
    }

    fn row(&self, record: &Record) -> Result<AnswerRow, CellRefusal> {
        let cells = cells(&record.text, self.mapping.separator)
            .map_err(|reason| ("malformed_row", reason))?;
        self.check(record, &cells)?;
        let value = |field: Field| self.value(&cells, field);
        let needed = |field: Field, name: &str| {
            let missing = || ("missing_value", format!("the row has no {name}"));
            value(field).ok_or_else(missing)
        };
        let max = self.mapping.grade_max.unwrap_or(1.0);
        let grade = |text: &str| values::grade(text, max).map_err(|reason| ("bad_grade", reason));
        let grade = value(Field::Grade).map(grade).transpose()?;
        let correct = value(Field::Correct).map(correct).transpose()?;
        let response = value(Field::Response).map(str::to_owned);
        if grade.is_none() && correct.is_none() && response.is_none() {
            return Err(("missing_value", "the row says not how the answer was".to_owned()));
        }
        let mut row = AnswerRow {
            line: record.line,
            learner: self.learner(needed(Field::Learner, "learner")?),
            question: self.question(needed(Field::Question, "question")?),
            correct: correct.filter(|_| grade.is_none()),
            grade,
            response,
            at: self.moment(value(Field::Time), record.line)?,
            skills: self.skills(value(Field::Skills)),
            ..AnswerRow::default()
        };
        self.add_optional(&mut row, &cells);
        Ok(row)
    }

    /// Adds what an answer may lack. A cell that says no such thing is left out and counted: it does
    /// not cost the answer.
    fn add_optional(&self, row: &mut AnswerRow, cells: &[String]) {
        let mut dropped = 0;
        let mut whole = |field: Field, unit: f64, least: u32, max: u32| {
            let text = self.value(cells, field)?;
            let found = values::number(text).map(|number| (number * unit).round());
            let found = found.filter(|number| (f64::from(least)..=f64::from(max)).contains(number));
            dropped += u32::from(found.is_none());
            found.map(|number| number as u32)
        };
        let most = u32::from(u16::MAX);
        let millis = whole(Field::DurationMs, 1.0, 0, u32::MAX);
        row.duration_ms = millis.or_else(|| whole(Field::DurationSeconds, 1_000.0, 0, u32::MAX));
        row.hints = whole(Field::Hints, 1.0, 0, most).map(|hints| hints as u16);
        row.attempt = whole(Field::Attempt, 1.0, 1, most).map(|attempt| attempt as u16);
        row.dropped = dropped;
    }

    /// Whether the cells stand where the header says, and are letters. Blank cells behind the last
    /// column are nothing.
    fn check(&self, record: &Record, cells: &[String]) -> Result<(), CellRefusal> {
        let (found, width) = (cells.len(), self.width);
        let extra = cells.iter().skip(width).any(|cell| !cell.trim().is_empty());
        if width > 0 && extra {
            let reason = format!(
                "the row has {found} cells, and the table {width} columns; a cell with a separator in it needs quotes"
            );
            return Err(("too_many_cells", reason));
        }
        if found < width && record.text.contains('"') {
            let reason = format!("the row has {found} cells of {width}, and a quote in a cell");
            return Err(("malformed_row", reason));
        }
        for (field, column) in self.columns.iter().flatten() {
            match cells.get(*column) {
                None if field.tells_the_answer() => {
                    let reason =
                        format!("the row has {found} cells of {width}, and ends too early");
                    return Err(("too_few_cells", reason));
                }
                Some(cell)
                    if record.damage == Some(Damage::NotUtf8)
                        && cell.contains(char::REPLACEMENT_CHARACTER) =>
                {
                    let number = column + 1;
                    return Err(("not_utf8", format!("cell {number} {}", values::NOT_UTF8)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The value of a field: a cell that is not blank and stands for no missing value, or else the
    /// constant. A response may be any word.
    fn value<'a>(&'a self, cells: &'a [String], field: Field) -> Option<&'a str> {
        let column = self.columns.as_ref().and_then(|columns| columns.get(&field));
        let cell = column.and_then(|column| cells.get(*column)).map(|cell| cell.trim());
        let constant = || self.mapping.constants.get(&field).map(String::as_str);
        let missing = |cell: &str| match field {
            Field::Response => cell.is_empty(),
            _ => values::is_missing(cell),
        };
        cell.filter(|cell| !missing(cell)).or_else(constant)
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

    pub(super) fn moment(&self, cell: Option<&str>, line: u64) -> Result<Timestamp, CellRefusal> {
        let bad = |what: &str| ("bad_time", format!("the time is no {what}"));
        let missing = || ("missing_value", "the row has no time".to_owned());
        let micros = |text: &str, unit: f64| {
            let micros = values::number(text).map(|value| value * unit);
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
                return moment(text, &self.zone).ok_or_else(|| bad("moment"));
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

/// The zone of a name such as `Europe/Berlin`, an offset such as `+05:30`, or UTC.
fn zone(name: Option<&str>) -> Result<TimeZone, Fault> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    let known = offset(name).map(TimeZone::fixed).or_else(|| TimeZone::get(name).ok());
    known.ok_or_else(|| {
        let write = "write a name such as Europe/Berlin, or an offset such as +05:30";
        Fault::Mapping { detail: format!("time.zone: {name:?} is no time zone; {write}") }
    })
}

/// An offset such as `+05:30`.
fn offset(text: &str) -> Option<Offset> {
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let two = |part: &str, most: i32| {
        part.parse::<i32>().ok().filter(|value| part.len() == 2 && (0..=most).contains(value))
    };
    let seconds = two(hours, 14)? * 3_600 + two(minutes, 59)? * 60;
    Offset::from_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

/// The place of a column: by its very name, or else by its name in other letter case.
fn column(names: &[String], name: &str) -> Result<usize, String> {
    let places = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let found = names.iter().enumerate().filter(|(_, column)| same(column.trim()));
        found.map(|(place, _)| place).collect()
    };
    let exact = places(&|column| column == name);
    let found = match exact.as_slice() {
        [] => places(&|column| column.to_lowercase() == name.to_lowercase()),
        _ => exact,
    };
    match found.as_slice() {
        [place] => Ok(*place),
        [] => {
            let known: Vec<&str> = names.iter().take(50).map(String::as_str).collect();
            Err(format!("no column {name:?}; there are {}", known.join(", ")))
        }
        [first, second, ..] => Err(format!(
            "columns {} and {} are both called {name:?}; give them different names",
            first + 1,
            second + 1
        )),
    }
}

pub(super) fn correct(text: &str) -> Result<bool, CellRefusal> {
    values::correct(text).map_err(|reason| ("bad_correct", reason))
}

/// A moment with its own zone, or else one on the clocks of `zone`. Where these are set back, an
/// hour is there twice, and the first is meant; where they are set forward, the moment goes with
/// them.
fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = nexus_api::time::read(text, "").ok();
    zoned.or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let moment = civil.to_zoned(zone.clone()).ok()?;
        Some(Timestamp(moment.timestamp().as_microsecond()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_with_and_without_zone() {
        let expected = Some(Timestamp(1_253_192_640_000_000));
        let at = |text: &str, name: &str| moment(text, &zone(Some(name)).unwrap());
        assert_eq!(moment("2009-09-17T13:04:00Z", &TimeZone::UTC), expected);
        assert_eq!(moment("2009-09-17 13:04:00", &TimeZone::UTC), expected);
        assert_eq!(moment("yesterday", &TimeZone::UTC), None);
        for (text, zone) in [
            ("2009-09-17 15:04:00", "Europe/Berlin"),
            ("2009-09-17T09:04", "America/New_York"),
            ("2009-09-17 18:34:00", "Asia/Kolkata"),
            ("2009-09-17 18:34:00", "+05:30"),
            ("2009-09-17 13:04:00", "UTC"),
            ("2009-09-17 06:04:00", "-07:00"),
            // What names its zone needs no other.
            ("2009-09-17T13:04:00Z", "Asia/Tokyo"),
        ] {
            assert_eq!(at(text, zone), expected, "{text} {zone}");
        }
        // The clocks of Berlin showed 02:30 twice in this night, and never in the other.
        assert_eq!(at("2025-10-26 02:30", "Europe/Berlin"), at("2025-10-26T00:30Z", "UTC"));
        assert_eq!(at("2025-03-30 02:30", "Europe/Berlin"), at("2025-03-30T01:30Z", "UTC"));
        let error = zone(Some("Berlin")).err().map(|fault| fault.to_string()).unwrap_or_default();
        assert!(error.contains("Europe/Berlin"), "{error}");
    }
}
