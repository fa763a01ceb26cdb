//! Attribution: which later events belong to which decision, and when its reward is complete.
//!
//! The table of rules, with a test for each row, is in `docs/rewards.md`:
//! * starting an activity starts the newest open decision that chose it (or the one it names);
//! * answers inside the activity, first attempts only, count towards its centred success;
//! * the first question on one of its skills after it ended, asked outside it with another
//!   question in between, or in a later session, or as a probe, measures the learning gain of the
//!   newest decision that it can measure, and of no other;
//! * a decision settles when its activity has ended and its gain is measured, or when its window
//!   ends; then it is joined with what was observed, or closed as missing. Nothing else ever
//!   reaches it.

use super::payment::pay;
use super::reward::{
    ABANDON_COST, COST_WEIGHT, ClosedReason, Ending, GAIN_WEIGHT, Gain, GainSource, OPEN_MAX,
    OpenDecision, PassedOver, RewardClosed, RewardJoined, SUCCESS_WEIGHT,
};
use crate::event::{Event, is_right};
use crate::ids::{ActivityKey, CourseId, DecisionId, LearnerId, SkillKey};
use crate::learner::belief::Belief;
use crate::learner::progress::CourseProgress;
use crate::learner::session::MINUTES_FACTOR_MAX;
use crate::learner::tracing::{QuestionView, TracingModel};
use crate::report::outcomes::AnswerUse;
use crate::time::Timestamp;

/// What became of an event that could belong to a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attribution {
    /// It belongs to an open decision.
    Joined,
    /// It belongs to none.
    #[default]
    None,
    /// It named a decision that does not wait any more, or never waited for this.
    Late,
}

/// An answer as attribution sees it.
#[derive(Clone, Copy, Debug)]
pub struct AnswerSeen<'a> {
    /// The activity of the question.
    pub activity: ActivityKey,
    /// The question and its skills.
    pub view: QuestionView<'a>,
    /// From 0 to 1.
    pub grade: f64,
    /// Which attempt, from 1.
    pub attempt: u16,
    /// Whether it answered a probe that was asked.
    pub probe: bool,
    /// When.
    pub at: Timestamp,
}

impl Attribution {
    /// This, unless it is nothing; then the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
    }
}

impl CourseProgress {
    /// Starts the decision that led to this activity, if one waits.
    pub fn start_decision(
        &mut self,
        activity: ActivityKey,
        named: Option<&DecisionId>,
        at: Timestamp,
    ) -> Attribution {
        let waits = |open: &&mut OpenDecision| {
            open.activity == activity
                && open.ended.is_none()
                && named.is_none_or(|named| open.id == *named)
                && at < open.ends_at
        };
        let session = self.sessions;
        let Some(found) = self.open.iter_mut().rev().find(waits) else {
            return if named.is_some() { Attribution::Late } else { Attribution::None };
        };
        if found.started_at.is_none() {
            found.session = session;
        }
        found.started_at.get_or_insert(at);
        found.exposed_at.get_or_insert(at);
        let chosen = found.id.clone();
        self.supersede(activity, &chosen);
        Attribution::Joined
    }

    /// One activity runs under one decision: others that were started give way.
    fn supersede(&mut self, activity: ActivityKey, chosen: &DecisionId) {
        for open in &mut self.open {
            if open.activity == activity && open.ended.is_none() && open.id != *chosen {
                open.started_at = None;
                open.passed_over = Some(PassedOver::Superseded);
            }
        }
    }

    /// Notes what the learner left aside by starting an activity now: decisions that were followed
    /// by a newer one gave way to it, and all others that chose something else were declined. What
    /// was noted first stays, and means nothing any more once its activity is started after all.
    pub fn pass_over(&mut self, activity: ActivityKey) {
        let follows = |open: &OpenDecision| {
            open.activity == activity && open.started_at.is_some() && open.ended.is_none()
        };
        let followed = self.open.iter().rposition(follows);
        for (position, open) in self.open.iter_mut().enumerate() {
            if open.activity == activity || open.started_at.is_some() {
                continue;
            }
            let gave_way = followed.is_some_and(|followed| position < followed);
            let how = if gave_way { PassedOver::Superseded } else { PassedOver::Declined };
            open.passed_over.get_or_insert(how);
        }
    }

    /// Ends the started decisions of an activity.
    pub fn end_decision(&mut self, activity: ActivityKey, ending: Ending, minutes: f64) {
        let session = self.sessions;
        for open in &mut self.open {
            let runs = open.activity == activity && open.started_at.is_some();
            if runs && open.ended.is_none() {
                open.ended = Some(ending);
                open.minutes = minutes;
                // What is independent is counted from the end, not from the beginning.
                open.session = session;
            }
        }
    }

    /// Gives an answer to the open decisions it says something about: to the one whose activity it
    /// was asked in, and, as its gain, to the newest that has ended and still lacks one. One answer
    /// measures the gain of one decision, never of many. Says what it was used for.
    pub fn credit_answer(
        &mut self,
        seen: &AnswerSeen<'_>,
        now: &Belief,
        tracing: &TracingModel,
    ) -> AnswerUse {
        let session = self.sessions;
        let (mut inside_one, mut measured, mut between) = (false, false, false);
        for open in self.open.iter_mut().rev() {
            if open.started_at.is_none() || seen.at >= open.ends_at {
                continue;
            }
            let inside = seen.activity == open.activity && !seen.probe;
            match (inside, open.ended) {
                (true, None) if seen.attempt == 1 => {
                    open.credit_inside(seen, now, tracing);
                    inside_one = true;
                }
                (false, Some(_)) => {
                    if !measured {
                        measured = open.credit_after(seen, session, now, tracing);
                    }
                    open.intervening = open.intervening.saturating_add(1);
                    between = true;
                }
                _ => {}
            }
        }
        match (inside_one, measured) {
            (true, true) => AnswerUse::InsideAndGain,
            (true, false) => AnswerUse::Inside,
            (false, true) => AnswerUse::Gain,
            (false, false) if between => AnswerUse::Between,
            (false, false) => AnswerUse::Nothing,
        }
    }
}

impl OpenDecision {
    fn credit_inside(&mut self, seen: &AnswerSeen<'_>, now: &Belief, tracing: &TracingModel) {
        self.answers = self.answers.saturating_add(1);
        self.surprise_sum += self.surprise(seen, now, tracing);
        self.grade_sum += seen.grade;
    }

    /// Measures the gain, if this answer can; says whether it did.
    fn credit_after(
        &mut self,
        seen: &AnswerSeen<'_>,
        session: u32,
        now: &Belief,
        tracing: &TracingModel,
    ) -> bool {
        let related = seen.view.skills.iter().any(|skill| self.skills.contains(skill));
        if self.gain.is_some() || !related || seen.attempt != 1 {
            return false;
        }
        let source = if seen.probe {
            GainSource::Probe
        } else if session != self.session {
            GainSource::LaterSession
        } else if self.intervening >= 1 {
            GainSource::NextQuestion
        } else {
            return false;
        };
        let surprise = self.surprise(seen, now, tracing);
        self.gain = Some(Gain { surprise, source });
        true
    }

    /// Right (1) or not (0), minus what was predicted before the activity for this very question.
    fn surprise(&self, seen: &AnswerSeen<'_>, now: &Belief, tracing: &TracingModel) -> f64 {
        let before = overlay(now, self, seen.view.skills);
        let prediction = tracing.predict(&before, &seen.view, seen.at);
        // The prediction is the chance of full marks, so only full marks can be compared with it:
        // partial credit would earn a reward for asking in parts.
        let right = if is_right(seen.grade) { 1.0 } else { 0.0 };
        right - prediction.predicted
    }

    fn complete(&self) -> bool {
        self.ended.is_some() && self.gain.is_some()
    }

    fn observed(&self) -> bool {
        let abandoned = self.ended == Some(Ending::Abandoned);
        self.gain.is_some() || self.answers > 0 || abandoned
    }
}

/// The belief of before for the skills it was frozen for, and the belief of now for all others.
fn overlay(now: &Belief, open: &OpenDecision, skills: &[SkillKey]) -> Belief {
    let mut belief = open.before.about(skills);
    for skill in skills.iter().filter(|skill| !open.skills.contains(skill)) {
        belief.skills.extend(now.skill(*skill).copied());
    }
    belief.skills.sort_by_key(|entry| entry.skill);
    belief
}

/// The events that settle what can be settled at a moment, oldest decision first, and last the
/// learner's strategy.
#[must_use]
pub fn settle(
    learner: &LearnerId,
    course: &CourseId,
    minutes_median: f64,
    progress: &CourseProgress,
    at: Timestamp,
) -> Vec<Event> {
    let crowded = progress.open.len().saturating_sub(OPEN_MAX);
    let open = progress.open.iter().enumerate();
    let due = open
        .filter(|(position, open)| open.complete() || at >= open.ends_at || *position < crowded);
    let settled = due.map(|(_, open)| outcome(learner, course, minutes_median, open, at));
    settled.chain(pay(learner, course, progress.teaching.as_deref(), at)).collect()
}

fn outcome(
    learner: &LearnerId,
    course: &CourseId,
    minutes_median: f64,
    open: &OpenDecision,
    at: Timestamp,
) -> Event {
    let (learner, course) = (learner.clone(), course.clone());
    if !open.observed() {
        let reason = match (open.started_at, open.passed_over) {
            (Some(_), _) => ClosedReason::NothingObserved,
            (None, None) => ClosedReason::NeverStarted,
            (None, Some(PassedOver::Declined)) => ClosedReason::Declined,
            (None, Some(PassedOver::Superseded)) => ClosedReason::Superseded,
        };
        return Event::RewardClosed(RewardClosed {
            learner,
            course,
            decision: open.id.clone(),
            reason,
        });
    }
    let answers = f64::from(open.answers);
    let success = (open.answers > 0).then(|| open.surprise_sum / answers);
    let cost = (open.minutes / minutes_median).clamp(0.0, MINUTES_FACTOR_MAX);
    let abandoned = open.ended == Some(Ending::Abandoned);
    Event::RewardJoined(Box::new(RewardJoined {
        learner,
        course,
        decision: open.id.clone(),
        policy: open.policy.clone(),
        assignment: open.assignment.clone(),
        settled_at: at,
        gain: open.gain,
        success,
        exposed_at: open.exposed_at,
        raw_success: (open.answers > 0).then(|| open.grade_sum / answers),
        cost,
        abandoned,
        value: value(open.gain, success, cost, abandoned),
        propensity: open.propensity,
        overridden: open.overridden,
        schema: open.schema,
        features: open.features.clone(),
    }))
}

/// The reward of its components, in [-1, 1]; see [`super::reward`].
#[must_use]
pub fn value(gain: Option<Gain>, success: Option<f64>, cost: f64, abandoned: bool) -> f64 {
    let gain = gain.map_or(0.0, |gain| gain.surprise);
    let abandon = if abandoned { ABANDON_COST } else { 0.0 };
    let value =
        GAIN_WEIGHT * gain + SUCCESS_WEIGHT * success.unwrap_or(0.0) - COST_WEIGHT * cost - abandon;
    value.clamp(-1.0, 1.0)
}
