//! `success-ucb`: maximises raw success, so that the trap can be seen (UCB1; Auer, Cesa-Bianchi
//! and Fischer 2002). It is for demonstration only.

use super::{Answered, MatrixQuestion, Sight, Tutor};
use crate::matrix::graph::{DIFFICULTIES_MAX, SKILLS_MAX};
use nexus_stats::math::ln;
use nexus_stats::random::Stream;

/// The factor before the square root: little optimism, as a product that loves success has.
const WIDTH: f64 = 0.3;

/// Upper confidence bounds on the success at each question, for one learner.
#[derive(Clone, Debug, Default)]
pub struct Success {
    asked: [[f64; DIFFICULTIES_MAX]; SKILLS_MAX],
    right: [[f64; DIFFICULTIES_MAX]; SKILLS_MAX],
}

impl Tutor for Success {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion {
        let log = ln(sight.step as f64 + 1.0);
        let mut best = (f64::NEG_INFINITY, MatrixQuestion { skill: 0, difficulty: 0 });
        for skill in 0..sight.graph.skills() {
            for difficulty in 0..sight.graph.difficulties {
                let asked = self.asked[skill][difficulty];
                let tie = 1e-6 * stream.uniform();
                let bound = if asked > 0.0 {
                    self.right[skill][difficulty] / asked + WIDTH * (log / asked).sqrt()
                } else {
                    1e3
                };
                if bound + tie > best.0 {
                    best = (bound + tie, MatrixQuestion { skill, difficulty });
                }
            }
        }
        best.1
    }

    fn observe(&mut self, answered: &Answered) {
        let MatrixQuestion { skill, difficulty } = answered.activity;
        self.asked[skill][difficulty] += 1.0;
        self.right[skill][difficulty] += f64::from(u8::from(answered.right));
    }
}
