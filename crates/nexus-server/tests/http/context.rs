//! What a site says with a request for a decision, over HTTP: accepted, refused, kept and shown.

use crate::harness::{Server, check};
use serde_json::{Value, json};

fn ask(id: &str, context: &Value) -> Value {
    json!({"learner": "ada", "course": "sums", "decision_id": id, "context": context})
}

/// The columns of the audit page that a context is hashed into.
fn hashed(page: &Value) -> Vec<f64> {
    let features = page["features"].as_array().unwrap().iter();
    let own = features.filter(|one| one["name"].as_str().unwrap().starts_with("context_"));
    own.map(|one| one["value"].as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_says_is_kept_and_shown() {
    let server = Server::with_course().await;
    // The default does not look at the context.
    let looks =
        json!({"course": "sums", "override": true, "reason": "it looks at what the site says"});
    server.post_json("/v1/policies/lin-ts/promote", &looks).await;
    let context = json!({"time_of_day": "evening", "device": "phone", "class_size": 24,
        "accommodations": true});
    let made = server.post_json("/v1/decisions", &ask("d1", &context)).await;
    let page = server.get_json("/v1/decisions/d1").await;
    let said = &page["context"];
    let entries = json!([{"key": "accommodations", "value": true},
        {"key": "class_size", "value": 24.0}, {"key": "device", "value": "phone"},
        {"key": "time_of_day", "value": "evening"}]);
    let mut bare = said["entries"].clone();
    for entry in bare.as_array_mut().unwrap() {
        let part = entry.as_object_mut().unwrap().remove("contribution");
        assert!(part.is_some_and(|part| part.is_number()), "a model decided: {page}");
    }
    assert_eq!((&bare, &said["contribution"]), (&entries, &json!(0.0)), "{page}");
    // The hash of the recipe in docs/features.md, from an independent script.
    assert_eq!(said["hash"], "ed391bf3df2767ee");
    assert!(
        page["explanation"]["scientist"].as_str().unwrap().contains("Context ed391bf3df2767ee")
    );
    assert_eq!((page["feature_schema"].as_u64(), hashed(&page).len()), (Some(3), 8));
    assert!(hashed(&page).iter().any(|value| *value != 0.0), "{page}");

    // The same in another order is the same request; another context is not.
    let turned = r#"{"context": {"accommodations": true, "class_size": 24.0, "device": "phone",
        "time_of_day": "evening"}, "decision_id": "d1", "course": "sums", "learner": "ada"}"#;
    let again = server.post_text("/v1/decisions", turned).send().await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap()["duplicate"], true);
    let other = server.post("/v1/decisions").json(&ask("d1", &json!({"device": "desk"})));
    check(other, 409, "idempotency_conflict").await;

    // Who says nothing has no context and no hashed columns.
    for (id, nothing) in [("d2", json!({})), ("d3", Value::Null)] {
        server.post_json("/v1/decisions", &ask(id, &nothing)).await;
        let page = server.get_json(&format!("/v1/decisions/{id}")).await;
        assert_eq!((page.get("context"), hashed(&page)), (None, vec![0.0; 8]), "{page}");
    }

    // The journal has it, and a new node reads it there.
    let journal = server.get_json("/v1/journal?after=0&limit=10").await;
    let entries = journal["entries"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["id"] == "d1").unwrap();
    assert!(entry.to_string().contains("ed391bf3df2767ee"), "{entry}");
    let server = server.restarted().await;
    assert_eq!(server.get_json("/v1/decisions/d1").await["context"], page["context"]);
    assert_eq!(made["decision_id"], "d1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_heard_is_refused_with_its_place() {
    let server = Server::with_course().await;
    let shape = "schema_violation";
    for (context, pointer, code, advice) in [
        (r#""phone""#, "/context", shape, "an object"),
        (r#"["phone"]"#, "/context", shape, "such as {\"device\""),
        (r#"{"device": null}"#, "/context/device", shape, "leave out"),
        (r#"{"device": {"kind": "phone"}}"#, "/context/device", shape, "entries of its own"),
        (r#"{"device": ["phone"]}"#, "/context/device", shape, "one entry each"),
        (r#"{"size": 1e308}"#, "/context/size", "number_size", "at most 1e15"),
        (r#"{"size": -1e16}"#, "/context/size", "number_size", "another unit"),
        (r#"{"": "x"}"#, "/context/", "key_length", "1 to 64"),
        (r#"{"who": "ada"}"#, "/context/who", "identifies_learner", "never says who"),
        (r#"{"a": 1, "b": 2, "a": 3}"#, "/context/a", "duplicate_key", "may occur once"),
        (r#"{"a": {"b": 1, "b": 2}}"#, "/context/a/b", "duplicate_key", "may occur once"),
    ] {
        let body = format!(r#"{{"learner": "ada", "course": "sums", "context": {context}}}"#);
        let problem = check(server.post_text("/v1/decisions", body), 422, shape).await;
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)));
        assert!(error["detail"].as_str().unwrap().contains(advice), "{problem}");
    }
    for (context, status, code) in [
        (r#"{"size": NaN}"#, 400, "malformed_json"),
        (r#"{"size": 1e999}"#, 422, "non_finite_number"),
    ] {
        let body = format!(r#"{{"learner": "ada", "course": "sums", "context": {context}}}"#);
        check(server.post_text("/v1/decisions", body), status, code).await;
    }
    let many: Value =
        (0..17).map(|n| (format!("k{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let long = json!({"k".repeat(65): 1});
    let wordy = json!({"k": "t".repeat(129)});
    for (context, code) in [(many, "too_many"), (long, "key_length"), (wordy, "text_length")] {
        let request = server.post("/v1/decisions").json(&ask("d1", &context));
        let problem = check(request, 422, shape).await;
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
    }
    // Nothing of all this was recorded.
    let journal = server.get_json("/v1/journal?after=0&limit=10").await;
    assert_eq!(journal["entries"].as_array().unwrap().len(), 1, "{journal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_kept_and_shown() {
    let server = Server::with_course().await;
    let client = json!({"name": "classroom-plugin", "version": "2.4.1"});
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": "d1", "client": client});
    server.post_json("/v1/decisions", &ask).await;
    assert_eq!(server.get_json("/v1/decisions/d1").await["client"], client);
    let server = server.restarted().await;
    assert_eq!(server.get_json("/v1/decisions/d1").await["client"], client);
    let silent = json!({"learner": "ada", "course": "sums", "decision_id": "d2"});
    server.post_json("/v1/decisions", &silent).await;
    assert_eq!(server.get_json("/v1/decisions/d2").await.get("client"), None);

    let long = "\u{e9}".repeat(101);
    for (client, pointer) in [
        (json!({"name": "", "version": "1"}), "/client/name"),
        (json!({"name": long, "version": "1"}), "/client/name"),
        (json!({"name": "a", "version": " "}), "/client/version"),
        (json!({"name": "a", "version": long}), "/client/version"),
        (json!({"name": "a", "version": 2}), "/client/version"),
        (json!({"name": "a", "version": "1", "build": "7"}), "/client/build"),
        (json!({"name": "a"}), "/client"),
        (json!(["a", "1"]), "/client"),
    ] {
        let ask = json!({"learner": "ada", "course": "sums", "client": client});
        let request = server.post("/v1/decisions").json(&ask);
        let problem = check(request, 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let longest = json!({"name": "\u{e9}".repeat(100), "version": "1"});
    let ask = json!({"learner": "ada", "course": "sums", "decision_id": "d3", "client": longest});
    server.post_json("/v1/decisions", &ask).await;
}
