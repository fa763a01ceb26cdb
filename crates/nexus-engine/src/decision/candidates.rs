//! The eligible set: which activities may be chosen, decided before any policy is asked.
//!
//! Each activity of the course gets its reason, also the eligible ones. The rules are relaxed only
//! when nothing is eligible, step by step in the order of [`Relaxation`]: difficulty, the length
//! of the session, the rules for what was never shown, repetition, teachers' caps. Teachers' blocks,
//! prerequisites between activities, the request's exclusions and what is done are never relaxed:
//! when nothing is left the course is complete, or the learner rests ([`super::rest`]). One good
//! candidate is enough: variety is no reason to serve a learner what the rules advise against
//! (docs/decisions/0006).

pub use super::eligibility::{DISCOURAGED, REPEAT_AFTER, SKIPS_MAX, SUCCESS_ENCOURAGING};
pub use super::exclusion::{ActivityHistory, Exclusion, Relaxation};

use super::inputs::Orders;
use super::inputs::SkillState;
use super::rules::Rules;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::ids::ActivityId;
use crate::learner::placement::is_due;
use crate::learner::progress::CourseProgress;
use crate::time::Timestamp;

/// Which activities a request allows as candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CandidateFilter {
    /// Only these, when given.
    pub only: Option<Vec<ActivityId>>,
    pub exclude: Vec<ActivityId>,
}

impl CandidateFilter {
    /// Whether the request says nothing about candidates.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.only.is_none() && self.exclude.is_empty()
    }

    /// The first activity it names that the course does not have.
    #[must_use]
    pub fn unknown(&self, course: &Course) -> Option<&ActivityId> {
        let mut named = self.only.iter().flatten().chain(&self.exclude);
        named.find(|id| course.activity(id.as_str()).is_none())
    }
}

/// The eligible set with a reason for every activity of the course.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateSet {
    /// Positions in [`Course::activities`], in path order.
    pub positions: Vec<usize>,
    /// One reason an activity, in file order.
    pub exclusions: Vec<Exclusion>,
    /// How far the rules were relaxed.
    pub relaxation: Relaxation,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub course: &'a Course,
    /// What the learner has done in it.
    pub progress: &'a CourseProgress,
    /// What the learner knows of its skills, in the order of [`Course::skills`].
    pub skill_states: &'a [SkillState],
    /// Predicted success in each activity, in the order of [`Course::activities`].
    pub success: &'a [f64],
    /// What teachers say about this decision.
    pub orders: &'a Orders,
    /// The numbers of the rules.
    pub rules: &'a Rules,
    /// Minutes left of the session, above 0; `None` when nothing limits it, or it is over.
    pub minutes_left: Option<f64>,
    /// When the decision is made.
    pub at: Timestamp,
}

impl CandidateSet {
    /// The candidates of an adaptive policy; empty when the request and teachers' blocks leave
    /// nothing, or when nothing is left to do. A request narrows the choice and never relaxes what
    /// the rules alone would not.
    #[must_use]
    pub fn adaptive(situation: &Situation<'_>, filter: &CandidateFilter) -> Self {
        let no_request = CandidateFilter::default();
        let histories = situation.histories(&no_request, false);
        let by_rules_alone = Self::ruled(situation, &no_request, &histories, Relaxation::Caps);
        if filter.is_free() {
            return by_rules_alone;
        }
        // The rules run again for the request. The first run says how far they may be relaxed for
        // it, or a site could show anything by asking for that alone.
        let skills_first = by_rules_alone.relaxation < Relaxation::NeverShown;
        let last_step = by_rules_alone.relaxation.max(Relaxation::Repetition);
        let histories = situation.histories(filter, skills_first);
        Self::ruled(situation, filter, &histories, last_step)
    }

    /// The candidates under the least relaxation that leaves any, up to `last_step`.
    fn ruled(
        situation: &Situation<'_>,
        filter: &CandidateFilter,
        histories: &[ActivityHistory],
        last_step: Relaxation,
    ) -> Self {
        let reasons = situation.reasons(filter, histories);
        for step in Relaxation::LADDER.into_iter().take_while(|step| *step <= last_step) {
            let set = Self::relaxed(situation, &reasons, histories, step);
            if !set.positions.is_empty() {
                return set;
            }
        }
        Self { positions: Vec::new(), exclusions: reasons, relaxation: last_step }
    }

    fn relaxed(
        situation: &Situation<'_>,
        reasons: &[Exclusion],
        histories: &[ActivityHistory],
        relaxation: Relaxation,
    ) -> Self {
        let course = situation.course;
        let mut exclusions = reasons.to_vec();
        for (reason, history) in exclusions.iter_mut().zip(histories) {
            if reason.forgiven_from(*history).is_some_and(|step| step <= relaxation) {
                *reason = Exclusion::Eligible;
            }
        }
        if relaxation >= Relaxation::Repetition {
            situation.keep_longest_ago(&mut exclusions);
        }
        let eligible = exclusions.iter().filter(|reason| **reason == Exclusion::Eligible).count();
        let mut positions = Vec::with_capacity(eligible.min(situation.rules.candidates_max));
        for position in course.order.iter().copied() {
            if exclusions[position] != Exclusion::Eligible {
                continue;
            }
            if positions.len() == situation.rules.candidates_max {
                exclusions[position] = Exclusion::BeyondCap;
            } else {
                positions.push(position);
            }
        }
        Self { positions, exclusions, relaxation }
    }

    /// The one candidate of the static path: the first activity that is neither completed nor
    /// skipped, then what was skipped less than [`SKIPS_MAX`] times or is required, the longest ago
    /// first. Then the path is at its end, and there is none. What teachers blocked is left out, and
    /// what they capped too unless nothing else is left.
    #[must_use]
    pub fn static_path(
        course: &Course,
        progress: &CourseProgress,
        filter: &CandidateFilter,
        orders: &Orders,
    ) -> Self {
        let bar = |position| orders.bar(position);
        let set = Self::on_path(course, progress, filter, &bar);
        if !set.positions.is_empty() {
            return set;
        }
        let bar = |position| orders.bar(position).filter(|bar| *bar != Exclusion::Capped);
        let set = Self::on_path(course, progress, filter, &bar);
        let relaxation = if set.positions.is_empty() { set.relaxation } else { Relaxation::Caps };
        Self { relaxation, ..set }
    }

    /// The one candidate of a whole plan: the first activity on its path that is neither completed
    /// nor skipped, whose requirements are completed, and that was not shown just now. Empty at
    /// the end of the path, and where nothing on it may come now.
    #[must_use]
    pub fn planned(situation: &Situation<'_>, path: &[usize], filter: &CandidateFilter) -> Self {
        let Situation { course, progress, orders, .. } = *situation;
        let completed = |position: usize| progress.completed(course.activities[position].key);
        let barred = |position: usize| {
            requested(filter, &course.activities[position]).or_else(|| orders.bar(position))
        };
        let open = |position: &&usize| {
            let activity = &course.activities[**position];
            let entry = progress.activity(activity.key);
            let over = activity.kind == ActivityKind::Placement && !is_due(progress, activity);
            // A check that is not due is barred, whatever became of an earlier one.
            let untouched = activity.kind == ActivityKind::Check
                || (!completed(**position) && entry.is_none_or(|entry| entry.skips == 0));
            let ready = activity.requires.iter().all(|needed| completed(*needed));
            let may_come = untouched && ready && !over && !situation.just_shown(activity);
            may_come && barred(**position).is_none()
        };
        let next = path.iter().find(open).copied();
        let reason = |position: usize| match next {
            Some(next) if next == position => Exclusion::Eligible,
            _ if completed(position) => Exclusion::AlreadyDone,
            _ => barred(position).unwrap_or(Exclusion::NotNextOnPath),
        };
        let exclusions = (0..course.activities.len()).map(reason).collect();
        Self { positions: next.into_iter().collect(), exclusions, relaxation: Relaxation::None }
    }

    /// The one candidate that a teacher pinned.
    #[must_use]
    pub fn pinned(
        course: &Course,
        pinned: usize,
        filter: &CandidateFilter,
        orders: &Orders,
    ) -> Self {
        let reason = |(position, activity): (usize, &Activity)| {
            let first = match position == pinned {
                true => Exclusion::Eligible,
                false => Exclusion::PinnedFirst,
            };
            requested(filter, activity).or_else(|| orders.bar(position)).unwrap_or(first)
        };
        let exclusions = course.activities.iter().enumerate().map(reason).collect();
        Self { positions: vec![pinned], exclusions, relaxation: Relaxation::None }
    }

    fn on_path(
        course: &Course,
        progress: &CourseProgress,
        filter: &CandidateFilter,
        bar: &dyn Fn(usize) -> Option<Exclusion>,
    ) -> Self {
        let over = |activity: &Activity| {
            activity.kind == ActivityKind::Placement && !is_due(progress, activity)
        };
        let allowed = |position: &usize| {
            let activity = &course.activities[*position];
            requested(filter, activity).or_else(|| bar(*position)).is_none() && !over(activity)
        };
        let path = || course.path.iter().copied().filter(allowed);
        let entry = |position: &usize| progress.activity(course.activities[*position].key);
        let completed = |position: &usize| progress.completed(course.activities[*position].key);
        let skips = |position: &usize| entry(position).map_or(0, |entry| entry.skips);
        // Only a check that is due is allowed, whatever became of an earlier one.
        let due = |position: &usize| course.activities[*position].kind == ActivityKind::Check;
        let untouched = |position: &usize| !completed(position) && skips(position) == 0;
        let next = path().find(|position| due(position) || untouched(position));
        // What was skipped comes again in a second round, the longest ago first.
        let again = |position: &usize| {
            let offered = skips(position) < SKIPS_MAX || course.activities[*position].required;
            !completed(position) && offered
        };
        let touched = |position: &usize| entry(position).map(|entry| entry.last_at);
        let next = next.or_else(|| path().filter(again).min_by_key(touched));
        let relaxation = Relaxation::None;
        let reason = |(position, activity): (usize, &Activity)| {
            let not_next = match next {
                Some(next) if next == position => Exclusion::Eligible,
                Some(_) => Exclusion::NotNextOnPath,
                None if progress.completed(activity.key) => Exclusion::AlreadyDone,
                None if course.path.contains(&position) => Exclusion::Skipped,
                None => Exclusion::NotNextOnPath,
            };
            requested(filter, activity).or_else(|| bar(position)).unwrap_or(not_next)
        };
        let exclusions = course.activities.iter().enumerate().map(reason).collect();
        Self { positions: next.into_iter().collect(), exclusions, relaxation }
    }
}

impl Situation<'_> {
    fn histories(&self, filter: &CandidateFilter, skills_first: bool) -> Vec<ActivityHistory> {
        let only = filter.only.as_ref();
        let mut histories = Vec::with_capacity(self.course.activities.len());
        for activity in &self.course.activities {
            let entry = self.progress.activity(activity.key);
            histories.push(ActivityHistory {
                shown: entry.is_some_and(|entry| entry.starts > 0),
                asks: !activity.questions.is_empty(),
                asked_for: only.is_some_and(|only| only.contains(&activity.id)),
                given_up: entry.is_some_and(|entry| entry.skips >= SKIPS_MAX),
                skills_first,
            });
        }
        histories
    }

    /// Of what may be chosen now, what was never touched stays, else only what was touched longest
    /// ago: with nothing better left, the learner goes round the course and not back and forth.
    fn keep_longest_ago(&self, exclusions: &mut [Exclusion]) {
        let mut longest_ago: Option<(Option<Timestamp>, usize)> = None;
        for (position, reason) in exclusions.iter().enumerate() {
            let activity = &self.course.activities[position];
            let touched = self.progress.activity(activity.key).map(|entry| entry.last_at);
            let found = (touched, position);
            if *reason == Exclusion::Eligible && longest_ago.is_none_or(|known| found < known) {
                longest_ago = Some(found);
            }
        }
        let Some((_, kept)) = longest_ago else { return };
        for (position, reason) in exclusions.iter_mut().enumerate() {
            if *reason == Exclusion::Eligible && position != kept {
                *reason = Exclusion::BeyondCap;
            }
        }
    }
}

/// Whether the request leaves an activity out.
pub(super) fn requested(filter: &CandidateFilter, activity: &Activity) -> Option<Exclusion> {
    let listed = filter.only.as_ref().is_none_or(|only| only.contains(&activity.id));
    (!listed || filter.exclude.contains(&activity.id)).then_some(Exclusion::Requested)
}
