//! Tables as people really have them: every record is read, or rejected with words, and none is
//! taken for another answer.

use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_api::events::EventReceipt;
use nexus_ingest::Fault;
use nexus_ingest::answers::{Decoder, IncomingAnswer};
use nexus_ingest::course_from_answers::course_from_answers;
use nexus_ingest::fingerprint::{Beginning, Lineage};
use nexus_ingest::mapping::Mapping;
use nexus_ingest::pump::{PumpPlan, PumpTally, Sink, order_of, pump};
use nexus_ingest::rejection::Rejection;
use nexus_ingest::source::FileSource;
use serde_json::Value;
use std::io::Write;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Takes everything and keeps it.
#[derive(Default)]
struct Kept(Vec<String>);

impl Sink for Kept {
    fn submit(
        &mut self,
        batch: &[IncomingAnswer],
    ) -> Result<Vec<EventReceipt>, Box<dyn std::error::Error + Send + Sync>> {
        self.0.extend(batch.iter().map(|incoming| incoming.json.clone()));
        Ok(batch.iter().map(|it| EventReceipt::accepted(it.event.id.as_str(), 1, false)).collect())
    }
}

/// What became of a table.
struct Read {
    tally: PumpTally,
    /// Learner, question and mark of each answer, with blanks between.
    answers: Vec<String>,
    rejected: Vec<Rejection>,
}

const COLUMNS: &str = "learner = \"learner\"\nquestion = \"question\"\n";

/// Reads a table of some bytes, and checks that the course made of it sees the same rows.
fn read(bytes: &[u8], separator: &str, columns: &str) -> Result<Read, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let times = if columns.contains("time = ") { "[time]\nunit = \"moment\"\n" } else { "" };
    let map = format!(
        "course = \"c\"\nseparator = \"{separator}\"\n{times}[columns]\n{COLUMNS}{columns}\n"
    );
    let (table, mapping) = (folder.path().join("table"), folder.path().join("map.toml"));
    std::fs::write(&table, bytes)?;
    std::fs::write(&mapping, map)?;
    let mapping = Mapping::load(&mapping)?;
    let lineage = Lineage::of(&Beginning::read(&table)?, std::iter::empty());
    let mut source = FileSource::open(&table, Decoder::assembly(Some(&mapping)))?;
    let mut decoder = Decoder::new(Some(&mapping), &lineage)?;
    let (mut kept, mut rejected) = (Kept::default(), Vec::new());
    let mut looked = FileSource::open(&table, Decoder::assembly(Some(&mapping)))?;
    let order = order_of(&mut looked, &mut Decoder::new(Some(&mapping), &lineage)?, 0)?;
    let plan =
        PumpPlan { batch_max: 500, done: PumpTally::default(), order, folder: folder.path() };
    let tally = pump(&mut source, &mut decoder, &mut kept, &mut rejected, &plan, &mut |_| Ok(()))?;
    let course = course_from_answers(&[&table], &mapping)?;
    assert_eq!(course.rows.records, tally.records, "the course sees the same records");
    let word = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut answers = Vec::new();
    for json in kept.0 {
        let event: Value = serde_json::from_str(&json)?;
        let mark = if event["grade"].is_null() { &event["correct"] } else { &event["grade"] };
        let cells = [&event["learner"], &event["question"], mark, &event["response"]].map(word);
        answers.push(cells.join(" ").trim_end().to_owned());
    }
    Ok(Read { tally, answers, rejected })
}

const CORRECT: &str = "correct = \"correct\"";
const BOTH: &str = "correct = \"correct\"\nresponse = \"response\"";
const HEAD: &str = "learner,question,response,correct\n";

/// A table in which every record is an answer.
#[track_caller]
fn all_read(
    name: &str,
    bytes: &[u8],
    separator: &str,
    columns: &str,
    expected: &[&str],
) -> Outcome {
    let read = read(bytes, separator, columns).map_err(|error| format!("{name}: {error}"))?;
    assert_eq!(read.answers, expected, "{name}: {:?}", read.rejected);
    assert_eq!(read.tally.rejected, 0, "{name}");
    Ok(())
}

#[test]
fn a_quote_inside_a_cell_is_a_letter() -> Outcome {
    let check = |rows: &str, expected: &[&str]| {
        all_read(rows, format!("{HEAD}{rows}").as_bytes(), ",", BOTH, expected)
    };
    check(
        "ada,q1,5\" pipe,1\nbob,q2,x,1\ncy,q3,6\" pipe,1\n",
        &["ada q1 true 5\" pipe", "bob q2 true x", "cy q3 true 6\" pipe"],
    )?;
    check("ada,q1,5' 3\",1\nbob,q2,ok,0\n", &["ada q1 true 5' 3\"", "bob q2 false ok"])?;
    check("ada,q1,the \"mean\",1\nbob,q2,x,1\n", &["ada q1 true the \"mean\"", "bob q2 true x"])?;
    check("ada,q1,\"5\"\" pipe\",1\n", &["ada q1 true 5\" pipe"])?;
    check("ada,q1,\"two\nlines\",1\nbob,q2,x,1\n", &["ada q1 true two\nlines", "bob q2 true x"])?;
    check("ada,q1,\"a, or b\",1\r\nbob,q2,\"\",0\r\n", &["ada q1 true a, or b", "bob q2 false"])?;
    check("\"ada\",\"q1\",x\"\"y,\"1\"\n", &["ada q1 true x\"\"y"])
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_row() -> Outcome {
    const ROWS: u64 = 3_000;
    let rest: String = (0..ROWS).map(|row| format!("l{row},q3,z,1\n")).collect();
    for (row, rejected) in [
        ("ada,q1,\"5\" pipe,1\n", 1),
        ("ada,q1,\"mean,1\n", 1),
        ("\"ada,q1,mean,1\n", 1),
        ("ada,q1,\"mean,1\nbob,\"q2\",\"x\",1\n", 1),
        ("ada,q1,\"mean,1\ncy,q3,y\",1,1\n", 2),
    ] {
        let read = read(format!("{HEAD}{row}{rest}").as_bytes(), ",", BOTH)?;
        let lines = row.matches('\n').count() as u64;
        assert_eq!(read.tally.rejected, rejected, "{row}");
        assert_eq!(read.tally.accepted, ROWS + lines - rejected, "{row}");
        let first = &read.rejected[0];
        assert_eq!((first.line, first.code.as_str()), (2, "malformed_row"), "{row}");
        assert!(first.reason.contains("quote"), "{}", first.reason);
    }
    Ok(())
}

#[test]
fn a_row_that_does_not_fit_the_header_is_no_other_answer() -> Outcome {
    for (row, code) in [
        ("ada,q1,x,y,1", "too_many_cells"),
        ("ada,q1,0,5,1", "too_many_cells"),
        ("ada,q1,1", "too_few_cells"),
        ("ada,q1", "too_few_cells"),
        ("ada,q1,x,1,1", "too_many_cells"),
        ("ada,q1\rbob,q2,1,1", "too_many_cells"),
        ("NA,q1,x,1", "missing_value"),
        (",q1,x,1", "missing_value"),
        ("ada,NULL,x,1", "missing_value"),
        ("ada,q1,x,0.5", "bad_correct"),
    ] {
        let read = read(format!("{HEAD}{row}\nbob,q2,x,1\n").as_bytes(), ",", BOTH)?;
        assert_eq!(read.answers, ["bob q2 true x"], "{row}");
        assert_eq!(read.rejected[0].code, code, "{row}");
    }
    // Blank cells behind the last column are nothing, as spreadsheets write them.
    all_read("blank", format!("{HEAD}ada,q1,x,1,,\n").as_bytes(), ",", BOTH, &["ada q1 true x"])
}

#[test]
fn columns_are_found_by_name_or_the_reader_says_why_not() -> Outcome {
    for head in
        ["Learner,Question,Correct", " learner , question,correct ", "\"learner\",question,CORRECT"]
    {
        let table = format!("{head}\nada,q1,1\n");
        all_read(head, table.as_bytes(), ",", CORRECT, &["ada q1 true"])?;
    }
    all_read(
        "other twins",
        b"x,learner,question,correct,x\n1,ada,q1,1,2\n",
        ",",
        CORRECT,
        &["ada q1 true"],
    )?;
    for (head, words) in [
        ("learner,question,correct,correct", "columns 3 and 4 are both called \"correct\""),
        ("Correct,learner,question,CORRECT", "columns 1 and 4 are both called \"correct\""),
        ("learner,question,mark", "no column \"correct\"; there are learner, question, mark"),
        ("learner,question,\"correct", "the quote that opens cell 3 is never closed"),
    ] {
        let fault = read(format!("{head}\nada,q1,1,0\n").as_bytes(), ",", CORRECT).err();
        let fault = fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(fault.contains(words), "{head}: {fault}");
    }
    Ok(())
}

fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn zipped(text: &str) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

#[test]
fn files_are_read_whatever_program_wrote_them() -> Outcome {
    const TABLE: &str = "learner,question,correct\nada,q1,1\nbob,q2,0\n";
    let windows = TABLE.replace('\n', "\r\n");
    let mut members = zipped("learner,question,correct\nada,q1,1\n")?;
    members.extend(zipped("bob,q2,0\n")?);
    let padded = |mut bytes: Vec<u8>, zeros: usize| {
        bytes.resize(bytes.len() + zeros, 0);
        bytes
    };
    for (name, bytes) in [
        ("byte order mark", format!("\u{feff}{TABLE}").into_bytes()),
        (
            "byte order mark before a quote",
            format!("\u{feff}{}", TABLE.replacen("learner", "\"learner\"", 1)).into_bytes(),
        ),
        ("both marks, none at the end", windows.trim_end().as_bytes().to_vec()),
        ("carriage returns alone", TABLE.replace('\n', "\r").into_bytes()),
        ("UTF-16 of Windows", utf16(&windows, true, false)),
        ("UTF-16, other order", utf16(TABLE, true, true)),
        ("UTF-16 without a mark", utf16(TABLE, false, false)),
        ("UTF-16 with carriage returns", utf16(&TABLE.replace('\n', "\r"), true, false)),
        ("blank lines", TABLE.replace('\n', "\n\n\n").into_bytes()),
        ("a blank line first", format!("\n{TABLE}").into_bytes()),
        ("gzip members", members.clone()),
        ("gzip with padding", padded(zipped(TABLE)?, 512)),
        ("gzip members with padding", padded(members, 10_240)),
        ("gzip of UTF-16 text", {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&utf16(TABLE, true, false))?;
            encoder.finish()?
        }),
        (
            "Latin-1 in a column of no use",
            b"learner,question,name,correct\nada,q1,Zo\xeb,1\nbob,q2,,0\n".to_vec(),
        ),
    ] {
        all_read(name, &bytes, ",", CORRECT, &["ada q1 true", "bob q2 false"])?;
    }
    all_read(
        "pairs of UTF-16",
        &utf16("learner,question,response,correct\na,q1,\u{1f600}\u{e9},1\n", true, false),
        ",",
        BOTH,
        &["a q1 true \u{1f600}\u{e9}"],
    )
}

#[test]
fn what_cannot_be_decoded_is_rejected_with_words() -> Outcome {
    let mut broken = utf16("learner,question,correct\nad", true, false);
    broken.extend([0x00, 0xd8]);
    broken.extend(utf16(",q1,1\nbob,q2,0\n", false, false));
    for (name, bytes) in [
        ("Latin-1 learner", b"learner,question,correct\nZo\xeb,q1,1\nbob,q2,0\n".to_vec()),
        ("Latin-1 question", b"learner,question,correct\nada,\xfcbung,1\nbob,q2,0\n".to_vec()),
        ("half a pair of UTF-16", broken),
    ] {
        let read = read(&bytes, ",", CORRECT)?;
        assert_eq!(read.answers, ["bob q2 false"], "{name}");
        let rejection = &read.rejected[0];
        assert_eq!((rejection.line, rejection.code.as_str()), (2, "not_utf8"), "{name}");
        assert!(rejection.reason.contains("iconv"), "{name}: {}", rejection.reason);
    }
    let mut tail = zipped("learner,question,correct\nada,q1,1\n")?;
    tail.extend(b"garbage");
    let fault = read(&tail, ",", CORRECT).err().and_then(|fault| fault.downcast::<Fault>().ok());
    assert!(matches!(fault.as_deref(), Some(Fault::Read { .. })), "{fault:?}");
    let mut wide = vec![0xff, 0xfe, 0, 0];
    wide.extend("learner".chars().flat_map(|letter| u32::from(letter).to_le_bytes()));
    let fault = read(&wide, ",", CORRECT).err().and_then(|fault| fault.downcast::<Fault>().ok());
    assert!(matches!(fault.as_deref(), Some(Fault::Open { .. })), "{fault:?}");
    Ok(())
}

#[test]
fn marks_and_grades_are_understood_as_they_are_written() -> Outcome {
    let marks = |cells: &str, expected: &str| -> Outcome {
        let rows: String = cells.split('|').map(|cell| format!("a;q1;{cell}\n")).collect();
        let expected: Vec<String> =
            expected.split(' ').map(|mark| format!("a q1 {mark}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let table = format!("learner;question;m\n{rows}");
        let field = if expected[0].ends_with('e') { "correct" } else { "grade" };
        all_read(cells, table.as_bytes(), ";", &format!("{field} = \"m\""), &expected)
    };
    marks("Y|N|y|no|1.00|0.000|1,0|TRUE|f", "true false true false true false true true false")?;
    marks("0,5|1,0|0.25|1|0", "0.5 1.0 0.25 1.0 0.0")?;
    marks("50%|100 %|0%|12,5%|3/4", "0.5 1.0 0.0 0.125 0.75")
}

#[test]
fn optional_cells_may_be_empty_missing_or_odd() -> Outcome {
    let columns =
        "correct = \"correct\"\nduration_ms = \"ms\"\nhints = \"hints\"\nattempt = \"try\"";
    let table = "learner,question,correct,ms,hints,try\n\
        ada,q1,1,,,\n\
        ada,q2,1,NA,NULL,NaN\n\
        ada,q3,1,8200.3,2.0,1\n\
        ada,q4,1,-5,many,0\n\
        ada,q5,1,99999999999,-1,1.0\n\
        ada,q6,1\n";
    let read = read(table.as_bytes(), ",", columns)?;
    assert_eq!((read.tally.accepted, read.tally.rejected), (6, 0), "{:?}", read.rejected);
    // A negative duration, `many` hints, attempt 0; a huge duration, -1 hints.
    assert_eq!(read.tally.dropped, 5);
    Ok(())
}

/// The answers of a learner who was wrong eight times and then right twelve times, a day apart.
fn twenty_days() -> Vec<String> {
    let row = |day: u32| format!("ada,q{day},2026-03-{day:02}T10:00:00Z,{}\n", u32::from(day > 8));
    (1..=20).map(row).collect()
}

#[test]
fn a_table_is_taken_in_the_order_of_its_times() -> Outcome {
    const TIMES: &str = "correct = \"correct\"\ntime = \"when\"";
    let taken = |rows: &[String]| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let table = format!("learner,question,when,correct\n{}", rows.concat());
        let read = read(table.as_bytes(), ",", TIMES)?;
        assert_eq!(read.tally.line, rows.len() as u64 + 1);
        assert_eq!(read.tally.accepted + read.tally.rejected, rows.len() as u64);
        Ok(read.answers)
    };
    let rows = twenty_days();
    let expected = taken(&rows)?;
    assert_eq!((expected[0].as_str(), expected[19].as_str()), ("ada q1 false", "ada q20 true"));
    let reversed: Vec<String> = rows.iter().rev().cloned().collect();
    assert_eq!(taken(&reversed)?, expected, "newest first");
    let shuffled: Vec<String> = (0..20).map(|place| rows[place * 7 % 20].clone()).collect();
    assert_eq!(taken(&shuffled)?, expected, "no order at all");
    let mut late = rows.clone();
    late.rotate_right(1);
    assert_eq!(taken(&late)?, expected, "one row that stands before the others");
    // Answers of one moment stand in the order in which the whole file stands.
    let moment = |question: u32| format!("ada,s{question},2026-03-21T10:00:00Z,1\n");
    let same: Vec<String> = (1..=3).map(moment).collect();
    let together = [rows.clone(), same].concat();
    let backwards: Vec<String> = together.iter().rev().cloned().collect();
    assert_eq!(taken(&backwards)?, taken(&together)?, "equal times, newest first");
    // Learners one after the other, each in order, are in order.
    let two = [rows.clone(), rows.iter().map(|row| row.replace("ada", "ben")).collect()].concat();
    assert_eq!(taken(&two)?[..20], expected, "two learners");
    // What cannot be read stays where it is, and spoils nothing.
    let odd = [reversed, vec!["ada,q1,soon,1\n".to_owned()]].concat();
    assert_eq!(taken(&odd)?, expected, "a row without a time");
    Ok(())
}
