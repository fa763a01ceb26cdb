//! Training a planner on simulated learners: a file with a digest.

use anyhow::{Context, bail};
use clap::Args;
use nexus_api::policies::PolicyStatistics;
use nexus_lab::matrix::World;
use nexus_lab::matrix::planner::TrainedPlanner;
use nexus_lab::matrix::planning::{WORTH_MIN, worth};
use nexus_lab::matrix::training::{LEARNERS, TRAINING_SEED, decisions, episodes, train};
use nexus_lab::simulate::worlds;
use nexus_store::codec::policy_digest;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::ExitCode;

/// Most learners of each family: their episodes are kept in memory, ten kilobytes each.
const LEARNERS_MAX: u64 = 100_000;
/// Most learners that the oracles teach: each takes a second.
const ORACLE_LEARNERS_MAX: u64 = 10_000;
/// The format of the file.
const FORMAT: u32 = 1;

/// Arguments of `nexus train policy`.
#[derive(Debug, Args)]
pub(super) struct TrainPolicyArgs {
    /// Which policy: `double-q` or `fitted-q`.
    #[arg(long)]
    policy: String,
    /// Families of simulated learners to train on, separated by commas; see `nexus simulate`.
    #[arg(long, value_delimiter = ',', default_value = "F1,F2,F3,F4,F5")]
    families: Vec<String>,
    /// Learners of each family.
    #[arg(long, default_value_t = LEARNERS)]
    learners: u64,
    /// What the randomness comes from; measure with another one.
    #[arg(long, default_value_t = TRAINING_SEED)]
    seed: u64,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
    /// Also say for each family whether looking ahead pays, by oracles on so many learners; 0 does not ask.
    #[arg(long, default_value_t = 0)]
    oracle_learners: u64,
}

/// What the file holds: where a policy comes from, and its statistics.
#[derive(Debug, Serialize, Deserialize)]
struct TrainedFile {
    format: u32,
    policy: String,
    families: Vec<String>,
    learners: u64,
    seed: u64,
    decisions: u64,
    /// BLAKE3 digest of the statistics.
    digest: String,
    statistics: PolicyStatistics,
}

/// Runs `nexus train policy`.
pub(super) fn run(args: &TrainPolicyArgs) -> anyhow::Result<ExitCode> {
    let worlds = worlds(&args.families)?;
    check(args)?;
    let logged = episodes(&worlds, args.seed, args.learners);
    let trained = train(&args.policy, &logged, args.seed);
    let trained = trained.context("the training gave no finite numbers")?;
    let file = file(args, &worlds, &trained, decisions(&logged));
    let text = serde_json::to_string(&file)?;
    std::fs::write(&args.out, text + "\n")
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    println!(
        "{}: trained on {} decisions of {} learners\n{}  blake3 {}",
        file.policy,
        file.decisions,
        logged.len(),
        args.out.display(),
        file.digest
    );
    if args.oracle_learners > 0 {
        say_whether_it_pays(args, &worlds);
    }
    Ok(ExitCode::SUCCESS)
}

fn check(args: &TrainPolicyArgs) -> anyhow::Result<()> {
    if !matches!(args.policy.as_str(), "double-q" | "fitted-q") {
        bail!("`{}` is not trained this way; there are double-q and fitted-q", args.policy);
    }
    if !(1..=LEARNERS_MAX).contains(&args.learners) {
        bail!("--learners takes from 1 to {LEARNERS_MAX}");
    }
    if args.oracle_learners == 1 || args.oracle_learners > ORACLE_LEARNERS_MAX {
        bail!("--oracle-learners takes from 2 to {ORACLE_LEARNERS_MAX}, or 0");
    }
    Ok(())
}

fn file(
    args: &TrainPolicyArgs,
    worlds: &[World],
    trained: &TrainedPlanner,
    decisions: u64,
) -> TrainedFile {
    let parts = trained.parts();
    let digest = policy_digest(&parts);
    TrainedFile {
        format: FORMAT,
        policy: args.policy.clone(),
        families: worlds.iter().map(|world| world.word().to_owned()).collect(),
        learners: args.learners,
        seed: args.seed,
        decisions,
        digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        statistics: parts.into(),
    }
}

/// The rule of `nexus_lab::matrix::planning`, for each family.
fn say_whether_it_pays(args: &TrainPolicyArgs, worlds: &[World]) {
    let least = 100.0 * WORTH_MIN;
    println!("deployed only where looking ahead adds {least:.0} % of the oracle's score:");
    for world in worlds {
        let Some(worth) = worth(*world, args.seed, args.oracle_learners) else { continue };
        println!(
            "  {:<18} one answer ahead {:.3}, to the end {:.3}: {:+.1} % [{:+.3}, {:+.3}], {}",
            world.word(),
            worth.myopic.mean,
            worth.rollout.mean,
            100.0 * worth.share(),
            worth.added.interval.low,
            worth.added.interval.high,
            if worth.pays() { "it pays" } else { "do not deploy" }
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::policy::parts::PolicyParts;
    use nexus_engine::policy::registry::PolicyState;

    fn args(policy: &str) -> TrainPolicyArgs {
        TrainPolicyArgs {
            policy: policy.to_owned(),
            families: vec!["F1".to_owned(), "F3".to_owned()],
            learners: 2,
            seed: 3,
            out: PathBuf::new(),
            oracle_learners: 0,
        }
    }

    #[test]
    fn the_file_holds_what_serves_and_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        for policy in ["double-q", "fitted-q"] {
            let args = TrainPolicyArgs { out: folder.path().join(policy), ..args(policy) };
            run(&args).unwrap();
            let text = std::fs::read_to_string(&args.out).unwrap();
            let file: TrainedFile = serde_json::from_str(&text).unwrap();
            assert_eq!((file.format, file.decisions), (1, 400));
            let PolicyStatistics { counts, numbers } = file.statistics;
            let parts = PolicyParts { word: file.policy, counts, numbers };
            assert!(PolicyState::from_parts(&parts).is_some(), "old journals keep it so");
            let digest = policy_digest(&parts).map(|byte| format!("{byte:02x}")).concat();
            assert_eq!(digest, file.digest);
        }
    }

    #[test]
    fn what_cannot_be_trained_is_said() {
        let refusal = run(&args("lin-ts")).unwrap_err().to_string();
        assert!(refusal.contains("double-q and fitted-q"), "{refusal}");
        let none = TrainPolicyArgs { learners: 0, ..args("double-q") };
        assert!(run(&none).unwrap_err().to_string().contains("--learners"));
        let odd = TrainPolicyArgs { families: vec!["F9".to_owned()], ..args("double-q") };
        assert!(run(&odd).unwrap_err().to_string().contains("F9"));
    }
}
