//! Counters of windows: how many of something there were in the latest session, day or batch.

/// Decisions of one kind in one window: exploratory ones in a session of a course or in a day, or
/// those compared in a batch of an apprentice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowCounter {
    /// Number of the session, of the day since 1970-01-01, or of the entry a batch began with.
    pub window: i64,
    /// How many in it.
    pub count: u16,
}

impl WindowCounter {
    /// How many in a window: none in any but the latest.
    #[must_use]
    pub fn within(&self, window: i64) -> u16 {
        if self.window == window { self.count } else { 0 }
    }

    pub(crate) fn one_more(&mut self, window: i64) {
        *self = Self { window, count: self.within(window).saturating_add(1) };
    }
}
