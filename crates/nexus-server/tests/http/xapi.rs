//! Statements of the Experience API over HTTP: what a learning record store promises, and what becomes
//! of statements here.

use crate::harness::{Server, check, course};
use nexus_engine::event::{Action, Event};
use nexus_engine::ids::EventId;
use nexus_ingest::foreign::ActorKey;
use nexus_server::node::Reader;
use nexus_store::secret::ServerKey;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const VERSION: &str = "X-Experience-API-Version";

async fn school() -> Server {
    let server = Server::start().await;
    let mut file = course();
    file["iris"] = json!([
        {"iri": "https://lms.example/watch", "activity": "watch"},
        {"iri": "https://lms.example/q1", "question": "q1"},
    ]);
    let published = server.put("/v1/courses/sums").json(&file).send().await.unwrap();
    assert_eq!(published.status(), 200, "{}", published.text().await.unwrap());
    server
}

fn id(number: u32) -> String {
    format!("6690e6c9-3ef0-4ed3-8b37-7f39647300{number:02}")
}

fn statement(number: u32, verb: &str, object: &str, more: Value) -> Value {
    let mut statement = json!({
        "id": id(number),
        "actor": {"name": "Ada L.", "mbox": "mailto:ada@example.com"},
        "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
        "object": {"id": format!("https://lms.example/{object}")},
        "timestamp": format!("2026-11-22T09:{number:02}:00Z"),
    });
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    statement
}

fn spoken(request: RequestBuilder) -> RequestBuilder {
    request.header(VERSION, "1.0.3")
}

fn post(server: &Server, body: &Value) -> RequestBuilder {
    spoken(server.post("/xapi/statements")).json(body)
}

async fn sent(server: &Server, body: &Value) -> Value {
    let answer = post(server, body).send().await.unwrap();
    let (status, version) = (answer.status(), answer.headers().get(VERSION).cloned());
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    assert_eq!(version.unwrap(), "1.0.3");
    serde_json::from_str(&text).unwrap()
}

/// Asks for statements; what is no letter or digit is written as in an address.
fn asked(server: &Server, query: &[(&str, &str)]) -> RequestBuilder {
    let encoded = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let one = |byte: u8| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let pairs: Vec<_> =
        query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    spoken(server.get(&format!("/xapi/statements?{}", pairs.join("&"))))
}

async fn got(server: &Server, query: &[(&str, &str)]) -> Value {
    let answer = asked(server, query).send().await.unwrap();
    let status = answer.status();
    assert!(answer.headers().contains_key("x-experience-api-consistent-through"));
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn ada(server: &Server) -> String {
    let key = ServerKey::open(&server.node.directory()).unwrap();
    ActorKey::new(key.actors()).of_mailbox("mailto:ada@example.com")
}

#[tokio::test]
async fn what_is_sent_is_given_back_and_teaches() {
    let server = school().await;
    let right = json!({"result": {"success": true, "duration": "PT8S"}});
    let answered = statement(1, "answered", "q1", right);
    let mut nameless = statement(2, "launched", "watch", json!({}));
    nameless.as_object_mut().unwrap().remove("id");
    let ids = sent(&server, &json!([answered, nameless])).await;
    assert_eq!((&ids[0], ids.as_array().unwrap().len()), (&json!(id(1)), 2));
    let made = ids[1].as_str().unwrap();
    assert!(nexus_ingest::xapi::is_uuid(made), "{made}");

    let back = got(&server, &[("statementId", &id(1))]).await;
    for part in ["id", "actor", "verb", "object", "result", "timestamp"] {
        assert_eq!(back[part], answered[part], "{part}");
    }
    for part in ["stored", "authority", "version"] {
        assert!(!back[part].is_null(), "{part} is what the receiver says");
    }
    let learner = server.get_json(&format!("/v1/learners/{}", ada(&server))).await;
    assert!(learner.to_string().contains("\"drill\""), "{learner}");
    assert!(!learner.to_string().contains("ada@"), "{learner}");

    assert_eq!(sent(&server, &answered).await, json!([id(1)]), "the same again is nothing new");
    let another = statement(1, "answered", "q1", json!({"result": {"success": false}}));
    check(post(&server, &another), 409, "idempotency_conflict").await;
    let fresh = statement(3, "launched", "watch", json!({}));
    check(post(&server, &json!([fresh, another])), 409, "idempotency_conflict").await;
    check(asked(&server, &[("statementId", &id(3))]), 404, "not_found").await;
}

#[tokio::test]
async fn a_batch_is_refused_whole_with_the_place_of_the_violation() {
    let server = school().await;
    let sound = statement(1, "launched", "watch", json!({}));
    let score = json!({"result": {"score": {"scaled": 1.5}}});
    for (statements, pointer, code) in [
        (
            json!([sound, statement(2, "passed", "watch", score)]),
            "/1/result/score/scaled",
            "out_of_range",
        ),
        (json!([sound, {"actor": {"mbox": "ada"}}]), "/1/actor/mbox", "bad_mailbox"),
        (json!([sound, sound]), "/1/id", "duplicate_id"),
        (json!({"verb": {"id": "http://a/b"}}), "", "missing_property"),
        (
            json!([sound, statement(3, "read", "watch", json!({"version": "2.0.0"}))]),
            "/1/version",
            "bad_version",
        ),
        (json!([[], sound]), "/0", "wrong_type"),
    ] {
        let problem = check(post(&server, &statements), 400, "invalid_statement").await;
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)));
    }
    let doubled = "{\"actor\": {}, \"actor\": {}}";
    let request = spoken(server.post_text("/xapi/statements", doubled));
    let problem = check(request, 400, "invalid_statement").await;
    assert_eq!(problem["errors"][0]["code"], "duplicate_key");
    let none = got(&server, &[]).await;
    assert_eq!(none, json!({"statements": [], "more": ""}));
}

#[tokio::test]
async fn the_version_and_the_ways_to_say_who_asks() {
    let server = school().await;
    let about = server.bare(Method::GET, "/xapi/about").send().await.unwrap();
    assert_eq!(about.status(), 200);
    let about: Value = about.json().await.unwrap();
    assert_eq!(about, json!({"version": ["1.0.3", "2.0.0"]}));
    let body = statement(1, "launched", "watch", json!({}));
    for version in [None, Some("0.95"), Some("1.1.0")] {
        let mut request = server.post("/xapi/statements").json(&body);
        if let Some(version) = version {
            request = request.header(VERSION, version);
        }
        let problem = check(request, 400, "invalid_statement").await;
        assert_eq!(problem["errors"][0]["code"], "bad_version");
    }
    let bare = || spoken(server.bare(Method::POST, "/xapi/statements")).json(&body);
    check(bare(), 401, "no_credential").await;
    check(bare().basic_auth("me", Some("secret")), 401, "bad_credential").await;
    let (key, key_id) = server.new_key(&["events:write"]);
    let basic = bare().basic_auth(&key_id, Some(&key)).send().await.unwrap();
    assert_eq!(basic.status(), 200);
    // What says how an answer was needs the scope that says so elsewhere.
    let graded = statement(2, "answered", "q1", json!({"result": {"success": true}}));
    let graded = spoken(server.bare(Method::POST, "/xapi/statements")).json(&graded);
    check(graded.basic_auth(&key_id, Some(&key)), 403, "missing_scope").await;
    let elsewhere = server.bare(Method::GET, "/v1/courses").basic_auth(&key_id, Some(&key));
    check(elsewhere, 401, "bad_credential").await;
}

#[tokio::test]
async fn put_takes_one_statement_under_the_id_of_the_address() {
    let server = school().await;
    let put = |query: &str, body: &Value| {
        spoken(server.put(&format!("/xapi/statements?{query}"))).json(body)
    };
    let mut body = statement(1, "launched", "watch", json!({}));
    let own = format!("statementId={}", id(1));
    let wrong = format!("statementId={}", id(2));
    check(put(&wrong, &body), 400, "invalid_statement").await;
    check(put("statementId=7", &body), 400, "invalid_statement").await;
    check(put("", &body), 400, "invalid_statement").await;
    body.as_object_mut().unwrap().remove("id");
    for _ in 0..2 {
        let answer = put(&own, &body).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (204, String::new()));
    }
    assert_eq!(got(&server, &[("statementId", &id(1))]).await["id"], json!(id(1)));
    body["verb"]["id"] = json!("http://adlnet.gov/expapi/verbs/read");
    check(put(&own, &body), 409, "idempotency_conflict").await;
}

#[tokio::test]
async fn statements_are_listed_by_what_they_say_and_page_by_page() {
    let server = school().await;
    let ben = json!({"actor": {"mbox": "mailto:ben@example.com"}});
    let batch = json!([
        statement(1, "launched", "watch", json!({})),
        statement(2, "attended", "watch", json!({})),
        statement(3, "launched", "essay", json!({})),
        statement(4, "launched", "essay", ben),
    ]);
    sent(&server, &batch).await;
    let ids = |answer: &Value| -> Vec<String> {
        let statements = answer["statements"].as_array().unwrap().iter();
        statements.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected) in [
        (vec![], vec![4, 3, 2, 1]),
        (vec![("ascending", "true")], vec![1, 2, 3, 4]),
        (vec![("agent", r#"{"mbox": "mailto:ben@example.com"}"#)], vec![4]),
        (vec![("verb", "http://adlnet.gov/expapi/verbs/attended")], vec![2]),
        (vec![("activity", "https://lms.example/essay")], vec![4, 3]),
        (vec![("since", "2027-01-01T00:00:00Z")], vec![]),
        (vec![("until", "2020-01-01T00:00:00Z")], vec![]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(id).collect();
        assert_eq!(ids(&got(&server, &query).await), expected, "{query:?}");
    }
    let first = got(&server, &[("limit", "3")]).await;
    assert_eq!(ids(&first).len(), 3);
    let more = first["more"].as_str().unwrap();
    let rest = spoken(server.get(more)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!((ids(&rest), &rest["more"]), (vec![id(1)], &json!("")));
    for query in ["limit=many", "format=ids", "related_agents=true", "colour=red", "agent={}"] {
        let request = spoken(server.get(&format!("/xapi/statements?{query}")));
        check(request, 400, "invalid_statement").await;
    }
    let unknown = server.get_json("/xapi/unknown_objects").await;
    assert_eq!(unknown["unknown_objects"]["https://lms.example/essay"], 2);
}

#[tokio::test]
async fn a_void_takes_back_what_came_of_a_statement() {
    let server = school().await;
    sent(&server, &statement(1, "answered", "q1", json!({"result": {"success": true}}))).await;
    let path = format!("/v1/learners/{}", ada(&server));
    let before = server.get_json(&path).await;
    let target = json!({"object": {"objectType": "StatementRef", "id": id(1)}});
    let void = statement(2, "voided", "", target);
    for _ in 0..2 {
        sent(&server, &void).await;
    }
    let after = server.get_json(&path).await;
    assert_ne!(before, after, "the answer counts no more");
    check(asked(&server, &[("statementId", &id(1))]), 404, "not_found").await;
    assert_eq!(got(&server, &[("voidedStatementId", &id(1))]).await["id"], json!(id(1)));
    let left = got(&server, &[]).await;
    assert_eq!(left["statements"].as_array().unwrap().len(), 1, "the voiding one: {left}");
}

#[tokio::test]
async fn what_was_refused_is_sent_again_as_if_for_the_first_time() {
    let server = school().await;
    let session = json!({"context": {"registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"}});
    let launched = |number: u32| statement(number, "launched", "watch", session.clone());
    let unknown = statement(7, "launched", "essay", json!({}));
    sent(&server, &statement(1, "attended", "watch", json!({}))).await;
    let clash = statement(1, "attended", "essay", json!({}));
    let refused = json!([launched(2), unknown, clash]);
    check(post(&server, &refused), 409, "idempotency_conflict").await;
    let counted = server.get_json("/xapi/unknown_objects").await;
    assert_eq!(counted["unknown_objects"], json!({}), "nothing was taken");
    sent(&server, &json!([launched(2), launched(3)])).await;
    sent(&server, &launched(4)).await;
    assert_eq!(starts(&server).await, [id(2)], "one start of the sitting");
}

/// The ids of all events that are a start.
async fn starts(server: &Server) -> Vec<String> {
    let entries = server.node.read(|reader| reader.entries(0, 1_000)).await.unwrap();
    let starts = entries.into_iter().filter(|entry| {
        let Event::Happened(happening) = &entry.event else { return false };
        matches!(happening.action, Action::ActivityStarted { .. })
    });
    starts.map(|entry| entry.id.to_string()).collect()
}

fn voiding(number: u32, target: u32) -> Value {
    let target = json!({"object": {"objectType": "StatementRef", "id": id(target)}});
    statement(number, "voided", "", target)
}

/// Whether something was recorded of a statement, and whether it counts.
async fn recorded(server: &Server, number: u32) -> (bool, bool) {
    let event = EventId::new(&id(number)).unwrap();
    let look = move |reader: &mut dyn Reader| {
        let Some(entry) = reader.entry(&event) else { return (false, false) };
        let Event::Happened(happening) = &entry.event else { return (true, false) };
        (true, !reader.corrections(&happening.learner).voided(entry.seq))
    };
    server.node.read(look).await.unwrap()
}

#[tokio::test]
async fn what_was_taken_back_before_it_came_counts_for_nothing() {
    let server = school().await;
    let right = json!({"result": {"success": true}});
    let answered = |number: u32| statement(number, "answered", "q1", right.clone());
    sent(&server, &voiding(2, 3)).await;
    for _ in 0..2 {
        sent(&server, &answered(3)).await;
        assert!(!recorded(&server, 3).await.1, "it does not count");
    }
    // In one request, whichever of them is the first.
    sent(&server, &json!([voiding(4, 5), answered(5)])).await;
    sent(&server, &json!([answered(6), voiding(7, 6)])).await;
    for number in [5, 6] {
        assert_eq!(recorded(&server, number).await, (false, false), "{number}");
    }
    for number in [3, 5, 6] {
        check(asked(&server, &[("statementId", &id(number))]), 404, "not_found").await;
        let kept = got(&server, &[("voidedStatementId", &id(number))]).await;
        assert_eq!(kept["id"], json!(id(number)));
    }
    sent(&server, &answered(8)).await;
    assert_eq!(recorded(&server, 8).await, (true, true), "others count");
}

#[tokio::test]
async fn a_void_is_not_taken_back() {
    let server = school().await;
    sent(&server, &statement(1, "attended", "watch", json!({}))).await;
    sent(&server, &voiding(2, 1)).await;
    let sound = statement(3, "attended", "watch", json!({}));
    for (statements, pointer) in [
        (voiding(4, 2), "/object/id"),
        (json!([sound, voiding(4, 2)]), "/1/object/id"),
        (json!([voiding(4, 5), sound, voiding(5, 9)]), "/0/object/id"),
        (voiding(4, 4), "/object/id"),
    ] {
        let problem = check(post(&server, &statements), 400, "invalid_statement").await;
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!("voids_a_void")));
    }
    let left = got(&server, &[]).await;
    assert_eq!(left["statements"].as_array().unwrap().len(), 1, "only the void: {left}");
    sent(&server, &voiding(2, 1)).await;
}

#[tokio::test]
async fn an_erasure_takes_every_statement_along_that_names_the_learner() {
    let server = school().await;
    let taught = json!({
        "actor": {"mbox": "mailto:ben@example.com"},
        "context": {"instructor": {"mbox": "mailto:ada@example.com"}},
    });
    let ben = json!({"actor": {"mbox": "mailto:ben@example.com"}});
    let batch = json!([
        statement(1, "launched", "watch", json!({})),
        statement(2, "attended", "elsewhere", json!({})),
        statement(3, "launched", "watch", taught),
        statement(4, "launched", "watch", ben),
    ]);
    sent(&server, &batch).await;
    let erase = server.bare(Method::DELETE, &format!("/v1/learners/{}", ada(&server)));
    let erase = erase.bearer_auth(&server.key).json(&json!({"reason": "asked for"}));
    let answer = erase.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let left = got(&server, &[]).await;
    assert_eq!(left["statements"].as_array().unwrap().len(), 1, "{left}");
    assert_eq!(left["statements"][0]["id"], json!(id(4)));
    let again = statement(5, "launched", "watch", json!({}));
    check(post(&server, &again), 410, "learner_erased").await;
    let folder = server.node.directory();
    for entry in std::fs::read_dir(&*folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let held = bytes.windows(15).any(|part| part == b"ada@example.com");
        assert!(!held, "{} still names her", path.display());
    }
}
