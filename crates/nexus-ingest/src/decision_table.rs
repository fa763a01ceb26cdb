//! Tables of logged decisions for off-policy evaluation: CSV (also with tabs or semicolons) with a
//! head, or NDJSON; plain or gzipped.
//!
//! A row says what was chosen, with which probability, what it earned, and what the target policy
//! would have chosen. `docs/evaluation.md` names the columns. A row that is not understood is an
//! error with its line: an estimate of some of the rows would be one of another log.

mod cells;
mod json;

use crate::Fault;
use crate::file::{self, BytesRead};
use std::collections::BTreeMap;
use std::path::Path;

/// How far the target's probabilities of a row may sum from 1: printed numbers are rounded.
pub const SUM_TOLERANCE: f64 = 1e-3;
/// Columns of a context, at most.
pub const CONTEXT_MAX: usize = 64;

/// What the columns of a table are called. A name that ends in `*` stands for one column an action,
/// or one an entry of the context; the rest of the column's name is that of the action or the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnNames {
    pub action: String,
    pub reward: String,
    pub propensity: String,
    pub learner: String,
    pub target: String,
    pub served: String,
    pub model: String,
    pub context: String,
}

impl Default for ColumnNames {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            action: own("action"),
            reward: own("reward"),
            propensity: own("propensity"),
            learner: own("learner"),
            target: own("target_*"),
            served: own("served_*"),
            model: own("model_*"),
            context: own("context_*"),
        }
    }
}

impl ColumnNames {
    /// These names with others in the place of some: `propensity=pscore,target=pi*`.
    ///
    /// Errors: what is not a name of a column of ours, or not a pair.
    pub fn renamed(mut self, pairs: &str) -> Result<Self, String> {
        for pair in pairs.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (ours, theirs) = pair.split_once('=').unwrap_or((pair, ""));
            let (ours, theirs) = (ours.trim(), theirs.trim());
            let place = match ours {
                "action" => &mut self.action,
                "reward" => &mut self.reward,
                "propensity" => &mut self.propensity,
                "learner" => &mut self.learner,
                "target" => &mut self.target,
                "served" => &mut self.served,
                "model" => &mut self.model,
                "context" => &mut self.context,
                _ => {
                    return Err(format!(
                        "there is no {ours:?}; there are action, reward, propensity, learner, \
                         target, served, model, context"
                    ));
                }
            };
            if theirs.is_empty() {
                return Err(format!("{ours:?} has no column: say {ours}=COLUMN"));
            }
            theirs.clone_into(place);
        }
        Ok(self)
    }
}

/// What the target would have done in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum RowTarget {
    /// Its probability of each candidate, by the number of the action.
    Whole(Vec<(u32, f64)>),
    /// Its probability of what was chosen, and nothing else.
    OfChosen(f64),
}

#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// What was chosen, by its number in [`DecisionTable::actions`].
    pub action: u32,
    /// What it earned, finite.
    pub reward: f64,
    /// Probability with which it was chosen, in (0, 1].
    pub propensity: f64,
    /// Whose decision it was, by number; `None` where the table does not say.
    pub learner: Option<u32>,
    pub target: RowTarget,
    /// The probabilities of what was served, by action, when the table has them.
    pub served: Vec<(u32, f64)>,
    /// What a model of the table's own expects, by action, when the table has one.
    pub model: Vec<(u32, f64)>,
    /// The columns of the context, in the order of [`DecisionTable::context`].
    pub context: Vec<f64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionTable {
    /// The names of the actions.
    pub actions: NumberedNames,
    pub learners: NumberedNames,
    /// The names of the context's columns.
    pub context: Vec<String>,
    pub rows: Vec<DecisionRow>,
}

/// Names, numbered in the order in which they were first seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberedNames {
    pub names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl NumberedNames {
    /// The number of a name, made on first sight.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// Reads a table.
///
/// Errors: [`Fault`] when it cannot be read, lacks a column, or has a row that is not understood.
pub fn read(path: &Path, columns: &ColumnNames) -> Result<DecisionTable, Fault> {
    let mut reader = file::open(path, &BytesRead::default())?;
    let (mut bytes, mut line) = (Vec::new(), 0);
    let (mut table, mut head) = (DecisionTable::default(), None);
    let fault = |line, source| Fault::Read { path: path.to_owned(), line, source };
    while file::read_line(&mut *reader, &mut bytes).map_err(|e| fault(line, e))?.is_some() {
        line += 1;
        let malformed = |detail| Fault::Malformed { path: path.to_owned(), line, detail };
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| malformed("it is not UTF-8".to_owned()))?;
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            continue;
        }
        let row = match (&head, text.starts_with('{')) {
            (None, false) => {
                let found = cells::TableHead::of(text, columns, &mut table).map_err(malformed)?;
                head = Some(found);
                continue;
            }
            (None, true) => json::row(text, columns, &mut table),
            (Some(head), _) => head.row(text, &mut table),
        };
        let row = row.and_then(|row| checked(row, &table)).map_err(malformed)?;
        table.rows.push(row);
    }
    Ok(table)
}

fn checked(row: DecisionRow, table: &DecisionTable) -> Result<DecisionRow, String> {
    let DecisionRow { action, reward, propensity, target, .. } = &row;
    let name = || &table.actions.names[*action as usize];
    if !reward.is_finite() {
        return Err(format!("the reward is {reward}, not a number"));
    }
    if !(*propensity > 0.0 && *propensity <= 1.0) {
        return Err(format!(
            "the propensity of {:?} is {propensity}; what was chosen had a probability above 0 and at most 1",
            name()
        ));
    }
    let probability = |value: f64| (0.0..=1.0).contains(&value);
    match target {
        RowTarget::OfChosen(value) if !probability(*value) => {
            Err(format!("the target's probability is {value}, not between 0 and 1"))
        }
        RowTarget::OfChosen(_) => Ok(row),
        RowTarget::Whole(whole) => {
            let sum: f64 = whole.iter().map(|(_, value)| value).sum();
            let sound = whole.iter().all(|(_, value)| probability(*value));
            if !sound || (sum - 1.0).abs() > SUM_TOLERANCE {
                return Err(format!(
                    "the target's probabilities must lie between 0 and 1 and sum to 1; they sum to {sum}"
                ));
            }
            Ok(row)
        }
    }
}

/// The value of an action in a list of pairs.
fn of_action(pairs: &[(u32, f64)], action: u32) -> Option<f64> {
    pairs.iter().find(|(other, _)| *other == action).map(|(_, value)| *value)
}

fn number(text: &str, what: &str) -> Result<f64, String> {
    let value = text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    value.ok_or_else(|| format!("{what} is {text:?}, not a number"))
}
