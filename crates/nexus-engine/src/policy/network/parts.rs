//! A network as plain data: what is journaled when it is published, and what the API takes.
//!
//! `temperature` and `floor` are lists of one number; `layer_N` are the weights of layer N, those of its
//! first input first, and then its biases; `layer_N_inputs`, `layer_N_outputs` and
//! `layer_N_activation` (0 Identity, 1 Relu, 2 Tanh, 3 Sigmoid) are counts.

use super::dense::{Activation, DenseLayer, DenseLayers, LAYERS_MAX, WIDTH_MAX};
use super::{NetworkPolicy, PublishedNetwork};
use crate::policy::parts::PolicyParts;

impl PublishedNetwork {
    /// Adds everything of it to some parts.
    pub fn write_parts(&self, parts: &mut PolicyParts) {
        parts.counts.insert("version".to_owned(), self.version.into());
        parts.numbers.insert("temperature".to_owned(), vec![self.temperature]);
        parts.numbers.insert("floor".to_owned(), vec![self.floor]);
        for (number, layer) in self.layers.layers().iter().enumerate() {
            let name = format!("layer_{}", number + 1);
            let place = Activation::ALL.iter().position(|it| *it == layer.activation());
            let counts = [
                ("inputs", layer.inputs()),
                ("outputs", layer.bias().len()),
                ("activation", place.unwrap_or(0)),
            ];
            for (what, count) in counts {
                parts.counts.insert(format!("{name}_{what}"), count as u64);
            }
            let numbers = layer.weights().iter().chain(layer.bias()).copied().map(f64::from);
            parts.numbers.insert(name, numbers.collect());
        }
    }

    /// The network of such parts; `None` when they are not exactly one.
    fn from_parts(parts: &PolicyParts) -> Option<Self> {
        let one = |name: &str| match parts.numbers.get(name).map(Vec::as_slice) {
            Some([number]) => Some(*number),
            _ => None,
        };
        let mut layers = Vec::new();
        for number in 1..=LAYERS_MAX {
            match parts.numbers.get(&format!("layer_{number}")) {
                Some(numbers) => layers.push(read_layer(parts, number, numbers)?),
                None => break,
            }
        }
        let version = parts.counts.get("version").copied().unwrap_or(0);
        let layers = DenseLayers::new(layers).ok()?;
        let read = Self::new(layers, one("temperature")?, one("floor")?)?;
        Some(Self { version: u32::try_from(version).ok()?, ..read })
    }
}

fn read_layer(parts: &PolicyParts, number: usize, numbers: &[f64]) -> Option<DenseLayer> {
    let count = |what: &str| {
        let count = parts.counts.get(&format!("layer_{number}_{what}"))?;
        usize::try_from(*count).ok().filter(|count| *count <= WIDTH_MAX)
    };
    let (inputs, outputs) = (count("inputs")?, count("outputs")?);
    let activation = *Activation::ALL.get(count("activation")?)?;
    let mut singles = Vec::with_capacity(numbers.len());
    for number in numbers {
        let single = *number as f32;
        // What single precision cannot hold is another network than the one that was meant.
        if f64::from(single) != *number {
            return None;
        }
        singles.push(single);
    }
    let bias = singles.split_off_checked(inputs.checked_mul(outputs)?)?;
    let fits = bias.len() == outputs;
    DenseLayer::new(inputs, singles, bias, activation).filter(|_| fits)
}

impl NetworkPolicy {
    /// Adds everything of its network to some parts; nothing without one.
    pub fn write_parts(&self, parts: &mut PolicyParts) {
        if let Some(network) = self.published() {
            network.write_parts(parts);
        }
    }

    /// The policy of such parts; `None` when they are not exactly what it is made of.
    #[must_use]
    pub fn from_parts(parts: &PolicyParts) -> Option<Self> {
        if parts.counts.is_empty() && parts.numbers.is_empty() {
            return Some(Self::FRESH);
        }
        let policy = Self::with(PublishedNetwork::from_parts(parts)?);
        // Whatever is there beside it was not understood.
        let mut known = PolicyParts { word: parts.word.clone(), ..PolicyParts::default() };
        policy.write_parts(&mut known);
        known.counts.retain(|name, _| name != "version" || parts.counts.contains_key(name));
        (known == *parts).then_some(policy)
    }

    /// The same under the number of a version.
    #[must_use]
    pub fn published_as(self, version: u32) -> Self {
        let network = self.published().cloned();
        network.map_or(self, |network| Self::with(PublishedNetwork { version, ..network }))
    }
}

trait SplitOffChecked: Sized {
    /// As [`Vec::split_off`]; `None` when it is shorter.
    fn split_off_checked(&mut self, at: usize) -> Option<Self>;
}

impl SplitOffChecked for Vec<f32> {
    fn split_off_checked(&mut self, at: usize) -> Option<Self> {
        (at <= self.len()).then(|| self.split_off(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::network::row::NETWORK_COLUMNS;

    fn parts() -> PolicyParts {
        let weight = |at: usize| (at % 13) as f32 / 13.0 - 0.5;
        let weights = |count: usize| (0..count).map(weight).collect::<Vec<f32>>();
        let hidden = weights(NETWORK_COLUMNS * 3);
        let layers = [
            DenseLayer::new(NETWORK_COLUMNS, hidden, weights(3), Activation::Tanh),
            DenseLayer::new(3, weights(3), weights(1), Activation::Identity),
        ];
        let layers = DenseLayers::new(layers.map(Option::unwrap).into()).unwrap();
        let network = PublishedNetwork::new(layers, 0.5, 0.2).unwrap();
        let mut parts = PolicyParts { word: "network".to_owned(), ..PolicyParts::default() };
        NetworkPolicy::with(network).published_as(7).write_parts(&mut parts);
        parts
    }

    #[test]
    fn a_network_survives_its_parts() {
        let parts = parts();
        let policy = NetworkPolicy::from_parts(&parts).unwrap();
        let mut again = PolicyParts { word: "network".to_owned(), ..PolicyParts::default() };
        policy.write_parts(&mut again);
        assert_eq!(again, parts);
        assert_eq!(policy.published().map(|network| network.version), Some(7));
    }

    #[test]
    fn what_is_not_exactly_a_network_is_none() {
        type Change = fn(&mut PolicyParts);
        let changes: [Change; 10] = [
            |odd| drop(odd.numbers.remove("floor")),
            |odd| drop(odd.numbers.insert("floor".into(), vec![0.0])),
            |odd| drop(odd.numbers.insert("temperature".into(), vec![1.0, 1.0])),
            |odd| drop(odd.numbers.insert("wishes".into(), vec![1.0])),
            |odd| drop(odd.numbers.insert("layer_9".into(), vec![1.0])),
            |odd| {
                odd.counts.insert("layer_1_activation".into(), 4);
            },
            |odd| {
                odd.counts.insert("layer_1_inputs".into(), u64::MAX);
            },
            |odd| {
                odd.counts.remove("layer_2_outputs");
            },
            |odd| odd.numbers.get_mut("layer_1").unwrap()[0] = f64::NAN,
            |odd| odd.numbers.get_mut("layer_1").unwrap()[0] = 0.1,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut odd = parts();
            change(&mut odd);
            assert_eq!(NetworkPolicy::from_parts(&odd), None, "change {number}");
        }
    }
}
