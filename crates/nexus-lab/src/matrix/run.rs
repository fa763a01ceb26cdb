//! Running policies over learners: one learner after another, worlds and policies side by side.
//!
//! A result depends on the seed and the learners' numbers alone, never on how many threads ran:
//! each learner has randomness of their own, and each list is put together in order.

use super::generic::shipped;
use super::graph::SkillGraph;
use super::planner::{FLOOR, TrainedPlanner};
use super::training::{self, LEARNERS, TRAINING_SEED};
use super::tutor::Tutor;
use super::tutor::filtered::{Filtered, Shared};
use super::tutor::gated_random::GatedRandom;
use super::tutor::linear::Linear;
use super::tutor::mastery::MasteryTutor;
use super::tutor::oracle;
use super::tutor::planned::Planned;
use super::tutor::popularity::PopularityTutor;
use super::tutor::progress::ProgressTutor;
use super::tutor::strategic::StrategicTutor;
use super::tutor::success::Success;
use super::tutor::traced::{CHAIN_GENERIC, GENERIC};
use super::tutor::uniform::Uniform;
use super::{Setting, Trial, World, warm};
use nexus_engine::learner::tracing::TracingModel;
use nexus_engine::strategy::{Probed, Strategy, StrategyBandit, StrategySet};
use nexus_stats::random::Stream;
use std::collections::VecDeque;

/// Probes before and after the course.
pub const PROBES: u32 = 10;
/// Learners the strategy bandit learns from before it is measured.
pub const WARM_UP: u64 = 3_000;
/// Number of the first learner of the warm-up: no policy is measured on learners that it learned from.
const WARM_UP_FROM: u64 = 1 << 32;

/// Number of the first learner that HKT learns from before strategies are compared over it.
const FILTER_FROM: u64 = 3 << 32;

/// The policies that can be run in the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatrixPolicy {
    Random,
    /// Skills in order, equal time, easy to hard.
    Linear,
    /// A catalogue by rank.
    Popularity,
    /// Raw success; the trap.
    SuccessUcb,
    /// Mastery at 0.95 in order.
    Mastery,
    /// Evenly among open skills that are not mastered.
    GatedRandom,
    Spaced,
    Zpdes,
    /// A table of twelve steps, trained on the other families.
    DoubleQ,
    FittedQ,
    /// The strategy bandit, measured after [`WARM_UP`] learners of the same world.
    Nexus,
    Oracle,
}

/// What became of one learner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatrixOutcome {
    /// What is truly known at the test, in [0, 1].
    pub score: f64,
    /// What was truly known before the first answer.
    pub start: f64,
    /// Whether the learner left early.
    pub left: bool,
    /// How many answers were given.
    pub answers: usize,
    /// How many were right.
    pub right: usize,
    /// What probes said before and after.
    pub probed: Probed,
}

impl MatrixPolicy {
    /// All of them, yardsticks first.
    pub const ALL: [Self; 12] = [
        Self::Random,
        Self::Linear,
        Self::Popularity,
        Self::SuccessUcb,
        Self::Mastery,
        Self::GatedRandom,
        Self::Spaced,
        Self::Zpdes,
        Self::DoubleQ,
        Self::FittedQ,
        Self::Nexus,
        Self::Oracle,
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Linear => "linear",
            Self::Popularity => "popularity",
            Self::SuccessUcb => "success-ucb",
            Self::Mastery => "mastery-95",
            Self::GatedRandom => "gated-random",
            Self::Spaced => "spaced",
            Self::Zpdes => "zpdes",
            Self::DoubleQ => "double-q",
            Self::FittedQ => "fitted-q",
            Self::Nexus => "nexus",
            Self::Oracle => "oracle",
        }
    }

    /// Whether it is one of the yardsticks that the default is compared with.
    #[must_use]
    pub fn is_baseline(self) -> bool {
        !matches!(self, Self::DoubleQ | Self::FittedQ | Self::Nexus | Self::Oracle)
    }

    /// A fresh tutor for one learner; `None` for those that need more than what tutors see.
    fn tutor(self, graph: SkillGraph) -> Option<Box<dyn Tutor>> {
        let chain = graph.difficulties == 1;
        let tracing = if chain { CHAIN_GENERIC } else { GENERIC };
        Some(match self {
            Self::Random => Box::new(Uniform),
            Self::Linear => Box::new(Linear),
            Self::Popularity => Box::new(PopularityTutor),
            Self::SuccessUcb => Box::new(Success::default()),
            Self::Mastery => Box::new(MasteryTutor::new(tracing, 0.0)),
            Self::GatedRandom => Box::new(GatedRandom::new(tracing)),
            Self::Spaced => Box::new(MasteryTutor::new(tracing, 0.85)),
            Self::Zpdes => Box::new(ProgressTutor::new(&graph)),
            Self::DoubleQ | Self::FittedQ | Self::Nexus | Self::Oracle => return None,
        })
    }

    /// Teaches these learners of a world. `tick` hears of each learner done.
    #[must_use]
    pub fn teach(
        self,
        setting: impl Into<Setting>,
        seed: u64,
        learners: u64,
        tick: &dyn Fn(),
    ) -> Vec<MatrixOutcome> {
        let setting = setting.into();
        if self == Self::Nexus {
            let others = warm::others(setting.world);
            let others: Vec<&StrategyBandit> = others.iter().collect();
            let mut school = StrategySchool::new(setting, &others);
            for learner in WARM_UP_FROM..WARM_UP_FROM + WARM_UP {
                school.teach(seed, learner);
                tick();
            }
            return (0..learners)
                .map(|learner| {
                    tick();
                    school.teach(seed, learner).1
                })
                .collect();
        }
        if matches!(self, Self::DoubleQ | Self::FittedQ) {
            let logged =
                training::episodes(&training::others(setting.world), TRAINING_SEED, LEARNERS);
            let trained = training::train(self.word(), &logged, TRAINING_SEED);
            return trained.map_or_else(Vec::new, |trained| {
                (0..learners).map(|it| plan(&trained, setting, seed, it, tick)).collect()
            });
        }
        let one = |learner| {
            let trial = Trial::new(setting, seed, learner);
            tick();
            match self.tutor(setting.told) {
                Some(mut tutor) => teach(trial, tutor.as_mut()),
                None => teach_knowing(setting.world, trial),
            }
        };
        (0..learners).map(one).collect()
    }
}

/// Teaches one learner by a planner.
fn plan(
    trained: &TrainedPlanner,
    setting: Setting,
    seed: u64,
    learner: u64,
    tick: &dyn Fn(),
) -> MatrixOutcome {
    tick();
    teach(Trial::new(setting, seed, learner), &mut Planned::new(trained.planner(), FLOOR))
}

/// The strategy bandit with its strategies in one world.
#[derive(Clone, Debug)]
pub struct StrategySchool {
    setting: Setting,
    set: StrategySet,
    bandit: StrategyBandit,
    plan: ProbePlan,
    delay: usize,
    unpaid: VecDeque<(usize, Probed)>,
    counts_unpaid: bool,
    /// The shared part of HKT; `None` over the matrix's own small model.
    filter: Option<TracingModel>,
}

/// How many probes a learner gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbePlan {
    /// Before the first answer.
    pub before: u32,
    /// On the day of the test.
    pub after: u32,
}

impl StrategySchool {
    /// The shipped set with a prior from what was learned in other worlds; cold when there are none.
    #[must_use]
    pub fn new(setting: impl Into<Setting>, others: &[&StrategyBandit]) -> Self {
        Self::of(setting, shipped(), others)
    }

    /// The same with another set; the others must have dealt its strategies.
    #[must_use]
    pub fn of(setting: impl Into<Setting>, set: StrategySet, others: &[&StrategyBandit]) -> Self {
        // invariant: a prior of a set has a kernel plus a diagonal, which is positive definite.
        let bandit = StrategyBandit::new(set.shared_prior(others)).unwrap();
        Self {
            setting: setting.into(),
            set,
            bandit,
            plan: ProbePlan { before: PROBES, after: PROBES },
            delay: 0,
            unpaid: VecDeque::new(),
            counts_unpaid: true,
            filter: None,
        }
    }

    /// The same, where each learner has so many probes and is paid for when so many more learners
    /// have been dealt a strategy.
    #[must_use]
    pub fn paid_later(self, plan: ProbePlan, delay: usize) -> Self {
        Self { plan, delay, ..self }
    }

    /// The same, but blind to who is not paid for yet: only to measure what knowing it is worth.
    #[must_use]
    pub fn blind(self) -> Self {
        Self { counts_unpaid: false, ..self }
    }

    /// The same over the beliefs that a course has, HKT from nothing, in the place of the matrix's own small model.
    #[must_use]
    pub fn over_hkt(self) -> Self {
        Self { filter: Some(TracingModel::default()), ..self }
    }

    /// Deals a strategy to a learner, teaches, and learns from the probes. Answers with the
    /// position of the strategy and what became of the learner.
    pub fn teach(&mut self, seed: u64, learner: u64) -> (usize, MatrixOutcome) {
        let trial = Trial::new(self.setting, seed, learner);
        let mut stream = Stream::keyed(super::derive(seed, learner), "strategy");
        let unpaid = if self.counts_unpaid { self.unpaid.len() as u64 } else { 0 };
        let shares = self.bandit.distribute_while(unpaid, &mut stream);
        let dealt = stream.categorical(&shares);
        let strategy = self.set.strategies()[dealt];
        let outcome = match &mut self.filter {
            None => teach_probed(trial, &mut StrategicTutor::new(strategy), self.plan),
            Some(model) => {
                let mut tutor = Filtered::new(strategy, Shared::Learns(model));
                teach_probed(trial, &mut tutor, self.plan)
            }
        };
        self.unpaid.push_back((dealt, outcome.probed));
        while self.unpaid.len() > self.delay {
            let Some((dealt, probed)) = self.unpaid.pop_front() else { break };
            // Probes of a trial are sound, and the position came from the distribution.
            let learned = self.bandit.learn(dealt, probed);
            debug_assert!(learned.is_ok());
        }
        (dealt, outcome)
    }

    /// The belief so far.
    #[must_use]
    pub fn bandit(&self) -> &StrategyBandit {
        &self.bandit
    }
}

/// Teaches one learner with one strategy.
#[must_use]
pub fn teach_by(
    setting: impl Into<Setting>,
    seed: u64,
    learner: u64,
    strategy: Strategy,
) -> MatrixOutcome {
    teach(Trial::new(setting, seed, learner), &mut StrategicTutor::new(strategy))
}

/// The same over HKT, whose shared part rests.
#[must_use]
pub fn teach_by_hkt(
    setting: impl Into<Setting>,
    seed: u64,
    learner: u64,
    strategy: Strategy,
    model: &TracingModel,
) -> MatrixOutcome {
    let mut tutor = Filtered::new(strategy, Shared::Rests(model));
    teach(Trial::new(setting, seed, learner), &mut tutor)
}

/// What HKT has learned of a world's questions and skills from so many learners, each taught by
/// another of these strategies in turn. No other learner is one of them.
#[must_use]
pub fn filter_after(
    setting: impl Into<Setting>,
    seed: u64,
    learners: u64,
    strategies: &[Strategy],
) -> TracingModel {
    let setting = setting.into();
    let mut model = TracingModel::default();
    for (number, strategy) in (0..learners).zip(strategies.iter().cycle()) {
        let mut tutor = Filtered::new(*strategy, Shared::Learns(&mut model));
        teach(Trial::new(setting, seed, FILTER_FROM + number), &mut tutor);
    }
    model
}

/// Teaches one learner to the end, with ten probes before and after.
pub fn teach(trial: Trial, tutor: &mut dyn Tutor) -> MatrixOutcome {
    teach_probed(trial, tutor, ProbePlan { before: PROBES, after: PROBES })
}

fn teach_probed(mut trial: Trial, tutor: &mut dyn Tutor, plan: ProbePlan) -> MatrixOutcome {
    let (start, before) = (trial.true_score(), trial.probes(plan.before));
    let mut stream = trial.choice_stream();
    while !trial.is_over() {
        let activity = tutor.choose(&trial.sight(), &mut stream);
        let answered = trial.answer(activity);
        tutor.observe(&answered);
    }
    outcome(&trial, start, Probed { before, after: trial.probes(plan.after) })
}

fn teach_knowing(world: World, mut trial: Trial) -> MatrixOutcome {
    let (start, before) = (trial.true_score(), trial.probes(PROBES));
    while !trial.is_over() {
        let activity = oracle::choose(world, &trial);
        trial.answer(activity);
    }
    outcome(&trial, start, Probed { before, after: trial.probes(PROBES) })
}

fn outcome(trial: &Trial, start: f64, probed: Probed) -> MatrixOutcome {
    let (answers, right) = trial.answers();
    let score = trial.true_score();
    MatrixOutcome { score, start, left: trial.left(), answers, right, probed }
}
