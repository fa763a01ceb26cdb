//! A decision in words: one sentence for the learner, a paragraph each for the teacher and the
//! scientist.

mod apprentice;
mod pace;
mod rest;
mod scientist;

pub use rest::explain_rest;

use super::candidates::Relaxation;
use super::{Decision, Fallback, SkillThen};
use crate::catalog::{Activity, ActivityKind, Course};
use crate::plan::Plan;

/// Skills that were never practised and are named one by one; of more a teacher reads the number.
const NEW_SKILLS_NAMED: usize = 3;

/// A decision in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// For the learner: friendly and short.
    pub learner: String,
    /// For the teacher: what was believed, how it was chosen, what was left out.
    pub teacher: String,
    /// For the scientist: the distribution, the estimate and what made it, and the seed.
    pub scientist: String,
}

/// Explains a decision with the names of its course version.
#[must_use]
pub fn explain(course: &Course, decision: &Decision) -> Explanation {
    let chosen = decision.chosen();
    let scientist = scientist::for_scientist(decision);
    let Some(activity) = course.activity(chosen.activity.as_str()) else {
        let gone = format!("Activity {} is not in this version of the course.", chosen.activity);
        let (learner, teacher) = (gone.clone(), gone);
        return Explanation { learner, teacher, scientist };
    };
    let learner = for_learner(course, activity, decision);
    Explanation { learner, teacher: for_teacher(course, activity, decision), scientist }
}

fn for_learner(course: &Course, activity: &Activity, decision: &Decision) -> String {
    let skill = skill_title(course, decision.skills.first());
    let title = &activity.title;
    if decision.choice.overridden_by.is_some() {
        return format!("Your teacher chose this for you: \u{201c}{title}\u{201d}.");
    }
    let shaky = decision.skills.iter().any(|then| then.expected_success < 0.5);
    let practised = decision.skills.iter().any(|then| then.attempts > 0);
    match activity.kind {
        ActivityKind::Placement => {
            format!("A few questions first, to begin at the right place: \u{201c}{title}\u{201d}.")
        }
        ActivityKind::Check => {
            format!("The last step: show what you can do now, in \u{201c}{title}\u{201d}.")
        }
        ActivityKind::Quiz => format!("Time to check what you know: \u{201c}{title}\u{201d}."),
        ActivityKind::Exercise if practised && shaky => {
            format!("Some more practice with {skill} will help: \u{201c}{title}\u{201d}.")
        }
        ActivityKind::Exercise if practised => {
            format!("You are getting on well with {skill}: try \u{201c}{title}\u{201d}.")
        }
        ActivityKind::Exercise => {
            format!("See what you can already do with {skill}: \u{201c}{title}\u{201d}.")
        }
        ActivityKind::Video | ActivityKind::Reading if practised => {
            format!("A fresh look at {skill} may help: \u{201c}{title}\u{201d}.")
        }
        ActivityKind::Video | ActivityKind::Reading => {
            format!("Something new, {skill}: \u{201c}{title}\u{201d}.")
        }
    }
}

fn for_teacher(course: &Course, activity: &Activity, decision: &Decision) -> String {
    let mut text = match &decision.choice.overridden_by {
        Some(pin) => format!(
            "A teacher's pin ({pin}) chose \u{201c}{}\u{201d}; policy {} was not asked and does \
             not learn from it.",
            activity.title, decision.origin.decider.policy,
        ),
        None => how_chosen(activity, decision),
    };
    text.push_str(&about_plan(decision));
    text.push_str(&pace::for_teacher(activity, decision));
    text.push_str(&apprentice::for_teacher(course, decision));
    text.push_str(&about_skills(course, &decision.skills));
    if let Some(rank) = rank_by_probability(decision) {
        text.push_str(&rank);
    }
    if decision.rules.relaxation != Relaxation::None {
        text.push_str(" No activity passed all rules, so ");
        text.push_str(decision.rules.relaxation.words());
        text.push('.');
    }
    text
}

fn how_chosen(activity: &Activity, decision: &Decision) -> String {
    let (policy, title) = (&decision.origin.decider.policy, &activity.title);
    let because = match (decision.choice.fallback, decision.choice.withheld) {
        (None, Some(withheld)) => {
            let candidates = plural(decision.choice.candidates.len(), "candidate", "candidates");
            return format!(
                "Policy {policy} chose \u{201c}{title}\u{201d}, for it the best of \
                 {candidates}; nothing was left to chance, because {}.",
                withheld.words(),
            );
        }
        (None, None) => {
            let probability = percent(decision.chosen().probability);
            let candidates = plural(decision.choice.candidates.len(), "candidate", "candidates");
            return format!(
                "Policy {policy} chose \u{201c}{title}\u{201d} with probability \
                 {probability} out of {candidates}."
            );
        }
        (Some(Fallback::InvalidDistribution), _) => "it gave no distribution",
        (Some(Fallback::KillSwitch), _) => "the kill switch was on",
    };
    format!(
        "\u{201c}{title}\u{201d} comes next on the course's own path, which was served in the \
         place of policy {policy} because {because}."
    )
}

/// The whole plan that the learner is taught by, when there is one.
fn about_plan(decision: &Decision) -> String {
    let Some(used) = decision.plan.as_deref() else { return String::new() };
    let plan = match used.plan {
        Plan::Path => "the author's path",
        Plan::CoreFirst => "the author's path with what is advanced at the end",
        Plan::Breadth => "something of every skill first, then more of each",
        Plan::Pace => "step by step, what teaches most a minute",
    };
    let why = match used.by_chance {
        true => format!("drawn with probability {}", percent(used.propensity)),
        false => "the best so far, because nothing is left to chance for this learner".to_owned(),
    };
    format!(" The plan of this learner for the whole course: {plan} ({why}).")
}

/// What was believed of the skills that an activity is about. New skills are named while they are
/// few; a placement, which is about a whole course, counts them.
fn about_skills(course: &Course, skills: &[SkillThen]) -> String {
    let (practised, new): (Vec<_>, Vec<_>) = skills.iter().partition(|then| then.attempts > 0);
    let mut text: String = practised.iter().map(|then| about_skill(course, then)).collect();
    if new.len() > NEW_SKILLS_NAMED {
        text.push_str(&format!(" {} skills were not practised yet.", new.len()));
    } else {
        for then in new {
            let title = skill_title(course, Some(then));
            text.push_str(&format!(" {title} was not practised yet."));
        }
    }
    text
}

fn about_skill(course: &Course, then: &SkillThen) -> String {
    let title = skill_title(course, Some(then));
    format!(
        " {title}: expected success {}, mastered with probability {}, after {}.",
        percent(then.expected_success),
        percent(then.mastered_probability),
        plural(then.attempts as usize, "answer", "answers"),
    )
}

fn rank_by_probability(decision: &Decision) -> Option<String> {
    match decision.choice.more_probable() {
        0 => None,
        1 => {
            Some(" It was drawn although one other was more probable: that is exploration.".into())
        }
        above => Some(format!(
            " It was drawn although {above} others were more probable: that is exploration."
        )),
    }
}

fn skill_title(course: &Course, then: Option<&SkillThen>) -> String {
    let skill = then.and_then(|then| course.skills.iter().find(|skill| skill.id == then.skill));
    skill.map_or_else(|| "this topic".to_owned(), |skill| skill.title.clone())
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
