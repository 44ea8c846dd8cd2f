//! What a scanner, a telephone or a keyboard hands in where one thing is to be named: told apart in one place.
//!
//! Scanners put a symbology identifier before what they read (`]d2`), send FNC1 as a control character or as letters, or are set to write the
//! brackets people read; telephones and chats add slashes, full stops and characters that do not show. None of that is part of the name.

use super::ai::Ai;
use super::{DigitalLink, Gtin, LinkError};
use crate::kernel::names::{half_widths, is_invisible};
use crate::kernel::serial::Serial;

/// What a text that was scanned or typed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A GS1 Digital Link, of whatever host.
    DigitalLink(DigitalLink),
    /// A GS1 element string, with brackets or with FNC1: `(01)09506000134352(21)ABC`.
    ElementString(DigitalLink),
    /// The address on a label without a GTIN, `https://…/C/{serial}`: the serial as it stands there.
    SerialAddress(String),
    /// A serial as ours are: twenty characters, the last of which is right.
    Serial(Serial),
    /// A GTIN by itself.
    Gtin(Gtin),
    /// Anything else, as it was written: a code, a number, another maker's serial.
    Other(String),
}

impl Scan {
    /// The identifiers, where it has any.
    pub fn elements(&self) -> Option<&DigitalLink> {
        match self {
            Self::DigitalLink(link) | Self::ElementString(link) => Some(link),
            Self::SerialAddress(_) | Self::Serial(_) | Self::Gtin(_) | Self::Other(_) => None,
        }
    }

    /// A bare code, serial or number to look up, as it was written in `text` but for what a scanner or a label put around it: another maker's
    /// serial may differ from ours in no more than a hyphen. None for addresses and element strings.
    pub fn bare(&self, text: &str) -> Option<String> {
        match self {
            Self::Serial(serial) if Serial::parse(text).is_err() => Some(serial.to_string()),
            Self::Serial(_) | Self::Gtin(_) => Some(text.chars().filter(|c| !is_invisible(*c)).collect::<String>().trim().to_owned()),
            Self::Other(text) => Some(text.clone()),
            Self::DigitalLink(_) | Self::ElementString(_) | Self::SerialAddress(_) => None,
        }
    }
}

/// Symbology identifiers (ISO/IEC 15424) of carriers whose content is a GS1 element string.
const OF_GS1: [&str; 5] = ["]C1", "]e0", "]d2", "]Q3", "]J1"];
/// The character between elements of variable length, as FNC1 is sent.
const SEPARATOR: char = '\u{1d}';
/// How that is written where a control character cannot be.
const SEPARATOR_WORDS: [&str; 6] = ["<GS>", "{GS}", "<FNC1>", "{FNC1}", "[FNC1]", "␝"];
/// An identifier and its value.
type Element = (String, String);
/// What people and labels write before a serial.
const SERIAL_NAMES: [&str; 5] = ["序列号", "serial number", "serial no.", "serial", "s/n"];

/// Tells what was scanned.
///
/// # Errors
/// Of an address or an element string, what is wrong with it.
pub fn read(text: &str) -> Result<Scan, LinkError> {
    // What most rows of a file are. An element string may have as many characters, and begins with its GTIN.
    if let Ok(serial) = Serial::parse(text)
        && !text.trim_start().starts_with("01")
    {
        return Ok(Scan::Serial(serial));
    }
    let text: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let text = text.trim().trim_end_matches(['。', '，', '、', '；', '！']);
    let wide = separated(text);
    let (identifier, content) = symbology(&wide);
    if let Some(elements) = elements(identifier, content) {
        return element_string(elements, text);
    }
    if let Some(address) = address(content) {
        return match serial_address(&address) {
            Some(serial) => Ok(Scan::SerialAddress(serial.to_owned())),
            None => DigitalLink::parse(&address).map(Scan::DigitalLink),
        };
    }
    // Only what a scanner put there is taken off what is none of ours.
    let written = text.get(text.len().saturating_sub(content.len())..).filter(|_| !identifier.is_empty()).unwrap_or(text);
    Ok(plain(content, written))
}

fn plain(content: &str, written: &str) -> Scan {
    let bare = unnamed(content);
    if let Ok(serial) = Serial::parse(bare) {
        return Scan::Serial(serial);
    }
    match Gtin::parse(bare) {
        Ok(gtin) => Scan::Gtin(gtin),
        Err(_) => Scan::Other(if bare.len() == content.len() { written.trim().to_owned() } else { bare.to_owned() }),
    }
}

/// In half-width characters, with separators that a scanner wrote as words.
fn separated(text: &str) -> String {
    SEPARATOR_WORDS.iter().fold(half_widths(text), |text, word| if text.contains(word) { text.replace(word, "\u{1d}") } else { text })
}

/// The symbology identifier, if a scanner put one there, and what was read.
fn symbology(text: &str) -> (&str, &str) {
    let is_one = |code: &str| {
        let mut characters = code.chars();
        characters.next() == Some(']')
            && characters.next().is_some_and(|c| c.is_ascii_alphabetic())
            && characters.all(|c| c.is_ascii_alphanumeric())
    };
    text.split_at_checked(3).filter(|(code, _)| is_one(code)).unwrap_or(("", text))
}

/// Without `序列号：` or `S/N:` before it.
fn unnamed(text: &str) -> &str {
    let behind = |name: &&str| {
        text.split_at_checked(name.len()).filter(|(start, _)| start.eq_ignore_ascii_case(name)).map(|(_, rest)| rest.trim_start())
    };
    SERIAL_NAMES.iter().find_map(behind).and_then(|rest| rest.strip_prefix(':')).map_or(text, str::trim)
}

/// The identifiers and values of an element string; None when it is none.
fn elements(identifier: &str, content: &str) -> Option<Vec<Element>> {
    let bracketed = content.starts_with('(').then(|| bracketed(content)).flatten();
    if bracketed.is_some() {
        return bracketed;
    }
    let body = content.trim_start_matches(SEPARATOR);
    let elements = concatenated(body)?;
    // Without a sign that it is one, only a GTIN whose check digit is right and something behind it.
    let begins_with_gtin = elements.len() > 1 && elements.first().is_some_and(|(ai, value)| ai == "01" && Gtin::parse(value).is_ok());
    (OF_GS1.contains(&identifier) || content.contains(SEPARATOR) || begins_with_gtin).then_some(elements)
}

/// `(01)…(21)…`: a value ends before the next bracketed identifier; an opening bracket within it may be written `\(`.
fn bracketed(text: &str) -> Option<Vec<Element>> {
    let opening = |text: &str| {
        let (code, _) = text.strip_prefix('(')?.split_once(')')?;
        Ai::find(code).map(|_| (code.to_owned(), code.len() + 2))
    };
    let (mut elements, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (code, length) = opening(rest)?;
        let value = rest.get(length..)?;
        let next = value.match_indices('(').map(|(at, _)| at).find(|at| {
            let is_escaped = value.get(..*at).is_some_and(|before| before.ends_with('\\'));
            !is_escaped && value.get(*at..).and_then(opening).is_some()
        });
        let (value, behind) = value.split_at_checked(next.unwrap_or(value.len()))?;
        elements.push((code, value.trim_matches([' ', SEPARATOR]).replace("\\(", "(")));
        rest = behind;
    }
    Some(elements)
}

/// Identifiers and values one behind the other, as FNC1 carriers hold them.
fn concatenated(text: &str) -> Option<Vec<Element>> {
    let (mut elements, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let code = (2..=4).find_map(|length| rest.get(..length).filter(|code| Ai::find(code).is_some()))?;
        let value = rest.get(code.len()..)?;
        let end = match predefined_length(code) {
            Some(length) => length,
            None => value.find(SEPARATOR).unwrap_or(value.len()),
        };
        let (value, behind) = value.split_at_checked(end)?;
        elements.push((code.to_owned(), value.to_owned()));
        rest = behind.strip_prefix(SEPARATOR).unwrap_or(behind);
    }
    (!elements.is_empty()).then_some(elements)
}

/// Length of the value of an identifier that needs no separator behind it (GS1 General Specifications, figure 7.8.5-2).
fn predefined_length(code: &str) -> Option<usize> {
    Some(match code.get(..2)? {
        "00" => 18,
        "01" | "02" | "03" => 14,
        "04" => 16,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" | "31" | "32" | "33" | "34" | "35" | "36" => 6,
        "20" => 2,
        "41" => 13,
        _ => return None,
    })
}

fn element_string(mut elements: Vec<Element>, written: &str) -> Result<Scan, LinkError> {
    for (_, value) in elements.iter_mut().filter(|(code, value)| code == "01" && matches!(value.len(), 8 | 12 | 13)) {
        *value = format!("{value:0>14}");
    }
    // A carrier may say the same twice, but not two things of one kind.
    let mut said: Vec<Element> = Vec::new();
    for (code, value) in elements {
        match said.iter().find(|(other, _)| *other == code) {
            Some((_, other)) if *other == value => {}
            Some(_) => return Err(LinkError::Duplicate(code)),
            None => said.push((code, value)),
        }
    }
    let pairs: Vec<(&str, &str)> = said.iter().map(|(code, value)| (code.as_str(), value.as_str())).collect();
    match DigitalLink::build("https://example.com", &pairs) {
        Ok(uri) => DigitalLink::parse(&uri).map(Scan::ElementString),
        // A serial or a lot by itself names nothing for GS1, but something for us.
        Err(LinkError::NoKey) => match pairs.as_slice() {
            [("21" | "10", value)] => Ok(plain(value, value)),
            _ => Ok(Scan::Other(written.to_owned())),
        },
        Err(error) => Err(error),
    }
}

/// An address: with its scheme in lower case and without slashes at the end of its path. A telephone that leaves the scheme out is understood.
fn address(text: &str) -> Option<String> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => {
            let is_ours = text.contains("/01/") || text.contains("/C/") || text.contains("/c/");
            (is_ours && !text.contains(char::is_whitespace)).then_some(("https".to_owned(), text))?
        }
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, behind) = rest.split_at_checked(end)?;
    let host = if path.starts_with('/') && !text.contains("://") { "example.com" } else { "" };
    Some(format!("{scheme}://{host}{}{behind}", path.trim_end_matches('/')))
}

/// The serial of an address `…/C/{serial}`.
fn serial_address(address: &str) -> Option<&str> {
    let path = address.split(['?', '#']).next()?;
    let (before, serial) = path.rsplit_once('/')?;
    (before.ends_with("/C") || before.ends_with("/c")).then_some(serial).filter(|serial| !serial.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERIAL: &str = "0K8JYHFBAF2GXMNFX4WA";

    fn named(text: &str) -> (Option<String>, Option<String>, Option<String>) {
        let scan = read(text).expect(text);
        let link = scan.elements().unwrap_or_else(|| panic!("{text}: {scan:?}"));
        let own = |value: Option<&str>| value.map(str::to_owned);
        (link.gtin().map(|gtin| gtin.to_string()), own(link.serial()), own(link.lot()))
    }

    #[test]
    fn addresses_as_telephones_and_chats_hand_them_on() {
        for text in [
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA",
            "HTTPS://ID.BRAND.CN/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA",
            "Https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA/",
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA//",
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA/?lang=en",
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA?utm_source=x#top",
            "\u{feff}https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA\u{200b}\r\n",
            "https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA。",
            "id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA",
            "/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA",
            "]Q1https://id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA",
            "https：//id.brand.cn/01/09506000134352/21/0K8JYHFBAF2GXMNFX4WA",
        ] {
            assert!(matches!(read(text), Ok(Scan::DigitalLink(_))), "{text}");
            assert_eq!(named(text), (Some("09506000134352".into()), Some(SERIAL.into()), None), "{text}");
        }
        for text in [
            "https://id.brand.cn/C/0K8JYHFBAF2GXMNFX4WA",
            "HTTPS://ID.BRAND.CN/C/0K8JYHFBAF2GXMNFX4WA/",
            "https://id.brand.cn/c/0K8JYHFBAF2GXMNFX4WA?lang=zh",
            "id.brand.cn/C/0K8JYHFBAF2GXMNFX4WA",
        ] {
            assert_eq!(read(text), Ok(Scan::SerialAddress(SERIAL.into())), "{text}");
        }
    }

    #[test]
    fn element_strings_as_scanners_hand_them_on() {
        for text in [
            "(01)09506000134352(21)0K8JYHFBAF2GXMNFX4WA(10)L-7",
            "(01) 09506000134352 (21) 0K8JYHFBAF2GXMNFX4WA (10) L-7",
            "(21)0K8JYHFBAF2GXMNFX4WA(10)L-7(01)09506000134352",
            "（01）09506000134352（21）0K8JYHFBAF2GXMNFX4WA（10）L-7",
            "(01)9506000134352(10)L-7(21)0K8JYHFBAF2GXMNFX4WA",
            "010950600013435210L-7\u{1d}210K8JYHFBAF2GXMNFX4WA",
            "]d2010950600013435210L-7\u{1d}210K8JYHFBAF2GXMNFX4WA",
            "]C1010950600013435210L-7\u{1d}210K8JYHFBAF2GXMNFX4WA\r",
            "\u{1d}010950600013435210L-7\u{1d}210K8JYHFBAF2GXMNFX4WA",
            "]Q3010950600013435210L-7<GS>210K8JYHFBAF2GXMNFX4WA",
            "010950600013435210L-7{FNC1}210K8JYHFBAF2GXMNFX4WA",
            "<FNC1>0109506000134352210K8JYHFBAF2GXMNFX4WA␝10L-7",
        ] {
            assert!(matches!(read(text), Ok(Scan::ElementString(_))), "{text}: {:?}", read(text));
            assert_eq!(named(text), (Some("09506000134352".into()), Some(SERIAL.into()), Some("L-7".into())), "{text}");
        }
        // With nothing that says it is one but a right GTIN.
        assert_eq!(named("0109506000134352210K8JYHFBAF2GXMNFX4WA").1.as_deref(), Some(SERIAL));
        assert_eq!(named("(01)09506000134352(17)280331(21)A\\(1)B").1.as_deref(), Some("A(1)B"));
        assert_eq!(named("]d20109506000134352112601311728033121AB").1.as_deref(), Some("AB"));
        assert_eq!(named("]C10109506000134352").0.as_deref(), Some("09506000134352"));
        // A per cent sign is itself: what some encoders double or turn into a separator is not guessed at.
        assert_eq!(named("]Q3010952123454321310a%b<GS>21sn7"), (Some("09521234543213".into()), Some("sn7".into()), Some("a%b".into())));
    }

    #[test]
    fn plain_numbers_and_codes() {
        let serial = Scan::Serial(Serial::parse(SERIAL).unwrap());
        for text in [
            "0K8JYHFBAF2GXMNFX4WA",
            "0k8jy-hfbaf-2gxmn-fx4wa",
            "OK8JY HFBAF 2GXMN FX4WA",
            "序列号：0K8JYHFBAF2GXMNFX4WA",
            "S/N: 0K8JY-HFBAF-2GXMN-FX4WA",
            "]C00K8JYHFBAF2GXMNFX4WA",
            "(21)0K8JYHFBAF2GXMNFX4WA",
        ] {
            assert_eq!(read(text), Ok(serial.clone()), "{text}");
        }
        for text in ["9506000134352", " 09506000134352 ", "]E09506000134352", "９５０６０００１３４３５２"] {
            assert_eq!(read(text), Ok(Scan::Gtin(Gtin::parse("09506000134352").unwrap())), "{text}");
        }
        for (text, other) in [
            ("", ""),
            (" B-2026-015\u{200b}", "B-2026-015"),
            ("FAB/0117", "FAB/0117"),
            ("0K8JYHFBAF2GXMNFX4WB", "0K8JYHFBAF2GXMNFX4WB"),
            ("9506000134353", "9506000134353"),
            ("ＦＡＢ０１１７", "ＦＡＢ０１１７"),
            ("(10)LOT7", "LOT7"),
            ("(red)", "(red)"),
            ("]", "]"),
            ("10-4411", "10-4411"),
            ("0109506000134353210K8J", "0109506000134353210K8J"),
            ("]E0B-7", "B-7"),
            ("序列号：ABC", "ABC"),
        ] {
            assert_eq!(read(text), Ok(Scan::Other(other.into())), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_or_an_element_string_is_said() {
        assert_eq!(read("https://id.brand.cn/about"), Err(LinkError::NoKey));
        assert!(matches!(read("https://id.brand.cn/01/09506000134353/21/A"), Err(LinkError::Value { .. })));
        assert!(matches!(read("(01)09506000134353(21)A"), Err(LinkError::Value { .. })));
        assert!(matches!(read("]d20109506000134353"), Err(LinkError::Value { .. })));
        assert_eq!(read("ftp://id.brand.cn/01/09506000134352"), Err(LinkError::Scheme));
        assert_eq!(read("(01)09506000134352(21)A(21)B"), Err(LinkError::Duplicate("21".into())));
        assert_eq!(named("(01)09506000134352(21)A(21)A").1.as_deref(), Some("A"));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,60}", tail in "[\\]()0-9/:CcdeQ<>GS{}\u{1d}]{0,60}") {
            let _ = read(&text);
            let _ = read(&tail);
            let _ = read(&format!("(01)09506000134352{tail}"));
            let _ = read(&format!("0109506000134352{tail}"));
            let _ = read(&format!("https://{tail}"));
        }

        #[test]
        fn what_gs1_writes_is_read(lot in "[A-Z0-9.-]{1,20}", serial in "[A-Z0-9.-]{1,20}") {
            let brackets = read(&format!("(01)09506000134352(10){lot}(21){serial}"));
            let fnc1 = read(&format!("]d2010950600013435210{lot}\u{1d}21{serial}"));
            prop_assert_eq!(&brackets, &fnc1);
            let scan = brackets.unwrap();
            let link = scan.elements().unwrap();
            prop_assert_eq!((link.lot(), link.serial()), (Some(lot.as_str()), Some(serial.as_str())));
        }
    }
}
