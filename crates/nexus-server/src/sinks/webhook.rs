//! A receiver that takes batches by `POST`, signed.

use super::section::WebhookSection;
use super::{DeliveryFailure, OutgoingEntry, Receiver, SinkFault};
use crate::config::SECRET_BYTES_MIN;
use aws_lc_rs::hmac;
use reqwest::{Client, StatusCode};
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a receiver may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// What begins every signature: the version of the scheme.
const SCHEME: &str = "v1";

struct Webhook {
    name: String,
    url: String,
    secret: Vec<u8>,
    client: Client,
    runtime: tokio::runtime::Handle,
}

/// Opens a webhook. Nothing is sent yet.
pub(super) fn open(
    section: &WebhookSection,
    runtime: &tokio::runtime::Handle,
) -> Result<Box<dyn Receiver>, SinkFault> {
    let name = section.name.clone();
    let path = section.secret_file.clone();
    let secret = match std::fs::read(&path) {
        Ok(secret) => secret.trim_ascii().to_vec(),
        Err(source) => return Err(SinkFault::Secret { name, path, source }),
    };
    if secret.len() < SECRET_BYTES_MIN {
        let place = path.display();
        let reason = format!("the secret in {place} has fewer than {SECRET_BYTES_MIN} bytes");
        return Err(SinkFault::Client { name, reason });
    }
    // A redirect would send what learners do to an address that the configuration does not name.
    let redirects = reqwest::redirect::Policy::none();
    let client = Client::builder().redirect(redirects).timeout(ANSWER_MAX);
    // Plain HTTP needs no certificates, and a minimal image has none.
    let client = match section.url.starts_with("http://") {
        true => client.tls_certs_only([]).build(),
        false => client.build(),
    };
    let client = client
        .map_err(|error| SinkFault::Client { name: name.clone(), reason: error.to_string() })?;
    let (url, runtime) = (section.url.clone(), runtime.clone());
    Ok(Box::new(Webhook { name, url, secret, client, runtime }))
}

/// The signature of a body that is sent at a moment, in seconds since 1970: HMAC-SHA-256 over the
/// moment, a dot and the body (RFC 2104), in hexadecimal.
#[must_use]
pub fn signature(secret: &[u8], seconds: u64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let mut text = format!("t={seconds},{SCHEME}=");
    for byte in context.sign().as_ref() {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Webhook {
    fn body(&self, entries: &[OutgoingEntry]) -> String {
        let entries: Vec<&str> = entries.iter().map(|entry| entry.json.as_str()).collect();
        // A name is plain letters, and entries are JSON already.
        format!("{{\"sink\":\"{}\",\"entries\":[{}]}}", self.name, entries.join(","))
    }
}

impl Receiver for Webhook {
    fn deliver(&mut self, entries: &[OutgoingEntry]) -> Result<(), DeliveryFailure> {
        let body = self.body(entries);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let signed = signature(&self.secret, since_1970.as_secs(), body.as_bytes());
        let request = self.client.post(&self.url).header("content-type", "application/json");
        let request = request.header("nexus-signature", signed).body(body);
        // The client's timer begins inside the runtime.
        match self.runtime.block_on(async { request.send().await }) {
            Ok(response) => outcome(response.status()),
            Err(error) => Err(DeliveryFailure::Later(plain(error))),
        }
    }
}

/// What an answer means. Only an answer about the entries themselves is final: an address that is
/// wrong or a secret that changed can be mended, and nothing must be lost meanwhile.
fn outcome(status: StatusCode) -> Result<(), DeliveryFailure> {
    let reason = format!("the receiver answers {status}");
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::BAD_REQUEST
        | StatusCode::CONFLICT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Err(DeliveryFailure::Never(reason)),
        _ => Err(DeliveryFailure::Later(reason)),
    }
}

/// An error with its causes, without the address, which may hold a secret.
fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_hmac_of_moment_and_body() {
        // Python: hmac.new(b"a secret of a site", b'1700000000.{"a":1}', "sha256").hexdigest()
        let expected =
            "t=1700000000,v1=e2f781b9bc1f553e589695b010781816269fdf2d7fda9fb63fd34e42f9cef453";
        assert_eq!(signature(b"a secret of a site", 1_700_000_000, b"{\"a\":1}"), expected);
    }

    #[test]
    fn only_an_answer_about_the_entries_is_final() {
        for status in [200, 202, 204] {
            assert_eq!(outcome(StatusCode::from_u16(status).unwrap()), Ok(()), "{status}");
        }
        for (status, is_final) in
            [(400, true), (413, true), (422, true), (301, false), (401, false), (404, false)]
        {
            let found = outcome(StatusCode::from_u16(status).unwrap()).unwrap_err();
            assert_eq!(matches!(found, DeliveryFailure::Never(_)), is_final, "{status}");
        }
        for status in [408, 429, 500, 503] {
            let found = outcome(StatusCode::from_u16(status).unwrap()).unwrap_err();
            assert!(matches!(found, DeliveryFailure::Later(_)), "{status}");
        }
    }
}
