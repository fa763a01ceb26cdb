//! The inputs of the rules of candidacy, each looked up once a decision: what the learner has done
//! of each activity, the activity before and what the course advises after it, the state of each
//! skill, and what teachers' constraints order.

use super::candidates::{CandidateFilter, Exclusion, requested};
use super::rules::Rules;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::constraint::{Constraint, CourseConstraints, Rule};
use crate::ids::{ConstraintId, LearnerId};
use crate::learner::belief::Belief;
use crate::learner::closing_check::closing_check_due;
use crate::learner::mastery::{Looking, SkillView};
use crate::learner::own_record::{gate_view, is_settled};
use crate::learner::placement::is_due;
use crate::learner::progress::{ActivityProgress, CourseProgress};
use crate::learner::tracing::TracingModel;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// A mean grade of at least this passes an activity; below it the activity was failed.
pub const PASSED: f64 = 0.6;

/// The learner's entry of each activity, by its position in [`Course::activities`].
#[derive(Clone, Debug)]
pub(super) struct DoneActivities<'a> {
    entries: Vec<Option<&'a ActivityProgress>>,
}

impl<'a> DoneActivities<'a> {
    /// Looks all of them up.
    pub fn of(course: &Course, progress: &'a CourseProgress) -> Self {
        let mut next = progress.activities.iter();
        let look_up = |key| match next.as_slice().first() {
            // Keys mostly ascend as positions do: the entry after the last one found is often it.
            Some(entry) if entry.activity == key => next.next(),
            _ => progress.activity(key),
        };
        Self {
            entries: course.activities.iter().map(|activity| activity.key).map(look_up).collect(),
        }
    }

    /// What was done in an activity, if anything.
    pub fn entry(&self, position: usize) -> Option<&'a ActivityProgress> {
        self.entries[position]
    }

    /// Whether it was ever completed.
    pub fn completed(&self, position: usize) -> bool {
        self.entries[position].is_some_and(|entry| entry.completed_at.is_some())
    }

    /// Times it was started.
    pub fn starts(&self, position: usize) -> u16 {
        self.entries[position].map_or(0, |entry| entry.starts)
    }
}

/// The activity that was left or completed last, and what the course advises after it: its remedial
/// activities when it was failed, its advanced ones when it was passed. The features of policies
/// ask here too, so that both mean the same.
#[derive(Clone, Copy, Debug)]
pub struct LastActivity<'a> {
    pub activity: &'a Activity,
    /// Mean grade of the answers in its latest round, in [0, 1]; `None` when it had none.
    pub grade: Option<f64>,
}

impl<'a> LastActivity<'a> {
    /// The activity before, unless there was none or this version of the course has it no more.
    #[must_use]
    pub fn of(course: &'a Course, progress: &CourseProgress) -> Option<Self> {
        let key = progress.recent.last()?;
        let activity = course.activities.iter().find(|activity| activity.key == *key)?;
        let grade = progress.activity(*key).and_then(|entry| entry.grade_mean());
        Some(Self { activity, grade })
    }

    /// Whether it was failed and names the activity at this position as remedial.
    #[must_use]
    pub fn remedies(&self, position: usize) -> bool {
        let failed = self.grade.is_some_and(|grade| grade < PASSED);
        failed && self.activity.remedial.contains(&position)
    }

    /// Whether it was passed and names the activity at this position as advanced.
    #[must_use]
    pub fn advances(&self, position: usize) -> bool {
        let passed = self.grade.is_some_and(|grade| grade >= PASSED);
        passed && self.activity.advanced.contains(&position)
    }
}

/// One skill of the course, for one learner, now.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillState {
    /// Mastery, recall and their uncertainty, as the filter believes them: what policies see. The gates
    /// below ask what the learner's own answers say ([`gate_view`]).
    pub view: SkillView,
    /// Whether it is mastered now.
    pub mastered: bool,
    /// Whether it was mastered and has faded.
    pub due: bool,
    /// Whether what builds on it may begin.
    pub ready: bool,
    /// Whether it is probably known already.
    pub known: bool,
}

/// All skills of a course under some rules, in the order of [`Course::skills`].
#[must_use]
pub fn skill_states(
    course: &Course,
    progress: &CourseProgress,
    belief: &Belief,
    tracing: &TracingModel,
    rules: &Rules,
    at: Timestamp,
) -> Vec<SkillState> {
    let taught = taught_without_questions(course, progress);
    let looking = Looking::at(belief, tracing, at);
    let placed = progress.placement.is_some();
    let skills = course.skills.iter().zip(taught);
    skills
        .map(|(skill, taught)| {
            let reference = skill.reference();
            let view = looking.view(&reference);
            let gate = gate_view(view, &reference, progress);
            let settled = || is_settled(tracing, skill.key);
            let own = || rules.has_own_evidence(&gate, placed, settled);
            let marked = belief.skill(skill.key).is_some_and(|entry| entry.mastered);
            SkillState {
                mastered: marked,
                due: rules.is_due(&view, marked),
                ready: taught || rules.is_ready(&gate, own),
                known: rules.is_known(&gate, own),
                view,
            }
        })
        .collect()
}

/// Skills that no question exercises are known once an activity that teaches them is completed.
fn taught_without_questions(course: &Course, progress: &CourseProgress) -> Vec<bool> {
    let mut taught = vec![false; course.skills.len()];
    if course.skills.iter().all(|skill| skill.asked) {
        return taught;
    }
    for activity in course.activities.iter().filter(|activity| progress.completed(activity.key)) {
        for skill in &activity.skills {
            taught[*skill] = !course.skills[*skill].asked;
        }
    }
    taught
}

/// What teachers' constraints say about one decision, and the closing check: it is barred until it
/// is due, and then comes before everything but a teacher's pin.
///
/// The rules between them, strictest first: a block always holds; a cap gives way only when
/// nothing else is left; a pin comes before everything that is neither blocked nor capped nor left
/// out by the request, be its prerequisites known or not, until it is completed. Of several pins
/// the learner's own come first, and among those the one that was set first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Orders {
    /// The pinned activity, as its position in [`Course::activities`], and its constraint.
    pub pin: Option<(usize, ConstraintId)>,
    /// What was blocked, capped and shown often enough, or must wait because of the closing check: by
    /// position in [`Course::activities`].
    pub barred: BTreeMap<usize, Exclusion>,
    /// The constraints behind both.
    pub applied: Vec<ConstraintId>,
    /// When a bar on an uncompleted activity ends by itself, the earliest of them.
    pub opens_at: Option<Timestamp>,
}

impl Orders {
    /// What the constraints of a course say about a decision for a learner at a moment.
    #[must_use]
    pub fn of(
        constraints: Option<&CourseConstraints>,
        learner: &LearnerId,
        course: &Course,
        progress: &CourseProgress,
        filter: &CandidateFilter,
        at: Timestamp,
    ) -> Self {
        let mut orders = Self::default();
        let check = course.activities.iter().position(|it| it.kind == ActivityKind::Check);
        let due = closing_check_due(course, progress, progress.minutes, at);
        if let Some(known) = constraints {
            orders.constrain(known, learner, course, progress, filter, at);
        }
        if let Some(check) = check.filter(|_| !due) {
            orders.barred.entry(check).or_insert(Exclusion::CheckNotDue);
        }
        if let Some(check) = check.filter(|_| due && orders.pin.is_none()) {
            orders.put_check_first(course, check, filter);
        }
        orders
    }

    /// Bars everything but a check that may be shown.
    fn put_check_first(&mut self, course: &Course, check: usize, filter: &CandidateFilter) {
        if self.bar(check).is_some() || requested(filter, &course.activities[check]).is_some() {
            return;
        }
        for position in (0..course.activities.len()).filter(|position| *position != check) {
            self.barred.entry(position).or_insert(Exclusion::CheckFirst);
        }
    }

    fn constrain(
        &mut self,
        known: &CourseConstraints,
        learner: &LearnerId,
        course: &Course,
        progress: &CourseProgress,
        filter: &CandidateFilter,
        at: Timestamp,
    ) {
        // A later version of the course may not have the activity any more.
        let place =
            |constraint: &Constraint| course.activity_position(constraint.activity.as_str());
        for constraint in known.of(learner, at) {
            let Some(position) = place(constraint) else { continue };
            let starts = progress.activity(course.activities[position].key);
            let starts = starts.map_or(0, |entry| entry.starts);
            let bar = match constraint.rule {
                Rule::Block => Exclusion::Blocked,
                Rule::Cap { shown_max } if starts >= shown_max => Exclusion::Capped,
                Rule::Cap { .. } | Rule::Pin => continue,
            };
            let held = self.barred.entry(position).or_insert(bar);
            *held = (*held).min(bar);
            self.applied.push(constraint.id.clone());
        }
        self.opens_at = self.earliest_opening(known, learner, course, progress, at);
        let mut pins = known.of(learner, at).filter(|constraint| constraint.rule == Rule::Pin);
        let possible = |position: usize| {
            let activity = &course.activities[position];
            let in_time = match activity.kind {
                ActivityKind::Placement => is_due(progress, activity),
                ActivityKind::Check => closing_check_due(course, progress, progress.minutes, at),
                _ => true,
            };
            let open = !progress.completed(activity.key) && in_time;
            open && self.bar(position).is_none() && requested(filter, activity).is_none()
        };
        let pin =
            pins.find_map(|pin| Some((place(pin).filter(|it| possible(*it))?, pin.id.clone())));
        self.applied.extend(pin.iter().map(|(_, id)| id.clone()));
        self.pin = pin;
    }

    /// When the first activity opens that is barred now, not completed, and not barred for good.
    fn earliest_opening(
        &self,
        known: &CourseConstraints,
        learner: &LearnerId,
        course: &Course,
        progress: &CourseProgress,
        at: Timestamp,
    ) -> Option<Timestamp> {
        let mut earliest: Option<Timestamp> = None;
        for position in self.barred.keys() {
            let activity = &course.activities[*position];
            if progress.completed(activity.key) {
                continue;
            }
            let mut opens_at = Some(at);
            for constraint in known.of(learner, at) {
                if constraint.activity == activity.id && constraint.rule != Rule::Pin {
                    let ends_at = constraint.expires_at;
                    opens_at = opens_at.zip(ends_at).map(|(one, other)| one.max(other));
                }
            }
            earliest = earliest.into_iter().chain(opens_at).min();
        }
        earliest
    }

    /// Why a teacher or the closing check keeps an activity from the learner, if one does.
    #[must_use]
    pub fn bar(&self, position: usize) -> Option<Exclusion> {
        self.barred.get(&position).copied()
    }

    /// Whether a teacher blocked an activity.
    #[must_use]
    pub fn blocks(&self, position: usize) -> bool {
        self.bar(position) == Some(Exclusion::Blocked)
    }
}
