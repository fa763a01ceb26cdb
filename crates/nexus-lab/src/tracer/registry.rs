//! The list of all tracers.

use super::best_lr::BestLr;
use super::bkt::Bkt;
use super::elo::Elo;
use super::hkt::Hkt;
use super::pfa::Pfa;
use super::run::Contestant;
use super::yardstick::{Mean, QuestionMean};

/// The words that name tracers; the first is the one the engine uses.
pub const WORDS: [&str; 8] =
    ["hkt", "bkt", "bkt-forget", "pfa", "elo", "best-lr", "question-mean", "mean"];

/// The tracer that the engine uses.
pub const DEFAULT: &str = WORDS[0];

/// A fresh tracer of the kind a word names.
#[must_use]
pub fn fresh(word: &str) -> Option<Box<dyn Contestant>> {
    Some(match word {
        "hkt" => Box::new(Hkt::default()),
        "bkt" => Box::new(Bkt::default()),
        "bkt-forget" => Box::new(Bkt::forgetting()),
        "pfa" => Box::new(Pfa::default()),
        "elo" => Box::new(Elo::default()),
        "best-lr" => Box::new(BestLr::default()),
        "question-mean" => Box::new(QuestionMean::default()),
        "mean" => Box::new(Mean::default()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_a_tracer() {
        assert!(WORDS.iter().all(|word| fresh(word).is_some()));
        assert!(fresh("oracle").is_none());
    }
}
