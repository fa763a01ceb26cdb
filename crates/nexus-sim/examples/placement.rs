//! Measures a placement: the error of predicted success after so many questions, chosen by Nexus
//! and by chance.
//!
//! `cargo run --release -p nexus-sim --example placement -- [learners] [seeds]`

use nexus_engine::catalog::{Names, validation};
use nexus_sim::placement::{Minds, Order, Trial};
use nexus_sim::{CourseTruth, Family};
use std::sync::Arc;

const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");
const ANSWERS: usize = 12;

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
            let trial = Trial { truth: &truth, minds, learners, answers: ANSWERS, seed };
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
    Ok(())
}
