//! The latest results in one thing, a skill or an activity, right or wrong: enough to see whether
//! success grows. Sixteen bits and a count, so it never grows itself.

use crate::ids::SkillKey;

/// How many results are remembered.
pub const RESULTS_MAX: u8 = 16;

/// The latest results, at most [`RESULTS_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// One bit a result, the latest in the lowest; 1 was right.
    bits: u16,
    count: u8,
}

/// The latest results in one skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkillResults {
    pub skill: SkillKey,
    pub results: Results,
}

impl Results {
    pub const NONE: Self = Self { bits: 0, count: 0 };

    /// So many results as [`Self::bits`] gave them. `None` when there are more than are kept, or
    /// bits that belong to none.
    #[must_use]
    pub fn from_parts(bits: u16, count: u8) -> Option<Self> {
        let sound = count <= RESULTS_MAX && u32::from(bits) < 1 << u32::from(count);
        sound.then_some(Self { bits, count })
    }

    /// One bit a result, the latest in the lowest; 1 was right.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.bits
    }

    /// How many results are remembered, at most [`RESULTS_MAX`].
    #[must_use]
    pub fn count(self) -> u8 {
        self.count
    }

    /// Takes in the latest result; the oldest is forgotten when there are too many.
    pub fn push(&mut self, right: bool) {
        self.bits = self.bits << 1 | u16::from(right);
        self.count = RESULTS_MAX.min(self.count + 1);
    }

    /// What was remembered so many results ago, less what is forgotten since.
    #[must_use]
    pub fn before(self, results: u8) -> Self {
        let count = self.count.saturating_sub(results);
        let bits = if count == 0 { 0 } else { self.bits >> results };
        Self { bits, count }
    }

    /// Share of right ones among the latest `last`, or among all when there are fewer; `None`
    /// when there are none.
    #[must_use]
    pub fn share(self, last: u8) -> Option<f64> {
        let seen = last.min(self.count);
        (seen > 0).then(|| f64::from(self.right(seen)) / f64::from(seen))
    }

    /// Progress in success: the share of right ones in the later half of the latest `last` results
    /// minus that in the earlier half, in [-1, 1]. Of an odd number the earlier part is the longer.
    /// `None` below two results.
    #[must_use]
    pub fn progress(self, last: u8) -> Option<f64> {
        let seen = last.min(self.count);
        let late = seen / 2;
        let early = self.before(late).share(seen - late)?;
        self.share(late).map(|late| late - early)
    }

    fn right(self, last: u8) -> u32 {
        let mask = u16::MAX.checked_shr(u32::from(16 - last)).unwrap_or(0);
        (self.bits & mask).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_stats::random::Stream;

    fn mean(results: &[bool]) -> f64 {
        results.iter().filter(|right| **right).count() as f64 / results.len() as f64
    }

    // The oracle is a plain list of all results.
    #[test]
    fn bits_say_what_a_list_says() {
        let mut stream = Stream::new(5);
        for _ in 0..200 {
            let (mut list, mut bits) = (Vec::new(), Results::default());
            for _ in 0..stream.below(40) {
                let right = stream.uniform() < 0.6;
                list.push(right);
                bits.push(right);
            }
            let kept = &list[list.len().saturating_sub(16)..];
            assert_eq!(usize::from(bits.count()), kept.len());
            assert_eq!(Results::from_parts(bits.bits(), bits.count()), Some(bits));
            for last in 1..=16_u8 {
                let seen = &kept[kept.len().saturating_sub(last.into())..];
                assert_eq!(bits.share(last), (!seen.is_empty()).then(|| mean(seen)), "{last}");
                let (early, late) = seen.split_at(seen.len() - seen.len() / 2);
                let progress = (!late.is_empty()).then(|| mean(late) - mean(early));
                assert_eq!(bits.progress(last), progress, "{last} of {kept:?}");
                let cut = &kept[..kept.len().saturating_sub(last.into())];
                assert_eq!(bits.before(last).share(16), (!cut.is_empty()).then(|| mean(cut)));
            }
        }
    }

    #[test]
    fn bits_of_no_result_are_refused() {
        assert_eq!(Results::from_parts(0b100, 2), None);
        assert_eq!(Results::from_parts(0, 17), None);
        assert!(Results::from_parts(u16::MAX, 16).is_some());
    }
}
