//! The eligible set: which activities may be chosen, decided before any policy is asked.
//!
//! Each activity of the course gets its reason, also the eligible ones. When fewer than
//! [`ENOUGH`] are eligible, difficulty and then repetition are relaxed for variety; prerequisites
//! and mastery only when nothing at all is left, because variety is no reason to ask a learner
//! for what they cannot know yet. The set is never empty while the course has an activity that
//! the request allows.

use super::sight::SkillSight;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::ids::ActivityId;
use crate::learner::progress::CourseProgress;

/// Fewer candidates than this relax the rules.
pub const ENOUGH: usize = 3;
/// More candidates than this are cut, later ones on the path first.
pub const CANDIDATES_MAX: usize = 64;
/// Predicted success below this is too hard.
pub const SUCCESS_MIN: f64 = 0.30;
/// Predicted success above this is too easy.
pub const SUCCESS_MAX: f64 = 0.95;
/// An activity is not repeated while it is among the last so many.
pub const REPEAT_AFTER: usize = 2;

/// Why an activity is not a candidate, or that it is. One letter each in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// It is a candidate.
    Eligible,
    /// A prerequisite activity is not completed.
    ActivityPrerequisite,
    /// A prerequisite skill is not known well enough, or a quiz asks for one never practised.
    SkillPrerequisite,
    /// All its skills are mastered and none is due for review.
    Mastered,
    /// Predicted success lies below the difficulty window.
    TooHard,
    /// Predicted success lies above the difficulty window.
    TooEasy,
    /// It was shown just now.
    Repeated,
    /// It was completed, and its skills need it no more.
    AlreadyDone,
    /// Another activity is next on the static path.
    NotNextOnPath,
    /// More than the cap were eligible; these come later on the path.
    BeyondCap,
    /// The request excluded it, or did not list it.
    Requested,
}

impl Exclusion {
    /// All reasons with the letter of each in the journal.
    pub const LETTERS: [(Self, char); 11] = [
        (Self::Eligible, 'e'),
        (Self::ActivityPrerequisite, 'a'),
        (Self::SkillPrerequisite, 'p'),
        (Self::Mastered, 'm'),
        (Self::TooHard, 'h'),
        (Self::TooEasy, 's'),
        (Self::Repeated, 'r'),
        (Self::AlreadyDone, 'd'),
        (Self::NotNextOnPath, 'n'),
        (Self::BeyondCap, 'b'),
        (Self::Requested, 'q'),
    ];

    /// The code for it on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::ActivityPrerequisite => "activity_prerequisite",
            Self::SkillPrerequisite => "skill_prerequisite",
            Self::Mastered => "mastered",
            Self::TooHard => "too_hard",
            Self::TooEasy => "too_easy",
            Self::Repeated => "repeated",
            Self::AlreadyDone => "already_done",
            Self::NotNextOnPath => "not_next_on_path",
            Self::BeyondCap => "beyond_cap",
            Self::Requested => "requested",
        }
    }

    /// The reason in a teacher's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Eligible => "could be chosen",
            Self::ActivityPrerequisite => "an activity that must come first is not completed",
            Self::SkillPrerequisite => "a skill that it builds on is not known well enough",
            Self::Mastered => "its skills are mastered and need no review yet",
            Self::TooHard => "it would probably be too hard now",
            Self::TooEasy => "it would probably be too easy now",
            Self::Repeated => "it was shown just now",
            Self::AlreadyDone => "it was completed and is not needed again yet",
            Self::NotNextOnPath => "another activity is next on the course's own path",
            Self::BeyondCap => "enough activities that come earlier could be chosen",
            Self::Requested => "the request left it out",
        }
    }
}

/// How far the rules were relaxed to find enough candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relaxation {
    /// Not at all.
    None,
    /// The difficulty window was ignored.
    Difficulty,
    /// Then repetition and completion too.
    Repetition,
    /// Then prerequisites and mastery too: everything in the course.
    Everything,
}

impl Relaxation {
    /// All steps, in their order.
    pub const ALL: [Self; 4] = [Self::None, Self::Difficulty, Self::Repetition, Self::Everything];

    /// The word for it on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Difficulty => "difficulty",
            Self::Repetition => "repetition",
            Self::Everything => "everything",
        }
    }
}

/// What a request says about candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Only these, when given.
    pub only: Option<Vec<ActivityId>>,
    /// Not these.
    pub exclude: Vec<ActivityId>,
}

/// The eligible set with a reason for every activity of the course.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateSet {
    /// Positions in [`Course::activities`], in path order.
    pub positions: Vec<usize>,
    /// One reason an activity, in file order.
    pub exclusions: Vec<Exclusion>,
    /// How far the rules were relaxed.
    pub relaxation: Relaxation,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The course.
    pub course: &'a Course,
    /// What the learner has done in it.
    pub progress: &'a CourseProgress,
    /// What the learner knows of its skills, in the order of [`Course::skills`].
    pub sights: &'a [SkillSight],
    /// Predicted success in each activity, in the order of [`Course::activities`].
    pub success: &'a [f64],
}

impl CandidateSet {
    /// The candidates of an adaptive policy.
    #[must_use]
    pub fn adaptive(situation: &Situation<'_>, asked: &Asked) -> Self {
        let reasons: Vec<Exclusion> = situation
            .course
            .activities
            .iter()
            .enumerate()
            .map(|(position, activity)| {
                requested(asked, activity).unwrap_or_else(|| situation.reason(position, activity))
            })
            .collect();
        let relaxed = |relaxation| Self::relaxed(situation.course, &reasons, relaxation);
        let mut steps = [Relaxation::None, Relaxation::Difficulty, Relaxation::Repetition]
            .into_iter()
            .map(relaxed)
            .filter(|set| !set.positions.is_empty());
        let Some(strictest) = steps.next() else {
            return relaxed(Relaxation::Everything);
        };
        let enough = |set: &Self| set.positions.len() >= ENOUGH;
        if enough(&strictest) { strictest } else { steps.find(enough).unwrap_or(strictest) }
    }

    fn relaxed(course: &Course, reasons: &[Exclusion], relaxation: Relaxation) -> Self {
        let mut exclusions: Vec<Exclusion> =
            reasons.iter().map(|reason| relax(*reason, relaxation)).collect();
        let mut positions = Vec::new();
        for position in path_order(course) {
            if exclusions[position] != Exclusion::Eligible {
                continue;
            }
            if positions.len() == CANDIDATES_MAX {
                exclusions[position] = Exclusion::BeyondCap;
            } else {
                positions.push(position);
            }
        }
        Self { positions, exclusions, relaxation }
    }

    /// The one candidate of the static path: the first activity that is not completed, and once
    /// all are, the one that was done longest ago.
    #[must_use]
    pub fn static_path(course: &Course, progress: &CourseProgress, asked: &Asked) -> Self {
        let allowed = |position: &usize| requested(asked, &course.activities[*position]).is_none();
        let key = |position: &usize| course.activities[*position].key;
        let path: Vec<usize> = course.path.iter().copied().filter(allowed).collect();
        let next = path.iter().copied().find(|position| !progress.completed(key(position)));
        let oldest = || {
            let touched = |position: &usize| progress.activity(key(position)).map(|e| e.last_at);
            path.iter().copied().min_by_key(touched)
        };
        let relaxation = if next.is_some() { Relaxation::None } else { Relaxation::Repetition };
        let next = next.or_else(oldest);
        let reason = |(position, activity): (usize, &Activity)| {
            let chosen = Some(position) == next;
            let not_next = if chosen { Exclusion::Eligible } else { Exclusion::NotNextOnPath };
            requested(asked, activity).unwrap_or(not_next)
        };
        let exclusions = course.activities.iter().enumerate().map(reason).collect();
        Self { positions: next.into_iter().collect(), exclusions, relaxation }
    }
}

/// Activities in path order, then those that are on no path.
fn path_order(course: &Course) -> impl Iterator<Item = usize> + '_ {
    let mut on_path = vec![false; course.activities.len()];
    for position in &course.path {
        on_path[*position] = true;
    }
    let others = (0..course.activities.len()).filter(move |position| !on_path[*position]);
    course.path.iter().copied().chain(others)
}

fn requested(asked: &Asked, activity: &Activity) -> Option<Exclusion> {
    let listed = asked.only.as_ref().is_none_or(|only| only.contains(&activity.id));
    (!listed || asked.exclude.contains(&activity.id)).then_some(Exclusion::Requested)
}

fn relax(reason: Exclusion, relaxation: Relaxation) -> Exclusion {
    let forgiven = match reason {
        Exclusion::TooHard | Exclusion::TooEasy => relaxation >= Relaxation::Difficulty,
        Exclusion::Repeated | Exclusion::AlreadyDone => relaxation >= Relaxation::Repetition,
        Exclusion::ActivityPrerequisite | Exclusion::SkillPrerequisite | Exclusion::Mastered => {
            relaxation >= Relaxation::Everything
        }
        _ => false,
    };
    if forgiven { Exclusion::Eligible } else { reason }
}

impl Situation<'_> {
    /// Why an activity may not be chosen, or that it may, before any rule is relaxed.
    fn reason(&self, position: usize, activity: &Activity) -> Exclusion {
        let completed = |needed: &usize| {
            let needed = &self.course.activities[*needed];
            self.progress.completed(needed.key)
        };
        if !activity.requires.iter().all(completed) {
            return Exclusion::ActivityPrerequisite;
        }
        if !self.skills_ready(activity) {
            return Exclusion::SkillPrerequisite;
        }
        if self.just_shown(activity) {
            return Exclusion::Repeated;
        }
        if activity.required && !self.progress.completed(activity.key) {
            return Exclusion::Eligible;
        }
        let mut sights = activity.skills.iter().map(|skill| &self.sights[*skill]);
        if sights.all(|sight| sight.mastered && !sight.due) {
            return Exclusion::Mastered;
        }
        match activity.kind {
            ActivityKind::Video | ActivityKind::Reading => self.reason_to_study(activity),
            ActivityKind::Quiz | ActivityKind::Exercise => self.reason_to_answer(position),
        }
    }

    /// Prerequisites that the activity does not teach itself must be known; a quiz also wants
    /// every one of its own skills practised.
    fn skills_ready(&self, activity: &Activity) -> bool {
        let ready = |needed: &usize| activity.skills.contains(needed) || self.sights[*needed].ready;
        let practised = |skill: usize| {
            let sight = &self.sights[skill];
            activity.kind != ActivityKind::Quiz || sight.view.attempts > 0 || sight.ready
        };
        let mut skills = activity.skills.iter();
        skills
            .all(|skill| practised(*skill) && self.course.skills[*skill].requires.iter().all(ready))
    }

    fn just_shown(&self, activity: &Activity) -> bool {
        let recent = self.progress.recent.iter().rev().take(REPEAT_AFTER);
        self.progress.current == Some(activity.key)
            || recent.into_iter().any(|recent| *recent == activity.key)
    }

    /// Watching or reading again helps only when practice goes badly or recall has faded.
    fn reason_to_study(&self, activity: &Activity) -> Exclusion {
        if !self.progress.completed(activity.key) {
            return Exclusion::Eligible;
        }
        let mut sights = activity.skills.iter().map(|skill| &self.sights[*skill]);
        let helps = sights.any(|sight| {
            sight.due || (sight.view.attempts > 0 && sight.view.expected_success < 0.5)
        });
        if helps { Exclusion::Eligible } else { Exclusion::AlreadyDone }
    }

    fn reason_to_answer(&self, position: usize) -> Exclusion {
        let success = self.success[position];
        if success < SUCCESS_MIN {
            Exclusion::TooHard
        } else if success > SUCCESS_MAX {
            Exclusion::TooEasy
        } else {
            Exclusion::Eligible
        }
    }
}
