//! Doing an activity: watching, reading, answering, or giving up on it.

use super::{Assigned, Happened, SimulatedEvent, SimulatedLearner};
use crate::behaviour;
use crate::knowledge::{Practice, Study};
use nexus_engine::catalog::ActivityKind;
use nexus_engine::event::Action;
use nexus_engine::ids::ActivityId;
use nexus_engine::learner::progress::Segment;
use nexus_engine::learner::session::CREDITS_SHARE;
use nexus_engine::time::{SECOND_MICROS, Timestamp};
use nexus_engine::workspace::{ProposedAction, ProposedAnswer};
use nexus_stats::math::{exp, pow};

/// An activity as it is being done: its story so far, and what time it is in it.
struct Round<'a> {
    decision: Option<&'a str>,
    id: ActivityId,
    position: usize,
    at: Timestamp,
    story: Vec<SimulatedEvent>,
}

impl Round<'_> {
    fn pass(&mut self, seconds: f64) {
        self.at = self.at.plus_micros((seconds.max(1.0) * SECOND_MICROS as f64) as i64);
    }
}

impl SimulatedLearner {
    /// Does an activity from `at` on. Answers with its end and all that happens until then.
    pub(super) fn do_activity(
        &mut self,
        position: usize,
        assigned: &Assigned,
        at: Timestamp,
    ) -> (Timestamp, Vec<SimulatedEvent>) {
        let id = self.truth.course.activities[position].id.clone();
        let decision = assigned.decision.as_deref();
        let mut round = Round { decision, id, position, at, story: Vec::new() };
        self.answer_probe(&mut round, assigned.probe.as_deref());
        if !self.fed_up {
            let activity = round.id.clone();
            self.tell(&mut round, Action::ActivityStarted { activity });
            match self.skips(position) {
                true => self.skip(&mut round),
                false => self.work(&mut round),
            }
            self.rounds[position] = self.rounds[position].saturating_add(1);
        }
        (round.at, round.story)
    }

    fn work(&mut self, round: &mut Round<'_>) {
        match self.truth.course.activities[round.position].kind {
            ActivityKind::Video => self.watch(round),
            ActivityKind::Reading => self.read(round),
            ActivityKind::Exercise | ActivityKind::Quiz => self.answer_all(round),
            // Which questions come is not known yet: Nexus says so, one after the other.
            ActivityKind::Placement | ActivityKind::Check => {
                self.placing = Some((round.position, round.decision.map(str::to_owned)));
            }
        }
        let goes_on = self.placing.is_none() && !self.stopped();
        if goes_on && self.draws.habits.uniform() < behaviour::RATING {
            let rating = 3 + self.draws.habits.below(3) as u8;
            let feedback = Action::Feedback { activity: round.id.clone(), rating, comment: None };
            self.tell(round, feedback);
        }
    }

    /// Films and readings that were seen before are skipped more and more often.
    fn skips(&mut self, position: usize) -> bool {
        let repeated = match self.truth.course.activities[position].kind {
            ActivityKind::Video | ActivityKind::Reading => f64::from(self.rounds[position]),
            ActivityKind::Exercise
            | ActivityKind::Quiz
            | ActivityKind::Placement
            | ActivityKind::Check => 0.0,
        };
        let chance = behaviour::SKIP + behaviour::SKIP_REPEATED * repeated;
        let skips = self.draws.habits.uniform() < chance.min(behaviour::SKIP_MAX);
        // Who gets as far as the closing check takes it.
        skips && self.truth.course.activities[position].kind != ActivityKind::Check
    }

    fn skip(&mut self, round: &mut Round<'_>) {
        round.pass(behaviour::SKIP_SECONDS * self.haste());
        let activity = round.id.clone();
        self.tell(round, Action::ActivitySkipped { activity });
    }

    fn watch(&mut self, round: &mut Round<'_>) {
        let activity = &self.truth.course.activities[round.position];
        let length = activity.video_seconds.unwrap_or(60.0 * activity.minutes);
        let habit = self.draws.habits.uniform();
        let share = if habit < behaviour::FILM_ABANDONED {
            0.2 + 0.5 * self.draws.habits.uniform()
        } else if habit < behaviour::FILM_ABANDONED + behaviour::CREDITS_SKIPPED {
            1.0 - CREDITS_SHARE
        } else {
            1.0
        };
        let seen = share * length;
        round.pass(seen);
        let segments = vec![Segment { from_seconds: 0.0, to_seconds: seen }];
        let activity = round.id.clone();
        // In whole seconds, so that runs compare with those of before.
        let progressed = Action::VideoProgressed { activity, segments, exact: false };
        self.tell(round, progressed);
        self.learn_from(round, share);
        // A film that was closed halfway does not count as completed.
        self.completed[round.position] |= share >= 1.0 - CREDITS_SHARE;
    }

    fn read(&mut self, round: &mut Round<'_>) {
        let minutes = self.truth.course.activities[round.position].minutes;
        round.pass(60.0 * minutes * self.haste());
        self.learn_from(round, 1.0);
        let activity = round.id.clone();
        self.tell(round, Action::ActivityCompleted { activity });
        self.completed[round.position] = true;
    }

    fn learn_from(&mut self, round: &Round<'_>, share: f64) {
        let times_before = self.rounds[round.position];
        let study = Study { activity: round.position, share, times_before };
        self.mind.study(study, round.at, &mut self.draws.learning);
    }

    fn answer_all(&mut self, round: &mut Round<'_>) {
        let course = &self.truth.course;
        let activity = &course.activities[round.position];
        let (questions, kind) = (activity.questions.clone(), activity.kind);
        let seconds = 60.0 * activity.minutes / questions.len().max(1) as f64;
        let mut right = 0_u32;
        for question in &questions {
            let first = self.answer_one(round, *question, seconds, kind);
            right += u32::from(first);
            if self.stopped() {
                return;
            }
        }
        let activity = round.id.clone();
        let grade = f64::from(right) / questions.len().max(1) as f64;
        let done = match kind {
            ActivityKind::Quiz => Action::QuizCompleted { activity, grade: Some(grade) },
            _ => Action::ActivityCompleted { activity },
        };
        self.tell(round, done);
        self.completed[round.position] = true;
    }

    /// Answers a question, in an exercise a second time when the first was wrong. Says whether
    /// the first answer was right.
    fn answer_one(
        &mut self,
        round: &mut Round<'_>,
        question: usize,
        seconds: f64,
        kind: ActivityKind,
    ) -> bool {
        let times_before = self.met[question];
        let mut success = self.chance(question, round.at);
        let mut hints = 0;
        let asks = self.draws.habits.uniform() < behaviour::HINT;
        if kind == ActivityKind::Exercise && success < behaviour::HINT_BELOW && asks {
            hints = 1;
            success += behaviour::HINT_HELP * (1.0 - success);
        }
        let haste = self.haste();
        round.pass(seconds * haste);
        let right = self.draws.answers.uniform() < success;
        self.tell_answer(round, question, right, hints, seconds * haste);
        let practice = Practice { question, right, times_before, helped: hints > 0 };
        self.mind.practise(practice, round.at, &mut self.draws.learning);
        self.met[question] = times_before.saturating_add(1);
        self.feel(right);
        let again = self.draws.habits.uniform() < behaviour::RETRY;
        if !right && !self.stopped() && kind == ActivityKind::Exercise && again {
            let success = success + behaviour::RETRY_HELP * (1.0 - success);
            let second = self.draws.answers.uniform() < success;
            round.pass(seconds * haste / 2.0);
            self.tell_answer(round, question, second, hints, seconds * haste / 2.0);
        }
        right
    }

    /// Chance of a right answer: what the mind knows, and what is known by heart of a question
    /// that was met before. This is ours, not of the design (`docs/science.md` 6.6), whose questions never repeat.
    fn chance(&self, question: usize, at: Timestamp) -> f64 {
        let unfamiliar = pow(1.0 - behaviour::FAMILIAR_HELP, f64::from(self.met[question]));
        1.0 - unfamiliar * (1.0 - self.mind.success(question, at))
    }

    /// A probe is answered without help and without being told whether it was right, so nothing
    /// is learned from it and it does not touch the mood.
    fn answer_probe(&mut self, round: &mut Round<'_>, probe: Option<&str>) {
        let Some(id) = probe else { return };
        let mut questions = self.truth.course.questions.iter();
        let Some(question) = questions.position(|question| question.id.as_str() == id) else {
            return;
        };
        let seconds = 45.0 * self.haste();
        round.pass(seconds);
        let right = self.draws.answers.uniform() < self.chance(question, round.at);
        let answer = self.answer(question, right, 0, seconds, true);
        self.answers += 1;
        let what = Happened::Did(ProposedAction::Answered(answer));
        // It follows no decision: it measures what earlier ones did.
        let happening = self.happening(round.at, None, what);
        round.story.push(happening);
    }

    /// Answers the next question of a placement or check, or ends it when there is none: like a probe,
    /// without help and without being told whether it was right. Answers with the end of it and
    /// what happens until then.
    pub(super) fn answer_placement(
        &mut self,
        question: Option<&str>,
        at: Timestamp,
    ) -> (Timestamp, Vec<SimulatedEvent>) {
        let Some((position, decision)) = self.placing.clone() else { return (at, Vec::new()) };
        let id = self.truth.course.activities[position].id.clone();
        let mut round =
            Round { decision: decision.as_deref(), id, position, at, story: Vec::new() };
        let mut questions = self.truth.course.questions.iter();
        let known = question.and_then(|id| questions.position(|known| known.id.as_str() == id));
        let Some(question) = known else {
            // Nexus ends it by itself; saying so once more does no harm.
            self.placing = None;
            self.completed[position] = true;
            let activity = round.id.clone();
            self.tell(&mut round, Action::ActivityCompleted { activity });
            return (round.at, round.story);
        };
        let seconds = behaviour::PLACEMENT_SECONDS * self.haste();
        round.pass(seconds);
        let right = self.draws.answers.uniform() < self.chance(question, round.at);
        let answer = self.answer(question, right, 0, seconds, false);
        let answer = ProposedAnswer { activity: Some(round.id.clone()), ..answer };
        self.answers += 1;
        let what = Happened::Did(ProposedAction::Answered(answer));
        let happening = self.happening(round.at, round.decision, what);
        round.story.push(happening);
        (round.at, round.story)
    }

    fn feel(&mut self, right: bool) {
        self.mood.answered(right);
        self.fed_up = self.draws.habits.uniform() < self.mood.hazard();
        if let Some(chance) = self.mood.giving_up() {
            self.gave_up = self.draws.habits.uniform() < chance;
        }
    }

    /// Whether they stop in the middle of an activity: for good, or for some days.
    fn stopped(&self) -> bool {
        self.fed_up || self.gave_up
    }

    fn tell_answer(
        &mut self,
        round: &mut Round<'_>,
        question: usize,
        right: bool,
        hints: u16,
        seconds: f64,
    ) {
        self.answers += 1;
        let answer = self.answer(question, right, hints, seconds, false);
        let what = Happened::Did(ProposedAction::Answered(answer));
        let happening = self.happening(round.at, round.decision, what);
        round.story.push(happening);
    }

    fn answer(
        &self,
        question: usize,
        right: bool,
        hints: u16,
        seconds: f64,
        probe: bool,
    ) -> ProposedAnswer {
        let response = self.truth.response(question, right).map(str::to_owned);
        let question = &self.truth.course.questions[question];
        ProposedAnswer {
            activity: Some(self.truth.course.activities[question.activity].id.clone()),
            question: question.id.clone(),
            correct: response.is_none().then_some(right),
            grade: None,
            response,
            duration_ms: Some((1_000.0 * seconds) as u32),
            hints,
            attempt: None,
            probe,
        }
    }

    fn tell(&mut self, round: &mut Round<'_>, action: Action) {
        let happening = self.did(round.at, round.decision, action);
        round.story.push(happening);
    }

    /// This learner's pace, a little different each time.
    fn haste(&mut self) -> f64 {
        self.pace * exp(behaviour::PACE_SPREAD * self.draws.habits.normal())
    }
}
