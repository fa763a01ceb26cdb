//! Where a learner stands in a course as a whole, and whether a teacher is needed: four words, and
//! the rule behind each.

use crate::learners::evidence::{NextStep, StepActivity};
use crate::time;
use nexus_engine::catalog::{Activity, Course};
use nexus_engine::ids::LearnerId;
use nexus_engine::learner::mastery::{SkillStatus, SkillView};
use nexus_engine::learner::progress::CourseProgress;
use nexus_engine::learner::remedy::remedy;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Fewest first answers in a course before anything is said of a learner.
pub const ANSWERS_MIN: u32 = 5;
/// Wrong answers in a row from which on a learner is struggling.
pub const WRONG_IN_A_ROW: u32 = 4;
/// Fewest skills begun, and the share of them that is mastered, of who is ahead.
pub const AHEAD_SKILLS: usize = 3;
/// The share of the skills begun that is mastered of who is ahead.
pub const AHEAD_SHARE: f64 = 0.75;

/// Where a learner stands in a course as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Stuck in a skill, or the latest answers were wrong, one after another.
    Struggling,
    /// Too few answers to say.
    Unclear,
    /// None of the others.
    OnTrack,
    /// Most of what was begun is mastered, and nothing of it fades.
    Ahead,
}

/// How many learners stand where, as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StandingCounts {
    /// Learners whom a teacher should look at.
    pub struggling: usize,
    /// Learners with too few answers to say.
    pub unclear: usize,
    /// Learners of whom there is nothing to say.
    pub on_track: usize,
    /// Learners who have mastered most of what they began.
    pub ahead: usize,
}

/// The numbers behind [`Standing`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StandingRules {
    /// Fewest first answers before anything is said.
    pub answers_min: u32,
    /// Wrong answers in a row from which on a learner is struggling.
    pub wrong_in_a_row: u32,
    /// Fewest skills begun of who is ahead.
    pub ahead_skills: usize,
    /// Share of the skills begun that is mastered of who is ahead.
    pub ahead_share: f64,
}

impl Default for StandingRules {
    fn default() -> Self {
        Self {
            answers_min: ANSWERS_MIN,
            wrong_in_a_row: WRONG_IN_A_ROW,
            ahead_skills: AHEAD_SKILLS,
            ahead_share: AHEAD_SHARE,
        }
    }
}

/// One learner of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassLearner {
    /// The id of the learner.
    pub learner: String,
    /// Where the learner stands.
    pub standing: Standing,
    /// Why, in a teacher's words.
    pub because: String,
    /// The latest answer, in RFC 3339; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub last_answer_at: Option<String>,
    /// First answers in the course.
    pub answers: u32,
    /// Skills that are mastered and do not fade.
    pub mastered: usize,
    /// Skills that were mastered and fade.
    pub fragile: usize,
    /// Skills that were begun.
    pub begun: usize,
    /// Required activities that are completed.
    pub completed: usize,
    /// Required activities of the course.
    pub required: usize,
    /// The skill that the learner is stuck in longest; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<StuckSkill>,
}

/// A skill in which a learner is stuck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StuckSkill {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Answers without a gain.
    pub attempts_since_gain: u32,
    /// What to try; absent when what it builds on seems known, or it builds on nothing: time for
    /// a person.
    pub next_step: Option<NextStep>,
    /// The first activity of that step that the learner has not completed: it may be pinned.
    /// Absent when all are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<StepActivity>,
}

impl ClassLearner {
    /// A learner of a course, by the views of its skills in file order.
    #[must_use]
    pub fn new(
        course: &Course,
        learner: &LearnerId,
        views: &[SkillView],
        progress: &CourseProgress,
    ) -> Self {
        let count = |status| views.iter().filter(|view| view.status == status).count();
        let (mastered, fragile) = (count(SkillStatus::Mastered), count(SkillStatus::Fragile));
        let begun = views.len() - count(SkillStatus::NotStarted);
        let required = course.activities.iter().filter(|activity| activity.required);
        let (completed, required) = required.fold((0, 0), |(done, all), activity| {
            (done + usize::from(progress.completed(activity.key)), all + 1)
        });
        let mut row = Self {
            learner: learner.to_string(),
            standing: Standing::OnTrack,
            because: String::new(),
            last_answer_at: last_answer(views).map(time::print),
            answers: progress.answered,
            mastered,
            fragile,
            begun,
            completed,
            required,
            stuck: longest_stuck(course, views, progress),
        };
        (row.standing, row.because) = row.stands(progress.streak);
        row
    }

    fn stands(&self, streak: i32) -> (Standing, String) {
        if let Some(StuckSkill { title, attempts_since_gain, .. }) = &self.stuck {
            let words = format!(
                "Stuck in \u{201c}{title}\u{201d}: {attempts_since_gain} answers without progress."
            );
            return (Standing::Struggling, words);
        }
        let wrong = streak.min(0).unsigned_abs();
        if wrong >= WRONG_IN_A_ROW {
            let words = format!("The last {wrong} answers were wrong, one after another.");
            return (Standing::Struggling, words);
        }
        if self.answers < ANSWERS_MIN {
            let answers = if self.answers == 1 { "answer" } else { "answers" };
            return (
                Standing::Unclear,
                format!("{} {answers} in activities so far: too early to say.", self.answers),
            );
        }
        let share = self.mastered as f64 / self.begun.max(1) as f64;
        let words = format!("{} of {} skills begun are mastered.", self.mastered, self.begun);
        let is_ahead = self.begun >= AHEAD_SKILLS && self.fragile == 0 && share >= AHEAD_SHARE;
        (if is_ahead { Standing::Ahead } else { Standing::OnTrack }, words)
    }

    /// By need: who is struggling longest first, then in the order of the ids.
    #[must_use]
    pub fn need(&self) -> (Standing, std::cmp::Reverse<u32>, &str) {
        let longest = self.stuck.as_ref().map_or(0, |stuck| stuck.attempts_since_gain);
        (self.standing, std::cmp::Reverse(longest), &self.learner)
    }
}

impl StandingCounts {
    /// Counts one more learner.
    pub fn add(&mut self, standing: Standing) {
        *match standing {
            Standing::Struggling => &mut self.struggling,
            Standing::Unclear => &mut self.unclear,
            Standing::OnTrack => &mut self.on_track,
            Standing::Ahead => &mut self.ahead,
        } += 1;
    }
}

/// The latest answer in any of these skills.
#[must_use]
pub fn last_answer(views: &[SkillView]) -> Option<Timestamp> {
    views.iter().filter_map(|view| view.last_at).max()
}

fn longest_stuck(
    course: &Course,
    views: &[SkillView],
    progress: &CourseProgress,
) -> Option<StuckSkill> {
    let stuck = views.iter().enumerate().filter(|(_, view)| view.status == SkillStatus::Stuck);
    // Of two that are stuck equally long, the first in file order.
    let (position, view) = stuck
        .min_by_key(|(position, view)| (std::cmp::Reverse(view.attempts_since_gain), *position))?;
    let skill = &course.skills[position];
    let mastered = |skill: usize| views[skill].mastered_probability;
    let next_step = NextStep::new(course, position, mastered);
    let open = |activity: &&Activity| !progress.completed(activity.key);
    let assign = next_step.as_ref().and_then(|_| {
        let remedy = remedy(course, position, mastered)?;
        remedy.activities.iter().map(|at| &course.activities[*at]).find(open)
    });
    Some(StuckSkill {
        skill: skill.id.to_string(),
        title: skill.title.clone(),
        attempts_since_gain: view.attempts_since_gain,
        next_step,
        assign: assign.map(StepActivity::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(answers: u32, mastered: usize, fragile: usize, begun: usize) -> ClassLearner {
        ClassLearner {
            learner: "ada".into(),
            standing: Standing::OnTrack,
            because: String::new(),
            last_answer_at: None,
            answers,
            mastered,
            fragile,
            begun,
            completed: 0,
            required: 9,
            stuck: None,
        }
    }

    #[track_caller]
    fn check(row: &ClassLearner, streak: i32, standing: Standing, words: &str) {
        assert_eq!(row.stands(streak), (standing, words.to_owned()));
    }

    #[test]
    fn a_teacher_reads_where_a_learner_stands_and_why() {
        let few = row(4, 0, 0, 2);
        check(&few, 1, Standing::Unclear, "4 answers in activities so far: too early to say.");
        check(
            &row(1, 0, 0, 1),
            1,
            Standing::Unclear,
            "1 answer in activities so far: too early to say.",
        );
        let words = "The last 4 answers were wrong, one after another.";
        check(&few, -4, Standing::Struggling, words);
        check(&row(20, 1, 0, 4), -3, Standing::OnTrack, "1 of 4 skills begun are mastered.");
        check(&row(20, 3, 0, 4), 2, Standing::Ahead, "3 of 4 skills begun are mastered.");
        check(&row(20, 3, 1, 4), 2, Standing::OnTrack, "3 of 4 skills begun are mastered.");
        check(&row(20, 2, 0, 2), 2, Standing::OnTrack, "2 of 2 skills begun are mastered.");
        let stuck = StuckSkill {
            skill: "trees".into(),
            title: "Trees".into(),
            attempts_since_gain: 14,
            next_step: None,
            assign: None,
        };
        let stuck = ClassLearner { stuck: Some(stuck), ..row(30, 3, 0, 4) };
        let words = "Stuck in \u{201c}Trees\u{201d}: 14 answers without progress.";
        check(&stuck, 2, Standing::Struggling, words);
    }
}
