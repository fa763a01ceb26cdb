//! The eligible set, told as a teacher would: what may be chosen, and why the rest may not.

use nexus_engine::catalog::Course;
use nexus_engine::decision::candidates::{
    CandidateFilter, CandidateSet, Exclusion, Relaxation, Situation,
};
use nexus_engine::decision::inputs::Orders;
use nexus_engine::decision::inputs::skill_states;
use nexus_engine::decision::rules::Rules;
use nexus_engine::decision::situation::activity_success;
use nexus_engine::ids::ActivityId;
use nexus_engine::learner::belief::{Belief, Gaussian, SkillBelief};
use nexus_engine::learner::mastery::SkillStatus;
use nexus_engine::learner::memory::Memory;
use nexus_engine::learner::placement::Stopped;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::time::Timestamp;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, quiz, video};

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

/// Two skills, the second on top of the first; each with a video and two exercises; a final quiz.
/// Who fails `mul-practice` is sent back to what the first skill offers and to the second's video;
/// who passes an exercise `-practice` may go on to `mul-more`.
fn sums() -> Course {
    let practice = |id: &str, skill: &str| {
        exercise(id, skill).asks((0..3).map(|number| format!("{id}-{number}")))
    };
    course("sums")
        .skill("add", &[])
        .skill("mul", &["add"])
        .teaches([
            video("add-video", "add"),
            practice("add-practice", "add").advances_to(&["mul-more"]),
            practice("add-more", "add"),
            video("mul-video", "mul"),
            practice("mul-practice", "mul")
                .remedied_by(&["add-video", "add-more", "mul-video"])
                .advances_to(&["mul-more"]),
            practice("mul-more", "mul"),
            quiz("final", "add").and_skill("mul").asks(["final-0", "final-1", "final-2"]),
        ])
        .read()
}

/// What a learner knows: by skill, the level in logits and how many answers it rests on. A level
/// without answers is what answers on other skills say.
fn knowing(course: &Course, levels: &[(f64, u16)]) -> Belief {
    let mut belief = Belief::default();
    for (skill, (mean, attempts)) in course.skills.iter().zip(levels) {
        if *attempts > 0 || *mean != 0.0 {
            let answered = *attempts > 0;
            let memory = Memory::default();
            belief.skills.push(SkillBelief {
                attempts: *attempts,
                // Who was right every time is not believed to know little.
                wins: if *mean < 0.0 { attempts / 2 } else { *attempts },
                level: Gaussian { mean: *mean, variance: 0.1 },
                memory: if answered { memory.after(true, 0.0) } else { memory },
                mastered: answered && *mean > 2.5,
                ..SkillBelief::new(skill.key, NOW)
            });
        }
    }
    belief
}

/// Each activity's reason, and how far the rules were relaxed.
fn check(levels: &[(f64, u16)], done: &[&str], expected: &[(&str, Exclusion)]) -> CandidateSet {
    let course = sums();
    let mut progress = CourseProgress::default();
    for id in done {
        let key = course.activity(id).unwrap().key;
        progress.start(key, NOW);
        progress.complete(key, NOW);
        progress.current = None;
    }
    let set = set_of(&course, &progress, levels, &CandidateFilter::default());
    for (id, reason) in expected {
        let position = course.activity_position(id).unwrap();
        assert_eq!(set.exclusions[position], *reason, "{id}");
    }
    set
}

fn set_of(
    course: &Course,
    progress: &CourseProgress,
    levels: &[(f64, u16)],
    filter: &CandidateFilter,
) -> CandidateSet {
    let belief = knowing(course, levels);
    let skill_states =
        skill_states(course, progress, &belief, &TracingModel::default(), &Rules::USUAL, NOW);
    let success = activity_success(course, &skill_states);
    let situation = Situation {
        course,
        progress,
        skill_states: &skill_states,
        success: &success,
        orders: &Orders::default(),
        rules: &Rules::USUAL,
        minutes_left: None,
        at: NOW,
    };
    CandidateSet::adaptive(&situation, filter)
}

#[test]
fn a_newcomer_meets_the_first_skill_only_and_studies_it_first() {
    let set = check(
        &[(0.0, 0), (0.0, 0)],
        &[],
        &[
            ("add-video", Exclusion::Eligible),
            ("add-practice", Exclusion::StudyFirst),
            ("mul-video", Exclusion::SkillPrerequisite),
            ("mul-practice", Exclusion::SkillPrerequisite),
            ("final", Exclusion::SkillPrerequisite),
        ],
    );
    assert_eq!(set.relaxation, Relaxation::None);
}

#[test]
fn knowing_the_first_skill_opens_the_second_and_mastering_it_closes_the_first() {
    check(
        &[(1.5, 4), (0.0, 0)],
        &["add-video"],
        &[
            ("add-video", Exclusion::AlreadyDone),
            ("add-practice", Exclusion::Eligible),
            ("mul-video", Exclusion::Eligible),
        ],
    );
    check(
        &[(3.0, 9), (0.0, 0)],
        &["add-video"],
        &[
            ("add-video", Exclusion::AlreadyDone),
            ("add-practice", Exclusion::Mastered),
            ("mul-video", Exclusion::Eligible),
            ("mul-practice", Exclusion::StudyFirst),
        ],
    );
}

#[test]
fn a_required_quiz_waits_for_practice_and_is_never_skipped_by_mastery() {
    check(&[(3.0, 9), (0.0, 0)], &[], &[("final", Exclusion::SkillPrerequisite)]);
    check(&[(3.0, 9), (3.0, 9)], &[], &[("final", Exclusion::Eligible)]);
    check(&[(3.0, 9), (0.5, 6)], &["mul-video", "final"], &[("mul-practice", Exclusion::Eligible)]);
}

#[test]
fn who_answers_everything_right_is_asked_and_not_told() {
    // Nine right answers on the first skill let the second be believed too.
    let able = [(4.0, 9), (4.0, 0)];
    check(
        &able,
        &[],
        &[
            ("mul-video", Exclusion::TooEasy),
            ("mul-practice", Exclusion::Eligible),
            ("mul-more", Exclusion::Eligible),
        ],
    );
    // What a question has tested is too easy now; what a few answers say is not believed yet.
    check(&[(4.0, 9), (2.4, 1)], &["mul-video"], &[("mul-practice", Exclusion::Eligible)]);
    check(
        &[(4.0, 4), (4.0, 0)],
        &[],
        &[("mul-video", Exclusion::Eligible), ("mul-practice", Exclusion::StudyFirst)],
    );
}

#[test]
fn what_is_too_hard_or_practised_too_often_waits() {
    let seen = ["add-video", "mul-video"];
    check(&[(1.5, 4), (-3.0, 5)], &seen, &[("mul-practice", Exclusion::TooHard)]);
    check(&[(1.5, 4), (-0.5, 9)], &seen, &[("mul-practice", Exclusion::PractisedEnough)]);
}

#[test]
fn a_prerequisite_that_was_practised_long_enough_holds_nobody_back() {
    let seen = ["add-video"];
    check(&[(-1.5, 7), (0.0, 0)], &seen, &[("mul-video", Exclusion::SkillPrerequisite)]);
    check(&[(-1.5, 8), (0.0, 0)], &seen, &[("mul-video", Exclusion::Eligible)]);
}

#[test]
fn a_required_quiz_that_is_due_is_one_choice_among_others() {
    let seen = ["add-video", "mul-video"];
    let set = check(
        &[(0.0, 6), (0.0, 6)],
        &seen,
        &[("final", Exclusion::Eligible), ("add-practice", Exclusion::Eligible)],
    );
    assert_eq!(set.relaxation, Relaxation::None);
}

/// Each skill has six questions to practise with, so six answers are asked for; of a skill with
/// fewer, as many as there are.
#[test]
fn a_quiz_waits_for_no_more_practice_than_the_course_has() {
    let seen = ["add-video", "mul-video"];
    check(&[(0.0, 6), (0.0, 5)], &seen, &[("final", Exclusion::SkillPrerequisite)]);
    let few = course("few")
        .skill("add", &[])
        .teaches([
            exercise("drill", "add").asks(["drill-0", "drill-1"]),
            quiz("final", "add").asks(["final-0"]),
        ])
        .read();
    let mut progress = CourseProgress::default();
    let drill = few.activity("drill").unwrap().key;
    progress.start(drill, NOW);
    progress.complete(drill, NOW);
    progress.leave(drill, NOW);
    let free = CandidateFilter::default();
    let reason = |answers| set_of(&few, &progress, &[(0.0, answers)], &free).exclusions[1];
    assert_eq!(reason(2), Exclusion::Eligible);
}

/// What others found easy opens nothing for a newcomer: only own answers, or a placement, do.
#[test]
fn a_newcomer_begins_at_the_beginning_whatever_others_did() {
    let course = sums();
    let mut easy = TracingModel::default();
    let three_perfect_accounts = 3.0;
    for skill in &course.skills {
        let mut known = easy.skill(skill.key);
        known.terms[0].mean = three_perfect_accounts;
        easy.skills.insert(skill.key, known);
    }
    let (belief, progress) = (Belief::default(), CourseProgress::default());
    let states = |progress: &CourseProgress| {
        skill_states(&course, progress, &belief, &easy, &Rules::USUAL, NOW)
    };
    let newcomer = states(&progress);
    assert!(newcomer[0].view.mastered_probability > Rules::USUAL.ready_mastered);
    assert!(newcomer.iter().all(|state| !state.known && !state.ready));
    let placed = CourseProgress { placement: Some(Stopped::Certain), ..CourseProgress::default() };
    assert!(states(&placed).iter().all(|state| state.known && state.ready));
}

#[test]
fn an_activity_comes_at_most_twice() {
    let twice = ["add-video", "add-practice", "add-practice"];
    check(&[(0.0, 4), (0.0, 0)], &twice, &[("add-practice", Exclusion::AlreadyDone)]);
    let once = ["add-video", "add-practice", "add-more", "mul-video"];
    check(&[(0.0, 4), (0.0, 0)], &once, &[("add-practice", Exclusion::Eligible)]);
}

/// As [`check`], after a last activity that went as well as its mean grade says.
fn check_after(
    (last, grade): (&str, f64),
    levels: &[(f64, u16)],
    done: &[&str],
    expected: &[(&str, Exclusion)],
) {
    check_in_row((last, grade), 0, levels, done, expected);
}

/// As [`check_after`], with so many answers in a row right, or wrong when negative.
fn check_in_row(
    (last, grade): (&str, f64),
    streak: i32,
    levels: &[(f64, u16)],
    done: &[&str],
    expected: &[(&str, Exclusion)],
) {
    let course = sums();
    let mut progress = CourseProgress { streak, ..CourseProgress::default() };
    for id in done.iter().chain([&last]) {
        let key = course.activity(id).unwrap().key;
        progress.start(key, NOW);
        progress.complete(key, NOW);
        progress.leave(key, NOW);
    }
    let entry = progress.activity_mut(course.activity(last).unwrap().key, NOW);
    (entry.answered, entry.grade_sum) = (4, 4.0 * grade);
    let set = set_of(&course, &progress, levels, &CandidateFilter::default());
    assert_eq!(set.relaxation, Relaxation::None);
    for (id, reason) in expected {
        let position = course.activity_position(id).unwrap();
        assert_eq!(set.exclusions[position], *reason, "{id} after {last} with {grade}");
    }
}

#[test]
fn after_a_failure_what_the_course_names_comes_though_mastered_done_or_easy() {
    let levels = [(3.2, 9), (0.0, 4)];
    let seen = ["add-video", "mul-video", "add-more", "add-practice"];
    check_after(
        ("mul-practice", 0.5),
        &levels,
        &seen,
        &[
            ("add-video", Exclusion::Eligible),
            ("add-more", Exclusion::Eligible),
            ("mul-video", Exclusion::Eligible),
            ("add-practice", Exclusion::Repeated),
        ],
    );
    check_after(
        ("mul-practice", 0.6),
        &levels,
        &seen,
        &[
            ("add-video", Exclusion::AlreadyDone),
            ("add-more", Exclusion::Mastered),
            ("mul-video", Exclusion::AlreadyDone),
        ],
    );
}

#[test]
fn after_a_failure_what_the_course_names_comes_though_practised_but_not_a_third_time() {
    let twice = ["add-more", "add-more", "mul-video", "add-video"];
    let levels = [(0.5, 4), (0.0, 4)];
    check_after(("mul-practice", 0.5), &levels, &twice, &[("add-more", Exclusion::AlreadyDone)]);
    check_after(("mul-practice", 0.9), &levels, &twice, &[("add-more", Exclusion::AlreadyDone)]);
    let (levels, seen) = ([(0.5, 9), (0.0, 4)], ["add-video", "mul-video"]);
    check_after(("mul-practice", 0.5), &levels, &seen, &[("add-more", Exclusion::Eligible)]);
    check_after(("mul-practice", 0.9), &levels, &seen, &[("add-more", Exclusion::PractisedEnough)]);
}

#[test]
fn what_a_failure_asks_for_does_not_come_twice_in_a_row_nor_past_what_it_builds_on() {
    let levels = [(1.5, 4), (0.0, 4)];
    let just = ["add-practice", "add-video", "mul-video"];
    check_after(("mul-practice", 0.0), &levels, &just, &[("mul-video", Exclusion::Repeated)]);
    let levels = [(-0.5, 4), (0.0, 4)];
    let before = ["mul-video", "add-video"];
    let reason = Exclusion::SkillPrerequisite;
    check_after(("mul-practice", 0.0), &levels, &before, &[("mul-video", reason)]);
}

#[test]
fn after_a_success_the_advanced_activity_comes_though_it_may_be_hard() {
    let (levels, seen) = ([(1.5, 4), (-3.0, 5)], ["add-video", "mul-video", "add-more"]);
    check_after(("mul-practice", 0.6), &levels, &seen, &[("mul-more", Exclusion::Eligible)]);
    check_after(("mul-practice", 0.5), &levels, &seen, &[("mul-more", Exclusion::TooHard)]);
    let discouraged = [("mul-more", Exclusion::TooHard)];
    check_in_row(("mul-practice", 0.6), -3, &levels, &seen, &discouraged);
}

#[test]
fn a_success_opens_neither_what_is_not_ready_nor_what_was_not_studied() {
    let last = ("add-practice", 1.0);
    let unready = [("mul-more", Exclusion::SkillPrerequisite)];
    check_after(last, &[(-0.5, 4), (-3.0, 5)], &["add-video", "mul-video"], &unready);
    let unseen = [("mul-more", Exclusion::StudyFirst)];
    check_after(last, &[(1.5, 4), (-3.0, 5)], &["add-video"], &unseen);
}

#[test]
fn what_was_never_shown_comes_before_anything_is_repeated() {
    let done = ["add-video", "add-practice", "add-practice", "add-more", "add-more"];
    let set = check(
        &[(0.0, 5), (0.0, 0)],
        &done,
        &[("mul-video", Exclusion::Eligible), ("add-practice", Exclusion::AlreadyDone)],
    );
    assert_eq!(set.relaxation, Relaxation::NeverShown);
}

/// Stuck in the second skill since NOW, with the first as known as given; `done` were completed
/// before, `since` after it.
fn check_stuck(
    add: (f64, u16),
    done: &[&str],
    since: &[&str],
    filter: &CandidateFilter,
    expected: &[(&str, Exclusion)],
) -> CandidateSet {
    let course = sums();
    let mut belief = knowing(&course, &[add, (-2.0, 13)]);
    let stuck = belief.skills.last_mut().unwrap();
    (stuck.wins, stuck.attempts_since_gain) = (4, 12);
    let mut progress = CourseProgress::default();
    let ids = done.iter().map(|id| (*id, NOW.plus_micros(-1)));
    for (id, at) in ids.chain(since.iter().map(|id| (*id, NOW.plus_micros(1)))) {
        let key = course.activity(id).unwrap().key;
        progress.start(key, at);
        progress.complete(key, at);
        progress.current = None;
    }
    let now = NOW.plus_micros(2);
    let skill_states =
        skill_states(&course, &progress, &belief, &TracingModel::default(), &Rules::USUAL, now);
    assert_eq!(skill_states[1].view.status, SkillStatus::Stuck);
    let success = activity_success(&course, &skill_states);
    let situation = Situation {
        course: &course,
        progress: &progress,
        skill_states: &skill_states,
        success: &success,
        orders: &Orders::default(),
        rules: &Rules::USUAL,
        minutes_left: None,
        at: NOW,
    };
    let set = CandidateSet::adaptive(&situation, filter);
    for (id, reason) in expected {
        let position = course.activity_position(id).unwrap();
        assert_eq!(set.exclusions[position], *reason, "{id}");
    }
    set
}

const ALL_SEEN: [&str; 3] = ["final", "add-video", "mul-video"];

#[test]
fn a_stuck_learner_goes_back_to_what_the_skill_builds_on_even_if_that_is_mastered() {
    for add in [(3.0, 9), (0.5, 9)] {
        let set = check_stuck(
            add,
            &ALL_SEEN,
            &[],
            &CandidateFilter::default(),
            &[
                ("add-video", Exclusion::Eligible),
                ("add-practice", Exclusion::Eligible),
                ("add-more", Exclusion::Eligible),
                ("mul-practice", Exclusion::StuckFirst),
                ("mul-more", Exclusion::StuckFirst),
                ("mul-video", Exclusion::AlreadyDone),
                ("final", Exclusion::StuckFirst),
            ],
        );
        assert_eq!(set.relaxation, Relaxation::None);
    }
}

#[test]
fn one_step_back_is_enough_and_then_the_skill_has_its_own_rules_again() {
    let own = [("add-practice", Exclusion::Eligible), ("mul-practice", Exclusion::Eligible)];
    let set = check_stuck((3.0, 9), &ALL_SEEN, &["add-more"], &CandidateFilter::default(), &own);
    assert_eq!(set.relaxation, Relaxation::NeverShown, "practised enough, and nothing else left");
}

#[test]
fn what_is_required_is_not_paused_and_what_cannot_be_done_pauses_nothing() {
    let seen = ["add-video", "mul-video"];
    let required = [("final", Exclusion::Eligible), ("add-practice", Exclusion::Eligible)];
    check_stuck((3.0, 9), &seen, &[], &CandidateFilter::default(), &required);
    let id = |id: &str| ActivityId::new(id).unwrap();
    let only = |only: &[&str]| CandidateFilter {
        only: Some(only.iter().map(|one| id(one)).collect()),
        exclude: vec![],
    };
    let filter = only(&["mul-practice"]);
    let own = [("mul-practice", Exclusion::Eligible), ("add-practice", Exclusion::Requested)];
    let set = check_stuck((3.0, 9), &ALL_SEEN, &[], &filter, &own);
    assert_eq!(set.relaxation, Relaxation::NeverShown, "no step back is allowed: no pause");
    let filter = only(&["mul-practice", "add-more"]);
    let set = check_stuck((3.0, 9), &ALL_SEEN, &[], &filter, &[("add-more", Exclusion::Eligible)]);
    assert_eq!(set.positions.len(), 1);
}

#[test]
fn a_stuck_learner_always_has_a_candidate() {
    let all = ["add-video", "add-practice", "add-more", "mul-video", "mul-practice", "mul-more"];
    for done in 0..1_u32 << all.len() {
        let chosen = |bit: usize| done >> bit & 1 == 1;
        let done: Vec<&str> =
            (0..all.len()).filter(|bit| chosen(*bit)).map(|bit| all[bit]).collect();
        for rest in [&[][..], &["final"][..]] {
            let (before, since) = done.split_at(done.len() / 2);
            let before = [before, rest].concat();
            let set = check_stuck((0.5, 9), &before, since, &CandidateFilter::default(), &[]);
            assert!(!set.positions.is_empty(), "{before:?}, then {since:?}");
        }
    }
}

/// The reasons and the step when so many minutes of a session of 20 are left. Everything lasts 5.
fn with_minutes(left: Option<f64>, levels: &[(f64, u16)], done: &[&str]) -> CandidateSet {
    let mut course = sums();
    course.session_minutes_max = Some(20.0);
    course.activities[2].minutes = 30.0;
    let mut progress = CourseProgress::default();
    for id in done {
        let key = course.activity(id).unwrap().key;
        progress.start(key, NOW);
        progress.complete(key, NOW);
        progress.current = None;
    }
    let belief = knowing(&course, levels);
    let skill_states =
        skill_states(&course, &progress, &belief, &TracingModel::default(), &Rules::USUAL, NOW);
    let success = activity_success(&course, &skill_states);
    let situation = Situation {
        course: &course,
        progress: &progress,
        skill_states: &skill_states,
        success: &success,
        orders: &Orders::default(),
        rules: &Rules::USUAL,
        minutes_left: left,
        at: NOW,
    };
    CandidateSet::adaptive(&situation, &CandidateFilter::default())
}

#[test]
fn what_does_not_fit_into_the_session_waits_while_something_fits() {
    let levels = [(0.5, 4), (0.0, 0)];
    let set = with_minutes(Some(7.0), &levels, &["add-video"]);
    assert_eq!(set.exclusions[1], Exclusion::Eligible);
    assert_eq!(set.exclusions[2], Exclusion::TooLongForSession);
    assert_eq!(set.exclusions[0], Exclusion::AlreadyDone, "for longer than the session lasts");
    assert_eq!(set.relaxation, Relaxation::None);
    let whole = with_minutes(Some(20.0), &levels, &["add-video"]);
    assert_eq!(whole.exclusions[2], Exclusion::Eligible, "longer than any session: a whole one");
    assert_eq!(with_minutes(None, &levels, &["add-video"]).exclusions[2], Exclusion::Eligible);
}

#[test]
fn a_session_that_is_almost_over_goes_on_when_nothing_fits() {
    let set = with_minutes(Some(1.0), &[(0.5, 4), (0.0, 0)], &["add-video"]);
    assert_eq!(set.relaxation, Relaxation::Session);
    assert_eq!(set.exclusions[1..3], [Exclusion::Eligible; 2]);
    assert_eq!(set.exclusions[4], Exclusion::StudyFirst, "only the session's rule gave way");
}

#[test]
fn a_request_can_leave_activities_out_but_never_let_them_in() {
    let course = sums();
    let progress = CourseProgress::default();
    let only = |id: &str| CandidateFilter {
        only: Some(vec![ActivityId::new(id).unwrap()]),
        exclude: vec![],
    };
    let filter = only("add-practice");
    let set = set_of(&course, &progress, &[(0.0, 0), (0.0, 0)], &filter);
    assert_eq!(set.positions, vec![1]);
    let exclude = vec![ActivityId::new("add-video").unwrap()];
    let filter = CandidateFilter { only: None, exclude };
    let set = set_of(&course, &progress, &[(0.0, 0), (0.0, 0)], &filter);
    assert_eq!(set.exclusions[0], Exclusion::Requested);
    assert!(!set.positions.contains(&0));
}

fn on_path(course: &Course, progress: &CourseProgress) -> CandidateSet {
    let filter = CandidateFilter::default();
    CandidateSet::static_path(course, progress, &filter, &Orders::default())
}

#[test]
fn the_static_path_goes_in_order_and_ends() {
    let course = sums();
    let mut progress = CourseProgress::default();
    for expected in 0..course.path.len() {
        let set = on_path(&course, &progress);
        assert_eq!(set.positions, vec![expected]);
        let at = NOW.plus_micros(expected as i64);
        progress.complete(course.activities[expected].key, at);
    }
    let end = on_path(&course, &progress);
    assert_eq!(end.positions, Vec::<usize>::new());
    assert!(end.exclusions.iter().all(|reason| *reason == Exclusion::AlreadyDone));
}

#[test]
fn what_is_skipped_on_the_static_path_is_offered_once_more() {
    let course = sums();
    let mut progress = CourseProgress::default();
    let film = course.activities[0].key;
    progress.activity_mut(film, NOW).skips = 1;
    for position in 1..course.path.len() {
        assert_eq!(on_path(&course, &progress).positions, vec![position]);
        progress.complete(course.activities[position].key, NOW.plus_micros(position as i64));
    }
    assert_eq!(on_path(&course, &progress).positions, vec![0]);
    progress.activity_mut(film, NOW).skips = 2;
    let end = on_path(&course, &progress);
    assert_eq!((end.positions.len(), end.exclusions[0]), (0, Exclusion::Skipped));
}

#[test]
fn a_request_never_relaxes_prerequisites() {
    let course = sums();
    let progress = CourseProgress::default();
    let filter = CandidateFilter {
        only: Some(vec![ActivityId::new("mul-practice").unwrap()]),
        exclude: vec![],
    };
    let set = set_of(&course, &progress, &[(0.0, 0), (0.0, 0)], &filter);
    assert!(set.positions.is_empty());
}
