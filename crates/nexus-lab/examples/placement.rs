//! Measures a placement: the error of predicted success after so many questions, chosen by Nexus
//! and by chance.
//!
//! `cargo run --release -p nexus-lab --example placement -- [learners] [seeds]`

use nexus_engine::catalog::{CourseDraft, Names, validation};
use nexus_engine::ids::{LearnerId, PolicyId};
use nexus_engine::learner::placement::Stopped;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::LearnerState;
use nexus_lab::placement::{Minds, Order, PlacementTrial};
use nexus_sim::school::School;
use nexus_sim::{Classroom, CourseTruth, Family};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");
const ANSWERS: usize = 12;
const READS: u32 = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let learners: usize = arguments.next().map_or(Ok(500), |it| it.parse())?;
    let seeds: u64 = arguments.next().map_or(Ok(5), |it| it.parse())?;
    let draft = nexus_ingest::course_file::read(COURSE).map_err(|it| format!("{it:?}"))?;
    let course = validation::publish(&draft, &mut Names::default());
    let course = Arc::new(course.map_err(|it| format!("{it:?}"))?);
    println!("{learners} learners, seeds 1 to {seeds}: RMSE of predicted success");
    let minds = [Minds::Known].into_iter().chain(Family::ALL.map(Minds::Of));
    for minds in minds {
        println!("{minds:?}\nanswers  adaptive  random  wins");
        let mut rows = vec![(0.0, 0.0, 0_u32); ANSWERS + 1];
        for seed in 1..=seeds {
            let truth = Arc::new(CourseTruth::new(&course, seed));
            let trial = PlacementTrial { truth: &truth, minds, learners, answers: ANSWERS, seed };
            let (chosen, drawn) = (trial.errors(Order::Adaptive), trial.errors(Order::Random));
            for (row, (chosen, drawn)) in rows.iter_mut().zip(chosen.iter().zip(&drawn)) {
                row.0 += chosen / seeds as f64;
                row.1 += drawn / seeds as f64;
                row.2 += u32::from(chosen < drawn);
            }
        }
        for (answers, (chosen, drawn, wins)) in rows.iter().enumerate() {
            println!("{answers:>7}  {chosen:.4}    {drawn:.4}  {wins}/{seeds}");
        }
    }
    live(draft, learners)
}

/// How placements end in a classroom, and how long one takes to read.
fn live(draft: CourseDraft, learners: usize) -> Result<(), Box<dyn std::error::Error>> {
    let opens_at = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(draft, PolicyId::new("static")?, 1, opens_at)?;
    school.teach(&Classroom::mixed(learners, 0.5, 1), 3.0)?;
    let mut ends: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for learner in school.workspace.learners.values() {
        let Some(view) = school.workspace.state.placement(&school.course, learner) else {
            continue;
        };
        let reason = view.stopped.map_or("-", Stopped::word);
        let end = ends.entry(format!("{:?} {reason}", view.standing)).or_default();
        end.0 += 1;
        end.1 += view.asked;
    }
    for (end, (learners, asked)) in ends {
        println!(
            "{end}: {learners} learners, {:.1} questions",
            f64::from(asked) / f64::from(learners)
        );
    }
    let newcomer = LearnerState::new(LearnerId::new("newcomer")?);
    let began = Instant::now();
    for _ in 0..READS {
        black_box(school.workspace.state.placement(&school.course, black_box(&newcomer)));
    }
    let micros = began.elapsed().as_secs_f64() * 1e6 / f64::from(READS);
    println!("{} questions: {micros:.1} us a read", school.course.questions.len());
    Ok(())
}
