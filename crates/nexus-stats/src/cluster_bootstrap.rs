//! How sure is an area under the curve when rows come in clusters, such as answers of one learner?
//!
//! Whole clusters are drawn with replacement (Efron 1979; by clusters, Davison and Hinkley 1997,
//! chapter 3.8), and the interval is that of the percentiles. Rows are sorted once; a resample is
//! then one walk over them, each row counted as often as its cluster was drawn.

use crate::random::Stream;

/// A percentile interval of the area under the ROC curve, at a level such as 0.95, from so many
/// resamples of clusters; the same seed gives the same interval. `cluster` names the cluster of
/// each row by any number. `None` without rows, when lengths differ, when a prediction is not a
/// number, or when no resample has both outcomes.
#[must_use]
pub fn auc_interval(
    predictions: &[f64],
    outcomes: &[bool],
    cluster: &[u32],
    resamples: usize,
    level: f64,
    seed: u64,
) -> Option<(f64, f64)> {
    let n = predictions.len();
    if n == 0 || outcomes.len() != n || cluster.len() != n {
        return None;
    }
    if predictions.iter().any(|prediction| prediction.is_nan()) {
        return None;
    }
    let (places, clusters) = numbered(cluster);
    let mut order: Vec<(f64, bool, u32)> =
        (0..n).map(|row| (predictions[row], outcomes[row], places[row])).collect();
    order.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let rows = tied(&order);
    let mut stream = Stream::new(seed);
    let mut weights = vec![0u32; clusters];
    let mut found: Vec<f64> = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        weights.fill(0);
        for _ in 0..clusters {
            weights[stream.below(clusters as u64) as usize] += 1;
        }
        found.extend(weighted_auc(&rows, &weights));
    }
    found.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level.clamp(0.0, 1.0)) / 2.0;
    Some((quantile(&found, tail)?, quantile(&found, 1.0 - tail)?))
}

/// One row in the order of predictions.
struct Row {
    cluster: u32,
    outcome: bool,
    /// Whether its prediction is higher than that of the row before.
    rises: bool,
}

fn tied(order: &[(f64, bool, u32)]) -> Vec<Row> {
    let mut before = None;
    let row = |&(prediction, outcome, cluster): &(f64, bool, u32)| {
        let rises = before.replace(prediction) != Some(prediction);
        Row { cluster, outcome, rises }
    };
    order.iter().map(row).collect()
}

/// Clusters numbered from 0, and how many there are.
fn numbered(cluster: &[u32]) -> (Vec<u32>, usize) {
    let mut names = cluster.to_vec();
    names.sort_unstable();
    names.dedup();
    let place = |name: &u32| names.binary_search(name).unwrap_or_default() as u32;
    (cluster.iter().map(place).collect(), names.len())
}

/// The area when each row counts as often as its cluster; ties count half.
fn weighted_auc(rows: &[Row], weights: &[u32]) -> Option<f64> {
    let (mut wins, mut failures, mut successes) = (0.0, 0.0, 0.0);
    let (mut tied_failures, mut tied_successes) = (0.0, 0.0);
    for row in rows {
        if row.rises {
            wins += tied_successes * (failures + 0.5 * tied_failures);
            failures += tied_failures;
            successes += tied_successes;
            (tied_failures, tied_successes) = (0.0, 0.0);
        }
        let weight = f64::from(weights[row.cluster as usize]);
        if row.outcome {
            tied_successes += weight;
        } else {
            tied_failures += weight;
        }
    }
    wins += tied_successes * (failures + 0.5 * tied_failures);
    let duels = (failures + tied_failures) * (successes + tied_successes);
    (duels > 0.0).then(|| wins / duels)
}

/// A quantile of sorted numbers, between neighbours by their distance.
fn quantile(sorted: &[f64], level: f64) -> Option<f64> {
    let place = level * sorted.len().checked_sub(1)? as f64;
    let (low, part) = (place.floor() as usize, place - place.floor());
    let high = (low + 1).min(sorted.len() - 1);
    Some(sorted[low] + part * (sorted[high] - sorted[low]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classification::auc;

    /// Forty clusters of five rows, each cluster with a level of its own.
    fn clustered() -> (Vec<f64>, Vec<bool>, Vec<u32>) {
        let mut stream = Stream::new(5);
        let (mut predictions, mut outcomes, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
        for cluster in 0..40u32 {
            let level = stream.uniform();
            for _ in 0..5 {
                // Tenths, so that there are ties.
                let prediction = ((level + 0.4 * stream.uniform()) * 7.0).floor() / 10.0;
                predictions.push(prediction);
                outcomes.push(stream.uniform() < prediction);
                clusters.push(1_000 - cluster);
            }
        }
        (predictions, outcomes, clusters)
    }

    #[test]
    fn against_resamples_written_out_row_by_row() {
        let (predictions, outcomes, clusters) = clustered();
        let found = auc_interval(&predictions, &outcomes, &clusters, 50, 0.9, 3).unwrap();
        // The same draws, with rows copied, through the plain area under the curve. Clusters are
        // numbered from the smallest name, which is the last one here.
        let mut stream = Stream::new(3);
        let mut areas: Vec<f64> = Vec::new();
        for _ in 0..50 {
            let (mut p, mut y) = (Vec::new(), Vec::new());
            for _ in 0..40 {
                let cluster = 39 - stream.below(40) as usize;
                p.extend(&predictions[5 * cluster..5 * cluster + 5]);
                y.extend(&outcomes[5 * cluster..5 * cluster + 5]);
            }
            areas.push(auc(&p, &y).unwrap());
        }
        areas.sort_unstable_by(f64::total_cmp);
        // 0.05 and 0.95 of 49 gaps: 2.45 and 46.55.
        let low = areas[2] + 0.45 * (areas[3] - areas[2]);
        let high = areas[46] + 0.55 * (areas[47] - areas[46]);
        assert!((found.0 - low).abs() < 1e-12 && (found.1 - high).abs() < 1e-12, "{found:?}");
        let whole = auc(&predictions, &outcomes).unwrap();
        assert!(found.0 < whole && whole < found.1);
    }

    #[test]
    fn what_has_no_interval() {
        assert_eq!(auc_interval(&[], &[], &[], 10, 0.95, 1), None);
        assert_eq!(auc_interval(&[0.5], &[true], &[0], 10, 0.95, 1), None);
        assert_eq!(auc_interval(&[f64::NAN], &[true], &[0], 10, 0.95, 1), None);
        assert_eq!(auc_interval(&[0.5], &[true], &[0, 1], 10, 0.95, 1), None);
    }
}
