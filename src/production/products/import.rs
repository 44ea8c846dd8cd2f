//! Products from files: styles, skus, warranty policies. A row is named by its code; what the file does not speak of stays as it is.

mod policies;
mod skus;
mod styles;

pub use policies::{IMPORT as POLICY_IMPORT, POLICY_COLUMNS};
pub use skus::{IMPORT as SKU_IMPORT, SKU_COLUMNS};
pub use styles::{IMPORT as STYLE_IMPORT, STYLE_COLUMNS};

pub(super) use skus::cells as sku_cells;
pub(super) use styles::cells as style_cells;

use crate::kernel::{Error, Fault, Result};

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
