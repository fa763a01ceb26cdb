//! Corrections: worked out on a fold of the journal, written as entries of their own, and then everything
//! is rebuilt with them.

use super::messages::{CorrectAsk, Corrected, CorrectionWanted, LearnerCorrected, NodeError};
use super::{Before, NO_HASH, Node, fault_of_store};
use nexus_engine::event::correction::CorrectionKind;
use nexus_engine::event::{Action, Entry, Event, Happening};
use nexus_engine::ids::{EventId, LearnerId};
use nexus_engine::workspace::corrections::{CorrectionAsked, Corrections, Recount, Recounted};
use nexus_engine::workspace::{LearnerState, Refusal};
use nexus_store::journal::NewRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A correction that was worked out: what is told of it, and what is to be written.
pub(super) struct WorkedOut {
    pub(super) told: Corrected,
    kind: CorrectionKind,
    recounted: BTreeMap<LearnerId, Recounted>,
    reason: String,
    by: String,
}

impl Node {
    /// Works a correction out. The group must be empty. Changes nothing.
    pub(super) fn work_out(&mut self, ask: CorrectAsk) -> Result<WorkedOut, NodeError> {
        let CorrectAsk { wanted, reason, by, dry_run } = ask;
        let corrections = self.store.corrections().map_err(|fault| fault_of_store(&fault))?;
        let asked = self.wanted(wanted, &corrections, &reason)?;
        let kind = asked.kind();
        let regrades = kind == CorrectionKind::Regraded;
        let mut recount = Recount::new(corrections, asked);
        let read = self.store.replay(0, |stored| {
            recount.read(&stored.entry);
            ControlFlow::Continue(())
        });
        read.map_err(|fault| fault_of_store(&fault))?;
        let Recount { mut recounted, learners: after, regrade, .. } = recount;
        recounted.retain(|_, it| !it.amended.is_empty());
        let mut learners = Vec::with_capacity(recounted.len());
        for (id, recounted) in &recounted {
            self.load(id)?;
            let before = self.learners.get(id);
            let tried = |learner: Option<&LearnerState>| {
                learner.map_or((0, 0), |it| (it.belief.attempts, it.belief.wins))
            };
            let (before, after) = (tried(before), tried(after.get(id)));
            learners.push(LearnerCorrected {
                learner: id.clone(),
                events: recounted.targets.len() as u64,
                answers: recounted.answers,
                rewards: recounted.rewards,
                entries: recounted.amended.len() as u64,
                answered: [before.0, after.0],
                right: [before.1, after.1],
            });
        }
        let regrade = regrades.then_some(regrade);
        let told = Corrected { kind, dry_run, seq: None, learners, regrade };
        Ok(WorkedOut { told, kind, recounted, reason, by })
    }

    /// What is asked of which entries.
    fn wanted(
        &self,
        wanted: CorrectionWanted,
        corrections: &Corrections,
        reason: &str,
    ) -> Result<CorrectionAsked, NodeError> {
        Ok(match wanted {
            CorrectionWanted::Void(events) => {
                let mut entries = BTreeSet::new();
                for id in &events {
                    let entry = self.correctable(id, may_be_voided, reason)?;
                    if !corrections.voided(entry.seq) {
                        entries.insert(entry.seq);
                    }
                }
                CorrectionAsked::Void(entries)
            }
            CorrectionWanted::Grade(grades) => {
                let mut entries = BTreeMap::new();
                for (id, grade) in grades {
                    if !(0.0..=1.0).contains(&grade) {
                        return Err(Refusal::GradeOutOfRange { grade }.into());
                    }
                    let entry = self.correctable(&id, has_grade, reason)?;
                    if corrections.voided(entry.seq) {
                        return Err(Refusal::EventVoided { event: id.to_string() }.into());
                    }
                    entries.insert(entry.seq, nexus_engine::catalog::grading::rounded(grade));
                }
                CorrectionAsked::Grade(entries)
            }
            CorrectionWanted::Regrade { course, questions } => {
                let latest = self.state.course(course.as_str());
                let unknown = || Refusal::UnknownCourse { course: course.to_string() };
                let latest = Arc::clone(latest.ok_or_else(unknown)?);
                for question in questions.iter().flatten() {
                    if latest.question(question.as_str()).is_none() {
                        let within = format!("course {:?}", course.as_str());
                        let question = question.to_string();
                        return Err(Refusal::UnknownQuestion { within, question }.into());
                    }
                }
                CorrectionAsked::Regrade { course: latest, questions }
            }
        })
    }

    /// The entry of an id, if it is one that may be corrected so.
    fn correctable(
        &self,
        id: &EventId,
        may: fn(&Event) -> bool,
        reason: &str,
    ) -> Result<Entry, NodeError> {
        let found = self.store.entry_by_id(id).map_err(|fault| fault_of_store(&fault))?;
        let unknown = || Refusal::UnknownEvent { event: id.to_string() };
        let entry = found.ok_or_else(unknown)?.entry;
        if !may(&entry.event) {
            let kind = entry.event.word();
            return Err(Refusal::NotCorrectable { event: id.to_string(), kind }.into());
        }
        if entry.event.learner().is_some_and(|learner| super::erasure::names(reason, learner)) {
            return Err(Refusal::ReasonNamesLearner.into());
        }
        Ok(entry)
    }

    /// Adds a correction that was worked out to the group: one entry a learner.
    pub(super) fn write_correction(&mut self, worked: WorkedOut) -> Result<Corrected, NodeError> {
        let WorkedOut { mut told, kind, recounted, reason, by } = worked;
        let at = self.config.clock.now();
        for (learner, recounted) in recounted {
            let seq = self.store.head().seq + self.group.len() as u64 + 1;
            let id = EventId::derived("correction", seq);
            if !matches!(self.before(&id, &NO_HASH)?, Before::No) {
                self.group.clear();
                self.group_turns.clear();
                return Err(NodeError::Conflict { id: id.to_string() });
            }
            self.load(&learner)?;
            let learner_seq = self.learners.get(&learner).map_or(0, |state| state.entries);
            let correction = recounted.correction(learner, kind, reason.clone(), by.clone());
            let event = Event::Corrected(Box::new(correction));
            let entry = Entry { seq, id, received_at: at, event };
            let record = NewRecord { entry, learner_seq: Some(learner_seq), request_hash: NO_HASH };
            told.seq.get_or_insert(seq);
            self.group.push(record);
            self.group_turns.push(Vec::new());
        }
        Ok(told)
    }
}

/// Whether it is something that was said of a learner, and not what Nexus or people did.
fn may_be_voided(event: &Event) -> bool {
    matches!(event, Event::Happened(_) | Event::RewardReported(_) | Event::DecisionExposed { .. })
}

fn has_grade(event: &Event) -> bool {
    matches!(
        event,
        Event::Happened(Happening {
            action: Action::QuestionAnswered(_) | Action::QuizCompleted { .. },
            ..
        })
    )
}
