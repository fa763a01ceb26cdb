//! `nexus course import oatutor`: one course of a collection, or all of them.

use super::{FOUND, OutArgs, counted, counts, write_course};
use anyhow::Context as _;
use nexus_engine::catalog::CourseDraft;
use nexus_ingest::oatutor::{self, Collection, ImportReport, Imported};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

/// Names shown of those that were left out for one reason.
const NAMED_MAX: usize = 5;

#[derive(Debug, clap::Args)]
pub struct OatutorArgs {
    /// The repository OATutor-Content, or a folder with its coursePlans.json, skillModel.json and
    /// content-pool (or content.jsonl).
    folder: PathBuf,
    /// The course: its title, or its position from 0. When absent, all courses are imported, and
    /// `--out` names the folder they are written to.
    #[arg(long)]
    course: Option<String>,
    #[command(flatten)]
    out: OutArgs,
}

/// Runs the command. Errors: when the collection cannot be read, or a course cannot be written.
pub(super) fn run(args: &OatutorArgs) -> anyhow::Result<ExitCode> {
    let collection = oatutor::load(&args.folder)?;
    let Some(course) = &args.course else { return all(&collection, args) };
    let imported = collection.import(course)?;
    write_course(&imported.draft, None, args.out.out.as_deref())?;
    if args.out.json {
        eprintln!("{:#}", report(&imported));
    } else {
        eprint!("{}", lines(&imported.draft, &imported.report));
    }
    Ok(ExitCode::SUCCESS)
}

fn all(collection: &Collection, args: &OatutorArgs) -> anyhow::Result<ExitCode> {
    let names: Vec<&str> = collection.courses().collect();
    let Some(folder) = args.out.out.as_deref() else {
        let listed = names.iter().enumerate().map(|(place, name)| format!("\n  {place}  {name}"));
        anyhow::bail!(
            "say which course with --course, or where to write all of them with --out FOLDER; there \
             are:{}",
            listed.collect::<String>()
        );
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut reports = Vec::new();
    let (mut failed, mut written) = (0, BTreeSet::new());
    for (place, name) in names.iter().enumerate() {
        // By its position: of two courses of one name, both are meant.
        match collection.at(place) {
            Ok(imported) => {
                // Of two courses with one id, the later one has its position in the name.
                let id = &imported.draft.id;
                let name_of_file =
                    if written.insert(id.clone()) { id.clone() } else { format!("{id}-{place}") };
                let path = folder.join(name_of_file + ".yaml");
                write_course(&imported.draft, None, Some(&path))?;
                let file = path.display().to_string();
                if !args.out.json {
                    eprint!("{file}: {name}\n{}", lines(&imported.draft, &imported.report));
                }
                let mut told = report(&imported);
                told["file"] = json!(file);
                reports.push(told);
            }
            Err(fault) => {
                failed += 1;
                if !args.out.json {
                    eprintln!("left out: {fault}");
                }
                reports.push(json!({"name": name, "left_out": fault.to_string()}));
            }
        }
    }
    if args.out.json {
        eprintln!("{:#}", json!({"courses": reports}));
    } else {
        eprintln!("{} of {} courses written", names.len() - failed, names.len());
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
}

fn report(imported: &Imported) -> Value {
    let report = &imported.report;
    json!({
        "course": counts(&imported.draft),
        "read": {"lessons": report.lessons, "problems": report.problems,
            "steps": report.steps, "hints": report.hints},
        "skipped": report.skipped,
        "remarks": report.remarks,
    })
}

fn lines(draft: &CourseDraft, report: &ImportReport) -> String {
    let mut lines = format!(
        "read: {} lessons, {} problems, {} steps, {} hints\nmade: {}\n",
        report.lessons,
        report.problems,
        report.steps,
        report.hints,
        counted(draft)
    );
    for (reason, names) in &report.skipped {
        let shown: Vec<&str> = names.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = if names.len() > NAMED_MAX { ", ..." } else { "" };
        let names = format!("{} {reason}: {}{more}", names.len(), shown.join(", "));
        lines.push_str(&format!("skipped: {names}\n"));
    }
    for (remark, count) in &report.remarks {
        lines.push_str(&format!("note: {count} {remark}\n"));
    }
    lines
}
