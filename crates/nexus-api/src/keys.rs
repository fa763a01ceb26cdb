//! API keys: everything about them but the keys themselves.

use crate::examples;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every API key of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyList {
    /// The oldest first.
    pub keys: Vec<KeySummary>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeySummary {
    /// Its public part, which names it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The last four characters of its secret, to recognise it by.
    pub last_four: String,
    /// What it may do, as `resource:verb`.
    pub scopes: Vec<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// From when on it is refused; absent of a key that never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub revoked_at: Option<String>,
    /// The beginning of the latest day (UTC) on which it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub last_used_on: Option<String>,
    /// What has become of it.
    pub state: KeyState,
    /// Whether it is the key of this very request, or opened this session.
    pub own: bool,
}

/// What has become of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It opens what its scopes say.
    Valid,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// Revokes a key for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::revoke_key)]
pub struct KeyRevocation {
    /// The name of the key, written out: so that nobody revokes the wrong one.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
}
