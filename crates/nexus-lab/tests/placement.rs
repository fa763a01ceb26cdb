//! Questions that Nexus chooses tell more than questions drawn at random.

use nexus_engine::catalog::{Course, Names, validation};
use nexus_lab::placement::{Minds, Order, PlacementTrial};
use nexus_sim::{CourseTruth, Family};
use nexus_testkit::shipped;
use std::sync::Arc;

fn course() -> Arc<Course> {
    let draft = shipped();
    let course = validation::publish(&draft, &mut Names::default());
    Arc::new(course.expect("the shipped course can be published"))
}

/// Adaptive beats random after each of these numbers of answers, in the mean over the seeds: one
/// class of 250 is too few to tell orders apart that differ by three per cent.
fn check(minds: Minds, after: &[usize]) {
    let course = course();
    let seeds = 11..17;
    let (mut chosen, mut drawn) = ([0.0; 13], [0.0; 13]);
    for seed in seeds.clone() {
        let truth = Arc::new(CourseTruth::new(&course, seed));
        let trial = PlacementTrial { truth: &truth, minds, learners: 250, answers: 12, seed };
        let (adaptive, random) = (trial.errors(Order::Adaptive), trial.errors(Order::Random));
        assert_eq!(adaptive[0].to_bits(), random[0].to_bits());
        chosen.iter_mut().zip(&adaptive).for_each(|(sum, error)| *sum += error);
        drawn.iter_mut().zip(&random).for_each(|(sum, error)| *sum += error);
    }
    for answers in after {
        let (chosen, drawn) = (chosen[*answers], drawn[*answers]);
        assert!(chosen < drawn, "seeds {seeds:?}, {answers} answers: {chosen} and {drawn}");
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
