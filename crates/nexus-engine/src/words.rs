//! Words: enums whose values have one word each in the journal, in files and on the wire.
//!
//! One list, written with [`words!`](crate::words!), gives all of it: a variant without a word does
//! not compile, and what documents and error messages list cannot miss one.

/// A type whose values have one word each.
pub trait Words: 'static {
    /// The name of the list in API documents.
    const NAME: &'static str;

    /// Every word, in the order of its declaration.
    fn words() -> Vec<&'static str>;

    /// The word for this value.
    fn word(&self) -> &'static str;
}

/// Gives an enum its words.
///
/// `words!(Mode { Live => "live", ... })` is for enums without fields: `ALL`, `word`, `from_word`.
/// `words!(Rule: Self::Pin => "pin", Self::Cap { .. } => "cap")` is for enums with fields, of which
/// a word names a variant only: `WORDS` and `word`. A variant that holds a value with a word of its
/// own comes last: `words!(Event: ...; Self::Happened(it) => it.action.word(), Action)`.
#[macro_export]
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in the order of the words.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The value that a word names.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl $crate::words::Words for $type {
            const NAME: &'static str = stringify!($type);

            fn words() -> Vec<&'static str> {
                vec![$($word),+]
            }

            fn word(&self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    };
    ($type:ident: $($value:pat => $word:literal),+ $(,)?) => {
        impl $type {
            /// Every word, in the order of the variants.
            pub const WORDS: [&'static str; [$($word),+].len()] = [$($word),+];

            /// The word for its variant.
            #[must_use]
            pub const fn word(&self) -> &'static str {
                match self {
                    $($value => $word),+
                }
            }
        }

        impl $crate::words::Words for $type {
            const NAME: &'static str = stringify!($type);

            fn words() -> Vec<&'static str> {
                Self::WORDS.to_vec()
            }

            fn word(&self) -> &'static str {
                self.word()
            }
        }
    };
    ($type:ident: $($value:pat => $word:literal),+; $inner:pat => $named:expr, $of:ty) => {
        impl $type {
            /// The word for its variant, or for what it holds.
            #[must_use]
            pub fn word(&self) -> &'static str {
                match self {
                    $($value => $word,)+
                    $inner => $named,
                }
            }
        }

        impl $crate::words::Words for $type {
            const NAME: &'static str = stringify!($type);

            fn words() -> Vec<&'static str> {
                let mut words = vec![$($word),+];
                words.extend(<$of as $crate::words::Words>::words());
                words
            }

            fn word(&self) -> &'static str {
                self.word()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Light {
        Red,
        Green,
    }

    words!(Light { Red => "red", Green => "green" });

    enum Signal {
        Off,
        On { light: Light },
    }

    words!(Signal: Self::Off => "off", Self::On { .. } => "on");

    #[test]
    fn words_go_there_and_back() {
        assert_eq!(Light::ALL.map(Light::word), ["red", "green"]);
        assert_eq!(Light::ALL.map(|light| Light::from_word(light.word())), Light::ALL.map(Some));
        assert_eq!(Light::from_word("blue"), None);
        assert_eq!((Light::NAME, Light::words()), ("Light", vec!["red", "green"]));
    }

    #[test]
    fn an_enum_with_fields_has_words_for_its_variants() {
        let on = Signal::On { light: Light::Green };
        assert!(matches!(on, Signal::On { light: Light::Green }));
        assert_eq!((Signal::Off.word(), on.word()), ("off", "on"));
        assert_eq!(Signal::words(), Signal::WORDS);
    }
}
