//! A simulated learner: a mind, a mood and a calendar, as a state machine that anybody can drive.
//!
//! The driver asks [`SimulatedLearner::next_move`] what the learner does now and does it: waits,
//! reports what happened, or asks Nexus for the next activity and hands it over with
//! [`SimulatedLearner::assign`]. The learner's own time never runs ahead of what it reports: an
//! activity is reported when it is over, with the moment of everything that happened in it.

mod activity;

use crate::behaviour::{self, Mood};
use crate::knowledge::{Family, Knowledge};
use crate::truth::CourseTruth;
use nexus_engine::catalog::ActivityKind;
use nexus_engine::event::Action;
use nexus_engine::time::{MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::ProposedAction;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Minutes beyond their time that learners give to the closing check.
const CHECK_MINUTES_MAX: f64 = 30.0;

/// What the learner does now.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Nothing that Nexus sees, until then.
    Pause {
        /// When to ask again.
        until: Timestamp,
    },
    /// Tell Nexus what happened, in this order; none of it lies in the future.
    Report(Vec<SimulatedEvent>),
    /// Ask Nexus for the next activity, then call [`SimulatedLearner::assign`].
    Ask,
    /// Ask Nexus what the open placement asks next, then call [`SimulatedLearner::place`].
    Place,
    /// The same with the open closing check.
    Check,
    Left,
}

/// Something that happened, with what an event about it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedEvent {
    /// Counts the learner's happenings from 1: a name for the event that a retry repeats.
    pub number: u64,
    pub at: Timestamp,
    /// The decision that led to it.
    pub decision: Option<String>,
    pub what: Happened,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// The chosen activity came onto the screen: the exposure of the decision.
    Shown,
    /// The learner did something.
    Did(ProposedAction),
}

/// What Nexus wants the learner to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The decision that chose it; `None` when Nexus was not asked.
    pub decision: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    pub activity: String,
    /// A question to answer first, if any.
    pub probe: Option<String>,
}

/// Where the learner is.
#[derive(Clone, Debug)]
enum Place {
    Away {
        until: Timestamp,
    },
    /// At the screen, waiting for something to do.
    Here,
    /// In an activity, until then; all of it is known already.
    Busy {
        until: Timestamp,
        happenings: Vec<SimulatedEvent>,
    },
    Gone,
}

#[derive(Debug)]
pub struct SimulatedLearner {
    id: String,
    family: Family,
    truth: Arc<CourseTruth>,
    mind: Box<dyn Knowledge>,
    mood: Mood,
    pace: f64,
    draws: Draws,
    place: Place,
    enrolled: bool,
    fed_up: bool,
    /// Whether failure made them stop for some days.
    gave_up: bool,
    /// Learning after which they stop; without it, they stop when they have finished.
    budget_micros: Option<i64>,
    spent_micros: i64,
    /// When the latest activity ended; absent before the first.
    last_at: Option<Timestamp>,
    /// What is left of the session. Waiting for Nexus costs none of it: at a hundred thousand
    /// times the speed of life, the network would eat whole sessions.
    session_left_micros: i64,
    numbered: u64,
    asked: u64,
    answers: u64,
    /// The placement or closing check that is open: where it stands in the course, and the decision
    /// that chose it.
    placing: Option<(usize, Option<String>)>,
    rounds: Vec<u32>,
    met: Vec<u32>,
    completed: Vec<bool>,
    run: Run,
}

/// How often in a row the same activity came.
#[derive(Debug, Default)]
struct Run {
    activity: Option<usize>,
    length: u32,
    longest: u32,
}

impl Run {
    fn came(&mut self, activity: usize) {
        self.length = if self.activity == Some(activity) { self.length + 1 } else { 1 };
        self.activity = Some(activity);
        self.longest = self.longest.max(self.length);
    }
}

/// One stream a purpose, so that what is drawn in one never shifts another.
#[derive(Debug)]
struct Draws {
    answers: Stream,
    learning: Stream,
    habits: Stream,
    calendar: Stream,
}

impl SimulatedLearner {
    /// A learner of a family who begins the course at a moment.
    #[must_use]
    pub fn new(
        family: Family,
        truth: &Arc<CourseTruth>,
        seed: u64,
        id: &str,
        arrives_at: Timestamp,
    ) -> Self {
        let stream = |purpose: &str| Stream::keyed(seed, &format!("learner/{id}/{purpose}"));
        let mind = family.mind(truth, &mut stream("mind"));
        let mut draws = Draws {
            answers: stream("answers"),
            learning: stream("learning"),
            habits: stream("habits"),
            calendar: stream("calendar"),
        };
        Self {
            id: id.to_owned(),
            family,
            truth: Arc::clone(truth),
            mood: Mood::new(mind.temper()),
            mind,
            pace: exp(behaviour::PACE_SPREAD * draws.habits.normal()),
            draws,
            place: Place::Away { until: arrives_at },
            enrolled: false,
            fed_up: false,
            gave_up: false,
            budget_micros: None,
            spent_micros: 0,
            last_at: None,
            session_left_micros: 0,
            numbered: 0,
            asked: 0,
            answers: 0,
            placing: None,
            rounds: vec![0; truth.course.activities.len()],
            met: vec![0; truth.course.questions.len()],
            completed: vec![false; truth.course.activities.len()],
            run: Run::default(),
        }
    }

    /// The same learner with so many minutes for learning: they stop when these are spent and the
    /// closing check is taken, and not because they have finished.
    #[must_use]
    pub fn with_minutes(mut self, minutes: f64) -> Self {
        self.budget_micros = Some((minutes * MINUTE_MICROS as f64) as i64);
        self
    }

    /// The same learner, who knew some skills of the course before it.
    #[must_use]
    pub fn who_knows(mut self, skills: &[usize], at: Timestamp) -> Self {
        self.mind.know(skills, at);
        self
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The family of their mind.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// What they truly know at a moment: the mean over the course's skills of the probability of
    /// a right answer to the skill's median question.
    #[must_use]
    pub fn true_score(&self, at: Timestamp) -> f64 {
        let skills = self.truth.course.skills.len();
        let sum: f64 = (0..skills).map(|skill| self.true_skill(skill, at)).sum();
        sum / skills.max(1) as f64
    }

    /// What they truly know of one skill of the course: the probability of a right answer to its median question.
    #[must_use]
    pub fn true_skill(&self, skill: usize, at: Timestamp) -> f64 {
        self.mind.skill_success(skill, at)
    }

    /// When their latest activity ended; absent before the first.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// What they know, and how that changes.
    #[must_use]
    pub fn mind(&self) -> &dyn Knowledge {
        &*self.mind
    }

    /// How often each activity was begun, skipped ones included, in the order of the course's activities.
    #[must_use]
    pub fn rounds(&self) -> &[u32] {
        &self.rounds
    }

    /// How often each question was met, in the order of the course's questions.
    #[must_use]
    pub fn met(&self) -> &[u32] {
        &self.met
    }

    /// Longest run of one activity in a row.
    #[must_use]
    pub fn longest_run(&self) -> u32 {
        self.run.longest
    }

    /// Minutes spent in activities so far.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        self.spent_micros as f64 / MINUTE_MICROS as f64
    }

    /// Whether they left for good because they were fed up.
    #[must_use]
    pub fn left(&self) -> bool {
        self.fed_up
    }

    /// Whether they left before they were through.
    #[must_use]
    pub fn dropped_out(&self) -> bool {
        self.fed_up && !self.finished()
    }

    /// Whether they are through: with the closing check, or where there is none with everything the
    /// course requires.
    #[must_use]
    pub fn finished(&self) -> bool {
        let mut activities = self.truth.course.activities.iter().zip(&self.completed);
        match activities.find(|(it, _)| it.kind == ActivityKind::Check) {
            Some((_, completed)) => *completed,
            None => self.has_done_required(),
        }
    }

    /// Whether they have completed everything that the course requires.
    #[must_use]
    pub fn has_done_required(&self) -> bool {
        let mut activities = self.truth.course.activities.iter().zip(&self.completed);
        activities.all(|(activity, completed)| *completed || !activity.required)
    }

    /// Whether they have no reason to go on: their minutes are spent and the closing check is taken,
    /// if there is one, or they have finished.
    fn stops(&self) -> bool {
        let Some(budget) = self.budget_micros else { return self.finished() };
        let minutes_over = (self.spent_micros - budget) as f64 / MINUTE_MICROS as f64;
        minutes_over >= CHECK_MINUTES_MAX || (minutes_over >= 0.0 && !self.check_is_left())
    }

    /// Whether the course has a closing check that they have not completed.
    fn check_is_left(&self) -> bool {
        let mut activities = self.truth.course.activities.iter().zip(&self.completed);
        activities.any(|(activity, done)| activity.kind == ActivityKind::Check && !done)
    }

    /// Questions answered so far, probes and repeated attempts included.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.answers
    }

    /// A name for the next decision that is asked for: the same until [`Self::assign`] is called,
    /// so that a retry repeats it.
    #[must_use]
    pub fn decision_number(&self) -> u64 {
        self.asked + 1
    }

    /// What the learner does at `now`. Call it again after having done it.
    pub fn next_move(&mut self, now: Timestamp) -> Move {
        match std::mem::replace(&mut self.place, Place::Gone) {
            Place::Gone => Move::Left,
            Place::Away { until } if now < until => {
                self.place = Place::Away { until };
                Move::Pause { until }
            }
            Place::Away { .. } => {
                self.place = Place::Here;
                Move::Report(self.arrive(now))
            }
            Place::Busy { until, happenings } if now < until => {
                self.place = Place::Busy { until, happenings };
                Move::Pause { until }
            }
            Place::Busy { happenings, .. } => {
                self.place = if self.fed_up { Place::Gone } else { Place::Here };
                Move::Report(happenings)
            }
            Place::Here if self.stops() || self.session_left_micros <= 0 => {
                Move::Report(self.depart(now))
            }
            Place::Here => {
                self.place = Place::Here;
                match &self.placing {
                    Some((position, _)) => match self.truth.course.activities[*position].kind {
                        ActivityKind::Check => Move::Check,
                        _ => Move::Place,
                    },
                    None => Move::Ask,
                }
            }
        }
    }

    /// Takes the activity that was asked for, and answers with what to report at once. The rest
    /// comes from [`Self::next_move`] when it is over.
    pub fn assign(&mut self, assigned: &Assigned, now: Timestamp) -> Vec<SimulatedEvent> {
        self.asked += 1;
        let at = now.max(assigned.made_at);
        let Some(position) = self.truth.course.activity_position(&assigned.activity) else {
            // A course that changed under the learner: they look away for a minute.
            let until = at.plus_micros(MINUTE_MICROS);
            self.spend(at, until);
            self.place = Place::Busy { until, happenings: vec![] };
            return Vec::new();
        };
        let decision = assigned.decision.as_deref();
        let shown = decision.map(|decision| self.happening(at, Some(decision), Happened::Shown));
        self.run.came(position);
        let (until, happenings) = self.do_activity(position, assigned, at);
        self.spend(at, until);
        if self.gave_up {
            self.session_left_micros = 0;
        }
        self.place = Place::Busy { until, happenings };
        shown.into_iter().collect()
    }

    /// Hears that there is nothing to do before a moment, or for good: the learner comes back then,
    /// or not at all. Answers with what to report.
    pub fn rest(&mut self, not_before: Option<Timestamp>, now: Timestamp) -> Vec<SimulatedEvent> {
        self.session_left_micros = 0;
        self.place = match not_before {
            // Asked again at the very same moment, Nexus would say the same.
            Some(until) if !self.stops() => {
                Place::Away { until: until.max(now.plus_micros(MINUTE_MICROS)) }
            }
            _ => Place::Gone,
        };
        vec![self.did(now, None, Action::SessionEnded)]
    }

    /// Takes the question that the open placement or check asks, or hears that there is none. What happens
    /// comes from [`Self::next_move`] when it is over.
    pub fn place(&mut self, question: Option<&str>, now: Timestamp) {
        let (until, happenings) = self.answer_placement(question, now);
        self.spend(now, until);
        self.place = Place::Busy { until, happenings };
    }

    fn spend(&mut self, now: Timestamp, until: Timestamp) {
        let micros = until.0.saturating_sub(now.0);
        self.session_left_micros -= micros;
        self.spent_micros += micros;
        self.last_at = Some(until);
    }

    fn arrive(&mut self, now: Timestamp) -> Vec<SimulatedEvent> {
        self.session_left_micros = behaviour::session_micros(&mut self.draws.calendar);
        let mut happenings = Vec::new();
        if !self.enrolled {
            self.enrolled = true;
            happenings.push(self.did(now, None, Action::Enrolled { test: false }));
        }
        happenings.push(self.did(now, None, Action::SessionStarted));
        happenings
    }

    fn depart(&mut self, now: Timestamp) -> Vec<SimulatedEvent> {
        if !self.stops() {
            let pause = match std::mem::take(&mut self.gave_up) {
                true => {
                    self.mood = Mood::new(self.mind.temper());
                    behaviour::given_up_micros(&mut self.draws.calendar)
                }
                false => behaviour::pause_micros(&mut self.draws.calendar),
            };
            self.place = Place::Away { until: now.plus_micros(pause) };
        }
        vec![self.did(now, None, Action::SessionEnded)]
    }

    fn did(&mut self, at: Timestamp, decision: Option<&str>, action: Action) -> SimulatedEvent {
        self.happening(at, decision, Happened::Did(ProposedAction::Plain(action)))
    }

    fn happening(
        &mut self,
        at: Timestamp,
        decision: Option<&str>,
        what: Happened,
    ) -> SimulatedEvent {
        self.numbered += 1;
        SimulatedEvent { number: self.numbered, at, decision: decision.map(str::to_owned), what }
    }
}
