//! Rows of a table as RFC 4180 writes them, and as it does not.
//!
//! A quote opens a cell only where the cell begins; elsewhere it is a letter, as in `5" pipe`. An
//! open cell goes on over line breaks, and ends with a quote that a separator or the end follows.

/// Follows a row letter by letter.
#[derive(Clone, Debug)]
pub(crate) struct RowScan {
    separator: char,
    state: State,
    /// Cells that were begun.
    cells: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first character of a cell, where alone a quote opens it.
    Begins,
    /// In a cell without quotes.
    Plain,
    /// In a cell that a quote opened.
    Quoted,
    /// Behind a quote in such a cell: another quote is a letter, anything else is behind the cell.
    QuoteInQuoted,
    /// Behind the closing quote of a cell.
    Closed,
    /// Letters came behind a closing quote.
    Broken,
}

/// What a letter means.
enum Step {
    /// It belongs to the cell.
    Letter,
    /// It ends the cell.
    Next,
    /// It is a mark only.
    Mark,
}

impl RowScan {
    pub(crate) fn new(separator: char) -> Self {
        Self { separator, state: State::Begins, cells: 1 }
    }

    fn step(&mut self, letter: char) -> Step {
        let separator = letter == self.separator;
        let (state, step) = match (self.state, letter) {
            (State::Begins, '"') => (State::Quoted, Step::Mark),
            (State::Begins | State::Plain, _) if separator => (State::Begins, Step::Next),
            (State::Begins | State::Plain, _) => (State::Plain, Step::Letter),
            (State::Quoted, '"') => (State::QuoteInQuoted, Step::Mark),
            (State::Quoted, _) => (State::Quoted, Step::Letter),
            (State::QuoteInQuoted, '"') => (State::Quoted, Step::Letter),
            (State::QuoteInQuoted | State::Closed, _) if separator => (State::Begins, Step::Next),
            (State::QuoteInQuoted | State::Closed, ' ') => (State::Closed, Step::Mark),
            (State::QuoteInQuoted | State::Closed | State::Broken, _) => {
                (State::Broken, Step::Mark)
            }
        };
        self.state = state;
        self.cells += usize::from(matches!(step, Step::Next));
        step
    }

    /// Goes on with a part of the row.
    pub(crate) fn feed(&mut self, text: &str) {
        for letter in text.chars() {
            self.step(letter);
        }
    }

    /// Whether a cell is open, so that the row goes on behind a line break.
    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    /// Whether the row can be read, now that it ends here.
    pub(crate) fn is_sound(&self) -> bool {
        !matches!(self.state, State::Quoted | State::Broken)
    }

    pub(crate) fn cells(&self) -> usize {
        self.cells
    }
}

/// The cells of a row.
///
/// Errors: what is wrong with its quotes, in words.
pub(crate) fn cells(text: &str, separator: char) -> Result<Vec<String>, String> {
    if !text.contains('"') {
        return Ok(text.split(separator).map(str::to_owned).collect());
    }
    let mut scan = RowScan::new(separator);
    let (mut cells, mut cell) = (Vec::new(), String::new());
    for letter in text.chars() {
        match scan.step(letter) {
            Step::Letter => cell.push(letter),
            Step::Next => cells.push(std::mem::take(&mut cell)),
            Step::Mark => {}
        }
        if scan.state == State::Broken {
            let number = scan.cells();
            return Err(format!(
                "in cell {number}, letters follow the closing quote; a quote inside quotes is written twice"
            ));
        }
    }
    if scan.is_open() {
        return Err(format!("the quote that opens cell {} is never closed", scan.cells()));
    }
    cells.push(cell);
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(cells(text, ','), Ok(expected.iter().map(|s| (*s).to_owned()).collect()));
    }

    #[test]
    fn quotes_open_a_cell_only_where_it_begins() {
        check("a,,b", &["a", "", "b"]);
        check("\"a,1\",\"say \"\"b\"\"\"", &["a,1", "say \"b\""]);
        check("\"two\nlines\",x", &["two\nlines", "x"]);
        check("5\" pipe,1", &["5\" pipe", "1"]);
        check("5' 3\",the \"mean\",1", &["5' 3\"", "the \"mean\"", "1"]);
        check("\"\",\"\"\"\",x\"\"", &["", "\"", "x\"\""]);
        check("\"a\" ,b", &["a", "b"]);
        check(" \"a\",b", &[" \"a\"", "b"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, words) in [
            ("a,\"5\" pipe,1", "letters follow the closing quote"),
            ("a,\"b,1", "the quote that opens cell 2 is never closed"),
            ("\"", "the quote that opens cell 1 is never closed"),
            ("\"a\"\"", "the quote that opens cell 1 is never closed"),
            ("x,\"a\"b\"", "in cell 2, letters follow"),
        ] {
            let error = cells(text, ',').err().unwrap_or_default();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
