//! Checks that need one field only: texts, ids, numbers, and what a kind demands.

use super::super::draft::{ActivityDraft, ModuleDraft, QuestionDraft, SkillDraft, VideoDraft};
use super::super::{ActivityKind, CourseDraft};
use super::place::quoted;
use super::{
    At, FORMAT, HINTS_MAX, ID_CHARS_MAX, LINE_CHARS_MAX, MINUTES_MAX, PARAGRAPH_CHARS_MAX,
    Problems, TEXT_CHARS_MAX, TITLE_CHARS_MAX, VIDEO_SECONDS_MAX, answers, placement, reward,
    supports,
};
use std::ops::RangeInclusive;

/// Reports every field that is wrong by itself.
pub(super) fn check_fields(draft: &CourseDraft, problems: &mut Problems) {
    check_header(draft, problems);
    let skills = At::Root.field("skills");
    if draft.skills.is_empty() {
        problems.add(skills, "missing", || "a course has at least one skill".into());
    }
    for (position, skill) in draft.skills.iter().enumerate() {
        check_skill(skills.index(position), skill, problems);
    }
    let modules = At::Root.field("modules");
    if draft.modules.is_empty() {
        problems.add(modules, "missing", || "a course has at least one module".into());
    }
    for (position, module) in draft.modules.iter().enumerate() {
        check_module(modules.index(position), module, problems);
    }
    if let Some(declared) = &draft.reward {
        reward::check_reward(At::Root.field("reward"), declared, problems);
    }
    if let Some(probes) = &draft.probes {
        reward::check_probes(At::Root.field("probes"), probes, problems);
    }
}

fn check_header(draft: &CourseDraft, problems: &mut Problems) {
    let root = At::Root;
    if draft.format != FORMAT {
        problems.add(root.field("format"), "unknown_format", || {
            format!("format {} is unknown; write `format: {FORMAT}`", draft.format)
        });
    }
    check_id(root.field("id"), &draft.id, problems);
    if draft.version == 0 {
        problems.add(root.field("version"), "out_of_range", || "versions count from 1".into());
    }
    check_text(root.field("title"), &draft.title, TITLE_CHARS_MAX, problems);
    check_language(root.field("language"), &draft.language, problems);
    check_length(root.field("description"), &draft.description, PARAGRAPH_CHARS_MAX, problems);
    check_length(root.field("licence"), &draft.licence, LINE_CHARS_MAX, problems);
}

fn check_language(at: At<'_>, language: &str, problems: &mut Problems) {
    const TAG_CHARS_MAX: usize = 35;
    let tag = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if language.is_empty() || language.len() > TAG_CHARS_MAX || !language.bytes().all(tag) {
        problems.add(at, "bad_language", || {
            format!("{} is not a language tag; write one like `en` or `pt-BR`", quoted(language))
        });
    }
}

fn check_skill(at: At<'_>, skill: &SkillDraft, problems: &mut Problems) {
    check_id(at.field("id"), &skill.id, problems);
    check_text(at.field("title"), &skill.title, TITLE_CHARS_MAX, problems);
}

fn check_module(at: At<'_>, module: &ModuleDraft, problems: &mut Problems) {
    check_id(at.field("id"), &module.id, problems);
    check_text(at.field("title"), &module.title, TITLE_CHARS_MAX, problems);
    let activities = at.field("activities");
    if module.activities.is_empty() {
        problems.add(activities, "missing", || "a module has at least one activity".into());
    }
    for (position, activity) in module.activities.iter().enumerate() {
        check_activity(activities.index(position), activity, problems);
    }
}

fn check_activity(at: At<'_>, activity: &ActivityDraft, problems: &mut Problems) {
    check_id(at.field("id"), &activity.id, problems);
    check_text(at.field("title"), &activity.title, TITLE_CHARS_MAX, problems);
    let measures = ActivityKind::from_word(&activity.kind).is_some_and(ActivityKind::measures);
    if activity.skills.is_empty() && !measures {
        problems
            .add(at.field("skills"), "missing", || "an activity teaches at least one skill".into());
    }
    check_number(at.field("difficulty"), activity.difficulty, 0.0..=1.0, problems);
    check_positive(at.field("minutes"), activity.minutes, MINUTES_MAX, problems);
    check_kind(at, activity, problems);
    if let Some(rules) = &activity.placement {
        placement::check_rules(at.field("placement"), rules, problems);
    }
    if let Some(text) = &activity.text {
        check_text(at.field("text"), text, TEXT_CHARS_MAX, problems);
    }
    if let Some(video) = &activity.video {
        check_video(at.field("video"), video, problems);
    }
    let questions = at.field("questions");
    for (position, question) in activity.questions.iter().enumerate() {
        check_question(questions.index(position), question, problems);
    }
}

/// What the kind of an activity demands and forbids.
fn check_kind(at: At<'_>, activity: &ActivityDraft, problems: &mut Problems) {
    let Some(kind) = ActivityKind::from_word(&activity.kind) else {
        problems.add(at.field("kind"), "unknown_kind", || {
            let known = "video, reading, quiz, exercise, placement or check";
            format!("{} is no kind of activity; write {known}", quoted(&activity.kind))
        });
        return;
    };
    let asks = matches!(kind, ActivityKind::Quiz | ActivityKind::Exercise);
    let word = kind.word();
    if asks && activity.questions.is_empty() {
        problems.add(at.field("questions"), "missing", || {
            format!("an activity of kind {word} has at least one question")
        });
    }
    if kind == ActivityKind::Video && activity.video.is_none() {
        problems.add(at.field("video"), "missing", || {
            "an activity of kind video needs `video: {seconds: ...}`".into()
        });
    }
    let misplaced = [
        ("questions", !activity.questions.is_empty() && !asks),
        ("video", activity.video.is_some() && kind != ActivityKind::Video),
        ("text", activity.text.is_some() && kind != ActivityKind::Reading),
        ("placement", activity.placement.is_some() && kind != ActivityKind::Placement),
        // A learner may skip it, and must be able to complete the course all the same.
        ("required", activity.required && kind.measures()),
        ("check", activity.check.is_some() && kind != ActivityKind::Check),
        // When it comes is said by what is required and by `ends`, and after it nothing comes.
        ("requires", !activity.requires.is_empty() && kind == ActivityKind::Check),
        ("remedial", !activity.remedial.is_empty() && kind == ActivityKind::Check),
        ("advanced", !activity.advanced.is_empty() && kind == ActivityKind::Check),
    ];
    for (field, wrong) in misplaced {
        if wrong {
            problems.add(at.field(field), "misplaced", || {
                format!("an activity of kind {word} has no `{field}`; remove it, or change `kind`")
            });
        }
    }
}

fn check_video(at: At<'_>, video: &VideoDraft, problems: &mut Problems) {
    check_positive(at.field("seconds"), video.seconds, VIDEO_SECONDS_MAX, problems);
    if let Some(url) = &video.url {
        check_text(at.field("url"), url, LINE_CHARS_MAX, problems);
    }
    if let Some(script) = &video.script {
        check_text(at.field("script"), script, TEXT_CHARS_MAX, problems);
    }
}

fn check_question(at: At<'_>, question: &QuestionDraft, problems: &mut Problems) {
    check_id(at.field("id"), &question.id, problems);
    check_text(at.field("prompt"), &question.prompt, PARAGRAPH_CHARS_MAX, problems);
    if let Some(difficulty) = question.difficulty {
        check_number(at.field("difficulty"), difficulty, 0.0..=1.0, problems);
    }
    let hints = at.field("hints");
    if question.hints.len() > HINTS_MAX {
        problems.add(hints, "too_many", || {
            format!("{} hints; a question has at most {HINTS_MAX}", question.hints.len())
        });
    }
    for (position, hint) in question.hints.iter().enumerate().take(HINTS_MAX) {
        check_text(hints.index(position), hint, PARAGRAPH_CHARS_MAX, problems);
    }
    check_length(at.field("explanation"), &question.explanation, PARAGRAPH_CHARS_MAX, problems);
    supports::check_supports(at.field("supports"), &question.supports, problems);
    answers::check_answer(at, question, problems);
}

/// Whether a text may be an id in a course.
pub(super) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

pub(super) fn check_id(at: At<'_>, id: &str, problems: &mut Problems) {
    if !is_id(id) {
        problems.add(at, "bad_id", || {
            let rule = "lower-case ASCII letters, digits and '-', 1 to 64 of them";
            format!("{} is not an id; use {rule}", quoted(id))
        });
    }
}

/// A text that must say something.
pub(super) fn check_text(at: At<'_>, text: &str, chars_max: usize, problems: &mut Problems) {
    if text.trim().is_empty() {
        problems.add(at, "empty", || "this text is empty; write it, or remove it".into());
    }
    check_length(at, text, chars_max, problems);
}

/// A text that may be empty.
fn check_length(at: At<'_>, text: &str, chars_max: usize, problems: &mut Problems) {
    // Bytes bound characters from above, so most texts are never counted.
    if text.len() > chars_max && text.chars().count() > chars_max {
        problems.add(at, "too_long", || {
            format!("{} characters; at most {chars_max} fit here", text.chars().count())
        });
    }
}

pub(super) fn check_number(
    at: At<'_>,
    number: f64,
    range: RangeInclusive<f64>,
    problems: &mut Problems,
) {
    // NaN lies in no range.
    if !range.contains(&number) {
        problems.add(at, "out_of_range", || {
            format!("{number} is outside {} to {}", range.start(), range.end())
        });
    }
}

/// A number that may be as large as numbers get.
pub(super) fn check_finite(at: At<'_>, number: f64, min: Option<f64>, problems: &mut Problems) {
    if !number.is_finite() || min.is_some_and(|min| number < min) {
        problems.add(at, "out_of_range", || match min {
            Some(min) => format!("{number} must be finite and at least {min}"),
            None => format!("{number} must be finite"),
        });
    }
}

pub(super) fn check_positive(at: At<'_>, number: f64, max: f64, problems: &mut Problems) {
    if !(number > 0.0 && number <= max) {
        problems.add(at, "out_of_range", || format!("{number} must be above 0 and at most {max}"));
    }
}
