//! What a teacher is told: the evidence behind skills, the class view, and who is stuck.

use crate::harness::{Server, check, event};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_server::clock::Clock;
use serde_json::{Value, json};
use std::time::Duration;

/// 2026-11-22T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_348_800_000_000);

async fn server() -> Server {
    let server = Server::start_at(Clock::still(NOW), |_| ()).await;
    server.publish().await;
    server
}

/// An answer so many hours before now.
fn answer(learner: &str, question: &str, right: bool, hours: u32) -> Value {
    let at = NOW.plus_micros(-(DAY_MICROS / 24) * i64::from(hours));
    let id = format!("{learner}-{question}-{hours}");
    let at = nexus_api::time::print(at);
    event(
        &id,
        learner,
        json!({"type": "question_answered", "question": question, "correct": right,
            "occurred_at": at}),
    )
}

async fn send(server: &Server, events: &[Value]) {
    for batch in events.chunks(400) {
        let receipts = server.post_json("/v1/events", &json!(batch)).await;
        assert_eq!(receipts["accepted"], batch.len(), "{receipts}");
    }
}

/// Knows how to add, and never learns how to carry.
fn stuck_learner(learner: &str) -> Vec<Value> {
    let add = |n: u32| answer(learner, ["q1", "q2"][n as usize % 2], true, 90 - n);
    let carry =
        |n: u32| answer(learner, ["q3", "q4", "q5", "q6"][n as usize % 4], false, 60 - 2 * n);
    let again = |n: u32| answer(learner, ["q1", "q2"][n as usize % 2], true, 59 - 2 * n);
    (0..8).map(add).chain((0..20).flat_map(|n| [carry(n), again(n)])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mastered_is_listed_with_its_review() {
    let server = server().await;
    let read = "/v1/learners/ada/reviews?course=sums";
    assert_eq!(server.get_json(read).await["reviews"], json!([]), "nobody knows them yet");
    send(&server, &stuck_learner("ada")).await;
    let listed = server.get_json(read).await;
    assert_eq!(listed["as_of"], nexus_api::time::print(NOW));
    assert_eq!(listed["course_version"], 1);
    let [review] = listed["reviews"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&review["skill"], &review["activity"]), (&json!("add"), &json!("drill")));
    let mastery = server.get_json("/v1/learners/ada/mastery").await;
    let add = &mastery["courses"][0]["skills"][0];
    assert_eq!((&review["recall"], &review["falls_at"]), (&add["recall"], &add["due_at"]));
    assert_eq!(review["due_at"], review["falls_at"], "it has not fallen yet");
    check(server.get("/v1/learners/ada/reviews?course=gone"), 404, "not_found").await;
    check(server.get("/v1/learners/ada/reviews"), 422, "schema_violation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_shows_the_answers_behind_it_and_says_why() {
    let server = server().await;
    send(&server, &stuck_learner("ada")).await;
    let mastery = server.get_json("/v1/learners/ada/mastery").await;
    assert_eq!((&mastery["entries_read"], &mastery["evidence_cut"]), (&48.into(), &false.into()));
    let skills = mastery["courses"][0]["skills"].as_array().unwrap();
    let (add, carry) = (&skills[0], &skills[1]);
    assert_eq!((&add["status"], &carry["status"]), (&"mastered".into(), &"stuck".into()));
    let because = add["because"].as_str().unwrap();
    assert!(
        because.starts_with("Mastered: 10 of the last 10 right, most recently within a day;"),
        "{because}"
    );
    let because = carry["because"].as_str().unwrap();
    let expected =
        "0 of the last 10 right, most recently within a day; what it builds on seems known";
    assert!(because.starts_with("Stuck: ") && because.contains(expected), "{because}");
    // Adding was right 28 times of 28: it is no use to go back to it.
    assert!(add["mastered_probability"].as_f64().unwrap() > 0.7, "{add}");
    assert_eq!(carry["next_step"], Value::Null);
    assert_eq!(add["next_step"], Value::Null);

    let evidence = carry["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 5);
    let latest = &evidence[0];
    assert_eq!((&latest["question"], &latest["prompt"]), (&"q6".into(), &"1 + 1 = ?".into()));
    assert_eq!((&latest["right"], &latest["probe"]), (&false.into(), &false.into()));
    assert_eq!(latest["at"], "2026-11-21T14:00:00Z");
    assert!(latest["predicted"].as_f64().unwrap() < 0.5, "{latest}");
    let seqs: Vec<_> = evidence.iter().map(|one| one["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|newer, older| newer > older), "{seqs:?}");
    let ten = server.get_json("/v1/learners/ada/mastery?evidence=10").await;
    let ten = ten["courses"][0]["skills"][1]["evidence"].clone();
    assert_eq!(ten.as_array().unwrap().len(), 10);
    assert_eq!(ten[0], *latest);

    let none = server.get_json("/v1/learners/ada/mastery?evidence=0").await;
    assert_eq!((&none["entries_read"], &none["evidence_cut"]), (&0.into(), &false.into()));
    let why = none["courses"][0]["skills"][1]["because"].as_str().unwrap();
    assert!(why.contains("0 of 20 right"), "{why}");
    check(server.get("/v1/learners/ada/mastery?evidence=11"), 422, "schema_violation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_bounded_and_says_so() {
    let server = server().await;
    let mut events = vec![answer("ada", "q1", true, 900)];
    events.extend(
        (0..600).map(|n| event(&format!("s{n}"), "ada", json!({"type": "session_started"}))),
    );
    send(&server, &events).await;
    let mastery = server.get_json("/v1/learners/ada/mastery").await;
    assert_eq!((&mastery["entries_read"], &mastery["evidence_cut"]), (&500.into(), &true.into()));
    let add = &mastery["courses"][0]["skills"][0];
    assert_eq!((&add["attempts"], &add["evidence"]), (&1.into(), &json!([])));
    assert!(add["because"].as_str().unwrap().contains("1 of 1 right"), "{add}");
}

/// Learners who are as different as a class is: from one who knows all to one who knows nothing.
fn class() -> Vec<Value> {
    let mut events = stuck_learner("l-00");
    for learner in 1..30_u32 {
        let name = format!("l-{learner:02}");
        let came = json!({"type": "enrolled", "occurred_at": "2026-01-01T00:00:00Z"});
        events.push(event(&format!("{name}-in"), &name, came));
        let right = |n: u32, skill: u32| (learner * 7 + n * 5) % 29 + 12 * skill <= learner + 6;
        for n in 0..learner % 9 {
            let hours = 24 * (learner % 2 * 60 + learner + 9 - n);
            events.push(answer(&name, ["q1", "q2"][n as usize % 2], right(n, 0), hours));
        }
        for n in 0..learner % 17 {
            let question = ["q3", "q4", "q5", "q6"][n as usize % 4];
            events.push(answer(&name, question, right(n, 1), 5 * (17 - n)));
        }
    }
    // Somebody who knew how to add half a year ago.
    let long_ago = |n: u32| answer("l-30", ["q1", "q2"][n as usize % 2], true, 24 * (200 - n));
    events.extend((0..8).map(long_ago));
    events
}

/// The class view, added up by hand from what is said of each learner alone.
fn added_up(singles: &[Value], position: usize) -> Value {
    let skills: Vec<&Value> =
        singles.iter().map(|single| &single["courses"][0]["skills"][position]).collect();
    let with = |status: &str| skills.iter().filter(|skill| skill["status"] == status).count();
    let asked: Vec<&&Value> = skills.iter().filter(|skill| skill["attempts"] != 0).collect();
    let numbers = |name: &str| -> Vec<f64> {
        asked.iter().map(|skill| skill[name].as_f64().unwrap()).collect()
    };
    let mut histogram = [0; 10];
    for probability in numbers("mastered_probability") {
        histogram[((probability * 10.0) as usize).min(9)] += 1;
    }
    let mut successes = numbers("expected_success");
    successes.sort_by(f64::total_cmp);
    // The value with a quarter (a half, three quarters) of all values at or below it.
    let quartile = |share: f64| {
        let enough = |value: &&f64| {
            let below = successes.iter().filter(|other| other <= value).count();
            below as f64 >= share * successes.len() as f64
        };
        *successes.iter().find(enough).unwrap()
    };
    let recall = numbers("recall").iter().sum::<f64>() / asked.len() as f64;
    json!({
        "statuses": {"not_started": with("not_started"), "learning": with("learning"),
            "mastered": with("mastered"), "fragile": with("fragile"), "stuck": with("stuck")},
        "asked": asked.len(), "never_asked": skills.len() - asked.len(),
        "histogram": histogram,
        "expected_success":
            {"low": quartile(0.25), "median": quartile(0.5), "high": quartile(0.75)},
        "mean_recall": recall,
        "due_for_review": skills.iter().filter(|skill| skill["due_for_review"] == true).count(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_class_view_is_the_sum_of_single_views() {
    let server = server().await;
    send(&server, &class()).await;
    let names: Vec<String> = (0..31).map(|n| format!("l-{n:02}")).collect();
    let mut singles = Vec::new();
    for name in &names {
        singles.push(server.get_json(&format!("/v1/learners/{name}/mastery")).await);
    }
    let whole = server.get_json("/v1/courses/sums/mastery").await;
    assert_eq!((&whole["learners"], &whole["course_learners"]), (&31.into(), &31.into()));
    assert_eq!((&whole["next"], &whole["at"]), (&Value::Null, &singles[0]["at"]));
    let mut statuses_seen = 0;
    for position in 0..2 {
        let skill = &whole["skills"][position];
        for (name, expected) in added_up(&singles, position).as_object().unwrap() {
            assert_eq!(&skill[name], expected, "skill {position}: {name}");
        }
        let counts = skill["statuses"].as_object().unwrap().values();
        statuses_seen += counts.filter(|count| **count != 0).count();
        let stuck = skill["stuck_learners"].as_array().unwrap();
        assert_eq!(skill["statuses"]["stuck"], stuck.len());
        for one in stuck {
            let number = names.iter().position(|name| one["learner"] == **name).unwrap();
            let alone = &singles[number]["courses"][0]["skills"][position];
            assert_eq!(alone["status"], "stuck");
            assert_eq!(one["attempts_since_gain"], alone["attempts_since_gain"]);
            assert_eq!(one["next_step"], alone["next_step"]);
        }
    }
    assert!(statuses_seen >= 7, "the class is too uniform to show anything: {whole}");
    assert_eq!(whole["skills"][1]["stuck_learners"][0]["learner"], "l-00", "{whole}");

    let mut group: Vec<String> = names.clone();
    group.extend(["l-03", "ghost", "not an id"].map(str::to_owned));
    let named = server.post_json("/v1/courses/sums/mastery", &json!({ "learners": group })).await;
    assert_eq!(named["skills"], whole["skills"]);
    assert_eq!(named["unknown"], json!(["ghost", "not an id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_is_read_in_parts_that_cover_everybody_once() {
    let server = server().await;
    send(&server, &class()).await;
    // Half of them lie in the checkpoint alone, the others in memory too.
    server.node.checkpoint().await.unwrap();
    let late: Vec<Value> = (0..5)
        .map(|n| event(&format!("late-{n}"), &format!("l-{n}x"), json!({"type": "enrolled"})))
        .collect();
    send(&server, &late).await;
    let (mut after, mut learners, mut asked, mut parts) = (String::new(), 0, 0, 0);
    loop {
        let part = server.get_json(&format!("/v1/courses/sums/mastery?limit=7{after}")).await;
        learners += part["learners"].as_u64().unwrap();
        asked += part["skills"][0]["asked"].as_u64().unwrap();
        parts += 1;
        assert!(part["learners"].as_u64().unwrap() <= 7 && parts < 9);
        match part["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let whole = server.get_json("/v1/courses/sums/mastery").await;
    assert_eq!((learners, parts), (36, 6), "36 learners, 7 at a time");
    assert_eq!((&whole["learners"], &whole["skills"][0]["asked"]), (&36.into(), &asked.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_view_refuses_what_it_cannot_answer() {
    let server = server().await;
    let empty = server.get_json("/v1/courses/sums/mastery").await;
    assert_eq!((&empty["learners"], &empty["skills"][0]["asked"]), (&0.into(), &0.into()));
    assert_eq!(empty["skills"][0]["expected_success"], Value::Null);
    let group = |n: usize| {
        let learners: Vec<String> = (0..n).map(|n| format!("g{n}")).collect();
        server.post("/v1/courses/sums/mastery").json(&json!({ "learners": learners }))
    };
    let problem = check(group(1_001), 422, "schema_violation").await;
    assert_eq!(problem["errors"][0]["code"], "too_many_learners");
    assert_eq!(group(1_000).send().await.unwrap().status(), 200);
    check(server.get("/v1/courses/none/mastery"), 404, "unknown_course").await;
    check(server.get("/v1/courses/sums/mastery?limit=0"), 422, "schema_violation").await;
    check(server.get("/v1/courses/sums/mastery?after=a%07b"), 422, "schema_violation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_tells_who_is_stuck_and_who_masters_a_skill() {
    let server = server().await;
    let mut stream = server.get("/v1/stream").send().await.unwrap();
    let mut text = String::new();
    let mut sent = false;
    while !(text.contains("event: learner_stuck") && text.contains("event: skill_mastered")) {
        let chunk = tokio::time::timeout(Duration::from_secs(10), stream.chunk());
        let chunk = chunk.await.expect("nothing came").unwrap().expect("it ended");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        if !sent {
            send(&server, &stuck_learner("ada")).await;
            sent = true;
        }
    }
    let after = text.split("event: learner_stuck").nth(1).unwrap();
    let data = after.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let turn: Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        (&turn["turn"], &turn["learner"], &turn["course"], &turn["skill"], &turn["title"]),
        (
            &"learner_stuck".into(),
            &"ada".into(),
            &"sums".into(),
            &"carry".into(),
            &"Carrying".into()
        )
    );
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for counted in ["{turn=\"learner_stuck\"} 1", "{turn=\"skill_mastered\"} 1"] {
        assert!(metrics.contains(&format!("nexus_skill_turns_total{counted}")), "{metrics}");
    }
}
