//! The eligible set: which activities may be chosen, decided before any policy is asked.
//!
//! Each activity of the course gets its reason, also the eligible ones. Only when nothing is
//! eligible are the rules relaxed, one by one: difficulty, then repetition, then everything. One
//! good candidate is enough: variety is no reason to serve a learner what the rules advise
//! against (measured in simulation; docs/decisions/0006). The set is never empty while the course
//! has an activity that the request allows.

use super::done::Done;
use super::last::Last;
use super::orders::Orders;
use super::rules::Rules;
use super::sight::SkillSight;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::ids::ActivityId;
use crate::learner::mastery::SkillStatus;
use crate::learner::placement::is_due;
use crate::learner::progress::{ActivityProgress, CourseProgress};
use crate::learner::remedy::remedy;

/// An activity is not repeated while it is among the last so many.
pub const REPEAT_AFTER: usize = 2;
/// After so many wrong answers in a row, practice must promise [`SUCCESS_ENCOURAGING`].
pub const DISCOURAGED: i32 = 3;
/// Predicted success below this does not encourage.
pub const SUCCESS_ENCOURAGING: f64 = 0.5;

/// Why an activity is not a candidate, or that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// It is a candidate.
    Eligible,
    /// A prerequisite activity is not completed.
    ActivityPrerequisite,
    /// A prerequisite skill is not known well enough, or a quiz asks for one hardly practised.
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
    /// The learner left it on purpose, and nothing asks for it again yet.
    Skipped,
    /// A required activity is due: everything it asks for has been mastered or practised.
    RequiredFirst,
    /// Its skills were practised so often that more of it now would be wheel-spinning.
    PractisedEnough,
    /// A video or reading on a skill that it asks for, and that is not known, comes first.
    StudyFirst,
    /// A placement that is over, was skipped, or is too late because the course has begun.
    Placed,
    /// The learner is stuck in a skill that it asks for: what that skill builds on comes first.
    StuckFirst,
    /// A teacher blocked it.
    Blocked,
    /// It was started as often as a teacher allows.
    Capped,
    /// A teacher pinned another activity.
    PinnedFirst,
    /// It lasts longer than what is left of the session.
    TooLongForSession,
}

impl Exclusion {
    /// Its place in the ladder: the first step that takes the reason away, from an activity that
    /// asks questions or not; `None` when no step does. What is only a matter of order (required,
    /// pinned, beyond the cap, the path) stands while what comes first can be chosen.
    #[must_use]
    pub fn forgiven_from(self, asks: bool) -> Option<Relaxation> {
        match self {
            Self::TooHard | Self::TooEasy => Some(Relaxation::Difficulty),
            Self::TooLongForSession => Some(Relaxation::Session),
            Self::Repeated
            | Self::Skipped
            | Self::StudyFirst
            | Self::StuckFirst
            | Self::PractisedEnough => Some(Relaxation::Repetition),
            Self::AlreadyDone if asks => Some(Relaxation::Repetition),
            Self::AlreadyDone
            | Self::ActivityPrerequisite
            | Self::SkillPrerequisite
            | Self::Mastered => Some(Relaxation::Everything),
            Self::Capped => Some(Relaxation::Caps),
            Self::Eligible
            | Self::NotNextOnPath
            | Self::BeyondCap
            | Self::Requested
            | Self::RequiredFirst
            | Self::Placed
            | Self::Blocked
            | Self::PinnedFirst => None,
        }
    }

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
            Self::Skipped => "skipped",
            Self::RequiredFirst => "required_first",
            Self::PractisedEnough => "practised_enough",
            Self::StudyFirst => "study_first",
            Self::Placed => "placed",
            Self::StuckFirst => "stuck_first",
            Self::Blocked => "blocked",
            Self::Capped => "capped",
            Self::PinnedFirst => "pinned_first",
            Self::TooLongForSession => "too_long_for_session",
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
            Self::Skipped => "the learner skipped it, and nothing asks for it again yet",
            Self::RequiredFirst => "a required activity is due first",
            Self::StudyFirst => "a video or reading on what it asks comes first",
            Self::Placed => "the placement is over, was skipped, or comes too late",
            Self::Blocked => "a teacher blocked it",
            Self::Capped => "it was shown as often as a teacher allows",
            Self::PinnedFirst => "a teacher pinned another activity",
            Self::TooLongForSession => "it lasts longer than what is left of the session",
            Self::StuckFirst => {
                "the learner is stuck in what it asks; what that builds on comes first"
            }
            Self::PractisedEnough => {
                "its skills were practised much; something else helps more now"
            }
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
    /// Then the length of the session too.
    Session,
    /// Then repetition and order too, and exercises that went well; not videos and readings once
    /// more.
    Repetition,
    /// Then prerequisites and mastery too: everything in the course that no teacher limits.
    Everything,
    /// Then teachers' caps too; blocks never.
    Caps,
}

impl Relaxation {
    /// All steps, in their order.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Difficulty,
        Self::Session,
        Self::Repetition,
        Self::Everything,
        Self::Caps,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Difficulty => "difficulty",
            Self::Session => "session",
            Self::Repetition => "repetition",
            Self::Everything => "everything",
            Self::Caps => "caps",
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

impl Asked {
    /// Whether the request says nothing about candidates.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.only.is_none() && self.exclude.is_empty()
    }

    /// The first activity it names that the course does not have.
    #[must_use]
    pub fn unknown(&self, course: &Course) -> Option<&ActivityId> {
        let mut named = self.only.iter().flatten().chain(&self.exclude);
        named.find(|id| course.activity(id.as_str()).is_none())
    }
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

/// A skill that the learner is stuck in, and what may be done about it now.
struct Repair {
    skill: usize,
    /// Positions in [`Course::activities`]; at least one.
    activities: Vec<usize>,
}

/// What holds for every activity of one decision.
struct Moment<'a> {
    done: Done<'a>,
    repairs: Vec<Repair>,
    /// See [`Situation::unstudied`].
    unstudied: Vec<bool>,
    last: Option<Last<'a>>,
}

impl Moment<'_> {
    /// Whether the activity before was failed and names this one as remedial.
    fn remedies(&self, position: usize) -> bool {
        self.last.is_some_and(|last| last.remedies(position))
    }

    /// Whether the activity before was passed and names this one as advanced.
    fn advances(&self, position: usize) -> bool {
        self.last.is_some_and(|last| last.advances(position))
    }
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
    /// What teachers say about this decision.
    pub orders: &'a Orders,
    /// The numbers of the rules.
    pub rules: &'a Rules,
    /// Minutes left of the session, above 0; `None` when nothing limits it, or it is over.
    pub minutes_left: Option<f64>,
}

impl CandidateSet {
    /// The candidates of an adaptive policy; empty only when the request and teachers' blocks leave
    /// nothing. A request narrows the choice and never relaxes what the rules alone would not.
    #[must_use]
    pub fn adaptive(situation: &Situation<'_>, asked: &Asked) -> Self {
        let free = Self::ruled(situation, &Asked::default(), Relaxation::Caps);
        let strictest = free.relaxation.max(Relaxation::Repetition);
        if asked.is_free() { free } else { Self::ruled(situation, asked, strictest) }
    }

    /// The candidates under the least relaxation that leaves any, up to `widest`.
    fn ruled(situation: &Situation<'_>, asked: &Asked, widest: Relaxation) -> Self {
        let activities = situation.course.activities.iter().enumerate();
        let done = Done::of(situation.course, situation.progress);
        let moment = Moment {
            repairs: situation.repairs_of_stuck(&done, asked),
            unstudied: situation.unstudied(&done),
            done,
            last: Last::of(situation.course, situation.progress),
        };
        let reason = |(position, activity): (usize, &Activity)| {
            let reason =
                || situation.paced(activity, situation.reason(position, activity, &moment));
            let barred = || situation.orders.bar(position);
            requested(asked, activity).or_else(barred).unwrap_or_else(reason)
        };
        let mut reasons: Vec<Exclusion> = activities.map(reason).collect();
        situation.put_required_first(&moment.done, &mut reasons);
        let relaxed = |relaxation| Self::relaxed(situation, &reasons, relaxation);
        let mut steps = Relaxation::ALL.into_iter().filter(|step| *step <= widest).map(relaxed);
        let found = steps.find(|set| !set.positions.is_empty());
        found.unwrap_or_else(|| relaxed(widest))
    }

    fn relaxed(situation: &Situation<'_>, reasons: &[Exclusion], relaxation: Relaxation) -> Self {
        let course = situation.course;
        let reasons = course.activities.iter().zip(reasons);
        let mut exclusions: Vec<Exclusion> =
            reasons.map(|(activity, reason)| relax(*reason, relaxation, activity)).collect();
        let eligible = exclusions.iter().filter(|reason| **reason == Exclusion::Eligible).count();
        let mut positions = Vec::with_capacity(eligible.min(situation.rules.candidates_max));
        for position in course.order.iter().copied() {
            if exclusions[position] != Exclusion::Eligible {
                continue;
            }
            if positions.len() == situation.rules.candidates_max {
                exclusions[position] = Exclusion::BeyondCap;
            } else {
                positions.push(position);
            }
        }
        Self { positions, exclusions, relaxation }
    }

    /// The one candidate of the static path: the first activity that is neither completed nor
    /// skipped, then what was skipped, and once all are completed, the one done longest ago. What
    /// teachers blocked is left out, and what they capped too unless nothing else is left.
    #[must_use]
    pub fn static_path(
        course: &Course,
        progress: &CourseProgress,
        asked: &Asked,
        orders: &Orders,
    ) -> Self {
        let bar = |position| orders.bar(position);
        let set = Self::on_path(course, progress, asked, &bar);
        if !set.positions.is_empty() {
            return set;
        }
        let bar = |position| orders.bar(position).filter(|bar| *bar != Exclusion::Capped);
        let set = Self::on_path(course, progress, asked, &bar);
        let relaxation = if set.positions.is_empty() { set.relaxation } else { Relaxation::Caps };
        Self { relaxation, ..set }
    }

    /// The one candidate that a teacher pinned.
    #[must_use]
    pub fn pinned(course: &Course, pinned: usize, asked: &Asked, orders: &Orders) -> Self {
        let reason = |(position, activity): (usize, &Activity)| {
            let first = match position == pinned {
                true => Exclusion::Eligible,
                false => Exclusion::PinnedFirst,
            };
            requested(asked, activity).or_else(|| orders.bar(position)).unwrap_or(first)
        };
        let exclusions = course.activities.iter().enumerate().map(reason).collect();
        Self { positions: vec![pinned], exclusions, relaxation: Relaxation::None }
    }

    fn on_path(
        course: &Course,
        progress: &CourseProgress,
        asked: &Asked,
        bar: &dyn Fn(usize) -> Option<Exclusion>,
    ) -> Self {
        let over = |activity: &Activity| {
            activity.kind == ActivityKind::Placement && !is_due(progress, activity)
        };
        let allowed = |position: &usize| {
            let activity = &course.activities[*position];
            requested(asked, activity).or_else(|| bar(*position)).is_none() && !over(activity)
        };
        let key = |position: &usize| course.activities[*position].key;
        let path = || course.path.iter().copied().filter(allowed);
        let open = |position: &usize| !progress.completed(key(position));
        let skipped =
            |position: &usize| progress.activity(key(position)).is_some_and(|e| e.skips > 0);
        let untouched = |position: &usize| open(position) && !skipped(position);
        let touched = |position: &usize| progress.activity(key(position)).map(|e| e.last_at);
        let next = path().find(untouched);
        // What was skipped comes again in a second round, the longest ago first.
        let next = next.or_else(|| path().filter(open).min_by_key(touched));
        let relaxation = if next.is_some() { Relaxation::None } else { Relaxation::Repetition };
        let next = next.or_else(|| path().min_by_key(touched));
        let reason = |(position, activity): (usize, &Activity)| {
            let chosen = Some(position) == next;
            let not_next = if chosen { Exclusion::Eligible } else { Exclusion::NotNextOnPath };
            requested(asked, activity).or_else(|| bar(position)).unwrap_or(not_next)
        };
        let exclusions = course.activities.iter().enumerate().map(reason).collect();
        Self { positions: next.into_iter().collect(), exclusions, relaxation }
    }
}

/// Whether the request leaves an activity out.
pub(super) fn requested(asked: &Asked, activity: &Activity) -> Option<Exclusion> {
    let listed = asked.only.as_ref().is_none_or(|only| only.contains(&activity.id));
    (!listed || asked.exclude.contains(&activity.id)).then_some(Exclusion::Requested)
}

fn relax(reason: Exclusion, relaxation: Relaxation, activity: &Activity) -> Exclusion {
    let asks = !activity.questions.is_empty();
    let forgiven = reason.forgiven_from(asks).is_some_and(|step| step <= relaxation);
    if forgiven { Exclusion::Eligible } else { reason }
}

impl Situation<'_> {
    /// When a required activity may be chosen, the time for it has come: its rule is strict. A
    /// placement comes before all, or it would place nobody.
    fn put_required_first(&self, done: &Done<'_>, reasons: &mut [Exclusion]) {
        let positions = 0..reasons.len();
        let activity = |position: usize| &self.course.activities[position];
        let open =
            |position: usize| reasons[position] == Exclusion::Eligible && !done.completed(position);
        let places = |position: usize| activity(position).kind == ActivityKind::Placement;
        let placing = positions.clone().any(|position| places(position) && open(position));
        let first = |position| if placing { places(position) } else { activity(position).required };
        let due: Vec<bool> = positions.map(|position| first(position) && open(position)).collect();
        if !due.contains(&true) {
            return;
        }
        for (reason, due) in reasons.iter_mut().zip(due) {
            if *reason == Exclusion::Eligible && !due {
                *reason = Exclusion::RequiredFirst;
            }
        }
    }

    /// The reason with the length of the session in mind. Whatever stands in the way of an activity
    /// for longer is still said, and outlasts this one on the ladder.
    fn paced(&self, activity: &Activity, reason: Exclusion) -> Exclusion {
        let fits = self.minutes_left.is_none_or(|left| {
            // What is longer than any session fits into a whole one.
            let longest = self.course.session_minutes_max.unwrap_or(f64::INFINITY);
            activity.minutes.min(longest) <= left
        });
        match reason {
            Exclusion::Eligible | Exclusion::TooHard | Exclusion::TooEasy if !fits => {
                Exclusion::TooLongForSession
            }
            _ => reason,
        }
    }

    /// Why an activity may not be chosen, or that it may, before any rule is relaxed.
    fn reason(&self, position: usize, activity: &Activity, moment: &Moment<'_>) -> Exclusion {
        let done = &moment.done;
        if !self.open(done, activity) {
            return Exclusion::ActivityPrerequisite;
        }
        if activity.kind == ActivityKind::Placement {
            let due = is_due(self.progress, activity);
            return if due { Exclusion::Eligible } else { Exclusion::Placed };
        }
        if !self.skills_ready(activity) {
            return Exclusion::SkillPrerequisite;
        }
        if self.just_shown(activity) {
            return Exclusion::Repeated;
        }
        if activity.required && !done.completed(position) {
            return Exclusion::Eligible;
        }
        let remedial = moment.remedies(position);
        if !remedial && self.skipped(done.entry(position), activity) {
            return Exclusion::Skipped;
        }
        let repairs = || moment.repairs.iter();
        if repairs().any(|repair| self.pauses(repair, activity)) {
            return Exclusion::StuckFirst;
        }
        if repairs().any(|repair| repair.activities.contains(&position)) {
            return Exclusion::Eligible;
        }
        let mut sights = activity.skills.iter().map(|skill| &self.sights[*skill]);
        if !remedial && sights.all(|sight| sight.mastered && !sight.due) {
            return Exclusion::Mastered;
        }
        match activity.kind {
            ActivityKind::Placement => Exclusion::Placed,
            ActivityKind::Video | ActivityKind::Reading => match remedial {
                true => Exclusion::Eligible,
                false => self.reason_to_study(done.entry(position), activity),
            },
            ActivityKind::Quiz | ActivityKind::Exercise => {
                self.reason_to_answer(position, activity, moment)
            }
        }
    }

    /// What to do first for each skill that the learner is stuck in: once since the last answer on
    /// it, one activity of its remedy. With that done, or with nothing there that may be done, its
    /// own rules are all there is.
    fn repairs_of_stuck(&self, done: &Done<'_>, asked: &Asked) -> Vec<Repair> {
        let stuck = (0..self.sights.len())
            .filter(|skill| self.sights[*skill].view.status == SkillStatus::Stuck);
        stuck.filter_map(|skill| self.repair(skill, done, asked)).collect()
    }

    fn repair(&self, skill: usize, done: &Done<'_>, asked: &Asked) -> Option<Repair> {
        let mastered = |skill: usize| self.sights[skill].view.mastered_probability;
        let remedy = remedy(self.course, skill, mastered)?;
        let stuck_at = self.sights[skill].view.last_at;
        let tried = |position: &usize| {
            done.entry(*position).is_some_and(|entry| Some(entry.last_at) > stuck_at)
        };
        if remedy.activities.iter().any(tried) {
            return None;
        }
        let possible = |position: &usize| {
            let activity = &self.course.activities[*position];
            self.open(done, activity)
                && self.skills_ready(activity)
                && !self.just_shown(activity)
                && requested(asked, activity).is_none()
                && self.orders.bar(*position).is_none()
        };
        let activities: Vec<usize> = remedy.activities.into_iter().filter(possible).collect();
        (!activities.is_empty()).then_some(Repair { skill, activities })
    }

    /// Whether an activity asks for a stuck skill whose repair waits.
    fn pauses(&self, repair: &Repair, activity: &Activity) -> bool {
        !activity.questions.is_empty() && activity.skills.contains(&repair.skill)
    }

    /// Whether all activities that must come first are completed.
    fn open(&self, done: &Done<'_>, activity: &Activity) -> bool {
        activity.requires.iter().all(|needed| done.completed(*needed))
    }

    /// Skipped and never completed, unless recall of its skills has faded.
    fn skipped(&self, entry: Option<&ActivityProgress>, activity: &Activity) -> bool {
        let left = entry.is_some_and(|entry| entry.skips > 0 && entry.completed_at.is_none());
        left && !self.due(activity)
    }

    /// Whether recall of one of its skills has faded.
    fn due(&self, activity: &Activity) -> bool {
        activity.skills.iter().any(|skill| self.sights[*skill].due)
    }

    /// Prerequisites that the activity does not teach itself must be known; a quiz also wants
    /// every one of its own skills mastered or practised.
    fn skills_ready(&self, activity: &Activity) -> bool {
        let ready = |needed: &usize| activity.skills.contains(needed) || self.sights[*needed].ready;
        let practised = |skill: usize| {
            let sight = &self.sights[skill];
            let practised = sight.view.attempts >= self.rules.practised || sight.mastered;
            activity.kind != ActivityKind::Quiz || practised || !self.course.skills[skill].asked
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

    /// Watching or reading again helps when recall has faded.
    fn reason_to_study(&self, entry: Option<&ActivityProgress>, activity: &Activity) -> Exclusion {
        let again = |entry: &ActivityProgress| {
            entry.completed_at.is_none() && entry.starts < self.rules.rounds_max
        };
        let open = entry.is_none_or(again);
        if open || self.due(activity) { Exclusion::Eligible } else { Exclusion::AlreadyDone }
    }

    /// What the course advises after a failure comes though it was practised, done or is easy, and
    /// what it advises after a success though it is hard, unless the learner needs encouragement.
    fn reason_to_answer(
        &self,
        position: usize,
        activity: &Activity,
        moment: &Moment<'_>,
    ) -> Exclusion {
        let success = self.success[position];
        let entry = moment.done.entry(position);
        let grade = entry.filter(|entry| entry.completed_at.is_some()).and_then(|e| e.grade_mean());
        let remedial = moment.remedies(position);
        let wanted = remedial || self.due(activity);
        let advanced = moment.advances(position) && !self.discouraged();
        let rounds = entry.map_or(0, |entry| entry.starts);
        let done = grade.is_some_and(|grade| grade >= self.rules.done_well)
            || rounds >= self.rules.rounds_max;
        if activity.skills.iter().any(|skill| moment.unstudied[*skill]) {
            Exclusion::StudyFirst
        } else if done && !wanted {
            Exclusion::AlreadyDone
        } else if self.practised_enough(activity) && !wanted {
            Exclusion::PractisedEnough
        } else if success < self.success_min() && !advanced {
            Exclusion::TooHard
        } else if success > self.rules.success_max && !remedial {
            Exclusion::TooEasy
        } else {
            Exclusion::Eligible
        }
    }

    /// Of each skill, whether it is not known while something there is to watch or read on it was
    /// never opened. What a teacher keeps from the learner cannot be waited for.
    fn unstudied(&self, done: &Done<'_>) -> Vec<bool> {
        let mut unstudied = vec![false; self.sights.len()];
        for (position, activity) in self.course.activities.iter().enumerate() {
            let study = matches!(activity.kind, ActivityKind::Video | ActivityKind::Reading);
            let opened = done.starts(position) > 0;
            if study && !opened && self.orders.bar(position).is_none() {
                for skill in &activity.skills {
                    unstudied[*skill] |= !self.sights[*skill].known;
                }
            }
        }
        unstudied
    }

    fn practised_enough(&self, activity: &Activity) -> bool {
        let enough = |skill: &usize| self.sights[*skill].view.attempts >= self.rules.practised_max;
        activity.skills.iter().all(enough)
    }

    fn discouraged(&self) -> bool {
        self.progress.streak <= -DISCOURAGED
    }

    fn success_min(&self) -> f64 {
        if self.discouraged() { SUCCESS_ENCOURAGING } else { self.rules.success_min }
    }
}
