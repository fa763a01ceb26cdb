//! Just enough of a Rust lexer to tell code from comments and from the text inside quotes, so
//! that a rule about code is never broken by a sentence.

/// Two copies of a source, each as long as the source and with the same lines: one keeps only
/// the code, the other only the comments.
pub struct View {
    pub code: String,
    pub comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Quoted,
}

/// Splits a source into its two views.
pub fn view(source: &str) -> View {
    let bytes = source.as_bytes();
    let blank: Vec<u8> = bytes.iter().map(|b| if *b == b'\n' { b'\n' } else { b' ' }).collect();
    let (mut code, mut comments) = (blank.clone(), blank);
    let mut at = 0;
    while at < bytes.len() {
        let (kind, length) = token(bytes, at);
        let end = (at + length).min(bytes.len());
        match kind {
            Kind::Code => code[at..end].copy_from_slice(&bytes[at..end]),
            Kind::Comment => comments[at..end].copy_from_slice(&bytes[at..end]),
            Kind::Quoted => {}
        }
        at = end;
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    View { code: text(code), comments: text(comments) }
}

/// The kind and length of what begins at `at`; code comes one byte at a time.
fn token(bytes: &[u8], at: usize) -> (Kind, usize) {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return (Kind::Comment, find(rest, b"\n").unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if let Some(length) = raw_string(bytes, at) {
        return (Kind::Quoted, length);
    }
    match rest[0] {
        b'"' => (Kind::Quoted, quoted(rest, b'"')),
        b'\'' if is_character(rest) => (Kind::Quoted, quoted(rest, b'\'')),
        _ => (Kind::Code, 1),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a raw string that begins at `at`, such as `r#"..."#`.
fn raw_string(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if at > 0 && (is_word(bytes[at - 1]) && !matches!(bytes[at - 1], b'b' | b'c')) {
        return None;
    }
    let after = rest.strip_prefix(b"r")?;
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    if after.get(hashes) != Some(&b'"') {
        return None;
    }
    let mut closing = vec![b'"'];
    closing.resize(hashes + 1, b'#');
    let body = hashes + 2;
    Some(find(&rest[body..], &closing).map_or(rest.len(), |end| body + end + closing.len()))
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// Tells `'a'` from the lifetime `'a`.
fn is_character(rest: &[u8]) -> bool {
    let inside = match rest.get(1) {
        Some(b'\\') => return true,
        Some(byte) if byte.is_ascii() => 1,
        _ => rest.iter().skip(2).take_while(|byte| (0x80..0xc0).contains(*byte)).count() + 1,
    };
    rest.get(1 + inside) == Some(&b'\'')
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether `needle` stands in the text with no letter, digit or underscore at either end.
pub fn has_word(text: &str, needle: &str) -> bool {
    text.match_indices(needle).any(|(at, _)| {
        let bytes = text.as_bytes();
        let before = at > 0 && is_word(bytes[at - 1]) && is_word(needle.as_bytes()[0]);
        let last = needle.as_bytes()[needle.len() - 1];
        let after = bytes.get(at + needle.len()).is_some_and(|byte| is_word(*byte));
        !(before || after && is_word(last))
    })
}

/// The position just behind the bracket that closes the one at `open`.
pub fn behind_block(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The line, counted from one, of a position.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// For each line of the code, whether only tests are compiled from it.
pub fn test_lines(code: &str) -> Vec<bool> {
    let mut lines = vec![false; code.lines().count()];
    for attribute in ["#[cfg(test)]", "#[cfg(all(test", "#[cfg(any(test", "#[test]"] {
        for (at, _) in code.match_indices(attribute) {
            let body = code[at..].find(['{', ';']).map_or(code.len(), |offset| at + offset);
            let end = match code.as_bytes().get(body) {
                Some(b'{') => behind_block(code, body),
                _ => body,
            };
            let (first, last) = (line_of(code, at), line_of(code, end.min(code.len())));
            lines.iter_mut().take(last).skip(first - 1).for_each(|line| *line = true);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comments_and_quotes_are_told_apart() {
        let source = "let a = \"// no\"; // yes \"b\"\n/* x /* y */ z */ let c = 'd';\n";
        let view = view(source);
        assert_eq!(view.code.len(), source.len());
        assert!(view.code.contains("let a =") && view.code.contains("let c ="));
        assert!(!view.code.contains("no") && !view.code.contains('z') && !view.code.contains('d'));
        assert!(view.comments.contains("// yes \"b\"") && view.comments.contains("z */"));
        assert!(!view.comments.contains("no"));
    }

    #[test]
    fn raw_strings_escapes_and_lifetimes_do_not_confuse_it() {
        let source = r##"f(r#"y " y"#, "\"z", b'\'', '"'); struct S<'e>(&'e str);"##;
        let code = view(source).code;
        assert!(code.contains("struct S<'e>(&'e str);"), "{code}");
        assert!(!code.contains('y') && !code.contains('z'), "{code}");
    }

    #[test]
    fn words_end_where_identifiers_end() {
        assert!(has_word("use serde::Deserialize;", "serde"));
        assert!(!has_word("my_serde", "serde") && !has_word("serde_json", "serde"));
        assert!(has_word("x.now()", ".now("));
    }

    #[test]
    fn the_lines_of_tests_are_known() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        assert_eq!(test_lines(code), [false, true, true, true, true, false]);
        let code = "#[cfg(test)]\nmod tests;\nfn c() {}\n";
        assert_eq!(test_lines(code), [true, true, false]);
    }
}
