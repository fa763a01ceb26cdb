//! Places inside a course draft, and the list of problems that grows while it is checked.

use super::{CourseProblem, PROBLEMS_MAX};
use std::fmt;

/// A place inside a course draft, such as `modules[2].activities[1].skills[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(Vec<PlaceStep>);

/// One step from the outside to the inside of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceStep {
    Field(&'static str),
    /// Into an element of a list, from 0. The options of a question count as a list.
    Index(usize),
}

impl Place {
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A field of this place.
    #[must_use]
    pub fn field(&self, name: &'static str) -> Self {
        self.then(PlaceStep::Field(name))
    }

    /// An element of the list at this place.
    #[must_use]
    pub fn index(&self, position: usize) -> Self {
        self.then(PlaceStep::Index(position))
    }

    /// The place around this one; `None` for the whole draft.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, outer) = self.0.split_last()?;
        Some(Self(outer.to_vec()))
    }

    /// The steps that lead here.
    #[must_use]
    pub fn steps(&self) -> &[PlaceStep] {
        &self.0
    }

    fn then(&self, step: PlaceStep) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("course");
        }
        for (position, step) in self.0.iter().enumerate() {
            match step {
                PlaceStep::Field(name) if position == 0 => f.write_str(name)?,
                PlaceStep::Field(name) => write!(f, ".{name}")?,
                PlaceStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A place on the way: it borrows what is around it, so that a sound draft costs no allocation.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    Root,
    Field(&'a At<'a>, &'static str),
    /// An element of a list.
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    pub(super) fn field(&'a self, name: &'static str) -> Self {
        Self::Field(self, name)
    }

    pub(super) fn index(&'a self, position: usize) -> Self {
        Self::Index(self, position)
    }

    pub(super) fn place(&self) -> Place {
        match self {
            Self::Root => Place::root(),
            Self::Field(outer, name) => outer.place().field(name),
            Self::Index(outer, position) => outer.place().index(*position),
        }
    }
}

/// The problems found so far, with a bound on their number.
#[derive(Default)]
pub(super) struct Problems {
    list: Vec<CourseProblem>,
    more: usize,
    guesses: usize,
}

impl Problems {
    /// Adds a problem. The message is made only when there is room for it.
    pub(super) fn add(&mut self, at: At<'_>, code: &'static str, message: impl FnOnce() -> String) {
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(CourseProblem { place: at.place(), code, message: message() });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one more search for what was probably meant can be afforded.
    pub(super) fn may_guess(&mut self) -> bool {
        const GUESSES_MAX: usize = 20;
        self.guesses += 1;
        self.guesses <= GUESSES_MAX
    }

    pub(super) fn into_list(mut self) -> Vec<CourseProblem> {
        self.list.sort_by(|left, right| left.place.cmp_in_file(&right.place));
        if self.more > 0 {
            let message = format!("{} more problems are not listed", self.more);
            self.list.push(CourseProblem { place: Place::root(), code: "more_problems", message });
        }
        self.list
    }
}

impl Place {
    /// The order of the file: header fields as written in the format, then list positions.
    fn cmp_in_file(&self, other: &Self) -> std::cmp::Ordering {
        let rank = |step: &PlaceStep| match step {
            PlaceStep::Field(name) => (field_rank(name), 0, *name),
            PlaceStep::Index(position) => (0, *position, ""),
        };
        self.0.iter().map(rank).cmp(other.0.iter().map(rank))
    }
}

/// Where a field stands in the format, so that problems come out in reading order.
fn field_rank(name: &str) -> usize {
    const ORDER: [&str; 59] = [
        "format",
        "id",
        "version",
        "kind",
        "title",
        "language",
        "description",
        "licence",
        "prompt",
        "options",
        "answer",
        "tolerance",
        "skills",
        "modules",
        "path",
        "difficulty",
        "minutes",
        "requires",
        "remedial",
        "advanced",
        "required",
        "text",
        "video",
        "seconds",
        "url",
        "script",
        "questions",
        "activities",
        "hints",
        "explanation",
        "supports",
        "activity",
        "reward",
        "clip",
        "gain",
        "delayed_gain",
        "success",
        "cost",
        "abandonment",
        "components",
        "name",
        "weight",
        "within_days",
        "after_days",
        "aggregate",
        "missing",
        "min",
        "max",
        "probes",
        "share",
        "goal",
        "ends",
        "date",
        "check",
        "iris",
        "iri",
        "prefix",
        "activity",
        "question",
    ];
    ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len())
}

/// A text of the author for a message: quoted, and shortened when it is long.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 40;
    if text.chars().count() <= SHOWN_MAX {
        return format!("{text:?}");
    }
    let shown: String = text.chars().take(SHOWN_MAX).collect();
    format!("{shown:?}...")
}
