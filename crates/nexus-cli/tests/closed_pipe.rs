//! Whoever reads a command's output may stop reading, as `head` does: the command then ends without
//! a word on standard error.

use std::io::{Read, pipe};
use std::process::{Command, Stdio};

fn check(arguments: &[&str]) {
    let (reader, writer) = pipe().expect("make a pipe");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexus"));
    command.args(arguments).stdout(writer).stderr(Stdio::piped());
    let mut child = command.spawn().expect("run nexus");
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("read");
    let code = child.wait().expect("end").code();
    // As a shell tells of a program that SIGPIPE ended: 128 + 13.
    assert_eq!((code, said.as_str()), (Some(141), ""), "{arguments:?}");
}

#[test]
fn a_reader_that_went_away_ends_a_command_quietly() {
    check(&["openapi"]);
    check(&["routes"]);
}
