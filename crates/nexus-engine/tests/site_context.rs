//! What a site says of the moment, in whole decisions: kept, heard by a policy, and worth it where
//! the truth is known.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::decision::{Decision, explanation};
use nexus_engine::policy::Rewarded;
use nexus_engine::policy::context::{FEATURES, hashed_of};
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::site_context::{SiteContext, SiteValue};
use nexus_stats::random::Stream;
use nexus_testkit::Story;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, video};

const ROUNDS: u64 = 1_500;
/// The rounds at the end that are measured.
const MEASURED: u64 = 300;

/// Six videos and six exercises, short and long, easy and hard; all may be chosen, because what is
/// asked is no skill that the videos teach.
fn draft() -> CourseDraft {
    let activity = |number: usize| {
        let draft = match number {
            0..6 => video(&format!("video-{number}"), "look"),
            _ => exercise(&format!("exercise-{number}"), "try").asks([format!("q{number}")]),
        };
        draft.of_difficulty([0.3, 0.7][number % 2]).of_minutes([2.0, 5.0, 12.5][number % 3])
    };
    course("course").teaches((0..12).map(activity))
}

fn said(entries: &[(&str, SiteValue)]) -> Option<SiteContext> {
    let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
    SiteContext::new(entries).unwrap()
}

fn text(text: &str) -> SiteValue {
    SiteValue::Text(text.to_owned())
}

/// A story in which a policy without statistics decides.
fn story(word: &str) -> Story {
    let mut story = Story::of(draft()).by_policy(word);
    let key = (story.terms.course.clone(), story.terms.policy.clone());
    story.fold.shared.policies.insert(key, PolicyState::fresh(word).unwrap());
    story
}

fn made(story: &Story, context: Option<&SiteContext>, seed: u64) -> Decision {
    let terms = story.terms.clone().in_context(context.cloned());
    story.asks("ada", &terms, seed).unwrap()
}

/// What a new learner should do; anything may be chosen.
fn decide(story: &Story, context: Option<&SiteContext>, seed: u64) -> Decision {
    let decision = made(story, context, seed);
    assert_eq!(decision.choice.candidates.len(), 12, "all may be chosen");
    decision
}

fn learn(story: &mut Story, decision: &Decision, value: f64) {
    let key = (story.terms.course.clone(), story.terms.policy.clone());
    let (features, propensity) = (&decision.origin.features.values, decision.chosen().probability);
    let policy = story.fold.shared.policies.get_mut(&key).unwrap().policy_mut();
    policy.learn(&Rewarded { features, value, propensity, gain: None });
}

/// The number of an activity of the course.
fn number(decision: &Decision) -> usize {
    decision.chosen().activity.as_str().split_once('-').unwrap().1.parse().unwrap()
}

/// A world of two kinds of moments: what the site says in each, and whether an activity, by its
/// number, pays in the first kind; in the second the others pay.
struct World {
    moments: [Option<SiteContext>; 2],
    pays: fn(usize) -> bool,
}

/// The share of right choices in the last rounds: the reward is 0.5 for what pays and -0.5 for the
/// rest, with noise of the same size.
fn right(world: &World, hears: bool, seed: u64) -> f64 {
    let mut lessons = story("lin-ts");
    let mut stream = Stream::keyed(seed, "world");
    let mut right = 0;
    for round in 0..ROUNDS {
        let moment = usize::from(stream.uniform() < 0.5);
        let context = world.moments[moment].as_ref().filter(|_| hears);
        let decision = decide(&lessons, context, seed * ROUNDS + round);
        let pays = (world.pays)(number(&decision)) == (moment == 0);
        let value = if pays { 0.5 } else { -0.5 } + 0.5 * stream.normal();
        learn(&mut lessons, &decision, value.clamp(-1.0, 1.0));
        right += u64::from(pays && round >= ROUNDS - MEASURED);
    }
    right as f64 / MEASURED as f64
}

/// Half of the activities pay at any moment, so who does not hear the site is right half of the
/// time, whatever is learned. Who hears it chooses with a floor of 0.10, half of which is right.
#[track_caller]
fn check(name: &str, moments: [Option<SiteContext>; 2], pays: fn(usize) -> bool) {
    let world = World { moments, pays };
    for seed in 1..=3 {
        let (hearing, deaf) = (right(&world, true, seed), right(&world, false, seed));
        println!("{name}, seed {seed}: {hearing:.3} with context, {deaf:.3} without");
        assert!(hearing > 0.85, "{name}, seed {seed}: {hearing}");
        assert!((0.4..0.6).contains(&deaf), "{name}, seed {seed}: {deaf}");
    }
}

#[test]
fn a_policy_learns_what_pays_at_which_moment() {
    let time = |word: &str| said(&[("time_of_day", text(word))]);
    let is_video = |number: usize| number < 6;
    check("evening videos, morning exercises", [time("evening"), time("morning")], is_video);
    let beside = |word: &str, size: f64| {
        let size = SiteValue::Number(size);
        said(&[("time_of_day", text(word)), ("device", text("phone")), ("class_size", size)])
    };
    let moments = [beside("evening", 24.0), beside("morning", 25.0)];
    check("the same beside what does not matter", moments, is_video);
    let tired = |flag: bool| said(&[("tired", SiteValue::Flag(flag))]);
    check("easy ones when tired", [tired(true), tired(false)], |number| number % 2 == 0);
    let class = |size: f64| said(&[("class_size", SiteValue::Number(size))]);
    check("videos in large classes", [class(1_000.0), class(1.0)], is_video);
}

#[test]
fn the_short_ones_on_a_phone() {
    let device = |word: &str| said(&[("device", text(word))]);
    let mut lessons = story("lin-ts");
    let mut stream = Stream::keyed(7, "world");
    let (mut right, mut seen) = (0.0, 0.0);
    for round in 0..ROUNDS {
        let phone = stream.uniform() < 0.5;
        let decision =
            decide(&lessons, device(["desk", "phone"][usize::from(phone)]).as_ref(), round);
        // Short is right on a phone and long at a desk; what is between is neither.
        let side = [-1.0, 0.0, 1.0][number(&decision) % 3] * if phone { -1.0 } else { 1.0 };
        learn(&mut lessons, &decision, (0.5 * side + 0.5 * stream.normal()).clamp(-1.0, 1.0));
        if round >= ROUNDS - MEASURED && side != 0.0 {
            seen += 1.0;
            right += f64::from(u8::from(side > 0.0));
        }
    }
    println!("{:.3} of {seen}", right / seen);
    assert!(seen > 200.0 && right / seen > 0.85, "{right} of {seen}");
}

/// Without context the hashed columns are 0. A model that never saw another has learned what one of
/// 24 columns learns, bit for bit, and nothing ties the rest to it: so every draw of the first 24
/// weights has the distribution it would have there.
#[test]
fn who_says_nothing_is_served_as_before() {
    const WIDTH: usize = FEATURES - 8;
    for word in ["lin-ts", "squarecb"] {
        let mut lessons = story(word);
        let narrow = LinearModel::new(WIDTH).unwrap();
        let mut narrow = PolicyState::fresh(word).unwrap().with_model(narrow);
        for round in 0..40 {
            let decision = decide(&lessons, None, round);
            assert_eq!(
                (decision.origin.features.values.len(), &decision.request.context),
                (FEATURES, &None),
                "{word}"
            );
            let (seen, hashed) = decision.origin.features.values.split_at(WIDTH);
            assert_eq!(hashed, [0.0; 8], "{word}");
            let value = if number(&decision) < 6 { 0.5 } else { -0.5 };
            let propensity = decision.chosen().probability;
            narrow.policy_mut().learn(&Rewarded { features: seen, value, propensity, gain: None });
            learn(&mut lessons, &decision, value);
        }
        let wide = lessons.state().policies.values().next().unwrap().model().unwrap();
        let (known, hashed) = wide.weights().split_at(WIDTH);
        assert_eq!((known, hashed), (narrow.model().unwrap().weights(), &[0.0; 8][..]), "{word}");
        let mut columns = wide.precision();
        for column in 0..WIDTH {
            let (own, rest) = columns.split_at(FEATURES - column);
            assert_eq!(own[WIDTH - column..], [0.0; 8], "{word}, column {column}");
            columns = rest;
        }
    }
}

/// What was said is kept by every policy, also where the course's own path decides.
#[test]
fn every_decision_keeps_what_was_said() {
    let context = said(&[("device", text("phone"))]);
    for word in PolicyState::WORDS {
        let decision = made(&story(word), context.as_ref(), 1);
        assert_eq!(decision.request.context.as_deref(), context.as_ref(), "{word}");
        let hashed = &decision.origin.features.values[hashed_of(decision.origin.features.schema)];
        assert!(hashed.iter().all(|value| *value != 0.0), "{word}: {hashed:?}");
    }
}

/// The scientist reads the context by its hash, and its part in the estimate as one.
#[test]
fn the_scientist_reads_of_it() {
    let mut lessons = story("lin-ts");
    let context = said(&[("device", text("phone")), ("quiet", SiteValue::Flag(true))]);
    let course = lessons.course().clone();
    let first = decide(&lessons, context.as_ref(), 1);
    learn(&mut lessons, &first, 1.0);
    let second = decide(&lessons, context.as_ref(), 2);
    let words = explanation::explain(&course, &second).scientist;
    let expected = format!(" Context {:016x}, 2 entries.", context.unwrap().hash());
    assert!(words.contains(&expected), "{words}");
    assert!(!words.contains("context_"), "{words}");
    let silent = explanation::explain(&course, &decide(&lessons, None, 3)).scientist;
    assert!(!silent.contains("Context"), "{silent}");
}
