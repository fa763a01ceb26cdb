//! Apprentices: a policy whose place a baseline takes until it would most often have chosen the
//! same.
//!
//! Wherever an apprentice would decide, its baseline decides: what is served, with which
//! propensity, and who learns from it as its own, is the baseline's to the bit. The apprentice
//! looks at the same learner, its most probable activity is compared with the baseline's, and it
//! learns from the reward of what was served. Chance has no part in the comparison, so it is also
//! made where nothing was left to chance. What the baseline chose outside of the apprentice's
//! candidates cannot be compared: there the rules for candidates differ, not the policies. Such
//! decisions are counted beside.
//!
//! Nothing but rewards teaches: a baseline's choice is no reward, and a model that was told so
//! would count rewards that were never earned. So an apprentice agrees, if it does, because what
//! the baseline serves is rewarded.
//!
//! Compared is batch by batch, and a batch is looked at once, when it is full: a figure that is
//! looked at after every decision passes any threshold some day. A learner counts so often in a
//! batch that a full one has as many learners as the terms ask for. The threshold of 0.80 is the
//! upper end of the 60 to 80 % that Azure Personalizer advises for its apprentice mode; among 500
//! decisions a share of 0.80 has a standard error of 0.018, and a larger one where a learner's
//! decisions hang together. Two full batches in a row must agree: where many begin at once, the
//! first holds only their first decisions, and there many policies do as the path does.

use crate::decision::beside::Imitation;
use crate::ids::{CourseId, PolicyId};
use crate::learner::window::WindowCounter;
use crate::time::Timestamp;
use crate::words;
use std::ops::RangeInclusive;

/// The share of a batch in which an apprentice must agree, by default.
pub const AGREEMENT_DEFAULT: f64 = 0.80;
/// What it may be: at one half it disagrees as often as it agrees.
pub const AGREEMENT_RANGE: RangeInclusive<f64> = 0.5..=1.0;
/// Compared decisions of a batch, by default.
pub const DECISIONS_DEFAULT: u32 = 500;
/// How many they may be. At 100 a share of 0.80 has a standard error of 0.04.
pub const DECISIONS_RANGE: RangeInclusive<u32> = 100..=10_000;
/// Learners of a batch at least, by default.
pub const LEARNERS_DEFAULT: u32 = 30;
/// How few they may be at least; they are never more than the decisions.
pub const LEARNERS_RANGE: RangeInclusive<u32> = 10..=1_000;
/// Rewards from which a policy that learns is compared: before, it agrees or not by what it was made with.
pub const LEARNED_MIN: u64 = 100;
/// The default baseline: the course's own path.
pub const BASELINE_DEFAULT: &str = "static";

/// What becomes of an apprentice that agrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Graduation {
    /// It serves from the next decision on, and Nexus journals it.
    Itself,
    /// It is reported as ready and waits until a person sets it live.
    #[default]
    Asked,
}

words!(Graduation {
    Itself => "itself",
    Asked => "asked",
});

/// The terms of an apprentice.
#[derive(Clone, Debug, PartialEq)]
pub struct Apprenticeship {
    /// Who decides in its place.
    pub baseline: PolicyId,
    /// The share of a batch in which it must agree, in [`AGREEMENT_RANGE`].
    pub agreement: f64,
    /// Compared decisions of a batch, in [`DECISIONS_RANGE`].
    pub decisions: u32,
    /// Learners of a batch at least, in [`LEARNERS_RANGE`] and not more than the decisions.
    pub learners: u32,
    /// What becomes of it then.
    pub graduation: Graduation,
}

impl Default for Apprenticeship {
    fn default() -> Self {
        Self {
            // invariant: the word of a policy is an id.
            baseline: PolicyId::new(BASELINE_DEFAULT).expect("a policy's word is an id"),
            agreement: AGREEMENT_DEFAULT,
            decisions: DECISIONS_DEFAULT,
            learners: LEARNERS_DEFAULT,
            graduation: Graduation::default(),
        }
    }
}

impl Apprenticeship {
    /// Decisions of one learner that count in a batch. So few that a full batch has the learners
    /// that are asked for.
    #[must_use]
    pub fn each(&self) -> u32 {
        (self.decisions / self.learners.max(1)).max(1)
    }

    /// The first number that lies outside its bounds.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        if !AGREEMENT_RANGE.contains(&self.agreement) {
            Some("the agreement lies between 0.5 and 1")
        } else if !DECISIONS_RANGE.contains(&self.decisions) {
            Some("a batch has from 100 to 10,000 decisions")
        } else if !LEARNERS_RANGE.contains(&self.learners) || self.learners > self.decisions {
            Some("a batch has from 10 to 1,000 learners, and no more of them than decisions")
        } else {
            None
        }
    }
}

/// Decisions that are compared, of a batch that is full or is being filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub decisions: u32,
    /// Those in which the apprentice agreed.
    pub agreed: u32,
    /// Those in which it preferred nothing; they count as disagreement.
    pub undecided: u32,
    /// Different learners among them.
    pub learners: u32,
    /// Decisions besides that could not be compared: what the baseline preferred is no candidate of
    /// the apprentice's, or the baseline preferred nothing.
    pub out_of_reach: u32,
}

impl Batch {
    /// The share in which it agreed, from 0 to 1; `None` before the first decision.
    #[must_use]
    pub fn agreement(&self) -> Option<f64> {
        (self.decisions > 0).then(|| f64::from(self.agreed) / f64::from(self.decisions))
    }
}

/// What a full batch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It agreed often enough, as in the full batch before: it may serve.
    Ready,
    /// It agreed often enough, but there was no full batch before that did.
    Agrees,
    Differs,
    /// It agreed often enough, but fails the health check that every promotion asks for.
    Unhealthy,
}

words!(Verdict {
    Ready => "ready",
    Agrees => "agrees",
    Differs => "differs",
    Unhealthy => "unhealthy",
});

/// What is known of an apprentice since it became one.
#[derive(Clone, Debug, PartialEq)]
pub struct Apprentice {
    pub terms: Apprenticeship,
    /// Place in the journal of the entry with which the batch began that is being filled.
    pub began: u64,
    /// The batch that is being filled.
    pub batch: Batch,
    pub batches: u32,
    /// The latest of them, and what it says.
    pub last: Option<(Batch, Verdict)>,
    /// Rewards of its baseline's decisions that it learned from.
    pub learned: u64,
    /// Those it did not learn from, because their learner had taught enough in that day.
    pub capped: u64,
    /// Those it did not learn from, because their numbers were not sound.
    pub refused: u64,
    /// Those that came after the apprenticeship ended: the policy did not learn from them.
    pub after: u64,
    /// When Nexus set it live, and the place of that in the journal.
    pub graduated: Option<(u64, Timestamp)>,
}

impl Apprentice {
    pub(crate) fn begins(terms: Apprenticeship, seq: u64) -> Self {
        Self {
            terms,
            began: seq,
            batch: Batch::default(),
            batches: 0,
            last: None,
            learned: 0,
            capped: 0,
            refused: 0,
            after: 0,
            graduated: None,
        }
    }

    /// What the latest full batch says.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.last.map(|(_, verdict)| verdict)
    }

    /// Takes in a decision that can be compared, and says whether the batch is full now. `seen` is
    /// what its learner has in the batch.
    pub(crate) fn compare(&mut self, imitation: &Imitation, seen: &mut WindowCounter) -> bool {
        if !imitation.in_reach {
            self.batch.out_of_reach = self.batch.out_of_reach.saturating_add(1);
            return false;
        }
        let window = i64::try_from(self.began).unwrap_or(i64::MAX);
        let before = seen.within(window);
        if u32::from(before) >= self.terms.each() {
            return false;
        }
        seen.one_more(window);
        self.batch.decisions += 1;
        self.batch.agreed += u32::from(imitation.agreed);
        self.batch.undecided += u32::from(imitation.preferred.is_none());
        self.batch.learners += u32::from(before == 0);
        self.batch.decisions >= self.terms.decisions
    }

    /// Ends the batch with the entry at `seq`.
    pub(crate) fn end_batch(&mut self, healthy: bool, seq: u64) {
        let agrees =
            |batch: &Batch| batch.agreement().is_some_and(|share| share >= self.terms.agreement);
        let before = self.last.is_some_and(|(batch, _)| agrees(&batch));
        let verdict = match (agrees(&self.batch), healthy) {
            (true, true) if before => Verdict::Ready,
            (true, true) => Verdict::Agrees,
            (true, false) => Verdict::Unhealthy,
            (false, _) => Verdict::Differs,
        };
        self.last = Some((std::mem::take(&mut self.batch), verdict));
        self.batches = self.batches.saturating_add(1);
        self.began = seq;
    }

    /// Forgets what was compared, with the entry at `seq`: it was of another model.
    pub(crate) fn compare_anew(&mut self, seq: u64) {
        self.batch = Batch::default();
        self.last = None;
        self.began = seq;
    }
}

/// An apprentice agreed with its baseline often enough and serves from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyGraduated {
    pub course: CourseId,
    pub policy: PolicyId,
    /// Who decided in its place until now.
    pub baseline: PolicyId,
    /// The second of the two that say so.
    pub batch: Batch,
    /// Who set it live: Nexus.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches one after another, with the share in which they agree and whether the policy is
    /// healthy at their end, and what each says: two in a row must agree.
    #[test]
    fn two_batches_in_a_row_make_it_ready() {
        let check = |batches: &[(u32, bool)], expected: &[Verdict]| {
            let mut known = Apprentice::begins(Apprenticeship::default(), 1);
            let said = batches.iter().map(|(percent, healthy)| {
                known.batch = Batch { decisions: 500, agreed: percent * 5, ..Batch::default() };
                known.end_batch(*healthy, 2);
                known.verdict().unwrap()
            });
            assert_eq!(said.collect::<Vec<_>>(), expected, "{batches:?}");
        };
        use Verdict::{Agrees, Differs, Ready, Unhealthy};
        check(&[(80, true), (80, true), (80, true)], &[Agrees, Ready, Ready]);
        check(&[(86, true), (41, true)], &[Agrees, Differs]);
        check(&[(90, true), (79, true), (90, true)], &[Agrees, Differs, Agrees]);
        check(&[(90, false), (90, true)], &[Unhealthy, Ready]);
        check(&[(90, true), (90, false)], &[Agrees, Unhealthy]);
        check(&[(70, false), (90, true)], &[Differs, Agrees]);
    }

    /// The learners of a full batch are never fewer than the terms ask for, whatever the numbers:
    /// checked for all of them on a grid.
    #[test]
    fn a_full_batch_has_its_learners() {
        for decisions in (100..=10_000).step_by(37) {
            for learners in (10..=1_000.min(decisions)).step_by(7) {
                let terms = Apprenticeship { decisions, learners, ..Apprenticeship::default() };
                assert_eq!(terms.problem(), None);
                assert!(decisions.div_ceil(terms.each()) >= learners, "{terms:?}");
            }
        }
    }

    #[test]
    fn terms_have_bounds() {
        let usual = Apprenticeship::default();
        let check = |terms: Apprenticeship, sound: bool| {
            assert_eq!(terms.problem().is_none(), sound, "{terms:?}");
        };
        check(usual.clone(), true);
        for agreement in [0.49, 1.01, f64::NAN, f64::INFINITY, -1.0] {
            check(Apprenticeship { agreement, ..usual.clone() }, false);
        }
        for (decisions, learners, sound) in [
            (99, 30, false),
            (10_001, 30, false),
            (100, 9, false),
            (100, 101, false),
            (100, 100, true),
        ] {
            check(Apprenticeship { decisions, learners, ..usual.clone() }, sound);
        }
    }
}
