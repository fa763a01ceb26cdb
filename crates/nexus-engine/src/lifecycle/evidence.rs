//! What must be known of a policy before it may serve everybody: the gate of a promotion.
//!
//! Three kinds of evidence, because each is blind where another sees. Simulated learners of many kinds say
//! what is truly learned, but may not be like those of the course. The course's own log says what
//! its learners earned, one decision at a time. Guardrails say what must not get worse meanwhile.
//! Plain numbers go in, and what is lacking comes out, by name; who measured them is no matter here.

pub use nexus_stats::interval::Interval;
pub use nexus_stats::off_policy::overlap::Gate;
use std::fmt;

/// How far a policy may lie below the course's own path, or the mastery rule, with any family of
/// simulated learners: in true success at the test.
pub const MARGIN: f64 = 0.02;
/// Fewest families of simulated learners.
pub const FAMILIES_MIN: usize = 4;
/// What the policies of [`FamilyEvidence::below`] are compared with.
pub const COMPARED_WITH: [&str; 2] = ["static", "mastery"];

/// What is known of a policy that is to be promoted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PromotionEvidence {
    /// The version of its statistics that was evaluated; `None` when it was taken as it had learned
    /// by each decision of the log.
    pub version: Option<u32>,
    pub families: Vec<FamilyEvidence>,
    /// `None` when no log was asked.
    pub log: Option<LogEvidence>,
}

/// How a policy did with one family of simulated learners.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyEvidence {
    /// The family, with its bed.
    pub family: String,
    /// For each policy of [`COMPARED_WITH`], in that order: the interval of the policy's true success at
    /// the test less that one's; `None` when it was not measured.
    pub above: [Option<Interval>; 2],
}

/// What the log of the course says of a policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogEvidence {
    /// Gates of off-policy evaluation that are not passed: without them there is no number.
    pub missing: Vec<Gate>,
    /// The policy's learning gain a decision less that of what was served, to be looked at any time.
    pub gain_above_served: Option<Interval>,
    /// The same of each guardrail.
    pub guardrails: Vec<(Guardrail, Option<Interval>)>,
}

/// What must not get worse by more than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardrail {
    /// The reward that the course declares.
    Reward,
    /// Right answers to the questions of what was served.
    Success,
    /// Activities that were not abandoned.
    Finished,
}

impl Guardrail {
    pub const ALL: [Self; 3] = [Self::Reward, Self::Success, Self::Finished];

    /// The guardrail of a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guardrail| guardrail.word() == word)
    }

    /// Its name, for people and programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reward => "reward",
            Self::Success => "success",
            Self::Finished => "finished",
        }
    }

    /// How much of it may be lost: of a reward in [-1, 1], and of shares.
    #[must_use]
    pub fn limit(self) -> f64 {
        match self {
            Self::Reward | Self::Finished => 0.05,
            // Who is taught what is harder is right less often, and may learn more.
            Self::Success => 0.10,
        }
    }
}

/// What a policy lacks before it may be promoted.
#[derive(Clone, Debug, PartialEq)]
pub enum Shortfall {
    /// Too few families of simulated learners were tried.
    FewFamilies { tried: usize },
    /// A family was not compared with one of [`COMPARED_WITH`].
    NotCompared { family: String, with: &'static str },
    /// With this family it may be worse than the margin allows.
    Family { family: String, with: &'static str, low: f64 },
    /// No log was asked.
    NoLog,
    /// The log says too little of it.
    Log { gate: Gate },
    /// The log does not say that it teaches more than what was served; how low it may lie, if known.
    Gain { low: Option<f64> },
    /// A guardrail may be passed; how low it may lie, if known.
    Guarded { guardrail: Guardrail, low: Option<f64> },
}

impl PromotionEvidence {
    /// What is lacking; empty when the policy may be promoted. A number that is not one is lacking.
    #[must_use]
    pub fn shortfalls(&self) -> Vec<Shortfall> {
        let mut lacking = Vec::new();
        if self.families.len() < FAMILIES_MIN {
            lacking.push(Shortfall::FewFamilies { tried: self.families.len() });
        }
        for known in &self.families {
            for (with, above) in COMPARED_WITH.into_iter().zip(&known.above) {
                let family = known.family.clone();
                match above {
                    None => lacking.push(Shortfall::NotCompared { family, with }),
                    Some(interval) if interval.low >= -MARGIN => {}
                    Some(interval) => {
                        lacking.push(Shortfall::Family { family, with, low: interval.low });
                    }
                }
            }
        }
        match &self.log {
            None => lacking.push(Shortfall::NoLog),
            Some(log) => log.shortfalls(&mut lacking),
        }
        lacking
    }
}

impl LogEvidence {
    fn shortfalls(&self, lacking: &mut Vec<Shortfall>) {
        lacking.extend(self.missing.iter().map(|gate| Shortfall::Log { gate: *gate }));
        let low = self.gain_above_served.map(|interval| interval.low);
        if !low.is_some_and(|low| low > 0.0) {
            lacking.push(Shortfall::Gain { low });
        }
        for guardrail in Guardrail::ALL {
            let of = self.guardrails.iter().find(|(known, _)| *known == guardrail);
            let low = of.and_then(|(_, interval)| *interval).map(|interval| interval.low);
            if !low.is_some_and(|low| low >= -guardrail.limit()) {
                lacking.push(Shortfall::Guarded { guardrail, low });
            }
        }
    }
}

impl Shortfall {
    /// What kind of evidence lacks, for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::FewFamilies { .. } => "few_families",
            Self::NotCompared { .. } => "family_not_compared",
            Self::Family { .. } => "family",
            Self::NoLog => "no_log",
            Self::Log { .. } => "log",
            Self::Gain { .. } => "gain",
            Self::Guarded { .. } => "guardrail",
        }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let may_lie = |f: &mut fmt::Formatter<'_>, low: &Option<f64>| match low {
            Some(low) => write!(f, "it may lie {:.4} below", -low),
            None => f.write_str("there is no number"),
        };
        match self {
            Self::FewFamilies { tried } => write!(
                f,
                "{tried} families of simulated learners were tried, and {FAMILIES_MIN} are needed"
            ),
            Self::NotCompared { family, with } => {
                write!(f, "with {family} it was not compared with `{with}`")
            }
            Self::Family { family, with, low } => write!(
                f,
                "with {family} it may teach {:.4} less than `{with}`, and {MARGIN} is allowed",
                -low
            ),
            Self::NoLog => f.write_str("no log of the course was asked"),
            Self::Log { gate } => write!(f, "the log says too little of it: {}", gate.word()),
            Self::Gain { low } => {
                f.write_str("the log does not show that it teaches more than what was served: ")?;
                may_lie(f, low)
            }
            Self::Guarded { guardrail, low } => {
                write!(f, "the guardrail {} may be passed: ", guardrail.word())?;
                may_lie(f, low)?;
                write!(f, ", and {} is allowed", guardrail.limit())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64) -> Option<Interval> {
        Some(Interval { low, high: low + 0.1 })
    }

    /// A policy of which everything is known, and all of it good.
    fn proven() -> PromotionEvidence {
        let families = ["steady", "forgetful", "guesser", "mixed"];
        let family = |family: &str| FamilyEvidence {
            family: family.to_owned(),
            above: [interval(-0.01), interval(0.0)],
        };
        PromotionEvidence {
            version: None,
            families: families.map(family).to_vec(),
            log: Some(LogEvidence {
                missing: Vec::new(),
                gain_above_served: interval(0.01),
                guardrails: Guardrail::ALL.map(|guardrail| (guardrail, interval(-0.04))).to_vec(),
            }),
        }
    }

    #[test]
    fn a_policy_that_is_proven_lacks_nothing() {
        assert_eq!(proven().shortfalls(), []);
    }

    #[test]
    fn what_lacks_is_named() {
        let says = |change: fn(&mut PromotionEvidence), words: &[&str]| {
            let mut evidence = proven();
            change(&mut evidence);
            let lacking = evidence.shortfalls();
            assert_eq!(lacking.iter().map(Shortfall::word).collect::<Vec<_>>(), words);
            assert!(lacking.iter().all(|it| it.to_string().len() > 20));
        };
        says(|it| it.families.truncate(3), &["few_families"]);
        says(|it| it.families[2].above[1] = None, &["family_not_compared"]);
        says(|it| it.families[2].above[0] = interval(-0.03), &["family"]);
        says(|it| it.log = None, &["no_log"]);
        says(|it| it.log.as_mut().unwrap().missing.push(Gate::Effective), &["log"]);
        says(|it| it.log.as_mut().unwrap().gain_above_served = interval(0.0), &["gain"]);
        says(|it| it.log.as_mut().unwrap().gain_above_served = interval(f64::NAN), &["gain"]);
        says(|it| it.log.as_mut().unwrap().guardrails[2].1 = interval(-0.06), &["guardrail"]);
        says(|it| it.log.as_mut().unwrap().guardrails.truncate(2), &["guardrail"]);
        says(|it| it.families[0].above[0] = interval(f64::NAN), &["family"]);
        let nothing = PromotionEvidence::default().shortfalls();
        assert_eq!(nothing, [Shortfall::FewFamilies { tried: 0 }, Shortfall::NoLog]);
    }
}
