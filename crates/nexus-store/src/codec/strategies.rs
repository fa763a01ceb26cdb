//! What was learned of strategies, in bytes: the prior of each course and the sums over its learners.
//! They belong to one set of strategies; bytes of another set are another version, and the journal
//! rebuilds them.

use super::wire::Wire;
use super::{CodecFault, SnapshotReader, Writer};
use nexus_engine::ids::CourseId;
use nexus_engine::strategy::gains::GainSums;
use nexus_engine::strategy::{GainPrior, StrategyBandit, StrategySet};
use nexus_engine::workspace::CourseStrategies;
use std::collections::BTreeMap;

type Plans = BTreeMap<CourseId, CourseStrategies>;

pub(super) fn write(strategies: &Plans, out: &mut Writer<'_>) {
    out.bytes(&StrategySet::default().identity().to_le_bytes());
    strategies.write(out);
}

pub(super) fn read(from: &mut SnapshotReader<'_>) -> Result<Plans, CodecFault> {
    let identity = u64::from_le_bytes(from.array()?);
    if identity != StrategySet::default().identity() {
        return Err(CodecFault::Version);
    }
    Wire::read(from)
}

impl Wire for CourseStrategies {
    fn write(&self, out: &mut Writer<'_>) {
        let Self { bandit, assigned, rewarded, missing, gains } = self;
        let prior = bandit.prior();
        prior.mean.write(out);
        prior.covariance.write(out);
        let sums: Vec<[f64; 9]> = bandit.sums().iter().map(GainSums::to_array).collect();
        sums.write(out);
        bandit.version().write(out);
        [assigned, rewarded, missing].into_iter().for_each(|count| count.write(out));
        gains.write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let prior = GainPrior { mean: Wire::read(from)?, covariance: Wire::read(from)? };
        let sums = Vec::<[f64; 9]>::read(from)?.into_iter().map(GainSums::from_array).collect();
        let learned = Wire::read(from)?;
        let bandit = StrategyBandit::restore(prior, sums, learned);
        Ok(Self {
            bandit: bandit.ok_or(CodecFault::Range("StrategyBandit"))?,
            assigned: Wire::read(from)?,
            rewarded: Wire::read(from)?,
            missing: Wire::read(from)?,
            gains: Wire::read(from)?,
        })
    }

    fn describe(layout: &mut super::wire::SnapshotLayout) {
        layout
            .word("CourseStrategies mean covariance sums version assigned rewarded missing gains");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::lifecycle::monitor::Monitor;
    use nexus_engine::strategy::{Probed, Probes};
    use nexus_engine::time::Timestamp;

    fn taught() -> Plans {
        let mut bandit = StrategyBandit::new(StrategySet::default().cold_prior()).unwrap();
        for (strategy, right) in [(0, 3), (4, 6), (4, 1)] {
            let probes = |right, asked| Probes { right, asked };
            let probed = Probed { before: probes(1, 3), after: probes(right, 6) };
            bandit.learn(strategy, probed).unwrap();
        }
        let course = CourseId::new("algebra").unwrap();
        let mut gains = Monitor::default();
        gains.rewarded(0.25, 3, Timestamp(7));
        let known = CourseStrategies { bandit, assigned: 9, rewarded: 3, missing: 1, gains };
        BTreeMap::from([(course, known)])
    }

    fn bytes(strategies: &Plans) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(strategies, &mut Writer::new(&mut bytes));
        bytes
    }

    #[test]
    fn what_was_learned_survives_and_is_drawn_from_alike() {
        let written = bytes(&taught());
        let mut from = SnapshotReader::new(&written);
        let back = read(&mut from).unwrap();
        from.end().unwrap();
        assert_eq!(back, taught());
        assert_eq!(bytes(&back), written);
        let draw = |strategies: &Plans| {
            let known = strategies.values().next().unwrap();
            known.bandit.distribute(&mut nexus_stats::random::Stream::new(1))
        };
        assert_eq!(draw(&back), draw(&taught()));
    }

    #[test]
    fn another_set_and_damage_are_refused() {
        let written = bytes(&taught());
        let mut other = written.clone();
        other[0] ^= 1;
        assert!(matches!(read(&mut SnapshotReader::new(&other)), Err(CodecFault::Version)));
        let mut poisoned = written.clone();
        // The first mean stands after the identity, the map's length, the course and a length.
        let at = 8 + 1 + 8 + 1;
        poisoned[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
        assert!(matches!(read(&mut SnapshotReader::new(&poisoned)), Err(CodecFault::Range(_))));
        assert!(read(&mut SnapshotReader::new(&written[..written.len() - 1])).is_err());
    }
}
