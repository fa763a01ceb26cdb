//! Which set of strategies a position belongs to. Sets change between versions of the program; a
//! position that was dealt from one set must never be paid to a strategy of another.

use super::{MasteryRule, Path, Strategy, StrategySet};

/// FNV-1a, 64 bits.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl StrategySet {
    /// A number that changes whenever a strategy, its numbers or the order does.
    #[must_use]
    pub fn identity(&self) -> u64 {
        let bytes = self.strategies().iter().flat_map(numbers).flat_map(u64::to_le_bytes);
        bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
    }
}

fn numbers(strategy: &Strategy) -> [u64; 8] {
    let Strategy { path, mastery, attempt_cap, target_success, review_below, open_from, focus } =
        strategy;
    let (kind, level) = match mastery {
        MasteryRule::Success(level) => (0, level),
        MasteryRule::Known(level) => (1, level),
    };
    let path = match path {
        Path::Frontier => 0,
        Path::Turns => 1,
    };
    let bits = [level, attempt_cap, target_success, review_below, open_from, focus];
    let [level, cap, target, review, open, focus] = bits.map(|number| number.to_bits());
    [path, kind, level, cap, target, review, open, focus]
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change<'a> = &'a dyn Fn(&mut Vec<Strategy>);

    #[test]
    fn every_number_and_the_order_count() {
        let shipped = StrategySet::default();
        let with = |change: Change<'_>| {
            let mut strategies = shipped.strategies().to_vec();
            change(&mut strategies);
            StrategySet::new(strategies).expect("a sound set").identity()
        };
        assert_eq!(with(&|_| ()), shipped.identity());
        let changes: [Change<'_>; 9] = [
            &|all| all.swap(0, 1),
            &|all| all.truncate(all.len() - 1),
            &|all| all[0].path = Path::Turns,
            &|all| all[0].mastery = MasteryRule::Known(0.75),
            &|all| all[0].attempt_cap += 1.0,
            &|all| all[0].target_success += 0.01,
            &|all| all[0].review_below += 0.01,
            &|all| all[0].open_from += 0.01,
            &|all| all[0].focus += 0.01,
        ];
        for (position, change) in changes.iter().enumerate() {
            assert_ne!(with(change), shipped.identity(), "change {position}");
        }
    }
}
