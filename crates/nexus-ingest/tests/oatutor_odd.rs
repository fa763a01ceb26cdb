//! Collections of OATutor with odd fields and broken files: each costs its own step or course at most, is
//! listed with a reason, and what is made passes validation.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::validation::check;
use nexus_ingest::course_file::{read, to_yaml};
use nexus_ingest::oatutor::{Imported, load};
use serde_json::{Value, json};
use std::path::Path;
use std::{fs, io};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// A collection with one course of one lesson, whose problem `p1` has the steps `p1a` and `p1b`.
struct Parts {
    plans: Value,
    skills: Value,
    problem: Value,
    step: Value,
    hints: Value,
}

impl Parts {
    fn sound() -> Self {
        Self {
            plans: json!([{"courseName": "T", "language": "en", "courseOER": "https://x.org <X>",
                "courseLicense": "CC BY", "lessons": [{"id": "L1", "name": "Lesson 1",
                "topics": "Sums", "learningObjectives": {"s1": 0.9, "s2": 0.85}}]}]),
            skills: json!({"p1a": ["s1"], "p1b": ["s2"]}),
            problem: json!({"id": "p1", "title": "P", "body": "", "lessonId": "L1"}),
            step: json!({"id": "p1a", "stepAnswer": ["3"], "problemType": "TextBox",
                "stepTitle": "1 + 2", "stepBody": "", "answerType": "arithmetic"}),
            hints: json!([{"id": "h1", "type": "hint", "title": "Count", "text": "1, 2, 3"}]),
        }
    }

    /// Every file with its place.
    fn files(&self) -> Vec<(&'static str, String)> {
        let other = json!({"id": "p1b", "stepAnswer": ["4"], "problemType": "TextBox",
            "stepTitle": "2 + 2", "answerType": "arithmetic"});
        let tutoring = "content-pool/p1/steps/p1a/tutoring/p1aDefaultPathway.json";
        vec![
            ("content-pool/p1/p1.json", self.problem.to_string()),
            ("content-pool/p1/steps/p1a/p1a.json", self.step.to_string()),
            (tutoring, self.hints.to_string()),
            ("content-pool/p1/steps/p1b/p1b.json", other.to_string()),
        ]
    }

    fn import(&self) -> Result<Imported, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        write(folder.path(), "coursePlans.json", &self.plans.to_string())?;
        write(folder.path(), "skillModel.json", &self.skills.to_string())?;
        for (place, text) in self.files() {
            write(folder.path(), place, &text)?;
        }
        let imported = load(folder.path())?.import("0")?;
        is_sound(&imported.draft)?;
        Ok(imported)
    }
}

fn write(folder: &Path, place: &str, text: &str) -> io::Result<()> {
    let path = folder.join(place);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

fn is_sound(draft: &CourseDraft) -> Tested {
    assert_eq!(check(draft), []);
    assert_eq!(read(&to_yaml(draft)).as_ref(), Ok(draft));
    Ok(())
}

/// Ids of the questions that were made.
fn questions(draft: &CourseDraft) -> Vec<&str> {
    let activities = draft.modules.iter().flat_map(|module| &module.activities);
    activities.flat_map(|it| &it.questions).map(|question| question.id.as_str()).collect()
}

fn listed(imported: &Imported, reason: &str) -> Vec<String> {
    imported.report.skipped.get(reason).cloned().unwrap_or_default()
}

#[test]
fn a_repository_is_read_as_it_is_and_its_single_file_gives_the_same() -> Tested {
    let parts = Parts::sound();
    let folders = parts.import()?;
    assert_eq!(questions(&folders.draft), ["p1a", "p1b"]);
    assert!(folders.report.skipped.is_empty(), "{:?}", folders.report);
    let folder = tempfile::tempdir()?;
    write(folder.path(), "coursePlans.json", &parts.plans.to_string())?;
    write(folder.path(), "skillModel.json", &parts.skills.to_string())?;
    let lines = parts.files().into_iter().map(|(path, text)| {
        // The content stands in the line as it stands in its file.
        format!("{{\"path\": {}, \"content\": {text}}}\n", json!(path))
    });
    write(folder.path(), "content.jsonl", &lines.collect::<String>())?;
    assert_eq!(load(folder.path())?.import("T")?, folders);
    // Figures, hidden files and files of other kinds lie about in a repository.
    let folder = tempfile::tempdir()?;
    write(folder.path(), "coursePlans.json", &parts.plans.to_string())?;
    write(folder.path(), "skillModel.json", &parts.skills.to_string())?;
    for (place, text) in parts.files().into_iter().chain([
        (".DS_Store", "x".to_owned()),
        ("content-pool/.DS_Store", "x".to_owned()),
        ("content-pool/p1/figures/f1.gif", "GIF89a".to_owned()),
        ("content-pool/p1/steps/.DS_Store", "x".to_owned()),
        ("content-pool/p1/steps/p1a/notes.txt", "x".to_owned()),
        ("content-pool/p1/steps/p1a/figures/f2.png", "x".to_owned()),
        ("content-pool/p1/steps/p1a/tutoring/p1aOtherPathway.json", "[]".to_owned()),
        ("bkt-params/defaultBKTParams.json", "{}".to_owned()),
    ]) {
        write(folder.path(), place, &text)?;
    }
    assert_eq!(load(folder.path())?.import("T")?, folders);
    Ok(())
}

#[test]
fn an_odd_field_of_a_plan_costs_no_question() -> Tested {
    let lesson = |name: &str, value: Value| {
        let mut lessons = Parts::sound().plans[0]["lessons"].clone();
        lessons[0][name] = value;
        ("lessons", lessons)
    };
    let odd = json!({"a": 1});
    for (field, value) in [
        ("courseOER", json!(0.0)),
        ("courseOER", odd.clone()),
        ("courseLicense", json!(null)),
        ("courseLicense", json!("x".repeat(5_000))),
        ("language", json!(null)),
        ("language", json!("se")),
        ("language", json!("English")),
        ("language", json!("pt_BR")),
        ("language", json!(["en", "de"])),
        ("courseName", json!("\u{6570}\u{5b66}")),
        ("courseName", json!("")),
        ("courseName", json!(7)),
        ("courseName", json!("x".repeat(400))),
        lesson("topics", json!(1.1)),
        lesson("topics", json!(null)),
        lesson("name", odd.clone()),
        lesson("learningObjectives", json!({"s1": "0.9", "s2": null})),
        lesson("learningObjectives", json!(["s1", "s2"])),
        lesson("learningObjectives", json!({"": 0.9, "_": 0.9, "s1": 0.9, "s2": 0.9})),
        ("lessons", json!([null, "text", Parts::sound().plans[0]["lessons"][0]])),
        ("lessons", json!([Parts::sound().plans[0]["lessons"][0], {"id": "L2"}])),
    ] {
        let mut parts = Parts::sound();
        parts.plans[0][field] = value.clone();
        let imported = parts.import().map_err(|error| format!("{field} {value}: {error}"))?;
        assert_eq!(questions(&imported.draft), ["p1a", "p1b"], "{field} {value}");
    }
    let with_language = |language: &str| -> Result<String, Box<dyn std::error::Error>> {
        let mut parts = Parts::sound();
        parts.plans[0]["language"] = json!(language);
        Ok(parts.import()?.draft.language)
    };
    assert_eq!(with_language("pt_BR")?, "pt-BR");
    // A word is no tag: English is taken, and said.
    assert_eq!(with_language("Svenska")?, "en");
    Ok(())
}

#[test]
fn an_odd_field_of_a_step_costs_that_step_at_most() -> Tested {
    let (kept, lost) = (["p1a", "p1b"].as_slice(), ["p1b"].as_slice());
    let choice = json!({"problemType": "MultipleChoice", "choices": [1, 2, 3]});
    for (fields, asked) in [
        (json!({"stepAnswer": [3]}), kept),
        (json!({"stepAnswer": "3"}), kept),
        (json!({"stepAnswer": 3.0}), kept),
        (json!({"stepAnswer": [["3"], null]}), kept),
        (json!({"stepAnswer": [true]}), kept),
        (json!({"stepAnswer": null}), lost),
        (json!({"stepAnswer": {"a": 3}}), lost),
        (json!({"stepAnswer": ["$$$$"]}), lost),
        (json!({"stepAnswer": ["x".repeat(5_000)]}), lost),
        (choice.clone(), kept),
        (
            json!({"problemType": "MultipleChoice", "choices": [3.0, 4.0], "stepAnswer": ["3"]}),
            kept,
        ),
        (json!({"problemType": "MultipleChoice", "choices": null}), lost),
        (json!({"problemType": "MultipleChoice", "choices": "3"}), lost),
        (json!({"problemType": "MultipleChoice", "choices": [4, 5]}), lost),
        (json!({"problemType": null, "choices": ["3", "4"]}), kept),
        (json!({"problemType": "textbox"}), kept),
        (json!({"problemType": "Drawing"}), lost),
        (json!({"choices": null, "answerType": 4, "stepBody": null}), kept),
        (json!({"stepTitle": null}), kept),
        (json!({"stepTitle": ["two", "titles"]}), kept),
        (json!({"stepTitle": "x".repeat(30_000)}), kept),
    ] {
        let mut parts = Parts::sound();
        for (name, value) in fields.as_object().into_iter().flatten() {
            parts.step[name] = value.clone();
        }
        let shown: String = fields.to_string().chars().take(200).collect();
        let imported = parts.import().map_err(|error| format!("{shown}: {error}"))?;
        assert_eq!(questions(&imported.draft), asked, "{shown}");
        let named = imported.report.skipped.values().flatten().any(|name| name.starts_with("p1a"));
        assert!(asked == kept || named, "{shown} is listed: {:?}", imported.report);
    }
    Ok(())
}

#[test]
fn odd_problems_hints_and_skills_cost_no_more_than_themselves() -> Tested {
    for (title, body) in
        [(json!(null), json!(null)), (json!(7), json!(["a"])), (json!({}), json!(0))]
    {
        let mut parts = Parts::sound();
        parts.problem["title"] = title;
        parts.problem["body"] = body;
        assert_eq!(questions(&parts.import()?.draft), ["p1a", "p1b"]);
    }
    for (hints, kept) in [
        (json!([{"title": "t", "text": null}]), 1),
        (json!([{"title": null, "text": null}, {"text": "x"}]), 1),
        (json!([{"title": "t", "text": "x", "hintAnswer": [4], "type": "scaffold"}]), 1),
        (json!(["Just a text", 7]), 2),
        (json!([null, {"text": {"a": 1}}, {"text": "x", "dependencies": "h0"}]), 1),
        (json!(null), 0),
        (json!("text"), 0),
        (json!({"hints": []}), 0),
    ] {
        let mut parts = Parts::sound();
        parts.hints = hints.clone();
        let imported = parts.import()?;
        let question = &imported.draft.modules[0].activities[0].questions[0];
        assert_eq!((question.id.as_str(), question.hints.len()), ("p1a", kept), "{hints}");
    }
    for (skills, asked) in [
        (json!("s1"), vec!["p1a", "p1b"]),
        (json!(["s1", "s1", ""]), vec!["p1a", "p1b"]),
        (json!([["s1"]]), vec!["p1a", "p1b"]),
        (json!([""]), vec!["p1b"]),
        (json!(null), vec!["p1b"]),
        (json!({"s1": 1}), vec!["p1b"]),
        (json!(["of another course"]), vec!["p1b"]),
    ] {
        let mut parts = Parts::sound();
        parts.skills["p1a"] = skills.clone();
        assert_eq!(questions(&parts.import()?.draft), asked, "{skills}");
    }
    Ok(())
}

#[test]
fn a_broken_file_costs_itself_and_is_named() -> Tested {
    let broken = |place: &str, text: &[u8]| -> Result<Imported, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let parts = Parts::sound();
        write(folder.path(), "coursePlans.json", &parts.plans.to_string())?;
        write(folder.path(), "skillModel.json", &parts.skills.to_string())?;
        for (place, text) in parts.files() {
            write(folder.path(), place, &text)?;
        }
        // Another problem, so that the course lives on.
        write(folder.path(), "content-pool/p2/p2.json", "{\"lessonId\": \"L1\"}")?;
        let step = json!({"stepAnswer": 5, "stepTitle": "2 + 3"});
        write(folder.path(), "content-pool/p2/steps/p1b/p1b.json", &step.to_string())?;
        fs::write(folder.path().join(place), text)?;
        let imported = load(folder.path())?.import("0")?;
        is_sound(&imported.draft)?;
        Ok(imported)
    };
    let step = "content-pool/p1/steps/p1a/p1a.json";
    let hints = "content-pool/p1/steps/p1a/tutoring/p1aDefaultPathway.json";
    let problem = "content-pool/p1/p1.json";
    for (place, text, asked) in [
        (step, b"{\"stepTitle\": ".as_slice(), 2),
        (step, b"", 2),
        (step, b"\xff\x00{", 2),
        (step, b"[]", 2),
        (hints, b"[{]", 3),
        (hints, b"7", 3),
        (problem, b"not json", 1),
        (problem, b"null", 1),
    ] {
        let imported = broken(place, text)?;
        assert_eq!(questions(&imported.draft).len(), asked, "{place} {text:?}");
        let unreadable = listed(&imported, "file that cannot be read");
        assert!(matches!(&unreadable[..], [one] if one.starts_with(place)), "{unreadable:?}");
    }
    // What Python writes where it has no number.
    let imported =
        broken(step, b"{\"stepTitle\": NaN, \"stepAnswer\": [\"3\"], \"stepBody\": \"?\"}")?;
    assert_eq!(questions(&imported.draft).len(), 3);
    Ok(())
}

#[test]
fn a_course_that_cannot_be_taught_costs_no_other_course() -> Tested {
    let sound = Parts::sound();
    let folder = tempfile::tempdir()?;
    let taught_by_none = json!({"courseName": "Empty", "lessons": [{"id": "L9", "name": "9"}]});
    let without_skills = json!({"courseName": "No skills", "lessons": [{"id": "L1", "name": "1"}]});
    let plans = json!([7, {"courseName": "U", "lessons": null}, {"lessons": "L1"}, taught_by_none,
        without_skills, sound.plans[0]]);
    // As Python writes a missing number.
    let plans = plans.to_string().replace("\"CC BY\"", "NaN");
    write(folder.path(), "coursePlans.json", &plans)?;
    write(folder.path(), "skillModel.json", &sound.skills.to_string())?;
    for (place, text) in sound.files() {
        write(folder.path(), place, &text)?;
    }
    let collection = load(folder.path())?;
    let names: Vec<&str> = collection.courses().collect();
    assert_eq!(names, ["Course 0", "U", "Course 2", "Empty", "No skills", "T"]);
    for (course, why) in [
        ("0", "no object"),
        ("U", "no lesson"),
        ("2", "`lessons`"),
        ("Empty", "problem"),
        ("No skills", "2 step without a skill of the course"),
        ("6", "there is no course \"6\""),
    ] {
        let fault = collection.import(course).map_or_else(|it| it.to_string(), |_| String::new());
        assert!(fault.contains(why), "{course}: {fault}");
    }
    let imported = collection.import("T")?;
    is_sound(&imported.draft)?;
    assert_eq!(questions(&imported.draft), ["p1a", "p1b"]);
    assert!(imported.draft.licence.contains("names no licence"), "{}", imported.draft.licence);
    Ok(())
}

#[test]
fn what_breaks_a_rule_of_courses_is_left_out_with_the_rule() -> Tested {
    // A step of 300 skills: a course takes 256 in one list.
    let many: Vec<String> = (0..300).map(|number| format!("s{number}")).collect();
    let mut parts = Parts::sound();
    let lesson = &mut parts.plans[0]["lessons"][0];
    lesson["learningObjectives"] = json!(many);
    parts.skills["p1a"] = json!(many);
    parts.skills["p1b"] = json!("s2");
    let imported = parts.import()?;
    assert_eq!(questions(&imported.draft), ["p1b"]);
    let rule = listed(&imported, "step that breaks a rule of courses");
    assert!(
        matches!(&rule[..], [one] if one.starts_with("p1a: ") && one.contains("256")),
        "{rule:?}"
    );
    Ok(())
}

#[test]
fn what_belongs_to_no_lesson_is_listed() -> Tested {
    let folder = tempfile::tempdir()?;
    let parts = Parts::sound();
    write(folder.path(), "coursePlans.json", &parts.plans.to_string())?;
    write(folder.path(), "skillModel.json", &parts.skills.to_string())?;
    for (place, text) in parts.files().into_iter().chain([
        ("content-pool/p2/p2.json", r#"{"lessonId": "gone", "courseName": "T"}"#.to_owned()),
        ("content-pool/p3/p3.json", r#"{"lessonId": "gone", "courseName": "Other"}"#.to_owned()),
        ("content-pool/p4/p4.json", r#"{"lessonId": null}"#.to_owned()),
        ("content-pool/p5/steps/p5a/p5a.json", "{}".to_owned()),
    ]) {
        write(folder.path(), place, &text)?;
    }
    let imported = load(folder.path())?.import("T")?;
    is_sound(&imported.draft)?;
    assert_eq!(listed(&imported, "problem of no lesson"), ["p2", "p4"]);
    assert_eq!(listed(&imported, "folder without its problem, of whatever course"), ["p5"]);
    Ok(())
}
