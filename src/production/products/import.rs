//! Products from files: styles, skus, warranty policies. A row is named by its code; what it leaves empty stays as it is.

mod policies;
mod skus;
mod styles;

pub use policies::{IMPORT as POLICY_IMPORT, POLICY_COLUMNS};
pub use skus::{IMPORT as SKU_IMPORT, SKU_COLUMNS};
pub use styles::{IMPORT as STYLE_IMPORT, STYLE_COLUMNS};

pub(super) use skus::cells as sku_cells;
pub(super) use styles::cells as style_cells;

use crate::kernel::{Error, Fault, Result};
use crate::platform::imports::Row;

/// What a row says of a record of fields `F`: one edit for each cell that is not empty.
struct Edits<F>(Vec<Edit<F>>);

/// Sets one field.
type Edit<F> = Box<dyn Fn(&mut F) + Send + Sync>;

impl<F> Edits<F> {
    fn onto(&self, fields: &mut F) {
        self.0.iter().for_each(|edit| edit(fields));
    }
}

/// Collects the edits of a row. A cell that is wrong has been noted by the row; the row is then no record.
struct Reader<'a, 'b, F> {
    row: &'a mut Row<'b>,
    edits: Edits<F>,
    sound: bool,
}

impl<'a, 'b, F: 'static> Reader<'a, 'b, F> {
    fn of(row: &'a mut Row<'b>) -> Self {
        Self { row, edits: Edits(Vec::new()), sound: true }
    }

    /// Takes what a reader of the row returned.
    fn take<T: Clone + Send + Sync + 'static>(&mut self, read: Option<Option<T>>, set: fn(&mut F, T)) {
        match read {
            None => self.sound = false,
            Some(None) => {}
            Some(Some(value)) => self.edits.0.push(Box::new(move |fields| set(fields, value.clone()))),
        }
    }

    fn line(&mut self, column: &'static str, max: usize, set: fn(&mut F, String)) {
        let read = self.row.optional_text(column, max);
        self.take(read, set);
    }

    fn paragraph(&mut self, column: &'static str, max: usize, set: fn(&mut F, String)) {
        let read = self.row.optional_paragraph(column, max);
        self.take(read, set);
    }

    fn read<T: Clone + Send + Sync + 'static>(
        &mut self,
        column: &'static str,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
        set: fn(&mut F, T),
    ) {
        let read = self.row.optional(column, reader);
        self.take(read, set);
    }

    fn choice<T: Copy + Send + Sync + 'static>(&mut self, column: &'static str, words: &[(&str, T)], set: fn(&mut F, T)) {
        let read = self.row.optional_choice(column, words);
        self.take(read, set);
    }

    fn end(self) -> Option<Edits<F>> {
        self.sound.then_some(self.edits)
    }
}

/// The faults of a check of the whole record, under the columns of its fields.
fn faults_of<T>(checked: Result<T>, line: u64, column_of: fn(&str) -> String) -> Result<Vec<Fault>> {
    match checked {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Refused(refusal)) => {
            Ok(refusal.faults.into_iter().map(|fault| Fault { field: column_of(&fault.field).into(), ..fault }.at_line(line)).collect())
        }
        Err(error) => Err(error),
    }
}
