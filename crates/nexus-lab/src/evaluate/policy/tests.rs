//! From a table to numbers; and numbers against those of a peer, where its files are at hand.

use super::*;
use clap::Parser;
use nexus_engine::ids::{CourseId, LearnerId, PolicyId};
use nexus_engine::time::Timestamp;
use nexus_sim::Classroom;
use nexus_sim::school::School;
use nexus_stats::off_policy::estimate::Estimator;
use nexus_stats::off_policy::evaluation::cross_fitted;
use nexus_stats::off_policy::overlap::{Gate, Overlap};
use nexus_stats::off_policy::reward_model::Fitting;
use nexus_stats::random::Stream;
use nexus_store::{NewRecord, OpenOptions, Store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: TargetArgs,
}

fn read(text: &str, columns: &str) -> anyhow::Result<Log> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("log");
    std::fs::write(&path, text)?;
    let columns = ColumnNames::default().renamed(columns).map_err(|why| anyhow::anyhow!(why))?;
    table::read(&path, &columns)
}

/// A log in which `a` earns 0.2 and `b` 0.7 in the mean, served evenly, and a target for 0.9 `b`:
/// worth 0.65.
fn two_actions(rows: usize) -> String {
    let (mut text, mut stream) =
        ("action,reward,propensity,target_a,target_b\n".to_owned(), Stream::new(3));
    for _ in 0..rows {
        let (action, mean) = if stream.uniform() < 0.5 { ("a", 0.2) } else { ("b", 0.7) };
        let _ = writeln!(text, "{action},{},0.5,0.1,0.9", mean + 0.1 * stream.normal());
    }
    text
}

#[test]
fn a_table_says_what_its_target_is_worth() {
    let log = read(&two_actions(2_000), "").unwrap();
    let found = evaluate(&log.decisions, 0.05);
    let worth = found.worth.as_ref().unwrap();
    // Five standard errors of the plain estimate, sd 0.47, are 0.05; a model takes most of it out.
    assert!((worth.target.value.value - 0.65).abs() < 0.01, "{:?}", worth.target);
    assert!(worth.above_served.always_valid.unwrap().low > 0.0);
    assert_eq!(worth.estimates.len(), Method::ALL.len());
    let report = Report { log: &log, found: &found, alpha: 0.05 };
    let json = report.json();
    assert_eq!(json["estimates"][0]["method"], "dr");
    assert_eq!(json["target"]["value"], json["estimates"][0]["value"]);
    assert_eq!(json["refused"], serde_json::json!([]));
    assert!(
        report.text().contains("better than what was served, at any look"),
        "{}",
        report.text()
    );
}

#[test]
fn a_log_that_has_seen_too_little_gives_no_number_but_what_would_mend_it() {
    let log = read(&two_actions(300), "").unwrap();
    let found = evaluate(&log.decisions, 0.05);
    let report = Report { log: &log, found: &found, alpha: 0.05 };
    assert_eq!((found.missing.clone(), &found.worth), (vec![Gate::Decisions], &None));
    assert!(report.text().contains("wait for 200 more"), "{}", report.text());
    let json = report.json();
    assert_eq!(json["refused"][0]["gate"], "decisions");
    assert_eq!(json.get("estimates"), None);
    // Half of the target lies on what was never served.
    let text = two_actions(1_000)
        .replace("target_b", "target_b,target_c")
        .replace("0.1,0.9", "0.1,0.4,0.5");
    let log = read(&text, "").unwrap();
    let missing = evaluate(&log.decisions, 0.05).missing;
    assert_eq!(missing, [Gate::Unsupported, Gate::MeanWeight]);
}

#[test]
fn one_log_in_three_forms() {
    let csv = "action,reward,propensity,learner,target_a,target_b,context_x\n\
               a,1,0.25,ann,0.5,0.5,2\nb,0,0.75,bob,,1,-1\n";
    let json = "{\"action\":\"a\",\"reward\":1,\"propensity\":0.25,\"learner\":\"ann\",\
                \"target\":{\"a\":0.5,\"b\":0.5},\"context\":{\"x\":2}}\n\
                {\"action\":\"b\",\"reward\":0,\"propensity\":0.75,\"learner\":\"bob\",\
                \"target\":{\"b\":1},\"context\":{\"x\":-1}}\n";
    let renamed = "did\twon\tp\twho\tpi_a\tpi_b\tz_x\na\t1\t0.25\tann\t0.5\t0.5\t2\nb\t0\t0.75\tbob\t\t1\t-1\n";
    let names = "action=did,reward=won,propensity=p,learner=who,target=pi_*,context=z_*";
    let first = read(csv, "").unwrap().decisions;
    assert_eq!(first[0].weight(), 2.0);
    assert_eq!(first[1].weight(), 1.0 / 0.75);
    assert_eq!(read(json, "").unwrap().decisions, first);
    assert_eq!(read(renamed, names).unwrap().decisions, first);
}

/// With the target's probability of what was chosen alone, and with a model of the table's own.
#[test]
fn a_table_may_say_less_of_the_target_or_more() {
    let less = read("action,reward,propensity,target\na,1,0.5,0.9\nb,0,0.5,0.1\n", "").unwrap();
    let weights: Vec<_> = less.decisions.iter().map(LoggedDecision::weight).collect();
    assert_eq!(weights, [1.8, 0.2]);
    assert!(!less.methods.contains(&Method::Direct));
    assert!(less.decisions.iter().all(|it| (it.supported() - 1.0).abs() < 1e-12));
    let more =
        "action,reward,propensity,target_a,target_b,model_a,model_b\na,1,0.5,0.75,0.25,0.5,0.1\n";
    assert_eq!(read(more, "").unwrap().decisions[0].given, Some((0.5, 0.4)));
    // What was served is known whole: `b` could not have been chosen in the first row.
    let served =
        "action,reward,target_a,target_b,served_a,served_b\na,1,0.75,0.25,1,0\nb,1,0,1,0.5,0.5\n";
    let served = read(served, "").unwrap().decisions;
    assert_eq!((served[0].unsupported, served[1].unsupported), (0.25, 0.0));
    assert_eq!((served[0].weight(), served[1].weight()), (0.75, 2.0));
}

#[test]
fn a_row_that_is_not_understood_is_an_error_with_its_line() {
    let head = "action,reward,propensity,target_a,target_b\n";
    let says = |rows: &str, what: &str| {
        let error = format!("{:#}", read(&format!("{head}{rows}"), "").err().unwrap());
        assert!(error.contains(what), "{error}");
    };
    says("a,1,0.5,1,0\na,1,0,1,0\n", ":3: the propensity of \"a\" is 0");
    says("a,x,0.5,1,0\n", ":2: the reward is \"x\", not a number");
    says("a,1,0.5,0.6,0.6\n", "sum to 1.2");
    says("c,1,0.5,1,0\n", "no column of the target for the action \"c\"");
    says("a,1,0.5\n", "the row ends before a probability of the target");
    let error = read("a,b\n1,2\n", "").err().unwrap().to_string();
    assert!(error.contains("--columns"), "{error}");
    assert!(ColumnNames::default().renamed("nothing=x").is_err());
    assert!(Line::try_parse_from(["policy", "--table", "x", "--alpha", "0.7"]).is_err());
    assert!(Line::try_parse_from(["policy", "--data", "x"]).is_err(), "no course and no policy");
}

/// The folder of golden files, when it is at hand.
fn golden() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench/golden");
    let folder = std::env::var_os("NEXUS_GOLDEN").map_or(beside, PathBuf::from).join("ope");
    let found = folder.join("expected.json").is_file();
    if !found {
        eprintln!(
            "skipped: {} has no golden files; NEXUS_GOLDEN names their folder",
            folder.display()
        );
    }
    found.then_some(folder)
}

fn near(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-6, "{what}: {found} and not {expected}");
}

/// Every estimate, its spread and the diagnostics of one log, as the Open Bandit Pipeline 0.5.7 has them.
fn agree(decisions: &[LoggedDecision], expected: &Value) {
    let rewards = cross_fitted(decisions, Fitting::LeastSquares);
    let estimators = [
        ("ipw", Estimator::Ips),
        ("snipw", Estimator::Snips),
        ("dm", Estimator::Direct),
        ("dr", Estimator::DoublyRobust),
        ("sndr", Estimator::SelfNormalisedDoublyRobust),
        ("switch_dr_2", Estimator::Switch { threshold: 2.0 }),
        ("switch_dr_5", Estimator::Switch { threshold: 5.0 }),
        ("dr_os_10", Estimator::Shrinkage { shrinkage: 10.0 }),
        ("dr_os_100", Estimator::Shrinkage { shrinkage: 100.0 }),
    ];
    for (name, estimator) in estimators {
        let (golden, found) = (&expected["estimators"][name], estimator.value(&rewards).unwrap());
        near(found.value, &golden["estimate"], name);
        // The pipeline takes the normalising mean weight for a constant; we do not.
        if !matches!(estimator, Estimator::Snips | Estimator::SelfNormalisedDoublyRobust) {
            near(found.standard_error, &golden["se"], name);
            near(found.interval(0.05).low, &golden["normal_ci95"][0], name);
            near(found.interval(0.05).high, &golden["normal_ci95"][1], name);
        }
    }
    for (name, estimator) in [
        ("switch_dr_mse", Estimator::Switch { threshold: 1.0 }),
        ("dr_os_mse", Estimator::Shrinkage { shrinkage: 1.0 }),
    ] {
        let found = estimator.tuned(&rewards).value(&rewards).unwrap();
        near(found.value, &expected["tuned"]["results"][name]["estimate"], name);
    }
    let overlap = Overlap::of(decisions);
    let diagnostics = &expected["diagnostics"];
    near(overlap.effective, &diagnostics["ess_kish (formula: sum(w)^2/sum(w^2))"], "effective");
    near(overlap.weight_max, &diagnostics["max_weight"], "greatest weight");
    near(overlap.weight_mean, &diagnostics["mean_weight"], "mean weight");
    let golden = &diagnostics["snipw_delta_method_se (formula: sqrt(sum(w^2 (r - v)^2))/sum(w))"];
    // Theirs divides by n, ours by n - 1.
    let n = decisions.len() as f64;
    let found = Estimator::Snips.value(&rewards).unwrap().standard_error;
    near(found * ((n - 1.0) / n).sqrt(), golden, "error of snips");
}

#[test]
fn estimates_against_the_open_bandit_pipeline() {
    let Some(folder) = golden() else { return };
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let columns = ColumnNames::default().renamed("propensity=pscore,target=pi*,model=q*").unwrap();
    let log = table::read(&folder.join("synthetic.csv.gz"), &columns).unwrap();
    assert_eq!(log.decisions.len(), 5_000);
    agree(&log.decisions, &expected["synthetic"]);
    let bandit = open_bandit(&folder);
    assert_eq!(bandit.len(), 10_000);
    agree(&bandit, &expected["obd_random_all"]);
}

/// The Open Bandit Dataset: the target and the model are tables by action and position.
fn open_bandit(folder: &Path) -> Vec<LoggedDecision> {
    let rows = |name: &str| {
        let text = nexus_ingest::file::read_whole(&folder.join(name)).unwrap();
        let cells = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
        text.lines().skip(1).map(cells).collect::<Vec<Vec<f64>>>()
    };
    let tables = rows("obd_random_all_tables.csv.gz");
    let expected = |position: usize| {
        let terms = tables.iter().map(|row| row[1 + position] * row[4 + position]);
        terms.sum::<f64>() / tables.iter().map(|row| row[1 + position]).sum::<f64>()
    };
    let of_position = [0, 1, 2].map(expected);
    let log = rows("obd_random_all_log.csv.gz").into_iter().enumerate().map(|(unit, row)| {
        let (action, position) = (row[0] as usize, row[1] as usize);
        let whole = tables.iter().enumerate().map(|(at, row)| (at as u32, row[1 + position]));
        LoggedDecision {
            chosen: action as u32,
            propensity: row[3],
            reward: row[2],
            target: whole.collect(),
            given: Some((tables[action][4 + position], of_position[position])),
            unit: unit as u64,
            ..LoggedDecision::default()
        }
    });
    log.collect()
}

/// The data directory of a class that `lin-ts` taught, with its writer still at work.
fn data() -> (tempfile::TempDir, Store, CourseId) {
    let policy = PolicyId::new("lin-ts").unwrap();
    let start = Timestamp(1_760_000_000_000_000);
    let mut school = School::open(nexus_testkit::shipped(), policy, 5, start).unwrap();
    school.teach(&Classroom::mixed(60, 2.0, 5), 20.0).unwrap();
    let mut streams = BTreeMap::<LearnerId, u64>::new();
    let records = school.workspace.journal.iter().map(|entry| {
        let learner_seq = entry.event.learner().map(|learner| {
            let next = streams.entry(learner.clone()).or_default();
            *next += 1;
            *next - 1
        });
        NewRecord { entry: entry.clone(), learner_seq, request_hash: [0; 16] }
    });
    let records: Vec<_> = records.collect();
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path(), &OpenOptions::default()).unwrap();
    for batch in records.chunks(500) {
        store.append(batch).unwrap();
    }
    (directory, store, school.course.id.clone())
}

#[test]
fn a_journal_is_read_beside_its_writer_and_not_changed() {
    let (directory, store, course) = data();
    let head = store.head();
    let of = |policy: &str, version: Option<u32>| {
        let asked = journal::target(course.as_str(), policy, version)?;
        journal::fold(directory.path(), asked, version, true)
    };
    let own = journal::log(&of("lin-ts", None).unwrap(), JournalOutcome::Reward);
    let found = evaluate(&own.decisions, 0.05);
    let worth = found.worth.as_ref().unwrap();
    // What was served, asked what it would have done, is worth what it earned.
    for method in [Method::InversePropensity, Method::SelfNormalisedPropensity] {
        let estimate = worth.estimates.iter().find(|it| it.method == method).unwrap();
        let off = estimate.value.value - worth.served.value;
        assert!(off.abs() < 1e-12, "{estimate:?} {:?}", worth.served);
    }
    assert!(worth.above_served.interval.contains(0.0), "{worth:?}");
    let other = journal::log(&of("mastery", None).unwrap(), JournalOutcome::Reward);
    assert_eq!(other.decisions.len(), own.decisions.len());
    assert_ne!(evaluate(&other.decisions, 0.05).overlap, found.overlap);
    let error =
        |policy: &str, version: Option<u32>| format!("{:#}", of(policy, version).unwrap_err());
    assert!(error("lin-ts", Some(1)).contains("there is no version 1"));
    assert!(error("mastery", Some(1)).contains("has no versions"));
    assert!(error("plans", None).contains("closing checks"));
    assert!(error("no-such", None).contains("no-such"));
    assert_eq!(store.head(), head);
}
