//! The shared state in bytes. Published courses are kept as their authors wrote them and validated
//! anew on the way in, so that names and indexes never disagree with the drafts.

use super::wire::{SnapshotLayout, Wire, fields};
use super::{CodecFault, SnapshotReader, Writer, policies, strategies};
use crate::record::course;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::constraint::{Constraint, CourseConstraints, Rule};
use nexus_engine::erasure::{Erasure, ErasureMark};
use nexus_engine::experiment::checked::CheckTally;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::experiment::history::{ExperimentHistory, HistoryPoint};
use nexus_engine::experiment::life::{ChangeMade, ExperimentChange, ExperimentLife};
use nexus_engine::experiment::retention::RetentionTally;
use nexus_engine::experiment::tally::{EarlierVersion, ExperimentState, VariantTally};
use nexus_engine::ids::{CourseId, DecisionId, ExperimentId, LearnerId, VariantName};
use nexus_engine::learner::tracing::{QuestionParameters, SkillParameters, TracingModel};
use nexus_engine::learner::tracing_version::{
    TracingLineage, TracingOrigin, TracingPublication, TrainingRun,
};
use nexus_engine::learner::training::{TrainingOptions, TrainingReport};
use nexus_engine::lifecycle::CourseLife;
use nexus_engine::lifecycle::kill_switch::KillSwitch;
use nexus_engine::lifecycle::promotion::PromotionStage;
use nexus_engine::plan::Plan;
use nexus_engine::plan::bandit::{PlanBandit, PlanTally};
use nexus_engine::policy::popularity::{DecayedCount, Popularity};
use nexus_engine::report::outcomes::{AnswersSeen, Closings, ReportsSeen};
use nexus_engine::report::{ActivityReport, CourseOverlap, CourseReport};
use nexus_engine::support::CourseSupports;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::SharedState;
use nexus_stats::covariate::ExactPairs;
use nexus_stats::moments::ExactMoments;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn write(shared: &SharedState, out: &mut Writer<'_>) {
    let SharedState {
        head,
        publications,
        names: _,
        courses: _,
        tracing,
        tracing_versions,
        kill_switches,
        policies,
        lives,
        stages: _,
        strategies,
        plans: _,
        popularity,
        experiments,
        constraints,
        reports,
        pending,
        pending_strategies,
        erasures,
        supports: _,
        pending_supports: _,
        overlap: _,
    } = shared;
    head.write(out);
    out.unsigned(publications.len() as u64);
    publications.iter().for_each(|draft| out.text(&course::encode(draft)));
    tracing.write(out);
    tracing_versions.write(out);
    kill_switches.write(out);
    policies::write(policies, out);
    lives.write(out);
    strategies::write(strategies, out);
    popularity.write(out);
    experiments.write(out);
    constraints.write(out);
    reports.write(out);
    pending.write(out);
    pending_strategies.write(out);
    erasures.write(out);
}

/// What `write` makes, in words: the types of its parts in their order. Courses are texts that
/// their own format describes; what policies and strategies write is named by a number, which grows with
/// each change of it.
pub(super) fn describe(layout: &mut SnapshotLayout) {
    let part = |layout: &mut SnapshotLayout, name: &str, describe: fn(&mut SnapshotLayout)| {
        layout.word(name);
        describe(layout);
    };
    layout.word("head u64 publications list of text");
    part(layout, "tracing", TracingModel::describe);
    part(layout, "tracing_versions", Vec::<TracingPublication>::describe);
    part(layout, "kill_switches", BTreeMap::<Option<CourseId>, KillSwitch>::describe);
    layout.word("policies 1");
    part(layout, "lives", BTreeMap::<CourseId, CourseLife>::describe);
    layout.word("strategies 1");
    part(layout, "popularity", BTreeMap::<CourseId, Popularity>::describe);
    part(layout, "experiments", BTreeMap::<ExperimentId, ExperimentState>::describe);
    part(layout, "constraints", BTreeMap::<CourseId, CourseConstraints>::describe);
    part(layout, "reports", BTreeMap::<CourseId, CourseReport>::describe);
    type Pending = BTreeMap<(Timestamp, DecisionId), (LearnerId, CourseId)>;
    part(layout, "pending", Pending::describe);
    part(layout, "pending_strategies", Pending::describe);
    part(layout, "erasures", BTreeMap::<ErasureMark, Erasure>::describe);
    part(layout, "later checks", CheckTally::describe);
    part(layout, "later supports", BTreeMap::<CourseId, CourseSupports>::describe);
    part(layout, "pending_supports", Pending::describe);
    part(layout, "later plans", BTreeMap::<CourseId, PlanBandit>::describe);
    part(layout, "later retention", RetentionTally::describe);
    part(layout, "later lives of experiments", ExperimentLife::describe);
    part(layout, "later moved learners", Vec::<EarlierVersion>::describe);
    part(layout, "overlap of courses", CourseOverlap::describe);
    part(layout, "later stages of promotions", BTreeMap::<CourseId, PromotionStage>::describe);
}

/// How many of the sections that came later a state needs: 1, closing checks; 2, supports;
/// 3, plans; 4, retention in experiments; 5, lives of experiments; 6, learners who moved between the
/// sides of experiments, and learners in several courses; 7, stages of promotions.
pub(super) fn sections(shared: &SharedState) -> usize {
    if !shared.stages.is_empty() {
        return 7;
    }
    let leaves_out = |state: &ExperimentState| state.definition.leaves_out_moved;
    if shared.overlap != CourseOverlap::default() || shared.experiments.values().any(leaves_out) {
        return 6;
    }
    if shared.experiments.values().any(|experiment| !experiment.life.is_new()) {
        return 5;
    }
    let mut sides = shared.experiments.values().flat_map(|experiment| &experiment.tallies);
    if sides.any(|tally| !tally.retention.is_empty()) {
        return 4;
    }
    if !shared.plans.is_empty() {
        return 3;
    }
    if !shared.supports.is_empty() || !shared.pending_supports.is_empty() {
        return 2;
    }
    let mut tallies = shared.experiments.values().flat_map(|experiment| &experiment.tallies);
    let checks = tallies.any(|tally| !tally.checks.is_empty())
        || shared.reports.values().any(|report| !report.checks.is_empty());
    usize::from(checks)
}

/// Writes so many of the sections that came later: the closing checks of experiments, side by side,
/// and those of courses; then what was learned of supports, and those that wait; then what closing
/// checks said of plans; then the retention of experiments, side by side; then what people did with
/// experiments, and their histories; then promotions that hold for a share of the learners.
pub(super) fn write_sections(shared: &SharedState, sections: usize, out: &mut Writer<'_>) {
    if sections >= 1 {
        let sides = shared.experiments.values().flat_map(|experiment| &experiment.tallies);
        sides.for_each(|tally| tally.checks.write(out));
        shared.reports.values().for_each(|report| report.checks.write(out));
    }
    if sections >= 2 {
        shared.supports.write(out);
        shared.pending_supports.write(out);
    }
    if sections >= 3 {
        shared.plans.write(out);
    }
    if sections >= 4 {
        let sides = shared.experiments.values().flat_map(|experiment| &experiment.tallies);
        sides.for_each(|tally| tally.retention.write(out));
    }
    if sections >= 5 {
        shared.experiments.values().for_each(|experiment| experiment.life.write(out));
    }
    if sections >= 6 {
        for experiment in shared.experiments.values() {
            experiment.definition.leaves_out_moved.write(out);
            experiment.earlier.write(out);
            experiment.tallies.iter().for_each(|tally| tally.left_out.write(out));
        }
        shared.overlap.write(out);
    }
    if sections >= 7 {
        shared.stages.write(out);
    }
}

/// Reads so many of the sections that came later into a state.
pub(super) fn read_sections(
    shared: &mut SharedState,
    sections: usize,
    from: &mut SnapshotReader<'_>,
) -> Result<(), CodecFault> {
    if sections >= 1 {
        for experiment in shared.experiments.values_mut() {
            for tally in &mut experiment.tallies {
                tally.checks = Wire::read(from)?;
            }
        }
        for report in shared.reports.values_mut() {
            report.checks = Wire::read(from)?;
        }
    }
    if sections >= 2 {
        shared.supports = Wire::read(from)?;
        shared.pending_supports = Wire::read(from)?;
    }
    if sections >= 3 {
        shared.plans = Wire::read(from)?;
    }
    if sections >= 4 {
        for experiment in shared.experiments.values_mut() {
            for tally in &mut experiment.tallies {
                tally.retention = Wire::read(from)?;
            }
        }
    }
    if sections >= 5 {
        for experiment in shared.experiments.values_mut() {
            experiment.life = Wire::read(from)?;
        }
    }
    if sections >= 6 {
        for experiment in shared.experiments.values_mut() {
            experiment.definition.leaves_out_moved = Wire::read(from)?;
            experiment.earlier = Wire::read(from)?;
            for tally in &mut experiment.tallies {
                tally.left_out = Wire::read(from)?;
            }
        }
        shared.overlap = Wire::read(from)?;
    }
    if sections >= 7 {
        shared.stages = Wire::read(from)?;
    }
    Ok(())
}

pub(super) fn read(from: &mut SnapshotReader<'_>) -> Result<SharedState, CodecFault> {
    let mut shared = SharedState::default();
    let head = u64::read(from)?;
    for _ in 0..from.count()? {
        let draft: CourseDraft = course::decode(from.text()?)?;
        let published = shared.restore(Arc::new(draft));
        published.map_err(|problems| CodecFault::CourseRefused(problems.len()))?;
    }
    shared.head = head;
    shared.tracing = Wire::read(from)?;
    shared.tracing_versions = Wire::read(from)?;
    shared.kill_switches = Wire::read(from)?;
    shared.policies = policies::read(from)?;
    shared.lives = Wire::read(from)?;
    shared.strategies = strategies::read(from)?;
    shared.popularity = Wire::read(from)?;
    shared.experiments = Wire::read(from)?;
    shared.constraints = Wire::read(from)?;
    shared.reports = Wire::read(from)?;
    shared.pending = Wire::read(from)?;
    shared.pending_strategies = Wire::read(from)?;
    shared.erasures = Wire::read(from)?;
    Ok(shared)
}

fields!(ExperimentState { definition, started_at, stopped_at, tallies } later {
    life, earlier
});
fields!(EarlierVersion { version, variants });
fields!(CourseOverlap { learners, completions });
fields!(ExperimentLife { share, changes, history });
fields!(ChangeMade { at, change, reason, by });
fields!(ExperimentHistory { step_micros, next_at, points });

impl Wire for ExperimentChange {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Share(share) => {
                out.byte(0);
                share.write(out);
            }
            Self::Concluded { variant } => {
                out.byte(1);
                variant.write(out);
            }
            Self::Archived => out.byte(2),
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        match from.byte()? {
            0 => Ok(Self::Share(Wire::read(from)?)),
            1 => Ok(Self::Concluded { variant: Wire::read(from)? }),
            2 => Ok(Self::Archived),
            _ => Err(CodecFault::Range("ExperimentChange")),
        }
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("ExperimentChange Share=0 f64 Concluded=1");
        Option::<VariantName>::describe(layout);
        layout.word("Archived=2");
    }
}

impl Wire for HistoryPoint {
    /// With what stands in later sections of a tally that counts now.
    fn write(&self, out: &mut Writer<'_>) {
        self.at.write(out);
        self.tallies.write(out);
        for tally in &self.tallies {
            tally.checks.write(out);
            tally.retention.write(out);
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let at = Wire::read(from)?;
        let mut tallies: Vec<VariantTally> = Wire::read(from)?;
        for tally in &mut tallies {
            tally.checks = Wire::read(from)?;
            tally.retention = Wire::read(from)?;
        }
        Ok(Self { at, tallies })
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("HistoryPoint at i64 tallies each checks retention");
    }
}

fields!(ExperimentDefinition { id, version, course, variants, planned_learners } later {
    leaves_out_moved
});
fields!(Variant { name, policy, weight });
fields!(VariantTally {
    learners,
    decisions,
    overridden,
    rewards,
    probe_success,
    completed,
    progress,
    raw_success,
    reward,
    minutes,
} later { left_out, checks, retention });
fields!(RetentionTally { short, long });
fields!(CheckTally { mean_grades, minutes, placed, counts });
fields!(PlanTally { drawn, grades, placed });
fields!(ExactPairs { n, sum_x, sum_y, sum_xx, sum_xy });
fields!(ExactMoments { n, sum, sum_squares });

fields!(CourseConstraints { everyone, own });
fields!(Constraint { id, course, learner, rule, activity, reason, by, expires_at });

impl Wire for PlanBandit {
    fn write(&self, out: &mut Writer<'_>) {
        self.tallies().iter().for_each(|tally| tally.write(out));
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let mut tallies: [PlanTally; Plan::ALL.len()] = Default::default();
        for tally in &mut tallies {
            *tally = Wire::read(from)?;
        }
        Ok(Self::with(tallies))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word(&format!("PlanBandit of {}", Plan::ALL.map(Plan::word).join(" ")));
        PlanTally::describe(layout);
    }
}

impl Wire for Rule {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Pin => out.byte(0),
            Self::Block => out.byte(1),
            Self::Cap { shown_max } => {
                out.byte(2);
                shown_max.write(out);
            }
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        match from.byte()? {
            0 => Ok(Self::Pin),
            1 => Ok(Self::Block),
            2 => Ok(Self::Cap { shown_max: Wire::read(from)? }),
            _ => Err(CodecFault::Range("Rule")),
        }
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("Rule Pin=0 Block=1 Cap=2 u16");
    }
}
fields!(KillSwitch { seq, at, reason, by });

fields!(Popularity { counts, total });
fields!(DecayedCount { count, at });

fields!(CourseReport {
    learners,
    completions,
    events,
    decisions,
    fallbacks,
    overridden,
    explored,
    withheld,
    rewards_joined,
    closed,
    late,
    answers_seen,
    reports_seen,
    probes_asked,
    probes_answered,
    answers,
    grade_sum_micros,
    activities,
} later { checks });
fields!(Closings { never_started, nothing_observed, declined, superseded, erased });
fields!(AnswersSeen { total, inside, gain, inside_and_gain, between, hasty, nothing });
fields!(ReportsSeen { total, joined, late });
fields!(ActivityReport {
    chosen,
    started,
    completed,
    skipped,
    answers,
    grade_sum_micros,
    ratings,
    rating_sum,
    rewards,
    reward_sum_micros,
});

fields!(Erasure { seq, at });

impl Wire for ErasureMark {
    fn write(&self, out: &mut Writer<'_>) {
        out.bytes(&self.0);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        from.array().map(Self)
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("32 bytes");
    }
}

fields!(TracingModel { questions, skills, sets, weights, cohort });
fields!(SkillParameters { terms });
fields!(QuestionParameters { easiness, discrimination });

fields!(TracingPublication { seq, at, lineage });
fields!(TracingLineage { version, parent, through, origin, asked_by, digest });
fields!(TrainingRun { options, answers_max, answers_left_out, report });
fields!(TrainingOptions { answers_min, learners_min, folds, seed });
fields!(TrainingReport {
    answers,
    learners,
    questions_fitted,
    questions_below_floor,
    skills_refused,
    shift,
    variance,
    log_loss_serving,
    log_loss_fitted,
});

impl Wire for TracingOrigin {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Trained(run) => {
                out.byte(0);
                run.write(out);
            }
            Self::Restored { version } => {
                out.byte(1);
                version.write(out);
            }
        }
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        match from.byte()? {
            0 => Wire::read(from).map(Self::Trained),
            1 => Ok(Self::Restored { version: Wire::read(from)? }),
            _ => Err(CodecFault::Range("TracingOrigin")),
        }
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("TracingOrigin Trained=0");
        TrainingRun::describe(layout);
        layout.word("Restored=1 u32");
    }
}
