//! Why an activity is not a candidate, and from which step of the ladder on the reason is forgiven.

use crate::words;

/// Why an activity is not a candidate, or that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// It is a candidate.
    Eligible,
    /// A prerequisite activity is not completed.
    ActivityPrerequisite,
    /// A prerequisite skill is not known well enough, or a quiz asks for skills of its own that are
    /// hardly practised.
    SkillPrerequisite,
    /// All its skills are mastered and none is due for review.
    Mastered,
    /// Predicted success lies below the difficulty window.
    TooHard,
    /// Predicted success lies above the difficulty window. A question on a skill that was never asked
    /// is not too easy, and a video or reading is only when the learner's own answers say so.
    TooEasy,
    /// It was shown just now, and is not completed or not the latest.
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
    /// A placement comes before everything else. Older versions also put a required activity first.
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
    /// It was completed just now, and no other activity was begun since.
    JustDone,
    /// The closing check, whose time has not come or is over.
    CheckNotDue,
    /// The course is at its end for the learner: the closing check comes first.
    CheckFirst,
}

words!(Exclusion {
    Eligible => "eligible",
    ActivityPrerequisite => "activity_prerequisite",
    SkillPrerequisite => "skill_prerequisite",
    Mastered => "mastered",
    TooHard => "too_hard",
    TooEasy => "too_easy",
    Repeated => "repeated",
    AlreadyDone => "already_done",
    NotNextOnPath => "not_next_on_path",
    BeyondCap => "beyond_cap",
    Requested => "requested",
    Skipped => "skipped",
    RequiredFirst => "required_first",
    PractisedEnough => "practised_enough",
    StudyFirst => "study_first",
    Placed => "placed",
    StuckFirst => "stuck_first",
    Blocked => "blocked",
    Capped => "capped",
    PinnedFirst => "pinned_first",
    TooLongForSession => "too_long_for_session",
    JustDone => "just_done",
    CheckNotDue => "check_not_due",
    CheckFirst => "check_first",
});

/// What of an activity's history decides whether a reason is forgiven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActivityHistory {
    /// Whether it was ever started.
    pub shown: bool,
    /// Whether it asks questions.
    pub asks: bool,
    /// Whether the request names it among the only ones that it allows.
    pub asked_for: bool,
    /// Whether the learner skipped it as often as it is offered.
    pub given_up: bool,
    /// Whether no step relaxes prerequisite skills: a request limits the activities, and without it
    /// the rules would find a candidate that keeps them.
    pub skills_first: bool,
}

impl Exclusion {
    /// Its place in the ladder: the first step that takes the reason away, from an activity with
    /// this history; `None` when no step does.
    ///
    /// Prerequisites between activities, what was completed just now, and what is done always
    /// stand: a course may end, and then nothing is shown again for the sake of showing something.
    /// Only a request for certain activities may bring a done exercise back. What is a matter of
    /// order (pinned, beyond the cap, the path) stands while what comes first can be chosen.
    #[must_use]
    pub fn forgiven_from(self, history: ActivityHistory) -> Option<Relaxation> {
        match self {
            Self::TooHard | Self::TooEasy => Some(Relaxation::Difficulty),
            Self::TooLongForSession => Some(Relaxation::Session),
            Self::SkillPrerequisite if history.skills_first => None,
            Self::SkillPrerequisite
            | Self::Mastered
            | Self::StudyFirst
            | Self::StuckFirst
            | Self::PractisedEnough
                if !history.shown =>
            {
                Some(Relaxation::NeverShown)
            }
            Self::SkillPrerequisite
            | Self::StudyFirst
            | Self::StuckFirst
            | Self::PractisedEnough
            | Self::Repeated => Some(Relaxation::Repetition),
            Self::Skipped if !history.given_up => Some(Relaxation::Repetition),
            Self::AlreadyDone | Self::Mastered if history.asked_for && history.asks => {
                Some(Relaxation::Repetition)
            }
            Self::Capped => Some(Relaxation::Caps),
            Self::Eligible
            | Self::ActivityPrerequisite
            | Self::AlreadyDone
            | Self::JustDone
            | Self::Mastered
            | Self::Skipped
            | Self::NotNextOnPath
            | Self::BeyondCap
            | Self::Requested
            | Self::RequiredFirst
            | Self::Placed
            | Self::Blocked
            | Self::PinnedFirst
            | Self::CheckNotDue
            | Self::CheckFirst => None,
        }
    }

    /// The reason in a teacher's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Eligible => "could be chosen",
            Self::ActivityPrerequisite => "an activity that must come first is not completed",
            Self::SkillPrerequisite => {
                "a skill that it builds on is not known well enough, or its own skills lack practice"
            }
            Self::Mastered => "its skills are mastered and need no review yet",
            Self::TooHard => "it would probably be too hard now",
            Self::TooEasy => "it would probably be too easy now",
            Self::Repeated => "it was shown just now",
            Self::AlreadyDone => "it was completed and is not needed again yet",
            Self::NotNextOnPath => "another activity is next on the course's own path",
            Self::BeyondCap => "enough activities that come earlier could be chosen",
            Self::Requested => "the request left it out",
            Self::Skipped => "the learner skipped it, and nothing asks for it again yet",
            Self::RequiredFirst => "what comes first by the course is due",
            Self::StudyFirst => "a video or reading on what it asks comes first",
            Self::Placed => "the placement is over, was skipped, or comes too late",
            Self::Blocked => "a teacher blocked it",
            Self::Capped => "it was shown as often as a teacher allows",
            Self::PinnedFirst => "a teacher pinned another activity",
            Self::TooLongForSession => "it lasts longer than what is left of the session",
            Self::JustDone => "it was completed just now",
            Self::CheckNotDue => "the closing check comes once, at the end of the course",
            Self::CheckFirst => "the closing check is due first",
            Self::StuckFirst => {
                "the learner is stuck in what it asks; what that builds on comes first"
            }
            Self::PractisedEnough => {
                "its skills were practised much; something else helps more now"
            }
        }
    }
}

/// How far the rules were relaxed to find a candidate: each step also forgives what the steps
/// before it forgive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relaxation {
    None,
    /// The difficulty window was ignored.
    Difficulty,
    /// Then the length of the session too.
    Session,
    /// Then, for what was never shown, everything but prerequisites between activities: prerequisite
    /// skills, the order of study and practice, mastery.
    NeverShown,
    /// Then what was shown before and is not done: one candidate, the one touched longest ago.
    Repetition,
    /// Everything in the course that no teacher limits. Only older versions went so far.
    Everything,
    /// Then teachers' caps too; blocks never.
    Caps,
}

words!(Relaxation {
    None => "none",
    Difficulty => "difficulty",
    Session => "session",
    NeverShown => "never_shown",
    Repetition => "repetition",
    Everything => "everything",
    Caps => "caps",
});

impl Relaxation {
    /// The steps in their order.
    pub const LADDER: [Self; 6] = [
        Self::None,
        Self::Difficulty,
        Self::Session,
        Self::NeverShown,
        Self::Repetition,
        Self::Caps,
    ];

    /// What was relaxed, in a teacher's words, after "so".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "nothing was relaxed",
            Self::Difficulty => "the difficulty was ignored",
            Self::Session => "the length of the session was ignored",
            Self::NeverShown => "what was never shown came in its turn",
            Self::Repetition => "what was shown longest ago and is not done came again",
            Self::Everything => "everything in the course could be chosen",
            Self::Caps => "a teacher's cap gave way",
        }
    }
}
