//! Which records the rows of a file speak of, and those of the files handed in with it: no record stands twice in a file, and none with
//! different values in two.

use std::collections::HashMap;
use std::collections::hash_map::{Entry as Slot, RandomState};
use std::fmt::{Debug, Write};
use std::hash::{BuildHasher, Hasher};

use super::report::clipped;
use super::sheet::Columns;
use super::workbook::row_of;
use crate::kernel::{Code, Fault, saturating};

/// What a row says in a column: the column's place in the description, and a hash of the value as it was read.
type Value = (u32, u32);

/// A row of a file of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    /// The file, by its place among the parcel's.
    pub(super) file: usize,
    /// Its line.
    pub(super) line: u64,
}

/// The records that rows have spoken of so far, 16 bytes each: 96 bits of two keyed hashes, and the line. Two different keys among a million
/// meet with probability 10⁻¹⁷, and nobody can arrange it without the hash keys, which are drawn anew for each parcel. Where several files are
/// compared, 24 bytes for each row besides, and 8 for each of its cells.
#[derive(Default)]
pub(super) struct Records {
    /// By the one hash of a key, the other, and the line; where files are compared, the place among the rows instead.
    keys: HashMap<u64, (u32, u32)>,
    rows: Vec<Standing>,
    /// The values of the rows, one row's after the other's.
    values: Vec<Value>,
    /// Files of the table by their places in the parcel, where there are several.
    files: Vec<(usize, String)>,
    first: RandomState,
    second: RandomState,
}

struct Standing {
    at: At,
    /// Where its values begin in those of all rows. They end where the next row's begin.
    values: usize,
}

/// A row that spoke of the same record before.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) at: At,
    /// The columns, by their places, of which it says something else.
    differs: Vec<usize>,
}

impl Before {
    /// The faults of a row that says something else of a record than this one of another file, column by column.
    pub(super) fn contradicted(self, records: &Records, columns: &Columns, own: At) -> impl Iterator<Item = Fault> {
        let named = self.differs.into_iter().filter_map(|place| columns.columns.get(place));
        named.map(move |column| records.pointed(Fault::new(column.name, Code::Contradicts), own, self.at))
    }
}

impl Records {
    /// Of files of one table, by their places in a parcel.
    pub(super) fn of(files: Vec<(usize, String)>) -> Self {
        Self { files: if files.len() > 1 { files } else { Vec::new() }, ..Self::default() }
    }

    /// Whether several files are compared.
    pub(super) fn compares(&self) -> bool {
        !self.files.is_empty()
    }

    /// Forgets the records of a file that has been looked through, where no other is compared with it.
    pub(super) fn forget(&mut self) {
        if !self.compares() {
            self.keys = HashMap::new();
        }
    }

    /// What a row says in a column, to be compared. Letters of another case say the same, as they do in codes.
    pub(super) fn value(&self, place: usize, read: &impl Debug) -> Value {
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = write!(text, "{read:?}");
        let mut hasher = self.first.build_hasher();
        text.chars().flat_map(char::to_lowercase).for_each(|c| hasher.write_u32(u32::from(c)));
        (saturating(place), saturating(hasher.finish() >> 32))
    }

    /// Remembers that a row speaks of the record with this key in a column; the other row that did before, if one did.
    pub(super) fn meet(&mut self, column: &str, key: &str, at: At, values: &[Value]) -> Option<Before> {
        let high = self.first.hash_one((column, key));
        let check = saturating::<u32>(self.second.hash_one((column, key)) >> 32);
        let compares = self.compares();
        let held = match self.keys.entry(high) {
            Slot::Occupied(there) if there.get().0 == check => there.get().1,
            Slot::Occupied(_) => return None,
            Slot::Vacant(free) => {
                free.insert((check, if compares { saturating(self.rows.len()) } else { saturating(at.line) }));
                if compares {
                    self.rows.push(Standing { at, values: self.values.len() });
                    self.values.extend(values);
                }
                return None;
            }
        };
        let place: usize = saturating(held);
        let (before, said) = if compares {
            let row = self.rows.get(place)?;
            let end = self.rows.get(place + 1).map_or(self.values.len(), |next| next.values);
            (row.at, self.values.get(row.values..end).unwrap_or_default())
        } else {
            (At { line: u64::from(held), ..at }, &[][..])
        };
        if before == at {
            return None;
        }
        let other = |(place, hash): &&Value| values.iter().any(|(own, now)| own == place && now != hash);
        Some(Before { at: before, differs: said.iter().filter(other).map(|(place, _)| saturating(*place)).collect() })
    }

    /// A fault that points at another row, with its file where that is another.
    pub(super) fn pointed(&self, fault: Fault, own: At, other: At) -> Fault {
        match self.files.iter().find(|(file, _)| *file == other.file && other.file != own.file) {
            Some((_, name)) => fault.with("file", clipped(name)).with("file_line", row_of(other.line)),
            None => fault.with("line", other.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_met_by_another_of_its_key_and_not_by_itself() {
        let mut records = Records::of(vec![(0, "a.csv".into()), (3, "b.csv".into())]);
        let says = |records: &Records, quantity: i64| vec![records.value(0, &"FAB-1"), records.value(2, &quantity)];
        let (first, again, other) = (At { file: 0, line: 2 }, At { file: 3, line: 7 }, At { file: 3, line: 8 });
        let ten = says(&records, 10);
        assert!(records.meet("code", "fab-1", first, &ten).is_none());
        assert!(records.meet("code", "fab-1", first, &ten).is_none(), "the same row once more");
        assert!(records.meet("gtin", "fab-1", again, &ten).is_none(), "another column's");
        assert_eq!(records.meet("code", "fab-1", again, &ten).unwrap().differs, Vec::<usize>::new());
        let twenty = says(&records, 20);
        let before = records.meet("code", "fab-1", other, &twenty).unwrap();
        assert_eq!((before.at, before.differs), (first, vec![2]));
        assert_eq!(records.value(1, &"Poplin"), records.value(1, &"POPLIN"));
        // What only one of them speaks of is no difference.
        assert_eq!(records.meet("code", "fab-1", other, &[records.value(5, &"x")]).unwrap().differs, Vec::<usize>::new());
        let fault = |own, other| records.pointed(Fault::new("code", Code::Duplicate), own, other);
        let args = |fault: Fault| fault.args.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        assert_eq!(args(fault(again, first)), ["file=a.csv", "file_line=2"]);
        assert_eq!(args(fault(again, other)), ["line=8"]);
    }
}
