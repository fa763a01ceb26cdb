//! One HTTP request over a connection of its own: enough to be a learning site, or a browser, in a
//! test.

use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// An answer as it came.
pub struct Answer {
    /// The status line and the headers.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The status, when there is one.
    pub fn status(&self) -> Option<u16> {
        self.head.split(' ').nth(1)?.parse().ok()
    }

    /// What a browser would send back of the cookie that came.
    pub fn cookie(&self) -> Option<&str> {
        let set = self.head.lines().find_map(|line| line.strip_prefix("set-cookie: "))?;
        set.split(';').next()
    }
}

/// Sends a body to a path of a server on this machine; the answer must be a success.
pub fn post(port: u16, key: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        body.len()
    );
    let answer = ask(port, &head, &body)?;
    if !answer.status().is_some_and(|status| (200..300).contains(&status)) {
        bail!("{path} answers {}: {}", answer.head, answer.body);
    }
    let read = serde_json::from_str(&answer.body);
    read.with_context(|| format!("{path} answers no JSON: {}", answer.body))
}

/// Asks for a page, with a cookie or without.
pub fn get(port: u16, path: &str, cookie: Option<&str>) -> anyhow::Result<Answer> {
    let cookie = cookie.map_or_else(String::new, |cookie| format!("cookie: {cookie}\r\n"));
    ask(port, &format!("GET {path} HTTP/1.1\r\naccept: text/html\r\n{cookie}"), "")
}

fn ask(port: u16, head: &str, body: &str) -> anyhow::Result<Answer> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("connect")?;
    connection.set_read_timeout(Some(Duration::from_secs(20))).context("limit the wait")?;
    let request = format!("{head}host: 127.0.0.1\r\nconnection: close\r\n\r\n{body}");
    connection.write_all(request.as_bytes()).context("send a request")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).context("read the answer")?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
    Ok(Answer { head: head.to_owned(), body: body.to_owned() })
}
