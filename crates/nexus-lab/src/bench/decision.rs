//! The engine's decision, whole and in parts, beside a uniform draw over the same candidates.

use super::Effort;
use super::figure::{Figure, Unit};
use super::rounds::{Kernel, kernel, seconds};
use super::school::{BenchSchool, Size};
use anyhow::ensure;
use nexus_engine::catalog::Course;
use nexus_engine::decision::candidates::{CandidateFilter, CandidateSet, Situation};
use nexus_engine::decision::inputs::Orders;
use nexus_engine::decision::inputs::{SkillState, skill_states};
use nexus_engine::decision::rules::Rules;
use nexus_engine::decision::situation::{
    Backdrop, Outlook, RowsWanted, activity_success, scene_rows,
};
use nexus_engine::ids::{ActivityId, DecisionId, PolicyId};
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::policy::context::FEATURES;
use nexus_engine::policy::draw::{choose, finish};
use nexus_engine::policy::linear::{LinearPolicy, LinearRule};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::{Distribution, Policy, Rewarded, Scene, SceneCandidate};
use nexus_engine::seed::Seed;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::workspace::LearnerState;
use nexus_engine::workspace::protocol::{Ask, Circumstances, Defaults};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// What the design allows for a decision of 50 candidates.
const BUDGET_SECONDS: f64 = 20e-6;
/// Rewards the measured policy has learned from.
const REWARDS: usize = 2_000;
const UNIFORM: &str = "a uniform draw over the same candidates";

/// Everything one decision is made from.
struct Class {
    school: BenchSchool,
    course: Arc<Course>,
    learner: LearnerState,
    progress: CourseProgress,
    at: Timestamp,
    filter: CandidateFilter,
    thompson: PolicyId,
    random: PolicyId,
}

impl Class {
    fn new(size: Size) -> anyhow::Result<Self> {
        let mut school = BenchSchool::new(size)?;
        let learner = school.experienced(size)?;
        let thompson = PolicyId::new("lin-ts")?;
        let trained = PolicyState::Linear(Box::new(trained()));
        school.state.policies.insert((school.course.clone(), thompson.clone()), trained);
        let class = Self {
            course: school.published()?,
            progress: learner.progress(school.course.as_str()).cloned().unwrap_or_default(),
            learner,
            // A day later, so that forgetting is computed too.
            at: school.now.plus_micros(DAY_MICROS),
            filter: CandidateFilter::default(),
            thompson,
            random: PolicyId::new("random")?,
            school,
        };
        let found = class.candidates().positions.len();
        ensure!(found == size.open, "{found} candidates instead of {}", size.open);
        Ok(class)
    }

    /// A decision as the node makes it, with another seed each time.
    fn whole(&self, policy: &'static str) -> anyhow::Result<Kernel<'_>> {
        let policy = if policy == "random" { &self.random } else { &self.thompson };
        let defaults = Defaults::of(policy.clone());
        let (learner, course) = (self.learner.id.clone(), self.school.course.clone());
        let ask = Ask::new(DecisionId::new("bench")?, learner, course);
        let (at, mut seed) = (self.at, Seed(0));
        Ok(kernel(move || {
            seed.0 += 1;
            let around = Circumstances { at, seed, defaults: &defaults, is_taken: &|_| false };
            self.school.state.preview(&self.learner, &ask, &around).is_ok()
        }))
    }

    fn skill_states(&self) -> Vec<SkillState> {
        let tracing = &self.school.state.tracing;
        skill_states(
            &self.course,
            &self.progress,
            &self.learner.belief,
            tracing,
            &Rules::USUAL,
            self.at,
        )
    }

    fn candidates(&self) -> CandidateSet {
        let skill_states = self.skill_states();
        let success = activity_success(&self.course, &skill_states);
        self.eligible(&skill_states, &success)
    }

    fn eligible(&self, skill_states: &[SkillState], success: &[f64]) -> CandidateSet {
        let (course, progress) = (&*self.course, &self.progress);
        let orders = &Orders::default();
        let rules = &Rules::USUAL;
        let situation = Situation {
            course,
            progress,
            skill_states,
            success,
            orders,
            rules,
            minutes_left: None,
            at: self.at,
        };
        CandidateSet::adaptive(&situation, &self.filter)
    }

    fn rows(
        &self,
        skill_states: &[SkillState],
        outlook: &Outlook,
        positions: &[usize],
    ) -> (Vec<SceneCandidate>, Vec<f64>) {
        let (state, course, progress) = (&self.school.state, &*self.course, &self.progress);
        let (said, at) = (None, self.at);
        let popularity = state.popularity.get(&course.id);
        let backdrop = Backdrop { popularity, course, progress, skill_states, outlook, said, at };
        scene_rows(&backdrop, positions, RowsWanted { features: true, gain: false })
    }
}

/// A policy that has seen some rewards: what one weight looks like does not change the time, but
/// a prior with equal numbers everywhere could.
pub(super) fn trained() -> LinearPolicy {
    let mut policy = LinearPolicy::new(LinearRule::Thompson);
    let mut stream = Stream::new(1);
    for _ in 0..REWARDS {
        let features: [f64; FEATURES] = std::array::from_fn(|_| stream.uniform());
        let value = 2.0 * stream.uniform() - 1.0;
        policy.learn(&Rewarded { features: &features, value, propensity: 0.02, gain: None });
    }
    policy
}

/// The figures of this subject.
pub(super) fn measure(effort: &Effort) -> anyhow::Result<Vec<Figure>> {
    let usual = Class::new(Size::USUAL)?;
    let large = Class::new(Size::LARGE)?;
    let set = usual.candidates();
    let (skill_states, success) =
        (usual.skill_states(), activity_success(&usual.course, &usual.skill_states()));
    let outlook = Outlook { success: success.clone(), target: Rules::USUAL.success_target };
    let (rows, features) = usual.rows(&skill_states, &outlook, &set.positions);
    let policy = trained();
    let names: Vec<ActivityId> =
        set.positions.iter().map(|place| usual.course.activities[*place].id.clone()).collect();
    let mut stream = Stream::new(2);
    let uniform = kernel(move || names.get(stream.below(names.len() as u64) as usize).cloned());
    let found = seconds(
        effort,
        vec![
            uniform,
            usual.whole("lin-ts")?,
            step(&policy, &rows, &features),
            usual.whole("random")?,
            kernel(|| usual.skill_states()),
            kernel(|| usual.eligible(&skill_states, &success)),
            kernel(|| usual.rows(&skill_states, &outlook, &set.positions)),
            large.whole("lin-ts")?,
        ],
    );
    Ok(figures(found))
}

/// What a policy adds: its distribution, the floor, the draw.
fn step<'a>(policy: &'a dyn Policy, rows: &'a [SceneCandidate], features: &'a [f64]) -> Kernel<'a> {
    let mut seed = Seed(0);
    kernel(move || {
        seed.0 += 1;
        let scene = Scene { candidates: rows, features };
        let mut distribution = Distribution::default();
        policy.distribute(&scene, &mut seed.stream("policy"), &mut distribution);
        let finished = finish(policy.floor(), &mut distribution);
        finished.map(|()| choose(&distribution.probabilities, &mut seed.stream("draw")))
    })
}

fn figures(found: Vec<Vec<f64>>) -> Vec<Figure> {
    let named = [
        ("decision.end_to_end", "rules, features, distribution and draw; 120 activities"),
        ("decision.policy_step", "its part: the distribution of lin-ts, the floor, the draw"),
        ("decision.with_random", "the whole decision with the policy `random`"),
        ("decision.part.skills", "its part: what is known of all 30 skills"),
        ("decision.part.rules", "its part: which of the 120 activities are candidates"),
        ("decision.part.features", "its part: features of the 50 candidates"),
        ("decision.large_course", "the whole decision; 2,000 activities, still 50 candidates"),
    ];
    let mut found = found.into_iter();
    let uniform = found.next().unwrap_or_default();
    let figure = |((name, what), rounds): ((&str, &'static str), Vec<f64>)| {
        let figure = Figure::new(name, what, Unit::Seconds, rounds).beside(UNIFORM, &uniform);
        if name == "decision.end_to_end" { figure.within(BUDGET_SECONDS) } else { figure }
    };
    named.into_iter().zip(found).map(figure).collect()
}
