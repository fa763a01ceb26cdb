//! The evidence behind what is believed of a skill: the latest answers, why the status is what it
//! is, and what to try next. The words are for teachers.

use crate::{time, words};
use nexus_engine::catalog::grading::is_right;
use nexus_engine::catalog::{Activity, Course};
use nexus_engine::event::Answer;
use nexus_engine::learner::mastery::{MASTERED_ATTEMPTS, MASTERED_REACHED, SkillStatus, SkillView};
use nexus_engine::learner::remedy::remedy;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most answers a skill that are looked at.
pub const ANSWERS_MAX: usize = 10;
/// A skill that is believed mastered with more than this is known: no learner is sent back to it.
const KNOWN: f64 = 0.7;
/// The most activities that are named as a next step.
pub const STEPS_MAX: usize = 3;
/// The longest prompt that is repeated, in characters.
const PROMPT_CHARS: usize = 100;
/// A pull (the gradient of the answer's likelihood) below this hardly moves what is believed.
const PULL_LITTLE: f64 = 0.15;
/// A pull from this on moves it clearly.
const PULL_CLEAR: f64 = 0.4;
/// A pull from this on moves it much.
const PULL_MUCH: f64 = 0.7;

/// One answer that exercised a skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SkillAnswer {
    /// Its place in the journal.
    pub seq: u64,
    /// When it was given.
    #[schema(format = DateTime)]
    pub at: String,
    /// The id of the question.
    pub question: String,
    /// How the question begins; empty when the course no longer has it.
    pub prompt: String,
    /// Whether it counts as right.
    pub right: bool,
    /// Predicted probability of a right answer, before it was seen.
    pub predicted: f64,
    /// Whether it answered a probe, a question drawn at random to measure.
    pub probe: bool,
    /// Where it moved what is believed of the skill.
    pub moved: BeliefMove,
    /// The same in a teacher's words.
    pub words: String,
}

/// Where an answer moved what is believed of a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BeliefMove {
    /// The answer raised the estimate.
    Raised,
    /// The answer lowered the estimate.
    Lowered,
    /// The answer hardly moved the estimate.
    Hardly,
}

/// What to try when a learner is stuck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NextStep {
    /// The weakest skill that the stuck one builds on.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Probability that it is mastered.
    pub mastered_probability: f64,
    /// Activities that teach or exercise it, in path order, at most three.
    pub activities: Vec<StepActivity>,
}

/// An activity to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepActivity {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The kind of the activity.
    pub kind: words::ActivityKind,
}

impl From<&Activity> for StepActivity {
    fn from(activity: &Activity) -> Self {
        Self {
            activity: activity.id.to_string(),
            title: activity.title.clone(),
            kind: activity.kind.into(),
        }
    }
}

impl SkillAnswer {
    /// An answer as evidence; `prompt` is the question's, whole.
    #[must_use]
    pub fn new(seq: u64, at: Timestamp, answer: &Answer, prompt: &str) -> Self {
        let right = is_right(answer.grade);
        let (moved, words) = moved(right, answer.evidence.gradient.abs());
        Self {
            seq,
            at: time::print(at),
            question: answer.question.to_string(),
            prompt: beginning(prompt),
            right,
            predicted: answer.evidence.predicted,
            probe: answer.probe,
            moved,
            words: words.to_owned(),
        }
    }
}

/// How far an answer pulled, in one word and in a teacher's words.
fn moved(right: bool, pull: f64) -> (BeliefMove, &'static str) {
    match (right, pull) {
        (true, pull) if pull < PULL_LITTLE => {
            (BeliefMove::Hardly, "As expected: hardly changed the estimate")
        }
        (true, pull) if pull < PULL_CLEAR => (BeliefMove::Raised, "Raised the estimate a little"),
        (true, pull) if pull < PULL_MUCH => {
            (BeliefMove::Raised, "Better than expected: raised the estimate")
        }
        (true, _) => (BeliefMove::Raised, "A surprise: raised the estimate much"),
        (false, pull) if pull < PULL_LITTLE => {
            (BeliefMove::Hardly, "As expected: hardly changed the estimate")
        }
        (false, pull) if pull < PULL_CLEAR => {
            (BeliefMove::Lowered, "Lowered the estimate a little")
        }
        (false, pull) if pull < PULL_MUCH => {
            (BeliefMove::Lowered, "Worse than expected: lowered the estimate")
        }
        (false, _) => (BeliefMove::Lowered, "A surprise: lowered the estimate much"),
    }
}

/// The beginning of a prompt, on one line.
fn beginning(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= PROMPT_CHARS {
        return line;
    }
    let cut: String = line.chars().take(PROMPT_CHARS - 1).collect();
    format!("{}…", cut.trim_end())
}

impl NextStep {
    /// What to try when a learner is stuck in the skill at a position of [`Course::skills`];
    /// `None` when it builds on nothing, or only on what is known already. `mastered` is as in
    /// [`remedy`].
    #[must_use]
    pub fn new(course: &Course, skill: usize, mastered: impl Fn(usize) -> f64) -> Option<Self> {
        let remedy = remedy(course, skill, &mastered)?;
        if mastered(remedy.prerequisite) > KNOWN {
            return None;
        }
        let prerequisite = &course.skills[remedy.prerequisite];
        let activities = remedy.activities.iter().take(STEPS_MAX);
        let activities =
            activities.map(|position| StepActivity::from(&course.activities[*position]));
        Some(Self {
            skill: prerequisite.id.to_string(),
            title: prerequisite.title.clone(),
            mastered_probability: mastered(remedy.prerequisite),
            activities: activities.collect(),
        })
    }
}

/// One sentence that says why the status is what it is. `recent` are the latest answers, right or
/// not, the newest first; empty when none were looked at.
#[must_use]
pub fn because(
    view: &SkillView,
    recent: &[bool],
    at: Timestamp,
    next_step: Option<&NextStep>,
) -> String {
    let answers = answers_in_words(view, recent);
    let when = view.last_at.map_or_else(String::new, |last| ago(at.days_since(last)));
    let likely = likely(view);
    match view.status {
        SkillStatus::NotStarted => "Not started: no answer has exercised it yet.".to_owned(),
        SkillStatus::Learning => {
            format!("Learning: {answers}, most recently {when}; {likely}, and {}.", missing(view))
        }
        SkillStatus::Mastered => format!("Mastered: {answers}, most recently {when}; {likely}."),
        SkillStatus::Fragile if view.due_for_review => format!(
            "Fragile: it was mastered, but the last answer was {when} and recall has faded to \
             {}: a review is due.",
            percent(view.recall)
        ),
        // What was answered in other skills says something of the learner as a whole.
        SkillStatus::Fragile if all_right(view, recent) => format!(
            "Fragile: it was mastered, with {answers}, most recently {when}; answers in other skills \
             since then make it less sure: {likely}."
        ),
        SkillStatus::Fragile => format!(
            "Fragile: it was mastered, but lately less sure: {answers}, most recently {when}; \
             {likely}."
        ),
        SkillStatus::Stuck => {
            format!("{}; {answers}, most recently {when}; {}.", still(view), advice(next_step))
        }
    }
}

/// A chance of guessing from which on success says little: of ten options, one is right.
const GUESS_TELLING: f64 = 0.1;
/// Success so little above the chance of guessing is no better than guessing.
const GUESS_MARGIN: f64 = 0.03;

/// Whether what is expected of a learner is no more than guessing gives.
#[must_use]
pub fn is_guessing(view: &SkillView) -> bool {
    view.guess >= GUESS_TELLING && view.expected_success <= view.guess + GUESS_MARGIN
}

/// How likely a right answer is, in a teacher's words.
fn likely(view: &SkillView) -> String {
    if is_guessing(view) {
        return "no better than guessing at a typical question".to_owned();
    }
    format!("about {} likely to answer a typical question right", percent(view.expected_success))
}

/// What is missing to mastery.
fn missing(view: &SkillView) -> String {
    let sure = percent(view.mastered_probability);
    if view.mastered_probability < MASTERED_REACHED {
        return format!("{sure} sure that it is mastered (mastered takes 90 %)");
    }
    if view.attempts < u32::from(MASTERED_ATTEMPTS) {
        return format!("{sure} sure that it is mastered, which takes {MASTERED_ATTEMPTS} answers");
    }
    format!(
        "{sure} sure that it is mastered: a right answer to another question, or on another day, \
         settles it"
    )
}

fn still(view: &SkillView) -> String {
    format!("Stuck: {} answers without progress", view.attempts_since_gain)
}

fn advice(next_step: Option<&NextStep>) -> String {
    match next_step {
        Some(step) => format!(
            "weakest prerequisite: {} ({} sure that it is mastered)",
            step.title,
            percent(step.mastered_probability)
        ),
        None => "what it builds on seems known, or it builds on nothing, so the lesson or its \
                 questions may be the problem: time for a person"
            .to_owned(),
    }
}

fn answers_in_words(view: &SkillView, recent: &[bool]) -> String {
    let seen = &recent[..recent.len().min(ANSWERS_MAX)];
    let right = seen.iter().filter(|right| **right).count();
    match seen.len() {
        0 => format!("{} of {} right", view.wins, view.attempts),
        1 => {
            format!("the {} answer was {}", which(view), if right == 1 { "right" } else { "wrong" })
        }
        n if n as u32 >= view.attempts => format!("{right} of {n} right"),
        n => format!("{right} of the last {n} right"),
    }
}

/// Whether nothing that was looked at was wrong.
fn all_right(view: &SkillView, recent: &[bool]) -> bool {
    match recent {
        [] => view.wins == view.attempts,
        _ => recent.iter().take(ANSWERS_MAX).all(|right| *right),
    }
}

fn which(view: &SkillView) -> &'static str {
    if view.attempts == 1 { "only" } else { "latest" }
}

/// A share of one as whole percent, never rounded up to certainty or down to impossibility.
fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    match whole {
        _ if whole >= 100.0 && share < 1.0 => "over 99 %".to_owned(),
        _ if whole <= 0.0 && share > 0.0 => "under 1 %".to_owned(),
        _ => format!("{whole:.0} %"),
    }
}

fn ago(days: f64) -> String {
    match days {
        days if days < 1.0 => "within a day".to_owned(),
        days if days < 2.0 => "a day ago".to_owned(),
        days if days < 60.0 => format!("{days:.0} days ago", days = days.floor()),
        days => format!("{months:.0} months ago", months = (days / 30.4).floor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::time::DAY_MICROS;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn view(status: SkillStatus) -> SkillView {
        SkillView {
            expected_success: 0.934,
            guess: 0.001,
            logit: 0.0,
            variance: 1.0,
            mastered_probability: 0.42,
            recall: 0.713,
            stability_days: 3.0,
            due_at: None,
            due_for_review: false,
            status,
            attempts: 31,
            wins: 20,
            attempts_since_gain: 14,
            last_at: Some(NOW.plus_micros(-DAY_MICROS)),
        }
    }

    #[track_caller]
    fn check(view: &SkillView, recent: &[bool], next: Option<&NextStep>, expected: &str) {
        assert_eq!(because(view, recent, NOW, next), expected);
    }

    // The sentences are what a teacher reads; each is written out by hand.
    #[test]
    fn every_status_has_its_sentence() {
        let mut nine = [true; 10];
        nine[4] = false;
        let not_started = SkillView { attempts: 0, ..view(SkillStatus::NotStarted) };
        check(&not_started, &[], None, "Not started: no answer has exercised it yet.");
        check(
            &view(SkillStatus::Mastered),
            &nine,
            None,
            "Mastered: 9 of the last 10 right, most recently a day ago; about 93 % likely to \
             answer a typical question right.",
        );
        let first = SkillView { attempts: 1, wins: 0, ..view(SkillStatus::Learning) };
        check(
            &first,
            &[false],
            None,
            "Learning: the only answer was wrong, most recently a day ago; about 93 % likely to \
             answer a typical question right, and 42 % sure that it is mastered (mastered takes \
             90 %).",
        );
        let sure = SkillView { mastered_probability: 0.95, ..view(SkillStatus::Learning) };
        check(
            &sure,
            &nine,
            None,
            "Learning: 9 of the last 10 right, most recently a day ago; about 93 % likely to \
             answer a typical question right, and 95 % sure that it is mastered: a right answer \
             to another question, or on another day, settles it.",
        );
        let due = SkillView { due_for_review: true, ..view(SkillStatus::Fragile) };
        check(
            &due,
            &nine,
            None,
            "Fragile: it was mastered, but the last answer was a day ago and recall has faded to \
             71 %: a review is due.",
        );
        let few = SkillView { attempts: 3, wins: 3, ..view(SkillStatus::Fragile) };
        check(
            &few,
            &[true; 3],
            None,
            "Fragile: it was mastered, with 3 of 3 right, most recently a day ago; answers in other \
             skills since then make it less sure: about 93 % likely to answer a typical question \
             right.",
        );
        check(
            &view(SkillStatus::Stuck),
            &[],
            None,
            "Stuck: 14 answers without progress; 20 of 31 right, most recently a day ago; what it \
             builds on seems known, or it builds on nothing, so the lesson or its questions may be \
             the problem: time for a person.",
        );
        let step = NextStep {
            skill: "add".into(),
            title: "Adding".into(),
            mastered_probability: 0.003,
            activities: Vec::new(),
        };
        check(
            &view(SkillStatus::Stuck),
            &[true, false],
            Some(&step),
            "Stuck: 14 answers without progress; 1 of the last 2 right, most recently a day ago; \
             weakest prerequisite: Adding (under 1 % sure that it is mastered).",
        );
    }

    #[test]
    fn prompts_are_cut_and_stay_on_one_line() {
        assert_eq!(beginning("How\n  much?"), "How much?");
        let cut = beginning(&"é ".repeat(200));
        assert!(cut.chars().count() <= PROMPT_CHARS && cut.ends_with('…'), "{cut}");
    }
}
