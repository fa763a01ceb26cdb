//! Checks of options and answers: does the question have a right answer of its kind?

use super::super::draft::{AnswerDraft, AnswerForm, QuestionDraft};
use super::fields::{check_finite, check_id, check_text};
use super::place::quoted;
use super::{At, LINE_CHARS_MAX, OPTIONS_MAX, Problems};
use std::collections::BTreeSet;

/// Reports what is wrong with the kind, the options, the answer and the tolerance of a question.
pub(super) fn check_answer(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    let Some(form) = AnswerForm::from_word(&question.kind) else {
        problems.add(at.field("kind"), "unknown_kind", || {
            let known = "single, multiple, numeric or text";
            format!("{} is no kind of question; write {known}", quoted(&question.kind))
        });
        return;
    };
    if matches!(form, AnswerForm::Single | AnswerForm::Multiple) {
        check_options(at.field("options"), question, problems);
    } else if !question.options.is_empty() {
        problems.add(at.field("options"), "misplaced", || {
            format!("a {} question has no options; remove them", question.kind)
        });
    }
    check_tolerance(at.field("tolerance"), question, problems);
    let answer = at.field("answer");
    match form {
        AnswerForm::Single => check_single(answer, question, problems),
        AnswerForm::Multiple => check_multiple(answer, question, problems),
        AnswerForm::Numeric => check_numeric(answer, question, problems),
        AnswerForm::Text => check_accepted(answer, question, problems),
    }
}

fn check_options(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    let found = question.options.len();
    if found < 2 {
        problems.add(at, "too_few", || format!("a choice has at least 2 options, not {found}"));
    }
    if found > OPTIONS_MAX {
        problems
            .add(at, "too_many", || format!("{found} options; a choice has at most {OPTIONS_MAX}"));
    }
    let mut seen = BTreeSet::new();
    for (position, (id, text)) in question.options.iter().enumerate().take(OPTIONS_MAX) {
        check_id(at.index(position), id, problems);
        check_text(at.index(position), text, LINE_CHARS_MAX, problems);
        if !seen.insert(id.as_str()) {
            problems.add(at.index(position), "duplicate_id", || {
                format!("option {} is there twice; rename or remove one", quoted(id))
            });
        }
    }
}

fn check_tolerance(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    let Some(tolerance) = question.tolerance else { return };
    if question.kind == "numeric" {
        check_finite(at, tolerance, Some(0.0), problems);
    } else {
        problems.add(at, "misplaced", || {
            format!("a {} question has no tolerance; remove it", question.kind)
        });
    }
}

fn check_single(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    match &question.answer {
        AnswerDraft::Missing => {}
        AnswerDraft::One(answer) => check_option_exists(at, question, answer, problems),
        AnswerDraft::Many(_) => problems.add(at, "answer_kind", || {
            "a single choice has one right option; write its id, or use kind `multiple`".into()
        }),
        AnswerDraft::Number(number) => add_unquoted(at, *number, problems),
    }
}

fn check_multiple(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    match &question.answer {
        AnswerDraft::Missing => {}
        AnswerDraft::Many(answers) => {
            check_count(at, answers.len(), problems);
            let mut seen = BTreeSet::new();
            for (position, answer) in answers.iter().enumerate().take(OPTIONS_MAX) {
                check_option_exists(at.index(position), question, answer, problems);
                if !seen.insert(answer.as_str()) {
                    problems.add(at.index(position), "duplicate_reference", || {
                        format!("option {} is there twice; remove one", quoted(answer))
                    });
                }
            }
        }
        AnswerDraft::One(_) => problems.add(at, "answer_kind", || {
            "a multiple choice takes a list of option ids, such as `[a, c]`".into()
        }),
        AnswerDraft::Number(number) => add_unquoted(at, *number, problems),
    }
}

fn check_numeric(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    match &question.answer {
        AnswerDraft::Missing => {}
        AnswerDraft::Number(number) => {
            check_finite(at, *number, None, problems);
        }
        AnswerDraft::One(_) | AnswerDraft::Many(_) => problems.add(at, "answer_kind", || {
            "a numeric question takes one number, without quotes: write 0.75, not \"3/4\"".into()
        }),
    }
}

fn check_accepted(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    match &question.answer {
        AnswerDraft::Missing => {}
        AnswerDraft::One(answer) => check_text(at, answer, LINE_CHARS_MAX, problems),
        AnswerDraft::Many(answers) => {
            check_count(at, answers.len(), problems);
            for (position, answer) in answers.iter().enumerate().take(OPTIONS_MAX) {
                check_text(at.index(position), answer, LINE_CHARS_MAX, problems);
            }
        }
        AnswerDraft::Number(number) => add_unquoted(at, *number, problems),
    }
}

fn check_count(at: At<'_>, found: usize, problems: &mut Problems) {
    if found == 0 {
        problems.add(at, "missing", || {
            "the list is empty; name what is right, or remove `answer` to grade elsewhere".into()
        });
    }
    if found > OPTIONS_MAX {
        problems.add(at, "too_many", || format!("{found} answers; at most {OPTIONS_MAX} fit"));
    }
}

fn check_option_exists(
    at: At<'_>,
    question: &QuestionDraft,
    answer: &str,
    problems: &mut Problems,
) {
    if question.options.iter().all(|(id, _)| id != answer) {
        problems.add(at, "answer_not_an_option", || {
            format!("{} is none of the option ids; write one of them", quoted(answer))
        });
    }
}

fn add_unquoted(at: At<'_>, number: f64, problems: &mut Problems) {
    problems.add(at, "answer_kind", || {
        format!("{number} is a number here, but a text is meant; write \"{number}\" in quotes")
    });
}
