//! What tracking events become.

use super::*;
use nexus_engine::catalog::Names;
use serde_json::{Value, json};
use std::sync::Arc;

const COURSE: &str = r#"
format: 1
id: demo
version: 1
title: Demo
language: en
skills:
  - {id: s, title: S}
modules:
  - id: m
    title: M
    activities:
      - {id: film, kind: video, title: Film, skills: [s], difficulty: 0.2, minutes: 3, video: {seconds: 195}}
      - {id: page, kind: reading, title: Page, skills: [s], difficulty: 0.2, minutes: 3, text: Read.}
      - {id: page-3, kind: reading, title: Page 3, skills: [s], difficulty: 0.2, minutes: 3, text: Read.}
      - id: boxes
        kind: exercise
        title: Boxes
        skills: [s]
        difficulty: 0.2
        minutes: 3
        questions:
          - {id: q1, kind: text, prompt: Which?}
      - id: two
        kind: exercise
        title: Two
        skills: [s]
        difficulty: 0.2
        minutes: 3
        questions:
          - {id: q2, kind: text, prompt: First?}
          - {id: q3, kind: text, prompt: Second?}
iris:
  - {iri: "block-v1:edX+DemoX+R1+type@video+block@0b9e", activity: film}
  - {iri: "block-v1:edX+DemoX+R1+type@sequential+block@19a3", activity: page}
  - {iri: "block-v1:edX+DemoX+R1+type@sequential+block@19a3#3", activity: page-3}
  - {iri: "block-v1:edX+DemoX+R1+type@problem+block@3fc5", question: q1}
  - {iri: "block-v1:edX+DemoX+R1+type@problem+block@a0ef", activity: two}
  - {iri: "a0ef_2_1", question: q2}
  - {iri: "block-v1:edX+DemoX+R1+type@problem+block@a0ef_3_1", question: q3}
  - {prefix: "block-v1:edX+DemoX+R1+type@problem+block@a0ef_9", activity: two}
"#;

fn translator() -> OpenedxTranslator {
    let draft = crate::course_file::read(COURSE).unwrap();
    let course = nexus_engine::catalog::validation::publish(&draft, &mut Names::default()).unwrap();
    OpenedxTranslator::new(ActorKey::new([7; 32]), IriIndex::new([Arc::new(course)]))
}

fn tracked(name: &str, source: &str, said: Value) -> Value {
    json!({
        "name": name,
        "time": "2026-11-22T09:30:00.5+00:00",
        "context": {"course_id": "course-v1:edX+DemoX+R1", "user_id": 3},
        "username": "ada", "session": "s1", "event_source": source, "event": said,
    })
}

fn becomes(translator: &mut OpenedxTranslator, told: &Value) -> Value {
    let record = translator.translate(&told.to_string());
    let text = format!("{record:?}");
    assert!(!text.contains("ada") && !text.contains("\"3\""), "{text}");
    match record.said {
        Err(problem) => json!(format!("{} {}", problem.pointer, problem.code)),
        Ok(Translated::Unused(why)) => json!(format!("unused: {why}")),
        Ok(Translated::Void(id)) => json!(format!("void: {id}")),
        Ok(Translated::Events { events, .. }) => {
            events.iter().map(|event| serde_json::to_value(&event.action).unwrap()).collect()
        }
    }
}

const BOXES: &str = "block-v1:edX+DemoX+R1+type@problem+block@3fc5";
const TWO: &str = "block-v1:edX+DemoX+R1+type@problem+block@a0ef";

fn checked(correctness: &str, grade: f64, max_grade: Value) -> Value {
    tracked(
        "problem_check",
        "server",
        json!({
            "problem_id": BOXES, "grade": grade, "max_grade": max_grade, "attempts": 2,
            "answers": {"3fc5_2_1": ["choice_0", "choice_2"]},
            "correct_map": {"3fc5_2_1": {"correctness": correctness}},
        }),
    )
}

#[test]
fn a_checked_problem_is_an_answer_for_each_input() {
    let mut translator = translator();
    let answer = |more: Value| {
        let mut answer = json!({"type": "question_answered", "question": "q1",
            "response": "choice_0,choice_2", "attempt": 2});
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([answer])
    };
    for (told, expected) in [
        (checked("incorrect", 0.0, json!(1)), answer(json!({"grade": 0.0}))),
        (checked("partially-correct", 1.0, json!(4)), answer(json!({"grade": 0.25}))),
        (checked("correct", 2.9999, json!(3)), answer(json!({"grade": 1.0}))),
        (checked("correct", 0.0, json!(0)), answer(json!({"correct": true}))),
        (checked("incorrect", 0.0, json!(null)), answer(json!({"correct": false}))),
        (
            checked("partially-correct", 0.0, json!(0)),
            json!("unused: problem_check without a mark"),
        ),
    ] {
        assert_eq!(becomes(&mut translator, &told), expected, "{told}");
    }
    let several = tracked(
        "problem_check",
        "server",
        json!({
            "problem_id": TWO, "grade": 1, "max_grade": 2, "attempts": 1,
            "answers": {"a0ef_2_1": "choice_1"},
            "submission": {"a0ef_3_1": {"answer": "blue", "correct": false}},
            "correct_map": {
                "a0ef_2_1": {"correctness": "correct"}, "a0ef_3_1": {"correctness": "incorrect"},
            },
        }),
    );
    let expected = json!([
        {"type": "question_answered", "question": "q2", "correct": true,
         "response": "choice_1", "attempt": 1},
        {"type": "question_answered", "question": "q3", "correct": false,
         "response": "blue", "attempt": 1},
    ]);
    assert_eq!(becomes(&mut translator, &several), expected);
    let browser = tracked("problem_check", "browser", json!("input_3fc5_2_1=choice_0"));
    assert_eq!(becomes(&mut translator, &browser), "unused: problem_check of the browser");
    let mut unknown = checked("correct", 1.0, json!(1));
    unknown["event"]["problem_id"] = json!("block-v1:edX+DemoX+R1+type@problem+block@none");
    assert_eq!(becomes(&mut translator, &unknown), "/event/problem_id unknown_object");
}

/// The answers of a problem with several inputs: ids behind that of the record, questions, what was dropped.
fn inputs(told: &Value) -> Result<(Vec<String>, Vec<String>, u32), String> {
    let said = translator().translate(&told.to_string()).said;
    let Translated::Events { events, dropped } = said.map_err(|problem| problem.code)? else {
        return Err("no events".to_owned());
    };
    let whole = id_of(told);
    let ids = events.iter().map(|event| event.id.replace(&whole, "")).collect();
    let question = |event: &nexus_api::events::LearnerEvent| match &event.action {
        LearnerAction::QuestionAnswered(answer) => answer.question.clone(),
        action => format!("{action:?}"),
    };
    Ok((ids, events.iter().map(question).collect(), dropped))
}

#[test]
fn an_input_that_stands_for_no_question_costs_the_others_nothing() {
    let checked = |inputs: &[&str]| {
        let marks: serde_json::Map<String, Value> = inputs
            .iter()
            .map(|input| ((*input).to_owned(), json!({"correctness": "correct"})))
            .collect();
        let said = json!({"problem_id": TWO, "attempts": 1, "correct_map": marks});
        tracked("problem_check", "server", said)
    };
    let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    for (given, ids, questions, dropped) in [
        (&["a0ef_2_1", "a0ef_3_1"][..], &[":a0ef_2_1", ":a0ef_3_1"][..], &["q2", "q3"][..], 0),
        // What the first input is called does not depend on what others stand for.
        (&["a0ef_1_1", "a0ef_3_1"][..], &[":a0ef_3_1"][..], &["q3"][..], 1),
        (&["a0ef_2_1", "a0ef_9_1"][..], &[":a0ef_2_1"][..], &["q2"][..], 1),
        (&["a0ef_1_1", "a0ef_2_1", "a0ef_9_1"][..], &[":a0ef_2_1"][..], &["q2"][..], 2),
        (&["a0ef_3_1"][..], &[""][..], &["q3"][..], 0),
    ] {
        let expected = Ok((texts(ids), texts(questions), dropped));
        assert_eq!(inputs(&checked(given)), expected, "{given:?}");
    }
    for (given, code) in [
        (&["a0ef_1_1", "a0ef_4_1"][..], "unknown_object"),
        (&["a0ef_1_1", "a0ef_9_1"][..], "unknown_object"),
        (&["a0ef_9_1"][..], "not_a_question"),
    ] {
        assert_eq!(inputs(&checked(given)), Err(code.to_owned()), "{given:?}");
    }
}

#[test]
fn help_counts_with_the_next_answer() {
    let mut translator = translator();
    let hint = tracked(
        "edx.problem.hint.demandhint_displayed",
        "server",
        json!({"module_id": BOXES, "hint_index": 0}),
    );
    let shown = tracked("showanswer", "server", json!({"problem_id": BOXES}));
    for _ in 0..2 {
        let said = becomes(&mut translator, &hint);
        assert!(said.as_str().is_some_and(|said| said.contains("next answer")), "{said}");
    }
    let answered = checked("correct", 1.0, json!(1));
    assert_eq!(becomes(&mut translator, &answered)[0]["hints"], 2);
    assert_eq!(becomes(&mut translator, &answered)[0].get("hints"), None);
    becomes(&mut translator, &shown);
    let said = becomes(&mut translator, &answered);
    assert_eq!(said, "unused: problem_check after the answer was shown");
    assert_eq!(becomes(&mut translator, &answered)[0]["grade"], 1.0, "only the next one");
}

#[test]
fn plays_are_paired_with_what_ends_them() {
    let mut translator = translator();
    let mut step = |name: &str, said: Value, session: &str| {
        let mut said = said;
        said["id"] = json!("0b9e");
        let mut told = tracked(name, "browser", said);
        told["session"] = json!(session);
        becomes(&mut translator, &told)
    };
    let part = |from: f64, to: f64| json!([{"type": "video_progressed", "activity": "film", "segments": [[from, to]]}]);
    let at = |seconds: f64| json!({"currentTime": seconds});
    assert_eq!(step("load_video", json!({}), "a"), "unused: load_video");
    assert_eq!(step("pause_video", at(9.0), "a"), "unused: pause_video", "nothing played");
    assert_eq!(step("play_video", at(0.0), "a"), "unused: play_video");
    assert_eq!(step("pause_video", at(30.0), "b"), "unused: pause_video", "another session");
    assert_eq!(step("pause_video", json!({"current_time": 12.5}), "a"), part(0.0, 12.5));
    step("edx.video.played", at(12.5), "a");
    let seek = json!({"old_time": 60.0, "new_time": 100.0});
    assert_eq!(step("seek_video", seek, "a"), part(12.5, 60.0));
    assert_eq!(step("speed_change_video", at(101.0), "a"), "unused: speed_change_video");
    assert_eq!(step("stop_video", at(231.0), "a"), part(100.0, 195.0), "to the end of the video");
    step("play_video", at(50.0), "a");
    assert_eq!(step("pause_video", at(50.0), "a"), "unused: pause_video", "an empty part");
}

#[test]
fn enrolment_pages_and_completions() {
    let mut translator = translator();
    let sequence = "block-v1:edX+DemoX+R1+type@sequential+block@19a3";
    let tab = |tab: f64| json!({"id": sequence, "current_tab": tab, "target_tab": 8});
    let completed =
        |block: &str, completion: f64| json!({"block_id": block, "completion": completion});
    let started = |activity: &str| json!([{"type": "activity_started", "activity": activity}]);
    for (name, said, expected) in [
        ("edx.course.enrollment.activated", json!({"user_id": 3}), json!([{"type": "enrolled"}])),
        (
            "edx.course.enrollment.deactivated",
            json!({}),
            json!("unused: edx.course.enrollment.deactivated"),
        ),
        ("edx.ui.lms.sequence.next_selected", tab(2.0), started("page-3")),
        ("edx.ui.lms.sequence.next_selected", tab(3.0), started("page")),
        ("edx.ui.lms.sequence.previous_selected", tab(4.0), started("page-3")),
        ("edx.ui.lms.sequence.tab_selected", tab(1.0), started("page")),
        (
            "edx.completion.block_completion.changed",
            completed(TWO, 1.0),
            json!([{"type": "activity_completed", "activity": "two"}]),
        ),
        (
            "edx.completion.block_completion.changed",
            completed(TWO, 0.5),
            json!("unused: a block that is not completed"),
        ),
        (
            "edx.completion.block_completion.changed",
            completed(BOXES, 1.0),
            json!("unused: a question that is completed"),
        ),
        (
            "edx.completion.block_completion.changed",
            completed("block-v1:other", 1.0),
            json!("/event/block_id unknown_object"),
        ),
        ("edx.forum.thread.created", json!({}), json!("unused: edx.forum.thread.created")),
        ("/courses/x/handler", json!({}), json!("unused: a page or a handler")),
    ] {
        assert_eq!(becomes(&mut translator, &tracked(name, "server", said)), expected, "{name}");
    }
}

#[test]
fn lines_of_the_log_and_both_ways_to_write_an_event() {
    let mut translator = translator();
    let mut line = |text: &str| {
        let record = translator.translate(text);
        match record.said {
            Ok(Translated::Events { events, .. }) => format!("{} {}", events.len(), events[0].id),
            said => format!("{:?}", said.map_err(|problem| (problem.pointer, problem.code))),
        }
    };
    let logged = tracked("edx.course.enrollment.activated", "server", json!({})).to_string();
    let prefix = "2026-11-22 09:30:00,500 INFO 7 [tracking] [user 3] logger.py:41 - ";
    let first = line(&logged);
    assert!(first.starts_with("1 openedx-"), "{first}");
    assert_eq!(line(&format!("{prefix}{logged}")), first, "the same event has the same id");
    let newer = json!({
        "name": "edx.course.enrollment.activated",
        "timestamp": "2026-11-22T09:30:00Z",
        "data": {"course_id": "course-v1:edX+DemoX+R1", "user_id": 3},
        "context": {},
    });
    assert!(line(&newer.to_string()).starts_with("1 openedx-"));
    let nameless = newer.to_string().replace("\"name\"", "\"nom\"");
    let timeless = newer.to_string().replace("timestamp", "moment");
    let nobody = newer.to_string().replace("\"user_id\":3", "\"user_id\":null");
    for (text, expected) in [
        (format!("{prefix}{{\"name\": \"x\", \"context\": "), "(\"/context\", \"malformed_json\")"),
        ("no event at all".to_owned(), "(\"\", \"malformed_json\")"),
        (nameless, "(\"/name\", \"missing_property\")"),
        (timeless, "(\"/time\", \"bad_timestamp\")"),
        (nobody, "(\"/context/user_id\", \"missing_identity\")"),
    ] {
        assert_eq!(line(&text), format!("Err({expected})"), "{text}");
    }
}
