//! From a state and a seed to a decision. Changes nothing; the same input gives the same output.

use super::beside::{Imitation, ShadowChoice, preferred};
use super::candidates::{CandidateFilter, CandidateSet, Exclusion, Situation};
use super::exploration::{Withheld, withhold};
use super::inputs::{Orders, SkillState, skill_states};
use super::rest::{self, Rest};
use super::rules::Rules;
use super::situation::{Backdrop, Outlook, RowsWanted, activity_success, scene_rows};
use super::{
    ActivityChoice, Considered, Decider, Decision, DecisionOrigin, Fallback, FeatureVector, Probe,
    RequestFacts, RewardWindow, RulesApplied, SkillThen,
};
use crate::catalog::{Course, Question};
use crate::constraint::CourseConstraints;
use crate::ids::{CourseId, DecisionId, LearnerId, PolicyId};
use crate::learner::belief::Belief;
use crate::learner::consent::Consent;
use crate::learner::progress::CourseProgress;
use crate::learner::tracing::TracingModel;
use crate::learner::window::WindowCounter;
use crate::plan::{PlanUsed, path};
use crate::policy::draw::{choose, finish};
use crate::policy::gain::{GAIN_SCHEMA, GainRow};
use crate::policy::kind::PolicyKind;
use crate::policy::network::row::{NETWORK_SCHEMA, network_row};
use crate::policy::popularity::Popularity;
use crate::policy::registry::PolicyState;
use crate::policy::site_context::SiteContext;
use crate::policy::{Distribution, Scene, SceneCandidate};
use crate::seed::Seed;
use crate::time::Timestamp;
use std::borrow::Cow;

/// A request for the next activity.
#[derive(Clone, Debug)]
pub struct DecisionRequest<'a> {
    /// Id of the decision to make.
    pub id: &'a DecisionId,
    pub course: &'a CourseId,
    /// What the request says about candidates.
    pub filter: &'a CandidateFilter,
    /// What the site sends with it, for the decision to keep.
    pub facts: &'a RequestFacts,
    /// The policy that decides when no experiment runs and no policy was promoted.
    pub default_policy: &'a PolicyId,
    /// Whether learners consent to exploration when nothing was said of it.
    pub consents_by_default: bool,
    /// The share of learners who are held out where no other share was set.
    pub holdout_share: f64,
    /// What decides for those who are held out.
    pub holdout_policy: PolicyKind,
    /// When; never before the learner's latest moment.
    pub at: Timestamp,
    /// What its randomness comes from.
    pub seed: Seed,
}

/// The learner that a decision is made for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub id: &'a LearnerId,
    /// What the learner seems to know.
    pub belief: &'a Belief,
    /// What was said last about consent to exploration.
    pub consent: Option<Consent>,
    /// Exploratory decisions of the latest day that had any, over all courses.
    pub explored: &'a WindowCounter,
    /// What the learner has done in the course.
    pub progress: &'a CourseProgress,
}

/// The decider with what it decides by.
#[derive(Clone, Debug)]
pub struct DecidingPolicy<'a> {
    pub decider: Decider,
    /// The policy with its statistics.
    pub policy: Cow<'a, PolicyState>,
    /// The apprentice in whose place it decides.
    pub apprentice: Option<(PolicyId, Cow<'a, PolicyState>)>,
    /// The plan that the learner is taught by, when the policy decides by whole plans.
    pub plan: Option<PlanUsed>,
}

/// What is shared between learners and enters a decision.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    pub course: &'a Course,
    /// Parameters of questions and skills.
    pub tracing: &'a TracingModel,
    /// What is completed often lately.
    pub popularity: Option<&'a Popularity>,
    pub constraints: Option<&'a CourseConstraints>,
    /// Whether the kill switch is on.
    pub kill_switch_on: bool,
    /// The shadows of the course, in the order of their words.
    pub shadows: Vec<(&'a PolicyId, Cow<'a, PolicyState>)>,
}

/// What comes next for a learner.
#[derive(Clone, Debug, PartialEq)]
pub enum Guidance {
    Activity(Box<Decision>),
    /// Nothing, for now or for good.
    Rest(Rest),
}

impl Guidance {
    /// The decision, if there is something to do.
    #[must_use]
    pub fn activity(self) -> Option<Decision> {
        match self {
            Self::Activity(decision) => Some(*decision),
            Self::Rest(_) => None,
        }
    }
}

/// Decides what comes next for a learner. `None` when something could be served, and the request
/// leaves nothing of it.
#[must_use]
pub fn decide(
    surroundings: &Surroundings<'_>,
    subject: &Subject<'_>,
    deciding: &DecidingPolicy<'_>,
    request: &DecisionRequest<'_>,
) -> Option<Guidance> {
    let context = DecisionContext::new(surroundings, subject, deciding, request);
    match context.draw(request) {
        Some(draw) => Some(Guidance::Activity(Box::new(context.decision(request, draw)))),
        None => context.rest().map(Guidance::Rest),
    }
}

/// What one decision is made from: the course, the learner, and what the rules look up once.
struct DecisionContext<'a> {
    surroundings: &'a Surroundings<'a>,
    subject: &'a Subject<'a>,
    deciding: &'a DecidingPolicy<'a>,
    course: &'a Course,
    progress: &'a CourseProgress,
    rules: Rules,
    skill_states: Vec<SkillState>,
    outlook: Outlook,
    orders: Orders,
    /// What the policy, its shadows and the apprentice look at.
    wanted: RowsWanted,
    /// What the site says of the moment.
    said: Option<&'a SiteContext>,
    at: Timestamp,
}

/// A distribution and the draw from it.
struct Draw {
    set: CandidateSet,
    distribution: Distribution,
    features: Vec<f64>,
    /// What a model of gain knows of the chosen one.
    gain: GainRow,
    chosen: usize,
    floor: f64,
    withheld: Option<Withheld>,
    fallback: Option<Fallback>,
    /// What shadows decided beside it.
    shadows: Vec<ShadowChoice>,
    /// What the apprentice would have chosen in whose place it was made.
    apprentice: Option<Imitation>,
}

/// Candidates with all that a policy may look at.
struct CandidateFeatures {
    set: CandidateSet,
    candidates: Vec<SceneCandidate>,
    features: Vec<f64>,
}

impl CandidateFeatures {
    fn scene(&self) -> Scene<'_> {
        Scene { candidates: &self.candidates, features: &self.features }
    }
}

impl<'a> DecisionContext<'a> {
    fn new(
        surroundings: &'a Surroundings<'a>,
        subject: &'a Subject<'a>,
        deciding: &'a DecidingPolicy<'a>,
        request: &DecisionRequest<'a>,
    ) -> Self {
        let Surroundings { course, tracing, constraints, .. } = surroundings;
        let Subject { id, belief, progress, .. } = subject;
        let (said, at) = (request.facts.context.as_deref(), request.at);
        let orders = Orders::of(*constraints, id, course, progress, request.filter, at);
        let rules = Rules::USUAL;
        let skill_states = skill_states(course, progress, belief, tracing, &rules, at);
        let success = activity_success(course, &skill_states);
        let outlook = Outlook { success, target: rules.success_target };
        Self {
            surroundings,
            subject,
            deciding,
            course,
            progress,
            rules,
            skill_states,
            outlook,
            orders,
            wanted: RowsWanted::by(schemas(surroundings, deciding)),
            said,
            at,
        }
    }

    /// `None` when nothing is left to choose from.
    fn draw(&self, request: &DecisionRequest<'_>) -> Option<Draw> {
        if let Some((position, _)) = &self.orders.pin {
            let set = CandidateSet::pinned(self.course, *position, request.filter, &self.orders);
            return self.only(set, None);
        }
        if self.surroundings.kill_switch_on {
            // It stops policies, not teachers: a pin above holds all the same.
            return self.own_path(request, Fallback::KillSwitch);
        }
        let policy = &*self.deciding.policy;
        let set = self.candidates(policy.follows_path(), request.filter);
        if set.positions.is_empty() {
            return None;
        }
        let described = self.describe(set);
        let scene = described.scene();
        let mut distribution = Distribution::default();
        let mut stream = request.seed.stream("policy");
        policy.policy().distribute(&scene, &mut stream, &mut distribution);
        let mut floor = policy.policy().floor();
        if finish(floor, &mut distribution).is_err() {
            return self.own_path(request, Fallback::InvalidDistribution);
        }
        let apprentice = self.imitate(policy, &described, &distribution, request);
        let by_default = request.consents_by_default;
        let withheld = Withheld::now(self.subject, by_default, self.at);
        // Learners of the holdout get random activities to compare policies with, so budgets of
        // exploration do not apply to them.
        let withheld =
            withheld.filter(|why| !self.deciding.decider.held_out || *why == Withheld::NoConsent);
        if withheld.is_some() {
            floor = 0.0;
            withhold(&mut distribution);
        }
        let chosen = choose(&distribution.probabilities, &mut request.seed.stream("draw"));
        let shadows = self.shadow_choices(&scene, chosen, withheld.is_none(), request.seed);
        let gain = described.candidates[chosen].gain;
        let CandidateFeatures { set, features, .. } = described;
        Some(Draw {
            set,
            distribution,
            features,
            gain,
            chosen,
            floor,
            withheld,
            fallback: None,
            shadows,
            apprentice,
        })
    }

    /// That there is nothing to serve now; `None` when there is, and only the request leaves it out.
    fn rest(&self) -> Option<Rest> {
        let follows_path = self.surroundings.kill_switch_on || self.deciding.policy.follows_path();
        let set = self.candidates(follows_path, &CandidateFilter::default());
        if !set.positions.is_empty() || self.orders.pin.is_some() {
            return None;
        }
        let reviews = match follows_path {
            true => Vec::new(),
            false => {
                let states = &self.skill_states;
                rest::later_reviews(self.course, self.progress, states, &self.orders, self.at)
            }
        };
        let whose = (self.subject.id, self.course);
        Some(Rest::of(whose, set.exclusions, reviews, &self.orders, self.at))
    }

    fn candidates(&self, follows_path: bool, filter: &CandidateFilter) -> CandidateSet {
        match follows_path {
            true => CandidateSet::static_path(self.course, self.progress, filter, &self.orders),
            false => self.by_plan(filter).unwrap_or_else(|| self.adaptive(filter)),
        }
    }

    /// The next activity on the path of the learner's plan; `None` without one, and at its end.
    fn by_plan(&self, filter: &CandidateFilter) -> Option<CandidateSet> {
        let path = path::path(self.course, self.deciding.plan.as_ref()?.plan)?;
        let set = CandidateSet::planned(&self.situation(), &path, filter);
        (!set.positions.is_empty()).then_some(set)
    }

    /// What policies may choose from that do not follow the path.
    fn adaptive(&self, filter: &CandidateFilter) -> CandidateSet {
        CandidateSet::adaptive(&self.situation(), filter)
    }

    /// What the rules look at.
    fn situation(&self) -> Situation<'_> {
        Situation {
            course: self.course,
            progress: self.progress,
            skill_states: &self.skill_states,
            success: &self.outlook.success,
            orders: &self.orders,
            rules: &self.rules,
            minutes_left: self.minutes_left().filter(|left| *left > 0.0),
            at: self.at,
        }
    }

    fn describe(&self, set: CandidateSet) -> CandidateFeatures {
        let (candidates, features) = self.rows(&set);
        CandidateFeatures { set, candidates, features }
    }

    /// What the apprentice would have chosen in whose place `baseline` decides. It has the
    /// candidates that it would have if it served, so where the baseline follows the path they are
    /// others, and what comes next on the path may not be among them.
    fn imitate(
        &self,
        baseline: &PolicyState,
        described: &CandidateFeatures,
        distribution: &Distribution,
        request: &DecisionRequest<'_>,
    ) -> Option<Imitation> {
        let apprentice = self.deciding.apprentice.as_ref();
        let (id, apprentice) = apprentice.filter(|_| !self.deciding.decider.held_out)?;
        let own;
        let described_for_it = match baseline.follows_path() {
            false => described,
            true => {
                own = self.describe(self.adaptive(request.filter));
                &own
            }
        };
        if described_for_it.set.positions.is_empty() {
            return None;
        }
        let scene = described_for_it.scene();
        let activity = |position: usize| self.course.activities[position].id.clone();
        let positions = &described_for_it.set.positions;
        let named = |row: usize| activity(positions[row]);
        let mut imitation = Imitation::of(id, apprentice, &scene, request.seed, named);
        let served = preferred(&distribution.probabilities).map(|row| described.set.positions[row]);
        imitation.in_reach = served.is_some_and(|position| positions.contains(&position));
        imitation.agreed = imitation.in_reach && imitation.preferred == served.map(activity);
        Some(imitation)
    }

    /// The rows of the candidates.
    fn rows(&self, set: &CandidateSet) -> (Vec<SceneCandidate>, Vec<f64>) {
        let Self { course, progress, skill_states, outlook, said, at, .. } = self;
        let popularity = self.surroundings.popularity;
        let (said, at) = (*said, *at);
        let backdrop = Backdrop { popularity, course, progress, skill_states, outlook, said, at };
        scene_rows(&backdrop, &set.positions, self.wanted)
    }

    /// What the course's shadows say of what was chosen. Where nothing was left to chance, none can
    /// be measured, nor learn what another would have been worth.
    fn shadow_choices(
        &self,
        scene: &Scene<'_>,
        chosen: usize,
        by_chance: bool,
        seed: Seed,
    ) -> Vec<ShadowChoice> {
        if !by_chance || self.deciding.decider.held_out || scene.candidates.len() == 1 {
            return Vec::new();
        }
        let shadows = self.surroundings.shadows.iter();
        shadows.map(|(id, shadow)| ShadowChoice::of(id, shadow, scene, chosen, seed)).collect()
    }

    /// Minutes left of the session, when the course limits it; 0 and less when it is over.
    fn minutes_left(&self) -> Option<f64> {
        let most = self.course.session_minutes_max?;
        Some(most - self.progress.sessions.sitting(self.at).minutes)
    }

    /// The lesson never fails: the course's own path, with probability one.
    fn own_path(&self, request: &DecisionRequest<'_>, fallback: Fallback) -> Option<Draw> {
        let (filter, orders) = (request.filter, &self.orders);
        let set = CandidateSet::static_path(self.course, self.progress, filter, orders);
        self.only(set, Some(fallback))
    }

    /// The one candidate of a set that no policy is asked about.
    fn only(&self, set: CandidateSet, fallback: Option<Fallback>) -> Option<Draw> {
        if set.positions.is_empty() {
            return None;
        }
        let (candidates, features) = self.rows(&set);
        let gain = candidates[0].gain;
        let distribution = Distribution { probabilities: vec![1.0], estimates: Vec::new() };
        Some(Draw {
            set,
            distribution,
            features,
            gain,
            chosen: 0,
            floor: 0.0,
            withheld: None,
            fallback,
            shadows: Vec::new(),
            apprentice: None,
        })
    }

    fn decision(&self, request: &DecisionRequest<'_>, draw: Draw) -> Decision {
        let policy = &self.deciding.policy;
        let activity = &self.course.activities[draw.set.positions[draw.chosen]];
        let keys: Vec<_> = self.course.skill_keys(&activity.skills).collect();
        let features = self.features_then(&draw);
        Decision {
            learner: self.subject.id.clone(),
            course: self.course.id.clone(),
            choice: ActivityChoice {
                seed: request.seed,
                policy_version: policy.policy().version(),
                candidates: self.considered(&draw),
                chosen: draw.chosen,
                floor: draw.floor,
                withheld: draw.withheld,
                fallback: draw.fallback,
                overridden_by: self.orders.pin.as_ref().map(|(_, pin)| pin.clone()),
            },
            weights: weights_then(policy, &draw, &self.orders),
            skills: self.skills_then(&activity.skills),
            probe: self.probe(request.seed),
            strategy: None,
            plan: self.plan_used(&draw),
            apprentice: draw.apprentice,
            request: request.facts.clone(),
            rules: RulesApplied {
                exclusions: draw.set.exclusions,
                relaxation: draw.set.relaxation,
                session_over: self.minutes_left().is_some_and(|left| left <= 0.0),
                constraints: self.orders.applied.clone(),
            },
            origin: DecisionOrigin {
                id: request.id.clone(),
                window: RewardWindow {
                    made_at: request.at,
                    ends_at: request.at.plus_micros(self.course.reward.window_micros()),
                    course_version: self.course.version,
                },
                decider: self.deciding.decider.clone(),
                features,
                before: self.subject.belief.about(&keys),
                shadows: draw.shadows,
            },
        }
    }

    /// The plan, unless something else chose.
    fn plan_used(&self, draw: &Draw) -> Option<Box<PlanUsed>> {
        let by_policy = draw.fallback.is_none() && self.orders.pin.is_none();
        self.deciding.plan.clone().filter(|_| by_policy).map(Box::new)
    }

    /// The row of the chosen activity under the schema of the policy that decides.
    fn features_then(&self, draw: &Draw) -> FeatureVector {
        let schema = self.deciding.policy.schema();
        let features = || draw.features.as_chunks().0[draw.chosen];
        let values = match schema {
            GAIN_SCHEMA => draw.gain.columns.to_vec(),
            NETWORK_SCHEMA => network_row(&features(), &draw.gain).to_vec(),
            _ => features().to_vec(),
        };
        FeatureVector { schema, values }
    }

    fn considered(&self, draw: &Draw) -> Vec<Considered> {
        let positions = draw.set.positions.iter().enumerate();
        positions
            .map(|(row, position)| Considered {
                activity: self.course.activities[*position].id.clone(),
                probability: draw.distribution.probabilities[row],
                estimate: draw.distribution.estimates.get(row).copied(),
            })
            .collect()
    }

    fn skills_then(&self, skills: &[usize]) -> Vec<SkillThen> {
        let then = |skill: &usize| {
            let view = &self.skill_states[*skill].view;
            SkillThen {
                skill: self.course.skills[*skill].id.clone(),
                expected_success: view.expected_success,
                mastered_probability: view.mastered_probability,
                attempts: view.attempts,
            }
        };
        skills.iter().map(then).collect()
    }

    /// A question drawn uniformly from the whole course. No policy has a say in it, not even by
    /// what it taught or left out before, so that its answers compare policies without bias. Only
    /// the questions of what a teacher blocked are left out.
    fn probe(&self, seed: Seed) -> Option<Probe> {
        let mut stream = seed.stream("probe");
        if stream.uniform() >= self.course.probe_share {
            return None;
        }
        let open = |question: &&Question| !self.orders.blocks(question.activity);
        let pool: Vec<&Question> = self.course.questions.iter().filter(open).collect();
        if pool.is_empty() {
            return None;
        }
        let size = pool.len() as u64;
        let question = pool[stream.below(size) as usize];
        let propensity = self.course.probe_share / size as f64;
        Some(Probe { question: question.id.clone(), propensity })
    }
}

/// The feature schemas of all that look at a decision's candidates.
fn schemas<'a>(
    surroundings: &'a Surroundings<'_>,
    deciding: &'a DecidingPolicy<'_>,
) -> impl Iterator<Item = u32> + 'a {
    let shadows = surroundings.shadows.iter().map(|(_, shadow)| shadow.schema());
    let apprentice = deciding.apprentice.iter().map(|(_, apprentice)| apprentice.schema());
    shadows.chain(apprentice).chain([deciding.policy.schema()])
}

/// The weights by which a model valued the candidates, when a model did.
fn weights_then(policy: &PolicyState, draw: &Draw, orders: &Orders) -> Vec<f64> {
    if draw.fallback.is_some() || orders.pin.is_some() {
        return Vec::new();
    }
    let rounded = |weight: &f64| (weight * 1e6).round() / 1e6;
    let model = policy.model();
    model.map_or_else(Vec::new, |model| model.weights().iter().map(rounded).collect())
}

/// How many activities a decision could have chosen.
#[must_use]
pub fn eligible_len(decision: &Decision) -> usize {
    let eligible = |reason: &&Exclusion| **reason == Exclusion::Eligible;
    decision.rules.exclusions.iter().filter(eligible).count()
}
