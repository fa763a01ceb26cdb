//! The occasion on which a learner needs an activity: what an adviser sees who chooses in the place
//! of a policy, for measurements.

use crate::learner::SimulatedLearner;
use nexus_engine::catalog::Course;
use nexus_engine::decision::inputs::{SkillState, skill_states};
use nexus_engine::decision::rules::Rules;
use nexus_engine::decision::situation::{
    Backdrop, Outlook, RowsWanted, activity_success, scene_rows,
};
use nexus_engine::ids::{DecisionId, LearnerId};
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::policy::SceneCandidate;
use nexus_engine::seed::Seed;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::LearnerState;
use nexus_engine::workspace::memory::Workspace;
use nexus_engine::workspace::protocol::{Ask, Circumstances};
use std::fmt;

/// What an adviser sees when a learner needs an activity.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The engine's state and learners.
    pub workspace: &'a Workspace,
    /// The course that is taught.
    pub course: &'a Course,
    /// The learner, whose mind an adviser may read.
    pub learner: &'a SimulatedLearner,
    pub at: Timestamp,
    /// What the randomness of the decision will come from.
    pub seed: Seed,
}

/// What an adviser says; activities are positions in the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The engine chooses among all candidates.
    AsItComes,
    /// The engine is asked, and only this activity is allowed.
    Only(usize),
    /// The learner begins this activity, and the engine is not asked.
    Begin(usize),
}

/// Chooses in the place of a policy, for measurements: it may read what no policy can see.
pub trait Adviser: fmt::Debug + Send + Sync {
    fn advise(&mut self, occasion: &Occasion<'_>) -> Advice;
}

/// What the engine knows of a learner and of what may be chosen.
#[derive(Clone, Debug)]
pub struct SceneSeen {
    /// Each skill of the course, in its order.
    pub skills: Vec<SkillState>,
    /// The candidates, in the order that was asked for.
    pub candidates: Vec<SceneCandidate>,
    /// Their feature rows, one after the other.
    pub features: Vec<f64>,
}

impl Occasion<'_> {
    /// The engine's state of the learner; absent before their first event.
    #[must_use]
    pub fn state(&self) -> Option<&LearnerState> {
        self.workspace.learners.get(&LearnerId::new(self.learner.id()).ok()?)
    }

    /// What a policy could choose from now; `None` when a placement or a check is due, or there is
    /// nothing. Asking records nothing.
    #[must_use]
    pub fn candidates(&self) -> Option<Vec<usize>> {
        let state = self.state()?;
        let ask =
            Ask::new(DecisionId::new("preview").ok()?, state.id.clone(), self.course.id.clone());
        let (at, seed, defaults) = (self.at, self.seed, &self.workspace.defaults);
        let around = Circumstances { at, seed, defaults, is_taken: &|_| false };
        let decision = self.workspace.state.preview(state, &ask, &around).ok()?.activity()?;
        let mut positions = Vec::with_capacity(decision.choice.candidates.len());
        for candidate in &decision.choice.candidates {
            let position = self.course.activity_position(candidate.activity.as_str())?;
            if self.course.activities[position].kind.measures() {
                return None;
            }
            positions.push(position);
        }
        Some(positions)
    }

    /// What policies may know of some activities; `None` before the learner's first event.
    #[must_use]
    pub fn scene(&self, positions: &[usize]) -> Option<SceneSeen> {
        let Self { workspace, course, at, .. } = *self;
        let state = self.state()?;
        let none = CourseProgress::default();
        let progress = state.progress(course.id.as_str()).unwrap_or(&none);
        let (tracing, rules) = (&workspace.state.tracing, Rules::USUAL);
        let skills = skill_states(course, progress, &state.belief, tracing, &rules, at);
        let success = activity_success(course, &skills);
        let outlook = Outlook { success, target: rules.success_target };
        let backdrop = Backdrop {
            popularity: workspace.state.popularity.get(&course.id),
            course,
            progress,
            skill_states: &skills,
            outlook: &outlook,
            said: None,
            at,
        };
        let (candidates, features) = scene_rows(&backdrop, positions, RowsWanted::ALL);
        Some(SceneSeen { skills, candidates, features })
    }
}
