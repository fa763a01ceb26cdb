//! How far apprentices are, course by course. Part of the fold, so a restart does not change it.

use super::head;
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::lifecycle::apprentice::Apprentice;
use nexus_engine::lifecycle::mode::Mode;
use nexus_engine::workspace::SharedState;
use std::fmt::Write;

/// The apprentices of now as Prometheus reads them.
pub(super) fn of_courses(shared: &SharedState) -> String {
    let policies = shared.lives.iter().flat_map(|(course, life)| {
        life.policies.iter().filter_map(move |(policy, life)| {
            let apprentice = life.apprentice.as_ref().filter(|_| life.mode == Mode::Apprentice);
            apprentice.map(|apprentice| (course, policy, apprentice))
        })
    });
    let policies: Vec<(&CourseId, &PolicyId, &Apprentice)> = policies.collect();
    let mut out = String::new();
    let name = "nexus_apprentice_agreement";
    head(name, "Share of agreement in the latest full batch.", "gauge", &mut out);
    for (course, policy, apprentice) in &policies {
        let last = apprentice.last.and_then(|(batch, _)| batch.agreement());
        if let Some(share) = last {
            let _ = writeln!(out, "{name}{{course=\"{course}\",policy=\"{policy}\"}} {share}");
        }
    }
    let name = "nexus_apprentice_batches_total";
    head(name, "Full batches since a policy became an apprentice.", "counter", &mut out);
    for (course, policy, apprentice) in &policies {
        let batches = apprentice.batches;
        let _ = writeln!(out, "{name}{{course=\"{course}\",policy=\"{policy}\"}} {batches}");
    }
    let name = "nexus_apprentice_decisions";
    head(name, "Compared decisions of the batch that is being filled.", "gauge", &mut out);
    for (course, policy, apprentice) in &policies {
        let decisions = apprentice.batch.decisions;
        let _ = writeln!(out, "{name}{{course=\"{course}\",policy=\"{policy}\"}} {decisions}");
    }
    out
}
