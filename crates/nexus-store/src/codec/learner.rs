//! A learner's state in bytes.

use super::wire::{SnapshotLayout, Wire, fields, fields_of_parts, letters};
use super::{CodecFault, SnapshotReader, Writer};
use nexus_engine::decision::observed::Observed;
use nexus_engine::decision::reward::{
    ActivityRun, Ending, GainSource, LearnerDecisions, OpenDecision, PassedOver, RewardEvidence,
};
use nexus_engine::decision::{Decider, DecisionOrigin, FeatureVector, RewardWindow};
use nexus_engine::experiment::exposure::{ExposureRecord, Totals};
use nexus_engine::experiment::retention::{LearnerRetention, Recalled};
use nexus_engine::experiment::tally::Outcomes;
use nexus_engine::ids::{Assignment, CourseId};
use nexus_engine::learner::belief::{Belief, Gaussian, QuestionCount, SkillBelief};
use nexus_engine::learner::closing_check::ClosingCheck;
use nexus_engine::learner::consent::Consent;
use nexus_engine::learner::influence::Influence;
use nexus_engine::learner::memory::Memory;
use nexus_engine::learner::placement::Stopped;
use nexus_engine::learner::progress::{ActivityProgress, CourseOutcome, CourseProgress, Segment};
use nexus_engine::learner::results::{Results, SkillResults};
use nexus_engine::learner::session::Sessions;
use nexus_engine::learner::viewing::{ViewedPart, Viewing};
use nexus_engine::learner::window::WindowCounter;
use nexus_engine::plan::{LearnerPlan, Plan};
use nexus_engine::strategy::LearnerStrategy;
use nexus_engine::strategy::{MasteryRule, Path, Strategy};
use nexus_engine::support::OpenSupport;
use nexus_engine::workspace::{LearnerCourse, LearnerState};

fields!(LearnerState {
    id,
    entries,
    last_at,
    reported_at,
    consent,
    explored,
    belief,
    courses,
    erased,
} later { test });
fields!(Consent { exploration, at, seq });
fields!(WindowCounter { window, count });

fields!(Belief {
    ability,
    attempts,
    wins,
    recent_surprise,
    last_surprise,
    last_skills,
    last_at,
    skills,
    questions,
});
fields!(Gaussian { mean, variance });
fields!(SkillBelief {
    skill,
    answered_at,
    surprise,
    hour_attempts,
    hour_wins,
    best_probability,
    memory,
    level,
    last_at,
    attempts,
    wins,
    attempts_since_gain,
    recall_cap,
    occasions,
    mastered,
});
fields!(Memory { stability_days, difficulty });
fields!(QuestionCount { question, attempts, wins });

fields!(LearnerCourse { progress, decisions, exposures, strategy } later { plan, supports });
fields!(CourseProgress {
    since,
    began,
    course_version,
    activities,
    skills,
    current,
    recent,
    sessions,
    streak,
    answered,
    grade_sum_micros,
    probes,
    probe_sum_micros,
    minutes,
    probes_asked,
    placement,
} later { outcome, viewings });
fields!(CourseOutcome { placed_success, check, tallied });
fields!(ClosingCheck {
    course_version,
    asked,
    answered,
    right,
    grade_sum_micros,
    minutes,
    began_at,
    completed_at,
    skipped,
});
fields!(Sessions { begun, open, last_at, began_at, activities, explored });
fields!(LearnerDecisions {
    open,
    settled,
    made,
    reward_sum_micros,
    rewards,
    held_out,
    without_consent,
    influence,
    shadow_influence,
    imitated,
});
fields!(Influence { since, rewards });
fields!(LearnerPlan { plan, drawn_by, propensity, by_chance, decisions, others, paid });
fields!(LearnerStrategy {
    assigned,
    period,
    set,
    position,
    strategy,
    propensity,
    assigned_at,
    ends_at,
    before,
    decisions,
    others,
    probes,
    right,
    predicted_sum,
    settled,
});
fields!(Strategy { path, mastery, attempt_cap, target_success, review_below, open_from, focus });
letters!(Path { Frontier = 0, Turns = 1 });
letters!(Plan { Path = 0, CoreFirst = 1, Breadth = 2, Pace = 3 });

impl Wire for MasteryRule {
    fn write(&self, out: &mut Writer<'_>) {
        let (letter, least) = match self {
            Self::Success(least) => (0, least),
            Self::Known(least) => (1, least),
        };
        out.byte(letter);
        least.write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        match from.byte()? {
            0 => Wire::read(from).map(Self::Success),
            1 => Wire::read(from).map(Self::Known),
            _ => Err(CodecFault::Range("MasteryRule")),
        }
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("MasteryRule Success=0 f64 Known=1 f64");
    }
}

fields!(ActivityProgress {
    activity,
    starts,
    started_at,
    completed_at,
    last_at,
    skips,
    answered,
    grade_sum,
    results,
    watched,
    rating,
});
fields!(SkillResults { skill, results });
fields!(Segment { from_seconds, to_seconds });
fields!(Viewing { activity, parts });
fields!(ViewedPart { from_seconds, to_seconds, seen_seconds });

fields_of_parts!(OpenDecision {
    id: origin.id,
    activity: activity,
    skills: skills,
    policy: origin.decider.policy,
    policy_chose: policy_chose,
    held_out: origin.decider.held_out,
    without_consent: without_consent,
    shadows: origin.shadows,
    apprentice: apprentice,
    assignment: origin.decider.assignment,
    propensity: propensity,
    overridden: overridden,
    schema: origin.features.schema,
    features: origin.features.values,
    before: origin.before,
    made_at: origin.window.made_at,
    course_version: origin.window.course_version,
    ends_at: origin.window.ends_at,
    session: run.session,
    exposed_at: run.exposed_at,
    started_at: run.started_at,
    ended: run.ended,
    ended_at: run.ended_at,
    minutes: run.minutes,
    answers: observed.answers,
    success: observed.success,
    grade_sum: observed.grade_sum,
    intervening: observed.intervening,
    gain: observed.gain,
    gain_source: observed.gain_source,
    delayed_gain: observed.delayed_gain,
    reported: observed.reported,
    passed_over: run.passed_over,
} made by OpenDecision {
    origin: DecisionOrigin {
        id,
        window: RewardWindow { made_at, ends_at, course_version },
        decider: Decider { policy, held_out, assignment },
        features: FeatureVector { schema, values: features },
        before,
        shadows,
    },
    activity,
    skills,
    propensity,
    policy_chose,
    overridden,
    without_consent,
    apprentice,
    run: ActivityRun { session, exposed_at, started_at, ended, ended_at, minutes, passed_over },
    observed: RewardEvidence {
        answers,
        success,
        grade_sum,
        intervening,
        gain,
        gain_source,
        delayed_gain,
        reported,
    },
});
fields!(Assignment { experiment, version, variant });
fields!(Observed { count, value, at });
letters!(Stopped { QuestionsMax = 0, Certain = 1, LittleToGain = 2, PoolEmpty = 3 });
letters!(PassedOver { Declined = 0, Superseded = 1 });
letters!(Ending { Completed = 0, Abandoned = 1, Withdrawn = 2 });
letters!(GainSource { Probe = 0, NextQuestion = 1, LaterSession = 2 });

fields!(ExposureRecord { experiment, version, variant, first_at, before, tallied } later {
    retention, left_out
});
fields!(LearnerRetention { short, long });
fields!(Recalled { asked, right });
fields!(Totals {
    probes,
    probe_sum_micros,
    answered,
    grade_sum_micros,
    rewards,
    reward_sum_micros,
    minutes,
    completed,
});
fields!(Outcomes { probe_success, completed, progress, raw_success, reward, minutes });

impl Wire for Results {
    fn write(&self, out: &mut Writer<'_>) {
        self.bits().write(out);
        self.count().write(out);
    }

    fn read(from: &mut SnapshotReader<'_>) -> Result<Self, CodecFault> {
        let (bits, count) = (Wire::read(from)?, Wire::read(from)?);
        Self::from_parts(bits, count).ok_or(CodecFault::Range("results"))
    }

    fn describe(layout: &mut SnapshotLayout) {
        layout.word("Results bits count");
    }
}

/// The layout of a learner: what each has, then the sections that came later.
pub(super) fn describe(layout: &mut SnapshotLayout) {
    LearnerState::describe(layout);
    layout.word("later outcomes");
    Vec::<(CourseId, CourseOutcome)>::describe(layout);
    layout.word("later supports");
    Vec::<(CourseId, Vec<OpenSupport>)>::describe(layout);
    layout.word("later plans");
    Vec::<(CourseId, LearnerPlan)>::describe(layout);
    layout.word("later retention");
    Vec::<(CourseId, Vec<LearnerRetention>)>::describe(layout);
    layout.word("later viewings");
    Vec::<(CourseId, Vec<Viewing>)>::describe(layout);
    layout.word("later left_out");
    Vec::<(CourseId, Vec<bool>)>::describe(layout);
    layout.word("later test");
    bool::describe(layout);
}

/// How many of the sections that came later a learner needs: 1, the outcomes of courses; 2, the
/// supports that wait; 3, plans; 4, retention in experiments; 5, what was watched of videos; 6, being
/// left out of experiments; 7, that it is a test learner.
pub(super) fn sections(learner: &LearnerState) -> usize {
    let mut courses = learner.courses.values();
    if learner.test {
        7
    } else if courses.clone().any(|course| is_left_out(course)) {
        6
    } else if courses.clone().any(|course| !course.progress.viewings.is_empty()) {
        5
    } else if courses.clone().any(|course| was_measured(course)) {
        4
    } else if courses.clone().any(|course| course.plan.is_some()) {
        3
    } else if courses.clone().any(|course| !course.supports.is_empty()) {
        2
    } else {
        usize::from(courses.any(|course| course.progress.outcome.is_some()))
    }
}

/// Whether retention was measured in an experiment of a course.
fn was_measured(course: &LearnerCourse) -> bool {
    course.exposures.iter().any(|record| !record.retention.is_empty())
}

/// Whether an experiment of a course leaves the learner out.
fn is_left_out(course: &LearnerCourse) -> bool {
    course.exposures.iter().any(|record| record.left_out)
}

/// Writes so many of the sections that came later.
pub(super) fn write_sections(learner: &LearnerState, sections: usize, out: &mut Writer<'_>) {
    if sections >= 1 {
        let courses = learner.courses.iter();
        let outcomes: Vec<_> = courses
            .filter_map(|(id, course)| Some((id, course.progress.outcome.as_deref()?)))
            .collect();
        out.unsigned(outcomes.len() as u64);
        for (course, outcome) in outcomes {
            course.write(out);
            outcome.write(out);
        }
    }
    if sections >= 2 {
        let helped = learner.courses.iter().filter(|(_, course)| !course.supports.is_empty());
        out.unsigned(helped.clone().count() as u64);
        for (id, course) in helped {
            id.write(out);
            course.supports.write(out);
        }
    }
    if sections >= 3 {
        let planned = learner.courses.iter().filter(|(_, course)| course.plan.is_some());
        out.unsigned(planned.clone().count() as u64);
        for (id, plan) in planned.filter_map(|(id, course)| Some((id, course.plan.as_deref()?))) {
            id.write(out);
            plan.write(out);
        }
    }
    if sections >= 4 {
        let measured = learner.courses.iter().filter(|(_, course)| was_measured(course));
        out.unsigned(measured.clone().count() as u64);
        for (id, course) in measured {
            id.write(out);
            course.exposures.iter().for_each(|record| record.retention.write(out));
        }
    }
    if sections >= 5 {
        let courses = learner.courses.iter();
        let viewed = courses.filter(|(_, course)| !course.progress.viewings.is_empty());
        out.unsigned(viewed.clone().count() as u64);
        for (id, course) in viewed {
            id.write(out);
            course.progress.viewings.write(out);
        }
    }
    if sections >= 6 {
        let left_out = learner.courses.iter().filter(|(_, course)| is_left_out(course));
        out.unsigned(left_out.clone().count() as u64);
        for (id, course) in left_out {
            id.write(out);
            course.exposures.iter().for_each(|record| record.left_out.write(out));
        }
    }
    if sections >= 7 {
        learner.test.write(out);
    }
}

/// Reads so many of the sections that came later into a learner.
pub(super) fn read_sections(
    learner: &mut LearnerState,
    sections: usize,
    from: &mut SnapshotReader<'_>,
) -> Result<(), CodecFault> {
    if sections >= 1 {
        for _ in 0..from.count()? {
            let course = CourseId::read(from)?;
            let outcome = CourseOutcome::read(from)?;
            let known = learner.courses.get_mut(&course).ok_or(CodecFault::Range("an outcome"))?;
            known.progress.outcome = Some(Box::new(outcome));
        }
    }
    if sections >= 2 {
        for _ in 0..from.count()? {
            let course = CourseId::read(from)?;
            let supports = Wire::read(from)?;
            let known = learner.courses.get_mut(&course).ok_or(CodecFault::Range("supports"))?;
            known.supports = supports;
        }
    }
    if sections >= 3 {
        for _ in 0..from.count()? {
            let course = CourseId::read(from)?;
            let plan = LearnerPlan::read(from)?;
            let known = learner.courses.get_mut(&course).ok_or(CodecFault::Range("a plan"))?;
            known.plan = Some(Box::new(plan));
        }
    }
    if sections >= 4 {
        for _ in 0..from.count()? {
            let course = CourseId::read(from)?;
            let known = learner.courses.get_mut(&course).ok_or(CodecFault::Range("retention"))?;
            for record in &mut known.exposures {
                record.retention = Wire::read(from)?;
            }
        }
    }
    if sections >= 5 {
        for _ in 0..from.count()? {
            let course = CourseId::read(from)?;
            let viewings = Wire::read(from)?;
            let known = learner.courses.get_mut(&course).ok_or(CodecFault::Range("viewings"))?;
            known.progress.viewings = viewings;
        }
    }
    if sections >= 6 {
        for _ in 0..from.count()? {
            let course = CourseId::read(from)?;
            let known = learner.courses.get_mut(&course).ok_or(CodecFault::Range("left out"))?;
            for record in &mut known.exposures {
                record.left_out = Wire::read(from)?;
            }
        }
    }
    if sections >= 7 {
        learner.test = Wire::read(from)?;
    }
    Ok(())
}

/// Checks what the engine relies on without looking: the tables it searches by bisection are sorted.
pub(super) fn check(learner: &LearnerState) -> Result<(), CodecFault> {
    check_belief(&learner.belief)?;
    for course in learner.courses.values() {
        let LearnerCourse { progress, decisions, strategy, supports, .. } = &**course;
        let activities = progress.activities.iter().map(|entry| entry.activity);
        increasing(activities, "the activities")?;
        increasing(progress.skills.iter().map(|entry| entry.skill), "the results")?;
        decisions.open.iter().try_for_each(|open| check_belief(&open.origin.before))?;
        strategy.iter().try_for_each(|strategy| check_belief(&strategy.before))?;
        supports.iter().try_for_each(|open| check_belief(&open.before))?;
    }
    Ok(())
}

fn check_belief(belief: &Belief) -> Result<(), CodecFault> {
    increasing(belief.questions.iter().map(|count| count.question), "the questions")
        .and_then(|()| increasing(belief.skills.iter().map(|skill| skill.skill), "the skills"))
}

fn increasing<K: Ord>(
    keys: impl Iterator<Item = K>,
    table: &'static str,
) -> Result<(), CodecFault> {
    if keys.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(CodecFault::Order(table)) }
}
