//! What a sound party is.

use super::{NAME_MAX, PartyFields};
use crate::kernel::gs1::Gln;
use crate::kernel::{Code, Fault, Faults, Result, countries, faults, text};

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
        country: faults.keep(countries::read("country", &given.country)),
        city: faults.keep(text::optional_line("city", &given.city, 80)),
        address: faults.lines("address", &given.address, 240),
        contact: faults.keep(text::optional_line("contact", &given.contact, 240)),
        status: given.status,
        version: given.version,
    };
    faults.unless_any(fields)
}

/// A Global Location Number: 13 digits, the last a check digit.
pub(super) fn gln_of(field: &'static str, text: &str) -> Result<String, Fault> {
    Gln::parse(text).map(|gln| gln.to_string()).map_err(|error| faults::at(field, &error))
}
