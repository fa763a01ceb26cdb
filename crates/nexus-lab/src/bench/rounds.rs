//! Taking turns: everything that is compared is measured once a round, so that what disturbs the
//! machine disturbs all of it.

use super::Effort;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Something short in memory, to be run so many times.
pub(super) type Kernel<'a> = Box<dyn FnMut(u64) + 'a>;

/// A kernel of a body. What the body answers is kept from the optimiser.
pub(super) fn kernel<'a, T>(mut body: impl FnMut() -> T + 'a) -> Kernel<'a> {
    Box::new(move |times| {
        for _ in 0..times {
            black_box(body());
        }
    })
}

/// Seconds of one run of each kernel, a list a kernel and a value a round.
pub(super) fn seconds(effort: &Effort, mut kernels: Vec<Kernel<'_>>) -> Vec<Vec<f64>> {
    let times: Vec<u64> = kernels.iter_mut().map(|kernel| fit(kernel, effort.slice)).collect();
    let mut found = vec![Vec::with_capacity(effort.rounds); kernels.len()];
    for round in 0..effort.rounds {
        for turn in 0..kernels.len() {
            // Every other round runs backwards, so that no kernel always follows the same one.
            let position = if round % 2 == 0 { turn } else { kernels.len() - 1 - turn };
            let elapsed = timed(&mut kernels[position], times[position]);
            found[position].push(elapsed.as_secs_f64() / times[position] as f64);
        }
    }
    found
}

/// How many times a kernel runs in about this long; finding out also warms it up.
fn fit(kernel: &mut Kernel<'_>, slice: Duration) -> u64 {
    let mut times = 1_u64;
    loop {
        let elapsed = timed(kernel, times);
        if elapsed * 2 >= slice {
            let share = slice.as_secs_f64() / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
            return ((times as f64 * share) as u64).max(1);
        }
        times = times.saturating_mul(2);
    }
}

fn timed(kernel: &mut Kernel<'_>, times: u64) -> Duration {
    let began = Instant::now();
    kernel(times);
    began.elapsed()
}
