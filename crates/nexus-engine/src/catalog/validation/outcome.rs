//! Checks of the outcome: a goal, an end, and a closing check that has enough to ask.

use super::super::draft::{ActivityDraft, EndsDraft, GoalDraft};
use super::super::outcome::CHECK_QUESTIONS;
use super::super::{ActivityKind, CourseDraft};
use super::fields::check_positive;
use super::place::quoted;
use super::placement::questions_to_ask;
use super::references::{Index, check_skills};
use super::{At, CHECK_QUESTIONS_MAX, CHECK_QUESTIONS_MIN, ENDS_MINUTES_MAX, Problems};
use crate::time::Timestamp;

/// Reports a goal, an end or a closing check that makes no sense.
pub(super) fn check_outcome(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    let root = At::Root;
    if let Some(goal) = &draft.goal {
        check_goal(root.field("goal"), goal, index, problems);
    }
    if let Some(ends) = &draft.ends {
        check_ends(root.field("ends"), ends, problems);
    }
    check_closing_checks(draft, index, problems);
}

fn check_goal(at: At<'_>, goal: &GoalDraft, index: &Index<'_>, problems: &mut Problems) {
    check_skills(at.field("skills"), &goal.skills, index, problems);
    match goal.success {
        None => problems.add(at.field("success"), "missing", || {
            "a goal says which success is wanted; write `success: 0.75` or so".into()
        }),
        Some(success) if !(success > 0.0 && success < 1.0) => {
            problems.add(at.field("success"), "out_of_range", || {
                format!("{success} must lie between 0 and 1, and be neither")
            });
        }
        Some(_) => {}
    }
}

fn check_ends(at: At<'_>, ends: &EndsDraft, problems: &mut Problems) {
    match (&ends.minutes, &ends.date) {
        (None, None) => problems.add(at, "missing", || {
            "write when the course ends: `minutes` of learning, or a `date`".into()
        }),
        (Some(_), Some(_)) => problems.add(at, "too_many", || {
            "a course ends after `minutes` of learning or on a `date`; remove one of them".into()
        }),
        _ => {}
    }
    if let Some(minutes) = ends.minutes {
        check_positive(at.field("minutes"), minutes, ENDS_MINUTES_MAX, problems);
    }
    if let Some(date) = ends.date.as_ref().filter(|date| Timestamp::of_date(date).is_none()) {
        problems.add(at.field("date"), "bad_date", || {
            format!("{} is not a day; write one like `2027-06-30`", quoted(date))
        });
    }
}

/// Reports a second closing check, one without enough questions, and activities that refer to one.
fn check_closing_checks(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    let modules = At::Root.field("modules");
    let is_check = |activity: &ActivityDraft| activity.kind == ActivityKind::Check.word();
    let checks = index.activities.iter().filter(|(_, _, activity)| is_check(activity));
    let checks: Vec<&str> = checks.map(|(_, _, activity)| activity.id.as_str()).collect();
    let mut earlier = 0_usize;
    for (module, inner, activity) in &index.activities {
        let at_module = modules.index(*module);
        let list = at_module.field("activities");
        let at = list.index(*inner);
        if !is_check(activity) {
            check_names_no_check(at, activity, &checks, problems);
            continue;
        }
        earlier += 1;
        if earlier > 1 {
            problems.add(at.field("kind"), "too_many", || {
                "a course has at most one closing check; remove this one, or the one before".into()
            });
            continue;
        }
        check_length(draft, at, activity, problems);
    }
}

fn check_length(
    draft: &CourseDraft,
    at: At<'_>,
    activity: &ActivityDraft,
    problems: &mut Problems,
) {
    let written = activity.check.as_ref().and_then(|check| check.questions);
    let questions = written.unwrap_or(CHECK_QUESTIONS);
    if !(CHECK_QUESTIONS_MIN..=CHECK_QUESTIONS_MAX).contains(&questions) {
        let check = at.field("check");
        problems.add(check.field("questions"), "out_of_range", || {
            format!("{questions} is outside {CHECK_QUESTIONS_MIN} to {CHECK_QUESTIONS_MAX}")
        });
        return;
    }
    let found = questions_to_ask(draft, activity);
    if found < questions as usize {
        let which = if activity.skills.is_empty() { "of this course" } else { "on these skills" };
        problems.add(at, "too_few_questions", || {
            format!(
                "a closing check of {questions} needs as many questions with an `answer`, and only \
                 {found} {which} have one; add some, or remove the check"
            )
        });
    }
}

/// A closing check comes after everything, so nothing can wait for it or lead to it.
fn check_names_no_check(
    at: At<'_>,
    activity: &ActivityDraft,
    checks: &[&str],
    problems: &mut Problems,
) {
    let lists = [
        ("requires", &activity.requires),
        ("remedial", &activity.remedial),
        ("advanced", &activity.advanced),
    ];
    for (field, list) in lists {
        let list_at = at.field(field);
        for (position, name) in list.iter().enumerate() {
            if checks.contains(&name.as_str()) {
                problems.add(list_at.index(position), "misplaced", || {
                    format!("{} is the closing check, which comes last; remove it", quoted(name))
                });
            }
        }
    }
}
