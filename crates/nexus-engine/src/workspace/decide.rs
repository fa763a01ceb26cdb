//! Who decides for a learner, and what the decision is made from.

use super::{LearnerState, Refusal, SharedState};
use crate::catalog::Course;
use crate::decision::Decider;
use crate::decision::candidates::{CandidateFilter, CandidateSet};
use crate::decision::choose::{
    self, DecidingPolicy, DecisionRequest, Guidance, Subject, Surroundings,
};
use crate::decision::inputs::Orders;
use crate::experiment::assignment::{AssignmentOutlook, AssignmentStanding};
use crate::experiment::definition::{ExperimentDefinition, Variant};
use crate::experiment::life::variant_of;
use crate::ids::{ActivityId, Assignment, CourseId, ExperimentId, LearnerId, PolicyId};
use crate::learner::progress::CourseProgress;
use crate::lifecycle::holdout::is_held_out;
use crate::lifecycle::shadow::SHADOWS_MAX;
use crate::policy::kind::PolicyKind;
use crate::policy::registry::PolicyState;
use crate::time::Timestamp;
use std::borrow::Cow;

impl SharedState {
    /// Decides what comes next for a learner.
    ///
    /// Errors: [`Refusal::UnknownCourse`]; [`Refusal::UnknownActivity`] and [`Refusal::NoCandidate`] when
    /// the request names what is not there, or leaves nothing of what could be served; and [`Refusal::UnknownPolicy`] when
    /// an experiment or the configuration names a policy that does not exist.
    pub(super) fn decide(
        &self,
        learner: &LearnerState,
        request: &DecisionRequest<'_>,
    ) -> Result<Guidance, Refusal> {
        let unknown = || Refusal::UnknownCourse { course: request.course.to_string() };
        let course = self.course(request.course.as_str()).ok_or_else(unknown)?;
        if let Some(activity) = request.filter.unknown(course) {
            let (course, activity) = (request.course.to_string(), activity.to_string());
            return Err(Refusal::UnknownActivity { course, activity });
        }
        let deciding = self.deciding(learner, request)?;
        let none = CourseProgress::default();
        let subject = Subject {
            id: &learner.id,
            belief: &learner.belief,
            consent: learner.consent,
            explored: &learner.explored,
            progress: learner.progress(request.course.as_str()).unwrap_or(&none),
        };
        let surroundings = self.surroundings(course);
        let decided = choose::decide(&surroundings, &subject, &deciding, request);
        decided.ok_or_else(|| Refusal::NoCandidate { course: request.course.to_string() })
    }

    /// What of the shared state enters a decision in a course.
    pub(super) fn surroundings<'a>(&'a self, course: &'a Course) -> Surroundings<'a> {
        let mut shadows = Vec::new();
        for shadow in self.shadows(&course.id).take(SHADOWS_MAX) {
            if let Some(policy) = self.policy_ref(&course.id, shadow) {
                shadows.push((shadow, policy));
            }
        }
        Surroundings {
            course,
            tracing: &self.tracing,
            popularity: self.popularity.get(&course.id),
            constraints: self.constraints.get(&course.id),
            kill_switch_on: self.kill_switch(&course.id).is_some(),
            shadows,
        }
    }

    /// What a teacher pinned, or else what the course's own path shows next: for when no decision can be journaled.
    #[must_use]
    pub fn static_activity(
        &self,
        learner: &LearnerId,
        state: Option<&LearnerState>,
        course: &CourseId,
        at: Timestamp,
    ) -> Option<ActivityId> {
        let none = CourseProgress::default();
        let progress = state.and_then(|state| state.progress(course.as_str())).unwrap_or(&none);
        let course = self.course(course.as_str())?;
        let filter = CandidateFilter::default();
        let constraints = self.constraints.get(&course.id);
        let orders = Orders::of(constraints, learner, course, progress, &filter, at);
        let set = match &orders.pin {
            Some((pinned, _)) => CandidateSet::pinned(course, *pinned, &filter, &orders),
            None => CandidateSet::static_path(course, progress, &filter, &orders),
        };
        set.positions.first().map(|position| course.activities[*position].id.clone())
    }

    /// The policy that decides: the path or chance for learners who are held out, else the variant's policy
    /// while an experiment runs, else the policy that was promoted, else the node's default. In the
    /// place of a shadow the course's own path decides, also in that of a policy that left the
    /// product, which only an old journal names; in the place of an apprentice its baseline.
    fn deciding(
        &self,
        learner: &LearnerState,
        request: &DecisionRequest<'_>,
    ) -> Result<DecidingPolicy<'_>, Refusal> {
        let course = request.course;
        let share = self.holdout_share(course, request.holdout_share);
        if is_held_out(course, &learner.id, share) {
            let word = request.holdout_policy.word();
            // invariant: the word of a policy is an id.
            let id = PolicyId::new(word).expect("a policy's word is an id");
            let policy = self.policy_named(course, &id)?;
            let decider = Decider { policy: id, held_out: true, assignment: None };
            return Ok(DecidingPolicy { decider, policy, apprentice: None, plan: None });
        }
        let side = self.side_of(learner, course);
        let (named, assignment) = match side {
            None => (self.serving_for(course, &learner.id, request.default_policy), None),
            Some((definition, variant)) => {
                let assignment = Assignment {
                    experiment: definition.id.clone(),
                    version: definition.version,
                    variant: variant.name.clone(),
                };
                (&variant.policy, Some(assignment))
            }
        };
        let is_apprentice = self.baseline(course, named).is_some();
        let apprentice = self.policy_ref(course, named).filter(|_| is_apprentice);
        let apprentice = apprentice.map(|policy| (named.clone(), policy));
        let id = self.stand_in(course, named).unwrap_or_else(|| named.clone());
        let policy = self.policy_named(course, &id)?;
        let decider = Decider { policy: id, held_out: false, assignment };
        let plan = match policy.kind() {
            Some(PolicyKind::Plans) => self.plan_for(learner, request),
            _ => None,
        };
        Ok(DecidingPolicy { decider, policy, apprentice, plan })
    }

    /// The experiment that runs in a course, and the learner's side of it; `None` when nothing runs,
    /// or when it does not take the learner in.
    pub(super) fn side_of(
        &self,
        learner: &LearnerState,
        course: &CourseId,
    ) -> Option<(&ExperimentDefinition, &Variant)> {
        let running = self.running_experiment(course.as_str())?;
        let (definition, share) = (&running.definition, running.life.share);
        let exposures = learner.courses.get(course).map_or(&[][..], |it| it.exposures.as_slice());
        Some((definition, variant_of(definition, share, &learner.id, exposures)?))
    }

    /// Where a learner stands towards an experiment, before or after their first decision. A stranger
    /// is a learner without events. `holdout_share` is the share where the course has set no other.
    ///
    /// Errors: there is no such experiment.
    pub fn assignment_of(
        &self,
        experiment: &ExperimentId,
        learner: &LearnerState,
        holdout_share: f64,
    ) -> Result<AssignmentOutlook, Refusal> {
        let unknown = || Refusal::UnknownExperiment { experiment: experiment.to_string() };
        let known = self.experiments.get(experiment.as_str()).ok_or_else(unknown)?;
        let (definition, share) = (&known.definition, known.life.share);
        let course = &definition.course;
        let exposures = learner.courses.get(course).map_or(&[][..], |it| it.exposures.as_slice());
        let was_shown = exposures.iter().any(|record| {
            record.experiment == definition.id && record.version == definition.version
        });
        let side = variant_of(definition, share, &learner.id, exposures);
        let standing =
            if is_held_out(course, &learner.id, self.holdout_share(course, holdout_share)) {
                AssignmentStanding::HeldOut
            } else if was_shown {
                AssignmentStanding::Shown
            } else if self
                .running_experiment(course.as_str())
                .is_none_or(|it| it.definition.id != *experiment)
            {
                AssignmentStanding::NotRunning
            } else if side.is_none() {
                AssignmentStanding::Outside
            } else {
                AssignmentStanding::Assigned
            };
        let has_side = matches!(standing, AssignmentStanding::Shown | AssignmentStanding::Assigned);
        Ok(AssignmentOutlook {
            version: definition.version,
            standing,
            side: side.filter(|_| has_side).cloned(),
        })
    }

    /// A policy of a course with its statistics; a fresh one before its first reward.
    fn policy_named(
        &self,
        course: &CourseId,
        policy: &PolicyId,
    ) -> Result<Cow<'_, PolicyState>, Refusal> {
        if let Some(known) = self.policies.get(&(course.clone(), policy.clone())) {
            return Ok(Cow::Borrowed(known));
        }
        Ok(Cow::Owned(PolicyState::new(PolicyKind::named(policy.as_str())?)))
    }

    /// The same for a policy that may have left the product.
    pub(super) fn policy_ref(
        &self,
        course: &CourseId,
        policy: &PolicyId,
    ) -> Option<Cow<'_, PolicyState>> {
        match self.policies.get(&(course.clone(), policy.clone())) {
            Some(known) => Some(Cow::Borrowed(known)),
            None => PolicyState::folded(policy.as_str()).map(Cow::Owned),
        }
    }
}
