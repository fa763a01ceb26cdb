//! Compares policies on simulated learners: what they truly know in the end, by policy.
//!
//! `cargo run --release -p nexus-lab --example compare -- [learners] [days] [seed] [policy ...]`

use nexus_engine::decision::candidates::{Exclusion, Relaxation};
use nexus_engine::event::Event;
use nexus_engine::experiment::analysis::{Metric, analyse};
use nexus_engine::experiment::assignment::assign;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{CourseId, ExperimentId, LearnerId, PolicyId, VariantName};
use nexus_engine::policy::context::FEATURE_NAMES;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::Timestamp;
use nexus_sim::school::School;
use nexus_sim::{Classroom, Family, SimulatedLearner};
use std::collections::BTreeMap;

const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");

type Fault = Box<dyn std::error::Error>;

fn main() -> Result<(), Fault> {
    let mut arguments = std::env::args().skip(1);
    let learners: usize = arguments.next().map_or(Ok(300), |it| it.parse())?;
    let days: f64 = arguments.next().map_or(Ok(28.0), |it| it.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |it| it.parse())?;
    let rest: Vec<String> = arguments.collect();
    let policies: Vec<&str> = match rest.is_empty() {
        true => vec!["static", "lin-ts"],
        false => rest.iter().map(String::as_str).collect(),
    };
    println!("{learners} learners, {days} days, seed {seed}");
    for family in Family::ALL {
        let classroom = Classroom::of(family, learners, 2.0, seed);
        run(family.word(), &classroom, days, &policies)?;
    }
    run("mixed", &Classroom::mixed(learners, 2.0, seed), days, &policies)
}

fn definition(course: &str, policies: &[&str]) -> Result<ExperimentDefinition, Fault> {
    let weight = 1.0 / policies.len() as f64;
    let variant = |policy: &&str| -> Result<Variant, Fault> {
        Ok(Variant { name: VariantName::new(policy)?, policy: PolicyId::new(policy)?, weight })
    };
    Ok(ExperimentDefinition {
        id: ExperimentId::new("static-vs-learned")?,
        version: 1,
        course: CourseId::new(course)?,
        variants: policies.iter().map(variant).collect::<Result<_, _>>()?,
        planned_learners: 400,
        leaves_out_moved: true,
    })
}

fn run(name: &str, classroom: &Classroom, days: f64, policies: &[&str]) -> Result<(), Fault> {
    let draft = nexus_ingest::course_file::read(COURSE).map_err(|it| format!("{it:?}"))?;
    let opens_at = Timestamp(1_760_000_000_000_000);
    let definition = definition(&draft.id, policies)?;
    let mut school = School::open(draft, PolicyId::new("static")?, classroom.seed, opens_at)?;
    school.start(definition.clone())?;
    let learners = school.teach(classroom, days)?;
    println!("== {name}");
    for policy in policies {
        let mine = |it: &&SimulatedLearner| {
            LearnerId::new(it.id())
                .is_ok_and(|id| assign(&definition, &id).name.as_str() == *policy)
        };
        let mine: Vec<&SimulatedLearner> = learners.iter().filter(mine).collect();
        side(policy, &mine, &school);
    }
    let Some(experiment) = school.workspace.state.experiments.values().next() else {
        return Ok(());
    };
    for effect in analyse(experiment, school.course.closing_check().is_some()).effects {
        let interval = effect.always_valid.map(|it| (it.low, it.high));
        let single = effect.single_look.map(|it| (it.low, it.high));
        if effect.metric != Metric::Minutes {
            println!(
                "   {} effect {:?} always {interval:.3?} single {single:.3?}",
                effect.metric.word(),
                effect.estimate,
            );
        }
    }
    inside(&school);
    Ok(())
}

fn side(policy: &str, mine: &[&SimulatedLearner], school: &School) {
    let share = |of: &dyn Fn(&SimulatedLearner) -> f64| {
        mine.iter().map(|it| of(it)).sum::<f64>() / mine.len().max(1) as f64
    };
    let scores: Vec<f64> = mine.iter().map(|it| it.true_score(school.now())).collect();
    let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    let variance = scores.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>();
    let error = variance.sqrt() / scores.len().max(2) as f64;
    let minutes = |it: &SimulatedLearner| {
        let id = LearnerId::new(it.id()).ok();
        let state = id.and_then(|id| school.workspace.learners.get(&id));
        let progress = state.and_then(|it| it.courses.values().next());
        progress.map_or(0.0, |it| it.progress.minutes)
    };
    println!(
        "{policy:8} n {:4} true score {mean:.3} +-{error:.3}  finished {:.2}  dropped {:.2}  \
         answers {:.0}  minutes {:.0}",
        mine.len(),
        share(&|it| f64::from(u8::from(it.finished()))),
        share(&|it| f64::from(u8::from(it.dropped_out()))),
        share(&|it| it.answers() as f64),
        share(&minutes),
    );
    let state = school.workspace.state.experiments.values().next();
    let position = |it: &ExperimentDefinition| {
        it.variants.iter().position(|side| side.name.as_str() == policy)
    };
    let found = state.and_then(|it| position(&it.definition).map(|at| &it.tallies[at]));
    if let Some(tally) = found {
        let means = Metric::ALL.map(|metric| (metric.word(), metric.moments(tally).mean()));
        println!("         {means:.3?}");
    }
}

/// What the adaptive side saw and learned.
fn inside(school: &School) {
    let mut relaxed: BTreeMap<Relaxation, u64> = BTreeMap::new();
    let mut reasons: BTreeMap<Exclusion, u64> = BTreeMap::new();
    let (mut decisions, mut candidates) = (0_u64, 0_usize);
    let mut kinds: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in &school.workspace.journal {
        match &entry.event {
            Event::DecisionMade(made) if made.origin.decider.policy.as_str() != "static" => {
                decisions += 1;
                candidates += made.choice.candidates.len();
                *relaxed.entry(made.rules.relaxation).or_default() += 1;
                for reason in &made.rules.exclusions {
                    *reasons.entry(*reason).or_default() += 1;
                }
                let activity = school.course.activity(made.chosen().activity.as_str());
                let kind = activity.map_or("gone", |it| it.kind.word());
                chosen.insert(made.origin.id.as_str(), kind);
            }
            Event::RewardJoined(joined) => {
                if let Some(kind) = chosen.get(joined.decision.as_str()) {
                    let sums = kinds.entry(kind).or_default();
                    sums.0 += 1;
                    sums.1 += joined.value;
                }
            }
            _ => {}
        }
    }
    let per = decisions.max(1) as f64;
    println!(
        "   adaptive: {decisions} decisions, {:.1} candidates, {relaxed:?}",
        candidates as f64 / per
    );
    let reasons: Vec<_> = reasons
        .iter()
        .map(|(it, n)| (it.word(), (*n as f64 / per * 10.0).round() / 10.0))
        .collect();
    println!("   reasons a decision: {reasons:?}");
    let kinds: Vec<_> = kinds
        .iter()
        .map(|(kind, (n, sum))| (*kind, *n, (sum / *n as f64 * 1000.0).round() / 1000.0))
        .collect();
    println!("   mean reward by kind: {kinds:?}");
    for ((_, id), policy) in &school.workspace.state.policies {
        if let PolicyState::Linear(policy) = policy {
            let weights: Vec<_> = FEATURE_NAMES
                .iter()
                .zip(policy.model().weights())
                .map(|(name, it)| format!("{name} {it:+.2}"))
                .collect();
            println!("   {id}: {}", weights.join(", "));
        }
    }
}
