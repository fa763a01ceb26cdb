//! The API document and the server agree: the example of every request is accepted, every value
//! that the document forbids is refused, and an array is never taken for an object.
//!
//! Everything is drawn from the document: a limit that it states and the server does not enforce
//! fails here, and so does a new request without an example.

use crate::harness::{Server, check, document};
use reqwest::Method;
use serde_json::{Value, json};

/// Every operation with a JSON body, in an order in which all examples can be sent, with its
/// address: the examples are one story.
const STORY: [(&str, &str, &str); 30] = [
    ("put", "/v1/courses/{id}", "/v1/courses/fractions"),
    ("post", "/v1/decisions", "/v1/decisions"),
    ("post", "/v1/decisions/{id}/exposure", "/v1/decisions/decision-1/exposure"),
    ("post", "/v1/decisions/{id}/rewards", "/v1/decisions/decision-1/rewards"),
    ("post", "/v1/events", "/v1/events"),
    ("post", "/v1/sources/{id}/batches", "/v1/sources/clicks/batches"),
    ("post", "/v1/supports", "/v1/supports"),
    ("post", "/v1/corrections", "/v1/corrections"),
    ("post", "/v1/courses/{id}/regrade", "/v1/courses/fractions/regrade"),
    ("put", "/v1/learners/{id}/consent", "/v1/learners/learner-1/consent"),
    ("post", "/v1/courses/{id}/mastery", "/v1/courses/fractions/mastery"),
    ("put", "/v1/constraints/{id}", "/v1/constraints/no-quiz-today"),
    ("delete", "/v1/constraints/{id}", "/v1/constraints/no-quiz-today"),
    ("post", "/v1/experiments", "/v1/experiments"),
    ("post", "/v1/experiments/{id}/share", "/v1/experiments/path-or-bandit/share"),
    ("post", "/v1/experiments/{id}/stop", "/v1/experiments/path-or-bandit/stop"),
    ("post", "/v1/experiments/{id}/conclude", "/v1/experiments/path-or-bandit/conclude"),
    ("post", "/v1/experiments/{id}/archive", "/v1/experiments/path-or-bandit/archive"),
    ("post", "/v1/tracing/versions", "/v1/tracing/versions"),
    ("post", "/v1/policies/{id}/versions", "/v1/policies/lin-ts/versions"),
    ("post", "/v1/policies/{id}/rollback", "/v1/policies/lin-ts/rollback"),
    ("post", "/v1/policies/{id}/promote", "/v1/policies/mastery/promote"),
    ("post", "/v1/policies/{id}/mode", "/v1/policies/lin-ts/mode"),
    ("post", "/v1/holdout", "/v1/holdout"),
    ("post", "/v1/switch", "/v1/switch"),
    ("post", "/v1/decision-batches", "/v1/decision-batches"),
    ("post", "/v1/reward-batches", "/v1/reward-batches"),
    ("post", "/v1/keys/{id}/revoke", "/v1/keys/KEY/revoke"),
    ("delete", "/v1/learners/{id}", "/v1/learners/learner-1"),
    ("post", "/login", ""),
];

/// Fields of an answer that are mended or left out, and never cost it: the receipt says so.
const MENDED: [&str; 5] = ["/duration_ms", "/hints", "/attempt", "/probe", "/response"];

/// Longer lists make bodies that take too long to send again and again.
const ITEMS_MAX: u64 = 5_000;

/// A value that the document forbids.
struct Violation {
    /// Where in the body.
    pointer: String,
    /// What is wrong with it.
    what: &'static str,
    /// The whole body with it.
    body: Value,
    /// Words that the refusal must hold.
    says: &'static str,
}

/// A walk over a body beside its schema.
struct Walk<'a> {
    document: &'a Value,
    body: &'a Value,
    violations: Vec<Violation>,
}

impl Walk<'_> {
    fn add(&mut self, pointer: &str, what: &'static str, value: Value) {
        self.add_saying(pointer, what, value, "");
    }

    fn add_saying(&mut self, pointer: &str, what: &'static str, value: Value, says: &'static str) {
        let mut body = self.body.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        self.violations.push(Violation { pointer: pointer.to_owned(), what, body, says });
    }

    fn resolve(&self, schema: &Value) -> Value {
        match schema["$ref"].as_str() {
            Some(target) => {
                self.document.pointer(target.strip_prefix('#').unwrap()).unwrap().clone()
            }
            None => schema.clone(),
        }
    }

    /// The branch of a choice that a value belongs to.
    fn branch(&self, schema: &Value, value: &Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(kind) =
            schema["discriminator"]["mapping"][value["type"].as_str().unwrap_or("")].as_str()
        {
            return self.resolve(&json!({"$ref": kind}));
        }
        let Some(branches) = schema["oneOf"].as_array() else { return schema };
        let fits = |branch: &Value| types(branch).iter().any(|name| is(value, name));
        let branches: Vec<Value> = branches.iter().map(|branch| self.resolve(branch)).collect();
        let found = branches.iter().find(|branch| branch["oneOf"].is_array() || fits(branch));
        found.unwrap_or_else(|| panic!("no branch of {schema} for {value}")).clone()
    }

    fn walk(&mut self, schema: &Value, value: &Value, pointer: &str) {
        if MENDED.iter().any(|field| pointer.ends_with(field)) {
            return;
        }
        let whole = self.resolve(schema);
        let schema = self.branch(schema, value);
        let names = types(&schema);
        let alone = whole["oneOf"].as_array().is_none_or(|branches| {
            branches.iter().filter(|branch| types(branch) != ["null"]).count() == 1
        });
        match value {
            Value::String(_) => self.text(&schema, alone, pointer),
            Value::Number(_) => self.number(&schema, alone, pointer),
            Value::Bool(_) if alone => self.add(pointer, "no truth value", json!("yes")),
            Value::Array(items) => self.list(&schema, alone, items, pointer),
            Value::Object(_) => self.object(&schema, alone, value, pointer),
            _ => {}
        }
        if alone && !names.contains(&"null".to_owned()) && whole["oneOf"].is_null() {
            self.add(pointer, "null", Value::Null);
        }
    }

    fn text(&mut self, schema: &Value, alone: bool, pointer: &str) {
        if alone {
            self.add(pointer, "a number for a text", json!(7));
        }
        if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
            self.add(pointer, "too short", json!(""));
        }
        if let Some(most) = schema["maxLength"].as_u64() {
            self.add(pointer, "too long", json!("x".repeat(most as usize + 1)));
        }
        match schema["pattern"].as_str() {
            Some("\\S") => self.add(pointer, "blank", json!(" \t ")),
            Some(pattern) => {
                self.add(pointer, "another character", json!("a\u{7}b"));
                if pattern.contains("(?!") {
                    self.add(pointer, "an id of our own", json!("rwd:1"));
                }
            }
            None => {}
        }
        if schema["enum"].is_array() {
            self.add(pointer, "another word", json!("no such word"));
        }
        if schema["format"] == "date-time" {
            self.add(pointer, "no moment", json!("soon"));
        }
    }

    fn number(&mut self, schema: &Value, alone: bool, pointer: &str) {
        if alone {
            self.add(pointer, "a text for a number", json!("7"));
        }
        let whole = types(schema).contains(&"integer".to_owned());
        if whole {
            self.add(pointer, "a fraction", json!(1.5));
        }
        if let Some(least) = schema["minimum"].as_f64() {
            let below = if whole {
                json!(least as i64 - 1)
            } else {
                json!(least - least.abs().max(1.0) * 0.001)
            };
            self.add(pointer, "below the minimum", below);
        }
        if let Some(bound) = schema["exclusiveMinimum"].as_f64() {
            self.add(pointer, "at the lower bound", json!(bound));
        }
        if let Some(most) = schema["maximum"].as_f64() {
            let above = match whole {
                true if most < 9e15 => json!(most as u64 + 1),
                true => json!(most * 2.0),
                false => json!(most + most.abs().max(1.0) * 0.001),
            };
            self.add(pointer, "above the maximum", above);
        }
    }

    fn list(&mut self, schema: &Value, alone: bool, items: &[Value], pointer: &str) {
        if alone {
            self.add(pointer, "an object for a list", json!({"first": 1}));
        }
        if schema["minItems"].as_u64().is_some_and(|least| least > 0) {
            self.add(pointer, "too few", json!([]));
        }
        if let (Some(most), Some(first)) = (schema["maxItems"].as_u64(), items.first())
            && most <= ITEMS_MAX
        {
            self.add(pointer, "too many", json!(vec![first; most as usize + 1]));
        }
        for (position, item) in items.iter().enumerate() {
            self.walk(&schema["items"], item, &format!("{pointer}/{position}"));
        }
    }

    fn object(&mut self, schema: &Value, alone: bool, value: &Value, pointer: &str) {
        let fields = value.as_object().unwrap();
        if alone {
            self.add(pointer, "a text for an object", json!("x"));
            let values: Vec<&Value> = fields.values().collect();
            let is_event = pointer.starts_with("/events/") || schema["properties"].is_null();
            let says = if is_event { "" } else { "name the fields" };
            self.add_saying(pointer, "an array for an object", json!(values), says);
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let mut fewer = fields.clone();
            fewer.remove(name.as_str().unwrap()).expect("an example has every required field");
            self.add(pointer, "a field is missing", Value::Object(fewer));
        }
        if schema["additionalProperties"] == false {
            let mut more = fields.clone();
            more.insert("surprise".to_owned(), json!(1));
            self.add(pointer, "an unknown field", Value::Object(more));
        }
        let named = schema["propertyNames"]["maxLength"].as_u64();
        if let (Some(most), Some(first)) = (named, fields.values().next()) {
            let mut more = fields.clone();
            more.insert("k".repeat(most as usize + 1), first.clone());
            self.add(pointer, "a name is too long", Value::Object(more));
        }
        if let (Some(most), Some(first)) =
            (schema["maxProperties"].as_u64(), fields.values().next())
        {
            let many = (0..=most).map(|n| (format!("k{n}"), first.clone()));
            self.add(pointer, "too many names", Value::Object(many.collect()));
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if field["format"] == "date-time" && !fields.contains_key(name) {
                let mut more = fields.clone();
                more.insert(name.clone(), json!("soon"));
                self.add(pointer, "no moment", Value::Object(more));
            }
        }
        for (name, field) in fields {
            let inner = match schema["properties"].get(name) {
                Some(known) => known.clone(),
                None if schema["additionalProperties"].is_object() => {
                    schema["additionalProperties"].clone()
                }
                // An object whose fields another schema says, such as an event in a batch of a source.
                None if schema["properties"].is_null() => continue,
                None => panic!("the example has {pointer}/{name}, which its schema has not"),
            };
            self.walk(&inner, field, &format!("{pointer}/{name}"));
        }
    }
}

fn types(schema: &Value) -> Vec<String> {
    match &schema["type"] {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        _ if schema["discriminator"].is_object() => vec!["object".to_owned()],
        _ => Vec::new(),
    }
}

fn is(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(_) => name == "number" || name == "integer",
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

/// Every operation whose body is JSON: method, path and schema.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, entry) in document["paths"].as_object().unwrap() {
        for (method, operation) in entry.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_object() {
                found.push((method.clone(), path.clone(), schema.clone()));
            }
        }
    }
    found
}

/// The example of a schema, which the first branch of a choice may have.
fn example(walk: &Walk<'_>, schema: &Value) -> Value {
    let mut schema = walk.resolve(schema);
    if schema["oneOf"].is_array() {
        schema = walk.resolve(&schema["oneOf"][0]);
    }
    let found = match schema.get("example") {
        Some(example) => example.clone(),
        None => schema["examples"][0].clone(),
    };
    assert!(found.is_object(), "a request has an example: {schema}");
    found
}

/// Whether the server refused a body, whole or one part of it, and what it said.
async fn refused(server: &Server, method: &str, address: &str, body: &Value) -> (bool, String) {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let request = server.bare(method, address).bearer_auth(&server.key).json(body);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    // Of a batch, each part is taken or refused by itself.
    let counts = ["rejected", "refused"].map(|name| said[name].as_u64().unwrap_or(0));
    let rejected = counts.into_iter().any(|count| count > 0);
    (status.is_client_error() || rejected, format!("{status}: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_are_accepted_and_what_the_document_forbids_is_refused() {
    let document = document();
    let server = Server::start().await;
    let operations = operations(&document);
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (method, path, schema) in &operations {
        let known = STORY.iter().any(|(known, of, _)| known == method && of == path);
        assert!(known, "{method} {path} has no place in the story");
        assert!(schema.is_object());
    }
    // Ids of keys are random.
    let old_key = server.key_named("the old site", &["courses:read"]).1;
    for (method, path, address) in STORY {
        let address = &address.replace("KEY", &old_key);
        let found = operations.iter().find(|(known, of, _)| known == method && of == path);
        let Some((_, _, schema)) = found else { continue };
        let nothing = Value::Null;
        let mut walk = Walk { document: &document, body: &nothing, violations: Vec::new() };
        let body = example(&walk, schema);
        walk.body = &body;
        walk.walk(schema, &body, "");
        for violation in walk.violations {
            tried += 1;
            let Violation { pointer, what, body, says } = violation;
            let (refused, said) = refused(&server, method, address, &body).await;
            if !refused || !said.contains(says) {
                wrong.push(format!("{method} {path} {pointer}: {what}: {said}"));
            }
        }
        let (refused, said) = refused(&server, method, address, &body).await;
        if refused || !said.starts_with('2') {
            wrong.push(format!("{method} {path}: the example: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 500, "only {tried} violations");
}

#[tokio::test(flavor = "multi_thread")]
async fn query_parameters_keep_to_their_limits() {
    let document = document();
    let server = Server::with_course().await;
    let mut tried = 0;
    for (path, entry) in document["paths"].as_object().unwrap() {
        let address = path
            .replace("/learners/{id}", "/learners/ada")
            .replace("/policies/{id}", "/policies/lin-ts")
            .replace("{id}", "sums")
            .replace("{version}", "1");
        let parameters = entry["get"]["parameters"].as_array();
        let parameters: Vec<&Value> = parameters.into_iter().flatten().collect();
        let query = parameters.iter().filter(|it| it["in"] == "query");
        let needed = query.clone().filter(|it| it["required"] == true);
        let needed: Vec<String> =
            needed.map(|it| format!("{}=sums", it["name"].as_str().unwrap())).collect();
        let needed = needed.join("&");
        for parameter in query {
            let name = parameter["name"].as_str().unwrap();
            let schema = &parameter["schema"];
            let mut values = Vec::new();
            if types(schema).contains(&"integer".to_owned()) {
                values.extend(["x".to_owned(), "1.5".to_owned(), "-1".to_owned()]);
            }
            values.extend(schema["minimum"].as_i64().map(|least| (least - 1).to_string()));
            values
                .extend(schema["maximum"].as_u64().map(|most| (u128::from(most) + 1).to_string()));
            if schema["pattern"].is_string() {
                values.push("a%07b".to_owned());
            }
            for value in values {
                tried += 1;
                let request = server.get(&format!("{address}?{needed}&{name}={value}"));
                check(request, 422, "schema_violation").await;
            }
        }
    }
    assert!(tried > 20, "only {tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_array_is_never_taken_for_an_object() {
    let server = Server::with_course().await;
    let variants = json!([["a", "static", 0.5], ["b", "random", 0.5]]);
    for (method, address, body, pointer) in [
        ("POST", "/v1/switch", json!([null, true, "why"]), ""),
        ("DELETE", "/v1/learners/x", json!(["why"]), ""),
        ("DELETE", "/v1/learners/x", json!(["why", null]), ""),
        (
            "POST",
            "/v1/experiments",
            json!({"id": "e", "course": "sums", "variants": variants}),
            "/variants/0",
        ),
        (
            "POST",
            "/v1/policies/lin-ts/mode",
            json!({"course": "sums", "mode": "apprentice", "reason": "why",
                "apprentice": ["static", 0.8, 500, 30, "asked"]}),
            "/apprentice",
        ),
        (
            "POST",
            "/v1/policies/lin-ts/versions",
            json!({"course": "sums", "reason": "why", "through": 1, "statistics": [{}, {}]}),
            "/statistics",
        ),
        ("POST", "/v1/decisions/d/exposure", json!(["2026-01-01T00:00:00Z"]), ""),
        ("POST", "/v1/tracing/versions", json!([20, 10, 5, 1, 100, true]), ""),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = server.bare(method, address).bearer_auth(&server.key).json(&body);
        let problem = check(request, 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("name the fields, like {\""), "{detail}");
    }
    assert_eq!(server.get_json("/v1/switch").await["switches"], json!([]));
}
