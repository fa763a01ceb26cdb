//! A YAML text as a tree in which every value knows its line and column.

use super::Finding;
use nexus_engine::catalog::Place;
use nexus_engine::catalog::validation::PlaceStep;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde::Serialize;

/// The largest course file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Lists and maps inside each other; a course needs eight.
pub const DEPTH_MAX: usize = 16;
/// Values of one file. The largest course has about two million.
const NODES_MAX: usize = 5_000_000;

/// A place in a text, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// The line in the file; the first is 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl From<&Marker> for Location {
    fn from(marker: &Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

/// A value and where it stands.
pub(super) struct YamlNode {
    pub(super) at: Location,
    pub(super) value: NodeValue,
}

pub(super) enum NodeValue {
    /// A text. A plain one has no quotes, and may mean a number, a truth value or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<YamlNode>),
    /// Keys with their own location, in order; a repeated key is there twice.
    Map(Vec<(Key, YamlNode)>),
}

pub(super) struct Key {
    pub(super) at: Location,
    pub(super) text: String,
}

impl YamlNode {
    /// Where a place of the draft stands in the text, or else the nearest place around it.
    pub(super) fn locate(&self, place: &Place) -> Location {
        let mut node = self;
        for step in place.steps() {
            let inner = match (step, &node.value) {
                (PlaceStep::Field(name), NodeValue::Map(entries)) => {
                    entries.iter().find(|(key, _)| key.text == *name).map(|(_, inner)| inner)
                }
                (PlaceStep::Index(position), NodeValue::List(list)) => list.get(*position),
                // Options are a map in the file and a list in the draft.
                (PlaceStep::Index(position), NodeValue::Map(entries)) => {
                    entries.get(*position).map(|(_, inner)| inner)
                }
                _ => None,
            };
            let Some(inner) = inner else { break };
            node = inner;
        }
        node.at
    }
}

/// Reads the only document of a text.
///
/// Errors: the first thing that is no YAML, an alias, or a limit that was passed.
pub(super) fn parse(text: &str) -> Result<YamlNode, Finding> {
    let start = Location { line: 1, column: 1 };
    if text.len() > FILE_BYTES_MAX {
        let limit = FILE_BYTES_MAX / (1024 * 1024);
        return Err(refused(start, "too_large", format!("a course file has at most {limit} MiB")));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| refused(error.marker().into(), "syntax", syntax(error.info())))?;
        if let Some(tree) = builder.take(event, (&span.start).into())? {
            builder.root = Some(tree);
        }
    }
    let empty = || refused(start, "syntax", "the file holds no course".into());
    builder.root.ok_or_else(empty)
}

fn refused(at: Location, code: &'static str, message: String) -> Finding {
    Finding { location: Some(at), place: Place::root().to_string(), code, message }
}

fn syntax(detail: &str) -> String {
    const SHOWN_MAX: usize = 200;
    let shown: String = detail.chars().take(SHOWN_MAX).collect();
    format!("this is not YAML: {shown}")
}

/// Turns the parser's events into a tree, without recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    nodes: usize,
    root: Option<YamlNode>,
}

/// A list or a map that has begun.
enum Open {
    List { at: Location, list: Vec<YamlNode> },
    Map { at: Location, entries: Vec<(Key, YamlNode)>, key: Option<Key> },
}

impl Builder {
    /// Takes one event; gives the tree when it is complete.
    fn take(&mut self, event: Event<'_>, at: Location) -> Result<Option<YamlNode>, Finding> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
            Event::Alias(_) => {
                let message = "aliases (`*name`) are not used here; write the value out";
                Err(refused(at, "alias", message.into()))
            }
            Event::Scalar(text, style, _, tag) => {
                let forced = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !forced;
                self.add(YamlNode {
                    at,
                    value: NodeValue::Scalar { text: text.into_owned(), plain },
                })
            }
            Event::SequenceStart(..) => self.begin(Open::List { at, list: Vec::new() }, at),
            Event::MappingStart(..) => {
                self.begin(Open::Map { at, entries: Vec::new(), key: None }, at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { at, list }) => {
                    self.add(YamlNode { at, value: NodeValue::List(list) })
                }
                Some(Open::Map { at, entries, .. }) => {
                    self.add(YamlNode { at, value: NodeValue::Map(entries) })
                }
                None => Ok(None),
            },
        }
    }

    fn begin(&mut self, open: Open, at: Location) -> Result<Option<YamlNode>, Finding> {
        if self.open.len() >= DEPTH_MAX {
            let message = format!("more than {DEPTH_MAX} lists and maps inside each other");
            return Err(refused(at, "too_deep", message));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(second_document(at));
        }
        self.open.push(open);
        Ok(None)
    }

    fn add(&mut self, node: YamlNode) -> Result<Option<YamlNode>, Finding> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let message = format!("more than {NODES_MAX} values in one file");
            return Err(refused(node.at, "too_large", message));
        }
        match self.open.last_mut() {
            None if self.root.is_some() => return Err(second_document(node.at)),
            None => return Ok(Some(node)),
            Some(Open::List { list, .. }) => list.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(as_key(node)?),
            },
        }
        Ok(None)
    }
}

fn second_document(at: Location) -> Finding {
    refused(at, "several_documents", "a file holds one course; remove this document".into())
}

fn as_key(node: YamlNode) -> Result<Key, Finding> {
    match node.value {
        NodeValue::Scalar { text, .. } => Ok(Key { at: node.at, text }),
        NodeValue::List(_) | NodeValue::Map(_) => {
            Err(refused(node.at, "syntax", "a key is a plain word".into()))
        }
    }
}
