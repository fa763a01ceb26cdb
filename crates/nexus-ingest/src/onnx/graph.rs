//! The graph of an ONNX file as far as a policy's network needs it, and the chain of layers in it.
//!
//! Field numbers are those of `onnx.proto`, which never change.

use super::protobuf::{Fields, Value};
use super::{OPERATORS, OPSET, OnnxRefusal};
use nexus_engine::policy::network::dense::{Activation, DenseLayer, DenseLayers};
use std::collections::BTreeMap;

/// The number that stands for single precision.
const FLOAT: i64 = 1;
/// Where data lies that is not in the file.
const DATA_EXTERNAL: i64 = 1;

/// A tensor of constants.
#[derive(Debug)]
struct Tensor {
    dims: Vec<i64>,
    numbers: Vec<f32>,
}

#[derive(Debug, Default)]
struct Node {
    operator: String,
    domain: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    /// Whole numbers and floats by the name of the attribute.
    wholes: BTreeMap<String, i64>,
    floats: BTreeMap<String, f32>,
    /// The name of an attribute of another type.
    odd_attribute: Option<String>,
}

/// A name with the type and the number of dimensions of what it stands for.
#[derive(Debug)]
struct Port {
    name: String,
    precision: Option<i64>,
    dims: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    constants: BTreeMap<String, Tensor>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Graph {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, OnnxRefusal> {
        let (mut opset, mut graph) = (None, None);
        let mut fields = Fields::of(bytes);
        while let Some((number, value)) = fields.next()? {
            match number {
                7 => graph = Some(Self::read_graph(value.bytes()?)?),
                8 => {
                    let (domain, version) = read_opset(value.bytes()?)?;
                    if domain.is_empty() || domain == "ai.onnx" {
                        opset = Some(version);
                    }
                }
                _ => {}
            }
        }
        let graph = graph.ok_or(OnnxRefusal::Missing { what: "graph" })?;
        match opset.ok_or(OnnxRefusal::Missing { what: "opset" })? {
            OPSET => Ok(graph),
            found => Err(OnnxRefusal::Opset { found }),
        }
    }

    fn read_graph(bytes: &[u8]) -> Result<Self, OnnxRefusal> {
        let mut graph = Self::default();
        let mut fields = Fields::of(bytes);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => graph.nodes.push(read_node(value.bytes()?)?),
                5 => {
                    let (name, tensor) = read_tensor(value.bytes()?)?;
                    graph.constants.insert(name, tensor);
                }
                11 => graph.inputs.push(read_port(value.bytes()?)?),
                12 => graph.outputs.push(read_port(value.bytes()?)?),
                15 => return Err(OnnxRefusal::Operator { operator: "SparseTensor".to_owned() }),
                _ => {}
            }
        }
        Ok(graph)
    }

    /// The layers of the chain from the one input to the one output.
    pub(super) fn layers(self) -> Result<DenseLayers, OnnxRefusal> {
        for node in &self.nodes {
            node.check_operator()?;
        }
        // Old exporters list constants as inputs, too.
        let inputs = self.inputs.iter().filter(|input| !self.constants.contains_key(&input.name));
        let [input] = inputs.collect::<Vec<_>>()[..] else {
            return Err(OnnxRefusal::Missing { what: "single input" });
        };
        let [output] = &self.outputs[..] else {
            return Err(OnnxRefusal::Missing { what: "single output" });
        };
        input.check("the input")?;
        output.check("the output")?;
        let mut chain = Chain { at: input.name.clone(), layers: Vec::new(), open: false };
        for node in &self.nodes {
            chain.go_on(node, &self.constants)?;
        }
        if chain.at != output.name {
            return Err(OnnxRefusal::Chain { operator: "the output".to_owned() });
        }
        Ok(DenseLayers::new(chain.layers)?)
    }
}

/// How far the layers are read.
struct Chain {
    /// The name of what the last operator gave.
    at: String,
    layers: Vec<DenseLayer>,
    /// Whether the last operator was a product, which an addition may follow.
    open: bool,
}

impl Chain {
    fn go_on(
        &mut self,
        node: &Node,
        constants: &BTreeMap<String, Tensor>,
    ) -> Result<(), OnnxRefusal> {
        let chain = || OnnxRefusal::Chain { operator: node.operator.clone() };
        let [output] = &node.outputs[..] else { return Err(chain()) };
        // An addition may name the constant first.
        let flipped = node.operator == "Add" && node.inputs.get(1) == Some(&self.at);
        let from = usize::from(flipped);
        if node.inputs.get(from) != Some(&self.at) {
            return Err(chain());
        }
        let constant = |input: usize| {
            let name = node.inputs.get(input).filter(|name| !name.is_empty());
            name.and_then(|name| Some((name.as_str(), constants.get(name)?))).ok_or_else(chain)
        };
        let arguments = match node.operator.as_str() {
            "Gemm" => 2..=3,
            "MatMul" | "Add" => 2..=2,
            _ => 1..=1,
        };
        if !arguments.contains(&node.inputs.len()) {
            return Err(chain());
        }
        match node.operator.as_str() {
            "Gemm" => {
                let turned = node.check_gemm()?;
                let (inputs, weights) = matrix(constant(1)?, turned)?;
                let outputs = weights.len() / inputs.max(1);
                let bias = match node.inputs.len() {
                    3 => vector(constant(2)?, outputs)?,
                    _ => vec![0.0; outputs],
                };
                self.push(node, inputs, weights, bias)?;
            }
            "MatMul" => {
                let (inputs, weights) = matrix(constant(1)?, false)?;
                let outputs = weights.len() / inputs.max(1);
                self.push(node, inputs, weights, vec![0.0; outputs])?;
            }
            "Add" => {
                let last = self.layers.pop().filter(|_| self.open).ok_or_else(chain)?;
                let bias = vector(constant(1 - from)?, last.bias().len())?;
                let (inputs, weights) = (last.inputs(), last.weights().to_vec());
                self.push(node, inputs, weights, bias)?;
            }
            "Identity" => {}
            word => {
                // invariant: the operators were checked, and the others are named above.
                let activation = Activation::from_word(word).ok_or_else(chain)?;
                let last = self.layers.pop().ok_or_else(chain)?;
                if last.activation() != Activation::Identity {
                    return Err(chain());
                }
                self.layers.push(last.activated_by(activation));
            }
        }
        self.open = node.operator == "MatMul" || (self.open && node.operator == "Identity");
        self.at.clone_from(output);
        Ok(())
    }

    fn push(
        &mut self,
        node: &Node,
        inputs: usize,
        weights: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<(), OnnxRefusal> {
        let name = || OnnxRefusal::Numbers { name: format!("a weight of {}", node.operator) };
        let layer = DenseLayer::new(inputs, weights, bias, Activation::Identity);
        self.layers.push(layer.ok_or_else(name)?);
        Ok(())
    }
}

/// A matrix of constants as inputs and weights, those of the first input first.
fn matrix((name, tensor): (&str, &Tensor), turned: bool) -> Result<(usize, Vec<f32>), OnnxRefusal> {
    let expected = "[inputs, outputs]";
    let shape = || tensor.refuse_shape(name, expected);
    let [rows, columns] = tensor.dims[..] else { return Err(shape()) };
    let (Ok(rows), Ok(columns)) = (usize::try_from(rows), usize::try_from(columns)) else {
        return Err(shape());
    };
    if rows.checked_mul(columns) != Some(tensor.numbers.len()) || tensor.numbers.is_empty() {
        return Err(OnnxRefusal::Numbers { name: name.to_owned() });
    }
    if !turned {
        return Ok((rows, tensor.numbers.clone()));
    }
    let mut weights = Vec::with_capacity(tensor.numbers.len());
    for column in 0..columns {
        weights.extend(tensor.numbers.iter().skip(column).step_by(columns));
    }
    Ok((columns, weights))
}

/// A vector of constants, as [n] or [1, n].
fn vector((name, tensor): (&str, &Tensor), len: usize) -> Result<Vec<f32>, OnnxRefusal> {
    let wanted = i64::try_from(len).ok();
    let fits = match tensor.dims[..] {
        [columns] | [1, columns] => Some(columns) == wanted,
        _ => false,
    };
    if !fits {
        return Err(tensor.refuse_shape(name, "[outputs]"));
    }
    if tensor.numbers.len() != len {
        return Err(OnnxRefusal::Numbers { name: name.to_owned() });
    }
    Ok(tensor.numbers.clone())
}

impl Tensor {
    fn refuse_shape(&self, name: &str, expected: &'static str) -> OnnxRefusal {
        let shape = format!("{:?}", self.dims);
        OnnxRefusal::Shape { name: name.to_owned(), shape, expected }
    }
}

impl Port {
    /// A batch of rows in single precision.
    fn check(&self, what: &'static str) -> Result<(), OnnxRefusal> {
        if self.precision != Some(FLOAT) {
            return Err(OnnxRefusal::Precision { what, name: self.name.clone() });
        }
        if self.dims.is_some_and(|dims| dims != 2) {
            let shape = format!("of {} dimensions", self.dims.unwrap_or(0));
            let name = format!("{what} {}", self.name);
            return Err(OnnxRefusal::Shape { name, shape, expected: "[candidates, columns]" });
        }
        Ok(())
    }
}

impl Node {
    fn check_operator(&self) -> Result<(), OnnxRefusal> {
        if !self.domain.is_empty() && self.domain != "ai.onnx" {
            return Err(OnnxRefusal::Domain { domain: shorten(&self.domain) });
        }
        if !OPERATORS.contains(&self.operator.as_str()) {
            return Err(OnnxRefusal::Operator { operator: shorten(&self.operator) });
        }
        match &self.odd_attribute {
            Some(attribute) => Err(self.refuse(attribute, "of another type".to_owned(), "none")),
            None => Ok(()),
        }
    }

    /// Says whether the weights of a `Gemm` are turned. Errors: it scales, or turns its input.
    fn check_gemm(&self) -> Result<bool, OnnxRefusal> {
        for name in ["alpha", "beta"] {
            let value = self.floats.get(name).copied().unwrap_or(1.0);
            if value != 1.0 {
                return Err(self.refuse(name, value.to_string(), "1"));
            }
        }
        let flag = |name: &str| self.wholes.get(name).copied().unwrap_or(0);
        if flag("transA") != 0 {
            return Err(self.refuse("transA", flag("transA").to_string(), "0"));
        }
        match flag("transB") {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.refuse("transB", other.to_string(), "0 or 1")),
        }
    }

    fn refuse(&self, attribute: &str, value: String, expected: &'static str) -> OnnxRefusal {
        let (operator, attribute) = (self.operator.clone(), shorten(attribute));
        OnnxRefusal::Attribute { operator, attribute, value, expected }
    }
}

/// A name of a stranger's file, short enough to print.
fn shorten(name: &str) -> String {
    name.chars().take(64).collect()
}

fn read_opset(bytes: &[u8]) -> Result<(String, i64), OnnxRefusal> {
    let (mut domain, mut version) = (String::new(), 0);
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => domain = value.text()?,
            2 => version = value.whole()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn read_node(bytes: &[u8]) -> Result<Node, OnnxRefusal> {
    let mut node = Node::default();
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => node.inputs.push(value.text()?),
            2 => node.outputs.push(value.text()?),
            4 => node.operator = value.text()?,
            5 => read_attribute(value.bytes()?, &mut node)?,
            7 => node.domain = value.text()?,
            _ => {}
        }
    }
    Ok(node)
}

fn read_attribute(bytes: &[u8], node: &mut Node) -> Result<(), OnnxRefusal> {
    let (mut name, mut float, mut whole, mut odd) = (String::new(), None, None, false);
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => name = value.text()?,
            2 => float = Some(value.float()?),
            3 => whole = Some(value.whole()?),
            // Its type and its documentation.
            13 | 20 => {}
            _ => odd = true,
        }
    }
    match (float, whole) {
        _ if odd => node.odd_attribute = Some(name),
        (Some(float), None) => {
            node.floats.insert(name, float);
        }
        (None, Some(whole)) => {
            node.wholes.insert(name, whole);
        }
        // A number that is its type's default may be left out of the file.
        (None, None) => {
            node.wholes.insert(name, 0);
        }
        (Some(_), Some(_)) => node.odd_attribute = Some(name),
    }
    Ok(())
}

fn read_tensor(bytes: &[u8]) -> Result<(String, Tensor), OnnxRefusal> {
    let (mut name, mut precision, mut external) = (String::new(), 0, false);
    let mut tensor = Tensor { dims: Vec::new(), numbers: Vec::new() };
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => value.wholes(&mut tensor.dims)?,
            2 => precision = value.whole()?,
            4 => value.floats(&mut tensor.numbers)?,
            8 => name = value.text()?,
            // Raw numbers are packed like the others.
            9 => Value::Bytes(value.bytes()?).floats(&mut tensor.numbers)?,
            13 => external = true,
            14 => external |= value.whole()? == DATA_EXTERNAL,
            _ => {}
        }
    }
    if external {
        return Err(OnnxRefusal::External { name: shorten(&name) });
    }
    if precision != FLOAT {
        return Err(OnnxRefusal::Precision { what: "the constant", name: shorten(&name) });
    }
    Ok((name, tensor))
}

/// A name with its type: `ValueInfoProto`, inside it the tensor type, inside it the shape.
fn read_port(bytes: &[u8]) -> Result<Port, OnnxRefusal> {
    let mut port = Port { name: String::new(), precision: None, dims: None };
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => port.name = value.text()?,
            2 => {
                let mut types = Fields::of(value.bytes()?);
                while let Some((number, value)) = types.next()? {
                    if number == 1 {
                        read_tensor_type(value.bytes()?, &mut port)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(port)
}

fn read_tensor_type(bytes: &[u8], port: &mut Port) -> Result<(), OnnxRefusal> {
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => port.precision = Some(value.whole()?),
            2 => {
                let (mut dims, mut shape) = (0, Fields::of(value.bytes()?));
                while let Some((number, _)) = shape.next()? {
                    dims += usize::from(number == 1);
                }
                port.dims = Some(dims);
            }
            _ => {}
        }
    }
    Ok(())
}
