//! How each basic type is written and read, and the macros that list the fields of the others.

use super::{CodecFault, SnapshotReader, Writer};
use nexus_engine::ids::{
    ActivityId, ActivityKey, ConstraintId, CourseId, DecisionId, EventId, ExperimentId, LearnerId,
    PolicyId, QuestionId, QuestionKey, SkillId, SkillKey, SupportId, VariantName,
};
use nexus_engine::learner::tracing::SkillSetKey;
use nexus_engine::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A type with one binary form.
pub(super) trait Wire: Sized {
    fn write(&self, out: &mut Writer<'_>);
    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault>;
    /// Says which bytes [`Wire::write`] makes, in words.
    fn describe(layout: &mut SnapshotLayout);
}

/// The layout of a snapshot in words: the fields of each type in the order of their bytes, and the
/// types of the fields. Its hash stands in front of a snapshot, so that bytes of another layout are
/// never read as this one.
#[derive(Default)]
pub(super) struct SnapshotLayout {
    text: String,
    described: BTreeSet<&'static str>,
}

impl SnapshotLayout {
    pub(super) fn word(&mut self, word: &str) {
        self.text.push_str(word);
        self.text.push(' ');
    }

    /// Describes a type with a name, the first time that it comes up; later its name stands for it.
    pub(super) fn named(&mut self, name: &'static str, describe: impl FnOnce(&mut Self)) {
        self.word(name);
        if self.described.insert(name) {
            self.word("{");
            describe(self);
            self.word("}");
        }
    }

    /// Describes a field. Only the type of `_field` matters.
    pub(super) fn field<S, T: Wire>(&mut self, name: &str, _field: fn(&S) -> &T) {
        self.word(name);
        T::describe(self);
    }

    /// Eight bytes that are other ones for any other layout.
    pub(super) fn hash(&self) -> [u8; 8] {
        let mut short = [0; 8];
        short.copy_from_slice(&blake3::hash(self.text.as_bytes()).as_bytes()[..8]);
        short
    }
}

/// Lists the fields of a struct in the order of their bytes. Both directions name every field, so
/// a new one does not compile until it is listed. The list is part of the layout. What is listed as
/// `later` stands in a section at the end of the snapshot, and only when it holds something: so a
/// state without it keeps the bytes, and the digest, that it had before the field came.
macro_rules! fields {
    ($type:ident { $($field:ident),* $(,)? } $(later { $($late:ident),* })?) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                let Self { $($field,)* $($($late: _),*)? } = self;
                $($field.write(out);)*
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                Ok(Self { $($field: Wire::read(from)?,)* $($($late: Default::default()),*)? })
            }

            fn describe(layout: &mut super::wire::SnapshotLayout) {
                layout.named(stringify!($type), |layout| {
                    $(layout.field(stringify!($field), |it: &Self| &it.$field);)*
                });
            }
        }
    };
}
pub(super) use fields;

/// The same for a struct of parts whose bytes are not in the order of its parts: each name with the
/// place of its value, in the order of the bytes, and how the whole is made of them. The whole is
/// a literal, so a new field does not compile until it is listed.
macro_rules! fields_of_parts {
    ($type:ident { $($name:ident: $($place:ident).+),* $(,)? } made by $whole:expr) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                $(self.$($place).+.write(out);)*
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                $(let $name = Wire::read(from)?;)*
                Ok($whole)
            }

            fn describe(layout: &mut super::wire::SnapshotLayout) {
                layout.named(stringify!($type), |layout| {
                    $(layout.field(stringify!($name), |it: &Self| &it.$($place).+);)*
                });
            }
        }
    };
}
pub(super) use fields_of_parts;

/// Lists the variants of a field-less enum with their bytes.
macro_rules! letters {
    ($type:ident { $($variant:ident = $byte:literal),* $(,)? }) => {
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                out.byte(match self { $(Self::$variant => $byte),* });
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                match from.byte()? {
                    $($byte => Ok(Self::$variant),)*
                    _ => Err(CodecFault::Range(stringify!($type))),
                }
            }

            fn describe(layout: &mut super::wire::SnapshotLayout) {
                layout.named(stringify!($type), |layout| {
                    $(layout.word(concat!(stringify!($variant), "=", stringify!($byte)));)*
                });
            }
        }
    };
}
pub(super) use letters;

macro_rules! unsigned {
    ($($type:ident),*) => {$(
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                out.unsigned(u64::from(*self));
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                let number = from.unsigned()?;
                Self::try_from(number).map_err(|_| CodecFault::Range(stringify!($type)))
            }

            fn describe(layout: &mut SnapshotLayout) {
                layout.word(stringify!($type));
            }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

macro_rules! signed {
    ($($type:ident),*) => {$(
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                out.signed(i64::from(*self));
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                let number = from.signed()?;
                Self::try_from(number).map_err(|_| CodecFault::Range(stringify!($type)))
            }

            fn describe(layout: &mut SnapshotLayout) {
                layout.word(stringify!($type));
            }
        }
    )*};
}
signed!(i32, i64);

impl Wire for usize {
    fn write(&self, out: &mut Writer<'_>) {
        out.unsigned(*self as u64);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        Self::try_from(from.unsigned()?).map_err(|_| CodecFault::Range("usize"))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("usize");
    }
}

impl Wire for String {
    fn write(&self, out: &mut Writer<'_>) {
        out.text(self);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        from.text().map(str::to_owned)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("text");
    }
}

impl Wire for i128 {
    fn write(&self, out: &mut Writer<'_>) {
        out.bytes(&self.to_le_bytes());
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        Ok(Self::from_le_bytes(from.array()?))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("i128");
    }
}

impl Wire for f64 {
    fn write(&self, out: &mut Writer<'_>) {
        out.float(*self);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        from.float()
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("f64");
    }
}

impl Wire for f32 {
    fn write(&self, out: &mut Writer<'_>) {
        out.bytes(&self.to_bits().to_le_bytes());
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        Ok(Self::from_bits(u32::from_le_bytes(from.array()?)))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("f32");
    }
}

impl Wire for bool {
    fn write(&self, out: &mut Writer<'_>) {
        out.byte(u8::from(*self));
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecFault::Range("bool")),
        }
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("bool");
    }
}

impl Wire for Timestamp {
    fn write(&self, out: &mut Writer<'_>) {
        out.signed(self.0);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        from.signed().map(Self)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("micros");
    }
}

macro_rules! keys {
    ($($type:ident),*) => {$(
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                self.0.write(out);
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                u32::read(from).map(Self)
            }

            fn describe(layout: &mut SnapshotLayout) {
                layout.word("u32");
            }
        }
    )*};
}
keys!(SkillKey, ActivityKey, QuestionKey);

impl Wire for SkillSetKey {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        u64::read(from).map(Self)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("u64");
    }
}

macro_rules! ids {
    ($($type:ident),*) => {$(
        impl Wire for $type {
            fn write(&self, out: &mut Writer<'_>) {
                out.text(self.as_str());
            }

            fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
                Ok(Self::new(from.text()?)?)
            }

            fn describe(layout: &mut SnapshotLayout) {
                layout.word("text");
            }
        }
    )*};
}
ids!(ActivityId, CourseId, DecisionId, EventId, ExperimentId, LearnerId);
ids!(ConstraintId, PolicyId, QuestionId, SkillId, SupportId, VariantName);

impl<T: Wire> Wire for Option<T> {
    fn write(&self, out: &mut Writer<'_>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        if bool::read(from)? { T::read(from).map(Some) } else { Ok(None) }
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("option of");
        T::describe(layout);
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, out: &mut Writer<'_>) {
        (**self).write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        T::read(from).map(Self::new)
    }

    fn describe(layout: &mut SnapshotLayout) {
        T::describe(layout);
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut Writer<'_>) {
        out.unsigned(self.len() as u64);
        self.iter().for_each(|value| value.write(out));
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let len = from.count()?;
        // A damaged length must not reserve more memory than a real one would.
        let mut values = Self::with_capacity(len.min(1024));
        for _ in 0..len {
            values.push(T::read(from)?);
        }
        Ok(values)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("list of");
        T::describe(layout);
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        Ok((A::read(from)?, B::read(from)?))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("pair of");
        A::describe(layout);
        B::describe(layout);
    }
}

impl<A: Wire, B: Wire, C: Wire> Wire for (A, B, C) {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
        self.1.write(out);
        self.2.write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        Ok((A::read(from)?, B::read(from)?, C::read(from)?))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("three of");
        A::describe(layout);
        B::describe(layout);
        C::describe(layout);
    }
}

impl<K: Wire + Ord, V: Wire> Wire for BTreeMap<K, V> {
    fn write(&self, out: &mut Writer<'_>) {
        out.unsigned(self.len() as u64);
        for (key, value) in self {
            key.write(out);
            value.write(out);
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let mut map = Self::new();
        for _ in 0..from.count()? {
            let key = K::read(from)?;
            if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(CodecFault::Order("a map"));
            }
            map.insert(key, V::read(from)?);
        }
        Ok(map)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("map of");
        K::describe(layout);
        V::describe(layout);
    }
}

impl<K: Wire + Ord> Wire for BTreeSet<K> {
    fn write(&self, out: &mut Writer<'_>) {
        out.unsigned(self.len() as u64);
        self.iter().for_each(|key| key.write(out));
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let mut set = Self::new();
        for _ in 0..from.count()? {
            let key = K::read(from)?;
            if set.last().is_some_and(|last| *last >= key) {
                return Err(CodecFault::Order("a set"));
            }
            set.insert(key);
        }
        Ok(set)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("set of");
        K::describe(layout);
    }
}

impl<T: Wire, const N: usize> Wire for [T; N] {
    fn write(&self, out: &mut Writer<'_>) {
        self.iter().for_each(|value| value.write(out));
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let values: Result<Vec<T>, CodecFault> = (0..N).map(|_| T::read(from)).collect();
        Self::try_from(values?).map_err(|_| CodecFault::Truncated)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word(&format!("{N} of"));
        T::describe(layout);
    }
}
