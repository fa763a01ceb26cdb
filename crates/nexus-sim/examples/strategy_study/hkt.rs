//! The same strategies over the engine's own learner model, HKT, in the place of the matrix's
//! small one. Its shared part learns from every answer, as while serving.

use crate::{Place, WARM_UP, beside, best_yardstick, borrow, score};
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::Belief;
use nexus_engine::learner::mastery::{Looking, SkillReference, SkillView};
use nexus_engine::strategy::{MasteryRule, SkillSight, Strategy, StrategyBandit, StrategySet};
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_engine::tracer::hkt::Hkt;
use nexus_engine::tracer::{Asked, Tracer};
use nexus_sim::matrix::run::{Outcome, teach};
use nexus_sim::matrix::tutor::Tutor;
use nexus_sim::matrix::{Activity, Answered, Sight, Trial, derive, warm};
use nexus_stats::random::Stream;

/// What an author would write beside a question: its difficulty in logits, and a guess.
const HARDNESS: [f64; 3] = [-1.2, 0.0, 1.2];
const GUESS: f64 = 0.15;
const MEASURED: u64 = 2_000;

/// One learner under one strategy.
struct Seat<'a> {
    strategy: Strategy,
    model: &'a mut Hkt,
    belief: Belief,
    met: [u64; 12],
    answers: u64,
}

impl Seat<'_> {
    /// Half a minute an answer, from the morning of the day.
    fn now(&self, day: f64) -> Timestamp {
        let answered = self.answers as i64 * 30_000_000;
        Timestamp(DAY_MICROS + (day * DAY_MICROS as f64) as i64 + answered)
    }
}

fn hardness(difficulty: usize, difficulties: usize) -> f64 {
    if difficulties == 1 { 0.0 } else { HARDNESS[difficulty] }
}

impl Tutor for Seat<'_> {
    fn choose(&mut self, sight: &Sight, _stream: &mut Stream) -> Activity {
        let looking = Looking::at(&self.belief, self.model.model(), self.now(sight.day));
        let view = |skill: usize, difficulty: f64| {
            let skill = SkillKey(skill as u32);
            looking.view(&SkillReference { skill, difficulty, guess: GUESS })
        };
        let skills = 0..sight.graph.skills();
        let views: Vec<SkillView> = skills.clone().map(|skill| view(skill, 0.0)).collect();
        let difficulties = sight.graph.difficulties;
        let expected = |skill: usize, difficulty: usize| {
            view(skill, hardness(difficulty, difficulties)).expected_success
        };
        let of_skill = |skill| (0..difficulties).map(|hard| expected(skill, hard)).collect();
        let success: Vec<Vec<f64>> = skills.map(of_skill).collect();
        let level = |skill: usize| match self.strategy.mastery {
            MasteryRule::Success(_) => views[skill].expected_success,
            MasteryRule::Known(_) => views[skill].mastered_probability,
        };
        let see = |skill: usize| SkillSight {
            ready: sight.graph.requires[skill].iter().map(|need| level(*need)).fold(1.0, f64::min),
            known: views[skill].mastered_probability,
            success: &success[skill],
            attempts: views[skill].attempts,
            recall: views[skill].recall,
            met: self.met[skill],
        };
        let sights: Vec<SkillSight<'_>> = (0..views.len()).map(see).collect();
        let chosen = self.strategy.choose(&sights);
        chosen.map_or(Activity { skill: 0, difficulty: 0 }, |chosen| Activity {
            skill: chosen.skill,
            difficulty: chosen.difficulty,
        })
    }

    fn observe(&mut self, answered: &Answered) {
        let Activity { skill, difficulty } = answered.activity;
        self.answers += 1;
        self.met[skill] = self.answers;
        let asked = Asked {
            question: QuestionKey((3 * skill + difficulty) as u32),
            skills: &[SkillKey(skill as u32)],
            guess: GUESS,
            difficulty: HARDNESS[difficulty],
            at: Some(self.now(answered.day)),
        };
        self.model.absorb(&mut self.belief, &asked, answered.right);
    }
}

/// A setting on its seed: bandit and model from nothing but the prior of the other families.
pub fn run((name, setting, seed): &Place) -> String {
    let best = best_yardstick(*setting, *seed, MEASURED);
    let others = warm::others(setting.world);
    let set = StrategySet::default();
    let Some(mut bandit) = StrategyBandit::new(set.shared_prior(&borrow(&others))) else {
        return "no prior".to_owned();
    };
    let mut model = Hkt::default();
    let mut one = |learner: u64| -> Outcome {
        let mut stream = Stream::keyed(derive(*seed, learner), "strategy");
        let dealt = stream.categorical(&bandit.distribute(&mut stream.clone()));
        let strategy = set.strategies()[dealt];
        let (belief, met) = (Belief::default(), [0; 12]);
        let mut seat = Seat { strategy, model: &mut model, belief, met, answers: 0 };
        let outcome = teach(Trial::new(*setting, *seed, learner), &mut seat);
        // Probes of a trial are sound, and the position came from the distribution.
        let _ = bandit.learn(dealt, outcome.probed);
        outcome
    };
    let first: Vec<Outcome> = (0..WARM_UP).map(|learner| one(1 << 32 | learner)).collect();
    let taught: Vec<Outcome> = (0..MEASURED).map(&mut one).collect();
    let stages = [score(&first[..500]), score(&first[500..1_000])];
    format!("{name} over HKT: {}; stages {stages:.3?}", beside("warm", &taught, &best))
}
