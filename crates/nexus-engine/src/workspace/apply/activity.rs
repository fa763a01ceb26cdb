//! What happens in activities: they are started, watched, left, completed.

use super::EventTarget;
use crate::catalog::{Activity, ActivityKind, Course};
use crate::decision::attribution::Attribution;
use crate::decision::reward::Ending;
use crate::ids::{ActivityKey, DecisionId};
use crate::learner::progress::Segment;
use crate::learner::session::MINUTES_FACTOR_MAX;
use crate::learner::viewing::Viewing;
use crate::workspace::SharedState;

impl EventTarget<'_> {
    pub(super) fn started(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        self.activity_report(activity).started += 1;
        let kept = self.progress.activity(activity.key).map(|it| (it.answered, it.grade_sum));
        let left = self.progress.start(activity.key, self.at);
        if let (true, Some((answered, grade_sum))) = (activity.kind.measures(), kept) {
            // It has one round: what it asked before a pause still counts.
            let entry = self.progress.activity_mut(activity.key, self.at);
            (entry.answered, entry.grade_sum) = (answered, grade_sum);
        }
        if let Some(left) = left {
            self.spent(left.activity, left.minutes);
            self.end_decision(left.activity, self.left(left.activity), left.minutes);
        }
        if activity.kind == ActivityKind::Check
            && let Some(begun) = self.begin_check(activity)
        {
            begun.skipped = false;
        }
        let session = self.progress.sessions.begun;
        let attribution = self.decisions.start_decision(activity.key, named, session, self.at);
        // What measures is offered beside the decisions, so taking one declines no decision.
        if in_order && !activity.kind.measures() {
            let (shared, course) = (&*self.shared, self.course);
            self.decisions.pass_over(activity.key, |other| is_withdrawn(shared, course, other));
        }
        attribution
    }

    pub(super) fn watched(&mut self, activity: &Activity, segments: &[Segment], exact: bool) {
        let length = activity.video_seconds.unwrap_or(f64::INFINITY);
        let enough = if exact {
            self.view(activity, segments).is_enough(length)
        } else {
            let entry = self.progress.activity_mut(activity.key, self.at);
            entry.watch(segments);
            entry.watched_enough(length)
        };
        let entry = self.progress.activity_mut(activity.key, self.at);
        if enough && entry.completed_at.is_none() {
            self.completed(activity);
        }
    }

    /// Adds exact parts to what was watched of a video. It begins with what was told before.
    fn view(&mut self, activity: &Activity, segments: &[Segment]) -> &Viewing {
        let before = &self.progress.activity_mut(activity.key, self.at).watched;
        let begun = Viewing::of(activity.key, before);
        let viewings = &mut self.progress.viewings;
        let known = viewings.iter().position(|viewing| viewing.activity == activity.key);
        let place = known.unwrap_or_else(|| {
            viewings.push(begun);
            viewings.len() - 1
        });
        let viewing = &mut viewings[place];
        viewing.watch(segments);
        viewing
    }

    /// Whether an event arrives late while the learner is in another activity: then it is counted,
    /// and what is open stays open.
    pub(super) fn elsewhere(&self, activity: &Activity, in_order: bool) -> bool {
        !in_order && self.progress.current.is_some_and(|current| current != activity.key)
    }

    pub(super) fn count_start(&mut self, activity: &Activity) {
        self.activity_report(activity).started += 1;
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.starts = entry.starts.saturating_add(1);
    }

    /// Opens the activity of a completion or of progress, unless it is completed already: players
    /// and sites say it more than once, and that is no new round.
    pub(super) fn start_unless_done(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        if self.progress.completed(activity.key) {
            return Attribution::None;
        }
        self.ensure_started(activity, named, in_order)
    }

    /// Opens the activity of an event whose start was never reported. What arrives late never
    /// moves the open activity.
    pub(super) fn ensure_started(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        if self.progress.current == Some(activity.key) || !in_order {
            return Attribution::None;
        }
        self.started(activity, named, true)
    }

    pub(super) fn skipped(
        &mut self,
        activity: &Activity,
        named: Option<&DecisionId>,
        in_order: bool,
    ) -> Attribution {
        let mut attribution = Attribution::None;
        if !self.elsewhere(activity, in_order) {
            attribution = self.ensure_started(activity, named, true);
            let left = self.progress.leave(activity.key, self.at);
            self.spent(activity.key, left.minutes);
            self.end_decision(activity.key, self.left(activity.key), left.minutes);
        }
        if activity.kind == ActivityKind::Check {
            self.skip_check(activity);
        }
        let entry = self.progress.activity_mut(activity.key, self.at);
        entry.skips = entry.skips.saturating_add(1);
        self.activity_report(activity).skipped += 1;
        attribution
    }

    pub(super) fn completed(&mut self, activity: &Activity) -> Attribution {
        let open = self.progress.current == Some(activity.key);
        if open {
            let left = self.progress.leave(activity.key, self.at);
            self.spent(activity.key, left.minutes);
            self.end_decision(activity.key, Ending::Completed, left.minutes);
        }
        if activity.kind == ActivityKind::Check {
            self.complete_check(activity);
        }
        let version = self.progress.course_version;
        let before = self.completes(version);
        if self.progress.complete(activity.key, self.at) {
            self.activity_report(activity).completed += 1;
            let popularity = self.shared.popularity.entry(self.course.id.clone()).or_default();
            popularity.completed(activity.key, self.at);
            let after = self.completes(version);
            self.count_completion(before, after);
        }
        Attribution::None
    }

    /// How an activity ends that is left before it is completed: what a new version of the course
    /// took away was not abandoned by the learner.
    fn left(&self, activity: ActivityKey) -> Ending {
        match is_withdrawn(self.shared, self.course, activity) {
            true => Ending::Withdrawn,
            false => Ending::Abandoned,
        }
    }

    fn end_decision(&mut self, activity: ActivityKey, ending: Ending, minutes: f64) {
        let session = self.progress.sessions.begun;
        self.decisions.end_decision(activity, ending, minutes, session, self.at);
    }

    /// Adds time spent, capped at a multiple of what the course expects.
    fn spent(&mut self, activity: ActivityKey, minutes: f64) {
        let expected = self.course.activities.iter().find(|known| known.key == activity);
        let expected = expected.map_or(self.course.minutes_median, |known| known.minutes);
        self.progress.minutes += minutes.min(MINUTES_FACTOR_MAX * expected);
    }
}

/// Whether the latest version of a course has no such activity any more.
fn is_withdrawn(shared: &SharedState, course: &Course, activity: ActivityKey) -> bool {
    let latest = shared.course(course.id.as_str());
    latest.is_some_and(|latest| latest.activities.iter().all(|known| known.key != activity))
}
