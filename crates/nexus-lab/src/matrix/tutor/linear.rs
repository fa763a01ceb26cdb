//! `linear`: the skills in order, equal time for each, each from easy to hard.

use super::{MatrixQuestion, Sight, Tutor};
use nexus_stats::random::Stream;

#[derive(Clone, Copy, Debug, Default)]
pub struct Linear;

impl Tutor for Linear {
    fn choose(&mut self, sight: &Sight, _stream: &mut Stream) -> MatrixQuestion {
        let place = sight.step as f64 * sight.graph.skills() as f64 / sight.budget.max(1) as f64;
        let within = (place - place.floor()) * sight.graph.difficulties as f64;
        MatrixQuestion { skill: place as usize, difficulty: within as usize }
    }
}
