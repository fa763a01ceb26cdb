//! Batches of sources over HTTP: the events and the position are taken together, once.

use crate::harness::{Server, check, event};
use reqwest::Method;
use serde_json::{Value, json};

const BATCHES: &str = "/v1/sources/clicks/batches";

fn batch(positions: std::ops::Range<u64>) -> Value {
    let record = |position: u64| {
        let fields = json!({"type": "enrolled"});
        let learner = format!("learner-{position}");
        json!({"position": position, "event": event(&format!("e{position}"), &learner, fields)})
    };
    let next = positions.end;
    json!({"partition": "clicks/0", "next": next, "records": positions.map(record).collect::<Vec<_>>()})
}

async fn report(server: &Server) -> Value {
    let mut list = server.get_json("/v1/sources").await;
    list["sources"][0].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_taken_once_and_the_position_outlives_the_server() {
    let server = Server::with_course().await;
    assert_eq!(server.get_json("/v1/sources").await, json!({"sources": []}));
    let receipt = server.post_json(BATCHES, &batch(0..3)).await;
    assert_eq!(receipt["position"], 3);
    assert_eq!(receipt["receipts"][2], json!({"position": 2, "status": "accepted"}));
    let again = server.post_json(BATCHES, &batch(1..4)).await;
    assert_eq!(again["receipts"][0], json!({"position": 1}));
    assert_eq!(
        (&again["position"], &again["receipts"][2]["status"]),
        (&json!(4), &json!("accepted"))
    );
    let seen = report(&server).await;
    let counts = ["accepted", "duplicate", "rejected", "behind"].map(|name| seen[name].clone());
    assert_eq!(counts, [4, 0, 0, 2].map(Value::from));
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let line = "\nnexus_source_records_total{source=\"clicks\",outcome=\"accepted\"} 4\n";
    assert!(metrics.contains(line), "{metrics}");
    let server = server.restarted().await;
    let places = json!([{"partition": "clicks/0", "position": 4}]);
    assert_eq!(report(&server).await["partitions"], places);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_holds_the_position_back_until_it_is_put_aside() {
    let server = Server::with_course().await;
    let mut bad = batch(0..4);
    bad["records"][1]["event"] = json!({"no": "event"});
    bad["records"][2]["event"]["course"] = "nowhere".into();
    let receipt = server.post_json(BATCHES, &bad).await;
    let codes: Vec<_> =
        receipt["receipts"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(
        codes,
        [&Value::Null, &json!("schema_violation"), &json!("unknown_course"), &Value::Null]
    );
    assert_eq!(receipt["position"], 1);
    let done = json!({"partition": "clicks/0", "next": 4, "records": [], "put_aside": 2});
    assert_eq!(server.post_json(BATCHES, &done).await["position"], 4);
    let seen = report(&server).await;
    assert_eq!((&seen["accepted"], &seen["rejected"]), (&json!(2), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_without_sense_is_refused_whole() {
    let server = Server::with_course().await;
    let mut backwards = batch(0..2);
    backwards["records"][1]["position"] = 0.into();
    check(server.post(BATCHES).json(&backwards), 422, "schema_violation").await;
    let mut beyond = batch(0..2);
    beyond["next"] = 1.into();
    check(server.post(BATCHES).json(&beyond), 422, "schema_violation").await;
    let mut nameless = batch(0..1);
    nameless["partition"] = "a\"b".into();
    check(server.post(BATCHES).json(&nameless), 422, "schema_violation").await;
    let many = batch(0..501);
    check(server.post(BATCHES).json(&many), 422, "batch_too_large").await;
    let (key, _) = server.new_key(&["events:write"]);
    let without = server.bare(Method::POST, BATCHES).bearer_auth(&key).json(&batch(0..1));
    check(without, 403, "missing_scope").await;
    assert_eq!(server.get_json("/v1/sources").await, json!({"sources": []}));
}
