//! From beliefs about skills to the next skill and difficulty, under a strategy.

use super::{MasteryRule, Path, Strategy};

/// What is believed of one skill now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillSight<'a> {
    /// How well what it needs is known, from 0 to 1; 1 when it needs nothing.
    pub ready: f64,
    /// Probability of knowing it; in a course that of [`super::trace::known`].
    pub known: f64,
    /// Expected success at each difficulty, from the easiest; at least one.
    pub success: &'a [f64],
    /// Answers on it so far.
    pub attempts: u32,
    /// Estimated recall now, from 0 to 1.
    pub recall: f64,
    /// Number of the answer that last touched it, from 1; 0 when never met.
    pub met: u64,
}

/// What to practise next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Position of the skill.
    pub skill: usize,
    /// Position of the difficulty.
    pub difficulty: usize,
}

/// Readiness above which more of it adds nothing.
const READY_ENOUGH: f64 = 0.75;
/// What an answer beyond the cap costs.
const WEARINESS: f64 = 0.08;
/// What a review that is due is worth at no recall at all: more than anything ahead.
const DUE: f64 = 4.0;
/// What a place further down the course costs.
const PLACE: f64 = 0.01;

impl SkillSight<'_> {
    /// Expected success at the middle difficulty.
    fn middle(&self) -> f64 {
        self.success.get(self.success.len() / 2).copied().unwrap_or(0.5)
    }
}

impl Strategy {
    /// The next skill and difficulty; `None` when there are no skills. Skills stand in the order of
    /// the course; of equals the first wins.
    #[must_use]
    pub fn choose(&self, skills: &[SkillSight<'_>]) -> Option<Chosen> {
        let skill = match self.path {
            Path::Frontier => self.due(skills).or_else(|| self.frontier(skills)),
            Path::Turns => self.turn(skills),
        };
        let skill = skill.or_else(|| longest_ago(skills, |_| true))?;
        Some(Chosen { skill, difficulty: self.difficulty(skills[skill].success) })
    }

    /// Whether a skill counts as mastered under this strategy.
    #[must_use]
    pub fn is_mastered(&self, skill: &SkillSight<'_>) -> bool {
        match self.mastery {
            MasteryRule::Success(least) => skill.middle() >= least,
            MasteryRule::Known(least) => skill.known >= least,
        }
    }

    /// The mastered skill whose recall has fallen furthest below the threshold.
    fn due(&self, skills: &[SkillSight<'_>]) -> Option<usize> {
        let due = skills.iter().enumerate().filter(|(_, skill)| self.is_due(skill));
        due.min_by(|(_, a), (_, b)| a.recall.total_cmp(&b.recall)).map(|(place, _)| place)
    }

    /// The skill that is not mastered and most worth practising.
    fn frontier(&self, skills: &[SkillSight<'_>]) -> Option<usize> {
        let last = skills.iter().map(|skill| skill.met).max().unwrap_or(0);
        let open = skills.iter().enumerate().filter(|(_, skill)| !self.is_mastered(skill));
        let valued = open.map(|(place, skill)| (place, self.worth_ahead(place, skill, last)));
        // Of equals the first: a later one must be better to win.
        let best = valued.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map(|(place, _)| place)
    }

    /// How much it is worth to practise a skill next, for whoever must choose among less than all
    /// of them: the greatest is what [`Self::choose`] takes when it may take any. `place` is the
    /// skill's in the course, `last` the greatest `met` of all skills. Between -1 and 4 as long as
    /// the cap is not passed by more than a dozen answers.
    #[must_use]
    pub fn worth(&self, place: usize, skill: &SkillSight<'_>, last: u64) -> f64 {
        match self.path {
            Path::Turns => 1.0 - skill.met as f64 / last.max(1) as f64,
            Path::Frontier if self.is_due(skill) => DUE - skill.recall,
            Path::Frontier => self.worth_ahead(place, skill, last),
        }
    }

    fn is_due(&self, skill: &SkillSight<'_>) -> bool {
        self.is_mastered(skill) && skill.attempts > 0 && skill.recall < self.review_below
    }

    fn worth_ahead(&self, place: usize, skill: &SkillSight<'_>, last: u64) -> f64 {
        let mastery = match self.mastery {
            MasteryRule::Success(_) => skill.middle(),
            MasteryRule::Known(_) => skill.known,
        };
        let beyond = (f64::from(skill.attempts) - self.attempt_cap).max(0.0);
        let stay = if last > 0 && skill.met == last { self.focus } else { 0.0 };
        2.0 * skill.ready.min(READY_ENOUGH) + 0.6 * mastery
            - WEARINESS * beyond
            - PLACE * place as f64
            + stay
    }

    /// The open skill that was met the longest ago.
    fn turn(&self, skills: &[SkillSight<'_>]) -> Option<usize> {
        longest_ago(skills, |skill| skill.ready >= self.open_from)
    }

    /// The difficulty whose expected success is nearest to the target.
    fn difficulty(&self, success: &[f64]) -> usize {
        let miss = |value: &f64| (value - self.target_success).abs();
        let nearest =
            success.iter().enumerate().min_by(|(_, a), (_, b)| miss(a).total_cmp(&miss(b)));
        nearest.map_or(0, |(difficulty, _)| difficulty)
    }
}

fn longest_ago(
    skills: &[SkillSight<'_>],
    wanted: impl Fn(&SkillSight<'_>) -> bool,
) -> Option<usize> {
    let wanted = skills.iter().enumerate().filter(|(_, skill)| wanted(skill));
    wanted.min_by_key(|(_, skill)| skill.met).map(|(place, _)| place)
}
