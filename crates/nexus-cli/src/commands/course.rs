//! `nexus course`: check, publish, import and convert course files.

mod oatutor;
mod publish;

use anyhow::Context;
use nexus_engine::catalog::CourseDraft;
use nexus_ingest::course_file::{self, Finding};
use nexus_ingest::course_from_answers::course_from_answers;
use nexus_ingest::file::read_whole;
use nexus_ingest::mapping::Mapping;
use nexus_ingest::rejection::Rejection;
use nexus_ingest::row_log::RowTally;
use nexus_sim::play;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The exit code when the course has problems.
const FOUND: u8 = 1;

/// Check, publish, import and convert course files.
#[derive(Debug, clap::Args)]
pub struct CourseArgs {
    #[command(subcommand)]
    command: CourseCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CourseCommand {
    /// List everything that is wrong with a course file, each with its line, and play it.
    ///
    /// A course whose file has no problems is played to its end by simulated learners, to find
    /// what is never reached. Problems of both kinds count.
    ///
    /// Exit code 0: sound, 1: problems found, 2: cannot be read.
    #[command(after_help = "Example:\n  nexus course check courses/probability-from-zero.yaml")]
    Check(CheckArgs),
    /// Publish a course file on a running server.
    ///
    /// Exit code 0: published, 1: not sound or refused, 2: could not be tried.
    #[command(
        after_help = "Example:\n  nexus course publish course.yaml --url http://127.0.0.1:8080"
    )]
    Publish(publish::PublishArgs),
    /// Make a course file from a foreign format.
    #[command(subcommand)]
    Import(Import),
    /// Write a course file anew, as YAML or JSON.
    #[command(
        after_help = "Example:\n  nexus course export course.yaml --to json --out course.json"
    )]
    Export(ExportArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// The course file: YAML or JSON.
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Import {
    /// From the repository of the OATutor project, one course or all of them.
    ///
    /// What cannot be taken is listed with its reason, and costs no more than itself. What is written is
    /// sound.
    ///
    /// Exit code 0: written, 1: some courses of all could not be imported, 2: nothing could be tried.
    #[command(
        after_help = "Examples:\n  nexus course import oatutor OATutor-Content --out courses\n  \
                      nexus course import oatutor OATutor-Content --course 0 --out algebra.yaml"
    )]
    Oatutor(oatutor::OatutorArgs),
    /// From an answer file, so that its answers can be replayed.
    #[command(after_help = "Example:\n  nexus course import answers train.tsv.gz --map \
                      maps/kt-assistments2009-lpp.toml --out course.json")]
    Answers(AnswersArgs),
}

#[derive(Debug, clap::Args)]
struct AnswersArgs {
    /// Answer files, plain or .gz; a table of skills lies beside the first.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The mapping that explains their columns.
    #[arg(long)]
    map: PathBuf,
    #[command(flatten)]
    out: OutArgs,
}

#[derive(Debug, clap::Args)]
struct ExportArgs {
    /// The course file: YAML or JSON.
    file: PathBuf,
    /// The format to write; that of the file name of `--out`, or else YAML, when absent.
    #[arg(long, value_enum)]
    to: Option<Format>,
    /// The file to write; standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct OutArgs {
    /// The file to write, .yaml or .json; standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Runs the command. Errors: when a file cannot be read or written.
pub fn run(args: &CourseArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        CourseCommand::Check(args) => check(args),
        CourseCommand::Publish(args) => publish::run(args),
        CourseCommand::Import(Import::Oatutor(args)) => oatutor::run(args),
        CourseCommand::Import(Import::Answers(args)) => import_answers(args),
        CourseCommand::Export(args) => export(args),
    }
}

fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let name = args.file.display().to_string();
    let text = read_whole(&args.file)?;
    let checked = course_file::read(&text);
    let played = checked.as_ref().ok().map(|draft| play_through(&text, draft)).transpose()?;
    let played = played.flatten();
    let found = played.as_deref().unwrap_or_default();
    let sound = checked.is_ok() && found.is_empty();
    if args.json {
        let problems = checked.as_ref().err().map_or(&[][..], Vec::as_slice);
        let course = checked.as_ref().ok().map(counts);
        let report = json!({"file": name, "sound": sound, "course": course,
            "problems": problems, "played": played});
        print(&format!("{report:#}\n"))?;
    } else {
        match &checked {
            Ok(draft) if sound => {
                let unplayed = match played {
                    Some(_) => "",
                    None => " (not played: it has too many activities)",
                };
                print(&format!("{name}: sound: {}{unplayed}\n", counted(draft)))?;
            }
            Ok(_) => {
                let findings: Vec<Finding> = found.iter().map(|it| it.finding.clone()).collect();
                report_findings(&name, &findings)?;
            }
            Err(findings) => report_findings(&name, findings)?,
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

/// What playing the course has found, with its place in the file.
#[derive(serde::Serialize)]
struct PlayedFinding {
    /// Absent when it is about the whole course.
    activity: Option<String>,
    /// What the activity waits for in vain.
    waits_for: Vec<String>,
    #[serde(flatten)]
    finding: Finding,
}

/// Plays a sound course; `None` when it is too large.
fn play_through(text: &str, draft: &CourseDraft) -> anyhow::Result<Option<Vec<PlayedFinding>>> {
    let Some(found) = play::play(draft).context("play the course")? else { return Ok(None) };
    let problems = found.iter().map(|found| found.problem.clone()).collect();
    let located = course_file::located(text, problems);
    let mut findings = Vec::with_capacity(found.len());
    for (found, finding) in found.into_iter().zip(located) {
        let activity = found.activity.map(|id| id.to_string());
        let waits_for = found.waits_for.iter().map(ToString::to_string).collect();
        findings.push(PlayedFinding { activity, waits_for, finding });
    }
    Ok(Some(findings))
}

fn report_findings(name: &str, findings: &[Finding]) -> anyhow::Result<()> {
    let mut lines: String = findings.iter().map(|finding| finding.report(name) + "\n").collect();
    let plural = if findings.len() == 1 { "problem" } else { "problems" };
    lines.push_str(&format!("{name}: {} {plural}\n", findings.len()));
    print(&lines)
}

fn import_answers(args: &AnswersArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping::load(&args.map)?;
    let files: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    let made = course_from_answers(&files, &mapping)?;
    write_course(&made.draft, None, args.out.out.as_deref())?;
    let RowTally { records, read, rejected } = made.rows;
    if args.out.json {
        let rows = json!({"records": records, "read": read, "rejected": rejected});
        eprintln!(
            "{:#}",
            json!({"course": counts(&made.draft), "rows": rows, "rejections": made.first})
        );
    } else {
        eprintln!("read: {records} answers: {read} taken, {rejected} rejected");
        for Rejection { line, code, reason, .. } in &made.first {
            eprintln!("  line {line}: [{code}] {reason}");
        }
        eprintln!("made: {}", counted(&made.draft));
    }
    Ok(ExitCode::SUCCESS)
}

fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let text = read_whole(&args.file)?;
    match course_file::read(&text) {
        Ok(draft) => {
            write_course(&draft, args.to, args.out.as_deref())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(findings) => {
            // Standard output is for the course, so what is wrong with it goes beside.
            let name = args.file.display().to_string();
            for finding in findings {
                eprintln!("{}", finding.report(&name));
            }
            Ok(ExitCode::from(FOUND))
        }
    }
}

fn write_course(
    draft: &CourseDraft,
    format: Option<Format>,
    out: Option<&Path>,
) -> anyhow::Result<()> {
    let named = out.and_then(Path::extension).is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let format = format.unwrap_or(if named { Format::Json } else { Format::Yaml });
    let text = match format {
        Format::Yaml => course_file::to_yaml(draft),
        Format::Json => course_file::to_json(draft)?,
    };
    match out {
        None => print(&text),
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write the output")
}

/// The size of a course in numbers.
fn counts(draft: &CourseDraft) -> serde_json::Value {
    let activities = draft.modules.iter().flat_map(|module| &module.activities);
    let questions: usize = activities.clone().map(|activity| activity.questions.len()).sum();
    json!({
        "id": draft.id,
        "version": draft.version,
        "skills": draft.skills.len(),
        "modules": draft.modules.len(),
        "activities": activities.count(),
        "questions": questions,
    })
}

fn counted(draft: &CourseDraft) -> String {
    let counts = counts(draft);
    format!(
        "{} version {}: {} skills, {} modules, {} activities, {} questions",
        draft.id,
        draft.version,
        counts["skills"],
        counts["modules"],
        counts["activities"],
        counts["questions"]
    )
}
