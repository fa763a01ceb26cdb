//! The evidence behind what is believed of a learner: their latest answers, read from the journal.
//!
//! Nothing is kept for this. A history is read backwards page by page, so that the node's thread
//! is never held for long, until every skill has enough answers or the bound is reached.

use super::course_cache;
use super::error::Failure;
use super::state::AppState;
use crate::node::Reader;
use nexus_api::learners::evidence::{ANSWERS_MAX, SkillAnswer};
use nexus_engine::event::{Action, Answer, Entry, Event};
use nexus_engine::ids::{LearnerId, SkillKey};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::SharedState;
use std::collections::BTreeMap;

/// Entries that are read at a time.
const PAGE: usize = 100;
/// The most entries of a learner that are looked at.
pub(super) const ENTRIES_MAX: usize = 500;

/// The latest answers of a learner, by skill, newest first.
#[derive(Debug, Default)]
pub(super) struct LatestAnswers {
    by_skill: BTreeMap<SkillKey, Vec<SkillAnswer>>,
    /// Entries that were looked at.
    pub(super) entries_read: usize,
    /// Whether older ones were left although a skill wanted more.
    pub(super) cut: bool,
}

/// An answer with the skills that its question exercised under the version of that moment.
struct Found {
    seq: u64,
    at: Timestamp,
    answer: Answer,
    course: String,
    version: u32,
    skills: Vec<SkillKey>,
}

impl LatestAnswers {
    /// Reads the answers of a learner; `attempts` is how many each skill has in all.
    ///
    /// Errors: when the node cannot be asked.
    pub(super) async fn read(
        state: &AppState,
        learner: &LearnerId,
        attempts: &BTreeMap<SkillKey, u32>,
    ) -> Result<Self, Failure> {
        let mut evidence = Self::default();
        let mut before = u64::MAX;
        while evidence.wants_more(attempts) {
            if evidence.entries_read >= ENTRIES_MAX {
                evidence.cut = true;
                break;
            }
            let learner = learner.clone();
            let look = move |reader: &mut dyn Reader| {
                let entries = reader.history(&learner, before, PAGE);
                let last = entries.last().map(|entry| entry.seq);
                let count = entries.len();
                let corrections = reader.corrections(&learner);
                let state = reader.state();
                let counted = entries.into_iter().filter_map(|entry| corrections.counted(entry));
                let found = counted.filter_map(|entry| found(state, entry));
                (found.collect::<Vec<_>>(), last, count)
            };
            let (found, last, count) = state.look(look).await?;
            evidence.entries_read += count;
            evidence.add(state, found).await?;
            match last {
                Some(last) if count == PAGE => before = last,
                _ => break,
            }
        }
        Ok(evidence)
    }

    /// The answers of one skill, newest first.
    pub(super) fn of(&self, skill: SkillKey) -> Vec<SkillAnswer> {
        self.by_skill.get(&skill).cloned().unwrap_or_default()
    }

    fn wants_more(&self, attempts: &BTreeMap<SkillKey, u32>) -> bool {
        attempts.iter().any(|(skill, attempts)| {
            let has = self.by_skill.get(skill).map_or(0, Vec::len);
            has < ANSWERS_MAX.min(*attempts as usize)
        })
    }

    async fn add(&mut self, state: &AppState, found: Vec<Found>) -> Result<(), Failure> {
        for found in found {
            let published =
                course_cache::published_course(state, &found.course, found.version).await?;
            let asked = found.answer.question.as_str();
            let questions = published.iter().flat_map(|published| &published.draft.modules);
            let mut questions = questions
                .flat_map(|module| &module.activities)
                .flat_map(|activity| &activity.questions);
            let prompt = questions.find(|question| question.id == asked);
            let prompt = prompt.map_or("", |question| question.prompt.as_str());
            let answer = SkillAnswer::new(found.seq, found.at, &found.answer, prompt);
            for skill in found.skills {
                let answers = self.by_skill.entry(skill).or_default();
                if answers.len() < ANSWERS_MAX {
                    answers.push(answer.clone());
                }
            }
        }
        Ok(())
    }
}

fn found(state: &SharedState, entry: Entry) -> Option<Found> {
    let Event::Happened(happening) = entry.event else { return None };
    let Action::QuestionAnswered(answer) = happening.action else { return None };
    let course = state.course_version(happening.course.as_str(), happening.course_version)?;
    let question = course.question(answer.question.as_str())?;
    Some(Found {
        seq: entry.seq,
        at: happening.occurred_at,
        skills: course.skill_keys(&question.skills).collect(),
        course: happening.course.to_string(),
        version: happening.course_version,
        answer,
    })
}
