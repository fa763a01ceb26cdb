//! Objects on the wire are objects: an array is never taken for one.
//!
//! serde lets a struct be read from an array of its fields in their order, so that
//! `["all", true, "a reason"]` would be a request. [`Objects`] refuses that at every depth. It
//! wraps any deserializer and passes everything on; only where a struct is asked for does it
//! refuse a sequence. Types that serde reads through a buffer of its own (`flatten`, `untagged`,
//! an internal `tag`) are out of its reach, so no request uses them for structs.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::fmt;

/// A deserializer, a seed or an access of serde in which structs are objects only.
#[derive(Debug)]
pub struct Objects<T>(pub T);

/// A visitor of a struct with some fields, or of anything else.
struct Seen<V> {
    inner: V,
    fields: Option<&'static [&'static str]>,
}

impl<V> Seen<V> {
    fn any(inner: V) -> Self {
        Self { inner, fields: None }
    }

    fn object(inner: V, fields: &'static [&'static str]) -> Self {
        Self { inner, fields: Some(fields) }
    }
}

macro_rules! pass_on {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Seen::any(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    pass_on! {
        deserialize_any()
        deserialize_bool()
        deserialize_i8()
        deserialize_i16()
        deserialize_i32()
        deserialize_i64()
        deserialize_i128()
        deserialize_u8()
        deserialize_u16()
        deserialize_u32()
        deserialize_u64()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Seen::object(visitor, fields))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! pass_on_values {
    ($($method:ident: $type:ty)*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Seen<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    pass_on_values! {
        visit_bool: bool
        visit_i8: i8
        visit_i16: i16
        visit_i32: i32
        visit_i64: i64
        visit_i128: i128
        visit_u8: u8
        visit_u16: u16
        visit_u32: u32
        visit_u64: u64
        visit_u128: u128
        visit_f32: f32
        visit_f64: f64
        visit_char: char
        visit_str: &str
        visit_borrowed_str: &'de str
        visit_string: String
        visit_bytes: &[u8]
        visit_borrowed_bytes: &'de [u8]
        visit_byte_buf: Vec<u8>
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Objects(reader))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Objects(reader))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        match self.fields {
            None => self.inner.visit_seq(Objects(parts)),
            Some(fields) => Err(A::Error::custom(an_object_is_needed(fields))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Objects(parts))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Objects(parts))
    }
}

fn an_object_is_needed(fields: &[&str]) -> String {
    let first = fields.first().copied().unwrap_or("name");
    format!("an array stands where an object belongs: name the fields, like {{\"{first}\": ...}}")
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(reader))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        self.0.variant_seed(seed).map(|(value, variant)| (value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Seen::any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Seen::object(visitor, fields))
    }
}

#[cfg(test)]
mod tests {
    use super::Objects;
    use crate::field;
    use serde::Deserialize;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Part {
        name: String,
        at: Option<Box<Part>>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    enum Choice {
        Named { part: Part },
        Whole(Part),
        Nothing,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Whole {
        parts: Vec<Part>,
        by_name: BTreeMap<String, Part>,
        choice: Choice,
        pairs: Vec<[f64; 2]>,
    }

    fn check(place: &str, value: serde_json::Value, expected: Result<(), &str>) {
        let mut whole = json!({
            "parts": [{"name": "a", "at": {"name": "b"}}],
            "by_name": {"x": {"name": "c"}},
            "choice": {"Named": {"part": {"name": "d"}}},
            "pairs": [[0, 1.5]],
        });
        *whole.pointer_mut(place).unwrap() = value;
        let text = whole.to_string();
        let mut reader = serde_json::Deserializer::from_str(&text);
        let read: Result<Whole, _> = serde_path_to_error::deserialize(Objects(&mut reader));
        let read = read.map_err(|error| field::shape_problem(&error));
        let pointer = read.as_ref().map(|_| ()).map_err(|problem| problem.pointer.as_str());
        assert_eq!(pointer, expected, "{whole}");
        if let Err(problem) = read {
            assert_eq!(problem.code, "schema_violation");
            assert!(problem.detail.contains("name the fields, like {\""), "{}", problem.detail);
        }
    }

    #[test]
    fn an_array_is_no_object_at_any_depth() {
        check("/pairs", json!([[1, 2], [3, 4]]), Ok(()));
        check("/choice", json!("Nothing"), Ok(()));
        check("/choice", json!({"Whole": {"name": "e"}}), Ok(()));
        check("", json!([[], {}, "Nothing", []]), Err(""));
        check("/parts/0", json!(["a", null]), Err("/parts/0"));
        check("/parts/0/at", json!(["b"]), Err("/parts/0/at"));
        check("/by_name/x", json!(["c"]), Err("/by_name/x"));
        check("/choice/Named", json!([{"name": "d"}]), Err("/choice"));
        check("/choice/Named/part", json!(["d"]), Err("/choice/part"));
        check("/choice", json!({"Whole": ["e"]}), Err("/choice"));
    }
}
