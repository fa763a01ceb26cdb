//! `nexus course publish`: a course file into a running server, through its API.

use crate::commands::site::http_client;
use anyhow::Context;
use nexus_api::course::CourseFile;
use nexus_ingest::course_file;
use std::path::PathBuf;
use std::process::ExitCode;

/// The answer is no: problems in the file, or the server refuses.
const REFUSED: u8 = 1;

/// Arguments of `nexus course publish`.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// The course file: YAML or JSON.
    file: PathBuf,
    /// The address of a running server.
    #[arg(long, env = "NEXUS_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key that may publish (`nexus key create --for admin`).
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true)]
    key: String,
}

/// Checks the file and publishes it.
///
/// Errors: when the file or the server cannot be reached.
pub fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let name = args.file.display().to_string();
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("read {name}"))?;
    let draft = match course_file::read(&text) {
        Ok(draft) => draft,
        Err(findings) => {
            for finding in findings {
                println!("{}", finding.report(&name));
            }
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let address = format!("{}/v1/courses/{}", args.url.trim_end_matches('/'), draft.id);
    let course = CourseFile::from(draft);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (status, answer) = runtime.block_on(async {
        let request = http_client().put(&address).bearer_auth(&args.key);
        let response = request.json(&course).send().await;
        let response = response.with_context(|| format!("reach {}", args.url))?;
        anyhow::Ok((response.status(), response.text().await?))
    })?;
    println!("{answer}");
    if status.is_success() { Ok(ExitCode::SUCCESS) } else { Ok(ExitCode::from(REFUSED)) }
}
