//! Reading a placement: how a learner stands to it, and what it asks them next.

use super::SharedState;
use crate::catalog::{Activity, Course};
use crate::learner::placement::{Choice, Next, PlacementInputs, PlacementStanding, Stopped, asked};
use crate::workspace::LearnerState;

/// A placement as it stands for one learner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacementView<'a> {
    pub placement: &'a Activity,
    /// How the learner stands to it.
    pub standing: PlacementStanding,
    /// Questions it has asked.
    pub asked: u32,
    /// What it asks next; only while it is open.
    pub next: Option<Choice>,
    /// Why it stopped, when it stopped by its own rules.
    pub stopped: Option<Stopped>,
}

impl SharedState {
    /// The placement of a course for a learner; `None` when the course has none.
    ///
    /// Changes nothing, and looks from the learner's latest moment: between two answers it gives
    /// the same question, unless what other learners answer moves the parameters very far.
    #[must_use]
    pub fn placement<'a>(
        &self,
        course: &'a Course,
        learner: &LearnerState,
    ) -> Option<PlacementView<'a>> {
        let placement = course.placement()?;
        let progress = learner.progress(course.id.as_str());
        let blocked = self.blocked(&learner.id, course, learner.last_at);
        let inputs = PlacementInputs {
            course,
            placement,
            learner: &learner.id,
            belief: &learner.belief,
            tracing: &self.tracing,
            asked: asked(progress, placement),
            blocked: &blocked,
            at: learner.last_at,
        };
        let standing = progress
            .map_or(PlacementStanding::Open, |progress| PlacementStanding::of(progress, placement));
        let stopped = progress.and_then(|progress| progress.placement);
        let (standing, next, stopped) = match standing {
            PlacementStanding::Open => match inputs.next() {
                Next::Ask(choice) => (standing, Some(choice), None),
                Next::Stop(reason) => (PlacementStanding::Done, None, Some(reason)),
            },
            PlacementStanding::Done | PlacementStanding::Skipped => (standing, None, stopped),
        };
        Some(PlacementView { placement, standing, asked: inputs.asked, next, stopped })
    }
}
