//! `nexus constraint`: teachers' pins, blocks and caps on a running server.

use super::site::{Refused, Site};
use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use nexus_api::constraints::{
    ConstraintBody, ConstraintList, ConstraintReceipt, ConstraintSummary, LiftRequest,
};
use reqwest::{Method, Url};
use std::process::ExitCode;

/// Arguments of `nexus constraint`.
#[derive(Debug, Args)]
pub struct ConstraintArgs {
    #[command(subcommand)]
    action: ConstraintAction,
}

/// What a teacher says of an activity holds from the next decision on, whatever a policy thinks.
#[derive(Debug, Subcommand)]
enum ConstraintAction {
    /// Pin an activity (it comes next), block it (it is never shown), or cap how often it is.
    #[command(after_help = "Example: nexus constraint set no-sound --rule block --course \
                            probability-from-zero --activity outcomes-video --reason \"its sound \
                            is broken\" --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Set(SetArgs),
    /// End a constraint before its time.
    Lift(LiftArgs),
    /// List those in force: exit code 0, also when there are none.
    List(ListArgs),
}

#[derive(Debug, Args)]
struct SetArgs {
    /// Its id, made by you and used once.
    id: String,
    /// What the constraint does with the activity.
    #[arg(long)]
    rule: RuleWord,
    /// The id of the course.
    #[arg(long)]
    course: String,
    /// The id of the activity.
    #[arg(long)]
    activity: String,
    /// For whom; for everyone in the course unless given.
    #[arg(long)]
    learner: Option<String>,
    /// Starts that a cap allows each learner.
    #[arg(long, required_if_eq("rule", "cap"))]
    shown_max: Option<u16>,
    /// When it ends, such as 2030-01-31T16:00:00Z; when lifted, unless given.
    #[arg(long)]
    expires_at: Option<String>,
    #[command(flatten)]
    why: WhyArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct LiftArgs {
    /// The id of the constraint.
    id: String,
    #[command(flatten)]
    why: WhyArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only those of this course.
    #[arg(long)]
    course: Option<String>,
    /// Only those that hold for this learner: their own, and those for everyone.
    #[arg(long)]
    learner: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct WhyArgs {
    /// Why; the journal keeps it, and the decision's page shows it.
    #[arg(long)]
    reason: String,
    /// Who wants it; the key's name is noted in any case.
    #[arg(long)]
    by: Option<String>,
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// The address of a running server.
    #[arg(long, env = "NEXUS_URL")]
    url: String,
    /// A key of that server with the scope `constraints:write`; `courses:read` is enough to list.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RuleWord {
    Pin,
    Block,
    Cap,
}

/// Runs the command. Errors: when the server cannot be reached, or says that something cannot be so.
pub fn run(args: &ConstraintArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &args.action {
        ConstraintAction::Set(args) => runtime.block_on(set(args)),
        ConstraintAction::Lift(args) => runtime.block_on(lift(args)),
        ConstraintAction::List(args) => runtime.block_on(list(args)),
    }
}

async fn set(args: &SetArgs) -> anyhow::Result<ExitCode> {
    let rule = match args.rule {
        RuleWord::Pin => "pin",
        RuleWord::Block => "block",
        RuleWord::Cap => "cap",
    };
    let body = ConstraintBody {
        course: args.course.clone(),
        learner: args.learner.clone(),
        rule: rule.to_owned(),
        shown_max: args.shown_max,
        activity: args.activity.clone(),
        reason: args.why.reason.clone(),
        by: args.why.by.clone(),
        expires_at: args.expires_at.clone(),
    };
    let site = args.place.site();
    let asked = site.request(Method::PUT, &path(&args.id)?).json(&body);
    told(&args.place, site.ask(asked).await, "set")
}

async fn lift(args: &LiftArgs) -> anyhow::Result<ExitCode> {
    let body = LiftRequest { reason: args.why.reason.clone(), by: args.why.by.clone() };
    let site = args.place.site();
    let asked = site.request(Method::DELETE, &path(&args.id)?).json(&body);
    told(&args.place, site.ask(asked).await, "lifted")
}

/// Prints a receipt, or why there is none.
fn told(
    place: &PlaceArgs,
    answer: Result<ConstraintReceipt, Refused>,
    done: &str,
) -> anyhow::Result<ExitCode> {
    let receipt = match answer {
        Ok(receipt) => receipt,
        Err(Refused::Fault(fault)) => return Err(fault),
        Err(Refused::No(code, detail)) => {
            match place.json {
                true => println!("{}", serde_json::json!({"code": code, "detail": detail})),
                false => println!("no           {detail} ({code})"),
            }
            return Ok(ExitCode::from(1));
        }
    };
    if place.json {
        println!("{}", serde_json::to_string(&receipt)?);
        return Ok(ExitCode::SUCCESS);
    }
    let ConstraintReceipt { constraint, seq, duplicate, in_force } = receipt;
    let before = if duplicate { ", as it was said before" } else { "" };
    let now = if in_force { "in force" } else { "not in force" };
    println!("{done:<12} {constraint}, journal entry {seq}{before}; {now}");
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let site = args.place.site();
    let named = [("course", &args.course), ("learner", &args.learner)];
    let query = named.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    // Only the part after the host is used; the base makes it an address that can be parsed.
    let address = Url::parse_with_params("http://host/v1/constraints", query)?;
    let path = &address.as_str()["http://host".len()..];
    let asked = site.request(Method::GET, path);
    let list: ConstraintList = match site.ask(asked).await {
        Ok(list) => list,
        Err(Refused::Fault(fault)) => return Err(fault),
        Err(Refused::No(code, detail)) => bail!("the server says no ({code}): {detail}"),
    };
    if args.place.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(ExitCode::SUCCESS);
    }
    if list.constraints.is_empty() {
        println!("none         no constraint is in force");
    }
    list.constraints.iter().for_each(print);
    Ok(ExitCode::SUCCESS)
}

fn print(constraint: &ConstraintSummary) {
    let ConstraintSummary { course, learner, rule, activity, reason, by, .. } = constraint;
    let rule = match constraint.shown_max {
        Some(times) => format!("{rule} {times}"),
        None => rule.to_string(),
    };
    let whom = learner.as_deref().unwrap_or("everyone");
    let until = constraint.expires_at.as_deref().unwrap_or("lifted");
    println!("{rule:<12} {course}/{activity}, for {whom}, until {until}");
    println!("             {}: {reason}; by {by}", constraint.constraint);
}

/// The address of a constraint. Whatever is no id is told to the server as it is, but for what
/// would change the address.
fn path(id: &str) -> anyhow::Result<String> {
    if id.is_empty() || id.contains(['/', '?', '#', '%']) {
        bail!("\"{id}\" is no id: use letters, digits, and - _ . : @");
    }
    Ok(format!("/v1/constraints/{id}"))
}

impl PlaceArgs {
    fn site(&self) -> Site<'_> {
        Site::new(&self.url, &self.key)
    }
}
