//! What bandits miss, and what forgetting saves when the world turns: targets that stand in
//! numbers. The world is that of published comparisons of bandits in outline: 30 actions of which
//! 12 are eligible each round, 13 features of context and action, what no feature tells about an
//! action (standard deviation 0.3 in logits), rewards of 0 or 1, 6,000 rounds, 24 seeds. The scale
//! of its weights is set so that a uniform choice misses 0.28 a round, as there.

use nexus_engine::policy::draw::{choose, finish};
use nexus_engine::policy::linear_model::{DISCOUNT, LinearModel};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::{Distribution, Rewarded, Scene, SceneCandidate};
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;

const WIDTH: usize = 13;
const ACTIONS: usize = 30;
const ELIGIBLE: usize = 12;
const ROUNDS: u64 = 6_000;
const SEEDS: u64 = 24;
const FLOOR: f64 = 0.02;
const SCALE: f64 = 0.33;

type Row = [f64; WIDTH];

struct World {
    actions: Vec<[f64; 3]>,
    own: Vec<f64>,
    weights: Row,
}

fn normals<const N: usize>(scale: f64, stream: &mut Stream) -> [f64; N] {
    std::array::from_fn(|_| scale * stream.normal().clamp(-2.5, 2.5))
}

impl World {
    fn new(stream: &mut Stream) -> Self {
        let mut world = Self {
            actions: (0..ACTIONS).map(|_| normals(1.0, stream)).collect(),
            own: Vec::new(),
            weights: [0.0; WIDTH],
        };
        world.turn(stream);
        world
    }

    /// Everything that is worth something is worth something else.
    fn turn(&mut self, stream: &mut Stream) {
        self.weights = normals(SCALE, stream);
        self.own = (0..ACTIONS).map(|_| 0.3 * stream.normal()).collect();
    }

    fn row(&self, context: &[f64; 3], action: usize) -> Row {
        let own = &self.actions[action];
        std::array::from_fn(|column| match column {
            0 => 1.0,
            1..4 => own[column - 1],
            _ => context[(column - 4) / 3] * own[(column - 4) % 3],
        })
    }

    fn chance(&self, row: &Row, action: usize) -> f64 {
        let sum: f64 = row.iter().zip(&self.weights).map(|(x, weight)| x * weight).sum();
        logistic(sum + self.own[action])
    }
}

/// Regret per round over `rounds`; the world turns at the middle when `turns`.
fn regret(word: &str, discount: f64, turns: bool, seed: u64) -> f64 {
    let model = LinearModel::new(WIDTH).expect("13 features fit").discounted(discount);
    let mut state = PolicyState::fresh(word).expect("it is a policy").with_model(model);
    let mut stream = Stream::keyed(seed, "world");
    let mut world = World::new(&mut stream);
    let candidates = [SceneCandidate::default(); ELIGIBLE];
    let mut actions: Vec<usize> = (0..ACTIONS).collect();
    let mut out = Distribution::default();
    let mut missed = 0.0;
    for round in 0..ROUNDS {
        if turns && round == ROUNDS / 2 {
            world.turn(&mut stream);
        }
        stream.shuffle(&mut actions);
        let context = normals(1.0, &mut stream);
        let rows: Vec<Row> = actions[..ELIGIBLE].iter().map(|a| world.row(&context, *a)).collect();
        let scene = Scene { candidates: &candidates, features: rows.as_flattened() };
        state.policy().distribute(&scene, &mut Stream::keyed(round, "policy"), &mut out);
        finish(FLOOR, &mut out).expect("it is a distribution");
        let chosen = choose(&out.probabilities, &mut stream);
        let chance = |position: usize| world.chance(&rows[position], actions[position]);
        let best = (0..ELIGIBLE).map(chance).fold(0.0, f64::max);
        missed += best - chance(chosen);
        let value = f64::from(u8::from(stream.uniform() < chance(chosen)));
        let propensity = out.probabilities[chosen];
        state.policy_mut().learn(&Rewarded {
            features: &rows[chosen],
            value,
            propensity,
            gain: None,
        });
    }
    missed / ROUNDS as f64
}

fn mean(word: &str, discount: f64, turns: bool) -> f64 {
    let sum: f64 = (0..SEEDS).map(|seed| regret(word, discount, turns, seed)).sum();
    sum / SEEDS as f64
}

/// Regret a round in the world that stays, in the one that turns, and there with the discount.
fn table(word: &str) -> [f64; 3] {
    let found = [(1.0, false), (1.0, true), (DISCOUNT, true)];
    let found = found.map(|(discount, turns)| mean(word, discount, turns));
    let [stays, turns, fades] = found;
    let cut = 1.0 - fades / turns;
    println!("{word} stays {stays:.4} turns {turns:.4} discounted {fades:.4}, a cut of {cut:.3}");
    found
}

// The targets: at most 0.035 a round with a floor of 0.02 in a world that stays, and at least 35 %
// less after a turn with the discount than without.
#[test]
fn regret_is_small_and_forgetting_pays_when_the_world_turns() {
    println!("seeds 0 to {}", SEEDS - 1);
    let random = mean("random", 1.0, false);
    assert!((random - 0.281).abs() < 0.02, "the world is another one: {random}");
    let [stays, turns, fades] = table("lin-ts");
    assert!(stays <= 0.035, "it misses {stays} a round");
    assert!(fades <= 0.65 * turns, "it misses {fades} instead of {turns}");
}

// What it does, for docs/policies.md; the least that it owes is to learn and to recover.
#[test]
#[ignore = "one more policy takes a quarter of a minute: cargo xtask soak squarecb_learns"]
fn squarecb_learns_and_recovers_too() {
    let [stays, turns, fades] = table("squarecb");
    assert!(stays <= 0.05 && fades < turns);
}
