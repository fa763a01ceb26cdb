//! From the parts of an OATutor course to a course draft.

use super::read::{Collection, Hint, Lesson, OatutorStep, ProblemParts, StepParts, TaughtCourse};
use super::{ImportReport, Imported};
use crate::slug::{Slugs, distinct, shortened};
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ModuleDraft, QuestionDraft, SkillDraft, SupportDraft,
};
use nexus_engine::catalog::validation::{
    FORMAT, HINTS_MAX, LINE_CHARS_MAX, MINUTES_MAX, OPTIONS_MAX, PARAGRAPH_CHARS_MAX, Place,
    PlaceStep, SUPPORTS_MAX, TITLE_CHARS_MAX, check,
};
use nexus_engine::catalog::{SupportKind, numeral};
use std::collections::{BTreeMap, BTreeSet};

/// The collection says nothing about difficulty, so every question starts in the middle.
const DIFFICULTY: f64 = 0.5;
/// Minutes a step is expected to take.
const STEP_MINUTES: f64 = 2.0;

/// Rounds in which parts that the rules of courses refuse are left out.
const ROUNDS_MAX: usize = 16;

/// A part of a collection that may be left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Problem(String),
    Step(String),
}

/// Where the activities and questions of a draft come from, by their ids.
#[derive(Default)]
struct Sources {
    problems: BTreeMap<String, String>,
    steps: BTreeMap<String, String>,
}

impl Sources {
    /// The innermost problem or step that a place of the draft lies in.
    fn part(&self, draft: &CourseDraft, place: &Place) -> Option<Part> {
        let [_, PlaceStep::Index(module), _, PlaceStep::Index(activity), inner @ ..] =
            place.steps()
        else {
            return None;
        };
        let activity = draft.modules.get(*module)?.activities.get(*activity)?;
        if let [PlaceStep::Field("questions"), PlaceStep::Index(question), ..] = inner {
            let question = activity.questions.get(*question)?;
            return self.steps.get(&question.id).cloned().map(Part::Step);
        }
        self.problems.get(&activity.id).cloned().map(Part::Problem)
    }
}

/// Converts one course of a collection. What is made passes validation.
///
/// Errors: why nothing of it can be taught, for people.
pub(super) fn convert(collection: &Collection, plan: &TaughtCourse) -> Result<Imported, String> {
    // The rule that a part breaks.
    let mut refused: BTreeMap<Part, String> = BTreeMap::new();
    for _ in 0..ROUNDS_MAX {
        let (imported, sources) = converted(collection, plan, &refused);
        if imported.draft.modules.is_empty() {
            return Err(nothing_left(&imported.report));
        }
        let problems = check(&imported.draft);
        let Some(first) = problems.first() else { return Ok(imported) };
        let before = refused.len();
        let parts = problems.iter().filter_map(|problem| {
            Some((sources.part(&imported.draft, &problem.place)?, problem.message.clone()))
        });
        let (steps, whole): (Vec<_>, Vec<_>) =
            parts.partition(|(part, _)| matches!(part, Part::Step(_)));
        // Without a step that breaks a rule, its problem may break none.
        refused.extend(if steps.is_empty() { whole } else { steps });
        if refused.len() == before {
            return Err(first.to_string());
        }
    }
    Err(format!("after {ROUNDS_MAX} rounds some part of it still breaks a rule of courses"))
}

fn nothing_left(report: &ImportReport) -> String {
    let reasons = report.skipped.iter().map(|(reason, names)| format!("{} {reason}", names.len()));
    let reasons: Vec<String> = reasons.collect();
    if reasons.is_empty() {
        return "none of its lessons has a problem".to_owned();
    }
    format!("nothing of it can be asked ({})", reasons.join("; "))
}

/// The course without the parts that are refused, and where its parts come from.
fn converted(
    collection: &Collection,
    plan: &TaughtCourse,
    refused: &BTreeMap<Part, String>,
) -> (Imported, Sources) {
    let mut converter = Converter {
        collection,
        refused,
        report: ImportReport { lessons: plan.lessons.len(), ..ImportReport::default() },
        activity_ids: Slugs::default(),
        question_ids: Slugs::default(),
        skills: SkillTable::new(plan),
        taught: BTreeSet::new(),
        sources: Sources::default(),
    };
    for odd in &plan.odd {
        converter.report.skip("field of the plan without a meaning", odd);
    }
    for name in &converter.skills.nameless {
        converter.report.skip("learning objective without a name", name);
    }
    converter.strays(plan);
    let mut module_ids = Slugs::default();
    let mut modules = Vec::new();
    let by_lesson = problems_by_lesson(collection);
    for (position, lesson) in plan.lessons.iter().enumerate() {
        let none = Vec::new();
        let problems = by_lesson.get(lesson.id.as_str()).unwrap_or(&none);
        if let Some(mut module) = converter.lesson(lesson, position, problems) {
            module.id = module_ids.unique(&module.title);
            modules.push(module);
        }
    }
    let Converter { mut report, skills, taught, sources, .. } = converter;
    let draft = course(plan, skills.into_drafts(&taught), modules, &mut report);
    (Imported { draft, report }, sources)
}

fn course(
    plan: &TaughtCourse,
    skills: Vec<SkillDraft>,
    modules: Vec<ModuleDraft>,
    report: &mut ImportReport,
) -> CourseDraft {
    let language = language_tag(&plan.language).unwrap_or_else(|| {
        report.skip("language that is no tag; `en` was taken", &plan.language);
        "en".to_owned()
    });
    let said = |text: &str, otherwise: &str| {
        let text = text.trim();
        if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
    };
    let origin = said(&plan.origin, "a source that the collection does not name");
    let licence = said(&plan.course_license, "The collection names no licence: ask before use");
    CourseDraft {
        format: FORMAT,
        id: distinct(&plan.course_name),
        version: 1,
        title: shortened(&plan.course_name, TITLE_CHARS_MAX),
        language,
        description: shortened(
            &format!("{}, imported from the OATutor project. Based on {origin}.", plan.course_name),
            PARAGRAPH_CHARS_MAX,
        ),
        licence: shortened(
            &format!(
                "{licence}. Attribution: OATutor project (https://OATutor.io); {origin}. Changed: \
                 arranged as a Nexus course."
            ),
            LINE_CHARS_MAX,
        ),
        skills,
        modules,
        path: Vec::new(),
        ..CourseDraft::default()
    }
}

/// A language tag as it should be written, such as `pt-BR`. `None` when the text is none; English when
/// it is empty.
fn language_tag(text: &str) -> Option<String> {
    let tag = text.trim().replace('_', "-");
    if tag.is_empty() {
        return Some("en".to_owned());
    }
    let mut parts = tag.split('-');
    let language = parts.next()?;
    let letters = language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let rest = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_tag = letters && (2..=3).contains(&language.len()) && parts.all(rest);
    (is_tag && tag.len() <= 35).then_some(tag)
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
    /// Objectives that are no skill because nothing in their name can be read.
    nameless: Vec<String>,
}

impl SkillTable {
    fn new(plan: &TaughtCourse) -> Self {
        let mut table = Self { ids: BTreeMap::new(), order: Vec::new(), nameless: Vec::new() };
        let mut slugs = Slugs::default();
        let lessons = plan.lessons.iter();
        let objectives =
            lessons.flat_map(|lesson| lesson.objectives.iter().map(move |name| (lesson, name)));
        for (lesson, name) in objectives {
            if readable(name).is_empty() {
                table.nameless.push(format!("{name:?} in lesson {}", lesson.name));
            } else if !table.ids.contains_key(name) {
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
    /// The rule of courses that a part breaks.
    refused: &'a BTreeMap<Part, String>,
    report: ImportReport,
    activity_ids: Slugs,
    question_ids: Slugs,
    skills: SkillTable,
    /// Ids of the skills that some activity teaches.
    taught: BTreeSet<String>,
    sources: Sources,
}

impl Converter<'_> {
    /// Lists what may belong to the course and cannot be placed in it.
    fn strays(&mut self, plan: &TaughtCourse) {
        let collection = self.collection;
        for detail in &collection.unreadable {
            self.report.skip("file that cannot be read", detail);
        }
        let plans = collection.plans.iter().filter_map(|plan| plan.taught.as_ref().ok());
        let lessons: BTreeSet<&str> =
            plans.flat_map(|plan| &plan.lessons).map(|lesson| lesson.id.as_str()).collect();
        for (name, parts) in &collection.problems {
            match &parts.problem {
                None => {
                    self.unreadable(parts);
                    self.report.skip("folder without its problem, of whatever course", name);
                }
                Some(problem) if lessons.contains(problem.lesson_id.as_str()) => {}
                Some(problem) => {
                    let course = problem.course_name.trim();
                    if course == plan.course_name || course.is_empty() {
                        self.report.problems += 1;
                        self.report.skip("problem of no lesson", name);
                    }
                }
            }
        }
    }

    fn unreadable(&mut self, parts: &ProblemParts) {
        for detail in &parts.unreadable {
            self.report.skip("file that cannot be read", detail);
        }
    }

    /// Lists fields that were read as empty.
    fn odd(&mut self, name: &str, fields: &[&'static str]) {
        for field in fields {
            self.report.skip("field without a meaning, read as empty", &format!("{name}.{field}"));
        }
    }

    /// Whether a part is left out because it would break a rule of courses.
    fn is_refused(&mut self, part: &Part) -> bool {
        let Some(rule) = self.refused.get(part) else { return false };
        let (reason, name) = match part {
            Part::Problem(name) => ("problem that breaks a rule of courses", name),
            Part::Step(name) => ("step that breaks a rule of courses", name),
        };
        self.report.skip(reason, &format!("{name}: {rule}"));
        true
    }

    fn lesson(
        &mut self,
        lesson: &Lesson,
        position: usize,
        problems: &[&str],
    ) -> Option<ModuleDraft> {
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
        let title = title.trim();
        let title = if title.is_empty() { format!("{}", position + 1) } else { title.to_owned() };
        let title = shortened(&title, TITLE_CHARS_MAX);
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
        self.unreadable(parts);
        self.odd(name, &problem.odd);
        if self.is_refused(&Part::Problem(name.to_owned())) {
            return None;
        }
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
        let id = self.activity_ids.unique(name);
        self.sources.problems.insert(id.clone(), name.to_owned());
        Some(ActivityDraft {
            id,
            kind: "exercise".to_owned(),
            title: shortened(title.map_or(name, |title| title.trim()), TITLE_CHARS_MAX),
            difficulty: DIFFICULTY,
            minutes: (STEP_MINUTES * questions.len() as f64).min(MINUTES_MAX),
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
            self.report.skip("step without its file", name);
            return None;
        };
        if self.is_refused(&Part::Step(name.to_owned())) {
            return None;
        }
        self.odd(name, &step.odd);
        for (number, it) in parts.hints.iter().enumerate() {
            self.odd(&format!("{name} hint {}", number + 1), &it.odd);
            if hint(it).is_none() {
                self.report.skip("hint that says nothing", &format!("{name} hint {}", number + 1));
            }
        }
        let names = self.collection.skills.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut skills: Vec<String> = Vec::new();
        for id in names.iter().filter_map(|skill| self.skills.ids.get(skill)) {
            if !skills.contains(id) {
                skills.push(id.clone());
            }
        }
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
        let id = self.question_ids.unique(name);
        self.sources.steps.insert(id.clone(), name.to_owned());
        Some(QuestionDraft {
            id,
            kind: kind.to_owned(),
            prompt: shortened(&prompt, PARAGRAPH_CHARS_MAX),
            options,
            answer,
            skills,
            hints: parts.hints.iter().filter_map(hint).take(HINTS_MAX).collect(),
            explanation: shortened(
                &format!("The answer is {}.", step.step_answer.join(" or ")),
                PARAGRAPH_CHARS_MAX,
            ),
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
    let says = |text: &&str| !text.replace("$$", "").trim().is_empty();
    let answers: Vec<&str> = step.step_answer.iter().map(|text| text.trim()).filter(says).collect();
    let Some(first) = answers.first() else { return Err("step without an answer") };
    match step.problem_type.trim().to_ascii_lowercase().as_str() {
        "multiplechoice" => return choice(step, first),
        "" if !step.choices.is_empty() => return choice(step, first),
        "textbox" | "" => {}
        _ => return Err("step of an unknown type"),
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
    if accepted.iter().any(|text| text.chars().count() > LINE_CHARS_MAX) {
        return Err("step with an answer longer than any learner writes");
    }
    accepted.truncate(OPTIONS_MAX);
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
    if texts.len() < 2 {
        return Err("choice with fewer than two different options");
    }
    if texts.len() > OPTIONS_MAX || texts.iter().any(|text| text.chars().count() > LINE_CHARS_MAX) {
        return Err("choice with more or longer options than a course takes");
    }
    let Some(right) = right_option(&texts, answer) else {
        return Err("choice whose answer is not an option");
    };
    let id = |position: usize| match u8::try_from(position) {
        Ok(place @ 0..26) => char::from(b'a' + place).to_string(),
        _ => format!("o{position}"),
    };
    let options = texts.iter().enumerate().map(|(place, text)| (id(place), (*text).to_owned()));
    Ok(("single", options.collect(), AnswerDraft::One(id(right))))
}

/// The position of the right option: the one that is spelled like the answer, or else the only one that
/// is the same number.
fn right_option(texts: &[&str], answer: &str) -> Option<usize> {
    if let Some(same) = texts.iter().position(|text| *text == answer) {
        return Some(same);
    }
    let number = latex_number(answer)?;
    let mut equal = (0..texts.len()).filter(|place| latex_number(texts[*place]) == Some(number));
    equal.next().filter(|_| equal.next().is_none())
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
            odd: Vec::new(),
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
