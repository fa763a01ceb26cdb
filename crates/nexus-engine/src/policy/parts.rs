//! The statistics of a policy as plain data: what is journaled when they are saved, and what a
//! program that learned elsewhere hands in.
//!
//! Plain data can always be read, also by a program whose policies have another shape by then;
//! only [`PolicyState::from_parts`] says whether they are a policy of today.

use super::linear_model::LinearModel;
use super::network::NetworkPolicy;
use super::registry::PolicyState;
use super::retired::{HEADS, Heads, Retired, RetiredKind, TrainedNumbers};
use std::collections::BTreeMap;

/// The statistics of one policy, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyParts {
    /// The word that names the policy.
    pub word: String,
    /// Whole numbers, such as `rewards`, how many it learned from.
    pub counts: BTreeMap<String, u64>,
    /// Lists of numbers, such as `precision` and `response` of a linear model.
    pub numbers: BTreeMap<String, Vec<f64>>,
}

impl PolicyParts {
    fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    fn list(&self, name: &str) -> Vec<f64> {
        self.numbers.get(name).cloned().unwrap_or_default()
    }

    /// Whether there are names besides those known.
    fn has_more_than(&self, counts: &[&str], numbers: &[&str]) -> bool {
        let odd_count = self.counts.keys().any(|name| !counts.contains(&name.as_str()));
        odd_count || self.numbers.keys().any(|name| !numbers.contains(&name.as_str()))
    }
}

impl PolicyState {
    /// Its statistics as plain data; nothing but the word for a policy that does not learn.
    #[must_use]
    pub fn parts(&self) -> PolicyParts {
        let mut parts = PolicyParts { word: self.word().to_owned(), ..PolicyParts::default() };
        if let Self::Network(policy) = self {
            policy.write_parts(&mut parts);
        }
        if let Some(model) = self.model() {
            parts.counts.insert("rewards".to_owned(), model.version());
            parts.counts.insert("refused".to_owned(), model.refused());
            parts.counts.insert("clipped".to_owned(), model.clipped());
            parts.numbers.insert("precision".to_owned(), model.precision().to_vec());
            parts.numbers.insert("response".to_owned(), model.response().to_vec());
        }
        if let Self::Retired(retired) = self
            && let Some(departures) = retired.departures()
        {
            let departures = departures.iter().flatten().copied().collect();
            parts.numbers.insert("departures".to_owned(), departures);
        }
        if let Self::Retired(retired) = self
            && let Some(trained) = retired.training()
        {
            let visits: Vec<f64> = trained.visits.iter().copied().map(f64::from).collect();
            parts.counts.insert("decisions".to_owned(), trained.decisions);
            parts.numbers.insert(numbers_of(retired.kind()).to_owned(), trained.numbers.clone());
            if !visits.is_empty() {
                parts.numbers.insert("visits".to_owned(), visits);
            }
        }
        parts
    }

    /// A retired policy that was trained before it served; what was never trained is all zeros.
    fn trained_from(fresh: &Retired, parts: &PolicyParts) -> Option<Self> {
        let (kind, decisions) = (fresh.kind(), parts.count("decisions"));
        if decisions == 0 {
            let fresh = Self::Retired(fresh.clone());
            return (fresh.parts() == *parts).then_some(fresh);
        }
        if parts.has_more_than(&["decisions"], &[numbers_of(kind), "visits"]) {
            return None;
        }
        let mut visits = Vec::new();
        for number in parts.list("visits") {
            let count = number as u32;
            if f64::from(count) != number {
                return None;
            }
            visits.push(count);
        }
        let numbers = parts.list(numbers_of(kind));
        Retired::trained(kind, TrainedNumbers { decisions, numbers, visits }).map(Self::Retired)
    }

    /// The policy with these statistics. `None` when no policy has this word, or when they are not
    /// exactly what that policy keeps: finite, of the right lengths, positive definite.
    #[must_use]
    pub fn from_parts(parts: &PolicyParts) -> Option<Self> {
        let fresh = Self::folded(&parts.word)?;
        if let Self::Retired(retired) = &fresh
            && retired.training().is_some()
        {
            return Self::trained_from(retired, parts);
        }
        if let Self::Network(_) = fresh {
            return NetworkPolicy::from_parts(parts).map(Self::Network);
        }
        if fresh.model().is_none() {
            return (!parts.has_more_than(&[], &[])).then_some(fresh);
        }
        let is_ensemble = fresh.word() == RetiredKind::Ensemble.word();
        let numbers = ["precision", "response", "departures"];
        let numbers = if is_ensemble { &numbers[..] } else { &numbers[..2] };
        if parts.has_more_than(&["rewards", "refused", "clipped"], numbers) {
            return None;
        }
        let (precision, response) = (parts.list("precision"), parts.list("response"));
        let (rewards, refused) = (parts.count("rewards"), parts.count("refused"));
        let clipped = parts.count("clipped");
        let model = LinearModel::from_parts(precision, response, rewards, refused, clipped)?;
        match fresh.with_model(model) {
            Self::Retired(retired) if is_ensemble => {
                let departures = parts.list("departures");
                let (rows, rest) = departures.as_chunks::<HEADS>();
                let rows: Vec<Heads> = rows.to_vec();
                let retired = if rest.is_empty() { retired.with_departures(rows) } else { None };
                retired.map(Self::Retired)
            }
            policy => Some(policy),
        }
    }
}

/// What the numbers of a trained policy were called.
fn numbers_of(kind: RetiredKind) -> &'static str {
    match kind {
        RetiredKind::DoubleQ => "values",
        RetiredKind::FittedQ => "weights",
        // They were not trained.
        RetiredKind::Strategic
        | RetiredKind::GatedRandom
        | RetiredKind::LogisticThompson
        | RetiredKind::LinearUcb
        | RetiredKind::EpsilonGreedy
        | RetiredKind::Ensemble => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Rewarded;
    use crate::policy::context::FEATURES;

    fn taught(word: &str) -> PolicyState {
        let mut policy = PolicyState::folded(word).unwrap();
        for step in 0..40_u32 {
            let features: [f64; FEATURES] =
                std::array::from_fn(|column| f64::from((step * 7 + column as u32 * 3) % 5) / 5.0);
            let value = f64::from(step % 3) / 2.0 - 0.5;
            policy.policy_mut().learn(&Rewarded {
                features: &features,
                value,
                propensity: 0.5,
                gain: None,
            });
        }
        policy
    }

    #[test]
    fn every_policy_survives_its_parts() {
        let retired = RetiredKind::ALL.map(RetiredKind::word);
        for word in PolicyState::WORDS.into_iter().chain(retired) {
            let policy = taught(word);
            assert_eq!(PolicyState::from_parts(&policy.parts()), Some(policy), "{word}");
        }
    }

    #[test]
    fn what_was_trained_survives_its_parts_and_odd_tables_do_not() {
        let trained = |kind: RetiredKind| {
            let cells = kind.trained_numbers();
            let numbers = (0..cells).map(|cell| cell as f64 / 1e4).collect();
            let visits = (0..kind.trained_visits()).map(|cell| cell as u32 % 9).collect();
            PolicyState::Retired(
                Retired::trained(kind, TrainedNumbers { decisions: 77, numbers, visits }).unwrap(),
            )
        };
        for policy in [RetiredKind::DoubleQ, RetiredKind::FittedQ].map(trained) {
            let parts = policy.parts();
            assert_eq!(PolicyState::from_parts(&parts), Some(policy));
            for name in parts.numbers.keys() {
                for odd in [f64::NAN, 1e10, -0.5] {
                    let mut poisoned = parts.clone();
                    poisoned.numbers.get_mut(name).unwrap()[3] = odd;
                    let sound = odd == -0.5 && name != "visits";
                    assert_eq!(PolicyState::from_parts(&poisoned).is_some(), sound, "{name} {odd}");
                }
                let mut short = parts.clone();
                short.numbers.get_mut(name).unwrap().pop();
                assert_eq!(PolicyState::from_parts(&short), None);
            }
            let mut more = parts.clone();
            more.counts.insert("wishes".to_owned(), 1);
            assert_eq!(PolicyState::from_parts(&more), None);
            let mut never = parts;
            never.counts.insert("decisions".to_owned(), 0);
            assert_eq!(PolicyState::from_parts(&never), None, "trained on nothing");
        }
    }

    #[test]
    fn what_is_not_its_statistics_is_none() {
        for word in ["lin-ts", "linucb", "ensemble"] {
            let parts = taught(word).parts();
            let check = |change: &dyn Fn(&mut PolicyParts)| {
                let mut odd = parts.clone();
                change(&mut odd);
                assert_eq!(PolicyState::from_parts(&odd), None, "{odd:?}");
            };
            check(&|odd| odd.word = "oops".into());
            check(&|odd| odd.word = "static".into());
            check(&|odd| odd.numbers.retain(|name, _| name != "response"));
            check(&|odd| odd.numbers.get_mut("precision").unwrap().truncate(100));
            check(&|odd| odd.numbers.get_mut("response").unwrap()[3] = f64::NAN);
            check(&|odd| odd.numbers.get_mut("precision").unwrap()[0] = -1.0);
            check(&|odd| odd.numbers.extend([("table".to_owned(), vec![1.0])]));
            check(&|odd| odd.counts.extend([("wishes".to_owned(), 3)]));
        }
        let mut heads = taught("ensemble").parts();
        heads.numbers.get_mut("departures").unwrap().push(0.0);
        assert_eq!(PolicyState::from_parts(&heads), None);
    }
}
