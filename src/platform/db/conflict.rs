//! What a database says went wrong, in our words; and how many rows fit one statement.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::kernel::{Code, Error, Fault, Refusal};

/// Binds one statement may have on both stores (SQLite 32,766; PostgreSQL 65,535).
pub const CHUNK_BINDS: usize = 32_766;

/// Rows of `columns` columns that one insert may carry.
pub const fn chunk_rows(columns: usize) -> usize {
    match CHUNK_BINDS.checked_div(columns) {
        Some(rows) => rows,
        None => CHUNK_BINDS,
    }
}

/// Values besides its list of keys that a statement may bind: states, kinds, days, a limit.
const BESIDES: usize = 256;

/// Keys of a list in one statement, with room for what the statement binds besides.
pub const CHUNK_KEYS: usize = CHUNK_BINDS - BESIDES;

/// What is found for these keys, asked for with as many at a time as one statement binds: what it binds besides is found room for ([`CHUNK_KEYS`]).
pub fn in_chunks<K, T>(keys: &[K], mut find: impl FnMut(&[K]) -> Result<Vec<T>, DieselError>) -> Result<Vec<T>, Error> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(CHUNK_KEYS) {
        found.extend(find(chunk)?);
    }
    Ok(found)
}

/// The first and the last of these keys, when they are in order and lie so close that reading all rows from the one to the other costs less than
/// looking each up: a statement with a list of keys is planned anew each time, and may not be twice as long as what it saves.
pub fn lie_close(keys: &[i64]) -> Option<(i64, i64)> {
    let (first, last) = (*keys.first()?, *keys.last()?);
    let spread = last.checked_sub(first)?.unsigned_abs() / 2;
    (keys.len() > 1 && keys.is_sorted() && u64::try_from(keys.len()).is_ok_and(|count| spread < count)).then_some((first, last))
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Code::NotFound.into(),
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Retry,
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                let column = unique_column(info.constraint_name(), info.message());
                Refusal {
                    code: Code::Duplicate,
                    args: vec![("field", column.clone().into())],
                    faults: vec![Fault::new(column, Code::Duplicate)],
                }
                .into()
            }
            DieselError::DatabaseError(_, info) if info.message().contains("deadlock detected") => Self::Retry,
            _ => Self::broken(error),
        }
    }
}

/// The column of a unique violation: PostgreSQL names the constraint (`batch_code_key`), SQLite the columns (`batch.code`).
fn unique_column(constraint: Option<&str>, message: &str) -> String {
    let column = violated(constraint, message);
    // People know a code, not the form it is compared in.
    if column == "code_key" { "code".to_owned() } else { column }
}

fn violated(constraint: Option<&str>, message: &str) -> String {
    if let Some(columns) = message.strip_prefix("UNIQUE constraint failed: ") {
        let last = columns.rsplit(", ").next().unwrap_or(columns);
        return last.rsplit('.').next().unwrap_or(last).to_owned();
    }
    let name = constraint.unwrap_or_default();
    let name = name.strip_suffix("_key").or_else(|| name.strip_suffix("_pkey")).unwrap_or(name);
    // `<table>_<column>`: tables of one word, as all of those with a unique column are.
    name.split_once('_').map_or(name, |(_, column)| column).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lie_close_when_every_other_is_asked_for() {
        assert_eq!(lie_close(&[10, 11, 13]), Some((10, 13)));
        assert_eq!(lie_close(&[10, 12, 15]), Some((10, 15)));
        for keys in [&[][..], &[10], &[10, 12, 16], &[11, 10, 12], &[i64::MIN, i64::MAX]] {
            assert_eq!(lie_close(keys), None, "{keys:?}");
        }
    }

    #[test]
    fn both_stores_name_the_same_column() {
        assert_eq!(unique_column(None, "UNIQUE constraint failed: batch.code"), "code");
        assert_eq!(unique_column(Some("batch_code_key"), "duplicate key value violates unique constraint"), "code");
        assert_eq!(unique_column(None, "UNIQUE constraint failed: lot.party_id, lot.code_key"), "code");
        assert_eq!(unique_column(Some("lot_code_key_key"), "duplicate key value violates unique constraint"), "code");
    }
}
