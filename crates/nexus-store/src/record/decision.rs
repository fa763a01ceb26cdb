//! One draw of a policy.

use super::belief::BeliefBody;
use super::experiment::AssignmentBody;
use super::number::{Number, floats, list};
use super::site_context::ContextBody;
use super::strategy::UsedBody;
use super::{RecordFault, VERSION, exclusions, from_json, id, schema, to_json, versioned};
use nexus_engine::decision::beside::{Imitation, ShadowChoice};
use nexus_engine::decision::candidates::Relaxation;
use nexus_engine::decision::exploration::Withheld;
use nexus_engine::decision::{
    ActivityChoice, ClientSoftware, Considered, Decider, Decision, DecisionOrigin, Fallback,
    FeatureVector, Probe, RequestFacts, RewardWindow, RulesApplied, SkillThen,
};
use nexus_engine::event::Event;
use nexus_engine::plan::{Plan, PlanUsed};
use nexus_engine::seed::Seed;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    v: u32,
    at: i64,
    decision: String,
    learner: String,
    course: String,
    course_version: u32,
    window_ends_at: i64,
    seed: String,
    policy: String,
    policy_version: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    holdout: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    session_over: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignment: Option<AssignmentBody>,
    floor: Number,
    /// Why nothing was left to chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withheld: Option<String>,
    candidates: Vec<(String, Number, Option<Number>)>,
    chosen: u64,
    exclusions: String,
    relaxation: String,
    /// Version of the feature schema. Bodies of the first schema lack it.
    #[serde(default = "schema::first", skip_serializing_if = "schema::is_first")]
    schema: u32,
    features: Vec<Number>,
    /// What the site said of the moment. Older bodies lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<ContextBody>,
    /// The software that asked. Older bodies lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<ClientBody>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    weights: Vec<Number>,
    before: BeliefBody,
    skills: Vec<SkillBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probe: Option<ProbeBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
    /// The pin that chose instead of the policy.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    overridden_by: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    constraints: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strategy: Option<UsedBody>,
    /// The whole plan that it was made by. Older bodies lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<PlanBody>,
    /// Shadow, its version, its probability of what was served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beside: Vec<(String, u64, Option<Number>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apprentice: Option<ImitationBody>,
}

/// The whole plan that a decision was made by. The shares stand with the decision that drew it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanBody {
    name: String,
    drawn_by: String,
    propensity: Number,
    by_chance: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shares: Vec<Number>,
}

/// What the apprentice would have chosen in whose place the policy decided.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImitationBody {
    policy: String,
    version: u64,
    choices: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_reach: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preferred: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    agreed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillBody {
    skill: String,
    expected_success: Number,
    mastered_probability: Number,
    attempts: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeBody {
    question: String,
    propensity: Number,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientBody {
    name: String,
    version: String,
}

versioned!(DecisionBody);

pub(super) fn encode(decision: &Decision) -> String {
    let Decision { origin, choice, rules, request, .. } = decision;
    let candidates = choice.candidates.iter().map(|considered| {
        let Considered { activity, probability, estimate } = considered;
        (activity.to_string(), Number(*probability), estimate.map(Number))
    });
    to_json(&DecisionBody {
        v: VERSION,
        at: origin.window.made_at.0,
        decision: origin.id.to_string(),
        learner: decision.learner.to_string(),
        course: decision.course.to_string(),
        course_version: origin.window.course_version,
        window_ends_at: origin.window.ends_at.0,
        seed: format!("{:016x}", choice.seed.0),
        policy: origin.decider.policy.to_string(),
        policy_version: choice.policy_version,
        holdout: origin.decider.held_out,
        session_over: rules.session_over,
        assignment: origin.decider.assignment.as_ref().map(AssignmentBody::from),
        floor: Number(choice.floor),
        withheld: choice.withheld.map(|reason| reason.word().to_owned()),
        candidates: candidates.collect(),
        chosen: choice.chosen as u64,
        exclusions: exclusions::encode(&rules.exclusions),
        relaxation: rules.relaxation.word().to_owned(),
        schema: origin.features.schema,
        features: list(&origin.features.values),
        context: request.context.as_deref().map(ContextBody::from),
        client: request.client.as_deref().map(ClientBody::from),
        weights: list(&decision.weights),
        before: BeliefBody::from(&origin.before),
        skills: decision.skills.iter().map(SkillBody::from).collect(),
        probe: decision.probe.as_ref().map(ProbeBody::from),
        fallback: choice.fallback.map(|fallback| fallback.word().to_owned()),
        overridden_by: choice.overridden_by.as_ref().map(ToString::to_string),
        constraints: rules.constraints.iter().map(ToString::to_string).collect(),
        strategy: decision.strategy.as_deref().map(UsedBody::from),
        plan: decision.plan.as_deref().map(PlanBody::from),
        beside: origin.shadows.iter().map(shadow_body).collect(),
        apprentice: decision.apprentice.as_ref().map(ImitationBody::from),
    })
}

pub(super) fn decode(body: &str) -> Result<Event, RecordFault> {
    let body: DecisionBody = from_json(body)?;
    let candidates = considered(body.candidates)?;
    let skills = body.skills.into_iter().map(SkillThen::try_from);
    let constraints = body.constraints.iter().map(|text| id("constraints", text));
    let shadows = body.beside.into_iter().map(shadow_choice);
    let pin = body.overridden_by.as_deref();
    let decision = Decision {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        origin: DecisionOrigin {
            id: id("decision", &body.decision)?,
            window: RewardWindow {
                made_at: Timestamp(body.at),
                ends_at: Timestamp(body.window_ends_at),
                course_version: body.course_version,
            },
            decider: Decider {
                policy: id("policy", &body.policy)?,
                held_out: body.holdout,
                assignment: body.assignment.map(TryInto::try_into).transpose()?,
            },
            features: FeatureVector { schema: body.schema, values: floats(body.features) },
            before: body.before.into(),
            shadows: shadows.collect::<Result<_, _>>()?,
        },
        choice: ActivityChoice {
            seed: seed(&body.seed)?,
            policy_version: body.policy_version,
            chosen: position(body.chosen, candidates.len())?,
            candidates,
            floor: body.floor.0,
            withheld: body.withheld.as_deref().map(withheld).transpose()?,
            fallback: body.fallback.as_deref().map(fallback).transpose()?,
            overridden_by: pin.map(|pin| id("override", pin)).transpose()?,
        },
        rules: RulesApplied {
            exclusions: exclusions::decode(&body.exclusions)?,
            relaxation: relaxation(&body.relaxation)?,
            session_over: body.session_over,
            constraints: constraints.collect::<Result<_, _>>()?,
        },
        request: RequestFacts {
            context: body.context.map(|context| context.try_into().map(Box::new)).transpose()?,
            client: body.client.map(|client| Box::new(client.into())),
        },
        weights: floats(body.weights),
        skills: skills.collect::<Result<_, _>>()?,
        probe: body.probe.map(Probe::try_from).transpose()?,
        strategy: body.strategy.map(|used| used.try_into().map(Box::new)).transpose()?,
        plan: body.plan.map(|used| used.try_into().map(Box::new)).transpose()?,
        apprentice: body.apprentice.map(Imitation::try_from).transpose()?,
    };
    Ok(Event::DecisionMade(Box::new(decision)))
}

fn considered(
    candidates: Vec<(String, Number, Option<Number>)>,
) -> Result<Vec<Considered>, RecordFault> {
    let candidates = candidates.into_iter().map(|(activity, probability, estimate)| {
        Ok(Considered {
            activity: id("activity", &activity)?,
            probability: probability.0,
            estimate: estimate.map(|number| number.0),
        })
    });
    candidates.collect()
}

fn shadow_body(shadow: &ShadowChoice) -> (String, u64, Option<Number>) {
    (shadow.policy.to_string(), shadow.version, shadow.probability.map(Number))
}

fn shadow_choice(body: (String, u64, Option<Number>)) -> Result<ShadowChoice, RecordFault> {
    let (policy, version, probability) = body;
    let probability = probability.map(|number| number.0);
    Ok(ShadowChoice { policy: id("beside", &policy)?, version, probability })
}

impl From<&PlanUsed> for PlanBody {
    fn from(used: &PlanUsed) -> Self {
        Self {
            name: used.plan.word().to_owned(),
            drawn_by: used.drawn_by.to_string(),
            propensity: Number(used.propensity),
            by_chance: used.by_chance,
            shares: list(&used.shares),
        }
    }
}

impl TryFrom<PlanBody> for PlanUsed {
    type Error = RecordFault;

    fn try_from(body: PlanBody) -> Result<Self, RecordFault> {
        let PlanBody { name, drawn_by, propensity, by_chance, shares } = body;
        Ok(Self {
            plan: Plan::from_word(&name).ok_or(RecordFault::Meaning { field: "plan" })?,
            drawn_by: id("drawn_by", &drawn_by)?,
            propensity: propensity.0,
            by_chance,
            shares: floats(shares),
        })
    }
}

impl From<&Imitation> for ImitationBody {
    fn from(imitation: &Imitation) -> Self {
        let Imitation { policy, version, choices, in_reach, preferred, agreed } = imitation;
        Self {
            policy: policy.to_string(),
            version: *version,
            choices: *choices,
            in_reach: *in_reach,
            preferred: preferred.as_ref().map(ToString::to_string),
            agreed: *agreed,
        }
    }
}

impl TryFrom<ImitationBody> for Imitation {
    type Error = RecordFault;

    fn try_from(body: ImitationBody) -> Result<Self, RecordFault> {
        let ImitationBody { policy, version, choices, in_reach, preferred, agreed } = body;
        let preferred = preferred.as_deref().map(|activity| id("preferred", activity));
        let preferred = preferred.transpose()?;
        let policy = id("apprentice", &policy)?;
        Ok(Self { policy, version, choices, in_reach, preferred, agreed })
    }
}

/// The engine looks the chosen candidate up without asking whether it is there.
fn position(chosen: u64, candidates: usize) -> Result<usize, RecordFault> {
    let position = usize::try_from(chosen).ok().filter(|position| *position < candidates);
    position.ok_or(RecordFault::Meaning { field: "chosen" })
}

fn seed(text: &str) -> Result<Seed, RecordFault> {
    let number = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16);
    number.map(Seed).ok_or(RecordFault::Meaning { field: "seed" })
}

fn relaxation(word: &str) -> Result<Relaxation, RecordFault> {
    Relaxation::from_word(word).ok_or(RecordFault::Meaning { field: "relaxation" })
}

fn fallback(word: &str) -> Result<Fallback, RecordFault> {
    let found = Fallback::ALL.into_iter().find(|fallback| fallback.word() == word);
    found.ok_or(RecordFault::Meaning { field: "fallback" })
}

impl From<&SkillThen> for SkillBody {
    fn from(then: &SkillThen) -> Self {
        Self {
            skill: then.skill.to_string(),
            expected_success: Number(then.expected_success),
            mastered_probability: Number(then.mastered_probability),
            attempts: then.attempts,
        }
    }
}

impl TryFrom<SkillBody> for SkillThen {
    type Error = RecordFault;

    fn try_from(body: SkillBody) -> Result<Self, RecordFault> {
        Ok(Self {
            skill: id("skill", &body.skill)?,
            expected_success: body.expected_success.0,
            mastered_probability: body.mastered_probability.0,
            attempts: body.attempts,
        })
    }
}

fn withheld(word: &str) -> Result<Withheld, RecordFault> {
    Withheld::from_word(word).ok_or(RecordFault::Meaning { field: "withheld" })
}

impl From<&ClientSoftware> for ClientBody {
    fn from(client: &ClientSoftware) -> Self {
        let ClientSoftware { name, version } = client.clone();
        Self { name, version }
    }
}

impl From<ClientBody> for ClientSoftware {
    fn from(body: ClientBody) -> Self {
        let ClientBody { name, version } = body;
        Self { name, version }
    }
}

impl From<&Probe> for ProbeBody {
    fn from(probe: &Probe) -> Self {
        Self { question: probe.question.to_string(), propensity: Number(probe.propensity) }
    }
}

impl TryFrom<ProbeBody> for Probe {
    type Error = RecordFault;

    fn try_from(body: ProbeBody) -> Result<Self, RecordFault> {
        Ok(Self { question: id("question", &body.question)?, propensity: body.propensity.0 })
    }
}
