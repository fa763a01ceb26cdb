//! A synthetic course and learners with a history in it, the same at every run.

use anyhow::{Context, anyhow};
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, QuestionDraft, SkillDraft, VideoDraft,
};
use nexus_engine::catalog::{Course, CourseDraft};
use nexus_engine::event::{Action, Entry};
use nexus_engine::ids::{ActivityId, CourseId, EventId, LearnerId, QuestionId};
use nexus_engine::time::{SECOND_MICROS, Timestamp};
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, SharedState,
};
use std::sync::Arc;

/// Id of the synthetic course.
pub(super) const COURSE: &str = "bench";
/// Questions of every exercise and quiz.
pub(super) const QUESTIONS_EACH: usize = 2;

const KINDS: [&str; 4] = ["video", "reading", "exercise", "quiz"];

/// How large a course is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Skills; every third activity teaches three of them, the others one.
    pub skills: usize,
    /// Activities that anybody may be given: the candidates.
    pub open: usize,
    /// Activities that are never candidates, because they come after the first open one. The
    /// history of learners lies in these.
    pub closed: usize,
}

impl Size {
    /// A course of 120 activities, 50 of them candidates.
    pub const USUAL: Self = Self { skills: 30, open: 50, closed: 70 };
    /// A course of 2,000 activities and 2,000 questions, 50 of them candidates.
    pub const LARGE: Self = Self { skills: 300, open: 50, closed: 1_950 };
}

/// A course of this size.
pub(super) fn draft(size: Size) -> CourseDraft {
    let skill = |number| SkillDraft {
        id: format!("skill-{number}"),
        title: format!("Skill {number}"),
        requires: Vec::new(),
    };
    let module = |id: &str, count: usize| ModuleDraft {
        id: id.to_owned(),
        title: format!("Module {id}"),
        activities: (0..count).map(|number| activity(id, number, size)).collect(),
    };
    CourseDraft {
        format: 1,
        id: COURSE.to_owned(),
        version: 1,
        title: "A course to measure with".to_owned(),
        language: "en".to_owned(),
        description: "A course for measurements.".to_owned(),
        licence: "CC0-1.0".to_owned(),
        skills: (0..size.skills).map(skill).collect(),
        modules: vec![module("open", size.open), module("closed", size.closed)],
        path: Vec::new(),
        ..CourseDraft::default()
    }
}

fn activity(module: &str, number: usize, size: Size) -> ActivityDraft {
    let id = format!("{module}-{number}");
    let open = module == "open";
    // A quiz waits for practice; what is required and no quiz may always be chosen.
    let kinds = if open { &KINDS[..3] } else { &KINDS[..] };
    let kind = kinds[number % kinds.len()];
    let asks = kind == "exercise" || kind == "quiz";
    let taught = if number.is_multiple_of(3) { 3 } else { 1 };
    let skills = (0..taught).map(|more| format!("skill-{}", (number + 7 * more) % size.skills));
    ActivityDraft {
        title: format!("Activity {id}"),
        kind: kind.to_owned(),
        skills: skills.collect(),
        difficulty: (number % 9) as f64 / 10.0 + 0.1,
        minutes: (number % 7) as f64 + 4.0,
        requires: if open { Vec::new() } else { vec!["open-0".to_owned()] },
        required: open,
        text: (kind == "reading").then(|| "Read this.".to_owned()),
        video: (kind == "video").then(|| VideoDraft { seconds: 300.0, ..VideoDraft::default() }),
        questions: if asks {
            (0..QUESTIONS_EACH).map(|place| question(&id, place)).collect()
        } else {
            Vec::new()
        },
        id,
        ..ActivityDraft::default()
    }
}

fn question(activity: &str, place: usize) -> QuestionDraft {
    let option = |id: &str| (id.to_owned(), format!("Option {id}"));
    QuestionDraft {
        id: format!("{activity}-q{place}"),
        kind: "single".to_owned(),
        prompt: "Which one?".to_owned(),
        options: ["a", "b", "c", "d"].map(option).to_vec(),
        answer: AnswerDraft::One("b".to_owned()),
        ..QuestionDraft::default()
    }
}

/// Ids of the questions in closed activities, in file order: what a history consists of.
pub(super) fn history_questions(size: Size) -> Vec<String> {
    let asks = (0..size.closed).filter(|number| number % KINDS.len() >= 2);
    asks.flat_map(|number| (0..QUESTIONS_EACH).map(move |q| format!("closed-{number}-q{q}")))
        .collect()
}

/// The engine's state with one published course, and a clock that moves a second an event.
#[derive(Clone, Debug)]
pub(super) struct BenchSchool {
    pub state: SharedState,
    pub course: CourseId,
    pub now: Timestamp,
    event: EventId,
}

impl BenchSchool {
    pub fn new(size: Size) -> anyhow::Result<Self> {
        let mut state = SharedState::default();
        let published = state.publish(Arc::new(draft(size)));
        published.map_err(|problems| anyhow!("the course is not valid: {problems:?}"))?;
        Ok(Self {
            state,
            course: CourseId::new(COURSE)?,
            now: Timestamp(1_700_000_000 * SECOND_MICROS),
            event: EventId::new("bench")?,
        })
    }

    pub fn published(&self) -> anyhow::Result<Arc<Course>> {
        self.state.course(COURSE).cloned().context("the course is not published")
    }

    /// Lets a learner do something: admitted, then applied.
    pub fn act(
        &mut self,
        learner: &mut LearnerState,
        action: ProposedAction,
    ) -> anyhow::Result<()> {
        self.now = self.now.plus_micros(SECOND_MICROS);
        let proposal = self.proposal(learner.id.clone(), action);
        let event = self.state.admit(learner, proposal, self.now)?;
        let (seq, id) = (self.state.head + 1, self.event.clone());
        let entry = Entry { seq, id, received_at: self.now, event };
        self.state.apply(Some(learner), &entry);
        Ok(())
    }

    fn proposal(&self, learner: LearnerId, action: ProposedAction) -> Proposal {
        Proposal {
            learner,
            course: self.course.clone(),
            course_version: None,
            occurred_at: None,
            decision: None,
            action,
        }
    }

    /// A learner who has completed every closed activity and answered its questions.
    pub fn experienced(&mut self, size: Size) -> anyhow::Result<LearnerState> {
        let course = self.published()?;
        let mut learner = LearnerState::new(LearnerId::new("learner-0")?);
        for activity in &course.activities[size.open..] {
            let id = activity.id.clone();
            let started = Action::ActivityStarted { activity: id.clone() };
            self.act(&mut learner, ProposedAction::Plain(started))?;
            for place in &activity.questions {
                let question = &course.questions[*place];
                self.act(&mut learner, answer(&question.id, !place.is_multiple_of(3)))?;
            }
            let completed = Action::ActivityCompleted { activity: id };
            self.act(&mut learner, ProposedAction::Plain(completed))?;
        }
        Ok(learner)
    }

    /// A learner who has answered every question of some activities once.
    pub fn practised(
        &mut self,
        id: LearnerId,
        course: &Course,
        activities: &[ActivityId],
    ) -> anyhow::Result<LearnerState> {
        let mut learner = LearnerState::new(id);
        for activity in activities.iter().filter_map(|id| course.activity(id.as_str())) {
            for place in &activity.questions {
                self.act(
                    &mut learner,
                    answer(&course.questions[*place].id, !place.is_multiple_of(3)),
                )?;
            }
        }
        Ok(learner)
    }
}

/// An answer to a question.
pub(super) fn answer(question: &QuestionId, right: bool) -> ProposedAction {
    ProposedAction::Answered(ProposedAnswer {
        activity: None,
        question: question.clone(),
        correct: Some(right),
        grade: None,
        response: None,
        duration_ms: None,
        hints: 0,
        attempt: None,
        probe: false,
    })
}
