//! What a row says of a thing that may be there already: a column the file lacks leaves what it held, an empty cell under a header erases it.

use std::fmt::Debug;

use chrono::NaiveDate;

use super::row::{Row, Takes, read_whole};
use crate::kernel::{Fault, text};

/// What a row says of a record of fields `F`, to be laid over what is there.
pub struct Edits<F>(Vec<Edit<F>>);

/// Sets one field.
type Edit<F> = Box<dyn Fn(&mut F) + Send + Sync>;

impl<F> Edits<F> {
    /// Lays what the row says over `fields`.
    pub fn onto(&self, fields: &mut F) {
        self.0.iter().for_each(|edit| edit(fields));
    }
}

/// Collects the edits of a row. A cell that is wrong has been noted by the row; the row is then no record.
pub struct EditReader<'a, 'b, F> {
    /// The row, for cells that are no edits.
    pub row: &'a mut Row<'b>,
    edits: Edits<F>,
    sound: bool,
}

impl<'a, 'b, F: 'static> EditReader<'a, 'b, F> {
    /// Of this row.
    pub fn of(row: &'a mut Row<'b>) -> Self {
        Self { row, edits: Edits(Vec::new()), sound: true }
    }

    /// What every row must say.
    pub fn needed<T: Clone + Send + Sync + 'static>(&mut self, read: Option<T>, set: fn(&mut F, T)) {
        match read {
            None => self.sound = false,
            Some(value) => self.edits.0.push(Box::new(move |fields| set(fields, value.clone()))),
        }
    }

    /// What may be erased, through any reader of the kernel's form. An erased field has the default of its type.
    pub fn read<T: Clone + Debug + Default + Send + Sync + 'static>(
        &mut self,
        column: &'static str,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
        set: fn(&mut F, T),
    ) {
        self.take(column, Takes::Text, reader, set);
    }

    /// Like [`EditReader::read`], for a cell of what `takes` says.
    pub fn take<T: Clone + Debug + Default + Send + Sync + 'static>(
        &mut self,
        column: &'static str,
        takes: Takes,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
        set: fn(&mut F, T),
    ) {
        match self.row.optional_take(column, takes, reader) {
            Some(None) if !self.row.has_column(column) => {}
            read => self.needed(read.map(Option::unwrap_or_default), set),
        }
    }

    /// Like [`EditReader::read`], for a field that is absent when it is erased.
    pub fn option<T: Clone + Debug + Send + Sync + 'static>(
        &mut self,
        column: &'static str,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
        set: fn(&mut F, Option<T>),
    ) {
        let read = self.row.optional(column, reader);
        self.laid(column, read, set);
    }

    /// What a reader of the row has returned already.
    pub fn laid<T: Clone + Send + Sync + 'static>(&mut self, column: &'static str, read: Option<Option<T>>, set: fn(&mut F, Option<T>)) {
        match read {
            Some(None) if !self.row.has_column(column) => {}
            read => self.needed(read, set),
        }
    }

    /// A one-line text of at most `max` characters.
    pub fn line(&mut self, column: &'static str, max: usize, set: fn(&mut F, String)) {
        self.read(column, |field, cell| text::line(field, cell, max), set);
    }

    /// A text of several lines.
    pub fn paragraph(&mut self, column: &'static str, max: usize, set: fn(&mut F, String)) {
        self.take(column, Takes::Prose, |field, cell| text::paragraph(field, cell, max), set);
    }

    /// A date.
    pub fn date(&mut self, column: &'static str, set: fn(&mut F, Option<NaiveDate>)) {
        let read = self.row.optional_date(column);
        self.laid(column, read, set);
    }

    /// A whole number.
    pub fn whole(&mut self, column: &'static str, set: fn(&mut F, Option<i64>)) {
        let read = self.row.optional_whole(column);
        self.laid(column, read, set);
    }

    /// A whole number, 0 when it is erased.
    pub fn count(&mut self, column: &'static str, set: fn(&mut F, i64)) {
        self.take(column, Takes::Number, read_whole, set);
    }

    /// One of a list of words, of a field that always has a value: an empty cell erases nothing.
    pub fn choice<T: Copy + Debug + Send + Sync + 'static>(&mut self, column: &'static str, words: &[(&str, T)], set: fn(&mut F, T)) {
        match self.row.optional_choice(column, words) {
            Some(None) => {}
            read => self.needed(read.flatten(), set),
        }
    }

    /// The edits; None when a cell was wrong.
    pub fn end(self) -> Option<Edits<F>> {
        self.sound.then_some(self.edits)
    }
}
