//! `POST /v1/events`: a batch of events, a receipt each.

use super::body::JsonText;
use super::error::{FOREIGN_ID, Failure};
use super::state::AppState;
use crate::auth::{Caller, Scope};
use crate::node::{Incoming, Receipt};
use axum::Json;
use axum::extract::State;
use nexus_api::events::{
    self, BATCH_MAX, EventReceipt, EventReceipts, EventRemark, EventsBody, ReadEvent, UnreadBatch,
    UnreadEvent,
};
use nexus_api::field::{self, FieldProblem};
use nexus_engine::event::Action;
use nexus_engine::workspace::ProposedAction;

/// Record learner events
///
/// A receipt per event, in their order: `accepted` means durable. One bad event never spoils its
/// batch. The same id and body may be sent again safely; the same id with another body is
/// `rejected` with `idempotency_conflict`. **So a 200 may hold rejections**: look at `rejected`, or
/// send `strict: true`, which makes them 422 `events_rejected`. Unknown fields of events are ignored.
/// A learner's token may send that learner's events only (others are `rejected` with
/// `foreign_learner`; a batch of nothing else is 403), and makes their ids as `<learner>:` and then a
/// part without `:` (else `rejected` with `foreign_id`). Who sends `correct` or `grade` needs the scope
/// `grades:write` besides, which learners' tokens usually lack: they send `response`, and the course grades it.
#[utoipa::path(post, path = "/v1/events", tag = "learning", request_body = EventsBody,
    responses((status = 200, description = "What became of each event", body = EventReceipts)))]
pub(super) async fn post_events(
    State(state): State<AppState>,
    caller: Caller,
    JsonText(text): JsonText,
) -> Result<Json<EventReceipts>, Failure> {
    let UnreadBatch { events: raws, strict } =
        events::split(&text).map_err(|error| field::shape_problem(&error))?;
    if raws.len() > BATCH_MAX {
        return Err(Failure::BatchTooLarge { max: BATCH_MAX, n: raws.len() });
    }
    let read: Vec<_> = raws.into_iter().map(events::read_raw).collect();
    let foreign = |event: &ReadEvent| !caller.may_act_for(&event.proposal.learner);
    if read.iter().flatten().any(foreign) && read.iter().flatten().all(foreign) {
        return Err(Failure::ForeignLearner);
    }
    let read: Vec<_> = read.into_iter().map(|event| own_event(&caller, event?)).collect();
    let grades = read.iter().flatten().any(|event| says_grade(&event.proposal.action));
    if grades && !caller.scopes.has(Scope::GradesWrite) {
        return Err(Failure::MissingScope(Scope::GradesWrite));
    }
    let batch: Vec<_> = read.iter().flatten().cloned().map(incoming).collect();
    let recorded =
        if batch.is_empty() { Vec::new() } else { state.ask(state.node.record(batch)).await? };
    let receipts = receipts(&read, recorded);
    state.metrics.received(&receipts);
    if strict && receipts.rejected > 0 {
        return Err(Failure::EventsRejected(receipts));
    }
    Ok(Json(receipts))
}

/// Whether an event says how right something was, and leaves no grading to the course.
pub(super) fn says_grade(action: &ProposedAction) -> bool {
    match action {
        ProposedAction::Answered(answer) => answer.correct.is_some() || answer.grade.is_some(),
        ProposedAction::Plain(Action::QuizCompleted { grade, .. }) => grade.is_some(),
        ProposedAction::Plain(_) => false,
    }
}

/// Said before anybody looks whether the learner is known or the id is taken.
fn own_event(caller: &Caller, event: ReadEvent) -> Result<ReadEvent, UnreadEvent> {
    let problem = if !caller.may_act_for(&event.proposal.learner) {
        FieldProblem::new("/learner", "foreign_learner", Failure::ForeignLearner.to_string())
    } else if !caller.may_make_id(event.id.as_str()) {
        FieldProblem::new("/id", "foreign_id", FOREIGN_ID)
    } else {
        return Ok(event);
    };
    Err(UnreadEvent { id: Some(event.id.to_string()), problem })
}

fn incoming(event: ReadEvent) -> Incoming {
    Incoming { id: event.id, hash: event.hash, proposal: event.proposal }
}

/// The node answers for the events that could be read, in their order; the others are rejected in between.
fn receipts(read: &[Result<ReadEvent, UnreadEvent>], recorded: Vec<Receipt>) -> EventReceipts {
    let mut recorded = recorded.into_iter();
    let one = |event: &Result<ReadEvent, UnreadEvent>| match event {
        Err(unread) => EventReceipt::unread(unread),
        Ok(event) => match recorded.next() {
            Some(receipt) => receipt_of(event.id.as_str(), &receipt).remarked(&event.remarks),
            None => EventReceipt::rejected(Some(event.id.as_str()), "internal", "no receipt"),
        },
    };
    read.iter().map(one).collect()
}

/// A receipt of the node in the words of the wire.
#[must_use]
pub fn receipt_of(id: &str, receipt: &Receipt) -> EventReceipt {
    match receipt {
        Receipt::Accepted { seq, late, out_of_order, contradicts_key } => {
            let receipt = EventReceipt::accepted(id, *seq, *late);
            let odd = contradicts_key.then(EventRemark::contradicts_response);
            EventReceipt { out_of_order: out_of_order.then_some(true), ..receipt }
                .remarked(odd.as_slice())
        }
        Receipt::Duplicate { seq, of } => {
            let of = of.as_ref().map(ToString::to_string);
            EventReceipt { duplicate_of: of, ..EventReceipt::duplicate(id, *seq) }
        }
        Receipt::Conflict => {
            let detail = "this id was used before with another body";
            EventReceipt::rejected(Some(id), "idempotency_conflict", detail)
        }
        Receipt::Refused(refusal) => {
            EventReceipt::rejected(Some(id), refusal.code(), &refusal.to_string())
        }
    }
}
