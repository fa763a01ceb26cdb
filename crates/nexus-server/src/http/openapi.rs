//! The OpenAPI document: written from the same list as the router, so that neither can forget.

use super::error::Failure;
use super::guard::{Access, guard};
use super::state::AppState;
use crate::auth::Scope;
use axum::body::Bytes;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response as Answer};
use nexus_api::Problem;
use nexus_api::live::{LiveDecision, LiveTurn};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem as PathEntry};
use utoipa::openapi::schema::{
    AnyOf, ArrayItems, Components, KnownFormat, Object, Schema, SchemaFormat, Type,
};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder};
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::{
    ContentBuilder, Info, License, OpenApi, Paths, Ref, RefOr, Required, Response, ResponseBuilder,
    Tag,
};
use utoipa::{IntoResponses, Number, PartialSchema, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// One route as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// The HTTP method of the route.
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
                annotate(&method, operation, access);
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
pub(super) async fn get_openapi() -> Result<Answer, Failure> {
    /// The document never changes while the process runs.
    static BYTES: LazyLock<Option<Bytes>> =
        LazyLock::new(|| serde_json::to_vec(&document()).ok().map(Bytes::from));
    let bytes = BYTES.clone().ok_or(Failure::Internal)?;
    Ok(([(CONTENT_TYPE, "application/json")], bytes).into_response())
}

fn document() -> OpenApi {
    let (_, mut document) = super::list().router.split_for_parts();
    let paths = std::mem::replace(&mut document.paths, Paths::new());
    let renamed = paths.paths.into_iter().map(|(path, entry)| (document_path(&path), entry));
    document.paths.paths = renamed.collect();
    bound_integers(&mut document);
    let entry_data = document.components.as_mut().and_then(|all| all.schemas.get_mut("EntryData"));
    entry_data.into_iter().for_each(any_of);
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
    let here = ServerBuilder::new().url("/").description(Some("The server of this document."));
    document.servers = Some(vec![here.build()]);
    document.tags = Some(TAGS.iter().map(|(name, words)| tag(name, words)).collect());
    document.components = Some(components());
    document
}

const DESCRIPTION: &str = "An adaptive learning engine. A learning site sends `POST /v1/events` \
     what learners do and asks `POST /v1/decisions` what comes next; rewards are joined by Nexus \
     from the events. Every error is an RFC 9457 problem with a stable `code`. A 2xx means \
     durable.";

const TAGS: [(&str, &str); 14] = [
    ("learning", "The two calls a learning site needs, and the audit page of a decision."),
    ("learners", "What learners have done and seem to know."),
    ("corrections", "What was recorded wrongly counts otherwise."),
    ("courses", "Course versions and their counters."),
    ("constraints", "What teachers pin, block and cap."),
    ("policies", "Which policy decides in a course, in which mode, and the versions of them."),
    ("experiments", "Planned comparisons of policies."),
    ("tracing", "The parameters that predictions are made with, and training them anew."),
    ("switch", "The kill switch: the course's own path instead of any policy."),
    ("journal", "Committed events in order."),
    ("live", "Live numbers."),
    ("sources", "Streams of events that the server reads itself, or that others read for it."),
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
    // What the stream sends stands in no answer.
    components.schemas.insert(LiveDecision::name().into_owned(), LiveDecision::schema());
    components.schemas.insert(LiveTurn::name().into_owned(), LiveTurn::schema());
    let mut nested = Vec::new();
    Problem::schemas(&mut nested);
    LiveDecision::schemas(&mut nested);
    LiveTurn::schemas(&mut nested);
    components.schemas.extend(nested);
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

/// What is the same for every operation: its scope, and the problems that follow from its shape.
/// What else an operation may refuse stands beside its handler.
fn annotate(method: &Method, operation: &mut Operation, access: Access) {
    leave_out_the_body(operation);
    for (status, words) in problems_of(method, operation, access) {
        let named = &mut operation.responses.responses;
        named.entry(status.to_owned()).or_insert_with(|| problem(words).into());
    }
    let bearer = SecurityRequirement::new("bearer", Vec::<String>::new());
    let session = SecurityRequirement::new("session", Vec::<String>::new());
    operation.security = Some(match access {
        Access::Open => Vec::new(),
        // A session of a browser does only what pages offer.
        Access::Scope(scope) if !Scope::PAGES.contains(&scope) => vec![bearer],
        Access::Anyone | Access::Scope(_) => vec![bearer, session],
    });
    if let Access::Scope(scope) = access {
        let words = operation.description.take().unwrap_or_default();
        let separator = if words.is_empty() { "" } else { "\n\n" };
        operation.description = Some(format!("{words}{separator}Scope: `{scope}`."));
    }
}

/// A body that may be left out is not `null`: the request goes without one.
fn leave_out_the_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::T(Schema::OneOf(one_of))) = &content.schema else { continue };
        let is_null = |schema: &RefOr<Schema>| match schema {
            RefOr::T(Schema::Object(object)) => object.schema_type == Type::Null.into(),
            _ => false,
        };
        if one_of.items.iter().any(is_null) {
            content.schema = one_of.items.iter().find(|schema| !is_null(schema)).cloned();
            body.required = Some(Required::False);
        }
    }
}

/// The problems that any operation of this shape may answer with.
fn problems_of(
    method: &Method,
    operation: &Operation,
    access: Access,
) -> Vec<(&'static str, &'static str)> {
    let mut problems = vec![
        ("400", "The request is broken: `malformed_json`, `limit_depth` or `key_in_url`."),
        ("500", "`internal`: a bug on our side; the request id names it in the log."),
        (
            "503",
            "Not now: `overloaded`, `recovering`, `stopping`, `storage_failed`, `keys_unavailable` \
             or `handler_timeout`.",
        ),
    ];
    if access != Access::Open {
        problems.push((
            "401",
            "Who asks is not known: `no_credential`, `bad_credential` or `expired_credential`.",
        ));
        problems.push((
            "403",
            "Who asks may not do this: `missing_scope`, `foreign_learner`, `foreign_id` or \
             `cross_site`.",
        ));
        problems.push(("429", "`too_many_requests`: the key or the token has sent too many."));
        if *method != Method::GET {
            problems.push(("507", "`storage_full`: the disk is full; nothing was done."));
        }
    }
    if operation.request_body.is_some() {
        problems.push(("408", "`slow_body`: the body did not arrive whole in time."));
        problems.push(("413", "`too_large`: the body has too many bytes."));
        problems.push(("415", "`media_type`: the body has another media type than this takes."));
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let with = |place: ParameterIn| {
        let mut places = parameters.iter().filter_map(|it| match it {
            RefOr::T(parameter) => Some(&parameter.parameter_in),
            RefOr::Ref(_) => None,
        });
        places.any(|it| *it == place)
    };
    if operation.request_body.is_some() || with(ParameterIn::Query) {
        problems.push((
            "422",
            "The request has another shape, or says what is not possible: `schema_violation`, or \
             the code of a refusal.",
        ));
    }
    if with(ParameterIn::Path) {
        problems.push((
            "404",
            "There is no such thing: `not_found`, `unknown_route`, or `unknown_...` with what is \
             missing.",
        ));
    }
    problems
}

fn problem(description: &str) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", problem)
        .build()
}

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident: $status:literal, $words:literal;)+) => {$(
        $(#[doc = $doc])+
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([($status.to_owned(), problem($words).into())])
            }
        }
    )+};
}

refusals! {
    /// What the request names does not exist.
    Unknown: "404", "There is no such thing: `unknown_...` says what is missing.";
    /// Something else was said or done before.
    Conflict: "409", "Something else was said or done before: the code says what.";
    /// The key or the token of the login is not valid.
    WrongCredential: "401", "`bad_credential` or `expired_credential`: it is not valid here.";
    /// Another site made a browser send this.
    CrossSite: "403", "`cross_site`: another site made the browser send this.";
    /// The learner was erased.
    Erased: "410", "`learner_erased`: the learner was erased.";
    /// What is asked is not possible.
    NotPossible: "422", "What is asked is not possible: the code of a refusal.";
    /// The disk is full.
    DiskFull: "507", "`storage_full`: the disk is full.";
}

/// The fields of one type of journal entry may be those of another and some more, so a reader goes
/// by `type`, and the document cannot say "exactly one".
fn any_of(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(one_of)) = schema {
        let mut any_of = AnyOf::new();
        any_of.items = std::mem::take(&mut one_of.items);
        any_of.description = one_of.description.take();
        *schema = RefOr::T(Schema::AnyOf(any_of));
    }
}

/// Says of every integer how large it may be: what is too large for its type is refused.
fn bound_integers(document: &mut OpenApi) {
    let mut bound = |object: &mut Object| {
        let Some(SchemaFormat::KnownFormat(format)) = &object.format else { return };
        let (max, format) = match format {
            KnownFormat::UInt8 => (usize::from(u8::MAX), Some(KnownFormat::Int32)),
            KnownFormat::UInt16 => (usize::from(u16::MAX), Some(KnownFormat::Int32)),
            KnownFormat::UInt32 => (u32::MAX as usize, Some(KnownFormat::Int64)),
            // No format that generators know has room for it.
            KnownFormat::UInt64 => (usize::MAX, None),
            _ => return,
        };
        object.format = format.map(SchemaFormat::KnownFormat);
        object.maximum.get_or_insert(Number::UInt(max));
    };
    if let Some(components) = &mut document.components {
        components.schemas.values_mut().for_each(|schema| each_object(schema, &mut bound));
    }
    for path in document.paths.paths.values_mut() {
        for (_, operation) in operations(path) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
                    each_object(schema, &mut bound);
                }
            }
        }
    }
}

fn each_object(schema: &mut RefOr<Schema>, change: &mut impl FnMut(&mut Object)) {
    match schema {
        RefOr::Ref(_) => {}
        RefOr::T(Schema::Object(object)) => {
            change(object);
            object.properties.values_mut().for_each(|schema| each_object(schema, change));
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                each_object(items, change);
            }
        }
        RefOr::T(Schema::OneOf(parts)) => {
            parts.items.iter_mut().for_each(|schema| each_object(schema, change));
        }
        RefOr::T(Schema::AllOf(parts)) => {
            parts.items.iter_mut().for_each(|schema| each_object(schema, change));
        }
        RefOr::T(Schema::AnyOf(parts)) => {
            parts.items.iter_mut().for_each(|schema| each_object(schema, change));
        }
        RefOr::T(_) => {}
    }
}
