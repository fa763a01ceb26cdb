//! Exposure: the moment the choice was really shown. Only exposed learners are analysed, each
//! once, with what is known of them now.

use super::tally::{ExperimentState, Outcomes};
use crate::catalog::Course;
use crate::ids::{ExperimentId, VariantName};
use crate::learner::progress::CourseProgress;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// That a learner was shown an experiment's choice, and what has been tallied of them since.
#[derive(Clone, Debug, PartialEq)]
pub struct ExposureRecord {
    /// The experiment.
    pub experiment: ExperimentId,
    /// Its version.
    pub version: u32,
    /// The side.
    pub variant: VariantName,
    /// The first time something of it was shown.
    pub first_at: Timestamp,
    /// What the tally holds of this learner now, so that each learner counts once.
    pub tallied: Outcomes,
}

/// Brings the tallies of the experiments a learner is exposed to up to date.
///
/// New exposures are found among the open decisions, so this must run after each event, before
/// the decision that was just shown can settle.
pub fn tally(
    experiments: &mut BTreeMap<ExperimentId, ExperimentState>,
    course: &Course,
    progress: &mut CourseProgress,
) {
    record_exposures(experiments, progress);
    if progress.exposures.is_empty() {
        return;
    }
    let now = outcomes(course, progress);
    for record in &mut progress.exposures {
        let state = experiments.get_mut(&record.experiment).filter(|state| state.is_running());
        let tally = state.and_then(|state| state.tally_mut(record.variant.as_str()));
        if let Some(tally) = tally.filter(|_| record.tallied != now) {
            tally.replace(&record.tallied, &now);
            record.tallied = now;
        }
    }
}

fn record_exposures(
    experiments: &mut BTreeMap<ExperimentId, ExperimentState>,
    progress: &mut CourseProgress,
) {
    for open in &progress.open {
        let (Some(assignment), Some(first_at)) = (&open.assignment, open.exposed_at) else {
            continue;
        };
        let same = |record: &ExposureRecord| {
            record.experiment == assignment.experiment && record.version == assignment.version
        };
        if progress.exposures.iter().any(same) {
            continue;
        }
        let state = experiments.get_mut(&assignment.experiment);
        let tally = state.and_then(|state| state.tally_mut(assignment.variant.as_str()));
        if let Some(tally) = tally {
            tally.learners += 1;
            progress.exposures.push(ExposureRecord {
                experiment: assignment.experiment.clone(),
                version: assignment.version,
                variant: assignment.variant.clone(),
                first_at,
                tallied: Outcomes::default(),
            });
        }
    }
}

/// What a learner contributes to every metric now.
#[must_use]
pub fn outcomes(course: &Course, progress: &CourseProgress) -> Outcomes {
    let (done, required) = required_done(course, progress);
    let share = |done: usize| done as f64 / required as f64;
    Outcomes {
        probe_success: mean(progress.probe_sum_micros, progress.probes),
        completed: (required > 0).then_some(if done == required { 1.0 } else { 0.0 }),
        progress: (required > 0).then(|| share(done)),
        raw_success: mean(progress.grade_sum_micros, progress.answered),
        reward: mean(progress.reward_sum_micros, progress.rewards),
        minutes: Some(progress.minutes),
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
