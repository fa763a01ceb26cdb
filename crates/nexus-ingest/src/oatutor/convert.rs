//! From the parts of an OATutor course to a course draft.

use super::read::{Collection, Hint, Lesson, OatutorStep, ProblemParts, StepParts, TaughtCourse};
use super::{ImportReport, Imported};
use crate::slug::{Slugs, distinct, shortened};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, QuestionDraft, SkillDraft, SupportDraft,
};
use nexus_engine::catalog::validation::{
    FORMAT, HINTS_MAX, OPTIONS_MAX, PARAGRAPH_CHARS_MAX, SUPPORTS_MAX, TITLE_CHARS_MAX,
};
use nexus_engine::catalog::{SupportKind, numeral};
use std::collections::{BTreeMap, BTreeSet};

/// The collection says nothing about difficulty, so every question starts in the middle.
const DIFFICULTY: f64 = 0.5;
/// Minutes a step is expected to take.
const STEP_MINUTES: f64 = 2.0;

/// Converts one course of a collection.
pub(super) fn convert(collection: &Collection, plan: &TaughtCourse) -> Imported {
    let mut converter = Converter {
        collection,
        report: ImportReport { lessons: plan.lessons.len(), ..ImportReport::default() },
        activity_ids: Slugs::default(),
        question_ids: Slugs::default(),
        skills: SkillTable::new(plan),
        taught: BTreeSet::new(),
    };
    let mut module_ids = Slugs::default();
    let mut modules = Vec::new();
    let by_lesson = problems_by_lesson(collection);
    for lesson in &plan.lessons {
        let none = Vec::new();
        let problems = by_lesson.get(lesson.id.as_str()).unwrap_or(&none);
        if let Some(mut module) = converter.lesson(lesson, problems) {
            module.id = module_ids.unique(&module.title);
            modules.push(module);
        }
    }
    let Converter { report, skills, taught, .. } = converter;
    Imported { draft: course(plan, skills.into_drafts(&taught), modules), report }
}

fn course(plan: &TaughtCourse, skills: Vec<SkillDraft>, modules: Vec<ModuleDraft>) -> CourseDraft {
    let language = if plan.language.is_empty() { "en" } else { &plan.language };
    CourseDraft {
        format: FORMAT,
        id: distinct(&plan.course_name),
        version: 1,
        title: shortened(&plan.course_name, TITLE_CHARS_MAX),
        language: language.to_owned(),
        description: format!(
            "{}, imported from the OATutor project. Based on {}.",
            plan.course_name, plan.origin
        ),
        licence: format!(
            "{}. Attribution: OATutor project (https://OATutor.io); {}. Changed: arranged as a \
             Nexus course.",
            plan.course_license, plan.origin
        ),
        skills,
        modules,
        path: Vec::new(),
        ..CourseDraft::default()
    }
}

/// By lesson id: the names of its problems, in the order people count.
fn problems_by_lesson(collection: &Collection) -> BTreeMap<&str, Vec<&str>> {
    let mut lessons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, parts) in &collection.problems {
        if let Some(problem) = &parts.problem {
            lessons.entry(&problem.lesson_id).or_default().push(name);
        }
    }
    for names in lessons.values_mut() {
        names.sort_by_key(|name| counted(name));
    }
    lessons
}

/// A name cut before its last number, so that `exe2` comes before `exe10`.
fn counted(name: &str) -> (&str, u64, &str) {
    let tail = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (tail, name[tail.len()..].parse().unwrap_or(0), name)
}

/// The skills of a course: ids by name, in the order of the lessons.
struct SkillTable {
    ids: BTreeMap<String, String>,
    order: Vec<String>,
}

impl SkillTable {
    fn new(plan: &TaughtCourse) -> Self {
        let mut table = Self { ids: BTreeMap::new(), order: Vec::new() };
        let mut slugs = Slugs::default();
        for name in plan.lessons.iter().flat_map(|lesson| lesson.learning_objectives.keys()) {
            if !table.ids.contains_key(name) {
                table.ids.insert(name.clone(), slugs.unique(name));
                table.order.push(name.clone());
            }
        }
        table
    }

    /// The skills that an activity teaches; prerequisites are not known.
    fn into_drafts(self, taught: &BTreeSet<String>) -> Vec<SkillDraft> {
        let drafts = self.order.iter().filter_map(|name| {
            let id = self.ids.get(name)?.clone();
            let title = shortened(&readable(name), TITLE_CHARS_MAX);
            taught.contains(&id).then(|| SkillDraft { id, title, requires: Vec::new() })
        });
        drafts.collect()
    }
}

/// `add_integers` as `Add integers`.
fn readable(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.trim().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

struct Converter<'a> {
    collection: &'a Collection,
    report: ImportReport,
    activity_ids: Slugs,
    question_ids: Slugs,
    skills: SkillTable,
    /// Ids of the skills that some activity teaches.
    taught: BTreeSet<String>,
}

impl Converter<'_> {
    fn lesson(&mut self, lesson: &Lesson, problems: &[&str]) -> Option<ModuleDraft> {
        let number = lesson.name.trim_start_matches("Lesson").trim();
        let title = format!("{number} {}", lesson.topics.trim());
        let mut activities = Vec::new();
        for name in problems {
            if let Some(parts) = self.collection.problems.get(*name) {
                activities.extend(self.problem(name, parts, lesson));
            }
        }
        if activities.is_empty() {
            self.report.skip("lesson without problems", &lesson.name);
            return None;
        }
        let title = shortened(title.trim(), TITLE_CHARS_MAX);
        Some(ModuleDraft { id: String::new(), title, activities })
    }

    fn problem(
        &mut self,
        name: &str,
        parts: &ProblemParts,
        lesson: &Lesson,
    ) -> Option<ActivityDraft> {
        self.report.problems += 1;
        let problem = parts.problem.as_ref()?;
        let before = joined(&[&problem.body]);
        let mut questions = Vec::new();
        for (step_name, step) in &parts.steps {
            questions.extend(self.step(step_name, step, &before, &problem.title));
        }
        if questions.is_empty() {
            self.report.skip("problem without usable steps", name);
            return None;
        }
        let mut skills: Vec<String> = Vec::new();
        for skill in questions.iter().flat_map(|question| &question.skills) {
            if !skills.contains(skill) {
                skills.push(skill.clone());
            }
        }
        self.taught.extend(skills.iter().cloned());
        let titles = [&problem.title, &lesson.topics, &lesson.name];
        let title = titles.into_iter().find(|title| !title.trim().is_empty());
        Some(ActivityDraft {
            id: self.activity_ids.unique(name),
            kind: "exercise".to_owned(),
            title: shortened(title.map_or(name, |title| title.trim()), TITLE_CHARS_MAX),
            difficulty: DIFFICULTY,
            minutes: STEP_MINUTES * questions.len() as f64,
            skills,
            questions,
            ..ActivityDraft::default()
        })
    }

    fn step(
        &mut self,
        name: &str,
        parts: &StepParts,
        before: &str,
        title: &str,
    ) -> Option<QuestionDraft> {
        self.report.steps += 1;
        self.report.hints += parts.hints.len();
        let Some(step) = &parts.step else {
            self.report.skip("hints without their step", name);
            return None;
        };
        let names = self.collection.skills.get(name).map(Vec::as_slice).unwrap_or_default();
        let skills: Vec<String> =
            names.iter().filter_map(|skill| self.skills.ids.get(skill).cloned()).collect();
        if skills.is_empty() {
            self.report.skip("step without a skill of the course", name);
            return None;
        }
        let (kind, options, answer) = match graded(step) {
            Ok(graded) => graded,
            Err(reason) => {
                self.report.skip(reason, name);
                return None;
            }
        };
        let prompt = joined(&[before, &step.step_title, &step.step_body]);
        let prompt = if prompt.is_empty() { title.trim().to_owned() } else { prompt };
        if prompt.is_empty() {
            self.report.skip("step that asks nothing", name);
            return None;
        }
        self.remark(kind, &prompt);
        Some(QuestionDraft {
            id: self.question_ids.unique(name),
            kind: kind.to_owned(),
            prompt: shortened(&prompt, PARAGRAPH_CHARS_MAX),
            options,
            answer,
            skills,
            hints: parts.hints.iter().filter_map(hint).take(HINTS_MAX).collect(),
            explanation: format!("The answer is {}.", step.step_answer.join(" or ")),
            supports: supports(&parts.hints),
            ..QuestionDraft::default()
        })
    }

    fn remark(&mut self, kind: &str, prompt: &str) {
        if kind == "text" {
            self.report.remark("questions that accept one spelling of their answer");
        }
        if prompt.contains("##") {
            self.report.remark("questions that refer to a figure, which is not brought");
        }
    }
}

type Graded = (&'static str, Vec<(String, String)>, AnswerDraft);

/// Kind, options and answer of a step, or why it cannot be asked.
fn graded(step: &OatutorStep) -> Result<Graded, &'static str> {
    let answers: Vec<&str> =
        step.step_answer.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    let Some(first) = answers.first() else { return Err("step without an answer") };
    if step.problem_type == "MultipleChoice" {
        return choice(step, first);
    }
    if step.problem_type != "TextBox" {
        return Err("step of an unknown type");
    }
    if let (true, [one]) = (step.answer_type == "arithmetic", answers.as_slice())
        && let Some(value) = latex_number(one)
    {
        return Ok(("numeric", Vec::new(), AnswerDraft::Number(value)));
    }
    let mut accepted: Vec<String> = Vec::new();
    for answer in answers {
        for spelling in [answer.replace("$$", ""), answer.to_owned()] {
            if !spelling.trim().is_empty() && !accepted.contains(&spelling) {
                accepted.push(spelling);
            }
        }
    }
    Ok(("text", Vec::new(), AnswerDraft::Many(accepted)))
}

/// A choice; equal options count once.
fn choice(step: &OatutorStep, answer: &str) -> Result<Graded, &'static str> {
    let mut texts: Vec<&str> = Vec::new();
    for text in step.choices.iter().map(|text| text.trim()) {
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    if !(2..=OPTIONS_MAX).contains(&texts.len()) {
        return Err("choice with fewer than two different options");
    }
    let Some(right) = texts.iter().position(|text| *text == answer) else {
        return Err("choice whose answer is not an option");
    };
    let id = |position: usize| match u8::try_from(position) {
        Ok(place @ 0..26) => char::from(b'a' + place).to_string(),
        _ => format!("o{position}"),
    };
    let options = texts.iter().enumerate().map(|(place, text)| (id(place), (*text).to_owned()));
    Ok(("single", options.collect(), AnswerDraft::One(id(right))))
}

/// A hint as one text; a scaffold keeps its answer.
fn hint(hint: &Hint) -> Option<String> {
    let mut text = joined(&[&hint.title, &hint.text]);
    if text.is_empty() {
        return None;
    }
    if !hint.hint_answer.is_empty() {
        text.push_str(&format!("\n\nAnswer: {}", hint.hint_answer.join(" or ")));
    }
    Some(shortened(&text, PARAGRAPH_CHARS_MAX))
}

/// What may help with a step: each hint or scaffold that needs no other one before it, and all of them
/// in their order as the step solved to its end.
fn supports(hints: &[Hint]) -> Vec<SupportDraft> {
    let support = |id: String, kind: SupportKind, text: String| SupportDraft {
        id,
        kind: kind.word().to_owned(),
        text: Some(text),
        activity: None,
    };
    let all: Vec<String> = hints.iter().filter_map(hint).collect();
    let mut supports = Vec::new();
    for text in hints.iter().filter(|it| it.dependencies.is_empty()).filter_map(hint) {
        let number = supports.len() + 1;
        // One place is kept for all of them together.
        if number < SUPPORTS_MAX {
            supports.push(support(format!("hint-{number}"), SupportKind::Hint, text));
        }
    }
    if all.len() > 1 {
        let text = shortened(&all.join("\n\n"), PARAGRAPH_CHARS_MAX);
        supports.push(support("step-by-step".to_owned(), SupportKind::WorkedExample, text));
    }
    supports
}

fn joined(parts: &[&str]) -> String {
    let said = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    said.collect::<Vec<_>>().join("\n\n")
}

/// The number that a piece of LaTeX stands for: decimals, thousands, fractions, percent.
fn latex_number(text: &str) -> Option<f64> {
    // Here a comma groups thousands or separates two answers; it is never a decimal comma, and a
    // point never groups. Of two readings, the larger one has groups.
    let plain = text.replace("$$", "").replace("\\%", "%");
    let (plain, per) = match plain.trim().strip_suffix('%') {
        Some(share) => (share.to_owned(), 100.0),
        None => (plain, 1.0),
    };
    let found = numeral::readings(&plain).into_iter().map(|value| value / per);
    if plain.contains(',') {
        let whole = plain.split('.').next().unwrap_or_default();
        let grouped = whole.split(',').skip(1).all(|group| group.trim().len() == 3);
        return found.max_by(|a, b| a.abs().total_cmp(&b.abs())).filter(|_| grouped);
    }
    found.min_by(|a, b| a.abs().total_cmp(&b.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_latex() {
        for (text, value) in [
            ("$$-6$$", Some(-6.0)),
            ("$$\\frac{3}{4}$$", Some(0.75)),
            ("$$-\\frac{1}{2}$$", Some(-0.5)),
            ("$$1,234$$", Some(1234.0)),
            ("23,24", None),
            ("$$\\frac{x}{4}$$", None),
            ("$$\\frac{1}{2}+\\frac{1}{3}$$", None),
            ("$$4x+12$$", None),
        ] {
            assert_eq!(latex_number(text), value, "{text}");
        }
    }

    #[test]
    fn what_needs_no_other_hint_is_a_support_and_all_of_them_are_one() {
        let hint = |text: &str, answer: &[&str], before: &[&str]| Hint {
            title: String::new(),
            text: text.to_owned(),
            hint_answer: answer.iter().map(|it| (*it).to_owned()).collect(),
            dependencies: before.iter().map(|it| (*it).to_owned()).collect(),
        };
        assert_eq!(supports(&[]), []);
        let one = supports(&[hint("Multiply.", &[], &[])]);
        assert_eq!((one.len(), one[0].id.as_str(), one[0].kind.as_str()), (1, "hint-1", "hint"));
        let path = supports(&[hint("Multiply.", &[], &[]), hint("2 times 3?", &["6"], &["h1"])]);
        let [first, all] = &path[..] else { panic!("{path:?}") };
        assert_eq!(first.text.as_deref(), Some("Multiply."));
        assert_eq!((all.id.as_str(), all.kind.as_str()), ("step-by-step", "worked_example"));
        assert_eq!(all.text.as_deref(), Some("Multiply.\n\n2 times 3?\n\nAnswer: 6"));
        let many: Vec<Hint> = (0..40).map(|_| hint("Try.", &[], &[])).collect();
        assert_eq!(supports(&many).len(), SUPPORTS_MAX);
    }

    #[test]
    fn problems_are_counted_like_people_count() {
        let mut names = ["b1", "a10", "a2", "a"];
        names.sort_by_key(|name| counted(name));
        assert_eq!(names, ["a", "a2", "a10", "b1"]);
        assert_eq!(readable("add_integers"), "Add integers");
    }
}
