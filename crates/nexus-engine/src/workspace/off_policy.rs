//! The decisions of a journal as a log for off-policy evaluation.
//!
//! Entries go in, in order, from the first, and are folded as serving folds them. At each decision the
//! scene is rebuilt from the state before it, and the target policy says what it would have done.
//! Out come the decisions that got a reward.

use super::corrections::Corrections;
use super::{LearnerState, SharedState};
use crate::decision::Decision;
use crate::decision::choose::Subject;
use crate::decision::rebuilt::RebuiltScene;
use crate::decision::reward::RewardJoined;
use crate::event::{Entry, Event};
use crate::ids::{CourseId, DecisionId, LearnerId, PolicyId};
use crate::learner::progress::CourseProgress;
use crate::policy::context::FEATURES;
use crate::policy::registry::PolicyState;
use nexus_stats::off_policy::LoggedDecision;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is taken for the reward of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalOutcome {
    /// The reward that the course declares.
    Reward,
    /// The measured learning gain alone.
    Gain,
    /// The mean grade of the activity's own questions.
    Success,
    /// 1 when the activity was not abandoned, else 0.
    Finished,
}

/// Which decisions are read, and whose they might have been.
#[derive(Clone, Debug)]
pub struct JournalTarget {
    pub course: CourseId,
    pub policy: PolicyId,
    /// The target as it is for all decisions; `None` takes it as it had learned by each of them.
    pub frozen: Option<PolicyState>,
    /// Decisions up to this entry are left out: the target may have learned from them.
    pub after_seq: u64,
    /// The latest decisions that are kept, at most.
    pub decisions_max: usize,
}

/// Decisions of the course that say nothing of the target, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Nothing was left to chance: a single candidate, the course's own path, a plan, a pin, the kill switch, no
    /// consent or a spent budget.
    pub without_chance: u64,
    /// The target may have learned from them.
    pub learned_from: u64,
    /// No reward came for them, so far or for ever.
    pub unrewarded: u64,
    /// A reward came in which the outcome was not measured.
    pub unmeasured: u64,
    /// Their scene is not what the journal says: they are of an erased learner, or of a program that saw
    /// features otherwise.
    pub not_rebuilt: u64,
    /// There are more than are kept.
    pub older: u64,
}

/// What came of a decision; `None` of what was not measured.
#[derive(Clone, Copy, Debug, Default)]
struct JoinedOutcomes {
    reward: Option<f64>,
    gain: Option<f64>,
    success: Option<f64>,
    finished: Option<f64>,
}

impl JoinedOutcomes {
    fn of(joined: &RewardJoined) -> Self {
        Self {
            reward: (!joined.unmeasured).then_some(joined.value),
            gain: joined.gain.map(|gain| gain.surprise),
            success: joined.raw_success,
            finished: Some(if joined.abandoned { 0.0 } else { 1.0 }),
        }
    }

    fn get(&self, outcome: JournalOutcome) -> Option<f64> {
        match outcome {
            JournalOutcome::Reward => self.reward,
            JournalOutcome::Gain => self.gain,
            JournalOutcome::Success => self.success,
            JournalOutcome::Finished => self.finished,
        }
    }
}

/// The decisions of a journal, and what a target would have made of them.
#[derive(Clone, Debug)]
pub struct JournalDecisions {
    asked: JournalTarget,
    shared: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
    /// Decisions that wait for their reward, with their place.
    waiting: BTreeMap<DecisionId, (u64, LoggedDecision)>,
    /// Those that have one, by their place.
    rewarded: BTreeMap<u64, (LoggedDecision, JoinedOutcomes)>,
    units: BTreeMap<LearnerId, u64>,
    left_out: LeftOut,
    corrections: Corrections,
}

impl JournalDecisions {
    /// Before the first entry.
    #[must_use]
    pub fn new(asked: JournalTarget) -> Self {
        Self {
            asked,
            shared: SharedState::default(),
            learners: BTreeMap::new(),
            waiting: BTreeMap::new(),
            rewarded: BTreeMap::new(),
            units: BTreeMap::new(),
            left_out: LeftOut::default(),
            corrections: Corrections::default(),
        }
    }

    /// The same of a journal in which something was corrected.
    #[must_use]
    pub fn corrected_by(self, corrections: Corrections) -> Self {
        Self { corrections, ..self }
    }

    /// Reads the next entry.
    pub fn read(&mut self, entry: &Entry) {
        let corrections = std::mem::take(&mut self.corrections);
        if let Some(counts) = corrections.amend(entry) {
            self.see(&counts);
        }
        let learner = entry.event.learner().map(|id| {
            self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
        });
        corrections.apply(&mut self.shared, learner, entry);
        self.corrections = corrections;
    }

    /// Looks at an entry as it counts, before it is folded.
    fn see(&mut self, entry: &Entry) {
        match &entry.event {
            Event::DecisionMade(decision) if decision.course == self.asked.course => {
                self.take(decision, entry.seq);
            }
            Event::RewardJoined(joined) => self.reward(joined),
            Event::RewardClosed(closed) => {
                let waited = self.waiting.remove(&closed.decision);
                self.left_out.unrewarded += u64::from(waited.is_some());
            }
            _ => {}
        }
    }

    /// The last entry that was read.
    #[must_use]
    pub fn through(&self) -> u64 {
        self.shared.head
    }

    /// Whether the course was ever published.
    #[must_use]
    pub fn knows_course(&self) -> bool {
        self.shared.course(self.asked.course.as_str()).is_some()
    }

    /// The decisions that have an outcome, in the order in which they were made.
    #[must_use]
    pub fn log(&self, outcome: JournalOutcome) -> Vec<LoggedDecision> {
        let rewarded = self.rewarded.values();
        let log = rewarded.filter_map(|(logged, outcomes)| {
            Some(LoggedDecision { reward: outcomes.get(outcome)?, ..logged.clone() })
        });
        log.collect()
    }

    /// What was left out of the log of an outcome.
    #[must_use]
    pub fn left_out(&self, outcome: JournalOutcome) -> LeftOut {
        let mut left_out = self.left_out;
        left_out.unrewarded += self.waiting.len() as u64;
        let unmeasured = self.rewarded.values().filter(|(_, it)| it.get(outcome).is_none());
        left_out.unmeasured = unmeasured.count() as u64;
        left_out
    }

    fn take(&mut self, decision: &Decision, seq: u64) {
        if self.learners.get(&decision.learner).is_some_and(|learner| learner.test) {
            return;
        }
        if is_without_chance(decision) {
            self.left_out.without_chance += 1;
        } else if seq <= self.asked.after_seq {
            self.left_out.learned_from += 1;
        } else {
            match self.logged(decision) {
                Some(logged) => {
                    self.waiting.insert(decision.origin.id.clone(), (seq, logged));
                }
                None => self.left_out.not_rebuilt += 1,
            }
        }
    }

    fn logged(&mut self, decision: &Decision) -> Option<LoggedDecision> {
        let version = decision.origin.window.course_version;
        let course = self.shared.course_version(decision.course.as_str(), version)?;
        let (none, before) =
            (CourseProgress::default(), LearnerState::new(decision.learner.clone()));
        let learner = self.learners.get(&decision.learner).unwrap_or(&before);
        let subject = Subject {
            id: &learner.id,
            belief: &learner.belief,
            consent: learner.consent,
            explored: &learner.explored,
            progress: learner.progress(decision.course.as_str()).unwrap_or(&none),
        };
        let scene = RebuiltScene::of(&self.shared.surroundings(course), &subject, decision)?;
        let target = match &self.asked.frozen {
            Some(frozen) => Cow::Borrowed(frozen),
            None => self.shared.policy_ref(&self.asked.course, &self.asked.policy)?,
        };
        let would = scene.would_choose(&target, decision);
        let mut target_features = vec![0.0; FEATURES];
        let mut target = Vec::with_capacity(would.probabilities.len());
        for (place, probability) in would.probabilities.iter().enumerate() {
            let activity = &decision.choice.candidates[place].activity;
            target.push((number_of(course, activity.as_str())?, *probability));
            let row = scene.row(place)?;
            for (sum, value) in target_features.iter_mut().zip(row) {
                *sum += probability * value;
            }
        }
        let chosen = decision.chosen();
        let unit = self.units.len() as u64;
        Some(LoggedDecision {
            chosen: number_of(course, chosen.activity.as_str())?,
            propensity: chosen.probability,
            reward: 0.0,
            target,
            features: scene.row(decision.choice.chosen)?.to_vec(),
            target_features,
            context: Vec::new(),
            unsupported: would.outside,
            unit: *self.units.entry(decision.learner.clone()).or_insert(unit),
            given: None,
        })
    }

    fn reward(&mut self, joined: &RewardJoined) {
        let Some((seq, logged)) = self.waiting.remove(&joined.decision) else { return };
        self.rewarded.insert(seq, (logged, JoinedOutcomes::of(joined)));
        if self.rewarded.len() > self.asked.decisions_max {
            self.rewarded.pop_first();
            self.left_out.older += 1;
        }
    }
}

/// The number of an activity, the same in all versions of its course.
fn number_of(course: &crate::catalog::Course, activity: &str) -> Option<u32> {
    let mut all = course.activities.iter();
    all.find(|other| other.id.as_str() == activity).map(|other| other.key.0)
}

/// Whether no other candidate could have been chosen.
fn is_without_chance(decision: &Decision) -> bool {
    let choice = &decision.choice;
    !choice.is_by_policy()
        || choice.withheld.is_some()
        || choice.candidates.len() < 2
        || decision.plan.is_some()
}
