//! Numbers as people type them.
//!
//! A text may be read as more than one number: `1,234` has a decimal comma or groups thousands.
//! [`readings`] gives every plausible one, and an answer is right when one of them is.
//!
//! | written | read as |
//! |---|---|
//! | `0.75`, `0,75`, `.75`, `7.5e-1` | decimal point or comma, exponent |
//! | `1,000,000`, `1.000.000`, `1 000 000`, `1'000'000`, `1,00,000` | groups of three, or as in India |
//! | `1.234,5`, `1,234.5`, `3.141 592` | both, also behind the point |
//! | `3/4`, `1 1/2`, `½`, `1½`, `\frac{3}{4}`, `1\frac12` | fractions and mixed numbers |
//! | `6.022×10^23`, `6.022*10^23`, `6.022·10²³`, `10^-7` | powers of ten |
//! | `75%`, `75 %`, `5‰` | shares; from 1 % on also the bare number, for questions that ask for percent |
//! | `$12,500`, `12 500 €` | sums of money |
//! | `−3`, `–3`, `０．５`, `٣٫٥`, `१२` | every minus and dash, digits of all scripts |
#![warn(missing_docs)]

/// Longer texts are no numbers.
const CHARS_MAX: usize = 200;

/// Every number that a text plausibly stands for, each once; none when it is no number. All are
/// finite.
#[must_use]
pub fn readings(text: &str) -> Vec<f64> {
    if text.chars().take(CHARS_MAX + 1).count() > CHARS_MAX {
        return Vec::new();
    }
    let plain = plain(&without_latex(text));
    let mut found: Vec<f64> = Vec::new();
    for value in share(plain.trim()) {
        // A negative zero is zero.
        let value = value + 0.0;
        if value.is_finite() && !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// Commands of LaTeX as the marks they stand for; other texts stay as they are.
fn without_latex(text: &str) -> String {
    if !text.contains(['\\', '$', '{', '~']) {
        return text.to_owned();
    }
    let mut text = text.replace("{,}", ",").replace('~', " ").replace("\\$", "$");
    for (command, mark) in [
        ("\\displaystyle", ""),
        ("\\left", ""),
        ("\\right", ""),
        ("\\times", "*"),
        ("\\cdot", "*"),
        ("\\dfrac", "\\frac"),
        ("\\tfrac", "\\frac"),
        ("\\cfrac", "\\frac"),
        ("\\%", "%"),
        ("\\,", " "),
        ("\\;", " "),
        ("\\:", " "),
        ("\\!", ""),
        ("\\ ", " "),
        ("\\(", ""),
        ("\\)", ""),
        ("\\[", ""),
        ("\\]", ""),
    ] {
        text = text.replace(command, mark);
    }
    while let Some(place) = text.find("\\frac") {
        let (before, rest) = (&text[..place], &text[place + "\\frac".len()..]);
        let Some((above, rest)) = argument(rest) else { break };
        let Some((below, rest)) = argument(rest) else { break };
        // A number before a fraction makes it a mixed one.
        text = format!("{before} {}/{} {rest}", above.trim(), below.trim());
    }
    text.replace(['{', '}'], "")
}

/// The argument that a command of LaTeX is followed by, in braces or of one letter, and the rest.
fn argument(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('{') {
        return inner.split_once('}').filter(|(inside, _)| !inside.contains('{'));
    }
    let first = text.chars().next().filter(char::is_ascii_digit)?;
    Some(text.split_at(first.len_utf8()))
}

/// The text in the letters of ASCII, as far as numbers need them.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut raised = false;
    let letters: Vec<char> = text.chars().collect();
    for (place, &letter) in letters.iter().enumerate() {
        if let Some(raised_letter) = superscript(letter) {
            let fraction = letters[place..].iter().find(|letter| superscript(**letter).is_none());
            if !raised && fraction != Some(&'\u{2044}') {
                plain.push('^');
            }
            raised = true;
            plain.push(raised_letter);
            continue;
        }
        raised = false;
        if let Some(fraction) = vulgar_fraction(letter) {
            plain.push(' ');
            plain.push_str(fraction);
            plain.push(' ');
        } else if let Some(letter) = simple(letter) {
            plain.push(letter);
        }
    }
    plain
}

/// What a letter is in ASCII; nothing for marks that cannot be seen.
fn simple(letter: char) -> Option<char> {
    Some(match letter {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff0b}' | '\u{fe62}' => '+',
        '\u{d7}' | '\u{22c5}' | '\u{b7}' | '\u{2219}' | '\u{2217}' | '\u{ff0a}' | '\u{2715}' => '*',
        '\u{2215}' | '\u{2044}' | '\u{ff0f}' => '/',
        '\u{ff05}' | '\u{66a}' | '\u{fe6a}' => '%',
        '\u{ff0c}' | '\u{60c}' | '\u{66b}' => ',',
        '\u{ff0e}' | '\u{ff61}' => '.',
        '\u{66c}' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{ff07}' | '\u{60}' | '\u{b4}' => '\'',
        '\u{ff3e}' => '^',
        '\u{ff45}' | '\u{ff25}' | 'E' => 'e',
        '\u{2080}'..='\u{2089}' => ascii_digit(u32::from(letter) - 0x2080),
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{61c}'
        | '\u{feff}' => return None,
        letter if letter.is_whitespace() => ' ',
        letter => digit(letter).unwrap_or(letter),
    })
}

fn ascii_digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap_or('0')
}

/// A decimal digit of any script in ASCII.
fn digit(letter: char) -> Option<char> {
    /// Where the zeros of scripts stand; nine more digits follow each.
    const ZEROS: [u32; 22] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
        0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2,
    ];
    let code = u32::from(letter);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    Some(ascii_digit(code - zero))
}

fn superscript(letter: char) -> Option<char> {
    Some(match letter {
        '\u{b9}' => '1',
        '\u{b2}' => '2',
        '\u{b3}' => '3',
        '\u{2070}' => '0',
        '\u{2074}'..='\u{2079}' => ascii_digit(u32::from(letter) - 0x2070),
        '\u{207a}' => '+',
        '\u{207b}' => '-',
        _ => return None,
    })
}

fn vulgar_fraction(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{bc}' => "1/4",
        '\u{bd}' => "1/2",
        '\u{be}' => "3/4",
        '\u{2150}' => "1/7",
        '\u{2151}' => "1/9",
        '\u{2152}' => "1/10",
        '\u{2153}' => "1/3",
        '\u{2154}' => "2/3",
        '\u{2155}' => "1/5",
        '\u{2156}' => "2/5",
        '\u{2157}' => "3/5",
        '\u{2158}' => "4/5",
        '\u{2159}' => "1/6",
        '\u{215a}' => "5/6",
        '\u{215b}' => "1/8",
        '\u{215c}' => "3/8",
        '\u{215d}' => "5/8",
        '\u{215e}' => "7/8",
        _ => return None,
    })
}

/// Signs of money that may stand before or behind a number. LaTeX writes `$` around formulas.
const MONEY: [char; 7] = ['$', '\u{20ac}', '\u{a3}', '\u{a5}', '\u{20b9}', '\u{20bd}', '\u{20a9}'];

/// The readings of a text with what may stand around a number.
fn share(text: &str) -> Vec<f64> {
    let around = |letter: char| MONEY.contains(&letter) || letter == ' ';
    let (sign, text) = signed(text.trim_matches(around));
    let text = text.trim_matches(around);
    let (per, text) = match text.strip_suffix('%') {
        Some(text) => (100.0, text),
        None => match text.strip_suffix('\u{2030}') {
            Some(text) => (1_000.0, text),
            None => (1.0, text),
        },
    };
    let mut text = text.trim();
    let (mut sign, mut inner) = (sign, text);
    if let Some(inside) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        let (within, rest) = signed(inside.trim());
        (sign, inner) = (sign * within, rest);
    }
    text = inner.trim();
    let mut found = Vec::new();
    for value in unsigned(text) {
        found.push(sign * value / per);
        if per == 100.0 && value >= 1.0 {
            found.push(sign * value);
        }
    }
    found
}

/// The sign of a number, and the rest.
fn signed(text: &str) -> (f64, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest.trim_start()),
        None => (1.0, text.strip_prefix('+').unwrap_or(text).trim_start()),
    }
}

/// The readings of a number without its sign.
fn unsigned(text: &str) -> Vec<f64> {
    if let Some((above, below)) = text.split_once('/') {
        return fraction(above.trim_end(), below.trim());
    }
    if let Some(exponent) = text.strip_prefix("10^").and_then(exponent_of) {
        return vec![power(1.0, exponent)];
    }
    // Blanks stand freely around the sign of a product only.
    let product = text.split_once('*').or_else(|| text.split_once(['x', 'X']));
    if let Some((value, power_of_ten)) = product {
        let power_of_ten = power_of_ten.trim().replace("**", "^");
        let exponent =
            power_of_ten.strip_prefix("10").and_then(|rest| rest.trim().strip_prefix('^'));
        let Some(exponent) = exponent.and_then(exponent_of) else { return Vec::new() };
        return decimals(value.trim()).into_iter().map(|value| power(value, exponent)).collect();
    }
    if let Some((value, exponent)) = text.split_once('e') {
        let Some(exponent) = exponent_of(exponent) else { return Vec::new() };
        return decimals(value).into_iter().map(|value| power(value, exponent)).collect();
    }
    decimals(text)
}

/// The readings of a fraction, after a whole number when it is a mixed one.
fn fraction(above: &str, below: &str) -> Vec<f64> {
    let (sign, below) = signed(below);
    let below = decimals(below.trim());
    let divided = |whole: f64, above: &[f64]| -> Vec<f64> {
        let pairs = above.iter().flat_map(|above| below.iter().map(move |below| (above, below)));
        let sound = pairs.filter(|(_, below)| **below != 0.0);
        sound.map(|(above, below)| whole + sign * above / below).collect()
    };
    let mut found = divided(0.0, &decimals(above));
    if let Some((whole, above)) = above.rsplit_once(' ')
        && let (Some(whole), Some(above)) = (counted(whole.trim()), counted(above))
    {
        found.extend(divided(whole, &[above]));
    }
    found
}

/// A number of digits alone.
fn counted(text: &str) -> Option<f64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// An exponent: a whole number with its sign, in parentheses or not.
fn exponent_of(text: &str) -> Option<i32> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let (sign, digits) = signed(text.trim());
    let digits = digits.trim();
    let sound = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let size: i32 = digits.parse().ok().filter(|_| sound)?;
    Some(if sign < 0.0 { -size } else { size })
}

/// A number times a power of ten, as near as a program would read it.
fn power(value: f64, exponent: i32) -> f64 {
    format!("{value:e}")
        .split_once('e')
        .and_then(|(digits, own)| {
            let own: i32 = own.parse().ok()?;
            format!("{digits}e{}", own.saturating_add(exponent)).parse().ok()
        })
        .unwrap_or(f64::NAN)
}

/// The readings of digits with points, commas and the marks between groups.
fn decimals(text: &str) -> Vec<f64> {
    let known = |byte: u8| byte.is_ascii_digit() || b".,' ".contains(&byte);
    if !text.bytes().all(known) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for point in [None, Some('.'), Some(',')] {
        let (whole, part) = match point {
            None => (text, None),
            Some(point) => match text.split_once(point) {
                Some((whole, part)) => (whole, Some(part)),
                None => continue,
            },
        };
        let whole = if whole.is_empty() && part.is_some() {
            Some(String::new())
        } else {
            whole_part(whole, point)
        };
        let part = part.map_or(Some(String::new()), part_behind);
        let (Some(whole), Some(part)) = (whole, part) else { continue };
        if let Ok(value) = format!("0{whole}.{part}0").parse::<f64>()
            && !found.contains(&value)
        {
            found.push(value);
        }
    }
    found
}

/// The digits of a whole number, whose groups one mark other than the decimal point separates.
fn whole_part(text: &str, point: Option<char>) -> Option<String> {
    let Some(mark) = text.chars().find(|letter| !letter.is_ascii_digit()) else {
        return Some(text.to_owned());
    };
    let groups: Vec<&str> = text.split(mark).collect();
    let digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let (last, between) = rest.split_last()?;
    let led = (1..=3).contains(&first.len()) && !first.starts_with('0');
    let thirds = between.iter().all(|group| group.len() == 3);
    // Crores and lakhs: pairs before the last three digits.
    let pairs =
        first.len() <= 2 && !between.is_empty() && between.iter().all(|group| group.len() == 2);
    let sound = led && last.len() == 3 && (thirds || pairs) && groups.iter().all(digits);
    (sound && point != Some(mark)).then(|| groups.concat())
}

/// The digits behind a decimal point; blanks may group them by three.
fn part_behind(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split(' ').collect();
    let (last, full) = groups.split_last()?;
    let sound = full.iter().all(|group| group.len() == 3)
        && (full.is_empty() || (1..=3).contains(&last.len()))
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    sound.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[f64]) {
        let mut found = readings(text);
        found.sort_by(f64::total_cmp);
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn groups_and_decimal_commas_are_both_read() {
        check("10,000", &[10.0, 10_000.0]);
        check("10.000", &[10.0, 10_000.0]);
        for text in ["10 000", "10\u{a0}000", "10\u{202f}000", "10'000", "10\u{2019}000", "10000"] {
            check(text, &[10_000.0]);
        }
        for text in ["1,000,000", "1.000.000", "1 000 000", "1'000'000", "10,00,000"] {
            check(text, &[1_000_000.0]);
        }
        for text in ["1.234,5", "1,234.5", "1 234,5", "1 234.5", "1'234.5"] {
            check(text, &[1_234.5]);
        }
        check("1.234 567", &[1.234_567]);
        check("0,123", &[0.123]);
        check("12,34", &[12.34]);
        check("5.", &[5.0]);
        check(",5", &[0.5]);
        for text in ["12,34.5", "1,2,3", "1.2.3", "1,0000,0", "1 00", "1,23 456", "0,000,000"] {
            check(text, &[]);
        }
    }

    #[test]
    fn fractions_and_mixed_numbers() {
        for text in
            ["1/2", "1 / 2", "\u{bd}", "\\frac{1}{2}", "$\\frac12$", "\u{b9}\u{2044}\u{2082}"]
        {
            check(text, &[0.5]);
        }
        for text in ["1 1/2", "1\u{bd}", "1 \u{bd}", "$$1\\frac{1}{2}$$", "1\\tfrac{1}{2}", "3/2"] {
            check(text, &[1.5]);
        }
        check("-1 1/2", &[-1.5]);
        check("-\u{be}", &[-0.75]);
        check("-3/4", &[-0.75]);
        check("3/-4", &[-0.75]);
        check("(3/4)", &[0.75]);
        check("472/10,000", &[0.047_2, 47.2]);
        for text in ["1/0", "1/2/3", "x/2", "1/", "\\frac{x}{4}", "\\frac{1}{2}+\\frac{1}{3}"] {
            check(text, &[]);
        }
    }

    #[test]
    fn powers_of_ten() {
        for text in [
            "6.022e23",
            "6.022E+23",
            "6.022x10^23",
            "6.022 * 10^23",
            "6.022\u{d7}10^23",
            "6.022\u{b7}10\u{b2}\u{b3}",
            "6,022\\cdot10^{23}",
            "$6.022 \\times 10^{23}$",
            "6.022*10**23",
            "602200000000000000000000",
        ] {
            assert!(readings(text).contains(&6.022e23), "{text}: {:?}", readings(text));
        }
        for text in ["4e-7", "4.0E\u{2212}7", "0.0000004", "4\u{d7}10\u{207b}\u{2077}", "4x10^(-7)"]
        {
            check(text, &[4e-7]);
        }
        check("10^-7", &[1e-7]);
        for text in ["e", "1e", "e5", "1e999", "2x3", "6x10", "10^x", "1e1.5"] {
            check(text, &[]);
        }
    }

    #[test]
    fn shares_money_and_signs() {
        check("75%", &[0.75, 75.0]);
        check("75 \u{ff05}", &[0.75, 75.0]);
        check("0.5%", &[0.005]);
        check("12,5\\%", &[0.125, 12.5]);
        check("5\u{2030}", &[0.005]);
        for text in ["$12500", "12500 \u{20ac}", "\\$12500", "$12500$", "\u{a3} 12500"] {
            check(text, &[12_500.0]);
        }
        for text in
            ["-3", "\u{2212}3", "\u{2013}3", "- 3", "-$3", "(-3)", "\u{ff0d}\u{ff13}", "$-3$"]
        {
            check(text, &[-3.0]);
        }
        check("-0", &[0.0]);
        check("+0.750", &[0.75]);
        check("--3", &[]);
    }

    #[test]
    fn digits_of_all_scripts() {
        for text in [
            "\u{ff13}\u{ff0e}\u{ff15}",
            "\u{663}\u{66b}\u{665}",
            "\u{6f3}\u{66b}\u{6f5}",
            "\u{969}.\u{96b}",
        ] {
            check(text, &[3.5]);
        }
        check("\u{661}\u{66c}\u{662}\u{663}\u{664}", &[1_234.0]);
        check("\u{200b}42\u{200e}", &[42.0]);
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in
            ["", " ", "abc", "nan", "inf", "infinity", "3 apples", ".", ",", "%", "$", "1 2"]
        {
            check(text, &[]);
        }
        check(&"1".repeat(CHARS_MAX + 1), &[]);
    }
}
