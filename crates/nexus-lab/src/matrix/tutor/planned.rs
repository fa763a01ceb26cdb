//! A planner in the seat of a tutor: the draw and the floor of the engine, over an eligible set by
//! rules of thumb. What it believes
//! of a learner is what [`StrategicTutor`] believes.

use super::strategic::StrategicTutor;
use super::{Answered, MatrixQuestion, Sight, Tutor};
use crate::matrix::graph::SKILLS_MAX;
use crate::matrix::planner::{Planner, Prospect, Role, Step, StepScene, present};
use nexus_engine::learner::results::Results;
use nexus_engine::policy::Distribution;
use nexus_engine::policy::draw::{choose, finish};
use nexus_stats::random::Stream;

/// Chance of being known from which on a skill opens those that need it.
const OPEN: f64 = 0.6;
/// Chance of being known from which on a skill rests.
const EXIT: f64 = 0.95;
/// Recall below which a skill that rests is due.
const DUE: f64 = 0.80;
/// Latest results that say whether the skill practised last goes badly, and the share below which it does.
const FAILING: (u8, f64) = (3, 0.6);

/// One decision as a trainer sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logged {
    /// Where the learner stood.
    pub prospect: Prospect,
    /// Which steps could be chosen: bit n for step number n.
    pub present: u16,
    /// Number of the step that was.
    pub chosen: usize,
}

/// A planner with what it believes of one learner.
pub struct Planned<'a> {
    policy: &'a dyn Planner,
    floor: f64,
    beliefs: StrategicTutor,
    focus: Option<usize>,
    results: [Results; SKILLS_MAX],
    /// Every decision so far.
    pub logged: Vec<Logged>,
}

impl<'a> Planned<'a> {
    /// Nothing answered yet; the floor is the share of probability spread over all candidates.
    #[must_use]
    pub fn new(policy: &'a dyn Planner, floor: f64) -> Self {
        let results = [Results::NONE; SKILLS_MAX];
        let beliefs = StrategicTutor::watching();
        Self { policy, floor, beliefs, focus: None, results, logged: Vec::new() }
    }

    fn is_open(&self, sight: &Sight, skill: usize) -> bool {
        let mut needs = sight.graph.requires[skill].iter();
        needs.all(|needed| self.beliefs.known(*needed) >= OPEN)
    }

    fn rests(&self, skill: usize) -> bool {
        self.beliefs.known(skill) >= EXIT
    }

    fn is_due(&self, sight: &Sight, skill: usize) -> bool {
        self.rests(skill) && self.beliefs.recall(skill, sight.day) < DUE
    }

    /// What may be asked: open skills that are not mastered or are due; when there are none, all.
    fn eligible(&self, sight: &Sight) -> Vec<(MatrixQuestion, Step)> {
        let skills = sight.graph.skills();
        let wanted = |skill: &usize| {
            self.is_due(sight, *skill) || self.is_open(sight, *skill) && !self.rests(*skill)
        };
        let mut open: Vec<usize> = (0..skills).filter(wanted).collect();
        if open.is_empty() {
            open.extend(0..skills);
        }
        let difficulties = sight.graph.difficulties;
        let each = |skill: usize| {
            (0..difficulties).map(move |difficulty| (MatrixQuestion { skill, difficulty }, skill))
        };
        let step = |skill, difficulty| Step {
            role: self.role(sight, skill),
            // The only difficulty of a world is its middle one.
            tier: if difficulties == 1 { 1 } else { difficulty },
        };
        open.into_iter()
            .flat_map(each)
            .map(|(it, skill)| (it, step(skill, it.difficulty)))
            .collect()
    }

    fn role(&self, sight: &Sight, skill: usize) -> Role {
        let needed = self.focus.map_or(&[][..], |focus| sight.graph.requires[focus]);
        if self.rests(skill) {
            Role::Review
        } else if self.focus == Some(skill) {
            Role::Continue
        } else if self.is_failing() && needed.contains(&skill) {
            Role::Repair
        } else {
            Role::Next
        }
    }

    fn is_failing(&self) -> bool {
        let results = self.focus.map_or(Results::NONE, |focus| self.results[focus]);
        let (last, share) = FAILING;
        results.count() >= last && results.share(last).is_some_and(|right| right < share)
    }

    /// Where the learner stands.
    #[must_use]
    pub fn prospect(&self, sight: &Sight) -> Prospect {
        let skills = sight.graph.skills();
        let share = |of: &dyn Fn(usize) -> bool| {
            (0..skills).filter(|skill| of(*skill)).count() as f64 / skills as f64
        };
        let ready = |skill: usize| self.is_open(sight, skill) && !self.rests(skill);
        Prospect {
            focus_mastery: self.focus.map_or(0.0, |focus| self.beliefs.known(focus)),
            focus_attempts: self.focus.map_or(0.0, |it| f64::from(self.beliefs.attempts(it))),
            mastery: (0..skills).map(|skill| self.beliefs.known(skill)).sum::<f64>()
                / skills as f64,
            ready: share(&ready),
            due: share(&|skill| self.is_due(sight, skill)),
            ahead: 1.0 - sight.step as f64 / sight.budget.max(1) as f64,
        }
    }
}

impl Tutor for Planned<'_> {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        let eligible = self.eligible(sight);
        let steps: Vec<Step> = eligible.iter().map(|(_, step)| *step).collect();
        let prospect = self.prospect(sight);
        let mut out = Distribution::default();
        self.policy.distribute(&StepScene { steps: &steps, prospect }, &mut out);
        let chosen = match finish(self.floor, &mut out) {
            Ok(()) => choose(&out.probabilities, stream),
            // What no policy can value is served in order.
            Err(_) => 0,
        };
        let (activity, step) = eligible[chosen];
        let present = present(&steps);
        self.logged.push(Logged { prospect, present, chosen: step.number() });
        activity
    }

    fn observe(&mut self, answered: &Answered) {
        let skill = answered.activity.skill;
        self.beliefs.observe(answered);
        self.results[skill].push(answered.right);
        self.focus = Some(skill);
    }
}
