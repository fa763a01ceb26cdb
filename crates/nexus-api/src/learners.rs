//! Learners: what one has done, what they seem to know, and what happened, newest first.

pub mod evidence;

use crate::consent::ConsentState;
use crate::decisions::title;
use crate::journal::JournalEntry;
use crate::report::mean_micros;
use crate::{time, words};
use evidence::{NextStep, SkillAnswer, because};
use nexus_engine::catalog::{Activity, Course, Skill};
use nexus_engine::decision::reward::OpenDecision;
use nexus_engine::ids::ActivityKey;
use nexus_engine::learner::mastery::{SkillStatus, SkillView};
use nexus_engine::learner::progress::ActivityProgress;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{self, LearnerState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of a learner, without the mastery of skills (see `.../mastery`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerBody {
    /// The id of the learner.
    pub learner: String,
    /// Journal entries about them.
    pub entries: u64,
    /// The latest moment seen in their events.
    #[schema(format = DateTime)]
    pub last_at: Option<String>,
    /// What was said last about consent to exploration; absent before anything was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentState>,
    /// Whether the learner only tries the site out, and teaches nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// Answers that the learner gave.
    pub answers: u32,
    /// Answers that were right.
    pub right: u32,
    /// General ability in logits: mean and variance.
    pub ability: AbilityBody,
    /// What they have done, by course.
    pub courses: Vec<LearnerCourse>,
}

impl LearnerBody {
    /// The same without what would tell the learner which side of an experiment they are on.
    #[must_use]
    pub fn blinded(mut self) -> Self {
        for course in &mut self.courses {
            course.exposures.clear();
            course.open_decisions.clear();
        }
        self
    }
}

/// General ability in logits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AbilityBody {
    /// The mean over these learners.
    pub mean: f64,
    /// The variance of the estimate.
    pub variance: f64,
}

/// A learner in a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerCourse {
    /// The id of the course.
    pub course: String,
    /// The title that people read.
    pub title: String,
    /// The version under which the latest event happened.
    pub course_version: u32,
    /// First event in the course.
    #[schema(format = DateTime)]
    pub since: String,
    /// How many sessions were begun.
    pub sessions: u32,
    /// Whether a session is open.
    pub in_session: bool,
    /// The activity that is open now.
    pub current: Option<String>,
    /// Required activities that are completed.
    pub completed: usize,
    /// Activities that the course requires.
    pub required: usize,
    /// Answers in a row that were right (positive) or wrong (negative).
    pub streak: i32,
    /// First attempts at questions, without probes, placements and closing checks.
    pub answered: u32,
    /// Mean grade of first attempts.
    pub mean_grade: Option<f64>,
    /// Probes that learners answered.
    pub probes: u32,
    /// Mean grade on probes.
    pub mean_probe_grade: Option<f64>,
    /// Minutes spent in activities.
    pub minutes: f64,
    /// Decisions made for them here.
    pub decisions: u32,
    /// Rewards that were joined to decisions.
    pub rewards: u32,
    /// The mean of the joined rewards.
    pub mean_reward: Option<f64>,
    /// Experiments whose choice they were shown.
    pub exposures: Vec<ExposureBody>,
    /// Decisions that wait for their reward, oldest first.
    pub open_decisions: Vec<OpenDecisionBody>,
    /// What was done in each activity, in file order; untouched activities are left out.
    pub activities: Vec<LearnerActivity>,
}

/// A learner and one experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExposureBody {
    /// The id of the experiment.
    pub experiment: String,
    /// The name of the variant.
    pub variant: String,
    /// The first time something of it was shown.
    #[schema(format = DateTime)]
    pub first_at: String,
}

/// A decision that waits for its reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenDecisionBody {
    /// The id of the decision.
    pub decision_id: String,
    /// The id of the activity.
    pub activity: String,
    /// The policy that decided.
    pub policy: String,
    /// When the decision was made.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// Until when its reward may come.
    #[schema(format = DateTime)]
    pub reward_window_ends_at: String,
    /// When it was shown.
    #[schema(format = DateTime)]
    pub exposed_at: Option<String>,
}

/// A learner and one activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerActivity {
    /// The id of the activity.
    pub activity: String,
    /// The title that people read.
    pub title: String,
    /// The kind of the activity.
    pub kind: words::ActivityKind,
    /// Times it was started.
    pub starts: u16,
    /// When it was first completed.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// When anything last happened in it.
    #[schema(format = DateTime)]
    pub last_at: String,
    /// Times it was skipped.
    pub skips: u16,
    /// First attempts at its questions, over all rounds. A question that was met before, in a placement
    /// for instance, has none.
    pub answered: u16,
    /// Mean grade of them. Where questions were answered again, each of at most 16 counts as right or wrong.
    pub mean_grade: Option<f64>,
    /// The latest rating, from 1 to 5.
    pub rating: Option<u8>,
}

/// What a learner seems to know, skill by skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MasteryBody {
    /// The id of the learner.
    pub learner: String,
    /// The moment it is true for: recall fades with time.
    #[schema(format = DateTime)]
    pub at: String,
    /// By course, in the order of their ids.
    pub courses: Vec<CourseMastery>,
    /// Journal entries of this learner that were looked at for evidence, newest first.
    pub entries_read: usize,
    /// Whether older entries were left unread although a skill wanted more answers.
    pub evidence_cut: bool,
}

/// What a learner seems to know of one course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CourseMastery {
    /// The id of the course.
    pub course: String,
    /// The title that people read.
    pub title: String,
    /// Its skills, in file order.
    pub skills: Vec<SkillMastery>,
}

/// What a learner seems to know of one skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SkillMastery {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Where the learner stands in it.
    pub status: words::SkillStatus,
    /// Probability that it is mastered.
    pub mastered_probability: f64,
    /// Probability that what was known is remembered now.
    pub recall: f64,
    /// Predicted success on the skill's median question.
    pub expected_success: f64,
    /// Lower end of the 90 % interval of that success.
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
    /// Days after the last answer for which recall stays at 0.9 or above; 0 before the first.
    pub stability_days: f64,
    /// Whether a review is due.
    pub due_for_review: bool,
    /// When recall falls to 0.80 and a review is due; only of what is mastered.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// Answers that exercised it.
    pub attempts: u32,
    /// Right ones among them.
    pub right: u32,
    /// Answers since the probability of mastery last rose by 0.1 above its best: from 12 on, a
    /// skill in which typical questions are still too hard is `stuck`.
    pub attempts_since_gain: u32,
    /// The latest of them.
    #[schema(format = DateTime)]
    pub last_at: Option<String>,
    /// Skills that come before it.
    pub requires: Vec<String>,
    /// Why the status is what it is, in one sentence for a teacher.
    pub because: String,
    /// What to try when the status is `stuck` and the skill builds on another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<NextStep>,
    /// The latest answers that exercised it, newest first.
    pub evidence: Vec<SkillAnswer>,
}

/// A skill of a learner, measured, with the answers that were found for it.
#[derive(Clone, Debug)]
pub struct SkillSeen {
    /// The estimates of this skill.
    pub view: SkillView,
    /// The latest answers, newest first; at most [`evidence::ANSWERS_MAX`].
    pub answers: Vec<SkillAnswer>,
}

/// What happened to a learner, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryBody {
    /// The entries, in the order of the journal.
    pub entries: Vec<JournalEntry>,
    /// Ask `?before=` this for older ones; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl LearnerBody {
    /// A learner's state, in the courses that are given.
    #[must_use]
    pub fn new<'a>(state: &LearnerState, course_of: impl Fn(&str) -> Option<&'a Course>) -> Self {
        let courses = state.courses.iter().filter_map(|(id, known)| {
            course_of(id.as_str()).map(|course| LearnerCourse::new(course, known))
        });
        Self {
            learner: state.id.to_string(),
            entries: state.entries,
            last_at: time::print_known(state.last_at),
            consent: state.consent.map(ConsentState::from),
            test: state.test,
            answers: state.belief.attempts,
            right: state.belief.wins,
            ability: AbilityBody {
                mean: state.belief.ability.mean,
                variance: state.belief.ability.variance,
            },
            courses: courses.collect(),
        }
    }
}

impl LearnerCourse {
    fn new(course: &Course, known: &workspace::LearnerCourse) -> Self {
        let workspace::LearnerCourse { progress, decisions, exposures, .. } = known;
        let required = || course.activities.iter().filter(|activity| activity.required);
        let touched = course.activities.iter().filter_map(|activity| {
            let done = progress.activity(activity.key)?;
            Some(LearnerActivity::new(activity, done))
        });
        Self {
            course: course.id.to_string(),
            title: course.title.clone(),
            course_version: progress.course_version,
            since: time::print(progress.since),
            sessions: progress.sessions.begun,
            in_session: progress.sessions.open,
            current: progress.current.and_then(|key| activity_id(course, key)),
            completed: required().filter(|activity| progress.completed(activity.key)).count(),
            required: required().count(),
            streak: progress.streak,
            answered: progress.answered,
            mean_grade: mean_micros(progress.grade_sum_micros, progress.answered.into()),
            probes: progress.probes,
            mean_probe_grade: mean_micros(progress.probe_sum_micros, progress.probes.into()),
            minutes: progress.minutes,
            decisions: decisions.made,
            rewards: decisions.rewards,
            mean_reward: mean_micros(decisions.reward_sum_micros, decisions.rewards.into()),
            exposures: exposures
                .iter()
                .map(|exposure| ExposureBody {
                    experiment: exposure.experiment.to_string(),
                    variant: exposure.variant.to_string(),
                    first_at: time::print(exposure.first_at),
                })
                .collect(),
            open_decisions: decisions.open.iter().map(|open| open_body(course, open)).collect(),
            activities: touched.collect(),
        }
    }
}

fn open_body(course: &Course, open: &OpenDecision) -> OpenDecisionBody {
    OpenDecisionBody {
        decision_id: open.origin.id.to_string(),
        activity: activity_id(course, open.activity).unwrap_or_default(),
        policy: open.origin.decider.policy.to_string(),
        made_at: time::print(open.origin.window.made_at),
        reward_window_ends_at: time::print(open.origin.window.ends_at),
        exposed_at: open.run.exposed_at.map(time::print),
    }
}

fn activity_id(course: &Course, key: ActivityKey) -> Option<String> {
    let found = course.activities.iter().find(|activity| activity.key == key);
    found.map(|activity| activity.id.to_string())
}

impl LearnerActivity {
    fn new(activity: &Activity, done: &ActivityProgress) -> Self {
        let (answered, mean_grade) = done.first_attempts();
        Self {
            activity: activity.id.to_string(),
            title: activity.title.clone(),
            kind: activity.kind.into(),
            starts: done.starts,
            completed_at: done.completed_at.map(time::print),
            last_at: time::print(done.last_at),
            skips: done.skips,
            answered,
            mean_grade,
            rating: done.rating,
        }
    }
}

impl CourseMastery {
    /// What a learner seems to know of a course at a moment. `seen` is of the course's skills, in
    /// file order; of their answers at most `shown` are told.
    #[must_use]
    pub fn new(course: &Course, seen: &[SkillSeen], shown: usize, at: Timestamp) -> Self {
        let skill = |position| SkillMastery::new(course, position, seen, shown, at);
        Self {
            course: course.id.to_string(),
            title: course.title.clone(),
            skills: (0..course.skills.len()).map(skill).collect(),
        }
    }
}

impl SkillMastery {
    pub(crate) fn new(
        course: &Course,
        position: usize,
        seen: &[SkillSeen],
        shown: usize,
        at: Timestamp,
    ) -> Self {
        let skill: &Skill = &course.skills[position];
        let SkillSeen { view, answers } = &seen[position];
        let (low, high) = view.interval();
        let requires = skill.requires.iter();
        let mastered = |skill: usize| seen[skill].view.mastered_probability;
        let stuck = view.status == SkillStatus::Stuck;
        let next_step = stuck.then(|| NextStep::new(course, position, mastered)).flatten();
        let recent: Vec<bool> = answers.iter().map(|answer| answer.right).collect();
        Self {
            skill: skill.id.to_string(),
            title: skill.title.clone(),
            status: view.status.into(),
            mastered_probability: view.mastered_probability,
            recall: view.recall,
            expected_success: view.expected_success,
            low,
            high,
            stability_days: view.stability_days,
            due_for_review: view.due_for_review,
            due_at: view.due_at.map(time::print),
            attempts: view.attempts,
            right: view.wins,
            attempts_since_gain: view.attempts_since_gain,
            last_at: view.last_at.map(time::print),
            requires: requires.map(|position| course.skills[*position].id.to_string()).collect(),
            because: because(view, &recent, at, next_step.as_ref()),
            next_step,
            evidence: answers.iter().take(shown).cloned().collect(),
        }
    }
}

/// The title of an activity in a course that may not be at hand.
#[must_use]
pub fn activity_title(course: Option<&Course>, activity: &str) -> String {
    course.map(|course| title(course, activity)).unwrap_or_default()
}
