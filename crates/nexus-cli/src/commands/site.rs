//! Asking a running server, for commands that take --url and --key.

use anyhow::Context;
use nexus_api::{FieldProblem, Problem};
use nexus_engine::ids::LearnerId;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::process::ExitCode;
use std::time::Duration;

/// How long a server that is busy is left alone.
const BUSY_REST: Duration = Duration::from_millis(500);
/// After how long it is said that the server is still busy.
const TELL_AFTER: Duration = Duration::from_secs(10);

/// What a server says instead of yes.
pub enum Refused {
    /// It will not do that now: a code, and why.
    No(String, String),
    /// It cannot be asked.
    Fault(anyhow::Error),
}

impl From<anyhow::Error> for Refused {
    fn from(fault: anyhow::Error) -> Self {
        Self::Fault(fault)
    }
}

pub struct Site<'a> {
    client: Client,
    url: &'a str,
    key: &'a str,
}

impl<'a> Site<'a> {
    /// The server at an address, asked with a key of it.
    pub fn new(url: &'a str, key: &'a str) -> Self {
        Self { client: http_client(), url: url.trim_end_matches('/'), key }
    }

    /// A request to one of its paths.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request and reads the answer.
    ///
    /// Errors: [`Refused::No`] for 409, which may be a yes later, and a fault for everything else.
    pub async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refused> {
        let (status, text) = self.send(request).await?;
        understood(status, &text)
    }

    /// Whether a learner was erased.
    ///
    /// Errors: when the server does not say, as when the key may not read learners.
    pub async fn is_erased(&self, learner: &LearnerId) -> anyhow::Result<bool> {
        let id = in_path(learner.as_str());
        let (status, text) =
            self.send(self.request(Method::GET, &format!("/v1/learners/{id}"))).await?;
        match status {
            StatusCode::GONE => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            status if status.is_success() => Ok(false),
            status => match refusal(status, &text) {
                Refused::Fault(fault) => Err(fault.context("ask whether a learner was erased")),
                Refused::No(code, detail) => anyhow::bail!("{detail} ({code})"),
            },
        }
    }

    /// The same, sent again for as long as the server is busy.
    ///
    /// Errors: as [`Site::ask`].
    pub async fn insist<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, Refused> {
        let (mut rested, mut told) = (Duration::ZERO, Duration::ZERO);
        loop {
            let (status, text) = self.send(request()).await?;
            let Some(busy) = Busy::read(status, &text) else { return understood(status, &text) };
            tokio::time::sleep(busy.rest).await;
            rested += busy.rest;
            if rested >= told + TELL_AFTER {
                told = rested;
                eprintln!("{}: {}; still trying", self.url, busy.detail);
            }
        }
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<(StatusCode, String)> {
        let answer = request.bearer_auth(self.key).send().await;
        let answer = answer.with_context(|| format!("reach {}", self.url))?;
        Ok((answer.status(), answer.text().await.context("read the answer")?))
    }
}

/// A no that will be a yes soon.
struct Busy {
    rest: Duration,
    detail: String,
}

impl Busy {
    /// Codes that pass by themselves. What takes a person, such as a disk that failed, is not among them.
    const PASSING: [&str; 6] = [
        "overloaded",
        "recovering",
        "stopping",
        "handler_timeout",
        "storage_full",
        "too_many_requests",
    ];

    fn read(status: StatusCode, text: &str) -> Option<Self> {
        if status.is_success()
            || status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
        {
            return None;
        }
        let problem: Problem = serde_json::from_str(text).ok()?;
        let passes = Self::PASSING.contains(&problem.code.as_str());
        let rest = problem.retry_after.map_or(BUSY_REST, |it| Duration::from_secs(it.into()));
        passes.then(|| Self { rest: rest.max(BUSY_REST), detail: problem.detail })
    }
}

fn understood<T: DeserializeOwned>(status: StatusCode, text: &str) -> Result<T, Refused> {
    if status.is_success() {
        return Ok(serde_json::from_str(text).context("understand the answer")?);
    }
    Err(refusal(status, text))
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

/// Prints an answer, or why there is none: exit code 1 when it may be a yes later.
///
/// Errors: the fault, when the server could not be asked.
pub fn print_answer<T: Serialize>(
    json: bool,
    answer: Result<T, Refused>,
    print: impl FnOnce(&T),
) -> anyhow::Result<ExitCode> {
    match answer {
        Ok(answer) if json => println!("{}", serde_json::to_string(&answer)?),
        Ok(answer) => print(&answer),
        Err(Refused::Fault(fault)) => return Err(fault),
        Err(Refused::No(code, detail)) => {
            match json {
                true => println!("{}", serde_json::json!({"code": code, "detail": detail})),
                false => println!("no           {detail} ({code})"),
            }
            return Ok(ExitCode::from(1));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether an id can be put into an address as it is. The server judges the id itself; this keeps
/// out only what would make another address of it.
pub fn can_be_in_path(id: &str) -> bool {
    !id.is_empty() && !id.contains(['/', '?', '#', '%'])
}

/// A text as a part of an address.
pub fn in_path(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// A client for servers elsewhere. On a machine without certificates it reaches those that speak
/// plain HTTP, and says of the others what is lacking.
pub fn http_client() -> Client {
    let usual = Client::builder().build();
    usual.or_else(|_| Client::builder().tls_certs_only([]).build()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_addresses() {
        assert_eq!(in_path("learner-1"), "learner-1");
        assert_eq!(in_path("auth0|7/a?b#c%"), "auth0%7C7%2Fa%3Fb%23c%25");
        assert_eq!(in_path("Zo\u{eb} L"), "Zo%C3%AB%20L");
    }
}
