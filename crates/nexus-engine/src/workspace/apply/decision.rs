//! What becomes of decisions: they are made, shown, rewarded and closed.

use super::EventTarget;
use crate::catalog::{Activity, Course};
use crate::decision::attribution::Attribution;
use crate::decision::reward::{
    ActivityRun, Declarations, OpenDecision, RewardClosed, RewardEvidence, RewardJoined,
    RewardReported,
};
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
        if let Some(strategy) = self.strategy.as_deref_mut() {
            let used = decision.strategy.as_deref();
            strategy.count_decision(used.is_some_and(|used| used.assigned == strategy.assigned));
        }
        self.shared.take_plan(self.plan, decision);
        let window = (decision.origin.window.ends_at, decision.origin.id.clone());
        let whose = (decision.learner.clone(), decision.course.clone());
        self.shared.pending.insert(window, whose);
        let report = self.report();
        report.decisions += 1;
        report.fallbacks += u64::from(decision.choice.fallback.is_some());
        let overridden = u64::from(decision.choice.overridden_by.is_some());
        report.overridden += overridden;
        report.explored += u64::from(decision.choice.more_probable() > 0);
        report.withheld += u64::from(decision.choice.withheld.is_some());
        self.activity_report(activity).chosen += 1;
        self.decisions.held_out = decision.origin.decider.held_out;
        // What a pin or the kill switch chose says nothing of consent.
        if decision.choice.is_by_policy() {
            self.decisions.without_consent = decision.choice.without_consent();
        }
        self.shared.watch(decision);
        self.shared.compare(decision, &mut self.decisions.imitated);
        if let Some(tally) = self.tally(decision.origin.decider.assignment.as_ref()) {
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
        match self.decisions.open.iter_mut().find(|open| open.origin.id == *decision) {
            Some(open) => {
                open.run.exposed_at.get_or_insert(at);
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
        let position = self.decisions.open.iter().position(|open| open.origin.id == *decision)?;
        let open = self.decisions.open.remove(position);
        self.shared.pending.remove(&(open.origin.window.ends_at, open.origin.id.clone()));
        remember(&mut self.decisions.settled, open.origin.id.clone());
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
        origin: decision.origin.clone(),
        activity: activity.key,
        skills: course.skill_keys(&activity.skills).collect(),
        propensity: decision.chosen().probability,
        policy_chose: decision.choice.fallback.is_none(),
        overridden: decision.choice.overridden_by.is_some(),
        without_consent: decision.choice.without_consent(),
        apprentice: decision.apprentice.as_ref().map(|imitation| imitation.policy.clone()),
        run: ActivityRun { session: progress.sessions.begun, ..ActivityRun::default() },
        observed: RewardEvidence::default(),
    }
}
