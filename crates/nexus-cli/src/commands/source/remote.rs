//! The journal of a server elsewhere, for a program that reads a source for it.

use crate::commands::site::http_client;
use nexus_api::Problem;
use nexus_api::events::ReceiptStatus;
use nexus_api::sources::{BatchReceipt, RawBatch, RawRecord, SourceList};
use nexus_server::sources::board::{SourceCounts, SourceStatus};
use nexus_server::sources::delivery::{DeliveryFault, ReadRecord, SourceJournal};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long an answer may take; the batch is sent again then.
const ANSWER_MAX: Duration = Duration::from_secs(15);

pub struct SiteJournal {
    client: Client,
    url: String,
    key: String,
    status: Arc<SourceStatus>,
    runtime: Handle,
}

impl SiteJournal {
    pub fn new(url: &str, key: &str, status: Arc<SourceStatus>, runtime: Handle) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { client: http_client(), url, key: key.to_owned(), status, runtime }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.key).timeout(ANSWER_MAX)
    }

    fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, DeliveryFault> {
        let later = |error: reqwest::Error| {
            DeliveryFault::Later(format!("the server at {} does not answer: {error}", self.url))
        };
        self.runtime.block_on(async {
            let answer = request.send().await.map_err(later)?;
            let status = answer.status();
            let text = answer.text().await.map_err(later)?;
            if !status.is_success() {
                return Err(refusal(status, &text));
            }
            serde_json::from_str(&text).map_err(|error| {
                DeliveryFault::Never(format!("the server's answer is not understood: {error}"))
            })
        })
    }
}

/// Whether to send it again, and why.
fn refusal(status: StatusCode, text: &str) -> DeliveryFault {
    let words = match serde_json::from_str::<Problem>(text) {
        Ok(problem) => format!("the server says {status} ({}): {}", problem.code, problem.detail),
        Err(_) => format!("the server says {status}"),
    };
    let passes = status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT;
    if passes { DeliveryFault::Later(words) } else { DeliveryFault::Never(words) }
}

impl SourceJournal for SiteJournal {
    fn positions(&self, source: &str) -> Result<BTreeMap<String, u64>, DeliveryFault> {
        let list: SourceList = self.ask(self.request(Method::GET, "/v1/sources"))?;
        let own = list.sources.into_iter().filter(|report| report.source == source);
        let places = own.flat_map(|report| report.partitions);
        Ok(places.map(|place| (place.partition, place.position)).collect())
    }

    fn take(
        &self,
        source: &str,
        partition: &str,
        next: u64,
        records: &[ReadRecord],
        put_aside: u64,
    ) -> Result<BatchReceipt, DeliveryFault> {
        let raw = |it: &ReadRecord| RawRecord { position: it.position, event: it.text.clone() };
        let batch = RawBatch {
            partition: partition.to_owned(),
            next,
            records: records.iter().map(raw).collect(),
            put_aside: u32::try_from(put_aside).unwrap_or(u32::MAX),
        };
        let path = format!("/v1/sources/{source}/batches");
        let receipt: BatchReceipt = self.ask(self.request(Method::POST, &path).json(&batch))?;
        if receipt.receipts.len() != records.len() {
            let words = "the server's answer does not fit the batch".to_owned();
            return Err(DeliveryFault::Never(words));
        }
        let count = |status| {
            receipt.receipts.iter().filter(|receipt| receipt.status == status).count() as u64
        };
        self.status.count(SourceCounts {
            accepted: count(Some(ReceiptStatus::Accepted)),
            duplicate: count(Some(ReceiptStatus::Duplicate)),
            rejected: put_aside,
            behind: count(None),
        });
        Ok(receipt)
    }
}
