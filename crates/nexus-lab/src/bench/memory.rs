//! What a learner costs in memory, by the growth of this process, and encoded.

use super::Effort;
use super::figure::{Figure, Unit};
use super::school::{BenchSchool, Size};
use anyhow::Context;
use nexus_engine::catalog::Course;
use nexus_engine::ids::{ActivityId, LearnerId};
use nexus_engine::workspace::LearnerState;
use nexus_store::codec::{decode_learner, encode_learner};
use std::collections::BTreeMap;

/// What the design allows for a cached learner with 30 skills.
const BUDGET_BYTES: f64 = 1_536.0;
/// A skill an exercise: 30 skills, 30 activities, 60 answers a learner.
const COURSE: Size = Size { skills: 30, open: 1, closed: 120 };

/// Learners as the node keeps them.
type Kept = BTreeMap<LearnerId, LearnerState>;

/// The figures of this subject.
pub(super) fn measure(effort: &Effort) -> anyhow::Result<Vec<Figure>> {
    let mut school = BenchSchool::new(COURSE)?;
    let course = school.published()?;
    let activities = practice(&course);
    let each = (effort.learners / effort.rounds).max(1);
    let (mut grown, mut loaded) = (Kept::new(), Kept::new());
    let mut rounds = Rounds::default();
    // Nothing is given back between the rounds, or the next would grow into what the last left.
    for round in 0..effort.rounds {
        let before = resident_bytes()?;
        for number in 0..each {
            let id = LearnerId::new(&format!("learner-{round}-{number}"))?;
            let learner = school.practised(id.clone(), &course, &activities)?;
            grown.insert(id, learner);
        }
        let between = resident_bytes()?;
        let encoded = load_anew(round, &grown, &mut loaded)?;
        let after = resident_bytes()?;
        rounds.grown.push((between - before) / each as f64);
        rounds.loaded.push((after - between) / each as f64);
        rounds.encoded.push(encoded);
    }
    Ok(rounds.figures())
}

#[derive(Default)]
struct Rounds {
    grown: Vec<f64>,
    loaded: Vec<f64>,
    encoded: Vec<f64>,
}

impl Rounds {
    fn figures(self) -> Vec<Figure> {
        let beside = "the same learner encoded for a checkpoint";
        let grown = "resident bytes of a learner who came event by event: 30 skills, 30 \
                     activities, 60 answers";
        let loaded = "resident bytes of the same learner loaded from a checkpoint";
        vec![
            Figure::new("memory.resident", grown, Unit::Bytes, self.grown)
                .within(BUDGET_BYTES)
                .beside(beside, &self.encoded),
            Figure::new("memory.resident.loaded", loaded, Unit::Bytes, self.loaded)
                .within(BUDGET_BYTES)
                .beside(beside, &self.encoded),
            Figure::new(
                "memory.encoded",
                "bytes of a learner in a checkpoint",
                Unit::Bytes,
                self.encoded,
            ),
        ]
    }
}

/// The first exercise or quiz of each skill, so that 30 of them exercise all 30 skills.
fn practice(course: &Course) -> Vec<ActivityId> {
    let mut known = vec![false; course.skills.len()];
    let mut chosen = Vec::new();
    for activity in course.activities.iter().filter(|activity| !activity.questions.is_empty()) {
        if let Some(first) = activity.skills.first().filter(|skill| !known[**skill]) {
            known[*first] = true;
            chosen.push(activity.id.clone());
        }
    }
    chosen
}

/// Loads this round's learners from their bytes, as the node does, and answers with their mean
/// size. One buffer is used for all, so that it does not count as a learner's.
fn load_anew(round: usize, grown: &Kept, loaded: &mut Kept) -> anyhow::Result<f64> {
    let mut bytes = Vec::new();
    let (mut total, mut count) = (0_usize, 0_usize);
    let prefix = format!("learner-{round}-");
    for learner in grown.values().filter(|learner| learner.id.as_str().starts_with(&prefix)) {
        bytes.clear();
        encode_learner(learner, &mut bytes);
        total += bytes.len();
        count += 1;
        let learner = decode_learner(&bytes)?;
        loaded.insert(learner.id.clone(), learner);
    }
    Ok(total as f64 / count.max(1) as f64)
}

/// How much of this process is in memory.
fn resident_bytes() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status");
    let status = status.context("this system does not say how much memory a process has")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    Ok(kib.context("VmRSS is not a number")? * 1_024.0)
}
