//! Statements that are sound, and those that are not, each with its place.

use super::*;
use serde_json::json;

fn sound() -> Value {
    json!({
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": {"objectType": "Agent", "name": "Ada", "mbox": "mailto:ada@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
        "object": {
            "id": "https://lms.example/q/1",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "choice",
                "correctResponsesPattern": ["a"],
                "choices": [{"id": "a", "description": {"en": "two"}}, {"id": "b"}],
                "extensions": {"https://lms.example/x": null},
            },
        },
        "result": {
            "success": true,
            "response": "a",
            "duration": "PT9S",
            "score": {"scaled": 1, "raw": 4, "min": 0, "max": 4},
        },
        "context": {
            "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
            "contextActivities": {"parent": {"id": "https://lms.example/quiz"}},
            "language": "en",
            "platform": "Example",
        },
        "timestamp": "2026-11-22T09:30:00Z",
        "version": "1.0.3",
    })
}

/// The sound statement with another value at a place.
fn with(pointer: &str, value: Value) -> Value {
    let mut statement = sound();
    let (outer, key) = pointer.rsplit_once('/').unwrap_or_default();
    let outer = statement.pointer_mut(outer).unwrap();
    match outer {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        outer => outer[key] = value,
    }
    statement
}

fn without(pointer: &str) -> Value {
    let mut statement = sound();
    let (outer, key) = pointer.rsplit_once('/').unwrap_or_default();
    statement.pointer_mut(outer).and_then(Value::as_object_mut).unwrap().remove(key);
    statement
}

fn found(statement: &Value) -> String {
    match validate(statement, XapiVersion::V1) {
        Ok(()) => "sound".to_owned(),
        Err(problem) => format!("{} {}", problem.pointer, problem.code),
    }
}

#[test]
fn each_violation_has_its_place_and_its_reason() {
    assert_eq!(found(&sound()), "sound");
    let account = json!({"homePage": "https://lms.example", "name": "17"});
    let person = json!({"mbox": "mailto:a@b.c"});
    for (statement, expected) in [
        (json!([]), " wrong_type"),
        (without("/actor"), " missing_property"),
        (without("/verb/id"), "/verb missing_property"),
        (without("/object/id"), "/object missing_property"),
        (with("/Result", json!({})), "/Result unknown_property"),
        (with("/id", json!("7")), "/id bad_uuid"),
        (with("/actor/objectType", json!("agent")), "/actor/objectType unknown_value"),
        (with("/actor/mbox", json!("ada@example.com")), "/actor/mbox bad_mailbox"),
        (with("/actor/mbox_sha1sum", json!("0")), "/actor/mbox_sha1sum two_identities"),
        (with("/actor/account", account.clone()), "/actor/account two_identities"),
        (with("/actor", json!({"mbox_sha1sum": "0f"})), "/actor/mbox_sha1sum bad_sha1"),
        (with("/actor", json!({"openid": "ada"})), "/actor/openid bad_iri"),
        (with("/actor", json!({"account": {"name": "17"}})), "/actor/account missing_property"),
        (with("/actor", json!({"name": "Ada"})), "/actor missing_identity"),
        (with("/actor", json!({"objectType": "Group"})), "/actor missing_property"),
        (
            with("/actor", json!({"objectType": "Group", "member": [person, {"name": "b"}]})),
            "/actor/member/1 missing_identity",
        ),
        (with("/verb/id", json!("answered")), "/verb/id bad_iri"),
        (with("/verb/display", json!("answered")), "/verb/display wrong_type"),
        (with("/verb/display", json!({"english": 1})), "/verb/display/english wrong_type"),
        (with("/verb/display", json!({"en_US": "a"})), "/verb/display/en_US bad_language"),
        (with("/object/objectType", json!("Video")), "/object/objectType unknown_value"),
        (with("/object/definition/moreInfo", json!("x")), "/object/definition/moreInfo bad_iri"),
        (
            with("/object/definition/interactionType", json!("guess")),
            "/object/definition/interactionType unknown_value",
        ),
        (
            with("/object/definition/choices/1/id", json!("a")),
            "/object/definition/choices/1/id duplicate_component",
        ),
        (without("/object/definition/interactionType"), "/object/definition missing_property"),
        (
            with("/object/definition/extensions", json!({"a/b": 1})),
            "/object/definition/extensions/a~1b bad_iri",
        ),
        (with("/result/success", json!("true")), "/result/success wrong_type"),
        (with("/result/duration", json!("9 s")), "/result/duration bad_duration"),
        (with("/result/score/scaled", json!(1.01)), "/result/score/scaled out_of_range"),
        (with("/result/score/raw", json!(5)), "/result/score/raw out_of_range"),
        (with("/result/score/raw", json!("4")), "/result/score/raw wrong_type"),
        (with("/result/score/min", json!(5)), "/result/score/min out_of_range"),
        (with("/result/response", json!(null)), "/result/response null_value"),
        (with("/context/registration", json!("1")), "/context/registration bad_uuid"),
        (with("/context/language", json!("something")), "/context/language bad_language"),
        (with("/context/team", json!({"mbox": "mailto:a@b"})), "/context/team missing_property"),
        (
            with("/context/contextActivities/others", json!([])),
            "/context/contextActivities/others unknown_property",
        ),
        (with("/context/contextAgents", json!([])), "/context/contextAgents unknown_property"),
        (with("/timestamp", json!("yesterday")), "/timestamp bad_timestamp"),
        (with("/version", json!("0.9")), "/version bad_version"),
        (with("/version", json!("2.0.0")), "/version bad_version"),
        (with("/attachments", json!([{}])), "/attachments/0 missing_property"),
    ] {
        assert_eq!(found(&statement), expected, "{statement}");
    }
}

#[test]
fn what_a_statement_is_about_decides_what_it_may_say() {
    let reference =
        json!({"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"});
    let voided = json!({"id": VOIDED});
    let mut void = with("/object", reference.clone());
    void["verb"] = voided.clone();
    assert_eq!(found(&void), "/context/platform misplaced_property");
    void.as_object_mut().unwrap().remove("context");
    assert_eq!(found(&void), "sound");
    assert_eq!(found(&with("/verb", voided)), "/object bad_void");
    let inner = |extra: Value| {
        let mut inner = json!({
            "objectType": "SubStatement",
            "actor": {"mbox": "mailto:ada@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/attended"},
            "object": {"id": "https://lms.example/meeting"},
        });
        let more = extra.as_object().cloned().unwrap_or_default();
        inner.as_object_mut().unwrap().extend(more);
        let mut statement = with("/object", inner);
        statement.as_object_mut().unwrap().remove("context");
        found(&statement)
    };
    for (extra, expected) in [
        (json!({}), "sound"),
        (json!({"result": {"success": false}}), "sound"),
        (json!({"object": reference}), "sound"),
        (json!({"id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"}), "/object/id unknown_property"),
        (json!({"version": "1.0.3"}), "/object/version unknown_property"),
        (json!({"verb": {"id": "x"}}), "/object/verb/id bad_iri"),
        (
            json!({"object": {"objectType": "SubStatement"}}),
            "/object/object/objectType unknown_value",
        ),
    ] {
        assert_eq!(inner(extra.clone()), expected, "{extra}");
    }
}

#[test]
fn version_2_knows_more_of_a_context_and_wants_zones() {
    let related = json!([{"objectType": "contextAgent", "agent": {"mbox": "mailto:a@b.c"}}]);
    let mut statement = with("/context/contextAgents", related);
    statement["version"] = json!("2.0.0");
    assert!(validate(&statement, XapiVersion::V2).is_ok());
    statement["context"]["contextAgents"][0]["objectType"] = json!("Agent");
    let problem = validate(&statement, XapiVersion::V2).unwrap_err();
    assert_eq!(problem.pointer, "/context/contextAgents/0/objectType");
    let mut local = with("/timestamp", json!("2026-11-22T09:30:00"));
    assert!(validate(&local, XapiVersion::V1).is_ok());
    local["version"] = json!("2.0");
    assert_eq!(validate(&local, XapiVersion::V2).unwrap_err().code, "bad_timestamp");
    for (text, version) in [
        ("1.0", Some(XapiVersion::V1)),
        ("1.0.3", Some(XapiVersion::V1)),
        ("1.0.9", Some(XapiVersion::V1)),
        ("2.0.0", Some(XapiVersion::V2)),
        ("1.1.0", None),
        ("0.95", None),
        ("1.0.", None),
        ("2", None),
    ] {
        assert_eq!(XapiVersion::of(text), version, "{text}");
    }
}
