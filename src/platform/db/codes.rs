//! The form in which codes are compared, for rows that were written before it was stored. SQL cannot fold, so this is the program's part of
//! migrating; it is done in the same transaction.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::dsl::exists;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;

use super::schema::{batch, lot, party, sku, style, warranty_policy};
use crate::kernel::text::folded;
use crate::kernel::{Error, Result};

/// One code one thing; a lot's within its supplier, a policy's within its version: the name of each index and what it is on.
const UNIQUE: [(&str, &str); 6] = [
    ("party_code_key_key", "party (code_key)"),
    ("style_code_key_key", "style (code_key)"),
    ("sku_code_key_key", "sku (code_key)"),
    ("lot_code_key_key", "lot (party_id, code_key)"),
    ("batch_code_key_key", "batch (code_key)"),
    ("warranty_policy_code_key_key", "warranty_policy (code_key, version)"),
];

const SQLITE_INDICES: &str = "SELECT name FROM sqlite_schema WHERE type = 'index'";
const POSTGRES_INDICES: &str = "SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = current_schema()";

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

macro_rules! fold {
    ($c:expr, $clashes:expr, $($table:ident.$id:ident within $scope:expr;)*) => {$(
        if diesel::select(exists($table::table.filter($table::code_key.eq("")))).get_result::<bool>($c)? {
            let rows: Vec<(i64, i64, String)> = $table::table.select(($table::$id, $scope, $table::code)).order($table::$id).load($c)?;
            for (id, _, code) in &rows {
                diesel::update($table::table.filter($table::$id.eq(id))).set($table::code_key.eq(folded(code))).execute($c)?;
            }
            $clashes.extend(clashes(stringify!($table), rows));
        }
    )*};
}

macro_rules! fill {
    ($c:expr, $indices:expr) => {{
        let nothing = || 0i64.into_sql::<BigInt>();
        let mut found: Vec<String> = Vec::new();
        fold!($c, found,
            party.id within nothing();
            style.id within nothing();
            sku.id within nothing();
            lot.id within lot::party_id;
            batch.no within nothing();
            warranty_policy.id within warranty_policy::version;
        );
        if !found.is_empty() {
            return Err(Error::broken(format!(
                "codes that differ only in case, width or invisible characters are one code from now on; give these other codes with the \
                 program that wrote them, then migrate again: {}",
                found.join("; ")
            )));
        }
        let there: Vec<Index> = diesel::sql_query($indices).load($c)?;
        for (name, on) in UNIQUE.iter().filter(|(name, _)| there.iter().all(|index| index.name != *name)) {
            // Not `IF NOT EXISTS`: PostgreSQL locks the table against writers before it looks, and this runs at every start.
            $c.batch_execute(&format!("CREATE UNIQUE INDEX {name} ON {on}"))?;
        }
        Ok(())
    }};
}

/// The migration that makes the columns.
const VERSION: &str = "0007";

/// Whether a store of these versions has folded codes.
pub(super) fn are_folded(versions: &[String]) -> bool {
    versions.iter().any(|version| version == VERSION)
}

/// Fills in the folded codes that are missing, and makes them unique.
///
/// # Errors
/// When two codes of a table are the same when folded: each is named.
pub(super) fn fill_sqlite(connection: &mut SqliteConnection) -> Result<()> {
    fill!(connection, SQLITE_INDICES)
}

/// As [`fill_sqlite`].
pub(super) fn fill_postgres(connection: &mut PgConnection) -> Result<()> {
    fill!(connection, POSTGRES_INDICES)
}

/// Codes that are one when folded, as `lot: FAB1 and fab1`. `rows`: id, what a code is unique within, code.
fn clashes(table: &str, rows: Vec<(i64, i64, String)>) -> Vec<String> {
    let mut same: BTreeMap<(i64, String), Vec<String>> = BTreeMap::new();
    for (_, scope, code) in rows {
        same.entry((scope, folded(&code))).or_default().push(code);
    }
    same.into_values().filter(|codes| codes.len() > 1).map(|codes| format!("{table}: {}", codes.join(" and "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_clash_within_what_they_are_unique_in() {
        let rows =
            [(1, 7, "FAB1"), (2, 7, "ｆａｂ1"), (3, 8, "fab1"), (4, 7, "FAB2")].map(|(id, scope, code)| (id, scope, code.to_owned()));
        assert_eq!(clashes("lot", rows.to_vec()), ["lot: FAB1 and ｆａｂ1"]);
    }
}
