//! Sessions and activities: how a learner's course progress follows what they do.
//!
//! Events may be missing or out of order, so every rule is written to hold without them: anything
//! a learner does opens a session, an answer opens its activity, and opening another activity
//! leaves the one before. What arrives late (before the learner's latest moment) never moves the
//! open activity.

use super::progress::{ActivityProgress, CourseProgress, RECENT_MAX, Segment};
use super::window::WindowCounter;
use crate::ids::ActivityKey;
use crate::time::{MINUTE_MICROS, Timestamp};

/// A pause longer than this ends a session.
pub const PAUSE_MICROS_MAX: i64 = 30 * MINUTE_MICROS;
/// The end of a video that may be skipped: credits teach nothing.
pub const CREDITS_SHARE: f64 = 0.10;
/// The share of the rest that must be watched for the video to count as completed.
pub const WATCHED_SHARE: f64 = 0.90;
/// Watched parts that are remembered of one video.
pub const SEGMENTS_MAX: usize = 64;
/// An activity counts at most this many times its expected minutes: people leave pages open.
pub const MINUTES_FACTOR_MAX: f64 = 4.0;

/// How an activity that was open came to an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Left {
    pub activity: ActivityKey,
    /// Minutes since it was started, uncapped.
    pub minutes: f64,
}

/// How far a learner is in the session that is open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sitting {
    /// Minutes since it began, at least 0.
    pub minutes: f64,
    /// Activities started in it.
    pub activities: u16,
}

/// The sessions of one learner in one course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// How many were begun.
    pub begun: u32,
    /// Whether one is open.
    pub open: bool,
    /// When the latest event of the latest one happened.
    pub last_at: Timestamp,
    /// When the latest one began.
    pub began_at: Timestamp,
    /// Activities started in the latest one.
    pub activities: u16,
    /// Exploratory decisions in the latest one that had any.
    pub explored: WindowCounter,
}

impl Sessions {
    /// Notes that something happened, and begins a session when none is open.
    pub fn touch(&mut self, at: Timestamp) {
        if !self.goes_on(at) {
            self.begun = self.begun.saturating_add(1);
            self.open = true;
            self.began_at = at;
            self.activities = 0;
        }
        self.last_at = at;
    }

    /// Whether what happens at a moment still belongs to the session before it.
    fn goes_on(&self, at: Timestamp) -> bool {
        let pause = at.0.saturating_sub(self.last_at.0);
        self.open && pause <= PAUSE_MICROS_MAX
    }

    /// The number of the session that something at a moment belongs to: the open one, or the one
    /// that it would begin.
    #[must_use]
    pub fn number_at(&self, at: Timestamp) -> u32 {
        self.begun.saturating_add(u32::from(!self.goes_on(at)))
    }

    /// How far the learner is in the session at a moment; at its very beginning when none is open.
    #[must_use]
    pub fn sitting(&self, at: Timestamp) -> Sitting {
        if !self.goes_on(at) {
            return Sitting::default();
        }
        Sitting { minutes: at.minutes_since(self.began_at), activities: self.activities }
    }
}

impl CourseProgress {
    /// Opens an activity. Answers with the one that was left for it, if any.
    pub fn start(&mut self, activity: ActivityKey, at: Timestamp) -> Option<Left> {
        let left = self.leave_other(activity, at);
        self.sessions.activities = self.sessions.activities.saturating_add(1);
        let entry = self.activity_mut(activity, at);
        entry.starts = entry.starts.saturating_add(1);
        entry.started_at = Some(at);
        entry.last_at = at;
        entry.answered = 0;
        entry.grade_sum = 0.0;
        self.current = Some(activity);
        left
    }

    /// Leaves the open activity when it is another one.
    fn leave_other(&mut self, activity: ActivityKey, at: Timestamp) -> Option<Left> {
        let current = self.current.filter(|current| *current != activity)?;
        Some(self.leave(current, at))
    }

    /// Leaves an activity for whatever reason.
    pub fn leave(&mut self, activity: ActivityKey, at: Timestamp) -> Left {
        let started = self.activity(activity).and_then(|entry| entry.started_at);
        let minutes = started.map_or(0.0, |started| at.minutes_since(started));
        if self.current == Some(activity) {
            self.current = None;
        }
        remember(&mut self.recent, activity);
        Left { activity, minutes }
    }

    /// Completes an activity. Answers whether it is the first time.
    pub fn complete(&mut self, activity: ActivityKey, at: Timestamp) -> bool {
        let entry = self.activity_mut(activity, at);
        entry.last_at = at;
        let first = entry.completed_at.is_none();
        if first {
            entry.completed_at = Some(at);
        }
        first
    }
}

/// Keeps the newest of what was done lately.
pub fn remember<T: PartialEq>(recent: &mut Vec<T>, newest: T) {
    recent.retain(|entry| *entry != newest);
    recent.push(newest);
    if recent.len() > RECENT_MAX {
        recent.remove(0);
    }
}

impl ActivityProgress {
    /// Adds watched parts of a video, in whole seconds, keeping them sorted and disjoint and never
    /// more than [`SEGMENTS_MAX`]: the smallest gaps are closed first.
    pub fn watch(&mut self, segments: &[Segment]) {
        self.watched.extend(segments.iter().map(|segment| Segment {
            from_seconds: segment.from_seconds.floor(),
            to_seconds: segment.to_seconds.ceil(),
        }));
        self.watched.sort_by(|a, b| a.from_seconds.total_cmp(&b.from_seconds));
        let mut merged: Vec<Segment> = Vec::with_capacity(self.watched.len());
        for segment in &self.watched {
            match merged.last_mut() {
                Some(last) if segment.from_seconds <= last.to_seconds => {
                    last.to_seconds = last.to_seconds.max(segment.to_seconds);
                }
                _ => merged.push(*segment),
            }
        }
        while merged.len() > SEGMENTS_MAX {
            close_smallest_gap(&mut merged);
        }
        self.watched = merged;
    }

    /// Whether enough of a video was watched: 90 % of all but its last tenth, in any order.
    #[must_use]
    pub fn watched_enough(&self, length_seconds: f64) -> bool {
        let counted_seconds = length_seconds * (1.0 - CREDITS_SHARE);
        let seen = self.watched.iter().map(|segment| {
            (segment.to_seconds.min(counted_seconds) - segment.from_seconds).max(0.0)
        });
        seen.sum::<f64>() >= WATCHED_SHARE * counted_seconds
    }
}

fn close_smallest_gap(parts: &mut Vec<Segment>) {
    let gap = |pair: &[Segment]| pair[1].from_seconds - pair[0].to_seconds;
    let gaps = parts.windows(2).map(gap).enumerate();
    if let Some((position, _)) = gaps.min_by(|left, right| left.1.total_cmp(&right.1)) {
        parts[position].to_seconds = parts[position + 1].to_seconds;
        parts.remove(position + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(parts: &[(f64, f64)]) -> ActivityProgress {
        let mut progress = CourseProgress::default();
        let entry = progress.activity_mut(ActivityKey(0), Timestamp(0));
        for (from_seconds, to_seconds) in parts {
            let (from_seconds, to_seconds) = (*from_seconds, *to_seconds);
            entry.watch(&[Segment { from_seconds, to_seconds }]);
        }
        entry.clone()
    }

    #[test]
    fn a_video_completes_without_its_credits() {
        assert!(watched(&[(0.0, 90.0)]).watched_enough(100.0));
        assert!(watched(&[(0.0, 81.0)]).watched_enough(100.0));
        assert!(!watched(&[(0.0, 80.0)]).watched_enough(100.0));
        assert!(!watched(&[(90.0, 100.0), (0.0, 50.0)]).watched_enough(100.0));
    }

    #[test]
    fn watching_a_part_twice_counts_once_and_order_does_not_matter() {
        let twice = watched(&[(0.0, 40.0), (0.0, 40.0), (10.0, 30.0)]);
        assert!(!twice.watched_enough(100.0));
        let back = watched(&[(50.0, 100.0), (0.0, 50.0)]);
        assert_eq!(back.watched, vec![Segment { from_seconds: 0.0, to_seconds: 100.0 }]);
        assert!(back.watched_enough(100.0));
    }

    #[test]
    fn a_long_pause_begins_a_new_session() {
        let mut progress = CourseProgress::default();
        progress.sessions.touch(Timestamp(0));
        progress.sessions.touch(Timestamp(PAUSE_MICROS_MAX));
        assert_eq!(progress.sessions.begun, 1);
        progress.sessions.touch(Timestamp(2 * PAUSE_MICROS_MAX + 1));
        assert_eq!(progress.sessions.begun, 2);
    }

    #[test]
    fn a_sitting_is_counted_from_the_first_event_after_a_pause() {
        let minute = |minute: i64| Timestamp(minute * MINUTE_MICROS);
        let mut progress = CourseProgress::default();
        assert_eq!(progress.sessions.sitting(minute(0)), Sitting::default());
        progress.sessions.touch(minute(100));
        progress.start(ActivityKey(1), minute(100));
        progress.sessions.touch(minute(125));
        progress.start(ActivityKey(2), minute(125));
        assert_eq!(
            progress.sessions.sitting(minute(130)),
            Sitting { minutes: 30.0, activities: 2 }
        );
        assert_eq!(progress.sessions.sitting(minute(156)), Sitting::default());
        progress.sessions.touch(minute(156));
        assert_eq!(progress.sessions.sitting(minute(157)), Sitting { minutes: 1.0, activities: 0 });
        progress.sessions.open = false;
        assert_eq!(progress.sessions.sitting(minute(158)), Sitting::default());
    }

    #[test]
    fn opening_another_activity_leaves_the_first() {
        let mut progress = CourseProgress::default();
        assert_eq!(progress.start(ActivityKey(1), Timestamp(0)), None);
        assert_eq!(progress.start(ActivityKey(1), Timestamp(1)), None);
        let left = progress.start(ActivityKey(2), Timestamp(1 + 3 * MINUTE_MICROS));
        assert_eq!(left, Some(Left { activity: ActivityKey(1), minutes: 3.0 }));
        assert_eq!(progress.recent, vec![ActivityKey(1)]);
    }
}
