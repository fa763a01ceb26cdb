//! A strategy in words, for each of the three readers of a decision.

use crate::decision::Decision;
use crate::decision::deal::StrategyUsed;
use crate::strategy::{MasteryRule, Path, Strategy};
use std::fmt::Write as _;

/// For the learner: at which level they practise.
#[must_use]
pub fn for_learner(strategy: &Strategy) -> String {
    let tenths = tenths(strategy.target_success);
    format!(" You are practising at a level where about {tenths} of 10 come out right.")
}

/// For the teacher: what the strategy is, and that it was drawn.
#[must_use]
pub fn for_teacher(used: &StrategyUsed) -> String {
    let drawn = 100.0 * used.propensity;
    format!(" They were dealt this way of being taught with {drawn:.1} %: {}.", words(used))
}

/// For the scientist: which deal it was, and its part in the score.
#[must_use]
pub fn for_scientist(decision: &Decision) -> String {
    let Some(used) = decision.strategy.as_deref() else { return String::new() };
    let mut text = format!(
        " Strategy {} of deal {} (period {}), dealt with propensity {:.6}",
        used.position, used.deal, used.period, used.propensity,
    );
    if let Some(preference) = used.preferences.get(decision.chosen) {
        let _ = write!(text, "; it adds {preference:+.4} to the estimate of the chosen");
    }
    text.push('.');
    text
}

fn words(used: &StrategyUsed) -> String {
    in_words(&used.strategy)
}

/// A strategy in half a sentence.
#[must_use]
pub fn in_words(strategy: &Strategy) -> String {
    let mut text = match (strategy.path, strategy.mastery) {
        (Path::Turns, _) => "all open skills in turn".to_owned(),
        (Path::Frontier, MasteryRule::Success(least)) => {
            let percent = 100.0 * least;
            format!(
                "one skill at a time, until {percent:.0} % of usual questions should come right"
            )
        }
        (Path::Frontier, MasteryRule::Known(least)) => {
            let percent = 100.0 * least;
            format!("one skill at a time, until it is known with {percent:.0} % certainty")
        }
    };
    let tenths = tenths(strategy.target_success);
    let _ = write!(text, ", at a level where about {tenths} of 10 come out right");
    if strategy.review_below > 0.0 {
        let percent = 100.0 * strategy.review_below;
        let _ = write!(text, ", reviewed when recall falls below {percent:.0} %");
    }
    text
}

fn tenths(share: f64) -> String {
    format!("{:.0}", (10.0 * share).clamp(1.0, 9.0))
}
