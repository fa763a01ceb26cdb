//! What is learned in one course from everybody, taken aside while a test learner does something.

use crate::experiment::tally::ExperimentState;
use crate::ids::{CourseId, DecisionId, ExperimentId, LearnerId, PolicyId};
use crate::lifecycle::CourseLife;
use crate::lifecycle::promotion::PromotionStage;
use crate::plan::bandit::PlanBandit;
use crate::policy::popularity::Popularity;
use crate::policy::registry::PolicyState;
use crate::report::{CourseOverlap, CourseReport};
use crate::support::CourseSupports;
use crate::time::Timestamp;
use crate::workspace::{CourseStrategies, SharedState};
use std::collections::BTreeMap;

type Waiting = BTreeMap<(Timestamp, DecisionId), (LearnerId, CourseId)>;

/// The statistics of a course, as they were.
pub(super) struct Statistics {
    policies: Vec<((CourseId, PolicyId), PolicyState)>,
    experiments: Vec<(ExperimentId, ExperimentState)>,
    life: Option<CourseLife>,
    strategies: Option<CourseStrategies>,
    plans: Option<PlanBandit>,
    supports: Option<CourseSupports>,
    popularity: Option<Popularity>,
    report: Option<CourseReport>,
    overlap: CourseOverlap,
    stage: Option<PromotionStage>,
    waiting: [usize; 3],
}

impl Statistics {
    /// Takes a copy. Every part of the shared state is named, so that a new one does not compile until
    /// this says whether a test learner may change it.
    pub(super) fn of(shared: &SharedState, course: &CourseId) -> Self {
        let SharedState {
            policies,
            experiments,
            lives,
            strategies,
            plans,
            supports,
            popularity,
            reports,
            pending,
            pending_strategies,
            pending_supports,
            overlap,
            stages,
            // An answer of a test learner moves no parameter.
            tracing: _,
            // No event of a learner changes these.
            head: _,
            publications: _,
            names: _,
            courses: _,
            tracing_versions: _,
            kill_switches: _,
            constraints: _,
            erasures: _,
        } = shared;
        let own = |key: &CourseId| key == course;
        let policies = policies.iter().filter(|((key, _), _)| own(key));
        let experiments = experiments.iter().filter(|(_, it)| own(&it.definition.course));
        Self {
            policies: policies.map(|(key, state)| (key.clone(), state.clone())).collect(),
            experiments: experiments.map(|(id, state)| (id.clone(), state.clone())).collect(),
            life: lives.get(course).cloned(),
            strategies: strategies.get(course).cloned(),
            plans: plans.get(course).cloned(),
            supports: supports.get(course).cloned(),
            popularity: popularity.get(course).cloned(),
            report: reports.get(course).cloned(),
            overlap: *overlap,
            stage: stages.get(course).cloned(),
            waiting: [pending.len(), pending_strategies.len(), pending_supports.len()],
        }
    }

    /// Puts everything back after an event of a test learner. Nothing is waited for of them.
    pub(super) fn put_back(self, shared: &mut SharedState, course: &CourseId, learner: &LearnerId) {
        shared.policies.retain(|(key, _), _| key != course);
        shared.policies.extend(self.policies);
        shared.experiments.extend(self.experiments);
        put(&mut shared.lives, course, self.life);
        put(&mut shared.strategies, course, self.strategies);
        put(&mut shared.plans, course, self.plans);
        put(&mut shared.supports, course, self.supports);
        put(&mut shared.popularity, course, self.popularity);
        put(&mut shared.reports, course, self.report);
        shared.overlap = self.overlap;
        put(&mut shared.stages, course, self.stage);
        let [decisions, strategies, supports] = self.waiting;
        forget(&mut shared.pending, decisions, learner);
        forget(&mut shared.pending_strategies, strategies, learner);
        forget(&mut shared.pending_supports, supports, learner);
    }
}

fn put<T>(all: &mut BTreeMap<CourseId, T>, course: &CourseId, kept: Option<T>) {
    match kept {
        Some(kept) => all.insert(course.clone(), kept),
        None => all.remove(course),
    };
}

/// Forgets what waits for a learner, when more waits than before.
fn forget(all: &mut Waiting, before: usize, learner: &LearnerId) {
    if all.len() > before {
        all.retain(|_, (whose, _)| whose != learner);
    }
}
