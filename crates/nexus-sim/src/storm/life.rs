//! What learners do in a storm: they follow a decision, or half of it, or do something else.

use super::Storm;
use nexus_engine::decision::Decision;
use nexus_engine::event::Action;
use nexus_engine::ids::{ActivityId, DecisionId, LearnerId, QuestionId};
use nexus_engine::learner::progress::Segment;
use nexus_engine::seed::Seed;
use nexus_engine::support::HelpReason;
use nexus_engine::time::{HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS};
use nexus_engine::workspace::protocol::{Command, HelpAsk};
use nexus_engine::workspace::{Proposal, ProposedAction, ProposedAnswer, ProposedReport};
use std::sync::Arc;

impl Storm {
    /// A learner follows a decision, most of the time, and its rewards are settled.
    pub(super) fn follow(&mut self, decision: &Arc<Decision>) {
        let learner = &decision.learner;
        if self.stream.below(4) > 0 {
            let expose = Command::Expose {
                id: self.next_id(),
                learner: learner.clone(),
                course: self.course.id.clone(),
                decision: decision.origin.id.clone(),
                occurred_at: Some(self.now),
            };
            self.handle(expose, Seed(0)).unwrap();
        }
        if let Some(probe) = &decision.probe
            && self.stream.below(3) > 0
        {
            self.answer(learner, None, &probe.question, true);
        }
        if self.stream.below(6) > 0 {
            let named = (self.stream.below(3) == 0).then(|| decision.origin.id.clone());
            let activity = decision.chosen().activity.clone();
            self.round(learner, &activity, named);
        }
        if self.stream.below(3) == 0 {
            self.report(decision);
        }
        self.settle(learner);
    }

    /// The site reports a mark, where the course declares one; now and then an impossible one.
    fn report(&mut self, decision: &Arc<Decision>) {
        let component = self.course.reward.explicit.first().map(|known| known.name.to_string());
        let Some(component) = component else { return };
        let value = if self.stream.below(20) == 0 { f64::NAN } else { self.stream.uniform() };
        let report = ProposedReport { component, value, occurred_at: Some(self.now) };
        let (id, decision) = (self.next_id(), Arc::clone(decision));
        // An impossible mark is refused.
        let _ = self.handle(Command::Report { id, decision, report }, Seed(0));
    }

    /// A learner does something without a decision.
    pub(super) fn wander(&mut self) {
        let (learner, activity) = (self.some_learner(), self.some_activity());
        match self.stream.below(6) {
            0 => self.act(&learner, Action::SessionEnded, None),
            1 => self.act(&learner, Action::ActivitySkipped { activity }, None),
            2 => self.act(&learner, Action::Feedback { activity, rating: 3, comment: None }, None),
            _ => self.round(&learner, &activity, None),
        }
        self.settle(&learner);
    }

    /// Starts an activity, answers or watches, and completes it, skips it or leaves it open.
    fn round(&mut self, learner: &LearnerId, activity: &ActivityId, named: Option<DecisionId>) {
        self.act(learner, Action::ActivityStarted { activity: activity.clone() }, named);
        let found = self.course.activity(activity.as_str()).unwrap();
        let questions: Vec<QuestionId> =
            found.questions.iter().map(|it| self.course.questions[*it].id.clone()).collect();
        for question in &questions {
            self.answer(learner, Some(activity), question, false);
        }
        let activity = activity.clone();
        match self.stream.below(10) {
            0 => self.act(learner, Action::ActivitySkipped { activity }, None),
            1 => {}
            2 => {
                let segments = vec![Segment { from_seconds: 0.0, to_seconds: 89.0 }];
                let watched = Action::VideoProgressed { activity, segments, exact: true };
                self.act(learner, watched, None);
            }
            _ => self.act(learner, Action::ActivityCompleted { activity }, None),
        }
    }

    /// Learners differ: the first never know anything, the last nearly everything.
    fn answer(
        &mut self,
        learner: &LearnerId,
        activity: Option<&ActivityId>,
        question: &QuestionId,
        probe: bool,
    ) {
        let position = self.learners.keys().position(|known| known == learner).unwrap();
        let able = (position as f64 + 0.5) / self.learners.len() as f64;
        let right = self.stream.uniform() < able;
        let answer = ProposedAnswer {
            activity: activity.cloned(),
            question: question.clone(),
            correct: Some(right),
            grade: None,
            response: None,
            duration_ms: Some(4_000),
            hints: 0,
            attempt: None,
            probe,
        };
        self.propose(learner, ProposedAction::Answered(answer), None);
        // Not by chance: a learner who asks for help leaves all other draws of the storm as they are.
        if !right && !probe && self.state.head.is_multiple_of(3) {
            self.help(learner, question);
        }
    }

    /// A learner asks for help, which is refused where there is none.
    fn help(&mut self, learner: &LearnerId, question: &QuestionId) {
        let head = self.state.head;
        let ask = HelpAsk {
            // invariant: a letter and digits are an id.
            id: DecisionId::new(&format!("s{head}")).expect("a letter and digits are an id"),
            learner: learner.clone(),
            course: self.course.id.clone(),
            question: question.clone(),
            reason: HelpReason::Wrong,
            decision: None,
        };
        let _ = self.handle(Command::Support(Box::new(ask)), Seed(head));
    }

    fn act(&mut self, learner: &LearnerId, action: Action, named: Option<DecisionId>) {
        self.propose(learner, ProposedAction::Plain(action), named);
    }

    /// What the engine refuses does not happen; sites report late now and then.
    fn propose(&mut self, learner: &LearnerId, action: ProposedAction, named: Option<DecisionId>) {
        let most = MINUTE_MICROS / self.hurry;
        self.now = self.now.plus_micros(SECOND_MICROS + self.stream.below(most as u64) as i64);
        let late = if self.stream.below(20) == 0 { 2 * HOUR_MICROS } else { 0 };
        let proposal = Proposal {
            learner: learner.clone(),
            course: self.course.id.clone(),
            course_version: None,
            occurred_at: Some(self.now.plus_micros(-late)),
            decision: named,
            action,
        };
        let _ = self.handle(Command::Record { id: self.next_id(), proposal }, Seed(0));
    }
}
