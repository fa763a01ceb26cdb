//! When nothing is left to chance: without the learner's consent, and beyond a budget.
//!
//! The policy is asked as ever and its floor mixed in; then the candidate it expects most of is
//! shown, with probability 1, floor 0 and the reason. Expectation, and not probability: policies
//! that sample estimate their probabilities by seeded draws, so the most probable one would still
//! be a matter of chance while they know little. The propensity is exact, so what comes of it may
//! teach the policy that chose; but nothing else could have been shown, so weights of inverse
//! propensity say nothing of the other candidates there (`docs/policies.md`).

use super::Decision;
use super::choose::Subject;
use crate::learner::session::Sessions;
use crate::learner::window::WindowCounter;
use crate::policy::Distribution;
use crate::time::{DAY_MICROS, Timestamp};
use crate::words;

/// Exploratory decisions for one learner in one session of a course. Ten of a long session's
/// twenty: chance never has more than about half of it.
pub const SESSION_MAX: u16 = 10;
/// The same in one day (of UTC) over all courses: two sessions' worth.
pub const DAY_MAX: u16 = 20;

/// Why nothing was left to chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Withheld {
    /// The learner does not consent to exploration.
    NoConsent,
    /// This session has had [`SESSION_MAX`] exploratory decisions.
    SessionBudget,
    /// This day has had [`DAY_MAX`] of them.
    DayBudget,
}

words!(Withheld {
    NoConsent => "no_consent",
    SessionBudget => "session_budget",
    DayBudget => "day_budget",
});

impl Withheld {
    /// Why nothing may be left to chance for a learner now, if so.
    #[must_use]
    pub fn now(subject: &Subject<'_>, consents_by_default: bool, at: Timestamp) -> Option<Self> {
        let sessions = &subject.progress.sessions;
        let session = i64::from(sessions.number_at(at));
        if !subject.consent.map_or(consents_by_default, |said| said.exploration) {
            Some(Self::NoConsent)
        } else if sessions.explored.within(session) >= SESSION_MAX {
            Some(Self::SessionBudget)
        } else if subject.explored.within(day(at)) >= DAY_MAX {
            Some(Self::DayBudget)
        } else {
            None
        }
    }

    /// The reason in a teacher's words, after "because".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoConsent => "the learner does not consent to exploration",
            Self::SessionBudget => "chance had its share of this session",
            Self::DayBudget => "chance had its share of this day",
        }
    }
}

fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MICROS)
}

/// Counts a decision against its learner's budgets, when it explored.
pub(crate) fn count(
    decision: &Decision,
    today: &mut WindowCounter,
    sessions: &mut Sessions,
    at: Timestamp,
) {
    if decision.choice.more_probable() > 0 {
        sessions.explored.one_more(i64::from(sessions.number_at(at)));
        today.one_more(day(at));
    }
}

/// Puts all mass on the candidate with the highest estimate, or, of a policy without estimates, with
/// the highest probability; of equals on the first of the path. The result does not depend on the
/// seed: no policy draws its estimates, and those without estimates compute their probabilities
/// without a draw.
pub(super) fn withhold(distribution: &mut Distribution) {
    let Distribution { probabilities, estimates } = distribution;
    let (mut best, mut most) = (0, f64::NEG_INFINITY);
    for (position, probability) in probabilities.iter().enumerate() {
        let worth = estimates.get(position).copied().unwrap_or(*probability);
        if worth > most {
            (best, most) = (position, worth);
        }
    }
    probabilities.fill(0.0);
    if let Some(mass) = probabilities.get_mut(best) {
        *mass = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(probabilities: [f64; 3], estimates: &[f64], shown: usize) {
        let (probabilities, estimates) = (probabilities.to_vec(), estimates.to_vec());
        let mut distribution = Distribution { probabilities, estimates };
        withhold(&mut distribution);
        let mut certain = [0.0; 3];
        certain[shown] = 1.0;
        assert_eq!(distribution.probabilities, certain);
    }

    #[test]
    fn what_is_expected_goes_before_what_is_probable() {
        check([0.7, 0.2, 0.1], &[0.1, 0.2, 0.3], 2);
        check([0.2, 0.5, 0.3], &[], 1);
        // Of equals the first of the path.
        check([0.2, 0.4, 0.4], &[], 1);
        check([0.2, 0.4, 0.4], &[0.0; 3], 0);
    }
}
