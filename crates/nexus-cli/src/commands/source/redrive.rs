//! Sending dead letters again.

use super::super::site::Site;
use super::answered;
use anyhow::Context;
use nexus_api::events::{EventReceipts, ReceiptStatus};
use nexus_server::sources::dead_letters::DeadLetterLine;
use nexus_server::sources::section::KafkaSection;
use nexus_server::sources::{self, dead_letter_path};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Dead letters that are sent at a time.
const BATCH: usize = 100;

/// Sends the dead letters of a file to a server. The file is moved aside first, so that the server
/// may go on adding to it; what is not taken is added to it again, with the reason of today.
pub async fn file(data: &Path, source: &str, site: &Site<'_>) -> anyhow::Result<ExitCode> {
    let path = dead_letter_path(data, source);
    let aside = dead_letter_path(data, &format!("{source}.redriving"));
    // An interrupted run left its letters there: they come first.
    if !aside.exists() {
        match std::fs::rename(&path, &aside) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                println!("{source} has no dead letters");
                return Ok(ExitCode::SUCCESS);
            }
            moved => moved.with_context(|| format!("move {} aside", path.display()))?,
        }
    }
    let text = std::fs::read_to_string(&aside);
    let text = text.with_context(|| format!("read {}", aside.display()))?;
    // A letter that was put aside twice, around a kill, is one letter.
    let mut letters = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let letter: DeadLetterLine = serde_json::from_str(line)
            .with_context(|| format!("{}:{}: no dead letter", aside.display(), number + 1))?;
        letters.insert((letter.partition.clone(), letter.position), letter);
    }
    let letters: Vec<DeadLetterLine> = letters.into_values().collect();
    let (mut taken, mut kept) = (0, Vec::new());
    for batch in letters.chunks(BATCH) {
        let left = send(batch, site).await?;
        taken += batch.len() - left.len();
        kept.extend(left);
    }
    let mut lines = Vec::new();
    for letter in &kept {
        serde_json::to_writer(&mut lines, letter)?;
        lines.push(b'\n');
    }
    let open = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    let mut file = open.with_context(|| format!("open {}", path.display()))?;
    file.write_all(&lines).and_then(|()| file.sync_all())?;
    std::fs::remove_file(&aside)?;
    println!("{taken} taken, {} still rejected: see {}", kept.len(), path.display());
    Ok(ExitCode::from(u8::from(!kept.is_empty())))
}

/// Sends some letters, and answers with those that are still rejected.
async fn send(batch: &[DeadLetterLine], site: &Site<'_>) -> anyhow::Result<Vec<DeadLetterLine>> {
    let mut kept = Vec::new();
    let mut events: Vec<(&DeadLetterLine, &RawValue)> = Vec::new();
    for letter in batch {
        let original = letter.original.as_deref().map(serde_json::from_str::<&RawValue>);
        match original {
            Some(Ok(event)) => events.push((letter, event)),
            // What is no JSON today was none then.
            _ => kept.push(letter.clone()),
        }
    }
    if events.is_empty() {
        return Ok(kept);
    }
    let body: Vec<&RawValue> = events.iter().map(|(_, event)| *event).collect();
    let body = serde_json::to_string(&body)?;
    let request = || {
        let request = site.request(Method::POST, "/v1/events");
        request.header(CONTENT_TYPE, "application/json").body(body.clone())
    };
    let answer: EventReceipts = answered(site.insist(request).await)?;
    for ((letter, _), receipt) in events.into_iter().zip(answer.receipts) {
        if receipt.status == ReceiptStatus::Rejected {
            let code = receipt.code.unwrap_or_else(|| letter.code.clone());
            let detail = receipt.detail.unwrap_or_default();
            kept.push(DeadLetterLine { code, detail, ..letter.clone() });
        }
    }
    Ok(kept)
}

/// Sends the dead letters of a topic back to the topics that they came from.
pub fn topic(section: &KafkaSection) -> anyhow::Result<ExitCode> {
    let moved = sources::redrive(section)?;
    println!("{moved} dead letters were sent to their topics again");
    Ok(ExitCode::SUCCESS)
}
