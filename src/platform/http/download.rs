//! Tables to take away, and codes in addresses.

use std::borrow::Cow;

use actix_web::HttpResponse;

use super::query_escape;
use crate::kernel::{Error, Result};

/// Rows as a CSV file: UTF-8 with a byte order mark, as spreadsheets want it; a cell that a spreadsheet would run as a formula gets an
/// apostrophe in front (OWASP, CSV injection).
///
/// # Errors
/// [`Error::Broken`] only if memory cannot be written.
pub fn csv<H, R>(file: &str, header: H, rows: R) -> Result<HttpResponse>
where
    H: IntoIterator<Item: AsRef<str>>,
    R: IntoIterator<Item: IntoIterator<Item: AsRef<str>>>,
{
    let mut csv = csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
    csv.write_record(header.into_iter().map(|cell| inert(cell.as_ref()).into_owned())).map_err(Error::broken)?;
    for row in rows {
        csv.write_record(row.into_iter().map(|cell| inert(cell.as_ref()).into_owned())).map_err(Error::broken)?;
    }
    let body = csv.into_inner().map_err(|error| Error::broken(error.into_error()))?;
    let disposition = format!("attachment; filename=\"{file}\"");
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(("content-disposition", disposition)).body(body))
}

/// A text that no spreadsheet takes for a formula.
fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A code as one segment of a path: codes may have a slash in them.
pub fn segment(code: &str) -> String {
    query_escape(code).replace('/', "%2F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_one_segment() {
        assert_eq!(segment("A/1#款"), "A%2F1%23%E6%AC%BE");
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("棉"), "棉");
    }
}
