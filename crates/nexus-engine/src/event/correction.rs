//! Corrections: what a journal said of a learner, and what counts instead.
//!
//! An entry of the journal never changes. A correction is an entry of its own that says of earlier ones
//! what they count as: an event that was voided as nothing, an answer under another grade, and what
//! followed from them (later evidence, later rewards) as it would have come. All of it is worked out once,
//! when the correction is made, and frozen here, so that the fold of a corrected journal needs no formula
//! that a later program could have changed.

use super::Event;
use crate::ids::LearnerId;
use crate::learner::belief::Belief;
use crate::learner::placement::Stopped;
use crate::learner::tracing::Evidence;
use crate::words;

/// Earlier entries of one learner count otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    pub learner: LearnerId,
    pub kind: CorrectionKind,
    /// The entries that were asked to be corrected, in order.
    pub targets: Vec<u64>,
    /// What they and others count as, by place, in order. Of several corrections the latest counts.
    pub amended: Vec<(u64, Amended)>,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// What was corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrectionKind {
    /// Events never happened.
    Voided,
    /// Somebody gave an answer another grade.
    Graded,
    /// Answers were graded again, by the key of the latest version of the course.
    Regraded,
}

words!(CorrectionKind { Voided => "voided", Graded => "graded", Regraded => "regraded" });

/// What an entry counts as.
#[derive(Clone, Debug, PartialEq)]
pub enum Amended {
    /// As nothing: it never happened.
    Nothing,
    /// An answer, with what was believed before it.
    Answer {
        /// From 0 to 1.
        grade: f64,
        /// Which attempt at the question it is, from 1.
        attempt: u16,
        evidence: Evidence,
        /// Why the placement stops with it, if it does.
        placement_stopped: Option<Stopped>,
    },
    /// A decision or a choice of a support, before which this was believed.
    Believed(Box<Belief>),
    /// This, whole: how a decision or a support was settled, or a quiz under another grade.
    Instead(Box<Event>),
}
