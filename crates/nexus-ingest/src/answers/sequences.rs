//! Files with some lines a learner: the learner, the questions, their skills, and the marks; or how
//! many answers, the skills, and the marks.

use super::AnswerRow;
use super::rows::{CellRefusal, RowReader, correct};
use crate::mapping::Layout;
use crate::source::Record;

/// Lines of one learner.
pub(super) const LINES: usize = 4;
/// Lines of one learner where there are no questions.
pub(super) const SKILL_LINES: usize = 3;

/// The answers of one learner. Neighbours with the same question and the same mark are one answer
/// that was written once for each of its skills; read apart, the second would tell the first.
pub(super) fn read(record: &Record, reader: &RowReader) -> Result<Vec<AnswerRow>, CellRefusal> {
    let Block { learner, questions, skills, marks } = Block::of(record, reader)?;
    let mut rows: Vec<AnswerRow> = Vec::new();
    let mut last = "";
    for ((question, skill), mark) in questions.iter().zip(skills).zip(marks) {
        let right = correct(&mark)?;
        let same = |row: &&mut AnswerRow| {
            !reader.keeps_repeats() && last == question && row.correct == Some(right)
        };
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
            learner: reader.learner(&learner),
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

/// The lines of one learner, in cells.
struct Block {
    learner: String,
    questions: Vec<String>,
    skills: Vec<String>,
    marks: Vec<String>,
}

impl Block {
    fn of(record: &Record, reader: &RowReader) -> Result<Self, CellRefusal> {
        let lines: Vec<&str> = record.text.split('\n').collect();
        let separator = reader.separator();
        let cells = |line: &str| -> Vec<String> {
            let cells = line.split(separator).map(str::trim).filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).collect()
        };
        let nameless = reader.layout() == Layout::SkillSequences;
        let block = match lines.as_slice() {
            [head, questions, skills, marks] if !nameless => Self {
                learner: head.split(separator).next().unwrap_or_default().trim().to_owned(),
                questions: cells(questions),
                skills: cells(skills),
                marks: cells(marks),
            },
            [count, skills, marks] if nameless => {
                let block = Self {
                    learner: record.line.to_string(),
                    questions: cells(skills),
                    skills: cells(skills),
                    marks: cells(marks),
                };
                // A wrong count means that lines are lost, and that later blocks are cut wrongly.
                if count.trim().parse() != Ok(block.marks.len()) {
                    let reason = format!("{count} rows are told, {} there", block.marks.len());
                    return Err(("malformed_block", reason));
                }
                block
            }
            lines => {
                let needed = if nameless { SKILL_LINES } else { LINES };
                let reason = format!("{} lines of {needed} are there", lines.len());
                return Err(("malformed_block", reason));
            }
        };
        block.checked()
    }

    fn checked(self) -> Result<Self, CellRefusal> {
        let (questions, skills, marks) = (&self.questions, &self.skills, &self.marks);
        if self.learner.is_empty() || questions.len() != marks.len() || skills.len() != marks.len()
        {
            let lengths = format!("{}, {} and {}", questions.len(), skills.len(), marks.len());
            return Err(("malformed_block", format!("questions, skills and marks are {lengths}")));
        }
        if marks.is_empty() {
            return Err(("missing_value", "the learner has no answers".to_owned()));
        }
        Ok(self)
    }
}
