//! What people see in the terminal: errors with their causes, and the log on standard error.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Prints an error as `error: ... / because: ...`, the whole chain once.
pub fn print_error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

/// Sends the log to standard error. `NEXUS_LOG` chooses what is shown; warnings by default.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("NEXUS_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
