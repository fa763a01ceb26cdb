//! `nexus policy`: which policy decides in a course, in which mode, and the versions of what it
//! learned, on a running server.

mod print;

use super::site::{self, Refused, Site};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use nexus_api::policies::evidence::PromotionEvidenceBody;
use nexus_api::policies::{
    ApprenticeTerms, HoldoutReceipt, HoldoutRequest, ModeRequest, PolicyList, PolicyStatistics,
    PolicySummary, PolicyVersionBody, PolicyVersionList, PromoteRequest, RollbackRequest,
    VersionRequest,
};
use nexus_engine::policy::network::{self, NetworkPolicy, PublishedNetwork};
use nexus_engine::policy::registry::PolicyState;
use nexus_ingest::onnx;
use print::{print_list, print_receipt, print_version, print_versions, print_whole};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `nexus policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    action: PolicyAction,
}

/// The life of policies: each step is journaled with who asked and why.
#[derive(Debug, Subcommand)]
enum PolicyAction {
    /// Say who decides in a course, and where each policy stands.
    List(PlaceArgs),
    /// List the versions of what a policy learned, the newest first.
    Versions(NamedArgs),
    /// Say all that is known of a policy in a course; with `--version`, print that version with its
    /// statistics, as `publish` takes them.
    Show(ShowArgs),
    /// Save what a policy has learned, as it is.
    #[command(after_help = "Example: nexus policy save lin-ts --course algebra --reason \"before \
                            the spring term\" --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Save(WhyArgs),
    /// Put statistics that were made elsewhere in the place of what serves.
    #[command(after_help = "Example: nexus policy publish lin-ts --course algebra --file \
                            fitted.json --through 52000 --reason \"fitted offline\" --url \
                            http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Publish(PublishArgs),
    /// Let a policy decide in a course whenever no experiment runs there: for a small share of the
    /// learners first, and for more each time the command is repeated.
    #[command(after_help = "Example: nexus policy promote network --course algebra --evidence \
                            evidence.json --reason \"it passed the gate\" --url \
                            http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Promote(PromoteArgs),
    /// Put an older version in the place of what serves.
    #[command(after_help = "Example: nexus policy rollback lin-ts --course algebra --to 3 \
                            --reason \"rewards fell since 4\" --url http://127.0.0.1:8080 --key \
                            $NEXUS_KEY")]
    Rollback(RollbackArgs),
    /// Set the share of a course's learners for whom no policy decides, from 0 to 0.10.
    Holdout(HoldoutArgs),
    /// Set whether a policy serves and learns.
    #[command(after_help = "Example: nexus policy mode lin-ts frozen --course algebra --reason \
                            \"examinations\" --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Mode(Box<ModeArgs>),
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// The id of the course.
    #[arg(long)]
    course: String,
    /// The address of a running server.
    #[arg(long, env = "NEXUS_URL")]
    url: String,
    /// A key of that server with the scope `admin`; `courses:read` is enough to look.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct NamedArgs {
    /// The policy's word, such as lin-ts.
    policy: String,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// A version of its statistics, in the place of what is known now.
    #[arg(long)]
    version: Option<u32>,
    #[command(flatten)]
    named: NamedArgs,
}

#[derive(Debug, Args)]
struct WhyArgs {
    /// Why; the journal keeps it.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    named: NamedArgs,
}

#[derive(Debug, Args)]
struct PublishArgs {
    /// A JSON file with `counts` and `numbers`, or what `show --json` printed; of `network`, an ONNX
    /// file whose name ends in .onnx.
    #[arg(long)]
    file: PathBuf,
    /// Of an ONNX file: what its logits are divided by before they become probabilities.
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// Of an ONNX file: the probability that is spread evenly over the candidates.
    #[arg(long, default_value_t = network::FLOOR)]
    floor: f64,
    /// The last journal entry that the statistics know of.
    #[arg(long)]
    through: u64,
    /// The version that they were made to replace; when another came first, nothing is done.
    #[arg(long)]
    parent: Option<u32>,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
struct PromoteArgs {
    /// What `nexus evaluate gate --json` printed; needed to begin, but not for static.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// The share of learners, from 0 to 1; the next stage unless given. 0 ends the promotion.
    #[arg(long)]
    share: Option<f64>,
    /// Promote without evidence and without stages; the key needs the scope policies:override.
    #[arg(long = "override", conflicts_with = "evidence")]
    overrides: bool,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
struct RollbackArgs {
    /// The version to restore.
    #[arg(long)]
    to: u32,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
struct HoldoutArgs {
    /// The share of learners, 0 to 0.10.
    #[arg(long)]
    share: f64,
    /// Why; the journal keeps it.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct ModeArgs {
    #[command(flatten)]
    why: WhyArgs,
    /// live (it serves and learns), frozen (it serves and learns nothing), shadow (it decides
    /// beside the one that serves, and learns) or apprentice (a baseline serves in its place until
    /// it agrees, and it learns).
    mode: String,
    #[command(flatten)]
    terms: TermsArgs,
}

#[derive(Debug, Args)]
struct TermsArgs {
    /// Of an apprentice: who serves in its place; the course's own path unless given.
    #[arg(long)]
    baseline: Option<String>,
    /// The share of compared decisions in which it must agree, from 0.5 to 1; 0.8 unless given.
    #[arg(long)]
    agreement: Option<f64>,
    /// Compared decisions of a batch, from 100 to 10000; 500 unless given.
    #[arg(long)]
    decisions: Option<u32>,
    /// Learners of a batch at least, from 10 to 1000; 30 unless given.
    #[arg(long)]
    learners: Option<u32>,
    /// itself (it serves as soon as it agrees) or asked (it waits for `mode live`); asked unless given.
    #[arg(long)]
    graduation: Option<String>,
}

impl TermsArgs {
    /// The terms of an apprentice, or what was said of them to a policy that is to be none.
    fn terms(&self, mode: &str) -> Option<ApprenticeTerms> {
        let Self { baseline, agreement, decisions, learners, graduation } = self;
        let numbers = agreement.is_some() || decisions.is_some() || learners.is_some();
        let said = baseline.is_some() || graduation.is_some() || numbers;
        let usual = ApprenticeTerms::default();
        (said || mode == "apprentice").then(|| ApprenticeTerms {
            baseline: baseline.clone().unwrap_or(usual.baseline),
            agreement: agreement.unwrap_or(usual.agreement),
            decisions: decisions.unwrap_or(usual.decisions),
            learners: learners.unwrap_or(usual.learners),
            graduation: graduation.clone().unwrap_or(usual.graduation),
        })
    }
}

/// Runs the command. Errors: when the server cannot be reached, or says that something cannot be so.
pub fn run(args: &PolicyArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(act(&args.action))
}

async fn act(action: &PolicyAction) -> anyhow::Result<ExitCode> {
    match action {
        PolicyAction::List(place) => {
            let path = query("/v1/policies", &place.course)?;
            place.told(place.look::<PolicyList>(&path).await, print_list)
        }
        PolicyAction::Versions(named) => {
            let path = query(&named.path("versions")?, &named.place.course)?;
            let answer = named.place.look::<PolicyVersionList>(&path).await;
            named.place.told(answer, print_versions)
        }
        PolicyAction::Show(ShowArgs { version: None, named }) => show(named).await,
        PolicyAction::Show(ShowArgs { version: Some(version), named }) => {
            let path = named.path(&format!("versions/{version}"))?;
            let path = query(&path, &named.place.course)?;
            let answer = named.place.look::<PolicyVersionBody>(&path).await;
            named.place.told(answer, |body| match serde_json::to_string_pretty(body) {
                Ok(text) => println!("{text}"),
                Err(error) => eprintln!("error: {error}"),
            })
        }
        PolicyAction::Save(why) => {
            let body =
                VersionRequest { course: why.course(), reason: why.reason(), ..<_>::default() };
            why.order("versions", &body, print_version).await
        }
        PolicyAction::Publish(args) => publish(args).await,
        PolicyAction::Promote(args) => promote(args).await,
        PolicyAction::Rollback(RollbackArgs { to, why }) => {
            let (course, reason) = (why.course(), why.reason());
            let body = RollbackRequest { course, version: *to, reason };
            why.order("rollback", &body, print_version).await
        }
        PolicyAction::Holdout(args) => hold_out(args).await,
        PolicyAction::Mode(args) => {
            let ModeArgs { why, mode, terms } = &**args;
            let (course, reason) = (why.course(), why.reason());
            let apprentice = terms.terms(mode);
            let body = ModeRequest { course, mode: mode.clone(), apprentice, reason };
            why.order("mode", &body, |receipt| print_receipt(receipt, mode)).await
        }
    }
}

/// Everything that is known of one policy.
async fn show(named: &NamedArgs) -> anyhow::Result<ExitCode> {
    let place = &named.place;
    let answer = place.look::<PolicyList>(&query("/v1/policies", &place.course)?).await;
    let ours = |list: PolicyList| {
        let mut policies = list.policies.into_iter();
        let found = policies.find(|policy| policy.policy == named.policy);
        let word = &named.policy;
        found.with_context(|| format!("\"{word}\" is no policy; nexus policy list names them"))
    };
    let answer: Result<PolicySummary, Refused> =
        answer.and_then(|list| ours(list).map_err(Refused::Fault));
    place.told(answer, print_whole)
}

async fn promote(args: &PromoteArgs) -> anyhow::Result<ExitCode> {
    let PromoteArgs { evidence, share, overrides, why } = args;
    let evidence = evidence.as_deref().map(read_evidence).transpose()?;
    let body = PromoteRequest {
        course: why.course(),
        share: *share,
        evidence,
        r#override: *overrides,
        reason: why.reason(),
    };
    why.order("promote", &body, |receipt| print_receipt(receipt, "promoted")).await
}

fn read_evidence(file: &Path) -> anyhow::Result<PromotionEvidenceBody> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!("{} is not what `nexus evaluate gate --json` prints", file.display())
    })
}

async fn publish(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let statistics = match args.file.extension().is_some_and(|ending| ending == "onnx") {
        true => read_network(args)?,
        false => read_statistics(args)?,
    };
    let body = VersionRequest {
        course: args.why.course(),
        reason: args.why.reason(),
        statistics: Some(statistics),
        through: Some(args.through),
        parent: args.parent,
    };
    args.why.order("versions", &body, print_version).await
}

/// The statistics of a network in an ONNX file.
fn read_network(args: &PublishArgs) -> anyhow::Result<PolicyStatistics> {
    let file = args.file.display();
    let bytes = std::fs::read(&args.file).with_context(|| format!("read {file}"))?;
    let layers = onnx::read(&bytes).with_context(|| format!("{file} is no policy's network"))?;
    let network = PublishedNetwork::new(layers, args.temperature, args.floor);
    let network = network.context("--temperature is 0.01 to 100, and --floor 0.01 to 1")?;
    let mut parts = PolicyState::Network(NetworkPolicy::with(network)).parts();
    // The server counts versions.
    parts.counts.remove("version");
    Ok(parts.into())
}

fn read_statistics(args: &PublishArgs) -> anyhow::Result<PolicyStatistics> {
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("read {}", args.file.display()))?;
    let text: serde_json::Value = serde_json::from_str(&text)
        .with_context(|| format!("{} is not JSON", args.file.display()))?;
    let statistics = text.get("statistics").unwrap_or(&text);
    serde_json::from_value(statistics.clone())
        .with_context(|| format!("{} holds no statistics of a policy", args.file.display()))
}

async fn hold_out(args: &HoldoutArgs) -> anyhow::Result<ExitCode> {
    let HoldoutArgs { share, reason, place } = args;
    let (course, reason) = (place.course.clone(), reason.clone());
    let body = HoldoutRequest { course, share: *share, reason };
    let asked = place.site().request(Method::POST, "/v1/holdout").json(&body);
    let answer: Result<HoldoutReceipt, Refused> = place.site().ask(asked).await;
    place.told(answer, |receipt| match receipt.seq {
        Some(seq) => println!("held out     {} of learners, journal entry {seq}", receipt.share),
        None => println!("held out     {} of learners: nothing changed", receipt.share),
    })
}

impl WhyArgs {
    fn course(&self) -> String {
        self.named.place.course.clone()
    }

    fn reason(&self) -> String {
        self.reason.clone()
    }

    async fn order<T: Serialize + DeserializeOwned>(
        &self,
        verb: &str,
        body: &impl Serialize,
        print: impl FnOnce(&T),
    ) -> anyhow::Result<ExitCode> {
        let place = &self.named.place;
        let asked = place.site().request(Method::POST, &self.named.path(verb)?).json(body);
        place.told(place.site().ask(asked).await, print)
    }
}

impl NamedArgs {
    /// The address of something of the policy.
    fn path(&self, verb: &str) -> anyhow::Result<String> {
        let word = &self.policy;
        if !site::can_be_in_path(word) {
            bail!("\"{word}\" is no policy; nexus policy list names them");
        }
        Ok(format!("/v1/policies/{word}/{verb}"))
    }
}

impl PlaceArgs {
    fn site(&self) -> Site<'_> {
        Site::new(&self.url, &self.key)
    }

    async fn look<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        self.site().ask(self.site().request(Method::GET, path)).await
    }

    fn told<T: Serialize>(
        &self,
        answer: Result<T, Refused>,
        print: impl FnOnce(&T),
    ) -> anyhow::Result<ExitCode> {
        site::print_answer(self.json, answer, print)
    }
}

/// A path with the course as its query.
fn query(path: &str, course: &str) -> anyhow::Result<String> {
    // Only the part after the host is used; the base makes it an address that can be parsed.
    let base = format!("http://host{path}");
    let address = Url::parse_with_params(&base, [("course", course)])?;
    Ok(address.as_str()["http://host".len()..].to_owned())
}
