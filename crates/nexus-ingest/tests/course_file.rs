//! Course files: every problem with its line, and nothing lost on the way there and back.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, ComponentDraft, EndsDraft, GoalDraft, IriDraft,
    ModuleDraft, PacingDraft, PlacementDraft, ProbesDraft, QuestionDraft, RewardDraft, SkillDraft,
    SupportDraft, VideoDraft,
};
use nexus_ingest::course_file::{Location, read, to_json, to_yaml};
use proptest::prelude::*;

fn report(text: &str, file: &str) -> String {
    let findings = read(text).err().unwrap_or_default();
    findings.iter().map(|finding| finding.report(file) + "\n").collect()
}

#[test]
fn a_broken_course_gives_the_expected_report() {
    let found = report(include_str!("data/broken-course.yaml"), "broken-course.yaml");
    let expected = include_str!("data/broken-course.report.txt");
    assert_eq!(found, expected, "the report is now:\n{found}");
}

#[test]
fn text_that_is_no_course_is_refused_at_its_place() {
    let check = |text: &str, line: usize, column: usize, code: &str| {
        let found = read(text).err().unwrap_or_default();
        let first = found.first().map(|first| (first.location, first.code));
        assert_eq!(first, Some((Some(Location { line, column }), code)), "{text:?}");
    };
    check("", 1, 1, "syntax");
    check("title: [", 2, 1, "syntax");
    check("just a text", 1, 1, "wrong_type");
    check("format: 1\nid: &a x\ntitle: *a\n", 3, 8, "alias");
    check("format: 1\n---\nformat: 1\n", 3, 1, "several_documents");
    check("{\"title\": \"\\ud83d\\ude00\",\n\t\"id\" 3}", 2, 7, "syntax");
    check(&"[".repeat(50), 1, 17, "too_deep");
    check(&format!("{}a", "- ".repeat(50_000)), 1, 33, "too_deep");
}

/// An alias bomb stays as small as its text: the first alias is refused.
#[test]
fn an_alias_bomb_does_not_go_off() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let inner = vec![format!("*l{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("l{level}: &l{level} [{}]\n", inner.replace("*l0", "*a")));
    }
    let found = read(&bomb).err().unwrap_or_default();
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["alias"]);
}

#[test]
fn json_is_accepted_with_all_its_escapes() {
    let text = "{\n\t\"format\": 1, \"id\": \"tiny\", \"version\": 1, \"language\": \"en\",\n\
        \t\"title\": \"Smile \\ud83d\\ude00 and \\u00e9\",\n\
        \t\"skills\": [{\"id\": \"one\", \"title\": \"One\"}],\n\
        \t\"modules\": [{\"id\": \"m\", \"title\": \"M\", \"activities\": [{\"id\": \"read\",\n\
        \t\t\"kind\": \"reading\", \"title\": \"Read\", \"skills\": [\"one\"],\n\
        \t\t\"difficulty\": 0.5, \"minutes\": 3, \"text\": \"A\\/B\"}]}]}";
    match read(text) {
        Ok(draft) => assert_eq!(draft.title, "Smile 😀 and é"),
        Err(findings) => panic!("{findings:?}"),
    }
}

#[test]
fn the_courses_we_ship_are_sound() {
    let text = include_str!("../../../courses/probability-from-zero.yaml");
    let draft = read(text).unwrap_or_else(|_| panic!("{}", report(text, "course")));
    let activities: Vec<_> = draft.modules.iter().flat_map(|module| &module.activities).collect();
    let questions: Vec<_> = activities.iter().flat_map(|activity| &activity.questions).collect();
    assert_eq!(draft.modules.len(), 6);
    assert!(draft.skills.len() >= 12, "{} skills", draft.skills.len());
    assert!(activities.len() >= 60, "{} activities", activities.len());
    assert!(questions.len() >= 120, "{} questions", questions.len());
    for question in questions {
        assert!(!question.explanation.trim().is_empty(), "{} is not explained", question.id);
        assert!(question.answer != AnswerDraft::Missing, "{} has no answer", question.id);
    }
    for skill in &draft.skills {
        let asked = activities
            .iter()
            .any(|activity| activity.skills.contains(&skill.id) && !activity.questions.is_empty());
        assert!(asked, "nobody asks about {}", skill.id);
    }
}

/// Texts that a careless writer of YAML gets wrong.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,20}",
        "[a-z:#\\-\\[\\]{}&*!|>'\"%@`,? \n\t]{1,30}",
        any::<String>().prop_map(|text| format!("x{text}")),
        Just("no".to_owned()),
        Just("1e3".to_owned()),
        Just(" \n  leading\n\n\ntrailing \n\n".to_owned()),
        Just("line\r\nline\u{2028}\u{feff}\u{85}end".to_owned()),
        Just("- a\n# b\n  c: d\n".to_owned()),
    ]
    .prop_map(|text| if text.trim().is_empty() { "x".to_owned() } else { text })
}

fn question() -> impl Strategy<Value = QuestionDraft> {
    let answers = prop_oneof![
        Just(("text", AnswerDraft::Missing)),
        texts().prop_map(|text| ("text", AnswerDraft::One(text))),
        prop::collection::vec(texts(), 1..4).prop_map(|texts| ("text", AnswerDraft::Many(texts))),
        (-1e9..1e9).prop_map(|number| ("numeric", AnswerDraft::Number(number))),
        Just(("single", AnswerDraft::One("b".to_owned()))),
        Just(("multiple", AnswerDraft::Many(vec!["a".to_owned(), "no".to_owned()]))),
    ];
    (answers, texts(), texts(), prop::collection::vec(texts(), 0..3)).prop_map(
        |((kind, answer), prompt, explanation, hints)| {
            let choice = matches!(kind, "single" | "multiple");
            let ids: &[&str] = if choice { &["b", "no", "a", "1"] } else { &[] };
            let options = ids.iter().map(|id| ((*id).to_owned(), explanation.clone())).collect();
            QuestionDraft {
                kind: kind.to_owned(),
                prompt,
                options,
                answer,
                tolerance: (kind == "numeric").then_some(0.25),
                difficulty: Some(0.125),
                supports: supported(&hints),
                hints,
                explanation,
                ..QuestionDraft::default()
            }
        },
    )
}

/// A support with each of some texts, and one that is an activity.
fn supported(texts: &[String]) -> Vec<SupportDraft> {
    let kinds = ["hint", "worked_example", "explanation"];
    let mut supports = Vec::new();
    for (number, (text, kind)) in texts.iter().zip(kinds).enumerate() {
        let (id, text) = (format!("support-{number}"), Some(text.clone()));
        supports.push(SupportDraft { id, kind: kind.to_owned(), text, activity: None });
    }
    if texts.len() > 1 {
        let (id, kind) = ("study".to_owned(), "remedial_activity".to_owned());
        supports.push(SupportDraft { id, kind, text: None, activity: Some("no".to_owned()) });
    }
    supports
}

/// A declaration of rewards and probes, one of three by turns.
fn declared(number: usize) -> (Option<RewardDraft>, Option<ProbesDraft>) {
    let reported = ComponentDraft {
        name: Some("mark".to_owned()),
        weight: Some(-0.5),
        aggregate: Some("latest".to_owned()),
        missing: Some(2.5),
        max: Some(10.0),
        ..ComponentDraft::default()
    };
    let gain = ComponentDraft { within_days: Some(3.5), ..ComponentDraft::default() };
    match number % 3 {
        0 => (None, Some(ProbesDraft::default())),
        1 => (Some(RewardDraft::default()), Some(ProbesDraft { share: Some(0.05) })),
        _ => {
            let reward = RewardDraft {
                clip: Some(0.5),
                gain: Some(gain),
                cost: Some(ComponentDraft::default()),
                components: vec![reported],
                ..RewardDraft::default()
            };
            (Some(reward), None)
        }
    }
}

/// How long a session may last, said in each way there is.
fn paced(questions: usize) -> Option<PacingDraft> {
    match questions % 3 {
        0 => None,
        1 => Some(PacingDraft::default()),
        _ => Some(PacingDraft { session_minutes_max: Some(12.5) }),
    }
}

/// A goal and an end, said in each way there is.
fn meant(questions: usize) -> (Option<GoalDraft>, Option<EndsDraft>) {
    let goal = |skills: &[&str]| {
        let skills = skills.iter().map(|id| (*id).to_owned()).collect();
        Some(GoalDraft { skills, success: Some(0.75) })
    };
    match questions % 3 {
        0 => (None, Some(EndsDraft { minutes: Some(240.0), date: None })),
        1 => (goal(&[]), Some(EndsDraft { minutes: None, date: Some("2027-06-30".to_owned()) })),
        _ => (goal(&["two"]), None),
    }
}

/// Foreign names of every shape.
fn named(title: &str, questions: usize) -> Vec<IriDraft> {
    let iri = format!("https://lms.example/{}", title.split_whitespace().collect::<String>());
    let question = (questions > 5).then(|| "q0".to_owned());
    let activity = question.is_none().then(|| "read".to_owned());
    let exact = IriDraft { iri: Some(iri), activity, question, ..IriDraft::default() };
    let prefix = Some("uuid://7d4f#:".to_owned());
    let activity = Some("no".to_owned());
    vec![exact, IriDraft { prefix, activity, ..IriDraft::default() }]
}

prop_compose! {
    fn draft()(
        title in texts(),
        about in texts(),
        script in prop::option::of(texts()),
        mut questions in prop::collection::vec(question(), 1..20),
    ) -> CourseDraft {
        for (position, question) in questions.iter_mut().enumerate() {
            question.id = format!("q{position}");
        }
        let entry = |id: &str, kind: &str| ActivityDraft {
            id: id.to_owned(),
            kind: kind.to_owned(),
            title: title.clone(),
            skills: vec!["one".to_owned()],
            difficulty: 0.3,
            minutes: 2.5,
            ..ActivityDraft::default()
        };
        let video = VideoDraft { seconds: 60.0, url: None, script };
        let reading = ActivityDraft { text: Some(about.clone()), ..entry("read", "reading") };
        let video = ActivityDraft { video: Some(video), required: true, ..entry("no", "video") };
        let quiz = ActivityDraft {
            questions: questions.clone(),
            requires: vec!["read".to_owned()],
            ..entry("quiz", "quiz")
        };
        let rules = match questions.len() % 3 {
            0 => None,
            1 => Some(PlacementDraft::default()),
            _ => Some(PlacementDraft {
                questions_max: Some(questions.len() as u32),
                gain_min: Some(0.025),
                ..PlacementDraft::default()
            }),
        };
        let placement =
            ActivityDraft { skills: Vec::new(), placement: rules, ..entry("begin", "placement") };
        let skill = |id: &str, requires: &[&str]| SkillDraft {
            id: id.to_owned(),
            title: title.clone(),
            requires: requires.iter().map(|id| (*id).to_owned()).collect(),
        };
        let mut activities = vec![video, reading];
        // A placement needs something to ask.
        if questions.iter().any(|question| question.answer != AnswerDraft::Missing) {
            activities.push(placement);
        }
        activities.push(quiz);
        // A closing check needs ten questions, or twelve when it says nothing.
        let graded = questions.iter().filter(|question| question.answer != AnswerDraft::Missing);
        let graded = graded.count();
        if graded >= 10 {
            let check = Some(CheckDraft { questions: (graded < 12).then_some(10) });
            activities.push(ActivityDraft { skills: Vec::new(), check, ..entry("end", "check") });
        }
        let path = activities.iter().map(|activity| activity.id.clone()).collect();
        let (reward, probes) = declared(questions.len());
        let (goal, ends) = meant(questions.len());
        CourseDraft {
            format: 1,
            id: "course".to_owned(),
            version: 7,
            title: title.clone(),
            language: "en".to_owned(),
            description: about.clone(),
            licence: title.clone(),
            skills: vec![skill("one", &[]), skill("two", &["one"])],
            modules: vec![ModuleDraft {
                id: "m".to_owned(),
                title: title.clone(),
                activities,
            }],
            path,
            reward,
            probes,
            pacing: paced(questions.len()),
            goal,
            ends,
            iris: named(&title, questions.len()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back_the_same(draft in draft()) {
        let yaml = to_yaml(&draft);
        prop_assert_eq!(read(&yaml), Ok(draft.clone()), "{}", yaml);
        let json = to_json(&draft).unwrap_or_default();
        prop_assert_eq!(read(&json), Ok(draft), "{}", json);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~\n\t*&\\[{:]{0,200}") {
        let _ = read(&text);
    }
}

/// What is wrong with a declaration is named with its line and column, like everything else.
#[test]
fn problems_of_a_declared_reward_have_their_lines() {
    let sound = include_str!("data/declared-reward.yaml");
    assert!(read(sound).is_ok(), "{}", report(sound, "declared-reward.yaml"));
    let broken = sound
        .replace("within_days: 14", "within_days: 91")
        .replace("aggregate: latest", "aggregate: newest")
        .replace("share: 0.05", "share: 0.5")
        .replace("  clip: 1", "  clip: 2")
        .replace("missing: 0.5", "missing: 1.5")
        .replace("delayed_gain: {weight: 0.5", "success: {weight: 0.5");
    let found = report(&broken, "declared-reward.yaml");
    let expected = include_str!("data/declared-reward.report.txt");
    assert_eq!(found, expected, "the report is now:\n{found}");
}
