//! What statements become: a video that is watched, a question that is answered, a quiz that is
//! passed, and what is left out.

use super::*;
use nexus_engine::catalog::Names;
use serde_json::json;
use std::sync::Arc;

const COURSE: &str = r#"
format: 1
id: fractions
version: 1
title: Fractions
language: en
skills:
  - {id: halves, title: Halves}
modules:
  - id: m
    title: M
    activities:
      - {id: film, kind: video, title: Film, skills: [halves], difficulty: 0.2, minutes: 3, video: {seconds: 200}}
      - {id: text, kind: reading, title: Text, skills: [halves], difficulty: 0.2, minutes: 3, text: Read.}
      - id: drill
        kind: exercise
        title: Drill
        skills: [halves]
        difficulty: 0.2
        minutes: 3
        questions:
          - {id: q1, kind: numeric, prompt: Half of 3?, answer: 1.5}
          - {id: q2, kind: text, prompt: Name it., answer: half}
      - id: exam
        kind: quiz
        title: Exam
        skills: [halves]
        difficulty: 0.2
        minutes: 3
        questions:
          - {id: q3, kind: numeric, prompt: Half of 5?, answer: 2.5}
iris:
  - {iri: "https://lms.example/film", activity: film}
  - {prefix: "https://lms.example/text/", activity: text}
  - {iri: "https://lms.example/drill", activity: drill}
  - {iri: "https://lms.example/drill#1", question: q1}
  - {iri: "https://lms.example/exam", activity: exam}
"#;

fn course(text: &str) -> Arc<nexus_engine::catalog::Course> {
    let draft = crate::course_file::read(text).unwrap();
    let mut names = Names::default();
    Arc::new(nexus_engine::catalog::validation::publish(&draft, &mut names).unwrap())
}

fn translator() -> XapiTranslator {
    XapiTranslator::new(ActorKey::new([7; 32]), IriIndex::new([course(COURSE)]))
}

fn statement(verb: &str, object: &str, more: Value) -> Value {
    let mut statement = json!({
        "id": "6690E6C9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": {"account": {"homePage": "https://lms.example", "name": "17"}},
        "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
        "object": {"id": format!("https://lms.example/{object}")},
        "timestamp": "2026-11-22T10:30:00+01:00",
    });
    statement.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    statement
}

/// The events of a statement without what all have, or why there are none.
fn becomes(translator: &mut XapiTranslator, statement: &Value) -> Value {
    match translator.translate(&statement.to_string()).said {
        Err(problem) => json!(format!("{} {}", problem.pointer, problem.code)),
        Ok(Translated::Unused(why)) => json!(format!("unused: {why}")),
        Ok(Translated::Void(id)) => json!(format!("void: {id}")),
        Ok(Translated::Events { events, .. }) => {
            events.iter().map(|event| serde_json::to_value(&event.action).unwrap()).collect()
        }
    }
}

const SESSION: &str = "https://w3id.org/xapi/video/extensions/session-id";
const PLAYED: &str = "https://w3id.org/xapi/video/extensions/played-segments";

#[test]
fn a_video_is_watched() {
    let mut translator = translator();
    let mut step = |verb: &str, session: &str, played: Option<&str>| {
        let context = json!({"extensions": {SESSION: session}});
        let result = json!({"extensions": played.map_or(json!({}), |it| json!({PLAYED: it}))});
        let more = json!({"context": context, "result": result});
        becomes(&mut translator, &statement(verb, "film", more))
    };
    let started = json!([{"type": "activity_started", "activity": "film"}]);
    let watched = |segments: Value| json!([{"type": "video_progressed", "activity": "film", "segments": segments}]);
    assert_eq!(step("initialized", "s1", None), started);
    assert_eq!(step("played", "s1", None), "unused: played again in its session");
    assert_eq!(step("paused", "s1", Some("0[.]12.5[,]40")), watched(json!([[0.0, 12.5]])));
    assert_eq!(step("played", "s1", None), "unused: played again in its session");
    let both = watched(json!([[0.0, 50.0], [60.0, 200.0]]));
    assert_eq!(step("seeked", "s1", Some("0[.]12.5[,]12.5[.]50[,]60[.]231")), both);
    assert_eq!(step("completed", "s1", Some("0[.]50[,]60[.]231")), both, "coverage decides");
    assert_eq!(step("terminated", "s1", Some("7[.]7")), "unused: terminated with nothing played");
    assert_eq!(step("paused", "s1", None), "unused: paused without played segments");
    assert_eq!(step("played", "s2", None), started, "another sitting");
    assert_eq!(step("interacted", "s2", None), "unused: interacted without a result");
    assert_eq!(step("downloaded", "s2", None), "unused: downloaded");
}

#[test]
fn a_question_is_answered() {
    let mut translator = translator();
    let mut answer = |object: &str, interaction: &str, result: Value| {
        let mut answered = statement("answered", object, json!({"result": result}));
        if !interaction.is_empty() {
            answered["object"]["definition"] = json!({"interactionType": interaction});
        }
        becomes(&mut translator, &answered)
    };
    let one = |question: &str, fields: Value| {
        let mut event = json!({"type": "question_answered", "question": question});
        event.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        json!([event])
    };
    for (object, interaction, result, expected) in [
        (
            "drill#1",
            "numeric",
            json!({"success": true, "response": "1.5", "duration": "PT12.25S"}),
            one("q1", json!({"correct": true, "response": "1.5", "duration_ms": 12_250})),
        ),
        ("drill#1", "", json!({"response": "1.6"}), one("q1", json!({"response": "1.6"}))),
        ("drill#1", "", json!({"score": {"scaled": 0.5}}), one("q1", json!({"grade": 0.5}))),
        (
            "drill#1",
            "fill-in",
            json!({"success": false, "response": "{lang=en}half", "duration": "P1M"}),
            one("q1", json!({"correct": false, "response": "half"})),
        ),
        ("exam", "", json!({"success": true}), one("q3", json!({"correct": true}))),
        ("drill", "", json!({"success": true}), json!("/object/id not_a_question")),
        ("drill#2", "", json!({"success": true}), json!("/object/id unknown_object")),
        ("drill#1", "", json!({"completion": true}), json!("/result missing_result")),
        ("drill#1", "", json!({"duration": "soon"}), json!("/result/duration bad_duration")),
    ] {
        assert_eq!(answer(object, interaction, result.clone()), expected, "{object} {result}");
    }
}

#[test]
fn other_verbs() {
    let mut translator = translator();
    let score = |scaled: f64| json!({"result": {"score": {"scaled": scaled}}});
    let done = json!({"result": {"completion": true}});
    let event = |kind: &str, activity: &str| json!({"type": kind, "activity": activity});
    for (verb, object, more, expected) in [
        ("launched", "text/1", json!({}), json!([event("activity_started", "text")])),
        ("experienced", "text/1", json!({}), json!([event("activity_started", "text")])),
        (
            "read",
            "text/2",
            done.clone(),
            json!([event("activity_started", "text"), event("activity_completed", "text")]),
        ),
        ("completed", "drill", json!({}), json!([event("activity_completed", "drill")])),
        ("viewed", "film", done, json!([event("activity_started", "film")])),
        (
            "passed",
            "exam",
            score(0.99999),
            json!([{"type": "quiz_completed", "activity": "exam", "grade": 1.0}]),
        ),
        ("failed", "exam", json!({}), json!("unused: failed without a score")),
        (
            "rated",
            "text/1",
            json!({"result": {"score": {"raw": 2, "min": 0, "max": 4}, "response": "so so"}}),
            json!([{"type": "feedback", "activity": "text", "rating": 3, "comment": "so so"}]),
        ),
        (
            "liked",
            "text/1",
            json!({}),
            json!([{"type": "feedback", "activity": "text", "rating": 5}]),
        ),
        ("paused", "text/1", json!({}), json!("unused: paused of no video")),
        ("attended", "text/1", json!({}), json!("unused: attended")),
        ("completed", "elsewhere", json!({}), json!("/object/id unknown_object")),
        (
            "voided",
            "",
            json!({"object": {"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"}}),
            json!("void: 8f87ccde-bb56-4c2e-ab83-44982ef22df0"),
        ),
        (
            "completed",
            "",
            json!({"object": {"objectType": "Agent", "mbox": "mailto:a@b.c"}}),
            json!("unused: completed of no activity"),
        ),
        (
            "completed",
            "drill",
            json!({"actor": {"objectType": "Group", "mbox": "mailto:a@b.c"}}),
            json!("/actor group_actor"),
        ),
    ] {
        let told = statement(verb, object, more);
        assert_eq!(becomes(&mut translator, &told), expected, "{verb} {object}");
    }
}

#[test]
fn events_carry_the_id_the_time_and_a_learner_without_a_name() {
    let read = statement("read", "text/2", json!({"result": {"completion": true}}));
    let record = translator().translate(&read.to_string());
    let learner = ActorKey::new([7; 32]).of_account("https://lms.example", "17");
    assert_eq!(record.learner.as_ref(), Some(&learner));
    let Ok(Translated::Events { events, dropped: 0 }) = record.said else { panic!("{record:?}") };
    let told: Vec<_> = events
        .iter()
        .map(|it| (it.id.as_str(), it.course.as_str(), it.occurred_at.as_deref(), &it.learner))
        .collect();
    let (id, at) = ("6690e6c9-3ef0-4ed3-8b37-7f3964730bee", Some("2026-11-22T09:30:00Z"));
    let second = format!("{id}:seg");
    assert_eq!(told, [(id, "fractions", at, &learner), (&second, "fractions", at, &learner)]);
}

#[test]
fn each_form_of_identity_is_a_learner() {
    let mut translator = translator();
    let mut learner = |actor: Value| {
        let told = statement("completed", "drill", json!({"actor": actor}));
        translator.translate(&told.to_string()).learner
    };
    let sum = "cd9b00a5611f94eaa7b1661edab976068e364975";
    let account = |name: &str| json!({"account": {"homePage": "https://a.example", "name": name}});
    let mailbox = learner(json!({"mbox": "mailto:xapi@adlnet.gov"}));
    assert_eq!(mailbox, learner(json!({"mbox_sha1sum": sum, "name": "X"})));
    let others = [
        learner(json!({"openid": "http://openid.example.org/12345"})),
        learner(account("1")),
        learner(account("2")),
        mailbox,
    ];
    for (place, other) in others.iter().enumerate() {
        assert!(other.is_some() && !others[..place].contains(other), "{other:?}");
    }
    assert_eq!(learner(json!({"objectType": "Group", "member": []})), None);
}

#[test]
fn the_better_match_of_two_courses_wins_and_a_tie_is_told() {
    let other = COURSE.replace("id: fractions", "id: other").replace(
        "{prefix: \"https://lms.example/text/\"",
        "{prefix: \"https://lms.example/text/special/\"",
    );
    let iris = IriIndex::new([course(COURSE), course(&other)]);
    let mut translator = XapiTranslator::new(ActorKey::new([7; 32]), iris);
    let mut course_of = |object: &str| {
        let told = statement("completed", object, json!({}));
        match translator.translate(&told.to_string()).said {
            Ok(Translated::Events { events, .. }) => events[0].course.clone(),
            said => format!("{:?}", said.map_err(|problem| problem.code)),
        }
    };
    assert_eq!(course_of("text/special/1"), "other");
    assert_eq!(course_of("text/1"), "fractions");
    assert_eq!(course_of("drill"), "Err(\"ambiguous_object\")");
}

#[test]
fn a_sitting_begins_only_with_statements_that_were_taken() {
    let mut translator = translator();
    let context = json!({"registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"});
    let launched = statement("launched", "film", json!({"context": context}));
    let begins = |translator: &mut XapiTranslator| {
        matches!(translator.say(&launched).said, Ok(Translated::Events { .. }))
    };
    // Refused: nobody says that it was taken.
    assert!(begins(&mut translator));
    assert!(!begins(&mut translator), "twice in one request");
    assert_eq!(translator.hold_begun().len(), 1);
    assert!(begins(&mut translator), "sent again");
    let begun = translator.hold_begun();
    translator.keep_begun(&begun);
    assert!(!begins(&mut translator), "it was taken");
    assert!(translator.hold_begun().is_empty());
    for _ in 0..2 {
        assert!(!begins(&mut translator));
        translator.hold_begun();
    }
}
