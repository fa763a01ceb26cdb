//! What a site said, as columns: each entry times what tells candidates apart, hashed.
//!
//! What is the same for all candidates cannot change their order, so "evening" alone is no column.
//! An entry enters three times: with the kind of the activity, times its length, and times its
//! difficulty. Each of these crossings is hashed to eight signs, one a column, and what a candidate
//! shows is their sum. That is feature hashing (Weinberger et al. 2009, "Feature hashing for large
//! scale multitask learning", ICML) with the signs in all columns instead of one (Achlioptas 2003,
//! "Database-friendly random projections", J. Comput. Syst. Sci. 66): of so few columns one alone
//! is too little. Four crossings have four columns of their own in 41 cases of 100, and what shares
//! its only column cannot be told apart; with all columns their signs are linearly independent in
//! 95 of 100. `docs/features.md` has the recipe with a worked example.

use super::site_context::{SEPARATOR, SiteContext, SiteValue, flag_word};
use crate::catalog::ActivityKind;
use nexus_stats::hash::Fnv1a;
use nexus_stats::math::ln_1p;

/// Columns that a context is hashed into.
pub const HASHED: usize = 8;
/// Crossings of one entry with one activity: its kind, its length, its difficulty.
const CROSSINGS: usize = 3;
const KINDS: usize = ActivityKind::ALL.len();
const LENGTH: &str = "length";
const DIFFICULTY: &str = "difficulty";

/// The hashed columns of one row.
pub type Columns = [f64; HASHED];

/// What entries are crossed with: what is said of one activity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossedWith {
    kind: ActivityKind,
    /// In [-1, 1]: 0 at the course's median length, a third at twice and minus a third at half.
    length: f64,
    difficulty: f64,
}

/// A context made ready for any number of candidates: every entry is hashed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    kinds: [Columns; KINDS],
    length: Columns,
    difficulty: Columns,
}

impl CrossedWith {
    /// From the expected minutes, the course's median of them, and the author's difficulty in
    /// [0, 1]. What is not known is 0.
    #[must_use]
    pub fn new(kind: ActivityKind, minutes: f64, minutes_median: f64, difficulty: f64) -> Self {
        let length = (minutes - minutes_median) / (minutes + minutes_median);
        Self { kind, length: within(length), difficulty: within(2.0 * difficulty - 1.0) }
    }
}

impl Crossing {
    const NOTHING: Self =
        Self { kinds: [[0.0; HASHED]; KINDS], length: [0.0; HASHED], difficulty: [0.0; HASHED] };

    /// The crossings of all entries, scaled.
    #[must_use]
    pub fn of(context: &SiteContext) -> Self {
        let scale = scale(context.entries().len());
        let mut sum = Self::NOTHING;
        context.entries().iter().for_each(|(key, value)| sum.add(key, value, scale));
        sum
    }

    /// The columns of an activity, each in [-1, 1].
    #[must_use]
    pub fn columns(&self, with: &CrossedWith) -> Columns {
        self.unbounded(with).map(within)
    }

    /// The columns before they are held within [-1, 1]. Signs that all agree are rare, and a
    /// context of one or two entries cannot leave it.
    fn unbounded(&self, with: &CrossedWith) -> Columns {
        let kind = &self.kinds[place(with.kind)];
        std::array::from_fn(|column| {
            kind[column]
                + with.length * self.length[column]
                + with.difficulty * self.difficulty[column]
        })
    }

    fn add(&mut self, key: &str, value: &SiteValue, scale: f64) {
        let start = Fnv1a::default().feed(key.as_bytes()).feed(&SEPARATOR);
        let said = |text: &str| start.feed(text.as_bytes()).feed(&SEPARATOR);
        let (start, size) = match value {
            SiteValue::Text(text) => (said(text), scale),
            SiteValue::Flag(flag) => (said(flag_word(*flag)), scale),
            SiteValue::Number(number) => (start, scale * squeezed(*number)),
        };
        for kind in ActivityKind::ALL {
            add_signs(&mut self.kinds[place(kind)], start, kind.word(), size);
        }
        add_signs(&mut self.length, start, LENGTH, size);
        add_signs(&mut self.difficulty, start, DIFFICULTY, size);
    }
}

/// What each entry added to the columns of an activity, in the order of the context. They sum to
/// the columns unless a column was held within its range.
pub fn parts<'a>(
    context: &'a SiteContext,
    with: &'a CrossedWith,
) -> impl Iterator<Item = Columns> + 'a {
    let scale = scale(context.entries().len());
    context.entries().iter().map(move |(key, value)| {
        let mut own = Crossing::NOTHING;
        own.add(key, value, scale);
        own.unbounded(with)
    })
}

/// One over the root of the signs that make a row of this many entries: its eight columns together
/// are expected to be as long as one other column may be.
fn scale(entries: usize) -> f64 {
    1.0 / ((HASHED * CROSSINGS * entries) as f64).sqrt()
}

/// Adds the eight signs of a crossing: bit 0 of its mixed hash is the sign of the first column,
/// where 1 is minus.
fn add_signs(columns: &mut Columns, start: Fnv1a, word: &str, size: f64) {
    let bits = start.feed(word.as_bytes()).mixed();
    for (bit, column) in columns.iter_mut().enumerate() {
        *column += if bits >> bit & 1 == 1 { -size } else { size };
    }
}

/// A number of any scale in (-1, 1), growing all the way: `l / (1 + l)` with `l = ln(1 + |x|)`.
fn squeezed(number: f64) -> f64 {
    let size = ln_1p(number.abs());
    (size / (1.0 + size)).copysign(number)
}

/// The place of a kind in [`ActivityKind::ALL`].
fn place(kind: ActivityKind) -> usize {
    kind as usize
}

/// `value` in [-1, 1]; what is not known is 0.
fn within(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> SiteValue {
        SiteValue::Text(text.to_owned())
    }

    fn context(entries: &[(&str, SiteValue)]) -> SiteContext {
        let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        SiteContext::new(entries).unwrap().unwrap()
    }

    fn with(kind: ActivityKind, minutes: f64, difficulty: f64) -> CrossedWith {
        CrossedWith::new(kind, minutes, 5.0, difficulty)
    }

    /// Computed by an independent script from the recipe in words.
    #[track_caller]
    fn check(context: &SiteContext, with: &CrossedWith, hash: u64, expected: [i32; HASHED]) {
        let found = Crossing::of(context).columns(with).map(|value| (value * 1e6).round() as i32);
        assert_eq!((context.hash(), found), (hash, expected), "{context:?}");
    }

    #[test]
    fn the_recipe_gives_these_columns_for_ever() {
        let evening = ("time_of_day", text("evening"));
        let size = ("class_size", SiteValue::Number(24.0));
        let one = context(std::slice::from_ref(&evening));
        let video = with(ActivityKind::Video, 5.0, 0.5);
        let [more, less] = [204_124, -204_124];
        let expected = [less, less, less, less, less, more, more, less];
        check(&one, &video, 0xbdc8_054a_fb41_54c2, expected);
        let exercise = with(ActivityKind::Exercise, 10.0, 0.75);
        let two = context(&[evening.clone(), size.clone()]);
        let expected =
            [-67_715, -136_139, -296_873, -282_973, -322_178, 33_502, -186_748, -248_761];
        check(&two, &exercise, 0xbbc3_b44c_8cb4_4b96, expected);
        let four = [evening, size, ("device", text("phone")), ("accommodations", flag())];
        let expected =
            [-149_944, -130_286, -39_818, -472_258, -159_773, 295_855, -302_154, 130_286];
        check(&context(&four), &exercise, 0xed39_1bf3_df27_67ee, expected);
    }

    /// The worked example of the document is the second of these.
    #[test]
    fn the_document_says_the_same() {
        let document = include_str!("../../../../docs/features.md");
        let context =
            context(&[("time_of_day", text("evening")), ("class_size", SiteValue::Number(24.0))]);
        let columns = Crossing::of(&context).columns(&with(ActivityKind::Exercise, 10.0, 0.75));
        let row = columns.map(|value| format!("{value:.6}")).join(" ");
        assert!(document.contains(&format!("    {row}\n")), "{row}");
        assert!(document.contains(&format!("`{:016x}`", context.hash())), "{context:?}");
        for (key, value) in context.entries() {
            let (start, path) = match value {
                SiteValue::Text(said) => (said.as_str(), format!("`{key}` FF `{said}` FF")),
                _ => ("", format!("`{key}` FF")),
            };
            let mut hash = Fnv1a::default().feed(key.as_bytes()).feed(&SEPARATOR);
            if !start.is_empty() {
                hash = hash.feed(start.as_bytes()).feed(&SEPARATOR);
            }
            for word in ["exercise", LENGTH, DIFFICULTY] {
                let hash = hash.feed(word.as_bytes());
                let (value, mixed) = (hash.value(), hash.mixed());
                let signs: String =
                    (0..8).map(|bit| if mixed >> bit & 1 == 1 { '-' } else { '+' }).collect();
                let line =
                    format!("| {path} `{word}` | {value:016x} | {mixed:016x} | `{signs}` |\n");
                assert!(document.contains(&line), "{line}");
            }
        }
    }

    fn flag() -> SiteValue {
        SiteValue::Flag(true)
    }

    #[test]
    fn kinds_have_the_places_of_their_list() {
        for (position, kind) in ActivityKind::ALL.into_iter().enumerate() {
            assert_eq!(place(kind), position);
        }
    }

    #[test]
    fn candidates_of_one_kind_are_told_apart() {
        let said = Crossing::of(&context(&[("time_of_day", text("evening"))]));
        let usual = said.columns(&with(ActivityKind::Reading, 5.0, 0.5));
        for other in [
            with(ActivityKind::Reading, 10.0, 0.5),
            with(ActivityKind::Reading, 2.5, 0.5),
            with(ActivityKind::Reading, 5.0, 0.75),
            with(ActivityKind::Video, 5.0, 0.5),
        ] {
            assert_ne!(said.columns(&other), usual, "{other:?}");
        }
        // Nothing known of the length is the median's, and 0 / 0 is nothing known.
        assert_eq!(CrossedWith::new(ActivityKind::Quiz, 0.0, 0.0, f64::NAN).length, 0.0);
    }

    #[test]
    fn numbers_grow_and_never_reach_one() {
        let numbers = [-1e15, -24.0, -1.0, 0.0, 0.5, 1.0, 24.0, 30.0, 1e15].map(squeezed);
        assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
        assert_eq!((numbers[3], numbers[2]), (0.0, -numbers[5]));
        assert!(numbers.iter().all(|number| number.abs() < 1.0));
    }

    fn value() -> impl Strategy<Value = SiteValue> {
        prop_oneof![
            ".{0,128}".prop_map(SiteValue::Text),
            (-1e15..=1e15).prop_map(SiteValue::Number),
            any::<bool>().prop_map(SiteValue::Flag),
        ]
    }

    fn entries() -> impl Strategy<Value = Vec<(String, SiteValue)>> {
        let entries = proptest::collection::btree_map(".{1,64}", value(), 1..=16);
        entries.prop_map(|entries| entries.into_iter().collect())
    }

    proptest! {
        #[test]
        fn every_column_is_bounded_and_the_parts_are_the_whole(
            entries in entries(),
            kind in 0..KINDS,
            minutes in prop_oneof![0.0..1e4, any::<f64>()],
            difficulty in prop_oneof![0.0..=1.0, any::<f64>()],
            turn in any::<prop::sample::Index>(),
        ) {
            let mut turned = entries.clone();
            turned.rotate_left(turn.index(entries.len()));
            let context = SiteContext::new(entries).unwrap().unwrap();
            let with = CrossedWith::new(ActivityKind::ALL[kind], minutes, 5.0, difficulty);
            let crossing = Crossing::of(&context);
            let columns = crossing.columns(&with);
            prop_assert!(columns.iter().all(|value| (-1.0..=1.0).contains(value)), "{columns:?}");
            let mut sum = [0.0; HASHED];
            for part in parts(&context, &with) {
                sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
            for (sum, whole) in sum.into_iter().zip(crossing.unbounded(&with)) {
                prop_assert!((sum - whole).abs() < 1e-12, "{sum} is not {whole}");
            }
            if context.entries().len() <= 2 {
                prop_assert_eq!(columns, crossing.unbounded(&with));
            }
            let other = SiteContext::new(turned).unwrap().unwrap();
            prop_assert_eq!(Crossing::of(&other), crossing);
        }

        /// Sixteen entries that all agree leave the range, and are held.
        #[test]
        fn signs_that_agree_are_held(minutes in 0.0..1e4, difficulty in 0.0..=1.0) {
            let with = CrossedWith::new(ActivityKind::Quiz, minutes, 5.0, difficulty);
            let agreed = Crossing {
                kinds: [[2.0; HASHED]; KINDS],
                length: [0.1; HASHED],
                difficulty: [0.1; HASHED],
            };
            prop_assert_eq!(agreed.columns(&with), [1.0; HASHED]);
        }
    }
}
