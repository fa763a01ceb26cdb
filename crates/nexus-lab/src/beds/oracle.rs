//! The oracle: reads the learner's mind, tries each activity on copies of it, and takes the one that
//! gains most per minute at the test. It looks one activity ahead, so a policy that plans may pass it.

use nexus_engine::catalog::ActivityKind;
use nexus_engine::learner::closing_check::CheckStanding;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::closing_check::closing_check;
use nexus_sim::behaviour::FAMILIAR_HELP;
use nexus_sim::knowledge::{Knowledge, Practice, Study};
use nexus_sim::school::occasion::{Advice, Adviser, Occasion};
use nexus_sim::truth::length_minutes;
use nexus_sim::{Family, SimulatedLearner};
use nexus_stats::math::pow;
use nexus_stats::random::Stream;

/// Copies of the mind on which an activity is tried.
const COPIES: u64 = 4;
/// Minutes that going to an activity costs beside it, so that the shortest do not always win.
const CHANGE_MINUTES: f64 = 0.2;

/// An adviser that knows what is true.
#[derive(Debug)]
pub(super) struct Oracle {
    test_at: Timestamp,
    keeps_rules: bool,
}

impl Oracle {
    /// Chooses among the candidates of the engine.
    pub(super) fn within_rules(test_at: Timestamp) -> Self {
        Self { test_at, keeps_rules: true }
    }

    /// Chooses among all activities.
    pub(super) fn without_rules(test_at: Timestamp) -> Self {
        Self { test_at, keeps_rules: false }
    }

    fn best(&self, occasion: &Occasion<'_>, positions: &[usize]) -> Option<usize> {
        let rounds = occasion.learner.rounds();
        let mut best: Option<(f64, usize)> = None;
        for position in positions.iter().copied() {
            let minutes = length_minutes(&occasion.course.activities[position]) + CHANGE_MINUTES;
            let value = self.gain(occasion, position) / minutes;
            // Among equals, what was shown least.
            let better = best.is_none_or(|(most, at)| {
                value > most || (value == most && rounds[position] < rounds[at])
            });
            if better {
                best = Some((value, position));
            }
        }
        best.map(|(_, position)| position)
    }

    /// Expected gain, at the test, of doing an activity now: the sum over the skills.
    pub(super) fn gain(&self, occasion: &Occasion<'_>, position: usize) -> f64 {
        let before = self.knows(occasion, occasion.learner.mind());
        let copies = match occasion.learner.family() {
            // What they learn from an answer does not depend on whether it was right.
            Family::Steady | Family::Guesser => 1,
            Family::Forgetful | Family::Discouraged | Family::Helped => COPIES,
        };
        let mut gain = 0.0;
        for copy in 0..copies {
            // The same luck for each activity, so that luck does not choose.
            let mut stream = Stream::new(occasion.seed.0.wrapping_add(copy));
            let mut mind = occasion.learner.mind().average();
            try_on(&mut *mind, occasion, position, &mut stream);
            gain += self.knows(occasion, &*mind) - before;
        }
        gain / copies as f64
    }

    fn knows(&self, occasion: &Occasion<'_>, mind: &dyn Knowledge) -> f64 {
        let skills = 0..occasion.course.skills.len();
        skills.map(|skill| mind.skill_success(skill, self.test_at)).sum()
    }
}

impl Adviser for Oracle {
    fn advise(&mut self, occasion: &Occasion<'_>) -> Advice {
        if self.keeps_rules {
            // A placement or a check teaches nothing and comes first: the engine chooses it.
            let candidates = occasion.candidates();
            let best = candidates.and_then(|candidates| self.best(occasion, &candidates));
            return best.map_or(Advice::AsItComes, Advice::Only);
        }
        if check_is_open(occasion) {
            return Advice::AsItComes;
        }
        let activities = occasion.course.activities.iter().enumerate();
        let teaching = activities.filter(|(_, it)| !it.kind.measures());
        let teaching: Vec<usize> = teaching.map(|(position, _)| position).collect();
        self.best(occasion, &teaching).map_or(Advice::AsItComes, Advice::Begin)
    }
}

/// Whether the learner's time is over, so that the closing check waits.
fn check_is_open(occasion: &Occasion<'_>) -> bool {
    let view =
        occasion.state().and_then(|state| closing_check(occasion.course, state, occasion.at));
    view.is_some_and(|view| view.standing == CheckStanding::Open)
}

/// Does an activity in a mind, as the learner would who neither skips nor leaves.
fn try_on(mind: &mut dyn Knowledge, occasion: &Occasion<'_>, position: usize, stream: &mut Stream) {
    let Occasion { course, learner, at, .. } = occasion;
    let activity = &course.activities[position];
    match activity.kind {
        ActivityKind::Placement | ActivityKind::Check => {}
        ActivityKind::Video | ActivityKind::Reading => {
            let times_before = learner.rounds()[position];
            mind.study(Study { activity: position, share: 1.0, times_before }, *at, stream);
        }
        ActivityKind::Exercise | ActivityKind::Quiz => {
            for question in &activity.questions {
                let chance = chance(mind, learner, *question, *at);
                let right = stream.uniform() < chance;
                let times_before = learner.met()[*question];
                let practice = Practice { question: *question, right, times_before, helped: false };
                mind.practise(practice, *at, stream);
            }
        }
    }
}

/// Chance of a right answer, as of the learner: an answer may be known by heart.
fn chance(mind: &dyn Knowledge, learner: &SimulatedLearner, question: usize, at: Timestamp) -> f64 {
    let unfamiliar = pow(1.0 - FAMILIAR_HELP, f64::from(learner.met()[question]));
    1.0 - unfamiliar * (1.0 - mind.success(question, at))
}
