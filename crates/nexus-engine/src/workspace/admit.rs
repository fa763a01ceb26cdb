//! Admission: whether something a learner is said to have done may enter the journal.
//!
//! Admission changes nothing. It fills in what the event must carry for ever: the course version,
//! the grade, and the evidence an answer gives, computed from what was believed before it.
//!
//! Order and lateness. The journal's order is the order of effect: an event that arrives late is
//! applied when it arrives, at the later of its own time and the learner's latest, so belief never
//! runs backwards. Only the future is refused.
#![warn(missing_docs)]

use super::{Refusal, SharedState};
use crate::catalog::grading::is_right;
use crate::catalog::{Activity, ActivityKind, Course, Question, grading};
use crate::event::{Action, Answer, Event, Happening};
use crate::ids::{ActivityId, CourseId, DecisionId, LearnerId, QuestionId};
use crate::learner::closing_check::place;
use crate::learner::placement::{PlacementInputs, Stopped, asked, stops_after};
use crate::learner::progress::{CourseProgress, Segment};
use crate::learner::tracing::{Evidence, QuestionView, TracingModel};
use crate::time::{MINUTE_MICROS, Timestamp};
use crate::workspace::LearnerState;

/// How far into the future a sender's clock may lie.
pub const FUTURE_MICROS_MAX: i64 = 5 * MINUTE_MICROS;

/// What a learner is said to have done.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The learner who did it.
    pub learner: LearnerId,
    /// The course it belongs to.
    pub course: CourseId,
    /// Under which version. When absent, that of the decision that it follows, if that waits still
    /// and has the activity; else the latest.
    pub course_version: Option<u32>,
    /// When; the moment of receipt when absent.
    pub occurred_at: Option<Timestamp>,
    /// The decision it follows, when the site says so.
    pub decision: Option<DecisionId>,
    /// What the learner did.
    pub action: ProposedAction,
}

/// What a learner can be said to have done.
#[derive(Clone, Debug, PartialEq)]
pub enum ProposedAction {
    /// Something that needs nothing but a look at the course.
    Plain(Action),
    /// An answer, still without its evidence.
    Answered(ProposedAnswer),
}

/// An answer as the site sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedAnswer {
    /// The activity, which may be a placement or a closing check; that of the question when absent.
    pub activity: Option<ActivityId>,
    /// The question that was answered.
    pub question: QuestionId,
    /// Whether it was right, by the site.
    pub correct: Option<bool>,
    /// How right it was from 0 to 1, by the site.
    pub grade: Option<f64>,
    /// What was answered; the course grades it when the site does not.
    pub response: Option<String>,
    /// How long it took.
    pub duration_ms: Option<u32>,
    /// How many hints were seen.
    pub hints: u16,
    /// Which attempt it is, from 1; counted by Nexus when absent.
    pub attempt: Option<u16>,
    /// Whether it answers a probe.
    pub probe: bool,
}

impl SharedState {
    /// Says whether a learner event may happen, and what it is.
    ///
    /// Errors: a [`Refusal`] that says what to mend.
    pub fn admit(
        &self,
        learner: &LearnerState,
        proposal: Proposal,
        received_at: Timestamp,
    ) -> Result<Event, Refusal> {
        let course = self.course_of(learner, &proposal)?;
        let occurred_at = proposal.occurred_at.unwrap_or(received_at);
        if occurred_at > received_at.plus_micros(FUTURE_MICROS_MAX) {
            return Err(Refusal::InTheFuture { occurred_at, received_at });
        }
        let action = match proposal.action {
            ProposedAction::Plain(action) => {
                if let Action::Enrolled { test } = &action {
                    learner.admit_enrolment(*test)?;
                }
                check_plain(course, action)?
            }
            ProposedAction::Answered(answer) => {
                let at = occurred_at.max(learner.last_at);
                Action::QuestionAnswered(self.answer(course, learner, answer, at)?)
            }
        };
        Ok(Event::Happened(Happening {
            learner: proposal.learner,
            course: proposal.course,
            course_version: course.version,
            occurred_at,
            decision: proposal.decision,
            action,
        }))
    }

    /// The version that something is taken under which follows a decision and names no version
    /// itself: that of the decision, when it has the activity or the question that is meant.
    #[must_use]
    pub fn version_after(&self, proposal: &Proposal, decided_under: u32) -> Option<u32> {
        let course = self.course_version(proposal.course.as_str(), decided_under)?;
        let has_it = match &proposal.action {
            ProposedAction::Plain(action) => course.activity(action.activity()?.as_str()).is_some(),
            ProposedAction::Answered(answer) => course.question(answer.question.as_str()).is_some(),
        };
        has_it.then_some(decided_under)
    }

    fn course_of(&self, learner: &LearnerState, proposal: &Proposal) -> Result<&Course, Refusal> {
        let course = proposal.course.as_str();
        let decided_under = || {
            let named = proposal.decision.as_ref()?;
            let open = &learner.courses.get(&proposal.course)?.decisions.open;
            let followed = open.iter().find(|open| open.origin.id == *named)?;
            self.version_after(proposal, followed.origin.window.course_version)
        };
        match proposal.course_version.or_else(decided_under) {
            None => self.course(course).map(|course| &**course),
            Some(version) => {
                let known = self.course_version(course, version);
                if known.is_none() && self.course(course).is_some() {
                    let course = course.to_owned();
                    return Err(Refusal::UnknownCourseVersion { course, version });
                }
                known.map(|course| &**course)
            }
        }
        .ok_or_else(|| Refusal::UnknownCourse { course: course.to_owned() })
    }

    fn answer(
        &self,
        course: &Course,
        learner: &LearnerState,
        proposed: ProposedAnswer,
        at: Timestamp,
    ) -> Result<Answer, Refusal> {
        let progress = learner.progress(course.id.as_str());
        let question = find_question(course, progress, &proposed)?;
        let asking = asking(course, progress, question, &proposed);
        let activity = asking.unwrap_or(&course.activities[question.activity]);
        let placement = asking.filter(|asking| asking.kind == ActivityKind::Placement);
        let grade = grade(question, &proposed)?;
        let met = learner.belief.question(question.key).attempts;
        let asked = AskedQuestion { course, question, placement };
        let (evidence, placement_stopped) = self.judged(learner, &asked, is_right(grade), at);
        Ok(Answer {
            activity: activity.id.clone(),
            question: question.id.clone(),
            grade,
            response: proposed.response,
            duration_ms: proposed.duration_ms,
            hints: proposed.hints,
            // A question met before is never a first attempt, whatever the site says.
            attempt: proposed.attempt.unwrap_or(1).max(met.saturating_add(1)),
            probe: proposed.probe,
            evidence,
            placement_stopped,
        })
    }

    /// The evidence that an answer gives now, and what it ends in a placement.
    pub(super) fn judged(
        &self,
        learner: &LearnerState,
        asked: &AskedQuestion<'_>,
        right: bool,
        at: Timestamp,
    ) -> (Evidence, Option<Stopped>) {
        let AskedQuestion { course, question, placement } = *asked;
        let skills: Vec<_> = course.skill_keys(&question.skills).collect();
        let view = QuestionView::of(question, &skills);
        let prediction = self.tracing.predict(&learner.belief, &view, at);
        let evidence = self.tracing.evidence(&prediction, right);
        let placement_stopped = placement.and_then(|placement| {
            let answer = Placed { view, evidence, right, at };
            self.placement_stopped(course, learner, placement, &answer)
        });
        (evidence, placement_stopped)
    }

    /// What an answer ends in a placement that is not over yet.
    fn placement_stopped(
        &self,
        course: &Course,
        learner: &LearnerState,
        placement: &Activity,
        answer: &Placed<'_>,
    ) -> Option<Stopped> {
        let progress = learner.progress(course.id.as_str());
        if progress.is_some_and(|progress| progress.completed(placement.key)) {
            return None;
        }
        let blocked = self.blocked(&learner.id, course, answer.at);
        let inputs = PlacementInputs {
            course,
            placement,
            learner: &learner.id,
            belief: &learner.belief,
            tracing: &self.tracing,
            asked: asked(progress, placement),
            blocked: &blocked,
            at: answer.at,
        };
        let mut after = learner.belief.clone();
        // What is shared moves too little in one answer to matter here, and the learner's own part
        // needs none of it: the evidence is frozen.
        let mut scratch = TracingModel::default();
        scratch.absorb(&mut after, &answer.view, &answer.evidence, answer.right, answer.at);
        stops_after(&inputs, &after)
    }
}

/// Where a question was asked.
#[derive(Clone, Copy)]
pub(super) struct AskedQuestion<'a> {
    pub(super) course: &'a Course,
    pub(super) question: &'a Question,
    /// The placement that asked it.
    pub(super) placement: Option<&'a Activity>,
}

/// An answer in a placement, as far as its end depends on it.
struct Placed<'a> {
    view: QuestionView<'a>,
    evidence: Evidence,
    right: bool,
    at: Timestamp,
}

/// The placement or closing check an answer was given in, when it names one that asks the question.
fn asking<'a>(
    course: &'a Course,
    progress: Option<&CourseProgress>,
    question: &Question,
    proposed: &ProposedAnswer,
) -> Option<&'a Activity> {
    let named = course.activity(proposed.activity.as_ref()?.as_str())?;
    let asks = match named.kind {
        ActivityKind::Placement => course.in_pool(named, question),
        ActivityKind::Check => {
            progress.is_some_and(|progress| place(course, named, progress, question.key).is_some())
        }
        _ => false,
    };
    (asks && !proposed.probe).then_some(named)
}

fn find_question<'a>(
    course: &'a Course,
    progress: Option<&CourseProgress>,
    proposed: &ProposedAnswer,
) -> Result<&'a Question, Refusal> {
    let unknown = || Refusal::UnknownQuestion {
        within: match &proposed.activity {
            Some(activity) => format!("activity {:?}", activity.as_str()),
            None => format!("course {:?}", course.id.as_str()),
        },
        question: proposed.question.to_string(),
    };
    if let Some(activity) = &proposed.activity {
        find_activity(course, activity)?;
    }
    let question = course.question(proposed.question.as_str()).ok_or_else(unknown)?;
    let home = &course.activities[question.activity].id;
    // Probes, placements and closing checks ask outside a question's own activity; other answers
    // must name it.
    let outside = proposed.probe || asking(course, progress, question, proposed).is_some();
    if !outside && proposed.activity.as_ref().is_some_and(|activity| activity != home) {
        return Err(unknown());
    }
    Ok(question)
}

fn find_activity<'a>(course: &'a Course, id: &ActivityId) -> Result<&'a Activity, Refusal> {
    course.activity(id.as_str()).ok_or_else(|| Refusal::UnknownActivity {
        course: course.id.to_string(),
        activity: id.to_string(),
    })
}

impl SharedState {
    /// Whether an admitted answer carries a response that its question marks otherwise than the site
    /// did: right where the site said wrong, or wrong where it said right. The site's mark counts.
    pub(super) fn contradicts_key(&self, event: &Event) -> bool {
        let Event::Happened(happening) = event else { return false };
        let Action::QuestionAnswered(answer) = &happening.action else { return false };
        let course = self.course_version(happening.course.as_str(), happening.course_version);
        let question = course.and_then(|course| course.question(answer.question.as_str()));
        let (Some(question), Some(response)) = (question, &answer.response) else { return false };
        grading::grade(question, response)
            .is_some_and(|marked| is_right(marked) != is_right(answer.grade))
    }
}

/// The site's own grade wins; without one, the course grades the response.
fn grade(question: &Question, proposed: &ProposedAnswer) -> Result<f64, Refusal> {
    if let Some(grade) = proposed.grade.map(grading::rounded) {
        let valid = (0.0..=1.0).contains(&grade);
        return if valid { Ok(grade) } else { Err(Refusal::GradeOutOfRange { grade }) };
    }
    if let Some(correct) = proposed.correct {
        return Ok(if correct { 1.0 } else { 0.0 });
    }
    let response = proposed.response.as_deref();
    response
        .and_then(|response| grading::grade(question, response))
        .ok_or_else(|| Refusal::GradeMissing { question: question.id.to_string() })
}

fn check_plain(course: &Course, mut action: Action) -> Result<Action, Refusal> {
    if let Action::QuizCompleted { grade: Some(grade), .. } = &mut action {
        *grade = grading::rounded(*grade);
    }
    let activity = match action.activity() {
        Some(id) => Some(find_activity(course, id)?),
        None => None,
    };
    match (&mut action, activity) {
        (Action::VideoProgressed { segments, .. }, Some(activity)) => {
            *segments = usable_segments(activity, segments)?;
        }
        (Action::QuizCompleted { grade: Some(grade), .. }, _) if !(0.0..=1.0).contains(&*grade) => {
            return Err(Refusal::GradeOutOfRange { grade: *grade });
        }
        (Action::Feedback { rating, .. }, _) if !(1..=5).contains(&*rating) => {
            return Err(Refusal::RatingOutOfRange { rating: *rating });
        }
        _ => {}
    }
    Ok(action)
}

/// How far a player may report past the end of a video: rounding and credits.
const PAST_END_SECONDS: f64 = 30.0;
/// How far it may report before the beginning: rounding.
const BEFORE_START_SECONDS: f64 = 1.0;

/// The segments that are stretches of the video, cut at its beginning and its end. An empty one, as
/// of a play and a pause within an instant, is nothing; one that goes backwards or lies elsewhere
/// costs no other.
///
/// Errors: when there are segments that are no stretches, and none that is one.
fn usable_segments(activity: &Activity, segments: &[Segment]) -> Result<Vec<Segment>, Refusal> {
    let Some(length_seconds) = activity.video_seconds else {
        return Err(Refusal::NotAVideo { activity: activity.id.to_string() });
    };
    let (mut usable, mut odd) = (Vec::with_capacity(segments.len()), None);
    for segment in segments {
        let Segment { from_seconds, to_seconds } = *segment;
        let within = from_seconds >= -BEFORE_START_SECONDS
            && from_seconds <= to_seconds
            && to_seconds <= length_seconds + PAST_END_SECONDS;
        if !within {
            odd.get_or_insert(Refusal::InvalidSegment { from_seconds, to_seconds });
            continue;
        }
        let (from_seconds, to_seconds) = (from_seconds.max(0.0), to_seconds.min(length_seconds));
        if from_seconds < to_seconds {
            usable.push(Segment { from_seconds, to_seconds });
        }
    }
    match odd {
        Some(refusal) if usable.is_empty() => Err(refusal),
        _ => Ok(usable),
    }
}
