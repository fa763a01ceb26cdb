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
use nexus_engine::event::Action;
use nexus_engine::time::{MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::ProposedAction;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;
use std::sync::Arc;

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
    pub decision: String,
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
    /// What is left of the session. Waiting for Nexus costs none of it: at a hundred thousand
    /// times the speed of life, the network would eat whole sessions.
    session_left_micros: i64,
    numbered: u64,
    asked: u64,
    answers: u64,
    /// The placement that is open: where it stands in the course, and the decision that chose it.
    placing: Option<(usize, String)>,
    rounds: Vec<u32>,
    met: Vec<u32>,
    completed: Vec<bool>,
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
            session_left_micros: 0,
            numbered: 0,
            asked: 0,
            answers: 0,
            placing: None,
            rounds: vec![0; truth.course.activities.len()],
            met: vec![0; truth.course.questions.len()],
            completed: vec![false; truth.course.activities.len()],
        }
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

    /// Whether they left before they had completed what the course requires.
    #[must_use]
    pub fn dropped_out(&self) -> bool {
        self.fed_up && !self.finished()
    }

    /// Whether they completed everything the course requires.
    #[must_use]
    pub fn finished(&self) -> bool {
        let mut activities = self.truth.course.activities.iter().zip(&self.completed);
        activities.all(|(activity, completed)| *completed || !activity.required)
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
            Place::Here if self.finished() || self.session_left_micros <= 0 => {
                Move::Report(self.depart(now))
            }
            Place::Here => {
                self.place = Place::Here;
                if self.placing.is_some() { Move::Place } else { Move::Ask }
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
            self.session_left_micros -= MINUTE_MICROS;
            self.place = Place::Busy { until: at.plus_micros(MINUTE_MICROS), happenings: vec![] };
            return Vec::new();
        };
        let shown = self.happening(at, Some(&assigned.decision), Happened::Shown);
        let (until, happenings) = self.do_activity(position, assigned, at);
        self.session_left_micros -= until.0.saturating_sub(at.0);
        self.place = Place::Busy { until, happenings };
        vec![shown]
    }

    /// Takes the question that the open placement asks, or hears that there is none. What happens
    /// comes from [`Self::next_move`] when it is over.
    pub fn place(&mut self, question: Option<&str>, now: Timestamp) {
        let (until, happenings) = self.answer_placement(question, now);
        self.session_left_micros -= until.0.saturating_sub(now.0);
        self.place = Place::Busy { until, happenings };
    }

    fn arrive(&mut self, now: Timestamp) -> Vec<SimulatedEvent> {
        self.session_left_micros = behaviour::session_micros(&mut self.draws.calendar);
        let mut happenings = Vec::new();
        if !self.enrolled {
            self.enrolled = true;
            happenings.push(self.did(now, None, Action::Enrolled));
        }
        happenings.push(self.did(now, None, Action::SessionStarted));
        happenings
    }

    fn depart(&mut self, now: Timestamp) -> Vec<SimulatedEvent> {
        if !self.finished() {
            let pause = behaviour::pause_micros(&mut self.draws.calendar);
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
