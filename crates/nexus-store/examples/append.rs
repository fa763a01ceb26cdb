//! Measures durable appends by batch size, in a directory given as the argument or a temporary one.
//!
//! `cargo run --release -p nexus-store --example append -- DIR`

use nexus_store::bench::{BATCHES, append_throughput};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let given = std::env::args().nth(1).map(std::path::PathBuf::from);
    let directory = given.unwrap_or_else(|| temporary.path().to_path_buf());
    println!("batch   entries/s   p50 ms   p99 ms");
    for batch in BATCHES {
        let run = append_throughput(&directory, batch, Duration::from_secs(3))?;
        let milliseconds = |share| 1e3 * run.commit_within(share).as_secs_f64();
        let (half, most) = (milliseconds(0.5), milliseconds(0.99));
        println!("{batch:>5} {:>11.0} {half:>8.2} {most:>8.2}", run.per_second());
    }
    Ok(())
}
