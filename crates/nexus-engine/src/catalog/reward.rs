//! What a course says a decision is worth: the weight, window and aggregation of each component.
//!
//! A declaration belongs to one published version of a course and never changes. A decision is
//! rewarded by the declaration of the version it was made under, whatever is published later.
//! What an author leaves out is as in [`RewardDeclaration::USUAL`]. It is written in full when the
//! version is published ([`spelled_out`]), so that the journal says what it means. A version of
//! an old journal that says nothing means [`RewardDeclaration::BEFORE`]. Both are explained in
//! `docs/rewards.md`.

mod spelled;

pub use spelled::spelled_out;

use crate::ids::ComponentName;
use crate::time::DAY_MICROS;
use crate::words;

/// How long after a decision a component may come, by default.
pub const WINDOW_DAYS: i64 = 7;
/// The same in microseconds.
pub const WINDOW_MICROS: i64 = WINDOW_DAYS * DAY_MICROS;
/// A question so long after the end of an activity measures its delayed gain, by default.
pub const DELAY_MICROS: i64 = DAY_MICROS;
/// Chance that a decision asks a probe, by default.
pub const PROBE_SHARE: f64 = 0.10;

/// What a decision in a course is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardDeclaration {
    /// A reward lies between minus this and this; above 0, at most 1.
    pub clip: f64,
    /// Surprise on the next independent question of the activity's skills, in [-1, 1].
    pub gain: Component,
    /// The same on an independent question at least [`Self::delay_micros`] after the activity's
    /// end, in [-1, 1]. While its weight is 0 such a question measures the gain.
    pub delayed_gain: Component,
    /// How long after the end of an activity its gain is delayed.
    pub delay_micros: i64,
    /// Surprise on the activity's own questions, first attempts, in [-1, 1].
    pub success: Component,
    /// Minutes spent divided by the course's median minutes, in [0, 4]; subtracted.
    pub cost: Component,
    /// 1 when the activity was abandoned; subtracted.
    pub abandonment: Component,
    /// What the learning site reports itself, in the order of the file.
    pub explicit: Vec<ExplicitComponent>,
}

/// One component of a reward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// What one unit of it is worth.
    pub weight: f64,
    /// How long after the decision it may come.
    pub window_micros: i64,
    /// What several values in the window come to.
    pub aggregation: Aggregation,
    /// What it counts as when nothing came and nothing can come any more, for advice that was
    /// followed; `None` counts as nothing.
    pub missing: Option<f64>,
}

/// A component that the learning site reports.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplicitComponent {
    /// What reports call it.
    pub name: ComponentName,
    /// Its weight, window and aggregation.
    pub component: Component,
    /// The least value it may have.
    pub min: f64,
    /// The greatest value it may have.
    pub max: f64,
}

/// What several values of one component come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// The one that happened first.
    Earliest,
    /// The one that happened last.
    Latest,
    Sum,
    Mean,
    Max,
    Min,
}

words!(Aggregation {
    Earliest => "earliest",
    Latest => "latest",
    Sum => "sum",
    Mean => "mean",
    Max => "max",
    Min => "min",
});

impl Component {
    /// A component with the usual window, that counts as nothing when it never comes.
    #[must_use]
    pub const fn usual(weight: f64, aggregation: Aggregation) -> Self {
        Self { weight, window_micros: WINDOW_MICROS, aggregation, missing: None }
    }

    /// Whether it has a say in the reward.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.weight != 0.0
    }
}

impl RewardDeclaration {
    /// What a course is rewarded by whose author declares nothing: the measured gain alone.
    pub const USUAL: Self = Self {
        clip: 1.0,
        gain: Component::usual(1.0, Aggregation::Earliest),
        delayed_gain: Component::usual(0.0, Aggregation::Earliest),
        delay_micros: DELAY_MICROS,
        success: Component::usual(0.0, Aggregation::Mean),
        cost: Component::usual(0.0, Aggregation::Sum),
        abandonment: Component::usual(0.0, Aggregation::Max),
        explicit: Vec::new(),
    };

    /// What a journaled version means that says nothing, from before rewards were written in full:
    /// `1.0 G + 0.2 S - 0.05 C - 0.5 [abandoned]`. It never changes.
    pub const BEFORE: Self = Self {
        clip: 1.0,
        gain: Component::usual(1.0, Aggregation::Earliest),
        delayed_gain: Component::usual(0.0, Aggregation::Earliest),
        delay_micros: DELAY_MICROS,
        success: Component::usual(0.2, Aggregation::Mean),
        cost: Component::usual(0.05, Aggregation::Sum),
        abandonment: Component::usual(0.5, Aggregation::Max),
        explicit: Vec::new(),
    };

    /// How long after a decision anything may still come: the longest window that counts.
    #[must_use]
    pub fn window_micros(&self) -> i64 {
        let own = [self.gain, self.delayed_gain, self.success, self.cost, self.abandonment];
        let explicit = self.explicit.iter().map(|explicit| explicit.component);
        let counting = own.into_iter().filter(Component::counts).chain(explicit);
        counting.map(|component| component.window_micros).max().unwrap_or(WINDOW_MICROS)
    }

    /// Whether the cost or the abandonment counts, which are known of every decision that ended.
    #[must_use]
    pub fn counts_what_is_always_known(&self) -> bool {
        self.cost.counts() || self.abandonment.counts()
    }

    /// Where a reported component stands in [`Self::explicit`].
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.explicit.iter().position(|explicit| explicit.name.as_str() == name)
    }
}

impl Default for RewardDeclaration {
    fn default() -> Self {
        Self::USUAL
    }
}
