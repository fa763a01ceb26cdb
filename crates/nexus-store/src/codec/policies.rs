//! Policies in bytes: the word, then the statistics of those that learn. What a policy computes
//! from its statistics is computed again on the way in, by the policy itself.

use super::wire::Wire;
use super::{CodecFault, SnapshotReader, Writer};
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::policy::context::FEATURES;
use nexus_engine::policy::linear_model::LinearModel;
use nexus_engine::policy::network::dense::{Activation, DenseLayer, DenseLayers, WEIGHTS_MAX};
use nexus_engine::policy::network::{NetworkPolicy, PublishedNetwork};
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::policy::retired::{Heads, Retired, TrainedNumbers};
use nexus_stats::matrix::packed_length;
use std::collections::BTreeMap;

type Policies = BTreeMap<(CourseId, PolicyId), PolicyState>;

pub(super) fn write(policies: &Policies, out: &mut Writer<'_>) {
    out.unsigned(policies.len() as u64);
    for (key, policy) in policies {
        key.write(out);
        write_policy(policy, out);
    }
}

pub(super) fn read(from: &mut SnapshotReader<'_>) -> Result<Policies, CodecFault> {
    let mut policies = Policies::new();
    for _ in 0..from.count()? {
        let key = <(CourseId, PolicyId)>::read(from)?;
        if policies.last_key_value().is_some_and(|(last, _)| *last >= key) {
            return Err(CodecFault::Order("the policies"));
        }
        policies.insert(key, read_policy(from)?);
    }
    Ok(policies)
}

pub(super) fn write_policy(policy: &PolicyState, out: &mut Writer<'_>) {
    out.text(policy.word());
    if let PolicyState::Network(network) = policy {
        write_network(network, out);
    }
    if let Some(model) = policy.model() {
        // A policy's models all have one width, so no length is kept.
        model.precision().iter().chain(model.response()).for_each(|number| out.float(*number));
        model.version().write(out);
        model.refused().write(out);
        model.clipped().write(out);
    }
    if let PolicyState::Retired(retired) = policy
        && let Some(TrainedNumbers { decisions, numbers, visits }) = retired.training()
    {
        decisions.write(out);
        // What was never trained is all zeros: it needs no bytes.
        if *decisions > 0 {
            numbers.iter().for_each(|number| out.float(*number));
            visits.iter().for_each(|visits| visits.write(out));
        }
    }
    if let PolicyState::Retired(retired) = policy
        && let Some(departures) = retired.departures()
    {
        departures.iter().flatten().for_each(|number| out.float(*number));
    }
}

pub(super) fn read_policy(from: &mut SnapshotReader<'_>) -> Result<PolicyState, CodecFault> {
    let word = from.text()?;
    let refused = || CodecFault::Policy(word.to_owned());
    let fresh = PolicyState::folded(word).ok_or_else(refused)?;
    if let PolicyState::Retired(retired) = &fresh
        && retired.training().is_some()
    {
        return read_trained(retired, from)?.map(PolicyState::Retired).ok_or_else(refused);
    }
    if let PolicyState::Network(_) = fresh {
        return read_network(from)?.map(PolicyState::Network).ok_or_else(refused);
    }
    let Some(width) = fresh.model().map(LinearModel::width) else { return Ok(fresh) };
    let precision = read_numbers(packed_length(width), from)?;
    let response = read_numbers(width, from)?;
    let (version, refusals, clipped) = (Wire::read(from)?, Wire::read(from)?, Wire::read(from)?);
    let model = LinearModel::from_parts(precision, response, version, refusals, clipped);
    let model = model.ok_or_else(refused)?;
    match fresh.with_model(model) {
        PolicyState::Retired(retired) if retired.departures().is_some() => {
            let departures = <[Heads; FEATURES]>::read(from)?;
            let retired = retired.with_departures(departures.into());
            retired.map(PolicyState::Retired).ok_or_else(refused)
        }
        policy => Ok(policy),
    }
}

/// A byte that says whether there is a network; then its terms, its version and its layers.
fn write_network(policy: &NetworkPolicy, out: &mut Writer<'_>) {
    let Some(network) = policy.published() else { return out.unsigned(0) };
    out.unsigned(1);
    out.float(network.temperature);
    out.float(network.floor);
    network.version.write(out);
    out.unsigned(network.layers.layers().len() as u64);
    for layer in network.layers.layers() {
        let place = Activation::ALL.iter().position(|it| *it == layer.activation());
        out.unsigned(layer.inputs() as u64);
        out.unsigned(layer.bias().len() as u64);
        out.unsigned(place.unwrap_or(0) as u64);
        layer.weights().iter().chain(layer.bias()).for_each(|it| it.to_bits().write(out));
    }
}

/// `None` when the numbers are not a network.
fn read_network(from: &mut SnapshotReader<'_>) -> Result<Option<NetworkPolicy>, CodecFault> {
    match u64::read(from)? {
        0 => return Ok(Some(NetworkPolicy::FRESH)),
        1 => {}
        _ => return Ok(None),
    }
    let (temperature, floor, version) = (f64::read(from)?, f64::read(from)?, u32::read(from)?);
    let mut layers = Vec::new();
    for _ in 0..from.count()? {
        let (inputs, outputs, place) = (from.count()?, from.count()?, from.count()?);
        let activation = Activation::ALL.get(place).copied();
        let weights = inputs.checked_mul(outputs).filter(|count| *count <= WEIGHTS_MAX);
        let (Some(activation), Some(weights)) = (activation, weights) else { return Ok(None) };
        let weights = read_singles(weights, from)?;
        let bias = read_singles(outputs, from)?;
        let Some(layer) = DenseLayer::new(inputs, weights, bias, activation) else {
            return Ok(None);
        };
        layers.push(layer);
    }
    let layers = DenseLayers::new(layers).ok();
    let network = layers.and_then(|layers| PublishedNetwork::new(layers, temperature, floor));
    Ok(network.map(|network| NetworkPolicy::with(PublishedNetwork { version, ..network })))
}

fn read_singles(count: usize, from: &mut SnapshotReader<'_>) -> Result<Vec<f32>, CodecFault> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(f32::from_bits(u32::read(from)?));
    }
    Ok(numbers)
}

fn read_numbers(count: usize, from: &mut SnapshotReader<'_>) -> Result<Vec<f64>, CodecFault> {
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        numbers.push(f64::read(from)?);
    }
    Ok(numbers)
}

/// A retired policy that was trained before it served; `None` when its numbers are not sound.
fn read_trained(
    fresh: &Retired,
    from: &mut SnapshotReader<'_>,
) -> Result<Option<Retired>, CodecFault> {
    let (kind, decisions) = (fresh.kind(), u64::read(from)?);
    if decisions == 0 {
        return Ok(Some(fresh.clone()));
    }
    let mut numbers = Vec::with_capacity(kind.trained_numbers());
    for _ in 0..kind.trained_numbers() {
        numbers.push(f64::read(from)?);
    }
    let mut visits = Vec::with_capacity(kind.trained_visits());
    for _ in 0..kind.trained_visits() {
        visits.push(u32::read(from)?);
    }
    Ok(Retired::trained(kind, TrainedNumbers { decisions, numbers, visits }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::policy::Rewarded;
    use nexus_engine::policy::retired::RetiredKind;
    use nexus_stats::random::Stream;

    /// Every policy, also those that left the product: old snapshots hold them.
    fn words() -> impl Iterator<Item = &'static str> {
        PolicyState::WORDS.into_iter().chain(RetiredKind::ALL.map(RetiredKind::word))
    }

    fn bytes(policy: &PolicyState) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_policy(policy, &mut Writer::new(&mut bytes));
        bytes
    }

    fn back(bytes: &[u8]) -> Result<PolicyState, CodecFault> {
        let mut from = SnapshotReader::new(bytes);
        let policy = read_policy(&mut from)?;
        from.end().map(|()| policy)
    }

    fn teach(policy: &mut PolicyState, rewards: u64, seed: u64) {
        let mut stream = Stream::new(seed);
        for _ in 0..rewards {
            let features: [f64; FEATURES] = std::array::from_fn(|_| 2.0 * stream.uniform() - 1.0);
            let value = 2.0 * stream.uniform() - 1.0;
            let width = policy.model().map_or(FEATURES, LinearModel::width);
            let (features, gain) = (&features[..width], Some(value));
            let rewarded = Rewarded { features, value, propensity: 0.1, gain };
            policy.policy_mut().learn(&rewarded);
        }
    }

    #[test]
    fn every_policy_survives_its_bytes_and_learns_on_the_same() {
        for word in words() {
            for rewards in [0, 1, 700] {
                let mut policy = PolicyState::folded(word).unwrap();
                teach(&mut policy, rewards, 1);
                let written = bytes(&policy);
                let mut read = back(&written).unwrap();
                assert_eq!(read, policy, "{word}");
                assert_eq!(bytes(&read), written, "{word}");
                teach(&mut policy, 50, 2);
                teach(&mut read, 50, 2);
                assert_eq!(bytes(&read), bytes(&policy), "{word} learns otherwise after reading");
            }
        }
    }

    /// What the policies that left learned before they left: the digests were taken then.
    #[test]
    fn retired_policies_learn_as_they_did() {
        let expected = [
            ("strategic", "4d372d9fce1f957a"),
            ("gated-random", "efc4c2e4d026ba60"),
            ("logistic-ts", "ec072ec5f02268bb"),
            ("linucb", "c1408be79b15d692"),
            ("epsilon-greedy", "1af5ba65ae13712b"),
            ("ensemble", "c82cf522f3f5372f"),
        ];
        for (word, digest) in expected {
            let mut policy = PolicyState::folded(word).unwrap();
            teach(&mut policy, 700, 1);
            let found = blake3::hash(&bytes(&policy)).to_hex();
            assert_eq!(&found[..16], digest, "{word}");
        }
    }

    #[test]
    fn trained_tables_survive_their_bytes() {
        let mut stream = Stream::new(3);
        let mut trained = |kind: RetiredKind| {
            let numbers = (0..kind.trained_numbers()).map(|_| stream.normal()).collect();
            let visits = (0..kind.trained_visits()).map(|_| stream.below(70_000) as u32).collect();
            let retired = Retired::trained(kind, TrainedNumbers { decisions: 9, numbers, visits });
            PolicyState::Retired(retired.unwrap())
        };
        let policies = [RetiredKind::DoubleQ, RetiredKind::FittedQ].map(&mut trained);
        for policy in policies {
            let written = bytes(&policy);
            assert_eq!(back(&written).unwrap(), policy);
            assert!(back(&written[..written.len() - 1]).is_err());
            let mut poisoned = written;
            let at = policy.word().len() + 2;
            poisoned[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
            assert!(back(&poisoned).is_err(), "{}", policy.word());
        }
    }

    #[test]
    fn damaged_policies_are_refused() {
        for word in words() {
            let mut policy = PolicyState::folded(word).unwrap();
            teach(&mut policy, 5, 1);
            let written = bytes(&policy);
            for cut in [0, 1, written.len() / 2, written.len() - 1] {
                assert!(back(&written[..cut]).is_err(), "{word} cut at {cut}");
            }
            let start = word.len() + 1;
            for at in (start..written.len().saturating_sub(8)).step_by(8) {
                let mut poisoned = written.clone();
                poisoned[at..at + 8].copy_from_slice(&f64::NAN.to_le_bytes());
                // Where counters stand, the bytes may by chance be numbers; never a panic.
                let width = policy.model().map_or(FEATURES, LinearModel::width);
                if at < start + 8 * (packed_length(width) + width) {
                    assert!(back(&poisoned).is_err(), "{word} poisoned at {at}");
                } else {
                    let _ = back(&poisoned);
                }
            }
        }
        assert!(matches!(back(b"\x04oops"), Err(CodecFault::Policy(word)) if word == "oops"));
    }
}
