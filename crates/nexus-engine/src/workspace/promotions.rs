//! Promotions: who decides for which learner when no experiment runs, what a promotion needs, and
//! when Nexus ends one.

use super::automatic_actions::NEXUS;
use super::lives::has_reason;
use super::{Refusal, SharedState};
use crate::decision::reward::RewardJoined;
use crate::event::Entry;
use crate::ids::{CourseId, LearnerId, PolicyId};
use crate::lifecycle::mode::Mode;
use crate::lifecycle::promotion::{
    PolicyPromoted, Promotion, PromotionRequest, PromotionStage, Proof, STAGE_REWARDS_MIN,
    greatest_next_share, is_inside, next_share,
};
use crate::lifecycle::{LifecycleRefusal, PolicyLife};
use crate::policy::health;
use crate::policy::kind::PolicyKind;

impl SharedState {
    /// The promotion that holds in a course, also when it holds for a share of the learners only.
    #[must_use]
    pub fn promotion(&self, course: &CourseId) -> Option<&Promotion> {
        self.lives.get(course).and_then(|life| life.promotion.as_ref())
    }

    /// The policy that decides in a course when no experiment runs: the promoted one, or else
    /// `default`, the node's. While a promotion holds for a share of the learners only, see
    /// [`Self::serving_for`].
    #[must_use]
    pub fn serving<'a>(&'a self, course: &CourseId, default: &'a PolicyId) -> &'a PolicyId {
        self.promotion(course).map_or(default, |promotion| &promotion.policy)
    }

    /// The policy that decides for one learner when no experiment runs.
    #[must_use]
    pub fn serving_for<'a>(
        &'a self,
        course: &CourseId,
        learner: &LearnerId,
        default: &'a PolicyId,
    ) -> &'a PolicyId {
        let policy = self.serving(course, default);
        match self.stages.get(course) {
            Some(stage) if !is_inside(course, policy, learner, stage.share) => {
                stage.before.as_ref().map_or(default, |before| &before.policy)
            }
            _ => policy,
        }
    }

    /// The share of a course's learners for whom a policy decides by promotion, from 0 to 1.
    #[must_use]
    pub fn promoted_share(&self, course: &CourseId, policy: &PolicyId) -> f64 {
        match self.promotion(course) {
            Some(held) if held.policy == *policy => {
                self.stages.get(course).map_or(1.0, |stage| stage.share)
            }
            _ => 0.0,
        }
    }

    /// Says whether a policy may be promoted, and to which share of the learners. `None` when it
    /// is so already: then there is nothing to journal.
    ///
    /// Errors: a [`Refusal`]: an unknown course or policy, no reason, a shadow, a policy that fails
    /// its health check, evidence that is missing or does not pass, or a stage that was left out
    /// or has seen too little.
    pub fn admit_promotion(
        &self,
        request: PromotionRequest,
    ) -> Result<Option<PolicyPromoted>, Refusal> {
        let PromotionRequest { course, policy, share, proof, reason, by } = request;
        let state = self.known_policy(&course, &policy)?;
        has_reason(&reason)?;
        let current = self.promoted_share(&course, &policy);
        // The course's own path is what everything else is held against.
        let is_free = proof == Proof::Override
            || PolicyKind::of(&policy).is_some_and(PolicyKind::follows_path);
        let share = share.unwrap_or_else(|| if is_free { 1.0 } else { next_share(current) });
        if !(0.0..=1.0).contains(&share) {
            return Err(Refusal::ShareOutOfRange { share });
        }
        if share > 0.0 && self.mode(&course, &policy) == Mode::Shadow {
            let policy = policy.to_string();
            return Err(LifecycleRefusal::ShadowServes { policy }.into());
        }
        if share > current {
            let sick = |sickness: health::Sickness| LifecycleRefusal::Unhealthy {
                policy: policy.to_string(),
                sickness: sickness.to_string(),
            };
            health::check(&state).map_err(sick)?;
            if !is_free {
                self.may_rise(&course, &policy, (current, share), &proof)?;
            }
        }
        let promoted = PolicyPromoted { course, policy, share, proof, reason, by };
        Ok((share != current).then_some(promoted))
    }

    /// What a rise from one share to another needs, where nobody overrules it.
    fn may_rise(
        &self,
        course: &CourseId,
        policy: &PolicyId,
        (current, share): (f64, f64),
        proof: &Proof,
    ) -> Result<(), LifecycleRefusal> {
        let word = || policy.to_string();
        match proof {
            Proof::Evidence(evidence) => {
                let serves = self.life(course, policy).map_or(0, PolicyLife::version);
                if let Some(version) = evidence.version.filter(|version| *version != serves) {
                    let policy = word();
                    return Err(LifecycleRefusal::EvidenceOfOther { policy, version, serves });
                }
                let shortfalls = evidence.shortfalls();
                if !shortfalls.is_empty() {
                    let mut lacking = Vec::new();
                    shortfalls.iter().for_each(|it| lacking.push(it.to_string()));
                    let lacking = lacking.join("; ");
                    return Err(LifecycleRefusal::EvidenceLacking { policy: word(), lacking });
                }
            }
            // What let the promotion begin holds for its next stages.
            _ if current > 0.0 => {}
            _ => return Err(LifecycleRefusal::EvidenceMissing { policy: word() }),
        }
        let most = greatest_next_share(current);
        if share > most {
            return Err(LifecycleRefusal::StageLeftOut { policy: word(), current, most });
        }
        let rewards = self.stages.get(course).map_or(0, |stage| stage.rewards);
        if current > 0.0 && rewards < STAGE_REWARDS_MIN {
            let needed = STAGE_REWARDS_MIN;
            return Err(LifecycleRefusal::StageTooYoung { policy: word(), rewards, needed });
        }
        Ok(())
    }

    /// Makes a promotion true, the rise or the end of one among them.
    pub(crate) fn promote(&mut self, promoted: &PolicyPromoted, entry: &Entry) {
        let PolicyPromoted { course, policy, share, reason, by, .. } = promoted.clone();
        let stage = self.stages.remove(&course);
        let life = self.lives.entry(course.clone()).or_default();
        let held = life.promotion.take();
        let goes_on = held.as_ref().is_some_and(|held| held.policy == policy);
        // What decides for the others is what decided before the first stage.
        let before = match (&stage, goes_on) {
            (Some(stage), _) => stage.before.clone(),
            (None, true) => None,
            (None, false) => held,
        };
        if share <= 0.0 {
            life.promotion = before;
            // It may be promoted again, and is then judged anew.
            if let Some(life) = life.policies.get_mut(&policy) {
                life.monitor = Default::default();
            }
            return;
        }
        let (seq, at) = (entry.seq, entry.received_at);
        life.promotion = Some(Promotion { policy, seq, at, reason, by });
        if share < 1.0 {
            let stage = stage.filter(|_| goes_on).unwrap_or_default();
            self.stages.insert(course, PromotionStage { share, before, rewards: 0, ..stage });
        }
    }

    /// Tells the stage of a course of a reward that no experiment and no holdout has a part in.
    pub(crate) fn tell_stage(&mut self, joined: &RewardJoined, began: u64) {
        let Some(stage) = self.stages.get_mut(&joined.course) else { return };
        let promotion = self.lives.get(&joined.course).and_then(|life| life.promotion.as_ref());
        let inside = promotion.is_some_and(|held| held.policy == joined.policy);
        stage.rewarded(inside, joined.value, began, joined.settled_at);
    }

    /// The end of a stage whose learners earn clearly less than the others, or whose policy would be
    /// stopped: then only the promotion ends, and what decided before goes on.
    pub(crate) fn stage_to_end(&self, course: &CourseId) -> Option<PolicyPromoted> {
        let stage = self.stages.get(course)?;
        let policy = self.promotion(course)?.policy.clone();
        let cause = match stage.cause() {
            Some(cause) => cause.to_string(),
            None => self.lives.get(course)?.cause(&policy)?.to_string(),
        };
        let reason = format!("policy {policy}: {cause}");
        let by = NEXUS.to_owned();
        let (course, proof) = (course.clone(), Proof::None);
        Some(PolicyPromoted { course, policy, share: 0.0, proof, reason, by })
    }
}
