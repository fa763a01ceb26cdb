//! Foreign names of activities and questions: the IRIs by which other systems speak of them.
//!
//! A name is exact, or the beginning of names. An exact one wins over every beginning, and a longer
//! beginning over a shorter one, so that one line may stand for a whole video with all its
//! addresses and another for one question in it.

use std::collections::BTreeMap;
use std::ops::Bound;

/// What an IRI stands for in a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IriTarget {
    /// A position in [`Course::activities`](super::Course::activities).
    Activity(usize),
    /// A position in [`Course::questions`](super::Course::questions).
    Question(usize),
}

/// How well an IRI is known: the better of two wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IriMatch {
    /// Its beginning is known: so many bytes of it.
    Prefix(usize),
    Exact,
}

/// The foreign names of one version of a course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IriTable {
    exact: BTreeMap<String, IriTarget>,
    prefixes: BTreeMap<String, IriTarget>,
}

impl IriTable {
    /// Adds a name.
    pub fn add_exact(&mut self, iri: &str, target: IriTarget) {
        self.exact.insert(iri.to_owned(), target);
    }

    /// Adds a beginning of names.
    pub fn add_prefix(&mut self, prefix: &str, target: IriTarget) {
        self.prefixes.insert(prefix.to_owned(), target);
    }

    /// What an IRI stands for, and how well it is known.
    #[must_use]
    pub fn find(&self, iri: &str) -> Option<(IriMatch, IriTarget)> {
        if let Some(target) = self.exact.get(iri) {
            return Some((IriMatch::Exact, *target));
        }
        // Of the beginnings of one text the longest sorts last, with others in between.
        let mut end = iri;
        loop {
            let before = (Bound::Unbounded, Bound::Included(end));
            let (prefix, target) = self.prefixes.range::<str, _>(before).next_back()?;
            if iri.starts_with(prefix.as_str()) {
                return Some((IriMatch::Prefix(prefix.len()), *target));
            }
            let common = common_bytes(prefix, end);
            if common == 0 {
                return None;
            }
            end = &iri[..common];
        }
    }

    /// Whether a name, or a beginning of names, begins so.
    #[must_use]
    pub fn has_beginning(&self, start: &str) -> bool {
        let from = (Bound::Included(start), Bound::Unbounded);
        [&self.exact, &self.prefixes].into_iter().any(|names| {
            let next = names.range::<str, _>(from).next();
            next.is_some_and(|(name, _)| name.starts_with(start))
        })
    }

    /// Whether it holds no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty()
    }
}

/// How many bytes two texts have in common at their beginning, up to a whole letter.
fn common_bytes(left: &str, right: &str) -> usize {
    let same = left.chars().zip(right.chars()).take_while(|(left, right)| left == right);
    same.map(|(letter, _)| letter.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_wins_and_an_exact_name_over_all() {
        let mut table = IriTable::default();
        assert!(table.is_empty());
        for (prefix, activity) in [("https://a/", 0), ("https://a/video/", 1), ("https://b", 2)] {
            table.add_prefix(prefix, IriTarget::Activity(activity));
        }
        table.add_exact("https://a/video/7#q", IriTarget::Question(9));
        for (iri, expected) in [
            ("https://a/", Some((IriMatch::Prefix(10), IriTarget::Activity(0)))),
            ("https://a/zebra", Some((IriMatch::Prefix(10), IriTarget::Activity(0)))),
            ("https://a/video/7", Some((IriMatch::Prefix(16), IriTarget::Activity(1)))),
            ("https://a/video/7#q", Some((IriMatch::Exact, IriTarget::Question(9)))),
            ("https://a/video", Some((IriMatch::Prefix(10), IriTarget::Activity(0)))),
            ("https://b", Some((IriMatch::Prefix(9), IriTarget::Activity(2)))),
            ("https://", None),
            ("uuid://7d4f", None),
            ("", None),
        ] {
            assert_eq!(table.find(iri), expected, "{iri}");
        }
    }

    /// Looking at every beginning says what is right.
    #[test]
    fn it_finds_what_a_look_at_all_beginnings_finds() {
        let letters = ["a", "b", "\u{e9}"];
        let mut all = vec![String::new()];
        for length in 0..4 {
            let longer = all.iter().filter(|text| text.chars().count() == length);
            let longer: Vec<String> =
                longer.flat_map(|text| letters.map(|letter| format!("{text}{letter}"))).collect();
            all.extend(longer);
        }
        let mut table = IriTable::default();
        let known =
            all.iter().enumerate().filter(|(place, text)| place % 3 == 0 && !text.is_empty());
        for (place, text) in known.clone() {
            table.add_prefix(text, IriTarget::Activity(place));
        }
        for text in &all {
            let longest = known.clone().filter(|(_, known)| text.starts_with(known.as_str()));
            let longest = longest.max_by_key(|(_, known)| known.len());
            let expected = longest
                .map(|(place, known)| (IriMatch::Prefix(known.len()), IriTarget::Activity(place)));
            assert_eq!(table.find(text), expected, "{text}");
        }
    }
}
