//! Why there is nothing to do, in words.

use super::{Explanation, plural};
use crate::catalog::Course;
use crate::decision::rest::{Rest, RestStatus};

/// Explains with the names of the course why there is nothing to do.
#[must_use]
pub fn explain_rest(course: &Course, rest: &Rest) -> Explanation {
    Explanation {
        learner: for_learner(course, rest),
        teacher: for_teacher(course, rest),
        scientist: for_scientist(rest),
    }
}

fn for_learner(course: &Course, rest: &Rest) -> String {
    let title = &course.title;
    match (rest.status, rest.reviews.is_empty()) {
        (RestStatus::Rest, _) => {
            format!("That is all for now in \u{201c}{title}\u{201d}. There will be more later.")
        }
        (RestStatus::Complete, true) => {
            format!("You have finished \u{201c}{title}\u{201d}. Well done!")
        }
        (RestStatus::Complete, false) => format!(
            "You have finished \u{201c}{title}\u{201d}. Well done! Come back for a review, so that \
             you remember it."
        ),
    }
}

fn for_teacher(course: &Course, rest: &Rest) -> String {
    let mut text = match rest.status {
        RestStatus::Rest => {
            "What is left of the course is kept from the learner by a constraint that ends by \
             itself."
                .to_owned()
        }
        RestStatus::Complete => {
            "The learner has done, or tried as often as the rules allow, every activity that can \
             be reached."
                .to_owned()
        }
    };
    match rest.never_served() {
        0 => {}
        kept_back => text.push_str(&format!(
            " {} cannot be reached: a teacher blocks or caps them, or what must come first is not \
             completed.",
            plural(kept_back, "activity", "activities"),
        )),
    }
    if let Some(review) = rest.reviews.first() {
        let skill = course.skills.iter().find(|skill| skill.id == review.skill);
        let title = skill.map_or("", |skill| skill.title.as_str());
        text.push_str(&format!(
            " {} mastered; the first to review is {title}.",
            plural(rest.reviews.len(), "skill is", "skills are"),
        ));
    }
    text
}

fn for_scientist(rest: &Rest) -> String {
    format!(
        "No candidate at any step of the rules over {}; nothing was drawn and nothing is recorded.",
        plural(rest.exclusions.len(), "activity", "activities"),
    )
}
