//! Live numbers: what the pages show every second, as server-sent events or as one JSON.

use crate::decisions::title;
use crate::experiments::VariantNumbers;
use crate::report::CourseNumbers;
use crate::sources::SourceReport;
use crate::switch::ThrownSwitch;
use crate::{time, words};
use nexus_engine::catalog::{Course, Skill};
use nexus_engine::decision::Decision;
use nexus_engine::event::Happening;
use nexus_engine::learner::turn::SkillTurn;
use nexus_engine::report::CourseOverlap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Payload of the event `live`, and of `GET /v1/stats`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveNumbers {
    /// The node's time, which runs faster in a demonstration.
    #[schema(format = DateTime)]
    pub at: String,
    /// How many times faster than the machine's clock it runs.
    pub clock_factor: f64,
    /// A line for the top of every page, like "Demo: simulated time".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<String>,
    /// The kill switches that are on: where the courses' own paths are served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<ThrownSwitch>,
    /// Whether the node serves now.
    pub health: NodeHealth,
    /// The last committed journal entry.
    pub head: u64,
    /// Requests that wait for the node.
    pub queue: usize,
    /// Event streams that are open.
    pub streams: usize,
    /// What happens a second, over the last ten seconds of the machine's clock.
    pub rates: LiveRates,
    /// Sums over all courses.
    pub totals: LiveTotals,
    /// Every course, with its most chosen activities.
    pub courses: Vec<CourseNumbers>,
    /// Every experiment, with one row a side.
    pub experiments: Vec<LiveExperiment>,
    /// The streams that the server reads, or that are read for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceReport>,
}

/// Whether a server serves, and why not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeHealth {
    /// The node serves every request.
    #[default]
    Ready,
    /// It rebuilds its state from the journal.
    Recovering,
    /// The disk is full.
    StorageFull,
    /// The disk failed, so nothing is acknowledged.
    StorageFailed,
    /// The node stops and serves no more.
    Stopping,
}

/// What happens a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveRates {
    /// Events of learners a second.
    pub events_per_second: f64,
    /// Decisions that were made a second.
    pub decisions_per_second: f64,
    /// Rewards that were joined a second.
    pub rewards_per_second: f64,
}

/// Sums over all courses since the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveTotals {
    /// Learners, each once, in however many courses they are.
    pub learners: u64,
    /// Learners who completed a course, each once, in the newest version that they were in.
    pub completions: u64,
    /// Events of learners since the start.
    pub events: u64,
    /// Decisions that were made.
    pub decisions: u64,
    /// Decisions that served the static path and not what a policy chose.
    pub fallbacks: u64,
    /// Rewards that were joined to decisions.
    pub rewards: u64,
    /// First attempts at questions, without probes, placements and closing checks.
    pub answers: u64,
    /// Probes that learners answered.
    pub probes: u64,
}

/// An experiment in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveExperiment {
    /// The id of the experiment.
    pub experiment: String,
    /// The id of the course.
    pub course: String,
    /// Whether the experiment still runs.
    pub running: bool,
    /// One row a side, the control first.
    pub variants: Vec<VariantNumbers>,
}

/// Payload of the event `decision`: a decision that was just made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveDecision {
    /// The id of the decision.
    pub decision_id: String,
    /// Its place in the journal.
    pub seq: u64,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The probability of the choice that was made.
    pub propensity: f64,
    /// How many candidates there were.
    pub candidates: usize,
    /// The policy that decided.
    pub policy: String,
    /// Its side of an experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Why the course's own path was served, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<words::Fallback>,
    /// When, by the node's time.
    #[schema(format = DateTime)]
    pub made_at: String,
}

/// Payload of the events `learner_stuck`, `learner_unstuck`, `skill_mastered` and `mastery_lost`:
/// what an answer did to a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveTurn {
    /// The word of the event.
    pub turn: words::SkillTurn,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Place in the journal of the answer that did it.
    pub seq: u64,
    /// When that answer was given.
    #[schema(format = DateTime)]
    pub at: String,
}

impl LiveTurn {
    /// What the answer of a happening did to one of its skills.
    #[must_use]
    pub fn new(happening: &Happening, seq: u64, skill: &Skill, turn: SkillTurn) -> Self {
        Self {
            turn: turn.into(),
            learner: happening.learner.to_string(),
            course: happening.course.to_string(),
            skill: skill.id.to_string(),
            title: skill.title.clone(),
            seq,
            at: time::print(happening.occurred_at),
        }
    }
}

impl LiveTotals {
    /// Sums over all courses, less what they count more than once.
    #[must_use]
    pub fn of(courses: &[CourseNumbers], overlap: &CourseOverlap) -> Self {
        let sum = courses.iter().fold(Self::default(), |sum, course| Self {
            learners: sum.learners + course.learners,
            completions: sum.completions + course.completions,
            events: sum.events + course.events,
            decisions: sum.decisions + course.decisions,
            fallbacks: sum.fallbacks + course.fallbacks,
            rewards: sum.rewards + course.rewards_joined,
            answers: sum.answers + course.answers,
            probes: sum.probes + course.probes_answered,
        });
        Self {
            learners: sum.learners.saturating_sub(overlap.learners),
            completions: sum.completions.saturating_sub(overlap.completions),
            ..sum
        }
    }
}

impl LiveDecision {
    /// A decision in a few words.
    #[must_use]
    pub fn new(decision: &Decision, seq: u64, course: Option<&Course>) -> Self {
        let chosen = decision.chosen();
        let named = course.map(|course| title(course, chosen.activity.as_str()));
        Self {
            decision_id: decision.origin.id.to_string(),
            seq,
            learner: decision.learner.to_string(),
            course: decision.course.to_string(),
            activity: chosen.activity.to_string(),
            title: named.unwrap_or_default(),
            propensity: chosen.probability,
            candidates: decision.choice.candidates.len(),
            policy: decision.origin.decider.policy.to_string(),
            variant: decision
                .origin
                .decider
                .assignment
                .as_ref()
                .map(|side| side.variant.to_string()),
            fallback: decision.choice.fallback.map(Into::into),
            made_at: time::print(decision.origin.window.made_at),
        }
    }
}
