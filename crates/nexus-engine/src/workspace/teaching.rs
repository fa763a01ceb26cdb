//! What each activity of a course teaches, and where learners do not come through: a fold of the
//! journal that no decision needs. It is made when somebody asks, and read on from there.

use crate::catalog::Course;
use crate::event::{Action, Entry, Event, Happening};
use crate::ids::{ActivityId, CourseId, DecisionId, LearnerId};
use crate::time::Timestamp;
use crate::workspace::corrections::Corrections;
use nexus_stats::hash::Fnv1a;
use nexus_stats::moments::Moments;
use std::collections::{BTreeMap, BTreeSet};

/// Longest time between start and end that is believed, as a multiple of what the course expects.
pub const MINUTES_FACTOR_MAX: f64 = 4.0;
/// Fewest measured gains before anything is said of an activity.
pub const GAINS_MIN: u64 = 20;
/// Standard normal quantile of 0.975.
const NORMAL_975: f64 = 1.959_963_984_540_054;
const MINUTE_MICROS: f64 = 60e6;

/// What is known of one activity from the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityTeaching {
    /// Learners who began it, each once.
    pub learners: u64,
    /// Minutes between start and end, of those who ended it.
    pub minutes: Moments,
    /// Learning gain measured after it: right or not, less what was predicted before it.
    pub gain: Moments,
    /// Decisions that chose it and got their reward.
    pub rewards: u64,
    /// Those of them whose learner left it before its end.
    pub left: u64,
}

/// Whether an activity teaches, as far as its measured gains say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeachingVerdict {
    /// Learners know more after it than was predicted before it.
    Teaches,
    /// They do not.
    DoesNotTeach,
    /// The interval holds 0, or there are too few gains.
    Unknown,
}

impl ActivityTeaching {
    /// The interval in which the mean gain lies with 95 %, by the normal approximation. Gains of one
    /// learner hang together, so it is a little narrow. `None` below [`GAINS_MIN`].
    #[must_use]
    pub fn gain_between(&self) -> Option<[f64; 2]> {
        let sample = self.gain.summary().filter(|sample| sample.n >= GAINS_MIN)?;
        let reach = NORMAL_975 * (sample.variance / sample.n as f64).sqrt();
        Some([sample.mean - reach, sample.mean + reach])
    }

    /// What the interval of the gain says.
    #[must_use]
    pub fn verdict(&self) -> TeachingVerdict {
        match self.gain_between() {
            Some([low, _]) if low > 0.0 => TeachingVerdict::Teaches,
            Some([_, high]) if high <= 0.0 => TeachingVerdict::DoesNotTeach,
            _ => TeachingVerdict::Unknown,
        }
    }
}

/// Where a learner is in the course; kept under a hash, so that no id is.
#[derive(Clone, Debug, Default, PartialEq)]
struct Trace {
    begun: BTreeSet<ActivityId>,
    started: Option<(ActivityId, Timestamp)>,
}

/// What the activities of one course teach, up to an entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct CourseTeaching {
    /// The id of the course.
    pub course: CourseId,
    /// The last entry that was read.
    pub through: u64,
    activities: BTreeMap<ActivityId, ActivityTeaching>,
    open: BTreeMap<DecisionId, ActivityId>,
    traces: BTreeMap<u64, Trace>,
    /// Learners who only try the site out.
    tests: BTreeSet<u64>,
    corrections: Corrections,
}

impl CourseTeaching {
    /// Nothing read yet.
    #[must_use]
    pub fn new(course: CourseId) -> Self {
        Self {
            course,
            through: 0,
            activities: BTreeMap::new(),
            open: BTreeMap::new(),
            traces: BTreeMap::new(),
            tests: BTreeSet::new(),
            corrections: Corrections::default(),
        }
    }

    /// What is known of an activity; `None` while nobody began it and no decision chose it.
    #[must_use]
    pub fn activity(&self, id: &ActivityId) -> Option<&ActivityTeaching> {
        self.activities.get(id)
    }

    /// Reads the next entry; `course` is the latest version. Entries come in the order of the
    /// journal. After a correction of earlier ones it begins again from the first: the next entry
    /// to read is always the one after [`Self::through`].
    pub fn read(&mut self, entry: &Entry, course: &Course) {
        let corrects = matches!(entry.event, Event::Corrected(_));
        if corrects && entry.seq > self.corrections.latest() {
            self.corrections.read(entry);
            let corrections = std::mem::take(&mut self.corrections);
            *self = Self { corrections, ..Self::new(self.course.clone()) };
            return;
        }
        self.through = entry.seq;
        if entry.event.course() != Some(self.course.as_str()) {
            return;
        }
        let Some(counted) = self.corrections.amend(entry) else { return };
        match &counted.event {
            Event::Happened(happening) => self.happened(happening, course),
            Event::DecisionMade(decision) => {
                let activity = decision.chosen().activity.clone();
                self.open.insert(decision.origin.id.clone(), activity);
            }
            Event::RewardJoined(joined) => {
                let Some(activity) = self.open.remove(&joined.decision) else { return };
                if self.tests.contains(&mark(&joined.learner)) {
                    return;
                }
                let known = self.activities.entry(activity).or_default();
                known.rewards += 1;
                known.left += u64::from(joined.abandoned);
                if let Some(gain) = &joined.gain {
                    known.gain.add(gain.surprise);
                }
            }
            Event::RewardClosed(closed) => {
                self.open.remove(&closed.decision);
            }
            _ => {}
        }
    }

    fn happened(&mut self, happening: &Happening, course: &Course) {
        let learner = mark(&happening.learner);
        if matches!(happening.action, Action::Enrolled { test: true }) {
            self.tests.insert(learner);
        }
        if self.tests.contains(&learner) {
            return;
        }
        match &happening.action {
            Action::ActivityStarted { activity } => {
                let trace = self.traces.entry(learner).or_default();
                trace.started = Some((activity.clone(), happening.occurred_at));
                if trace.begun.insert(activity.clone()) {
                    self.activities.entry(activity.clone()).or_default().learners += 1;
                }
            }
            Action::ActivityCompleted { activity } | Action::QuizCompleted { activity, .. } => {
                self.ended(learner, activity, happening.occurred_at, course);
            }
            Action::ActivitySkipped { .. } | Action::SessionEnded => {
                self.traces.entry(learner).or_default().started = None;
            }
            _ => {}
        }
    }

    fn ended(&mut self, learner: u64, activity: &ActivityId, at: Timestamp, course: &Course) {
        let Some(trace) = self.traces.get_mut(&learner) else { return };
        let Some((started, since)) = trace.started.take() else { return };
        let Some(known) = course.activity(activity.as_str()) else { return };
        if started != *activity || at <= since {
            return;
        }
        let minutes = (at.0 - since.0) as f64 / MINUTE_MICROS;
        let minutes = minutes.min(MINUTES_FACTOR_MAX * known.minutes);
        self.activities.entry(started).or_default().minutes.add(minutes);
    }
}

/// A number that stands for a learner.
fn mark(learner: &LearnerId) -> u64 {
    Fnv1a::default().feed(learner.as_str().as_bytes()).mixed()
}
