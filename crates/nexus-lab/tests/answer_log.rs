//! Answer files as a log of answers: what is read, and how names are numbered.

#[path = "../../nexus-ingest/tests/real_data/folder.rs"]
mod real_data;

use nexus_ingest::Fault;
use nexus_ingest::mapping::Mapping;
use nexus_lab::answer_log::AnswerLogReader;
use nexus_lab::tracer::Answers;
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn map(name: &str) -> Result<Mapping, Fault> {
    Mapping::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../maps").join(name))
}

/// Reads files of a data set as a log of answers.
fn log_of(
    folder: &Path,
    files: &[&str],
    mapping: &Mapping,
) -> Result<(Answers, AnswerLogReader), Fault> {
    let mut reader = AnswerLogReader::new(mapping, folder, None, false)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
    let answers = reader.read(&paths, &mut |_, _| ())?;
    Ok((answers, reader))
}

#[test]
fn eedi_has_leaf_subjects_as_skills() -> Outcome {
    let Some(folder) = real_data::data("kt-eedi-csc311") else { return Ok(()) };
    let mapping = map("kt-eedi-csc311.toml")?;
    let (answers, reader) =
        log_of(&folder, &["train_data.csv.gz", "valid_data.csv.gz", "test_data.csv.gz"], &mapping)?;
    // The counts of SOURCE.md.
    assert_eq!(answers.rows.len(), 56_688 + 7_086 + 3_543);
    assert_eq!((reader.learners.len(), reader.questions.len()), (542, 1_774));
    assert_eq!((reader.unused.rows, answers.guess, reader.timeless()), (0, 0.25, true));
    let most = answers.skill_sets.iter().map(Vec::len).max();
    println!("{} skills, at most {most:?} of a question", reader.skills.len());
    assert!(answers.skill_sets.iter().all(|set| !set.is_empty() && set.len() <= 6));
    Ok(())
}

#[test]
fn dkvmn_has_three_lines_a_learner() -> Outcome {
    let Some(folder) = real_data::data("kt-assistments2009-dkvmn") else { return Ok(()) };
    let mapping = map("kt-assistments2009-dkvmn.toml")?;
    let (answers, reader) = log_of(&folder, &["train.csv.gz", "test.csv.gz"], &mapping)?;
    // The counts of SOURCE.md; the learners of the two files are others, though both begin with 1.
    assert_eq!(answers.rows.len(), 224_218 + 101_419);
    assert_eq!((reader.learners.len(), reader.skills.len()), (2_921 + 1_230, 110));
    assert_eq!(reader.unused.rows, 0);
    Ok(())
}

#[test]
fn akt_can_be_read_with_its_repeated_rows() -> Outcome {
    let Some(folder) = real_data::data("kt-assistments2009-akt") else { return Ok(()) };
    let mapping = Mapping { keep_repeats: true, ..map("kt-assistments2009-akt.toml")? };
    let (answers, _) = log_of(&folder, &["part1.csv.gz"], &mapping)?;
    assert_eq!(answers.rows.len(), 60_915);
    Ok(())
}

#[test]
fn three_lines_are_a_learner_without_a_name() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log.csv");
    std::fs::write(&file, "2\n7,8\n1,0\n1\n8\n1\n2\n8\n1\n")?;
    std::fs::write(folder.path().join("map.toml"), "course = \"c\"\nlayout = \"skill_sequences\"")?;
    let mapping = Mapping::load(&folder.path().join("map.toml"))?;
    let (answers, reader) = log_of(folder.path(), &["log.csv", "log.csv"], &mapping)?;
    // Each time two learners with three answers, and a block whose lengths differ.
    assert_eq!((answers.rows.len(), reader.learners.len(), reader.unused.rows), (6, 4, 2));
    Ok(())
}
