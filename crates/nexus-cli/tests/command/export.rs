//! `nexus export`: tables and everything about one learner, from the files and from a server on them.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::{Value, json};

/// The rows of a table, by column.
fn rows(table: &str) -> Vec<Value> {
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        // The texts of this test have no comma, but in quotes.
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                letter => cells.last_mut().unwrap().push(letter),
            }
        }
        assert_eq!(cells.len(), columns.len(), "{line}");
        columns.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), json!(cell))).collect()
    };
    lines.map(|line| Value::Object(row(line))).collect()
}

#[test]
fn tables_and_a_learner_come_out_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let answer = |id: &str, learner: &str, response: &str| {
        json!({"id": id, "type": "question_answered", "learner": learner, "course": "sums",
            "question": "q1", "response": response, "occurred_at": "2026-01-01T10:00:00Z"})
    };
    let tester = json!({"id": "t1", "type": "enrolled", "learner": "tess", "course": "sums",
        "test": true});
    let events = [
        answer("a1", "ada", "2"),
        answer("a2", "ben", "3, or \"so\""),
        tester,
        answer("a3", "tess", "2"),
    ];
    let more = folder.path().join("more.ndjson");
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    std::fs::write(&more, lines).unwrap();
    check(&["ingest", more.to_str().unwrap(), "--data", &data], 0, "0 rejected");

    let table = check(&["export", "answers", "--data", &data], 0, "predicted");
    let answers = rows(&table);
    for (name, cells) in [
        ("learner", ["ada", "ben", "tess"]),
        ("right", ["true", "false", "true"]),
        ("test", ["false", "false", "true"]),
    ] {
        let column: Vec<&str> = answers.iter().map(|row| row[name].as_str().unwrap()).collect();
        assert_eq!(column, cells, "{name}");
    }
    assert!(table.contains("\"3, or \"\"so\"\"\""), "{table}");
    let none = check(&["export", "answers", "--data", &data, "--course", "other"], 0, "seq,");
    assert_eq!(none.lines().count(), 1, "{none}");
    for what in ["decisions", "rewards", "experiment"] {
        assert_eq!(check(&["export", what, "--data", &data], 0, "learner").lines().count(), 1);
    }
    let gone = ["export", "experiment", "--data", &data, "--experiment", "x"];
    check(&gone, 2, "there is no experiment");

    let file = folder.path().join("ada.json");
    let here = ["export", "learner", "ada", "--data", &data, "--out", file.to_str().unwrap()];
    check(&here, 0, "");
    let from_files: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(from_files["entries"].as_array().unwrap().len(), 2, "{from_files}");
    assert_eq!(from_files["learner"]["answers"], 1);
    check(&["export", "learner", "nobody", "--data", &data], 2, "there is no learner nobody");

    // A server on the same data says the same, and its decisions come out with their propensities.
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["export", "learner", "ada", "--url", &server.url, "--key", &key];
    let from_server: Value = serde_json::from_str(&check(&there, 0, "entries")).unwrap();
    assert_eq!(from_server["entries"], from_files["entries"]);
    assert_eq!(from_server["learner"], from_files["learner"]);
}
