//! The ladder of relaxations under random courses, learners, teachers and requests: a lesson never
//! runs dry while something is left to do, each step only lets in, and what is hard is never relaxed.
//! Courses with a placement have tests of their own (`placement.rs`).

use nexus_engine::catalog::Course;
use nexus_engine::catalog::draft::ActivityDraft;
use nexus_engine::decision::candidates::{
    ActivityHistory, CandidateFilter, CandidateSet, Exclusion, Relaxation, SKIPS_MAX, Situation,
};
use nexus_engine::decision::inputs::Orders;
use nexus_engine::decision::inputs::{SkillState, skill_states};
use nexus_engine::decision::rules::Rules;
use nexus_engine::decision::situation::activity_success;
use nexus_engine::learner::belief::{Belief, Gaussian, SkillBelief};
use nexus_engine::learner::memory::Memory;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_stats::random::Stream;
use nexus_testkit::course::{
    ActivityBuilder, CourseBuilder, course, exercise, quiz, reading, video,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

fn below(stream: &mut Stream, bound: usize) -> usize {
    stream.below(bound as u64) as usize
}

/// Each of the names with this chance.
fn some(stream: &mut Stream, names: &[String], chance: f64) -> Vec<String> {
    names.iter().filter(|_| stream.uniform() < chance).cloned().collect()
}

/// Up to five skills with a reading each, or no activity could be reached, and up to nine more
/// activities of all kinds but placements; what comes later may ask for what comes earlier, and
/// links lead anywhere.
fn any_course(stream: &mut Stream) -> Course {
    let skill_ids: Vec<String> = (0..=below(stream, 4)).map(|n| format!("s{n}")).collect();
    let ids: Vec<String> = (0..=below(stream, 9)).map(|n| format!("a{n}")).collect();
    let skills = skill_ids.iter().enumerate().fold(course("any"), |course, (n, id)| {
        let requires = some(stream, &skill_ids[..n], 0.4);
        course.skill(id, &requires.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let readings = skill_ids.iter().map(|id| reading(&format!("about-{id}"), id));
    skills
        .teaches(readings.map(|reading| reading.of_difficulty(0.0)))
        .teaches((0..ids.len()).map(|n| any_activity(stream, n, &ids, &skill_ids)))
        .read()
}

fn any_activity(stream: &mut Stream, n: usize, ids: &[String], skills: &[String]) -> ActivityDraft {
    let kind = ["video", "reading", "quiz", "exercise", "exercise"][below(stream, 5)];
    let others: Vec<String> = ids.iter().filter(|id| **id != ids[n]).cloned().collect();
    let mut taught = some(stream, skills, 0.3);
    if taught.is_empty() {
        taught.push(skills[below(stream, skills.len())].clone());
    }
    let (id, skill) = (&ids[n], "");
    let base = match kind {
        "video" => video(id, skill),
        "reading" => reading(id, skill),
        "quiz" => quiz(id, skill).asks([format!("q{n}")]),
        _ => exercise(id, skill).asks([format!("q{n}")]),
    };
    ActivityDraft {
        skills: taught,
        difficulty: stream.uniform(),
        minutes: 1.0 + 9.0 * stream.uniform(),
        requires: some(stream, &ids[..n], 0.2),
        remedial: some(stream, &others, 0.2),
        advanced: some(stream, &others, 0.2),
        required: stream.uniform() < 0.2,
        ..base
    }
}

/// What a learner may have done: started, answered, completed, skipped or left, in any order.
fn any_progress(stream: &mut Stream, course: &Course) -> CourseProgress {
    let mut progress = CourseProgress::default();
    for _ in 0..below(stream, 16) {
        let activity = &course.activities[below(stream, course.activities.len())];
        let (answered, grade, end) = (stream.below(4), stream.uniform(), stream.below(4));
        progress.start(activity.key, NOW);
        let entry = progress.activity_mut(activity.key, NOW);
        if !activity.questions.is_empty() && answered > 0 {
            (entry.answered, entry.grade_sum) = (answered as u16, answered as f64 * grade);
        }
        match end {
            0 => continue,
            1 => entry.skips += 1,
            _ => {
                progress.complete(activity.key, NOW);
            }
        }
        progress.leave(activity.key, NOW);
    }
    progress.streak = stream.below(9) as i32 - 4;
    progress
}

/// What a learner may know: strangers, novices, masters, those who forgot, and those who are stuck.
fn any_belief(stream: &mut Stream, course: &Course) -> Belief {
    let mut belief = Belief::default();
    for skill in &course.skills {
        let (mean, attempts) = (8.0 * stream.uniform() - 4.0, stream.below(16) as u16);
        let ago = stream.below(60) as i64;
        if attempts == 0 {
            continue;
        }
        let since = NOW.plus_micros(-ago * DAY_MICROS);
        belief.skills.push(SkillBelief {
            attempts,
            wins: stream.below(u64::from(attempts) + 1) as u16,
            attempts_since_gain: stream.below(u64::from(attempts) + 1) as u8,
            level: Gaussian { mean, variance: 0.1 },
            memory: Memory::default().after(true, 0.0),
            mastered: mean > 2.0,
            ..SkillBelief::new(skill.key, since)
        });
    }
    belief
}

fn any_orders(stream: &mut Stream, course: &Course) -> Orders {
    let mut orders = Orders::default();
    for position in 0..course.activities.len() {
        match stream.below(6) {
            0 => orders.barred.insert(position, Exclusion::Blocked),
            1 => orders.barred.insert(position, Exclusion::Capped),
            _ => None,
        };
    }
    orders
}

/// A course and a learner in it.
struct Room {
    course: Course,
    progress: CourseProgress,
    skill_states: Vec<SkillState>,
    success: Vec<f64>,
    rules: Rules,
    minutes_left: Option<f64>,
}

impl Room {
    fn any(stream: &mut Stream) -> Self {
        let course = any_course(stream);
        let progress = any_progress(stream, &course);
        let belief = any_belief(stream, &course);
        let rules = Rules { candidates_max: 1 + below(stream, 12), ..Rules::USUAL };
        let skill_states =
            skill_states(&course, &progress, &belief, &TracingModel::default(), &rules, NOW);
        let success = activity_success(&course, &skill_states);
        let limited = stream.uniform() < 0.5;
        let minutes_left = limited.then(|| 10.0 * stream.uniform_open());
        Self { course, progress, skill_states, success, rules, minutes_left }
    }

    fn set(&self, orders: &Orders, filter: &CandidateFilter) -> CandidateSet {
        let situation = Situation {
            course: &self.course,
            progress: &self.progress,
            skill_states: &self.skill_states,
            success: &self.success,
            orders,
            rules: &self.rules,
            minutes_left: self.minutes_left,
            at: NOW,
        };
        CandidateSet::adaptive(&situation, filter)
    }

    fn history(&self, position: usize, filter: &CandidateFilter) -> ActivityHistory {
        let activity = &self.course.activities[position];
        let entry = self.progress.activity(activity.key);
        ActivityHistory {
            shown: entry.is_some_and(|entry| entry.starts > 0),
            asks: !activity.questions.is_empty(),
            asked_for: filter.only.as_ref().is_some_and(|only| only.contains(&activity.id)),
            given_up: entry.is_some_and(|entry| entry.skips >= SKIPS_MAX),
            skills_first: false,
        }
    }

    /// Whether nothing sensible is left of an activity, by words that are not the engine's: it is
    /// completed, was opened or skipped twice, was opened and all its skills are mastered, or waits
    /// for an activity that is not completed.
    fn is_over(&self, position: usize) -> bool {
        let completed =
            |position: usize| self.progress.completed(self.course.activities[position].key);
        let activity = &self.course.activities[position];
        let entry = self.progress.activity(activity.key);
        let often = entry.is_some_and(|entry| entry.starts >= 2 || entry.skips >= 2);
        let mastered = activity.skills.iter().all(|skill| self.skill_states[*skill].mastered);
        let known = mastered && entry.is_some_and(|entry| entry.starts > 0);
        completed(position) || often || known || !activity.requires.iter().all(|it| completed(*it))
    }
}

/// What holds for every set: its candidates are the eligible ones, no block and no request is
/// overruled, and no reason is left that the step it stands on forgives.
fn check(room: &Room, set: &CandidateSet, orders: &Orders, filter: &CandidateFilter) {
    let free = room.set(orders, &CandidateFilter::default());
    let skills_first = !filter.is_free() && free.relaxation < Relaxation::NeverShown;
    for (position, reason) in set.exclusions.iter().enumerate() {
        let eligible = *reason == Exclusion::Eligible;
        assert_eq!(set.positions.contains(&position), eligible);
        let step = reason
            .forgiven_from(ActivityHistory { skills_first, ..room.history(position, filter) });
        assert!(step.is_none_or(|step| step > set.relaxation), "{reason:?} at {set:?}");
        assert!(!(eligible && orders.blocks(position)), "a block was overruled");
        let capped = orders.bar(position) == Some(Exclusion::Capped);
        assert!(!(eligible && capped) || set.relaxation == Relaxation::Caps);
        assert!(!(eligible && filter.exclude.contains(&room.course.activities[position].id)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// A teacher who blocks whatever is offered walks the lesson to its end. Then everything that is
    /// not blocked is over: nothing that could be done was withheld.
    #[test]
    fn a_lesson_ends_only_when_nothing_is_left_to_do(seed in any::<u64>()) {
        let stream = &mut Stream::new(seed);
        let room = Room::any(stream);
        let mut orders = any_orders(stream, &room.course);
        loop {
            let set = room.set(&orders, &CandidateFilter::default());
            check(&room, &set, &orders, &CandidateFilter::default());
            if set.positions.is_empty() {
                break;
            }
            for position in set.positions {
                orders.barred.insert(position, Exclusion::Blocked);
            }
        }
        for position in 0..room.course.activities.len() {
            prop_assert!(orders.blocks(position) || room.is_over(position), "{position}");
        }
    }

    /// Prerequisites between activities hold at every step, and what was completed just now does not
    /// come twice in a row.
    #[test]
    fn what_is_hard_is_never_relaxed(seed in any::<u64>()) {
        let stream = &mut Stream::new(seed);
        let room = Room::any(stream);
        let set = room.set(&any_orders(stream, &room.course), &CandidateFilter::default());
        let latest = room.progress.current.or(room.progress.recent.last().copied());
        for position in &set.positions {
            let activity = &room.course.activities[*position];
            for needed in &activity.requires {
                prop_assert!(room.progress.completed(room.course.activities[*needed].key));
            }
            prop_assert!(latest != Some(activity.key) || !room.progress.completed(activity.key));
        }
    }

    /// A request may leave nothing; then only because teachers, or rules that it may not relax,
    /// keep back everything it lists.
    #[test]
    fn a_request_runs_dry_only_where_it_may_not_relax(seed in any::<u64>()) {
        let stream = &mut Stream::new(seed);
        let room = Room::any(stream);
        let orders = any_orders(stream, &room.course);
        let mut ids = |chance: f64| -> Vec<_> {
            let activities = room.course.activities.iter();
            activities.filter(|_| stream.uniform() < chance).map(|it| it.id.clone()).collect()
        };
        let filter = CandidateFilter { exclude: ids(0.3), only: Some(ids(0.6)) };
        let free = room.set(&orders, &CandidateFilter::default());
        let set = room.set(&orders, &filter);
        check(&room, &set, &orders, &filter);
        let widest = free.relaxation.max(Relaxation::Repetition);
        prop_assert!(set.relaxation <= widest, "{set:?}, freely {free:?}");
        if set.positions.is_empty() {
            prop_assert_eq!(set.relaxation, widest);
        }
    }
}

/// The ladder as it is written in docs/science.md, section 3: what was never shown, then what was.
#[test]
fn every_reason_has_its_place_in_the_ladder() {
    use Exclusion as E;
    use Relaxation::{Caps, Difficulty, NeverShown, Repetition, Session};
    let places = [
        (&[E::TooHard, E::TooEasy][..], Some(Difficulty), Some(Difficulty)),
        (&[E::TooLongForSession], Some(Session), Some(Session)),
        (
            &[E::SkillPrerequisite, E::StudyFirst, E::StuckFirst, E::PractisedEnough],
            Some(NeverShown),
            Some(Repetition),
        ),
        (&[E::Mastered], Some(NeverShown), None),
        (&[E::Repeated, E::Skipped], Some(Repetition), Some(Repetition)),
        (&[E::Capped], Some(Caps), Some(Caps)),
        (&[E::AlreadyDone, E::JustDone, E::ActivityPrerequisite], None, None),
        (&[E::Blocked, E::Requested, E::Placed], None, None),
        (&[E::RequiredFirst, E::BeyondCap, E::NotNextOnPath, E::PinnedFirst], None, None),
    ];
    let shown = ActivityHistory { shown: true, ..ActivityHistory::default() };
    for (reasons, new, known) in places {
        for reason in reasons {
            assert_eq!(reason.forgiven_from(ActivityHistory::default()), new, "{reason:?}");
            assert_eq!(reason.forgiven_from(shown), known, "{reason:?}");
        }
    }
    let given_up = ActivityHistory { given_up: true, ..shown };
    assert_eq!(E::Skipped.forgiven_from(given_up), None);
    // A site that asks for certain exercises may have them again; not a film.
    let asked_for = ActivityHistory { asked_for: true, asks: true, ..shown };
    assert_eq!(E::AlreadyDone.forgiven_from(asked_for), Some(Repetition));
    assert_eq!(E::Mastered.forgiven_from(asked_for), Some(Repetition));
    let film = ActivityHistory { asks: false, ..asked_for };
    assert_eq!(E::AlreadyDone.forgiven_from(film), None);
    assert_eq!(E::JustDone.forgiven_from(asked_for), None);
}

/// The random rooms above reach every step; otherwise they would prove little.
#[test]
fn the_random_lessons_stand_on_every_step() {
    let step = |seed: u64| {
        let stream = &mut Stream::new(seed);
        let room = Room::any(stream);
        room.set(&any_orders(stream, &room.course), &CandidateFilter::default()).relaxation
    };
    let reached: BTreeSet<Relaxation> = (0..2_000).map(step).collect();
    assert_eq!(reached, BTreeSet::from(Relaxation::LADDER));
}
