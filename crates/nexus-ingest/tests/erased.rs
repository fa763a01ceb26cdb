//! Rejected records of learners who were erased: nothing of them is kept, whatever is wrong with them.

use nexus_api::events::EventReceipt;
use nexus_ingest::answers::{Decoder, IncomingAnswer};
use nexus_ingest::fingerprint::{Beginning, Lineage};
use nexus_ingest::mapping::Mapping;
use nexus_ingest::pump::{FileOrder, PumpPlan, PumpTally, Sink, pump};
use nexus_ingest::rejection::{ERASED, RejectionFile};
use nexus_ingest::source::FileSource;

type Outcome = Result<(), Box<dyn std::error::Error>>;
type SinkFault = Box<dyn std::error::Error + Send + Sync>;

const GONE: &str = "zz-learner-4711";

/// A system from which one learner was erased, and which knows no question.
struct Forgetful {
    anybody: bool,
}

impl Sink for Forgetful {
    fn submit(&mut self, batch: &[IncomingAnswer]) -> Result<Vec<EventReceipt>, SinkFault> {
        let receipt = |it: &IncomingAnswer| {
            let gone = self.anybody && it.event.proposal.learner.as_str() == GONE;
            let code = if gone { ERASED } else { "unknown_question" };
            EventReceipt::rejected(Some(it.event.id.as_str()), code, "no")
        };
        Ok(batch.iter().map(receipt).collect())
    }

    fn erased(&mut self, learner: Option<&str>) -> Result<bool, SinkFault> {
        Ok(self.anybody && learner.is_none_or(|learner| learner == GONE))
    }
}

/// The file of rejected records after a file was read.
fn rejected(
    bytes: &[u8],
    table: bool,
    anybody: bool,
) -> Result<String, Box<dyn std::error::Error>> {
    const MAP: &str = "course = \"c\"\n[columns]\nlearner = \"learner\"\nquestion = \"question\"\n\
        correct = \"correct\"\nresponse = \"response\"\n[time]\nunit = \"none\"\n";
    let folder = tempfile::tempdir()?;
    let (file, map) = (folder.path().join("file"), folder.path().join("map.toml"));
    std::fs::write(&file, bytes)?;
    std::fs::write(&map, MAP)?;
    let mapping = table.then(|| Mapping::load(&map)).transpose()?;
    let lineage = Lineage::of(&Beginning::read(&file)?, std::iter::empty());
    let mut source = FileSource::open(&file, Decoder::assembly(mapping.as_ref()))?;
    let mut decoder = Decoder::new(mapping.as_ref(), &lineage)?;
    let place = folder.path().join("rejected.ndjson");
    let (mut sink, mut rejections) = (Forgetful { anybody }, RejectionFile::new(&place));
    let (done, order) = (PumpTally::default(), FileOrder::AsItStands);
    let plan = PumpPlan { batch_max: 100, done, order, folder: folder.path() };
    let tally =
        pump(&mut source, &mut decoder, &mut sink, &mut rejections, &plan, &mut |_| Ok(()))?;
    assert_eq!((tally.accepted, tally.rejected), (0, tally.records));
    Ok(std::fs::read_to_string(place)?)
}

#[test]
fn nothing_of_an_erased_learner_comes_back() -> Outcome {
    let event = |rest: &str| format!("{{\"id\":\"x1\",\"learner\":\"{GONE}\",{rest}\n");
    let tables = [
        format!("{GONE},q1,secretword,1"),
        format!("{GONE},q1,secretword,maybe"),
        format!("{GONE},,secretword,1"),
        format!("{GONE},q1,\"secretword\nmore,1"),
        format!("{GONE},q1,\"secret\"word,1"),
        format!("{GONE},q1,secretword,1,2"),
        format!("{GONE},secretword"),
        format!("x,{GONE},q1,secretword,1"),
        format!("{GONE},q1,secretword{},1", "x".repeat(1_100_000)),
    ];
    for row in tables {
        let table = format!("learner,question,response,correct\n{row}\n");
        let kept = rejected(table.as_bytes(), true, true)?;
        let shown = &row[..row.len().min(60)];
        assert!(!kept.is_empty() && !kept.contains(GONE), "{shown}: {kept}");
        assert!(!kept.contains("secret"), "{shown}: {kept}");
    }
    let mut latin = format!("learner,question,response,correct\n{GONE},q1,secretword").into_bytes();
    latin.extend(b"\xeb,1\n");
    assert!(!rejected(&latin, true, true)?.contains("secretword"), "Latin-1");
    let events = [
        event(
            "\"type\":\"question_answered\",\"course\":\"c\",\"question\":\"q1\",\"response\":\"secretword\"}",
        ),
        event("\"type\":\"danced\",\"course\":\"secretword\"}"),
        event(
            "\"type\":\"question_answered\",\"course\":\"c\",\"question\":7,\"response\":\"secretword\"}",
        ),
        event("\"type\":\"question_answered\",\"response\":\"secretword\","),
        event("\"response\":\"secretword\",\"response\":\"secretword\"}"),
        format!("secretword {GONE}\n"),
        format!("{{\"id\":\"x\",\"learner\":[\"{GONE}\"],\"response\":\"secretword\"}}\n"),
    ];
    for line in events {
        let kept = rejected(line.as_bytes(), false, true)?;
        assert!(!kept.is_empty() && !kept.contains(GONE), "{line}: {kept}");
        assert!(!kept.contains("secretword"), "{line}: {kept}");
    }
    Ok(())
}

#[test]
fn what_others_sent_is_kept_to_be_mended() -> Outcome {
    // Of a record that says readably whose it is.
    let table = "learner,question,response,correct\nben,q1,word,maybe\nben,q1,word,1\n";
    let kept = rejected(table.as_bytes(), true, true)?;
    assert_eq!(kept.matches("ben,q1,word").count(), 2, "{kept}");
    assert!(kept.contains("bad_correct") && kept.contains("unknown_question"), "{kept}");
    // And of every record, as long as nobody was erased.
    let table = "learner,question,response,correct\nben,q1,\"word,1\n";
    assert!(rejected(table.as_bytes(), true, false)?.contains("word"));
    let unreadable = rejected(table.as_bytes(), true, true)?;
    assert!(unreadable.contains("malformed_row") && !unreadable.contains("word"), "{unreadable}");
    Ok(())
}
