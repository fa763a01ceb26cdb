//! One HTTP request over a connection of its own: enough to be a learning site in a test.

use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// Sends a body to a path of a server on this machine; the answer must be a success.
pub fn post(port: u16, key: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("connect")?;
    connection.set_read_timeout(Some(Duration::from_secs(20))).context("limit the wait")?;
    let body = body.to_string();
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nauthorization: Bearer \
         {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .context("send a request")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).context("read the answer")?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
    if !head.starts_with("HTTP/1.1 2") {
        bail!("{path} answers {}: {body}", head.lines().next().unwrap_or_default());
    }
    serde_json::from_str(body).with_context(|| format!("{path} answers no JSON: {body}"))
}
