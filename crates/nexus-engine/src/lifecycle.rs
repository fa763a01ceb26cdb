//! The life of a policy in a course: which one decides, in which mode, and the versions of its
//! statistics that were saved, published and restored.
//!
//! All of it is a fold of journaled events, so that replay knows at every decision who decided and
//! at every reward who might learn. `docs/policies.md` says which policy learns from what.

pub mod apprentice;
pub mod control_group;
pub mod evidence;
pub mod holdout;
pub mod kill_switch;
pub mod learning;
pub mod mode;
pub mod monitor;
pub mod promotion;
pub mod shadow;
pub mod version;

pub use crate::refusal::LifecycleRefusal;

use crate::ids::PolicyId;
use apprentice::Apprentice;
use holdout::{HoldoutShare, HoldoutTally};
use learning::Learning;
use mode::Mode;
use monitor::Monitor;
use promotion::Promotion;
use shadow::ShadowWorth;
use std::collections::BTreeMap;
use version::PolicyPublication;

/// What is known of the policies of one course besides their statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseLife {
    /// The policy that decides when no experiment runs, if one was promoted; else the node's default decides.
    pub promotion: Option<Promotion>,
    /// The share of learners who are held out, if one was set; else the node's default holds.
    pub holdout: Option<HoldoutShare>,
    /// What is counted of those who are held out, beside all others.
    pub groups: HoldoutTally,
    /// By policy; those of which nothing was ever said are absent.
    pub policies: BTreeMap<PolicyId, PolicyLife>,
}

/// The life of one policy in one course.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyLife {
    /// Whether it serves and learns.
    pub mode: Mode,
    /// What became of its rewards.
    pub learning: Learning,
    /// What would make a careful person stop it.
    pub monitor: Monitor,
    /// What it would have earned since it last became a shadow.
    pub worth: ShadowWorth,
    /// What is known of it since it last became an apprentice.
    pub apprentice: Option<Apprentice>,
    /// The latest versions of its statistics, the oldest first, at most
    /// [`version::LINEAGE_MAX`]; the journal has all.
    pub versions: Vec<PolicyPublication>,
}

impl PolicyLife {
    /// The latest version of its statistics; 0 when none was ever saved.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.versions.last().map_or(0, |published| published.lineage.version)
    }
}
