//! The OpenAPI document: written from the same list as the router, so that neither can forget.

use super::error::Failure;
use super::guard::{Access, guard};
use super::state::AppState;
use axum::Json;
use axum::http::Method;
use axum::middleware::from_fn;
use nexus_api::Problem;
use nexus_api::live::{LiveDecision, LiveTurn};
use utoipa::openapi::path::{Operation, PathItem as PathEntry};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder};
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Info, License, OpenApi, Paths, Ref, ResponseBuilder, Tag};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// One route as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// Its method.
    pub method: Method,
    /// Its path, as in the OpenAPI document.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// The list of routes while it is written.
pub(super) struct RouteList {
    /// The router with its document.
    pub(super) router: OpenApiRouter<AppState>,
    /// The same as data.
    pub(super) routes: Vec<RouteInfo>,
}

impl Default for RouteList {
    fn default() -> Self {
        Self { router: OpenApiRouter::with_openapi(empty_document()), routes: Vec::new() }
    }
}

impl RouteList {
    /// Adds one handler behind its guard.
    pub(super) fn add(mut self, access: Access, route: UtoipaMethodRouter<AppState>) -> Self {
        let (schemas, mut paths, handler) = route;
        for (path, entry) in &mut paths.paths {
            for (method, operation) in operations(entry) {
                annotate(operation, access);
                let path = document_path(path);
                self.routes.push(RouteInfo { method, path, access });
            }
        }
        let guarded = handler.layer(from_fn(move |request, next| guard(access, request, next)));
        self.router = self.router.routes((schemas, paths, guarded));
        self
    }
}

/// The document as text, with a line break at its end: what `docs/openapi.json` holds.
#[must_use]
pub fn openapi_json() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Read this document
#[utoipa::path(get, path = "/openapi.json", tag = "server",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn get_openapi() -> Result<Json<serde_json::Value>, Failure> {
    let document = serde_json::to_value(document());
    document.map(Json).map_err(|_| Failure::Internal)
}

fn document() -> OpenApi {
    let (_, mut document) = super::list().router.split_for_parts();
    let paths = std::mem::replace(&mut document.paths, Paths::new());
    let renamed = paths.paths.into_iter().map(|(path, entry)| (document_path(&path), entry));
    document.paths.paths = renamed.collect();
    document
}

/// axum writes a path that takes everything as `{*path}`; OpenAPI has no such thing.
fn document_path(path: &str) -> String {
    path.replace("{*", "{")
}

fn empty_document() -> OpenApi {
    let mut info = Info::new("Nexus", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    let mut licence = License::new("Apache-2.0 OR MIT");
    licence.identifier = Some("Apache-2.0 OR MIT".to_owned());
    info.license = Some(licence);
    let mut document = OpenApi::new(info, Paths::new());
    document.tags = Some(TAGS.iter().map(|(name, words)| tag(name, words)).collect());
    document.components = Some(components());
    document
}

const DESCRIPTION: &str = "An adaptive learning engine. A learning site sends `POST /v1/events` \
     what learners do and asks `POST /v1/decisions` what comes next; rewards are joined by Nexus \
     from the events. Every error is an RFC 9457 problem with a stable `code`. A 2xx means \
     durable.";

const TAGS: [(&str, &str); 11] = [
    ("learning", "The two calls a learning site needs, and the audit page of a decision."),
    ("learners", "What learners have done and seem to know."),
    ("courses", "Course versions and their counters."),
    ("constraints", "What teachers pin, block and cap."),
    ("experiments", "Planned comparisons of policies."),
    ("tracing", "The parameters that predictions are made with, and training them anew."),
    ("switch", "The kill switch: the course's own path instead of any policy."),
    ("journal", "Committed events in order."),
    ("live", "Live numbers."),
    ("server", "The process itself."),
    ("pages", "Pages and files for browsers; without data."),
];

fn tag(name: &str, description: &str) -> Tag {
    let mut tag = Tag::new(name);
    tag.description = Some(description.to_owned());
    tag
}

fn components() -> Components {
    let mut components = Components::new();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key (`nx_...`) or a token of a configured issuer."))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description("nexus_session", "A browser that logged in; reads.");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut nested = Vec::new();
    Problem::schemas(&mut nested);
    components.schemas.extend(nested);
    // What the stream sends stands in no answer.
    components.schemas.insert(LiveDecision::name().into_owned(), LiveDecision::schema());
    components.schemas.insert(LiveTurn::name().into_owned(), LiveTurn::schema());
    components
}

fn operations(entry: &mut PathEntry) -> Vec<(Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut entry.get),
        (Method::PUT, &mut entry.put),
        (Method::POST, &mut entry.post),
        (Method::DELETE, &mut entry.delete),
        (Method::PATCH, &mut entry.patch),
    ];
    let present = all
        .into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)));
    present.collect()
}

/// What is the same for every operation: its scope, and how its errors look.
fn annotate(operation: &mut Operation, access: Access) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("Why not: a problem with a stable `code`")
        .content("application/problem+json", problem)
        .build();
    operation.responses.responses.insert("default".to_owned(), response.into());
    let none = Vec::<String>::new;
    operation.security = Some(match access {
        Access::Open => Vec::new(),
        Access::Anyone | Access::Scope(_) => vec![
            SecurityRequirement::new("bearer", none()),
            SecurityRequirement::new("session", none()),
        ],
    });
    if let Access::Scope(scope) = access {
        let words = operation.description.take().unwrap_or_default();
        let separator = if words.is_empty() { "" } else { "\n\n" };
        operation.description = Some(format!("{words}{separator}Scope: `{scope}`."));
    }
}
