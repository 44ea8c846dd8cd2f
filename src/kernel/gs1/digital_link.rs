//! GS1 Digital Link addresses: read strictly, written canonically.
//!
//! Read as the GS1 Barcode Syntax Engine reads them: GTINs of fourteen digits only (behind the question mark shorter ones are filled up),
//! any stem before the rightmost primary key, qualifiers in their order, `+` is itself in the path and a space in the query, every
//! identifier once, unknown numeric keys refused and other unknown keys ignored, the fragment ignored, no slash at the end.
//! One difference, on purpose: a value of more than ninety characters is refused, not cut off.

use serde::Serialize;

use super::Gtin;
use super::ai::{self, Ai};
use crate::kernel::serial::Serial;
use crate::kernel::{Code, Error, Refusal, Result, parsed, saturating};

/// The longest address that is read.
const MAX_LENGTH: usize = 8191;
/// Identifiers and ignored keys an address may have.
const MAX_ELEMENTS: usize = 64;

/// Why an address is not a GS1 Digital Link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Longer than an address that is read.
    #[error("longer than {MAX_LENGTH} characters")]
    TooLong,
    /// A character that may not stand in a URI.
    #[error("{0:?} may not stand in a URI")]
    Character(char),
    /// Neither http nor https, in one case.
    #[error("does not begin with http:// or https://")]
    Scheme,
    /// Nothing behind the scheme, or no path.
    #[error("has no host or no path")]
    NoPath,
    /// A character that may not stand in a host.
    #[error("{0:?} may not stand in a host")]
    Host(char),
    /// No primary key with a value at the end of the path.
    #[error("the path does not end in a GS1 key and its qualifiers")]
    NoKey,
    /// Nothing behind an identifier.
    #[error("({0}) is empty")]
    Empty(String),
    /// A zero byte.
    #[error("({0}) has a zero byte")]
    ZeroByte(String),
    /// Behind the question mark, a number that is no identifier.
    #[error("({0}) is not an application identifier")]
    UnknownAi(String),
    /// More elements than are read.
    #[error("has more than {MAX_ELEMENTS} elements")]
    TooMany,
    /// Qualifiers that the key does not take, or not in this order.
    #[error("({key}) does not take these qualifiers in this order")]
    Order {
        /// The primary key.
        key: String,
    },
    /// An identifier twice.
    #[error("({0}) stands there twice")]
    Duplicate(String),
    /// Behind the question mark, an identifier that may not stand there.
    #[error("({0}) may not be a data attribute")]
    NotAnAttribute(String),
    /// Behind the question mark, an identifier that belongs into the path.
    #[error("({0}) belongs into the path")]
    BelongsInPath(String),
    /// A value that is none of its identifier.
    #[error("({ai}) {value}: {reason}")]
    Value {
        /// The identifier.
        ai: String,
        /// Its value, decoded.
        value: String,
        /// What is wrong.
        reason: String,
    },
    /// Two identifiers that exclude each other.
    #[error("({ai}) may not stand beside ({other})")]
    Excluded {
        /// The one.
        ai: String,
        /// The other.
        other: String,
    },
    /// An identifier without what it needs.
    #[error("({ai}) needs one of: {needs}")]
    Needs {
        /// The identifier.
        ai: String,
        /// What would do, as in the table.
        needs: &'static str,
    },
    /// A digital signature beside a key without its serial part.
    #[error("({0}) needs its serial part beside a digital signature")]
    SerialPart(String),
}

impl From<LinkError> for Refusal {
    /// With the name of the reason, which is said in words, and what it is about.
    fn from(error: LinkError) -> Self {
        let of = |reason: &'static str| Refusal::new(Code::NotADigitalLink).with("reason", reason);
        match error {
            LinkError::TooLong => of("link-too-long").with("max", MAX_LENGTH),
            LinkError::Character(character) | LinkError::Host(character) => {
                of("link-character").with("character", character.escape_debug())
            }
            LinkError::Scheme => of("link-scheme"),
            LinkError::NoPath => of("link-no-path"),
            LinkError::NoKey => of("link-no-key"),
            LinkError::Empty(ai) => of("link-empty").with("ai", ai),
            LinkError::ZeroByte(ai) => of("link-zero-byte").with("ai", ai),
            LinkError::UnknownAi(ai) => of("link-unknown-ai").with("ai", ai),
            LinkError::TooMany => of("link-too-many").with("max", MAX_ELEMENTS),
            LinkError::Order { key } => of("link-order").with("ai", key),
            LinkError::Duplicate(ai) => of("link-duplicate").with("ai", ai),
            LinkError::NotAnAttribute(ai) => of("link-not-an-attribute").with("ai", ai),
            LinkError::BelongsInPath(ai) => of("link-belongs-in-path").with("ai", ai),
            LinkError::Value { ai, value, .. } => of("link-value").with("ai", ai).with("value", value),
            LinkError::Excluded { ai, other } => of("link-excluded").with("ai", ai).with("other", other),
            LinkError::Needs { ai, needs } => of("link-needs").with("ai", ai).with("needs", needs),
            LinkError::SerialPart(ai) => of("link-serial-part").with("ai", ai),
        }
    }
}

impl From<LinkError> for Error {
    fn from(error: LinkError) -> Self {
        Refusal::from(error).into()
    }
}

/// An application identifier and its value, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Two to four digits.
    pub ai: String,
    /// Its value.
    pub value: String,
    row: &'static Ai,
}

/// A GS1 Digital Link that keeps every rule: its primary key first, then qualifiers, then data attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigitalLink {
    elements: Vec<Element>,
    in_path: usize,
}

impl DigitalLink {
    /// Reads a whole address.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(uri: &str) -> Result<Self, LinkError> {
        check_characters(uri)?;
        let rest =
            ["https://", "HTTPS://", "http://", "HTTP://"].iter().find_map(|scheme| uri.strip_prefix(scheme)).ok_or(LinkError::Scheme)?;
        let (host, path) = rest.split_once('/').filter(|(host, _)| !host.is_empty()).ok_or(LinkError::NoPath)?;
        if let Some(wrong) = host.chars().find(|character| "_~?#@!$&'()*+,;=%".contains(*character)) {
            return Err(LinkError::Host(wrong));
        }
        Self::parse_checked(path)
    }

    /// Reads what follows the host: a path that begins with a slash, and a query if there is one.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse_path(path: &str) -> Result<Self, LinkError> {
        check_characters(path)?;
        Self::parse_checked(path.strip_prefix('/').ok_or(LinkError::NoPath)?)
    }

    fn parse_checked(path: &str) -> Result<Self, LinkError> {
        let path = path.split_once('#').map_or(path, |(before, _)| before);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut elements = path_elements(path)?;
        let in_path = elements.len();
        let mut count = in_path;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            count += 1;
            if let Some(element) = query_element(pair)? {
                elements.push(element);
            }
        }
        // An ampersand at the end counts as one more, empty, key.
        if count + usize::from(query.ends_with('&')) > MAX_ELEMENTS {
            return Err(LinkError::TooMany);
        }
        let link = Self { elements, in_path };
        link.check_places()?;
        link.check_values()?;
        link.check_company()?;
        Ok(link)
    }

    /// Every identifier where it may be, once.
    fn check_places(&self) -> Result<(), LinkError> {
        let Some((key, qualifiers)) = self.path_elements().split_first() else { return Err(LinkError::NoKey) };
        let orders = key.row.qualifiers().unwrap_or_default();
        let qualifiers: Vec<&str> = qualifiers.iter().map(|element| element.ai.as_str()).collect();
        if !ai::in_order(orders, &qualifiers) {
            return Err(LinkError::Order { key: key.ai.clone() });
        }
        for (place, attribute) in self.elements.iter().enumerate().skip(self.in_path) {
            let code = &attribute.ai;
            if self.elements.iter().take(place).any(|other| other.ai == *code) {
                return Err(LinkError::Duplicate(code.clone()));
            }
            if !attribute.row.attribute {
                return Err(LinkError::NotAnAttribute(code.clone()));
            }
            let would_fit = (0..=qualifiers.len()).any(|at| {
                let (before, after) = qualifiers.split_at_checked(at).unwrap_or_default();
                ai::in_order(orders, &[before, &[code.as_str()], after].concat())
            });
            if would_fit {
                return Err(LinkError::BelongsInPath(code.clone()));
            }
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), LinkError> {
        match self.elements.iter().find_map(|element| Some((element, element.row.fault(&element.value)?))) {
            None => Ok(()),
            Some((element, reason)) => Err(LinkError::Value { ai: element.ai.clone(), value: element.value.clone(), reason }),
        }
    }

    /// Who must and who may not stand beside whom.
    fn check_company(&self) -> Result<(), LinkError> {
        for element in &self.elements {
            let beside = |pattern: &str| self.elements.iter().find(|other| other.ai != element.ai && ai::matches(pattern, &other.ai));
            if let Some(other) = words(element.row.excludes).find_map(beside) {
                return Err(LinkError::Excluded { ai: element.ai.clone(), other: other.ai.clone() });
            }
            let needs = element.row.needs;
            let satisfied = needs.is_empty() || words(needs).any(|group| group.split('+').all(|wanted| beside(wanted).is_some()));
            if !satisfied {
                return Err(LinkError::Needs { ai: element.ai.clone(), needs });
            }
        }
        if self.get("8030").is_some() {
            let bare =
                |element: &&Element| matches!(element.row.first, "253" | "255" | "8003") && element.value.len() == element.row.lengths().0;
            if let Some(element) = self.elements.iter().find(bare) {
                return Err(LinkError::SerialPart(element.ai.clone()));
            }
        }
        Ok(())
    }

    /// All elements: primary key, qualifiers, then data attributes in the order they came.
    pub fn all(&self) -> &[Element] {
        &self.elements
    }

    /// Primary key and qualifiers.
    pub fn path_elements(&self) -> &[Element] {
        self.elements.get(..self.in_path).unwrap_or_default()
    }

    /// Data attributes, in the order they came.
    pub fn attributes(&self) -> &[Element] {
        self.elements.get(self.in_path..).unwrap_or_default()
    }

    /// The bracketed element string, such as `(01)09506000134352(21)ABC`; an opening bracket within a value is written `\(`.
    pub fn elements(&self) -> String {
        let mut text = String::new();
        for element in &self.elements {
            text.push('(');
            text.push_str(&element.ai);
            text.push(')');
            text.push_str(&element.value.replace('(', "\\("));
        }
        text
    }

    /// The value of an identifier.
    pub fn get(&self, code: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.ai == code).map(|element| element.value.as_str())
    }

    /// The GTIN (AI 01).
    pub fn gtin(&self) -> Option<Gtin> {
        self.get("01").and_then(parsed)
    }

    /// The consumer product variant (AI 22).
    pub fn cpv(&self) -> Option<&str> {
        self.get("22")
    }

    /// The batch or lot (AI 10).
    pub fn lot(&self) -> Option<&str> {
        self.get("10")
    }

    /// The serial (AI 21), as written; not necessarily one of ours.
    pub fn serial(&self) -> Option<&str> {
        self.get("21")
    }

    /// The address under `stem`, such as `https://id.brand.cn`: the first primary key among the elements, its qualifiers in their
    /// order, the rest as data attributes in the order given; reserved characters percent-encoded.
    ///
    /// # Errors
    /// What [`DigitalLink::parse`] says of the result.
    pub fn build(stem: &str, elements: &[(&str, &str)]) -> Result<String, LinkError> {
        let orders_of = |code: &str| Ai::find(code).and_then(Ai::qualifiers);
        let (key, orders) = elements.iter().find_map(|(code, _)| Some((*code, orders_of(code)?))).ok_or(LinkError::NoKey)?;
        let given = |order: &str| words(order).filter(|place| elements.iter().any(|(code, _)| code == place)).count();
        let mut order = "";
        for candidate in orders {
            if given(candidate) > given(order) {
                order = candidate;
            }
        }
        let mut uri = stem.strip_suffix('/').unwrap_or(stem).to_owned();
        for place in [key].into_iter().chain(words(order)) {
            for (code, value) in elements.iter().filter(|(code, _)| *code == place) {
                uri.push('/');
                uri.push_str(code);
                uri.push('/');
                percent_encode(value, &mut uri);
            }
        }
        let mut separator = '?';
        for (code, value) in elements.iter().filter(|(code, _)| *code != key && !words(order).any(|place| place == *code)) {
            uri.push(separator);
            uri.push_str(code);
            uri.push('=');
            percent_encode(value, &mut uri);
            separator = '&';
        }
        Self::parse(&uri).map(|_| uri)
    }

    /// The address on our labels, in upper case so that the QR code is alphanumeric: `HTTPS://ID.BRAND.CN/01/…/21/…`.
    /// `stem` is scheme and host (and a path, if a resolver has one that is answered in upper case).
    pub fn label(stem: &str, gtin: &Gtin, serial: &Serial) -> String {
        format!("{}/01/{gtin}/21/{serial}", stem.trim_end_matches('/').to_ascii_uppercase())
    }
}

/// The elements at the end of a path that has lost its first slash, from the rightmost primary key on.
fn path_elements(path: &str) -> Result<Vec<Element>, LinkError> {
    let mut pairs = Vec::new();
    let mut rest = path;
    loop {
        // "…/ai/value": the identifier may be the first segment of all.
        let (before, value) = rest.rsplit_once('/').ok_or(LinkError::NoKey)?;
        let (before, code) = before.rsplit_once('/').map_or((None, before), |(before, code)| (Some(before), code));
        let row = Ai::find(code).ok_or(LinkError::NoKey)?;
        pairs.push((row, code, value));
        if row.qualifiers().is_some() {
            break;
        }
        rest = before.ok_or(LinkError::NoKey)?;
    }
    pairs.into_iter().rev().map(|(row, code, value)| element(row, code, value, false)).collect()
}

/// The element of one `key=value`; None for what is to be ignored.
fn query_element(pair: &str) -> Result<Option<Element>, LinkError> {
    let Some((code, value)) = pair.split_once('=') else { return Ok(None) };
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let row = Ai::find(code).ok_or_else(|| LinkError::UnknownAi(code.to_owned()))?;
    let mut element = element(row, code, value, true)?;
    if code == "01" && matches!(element.value.len(), 8 | 12 | 13) {
        element.value = format!("{:0>14}", element.value);
    }
    Ok(Some(element))
}

fn element(row: &'static Ai, code: &str, value: &str, in_query: bool) -> Result<Element, LinkError> {
    let ai = code.to_owned();
    if value.is_empty() {
        return Err(LinkError::Empty(ai));
    }
    let bytes = percent_decode(value, in_query);
    if bytes.contains(&0) {
        return Err(LinkError::ZeroByte(ai));
    }
    match String::from_utf8(bytes) {
        Ok(value) => Ok(Element { ai, value, row }),
        Err(_) => Err(LinkError::Value { ai, value: value.to_owned(), reason: "a character that may not stand there".to_owned() }),
    }
}

fn check_characters(uri: &str) -> Result<(), LinkError> {
    if uri.len() > MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    let allowed = |character: &char| character.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(*character);
    uri.chars().find(|character| !allowed(character)).map_or(Ok(()), |wrong| Err(LinkError::Character(wrong)))
}

/// A percent sign that no two hexadecimal digits follow stands for itself.
fn percent_decode(text: &str, in_query: bool) -> Vec<u8> {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).map(saturating::<u8>);
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        place += 1;
        decoded.push(match byte {
            b'%' => match (hex(bytes.get(place)), hex(bytes.get(place + 1))) {
                (Some(high), Some(low)) => {
                    place += 2;
                    high << 4 | low
                }
                _ => b'%',
            },
            b'+' if in_query => b' ',
            other => *other,
        });
    }
    decoded
}

/// Everything but RFC 3986's unreserved characters is encoded.
fn percent_encode(text: &str, into: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| HEX.get(usize::from(digit))));
        }
    }
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ').filter(|word| !word.is_empty())
}

#[derive(Serialize)]
struct Verdict {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    elements: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// One line of `hangtag gs1 parse`: `{"ok":true,"elements":"…"}` or `{"ok":false,"error":"…"}` for the address on the line.
///
/// # Errors
/// [`Error::Broken`] when the answer cannot be written as JSON.
pub fn parse_line(line: &str) -> Result<String> {
    let verdict = match DigitalLink::parse(line.trim_end_matches(['\r', '\n'])) {
        Ok(link) => Verdict { ok: true, elements: Some(link.elements()), error: None },
        Err(error) => Verdict { ok: false, elements: None, error: Some(error.to_string()) },
    };
    serde_json::to_string(&verdict).map_err(Error::broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        uri: String,
        ok: bool,
        elements: Option<String>,
    }

    #[test]
    fn vectors() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/gs1");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let vectors: Vec<Vector> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            for vector in vectors {
                let read = DigitalLink::parse(&vector.uri);
                assert_eq!(read.is_ok(), vector.ok, "{}: {:?}", vector.uri, read.err());
                if let (Some(expected), Ok(link)) = (vector.elements, read) {
                    assert_eq!(link.elements(), expected, "{}", vector.uri);
                }
                seen += 1;
            }
        }
        assert!(seen >= 120, "only {seen} vectors found in {folder}");
    }

    #[test]
    fn parts_of_a_label() {
        let link = DigitalLink::parse("HTTPS://ID.BRAND.CN/01/09506000134352/22/R2/10/B2611A/21/7VPE84F7HXG99ZYCNSXM?17=280331").unwrap();
        assert_eq!(link.gtin(), Some(Gtin::parse("09506000134352").unwrap()));
        assert_eq!((link.cpv(), link.lot(), link.serial()), (Some("R2"), Some("B2611A"), Some("7VPE84F7HXG99ZYCNSXM")));
        assert_eq!((link.path_elements().len(), link.attributes().len(), link.get("17")), (4, 1, Some("280331")));
        assert_eq!(link, DigitalLink::parse_path("/01/09506000134352/22/R2/10/B2611A/21/7VPE84F7HXG99ZYCNSXM?17=280331").unwrap());
        assert_eq!(DigitalLink::parse_path("01/09506000134352"), Err(LinkError::NoPath));
        assert_eq!(DigitalLink::parse_path("/01/09506000134352/"), Err(LinkError::NoKey));
    }

    #[test]
    fn labels_are_upper_case_and_read_back() {
        let (gtin, serial) = (Gtin::parse("6901234567892").unwrap(), Serial::parse("7VPE84F7HXG99ZYCNSXM").unwrap());
        let label = DigitalLink::label("https://id.brand.cn/", &gtin, &serial);
        assert_eq!(label, "HTTPS://ID.BRAND.CN/01/06901234567892/21/7VPE84F7HXG99ZYCNSXM");
        let link = DigitalLink::parse(&label).unwrap();
        assert_eq!((link.gtin(), link.serial()), (Some(gtin), Some(serial.as_str())));
    }

    #[test]
    fn building() {
        let build = |elements: &[(&str, &str)]| DigitalLink::build("https://id.brand.cn/", elements);
        assert_eq!(
            build(&[("21", "A/B"), ("17", "280331"), ("01", "09506000134352"), ("10", "L+1"), ("99", "a b?")]).unwrap_err(),
            LinkError::Value { ai: "99".into(), value: "a b?".into(), reason: "a character that may not stand there".into() }
        );
        assert_eq!(
            build(&[("21", "A/B"), ("17", "280331"), ("01", "09506000134352"), ("10", "L+1"), ("99", "a?")]).unwrap(),
            "https://id.brand.cn/01/09506000134352/10/L%2B1/21/A%2FB?17=280331&99=a%3F"
        );
        assert_eq!(build(&[("414", "9520123456788"), ("254", "32a/b")]).unwrap(), "https://id.brand.cn/414/9520123456788/254/32a%2Fb");
        assert_eq!(build(&[("10", "L1")]), Err(LinkError::NoKey));
        assert!(matches!(build(&[("01", "09506000134353")]), Err(LinkError::Value { .. })));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (uri, words) in [
            ("ftp://a/01/09506000134352", "does not begin with http:// or https://"),
            ("https://a/01/09506000134352?x=ü", "'ü' may not stand in a URI"),
            ("https://a/01/09506000134353", "(01) 09506000134353: the check digit should be 2"),
            ("https://a/01/9506000134352", "(01) 9506000134352: shorter than 14 characters"),
            ("https://a/01/09506000134352/21/", "(21) is empty"),
            ("https://a/01/09506000134352/21/A%00", "(21) has a zero byte"),
            ("https://a/01/09506000134352/21/A/10/B", "(01) does not take these qualifiers in this order"),
            ("https://a/01/09506000134352?10=B", "(10) belongs into the path"),
            ("https://a/01/09506000134352?21=B", "(21) may not be a data attribute"),
            ("https://a/01/09506000134352?89=B", "(89) is not an application identifier"),
            ("https://a/01/09506000134352?99=B&99=B", "(99) stands there twice"),
            ("https://a/01/09506000134352?37=5", "(01) may not stand beside (37)"),
            ("https://a/414/9520123456788?17=280331", "(17) needs one of: 01 02 03 255 8006 8026"),
            ("https://a/253/1231231231232?8030=ABC", "(253) needs its serial part beside a digital signature"),
        ] {
            assert_eq!(DigitalLink::parse(uri).unwrap_err().to_string(), words, "{uri}");
        }
        let refusal = Refusal::from(LinkError::NoKey);
        assert_eq!((refusal.code, refusal.args.len()), (Code::NotADigitalLink, 1));
    }

    #[test]
    fn lines() {
        assert_eq!(
            parse_line("https://a/01/09506000134352/21/A(\"1\r\n").unwrap(),
            r#"{"ok":false,"error":"'\"' may not stand in a URI"}"#
        );
        assert_eq!(
            parse_line("https://a/01/09506000134352/21/A(%221").unwrap(),
            r#"{"ok":true,"elements":"(01)09506000134352(21)A\\(\"1"}"#
        );
    }

    #[test]
    fn bounds() {
        let keys = |count: usize| format!("https://a/01/09506000134352?{}", vec!["k=v"; count].join("&"));
        assert!(DigitalLink::parse(&keys(63)).is_ok());
        assert_eq!(DigitalLink::parse(&keys(64)), Err(LinkError::TooMany));
        assert_eq!(DigitalLink::parse(&format!("{}&", keys(63))), Err(LinkError::TooMany));
        let long = format!("https://{}/01/09506000134352", "a".repeat(8191));
        assert_eq!(DigitalLink::parse(&long), Err(LinkError::TooLong));
    }

    const VALUE: &str = "[!\"%&'()*+,\\-./0-9:;<=>?A-Z_a-z]{1,20}";

    proptest! {
        #[test]
        fn what_is_built_reads_back(lot in VALUE, serial in VALUE, own in VALUE, with_lot: bool, with_serial: bool) {
            let mut elements = vec![("99", own.as_str()), ("01", "09506000134352"), ("17", "280331")];
            let mut expected = vec![("01", "09506000134352")];
            if with_serial {
                elements.insert(0, ("21", &serial));
            }
            if with_lot {
                elements.push(("10", &lot));
                expected.push(("10", &lot));
            }
            if with_serial {
                expected.push(("21", &serial));
            }
            expected.extend([("99", own.as_str()), ("17", "280331")]);
            let uri = DigitalLink::build("https://id.brand.cn/garments", &elements).unwrap();
            let link = DigitalLink::parse(&uri).unwrap();
            let read: Vec<_> = link.all().iter().map(|element| (element.ai.as_str(), element.value.as_str())).collect();
            prop_assert_eq!(&read, &expected);
            prop_assert_eq!(DigitalLink::build("https://id.brand.cn/garments", &read).unwrap(), uri);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,60}", tail in "[/?&=%#+0-9a-fA-F]{0,60}") {
            let _ = DigitalLink::parse(&text);
            let _ = DigitalLink::parse_path(&text);
            let _ = DigitalLink::parse(&format!("https://a/{tail}"));
            let _ = DigitalLink::parse(&format!("https://a/01/09506000134352{tail}"));
            parse_line(&text).unwrap();
            for row in ai::TABLE {
                let _ = row.fault(&text);
                let _ = row.fault(&tail);
            }
        }
    }
}
