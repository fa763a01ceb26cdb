//! Stopping in order: with open streams and idle connections, by either signal.

use crate::server::{self, Server, Site};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Open streams, and as many connections that ask for nothing.
const STREAMS: usize = 20;

#[test]
fn a_server_stops_in_order_with_open_streams_and_idle_connections() {
    let _turn = server::turn();
    let site = Site::new();
    for signal in ["-TERM", "-HUP", "-INT"] {
        let server = site.start();
        let streams: Vec<TcpStream> = (0..STREAMS).map(|_| stream(&site, &server)).collect();
        let idle: Vec<TcpStream> = (0..STREAMS).map(|_| idle(&server)).collect();
        server.signal(signal);
        let ended = server.wait_end();
        assert_eq!(ended.code, Some(0), "{signal}: {ended:?}");
        // It says so when it gave up waiting for somebody.
        assert!(!ended.log.contains("still under way"), "{signal}: {ended:?}");
        for mut stream in streams {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).expect("a stream ends, and is not cut off");
        }
        drop(idle);
        site.verify();
    }
}

#[test]
fn a_server_takes_as_many_open_files_as_it_may() {
    let _turn = server::turn();
    let site = Site::new();
    let server = site.start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id()));
    let Ok(limits) = limits else { return println!("skipped: there is no /proc here") };
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    // The hard limit is no number when there is none.
    let hard = numbers.get(1).copied().unwrap_or(u64::MAX);
    assert!(numbers[0] >= hard.min(65_536), "{line}");
}

/// A stream whose first bytes have come.
fn stream(site: &Site, server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    let request =
        format!("GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", site.key);
    stream.write_all(request.as_bytes()).expect("a request");
    let mut first = [0; 12];
    stream.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// A connection that had one answer and asks for no more.
fn idle(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").expect("a request");
    let mut first = [0; 12];
    stream.read_exact(&mut first).expect("an answer");
    stream
}
