//! `nexus backup` and `nexus restore`: a copy of a data directory beside its running server, its
//! check, and the way back.

use super::verify::expect_data;
use anyhow::Context;
use clap::{Args, Subcommand};
use nexus_api::time::print as print_time;
use nexus_engine::time::Timestamp;
use nexus_server::clock::Clock;
use nexus_store::backup::{self, BackupCheck, BackupReport, Restored, WholeReason};
use nexus_store::verify::verify;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `nexus backup`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example: nexus backup /backup/nexus --data ./nexus-data\n         \
                  nexus backup verify /backup/nexus"
)]
pub struct BackupArgs {
    #[command(subcommand)]
    action: Option<BackupAction>,
    /// The folder of the backup. The first run copies everything, each later one what came since.
    #[arg(required = true)]
    folder: Option<PathBuf>,
    /// The data directory; a server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required = true)]
    data: Option<PathBuf>,
    /// Copy everything anew, and drop the parts before.
    #[arg(long)]
    whole: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum BackupAction {
    /// Read every byte of a backup, and follow its journal to the end.
    Verify(CheckArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The folder of the backup.
    folder: PathBuf,
    /// Also restore it into a temporary folder and compute its state from the journal.
    #[arg(long)]
    fold: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Arguments of `nexus restore`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus restore /backup/nexus --data ./nexus-data")]
pub struct RestoreArgs {
    /// The folder of the backup.
    #[arg(required_unless_present = "as_it_is", conflicts_with = "as_it_is")]
    folder: Option<PathBuf>,
    /// The data directory to make; it must be empty or not exist.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// A newer list of erased learners, the file `erasures` of the lost data directory: who is
    /// on it is erased again before anything is served.
    #[arg(long)]
    erasures: Option<PathBuf>,
    /// Take the journal in --data as it is, without a backup: what it lacks is lost for good.
    #[arg(long, conflicts_with = "erasures")]
    as_it_is: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Exit code 1 when a check finds damage.
pub fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    if let Some(BackupAction::Verify(check)) = &args.action {
        return run_check(check);
    }
    let folder = args.folder.as_deref().context("say where: nexus backup DIR")?;
    let data = args.data.as_deref().context("say of what: --data DIR")?;
    expect_data(data)?;
    let now = Clock::system().now();
    let report = backup::back_up(data, folder, args.whole, now)?;
    // The data may be mounted read-only; then pages do not know of it, and the backup is as good.
    let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    if let Err(fault) = backup::note_backup(data, &place, report.head.seq, now) {
        eprintln!("note: the pages of the server will not know of this backup: {fault}");
    }
    match args.json {
        true => println!("{}", report_json(&report)),
        false => print_report(folder, &report),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_report(folder: &Path, report: &BackupReport) {
    let how = match report.whole {
        None => format!("{} entries more", report.added),
        Some(WholeReason::First) => "everything, because it is the first run".to_owned(),
        Some(WholeReason::Asked) => "everything, as asked".to_owned(),
        Some(WholeReason::Erasure) => {
            "everything, because a learner was erased since; the old parts are gone".to_owned()
        }
        Some(WholeReason::Schema) => "everything, because the database has a new schema".to_owned(),
    };
    println!("copied   {how}");
    println!("holds    the journal up to entry {}, keys, erasures", report.head.seq);
    println!("checked  {} parts, {} bytes in {}", report.parts, report.bytes, folder.display());
}

fn report_json(report: &BackupReport) -> serde_json::Value {
    json!({
        "head": report.head.seq,
        "head_hash": crate::output::hex(&report.head.hash),
        "added": report.added,
        "whole": report.whole.map(|reason| match reason {
            WholeReason::First => "first",
            WholeReason::Asked => "asked",
            WholeReason::Erasure => "erasure",
            WholeReason::Schema => "schema",
        }),
        "parts": report.parts,
        "bytes": report.bytes,
    })
}

fn run_check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut check = backup::check(&args.folder)?;
    let mut state = None;
    if args.fold && check.problems.is_empty() {
        // Beside the backup: as private as it is, and on a disk that has room for such files.
        let folder = tempfile::Builder::new().prefix("fold-").tempdir_in(&args.folder);
        let folder = folder.context("make a temporary folder in the backup's")?;
        let data = folder.path().join("data");
        backup::restore(&args.folder, &data, None, Clock::system().now())?;
        let report = verify(&data)?;
        check.problems.extend(report.problems);
        state = Some(report.state_digest_replayed);
    }
    let state = state.map(|digest| crate::output::hex(&digest));
    match args.json {
        true => println!("{}", check_json(&check, state.as_deref())),
        false => print_check(&check, state.as_deref()),
    }
    Ok(ExitCode::from(u8::from(!check.problems.is_empty())))
}

fn print_check(check: &BackupCheck, state: Option<&str>) {
    println!("made     {}", print_time(check.made_at));
    println!("holds    the journal up to entry {}", check.head.seq);
    println!("size     {} parts, {} bytes", check.parts, check.bytes);
    if let Some(state) = state {
        println!("state    {state}  (journal folded from empty)");
    }
    for problem in &check.problems {
        println!("problem  {problem}");
    }
    println!("{}", if check.problems.is_empty() { "sound" } else { "NOT sound" });
}

fn check_json(check: &BackupCheck, state: Option<&str>) -> serde_json::Value {
    json!({
        "sound": check.problems.is_empty(),
        "made_at": print_time(check.made_at),
        "head": check.head.seq,
        "head_hash": crate::output::hex(&check.head.hash),
        "parts": check.parts,
        "bytes": check.bytes,
        "state_digest": state,
        "problems": check.problems,
    })
}

/// Puts a backup back, or takes a journal as it is.
pub fn run_restore(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    let (restored, once) = match &args.folder {
        Some(folder) => (backup::restore(folder, &args.data, args.erasures.as_deref(), now)?, None),
        None => {
            expect_data(&args.data)?;
            backup::adopt(&args.data, now)?
        }
    };
    if args.json {
        println!("{}", restored_json(&restored));
        return Ok(ExitCode::SUCCESS);
    }
    println!("restored  {}", reach(restored.head.seq, restored.received_at));
    if let Some(once) = once.filter(|once| *once > restored.head.seq) {
        println!("lost      entries {} to {once}", restored.head.seq + 1);
    }
    println!("          what was acknowledged after that is not in it: let sites send it again,");
    println!("          with the same ids; those that are in it are not counted twice");
    println!("keys      as they were then: revoke again what was revoked since");
    println!("erased    {} learners are on the list", restored.erased);
    println!("next      nexus serve --data {}", args.data.display());
    Ok(ExitCode::SUCCESS)
}

fn restored_json(restored: &Restored) -> serde_json::Value {
    json!({
        "head": restored.head.seq,
        "head_hash": crate::output::hex(&restored.head.hash),
        "received_at": restored.received_at.map(print_time),
        "erased": restored.erased,
    })
}

/// How far a journal goes, in words.
pub fn reach(seq: u64, received_at: Option<Timestamp>) -> String {
    match received_at {
        Some(at) => format!("up to entry {seq}, of {}", print_time(at)),
        None => "an empty journal".to_owned(),
    }
}
