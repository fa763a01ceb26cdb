//! What is true of a course and no model is told: how hard each question really is, and how well
//! each activity really teaches.

use nexus_engine::catalog::Course;
use nexus_engine::catalog::course::difficulty_logits;
use nexus_stats::math::exp;
use nexus_stats::random::Stream;
use std::sync::Arc;

/// Standard deviation, in logits, of a question's true difficulty around what its author wrote.
pub const DIFFICULTY_SPREAD: f64 = 0.5;
/// Standard deviation of the logarithm of how well an activity teaches.
pub const TEACHING_SPREAD: f64 = 0.3;
/// True difficulties stay within this many logits of zero.
pub const DIFFICULTY_MAX: f64 = 3.0;

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
}

impl CourseTruth {
    /// Makes up the truth about a course from a seed.
    #[must_use]
    pub fn new(course: &Arc<Course>, seed: u64) -> Self {
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
        Self { course: Arc::clone(course), difficulty, teaching, median }
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

fn median_question(course: &Course, difficulty: &[f64], skill: usize) -> Option<usize> {
    let exercises = |position: &usize| course.questions[*position].skills.contains(&skill);
    let mut questions: Vec<usize> = (0..difficulty.len()).filter(exercises).collect();
    questions.sort_by(|a, b| difficulty[*a].total_cmp(&difficulty[*b]).then(a.cmp(b)));
    questions.get(questions.len() / 2).copied()
}
