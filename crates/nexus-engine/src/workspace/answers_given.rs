//! The answers of a journal, as a batch fit reads them.
//!
//! Entries go in, in order, from the first; out come the latest answers, each with the keys and
//! skills of the course version it was given under, at the moment at which applying it placed it.
//! Answers to probes count like all others: they say the same of the question.

use super::SharedState;
use super::corrections::Corrections;
use crate::catalog::grading::is_right;
use crate::event::{Action, Answer, Entry, Event, Happening};
use crate::ids::LearnerId;
use crate::learner::tracing::QuestionView;
use crate::learner::training::TrainingAnswer;
use crate::time::Timestamp;
use crate::workspace::LearnerState;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The latest answers of a journal.
#[derive(Clone, Debug)]
pub struct AnswersGiven {
    /// The courses so far, and nothing else.
    catalog: SharedState,
    learners: BTreeMap<LearnerId, Seen>,
    answers: VecDeque<TrainingAnswer>,
    answers_max: usize,
    left_out: u64,
    through: u64,
    corrections: Corrections,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    number: u32,
    /// Whether the learner only tries the site out: their answers teach nothing.
    test: bool,
    last_at: Timestamp,
}

impl AnswersGiven {
    /// Keeps the latest `answers_max` answers.
    #[must_use]
    pub fn new(answers_max: usize) -> Self {
        Self {
            catalog: SharedState::default(),
            learners: BTreeMap::new(),
            answers: VecDeque::new(),
            answers_max,
            left_out: 0,
            through: 0,
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
        self.through = entry.seq;
        let amended = self.corrections.amend(entry);
        let Some(entry) = amended.as_deref() else { return };
        if let Event::CoursePublished(draft) = &entry.event {
            // As in applying it: what was published once is not judged again.
            let _ = self.catalog.restore(Arc::new((**draft).clone()));
        }
        let Some(learner) = entry.event.learner() else { return };
        if let Event::LearnerErased(_) = &entry.event {
            return self.leave_out(learner);
        }
        let at = entry.event.head().at;
        let mut seen = self.seen(learner, at);
        if let Event::Happened(happening) = &entry.event
            && let Action::Enrolled { test: true } = &happening.action
            && let Some(known) = self.learners.get_mut(learner)
        {
            known.test = true;
            seen.test = true;
        }
        if seen.test {
            return;
        }
        if let Event::Happened(happening) = &entry.event
            && let Action::QuestionAnswered(answer) = &happening.action
            && let Some(given) = self.given(happening, answer, seen)
        {
            self.keep(given);
        }
    }

    /// The answers, the oldest first.
    pub fn answers(&mut self) -> &[TrainingAnswer] {
        self.answers.make_contiguous()
    }

    /// Older answers that were left out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The last entry that was read.
    #[must_use]
    pub fn through(&self) -> u64 {
        self.through
    }

    /// The courses so far: the register of names that the keys belong to.
    #[must_use]
    pub fn catalog(&self) -> &SharedState {
        &self.catalog
    }

    /// A fit no longer reads the answers of an erased learner.
    fn leave_out(&mut self, learner: &LearnerId) {
        if let Some(seen) = self.learners.get(learner) {
            self.answers.retain(|answer| answer.learner != seen.number);
        }
    }

    fn seen(&mut self, learner: &LearnerId, at: Option<Timestamp>) -> Seen {
        if let Some(seen) = self.learners.get_mut(learner) {
            seen.last_at = at.map_or(seen.last_at, |at| at.max(seen.last_at));
            return *seen;
        }
        let number = u32::try_from(self.learners.len()).unwrap_or(u32::MAX);
        let before = LearnerState::new(learner.clone()).last_at;
        let seen = Seen { number, test: false, last_at: at.map_or(before, |at| at.max(before)) };
        self.learners.insert(learner.clone(), seen);
        seen
    }

    fn given(&self, happening: &Happening, answer: &Answer, seen: Seen) -> Option<TrainingAnswer> {
        let id = happening.course.as_str();
        let course = self.catalog.course_version(id, happening.course_version);
        let course = course.or_else(|| self.catalog.course(id))?;
        course.activity(answer.activity.as_str())?;
        let question = course.question(answer.question.as_str())?;
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        let QuestionView { question, difficulty, guess, .. } = QuestionView::of(question, &skills);
        let (learner, right) = (seen.number, is_right(answer.grade));
        Some(TrainingAnswer {
            learner,
            question,
            skills,
            difficulty,
            guess,
            right,
            at: seen.last_at,
        })
    }

    fn keep(&mut self, answer: TrainingAnswer) {
        if self.answers.len() >= self.answers_max {
            self.left_out += 1;
            self.answers.pop_front();
        }
        if self.answers_max > 0 {
            self.answers.push_back(answer);
        }
    }
}
