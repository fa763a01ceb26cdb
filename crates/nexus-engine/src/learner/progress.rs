//! What one learner has done in one course.

use crate::ids::{ActivityKey, ExperimentId, QuestionKey, SkillKey};
use crate::learner::closing_check::ClosingCheck;
use crate::learner::placement::Stopped;
use crate::learner::results::{Results, SkillResults};
use crate::learner::session::Sessions;
use crate::learner::viewing::Viewing;
use crate::time::Timestamp;

/// One learner in one course.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseProgress {
    /// First event in the course.
    pub since: Timestamp,
    /// Its place in the journal: tells learners apart where a name must not, because a learner who
    /// is erased keeps their places and no name.
    pub began: u64,
    /// The newest version of the course under which an event happened.
    pub course_version: u32,
    /// By activity, sorted by key.
    pub activities: Vec<ActivityProgress>,
    /// The latest results by skill, sorted by key: first answers in activities, no probes.
    pub skills: Vec<SkillResults>,
    /// The activity that is open now.
    pub current: Option<ActivityKey>,
    /// The last activities that were left or completed, newest last, at most [`RECENT_MAX`].
    pub recent: Vec<ActivityKey>,
    /// Sessions, and how far the learner is in the latest.
    pub sessions: Sessions,
    /// Answers in a row that were right (positive) or wrong (negative).
    pub streak: i32,
    /// First attempts at questions, and the sum of their grades in millionths.
    pub answered: u32,
    /// Sum of the grades of first attempts, in millionths.
    pub grade_sum_micros: i64,
    pub probes: u32,
    /// Sum of the grades of probes, in millionths.
    pub probe_sum_micros: i64,
    /// Minutes spent in activities.
    pub minutes: f64,
    /// Probe questions that were asked and not yet answered, newest last, at most [`RECENT_MAX`].
    pub probes_asked: Vec<QuestionKey>,
    /// Why the placement stopped, once it stopped by its own rules.
    pub placement: Option<Stopped>,
    /// What is measured of the course as a whole; `None` in a course without a closing check.
    pub outcome: Option<Box<CourseOutcome>>,
    /// What was watched of videos, by those whose parts are exact; in no order.
    pub viewings: Vec<Viewing>,
}

/// What is measured of the course as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseOutcome {
    /// The success that was expected of the learner in the skills of the closing check when the
    /// placement was over, in [0, 1].
    pub placed_success: Option<f64>,
    /// The closing check that was begun last.
    pub check: Option<ClosingCheck>,
    /// Experiments, by id and version, that have counted a check of this learner.
    pub tallied: Vec<(ExperimentId, u32)>,
}

impl CourseOutcome {
    /// When the closing check was completed, if it was.
    #[must_use]
    pub fn completed_at(&self) -> Option<Timestamp> {
        self.check.as_ref().and_then(|check| check.completed_at)
    }
}

/// How many activities and settled decisions are remembered as recent.
pub const RECENT_MAX: usize = 16;

/// One learner and one activity.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityProgress {
    pub activity: ActivityKey,
    /// Times it was started.
    pub starts: u16,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
    /// When it was first completed. Once completed, always completed.
    pub completed_at: Option<Timestamp>,
    /// When anything last happened in it.
    pub last_at: Timestamp,
    /// Times it was skipped.
    pub skips: u16,
    /// Answers to its questions in the latest round, whichever attempts they are.
    pub answered: u16,
    /// Sum of their grades.
    pub grade_sum: f64,
    /// The latest results in its questions, over all rounds: first answers.
    pub results: Results,
    /// Watched parts of a video, sorted and disjoint, as events of before they were exact told them.
    pub watched: Vec<Segment>,
    /// The latest rating, from 1 to 5.
    pub rating: Option<u8>,
}

/// A part of a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Seconds from the beginning.
    pub from_seconds: f64,
    /// Seconds from the beginning, after `from_seconds`.
    pub to_seconds: f64,
}

impl CourseProgress {
    /// The progress in an activity, when there is any.
    #[must_use]
    pub fn activity(&self, activity: ActivityKey) -> Option<&ActivityProgress> {
        let found = self.activities.binary_search_by_key(&activity, |entry| entry.activity);
        found.ok().map(|position| &self.activities[position])
    }

    /// Whether an activity was ever completed.
    #[must_use]
    pub fn completed(&self, activity: ActivityKey) -> bool {
        self.activity(activity).is_some_and(|entry| entry.completed_at.is_some())
    }

    /// The latest results in a skill; empty when there are none.
    #[must_use]
    pub fn skill_results(&self, skill: SkillKey) -> Results {
        let found = self.skills.binary_search_by_key(&skill, |entry| entry.skill);
        found.map_or_else(|_| Results::default(), |position| self.skills[position].results)
    }

    /// Takes in a result in a skill.
    pub fn push_skill_result(&mut self, skill: SkillKey, right: bool) {
        let found = self.skills.binary_search_by_key(&skill, |entry| entry.skill);
        let position = found.unwrap_or_else(|position| {
            self.skills.insert(position, SkillResults { skill, results: Results::default() });
            position
        });
        self.skills[position].results.push(right);
    }

    /// The progress in an activity, made on first sight.
    pub fn activity_mut(&mut self, activity: ActivityKey, at: Timestamp) -> &mut ActivityProgress {
        let position = match self.activities.binary_search_by_key(&activity, |entry| entry.activity)
        {
            Ok(position) => position,
            Err(position) => {
                self.activities.insert(position, ActivityProgress::new(activity, at));
                position
            }
        };
        &mut self.activities[position]
    }
}

impl ActivityProgress {
    fn new(activity: ActivityKey, at: Timestamp) -> Self {
        Self {
            activity,
            starts: 0,
            started_at: None,
            completed_at: None,
            last_at: at,
            skips: 0,
            answered: 0,
            grade_sum: 0.0,
            results: Results::default(),
            watched: Vec::new(),
            rating: None,
        }
    }

    /// How many first attempts there were at the questions of the activity, over all rounds, and their mean
    /// grade. Once questions were answered again only the latest results are known, so each then counts as
    /// right (1) or wrong (0), and at most [`RESULTS_MAX`](super::results::RESULTS_MAX) count.
    #[must_use]
    pub fn first_attempts(&self) -> (u16, Option<f64>) {
        let count = u16::from(self.results.count());
        // One round without a second try; what measures keeps no results.
        if count == 0 || (self.starts <= 1 && self.answered == count) {
            return (self.answered, self.grade_mean());
        }
        (count, Some(f64::from(self.results.bits().count_ones()) / f64::from(count)))
    }

    /// Mean grade of the answers in the latest round.
    #[must_use]
    pub fn grade_mean(&self) -> Option<f64> {
        (self.answered > 0).then(|| self.grade_sum / f64::from(self.answered))
    }
}
