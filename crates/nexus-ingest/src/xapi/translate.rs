//! From a statement to events.

use super::answer::{answer, grade};
use super::place::Checked;
use super::statement::{actor_of, at, happened_at, refused, session, verb_word};
use super::validate::validate;
use super::{VOIDED, XapiVersion, video};
use crate::foreign::{
    ActorKey, ForeignRecord, IriIndex, Lately, NamedThing, Thing, Translated, Translator, event,
    json,
};
use nexus_api::events::{
    ActivityNamed, ActivityRated, LearnerAction, QuizCompleted, VideoProgressed,
};
use nexus_api::{FieldProblem, canonical};
use nexus_engine::catalog::{Activity, ActivityKind};
use nexus_engine::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Sittings whose first statement may not have been taken; of more, all count as begun.
const OPEN_MAX: usize = 10_000;

/// Reads statements in the order of their times. It knows which sittings have begun, so that of
/// many plays only the first is a start.
pub struct XapiTranslator {
    key: ActorKey,
    iris: IriIndex,
    sittings: Sittings,
}

/// Which sittings have begun.
#[derive(Default)]
struct Sittings {
    noted: Lately,
    /// Of those noted, the ones whose first statement may not have been taken: they begin anew.
    open: BTreeSet<String>,
    /// What began since the last [`Sittings::hold`].
    fresh: BTreeSet<String>,
}

impl Sittings {
    /// Notes a sitting, and says whether it begins.
    fn note(&mut self, sitting: &str) -> bool {
        // Names are as long as their senders like.
        let mark = blake3::hash(sitting.as_bytes()).to_hex().to_string();
        if self.fresh.contains(&mark) {
            return false;
        }
        let begins = self.noted.note(&mark) || self.open.contains(&mark);
        if begins {
            self.fresh.insert(mark);
        }
        begins
    }

    fn hold(&mut self) -> BTreeSet<String> {
        let fresh = std::mem::take(&mut self.fresh);
        if self.open.len() + fresh.len() > OPEN_MAX {
            self.open.clear();
        }
        self.open.extend(fresh.iter().cloned());
        fresh
    }

    fn keep(&mut self, begun: &BTreeSet<String>) {
        for mark in begun {
            self.open.remove(mark);
        }
    }
}

/// What a statement says, when it is about something we know.
enum Saying {
    Actions(Vec<LearnerAction>, u32),
    Unused(&'static str),
}

impl XapiTranslator {
    #[must_use]
    pub fn new(key: ActorKey, iris: IriIndex) -> Self {
        Self { key, iris, sittings: Sittings::default() }
    }

    /// The sittings that began in what was said since the last call. They have not begun yet: they do
    /// so with [`XapiTranslator::keep_begun`], once the statements were taken.
    pub fn hold_begun(&mut self) -> BTreeSet<String> {
        self.sittings.hold()
    }

    /// The statements with which these sittings began were taken.
    pub fn keep_begun(&mut self, begun: &BTreeSet<String>) {
        self.sittings.keep(begun);
    }

    /// What a sound statement says.
    pub fn say(&mut self, statement: &Value) -> ForeignRecord {
        let learner = actor_of(&self.key, statement);
        let said = match &learner {
            Ok(learner) => self.said(statement, learner),
            Err(problem) => Err(problem.clone()),
        };
        ForeignRecord { learner: learner.ok(), said }
    }

    fn said(&mut self, statement: &Value, learner: &str) -> Checked<Translated> {
        let verb = text(statement, &["verb", "id"]);
        if verb == VOIDED {
            return Ok(Translated::Void(text(statement, &["object", "id"]).to_owned()));
        }
        let word = verb_word(verb);
        if !VERBS.contains(&word) {
            return Ok(Translated::Unused(word.to_owned()));
        }
        let kind = at(statement, &["object", "objectType"]).and_then(Value::as_str);
        if kind.is_some_and(|kind| kind != "Activity") {
            return Ok(Translated::Unused(format!("{word} of no activity")));
        }
        let iri = text(statement, &["object", "id"]);
        let named = self.iris.find(iri, "/object/id")?;
        let fresh = STARTS.contains(&word)
            && session(statement)
                .is_none_or(|session| self.sittings.note(&format!("{learner} {iri} {session}")));
        match say(statement, word, &named, fresh)? {
            Saying::Unused(why) => Ok(Translated::Unused(format!("{word}{why}"))),
            Saying::Actions(actions, dropped) => {
                let (id, at) = (id_of(statement), happened_at(statement));
                let course = named.course.id.as_str();
                let named = |(place, action)| {
                    let id = if place == 0 { id.clone() } else { format!("{id}:seg") };
                    event(id, learner, course, at, action)
                };
                let events = actions.into_iter().enumerate().map(named).collect();
                Ok(Translated::Events { events, dropped })
            }
        }
    }
}

impl Translator for XapiTranslator {
    fn set_iris(&mut self, iris: IriIndex) {
        self.iris = iris;
    }

    fn moment(&self, text: &str) -> Option<Timestamp> {
        happened_at(&serde_json::from_str(text).ok()?)
    }

    fn translate(&mut self, text: &str) -> ForeignRecord {
        let statement = match json(text) {
            Ok(statement) => statement,
            Err(problem) => return ForeignRecord { learner: None, said: Err(problem) },
        };
        let written = statement.get("version").and_then(Value::as_str);
        let version = written.and_then(XapiVersion::of).unwrap_or(XapiVersion::V1);
        match validate(&statement, version) {
            Ok(()) => {
                let record = self.say(&statement);
                // A record of a file or a topic is read once: what begins has begun.
                self.sittings.fresh.clear();
                record
            }
            Err(problem) => {
                let learner = actor_of(&self.key, &statement).ok();
                ForeignRecord { learner, said: Err(problem) }
            }
        }
    }
}

/// Verbs that begin something; of one sitting the first counts.
const STARTS: [&str; 3] = ["initialized", "played", "launched"];

/// Verbs that say something; every other one is counted and left.
const VERBS: [&str; 18] = [
    "initialized",
    "played",
    "launched",
    "paused",
    "seeked",
    "terminated",
    "completed",
    "answered",
    "interacted",
    "passed",
    "failed",
    "scored",
    "experienced",
    "viewed",
    "read",
    "rated",
    "liked",
    "evaluated",
];

fn say(statement: &Value, verb: &str, named: &NamedThing<'_>, fresh: bool) -> Checked<Saying> {
    let activity = named.activity();
    let which = || ActivityNamed { activity: activity.id.to_string() };
    let one = |action: LearnerAction| Ok(Saying::Actions(vec![action], 0));
    match verb {
        "initialized" | "played" | "launched" => match fresh {
            true => one(LearnerAction::ActivityStarted(which())),
            false => Ok(Saying::Unused(" again in its session")),
        },
        "paused" | "seeked" | "terminated" | "completed" if is_video(activity) => {
            watched(statement, activity)
        }
        "completed" => one(LearnerAction::ActivityCompleted(which())),
        "paused" | "seeked" | "terminated" => Ok(Saying::Unused(" of no video")),
        "answered" | "evaluated" => answered(statement, named),
        "interacted" => match says_how_it_was(statement) {
            true => answered(statement, named),
            false => Ok(Saying::Unused(" without a result")),
        },
        "passed" | "failed" | "scored" => match (grade(statement), named.thing) {
            (None, _) => Ok(Saying::Unused(" without a score")),
            (_, Thing::Question(_)) => answered(statement, named),
            (grade, Thing::Activity(_)) => {
                let activity = activity.id.to_string();
                one(LearnerAction::QuizCompleted(QuizCompleted { activity, grade }))
            }
        },
        "experienced" | "viewed" | "read" => {
            let mut actions = vec![LearnerAction::ActivityStarted(which())];
            let done = at(statement, &["result", "completion"]).and_then(Value::as_bool);
            if done == Some(true) && !is_video(activity) {
                actions.push(LearnerAction::ActivityCompleted(which()));
            }
            Ok(Saying::Actions(actions, 0))
        }
        _ => rated(statement, verb, activity),
    }
}

fn is_video(activity: &Activity) -> bool {
    activity.kind == ActivityKind::Video
}

fn watched(statement: &Value, activity: &Activity) -> Checked<Saying> {
    let length = activity.video_seconds.unwrap_or(f64::INFINITY);
    let Some(segments) = video::played(statement, length) else {
        return Ok(Saying::Unused(" without played segments"));
    };
    if segments.is_empty() {
        return Ok(Saying::Unused(" with nothing played"));
    }
    let activity = activity.id.to_string();
    let action = LearnerAction::VideoProgressed(VideoProgressed { activity, segments });
    Ok(Saying::Actions(vec![action], 0))
}

fn says_how_it_was(statement: &Value) -> bool {
    let result = statement.get("result").unwrap_or(&Value::Null);
    ["success", "score", "response"].iter().any(|part| result.get(part).is_some())
}

fn answered(statement: &Value, named: &NamedThing<'_>) -> Checked<Saying> {
    let Some(question) = named.question() else {
        let detail = format!(
            "activity {:?} has not exactly one question; name the questions in `iris`",
            named.activity().id.as_str()
        );
        return Err(FieldProblem::new("/object/id", "not_a_question", detail));
    };
    if !says_how_it_was(statement) {
        let detail = "an answer needs success, a score or a response";
        return refused("/result", "missing_result", detail);
    }
    let (answer, dropped) = answer(statement, question.id.as_str());
    Ok(Saying::Actions(vec![LearnerAction::QuestionAnswered(answer)], dropped))
}

/// From 1 to 5: a score on its scale, and 5 for what was liked without one.
fn rated(statement: &Value, verb: &str, activity: &Activity) -> Checked<Saying> {
    let liked = (verb == "liked").then_some(1.0);
    let Some(grade) = grade(statement).or(liked) else {
        return Ok(Saying::Unused(" without a score"));
    };
    let comment = at(statement, &["result", "response"]).and_then(Value::as_str);
    let action = LearnerAction::Feedback(ActivityRated {
        activity: activity.id.to_string(),
        rating: (1.0 + 4.0 * grade).round() as u8,
        comment: comment.map(str::to_owned),
    });
    Ok(Saying::Actions(vec![action], 0))
}

/// The id of a statement, or what stands for it: the same statement has the same one.
pub(super) fn id_of(statement: &Value) -> String {
    match statement.get("id").and_then(Value::as_str) {
        Some(id) => id.to_ascii_lowercase(),
        None => {
            let hash = canonical::hash(statement);
            let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("statement-{digits}")
        }
    }
}

fn text<'a>(statement: &'a Value, steps: &[&str]) -> &'a str {
    at(statement, steps).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
