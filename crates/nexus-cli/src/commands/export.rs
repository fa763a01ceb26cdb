//! `nexus export`: tables of answers, decisions, rewards and experiments, and everything about one learner.
//!
//! Reads the journal on a connection that may stand beside a running server, as far as it went when reading
//! began.

use super::site::{Refused, Site, in_path};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use nexus_api::journal::JournalEntry;
use nexus_api::learners::{CourseMastery, LearnerBody, MasteryBody, SkillSeen};
use nexus_api::takeout::LearnerExport;
use nexus_api::time;
use nexus_engine::catalog::grading::is_right;
use nexus_engine::decision::Decision;
use nexus_engine::decision::reward::RewardJoined;
use nexus_engine::event::{Action, Answer, Entry, Event, Happening};
use nexus_engine::ids::{Assignment, LearnerId};
use nexus_engine::learner::own_record::own_readings;
use nexus_engine::time::Timestamp;
use nexus_engine::workspace::{LearnerState, SharedState};
use nexus_store::reading::JournalReader;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Entries that are read at a time.
const PAGE: usize = 1_000;

/// Arguments of `nexus export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: Export,
}

#[derive(Debug, Subcommand)]
enum Export {
    /// Every answer as CSV, a row each.
    #[command(after_help = "Example:\n  nexus export answers --data nexus-data --out answers.csv")]
    Answers(TableArgs),
    /// Every decision as CSV, with its propensity and the probability of each candidate.
    #[command(
        after_help = "Example:\n  nexus export decisions --data nexus-data --course fractions"
    )]
    Decisions(TableArgs),
    /// Every reward that was joined to its decision, as CSV, with what it is made of.
    #[command(after_help = "Example:\n  nexus export rewards --data nexus-data --out rewards.csv")]
    Rewards(TableArgs),
    /// The table behind an experiment as CSV: a row for each learner who was exposed.
    #[command(
        after_help = "Example:\n  nexus export experiment --data nexus-data --experiment path-1"
    )]
    Experiment(ExperimentTableArgs),
    /// Everything about one learner as JSON: what they did, what was decided for them, what is believed.
    #[command(
        after_help = "Examples:\n  nexus export learner ada-17 --data nexus-data\n  nexus export \
                      learner ada-17 --url http://127.0.0.1:8080 --key $NEXUS_KEY"
    )]
    Learner(LearnerExportArgs),
}

#[derive(Debug, Args)]
struct TableArgs {
    #[command(flatten)]
    file: OutFile,
    /// The data directory; a server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// Only this course.
    #[arg(long)]
    course: Option<String>,
}

#[derive(Debug, Args)]
struct ExperimentTableArgs {
    #[command(flatten)]
    file: OutFile,
    /// The data directory; a server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR")]
    data: PathBuf,
    /// Only this experiment; all of them when absent.
    #[arg(long)]
    experiment: Option<String>,
}

#[derive(Debug, Args)]
struct LearnerExportArgs {
    /// The id of the learner.
    learner: String,
    #[command(flatten)]
    file: OutFile,
    /// The data directory; a server may be using it.
    #[arg(long, env = "NEXUS_DATA_DIR", required_unless_present = "url")]
    data: Option<PathBuf>,
    /// A running server, instead of --data.
    #[arg(long, env = "NEXUS_URL")]
    url: Option<String>,
    /// A key of that server with the scope `learners:read`.
    #[arg(long, env = "NEXUS_KEY", hide_env_values = true, requires = "url")]
    key: Option<String>,
}

#[derive(Debug, Args)]
struct OutFile {
    /// The file to write; standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl OutFile {
    fn open(&self) -> anyhow::Result<Box<dyn Write>> {
        let Some(path) = &self.out else {
            return Ok(Box::new(BufWriter::new(std::io::stdout().lock())));
        };
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Box::new(BufWriter::new(file)))
    }
}

/// Runs the command. Errors: when the data or the server cannot be read, or the file not be written.
pub fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    match &args.what {
        Export::Answers(args) => table(args, &ANSWER_COLUMNS, answer_row)?,
        Export::Decisions(args) => table(args, &DECISION_COLUMNS, decision_row)?,
        Export::Rewards(args) => table(args, &REWARD_COLUMNS, reward_row)?,
        Export::Experiment(args) => experiment(args)?,
        Export::Learner(args) => learner(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows every entry of a journal, in order.
fn each_entry(
    data: &Path,
    mut show: impl FnMut(Entry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let journal = JournalReader::open(data)?;
    let head = journal.head_seq()?;
    let mut read = 0;
    while read < head {
        let left = usize::try_from(head - read).unwrap_or(PAGE);
        let page = journal.page(read, left.min(PAGE))?;
        let Some(last) = page.last() else { break };
        read = last.entry.seq;
        for stored in page {
            show(stored.entry)?;
        }
    }
    Ok(())
}

/// One cell of a table. What is absent is an empty cell.
fn cell(value: impl ToString) -> String {
    value.to_string()
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Writes a row as RFC 4180 says.
fn write_row(out: &mut dyn Write, cells: &[String]) -> std::io::Result<()> {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

fn header(out: &mut dyn Write, columns: &[&str]) -> std::io::Result<()> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    write_row(out, &columns)
}

/// Writes a row for each entry that has one, and at its end whether it is of a test learner.
fn table(
    args: &TableArgs,
    columns: &[&str],
    row: fn(&Entry) -> Option<Vec<String>>,
) -> anyhow::Result<()> {
    let mut out = args.file.open()?;
    header(&mut out, &[columns, &["test"]].concat())?;
    let mut tests: BTreeSet<LearnerId> = BTreeSet::new();
    each_entry(&args.data, |entry| {
        let learner = entry.event.learner();
        if let Event::Happened(happening) = &entry.event
            && let Action::Enrolled { test: true } = happening.action
        {
            tests.insert(happening.learner.clone());
        }
        let wanted =
            args.course.as_deref().is_none_or(|course| entry.event.course() == Some(course));
        if let Some(mut cells) = row(&entry).filter(|_| wanted) {
            cells.push(cell(learner.is_some_and(|learner| tests.contains(learner))));
            write_row(&mut out, &cells)?;
        }
        Ok(())
    })?;
    out.flush().context("cannot write the output")
}

const ANSWER_COLUMNS: [&str; 17] = [
    "seq",
    "occurred_at",
    "received_at",
    "learner",
    "course",
    "course_version",
    "activity",
    "question",
    "attempt",
    "grade",
    "right",
    "response",
    "duration_ms",
    "hints",
    "probe",
    "predicted",
    "decision_id",
];

fn answer_row(entry: &Entry) -> Option<Vec<String>> {
    let Event::Happened(happening) = &entry.event else { return None };
    let Happening { learner, course, course_version, occurred_at, decision, action } = happening;
    let Action::QuestionAnswered(answer) = action else { return None };
    let Answer { activity, question, grade, response, duration_ms, hints, attempt, probe, .. } =
        answer;
    Some(vec![
        cell(entry.seq),
        time::print(*occurred_at),
        time::print(entry.received_at),
        cell(learner),
        cell(course),
        cell(course_version),
        cell(activity),
        cell(question),
        cell(attempt),
        cell(grade),
        cell(is_right(*grade)),
        optional(response.as_ref()),
        optional(*duration_ms),
        cell(hints),
        cell(probe),
        cell(answer.evidence.predicted),
        optional(decision.as_ref()),
    ])
}

const DECISION_COLUMNS: [&str; 19] = [
    "seq",
    "made_at",
    "learner",
    "course",
    "course_version",
    "decision_id",
    "policy",
    "policy_version",
    "held_out",
    "experiment",
    "experiment_version",
    "variant",
    "activity",
    "propensity",
    "by_policy",
    "floor",
    "candidates",
    "candidate_probabilities",
    "overridden_by",
];

fn decision_row(entry: &Entry) -> Option<Vec<String>> {
    let Event::DecisionMade(decision) = &entry.event else { return None };
    let Decision { learner, course, origin, choice, .. } = &**decision;
    let chosen = decision.chosen();
    let probabilities: Map<String, Value> = choice
        .candidates
        .iter()
        .map(|it| (it.activity.to_string(), json!(it.probability)))
        .collect();
    let mut cells = vec![
        cell(entry.seq),
        time::print(origin.window.made_at),
        cell(learner),
        cell(course),
        cell(origin.window.course_version),
        cell(&origin.id),
        cell(&origin.decider.policy),
        cell(choice.policy_version),
        cell(origin.decider.held_out),
    ];
    cells.extend(assigned(origin.decider.assignment.as_ref()));
    cells.extend([
        cell(&chosen.activity),
        cell(chosen.probability),
        cell(choice.is_by_policy()),
        cell(choice.floor),
        cell(choice.candidates.len()),
        Value::Object(probabilities).to_string(),
        optional(choice.overridden_by.as_ref()),
    ]);
    Some(cells)
}

/// Experiment, its version, and the variant.
fn assigned(assignment: Option<&Assignment>) -> [String; 3] {
    [
        optional(assignment.map(|it| &it.experiment)),
        optional(assignment.map(|it| it.version)),
        optional(assignment.map(|it| &it.variant)),
    ]
}

const REWARD_COLUMNS: [&str; 20] = [
    "seq",
    "settled_at",
    "learner",
    "course",
    "decision_id",
    "policy",
    "experiment",
    "experiment_version",
    "variant",
    "value",
    "gain",
    "delayed_gain",
    "success",
    "raw_success",
    "cost",
    "abandoned",
    "unmeasured",
    "reported",
    "propensity",
    "overridden",
];

fn reward_row(entry: &Entry) -> Option<Vec<String>> {
    let Event::RewardJoined(joined) = &entry.event else { return None };
    let RewardJoined { learner, course, decision, policy, .. } = &**joined;
    let reported: Map<String, Value> =
        joined.reported.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    let mut cells = vec![
        cell(entry.seq),
        time::print(joined.settled_at),
        cell(learner),
        cell(course),
        cell(decision),
        cell(policy),
    ];
    cells.extend(assigned(joined.assignment.as_ref()));
    cells.extend([
        cell(joined.value),
        optional(joined.gain.as_ref().map(|gain| gain.surprise)),
        optional(joined.delayed_gain),
        optional(joined.success),
        optional(joined.raw_success),
        cell(joined.cost),
        cell(joined.abandoned),
        cell(joined.unmeasured),
        Value::Object(reported).to_string(),
        cell(joined.propensity),
        cell(joined.overridden),
    ]);
    Some(cells)
}

/// The state of everybody, folded from a journal.
#[derive(Default)]
struct Folded {
    shared: SharedState,
    learners: BTreeMap<LearnerId, LearnerState>,
    /// The entries about one learner, when they are asked for.
    kept: Vec<Entry>,
    last_at: Timestamp,
}

impl Folded {
    fn of(data: &Path, keep: Option<&LearnerId>) -> anyhow::Result<Self> {
        let mut folded = Self::default();
        each_entry(data, |entry| {
            let learner = entry.event.learner().map(|id| {
                folded.learners.entry(id.clone()).or_insert_with(|| LearnerState::new(id.clone()))
            });
            folded.shared.apply(learner, &entry);
            folded.last_at = folded.last_at.max(entry.received_at);
            if keep.is_some() && entry.event.learner() == keep {
                folded.kept.push(entry);
            }
            Ok(())
        })?;
        Ok(folded)
    }
}

const EXPERIMENT_COLUMNS: [&str; 13] = [
    "experiment",
    "experiment_version",
    "course",
    "variant",
    "learner",
    "first_exposed_at",
    "probe_success",
    "completed",
    "progress",
    "raw_success",
    "reward",
    "minutes",
    "test",
];

fn experiment(args: &ExperimentTableArgs) -> anyhow::Result<()> {
    let folded = Folded::of(&args.data, None)?;
    let wanted = |id: &str| args.experiment.as_deref().is_none_or(|asked| asked == id);
    let known = folded.shared.experiments.keys().any(|id| wanted(id.as_str()));
    if let (Some(asked), false) = (&args.experiment, known) {
        let known: Vec<String> =
            folded.shared.experiments.keys().map(ToString::to_string).collect();
        anyhow::bail!("there is no experiment {asked:?}; there are: {}", known.join(", "));
    }
    let mut out = args.file.open()?;
    header(&mut out, &EXPERIMENT_COLUMNS)?;
    for learner in folded.learners.values() {
        for (course, state) in &learner.courses {
            for record in state.exposures.iter().filter(|it| wanted(it.experiment.as_str())) {
                let seen = &record.tallied;
                write_row(
                    &mut out,
                    &[
                        cell(&record.experiment),
                        cell(record.version),
                        cell(course),
                        cell(&record.variant),
                        cell(&learner.id),
                        time::print(record.first_at),
                        optional(seen.probe_success),
                        optional(seen.completed),
                        optional(seen.progress),
                        optional(seen.raw_success),
                        optional(seen.reward),
                        optional(seen.minutes),
                        cell(learner.test),
                    ],
                )?;
            }
        }
    }
    out.flush().context("cannot write the output")
}

fn learner(args: &LearnerExportArgs) -> anyhow::Result<()> {
    let id = LearnerId::new(&args.learner).context("the learner's id")?;
    let export = match (&args.url, &args.data) {
        (Some(url), _) => asked_of_server(url, args.key.as_deref(), &id)?,
        (None, Some(data)) => serde_json::to_value(folded_learner(data, &id)?)?,
        (None, None) => {
            anyhow::bail!("name the data directory with --data, or a server with --url")
        }
    };
    let mut out = args.file.open()?;
    writeln!(out, "{export:#}")?;
    out.flush().context("cannot write the output")
}

fn folded_learner(data: &Path, id: &LearnerId) -> anyhow::Result<LearnerExport> {
    let folded = Folded::of(data, Some(id))?;
    let learner = folded.learners.get(id).filter(|learner| !learner.erased);
    let learner = learner.with_context(|| format!("there is no learner {id} here"))?;
    let (shared, at) = (&folded.shared, folded.last_at.max(learner.last_at));
    let course_of = |course: &str| shared.course(course).map(|course| &**course);
    let courses = learner.courses.keys().filter_map(|course| course_of(course.as_str()));
    let mastery = courses.map(|course| {
        let progress = learner.progress(course.id.as_str());
        let readings = own_readings(course, progress, &learner.belief, &shared.tracing, at);
        let seen = readings.into_iter().map(|view| SkillSeen { view, answers: Vec::new() });
        CourseMastery::new(course, &seen.collect::<Vec<_>>(), 0, at)
    });
    let entries = folded.kept.iter().map(|entry| {
        let course = match &entry.event {
            Event::DecisionMade(decision) => {
                let version = decision.origin.window.course_version;
                shared.course_version(decision.course.as_str(), version)
            }
            _ => None,
        };
        JournalEntry::new(entry, course.map(|course| &**course))
    });
    Ok(LearnerExport {
        made_at: time::print(at),
        learner: LearnerBody::new(learner, course_of),
        mastery: MasteryBody {
            learner: id.to_string(),
            at: time::print(at),
            courses: mastery.collect(),
            entries_read: 0,
            evidence_cut: false,
        },
        entries: entries.collect(),
    })
}

fn asked_of_server(url: &str, key: Option<&str>, id: &LearnerId) -> anyhow::Result<Value> {
    let key = key.context("give --key (or NEXUS_KEY) a key of the server")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let site = Site::new(url, key);
    let path = format!("/v1/learners/{}/export", in_path(id.as_str()));
    let answer = runtime.block_on(site.ask(site.request(Method::GET, &path)));
    answer.map_err(|refused| match refused {
        Refused::No(code, detail) => anyhow::anyhow!("the server says no ({code}): {detail}"),
        Refused::Fault(fault) => fault,
    })
}
