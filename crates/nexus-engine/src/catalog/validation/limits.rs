//! How large a course may be.

use super::super::CourseDraft;
use super::{At, Problems};

/// The format this version reads.
pub const FORMAT: u32 = 1;
/// Problems listed for one draft.
pub const PROBLEMS_MAX: usize = 1_000;
/// Characters of an id in a course.
pub const ID_CHARS_MAX: usize = 64;
/// Skills of a course.
pub const SKILLS_MAX: usize = 5_000;
/// Modules of a course.
pub const MODULES_MAX: usize = 2_000;
/// Activities of a course.
pub const ACTIVITIES_MAX: usize = 20_000;
/// Questions of a course.
pub const QUESTIONS_MAX: usize = 100_000;
/// References in one list: skills of an activity, its `requires`, its `remedial` and so on.
pub const REFERENCES_MAX: usize = 256;
/// Options of a choice, and accepted texts of a text question.
pub const OPTIONS_MAX: usize = 64;
/// Hints of a question.
pub const HINTS_MAX: usize = 64;
/// Supports of a question.
pub const SUPPORTS_MAX: usize = 16;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 300;
/// Characters of a licence, an option, an accepted text or a web address.
pub const LINE_CHARS_MAX: usize = 4_000;
/// Characters of a description, prompt, hint, support or explanation.
pub const PARAGRAPH_CHARS_MAX: usize = 20_000;
/// Characters of a reading or a narration.
pub const TEXT_CHARS_MAX: usize = 200_000;
/// Minutes an activity may take.
pub const MINUTES_MAX: f64 = 10_000.0;
/// Questions a placement may ask: a pre-test is short.
pub const PLACEMENT_QUESTIONS_MAX: u32 = 50;
/// Questions that a closing check asks at least: fewer tell too little of one learner.
pub const CHECK_QUESTIONS_MIN: u32 = 10;
/// Questions that a closing check asks at most.
pub const CHECK_QUESTIONS_MAX: u32 = 16;
/// Minutes of learning after which a course may end.
pub const ENDS_MINUTES_MAX: f64 = 1_000_000.0;
/// Logits the standard error of ability may be asked to fall to.
pub const PLACEMENT_ERROR_MAX: f64 = 10.0;
/// Components that a learning site may report.
pub const COMPONENTS_MAX: usize = 8;
/// Weight of a component of the reward.
pub const REWARD_WEIGHT_MAX: f64 = 10.0;
/// Days in which a component of the reward may come.
pub const REWARD_DAYS_MAX: f64 = 90.0;
/// Distance from 0 of a value that a learning site may report.
pub const COMPONENT_VALUE_MAX: f64 = 1_000_000.0;
/// Foreign names of a course.
pub const IRIS_MAX: usize = 200_000;
/// Characters of a foreign name: what browsers take as an address.
pub const IRI_CHARS_MAX: usize = 2_000;
/// Seconds a video may last: one day.
pub const VIDEO_SECONDS_MAX: f64 = 86_400.0;

/// Reports tables that are too large.
pub(super) fn check_sizes(draft: &CourseDraft, problems: &mut Problems) {
    let activities = draft.modules.iter().map(|module| module.activities.len()).sum();
    let questions = draft
        .modules
        .iter()
        .flat_map(|module| &module.activities)
        .map(|activity| activity.questions.len())
        .sum();
    let tables: [(&'static str, &str, usize, usize); 6] = [
        ("skills", "skills", draft.skills.len(), SKILLS_MAX),
        ("modules", "modules", draft.modules.len(), MODULES_MAX),
        ("modules", "activities", activities, ACTIVITIES_MAX),
        ("modules", "questions", questions, QUESTIONS_MAX),
        ("path", "activities on the path", draft.path.len(), ACTIVITIES_MAX),
        ("iris", "IRIs", draft.iris.len(), IRIS_MAX),
    ];
    for (field, what, found, max) in tables {
        if found > max {
            problems.add(At::Root.field(field), "too_many", || {
                format!("{found} {what}; a course has at most {max}: split it")
            });
        }
    }
}
