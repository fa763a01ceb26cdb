//! How much one learner may teach: so many rewards a day, however many there are.
//!
//! A policy is shared by all learners of a course, so a script, a shared account or one very busy
//! learner must not outvote the others. A reward beyond the cap is joined, kept and reported,
//! but no policy learns from it.

use crate::time::{DAY_MICROS, Timestamp};

/// Rewards of one learner in one course that count in a window.
pub const INFLUENCE_MAX: u16 = 200;
/// Length of a window, which begins with the first reward after the one before has ended.
pub const INFLUENCE_WINDOW_MICROS: i64 = DAY_MICROS;

/// What a learner has taught lately in a course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Influence {
    /// When the window began.
    pub since: Timestamp,
    /// Rewards that counted in it.
    pub rewards: u16,
}

impl Influence {
    /// Takes one more reward, and says whether it counts.
    pub fn admits(&mut self, at: Timestamp) -> bool {
        let over = self.since.plus_micros(INFLUENCE_WINDOW_MICROS);
        if self.rewards == 0 || at >= over || at < self.since {
            *self = Self { since: at, rewards: 0 };
        }
        let counts = self.rewards < INFLUENCE_MAX;
        self.rewards += u16::from(counts);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_cap_and_the_next_one_begins_anew() {
        let (mut influence, start) = (Influence::default(), Timestamp(5 * DAY_MICROS));
        let day =
            |influence: &mut Influence, at| (0..1_000).filter(|_| influence.admits(at)).count();
        assert_eq!(day(&mut influence, start), 200);
        assert_eq!(day(&mut influence, start.plus_micros(DAY_MICROS - 1)), 0);
        assert_eq!(day(&mut influence, start.plus_micros(DAY_MICROS)), 200);
    }
}
