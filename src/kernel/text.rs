//! Texts from people: bounded, without control or invisible characters; codes in the form they are compared in; and the two languages of the
//! house.

use std::borrow::Cow;
use std::collections::HashMap;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use serde::{Deserialize, Serialize};

use super::error::{Code, Fault};

/// ASCII as text.
#[expect(clippy::disallowed_methods, reason = "its callers hold nothing else: their constructors let in digits and capitals only")]
pub(super) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The languages every screen, message and error is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// Both, the brand's own language first.
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// The BCP 47 tag, as in `lang="…"`.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The language of a tag such as `zh`, `zh-Hans-CN`, `en-GB`. None for others.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// Of a Chinese and an English text, the one in this language; the other where this one is empty.
    pub fn of<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match (self, zh.is_empty(), en.is_empty()) {
            (Lang::Zh, false, _) | (Lang::En, _, true) => zh,
            _ => en,
        }
    }
}

/// A text in both languages; at least one is not empty where the text is required.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// Chinese.
    #[serde(default)]
    pub zh: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

impl Both {
    /// The text in `lang`, or the other where that is empty.
    pub fn get(&self, lang: Lang) -> &str {
        lang.of(&self.zh, &self.en)
    }
}

/// A one-line text: trimmed, not empty, at most `max` characters, no control characters.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`] or [`Code::ControlCharacter`] for `field`.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, Fault> {
    let text = optional_line(field, text, max)?;
    if text.is_empty() { Err(Fault::new(field, Code::Missing)) } else { Ok(text) }
}

/// Like [`line`], but may be empty.
///
/// # Errors
/// [`Code::TooLong`] or [`Code::ControlCharacter`] for `field`.
pub fn optional_line(field: &'static str, text: &str, max: usize) -> Result<String, Fault> {
    let text = without(text, |c| is_invisible(c) && !is_joiner(c));
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Fault::new(field, Code::ControlCharacter));
    }
    bounded(field, text, max)
}

/// A text of several lines (line feeds and tabs allowed), at most `max` characters. May be empty.
///
/// # Errors
/// [`Code::TooLong`] or [`Code::ControlCharacter`] for `field`.
pub fn paragraph(field: &'static str, text: &str, max: usize) -> Result<String, Fault> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Fault::new(field, Code::ControlCharacter));
    }
    bounded(field, text, max)
}

fn bounded(field: &'static str, text: &str, max: usize) -> Result<String, Fault> {
    if text.chars().count() > max {
        return Err(Fault::new(field, Code::TooLong).with("max", max));
    }
    Ok(text.to_owned())
}

/// A code people give to things: 1 to 40 characters of letters, digits and `- _ . / #`, in whatever width, no spaces. It is kept as it was
/// written but for what nobody sees; see [`folded`] for comparing two.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`] or [`Code::Malformed`] for `field`.
pub fn code(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = line(field, &without(text, is_invisible), 40)?;
    if nfkc(&text).chars().all(|c| c.is_alphanumeric() || "-_./#".contains(c)) {
        Ok(text)
    } else {
        Err(Fault::new(field, Code::Malformed).with("reason", "code-characters"))
    }
}

/// The form in which codes are compared: compatibility forms made one (NFKC), case folded, without characters that nobody sees and without
/// spaces around it. `FAB0117`, `ｆａｂ０１１７` and `FAB\u{200b}0117` are one code.
///
/// Not [`names::fold`](super::names::fold), which leaves out signs and accents: `B-15` and `B1-5` are two codes.
pub fn folded(code: &str) -> String {
    if code.is_ascii() {
        return code.trim().to_ascii_lowercase();
    }
    let seen = without(code, is_invisible);
    // Folding may take a text out of its normal form.
    nfkc(&CaseMapper::new().fold_string(&nfkc(seen.trim()))).into_owned()
}

/// A code as it was written `before`, if `now` is the same one in other letters.
pub fn rewritten(before: &str, now: String) -> String {
    if folded(before) == folded(&now) { before.to_owned() } else { now }
}

/// Things by their codes, found whatever the case and width of the letters: see [`folded`].
#[derive(Clone, Debug)]
pub struct ByCode<T>(HashMap<String, T>);

impl<T> ByCode<T> {
    /// The thing with this code.
    pub fn get(&self, code: &str) -> Option<&T> {
        self.0.get(&folded(code))
    }

    /// Whether there is one.
    pub fn has(&self, code: &str) -> bool {
        self.0.contains_key(&folded(code))
    }

    /// Takes the thing with this code out.
    pub fn remove(&mut self, code: &str) -> Option<T> {
        self.0.remove(&folded(code))
    }

    /// All of them, in any order.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }

    /// All of them, in any order.
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_values()
    }
}

impl<T> Default for ByCode<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T, S: AsRef<str>> FromIterator<(S, T)> for ByCode<T> {
    fn from_iter<I: IntoIterator<Item = (S, T)>>(things: I) -> Self {
        Self(things.into_iter().map(|(code, thing)| (folded(code.as_ref()), thing)).collect())
    }
}

fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizer::new_nfkc().normalize(text) }
}

/// A text without the characters that are `unwanted`.
fn without(text: &str, unwanted: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(&unwanted) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !unwanted(*c)).collect())
}

/// What draws nothing: zero-width spaces, byte order marks, soft hyphens, marks of direction.
fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Invisible, but the character beside it looks other without it: joiners and variation selectors.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Bytes in lower-case hexadecimal, two digits each.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// A number as people read it: its whole part in groups of three, a real minus before it. What is no number stays as it is.
pub fn grouped(number: impl std::fmt::Display) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("−", digits));
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text;
    }
    let mut said = String::with_capacity(text.len() * 4 / 3 + 3);
    said.push_str(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567, -45_000].map(grouped), ["0", "999", "1,000", "1,234,567", "−45,000"]);
        assert_eq!(["60000.25", "12.5", "B-1", ""].map(grouped), ["60,000.25", "12.5", "B-1", ""]);
    }

    #[test]
    fn one_code_in_other_letters_is_one_code() {
        for written in [
            "FAB-0117",
            "fab-0117",
            " FAB-0117\u{3000}",
            "ＦＡＢ－０１１７",
            "FAB\u{200b}-01\u{2060}17\u{feff}",
            "\u{202a}FAB-0117\u{202c}",
        ] {
            assert_eq!(folded(written), "fab-0117", "{written:?}");
        }
        assert_eq!(
            [folded("STRASSE"), folded("straße"), folded("Ⅻ批"), folded("e\u{301}"), folded("É")].join(" "),
            "strasse strasse xii批 é é"
        );
        assert_ne!(folded("B-15"), folded("B-5"));
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for text in ["ſ", "K", "ͅ", "ΐ", "ﬃ", "İ", "㎏-①", "ﾊﾞ", "\u{1e9e}"] {
            assert_eq!(folded(&folded(text)), folded(text), "{text}");
        }
    }

    #[test]
    fn codes_are_kept_as_written_without_what_nobody_sees() {
        assert_eq!(code("code", " ＦＡＢ－０１１７ ").unwrap(), "ＦＡＢ－０１１７");
        assert_eq!(code("code", "D\u{200b}22\u{200d}11").unwrap(), "D2211");
        assert_eq!(code("code", "A B").unwrap_err().code, Code::Malformed);
        assert_eq!(code("code", "A＠B").unwrap_err().code, Code::Malformed);
        assert_eq!(code("code", "\u{200b}").unwrap_err().code, Code::Missing);
    }

    #[test]
    fn lines_lose_what_nobody_sees_and_keep_what_joins() {
        assert_eq!(line("dye_lot", "D\u{200b}22\u{feff}11\u{200e}", 10).unwrap(), "D2211");
        assert_eq!(line("name", "葛\u{e0100} 👩\u{200d}🔧", 10).unwrap(), "葛\u{e0100} 👩\u{200d}🔧");
    }

    #[test]
    fn lines_are_bounded_and_clean() {
        assert_eq!(line("name", "  华纺一厂 ", 10).unwrap(), "华纺一厂");
        assert_eq!(line("name", "", 10).unwrap_err().code, Code::Missing);
        assert_eq!(line("name", "a\u{7}b", 10).unwrap_err().code, Code::ControlCharacter);
        assert_eq!(line("name", "abcdef", 5).unwrap_err().code, Code::TooLong);
        assert!(paragraph("note", "a\nb", 5).is_ok());
    }

    #[test]
    fn the_other_language_stands_in() {
        assert_eq!(Lang::En.of("棉", ""), "棉");
        assert_eq!(Lang::Zh.of("棉", "cotton"), "棉");
        assert_eq!(Lang::of_tag("zh-Hant-TW"), Some(Lang::Zh));
    }
}
