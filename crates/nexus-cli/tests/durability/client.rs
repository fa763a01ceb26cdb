//! A small blocking HTTP client over one kept connection, so that it is known to the byte whether
//! a request can have reached the server.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take. Longer than the server's own limits.
const ANSWER_SECONDS_MAX: u64 = 20;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    // Names in small letters.
    headers: Vec<(String, String)>,
    /// The body; null when it is not JSON.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Debug)]
#[expect(dead_code, reason = "the errors are there to be printed")]
pub enum NoAnswer {
    /// No connection was made, so nothing was sent.
    NotSent(io::Error),
    /// Something was sent, and what became of it is not known.
    Lost(io::Error),
}

/// A client with a key and one connection.
pub struct Client {
    address: SocketAddr,
    key: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Answer {
    /// A header by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The stable code of a problem; empty when it is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// A client that connects when it is first used.
    pub fn new(address: SocketAddr, key: &str) -> Self {
        Self { address, key: key.to_owned(), connection: None }
    }

    /// Sends a request and waits for its answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address).map_err(NoAnswer::NotSent)?,
        };
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            self.address,
            self.key,
            text.len()
        );
        connection.get_mut().write_all(request.as_bytes()).map_err(NoAnswer::Lost)?;
        let answer = read_answer(&mut connection).map_err(NoAnswer::Lost)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// Sends a request that must be answered.
    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None).unwrap_or_else(|error| panic!("GET {path}: {error:?}"))
    }
}

fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))?;
    stream.set_write_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let first = read_line(connection)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| broken(format!("no status in {first:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(connection)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| broken(line.clone()))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse::<usize>().ok());
    let bytes = match length {
        Some(length) => {
            let mut bytes = vec![0; length];
            connection.read_exact(&mut bytes)?;
            bytes
        }
        None => read_chunks(connection)?,
    };
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body })
}

fn read_chunks(connection: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let line = read_line(connection)?;
        let length = usize::from_str_radix(&line, 16).map_err(|_| broken(line))?;
        let begin = bytes.len();
        bytes.resize(begin + length, 0);
        connection.read_exact(&mut bytes[begin..])?;
        read_line(connection)?;
        if length == 0 {
            return Ok(bytes);
        }
    }
}

fn read_line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let line = line.strip_suffix("\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(line.to_owned())
}

fn broken(line: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, line)
}
