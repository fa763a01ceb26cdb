//! A policy's network from an ONNX file: a reader of the few operators that such a network needs.
//!
//! One graph, opset 17, single precision, all weights inside the file: a chain of `Gemm`, or
//! `MatMul` and `Add`, with `Relu`, `Tanh`, `Sigmoid` or `Identity` between them, from a batch of
//! candidate rows to one logit each. Everything else is refused by its name. A runtime of ONNX would
//! bring 35 MB and other bits on other machines, and a decision could not be replayed; the whole of
//! ONNX's operators is not needed for what scores candidates.

mod graph;
mod protobuf;

use graph::Graph;
use nexus_engine::policy::network::dense::{DenseLayers, LayersRefusal};
use thiserror::Error;

/// Bytes of a file at most: four times what the largest network needs.
pub const ONNX_BYTES_MAX: usize = 1024 * 1024;
/// The version of ONNX's operators that files are written in.
pub const OPSET: i64 = 17;
/// The operators that a policy may use.
pub const OPERATORS: [&str; 7] = ["Gemm", "MatMul", "Add", "Relu", "Tanh", "Sigmoid", "Identity"];

/// Why a file is not a policy's network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OnnxRefusal {
    #[error("the file has {bytes} bytes, more than {ONNX_BYTES_MAX}")]
    Size { bytes: usize },
    #[error("the file is no ONNX file: {what} (byte {at})")]
    Broken { what: &'static str, at: usize },
    #[error("the file has no {what}")]
    Missing { what: &'static str },
    #[error(
        "the file is written in opset {found}, and a policy's network in opset {OPSET}: export it with opset_version={OPSET}"
    )]
    Opset { found: i64 },
    #[error("operator {operator} is not among those a policy may use ({})", OPERATORS.join(", "))]
    Operator { operator: String },
    #[error("operators of the domain {domain} are not among those a policy may use")]
    Domain { domain: String },
    #[error("{what} {name} is not of single precision (float32)")]
    Precision { what: &'static str, name: String },
    #[error(
        "the weights of {name} lie in another file: export them into this one (no external data)"
    )]
    External { name: String },
    #[error("{name} has the shape {shape}, and {expected} is needed")]
    Shape { name: String, shape: String, expected: &'static str },
    #[error("{operator} has the attribute {attribute} = {value}, and {expected} is needed")]
    Attribute { operator: String, attribute: String, value: String, expected: &'static str },
    #[error(
        "{operator} does not go on from the operator before it: a policy's network is one chain, and each operator takes the output before it and constants"
    )]
    Chain { operator: String },
    #[error("{name} is not finite, or has another count of numbers than its shape")]
    Numbers { name: String },
    #[error("the network does not fit: {0}")]
    Layers(#[from] LayersRefusal),
}

/// Reads a policy's network. It never panics, whatever the bytes are.
///
/// # Errors
/// [`OnnxRefusal`]: what is not as it must be, in words.
pub fn read(bytes: &[u8]) -> Result<DenseLayers, OnnxRefusal> {
    if bytes.len() > ONNX_BYTES_MAX {
        return Err(OnnxRefusal::Size { bytes: bytes.len() });
    }
    Graph::read(bytes)?.layers()
}
