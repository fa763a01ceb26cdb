//! Scopes: what a caller may do, as `resource:verb`.

use nexus_engine::words;
use std::fmt;

/// One thing that a caller may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    EventsWrite,
    /// Ask decisions and say that they were shown.
    DecisionsWrite,
    /// Say how right an answer was, and report what a decision was worth.
    GradesWrite,
    /// Read the audit page of a decision.
    DecisionsRead,
    LearnersRead,
    /// Read courses and their reports.
    CoursesRead,
    /// Publish courses, and what [`Self::ConstraintsWrite`] grants.
    CoursesWrite,
    /// Pin, block and cap activities, as teachers do.
    ConstraintsWrite,
    ExperimentsRead,
    /// The whole life of experiments.
    ExperimentsWrite,
    JournalRead,
    StreamRead,
    MetricsRead,
    /// Turn the kill switch.
    SwitchWrite,
    /// The life of policies: versions, modes, promotions, the holdout.
    PoliciesWrite,
    /// List API keys and revoke them. Nobody makes one over HTTP.
    KeysWrite,
    /// Everything but [`Self::PoliciesOverride`].
    Admin,
    /// Promote a policy without the evidence that it takes. A key has it only by name.
    PoliciesOverride,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u32);

words!(Scope {
    EventsWrite => "events:write",
    DecisionsWrite => "decisions:write",
    GradesWrite => "grades:write",
    DecisionsRead => "decisions:read",
    LearnersRead => "learners:read",
    CoursesRead => "courses:read",
    CoursesWrite => "courses:write",
    ConstraintsWrite => "constraints:write",
    ExperimentsRead => "experiments:read",
    ExperimentsWrite => "experiments:write",
    JournalRead => "journal:read",
    StreamRead => "stream:read",
    MetricsRead => "metrics:read",
    SwitchWrite => "switch:write",
    PoliciesWrite => "policies:write",
    KeysWrite => "keys:write",
    Admin => "admin",
    PoliciesOverride => "policies:override",
});

impl Scope {
    /// The scopes that change nothing.
    pub const READ: [Self; 6] = [
        Self::DecisionsRead,
        Self::LearnersRead,
        Self::CoursesRead,
        Self::ExperimentsRead,
        Self::JournalRead,
        Self::StreamRead,
    ];

    /// What a browser session may do of what its key may do: read, and what pages offer. Whatever
    /// erases or trains needs the key itself.
    pub const PAGES: [Self; 12] = [
        Self::DecisionsRead,
        Self::LearnersRead,
        Self::CoursesRead,
        Self::ExperimentsRead,
        Self::JournalRead,
        Self::StreamRead,
        Self::ExperimentsWrite,
        Self::CoursesWrite,
        Self::ConstraintsWrite,
        Self::SwitchWrite,
        Self::PoliciesWrite,
        Self::KeysWrite,
    ];

    /// What a learner's token may do, for that learner alone, unless its issuer's configuration
    /// says otherwise. Learners do not grade themselves.
    pub const LEARNER: [Self; 3] = [Self::EventsWrite, Self::DecisionsWrite, Self::LearnersRead];

    /// The most that a learner's token may do, when its issuer's configuration says so.
    pub const LEARNER_MOST: [Self; 4] =
        [Self::EventsWrite, Self::DecisionsWrite, Self::GradesWrite, Self::LearnersRead];

    fn bit(self) -> u32 {
        1 << (self as u16)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl ScopeSet {
    /// The scopes that some words name. Words of a newer version grant nothing.
    #[must_use]
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        words.into_iter().filter_map(Scope::from_word).collect()
    }

    /// Whether a scope is in the set; `admin` has all but the one that overrules Nexus.
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        let enough = match scope {
            Scope::PoliciesOverride => scope.bit(),
            Scope::ConstraintsWrite => scope.bit() | Scope::CoursesWrite.bit() | Scope::Admin.bit(),
            _ => scope.bit() | Scope::Admin.bit(),
        };
        self.0 & enough != 0
    }

    /// Those of `scopes` that the set has.
    #[must_use]
    pub fn limited_to(self, scopes: &[Scope]) -> Self {
        scopes.iter().copied().filter(|scope| self.has(*scope)).collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_scopes_and_admin_has_all_but_one() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_word(scope.word()), Some(scope));
            let overrules = scope == Scope::PoliciesOverride;
            assert_eq!(ScopeSet::from_words(["admin"]).has(scope), !overrules);
            assert!(ScopeSet::from_words([scope.word()]).has(scope));
            assert!(!ScopeSet::default().has(scope));
        }
        let publishes = ScopeSet::from_words(["courses:write"]);
        assert!(publishes.has(Scope::ConstraintsWrite), "who publishes may pin");
        assert!(!ScopeSet::from_words(["constraints:write"]).has(Scope::CoursesWrite));
        let set = ScopeSet::from_words(["events:write", "a:new-one"]);
        assert!(set.has(Scope::EventsWrite) && !set.has(Scope::Admin));
    }

    #[test]
    fn a_session_of_an_admin_only_reads() {
        let set = ScopeSet::from_words(["admin"]).limited_to(&Scope::READ);
        assert!(set.has(Scope::JournalRead));
        assert!(!set.has(Scope::Admin) && !set.has(Scope::EventsWrite));
    }
}
