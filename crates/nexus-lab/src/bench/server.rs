//! The two servers that are compared: a real one on a real node, and a bare one.

use super::school::{Size, draft, history_questions};
use super::start::incoming;
use anyhow::{Context, anyhow};
use axum::Router;
use axum::extract::{Json, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use nexus_server::auth::Scope;
use nexus_server::clock::Clock;
use nexus_server::http::{self, AppState};
use nexus_server::node::{NodeConfig, NodeHandle, NodeThread, start};
use nexus_store::keys::{KeyEnvironment, KeyKind, KeyStore, NewKey};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Events sent to the node at once while the class gets its history.
const BATCH: usize = 250;

/// A server that runs until it is told to stop.
pub(super) struct Server {
    pub address: SocketAddr,
    /// What its clients say of themselves.
    pub authorization: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    node: Option<(NodeHandle, NodeThread)>,
}

impl Server {
    /// Nexus as `nexus serve` runs it: keys checked at each request, every write synced.
    pub async fn nexus(data: &Path, class: usize) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let (node, thread) = start(NodeConfig::new(data.to_path_buf(), clock.clone())?)?;
        let keys = KeyStore::open(data)?;
        let new = NewKey {
            kind: KeyKind::Secret,
            environment: KeyEnvironment::Live,
            name: "bench".to_owned(),
            scopes: [Scope::EventsWrite, Scope::DecisionsWrite, Scope::GradesWrite]
                .map(|s| s.word().to_owned())
                .into(),
            expires_at: None,
        };
        let (key, _) = keys.create(&new, clock.now())?;
        fill(&node, class).await?;
        let listener = listen().await?;
        let address = listener.local_addr()?;
        let state = AppState::new(node.clone(), Arc::new(keys), clock);
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(http::serve(listener, state, async {
            // A dropped sender means the same as a stop.
            let _ = stopped.await;
        }));
        let authorization = format!("Bearer {}", key.reveal());
        Ok(Self { address, authorization, stop, serving, node: Some((node, thread)) })
    }

    /// An axum server that parses the same JSON and answers with fixed texts as long as ours.
    pub async fn bare(events: String, decision: String) -> anyhow::Result<Self> {
        let router = Router::new()
            .route("/v1/events", post(answer).with_state(Arc::<str>::from(events)))
            .route("/v1/decisions", post(answer).with_state(Arc::<str>::from(decision)));
        let listener = listen().await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let serving = tokio::spawn(async move { serve.await });
        let authorization = "Bearer unchecked".to_owned();
        Ok(Self { address, authorization, stop, serving, node: None })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        // A server that is gone already has stopped.
        let _ = self.stop.send(());
        self.serving.await.context("the server's task stopped")??;
        if let Some((node, thread)) = self.node {
            node.stop_node();
            drop(node);
            let health = tokio::task::spawn_blocking(|| thread.join()).await;
            health.context("the node could not be waited for")?;
        }
        Ok(())
    }
}

async fn listen() -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on the loopback address")
}

async fn answer(State(text): State<Arc<str>>, Json(body): Json<Value>) -> impl IntoResponse {
    std::hint::black_box(&body);
    ([(CONTENT_TYPE, "application/json")], text.to_string())
}

/// Gives everybody in the class an answer to every question of the history.
async fn fill(node: &NodeHandle, class: usize) -> anyhow::Result<()> {
    let published = node.publish(draft(Size::USUAL)).await;
    published.map_err(|error| anyhow!("the course was refused: {error:?}"))?;
    let questions = history_questions(Size::USUAL);
    let events: anyhow::Result<Vec<_>> =
        (0..class * questions.len()).map(|number| incoming(number, class, &questions)).collect();
    for batch in events?.chunks(BATCH) {
        node.record(batch.to_vec()).await.map_err(|fault| anyhow!("{fault:?}"))?;
    }
    Ok(())
}
