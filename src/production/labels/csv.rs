//! Labels as rows for a bureau that lays them out itself: UTF-8 with a byte order mark, so that spreadsheets read the Chinese.

use std::io::Write;

use super::layout::LabelLayout;
use super::{LabelUnit, every};
use crate::kernel::error::{Error, Result};

/// Job fields that go into every row.
const JOB_COLUMNS: &[&str] = &["gtin", "style", "size", "colour", "batch"];

/// Writes the rows; the header is in English because machines read it.
///
/// # Errors
/// [`Error::Broken`] when `out` cannot be written.
pub fn write(
    layout: &LabelLayout,
    units: &mut dyn Iterator<Item = LabelUnit>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut rows = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    let claims = layout.job.claim_codes;
    let mut header: Vec<&str> = ["serial", "uri"].into_iter().chain(JOB_COLUMNS.iter().copied()).chain(["unit"]).collect();
    header.extend(claims.then_some("claim_code"));
    rows.write_record(&header).map_err(Error::broken)?;
    let job: Vec<String> =
        JOB_COLUMNS.iter().map(|name| safe(layout.job.fields.get(*name).map(String::as_str).unwrap_or_default())).collect();
    let labels = every(units, progress, |unit| {
        rows.write_field(safe(&unit.serial)).map_err(Error::broken)?;
        rows.write_field(layout.uri(unit)).map_err(Error::broken)?;
        for value in &job {
            rows.write_field(value).map_err(Error::broken)?;
        }
        rows.write_field(unit.unit.to_string()).map_err(Error::broken)?;
        if claims {
            rows.write_field(safe(unit.claim_code.as_deref().unwrap_or_default())).map_err(Error::broken)?;
        }
        rows.write_record(None::<&[u8]>).map_err(Error::broken)
    })?;
    rows.flush()?;
    Ok(labels)
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV injection): an apostrophe before `= + - @` and tabs.
fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
