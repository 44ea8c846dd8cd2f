//! Tables taken away as files that can be handed in again: all of them in one read, in the very columns a file of each is read by.

use std::io::Write;

use serde::Serialize;
use zip::write::SimpleFileOptions;

use super::desk::{ImportTable, ImportTables};
use crate::kernel::error::{Code, Error, Fault, Result};
use crate::kernel::text::Lang;
use crate::platform::db::Db;
use crate::platform::exports::{Cell, Format, Sheet};
use crate::platform::state::AppState;

/// Characters a cell of a workbook holds (Excel, "Excel specifications and limits").
const WORKBOOK_CELL_MAX: usize = 32_767;

/// How tables are taken away.
#[derive(Clone)]
pub struct Export {
    /// The application whose store they are of.
    pub app: AppState,
    /// What their files are.
    pub format: Format,
    /// The language of headers and words.
    pub lang: Lang,
}

/// Reads the rows of a table, and hands each to the second.
pub type Rows = fn(&mut Db, &mut TableOut<'_>) -> Result<()>;

/// Where the rows of a table go.
pub struct TableOut<'a> {
    /// How it is taken away.
    pub export: &'a Export,
    table: &'a ImportTable,
    done: Exported,
    put: &'a mut dyn FnMut(&[Cell]) -> Result<()>,
}

/// A table that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// Rows of the store that no file brings back and that are therefore left out.
    pub left_out: u64,
}

impl TableOut<'_> {
    /// Writes a row: a cell for each of the table's columns that are [taken away](super::Columns::taken_away).
    ///
    /// # Errors
    /// [`Code::Malformed`] for a text that no cell of a workbook holds; when the file cannot be written.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        let columns = self.table.columns;
        if cells.len() != columns.taken_away().count() {
            return Err(Error::broken(format!("a row of {} has {} cells", columns.table, cells.len())));
        }
        let too_long = |cell: &Cell| matches!(cell, Cell::Text(text) if text.chars().count() > WORKBOOK_CELL_MAX);
        if let (Format::Xlsx, Some((column, _))) = (self.export.format, columns.taken_away().zip(cells).find(|(_, cell)| too_long(cell))) {
            return Err(Fault::new(column.name, Code::Malformed).with("reason", "workbook-cell").into());
        }
        self.done.rows += 1;
        (self.put)(cells)
    }

    /// Notes a row that is left out.
    pub fn leave_out(&mut self) -> Result<()> {
        self.done.left_out += 1;
        Ok(())
    }
}

impl Export {
    /// Writes a table as a file into `sink`, and gives that back.
    ///
    /// # Errors
    /// As [`TableOut::row`].
    pub fn table<W: Write + Send>(&self, db: &mut Db, table: &ImportTable, sink: W) -> Result<(W, Exported)> {
        let titles = table.columns.taken_away().map(|column| column.title(self.lang).to_owned()).collect();
        let mut sheet = Sheet::new(self.format, sink, titles)?;
        let done = Exported { table: table.columns.table, rows: 0, left_out: 0 };
        let mut out = TableOut { export: self, table, done, put: &mut |cells| sheet.row(cells) };
        (table.rows)(db, &mut out)?;
        let done = out.done;
        Ok((sheet.finish()?, done))
    }

    /// Writes tables as one ZIP file into `sink`, and gives that back.
    ///
    /// # Errors
    /// As [`TableOut::row`].
    pub fn zip<W: Write + Send>(&self, db: &mut Db, tables: &ImportTables, sink: W) -> Result<(W, Vec<Exported>)> {
        let mut zip = zip::ZipWriter::new_stream(sink);
        let mut all = Vec::with_capacity(tables.0.len());
        for (number, table) in (1..).zip(tables.0.iter()) {
            zip.start_file(self.file_name(number, table), SimpleFileOptions::default()).map_err(Error::broken)?;
            all.push(self.table(db, table, &mut zip)?.1);
        }
        Ok((zip.finish().map_err(Error::broken)?.into_inner(), all))
    }

    /// The name of a table's file, the `number`th in the order in which tables depend on one another.
    pub fn file_name(&self, number: usize, table: &ImportTable) -> String {
        format!("{number:02}-{}.{}", table.columns.table, self.format.ending())
    }
}
