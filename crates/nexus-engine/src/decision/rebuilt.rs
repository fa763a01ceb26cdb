//! The scene of a decision that was made, again from the state before it: what another policy would
//! have looked at. A journal keeps the row of what was chosen alone, and that is the check.

use super::Decision;
use super::candidates::{CandidateFilter, CandidateSet};
use super::choose::{Subject, Surroundings};
use super::inputs::{Orders, skill_states};
use super::rules::Rules;
use super::situation::{Backdrop, Outlook, RowsWanted, activity_success, scene_rows};
use crate::policy::context::FEATURES;
use crate::policy::draw::finish;
use crate::policy::gain::GAIN_SCHEMA;
use crate::policy::network::row::{NETWORK_SCHEMA, network_row};
use crate::policy::registry::PolicyState;
use crate::policy::{Distribution, Scene, SceneCandidate};

/// The scene of a decision.
#[derive(Clone, Debug)]
pub struct RebuiltScene {
    candidates: Vec<SceneCandidate>,
    features: Vec<f64>,
    /// The candidate that the course's own path would have shown; `None` when it is none of them.
    next_on_path: Option<usize>,
}

/// What a policy would have done in a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct WouldChoose {
    /// Its probability of each candidate, its floor included; all 0 where it would have shown what was no candidate.
    pub probabilities: Vec<f64>,
    /// Its probability of what was no candidate: 0 or 1.
    pub outside: f64,
}

impl RebuiltScene {
    /// The scene of `decision`, from the course version, the learner and the shared state before it.
    /// `None` when the row of what was chosen is not the one that the decision holds, or a
    /// candidate is not in the course: then it was made from something else.
    #[must_use]
    pub fn of(
        surroundings: &Surroundings<'_>,
        subject: &Subject<'_>,
        decision: &Decision,
    ) -> Option<Self> {
        let Surroundings { course, tracing, constraints, popularity, .. } = surroundings;
        let (course, constraints, popularity) = (*course, *constraints, *popularity);
        let (progress, at) = (subject.progress, decision.origin.window.made_at);
        let position = |activity: &str| {
            course.activities.iter().position(|other| other.id.as_str() == activity)
        };
        let named = decision.choice.candidates.iter();
        let positions: Option<Vec<usize>> =
            named.map(|considered| position(considered.activity.as_str())).collect();
        let positions = positions?;
        let rules = Rules::USUAL;
        let skill_states = skill_states(course, progress, subject.belief, tracing, &rules, at);
        let success = activity_success(course, &skill_states);
        let outlook = Outlook { success, target: rules.success_target };
        let said = decision.request.context.as_deref();
        let (skill_states, outlook) = (&*skill_states, &outlook);
        let backdrop = Backdrop { popularity, course, progress, skill_states, outlook, said, at };
        let (candidates, features) = scene_rows(&backdrop, &positions, RowsWanted::ALL);
        let filter = CandidateFilter::default();
        let orders = Orders::of(constraints, subject.id, course, progress, &filter, at);
        let path = CandidateSet::static_path(course, progress, &filter, &orders);
        let next = path.positions.first();
        let next_on_path = next.and_then(|next| positions.iter().position(|other| other == next));
        let scene = Self { candidates, features, next_on_path };
        scene.holds(decision).then_some(scene)
    }

    /// Whether the row of what was chosen is the one that the decision holds, bit for bit.
    fn holds(&self, decision: &Decision) -> bool {
        let chosen = decision.choice.chosen;
        let kept = &decision.origin.features;
        let (Some(row), Some(candidate)) = (self.row(chosen), self.candidates.get(chosen)) else {
            return false;
        };
        match kept.schema {
            GAIN_SCHEMA => kept.values == candidate.gain.columns,
            NETWORK_SCHEMA => kept.values == network_row(row, &candidate.gain),
            // Older schemas are the first columns of this one.
            _ => row.get(..kept.values.len()) == Some(&kept.values),
        }
    }

    /// The features of a candidate.
    #[must_use]
    pub fn row(&self, candidate: usize) -> Option<&[f64; FEATURES]> {
        self.features.as_chunks().0.get(candidate)
    }

    /// What a policy would have done. Its randomness is what it would have had if it had decided.
    #[must_use]
    pub fn would_choose(&self, policy: &PolicyState, decision: &Decision) -> WouldChoose {
        let mut distribution = Distribution::default();
        if policy.follows_path() {
            return self.own_path();
        }
        let scene = Scene { candidates: &self.candidates, features: &self.features };
        let mut stream = decision.choice.seed.stream("policy");
        policy.policy().distribute(&scene, &mut stream, &mut distribution);
        match finish(policy.policy().floor(), &mut distribution) {
            Ok(()) => WouldChoose { probabilities: distribution.probabilities, outside: 0.0 },
            Err(_) => self.own_path(),
        }
    }

    fn own_path(&self) -> WouldChoose {
        let mut probabilities = vec![0.0; self.candidates.len()];
        if let Some(mass) = self.next_on_path.and_then(|next| probabilities.get_mut(next)) {
            *mass = 1.0;
        }
        let outside = if self.next_on_path.is_some() { 0.0 } else { 1.0 };
        WouldChoose { probabilities, outside }
    }
}
