//! Beds: classrooms in which policies are compared through the whole engine, where there is
//! something to gain.
//!
//! A [`Bed`] says how much time learners have and what they know before; [`BedPolicy`] who chooses;
//! [`Population`] which learners come. [`teach`] runs one of each for one seed, as a node would: every
//! event and every decision goes through the engine's protocol. The same seed gives the same
//! learners, with the same minds and the same luck, under every policy, so that their differences
//! are paired.

pub mod belief_error;
mod breadth;
pub mod gain_prior;
mod oracle;

use belief_error::{BeliefError, BeliefErrors, Onlooker};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::EndsDraft;
use nexus_engine::ids::PolicyId;
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::policy::network::{NetworkPolicy, PublishedNetwork};
use nexus_engine::policy::pace::GainPriorFit;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::time::{DAY_MICROS, Timestamp};
use nexus_sim::school::occasion::Adviser;
use nexus_sim::school::{School, SchoolFault};
use nexus_sim::{Classroom, Conditions, Family, PriorKnowledge, SimulatedLearner, StudySetting};
use oracle::Oracle;
use std::fmt;

/// Days over which learners arrive.
pub const ARRIVAL_DAYS: f64 = 28.0;
/// Days from the last arrival to the test.
pub const TEST_DAYS: f64 = 28.0;
/// Days after a learner's own last activity after which retention is measured.
pub const RETENTION_DAYS: f64 = 28.0;
/// The longest time box, in minutes: a thousand hours.
const MINUTES_MAX: f64 = 60_000.0;
/// Of so many decisions, one is looked at: what the engine believes then is compared with the truth.
const EVERY_DECISIONS: u64 = 8;
/// When a bed opens; any moment would do.
const OPENS_AT: Timestamp = Timestamp(1_760_000_000_000_000);

/// How much time the learners of a bed have, and what they know before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bed {
    /// The course as it is: learners go when they have finished.
    Ship,
    /// So many minutes of learning each; no learner leaves for having finished.
    Box(f64),
    /// The same, and six in ten know the first skills already.
    Het(f64),
}

impl Bed {
    /// The bed that a name stands for: `ship`, `box:MINUTES` or `het:MINUTES`.
    ///
    /// Errors: when it stands for none, in words.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        let unknown = || {
            anyhow::anyhow!(
                "no bed `{name}`; there are ship, box:MINUTES and het:MINUTES, as in het:300"
            )
        };
        if name == "ship" {
            return Ok(Self::Ship);
        }
        let (kind, minutes) = name.split_once(':').ok_or_else(unknown)?;
        let minutes: f64 = minutes.parse().map_err(|_| unknown())?;
        // No comparison holds for what is not a number.
        let sane = minutes > 0.0 && minutes <= MINUTES_MAX;
        anyhow::ensure!(sane, "`{name}` needs minutes above 0 and at most {MINUTES_MAX}");
        match kind {
            "box" => Ok(Self::Box(minutes)),
            "het" => Ok(Self::Het(minutes)),
            _ => Err(unknown()),
        }
    }

    /// The course, which ends for its learners when their minutes are spent: then its closing check
    /// comes, if it has one.
    fn ends(self, course: CourseDraft) -> CourseDraft {
        match self {
            Self::Ship => course,
            Self::Box(minutes) | Self::Het(minutes) => {
                let ends = Some(EndsDraft { minutes: Some(minutes), ..EndsDraft::default() });
                CourseDraft { ends, ..course }
            }
        }
    }

    fn conditions(self, setting: StudySetting) -> Conditions {
        let (minutes, prior) = match self {
            Self::Ship => (None, None),
            Self::Box(minutes) => (Some(minutes), None),
            Self::Het(minutes) => (Some(minutes), Some(PriorKnowledge::USUAL)),
        };
        Conditions { setting, minutes, prior }
    }
}

impl fmt::Display for Bed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ship => f.write_str("ship"),
            Self::Box(minutes) => write!(f, "box:{minutes}"),
            Self::Het(minutes) => write!(f, "het:{minutes}"),
        }
    }
}

/// Which minds come to a bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    Of(Family),
    /// Half of them steady, three in ten forgetful, two in ten guessers.
    Mixed,
}

impl Population {
    /// Every population: each family, then the mixture.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Family::ALL.map(Self::Of).into_iter().chain([Self::Mixed]).collect()
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Of(family) => family.word(),
            Self::Mixed => "mixed",
        }
    }

    fn classroom(self, learners: usize, seed: u64) -> Classroom {
        match self {
            Self::Of(family) => Classroom::of(family, learners, ARRIVAL_DAYS, seed),
            Self::Mixed => Classroom::mixed(learners, ARRIVAL_DAYS, seed),
        }
    }
}

/// Who chooses in a bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BedPolicy {
    /// A policy of the product.
    Of(PolicyKind),
    /// What the product decides by where nothing is configured.
    Default,
    /// The static policy over the course in breadth order.
    Breadth,
    /// The candidate that truly teaches most per minute.
    Oracle,
    /// The same over all activities of the course, whatever the rules say.
    FreeOracle,
}

impl BedPolicy {
    /// Those that are no policy of the product.
    const BESIDE: [Self; 4] = [Self::Default, Self::Breadth, Self::Oracle, Self::FreeOracle];
    /// What every other is compared with.
    pub const STATIC: Self = Self::Of(PolicyKind::Static);

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Of(kind) => kind.word(),
            Self::Default => "default",
            Self::Breadth => "breadth",
            Self::Oracle => "oracle",
            Self::FreeOracle => "oracle-free",
        }
    }

    /// The policy that a name stands for.
    ///
    /// Errors: when it stands for none, in words.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        if let Some(beside) = Self::BESIDE.into_iter().find(|policy| policy.word() == name) {
            return Ok(beside);
        }
        PolicyKind::named(name).map(Self::Of).map_err(|refusal| {
            let beside = Self::BESIDE.map(Self::word).join(", ");
            anyhow::anyhow!("{refusal}; and in beds {beside}")
        })
    }

    /// The same policy under the name by which it is taught, so that none is taught twice.
    #[must_use]
    pub fn taught_as(self) -> Self {
        match self {
            Self::Default => Self::Of(PolicyKind::DEFAULT),
            other => other,
        }
    }

    /// Whether it reads the minds of learners, which takes long.
    #[must_use]
    pub fn reads_minds(self) -> bool {
        matches!(self, Self::Oracle | Self::FreeOracle)
    }

    /// The policy that the engine is asked for.
    fn engine_policy(self) -> PolicyKind {
        match self {
            Self::Of(kind) => kind,
            Self::Default => PolicyKind::DEFAULT,
            Self::Breadth => PolicyKind::Static,
            Self::Oracle | Self::FreeOracle => PolicyKind::Random,
        }
    }
}

/// One classroom to teach.
#[derive(Clone, Copy, Debug)]
pub struct BedRun<'a> {
    pub course: &'a CourseDraft,
    pub bed: Bed,
    pub setting: StudySetting,
    pub population: Population,
    pub policy: BedPolicy,
    pub learners: usize,
    pub seed: u64,
    /// What `pace` is born with; the prior that is shipped when absent.
    pub prior: Option<&'a GainPriorFit>,
    /// The network that `network` decides by; without it, it prefers the path.
    pub network: Option<&'a PublishedNetwork>,
}

/// What became of one learner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BedOutcome {
    /// Mean over the skills of the true success at the test.
    pub score: f64,
    /// The same [`RETENTION_DAYS`] after their own last activity; as at the test when they did nothing.
    pub later_score: f64,
    /// What is left then of the score at the end of that activity, as a share of it.
    pub retention: f64,
    /// Minutes spent in activities.
    pub minutes: f64,
    /// Whether they left because they were fed up.
    pub left: bool,
    /// Whether they completed all that the course requires; never, when it requires nothing.
    pub complete: bool,
    /// Longest run of one activity in a row.
    pub longest_run: u32,
    /// Share of the course's activities that never came.
    pub never_shown: f64,
    pub answers: u64,
    /// How far the engine's belief of them was from the truth.
    pub belief: BeliefError,
}

/// Teaches a classroom. The outcomes come in the order of the learners' arrival.
///
/// Errors: when the course is not valid, or the engine refuses what a node would have to take.
pub fn teach(run: &BedRun<'_>) -> Result<Vec<BedOutcome>, SchoolFault> {
    let (learners, beliefs) = teach_watched(run)?;
    let days = ARRIVAL_DAYS + TEST_DAYS;
    let test_at = OPENS_AT.plus_micros((days * DAY_MICROS as f64) as i64);
    let requires = requires_something(run.course);
    let taught = learners.iter().zip(beliefs);
    Ok(taught.map(|(learner, belief)| outcome(learner, belief, requires, test_at)).collect())
}

/// The learners of a classroom after it was taught, in the order of their arrival.
///
/// Errors: as [`teach`].
pub fn teach_learners(run: &BedRun<'_>) -> Result<Vec<SimulatedLearner>, SchoolFault> {
    teach_watched(run).map(|(learners, _)| learners)
}

/// The same, with how far the engine's belief of each learner was from the truth.
fn teach_watched(
    run: &BedRun<'_>,
) -> Result<(Vec<SimulatedLearner>, Vec<BeliefError>), SchoolFault> {
    let draft = run.bed.ends(match run.policy {
        BedPolicy::Breadth => breadth::in_breadth(run.course),
        _ => run.course.clone(),
    });
    let policy = PolicyId::new(run.policy.engine_policy().word())?;
    let school = School::open(draft, policy, run.seed, OPENS_AT)?.without_journal();
    let days = ARRIVAL_DAYS + TEST_DAYS;
    let test_at = OPENS_AT.plus_micros((days * DAY_MICROS as f64) as i64);
    let chooser: Option<Box<dyn Adviser>> = match run.policy {
        BedPolicy::Oracle => Some(Box::new(Oracle::within_rules(test_at))),
        BedPolicy::FreeOracle => Some(Box::new(Oracle::without_rules(test_at))),
        _ => None,
    };
    let errors = BeliefErrors::default();
    let mut school = school.advised_by(Box::new(Onlooker::beside(chooser, &errors)));
    gain_prior::born_with(&mut school, run)?;
    if let Some(network) = run.network {
        let key = (school.course.id.clone(), PolicyId::new(PolicyKind::Network.word())?);
        let policy = PolicyState::Network(NetworkPolicy::with(network.clone()));
        school.workspace.state.policies.insert(key, policy);
    }
    let classroom = run.population.classroom(run.learners, run.seed);
    let learners = school.teach(&classroom.under(run.bed.conditions(run.setting)), days)?;
    drop(school);
    // invariant: the onlooker is gone with its school, and it does not panic while it adds.
    let errors = errors.lock().expect("the errors are whole");
    let belief = |learner: &SimulatedLearner| errors.get(learner.id()).copied().unwrap_or_default();
    let beliefs = learners.iter().map(belief).collect();
    Ok((learners, beliefs))
}

/// Whether a course requires any activity: only then can a learner finish it.
#[must_use]
pub fn requires_something(course: &CourseDraft) -> bool {
    let mut activities = course.modules.iter().flat_map(|module| &module.activities);
    activities.any(|activity| activity.required)
}

fn outcome(
    learner: &SimulatedLearner,
    belief: BeliefError,
    requires: bool,
    test_at: Timestamp,
) -> BedOutcome {
    let rounds = learner.rounds();
    let never = rounds.iter().filter(|rounds| **rounds == 0).count();
    let score = learner.true_score(test_at);
    let (at_end, later_score) = learner.last_at().map_or((score, score), |last_at| {
        let later = last_at.plus_micros((RETENTION_DAYS * DAY_MICROS as f64) as i64);
        (learner.true_score(last_at), learner.true_score(later))
    });
    BedOutcome {
        score,
        later_score,
        retention: if at_end > 0.0 { later_score / at_end } else { 0.0 },
        minutes: learner.minutes(),
        left: learner.left(),
        complete: requires && learner.has_done_required(),
        longest_run: learner.longest_run(),
        never_shown: never as f64 / rounds.len().max(1) as f64,
        answers: learner.answers(),
        belief,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beds_and_policies_are_named_and_wrong_names_are_answered_in_words() {
        for name in ["ship", "box:450", "het:300", "het:0.5"] {
            assert_eq!(Bed::named(name).unwrap().to_string(), name);
        }
        for wrong in ["", "het", "het:", "dhet:300", "box:many"] {
            let said = Bed::named(wrong).unwrap_err().to_string();
            assert!(said.contains("box:MINUTES"), "{wrong}: {said}");
        }
        for wrong in ["het:0", "box:-5", "box:inf", "box:NaN"] {
            let said = Bed::named(wrong).unwrap_err().to_string();
            assert!(said.contains("minutes above 0"), "{wrong}: {said}");
        }
        for kind in PolicyKind::ALL {
            assert_eq!(BedPolicy::named(kind.word()).unwrap(), BedPolicy::Of(kind));
        }
        for beside in BedPolicy::BESIDE {
            assert_eq!(BedPolicy::named(beside.word()).unwrap(), beside);
        }
        let said = BedPolicy::named("best").unwrap_err().to_string();
        assert!(said.contains("lin-ts") && said.contains("oracle-free"), "{said}");
    }
}
