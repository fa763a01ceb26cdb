//! Course files: YAML or JSON text to a course draft, and every problem with its line and column.
//!
//! The text becomes a tree that remembers where each value stands ([`tree`]); the tree becomes a
//! draft ([`shape`]); the engine checks the draft. Problems of all three steps are told together.
//! Aliases are refused rather than expanded, and size and depth are bounded, so that a small
//! hostile file stays small.

mod shape;
mod tree;
mod write;

pub use tree::{DEPTH_MAX, FILE_BYTES_MAX, Location};
pub use write::{to_json, to_yaml};

use nexus_api::course::CourseFile;
use nexus_engine::catalog::validation::{PlaceStep, check};
use nexus_engine::catalog::{CourseDraft, CourseProblem, Place};
use serde::Serialize;
use tree::YamlNode;

/// One problem of a course file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Line and column, when the text could be read that far.
    #[serde(flatten)]
    pub location: Option<Location>,
    /// Where in the course, such as `modules[2].activities[1].skills[0]`.
    pub place: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    /// The problem as one line: `file:line:column: [code] message`.
    #[must_use]
    pub fn report(&self, file: &str) -> String {
        match self.location {
            Some(Location { line, column }) => {
                format!("{file}:{line}:{column}: [{}] {}", self.code, self.message)
            }
            None => format!("{file}: [{}] {}: {}", self.code, self.place, self.message),
        }
    }
}

/// Reads a course file.
///
/// Errors: everything that is wrong with it, in the order of the file; never an empty list.
pub fn read(text: &str) -> Result<CourseDraft, Vec<Finding>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match tree::parse(text) {
        Ok(tree) => read_tree(&tree),
        Err(finding) if text.trim_start().starts_with('{') => read_json(text, finding),
        Err(finding) => Err(vec![finding]),
    }
}

/// Problems of a course that were found elsewhere, such as by playing it, where they stand in the
/// text of its file.
#[must_use]
pub fn located(text: &str, problems: Vec<CourseProblem>) -> Vec<Finding> {
    // Such JSON as YAML does not hold has places without lines.
    let tree = tree::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).ok();
    let mut findings = Vec::with_capacity(problems.len());
    for problem in problems {
        let location = tree.as_ref().map(|tree| tree.locate(&problem.place));
        findings.push(finding(problem, location));
    }
    findings
}

fn read_tree(tree: &YamlNode) -> Result<CourseDraft, Vec<Finding>> {
    let shaped = shape::shape(tree);
    let mut findings: Vec<Finding> = check(&shaped.draft)
        .into_iter()
        .filter(|problem| !shaped.explains(problem))
        .map(|problem| {
            let location = Some(tree.locate(&problem.place));
            finding(problem, location)
        })
        .collect();
    findings.extend(shaped.findings);
    if findings.is_empty() {
        return Ok(shaped.draft);
    }
    // A stable sort: what is wrong at one place stays in the order in which it was found. The
    // count of problems that are not listed has no place of its own and stays last.
    findings.sort_by_key(|found| (found.code == "more_problems", found.location));
    Err(findings)
}

/// JSON holds some things that YAML does not, such as escaped surrogate pairs and tabs for
/// indentation. They are read by a JSON reader, at the price of places without lines.
fn read_json(text: &str, refused: Finding) -> Result<CourseDraft, Vec<Finding>> {
    if text.len() > FILE_BYTES_MAX || refused.code != "syntax" {
        return Err(vec![refused]);
    }
    match serde_json::from_str::<CourseFile>(text) {
        Ok(file) => {
            let draft = CourseDraft::from(file);
            let problems = check(&draft);
            if problems.is_empty() {
                return Ok(draft);
            }
            Err(problems.into_iter().map(|problem| finding(problem, None)).collect())
        }
        Err(error) => {
            let location = Location { line: error.line(), column: error.column() };
            Err(vec![Finding { message: error.to_string(), location: Some(location), ..refused }])
        }
    }
}

fn finding(problem: CourseProblem, location: Option<Location>) -> Finding {
    Finding {
        location,
        place: problem.place.to_string(),
        code: problem.code,
        message: problem.message,
    }
}

/// A draft as far as it could be read, and what is wrong with the shape of its tree.
struct Shaped {
    draft: CourseDraft,
    findings: Vec<Finding>,
    /// Places whose value could not be read, so that the draft holds a stand-in there.
    holes: Vec<Place>,
}

impl Shaped {
    /// Whether a problem of the draft only echoes a problem of the shape: it lies at or inside a
    /// hole, or it misses something that a hole may have held.
    fn explains(&self, problem: &CourseProblem) -> bool {
        let echo = match problem.code {
            "unreachable_activity" | "unlinked_activity" => !self.holes.is_empty(),
            code => self.holes.iter().any(|hole| holds_names(code, hole.steps())),
        };
        echo || self.holes.iter().any(|hole| problem.place.steps().starts_with(hole.steps()))
    }
}

/// Whether the names that a problem misses are defined at or inside a place.
fn holds_names(code: &str, place: &[PlaceStep]) -> bool {
    use PlaceStep::{Field, Index};
    let skills = matches!(
        place,
        [Field("skills")] | [Field("skills"), Index(_)] | [Field("skills"), Index(_), Field("id")]
    );
    let activities = matches!(
        place,
        [Field("modules")]
            | [Field("modules"), Index(_)]
            | [Field("modules"), Index(_), Field("activities")]
            | [Field("modules"), Index(_), Field("activities"), Index(_)]
            | [Field("modules"), Index(_), Field("activities"), Index(_), Field("id")]
    );
    let options = matches!(place, [.., Field("options")] | [.., Field("options"), Index(_)]);
    match code {
        "unknown_skill" => skills || place.is_empty(),
        "unknown_activity" => activities || place.is_empty(),
        "answer_not_an_option" => options,
        _ => false,
    }
}
