//! The worlds W1 and W2: disjoint logistic arms, made from the same random bits as the peers'
//! scripts make them, so that all play the same rounds.
//!
//! `x[t] ~ N(0, I)`, `logit(t, a) = -1 + 1.5 theta_a . x_t` with `theta_a ~ N(0, I / d)`, and the
//! reward is 1 when a uniform number of the round lies below that chance.

use super::player::Player;
use nexus_stats::math::logistic;
use nexus_stats::random::Stream;
use std::f64::consts::TAU;

/// The seed of the peers' worlds.
const SEED: u64 = 7;

/// A world with its rounds.
pub(super) struct BanditWorld {
    pub name: &'static str,
    pub candidates: usize,
    pub rounds: usize,
    width: usize,
    /// A row a round: 1 and the context.
    contexts: Vec<f64>,
    /// A row a round: the chance of a reward of each arm.
    chances: Vec<f64>,
    /// One number a round; a chance above it is rewarded.
    luck: Vec<f64>,
}

/// The words of one of the peers' streams: SplitMix64 from the key of seed and stream.
fn words(stream: u64) -> Stream {
    let key = SEED.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(stream + 1);
    // The first word of a stream is made of its seed plus the golden step.
    let key = Stream::new(key.wrapping_sub(0x9e37_79b9_7f4a_7c15)).next_u64();
    Stream::new(key)
}

/// A normal number as the peers make it (Box and Muller 1958, the cosine half).
#[expect(clippy::disallowed_methods, reason = "the peers take the cosine of the platform too")]
fn normal(stream: &mut Stream) -> f64 {
    let (radius, angle) = (stream.uniform(), stream.uniform());
    (-2.0 * nexus_stats::math::ln(1.0 - radius)).sqrt() * (TAU * angle).cos()
}

impl BanditWorld {
    pub fn new(name: &'static str, arms: usize, dimensions: usize, rounds: usize) -> Self {
        let mut stream = words(1);
        let scale = (dimensions as f64).sqrt();
        let theta: Vec<f64> = (0..arms * dimensions).map(|_| normal(&mut stream) / scale).collect();
        let (mut stream, mut luck) = (words(2), words(3));
        let mut contexts = Vec::with_capacity(rounds * (dimensions + 1));
        let mut chances = Vec::with_capacity(rounds * arms);
        for _ in 0..rounds {
            let start = contexts.len() + 1;
            contexts.push(1.0);
            contexts.extend((0..dimensions).map(|_| normal(&mut stream)));
            let context = &contexts[start..];
            chances.extend(theta.chunks_exact(dimensions).map(|theta| {
                let sum: f64 = theta.iter().zip(context).map(|(weight, x)| weight * x).sum();
                logistic(-1.0 + 1.5 * sum)
            }));
        }
        let luck = (0..rounds).map(|_| luck.uniform()).collect();
        Self { name, candidates: arms, rounds, width: dimensions + 1, contexts, chances, luck }
    }

    /// Numbers in a context, its leading 1 among them.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The context of each round.
    pub fn contexts(&self) -> std::slice::ChunksExact<'_, f64> {
        self.contexts.chunks_exact(self.width)
    }

    /// The reward of an arm in a round: 0 or 1.
    pub fn reward(&self, round: usize, arm: usize) -> f64 {
        let rewarded = self.luck[round] < self.chances[round * self.candidates + arm];
        f64::from(u8::from(rewarded))
    }

    /// Plays every round; the arms chosen.
    pub fn play(&self, player: &mut Player) -> anyhow::Result<Vec<usize>> {
        let mut chosen = Vec::with_capacity(self.rounds);
        for (round, context) in self.contexts().enumerate() {
            let arm = player.decide(context)?;
            player.learn(arm, context, self.reward(round, arm));
            chosen.push(arm);
        }
        Ok(chosen)
    }

    /// The chance of a reward that the choices missed, summed over the rounds.
    pub fn regret(&self, chosen: &[usize]) -> f64 {
        let missed = |(chances, arm): (&[f64], &usize)| {
            chances.iter().copied().fold(0.0, f64::max) - chances[*arm]
        };
        self.chances.chunks_exact(self.candidates).zip(chosen).map(missed).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The numbers are those of the peers' script, printed with 17 digits: of W1 with 3
    // rounds the first luck, the chances of the last arm and its regret.
    #[test]
    fn the_worlds_are_those_of_the_peers() {
        let world = BanditWorld::new("w1", 20, 20, 3);
        assert_eq!(world.luck[0], 0.099_429_512_649_957_03);
        let chances = [0.422_898_963_703_205_8, 0.590_586_094_044_897_4, 0.051_295_891_700_008_88];
        for (round, expected) in chances.into_iter().enumerate() {
            let found: f64 = world.chances[round * 20 + 19];
            assert!((found - expected).abs() < 1e-14, "round {round}: {found} is not {expected}");
        }
        let best: f64 = world.regret(&[19, 19, 19]);
        assert!((best - 1.226_516_089_554_410_3).abs() < 1e-13, "{best}");
    }
}
