//! The course report: live counters of what happens in a course.

pub mod outcomes;

use crate::experiment::checked::CheckTally;
use crate::ids::ActivityKey;
use outcomes::{AnswersSeen, Closings, ReportsSeen};
use std::collections::BTreeMap;

/// Counters of one course. All are sums over the journal and never go down, but for completions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseReport {
    pub learners: u64,
    /// Learners who completed every required activity of the newest version that they were in. A
    /// version that adds such an activity takes learners out as they come to it.
    pub completions: u64,
    pub events: u64,
    pub decisions: u64,
    /// Decisions that served the static path because the policy could not.
    pub fallbacks: u64,
    /// Decisions in which a teacher's pin chose; no policy learned from them.
    pub overridden: u64,
    /// Decisions in which something more probable could have been chosen: exploration.
    pub explored: u64,
    /// Decisions in which nothing was left to chance, without consent or beyond a budget.
    pub withheld: u64,
    pub rewards_joined: u64,
    /// Decisions closed without a reward, by reason.
    pub closed: Closings,
    /// Events that named a decision which no longer waited: kept, marked late, never learned from.
    pub late: u64,
    /// Every answer, by what rewards made of it.
    pub answers_seen: AnswersSeen,
    /// Values that the learning site reported, by what became of them.
    pub reports_seen: ReportsSeen,
    pub probes_asked: u64,
    pub probes_answered: u64,
    /// First attempts at questions, and the sum of their grades in millionths.
    pub answers: u64,
    /// Sum of the grades of first attempts, in millionths.
    pub grade_sum_micros: i64,
    pub activities: BTreeMap<ActivityKey, ActivityReport>,
    /// The closing checks that were completed.
    pub checks: CheckTally,
}

/// What the sums over courses count more than once, because learners are in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CourseOverlap {
    /// Courses beyond the first, summed over learners.
    pub learners: u64,
    /// Completed courses beyond the first, summed over learners.
    pub completions: u64,
}

/// Counters of one activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityReport {
    /// Times a policy chose it.
    pub chosen: u64,
    /// Times it was started.
    pub started: u64,
    /// Times it was first completed by a learner.
    pub completed: u64,
    /// Times it was skipped.
    pub skipped: u64,
    /// First attempts at its questions.
    pub answers: u64,
    /// Sum of their grades, in millionths.
    pub grade_sum_micros: i64,
    /// Ratings given, and their sum.
    pub ratings: u64,
    /// Sum of the ratings.
    pub rating_sum: u64,
    /// Rewards joined to decisions that chose it, and their sum in millionths.
    pub rewards: u64,
    /// Sum of those rewards, in millionths.
    pub reward_sum_micros: i64,
}

/// A value as millionths, rounded to nearest: the unit of all sums that must be exact.
#[must_use]
pub fn micros(value: f64) -> i64 {
    (value * 1e6).round() as i64
}
