//! An example of every request, for API documents. Together they are one story, in the course that
//! [`course`] publishes; a test of the server sends all of them.

use crate::events::EventType;
use serde_json::{Value, json};

/// A course file that has every part a course may have.
#[must_use]
pub fn course() -> Value {
    json!({
        "format": 1, "id": "fractions", "version": 1, "title": "Halves and quarters",
        "language": "en", "description": "What a half and a quarter are.", "licence": "CC0-1.0",
        "skills": [
            {"id": "halves", "title": "Halves"},
            {"id": "quarters", "title": "Quarters", "requires": ["halves"]}
        ],
        "modules": [
            {"id": "start", "title": "Where you stand", "activities": [
                {"id": "placement", "kind": "placement", "title": "What you know already",
                    "skills": ["halves", "quarters"], "difficulty": 0.5, "minutes": 3.0,
                    "placement": {"questions_min": 1, "questions_max": 4, "gain_min": 0.02,
                        "error_max": 0.4}}
            ]},
            {"id": "halving", "title": "Halving", "activities": [
                {"id": "halves-video", "kind": "video", "title": "What a half is",
                    "skills": ["halves"], "difficulty": 0.2, "minutes": 2.0, "required": true,
                    "video": {"seconds": 120.0, "url": "https://example.org/halves.mp4",
                        "script": "Two halves make a whole."}},
                {"id": "halves-practice", "kind": "exercise", "title": "Halve it",
                    "skills": ["halves"], "difficulty": 0.4, "minutes": 5.0, "required": true,
                    "requires": ["halves-video"], "remedial": ["halves-video"],
                    "advanced": ["quarters-quiz"],
                    "questions": [
                        {"id": "half-of-four", "kind": "single", "prompt": "What is half of 4?",
                            "options": {"a": "1", "b": "2", "c": "3"}, "answer": "b",
                            "skills": ["halves"], "difficulty": 0.3,
                            "hints": ["Share it between two."],
                            "explanation": "2 and 2 make 4.",
                            "supports": supports()},
                        {"id": "half-of-one", "kind": "numeric", "prompt": "Half of 1, as decimal?",
                            "answer": 0.5, "tolerance": 0.001}
                    ]}
            ]},
            {"id": "quartering", "title": "Quartering", "activities": [
                {"id": "quarters-reading", "kind": "reading", "title": "What a quarter is",
                    "skills": ["quarters"], "difficulty": 0.3, "minutes": 2.0,
                    "text": "A quarter is half of a half."},
                {"id": "quarters-quiz", "kind": "quiz", "title": "Quarters",
                    "skills": ["quarters"], "difficulty": 0.6, "minutes": 4.0, "required": true,
                    "questions": [
                        {"id": "which-quarters", "kind": "multiple",
                            "prompt": "Which of these are a quarter?",
                            "options": {"a": "2 of 8", "b": "2 of 4", "c": "25 %"},
                            "answer": ["a", "c"]},
                        {"id": "name-of-half-a-half", "kind": "text",
                            "prompt": "What is half of a half called?",
                            "answer": ["quarter", "a quarter"]}
                    ]}
            ]}
        ],
        "path": ["placement", "halves-video", "halves-practice", "quarters-reading",
            "quarters-quiz"],
        "reward": {
            "clip": 1.0,
            "gain": {"weight": 1.0, "within_days": 7.0, "aggregate": "earliest"},
            "delayed_gain": {"weight": 0.5, "after_days": 1.0, "within_days": 7.0},
            "success": {"weight": 0.2, "aggregate": "mean"},
            "cost": {"weight": 0.05},
            "abandonment": {"weight": 0.5},
            "components": [{"name": "teacher-mark", "weight": 0.3, "within_days": 14.0,
                "aggregate": "latest", "missing": 0.0, "min": 0.0, "max": 1.0}]
        },
        "probes": {"share": 0.1},
        "pacing": {"session_minutes_max": 30.0},
        "goal": {"skills": ["halves", "quarters"], "success": 0.75},
        "ends": {"minutes": 60.0}
    })
}

fn supports() -> Value {
    json!([
        {"id": "share", "kind": "hint", "text": "Share it between two."},
        {"id": "half-of-six", "kind": "worked_example",
            "text": "Half of 6 is 3, because 3 and 3 make 6."},
        {"id": "film", "kind": "remedial_activity", "activity": "halves-video"}
    ])
}

/// An event of a type, with every field that it may have.
#[must_use]
pub fn event(kind: EventType) -> Value {
    let mut event = json!({
        "id": format!("event-{}", kind.word().replace('_', "-")), "v": 1, "learner": "learner-1",
        "course": "fractions", "course_version": 1, "type": kind.word()
    });
    let fields = match kind {
        EventType::Enrolled => json!({"test": false}),
        EventType::SessionStarted | EventType::SessionEnded => json!({}),
        EventType::ActivityStarted | EventType::ActivityCompleted | EventType::ActivitySkipped => {
            json!({"activity": "halves-video"})
        }
        EventType::VideoProgressed => {
            json!({"activity": "halves-video", "segments": [[0.0, 30.5], [60.0, 120.0]]})
        }
        EventType::QuestionAnswered => json!({
            "activity": "halves-practice", "question": "half-of-four", "response": "b",
            "duration_ms": 8500, "hints": 0, "attempt": 1, "probe": false
        }),
        EventType::QuizCompleted => json!({"activity": "quarters-quiz", "grade": 0.75}),
        EventType::Feedback => {
            json!({"activity": "halves-video", "rating": 5, "comment": "Now I see."})
        }
    };
    if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
        event.extend(fields);
    }
    event
}

/// A batch with one event of each type.
#[must_use]
pub fn events() -> Value {
    json!({"events": EventType::ALL.map(event)})
}

/// A decision with all that a site may say.
#[must_use]
pub fn decision() -> Value {
    json!({
        "learner": "learner-1", "course": "fractions", "decision_id": "decision-1",
        "candidates": ["halves-video", "halves-practice", "quarters-reading", "quarters-quiz"],
        "exclude": ["placement"],
        "context": {"device": "phone", "class_size": 24, "accommodations": true},
        "client": {"name": "classroom-plugin", "version": "2.4.1"}
    })
}

/// Requests for the next activities of two learners.
#[must_use]
pub fn decision_batch() -> Value {
    json!({"decisions": [
        {"learner": "learner-1", "course": "fractions", "decision_id": "decision-2", "count": 3},
        {"learner": "learner-2", "course": "fractions", "decision_id": "decision-3"}
    ]})
}

/// Help with a question.
#[must_use]
pub fn support() -> Value {
    json!({
        "learner": "learner-1", "course": "fractions", "question": "half-of-four",
        "reason": "asked", "decision_id": "decision-1", "support_id": "support-1"
    })
}

/// That a decision was shown, now.
#[must_use]
pub fn exposure() -> Value {
    json!({})
}

/// A value of a component of a decision's reward.
#[must_use]
pub fn reward() -> Value {
    json!({"id": "mark-1", "component": "teacher-mark", "value": 0.8})
}

/// The values of two decisions.
#[must_use]
pub fn reward_batch() -> Value {
    json!({"rewards": [
        {"decision_id": "decision-2", "id": "mark-2", "component": "teacher-mark", "value": 0.6},
        {"decision_id": "decision-3", "id": "mark-3", "component": "teacher-mark", "value": 0.9}
    ]})
}

/// A cap on an activity for one learner.
#[must_use]
pub fn constraint() -> Value {
    json!({
        "course": "fractions", "learner": "learner-1", "rule": "cap", "shown_max": 3,
        "activity": "quarters-quiz", "reason": "its sound is broken", "by": "Ms Keller",
        "expires_at": "2100-01-01T00:00:00Z"
    })
}

/// The end of a constraint.
#[must_use]
pub fn lift() -> Value {
    json!({"reason": "the sound is repaired", "by": "Ms Keller"})
}

/// The kill switch of one course, on.
#[must_use]
pub fn switch() -> Value {
    json!({"course": "fractions", "thrown": true, "reason": "rewards fell by half"})
}

/// The revocation of a key.
#[must_use]
pub fn revoke_key() -> Value {
    json!({"name": "the old site"})
}

/// A batch of a source.
#[must_use]
pub fn source_batch() -> Value {
    json!({"partition": "clicks/0", "next": 4712, "records": [{"position": 4711, "event": event(EventType::Enrolled)}]})
}

/// The erasure of a learner.
#[must_use]
pub fn erase() -> Value {
    json!({"reason": "the parents asked for it", "by": "the school office"})
}

/// The second grade of an essay.
#[must_use]
pub fn correction() -> Value {
    json!({"grades": [{"event": "event-question-answered", "grade": 0.8}],
        "reason": "second reading", "dry_run": true})
}

/// A question whose answer key was mended.
#[must_use]
pub fn regrade() -> Value {
    json!({"reason": "the key of one question was wrong", "dry_run": true})
}

/// Consent to exploration, withdrawn.
#[must_use]
pub fn consent() -> Value {
    json!({"exploration": false, "by": "the parents", "reason": "asked at the parents' evening"})
}

/// A group of learners.
#[must_use]
pub fn class() -> Value {
    json!({"learners": ["learner-1", "learner-2"]})
}

/// A comparison of two policies.
#[must_use]
pub fn experiment() -> Value {
    json!({
        "id": "path-or-bandit", "version": 1, "course": "fractions", "planned_learners": 1000,
        "variants": [{"name": "control", "policy": "static", "weight": 0.5},
            {"name": "bandit", "policy": "lin-ts", "weight": 0.5}]
    })
}

/// The end of an experiment.
#[must_use]
pub fn stop() -> Value {
    json!({"reason": "planned number of learners reached"})
}

/// A ramp to a tenth.
#[must_use]
pub fn share() -> Value {
    json!({"share": 0.1, "reason": "one class first"})
}

/// What an experiment came to.
#[must_use]
pub fn conclusion() -> Value {
    json!({"variant": "bandit", "reason": "better in the closing check, and no group is worse off"})
}

/// A training that publishes nothing.
#[must_use]
pub fn training() -> Value {
    json!({"answers_min": 20, "learners_min": 10, "folds": 5, "seed": 1, "answers_max": 2000000,
        "dry_run": true})
}

/// A version of what a policy has learned.
#[must_use]
pub fn policy_version() -> Value {
    json!({"course": "fractions", "reason": "before the spring term"})
}

/// An example of a promotion.
#[must_use]
pub fn promote() -> Value {
    let interval = |low: f64, high: f64| json!({"low": low, "high": high});
    let family = |name: &str| {
        json!({"family": name, "above_static": interval(0.01, 0.05),
            "above_mastery": interval(-0.01, 0.03)})
    };
    let guardrail = |name: &str| json!({"guardrail": name, "limit": 0.05, "above_served": interval(-0.02, 0.03)});
    let families = ["steady", "forgetful", "guesser", "mixed"];
    let guardrails = ["reward", "success", "finished"];
    json!({
        "course": "fractions",
        "share": 0.01,
        "evidence": {
            "course": "fractions",
            "policy": "mastery",
            "families": families.map(|name| family(&format!("{name} in het:300"))),
            "log": {
                "refused": [],
                "gain_above_served": interval(0.004, 0.019),
                "guardrails": guardrails.map(guardrail),
            },
        },
        "reason": "it passed the gate",
    })
}

/// A return to an older version.
#[must_use]
pub fn rollback() -> Value {
    json!({"course": "fractions", "version": 1, "reason": "rewards fell since version 7"})
}

/// An apprentice with its terms.
#[must_use]
pub fn mode() -> Value {
    json!({
        "course": "fractions", "mode": "apprentice", "reason": "let it watch first",
        "apprentice": {"baseline": "static", "agreement": 0.8, "decisions": 500, "learners": 30,
            "graduation": "asked"}
    })
}

/// A share of learners who are held out.
#[must_use]
pub fn holdout() -> Value {
    json!({"course": "fractions", "share": 0.05, "reason": "the class has thirty learners"})
}
