//! `nexus bench bandit`: how well and how fast our bandits learn where others can be asked the
//! same: two simulated worlds, and classification sets of which only the chosen class is told.
//!
//! Every decision goes the way of the product: a distribution, the floor, one draw from it, and
//! then the reward. `docs/policies.md` says what the numbers mean and how the peers did.

mod limit;
mod player;
mod uci;
mod world;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use player::Player;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use world::BanditWorld;

/// Arguments of `nexus bench bandit`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus bench bandit --world w1 --policy linucb")]
pub struct BanditArgs {
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Only this world; `none` for the data sets alone.
    #[arg(long, value_enum, value_name = "NAME")]
    world: Option<Which>,
    /// Only this policy; without it all are asked.
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Rounds played in a world, at least 1.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    rounds: usize,
    /// Where `letter-recognition.csv.gz` and `pendigits.tra.gz` are; without it they are left out.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Shuffles of each data set.
    #[arg(long, value_name = "N", default_value_t = 10)]
    shuffles: u64,
    /// Number of the first shuffle. Those from 100 on are for tuning, never for reports.
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// 20 arms, 20 dimensions.
    W1,
    /// 100 arms, 64 dimensions.
    W2,
    None,
}

/// Runs `nexus bench bandit`.
pub fn run(args: &BanditArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.rounds > 0 && args.shuffles > 0, "there must be a round and a shuffle to play");
    let (mut worlds, mut sets) = (Vec::new(), Vec::new());
    for (which, name, arms, dimensions) in [(Which::W1, "w1", 20, 20), (Which::W2, "w2", 100, 64)] {
        if args.world.is_none_or(|only| only == which) {
            eprintln!("making {name} ...");
            let world = BanditWorld::new(name, arms, dimensions, args.rounds);
            worlds.extend(play_world(&world, args.policy.as_deref())?);
        }
    }
    if let Some(directory) = &args.data {
        for set in uci::load(directory)? {
            eprintln!("playing {} ...", set.name);
            sets.extend(uci::play(&set, args.policy.as_deref(), args.first, args.shuffles)?);
        }
    }
    ensure!(!worlds.is_empty() || !sets.is_empty(), "no such policy, or nothing to play");
    if args.json {
        let worlds: Vec<_> = worlds.iter().map(Played::to_json).collect();
        let sets: Vec<_> = sets.iter().map(uci::Classified::to_json).collect();
        println!("{}", json!({"worlds": worlds, "sets": sets}));
    } else {
        worlds.iter().for_each(|played| println!("{played}"));
        sets.iter().for_each(|classified| println!("{classified}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// How a policy did in a world.
struct Played {
    world: &'static str,
    policy: String,
    rounds: usize,
    /// Rounds (decide and learn) per second of processor time.
    rate: f64,
    /// Expected reward that was missed, over all rounds.
    regret: f64,
}

fn play_world(world: &BanditWorld, only: Option<&str>) -> anyhow::Result<Vec<Played>> {
    let mut found = Vec::new();
    for setting in player::in_worlds() {
        if only.is_none_or(|only| only == setting.name) {
            let mut player = Player::new(&setting, world.candidates, world.width(), 1)?;
            let (chosen, seconds) = player::timed(|| world.play(&mut player));
            found.push(Played::of(world, setting.name, &chosen?, seconds));
        }
    }
    for (name, skips) in [("limit", true), ("limit-plain", false)] {
        if only.is_none_or(|only| only == name) {
            let (chosen, seconds) = player::timed(|| limit::play(world, skips));
            found.push(Played::of(world, name, &chosen, seconds));
        }
    }
    Ok(found)
}

impl Played {
    fn of(world: &BanditWorld, policy: &str, chosen: &[usize], seconds: f64) -> Self {
        let (rounds, regret) = (chosen.len(), world.regret(chosen));
        let rate = rounds as f64 / seconds;
        Self { world: world.name, policy: policy.to_owned(), rounds, rate, regret }
    }

    fn to_json(&self) -> serde_json::Value {
        json!({"world": self.world, "policy": self.policy, "rounds": self.rounds,
            "rate": self.rate, "regret": self.regret})
    }
}

impl std::fmt::Display for Played {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { world, policy, rounds, rate, regret } = self;
        write!(f, "{world} {policy:<16} {rate:>10.0} rounds/s  regret {regret:>8.1} of {rounds}")
    }
}
