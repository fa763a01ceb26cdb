//! Checks of placements: rules that make sense, one placement a course, and something to ask.

use super::super::draft::{ActivityDraft, AnswerDraft, PlacementDraft, QuestionDraft};
use super::super::{ActivityKind, CourseDraft, PlacementRules};
use super::fields::check_number;
use super::references::Index;
use super::{At, PLACEMENT_ERROR_MAX, PLACEMENT_QUESTIONS_MAX, Problems};

/// Reports stop rules that are out of range or contradict each other.
pub(super) fn check_rules(at: At<'_>, rules: &PlacementDraft, problems: &mut Problems) {
    let most = rules.questions_max.unwrap_or(PlacementRules::default().questions_max);
    if !(1..=PLACEMENT_QUESTIONS_MAX).contains(&most) {
        problems.add(at.field("questions_max"), "out_of_range", || {
            format!("{most} is outside 1 to {PLACEMENT_QUESTIONS_MAX}")
        });
    }
    if let Some(least) = rules.questions_min.filter(|least| !(1..=most).contains(least)) {
        problems.add(at.field("questions_min"), "out_of_range", || {
            format!("{least} is outside 1 to {most}, which is `questions_max`")
        });
    }
    if let Some(gain) = rules.gain_min {
        check_number(at.field("gain_min"), gain, 0.0..=1.0, problems);
    }
    if let Some(error) = rules.error_max {
        check_number(at.field("error_max"), error, 0.0..=PLACEMENT_ERROR_MAX, problems);
    }
}

/// Reports a second placement, and one that has nothing to ask.
pub(super) fn check_placements(draft: &CourseDraft, index: &Index<'_>, problems: &mut Problems) {
    let modules = At::Root.field("modules");
    let is_placement = |activity: &&ActivityDraft| activity.kind == ActivityKind::Placement.word();
    let mut earlier = 0_usize;
    for (module, inner, activity) in &index.activities {
        if !is_placement(activity) {
            continue;
        }
        let at_module = modules.index(*module);
        let list = at_module.field("activities");
        let at = list.index(*inner);
        earlier += 1;
        if earlier > 1 {
            problems.add(at.field("kind"), "too_many", || {
                "a course has at most one placement; remove this one, or the one before".into()
            });
        } else if questions_to_ask(draft, activity) == 0 {
            problems.add(at.field("skills"), "empty_pool", || empty_pool(activity));
        }
    }
}

/// How many questions a placement or a closing check may ask.
pub(super) fn questions_to_ask(draft: &CourseDraft, asking: &ActivityDraft) -> usize {
    let activities = draft.modules.iter().flat_map(|module| &module.activities);
    let fitting = activities.map(|activity| {
        let fits = |question: &&QuestionDraft| {
            let own = &question.skills;
            let skills = if own.is_empty() { &activity.skills } else { own };
            let wanted = |skill: &String| asking.skills.contains(skill);
            question.answer != AnswerDraft::Missing
                && (asking.skills.is_empty() || skills.iter().any(wanted))
        };
        activity.questions.iter().filter(fits).count()
    });
    fitting.sum()
}

fn empty_pool(placement: &ActivityDraft) -> String {
    let (which, other) = match placement.skills.is_empty() {
        true => ("of this course", ""),
        false => ("on these skills", ", list other skills"),
    };
    format!(
        "no question {which} has an `answer`, so a placement has nothing to ask; give questions \
         an `answer`{other}, or remove the placement"
    )
}
