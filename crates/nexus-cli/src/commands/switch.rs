//! `nexus switch`: the kill switch, on a running server or on data that no server uses.

use super::local_node::LocalNode;
use super::site::{Refused, Site};
use anyhow::Context;
use clap::{Args, Subcommand};
use nexus_api::switch::{SwitchReceipt, SwitchRequest, SwitchState, ThrownSwitch};
use nexus_server::node::NodeError;
use reqwest::Method;
use std::path::PathBuf;
use std::process::ExitCode;

/// The server or its data are in use; what to do then.
const INSTEAD: &str = "a server uses this directory; ask the server itself: nexus switch on \
                       --url http://127.0.0.1:8080 --key KEY (nexus key create --for admin makes \
                       one)";

/// Arguments of `nexus switch`.
#[derive(Debug, Args)]
pub struct SwitchArgs {
    #[command(subcommand)]
    action: SwitchAction,
}

/// The kill switch makes a server serve each course's own path, and ask no policy.
///
/// It holds from the next decision until it is turned off, through restarts.
#[derive(Debug, Subcommand)]
enum SwitchAction {
    /// Serve the course's own path from the next decision on.
    #[command(after_help = "Example: nexus switch on --url http://127.0.0.1:8080 --key \
                            $NEXUS_KEY --reason \"rewards fell by half\"")]
    #[command(alias = "throw")]
    On(TurnArgs),
    /// Let policies decide again.
    #[command(alias = "release")]
    Off(TurnArgs),
    /// Show which switches are on: exit code 0 none, 1 some.
    Show(PlaceArgs),
}

#[derive(Debug, Args)]
struct TurnArgs {
    /// Why; the journal keeps it, and pages show it.
    #[arg(long)]
    reason: String,
    /// In this course alone; in all courses unless given.
    #[arg(long)]
    course: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// The data directory; no server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present = "url")]
    data: Option<PathBuf>,
    /// A running server, instead of --data.
    #[arg(long, env = "NEXUS_URL")]
    url: Option<String>,
    /// A key of that server with the scope `admin`; `courses:read` is enough to show.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true, requires = "url")]
    key: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command. Errors: when the data directory or the server cannot be used, or says no.
pub fn run(args: &SwitchArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &args.action {
        SwitchAction::On(turn) => runtime.block_on(turned(turn, true)),
        SwitchAction::Off(turn) => runtime.block_on(turned(turn, false)),
        SwitchAction::Show(place) => runtime.block_on(shown(place)),
    }
}

async fn turned(args: &TurnArgs, thrown: bool) -> anyhow::Result<ExitCode> {
    let (course, reason) = (args.course.clone(), args.reason.clone());
    let request = SwitchRequest { course, thrown, reason };
    let receipt = match args.place.open()? {
        Place::Site(site) => {
            let asked = site.request(Method::POST, "/v1/switch").json(&request);
            site.ask(asked).await.map_err(no)?
        }
        Place::Local(node) => turned_here(&node, request).await?,
    };
    if args.place.json {
        println!("{}", serde_json::to_string(&receipt)?);
        return Ok(ExitCode::SUCCESS);
    }
    let word = if thrown { "on" } else { "off" };
    let scope = args.course.as_deref().unwrap_or("all courses");
    match receipt.seq {
        Some(seq) => println!("{word:<12} {scope}, journal entry {seq}"),
        None => println!("{word:<12} {scope}: nothing changed"),
    }
    print_lines(&receipt.switches);
    Ok(ExitCode::SUCCESS)
}

async fn turned_here(node: &LocalNode, request: SwitchRequest) -> anyhow::Result<SwitchReceipt> {
    let turned = request.read("the command line".to_owned());
    let turned = turned.map_err(|problem| anyhow::anyhow!("{}", problem.detail))?;
    let turned = node.handle.turn_kill_switch(turned).await.map_err(|error| match error {
        NodeError::Refused(refusal) => anyhow::anyhow!("{refusal}"),
        other => anyhow::anyhow!("the switch could not be turned: {other:?}"),
    })?;
    let thrown = turned.thrown.iter();
    let switches = thrown.map(|(course, it)| ThrownSwitch::new(course.as_ref(), it)).collect();
    Ok(SwitchReceipt { duplicate: turned.seq.is_none(), seq: turned.seq, switches })
}

async fn shown(place: &PlaceArgs) -> anyhow::Result<ExitCode> {
    let state: SwitchState = match place.open()? {
        Place::Site(site) => site.ask(site.request(Method::GET, "/v1/switch")).await.map_err(no)?,
        Place::Local(node) => {
            let read = node.handle.read(|reader| ThrownSwitch::all(reader.state())).await;
            let read = read.map_err(|fault| anyhow::anyhow!("it cannot be read: {fault:?}"));
            SwitchState { switches: read? }
        }
    };
    match place.json {
        true => println!("{}", serde_json::to_string(&state)?),
        false => print_lines(&state.switches),
    }
    Ok(ExitCode::from(u8::from(!state.switches.is_empty())))
}

enum Place<'a> {
    Site(Site<'a>),
    Local(LocalNode),
}

impl PlaceArgs {
    fn open(&self) -> anyhow::Result<Place<'_>> {
        let Some(url) = &self.url else {
            let data = self.data.as_deref();
            let data = data.context("say where: --data DIR, or --url of a running server")?;
            return LocalNode::start(data, INSTEAD).map(Place::Local);
        };
        let key = self.key.as_deref();
        let key = key.context("give --key (or NEXUS_KEY) a key of the server")?;
        Ok(Place::Site(Site::new(url, key)))
    }
}

fn no(refused: Refused) -> anyhow::Error {
    match refused {
        Refused::No(code, detail) => anyhow::anyhow!("the server says no ({code}): {detail}"),
        Refused::Fault(fault) => fault,
    }
}

fn print_lines(switches: &[ThrownSwitch]) {
    if switches.is_empty() {
        println!("now          policies decide in all courses");
    }
    for switch in switches {
        let scope = switch.course.as_deref().unwrap_or("all courses");
        let ThrownSwitch { reason, by, at, seq, .. } = switch;
        println!("static path  {scope}: {reason}");
        println!("             turned on by {by}, {at}, journal entry {seq}");
    }
}
