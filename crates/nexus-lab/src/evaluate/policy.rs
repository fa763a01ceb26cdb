//! `nexus evaluate policy`: what a policy would have earned, from decisions that another one made.

pub(super) mod journal;
mod report;
mod table;

#[cfg(test)]
mod tests;

use anyhow::bail;
use clap::Args;
use nexus_engine::workspace::off_policy::JournalOutcome;
use nexus_ingest::decision_table::ColumnNames;
use nexus_stats::off_policy::LoggedDecision;
use nexus_stats::off_policy::evaluation::{Method, evaluate};
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

/// Decisions that are kept of a journal, the latest; two kilobytes of memory each.
const DECISIONS_MAX: usize = 200_000;

/// Estimate what a policy would have earned, from logged decisions with their probabilities.
///
/// Reads a table, or the journal of a data directory, also beside its running server; nothing is
/// changed. Where the log has not seen enough of what the policy would do, there is no number but
/// what is missing, and what would mend it.
///
/// Exit code 0: estimated, 1: refused, with the reasons, 2: could not be tried.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nexus evaluate policy --table log.csv --columns propensity=pscore,target=pi*\n  \
                  nexus evaluate policy --data ./nexus-data --course algebra --policy mastery"
)]
pub struct TargetArgs {
    /// A table of decisions, CSV or NDJSON, plain or .gz.
    #[arg(long, value_name = "FILE", conflicts_with = "data", required_unless_present = "data")]
    table: Option<PathBuf>,
    /// What its columns are called, where they are not called as ours: ours=theirs, separated by
    /// commas. A name with a `*` stands for one column an action.
    #[arg(long, value_name = "PAIRS", requires = "table", default_value = "")]
    columns: String,
    /// A data directory; its server may be running.
    #[arg(long, value_name = "DIR", requires = "course", requires = "policy")]
    data: Option<PathBuf>,
    /// The course whose decisions are read.
    #[arg(long, value_name = "ID", requires = "data")]
    course: Option<String>,
    /// The policy that might have decided, as it had learned by each decision.
    #[arg(long, value_name = "WORD", requires = "data")]
    policy: Option<String>,
    /// A version of it, by number, instead. Decisions that the version may have learned from are
    /// left out.
    #[arg(long, value_name = "N", requires = "data")]
    version: Option<u32>,
    /// What is taken for the reward: what the course declares, the measured gain alone, the mean
    /// grade, or 1 for what was not abandoned.
    #[arg(long, value_enum, default_value_t = OutcomeWord::Reward, requires = "data")]
    outcome: OutcomeWord,
    /// The error rate of each interval.
    #[arg(long, default_value_t = 0.05, value_parser = rate)]
    alpha: f64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What is taken for the reward of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OutcomeWord {
    Reward,
    Gain,
    Success,
    Finished,
}

impl OutcomeWord {
    fn of_journal(self) -> JournalOutcome {
        match self {
            Self::Reward => JournalOutcome::Reward,
            Self::Gain => JournalOutcome::Gain,
            Self::Success => JournalOutcome::Success,
            Self::Finished => JournalOutcome::Finished,
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| *rate > 0.0 && *rate < 0.5);
    rate.ok_or_else(|| "an error rate lies above 0 and below 0.5, such as 0.05".to_owned())
}

/// A log to evaluate on, and what is to be said of it.
struct Log {
    decisions: Vec<LoggedDecision>,
    /// The methods that the log has the numbers for.
    methods: Vec<Method>,
    /// What was left out, and why: how many, and words.
    left_out: Vec<(&'static str, u64, &'static str)>,
    /// What a reader should know besides.
    notes: Vec<String>,
}

/// Runs the command. Errors: when the log cannot be read.
pub fn run(args: &TargetArgs) -> anyhow::Result<ExitCode> {
    let log = match (&args.table, &args.data, &args.course, &args.policy) {
        (Some(file), ..) => {
            let renamed = ColumnNames::default().renamed(&args.columns);
            let columns = renamed.map_err(|detail| anyhow::anyhow!("--columns: {detail}"))?;
            table::read(file, &columns)?
        }
        (None, Some(data), Some(course), Some(policy)) => {
            let target = journal::target(course, policy, args.version)?;
            let decisions = journal::fold(data, target, args.version, args.json)?;
            journal::log(&decisions, args.outcome.of_journal())
        }
        _ => bail!("say what to read: --table FILE, or --data DIR with --course and --policy"),
    };
    let found = evaluate(&log.decisions, args.alpha);
    let report = Report { log: &log, found: &found, alpha: args.alpha };
    if args.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.text());
    }
    Ok(if found.worth.is_some() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
