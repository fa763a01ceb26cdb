//! From the tree of a course file to a draft: which keys there are, and what type each has.

use super::tree::{Location, NodeValue, YamlNode};
use super::{Finding, Shaped};
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, CheckDraft, ComponentDraft, EndsDraft, GoalDraft, IriDraft,
    ModuleDraft, PacingDraft, PlacementDraft, ProbesDraft, QuestionDraft, RewardDraft, SkillDraft,
    SupportDraft, VideoDraft,
};
use nexus_engine::catalog::{CourseDraft, Place};

/// Findings that are listed; a file of another kind would otherwise give one a line.
const FINDINGS_MAX: usize = 1_000;

/// Reads a tree as a course draft, as far as that goes.
pub(super) fn shape(tree: &YamlNode) -> Shaped {
    let mut shaper = Shaper { findings: Vec::new(), holes: Vec::new() };
    let draft = shaper.course(tree);
    Shaped { draft, findings: shaper.findings, holes: shaper.holes }
}

struct Shaper {
    findings: Vec<Finding>,
    holes: Vec<Place>,
}

/// The fields of one map: each known key with its value.
struct Fields<'a> {
    place: Place,
    entries: Vec<(&'static str, &'a YamlNode)>,
}

impl<'a> Fields<'a> {
    /// The value of a field; `null` counts as absent.
    fn get(&self, name: &'static str) -> Option<&'a YamlNode> {
        let found = self.entries.iter().find(|(key, _)| *key == name);
        found.map(|(_, node)| *node).filter(|node| !is_null(node))
    }

    fn at(&self, name: &'static str) -> Place {
        self.place.field(name)
    }
}

/// The keys of a map: those it must have, and those it may have.
struct Keys {
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const COURSE: Keys = Keys {
    required: &["format", "id", "version", "title", "language", "skills", "modules"],
    optional: &[
        "description",
        "licence",
        "path",
        "reward",
        "probes",
        "pacing",
        "goal",
        "ends",
        "iris",
    ],
};
const PACING: Keys = Keys { required: &[], optional: &["session_minutes_max"] };
const GOAL: Keys = Keys { required: &["success"], optional: &["skills"] };
const ENDS: Keys = Keys { required: &[], optional: &["minutes", "date"] };
const IRI: Keys = Keys { required: &[], optional: &["iri", "prefix", "activity", "question"] };
const SKILL: Keys = Keys { required: &["id", "title"], optional: &["requires"] };
const MODULE: Keys = Keys { required: &["id", "title", "activities"], optional: &[] };
const ACTIVITY: Keys = Keys {
    required: &["id", "kind", "title", "skills", "difficulty", "minutes"],
    optional: &[
        "requires",
        "remedial",
        "advanced",
        "required",
        "text",
        "video",
        "questions",
        "placement",
        "check",
    ],
};
const CHECK: Keys = Keys { required: &[], optional: &["questions"] };
const PLACEMENT: Keys =
    Keys { required: &[], optional: &["questions_min", "questions_max", "gain_min", "error_max"] };
const REWARD: Keys = Keys {
    required: &[],
    optional: &["clip", "gain", "delayed_gain", "success", "cost", "abandonment", "components"],
};
const COMPONENT: Keys = Keys {
    required: &[],
    optional: &[
        "name",
        "weight",
        "within_days",
        "after_days",
        "aggregate",
        "missing",
        "min",
        "max",
    ],
};
const PROBES: Keys = Keys { required: &[], optional: &["share"] };
const VIDEO: Keys = Keys { required: &["seconds"], optional: &["url", "script"] };
const QUESTION: Keys = Keys {
    required: &["id", "kind", "prompt"],
    optional: &[
        "options",
        "answer",
        "tolerance",
        "skills",
        "difficulty",
        "hints",
        "explanation",
        "supports",
    ],
};
const SUPPORT: Keys = Keys { required: &["id", "kind"], optional: &["text", "activity"] };

impl Shaper {
    fn course(&mut self, tree: &YamlNode) -> CourseDraft {
        let fields = self.fields(tree, Place::root(), &COURSE);
        CourseDraft {
            format: self.count(&fields, "format"),
            id: self.text(&fields, "id"),
            version: self.count(&fields, "version"),
            title: self.text(&fields, "title"),
            language: self.text(&fields, "language"),
            description: self.text(&fields, "description"),
            licence: self.text(&fields, "licence"),
            skills: self.list(&fields, "skills", Self::skill),
            modules: self.list(&fields, "modules", Self::module),
            path: self.texts(&fields, "path"),
            reward: fields.get("reward").map(|node| self.reward(node, fields.at("reward"))),
            probes: fields.get("probes").map(|node| self.probes(node, fields.at("probes"))),
            pacing: fields.get("pacing").map(|node| self.pacing(node, fields.at("pacing"))),
            goal: fields.get("goal").map(|node| self.goal(node, fields.at("goal"))),
            ends: fields.get("ends").map(|node| self.ends(node, fields.at("ends"))),
            iris: self.list(&fields, "iris", Self::iri),
        }
    }

    fn reward(&mut self, node: &YamlNode, place: Place) -> RewardDraft {
        let fields = self.fields(node, place, &REWARD);
        let mut component =
            |name: &'static str| fields.get(name).map(|node| self.component(node, fields.at(name)));
        RewardDraft {
            gain: component("gain"),
            delayed_gain: component("delayed_gain"),
            success: component("success"),
            cost: component("cost"),
            abandonment: component("abandonment"),
            clip: self.number(&fields, "clip"),
            components: self.list(&fields, "components", Self::component),
        }
    }

    fn component(&mut self, node: &YamlNode, place: Place) -> ComponentDraft {
        let fields = self.fields(node, place, &COMPONENT);
        ComponentDraft {
            name: fields.get("name").map(|_| self.text(&fields, "name")),
            weight: self.number(&fields, "weight"),
            within_days: self.number(&fields, "within_days"),
            after_days: self.number(&fields, "after_days"),
            aggregate: fields.get("aggregate").map(|_| self.text(&fields, "aggregate")),
            missing: self.number(&fields, "missing"),
            min: self.number(&fields, "min"),
            max: self.number(&fields, "max"),
        }
    }

    fn probes(&mut self, node: &YamlNode, place: Place) -> ProbesDraft {
        let fields = self.fields(node, place, &PROBES);
        ProbesDraft { share: self.number(&fields, "share") }
    }

    fn pacing(&mut self, node: &YamlNode, place: Place) -> PacingDraft {
        let fields = self.fields(node, place, &PACING);
        PacingDraft { session_minutes_max: self.number(&fields, "session_minutes_max") }
    }

    fn goal(&mut self, node: &YamlNode, place: Place) -> GoalDraft {
        let fields = self.fields(node, place, &GOAL);
        GoalDraft {
            skills: self.texts(&fields, "skills"),
            success: self.number(&fields, "success"),
        }
    }

    fn ends(&mut self, node: &YamlNode, place: Place) -> EndsDraft {
        let fields = self.fields(node, place, &ENDS);
        EndsDraft {
            minutes: self.number(&fields, "minutes"),
            date: fields.get("date").map(|_| self.text(&fields, "date")),
        }
    }

    fn iri(&mut self, node: &YamlNode, place: Place) -> IriDraft {
        let fields = self.fields(node, place, &IRI);
        let mut text = |name: &'static str| fields.get(name).map(|_| self.text(&fields, name));
        IriDraft {
            iri: text("iri"),
            prefix: text("prefix"),
            activity: text("activity"),
            question: text("question"),
        }
    }

    fn skill(&mut self, node: &YamlNode, place: Place) -> SkillDraft {
        let fields = self.fields(node, place, &SKILL);
        SkillDraft {
            id: self.text(&fields, "id"),
            title: self.text(&fields, "title"),
            requires: self.texts(&fields, "requires"),
        }
    }

    fn module(&mut self, node: &YamlNode, place: Place) -> ModuleDraft {
        let fields = self.fields(node, place, &MODULE);
        ModuleDraft {
            id: self.text(&fields, "id"),
            title: self.text(&fields, "title"),
            activities: self.list(&fields, "activities", Self::activity),
        }
    }

    fn activity(&mut self, node: &YamlNode, place: Place) -> ActivityDraft {
        let fields = self.fields(node, place, &ACTIVITY);
        ActivityDraft {
            id: self.text(&fields, "id"),
            kind: self.text(&fields, "kind"),
            title: self.text(&fields, "title"),
            skills: self.texts(&fields, "skills"),
            difficulty: self.number(&fields, "difficulty").unwrap_or_default(),
            minutes: self.number(&fields, "minutes").unwrap_or_default(),
            requires: self.texts(&fields, "requires"),
            remedial: self.texts(&fields, "remedial"),
            advanced: self.texts(&fields, "advanced"),
            required: self.truth(&fields, "required"),
            text: fields.get("text").map(|_| self.text(&fields, "text")),
            video: fields.get("video").map(|node| self.video(node, fields.at("video"))),
            questions: self.list(&fields, "questions", Self::question),
            placement: fields
                .get("placement")
                .map(|node| self.placement(node, fields.at("placement"))),
            check: fields.get("check").map(|node| self.check(node, fields.at("check"))),
        }
    }

    fn check(&mut self, node: &YamlNode, place: Place) -> CheckDraft {
        let fields = self.fields(node, place, &CHECK);
        let questions = fields.get("questions").map(|_| self.count(&fields, "questions"));
        CheckDraft { questions }
    }

    fn placement(&mut self, node: &YamlNode, place: Place) -> PlacementDraft {
        let fields = self.fields(node, place, &PLACEMENT);
        PlacementDraft {
            questions_min: fields
                .get("questions_min")
                .map(|_| self.count(&fields, "questions_min")),
            questions_max: fields
                .get("questions_max")
                .map(|_| self.count(&fields, "questions_max")),
            gain_min: self.number(&fields, "gain_min"),
            error_max: self.number(&fields, "error_max"),
        }
    }

    fn video(&mut self, node: &YamlNode, place: Place) -> VideoDraft {
        let fields = self.fields(node, place, &VIDEO);
        VideoDraft {
            seconds: self.number(&fields, "seconds").unwrap_or_default(),
            url: fields.get("url").map(|_| self.text(&fields, "url")),
            script: fields.get("script").map(|_| self.text(&fields, "script")),
        }
    }

    fn question(&mut self, node: &YamlNode, place: Place) -> QuestionDraft {
        let fields = self.fields(node, place, &QUESTION);
        QuestionDraft {
            id: self.text(&fields, "id"),
            kind: self.text(&fields, "kind"),
            prompt: self.text(&fields, "prompt"),
            options: self.options(&fields),
            answer: self.answer(&fields),
            tolerance: self.number(&fields, "tolerance"),
            skills: self.texts(&fields, "skills"),
            difficulty: self.number(&fields, "difficulty"),
            hints: self.texts(&fields, "hints"),
            explanation: self.text(&fields, "explanation"),
            supports: self.list(&fields, "supports", Self::support),
        }
    }

    fn support(&mut self, node: &YamlNode, place: Place) -> SupportDraft {
        let fields = self.fields(node, place, &SUPPORT);
        SupportDraft {
            id: self.text(&fields, "id"),
            kind: self.text(&fields, "kind"),
            text: fields.get("text").map(|_| self.text(&fields, "text")),
            activity: fields.get("activity").map(|_| self.text(&fields, "activity")),
        }
    }

    /// Reads a map and reports keys that are unknown, repeated or missing.
    fn fields<'a>(&mut self, node: &'a YamlNode, place: Place, keys: &Keys) -> Fields<'a> {
        let mut entries: Vec<(&'static str, &'a YamlNode)> = Vec::new();
        let NodeValue::Map(map) = &node.value else {
            self.wrong_type(node, place.clone(), "a map with keys");
            return Fields { place, entries };
        };
        for (key, value) in map {
            let mut all = keys.required.iter().chain(keys.optional);
            match all.find(|name| **name == key.text) {
                None => self.unknown_key(&key.text, key.at, &place, keys),
                Some(name) if entries.iter().any(|(known, _)| known == name) => {
                    let message = format!("`{name}` is there twice; remove one");
                    self.report(Some(key.at), &place.field(name), "duplicate_field", message);
                }
                Some(name) => entries.push((name, value)),
            }
        }
        let fields = Fields { place, entries };
        for name in keys.required {
            if fields.get(name).is_none() {
                let at = fields.entries.iter().find(|(key, _)| key == name);
                let at = at.map_or(node.at, |(_, null)| null.at);
                let message = format!("`{name}` is missing; add it");
                self.report(Some(at), &fields.at(name), "missing_field", message);
                self.holes.push(fields.at(name));
            }
        }
        fields
    }

    fn unknown_key(&mut self, key: &str, at: Location, place: &Place, keys: &Keys) {
        let shown: String = key.chars().take(40).collect();
        let known: Vec<&str> = keys.required.iter().chain(keys.optional).copied().collect();
        let message = format!("{shown:?} is no field here; known are {}", known.join(", "));
        self.report(Some(at), place, "unknown_field", message);
    }

    fn text(&mut self, fields: &Fields<'_>, name: &'static str) -> String {
        let Some(node) = fields.get(name) else { return String::new() };
        self.text_of(node, || fields.at(name))
    }

    /// A text may be written without quotes even when it looks like a number.
    fn text_of(&mut self, node: &YamlNode, place: impl FnOnce() -> Place) -> String {
        match &node.value {
            NodeValue::Scalar { text, .. } if !is_null(node) => text.clone(),
            _ => {
                self.wrong_type(node, place(), "a text");
                String::new()
            }
        }
    }

    fn texts(&mut self, fields: &Fields<'_>, name: &'static str) -> Vec<String> {
        self.list(fields, name, |shaper, node, place| shaper.text_of(node, || place))
    }

    fn list<T>(
        &mut self,
        fields: &Fields<'_>,
        name: &'static str,
        mut read: impl FnMut(&mut Self, &YamlNode, Place) -> T,
    ) -> Vec<T> {
        let Some(node) = fields.get(name) else { return Vec::new() };
        let place = fields.at(name);
        let NodeValue::List(list) = &node.value else {
            self.wrong_type(node, place, "a list, such as `[one, two]`");
            return Vec::new();
        };
        let mut read_at = |(position, node)| read(self, node, place.index(position));
        list.iter().enumerate().map(&mut read_at).collect()
    }

    fn options(&mut self, fields: &Fields<'_>) -> Vec<(String, String)> {
        let Some(node) = fields.get("options") else { return Vec::new() };
        let place = fields.at("options");
        let NodeValue::Map(entries) = &node.value else {
            self.wrong_type(node, place, "a map such as `{a: first, b: second}`");
            return Vec::new();
        };
        let pair = |(position, (key, value)): (usize, &(super::tree::Key, YamlNode))| {
            (key.text.clone(), self.text_of(value, || place.index(position)))
        };
        entries.iter().enumerate().map(pair).collect()
    }

    fn answer(&mut self, fields: &Fields<'_>) -> AnswerDraft {
        let Some(node) = fields.get("answer") else { return AnswerDraft::Missing };
        match &node.value {
            NodeValue::List(_) => AnswerDraft::Many(self.texts(fields, "answer")),
            NodeValue::Scalar { text, plain: true } => {
                number(text).map_or_else(|| AnswerDraft::One(text.clone()), AnswerDraft::Number)
            }
            NodeValue::Scalar { text, .. } => AnswerDraft::One(text.clone()),
            NodeValue::Map(_) => {
                self.wrong_type(node, fields.at("answer"), "a number, a text or a list of texts");
                AnswerDraft::Missing
            }
        }
    }

    fn number(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<f64> {
        let node = fields.get(name)?;
        let value = match &node.value {
            NodeValue::Scalar { text, plain: true } => number(text),
            _ => None,
        };
        if value.is_none() {
            self.wrong_type(node, fields.at(name), "a number without quotes, such as 0.5");
        }
        value
    }

    fn count(&mut self, fields: &Fields<'_>, name: &'static str) -> u32 {
        let Some(node) = fields.get(name) else { return 0 };
        let value = match &node.value {
            NodeValue::Scalar { text, plain: true } => text.parse().ok(),
            _ => None,
        };
        value.unwrap_or_else(|| {
            self.wrong_type(node, fields.at(name), "a whole number without quotes, such as 1");
            0
        })
    }

    fn truth(&mut self, fields: &Fields<'_>, name: &'static str) -> bool {
        let Some(node) = fields.get(name) else { return false };
        match &node.value {
            NodeValue::Scalar { text, plain: true } if text == "true" => true,
            NodeValue::Scalar { text, plain: true } if text == "false" => false,
            _ => {
                self.wrong_type(node, fields.at(name), "`true` or `false`");
                false
            }
        }
    }

    fn wrong_type(&mut self, node: &YamlNode, place: Place, expected: &str) {
        let found = match &node.value {
            NodeValue::List(_) => "a list",
            NodeValue::Map(_) => "a map",
            NodeValue::Scalar { .. } if is_null(node) => "nothing",
            NodeValue::Scalar { plain: false, .. } => "a text in quotes",
            NodeValue::Scalar { .. } => "a plain text",
        };
        let message = format!("here stands {found}; write {expected}");
        self.report(Some(node.at), &place, "wrong_type", message);
        self.holes.push(place);
    }

    fn report(
        &mut self,
        location: Option<Location>,
        place: &Place,
        code: &'static str,
        message: String,
    ) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { location, place: place.to_string(), code, message });
        }
    }
}

fn is_null(node: &YamlNode) -> bool {
    match &node.value {
        NodeValue::Scalar { text, plain: true } => {
            matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
        }
        _ => false,
    }
}

/// A number as YAML's core schema writes it. Validation refuses those that are not finite.
fn number(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        ".inf" | "+.inf" | ".Inf" | ".INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let known = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    (text.bytes().all(known) && text.bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}
