//! `nexus correct`: what was recorded wrongly counts otherwise, on a running server.

use super::site::{Refused, Site, in_path};
use clap::{Args, Subcommand};
use nexus_api::corrections::{
    CorrectionReceipt, CorrectionRequest, GradeCorrection, RegradeRequest,
};
use reqwest::Method;
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `nexus correct`.
#[derive(Debug, Args)]
pub struct CorrectArgs {
    #[command(subcommand)]
    action: CorrectAction,
}

/// The journal keeps what was said; each correction stands there with who asked and why.
#[derive(Debug, Subcommand)]
enum CorrectAction {
    /// Events never happened: a test account, a mistake of the site.
    #[command(
        after_help = "Example: nexus correct void evt-17 evt-18 --reason \"a test account\" \
                            --url http://127.0.0.1:8080 --key $NEXUS_KEY"
    )]
    Void(VoidArgs),
    /// An answer, or a completed quiz, has another grade: the second reading of an essay.
    #[command(after_help = "Example: nexus correct grade evt-17 0.8 --reason \"second reading\" \
                            --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Grade(GradeArgs),
    /// Grade stored responses again by the latest version of a course, whose keys were mended.
    #[command(after_help = "Example: nexus correct regrade algebra --question q7 --dry-run \
                            --url http://127.0.0.1:8080 --key $NEXUS_KEY")]
    Regrade(RegradeArgs),
}

#[derive(Debug, Args)]
struct ServerArgs {
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
    /// The address of a running server.
    #[arg(long, env = "NEXUS_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key of that server with `grades:write`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct VoidArgs {
    /// The ids of the events.
    #[arg(required = true)]
    events: Vec<String>,
    /// Why, without saying who; the journal keeps it.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct GradeArgs {
    /// The id of the event.
    event: String,
    /// The grade, from 0 to 1; only 1 is right.
    grade: f64,
    /// Why, without saying who; the journal keeps it.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct RegradeArgs {
    /// The id of the course.
    course: String,
    /// Only this question; may be said more than once. All questions when left out.
    #[arg(long = "question")]
    questions: Vec<String>,
    /// Why, without saying who; that the key was mended, when left out.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command. Errors: when the server cannot be reached, or says that something cannot be so.
pub fn run(args: &CorrectArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(act(&args.action))
}

async fn act(action: &CorrectAction) -> anyhow::Result<ExitCode> {
    match action {
        CorrectAction::Void(VoidArgs { events, reason, server }) => {
            let request = CorrectionRequest {
                void: events.clone(),
                reason: reason.clone(),
                dry_run: server.dry_run,
                ..CorrectionRequest::default()
            };
            server.correct("/v1/corrections", &request).await
        }
        CorrectAction::Grade(GradeArgs { event, grade, reason, server }) => {
            let request = CorrectionRequest {
                grades: vec![GradeCorrection { event: event.clone(), grade: *grade }],
                reason: reason.clone(),
                dry_run: server.dry_run,
                ..CorrectionRequest::default()
            };
            server.correct("/v1/corrections", &request).await
        }
        CorrectAction::Regrade(RegradeArgs { course, questions, reason, server }) => {
            let request = RegradeRequest {
                questions: (!questions.is_empty()).then(|| questions.clone()),
                reason: reason.clone(),
                dry_run: server.dry_run,
            };
            server.correct(&format!("/v1/courses/{}/regrade", in_path(course)), &request).await
        }
    }
}

impl ServerArgs {
    async fn correct(&self, path: &str, body: &impl Serialize) -> anyhow::Result<ExitCode> {
        let site = Site::new(&self.url, &self.key);
        match site.ask(site.request(Method::POST, path).json(body)).await {
            Ok(receipt) if self.json => println!("{}", serde_json::to_string(&receipt)?),
            Ok(receipt) => print_receipt(&receipt),
            Err(Refused::No(code, detail)) => {
                match self.json {
                    true => println!("{}", serde_json::json!({"code": code, "detail": detail})),
                    false => println!("no           {detail} ({code})"),
                }
                return Ok(ExitCode::from(1));
            }
            Err(Refused::Fault(fault)) => return Err(fault),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print_receipt(receipt: &CorrectionReceipt) {
    let CorrectionReceipt { events, answers, rewards, learners, entries, .. } = receipt;
    let word = match (receipt.duplicate, receipt.dry_run) {
        (true, _) => "unchanged",
        (false, true) => "would be",
        (false, false) => receipt.correction.as_str(),
    };
    println!(
        "{word:<12} {events} events of {learners} learners; {answers} answers and {rewards} rewards \
         change, {entries} entries count otherwise"
    );
    for change in &receipt.changes {
        let [before, after] = change.right;
        let [tried, tries] = change.answered;
        println!(
            "learner      {}: {before} of {tried} right, then {after} of {tries}",
            change.learner
        );
    }
    if let Some(left) = receipt.regrade {
        println!(
            "looked at    {} answers: {} the same by either key, {} graded by the site, {} by hand, {} \
             without a response, {} that cannot be graded",
            left.seen,
            left.same,
            left.graded_by_site,
            left.graded_by_hand,
            left.without_response,
            left.not_gradable
        );
    }
    if let Some(seq) = receipt.seq {
        println!("entry        {seq}");
    }
}
