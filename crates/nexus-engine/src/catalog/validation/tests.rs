//! One check: a sound course, one injury, and the problems it must give; and the same with many
//! injuries at once, drawn from a counter, so that no problem hides another.

use super::super::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, ComponentDraft, EndsDraft, GoalDraft, IriDraft,
    ModuleDraft, PacingDraft, ProbesDraft, QuestionDraft, RewardDraft, SkillDraft, SupportDraft,
    VideoDraft,
};
use super::super::{CourseDraft, Ends, Goal, IriTarget, Names, QuestionKind};
use super::{check, publish};
use crate::time::{DAY_MICROS, Timestamp};

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn skill(id: &str, requires: &[&str]) -> SkillDraft {
    SkillDraft { id: id.into(), title: id.into(), requires: texts(requires) }
}

fn question(id: &str, kind: &str, answer: AnswerDraft) -> QuestionDraft {
    let choice = matches!(kind, "single" | "multiple");
    let options = if choice { vec!["a", "b", "c"] } else { Vec::new() };
    QuestionDraft {
        id: id.into(),
        kind: kind.into(),
        prompt: "What?".into(),
        options: options.into_iter().map(|id| (id.to_owned(), id.to_owned())).collect(),
        answer,
        explanation: "So.".into(),
        ..QuestionDraft::default()
    }
}

fn activity(id: &str, kind: &str, skills: &[&str]) -> ActivityDraft {
    let asks = matches!(kind, "quiz" | "exercise");
    let questions = [
        question(&format!("{id}-single"), "single", AnswerDraft::One("b".into())),
        question(&format!("{id}-multiple"), "multiple", AnswerDraft::Many(texts(&["c", "a"]))),
        question(&format!("{id}-numeric"), "numeric", AnswerDraft::Number(0.5)),
        question(&format!("{id}-text"), "text", AnswerDraft::Many(texts(&["yes", "yeah"]))),
        question(&format!("{id}-site"), "text", AnswerDraft::Missing),
    ];
    ActivityDraft {
        id: id.into(),
        kind: kind.into(),
        title: id.into(),
        skills: texts(skills),
        difficulty: 0.25,
        minutes: 4.0,
        text: (kind == "reading").then(|| "Read.".into()),
        video: (kind == "video").then(|| VideoDraft { seconds: 60.0, ..VideoDraft::default() }),
        questions: if asks { questions.into() } else { Vec::new() },
        ..ActivityDraft::default()
    }
}

fn course() -> CourseDraft {
    let mut quiz = activity("quiz", "quiz", &["one", "two", "three"]);
    quiz.requires = texts(&["practise"]);
    quiz.difficulty = 0.75;
    let mut practise = activity("practise", "exercise", &["two"]);
    practise.remedial = texts(&["read"]);
    practise.advanced = texts(&["quiz"]);
    let module = |id: &str, activities| ModuleDraft { id: id.into(), title: id.into(), activities };
    CourseDraft {
        format: 1,
        id: "course".into(),
        version: 1,
        title: "Course".into(),
        language: "en".into(),
        description: "About.".into(),
        licence: "CC0".into(),
        skills: vec![skill("one", &[]), skill("two", &["one"]), skill("three", &["two"])],
        modules: vec![
            module("first", vec![activity("watch", "video", &["one"])]),
            module("second", vec![activity("read", "reading", &["two"]), practise, quiz]),
        ],
        path: Vec::new(),
        ..CourseDraft::default()
    }
}

fn first(draft: &mut CourseDraft) -> &mut ActivityDraft {
    &mut draft.modules[0].activities[0]
}

fn practise(draft: &mut CourseDraft) -> &mut ActivityDraft {
    &mut draft.modules[1].activities[1]
}

fn asked(draft: &mut CourseDraft, position: usize) -> &mut QuestionDraft {
    &mut practise(draft).questions[position]
}

/// One injury and the `place [code]` lines it must give.
type Injury = (fn(&mut CourseDraft), &'static [&'static str]);

const P: &str = "modules[1].activities[1]";

/// Injuries that do not touch each other: any subset of them gives the union of their lines.
fn injuries() -> Vec<Injury> {
    vec![
        (|c| c.format = 2, &["format [unknown_format]"]),
        (|c| c.id = "No Id".into(), &["id [bad_id]"]),
        (|c| c.version = 0, &["version [out_of_range]"]),
        (|c| c.title = " ".into(), &["title [empty]"]),
        (|c| c.language = "en us".into(), &["language [bad_language]"]),
        (|c| c.description = "x".repeat(20_001), &["description [too_long]"]),
        (|c| c.skills.push(skill("one", &[])), &["skills[3].id [duplicate_id]"]),
        (|c| c.skills[1].requires.push("none".into()), &["skills[1].requires[1] [unknown_skill]"]),
        (|c| c.skills[0].requires.push("three".into()), &["skills[0].requires [skill_cycle]"]),
        (|c| c.skills[2].requires.push("two".into()), DUPLICATE),
        (|c| c.modules[1].id = "first".into(), &["modules[1].id [duplicate_id]"]),
        (|c| first(c).video = None, &["modules[0].activities[0].video [missing]"]),
        (|c| first(c).minutes = 0.0, &["modules[0].activities[0].minutes [out_of_range]"]),
        (|c| first(c).difficulty = f64::NAN, NOT_A_NUMBER),
        (|c| first(c).text = Some("x".into()), &["modules[0].activities[0].text [misplaced]"]),
        (|c| practise(c).skills.push("tow".into()), UNKNOWN_SKILL),
        (|c| practise(c).remedial.push("nowhere".into()), UNKNOWN_ACTIVITY),
        (|c| practise(c).advanced.push("practise".into()), SELF),
        (|c| practise(c).requires.push("quiz".into()), CIRCLE),
        (|c| asked(c, 0).answer = AnswerDraft::One("d".into()), NO_OPTION),
        (|c| asked(c, 1).answer = AnswerDraft::Many(Vec::new()), NO_ANSWER),
        (|c| asked(c, 1).options.truncate(1), OPTIONS),
        (|c| asked(c, 2).tolerance = Some(-1.0), TOLERANCE),
        (|c| asked(c, 3).prompt = String::new(), PROMPT),
        (|c| asked(c, 4).id = "watch me".into(), QUESTION_ID),
    ]
}

const DUPLICATE: &[&str] = &["skills[2].requires[1] [duplicate_reference]"];
const NOT_A_NUMBER: &[&str] = &["modules[0].activities[0].difficulty [out_of_range]"];
const UNKNOWN_SKILL: &[&str] = &["P.skills[1] [unknown_skill]"];
const UNKNOWN_ACTIVITY: &[&str] = &["P.remedial[1] [unknown_activity]"];
const SELF: &[&str] = &["P.advanced[1] [self_reference]"];
const CIRCLE: &[&str] = &["P.requires [activity_cycle]"];
const NO_OPTION: &[&str] = &["P.questions[0].answer [answer_not_an_option]"];
const NO_ANSWER: &[&str] = &["P.questions[1].answer [missing]"];
const OPTIONS: &[&str] = &["P.questions[1].options [too_few]"];
const TOLERANCE: &[&str] = &["P.questions[2].tolerance [out_of_range]"];
const PROMPT: &[&str] = &["P.questions[3].prompt [empty]"];
const QUESTION_ID: &[&str] = &["P.questions[4].id [bad_id]"];

fn lines(draft: &CourseDraft) -> Vec<String> {
    check(draft).iter().map(|found| format!("{} [{}]", found.place, found.code)).collect()
}

#[track_caller]
fn assert_injured(injure: impl Fn(&mut CourseDraft), expected: &[&str]) {
    let mut draft = course();
    injure(&mut draft);
    let expected: Vec<String> = expected.iter().map(|line| line.replace('P', P)).collect();
    assert_eq!(lines(&draft), expected);
}

#[test]
fn every_injury_alone_gives_exactly_its_problem() {
    for (injure, expected) in injuries() {
        if expected == OPTIONS {
            // With fewer options, an answer among the lost ones is wrong as well.
            let more = ["P.questions[1].options [too_few]", "P.questions[1].answer[0] [NO]"];
            let more = [more[0], &more[1].replace("NO", "answer_not_an_option")];
            assert_injured(injure, &more);
        } else {
            assert_injured(injure, expected);
        }
    }
}

/// A draw without randomness: a multiplicative generator, seeded by the case.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn injuries_drawn_together_are_all_reported() {
    for case in 0..500 {
        let mut state = case;
        let mut draft = course();
        let mut expected = Vec::new();
        for (injure, lines) in injuries() {
            if next(&mut state).is_multiple_of(3) {
                injure(&mut draft);
                expected.extend(lines.iter().map(|line| line.replace('P', P)));
            }
        }
        let found = lines(&draft);
        for line in &expected {
            assert!(found.contains(line), "case {case}: {line} is missing from {found:#?}");
        }
        let mut names = Names::default();
        assert_eq!(publish(&draft, &mut names).is_ok(), expected.is_empty(), "case {case}");
        if !expected.is_empty() {
            assert_eq!(names, Names::default(), "a refused draft leaves no name behind");
        }
    }
}

/// A course of random shape that obeys all rules.
fn random_course(case: u64) -> CourseDraft {
    let mut state = case;
    let skills = 1 + next(&mut state) as usize % 12;
    let mut draft = course();
    draft.skills.clear();
    draft.modules.clear();
    for position in 0..skills {
        let mut requires = Vec::new();
        for earlier in 0..position {
            if next(&mut state).is_multiple_of(4) {
                requires.push(format!("s{earlier}"));
            }
        }
        draft.skills.push(SkillDraft {
            id: format!("s{position}"),
            title: "Skill".into(),
            requires,
        });
        let kinds = ["video", "reading", "quiz", "exercise"];
        let kind = kinds[next(&mut state) as usize % kinds.len()];
        let mut entry = activity(&format!("a{position}"), kind, &[&format!("s{position}")]);
        if position > 0 {
            entry.requires = vec![format!("a{}", next(&mut state) as usize % position)];
        }
        let id = format!("m{position}");
        draft.modules.push(ModuleDraft { id, title: "M".into(), activities: vec![entry] });
    }
    draft
}

#[test]
fn a_sound_draft_is_published_with_every_table_in_step() {
    for case in 0..300 {
        let draft = random_course(case);
        assert_eq!(check(&draft), [], "case {case}");
        let Ok(course) = publish(&draft, &mut Names::default()) else { panic!("case {case}") };
        for (position, entry) in course.activities.iter().enumerate() {
            assert_eq!(course.activity_position(entry.id.as_str()), Some(position));
            assert!((0.0..=1.0).contains(&entry.path_position));
            for question in &entry.questions {
                assert_eq!(course.questions[*question].activity, position);
            }
        }
        for entry in &course.skills {
            assert_eq!(course.skill_by_key(entry.key).map(|skill| &skill.id), Some(&entry.id));
            assert!(entry.reference_difficulty.abs() <= 2.0);
        }
        let mut path = course.path.clone();
        path.sort_unstable();
        assert!(path.iter().copied().eq(0..course.activities.len()));
    }
}

#[test]
fn derived_numbers() {
    let Ok(course) = publish(&course(), &mut Names::default()) else { panic!("it is sound") };
    assert_eq!(course.minutes_median, 4.0);
    let places: Vec<f64> = course.activities.iter().map(|entry| entry.path_position).collect();
    assert_eq!(places, [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
    // Skill one is asked about in the quiz only, at difficulty 0.75; the median of its guesses
    // 1/3, 1/7, .001, .001, .001 is .001. Skill two is asked about at 0.25 and 0.75 alike.
    assert_eq!(course.skills[0].reference_difficulty, 1.0);
    assert_eq!(course.skills[0].reference_guess, 0.001);
    assert_eq!(course.skills[1].reference_difficulty, 0.0);
    let guesses: Vec<f64> = course.questions[..5].iter().map(|asked| asked.guess).collect();
    assert_eq!(guesses, [1.0 / 3.0, 1.0 / 7.0, 0.001, 0.001, 0.001]);
    assert_eq!(course.questions[4].kind, QuestionKind::Ungraded);
    let answer =
        QuestionKind::Multiple { options: texts(&["a", "b", "c"]), answer: texts(&["a", "c"]) };
    assert_eq!(course.questions[1].kind, answer, "the answer follows the order of the options");
    assert_eq!(course.questions[0].skills, [1], "a question takes the skills of its activity");
}

#[test]
fn keys_survive_a_new_version() {
    let mut names = Names::default();
    let mut draft = course();
    let Ok(old) = publish(&draft, &mut names) else { panic!("it is sound") };
    draft.version = 2;
    draft.skills.insert(0, skill("zero", &[]));
    let Ok(new) = publish(&draft, &mut names) else { panic!("it is sound") };
    assert_eq!(old.skills[0].key, new.skills[1].key);
    assert_eq!(new.skills[0].key.index(), 3, "new names get new keys");
}

#[test]
fn a_circle_is_named() {
    let mut draft = course();
    draft.skills[0].requires = texts(&["three"]);
    let problems = check(&draft);
    assert!(problems[0].message.contains("one -> three -> two -> one"), "{}", problems[0]);
}

#[test]
fn an_activity_that_nobody_can_reach_is_reported_with_its_cause() {
    assert_injured(
        |c| c.modules[0].activities[0].skills = texts(&["two"]),
        &[
            "modules[0].activities[0] [unreachable_activity]",
            "modules[1].activities[0] [unreachable_activity]",
            "P [unreachable_activity]",
            "modules[1].activities[2] [unreachable_activity]",
        ],
    );
    let mut draft = course();
    draft.skills.push(skill("four", &["five"]));
    draft.skills.push(skill("five", &[]));
    first(&mut draft).skills.push("four".into());
    let problems = check(&draft);
    assert!(problems[0].message.contains("prerequisite skill \"five\""), "{}", problems[0]);
}

#[test]
fn a_written_path_must_lead_everywhere() {
    assert_injured(|c| c.path = texts(&["watch", "practise"]), &[]);
    assert_injured(
        |c| {
            c.path = texts(&["watch", "watch", "practice"]);
            practise(c).remedial.clear();
        },
        &[
            "modules[1].activities[0] [unlinked_activity]",
            "path[1] [duplicate_reference]",
            "path[2] [unknown_activity]",
        ],
    );
    let mut draft = course();
    draft.path = texts(&["practice"]);
    let problems = check(&draft);
    assert!(problems.iter().any(|found| found.message.contains("did you mean \"practise\"?")));
}

#[test]
fn answers_of_another_kind() {
    let kinds: [(usize, AnswerDraft); 5] = [
        (0, AnswerDraft::Many(texts(&["a"]))),
        (0, AnswerDraft::Number(1.0)),
        (1, AnswerDraft::One("a".into())),
        (2, AnswerDraft::One("1/2".into())),
        (3, AnswerDraft::Number(6.0)),
    ];
    for (position, answer) in kinds {
        let expected = format!("P.questions[{position}].answer [answer_kind]");
        assert_injured(|c| asked(c, position).answer = answer.clone(), &[&expected]);
    }
    assert_injured(
        |c| asked(c, 2).answer = AnswerDraft::Number(f64::INFINITY),
        &["P.questions[2].answer [out_of_range]"],
    );
}

#[test]
fn limits_hold_and_long_lists_are_cut() {
    let mut draft = course();
    draft.path = vec!["watch".into(); 20_001];
    assert_eq!(lines(&draft), ["path [too_many]"]);
    let mut draft = course();
    practise(&mut draft).questions =
        vec![question("BAD", "text", AnswerDraft::Missing); 100_000 - 5];
    let found = check(&draft);
    assert_eq!(found.len(), super::PROBLEMS_MAX + 1);
    assert_eq!(found.last().map(|last| last.code), Some("more_problems"));
    let mut draft = course();
    draft.modules = (0..500)
        .map(|module| ModuleDraft {
            id: format!("m{module}"),
            title: "M".into(),
            activities: (0..41)
                .map(|own| activity(&format!("a{module}-{own}"), "reading", &["one"]))
                .collect(),
        })
        .collect();
    assert_eq!(lines(&draft), ["modules [too_many]"]);
}

/// The longest chain a course may hold: neither search may recurse, nor take quadratic time.
#[test]
fn the_length_of_a_session() {
    for minutes in [0.5, -1.0, f64::NAN, 10_001.0] {
        assert_injured(
            |draft| draft.pacing = Some(PacingDraft { session_minutes_max: Some(minutes) }),
            &["pacing.session_minutes_max [out_of_range]"],
        );
    }
    let draft =
        CourseDraft { pacing: Some(PacingDraft { session_minutes_max: Some(25.0) }), ..course() };
    let Ok(course) = publish(&draft, &mut Names::default()) else { panic!("it is sound") };
    assert_eq!(course.session_minutes_max, Some(25.0));
}

#[test]
fn a_chain_as_long_as_the_course_is_checked_quickly() {
    let mut draft = course();
    let count = super::ACTIVITIES_MAX;
    let entries = (0..count).map(|position| {
        let mut entry = activity(&format!("a{position}"), "reading", &["one"]);
        if position + 1 < count {
            entry.requires = vec![format!("a{}", position + 1)];
        }
        entry
    });
    draft.modules =
        vec![ModuleDraft { id: "m".into(), title: "M".into(), activities: entries.collect() }];
    assert_eq!(check(&draft), []);
    let last = &mut draft.modules[0].activities[count - 1];
    last.requires = vec!["a0".into()];
    let found = check(&draft);
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["activity_cycle"]);
    assert!(found[0].message.len() < 300, "a long circle is shortened");
}

fn injured_reward(injure: impl Fn(&mut RewardDraft), expected: &[&str]) {
    assert_injured(|draft| injure(draft.reward.get_or_insert_with(RewardDraft::default)), expected);
}

#[test]
fn declared_rewards() {
    let component = ComponentDraft::default;
    let named = |name: &str| ComponentDraft { name: Some(name.into()), ..component() };
    injured_reward(|reward| reward.clip = Some(0.0), &["reward.clip [out_of_range]"]);
    injured_reward(|reward| reward.clip = Some(f64::NAN), &["reward.clip [out_of_range]"]);
    injured_reward(
        |reward| {
            let weight = Some(-1.0);
            reward.cost = Some(ComponentDraft { weight, ..component() });
            reward.components = vec![ComponentDraft { weight, ..named("mark") }];
        },
        &["reward.cost.weight [out_of_range]"],
    );
    injured_reward(
        |reward| {
            let within_days = Some(0.0);
            reward.success = Some(ComponentDraft { within_days, ..component() });
        },
        &["reward.success.within_days [out_of_range]"],
    );
    // The usual delay is a day, the usual window seven: what is not said holds too, and a delay
    // beyond its window could never be measured.
    let delays = [
        (None, Some(0.5), false),
        (Some(8.0), None, false),
        (Some(3.0), Some(2.0), false),
        (Some(0.25), Some(0.5), true),
        (None, Some(2.0), true),
        (Some(7.0), None, true),
    ];
    for (after_days, within_days, sound) in delays {
        injured_reward(
            |reward| {
                let delayed = ComponentDraft { after_days, within_days, ..component() };
                reward.delayed_gain = Some(delayed);
            },
            if sound { &[] } else { &["reward.delayed_gain.after_days [out_of_range]"] },
        );
    }
    injured_reward(
        |reward| {
            let aggregate = Some("latest".into());
            reward.abandonment = Some(ComponentDraft { aggregate, ..named("left") });
        },
        &["reward.abandonment.name [misplaced]", "reward.abandonment.aggregate [misplaced]"],
    );
    injured_reward(
        |reward| {
            let wide = ComponentDraft { min: Some(2.0), max: Some(2.0), ..named("wide") };
            reward.components = vec![named("gain"), named("mark"), named("mark"), wide];
        },
        &[
            "reward.components[0].name [duplicate_id]",
            "reward.components[2].name [duplicate_id]",
            "reward.components[3].max [out_of_range]",
        ],
    );
    injured_reward(
        |reward| reward.components = (0..9).map(|n| named(&format!("c{n}"))).collect(),
        &["reward.components [too_many]"],
    );
    assert_injured(
        |draft| draft.probes = Some(ProbesDraft { share: Some(0.2) }),
        &["probes.share [out_of_range]"],
    );
}

/// Three exercises with four questions that can be graded each, and a closing check.
fn with_check(questions: Option<u32>, skills: &[&str]) -> CourseDraft {
    let mut draft = course();
    let mut check = activity("closing", "check", skills);
    check.check = questions.map(|questions| CheckDraft { questions: Some(questions) });
    let more = [activity("more", "exercise", &["two"]), activity("most", "quiz", &["one"]), check];
    draft.modules[1].activities.extend(more);
    draft
}

#[track_caller]
fn check_found(draft: &CourseDraft, expected: &[&str]) {
    let found = check(draft);
    let lines = found.iter().map(|problem| format!("{} [{}]", problem.place, problem.code));
    assert_eq!(lines.collect::<Vec<_>>(), expected, "{found:?}");
}

#[test]
fn a_closing_check_asks_about_the_whole_course_and_stands_at_its_end() {
    let mut draft = with_check(None, &[]);
    draft.path = texts(&["watch", "read", "practise", "quiz", "more", "most"]);
    let course = publish(&draft, &mut Names::default()).unwrap();
    let check = course.closing_check().unwrap();
    assert_eq!(check.check_questions, 12);
    assert_eq!(check.skills, [0, 1, 2]);
    let last = course.path.last().map(|position| course.activities[*position].id.as_str());
    assert_eq!(last, Some("closing"), "though the written path leaves it out");
    assert_eq!((&course.goal, course.ends), (&None, None));
    let without = publish(&self::course(), &mut Names::default()).unwrap();
    assert!(without.closing_check().is_none());
}

#[test]
fn a_closing_check_that_makes_no_sense_is_refused() {
    let at = "modules[1].activities[5]";
    check_found(&with_check(Some(10), &[]), &[]);
    for wrong in [9, 17] {
        let place = format!("{at}.check.questions [out_of_range]");
        check_found(&with_check(Some(wrong), &[]), &[&place]);
    }
    check_found(&with_check(Some(12), &["three"]), &[&format!("{at} [too_few_questions]")]);
    let message = check(&with_check(Some(12), &["three"])).remove(0).message;
    assert!(message.contains("only 4 on these skills"), "{message}");

    let mut twice = with_check(None, &[]);
    twice.modules[0].activities.push(activity("again", "check", &[]));
    check_found(&twice, &[&format!("{at}.kind [too_many]")]);

    let mut named = with_check(None, &[]);
    practise(&mut named).advanced.push("closing".into());
    practise(&mut named).check = Some(CheckDraft::default());
    let closing = &mut named.modules[1].activities[5];
    closing.required = true;
    closing.requires = texts(&["quiz"]);
    check_found(
        &named,
        &[
            "modules[1].activities[1].advanced[1] [misplaced]",
            "modules[1].activities[1].check [misplaced]",
            &format!("{at}.requires [misplaced]"),
            &format!("{at}.required [misplaced]"),
        ],
    );
}

#[test]
fn a_goal_and_an_end_are_read() {
    let mut draft = course();
    draft.goal = Some(GoalDraft { skills: Vec::new(), success: Some(0.75) });
    draft.ends = Some(EndsDraft { minutes: Some(300.0), date: None });
    let read = publish(&draft, &mut Names::default()).unwrap();
    assert_eq!(read.goal, Some(Goal { skills: vec![0, 1, 2], success: 0.75 }));
    assert_eq!(read.ends, Some(Ends::Minutes(300.0)));
    draft.goal = Some(GoalDraft { skills: texts(&["three"]), success: Some(0.5) });
    draft.ends = Some(EndsDraft { minutes: None, date: Some("1970-01-03".into()) });
    let read = publish(&draft, &mut Names::default()).unwrap();
    assert_eq!(read.goal, Some(Goal { skills: vec![2], success: 0.5 }));
    assert_eq!(read.ends, Some(Ends::Date(Timestamp(2 * DAY_MICROS))));
    assert!(!read.ends.unwrap().reached(1e9, Timestamp(2 * DAY_MICROS - 1)));
    assert!(read.ends.unwrap().reached(0.0, Timestamp(2 * DAY_MICROS)));
}

#[test]
fn a_goal_or_an_end_that_makes_no_sense_is_refused() {
    let goal = |skills: &[&str], success| Some(GoalDraft { skills: texts(skills), success });
    let ends =
        |minutes, date: Option<&str>| Some(EndsDraft { minutes, date: date.map(str::to_owned) });
    for (goal, ends, expected) in [
        (goal(&[], None), None, "goal.success [missing]"),
        (goal(&[], Some(1.0)), None, "goal.success [out_of_range]"),
        (goal(&[], Some(f64::NAN)), None, "goal.success [out_of_range]"),
        (goal(&["four"], Some(0.7)), None, "goal.skills[0] [unknown_skill]"),
        (None, ends(None, None), "ends [missing]"),
        (None, ends(Some(60.0), Some("2027-06-30")), "ends [too_many]"),
        (None, ends(Some(0.0), None), "ends.minutes [out_of_range]"),
        (None, ends(None, Some("2027-02-29")), "ends.date [bad_date]"),
    ] {
        check_found(&CourseDraft { goal, ends, ..course() }, &[expected]);
    }
}

fn support(id: &str, kind: &str) -> SupportDraft {
    let (text, activity) = match kind {
        "remedial_activity" => (None, Some("watch".to_owned())),
        _ => (Some("Try it with fingers.".to_owned()), None),
    };
    SupportDraft { id: id.into(), kind: kind.into(), text, activity }
}

#[test]
fn supports_are_checked_with_their_place() {
    let kinds = ["hint", "worked_example", "explanation", "remedial_activity"];
    let sound = || kinds.map(|kind| support(&kind.replace('_', "-"), kind)).to_vec();
    let injured = |injure: fn(&mut Vec<SupportDraft>), expected: &[&str]| {
        let mut draft = course();
        let mut supports = sound();
        injure(&mut supports);
        asked(&mut draft, 0).supports = supports;
        let found = check(&draft).into_iter();
        let found: Vec<String> = found.map(|it| format!("{} [{}]", it.place, it.code)).collect();
        let place = format!("{P}.questions[0].supports");
        let expected: Vec<String> = expected.iter().map(|it| format!("{place}{it}")).collect();
        assert_eq!(found, expected);
    };
    injured(|_| {}, &[]);
    injured(|it| it[1].id = "hint".into(), &["[1].id [duplicate_id]"]);
    injured(|it| it[0].id = "A hint".into(), &["[0].id [bad_id]"]);
    injured(|it| it[0].kind = "nudge".into(), &["[0].kind [unknown_kind]"]);
    injured(|it| it[0].text = None, &["[0].text [missing]"]);
    injured(|it| it[0].text = Some(" ".into()), &["[0].text [empty]"]);
    injured(|it| it[0].text = Some("x".repeat(20_001)), &["[0].text [too_long]"]);
    injured(|it| it[0].activity = Some("watch".into()), &["[0].activity [misplaced]"]);
    injured(|it| it[3].text = Some("Look.".into()), &["[3].text [misplaced]"]);
    injured(|it| it[3].activity = None, &["[3].activity [missing]"]);
    injured(|it| it[3].activity = Some("wacth".into()), &["[3].activity [unknown_activity]"]);
    injured(|it| it[3].activity = Some("practise".into()), &["[3].activity [self_reference]"]);
    injured(
        |it| *it = (0..17).map(|n| support(&format!("s{n}"), "hint")).collect(),
        &[" [too_many]"],
    );
    let mut draft = course();
    draft.modules[0].activities.push(activity("start", "placement", &["one"]));
    asked(&mut draft, 0).supports = sound();
    asked(&mut draft, 0).supports[3].activity = Some("start".into());
    let found: Vec<&str> = check(&draft).iter().map(|it| it.code).collect();
    assert_eq!(found, ["misplaced"]);
}

/// Supports are built in the author's order, and an activity that only a support names is linked.
#[test]
fn supports_are_built_and_link_their_activity() {
    let mut draft = course();
    asked(&mut draft, 0).supports =
        vec![support("film", "remedial_activity"), support("why", "explanation")];
    draft.path = texts(&["read", "practise", "quiz"]);
    let built = publish(&draft, &mut Names::default()).unwrap();
    let supports = &built.question("practise-single").unwrap().supports;
    assert_eq!(supports[0].activity, built.activity_position("watch"));
    assert_eq!((supports[1].id.as_str(), supports[1].kind.word()), ("why", "explanation"));
    asked(&mut draft, 0).supports.clear();
    let codes: Vec<&str> = check(&draft).iter().map(|it| it.code).collect();
    assert_eq!(codes, ["unlinked_activity"]);
}

/// Foreign names lead to positions, and what they cannot mean is told with its place.
#[test]
fn foreign_names_lead_to_activities_and_questions() {
    let named = |iri: Option<&str>,
                 prefix: Option<&str>,
                 activity: Option<&str>,
                 question: Option<&str>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        IriDraft {
            iri: text(iri),
            prefix: text(prefix),
            activity: text(activity),
            question: text(question),
        }
    };
    let mut draft = course();
    draft.iris = vec![
        named(Some("https://a/watch"), None, Some("watch"), None),
        named(None, Some("https://a/quiz/"), None, Some("quiz-site")),
    ];
    let read = publish(&draft, &mut Names::default()).unwrap();
    let question = read.questions.iter().position(|it| it.id.as_str() == "quiz-site").unwrap();
    let (_, found) = read.iris.find("https://a/quiz/7").unwrap();
    assert_eq!(found, IriTarget::Question(question));
    let (_, found) = read.iris.find("https://a/watch").unwrap();
    assert_eq!(found, IriTarget::Activity(read.activity_position("watch").unwrap()));
    for (wrong, expected) in [
        (named(None, None, Some("watch"), None), "iris[2] [missing]"),
        (named(Some("https://a/1"), Some("https://a/"), Some("watch"), None), "iris[2] [missing]"),
        (named(Some("https://a/1"), None, None, None), "iris[2] [missing]"),
        (named(Some("https://a/1"), None, Some("watch"), Some("quiz-site")), "iris[2] [missing]"),
        (named(Some("https://a/ 1"), None, Some("watch"), None), "iris[2].iri [bad_iri]"),
        (named(None, Some(""), Some("watch"), None), "iris[2].prefix [bad_iri]"),
        (named(Some("https://a/watch"), None, Some("quiz"), None), "iris[2].iri [duplicate_iri]"),
        (
            named(Some("https://a/1"), None, Some("none"), None),
            "iris[2].activity [unknown_activity]",
        ),
        (
            named(Some("https://a/1"), None, None, Some("none")),
            "iris[2].question [unknown_question]",
        ),
    ] {
        let mut draft = draft.clone();
        draft.iris.push(wrong);
        check_found(&draft, &[expected]);
    }
}
