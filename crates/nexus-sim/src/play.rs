//! A course played to its end, to find what no learner ever reaches.
//!
//! Learners with a fixed chance of a right answer follow every decision, on the course's own path
//! and under the default policy, until the engine says that there is nothing left. No learner forgets,
//! skips or leaves, and time does not run out: what is not shown then is not shown to anybody, and
//! what the engine still serves after so many decisions has no end.

use crate::response::response;
use crate::school::SchoolFault;
use nexus_engine::catalog::{
    Activity, ActivityKind, Course, CourseDraft, CourseProblem, Place, Question,
};
use nexus_engine::decision::exclusion::Exclusion;
use nexus_engine::event::Action;
use nexus_engine::ids::{ActivityId, DecisionId, EventId, LearnerId, PolicyId};
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::seed::Seed;
use nexus_engine::time::{MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::closing_check::closing_check;
use nexus_engine::workspace::memory::Workspace;
use nexus_engine::workspace::protocol::{Ask, Command, CommandAnswer, Defaults};
use nexus_engine::workspace::{Proposal, ProposedAction, ProposedAnswer, Refusal};
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Their chances of a right answer: always, mostly, often and never right.
pub const CHANCES: [f64; 4] = [1.0, 0.8, 0.6, 0.0];
/// A larger course is not played: each decision looks at every activity.
pub const ACTIVITIES_MAX: usize = 1_000;
/// An activity comes twice at most, and once more for a failure or a review that asks for it.
const ROUNDS_MAX: usize = 3;

/// What a played course shows to be wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayFinding {
    /// The activity that it is about; `None` when it is about the whole course.
    pub activity: Option<ActivityId>,
    /// What the activity waits for in vain, and what that waits for, and so on.
    pub waits_for: Vec<ActivityId>,
    /// Its place, its code and its words.
    pub problem: CourseProblem,
}

/// Plays a sound course; `None` when it is larger than [`ACTIVITIES_MAX`].
///
/// Errors: when the engine refuses what a learner does; a sound course gives it no reason to.
pub fn play(draft: &CourseDraft) -> Result<Option<Vec<PlayFinding>>, SchoolFault> {
    let activities: usize = draft.modules.iter().map(|module| module.activities.len()).sum();
    if activities > ACTIVITIES_MAX {
        return Ok(None);
    }
    let mut walks = Vec::new();
    let mut played = None;
    for kind in [PolicyKind::Static, PolicyKind::DEFAULT] {
        let mut table = Table::open(draft, kind, ROUNDS_MAX * activities)?;
        for chance in CHANCES {
            walks.push(table.walk(kind, chance)?);
        }
        played = Some(table.course);
    }
    Ok(played.map(|course| findings(&course, &walks)))
}

/// One course in an engine of its own.
struct Table {
    workspace: Workspace,
    course: Arc<Course>,
    now: Timestamp,
    commands: u64,
    /// Decisions after which a learner gives up on an end.
    decisions_max: usize,
}

/// What one learner was shown until the end.
struct Walk {
    kind: PolicyKind,
    chance: f64,
    /// By position: whether it was shown.
    shown: Vec<bool>,
    /// Activities that were shown while one that they require was not completed, with that one.
    early: Vec<(usize, usize)>,
    /// Why each activity is not served at the end; `None` when there was no end.
    exclusions: Option<Vec<Exclusion>>,
    /// The last activity that was shown.
    last: Option<usize>,
}

impl Table {
    fn open(
        draft: &CourseDraft,
        kind: PolicyKind,
        decisions_max: usize,
    ) -> Result<Self, SchoolFault> {
        let policy = PolicyId::new(kind.word())?;
        let mut workspace = Workspace::new(Defaults::of(policy));
        // An end by the clock would hide what never comes at all.
        let draft = CourseDraft { ends: None, ..draft.clone() };
        let (now, id) = (Timestamp(0), draft.id.clone());
        workspace.handle(Command::Publish(Box::new(draft)), now, Seed(0))?;
        let unknown = || Refusal::UnknownCourse { course: id.clone() };
        let course = Arc::clone(workspace.state.course(&id).ok_or_else(unknown)?);
        Ok(Self { workspace, course, now, commands: 0, decisions_max })
    }

    /// Follows every decision until nothing is left.
    fn walk(&mut self, kind: PolicyKind, chance: f64) -> Result<Walk, SchoolFault> {
        let learner = LearnerId::new(&format!("right-{chance}"))?;
        let mut luck = Stream::keyed(0, learner.as_str());
        let nothing = vec![false; self.course.activities.len()];
        let mut walk =
            Walk { kind, chance, shown: nothing, early: Vec::new(), exclusions: None, last: None };
        for _ in 0..=self.decisions_max {
            let id = DecisionId::new(&format!("{learner}-{}", self.commands))?;
            let ask = Ask::new(id, learner.clone(), self.course.id.clone());
            match self.handle(Command::Decide(Box::new(ask)), 0.0)? {
                CommandAnswer::Decided { decision, .. } => {
                    let chosen = decision.chosen().activity.as_str();
                    let Some(position) = self.course.activity_position(chosen) else { break };
                    walk.show(&self.course, position);
                    self.do_activity(&learner, position, chance, &mut luck)?;
                }
                CommandAnswer::Rested(rest) => {
                    walk.exclusions = Some(rest.exclusions);
                    break;
                }
                answer => return Err(SchoolFault::NotDecided { answer: Box::new(answer) }),
            }
        }
        Ok(walk)
    }

    fn do_activity(
        &mut self,
        learner: &LearnerId,
        position: usize,
        chance: f64,
        luck: &mut Stream,
    ) -> Result<(), SchoolFault> {
        let course = Arc::clone(&self.course);
        let activity = &course.activities[position];
        let id = activity.id.clone();
        self.says(learner, Action::ActivityStarted { activity: id.clone() })?;
        if activity.kind.measures() {
            while let Some(question) = self.asked(learner, activity.kind) {
                self.answers(learner, activity, &course.questions[question], chance, luck)?;
            }
        }
        for question in &activity.questions {
            self.answers(learner, activity, &course.questions[*question], chance, luck)?;
        }
        self.now = self.now.plus_micros((activity.minutes * MINUTE_MICROS as f64) as i64);
        self.says(learner, Action::ActivityCompleted { activity: id })
    }

    /// What the open placement or closing check asks next.
    fn asked(&self, learner: &LearnerId, kind: ActivityKind) -> Option<usize> {
        let state = self.workspace.learners.get(learner)?;
        match kind {
            ActivityKind::Placement => {
                let next = self.workspace.state.placement(&self.course, state)?.next?;
                Some(next.question)
            }
            _ => closing_check(&self.course, state, self.now)?.open.first().copied(),
        }
    }

    fn answers(
        &mut self,
        learner: &LearnerId,
        activity: &Activity,
        question: &Question,
        chance: f64,
        luck: &mut Stream,
    ) -> Result<(), SchoolFault> {
        let right = luck.uniform() < chance;
        let response = response(question, right);
        let answer = ProposedAnswer {
            activity: Some(activity.id.clone()),
            question: question.id.clone(),
            correct: response.is_none().then_some(right),
            grade: None,
            response,
            duration_ms: None,
            hints: 0,
            attempt: None,
            probe: false,
        };
        self.records(learner, ProposedAction::Answered(answer))
    }

    fn says(&mut self, learner: &LearnerId, action: Action) -> Result<(), SchoolFault> {
        self.records(learner, ProposedAction::Plain(action))
    }

    fn records(&mut self, learner: &LearnerId, action: ProposedAction) -> Result<(), SchoolFault> {
        let id = EventId::new(&format!("e-{}", self.commands))?;
        let proposal = Proposal {
            learner: learner.clone(),
            course: self.course.id.clone(),
            course_version: None,
            occurred_at: None,
            decision: None,
            action,
        };
        self.handle(Command::Record { id, proposal }, 0.5).map(drop)
    }

    /// Carries a command out so many minutes later.
    fn handle(&mut self, command: Command, minutes: f64) -> Result<CommandAnswer, SchoolFault> {
        self.commands += 1;
        self.now = self.now.plus_micros((minutes * MINUTE_MICROS as f64) as i64);
        self.workspace.journal.clear();
        Ok(self.workspace.handle(command, self.now, Seed(self.commands))?.answer)
    }
}

impl Walk {
    /// Everything that is shown is completed.
    fn show(&mut self, course: &Course, position: usize) {
        let waits = course.activities[position].requires.iter();
        let early = waits.filter(|required| !self.shown[**required]);
        if !self.shown[position] {
            self.early.extend(early.map(|required| (position, *required)));
        }
        self.shown[position] = true;
        self.last = Some(position);
    }
}

fn findings(course: &Course, walks: &[Walk]) -> Vec<PlayFinding> {
    let mut found = Vec::new();
    if let Some(endless) = walks.iter().find(|walk| walk.exclusions.is_none()) {
        found.push(does_not_end(course, endless));
    }
    let shown_under = |kind: PolicyKind, position: usize| {
        walks.iter().any(|walk| walk.kind == kind && walk.shown[position])
    };
    let on_path: Vec<bool> = (0..course.activities.len())
        .map(|position| shown_under(PolicyKind::Static, position))
        .collect();
    let guided: Vec<bool> = (0..course.activities.len())
        .map(|position| shown_under(PolicyKind::DEFAULT, position))
        .collect();
    for (position, activity) in course.activities.iter().enumerate() {
        let wanted = activity.required || activity.kind == ActivityKind::Check;
        if !guided[position] {
            found.push(never_shown(course, walks, &guided, position));
        } else if wanted && !on_path[position] {
            found.push(not_on_path(course, &on_path, position));
        }
        for (_, required) in walks[0].early.iter().filter(|(early, _)| *early == position) {
            found.push(before_prerequisite(course, &on_path, position, *required));
        }
    }
    found
}

fn does_not_end(course: &Course, walk: &Walk) -> PlayFinding {
    let last = walk.last.map_or("nothing", |position| course.activities[position].id.as_str());
    let message = format!(
        "the course does not end for a learner whose answers are right with chance {} under the \
         policy {}: after showing everything {ROUNDS_MAX} times it still serves \"{last}\"",
        walk.chance,
        walk.kind.word(),
    );
    let problem = CourseProblem { place: Place::root(), code: "does_not_end", message };
    PlayFinding { activity: None, waits_for: Vec::new(), problem }
}

/// What no learner is shown whom a policy guides, with what it waits for.
fn never_shown(course: &Course, walks: &[Walk], guided: &[bool], position: usize) -> PlayFinding {
    let chain = waiting_chain(course, guided, position);
    let id = &course.activities[position].id;
    let end = chain.last().copied().unwrap_or(position);
    let ended = walks.iter().rev().find_map(|walk| walk.exclusions.as_ref());
    let reason = ended.map_or("the course did not end", |reasons| reasons[end].words());
    let shown = match walks.iter().any(|walk| walk.shown[position]) {
        true => format!("\"{id}\" is shown on the course's own path only"),
        false => format!("\"{id}\" is never shown to any learner"),
    };
    let message = match chain.is_empty() {
        true => format!("{shown}: {reason}"),
        false => format!(
            "{shown}: elsewhere it waits for {}, which is never shown: {reason}",
            chained(course, &chain)
        ),
    };
    finding(course, position, &chain, "never_shown", message)
}

/// What the course wants of every learner and its own path does not show.
fn not_on_path(course: &Course, on_path: &[bool], position: usize) -> PlayFinding {
    let activity = &course.activities[position];
    let id = &activity.id;
    if activity.kind != ActivityKind::Check {
        let message = format!(
            "\"{id}\" is required, and the course's own path never shows it; add it to `path`"
        );
        return finding(course, position, &[], "required_off_path", message);
    }
    let required = (0..course.activities.len()).filter(|it| course.activities[*it].required);
    let missing: Vec<usize> = required.filter(|it| !on_path[*it]).collect();
    let message = match missing.is_empty() {
        true => format!("the closing check \"{id}\" never comes on the course's own path"),
        false => format!(
            "the closing check \"{id}\" never comes on the course's own path: it waits for {}, \
             which the path does not show",
            listed(course, &missing)
        ),
    };
    finding(course, position, &missing, "check_off_path", message)
}

fn before_prerequisite(
    course: &Course,
    on_path: &[bool],
    position: usize,
    required: usize,
) -> PlayFinding {
    let (id, other) = (&course.activities[position].id, &course.activities[required].id);
    let message = match on_path[required] {
        true => format!(
            "the course's own path shows \"{id}\" before \"{other}\", which it requires; change \
             their order in `path`"
        ),
        false => format!(
            "\"{id}\" requires \"{other}\", which the course's own path never shows; add it to \
             `path`, or drop it from `requires`"
        ),
    };
    finding(course, position, &[required], "prerequisite_off_path", message)
}

/// What an activity waits for that is never shown, and what that waits for, to the first cause.
fn waiting_chain(course: &Course, shown: &[bool], position: usize) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut at = position;
    // Prerequisites have no circles, so this ends.
    while let Some(next) = course.activities[at].requires.iter().find(|it| !shown[**it]) {
        chain.push(*next);
        at = *next;
    }
    chain
}

fn finding(
    course: &Course,
    position: usize,
    waits_for: &[usize],
    code: &'static str,
    message: String,
) -> PlayFinding {
    let activity = &course.activities[position];
    let mut siblings = course.modules[activity.module].activities.iter();
    let inner = siblings.position(|it| *it == position).unwrap_or(0);
    let place = Place::root().field("modules").index(activity.module);
    let place = place.field("activities").index(inner);
    let ids = waits_for.iter().map(|it| course.activities[*it].id.clone());
    PlayFinding {
        activity: Some(activity.id.clone()),
        waits_for: ids.collect(),
        problem: CourseProblem { place, code, message },
    }
}

fn listed(course: &Course, positions: &[usize]) -> String {
    let ids = positions.iter().map(|it| format!("\"{}\"", course.activities[*it].id));
    ids.collect::<Vec<_>>().join(", ")
}

fn chained(course: &Course, positions: &[usize]) -> String {
    let ids = positions.iter().map(|it| format!("\"{}\"", course.activities[*it].id));
    ids.collect::<Vec<_>>().join(", which waits for ")
}

#[cfg(test)]
mod tests {
    use super::{PlayFinding, ROUNDS_MAX, Table, findings, play};
    use nexus_engine::catalog::CourseDraft;
    use nexus_engine::catalog::draft::ActivityDraft;
    use nexus_engine::constraint::{Constraint, Rule};
    use nexus_engine::ids::{ActivityId, ConstraintId};
    use nexus_engine::policy::kind::PolicyKind;
    use nexus_engine::workspace::protocol::Command;
    use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise, quiz, video};
    use nexus_testkit::ids::course_id;
    use nexus_testkit::shipped;

    /// A film, an exercise of six questions, a quiz behind it, and more behind the quiz.
    fn sums() -> CourseDraft {
        let numbered = |id: &str| (1..=6).map(|n| format!("{id}{n}")).collect::<Vec<_>>();
        let check = ActivityDraft {
            id: "closing".to_owned(),
            kind: "check".to_owned(),
            title: "Closing check".to_owned(),
            difficulty: 0.5,
            minutes: 10.0,
            ..ActivityDraft::default()
        };
        course("sums").skill("add", &[]).skill("times", &["add"]).teaches([
            video("film", "add"),
            exercise("drill", "add").asks(numbered("d")),
            quiz("test", "add").asks(numbered("t")),
            exercise("more", "times").after(&["test"]).asks(numbered("m")),
            exercise("most", "times").after(&["more"]).asks(numbered("x")),
            check,
        ])
    }

    fn on_path(path: &[&str]) -> CourseDraft {
        CourseDraft { path: path.iter().map(|id| (*id).to_owned()).collect(), ..sums() }
    }

    /// What is found when a teacher keeps an activity from every learner.
    fn found_without(blocked: &str, decisions_max: usize) -> Vec<PlayFinding> {
        let mut walks = Vec::new();
        let mut played = None;
        for kind in [PolicyKind::Static, PolicyKind::DEFAULT] {
            let mut table = Table::open(&sums(), kind, decisions_max).unwrap();
            let block = Constraint {
                id: ConstraintId::new("block").unwrap(),
                course: course_id("sums"),
                learner: None,
                rule: Rule::Block,
                activity: ActivityId::new(blocked).unwrap(),
                reason: "closed".to_owned(),
                by: "a teacher".to_owned(),
                expires_at: None,
            };
            table.handle(Command::SetConstraint(Box::new(block)), 0.0).unwrap();
            walks.extend([1.0, 0.0].map(|chance| table.walk(kind, chance).unwrap()));
            played = Some(table.course);
        }
        findings(&played.unwrap(), &walks)
    }

    fn codes(found: &[PlayFinding]) -> Vec<(&str, Option<&str>)> {
        found
            .iter()
            .map(|it| (it.problem.code, it.activity.as_ref().map(ActivityId::as_str)))
            .collect()
    }

    #[test]
    fn a_sound_course_is_played_to_its_end_and_nothing_is_found() {
        for draft in [sums(), shipped()] {
            assert_eq!(play(&draft).unwrap(), Some(Vec::new()), "{}", draft.id);
        }
    }

    #[test]
    fn what_waits_for_a_quiz_that_nothing_opens_is_found_with_all_that_it_waits_for() {
        let found = found_without("test", ROUNDS_MAX * 6);
        let expected = ["test", "more", "most", "closing"].map(|id| ("never_shown", Some(id)));
        let guided: Vec<_> = codes(&found).into_iter().filter(|it| it.0 == "never_shown").collect();
        assert_eq!(guided, expected, "{found:#?}");
        let most =
            found.iter().find(|it| it.activity.as_ref().is_some_and(|id| id.as_str() == "most"));
        let waits_for = most.unwrap().waits_for.iter().map(ActivityId::as_str);
        assert_eq!(waits_for.collect::<Vec<_>>(), ["more", "test"]);
        let message = &most.unwrap().problem.message;
        assert!(message.ends_with("a teacher blocked it"), "{message}");
    }

    #[test]
    fn a_course_that_serves_more_than_there_is_has_no_end() {
        let found = found_without("test", 0);
        assert_eq!(codes(&found)[0], ("does_not_end", None));
        assert!(found[0].problem.message.contains("chance 1"), "{found:#?}");
    }

    #[test]
    fn what_is_required_beside_the_path_keeps_the_closing_check_away() {
        let found = play(&on_path(&["film", "drill", "more", "most"])).unwrap().unwrap();
        let expected = [
            ("required_off_path", Some("test")),
            ("prerequisite_off_path", Some("more")),
            ("check_off_path", Some("closing")),
        ];
        assert_eq!(codes(&found), expected, "{found:#?}");
        assert_eq!(found[2].waits_for, [ActivityId::new("test").unwrap()]);
        assert_eq!(found[1].problem.place.to_string(), "modules[0].activities[3]");
        assert!(found[1].problem.message.contains("never shows"), "{found:#?}");
    }

    #[test]
    fn a_path_against_its_own_prerequisites_is_found() {
        let found = play(&on_path(&["film", "drill", "more", "test", "most"])).unwrap().unwrap();
        assert_eq!(codes(&found), [("prerequisite_off_path", Some("more"))], "{found:#?}");
        assert!(found[0].problem.message.contains("before \"test\""), "{found:#?}");
    }
}
