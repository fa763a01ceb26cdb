//! Applying an entry: the fold itself. It cannot fail; what it cannot understand it leaves alone,
//! which only happens when a journal was written by a newer version. What an event does to
//! activities, answers and decisions has a room each.

mod activity;
mod answer;
mod closing_check;
mod decision;
mod statistics;
mod support;

pub use answer::ANSWER_MS_MIN;

use super::{LearnerCourse, LearnerState, SharedState};
use crate::catalog::{Activity, Course};
use crate::decision::attribution::Attribution;
use crate::decision::reward::LearnerDecisions;
use crate::event::{Action, Entry, Event, EventHead, Happening};
use crate::experiment::checked::CompletedCheck;
use crate::experiment::definition::ExperimentDefinition;
use crate::experiment::exposure::{self, ExposureRecord};
use crate::experiment::retention::{AnswerAfterPause, tally_retention};
use crate::experiment::tally::ExperimentState;
use crate::ids::{CourseId, DecisionId, SkillKey};
use crate::learner::progress::{CourseOutcome, CourseProgress};
use crate::learner::turn::SkillTurn;
use crate::plan::LearnerPlan;
use crate::policy::registry::PolicyState;
use crate::report::{ActivityReport, CourseReport};
use crate::strategy::LearnerStrategy;
use crate::support::OpenSupport;
use crate::time::Timestamp;
use statistics::Statistics;
use std::sync::Arc;

/// What an entry changed, for the stream of events; replay drops it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Whether the event belonged to a decision, for the receipt.
    pub attribution: Attribution,
    /// What an answer turned in its skills; almost always empty.
    pub turns: Vec<(SkillKey, SkillTurn)>,
}

impl SharedState {
    /// Makes an entry true. `learner` is the state of the entry's learner, when it has one.
    pub fn apply(&mut self, learner: Option<&mut LearnerState>, entry: &Entry) -> Applied {
        self.head = entry.seq;
        for experiment in self.experiments.values_mut() {
            experiment.keep_history(entry.received_at);
        }
        match (&entry.event, learner) {
            (Event::CoursePublished(draft), _) => {
                self.publish_again(draft);
                Applied::default()
            }
            (Event::ExperimentStarted(definition), _) => {
                self.start_experiment(definition, entry.received_at);
                Applied::default()
            }
            (Event::ExperimentStopped { experiment, .. }, _) => {
                if let Some(state) = self.experiments.get_mut(experiment) {
                    state.stopped_at = Some(entry.received_at);
                }
                Applied::default()
            }
            (Event::ExperimentChanged(changed), _) => {
                if let Some(state) = self.experiments.get_mut(&changed.experiment) {
                    state.life.change(changed, entry.received_at);
                }
                Applied::default()
            }
            (Event::TracingTrained(published), _) => {
                self.swap_tracing(published, entry);
                Applied::default()
            }
            (Event::ConstraintSet(constraint), _) => {
                let known = self.constraints.entry(constraint.course.clone()).or_default();
                known.set((**constraint).clone(), entry.received_at);
                Applied::default()
            }
            (Event::ConstraintLifted { course, constraint, .. }, _) => {
                if let Some(known) = self.constraints.get_mut(course) {
                    known.lift(constraint);
                }
                Applied::default()
            }
            (Event::KillSwitchTurned(turned), _) => {
                self.turn_kill_switch(turned, entry);
                Applied::default()
            }
            (Event::ConsentChanged(changed), Some(learner)) => {
                learner.entries += 1;
                learner.change_consent(changed, entry);
                Applied::default()
            }
            (Event::LearnerErased(erased), Some(learner)) => {
                self.erase(learner, erased, entry);
                Applied::default()
            }
            (event, Some(learner)) => {
                learner.entries += 1;
                learner.test |= enrols_test(event);
                if learner.test {
                    return self.apply_without_teaching(learner, event);
                }
                self.apply_to_learner(learner, event)
            }
            (_, None) => {
                self.apply_to_lives(entry);
                Applied::default()
            }
        }
    }

    /// Applies an event of a test learner: what they did is theirs, and teaches nothing. The fold of the
    /// event is the same; what it changed of the shared statistics of its course is put back. Their
    /// answers move no shared parameter, and no window of theirs is waited for: their next event closes
    /// what has ended.
    fn apply_without_teaching(&mut self, learner: &mut LearnerState, event: &Event) -> Applied {
        let Some(course) = event.course().and_then(|course| CourseId::new(course).ok()) else {
            return self.apply_to_learner(learner, event);
        };
        let kept = Statistics::of(self, &course);
        let applied = self.apply_to_learner(learner, event);
        kept.put_back(self, &course, &learner.id);
        applied
    }

    fn start_experiment(&mut self, definition: &ExperimentDefinition, at: Timestamp) {
        for variant in &definition.variants {
            let key = (definition.course.clone(), variant.policy.clone());
            if let Some(policy) = PolicyState::folded(variant.policy.as_str()) {
                self.policies.entry(key).or_insert(policy);
            }
        }
        let state = match self.experiments.get(&definition.id) {
            Some(known) => known.followed_by(definition.clone(), at),
            None => ExperimentState::new(definition.clone(), at),
        };
        self.experiments.insert(definition.id.clone(), state);
    }

    fn apply_to_learner(&mut self, learner: &mut LearnerState, event: &Event) -> Applied {
        let EventHead { course: Some(named), at, .. } = event.head() else {
            return Applied::default();
        };
        let mut in_order = true;
        if let Event::Happened(happening) = event {
            in_order = happening.occurred_at >= learner.reported_at;
            learner.reported_at = learner.reported_at.max(happening.occurred_at);
        }
        let at = at.map_or(learner.last_at, |at| at.max(learner.last_at));
        learner.last_at = at;
        let version = match event {
            Event::Happened(happening) => Some(happening.course_version),
            Event::DecisionMade(decision) => Some(decision.origin.window.course_version),
            Event::StrategyAssigned(assigned) => Some(assigned.course_version),
            Event::SupportChosen(chosen) => Some(chosen.course_version),
            _ => learner.progress(named).map(|progress| progress.course_version),
        };
        let course = version.and_then(|version| self.course_version(named, version));
        let Some(course) = course.or_else(|| self.course(named)).cloned() else {
            return Applied::default();
        };
        let id = &course.id;
        // The learner's course is taken out and put back, so that the belief beside it stays
        // reachable.
        let known = learner.courses.remove(id);
        let report = self.reports.entry(id.clone()).or_default();
        report.learners += u64::from(known.is_none());
        let completions = report.completions;
        self.overlap.learners += u64::from(known.is_none() && !learner.courses.is_empty());
        let mut state = known.unwrap_or_else(|| {
            let (began, course_version) = (self.head, course.version);
            let progress =
                CourseProgress { since: at, began, course_version, ..CourseProgress::default() };
            Box::new(LearnerCourse { progress, ..LearnerCourse::default() })
        });
        let LearnerCourse { progress, decisions, exposures, strategy, plan, supports } =
            &mut *state;
        let turns = Vec::new();
        let completed = |progress: &CourseProgress| progress.outcome.as_ref()?.completed_at();
        let checked_before = completed(progress);
        let mut target = EventTarget {
            shared: self,
            course: &course,
            progress,
            decisions,
            strategy,
            plan,
            supports,
            at,
            turns,
            after_pause: None,
        };
        let attribution = target.apply(learner, event, in_order);
        let (turns, after_pause) = (target.turns, target.after_pause);
        if let Some(answer) = after_pause {
            tally_retention(&mut self.experiments, exposures, &answer);
        }
        let newest = self.course_version(named, progress.course_version);
        let newest = Arc::clone(newest.unwrap_or(&course));
        exposure::tally(&mut self.experiments, &newest, progress, decisions, exposures);
        if completed(progress) != checked_before
            && let Some(outcome) = progress.outcome.as_deref_mut()
        {
            self.count_check(id, outcome, exposures);
            self.pay_plan(id, outcome, plan);
        }
        self.count_overlap(learner, id, completions);
        learner.courses.insert(id.clone(), state);
        Applied { attribution, turns }
    }

    /// Follows what an event did to the completions of a course in the sums over courses. `learner`
    /// holds the other courses; `before` is how many completions the course had.
    fn count_overlap(&mut self, learner: &LearnerState, course: &CourseId, before: u64) {
        let after = self.reports.get(course).map_or(0, |report| report.completions);
        if after == before {
            return;
        }
        let completes_another = learner.courses.iter().any(|(id, state)| {
            let version = self.course_version(id.as_str(), state.progress.course_version);
            version.is_some_and(|version| exposure::course_completed(version, &state.progress))
        });
        if completes_another {
            let all = self.overlap.completions;
            self.overlap.completions = if after > before { all + 1 } else { all.saturating_sub(1) };
        }
    }

    /// Counts a closing check that the event completed.
    fn count_check(
        &mut self,
        course: &CourseId,
        outcome: &mut CourseOutcome,
        exposures: &[ExposureRecord],
    ) {
        let Some(check) = &outcome.check else { return };
        let Some(mean_grade) = check.mean_grade() else { return };
        let (minutes, placed_success) = (check.minutes, outcome.placed_success);
        let completed = CompletedCheck { mean_grade, minutes, placed_success };
        self.reports.entry(course.clone()).or_default().checks.add(&completed);
        exposure::tally_check(&mut self.experiments, outcome, exposures);
    }
}

/// Whether an event enrols a test learner.
fn enrols_test(event: &Event) -> bool {
    let Event::Happened(happening) = event else { return false };
    matches!(happening.action, Action::Enrolled { test: true })
}

/// What one event changes: the shared state, and one learner's progress in one course.
struct EventTarget<'a> {
    shared: &'a mut SharedState,
    course: &'a Course,
    progress: &'a mut CourseProgress,
    decisions: &'a mut LearnerDecisions,
    strategy: &'a mut Option<Box<LearnerStrategy>>,
    plan: &'a mut Option<Box<LearnerPlan>>,
    supports: &'a mut Vec<OpenSupport>,
    at: Timestamp,
    turns: Vec<(SkillKey, SkillTurn)>,
    /// The event's answer, when it is one after a pause.
    after_pause: Option<AnswerAfterPause>,
}

impl EventTarget<'_> {
    fn apply(&mut self, learner: &mut LearnerState, event: &Event, in_order: bool) -> Attribution {
        match event {
            Event::Happened(happening) => self.happened(learner, happening, in_order),
            Event::DecisionMade(decision) => self.decided(learner, decision),
            Event::DecisionExposed { decision, .. } => self.exposed(decision),
            Event::RewardReported(reported) => self.reported(reported),
            Event::RewardJoined(joined) => self.joined(joined),
            Event::RewardClosed(closed) => self.closed(closed),
            Event::StrategyAssigned(assigned) => {
                self.shared.strategy_assigned(self.strategy, assigned);
                Attribution::None
            }
            Event::StrategyRewarded(rewarded) => {
                self.shared.strategy_rewarded(self.strategy, self.progress.began, rewarded);
                Attribution::None
            }
            Event::SupportChosen(chosen) => {
                self.support_chosen(chosen);
                Attribution::None
            }
            Event::SupportRewarded(rewarded) => {
                self.support_rewarded(rewarded);
                Attribution::None
            }
            _ => Attribution::None,
        }
    }

    fn report(&mut self) -> &mut CourseReport {
        self.shared.reports.entry(self.course.id.clone()).or_default()
    }

    fn activity_report(&mut self, activity: &Activity) -> &mut ActivityReport {
        self.report().activities.entry(activity.key).or_default()
    }

    fn happened(
        &mut self,
        learner: &mut LearnerState,
        happening: &Happening,
        in_order: bool,
    ) -> Attribution {
        self.report().events += 1;
        self.move_to_version(happening.course_version);
        self.progress.sessions.touch(self.at);
        let mut attribution = self.act(learner, happening, in_order);
        let settled = |named: &DecisionId| self.decisions.settled.contains(named);
        if happening.decision.as_ref().is_some_and(settled) {
            attribution = Attribution::Late;
        }
        if attribution == Attribution::Late {
            self.report().late += 1;
        }
        attribution
    }

    /// Moves the learner to a newer version of the course, under which they may have completed it,
    /// or not any more. What still comes in under an older version moves nobody back.
    fn move_to_version(&mut self, version: u32) {
        let held = self.progress.course_version;
        if version <= held {
            return;
        }
        let before = self.completes(held);
        self.progress.course_version = version;
        let after = self.completes(version);
        self.count_completion(before, after);
    }

    /// Whether the learner has completed every required activity of a version.
    fn completes(&self, version: u32) -> bool {
        let course = self.shared.course_version(self.course.id.as_str(), version);
        course.is_some_and(|course| exposure::course_completed(course, self.progress))
    }

    fn count_completion(&mut self, before: bool, after: bool) {
        let report = self.report();
        match (before, after) {
            (false, true) => report.completions += 1,
            (true, false) => report.completions = report.completions.saturating_sub(1),
            _ => {}
        }
    }

    fn act(
        &mut self,
        learner: &mut LearnerState,
        happening: &Happening,
        in_order: bool,
    ) -> Attribution {
        let course = self.course;
        let named = happening.decision.as_ref();
        let activity = happening.action.activity();
        let activity = activity.and_then(|id| course.activity(id.as_str()));
        match (&happening.action, activity) {
            (Action::SessionEnded, _) => {
                self.progress.sessions.open = false;
                Attribution::None
            }
            (Action::ActivityStarted { .. }, Some(activity)) => {
                if self.elsewhere(activity, in_order) {
                    self.count_start(activity);
                    return Attribution::None;
                }
                self.started(activity, named, in_order)
            }
            (Action::ActivitySkipped { .. }, Some(activity)) => {
                self.skipped(activity, named, in_order)
            }
            (Action::ActivityCompleted { .. } | Action::QuizCompleted { .. }, Some(activity)) => {
                let started = self.start_unless_done(activity, named, in_order);
                started.or(self.completed(activity))
            }
            (Action::VideoProgressed { segments, exact, .. }, Some(activity)) => {
                let started = self.start_unless_done(activity, named, in_order);
                self.watched(activity, segments, *exact);
                started
            }
            (Action::QuestionAnswered(answer), Some(activity)) => {
                self.answered(learner, activity, answer, named, in_order)
            }
            (Action::Feedback { rating, .. }, Some(activity)) => {
                self.progress.activity_mut(activity.key, self.at).rating = Some(*rating);
                let report = self.activity_report(activity);
                report.ratings += 1;
                report.rating_sum += u64::from(*rating);
                Attribution::None
            }
            _ => Attribution::None,
        }
    }
}
