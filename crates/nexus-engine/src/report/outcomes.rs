//! What became of decisions, answers and reported values, in counters that add up to what was
//! sent: RWD-2.

use crate::decision::attribution::{AnswerUse, Attribution};
use crate::decision::reward::ClosedReason;

/// Decisions closed without a reward, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closings {
    /// Their activity was never started, and nothing else was.
    pub never_started: u64,
    /// Their activity was started, but nothing was observed in their window.
    pub nothing_observed: u64,
    /// The learner started something else instead, against the advice.
    pub declined: u64,
    /// A newer decision took their place.
    pub superseded: u64,
    /// Their learner was erased while they waited.
    pub erased: u64,
}

impl Closings {
    pub fn add(&mut self, reason: ClosedReason) {
        *self.of_mut(reason) += 1;
    }

    /// How many were closed for one reason.
    #[must_use]
    pub fn of(&self, reason: ClosedReason) -> u64 {
        match reason {
            ClosedReason::NeverStarted => self.never_started,
            ClosedReason::NothingObserved => self.nothing_observed,
            ClosedReason::Declined => self.declined,
            ClosedReason::Superseded => self.superseded,
            ClosedReason::Erased => self.erased,
        }
    }

    /// How many were closed for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        ClosedReason::ALL.iter().map(|reason| self.of(*reason)).sum()
    }

    fn of_mut(&mut self, reason: ClosedReason) -> &mut u64 {
        match reason {
            ClosedReason::NeverStarted => &mut self.never_started,
            ClosedReason::NothingObserved => &mut self.nothing_observed,
            ClosedReason::Declined => &mut self.declined,
            ClosedReason::Superseded => &mut self.superseded,
            ClosedReason::Erased => &mut self.erased,
        }
    }
}

/// Every answer to a known question, by what it was used for. An answer has one use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswersSeen {
    /// All of them, counted when they arrive.
    pub total: u64,
    /// First attempts inside the activity of a decision.
    pub inside: u64,
    /// Those that measured the gain of a decision.
    pub gain: u64,
    /// Those that were both.
    pub inside_and_gain: u64,
    pub between: u64,
    /// Those that came faster than they could be read.
    pub hasty: u64,
    /// Those used for nothing.
    pub nothing: u64,
}

impl AnswersSeen {
    /// Counts the use of one more.
    pub fn add(&mut self, used: AnswerUse) {
        match used {
            AnswerUse::Inside => self.inside += 1,
            AnswerUse::Gain => self.gain += 1,
            AnswerUse::InsideAndGain => self.inside_and_gain += 1,
            AnswerUse::Between => self.between += 1,
            AnswerUse::Hasty => self.hasty += 1,
            AnswerUse::Nothing => self.nothing += 1,
        }
    }

    /// How many had one use.
    #[must_use]
    pub fn of(&self, used: AnswerUse) -> u64 {
        match used {
            AnswerUse::Inside => self.inside,
            AnswerUse::Gain => self.gain,
            AnswerUse::InsideAndGain => self.inside_and_gain,
            AnswerUse::Between => self.between,
            AnswerUse::Hasty => self.hasty,
            AnswerUse::Nothing => self.nothing,
        }
    }
}

/// Reported values that entered the journal, by what became of them. What was refused, or came
/// twice, is no event; the node counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportsSeen {
    pub total: u64,
    /// Those that their decision waited for.
    pub joined: u64,
    /// Those that came too late: kept, and never learned from.
    pub late: u64,
}

impl ReportsSeen {
    pub fn add(&mut self, attribution: Attribution) {
        self.total += 1;
        match attribution {
            Attribution::Joined => self.joined += 1,
            Attribution::None | Attribution::Late => self.late += 1,
        }
    }
}
