//! Promotion: a policy becomes what decides in a course whenever no experiment runs there.
//!
//! A policy is promoted by stages. First it decides for a small share of the learners, chosen by a
//! hash of their ids, then for more, then for all; what decided before decides for the others. At
//! every stage both groups are compared, and Nexus ends a stage by itself whose learners earn
//! clearly less. To begin, a policy needs evidence that passes the gate of
//! [`super::evidence`]; a person with the scope for it may overrule the gate, and the journal says so.

use super::evidence::PromotionEvidence;
use super::monitor::{Fall, RECENT, RecentReward};
use crate::ids::{CourseId, LearnerId, PolicyId};
use crate::time::Timestamp;
use nexus_stats::assignment::bucket;
use nexus_stats::moments::ExactMoments;
use std::fmt;

/// The greatest shares of the stages, in their order. A promotion may rise into the next stage, and
/// not beyond it.
pub const STAGES: [f64; 3] = [0.10, 0.50, 1.0];
/// The share that a promotion begins with unless another was asked for.
pub const FIRST_SHARE: f64 = 0.01;
/// Rewards that a stage must have earned before the next one begins.
pub const STAGE_REWARDS_MIN: u64 = 20;
/// How far the rewards of a stage must lie below those of the other learners for Nexus to end it, in
/// standard errors of the difference with learners as clusters. It is asked after every reward.
pub const STAGE_ERRORS: f64 = 4.0;
/// The same in rewards: less is not worth a stop.
pub const STAGE_FALL: f64 = 0.05;

/// Someone promoted a policy, or changed the share of learners for whom it decides.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyPromoted {
    pub course: CourseId,
    pub policy: PolicyId,
    /// The share of learners for whom it decides, from 0 to 1. At 0 the promotion ends.
    pub share: f64,
    pub proof: Proof,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// A request to promote a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PromotionRequest {
    pub course: CourseId,
    pub policy: PolicyId,
    /// The share of learners, from 0 to 1; `None` asks for the next stage.
    pub share: Option<f64>,
    pub proof: Proof,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who asks, in words.
    pub by: String,
}

/// What a promotion rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Proof {
    /// Nothing was given: enough for the course's own path, for the next stage of a promotion, for
    /// a smaller share, and for promotions of before there was a gate.
    #[default]
    None,
    /// Evidence that the gate judges.
    Evidence(Box<PromotionEvidence>),
    /// A person overruled the gate and its stages.
    Override,
}

/// The promotion that holds in a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    pub policy: PolicyId,
    /// Place in the journal of the event that promoted it.
    pub seq: u64,
    pub at: Timestamp,
    pub reason: String,
    pub by: String,
}

/// How far a promotion has come that does not hold for all learners yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PromotionStage {
    /// The share of learners for whom the policy decides, above 0 and below 1.
    pub share: f64,
    /// The promotion that holds for the other learners; `None` is the node's default.
    pub before: Option<Promotion>,
    /// Rewards that the policy has earned since the stage began.
    pub rewards: u64,
    /// Its latest rewards since its first stage, the oldest first, at most [`RECENT`].
    pub inside: Vec<RecentReward>,
    /// The latest rewards of the other learners in that time, the oldest first, at most [`RECENT`].
    pub outside: Vec<RecentReward>,
}

/// Why Nexus ends a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageCause {
    /// Mean of the latest rewards of the policy.
    pub inside: f64,
    /// Mean of the latest rewards of the other learners.
    pub outside: f64,
}

impl fmt::Display for StageCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inside, outside } = self;
        write!(
            f,
            "the mean of its latest rewards is {inside:.3}, that of the other learners {outside:.3}"
        )
    }
}

/// The share that a promotion goes on with when none was asked for.
#[must_use]
pub fn next_share(current: f64) -> f64 {
    if current <= 0.0 {
        return FIRST_SHARE;
    }
    STAGES.into_iter().find(|share| *share > current).unwrap_or(1.0)
}

/// The greatest share that a promotion may have next.
#[must_use]
pub fn greatest_next_share(current: f64) -> f64 {
    STAGES.into_iter().find(|share| *share > current).unwrap_or(1.0)
}

/// Whether a learner is among the share of a course for whom a promoted policy decides. At a
/// greater share it is the same learners, and others besides.
#[must_use]
pub fn is_inside(course: &CourseId, policy: &PolicyId, learner: &LearnerId, share: f64) -> bool {
    share >= 1.0 || bucket(&format!("promotion:{course}:{policy}"), learner.as_str()) < share
}

impl PromotionStage {
    /// Takes in a reward, of the policy or of what decides for the other learners. `began` is the
    /// entry with which the learner began the course: no name, so that an erasure changes nothing.
    pub(crate) fn rewarded(&mut self, inside: bool, value: f64, began: u64, at: Timestamp) {
        if !value.is_finite() {
            return;
        }
        self.rewards += u64::from(inside);
        let kept = if inside { &mut self.inside } else { &mut self.outside };
        if kept.len() == RECENT {
            kept.remove(0);
        }
        kept.push(RecentReward::of(value, began, at));
    }

    /// What ends the stage now, if something does.
    #[must_use]
    pub fn cause(&self) -> Option<StageCause> {
        // Both sides must have enough learners: either may be the small one.
        let moments = |rewards: &[RecentReward]| {
            let mut moments = ExactMoments::default();
            rewards.iter().for_each(|reward| moments.add(reward.value));
            moments.summary()
        };
        let (inside, outside) = (moments(&self.inside)?, moments(&self.outside)?);
        if outside.mean - inside.mean < STAGE_FALL {
            return None;
        }
        let fall = Fall::of(&self.inside, &outside)?;
        let other = Fall::of(&self.outside, &inside)?;
        let fall = Fall { variance: fall.variance.max(other.variance), ..fall };
        let fewest = Fall { learners: fall.learners.min(other.learners), ..fall };
        let cause = StageCause { inside: inside.mean, outside: outside.mean };
        fewest.exceeds(STAGE_ERRORS, STAGE_FALL).then_some(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    /// So many rewards of both sides of a stage, the learners inside lower by `harm`, each learner with
    /// a level of their own.
    fn is_ended(harm: f64, learners: u64, rewards: u64, seed: u64) -> bool {
        let mut stream = Stream::new(seed);
        let mut stage = PromotionStage { share: 0.1, ..PromotionStage::default() };
        let levels: Vec<f64> = (0..2 * learners).map(|_| 0.15 * stream.normal()).collect();
        for number in 0..rewards {
            let who = number % (2 * learners);
            let inside = who < learners;
            let mean = levels[who as usize] - if inside { harm } else { 0.0 };
            let value = (mean + 0.4 * stream.normal()).clamp(-1.0, 1.0);
            stage.rewarded(inside, value, who, Timestamp(number as i64));
            if stage.cause().is_some() {
                return true;
            }
        }
        false
    }

    /// Of two groups that earn the same, hardly ever is one stopped, however often it is looked at.
    #[test]
    fn chance_ends_a_stage_once_in_a_hundred_at_most() {
        let ended = (0..300).filter(|seed| is_ended(0.0, 40, 2_000, 7_000 + seed)).count();
        assert!(ended <= 3, "{ended} of 300");
    }

    #[test]
    fn what_does_harm_is_ended() {
        let ended = (0..100).filter(|seed| is_ended(0.3, 40, 2_000, 8_000 + seed)).count();
        assert!(ended >= 80, "{ended} of 100");
    }

    #[test]
    fn a_few_learners_say_too_little() {
        assert!(!is_ended(0.8, 8, 2_000, 1));
    }

    #[test]
    fn stages_rise_one_after_the_other() {
        let shares: Vec<f64> = std::iter::successors(Some(next_share(0.0)), |share| {
            (*share < 1.0).then(|| next_share(*share))
        })
        .collect();
        assert_eq!(shares, [0.01, 0.10, 0.50, 1.0]);
        let greatest: Vec<f64> = [0.0, 0.05, 0.10, 0.3, 0.5, 0.9].map(greatest_next_share).into();
        assert_eq!(greatest, [0.10, 0.10, 0.50, 0.50, 1.0, 1.0]);
    }

    #[test]
    fn a_greater_share_keeps_who_was_inside() {
        let (course, policy) = (CourseId::new("sums").unwrap(), PolicyId::new("lin-ts").unwrap());
        let learners = (0..10_000).map(|n| LearnerId::new(&format!("learner-{n}")).unwrap());
        let (mut few, mut more) = (0, 0);
        for learner in learners {
            let [inside, later] =
                [0.1, 0.5].map(|share| is_inside(&course, &policy, &learner, share));
            assert!(later || !inside, "{learner} left");
            (few, more) = (few + u32::from(inside), more + u32::from(later));
            assert!(is_inside(&course, &policy, &learner, 1.0));
            assert!(!is_inside(&course, &policy, &learner, 0.0));
        }
        assert!((900..1_100).contains(&few) && (4_850..5_150).contains(&more), "{few} {more}");
    }
}
