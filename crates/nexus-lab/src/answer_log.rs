//! Answer files as a log of answers for tracers: the same readers and mappings as for events, but
//! with small numbers for names, and without a node.

use crate::tracer::{Answers, LoggedAnswer};
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_ingest::Fault;
use nexus_ingest::answers::AnswerRow;
use nexus_ingest::mapping::{Layout, Mapping, TimeUnit};
use nexus_ingest::rejection::Rejection;
use nexus_ingest::row_log::{self, TakeRows};
use nexus_ingest::skill_table::{self, Skills};
use nexus_ingest::source::Record;
use std::collections::BTreeMap;
use std::path::Path;

/// Grades from here on are right.
const RIGHT_GRADE: f64 = 0.5;
/// Rejections that are kept to be shown.
const SHOWN_MAX: usize = 5;

/// Names, numbered in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub struct AnswerNames {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

/// What could not be used.
#[derive(Clone, Debug, Default)]
pub struct Unused {
    /// How many records or rows.
    pub rows: u64,
    /// The first of them.
    pub first: Vec<Rejection>,
}

/// Reads answer files that belong together, so that a name has one number in all of them.
pub struct AnswerLogReader {
    mapping: Mapping,
    /// Skills from a table; they win over those of the rows.
    table: Option<Skills>,
    timeless: bool,
    files: usize,
    pub learners: AnswerNames,
    /// Questions by number, which is that of their key.
    pub questions: AnswerNames,
    /// Skills by number, which is that of their key.
    pub skills: AnswerNames,
    /// What could not be used so far.
    pub unused: Unused,
}

impl AnswerNames {
    /// The number of a name, made on first sight.
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The name of a number; empty when there is none.
    #[must_use]
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl AnswerLogReader {
    /// A reader by a mapping. Skills come from the table `skills` when there is one, else from the
    /// table that the mapping names, in `folder`, else from the rows. `timeless` leaves out times
    /// that are there; times that a mapping makes up are left out always.
    ///
    /// Errors: [`Fault`] when a table of skills cannot be read.
    pub fn new(
        mapping: &Mapping,
        folder: &Path,
        skills: Option<&Path>,
        timeless: bool,
    ) -> Result<Self, Fault> {
        let table = match (skills, &mapping.skills.table) {
            (Some(path), _) => {
                Some(skill_table::read(path, &skill_table::rule(path, mapping)?, mapping)?)
            }
            (None, Some(table)) => {
                Some(skill_table::read(&folder.join(&table.file), table, mapping)?)
            }
            (None, None) => None,
        };
        Ok(Self {
            mapping: mapping.clone(),
            table,
            timeless: timeless || mapping.time.unit == TimeUnit::None,
            files: 0,
            learners: AnswerNames::default(),
            questions: AnswerNames::default(),
            skills: AnswerNames::default(),
            unused: Unused::default(),
        })
    }

    /// Whether answers have times.
    #[must_use]
    pub fn timeless(&self) -> bool {
        self.timeless
    }

    /// Reads files, in their order, into one log. `tick` is told the bytes read so far of each.
    ///
    /// Errors: [`Fault`] when a file cannot be read or the mapping does not fit it.
    pub fn read(
        &mut self,
        paths: &[impl AsRef<Path>],
        tick: &mut dyn FnMut(&Path, u64),
    ) -> Result<Answers, Fault> {
        let guess = self.mapping.options.map_or(0.0, |options| 1.0 / f64::from(options));
        let mut answers = Answers { guess, ..Answers::default() };
        let mut sets = BTreeMap::new();
        for path in paths {
            self.read_file(path.as_ref(), &mut answers, &mut sets, tick)?;
        }
        Ok(answers)
    }

    fn read_file(
        &mut self,
        path: &Path,
        answers: &mut Answers,
        sets: &mut BTreeMap<Vec<SkillKey>, u32>,
        tick: &mut dyn FnMut(&Path, u64),
    ) -> Result<(), Fault> {
        self.files += 1;
        let mapping = self.mapping.clone();
        let mut log = FileLog { reader: self, answers, sets, path, tick };
        row_log::read(path, &mapping, &mut log).map(|_| ())
    }

    fn add(
        &mut self,
        row: &AnswerRow,
        text: &str,
        answers: &mut Answers,
        sets: &mut BTreeMap<Vec<SkillKey>, u32>,
    ) {
        let Some(right) = row.correct.or(row.grade.map(|grade| grade >= RIGHT_GRADE)) else {
            let reason = "the row has a response, but says not whether it was right";
            return self.unused.add(Rejection::new(row.line, "not_graded", reason, text));
        };
        // Learners without names are numbered by line, and so anew in each file.
        let learner = match self.mapping.layout {
            Layout::SkillSequences => {
                self.learners.number(&format!("{}@{}", row.learner, self.files))
            }
            _ => self.learners.number(&row.learner),
        };
        let skills = self.skills_of(row);
        let next = u32::try_from(sets.len()).unwrap_or(u32::MAX);
        let set = *sets.entry(skills.clone()).or_insert_with(|| {
            answers.skill_sets.push(skills);
            next
        });
        answers.rows.push(LoggedAnswer {
            learner,
            question: QuestionKey(self.questions.number(&row.question)),
            skills: set,
            right,
            at: (!self.timeless).then_some(row.at),
        });
    }

    /// The skills of a row, sorted and each once.
    fn skills_of(&mut self, row: &AnswerRow) -> Vec<SkillKey> {
        let mut keys: Vec<SkillKey> = match &self.table {
            None => row.skills.iter().map(|name| SkillKey(self.skills.number(name))).collect(),
            Some(table) => {
                let own = table.get(&row.question).into_iter().flatten();
                own.map(|name| SkillKey(self.skills.number(name))).collect()
            }
        };
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// One file of a log on its way in.
struct FileLog<'a> {
    reader: &'a mut AnswerLogReader,
    answers: &'a mut Answers,
    sets: &'a mut BTreeMap<Vec<SkillKey>, u32>,
    path: &'a Path,
    tick: &'a mut dyn FnMut(&Path, u64),
}

impl TakeRows for FileLog<'_> {
    fn take(&mut self, row: AnswerRow, record: &Record) -> Result<(), Fault> {
        self.reader.add(&row, &record.text, self.answers, self.sets);
        Ok(())
    }

    fn reject(&mut self, rejection: Rejection) {
        self.reader.unused.add(rejection);
    }

    fn tick(&mut self, bytes: u64) {
        (self.tick)(self.path, bytes);
    }
}

impl Unused {
    fn add(&mut self, rejection: Rejection) {
        self.rows += 1;
        if self.first.len() < SHOWN_MAX {
            self.first.push(rejection);
        }
    }
}
