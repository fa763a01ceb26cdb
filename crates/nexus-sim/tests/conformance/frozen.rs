//! Draws from states that stand still: every policy under every kind of constraint, drawn from
//! again and again, against the probabilities that were logged.

use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::decision::Decision;
use nexus_engine::decision::candidates::CandidateFilter;
use nexus_engine::ids::{ActivityId, ConstraintId, LearnerId, PolicyId};
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::policy::draw::choose;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_sim::storm::Storm;
use nexus_stats::math::chi_square_tail;
use nexus_stats::moments::Moments;
use nexus_stats::random::Stream;
use std::collections::BTreeMap;

/// Decisions under each policy and constraint: policies that draw themselves give another
/// distribution each time.
const DECISIONS: u64 = 20;

/// A kind of constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Nothing,
    Only,
    Exclude,
    Block,
    OwnBlock,
    Cap,
    Pin,
    KillSwitch,
    KillSwitchOfAll,
    PinUnderKillSwitch,
    BlockAndExclude,
    NoConsent,
    Shadows,
}

impl Limit {
    const ALL: [Self; 13] = [
        Self::Nothing,
        Self::Only,
        Self::Exclude,
        Self::Block,
        Self::OwnBlock,
        Self::Cap,
        Self::Pin,
        Self::KillSwitch,
        Self::KillSwitchOfAll,
        Self::PinUnderKillSwitch,
        Self::BlockAndExclude,
        Self::NoConsent,
        Self::Shadows,
    ];
}

/// A calm school after a storm, and a learner in it with something to choose from.
struct Still {
    storm: Storm,
    learner: LearnerId,
    candidates: Vec<ActivityId>,
}

impl Still {
    fn after(seed: u64, choices: usize) -> Option<Self> {
        let mut storm = Storm::new(seed, 12);
        for _ in 0..600 {
            storm.stir();
            let asking = storm.ask();
            storm.keep(asking);
        }
        storm.calm();
        let random = PolicyId::new("random").unwrap();
        let learners: Vec<LearnerId> = storm.learners.keys().cloned().collect();
        learners.into_iter().find_map(|learner| {
            let asking =
                storm.ask_for(learner.clone(), random.clone(), CandidateFilter::default(), Seed(0));
            let decision = asking.result.ok()?.activity()?;
            let candidates: Vec<ActivityId> =
                decision.choice.candidates.into_iter().map(|it| it.activity).collect();
            let storm = storm.clone();
            (candidates.len() >= choices).then_some(Self { storm, learner, candidates })
        })
    }

    /// The same school under a kind of constraint, and what the request says then.
    fn under(&self, limit: Limit) -> (Storm, CandidateFilter) {
        let mut storm = self.storm.clone();
        let mut filter = CandidateFilter::default();
        let course = storm.course.id.clone();
        match limit {
            Limit::Nothing => {}
            Limit::Only => filter.only = Some(self.candidates[1..4].to_vec()),
            Limit::Exclude => filter.exclude = self.candidates[..2].to_vec(),
            Limit::Block => self.order(&mut storm, Rule::Block, 0, false),
            Limit::OwnBlock => self.order(&mut storm, Rule::Block, 1, true),
            Limit::Cap => self.order(&mut storm, Rule::Cap { shown_max: 1 }, 0, false),
            Limit::Pin => self.order(&mut storm, Rule::Pin, 2, true),
            Limit::KillSwitch => storm.turn(Some(course), true),
            Limit::KillSwitchOfAll => storm.turn(None, true),
            Limit::PinUnderKillSwitch => {
                storm.turn(None, true);
                self.order(&mut storm, Rule::Pin, 2, true);
            }
            Limit::BlockAndExclude => {
                self.order(&mut storm, Rule::Block, 0, true);
                filter.exclude = self.candidates[1..2].to_vec();
            }
            Limit::NoConsent => storm.consent(&self.learner, false),
            Limit::Shadows => {
                for word in ["lin-ts", "squarecb", "static", "zpdes"] {
                    let policy = PolicyId::new(word).unwrap();
                    assert!(storm.set_mode(&policy, Mode::Shadow), "{word} becomes a shadow");
                }
            }
        }
        (storm, filter)
    }

    fn order(&self, storm: &mut Storm, rule: Rule, candidate: usize, own: bool) {
        let set = storm.set(Constraint {
            id: ConstraintId::new(rule.word()).unwrap(),
            course: storm.course.id.clone(),
            learner: own.then(|| self.learner.clone()),
            rule,
            activity: self.candidates[candidate].clone(),
            reason: "the test".to_owned(),
            by: "the test".to_owned(),
            expires_at: None,
        });
        assert!(set, "{rule:?} is admitted");
    }
}

/// What importance weights must average to: 1, whatever the target, where the logged
/// probabilities are the true ones.
#[derive(Default)]
struct Weights {
    uniform: Moments,
    greedy: Moments,
}

impl Weights {
    fn see(&mut self, decision: &Decision, best: usize, drawn: usize) {
        let count = decision.choice.candidates.len() as f64;
        let propensity = decision.choice.candidates[drawn].probability;
        self.uniform.add(1.0 / count / propensity);
        self.greedy.add(if drawn == best { 1.0 / propensity } else { 0.0 });
    }
}

/// The candidate a greedy target would choose: the best estimate, or else the most probable.
fn best(decision: &Decision) -> usize {
    let worth = |position: usize| {
        let candidate = &decision.choice.candidates[position];
        candidate.estimate.unwrap_or(candidate.probability)
    };
    (0..decision.choice.candidates.len())
        .max_by(|one, other| worth(*one).total_cmp(&worth(*other)))
        .unwrap()
}

/// Chi-square and its degrees of freedom of so many draws from one decision's probabilities.
fn draws(
    decision: &Decision,
    count: u64,
    stream: &mut Stream,
    weights: &mut Weights,
) -> (f64, f64) {
    let probabilities: Vec<f64> =
        decision.choice.candidates.iter().map(|it| it.probability).collect();
    let mut counts = vec![0_u64; probabilities.len()];
    let best = best(decision);
    for _ in 0..count {
        let drawn = choose(&probabilities, stream);
        counts[drawn] += 1;
        // Where nothing was left to chance the others had none, and no weights say what they are
        // worth.
        if decision.choice.withheld.is_none() {
            weights.see(decision, best, drawn);
        }
    }
    let (mut statistic, mut cells) = (0.0, 0.0);
    for (count, probability) in counts.iter().zip(&probabilities) {
        let expected = probability * counts.iter().sum::<u64>() as f64;
        if *probability == 0.0 {
            assert_eq!(*count, 0, "a candidate of probability 0 was drawn");
            continue;
        }
        statistic += (*count as f64 - expected).powi(2) / expected;
        cells += 1.0;
    }
    (statistic, cells - 1.0)
}

/// So many draws of one policy under one constraint; the chance of what was seen, if every draw
/// follows its logged probabilities.
fn check_cell(
    still: &Still,
    word: &'static str,
    limit: Limit,
    rounds: u64,
    seed: u64,
    weights: &mut Weights,
) -> f64 {
    let (storm, filter) = still.under(limit);
    let policy = PolicyId::new(word).unwrap();
    let mut stream = Stream::keyed(seed, &format!("{word} {limit:?}"));
    let (mut statistic, mut freedom) = (0.0, 0.0);
    for round in 0..DECISIONS {
        let seed = Seed(seed + round);
        let asking = storm.ask_for(still.learner.clone(), policy.clone(), filter.clone(), seed);
        let law = crate::law::Law { storm: &storm, asking: &asking, seed: seed.0 };
        law.check();
        let Some(decision) = asking.decision() else { continue };
        let probabilities: Vec<f64> =
            decision.choice.candidates.iter().map(|it| it.probability).collect();
        let drawn = choose(&probabilities, &mut seed.stream("draw"));
        assert_eq!(
            drawn, decision.choice.chosen,
            "{word} under {limit:?}: one draw, from what is logged"
        );
        let (more, cells) = draws(decision, rounds / DECISIONS, &mut stream, weights);
        (statistic, freedom) = (statistic + more, freedom + cells);
    }
    if freedom > 0.0 { chi_square_tail(statistic, freedom) } else { 1.0 }
}

/// Every policy under every constraint. What chance alone made uneven is not uneven a second time.
fn check_all(rounds: u64) {
    let still = (0..).find_map(|seed| Still::after(seed, 8)).expect("a learner with choices");
    let mut weights: BTreeMap<&str, Weights> = BTreeMap::new();
    for word in PolicyState::WORDS {
        let weights = weights.entry(word).or_default();
        for limit in Limit::ALL {
            let tail = check_cell(&still, word, limit, rounds, 1_000, weights);
            let again = || check_cell(&still, word, limit, rounds, 2_000, &mut Weights::default());
            assert!(tail > 0.001 || again() > 0.001, "{word} under {limit:?}: {tail}");
        }
    }
    for (word, weights) in weights {
        for weights in [weights.uniform, weights.greedy] {
            // A candidate that has the floor alone weighs much and is seldom drawn.
            let (Some(mean), Some(variance)) = (weights.mean(), weights.variance()) else {
                continue;
            };
            let error = (variance / weights.n() as f64).sqrt();
            assert!((mean - 1.0).abs() < 5.0 * error.max(1e-9), "{word}: {mean} within {error}");
        }
    }
}

#[test]
fn draws_are_as_logged_under_every_constraint() {
    check_all(60_000);
}

#[test]
#[ignore = "ten minutes: cargo xtask soak a_million_draws"]
fn a_million_draws_are_as_logged_under_every_constraint() {
    check_all(1_000_000);
}
