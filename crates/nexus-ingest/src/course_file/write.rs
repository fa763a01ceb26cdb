//! A course draft as a course file.
//!
//! The YAML is written by hand, for people: keys in the order of the format, long texts as blocks,
//! and quotes only where a plain word could be mistaken for something else.

use nexus_api::course::CourseFile;
use nexus_engine::catalog::CourseDraft;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, ComponentDraft, EndsDraft, GoalDraft, IriDraft,
    ModuleDraft, PacingDraft, PlacementDraft, ProbesDraft, QuestionDraft, RewardDraft, SkillDraft,
    SupportDraft, VideoDraft,
};

/// A draft as JSON, indented.
///
/// Errors: when a number is not finite, which JSON cannot hold.
pub fn to_json(draft: &CourseDraft) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&CourseFile::from(draft.clone()))?;
    text.push('\n');
    Ok(text)
}

/// A draft as YAML. Reading it back gives the same draft.
#[must_use]
pub fn to_yaml(draft: &CourseDraft) -> String {
    let mut page = Page::default();
    page.plain("format", draft.format);
    page.text("id", &draft.id);
    page.plain("version", draft.version);
    page.text("title", &draft.title);
    page.text("language", &draft.language);
    page.text_if("description", &draft.description);
    page.text_if("licence", &draft.licence);
    page.list("skills", &draft.skills, Page::skill);
    page.list("modules", &draft.modules, Page::module);
    page.texts("path", &draft.path);
    if let Some(reward) = &draft.reward {
        page.map("reward", *reward == RewardDraft::default(), |page| page.reward(reward));
    }
    if let Some(probes) = &draft.probes {
        page.map("probes", *probes == ProbesDraft::default(), |page| {
            page.number_if("share", probes.share);
        });
    }
    if let Some(pacing) = &draft.pacing {
        page.map("pacing", *pacing == PacingDraft::default(), |page| {
            page.number_if("session_minutes_max", pacing.session_minutes_max);
        });
    }
    if let Some(goal) = &draft.goal {
        page.map("goal", *goal == GoalDraft::default(), |page| {
            page.texts("skills", &goal.skills);
            page.number_if("success", goal.success);
        });
    }
    if let Some(ends) = &draft.ends {
        page.map("ends", *ends == EndsDraft::default(), |page| {
            page.number_if("minutes", ends.minutes);
            if let Some(date) = &ends.date {
                page.text("date", date);
            }
        });
    }
    page.list("iris", &draft.iris, Page::iri);
    page.out
}

#[derive(Default)]
struct Page {
    out: String,
    depth: usize,
    /// Whether the next key stands behind the dash of a list.
    after_dash: bool,
}

impl Page {
    fn iri(&mut self, named: &IriDraft) {
        let fields = [
            ("iri", &named.iri),
            ("prefix", &named.prefix),
            ("activity", &named.activity),
            ("question", &named.question),
        ];
        for (key, text) in fields {
            if let Some(text) = text {
                self.text(key, text);
            }
        }
    }

    fn skill(&mut self, skill: &SkillDraft) {
        self.text("id", &skill.id);
        self.text("title", &skill.title);
        self.texts("requires", &skill.requires);
    }

    fn module(&mut self, module: &ModuleDraft) {
        self.text("id", &module.id);
        self.text("title", &module.title);
        self.list("activities", &module.activities, Self::activity);
    }

    fn activity(&mut self, activity: &ActivityDraft) {
        self.text("id", &activity.id);
        self.text("kind", &activity.kind);
        self.text("title", &activity.title);
        self.texts_always("skills", &activity.skills);
        self.number("difficulty", activity.difficulty);
        self.number("minutes", activity.minutes);
        self.texts("requires", &activity.requires);
        self.texts("remedial", &activity.remedial);
        self.texts("advanced", &activity.advanced);
        if activity.required {
            self.plain("required", true);
        }
        if let Some(text) = &activity.text {
            self.text("text", text);
        }
        if let Some(video) = &activity.video {
            self.video(video);
        }
        if !activity.questions.is_empty() {
            self.list("questions", &activity.questions, Self::question);
        }
        if let Some(rules) = &activity.placement {
            self.placement(rules);
        }
        if let Some(check) = &activity.check {
            self.map("check", *check == CheckDraft::default(), |page| {
                if let Some(questions) = check.questions {
                    page.plain("questions", questions);
                }
            });
        }
    }

    fn placement(&mut self, rules: &PlacementDraft) {
        self.map("placement", *rules == PlacementDraft::default(), |page| {
            let counts =
                [("questions_min", rules.questions_min), ("questions_max", rules.questions_max)];
            for (name, count) in counts {
                if let Some(count) = count {
                    page.plain(name, count);
                }
            }
            page.number_if("gain_min", rules.gain_min);
            page.number_if("error_max", rules.error_max);
        });
    }

    fn reward(&mut self, reward: &RewardDraft) {
        self.number_if("clip", reward.clip);
        for (name, component) in [
            ("gain", &reward.gain),
            ("delayed_gain", &reward.delayed_gain),
            ("success", &reward.success),
            ("cost", &reward.cost),
            ("abandonment", &reward.abandonment),
        ] {
            if let Some(component) = component {
                let empty = *component == ComponentDraft::default();
                self.map(name, empty, |page| page.component(component));
            }
        }
        if !reward.components.is_empty() {
            self.list("components", &reward.components, Self::component);
        }
    }

    fn component(&mut self, component: &ComponentDraft) {
        if let Some(name) = &component.name {
            self.text("name", name);
        }
        self.number_if("weight", component.weight);
        self.number_if("within_days", component.within_days);
        self.number_if("after_days", component.after_days);
        if let Some(aggregate) = &component.aggregate {
            self.text("aggregate", aggregate);
        }
        self.number_if("missing", component.missing);
        self.number_if("min", component.min);
        self.number_if("max", component.max);
    }

    /// A map under a key, in braces when it is empty.
    fn map(&mut self, name: &str, empty: bool, write: impl FnOnce(&mut Self)) {
        self.key(name);
        if empty {
            self.out.push_str(" {}\n");
            return;
        }
        self.out.push('\n');
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn video(&mut self, video: &VideoDraft) {
        self.key("video");
        self.out.push('\n');
        self.depth += 1;
        self.number("seconds", video.seconds);
        if let Some(url) = &video.url {
            self.text("url", url);
        }
        if let Some(script) = &video.script {
            self.text("script", script);
        }
        self.depth -= 1;
    }

    fn question(&mut self, question: &QuestionDraft) {
        self.text("id", &question.id);
        self.text("kind", &question.kind);
        self.text("prompt", &question.prompt);
        if !question.options.is_empty() {
            self.key("options");
            self.out.push('\n');
            self.depth += 1;
            for (id, text) in &question.options {
                self.text(&inline(id), text);
            }
            self.depth -= 1;
        }
        match &question.answer {
            AnswerDraft::Missing => {}
            AnswerDraft::One(text) => self.text("answer", text),
            AnswerDraft::Many(texts) => self.texts_always("answer", texts),
            AnswerDraft::Number(number) => self.number("answer", *number),
        }
        if let Some(tolerance) = question.tolerance {
            self.number("tolerance", tolerance);
        }
        self.texts("skills", &question.skills);
        if let Some(difficulty) = question.difficulty {
            self.number("difficulty", difficulty);
        }
        self.texts("hints", &question.hints);
        self.text_if("explanation", &question.explanation);
        if !question.supports.is_empty() {
            self.list("supports", &question.supports, Self::support);
        }
    }

    fn support(&mut self, support: &SupportDraft) {
        self.text("id", &support.id);
        self.text("kind", &support.kind);
        if let Some(text) = &support.text {
            self.text("text", text);
        }
        if let Some(activity) = &support.activity {
            self.text("activity", activity);
        }
    }

    fn key(&mut self, name: &str) {
        if !std::mem::take(&mut self.after_dash) {
            self.indent();
        }
        self.out.push_str(name);
        self.out.push(':');
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn plain(&mut self, name: &str, value: impl std::fmt::Display) {
        self.key(name);
        self.out.push_str(&format!(" {value}\n"));
    }

    fn number(&mut self, name: &str, number: f64) {
        if number.is_finite() {
            self.plain(name, number);
        } else {
            let word = if number.is_nan() { ".nan" } else { ".inf" };
            let sign = if number == f64::NEG_INFINITY { "-" } else { "" };
            self.plain(name, format!("{sign}{word}"));
        }
    }

    fn number_if(&mut self, name: &str, number: Option<f64>) {
        if let Some(number) = number {
            self.number(name, number);
        }
    }

    fn text_if(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        self.out.push(' ');
        if fits_block(text) {
            self.block(text);
        } else {
            self.out.push_str(&inline(text));
            self.out.push('\n');
        }
    }

    /// A text of several lines as a literal block.
    fn block(&mut self, text: &str) {
        let (body, keep) = match text.strip_suffix('\n') {
            Some(body) => (body, "|\n"),
            None => (text, "|-\n"),
        };
        self.out.push_str(keep);
        self.depth += 1;
        for line in body.split('\n') {
            if !line.is_empty() {
                self.indent();
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
        self.depth -= 1;
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.texts_always(name, texts);
        }
    }

    fn texts_always(&mut self, name: &str, texts: &[String]) {
        self.key(name);
        let short = texts.iter().all(|text| is_word(text));
        if short {
            self.out.push_str(&format!(" [{}]\n", texts.join(", ")));
            return;
        }
        self.out.push('\n');
        self.depth += 1;
        for text in texts {
            self.indent();
            self.out.push_str(&format!("- {}\n", inline(text)));
        }
        self.depth -= 1;
    }

    fn list<T>(&mut self, name: &str, list: &[T], write: impl Fn(&mut Self, &T)) {
        self.key(name);
        if list.is_empty() {
            self.out.push_str(" []\n");
            return;
        }
        self.out.push('\n');
        for entry in list {
            self.depth += 1;
            self.indent();
            self.out.push_str("- ");
            self.depth += 1;
            self.after_dash = true;
            write(self, entry);
            self.depth -= 2;
        }
    }
}

/// Whether a text reads best as a block, and survives being one: a block cannot begin with a
/// blank, end in several newlines, or hold control characters.
fn fits_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && !body.ends_with(['\n', ' ', '\t'])
        && text.chars().all(|letter| letter == '\n' || is_plain(letter))
}

/// Characters that need no escape. Line separators and marks that editors hide do need one.
fn is_plain(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{85}')
}

/// A text on one line: bare when it is a simple word, else in double quotes.
fn inline(text: &str) -> String {
    if is_word(text) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            plain if is_plain(plain) => quoted.push(plain),
            other => quoted.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text is a word that no YAML reader takes for something else: not for a number, a
/// truth value or nothing, by the rules of YAML 1.1 either.
fn is_word(text: &str) -> bool {
    const TAKEN: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
}
