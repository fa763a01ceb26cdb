//! Reading answers: what each of them says about each operation of the request.

use crate::client::{Answer, NoAnswer};
use crate::journal;
use crate::ledger::Outcome;
use serde_json::{Value, json};
use std::time::Instant;

/// One thing to be done under an id.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// What the ledger keeps of it.
    pub content: String,
    body: Value,
}

/// The learner whom all clients know, and who comes to the end of the course.
pub const SHARED: &str = "everybody";

/// One request.
#[derive(Clone, Debug)]
pub enum Parcel {
    /// A batch of events.
    Events(Vec<Operation>),
    /// A request for a decision.
    Decision(Operation),
}

/// One request with its end, for looking back.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "the path is there to be printed")]
pub struct Seen {
    /// When it was sent.
    pub begun: Instant,
    /// When it was answered, or given up.
    pub ended: Instant,
    /// Where it was sent.
    pub path: &'static str,
    /// The status; 0 when no answer came.
    pub status: u16,
    /// The code of a problem.
    pub code: String,
    /// Whether something was acknowledged as done now.
    pub fresh: bool,
}

impl Operation {
    /// An event.
    pub fn event(body: Value) -> Self {
        let id = body["id"].as_str().unwrap_or_default().to_owned();
        Self { id, content: journal::content_sent(&body), body }
    }

    /// A request for a decision.
    pub fn decision(id: &str, learner: &str) -> Self {
        let body = json!({"decision_id": id, "learner": learner, "course": crate::course::ID});
        Self { id: id.to_owned(), content: journal::content_asked(learner), body }
    }
}

impl Parcel {
    /// Where it is sent.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Events(_) => "/v1/events",
            Self::Decision(_) => "/v1/decisions",
        }
    }

    /// What is sent.
    pub fn body(&self) -> Value {
        match self {
            Self::Events(events) => {
                let events: Vec<&Value> = events.iter().map(|event| &event.body).collect();
                json!({ "events": events })
            }
            Self::Decision(operation) => operation.body.clone(),
        }
    }

    /// What is to be done.
    pub fn operations(&self) -> &[Operation] {
        match self {
            Self::Events(events) => events,
            Self::Decision(operation) => std::slice::from_ref(operation),
        }
    }

    /// The operations, each alone.
    pub fn split(self) -> Vec<Self> {
        match self {
            Self::Events(events) => {
                events.into_iter().map(|event| Self::Events(vec![event])).collect()
            }
            Self::Decision(_) => vec![self],
        }
    }

    /// The same id with another body.
    pub fn clash(&self, number: usize) -> Self {
        let other = format!("clash-{number}");
        let clash = |operation: &Operation| {
            Operation::event(json!({
                "id": operation.id,
                "learner": other,
                "course": crate::course::ID,
                "type": "feedback",
                "activity": "a1",
                "rating": 1,
                "comment": "this id is taken",
            }))
        };
        match self {
            Self::Events(events) => Self::Events(events.iter().map(clash).collect()),
            Self::Decision(operation) => Self::Decision(Operation::decision(&operation.id, &other)),
        }
    }
}

/// What an answer says about each operation of its request, and what is wrong with it.
pub fn outcomes(parcel: &Parcel, answer: &Result<Answer, NoAnswer>) -> (Vec<Outcome>, Vec<String>) {
    let all = |outcome| vec![outcome; parcel.operations().len()];
    let answer = match answer {
        Err(NoAnswer::NotSent(_)) => return (all(Outcome::NotDone), Vec::new()),
        Err(NoAnswer::Lost(_)) => return (all(Outcome::Unknown), Vec::new()),
        Ok(answer) => answer,
    };
    let mut wrong = Vec::new();
    if answer.status != 200 {
        wrong.extend(problem_with(parcel, answer));
    }
    let outcomes = match (answer.status, answer.code(), parcel) {
        (200, _, Parcel::Events(events)) => received(events, &answer.body, &mut wrong),
        (200, _, Parcel::Decision(_)) => vec![decided(&answer.body, &mut wrong)],
        (409, "idempotency_conflict", Parcel::Decision(_)) => all(Outcome::Conflict),
        // These two promise that nothing was done.
        (507, "storage_full", _) | (503, "overloaded", _) => all(Outcome::NotDone),
        (503, "stopping" | "storage_failed" | "recovering" | "handler_timeout", _) => {
            all(Outcome::Unknown)
        }
        (status, _, _) => {
            wrong.push(format!("{} answered {status} {}", parcel.path(), answer.body));
            all(Outcome::Unknown)
        }
    };
    (outcomes, wrong)
}

/// What a problem must have.
fn problem_with(parcel: &Parcel, answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    let (path, status) = (parcel.path(), answer.status);
    let mut require = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{path} answered {status} without {what}: {}", answer.body));
        }
    };
    require(answer.header("content-type") == Some("application/problem+json"), "problem+json");
    require(!answer.code().is_empty(), "a code");
    if status == 507 {
        require(answer.header("retry-after").is_some(), "Retry-After");
        // The shared learner has seen the whole course, and then its path names nothing more.
        if matches!(parcel, Parcel::Decision(ask) if ask.body["learner"] != SHARED) {
            require(answer.body["static_activity"].is_string(), "the static activity");
        }
    }
    wrong
}

fn decided(body: &Value, wrong: &mut Vec<String>) -> Outcome {
    if matches!(body["status"].as_str(), Some("rest" | "complete")) {
        // There was nothing to do, and so nothing was recorded.
        return Outcome::NotDone;
    }
    let (Some(seq), Some(duplicate)) = (body["seq"].as_u64(), body["duplicate"].as_bool()) else {
        wrong.push(format!("a decision without its place: {body}"));
        return Outcome::Unknown;
    };
    Outcome::Done { seq, duplicate, answer: Some(journal::answer(body)) }
}

fn received(events: &[Operation], body: &Value, wrong: &mut Vec<String>) -> Vec<Outcome> {
    let receipts = body["receipts"].as_array().map_or(&[][..], Vec::as_slice);
    if receipts.len() != events.len() {
        wrong.push(format!("{} receipts for {} events", receipts.len(), events.len()));
        return vec![Outcome::Unknown; events.len()];
    }
    let mut receipt = |(event, receipt): (&Operation, &Value)| {
        let status = receipt["status"].as_str().unwrap_or_default();
        let code = receipt["code"].as_str().unwrap_or_default();
        match (status, receipt["seq"].as_u64(), code) {
            _ if receipt["id"] != event.id.as_str() => {}
            ("accepted", Some(seq), _) => {
                return Outcome::Done { seq, duplicate: false, answer: None };
            }
            ("duplicate", Some(seq), _) => {
                return Outcome::Done { seq, duplicate: true, answer: None };
            }
            ("rejected", None, "idempotency_conflict") => return Outcome::Conflict,
            _ => {}
        }
        wrong.push(format!("{} {} got the receipt {receipt}", event.id, event.content));
        Outcome::Unknown
    };
    events.iter().zip(receipts).map(&mut receipt).collect()
}
