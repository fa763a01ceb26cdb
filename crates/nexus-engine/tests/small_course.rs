//! A small course from its beginning to its end, as learners of different strength meet it who
//! follow every decision: each activity that can be reached is shown, nothing comes twice in a row,
//! nothing comes a third time before everything was shown, and the course ends.

use nexus_engine::catalog::{ActivityKind, CourseDraft};
use nexus_engine::decision::rest::RestStatus;
use nexus_engine::event::Action;
use nexus_engine::ids::{ActivityId, EventId};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::seed::Seed;
use nexus_engine::time::{MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::memory::Workspace;
use nexus_engine::workspace::protocol::{Ask, Command, CommandAnswer, Defaults};
use nexus_engine::workspace::{ProposedAction, ProposedAnswer};
use nexus_stats::random::Stream;
use nexus_testkit::course::{
    ActivityBuilder, CourseBuilder, course, exercise, quiz, reading, video,
};
use nexus_testkit::ids::{course_id, decision_id, learner_id, policy_id};
use nexus_testkit::said;
use std::collections::BTreeMap;

/// A course of twelve activities: three skills with a film, a text and two exercises of two
/// questions each but the last, an exercise off the path for who fails, and a required quiz.
fn twelve() -> CourseDraft {
    let drill =
        |id: &str, skill: &str| exercise(id, skill).asks([format!("{id}-1"), format!("{id}-2")]);
    course("twelve").skill("one", &[]).skill("two", &["one"]).skill("three", &["two"]).teaches([
        video("one-film", "one"),
        drill("one-drill", "one").advances_to(&["one-more"]),
        drill("one-more", "one"),
        video("two-film", "two"),
        reading("two-text", "two"),
        drill("two-drill", "two").remedied_by(&["one-film", "two-text"]),
        drill("two-more", "two"),
        reading("three-text", "three"),
        drill("three-drill", "three").remedied_by(&["two-film"]),
        drill("three-more", "three"),
        reading("summary", "three"),
        quiz("final", "one").and_skill("two").and_skill("three").asks(["f1", "f2", "f3"]),
    ])
}

/// One lesson from the first request to the end of the course.
struct Lesson {
    workspace: Workspace,
    now: Timestamp,
    draws: u64,
}

/// What a learner was shown, in order.
struct Walk {
    shown: Vec<String>,
    status: RestStatus,
}

impl Lesson {
    fn under(policy: &str) -> Self {
        let defaults = Defaults::of(policy_id(policy));
        let mut workspace = Workspace::new(defaults);
        let now = Timestamp(1_700_000_000_000_000);
        workspace.handle(Command::Publish(Box::new(twelve())), now, Seed(0)).unwrap();
        Self { workspace, now, draws: 0 }
    }

    fn handle(&mut self, command: Command) -> CommandAnswer {
        self.draws += 1;
        self.now = self.now.plus_micros(MINUTE_MICROS / 2);
        self.workspace.handle(command, self.now, Seed(self.draws)).unwrap().answer
    }

    fn does(&mut self, learner: &str, action: ProposedAction) {
        let id = EventId::new(&format!("e{}", self.draws)).unwrap();
        let proposal = said::proposal(learner, "twelve", action);
        self.handle(Command::Record { id, proposal });
    }

    /// Follows every decision, right with this chance, until there is nothing more to do.
    fn walk(&mut self, learner: &str, right: f64, seed: u64) -> Walk {
        let mut chance = Stream::keyed(seed, learner);
        let course = self.workspace.state.course("twelve").unwrap().clone();
        let mut shown = Vec::new();
        // Twelve activities at most twice each, and the end.
        for _ in 0..=24 {
            let id = decision_id(&format!("{learner}-{}", self.draws));
            let ask = Ask::new(id, learner_id(learner), course_id("twelve"));
            let decision = match self.handle(Command::Decide(Box::new(ask))) {
                CommandAnswer::Decided { decision, .. } => decision,
                CommandAnswer::Rested(rest) => return Walk { shown, status: rest.status },
                other => panic!("{other:?}"),
            };
            let activity: ActivityId = decision.chosen().activity.clone();
            let known = course.activity(activity.as_str()).unwrap();
            let started = Action::ActivityStarted { activity: activity.clone() };
            self.does(learner, ProposedAction::Plain(started));
            for question in &known.questions {
                let question = course.questions[*question].id.as_str();
                let answer = said::answer(question, chance.uniform() < right);
                let answer = ProposedAnswer { activity: Some(activity.clone()), ..answer };
                self.does(learner, ProposedAction::Answered(answer));
            }
            let completed = Action::ActivityCompleted { activity: activity.clone() };
            self.does(learner, ProposedAction::Plain(completed));
            assert_ne!(known.kind, ActivityKind::Placement);
            shown.push(activity.to_string());
        }
        panic!("the course does not end for {learner}: {shown:?}");
    }
}

#[track_caller]
fn check(policy: &str, right: f64, class: usize) {
    let mut lesson = Lesson::under(policy);
    for number in 0..class {
        let strength = [0.5, 0.7, 0.9][number % 3];
        lesson.walk(&format!("class-{number}"), strength, 11);
    }
    for seed in 0..5 {
        let about = format!("{policy}, right {right}, after a class of {class}, seed {seed}");
        let Walk { shown, status } = lesson.walk(&format!("learner-{seed}"), right, seed);
        assert_eq!(status, RestStatus::Complete, "{about}");
        for pair in shown.windows(2) {
            assert_ne!(pair[0], pair[1], "twice in a row, {about}: {shown:?}");
        }
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for activity in &shown {
            let seen = times.entry(activity).or_default();
            *seen += 1;
            assert!(*seen <= 2, "a third time, {about}: {shown:?}");
        }
        assert_eq!(times.len(), 12, "never shown, {about}: {shown:?}");
    }
}

#[test]
fn every_policy_shows_a_small_course_whole_and_ends_it() {
    for policy in PolicyState::WORDS {
        for right in [1.0, 0.8, 0.6, 0.0] {
            check(policy, right, 0);
        }
    }
}

#[test]
fn a_class_before_changes_neither() {
    for policy in ["lin-ts", "mastery", "static"] {
        for right in [1.0, 0.8, 0.6] {
            check(policy, right, 100);
        }
    }
}

#[test]
fn after_three_perfect_test_accounts_a_newcomer_begins_at_the_beginning() {
    for policy in PolicyState::WORDS {
        let mut lesson = Lesson::under(policy);
        for account in ["test-1", "test-2", "test-3"] {
            lesson.walk(account, 1.0, 0);
        }
        let Walk { shown, .. } = lesson.walk("newcomer", 0.6, 1);
        assert_eq!(shown[0], "one-film", "{policy}: {shown:?}");
    }
}
