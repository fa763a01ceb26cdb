//! How the life of policies says no.
#![warn(missing_docs)]

use crate::policy::health::Sickness;
use std::fmt;

/// Why something may not happen to a policy. The fields are the facts that the message names.
#[allow(missing_docs, reason = "each variant says what its fields are")]
#[derive(Clone, Debug, PartialEq)]
pub enum LifecycleRefusal {
    /// No such version of the policy was saved.
    UnknownVersion { policy: String, version: u32 },
    /// The policy keeps no statistics.
    NoStatistics { policy: String },
    /// The statistics are not what this policy keeps.
    OtherStatistics { policy: String },
    /// Another version was made while this one was.
    ParentReplaced { policy: String, parent: u32, current: u32 },
    /// The statistics know of entries that the journal does not have.
    Ahead { through: u64, head: u64 },
    /// More learners, or fewer than none, would be held out than may be.
    HoldoutShare { share: f64 },
    /// The policy would serve and be a shadow at once.
    ShadowServes { policy: String },
    /// As many shadows as there may be decide beside the one that serves.
    ShadowsFull,
    /// The policy cannot be an apprentice.
    NoApprentice { policy: String },
    /// The policy cannot serve in the place of an apprentice.
    NoBaseline { policy: String, baseline: String },
    /// The terms of an apprentice are not possible.
    ApprenticeTerms { problem: &'static str },
    /// The policy would be an apprentice and serve by its own choice at once.
    ApprenticeServes { policy: String },
    /// The statistics fail the health check.
    Unhealthy { policy: String, sickness: Sickness },
}

impl LifecycleRefusal {
    /// The stable code of the refusal on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownVersion { .. } => "unknown_policy_version",
            Self::NoStatistics { .. } => "policy_without_statistics",
            Self::OtherStatistics { .. } => "policy_statistics",
            Self::ParentReplaced { .. } => "policy_parent_replaced",
            Self::Ahead { .. } => "policy_ahead",
            Self::HoldoutShare { .. } => "holdout_share",
            Self::ShadowServes { .. } => "policy_serves",
            Self::ShadowsFull => "policy_shadows_full",
            Self::NoApprentice { .. } => "policy_no_apprentice",
            Self::NoBaseline { .. } => "policy_no_baseline",
            Self::ApprenticeTerms { .. } => "apprentice_terms",
            Self::ApprenticeServes { .. } => "apprentice_serves",
            Self::Unhealthy { .. } => "policy_unhealthy",
        }
    }

    /// Whether what is missing has a name: 404 on the wire.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::UnknownVersion { .. })
    }

    /// Whether the same may be possible in another state: 409 on the wire.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::ParentReplaced { .. }
                | Self::Unhealthy { .. }
                | Self::ShadowServes { .. }
                | Self::ShadowsFull
                | Self::ApprenticeServes { .. }
        )
    }
}

impl fmt::Display for LifecycleRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVersion { policy, version } => {
                write!(f, "policy {policy:?} has no version {version} in this course")
            }
            Self::NoStatistics { policy } => {
                write!(f, "policy {policy:?} learns nothing, so it has no versions")
            }
            Self::OtherStatistics { policy } => write!(
                f,
                "these are not the statistics of policy {policy:?}: names, lengths, finite \
                 numbers and a positive definite precision are asked for; nothing was changed"
            ),
            Self::ParentReplaced { policy, parent, current } => write!(
                f,
                "version {current} of policy {policy:?} was made while version {parent} was \
                 being replaced; look at it and decide again"
            ),
            Self::Ahead { through, head } => write!(
                f,
                "the statistics know of entry {through}, but the journal ends with entry {head}"
            ),
            Self::HoldoutShare { share } => write!(
                f,
                "a share of {} is held out at most, and 0 at least, not {share}",
                super::holdout::SHARE_MAX
            ),
            Self::ShadowServes { policy } => write!(
                f,
                "policy {policy:?} cannot serve and be a shadow at once: to serve it must be live \
                 or frozen; to be a shadow, promote another first, or stop the experiment"
            ),
            Self::ShadowsFull => write!(
                f,
                "{} policies are shadows in this course, and no more may be; set one live first",
                super::shadow::SHADOWS_MAX
            ),
            Self::NoApprentice { policy } => write!(
                f,
                "policy {policy:?} cannot be an apprentice: it has no preferences that could \
                 agree with others', or is the course's own path"
            ),
            Self::NoBaseline { policy, baseline } => write!(
                f,
                "policy {baseline:?} cannot serve in the place of {policy:?}: a baseline is \
                 another policy, has preferences, and is live or frozen"
            ),
            Self::ApprenticeTerms { problem } => write!(f, "{problem}"),
            Self::ApprenticeServes { policy } => write!(
                f,
                "policy {policy:?} cannot be an apprentice while it is a side of an experiment or \
                 the baseline of another: stop the experiment, or set it live first"
            ),
            Self::Unhealthy { policy, sickness } => {
                write!(f, "policy {policy:?} fails its health check: {sickness}; nothing changed")
            }
        }
    }
}

impl std::error::Error for LifecycleRefusal {}
