//! The rules: why one activity may not be chosen now, or that it may, before anything is relaxed.

use super::candidates::{CandidateFilter, Situation, requested};
use super::exclusion::{ActivityHistory, Exclusion};
use super::inputs::DoneActivities;
use super::inputs::{LastActivity, SkillState};
use crate::catalog::{Activity, ActivityKind};
use crate::learner::mastery::SkillStatus;
use crate::learner::placement::is_due;
use crate::learner::progress::ActivityProgress;
use crate::learner::remedy::remedy;
use crate::time::HOUR_MICROS;

#[cfg(doc)]
use crate::catalog::Course;

/// An activity is not repeated while it is among the last so many.
pub const REPEAT_AFTER: usize = 2;
/// What was skipped is offered again until it was skipped so often.
pub const SKIPS_MAX: u16 = 2;
/// An activity is no review again before so much time has passed since it was last touched: a
/// failed review waits for another day, not for the next decision.
pub const REVIEW_APART_MICROS: i64 = 12 * HOUR_MICROS;
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
    unstudied: Vec<bool>,
    easy: Vec<bool>,
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
    pub(super) fn reasons(
        &self,
        filter: &CandidateFilter,
        histories: &[ActivityHistory],
    ) -> Vec<Exclusion> {
        let done = DoneActivities::of(self.course, self.progress);
        let easy = self.easy();
        let inputs = EligibilityInputs {
            repairs: self.repairs_of_stuck(&done, filter),
            unstudied: self.unstudied(&done, &easy),
            easy,
            done,
            last: LastActivity::of(self.course, self.progress),
        };
        let mut reasons = Vec::with_capacity(self.course.activities.len());
        for (position, activity) in self.course.activities.iter().enumerate() {
            let imposed = requested(filter, activity).or_else(|| self.orders.bar(position));
            if let Some(reason) = imposed.filter(|reason| *reason != Exclusion::Capped) {
                reasons.push(reason);
                continue;
            }
            let own = self.paced(activity, self.reason(position, activity, &inputs));
            // A cap gives way at the last step of the ladder. An activity that no step lets in
            // keeps its own reason, or that step would show it.
            let may_come =
                own == Exclusion::Eligible || own.forgiven_from(histories[position]).is_some();
            let capped = imposed.is_some() && may_come;
            reasons.push(if capped { Exclusion::Capped } else { own });
        }
        self.put_placement_first(&inputs.done, &mut reasons);
        reasons
    }

    /// A placement comes before everything else, or its answers would come too late.
    fn put_placement_first(&self, done: &DoneActivities<'_>, reasons: &mut [Exclusion]) {
        let places = |position: usize| {
            self.course.activities[position].kind == ActivityKind::Placement
                && !done.completed(position)
        };
        let due = |position: usize| reasons[position] == Exclusion::Eligible && places(position);
        if !(0..reasons.len()).any(due) {
            return;
        }
        for (position, reason) in reasons.iter_mut().enumerate() {
            if *reason == Exclusion::Eligible && !places(position) {
                *reason = Exclusion::RequiredFirst;
            }
        }
    }

    /// The reason with the length of the session in mind. A reason that only a later step of the
    /// ladder takes away, or that no step takes away, stays: too long a time must not replace it.
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
        if activity.kind == ActivityKind::Check {
            return Exclusion::Eligible;
        }
        let reviews = done.entry(position).is_some_and(|entry| self.reviews(activity, entry));
        if !reviews && self.just_completed(activity, done.entry(position)) {
            return Exclusion::JustDone;
        }
        let remedial = inputs.remedies(position);
        let repairs = inputs.repairs.iter().any(|repair| repair.activities.contains(&position));
        if self.done(activity, done.entry(position), remedial || repairs) {
            return Exclusion::AlreadyDone;
        }
        if !self.skills_ready(activity) {
            return Exclusion::SkillPrerequisite;
        }
        if !reviews && self.just_shown(activity) {
            return Exclusion::Repeated;
        }
        if activity.required && !done.completed(position) {
            return Exclusion::Eligible;
        }
        if !remedial && self.skipped(done.entry(position), activity) {
            return Exclusion::Skipped;
        }
        if inputs.repairs.iter().any(|repair| self.pauses(repair, activity)) {
            return Exclusion::StuckFirst;
        }
        if repairs {
            return Exclusion::Eligible;
        }
        let mut skill_states = activity.skills.iter().map(|skill| &self.skill_states[*skill]);
        if !remedial && skill_states.all(|state| state.mastered && !state.due) {
            return Exclusion::Mastered;
        }
        match activity.kind {
            ActivityKind::Placement | ActivityKind::Check => Exclusion::Placed,
            ActivityKind::Video | ActivityKind::Reading => {
                self.reason_to_study(activity, inputs, remedial)
            }
            ActivityKind::Quiz | ActivityKind::Exercise => {
                self.reason_to_answer(position, activity, inputs)
            }
        }
    }

    /// Whether an activity has given what it can: a video or reading that was completed, or looked
    /// at as often as may be; an exercise that went well, or was tried as often as may be. A
    /// failure that names it or a skill in which the learner is stuck (`wanted`) brings it back for
    /// a second time, a review that is due at any time.
    fn done(&self, activity: &Activity, entry: Option<&ActivityProgress>, wanted: bool) -> bool {
        let Some(entry) = entry else { return false };
        if self.reviews(activity, entry) {
            return false;
        }
        let completed = entry.completed_at.is_some();
        if entry.starts >= self.rules.rounds_max {
            // What is required stays until it is completed, however often it was left.
            return completed || !activity.required;
        }
        let went_well = match activity.kind {
            ActivityKind::Video
            | ActivityKind::Reading
            | ActivityKind::Placement
            | ActivityKind::Check => true,
            ActivityKind::Quiz | ActivityKind::Exercise => {
                entry.grade_mean().is_some_and(|grade| grade >= self.rules.done_well)
            }
        };
        completed && went_well && !wanted
    }

    /// What to do first for each skill that the learner is stuck in: one activity of its remedy,
    /// once since the last answer on the skill. A skill is left out when that was done, or when no
    /// activity of the remedy may be shown now.
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
            let (activity, entry) = (&self.course.activities[*position], done.entry(*position));
            self.open(done, activity)
                && !self.done(activity, entry, true)
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

    /// Whether recall of one of its skills has faded, and the activity was last touched at least
    /// [`REVIEW_APART_MICROS`] ago.
    fn reviews(&self, activity: &Activity, entry: &ActivityProgress) -> bool {
        self.due(activity) && self.at >= entry.last_at.plus_micros(REVIEW_APART_MICROS)
    }

    /// Prerequisites that the activity does not teach itself must be known; a quiz also wants
    /// every one of its own skills mastered or practised, as far as the course has questions to
    /// practise with.
    fn skills_ready(&self, activity: &Activity) -> bool {
        let ready =
            |needed: &usize| activity.skills.contains(needed) || self.skill_states[*needed].ready;
        let practised = |skill: usize| {
            let state = &self.skill_states[skill];
            let enough = self.rules.practised.min(self.course.skills[skill].practice_questions);
            activity.kind != ActivityKind::Quiz || state.view.attempts >= enough || state.mastered
        };
        let mut skills = activity.skills.iter();
        skills
            .all(|skill| practised(*skill) && self.course.skills[*skill].requires.iter().all(ready))
    }

    /// Whether it is the latest that the learner finished, and nothing was begun since.
    fn just_completed(&self, activity: &Activity, entry: Option<&ActivityProgress>) -> bool {
        let latest = self.progress.current.or(self.progress.recent.last().copied());
        latest == Some(activity.key) && entry.is_some_and(|entry| entry.completed_at.is_some())
    }

    pub(super) fn just_shown(&self, activity: &Activity) -> bool {
        let recent = self.progress.recent.iter().rev().take(REPEAT_AFTER);
        self.progress.current == Some(activity.key)
            || recent.into_iter().any(|recent| *recent == activity.key)
    }

    /// A learner who will answer nearly everything right needs no explanation of it.
    fn reason_to_study(
        &self,
        activity: &Activity,
        inputs: &EligibilityInputs<'_>,
        remedial: bool,
    ) -> Exclusion {
        let wanted = remedial || self.due(activity);
        let mut skills = activity.skills.iter();
        if !wanted && skills.all(|skill| inputs.easy[*skill]) {
            Exclusion::TooEasy
        } else {
            Exclusion::Eligible
        }
    }

    /// What the course advises after a failure comes though it was practised or is easy, and
    /// what it advises after a success though it is hard, unless the learner needs encouragement.
    fn reason_to_answer(
        &self,
        position: usize,
        activity: &Activity,
        inputs: &EligibilityInputs<'_>,
    ) -> Exclusion {
        let success = self.success[position];
        let remedial = inputs.remedies(position);
        let wanted = remedial || self.due(activity);
        let advanced = inputs.advances(position) && !self.discouraged();
        if activity.skills.iter().any(|skill| inputs.unstudied[*skill]) {
            Exclusion::StudyFirst
        } else if self.practised_enough(activity) && !wanted {
            Exclusion::PractisedEnough
        } else if success < self.success_min() && !advanced {
            Exclusion::TooHard
        } else if success > self.rules.success_max && !remedial && !self.asks_first(activity) {
            Exclusion::TooEasy
        } else {
            Exclusion::Eligible
        }
    }

    /// Of each skill, whether the learner will answer nearly everything right. The learner's own
    /// answers say so, if not on the skill then on others: they are many enough to be believed.
    fn easy(&self) -> Vec<bool> {
        let answers: u32 = self.skill_states.iter().map(|state| state.view.attempts).sum();
        let enough = answers >= self.rules.practised;
        let success_max = self.rules.success_max;
        let easy = |state: &SkillState| enough && state.view.expected_success > success_max;
        self.skill_states.iter().map(easy).collect()
    }

    /// Of each skill, whether it is neither known nor `easy` while something there is to watch or
    /// read on it was never opened. What a teacher keeps from the learner cannot be waited for.
    fn unstudied(&self, done: &DoneActivities<'_>, easy: &[bool]) -> Vec<bool> {
        let mut unstudied = vec![false; self.skill_states.len()];
        for (position, activity) in self.course.activities.iter().enumerate() {
            let study = matches!(activity.kind, ActivityKind::Video | ActivityKind::Reading);
            let opened = done.starts(position) > 0;
            if study && !opened && self.orders.bar(position).is_none() {
                for skill in &activity.skills {
                    unstudied[*skill] |= !self.skill_states[*skill].known && !easy[*skill];
                }
            }
        }
        unstudied
    }

    /// Whether it asks the learner's first question on a skill: what is only believed is tested once,
    /// however easy it may be.
    fn asks_first(&self, activity: &Activity) -> bool {
        activity.skills.iter().any(|skill| self.skill_states[*skill].view.attempts == 0)
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
