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
//! would believe in rewards that nobody earned. So an apprentice agrees, if it does, because what
//! the baseline serves is rewarded.
//!
//! Compared is batch by batch, and a batch is looked at once, when it is full: a figure that is
//! looked at after every decision passes any threshold some day. A learner counts so often in a
//! batch that a full one has as many learners as the terms ask for. The threshold of 0.80 is the
//! upper end of the 60 to 80 % that Azure Personalizer advises for its apprentice mode; among 500
//! decisions a share of 0.80 has a standard error of 0.018, and a larger one where a learner's
//! decisions hang together. Two full batches in a row must agree: where many begin at once, the
//! first holds only their first decisions, and there many policies do as the path does.

use super::learning::learns;
use super::mode::{Mode, PolicyModeSet};
use super::refusal::LifecycleRefusal;
use crate::decision::Decision;
use crate::decision::exploration::WindowCounter;
use crate::decision::reward::RewardJoined;
use crate::event::Entry;
use crate::ids::{ActivityId, CourseId, PolicyId};
use crate::policy::draw::finish;
use crate::policy::registry::PolicyState;
use crate::policy::retired::is_retired;
use crate::policy::{Distribution, Scene, health};
use crate::seed::Seed;
use crate::time::Timestamp;
use crate::words;
use crate::workspace::{Refusal, SharedState};
use std::ops::RangeInclusive;

/// The share of a batch in which an apprentice must agree, when nobody says otherwise.
pub const AGREEMENT_DEFAULT: f64 = 0.80;
/// What it may be: at one half it disagrees as often as it agrees.
pub const AGREEMENT_RANGE: RangeInclusive<f64> = 0.5..=1.0;
/// Compared decisions of a batch, when nobody says otherwise.
pub const DECISIONS_DEFAULT: u32 = 500;
/// How many they may be. At 100 a share of 0.80 has a standard error of 0.04.
pub const DECISIONS_RANGE: RangeInclusive<u32> = 100..=10_000;
/// Learners of a batch at least, when nobody says otherwise.
pub const LEARNERS_DEFAULT: u32 = 30;
/// How few they may be at least; they are never more than the decisions.
pub const LEARNERS_RANGE: RangeInclusive<u32> = 10..=1_000;
/// Rewards from which a policy that learns is compared: before, it agrees or not by what it was
/// made with.
pub const LEARNED_MIN: u64 = 100;
/// The course's own path: the baseline when nobody names another.
pub const BASELINE_DEFAULT: &str = "static";
/// How near to the greatest probability another must lie to be as great.
const TIE: f64 = 1e-9;
/// Who has no preference among candidates, by design: nobody can agree with them.
const INDIFFERENT: [&str; 2] = ["random", "gated-random"];

/// What becomes of an apprentice that agrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Graduation {
    /// It serves from the next decision on, and Nexus journals it.
    Itself,
    /// It is said to be ready, and waits for somebody who sets it live.
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

/// What an apprentice would have chosen where its baseline decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imitation {
    /// The apprentice.
    pub policy: PolicyId,
    /// How many rewards it had learned from.
    pub version: u64,
    /// Candidates it had; below two it had no choice, and nothing is compared.
    pub choices: u32,
    /// Whether the baseline preferred one activity, and that is among these candidates.
    pub in_reach: bool,
    /// Its most probable activity; `None` when several were as probable, or it gave no
    /// distribution.
    pub preferred: Option<ActivityId>,
    /// Whether that was also the baseline's most probable one.
    pub agreed: bool,
}

/// Decisions that are compared, of a batch that is full or is being filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Compared decisions.
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
    /// It did not.
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
    /// Its terms.
    pub terms: Apprenticeship,
    /// Place in the journal of the entry with which the batch began that is being filled.
    pub began: u64,
    /// The batch that is being filled.
    pub batch: Batch,
    /// Full batches.
    pub batches: u32,
    /// The latest of them, and what it says.
    pub last: Option<(Batch, Verdict)>,
    /// Rewards of its baseline's decisions that it learned from.
    pub learned: u64,
    /// Those it did not learn from, because their learner had taught enough in that day.
    pub capped: u64,
    /// Those it did not learn from, because their numbers were not sound.
    pub refused: u64,
    /// Those that came when it was no apprentice any more: it did not learn from them.
    pub after: u64,
    /// When Nexus set it live, and the place of that in the journal.
    pub graduated: Option<(u64, Timestamp)>,
}

impl Apprentice {
    fn begins(terms: Apprenticeship, seq: u64) -> Self {
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
    fn compare(&mut self, imitation: &Imitation, seen: &mut WindowCounter) -> bool {
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
    fn end_batch(&mut self, healthy: bool, seq: u64) {
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
    pub(super) fn compare_anew(&mut self, seq: u64) {
        self.batch = Batch::default();
        self.last = None;
        self.began = seq;
    }
}

/// An apprentice agreed with its baseline often enough and serves from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyGraduated {
    /// In which course.
    pub course: CourseId,
    /// Which policy.
    pub policy: PolicyId,
    /// Who decided in its place until now.
    pub baseline: PolicyId,
    /// The second of the two that say so.
    pub batch: Batch,
    /// Who set it live: Nexus.
    pub by: String,
}

/// The position of the one greatest probability; `None` when there is none, or another is as great.
#[must_use]
pub fn preferred(probabilities: &[f64]) -> Option<usize> {
    let greatest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let as_great = |(position, mass): (usize, &f64)| (*mass >= greatest - TIE).then_some(position);
    let mut all = probabilities.iter().enumerate().filter_map(as_great);
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

impl SharedState {
    /// The baseline that decides wherever a policy would, when that is an apprentice. An apprentice
    /// that left the product is none any more.
    #[must_use]
    pub fn baseline(&self, course: &CourseId, policy: &PolicyId) -> Option<&PolicyId> {
        let life = self.life(course, policy).filter(|life| life.mode == Mode::Apprentice)?;
        if is_retired(policy) {
            return None;
        }
        life.apprentice.as_ref().map(|apprentice| &apprentice.terms.baseline)
    }

    /// The apprentice of a course whose baseline a policy is.
    pub(super) fn apprentice_of(
        &self,
        course: &CourseId,
        baseline: &PolicyId,
    ) -> Option<&PolicyId> {
        let mut policies = self.lives.get(course).into_iter().flat_map(|life| &life.policies);
        let theirs = |policy: &PolicyId| self.baseline(course, policy) == Some(baseline);
        policies.find(|(policy, _)| theirs(policy)).map(|(policy, _)| policy)
    }

    /// Says whether a policy may become an apprentice on these terms.
    pub(super) fn may_be_apprentice(&self, set: &PolicyModeSet) -> Result<(), Refusal> {
        let PolicyModeSet { course, policy, apprentice: terms, .. } = set;
        let (word, terms) = (policy.to_string(), terms.clone().unwrap_or_default());
        let cannot = |word: &str| INDIFFERENT.contains(&word);
        if cannot(policy.as_str()) || policy.as_str() == BASELINE_DEFAULT {
            return Err(LifecycleRefusal::NoApprentice { policy: word }.into());
        }
        if let Some(problem) = terms.problem() {
            return Err(LifecycleRefusal::ApprenticeTerms { problem }.into());
        }
        let baseline = terms.baseline.to_string();
        self.known_policy(course, &terms.baseline)?;
        let stands_aside =
            matches!(self.mode(course, &terms.baseline), Mode::Shadow | Mode::Apprentice);
        if cannot(&baseline) || terms.baseline == *policy || stands_aside {
            return Err(LifecycleRefusal::NoBaseline { policy: word, baseline }.into());
        }
        // A side of an experiment must go on being what the experiment says it is, and a baseline
        // must itself decide.
        if self.is_side(course, policy) || self.apprentice_of(course, policy).is_some() {
            return Err(LifecycleRefusal::ApprenticeServes { policy: word }.into());
        }
        Ok(())
    }

    pub(super) fn begin_apprenticeship(&mut self, set: &PolicyModeSet, entry: &Entry) {
        let terms = set.apprentice.clone().unwrap_or_default();
        let life = self.life_mut(&set.course, &set.policy);
        life.apprentice = Some(Apprentice::begins(terms, entry.seq));
    }

    /// What an apprentice would have chosen in a scene of its own; `activity` names a candidate.
    /// It has a stream of its own, so what is served does not depend on it.
    pub(crate) fn imitate(
        &self,
        course: &CourseId,
        apprentice: &PolicyId,
        scene: &Scene<'_>,
        seed: Seed,
        activity: impl Fn(usize) -> ActivityId,
    ) -> Option<Imitation> {
        let policy = self.policy(course, apprentice)?;
        let mut distribution = Distribution::default();
        let mut stream = seed.stream(&format!("apprentice/{apprentice}"));
        policy.policy().distribute(scene, &mut stream, &mut distribution);
        let sound = finish(policy.policy().floor(), &mut distribution).is_ok();
        let preferred = preferred(&distribution.probabilities).filter(|_| sound);
        Some(Imitation {
            policy: apprentice.clone(),
            version: policy.policy().version(),
            // invariant: a course has fewer activities than there are small integers; it saturates.
            choices: u32::try_from(scene.candidates.len()).unwrap_or(u32::MAX),
            in_reach: false,
            preferred: preferred.map(activity),
            agreed: false,
        })
    }

    /// Takes a decision into the batch of the apprentice in whose place it was made. `seen` is
    /// what its learner has in the batch.
    pub(crate) fn compare(&mut self, decision: &Decision, seen: &mut WindowCounter) {
        let Some(imitation) = &decision.apprentice else { return };
        let (course, id) = (&decision.course, &imitation.policy);
        let learner = PolicyState::folded(id.as_str()).is_some_and(|fresh| fresh.learns());
        let untaught = learner && imitation.version < LEARNED_MIN;
        if imitation.choices < 2 || untaught || self.mode(course, id) != Mode::Apprentice {
            return;
        }
        let Some(apprentice) = self.life_mut(course, id).apprentice.as_mut() else { return };
        if !apprentice.compare(imitation, seen) {
            return;
        }
        let policy = self.policy(course, id);
        let healthy = policy.is_some_and(|policy| health::check(&policy).is_ok());
        let head = self.head;
        if let Some(apprentice) = self.life_mut(course, id).apprentice.as_mut() {
            apprentice.end_batch(healthy, head);
        }
    }

    /// Gives an apprentice the reward of what its baseline served: a regression on the row of what
    /// was served holds whoever chose it. Each is counted once, so that the counters add up.
    pub(super) fn teach_apprentice(
        &mut self,
        joined: &RewardJoined,
        apprentice: &PolicyId,
        admitted: bool,
    ) {
        let fresh = PolicyState::folded(apprentice.as_str()).filter(PolicyState::learns);
        let Some(fresh) = fresh else { return };
        let still = self.mode(&joined.course, apprentice) == Mode::Apprentice;
        let key = (joined.course.clone(), apprentice.clone());
        let learned =
            still && admitted && learns(self.policies.entry(key).or_insert(fresh), joined);
        let life = self.life_mut(&joined.course, apprentice);
        let Some(known) = life.apprentice.as_mut() else { return };
        *match (still, admitted, learned) {
            (false, ..) => &mut known.after,
            (true, false, _) => &mut known.capped,
            (true, true, false) => &mut known.refused,
            (true, true, true) => &mut known.learned,
        } += 1;
    }

    /// The apprentice of a course that is ready to serve and waits for nobody.
    pub(super) fn graduate(&self, course: &CourseId) -> Option<PolicyGraduated> {
        let life = self.lives.get(course)?;
        life.policies.iter().find_map(|(policy, life)| {
            let serves_not = life.mode == Mode::Apprentice && !is_retired(policy);
            let apprentice = life.apprentice.as_ref().filter(|_| serves_not)?;
            let (batch, verdict) = apprentice.last?;
            let itself = apprentice.terms.graduation == Graduation::Itself;
            (itself && verdict == Verdict::Ready).then(|| PolicyGraduated {
                course: course.clone(),
                policy: policy.clone(),
                baseline: apprentice.terms.baseline.clone(),
                batch,
                by: super::automatic_actions::NEXUS.to_owned(),
            })
        })
    }

    pub(crate) fn graduated(&mut self, graduated: &PolicyGraduated, entry: &Entry) {
        let life = self.life_mut(&graduated.course, &graduated.policy);
        life.mode = Mode::Live;
        if let Some(apprentice) = &mut life.apprentice {
            apprentice.graduated = Some((entry.seq, entry.received_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_one_activity() {
        assert_eq!(preferred(&[0.2, 0.5, 0.3]), Some(1));
        assert_eq!(preferred(&[1.0]), Some(0));
        assert_eq!(preferred(&[0.4, 0.2, 0.4]), None);
        assert_eq!(preferred(&[0.4 - 1e-12, 0.2, 0.4]), None, "rounding prefers nothing");
        assert_eq!(preferred(&[]), None);
    }

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
