//! The audit page of a decision: everything it was made of, and what came of it.

use super::{ClientSoftware, ContextRecord, ExplanationText, RewardWeights, title};
use crate::constraints::ConstraintSummary;
use crate::plans::PlanRecord;
use crate::policies::ImitationSummary;
use crate::strategies::StrategyRecord;
use crate::{time, words};
use nexus_engine::catalog::Course;
use nexus_engine::decision::candidates::Exclusion;
use nexus_engine::decision::reward::{Ending, OpenDecision, RewardClosed, RewardJoined};
use nexus_engine::decision::{Decision, FeatureVector, SkillThen};
use nexus_engine::policy::context::names_of;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One decision, complete: enough to check it, explain it, and draw it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionAudit {
    /// What was decided, and from what.
    #[serde(flatten)]
    pub record: DecisionRecord,
    /// Its place in the journal.
    pub seq: u64,
    /// Title of the chosen activity.
    pub title: String,
    /// The reasons for this activity, in words.
    pub explanation: ExplanationText,
    /// When it was shown, by the site's word or because its activity was started; as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub exposed_at: Option<String>,
    /// The constraints among `constraints` in full, as their teachers set them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints_in_full: Vec<ConstraintSummary>,
    /// What it is worth, component by component.
    pub reward_weights: RewardWeights,
    /// What came of it.
    pub reward: RewardOutcome,
}

/// What a decision was made of, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionRecord {
    /// The id of the decision.
    pub decision_id: String,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The version of the course.
    pub course_version: u32,
    /// When the decision was made, in RFC 3339.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// Until when its reward may come.
    #[schema(format = DateTime)]
    pub reward_window_ends_at: String,
    /// The policy that decided.
    pub policy: String,
    /// How many rewards that policy had learned from.
    pub policy_version: u64,
    /// The experiment it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// The version of the experiment's definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_version: Option<u32>,
    /// The name of the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The activity that was drawn.
    pub activity: String,
    /// The probability of the choice that was made.
    pub propensity: f64,
    /// What the draw's randomness came from; a text, because it needs 64 bits.
    pub seed: String,
    /// Probability spread evenly over the candidates.
    pub floor: f64,
    /// Why nothing was left to chance, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<words::WithheldReason>,
    /// How far the rules were relaxed.
    pub relaxation: words::Relaxation,
    /// Whether the session had lasted as long as the course wants it to; absent when not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session_over: bool,
    /// Why the course's own path was served instead of what the policy chose, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<words::Fallback>,
    /// The teacher's pin that chose instead of the policy, if one did. Then `propensity` is 1 and
    /// means nothing: do not learn from this choice.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub overridden_by: Option<String>,
    /// Ids of the teachers' constraints that had a say: the pin that chose, and what was blocked or capped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// The candidates in path order; probabilities sum to 1.
    pub candidates: Vec<CandidateRecord>,
    /// The activities that could not be chosen, with the reason.
    pub exclusions: Vec<ExclusionRecord>,
    /// What the policy saw of the chosen activity.
    pub features: Vec<FeatureRecord>,
    /// Version of the feature schema that they follow.
    pub feature_schema: u32,
    /// What the site said of the moment, when it said anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextRecord>,
    /// The software that asked, when it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientSoftware>,
    /// What was believed of the chosen activity's skills then.
    pub skills: Vec<SkillRecord>,
    /// A question drawn at random to measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeRecord>,
    /// The strategy that the learner was taught by; of old decisions by `strategic` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyRecord>,
    /// The whole plan that the learner is taught by; of decisions by `plans` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRecord>,
    /// The apprentice in whose place `policy` decided, and what it would have chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apprentice: Option<ImitationSummary>,
}

/// One candidate of a decision, as journaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CandidateRecord {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// Its probability, the floor included.
    pub probability: f64,
    /// The policy's expected reward, when it has one.
    pub estimate: Option<f64>,
    /// What the learner's strategy adds to it, at most 0; of old decisions by `strategic` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<f64>,
}

/// An activity that could not be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExclusionRecord {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The reason that the caller gave.
    pub reason: words::ExclusionReason,
}

/// One number that the policy looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeatureRecord {
    /// The name that identifies it.
    pub name: String,
    /// The value under this name.
    pub value: f64,
    /// What the policy's model expected one unit of it to be worth, when a model decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Its part in the estimate of the chosen activity: value times weight. The parts sum to the
    /// estimate, but for rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution: Option<f64>,
}

/// A skill as it was believed then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SkillRecord {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Predicted success on the skill's median question.
    pub expected_success: f64,
    /// Probability that the skill is mastered.
    pub mastered_probability: f64,
    /// Answers in this skill before the decision.
    pub attempts: u32,
}

/// A question drawn at random to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProbeRecord {
    /// The id of the question.
    pub question: String,
    /// Probability with which it was asked.
    pub propensity: f64,
}

/// Whether a decision still waits for its reward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RewardState {
    /// Its reward may still come.
    #[default]
    Open,
    /// Its reward has come and is joined.
    Joined,
    /// It will get none: missing, not zero.
    Closed,
}

/// How the activity of a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityEnding {
    /// The activity was completed as advised.
    Completed,
    /// The learner skipped it, or left it for another activity.
    Abandoned,
    /// Left after a new version of the course had taken it away.
    Withdrawn,
}

/// What came of a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RewardOutcome {
    /// Whether it still waits.
    pub state: RewardState,
    /// Why it was closed without a reward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<words::ClosedReason>,
    /// The reward, once it is joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<RewardRecord>,
    /// While it waits: when its activity was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// While it waits: how its activity ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<ActivityEnding>,
    /// While it waits: first attempts at the activity's own questions so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<u16>,
    /// While it waits: the learning gain, once measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<f64>,
}

/// A reward, taken apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RewardRecord {
    /// The decision it belongs to.
    pub decision_id: String,
    /// The policy that learns from it.
    pub policy: String,
    /// When it was complete.
    #[schema(format = DateTime)]
    pub settled_at: String,
    /// The reward, from -1 to 1.
    pub value: f64,
    /// Whether nothing was measured that counts: then `value` is 0 and says nothing, and no policy
    /// learned from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmeasured: bool,
    /// The course version whose declaration it was computed under; absent in rewards from before courses declared any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course_version: Option<u32>,
    /// Learning gain: right (1) or not (0) minus what was predicted before the activity.
    pub gain: Option<f64>,
    /// What measured the gain.
    pub gain_source: Option<words::GainSource>,
    /// Delayed learning gain, when the course declares one and it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed_gain: Option<f64>,
    /// Centred success on the activity's own questions.
    pub success: Option<f64>,
    /// Mean grade of the activity's own questions: reported, never rewarded.
    pub raw_success: Option<f64>,
    /// Minutes spent divided by the course's median.
    pub cost: f64,
    /// Whether the activity was abandoned.
    pub abandoned: bool,
    /// What the learning site reported, by component.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reported: BTreeMap<String, f64>,
    /// Components that never came and counted as the default that the course declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defaulted: Vec<String>,
    /// Probability with which the activity was chosen.
    pub propensity: f64,
    /// Whether a teacher's pin chose it: then `propensity` means nothing, and no policy learned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridden: bool,
}

impl DecisionRecord {
    /// A decision with the words of its course, as far as the course is at hand.
    #[must_use]
    pub fn new(decision: &Decision, course: Option<&Course>) -> Self {
        let Decision { origin, choice, rules, .. } = decision;
        let chosen = decision.chosen();
        let assignment = origin.decider.assignment.as_ref();
        let used = decision.strategy.as_deref();
        let named =
            |activity: &str| course.map(|course| title(course, activity)).unwrap_or_default();
        Self {
            decision_id: origin.id.to_string(),
            learner: decision.learner.to_string(),
            course: decision.course.to_string(),
            course_version: origin.window.course_version,
            made_at: time::print(origin.window.made_at),
            reward_window_ends_at: time::print(origin.window.ends_at),
            policy: origin.decider.policy.to_string(),
            policy_version: choice.policy_version,
            experiment: assignment.map(|side| side.experiment.to_string()),
            experiment_version: assignment.map(|side| side.version),
            variant: assignment.map(|side| side.variant.to_string()),
            activity: chosen.activity.to_string(),
            propensity: chosen.probability,
            seed: choice.seed.0.to_string(),
            floor: choice.floor,
            withheld: choice.withheld.map(Into::into),
            relaxation: rules.relaxation.into(),
            session_over: rules.session_over,
            fallback: choice.fallback.map(Into::into),
            overridden_by: choice.overridden_by.as_ref().map(ToString::to_string),
            constraints: rules.constraints.iter().map(ToString::to_string).collect(),
            candidates: decision
                .choice
                .candidates
                .iter()
                .enumerate()
                .map(|(place, candidate)| CandidateRecord {
                    activity: candidate.activity.to_string(),
                    title: named(candidate.activity.as_str()),
                    probability: candidate.probability,
                    estimate: candidate.estimate,
                    preference: used.and_then(|used| used.preferences.get(place).copied()),
                })
                .collect(),
            exclusions: exclusions(&rules.exclusions, course),
            features: features(decision),
            feature_schema: origin.features.schema,
            context: ContextRecord::of(decision, course),
            client: decision.request.client.as_deref().map(ClientSoftware::from),
            skills: decision.skills.iter().map(|skill| SkillRecord::new(skill, course)).collect(),
            probe: decision.probe.as_ref().map(|probe| ProbeRecord {
                question: probe.question.to_string(),
                propensity: probe.propensity,
            }),
            strategy: used.map(StrategyRecord::from),
            plan: decision.plan.as_deref().map(PlanRecord::from),
            apprentice: decision.apprentice.as_ref().map(ImitationSummary::from),
        }
    }
}

/// The journal keeps one reason an activity in file order; their names come from the course.
fn exclusions(exclusions: &[Exclusion], course: Option<&Course>) -> Vec<ExclusionRecord> {
    let activities = course.map(|course| course.activities.as_slice()).unwrap_or_default();
    let excluded = |exclusion: &&Exclusion| **exclusion != Exclusion::Eligible;
    let pairs = activities.iter().zip(exclusions);
    pairs
        .filter(|(_, exclusion)| excluded(exclusion))
        .map(|(activity, exclusion)| ExclusionRecord {
            activity: activity.id.to_string(),
            title: activity.title.clone(),
            reason: exclusion.into(),
        })
        .collect()
}

fn features(decision: &Decision) -> Vec<FeatureRecord> {
    let FeatureVector { schema, values } = &decision.origin.features;
    let weights = &decision.weights;
    let named = names_of(*schema).iter().zip(values).enumerate();
    named
        .map(|(place, (name, value))| {
            let weight = weights.get(place).copied();
            let contribution = weight.map(|weight| weight * value);
            FeatureRecord { name: (*name).to_owned(), value: *value, weight, contribution }
        })
        .collect()
}

impl SkillRecord {
    fn new(then: &SkillThen, course: Option<&Course>) -> Self {
        let skills = course.map(|course| course.skills.as_slice()).unwrap_or_default();
        let skill = skills.iter().find(|skill| skill.id == then.skill);
        Self {
            skill: then.skill.to_string(),
            title: skill.map(|skill| skill.title.clone()).unwrap_or_default(),
            expected_success: then.expected_success,
            mastered_probability: then.mastered_probability,
            attempts: then.attempts,
        }
    }
}

impl RewardOutcome {
    /// The outcome of a decision with a reward.
    #[must_use]
    pub fn joined(joined: &RewardJoined) -> Self {
        let reward = Some(RewardRecord::new(joined));
        Self { state: RewardState::Joined, reward, ..Self::default() }
    }

    /// It will get none.
    #[must_use]
    pub fn closed(closed: &RewardClosed) -> Self {
        let reason = Some(closed.reason.into());
        Self { state: RewardState::Closed, reason, ..Self::default() }
    }

    /// It waits; what was observed so far.
    #[must_use]
    pub fn open(open: &OpenDecision) -> Self {
        let ended = open.run.ended.map(|ending| match ending {
            Ending::Completed => ActivityEnding::Completed,
            Ending::Abandoned => ActivityEnding::Abandoned,
            Ending::Withdrawn => ActivityEnding::Withdrawn,
        });
        Self {
            started_at: open.run.started_at.map(time::print),
            ended,
            answers: Some(open.observed.answers),
            // What several measurements come to is said when the reward is complete.
            gain: (open.observed.gain.count == 1).then_some(open.observed.gain.value),
            ..Self::default()
        }
    }
}

impl RewardRecord {
    /// A reward as the journal keeps it.
    #[must_use]
    pub fn new(joined: &RewardJoined) -> Self {
        Self {
            decision_id: joined.decision.to_string(),
            policy: joined.policy.to_string(),
            settled_at: time::print(joined.settled_at),
            value: joined.value,
            unmeasured: joined.unmeasured,
            course_version: joined.course_version,
            gain: joined.gain.map(|gain| gain.surprise),
            gain_source: joined.gain.map(|gain| gain.source.into()),
            delayed_gain: joined.delayed_gain,
            success: joined.success,
            raw_success: joined.raw_success,
            cost: joined.cost,
            abandoned: joined.abandoned,
            reported: joined.reported.iter().map(|(name, it)| (name.to_string(), *it)).collect(),
            defaulted: joined.defaulted.iter().map(ToString::to_string).collect(),
            propensity: joined.propensity,
            overridden: joined.overridden,
        }
    }
}
