//! What becomes of supports: they are chosen, and their outcome is settled.

use super::EventTarget;
use crate::support::{OpenSupport, SupportChosen, SupportRewarded};

impl EventTarget<'_> {
    pub(super) fn support_chosen(&mut self, chosen: &SupportChosen) {
        let session = self.progress.sessions.number_at(self.at);
        let Some(mut open) = OpenSupport::begins(chosen, self.course, session) else { return };
        for earlier in self.supports.iter_mut() {
            if earlier.question == open.question && !earlier.superseded {
                earlier.superseded = true;
                open.tried.clone_from(&earlier.tried);
                open.tried.push(earlier.support.clone());
            }
        }
        let whose = (chosen.learner.clone(), chosen.course.clone());
        self.shared.pending_supports.insert((open.ends_at, open.choice.clone()), whose);
        let known = self.shared.supports.entry(self.course.id.clone()).or_default();
        known.chosen += 1;
        known.sums_mut(&open.question_id, &open.support).served += 1;
        self.supports.push(open);
    }

    pub(super) fn support_rewarded(&mut self, rewarded: &SupportRewarded) {
        let mut open = self.supports.iter();
        let Some(position) = open.position(|open| open.choice == rewarded.choice) else { return };
        let open = self.supports.remove(position);
        self.shared.pending_supports.remove(&(open.ends_at, open.choice));
        let known = self.shared.supports.entry(self.course.id.clone()).or_default();
        match &rewarded.outcome {
            Some(outcome) => {
                known.rewarded += 1;
                if rewarded.teaches {
                    known.learn(&rewarded.question, &rewarded.support, rewarded.kind, outcome);
                }
            }
            None => known.missing += 1,
        }
    }
}
