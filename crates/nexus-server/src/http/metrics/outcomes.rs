//! What became of decisions and answers, course by course: the counters of RWD-2. They are part of
//! the fold, so unlike the others they count since the first event of the journal.

use super::head;
use nexus_engine::decision::attribution::AnswerUse;
use nexus_engine::decision::reward::ClosedReason;
use nexus_engine::ids::CourseId;
use nexus_engine::invariants;
use nexus_engine::report::outcomes::{AnswersSeen, Closings, ReportsSeen};
use nexus_engine::workspace::SharedState;
use std::fmt::Write;

/// The outcomes of one course.
pub(super) struct CourseOutcomes {
    course: CourseId,
    decisions: u64,
    waiting: u64,
    joined: u64,
    closed: Closings,
    late: u64,
    answers: AnswersSeen,
    reports: ReportsSeen,
    add_up: bool,
}

/// Copies what is counted, course by course.
pub(super) fn of_courses(shared: &SharedState) -> Vec<CourseOutcomes> {
    let waiting = shared.waiting();
    let outcomes = shared.reports.iter().map(|(course, report)| {
        let waiting = waiting.get(course).copied().unwrap_or(0);
        CourseOutcomes {
            course: course.clone(),
            decisions: report.decisions,
            waiting,
            joined: report.rewards_joined,
            closed: report.closed,
            late: report.late,
            answers: report.answers_seen,
            reports: report.reports_seen,
            add_up: invariants::rwd_2(report, waiting).is_ok(),
        }
    });
    outcomes.collect()
}

/// Writes them as Prometheus reads them. Ids hold nothing that a label would have to escape.
pub(super) fn write(courses: &[CourseOutcomes], out: &mut String) {
    head("nexus_course_decisions_total", "Decisions made in a course.", "counter", out);
    for CourseOutcomes { course, decisions, .. } in courses {
        let _ = writeln!(out, "nexus_course_decisions_total{{course=\"{course}\"}} {decisions}");
    }
    head("nexus_decision_outcomes", "Decisions by what became of them.", "gauge", out);
    for CourseOutcomes { course, waiting, joined, closed, .. } in courses {
        let reasons = ClosedReason::ALL.map(|reason| (reason.word(), closed.of(reason)));
        for (outcome, count) in [("waiting", *waiting), ("joined", *joined)].iter().chain(&reasons)
        {
            let labels = format!("course=\"{course}\",outcome=\"{outcome}\"");
            let _ = writeln!(out, "nexus_decision_outcomes{{{labels}}} {count}");
        }
    }
    head("nexus_course_answers_total", "Answers by what rewards made of them.", "counter", out);
    for CourseOutcomes { course, answers, .. } in courses {
        for used in AnswerUse::ALL {
            let (word, count) = (used.word(), answers.of(used));
            let labels = format!("course=\"{course}\",use=\"{word}\"");
            let _ = writeln!(out, "nexus_course_answers_total{{{labels}}} {count}");
        }
    }
    head("nexus_course_reports_total", "Reported values by what became of them.", "counter", out);
    for CourseOutcomes { course, reports, .. } in courses {
        for (outcome, count) in [("joined", reports.joined), ("late", reports.late)] {
            let labels = format!("course=\"{course}\",outcome=\"{outcome}\"");
            let _ = writeln!(out, "nexus_course_reports_total{{{labels}}} {count}");
        }
    }
    head("nexus_late_events_total", "Events that named a settled decision.", "counter", out);
    for CourseOutcomes { course, late, .. } in courses {
        let _ = writeln!(out, "nexus_late_events_total{{course=\"{course}\"}} {late}");
    }
    head("nexus_outcomes_add_up", "1 while RWD-2 holds in a course.", "gauge", out);
    for CourseOutcomes { course, add_up, .. } in courses {
        let holds = u8::from(*add_up);
        let _ = writeln!(out, "nexus_outcomes_add_up{{course=\"{course}\"}} {holds}");
    }
}
