//! Rows that are JSON objects: the groups of columns are objects of their own.
//!
//! `{"action": "b", "reward": 1, "propensity": 0.25, "target": {"a": 0.9, "b": 0.1}}`; `served`,
//! `model` and `context` look like `target`, and a `target` that is a number is that of the action.

use super::{CONTEXT_MAX, ColumnNames, DecisionRow, DecisionTable, RowTarget, of_action};
use serde_json::{Map, Value};

/// Reads a row. Errors: what is wrong with it, in words.
pub(super) fn row(
    text: &str,
    names: &ColumnNames,
    table: &mut DecisionTable,
) -> Result<DecisionRow, String> {
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))?;
    let group = |pattern: &str| object.get(pattern.trim_end_matches('*').trim_end_matches('_'));
    let missing = |name: &str| format!("there is no {name:?}");
    let name = named(object.get(&names.action)).ok_or_else(|| missing(&names.action))?;
    let action = table.actions.number(&name);
    let served = pairs(group(&names.served), "served", table)?;
    let propensity = match object.get(&names.propensity) {
        Some(value) => number(value, "the propensity")?,
        None => of_action(&served, action).ok_or_else(|| missing(&names.propensity))?,
    };
    let target = match group(&names.target) {
        None => return Err(missing("target")),
        Some(Value::Number(value)) => RowTarget::OfChosen(value.as_f64().unwrap_or(f64::NAN)),
        whole => RowTarget::Whole(pairs(whole, "target", table)?),
    };
    let reward = object.get(&names.reward).ok_or_else(|| missing(&names.reward))?;
    let learner = object.get(&names.learner).filter(|value| !value.is_null());
    let learner = learner.map(|value| named(Some(value)).ok_or("a learner is a word or a number"));
    let learner = learner.transpose()?;
    let model = pairs(group(&names.model), "model", table)?;
    Ok(DecisionRow {
        action,
        reward: number(reward, "the reward")?,
        propensity,
        learner: learner.map(|name| table.learners.number(&name)),
        target,
        served,
        model,
        context: context(group(&names.context), table)?,
    })
}

/// The entries of the context, in the order of the first row; what is absent is 0.
fn context(value: Option<&Value>, table: &mut DecisionTable) -> Result<Vec<f64>, String> {
    let Some(value) = value else { return Ok(vec![0.0; table.context.len()]) };
    let object = value.as_object().ok_or("the context is not an object of numbers")?;
    if table.rows.is_empty() {
        table.context = object.keys().cloned().collect();
    }
    if table.context.len() > CONTEXT_MAX {
        return Err(format!("a context has at most {CONTEXT_MAX} entries"));
    }
    if let Some(other) = object.keys().find(|name| !table.context.contains(name)) {
        return Err(format!("the context has {other:?}, which the first row does not have"));
    }
    let entry = |name: &String| match object.get(name) {
        Some(value) => number(value, "an entry of the context"),
        None => Ok(0.0),
    };
    table.context.iter().map(entry).collect()
}

fn pairs(
    value: Option<&Value>,
    what: &str,
    table: &mut DecisionTable,
) -> Result<Vec<(u32, f64)>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let object =
        value.as_object().ok_or_else(|| format!("{what:?} is not an object of numbers"))?;
    let pair = |(name, value): (&String, &Value)| {
        Ok((table.actions.number(name), number(value, &format!("{name:?} in {what:?}"))?))
    };
    object.iter().map(pair).collect()
}

fn number(value: &Value, what: &str) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| format!("{what} is {value}, not a number"))
}

fn named(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
