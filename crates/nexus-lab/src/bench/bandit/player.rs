//! A policy as the benchmark plays it: distribution, floor, draw, reward.

use crate::disjoint::{Disjoint, DisjointRule};
use anyhow::{Context, anyhow};
use nexus_engine::policy::Distribution;
use nexus_engine::policy::draw::{choose, finish};
use nexus_stats::random::Stream;
use std::time::Instant;

/// A policy with its settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct BanditSetting {
    pub name: &'static str,
    pub rule: DisjointRule,
    pub floor: f64,
}

/// What plays in the worlds. LinUCB has the peers' settings and no floor, so that it can be
/// compared with theirs; `linucb-floor` shows what evidence costs: the floor of 0.02.
pub(super) fn in_worlds() -> Vec<BanditSetting> {
    vec![
        BanditSetting { name: "linucb", rule: DisjointRule::Ucb(1.0), floor: 0.0 },
        BanditSetting { name: "linucb-floor", rule: DisjointRule::Ucb(1.0), floor: 0.02 },
        BanditSetting { name: "lin-ts", rule: DisjointRule::Thompson(0.1), floor: 0.02 },
        BanditSetting {
            name: "squarecb",
            rule: DisjointRule::SquareCb(SQUARE_CB_GAMMA),
            floor: 0.0,
        },
        BanditSetting { name: "epsilon-greedy", rule: DisjointRule::Greedy, floor: 0.02 },
    ]
}

/// What plays on the data sets, tuned on the shuffles from 100 on.
pub(super) fn on_sets() -> Vec<BanditSetting> {
    vec![
        BanditSetting { name: "linucb", rule: DisjointRule::Ucb(0.5), floor: 0.0 },
        BanditSetting { name: "lin-ts", rule: DisjointRule::Thompson(0.1), floor: 0.02 },
        BanditSetting {
            name: "squarecb",
            rule: DisjointRule::SquareCb(SQUARE_CB_GAMMA),
            floor: 0.0,
        },
        BanditSetting { name: "epsilon-greedy", rule: DisjointRule::Greedy, floor: 0.02 },
    ]
}

/// `gamma_0` where nothing is discounted: the estimates are as good as they look.
const SQUARE_CB_GAMMA: f64 = 30.0;

/// A policy at play.
pub(super) struct Player {
    arms: Disjoint,
    floor: f64,
    out: Distribution,
    policy: Stream,
    draw: Stream,
}

impl Player {
    pub fn new(
        setting: &BanditSetting,
        arms: usize,
        width: usize,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let arms = Disjoint::new(setting.rule, arms, width, 1.0).context("no such arms")?;
        let (policy, draw) = (Stream::keyed(seed, "policy"), Stream::keyed(seed, "draw"));
        Ok(Self { arms, floor: setting.floor, out: Distribution::default(), policy, draw })
    }

    pub fn decide(&mut self, context: &[f64]) -> anyhow::Result<usize> {
        self.arms.distribute(context, &mut self.policy, &mut self.out);
        finish(self.floor, &mut self.out).map_err(|fault| anyhow!("refused: {fault}"))?;
        Ok(choose(&self.out.probabilities, &mut self.draw))
    }

    pub fn learn(&mut self, arm: usize, context: &[f64], value: f64) {
        self.arms.learn(arm, context, value);
    }
}

/// What a body answers, and the seconds of processor time it took: on a shared machine a second
/// on the wall says little. Where the system does not tell, the wall has to do.
pub(super) fn timed<T>(body: impl FnOnce() -> T) -> (T, f64) {
    let (wall, before) = (Instant::now(), processor_seconds());
    let answer = body();
    let spent = processor_seconds().zip(before).map(|(after, before)| after - before);
    let wall = wall.elapsed().as_secs_f64();
    (answer, spent.filter(|spent| *spent > 0.0).unwrap_or(wall))
}

fn processor_seconds() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = told.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}
