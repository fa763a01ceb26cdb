//! Apprentices in the fold: when one begins, what it agrees with, and when it serves.

use super::automatic_actions::NEXUS;
use super::{Refusal, SharedState};
use crate::decision::Decision;
use crate::decision::reward::RewardJoined;
use crate::event::Entry;
use crate::ids::{CourseId, PolicyId};
use crate::learner::window::WindowCounter;
use crate::lifecycle::LifecycleRefusal;
use crate::lifecycle::apprentice::{Apprentice, Graduation, LEARNED_MIN, PolicyGraduated, Verdict};
use crate::lifecycle::learning::learns;
use crate::lifecycle::mode::{Mode, PolicyModeSet};
use crate::policy::health;
use crate::policy::kind::PolicyKind;
use crate::policy::registry::PolicyState;
use crate::policy::retired::is_retired;

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
        if !PolicyKind::named(policy.as_str())?.may_be_apprentice() {
            return Err(LifecycleRefusal::NoApprentice { policy: word }.into());
        }
        if let Some(problem) = terms.problem() {
            return Err(LifecycleRefusal::ApprenticeTerms { problem }.into());
        }
        let baseline = terms.baseline.to_string();
        let kind = PolicyKind::named(&baseline)?;
        let stands_aside =
            matches!(self.mode(course, &terms.baseline), Mode::Shadow | Mode::Apprentice);
        if !kind.may_be_baseline() || terms.baseline == *policy || stands_aside {
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
    /// was served holds for any way of choosing. Each is counted once, so that the counters add up.
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

    /// The apprentice of a course that is ready to serve and needs no confirmation.
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
                by: NEXUS.to_owned(),
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
