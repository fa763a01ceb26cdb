//! Strategies in the whole engine: does the level of strategies pay where activities are chosen
//! from a real course, under its rules?
//!
//! `cargo run --release -p nexus-lab --example school_study -- whole LEARNERS SEEDS DAYS POLICY...`
//! runs the same learners under each policy alone; `each LEARNERS SEEDS DAYS` deals everybody one
//! strategy, so that what a strategy is worth is known apart from finding it. Learners come over
//! DAYS days; what they truly know is asked 28 days later. Seeds like `1,2`.

use nexus_engine::decision::choose::eligible_len;
use nexus_engine::decision::payment::StrategyOutcome;
use nexus_engine::event::Event;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::strategy::gains::GainSums;
use nexus_engine::strategy::{StrategyBandit, StrategySet};
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::CourseStrategies;
use nexus_lab::matrix::compare::{Measured, measured};
use nexus_sim::school::School;
use nexus_sim::{Classroom, Family};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const USAGE: &str = "say whole LEARNERS SEEDS DAYS POLICY..., or each LEARNERS SEEDS DAYS";
const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A school to run: a family or all of them, a seed, a policy, and a strategy for everybody.
#[derive(Clone, Debug)]
struct Run {
    family: Option<Family>,
    seed: u64,
    /// Days over which learners come.
    arrival: f64,
    policy: String,
    everybody: Option<usize>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
struct Taught {
    scores: Vec<f64>,
    decisions: usize,
    eligible: usize,
    alone: usize,
    deals: usize,
    measured: usize,
    answers: usize,
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, learners, seeds, arrival, policies @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let sides = sides(mode, policies)?;
    let arrival: f64 = arrival.parse()?;
    let learners: usize = learners.parse()?;
    let seeds: Vec<u64> = seeds.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let families = Family::ALL.into_iter().map(Some).chain([None]);
    let mut runs = Vec::new();
    for family in families {
        for (policy, everybody) in &sides {
            for seed in &seeds {
                let (policy, everybody) = (policy.clone(), *everybody);
                runs.push(Run { family, seed: *seed, arrival, policy, everybody });
            }
        }
    }
    let taught = all(&runs, learners)?;
    let mut first: Option<&[Taught]> = None;
    for (group, runs) in taught.chunks(seeds.len()).zip(runs.chunks(seeds.len())) {
        if runs[0].policy == sides[0].0 && runs[0].everybody == sides[0].1 {
            println!("== {}", runs[0].family.map_or("mixed", |family| family.word()));
            first = Some(group);
        }
        println!("{}", line(&runs[0], group, first.unwrap_or(group)));
    }
    Ok(())
}

/// The sides that are compared: a policy, and the strategy that everybody is dealt, if it is one.
fn sides(mode: &str, policies: &[String]) -> Result<Vec<(String, Option<usize>)>, Fault> {
    match (mode, policies) {
        ("whole", [_, ..]) => Ok(policies.iter().map(|it| (it.clone(), None)).collect()),
        ("each", []) => {
            let count = StrategySet::default().strategies().len();
            let each = (0..count).map(|at| ("strategic".to_owned(), Some(at)));
            Ok([("lin-ts".to_owned(), None)].into_iter().chain(each).collect())
        }
        _ => Err(USAGE.into()),
    }
}

fn line(run: &Run, taught: &[Taught], first: &[Taught]) -> String {
    let scores = || taught.iter().flat_map(|it| it.scores.iter().copied());
    let before = first.iter().flat_map(|it| it.scores.iter());
    let difference = measured(scores().zip(before).map(|(one, other)| one - other));
    let sum = |of: fn(&Taught) -> usize| taught.iter().map(of).sum::<usize>() as f64;
    let (learners, decisions) = (scores().count().max(1) as f64, sum(|it| it.decisions).max(1.0));
    let name = run.everybody.map_or(run.policy.clone(), |at| format!("strategy {at}"));
    format!(
        "{name:14} {}  against the first {}  answers {:.1}, decisions {:.1}, \
         eligible {:.2}, alone {:.2}, deals {:.2}, measured {:.2} a learner",
        show(measured(scores())),
        show(difference),
        sum(|it| it.answers) / learners,
        decisions / learners,
        sum(|it| it.eligible) / decisions,
        sum(|it| it.alone) / decisions,
        sum(|it| it.deals) / learners,
        sum(|it| it.measured) / learners,
    )
}

fn show(measured: Option<Measured>) -> String {
    measured.map_or(String::new(), |it| {
        format!("{:+.4} +-{:.4}", it.mean, (it.interval.high - it.interval.low) / 3.92)
    })
}

/// Two threads; what comes of each run does not depend on them.
fn all(runs: &[Run], learners: usize) -> Result<Vec<Taught>, Fault> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<Taught, Fault>>>> =
        Mutex::new(runs.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(run) = runs.get(at) else { break };
                    let taught = teach(run, learners);
                    if let Ok(mut done) = done.lock() {
                        done[at] = Some(taught);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.into_iter().flatten().collect()
}

fn teach(run: &Run, learners: usize) -> Result<Taught, Fault> {
    let draft = nexus_ingest::course_file::read(COURSE).map_err(|it| format!("{it:?}"))?;
    let course = CourseId::new(&draft.id)?;
    let opens_at = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(draft, PolicyId::new(&run.policy)?, run.seed, opens_at)
        .map_err(|it| it.to_string())?;
    if let Some(bandit) = run.everybody.and_then(sure_of) {
        let dealt = CourseStrategies {
            bandit,
            dealt: 0,
            rewarded: 0,
            missing: 0,
            gains: Default::default(),
        };
        school.state.strategies.insert(course, dealt);
    }
    let classroom = match run.family {
        Some(family) => Classroom::of(family, learners, run.arrival, run.seed),
        None => Classroom::mixed(learners, run.arrival, run.seed),
    };
    let taught = school.teach(&classroom, run.arrival + 28.0).map_err(|it| it.to_string())?;
    let now = school.now();
    let mut of = Taught {
        scores: taught.iter().map(|learner| learner.true_score(now)).collect(),
        answers: taught.iter().map(|it| it.answers() as usize).sum(),
        ..Taught::default()
    };
    for entry in &school.journal {
        match &entry.event {
            Event::DecisionMade(made) => {
                of.decisions += 1;
                of.eligible += eligible_len(made);
                of.alone += usize::from(made.candidates.len() == 1);
            }
            Event::StrategyDealt(_) => of.deals += 1,
            Event::StrategyRewarded(it) if matches!(it.outcome, StrategyOutcome::Measured(_)) => {
                of.measured += 1;
            }
            _ => {}
        }
    }
    Ok(of)
}

/// A bandit that is sure of one strategy: so many learners gained by it.
fn sure_of(best: usize) -> Option<StrategyBandit> {
    let set = StrategySet::default();
    let weight = 1e6;
    let sums = (0..set.strategies().len()).map(|at| {
        let gain = if at == best { 0.9 } else { 0.1 };
        let after = weight * gain;
        GainSums {
            learners: weight,
            weight,
            after,
            after_squared: after * gain,
            ..GainSums::default()
        }
    });
    StrategyBandit::restore(set.cold_prior(), sums.collect(), 1 << 40)
}
