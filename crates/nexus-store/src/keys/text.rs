//! The text of a key: `nx_<kind>_<environment>_<id 16><secret 43>_<checksum 6>`, base 62.
//!
//! Letters, digits and `_` only, so that a double click takes it whole, and a fixed beginning, so
//! that secret scanners find it. The checksum refuses typing mistakes without a look-up.

use super::KeyRefusal;
use crate::fault::StoreFault;
use crate::secret::entropy;
use nexus_engine::words;
use std::fmt;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS: usize = 16;
/// 62^43 is more than 2^256.
const SECRET_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;
const PREFIX_CHARS: usize = 11;
const BODY_CHARS: usize = PREFIX_CHARS + ID_CHARS + SECRET_CHARS;
const KEY_CHARS: usize = BODY_CHARS + 1 + CHECKSUM_CHARS;

/// Who may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// A learning site's server.
    Secret,
    /// A browser: everybody can read it.
    Publishable,
    /// The operator of Nexus.
    Admin,
}

words!(KeyKind {
    Secret => "sk",
    Publishable => "pk",
    Admin => "ad",
});

/// Which data a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyEnvironment {
    Live,
    Test,
}

words!(KeyEnvironment {
    Live => "live",
    Test => "test",
});

/// A whole key. It prints itself in no log: ask for it with [`KeyText::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({}...)", &self.0[..PREFIX_CHARS])
    }
}

impl KeyText {
    /// The key, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A new key from the operating system's random numbers.
    pub(super) fn generate(kind: KeyKind, environment: KeyEnvironment) -> Result<Self, StoreFault> {
        let mut text = format!("nx_{}_{}_", kind.word(), environment.word());
        while text.len() < BODY_CHARS {
            // Bytes above the largest multiple of 62 would make some letters likelier.
            let fair = entropy::<64>()?.into_iter().filter(|byte| *byte < 248);
            let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte) % 62]));
            text.extend(letters.take(BODY_CHARS - text.len()));
        }
        let sum = checksum(&text);
        Ok(Self(format!("{text}_{sum}")))
    }

    /// A key from its text, when it has the shape of one and no typing mistake.
    ///
    /// Errors: [`KeyRefusal::Malformed`] or [`KeyRefusal::Checksum`].
    pub(super) fn parse(text: &str) -> Result<Self, KeyRefusal> {
        let (body, sum) = shape(text).ok_or(KeyRefusal::Malformed)?;
        if checksum(body) != sum {
            return Err(KeyRefusal::Checksum);
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn id(&self) -> &str {
        &self.0[PREFIX_CHARS..PREFIX_CHARS + ID_CHARS]
    }

    pub(super) fn last_four(&self) -> &str {
        &self.0[BODY_CHARS - 4..BODY_CHARS]
    }

    /// What is stored of the secret.
    pub(super) fn hash(&self) -> [u8; 32] {
        blake3::derive_key("nexus api key v1", self.0.as_bytes())
    }
}

/// Body and checksum, when the text has the shape of a key.
fn shape(text: &str) -> Option<(&str, &str)> {
    if text.len() != KEY_CHARS || !text.is_ascii() {
        return None;
    }
    let (body, sum) = text.split_at_checked(BODY_CHARS)?;
    let sum = sum.strip_prefix('_')?;
    let (kind, rest) = body.strip_prefix("nx_")?.split_once('_')?;
    let (environment, random) = rest.split_once('_')?;
    KeyKind::from_word(kind)?;
    KeyEnvironment::from_word(environment)?;
    let base62 = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (base62(random) && base62(sum)).then_some((body, sum))
}

/// CRC-32 (IEEE 802.3) in base 62.
fn checksum(text: &str) -> String {
    let mut rest = u64::from(crc32(text.as_bytes()));
    let mut letters = [b'0'; CHECKSUM_CHARS];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    letters.iter().copied().map(char::from).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_everybody_knows() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum("123456789").len(), CHECKSUM_CHARS);
    }

    #[test]
    fn a_key_reads_back_and_hides_itself() {
        let key = KeyText::generate(KeyKind::Secret, KeyEnvironment::Live).unwrap();
        assert!(key.reveal().starts_with("nx_sk_live_"));
        assert_eq!(key.reveal().len(), KEY_CHARS);
        assert_eq!(KeyText::parse(key.reveal()).unwrap(), key);
        assert_eq!(format!("{key:?}"), "KeyText(nx_sk_live_...)");
    }

    #[test]
    fn every_single_typing_mistake_is_noticed() {
        let key = KeyText::generate(KeyKind::Admin, KeyEnvironment::Test).unwrap();
        for position in 0..KEY_CHARS {
            let mut bytes = key.reveal().as_bytes().to_vec();
            bytes[position] = if bytes[position] == b'a' { b'b' } else { b'a' };
            let text = String::from_utf8(bytes).unwrap();
            assert!(KeyText::parse(&text).is_err(), "{position}");
        }
        for text in ["", "nx_", "ü", &"ü".repeat(40), "nx_sk_live_x_y"] {
            assert!(matches!(KeyText::parse(text), Err(KeyRefusal::Malformed)), "{text}");
        }
    }
}
