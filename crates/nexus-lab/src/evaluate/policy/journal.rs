//! The journal of a data directory as a log.

use super::{DECISIONS_MAX, Log};
use crate::evaluate::logs::progress;
use anyhow::{Context, bail};
use nexus_engine::event::{Entry, Event};
use nexus_engine::ids::{CourseId, PolicyId};
use nexus_engine::policy::kind::PolicyKind;
use nexus_engine::policy::registry::PolicyState;
use nexus_engine::workspace::off_policy::{JournalDecisions, JournalOutcome, JournalTarget};
use nexus_stats::off_policy::evaluation::Method;
use nexus_store::reading::JournalReader;
use std::path::Path;

/// Journal entries that are read at a time.
const PAGE: usize = 1_000;

/// What is asked, before the journal was looked into. Errors: when there is no such policy, or it decides
/// nothing that can be compared.
pub(in crate::evaluate) fn target(
    course: &str,
    policy: &str,
    version: Option<u32>,
) -> anyhow::Result<JournalTarget> {
    let kind = PolicyKind::named(policy).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    if kind == PolicyKind::Plans {
        bail!(
            "`plans` decides once for a whole course, not activity by activity; its plans are \
             compared by closing checks: GET /v1/plans?course={course}"
        );
    }
    if version.is_some() && !kind.has_versions() {
        bail!("`{policy}` has no versions: what it decides by is always the same");
    }
    Ok(JournalTarget {
        course: CourseId::new(course).with_context(|| format!("{course:?} is no course id"))?,
        policy: PolicyId::new(policy).with_context(|| format!("{policy:?} is no policy"))?,
        frozen: None,
        after_seq: 0,
        decisions_max: DECISIONS_MAX,
    })
}

/// Folds a journal, on a connection that may stand beside a running server.
///
/// Errors: when it cannot be read, or has neither the course nor the version.
pub(in crate::evaluate) fn fold(
    data: &Path,
    mut asked: JournalTarget,
    version: Option<u32>,
    quiet: bool,
) -> anyhow::Result<JournalDecisions> {
    let journal = JournalReader::open(data)?;
    if let Some(number) = version {
        let (frozen, after_seq) = version_of(&journal, &asked, number)?;
        asked.frozen = Some(frozen);
        asked.after_seq = after_seq;
    }
    let course = asked.course.clone();
    let mut decisions = JournalDecisions::new(asked).corrected_by(journal.corrections()?);
    let bar = progress(quiet);
    bar.set_length(journal.head_seq()?);
    walk(&journal, |entry| {
        decisions.read(entry);
        bar.set_position(entry.seq);
    })?;
    bar.finish_and_clear();
    if !decisions.knows_course() {
        bail!("there is no course {course} in this journal");
    }
    Ok(decisions)
}

/// A log of one outcome.
pub(super) fn log(decisions: &JournalDecisions, outcome: JournalOutcome) -> Log {
    let (log, left) = (decisions.log(outcome), decisions.left_out(outcome));
    let mut notes = Vec::new();
    let came = log.len() as u64 + left.unmeasured;
    if left.unrewarded > came / 10 {
        notes.push(format!(
            "{} decisions got no reward, against {came} that did: what is estimated is the reward \
             of decisions that learners take up, and a policy may change who does",
            left.unrewarded
        ));
    }
    let left_out = vec![
        ("without_chance", left.without_chance, "nothing was left to chance"),
        ("learned_from", left.learned_from, "the version may have learned from them"),
        ("unrewarded", left.unrewarded, "no reward came"),
        ("unmeasured", left.unmeasured, "what is asked for was not measured"),
        ("not_rebuilt", left.not_rebuilt, "their scene cannot be rebuilt"),
        ("older", left.older, "more than are kept"),
    ];
    Log { decisions: log, methods: Method::ALL.to_vec(), left_out, notes }
}

/// A version of the target, and the entry up to which it may have learned from decisions: 0 of a policy
/// that never does.
fn version_of(
    journal: &JournalReader,
    asked: &JournalTarget,
    number: u32,
) -> anyhow::Result<(PolicyState, u64)> {
    let (mut found, mut known) = (None, Vec::new());
    walk(journal, |entry| {
        let Event::PolicyVersioned(version) = &entry.event else { return };
        if version.course == asked.course && version.policy == asked.policy {
            known.push(version.lineage.version.to_string());
            if version.lineage.version == number {
                found = Some(version.clone());
            }
        }
    })?;
    let Some(version) = found else {
        bail!("there is no version {number} of {}; there are: {}", asked.policy, known.join(", "));
    };
    let state = PolicyState::from_parts(&version.parts);
    let state = state.context("this version is of a shape that this program does not read")?;
    let state = state.published_as(number);
    let knows = if state.learns() { version.lineage.through } else { 0 };
    Ok((state, knows))
}

/// Reads all entries, as far as the journal went when reading began.
fn walk(journal: &JournalReader, mut take: impl FnMut(&Entry)) -> anyhow::Result<()> {
    let (head, mut through) = (journal.head_seq()?, 0);
    while through < head {
        let left = usize::try_from(head - through).unwrap_or(PAGE);
        let page = journal.page(through, left.min(PAGE))?;
        let Some(last) = page.last() else { break };
        through = last.entry.seq;
        page.iter().for_each(|stored| take(&stored.entry));
    }
    Ok(())
}
