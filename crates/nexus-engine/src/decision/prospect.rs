//! Where a learner stands in a course as a whole, for long-horizon policies: the skill practised
//! last, what is ready, what is due, and how much lies ahead.

use super::inputs::PASSED;
use super::inputs::SkillState;
use super::situation::frontier;
use crate::catalog::{Activity, Course};
use crate::learner::progress::CourseProgress;
use crate::policy::long_horizon::{Prospect, Role, Step};

/// Latest results in the skill practised last that say whether it goes badly.
const FAILING_LAST: u8 = 3;

/// The skill practised last, and whether it goes badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Focus {
    /// The main skill of the activity done last, by place in the course; `None` before the first.
    pub skill: Option<usize>,
    /// Whether fewer than [`PASSED`] of its latest three results were right.
    pub failing: bool,
}

impl Focus {
    /// The focus of a learner, given the activity done last.
    #[must_use]
    pub fn of(course: &Course, progress: &CourseProgress, last: Option<&Activity>) -> Self {
        let skill = last.and_then(|activity| activity.skills.first().copied());
        let key = skill.and_then(|skill| course.skills.get(skill)).map(|skill| skill.key);
        let results = key.map(|key| progress.skill_results(key));
        let full = results.filter(|results| results.count() >= FAILING_LAST);
        let share = full.and_then(|results| results.share(FAILING_LAST));
        Self { skill, failing: share.is_some_and(|share| share < PASSED) }
    }

    /// The step that an activity is.
    #[must_use]
    pub fn step(&self, course: &Course, skill_states: &[SkillState], activity: &Activity) -> Step {
        let main = activity.skills.first().copied();
        let reviews =
            main.is_some_and(|skill| skill_states[skill].mastered || skill_states[skill].due);
        let needed = self.skill.map_or(&[][..], |focus| &course.skills[focus].requires);
        let role = if reviews {
            Role::Review
        } else if main == self.skill {
            Role::Continue
        } else if self.failing && main.is_some_and(|skill| needed.contains(&skill)) {
            Role::Repair
        } else {
            Role::Next
        };
        Step { role, tier: Step::tier(activity.difficulty) }
    }
}

/// Where the learner stands.
#[must_use]
pub fn prospect(
    course: &Course,
    progress: &CourseProgress,
    skill_states: &[SkillState],
    focus: &Focus,
) -> Prospect {
    let count = skill_states.len().max(1) as f64;
    let share = |of: &dyn Fn(usize) -> bool| {
        (0..skill_states.len()).filter(|skill| of(*skill)).count() as f64 / count
    };
    let ready = |skill: usize| {
        let mut needed = course.skills[skill].requires.iter();
        !skill_states[skill].mastered && needed.all(|needed| skill_states[*needed].ready)
    };
    let focused = focus.skill.and_then(|skill| skill_states.get(skill)).map(|sight| &sight.view);
    Prospect {
        focus_mastery: focused.map_or(0.0, |view| view.mastered_probability),
        focus_attempts: focused.map_or(0.0, |view| f64::from(view.attempts)),
        mastery: skill_states.iter().map(|sight| sight.view.mastered_probability).sum::<f64>()
            / count,
        ready: share(&ready),
        due: share(&|skill| skill_states[skill].due),
        ahead: 1.0 - frontier(course, progress),
    }
}
