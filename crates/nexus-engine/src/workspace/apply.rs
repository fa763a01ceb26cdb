//! Applying an entry: the fold itself. It cannot fail; what it cannot understand it leaves alone,
//! which only happens when a journal was written by a newer version.

use super::SharedState;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::decision::attribution::{AnswerSeen, Attribution, Knowing};
use crate::decision::declared::Declarations;
use crate::decision::observed::Observed;
use crate::decision::reward::{Ending, OpenDecision, RewardClosed, RewardJoined, RewardReported};
use crate::decision::{Decision, exploration};
use crate::event::{Action, Answer, Entry, Event, Happening, Segment, is_right};
use crate::experiment::definition::ExperimentDefinition;
use crate::experiment::exposure;
use crate::experiment::tally::ExperimentState;
use crate::ids::{ActivityKey, CourseId, DecisionId, QuestionKey, SkillKey};
use crate::learner::LearnerState;
use crate::learner::mastery::{self, Report, SkillReference};
use crate::learner::progress::CourseProgress;
use crate::learner::session::{MINUTES_FACTOR_MAX, remember};
use crate::learner::tracing::QuestionView;
use crate::learner::turn::SkillTurn;
use crate::policy::registry::PolicyState;
use crate::report::outcomes::AnswerUse;
use crate::report::{ActivityReport, CourseReport, micros};
use crate::time::Timestamp;
use std::sync::Arc;

/// What an entry turned out to do, for whoever is told of it; replay drops it.
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
        match (&entry.event, learner) {
            (Event::CoursePublished(draft), _) => {
                // The draft was valid when it was admitted, so later rules are not asked again.
                let _ = self.restore(Arc::new((**draft).clone()));
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
            (event, Some(learner)) => {
                learner.entries += 1;
                self.apply_to_learner(learner, event)
            }
            (_, None) => {
                self.apply_to_lives(entry);
                Applied::default()
            }
        }
    }

    fn start_experiment(&mut self, definition: &ExperimentDefinition, at: Timestamp) {
        for variant in &definition.variants {
            let key = (definition.course.clone(), variant.policy.clone());
            if let Some(policy) = PolicyState::fresh(variant.policy.as_str()) {
                self.policies.entry(key).or_insert(policy);
            }
        }
        let state = ExperimentState::new(definition.clone(), at);
        self.experiments.insert(definition.id.clone(), state);
    }

    fn apply_to_learner(&mut self, learner: &mut LearnerState, event: &Event) -> Applied {
        let Some((id, at)) = course_and_time(event) else {
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
            Event::DecisionMade(decision) => Some(decision.course_version),
            Event::StrategyDealt(dealt) => Some(dealt.course_version),
            _ => learner.courses.get(id).map(|progress| progress.course_version),
        };
        let course = version.and_then(|version| self.course_version(id.as_str(), version));
        let Some(course) = course.or_else(|| self.course(id.as_str())).cloned() else {
            return Applied::default();
        };
        // The progress is taken out and put back, so that the belief beside it stays reachable.
        let known = learner.courses.remove(id);
        let report = self.reports.entry(id.clone()).or_default();
        report.learners += u64::from(known.is_none());
        let mut progress = known.unwrap_or_else(|| {
            Box::new(CourseProgress {
                since: at,
                course_version: course.version,
                ..CourseProgress::default()
            })
        });
        let turns = Vec::new();
        let mut scene = Scene { shared: self, course: &course, progress: &mut progress, at, turns };
        let attribution = scene.apply(learner, event, in_order);
        let turns = scene.turns;
        exposure::tally(&mut self.experiments, &course, &mut progress);
        learner.courses.insert(id.clone(), progress);
        Applied { attribution, turns }
    }
}

/// The course an event happened in, and when, if the event says so.
pub(super) fn course_and_time(event: &Event) -> Option<(&CourseId, Option<Timestamp>)> {
    match event {
        Event::Happened(happening) => Some((&happening.course, Some(happening.occurred_at))),
        Event::DecisionMade(decision) => Some((&decision.course, Some(decision.made_at))),
        Event::DecisionExposed { course, occurred_at, .. } => Some((course, Some(*occurred_at))),
        Event::RewardReported(reported) => Some((&reported.course, None)),
        Event::RewardJoined(joined) => Some((&joined.course, None)),
        Event::RewardClosed(closed) => Some((&closed.course, None)),
        Event::StrategyDealt(dealt) => Some((&dealt.course, Some(dealt.dealt_at))),
        Event::StrategyRewarded(rewarded) => Some((&rewarded.course, None)),
        Event::CoursePublished(_)
        | Event::ExperimentStarted(_)
        | Event::ExperimentStopped { .. }
        | Event::TracingTrained(_)
        | Event::ConstraintSet(_)
        | Event::ConstraintLifted { .. }
        | Event::KillSwitchTurned(_)
        | Event::PolicyVersioned(_)
        | Event::PolicyPromoted(_)
        | Event::PolicyModeSet(_)
        | Event::PolicyGraduated(_)
        | Event::ConsentChanged(_)
        | Event::HoldoutSet(_) => None,
    }
}

/// What one event plays in: the shared state, one course, one learner's progress, one moment.
struct Scene<'a> {
    shared: &'a mut SharedState,
    course: &'a Course,
    progress: &'a mut CourseProgress,
    at: Timestamp,
    turns: Vec<(SkillKey, SkillTurn)>,
}

impl Scene<'_> {
    fn apply(&mut self, learner: &mut LearnerState, event: &Event, in_order: bool) -> Attribution {
        match event {
            Event::Happened(happening) => self.happened(learner, happening, in_order),
            Event::DecisionMade(decision) => self.decided(learner, decision),
            Event::DecisionExposed { decision, .. } => self.exposed(decision),
            Event::RewardReported(reported) => self.reported(reported),
            Event::RewardJoined(joined) => self.joined(joined),
            Event::RewardClosed(closed) => self.closed(closed),
            Event::StrategyDealt(dealt) => {
                self.shared.strategy_dealt(self.progress, dealt);
                Attribution::None
            }
            Event::StrategyRewarded(rewarded) => {
                self.shared.strategy_rewarded(self.progress, rewarded);
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
        self.progress.course_version = happening.course_version;
        self.progress.touch(self.at);
        let mut attribution = self.act(learner, happening, in_order);
        let settled = |named: &DecisionId| self.progress.settled.contains(named);
        if happening.decision.as_ref().is_some_and(settled) {
            attribution = Attribution::Late;
        }
        if attribution == Attribution::Late {
            self.report().late += 1;
        }
        attribution
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
                self.progress.in_session = false;
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
            (Action::VideoProgressed { segments, .. }, Some(activity)) => {
                let started = self.start_unless_done(activity, named, in_order);
                self.watched(activity, segments);
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

    fn started(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        self.activity_report(activity).started += 1;
        let kept = self.progress.activity(activity.key).map(|it| (it.answered, it.grade_sum));
        let left = self.progress.start(activity.key, self.at);
        if let (ActivityKind::Placement, Some((answered, grade_sum))) = (activity.kind, kept) {
            // A placement has one round: what it asked before a pause still counts.
            let entry = self.progress.activity_mut(activity.key, self.at);
            (entry.answered, entry.grade_sum) = (answered, grade_sum);
        }
        if let Some(left) = left {
            self.spent(left.activity, left.minutes);
            self.progress.end_decision(left.activity, Ending::Abandoned, left.minutes, self.at);
        }
        let attribution = self.progress.start_decision(activity.key, named, self.at);
        // A placement is offered beside the decisions, so whoever takes one declines none.
        if in_order && activity.kind != ActivityKind::Placement {
            self.progress.pass_over(activity.key);
        }
        attribution
    }

    fn watched(&mut self, activity: &Activity, segments: &[Segment]) {
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.watch(segments);
        let length = activity.video_seconds.unwrap_or(f64::INFINITY);
        if entry.watched_enough(length) && entry.completed_at.is_none() {
            self.completed(activity);
        }
    }

    /// Whether an event arrives late while the learner is in another activity: then it is counted,
    /// and what is open stays open.
    fn elsewhere(&self, activity: &Activity, in_order: bool) -> bool {
        !in_order && self.progress.current.is_some_and(|current| current != activity.key)
    }

    fn count_start(&mut self, activity: &Activity) {
        self.activity_report(activity).started += 1;
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.starts = entry.starts.saturating_add(1);
    }

    /// Opens the activity of a completion or of progress, unless it is completed already: players
    /// and sites say it more than once, and that is no new round.
    fn start_unless_done(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        if self.progress.completed(activity.key) {
            return Attribution::None;
        }
        self.ensure_started(activity, named, in_order)
    }

    /// Opens the activity of an event whose start was never reported. What arrives late never
    /// moves the open activity.
    fn ensure_started(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        if self.progress.current == Some(activity.key) || !in_order {
            return Attribution::None;
        }
        self.started(activity, named, true)
    }

    fn skipped(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        let mut attribution = Attribution::None;
        if !self.elsewhere(activity, in_order) {
            attribution = self.ensure_started(activity, named, true);
            let left = self.progress.leave(activity.key, self.at);
            self.spent(activity.key, left.minutes);
            self.progress.end_decision(activity.key, Ending::Abandoned, left.minutes, self.at);
        }
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.skips = entry.skips.saturating_add(1);
        self.activity_report(activity).skipped += 1;
        attribution
    }

    fn completed(&mut self, activity: &Activity) -> Attribution {
        let open = self.progress.current == Some(activity.key);
        if open {
            let left = self.progress.leave(activity.key, self.at);
            self.spent(activity.key, left.minutes);
            self.progress.end_decision(activity.key, Ending::Completed, left.minutes, self.at);
        }
        let before = exposure::course_completed(self.course, self.progress);
        if self.progress.complete(activity.key, self.at) {
            self.activity_report(activity).completed += 1;
            let popularity = self.shared.popularity.entry(self.course.id.clone()).or_default();
            popularity.completed(activity.key, self.at);
            let after = exposure::course_completed(self.course, self.progress);
            self.report().completions += u64::from(after && !before);
        }
        Attribution::None
    }

    /// Adds time spent, capped at a multiple of what the course expects.
    fn spent(&mut self, activity: ActivityKey, minutes: f64) {
        let expected = self.course.activities.iter().find(|known| known.key == activity);
        let expected = expected.map_or(self.course.minutes_median, |known| known.minutes);
        self.progress.minutes += minutes.min(MINUTES_FACTOR_MAX * expected);
    }

    fn answered(
        &mut self,
        learner: &mut LearnerState,
        activity: &Activity,
        answer: &Answer,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        let Some(question) = self.course.question(answer.question.as_str()) else {
            return Attribution::None;
        };
        self.report().answers_seen.total += 1;
        let probe = answer.probe && self.take_probe(question.key);
        // Whatever calls itself a probe was asked outside its activity, so it opens none.
        let attribution = match answer.probe {
            true => Attribution::None,
            false => self.ensure_started(activity, named, in_order),
        };
        let skills: Vec<_> = self.course.skill_keys(&question.skills).collect();
        let view = QuestionView::of(question, &skills);
        let seen = AnswerSeen {
            activity: activity.key,
            view,
            grade: answer.grade,
            attempt: answer.attempt,
            probe,
            at: self.at,
        };
        let knowing = Knowing {
            now: &learner.belief,
            tracing: &self.shared.tracing,
            declared: Declarations::of(&self.shared.courses, &self.course.id),
        };
        let used = match is_hasty(answer) {
            true => AnswerUse::Hasty,
            false => self.progress.credit_answer(&seen, &knowing),
        };
        self.report().answers_seen.add(used);
        if let (true, Some(teaching)) = (probe, self.progress.teaching.as_deref_mut()) {
            teaching.credit_probe(&seen, &self.shared.tracing);
        }
        let right = is_right(answer.grade);
        let reports = self.reports_of(learner, &question.skills);
        let tracing = &mut self.shared.tracing;
        tracing.absorb(&mut learner.belief, &view, &answer.evidence, right, self.at);
        self.settle_mastery(learner, &reports, right);
        if activity.kind == ActivityKind::Placement {
            return attribution.or(self.placed(activity, answer));
        }
        self.count_answer(activity, answer, probe, right);
        if !probe && answer.attempt == 1 {
            skills.iter().for_each(|skill| self.progress.push_skill_result(*skill, right));
            self.progress.activity_mut(activity.key, self.at).results.push(right);
        }
        attribution
    }

    /// Counts an answer in a placement. It is evidence and nothing else: no grade of the course,
    /// and no streak, because its questions are chosen to be failed half of the time.
    fn placed(&mut self, activity: &Activity, answer: &Answer) -> Attribution {
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.answered = entry.answered.saturating_add(1);
        entry.grade_sum += answer.grade;
        let report = self.activity_report(activity);
        report.answers += 1;
        report.grade_sum_micros += micros(answer.grade);
        if answer.placement_stopped.is_none() {
            return Attribution::None;
        }
        self.progress.placement = answer.placement_stopped;
        self.completed(activity)
    }

    /// A probe counts as one only when it was asked and not answered before.
    fn take_probe(&mut self, question: QuestionKey) -> bool {
        let asked = &mut self.progress.probes_asked;
        match asked.iter().position(|asked| *asked == question) {
            Some(position) => {
                asked.remove(position);
                true
            }
            None => false,
        }
    }

    /// What is reported of some skills before an answer.
    fn reports_of(
        &self,
        learner: &LearnerState,
        skills: &[usize],
    ) -> Vec<(SkillReference, Report)> {
        let references = skills.iter().map(|skill| self.course.skills[*skill].reference());
        let tracing = &self.shared.tracing;
        let report = |reference| mastery::report(&learner.belief, tracing, &reference, self.at);
        references.map(|reference| (reference, report(reference))).collect()
    }

    fn settle_mastery(
        &mut self,
        learner: &mut LearnerState,
        reports: &[(SkillReference, Report)],
        right: bool,
    ) {
        let tracing = &self.shared.tracing;
        for (reference, before) in reports {
            let belief = &mut learner.belief;
            let settled = mastery::settle(belief, tracing, reference, before, right, self.at);
            self.turns.extend(settled.turn.map(|turn| (reference.skill, turn)));
        }
    }

    fn count_answer(&mut self, activity: &Activity, answer: &Answer, probe: bool, right: bool) {
        let streak = &mut self.progress.streak;
        *streak = match right {
            true => (*streak).max(0).saturating_add(1),
            false => (*streak).min(0).saturating_sub(1),
        };
        let grade_micros = micros(answer.grade);
        if probe {
            let groups = self.shared.groups_mut(&self.course.id);
            let group = groups.of(self.progress.held_out, self.progress.without_consent);
            group.probes.add(answer.grade);
            self.progress.probes += 1;
            self.progress.probe_sum_micros += grade_micros;
            self.report().probes_answered += 1;
            return;
        }
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.answered = entry.answered.saturating_add(1);
        entry.grade_sum += answer.grade;
        if answer.attempt > 1 {
            return;
        }
        self.progress.answered += 1;
        self.progress.grade_sum_micros += grade_micros;
        let report = self.report();
        report.answers += 1;
        report.grade_sum_micros += grade_micros;
        let report = self.activity_report(activity);
        report.answers += 1;
        report.grade_sum_micros += grade_micros;
    }

    fn decided(&mut self, learner: &mut LearnerState, decision: &Decision) -> Attribution {
        let Some(activity) = self.course.activity(decision.chosen().activity.as_str()) else {
            return Attribution::None;
        };
        self.progress.decisions += 1;
        exploration::count(decision, learner, self.progress, self.at);
        self.progress.open.push(open_decision(self.course, self.progress, activity, decision));
        self.ask_probe(decision);
        if let Some(teaching) = self.progress.teaching.as_deref_mut() {
            let used = decision.strategy.as_deref();
            teaching.count_decision(used.is_some_and(|used| used.deal == teaching.deal));
        }
        let window = (decision.window_ends_at, decision.id.clone());
        let whose = (decision.learner.clone(), decision.course.clone());
        self.shared.pending.insert(window, whose);
        let report = self.report();
        report.decisions += 1;
        report.fallbacks += u64::from(decision.fallback.is_some());
        let overridden = u64::from(decision.overridden_by.is_some());
        report.overridden += overridden;
        report.explored += u64::from(decision.more_probable() > 0);
        report.withheld += u64::from(decision.withheld.is_some());
        self.activity_report(activity).chosen += 1;
        self.progress.held_out = decision.held_out;
        // What a pin or the kill switch chose says nothing of consent.
        if decision.fallback.is_none() && decision.overridden_by.is_none() {
            self.progress.without_consent = decision.without_consent();
        }
        self.shared.watch(decision);
        self.shared.compare(decision, &mut self.progress.imitated);
        if let Some(tally) = self.tally(decision.assignment.as_ref()) {
            tally.decisions += 1;
            tally.overridden += overridden;
        }
        Attribution::None
    }

    fn ask_probe(&mut self, decision: &Decision) {
        let probe = decision.probe.as_ref();
        let question = probe.and_then(|probe| self.course.question(probe.question.as_str()));
        let Some(question) = question else {
            return;
        };
        self.report().probes_asked += 1;
        remember(&mut self.progress.probes_asked, question.key);
    }

    fn exposed(&mut self, decision: &DecisionId) -> Attribution {
        let at = self.at;
        match self.progress.open.iter_mut().find(|open| open.id == *decision) {
            Some(open) => {
                open.exposed_at.get_or_insert(at);
                Attribution::Joined
            }
            None => {
                self.report().late += 1;
                Attribution::Late
            }
        }
    }

    fn reported(&mut self, reported: &RewardReported) -> Attribution {
        let declared = Declarations::of(&self.shared.courses, &self.course.id);
        let attribution = self.progress.credit_report(reported, &declared);
        self.report().reports_seen.add(attribution);
        attribution
    }

    fn joined(&mut self, joined: &RewardJoined) -> Attribution {
        let Some(open) = self.close(&joined.decision) else {
            return Attribution::None;
        };
        let reward_micros = micros(joined.value);
        self.progress.rewards += 1;
        self.progress.reward_sum_micros += reward_micros;
        self.report().rewards_joined += 1;
        let report = self.report().activities.entry(open.activity).or_default();
        report.rewards += 1;
        report.reward_sum_micros += reward_micros;
        if let Some(tally) = self.tally(joined.assignment.as_ref()) {
            tally.rewards += 1;
        }
        self.shared.teach(joined, &open, &mut self.progress.influence);
        self.shared.teach_beside(joined, &open, &mut self.progress.influence_beside);
        Attribution::None
    }

    fn closed(&mut self, closed: &RewardClosed) -> Attribution {
        if self.close(&closed.decision).is_some() {
            self.report().closed.add(closed.reason);
        }
        Attribution::None
    }

    fn close(&mut self, decision: &DecisionId) -> Option<OpenDecision> {
        let position = self.progress.open.iter().position(|open| open.id == *decision)?;
        let open = self.progress.open.remove(position);
        self.shared.pending.remove(&(open.ends_at, open.id.clone()));
        remember(&mut self.progress.settled, open.id.clone());
        Some(open)
    }

    fn tally(
        &mut self,
        assignment: Option<&crate::decision::Assignment>,
    ) -> Option<&mut crate::experiment::tally::VariantTally> {
        let assignment = assignment?;
        let experiment = self.shared.experiments.get_mut(&assignment.experiment)?;
        let same = experiment.is_running() && experiment.definition.version == assignment.version;
        if same { experiment.tally_mut(assignment.variant.as_str()) } else { None }
    }
}

/// The least time in which a question can be read and answered, in milliseconds. A faster answer
/// is a guess or a script: it is evidence about the learner, but no decision earns anything by it.
pub const ANSWER_MS_MIN: u32 = 300;

fn is_hasty(answer: &Answer) -> bool {
    answer.duration_ms.is_some_and(|duration| duration < ANSWER_MS_MIN)
}

fn open_decision(
    course: &Course,
    progress: &CourseProgress,
    activity: &Activity,
    decision: &Decision,
) -> OpenDecision {
    OpenDecision {
        id: decision.id.clone(),
        activity: activity.key,
        skills: course.skill_keys(&activity.skills).collect(),
        policy: decision.policy.clone(),
        policy_chose: decision.fallback.is_none(),
        held_out: decision.held_out,
        without_consent: decision.without_consent(),
        beside: decision.beside.clone(),
        apprentice: decision.apprentice.as_ref().map(|imitation| imitation.policy.clone()),
        assignment: decision.assignment.clone(),
        propensity: decision.chosen().probability,
        overridden: decision.overridden_by.is_some(),
        schema: decision.schema,
        features: decision.features.clone(),
        before: decision.before.clone(),
        made_at: decision.made_at,
        course_version: decision.course_version,
        ends_at: decision.window_ends_at,
        session: progress.sessions,
        exposed_at: None,
        started_at: None,
        ended: None,
        ended_at: None,
        minutes: 0.0,
        answers: 0,
        success: Observed::default(),
        grade_sum: 0.0,
        intervening: 0,
        gain: Observed::default(),
        gain_source: None,
        delayed_gain: Observed::default(),
        reported: Vec::new(),
        passed_over: None,
    }
}
