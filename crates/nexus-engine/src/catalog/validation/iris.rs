//! Checks of foreign names: each says one IRI or one beginning, and one activity or one question.

use super::super::CourseDraft;
use super::super::course::Course;
use super::super::draft::IriDraft;
use super::super::iris::{IriTable, IriTarget};
use super::place::quoted;
use super::references::{Index, check_activity_id};
use super::{At, IRI_CHARS_MAX, Problems};
use std::collections::BTreeSet;

/// Reports foreign names that cannot be meant, lead nowhere, or are there twice.
pub(super) fn check_iris(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    let asked = index.activities.iter().flat_map(|(_, _, activity)| &activity.questions);
    let questions: BTreeSet<&str> = asked.map(|question| question.id.as_str()).collect();
    let root = At::Root;
    let list = root.field("iris");
    let mut seen = BTreeSet::new();
    for (position, named) in draft.iris.iter().enumerate() {
        let at = list.index(position);
        check_name(at, named, &mut seen, problems);
        match (&named.activity, &named.question) {
            (Some(activity), None) => {
                check_activity_id(at.field("activity"), activity, index, problems);
            }
            (None, Some(question)) if !questions.contains(question.as_str()) => {
                problems.add(at.field("question"), "unknown_question", || {
                    format!("{} is no question of this course", quoted(question))
                });
            }
            (None, Some(_)) => {}
            _ => problems.add(at, "missing", || {
                "an IRI stands for an `activity` or a `question`: write one of them".into()
            }),
        }
    }
}

fn check_name<'a>(
    at: At<'_>,
    named: &'a IriDraft,
    seen: &mut BTreeSet<(bool, &'a str)>,
    problems: &mut Problems,
) {
    let (field, name) = match (&named.iri, &named.prefix) {
        (Some(iri), None) => ("iri", iri),
        (None, Some(prefix)) => ("prefix", prefix),
        _ => {
            problems.add(at, "missing", || {
                "write the `iri` itself, or the `prefix` that such IRIs begin with: one of them"
                    .into()
            });
            return;
        }
    };
    let at = at.field(field);
    if name.is_empty() || name.contains(char::is_whitespace) {
        problems.add(at, "bad_iri", || {
            format!("{} is no IRI: it has no blanks, and says something", quoted(name))
        });
    } else if name.chars().count() > IRI_CHARS_MAX {
        problems
            .add(at, "too_long", || format!("an IRI has at most {IRI_CHARS_MAX} characters here"));
    } else if !seen.insert((field == "iri", name)) {
        problems.add(at, "duplicate_iri", || {
            format!("{} is taken by an earlier one; remove one of them", quoted(name))
        });
    }
}

/// The table of a sound draft, once its activities and questions have positions.
pub(super) fn table(draft: &CourseDraft, course: &Course) -> IriTable {
    let mut table = IriTable::default();
    for named in &draft.iris {
        let activity = named.activity.as_deref().and_then(|id| course.activity_position(id));
        let question = named.question.as_deref().and_then(|id| course.question_by_id.get(id));
        let target = activity.map(IriTarget::Activity);
        let Some(target) = target.or(question.copied().map(IriTarget::Question)) else { continue };
        match (&named.iri, &named.prefix) {
            (Some(iri), _) => table.add_exact(iri, target),
            (None, Some(prefix)) => table.add_prefix(prefix, target),
            (None, None) => {}
        }
    }
    table
}
