//! From beliefs about skills to the next skill and difficulty, under a strategy.

use nexus_engine::strategy::{MasteryRule, Path, Strategy};

/// What is believed of one skill now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillSight<'a> {
    /// How well what it needs is known, from 0 to 1; 1 when it needs nothing.
    pub ready: f64,
    /// Probability of knowing it; over the engine's beliefs that of [`super::trace::known`].
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
/// What a place further down the course costs.
const PLACE: f64 = 0.01;

impl SkillSight<'_> {
    /// Expected success at the middle difficulty.
    fn middle(&self) -> f64 {
        self.success.get(self.success.len() / 2).copied().unwrap_or(0.5)
    }
}

/// The next skill and difficulty; `None` when there are no skills. Skills stand in the order of
/// the course; of equals the first wins.
#[must_use]
pub fn choose(strategy: &Strategy, skills: &[SkillSight<'_>]) -> Option<Chosen> {
    let skill = match strategy.path {
        Path::Frontier => due(strategy, skills).or_else(|| frontier(strategy, skills)),
        Path::Turns => turn(strategy, skills),
    };
    let skill = skill.or_else(|| longest_ago(skills, |_| true))?;
    Some(Chosen { skill, difficulty: difficulty(strategy, skills[skill].success) })
}

/// Whether a skill counts as mastered under this strategy.
fn is_mastered(strategy: &Strategy, skill: &SkillSight<'_>) -> bool {
    match strategy.mastery {
        MasteryRule::Success(least) => skill.middle() >= least,
        MasteryRule::Known(least) => skill.known >= least,
    }
}

/// The mastered skill whose recall has fallen furthest below the threshold.
fn due(strategy: &Strategy, skills: &[SkillSight<'_>]) -> Option<usize> {
    let due = skills.iter().enumerate().filter(|(_, skill)| is_due(strategy, skill));
    due.min_by(|(_, a), (_, b)| a.recall.total_cmp(&b.recall)).map(|(place, _)| place)
}

/// The skill that is not mastered and most worth practising.
fn frontier(strategy: &Strategy, skills: &[SkillSight<'_>]) -> Option<usize> {
    let last = skills.iter().map(|skill| skill.met).max().unwrap_or(0);
    let open = skills.iter().enumerate().filter(|(_, skill)| !is_mastered(strategy, skill));
    let valued = open.map(|(place, skill)| (place, worth_ahead(strategy, place, skill, last)));
    // Of equals the first: a later one must be better to win.
    let best = valued.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(place, _)| place)
}

fn is_due(strategy: &Strategy, skill: &SkillSight<'_>) -> bool {
    is_mastered(strategy, skill) && skill.attempts > 0 && skill.recall < strategy.review_below
}

fn worth_ahead(strategy: &Strategy, place: usize, skill: &SkillSight<'_>, last: u64) -> f64 {
    let mastery = match strategy.mastery {
        MasteryRule::Success(_) => skill.middle(),
        MasteryRule::Known(_) => skill.known,
    };
    let beyond = (f64::from(skill.attempts) - strategy.attempt_cap).max(0.0);
    let stay = if last > 0 && skill.met == last { strategy.focus } else { 0.0 };
    2.0 * skill.ready.min(READY_ENOUGH) + 0.6 * mastery - WEARINESS * beyond - PLACE * place as f64
        + stay
}

/// The open skill that was met the longest ago.
fn turn(strategy: &Strategy, skills: &[SkillSight<'_>]) -> Option<usize> {
    longest_ago(skills, |skill| skill.ready >= strategy.open_from)
}

/// The difficulty whose expected success is nearest to the target.
fn difficulty(strategy: &Strategy, success: &[f64]) -> usize {
    let miss = |value: &f64| (value - strategy.target_success).abs();
    let nearest = success.iter().enumerate().min_by(|(_, a), (_, b)| miss(a).total_cmp(&miss(b)));
    nearest.map_or(0, |(difficulty, _)| difficulty)
}

fn longest_ago(
    skills: &[SkillSight<'_>],
    wanted: impl Fn(&SkillSight<'_>) -> bool,
) -> Option<usize> {
    let wanted = skills.iter().enumerate().filter(|(_, skill)| wanted(skill));
    wanted.min_by_key(|(_, skill)| skill.met).map(|(place, _)| place)
}
