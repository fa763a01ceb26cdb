//! Checks of pacing: a session is neither shorter than any lesson nor endless.

use super::super::CourseDraft;
use super::fields::check_number;
use super::{At, MINUTES_MAX, Problems};

/// Minutes of the shortest session that a course may ask for.
const SESSION_MINUTES_LEAST: f64 = 1.0;

/// Reports a length of a session that is out of range.
pub(super) fn check_pacing(draft: &CourseDraft, problems: &mut Problems) {
    let minutes = draft.pacing.as_ref().and_then(|pacing| pacing.session_minutes_max);
    if let Some(minutes) = minutes {
        let (root, limits) = (At::Root, SESSION_MINUTES_LEAST..=MINUTES_MAX);
        let at = root.field("pacing");
        check_number(at.field("session_minutes_max"), minutes, limits, problems);
    }
}
