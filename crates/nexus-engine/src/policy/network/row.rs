//! What a network looks at of one candidate: the features of [`context`](crate::policy::context),
//! the columns of [`gain`](crate::policy::gain), and what the candidate costs.
//!
//! The same row is what the environments of `nexus.gym` show of a candidate, so what was trained
//! there serves here without a translation.

use crate::policy::SceneCandidate;
use crate::policy::context::{FEATURE_NAMES, FEATURES};
use crate::policy::gain::{GAIN_COLUMNS, GAIN_NAMES, GainRow};
use nexus_stats::math::ln_1p;

/// Version of the schema of these columns. It is told apart from those of
/// [`context`](crate::policy::context), which count from 1, and of
/// [`gain`](crate::policy::gain), which count from 101.
pub const NETWORK_SCHEMA: u32 = 201;

/// Columns of a row.
pub const NETWORK_COLUMNS: usize = FEATURES + GAIN_COLUMNS + 2;

/// Names of the columns, for explanations.
pub const NETWORK_NAMES: [&str; NETWORK_COLUMNS] = names();

/// Minutes that count as 1, on a logarithmic scale.
const MINUTES: f64 = 60.0;

const fn names() -> [&'static str; NETWORK_COLUMNS] {
    let mut names = ["minutes"; NETWORK_COLUMNS];
    let mut at = 0;
    while at < FEATURES {
        names[at] = FEATURE_NAMES[at];
        at += 1;
    }
    while at < FEATURES + GAIN_COLUMNS {
        names[at] = GAIN_NAMES[at - FEATURES];
        at += 1;
    }
    names[NETWORK_COLUMNS - 1] = "skills";
    names
}

/// The row of a candidate: every entry is finite, and in [-1, 1] where its parts are sound.
#[must_use]
pub fn network_row(features: &[f64; FEATURES], gain: &GainRow) -> [f64; NETWORK_COLUMNS] {
    let mut row = [0.0; NETWORK_COLUMNS];
    row[..FEATURES].copy_from_slice(features);
    row[FEATURES..FEATURES + GAIN_COLUMNS].copy_from_slice(&gain.columns);
    row[NETWORK_COLUMNS - 2] = (ln_1p(gain.minutes.max(0.0)) / ln_1p(MINUTES)).min(1.0);
    row[NETWORK_COLUMNS - 1] = 1.0 - 1.0 / gain.skills.max(1.0);
    row
}

/// The rows of the candidates of a scene; `None` when there is not one sound row of each a candidate.
#[must_use]
pub fn network_rows(candidates: &[SceneCandidate], features: &[f64]) -> Option<Vec<f32>> {
    let (own, rest) = features.as_chunks::<FEATURES>();
    let fits = own.len() == candidates.len() && rest.is_empty();
    if !fits || !candidates.iter().all(|candidate| candidate.gain.is_sound()) {
        return None;
    }
    let mut rows = Vec::with_capacity(candidates.len() * NETWORK_COLUMNS);
    for (candidate, features) in candidates.iter().zip(own) {
        rows.extend(network_row(features, &candidate.gain).map(|value| value as f32));
    }
    rows.iter().all(|value| value.is_finite()).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_features_gain_and_costs_in_this_order() {
        let mut gain = GainRow { minutes: 60.0, skills: 2.0, ..GainRow::default() };
        gain.columns[0] = 0.25;
        let mut features = [0.0; FEATURES];
        features[1] = -0.5;
        let row = network_row(&features, &gain);
        assert_eq!((row[1], row[FEATURES]), (-0.5, 0.25));
        assert_eq!((row[NETWORK_COLUMNS - 2], row[NETWORK_COLUMNS - 1]), (1.0, 0.5));
        assert_eq!(NETWORK_NAMES[FEATURES], "video_x_room");
        assert_eq!(NETWORK_NAMES[NETWORK_COLUMNS - 2..], ["minutes", "skills"]);
    }

    #[test]
    fn what_is_not_one_sound_row_a_candidate_is_no_scene() {
        let sound = SceneCandidate::default();
        assert_eq!(
            network_rows(&[sound], &[0.5; FEATURES]).map(|rows| rows.len()),
            Some(NETWORK_COLUMNS)
        );
        assert_eq!(network_rows(&[sound], &[0.5; FEATURES - 1]), None);
        assert_eq!(network_rows(&[sound, sound], &[0.5; FEATURES]), None);
        assert_eq!(network_rows(&[sound], &[f64::NAN; FEATURES]), None);
        let gain = GainRow { minutes: f64::INFINITY, ..GainRow::default() };
        assert_eq!(network_rows(&[SceneCandidate { gain, ..sound }], &[0.5; FEATURES]), None);
    }
}
