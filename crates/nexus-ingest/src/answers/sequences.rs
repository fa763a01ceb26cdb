//! Files with four lines a learner: the learner, the questions, their skills, and the marks.

use super::AnswerRow;
use super::rows::{Refusal, RowReader, correct};
use crate::source::Record;

/// Lines of one learner.
pub(super) const LINES: usize = 4;

/// The answers of one learner. Neighbours with the same question and the same mark are one answer
/// that was written once for each of its skills; read apart, the second would tell the first.
pub(super) fn read(record: &Record, reader: &RowReader) -> Result<Vec<AnswerRow>, Refusal> {
    let lines: Vec<&str> = record.text.split('\n').collect();
    let [head, questions, skills, marks] = lines.as_slice() else {
        return Err(("malformed_block", format!("{} lines of {LINES} are there", lines.len())));
    };
    let separator = reader.separator();
    let learner = head.split(separator).next().unwrap_or_default().trim();
    let parts = |line: &str| -> Vec<String> {
        let cells = line.split(separator).map(str::trim).filter(|cell| !cell.is_empty());
        cells.map(str::to_owned).collect()
    };
    let (questions, skills, marks) = (parts(questions), parts(skills), parts(marks));
    if learner.is_empty() || questions.len() != marks.len() || skills.len() != marks.len() {
        let lengths = format!("{}, {} and {}", questions.len(), skills.len(), marks.len());
        return Err(("malformed_block", format!("questions, skills and marks are {lengths}")));
    }
    let mut rows: Vec<AnswerRow> = Vec::new();
    let mut last = "";
    for ((question, skill), mark) in questions.iter().zip(skills).zip(marks) {
        let right = correct(&mark)?;
        let same = |row: &&mut AnswerRow| last == question && row.correct == Some(right);
        if let Some(row) = rows.last_mut().filter(same)
            && !row.skills.contains(&skill)
        {
            row.skills.push(skill);
            continue;
        }
        last = question;
        let place = rows.len() as u64;
        rows.push(AnswerRow {
            line: record.line,
            learner: reader.learner(learner),
            question: reader.question(question),
            correct: Some(right),
            // Each learner's lines are few and their answers many, so time counts both.
            at: reader.moment(None, record.line.saturating_add(place))?,
            skills: vec![skill],
            ..AnswerRow::default()
        });
    }
    Ok(rows)
}
