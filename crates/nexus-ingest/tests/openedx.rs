//! Tracking events of Open edX with the statements that its own translation makes of them.

#[path = "real_data/folder.rs"]
mod folder;

use nexus_api::events::{LearnerAction, LearnerEvent};
use nexus_engine::catalog::{Names, validation};
use nexus_ingest::file::{BytesRead, open};
use nexus_ingest::foreign::{ActorKey, ForeignFormat, IriIndex, Translated, Translator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The blocks of the demonstration course that the events are about.
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
      - {id: done, kind: reading, title: Done, skills: [s], difficulty: 0.2, minutes: 3, text: Read.}
      - id: drill
        kind: exercise
        title: Drill
        skills: [s]
        difficulty: 0.2
        minutes: 3
        questions:
          - {id: boxes, kind: text, prompt: Boxes?}
          - {id: ocean, kind: text, prompt: Ocean?}
          - {id: chair, kind: text, prompt: Chair?}
          - {id: music, kind: text, prompt: Music?}
iris:
  - {iri: "block-v1:edX+DemoX+Demo_Course+type@video+block@0b9e39477cf34507a7a48f74be381fdd", activity: film}
  - {iri: "block-v1:edX+DemoX+Demo_Course+ccx@1+type@video+block@0b9e39477cf34507a7a48f74be381fdd", activity: film}
  - {iri: "0b9e39477cf34507a7a48f74be381fdd", activity: film}
  - {iri: "block-v1:edX+DemoX+Demo_Course+type@sequential+block@19a30717eff543078a5d94ae9d6c18a5", activity: page}
  - {iri: "block-v1:edX+DemoX+Demo_Course+type@problem+block@7c54b16c8ed34f9f8772015178c7a175", activity: done}
  - {prefix: "block-v1:edX+DemoX+Demo_Course+type@problem+block@3fc5461f86764ad7bdbdf6cbdde61e66", question: boxes}
  - {prefix: "block-v1:edX+DemoX+Demo_Course+type@problem+block@932e6f2ce8274072a355a94560216d1a", question: boxes}
  - {iri: "a0effb954cca4759994f1ac9e9434bf4_2_1", question: ocean}
  - {iri: "a0effb954cca4759994f1ac9e9434bf4_3_1", question: chair}
  - {iri: "a0effb954cca4759994f1ac9e9434bf4_4_1", question: music}
"#;

fn translator() -> Box<dyn Translator> {
    let draft = nexus_ingest::course_file::read(COURSE).unwrap();
    let course = validation::publish(&draft, &mut Names::default()).unwrap();
    let iris = IriIndex::new([Arc::new(course)]);
    ForeignFormat::Openedx.translator(ActorKey::new([7; 32]), iris)
}

fn word(event: &LearnerEvent) -> String {
    let action = serde_json::to_value(&event.action).unwrap();
    action["type"].as_str().unwrap().to_owned()
}

/// Each of 51 events is an event, is of no use, or is refused with a reason; answers are as right as
/// in the official statements, and happened when these say.
#[test]
fn the_events_of_the_official_translation() -> Outcome {
    let Some(folder) = folder::data("openedx-events") else { return Ok(()) };
    let file = open(&folder.join("events.jsonl.gz"), &BytesRead::default())?;
    let (mut translator, mut counts) = (translator(), BTreeMap::<String, u32>::new());
    let (mut answers, mut events_read) = (0, 0);
    for line in file.lines() {
        let pair: Value = serde_json::from_str(&line?)?;
        events_read += 1;
        let name = pair["event"].as_str().unwrap();
        let said = translator.translate(&pair["source"].to_string()).said;
        let counted = match &said {
            Ok(Translated::Events { events, .. }) => word(&events[0]),
            Ok(_) => "unused".to_owned(),
            Err(problem) => problem.code.clone(),
        };
        *counts.entry(counted).or_default() += 1;
        let Ok(Translated::Events { events, .. }) = said else { continue };
        let official = match &pair["xapi"] {
            Value::Array(all) => all.clone(),
            Value::Null => continue,
            one => vec![one.clone()],
        };
        for event in events {
            let at = |text: &str| nexus_api::time::read(text, "").unwrap();
            let told = event.occurred_at.as_deref().map(at);
            let same = official.iter().find(|it| it["timestamp"].as_str().map(at) == told);
            assert!(same.is_some(), "{name}: no official statement of {told:?}");
            let LearnerAction::QuestionAnswered(answer) = event.action else { continue };
            answers += 1;
            let right = answer.correct.or(answer.grade.map(|grade| grade == 1.0));
            let success = official.iter().map(|it| it["result"]["success"].as_bool());
            assert!(success.clone().any(|it| it == right), "{name}: {right:?} {success:?}");
        }
    }
    println!("{events_read} events: {counts:?}; {answers} answers");
    assert_eq!((events_read, counts.values().sum::<u32>(), answers), (51, 51, 6));
    Ok(())
}

/// A log as it is written: two of its lines are broken, and only one event of it is an answer.
#[test]
fn a_log_with_broken_lines() -> Outcome {
    let Some(folder) = folder::data("openedx-events") else { return Ok(()) };
    let file = open(&folder.join("tracking.log.gz"), &BytesRead::default())?;
    let (mut translator, mut counts) = (translator(), BTreeMap::<String, u32>::new());
    for line in file.lines() {
        let counted = match translator.translate(&line?).said {
            Ok(Translated::Events { events, .. }) => word(&events[0]),
            Ok(_) => "unused".to_owned(),
            Err(problem) => problem.code,
        };
        *counts.entry(counted).or_default() += 1;
    }
    println!("{counts:?}");
    assert_eq!(counts["malformed_json"], 2);
    assert_eq!(counts["question_answered"], 1);
    assert_eq!(counts.values().sum::<u32>(), 12);
    Ok(())
}
