//! People of other systems: the same one is the same learner, and nobody can tell who it is.

use sha1::{Digest, Sha1};
use std::fmt;

/// The key by which people of other systems become learners: one a data directory.
#[derive(Clone)]
pub struct ActorKey([u8; 32]);

impl ActorKey {
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The learner that somebody is: a keyed hash (BLAKE3, keyed mode, 128 bits of it) of how a
    /// system knows them.
    pub(crate) fn learner(&self, system: &str, who: &str) -> String {
        let said = format!("{system} {who}");
        let hash = blake3::keyed_hash(&self.0, said.as_bytes()).to_hex();
        format!("actor-{}", &hash[..32])
    }

    /// The learner that an account of a site is.
    #[must_use]
    pub fn of_account(&self, home_page: &str, name: &str) -> String {
        self.learner("account", &format!("{home_page} {name}"))
    }

    /// The learner that a mailbox is: the same by its address and by the SHA-1 sum of it.
    #[must_use]
    pub fn of_mailbox(&self, mailto: &str) -> String {
        let sum = Sha1::digest(mailto.as_bytes());
        let digits: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        self.of_mailbox_sum(&digits)
    }

    /// The learner that the SHA-1 sum of a mailbox stands for.
    #[must_use]
    pub fn of_mailbox_sum(&self, sum: &str) -> String {
        self.learner("mailbox", &sum.to_ascii_lowercase())
    }

    /// The learner that an OpenID is.
    #[must_use]
    pub fn of_openid(&self, openid: &str) -> String {
        self.learner("openid", openid)
    }

    /// The learner that a user of an Open edX installation is.
    #[must_use]
    pub fn of_openedx_learner(&self, user: &str) -> String {
        self.learner("openedx", user)
    }
}

impl fmt::Debug for ActorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActorKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_identity_is_a_learner_of_its_own() {
        let key = ActorKey::new([7; 32]);
        let learners = [
            key.of_account("https://lms.example", "17"),
            key.of_account("https://lms.example", "18"),
            key.of_account("https://other.example", "17"),
            key.of_mailbox("mailto:ada@example.com"),
            key.of_openid("https://ada.example/"),
            key.of_openedx_learner("17"),
        ];
        for (place, learner) in learners.iter().enumerate() {
            assert!(learner.len() == 38 && !learner.contains("ada"), "{learner}");
            assert!(!learners[..place].contains(learner), "{learner}");
        }
        assert_eq!(key.of_account("https://lms.example", "17"), learners[0]);
        let other = ActorKey::new([8; 32]);
        assert_ne!(other.of_account("https://lms.example", "17"), learners[0]);
        assert_eq!(format!("{key:?}"), "ActorKey(secret)");
    }

    /// The sum is that of the xAPI conformance suite for its own address.
    #[test]
    fn a_mailbox_and_its_sum_are_one_learner() {
        let key = ActorKey::new([7; 32]);
        let address = key.of_mailbox("mailto:xapi@adlnet.gov");
        assert_eq!(address, key.of_mailbox_sum("cd9b00a5611f94eaa7b1661edab976068e364975"));
        assert_eq!(address, key.of_mailbox_sum("CD9B00A5611F94EAA7B1661EDAB976068E364975"));
    }
}
