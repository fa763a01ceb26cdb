//! A course drawn at random: every kind of activity, links and prerequisites, sometimes more
//! activities than a policy is shown at once.

use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, ComponentDraft, EndsDraft, ModuleDraft, PacingDraft, QuestionDraft,
    RewardDraft, SkillDraft, SupportDraft, VideoDraft,
};
use nexus_stats::random::Stream;

/// Exercises a skill of a wide course: together more than the candidates a policy is shown.
const WIDE: u64 = 24;

/// What is decided about the whole course.
struct Plan<'a> {
    stream: &'a mut Stream,
    wide: bool,
    made: Vec<String>,
}

/// A course that passes every check of a course.
pub(super) fn draft(stream: &mut Stream) -> CourseDraft {
    let count = 3 + stream.below(6) as usize;
    let names: Vec<String> = (0..count).map(|number| format!("skill-{number}")).collect();
    let mut plan = Plan { wide: stream.below(4) == 0, stream, made: Vec::new() };
    let skills = (0..count).map(|number| plan.skill(number, &names)).collect();
    let mut modules: Vec<ModuleDraft> =
        (0..count).map(|number| plan.module(number, &names)).collect();
    if plan.stream.below(3) == 0 {
        let mut placement = activity("placement".to_owned(), "placement", 3.0);
        placement.skills = names.clone();
        modules[0].activities.insert(0, placement);
    }
    let mut draft = CourseDraft {
        format: 1,
        id: "storm".to_owned(),
        version: 1,
        title: "Storm".to_owned(),
        language: "en".to_owned(),
        description: "Whatever happens.".to_owned(),
        licence: "CC0-1.0".to_owned(),
        skills,
        modules,
        path: Vec::new(),
        ..CourseDraft::default()
    };
    if plan.stream.below(2) == 0 {
        draft.path = path(&draft, plan.stream);
    }
    if plan.stream.below(3) == 0 {
        let minutes = 5.0 + plan.stream.below(20) as f64;
        draft.pacing = Some(PacingDraft { session_minutes_max: Some(minutes) });
    }
    if plan.stream.below(2) == 0 {
        draft.reward = Some(reward(plan.stream));
    }
    if plan.stream.below(3) == 0 && questions_with_answer(&draft) >= 12 {
        let mut check = activity("check".to_owned(), "check", 4.0);
        check.skills = Vec::new();
        draft.modules.last_mut().into_iter().for_each(|it| it.activities.push(check.clone()));
        let minutes = Some(20.0 + plan.stream.below(100) as f64);
        draft.ends = Some(EndsDraft { minutes, date: None });
    }
    draft
}

fn questions_with_answer(draft: &CourseDraft) -> usize {
    let activities = draft.modules.iter().flat_map(|module| &module.activities);
    let questions = activities.flat_map(|activity| &activity.questions);
    questions.filter(|question| question.answer != AnswerDraft::Missing).count()
}

/// A reward with a mark that the site reports, and defaults for some of what may never come.
fn reward(stream: &mut Stream) -> RewardDraft {
    let mut measured = |weight: f64| ComponentDraft {
        weight: Some(weight),
        missing: (stream.below(2) == 0).then_some(-0.25),
        ..ComponentDraft::default()
    };
    let (gain, success) = (Some(measured(1.0)), Some(measured(0.2)));
    let delayed_gain = (stream.below(3) == 0)
        .then(|| ComponentDraft { weight: Some(0.5), ..ComponentDraft::default() });
    let mark = ComponentDraft {
        name: Some("mark".to_owned()),
        weight: Some(0.5),
        within_days: Some(3.0),
        missing: (stream.below(2) == 0).then_some(0.25),
        ..ComponentDraft::default()
    };
    RewardDraft { gain, success, delayed_gain, components: vec![mark], ..RewardDraft::default() }
}

/// All activities but some of those that others name, which wait beside the path.
fn path(draft: &CourseDraft, stream: &mut Stream) -> Vec<String> {
    let all = || draft.modules.iter().flat_map(|module| &module.activities);
    let named = |id: &String| {
        all().any(|other| {
            let lists = [&other.requires, &other.remedial, &other.advanced];
            lists.into_iter().flatten().any(|name| name == id)
        })
    };
    let kept = all().filter(|it| !named(&it.id) || stream.below(3) > 0);
    kept.map(|it| it.id.clone()).collect()
}

impl Plan<'_> {
    fn chance(&mut self, share: f64) -> bool {
        self.stream.uniform() < share
    }

    fn skill(&mut self, number: usize, names: &[String]) -> SkillDraft {
        let mut requires = Vec::new();
        if number > 0 && !self.wide && self.chance(0.6) {
            requires.push(names[self.stream.below(number as u64) as usize].clone());
        }
        SkillDraft { id: names[number].clone(), title: format!("Skill {number}"), requires }
    }

    fn module(&mut self, number: usize, names: &[String]) -> ModuleDraft {
        let mut activities = Vec::new();
        if self.chance(0.5) {
            activities.push(self.study(number, names, "video"));
        }
        if self.chance(0.3) {
            activities.push(self.study(number, names, "reading"));
        }
        let exercises = if self.wide { WIDE } else { 1 + self.stream.below(4) };
        for round in 0..exercises {
            activities.push(self.asking(number, names, "exercise", round));
        }
        if self.chance(0.4) {
            activities.push(self.asking(number, names, "quiz", 0));
        }
        let id = format!("module-{number}");
        ModuleDraft { title: id.clone(), id, activities }
    }

    fn study(&mut self, number: usize, names: &[String], kind: &str) -> ActivityDraft {
        let mut made = self.activity(format!("{kind}-{number}"), kind, number, names);
        match kind {
            "video" => {
                let script = Some("Look.".to_owned());
                made.video = Some(VideoDraft { seconds: 90.0, url: None, script });
            }
            _ => made.text = Some("Read.".to_owned()),
        }
        made
    }

    fn asking(&mut self, number: usize, names: &[String], kind: &str, round: u64) -> ActivityDraft {
        let mut made = self.activity(format!("{kind}-{number}-{round}"), kind, number, names);
        let questions = 1 + self.stream.below(3);
        made.questions = (0..questions).map(|it| question(&made.id, it)).collect();
        made
    }

    fn activity(
        &mut self,
        id: String,
        kind: &str,
        number: usize,
        names: &[String],
    ) -> ActivityDraft {
        let mut made = activity(id, kind, 1.0 + 19.0 * self.stream.uniform());
        made.skills.push(names[number].clone());
        if number > 0 && self.chance(0.2) {
            made.skills.push(names[number - 1].clone());
        }
        made.difficulty = 0.05 + 0.9 * self.stream.uniform();
        made.required = !self.wide && self.chance(0.15);
        // Whatever is named was made before, so no circle can close.
        if !self.wide && self.chance(0.15) {
            made.requires.extend(self.earlier());
        }
        if self.chance(0.3) {
            made.remedial.extend(self.earlier());
        }
        if self.chance(0.3) {
            made.advanced.extend(self.earlier());
        }
        self.made.push(made.id.clone());
        made
    }

    fn earlier(&mut self) -> Option<String> {
        let count = self.made.len() as u64;
        (count > 0).then(|| self.made[self.stream.below(count) as usize].clone())
    }
}

fn activity(id: String, kind: &str, minutes: f64) -> ActivityDraft {
    ActivityDraft {
        title: id.clone(),
        id,
        kind: kind.to_owned(),
        difficulty: 0.5,
        minutes,
        ..ActivityDraft::default()
    }
}

fn question(activity: &str, number: u64) -> QuestionDraft {
    QuestionDraft {
        id: format!("{activity}-{number}"),
        kind: "numeric".to_owned(),
        prompt: "How much?".to_owned(),
        answer: AnswerDraft::Number(4.0),
        explanation: "Count.".to_owned(),
        supports: ["hint", "worked_example", "explanation"].map(support).into(),
        ..QuestionDraft::default()
    }
}

fn support(kind: &str) -> SupportDraft {
    SupportDraft {
        id: kind.replace('_', "-"),
        kind: kind.to_owned(),
        text: Some("Count on your fingers.".to_owned()),
        activity: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_course_passes_every_check() {
        for seed in 0..200 {
            let draft = draft(&mut Stream::new(seed));
            let problems = nexus_engine::catalog::validation::check(&draft);
            assert!(problems.is_empty(), "seed {seed}: {problems:?}");
        }
    }
}
