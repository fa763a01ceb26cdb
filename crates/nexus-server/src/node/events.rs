//! Learner events, exposures, and what the site reports of decisions.

use super::messages::{
    ExposureAsk, Incoming, NodeError, NodeFault, Receipt, ReportAsk, RequestHash,
};
use super::{Before, Node};
use nexus_engine::decision::attribution::Attribution;
use nexus_engine::event::{Action, Entry, Event, Happening};
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::corrections::Corrections;
use nexus_engine::workspace::protocol::{Command, CommandAnswer};
use nexus_engine::workspace::{Proposal, ProposedAction, Refusal};
use nexus_store::journal::Page;
use std::collections::BTreeMap;

impl Node {
    /// One receipt an event, in the order of the batch; a bad one never spoils it. Each learner's
    /// events are taken in the order of their times.
    pub(super) fn record(&mut self, batch: Vec<Incoming>) -> Result<Vec<Receipt>, NodeFault> {
        let mut incoming: Vec<_> = batch.into_iter().map(Some).collect();
        let mut receipts: Vec<Option<Receipt>> = vec![None; incoming.len()];
        for place in by_time(&incoming) {
            if let Some(event) = incoming[place].take() {
                receipts[place] = Some(self.record_one(event)?);
            }
        }
        // invariant: every place is in the order once.
        receipts.into_iter().map(|receipt| receipt.ok_or(NodeFault::Internal)).collect()
    }

    pub(super) fn record_one(&mut self, incoming: Incoming) -> Result<Receipt, NodeFault> {
        let Incoming { id, hash, proposal } = incoming;
        // First, because an erased learner has no events that could be duplicates.
        if self.is_erased(&proposal.learner)? {
            return Ok(Receipt::Refused(Refusal::LearnerErased));
        }
        if let Some(known) = self.known_receipt(&id, &hash)? {
            return Ok(known);
        }
        if let Some((seq, of)) = self.told_before(&proposal)? {
            return Ok(Receipt::Duplicate { seq, of: Some(of) });
        }
        let proposal = self.of_its_version(proposal)?;
        match self.receipt(Command::Record { id, proposal }, hash) {
            Ok(receipt) => Ok(receipt),
            Err(NodeError::Refused(refusal)) => Ok(Receipt::Refused(refusal)),
            Err(NodeError::Conflict { .. }) => Ok(Receipt::Conflict),
            Err(NodeError::Fault { fault, .. }) => Err(fault),
            // invariant: no event is a course draft.
            Err(NodeError::Invalid(_)) => Err(NodeFault::Internal),
        }
    }

    /// What follows a decision belongs to the version that the decision was made under. The engine
    /// knows it of a decision that waits; of one that is settled only the journal does.
    fn of_its_version(&self, proposal: Proposal) -> Result<Proposal, NodeFault> {
        let versions = self.state.courses.get(&proposal.course);
        let Some(named) = proposal.decision.as_ref() else { return Ok(proposal) };
        let is_plain = proposal.course_version.is_some() || versions.is_none_or(|it| it.len() < 2);
        if is_plain {
            return Ok(proposal);
        }
        let made = self
            .decision(named)?
            .filter(|made| made.learner == proposal.learner && made.course == proposal.course);
        let course_version = made.and_then(|made| {
            self.state.version_after(&proposal, made.origin.window.course_version)
        });
        Ok(Proposal { course_version, ..proposal })
    }

    /// The answer among the learner's latest entries that says the same: question, moment, mark, and
    /// response as far as both have one. Systems log one answer twice, each time under another id.
    fn told_before(&mut self, proposal: &Proposal) -> Result<Option<(u64, EventId)>, NodeFault> {
        let ProposedAction::Answered(_) = &proposal.action else { return Ok(None) };
        let learner = self.learners.get(&proposal.learner);
        let (Some(at), Some(learner)) = (proposal.occurred_at, learner) else { return Ok(None) };
        // What is later than everything that came was not told before.
        if at > learner.reported_at {
            return Ok(None);
        }
        let admitted = self.state.admit(learner, proposal.clone(), self.config.clock.now());
        let Ok(Event::Happened(told)) = admitted else { return Ok(None) };
        let mut of_group = self.group.iter().rev().map(|record| &record.entry);
        if let Some(entry) = of_group.find(|entry| says_the_same(entry, &told)) {
            return Ok(Some((entry.seq, entry.id.clone())));
        }
        let page = Page::BeforeEntry(self.state.head + 1);
        let entries = self.store.entries_of_learner(&proposal.learner, page, LOOKED_BACK);
        let entries = entries.map_err(|fault| self.fault_of(&fault))?;
        // Corrections follow what they correct, so these entries hold all of them. What was voided was
        // not told before.
        let mut corrections = Corrections::default();
        entries.iter().rev().for_each(|stored| corrections.read(&stored.entry));
        let mut entries = entries.into_iter().map(|stored| stored.entry);
        let found =
            entries.find(|entry| says_the_same(entry, &told) && !corrections.voided(entry.seq));
        Ok(found.map(|entry| (entry.seq, entry.id)))
    }

    pub(super) fn expose(&mut self, ask: ExposureAsk) -> Result<Receipt, NodeError> {
        let ExposureAsk { id, hash, decision, occurred_at } = ask;
        self.refuse_erased_decision(&decision)?;
        if let Some(known) = self.known_receipt(&id, &hash)? {
            return Ok(known);
        }
        let made = self.living_decision(&decision)?;
        let (learner, course) = (made.learner.clone(), made.course.clone());
        self.receipt(Command::Expose { id, learner, course, decision, occurred_at }, hash)
    }

    /// Records a value that the site reports of a decision, whether it still counts or not.
    pub(super) fn report(&mut self, ask: ReportAsk) -> Result<Receipt, NodeError> {
        let ReportAsk { id, hash, decision, report } = ask;
        self.refuse_erased_decision(&decision)?;
        if let Some(known) = self.known_receipt(&id, &hash)? {
            return Ok(known);
        }
        let decision = self.living_decision(&decision)?;
        self.receipt(Command::Report { id, decision, report }, hash)
    }

    /// The receipt of an event whose id stands in the journal or in the group.
    fn known_receipt(
        &self,
        id: &EventId,
        hash: &RequestHash,
    ) -> Result<Option<Receipt>, NodeFault> {
        Ok(match self.before(id, hash)? {
            Before::Same { seq } => Some(Receipt::Duplicate { seq, of: None }),
            Before::Other => Some(Receipt::Conflict),
            Before::No => None,
        })
    }

    fn receipt(&mut self, command: Command, hash: RequestHash) -> Result<Receipt, NodeError> {
        match self.handle(command, hash)? {
            CommandAnswer::Recorded { seq, attribution, out_of_order, contradicts_key } => {
                let late = attribution == Attribution::Late;
                Ok(Receipt::Accepted { seq, late, out_of_order, contradicts_key })
            }
            // invariant: what a learner did is recorded or refused.
            CommandAnswer::Decided { .. }
            | CommandAnswer::Supported { .. }
            | CommandAnswer::Rested(_)
            | CommandAnswer::Unchanged => Err(NodeFault::Internal.into()),
        }
    }
}

/// How many entries of a learner are looked through for an answer that was told before.
const LOOKED_BACK: usize = 64;

/// Whether an entry holds the same answer.
fn says_the_same(entry: &Entry, told: &Happening) -> bool {
    let Event::Happened(known) = &entry.event else { return false };
    let (Action::QuestionAnswered(old), Action::QuestionAnswered(new)) =
        (&known.action, &told.action)
    else {
        return false;
    };
    let response = old.response.is_none() || new.response.is_none() || old.response == new.response;
    known.learner == told.learner
        && known.course == told.course
        && known.occurred_at == told.occurred_at
        && (&old.question, old.grade, old.probe) == (&new.question, new.grade, new.probe)
        && response
}

/// The places of a batch in the order in which they are taken: those of one learner with times change
/// places among themselves, so that the times grow. What has no time stays where it is, because then
/// the batch says when it was; and so does each learner beside the others.
fn by_time(batch: &[Option<Incoming>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..batch.len()).collect();
    let mut timed: BTreeMap<&LearnerId, Vec<(Timestamp, usize)>> = BTreeMap::new();
    for (place, incoming) in batch.iter().enumerate() {
        if let Some(proposal) = incoming.as_ref().map(|incoming| &incoming.proposal)
            && let Some(at) = proposal.occurred_at
        {
            timed.entry(&proposal.learner).or_default().push((at, place));
        }
    }
    for places in timed.into_values() {
        let mut sorted = places.clone();
        sorted.sort_by_key(|(at, place)| (*at, *place));
        for ((_, place), (_, from)) in places.into_iter().zip(sorted) {
            order[place] = from;
        }
    }
    order
}
