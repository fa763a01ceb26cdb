//! What becomes of decisions: they are made, shown, rewarded and closed.

use super::EventTarget;
use crate::catalog::{Activity, Course};
use crate::decision::attribution::Attribution;
use crate::decision::observed::Observed;
use crate::decision::reward::Declarations;
use crate::decision::reward::{OpenDecision, RewardClosed, RewardJoined, RewardReported};
use crate::decision::{Decision, exploration};
use crate::experiment::tally::VariantTally;
use crate::ids::{Assignment, DecisionId};
use crate::learner::progress::CourseProgress;
use crate::learner::session::remember;
use crate::report::micros;
use crate::workspace::LearnerState;

impl EventTarget<'_> {
    pub(super) fn decided(
        &mut self,
        learner: &mut LearnerState,
        decision: &Decision,
    ) -> Attribution {
        let Some(activity) = self.course.activity(decision.chosen().activity.as_str()) else {
            return Attribution::None;
        };
        self.decisions.made += 1;
        exploration::count(decision, &mut learner.explored, &mut self.progress.sessions, self.at);
        self.decisions.open.push(open_decision(self.course, self.progress, activity, decision));
        self.ask_probe(decision);
        if let Some(plan) = self.plan.as_deref_mut() {
            let used = decision.plan.as_deref();
            plan.count_decision(used.is_some_and(|used| used.assigned == plan.assigned));
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
        self.decisions.held_out = decision.held_out;
        // What a pin or the kill switch chose says nothing of consent.
        if decision.fallback.is_none() && decision.overridden_by.is_none() {
            self.decisions.without_consent = decision.without_consent();
        }
        self.shared.watch(decision);
        self.shared.compare(decision, &mut self.decisions.imitated);
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

    pub(super) fn exposed(&mut self, decision: &DecisionId) -> Attribution {
        let at = self.at;
        match self.decisions.open.iter_mut().find(|open| open.id == *decision) {
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

    pub(super) fn reported(&mut self, reported: &RewardReported) -> Attribution {
        let declared = Declarations::of(&self.shared.courses, &self.course.id);
        let attribution = self.decisions.credit_report(reported, &declared);
        self.report().reports_seen.add(attribution);
        attribution
    }

    pub(super) fn joined(&mut self, joined: &RewardJoined) -> Attribution {
        let Some(open) = self.close(&joined.decision) else {
            return Attribution::None;
        };
        let reward_micros = micros(joined.value);
        self.decisions.rewards += 1;
        self.decisions.reward_sum_micros += reward_micros;
        self.report().rewards_joined += 1;
        let report = self.report().activities.entry(open.activity).or_default();
        report.rewards += 1;
        report.reward_sum_micros += reward_micros;
        if let Some(tally) = self.tally(joined.assignment.as_ref()) {
            tally.rewards += 1;
        }
        let began = self.progress.began;
        self.shared.teach(joined, &open, began, &mut self.decisions.influence);
        self.shared.teach_shadows(joined, &open, &mut self.decisions.shadow_influence);
        Attribution::None
    }

    pub(super) fn closed(&mut self, closed: &RewardClosed) -> Attribution {
        if self.close(&closed.decision).is_some() {
            self.report().closed.add(closed.reason);
        }
        Attribution::None
    }

    fn close(&mut self, decision: &DecisionId) -> Option<OpenDecision> {
        let position = self.decisions.open.iter().position(|open| open.id == *decision)?;
        let open = self.decisions.open.remove(position);
        self.shared.pending.remove(&(open.ends_at, open.id.clone()));
        remember(&mut self.decisions.settled, open.id.clone());
        Some(open)
    }

    fn tally(&mut self, assignment: Option<&Assignment>) -> Option<&mut VariantTally> {
        let assignment = assignment?;
        let experiment = self.shared.experiments.get_mut(&assignment.experiment)?;
        let same = experiment.is_running() && experiment.definition.version == assignment.version;
        if same { experiment.tally_mut(assignment.variant.as_str()) } else { None }
    }
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
        shadows: decision.shadows.clone(),
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
        session: progress.sessions.begun,
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
