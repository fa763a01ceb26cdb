//! Settlement: when a decision's reward is complete, and what it comes to.
//!
//! A decision settles when its activity has ended and nothing that still happens can change what
//! its components come to, or when its window ends; then it is joined with what was observed, or
//! closed as missing. Nothing else ever reaches it, so a component that got nothing by then never
//! will, and counts as its declared default. Which events belong to which decision is said in
//! [`super::attribution`].

use super::observed::{Observed, is_over};
use super::reward::Declarations;
use super::reward::{
    ClosedReason, Ending, Gain, LearnerDecisions, OPEN_MAX, OpenDecision, PassedOver, RewardClosed,
    RewardJoined,
};
use crate::catalog::RewardDeclaration;
use crate::catalog::reward::Component;
use crate::ids::{ComponentName, CourseId, DecisionId, LearnerId};
use crate::learner::session::MINUTES_FACTOR_MAX;
use crate::time::Timestamp;

impl LearnerDecisions {
    /// What settles of a learner's decisions in a course at a moment, oldest decision first.
    /// `minutes_median` is that of the activities of the course's latest version.
    #[must_use]
    pub fn settle(
        &self,
        learner: &LearnerId,
        course: &CourseId,
        declarations: &Declarations<'_>,
        minutes_median: f64,
        at: Timestamp,
    ) -> Vec<Settled> {
        let crowded = self.open.len().saturating_sub(OPEN_MAX);
        let mut settled = Vec::new();
        for (position, open) in self.open.iter().enumerate() {
            let window = &open.origin.window;
            let declared = declarations.version(window.course_version);
            if open.complete(declared, at) || at >= window.ends_at || position < crowded {
                let settling = Settling { learner, course, open, declared, at };
                settled.push(settling.outcome(minutes_median));
            }
        }
        settled
    }
}

impl LearnerDecisions {
    /// How one decision would settle if its window ended at a moment; `None` when it waits no more.
    #[must_use]
    pub fn settle_one(
        &self,
        decision: &DecisionId,
        (learner, course): (&LearnerId, &CourseId),
        declarations: &Declarations<'_>,
        minutes_median: f64,
        at: Timestamp,
    ) -> Option<Settled> {
        let open = self.open.iter().find(|open| open.origin.id == *decision)?;
        let declared = declarations.version(open.origin.window.course_version);
        Some(Settling { learner, course, open, declared, at }.outcome(minutes_median))
    }
}

/// How a decision settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// A reward was joined.
    Joined(Box<RewardJoined>),
    Closed(RewardClosed),
}

impl OpenDecision {
    /// Whether nothing that still happens can change what it is worth.
    fn complete(&self, declared: &RewardDeclaration, at: Timestamp) -> bool {
        // A success comes from inside the activity, so with its end that is over too.
        let Some(ended) = self.run.ended_at else { return false };
        let window = |component: &Component| is_over(component, self.origin.window.made_at, at);
        // Once the delay has passed, what comes is delayed, and the gain stays what it is.
        let delayed = declared.delayed_gain.counts();
        let passed = delayed && at >= ended.plus_micros(declared.delay_micros);
        let (gain, later) = (&declared.gain, &declared.delayed_gain);
        self.observed.gain.is_final(gain, window(gain) || passed)
            && self.observed.delayed_gain.is_final(later, window(later))
            && self.explicit(declared).all(|(_, it, came)| came.is_final(it, window(it)))
    }

    /// The explicit components with what was reported of each.
    fn explicit<'a>(
        &'a self,
        declared: &'a RewardDeclaration,
    ) -> impl Iterator<Item = (&'a ComponentName, &'a Component, Observed)> {
        declared.explicit.iter().enumerate().map(|(position, explicit)| {
            let came = self.observed.reported.get(position).copied().unwrap_or_default();
            (&explicit.name, &explicit.component, came)
        })
    }

    fn is_observed(&self, declared: &RewardDeclaration) -> bool {
        let observed = &self.observed;
        let abandoned = self.abandoned(declared);
        // What was answered or is reported of a decision that was passed over is no consequence
        // of it: another one runs, and has the end and the gain.
        let followed = self.followed();
        let answered =
            observed.gain.count > 0 || observed.delayed_gain.count > 0 || observed.answers > 0;
        let measured = followed && answered;
        let reported = observed.reported.iter().any(|came| came.count > 0);
        let defaults = followed && declared.has_defaults();
        measured
            || abandoned
            || defaults
            || (reported && (followed || self.run.passed_over.is_none()))
    }

    /// Whether its activity was started under it: advice that was not followed gets no default.
    fn followed(&self) -> bool {
        self.run.started_at.is_some()
    }

    fn abandoned(&self, declared: &RewardDeclaration) -> bool {
        self.run.ended == Some(Ending::Abandoned) && self.ended_inside(&declared.abandonment)
    }

    fn ended_inside(&self, component: &Component) -> bool {
        self.run
            .ended_at
            .is_some_and(|ended| !is_over(component, self.origin.window.made_at, ended))
    }

    fn closed_because(&self) -> ClosedReason {
        match (self.run.started_at, self.run.passed_over) {
            (Some(_), _) => ClosedReason::NothingObserved,
            (None, None) => ClosedReason::NeverStarted,
            (None, Some(PassedOver::Declined)) => ClosedReason::Declined,
            (None, Some(PassedOver::Superseded)) => ClosedReason::Superseded,
        }
    }
}

/// One decision that settles.
struct Settling<'a> {
    learner: &'a LearnerId,
    course: &'a CourseId,
    open: &'a OpenDecision,
    declared: &'a RewardDeclaration,
    at: Timestamp,
}

impl Settling<'_> {
    fn outcome(&self, minutes_median: f64) -> Settled {
        let open = self.open;
        let OpenDecision { origin, run, observed, .. } = open;
        let (learner, course) = (self.learner.clone(), self.course.clone());
        let decision = origin.id.clone();
        if !open.is_observed(self.declared) {
            let reason = open.closed_because();
            return Settled::Closed(RewardClosed { learner, course, decision, reason });
        }
        let parts = self.parts(minutes_median);
        let reported = open.explicit(self.declared);
        let reported = reported.filter_map(|(name, component, came)| {
            Some((name.clone(), came.total(component.aggregation)?))
        });
        let gain = observed.gain.total(self.declared.gain.aggregation);
        let gain =
            gain.zip(observed.gain_source).map(|(surprise, source)| Gain { surprise, source });
        Settled::Joined(Box::new(RewardJoined {
            learner,
            course,
            decision,
            policy: origin.decider.policy.clone(),
            course_version: Some(origin.window.course_version),
            assignment: origin.decider.assignment.clone(),
            settled_at: self.at,
            exposed_at: run.exposed_at,
            gain,
            delayed_gain: observed.delayed_gain.total(self.declared.delayed_gain.aggregation),
            success: observed.success.total(self.declared.success.aggregation),
            raw_success: (observed.answers > 0)
                .then(|| observed.grade_sum / f64::from(observed.answers)),
            cost: parts.cost,
            abandoned: parts.abandoned,
            reported: reported.collect(),
            value: self.declared.value(&parts),
            unmeasured: !self.declared.is_measured(&parts),
            defaulted: parts.defaulted,
            propensity: open.propensity,
            overridden: open.overridden,
            schema: origin.features.schema,
            features: origin.features.values.clone(),
        }))
    }

    /// What each component counts as, now that nothing more can come.
    fn parts(&self, minutes_median: f64) -> Parts {
        let (open, declared) = (self.open, self.declared);
        let observed = &open.observed;
        let mut defaulted = Vec::new();
        let mut of = |name: &str, component: &Component, came: &Observed| {
            if !open.followed() {
                return came.total(component.aggregation);
            }
            let (value, by_default) = came.or_missing(component);
            // The name of a declared component is one, and so are ours.
            defaulted.extend(ComponentName::new(name).ok().filter(|_| by_default));
            value
        };
        let cost = (open.run.minutes / minutes_median).clamp(0.0, MINUTES_FACTOR_MAX);
        let gain = of("gain", &declared.gain, &observed.gain);
        let delayed_gain = of("delayed_gain", &declared.delayed_gain, &observed.delayed_gain);
        let success = of("success", &declared.success, &observed.success);
        let explicit = open.explicit(declared);
        let explicit = explicit.map(|(name, component, came)| of(name.as_str(), component, &came));
        let explicit = explicit.collect();
        Parts {
            gain,
            delayed_gain,
            success,
            cost: if open.ended_inside(&declared.cost) { cost } else { 0.0 },
            abandoned: open.abandoned(declared),
            explicit,
            defaulted,
        }
    }
}

/// What each component of a reward counts as; `None` counts as nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    pub gain: Option<f64>,
    pub delayed_gain: Option<f64>,
    /// Success less what was expected, in [-1, 1].
    pub success: Option<f64>,
    /// Minutes spent divided by the course's median, in [0, 4].
    pub cost: f64,
    /// Whether the activity was abandoned.
    pub abandoned: bool,
    /// Reported components, in the order of the declaration.
    pub explicit: Vec<Option<f64>>,
    /// Those that count as their declared default.
    pub defaulted: Vec<ComponentName>,
}

impl RewardDeclaration {
    /// The reward of its components, between minus the clip and the clip.
    #[must_use]
    pub fn value(&self, parts: &Parts) -> f64 {
        let abandonment = if parts.abandoned { self.abandonment.weight } else { 0.0 };
        let mut value = self.gain.weight * parts.gain.unwrap_or(0.0)
            + self.success.weight * parts.success.unwrap_or(0.0)
            - self.cost.weight * parts.cost
            - abandonment
            + self.delayed_gain.weight * parts.delayed_gain.unwrap_or(0.0);
        for (explicit, came) in self.explicit.iter().zip(&parts.explicit) {
            value += explicit.component.weight * came.unwrap_or(0.0);
        }
        value.clamp(-self.clip, self.clip)
    }

    /// Whether anything is known that counts.
    #[must_use]
    pub fn is_measured(&self, parts: &Parts) -> bool {
        let own = [
            (&self.gain, parts.gain),
            (&self.delayed_gain, parts.delayed_gain),
            (&self.success, parts.success),
        ];
        let explicit = self.explicit.iter().map(|explicit| &explicit.component);
        let mut all = own.into_iter().chain(explicit.zip(parts.explicit.iter().copied()));
        self.counts_what_is_always_known()
            || all.any(|(component, came)| component.counts() && came.is_some())
    }

    /// Whether a component has a declared default.
    #[must_use]
    pub fn has_defaults(&self) -> bool {
        let own = [&self.gain, &self.delayed_gain, &self.success];
        let explicit = self.explicit.iter().map(|explicit| &explicit.component);
        let mut all = own.into_iter().chain(explicit);
        all.any(|component| component.counts() && component.missing.is_some())
    }
}
