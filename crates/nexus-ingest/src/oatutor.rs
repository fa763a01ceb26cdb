//! Courses of the OATutor project: one course plan becomes one course draft.
//!
//! A folder is the project's repository: `coursePlans.json`, `skillModel.json` and the folder
//! `content-pool`; in its place one file `content.jsonl`, and each file plain or with `.gz`. Lessons become modules, problems exercises, steps questions, learning objectives skills;
//! hints and scaffolds become hints and supports. What has no place in a course is listed with its reason.
//!
//! OATutor grades algebra by comparing expressions; a course compares numbers and texts. Steps
//! whose answer is a number become numeric questions; other typed answers accept the author's
//! spelling only, and the learning site may grade them better.

mod convert;
mod fields;
mod read;

pub use read::{Collection, load};

use nexus_engine::catalog::CourseDraft;
use std::collections::BTreeMap;

/// A course that was imported, and what was left out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The course; it passes validation, or the importer has a bug.
    pub draft: CourseDraft,
    /// How much was read for this course, and what was skipped.
    pub report: ImportReport,
}

/// How much was read, and what was skipped and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Problems of the course in the collection.
    pub problems: usize,
    /// Steps of these problems.
    pub steps: usize,
    /// Hints and scaffolds of these steps.
    pub hints: usize,
    /// Lessons of the course plan.
    pub lessons: usize,
    /// By reason: what was skipped for it.
    pub skipped: BTreeMap<&'static str, Vec<String>>,
    /// By remark: how many questions it concerns.
    pub remarks: BTreeMap<&'static str, usize>,
}

impl ImportReport {
    fn skip(&mut self, reason: &'static str, what: &str) {
        self.skipped.entry(reason).or_default().push(what.to_owned());
    }

    fn remark(&mut self, remark: &'static str) {
        *self.remarks.entry(remark).or_default() += 1;
    }
}
