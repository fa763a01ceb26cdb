//! What may be left to chance, and for whom: consent, the holdout and shadows, from what was said
//! of them in the storm and from a hash worked out anew.

use crate::law::Law;
use nexus_engine::decision::Decision;
use nexus_engine::decision::exploration::Withheld;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_sim::storm::Asking;
use nexus_stats::assignment::bucket;

/// One decision in so many is made again without shadows.
const WITHOUT_SHADOWS: u64 = 64;

impl Law<'_> {
    /// What holds of every decision.
    pub fn chance(&self, decision: &Decision) {
        self.held_out(decision);
        self.consent(decision);
        self.shadows(decision);
        self.apprentices(decision);
    }

    /// Whether the policy itself chose: no teacher, and nothing in its place.
    fn policy_chose(decision: &Decision) -> bool {
        decision.choice.overridden_by.is_none() && decision.choice.fallback.is_none()
    }

    fn held_out(&self, decision: &Decision) {
        let (storm, learner) = (self.storm, &self.asking.learner);
        let place = bucket(&format!("holdout:{}", storm.course.id), learner.as_str());
        let share = storm.held_out_share;
        self.holds(
            "who is held out is a hash",
            decision.origin.decider.held_out == (place < share),
        );
        if !decision.origin.decider.held_out {
            return;
        }
        let serves = storm.defaults.holdout_policy.word();
        let apart = decision.origin.decider.policy.as_str() == serves
            && decision.origin.decider.assignment.is_none();
        self.holds("no policy and no experiment for who is held out", apart);
        if Self::policy_chose(decision) && decision.choice.withheld.is_none() {
            let first = decision.choice.candidates[0].probability;
            let even = decision.choice.candidates.iter().all(|it| it.probability == first);
            self.holds("equal chances for who is held out", even);
        }
    }

    fn consent(&self, decision: &Decision) {
        let said = self.storm.consents.get(&self.asking.learner).copied();
        let consents = said.unwrap_or(self.storm.defaults.consents);
        let refused = decision.choice.withheld == Some(Withheld::NoConsent);
        let chose = Self::policy_chose(decision);
        self.holds("without consent nothing is left to chance", refused == (chose && !consents));
        if decision.choice.withheld.is_none() {
            return;
        }
        self.holds("only what a policy chooses is withheld", chose);
        let certain = decision.choice.floor == 0.0 && decision.chosen().probability == 1.0;
        self.holds("what is withheld from chance is certain", certain);
        let Asking { learner, policy, filter, seed, .. } = self.asking;
        let other = Seed(!seed.0);
        let again = self.storm.ask_for(learner.clone(), policy.clone(), filter.clone(), other);
        let same = again
            .decision()
            .is_some_and(|again| again.choice.candidates == decision.choice.candidates);
        self.holds("no seed has a say in what is withheld from chance", same);
    }

    fn shadows(&self, decision: &Decision) {
        // The path is served in a shadow's place, also when it is one; chance has the holdout.
        let in_its_place =
            decision.origin.decider.policy.as_str() == "static" || decision.origin.decider.held_out;
        let shadow = self.storm.modes.get(&decision.origin.decider.policy) == Some(&Mode::Shadow);
        self.holds("a shadow does not serve", !shadow || in_its_place);
        let shadows: Vec<_> = decision.origin.shadows.iter().map(|shadow| &shadow.policy).collect();
        let by_chance = Self::policy_chose(decision)
            && decision.choice.withheld.is_none()
            && !decision.origin.decider.held_out
            && decision.choice.candidates.len() > 1;
        let expected: Vec<_> = self.storm.shadows().filter(|_| by_chance).collect();
        self.holds("all shadows decide beside what chance has a say in", shadows == expected);
        for shadow in &decision.origin.shadows {
            let floor = PolicyState::fresh(shadow.policy.as_str()).map(|it| it.policy().floor());
            let least = floor.unwrap_or_default() / decision.choice.candidates.len() as f64;
            let sound = shadow.probability.is_some_and(|it| it >= least && it <= 1.0);
            self.holds("a shadow's probability is one, its floor included", sound);
        }
        if !shadows.is_empty() && decision.choice.seed.0.is_multiple_of(WITHOUT_SHADOWS) {
            self.same_without_shadows(decision);
        }
    }

    /// The path serves in the place of an apprentice, which looks on wherever the path was the
    /// policy's doing.
    fn apprentices(&self, decision: &Decision) {
        let is_one = |policy| self.storm.modes.get(policy) == Some(&Mode::Apprentice);
        self.holds(
            "an apprentice does not serve",
            decision.origin.decider.held_out || !is_one(&decision.origin.decider.policy),
        );
        let Some(imitation) = &decision.apprentice else { return };
        let in_its_place = decision.origin.decider.policy.as_str() == "static"
            && decision.origin.decider.assignment.is_none();
        self.holds("the path serves in the place of an apprentice", in_its_place);
        let looks_on = is_one(&imitation.policy) && Self::policy_chose(decision);
        self.holds("who looks on is an apprentice, and a policy chose", looks_on);
        let same = imitation.preferred.as_ref() == Some(&decision.chosen().activity);
        self.holds(
            "who agrees would have chosen the same",
            imitation.agreed == (imitation.in_reach && same),
        );
    }

    fn same_without_shadows(&self, decision: &Decision) {
        let Asking { learner, policy, filter, seed, .. } = self.asking;
        if matches!(self.storm.modes.get(policy), Some(Mode::Shadow | Mode::Apprentice)) {
            // It would decide itself, and the course's own path no longer in its place.
            return;
        }
        let mut storm = self.storm.clone();
        storm.wake_all();
        let again = storm.ask_for(learner.clone(), policy.clone(), filter.clone(), *seed);
        let same = again.decision().is_some_and(|again| {
            again.choice.chosen == decision.choice.chosen
                && again.choice.candidates == decision.choice.candidates
        });
        self.holds("what is served is the same without shadows", same);
    }
}
