//! Networks from ONNX files: what a runtime of ONNX computes is computed here, and forty files that
//! are not a policy's network are refused in words. Whatever the bytes are, nothing panics.

use nexus_engine::policy::network::row::NETWORK_COLUMNS;
use nexus_ingest::onnx::{self, OnnxRefusal};
use proptest::prelude::*;
use serde::Deserialize;
use std::path::Path;

/// What `golden/onnx/generate.py` wrote: files of torch and of hand, with what onnxruntime made of them.
#[derive(Deserialize)]
struct Golden {
    file: String,
    rows: Vec<Vec<f32>>,
    logits: Vec<f32>,
}

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/onnx");
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn what_onnxruntime_computes_is_computed_here() {
    let all: Vec<Golden> = serde_json::from_slice(&golden("expected.json")).unwrap();
    assert!(all.len() >= 4);
    for Golden { file, rows, logits } in all {
        let network = onnx::read(&golden(&file)).unwrap_or_else(|no| panic!("{file}: {no}"));
        let found = network.logits(&rows.concat());
        assert_eq!(found.len(), logits.len());
        for (found, expected) in found.iter().zip(&logits) {
            assert!((found - expected).abs() <= 1e-5, "{file}: {found} and not {expected}");
        }
    }
}

/// Writes messages of protocol buffers, as far as the tests need it.
#[derive(Clone, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(mut self, field: u64, value: u64) -> Self {
        self.number(field << 3);
        self.number(value);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.number((field << 3) | 2);
        self.number(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.number((field << 3) | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// A file as a test wants it: a sound one, and one thing changed.
#[derive(Clone)]
struct File {
    opset: Option<u64>,
    domain: &'static str,
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    more: Message,
}

fn port(name: &str, precision: u64, dims: usize) -> Message {
    let mut shape = Message::default();
    for _ in 0..dims {
        shape = shape.message(1, &Message::default().varint(1, 2));
    }
    let tensor = Message::default().varint(1, precision).message(2, &shape);
    let of_type = Message::default().message(1, &tensor);
    Message::default().text(1, name).message(2, &of_type)
}

fn tensor(name: &str, dims: &[u64], numbers: &[f32]) -> Message {
    let mut message = Message::default().varint(2, 1).text(8, name);
    for dim in dims {
        message = message.varint(1, *dim);
    }
    let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    message.bytes(9, &raw)
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let mut message = Message::default();
    for input in inputs {
        message = message.text(1, input);
    }
    message.text(2, output).text(4, operator)
}

fn whole(name: &str, value: u64) -> Message {
    Message::default().text(1, name).varint(3, value).varint(20, 2)
}

const WIDE: u64 = NETWORK_COLUMNS as u64;

fn sound() -> File {
    let weights = [0.5; NETWORK_COLUMNS * 2];
    File {
        opset: Some(17),
        domain: "",
        nodes: vec![
            node("Gemm", &["x", "w1", "b1"], "h"),
            node("Relu", &["h"], "r"),
            node("MatMul", &["r", "w2"], "m"),
            node("Add", &["b2", "m"], "y"),
        ],
        constants: vec![
            tensor("w1", &[WIDE, 2], &weights),
            tensor("b1", &[2], &[0.0, 1.0]),
            tensor("w2", &[2, 1], &[1.0, -1.0]),
            tensor("b2", &[1], &[0.25]),
        ],
        inputs: vec![port("x", 1, 2)],
        outputs: vec![port("y", 1, 2)],
        more: Message::default(),
    }
}

impl File {
    fn bytes(&self) -> Vec<u8> {
        let mut graph = self.more.clone();
        for (field, messages) in
            [(1, &self.nodes), (5, &self.constants), (11, &self.inputs), (12, &self.outputs)]
        {
            for message in messages {
                graph = graph.message(field, message);
            }
        }
        let mut model = Message::default().varint(1, 8).message(7, &graph);
        if let Some(opset) = self.opset {
            let opset = Message::default().text(1, self.domain).varint(2, opset);
            model = model.message(8, &opset);
        }
        model.0
    }
}

#[test]
fn a_file_made_by_hand_is_read() {
    let network = onnx::read(&sound().bytes()).unwrap();
    let mut row = [0.0; NETWORK_COLUMNS];
    row[3] = 2.0;
    // relu(1), relu(2): 1 - 2 + 0.25.
    assert_eq!(network.logits(&row), [-0.75]);
    let mut turned = sound();
    turned.nodes[0] = node("Gemm", &["x", "w1", "b1"], "h").message(5, &whole("transB", 1));
    turned.constants[0] = tensor("w1", &[2, WIDE], &[0.5; NETWORK_COLUMNS * 2]);
    assert_eq!(onnx::read(&turned.bytes()).unwrap(), network);
}

/// A name for what is wrong, the change that makes it so, and words that must be in the answer.
type Wrong = (&'static str, fn(&mut File), &'static str);

const WRONG: [Wrong; 34] = [
    (
        "an operator",
        |f| f.nodes[1] = node("Shape", &["h"], "r"),
        "operator Shape is not among those",
    ),
    ("softmax", |f| f.nodes[1] = node("Softmax", &["h"], "r"), "operator Softmax"),
    ("argmax", |f| f.nodes.push(node("ArgMax", &["y"], "z")), "operator ArgMax"),
    ("no operator", |f| f.nodes[1] = Message::default(), "operator  is not"),
    (
        "a domain",
        |f| f.nodes[1] = node("Relu", &["h"], "r").text(7, "ai.onnx.ml"),
        "domain ai.onnx.ml",
    ),
    ("opset 18", |f| f.opset = Some(18), "opset 18"),
    ("opset 0", |f| f.opset = Some(0), "opset 0"),
    ("no opset", |f| f.opset = None, "no opset"),
    ("the opset of another domain", |f| f.domain = "com.microsoft", "no opset"),
    (
        "doubles",
        |f| f.constants[0] = Message::default().varint(2, 11).text(8, "w1"),
        "constant w1 is not of single",
    ),
    (
        "no precision",
        |f| f.constants[0] = Message::default().text(8, "w1"),
        "constant w1 is not of single",
    ),
    (
        "external data",
        |f| f.constants[0] = tensor("w1", &[WIDE, 2], &[]).varint(14, 1),
        "another file",
    ),
    (
        "an external place",
        |f| f.constants[0] = tensor("w1", &[WIDE, 2], &[]).text(13, "a"),
        "another file",
    ),
    (
        "too few numbers",
        |f| f.constants[0] = tensor("w1", &[WIDE, 2], &[1.0]),
        "w1 is not finite, or has another count",
    ),
    (
        "too many biases",
        |f| f.constants[1] = tensor("b1", &[2], &[1.0; 3]),
        "b1 is not finite, or has another count",
    ),
    (
        "a bias of a matrix",
        |f| f.constants[1] = tensor("b1", &[2, 2], &[1.0; 4]),
        "b1 has the shape [2, 2]",
    ),
    ("a wide bias", |f| f.constants[1] = tensor("b1", &[3], &[1.0; 3]), "b1 has the shape [3]"),
    ("a cube", |f| f.constants[0] = tensor("w1", &[WIDE, 2, 1], &[]), "w1 has the shape"),
    (
        "a negative dimension",
        |f| f.constants[0] = tensor("w1", &[u64::MAX, 2], &[1.0]),
        "w1 has the shape [-1, 2]",
    ),
    (
        "a huge dimension",
        |f| f.constants[0] = tensor("w1", &[1 << 62, 1 << 62], &[1.0]),
        "another count",
    ),
    ("no number", |f| f.constants[1] = tensor("b1", &[2], &[f32::NAN, 1.0]), "not finite"),
    (
        "infinity",
        |f| f.constants[0] = tensor("w1", &[WIDE, 2], &[f32::INFINITY; NETWORK_COLUMNS * 2]),
        "not finite",
    ),
    ("a missing constant", |f| drop(f.constants.remove(2)), "MatMul does not go on"),
    (
        "a computed constant",
        |f| f.nodes[2] = node("MatMul", &["r", "r"], "m"),
        "MatMul does not go on",
    ),
    (
        "a skipped operator",
        |f| f.nodes[2] = node("MatMul", &["h", "w2"], "m"),
        "MatMul does not go on",
    ),
    ("a lone addition", |f| f.nodes[1] = node("Add", &["h", "b1"], "r"), "Add does not go on"),
    ("two activations", |f| f.nodes[2] = node("Tanh", &["r"], "m"), "Tanh does not go on"),
    (
        "an activation first",
        |f| f.nodes.insert(0, node("Relu", &["x"], "x")),
        "Relu does not go on",
    ),
    (
        "a scaled Gemm",
        |f| {
            f.nodes[0] = node("Gemm", &["x", "w1", "b1"], "h")
                .message(5, &Message::default().text(1, "alpha").float(2, 0.5))
        },
        "alpha = 0.5",
    ),
    (
        "a turned input",
        |f| f.nodes[0] = node("Gemm", &["x", "w1", "b1"], "h").message(5, &whole("transA", 1)),
        "transA = 1",
    ),
    (
        "an attribute of text",
        |f| {
            f.nodes[1] = node("Relu", &["h"], "r")
                .message(5, &Message::default().text(1, "mode").text(4, "x"))
        },
        "attribute mode",
    ),
    ("another output", |f| f.outputs = vec![port("h", 1, 2)], "the output does not go on"),
    ("two inputs", |f| f.inputs.push(port("z", 1, 2)), "no single input"),
    ("an input of doubles", |f| f.inputs = vec![port("x", 11, 2)], "the input x is not of single"),
];

#[test]
fn forty_files_are_refused_in_words() {
    let mut refused = 0;
    let mut check = |name: &str, bytes: &[u8], words: &str| {
        let said = onnx::read(bytes).map(drop).unwrap_err().to_string();
        assert!(said.contains(words), "{name}: {said}");
        refused += 1;
    };
    for (name, change, words) in WRONG {
        let mut file = sound();
        change(&mut file);
        check(name, &file.bytes(), words);
    }
    let whole = sound().bytes();
    check("nothing", b"", "no graph");
    check("a text", b"PK\x03\x04 this is a zip", "no ONNX file");
    check("half of it", &whole[..whole.len() / 2], "no ONNX file");
    check("too much", &vec![0; onnx::ONNX_BYTES_MAX + 1], "more than");
    let mut narrow = sound();
    narrow.constants[0] = tensor("w1", &[3, 2], &[0.5; 6]);
    check("other columns", &narrow.bytes(), "takes 3 inputs");
    let mut wide = sound();
    wide.constants[2] = tensor("w2", &[2, 2], &[1.0; 4]);
    wide.constants[3] = tensor("b2", &[2], &[1.0; 2]);
    check("two logits", &wide.bytes(), "2 outputs");
    assert_eq!(refused, 40);
}

#[test]
fn every_cut_of_a_sound_file_is_refused() {
    let whole = sound().bytes();
    for len in 0..whole.len() {
        assert!(onnx::read(&whole[..len]).is_err(), "the first {len} bytes");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _: Result<_, OnnxRefusal> = onnx::read(&bytes);
    }

    #[test]
    fn no_change_of_a_sound_file_makes_it_panic(
        changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = sound().bytes();
        for (at, byte) in changes {
            let len = bytes.len();
            bytes[at % len] = byte;
        }
        if let Ok(network) = onnx::read(&bytes) {
            prop_assert_eq!(network.logits(&[0.5; NETWORK_COLUMNS]).len(), 1);
        }
    }
}
