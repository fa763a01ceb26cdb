//! Rows of cells below a head.

use super::{CONTEXT_MAX, ColumnNames, DecisionRow, DecisionTable, RowTarget, number, of_action};
use crate::table::cells;

/// Where the columns stand.
pub(super) struct TableHead {
    separator: char,
    action: usize,
    reward: usize,
    propensity: Option<usize>,
    learner: Option<usize>,
    /// The target's probability of what was chosen, where there is one such column.
    of_chosen: Option<usize>,
    /// Columns with the target's probability of each action.
    target: Vec<(usize, u32)>,
    served: Vec<(usize, u32)>,
    model: Vec<(usize, u32)>,
    context: Vec<usize>,
}

impl TableHead {
    /// Finds the columns in the first line. Errors: what is missing, in words.
    pub fn of(text: &str, names: &ColumnNames, table: &mut DecisionTable) -> Result<Self, String> {
        let separators = ['\t', ';'].into_iter();
        let separator = separators.clone().find(|other| text.contains(*other)).unwrap_or(',');
        let head = cells(text, separator)?;
        let head: Vec<&str> = head.iter().map(|name| name.trim()).collect();
        let find = |name: &str| head.iter().position(|other| *other == name);
        let missing = |name: &str| {
            let known: Vec<_> = head.iter().take(20).copied().collect();
            format!(
                "there is no column {name:?}; there are {}{}. Say which is which with --columns",
                known.join(", "),
                if head.len() > 20 { ", ..." } else { "" }
            )
        };
        let mut by_action = |pattern: &str| {
            let all = head.iter().enumerate();
            let named = all.filter_map(|(place, name)| Some((place, after(pattern, name)?)));
            named.map(|(place, name)| (place, table.actions.number(name))).collect::<Vec<_>>()
        };
        let target = by_action(&names.target);
        let served = by_action(&names.served);
        let model = by_action(&names.model);
        let single = names.target.trim_end_matches('*').trim_end_matches('_');
        let of_chosen = find(single).filter(|_| target.is_empty());
        if target.is_empty() && of_chosen.is_none() {
            return Err(missing(&names.target));
        }
        let propensity = find(&names.propensity);
        if propensity.is_none() && served.is_empty() {
            return Err(missing(&names.propensity));
        }
        let contexts = head.iter().enumerate();
        let contexts = contexts.filter_map(|(at, name)| Some((at, after(&names.context, name)?)));
        let (context, contexts): (Vec<_>, Vec<_>) =
            contexts.map(|(at, it)| (at, it.to_owned())).unzip();
        if context.len() > CONTEXT_MAX {
            return Err(format!("a context has at most {CONTEXT_MAX} columns"));
        }
        table.context = contexts;
        Ok(Self {
            separator,
            action: find(&names.action).ok_or_else(|| missing(&names.action))?,
            reward: find(&names.reward).ok_or_else(|| missing(&names.reward))?,
            propensity,
            learner: find(&names.learner),
            of_chosen,
            target,
            served,
            model,
            context,
        })
    }

    /// Reads a row. Errors: what is wrong with it, in words.
    pub fn row(&self, text: &str, table: &mut DecisionTable) -> Result<DecisionRow, String> {
        let cells = cells(text, self.separator)?;
        let cell = |place: usize, what: &str| {
            cells
                .get(place)
                .map(|cell| cell.trim())
                .ok_or_else(|| format!("the row ends before {what}"))
        };
        let pairs = |columns: &[(usize, u32)], what: &str| {
            let mut pairs = Vec::with_capacity(columns.len());
            for (place, action) in columns {
                // An empty cell: the action was no candidate.
                let cell = cell(*place, what)?;
                if !cell.is_empty() {
                    pairs.push((*action, number(cell, what)?));
                }
            }
            Ok::<_, String>(pairs)
        };
        let known = table.actions.names.len();
        let name = cell(self.action, "the action")?;
        let action = table.actions.number(name);
        if !self.target.is_empty() && action as usize >= known {
            return Err(format!("there is no column of the target for the action {name:?}"));
        }
        let served = pairs(&self.served, "a probability that was served")?;
        let propensity = match self.propensity {
            Some(place) => number(cell(place, "the propensity")?, "the propensity")?,
            None => of_action(&served, action).unwrap_or(0.0),
        };
        let target = match self.of_chosen {
            Some(place) => RowTarget::OfChosen(number(cell(place, "the target")?, "the target")?),
            None => RowTarget::Whole(pairs(&self.target, "a probability of the target")?),
        };
        let learner = match self.learner {
            Some(place) => Some(table.learners.number(cell(place, "the learner")?)),
            None => None,
        };
        let context =
            self.context.iter().map(|place| number(cell(*place, "the context")?, "the context"));
        Ok(DecisionRow {
            action,
            reward: number(cell(self.reward, "the reward")?, "the reward")?,
            propensity,
            learner,
            target,
            served,
            model: pairs(&self.model, "what the model expects")?,
            context: context.collect::<Result<_, _>>()?,
        })
    }
}

/// What a name has in the place of the star of a pattern.
fn after<'a>(pattern: &str, name: &'a str) -> Option<&'a str> {
    let prefix = pattern.strip_suffix('*')?;
    name.strip_prefix(prefix).filter(|rest| !rest.is_empty())
}
