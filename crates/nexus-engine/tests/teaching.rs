//! What the activities of a course teach, read from the journal. The oracle adds up the same entries
//! by another way: a list a activity, and the textbook formula of a mean's interval.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::event::Event;
use nexus_engine::workspace::corrections::CorrectionAsked;
use nexus_engine::workspace::teaching::{ActivityTeaching, CourseTeaching, TeachingVerdict};
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, video};
use nexus_testkit::{RIGHT, Story, WRONG, ids};
use std::collections::{BTreeMap, BTreeSet};

fn lessons() -> CourseDraft {
    let asks = |id: &str| exercise(id, "one").asks([format!("{id}-1"), format!("{id}-2")]);
    course("c").teaches([video("film", "one"), asks("one"), asks("two")])
}

/// A learner watches the film as advised, for so long, and answers two questions afterwards: the very
/// next one measures nothing, the one after it the gain.
fn watches(story: &mut Story, learner: &str, minutes: f64, right: bool) {
    let _ = story.learner(learner).decides_for("film");
    let _ = story.learner(learner).starts("film");
    // The completion takes a minute of its own.
    story.pass_minutes(minutes - 1.0);
    let _ = story.learner(learner).completes("film");
    let _ = story.learner(learner).starts("two").answers("two-1", WRONG).completes("two");
    let _ = story.learner(learner).starts("one").answers("one-1", right);
}

fn class(learners: usize, right: impl Fn(usize) -> bool) -> Story {
    let mut story = Story::of(lessons());
    for number in 0..learners {
        watches(&mut story, &format!("l{number}"), 3.0, right(number));
    }
    story.pass_days(9.0).sweeps();
    story
}

/// Everything that can be known of a story's journal, read as a server does: a few entries at once.
fn read(story: &Story) -> CourseTeaching {
    let mut teaching = CourseTeaching::new(story.course_id().clone());
    while teaching.through < story.journal.last().unwrap().seq {
        let next = story.journal.iter().filter(|entry| entry.seq > teaching.through);
        for entry in next.take(7).collect::<Vec<_>>() {
            teaching.read(entry, story.course());
            if teaching.through != entry.seq {
                break;
            }
        }
    }
    teaching
}

fn of(teaching: &CourseTeaching, activity: &str) -> ActivityTeaching {
    teaching.activity(&ids::activity_id(activity)).cloned().unwrap_or_default()
}

/// The gains of each activity, from the journal alone.
fn gains(story: &Story) -> BTreeMap<String, Vec<f64>> {
    let mut chosen = BTreeMap::new();
    let mut gains: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for event in story.events() {
        match event {
            Event::DecisionMade(decision) => {
                chosen.insert(decision.origin.id.clone(), decision.chosen().activity.to_string());
            }
            Event::RewardJoined(joined) => {
                let gain = joined.gain.iter().map(|gain| gain.surprise);
                gains.entry(chosen[&joined.decision].clone()).or_default().extend(gain);
            }
            _ => {}
        }
    }
    gains
}

#[test]
fn gains_and_their_interval_are_those_of_the_journal() {
    let story = class(40, |number| number % 4 != 0);
    let film = of(&read(&story), "film");
    let listed = &gains(&story)["film"];
    assert_eq!((film.gain.n(), film.rewards, film.left), (40, 40, 0));
    let n = listed.len() as f64;
    let mean = listed.iter().sum::<f64>() / n;
    let variance = listed.iter().map(|gain| (gain - mean) * (gain - mean)).sum::<f64>() / (n - 1.0);
    let reach = 1.96 * (variance / n).sqrt();
    let [low, high] = film.gain_between().unwrap();
    assert!((film.gain.mean().unwrap() - mean).abs() < 1e-12);
    assert!((low - (mean - reach)).abs() < 1e-4 && (high - (mean + reach)).abs() < 1e-4);
}

#[test]
fn a_film_after_which_nobody_knows_more_does_not_teach() {
    let verdict =
        |learners, right: fn(usize) -> bool| of(&read(&class(learners, right)), "film").verdict();
    assert_eq!(verdict(40, |_| RIGHT), TeachingVerdict::Teaches);
    assert_eq!(verdict(40, |_| WRONG), TeachingVerdict::DoesNotTeach);
    assert_eq!(verdict(19, |_| RIGHT), TeachingVerdict::Unknown, "too few to say");
}

#[test]
fn minutes_are_those_between_start_and_end_and_nobody_needs_four_times_as_many() {
    let mut story = Story::of(lessons());
    watches(&mut story, "ada", 3.0, RIGHT);
    watches(&mut story, "bo", 5.0, RIGHT);
    let film = of(&read(&story), "film");
    assert_eq!((film.minutes.n(), film.minutes.mean()), (2, Some(4.0)));
    assert_eq!(film.learners, 2);
    // Cy leaves the browser open over night.
    watches(&mut story, "cy", 600.0, RIGHT);
    let expected = story.course().activity("film").unwrap().minutes;
    let most = of(&read(&story), "film").minutes.mean().unwrap() * 3.0 - 8.0;
    assert!((most - 4.0 * expected).abs() < 1e-9, "{most}");
    // Who begins twice is one learner, and a session that ends in between measures nothing.
    let _ = story.learner("ada").starts("film").starts("film");
    assert_eq!(of(&read(&story), "film").learners, 3);
}

#[test]
fn a_test_learner_says_nothing_of_an_activity() {
    let mut story = Story::of(lessons());
    let _ = story.learner("tester").enrols_as_test();
    watches(&mut story, "tester", 3.0, RIGHT);
    story.pass_days(9.0).sweeps();
    assert_eq!(of(&read(&story), "film"), ActivityTeaching::default());
}

#[test]
fn what_is_corrected_is_read_again_from_the_beginning() {
    let mut story = class(3, |_| RIGHT);
    let before = read(&story);
    assert_eq!(of(&before, "two").learners, 3);
    let _ = story.learner("ada").starts("two");
    let started = story.journal.last().unwrap().seq;
    let mut teaching = read(&story);
    assert_eq!(of(&teaching, "two").learners, 4);
    story.corrects(CorrectionAsked::Void(BTreeSet::from([started])));
    // The same reader goes on, meets the correction, and begins again.
    let next = story.journal.iter().find(|entry| entry.seq > teaching.through).unwrap();
    teaching.read(next, story.course());
    assert_eq!(teaching.through, 0);
    for entry in &story.journal {
        teaching.read(entry, story.course());
    }
    assert_eq!(of(&teaching, "two").learners, 3, "it was never begun");
    assert_eq!(of(&teaching, "film").gain, of(&before, "film").gain);
    assert_eq!(teaching, read(&story), "as if it had been read at once");
}
