//! Counters of the sources.

use super::head;
use nexus_api::sources::{SourceActivity, SourceReport};
use std::fmt::Write;

/// Writes what became of the records of every source, and how far behind it is.
pub(super) fn write(sources: &[SourceReport], out: &mut String) {
    if sources.is_empty() {
        return;
    }
    let name = "nexus_source_records_total";
    head(name, "Records of sources by what became of them.", "counter", out);
    for report in sources {
        let source = &report.source;
        for (outcome, count) in [
            ("accepted", report.accepted),
            ("duplicate", report.duplicate),
            ("rejected", report.rejected),
            ("behind", report.behind),
        ] {
            let labels = format!("source=\"{source}\",outcome=\"{outcome}\"");
            let _ = writeln!(out, "{name}{{{labels}}} {count}");
        }
    }
    let name = "nexus_source_lag";
    head(name, "What is left to be read: records, or bytes of a file.", "gauge", out);
    for report in sources {
        if let Some(lag) = report.lag {
            let _ = writeln!(out, "{name}{{source=\"{}\"}} {lag}", report.source);
        }
    }
    let name = "nexus_source_up";
    head(name, "1 while a source of this server is read.", "gauge", out);
    for report in sources.iter().filter(|report| report.kind.is_some()) {
        let up = u8::from(report.activity == SourceActivity::Running);
        let _ = writeln!(out, "{name}{{source=\"{}\"}} {up}", report.source);
    }
}
