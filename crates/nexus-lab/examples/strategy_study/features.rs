//! Whether anything known of a learner should choose the strategy: the best strategy of all
//! against the best of each group of learners, chosen on nine tenths and scored on the other.

use crate::TUNING_SEED;
use nexus_engine::strategy::StrategySet;
use nexus_lab::matrix::World;
use nexus_lab::matrix::run::{MatrixOutcome, teach_by};

const LEARNERS: usize = 1_500;
const FOLDS: usize = 10;

/// Groups by right probes before; by what was truly known before; and, as a bound for what early
/// answers could tell, by the success over a whole course under one fixed strategy.
pub fn run(world: &World) -> String {
    let set = StrategySet::default();
    let teach = |strategy| -> Vec<MatrixOutcome> {
        (0..LEARNERS).map(|n| teach_by(*world, TUNING_SEED, n as u64, strategy)).collect()
    };
    let taught: Vec<Vec<MatrixOutcome>> = set.strategies().iter().copied().map(teach).collect();
    let success = |one: &MatrixOutcome| one.right as f64 / one.answers.max(1) as f64;
    let before = |one: &MatrixOutcome| one.probed.before.share().unwrap_or(0.0);
    let mut text = world.word().to_owned();
    for (name, feature) in [
        ("probes before", taught[0].iter().map(before).collect::<Vec<f64>>()),
        ("truth before", taught[0].iter().map(|one| one.start).collect()),
        ("success of a whole course", taught[0].iter().map(success).collect()),
    ] {
        let (one, grouped) = compare(&taught, &feature);
        text += &format!("; by {name} {:+.4} from {one:.4}", grouped - one);
    }
    text
}

fn compare(taught: &[Vec<MatrixOutcome>], feature: &[f64]) -> (f64, f64) {
    let mut sorted = feature.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cuts = [1, 2, 3].map(|quarter| sorted[quarter * LEARNERS / 4]);
    let group = |learner: usize| cuts.iter().filter(|cut| feature[learner] >= **cut).count();
    let (mut one, mut grouped) = (0.0, 0.0);
    for fold in 0..FOLDS {
        let best = |wanted: &dyn Fn(usize) -> bool| -> usize {
            let learners: Vec<usize> =
                (0..LEARNERS).filter(|n| n % FOLDS != fold && wanted(*n)).collect();
            let sums = taught.iter().map(|all| learners.iter().map(|n| all[*n].score).sum::<f64>());
            let best = sums.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
            best.map_or(0, |(strategy, _)| strategy)
        };
        let for_all = best(&|_| true);
        let for_group = [0, 1, 2, 3].map(|wanted| best(&|learner| group(learner) == wanted));
        for learner in (fold..LEARNERS).step_by(FOLDS) {
            one += taught[for_all][learner].score;
            grouped += taught[for_group[group(learner)]][learner].score;
        }
    }
    (one / LEARNERS as f64, grouped / LEARNERS as f64)
}
