//! From a state and a seed to a decision. Changes nothing; the same input gives the same output.

use super::candidates::{CandidateFilter, CandidateSet, Exclusion, Situation};
use super::exploration::{Withheld, withhold};
use super::inputs::Orders;
use super::inputs::{SkillState, skill_states};
use super::rules::Rules;
use super::situation::{Backdrop, Outlook, activity_success, scene_prospect, scene_rows};
use super::{Assignment, Considered, Decision, Fallback, Probe, SkillThen};
use crate::catalog::{Course, Question};
use crate::experiment::assignment::assign;
use crate::ids::{CourseId, DecisionId, PolicyId};
use crate::learner::LearnerState;
use crate::learner::progress::CourseProgress;
use crate::lifecycle::apprentice::{Imitation, preferred};
use crate::lifecycle::holdout::{HOLDOUT_POLICY, is_held_out};
use crate::lifecycle::shadow::ShadowChoice;
use crate::policy::context::{FEATURES, SCHEMA_VERSION};
use crate::policy::draw::{choose, finish};
use crate::policy::long_horizon::Prospect;
use crate::policy::registry::PolicyState;
use crate::policy::site_context::SiteContext;
use crate::policy::{Distribution, Scene, SceneCandidate};
use crate::seed::Seed;
use crate::time::Timestamp;
use crate::workspace::{Refusal, SharedState};

/// A request for the next activity.
#[derive(Clone, Debug)]
pub struct DecisionRequest<'a> {
    /// Id of the decision to make.
    pub id: DecisionId,
    /// In which course.
    pub course: &'a CourseId,
    /// What the request says about candidates.
    pub filter: &'a CandidateFilter,
    /// What the site says of the moment, when it says anything.
    pub context: Option<&'a SiteContext>,
    /// Who decides when no experiment runs and no policy was promoted.
    pub default_policy: &'a PolicyId,
    /// Whether learners of whom nothing was said consent to exploration.
    pub consents_by_default: bool,
    /// The share of learners who are held out where no other share was set.
    pub holdout_share: f64,
    /// When; never before the learner's latest moment.
    pub at: Timestamp,
    /// What its randomness comes from.
    pub seed: Seed,
}

/// What one decision is made from: the course, the learner, and what the rules look up once.
struct DecisionContext<'a> {
    state: &'a SharedState,
    course: &'a Course,
    learner: &'a LearnerState,
    progress: &'a CourseProgress,
    /// The apprentice in whose place the policy decides.
    apprentice: Option<&'a PolicyId>,
    held_out: bool,
    rules: Rules,
    skill_states: Vec<SkillState>,
    outlook: Outlook,
    orders: Orders,
    /// What the site says of the moment.
    said: Option<&'a SiteContext>,
    at: Timestamp,
}

impl SharedState {
    /// Decides what comes next for a learner.
    ///
    /// # Errors
    /// [`Refusal::UnknownCourse`]; [`Refusal::UnknownActivity`] and [`Refusal::NoCandidate`] when
    /// the request names what is not there, or leaves nothing; and [`Refusal::UnknownPolicy`] when
    /// an experiment or the configuration names a policy that does not exist.
    pub fn decide(
        &self,
        learner: &LearnerState,
        request: &DecisionRequest<'_>,
    ) -> Result<Decision, Refusal> {
        let unknown = || Refusal::UnknownCourse { course: request.course.to_string() };
        let course = self.course(request.course.as_str()).ok_or_else(unknown)?;
        if let Some(activity) = request.filter.unknown(course) {
            let (course, activity) = (request.course.to_string(), activity.to_string());
            return Err(Refusal::UnknownActivity { course, activity });
        }
        let decider = self.decider(learner, request);
        let policy_id = &decider.policy;
        let key = (request.course.clone(), policy_id.clone());
        let fresh;
        let policy = match self.policies.get(&key) {
            Some(policy) => policy,
            None => {
                fresh = PolicyState::fresh(policy_id.as_str())
                    .ok_or_else(|| Refusal::no_policy(policy_id.as_str()))?;
                &fresh
            }
        };
        let none = CourseProgress::default();
        let progress = learner.courses.get(request.course).map_or(&none, |known| &**known);
        let orders = self.orders(&learner.id, course, progress, request.filter, request.at);
        let apprentice = decider.apprentice.as_ref();
        let subject = Subject { learner, progress, apprentice, held_out: decider.held_out };
        let context = DecisionContext::new(self, course, &subject, orders, request);
        let none = || Refusal::NoCandidate { course: request.course.to_string() };
        let draw = context.draw(policy, request).ok_or_else(none)?;
        Ok(context.decision(request, &decider, policy, draw))
    }

    /// The policy that decides: chance for learners who are held out, else the variant's policy
    /// while an experiment runs, else the policy that was promoted, else the node's default. In the
    /// place of a shadow the course's own path decides, also in that of a policy that left the
    /// product, which only an old journal names; in the place of an apprentice its baseline.
    pub(super) fn decider(&self, learner: &LearnerState, request: &DecisionRequest<'_>) -> Decider {
        let share = self.holdout_share(request.course, request.holdout_share);
        if is_held_out(request.course, &learner.id, share) {
            // invariant: the word of a policy is an id.
            let policy = PolicyId::new(HOLDOUT_POLICY).expect("a policy's word is an id");
            return Decider { policy, assignment: None, apprentice: None, held_out: true };
        }
        let Some(experiment) = self.running_experiment(request.course.as_str()) else {
            let policy = self.serving(request.course, request.default_policy);
            return self.in_its_place(request.course, policy, None);
        };
        let definition = &experiment.definition;
        let variant = assign(definition, &learner.id);
        let assignment = Assignment {
            experiment: definition.id.clone(),
            version: definition.version,
            variant: variant.name.clone(),
        };
        self.in_its_place(request.course, &variant.policy, Some(assignment))
    }

    /// The policy that decides where `policy` would.
    fn in_its_place(
        &self,
        course: &CourseId,
        policy: &PolicyId,
        assignment: Option<Assignment>,
    ) -> Decider {
        let apprentice = self.baseline(course, policy).map(|_| policy.clone());
        let policy = self.stand_in(course, policy).unwrap_or_else(|| policy.clone());
        Decider { policy, assignment, apprentice, held_out: false }
    }
}

/// The learner a decision is made for.
struct Subject<'a> {
    learner: &'a LearnerState,
    progress: &'a CourseProgress,
    apprentice: Option<&'a PolicyId>,
    held_out: bool,
}

/// The policy that decides for a learner, and why it is that one.
pub(super) struct Decider {
    pub(super) policy: PolicyId,
    pub(super) assignment: Option<Assignment>,
    /// The apprentice in whose place the policy decides.
    pub(super) apprentice: Option<PolicyId>,
    pub(super) held_out: bool,
}

/// A distribution and the draw from it.
struct Draw {
    set: CandidateSet,
    distribution: Distribution,
    features: Vec<f64>,
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
    prospect: Prospect,
}

impl CandidateFeatures {
    fn scene(&self) -> Scene<'_> {
        let Self { candidates, features, prospect, .. } = self;
        Scene { candidates, features, prospect: *prospect }
    }
}

impl<'a> DecisionContext<'a> {
    fn new(
        state: &'a SharedState,
        course: &'a Course,
        subject: &Subject<'a>,
        orders: Orders,
        request: &DecisionRequest<'a>,
    ) -> Self {
        let (said, at) = (request.context, request.at);
        let Subject { learner, progress, apprentice, held_out } = *subject;
        let rules = Rules::USUAL;
        let skill_states =
            skill_states(course, progress, &learner.belief, &state.tracing, &rules, at);
        let success = activity_success(course, &skill_states);
        let outlook = Outlook { success, target: rules.success_target };
        Self {
            state,
            course,
            learner,
            progress,
            apprentice,
            held_out,
            rules,
            skill_states,
            outlook,
            orders,
            said,
            at,
        }
    }

    /// `None` when the request and teachers' blocks leave nothing to choose from.
    fn draw(&self, policy: &PolicyState, request: &DecisionRequest<'_>) -> Option<Draw> {
        if let Some((position, _)) = &self.orders.pin {
            let set = CandidateSet::pinned(self.course, *position, request.filter, &self.orders);
            return self.only(set, None);
        }
        if self.state.kill_switch(&self.course.id).is_some() {
            // It stops policies, not teachers: a pin above holds all the same.
            return self.own_path(request, Fallback::KillSwitch);
        }
        let set = if policy.follows_path() {
            CandidateSet::static_path(self.course, self.progress, request.filter, &self.orders)
        } else {
            self.adaptive(request.filter)
        };
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
        let withheld = Withheld::now(self.learner, self.progress, by_default, self.at);
        // Chance is what those who are held out are held out for; no budget takes it from them.
        let withheld = withheld.filter(|why| !self.held_out || *why == Withheld::NoConsent);
        if withheld.is_some() {
            floor = 0.0;
            withhold(&mut distribution);
        }
        let chosen = choose(&distribution.probabilities, &mut request.seed.stream("draw"));
        let shadows = self.shadow_choices(&scene, chosen, withheld.is_none(), request.seed);
        let CandidateFeatures { set, features, .. } = described;
        let fallback = None;
        Some(Draw {
            set,
            distribution,
            features,
            chosen,
            floor,
            withheld,
            fallback,
            shadows,
            apprentice,
        })
    }

    /// What policies may choose from that do not follow the path.
    fn adaptive(&self, filter: &CandidateFilter) -> CandidateSet {
        let situation = Situation {
            course: self.course,
            progress: self.progress,
            skill_states: &self.skill_states,
            success: &self.outlook.success,
            orders: &self.orders,
            rules: &self.rules,
            minutes_left: self.minutes_left().filter(|left| *left > 0.0),
        };
        CandidateSet::adaptive(&situation, filter)
    }

    fn describe(&self, set: CandidateSet) -> CandidateFeatures {
        let (candidates, features) = self.rows(&set);
        let prospect = scene_prospect(self.course, self.progress, &self.skill_states);
        CandidateFeatures { set, candidates, features, prospect }
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
        let apprentice = self.apprentice.filter(|_| !self.held_out)?;
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
        let (scene, course) = (described_for_it.scene(), &self.course.id);
        let id = |position: usize| self.course.activities[position].id.clone();
        let positions = &described_for_it.set.positions;
        let named = |row: usize| id(positions[row]);
        let mut imitation = self.state.imitate(course, apprentice, &scene, request.seed, named)?;
        let served = preferred(&distribution.probabilities).map(|row| described.set.positions[row]);
        imitation.in_reach = served.is_some_and(|position| positions.contains(&position));
        imitation.agreed = imitation.in_reach && imitation.preferred == served.map(id);
        Some(imitation)
    }

    /// The rows of the candidates.
    fn rows(&self, set: &CandidateSet) -> (Vec<SceneCandidate>, Vec<f64>) {
        let Self { state, course, progress, skill_states, outlook, said, at, .. } = self;
        let (said, at) = (*said, *at);
        let backdrop = Backdrop { state, course, progress, skill_states, outlook, said, at };
        scene_rows(&backdrop, &set.positions)
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
        if !by_chance || self.held_out || scene.candidates.len() == 1 {
            return Vec::new();
        }
        self.state.shadow_choices(&self.course.id, scene, chosen, seed)
    }

    /// Minutes left of the session, when the course limits it; 0 and less when it is over.
    fn minutes_left(&self) -> Option<f64> {
        let most = self.course.session_minutes_max?;
        Some(most - self.progress.sitting(self.at).minutes)
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
        let (_, features) = self.rows(&set);
        let distribution = Distribution { probabilities: vec![1.0], estimates: Vec::new() };
        Some(Draw {
            set,
            distribution,
            features,
            chosen: 0,
            floor: 0.0,
            withheld: None,
            fallback,
            shadows: Vec::new(),
            apprentice: None,
        })
    }

    fn decision(
        &self,
        request: &DecisionRequest<'_>,
        decider: &Decider,
        policy: &PolicyState,
        draw: Draw,
    ) -> Decision {
        let features = draw.features[draw.chosen * FEATURES..][..FEATURES].to_vec();
        let activity = &self.course.activities[draw.set.positions[draw.chosen]];
        let keys: Vec<_> = self.course.skill_keys(&activity.skills).collect();
        let weights = weights_then(policy, &draw, &self.orders);
        Decision {
            id: request.id.clone(),
            learner: self.learner.id.clone(),
            course: self.course.id.clone(),
            course_version: self.course.version,
            made_at: request.at,
            window_ends_at: request.at.plus_micros(self.course.reward.window_micros()),
            seed: request.seed,
            policy: decider.policy.clone(),
            policy_version: policy.policy().version(),
            held_out: decider.held_out,
            session_over: self.minutes_left().is_some_and(|left| left <= 0.0),
            assignment: decider.assignment.clone(),
            floor: draw.floor,
            withheld: draw.withheld,
            candidates: self.considered(&draw),
            chosen: draw.chosen,
            relaxation: draw.set.relaxation,
            exclusions: draw.set.exclusions,
            weights,
            schema: SCHEMA_VERSION,
            features,
            context: self.said.cloned().map(Box::new),
            before: self.learner.belief.about(&keys),
            skills: self.skills_then(&activity.skills),
            probe: self.probe(request.seed),
            fallback: draw.fallback,
            overridden_by: self.orders.pin.as_ref().map(|(_, pin)| pin.clone()),
            constraints: self.orders.applied.clone(),
            plan: None,
            shadows: draw.shadows,
            apprentice: draw.apprentice,
        }
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
    decision.exclusions.iter().filter(eligible).count()
}
