//! `nexus key`: make, list and revoke API keys. Works beside a running server.

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_server::auth::Scope;
use nexus_server::clock::Clock;
use nexus_store::keys::{KeyEnvironment, KeyKind, KeyRecord, KeyStore, NewKey};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `nexus key`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    action: KeyAction,
}

#[derive(Debug, Subcommand)]
enum KeyAction {
    /// Make a key. It is shown once.
    Create(CreateArgs),
    /// List the keys: everything but the keys themselves.
    List(ListArgs),
    /// Revoke a key; it is refused from the next request on.
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Example: nexus key create --data ./nexus-data --name site --for site")]
struct CreateArgs {
    /// The data directory of the server.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// What it is for; decides what it may do unless --scope is given.
    #[arg(long = "for", value_enum, default_value = "site")]
    purpose: Purpose,
    /// What it may do, as resource:verb; may be repeated.
    #[arg(long)]
    scope: Vec<String>,
    /// Days until it expires.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Purpose {
    /// A learning site: sends events and grades, asks for decisions, reads learners and courses.
    Site,
    /// People and pages that only look.
    Read,
    /// A teacher: reads classes and learners, pins and blocks activities, publishes nothing.
    Teacher,
    /// A program that collects metrics, and nothing else.
    Metrics,
    /// Everything, publishing courses and experiments included; to overrule the gate of a promotion
    /// takes `--scope policies:override`.
    Admin,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// The data directory of the server.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// The data directory of the server.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// Id of the key, as `nexus key list` shows it.
    id: String,
}

pub fn run(args: &KeyArgs) -> anyhow::Result<ExitCode> {
    match &args.action {
        KeyAction::Create(args) => create(args),
        KeyAction::List(args) => list(args),
        KeyAction::Revoke(args) => revoke(args),
    }
}

impl Purpose {
    fn kind(self) -> KeyKind {
        match self {
            Self::Site | Self::Read | Self::Teacher | Self::Metrics => KeyKind::Secret,
            Self::Admin => KeyKind::Admin,
        }
    }

    fn scopes(self) -> Vec<String> {
        let scopes = match self {
            Self::Admin => {
                let overrules = |scope: &Scope| *scope == Scope::PoliciesOverride;
                let all = Scope::ALL.into_iter().filter(|scope| !overrules(scope));
                return all.map(|scope| scope.word().to_owned()).collect();
            }
            Self::Read => &Scope::READ[..],
            Self::Metrics => &[Scope::MetricsRead],
            Self::Teacher => &[
                Scope::DecisionsRead,
                Scope::LearnersRead,
                Scope::CoursesRead,
                Scope::ExperimentsRead,
                Scope::StreamRead,
                Scope::ConstraintsWrite,
            ],
            Self::Site => &[
                Scope::EventsWrite,
                Scope::DecisionsWrite,
                Scope::GradesWrite,
                Scope::DecisionsRead,
                Scope::LearnersRead,
                Scope::CoursesRead,
            ],
        };
        scopes.iter().map(|scope| scope.word().to_owned()).collect()
    }
}

fn create(args: &CreateArgs) -> anyhow::Result<ExitCode> {
    let scopes = if args.scope.is_empty() { args.purpose.scopes() } else { args.scope.clone() };
    if let Some(unknown) = scopes.iter().find(|word| Scope::from_word(word).is_none()) {
        let known = Scope::ALL.map(Scope::word).join(", ");
        anyhow::bail!("no scope {unknown:?}; known: {known}");
    }
    let now = Clock::system().now();
    let new = NewKey {
        kind: args.purpose.kind(),
        environment: KeyEnvironment::Live,
        name: args.name.clone(),
        scopes,
        expires_at: Some(now.plus_micros(i64::from(args.days) * DAY_MICROS)),
    };
    let (text, record) = open(&args.data)?.create(&new, now)?;
    if args.json {
        println!("{}", json!({"key": text.reveal(), "record": to_json(&record, now)}));
    } else {
        println!("{}", text.reveal());
        let until = record.expires_at.map_or_else(|| "never".to_owned(), day);
        eprintln!("Keep it now: it is not shown again. Id {}, expires {until}, for:", record.id);
        eprintln!("  {}", record.scopes.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let records = open(&args.data)?.list()?;
    let now = Clock::system().now();
    if args.json {
        let records: Vec<_> = records.iter().map(|record| to_json(record, now)).collect();
        println!("{}", json!({ "keys": records }));
        return Ok(ExitCode::SUCCESS);
    }
    if records.is_empty() {
        println!("No keys yet. Make one: nexus key create --data DIR --name site");
    }
    for record in records {
        let state = state(&record, now);
        let expires = record.expires_at.map_or_else(|| "never".to_owned(), day);
        println!(
            "{}  ...{}  {state}  expires {expires}  {}  {}",
            record.id,
            record.last_four,
            record.name,
            record.scopes.join(",")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What has become of a key: the words of `nexus key list`.
fn state(record: &KeyRecord, now: Timestamp) -> &'static str {
    if record.revoked_at.is_some() {
        "revoked"
    } else if record.expires_at.is_some_and(|expires_at| expires_at <= now) {
        "expired"
    } else {
        "valid"
    }
}

fn revoke(args: &RevokeArgs) -> anyhow::Result<ExitCode> {
    let revoked = open(&args.data)?.revoke(&args.id, Clock::system().now())?;
    if revoked {
        println!("revoked {}", args.id);
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: no valid key has id {:?}; see nexus key list", args.id);
    Ok(ExitCode::from(1))
}

fn open(data: &std::path::Path) -> anyhow::Result<KeyStore> {
    KeyStore::open(data).with_context(|| format!("the keys in {} cannot be used", data.display()))
}

fn day(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_microsecond(at.0);
    time.map_or_else(|_| "?".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

fn to_json(record: &KeyRecord, now: Timestamp) -> serde_json::Value {
    json!({
        "id": record.id,
        "name": record.name,
        "last_four": record.last_four,
        "scopes": record.scopes,
        "created": day(record.created_at),
        "expires": record.expires_at.map(day),
        "revoked": record.revoked_at.is_some(),
        "state": state(record, now),
    })
}
