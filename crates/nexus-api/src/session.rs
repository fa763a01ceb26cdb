//! Who asks, and what they may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who asks, and what they may do: pages offer no more than this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionAnswer {
    /// The caller as the journal names it: a key, an issuer, a learner or a browser.
    #[schema(example = "key 3b9x2k1m, in a browser")]
    pub by: String,
    /// The scopes that the caller has here, `admin` with all others.
    #[schema(example = json!(["experiments:read", "experiments:write"]))]
    pub scopes: Vec<String>,
    /// Tells the data of this server from those of any other, also after they were restored elsewhere.
    pub data: String,
    /// The last entry of its journal.
    pub head: u64,
}
