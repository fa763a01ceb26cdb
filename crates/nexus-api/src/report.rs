//! Course reports: the counters of a course and of each of its activities.

use crate::experiments::ClosingCheckNumbers;
use crate::words;
use nexus_engine::catalog::{Activity, Course};
use nexus_engine::report::outcomes::{AnswersSeen, ReportsSeen};
use nexus_engine::report::{ActivityReport, CourseReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Counters of one course since its first event. Every decision is in exactly one of `waiting`,
/// `rewards_joined`, `never_started`, `nothing_observed`, `declined`, `superseded` and `erased`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CourseNumbers {
    /// The id of the course.
    pub course: String,
    /// The title that people read.
    pub title: String,
    /// Learners who were exposed to it.
    pub learners: u64,
    /// The closing checks; absent when the course has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_check: Option<ClosingCheckNumbers>,
    /// Learners who completed every required activity.
    pub completions: u64,
    /// Events of learners since the start.
    pub events: u64,
    /// Decisions that were made.
    pub decisions: u64,
    /// Decisions that served the static path because the policy could not.
    pub fallbacks: u64,
    /// Decisions in which a teacher's pin chose; no policy learned from them.
    pub overridden: u64,
    /// Decisions that wait for their reward.
    pub waiting: u64,
    /// Decisions in which something more probable could have been chosen: exploration.
    pub explored: u64,
    /// Decisions in which nothing was left to chance, without consent or beyond a budget.
    pub withheld: u64,
    /// Rewards that were joined to decisions.
    pub rewards_joined: u64,
    /// Decisions closed because their activity was never started.
    pub never_started: u64,
    /// Decisions closed because nothing was observed in their window.
    pub nothing_observed: u64,
    /// Decisions closed because the learner did something else, against the advice.
    pub declined: u64,
    /// Decisions closed because a newer one took their place.
    pub superseded: u64,
    /// Decisions closed because their learner was erased.
    pub erased: u64,
    /// Events that named a decision which no longer waited.
    pub late: u64,
    /// Every answer, by what rewards made of it.
    pub answers_seen: AnswersSeenNumbers,
    /// Values that the learning site reported of decisions, by what became of them.
    pub reports_seen: ReportsSeenNumbers,
    /// Probes that were asked with decisions.
    pub probes_asked: u64,
    /// Probes that learners answered.
    pub probes_answered: u64,
    /// First attempts at questions, without probes, placements and closing checks.
    pub answers: u64,
    /// Mean grade of first attempts.
    pub mean_grade: Option<f64>,
    /// The activities that policies chose most, the most chosen first.
    pub activities: Vec<ActivityNumbers>,
}

/// Every answer to a question of the course, by what rewards made of it; `total` is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswersSeenNumbers {
    /// The sum of all the counts.
    pub total: u64,
    /// First attempts inside the activity of a decision.
    pub inside: u64,
    /// Those that measured the learning gain of a decision.
    pub gain: u64,
    /// Those that were inside one decision's activity and measured the gain of an older one.
    pub inside_and_gain: u64,
    /// Questions in between, which make the next one independent.
    pub between: u64,
    /// Answers in less than 300 ms: kept as evidence, and used for nothing else.
    pub hasty: u64,
    /// Those used for nothing: no decision waited for them, or they were no first attempts.
    pub nothing: u64,
}

/// Reported values that were recorded, by what became of them; `total` is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportsSeenNumbers {
    /// The sum of all the counts.
    pub total: u64,
    /// Those that their decision waited for.
    pub joined: u64,
    /// Those that came too late: kept, and never learned from.
    pub late: u64,
}

/// Counters of one activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityNumbers {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The kind of the activity.
    pub kind: words::ActivityKind,
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
    /// Mean grade of them.
    pub mean_grade: Option<f64>,
    /// Mean rating from 1 to 5.
    pub mean_rating: Option<f64>,
    /// Rewards joined to decisions that chose it.
    pub rewards: u64,
    /// Mean of those rewards.
    pub mean_reward: Option<f64>,
}

impl CourseNumbers {
    /// The counters of a course in which `waiting` decisions wait, with its most chosen
    /// activities, at most `activities_max`.
    #[must_use]
    pub fn new(
        course: &Course,
        report: &CourseReport,
        waiting: u64,
        activities_max: usize,
    ) -> Self {
        let reported = |key| report.activities.get(key);
        let mut activities: Vec<_> = course
            .activities
            .iter()
            .map(|activity| match reported(&activity.key) {
                Some(numbers) => ActivityNumbers::new(activity, numbers),
                None => ActivityNumbers::new(activity, &Default::default()),
            })
            .collect();
        // Stable: equally chosen activities stay in file order.
        activities.sort_by_key(|activity| std::cmp::Reverse(activity.chosen));
        activities.truncate(activities_max);
        Self {
            course: course.id.to_string(),
            title: course.title.clone(),
            learners: report.learners,
            closing_check: course
                .closing_check()
                .map(|_| ClosingCheckNumbers::new(&report.checks, report.learners)),
            completions: report.completions,
            events: report.events,
            decisions: report.decisions,
            fallbacks: report.fallbacks,
            overridden: report.overridden,
            explored: report.explored,
            withheld: report.withheld,
            rewards_joined: report.rewards_joined,
            waiting,
            never_started: report.closed.never_started,
            nothing_observed: report.closed.nothing_observed,
            declined: report.closed.declined,
            superseded: report.closed.superseded,
            erased: report.closed.erased,
            late: report.late,
            answers_seen: report.answers_seen.into(),
            reports_seen: report.reports_seen.into(),
            probes_asked: report.probes_asked,
            probes_answered: report.probes_answered,
            answers: report.answers,
            mean_grade: mean_micros(report.grade_sum_micros, report.answers),
            activities,
        }
    }
}

impl From<AnswersSeen> for AnswersSeenNumbers {
    fn from(seen: AnswersSeen) -> Self {
        let AnswersSeen { total, inside, gain, inside_and_gain, between, hasty, nothing } = seen;
        Self { total, inside, gain, inside_and_gain, between, hasty, nothing }
    }
}

impl From<ReportsSeen> for ReportsSeenNumbers {
    fn from(seen: ReportsSeen) -> Self {
        let ReportsSeen { total, joined, late } = seen;
        Self { total, joined, late }
    }
}

impl ActivityNumbers {
    fn new(activity: &Activity, report: &ActivityReport) -> Self {
        Self {
            activity: activity.id.to_string(),
            title: activity.title.clone(),
            kind: activity.kind.into(),
            chosen: report.chosen,
            started: report.started,
            completed: report.completed,
            skipped: report.skipped,
            answers: report.answers,
            mean_grade: mean_micros(report.grade_sum_micros, report.answers),
            mean_rating: (report.ratings > 0)
                .then(|| report.rating_sum as f64 / report.ratings as f64),
            rewards: report.rewards,
            mean_reward: mean_micros(report.reward_sum_micros, report.rewards),
        }
    }
}

/// The mean of a sum in millionths; `None` of nothing.
#[must_use]
pub fn mean_micros(sum_micros: i64, n: u64) -> Option<f64> {
    (n > 0).then(|| sum_micros as f64 / 1e6 / n as f64)
}
