//! Beds as a user meets them: arguments in, rows out.

use super::*;
use clap::Parser;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: BedArgs,
}

const SHIPPED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../courses/probability-from-zero.yaml");

fn args(line: &str) -> BedArgs {
    let words = ["course", "--course", SHIPPED].into_iter().chain(line.split_whitespace());
    Line::parse_from(words).args
}

fn rows(line: &str) -> Vec<BedRow> {
    let plan = Plan::read(&args(line)).expect("a plan");
    let (jobs, outcomes) = plan.teach_all().expect("every classroom is taught");
    plan.rows(&jobs, &outcomes)
}

fn refusal(line: &str) -> String {
    Plan::read(&args(line)).expect_err("a refusal").to_string()
}

#[test]
fn threads_change_nothing_and_static_differs_from_itself_by_nothing() {
    let line = "--bed box:60,het:60 --families steady,mixed --policies static,random,default \
                --learners 12 --after 4 --seeds 1,2";
    let one = rows(&format!("{line} --workers 1"));
    assert_eq!(one, rows(&format!("{line} --workers 3")));
    assert_eq!(one.len(), 2 * 2 * 3);
    for row in &one {
        assert_eq!((row.learners, row.seeds.as_slice()), (16, &[1, 2][..]));
        if row.policy == BedPolicy::STATIC {
            assert_eq!(row.difference, Estimate { mean: 0.0, error: 0.0 });
        }
    }
    assert_ne!(one, rows(&line.replace("1,2", "1,3")));
}

#[test]
fn the_oracle_beats_static_where_time_is_short_and_learners_differ() {
    let rows = rows(
        "--bed het:200 --families guesser,forgetful --policies static,oracle,oracle-free \
         --learners 60 --after 0 --seeds 4",
    );
    for family in rows.chunks(3) {
        for oracle in &family[1..] {
            let Estimate { mean, error } = oracle.difference;
            assert!(mean > 2.0 * error && mean > 0.02, "{oracle:?}");
        }
        // Time is what they have, and nothing else ends their learning but leaving.
        assert!(family.iter().all(|row| row.minutes < 215.0), "{family:?}");
    }
}

/// A learner who forgets keeps less than one who does not, and none keeps more than there was.
#[test]
fn who_forgets_keeps_less() {
    let rows =
        rows("--bed het:120 --families steady,forgetful --policies static --learners 12 --after 0");
    let [steady, forgetful] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(forgetful.retention.mean < steady.retention.mean - 0.1, "{rows:?}");
    for row in &rows {
        assert!(row.retention.mean > 0.0 && row.retention.mean <= 1.0 + 1e-9, "{row:?}");
        // They end before the test, so at the test more has passed than 28 days.
        assert!(row.later_score.mean >= row.score.mean - 1e-9, "{row:?}");
    }
}

/// The belief follows those who forget nothing far better than those who forget, of whom it expects
/// too much; that it looks on changes nothing of what is learned.
#[test]
fn what_is_believed_of_those_who_forget_is_further_from_the_truth() {
    let rows =
        rows("--bed het:120 --families steady,forgetful --policies pace --learners 16 --after 0");
    let [steady, forgetful] = rows.as_slice() else { panic!("{rows:?}") };
    let (steady, forgetful) = (&steady.belief, &forgetful.belief);
    assert!(steady.count > 100 && forgetful.count > 100, "{rows:?}");
    assert!(steady.correlation() > forgetful.correlation(), "{rows:?}");
    assert!(forgetful.bias() > Some(0.0), "{rows:?}");
    assert!(steady.rmse() < Some(0.4) && forgetful.rmse() < Some(0.4), "{rows:?}");
}

#[test]
fn rows_say_what_was_asked_on_one_line() {
    let rows = rows("--bed ship --families helped --policies breadth --learners 4 --after 0");
    let list: Vec<Value> = rows.iter().map(BedRow::to_json).collect();
    let text = Value::Array(list).to_string();
    assert!(!text.contains('\n'));
    let row = &serde_json::from_str::<Value>(&text).expect("JSON")[0];
    assert_eq!((&row["bed"], &row["setting"]), (&json!("ship"), &json!("doer")));
    assert_eq!((&row["family"], &row["policy"]), (&json!("helped"), &json!("breadth")));
    assert_eq!((&row["seeds"], &row["learners"]), (&json!([1]), &json!(4)));
    for number in ["score", "score_se", "difference", "difference_se", "minutes", "left"] {
        assert!(row[number].is_number(), "{number}: {row}");
    }
    for number in ["score_28", "score_28_se", "retention_28", "retention_28_se"] {
        assert!(row[number].is_number(), "{number}: {row}");
    }
    for number in ["belief_correlation", "belief_rmse", "belief_bias"] {
        assert!(row[number].is_number(), "{number}: {row}");
    }
    for number in ["complete", "longest_run", "never_shown"] {
        assert!(row[number].is_number(), "{number}: {row}");
    }
}

#[test]
fn the_courses_of_beds_are_sound() {
    for (name, activities) in [("tiny", 13), ("deep", 169)] {
        let path = format!("{}/courses/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let course = read_course(Path::new(&path)).expect("a sound course");
        let counted: usize = course.modules.iter().map(|module| module.activities.len()).sum();
        assert_eq!(counted, activities, "{name}");
    }
}

#[test]
fn what_cannot_be_run_is_refused_in_words() {
    assert!(refusal("--bed hat:300").contains("no bed `hat:300`"));
    assert!(refusal("--families clever").contains("no family `clever`; there are steady"));
    assert!(refusal("--policies best").contains("best"));
    assert!(refusal("--setting hard").contains("there are kind and doer"));
    assert!(refusal("--learners 20 --after 19").contains("fewer than two"));
    let deep = concat!(env!("CARGO_MANIFEST_DIR"), "/courses/deep.yaml");
    let line = Line::parse_from(["course", "--course", deep, "--bed", "ship"]).args;
    let said = Plan::read(&line).expect_err("a refusal").to_string();
    assert!(said.contains("requires no activity"), "{said}");
    let line = Line::parse_from(["course", "--course", "nowhere.yaml"]).args;
    let said = Plan::read(&line).expect_err("a refusal").to_string();
    assert!(said.contains("read the course nowhere.yaml"), "{said}");
    let line = Line::parse_from(["course", "--course", file!()]).args;
    assert!(Plan::read(&line).is_err());
}

#[test]
fn a_picture_has_a_bar_a_block_and_a_mark_a_policy() {
    let rows = rows(
        "--bed box:30 --families steady,guesser --policies static,random,oracle --learners 6 \
         --after 2",
    );
    let svg = headroom::draw(&rows);
    assert_eq!(svg.matches("class=\"bar\"").count(), 2);
    assert_eq!(svg.matches("<circle").count(), 4);
    assert!(svg.contains("box:30, guesser, doer"));
    assert!(!svg.contains("NaN") && svg.ends_with("</svg>\n"));
}
