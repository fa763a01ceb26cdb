//! The rules: why one activity may not be chosen now, or that it may, before anything is relaxed.

use super::candidates::{CandidateFilter, Situation, requested};
use super::exclusion::Exclusion;
use super::inputs::DoneActivities;
use super::inputs::LastActivity;
use crate::catalog::{Activity, ActivityKind};
use crate::learner::mastery::SkillStatus;
use crate::learner::placement::is_due;
use crate::learner::progress::ActivityProgress;
use crate::learner::remedy::remedy;

#[cfg(doc)]
use crate::catalog::Course;

/// An activity is not repeated while it is among the last so many.
pub const REPEAT_AFTER: usize = 2;
/// After so many wrong answers in a row, practice must promise [`SUCCESS_ENCOURAGING`].
pub const DISCOURAGED: i32 = 3;
/// Predicted success below this does not encourage.
pub const SUCCESS_ENCOURAGING: f64 = 0.5;

/// A skill that the learner is stuck in, and what may be done about it now.
struct Repair {
    skill: usize,
    /// Positions in [`Course::activities`]; at least one.
    activities: Vec<usize>,
}

/// What holds for every activity of one decision.
struct EligibilityInputs<'a> {
    done: DoneActivities<'a>,
    repairs: Vec<Repair>,
    /// See [`Situation::unstudied`].
    unstudied: Vec<bool>,
    last: Option<LastActivity<'a>>,
}

impl EligibilityInputs<'_> {
    /// Whether the activity before was failed and names this one as remedial.
    fn remedies(&self, position: usize) -> bool {
        self.last.is_some_and(|last| last.remedies(position))
    }

    /// Whether the activity before was passed and names this one as advanced.
    fn advances(&self, position: usize) -> bool {
        self.last.is_some_and(|last| last.advances(position))
    }
}

impl Situation<'_> {
    /// A reason for every activity of the course, in file order, before any rule is relaxed.
    pub(super) fn reasons(&self, filter: &CandidateFilter) -> Vec<Exclusion> {
        let done = DoneActivities::of(self.course, self.progress);
        let inputs = EligibilityInputs {
            repairs: self.repairs_of_stuck(&done, filter),
            unstudied: self.unstudied(&done),
            done,
            last: LastActivity::of(self.course, self.progress),
        };
        let reason = |(position, activity): (usize, &Activity)| {
            let reason = || self.paced(activity, self.reason(position, activity, &inputs));
            let barred = || self.orders.bar(position);
            requested(filter, activity).or_else(barred).unwrap_or_else(reason)
        };
        let activities = self.course.activities.iter().enumerate();
        let mut reasons: Vec<Exclusion> = activities.map(reason).collect();
        self.put_required_first(&inputs.done, &mut reasons);
        reasons
    }

    /// When a required activity may be chosen, the time for it has come: its rule is strict. A
    /// placement comes before everything else, or its answers would come too late.
    fn put_required_first(&self, done: &DoneActivities<'_>, reasons: &mut [Exclusion]) {
        let positions = 0..reasons.len();
        let activity = |position: usize| &self.course.activities[position];
        let open =
            |position: usize| reasons[position] == Exclusion::Eligible && !done.completed(position);
        let places = |position: usize| activity(position).kind == ActivityKind::Placement;
        let placing = positions.clone().any(|position| places(position) && open(position));
        let first = |position| if placing { places(position) } else { activity(position).required };
        let due: Vec<bool> = positions.map(|position| first(position) && open(position)).collect();
        if !due.contains(&true) {
            return;
        }
        for (reason, due) in reasons.iter_mut().zip(due) {
            if *reason == Exclusion::Eligible && !due {
                *reason = Exclusion::RequiredFirst;
            }
        }
    }

    /// The reason with the length of the session in mind. Whatever stands in the way of an activity
    /// for longer is still said, and outlasts this one on the ladder.
    fn paced(&self, activity: &Activity, reason: Exclusion) -> Exclusion {
        let fits = self.minutes_left.is_none_or(|left| {
            // What is longer than any session fits into a whole one.
            let longest = self.course.session_minutes_max.unwrap_or(f64::INFINITY);
            activity.minutes.min(longest) <= left
        });
        match reason {
            Exclusion::Eligible | Exclusion::TooHard | Exclusion::TooEasy if !fits => {
                Exclusion::TooLongForSession
            }
            _ => reason,
        }
    }

    /// Why an activity may not be chosen, or that it may, before any rule is relaxed.
    fn reason(
        &self,
        position: usize,
        activity: &Activity,
        inputs: &EligibilityInputs<'_>,
    ) -> Exclusion {
        let done = &inputs.done;
        if !self.open(done, activity) {
            return Exclusion::ActivityPrerequisite;
        }
        if activity.kind == ActivityKind::Placement {
            let due = is_due(self.progress, activity);
            return if due { Exclusion::Eligible } else { Exclusion::Placed };
        }
        if !self.skills_ready(activity) {
            return Exclusion::SkillPrerequisite;
        }
        if self.just_shown(activity) {
            return Exclusion::Repeated;
        }
        if activity.required && !done.completed(position) {
            return Exclusion::Eligible;
        }
        let remedial = inputs.remedies(position);
        if !remedial && self.skipped(done.entry(position), activity) {
            return Exclusion::Skipped;
        }
        let repairs = || inputs.repairs.iter();
        if repairs().any(|repair| self.pauses(repair, activity)) {
            return Exclusion::StuckFirst;
        }
        if repairs().any(|repair| repair.activities.contains(&position)) {
            return Exclusion::Eligible;
        }
        let mut skill_states = activity.skills.iter().map(|skill| &self.skill_states[*skill]);
        if !remedial && skill_states.all(|state| state.mastered && !state.due) {
            return Exclusion::Mastered;
        }
        match activity.kind {
            ActivityKind::Placement => Exclusion::Placed,
            ActivityKind::Video | ActivityKind::Reading => match remedial {
                true => Exclusion::Eligible,
                false => self.reason_to_study(done.entry(position), activity),
            },
            ActivityKind::Quiz | ActivityKind::Exercise => {
                self.reason_to_answer(position, activity, inputs)
            }
        }
    }

    /// What to do first for each skill that the learner is stuck in: once since the last answer on
    /// it, one activity of its remedy. With that done, or with nothing there that may be done, its
    /// own rules are all there is.
    fn repairs_of_stuck(&self, done: &DoneActivities<'_>, filter: &CandidateFilter) -> Vec<Repair> {
        let stuck = (0..self.skill_states.len())
            .filter(|skill| self.skill_states[*skill].view.status == SkillStatus::Stuck);
        stuck.filter_map(|skill| self.repair(skill, done, filter)).collect()
    }

    fn repair(
        &self,
        skill: usize,
        done: &DoneActivities<'_>,
        filter: &CandidateFilter,
    ) -> Option<Repair> {
        let mastered = |skill: usize| self.skill_states[skill].view.mastered_probability;
        let remedy = remedy(self.course, skill, mastered)?;
        let stuck_at = self.skill_states[skill].view.last_at;
        let tried = |position: &usize| {
            done.entry(*position).is_some_and(|entry| Some(entry.last_at) > stuck_at)
        };
        if remedy.activities.iter().any(tried) {
            return None;
        }
        let possible = |position: &usize| {
            let activity = &self.course.activities[*position];
            self.open(done, activity)
                && self.skills_ready(activity)
                && !self.just_shown(activity)
                && requested(filter, activity).is_none()
                && self.orders.bar(*position).is_none()
        };
        let activities: Vec<usize> = remedy.activities.into_iter().filter(possible).collect();
        (!activities.is_empty()).then_some(Repair { skill, activities })
    }

    /// Whether an activity asks for a stuck skill whose repair waits.
    fn pauses(&self, repair: &Repair, activity: &Activity) -> bool {
        !activity.questions.is_empty() && activity.skills.contains(&repair.skill)
    }

    /// Whether all activities that must come first are completed.
    fn open(&self, done: &DoneActivities<'_>, activity: &Activity) -> bool {
        activity.requires.iter().all(|needed| done.completed(*needed))
    }

    /// Skipped and never completed, unless recall of its skills has faded.
    fn skipped(&self, entry: Option<&ActivityProgress>, activity: &Activity) -> bool {
        let left = entry.is_some_and(|entry| entry.skips > 0 && entry.completed_at.is_none());
        left && !self.due(activity)
    }

    /// Whether recall of one of its skills has faded.
    fn due(&self, activity: &Activity) -> bool {
        activity.skills.iter().any(|skill| self.skill_states[*skill].due)
    }

    /// Prerequisites that the activity does not teach itself must be known; a quiz also wants
    /// every one of its own skills mastered or practised.
    fn skills_ready(&self, activity: &Activity) -> bool {
        let ready =
            |needed: &usize| activity.skills.contains(needed) || self.skill_states[*needed].ready;
        let practised = |skill: usize| {
            let state = &self.skill_states[skill];
            let practised = state.view.attempts >= self.rules.practised || state.mastered;
            activity.kind != ActivityKind::Quiz || practised || !self.course.skills[skill].asked
        };
        let mut skills = activity.skills.iter();
        skills
            .all(|skill| practised(*skill) && self.course.skills[*skill].requires.iter().all(ready))
    }

    fn just_shown(&self, activity: &Activity) -> bool {
        let recent = self.progress.recent.iter().rev().take(REPEAT_AFTER);
        self.progress.current == Some(activity.key)
            || recent.into_iter().any(|recent| *recent == activity.key)
    }

    /// Watching or reading again helps when recall has faded.
    fn reason_to_study(&self, entry: Option<&ActivityProgress>, activity: &Activity) -> Exclusion {
        let again = |entry: &ActivityProgress| {
            entry.completed_at.is_none() && entry.starts < self.rules.rounds_max
        };
        let open = entry.is_none_or(again);
        if open || self.due(activity) { Exclusion::Eligible } else { Exclusion::AlreadyDone }
    }

    /// What the course advises after a failure comes though it was practised, done or is easy, and
    /// what it advises after a success though it is hard, unless the learner needs encouragement.
    fn reason_to_answer(
        &self,
        position: usize,
        activity: &Activity,
        inputs: &EligibilityInputs<'_>,
    ) -> Exclusion {
        let success = self.success[position];
        let entry = inputs.done.entry(position);
        let grade = entry.filter(|entry| entry.completed_at.is_some()).and_then(|e| e.grade_mean());
        let remedial = inputs.remedies(position);
        let wanted = remedial || self.due(activity);
        let advanced = inputs.advances(position) && !self.discouraged();
        let rounds = entry.map_or(0, |entry| entry.starts);
        let done = grade.is_some_and(|grade| grade >= self.rules.done_well)
            || rounds >= self.rules.rounds_max;
        if activity.skills.iter().any(|skill| inputs.unstudied[*skill]) {
            Exclusion::StudyFirst
        } else if done && !wanted {
            Exclusion::AlreadyDone
        } else if self.practised_enough(activity) && !wanted {
            Exclusion::PractisedEnough
        } else if success < self.success_min() && !advanced {
            Exclusion::TooHard
        } else if success > self.rules.success_max && !remedial {
            Exclusion::TooEasy
        } else {
            Exclusion::Eligible
        }
    }

    /// Of each skill, whether it is not known while something there is to watch or read on it was
    /// never opened. What a teacher keeps from the learner cannot be waited for.
    fn unstudied(&self, done: &DoneActivities<'_>) -> Vec<bool> {
        let mut unstudied = vec![false; self.skill_states.len()];
        for (position, activity) in self.course.activities.iter().enumerate() {
            let study = matches!(activity.kind, ActivityKind::Video | ActivityKind::Reading);
            let opened = done.starts(position) > 0;
            if study && !opened && self.orders.bar(position).is_none() {
                for skill in &activity.skills {
                    unstudied[*skill] |= !self.skill_states[*skill].known;
                }
            }
        }
        unstudied
    }

    fn practised_enough(&self, activity: &Activity) -> bool {
        let enough =
            |skill: &usize| self.skill_states[*skill].view.attempts >= self.rules.practised_max;
        activity.skills.iter().all(enough)
    }

    fn discouraged(&self) -> bool {
        self.progress.streak <= -DISCOURAGED
    }

    fn success_min(&self) -> f64 {
        if self.discouraged() { SUCCESS_ENCOURAGING } else { self.rules.success_min }
    }
}
