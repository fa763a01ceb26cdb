//! Publishing tracing parameters: what is refused, what changes, and that replay comes to the same.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, QuestionDraft, SkillDraft,
};
use nexus_engine::event::{Action, Entry, Event};
use nexus_engine::ids::{CourseId, EventId, LearnerId, QuestionId, QuestionKey, SkillKey};
use nexus_engine::learner::belief::Gaussian;
use nexus_engine::learner::tracing::QuestionParameters;
use nexus_engine::learner::tracing_version::{
    LINEAGE_MAX, TracingLineage, TracingOrigin, TracingVersion, TrainingRun,
};
use nexus_engine::learner::training::{TrainingOptions, TrainingReport};
use nexus_engine::time::{MINUTE_MICROS, Timestamp};
use nexus_engine::workspace::{
    LearnerState, Proposal, ProposedAction, ProposedAnswer, Refusal, SharedState,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn draft() -> CourseDraft {
    let question = |id: &str| QuestionDraft {
        id: id.to_owned(),
        kind: "numeric".to_owned(),
        prompt: "How many?".to_owned(),
        answer: AnswerDraft::Number(2.0),
        explanation: "Two.".to_owned(),
        ..QuestionDraft::default()
    };
    let exercise = ActivityDraft {
        id: "drill".to_owned(),
        kind: "exercise".to_owned(),
        title: "Drill".to_owned(),
        skills: vec!["add".to_owned()],
        difficulty: 0.5,
        minutes: 5.0,
        required: true,
        questions: ["q0", "q1", "q2", "q3"].map(question).to_vec(),
        ..ActivityDraft::default()
    };
    CourseDraft {
        format: 1,
        id: "sums".to_owned(),
        version: 1,
        title: "Sums".to_owned(),
        language: "en".to_owned(),
        description: "Sums.".to_owned(),
        licence: "CC0-1.0".to_owned(),
        skills: vec![SkillDraft {
            id: "add".to_owned(),
            title: "Adding".to_owned(),
            requires: Vec::new(),
        }],
        modules: vec![ModuleDraft {
            id: "m".to_owned(),
            title: "M".to_owned(),
            activities: vec![exercise],
        }],
        path: Vec::new(),
        ..CourseDraft::default()
    }
}

/// All state, and the entries that made it.
#[derive(Clone, Default)]
struct PublicationRoom {
    shared: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
    entries: Vec<Entry>,
}

impl PublicationRoom {
    fn new() -> Self {
        let mut school = Self::default();
        school.add(Event::CoursePublished(Box::new(draft())));
        school
    }

    fn apply(&mut self, entry: &Entry) {
        let learner = entry
            .event
            .learner()
            .cloned()
            .map(|id| self.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id)));
        self.shared.apply(learner, entry);
    }

    fn add(&mut self, event: Event) {
        let seq = self.entries.len() as u64 + 1;
        let id = EventId::new(&format!("e{seq}")).unwrap();
        let received_at = Timestamp(seq as i64 * MINUTE_MICROS);
        let entry = Entry { seq, id, received_at, event };
        self.apply(&entry);
        self.entries.push(entry);
    }

    /// Answers with what was predicted.
    fn answer(&mut self, learner: u8, question: u8, right: bool) -> f64 {
        let learner = LearnerId::new(&format!("l{learner}")).unwrap();
        let state = self.learners.get(&learner).cloned();
        let state = state.unwrap_or_else(|| LearnerState::new(learner.clone()));
        let answer = ProposedAnswer {
            activity: None,
            question: QuestionId::new(&format!("q{question}")).unwrap(),
            correct: Some(right),
            grade: None,
            response: None,
            duration_ms: None,
            hints: 0,
            attempt: None,
            probe: false,
        };
        let proposal = Proposal {
            learner,
            course: CourseId::new("sums").unwrap(),
            course_version: None,
            occurred_at: None,
            decision: None,
            action: ProposedAction::Answered(answer),
        };
        let at = Timestamp((self.entries.len() as i64 + 1) * MINUTE_MICROS);
        let event = self.shared.admit(&state, proposal, at).unwrap();
        let predicted = predicted(&event).unwrap();
        self.add(event);
        predicted
    }

    /// The next version, with every question moved by so many logits.
    fn version(&self, logits: f64) -> TracingVersion {
        let mut model = self.shared.tracing.clone();
        model.questions.values_mut().for_each(|question| question.easiness.mean += logits);
        let parent = self.shared.tracing_version();
        let lineage = TracingLineage {
            version: parent + 1,
            parent,
            through: self.shared.head,
            origin: TracingOrigin::Trained(run()),
            asked_by: "a test".to_owned(),
            digest: [7; 32],
        };
        TracingVersion { lineage, model }
    }

    fn publish(&mut self, version: TracingVersion) {
        assert_eq!(self.shared.admit_tracing(&version), Ok(()));
        self.add(Event::TracingTrained(Box::new(version)));
    }
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
    let mut school = PublicationRoom::new();
    school.answer(0, 0, true);
    school.publish(school.version(0.5));
    let mut version = school.version(0.25);
    change(&mut version);
    let refusal = school.shared.admit_tracing(&version).map_err(|refusal| {
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
    let mut school = PublicationRoom::new();
    school.answer(0, 0, true);
    let fitted = school.version(0.5).model;
    school.answer(0, 1, true);
    let completed = fitted.clone().completed_from(&school.shared.tracing);
    assert_eq!(completed.questions[&QuestionKey(0)], fitted.questions[&QuestionKey(0)]);
    let served = school.shared.tracing.questions[&QuestionKey(1)];
    assert_eq!(completed.questions[&QuestionKey(1)], served);
}

#[test]
fn serving_goes_on_from_what_was_published() {
    let mut school = PublicationRoom::new();
    for learner in 0..9 {
        school.answer(learner, learner % 4, true);
    }
    let mut without = school.clone();
    school.publish(school.version(-2.0));
    let before = school.shared.tracing.questions[&QuestionKey(0)].easiness;
    assert!(school.answer(20, 0, false) < without.answer(20, 0, false) - 0.1);
    let after = school.shared.tracing.questions[&QuestionKey(0)].easiness;
    assert!(after.mean < before.mean && after.variance < before.variance);
}

#[test]
fn the_list_of_versions_is_bounded_and_their_numbers_are_not() {
    let mut school = PublicationRoom::new();
    for _ in 0..LINEAGE_MAX + 5 {
        school.publish(school.version(0.0));
    }
    assert_eq!(school.shared.tracing_versions.len(), LINEAGE_MAX);
    assert_eq!(school.shared.tracing_version() as usize, LINEAGE_MAX + 5);
    let stale = TracingVersion {
        lineage: TracingLineage { parent: 0, ..school.version(0.0).lineage },
        ..school.version(0.0)
    };
    let refusal = school.shared.admit_tracing(&stale);
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
        let mut school = PublicationRoom::new();
        let place = place.index(answers.len());
        for (position, (learner, question, right)) in answers.into_iter().enumerate() {
            school.answer(learner, question, right);
            if position == place {
                let (learners, entries) = (school.learners.clone(), school.entries.clone());
                school.publish(school.version(logits));
                prop_assert_eq!(&learners, &school.learners);
                prop_assert_eq!(&entries[..], &school.entries[..entries.len()]);
            }
        }
        let mut again = PublicationRoom::default();
        school.entries.iter().for_each(|entry| again.apply(entry));
        prop_assert_eq!(&again.shared, &school.shared);
        prop_assert_eq!(&again.learners, &school.learners);
    }
}
