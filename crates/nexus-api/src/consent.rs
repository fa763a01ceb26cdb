//! Consent to exploration: whether chance may have a say in what a learner is shown.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time};
use nexus_engine::ids::LearnerId;
use nexus_engine::learner::consent::{Consent, ConsentChanged};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Gives or withdraws consent to exploration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::consent)]
pub struct ConsentRequest {
    /// `false`: from now on the learner is shown what the policy thinks best, and nothing is tried
    /// out on them. `true`: chance may have its say again.
    pub exploration: bool,
    /// Whose wish it is, in words; the caller's when absent. The journal keeps the caller beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::AskedBy>)]
    pub by: Option<String>,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

impl ConsentRequest {
    /// What is to be journaled for a learner, said by `caller`.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, learner: LearnerId, caller: String) -> Result<ConsentChanged, FieldProblem> {
        let Self { exploration, by, reason } = self;
        let reason = field::reason(reason)?;
        let by = match by {
            None => caller,
            Some(by) => {
                let by = field::said(by, text::BY_CHARS_MAX, "/by", "whose wish it is")?;
                format!("{by} ({caller})")
            }
        };
        Ok(ConsentChanged { learner, exploration, reason, by })
    }
}

/// What was said last about consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentState {
    /// Whether the learner takes part in exploration.
    pub exploration: bool,
    /// When that was said.
    #[schema(format = DateTime)]
    pub at: String,
    /// Place in the journal of the event that says so, by whom and why.
    pub seq: u64,
}

impl From<Consent> for ConsentState {
    fn from(consent: Consent) -> Self {
        let Consent { exploration, at, seq } = consent;
        Self { exploration, at: time::print(at), seq }
    }
}

/// That consent stands as asked, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentReceipt {
    /// The id of the learner.
    pub learner: String,
    /// Whether the learner consents to exploration.
    pub exploration: bool,
    /// Whether the same was said last before; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal of what was said last.
    pub seq: u64,
}
