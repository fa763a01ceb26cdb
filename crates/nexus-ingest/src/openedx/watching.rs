//! What is watched of a video: from a play to the next pause, seek or stop of the same session.

use super::tracking::TrackingEvent;

/// One learner before one video.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watching {
    /// Where playing began, in seconds of the video; `None` while it rests.
    since: Option<f64>,
}

/// Where the player is, in seconds of the video.
pub(super) fn position(told: &TrackingEvent) -> Option<f64> {
    let named = ["currentTime", "current_time", "old_time"];
    named.into_iter().find_map(|key| told.number(key))
}

impl Watching {
    pub(super) fn play(&mut self, told: &TrackingEvent) -> Option<[f64; 2]> {
        self.since = position(told);
        None
    }

    pub(super) fn end(&mut self, told: &TrackingEvent) -> Option<[f64; 2]> {
        let (from, to) = (self.since.take()?, position(told)?);
        Some([from, to])
    }

    /// Goes elsewhere, and plays on there if it played.
    pub(super) fn seek(&mut self, told: &TrackingEvent) -> Option<[f64; 2]> {
        let from = self.since.take()?;
        self.since = told.number("new_time");
        let left = told.number("old_time").or_else(|| position(told))?;
        Some([from, left])
    }
}
