//! Tests of single values: check digits, character sets, dates, code lists.

use super::coupon;
use super::lists::{COUNTRIES, COUNTRY_LETTERS, CURRENCIES, PACKAGE_TYPES};
use crate::kernel::{parsed, saturating};

/// Character sets an element may be written in (GS1 General Specifications, section 7.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Digits.
    N,
    /// The 82 characters of ISO/IEC 646 that GS1 allows in keys and attributes.
    X,
    /// The 39 characters of a component/part identifier.
    Y,
    /// File-safe base64, with or without padding.
    Z,
}

/// The 82 characters, in the order of their values.
const CSET_82: &str = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// The characters of an alphanumeric check pair, in the order of their values.
const CSET_32: &str = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

impl Set {
    /// Whether every character of `text` is in the set.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Set::N => digits(text),
            Set::X => text.chars().all(|character| CSET_82.contains(character)),
            Set::Y => text.bytes().all(|byte| matches!(byte, b'#' | b'-' | b'/' | b'0'..=b'9' | b'A'..=b'Z')),
            Set::Z => {
                let body = text.trim_end_matches('=');
                let padding = text.len() - body.len();
                padding <= 2
                    && (padding == 0 || text.len().is_multiple_of(3))
                    && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }
        }
    }
}

/// What a component of a value must be, besides written in its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Ends in its check digit.
    Csum,
    /// Ends in its pair of check characters.
    CsumAlpha,
    /// Begins with a GS1 company prefix: at least four digits.
    Gcp,
    /// A date YYMMDD, whose day may be 00.
    Yymmd0,
    /// A date YYMMDD.
    Yymmdd,
    /// A date YYYYMMDD.
    Yyyymmdd,
    /// Hours and minutes.
    HhMi,
    /// Hours.
    Hh,
    /// Minutes or seconds.
    Sixty,
    /// A country, three digits (ISO 3166-1).
    Country,
    /// A country, three digits, or 999 for several.
    CountryOr999,
    /// A country, two letters.
    CountryLetters,
    /// A currency, three digits (ISO 4217).
    Currency,
    /// A sex (ISO/IEC 5218).
    Sex,
    /// Every percent sign begins a percent sequence.
    PercentEncoded,
    /// 0 or 1.
    YesNo,
    /// Hyphens only.
    Hyphen,
    /// An importer index.
    ImporterIndex,
    /// A package type code.
    PackageType,
    /// An AIDC media type.
    MediaType,
    /// A position in a sequence such as 2/3.
    PositionInSequence,
    /// Not only zeros.
    NonZero,
    /// Only zeros.
    Zero,
    /// A winding direction: 0, 1 or 9.
    Winding,
    /// Does not begin with zero.
    NoZeroInFront,
    /// Not only digits.
    HasNonDigit,
    /// A piece number and a number of pieces of the same width, as in 0203.
    PieceOfTotal,
    /// An IBAN.
    Iban,
    /// Latitude plus 90°, in ten-millionths of a degree.
    Latitude,
    /// Longitude plus 180° (modulo 360°), in ten-millionths of a degree.
    Longitude,
    /// A North American coupon code (AI 8110).
    Coupon,
    /// A North American positive offer file coupon (AI 8112).
    PositiveOffer,
}

impl Rule {
    /// Why `text`, a component that is in its character set and of a right length, breaks the rule; None when it does not.
    pub fn fault(self, text: &str) -> Option<String> {
        let (right, reason) = match self {
            Rule::Csum => {
                return wrong_check_digit(text.as_bytes()).map(|expected| format!("the check digit should be {}", char::from(expected)));
            }
            Rule::CsumAlpha => (check_pair(text), "the check characters are wrong"),
            Rule::Gcp => (company_prefix(text), "does not begin with a GS1 company prefix"),
            Rule::Yymmd0 => (date(text, true), "not a date"),
            Rule::Yymmdd | Rule::Yyyymmdd => (date(text, false), "not a date"),
            Rule::HhMi => (number(text).is_some_and(|time| time / 100 < 24 && time % 100 < 60), "not a time"),
            Rule::Hh => (number(text).is_some_and(|hour| hour < 24), "not an hour"),
            Rule::Sixty => (number(text).is_some_and(|part| part < 60), "not a minute or second"),
            Rule::Country => (listed(COUNTRIES, text), "not an ISO 3166 country number"),
            Rule::CountryOr999 => (text == "999" || listed(COUNTRIES, text), "not an ISO 3166 country number"),
            Rule::CountryLetters => (listed(COUNTRY_LETTERS, text), "not an ISO 3166 country"),
            Rule::Currency => (listed(CURRENCIES, text), "not an ISO 4217 currency number"),
            Rule::Sex => (matches!(text, "0" | "1" | "2" | "9"), "not an ISO/IEC 5218 code"),
            Rule::PercentEncoded => (percent_encoded(text), "an incomplete percent sequence"),
            Rule::YesNo => (matches!(text, "0" | "1"), "neither 0 nor 1"),
            Rule::Hyphen => (!text.is_empty() && text.bytes().all(|byte| byte == b'-'), "not a hyphen"),
            Rule::ImporterIndex => (text.len() == 1 && text.bytes().all(importer_index), "not an importer index"),
            Rule::PackageType => (listed(PACKAGE_TYPES, text), "not a package type"),
            Rule::MediaType => (number(text).is_some_and(|kind| matches!(kind, 1..=10 | 80..=99)), "not an AIDC media type"),
            Rule::PositionInSequence => (position_in_sequence(text), "not a position in a sequence"),
            Rule::NonZero => (text.bytes().any(|byte| byte != b'0'), "zero"),
            Rule::Zero => (text.bytes().all(|byte| byte == b'0'), "not zero"),
            Rule::Winding => (matches!(text, "0" | "1" | "9"), "not a winding direction"),
            Rule::NoZeroInFront => (!text.starts_with('0'), "begins with zero"),
            Rule::HasNonDigit => (!digits(text), "nothing but digits"),
            Rule::PieceOfTotal => (piece_of_total(text), "not a piece of a total"),
            Rule::Iban => (iban(text), "not an IBAN"),
            Rule::Latitude => (number(text).is_some_and(|angle| angle <= 1_800_000_000), "not a latitude"),
            Rule::Longitude => (number(text).is_some_and(|angle| angle <= 3_600_000_000), "not a longitude"),
            Rule::Coupon => (coupon::is_coupon(text), "not a coupon code"),
            Rule::PositiveOffer => (coupon::is_positive_offer(text), "not a positive offer coupon code"),
        };
        (!right).then(|| reason.to_owned())
    }
}

/// The check digit that belongs behind `body`: weights 3, 1, 3 … from the right, modulo 10 (GS1 General Specifications, section 7.9.1).
/// None when `body` is not digits.
pub fn check_digit(body: &[u8]) -> Option<u8> {
    let mut sum: u32 = 0;
    for (place, digit) in body.iter().rev().enumerate() {
        let value = u32::from(digit.checked_sub(b'0').filter(|value| *value < 10)?);
        sum += if place % 2 == 0 { 3 * value } else { value };
    }
    Some(b'0' + saturating::<u8>((10 - sum % 10) % 10))
}

/// The check digit that should stand at the end of `digits`, if another one does.
pub fn wrong_check_digit(digits: &[u8]) -> Option<u8> {
    let (last, body) = digits.split_last()?;
    check_digit(body).filter(|expected| expected != last)
}

/// Whether the last two characters are the check pair of those before them: values in CSET 82 times primes from the right, modulo 1021,
/// as two values of CSET 32 (GS1 General Specifications, section 7.9.5).
fn check_pair(text: &str) -> bool {
    let Some((body, pair)) = text.len().checked_sub(2).and_then(|length| text.split_at_checked(length)) else { return false };
    let mut primes = (2_usize..).filter(|number| (2..*number).take_while(|d| d * d <= *number).all(|d| number % d != 0));
    let mut sum = 0;
    for character in body.chars().rev() {
        let (Some(value), Some(prime)) = (CSET_82.find(character), primes.next()) else { return false };
        sum += value * prime;
    }
    sum %= 1021;
    let expected = [sum >> 5, sum & 31].map(|value| CSET_32.chars().nth(value));
    pair.chars().map(Some).eq(expected)
}

fn company_prefix(text: &str) -> bool {
    text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit())
}

pub(super) fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Option<u64> {
    parsed(text)
}

/// YYMMDD or YYYYMMDD. Of a year in two digits only its being a leap year matters, and within the hundred years meant (1972 to 2071)
/// every fourth one is.
pub(super) fn date(text: &str, day_may_be_zero: bool) -> bool {
    let Some(value) = number(text).filter(|_| matches!(text.len(), 6 | 8)) else { return false };
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    let leap = year % 4 == 0 && (text.len() == 6 || year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    day <= last && (day > 0 || day_may_be_zero)
}

/// Whether `text` is one of the words of a list.
fn listed(list: &str, text: &str) -> bool {
    list.split_ascii_whitespace().any(|entry| entry == text)
}

fn percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let mut next = rest.bytes();
        matches!((next.next(), next.next()), (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
    })
}

fn importer_index(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn position_in_sequence(text: &str) -> bool {
    let Some((position, end)) = text.split_once('/') else { return false };
    let counts = |part: &str| digits(part) && !part.is_empty() && !part.starts_with('0');
    counts(position) && counts(end) && (position.len(), position) <= (end.len(), end)
}

fn piece_of_total(text: &str) -> bool {
    let Some((piece, total)) = text.split_at_checked(text.len() / 2).filter(|_| text.len().is_multiple_of(2)) else { return false };
    let counts = |part: &str| part.bytes().any(|byte| byte != b'0');
    counts(piece) && counts(total) && piece <= total
}

/// ISO 13616: country, two check digits, account; the whole rearranged is 1 modulo 97.
fn iban(text: &str) -> bool {
    let Some((country, account)) = text.split_at_checked(4) else { return false };
    if text.len() <= 10 || text.len() > 34 || !country.split_at_checked(2).is_some_and(|(letters, _)| listed(COUNTRY_LETTERS, letters)) {
        return false;
    }
    let mut sum = 0;
    for byte in account.bytes().chain(country.bytes()) {
        sum = match byte {
            b'0'..=b'9' => sum * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => sum * 100 + u32::from(byte - b'A') + 10,
            _ => return false,
        } % 97;
    }
    sum == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts(rule: Rule, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert_eq!(rule.fault(text), None, "{rule:?} {text}");
        }
        for text in wrong {
            assert!(rule.fault(text).is_some(), "{rule:?} {text}");
        }
    }

    #[test]
    fn check_digits() {
        assert_eq!(check_digit(b"0950600013435"), Some(b'2'));
        assert_eq!(check_digit(b"00614141123456789"), Some(b'0'));
        assert_eq!(check_digit(b"09506x"), None);
        assert_eq!(Rule::Csum.fault("09506000134353").unwrap(), "the check digit should be 2");
    }

    #[test]
    fn check_pairs() {
        sorts(
            Rule::CsumAlpha,
            &[
                "1987654Ad4X4bL5ttr2310c2K",
                "12345678901234567890123NT",
                "12345_ABCDEFGHIJKLMCP",
                "99999zzzzzzzzzzzzzzzzzzT2",
                "00000!HV",
                "22",
            ],
            &["1987654Ad4X4bL5ttr2310cXK", "1987654Ad4X4bL5ttr2310c2X", "33", "2", "", "12345678901234567890123N "],
        );
    }

    #[test]
    fn dates_and_times() {
        sorts(Rule::Yymmd0, &["200229", "200600", "000229", "990606", "960229"], &["200230", "210229", "200010", "201310", "200431"]);
        sorts(Rule::Yymmdd, &["200229", "201231"], &["200600", "201232", "230229"]);
        sorts(Rule::Yyyymmdd, &["20000229", "19960229", "24000229"], &["21000229", "20200600", "20201310", "20210229"]);
        sorts(Rule::HhMi, &["0000", "2359"], &["2400", "0060"]);
        sorts(Rule::Hh, &["00", "23"], &["24"]);
        sorts(Rule::Sixty, &["00", "59"], &["60"]);
    }

    #[test]
    fn lists() {
        sorts(Rule::Country, &["004", "156", "840", "894"], &["000", "999", "895"]);
        sorts(Rule::CountryOr999, &["156", "999"], &["987"]);
        sorts(Rule::CountryLetters, &["CN", "GB", "ZW"], &["AA", "cn", "EU"]);
        sorts(Rule::Currency, &["156", "978", "924"], &["000", "987", "191", "932"]);
        sorts(Rule::PackageType, &["1A", "8", "9", "200", "ZZ", "X11"], &["0", "9_", "ZZZ", "AE"]);
        sorts(Rule::MediaType, &["01", "10", "80", "99"], &["00", "11", "79"]);
        sorts(Rule::Sex, &["0", "1", "2", "9"], &["3"]);
    }

    #[test]
    fn figures() {
        sorts(Rule::PositionInSequence, &["1/1", "2/3", "9/9"], &["2/1", "0/1", "1/0", "1//", "x/y", "/11"]);
        sorts(Rule::PieceOfTotal, &["0101", "0203", "9999"], &["0001", "0100", "0302"]);
        sorts(
            Rule::Iban,
            &["FR7630006000011234567890189", "DE91100000000123456789", "GB98MIDL07009312345678", "MT90MALT011000012345MTLCAST001SABC"],
            &["BE71096123456760", "XX361234567890", "BE71", "LC14BOSLxx3456789012345678901230"],
        );
        sorts(Rule::Latitude, &["0000000000", "1800000000"], &["1800000001"]);
        sorts(Rule::Longitude, &["3600000000"], &["3600000001"]);
        sorts(Rule::PercentEncoded, &["ABC%20XYZ", "%00", ""], &["ABC%fg", "ABC%2", "%"]);
        sorts(Rule::NoZeroInFront, &["1", "10"], &["0", "01"]);
        sorts(Rule::NonZero, &["0001"], &["0000"]);
        sorts(Rule::Winding, &["0", "1", "9"], &["2"]);
        sorts(Rule::ImporterIndex, &["-", "_", "a", "Z", "0"], &["=", "!"]);
        sorts(Rule::Gcp, &["1234", "1234A"], &["123", "12A4"]);
    }

    #[test]
    fn character_sets() {
        assert!(Set::X.holds("!\"%&'()*+,-./09:;<=>?AZ_az") && !Set::X.holds("#") && !Set::X.holds(" ") && !Set::X.holds("棉"));
        assert!(Set::Y.holds("#-/09AZ") && !Set::Y.holds("a"));
        assert!(Set::Z.holds("12") && Set::Z.holds("12=") && Set::Z.holds("1==") && Set::Z.holds("-_Az"));
        assert!(!Set::Z.holds("123=") && !Set::Z.holds("===") && !Set::Z.holds("A:B"));
    }
}
