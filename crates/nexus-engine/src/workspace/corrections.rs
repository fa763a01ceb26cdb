//! The fold of a journal in which something was corrected.
//!
//! [`Corrections`] is what the journal's corrections say of other entries; [`Corrections::apply`] folds an
//! entry as it counts. All who fold a journal read the corrections first and then go through it, so an
//! entry counts as corrected from its own place on, in shared state as well: policies, parameters and
//! experiments are what they would be.
//!
//! [`Recount`] works a correction out. It folds the journal under what is asked, derives again what
//! followed for the learners concerned, and keeps what each entry now counts as. Their later evidence is
//! what the parameters of then say of the corrected belief; a reward is settled when it was, from what was
//! observed by then. Decisions stay as they were drawn, and other learners' evidence as it was frozen.
#![warn(missing_docs)]

use super::admit::AskedQuestion;
use super::{Applied, LearnerState, SharedState};
use crate::catalog::grading::is_right;
use crate::catalog::{ActivityKind, Course, grading};
use crate::decision::reward::Declarations;
use crate::decision::settle::Settled;
use crate::event::correction::{Amended, Correction, CorrectionKind};
use crate::event::{Action, Answer, Entry, Event, Happening};
use crate::ids::{CourseId, DecisionId, LearnerId, QuestionId, QuestionKey};
use crate::learner::belief::Belief;
use crate::time::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a journal's corrections say of its other entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corrections {
    amended: BTreeMap<u64, Amended>,
    graded: BTreeSet<u64>,
    latest: u64,
}

impl Corrections {
    /// Takes in an entry, if it is a correction. They come in the order of the journal.
    pub fn read(&mut self, entry: &Entry) {
        let Event::Corrected(correction) = &entry.event else { return };
        self.latest = entry.seq;
        self.amended.extend(correction.amended.iter().cloned());
        if correction.kind == CorrectionKind::Graded {
            self.graded.extend(&correction.targets);
        }
    }

    /// An event of an entry as it counts; `None` when it counts as nothing.
    #[must_use]
    pub fn counted(&self, entry: Entry) -> Option<Entry> {
        self.amend(&entry).map(Cow::into_owned)
    }

    /// The place of the latest correction; 0 when there is none.
    #[must_use]
    pub fn latest(&self) -> u64 {
        self.latest
    }

    /// Whether an entry was voided.
    #[must_use]
    pub fn voided(&self, seq: u64) -> bool {
        self.amended.get(&seq) == Some(&Amended::Nothing)
    }

    /// The entry as it counts; `None` when it counts as nothing.
    #[must_use]
    pub fn amend<'a>(&self, entry: &'a Entry) -> Option<Cow<'a, Entry>> {
        match self.amended.get(&entry.seq) {
            None => Some(Cow::Borrowed(entry)),
            Some(amended) => amended_event(&entry.event, amended)
                .map(|event| Cow::Owned(Entry { event, ..entry.clone() })),
        }
    }

    /// Makes an entry true as it counts.
    pub fn apply(
        &self,
        shared: &mut SharedState,
        learner: Option<&mut LearnerState>,
        entry: &Entry,
    ) -> Applied {
        match self.amend(entry) {
            Some(counts) => shared.apply(learner, &counts),
            None => shared.pass(learner, entry),
        }
    }
}

fn amended_event(event: &Event, amended: &Amended) -> Option<Event> {
    let mut event = event.clone();
    match (amended, &mut event) {
        (Amended::Nothing, _) => return None,
        (Amended::Instead(instead), _) => return Some((**instead).clone()),
        (Amended::Believed(before), Event::DecisionMade(decision)) => {
            decision.origin.before.clone_from(before);
        }
        (Amended::Believed(before), Event::SupportChosen(chosen)) => {
            chosen.before.clone_from(before);
        }
        (Amended::Answer { grade, attempt, evidence, placement_stopped }, _) => {
            if let Some(answer) = answer_of(&mut event) {
                answer.grade = *grade;
                answer.attempt = *attempt;
                answer.evidence = *evidence;
                answer.placement_stopped = *placement_stopped;
            }
        }
        (Amended::Believed(_), _) => {}
    }
    Some(event)
}

fn answer_of(event: &mut Event) -> Option<&mut Answer> {
    match event {
        Event::Happened(Happening { action: Action::QuestionAnswered(answer), .. }) => Some(answer),
        _ => None,
    }
}

impl SharedState {
    /// Lets an entry go by that counts as nothing.
    fn pass(&mut self, learner: Option<&mut LearnerState>, entry: &Entry) -> Applied {
        self.head = entry.seq;
        for experiment in self.experiments.values_mut() {
            experiment.keep_history(entry.received_at);
        }
        if let Some(learner) = learner {
            learner.entries += 1;
        }
        Applied::default()
    }
}

/// What is to be corrected.
#[derive(Clone, Debug)]
pub enum CorrectionAsked {
    /// These entries never happened.
    Void(BTreeSet<u64>),
    /// These entries have these grades.
    Grade(BTreeMap<u64, f64>),
    /// What the latest version of a course says of stored responses.
    Regrade {
        /// The course as it is now.
        course: Arc<Course>,
        /// Of these questions only; of all when absent.
        questions: Option<BTreeSet<QuestionId>>,
    },
}

impl CorrectionAsked {
    /// What it is called.
    #[must_use]
    pub fn kind(&self) -> CorrectionKind {
        match self {
            Self::Void(_) => CorrectionKind::Voided,
            Self::Grade(_) => CorrectionKind::Graded,
            Self::Regrade { .. } => CorrectionKind::Regraded,
        }
    }
}

/// Answers that a regrade looked at and left as they are, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegradeCounts {
    /// Answers to the questions that were asked for.
    pub seen: u64,
    /// The same mark by either key.
    pub same: u64,
    /// Without a response, so that nothing can be graded: also those of erased learners.
    pub without_response: u64,
    /// The mark is not what the key of their version says: the site gave it.
    pub graded_by_site: u64,
    /// Somebody gave them another grade by hand.
    pub graded_by_hand: u64,
    /// The latest version does not ask the question, or cannot grade the response.
    pub not_gradable: u64,
}

/// What a correction changes for one learner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recounted {
    /// The entries that were asked for, in order.
    pub targets: Vec<u64>,
    /// What they and those that follow from them count as, in order.
    pub amended: Vec<(u64, Amended)>,
    /// Answers whose grade changes.
    pub answers: u64,
    /// Rewards whose value changes, or that come or go.
    pub rewards: u64,
}

/// A fold of the journal under a correction.
#[derive(Debug)]
pub struct Recount {
    corrections: Corrections,
    asked: CorrectionAsked,
    /// The shared state so far.
    pub shared: SharedState,
    /// Every learner so far.
    pub learners: BTreeMap<LearnerId, LearnerState>,
    /// What changes, by learner.
    pub recounted: BTreeMap<LearnerId, Recounted>,
    /// What a regrade left as it is.
    pub regrade: RegradeCounts,
    /// Answers that were voided, by learner and question: later attempts are earlier ones.
    voided: BTreeMap<(LearnerId, QuestionKey), u16>,
}

impl Recount {
    /// Begins at the first entry of a journal with these corrections.
    #[must_use]
    pub fn new(corrections: Corrections, asked: CorrectionAsked) -> Self {
        Self {
            corrections,
            asked,
            shared: SharedState::default(),
            learners: BTreeMap::new(),
            recounted: BTreeMap::new(),
            regrade: RegradeCounts::default(),
            voided: BTreeMap::new(),
        }
    }

    /// Reads the next entry.
    pub fn read(&mut self, entry: &Entry) {
        let id = entry.event.learner().cloned();
        let Some(id) = id else {
            self.shared.apply(None, entry);
            return;
        };
        let mut learner =
            self.learners.remove(&id).unwrap_or_else(|| LearnerState::new(id.clone()));
        let counted = self.corrections.amend(entry).map(Cow::into_owned);
        let counts = match counted {
            None => None,
            Some(counted) => {
                let asked = self.asked_of(entry, &counted);
                self.recounts(&learner, counted, asked)
            }
        };
        match &counts {
            Some(counts) => self.shared.apply(Some(&mut learner), counts),
            None => self.shared.pass(Some(&mut learner), entry),
        };
        self.learners.insert(id, learner);
    }

    /// What is asked of an entry: nothing, that it never happened (`Some(None)`), or another grade.
    fn asked_of(&mut self, entry: &Entry, counted: &Entry) -> Option<Option<f64>> {
        match &self.asked {
            CorrectionAsked::Void(entries) => entries.contains(&entry.seq).then_some(None),
            CorrectionAsked::Grade(grades) => grades.get(&entry.seq).copied().map(Some),
            CorrectionAsked::Regrade { course, questions } => {
                let (course, questions) = (Arc::clone(course), questions.clone());
                self.regraded(&course, questions.as_ref(), entry, counted).map(Some)
            }
        }
    }

    /// The grade that an answer gets from the latest version, when it is another one.
    fn regraded(
        &mut self,
        latest: &Course,
        questions: Option<&BTreeSet<QuestionId>>,
        entry: &Entry,
        counted: &Entry,
    ) -> Option<f64> {
        let (Event::Happened(happening), Event::Happened(now)) = (&entry.event, &counted.event)
        else {
            return None;
        };
        let (Action::QuestionAnswered(answer), Action::QuestionAnswered(now)) =
            (&happening.action, &now.action)
        else {
            return None;
        };
        let meant = questions.is_none_or(|questions| questions.contains(&answer.question));
        if happening.course != latest.id || !meant {
            return None;
        }
        let counts = &mut self.regrade;
        counts.seen += 1;
        if self.corrections.graded.contains(&entry.seq) {
            counts.graded_by_hand += 1;
            return None;
        }
        let Some(response) = answer.response.as_deref() else {
            counts.without_response += 1;
            return None;
        };
        let version =
            self.shared.course_version(happening.course.as_str(), happening.course_version);
        let asked = version.and_then(|version| version.question(answer.question.as_str()));
        let by_key = asked.and_then(|question| grading::grade(question, response));
        if by_key.is_none_or(|by_key| by_key.to_bits() != answer.grade.to_bits()) {
            counts.graded_by_site += 1;
            return None;
        }
        let question = latest.question(answer.question.as_str());
        let Some(grade) = question.and_then(|question| grading::grade(question, response)) else {
            counts.not_gradable += 1;
            return None;
        };
        let changes = grade.to_bits() != now.grade.to_bits();
        counts.same += u64::from(!changes);
        changes.then_some(grade)
    }

    /// What an entry counts as under the correction, for a learner as they are before it.
    fn recounts(
        &mut self,
        learner: &LearnerState,
        counted: Entry,
        asked: Option<Option<f64>>,
    ) -> Option<Entry> {
        if asked.is_none() && !self.recounted.contains_key(&learner.id) {
            return Some(counted);
        }
        let seq = counted.seq;
        if asked.is_some() {
            self.recounted.entry(learner.id.clone()).or_default().targets.push(seq);
        }
        let before = counted.event.clone();
        let amended = match asked {
            Some(None) => {
                self.note_voided(learner, &before);
                Some(Amended::Nothing)
            }
            Some(Some(grade)) => self.derived(learner, &counted, Some(grade)),
            None => self.derived(learner, &counted, None),
        };
        let Some(amended) = amended else { return Some(counted) };
        let event = amended_event(&before, &amended);
        if event.as_ref() == Some(&before) {
            return Some(counted);
        }
        let recounted = self.recounted.entry(learner.id.clone()).or_default();
        recounted.note(&before, event.as_ref());
        recounted.amended.push((seq, amended));
        event.map(|event| Entry { event, ..counted })
    }

    fn note_voided(&mut self, learner: &LearnerState, event: &Event) {
        let Event::Happened(happening) = event else { return };
        let Action::QuestionAnswered(answer) = &happening.action else { return };
        let id = happening.course.as_str();
        let course = self.shared.course_version(id, happening.course_version);
        let question = course.and_then(|course| course.question(answer.question.as_str()));
        if let Some(question) = question {
            let count = self.voided.entry((learner.id.clone(), question.key)).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// What followed, as it follows from the learner's state now.
    fn derived(
        &self,
        learner: &LearnerState,
        entry: &Entry,
        grade: Option<f64>,
    ) -> Option<Amended> {
        match &entry.event {
            Event::Happened(happening) => match &happening.action {
                Action::QuestionAnswered(answer) => {
                    self.answered(learner, happening, answer, grade.unwrap_or(answer.grade))
                }
                Action::QuizCompleted { activity, .. } if grade.is_some() => {
                    let action = Action::QuizCompleted { activity: activity.clone(), grade };
                    let quiz = Event::Happened(Happening { action, ..happening.clone() });
                    Some(Amended::Instead(Box::new(quiz)))
                }
                _ => None,
            },
            Event::DecisionMade(decision) => {
                let version = decision.origin.window.course_version;
                let course = self.shared.course_version(decision.course.as_str(), version)?;
                let activity = course.activity(decision.chosen().activity.as_str())?;
                Some(believed(learner, course, &activity.skills))
            }
            Event::SupportChosen(chosen) => {
                let id = chosen.course.as_str();
                let course = self.shared.course_version(id, chosen.course_version)?;
                Some(believed(learner, course, &course.question(chosen.question.as_str())?.skills))
            }
            Event::RewardJoined(joined) => {
                self.settled(learner, &joined.course, &joined.decision, entry.received_at)
            }
            Event::RewardClosed(closed) => {
                self.settled(learner, &closed.course, &closed.decision, entry.received_at)
            }
            Event::SupportRewarded(rewarded) => {
                let open = &learner.courses.get(&rewarded.course)?.supports;
                let open = open.iter().find(|open| open.choice == rewarded.choice)?;
                let settled =
                    open.settle(&learner.id, &rewarded.course, true, rewarded.settled_at)?;
                Some(Amended::Instead(Box::new(Event::SupportRewarded(Box::new(settled)))))
            }
            _ => None,
        }
    }

    fn answered(
        &self,
        learner: &LearnerState,
        happening: &Happening,
        answer: &Answer,
        grade: f64,
    ) -> Option<Amended> {
        let id = happening.course.as_str();
        let course = self.shared.course_version(id, happening.course_version)?;
        let question = course.question(answer.question.as_str())?;
        let asking = course.activity(answer.activity.as_str());
        let placement =
            asking.filter(|asking| asking.kind == ActivityKind::Placement && !answer.probe);
        let at = happening.occurred_at.max(learner.last_at);
        let asked = AskedQuestion { course, question, placement };
        let (evidence, placement_stopped) =
            self.shared.judged(learner, &asked, is_right(grade), at);
        let met = learner.belief.question(question.key).attempts;
        let voided = self.voided.get(&(learner.id.clone(), question.key)).copied().unwrap_or(0);
        let attempt = answer.attempt.saturating_sub(voided).max(met.saturating_add(1));
        Some(Amended::Answer { grade, attempt, evidence, placement_stopped })
    }

    fn settled(
        &self,
        learner: &LearnerState,
        course: &CourseId,
        decision: &DecisionId,
        at: Timestamp,
    ) -> Option<Amended> {
        let declarations = Declarations::of(&self.shared.courses, course);
        let minutes = self.shared.course(course.as_str())?.minutes_median;
        let decisions = &learner.courses.get(course)?.decisions;
        let whose = (&learner.id, course);
        let settled = decisions.settle_one(decision, whose, &declarations, minutes, at)?;
        Some(Amended::Instead(Box::new(match settled {
            Settled::Joined(joined) => Event::RewardJoined(joined),
            Settled::Closed(closed) => Event::RewardClosed(closed),
        })))
    }
}

impl Recounted {
    /// Counts what changes with an entry.
    fn note(&mut self, before: &Event, after: Option<&Event>) {
        let grade = |event: &Event| match event {
            Event::Happened(Happening { action: Action::QuestionAnswered(answer), .. }) => {
                Some(answer.grade)
            }
            _ => None,
        };
        let reward = |event: &Event| match event {
            Event::RewardJoined(joined) => Some(joined.value),
            _ => None,
        };
        self.answers += u64::from(grade(before) != after.and_then(grade));
        self.rewards += u64::from(reward(before) != after.and_then(reward));
    }

    /// The entry of the journal that says it.
    #[must_use]
    pub fn correction(
        self,
        learner: LearnerId,
        kind: CorrectionKind,
        reason: String,
        by: String,
    ) -> Correction {
        Correction { learner, kind, targets: self.targets, amended: self.amended, reason, by }
    }
}

fn believed(learner: &LearnerState, course: &Course, skills: &[usize]) -> Amended {
    let keys: Vec<_> = course.skill_keys(skills).collect();
    let before: Belief = learner.belief.about(&keys);
    Amended::Believed(Box::new(before))
}
