//! Clients that are slow, silent or still there when the server stops.

use crate::harness::{Server, check_problem, event};
use nexus_server::http::{AppState, ConnectionLimits, RateLimits, RequestRates};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long the server keeps a connection on which some text came, and nothing more.
async fn kept(server: &Server, text: &str) -> Duration {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut rest = Vec::new();
    let closed = socket.read_to_end(&mut rest);
    // Well below the 60 s that an idle connection is kept: which limit closed it is what counts,
    // not how busy this machine is.
    let _ = tokio::time::timeout(Duration::from_secs(40), closed).await.expect("never closed");
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_and_slow_clients_are_closed() {
    let server = Server::start().await;
    let (silent, first_byte, header) = tokio::join!(
        kept(&server, ""),
        kept(&server, "G"),
        kept(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: "),
    );
    for seconds in [silent, first_byte, header].map(|kept| kept.as_secs_f64()) {
        assert!(seconds >= 4.5, "{seconds}: closed before its time was over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dripping_header_does_not_keep_its_connection() {
    let server = Server::start().await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(40) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        if socket.write_all(b"x-drip: 1\r\n").await.is_err() {
            return;
        }
    }
    panic!("a header may drip for ever");
}

/// Sends a request on a connection that stays open, and reads the head of the answer.
async fn ask(socket: &mut TcpStream, path: &str, key: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let n = socket.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..n]).into_owned()
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

fn few_connections(state: &mut AppState) {
    state.connection_limits = ConnectionLimits { total: 8, per_address: 8 };
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_keep_nobody_out() {
    let server = Server::start_as(few_connections).await;
    let mut hoard = Vec::new();
    for _ in 0..8 {
        let mut socket = connect(&server).await;
        assert!(ask(&mut socket, "/healthz", "").await.starts_with("HTTP/1.1 200"));
        hoard.push(socket);
    }
    for _ in 0..20 {
        let mut newcomer = connect(&server).await;
        let answer = ask(&mut newcomer, "/v1/courses", &server.key).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let mut rest = Vec::new();
    assert_eq!(hoard[0].read_to_end(&mut rest).await.unwrap(), 0, "the longest idle one is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_connection_is_busy_health_and_the_switch_are_answered() {
    let server = Server::start_as(few_connections).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut socket = connect(&server).await;
        let answer = ask(&mut socket, "/v1/stream", &server.key).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        streams.push(socket);
    }
    for path in ["/readyz", "/healthz", "/v1/switch", "/metrics"] {
        let answer = ask(&mut connect(&server).await, path, &server.key).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    }
    let answer = ask(&mut connect(&server).await, "/v1/courses", &server.key).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
    drop(streams);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_sends_too_much_is_told_when_to_come_again() {
    let rates = RequestRates { per_key: Some(1.0), per_learner: None };
    let server =
        Server::start_as(|state| state.rate_limits = Arc::new(RateLimits::new(rates))).await;
    let statuses = async {
        for _ in 0..50 {
            let answer = server.get("/v1/courses").send().await.unwrap();
            if answer.status() == 429 {
                return answer;
            }
        }
        panic!("fifty requests at once are not too many");
    };
    let answer = statuses.await;
    assert!(answer.headers().contains_key("retry-after"));
    check_problem(answer, 429, "too_many_requests").await;
    let other = server.new_key(&["courses:read"]).0;
    let answer = server.bare(reqwest::Method::GET, "/v1/courses").bearer_auth(other).send();
    assert_eq!(answer.await.unwrap().status(), 200, "others have a limit of their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_send_a_form_of_four_kilobytes_and_no_more() {
    let server = Server::start().await;
    let form = |bytes: usize| {
        let login = server.bare(reqwest::Method::POST, "/login");
        login.header("content-type", "application/x-www-form-urlencoded").body("k".repeat(bytes))
    };
    check_problem(form(4_096).send().await.unwrap(), 401, "bad_credential").await;
    check_problem(form(4_097).send().await.unwrap(), 413, "too_large").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_between_requests_is_kept() {
    let server = Server::start().await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..2 {
        socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 2048];
        let n = socket.read(&mut answer).await.unwrap();
        assert!(answer[..n].starts_with(b"HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_secs(6)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_does_not_outlive_its_credential_for_long() {
    let lifetime = Duration::from_millis(1_500);
    let server = Server::start_as(|state| state.stream_lifetime = lifetime).await;
    let (key, id) = server.new_key(&["stream:read"]);
    let open = || server.bare(reqwest::Method::GET, "/v1/stream").bearer_auth(&key).send();
    let mut stream = open().await.unwrap();
    assert_eq!(stream.status(), 200);
    server.keys.revoke(&id, nexus_engine::time::Timestamp(1)).unwrap();
    let began = Instant::now();
    let rest = async { while let Some(_chunk) = stream.chunk().await.unwrap() {} };
    tokio::time::timeout(Duration::from_secs(10), rest).await.expect("it never ended");
    assert!(began.elapsed() > Duration::from_millis(1_000), "{:?}", began.elapsed());
    check_problem(open().await.unwrap(), 401, "bad_credential").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_and_ends_when_the_server_stops() {
    let mut server = Server::with_course().await;
    let mut stream = server.get("/v1/stream").header("last-event-id", "7").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(stream.headers()["cache-control"], "no-store");
    server.post_json("/v1/events", &json!([event("e1", "ada", json!({"type": "enrolled"}))])).await;
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    let mut text = String::new();
    let mut asked = false;
    while !(text.contains("event: live") && text.contains("event: decision")) {
        let chunk = tokio::time::timeout(Duration::from_secs(10), stream.chunk());
        let chunk = chunk.await.expect("nothing came").unwrap().expect("it ended");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        if !asked {
            server.post_json("/v1/decisions", &ask).await;
            asked = true;
        }
    }
    assert!(text.contains("\"decision_id\":\"d1\""), "{text}");
    let reader = tokio::spawn(async move { while let Ok(Some(_)) = stream.chunk().await {} });
    let took = server.stop().await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    reader.await.unwrap();
    assert!(server.bare(reqwest::Method::GET, "/healthz").send().await.is_err());
}
