//! Lessons: an activity as a learner sees it, with no answer that the learner has not given.

use crate::words;
use nexus_engine::catalog::draft::{
    ActivityDraft, AnswerDraft, AnswerForm, QuestionDraft, VideoDraft,
};
use nexus_engine::catalog::grading::is_right;
use nexus_engine::catalog::{Activity, Course, CourseDraft};
use nexus_engine::event::Answer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer to `GET /v1/learners/{id}/lesson`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LessonBody {
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// Its latest version, which the words are of.
    pub course_version: u32,
    /// The title that people read.
    pub title: String,
    /// The language of its words, as a tag such as `en`.
    pub language: String,
    /// What the course is about, for learners; empty when its author wrote nothing.
    pub description: String,
    /// What learners should be able to do at the end, when the course says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<LessonGoal>,
    /// Its skills, in the order of the file.
    pub skills: Vec<LessonSkill>,
    /// Whether the learner has done anything in the course.
    pub begun: bool,
    /// The activity that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<LessonActivity>,
}

/// What learners should be able to do at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LessonGoal {
    /// The success wanted in each of the skills.
    #[schema(minimum = 0, maximum = 1)]
    pub success: f64,
    /// The ids of the skills it is about.
    pub skills: Vec<String>,
}

/// A skill with the title that people read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LessonSkill {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
}

/// What a learner sees of an activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LessonActivity {
    /// The id of the activity.
    pub activity: String,
    /// What kind of activity it is.
    pub kind: words::ActivityKind,
    /// The title that people read.
    pub title: String,
    /// The title of its module.
    pub module: String,
    /// The minutes that the author expects.
    pub minutes: f64,
    /// The ids of the skills that it is about; of a placement and a closing check, those that it
    /// asks about.
    pub skills: Vec<String>,
    /// The text of a reading, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What there is of a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<LessonVideo>,
    /// Whether it measures, as a placement and a closing check do: then nothing is said about the
    /// answers, and there is no help.
    pub measures: bool,
    /// How many questions it asks: of a placement at most.
    pub asked: u32,
    /// How many of them the learner has answered since they last opened it.
    pub answered: u32,
    /// Its questions. Of a placement only the next one, of a closing check those still open: both
    /// empty when it is over, or when its time has not come.
    pub questions: Vec<LessonQuestion>,
    /// Activities that are easier: what its author offers after failure, easier ones on its skills,
    /// and those on the skills that these build on.
    pub easier: Vec<String>,
    /// Activities that are harder: what its author offers after success, and harder ones on its
    /// skills.
    pub harder: Vec<String>,
    /// Other activities that ask about its skills, so that a learner can show that they are known.
    pub asking: Vec<String>,
}

/// What there is of a video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LessonVideo {
    /// Its length in seconds.
    pub seconds: f64,
    /// Where it is, when the author says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its narration, readable alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
}

/// A question, without its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LessonQuestion {
    /// The id of the question.
    pub question: String,
    /// How it is answered.
    pub kind: words::QuestionKind,
    /// What is asked, Markdown.
    pub prompt: String,
    /// The options of a choice, in order.
    pub options: Vec<LessonOption>,
    /// Whether the course grades a `response`. Else only the learning site can.
    pub graded: bool,
    /// Its hints, in the order they are shown.
    pub hints: Vec<String>,
    /// Whether `POST /v1/supports` may have help with it.
    pub offers_help: bool,
    /// The learner's latest answer since they opened the activity, with what the course says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerFeedback>,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LessonOption {
    /// Its id: what to send as `response`.
    pub id: String,
    /// The sentence that people read.
    pub text: String,
}

/// What a learner answered, and what the course says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswerFeedback {
    /// Its place in the journal.
    pub seq: u64,
    /// What the learner answered, when the site sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Whether it was right.
    pub correct: bool,
    /// How right it was.
    #[schema(minimum = 0, maximum = 1)]
    pub grade: f64,
    /// Which attempt at the question it was, from 1.
    pub attempt: u16,
    /// What is right: option ids, a number, or the texts that are accepted. Empty when the course
    /// does not say.
    pub solution: Vec<String>,
    /// Why that is right; empty when the author wrote nothing.
    pub explanation: String,
}

/// What a learner has done of an activity, as far as its lesson depends on it.
#[derive(Clone, Debug, Default)]
pub struct LessonProgress {
    /// For a placement and a closing check: what it asks now, by question id.
    pub asks: Option<Vec<String>>,
    /// How many questions it asks, and how many of them are answered; counted from its own
    /// questions when absent.
    pub counts: Option<(u32, u32)>,
    /// Answers since it was last opened, the newest first.
    pub answers: Vec<(u64, Answer)>,
}

impl LessonBody {
    /// A course, with the activity that was asked for.
    #[must_use]
    pub fn new(
        learner: &str,
        draft: &CourseDraft,
        begun: bool,
        activity: Option<LessonActivity>,
    ) -> Self {
        let skill = |it: &nexus_engine::catalog::draft::SkillDraft| LessonSkill {
            skill: it.id.clone(),
            title: it.title.clone(),
        };
        let every = || draft.skills.iter().map(|it| it.id.clone()).collect();
        let goal = draft.goal.as_ref().map(|goal| LessonGoal {
            success: goal.success.unwrap_or_default(),
            skills: if goal.skills.is_empty() { every() } else { goal.skills.clone() },
        });
        Self {
            learner: learner.to_owned(),
            course: draft.id.clone(),
            course_version: draft.version,
            title: draft.title.clone(),
            language: draft.language.clone(),
            description: draft.description.clone(),
            goal,
            skills: draft.skills.iter().map(skill).collect(),
            begun,
            activity,
        }
    }
}

impl LessonActivity {
    /// An activity of a course as a learner sees it; `None` when the course does not have it.
    #[must_use]
    pub fn new(
        course: &Course,
        draft: &CourseDraft,
        activity: &str,
        progress: &LessonProgress,
    ) -> Option<Self> {
        let checked = course.activity(activity)?;
        let written = written(draft, activity)?;
        let measures = checked.kind.measures();
        let questions: Vec<LessonQuestion> = match &progress.asks {
            Some(asks) => asks.iter().filter_map(|id| question_of(draft, id)).collect(),
            None => written.questions.iter().map(LessonQuestion::new).collect(),
        };
        let questions: Vec<LessonQuestion> = questions
            .into_iter()
            .map(|it| if measures { it.without_help() } else { it.answered(draft, progress) })
            .collect();
        let own = (
            count(questions.len()),
            count(questions.iter().filter(|it| it.answer.is_some()).count()),
        );
        let (asked, answered) = progress.counts.unwrap_or(own);
        let nearby = Nearby { course, activity: checked };
        Some(Self {
            activity: activity.to_owned(),
            kind: checked.kind.into(),
            title: checked.title.clone(),
            module: course
                .modules
                .get(checked.module)
                .map(|it| it.title.clone())
                .unwrap_or_default(),
            minutes: checked.minutes,
            skills: checked.skills.iter().map(|it| course.skills[*it].id.to_string()).collect(),
            text: written.text.clone(),
            video: written.video.as_ref().map(LessonVideo::from),
            measures,
            asked,
            answered,
            questions,
            easier: nearby.easier(),
            harder: nearby.harder(),
            asking: nearby.asking(),
        })
    }
}

impl LessonQuestion {
    fn new(written: &QuestionDraft) -> Self {
        let options = written.options.iter();
        Self {
            question: written.id.clone(),
            // The kind of a published question is one of these words.
            kind: AnswerForm::from_word(&written.kind).unwrap_or(AnswerForm::Text).into(),
            prompt: written.prompt.clone(),
            options: options
                .map(|(id, text)| LessonOption { id: id.clone(), text: text.clone() })
                .collect(),
            graded: written.answer != AnswerDraft::Missing,
            hints: written.hints.clone(),
            offers_help: !written.supports.is_empty(),
            answer: None,
        }
    }

    /// The question as what measures asks it.
    fn without_help(self) -> Self {
        Self { hints: Vec::new(), offers_help: false, ..self }
    }

    fn answered(mut self, draft: &CourseDraft, progress: &LessonProgress) -> Self {
        let mut latest = progress.answers.iter();
        let latest = latest.find(|(_, answer)| answer.question.as_str() == self.question);
        let written = questions(draft).find(|it| it.id == self.question);
        self.answer =
            latest.zip(written).map(|((seq, answer), it)| AnswerFeedback::new(*seq, answer, it));
        self
    }
}

impl AnswerFeedback {
    fn new(seq: u64, answer: &Answer, written: &QuestionDraft) -> Self {
        Self {
            seq,
            response: answer.response.clone(),
            correct: is_right(answer.grade),
            grade: answer.grade,
            attempt: answer.attempt,
            solution: match &written.answer {
                AnswerDraft::Missing => Vec::new(),
                AnswerDraft::One(text) => vec![text.clone()],
                AnswerDraft::Many(texts) => texts.clone(),
                AnswerDraft::Number(number) => vec![number.to_string()],
            },
            explanation: written.explanation.clone(),
        }
    }
}

impl From<&VideoDraft> for LessonVideo {
    fn from(video: &VideoDraft) -> Self {
        Self { seconds: video.seconds, url: video.url.clone(), script: video.script.clone() }
    }
}

/// The activities around one, by what they teach and how hard they are.
struct Nearby<'a> {
    course: &'a Course,
    activity: &'a Activity,
}

impl Nearby<'_> {
    fn easier(&self) -> Vec<String> {
        let below = |it: &Activity| {
            self.shares_skill(it) && it.difficulty < self.activity.difficulty
                || it.skills.iter().any(|skill| self.builds_on(*skill))
        };
        self.named(&self.activity.remedial, below)
    }

    fn harder(&self) -> Vec<String> {
        let above =
            |it: &Activity| self.shares_skill(it) && it.difficulty > self.activity.difficulty;
        self.named(&self.activity.advanced, above)
    }

    fn asking(&self) -> Vec<String> {
        self.named(&[], |it| self.shares_skill(it) && !it.questions.is_empty())
    }

    /// What the author names, then what else fits, each once; never what measures.
    fn named(&self, first: &[usize], fits: impl Fn(&Activity) -> bool) -> Vec<String> {
        let mut found: Vec<&Activity> =
            first.iter().map(|it| &self.course.activities[*it]).collect();
        for it in &self.course.activities {
            let new = it.id != self.activity.id && !found.iter().any(|known| known.id == it.id);
            if new && !it.kind.measures() && fits(it) {
                found.push(it);
            }
        }
        found.truncate(crate::decisions::LISTED_MAX);
        found.into_iter().map(|it| it.id.to_string()).collect()
    }

    fn shares_skill(&self, other: &Activity) -> bool {
        other.skills.iter().any(|skill| self.activity.skills.contains(skill))
    }

    fn builds_on(&self, skill: usize) -> bool {
        let mut own = self.activity.skills.iter();
        own.any(|it| self.course.skills[*it].requires.contains(&skill))
    }
}

fn written<'a>(draft: &'a CourseDraft, activity: &str) -> Option<&'a ActivityDraft> {
    let mut activities = draft.modules.iter().flat_map(|module| &module.activities);
    activities.find(|it| it.id == activity)
}

fn questions(draft: &CourseDraft) -> impl Iterator<Item = &QuestionDraft> {
    let activities = draft.modules.iter().flat_map(|module| &module.activities);
    activities.flat_map(|activity| &activity.questions)
}

fn question_of(draft: &CourseDraft, id: &str) -> Option<LessonQuestion> {
    questions(draft).find(|it| it.id == id).map(LessonQuestion::new)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
