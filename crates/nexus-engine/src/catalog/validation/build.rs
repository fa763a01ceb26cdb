//! From a sound draft to a published course: ids become positions, and numbers are derived.

use super::super::course::{
    Activity, ActivityKind, Course, Module, PlacementRules, Question, QuestionKind, Skill, Support,
    SupportKind, difficulty_logits,
};
use super::super::draft::{ActivityDraft, AnswerDraft, PlacementDraft, QuestionDraft};
use super::super::iris::IriTable;
use super::super::outcome::{CHECK_QUESTIONS, Ends, Goal};
use super::super::reward::{PROBE_SHARE, RewardDeclaration};
use super::super::{CourseDraft, Names};
use super::{iris, reward};
use crate::ids::{ActivityId, CourseId, IdRefusal, QuestionId, SkillId, SupportId};
use crate::time::Timestamp;
use nexus_stats::math::exp;
use std::collections::BTreeMap;

/// Accepted distance from a numeric answer when the author names none, as a share of the answer; of
/// 1 where the answer is larger, so that a large whole number has one right value.
const TOLERANCE: f64 = 1e-6;
/// Chance of guessing a number or a text.
const GUESS_FREE: f64 = 0.001;

/// Builds the course of a draft in which [`super::check`] finds nothing. Names are touched last.
///
/// Errors: [`IdRefusal`] when an id of the draft is no id at all.
pub(super) fn build(draft: &CourseDraft, names: &mut Names) -> Result<Course, IdRefusal> {
    let id = CourseId::new(&draft.id)?;
    // A copy takes the new names first: if one of them is refused, nothing has changed.
    let mut trial = names.clone();
    let mut course = empty_course(draft, id.clone());
    add_skills(draft, &id, &mut trial, &mut course)?;
    add_activities(draft, &id, &mut trial, &mut course)?;
    link_activities(draft, &mut course);
    set_path(draft, &mut course);
    set_references(&mut course);
    set_measured_skills(&mut course);
    set_outcome(draft, &mut course);
    course.iris = iris::table(draft, &course);
    course.minutes_median =
        median(course.activities.iter().map(|activity| activity.minutes).collect()).unwrap_or(1.0);
    course.reward = reward::declared(draft.reward.as_ref())?;
    course.probe_share = reward::probe_share(draft.probes.as_ref());
    *names = trial;
    Ok(course)
}

fn empty_course(draft: &CourseDraft, id: CourseId) -> Course {
    Course {
        id,
        version: draft.version,
        title: draft.title.clone(),
        language: draft.language.clone(),
        description: draft.description.clone(),
        skills: Vec::new(),
        modules: Vec::new(),
        activities: Vec::new(),
        questions: Vec::new(),
        path: Vec::new(),
        order: Vec::new(),
        minutes_median: 1.0,
        reward: RewardDeclaration::BEFORE,
        probe_share: PROBE_SHARE,
        session_minutes_max: draft.pacing.as_ref().and_then(|pacing| pacing.session_minutes_max),
        goal: None,
        ends: None,
        iris: IriTable::default(),
        activity_by_id: BTreeMap::new(),
        question_by_id: BTreeMap::new(),
        skill_by_key: BTreeMap::new(),
    }
}

fn add_skills(
    draft: &CourseDraft,
    id: &CourseId,
    names: &mut Names,
    course: &mut Course,
) -> Result<(), IdRefusal> {
    let positions = skill_positions(draft);
    for (position, skill) in draft.skills.iter().enumerate() {
        let skill_id = SkillId::new(&skill.id)?;
        let key = names.skill(id, &skill_id);
        course.skill_by_key.insert(key, position);
        course.skills.push(Skill {
            id: skill_id,
            key,
            title: skill.title.clone(),
            requires: find_all(&skill.requires, &positions),
            reference_difficulty: 0.0,
            reference_guess: GUESS_FREE,
            asked: false,
            practice_questions: 0,
        });
    }
    Ok(())
}

fn skill_positions(draft: &CourseDraft) -> BTreeMap<&str, usize> {
    let ids = draft.skills.iter().map(|skill| skill.id.as_str());
    ids.enumerate().map(|(position, id)| (id, position)).collect()
}

fn find_all(ids: &[String], positions: &BTreeMap<&str, usize>) -> Vec<usize> {
    ids.iter().filter_map(|id| positions.get(id.as_str()).copied()).collect()
}

fn add_activities(
    draft: &CourseDraft,
    id: &CourseId,
    names: &mut Names,
    course: &mut Course,
) -> Result<(), IdRefusal> {
    let skills = skill_positions(draft);
    for (module_position, module) in draft.modules.iter().enumerate() {
        let first = course.activities.len();
        for activity in &module.activities {
            let position = course.activities.len();
            let activity_id = ActivityId::new(&activity.id)?;
            let key = names.activity(id, &activity_id);
            let taught = find_all(&activity.skills, &skills);
            let first_question = course.questions.len();
            for question in &activity.questions {
                let question_id = QuestionId::new(&question.id)?;
                let key = names.question(id, &question_id);
                let own = find_all(&question.skills, &skills);
                course.question_by_id.insert(question_id.clone(), course.questions.len());
                course.questions.push(Question {
                    id: question_id,
                    key,
                    activity: position,
                    kind: question_kind(question),
                    skills: if own.is_empty() { taught.clone() } else { own },
                    difficulty: question.difficulty.unwrap_or(activity.difficulty),
                    guess: guess(question),
                    supports: supports(question)?,
                });
            }
            course.activity_by_id.insert(activity_id.clone(), position);
            let questions = (first_question..course.questions.len()).collect();
            let mut entry = plain_activity(activity, activity_id, key, module_position);
            entry.skills = taught;
            entry.questions = questions;
            course.activities.push(entry);
        }
        course.modules.push(Module {
            id: module.id.clone(),
            title: module.title.clone(),
            activities: (first..course.activities.len()).collect(),
        });
    }
    Ok(())
}

fn plain_activity(
    activity: &ActivityDraft,
    id: ActivityId,
    key: crate::ids::ActivityKey,
    module: usize,
) -> Activity {
    Activity {
        id,
        key,
        // The check has refused every other word, so the default is never used.
        kind: ActivityKind::from_word(&activity.kind).unwrap_or(ActivityKind::Reading),
        title: activity.title.clone(),
        module,
        skills: Vec::new(),
        difficulty: activity.difficulty,
        minutes: activity.minutes,
        requires: Vec::new(),
        remedial: Vec::new(),
        advanced: Vec::new(),
        required: activity.required,
        video_seconds: activity.video.as_ref().map(|video| video.seconds),
        questions: Vec::new(),
        path_position: 0.0,
        path_rank: 0,
        difficulty_odds: exp(difficulty_logits(activity.difficulty)),
        placement: (activity.kind == ActivityKind::Placement.word())
            .then(|| placement_rules(activity.placement.as_ref())),
        check_questions: check_questions(activity),
    }
}

fn placement_rules(written: Option<&PlacementDraft>) -> PlacementRules {
    let default = PlacementRules::default();
    let Some(written) = written else { return default };
    let questions_max = written.questions_max.unwrap_or(default.questions_max);
    PlacementRules {
        // A short placement need not say twice that it is short.
        questions_min: written.questions_min.unwrap_or(default.questions_min.min(questions_max)),
        questions_max,
        gain_min: written.gain_min.unwrap_or(default.gain_min),
        error_max: written.error_max.unwrap_or(default.error_max),
    }
}

fn check_questions(activity: &ActivityDraft) -> u32 {
    if activity.kind != ActivityKind::Check.word() {
        return 0;
    }
    let written = activity.check.as_ref().and_then(|check| check.questions);
    written.unwrap_or(CHECK_QUESTIONS)
}

fn set_outcome(draft: &CourseDraft, course: &mut Course) {
    let positions = skill_positions(draft);
    course.goal = draft.goal.as_ref().and_then(|goal| {
        let named = find_all(&goal.skills, &positions);
        let skills = if named.is_empty() { (0..course.skills.len()).collect() } else { named };
        Some(Goal { skills, success: goal.success? })
    });
    course.ends = draft.ends.as_ref().and_then(|ends| match (ends.minutes, &ends.date) {
        (Some(minutes), _) => Some(Ends::Minutes(minutes)),
        (None, Some(date)) => Timestamp::of_date(date).map(Ends::Date),
        (None, None) => None,
    });
}

/// A placement or a check that names no skill asks about every skill that the course can grade a
/// question of.
fn set_measured_skills(course: &mut Course) {
    let mut graded = vec![false; course.skills.len()];
    for question in course.questions.iter().filter(|it| it.kind != QuestionKind::Ungraded) {
        for skill in &question.skills {
            graded[*skill] = true;
        }
    }
    let all: Vec<usize> = (0..graded.len()).filter(|skill| graded[*skill]).collect();
    for activity in course.activities.iter_mut().filter(|it| it.kind.measures()) {
        if activity.skills.is_empty() {
            activity.skills.clone_from(&all);
        }
    }
}

/// Turns references between activities into positions, once every activity has one.
fn link_activities(draft: &CourseDraft, course: &mut Course) {
    let drafts = draft.modules.iter().flat_map(|module| &module.activities);
    for (position, activity) in drafts.enumerate() {
        let find = |ids: &[String]| -> Vec<usize> {
            ids.iter().filter_map(|id| course.activity_position(id)).collect()
        };
        let requires = find(&activity.requires);
        let remedial = find(&activity.remedial);
        let advanced = find(&activity.advanced);
        link_supports(activity, course, position);
        let entry = &mut course.activities[position];
        entry.requires = requires;
        entry.remedial = remedial;
        entry.advanced = advanced;
    }
}

fn link_supports(activity: &ActivityDraft, course: &mut Course, position: usize) {
    let questions = course.activities[position].questions.clone();
    for (question, written) in questions.into_iter().zip(&activity.questions) {
        for (support, written) in written.supports.iter().enumerate() {
            let named = written.activity.as_deref().and_then(|id| course.activity_position(id));
            course.questions[question].supports[support].activity = named;
        }
    }
}

fn supports(question: &QuestionDraft) -> Result<Vec<Support>, IdRefusal> {
    let mut supports = Vec::with_capacity(question.supports.len());
    for written in &question.supports {
        supports.push(Support {
            id: SupportId::new(&written.id)?,
            // The check has refused every other word, so the default is never used.
            kind: SupportKind::from_word(&written.kind).unwrap_or(SupportKind::Hint),
            activity: None,
        });
    }
    Ok(supports)
}

/// Sets the static path and everyone's place on it. An activity beside the path stands where the
/// latest activity on the path before it in the file stands.
fn set_path(draft: &CourseDraft, course: &mut Course) {
    course.path = if draft.path.is_empty() {
        (0..course.activities.len()).collect()
    } else {
        draft.path.iter().filter_map(|id| course.activity_position(id)).collect()
    };
    // A closing check has its place at the end, also when the author's path leaves it out.
    let check = course.activities.iter().position(|it| it.kind == ActivityKind::Check);
    course.path.extend(check.filter(|check| !course.path.contains(check)));
    for (position, activity) in course.activities.iter_mut().enumerate() {
        activity.path_rank = course.path.len() + position;
    }
    for (rank, position) in course.path.iter().enumerate() {
        course.activities[*position].path_rank = rank;
    }
    course.order = (0..course.activities.len()).collect();
    course.order.sort_by_key(|position| course.activities[*position].path_rank);
    let last = course.path.len().saturating_sub(1).max(1);
    let mut places = vec![None; course.activities.len()];
    for (place, position) in course.path.iter().enumerate() {
        places[*position] = Some(place as f64 / last as f64);
    }
    let mut latest = 0.0;
    for (activity, place) in course.activities.iter_mut().zip(places) {
        latest = place.unwrap_or(latest);
        activity.path_position = latest;
    }
}

/// Sets the reference of every skill: the medians over its questions. A skill without questions
/// takes the median difficulty of the activities that teach it, and 0 when none does.
fn set_references(course: &mut Course) {
    let count = course.skills.len();
    let mut difficulties = vec![Vec::new(); count];
    let mut guesses = vec![Vec::new(); count];
    let mut taught = vec![Vec::new(); count];
    for question in &course.questions {
        let practises = course.activities[question.activity].kind == ActivityKind::Exercise;
        for skill in &question.skills {
            course.skills[*skill].practice_questions += u32::from(practises);
            difficulties[*skill].push(difficulty_logits(question.difficulty));
            guesses[*skill].push(question.guess);
        }
    }
    let teaches = |activity: &&Activity| !activity.kind.measures();
    for activity in course.activities.iter().filter(teaches) {
        for skill in &activity.skills {
            taught[*skill].push(difficulty_logits(activity.difficulty));
        }
    }
    let tables = difficulties.into_iter().zip(guesses).zip(taught);
    for (skill, ((asked, guessed), taught)) in course.skills.iter_mut().zip(tables) {
        skill.asked = !asked.is_empty();
        skill.reference_difficulty = median(asked).or_else(|| median(taught)).unwrap_or(0.0);
        skill.reference_guess = median(guessed).unwrap_or(GUESS_FREE);
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(0.5 * (values[middle - 1] + upper))
}

fn question_kind(question: &QuestionDraft) -> QuestionKind {
    let options = || question.options.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    match (question.kind.as_str(), &question.answer) {
        ("single", AnswerDraft::One(answer)) => {
            QuestionKind::Single { options: options(), answer: answer.clone() }
        }
        ("multiple", AnswerDraft::Many(answers)) => {
            let options = options();
            let answer = options.iter().filter(|id| answers.contains(id)).cloned().collect();
            QuestionKind::Multiple { options, answer }
        }
        ("numeric", AnswerDraft::Number(answer)) => QuestionKind::Numeric {
            answer: *answer,
            tolerance: question.tolerance.unwrap_or(TOLERANCE * answer.abs().min(1.0)),
        },
        ("text", AnswerDraft::One(answer)) => QuestionKind::Text { accepted: vec![answer.clone()] },
        ("text", AnswerDraft::Many(answers)) => QuestionKind::Text { accepted: answers.clone() },
        _ => QuestionKind::Ungraded,
    }
}

/// The chance of a right answer by guessing: one of the options, one of their non-empty subsets,
/// or next to nothing. It does not depend on who grades.
fn guess(question: &QuestionDraft) -> f64 {
    let count = question.options.len();
    match question.kind.as_str() {
        "single" if count > 0 => 1.0 / count as f64,
        // Beyond 52 options the exact power no longer fits a double, and no longer matters.
        "multiple" if count > 0 => 1.0 / ((1_u64 << count.min(52)) - 1) as f64,
        _ => GUESS_FREE,
    }
}
