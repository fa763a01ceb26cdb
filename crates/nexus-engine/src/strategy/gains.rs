//! What learners' probes said of each strategy, as sums: nothing depends on the order in which
//! learners finish, so a gain may come late and out of turn.

/// Half of what one learner's share of right probes says is noise of the probes, and half how
/// learners differ, at this many probes.
///
/// Shares of right probes vary by `p (1 - p) / probes`, at most 0.25 a probe, and learners of one
/// strategy by about 0.015 (docs/simulators.md).
pub const PROBES_HALF: f64 = 12.0;

/// How many probes were asked, and how many answered rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    /// Right answers, at most `asked`.
    pub right: u32,
    /// Probes that were asked.
    pub asked: u32,
}

impl Probes {
    /// The share of right ones, in [0, 1]; `None` when none was asked, or more were right than asked.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        let sound = self.asked > 0 && self.right <= self.asked;
        sound.then(|| f64::from(self.right) / f64::from(self.asked))
    }

    /// How much the share says, in (0, 1): 1 would be a learner known through and through.
    #[must_use]
    pub fn weight(self) -> f64 {
        f64::from(self.asked) / (f64::from(self.asked) + PROBES_HALF)
    }
}

/// What one learner's probes said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// Before the strategy could teach anything; none when none was asked.
    pub before: Probes,
    /// After it; at least one.
    pub after: Probes,
}

/// Sums over the learners who were taught by one strategy. Each learner counts by the weight of
/// the probes after; fading makes the counts fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GainSums {
    pub learners: f64,
    pub weight: f64,
    /// Share of right probes after.
    pub after: f64,
    pub after_squared: f64,
    /// The weights of those who were probed before, too; the next four are sums over them.
    pub known_weight: f64,
    /// Share of right probes before.
    pub known_before: f64,
    pub known_before_squared: f64,
    pub known_after: f64,
    /// Share before times share after.
    pub known_product: f64,
}

impl GainSums {
    /// All sums, in the order of the fields: what is kept on disk.
    #[must_use]
    pub fn to_array(&self) -> [f64; 9] {
        [
            self.learners,
            self.weight,
            self.after,
            self.after_squared,
            self.known_weight,
            self.known_before,
            self.known_before_squared,
            self.known_after,
            self.known_product,
        ]
    }

    /// The opposite of [`GainSums::to_array`].
    #[must_use]
    pub fn from_array(sums: [f64; 9]) -> Self {
        let [learners, weight, after, after_squared, known_weight, rest @ ..] = sums;
        let [known_before, known_before_squared, known_after, known_product] = rest;
        Self {
            learners,
            weight,
            after,
            after_squared,
            known_weight,
            known_before,
            known_before_squared,
            known_after,
            known_product,
        }
    }

    /// One more learner; `false`, and nothing changes, when the probes after have no share or
    /// those before are more right than asked.
    #[must_use]
    pub fn add(&mut self, probed: Probed) -> bool {
        let Some(after) = probed.after.share() else { return false };
        if probed.before.right > probed.before.asked {
            return false;
        }
        let weight = probed.after.weight();
        self.learners += 1.0;
        self.weight += weight;
        self.after += weight * after;
        self.after_squared += weight * after * after;
        if let Some(before) = probed.before.share() {
            self.known_weight += weight;
            self.known_before += weight * before;
            self.known_before_squared += weight * before * before;
            self.known_after += weight * after;
            self.known_product += weight * before * after;
        }
        true
    }

    /// Old learners count for less.
    pub fn fade(&mut self, keep: f64) {
        *self = Self::from_array(self.to_array().map(|sum| keep * sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed(before: (u32, u32), after: (u32, u32)) -> Probed {
        let probes = |(right, asked)| Probes { right, asked };
        Probed { before: probes(before), after: probes(after) }
    }

    #[test]
    fn sums_by_hand() {
        let mut sums = GainSums::default();
        assert!(sums.add(probed((1, 4), (9, 12))));
        assert!(sums.add(probed((0, 0), (1, 4))));
        // Weights 12 / 24 and 4 / 16.
        let expected = [
            2.0,
            0.75,
            0.5 * 0.75 + 0.25 * 0.25,
            0.5 * 0.5625 + 0.25 * 0.0625,
            0.5,
            0.125,
            0.03125,
            0.375,
            0.09375,
        ];
        assert_eq!(sums.to_array(), expected);
        assert_eq!(GainSums::from_array(expected), sums);
        sums.fade(0.5);
        assert_eq!(sums.learners, 1.0);
    }

    #[test]
    fn unsound_probes_are_no_learner() {
        let mut sums = GainSums::default();
        for unsound in [probed((0, 0), (0, 0)), probed((0, 0), (5, 4)), probed((5, 4), (1, 4))] {
            assert!(!sums.add(unsound));
        }
        assert_eq!(sums, GainSums::default());
    }
}
