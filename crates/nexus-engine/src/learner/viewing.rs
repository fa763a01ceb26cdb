//! What was really watched of a video.
//!
//! Parts are kept as players report them, and few enough to be remembered. Where two parts become
//! one, the seconds between them are not watched: each part knows how many of its seconds were. So
//! keeping less of what a learner watched never makes it more.
#![warn(missing_docs)]

use super::progress::Segment;
use super::session::{CREDITS_SHARE, SEGMENTS_MAX, WATCHED_SHARE};
use crate::ids::ActivityKey;

/// What one learner watched of one video.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewing {
    /// The key of the video.
    pub activity: ActivityKey,
    /// Parts in order, apart from each other, at most [`SEGMENTS_MAX`].
    pub parts: Vec<ViewedPart>,
}

/// A part of a video in which something was watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewedPart {
    /// Seconds from the beginning.
    pub from_seconds: f64,
    /// Seconds from the beginning, after `from_seconds`.
    pub to_seconds: f64,
    /// How much of it was watched at least, at most its length.
    pub seen_seconds: f64,
}

/// How far apart two parts may be to touch: what numbers with a few decimals come to.
const TOUCHING_SECONDS: f64 = 1e-6;

impl Viewing {
    /// What was watched so far, as parts that were watched whole.
    #[must_use]
    pub fn of(activity: ActivityKey, watched: &[Segment]) -> Self {
        let mut viewing = Self { activity, parts: Vec::new() };
        viewing.watch(watched);
        viewing
    }

    /// Adds watched parts; empty ones and those that go backwards are nothing.
    pub fn watch(&mut self, segments: &[Segment]) {
        for segment in segments {
            if segment.from_seconds < segment.to_seconds {
                self.add(*segment);
            }
        }
        while self.parts.len() > SEGMENTS_MAX {
            self.join_nearest();
        }
    }

    fn add(&mut self, Segment { from_seconds, to_seconds }: Segment) {
        let before = |part: &ViewedPart| part.to_seconds < from_seconds - TOUCHING_SECONDS;
        let first = self.parts.partition_point(before);
        let reached = |part: &&ViewedPart| part.from_seconds <= to_seconds + TOUCHING_SECONDS;
        let count = self.parts[first..].iter().take_while(reached).count();
        let mut joined =
            ViewedPart { from_seconds, to_seconds, seen_seconds: to_seconds - from_seconds };
        for part in self.parts.drain(first..first + count) {
            let common =
                (part.to_seconds.min(to_seconds) - part.from_seconds.max(from_seconds)).max(0.0);
            // What they have in common counts once; where a part has gaps, it is not known where.
            joined.seen_seconds += part.seen_seconds.max(common) - common;
            joined.from_seconds = joined.from_seconds.min(part.from_seconds);
            joined.to_seconds = joined.to_seconds.max(part.to_seconds);
        }
        joined.seen_seconds = joined.seen_seconds.min(joined.to_seconds - joined.from_seconds);
        self.parts.insert(first, joined);
    }

    /// Makes one part of the two with the smallest gap between them.
    fn join_nearest(&mut self) {
        let gap = |pair: &[ViewedPart]| pair[1].from_seconds - pair[0].to_seconds;
        let gaps = self.parts.windows(2).map(gap).enumerate();
        if let Some((place, _)) = gaps.min_by(|left, right| left.1.total_cmp(&right.1)) {
            let next = self.parts.remove(place + 1);
            let part = &mut self.parts[place];
            part.to_seconds = next.to_seconds;
            part.seen_seconds += next.seen_seconds;
        }
    }

    /// Seconds before a moment of the video that were watched at least.
    #[must_use]
    pub fn seen_before(&self, end_seconds: f64) -> f64 {
        let seen = self.parts.iter().map(|part| {
            // As if what is behind the end had been watched whole.
            let behind = (part.to_seconds - end_seconds).max(0.0);
            (part.seen_seconds - behind).max(0.0)
        });
        seen.sum()
    }

    /// Whether enough of a video was watched: 90 % of all but its last tenth, in any order.
    #[must_use]
    pub fn is_enough(&self, length_seconds: f64) -> bool {
        let counted_seconds = length_seconds * (1.0 - CREDITS_SHARE);
        self.seen_before(counted_seconds) + TOUCHING_SECONDS >= WATCHED_SHARE * counted_seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewing(parts: &[(f64, f64)]) -> Viewing {
        let mut viewing = Viewing { activity: ActivityKey(0), parts: Vec::new() };
        for (from_seconds, to_seconds) in parts {
            let (from_seconds, to_seconds) = (*from_seconds, *to_seconds);
            viewing.watch(&[Segment { from_seconds, to_seconds }]);
        }
        viewing
    }

    /// Parts of `seen` seconds, each beginning `step` seconds after the one before.
    fn skipped(length: f64, step: f64, seen: f64) -> Vec<(f64, f64)> {
        let count = (length / step) as u32;
        (0..count).map(|part| f64::from(part) * step).map(|from| (from, from + seen)).collect()
    }

    #[test]
    fn skipping_is_not_watching() {
        for (length, step, seen) in [
            (1_800.0, 5.0, 1.0),
            (1_800.0, 7.0, 2.0),
            (1_800.0, 2.0, 1.0),
            (100.0, 1.0, 0.1),
            (100.0, 2.0, 0.2),
            (7_200.0, 1.0, 0.5),
        ] {
            let parts = skipped(length, step, seen);
            let viewing = viewing(&parts);
            let truth = parts.len() as f64 * seen;
            assert!(viewing.parts.len() <= SEGMENTS_MAX);
            assert!(viewing.seen_before(length) <= truth + 1e-6, "{step} {seen}");
            assert!(!viewing.is_enough(length), "{seen} of every {step} seconds");
        }
        assert!(!viewing(&[(0.0, 3.0), (97.0, 100.0)]).is_enough(100.0), "a jump to the end");
        assert!(!viewing(&[(0.0, 33.0); 3]).is_enough(100.0), "a third, three times");
    }

    #[test]
    fn watching_in_any_order_and_in_small_parts_is_watching() {
        assert!(viewing(&[(0.0, 82.0)]).is_enough(100.0), "all but the credits");
        assert!(viewing(&[(50.0, 100.0), (0.0, 50.0)]).is_enough(100.0), "backwards");
        // A player that reports every second, and loses a little between two reports.
        assert!(viewing(&skipped(1_800.0, 1.0, 0.98)).is_enough(1_800.0));
        let mut beats = skipped(1_800.0, 1.0, 1.0);
        beats.reverse();
        let whole = viewing(&beats);
        assert_eq!(whole.parts.len(), 1, "parts that touch are one");
        assert!(whole.is_enough(1_800.0));
        let nothing = viewing(&[(10.0, 10.0), (50.0, 20.0)]);
        assert_eq!(nothing.parts, []);
    }

    /// The slow way: a tenth of a second each, seen or not.
    #[test]
    fn it_is_never_more_than_was_watched() {
        let mut random: u64 = 7;
        let mut below = |limit: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % limit
        };
        for _ in 0..50 {
            let (mut seen, mut viewing) = (vec![false; 10_000], viewing(&[]));
            for _ in 0..400 {
                let (from, long) = (below(9_000) as usize, below(60) as usize);
                let to = from + long + 1;
                seen[from..to].iter_mut().for_each(|tenth| *tenth = true);
                let (from_seconds, to_seconds) = (from as f64 / 10.0, to as f64 / 10.0);
                viewing.watch(&[Segment { from_seconds, to_seconds }]);
            }
            for end in [10_000, 9_000, 4_321] {
                let truth = seen[..end].iter().filter(|tenth| **tenth).count() as f64 / 10.0;
                assert!(viewing.seen_before(end as f64 / 10.0) <= truth + 1e-3);
            }
        }
    }
}
