//! What a learning site says of the moment of a decision, because only it knows: the device, the
//! time of day, how many sit in the room. Never who the learner is.

use nexus_stats::hash::Fnv1a;
use thiserror::Error;

/// The most entries of one context.
pub const ENTRIES_MAX: usize = 16;
/// The longest key, in characters.
pub const KEY_CHARS_MAX: usize = 64;
/// The longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 128;
/// The greatest size of a number: what is larger counts something else than a moment, or is an id.
pub const NUMBER_MAX: f64 = 1e15;

/// Stands between the parts of what is hashed. No UTF-8 text has this byte, so no two contexts are
/// hashed alike because their parts were cut elsewhere.
pub(super) const SEPARATOR: [u8; 1] = [0xff];

/// What is said under one key.
#[derive(Clone, Debug, PartialEq)]
pub enum SiteValue {
    /// A word, such as `phone`.
    Text(String),
    /// A number without a unit of its own; at most [`NUMBER_MAX`] in size.
    Number(f64),
    Flag(bool),
}

/// A context in its canonical form: at least one entry, keys in the order of their bytes, each
/// once, and 0 without a sign. So the same context is the same value, however it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteContext {
    entries: Vec<(String, SiteValue)>,
}

/// Why something is not a context.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ContextRefusal {
    /// There are more than [`ENTRIES_MAX`] entries.
    #[error(
        "a context has at most {ENTRIES_MAX} entries, not {found}: send those that could change which activity is best"
    )]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// A key is empty or longer than [`KEY_CHARS_MAX`] characters.
    #[error("a key has 1 to {KEY_CHARS_MAX} characters")]
    KeyLength { key: String },
    /// A key comes twice.
    #[error("a key may occur once")]
    KeyTwice { key: String },
    /// A text is longer than [`TEXT_CHARS_MAX`] characters.
    #[error(
        "a text has at most {TEXT_CHARS_MAX} characters: send a word for it, such as \"phone\""
    )]
    TextLength { key: String },
    /// A number is not finite or larger than [`NUMBER_MAX`].
    #[error(
        "a number is finite and at most {NUMBER_MAX:e} in size: send it in another unit, or a word such as \"large\""
    )]
    NumberSize { key: String },
}

impl ContextRefusal {
    /// The key that it is about; none when it is about the whole.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::TooMany { .. } => None,
            Self::KeyLength { key }
            | Self::KeyTwice { key }
            | Self::TextLength { key }
            | Self::NumberSize { key } => Some(key),
        }
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "too_many",
            Self::KeyLength { .. } => "key_length",
            Self::KeyTwice { .. } => "duplicate_key",
            Self::TextLength { .. } => "text_length",
            Self::NumberSize { .. } => "number_size",
        }
    }
}

impl SiteContext {
    /// The context of these entries, in any order; `None` when there are none.
    ///
    /// Errors: [`ContextRefusal`]: the first entry, in the order of keys, that may not be sent.
    pub fn new(
        entries: impl IntoIterator<Item = (String, SiteValue)>,
    ) -> Result<Option<Self>, ContextRefusal> {
        let mut entries: Vec<_> = entries.into_iter().collect();
        if entries.len() > ENTRIES_MAX {
            return Err(ContextRefusal::TooMany { found: entries.len() });
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(ContextRefusal::KeyTwice { key: pair[0].0.clone() });
        }
        for (key, value) in &mut entries {
            check(key, value)?;
            if let SiteValue::Number(number) = value {
                // Adding 0 takes the sign off a zero and changes nothing else.
                *number += 0.0;
            }
        }
        Ok((!entries.is_empty()).then_some(Self { entries }))
    }

    /// The entries, in the order of their keys.
    #[must_use]
    pub fn entries(&self) -> &[(String, SiteValue)] {
        &self.entries
    }

    /// A hash of the whole: equal contexts have equal hashes, on every machine, for ever.
    ///
    /// FNV-1a with 64 bits over each entry in order: the key, `FF`, a letter and the value, `FF`.
    /// That is `s` and the text, `n` and the number's 64 bits with the lowest byte first, or `b`
    /// and `true` or `false`.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hash = Fnv1a::default();
        for (key, value) in &self.entries {
            hash = hash.feed(key.as_bytes()).feed(&SEPARATOR);
            hash = match value {
                SiteValue::Text(text) => hash.feed(b"s").feed(text.as_bytes()),
                SiteValue::Number(number) => hash.feed(b"n").feed(&number.to_le_bytes()),
                SiteValue::Flag(flag) => hash.feed(b"b").feed(flag_word(*flag).as_bytes()),
            };
            hash = hash.feed(&SEPARATOR);
        }
        hash.value()
    }
}

/// Yes or no as JSON writes it.
pub(super) fn flag_word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

fn check(key: &str, value: &SiteValue) -> Result<(), ContextRefusal> {
    let key_chars = key.chars().count();
    if key_chars == 0 || key_chars > KEY_CHARS_MAX {
        return Err(ContextRefusal::KeyLength { key: key.to_owned() });
    }
    match value {
        SiteValue::Text(text) if text.chars().count() > TEXT_CHARS_MAX => {
            Err(ContextRefusal::TextLength { key: key.to_owned() })
        }
        // What is no number is in no range.
        SiteValue::Number(number) if !(-NUMBER_MAX..=NUMBER_MAX).contains(number) => {
            Err(ContextRefusal::NumberSize { key: key.to_owned() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> SiteValue {
        SiteValue::Text(text.to_owned())
    }

    fn of(entries: &[(&str, SiteValue)]) -> Result<Option<SiteContext>, ContextRefusal> {
        SiteContext::new(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())))
    }

    /// The code of the refusal and its key, or nothing when it is a context.
    #[track_caller]
    fn check(entries: &[(&str, SiteValue)], expected: Option<(&str, Option<&str>)>) {
        let refusal = of(entries).err();
        let said = refusal.as_ref().map(|refusal| (refusal.code(), refusal.key()));
        assert_eq!(said, expected, "{entries:?}");
    }

    #[test]
    fn what_may_be_said() {
        let (longest_key, longest_text) = ("ü".repeat(64), "ü".repeat(128));
        check(&[], None);
        check(&[("device", text("phone")), ("class_size", SiteValue::Number(24.0))], None);
        check(&[(&longest_key, text(&longest_text))], None);
        check(&[("quiet", SiteValue::Flag(false)), ("noise", text(""))], None);
        check(&[("a", SiteValue::Number(-1e15)), ("b", SiteValue::Number(5e-324))], None);
    }

    #[test]
    fn what_may_not() {
        let too_long = "k".repeat(65);
        check(&[(&too_long, text("x"))], Some(("key_length", Some(&too_long))));
        check(&[("", text("x")), ("k", text("x"))], Some(("key_length", Some(""))));
        check(&[("k", text(&"x".repeat(129)))], Some(("text_length", Some("k"))));
        for number in [1.1e15, -1e308, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            check(&[("k", SiteValue::Number(number))], Some(("number_size", Some("k"))));
        }
        check(&[("k", text("x")), ("k", text("x"))], Some(("duplicate_key", Some("k"))));
        let names: Vec<String> = (0..17).map(|number| format!("k{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), text("x"))).collect();
        check(&many, Some(("too_many", None)));
        check(&many[..16], None);
    }

    #[test]
    fn the_order_of_entries_says_nothing() {
        let one = of(&[("b", SiteValue::Number(0.0)), ("a", text("x"))]).unwrap();
        let other = of(&[("a", text("x")), ("b", SiteValue::Number(-0.0))]).unwrap();
        assert_eq!(one.as_ref().map(SiteContext::hash), other.as_ref().map(SiteContext::hash));
        assert_eq!(one, other);
        assert_eq!(of(&[]), Ok(None));
    }

    #[test]
    fn what_differs_is_hashed_apart() {
        let hash = |entries: &[(&str, SiteValue)]| of(entries).unwrap().unwrap().hash();
        let mut seen = vec![
            hash(&[("a", text("b"))]),
            hash(&[("ab", text(""))]),
            hash(&[("a", text("true"))]),
            hash(&[("a", SiteValue::Flag(true))]),
            hash(&[("a", SiteValue::Flag(false))]),
            hash(&[("a", SiteValue::Number(1.0))]),
            hash(&[("a", text("1"))]),
            hash(&[("a", text("b")), ("c", text("d"))]),
            hash(&[("a", text("d")), ("c", text("b"))]),
        ];
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 9);
    }
}
