//! GS1: GTINs and GLNs, the table of application identifiers, and GS1 Digital Links.
//!
//! The rules are those of the GS1 General Specifications and of the GS1 Digital Link standard (URI syntax 1.4), as the GS1 Barcode Syntax
//! Dictionary states them for machines; [`ai`] holds them as a table, [`check`] the tests of single values, [`digital_link`] the address.

pub mod ai;
pub mod check;
mod coupon;
pub mod digital_link;
mod lists;
pub mod scan;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::{Code, Error, Refusal, Result};
use super::text::ascii;
pub use digital_link::{DigitalLink, Element, LinkError, parse_line};

/// Ranges of numbers that have the form of a GTIN and name nothing outside one company or region, or no product at all, and why (GS1 General
/// Specifications, GS1 prefixes). The digits are those behind the packaging digit of fourteen; of numbers of eight digits, those of the eight.
const RESTRICTED: &[(bool, &str, &str, &str)] = &[
    (false, "00001", "00009", "gtin-reserved"),
    (false, "020", "029", "gtin-region"),
    (false, "040", "049", "gtin-company"),
    (false, "050", "059", "gtin-coupon"),
    (false, "200", "299", "gtin-region"),
    (false, "980", "980", "gtin-refund"),
    (false, "981", "984", "gtin-coupon"),
    (false, "990", "999", "gtin-coupon"),
    (true, "0", "0", "gtin-company"),
    (true, "2", "2", "gtin-company"),
    (true, "977", "999", "gtin-reserved"),
];

/// A global trade item number, always as fourteen digits; the check digit is right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// Reads a GTIN of 8, 12, 13 or 14 digits; shorter ones are filled up with zeros in front. Spaces around it do not matter.
    ///
    /// # Errors
    /// [`Code::NotAGtin`] for another number of digits, other characters, or nothing but zeros; [`Code::CheckDigit`] (`expected`).
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if !matches!(text.len(), 8 | 12 | 13 | 14) || text.bytes().all(|byte| byte == b'0') {
            return Err(Code::NotAGtin.into());
        }
        let gtin = Self(padded(text).ok_or(Code::NotAGtin)?);
        expect_check_digit(&gtin.0)?;
        Ok(gtin)
    }

    /// Reads the GTIN of a product that is sold, as [`Gtin::parse`] does.
    ///
    /// # Errors
    /// As [`Gtin::parse`]; [`Code::RestrictedGtin`] (`reason`) for a number that only one company or region knows, or that is a coupon.
    pub fn parse_product(text: &str) -> Result<Self> {
        let gtin = Self::parse(text)?;
        match gtin.restricted() {
            None => Ok(gtin),
            Some(reason) => Err(Refusal::new(Code::RestrictedGtin).with("reason", reason).into()),
        }
    }

    /// Why the number names no product everywhere; None when it may.
    fn restricted(&self) -> Option<&'static str> {
        let (_, thirteen) = self.as_str().split_at_checked(1)?;
        let eight = self.as_str().strip_prefix("000000");
        let among = |(of_eight, first, last, reason): &(bool, &str, &str, &'static str)| {
            let digits = if *of_eight { eight } else { Some(thirteen).filter(|_| eight.is_none()) };
            let start = digits?.get(..first.len())?;
            (*first..=*last).contains(&start).then_some(*reason)
        };
        RESTRICTED.iter().find_map(among)
    }

    /// The fourteen ASCII digits, as [`super::serial`] wants them.
    pub const fn digits(&self) -> &[u8; 14] {
        &self.0
    }

    /// The fourteen digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gtin({self})")
    }
}

impl FromStr for Gtin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Serialize for Gtin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Gtin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not a GTIN"))
    }
}

/// A global location number: a place (AI 414) or a party (AI 417). Thirteen digits; the check digit is right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gln([u8; 13]);

impl Gln {
    /// Reads thirteen digits. Spaces around them do not matter.
    ///
    /// # Errors
    /// [`Code::Malformed`] for anything but thirteen digits, [`Code::CheckDigit`] (`expected`).
    pub fn parse(text: &str) -> Result<Self> {
        let not_a_gln = || Refusal::new(Code::Malformed).with("reason", "gln-digits");
        let gln = Self(text.trim().as_bytes().try_into().map_err(|_| not_a_gln())?);
        if !gln.0.iter().all(u8::is_ascii_digit) {
            return Err(not_a_gln().into());
        }
        expect_check_digit(&gln.0)?;
        Ok(gln)
    }

    /// The thirteen digits.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl fmt::Display for Gln {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Gln {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gln({self})")
    }
}

/// Digits filled up to fourteen with zeros in front. None for other characters or more than fourteen.
fn padded(text: &str) -> Option<[u8; 14]> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut digits = [b'0'; 14];
    for (place, digit) in digits.iter_mut().rev().zip(text.bytes().rev()) {
        *place = digit;
    }
    (text.len() <= 14).then_some(digits)
}

fn expect_check_digit(digits: &[u8]) -> Result<()> {
    match check::wrong_check_digit(digits) {
        None => Ok(()),
        Some(expected) => Err(Refusal::new(Code::CheckDigit).with("expected", char::from(expected)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gtins_of_every_length() {
        for (text, digits) in [
            ("09506000134352", "09506000134352"),
            ("9506000134352", "09506000134352"),
            ("416000336108", "00416000336108"),
            ("02345673", "00000002345673"),
            (" 6901234567892 ", "06901234567892"),
        ] {
            assert_eq!(Gtin::parse(text).unwrap().to_string(), digits);
        }
        assert_eq!(Gtin::parse("09506000134353").unwrap_err().to_string(), "check_digit expected=2");
        for wrong in ["", "1", "123456789", "0950600013435X", "095060001343520", "00000000000000", "０９５０"] {
            assert_eq!(Gtin::parse(wrong).unwrap_err().code(), Code::NotAGtin, "{wrong}");
        }
    }

    #[test]
    fn numbers_that_only_one_company_knows_are_no_products() {
        let with_check = |body: &str| format!("{body}{}", char::from(check::check_digit(body.as_bytes()).unwrap()));
        for (body, reason) in [
            ("200000100001", "gtin-region"),
            ("299999912345", "gtin-region"),
            ("021234512345", "gtin-region"),
            ("040000012345", "gtin-company"),
            ("049999912345", "gtin-company"),
            ("050000012345", "gtin-coupon"),
            ("980123412345", "gtin-refund"),
            ("981123412345", "gtin-coupon"),
            ("984123412345", "gtin-coupon"),
            ("990123412345", "gtin-coupon"),
            ("999999912345", "gtin-coupon"),
            ("000012345678", "gtin-reserved"),
            ("21234567890", "gtin-region"),
            ("41234567890", "gtin-company"),
            ("51234567890", "gtin-coupon"),
            ("1020000010000", "gtin-region"),
            ("0123456", "gtin-company"),
            ("2100002", "gtin-company"),
            ("9771234", "gtin-reserved"),
        ] {
            let text = with_check(body);
            let error = Gtin::parse_product(&text).unwrap_err();
            assert_eq!(error.to_string(), format!("restricted_gtin reason={reason}"), "{text}");
            assert!(Gtin::parse(&text).is_ok());
        }
        for body in [
            "690123456789",
            "950600013435",
            "416000336109",
            "01234567890",
            "60001234567",
            "978123456789",
            "019123456789",
            "030123456789",
            "060123456789",
            "1690123456789",
            "400638133393",
            "9501234",
            "5012345",
            "300123456789",
            "976123456789",
            "985123456789",
        ] {
            assert!(Gtin::parse_product(&with_check(body)).is_ok(), "{body}");
        }
        assert_eq!(Gtin::parse_product("9506000134353").unwrap_err().code(), Code::CheckDigit);
    }

    #[test]
    fn glns() {
        assert_eq!(Gln::parse("9520123456788").unwrap().as_str(), "9520123456788");
        assert_eq!(Gln::parse("9520123456789").unwrap_err().to_string(), "check_digit expected=8");
        for wrong in ["", "952012345678", "95201234567880", "952012345678X"] {
            assert_eq!(Gln::parse(wrong).unwrap_err().code(), Code::Malformed, "{wrong}");
        }
    }

    #[test]
    fn a_gtin_travels_as_text() {
        let gtin: Gtin = serde_json::from_str("\"9506000134352\"").unwrap();
        assert_eq!(serde_json::to_string(&gtin).unwrap(), "\"09506000134352\"");
        assert!(serde_json::from_str::<Gtin>("\"9506000134353\"").is_err());
    }
}
