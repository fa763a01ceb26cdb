//! What a learner writes: a response that the course itself grades as right or as wrong, where
//! the kind of the question allows one.

use nexus_engine::catalog::grading::{grade, is_right};
use nexus_engine::catalog::{Question, QuestionKind};

/// A right or wrong response to a question; `None` when only the learning site can grade it.
#[must_use]
pub fn response(question: &Question, right: bool) -> Option<String> {
    let written = if right { right_response(question) } else { wrong_response(question) }?;
    let graded = grade(question, &written)?;
    (is_right(graded) == right).then_some(written)
}

fn right_response(question: &Question) -> Option<String> {
    match &question.kind {
        QuestionKind::Single { answer, .. } => Some(answer.clone()),
        QuestionKind::Multiple { answer, .. } => Some(answer.join(",")),
        QuestionKind::Numeric { answer, .. } => Some(answer.to_string()),
        QuestionKind::Text { accepted } => accepted.first().cloned(),
        QuestionKind::Ungraded => None,
    }
}

fn wrong_response(question: &Question) -> Option<String> {
    match &question.kind {
        QuestionKind::Single { options, answer } => {
            options.iter().find(|option| *option != answer).cloned()
        }
        // One right option is forgotten, or one wrong option is ticked.
        QuestionKind::Multiple { options, answer } => match answer.split_first() {
            Some((_, rest)) if !rest.is_empty() => Some(rest.join(",")),
            _ => options.iter().find(|option| !answer.contains(option)).cloned(),
        },
        QuestionKind::Numeric { answer, tolerance } => {
            Some((answer + tolerance + answer.abs().max(1.0)).to_string())
        }
        QuestionKind::Text { .. } => Some("no idea".to_owned()),
        QuestionKind::Ungraded => None,
    }
}
