//! `nexus consent`: whether chance may have a say in what a learner is shown, on a running server.

use super::site::{Refused, Site, in_path};
use anyhow::bail;
use clap::{Args, Subcommand};
use nexus_api::consent::{ConsentReceipt, ConsentRequest};
use reqwest::Method;
use std::process::ExitCode;

/// Arguments of `nexus consent`.
#[derive(Debug, Args)]
pub struct ConsentArgs {
    #[command(subcommand)]
    action: ConsentAction,
}

/// What was said last holds from the next decision on, in all courses.
#[derive(Debug, Subcommand)]
enum ConsentAction {
    /// Chance may have a say in what the learner is shown.
    Give(SaidArgs),
    /// Nothing is tried out on the learner: they are shown what is thought best.
    #[command(after_help = "Example: nexus consent withdraw ada --reason \"asked at the parents' \
                            evening\" --by \"the parents\" --url http://127.0.0.1:8080 --key \
                            $NEXUS_KEY")]
    Withdraw(SaidArgs),
}

#[derive(Debug, Args)]
struct SaidArgs {
    /// The id of the learner.
    learner: String,
    /// Why; the journal keeps it.
    #[arg(long)]
    reason: String,
    /// Whose wish it is; the key's name is noted in any case.
    #[arg(long)]
    by: Option<String>,
    /// The address of a running server.
    #[arg(long, env = "NEXUS_URL")]
    url: String,
    /// A key of that server with the scope `events:write`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Errors: when the server cannot be reached, or says that something cannot be so.
pub fn run(args: &ConsentArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &args.action {
        ConsentAction::Give(said) => runtime.block_on(say(said, true)),
        ConsentAction::Withdraw(said) => runtime.block_on(say(said, false)),
    }
}

async fn say(said: &SaidArgs, exploration: bool) -> anyhow::Result<ExitCode> {
    let SaidArgs { learner, reason, by, url, key, json } = said;
    if learner.is_empty() {
        bail!("say which learner");
    }
    let body = ConsentRequest { exploration, by: by.clone(), reason: reason.clone() };
    let site = Site::new(url, key);
    let path = format!("/v1/learners/{}/consent", in_path(learner));
    let receipt: ConsentReceipt = match site.ask(site.request(Method::PUT, &path).json(&body)).await
    {
        Ok(receipt) => receipt,
        Err(Refused::Fault(fault)) => return Err(fault),
        Err(Refused::No(code, detail)) => bail!("the server says no ({code}): {detail}"),
    };
    if *json {
        println!("{}", serde_json::to_string(&receipt)?);
        return Ok(ExitCode::SUCCESS);
    }
    let ConsentReceipt { learner, exploration, duplicate, seq } = receipt;
    let done = if exploration { "given" } else { "withdrawn" };
    let before = if duplicate { ", as it was said before" } else { "" };
    println!("{done:<12} {learner}, journal entry {seq}{before}");
    Ok(ExitCode::SUCCESS)
}
