//! What a learner does: decisions, and the events that follow them until rewards are earned.

use super::answers::{Operation, Parcel, SHARED};
use super::visitor::Visitor;
use crate::course::{self, ACTIVITIES, QUESTIONS};
use serde_json::{Value, json};

/// Activities of one learner before the next learner comes.
const ACTIVITIES_A_LEARNER: usize = 5;
/// One learner is everybody's, so that clients also meet in one stream.
const SHARED_LEARNER: f64 = 0.1;
/// Some events arrive late.
const LATE: f64 = 0.1;

impl Visitor {
    /// The course of one learner, or the part of it that the server lives through.
    pub(super) fn teach(&mut self) {
        let learner = match self.random.chance(SHARED_LEARNER) {
            true => SHARED.to_owned(),
            false => self.name("l"),
        };
        let enrolled = vec![
            self.event(&learner, json!({"type": "enrolled"})),
            self.event(&learner, json!({"type": "session_started"})),
        ];
        self.send(Parcel::Events(enrolled));
        for _ in 0..ACTIVITIES_A_LEARNER {
            if self.is_stopped() {
                return;
            }
            let (activity, decision) = self.decide(&learner);
            let mut events = self.activity(&learner, &activity, decision.as_deref());
            let rest = events.split_off(self.random.below(events.len()));
            for batch in [events, rest] {
                if !batch.is_empty() {
                    self.send(Parcel::Events(batch));
                }
            }
        }
    }

    /// Asks for a decision; without one the learner does something all the same.
    fn decide(&mut self, learner: &str) -> (String, Option<String>) {
        let id = self.name("d");
        let answer = self.send(Parcel::Decision(Operation::decision(&id, learner)));
        let activity = answer.and_then(|body| body["activity"].as_str().map(str::to_owned));
        match activity {
            Some(activity) => (activity, Some(id)),
            None => (ACTIVITIES[self.random.below(ACTIVITIES.len())].to_owned(), None),
        }
    }

    fn activity(
        &mut self,
        learner: &str,
        activity: &str,
        decision: Option<&str>,
    ) -> Vec<Operation> {
        let mut started = json!({"type": "activity_started", "activity": activity});
        if let Some(decision) = decision {
            started["decision_id"] = decision.into();
        }
        let mut events = vec![self.event(learner, started)];
        for number in 1..=QUESTIONS {
            let right = self.random.chance(0.7);
            let response = if right { number } else { 0 };
            events.push(self.event(
                learner,
                json!({
                    "type": "question_answered",
                    "activity": activity,
                    "question": course::question(activity, number),
                    "response": response.to_string(),
                }),
            ));
        }
        let completed = json!({"type": "activity_completed", "activity": activity});
        events.push(self.event(learner, completed));
        events
    }

    fn event(&mut self, learner: &str, mut body: Value) -> Operation {
        let id = self.name("e");
        let number: u32 = id.rsplit('-').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        body["id"] = id.into();
        body["learner"] = learner.into();
        body["course"] = course::ID.into();
        if self.random.chance(LATE) {
            // Each at a moment of its own: the same answer at the same moment is told twice.
            let micros = number % 1_000_000;
            body["occurred_at"] = format!("2020-01-01T00:00:00.{micros:06}Z").into();
        }
        Operation::event(body)
    }
}
