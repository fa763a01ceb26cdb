//! `nexus verify` and `nexus replay`: is the data whole, and is the state what the journal says?

use crate::output::hex;
use clap::Args;
use nexus_store::store::DATABASE_FILE;
use nexus_store::verify::{VerifyReport, replay, verify};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `nexus verify`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus verify --data ./nexus-data")]
pub struct VerifyArgs {
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// Print one JSON object instead of lines for people.
    #[arg(long)]
    json: bool,
}

/// Arguments of `nexus replay`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus replay --data ./nexus-data --until 1000")]
pub struct ReplayArgs {
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// Stop after this entry.
    #[arg(long)]
    until: Option<u64>,
    /// Print one JSON object instead of lines for people.
    #[arg(long)]
    json: bool,
}

/// Checks chain, watermark and state; exit code 1 when anything is wrong.
pub fn run_verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    expect_data(&args.data)?;
    Ok(print(&verify(&args.data)?, args.json))
}

/// Rebuilds the state from the journal alone and prints its digests.
pub fn run_replay(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    expect_data(&args.data)?;
    Ok(print(&replay(&args.data, args.until)?, args.json))
}

/// Looks before anything is opened: opening takes the lock, and so would make its file.
pub fn expect_data(data: &Path) -> anyhow::Result<()> {
    let place = data.display();
    if !data.is_dir() {
        anyhow::bail!(
            "no data directory at {place}; give --data the directory that `nexus serve` or \
             `nexus ingest` writes to"
        );
    }
    if !data.join(DATABASE_FILE).is_file() {
        anyhow::bail!(
            "no journal ({DATABASE_FILE}) in {place}; give --data the directory that \
             `nexus serve` or `nexus ingest` writes to"
        );
    }
    Ok(())
}

fn print(report: &VerifyReport, as_json: bool) -> ExitCode {
    if as_json {
        println!("{}", to_json(report));
    } else {
        print_lines(report);
    }
    if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn to_json(report: &VerifyReport) -> serde_json::Value {
    json!({
        "sound": report.is_sound(),
        "journal_head": report.head_seq,
        "journal_head_hash": hex(&report.head_hash),
        "journal_digest": hex(&report.journal_digest),
        "state_digest": hex(&report.state_digest_replayed),
        "state_digest_stored": report.state_digest_stored.as_ref().map(|digest| hex(digest)),
        "entries": report.entries,
        "redacted": report.redacted,
        "first_bad_seq": report.first_bad_seq,
        "problems": report.problems,
    })
}

fn print_lines(report: &VerifyReport) {
    println!("journal head    {}  {}", report.head_seq, hex(&report.head_hash));
    println!("journal digest  {}", hex(&report.journal_digest));
    println!("state digest    {}  (journal folded from empty)", hex(&report.state_digest_replayed));
    if let Some(stored) = &report.state_digest_stored {
        println!("                {}  (checkpoint brought forward)", hex(stored));
    }
    if report.redacted > 0 {
        println!("redacted        {}  (entries of erased learners)", report.redacted);
    }
    for problem in &report.problems {
        println!("problem         {problem}");
    }
    println!("{}", if report.is_sound() { "sound" } else { "NOT sound" });
}
