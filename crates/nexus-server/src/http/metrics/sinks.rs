//! Counters of the sinks.

use super::head;
use nexus_api::sinks::{SinkActivity, SinkReport};
use std::fmt::Write;

/// Writes what became of the entries of every sink, and how far behind it is.
pub(super) fn write(sinks: &[SinkReport], out: &mut String) {
    if sinks.is_empty() {
        return;
    }
    let name = "nexus_sink_entries_total";
    head(name, "Entries of sinks by what became of them.", "counter", out);
    for report in sinks {
        for (outcome, count) in [("delivered", report.delivered), ("put_aside", report.put_aside)] {
            let sink = &report.sink;
            let _ = writeln!(out, "{name}{{sink=\"{sink}\",outcome=\"{outcome}\"}} {count}");
        }
    }
    let name = "nexus_sink_retries_total";
    head(name, "Deliveries that failed and were tried again.", "counter", out);
    for report in sinks {
        let _ = writeln!(out, "{name}{{sink=\"{}\"}} {}", report.sink, report.retries);
    }
    let name = "nexus_sink_lag";
    head(name, "Entries of the journal that a sink is not done with.", "gauge", out);
    for report in sinks {
        if let Some(lag) = report.lag {
            let _ = writeln!(out, "{name}{{sink=\"{}\"}} {lag}", report.sink);
        }
    }
    let name = "nexus_sink_up";
    head(name, "1 while the receiver of a sink takes what it is sent.", "gauge", out);
    for report in sinks {
        let up = u8::from(report.activity == SinkActivity::Running);
        let _ = writeln!(out, "{name}{{sink=\"{}\"}} {up}", report.sink);
    }
}
