//! Admission of what a learning site reports of a decision: a value of a declared component.

use super::admit::FUTURE_MICROS_MAX;
use super::{Refusal, SharedState};
use crate::decision::Decision;
use crate::decision::reward::RewardReported;
use crate::event::Event;
use crate::time::Timestamp;

/// A value as the site sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedReport {
    pub component: String,
    pub value: f64,
    /// When it happened; the moment of receipt when absent.
    pub occurred_at: Option<Timestamp>,
}

impl SharedState {
    /// Says whether a value may be recorded for a decision. Whether it still counts is seen when it
    /// is applied: what comes after its window, or when the decision no longer waits, is kept and marked late.
    ///
    /// Errors: [`Refusal::UnknownComponent`] when the course version of the decision declares none of that
    /// name, [`Refusal::ComponentOutOfRange`] when the value is not finite or outside the declared
    /// range, and [`Refusal::RewardBeforeDecision`] or [`Refusal::InTheFuture`] when it cannot have happened then.
    pub fn admit_report(
        &self,
        decision: &Decision,
        report: &ProposedReport,
        received_at: Timestamp,
    ) -> Result<Event, Refusal> {
        let (id, version) = (decision.course.as_str(), decision.origin.window.course_version);
        let unknown = || Refusal::UnknownCourseVersion { course: id.to_owned(), version };
        let course = self.course_version(id, version).ok_or_else(unknown)?;
        let declared = &course.reward.explicit;
        let position = course.reward.position(&report.component);
        let explicit = position.map(|position| &declared[position]).ok_or_else(|| {
            let known = declared.iter().map(|explicit| explicit.name.to_string());
            let (course, component) = (id.to_owned(), report.component.clone());
            Refusal::UnknownComponent { course, version, component, known: known.collect() }
        })?;
        // NaN lies in no range.
        if !(explicit.min..=explicit.max).contains(&report.value) {
            return Err(Refusal::ComponentOutOfRange {
                component: report.component.clone(),
                value: report.value,
                min: explicit.min,
                max: explicit.max,
            });
        }
        let occurred_at = report.occurred_at.unwrap_or(received_at);
        if occurred_at > received_at.plus_micros(FUTURE_MICROS_MAX) {
            return Err(Refusal::InTheFuture { occurred_at, received_at });
        }
        // A clock that is a little slow may say that a report came before its decision.
        if occurred_at < decision.origin.window.made_at.plus_micros(-FUTURE_MICROS_MAX) {
            return Err(Refusal::RewardBeforeDecision { decision: decision.origin.id.to_string() });
        }
        Ok(Event::RewardReported(Box::new(RewardReported {
            learner: decision.learner.clone(),
            course: decision.course.clone(),
            decision: decision.origin.id.clone(),
            component: explicit.name.clone(),
            value: report.value,
            occurred_at: occurred_at.max(decision.origin.window.made_at),
        })))
    }
}
