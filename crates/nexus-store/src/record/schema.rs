//! The version of the feature schema in a body. Bodies of before there were two say nothing.

pub(super) fn first() -> u32 {
    1
}

// The signature is that of serde's `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn is_first(schema: &u32) -> bool {
    *schema == first()
}
