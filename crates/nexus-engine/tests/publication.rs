//! Publishing tracing parameters: what is refused, what changes, and that replay comes to the same.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::event::{Action, Event};
use nexus_engine::ids::{QuestionKey, SkillKey};
use nexus_engine::learner::belief::Gaussian;
use nexus_engine::learner::tracing::QuestionParameters;
use nexus_engine::learner::tracing_version::{
    LINEAGE_MAX, TracingLineage, TracingOrigin, TracingVersion, TrainingRun,
};
use nexus_engine::learner::training::{TrainingOptions, TrainingReport};
use nexus_engine::workspace::Refusal;
use nexus_testkit::Story;
use nexus_testkit::course::{ActivityBuilder, CourseBuilder, course, exercise};
use proptest::prelude::*;

fn draft() -> CourseDraft {
    course("sums").teaches([exercise("drill", "add").asks(["q0", "q1", "q2", "q3"])])
}

/// Answers with what was predicted.
fn answer(story: &mut Story, learner: u8, question: u8, right: bool) -> f64 {
    story.learner(&format!("l{learner}")).answers(&format!("q{question}"), right);
    predicted(&story.journal.last().unwrap().event).unwrap()
}

/// The next version, with every question moved by so many logits.
fn version(story: &Story, logits: f64) -> TracingVersion {
    let mut model = story.state().tracing.clone();
    model.questions.values_mut().for_each(|question| question.easiness.mean += logits);
    let parent = story.state().tracing_version();
    let lineage = TracingLineage {
        version: parent + 1,
        parent,
        through: story.state().head,
        origin: TracingOrigin::Trained(run()),
        asked_by: "a test".to_owned(),
        digest: [7; 32],
    };
    TracingVersion { lineage, model }
}

fn publish(story: &mut Story, version: TracingVersion) {
    assert_eq!(story.state().admit_tracing(&version), Ok(()));
    story.enters(Event::TracingTrained(Box::new(version)));
}

fn predicted(event: &Event) -> Option<f64> {
    let Event::Happened(happening) = event else { return None };
    let Action::QuestionAnswered(answer) = &happening.action else { return None };
    Some(answer.evidence.predicted)
}

fn run() -> TrainingRun {
    TrainingRun {
        options: TrainingOptions::default(),
        answers_max: 100,
        answers_left_out: 0,
        report: TrainingReport {
            answers: 10,
            learners: 5,
            questions_fitted: 4,
            questions_below_floor: 0,
            skills_refused: 0,
            shift: 0.1,
            variance: 0.9,
            log_loss_serving: 0.6,
            log_loss_fitted: 0.5,
        },
    }
}

fn check(change: impl FnOnce(&mut TracingVersion), expected: &str) {
    let mut story = Story::of(draft());
    answer(&mut story, 0, 0, true);
    let next = version(&story, 0.5);
    publish(&mut story, next);
    let mut version = version(&story, 0.25);
    change(&mut version);
    let refusal = story.state().admit_tracing(&version).map_err(|refusal| {
        assert!(!refusal.to_string().is_empty() && refusal.to_string() != refusal.code());
        refusal.code()
    });
    assert_eq!(refusal.err().unwrap_or("published"), expected);
}

#[test]
fn what_is_not_a_next_version_is_refused() {
    check(|_| (), "published");
    check(|version| version.lineage.version = 1, "tracing_version_out_of_order");
    check(|version| version.lineage.version = 3, "tracing_version_out_of_order");
    check(|version| version.lineage.parent = 0, "tracing_parent_replaced");
    check(|version| version.lineage.through = 99, "tracing_ahead");
    let set = |key: u32, mean: f64, variance: f64| {
        move |version: &mut TracingVersion| {
            let easiness = Gaussian { mean, variance };
            let parameters = QuestionParameters { easiness, ..QuestionParameters::prior(0.0) };
            version.model.questions.insert(QuestionKey(key), parameters);
        }
    };
    check(set(3, 0.0, 0.5), "published");
    check(set(4, 0.0, 0.5), "tracing_unknown_key");
    for (mean, variance) in
        [(f64::NAN, 0.5), (8.1, 0.5), (0.0, 0.0), (0.0, -1.0), (0.0, 4.1), (0.0, f64::INFINITY)]
    {
        check(set(0, mean, variance), "tracing_out_of_range");
    }
    check(
        |version| {
            let parameters = version.model.skills[&SkillKey(0)];
            version.model.skills.insert(SkillKey(1), parameters);
        },
        "tracing_unknown_key",
    );
    check(
        |version| {
            let parameters = version.model.skills.get_mut(&SkillKey(0));
            parameters.unwrap().terms[2].mean = f64::NEG_INFINITY;
        },
        "tracing_out_of_range",
    );
    check(|version| version.model.weights[8].variance = f64::NAN, "tracing_out_of_range");
    check(
        |version| {
            let report = TrainingReport { shift: f64::NAN, ..run().report };
            version.lineage.origin = TracingOrigin::Trained(TrainingRun { report, ..run() });
        },
        "tracing_out_of_range",
    );
}

#[test]
fn what_a_fit_did_not_read_keeps_what_serving_learned() {
    let mut story = Story::of(draft());
    answer(&mut story, 0, 0, true);
    let fitted = version(&story, 0.5).model;
    answer(&mut story, 0, 1, true);
    let completed = fitted.clone().completed_from(&story.state().tracing);
    assert_eq!(completed.questions[&QuestionKey(0)], fitted.questions[&QuestionKey(0)]);
    let served = story.state().tracing.questions[&QuestionKey(1)];
    assert_eq!(completed.questions[&QuestionKey(1)], served);
}

#[test]
fn serving_goes_on_from_what_was_published() {
    let mut story = Story::of(draft());
    for learner in 0..9 {
        answer(&mut story, learner, learner % 4, true);
    }
    let mut without = story.clone();
    let next = version(&story, -2.0);
    publish(&mut story, next);
    let before = story.state().tracing.questions[&QuestionKey(0)].easiness;
    assert!(answer(&mut story, 20, 0, false) < answer(&mut without, 20, 0, false) - 0.1);
    let after = story.state().tracing.questions[&QuestionKey(0)].easiness;
    assert!(after.mean < before.mean && after.variance < before.variance);
}

#[test]
fn the_list_of_versions_is_bounded_and_their_numbers_are_not() {
    let mut story = Story::of(draft());
    for _ in 0..LINEAGE_MAX + 5 {
        let next = version(&story, 0.0);
        publish(&mut story, next);
    }
    assert_eq!(story.state().tracing_versions.len(), LINEAGE_MAX);
    assert_eq!(story.state().tracing_version() as usize, LINEAGE_MAX + 5);
    let stale = TracingVersion {
        lineage: TracingLineage { parent: 0, ..version(&story, 0.0).lineage },
        ..version(&story, 0.0)
    };
    let refusal = story.state().admit_tracing(&stale);
    assert!(matches!(refusal, Err(Refusal::TracingParentReplaced { parent: 0, .. })));
}

proptest! {
    /// Wherever a publication falls, replay comes to the same state bit for bit, the evidence of
    /// earlier answers stays, and no belief moves.
    #[test]
    fn replay_across_a_publication_is_identical(
        answers in prop::collection::vec((0_u8..4, 0_u8..4, any::<bool>()), 1..60),
        place in any::<prop::sample::Index>(),
        logits in -3.0..3.0_f64,
    ) {
        let mut story = Story::of(draft());
        let place = place.index(answers.len());
        for (position, (learner, question, right)) in answers.into_iter().enumerate() {
            answer(&mut story, learner, question, right);
            if position == place {
                let (learners, entries) = (story.fold.learners.clone(), story.journal.clone());
                let next = version(&story, logits);
    publish(&mut story, next);
                prop_assert_eq!(&learners, &story.fold.learners);
                prop_assert_eq!(&entries[..], &story.journal[..entries.len()]);
            }
        }
        story.assert_replays();
    }
}
