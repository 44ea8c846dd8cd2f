//! What a sound party is.

use super::{NAME_MAX, PartyFields};
use crate::kernel::{Code, Fault, Faults, Result, text};

/// The fields, trimmed and put in order.
///
/// # Errors
/// [`Code::Invalid`] with every field that is wrong.
pub(super) fn sound(given: &PartyFields) -> Result<PartyFields> {
    let mut faults = Faults::default();
    let mut roles = given.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        faults.note(Fault::new("roles", Code::Missing));
    }
    let fields = PartyFields {
        code: faults.keep(text::code("code", &given.code)),
        name: faults.some_lines("name", &given.name, NAME_MAX),
        roles,
        gln: faults.keep(given.gln.as_deref().filter(|gln| !gln.trim().is_empty()).map(|gln| gln_of("gln", gln)).transpose()),
        country: faults.keep(country("country", &given.country)),
        city: faults.keep(text::optional_line("city", &given.city, 80)),
        address: faults.lines("address", &given.address, 240),
        contact: faults.keep(text::optional_line("contact", &given.contact, 240)),
        status: given.status,
        version: given.version,
    };
    faults.unless_any(fields)
}

/// A Global Location Number: 13 digits, the last a check digit (GS1 General Specifications, 7.9.1).
pub(super) fn gln_of(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let digits: Vec<u32> = text.chars().map_while(|c| c.to_digit(10)).collect();
    match digits.split_last() {
        Some((check, rest)) if digits.len() == 13 && text.len() == 13 => {
            let sum: u32 = rest.iter().rev().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
            let expected = (10 - sum % 10) % 10;
            if *check == expected { Ok(text.to_owned()) } else { Err(Fault::new(field, Code::CheckDigit).with("expected", expected)) }
        }
        _ => Err(Fault::new(field, Code::Malformed).with("reason", "13 digits")),
    }
}

/// A country's code in capitals, or nothing.
pub(in crate::production) fn country(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = text.trim().to_ascii_uppercase();
    if text.is_empty() || (text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())) {
        Ok(text)
    } else {
        Err(Fault::new(field, Code::Malformed).with("reason", "ISO 3166-1 alpha-2"))
    }
}
