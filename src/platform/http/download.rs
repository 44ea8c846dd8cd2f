//! Files to take away, and codes in addresses.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::query_escape;
use crate::kernel::Result;
use crate::platform::exports::{self, Cell, Format};

/// A file to take away. `name` is plain ASCII.
pub fn attachment(media: &str, name: &str, body: impl Into<Vec<u8>>) -> HttpResponse {
    let disposition = format!("attachment; filename=\"{name}\"");
    HttpResponse::Ok().content_type(media).insert_header((header::CONTENT_DISPOSITION, disposition)).body(body.into())
}

/// A table that is in memory already, as a file. One read from the store while it is sent is [`exports::download`].
///
/// # Errors
/// Only when memory cannot be written.
pub fn table(format: Format, stem: &str, titles: Vec<String>, rows: impl IntoIterator<Item = Vec<Cell>>) -> Result<HttpResponse> {
    let body = exports::whole(format, titles, |sheet| rows.into_iter().try_for_each(|row| sheet.row(&row)))?;
    Ok(attachment(format.media(), &format!("{stem}.{}", format.ending()), body))
}

/// A table of texts as a CSV file.
pub fn csv<H, R>(stem: &str, titles: H, rows: R) -> Result<HttpResponse>
where
    H: IntoIterator<Item: AsRef<str>>,
    R: IntoIterator<Item: IntoIterator<Item: AsRef<str>>>,
{
    let titles = titles.into_iter().map(|title| title.as_ref().to_owned()).collect();
    table(Format::Csv, stem, titles, rows.into_iter().map(|row| row.into_iter().map(|cell| Cell::from(cell.as_ref())).collect()))
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
        assert_eq!(exports::inert("=1+1"), "'=1+1");
        assert_eq!(exports::inert("棉"), "棉");
    }
}
