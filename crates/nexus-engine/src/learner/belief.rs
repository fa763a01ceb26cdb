//! The belief about one learner's knowledge: independent Gaussians in logits, and the counts the
//! history features need. Keyed by small integers, sorted, so that a state stays compact.

use super::memory::Memory;
use super::tracing::SkillSetKey;
use crate::ids::{QuestionKey, SkillKey};
use crate::time::Timestamp;

/// A Gaussian in logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian {
    pub mean: f64,
    pub variance: f64,
}

/// What one learner seems to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Belief {
    pub ability: Gaussian,
    pub attempts: u32,
    /// Answers that were right.
    pub wins: u32,
    /// Mean surprise of late, right (1) or not (0) minus what was predicted, the latest answers
    /// counting most; in [-1, 1].
    pub recent_surprise: f32,
    /// Surprise of the last answer, in [-1, 1].
    pub last_surprise: f32,
    /// The skills of the last answer.
    pub last_skills: SkillSetKey,
    /// When it came; anything before the first answer.
    pub last_at: Timestamp,
    /// By skill, sorted by key.
    pub skills: Vec<SkillBelief>,
    /// By question, sorted by key.
    pub questions: Vec<QuestionCount>,
}

/// What one learner seems to know of one skill: 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillBelief {
    pub skill: SkillKey,
    /// How many answers, to any question, the learner had given before the last that exercised it.
    pub answered_at: u32,
    /// Mean surprise of late in this skill, in [-1, 1].
    pub surprise: f32,
    /// Answers that exercised it, those before the last counting `e^-hours`, as of `last_at`.
    pub hour_attempts: f32,
    /// Right ones among them, counted the same way.
    pub hour_wins: f32,
    /// The greatest probability of mastery so far that counted as a gain; see `mastery`.
    pub best_probability: f32,
    /// How well it is remembered between sessions.
    pub memory: Memory,
    /// Departure from general ability, in logits, as of `last_at`; see [`Self::level_at`].
    pub level: Gaussian,
    /// The last answer that exercised it.
    pub last_at: Timestamp,
    /// Answers that exercised it.
    pub attempts: u16,
    /// Right answers that exercised it.
    pub wins: u16,
    /// Answers since the last gain, at most 255: what makes a learner stuck.
    pub attempts_since_gain: u8,
    /// The most that recall is reported as, in 255ths. A wrong answer sets it to the recall it
    /// came at, the next right one lifts it: failing is no proof of remembering.
    pub recall_cap: u8,
    /// Answers that asked something new, or came a day or more after the one before: three right
    /// answers to one question in one sitting say less than three to different ones.
    pub occasions: u8,
    /// Mastery was reached and has not been lost since (hysteresis; see `mastery`).
    pub mastered: bool,
}

/// How often a learner met one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionCount {
    pub question: QuestionKey,
    pub attempts: u16,
    pub wins: u16,
}

impl SkillBelief {
    /// What is believed of a skill before its first answer, which comes at `at`.
    #[must_use]
    pub fn new(skill: SkillKey, at: Timestamp) -> Self {
        Self {
            skill,
            answered_at: 0,
            surprise: 0.0,
            hour_attempts: 0.0,
            hour_wins: 0.0,
            best_probability: 0.0,
            memory: Memory::default(),
            level: super::tracing::NEW_LEVEL,
            last_at: at,
            attempts: 0,
            wins: 0,
            attempts_since_gain: 0,
            recall_cap: u8::MAX,
            occasions: 0,
            mastered: false,
        }
    }
}

impl SkillBelief {
    /// Probability that what was known is remembered at a moment, in [0, 1]; 1 before the first answer.
    #[must_use]
    pub fn recall_at(&self, at: Timestamp) -> f64 {
        let cap = f64::from(self.recall_cap) / f64::from(u8::MAX);
        self.memory.recall(at.days_since(self.last_at)).min(cap)
    }
}

impl Default for Belief {
    fn default() -> Self {
        Self {
            ability: Gaussian { mean: 0.0, variance: super::tracing::ABILITY_VARIANCE },
            attempts: 0,
            wins: 0,
            recent_surprise: 0.0,
            last_surprise: 0.0,
            last_skills: SkillSetKey::default(),
            last_at: Timestamp(0),
            skills: Vec::new(),
            questions: Vec::new(),
        }
    }
}

impl Belief {
    /// The belief about a skill, when it was ever exercised.
    #[must_use]
    pub fn skill(&self, skill: SkillKey) -> Option<&SkillBelief> {
        let found = self.skills.binary_search_by_key(&skill, |belief| belief.skill);
        found.ok().map(|position| &self.skills[position])
    }

    /// How often a question was met.
    #[must_use]
    pub fn question(&self, question: QuestionKey) -> QuestionCount {
        let found = self.questions.binary_search_by_key(&question, |count| count.question);
        match found {
            Ok(position) => self.questions[position],
            Err(_) => QuestionCount { question, attempts: 0, wins: 0 },
        }
    }

    /// The part of this belief that concerns some skills: what a decision freezes, so that its
    /// reward is measured against what was believed before it. Only what a prediction needs.
    #[must_use]
    pub fn about(&self, skills: &[SkillKey]) -> Self {
        let about = skills.iter().filter_map(|skill| self.skill(*skill));
        let about = about.map(|entry| SkillBelief {
            best_probability: 0.0,
            memory: Memory::default(),
            attempts_since_gain: 0,
            recall_cap: u8::MAX,
            occasions: 0,
            ..*entry
        });
        let mut about: Vec<SkillBelief> = about.collect();
        // A course lists skills in its own order; a belief must be sorted to be searched.
        about.sort_unstable_by_key(|belief| belief.skill);
        about.dedup_by_key(|belief| belief.skill);
        Self {
            ability: self.ability,
            attempts: self.attempts,
            wins: self.wins,
            recent_surprise: self.recent_surprise,
            last_surprise: self.last_surprise,
            last_skills: self.last_skills,
            last_at: self.last_at,
            skills: about,
            questions: Vec::new(),
        }
    }
}
