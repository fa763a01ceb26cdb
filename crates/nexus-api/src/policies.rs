//! The life of policies: which one decides in a course, in which mode, and the versions of its
//! statistics.

mod apprentice;
pub mod evidence;

pub use apprentice::{
    ApprenticeSummary, ApprenticeTerms, ApprenticeVerdict, BatchSummary, ImitationSummary,
};

use crate::field::{self, FieldProblem};
use crate::{examples, text, time, words};
use evidence::PromotionEvidenceBody;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::lifecycle::PolicyLife;
use nexus_engine::lifecycle::holdout::{GroupTally, HoldoutSet, HoldoutTally};
use nexus_engine::lifecycle::learning::Learning;
use nexus_engine::lifecycle::mode::{Mode, PolicyModeSet};
use nexus_engine::lifecycle::monitor::{Cause, Monitor, RecentReward};
use nexus_engine::lifecycle::promotion::{
    PromotionRequest, PromotionStage, Proof, STAGE_REWARDS_MIN,
};
use nexus_engine::lifecycle::version::{PolicyLineage, PolicyOrigin};
use nexus_engine::policy::parts::PolicyParts;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::SharedState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The policies of a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyList {
    /// The id of the course.
    pub course: String,
    /// Who decides when no experiment runs.
    pub serving: ServingSummary,
    /// Learners for whom no policy decides, and all others beside them.
    pub holdout: HoldoutSummary,
    /// All policies, in the order of their words in `docs/policies.md`.
    pub policies: Vec<PolicySummary>,
}

/// Who decides in a course when no experiment runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServingSummary {
    /// The word of the policy.
    pub policy: String,
    /// Whether it was promoted; else the server's default decides.
    pub promoted: bool,
    /// Why it was promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The caller: a key, an issuer or Nexus itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "key 3b9x2k1m")]
    pub by: Option<String>,
    /// When it happened, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// Place in the journal of the promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// How far the promotion is, while it does not hold for all learners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageSummary>,
    /// Which policy decides in its place, while it is an apprentice or a shadow, or retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "static")]
    pub in_its_place: Option<String>,
}

/// A promotion that holds for a share of the learners only. Nexus ends it when the learners inside earn
/// clearly less than the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageSummary {
    /// The share of learners for whom the promoted policy decides, above 0 and below 1.
    pub share: f64,
    /// The policy that decides for the other learners.
    pub others: String,
    /// Rewards that the policy earned at this stage.
    pub rewards: u64,
    /// Rewards that it must earn before the next stage may begin.
    pub rewards_needed: u64,
    /// Mean of its latest rewards, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_mean: Option<f64>,
    /// Mean of the other learners' latest rewards, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others_reward_mean: Option<f64>,
}

impl StageSummary {
    fn new(stage: &PromotionStage, default: &PolicyId) -> Self {
        let mean = |rewards: &[RecentReward]| {
            let sum: f64 = rewards.iter().map(|reward| reward.value).sum();
            (!rewards.is_empty()).then(|| sum / rewards.len() as f64)
        };
        let others = stage.before.as_ref().map_or(default, |before| &before.policy);
        Self {
            share: stage.share,
            others: others.to_string(),
            rewards: stage.rewards,
            rewards_needed: STAGE_REWARDS_MIN,
            reward_mean: mean(&stage.inside),
            others_reward_mean: mean(&stage.outside),
        }
    }
}

/// Learners for whom no policy ever decides, beside all others. Rewards of one learner hang
/// together, so the standard errors are a little small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HoldoutSummary {
    /// The share of learners, from 0 to 0.10.
    pub share: f64,
    /// Whether it was set for this course; else it is the server's.
    pub set: bool,
    /// Those who are held out and consent to exploration.
    pub held_out: GroupSummary,
    /// Everybody else who consents, whatever policy decided.
    pub others: GroupSummary,
    /// Those who are held out and do not consent: chance has no say for them. They are in neither
    /// group above.
    pub held_out_without_consent: GroupSummary,
    /// Everybody else who does not consent: what the policy thinks most probable.
    pub others_without_consent: GroupSummary,
}

/// What is counted of a group of learners.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupSummary {
    /// Decisions, those of teachers and of the kill switch left out.
    pub decisions: u64,
    /// Rewards of these decisions.
    pub rewards: u64,
    /// The mean of these rewards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_mean: Option<f64>,
    /// Standard error of that mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_error: Option<f64>,
    /// Probes that learners answered.
    pub probes: u64,
    /// The mean grade of these probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_success: Option<f64>,
    /// Standard error of that mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_error: Option<f64>,
}

/// Sets the share of learners who are held out of all policies in a course.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::holdout)]
pub struct HoldoutRequest {
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// The share of learners, 0 to 0.10.
    #[schema(minimum = 0, maximum = 0.1)]
    pub share: f64,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// That the share stands as asked, durably.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HoldoutReceipt {
    /// The id of the course.
    pub course: String,
    /// The share of learners, 0 to 0.10.
    pub share: f64,
    /// Whether nothing changed; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal; absent of what changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

impl HoldoutRequest {
    /// What is to be journaled, done by `by`.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, by: String) -> Result<HoldoutSet, FieldProblem> {
        let course = field::course_id(&self.course, "/course")?;
        Ok(HoldoutSet { course, share: self.share, reason: field::reason(self.reason)?, by })
    }
}

impl From<&GroupTally> for GroupSummary {
    fn from(tally: &GroupTally) -> Self {
        let (reward_error, probe_error) = tally.errors();
        Self {
            decisions: tally.decisions,
            rewards: tally.rewards.n,
            reward_mean: tally.rewards.mean(),
            reward_error,
            probes: tally.probes.n,
            probe_success: tally.probes.mean(),
            probe_error,
        }
    }
}

/// One policy in one course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicySummary {
    /// The word of the policy.
    pub policy: String,
    /// Whether it serves and learns.
    pub mode: words::PolicyMode,
    /// Whether it learns from rewards while it serves.
    pub learns: bool,
    /// The latest version of its statistics; 0 when none was ever saved.
    pub version: u32,
    /// Rewards it has learned from.
    pub rewards: u64,
    /// Among those, the rewards that counted for less because they would have moved it too far.
    pub clipped: u64,
    /// What became of the rewards that were joined to its decisions.
    pub learning: LearningCounts,
    /// What would stop it; absent while it has neither decided nor earned anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<MonitorSummary>,
    /// What it would have earned since it last became a shadow; absent of what never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowSummary>,
    /// How far it is since it last became an apprentice; absent of what never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apprentice: Option<ApprenticeSummary>,
}

/// What a shadow would have earned, over the rewards of decisions that it made beside the policy
/// that served. It learned meanwhile, so this is of the policy as it was at each decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShadowSummary {
    /// Rewards that were joined to decisions.
    pub rewards: u64,
    /// How many rewards of its own they are worth: the effective sample size of the weights.
    pub effective_rewards: f64,
    /// Whether there are 500 rewards and 100 effective ones; else no estimate is given.
    pub verdict: ShadowVerdict,
    /// Mean reward it would have earned, self-normalised: narrower, with a bias that fades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_normalised: Option<f64>,
    /// The same by inverse propensity: unbiased, and wide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse_propensity: Option<f64>,
    /// Mean of the same rewards: what the policies that served earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_mean: Option<f64>,
    /// Rewards that say nothing of it: it gave no distribution, or their numbers were not sound.
    pub silent: u64,
    /// Rewards it learned from.
    pub learned: u64,
    /// Rewards it did not learn from: their learner had taught 200 in that day already.
    pub capped: u64,
}

/// Whether there is enough evidence for an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ShadowVerdict {
    /// There is enough evidence to compare.
    #[serde(rename = "enough evidence")]
    Enough,
    /// There is not yet.
    #[serde(rename = "not enough evidence")]
    NotEnough,
}

nexus_engine::words!(ShadowVerdict {
    Enough => "enough evidence",
    NotEnough => "not enough evidence",
});

/// What became of the rewards of a policy that learns: the five add up to the rewards joined to
/// its decisions in this course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LearningCounts {
    /// It learned from them.
    pub learned: u64,
    /// Their numbers were not sound.
    pub refused: u64,
    /// Their learner had taught 200 in that day already.
    pub capped: u64,
    /// Rewards that came while the policy was frozen.
    pub frozen: u64,
    /// It had not chosen: a pin or the course's own path was served in its place.
    pub not_chosen: u64,
}

/// What is watched of a policy since its monitor began: when the policy first decided, or when the
/// kill switch was last released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonitorSummary {
    /// Decisions that were its to make.
    pub decisions: u64,
    /// Among the latest 50, those in which it gave no distribution; 5 stop it.
    pub errors: u32,
    /// How much it spread its probability lately before the floor, where it had a choice: entropy
    /// divided by that of equal chances. 1 for policies that do not spread by doubt.
    pub spread: f64,
    /// Recent rewards, at most 200.
    pub recent_rewards: u64,
    /// The mean of the recent rewards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent_mean: Option<f64>,
    /// Rewards before the recent ones.
    pub before_rewards: u64,
    /// The mean of the rewards before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_mean: Option<f64>,
    /// Why it would be stopped now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// The versions of a policy's statistics in a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersionList {
    /// The id of the course.
    pub course: String,
    /// The word of the policy.
    pub policy: String,
    /// The latest hundred, the newest first.
    pub versions: Vec<PolicyVersionSummary>,
}

/// A version of a policy's statistics: where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersionSummary {
    /// The word of the policy.
    pub policy: String,
    /// The number of the version.
    pub version: u32,
    /// The version before it.
    pub parent: u32,
    /// The last journal entry that it knows of.
    pub through: u64,
    /// Its place in the journal.
    pub seq: u64,
    /// When it happened, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// How it came about.
    pub origin: words::VersionOrigin,
    /// The older version that was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u32>,
    /// Who asked for it.
    #[schema(example = "key 3b9x2k1m")]
    pub asked_by: String,
    /// The reason that the caller gave.
    pub reason: String,
    /// BLAKE3 digest of its statistics.
    pub digest: String,
}

/// A version with its statistics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersionBody {
    /// Where it comes from.
    #[serde(flatten)]
    pub summary: PolicyVersionSummary,
    /// The statistics, as they can be published again.
    pub statistics: PolicyStatistics,
}

/// The statistics of a policy, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyStatistics {
    /// Whole numbers: `rewards`, `refused` and `clipped` of a linear model.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// Lists of numbers: `precision` (the lower triangle, column by column) and `response` of a
    /// linear model; `departures` of the retired ensemble, ten a feature.
    pub numbers: BTreeMap<String, Vec<f64>>,
}

/// Saves what a policy has learned, or publishes statistics that were made elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::policy_version)]
pub struct VersionRequest {
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
    /// Statistics to publish in the place of what serves. When absent, what serves is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<PolicyStatistics>,
    /// The last journal entry that these statistics know of; needed with `statistics`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<u64>,
    /// The version that they were made to replace; when another one came first, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
}

/// Makes a policy the one that decides when no experiment runs, stage by stage: it begins with a
/// small share of the learners, and the same request again is the next stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::promote)]
pub struct PromoteRequest {
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// The share of learners for whom it decides; the next stage (0.01, 0.1, 0.5, 1) when absent. A
    /// smaller one than now steps back, and 0 ends the promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub share: Option<f64>,
    /// What is known of the policy, as `nexus evaluate gate --json` prints it; needed to begin, but
    /// not for `static`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<PromotionEvidenceBody>,
    /// Promote without evidence and without stages. It takes a key with the scope
    /// `policies:override`, and the journal keeps it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub r#override: bool,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// Puts an older version in the place of what serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::rollback)]
pub struct RollbackRequest {
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// The version to restore.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// Sets whether a policy serves and learns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::mode)]
pub struct ModeRequest {
    /// The id of the course.
    #[schema(value_type = text::CourseId)]
    pub course: String,
    /// Whether it serves and learns from now on.
    #[schema(value_type = words::PolicyMode)]
    pub mode: String,
    /// The terms of an apprentice; the usual ones when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apprentice: Option<ApprenticeTerms>,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

/// That a version was made, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionReceipt {
    /// The word of the policy.
    pub policy: String,
    /// The number of the version.
    pub version: u32,
    /// Its place in the journal.
    pub seq: u64,
    /// BLAKE3 digest of its statistics.
    pub digest: String,
    /// Whether the latest version was exactly this already; then nothing was journaled.
    pub duplicate: bool,
}

/// That it stands as asked, durably.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyReceipt {
    /// The word of the policy.
    pub policy: String,
    /// Whether nothing changed; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal; absent of what changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Of a promotion: the share of learners for whom the policy decides now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

/// Reads the word of a policy that stands in an address.
///
/// Errors: when it cannot be a policy's.
pub fn policy_word(text: &str) -> Result<PolicyId, FieldProblem> {
    field::policy_id(text, "")
}

impl VersionRequest {
    /// Course, reason, statistics with their `through`, and parent.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, policy: &PolicyId) -> Result<VersionAsked, FieldProblem> {
        let trained = match (self.statistics, self.through) {
            (None, None) => None,
            (Some(statistics), Some(through)) => {
                let PolicyStatistics { counts, numbers } = statistics;
                let word = policy.to_string();
                Some((PolicyParts { word, counts, numbers }, through))
            }
            (Some(_), None) => {
                let detail = "say which journal entry the statistics know last";
                return Err(FieldProblem::new("/through", "missing", detail));
            }
            (None, Some(_)) => {
                let detail = "only statistics made elsewhere have a `through` of their own";
                return Err(FieldProblem::new("/through", "unexpected", detail));
            }
        };
        Ok(VersionAsked {
            course: field::course_id(&self.course, "/course")?,
            reason: field::reason(self.reason)?,
            trained,
            parent: self.parent,
        })
    }
}

/// A version to make.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionAsked {
    /// The id of the course.
    pub course: CourseId,
    /// The reason that the caller gave.
    pub reason: String,
    /// Statistics made elsewhere, and the last entry they know of; what serves is saved without.
    pub trained: Option<(PolicyParts, u64)>,
    /// The version that it is to follow, when that matters.
    pub parent: Option<u32>,
}

impl PromoteRequest {
    /// What is to be journaled, done by `by`.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, policy: PolicyId, by: String) -> Result<PromotionRequest, FieldProblem> {
        let course = field::course_id(&self.course, "/course")?;
        if self.r#override && self.evidence.is_some() {
            let detail = "what is promoted by evidence overrides nothing";
            return Err(FieldProblem::new("/override", "unexpected", detail));
        }
        let evidence = self.evidence.map(|evidence| evidence.read(&course, &policy)).transpose()?;
        let proof = match evidence {
            Some(evidence) => Proof::Evidence(Box::new(evidence)),
            None if self.r#override => Proof::Override,
            None => Proof::None,
        };
        let (share, reason) = (self.share, field::reason(self.reason)?);
        Ok(PromotionRequest { course, policy, share, proof, reason, by })
    }
}

impl RollbackRequest {
    /// Course, version and reason.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self) -> Result<(CourseId, u32, String), FieldProblem> {
        let course = field::course_id(&self.course, "/course")?;
        Ok((course, self.version, field::reason(self.reason)?))
    }
}

impl ModeRequest {
    /// What is to be journaled, done by `by`.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, policy: PolicyId, by: String) -> Result<PolicyModeSet, FieldProblem> {
        let course = field::course_id(&self.course, "/course")?;
        let unknown = || {
            let detail =
                format!("a mode is live, frozen, shadow or apprentice, not {:?}", self.mode);
            FieldProblem::new("/mode", "unknown_mode", detail)
        };
        let mode = Mode::from_word(&self.mode).ok_or_else(unknown)?;
        if self.apprentice.is_some() && mode != Mode::Apprentice {
            let detail = "only an apprentice has terms";
            return Err(FieldProblem::new("/apprentice", "unexpected", detail));
        }
        let apprentice = match mode {
            Mode::Apprentice => Some(self.apprentice.unwrap_or_default().read()?),
            Mode::Live | Mode::Frozen | Mode::Shadow => None,
        };
        Ok(PolicyModeSet {
            course,
            policy,
            mode,
            apprentice,
            reason: field::reason(self.reason)?,
            by,
        })
    }
}

impl PolicyList {
    /// The policies of a published course, where `default` decides unless one was promoted, and
    /// `share` of the learners are held out unless another share was set.
    #[must_use]
    pub fn new(shared: &SharedState, course: &CourseId, default: &PolicyId, share: f64) -> Self {
        let life = shared.lives.get(course);
        let promotion = life.and_then(|life| life.promotion.as_ref());
        let serving = ServingSummary {
            policy: shared.serving(course, default).to_string(),
            promoted: promotion.is_some(),
            reason: promotion.map(|held| held.reason.clone()),
            by: promotion.map(|held| held.by.clone()),
            at: promotion.map(|held| time::print(held.at)),
            seq: promotion.map(|held| held.seq),
            stage: shared.stages.get(course).map(|stage| StageSummary::new(stage, default)),
            in_its_place: shared
                .stand_in(course, shared.serving(course, default))
                .map(|policy| policy.to_string()),
        };
        let none = PolicyLife::default();
        let summary = |word: &&str| {
            let policy = PolicyId::new(word).ok()?;
            let state = shared.policy(course, &policy)?;
            let cause = life.and_then(|life| life.cause(&policy));
            let life = life.and_then(|life| life.policies.get(&policy)).unwrap_or(&none);
            Some(PolicySummary::new(&state, life, cause))
        };
        let policies = PolicyState::WORDS.iter().filter_map(summary).collect();
        let empty = HoldoutTally::default();
        let groups = life.map_or(&empty, |life| &life.groups);
        let holdout = HoldoutSummary {
            share: shared.holdout_share(course, share),
            set: life.is_some_and(|life| life.holdout.is_some()),
            held_out: (&groups.held_out).into(),
            others: (&groups.others).into(),
            held_out_without_consent: (&groups.held_out_without_consent).into(),
            others_without_consent: (&groups.others_without_consent).into(),
        };
        Self { course: course.to_string(), serving, holdout, policies }
    }
}

impl PolicySummary {
    /// A policy with its statistics and its life, and what stops it now.
    #[must_use]
    pub fn new(state: &PolicyState, life: &PolicyLife, cause: Option<Cause>) -> Self {
        let parts = state.parts();
        let count = |name: &str| parts.counts.get(name).copied().unwrap_or(0);
        Self {
            policy: state.word().to_owned(),
            mode: life.mode.into(),
            learns: state.learns(),
            version: life.version(),
            rewards: count("rewards"),
            clipped: count("clipped"),
            learning: LearningCounts::from(life.learning),
            monitor: MonitorSummary::of(&life.monitor, cause),
            shadow: ShadowSummary::of(life),
            apprentice: ApprenticeSummary::of(life),
        }
    }
}

impl From<Learning> for LearningCounts {
    fn from(learning: Learning) -> Self {
        let Learning { learned, refused, capped, frozen, not_chosen } = learning;
        Self { learned, refused, capped, frozen, not_chosen }
    }
}

impl MonitorSummary {
    fn of(monitor: &Monitor, cause: Option<Cause>) -> Option<Self> {
        let (recent, before) = (&monitor.recent_moments, &monitor.before);
        (monitor.decisions > 0 || recent.n > 0).then(|| Self {
            decisions: monitor.decisions,
            errors: monitor.errors_lately(),
            spread: monitor.normalized_entropy,
            recent_rewards: recent.n,
            recent_mean: recent.mean(),
            before_rewards: before.n,
            before_mean: before.mean(),
            cause: cause.map(|cause| cause.to_string()),
        })
    }
}

impl ShadowSummary {
    fn of(life: &PolicyLife) -> Option<Self> {
        let worth = &life.worth;
        let told = worth.rewards + worth.silent > 0 || life.mode == Mode::Shadow;
        let enough = worth.has_evidence();
        told.then(|| Self {
            rewards: worth.rewards,
            effective_rewards: worth.effective_rewards(),
            verdict: if enough { ShadowVerdict::Enough } else { ShadowVerdict::NotEnough },
            self_normalised: worth.self_normalised().filter(|_| enough),
            inverse_propensity: worth.inverse_propensity().filter(|_| enough),
            served_mean: worth.served_mean().filter(|_| enough),
            silent: worth.silent,
            learned: worth.learned,
            capped: worth.capped,
        })
    }
}

impl PolicyVersionSummary {
    /// A version that was made at a place and a moment.
    #[must_use]
    pub fn new(policy: &PolicyId, lineage: &PolicyLineage, seq: u64, at: Timestamp) -> Self {
        let restored_from = match lineage.origin {
            PolicyOrigin::Restored { version } => Some(version),
            PolicyOrigin::Saved | PolicyOrigin::Trained => None,
        };
        Self {
            policy: policy.to_string(),
            version: lineage.version,
            parent: lineage.parent,
            through: lineage.through,
            seq,
            at: time::print(at),
            origin: lineage.origin.into(),
            restored_from,
            asked_by: lineage.asked_by.clone(),
            reason: lineage.reason.clone(),
            digest: hexadecimal(&lineage.digest),
        }
    }
}

impl From<PolicyParts> for PolicyStatistics {
    fn from(parts: PolicyParts) -> Self {
        let PolicyParts { word: _, counts, numbers } = parts;
        Self { counts, numbers }
    }
}

/// A digest as sixty-four hexadecimal digits.
#[must_use]
pub fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
