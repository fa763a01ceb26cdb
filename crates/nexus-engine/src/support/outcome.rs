//! What came of a support: the next attempt at its question, and, weighted more, the first answer to
//! the next independent question on one of its skills.
//!
//! Both count as right (1) or not (0) minus what was predicted for that very question when the
//! support was chosen, so an easy question earns nothing by being easy, and who was helped does not
//! matter. *Independent* means what it means for decisions (`docs/rewards.md`): a first attempt at
//! another question, with a further question in between, or in a later session, or drawn at random
//! as a probe. One answer is the next one of one support, never of many.

use super::choice::SupportChosen;
use crate::catalog::grading::is_right;
use crate::catalog::{Course, SupportKind};
use crate::decision::attribution::{AnswerSeen, Knowing, overlay};
use crate::ids::{
    Assignment, CourseId, DecisionId, LearnerId, QuestionId, QuestionKey, SkillKey, SupportId,
};
use crate::learner::belief::Belief;
use crate::time::Timestamp;

/// Supports that may wait for their outcome at once, for one learner in one course.
pub const OPEN_MAX: usize = 16;
/// Weight of the next attempt at the question.
pub const RETRY_WEIGHT: f64 = 1.0 / 3.0;
/// Weight of the next independent question.
pub const NEXT_WEIGHT: f64 = 2.0 / 3.0;

/// One answer that says something about a support.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FollowUp {
    /// Whether it was right.
    pub right: bool,
    /// Right (1) or not (0) minus what was predicted when the support was chosen.
    pub surprise: f64,
}

/// What came of a support; at least one of both answers came.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportOutcome {
    /// The next attempt at the question.
    pub retry: Option<FollowUp>,
    /// The first answer to the next independent question.
    pub next: Option<FollowUp>,
    /// What it was worth: the mean surprise of what came, by weight.
    pub value: f64,
    /// How much that says, from 0 to 1: the weights of what came.
    pub weight: f64,
}

/// The outcome of a support is settled.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportRewarded {
    /// The learner who got the support.
    pub learner: LearnerId,
    /// The course of the question.
    pub course: CourseId,
    /// The id of the choice.
    pub choice: DecisionId,
    /// The question that the learner needed help with.
    pub question: QuestionId,
    /// The support that was chosen.
    pub support: SupportId,
    /// What kind of help it is.
    pub kind: SupportKind,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// The experiment it belongs to, if any.
    pub assignment: Option<Assignment>,
    /// Whether the bandit learns from it.
    pub teaches: bool,
    /// When it was settled.
    pub settled_at: Timestamp,
    /// What came; `None` is missing, not zero.
    pub outcome: Option<SupportOutcome>,
}

/// A support that waits for its outcome, inside its learner's course.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenSupport {
    /// The id of the choice.
    pub choice: DecisionId,
    /// The question that the learner needs help with.
    pub question: QuestionKey,
    /// The id of that question.
    pub question_id: QuestionId,
    /// The support that was chosen.
    pub support: SupportId,
    /// What kind of help it is.
    pub kind: SupportKind,
    /// Probability with which it was chosen.
    pub propensity: f64,
    /// The experiment it belongs to, if any.
    pub assignment: Option<Assignment>,
    /// Whether the bandit learns from it.
    pub teaches: bool,
    /// The supports of the question that the learner got before, one after the other, oldest first.
    pub tried: Vec<SupportId>,
    /// Until when its outcome may come.
    pub ends_at: Timestamp,
    /// The session it was chosen in.
    pub session: u32,
    /// The skills of the question.
    pub skills: Vec<SkillKey>,
    /// What was believed of them when it was chosen.
    pub before: Belief,
    /// Whether another question was answered since.
    pub intervening: bool,
    /// Whether the learner got another support for the question since.
    pub superseded: bool,
    /// The next attempt at the question.
    pub retry: Option<FollowUp>,
    /// The first answer to the next independent question.
    pub next: Option<FollowUp>,
}

impl SupportOutcome {
    /// The outcome of what came; `None` when nothing did.
    #[must_use]
    pub fn of(retry: Option<FollowUp>, next: Option<FollowUp>) -> Option<Self> {
        let parts = [(retry, RETRY_WEIGHT), (next, NEXT_WEIGHT)];
        let (mut sum, mut weight) = (0.0, 0.0);
        for (answer, part) in parts {
            if let Some(answer) = answer {
                sum += part * answer.surprise;
                weight += part;
            }
        }
        (weight > 0.0).then(|| Self { retry, next, value: sum / weight, weight })
    }
}

impl OpenSupport {
    /// A support at the moment of its choice. `None` when the course version has no such question.
    #[must_use]
    pub fn begins(chosen: &SupportChosen, course: &Course, session: u32) -> Option<Self> {
        let question = course.question(chosen.question.as_str())?;
        let candidate = chosen.chosen();
        Some(Self {
            choice: chosen.id.clone(),
            question: question.key,
            question_id: chosen.question.clone(),
            support: candidate.support.clone(),
            kind: candidate.kind,
            propensity: candidate.probability,
            assignment: chosen.assignment.clone(),
            teaches: chosen.choice.chooser.teaches(),
            tried: Vec::new(),
            ends_at: chosen.window_ends_at,
            session,
            skills: course.skill_keys(&question.skills).collect(),
            before: chosen.before.clone(),
            intervening: false,
            superseded: false,
            retry: None,
            next: None,
        })
    }

    /// The outcome, if nothing that still happens can change it, or nothing more may come.
    /// `crowded`: more wait than may.
    #[must_use]
    pub fn settle(
        &self,
        learner: &LearnerId,
        course: &CourseId,
        crowded: bool,
        at: Timestamp,
    ) -> Option<SupportRewarded> {
        // A learner who went on to another question rarely comes back, so the retry is not waited for.
        let over = self.next.is_some() || self.superseded || at >= self.ends_at;
        (over || crowded).then(|| SupportRewarded {
            learner: learner.clone(),
            course: course.clone(),
            choice: self.choice.clone(),
            question: self.question_id.clone(),
            support: self.support.clone(),
            kind: self.kind,
            propensity: self.propensity,
            assignment: self.assignment.clone(),
            teaches: self.teaches,
            settled_at: at,
            outcome: SupportOutcome::of(self.retry, self.next),
        })
    }

    /// Whether an answer to another question of its skills is independent of it.
    fn is_next(&self, seen: &AnswerSeen<'_>) -> bool {
        let related = seen.view.skills.iter().any(|skill| self.skills.contains(skill));
        let apart = seen.probe || seen.session != self.session || self.intervening;
        self.next.is_none() && related && seen.attempt == 1 && apart
    }

    fn measure(&self, seen: &AnswerSeen<'_>, knowing: &Knowing<'_>) -> FollowUp {
        let before = overlay(knowing.now, &self.before, &self.skills, seen.view.skills);
        let predicted = knowing.tracing.predict(&before, &seen.view, seen.at).predicted;
        let right = is_right(seen.grade);
        FollowUp { right, surprise: f64::from(u8::from(right)) - predicted }
    }
}

/// Gives an answer to the supports it says something about, the newest first.
pub fn credit_answer(open: &mut [OpenSupport], seen: &AnswerSeen<'_>, knowing: &Knowing<'_>) {
    let (mut retried, mut measured) = (false, false);
    for open in open.iter_mut().rev() {
        if open.superseded || seen.at >= open.ends_at {
            continue;
        }
        if seen.view.question == open.question {
            if !retried && open.retry.is_none() {
                open.retry = Some(open.measure(seen, knowing));
                retried = true;
            }
            continue;
        }
        if !measured && open.is_next(seen) {
            open.next = Some(open.measure(seen, knowing));
            measured = true;
        }
        open.intervening = true;
    }
}
