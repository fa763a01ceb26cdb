//! The rows for people: a block for each family, and how the default stands beside its best
//! yardstick.

use super::Row;
use crate::matrix::compare::Measured;
use std::fmt::Write;

pub fn of(rows: &[Row], learners: u64, seed: u64) -> String {
    let mut text = format!("{learners} learners a row, seed {seed}; true score at the test\n");
    let mut family = "";
    for row in rows {
        if row.world.word() != family {
            family = row.world.word();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\n{family:<18} score   95 % interval   success  dropout");
        }
        let (score, interval) = (row.score.mean, row.score.interval);
        let _ = writeln!(
            text,
            "  {:<16} {score:.3}  [{:.3}, {:.3}]   {:.2}     {:.2}",
            row.policy.word(),
            interval.low,
            interval.high,
            row.success,
            row.dropout
        );
        if let Some((best, all, lowest)) = &row.against {
            let _ = writeln!(text, "    beside {}: {}", best.word(), difference(all));
            let _ = writeln!(text, "    lowest quarter beside it: {}", difference(lowest));
        }
    }
    text
}

fn difference(it: &Measured) -> String {
    let verdict = match (it.interval.low > 0.0, it.interval.high < 0.0) {
        (true, _) => "better",
        (_, true) => "WORSE",
        _ => "no difference shown",
    };
    format!("{:+.4} [{:+.4}, {:+.4}] {verdict}", it.mean, it.interval.low, it.interval.high)
}
