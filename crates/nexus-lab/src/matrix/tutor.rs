//! Policies of the matrix: they see the skill graph, the answers and the time, and choose the next
//! question. One file each. They are small on purpose: yardsticks, not the product's policies.

pub mod filtered;
pub mod gated_random;
pub mod linear;
pub mod mastery;
pub mod oracle;
pub mod planned;
pub mod popularity;
pub mod progress;
pub mod strategic;
pub mod success;
pub mod traced;
pub mod uniform;

use super::{Answered, MatrixQuestion, Sight};
use nexus_stats::random::Stream;

/// Chooses the questions of one learner.
pub trait Tutor {
    fn choose(&mut self, sight: &Sight, stream: &mut Stream) -> MatrixQuestion;

    /// Takes in the answer.
    fn observe(&mut self, _answered: &Answered) {}
}
