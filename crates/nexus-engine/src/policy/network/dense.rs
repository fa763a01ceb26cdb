//! Dense layers, one after the other, in single precision: the same bits on every machine.
//!
//! Sums are taken in the order of the inputs, no multiplication is fused with an addition, and
//! `tanh` and the logistic function are those of `libm`, so a decision can be replayed elsewhere.

use super::row::NETWORK_COLUMNS;
use nexus_stats::math::{logistic, tanh};

/// Layers of a network at most.
pub const LAYERS_MAX: usize = 8;
/// Outputs of a layer at most.
pub const WIDTH_MAX: usize = 512;
/// Weights and biases of a network at most, so that no decision takes long.
pub const WEIGHTS_MAX: usize = 32_768;

/// What is done to the outputs of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    Identity,
    Relu,
    Tanh,
    Sigmoid,
}

crate::words!(Activation {
    Identity => "Identity",
    Relu => "Relu",
    Tanh => "Tanh",
    Sigmoid => "Sigmoid",
});

impl Activation {
    fn of(self, value: f32) -> f32 {
        match self {
            Self::Identity => value,
            // What is no number stays none, and is refused as a logit.
            Self::Relu if value < 0.0 => 0.0,
            Self::Relu => value,
            Self::Tanh => tanh(value.into()) as f32,
            Self::Sigmoid => logistic(value.into()) as f32,
        }
    }
}

/// `activation(x W + b)`.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    inputs: usize,
    /// The weights of the first input, then those of the second, and so on.
    weights: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

impl DenseLayer {
    /// A layer with one output a bias. `None` when the number of weights does not fit, or when one is
    /// not finite.
    #[must_use]
    pub fn new(
        inputs: usize,
        weights: Vec<f32>,
        bias: Vec<f32>,
        activation: Activation,
    ) -> Option<Self> {
        let outputs = bias.len();
        let fits =
            (1..=WIDTH_MAX).contains(&outputs) && inputs.checked_mul(outputs)? == weights.len();
        let sound = weights.iter().chain(&bias).all(|weight| weight.is_finite());
        (fits && sound).then_some(Self { inputs, weights, bias, activation })
    }

    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    #[must_use]
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The same layer with another activation.
    #[must_use]
    pub fn activated_by(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// The outputs for one row of inputs.
    fn apply(&self, row: &[f32], out: &mut [f32]) {
        out.copy_from_slice(&self.bias);
        for (value, weights) in row.iter().zip(self.weights.chunks_exact(self.bias.len())) {
            // Half of the inputs are 0: of other kinds of activities, or cut off by a ReLU.
            if *value == 0.0 {
                continue;
            }
            for (sum, weight) in out.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
        if self.activation != Activation::Identity {
            out.iter_mut().for_each(|sum| *sum = self.activation.of(*sum));
        }
    }
}

/// Layers that fit each other, from a candidate's row to one logit.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayers {
    layers: Vec<DenseLayer>,
}

/// Why layers are not a policy's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayersRefusal {
    #[error("it has {layers} layers, and a policy's network has 1 to {LAYERS_MAX}")]
    Count { layers: usize },
    #[error("it takes {inputs} inputs, and a candidate's row has {NETWORK_COLUMNS} columns")]
    Inputs { inputs: usize },
    #[error("layer {layer} takes {inputs} inputs, and the one before has {outputs} outputs")]
    Between { layer: usize, inputs: usize, outputs: usize },
    #[error("it has {outputs} outputs, and a policy's network answers with one logit a candidate")]
    Outputs { outputs: usize },
    #[error("it has {weights} weights, more than {WEIGHTS_MAX}")]
    Weights { weights: usize },
}

impl DenseLayers {
    /// A network of these layers.
    ///
    /// # Errors
    /// [`LayersRefusal`]: they do not fit each other, a row, or one logit.
    pub fn new(layers: Vec<DenseLayer>) -> Result<Self, LayersRefusal> {
        let count = layers.len();
        let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
            return Err(LayersRefusal::Count { layers: count });
        };
        if count > LAYERS_MAX {
            return Err(LayersRefusal::Count { layers: count });
        }
        if first.inputs != NETWORK_COLUMNS {
            return Err(LayersRefusal::Inputs { inputs: first.inputs });
        }
        if last.bias.len() != 1 {
            return Err(LayersRefusal::Outputs { outputs: last.bias.len() });
        }
        for (number, pair) in layers.windows(2).enumerate() {
            let (inputs, outputs) = (pair[1].inputs, pair[0].bias.len());
            if inputs != outputs {
                return Err(LayersRefusal::Between { layer: number + 2, inputs, outputs });
            }
        }
        let weights = layers.iter().map(|layer| layer.weights.len() + layer.bias.len()).sum();
        if weights > WEIGHTS_MAX {
            return Err(LayersRefusal::Weights { weights });
        }
        Ok(Self { layers })
    }

    #[must_use]
    pub fn layers(&self) -> &[DenseLayer] {
        &self.layers
    }

    /// One logit for each row of [`NETWORK_COLUMNS`] numbers.
    #[must_use]
    pub fn logits(&self, rows: &[f32]) -> Vec<f32> {
        let mut logits = Vec::with_capacity(rows.len() / NETWORK_COLUMNS);
        let (mut from, mut to) = ([0.0_f32; WIDTH_MAX], [0.0_f32; WIDTH_MAX]);
        for row in rows.chunks_exact(NETWORK_COLUMNS) {
            from[..NETWORK_COLUMNS].copy_from_slice(row);
            for layer in &self.layers {
                let outputs = layer.bias.len();
                layer.apply(&from[..layer.inputs], &mut to[..outputs]);
                std::mem::swap(&mut from, &mut to);
            }
            logits.push(from[0]);
        }
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(inputs: usize, outputs: usize, activation: Activation) -> DenseLayer {
        let weight = |at: usize| ((at * 7) % 11) as f32 / 11.0 - 0.4;
        let weights = (0..inputs * outputs).map(weight).collect();
        DenseLayer::new(inputs, weights, vec![0.1; outputs], activation).unwrap()
    }

    #[test]
    fn a_small_network_computes_what_is_computed_by_hand() {
        // Two hidden units: relu(x0 - x1) and relu(x1 - x0); their sum is the distance.
        let mut weights = vec![0.0; NETWORK_COLUMNS * 2];
        weights[..4].copy_from_slice(&[1.0, -1.0, -1.0, 1.0]);
        let hidden = DenseLayer::new(NETWORK_COLUMNS, weights, vec![0.0; 2], Activation::Relu);
        let sum = DenseLayer::new(2, vec![1.0, 1.0], vec![0.5], Activation::Identity);
        let network = DenseLayers::new(vec![hidden.unwrap(), sum.unwrap()]).unwrap();
        let mut rows = [0.0; NETWORK_COLUMNS * 2];
        (rows[0], rows[1], rows[NETWORK_COLUMNS]) = (0.25, 1.0, 0.75);
        assert_eq!(network.logits(&rows), [1.25, 1.25]);
    }

    #[test]
    fn activations_are_what_they_are_called() {
        assert_eq!((Activation::Relu.of(-2.0), Activation::Relu.of(2.0)), (0.0, 2.0));
        assert!(Activation::Relu.of(f32::NAN).is_nan());
        assert!((Activation::Tanh.of(0.5) - 0.462_117_15).abs() < 1e-7);
        assert!((Activation::Sigmoid.of(-1.0) - 0.268_941_43).abs() < 1e-7);
        assert_eq!(Activation::Sigmoid.of(-1e9), 0.0);
    }

    #[test]
    fn layers_that_do_not_fit_are_refused_in_words() {
        let (wide, relu) = (NETWORK_COLUMNS, Activation::Relu);
        let said = |layers| DenseLayers::new(layers).unwrap_err().to_string();
        assert!(said(vec![]).contains("0 layers"));
        assert!(said(vec![layer(3, 1, relu)]).contains("takes 3 inputs"));
        assert!(said(vec![layer(wide, 4, relu), layer(5, 1, relu)]).contains("layer 2 takes 5"));
        assert!(said(vec![layer(wide, 2, relu)]).contains("2 outputs"));
        let mut deep = vec![layer(wide, 512, relu), layer(512, 512, relu), layer(512, 1, relu)];
        assert!(said(deep.clone()).contains("more than 32768"));
        deep = vec![layer(wide, 1, relu)];
        deep.extend(vec![layer(1, 1, relu); 8]);
        assert!(said(deep).contains("9 layers"));
        assert_eq!(DenseLayer::new(1, vec![f32::NAN], vec![0.0], relu), None);
        assert_eq!(DenseLayer::new(2, vec![0.0], vec![0.0], relu), None);
        assert_eq!(DenseLayer::new(0, vec![], vec![0.0; 513], relu), None);
    }
}
