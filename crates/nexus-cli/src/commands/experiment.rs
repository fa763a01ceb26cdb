//! `nexus experiment`: the whole life of experiments, on a running server.

use super::site::{self, Refused, Site};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use nexus_api::experiments::{
    ArchiveRequest, ConclusionRequest, EffectBody, EffectVerdict, ExperimentBody,
    ExperimentChangeReceipt, ExperimentList, ExperimentReceipt, ExperimentResults,
    ExperimentStatus, MovedLearners, ShareRequest, StopRequest, VariantBody,
};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::process::ExitCode;

/// Arguments of `nexus experiment`.
#[derive(Debug, Args)]
pub struct ExperimentArgs {
    #[command(subcommand)]
    action: ExperimentAction,
}

/// The life of experiments: each step is journaled with who asked and why.
#[derive(Debug, Subcommand)]
enum ExperimentAction {
    /// List the experiments and where each stands.
    List(ServerArgs),
    /// Say what an experiment says now: looking often costs nothing.
    Show(NamedArgs),
    /// Start an experiment; the first variant is the control.
    #[command(after_help = "Example: nexus experiment start spring --course algebra --variant \
                            control=static --variant treatment=pace --url \
                            http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Start(StartArgs),
    /// Set the share of learners that it takes in; a larger one moves no learner between variants.
    #[command(after_help = "Example: nexus experiment ramp spring --share 0.1 --reason \"one \
                            class first\" --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Ramp(RampArgs),
    /// Take no new learners in; those who are in stay in and are counted.
    Pause(WhyArgs),
    /// Take all learners in again.
    Resume(WhyArgs),
    /// End it: no learner is assigned and nothing is counted any more.
    Stop(WhyArgs),
    /// Say what it came to, after the end.
    #[command(after_help = "Example: nexus experiment conclude spring --variant treatment \
                            --reason \"better in the closing check\" --url \
                            http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Conclude(ConcludeArgs),
    /// Put it away, after the end; it stays readable.
    Archive(WhyArgs),
}

#[derive(Debug, Args)]
struct ServerArgs {
    /// The address of a running server.
    #[arg(long, env = "NEXUS_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key of that server with `experiments:write`; `experiments:read` is enough to look.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct NamedArgs {
    /// The id of the experiment.
    id: String,
    #[command(flatten)]
    server: ServerArgs,
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
struct StartArgs {
    /// The course in which it runs.
    #[arg(long)]
    course: String,
    /// A variant and who decides in it, as name=policy or name=policy=share; two or more.
    #[arg(long = "variant", required = true, num_args = 1)]
    variants: Vec<String>,
    /// Learners it is planned for.
    #[arg(long, default_value_t = 1_000)]
    planned_learners: u64,
    /// Its version; one that was stopped goes on as the next.
    #[arg(long, default_value_t = 1)]
    version: u32,
    /// Analyse learners too whom an earlier version showed another side.
    #[arg(long)]
    keep_moved: bool,
    #[command(flatten)]
    named: NamedArgs,
}

#[derive(Debug, Args)]
struct RampArgs {
    /// The share, from 0 to 1.
    #[arg(long)]
    share: f64,
    #[command(flatten)]
    why: WhyArgs,
}

#[derive(Debug, Args)]
struct ConcludeArgs {
    /// The variant that was chosen; none unless given.
    #[arg(long)]
    variant: Option<String>,
    #[command(flatten)]
    why: WhyArgs,
}

/// Runs the command. Errors: when the server cannot be reached, or says that something cannot be so.
pub fn run(args: &ExperimentArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(act(&args.action))
}

async fn act(action: &ExperimentAction) -> anyhow::Result<ExitCode> {
    match action {
        ExperimentAction::List(server) => {
            let asked = server.site().request(Method::GET, "/v1/experiments");
            server.told(server.site().ask(asked).await, print_list)
        }
        ExperimentAction::Show(named) => {
            let server = &named.server;
            let asked = server.site().request(Method::GET, &named.path("/results")?);
            server.told(server.site().ask(asked).await, print_results)
        }
        ExperimentAction::Start(args) => {
            let server = &args.named.server;
            let asked = server.site().request(Method::POST, "/v1/experiments").json(&args.body()?);
            server.told(server.site().ask(asked).await, |receipt| print_receipt(receipt, "started"))
        }
        ExperimentAction::Ramp(RampArgs { share, why }) => why.set_share(*share).await,
        ExperimentAction::Pause(why) => why.set_share(0.0).await,
        ExperimentAction::Resume(why) => why.set_share(1.0).await,
        ExperimentAction::Stop(why) => {
            let body = StopRequest { reason: why.reason.clone() };
            why.order("/stop", &body, |receipt| print_receipt(receipt, "stopped")).await
        }
        ExperimentAction::Conclude(ConcludeArgs { variant, why }) => {
            let (variant, reason) = (variant.clone(), why.reason.clone());
            why.order("/conclude", &ConclusionRequest { variant, reason }, print_change).await
        }
        ExperimentAction::Archive(why) => {
            let body = ArchiveRequest { reason: why.reason.clone() };
            why.order("/archive", &body, print_change).await
        }
    }
}

impl StartArgs {
    fn body(&self) -> anyhow::Result<ExperimentBody> {
        let variant = |text: &String| {
            let mut parts = text.splitn(3, '=');
            let (name, policy) = (parts.next(), parts.next());
            let (Some(name), Some(policy)) = (name, policy) else {
                bail!("--variant {text}: write it as name=policy or name=policy=share");
            };
            let share = parts.next().map(str::parse::<f64>).transpose();
            let weight = share.with_context(|| format!("--variant {text}: the share is none"))?;
            Ok(VariantBody { name: name.to_owned(), policy: policy.to_owned(), weight })
        };
        Ok(ExperimentBody {
            id: self.named.id.clone(),
            version: self.version,
            course: self.course.clone(),
            variants: self.variants.iter().map(variant).collect::<anyhow::Result<_>>()?,
            planned_learners: self.planned_learners,
            moved: if self.keep_moved { MovedLearners::Kept } else { MovedLearners::LeftOut },
        })
    }
}

impl WhyArgs {
    async fn set_share(&self, share: f64) -> anyhow::Result<ExitCode> {
        let body = ShareRequest { share, reason: self.reason.clone() };
        self.order("/share", &body, print_change).await
    }

    async fn order<T: Serialize + DeserializeOwned>(
        &self,
        verb: &str,
        body: &impl Serialize,
        print: impl FnOnce(&T),
    ) -> anyhow::Result<ExitCode> {
        let server = &self.named.server;
        let asked = server.site().request(Method::POST, &self.named.path(verb)?).json(body);
        server.told(server.site().ask(asked).await, print)
    }
}

impl NamedArgs {
    /// The address of something of the experiment.
    fn path(&self, verb: &str) -> anyhow::Result<String> {
        let id = &self.id;
        if !site::can_be_in_path(id) {
            bail!("\"{id}\" is no experiment; nexus experiment list names them");
        }
        Ok(format!("/v1/experiments/{id}{verb}"))
    }
}

impl ServerArgs {
    fn site(&self) -> Site<'_> {
        Site::new(&self.url, &self.key)
    }

    fn told<T: Serialize>(
        &self,
        answer: Result<T, Refused>,
        print: impl FnOnce(&T),
    ) -> anyhow::Result<ExitCode> {
        site::print_answer(self.json, answer, print)
    }
}

fn print_receipt(receipt: &ExperimentReceipt, word: &str) {
    let ExperimentReceipt { experiment, seq, duplicate } = receipt;
    match duplicate {
        true => println!("{word:<12} {experiment}: nothing changed"),
        false => println!("{word:<12} {experiment}, journal entry {seq}"),
    }
}

fn print_change(receipt: &ExperimentChangeReceipt) {
    let (experiment, word) = (&receipt.experiment, status_word(receipt.status));
    match receipt.seq {
        Some(seq) => println!("{word:<12} {experiment}, journal entry {seq}"),
        None => println!("{word:<12} {experiment}: nothing changed"),
    }
}

fn print_list(list: &ExperimentList) {
    for it in &list.experiments {
        let (id, course) = (&it.definition.id, &it.definition.course);
        let (word, planned) = (status_word(it.status), it.definition.planned_learners);
        println!("{word:<12} {id}, in {course}: {} of {planned} learners", it.learners);
    }
    if list.experiments.is_empty() {
        println!("none         nexus experiment start begins one");
    }
}

fn print_results(results: &ExperimentResults) {
    let ExperimentResults { id, version, course, learners, planned_learners, share, .. } = results;
    let word = status_word(results.status);
    println!("{word:<12} {id}, version {version}, in {course}");
    println!("learners     {learners} of {planned_learners} planned; takes in {share} of them");
    if results.left_out > 0 {
        let left_out = results.left_out;
        println!("left out     {left_out}, whom an earlier version showed another side");
    }
    if results.sample_ratio.alarm {
        println!("alarm        learners are not divided as designed: trust nothing below");
    }
    results.effects.iter().for_each(print_effect);
    for change in &results.changes {
        println!("{:<12} {}: {} ({})", change.change.as_str(), change.at, change.reason, change.by);
    }
    println!("entry        {}", results.seq);
}

fn print_effect(effect: &EffectBody) {
    let word = match effect.verdict {
        EffectVerdict::Better => "better",
        EffectVerdict::Worse => "worse",
        EffectVerdict::Undecided => "undecided",
    };
    let primary = if effect.primary { ", the primary metric" } else { "" };
    let about = format!("{}, {} less {}{primary}", effect.metric, effect.variant, effect.control);
    match (effect.estimate, effect.always_valid) {
        (Some(estimate), Some(ends)) => {
            println!("{word:<12} {about}: {estimate:+.3} [{:+.3}, {:+.3}]", ends.low, ends.high);
        }
        (Some(estimate), None) => println!("{word:<12} {about}: {estimate:+.3}, no interval yet"),
        (None, _) => println!("{word:<12} {about}: nothing measured yet"),
    }
}

fn status_word(status: ExperimentStatus) -> &'static str {
    match status {
        ExperimentStatus::Running => "running",
        ExperimentStatus::Paused => "paused",
        ExperimentStatus::Stopped => "stopped",
        ExperimentStatus::Concluded => "concluded",
        ExperimentStatus::Archived => "archived",
    }
}
