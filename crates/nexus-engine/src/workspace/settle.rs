//! Settlement in the fold: the events that are due for one learner in one course.

use super::{LearnerCourse, SharedState};
use crate::decision::reward::Declarations;
use crate::decision::settle::Settled;
use crate::event::Event;
use crate::ids::{CourseId, LearnerId};
use crate::support::outcome::OPEN_MAX as SUPPORTS_OPEN_MAX;
use crate::time::Timestamp;

impl SharedState {
    /// The events that settle what can be settled of a learner's decisions in a course at a
    /// moment, oldest decision first, then the learner's strategy, and last supports.
    #[must_use]
    pub fn settle(
        &self,
        learner: &LearnerId,
        course: &CourseId,
        state: &LearnerCourse,
        at: Timestamp,
    ) -> Vec<Event> {
        let Some(latest) = self.course(course.as_str()) else { return Vec::new() };
        let declarations = Declarations::of(&self.courses, course);
        let minutes = latest.minutes_median;
        let settled = state.decisions.settle(learner, course, &declarations, minutes, at);
        let mut events: Vec<Event> = Vec::with_capacity(settled.len());
        for settled in settled {
            events.push(match settled {
                Settled::Joined(joined) => Event::RewardJoined(joined),
                Settled::Closed(closed) => Event::RewardClosed(closed),
            });
        }
        let strategy =
            state.strategy.as_deref().and_then(|strategy| strategy.settle(learner, course, at));
        events.extend(strategy.map(|strategy| Event::StrategyRewarded(Box::new(strategy))));
        let crowded = state.supports.len().saturating_sub(SUPPORTS_OPEN_MAX);
        for (position, open) in state.supports.iter().enumerate() {
            let settled = open.settle(learner, course, position < crowded, at);
            events.extend(settled.map(|settled| Event::SupportRewarded(Box::new(settled))));
        }
        events
    }
}
