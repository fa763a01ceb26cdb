//! An apprentice in words: who served in its place, and what it would have chosen.

use crate::catalog::Course;
use crate::decision::Decision;

/// For the teacher: that a baseline served, and whether the apprentice would have done the same.
#[must_use]
pub fn for_teacher(course: &Course, decision: &Decision) -> String {
    let Some(imitation) = &decision.apprentice else { return String::new() };
    let (baseline, apprentice) = (&decision.origin.decider.policy, &imitation.policy);
    let served = format!(" {baseline} serves in the place of {apprentice}, which is an apprentice");
    if !imitation.in_reach {
        return format!(
            "{served}; what {baseline} prefers is not among its candidates, so they are not \
             compared."
        );
    }
    if imitation.agreed {
        return format!("{served} and would most probably have chosen as {baseline} does.");
    }
    let Some(preferred) = &imitation.preferred else {
        return format!("{served} and preferred nothing here.");
    };
    let activity = course.activity(preferred.as_str());
    let title = activity.map_or_else(|| preferred.to_string(), |known| known.title.clone());
    format!("{served} and would most probably have chosen \u{201c}{title}\u{201d}.")
}

/// For the scientist: the apprentice with its version, and what was compared.
#[must_use]
pub fn for_scientist(decision: &Decision) -> String {
    let Some(imitation) = &decision.apprentice else { return String::new() };
    let (apprentice, version) = (&imitation.policy, imitation.version);
    let choices = imitation.choices;
    let found = match (&imitation.preferred, imitation.agreed) {
        _ if choices < 2 => "no choice, so nothing is compared".to_owned(),
        _ if !imitation.in_reach => {
            format!("the baseline's is not among its {choices}, so nothing is compared")
        }
        (None, _) => format!("no preference among {choices}"),
        (Some(preferred), true) => format!("prefers {preferred} of {choices}: agrees"),
        (Some(preferred), false) => format!("prefers {preferred} of {choices}: differs"),
    };
    format!(
        " In the place of apprentice {apprentice} version {version}: {found}; all probabilities \
         here are the baseline's."
    )
}
