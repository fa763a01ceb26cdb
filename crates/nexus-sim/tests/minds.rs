//! The minds do what their documents say: they are probabilities, they learn, they forget, and
//! the same seed gives the same life.

use nexus_engine::catalog::{Activity, ActivityKind, Course, Names};
use nexus_engine::time::{DAY_MICROS, MINUTE_MICROS, Timestamp};
use nexus_sim::behaviour::Mood;
use nexus_sim::knowledge::{Forgetful, Knowledge, Practice, Steady, Study, Temper};
use nexus_sim::truth::length_minutes;
use nexus_sim::{
    Assigned, Classroom, Conditions, CourseTruth, Family, Happened, Move, PriorKnowledge,
    SimulatedLearner, StudySetting,
};
use nexus_stats::random::Stream;
use nexus_testkit::shipped;
use proptest::prelude::*;
use std::sync::{Arc, OnceLock};

const START: Timestamp = Timestamp(1_760_000_000_000_000);

fn course() -> Arc<Course> {
    static READ: OnceLock<Arc<Course>> = OnceLock::new();
    let read = || {
        let draft = shipped();
        let course = nexus_engine::catalog::validation::publish(&draft, &mut Names::default());
        Arc::new(course.expect("the shipped course is valid"))
    };
    Arc::clone(READ.get_or_init(read))
}

fn truth(seed: u64) -> Arc<CourseTruth> {
    Arc::new(CourseTruth::new(&course(), seed))
}

fn score(mind: &dyn Knowledge, at: Timestamp) -> f64 {
    let skills = course().skills.len();
    (0..skills).map(|skill| mind.skill_success(skill, at)).sum::<f64>() / skills as f64
}

fn first_time(question: usize, right: bool) -> Practice {
    Practice { question, right, times_before: 0, helped: false }
}

/// Walks a learner along the course's path for some decisions and tells their life as text.
fn life(learner: &mut SimulatedLearner, course: &Course, decisions: usize) -> String {
    let mut now = START;
    let mut told = String::new();
    let mut asked = 0;
    while asked < decisions {
        match learner.next_move(now) {
            Move::Pause { until } => now = until,
            Move::Left => break,
            Move::Report(happenings) => told.push_str(&format!("{happenings:?}\n")),
            Move::Place | Move::Check => {
                let question = course.questions.get(learner.answers() as usize % 20);
                let question = question.filter(|_| learner.answers() % 5 < 4);
                learner.place(question.map(|question| question.id.as_str()), now);
            }
            Move::Ask => {
                let activity = &course.activities[course.path[asked % course.path.len()]];
                let assigned = Assigned {
                    decision: Some(format!("d{asked}")),
                    made_at: now,
                    activity: activity.id.to_string(),
                    probe: (asked % 9 == 8).then(|| course.questions[0].id.to_string()),
                };
                told.push_str(&format!("{:?}\n", learner.assign(&assigned, now)));
                asked += 1;
            }
        }
    }
    told.push_str(&format!("{:?}", learner.true_score(now).to_bits()));
    told
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_does_not() {
    let truth = truth(7);
    for family in Family::ALL {
        let tell = |seed, id: &str| {
            let mut learner = SimulatedLearner::new(family, &truth, seed, id, START);
            life(&mut learner, &truth.course, 60)
        };
        assert_eq!(tell(7, "sim-1"), tell(7, "sim-1"), "{family:?}");
        assert_ne!(tell(7, "sim-1"), tell(8, "sim-1"), "{family:?}");
        assert_ne!(tell(7, "sim-1"), tell(7, "sim-2"), "{family:?}");
    }
}

#[test]
fn every_family_learns_from_the_course_and_they_differ() {
    let truth = truth(3);
    let mut gains = Vec::new();
    for family in Family::ALL {
        let gain = |number: usize| {
            let id = format!("sim-{number}");
            let mut learner = SimulatedLearner::new(family, &truth, 3, &id, START);
            let before = learner.true_score(START);
            life(&mut learner, &truth.course, 40);
            learner.true_score(START.plus_micros(5 * DAY_MICROS)) - before
        };
        let mean = (0..40).map(gain).sum::<f64>() / 40.0;
        assert!(mean > 0.05, "{family:?} gained {mean}");
        gains.push(mean);
    }
    let differ = |a: f64, b: f64| (a - b).abs() > 0.01;
    assert!(differ(gains[0], gains[1]) && differ(gains[1], gains[2]), "{gains:?}");
}

#[test]
fn practice_at_the_sweet_spot_teaches_most() {
    let truth = truth(5);
    let mut nearest = Vec::new();
    let mut farthest = Vec::new();
    for number in 0..60 {
        let mut stream = Stream::keyed(5, &format!("{number}"));
        let mind = Steady::new(&truth, &mut stream.clone());
        let roots = |question: &usize| {
            let skills = &truth.course.questions[*question].skills;
            skills.len() == 1 && truth.course.skills[skills[0]].requires.is_empty()
        };
        let distance =
            |question: &usize| (mind.success(*question, START) - mind.sweet_spot()).abs();
        let mut questions: Vec<usize> = (0..truth.course.questions.len()).filter(roots).collect();
        questions.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let gain = |question: usize, stream: &mut Stream| {
            let mut mind = mind.clone();
            let before = score(&mind, START);
            mind.practise(first_time(question, true), START, stream);
            score(&mind, START) - before
        };
        let (Some(first), Some(last)) = (questions.first(), questions.last()) else { continue };
        nearest.push(gain(*first, &mut stream));
        farthest.push(gain(*last, &mut stream));
    }
    let mean = |gains: &[f64]| gains.iter().sum::<f64>() / gains.len() as f64;
    assert!(mean(&nearest) > 2.0 * mean(&farthest), "{} {}", mean(&nearest), mean(&farthest));
}

#[test]
fn films_teach_less_when_repeated_or_unready() {
    let study = |times_before| Study { activity: 0, share: 1.0, times_before };
    assert!((study(0).effect() - 1.0).abs() < 1e-12);
    assert!((study(1).effect() - 0.5).abs() < 1e-12);
    let truth = truth(5);
    let course = &truth.course;
    let builds = |activity: &Activity| !course.skills[activity.skills[0]].requires.is_empty();
    let Some(film) = course.activities.iter().position(builds) else { panic!("all are roots") };
    let needed = &course.skills[course.activities[film].skills[0]].requires;
    let gain = |prepared: bool| {
        let mut stream = Stream::keyed(1, "films");
        let mut mind = Steady::new(&truth, &mut stream);
        for (activity, it) in course.activities.iter().enumerate() {
            if prepared && it.skills.iter().all(|skill| needed.contains(skill)) {
                mind.study(Study { activity, share: 1.0, times_before: 0 }, START, &mut stream);
            }
        }
        let before = score(&mind, START);
        mind.study(Study { activity: film, share: 1.0, times_before: 0 }, START, &mut stream);
        score(&mind, START) - before
    };
    assert!(gain(true) > 1.2 * gain(false), "{} {}", gain(true), gain(false));
}

#[test]
fn what_is_not_reviewed_fades_and_spacing_keeps_it() {
    let truth = truth(2);
    let question = 0;
    let skill = truth.course.questions[question].skills[0];
    let recall_after = |gap_days: i64| {
        let mut stream = Stream::keyed(2, "memory");
        let mut mind = Forgetful::new(&truth, &mut stream);
        let mut at = START;
        for _ in 0..5 {
            mind.practise(first_time(question, true), at, &mut stream);
            at = at.plus_micros(gap_days * DAY_MICROS + MINUTE_MICROS);
        }
        let fresh = mind.recall(skill, at);
        let faded = mind.recall(skill, at.plus_micros(30 * DAY_MICROS));
        assert!(faded < fresh, "{faded} {fresh}");
        faded
    };
    let (massed, spaced) = (recall_after(0), recall_after(2));
    assert!(spaced > massed + 0.1, "spaced {spaced}, massed {massed}");
}

#[test]
fn frustration_and_boredom_make_people_leave() {
    let temper = Temper { frustration: 4.0, boredom: 6.0, discouragement: 0.0 };
    let after = |answers: &[bool]| {
        let mut mood = Mood::new(temper);
        answers.iter().for_each(|right| mood.answered(*right));
        mood.hazard()
    };
    let even = after(&[true, false, true, true, false, true, true, true, false, true]);
    assert!(after(&[false; 10]) > 4.0 * even);
    assert!(after(&[true; 60]) > 4.0 * even);
}

#[test]
fn a_classroom_has_all_families_and_arrives_over_time() {
    let truth = truth(1);
    let learners = Classroom::mixed(300, 10.0, 1).learners(&truth, START);
    for (family, share) in [(Family::Steady, 0.5), (Family::Forgetful, 0.3)] {
        let found = learners.iter().filter(|it| it.family() == family).count() as f64 / 300.0;
        assert!((found - share).abs() < 0.1, "{family:?} {found}");
    }
    assert_eq!(learners[0].id(), "sim-1");
    let arrivals: Vec<Timestamp> = Classroom::mixed(50, 10.0, 1)
        .learners(&truth, START)
        .iter_mut()
        .map(|learner| match learner.next_move(Timestamp(0)) {
            Move::Pause { until } => until,
            _ => START,
        })
        .collect();
    assert_eq!(arrivals.first(), Some(&START));
    assert!(arrivals.is_sorted());
    assert!(arrivals.last().is_some_and(|last| last.days_since(START) > 7.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever happens to a mind, what it knows stays a probability.
    #[test]
    fn success_is_always_a_probability(seed: u64, steps in prop::collection::vec(
        (any::<u16>(), any::<bool>(), any::<bool>(), 0_i64..40), 1..80)) {
        let truth = truth(seed);
        for family in Family::ALL {
            let mut stream = Stream::keyed(seed, family.word());
            let mut mind = family.mind(&truth, &mut stream);
            let mut at = START;
            for (number, right, studies, days) in &steps {
                at = at.plus_micros(days * DAY_MICROS);
                let question = usize::from(*number) % truth.course.questions.len();
                let activity = usize::from(*number) % truth.course.activities.len();
                match studies {
                    true => {
                        let study = Study { activity, share: 0.7, times_before: 1 };
                        mind.study(study, at, &mut stream);
                    }
                    false => mind.practise(first_time(question, *right), at, &mut stream),
                }
                let success = mind.success(question, at);
                prop_assert!((0.0..=1.0).contains(&success), "{family:?} {success}");
                let score = score(&*mind, at);
                prop_assert!((0.0..=1.0).contains(&score), "{family:?} {score}");
            }
        }
    }

    /// A learner's events come in order, never from the future, each with a number of its own.
    #[test]
    fn happenings_are_numbered_and_in_order(seed: u64) {
        let truth = truth(seed % 5);
        let mut learner =
            SimulatedLearner::new(Family::ALL[(seed % 5) as usize], &truth, seed, "sim-1", START);
        let (mut now, mut last, mut number, mut asked) = (START, START, 0, 0);
        while asked < 30 {
            let happenings = match learner.next_move(now) {
                Move::Pause { until } => { prop_assert!(until > now); now = until; vec![] }
                Move::Left => break,
                Move::Report(happenings) => happenings,
                Move::Place | Move::Check => {
                    let answers = learner.answers() as usize;
                    let question = truth.course.questions[answers % 20].id.clone();
                    learner.place((answers % 5 < 4).then_some(question.as_str()), now);
                    vec![]
                }
                Move::Ask => {
                    let activity = &truth.course.activities[asked % truth.course.activities.len()];
                    asked += 1;
                    let activity = activity.id.to_string();
                    let decision = Some(format!("d{asked}"));
                    let assigned = Assigned { decision, made_at: now, activity, probe: None };
                    learner.assign(&assigned, now)
                }
            };
            for happening in happenings {
                prop_assert_eq!(happening.number, number + 1);
                prop_assert!(happening.at <= now && happening.at >= last);
                prop_assert!(happening.what != Happened::Shown || happening.decision.is_some());
                number = happening.number;
                last = happening.at;
            }
        }
    }
}

/// What a film teaches, and what answering a question of an exercise on the same skill does: gain in
/// the score five days later, a minute, summed over learners of a family.
fn film_and_practice(family: Family, setting: StudySetting) -> (f64, f64) {
    let truth = Arc::new(CourseTruth::within(&course(), 3, setting));
    let course = &truth.course;
    let on_root = |activity: &&Activity, kind: ActivityKind| {
        activity.kind == kind
            && activity.skills.iter().all(|skill| course.skills[*skill].requires.is_empty())
    };
    let of_kind = |kind| course.activities.iter().find(|it| on_root(it, kind)).expect("a root");
    let (film, exercise) = (of_kind(ActivityKind::Video), of_kind(ActivityKind::Exercise));
    let position = |it: &Activity| course.activity_position(it.id.as_str()).expect("its place");
    let (mut watched, mut practised) = (0.0, 0.0);
    for number in 0..300 {
        let mut stream = Stream::keyed(9, &format!("{number}"));
        let mut mind = family.mind(&truth, &mut stream);
        // Everybody has met the skill two days before.
        mind.practise(first_time(exercise.questions[0], true), START, &mut stream);
        let at = START.plus_micros(2 * DAY_MICROS);
        let test = at.plus_micros(5 * DAY_MICROS);
        let before = score(&*mind, test);
        let (mut after_film, mut after_practice) = (mind.average(), mind.average());
        let study = Study { activity: position(film), share: 1.0, times_before: 0 };
        after_film.study(study, at, &mut stream);
        let question = exercise.questions[1];
        let right = stream.uniform() < after_practice.success(question, at);
        after_practice.practise(first_time(question, right), at, &mut stream);
        watched += score(&*after_film, test) - before;
        practised += score(&*after_practice, test) - before;
    }
    let question_minutes = exercise.minutes / exercise.questions.len() as f64;
    (watched / length_minutes(film), practised / question_minutes)
}

/// Doers learn from a film about a sixth of what answering for as long would teach, give or take
/// what a family makes of it; kind films teach more.
#[test]
fn films_teach_doers_less() {
    for family in Family::ALL {
        let (kind, _) = film_and_practice(family, StudySetting::Kind);
        let (doer, practice) = film_and_practice(family, StudySetting::Doer);
        let ratio = doer / practice;
        assert!((0.06..0.4).contains(&ratio), "{family:?}: {doer} a minute of {practice}");
        assert!(doer < 0.5 * kind, "{family:?}: {doer} of doers, {kind} of kind films");
    }
}

#[test]
fn the_discouraged_stay_away_for_days_and_come_back() {
    let truth = truth(4);
    let mut long = 0;
    for number in 0..30 {
        let id = format!("sim-{number}");
        let mut learner =
            SimulatedLearner::new(Family::Discouraged, &truth, 4, &id, START).with_minutes(400.0);
        let mut now = START;
        let mut asked = 0;
        loop {
            match learner.next_move(now) {
                Move::Pause { until } => {
                    long += u32::from(until.days_since(now) > 4.5);
                    now = until;
                }
                Move::Left => break,
                Move::Report(_) => {}
                Move::Place | Move::Check => learner.place(None, now),
                Move::Ask => {
                    // From the end of the course on: too hard for a newcomer.
                    let activity = truth.course.activities.iter().rev().cycle().nth(asked % 40);
                    let activity = activity.expect("a course").id.to_string();
                    asked += 1;
                    let decision = None;
                    learner
                        .assign(&Assigned { decision, made_at: now, activity, probe: None }, now);
                }
            }
        }
        // Pauses of others last four days at most, and those who paused came back.
        assert!(learner.left() || learner.minutes() >= 400.0, "{}", learner.minutes());
    }
    assert!(long >= 15, "{long} long pauses of thirty learners");
}

#[test]
fn the_helped_learn_nothing_from_a_wrong_answer_and_most_from_help_after_it() {
    let truth = truth(6);
    let mut stream = Stream::keyed(6, "helped");
    let mind = Family::Helped.mind(&truth, &mut stream);
    let question = 0;
    let before = score(&*mind, START);
    let gain = |practices: &[Practice], studies: bool| {
        let (mut mind, mut stream) = (mind.copy(), Stream::keyed(6, "same"));
        for practice in practices {
            mind.practise(*practice, START, &mut stream);
        }
        if studies {
            let activity = truth.course.questions[question].activity;
            mind.study(Study { activity, share: 1.0, times_before: 0 }, START, &mut stream);
        }
        score(&*mind, START) - before
    };
    let wrong = first_time(question, false);
    let helped = Practice { helped: true, ..wrong };
    assert_eq!(gain(&[wrong; 3], false), 0.0);
    assert!(gain(&[helped], false) > gain(&[first_time(question, true)], false));
    assert!(gain(&[wrong; 3], true) > 2.0 * gain(&[], true));
}

#[test]
fn minutes_end_learning_and_finishing_does_not() {
    let truth = truth(8);
    let conditions = |minutes, prior| Conditions { minutes, prior, ..Conditions::default() };
    let usual = Some(PriorKnowledge::USUAL);
    let class = Classroom::of(Family::Steady, 200, 1.0, 8).under(conditions(Some(90.0), usual));
    let mut learners = class.learners(&truth, START);
    let knew: Vec<usize> = learners
        .iter()
        .map(|learner| {
            let skills = 0..truth.course.skills.len();
            skills.filter(|skill| learner.true_skill(*skill, START) > 0.75).count()
        })
        .collect();
    let some = knew.iter().filter(|knew| **knew > 0).count();
    assert!((70..=150).contains(&some), "{some} of 200 know something");
    assert!(knew.iter().max().is_some_and(|most| (8..=13).contains(most)), "{knew:?}");
    for learner in &mut learners[..20] {
        life(learner, &truth.course, 500);
        let minutes = learner.minutes();
        // The course has a closing check, which nothing here serves: they wait half an hour for it.
        assert!(learner.left() || (120.0..150.0).contains(&minutes), "{minutes}");
    }
}

#[test]
fn a_learner_rests_as_told_and_goes_when_there_is_nothing_left() {
    let truth = truth(8);
    let mut learner = SimulatedLearner::new(Family::Steady, &truth, 8, "sim-1", START);
    assert!(matches!(learner.next_move(START), Move::Report(_)));
    assert_eq!(learner.next_move(START), Move::Ask);
    let later = START.plus_micros(2 * DAY_MICROS);
    assert_eq!(learner.rest(Some(later), START).len(), 1);
    assert_eq!(learner.next_move(START), Move::Pause { until: later });
    assert!(matches!(learner.next_move(later), Move::Report(_)));
    assert_eq!(learner.next_move(later), Move::Ask);
    assert_eq!(learner.rest(None, later).len(), 1);
    assert_eq!(learner.next_move(later), Move::Left);
}
