//! Why an activity is not a candidate, and from which step of the ladder on the reason is forgiven.

use crate::words;

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
});

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
    None,
    /// The difficulty window was ignored.
    Difficulty,
    /// Then the length of the session too.
    Session,
    /// Then repetition and order too, and exercises that went well; not videos and readings once more.
    Repetition,
    /// Then prerequisites and mastery too: everything in the course that no teacher limits.
    Everything,
    /// Then teachers' caps too; blocks never.
    Caps,
}

words!(Relaxation {
    None => "none",
    Difficulty => "difficulty",
    Session => "session",
    Repetition => "repetition",
    Everything => "everything",
    Caps => "caps",
});
