//! Texts from people: bounded, without control characters; and the two languages of the house.

use serde::{Deserialize, Serialize};

use super::error::{Code, Fault};

/// The languages every screen, message and error is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// Both, the house's own first.
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

/// A code people give to things: 1 to 40 characters of letters, digits and `- _ . / #`, no spaces. Case is kept.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`] or [`Code::Malformed`] for `field`.
pub fn code(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = line(field, text, 40)?;
    if text.chars().all(|c| c.is_alphanumeric() || "-_./#".contains(c)) {
        Ok(text)
    } else {
        Err(Fault::new(field, Code::Malformed).with("reason", "code-characters"))
    }
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
