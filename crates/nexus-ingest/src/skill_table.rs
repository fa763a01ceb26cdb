//! Tables of questions and their skills, beside answer files.

use crate::Fault;
use crate::file::{self, BytesRead};
use crate::mapping::{Field, Mapping, SkillCell, SkillTable};
use crate::slug::distinct;
use crate::table::cells;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// By question, as the mapping names it: its foreign skills.
pub type Skills = BTreeMap<String, BTreeSet<String>>;

/// Reads a table. Errors: [`Fault`] when it cannot be read or lacks a column.
pub fn read(path: &Path, table: &SkillTable, mapping: &Mapping) -> Result<Skills, Fault> {
    let malformed = |line, detail| Fault::Malformed { path: path.to_owned(), line, detail };
    let mut reader = file::open(path, &BytesRead::default())?;
    let (mut bytes, mut line, mut columns) = (Vec::new(), 0, None);
    let fault = |line, source| Fault::Read { path: path.to_owned(), line, source };
    let mut skills = Skills::new();
    while file::read_line(&mut *reader, &mut bytes).map_err(|e| fault(line, e))?.is_some() {
        line += 1;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}');
        let cells = cells(text, table.separator).map_err(|detail| malformed(line, detail))?;
        let Some((question, skill)) = columns else {
            let find = |name: &str| {
                let found = cells.iter().position(|cell| cell.trim() == name);
                let known =
                    || format!("there is no column {name:?}; there are {}", cells.join(", "));
                found.ok_or_else(|| malformed(line, crate::slug::shortened(&known(), 1_000)))
            };
            columns = Some((find(&table.question)?, find(&table.skill)?));
            continue;
        };
        if let (Some(question), Some(skill)) = (cells.get(question), cells.get(skill)) {
            let id = distinct(&format!("{}{}", mapping.prefixes.question, question.trim()));
            skills.entry(id).or_default().extend(of_cell(skill, table.cell));
        }
    }
    if table.cell == SkillCell::Leaves {
        keep_leaves(&mut skills);
    }
    Ok(skills)
}

/// The mapping's table, or what can be made out of the head of a file that the mapping says
/// nothing of: the columns that are named like those of the mapping, else the first two.
///
/// Errors: [`Fault`] when the file cannot be read or has less than two columns.
pub fn rule(path: &Path, mapping: &Mapping) -> Result<SkillTable, Fault> {
    let mut head = Vec::new();
    let mut reader = file::open(path, &BytesRead::default())?;
    let fault = |source| Fault::Read { path: path.to_owned(), line: 0, source };
    file::read_line(&mut *reader, &mut head).map_err(fault)?;
    let head = String::from_utf8_lossy(&head).trim_start_matches('\u{feff}').to_owned();
    let own = mapping.skills.table.clone();
    let separator = match &own {
        Some(table) if head.contains(table.separator) => table.separator,
        _ if head.contains('\t') => '\t',
        _ => ',',
    };
    let malformed = |detail| Fault::Malformed { path: path.to_owned(), line: 1, detail };
    let names = cells(&head, separator).map_err(malformed)?;
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    if let Some(table) = own
        && names.contains(&table.question.as_str())
        && names.contains(&table.skill.as_str())
    {
        return Ok(SkillTable { separator, ..table });
    }
    let known =
        |field| mapping.columns.get(&field).map(String::as_str).filter(|name| names.contains(name));
    let [first, second, ..] = names.as_slice() else {
        let detail = "a table of skills has a column of questions and one of skills".to_owned();
        return Err(malformed(detail));
    };
    let question = known(Field::Question).unwrap_or(first);
    let other = if question == *second { first } else { second };
    let skill = known(Field::Skills).unwrap_or(other);
    Ok(SkillTable {
        file: String::new(),
        question: question.to_owned(),
        skill: skill.to_owned(),
        separator,
        cell: SkillCell::default(),
    })
}

fn of_cell(cell: &str, kind: SkillCell) -> Vec<String> {
    let one = |part: &str| part.trim().trim_matches(['"', '\'']).to_owned();
    let parts = match kind {
        SkillCell::One => vec![one(cell)],
        SkillCell::List | SkillCell::Leaves => {
            cell.trim().trim_start_matches('[').trim_end_matches(']').split(',').map(one).collect()
        }
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// Takes away what another skill of the same question lies inside of.
fn keep_leaves(skills: &mut Skills) {
    let mut questions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (question, own) in skills.iter() {
        for skill in own {
            questions.entry(skill).or_default().insert(question);
        }
    }
    let inside = |inner: &String, outer: &String| {
        let (inner, outer) = (&questions[inner.as_str()], &questions[outer.as_str()]);
        inner.len() < outer.len() && inner.is_subset(outer)
    };
    let leaves = |own: &BTreeSet<String>| -> BTreeSet<String> {
        let leaf = |skill: &&String| !own.iter().any(|other| inside(other, skill));
        own.iter().filter(leaf).cloned().collect()
    };
    let kept: Skills = skills.iter().map(|(id, own)| (id.clone(), leaves(own))).collect();
    *skills = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_one_skill_or_a_list() {
        assert_eq!(of_cell(" 7 ", SkillCell::One), ["7"]);
        assert_eq!(of_cell("[0, 13, 185]", SkillCell::List), ["0", "13", "185"]);
        assert_eq!(of_cell("['a', \"b\"]", SkillCell::Leaves), ["a", "b"]);
        assert!(of_cell("[]", SkillCell::List).is_empty());
    }

    #[test]
    fn leaves_are_found_by_what_lies_inside_what() {
        // Maths > number > addition, maths > number > sums of money, maths > algebra.
        let table = [
            ("q1", vec!["maths", "number", "addition"]),
            ("q2", vec!["maths", "number", "addition", "money"]),
            ("q3", vec!["maths", "number", "money"]),
            ("q4", vec!["maths", "algebra"]),
        ];
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut skills: Skills =
            table.iter().map(|(id, own)| ((*id).to_owned(), set(own))).collect();
        keep_leaves(&mut skills);
        let found: Vec<Vec<String>> =
            skills.into_values().map(|own| own.into_iter().collect()).collect();
        assert_eq!(found[0], ["addition"]);
        assert_eq!(found[1], ["addition", "money"]);
        assert_eq!(found[2], ["money"]);
        assert_eq!(found[3], ["algebra"]);
    }
}
