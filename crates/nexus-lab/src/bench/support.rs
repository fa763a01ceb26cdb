//! The choice of a support, as the node makes it: the rules, the estimates, the distribution, the draw.

use super::Effort;
use super::figure::{Figure, Unit};
use super::rounds::{Kernel, kernel, seconds};
use anyhow::anyhow;
use nexus_engine::catalog::draft::{
    ActivityDraft, ModuleDraft, QuestionDraft, SkillDraft, SupportDraft,
};
use nexus_engine::catalog::validation::{FORMAT, SUPPORTS_MAX};
use nexus_engine::catalog::{CourseDraft, SupportKind};
use nexus_engine::ids::{CourseId, DecisionId, LearnerId, PolicyId, QuestionId, SupportId};
use nexus_engine::seed::Seed;
use nexus_engine::support::bandit::KindSums;
use nexus_engine::support::{CourseSupports, HelpReason, SupportSums};
use nexus_engine::time::{SECOND_MICROS, Timestamp};
use nexus_engine::workspace::protocol::{Circumstances, Defaults, HelpAsk};
use nexus_engine::workspace::{LearnerState, SharedState};
use nexus_stats::random::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the design allows for a choice.
const BUDGET_SECONDS: f64 = 10e-6;
const USUAL: usize = 4;
const UNIFORM: &str = "a uniform draw over the same supports";
const COURSE: &str = "bench";
const QUESTION: &str = "hard";

/// A course with one question that offers so many supports, all of which have taught something.
fn taught(supports: usize) -> anyhow::Result<SharedState> {
    let kinds = ["hint", "worked_example", "explanation"];
    let mut offered = Vec::new();
    for place in 0..supports {
        offered.push(SupportDraft {
            id: format!("support-{place}"),
            kind: kinds[place % kinds.len()].to_owned(),
            text: Some("Count on your fingers.".to_owned()),
            activity: None,
        });
    }
    let question = QuestionDraft {
        id: QUESTION.to_owned(),
        kind: "text".to_owned(),
        prompt: "How many?".to_owned(),
        supports: offered,
        ..QuestionDraft::default()
    };
    let exercise = ActivityDraft {
        id: "exercise".to_owned(),
        kind: "exercise".to_owned(),
        title: "Exercise".to_owned(),
        skills: vec!["skill".to_owned()],
        difficulty: 0.5,
        minutes: 5.0,
        questions: vec![question],
        ..ActivityDraft::default()
    };
    let module = ModuleDraft {
        id: "module".to_owned(),
        title: "Module".to_owned(),
        activities: vec![exercise],
    };
    let draft = CourseDraft {
        format: FORMAT,
        id: COURSE.to_owned(),
        version: 1,
        title: "A course for measurements".to_owned(),
        language: "en".to_owned(),
        skills: vec![SkillDraft {
            id: "skill".to_owned(),
            title: "Skill".to_owned(),
            requires: Vec::new(),
        }],
        modules: vec![module],
        ..CourseDraft::default()
    };
    let mut state = SharedState::default();
    let published = state.publish(Arc::new(draft));
    published.map_err(|problems| anyhow!("the course is not valid: {problems:?}"))?;
    let mut sums = BTreeMap::new();
    for place in 0..supports {
        let known = SupportSums {
            served: 30,
            outcomes: 20,
            weight: 15.0,
            value: place as f64 / 10.0,
            ..SupportSums::default()
        };
        sums.insert(SupportId::new(&format!("support-{place}"))?, known);
    }
    let learned = CourseSupports {
        questions: BTreeMap::from([(QuestionId::new(QUESTION)?, sums)]),
        kinds: [KindSums { weight: 300.0, value: 20.0 }; SupportKind::ALL.len()],
        ..CourseSupports::default()
    };
    state.supports.insert(CourseId::new(COURSE)?, learned);
    Ok(state)
}

/// The choice for a learner, with another seed each time.
fn choice(state: &SharedState) -> anyhow::Result<Kernel<'_>> {
    let learner = LearnerState::new(LearnerId::new("learner-0")?);
    let ask = HelpAsk {
        id: DecisionId::new("bench")?,
        learner: learner.id.clone(),
        course: CourseId::new(COURSE)?,
        question: QuestionId::new(QUESTION)?,
        reason: HelpReason::Asked,
        decision: None,
    };
    let policy = PolicyId::new("static")?;
    let defaults = Defaults::of(policy);
    let (at, mut seed) = (Timestamp(1_700_000_000 * SECOND_MICROS), Seed(0));
    Ok(kernel(move || {
        seed.0 += 1;
        let around = Circumstances { at, seed, defaults: &defaults, is_taken: &|_| false };
        state.choose_support(&learner, &ask, &around).is_ok()
    }))
}

/// The figures of this subject.
pub(super) fn measure(effort: &Effort) -> anyhow::Result<Vec<Figure>> {
    let (usual, most) = (taught(USUAL)?, taught(SUPPORTS_MAX)?);
    let mut stream = Stream::new(2);
    let uniform = kernel(move || stream.below(USUAL as u64));
    let found = seconds(effort, vec![uniform, choice(&usual)?, choice(&most)?]);
    let named = [
        (
            "support.end_to_end",
            "rules, estimates, distribution and draw; a question with 4 supports",
        ),
        ("support.most", "the same with 16 supports, as many as a question may have"),
    ];
    let mut found = found.into_iter();
    let uniform = found.next().unwrap_or_default();
    let mut figures = Vec::new();
    for ((name, what), rounds) in named.into_iter().zip(found) {
        let figure = Figure::new(name, what, Unit::Seconds, rounds).beside(UNIFORM, &uniform);
        figures.push(if name == "support.end_to_end" {
            figure.within(BUDGET_SECONDS)
        } else {
            figure
        });
    }
    Ok(figures)
}
