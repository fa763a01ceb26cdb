//! A server for one test, and `check`: a request, and what its answer must be.

use nexus_engine::time::Timestamp;
use nexus_server::auth::jwt::JwtIssuers;
use nexus_server::clock::Clock;
use nexus_server::http::{AppState, openapi_json, serve};
use nexus_server::node::{NodeConfig, NodeHandle, NodeThread, start};
use nexus_store::keys::{KeyEnvironment, KeyKind, KeyStore, NewKey};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The secret of the login link of every test server.
pub const LOGIN_TOKEN: &str = "let-me-in";

/// A node, its HTTP server, and a key that may do everything.
pub struct Server {
    pub address: SocketAddr,
    pub keys: Arc<KeyStore>,
    pub key: String,
    pub client: Client,
    pub node: NodeHandle,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<std::io::Result<()>>>,
    thread: Option<NodeThread>,
    folder: Option<TempDir>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(JwtIssuers::default()).await
    }

    pub async fn start_with(issuers: JwtIssuers) -> Self {
        Self::start_as(|state| state.jwt = Arc::new(issuers)).await
    }

    /// A server whose state a test has changed.
    pub async fn start_as(change: impl FnOnce(&mut AppState)) -> Self {
        Self::start_at(Clock::system(), change).await
    }

    /// A server with a clock of its own.
    pub async fn start_at(clock: Clock, change: impl FnOnce(&mut AppState)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), clock, change).await
    }

    /// The same data, served by a new node after this one has stopped.
    pub async fn restarted(self) -> Self {
        self.restarted_after(|_| {}).await
    }

    /// The same, after something was done with the data that nobody uses meanwhile.
    pub async fn restarted_after(mut self, meanwhile: impl FnOnce(&std::path::Path)) -> Self {
        self.stop().await;
        self.node.stop_node();
        let _ = self.thread.take().unwrap().join();
        let folder = self.folder.take().unwrap();
        meanwhile(folder.path());
        let mut server = Self::start_in(folder, Clock::system(), |_| {}).await;
        server.key = self.key.clone();
        server
    }

    async fn start_in(folder: TempDir, clock: Clock, change: impl FnOnce(&mut AppState)) -> Self {
        let config = NodeConfig::new(folder.path().to_owned(), clock.clone()).unwrap();
        let (node, thread) = start(config).unwrap();
        let keys = Arc::new(KeyStore::open(folder.path()).unwrap());
        let mut state = AppState::new(node.clone(), keys.clone(), clock);
        state.login_token = Some(LOGIN_TOKEN.into());
        change(&mut state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, state, shutdown));
        let redirects = reqwest::redirect::Policy::none();
        let client = Client::builder().redirect(redirects).no_proxy().build().unwrap();
        let mut server = Self {
            address,
            key: String::new(),
            keys,
            client,
            node,
            stop: Some(stop),
            task: Some(task),
            thread: Some(thread),
            folder: Some(folder),
        };
        server.key = server.new_key(&["admin", "policies:override"]).0;
        server
    }

    /// The same with a course that is published.
    pub async fn with_course() -> Self {
        let server = Self::start().await;
        server.publish().await;
        server
    }

    pub async fn publish(&self) {
        let answer = self.put("/v1/courses/sums").json(&course()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    /// A key with some scopes: its text and its id.
    pub fn new_key(&self, scopes: &[&str]) -> (String, String) {
        self.key_named("a test", scopes)
    }

    /// The same with a name of its own.
    pub fn key_named(&self, name: &str, scopes: &[&str]) -> (String, String) {
        let new = NewKey {
            kind: KeyKind::Secret,
            environment: KeyEnvironment::Test,
            name: name.into(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expires_at: None,
        };
        let (text, record) = self.keys.create(&new, Timestamp(0)).unwrap();
        (text.reveal().to_owned(), record.id)
    }

    /// A request without any credential.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.bare(Method::GET, path).bearer_auth(&self.key)
    }

    pub fn put(&self, path: &str) -> RequestBuilder {
        self.bare(Method::PUT, path).bearer_auth(&self.key)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.bare(Method::POST, path).bearer_auth(&self.key)
    }

    /// A POST with a JSON body as it is.
    pub fn post_text(&self, path: &str, body: impl Into<String>) -> RequestBuilder {
        self.post(path).header("content-type", "application/json").body(body.into())
    }

    pub async fn get_json(&self, path: &str) -> Value {
        json_of(self.get(path).send().await.unwrap()).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Value {
        json_of(self.post(path).json(body).send().await.unwrap()).await
    }

    /// Asks the server to stop and waits until it has.
    pub async fn stop(&mut self) -> Duration {
        let began = std::time::Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        self.task.take().unwrap().await.unwrap().unwrap();
        began.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.node.stop_node();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn json_of(answer: Response) -> Value {
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The API document.
pub fn document() -> Value {
    serde_json::from_str(&openapi_json()).unwrap()
}

/// Fails when the document does not name a status that an operation has answered with.
fn check_documented(method: &Method, path: &str, status: u16) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    let steps: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let named: Vec<&str> = template.split('/').collect();
        named.len() == steps.len()
            && named.iter().zip(&steps).all(|(name, step)| name.starts_with('{') || name == step)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    // An address that is written out comes before one with a name in it.
    let found = found.iter().min_by_key(|(template, _)| template.matches('{').count());
    let Some((template, entry)) = found else { return };
    let operation = &entry[method.as_str().to_lowercase()];
    if operation.is_object() {
        let named = operation["responses"].get(status.to_string()).is_some();
        assert!(named, "{method} {template} does not name {status}");
    }
}

/// Sends a request that must be answered with a problem, and looks at all of it.
pub async fn check(request: RequestBuilder, status: u16, code: &str) -> Value {
    if let Some(Ok(built)) = request.try_clone().map(RequestBuilder::build) {
        check_documented(built.method(), built.url().path(), status);
    }
    let answer = request.send().await.unwrap();
    check_problem(answer, status, code).await
}

pub async fn check_problem(answer: Response, status: u16, code: &str) -> Value {
    let got = answer.status().as_u16();
    let headers = answer.headers().clone();
    let text = answer.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(said("content-type"), Some("application/problem+json"), "{text}");
    assert_eq!(said("cache-control"), Some("no-store"));
    assert_eq!(said("x-content-type-options"), Some("nosniff"));
    assert!(text.len() <= 2048, "{} bytes", text.len());
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code, "{text}");
    assert_eq!(problem["type"], format!("/problems/{code}"));
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"].as_str(), said("x-request-id"));
    assert!(problem["detail"].as_str().unwrap().len() <= 200);
    problem
}

/// A small course: two skills, two modules, one path.
pub fn course() -> Value {
    let question = |id: &str| {
        json!({"id": id, "kind": "single", "prompt": "1 + 1 = ?", "answer": "b",
            "options": {"a": "1", "b": "2", "c": "3", "d": "4"},
            "explanation": "One and one is two."})
    };
    let exercise = |id: &str, skill: &str, questions: [&str; 2]| {
        json!({"id": id, "kind": "exercise", "title": id, "skills": [skill], "difficulty": 0.4,
            "minutes": 5.0, "required": true,
            "questions": [question(questions[0]), question(questions[1])]})
    };
    json!({
        "format": 1, "id": "sums", "version": 1, "title": "Sums", "language": "en",
        "description": "Adding up.", "licence": "CC0-1.0",
        "skills": [{"id": "add", "title": "Adding"},
            {"id": "carry", "title": "Carrying", "requires": ["add"]}],
        "modules": [
            {"id": "m1", "title": "One", "activities": [
                {"id": "watch", "kind": "video", "title": "Watch", "skills": ["add"],
                    "difficulty": 0.2, "minutes": 2.0, "required": true,
                    "video": {"seconds": 120.0, "script": "One and one is two."}},
                exercise("drill", "add", ["q1", "q2"])]},
            {"id": "m2", "title": "Two", "activities": [
                exercise("carry-1", "carry", ["q3", "q4"]),
                exercise("carry-2", "carry", ["q5", "q6"])]}
        ]
    })
}

/// An event with the fields that every event has.
pub fn event(id: &str, learner: &str, fields: Value) -> Value {
    let mut event = json!({"id": id, "learner": learner, "course": "sums"});
    for (name, value) in fields.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}
