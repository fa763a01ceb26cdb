//! `nexus evaluate gate`: whether a policy may be promoted, by all the evidence that there is.

#[cfg(test)]
mod tests;

use super::policy::journal;
use anyhow::{Context, bail, ensure};
use clap::Args;
use nexus_api::policies::evidence::PromotionEvidenceBody;
use nexus_engine::lifecycle::evidence::{
    COMPARED_WITH, FAMILIES_MIN, FamilyEvidence, Guardrail, LogEvidence, PromotionEvidence,
    Shortfall,
};
use nexus_engine::workspace::off_policy::JournalOutcome;
use nexus_stats::interval::Interval;
use nexus_stats::math::normal_quantile;
use nexus_stats::off_policy::LoggedDecision;
use nexus_stats::off_policy::evaluation::evaluate;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The error rate of each interval.
const ALPHA: f64 = 0.05;

/// Say whether a policy may be promoted, and what is lacking if not.
///
/// Puts together what simulated learners say (`nexus simulate course --json`) and what the journal of
/// the course says, off-policy, and holds both against the gate of a promotion. Changes nothing: what it
/// prints with --json is the evidence that goes with a promotion.
///
/// Exit code 0: it may, 1: it may not, with the reasons, 2: could not be tried.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nexus simulate course --course algebra.yaml --policies static,mastery,network \
                  --network net.onnx --families all --json > matrix.json\n  nexus evaluate gate \
                  --data ./nexus-data --course algebra --policy network --version 2 --matrix matrix.json"
)]
pub struct GateArgs {
    /// A data directory; its server may be running.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The course in which it would be promoted.
    #[arg(long, value_name = "ID")]
    course: String,
    /// The policy that would be promoted, as it had learned by each decision.
    #[arg(long, value_name = "WORD")]
    policy: String,
    /// A version of it, by number, instead.
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Rows of `nexus simulate course --json`; may be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    matrix: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Errors: when a file or the journal cannot be read.
pub fn run(args: &GateArgs) -> anyhow::Result<ExitCode> {
    let mut families = Vec::new();
    for file in &args.matrix {
        families.extend(read_matrix(file, &args.policy)?);
    }
    let asked = journal::target(&args.course, &args.policy, args.version)?;
    let decisions = journal::fold(&args.data, asked, args.version, args.json)?;
    let log = Some(of_log(|outcome| decisions.log(outcome)));
    let evidence = PromotionEvidence { version: args.version, families, log };
    let lacking = evidence.shortfalls();
    if args.json {
        println!("{}", printed(args, &evidence)?);
    } else {
        print!("{}", told(args, &evidence, &lacking));
    }
    Ok(if lacking.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What a log says of a target: the gain, and each guardrail, on the decisions that have it.
fn of_log(log: impl Fn(JournalOutcome) -> Vec<LoggedDecision>) -> LogEvidence {
    let above = |outcome: JournalOutcome| {
        let found = evaluate(&log(outcome), ALPHA);
        let interval = found.worth.and_then(|worth| worth.above_served.always_valid);
        (found.missing, interval)
    };
    let (missing, gain_above_served) = above(JournalOutcome::Gain);
    let guardrails = Guardrail::ALL.map(|guardrail| {
        let outcome = match guardrail {
            Guardrail::Reward => JournalOutcome::Reward,
            Guardrail::Success => JournalOutcome::Success,
            Guardrail::Finished => JournalOutcome::Finished,
        };
        (guardrail, above(outcome).1)
    });
    LogEvidence { missing, gain_above_served, guardrails: guardrails.to_vec() }
}

/// The families of a file, as far as they say something of the policy.
fn read_matrix(file: &Path, policy: &str) -> anyhow::Result<Vec<FamilyEvidence>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let rows: Vec<Value> = serde_json::from_str(&text).with_context(|| {
        format!("{}: no list of rows of `nexus simulate course --json`", file.display())
    })?;
    let families = families(&rows, policy)?;
    ensure!(!families.is_empty(), "{}: no row is of the policy `{policy}`", file.display());
    Ok(families)
}

fn families(rows: &[Value], policy: &str) -> anyhow::Result<Vec<FamilyEvidence>> {
    let mut families = Vec::new();
    for row in rows.iter().filter(|row| row["policy"] == policy) {
        let (bed, family) = (&row["bed"], &row["family"]);
        let (own, own_error) = difference(row)?;
        let beside = |with: &str| {
            let same =
                |it: &&Value| it["policy"] == with && it["bed"] == *bed && it["family"] == *family;
            rows.iter().find(same)
        };
        let mut above = [None, None];
        for (place, with) in above.iter_mut().zip(COMPARED_WITH) {
            let Some(other) = beside(with) else { continue };
            // Each row is its difference to static on the same learners, so the error of the static
            // path is in both, and this adds it twice: wider than need be, never narrower.
            let (other, error) = if with == "static" { (0.0, 0.0) } else { difference(other)? };
            let half =
                -normal_quantile(0.5 * ALPHA) * (own_error * own_error + error * error).sqrt();
            *place = Some(Interval::around(own - other, half));
        }
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        families
            .push(FamilyEvidence { family: format!("{} in {}", word(family), word(bed)), above });
    }
    Ok(families)
}

fn difference(row: &Value) -> anyhow::Result<(f64, f64)> {
    let number = |name: &str| row[name].as_f64().with_context(|| format!("a row has no `{name}`"));
    let (difference, error) = (number("difference")?, number("difference_se")?);
    if error < 0.0 {
        bail!("a row has a negative `difference_se`");
    }
    Ok((difference, error))
}

fn printed(args: &GateArgs, evidence: &PromotionEvidence) -> anyhow::Result<String> {
    let body = PromotionEvidenceBody::new(&args.course, &args.policy, evidence);
    serde_json::to_string_pretty(&body).context("the evidence cannot be written")
}

fn told(args: &GateArgs, evidence: &PromotionEvidence, lacking: &[Shortfall]) -> String {
    let mut text = format!(
        "{} in {}: {} families of simulated learners ({FAMILIES_MIN} are needed), and the log of the course\n",
        args.policy,
        args.course,
        evidence.families.len()
    );
    if lacking.is_empty() {
        text += "it may be promoted\n";
    } else {
        text += "it may not be promoted:\n";
        for shortfall in lacking {
            text += &format!("  - {shortfall}\n");
        }
    }
    text
}
