//! Which support a learner gets: what may be chosen, and who chooses.

use super::protocol::{Circumstances, HelpAsk};
use super::{LearnerState, Refusal, SharedState};
use crate::catalog::{Course, Question, Support};
use crate::constraint::Rule;
use crate::ids::{Assignment, CourseId, SupportId};
use crate::invariants::{self, Violation};
use crate::lifecycle::holdout::is_held_out;
use crate::policy::kind::PolicyKind;
use crate::support::choice::{WINDOW_MICROS, choose_support};
use crate::support::{HelpReason, SupportChooser, SupportChosen, SupportOffer};
use crate::time::Timestamp;
use std::collections::BTreeMap;

impl SharedState {
    /// Chooses a support for a learner. Changes nothing.
    ///
    /// Errors: a [`Refusal`]: an unknown course or question, a question without a support, a learner
    /// without a wrong answer, or one who is in an activity that measures.
    pub fn choose_support(
        &self,
        learner: &LearnerState,
        ask: &HelpAsk,
        around: &Circumstances<'_>,
    ) -> Result<SupportChosen, Refusal> {
        let at = around.at.max(learner.last_at);
        let unknown = || Refusal::UnknownCourse { course: ask.course.to_string() };
        let course = self.course(ask.course.as_str()).ok_or_else(unknown)?;
        let id = ask.question.to_string();
        let question = course.question(&id).ok_or_else(|| Refusal::UnknownQuestion {
            question: id.clone(),
            within: format!("course {:?}", ask.course.as_str()),
        })?;
        refuse_in_check(course, learner, at)?;
        let count = learner.belief.question(question.key);
        if ask.reason == HelpReason::Wrong && count.attempts == count.wins {
            return Err(Refusal::NoWrongAnswer { question: id });
        }
        let supports = self.supports_left(course, question, learner, at);
        if supports.is_empty() {
            return Err(Refusal::NoSupport { question: id });
        }
        let (chooser, assignment) = self.support_chooser(learner, course, around);
        let learned = self.supports.get(&course.id);
        let seed = around.seed;
        let offer = SupportOffer { question, supports: &supports, learned, chooser, seed };
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        Ok(SupportChosen {
            id: ask.id.clone(),
            learner: learner.id.clone(),
            course: course.id.clone(),
            course_version: course.version,
            question: question.id.clone(),
            reason: ask.reason,
            decision: ask.decision.clone(),
            chosen_at: at,
            window_ends_at: at.plus_micros(WINDOW_MICROS),
            assignment,
            choice: choose_support(&offer),
            before: learner.belief.about(&skills),
        })
    }

    /// The supports of a question that a learner may get now: without activities that a teacher
    /// blocked, and without those that the learner got for it just before, until all were tried.
    fn supports_left<'a>(
        &self,
        course: &Course,
        question: &'a Question,
        learner: &LearnerState,
        at: Timestamp,
    ) -> Vec<&'a Support> {
        let constraints = self.constraints.get(&course.id);
        let mut allowed = Vec::with_capacity(question.supports.len());
        for support in &question.supports {
            let activity = support.activity.map(|position| &course.activities[position].id);
            let blocked = activity.zip(constraints).is_some_and(|(activity, constraints)| {
                let mut own = constraints.of(&learner.id, at);
                own.any(|it| it.rule == Rule::Block && it.activity == *activity)
            });
            if !blocked {
                allowed.push(support);
            }
        }
        let open = learner.courses.get(&course.id).map(|known| known.supports.as_slice());
        let mut open = open.unwrap_or_default().iter().rev();
        let Some(latest) = open.find(|open| open.question == question.key) else { return allowed };
        let tried = |id: &SupportId| *id == latest.support || latest.tried.contains(id);
        let fresh: Vec<&Support> =
            allowed.iter().copied().filter(|support| !tried(&support.id)).collect();
        if fresh.is_empty() { allowed } else { fresh }
    }

    /// Who chooses for a learner, and the learner's side of the experiment that runs.
    fn support_chooser(
        &self,
        learner: &LearnerState,
        course: &Course,
        around: &Circumstances<'_>,
    ) -> (SupportChooser, Option<Assignment>) {
        let defaults = around.defaults;
        let held_out = {
            let share = self.holdout_share(&course.id, defaults.holdout_share);
            is_held_out(&course.id, &learner.id, share)
        };
        let variant = self.side_of(learner, &course.id).filter(|_| !held_out);
        let assignment = variant.map(|(definition, variant)| Assignment {
            experiment: definition.id.clone(),
            version: definition.version,
            variant: variant.name.clone(),
        });
        let on_path =
            variant.is_some_and(|(_, it)| it.policy.as_str() == PolicyKind::Static.word());
        let chooser = if self.kill_switch(&course.id).is_some() {
            SupportChooser::KillSwitch
        } else if on_path {
            SupportChooser::StaticVariant
        } else if !learner.consents(defaults.consents) {
            SupportChooser::NoConsent
        } else if held_out {
            SupportChooser::Holdout
        } else {
            SupportChooser::Bandit
        };
        (chooser, assignment)
    }

    /// Invariant SUP-2 in every course.
    ///
    /// Errors: the first violation.
    pub fn check_supports(&self) -> Result<(), Violation> {
        let mut waiting: BTreeMap<&CourseId, u64> = BTreeMap::new();
        for (_, course) in self.pending_supports.values() {
            *waiting.entry(course).or_default() += 1;
        }
        for (course, supports) in &self.supports {
            invariants::sup_2(supports, waiting.get(course).copied().unwrap_or(0))?;
        }
        Ok(())
    }
}

/// Help in a placement or a closing check would change what it measures. One that was left open in an
/// earlier session does not count.
fn refuse_in_check(course: &Course, learner: &LearnerState, at: Timestamp) -> Result<(), Refusal> {
    let Some(progress) = learner.progress(course.id.as_str()) else { return Ok(()) };
    if progress.sessions.number_at(at) != progress.sessions.begun {
        return Ok(());
    }
    let current = course.activities.iter().find(|it| Some(it.key) == progress.current);
    match current.filter(|activity| activity.kind.measures()) {
        Some(activity) => Err(Refusal::NoSupportInCheck { activity: activity.id.to_string() }),
        None => Ok(()),
    }
}
