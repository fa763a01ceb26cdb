//! Supports in a simulated class whose truth is known: of three supports of each question one helps
//! more than the others, and the share of it that learners get must rise.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{QuestionDraft, SupportDraft};
use nexus_engine::event::Event;
use nexus_engine::invariants;
use nexus_engine::support::SupportChosen;
use nexus_sim::storm::Storm;
use nexus_stats::random::Stream;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, question};
use nexus_testkit::{Story, WRONG};

/// Questions with supports in the course.
const QUESTIONS: usize = 8;
/// Learners who need help with each of them.
const LEARNERS: usize = 30;
/// Chance of a right answer after a support that helps no more than others.
const USUAL: f64 = 0.4;

/// Each question has a skill of its own, another question of that skill, and one in between.
fn draft() -> CourseDraft {
    let support = |kind: &str| SupportDraft {
        id: kind.replace('_', "-"),
        kind: kind.to_owned(),
        text: Some("Count on your fingers.".to_owned()),
        activity: None,
    };
    let mut activities = vec![exercise("between", "other").asks(["between-q"])];
    for number in 0..QUESTIONS {
        let (skill, asked) = (format!("skill-{number}"), format!("hard-{number}"));
        let mut home = exercise(&format!("home-{number}"), &skill);
        home.questions = vec![
            QuestionDraft {
                supports: ["hint", "worked_example", "explanation"].map(support).into(),
                ..question(&asked)
            },
            question(&format!("next-{number}")),
        ];
        activities.push(home);
    }
    course("class").teaches(activities)
}

/// The mean probability of the best support of a question, by how many learners came before.
fn shares(seed: u64, better_by: f64, one_kind: bool) -> Vec<f64> {
    let mut truth = Stream::keyed(seed, "truth");
    let kind = truth.below(3);
    let best: Vec<usize> = (0..QUESTIONS)
        .map(|_| if one_kind { kind as usize } else { truth.below(3) as usize })
        .collect();
    let mut story = Story::of(draft());
    let mut minds = Stream::keyed(seed, "answers");
    let mut shares = Vec::new();
    for learner in 0..=LEARNERS {
        let id = format!("learner-{seed}-{learner}");
        let mut sum = 0.0;
        for (number, best) in best.iter().enumerate() {
            let chosen = helped(&mut story, &id, number);
            sum += chosen.choice.candidates[*best].probability;
            let helps = chosen.choice.chosen == *best;
            let chance = if helps { USUAL + better_by } else { USUAL };
            let mut right = || minds.uniform() < chance;
            let (retry, next) = (right(), right());
            story.learner(&id).answers(&format!("hard-{number}"), retry);
            story.learner(&id).starts("between").answers("between-q", true);
            story.learner(&id).starts(&format!("home-{number}"));
            story.learner(&id).answers(&format!("next-{number}"), next);
        }
        shares.push(sum / QUESTIONS as f64);
    }
    story.assert_replays();
    shares
}

fn helped(story: &mut Story, id: &str, number: usize) -> SupportChosen {
    let asked = format!("hard-{number}");
    let learner = story.learner(id).starts(&format!("home-{number}"));
    learner.answers(&asked, WRONG).gets_help(&asked)
}

/// Means over seeds, by learners before.
fn curve(better_by: f64, one_kind: bool) -> Vec<f64> {
    const SEEDS: u64 = 6;
    let mut sums = vec![0.0; LEARNERS + 1];
    for seed in 0..SEEDS {
        for (sum, share) in sums.iter_mut().zip(shares(seed, better_by, one_kind)) {
            *sum += share / SEEDS as f64;
        }
    }
    sums
}

#[test]
fn after_thirty_learners_the_best_support_is_served_most() {
    for (better_by, one_kind) in [(0.3, false), (0.3, true), (0.2, true)] {
        let curve = curve(better_by, one_kind);
        let last = curve[LEARNERS];
        println!("better by {better_by}, one kind {one_kind}: {curve:.2?}");
        assert!(last >= 0.7, "{last}: {curve:.2?}");
        // Means of 6 seeds and 8 questions: below uniform by chance alone at most a little.
        assert!(curve.iter().all(|share| *share > 1.0 / 3.0 - 0.06), "{curve:.2?}");
    }
}

/// In a storm, in which learners, teachers and kill switches all act at once, every choice keeps its
/// invariant, and what was drawn agrees with the probabilities that were journaled.
#[test]
fn draws_in_a_storm_have_the_stated_probabilities() {
    let mut storm = Storm::with_journal(11, 8);
    for _ in 0..3_000 {
        storm.stir();
        let asking = storm.ask();
        storm.keep(asking);
    }
    let (mut chosen, mut drawn, mut stated, mut variance) = (0, 0.0, 0.0, 0.0);
    for entry in &storm.journal {
        let Event::SupportChosen(it) = &entry.event else { continue };
        assert_eq!(invariants::sup_1(it), Ok(()));
        chosen += 1;
        // The first candidate stands for all: chance moves it as often as any other.
        let p = it.choice.candidates[0].probability;
        drawn += f64::from(u8::from(it.choice.chosen == 0));
        stated += p;
        variance += p * (1.0 - p);
    }
    assert!(chosen > 500, "{chosen} choices");
    let z: f64 = (drawn - stated) / f64::sqrt(variance);
    assert!(z.abs() < 4.0, "{drawn} drawn, {stated} expected of {chosen}");
}

/// Where no support helps more than another, none is served much more, and each keeps its floor.
#[test]
fn where_nothing_helps_more_chance_goes_on() {
    let curve = curve(0.0, false);
    assert!((0.2..0.5).contains(&curve[LEARNERS]), "{curve:.2?}");
}
