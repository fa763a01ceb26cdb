//! What people see in the terminal: errors with their causes, and the log on standard error.

use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// The exit code of a command whose reader closed the pipe, as shells report a program that
/// SIGPIPE ended: 128 + 13.
const CLOSED_PIPE: i32 = 141;

/// Prints an error as `error: ... / because: ...`, the whole chain once.
pub fn print_error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

/// Sends the log to standard error. `NEXUS_LOG` chooses what is shown; warnings by default.
pub fn log_to_stderr() {
    let wanted = std::env::var("NEXUS_LOG").ok().and_then(|text| text.parse().ok());
    let filter: Targets = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// Ends the process quietly when the reader of standard output closes the pipe, as `head`
/// does. `println!` panics then, and its message is the only thing that tells such a panic from a
/// bug; every other panic is reported as before.
pub fn end_quietly_on_closed_pipe() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let told = panic.payload().downcast_ref::<String>();
        if told.is_some_and(|told| is_closed_pipe(told)) {
            std::process::exit(CLOSED_PIPE);
        }
        report(panic);
    }));
}

fn is_closed_pipe(told: &str) -> bool {
    let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe).to_string();
    let told = told.strip_prefix("failed printing to stdout: ");
    told.is_some_and(|told| told.to_lowercase().starts_with(&closed))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
