//! Asking a running server to train, and waiting for it.

use super::TracingArgs;
use super::report::{Bar, Ended};
use crate::commands::site::{Refused, Site};
use anyhow::Context;
use nexus_api::tracing::{TracingState, TrainingJob, TrainingStage, TrainingStatus};
use reqwest::Method;
use std::time::{Duration, Instant};

/// How often the server is asked how far it is.
const GLANCE: Duration = Duration::from_millis(500);

/// Trains on a server, and waits until it has ended.
pub(super) fn train(args: &TracingArgs, url: &str) -> anyhow::Result<Ended> {
    let key = args.key.as_deref();
    let key = key.context("give --key (or NEXUS_KEY) a key of the server with scope `admin`")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = Instant::now();
    let site = Site::new(url, key);
    let seconds = || began.elapsed().as_secs_f64();
    match runtime.block_on(followed(&site, args)) {
        Ok(job) => ended(job, seconds()),
        Err(Refused::No(code, detail)) => {
            let refusal = Some((code, detail));
            Ok(Ended { published: None, report: None, refusal, seconds: seconds() })
        }
        Err(Refused::Fault(fault)) => Err(fault),
    }
}

async fn followed(site: &Site<'_>, args: &TracingArgs) -> Result<TrainingJob, Refused> {
    let asked = site.request(Method::POST, "/v1/tracing/versions").json(&args.request());
    let started: TrainingJob = site.ask(asked).await?;
    let bar = Bar::new(args.json);
    loop {
        let state: TracingState = site.ask(site.request(Method::GET, "/v1/tracing")).await?;
        let job = state.job.filter(|job| job.job == started.job);
        let gone = "the server does not know the training: the server was restarted, or runs \
                        another training; GET /v1/tracing says which version serves";
        let job = job.context(gone)?;
        if job.status != TrainingStatus::Running {
            bar.end();
            return Ok(job);
        }
        bar.show(job.stage.map_or("", TrainingStage::word), job.entries_read, job.entries);
        tokio::time::sleep(GLANCE).await;
    }
}

fn ended(job: TrainingJob, seconds: f64) -> anyhow::Result<Ended> {
    let refusal = job.refusal.map(|refusal| (refusal.code, refusal.detail));
    if let (true, Some((_, detail))) = (job.status == TrainingStatus::Failed, &refusal) {
        anyhow::bail!("the training failed: {detail}");
    }
    Ok(Ended { published: job.version.zip(job.seq), report: job.report, refusal, seconds })
}
