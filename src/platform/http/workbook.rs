//! Tables of numbers to take away as a workbook.

use actix_web::HttpResponse;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::kernel::{Error, Result};

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text; never read as a formula.
    Text(String),
    /// A whole number that a spreadsheet can sum; beyond 32 bits it is written as text.
    Number(i64),
}

/// Rows as an XLSX file with one sheet, the header bold and frozen.
///
/// # Errors
/// [`Error::Broken`] only if the workbook cannot be made.
pub fn xlsx(file: &str, header: &[String], rows: &[Vec<Cell>]) -> Result<HttpResponse> {
    let body = workbook(header, rows).map_err(Error::broken)?;
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header(("content-disposition", format!("attachment; filename=\"{file}\"")))
        .body(body))
}

fn workbook(header: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_freeze_panes(1, 0)?;
    for (place, title) in (0u16..).zip(header) {
        sheet.write_string_with_format(0, place, title, &bold)?;
    }
    for (line, row) in (1u32..).zip(rows) {
        for (place, cell) in (0u16..).zip(row) {
            match cell {
                Cell::Text(text) => sheet.write_string(line, place, text)?,
                // 32 bits are exact in a spreadsheet's floating point, and more than any count of garments.
                Cell::Number(number) => match i32::try_from(*number) {
                    Ok(number) => sheet.write_number(line, place, f64::from(number))?,
                    Err(_) => sheet.write_string(line, place, number.to_string())?,
                },
            };
        }
    }
    book.save_to_buffer()
}
