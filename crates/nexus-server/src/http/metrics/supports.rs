//! What became of supports, course by course: the counters of SUP-2. They are part of the fold, so
//! they count since the first event of the journal.

use super::head;
use nexus_engine::workspace::SharedState;
use std::fmt::Write;

/// The metrics of supports of every course that has chosen one.
pub(super) fn of_courses(shared: &SharedState) -> String {
    let (name, mut out) = ("nexus_support_outcomes", String::new());
    head(name, "Supports by what became of them.", "gauge", &mut out);
    for (course, supports) in &shared.supports {
        for (outcome, count) in [
            ("waiting", supports.waiting()),
            ("rewarded", supports.rewarded),
            ("missing", supports.missing),
        ] {
            let labels = format!("course=\"{course}\",outcome=\"{outcome}\"");
            let _ = writeln!(out, "{name}{{{labels}}} {count}");
        }
    }
    let add_up = u8::from(shared.check_supports().is_ok());
    head("nexus_supports_add_up", "1 while SUP-2 holds in every course.", "gauge", &mut out);
    let _ = writeln!(out, "nexus_supports_add_up {add_up}");
    out
}
