//! Asking a running server to train, and waiting for it.

use super::TracingArgs;
use super::report::{Bar, Ended};
use anyhow::Context;
use nexus_api::tracing::{TracingState, TrainingJob};
use nexus_api::{FieldProblem, Problem};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// How often the server is asked how far it is.
const GLANCE: Duration = Duration::from_millis(500);

/// What a server says instead of yes.
enum Refused {
    /// It will not do that now.
    No(String, String),
    /// It cannot be asked.
    Fault(anyhow::Error),
}

impl From<anyhow::Error> for Refused {
    fn from(fault: anyhow::Error) -> Self {
        Self::Fault(fault)
    }
}

/// Trains on a server, and waits until it has ended.
pub(super) fn train(args: &TracingArgs, url: &str) -> anyhow::Result<Ended> {
    let key = args.key.as_deref();
    let key = key.context("give --key (or NEXUS_KEY) a key of the server with scope `admin`")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = Instant::now();
    let site = Site { client: Client::new(), url: url.trim_end_matches('/').to_owned(), key };
    let seconds = || began.elapsed().as_secs_f64();
    match runtime.block_on(site.train(args)) {
        Ok(job) => ended(job, seconds()),
        Err(Refused::No(code, detail)) => {
            let refusal = Some((code, detail));
            Ok(Ended { published: None, report: None, refusal, seconds: seconds() })
        }
        Err(Refused::Fault(fault)) => Err(fault),
    }
}

struct Site<'a> {
    client: Client,
    url: String,
    key: &'a str,
}

impl Site<'_> {
    async fn train(&self, args: &TracingArgs) -> Result<TrainingJob, Refused> {
        let address = format!("{}/v1/tracing/versions", self.url);
        let started: TrainingJob =
            self.ask(self.client.post(address).json(&args.request())).await?;
        let bar = Bar::new(args.json);
        loop {
            let address = format!("{}/v1/tracing", self.url);
            let state: TracingState = self.ask(self.client.get(address)).await?;
            let job = state.job.filter(|job| job.job == started.job);
            let gone = "the server has forgotten the training: it was started again, or trains \
                        for somebody else; GET /v1/tracing says which version serves";
            let job = job.context(gone)?;
            if job.status != "running" {
                bar.end();
                return Ok(job);
            }
            bar.show(job.stage.as_deref().unwrap_or_default(), job.entries_read, job.entries);
            tokio::time::sleep(GLANCE).await;
        }
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refused> {
        let answer = request.bearer_auth(self.key).send().await;
        let answer = answer.with_context(|| format!("reach {}", self.url))?;
        let (status, text) = (answer.status(), answer.text().await.context("read the answer")?);
        if status.is_success() {
            return Ok(serde_json::from_str(&text).context("understand the answer")?);
        }
        Err(refusal(status, &text))
    }
}

/// 409 is a no that may be a yes later; everything else is a mistake in the call.
fn refusal(status: StatusCode, text: &str) -> Refused {
    match serde_json::from_str::<Problem>(text) {
        Ok(problem) if status == StatusCode::CONFLICT => Refused::No(problem.code, problem.detail),
        Ok(problem) => {
            let place = |error: &FieldProblem| format!("{}: {}", error.pointer, error.detail);
            let places: Vec<_> = problem.errors.iter().map(place).collect();
            let words = [vec![problem.detail], places].concat().join("; ");
            Refused::Fault(anyhow::anyhow!("the server says {status} ({}): {words}", problem.code))
        }
        Err(_) => Refused::Fault(anyhow::anyhow!("the server says {status}: {text}")),
    }
}

fn ended(job: TrainingJob, seconds: f64) -> anyhow::Result<Ended> {
    let refusal = job.refusal.map(|refusal| (refusal.code, refusal.detail));
    if let (true, Some((_, detail))) = (job.status == "failed", &refusal) {
        anyhow::bail!("the training failed: {detail}");
    }
    Ok(Ended { published: job.version.zip(job.seq), report: job.report, refusal, seconds })
}
