//! `nexus learner`: erasing a learner, on a running server or on data that no server uses; and which learner
//! somebody of another system is.

use super::local_node::LocalNode;
use super::site::{Refused, Site, in_path};
use super::verify::expect_data;
use anyhow::Context;
use clap::{Args, Subcommand};
use nexus_api::erasure::{EraseReceipt, EraseRequest};
use nexus_engine::ids::LearnerId;
use nexus_ingest::foreign::ActorKey;
use nexus_ingest::xapi::learner_of_agent;
use nexus_server::node::{EraseAsk, NodeError};
use nexus_store::secret::ServerKey;
use reqwest::Method;
use std::path::PathBuf;
use std::process::ExitCode;

/// The server or its data are in use; what to do then.
const INSTEAD: &str = "a server uses this directory; ask the server itself: nexus learner erase ID \
                       --url http://127.0.0.1:8080 --key KEY (nexus key create --for admin makes \
                       one)";

/// Arguments of `nexus learner`.
#[derive(Debug, Args)]
pub struct LearnerArgs {
    #[command(subcommand)]
    action: LearnerAction,
}

/// What can be done with one learner.
#[derive(Debug, Subcommand)]
enum LearnerAction {
    /// Erase a learner from the state, the journal and every byte of the files, for good.
    ///
    /// Exit code 1: the learner is erased, but another process reads the files and old bytes remain for now.
    #[command(
        after_help = "Example: nexus learner erase ada-17 --url http://127.0.0.1:8080 --key \
                            $NEXUS_KEY --reason \"the parents asked for it\""
    )]
    Erase(EraseArgs),
    /// Say which learner a person of another system is: what the intake of xAPI and Open edX calls them.
    #[command(after_help = "Example: nexus learner name --data ./nexus-data \
                            '{\"mbox\": \"mailto:ada@example.com\"}'")]
    Name(NameArgs),
}

#[derive(Debug, Args)]
struct NameArgs {
    /// The actor of a statement, as JSON.
    #[arg(required_unless_present = "openedx_user", conflicts_with = "openedx_user")]
    actor: Option<String>,
    /// The number of a user of Open edX.
    #[arg(long)]
    openedx_user: Option<String>,
    /// The data directory; a server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct EraseArgs {
    /// The id of the learner.
    learner: String,
    /// Why, without saying who; the journal keeps it.
    #[arg(long)]
    reason: String,
    /// Who asked, in words.
    #[arg(long)]
    by: Option<String>,
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present = "url")]
    data: Option<PathBuf>,
    /// A running server, instead of --data.
    #[arg(long, env = "NEXUS_URL")]
    url: Option<String>,
    /// A key of that server with the scope `admin`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true, requires = "url")]
    key: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Errors: when the data directory or the server cannot be used, or says no.
pub fn run(args: &LearnerArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let args = match &args.action {
        LearnerAction::Erase(args) => args,
        LearnerAction::Name(args) => {
            println!("{}", name(args)?);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let receipt = runtime.block_on(erased(args))?;
    if args.json {
        println!("{}", serde_json::to_string(&receipt)?);
    } else {
        print_lines(&receipt);
    }
    Ok(ExitCode::from(u8::from(!receipt.bytes_gone)))
}

/// The learner that somebody is, under the key of the data.
fn name(args: &NameArgs) -> anyhow::Result<String> {
    expect_data(&args.data)?;
    let key = ActorKey::new(ServerKey::open(&args.data)?.actors());
    if let Some(user) = &args.openedx_user {
        return Ok(key.of_openedx_learner(user));
    }
    let actor = args.actor.as_deref().unwrap_or_default();
    let actor = serde_json::from_str(actor).context("the actor is no JSON")?;
    learner_of_agent(&key, &actor).context(
        "the actor has no mbox, mbox_sha1sum, openid or account; write it as in a statement",
    )
}

async fn erased(args: &EraseArgs) -> anyhow::Result<EraseReceipt> {
    let request = EraseRequest { reason: args.reason.clone(), by: args.by.clone() };
    // What is no id stands in no address.
    let learner = LearnerId::new(&args.learner).context("the learner's id")?;
    let Some(url) = &args.url else {
        let data = args.data.as_deref();
        let data = data.context("say where: --data DIR, or --url of a running server")?;
        return erased_here(&LocalNode::start(data, INSTEAD)?, learner, request).await;
    };
    let key = args.key.as_deref().context("give --key (or NEXUS_KEY) a key of the server")?;
    let site = Site::new(url, key);
    let path = format!("/v1/learners/{}", in_path(learner.as_str()));
    let asked = site.request(Method::DELETE, &path).json(&request);
    site.ask(asked).await.map_err(|refused| match refused {
        Refused::No(code, detail) => anyhow::anyhow!("the server says no ({code}): {detail}"),
        Refused::Fault(fault) => fault,
    })
}

async fn erased_here(
    node: &LocalNode,
    learner: LearnerId,
    request: EraseRequest,
) -> anyhow::Result<EraseReceipt> {
    let read = request.read("the command line");
    let (reason, by) = read.map_err(|problem| anyhow::anyhow!("{}", problem.detail))?;
    let erased = node.handle.erase(EraseAsk { learner, reason, by }).await;
    let erased = erased.map_err(|error| match error {
        NodeError::Refused(refusal) => anyhow::anyhow!("{refusal}"),
        other => anyhow::anyhow!("the learner could not be erased: {other:?}"),
    })?;
    Ok(EraseReceipt {
        seq: erased.seq,
        duplicate: erased.entries.is_none(),
        redacted_entries: erased.entries,
        bytes_gone: erased.bytes_gone,
    })
}

fn print_lines(receipt: &EraseReceipt) {
    match receipt.redacted_entries {
        Some(entries) => {
            println!("erased       {entries} entries redacted, journal entry {}", receipt.seq);
        }
        None => println!("erased       before, journal entry {}", receipt.seq),
    }
    match receipt.bytes_gone {
        true => println!("files        no byte of them is left"),
        false => {
            println!("files        old bytes remain until the processes that read them finish")
        }
    }
}
