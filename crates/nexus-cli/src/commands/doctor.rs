//! `nexus doctor`: looks at what a server stands on — disk, clock, limits, configuration, keys —
//! beside the server or before its first start, and says what to do. Changes nothing.

use super::limits::OPEN_FILES_WANTED;
use super::verify::expect_data;
use clap::Args;
use nexus_api::time::print as print_time;
use nexus_engine::time::Timestamp;
use nexus_server::clock::Clock;
use nexus_server::config::Config;
use nexus_store::backup::restored_note;
use nexus_store::keys::{KEYS_FILE, KeyRecord, KeyStore};
use nexus_store::reading::JournalReader;
use nexus_store::store::DATABASE_FILE;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Free space below which a server is about to stop taking events.
const FREE_BYTES_MIN: u64 = 256 << 20;
/// SQLite's log beyond this size means that another process holds it.
const LOG_BYTES_MAX: u64 = 512 << 20;
/// How far the clock may be behind the last entry.
const CLOCK_BEHIND_SECONDS_MAX: i64 = 60;
/// Keys that expire sooner are named.
const KEY_DAYS_MIN: i64 = 14;
const MICROSECONDS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROSECONDS;

/// Arguments of `nexus doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Example: nexus doctor --data ./nexus-data\n\
                        Exit code 0: nothing keeps it from serving. 1: something does.")]
pub struct DoctorArgs {
    /// The data directory; a server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// The configuration file of the server.
    #[arg(long, env = "NEXUS_CONFIG")]
    config: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Fine,
    /// It serves, and the operator should look at it.
    Warning,
    /// It does not serve, or soon will not.
    Problem,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was found about one thing, with what to do about it.
#[derive(Debug)]
struct Diagnosis {
    topic: &'static str,
    level: Level,
    words: String,
}

impl Diagnosis {
    fn new(topic: &'static str, level: Level, words: impl Into<String>) -> Self {
        Self { topic, level, words: words.into() }
    }
}

/// Looks at everything. Exit code 1 when there is a problem.
pub fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    expect_data(&args.data)?;
    let now = Clock::system().now();
    let mut found = vec![disk(&args.data), log(&args.data), clock(&args.data, now), open_files()];
    found.extend(private(&args.data));
    found.extend(args.config.as_deref().map(configuration));
    found.extend(keys(&args.data, now));
    found.extend(restored(&args.data));
    match args.json {
        true => println!("{}", to_json(&found)),
        false => found.iter().for_each(|it| {
            println!("{:<8} {:<14} {}", it.level.word(), it.topic, it.words);
        }),
    }
    let serves = found.iter().all(|it| it.level != Level::Problem);
    Ok(ExitCode::from(u8::from(!serves)))
}

fn to_json(found: &[Diagnosis]) -> serde_json::Value {
    let one =
        |it: &Diagnosis| json!({"topic": it.topic, "level": it.level.word(), "words": it.words});
    let serves = found.iter().all(|it| it.level != Level::Problem);
    json!({"serves": serves, "found": found.iter().map(one).collect::<Vec<_>>()})
}

fn size(data: &Path, name: &str) -> u64 {
    std::fs::metadata(data.join(name)).map_or(0, |file| file.len())
}

/// An erasure and a restore write the database once more beside itself.
fn disk(data: &Path) -> Diagnosis {
    let free = match rustix::fs::statvfs(data) {
        Ok(system) => system.f_bavail.saturating_mul(system.f_frsize),
        Err(error) => {
            let words = format!("free space cannot be read: {error}");
            return Diagnosis::new("disk", Level::Warning, words);
        }
    };
    let database = size(data, DATABASE_FILE);
    let (level, advice) = if free < FREE_BYTES_MIN {
        (Level::Problem, ": make room now; a full disk refuses events until there is space")
    } else if free < database.saturating_mul(2) {
        (Level::Warning, ": an erasure needs as much as the database again; make room")
    } else {
        (Level::Fine, "")
    };
    let words = format!("{} free, the database has {}{advice}", bytes(free), bytes(database));
    Diagnosis::new("disk", level, words)
}

fn log(data: &Path) -> Diagnosis {
    let log = size(data, "nexus.db-wal");
    if log <= LOG_BYTES_MAX {
        return Diagnosis::new("log", Level::Fine, format!("SQLite's log has {}", bytes(log)));
    }
    let words = format!(
        "SQLite's log has {}: another program reads the database and does not let go; end it",
        bytes(log)
    );
    Diagnosis::new("log", Level::Warning, words)
}

/// A clock that went back would give events times before those that are in the journal.
fn clock(data: &Path, now: Timestamp) -> Diagnosis {
    let last = JournalReader::open(data).and_then(|reader| {
        let head = reader.head_seq()?;
        reader.page(head.saturating_sub(1), 1)
    });
    let last = match last {
        Ok(entries) => entries.last().map(|stored| stored.entry.received_at),
        Err(fault) => {
            let words = format!("the journal cannot be read: {fault}; see nexus verify");
            return Diagnosis::new("journal", Level::Problem, words);
        }
    };
    judge_clock(last, now)
}

fn judge_clock(last: Option<Timestamp>, now: Timestamp) -> Diagnosis {
    let Some(last) = last else {
        return Diagnosis::new("clock", Level::Fine, format!("{}; no entry yet", print_time(now)));
    };
    let behind = last.0.saturating_sub(now.0) / MICROSECONDS;
    if behind > CLOCK_BEHIND_SECONDS_MAX {
        let words = format!(
            "{} is {behind} s before the last entry, of {}: set the clock of this machine, or stop \
             the server until it is right",
            print_time(now),
            print_time(last)
        );
        return Diagnosis::new("clock", Level::Problem, words);
    }
    let words = format!("{}; the last entry is of {}", print_time(now), print_time(last));
    Diagnosis::new("clock", Level::Fine, words)
}

fn open_files() -> Diagnosis {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let hard = limit.maximum.unwrap_or(u64::MAX);
    if hard >= OPEN_FILES_WANTED {
        return Diagnosis::new("open files", Level::Fine, "as many as a server wants");
    }
    let words = format!(
        "at most {hard}: each connection is one; allow {OPEN_FILES_WANTED} (ulimit -Hn, LimitNOFILE=, \
         or --ulimit nofile=)"
    );
    Diagnosis::new("open files", Level::Warning, words)
}

/// Only the user of the server may read learners' data and keys.
fn private(data: &Path) -> Option<Diagnosis> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(data).ok()?.permissions().mode() & 0o777;
    let open = mode & 0o077 != 0;
    let words = match open {
        true => format!("{mode:o}: others on this machine may enter; chmod 700 {}", data.display()),
        false => "private".to_owned(),
    };
    let level = if open { Level::Warning } else { Level::Fine };
    Some(Diagnosis::new("directory", level, words))
}

fn configuration(path: &Path) -> Diagnosis {
    let read = Config::read(path).and_then(|config| config.origins().and(config.issuers()));
    match read {
        Ok(issuers) => {
            let words = format!("can be read; {} issuers of tokens", issuers.0.len());
            Diagnosis::new("configuration", Level::Fine, words)
        }
        Err(fault) => {
            let words = format!("{}: {:#}", path.display(), anyhow::Error::from(fault));
            Diagnosis::new("configuration", Level::Problem, words)
        }
    }
}

fn keys(data: &Path, now: Timestamp) -> Vec<Diagnosis> {
    // To open keys would make them.
    let listed = match data.join(KEYS_FILE).is_file() {
        true => KeyStore::open(data).and_then(|store| store.list()),
        false => Ok(Vec::new()),
    };
    let keys = match listed {
        Ok(keys) => keys,
        Err(fault) => {
            let words = format!("cannot be read: {:#}", anyhow::Error::from(fault));
            return vec![Diagnosis::new("keys", Level::Problem, words)];
        }
    };
    let good =
        |key: &&KeyRecord| key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now);
    let good: Vec<&KeyRecord> = keys.iter().filter(good).collect();
    if good.is_empty() {
        let words = "none that is good: nexus key create --name my-site";
        return vec![Diagnosis::new("keys", Level::Warning, words)];
    }
    let ends =
        |key: &&&KeyRecord| key.expires_at.is_some_and(|at| at.0 - now.0 < KEY_DAYS_MIN * DAY);
    let mut found: Vec<Diagnosis> = good.iter().filter(ends).map(|key| ending(key, now)).collect();
    if found.is_empty() {
        let words = format!("{} good ones, and none expires soon", good.len());
        found.push(Diagnosis::new("keys", Level::Fine, words));
    }
    found
}

fn ending(key: &KeyRecord, now: Timestamp) -> Diagnosis {
    let days = key.expires_at.map_or(0, |at| (at.0 - now.0) / DAY);
    let words = format!(
        "{:?} ({}) expires in {days} days: make another one, give it to the site, then revoke this",
        key.name, key.id
    );
    Diagnosis::new("keys", Level::Warning, words)
}

fn restored(data: &Path) -> Option<Diagnosis> {
    let note = restored_note(data).ok().flatten()?;
    let words = format!(
        "on {}, up to entry {}: what was acknowledged after that is not in the journal",
        print_time(Timestamp(note.restored_at)),
        note.seq
    );
    Some(Diagnosis::new("restored", Level::Warning, words))
}

fn bytes(count: u64) -> String {
    match count {
        few if few < 1 << 20 => format!("{} KiB", few.div_ceil(1 << 10)),
        some if some < 1 << 30 => format!("{} MiB", some >> 20),
        many => format!("{:.1} GiB", many as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, MICROSECONDS, Timestamp, bytes, judge_clock};

    #[test]
    fn a_clock_before_the_last_entry_is_a_problem() {
        let now = Timestamp(1_700_000_000 * MICROSECONDS);
        let judged =
            |seconds: i64| judge_clock(Some(Timestamp(now.0 + seconds * MICROSECONDS)), now);
        assert_eq!(judged(-5).level, Level::Fine);
        assert_eq!(judged(30).level, Level::Fine, "clocks of two machines differ a little");
        let hour = judged(3_600);
        assert_eq!(hour.level, Level::Problem);
        assert!(hour.words.contains("3600 s before the last entry"), "{}", hour.words);
        assert_eq!(judge_clock(None, now).level, Level::Fine);
    }

    #[test]
    fn sizes_are_said_in_words() {
        let said = [0, 1, 5 << 20, 3 << 29].map(bytes);
        assert_eq!(said, ["0 KiB", "1 KiB", "5 MiB", "1.5 GiB"]);
    }
}
