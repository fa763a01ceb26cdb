//! The permanent holdout: a small share of learners for whom no policy that learns ever decides, so
//! that there is always something to compare with that learned nothing and was never selected. It
//! is off unless somebody sets a share. They get the course's own path, or, where the node is told so,
//! any eligible activity with equal chances, which says more of every activity and teaches less.
//!
//! Who is held out is a pure hash of the learner's id, salted with the course, so it never changes
//! and needs no list. They take no part in experiments: they are left out before assignment,
//! which is independent of everything that happens later, so an experiment compares its variants
//! among the others without bias. Teachers' pins and the kill switch hold for them as for all.
//!
//! A learner who withholds consent to exploration gets the first of equals instead of a draw.
//! That is no uniform treatment, and those who withhold consent may differ from those who do not;
//! so both groups are counted without them, and they are counted beside.

use crate::ids::{CourseId, LearnerId};
use crate::policy::kind::PolicyKind;
use crate::time::Timestamp;
use crate::words;
use nexus_stats::assignment::bucket;
use nexus_stats::moments::ExactMoments;

/// The greatest share that may be held out: chance teaches less well than most policies.
pub const SHARE_MAX: f64 = 0.10;
/// What serves those who are held out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HoldoutPolicy {
    /// The course's own path.
    #[default]
    Static,
    /// Any eligible activity with equal chances.
    Random,
}

impl HoldoutPolicy {
    #[must_use]
    pub fn kind(self) -> PolicyKind {
        match self {
            Self::Static => PolicyKind::Static,
            Self::Random => PolicyKind::Random,
        }
    }
}

words!(HoldoutPolicy {
    Static => "static",
    Random => "random",
});

/// Someone set the share of a course's learners who are held out.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldoutSet {
    pub course: CourseId,
    /// From 0 to [`SHARE_MAX`]; the hash knows steps of 0.0001.
    pub share: f64,
    /// The reason that the caller gave.
    pub reason: String,
    /// Who did it, in words.
    pub by: String,
}

/// The share that holds in a course.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldoutShare {
    /// From 0 to [`SHARE_MAX`].
    pub share: f64,
    /// Place in the journal of the event that set it.
    pub seq: u64,
    pub at: Timestamp,
    pub reason: String,
    pub by: String,
}

/// What is counted of those who are held out, beside all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldoutTally {
    /// Those who are held out and consent to exploration.
    pub held_out: GroupTally,
    /// Everybody else who consents, whatever decided for them.
    pub others: GroupTally,
    /// Those who are held out and do not consent: chance had no say.
    pub held_out_without_consent: GroupTally,
    /// Everybody else who does not consent.
    pub others_without_consent: GroupTally,
}

/// What is counted of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTally {
    /// Decisions, those of teachers and the kill switch left out.
    pub decisions: u64,
    /// Moments of the rewards of these decisions.
    pub rewards: ExactMoments,
    /// Moments of the grades of probes.
    pub probes: ExactMoments,
}

impl GroupTally {
    /// Standard errors of the mean reward and of the mean grade of probes, as if all were
    /// independent; `None` below two of them.
    #[must_use]
    pub fn errors(&self) -> (Option<f64>, Option<f64>) {
        let error = |moments: &ExactMoments| Some((moments.variance()? / moments.n as f64).sqrt());
        (error(&self.rewards), error(&self.probes))
    }
}

impl HoldoutTally {
    /// The tally of a group.
    pub fn of(&mut self, held_out: bool, without_consent: bool) -> &mut GroupTally {
        match (held_out, without_consent) {
            (true, false) => &mut self.held_out,
            (false, false) => &mut self.others,
            (true, true) => &mut self.held_out_without_consent,
            (false, true) => &mut self.others_without_consent,
        }
    }
}

/// Whether a learner is held out in a course, at a share of its learners. At a greater share the
/// same learners are held out, and others besides.
#[must_use]
pub fn is_held_out(course: &CourseId, learner: &LearnerId, share: f64) -> bool {
    share > 0.0 && bucket(&format!("holdout:{course}"), learner.as_str()) < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_share_is_held_out_and_a_greater_share_adds_to_it() {
        let course = CourseId::new("sums").unwrap();
        let learners: Vec<LearnerId> =
            (0..20_000).map(|n| LearnerId::new(&format!("learner-{n}")).unwrap()).collect();
        let held = |share| {
            learners
                .iter()
                .filter(move |it| is_held_out(&CourseId::new("sums").unwrap(), it, share))
                .count()
        };
        // Five standard errors of a binomial with 20,000 trials: 154 and 212.
        assert!(held(0.05).abs_diff(1_000) < 154, "{}", held(0.05));
        assert!(held(0.10).abs_diff(2_000) < 212, "{}", held(0.10));
        assert_eq!(held(0.0), 0);
        for learner in &learners {
            assert!(!is_held_out(&course, learner, 0.05) || is_held_out(&course, learner, 0.10));
        }
        // Another course holds out others: 5 % of 5 %, five standard errors of it 35.
        let other = CourseId::new("fractions").unwrap();
        let both =
            |it: &&LearnerId| is_held_out(&course, it, 0.05) && is_held_out(&other, it, 0.05);
        assert!(learners.iter().filter(both).count().abs_diff(50) < 36);
    }
}
