//! Checks of the supports of questions.

use super::super::draft::{ActivityDraft, SupportDraft};
use super::super::{ActivityKind, SupportKind};
use super::fields::{check_id, check_text};
use super::place::quoted;
use super::references::Index;
use super::{At, PARAGRAPH_CHARS_MAX, Problems, SUPPORTS_MAX};
use std::collections::BTreeSet;

/// Reports what is wrong with the supports of one question, but for the activities they name.
pub(super) fn check_supports(at: At<'_>, supports: &[SupportDraft], problems: &mut Problems) {
    if supports.len() > SUPPORTS_MAX {
        problems.add(at, "too_many", || {
            format!("{} supports; a question has at most {SUPPORTS_MAX}", supports.len())
        });
        return;
    }
    let mut seen = BTreeSet::new();
    for (position, support) in supports.iter().enumerate() {
        let at = at.index(position);
        check_id(at.field("id"), &support.id, problems);
        if !seen.insert(support.id.as_str()) {
            problems.add(at.field("id"), "duplicate_id", || {
                let id = quoted(&support.id);
                format!("{id} is taken by an earlier support; ids are unique in the question")
            });
        }
        check_content(at, support, problems);
    }
}

/// A remedial activity names an activity; every other kind is a text.
fn check_content(at: At<'_>, support: &SupportDraft, problems: &mut Problems) {
    let Some(kind) = SupportKind::from_word(&support.kind) else {
        problems.add(at.field("kind"), "unknown_kind", || {
            let known = "hint, worked_example, explanation or remedial_activity";
            format!("{} is no kind of support; write {known}", quoted(&support.kind))
        });
        return;
    };
    let word = kind.word();
    let (needed, needs, other, has_other) = match kind {
        SupportKind::RemedialActivity => {
            ("activity", support.activity.is_none(), "text", support.text.is_some())
        }
        _ => ("text", support.text.is_none(), "activity", support.activity.is_some()),
    };
    if needs {
        problems.add(at.field(needed), "missing", || {
            format!("a support of kind {word} needs `{needed}`")
        });
    }
    if has_other {
        problems.add(at.field(other), "misplaced", || {
            format!("a support of kind {word} has no `{other}`; remove it, or change `kind`")
        });
    }
    if let Some(text) = &support.text {
        check_text(at.field("text"), text, PARAGRAPH_CHARS_MAX, problems);
    }
}

/// Reports activities that supports name and that are not there, or teach nothing.
pub(super) fn check_activities(
    at: At<'_>,
    activity: &ActivityDraft,
    index: &Index<'_>,
    problems: &mut Problems,
) {
    let questions = at.field("questions");
    for (position, question) in activity.questions.iter().enumerate() {
        let at = questions.index(position);
        let supports = at.field("supports");
        for (position, support) in question.supports.iter().enumerate().take(SUPPORTS_MAX) {
            let Some(named) = &support.activity else { continue };
            let at = supports.index(position);
            let at = at.field("activity");
            if *named == activity.id {
                problems.add(at, "self_reference", || {
                    format!("{} holds the question itself; name another activity", quoted(named))
                });
                continue;
            }
            super::references::check_activity_id(at, named, index, problems);
            let known = index.activity_by_id.get(named.as_str());
            let kind = known.map(|position| index.activities[*position].2.kind.as_str());
            let kind = kind.and_then(ActivityKind::from_word);
            if kind.is_some_and(ActivityKind::measures) {
                problems.add(at, "misplaced", || {
                    format!("{} measures and teaches nothing; name another activity", quoted(named))
                });
            }
        }
    }
}
