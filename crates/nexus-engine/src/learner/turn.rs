//! Turns: what one answer changed about a skill that a teacher would want to hear of at once.
//!
//! A turn is read off the marks before and after an answer that exercises the skill. What changes
//! without such an answer (recall that fades, ability that grows by other skills) is no turn: it
//! shows when the state is read.

use crate::words;

/// How a skill stands with a learner, as far as turns are concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkillStanding {
    /// It counts as mastered, faded or not.
    pub mastered: bool,
    /// It counts as stuck; never together with `mastered`.
    pub stuck: bool,
}

/// What an answer changed about one of its skills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkillTurn {
    /// Much tried and not learned: since this answer it counts as stuck.
    Stuck,
    /// No longer stuck, and not yet mastered.
    Unstuck,
    /// Since this answer it counts as mastered.
    Mastered,
    /// Since this answer it no longer counts as mastered.
    MasteryLost,
}

words!(SkillTurn {
    Stuck => "learner_stuck",
    Unstuck => "learner_unstuck",
    Mastered => "skill_mastered",
    MasteryLost => "mastery_lost",
});

impl SkillTurn {
    /// The turn between two standings, if there is one. Mastery says more than no longer being
    /// stuck, and being stuck more than mastery that is lost.
    #[must_use]
    pub fn between(before: SkillStanding, after: SkillStanding) -> Option<Self> {
        match (before, after) {
            (SkillStanding { mastered: false, .. }, SkillStanding { mastered: true, .. }) => {
                Some(Self::Mastered)
            }
            (SkillStanding { stuck: false, .. }, SkillStanding { stuck: true, .. }) => {
                Some(Self::Stuck)
            }
            (SkillStanding { mastered: true, .. }, SkillStanding { mastered: false, .. }) => {
                Some(Self::MasteryLost)
            }
            (SkillStanding { stuck: true, .. }, SkillStanding { stuck: false, .. }) => {
                Some(Self::Unstuck)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: SkillStanding = SkillStanding { mastered: false, stuck: false };
    const MASTERED: SkillStanding = SkillStanding { mastered: true, stuck: false };
    const STUCK: SkillStanding = SkillStanding { mastered: false, stuck: true };

    // Every pair of standings, by the meaning of the words.
    #[test]
    fn every_pair_of_standings_has_its_turn() {
        for (before, after, expected) in [
            (NONE, NONE, None),
            (NONE, MASTERED, Some(SkillTurn::Mastered)),
            (NONE, STUCK, Some(SkillTurn::Stuck)),
            (MASTERED, NONE, Some(SkillTurn::MasteryLost)),
            (MASTERED, MASTERED, None),
            (MASTERED, STUCK, Some(SkillTurn::Stuck)),
            (STUCK, NONE, Some(SkillTurn::Unstuck)),
            (STUCK, MASTERED, Some(SkillTurn::Mastered)),
            (STUCK, STUCK, None),
        ] {
            assert_eq!(SkillTurn::between(before, after), expected, "{before:?} {after:?}");
        }
    }
}
