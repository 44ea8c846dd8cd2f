//! What a table's description is good for besides reading: templates to fill in, and its page in the documentation.

use std::fmt::Write;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::sheet::Columns;
use crate::kernel::error::{Error, Result};
use crate::kernel::text::Lang;

/// A CSV file to fill in: the headers and rows of examples. UTF-8 with a byte order mark, as spreadsheets want it.
///
/// # Errors
/// [`Error::Broken`] only if memory cannot be written.
pub fn template_csv(columns: &Columns, lang: Lang) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
    csv.write_record(columns.written().map(|column| column.title(lang))).map_err(Error::broken)?;
    for row in 0..columns.example_rows() {
        csv.write_record(columns.written().map(|column| column.example_of(row))).map_err(Error::broken)?;
    }
    csv.into_inner().map_err(|error| Error::broken(error.into_error()))
}

/// A workbook to fill in: a sheet with the headers (bold where required) and rows of examples, all columns formatted as text so that long
/// numbers keep their digits, and a second sheet that explains the columns.
///
/// # Errors
/// [`Error::Broken`] only if the workbook cannot be made.
pub fn template_xlsx(columns: &Columns, lang: Lang) -> Result<Vec<u8>> {
    workbook(columns, lang).map_err(Error::broken)
}

fn workbook(columns: &Columns, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (plain, bold) = (Format::new().set_num_format("@"), Format::new().set_bold());
    let sheet = book.add_worksheet().set_name(columns.title(lang))?;
    sheet.set_freeze_panes(1, 0)?;
    for (place, column) in (0u16..).zip(columns.written()) {
        let header = if column.required { &bold } else { &plain };
        sheet.set_column_format(place, &plain)?.set_column_width(place, 18)?;
        sheet.write_string_with_format(0, place, column.title(lang), header)?;
        for (line, row) in (1u32..).zip(0..columns.example_rows()) {
            sheet.write_string_with_format(line, place, column.example_of(row), &plain)?;
        }
    }
    let (name, titles) = explained(lang);
    let sheet = book.add_worksheet().set_name(name)?;
    for (place, title) in (0u16..).zip(titles) {
        sheet.set_column_width(place, 28)?.write_string_with_format(0, place, title, &bold)?;
    }
    for (line, row) in (1u32..).zip(explanations(columns, lang)) {
        for (place, cell) in (0u16..).zip(row) {
            sheet.write_string(line, place, cell)?;
        }
    }
    book.save_to_buffer()
}

/// The table's columns as a Markdown table: header, name, required, what belongs into it, example, other headers that are understood.
pub fn columns_markdown(columns: &Columns, lang: Lang) -> String {
    let (_, titles) = explained(lang);
    let mut page = format!("| {} |\n|{}\n", titles.join(" | "), "---|".repeat(titles.len()));
    for row in explanations(columns, lang) {
        // Writing into a String does not fail.
        let _ = writeln!(page, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    page
}

/// Whether a sheet of this name is the one that explains the columns.
pub(super) fn explains(sheet: &str) -> bool {
    Lang::ALL.iter().any(|lang| explained(*lang).0 == sheet)
}

fn explained(lang: Lang) -> (&'static str, [&'static str; 6]) {
    match lang {
        Lang::Zh => ("填写说明", ["列", "字段名", "必填", "说明", "示例", "也可以写作"]),
        Lang::En => ("How to fill in", ["Column", "Name", "Required", "What belongs into it", "Example", "Also understood"]),
    }
}

fn explanations(columns: &Columns, lang: Lang) -> impl Iterator<Item = [String; 6]> {
    columns.written().map(move |column| {
        let required = match (column.required, lang) {
            (true, Lang::Zh) => "是",
            (true, Lang::En) => "yes",
            (false, _) => "",
        };
        let title = column.title(lang);
        let others: Vec<_> = column.spellings().filter(|other| *other != title && *other != column.name).collect();
        [title, column.name, required, column.about(lang), column.example_of(0), &others.join(lang.of("、", ", "))].map(str::to_owned)
    })
}
