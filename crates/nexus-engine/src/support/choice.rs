//! Which of a question's supports a learner gets: from what is believed to one seeded draw.

use super::bandit::{CourseSupports, FLOOR, SupportEstimate, best_of, choice_shares};
use crate::catalog::{Question, Support, SupportKind};
use crate::ids::{Assignment, CourseId, DecisionId, LearnerId, QuestionId, SupportId};
use crate::learner::belief::Belief;
use crate::policy::Distribution;
use crate::policy::draw::{choose, finish};
use crate::seed::Seed;
use crate::time::{DAY_MICROS, Timestamp};
use crate::words;

/// How long the outcome of a choice may take.
pub const WINDOW_MICROS: i64 = 7 * DAY_MICROS;

/// Why a learner gets a support.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HelpReason {
    /// The learner asked for help.
    #[default]
    Asked,
    /// The learner answered the question wrongly.
    Wrong,
}

words!(HelpReason {
    Asked => "asked",
    Wrong => "wrong",
});

/// What chose a support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupportChooser {
    /// A draw by what is believed of each.
    Bandit,
    /// There is only one.
    OnlyOne,
    /// The best estimate: the learner does not consent to exploration.
    NoConsent,
    /// An even draw: the learner is held out.
    Holdout,
    /// The author's first: the kill switch is on.
    KillSwitch,
    /// The author's first: the learner's side of an experiment is the course's own path.
    StaticVariant,
}

words!(SupportChooser {
    Bandit => "bandit",
    OnlyOne => "only_one",
    NoConsent => "no_consent",
    Holdout => "holdout",
    KillSwitch => "kill_switch",
    StaticVariant => "static_variant",
});

impl SupportChooser {
    /// Whether the bandit learns from what comes of its choices.
    #[must_use]
    pub fn teaches(self) -> bool {
        match self {
            Self::Bandit | Self::OnlyOne | Self::NoConsent | Self::Holdout => true,
            Self::KillSwitch | Self::StaticVariant => false,
        }
    }
}

/// One of the supports that could be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportCandidate {
    /// Its id in the question.
    pub support: SupportId,
    /// What kind of help it is.
    pub kind: SupportKind,
    /// Probability with which it was chosen, the floor included.
    pub probability: f64,
    /// What was expected of it.
    pub estimate: f64,
}

/// A support was chosen for a learner.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportChosen {
    /// The id of the choice: that of a decision, because it is one.
    pub id: DecisionId,
    /// The learner who gets the support.
    pub learner: LearnerId,
    /// The course of the question.
    pub course: CourseId,
    /// The version that offered the supports.
    pub course_version: u32,
    /// The question that the learner needs help with.
    pub question: QuestionId,
    /// Why the learner needs help.
    pub reason: HelpReason,
    /// The decision that led to the question, when the site says so.
    pub decision: Option<DecisionId>,
    /// When the support was chosen.
    pub chosen_at: Timestamp,
    /// Until when its outcome may come.
    pub window_ends_at: Timestamp,
    /// The experiment it belongs to, if any.
    pub assignment: Option<Assignment>,
    /// What chose, among what, and what.
    pub choice: SupportChoice,
    /// What was believed of the question's skills then: what the outcome is compared with.
    pub before: Belief,
}

/// What chose a support, among what, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportChoice {
    /// What the randomness came from.
    pub seed: Seed,
    /// Which bandit or fallback chose.
    pub chooser: SupportChooser,
    /// How many outcomes had been learned from.
    pub model_version: u64,
    /// Probability spread evenly over the candidates.
    pub floor: f64,
    /// The supports that could be chosen, in the author's order; at least one.
    pub candidates: Vec<SupportCandidate>,
    /// Position of the chosen one.
    pub chosen: usize,
}

impl SupportChosen {
    /// The support that was chosen.
    #[must_use]
    pub fn chosen(&self) -> &SupportCandidate {
        &self.choice.candidates[self.choice.chosen]
    }
}

/// What a choice is made from.
#[derive(Clone, Copy, Debug)]
pub struct SupportOffer<'a> {
    /// The question that the learner needs help with.
    pub question: &'a Question,
    /// Those of its supports that the learner may get now, in the author's order; at least one.
    pub supports: &'a [&'a Support],
    /// What was learned in the course; `None` before its first choice.
    pub learned: Option<&'a CourseSupports>,
    /// What chooses where there is more than one.
    pub chooser: SupportChooser,
    /// Where the randomness comes from.
    pub seed: Seed,
}

/// Chooses. The same offer always gives the same choice.
#[must_use]
pub fn choose_support(offer: &SupportOffer<'_>) -> SupportChoice {
    let SupportOffer { question, supports, learned, chooser, seed } = *offer;
    let none = CourseSupports::default();
    let learned = learned.unwrap_or(&none);
    let of = |support: &&Support| learned.estimate(&question.id, &support.id, support.kind);
    let estimates: Vec<SupportEstimate> = supports.iter().map(of).collect();
    let mut chooser = chooser;
    if supports.len() == 1 && chooser.teaches() {
        chooser = SupportChooser::OnlyOne;
    }
    let certain = |position: usize| {
        let mut probabilities = vec![0.0; estimates.len()];
        probabilities[position] = 1.0;
        (probabilities, 0.0)
    };
    let (probabilities, floor) = match chooser {
        SupportChooser::Bandit => {
            let probabilities = choice_shares(&estimates, &mut seed.stream("support"));
            let mut distribution = Distribution { probabilities, estimates: Vec::new() };
            match finish(FLOOR, &mut distribution) {
                Ok(()) => (distribution.probabilities, FLOOR),
                Err(_) => certain(0),
            }
        }
        SupportChooser::Holdout => (vec![1.0 / estimates.len() as f64; estimates.len()], 1.0),
        SupportChooser::NoConsent => certain(best_of(&estimates)),
        SupportChooser::OnlyOne | SupportChooser::KillSwitch | SupportChooser::StaticVariant => {
            certain(0)
        }
    };
    let chosen = choose(&probabilities, &mut seed.stream("draw"));
    let rows = supports.iter().zip(probabilities).zip(&estimates);
    let candidates = rows.map(|((support, probability), estimate)| SupportCandidate {
        support: support.id.clone(),
        kind: support.kind,
        probability,
        estimate: estimate.mean,
    });
    let candidates = candidates.collect();
    SupportChoice { seed, chooser, model_version: learned.learned, floor, candidates, chosen }
}
