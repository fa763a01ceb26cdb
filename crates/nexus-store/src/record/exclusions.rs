//! The exclusions of a decision as a short text: a letter an activity, with a count before it when
//! several in a row are alike.

use super::RecordFault;
use nexus_engine::decision::candidates::Exclusion;

/// More activities than a course may have: a damaged count must not fill the memory.
const ACTIVITIES_MAX: usize = 1 << 20;

/// Each exclusion with its letter.
pub const LETTERS: [(char, Exclusion); 24] = [
    ('e', Exclusion::Eligible),
    ('p', Exclusion::ActivityPrerequisite),
    ('s', Exclusion::SkillPrerequisite),
    ('m', Exclusion::Mastered),
    ('h', Exclusion::TooHard),
    ('y', Exclusion::TooEasy),
    ('r', Exclusion::Repeated),
    ('d', Exclusion::AlreadyDone),
    ('n', Exclusion::NotNextOnPath),
    ('c', Exclusion::BeyondCap),
    ('x', Exclusion::Requested),
    ('k', Exclusion::Skipped),
    ('f', Exclusion::RequiredFirst),
    ('w', Exclusion::PractisedEnough),
    ('v', Exclusion::StudyFirst),
    ('l', Exclusion::Placed),
    ('t', Exclusion::StuckFirst),
    ('b', Exclusion::Blocked),
    ('a', Exclusion::Capped),
    ('o', Exclusion::PinnedFirst),
    ('g', Exclusion::TooLongForSession),
    ('j', Exclusion::JustDone),
    ('i', Exclusion::CheckNotDue),
    ('u', Exclusion::CheckFirst),
];

/// The letter of an exclusion.
#[must_use]
pub fn letter(exclusion: Exclusion) -> char {
    match exclusion {
        Exclusion::Eligible => 'e',
        Exclusion::ActivityPrerequisite => 'p',
        Exclusion::SkillPrerequisite => 's',
        Exclusion::Mastered => 'm',
        Exclusion::TooHard => 'h',
        Exclusion::TooEasy => 'y',
        Exclusion::Repeated => 'r',
        Exclusion::AlreadyDone => 'd',
        Exclusion::NotNextOnPath => 'n',
        Exclusion::BeyondCap => 'c',
        Exclusion::Requested => 'x',
        Exclusion::Skipped => 'k',
        Exclusion::RequiredFirst => 'f',
        Exclusion::PractisedEnough => 'w',
        Exclusion::StudyFirst => 'v',
        Exclusion::Placed => 'l',
        Exclusion::StuckFirst => 't',
        Exclusion::Blocked => 'b',
        Exclusion::Capped => 'a',
        Exclusion::PinnedFirst => 'o',
        Exclusion::TooLongForSession => 'g',
        Exclusion::JustDone => 'j',
        Exclusion::CheckNotDue => 'i',
        Exclusion::CheckFirst => 'u',
    }
}

/// The text of some exclusions.
#[must_use]
pub fn encode(exclusions: &[Exclusion]) -> String {
    let mut text = String::new();
    for run in exclusions.chunk_by(|a, b| a == b) {
        if run.len() > 1 {
            text.push_str(&run.len().to_string());
        }
        text.extend(run.first().copied().map(letter));
    }
    text
}

/// The exclusions of a text.
///
/// Errors: [`RecordFault::Meaning`] when the text is none, or names more activities than a course has.
pub fn decode(text: &str) -> Result<Vec<Exclusion>, RecordFault> {
    let fault = RecordFault::Meaning { field: "exclusions" };
    decoded(text).ok_or(fault)
}

fn decoded(text: &str) -> Option<Vec<Exclusion>> {
    let mut exclusions = Vec::new();
    let mut digits = String::new();
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let (_, exclusion) = LETTERS.iter().find(|(letter, _)| *letter == character)?;
        let count = if digits.is_empty() { 1 } else { digits.parse::<usize>().ok()? };
        if count == 0 || count > ACTIVITIES_MAX - exclusions.len() {
            return None;
        }
        exclusions.resize(exclusions.len() + count, *exclusion);
        digits.clear();
    }
    digits.is_empty().then_some(exclusions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted_and_read_back() {
        let mut exclusions = vec![Exclusion::ActivityPrerequisite; 12];
        exclusions.push(Exclusion::Eligible);
        exclusions.extend([Exclusion::Mastered; 2]);
        assert_eq!(encode(&exclusions), "12pe2m");
        assert_eq!(decode("12pe2m").unwrap(), exclusions);
        assert_eq!(decode("").unwrap(), vec![]);
        for (letter, exclusion) in LETTERS {
            assert_eq!(encode(&[exclusion]), letter.to_string());
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["12", "q", "0e", "99999999999999999999e", "1048577e", "1048576e1e", "-1e"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
