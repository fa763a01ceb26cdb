//! Questions that Nexus chooses tell more than questions drawn at random.

use nexus_engine::catalog::{Course, Names, validation};
use nexus_sim::placement::{Minds, Order, Trial};
use nexus_sim::{CourseTruth, Family};
use std::sync::Arc;

const COURSE: &str = include_str!("../../../courses/probability-from-zero.yaml");

fn course() -> Arc<Course> {
    let draft = nexus_ingest::course_file::read(COURSE).expect("the shipped course is valid");
    let course = validation::publish(&draft, &mut Names::default());
    Arc::new(course.expect("the shipped course can be published"))
}

/// Adaptive beats random on every seed after each of these numbers of answers.
fn check(minds: Minds, after: &[usize]) {
    let course = course();
    for seed in [11, 12, 13] {
        let truth = Arc::new(CourseTruth::new(&course, seed));
        let trial = Trial { truth: &truth, minds, learners: 250, answers: 12, seed };
        let (chosen, drawn) = (trial.errors(Order::Adaptive), trial.errors(Order::Random));
        assert_eq!(chosen[0].to_bits(), drawn[0].to_bits());
        for answers in after {
            let (chosen, drawn) = (chosen[*answers], drawn[*answers]);
            assert!(chosen < drawn, "seed {seed}, {answers} answers: {chosen} and {drawn}");
        }
    }
}

#[test]
fn minds_with_an_ability_and_levels() {
    check(Minds::Known, &[4, 8, 12]);
}

#[test]
fn minds_that_forget() {
    check(Minds::Of(Family::Forgetful), &[4]);
}

#[test]
fn minds_that_guess() {
    check(Minds::Of(Family::Guesser), &[4]);
}
