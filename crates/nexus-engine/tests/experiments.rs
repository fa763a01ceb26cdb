//! Who is counted in an experiment, and with what: exposed learners, each once, from their
//! exposure on, while it runs.

use nexus_engine::catalog::Course;
use nexus_engine::decision::reward::{ActivityRun, LearnerDecisions, OpenDecision, RewardEvidence};
use nexus_engine::decision::{Decider, Decision, DecisionOrigin, FeatureVector, RewardWindow};
use nexus_engine::experiment::analysis::analyse;
use nexus_engine::experiment::assignment::assign;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::experiment::exposure::tally;
use nexus_engine::experiment::life::{ExperimentChange, ExperimentChanged};
use nexus_engine::experiment::tally::ExperimentState;
use nexus_engine::ids::{
    ActivityKey, Assignment, CourseId, DecisionId, ExperimentId, PolicyId, VariantName,
};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::policy::context::SCHEMA_VERSION;
use nexus_engine::time::{HOUR_MICROS, Timestamp};
use nexus_engine::workspace::protocol::{Command, CommandAnswer, CommandFault};
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, quiz};
use nexus_testkit::{FoldedState, Story, ids, tiny};
use std::collections::{BTreeMap, BTreeSet};

fn one_quiz() -> Course {
    course("c").teaches([quiz("quiz", "s").asks(["q"])]).read()
}

fn running() -> BTreeMap<ExperimentId, ExperimentState> {
    let side = |name: &str, policy: &str| Variant {
        name: VariantName::new(name).unwrap(),
        policy: PolicyId::new(policy).unwrap(),
        weight: 0.5,
    };
    let id = ExperimentId::new("e").unwrap();
    let definition = ExperimentDefinition {
        id: id.clone(),
        version: 1,
        course: CourseId::new("c").unwrap(),
        variants: vec![side("control", "static"), side("treatment", "lin-ts")],
        planned_learners: 400,
        leaves_out_moved: true,
    };
    BTreeMap::from([(id, ExperimentState::new(definition, Timestamp(0)))])
}

/// A decision under the experiment whose activity was shown.
fn shown(variant: &str, version: u32) -> OpenDecision {
    let assignment = Assignment {
        experiment: ExperimentId::new("e").unwrap(),
        version,
        variant: VariantName::new(variant).unwrap(),
    };
    let policy = PolicyId::new("static").unwrap();
    OpenDecision {
        origin: DecisionOrigin {
            id: DecisionId::new("d").unwrap(),
            window: RewardWindow {
                made_at: Timestamp(0),
                ends_at: Timestamp(10),
                course_version: 1,
            },
            decider: Decider { policy, held_out: false, assignment: Some(assignment) },
            features: FeatureVector { schema: SCHEMA_VERSION, values: Vec::new() },
            before: Belief::default(),
            shadows: Vec::new(),
        },
        activity: ActivityKey(0),
        skills: Vec::new(),
        propensity: 1.0,
        policy_chose: true,
        overridden: false,
        without_consent: false,
        apprentice: None,
        run: ActivityRun { session: 1, exposed_at: Some(Timestamp(1)), ..ActivityRun::default() },
        observed: RewardEvidence::default(),
    }
}

#[test]
fn what_came_before_the_exposure_is_not_the_experiments_doing() {
    let (course, mut experiments) = (one_quiz(), running());
    let (mut decisions, mut exposures) = (LearnerDecisions::default(), Vec::new());
    let mut progress = CourseProgress {
        answered: 10,
        grade_sum_micros: 10_000_000,
        minutes: 60.0,
        ..CourseProgress::default()
    };
    progress.complete(course.activities[0].key, Timestamp(0));
    decisions.open.push(shown("control", 1));
    tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
    progress.answered += 2;
    progress.grade_sum_micros += 1_000_000;
    progress.minutes += 5.0;
    tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
    let control = &experiments.values().next().unwrap().tallies[0];
    assert_eq!(control.learners, 1);
    assert_eq!(control.raw_success.mean(), Some(0.5), "one of two since the exposure");
    assert_eq!(control.minutes.mean(), Some(5.0));
    assert_eq!(control.completed.n, 0, "the course was completed before");
}

#[test]
fn an_unexposed_learner_is_not_counted() {
    let (course, mut experiments) = (one_quiz(), running());
    let (mut decisions, mut exposures) = (LearnerDecisions::default(), Vec::new());
    let progress = CourseProgress { answered: 1, ..CourseProgress::default() };
    let mut unseen = shown("control", 1);
    unseen.run.exposed_at = None;
    decisions.open.push(unseen);
    tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
    assert_eq!(experiments.values().next().unwrap().tallies[0].learners, 0);
}

#[test]
fn a_stopped_experiment_and_an_older_version_count_nobody_more() {
    for stopped in [true, false] {
        let (course, mut experiments) = (one_quiz(), running());
        let (mut decisions, mut exposures) = (LearnerDecisions::default(), Vec::new());
        let state = experiments.values_mut().next().unwrap();
        if stopped {
            state.stopped_at = Some(Timestamp(5));
        } else {
            state.definition.version = 2;
        }
        let progress = CourseProgress { answered: 1, ..CourseProgress::default() };
        decisions.open.push(shown("treatment", 1));
        tally(&mut experiments, &course, &progress, &decisions, &mut exposures);
        let learners: u64 =
            experiments.values().next().unwrap().tallies.iter().map(|tally| tally.learners).sum();
        assert_eq!(learners, 0, "stopped: {stopped}");
        assert!(exposures.is_empty());
    }
}

/// An experiment in the smallest course, and a clock.
fn compared() -> Story {
    let mut story = Story::of(tiny()).by_policy("static");
    let course = story.course_id().to_string();
    let sides = [("control", "static"), ("treatment", "lin-ts")];
    let started = Command::StartExperiment(ids::experiment("e", &course, &sides));
    story.handles(started).unwrap();
    story
}

fn does(story: &mut Story, change: ExperimentChange) -> Result<CommandAnswer, CommandFault> {
    story.handles(Command::ChangeExperiment(Box::new(ExperimentChanged {
        experiment: ExperimentId::new("e").unwrap(),
        change,
        reason: "the head said so".to_owned(),
        by: "the head".to_owned(),
    })))
}

fn refused(answer: Result<CommandAnswer, CommandFault>) -> &'static str {
    match answer {
        Err(CommandFault::Refused(refusal)) => refusal.code(),
        other => panic!("not refused: {other:?}"),
    }
}

/// The learner is asked what comes next, and is shown it.
fn shows(story: &mut Story, learner: &str) -> Decision {
    let decision = story.learner(learner).decides();
    story.learner(learner).starts(decision.choice.chosen().activity.as_str());
    decision
}

#[test]
fn a_paused_experiment_keeps_whom_it_has_and_takes_nobody_in() {
    let mut story = compared();
    let ada = shows(&mut story, "ada").origin.decider;
    does(&mut story, ExperimentChange::Share(0.0)).unwrap();
    story.pass_hours(1.0);
    assert_eq!(story.learner("ada").decides().origin.decider, ada, "Ada stays where she is");
    let bo = story.learner("bo").decides().origin.decider;
    assert_eq!((bo.assignment, bo.policy.as_str()), (None, "static"));
    // It goes on: Bo gets the side that he would have had.
    let would = story.state().experiments["e"].definition.clone();
    does(&mut story, ExperimentChange::Share(1.0)).unwrap();
    let bo = story.learner("bo").decides().origin.decider.assignment.unwrap();
    assert_eq!(bo.variant, assign(&would, &ids::learner_id("bo")).name);
    story.assert_replays();
}

#[test]
fn an_experiment_is_stopped_before_it_is_concluded_and_put_away() {
    let mut story = compared();
    let chosen =
        ExperimentChange::Concluded { variant: Some(VariantName::new("treatment").unwrap()) };
    let other = ExperimentChange::Concluded { variant: Some(VariantName::new("third").unwrap()) };
    assert_eq!(refused(does(&mut story, ExperimentChange::Share(1.5))), "share_out_of_range");
    assert_eq!(refused(does(&mut story, ExperimentChange::Share(f64::NAN))), "share_out_of_range");
    assert_eq!(refused(does(&mut story, chosen.clone())), "experiment_running");
    assert_eq!(refused(does(&mut story, ExperimentChange::Archived)), "experiment_running");
    let experiment = ExperimentId::new("e").unwrap();
    let reason = "enough was seen".to_owned();
    story.handles(Command::StopExperiment { experiment, reason }).unwrap();
    assert_eq!(refused(does(&mut story, ExperimentChange::Share(0.5))), "experiment_stopped");
    assert_eq!(refused(does(&mut story, other)), "unknown_variant");
    assert!(matches!(does(&mut story, chosen.clone()), Ok(CommandAnswer::Recorded { .. })));
    assert_eq!(does(&mut story, chosen.clone()), Ok(CommandAnswer::Unchanged));
    does(&mut story, ExperimentChange::Concluded { variant: None }).unwrap();
    does(&mut story, ExperimentChange::Archived).unwrap();
    assert_eq!(does(&mut story, ExperimentChange::Archived), Ok(CommandAnswer::Unchanged));
    let life = &story.state().experiments["e"].life;
    assert_eq!(life.changes.len(), 3);
    assert_eq!(life.conclusion().unwrap().change, ExperimentChange::Concluded { variant: None });
    story.assert_replays();
}

/// What the history says of an hour is what the tallies said at its end.
#[test]
fn the_history_says_what_was_true_at_each_hour() {
    let mut story = compared();
    for number in 0..40 {
        story.pass_minutes(25.0);
        shows(&mut story, &format!("l{number}"));
    }
    // The journal once more, slowly: what was counted before the first entry of each hour.
    let begun = story.state().experiments["e"].started_at;
    let (mut fold, mut seen) = (FoldedState::default(), BTreeMap::new());
    for entry in &story.journal {
        let hours = (entry.received_at.0 - begun.0) / HOUR_MICROS;
        if let Some(experiment) = fold.shared.experiments.get("e") {
            let at = begun.plus_micros(hours * HOUR_MICROS);
            seen.entry(at).or_insert_with(|| experiment.tallies.clone());
        }
        fold.apply(entry);
    }
    let history = &story.state().experiments["e"].life.history;
    assert!(history.points.len() >= 10, "{}", history.points.len());
    for point in &history.points {
        assert_eq!(point.tallies, seen[&point.at]);
    }
    story.assert_replays();
}

/// What an earlier version compared, what the next compares, and how many of 200 learners who were
/// shown both are left out of the second.
type Change<'a> = (&'a str, &'a [Side<'a>], &'a [Side<'a>], fn(&[Shown]) -> usize);
type Side<'a> = (&'a str, &'a str, f64);
/// The sides of one learner, by name, before and after.
type Shown = (String, String);

fn version(number: u32, sides: &[Side<'_>]) -> ExperimentDefinition {
    let variant = |(name, policy, weight): &Side<'_>| Variant {
        name: VariantName::new(name).unwrap(),
        policy: PolicyId::new(policy).unwrap(),
        weight: *weight,
    };
    ExperimentDefinition {
        version: number,
        variants: sides.iter().map(variant).collect(),
        leaves_out_moved: number > 1,
        ..ids::experiment("e", "sums", &[("a", "static"), ("b", "random")])
    }
}

/// Begins a version, after the one before it has ended.
fn begins(story: &mut Story, definition: ExperimentDefinition) {
    if definition.version > 1 {
        let (experiment, reason) = (definition.id.clone(), "other shares".to_owned());
        story.handles(Command::StopExperiment { experiment, reason }).unwrap();
    }
    story.handles(Command::StartExperiment(definition)).unwrap();
}

fn shows_all(story: &mut Story, learners: std::ops::Range<u32>) -> Vec<String> {
    let names = learners.map(|number| format!("l{number}"));
    let side = |name: String| {
        let assignment = shows(story, &name).origin.decider.assignment;
        assignment.unwrap().variant.to_string()
    };
    names.map(side).collect()
}

fn counted(story: &Story) -> (u64, u64) {
    let tallies = &story.state().experiments["e"].tallies;
    let analysed = tallies.iter().map(|tally| tally.learners).sum();
    (analysed, tallies.iter().map(|tally| tally.left_out).sum())
}

#[test]
fn a_new_version_leaves_out_whom_an_earlier_one_showed_another_side() {
    let even = [("a", "static", 0.5), ("b", "random", 0.5)];
    let moved = |shown: &[Shown]| shown.iter().filter(|(before, after)| before != after).count();
    let stayed = |shown: &[Shown]| shown.iter().filter(|(before, after)| before == after).count();
    let changes: [Change<'_>; 6] = [
        ("other shares", &even, &[("a", "static", 0.8), ("b", "random", 0.2)], moved),
        ("the same again", &even, &even, moved),
        ("shares the other way", &[("a", "static", 0.9), ("b", "random", 0.1)], &even, moved),
        ("other names", &even, &[("old", "static", 0.5), ("new", "random", 0.5)], |shown| {
            let same = |(before, after): &&Shown| (before == "a") == (after == "old");
            shown.len() - shown.iter().filter(same).count()
        }),
        ("names exchanged", &even, &[("a", "random", 0.5), ("b", "static", 0.5)], stayed),
        (
            "a side more",
            &even,
            &[("a", "static", 0.4), ("b", "random", 0.3), ("c", "lin-ts", 0.3)],
            moved,
        ),
    ];
    for (what, before, after, expected) in changes {
        let mut story = Story::of(tiny()).by_policy("static");
        begins(&mut story, version(1, before));
        let first = shows_all(&mut story, 0..200);
        assert_eq!(counted(&story), (200, 0), "{what}");
        begins(&mut story, version(2, after));
        let second = shows_all(&mut story, 0..200);
        let shown: Vec<Shown> = first.into_iter().zip(second).collect();
        let left_out = expected(&shown);
        assert!(left_out > 20 && left_out < 180, "{what}: {left_out}");
        assert_eq!(counted(&story), (200 - left_out as u64, left_out as u64), "{what}");
        // A second look counts nobody twice, and who is new is analysed.
        shows_all(&mut story, 0..20);
        shows_all(&mut story, 300..340);
        assert_eq!(counted(&story), (240 - left_out as u64, left_out as u64), "{what}");
        let analysis = analyse(&story.state().experiments["e"], false);
        assert!(!analysis.sample_ratio_alarm, "{what}: {:?}", analysis.sample_ratio_e_value);
        story.assert_replays();
    }
}

#[test]
fn who_is_left_out_adds_nothing_to_any_metric() {
    let even = [("a", "static", 0.5), ("b", "random", 0.5)];
    let mut story = Story::of(tiny()).by_policy("static");
    begins(&mut story, version(1, &even));
    let first = shows_all(&mut story, 0..40);
    begins(&mut story, version(2, &even));
    let second = shows_all(&mut story, 0..40);
    let stay = first.iter().zip(&second).filter(|(before, after)| before == after).count() as u64;
    for number in 0..40 {
        let right = number % 2 == 0;
        story.learner(&format!("l{number}")).starts("one").answers("one-q", right).completes("one");
    }
    for (position, tally) in story.state().experiments["e"].tallies.iter().enumerate() {
        assert!(tally.left_out > 0, "side {position}");
        assert_eq!(tally.minutes.n, tally.learners);
        assert_eq!(tally.raw_success.n, tally.learners);
    }
    let n: u64 = story.state().experiments["e"].tallies.iter().map(|it| it.raw_success.n).sum();
    assert_eq!(n, stay);
    story.assert_replays();
}

#[test]
fn a_third_version_remembers_the_first() {
    let even = [("a", "static", 0.5), ("b", "random", 0.5)];
    let mut story = Story::of(tiny()).by_policy("static");
    let mut seen: Vec<BTreeSet<String>> = vec![BTreeSet::new(); 120];
    for number in 1..=3 {
        begins(&mut story, version(number, &even));
        for (sides, side) in seen.iter_mut().zip(shows_all(&mut story, 0..120)) {
            sides.insert(side);
        }
    }
    let both = seen.iter().filter(|sides| sides.len() > 1).count() as u64;
    assert!(both > 60, "{both}");
    assert_eq!(counted(&story), (120 - both, both));
    story.assert_replays();
}

#[test]
fn who_was_assigned_and_shown_nothing_has_not_moved_and_all_may_be_kept() {
    let sides = [("a", "static", 0.5), ("b", "random", 0.5)];
    let mut story = Story::of(tiny()).by_policy("static");
    begins(&mut story, version(1, &sides));
    for number in 0..50 {
        story.learner(&format!("l{number}")).decides();
    }
    begins(&mut story, version(2, &sides));
    shows_all(&mut story, 0..50);
    assert_eq!(counted(&story), (50, 0));
    begins(&mut story, ExperimentDefinition { leaves_out_moved: false, ..version(3, &sides) });
    shows_all(&mut story, 0..50);
    assert_eq!(counted(&story), (50, 0), "somebody wants to analyse them all the same");
    story.assert_replays();
}
