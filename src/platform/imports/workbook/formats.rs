//! Number formats of a workbook (ECMA-376 part 1, 18.8.30 and 18.8.31): what a cell shows of the number it holds.
//!
//! This is a small strict part of the language of formats, and what it does not apply faithfully is refused: powers of ten, fractions, thousands
//! left out, conditions, Chinese numerals. Of dates it tells only that they are dates; readers take them as such. The libraries there were did
//! not do: `ssfmt` has not been worked on since the month it was written in and takes what it does not know for text, `numfmt` knows other
//! formats. What SheetJS shows of the same numbers in the same formats lies in `tests/files/spreadsheets/number-formats.json`.

use super::super::cell::Bare;
use crate::kernel::{parsed, saturating};

/// How the cells of a format show what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) numbers: Numbers,
    /// What stands around texts; None when they are hidden.
    pub(super) texts: Option<(String, String)>,
}

/// How numbers are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As they are.
    General,
    /// As a day, with or without a time.
    Date,
    /// As a time of day, or a length of time.
    Time,
    /// By patterns for positive numbers, negative ones and zero.
    Patterns(Vec<Pattern>),
    /// In a way that is not applied.
    Unknown,
}

/// What a number looks like in its cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    /// The number alone, where the text has more than that. None as well when the text is another number than the cell's: a percentage.
    pub(super) bare: Option<Bare>,
}

/// One part of a format, up to the semicolon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Up to the decimal point: places of digits and what stands between them.
    whole: Vec<Piece>,
    /// Behind it.
    fraction: Vec<Piece>,
    point: bool,
    grouped: bool,
    percent: bool,
    /// Its currency sign is that of Japan, which looks like that of China.
    yen: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// `0`, `#` or `?`.
    Digit(char),
    Literal(char),
    /// `General`: the number as it is.
    General,
}

/// Formats that are known by their number alone. 27 to 36 and 50 to 58 are those of Chinese, Japanese and Korean: dates, of which some are times
/// where one is and days elsewhere, so that the number decides. The currency sign of 5 to 8, 42 and 44 is that of whoever looks, so they have none here.
const BUILT_IN: &[(u32, &str)] = &[
    (0, "General"),
    (1, "0"),
    (2, "0.00"),
    (3, "#,##0"),
    (4, "#,##0.00"),
    (5, "#,##0_);(#,##0)"),
    (6, "#,##0_);(#,##0)"),
    (7, "#,##0.00_);(#,##0.00)"),
    (8, "#,##0.00_);(#,##0.00)"),
    (9, "0%"),
    (10, "0.00%"),
    (11, "0.00E+00"),
    (12, "# ?/?"),
    (13, "# ??/??"),
    (18, "h:mm AM/PM"),
    (19, "h:mm:ss AM/PM"),
    (20, "h:mm"),
    (21, "h:mm:ss"),
    (37, "#,##0_);(#,##0)"),
    (38, "#,##0_);(#,##0)"),
    (39, "#,##0.00_);(#,##0.00)"),
    (40, "#,##0.00_);(#,##0.00)"),
    (41, "_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)"),
    (42, "_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)"),
    (43, "_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)"),
    (44, "_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)"),
    (45, "mm:ss"),
    (46, "[h]:mm:ss"),
    (47, "mmss.0"),
    (48, "##0.0E+0"),
    (49, "@"),
];

impl Format {
    /// The format of a built-in number.
    pub(super) fn built_in(id: u32) -> Self {
        match BUILT_IN.iter().find(|(known, _)| *known == id) {
            Some((_, code)) => Self::read(code),
            None if matches!(id, 14..=17 | 22 | 27..=36 | 50..=58) => Self { numbers: Numbers::Date, texts: as_they_are() },
            None => Self { numbers: Numbers::Unknown, texts: as_they_are() },
        }
    }

    /// Reads a format code such as `#,##0.00;[Red]-#,##0.00`.
    pub(super) fn read(code: &str) -> Self {
        if code.trim().is_empty() || code.eq_ignore_ascii_case("general") || code.starts_with("G/") {
            return Self { numbers: Numbers::General, texts: as_they_are() };
        }
        let parts = parts(code);
        let texts = match parts.get(3).or_else(|| parts.last().filter(|last| last.contains(&Token::Text))) {
            Some(part) => around_text(part),
            None => as_they_are(),
        };
        let of_numbers: Vec<_> = match parts.as_slice() {
            [first, second, third, _] => vec![first, second, third],
            // A format of texts alone leaves numbers as they are.
            [only] if only.contains(&Token::Text) => return Self { numbers: Numbers::General, texts },
            // The last of fewer than four is that of texts when it says so: `yyyy-mm-dd;@`.
            [first @ .., last] if !first.is_empty() && last.contains(&Token::Text) => first.iter().collect(),
            parts if parts.len() <= 3 => parts.iter().collect(),
            _ => return Self { numbers: Numbers::Unknown, texts },
        };
        let numbers = match of_numbers.first().and_then(|first| temporal(first)) {
            Some(numbers) => numbers,
            None => of_numbers.into_iter().map(|part| Pattern::of(part)).collect::<Option<_>>().map_or(Numbers::Unknown, Numbers::Patterns),
        };
        Self { numbers, texts }
    }
}

fn as_they_are() -> Option<(String, String)> {
    Some((String::new(), String::new()))
}

impl Numbers {
    /// What the cell shows; None where it cannot be told, or shows nothing at all. Dates and times are shown elsewhere.
    pub(super) fn show(&self, number: f64) -> Option<Shown> {
        match self {
            Self::General => Some(Shown { text: general(number), bare: None }),
            Self::Patterns(patterns) => {
                let (pattern, signed) = match patterns.as_slice() {
                    [all] => (all, true),
                    [_, negative, ..] if number < 0.0 => (negative, false),
                    [_, _, zero] if number == 0.0 => (zero, true),
                    [positive, ..] => (positive, true),
                    [] => return None,
                };
                pattern.show(number, signed)
            }
            Self::Date | Self::Time | Self::Unknown => None,
        }
    }
}

/// A number with the 15 significant digits a spreadsheet keeps; whole numbers exactly.
pub(super) fn general(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.fract() == 0.0 {
        return format!("{number:.0}");
    }
    // The shortest form is that of the fifteen digits, unless it has more.
    let shortest = number.to_string();
    if shortest.len() <= 15 {
        return shortest;
    }
    format!("{number:.14e}").parse::<f64>().map_or(shortest, |kept| kept.to_string())
}

impl Pattern {
    fn of(part: &[Token]) -> Option<Self> {
        let mut pattern = Self::default();
        let mut digits = false;
        let mut commas = 0;
        for token in part {
            match token {
                Token::Digit(kind) => {
                    // Commas between digits group them; those behind the last, or behind the point, leave thousands out.
                    if commas > 0 && pattern.point {
                        return None;
                    }
                    pattern.grouped |= std::mem::take(&mut commas) > 0;
                    digits = true;
                    pattern.push(Piece::Digit(*kind));
                }
                Token::Comma if digits => commas += 1,
                Token::Comma => pattern.push(Piece::Literal(',')),
                Token::Point if pattern.point || commas > 0 => return None,
                Token::Point => pattern.point = true,
                Token::Percent if pattern.percent => return None,
                Token::Percent => {
                    pattern.percent = true;
                    pattern.push(Piece::Literal('%'));
                }
                Token::Literal(literal) => pattern.push(Piece::Literal(*literal)),
                Token::Yen => pattern.yen = true,
                Token::General if digits => return None,
                Token::General => {
                    digits = true;
                    pattern.push(Piece::General);
                }
                Token::Text | Token::Elapsed | Token::Letter(_) | Token::Refused => return None,
            }
        }
        let general = pattern.whole.contains(&Piece::General);
        let is_digit = |piece: &Piece| matches!(piece, Piece::Digit(_));
        let sound = commas == 0
            && (digits || !pattern.percent)
            && !(general && (pattern.percent || pattern.point || pattern.whole.iter().any(is_digit)));
        sound.then_some(pattern)
    }

    fn push(&mut self, piece: Piece) {
        if self.point { &mut self.fraction } else { &mut self.whole }.push(piece);
    }

    fn show(&self, number: f64, signed: bool) -> Option<Shown> {
        if self.whole.contains(&Piece::General) {
            let bare = general(if signed { number } else { number.abs() });
            let text: String =
                self.whole.iter().map(|piece| if let Piece::Literal(c) = piece { c.to_string() } else { bare.clone() }).collect();
            return Some(if text == bare { Shown { text, bare: None } } else { Shown { text, bare: Some(self.bare(general(number))) } });
        }
        if self.whole.iter().chain(&self.fraction).all(|piece| matches!(piece, Piece::Literal(_))) {
            // The stroke that stands for nothing in accounts.
            let text: String = self.whole.iter().filter_map(|piece| if let Piece::Literal(c) = piece { Some(*c) } else { None }).collect();
            return (!text.trim().is_empty()).then(|| Shown { text, bare: (number == 0.0).then(|| self.bare("0".to_owned())) });
        }
        let places = self.fraction.iter().filter(|piece| matches!(piece, Piece::Digit(_))).count();
        let (whole, fraction) = rounded(number.abs(), if self.percent { 2 } else { 0 }, places)?;
        let minus = if number < 0.0 { "-" } else { "" };
        let mut text = if signed { minus.to_owned() } else { String::new() };
        text.push_str(&self.shown_whole(&whole));
        if self.point {
            text.push('.');
            text.push_str(&self.shown_fraction(&fraction));
        }
        let bare = format!("{minus}{}{}{fraction}", if whole.is_empty() { "0" } else { &whole }, if places > 0 { "." } else { "" });
        let plain = self.percent || text == bare;
        (!text.trim().is_empty()).then(|| Shown { text, bare: (!plain).then(|| self.bare(bare)) })
    }

    /// A number without what the pattern adds to it, and that.
    fn bare(&self, number: String) -> Bare {
        let pieces: Vec<_> = self.whole.iter().chain(&self.fraction).collect();
        let is_digit = |piece: &&Piece| !matches!(piece, Piece::Literal(_));
        let digits = pieces.iter().position(is_digit).zip(pieces.iter().rposition(is_digit)).unwrap_or((pieces.len(), pieces.len()));
        let adds = |(place, piece): (usize, &&Piece)| match piece {
            Piece::Literal(c) if c.is_whitespace() => None,
            // Signs and the brackets of accounts are part of a number where they stand before or after all of it.
            Piece::Literal('-' | '–' | '—' | '+' | '(') if place < digits.0 => None,
            Piece::Literal(')') if place > digits.1 => None,
            Piece::Literal(c) => Some(*c),
            Piece::Digit(_) | Piece::General => None,
        };
        let around: String = pieces.iter().enumerate().filter_map(adds).collect();
        let around = if self.yen && matches!(around.as_str(), "¥" | "￥") { "JPY".to_owned() } else { around };
        Bare { number, around }
    }

    /// The digits before the point, laid into their places from the right.
    fn shown_whole(&self, digits: &str) -> String {
        let places = self.whole.iter().filter(|piece| matches!(piece, Piece::Digit(_))).count();
        let mut shown = Vec::new();
        let mut left = digits.bytes().map(char::from).rev();
        let (mut laid, mut place) = (0, places);
        let mut lay = |shown: &mut Vec<char>, digit: char| {
            if self.grouped && laid > 0 && laid % 3 == 0 {
                shown.push(if digit == ' ' { ' ' } else { ',' });
            }
            shown.push(digit);
            laid += 1;
        };
        for piece in self.whole.iter().rev() {
            match piece {
                Piece::Digit(kind) => {
                    match (left.next(), kind) {
                        (Some(digit), _) => lay(&mut shown, digit),
                        (None, '0') => lay(&mut shown, '0'),
                        (None, '?') => lay(&mut shown, ' '),
                        (None, _) => {}
                    }
                    place -= 1;
                    if place == 0 {
                        // More digits than places stand before the first.
                        for digit in left.by_ref() {
                            lay(&mut shown, digit);
                        }
                    }
                }
                Piece::Literal(literal) => shown.push(*literal),
                Piece::General => {}
            }
        }
        if places == 0 {
            // `.00` has no place before the point, and shows what stands there all the same.
            let literals = std::mem::take(&mut shown);
            shown.extend(left);
            shown.extend(literals);
        }
        shown.into_iter().rev().collect()
    }

    fn shown_fraction(&self, digits: &str) -> String {
        let mut shown = String::new();
        let mut left = digits.chars();
        for piece in &self.fraction {
            match piece {
                Piece::Digit(kind) => {
                    let digit = left.next().unwrap_or('0');
                    let only_zeros = digit == '0' && left.clone().all(|digit| digit == '0');
                    match kind {
                        '#' if only_zeros => {}
                        '?' if only_zeros => shown.push(' '),
                        _ => shown.push(digit),
                    }
                }
                Piece::Literal(literal) => shown.push(*literal),
                Piece::General => {}
            }
        }
        shown
    }
}

/// The digits of a number before and behind the point, times ten to the power of `shift`, rounded half up in decimal at `places` as spreadsheets do,
/// on the 15 digits they keep. No zeros lead.
fn rounded(number: f64, shift: i32, places: usize) -> Option<(String, String)> {
    let written = format!("{number:.14e}");
    let (mantissa, exponent) = written.split_once('e')?;
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    let before = parsed::<i32>(exponent)? + 1 + shift;
    // Digits from the first kept place, with zeros in front where the number is below one.
    let (lead, point) = if before > 0 { (0, saturating(before)) } else { (saturating(-before), 0) };
    let mut all = vec![0; lead.min(places + 2)];
    all.extend(digits);
    let kept = point + places;
    all.resize(all.len().max(kept + 1), 0);
    let mut carry = all.get(kept).is_some_and(|next| *next >= 5);
    all.truncate(kept);
    for digit in all.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == 9;
        *digit = if carry { 0 } else { *digit + 1 };
    }
    let text: String = carry.then_some('1').into_iter().chain(all.iter().map(|digit| char::from(digit + b'0'))).collect();
    let (whole, fraction) = text.split_at_checked(text.len() - places)?;
    Some((whole.trim_start_matches('0').to_owned(), fraction.to_owned()))
}

/// What a format is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Digit(char),
    Comma,
    Point,
    Percent,
    Literal(char),
    /// The sign before it is Japan's.
    Yen,
    Text,
    General,
    /// Of a date or a time, in lower case.
    Letter(char),
    /// `[h]`, `[mm]`, `[ss]`.
    Elapsed,
    /// What is not applied: powers, fractions, conditions, numerals of other scripts.
    Refused,
}

/// The parts between semicolons.
fn parts(code: &str) -> Vec<Vec<Token>> {
    let mut parts = vec![Vec::new()];
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let behind = rest.get(first.len_utf8()..).unwrap_or_default();
        let mut second = behind.chars();
        let part = match parts.last_mut() {
            Some(part) => part,
            None => return parts,
        };
        rest = behind;
        match first {
            ';' => parts.push(Vec::new()),
            '"' => {
                let (quoted, after) = behind.split_once('"').unwrap_or((behind, ""));
                part.extend(quoted.chars().map(Token::Literal));
                rest = after;
            }
            '\\' | '!' => {
                part.extend(second.next().map(Token::Literal));
                rest = second.as_str();
            }
            // The width of a character as a space; a character that fills the cell.
            '_' | '*' => {
                if first == '_' && second.next().is_some() {
                    part.push(Token::Literal(' '));
                } else {
                    second.next();
                }
                rest = second.as_str();
            }
            '[' => {
                let (inside, after) = behind.split_once(']').unwrap_or((behind, ""));
                part.extend(bracketed(inside));
                rest = after;
            }
            '0' | '#' | '?' => part.push(Token::Digit(first)),
            ',' => part.push(Token::Comma),
            '.' => part.push(Token::Point),
            '%' => part.push(Token::Percent),
            '@' => part.push(Token::Text),
            'g' | 'G' if starts(rest, "eneral") => {
                part.push(Token::General);
                rest = behind.get("eneral".len()..).unwrap_or_default();
            }
            'e' | 'E' if behind.starts_with(['+', '-']) => part.push(Token::Refused),
            'a' | 'A' if starts(rest, "m/pm") || starts(rest, "/p") => {
                part.push(Token::Letter('a'));
                let taken = if starts(rest, "m/pm") { "m/pm" } else { "/p" };
                rest = behind.get(taken.len()..).unwrap_or_default();
            }
            '上' if behind.starts_with("午/下午") => {
                part.push(Token::Letter('a'));
                rest = behind.get("午/下午".len()..).unwrap_or_default();
            }
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'e' | 'E' | 'g' | 'G' | 'b' | 'B' => {
                part.push(Token::Letter(first.to_ascii_lowercase()));
            }
            // Between digits it is a fraction, in a date a stroke.
            '/' => part.push(Token::Letter('/')),
            ' ' | '$' | '-' | '+' | '(' | ')' | ':' | '^' | '&' | '\'' | '~' | '{' | '}' | '<' | '>' | '=' => {
                part.push(Token::Literal(first))
            }
            other if !other.is_ascii() => part.push(Token::Literal(other)),
            _ => part.push(Token::Refused),
        }
    }
    parts
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// What stands in brackets: a colour or a language is no matter, a currency is shown.
fn bracketed(inside: &str) -> Vec<Token> {
    const COLOURS: [&str; 8] = ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"];
    let lower = inside.to_lowercase();
    if let Some(currency) = inside.strip_prefix('$') {
        let (symbol, locale) = currency.split_once('-').unwrap_or((currency, ""));
        // The first byte of eight digits names the numerals; the first kind is the usual one.
        let numerals = locale.len().checked_sub(6).and_then(|end| locale.get(..end)).map(|digits| u8::from_str_radix(digits, 16));
        let refused = (matches!(numerals, Some(Ok(2..))) && locale.len() <= 8).then_some(Token::Refused);
        let yen = (matches!(symbol, "¥" | "￥") && locale.ends_with("411")).then_some(Token::Yen);
        return symbol.chars().map(Token::Literal).chain(yen).chain(refused).collect();
    }
    if COLOURS.contains(&lower.as_str()) || lower.starts_with("color") {
        return Vec::new();
    }
    let elapsed = ['h', 'm', 's'].iter().any(|unit| !lower.is_empty() && lower.chars().all(|c| c == *unit));
    vec![if elapsed { Token::Elapsed } else { Token::Refused }]
}

/// Whether a part shows a date or a time.
fn temporal(part: &[Token]) -> Option<Numbers> {
    let has = |letters: &[char]| part.iter().any(|token| matches!(token, Token::Letter(letter) if letters.contains(letter)));
    if part.iter().any(|token| matches!(token, Token::Elapsed)) {
        return Some(Numbers::Time);
    }
    // A month alone; beside hours or seconds it is minutes.
    let of_day = has(&['y', 'd']) || (has(&['e', 'm']) && !has(&['h', 's']));
    match (of_day, has(&['h', 's'])) {
        (true, _) => Some(Numbers::Date),
        (false, true) => Some(Numbers::Time),
        (false, false) => None,
    }
}

/// What a part for texts puts around them; None when it does not show them.
fn around_text(part: &[Token]) -> Option<(String, String)> {
    let place = part.iter().position(|token| matches!(token, Token::Text | Token::General))?;
    let literals = |tokens: &[Token]| {
        tokens.iter().filter_map(|token| if let Token::Literal(literal) = token { Some(*literal) } else { None }).collect::<String>()
    };
    let (before, after) = part.split_at_checked(place)?;
    Some((literals(before), literals(after.get(1..).unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/spreadsheets/number-formats.json"));

    #[test]
    fn number_formats_show_what_sheetjs_shows() {
        let vectors: Vec<(String, f64, String)> = serde_json::from_slice(SHOWN).unwrap();
        let mut applied = 0;
        for (code, number, wanted) in &vectors {
            // Of a number as it is a column shows what it has room for; here it is read whole.
            if code == "@" || code.contains("General") {
                continue;
            }
            let shown = Format::read(code).numbers.show(*number);
            match shown {
                Some(shown) => {
                    assert_eq!(shown.text.trim(), wanted.trim(), "{number} as {code}");
                    applied += 1;
                }
                None => assert_eq!(wanted.trim(), "", "{number} as {code} is refused"),
            }
        }
        assert!(applied > 700, "{applied}");
    }

    #[test]
    fn numbers_are_told_from_what_their_format_adds() {
        let bare = |code: &str, number: f64| {
            let shown = Format::read(code).numbers.show(number)?;
            Some((shown.text, shown.bare.map(|bare| (bare.number, bare.around))))
        };
        let some = |text: &str, bare: Option<(&str, &str)>| {
            Some((text.to_owned(), bare.map(|(number, around)| (number.to_owned(), around.to_owned()))))
        };
        assert_eq!(bare("\"¥\"#,##0.00", 1_234.5), some("¥1,234.50", Some(("1234.50", "¥"))));
        assert_eq!(bare("[$¥-804]#,##0.00", 1_234.5), some("¥1,234.50", Some(("1234.50", "¥"))));
        assert_eq!(bare("[$¥-411]#,##0", 1_234.0), some("¥1,234", Some(("1234", "JPY"))));
        assert_eq!(bare("[$US$]#,##0", 1_234.0), some("US$1,234", Some(("1234", "US$"))));
        assert_eq!(bare("#,##0.00\\ [$€-407]", 399.0), some("399.00 €", Some(("399.00", "€"))));
        assert_eq!(bare("0.00\" m\"", 12.5), some("12.50 m", Some(("12.50", "m"))));
        assert_eq!(bare("#,##0_);(#,##0)", -1_234.0), some("(1,234)", Some(("-1234", ""))));
        assert_eq!(bare("0.00", 12.345), some("12.35", None));
        assert_eq!(bare("0%", 0.2), some("20%", None));
        assert_eq!(bare("0.00;[Red]0.00", -5.0), some("5.00", Some(("-5.00", ""))));
        assert_eq!(bare("_ * \"-\"??_ ", 0.0), some(" -   ", Some(("0", ""))));
        assert_eq!(bare("General\"件\"", 3.0), some("3件", Some(("3", "件"))));
        // Digits and powers of ten that are words of the format.
        assert_eq!(bare("0.0\"万\"", 39.9), some("39.9万", Some(("39.9", "万"))));
        assert_eq!(bare("0\"00\"", 5.0), some("500", Some(("5", "00"))));
        assert_eq!(bare("\"<\"0", 5.0), some("<5", Some(("5", "<"))));
        assert_eq!(bare("0\"-10\"", 5.0), some("5-10", Some(("5", "-10"))));
        for refused in [
            "# ?/?",
            "0.00E+00",
            "0.0,",
            "[>100]0;0.0",
            "[DBNum1]0",
            "[DBNum2][$-804]General",
            "[$-30000804]0",
            "aaaa",
            "0;;;@",
            "?/12",
            "0x0",
        ] {
            let number = if refused == "0;;;@" { -1.0 } else { 0.75 };
            assert_eq!(bare(refused, number), None, "{refused}");
        }
        for (code, numbers) in [
            ("yyyy-mm-dd", Numbers::Date),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\";@", Numbers::Date),
            ("[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\";@", Numbers::Date),
            ("[$-F800]dddd, mmmm dd, yyyy", Numbers::Date),
            ("m/d", Numbers::Date),
            ("mmm-yy", Numbers::Date),
            ("yyyy/m/d h:mm AM/PM", Numbers::Date),
            ("[$-804]上午/下午h\"时\"mm\"分\";@", Numbers::Time),
            ("[h]:mm:ss", Numbers::Time),
            ("mm:ss.0", Numbers::Time),
            ("G/通用格式", Numbers::General),
            ("general", Numbers::General),
            ("@", Numbers::General),
        ] {
            assert_eq!(Format::read(code).numbers, numbers, "{code}");
        }
        for id in [14, 22, 27, 31, 36, 50, 57, 58] {
            assert_eq!(Format::built_in(id).numbers, Numbers::Date, "{id}");
        }
        assert_eq!(Format::built_in(81).numbers, Numbers::Unknown);
        assert_eq!(Format::read("\"FAB-\"@").texts, Some(("FAB-".to_owned(), String::new())));
        assert_eq!(Format::read("0;0;0;").texts, None);
        assert_eq!(Format::read("0.00").texts, Some((String::new(), String::new())));
    }
}
