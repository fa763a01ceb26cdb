//! Tracking events of Open edX: what its logger writes, a line each.
//!
//! The mapping, event by event, is in `docs/how-to/connect-xapi-and-open-edx.md`. An event is understood by
//! those before it: a pause by the play it ends, an answer by the hints before it. So they are read
//! in the order of their times.

mod problem;
mod tracking;
mod watching;

use crate::foreign::{
    ActorKey, ForeignRecord, IriIndex, NamedThing, Thing, Translated, Translator, event, json,
};
use nexus_api::events::{
    ActivityNamed, LearnerAction, LearnerEnrolled, QuestionAnswered, VideoProgressed,
};
use nexus_api::{FieldProblem, canonical};
use nexus_engine::time::Timestamp;
use problem::Help;
use std::collections::BTreeMap;
use tracking::TrackingEvent;
use watching::{Watching, position};

/// People or videos that are remembered at a time; what is more is forgotten, which costs a hint
/// or a piece of a video.
const REMEMBERED_MAX: usize = 100_000;

/// Reads tracking events in the order of their times.
pub struct OpenedxTranslator {
    key: ActorKey,
    iris: IriIndex,
    /// By learner and problem: the help since the last answer.
    help: BTreeMap<(String, String), Help>,
    /// By learner, session and video.
    watching: BTreeMap<(String, String, String), Watching>,
}

type Said = Result<Translated, FieldProblem>;

impl OpenedxTranslator {
    #[must_use]
    pub fn new(key: ActorKey, iris: IriIndex) -> Self {
        Self { key, iris, help: BTreeMap::new(), watching: BTreeMap::new() }
    }

    fn said(&mut self, told: &TrackingEvent, learner: &str) -> Said {
        match told.name() {
            "problem_check" if told.is_of_server() => self.answered(told, learner),
            "problem_check" => Ok(unused("problem_check of the browser")),
            "edx.problem.hint.demandhint_displayed" => Ok(self.helped(told, learner, |help| {
                help.hints = help.hints.saturating_add(1);
            })),
            "showanswer" | "edx.problem.showanswer" => {
                Ok(self.helped(told, learner, |help| help.shown = true))
            }
            "play_video" | "edx.video.played" => self.watched(told, learner, Watching::play),
            "pause_video" | "edx.video.paused" | "stop_video" | "edx.video.stopped" => {
                self.watched(told, learner, Watching::end)
            }
            "seek_video" | "edx.video.position.changed" => {
                self.watched(told, learner, Watching::seek)
            }
            "load_video"
            | "edx.video.loaded"
            | "speed_change_video"
            | "edx.video.speed.changed" => Ok(unused(told.name())),
            "edx.course.enrollment.activated" => self.enrolled(told, learner),
            "edx.ui.lms.sequence.next_selected"
            | "edx.ui.lms.sequence.previous_selected"
            | "edx.ui.lms.sequence.tab_selected" => self.opened(told, learner),
            "edx.completion.block_completion.changed" | "edx.block_completion.changed" => {
                self.completed(told, learner)
            }
            // Names of pages and handlers are addresses, one a page.
            name if name.starts_with('/') => Ok(unused("a page or a handler")),
            name => Ok(unused(name)),
        }
    }

    /// One answer for each input that the server graded. An input that stands for no question costs the
    /// others nothing: it is counted as dropped, and when there is none that does, the record is refused.
    fn answered(&mut self, told: &TrackingEvent, learner: &str) -> Said {
        let block = told.text("problem_id").to_owned();
        let help = self.help.remove(&(learner.to_owned(), block.clone())).unwrap_or_default();
        if help.shown {
            return Ok(unused("problem_check after the answer was shown"));
        }
        let marks = problem::marks(told);
        if marks.is_empty() {
            return Ok(unused("problem_check without a mark"));
        }
        let (alone, id) = (marks.len() == 1, told.id());
        let (mut events, mut dropped, mut no_question) = (Vec::new(), 0, None);
        for mark in marks {
            let named = self.input(&block, &mark.input, alone);
            let found = named.and_then(|named| Ok((named.course, question(&named)?)));
            let (course, question) = match found {
                Ok(found) => found,
                Err(problem) => {
                    dropped += 1;
                    no_question.get_or_insert(problem);
                    continue;
                }
            };
            if mark.correct.is_none() && mark.grade.is_none() {
                dropped += 1;
                continue;
            }
            let action = LearnerAction::QuestionAnswered(QuestionAnswered {
                question,
                correct: mark.correct,
                grade: mark.grade,
                response: mark.response,
                hints: (help.hints > 0).then_some(help.hints),
                attempt: told.number("attempts").filter(|it| *it >= 1.0).map(|it| it as u16),
                ..QuestionAnswered::default()
            });
            let id = if alone { id.clone() } else { format!("{id}:{}", mark.input) };
            events.push(event(id, learner, course.id.as_str(), told.at(), action));
        }
        match (events.is_empty(), no_question) {
            (true, Some(problem)) => Err(problem),
            (true, None) => Ok(unused("problem_check without a mark")),
            (false, _) => Ok(Translated::Events { events, dropped }),
        }
    }

    /// An input is known by the block that it would be, by its own name, and the only one of a
    /// problem by that of the problem.
    fn input(&self, block: &str, input: &str, alone: bool) -> Result<NamedThing<'_>, FieldProblem> {
        let before = block.rfind('@').map_or("", |at| &block[..=at]);
        let as_block = self.iris.find(&format!("{before}{input}"), "/event/correct_map");
        as_block.or_else(|problem| {
            self.iris.find(input, "/event/correct_map").or_else(|_| match alone {
                true => self.iris.find(block, "/event/problem_id"),
                false => Err(problem),
            })
        })
    }

    fn helped(
        &mut self,
        told: &TrackingEvent,
        learner: &str,
        note: impl FnOnce(&mut Help),
    ) -> Translated {
        let block = match told.text("module_id") {
            "" => told.text("problem_id"),
            block => block,
        };
        if self.help.len() >= REMEMBERED_MAX {
            self.help.clear();
        }
        note(self.help.entry((learner.to_owned(), block.to_owned())).or_default());
        unused(&format!("{}: counted with the next answer", told.name()))
    }

    fn watched(
        &mut self,
        told: &TrackingEvent,
        learner: &str,
        step: fn(&mut Watching, &TrackingEvent) -> Option<[f64; 2]>,
    ) -> Said {
        let named = self.video(told)?;
        let activity = named.activity();
        let Some(length) = activity.video_seconds else {
            let detail = format!("activity {:?} is no video", activity.id.as_str());
            return Err(FieldProblem::new("/event/id", "not_a_video", detail));
        };
        let (activity, course) = (activity.id.to_string(), named.course.id.to_string());
        if self.watching.len() >= REMEMBERED_MAX {
            self.watching.clear();
        }
        let whose = (learner.to_owned(), told.session().to_owned(), told.text("id").to_owned());
        let part = step(self.watching.entry(whose).or_default(), told);
        let part = part.map(|[from, to]| [from.max(0.0), to.min(length)]);
        let Some(part) = part.filter(|[from, to]| from < to) else {
            let why = if position(told).is_none() { ": without a position" } else { "" };
            return Ok(unused(&format!("{}{why}", told.name())));
        };
        let segments = vec![part];
        let action = LearnerAction::VideoProgressed(VideoProgressed { activity, segments });
        Ok(one(told, learner, &course, action))
    }

    /// A video is known by its block, or by the end of it, which is all that a player tells.
    fn video(&self, told: &TrackingEvent) -> Result<NamedThing<'_>, FieldProblem> {
        let id = told.text("id");
        let block = told.course_run().map(|run| format!("block-v1:{run}+type@video+block@{id}"));
        let found = block.map(|block| self.iris.find(&block, "/event/id"));
        match found {
            Some(Ok(named)) => Ok(named),
            Some(Err(problem)) => self.iris.find(id, "/event/id").map_err(|_| problem),
            None => self.iris.find(id, "/event/id"),
        }
    }

    fn enrolled(&self, told: &TrackingEvent, learner: &str) -> Said {
        let run = told.course_run().unwrap_or_default();
        let course = self.iris.course_beginning(&format!("block-v1:{run}+"), "/event/course_id")?;
        let action = LearnerAction::Enrolled(LearnerEnrolled { test: false });
        Ok(one(told, learner, course.id.as_str(), action))
    }

    /// A page of a sequence, known by the sequence and the number of its tab, or by the sequence.
    fn opened(&self, told: &TrackingEvent, learner: &str) -> Said {
        let (sequence, current) = (told.text("id"), told.number("current_tab"));
        let tab = match told.name() {
            "edx.ui.lms.sequence.next_selected" => current.map(|tab| tab + 1.0),
            "edx.ui.lms.sequence.previous_selected" => current.map(|tab| tab - 1.0),
            _ => told.number("target_tab"),
        };
        let page = tab.map(|tab| self.iris.find(&format!("{sequence}#{tab}"), "/event/id"));
        let named = match page {
            Some(Ok(named)) => named,
            _ => self.iris.find(sequence, "/event/id")?,
        };
        let activity = named.activity().id.to_string();
        let action = LearnerAction::ActivityStarted(ActivityNamed { activity });
        Ok(one(told, learner, named.course.id.as_str(), action))
    }

    fn completed(&self, told: &TrackingEvent, learner: &str) -> Said {
        if told.number("completion").is_none_or(|completion| completion < 1.0) {
            return Ok(unused("a block that is not completed"));
        }
        let named = self.iris.find(told.text("block_id"), "/event/block_id")?;
        let Thing::Activity(activity) = named.thing else {
            return Ok(unused("a question that is completed"));
        };
        if activity.video_seconds.is_some() {
            return Ok(unused("a video that is completed: its parts decide"));
        }
        let activity = activity.id.to_string();
        let action = LearnerAction::ActivityCompleted(ActivityNamed { activity });
        Ok(one(told, learner, named.course.id.as_str(), action))
    }
}

impl Translator for OpenedxTranslator {
    fn set_iris(&mut self, iris: IriIndex) {
        self.iris = iris;
    }

    fn moment(&self, text: &str) -> Option<Timestamp> {
        TrackingEvent::new(serde_json::from_str(json_of(text)).ok()?).at()
    }

    fn translate(&mut self, text: &str) -> ForeignRecord {
        let read = json(json_of(text));
        let told = match read.and_then(TrackingEvent::sound) {
            Ok(told) => told,
            Err(problem) => return ForeignRecord { learner: None, said: Err(problem) },
        };
        let Some(user) = told.learner_number() else {
            let detail = "the event says not whose it is: it has no user_id";
            let problem = FieldProblem::new("/context/user_id", "missing_identity", detail);
            return ForeignRecord { learner: None, said: Err(problem) };
        };
        let learner = self.key.of_openedx_learner(&user);
        let said = self.said(&told, &learner);
        ForeignRecord { learner: Some(learner), said }
    }
}

/// What a line of the log says: the JSON behind what the logger puts before it.
fn json_of(line: &str) -> &str {
    line.find('{').map_or(line, |start| &line[start..])
}

fn unused(why: &str) -> Translated {
    Translated::Unused(why.to_owned())
}

fn one(told: &TrackingEvent, learner: &str, course: &str, action: LearnerAction) -> Translated {
    let events = vec![event(told.id(), learner, course, told.at(), action)];
    Translated::Events { events, dropped: 0 }
}

fn question(named: &NamedThing<'_>) -> Result<String, FieldProblem> {
    named.question().map(|question| question.id.to_string()).ok_or_else(|| {
        let detail = format!(
            "activity {:?} has not exactly one question; name the inputs in `iris`",
            named.activity().id.as_str()
        );
        FieldProblem::new("/event/problem_id", "not_a_question", detail)
    })
}

/// The id of an event: Open edX gives none, so it is made of all that the event says.
fn id_of(event: &serde_json::Value) -> String {
    let digits: String = canonical::hash(event).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("openedx-{digits}")
}

#[cfg(test)]
mod tests;
