//! Checks of names: ids that are there twice, and references that lead nowhere.

use super::super::draft::ActivityDraft;
use super::super::{ActivityKind, CourseDraft};
use super::place::quoted;
use super::{At, Problems, REFERENCES_MAX, supports};
use std::collections::{BTreeMap, BTreeSet};

/// Where every id of a draft stands. Of two equal ids the first counts.
pub(super) struct Index<'a> {
    /// Positions in [`CourseDraft::skills`] by id.
    pub(super) skills: BTreeMap<&'a str, usize>,
    /// Positions in `activities` by id.
    pub(super) activity_by_id: BTreeMap<&'a str, usize>,
    /// All activities in file order, with their module and their position inside it.
    pub(super) activities: Vec<(usize, usize, &'a ActivityDraft)>,
}

impl<'a> Index<'a> {
    /// Reads all ids, and reports those that are there twice.
    pub(super) fn new(draft: &'a CourseDraft, problems: &mut Problems) -> Self {
        let mut index = Self {
            skills: BTreeMap::new(),
            activity_by_id: BTreeMap::new(),
            activities: Vec::new(),
        };
        let root = At::Root;
        let skills = root.field("skills");
        for (position, skill) in draft.skills.iter().enumerate() {
            note(&mut index.skills, &skill.id, position, skills.index(position), problems);
        }
        let modules = root.field("modules");
        let mut seen = BTreeMap::new();
        for (position, module) in draft.modules.iter().enumerate() {
            note(&mut seen, &module.id, position, modules.index(position), problems);
            for (inner, activity) in module.activities.iter().enumerate() {
                index.activities.push((position, inner, activity));
            }
        }
        index.note_activities(problems);
        index
    }

    fn note_activities(&mut self, problems: &mut Problems) {
        let modules = At::Root.field("modules");
        let mut questions = BTreeMap::new();
        for (position, (module, inner, activity)) in self.activities.iter().enumerate() {
            let at_module = modules.index(*module);
            let list = at_module.field("activities");
            let at = list.index(*inner);
            note(&mut self.activity_by_id, &activity.id, position, at, problems);
            let asked = at.field("questions");
            for (number, question) in activity.questions.iter().enumerate() {
                note(&mut questions, &question.id, number, asked.index(number), problems);
            }
        }
    }
}

fn note<'a>(
    seen: &mut BTreeMap<&'a str, usize>,
    id: &'a str,
    position: usize,
    at: At<'_>,
    problems: &mut Problems,
) {
    if seen.contains_key(id) {
        problems.add(at.field("id"), "duplicate_id", || {
            format!("{} is taken by an earlier one; ids are unique in the course", quoted(id))
        });
    } else {
        seen.insert(id, position);
    }
}

/// Reports references to nothing, to oneself, and repeated ones.
pub(super) fn check_references(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    let root = At::Root;
    let skills = root.field("skills");
    for (position, skill) in draft.skills.iter().enumerate() {
        let own = Some(skill.id.as_str());
        let at = skills.index(position);
        check_list(at.field("requires"), &skill.requires, &SKILL, index, own, problems);
    }
    let modules = root.field("modules");
    for (module, inner, activity) in &index.activities {
        let at_module = modules.index(*module);
        let list = at_module.field("activities");
        check_activity(list.index(*inner), activity, index, problems);
    }
    check_each(root.field("path"), &draft.path, &ACTIVITY, index, None, problems);
    check_linked(draft, index, problems);
}

fn check_activity(
    at: At<'_>,
    activity: &ActivityDraft,
    index: &Index<'_>,
    problems: &mut Problems,
) {
    check_list(at.field("skills"), &activity.skills, &SKILL, index, None, problems);
    let own = Some(activity.id.as_str());
    let lists = [
        ("requires", &activity.requires),
        ("remedial", &activity.remedial),
        ("advanced", &activity.advanced),
    ];
    for (field, list) in lists {
        check_list(at.field(field), list, &ACTIVITY, index, own, problems);
    }
    supports::check_activities(at, activity, index, problems);
    let questions = at.field("questions");
    for (position, question) in activity.questions.iter().enumerate() {
        let at = questions.index(position);
        check_list(at.field("skills"), &question.skills, &SKILL, index, None, problems);
    }
}

/// What a list refers to.
struct Target {
    word: &'static str,
    code: &'static str,
    ids: for<'a, 'b> fn(&'b Index<'a>) -> &'b BTreeMap<&'a str, usize>,
}

const SKILL: Target = Target { word: "skill", code: "unknown_skill", ids: |index| &index.skills };
const ACTIVITY: Target =
    Target { word: "activity", code: "unknown_activity", ids: |index| &index.activity_by_id };

/// Reports skills of a list that are not there, or there twice.
pub(super) fn check_skills(
    at: At<'_>,
    skills: &[String],
    index: &Index<'_>,
    problems: &mut Problems,
) {
    check_list(at, skills, &SKILL, index, None, problems);
}

/// Reports an activity that is not there.
pub(super) fn check_activity_id(at: At<'_>, id: &str, index: &Index<'_>, problems: &mut Problems) {
    if !index.activity_by_id.contains_key(id) {
        add_unknown(at, id, &ACTIVITY, index, problems);
    }
}

fn add_unknown(
    at: At<'_>,
    name: &str,
    target: &Target,
    index: &Index<'_>,
    problems: &mut Problems,
) {
    let ids = (target.ids)(index);
    let guess = if problems.may_guess() { near(name, ids) } else { None };
    let word = target.word;
    problems.add(at, target.code, || {
        let hint = guess.map(|id| format!("; did you mean {}?", quoted(id)));
        let hint = hint.unwrap_or_default();
        format!("there is no {word} {} in this course{hint}", quoted(name))
    });
}

fn check_list(
    at: At<'_>,
    list: &[String],
    target: &Target,
    index: &Index<'_>,
    own: Option<&str>,
    problems: &mut Problems,
) {
    if list.len() > REFERENCES_MAX {
        problems.add(at, "too_many", || {
            format!("{} references; at most {REFERENCES_MAX} fit here", list.len())
        });
        return;
    }
    check_each(at, list, target, index, own, problems);
}

fn check_each(
    at: At<'_>,
    list: &[String],
    target: &Target,
    index: &Index<'_>,
    own: Option<&str>,
    problems: &mut Problems,
) {
    let ids = (target.ids)(index);
    let mut seen = BTreeSet::new();
    for (position, name) in list.iter().enumerate() {
        let at = at.index(position);
        let word = target.word;
        if own == Some(name.as_str()) {
            problems.add(at, "self_reference", || {
                format!("{word} {} names itself; remove it", quoted(name))
            });
        } else if !ids.contains_key(name.as_str()) {
            add_unknown(at, name, target, index, problems);
        } else if !seen.insert(name.as_str()) {
            problems.add(at, "duplicate_reference", || {
                format!("{word} {} is there twice; remove one", quoted(name))
            });
        }
    }
}

/// An activity that is neither on the written path nor named by another activity would wait for
/// ever: the static curriculum has no way to it.
fn check_linked(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    if draft.path.is_empty() {
        return;
    }
    let mut linked: BTreeSet<&str> = draft.path.iter().map(String::as_str).collect();
    for (_, _, activity) in &index.activities {
        let lists = [&activity.requires, &activity.remedial, &activity.advanced];
        let others = lists.into_iter().flatten().filter(|name| **name != activity.id);
        linked.extend(others.map(String::as_str));
        let supports = activity.questions.iter().flat_map(|question| &question.supports);
        linked.extend(supports.filter_map(|support| support.activity.as_deref()));
    }
    let modules = At::Root.field("modules");
    for (module, inner, activity) in &index.activities {
        // A closing check comes at the end, wherever the path leads.
        let last = activity.kind == ActivityKind::Check.word();
        if !last && !linked.contains(activity.id.as_str()) {
            let at_module = modules.index(*module);
            let list = at_module.field("activities");
            problems.add(list.index(*inner), "unlinked_activity", || {
                let id = quoted(&activity.id);
                format!("{id} is not on `path` and no activity names it; add it or remove it")
            });
        }
    }
}

/// Misspellings are looked up in small tables only: the search is a courtesy, and a hostile file
/// must not make it expensive.
const GUESS_TABLE_MAX: usize = 2_000;

/// The id that was probably meant.
fn near<'a>(name: &str, ids: &BTreeMap<&'a str, usize>) -> Option<&'a str> {
    const DISTANCE_MAX: usize = 2;
    if ids.len() > GUESS_TABLE_MAX || !(3..=64).contains(&name.len()) {
        return None;
    }
    let distances = ids.keys().map(|id| (distance(name, id), *id));
    let (best, id) = distances.min()?;
    (best <= DISTANCE_MAX).then_some(id)
}

/// Levenshtein distance in bytes; a lower bound when the lengths differ much.
fn distance(left: &str, right: &str) -> usize {
    let gap = left.len().abs_diff(right.len());
    if gap > 2 {
        return gap;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, one) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, other) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(one != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
