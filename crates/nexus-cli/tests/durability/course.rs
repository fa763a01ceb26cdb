//! A small course: six exercises of three questions on two skills, so that a few minutes of a
//! learner's life already earn rewards.

use serde_json::{Value, json};

/// Its id.
pub const ID: &str = "durability";
/// The id of the entry that publishes it.
pub const ENTRY_ID: &str = "course:durability:1";
/// Its activities, in path order.
pub const ACTIVITIES: [&str; 6] = ["a1", "a2", "a3", "a4", "a5", "a6"];
/// Questions of one activity.
pub const QUESTIONS: usize = 3;

/// The name of a question.
pub fn question(activity: &str, number: usize) -> String {
    format!("{activity}-q{number}")
}

/// The course as `PUT /v1/courses/{id}` takes it.
pub fn file() -> Value {
    let activities: Vec<Value> = ACTIVITIES.iter().enumerate().map(activity).collect();
    json!({
        "format": 1,
        "id": ID,
        "version": 1,
        "title": "What survives",
        "language": "en",
        "skills": [
            {"id": "s1", "title": "Surviving a crash"},
            {"id": "s2", "title": "Surviving a full disk"},
        ],
        "modules": [{"id": "m1", "title": "All of it", "activities": activities}],
    })
}

fn activity((position, id): (usize, &&str)) -> Value {
    let question = |number| {
        json!({
            "id": question(id, number),
            "kind": "numeric",
            "prompt": "How many?",
            "answer": number,
            "explanation": "That many.",
        })
    };
    let questions: Vec<Value> = (1..=QUESTIONS).map(question).collect();
    json!({
        "id": id,
        "kind": "exercise",
        "title": format!("Exercise {id}"),
        "skills": [if position % 2 == 0 { "s1" } else { "s2" }],
        "difficulty": 0.5,
        "minutes": 3.0,
        "required": true,
        "questions": questions,
    })
}
