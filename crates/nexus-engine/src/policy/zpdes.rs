//! `zpdes`: where success grows fastest (Clement, Roy, Oudeyer and Lopes 2015, written from its
//! formulas): a bandit over skills and, inside each, one over its activities, both paid by the
//! learner's own progress.
//!
//! A weight moves by `w <- beta w + (1 - beta) r`, where the reward r of a result is the progress
//! over the latest six results (late half minus early half, at least 0), and w itself up to the
//! second. The learner's state keeps the latest sixteen results of each skill and activity, so
//! weights are computed from them alone: what came before would weigh less than `beta^10`, one part
//! in ten million. A value is drawn in proportion to its weight plus a tenth of the sum.
//!
//! Which skills are open is not its business: the rules for candidates open and close them. Inside
//! a skill, the activities are a flat group: in path order, the next one that was never tried opens
//! when the latest three results in the open ones are more than half right; what went right in more
//! than 0.7 of the latest six is retired, the best first, while anything else is open. Because the
//! scene is all it sees, an activity that opened but was not tried can close again.

use super::{Distribution, Policy, Scene, SceneCandidate};
use crate::learner::results::Results;
use nexus_stats::random::Stream;

/// Probability that is spread evenly over the candidates.
pub const FLOOR: f64 = 0.10;
/// How much of a weight stays at an update: beta.
pub const KEEP: f64 = 0.2;
/// How many results the reward and the retirement look at: d.
pub const WINDOW: u8 = 6;
/// Share of right results in the open activities above which the next one opens.
pub const OPEN_ABOVE: f64 = 0.5;
/// Share of right results above which an activity is retired.
pub const RETIRE_ABOVE: f64 = 0.7;
/// Weight of a value alone, and of one without results.
pub const ALONE: f64 = 0.05;
/// Weight of a skill without results, by the least weight of those with results.
pub const NEW_SKILL: f64 = 0.25;
/// Share of the sum that is added to each weight before the draw.
const SPREAD: f64 = 0.1;

/// Learning progress of the learner, nothing learned of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZpdesPolicy;

/// The weight that some results have made, in [0, 1]; [`ALONE`] up to the second.
#[must_use]
pub fn weight(results: Results) -> f64 {
    let mut weight = ALONE;
    for later in (0..results.count().saturating_sub(2)).rev() {
        let seen = results.before(later);
        let reward = seen.progress(WINDOW).unwrap_or(0.0).max(0.0);
        weight = KEEP * weight + (1.0 - KEEP) * reward;
    }
    weight
}

impl Policy for ZpdesPolicy {
    fn floor(&self) -> f64 {
        FLOOR
    }

    fn distribute(&self, scene: &Scene<'_>, _stream: &mut Stream, out: &mut Distribution) {
        out.reset(scene.candidates.len());
        let mut order: Vec<usize> = (0..scene.candidates.len()).collect();
        let place = |position: &usize| {
            let candidate = &scene.candidates[*position];
            (candidate.skill, candidate.path_rank, *position)
        };
        order.sort_unstable_by_key(place);
        let same = |one: &usize, other: &usize| {
            scene.candidates[*one].skill == scene.candidates[*other].skill
        };
        let skills = order.chunk_by(same);
        let of_skill = |group: &[usize]| scene.candidates[group[0]].skill_results;
        let mut weights: Vec<f64> = skills.clone().map(|group| weight(of_skill(group))).collect();
        let tried = skills.clone().map(|group| of_skill(group).count() > 0);
        fill_new(&mut weights, &tried.collect::<Vec<bool>>(), NEW_SKILL);
        shares(&mut weights, |_| true);
        for (group, share) in skills.zip(&weights) {
            let members: Vec<&SceneCandidate> =
                group.iter().map(|position| &scene.candidates[*position]).collect();
            for (position, inside) in group.iter().zip(inside(&members)) {
                out.probabilities[*position] = share * inside;
            }
        }
    }
}

/// Probability of each activity of one skill, in path order, given that the skill is drawn.
fn inside(members: &[&SceneCandidate]) -> Vec<f64> {
    let mut open: Vec<bool> = members.iter().map(|member| member.tried).collect();
    retire(members, &mut open);
    open_next(members, &mut open);
    retire(members, &mut open);
    let mut weights: Vec<f64> = members.iter().map(|member| weight(member.results)).collect();
    let known = |place: usize| open[place] && members[place].results.count() > 0;
    fill_new(&mut weights, &(0..members.len()).map(known).collect::<Vec<bool>>(), 1.0);
    shares(&mut weights, |place| open[place]);
    weights
}

/// Opens the next activity that was never tried, when the open ones go well or there are none.
fn open_next(members: &[&SceneCandidate], open: &mut [bool]) {
    // What asks nothing has no results and cannot go badly.
    let asking = members.iter().zip(&*open).filter(|(member, open)| **open && member.asks);
    let rates = asking.map(|(member, _)| {
        let enough = member.results.count() >= 2;
        if enough { member.results.share(WINDOW / 2).unwrap_or(0.0) } else { 0.0 }
    });
    let (count, sum) = rates.fold((0, 0.0), |(count, sum), rate| (count + 1, sum + rate));
    let next = members.iter().position(|member| !member.tried);
    if let Some(next) = next.filter(|_| count == 0 || sum / f64::from(count) > OPEN_ABOVE) {
        open[next] = true;
    }
}

/// Retires what goes best, one after the other, while anything else is open.
fn retire(members: &[&SceneCandidate], open: &mut [bool]) {
    let rate = |place: usize| {
        let results = members[place].results;
        let full = results.count() >= WINDOW;
        results.share(WINDOW).filter(|rate| full && *rate > RETIRE_ABOVE)
    };
    let mut left = open.iter().filter(|open| **open).count();
    while left > 1 {
        let rates = (0..members.len()).filter(|place| open[*place]);
        let rates = rates.filter_map(|place| rate(place).map(|rate| (place, rate)));
        let Some((best, _)) = rates.max_by(|one, other| one.1.total_cmp(&other.1)) else { return };
        open[best] = false;
        left -= 1;
    }
}

/// Gives those without results the least weight of the others, times a factor.
fn fill_new(weights: &mut [f64], known: &[bool], factor: f64) {
    let of_known = weights.iter().zip(known).filter(|(_, known)| **known);
    let least = of_known.map(|(weight, _)| *weight).fold(f64::INFINITY, f64::min);
    let new = if least.is_finite() { factor * least } else { ALONE };
    for (weight, _) in weights.iter_mut().zip(known).filter(|(_, known)| !**known) {
        *weight = new;
    }
}

/// Turns weights into probabilities: each plus a tenth of their sum; what is closed has none.
fn shares(weights: &mut [f64], open: impl Fn(usize) -> bool) {
    let open_weights = weights.iter().enumerate().filter(|(place, _)| open(*place));
    let (count, sum) =
        open_weights.fold((0, 0.0), |(count, sum), (_, weight)| (count + 1, sum + weight));
    // Weights can all be 0, when nothing went better of late: then all are alike.
    let extra = if sum > 0.0 { SPREAD * sum } else { 1.0 };
    let total = sum + f64::from(count) * extra;
    for (place, weight) in weights.iter_mut().enumerate() {
        *weight = if open(place) { (*weight + extra) / total } else { 0.0 };
    }
}
