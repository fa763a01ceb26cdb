//! Everything that is shared between learners.

use super::CourseStrategies;
use crate::catalog::{Course, CourseDraft, CourseProblem, Names};
use crate::constraint::CourseConstraints;
use crate::erasure::{Erasure, ErasureMark};
use crate::experiment::tally::ExperimentState;
use crate::ids::{CourseId, DecisionId, ExperimentId, LearnerId, PolicyId};
use crate::invariants::{self, Violation};
use crate::learner::tracing::TracingModel;
use crate::learner::tracing_version::TracingPublication;
use crate::lifecycle::CourseLife;
use crate::lifecycle::kill_switch::KillSwitch;
use crate::lifecycle::promotion::PromotionStage;
use crate::plan::bandit::PlanBandit;
use crate::policy::popularity::Popularity;
use crate::policy::registry::PolicyState;
use crate::report::{CourseOverlap, CourseReport};
use crate::support::CourseSupports;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that is shared between learners.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedState {
    /// The last journal entry that was applied; 0 before the first.
    pub head: u64,
    /// Every published course version, in publication order.
    pub publications: Vec<Arc<CourseDraft>>,
    /// The register of names, rebuilt from `publications`.
    pub names: Names,
    /// Published courses by id and version, rebuilt from `publications`.
    pub courses: BTreeMap<CourseId, BTreeMap<u32, Arc<Course>>>,
    /// Parameters of questions and skills, learned from every answer.
    pub tracing: TracingModel,
    /// The latest published versions of those parameters, the oldest first.
    pub tracing_versions: Vec<TracingPublication>,
    /// Kill switches that are on, by course; `None` is the one of all courses.
    pub kill_switches: BTreeMap<Option<CourseId>, KillSwitch>,
    /// Policies with their statistics, by course.
    pub policies: BTreeMap<(CourseId, PolicyId), PolicyState>,
    /// What was said of policies: who decides, in which mode, and their versions, by course.
    pub lives: BTreeMap<CourseId, CourseLife>,
    /// Promotions that hold for a share of the learners only, by course.
    pub stages: BTreeMap<CourseId, PromotionStage>,
    /// What was learned of strategies, by course.
    pub strategies: BTreeMap<CourseId, CourseStrategies>,
    /// What closing checks said of whole plans, by course.
    pub plans: BTreeMap<CourseId, PlanBandit>,
    /// What was learned of the supports of questions, by course.
    pub supports: BTreeMap<CourseId, CourseSupports>,
    /// What is completed often lately, by course.
    pub popularity: BTreeMap<CourseId, Popularity>,
    /// Experiments with their tallies.
    pub experiments: BTreeMap<ExperimentId, ExperimentState>,
    /// Teachers' pins, blocks and caps, by course.
    pub constraints: BTreeMap<CourseId, CourseConstraints>,
    /// Live counters, by course.
    pub reports: BTreeMap<CourseId, CourseReport>,
    /// Decisions that wait for reward, by the end of their window; whose they are, and where.
    pub pending: BTreeMap<(Timestamp, DecisionId), (LearnerId, CourseId)>,
    /// Strategies that wait for theirs, in the same way.
    pub pending_strategies: BTreeMap<(Timestamp, DecisionId), (LearnerId, CourseId)>,
    /// Supports that wait for their outcome, in the same way.
    pub pending_supports: BTreeMap<(Timestamp, DecisionId), (LearnerId, CourseId)>,
    /// Erased learners, by the mark of their old id; an id with such a mark is refused.
    pub erasures: BTreeMap<ErasureMark, Erasure>,
    /// Learners in several courses.
    pub overlap: CourseOverlap,
}

impl SharedState {
    /// The latest published version of a course.
    #[must_use]
    pub fn course(&self, id: &str) -> Option<&Arc<Course>> {
        self.courses.get(id).and_then(|versions| versions.values().next_back())
    }

    /// The latest published version of every course, by their ids.
    pub fn latest_courses(&self) -> impl Iterator<Item = &Arc<Course>> {
        self.courses.values().filter_map(|versions| versions.values().next_back())
    }

    /// One published version of a course.
    #[must_use]
    pub fn course_version(&self, id: &str, version: u32) -> Option<&Arc<Course>> {
        self.courses.get(id).and_then(|versions| versions.get(&version))
    }

    /// Where a window has ended by a moment: of whom and in which course, decisions first.
    pub fn windows_ended(&self, at: Timestamp) -> impl Iterator<Item = &(LearnerId, CourseId)> {
        let pending = [&self.pending, &self.pending_strategies, &self.pending_supports].into_iter();
        pending.flat_map(move |all| {
            all.iter().take_while(move |((ends_at, _), _)| *ends_at <= at).map(|(_, whose)| whose)
        })
    }

    /// When the next window ends.
    #[must_use]
    pub fn next_window_end(&self) -> Option<Timestamp> {
        let pending = [&self.pending, &self.pending_strategies, &self.pending_supports].into_iter();
        pending.filter_map(|all| all.keys().next()).map(|(ends_at, _)| *ends_at).min()
    }

    /// Whether the latest version of a course has a closing check.
    #[must_use]
    pub fn has_check(&self, course: &CourseId) -> bool {
        self.course(course.as_str()).is_some_and(|course| course.closing_check().is_some())
    }

    /// The experiment that runs in a course now, if any.
    #[must_use]
    pub fn running_experiment(&self, course: &str) -> Option<&ExperimentState> {
        let mut running = self.experiments.values();
        running.find(|state| state.definition.course.as_str() == course && state.is_running())
    }

    /// Validates a draft and adds it to the catalog, all or nothing, with its reward written in full.
    ///
    /// Errors: every problem of the draft.
    pub fn publish(&mut self, draft: Arc<CourseDraft>) -> Result<Arc<Course>, Vec<CourseProblem>> {
        let course = Arc::new(crate::catalog::validation::publish(&draft, &mut self.names)?);
        self.add(Arc::new(draft.spelled_out()), &course);
        Ok(course)
    }

    /// Adds a draft that the journal holds already to the catalog, without asking today's rules
    /// whether it would be published now.
    ///
    /// Errors: when the draft is not even a course any more, which only damage or a bug can cause.
    pub fn restore(&mut self, draft: Arc<CourseDraft>) -> Result<Arc<Course>, Vec<CourseProblem>> {
        let course = Arc::new(crate::catalog::validation::restore(&draft, &mut self.names)?);
        self.add(draft, &course);
        Ok(course)
    }

    fn add(&mut self, draft: Arc<CourseDraft>, course: &Arc<Course>) {
        let versions = self.courses.entry(course.id.clone()).or_default();
        versions.insert(course.version, Arc::clone(course));
        self.publications.push(draft);
        self.popularity.entry(course.id.clone()).or_default();
        self.reports.entry(course.id.clone()).or_default();
    }

    /// How many decisions wait for their reward, by course; courses where none does are left out.
    #[must_use]
    pub fn waiting(&self) -> BTreeMap<CourseId, u64> {
        let mut waiting = BTreeMap::new();
        for (_, course) in self.pending.values() {
            match waiting.get_mut(course) {
                Some(count) => *count += 1,
                None => {
                    waiting.insert(course.clone(), 1);
                }
            }
        }
        waiting
    }

    /// Invariant RWD-2 in every course.
    ///
    /// Errors: the first violation.
    pub fn check_rewards(&self) -> Result<(), Violation> {
        let waiting = self.waiting();
        for (course, report) in &self.reports {
            invariants::rwd_2(report, waiting.get(course).copied().unwrap_or(0))?;
        }
        Ok(())
    }

    /// A policy of a course, also one that left the product: its statistics, or a fresh one of that name.
    ///
    /// Returns `None` when no policy has that name.
    #[must_use]
    pub fn policy(&self, course: &CourseId, policy: &PolicyId) -> Option<PolicyState> {
        let known = self.policies.get(&(course.clone(), policy.clone()));
        known.cloned().or_else(|| PolicyState::folded(policy.as_str()))
    }
}
