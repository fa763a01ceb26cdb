//! The life of policies over HTTP: saved, published, restored, promoted, frozen; and all of it
//! there after a restart.

use crate::harness::{Server, check, event};
use serde_json::{Value, json};

async fn ask(server: &Server, path: &str, body: Value) -> Value {
    server.post_json(&format!("/v1/policies/{path}"), &body).await
}

async fn summary(server: &Server, word: &str) -> Value {
    let list = server.get_json("/v1/policies?course=sums").await;
    let policies = list["policies"].as_array().unwrap();
    policies.iter().find(|policy| policy["policy"] == word).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_saved_published_and_restored() {
    let server = Server::with_course().await;
    let fresh = summary(&server, "lin-ts").await;
    assert_eq!(
        (&fresh["version"], &fresh["mode"], &fresh["learns"]),
        (&json!(0), &json!("live"), &json!(true))
    );
    let saved = ask(&server, "lin-ts/versions", json!({"course": "sums", "reason": "term"})).await;
    assert_eq!((&saved["version"], &saved["duplicate"]), (&json!(1), &json!(false)));
    let again = ask(&server, "lin-ts/versions", json!({"course": "sums", "reason": "term"})).await;
    assert_eq!((&again["version"], &again["seq"]), (&saved["version"], &saved["seq"]));
    assert_eq!(again["duplicate"], true);

    // What was read can be published again, changed as an offline learner would change it.
    let read = server.get_json("/v1/policies/lin-ts/versions/1?course=sums").await;
    assert_eq!((&read["digest"], &read["origin"]), (&saved["digest"], &json!("saved")));
    let mut statistics = read["statistics"].clone();
    statistics["counts"]["rewards"] = json!(40);
    statistics["numbers"]["response"][2] = json!(0.5);
    let publish = json!({"course": "sums", "reason": "fitted", "statistics": statistics,
        "through": 1, "parent": 1});
    let made = ask(&server, "lin-ts/versions", publish.clone()).await;
    assert_eq!(made["version"], 2);
    assert_eq!(summary(&server, "lin-ts").await["rewards"], 40);
    let late = server.post("/v1/policies/lin-ts/versions").json(&publish);
    check(late, 409, "policy_parent_replaced").await;

    let back = json!({"course": "sums", "version": 1, "reason": "worse than before"});
    let back = ask(&server, "lin-ts/rollback", back).await;
    assert_eq!((&back["version"], &back["digest"]), (&json!(3), &saved["digest"]));
    let server = server.restarted().await;
    assert_eq!(summary(&server, "lin-ts").await["rewards"], 0);
    let versions = server.get_json("/v1/policies/lin-ts/versions?course=sums").await;
    let newest = &versions["versions"][0];
    assert_eq!((&newest["version"], &newest["parent"]), (&json!(3), &json!(2)));
    assert_eq!(
        (&newest["restored_from"], &newest["reason"]),
        (&json!(1), &json!("worse than before"))
    );
    assert!(newest["asked_by"].as_str().unwrap().starts_with("key "), "{newest}");
    let after = newest["seq"].as_u64().unwrap() - 1;
    let entry = &server.get_json(&format!("/v1/journal?after={after}&limit=1")).await["entries"][0];
    assert_eq!((&entry["type"], &entry["course"]), (&json!("policy_versioned"), &json!("sums")));
    assert_eq!(entry["data"], *newest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_policy_decides_and_a_frozen_one_says_so() {
    let server = Server::with_course().await;
    let promote = json!({"course": "sums", "override": true, "reason": "it won"});
    let receipt = ask(&server, "squarecb/promote", promote.clone()).await;
    assert_eq!((&receipt["policy"], &receipt["duplicate"]), (&json!("squarecb"), &json!(false)));
    assert_eq!(ask(&server, "squarecb/promote", promote).await["duplicate"], true);
    let freeze = json!({"course": "sums", "mode": "frozen", "reason": "examinations"});
    assert_eq!(ask(&server, "squarecb/mode", freeze.clone()).await["duplicate"], false);
    assert_eq!(ask(&server, "squarecb/mode", freeze).await["seq"], Value::Null);

    let server = server.restarted().await;
    let body = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    assert_eq!(server.post_json("/v1/decisions", &body).await["policy"], "squarecb");
    assert_eq!(summary(&server, "squarecb").await["mode"], "frozen");
    let serving = server.get_json("/v1/policies?course=sums").await["serving"].clone();
    assert_eq!((&serving["policy"], &serving["promoted"]), (&json!("squarecb"), &json!(true)));
    assert_eq!(serving["reason"], "it won");
    let entries = server.get_json("/v1/journal?after=1&limit=2").await["entries"].clone();
    assert_eq!(entries[0]["data"]["promoted"], "squarecb");
    assert_eq!(entries[1]["data"]["mode"], "frozen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_decides_beside_the_policy_that_serves() {
    let server = Server::with_course().await;
    let shadow = json!({"course": "sums", "mode": "shadow", "reason": "it may serve next term"});
    assert_eq!(ask(&server, "squarecb/mode", shadow.clone()).await["duplicate"], false);
    assert_eq!(ask(&server, "squarecb/mode", shadow).await["duplicate"], true);
    let promote = server
        .post("/v1/policies/squarecb/promote")
        .json(&json!({"course": "sums", "reason": "now"}));
    check(promote, 409, "policy_serves").await;
    let strategic = server
        .post("/v1/policies/strategic/mode")
        .json(&json!({"course": "sums", "mode": "shadow", "reason": "x"}));
    check(strategic, 422, "policy_retired").await;
    let server = server.restarted().await;
    let body = json!({"learner": "ada", "course": "sums", "decision_id": "d1"});
    let decision = server.post_json("/v1/decisions", &body).await;
    assert_eq!(decision["policy"], "pace");
    let beside = &decision["beside"][0];
    assert_eq!((&beside["policy"], &beside["version"]), (&json!("squarecb"), &json!(0)));
    let probability = beside["probability"].as_f64().unwrap();
    assert!(probability > 0.0 && probability <= 1.0, "{decision}");
    let listed = summary(&server, "squarecb").await;
    assert_eq!(listed["mode"], "shadow");
    assert_eq!(listed["shadow"]["verdict"], "not enough evidence");
    assert_eq!(listed["shadow"]["self_normalised"], Value::Null);
    assert_eq!(summary(&server, "lin-ts").await["shadow"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apprentice_looks_on_until_it_agrees() {
    let server = Server::with_course().await;
    let promote = json!({"course": "sums", "override": true, "reason": "it begins"});
    ask(&server, "mastery/promote", promote).await;
    let terms = json!({"decisions": 100, "learners": 10, "graduation": "itself"});
    let set = json!({"course": "sums", "mode": "apprentice", "apprentice": terms,
        "reason": "it must know the path first"});
    assert_eq!(ask(&server, "mastery/mode", set.clone()).await["duplicate"], false);
    assert_eq!(ask(&server, "mastery/mode", set).await["duplicate"], true);
    let decide = |learner: String| json!({"learner": learner, "course": "sums"});
    let decision = server.post_json("/v1/decisions", &decide("l0".into())).await;
    assert_eq!((&decision["policy"], &decision["propensity"]), (&json!("static"), &json!(1.0)));
    let beside = &decision["apprentice"];
    assert_eq!((&beside["policy"], &beside["agreed"]), (&json!("mastery"), &json!(true)));
    assert_eq!(beside["preferred"], decision["activity"]);
    let teacher = decision["explanation"]["teacher"].as_str().unwrap();
    assert!(teacher.contains("static serves in the place of mastery"), "{teacher}");
    let audit = format!("/v1/decisions/{}", decision["decision_id"].as_str().unwrap());
    assert_eq!(server.get_json(&audit).await["apprentice"], *beside);

    let server = server.restarted().await;
    let list = server.get_json("/v1/policies?course=sums").await;
    assert_eq!(list["serving"]["in_its_place"], "static");
    let listed = summary(&server, "mastery").await;
    let known = &listed["apprentice"];
    assert_eq!(
        (&listed["mode"], &known["verdict"]),
        (&json!("apprentice"), &json!("not enough evidence"))
    );
    assert_eq!(
        (&known["batch"]["decisions"], &known["terms"]["agreement"]),
        (&json!(1), &json!(0.8))
    );
    let mut number = 1;
    while summary(&server, "mastery").await["mode"] == "apprentice" {
        server.post_json("/v1/decisions", &decide(format!("l{number}"))).await;
        number += 1;
        assert!(number < 300, "it never agreed");
    }
    let known = summary(&server, "mastery").await["apprentice"].clone();
    assert_eq!((&known["verdict"], &known["last"]["agreed"]), (&json!("ready"), &json!(100)));
    let seq = known["graduated_seq"].as_u64().unwrap();
    let page = server.get_json(&format!("/v1/journal?after={}&limit=1", seq - 1)).await;
    let entry = &page["entries"][0];
    assert_eq!(
        (&entry["type"], &entry["data"]["by"]),
        (&json!("policy_graduated"), &json!("nexus"))
    );
    assert_eq!(entry["data"]["graduated"], "mastery");
    let server = server.restarted().await;
    let decision = server.post_json("/v1/decisions", &decide("ada".into())).await;
    assert_eq!((&decision["policy"], &decision["apprentice"]), (&json!("mastery"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenth_of_the_learners_is_held_out_for_ever() {
    let server = Server::with_course().await;
    let share = json!({"course": "sums", "share": 0.1, "reason": "we want to know"});
    let receipt = server.post_json("/v1/holdout", &share).await;
    assert_eq!((&receipt["share"], &receipt["duplicate"]), (&json!(0.1), &json!(false)));
    assert_eq!(server.post_json("/v1/holdout", &share).await["duplicate"], true);
    let mut held_out = Vec::new();
    for number in 0..60 {
        let body = json!({"learner": format!("l{number}"), "course": "sums"});
        let decision = server.post_json("/v1/decisions", &body).await;
        let is_held_out = decision["holdout"] == true;
        assert_eq!(decision["policy"] == "static", is_held_out, "{decision}");
        held_out.extend(is_held_out.then_some(number));
    }
    // A pure hash: 60 learners, of whom this many are below a tenth whatever happens.
    assert!((2..=12).contains(&held_out.len()), "{held_out:?}");
    let server = server.restarted().await;
    let body = json!({"learner": format!("l{}", held_out[0]), "course": "sums"});
    assert_eq!(server.post_json("/v1/decisions", &body).await["holdout"], true);
    let holdout = server.get_json("/v1/policies?course=sums").await["holdout"].clone();
    assert_eq!((&holdout["share"], &holdout["set"]), (&json!(0.1), &json!(true)));
    assert_eq!(holdout["held_out"]["decisions"], held_out.len() + 1);
    assert_eq!(holdout["others"]["decisions"], 60 - held_out.len());
    let entry = &server.get_json("/v1/journal?after=1&limit=1").await["entries"][0];
    assert_eq!((&entry["type"], &entry["data"]["share"]), (&json!("holdout_set"), &json!(0.1)));
    let greedy = json!({"course": "sums", "share": 0.2, "reason": "x"});
    check(server.post("/v1/holdout").json(&greedy), 422, "holdout_share").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_says_why() {
    let server = Server::with_course().await;
    let post = |path: &str, body: Value| server.post(&format!("/v1/policies/{path}")).json(&body);
    let why = json!({"course": "sums", "reason": "x"});
    check(post("oops/promote", why.clone()), 422, "unknown_policy").await;
    check(post("random/versions", why.clone()), 422, "policy_without_statistics").await;
    let of = |terms: Value| {
        let mode = "apprentice";
        json!({"course": "sums", "reason": "x", "mode": mode, "apprentice": terms})
    };
    check(post("lin-ts/mode", of(json!({"agreement": 1.5}))), 422, "apprentice_terms").await;
    check(post("lin-ts/mode", of(json!({"baseline": "random"}))), 422, "policy_no_baseline").await;
    check(post("random/mode", of(json!({}))), 422, "policy_no_apprentice").await;
    let nowhere = json!({"course": "none", "reason": "x"});
    check(post("lin-ts/promote", nowhere.clone()), 404, "unknown_course").await;
    check(post("lin-ts/versions", nowhere), 404, "unknown_course").await;
    check(server.get("/v1/policies?course=none"), 404, "unknown_course").await;
    check(server.get("/v1/policies"), 422, "schema_violation").await;
    let back = json!({"course": "sums", "version": 7, "reason": "x"});
    check(post("lin-ts/rollback", back), 404, "unknown_policy_version").await;
    for (path, body, pointer) in [
        ("lin-ts/promote", json!({"course": "sums", "reason": " "}), "/reason"),
        ("lin-ts/mode", json!({"course": "sums", "reason": "x", "mode": "lazy"}), "/mode"),
        (
            "lin-ts/mode",
            json!({"course": "sums", "reason": "x", "mode": "frozen", "apprentice": {}}),
            "/apprentice",
        ),
        (
            "lin-ts/mode",
            json!({"course": "sums", "reason": "x", "mode": "apprentice",
                "apprentice": {"graduation": "never"}}),
            "/apprentice/graduation",
        ),
        ("lin-ts/versions", json!({"course": "sums", "reason": "x", "through": 1}), "/through"),
        (
            "lin-ts/versions",
            json!({"course": "sums", "reason": "x", "statistics": {"numbers": {}}}),
            "/through",
        ),
    ] {
        let problem = check(post(path, body), 422, "schema_violation").await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let odd = json!({"course": "sums", "reason": "x", "through": 0,
        "statistics": {"numbers": {"precision": [1.0], "response": [0.0]}}});
    let problem = check(post("lin-ts/versions", odd), 409, "policy_unhealthy").await;
    assert!(problem["detail"].as_str().unwrap().contains("looks at 1 features"), "{problem}");
    let reserved = event("policy-version:7", "ada", json!({"type": "enrolled"}));
    let receipts = server.post_json("/v1/events", &json!([reserved])).await;
    assert_eq!(receipts["receipts"][0]["code"], "reserved_id");
}
