//! Exposure: the moment the choice was really shown. Only exposed learners are analysed, each
//! once, with what is known of them now.

use super::checked::CompletedCheck;
use super::retention::LearnerRetention;
use super::tally::{ExperimentState, Outcomes};
use crate::catalog::Course;
use crate::decision::reward::LearnerDecisions;
use crate::ids::{Assignment, ExperimentId, VariantName};
use crate::learner::progress::{CourseOutcome, CourseProgress};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// That a learner was shown an experiment's choice, and what has been tallied of them since.
#[derive(Clone, Debug, PartialEq)]
pub struct ExposureRecord {
    pub experiment: ExperimentId,
    pub version: u32,
    pub variant: VariantName,
    /// The first time something of it was shown.
    pub first_at: Timestamp,
    /// What the learner had done before: not the experiment's doing, so never counted.
    pub before: Totals,
    /// What the tally holds of this learner now, so that each learner counts once.
    pub tallied: Outcomes,
    /// The same of answers after pauses.
    pub retention: LearnerRetention,
    /// Whether the learner is not analysed, because an earlier version had shown them another side.
    pub left_out: bool,
}

/// What a learner has done in a course, in sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    pub probes: u32,
    /// Sum of their grades, in millionths.
    pub probe_sum_micros: i64,
    pub answered: u32,
    /// Sum of their grades, in millionths.
    pub grade_sum_micros: i64,
    pub rewards: u32,
    /// Sum of them, in millionths.
    pub reward_sum_micros: i64,
    pub minutes: f64,
    /// Whether the course was completed.
    pub completed: bool,
}

impl Totals {
    /// The totals of a learner's progress now.
    #[must_use]
    pub fn of(course: &Course, progress: &CourseProgress, decisions: &LearnerDecisions) -> Self {
        Self {
            probes: progress.probes,
            probe_sum_micros: progress.probe_sum_micros,
            answered: progress.answered,
            grade_sum_micros: progress.grade_sum_micros,
            rewards: decisions.rewards,
            reward_sum_micros: decisions.reward_sum_micros,
            minutes: progress.minutes,
            completed: course_completed(course, progress),
        }
    }
}

/// Brings the tallies of the experiments a learner is exposed to up to date.
///
/// New exposures are found among the open decisions, so this must run after each event, before
/// the decision that was just shown can settle.
pub fn tally(
    experiments: &mut BTreeMap<ExperimentId, ExperimentState>,
    course: &Course,
    progress: &CourseProgress,
    decisions: &LearnerDecisions,
    exposures: &mut Vec<ExposureRecord>,
) {
    record_exposures(experiments, course, progress, decisions, exposures);
    if exposures.is_empty() {
        return;
    }
    let totals = Totals::of(course, progress, decisions);
    let required = required_done(course, progress);
    for record in exposures.iter_mut().filter(|record| !record.left_out) {
        let now = outcomes(&totals, &record.before, required);
        let counts = |state: &&mut ExperimentState| runs(state, record.version);
        let state = experiments.get_mut(&record.experiment).filter(counts);
        let tally = state.and_then(|state| state.tally_mut(record.variant.as_str()));
        if let Some(tally) = tally.filter(|_| record.tallied != now) {
            tally.replace(&record.tallied, &now);
            record.tallied = now;
        }
    }
}

/// Counts a closing check that was completed just now in the experiments whose choices the learner
/// had been shown before it began. Of several checks, under several versions of the course, an
/// experiment counts the first.
pub fn tally_check(
    experiments: &mut BTreeMap<ExperimentId, ExperimentState>,
    outcome: &mut CourseOutcome,
    exposures: &[ExposureRecord],
) {
    let Some(check) = &outcome.check else { return };
    let Some(mean_grade) = check.mean_grade() else { return };
    let counts = |record: &&ExposureRecord| !record.left_out && record.first_at < check.began_at;
    for record in exposures.iter().filter(counts) {
        let name = (record.experiment.clone(), record.version);
        let counts = |state: &&mut ExperimentState| runs(state, record.version);
        let state = experiments.get_mut(&record.experiment).filter(counts);
        let tally = state.and_then(|state| state.tally_mut(record.variant.as_str()));
        if let Some(tally) = tally.filter(|_| !outcome.tallied.contains(&name)) {
            tally.checks.add(&CompletedCheck {
                mean_grade,
                minutes: (check.minutes - record.before.minutes).max(0.0),
                placed_success: outcome.placed_success,
            });
            outcome.tallied.push(name);
        }
    }
}

fn record_exposures(
    experiments: &mut BTreeMap<ExperimentId, ExperimentState>,
    course: &Course,
    progress: &CourseProgress,
    decisions: &LearnerDecisions,
    exposures: &mut Vec<ExposureRecord>,
) {
    for open in &decisions.open {
        let (Some(assignment), Some(first_at)) =
            (&open.origin.decider.assignment, open.run.exposed_at)
        else {
            continue;
        };
        let same = |record: &ExposureRecord| {
            record.experiment == assignment.experiment && record.version == assignment.version
        };
        if exposures.iter().any(same) {
            continue;
        }
        let counts = |state: &&mut ExperimentState| runs(state, assignment.version);
        let Some(state) = experiments.get_mut(&assignment.experiment).filter(counts) else {
            continue;
        };
        let left_out = state.definition.leaves_out_moved && has_moved(state, assignment, exposures);
        if let Some(tally) = state.tally_mut(assignment.variant.as_str()) {
            let count = if left_out { &mut tally.left_out } else { &mut tally.learners };
            *count += 1;
            exposures.push(ExposureRecord {
                experiment: assignment.experiment.clone(),
                version: assignment.version,
                variant: assignment.variant.clone(),
                first_at,
                before: Totals::of(course, progress, decisions),
                tallied: Outcomes::default(),
                retention: LearnerRetention::default(),
                left_out,
            });
        }
    }
}

/// Whether an earlier version of an experiment showed a learner another side than the one that they
/// are assigned to now: what another policy decides, whatever the sides are called.
fn has_moved(
    state: &ExperimentState,
    assignment: &Assignment,
    exposures: &[ExposureRecord],
) -> bool {
    let now = state.policy_of(assignment.version, &assignment.variant);
    let earlier = exposures.iter().filter(|record| record.experiment == assignment.experiment);
    earlier
        .filter(|record| record.version != assignment.version)
        .any(|record| state.policy_of(record.version, &record.variant) != now)
}

/// Whether an experiment still counts, and is the version that a record is about.
pub(super) fn runs(state: &ExperimentState, version: u32) -> bool {
    state.is_running() && state.definition.version == version
}

/// What a learner contributes to every metric since they were exposed. A learner who had completed
/// the course before does not count for completion.
fn outcomes(now: &Totals, before: &Totals, (done, required): (usize, usize)) -> Outcomes {
    let counts = required > 0 && !before.completed;
    Outcomes {
        probe_success: mean(
            now.probe_sum_micros - before.probe_sum_micros,
            now.probes.saturating_sub(before.probes),
        ),
        completed: counts.then_some(if done == required { 1.0 } else { 0.0 }),
        progress: counts.then(|| done as f64 / required as f64),
        raw_success: mean(
            now.grade_sum_micros - before.grade_sum_micros,
            now.answered.saturating_sub(before.answered),
        ),
        reward: mean(
            now.reward_sum_micros - before.reward_sum_micros,
            now.rewards.saturating_sub(before.rewards),
        ),
        minutes: Some((now.minutes - before.minutes).max(0.0)),
    }
}

/// Whether every required activity is completed; never true of a course that requires nothing.
#[must_use]
pub fn course_completed(course: &Course, progress: &CourseProgress) -> bool {
    let (done, required) = required_done(course, progress);
    required > 0 && done == required
}

fn required_done(course: &Course, progress: &CourseProgress) -> (usize, usize) {
    let required = course.activities.iter().filter(|activity| activity.required);
    required.fold((0, 0), |(done, required), activity| {
        (done + usize::from(progress.completed(activity.key)), required + 1)
    })
}

fn mean(sum_micros: i64, n: u32) -> Option<f64> {
    (n > 0).then(|| sum_micros as f64 / 1e6 / f64::from(n))
}
