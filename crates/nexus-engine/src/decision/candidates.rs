//! The eligible set: which activities may be chosen, decided before any policy is asked.
//!
//! Each activity of the course gets its reason, also the eligible ones. The rules are relaxed only
//! when nothing is eligible, step by step in the order of [`Relaxation`]: difficulty, the length
//! of the session, repetition, prerequisites and mastery, teachers' caps. Teachers' blocks and the
//! request's exclusions are never relaxed. One good candidate is enough: variety is no reason to
//! serve a learner what the rules advise against (docs/decisions/0006).

pub use super::eligibility::{DISCOURAGED, REPEAT_AFTER, SUCCESS_ENCOURAGING};
pub use super::exclusion::{Exclusion, Relaxation};

use super::inputs::Orders;
use super::inputs::SkillState;
use super::rules::Rules;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::ids::ActivityId;
use crate::learner::placement::is_due;
use crate::learner::progress::CourseProgress;

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
}

impl CandidateSet {
    /// The candidates of an adaptive policy; empty only when the request and teachers' blocks leave
    /// nothing. A request narrows the choice and never relaxes what the rules alone would not.
    #[must_use]
    pub fn adaptive(situation: &Situation<'_>, filter: &CandidateFilter) -> Self {
        let free = Self::ruled(situation, &CandidateFilter::default(), Relaxation::Caps);
        let strictest = free.relaxation.max(Relaxation::Repetition);
        if filter.is_free() { free } else { Self::ruled(situation, filter, strictest) }
    }

    /// The candidates under the least relaxation that leaves any, up to `widest`.
    fn ruled(situation: &Situation<'_>, filter: &CandidateFilter, widest: Relaxation) -> Self {
        let reasons = situation.reasons(filter);
        let relaxed = |relaxation| Self::relaxed(situation, &reasons, relaxation);
        let mut steps = Relaxation::ALL.into_iter().filter(|step| *step <= widest).map(relaxed);
        let found = steps.find(|set| !set.positions.is_empty());
        found.unwrap_or_else(|| relaxed(widest))
    }

    fn relaxed(situation: &Situation<'_>, reasons: &[Exclusion], relaxation: Relaxation) -> Self {
        let course = situation.course;
        let reasons = course.activities.iter().zip(reasons);
        let mut exclusions: Vec<Exclusion> =
            reasons.map(|(activity, reason)| relax(*reason, relaxation, activity)).collect();
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
    /// skipped, then what was skipped, and once all are completed, the one done longest ago. What
    /// teachers blocked is left out, and what they capped too unless nothing else is left.
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
        let key = |position: &usize| course.activities[*position].key;
        let path = || course.path.iter().copied().filter(allowed);
        let open = |position: &usize| !progress.completed(key(position));
        let skipped =
            |position: &usize| progress.activity(key(position)).is_some_and(|e| e.skips > 0);
        let untouched = |position: &usize| open(position) && !skipped(position);
        let touched = |position: &usize| progress.activity(key(position)).map(|e| e.last_at);
        let next = path().find(untouched);
        // What was skipped comes again in a second round, the longest ago first.
        let next = next.or_else(|| path().filter(open).min_by_key(touched));
        let relaxation = if next.is_some() { Relaxation::None } else { Relaxation::Repetition };
        let next = next.or_else(|| path().min_by_key(touched));
        let reason = |(position, activity): (usize, &Activity)| {
            let chosen = Some(position) == next;
            let not_next = if chosen { Exclusion::Eligible } else { Exclusion::NotNextOnPath };
            requested(filter, activity).or_else(|| bar(position)).unwrap_or(not_next)
        };
        let exclusions = course.activities.iter().enumerate().map(reason).collect();
        Self { positions: next.into_iter().collect(), exclusions, relaxation }
    }
}

/// Whether the request leaves an activity out.
pub(super) fn requested(filter: &CandidateFilter, activity: &Activity) -> Option<Exclusion> {
    let listed = filter.only.as_ref().is_none_or(|only| only.contains(&activity.id));
    (!listed || filter.exclude.contains(&activity.id)).then_some(Exclusion::Requested)
}

fn relax(reason: Exclusion, relaxation: Relaxation, activity: &Activity) -> Exclusion {
    let asks = !activity.questions.is_empty();
    let forgiven = reason.forgiven_from(asks).is_some_and(|step| step <= relaxation);
    if forgiven { Exclusion::Eligible } else { reason }
}
