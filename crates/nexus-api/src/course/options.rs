//! Options of a choice: an object on the wire, whose order is that of the author.

use crate::text::{Line, course_part};
use nexus_engine::catalog::validation::OPTIONS_MAX;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};
use std::fmt;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};

/// From two to sixty-four options: ids with what they say.
pub(super) fn schema() -> RefOr<Schema> {
    ObjectBuilder::new()
        .property_names(Some(course_part().build()))
        .additional_properties(Some(Ref::from_schema_name(Line::name())))
        .max_properties(Some(OPTIONS_MAX))
        .description(Some("Options of a choice: id and text, in order."))
        .into()
}

/// Writes pairs as an object.
pub(super) fn serialize<S: Serializer>(
    options: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(options.len()))?;
    for (id, text) in options {
        map.serialize_entry(id, text)?;
    }
    map.end()
}

/// Reads an object as pairs. A repeated id is kept twice, so that validation can name it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, String)>, D::Error> {
    deserializer.deserialize_map(Pairs)
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object from option ids to option texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
