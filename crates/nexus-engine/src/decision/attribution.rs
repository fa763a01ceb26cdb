//! Attribution: which later events belong to which decision.
//!
//! The table of rules is in `docs/rewards.md`:
//! * starting an activity starts the newest open decision that chose it (or the one it names);
//! * answers inside the activity, first attempts only, count towards its centred success;
//! * the first question on one of its skills after it ended, asked outside it with another
//!   question in between, or in a later session, or as a probe, measures the learning gain of the
//!   newest decision that it can measure, and of no other.
//!
//! When a decision has all that it waits for is said in [`super::settle`].

use super::observed::{Observed, is_over};
use super::reward::Declarations;
use super::reward::{
    Ending, GainSource, LearnerDecisions, OpenDecision, PassedOver, RewardReported,
};
use crate::catalog::RewardDeclaration;
use crate::catalog::grading::is_right;
use crate::catalog::reward::Aggregation;
use crate::ids::{ActivityKey, DecisionId, SkillKey};
use crate::learner::belief::Belief;
use crate::learner::tracing::{QuestionView, TracingModel};
use crate::time::Timestamp;
use crate::words;

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

/// What an answer was used for by the decisions that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerUse {
    /// A first attempt inside the activity of a decision.
    Inside,
    /// It measured the gain of a decision.
    Gain,
    /// Both: inside the activity of one decision, it measured the gain of an older one.
    InsideAndGain,
    /// The question in between that makes the next one independent.
    Between,
    /// Nothing, because it came faster than it could be read.
    Hasty,
    /// Nothing: no decision waits for it, it came too late, or was no first attempt.
    Nothing,
}

words!(AnswerUse {
    Inside => "inside",
    Gain => "gain",
    InsideAndGain => "inside_and_gain",
    Between => "between",
    Hasty => "hasty",
    Nothing => "nothing",
});

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
    /// The number of the session it was given in.
    pub session: u32,
    pub at: Timestamp,
}

/// What is known when an answer is attributed.
#[derive(Clone, Copy, Debug)]
pub struct Knowing<'a> {
    /// What is believed of the learner before the answer.
    pub now: &'a Belief,
    /// The parameters of questions and skills.
    pub tracing: &'a TracingModel,
    /// What decisions are worth.
    pub declared: Declarations<'a>,
}

impl Attribution {
    /// This, unless it is nothing; then the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
    }
}

impl LearnerDecisions {
    /// Starts the decision that led to this activity, if one waits.
    pub fn start_decision(
        &mut self,
        activity: ActivityKey,
        named: Option<&DecisionId>,
        session: u32,
        at: Timestamp,
    ) -> Attribution {
        let waits = |open: &&mut OpenDecision| {
            open.activity == activity
                && open.run.ended.is_none()
                && named.is_none_or(|named| open.origin.id == *named)
                && at < open.origin.window.ends_at
        };
        let Some(found) = self.open.iter_mut().rev().find(waits) else {
            return if named.is_some() { Attribution::Late } else { Attribution::None };
        };
        if found.run.started_at.is_none() {
            found.run.session = session;
        }
        found.run.started_at.get_or_insert(at);
        found.run.exposed_at.get_or_insert(at);
        let chosen = found.origin.id.clone();
        self.supersede(activity, &chosen);
        Attribution::Joined
    }

    /// One activity runs under one decision: others that were started give way.
    fn supersede(&mut self, activity: ActivityKey, chosen: &DecisionId) {
        for open in &mut self.open {
            if open.activity == activity && open.run.ended.is_none() && open.origin.id != *chosen {
                open.run.started_at = None;
                open.run.passed_over = Some(PassedOver::Superseded);
            }
        }
    }

    /// Notes the decisions that the learner did not follow by starting an activity now. Those made
    /// before the decision that the learner follows are superseded, all others that chose another
    /// activity are declined, unless it is `withdrawn`. The first note stays. It has no effect once the
    /// learner starts the decision's activity after all.
    pub fn pass_over(&mut self, activity: ActivityKey, withdrawn: impl Fn(ActivityKey) -> bool) {
        let follows = |open: &OpenDecision| {
            open.activity == activity && open.run.started_at.is_some() && open.run.ended.is_none()
        };
        let followed = self.open.iter().rposition(follows);
        for (position, open) in self.open.iter_mut().enumerate() {
            if open.activity == activity || open.run.started_at.is_some() {
                continue;
            }
            let gave_way =
                followed.is_some_and(|followed| position < followed) || withdrawn(open.activity);
            let how = if gave_way { PassedOver::Superseded } else { PassedOver::Declined };
            open.run.passed_over.get_or_insert(how);
        }
    }

    /// Ends the started decisions of an activity.
    pub fn end_decision(
        &mut self,
        activity: ActivityKey,
        ending: Ending,
        minutes: f64,
        session: u32,
        at: Timestamp,
    ) {
        for open in &mut self.open {
            let runs = open.activity == activity && open.run.started_at.is_some();
            if runs && open.run.ended.is_none() {
                open.run.ended = Some(ending);
                open.run.ended_at = Some(at);
                open.run.minutes = minutes;
                // What is independent is counted from the end, not from the beginning.
                open.run.session = session;
            }
        }
    }

    /// Gives an answer to the open decisions it says something about: to the one whose activity it
    /// was asked in, and, as its gain, to the newest that has ended and still lacks one. One answer
    /// measures the gain of one decision, never of many. Says what it was used for.
    pub fn credit_answer(&mut self, seen: &AnswerSeen<'_>, knowing: &Knowing<'_>) -> AnswerUse {
        let (mut inside_one, mut measured, mut between) = (false, false, false);
        for open in self.open.iter_mut().rev() {
            if open.run.started_at.is_none() || seen.at >= open.origin.window.ends_at {
                continue;
            }
            let inside = seen.activity == open.activity && !seen.probe;
            match (inside, open.run.ended) {
                (true, None) if seen.attempt == 1 => {
                    open.credit_inside(seen, knowing);
                    inside_one = true;
                }
                (false, Some(_)) => {
                    if !measured {
                        measured = open.credit_after(seen, knowing);
                    }
                    open.observed.intervening = open.observed.intervening.saturating_add(1);
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

    /// Gives a reported value to its decision, if that still waits for it.
    pub fn credit_report(
        &mut self,
        reported: &RewardReported,
        declared: &Declarations<'_>,
    ) -> Attribution {
        let mut open = self.open.iter_mut();
        let open = open.find(|open| open.origin.id == reported.decision);
        open.map_or(Attribution::Late, |open| open.credit_report(reported, declared))
    }
}

impl OpenDecision {
    fn credit_report(
        &mut self,
        reported: &RewardReported,
        declared: &Declarations<'_>,
    ) -> Attribution {
        let explicit = &declared.version(self.origin.window.course_version).explicit;
        let found = explicit.iter().position(|known| known.name == reported.component);
        let Some(position) = found else { return Attribution::Late };
        let component = &explicit[position].component;
        if is_over(component, self.origin.window.made_at, reported.occurred_at) {
            return Attribution::Late;
        }
        self.observed.reported.resize(explicit.len(), Observed::default());
        let (value, at) = (reported.value, reported.occurred_at);
        self.observed.reported[position].add(component.aggregation, value, at);
        Attribution::Joined
    }

    fn credit_inside(&mut self, seen: &AnswerSeen<'_>, knowing: &Knowing<'_>) {
        self.observed.answers = self.observed.answers.saturating_add(1);
        self.observed.grade_sum += seen.grade;
        let component = &knowing.declared.version(self.origin.window.course_version).success;
        if !is_over(component, self.origin.window.made_at, seen.at) {
            let surprise = self.surprise(seen, knowing);
            self.observed.success.add(component.aggregation, surprise, seen.at);
        }
    }

    /// Measures the gain, if this answer can; says whether it did.
    fn credit_after(&mut self, seen: &AnswerSeen<'_>, knowing: &Knowing<'_>) -> bool {
        let related = seen.view.skills.iter().any(|skill| self.skills.contains(skill));
        if !related || seen.attempt != 1 {
            return false;
        }
        let source = if seen.probe {
            GainSource::Probe
        } else if seen.session != self.run.session {
            GainSource::LaterSession
        } else if self.observed.intervening >= 1 {
            GainSource::NextQuestion
        } else {
            return false;
        };
        let declared = knowing.declared.version(self.origin.window.course_version);
        let delayed = self.is_delayed(declared, seen.at);
        let (component, known) = match delayed {
            true => (&declared.delayed_gain, &self.observed.delayed_gain),
            false => (&declared.gain, &self.observed.gain),
        };
        let measured = known.count > 0 && component.aggregation == Aggregation::Earliest;
        if measured || is_over(component, self.origin.window.made_at, seen.at) {
            return false;
        }
        let surprise = self.surprise(seen, knowing);
        if delayed {
            self.observed.delayed_gain.add(component.aggregation, surprise, seen.at);
        } else {
            self.observed.gain.add(component.aggregation, surprise, seen.at);
            self.observed.gain_source.get_or_insert(source);
        }
        true
    }

    /// Whether a question at a moment measures the delayed gain and not the gain itself.
    fn is_delayed(&self, declared: &RewardDeclaration, at: Timestamp) -> bool {
        let delayed = |ended: Timestamp| at >= ended.plus_micros(declared.delay_micros);
        declared.delayed_gain.counts() && self.run.ended_at.is_some_and(delayed)
    }

    /// Right (1) or not (0), minus what was predicted before the activity for this very question.
    fn surprise(&self, seen: &AnswerSeen<'_>, knowing: &Knowing<'_>) -> f64 {
        let before = overlay(knowing.now, &self.origin.before, &self.skills, seen.view.skills);
        let prediction = knowing.tracing.predict(&before, &seen.view, seen.at);
        // The prediction is the chance of full marks, so only full marks can be compared with it:
        // partial credit would earn a reward for asking in parts.
        let right = if is_right(seen.grade) { 1.0 } else { 0.0 };
        right - prediction.predicted
    }
}

/// What was believed before about `own` skills, and what is believed now of all other skills of a
/// question.
pub(crate) fn overlay(
    now: &Belief,
    before: &Belief,
    own: &[SkillKey],
    skills: &[SkillKey],
) -> Belief {
    let mut belief = before.about(skills);
    for skill in skills.iter().filter(|skill| !own.contains(skill)) {
        belief.skills.extend(now.skill(*skill).copied());
    }
    belief.skills.sort_by_key(|entry| entry.skill);
    belief
}
