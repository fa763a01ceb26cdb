//! What teachers' constraints say about one decision.
//!
//! The rules between them, strictest first: a block always holds; a cap gives way only when
//! nothing else is left; a pin comes before everything that is neither blocked nor capped nor left
//! out by the request, be its prerequisites known or not, until it is completed. Of several pins
//! the learner's own come first, and among those the one that was set first.

use super::candidates::{Asked, Exclusion, requested};
use crate::catalog::{ActivityKind, Course};
use crate::constraint::{Constraint, Rule};
use crate::ids::{ConstraintId, LearnerId};
use crate::learner::placement::is_due;
use crate::learner::progress::CourseProgress;
use crate::time::Timestamp;
use crate::workspace::SharedState;
use std::collections::BTreeMap;

/// What teachers' constraints say about one decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Orders {
    /// The pinned activity, as its position in [`Course::activities`], and its constraint.
    pub pin: Option<(usize, ConstraintId)>,
    /// What was blocked, or capped and shown often enough: by position in [`Course::activities`].
    pub barred: BTreeMap<usize, Exclusion>,
    /// The constraints behind both.
    pub applied: Vec<ConstraintId>,
}

impl Orders {
    /// Why a teacher keeps an activity from the learner, if one does.
    #[must_use]
    pub fn bar(&self, position: usize) -> Option<Exclusion> {
        self.barred.get(&position).copied()
    }

    /// Whether a teacher blocked an activity.
    #[must_use]
    pub fn blocks(&self, position: usize) -> bool {
        self.bar(position) == Some(Exclusion::Blocked)
    }
}

impl SharedState {
    /// What teachers' constraints say about a decision for a learner at a moment.
    #[must_use]
    pub fn orders(
        &self,
        learner: &LearnerId,
        course: &Course,
        progress: &CourseProgress,
        asked: &Asked,
        at: Timestamp,
    ) -> Orders {
        let mut orders = Orders::default();
        let Some(known) = self.constraints.get(&course.id) else {
            return orders;
        };
        // A later version of the course may not have the activity any more.
        let place =
            |constraint: &Constraint| course.activity_position(constraint.activity.as_str());
        for constraint in known.of(learner, at) {
            let Some(position) = place(constraint) else { continue };
            let starts = progress.activity(course.activities[position].key);
            let starts = starts.map_or(0, |entry| entry.starts);
            let bar = match constraint.rule {
                Rule::Block => Exclusion::Blocked,
                Rule::Cap { shown_max } if starts >= shown_max => Exclusion::Capped,
                Rule::Cap { .. } | Rule::Pin => continue,
            };
            let held = orders.barred.entry(position).or_insert(bar);
            *held = (*held).min(bar);
            orders.applied.push(constraint.id.clone());
        }
        let mut pins = known.of(learner, at).filter(|constraint| constraint.rule == Rule::Pin);
        let possible = |position: usize| {
            let activity = &course.activities[position];
            let late = activity.kind == ActivityKind::Placement && !is_due(progress, activity);
            let open = !progress.completed(activity.key) && !late;
            open && orders.bar(position).is_none() && requested(asked, activity).is_none()
        };
        let pin =
            pins.find_map(|pin| Some((place(pin).filter(|it| possible(*it))?, pin.id.clone())));
        orders.applied.extend(pin.iter().map(|(_, id)| id.clone()));
        orders.pin = pin;
        orders
    }
}
