//! The OATutor collection: everything in it is imported, or skipped for a reason.

#[path = "real_data/folder.rs"]
mod real_data;

use nexus_engine::catalog::validation::check;
use nexus_ingest::course_file::{read, to_yaml};
use nexus_ingest::oatutor::load;

#[test]
fn both_courses_are_imported_whole() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = real_data::data("course-oatutor-algebra") else { return Ok(()) };
    let collection = load(&folder)?;
    let names: Vec<&str> = collection.courses().collect();
    assert_eq!(names, ["OpenStax: Elementary Algebra", "OpenStax: College Algebra"]);
    let (mut problems, mut steps, mut hints, mut lessons, mut skills) = (0, 0, 0, 0, 0);
    let (mut helped, mut supports) = (0, 0);
    for (position, name) in names.iter().enumerate() {
        let imported = collection.import(name)?;
        assert_eq!(collection.import(&position.to_string())?, imported);
        let (draft, report) = (&imported.draft, &imported.report);
        assert_eq!(check(draft), [], "{name}");
        assert_eq!(read(&to_yaml(draft)).as_ref(), Ok(draft), "{name} as YAML");
        let activities: Vec<_> = draft.modules.iter().flat_map(|m| &m.activities).collect();
        let questions: usize = activities.iter().map(|a| a.questions.len()).sum();
        let skipped = |part: &str| -> usize {
            let parts = report.skipped.iter().filter(|(reason, _)| reason.starts_with(part));
            parts.map(|(_, names)| names.len()).sum()
        };
        println!(
            "{name}: {} activities, {questions} questions; {:?} {:?}",
            activities.len(),
            report.skipped,
            report.remarks
        );
        assert_eq!(activities.len() + skipped("problem"), report.problems, "{name}");
        assert_eq!(questions + skipped("step") + skipped("choice"), report.steps, "{name}");
        assert!(draft.licence.contains("CC BY 4.0") && draft.licence.contains("OATutor"));
        problems += report.problems;
        steps += report.steps;
        hints += report.hints;
        lessons += report.lessons;
        skills += draft.skills.len();
        for question in activities.iter().flat_map(|activity| &activity.questions) {
            assert_eq!(question.supports.is_empty(), question.hints.is_empty(), "{}", question.id);
            helped += usize::from(question.supports.len() > 1);
            supports += question.supports.len();
        }
    }
    assert_eq!((problems, steps, lessons), (3_579, 4_433, 130));
    // 12,734 hints and 5,937 scaffolds; 7 skills are taught in two lessons each.
    assert_eq!((hints, skills), (12_734 + 5_937, 485));
    // Most steps leave a choice: a first hint, or all of the way.
    assert_eq!((helped, supports), (4_009, 8_597));
    Ok(())
}

#[test]
fn an_unknown_course_is_refused_with_the_known_ones() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = real_data::data("course-oatutor-algebra") else { return Ok(()) };
    let fault = load(&folder)?.import("Geometry").err().map(|fault| fault.to_string());
    assert!(fault.is_some_and(|text| text.contains("College Algebra")));
    Ok(())
}
