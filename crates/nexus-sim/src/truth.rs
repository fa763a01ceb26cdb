//! What is true of a course and no model is told: how hard each question really is, and how well
//! each activity really teaches.

use crate::knowledge::Study;
use crate::response::response;
use nexus_engine::catalog::course::difficulty_logits;
use nexus_engine::catalog::{Activity, Course};
use nexus_engine::words;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Standard deviation, in logits, of a question's true difficulty around what its author wrote.
pub const DIFFICULTY_SPREAD: f64 = 0.5;
/// Standard deviation of the logarithm of how well an activity teaches.
pub const TEACHING_SPREAD: f64 = 0.3;
/// True difficulties stay within this many logits of zero.
pub const DIFFICULTY_MAX: f64 = 3.0;
/// What a minute of watching or reading teaches beside a minute of answering, in the setting of
/// doers: published is a sixth (Koedinger et al. 2015, "Learning is not a spectator sport").
pub const DOER_SHARE: f64 = 1.0 / 6.0;
/// Minutes that a question takes in a course that asks none.
const QUESTION_MINUTES: f64 = 1.0;

/// How much films and readings teach beside questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StudySetting {
    /// As much as each family says, however long they are: a short film is worth two questions.
    #[default]
    Kind,
    /// A minute of them teaches a sixth of what a minute of answering questions does.
    Doer,
}

words!(StudySetting {
    Kind => "kind",
    Doer => "doer",
});

/// A course with its hidden truth: the same for all learners of one seed.
#[derive(Clone, Debug)]
pub struct CourseTruth {
    /// The course as it is published.
    pub course: Arc<Course>,
    /// True difficulty of each question in logits, in the order of the course's questions.
    pub difficulty: Vec<f64>,
    /// How well each activity teaches; 1 is usual. In the order of the course's activities.
    pub teaching: Vec<f64>,
    /// The median question of each skill, by true difficulty; `None` when nothing exercises it.
    pub median: Vec<Option<usize>>,
    /// How much films and readings teach.
    pub setting: StudySetting,
    /// Minutes that a question of the course takes, on average.
    question_minutes: f64,
    /// What a learner writes to each question: when wrong, and when right.
    responses: Vec<[Option<String>; 2]>,
}

impl CourseTruth {
    /// Makes up the truth about a course from a seed, in the kind setting.
    #[must_use]
    pub fn new(course: &Arc<Course>, seed: u64) -> Self {
        Self::within(course, seed, StudySetting::Kind)
    }

    /// Makes up the truth about a course from a seed, in a setting.
    #[must_use]
    pub fn within(course: &Arc<Course>, seed: u64, setting: StudySetting) -> Self {
        let keyed = |kind: &str, id: &str| Stream::keyed(seed, &format!("truth/{kind}/{id}"));
        let questions = course.questions.iter();
        let difficulty: Vec<f64> = questions
            .map(|question| {
                let normal = keyed("question", question.id.as_str()).normal();
                let logits = difficulty_logits(question.difficulty) + DIFFICULTY_SPREAD * normal;
                logits.clamp(-DIFFICULTY_MAX, DIFFICULTY_MAX)
            })
            .collect();
        let activities = course.activities.iter();
        let teaching = activities
            .map(|activity| {
                let normal = keyed("activity", activity.id.as_str()).normal();
                exp(TEACHING_SPREAD * normal)
            })
            .collect();
        let median = (0..course.skills.len())
            .map(|skill| median_question(course, &difficulty, skill))
            .collect();
        let questions = course.questions.iter();
        let responses = questions.map(|question| [false, true].map(|it| response(question, it)));
        Self {
            course: Arc::clone(course),
            difficulty,
            teaching,
            median,
            setting,
            question_minutes: question_minutes(course),
            responses: responses.collect(),
        }
    }

    /// A right or wrong response to a question; `None` when only the learning site can grade it.
    #[must_use]
    pub fn response(&self, question: usize, right: bool) -> Option<&str> {
        self.responses[question][usize::from(right)].as_deref()
    }

    /// How strongly a look at an activity teaches. `kind` is what a first look is worth in the kind
    /// setting, `question` what a usual first answer is worth, both in a family's own unit.
    #[must_use]
    pub fn study_strength(&self, study: &Study, kind: f64, question: f64) -> f64 {
        let first = match self.setting {
            StudySetting::Kind => kind,
            StudySetting::Doer => question * self.questions_worth(study.activity),
        };
        first * self.teaching[study.activity] * study.effect()
    }

    /// How many questions a first look at an activity is worth in the setting of doers.
    fn questions_worth(&self, activity: usize) -> f64 {
        let minutes = length_minutes(&self.course.activities[activity]);
        DOER_SHARE * minutes / self.question_minutes
    }

    /// The skills, each after its prerequisites; else in file order.
    #[must_use]
    pub fn teaching_order(&self) -> Vec<usize> {
        let skills = &self.course.skills;
        let mut order: Vec<usize> = Vec::with_capacity(skills.len());
        let mut placed = vec![false; skills.len()];
        // A published course has no cycles: each round places at least one skill.
        while order.len() < skills.len() {
            let before = order.len();
            for (position, skill) in skills.iter().enumerate() {
                if !placed[position] && skill.requires.iter().all(|needed| placed[*needed]) {
                    placed[position] = true;
                    order.push(position);
                }
            }
            if order.len() == before {
                break;
            }
        }
        order
    }

    /// Difficulty of a question from 0 (easy) to 2 (hard), the scale of `docs/science.md` 6.1.
    #[must_use]
    pub fn grade_of_difficulty(&self, question: usize) -> f64 {
        (1.0 + self.difficulty[question] / 2.0).clamp(0.0, 2.0)
    }

    /// Mean of a number over the skills of a question.
    pub fn mean_over_skills(&self, question: usize, of: impl Fn(usize) -> f64) -> f64 {
        let skills = &self.course.questions[question].skills;
        skills.iter().map(|skill| of(*skill)).sum::<f64>() / skills.len().max(1) as f64
    }
}

/// How long an activity takes: a film as long as it is, everything else as its author says.
#[must_use]
pub fn length_minutes(activity: &Activity) -> f64 {
    activity.video_seconds.map_or(activity.minutes, |seconds| seconds / 60.0)
}

fn question_minutes(course: &Course) -> f64 {
    let (mut minutes, mut questions) = (0.0, 0.0);
    for activity in &course.activities {
        if !activity.questions.is_empty() {
            minutes += activity.minutes;
            questions += activity.questions.len() as f64;
        }
    }
    if questions > 0.0 { minutes / questions } else { QUESTION_MINUTES }
}

fn median_question(course: &Course, difficulty: &[f64], skill: usize) -> Option<usize> {
    let exercises = |position: &usize| course.questions[*position].skills.contains(&skill);
    let mut questions: Vec<usize> = (0..difficulty.len()).filter(exercises).collect();
    questions.sort_by(|a, b| difficulty[*a].total_cmp(&difficulty[*b]).then(a.cmp(b)));
    questions.get(questions.len() / 2).copied()
}
