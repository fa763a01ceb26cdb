//! Every chore of this repository: `cargo xtask <verb>`. A verb is one file with a help text
//! and a `run`; this one only chooses between them.

mod bench;
mod broker;
mod containers;
mod contract;
mod generate;
mod python;
mod release;
mod repository;
mod sdk;
mod soak;
mod step;
mod test;
mod tidy;

use std::process::ExitCode;

/// One word after `cargo xtask`.
struct Verb {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> anyhow::Result<()>,
}

const VERBS: [Verb; 6] = [
    Verb { name: "test", about: test::ABOUT, help: test::HELP, run: test::run },
    Verb { name: "tidy", about: tidy::ABOUT, help: tidy::HELP, run: tidy::run },
    Verb { name: "bench", about: bench::ABOUT, help: bench::HELP, run: bench::run },
    Verb { name: "generate", about: generate::ABOUT, help: generate::HELP, run: generate::run },
    Verb { name: "soak", about: soak::ABOUT, help: soak::HELP, run: soak::run },
    Verb { name: "release", about: release::ABOUT, help: release::HELP, run: release::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((word, rest)) = arguments.split_first() else {
        eprint!("{}", overview());
        return ExitCode::from(2);
    };
    if is_help(word) {
        print!("{}", overview());
        return ExitCode::SUCCESS;
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == word) else {
        eprint!("xtask: no verb `{word}`\n\n{}", overview());
        return ExitCode::from(2);
    };
    // After `--` everything belongs to the command the verb passes it to.
    if rest.iter().take_while(|argument| *argument != "--").any(|argument| is_help(argument)) {
        println!("{}", verb.help);
        return ExitCode::SUCCESS;
    }
    match (verb.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {}: {error:#}", verb.name);
            ExitCode::FAILURE
        }
    }
}

fn is_help(argument: &str) -> bool {
    matches!(argument, "--help" | "-h" | "help")
}

fn overview() -> String {
    let mut text = String::from("usage: cargo xtask <verb> [--help]\n\n");
    for verb in &VERBS {
        text.push_str(&format!("  {:<10}{}\n", verb.name, verb.about));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overview_names_every_verb_once_and_each_verb_explains_itself() {
        let text = overview();
        for verb in &VERBS {
            assert_eq!(text.matches(verb.about).count(), 1, "{}", verb.name);
            assert!(verb.help.contains(&format!("cargo xtask {}", verb.name)));
        }
    }
}
