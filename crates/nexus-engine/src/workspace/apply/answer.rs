//! What an answer does: evidence, mastery, rewards, counters.

use super::EventTarget;
use crate::catalog::grading::is_right;
use crate::catalog::{Activity, ActivityKind};
use crate::decision::attribution::{AnswerSeen, AnswerUse, Attribution, Knowing};
use crate::decision::reward::Declarations;
use crate::event::Answer;
use crate::experiment::retention::after_pause;
use crate::ids::{DecisionId, QuestionKey};
use crate::learner::mastery::{self, SkillReference, SkillReport};
use crate::learner::tracing::QuestionView;
use crate::report::micros;
use crate::support::outcome::credit_answer;
use crate::workspace::LearnerState;

impl EventTarget<'_> {
    pub(super) fn answered(
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
            // What a closing check asks was drawn at random, as a probe is.
            probe: probe || activity.kind == ActivityKind::Check,
            session: self.progress.sessions.begun,
            at: self.at,
        };
        let knowing = Knowing {
            now: &learner.belief,
            tracing: &self.shared.tracing,
            declared: Declarations::of(&self.shared.courses, &self.course.id),
        };
        let used = match is_hasty(answer) {
            true => AnswerUse::Hasty,
            false => {
                credit_answer(self.supports, &seen, &knowing);
                self.decisions.credit_answer(&seen, &knowing)
            }
        };
        self.report().answers_seen.add(used);
        let right = is_right(answer.grade);
        // A placement asks what is not known yet.
        if used != AnswerUse::Hasty && activity.kind != ActivityKind::Placement {
            let (belief, answered) = (&learner.belief, (self.at, right));
            let skills = &question.skills;
            self.after_pause = after_pause(self.course, self.progress, belief, skills, answered);
        }
        if let (true, Some(strategy)) = (probe, self.strategy.as_deref_mut()) {
            strategy.credit_probe(&view, right, &self.shared.tracing, self.at);
        }
        let reports = self.reports_of(learner, &question.skills);
        let (tracing, belief) = (&mut self.shared.tracing, &mut learner.belief);
        if learner.test {
            tracing.absorb_learner(belief, &view, &answer.evidence, right, self.at);
        } else {
            tracing.absorb(belief, &view, &answer.evidence, right, self.at);
        }
        self.settle_mastery(learner, &reports, right);
        if activity.kind == ActivityKind::Placement {
            if answer.placement_stopped.is_some() {
                self.note_placed_success(learner);
            }
            return attribution.or(self.placed(activity, answer));
        }
        if activity.kind == ActivityKind::Check {
            return attribution.or(self.checked(activity, question.key, answer));
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
        self.count_measured(activity, answer);
        if answer.placement_stopped.is_none() {
            return Attribution::None;
        }
        self.progress.placement = answer.placement_stopped;
        self.completed(activity)
    }

    /// Counts an answer in a placement or a closing check for the activity alone.
    pub(super) fn count_measured(&mut self, activity: &Activity, answer: &Answer) {
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.answered = entry.answered.saturating_add(1);
        entry.grade_sum += answer.grade;
        let report = self.activity_report(activity);
        report.answers += 1;
        report.grade_sum_micros += micros(answer.grade);
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
    ) -> Vec<(SkillReference, SkillReport)> {
        let references = skills.iter().map(|skill| self.course.skills[*skill].reference());
        let tracing = &self.shared.tracing;
        let report = |reference| mastery::report(&learner.belief, tracing, &reference, self.at);
        references.map(|reference| (reference, report(reference))).collect()
    }

    fn settle_mastery(
        &mut self,
        learner: &mut LearnerState,
        reports: &[(SkillReference, SkillReport)],
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
            let group = groups.of(self.decisions.held_out, self.decisions.without_consent);
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
}

/// The least time in which a question can be read and answered, in milliseconds. A faster answer
/// is a guess or a script: it is evidence about the learner, but no decision earns anything by it.
pub const ANSWER_MS_MIN: u32 = 300;

fn is_hasty(answer: &Answer) -> bool {
    answer.duration_ms.is_some_and(|duration| duration < ANSWER_MS_MIN)
}
