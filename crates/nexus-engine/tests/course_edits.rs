//! A course is edited while learners are in it: who has completed it, under which version an answer
//! counts, and what a learner has abandoned.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::ActivityDraft;
use nexus_engine::decision::reward::{ClosedReason, Ending};
use nexus_engine::event::{Action, Event};
use nexus_engine::ids::DecisionId;
use nexus_engine::workspace::protocol::{Command, CommandAnswer, CommandFault};
use nexus_engine::workspace::{Proposal, ProposedAction};
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, reading};
use nexus_testkit::{RIGHT, Story, WRONG, ids, said};

/// A version in which these readings are required, beside one that is not.
fn requires(id: &str, version: u32, readings: &[&str]) -> CourseDraft {
    let required = readings.iter().map(|it| ActivityDraft { required: true, ..reading(it, "s") });
    course(id).version(version).teaches(required).teaches([reading("more", "s")])
}

/// How many learners the course has, and how many of them have completed it.
fn counts(story: &Story) -> (u64, u64) {
    (story.report().learners, story.report().completions)
}

fn completes(story: &mut Story, learner: &str, activities: &[&str]) {
    activities.iter().for_each(|it| drop(story.learner(learner).completes(it)));
}

#[test]
fn a_learner_who_completes_every_version_is_one_completion() {
    let mut story = Story::of(requires("c", 1, &["r1"]));
    let mut readings = vec!["r1"];
    completes(&mut story, "ada", &["r1"]);
    assert_eq!(counts(&story), (1, 1));
    for (version, added) in ["r2", "r3", "r4", "r5"].into_iter().enumerate() {
        readings.push(added);
        story.publishes(requires("c", version as u32 + 2, &readings));
        assert_eq!(counts(&story), (1, 1), "she has not come to the new version yet");
        story.learner("ada").starts(added);
        assert_eq!(counts(&story), (1, 0), "{added} is missing");
        completes(&mut story, "ada", &[added]);
        assert_eq!(counts(&story), (1, 1));
    }
    story.assert_replays();
}

/// What a new version does to two learners: Ada has read r1 and r2, Bo only r1. Then both open
/// what is not required.
#[test]
fn who_has_all_that_a_new_version_requires_has_completed_it() {
    let cases: [(&str, &[&str], u64); 6] = [
        ("nothing changes", &["r1", "r2"], 1),
        ("the missing part is removed", &["r1"], 2),
        ("a part is added", &["r1", "r2", "r3"], 0),
        ("a part is replaced", &["r1", "r3"], 0),
        ("all is replaced", &["r3", "r4"], 0),
        ("the other part stays", &["r2"], 1),
    ];
    for (what, readings, expected) in cases {
        let mut story = Story::of(requires("c", 1, &["r1", "r2"]));
        completes(&mut story, "ada", &["r1", "r2"]);
        completes(&mut story, "bo", &["r1"]);
        assert_eq!(counts(&story), (2, 1), "{what}");
        story.publishes(requires("c", 2, readings));
        for learner in ["ada", "bo"] {
            story.learner(learner).starts("more");
        }
        assert_eq!(counts(&story), (2, expected), "{what}");
        story.assert_replays();
    }
}

#[test]
fn what_arrives_under_an_older_version_moves_nobody_back() {
    let mut story = Story::of(requires("c", 1, &["r1", "r2"]));
    completes(&mut story, "ada", &["r1"]);
    story.publishes(requires("c", 2, &["r1"]));
    story.learner("ada").starts("more");
    assert_eq!(counts(&story), (1, 1));
    let late = Action::ActivityStarted { activity: ids::activity_id("r2") };
    records(&mut story, ProposedAction::Plain(late), Some(1), None).unwrap();
    assert_eq!(counts(&story), (1, 1));
    assert_eq!(story.progress("ada").course_version, 2);
    story.assert_replays();
}

#[test]
fn a_learner_in_three_courses_is_one_learner() {
    let mut story = Story::of(requires("c", 1, &["r1"]));
    let in_course = |id: &str, learner: &str, activity: &str| {
        let completed = Action::ActivityCompleted { activity: ids::activity_id(activity) };
        let proposal = said::plain(learner, id, completed);
        let id = ids::event_id(&format!("{id}-{learner}-{activity}"));
        Command::Record { id, proposal }
    };
    for id in ["d", "e"] {
        story.publishes(requires(id, 1, &["r1", "r2"]));
    }
    let totals = |story: &Story| {
        let reports = story.state().reports.values();
        let sums = reports.fold((0, 0), |(learners, done), report| {
            (learners + report.learners, done + report.completions)
        });
        let overlap = story.state().overlap;
        (sums.0 - overlap.learners, sums.1 - overlap.completions)
    };
    let mut told = |course: &str, learner: &str, activity: &str| {
        story.handles(in_course(course, learner, activity)).unwrap();
        totals(&story)
    };
    assert_eq!(told("c", "ada", "r1"), (1, 1));
    assert_eq!(told("d", "ada", "r1"), (1, 1));
    assert_eq!(told("d", "ada", "r2"), (1, 1), "she completed two courses and is one learner");
    assert_eq!(told("e", "bo", "r1"), (2, 1));
    assert_eq!(told("e", "bo", "r2"), (2, 2));
    assert_eq!(told("e", "ada", "r1"), (2, 2));
    assert_eq!(told("e", "ada", "r2"), (2, 2));
    assert_eq!(told("c", "bo", "r1"), (2, 2));
    // One of her courses grows: she has completed the others still.
    story.publishes(requires("c", 2, &["r1", "r2"]));
    story.handles(in_course("c", "ada", "more")).unwrap();
    assert_eq!(totals(&story), (2, 2));
    story.assert_replays();
}

/// Two exercises with two questions each.
fn exercises(version: u32, ids: &[&str]) -> CourseDraft {
    let exercise = |id: &&str| exercise(id, "s").asks([format!("{id}-q"), format!("{id}-q2")]);
    course("c").version(version).teaches(ids.iter().map(exercise))
}

fn answer(question: &str) -> ProposedAction {
    ProposedAction::Answered(said::answer(question, RIGHT))
}

/// What Ada says, under a version or after a decision.
fn records(
    story: &mut Story,
    action: ProposedAction,
    course_version: Option<u32>,
    decision: Option<&DecisionId>,
) -> Result<CommandAnswer, CommandFault> {
    let course = story.course_id().to_string();
    let decision = decision.cloned();
    let proposal = Proposal { course_version, decision, ..said::proposal("ada", &course, action) };
    let id = ids::event_id(&format!("told-{}", story.journal.len()));
    story.handles(Command::Record { id, proposal })
}

fn versions_told(story: &Story) -> Vec<u32> {
    let told = story.events().filter_map(|event| match event {
        Event::Happened(happening) => Some(happening.course_version),
        _ => None,
    });
    told.collect()
}

#[test]
fn what_follows_a_decision_is_taken_under_its_version() {
    let mut story = Story::of(exercises(1, &["e1", "e2"])).by_policy("static");
    let decision = story.learner("ada").decides_for("e1");
    story.publishes(exercises(2, &["e2", "e3"]));
    let completed = Action::ActivityCompleted { activity: ids::activity_id("e1") };
    let started = Action::ActivityStarted { activity: ids::activity_id("e1") };
    let plain = ProposedAction::Plain;
    for action in [plain(started), answer("e1-q"), answer("e1-q2"), plain(completed)] {
        records(&mut story, action, None, Some(&decision)).unwrap();
    }
    assert_eq!(versions_told(&story), [1; 4]);
    // What the version of the decision does not have belongs to the latest.
    records(&mut story, answer("e3-q"), None, Some(&decision)).unwrap();
    // What both have: the decision's. A version that is named wins over both.
    records(&mut story, answer("e2-q"), None, Some(&decision)).unwrap();
    records(&mut story, answer("e2-q2"), Some(2), Some(&decision)).unwrap();
    records(&mut story, answer("e2-q2"), None, None).unwrap();
    assert_eq!(versions_told(&story)[4..], [2, 1, 2, 2]);
    // Without the decision, nothing says that the old version is meant.
    let unknown = records(&mut story, answer("e1-q"), None, None);
    assert!(matches!(unknown, Err(CommandFault::Refused(no)) if no.code() == "unknown_question"));
    records(&mut story, answer("e1-q"), Some(1), None).unwrap();
    story.assert_replays();
}

/// How the decision for e1 ended, once Ada is in another activity.
fn ended(story: &Story, decision: &DecisionId) -> (Option<Ending>, Option<ClosedReason>) {
    let decisions = &story.fold.learners["ada"].courses[story.course_id()].decisions;
    let open = decisions.open.iter().find(|open| open.origin.id == *decision);
    let closed = story.events().find_map(|event| match event {
        Event::RewardClosed(closed) if closed.decision == *decision => Some(closed.reason),
        _ => None,
    });
    (open.and_then(|open| open.run.ended), closed)
}

#[test]
fn what_a_new_version_took_away_was_not_abandoned() {
    let cases = [
        ("e1 is removed", &["e2", "e3"][..], Ending::Withdrawn),
        ("all else is removed", &["e1", "e2"], Ending::Abandoned),
        ("nothing is removed", &["e1", "e2", "e3"], Ending::Abandoned),
    ];
    for skips in [false, true] {
        for (what, activities, expected) in cases {
            let mut story = Story::of(exercises(1, &["e1", "e2", "e4"])).by_policy("static");
            let decision = story.learner("ada").decides_for("e1");
            story.learner("ada").starts("e1").answers("e1-q", WRONG);
            story.publishes(exercises(2, activities));
            if skips {
                let skipped = Action::ActivitySkipped { activity: ids::activity_id("e1") };
                records(&mut story, ProposedAction::Plain(skipped), Some(1), None).unwrap();
            } else {
                story.learner("ada").starts("e2");
            }
            assert_eq!(ended(&story, &decision).0, Some(expected), "{what}, skips: {skips}");
            // A week later the reward is settled: the failure is not in it.
            story.pass_days(20.0);
            let joined = story.events().find_map(|event| match event {
                Event::RewardJoined(joined) if joined.decision == decision => Some(joined),
                _ => None,
            });
            let abandoned = joined.map(|joined| joined.abandoned);
            assert_eq!(abandoned, Some(expected == Ending::Abandoned), "{what}, skips: {skips}");
            story.assert_replays();
        }
    }
}

#[test]
fn a_decision_for_what_is_gone_was_not_declined() {
    for (activities, expected) in
        [(&["e2", "e3"][..], ClosedReason::Superseded), (&["e1", "e2"], ClosedReason::Declined)]
    {
        let mut story = Story::of(exercises(1, &["e1", "e2"])).by_policy("static");
        let decision = story.learner("ada").decides_for("e1");
        story.publishes(exercises(2, activities));
        story.learner("ada").starts("e2").answers("e2-q", RIGHT).completes("e2");
        story.pass_days(20.0);
        assert_eq!(ended(&story, &decision).1, Some(expected), "{activities:?}");
        story.assert_replays();
    }
}

#[test]
fn what_was_learned_in_a_removed_part_stays() {
    let mut story = Story::of(exercises(1, &["e1", "e2"])).by_policy("static");
    story.learner("ada").starts("e1").answers("e1-q", RIGHT).answers("e1-q2", RIGHT);
    let believed = story.fold.learners["ada"].belief.clone();
    story.publishes(exercises(2, &["e2", "e3"]));
    assert_eq!(story.fold.learners["ada"].belief, believed);
    let next = story.learner("ada").decides();
    assert!(["e2", "e3"].contains(&next.choice.chosen().activity.as_str()));
    story.assert_replays();
}
