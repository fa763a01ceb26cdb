//! A table of decisions as a log.

use super::Log;
use anyhow::bail;
use nexus_ingest::decision_table::{self, ColumnNames, DecisionRow, DecisionTable, RowTarget};
use nexus_stats::off_policy::LoggedDecision;
use nexus_stats::off_policy::evaluation::Method;
use std::collections::BTreeSet;
use std::path::Path;

/// Reads a table. Errors: when it cannot be read, or its rows do not go together.
pub(super) fn read(path: &Path, columns: &ColumnNames) -> anyhow::Result<Log> {
    let table = decision_table::read(path, columns)?;
    let whole = |row: &&DecisionRow| matches!(row.target, RowTarget::Whole(_));
    let with_target = table.rows.iter().filter(whole).count();
    if with_target > 0 && with_target < table.rows.len() {
        bail!("some rows have the target's probabilities of all candidates, and some do not");
    }
    let with_model = table.rows.iter().filter(|row| !row.model.is_empty()).count();
    if with_model > 0 && with_model < table.rows.len() {
        bail!("some rows have what a model expects, and some do not");
    }
    let chosen: BTreeSet<u32> = table.rows.iter().map(|row| row.action).collect();
    let decisions: Result<Vec<_>, _> =
        table.rows.iter().enumerate().map(|row| decision(row, &chosen, &table)).collect();
    let mut notes = Vec::new();
    let methods = match with_target {
        0 => {
            notes.push(
                "the table has the target's probability of what was chosen alone: methods that \
                 ask a model of the other candidates are left out, and dr corrects the mean"
                    .to_owned(),
            );
            vec![Method::DoublyRobust, Method::SelfNormalisedPropensity, Method::InversePropensity]
        }
        _ => Method::ALL.to_vec(),
    };
    if with_model > 0 {
        notes.push("the table's own model is asked; mrdr fits its own".to_owned());
    }
    if table.learners.names.is_empty() {
        notes.push("the table names no learners: every decision counts as independent".to_owned());
    }
    Ok(Log { decisions: decisions?, methods, left_out: Vec::new(), notes })
}

fn decision(
    (place, row): (usize, &DecisionRow),
    ever_chosen: &BTreeSet<u32>,
    table: &DecisionTable,
) -> anyhow::Result<LoggedDecision> {
    let unit = row.learner.map_or(place as u64, u64::from);
    let (propensity, reward) = (row.propensity, row.reward);
    let logged = LoggedDecision { propensity, reward, unit, ..LoggedDecision::default() };
    let target = match &row.target {
        // All actions are one to a model that knows only the mean; the rest of the target is another.
        RowTarget::OfChosen(probability) => {
            let target = vec![(0, *probability), (1, 1.0 - probability)];
            return Ok(LoggedDecision { target, ..logged });
        }
        RowTarget::Whole(target) => target.clone(),
    };
    let served = |action: u32| match row.served.is_empty() {
        // Where the table does not say, what was never chosen in it counts as never served.
        true => ever_chosen.contains(&action),
        false => {
            row.served.iter().any(|(other, probability)| *other == action && *probability > 0.0)
        }
    };
    let outside = target.iter().filter(|(action, _)| !served(*action));
    let unsupported = outside.map(|(_, probability)| probability).sum();
    let expected = |action: u32| {
        let found = row.model.iter().find(|(other, _)| *other == action);
        found.map(|(_, expected)| *expected).ok_or_else(|| {
            let name = &table.actions.names[action as usize];
            anyhow::anyhow!("decision {}: the model says nothing of the action {name:?}", place + 1)
        })
    };
    let given = match row.model.is_empty() {
        true => None,
        false => {
            let mut of_target = 0.0;
            for (action, probability) in target.iter().filter(|(_, it)| *it > 0.0) {
                of_target += probability * expected(*action)?;
            }
            Some((expected(row.action)?, of_target))
        }
    };
    Ok(LoggedDecision {
        chosen: row.action,
        target,
        features: row.context.clone(),
        target_features: row.context.clone(),
        context: row.context.clone(),
        unsupported,
        given,
        ..logged
    })
}
