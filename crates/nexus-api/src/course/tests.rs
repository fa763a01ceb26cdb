//! The course file as JSON: there and back without loss, and nothing unknown slips through.

use super::CourseFile;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::AnswerDraft;

const COURSE: &str = r#"{
  "format": 1, "id": "tiny", "version": 2, "title": "Tiny", "language": "en",
  "skills": [{"id": "one", "title": "One"}, {"id": "two", "title": "Two", "requires": ["one"]}],
  "modules": [{"id": "m", "title": "M", "activities": [
    {"id": "watch", "kind": "video", "title": "Watch", "skills": ["one"], "difficulty": 0.25,
     "minutes": 3.0, "video": {"seconds": 90.5, "script": "Look."}},
    {"id": "practise", "kind": "exercise", "title": "Practise", "skills": ["two"],
     "difficulty": 0.5, "minutes": 5.0, "requires": ["watch"], "required": true,
     "questions": [
       {"id": "q1", "kind": "single", "prompt": "?", "options": {"b": "B", "a": "A"},
        "answer": "a", "hints": ["Look again."], "explanation": "Because."},
       {"id": "q2", "kind": "numeric", "prompt": "?", "answer": 0.5, "tolerance": 0.01},
       {"id": "q3", "kind": "text", "prompt": "?", "answer": ["yes", "yeah"]},
       {"id": "q4", "kind": "text", "prompt": "?"}
     ]}
  ]}]
}"#;

fn read(text: &str) -> Result<CourseFile, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn a_course_goes_there_and_back() -> Result<(), serde_json::Error> {
    let file = read(COURSE)?;
    let draft = CourseDraft::from(file.clone());
    assert_eq!(nexus_engine::catalog::validation::check(&draft), []);
    let questions = &draft.modules[0].activities[1].questions;
    let order: Vec<&str> = questions[0].options.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(order, ["b", "a"], "the author's order of options is kept");
    assert_eq!(questions[3].answer, AnswerDraft::Missing);
    let written = serde_json::to_string(&CourseFile::from(draft))?;
    assert_eq!(read(&written)?, file);
    Ok(())
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    for field in ["\"version\"", "\"requires\"", "\"script\"", "\"hints\"", "\"minutes\""] {
        let text = COURSE.replacen(field, "\"surprise\": 1, \"version\"", 1);
        assert!(read(&text).is_err(), "{field}");
    }
}

#[test]
fn an_answer_of_another_type_says_what_fits() {
    let text = COURSE.replace("\"answer\": \"a\"", "\"answer\": true");
    let message = read(&text).map_or_else(|error| error.to_string(), |_| String::new());
    assert!(message.starts_with("an answer is a number, a text, or a list"), "{message}");
}
