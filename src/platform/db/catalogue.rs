//! What tables a store has, as its own catalogue says it, and what the migrations make of an empty one.
//!
//! Both trees of migrations describe the same tables (a test checks), so the embedded one, run in memory, says what any store must have.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};

use super::{codes, migrate};
use crate::kernel::{Code, Error, Fault, Result};

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type and whether it may be null, in the words of `schema.rs`: `Nullable<BigInt>`.
    pub kind: String,
    /// What stands there when nothing is said.
    pub default: Option<String>,
}

/// What a key or an index is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// The primary key.
    Primary,
    /// No two rows may be alike.
    Unique,
    /// Unique among some rows only.
    UniqueWhere,
    /// For speed.
    Index,
    /// For speed, of some rows only.
    IndexWhere,
    /// Points at the rows of another table.
    Refers(String),
}

/// A key or an index. Its name is not part of it: neither store minds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its columns, in order.
    pub columns: String,
    /// What it is for.
    pub kind: KeyKind,
}

/// A table: its columns in order, its keys sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Columns, in order.
    pub columns: Vec<Column>,
    /// Keys and indices, sorted.
    pub keys: Vec<Key>,
}

/// The tables of a store, by name. Bookkeeping of the stores and of the migrations is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue(pub BTreeMap<String, Table>);

/// Something that is not as the migrations make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table, column or key (`sale`, `sale.city`, `sale (garment_id, seq)`), and what is wrong with it.
    pub fault: Fault,
    /// Whether the program works all the same: something added that gets in nobody's way.
    pub harmless: bool,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    #[diesel(sql_type = Nullable<Text>)]
    default: Option<String>,
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, c.\"notnull\" = 0 AS nullable, c.dflt_value AS \"default\" \
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
    AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";

const SQLITE_KEYS: &str = "SELECT m.name AS table_name, \
      COALESCE((SELECT group_concat(COALESCE(name, '…'), ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)), '') AS columns, \
      CASE WHEN i.origin = 'pk' THEN 'primary' WHEN i.\"unique\" = 1 THEN 'unique' ELSE 'index' END || CASE WHEN i.partial = 1 THEN ' where' ELSE '' END AS kind \
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' \
    UNION ALL SELECT m.name, c.name, 'primary' FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER' \
    UNION ALL SELECT m.name, f.\"from\", 'refers ' || f.\"table\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";

const PG_COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text AS kind, is_nullable = 'YES' AS nullable, column_default::text AS \"default\" \
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%' ORDER BY table_name, ordinal_position";

const PG_KEYS: &str = "SELECT t.relname::text AS table_name, \
      (SELECT string_agg(COALESCE(a.attname, '…'), ', ' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(att, n) \
       LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.att AND k.att > 0)::text AS columns, \
      CASE WHEN i.indisprimary THEN 'primary' WHEN i.indisunique THEN 'unique' ELSE 'index' END || CASE WHEN i.indpred IS NULL THEN '' ELSE ' where' END AS kind \
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = current_schema() AND i.indisvalid \
    UNION ALL SELECT t.relname::text, (SELECT string_agg(a.attname, ', ') FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(c.conkey))::text, \
      'refers ' || r.relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid \
      JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.contype = 'f' AND n.nspname = current_schema()";

impl Catalogue {
    /// That of an embedded store.
    pub fn of_sqlite(connection: &mut SqliteConnection) -> Result<Self> {
        let columns = diesel::sql_query(SQLITE_COLUMNS).load(connection)?;
        Ok(Self::of(columns, diesel::sql_query(SQLITE_KEYS).load(connection)?))
    }

    /// That of the schema a PostgreSQL connection looks at first.
    pub fn of_postgres(connection: &mut PgConnection) -> Result<Self> {
        let columns = diesel::sql_query(PG_COLUMNS).load(connection)?;
        Ok(Self::of(columns, diesel::sql_query(PG_KEYS).load(connection)?))
    }

    /// What these versions of the migrations make of an empty store.
    ///
    /// # Errors
    /// When a migration does not run: it was not tested.
    pub fn made_by(versions: &[String]) -> Result<Self> {
        let mut connection = SqliteConnection::establish(":memory:").map_err(Error::broken)?;
        for migration in migrate::embedded()?.iter().filter(|one| versions.contains(&one.name().version().to_string())) {
            migration.run(&mut connection).map_err(Error::Broken)?;
        }
        if codes::are_folded(versions) {
            codes::fill_sqlite(&mut connection)?;
        }
        Self::of_sqlite(&mut connection)
    }

    fn of(columns: Vec<ColumnRow>, keys: Vec<KeyRow>) -> Self {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for row in columns {
            let kind = kind_of(&row.kind);
            let kind = if row.nullable { format!("Nullable<{kind}>") } else { kind };
            // PostgreSQL names the type of a default: 'x'::text.
            let default = row.default.map(|text| text.split("::").next().unwrap_or_default().to_owned());
            tables.entry(row.table_name).or_default().columns.push(Column { name: row.column_name, kind, default });
        }
        for row in keys {
            if let Some(table) = tables.get_mut(&row.table_name) {
                table.keys.push(Key { columns: row.columns, kind: key_kind(&row.kind) });
            }
        }
        for table in tables.values_mut() {
            table.keys.sort();
            table.keys.dedup();
        }
        Self(tables)
    }

    /// How `found` differs from this.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let lacks = |place: &str, wanted: &str| (Fault::new(place.to_owned(), Code::StoreLacks).with("wanted", wanted), false);
        let more = |place: &str, found: &str, harmless| (Fault::new(place.to_owned(), Code::StoreMore).with("found", found), harmless);
        for (name, wanted) in &self.0 {
            let Some(found) = found.0.get(name) else {
                differences.push(lacks(name, "table"));
                continue;
            };
            for column in &wanted.columns {
                let place = format!("{name}.{}", column.name);
                match found.columns.iter().find(|one| one.name == column.name) {
                    None => differences.push(lacks(&place, &column.words())),
                    Some(other) if other != column => {
                        let fault = Fault::new(place, Code::StoreOther).with("found", other.words()).with("wanted", column.words());
                        differences.push((fault, false));
                    }
                    Some(_) => {}
                }
            }
            for column in found.columns.iter().filter(|one| wanted.columns.iter().all(|known| known.name != one.name)) {
                let fills_itself = column.kind.starts_with("Nullable") || column.default.is_some();
                differences.push(more(&format!("{name}.{}", column.name), &column.words(), fills_itself));
            }
            let missing = wanted.keys.iter().filter(|key| !found.keys.contains(key));
            differences.extend(missing.map(|key| lacks(&format!("{name} ({})", key.columns), &key.kind.words())));
            for key in found.keys.iter().filter(|key| !wanted.keys.contains(key)) {
                let for_speed = matches!(key.kind, KeyKind::Index | KeyKind::IndexWhere);
                differences.push(more(&format!("{name} ({})", key.columns), &key.kind.words(), for_speed));
            }
        }
        differences.extend(found.0.keys().filter(|name| !self.0.contains_key(*name)).map(|name| more(name, "table", true)));
        differences.into_iter().map(|(fault, harmless)| Difference { fault, harmless }).collect()
    }
}

impl Column {
    fn words(&self) -> String {
        self.default.as_ref().map_or_else(|| self.kind.clone(), |default| format!("{} = {default}", self.kind))
    }
}

impl KeyKind {
    /// As a line of text: `unique`, `refers party`.
    pub fn words(&self) -> String {
        match self {
            Self::Primary => "primary".into(),
            Self::Unique => "unique".into(),
            Self::UniqueWhere => "unique where".into(),
            Self::Index => "index".into(),
            Self::IndexWhere => "index where".into(),
            Self::Refers(table) => format!("refers {table}"),
        }
    }
}

fn key_kind(text: &str) -> KeyKind {
    match text.split_once(' ') {
        Some(("refers", table)) => KeyKind::Refers(table.to_owned()),
        Some(("unique", _)) => KeyKind::UniqueWhere,
        Some(("index", _)) => KeyKind::IndexWhere,
        None if text == "unique" => KeyKind::Unique,
        None if text == "index" => KeyKind::Index,
        _ => KeyKind::Primary,
    }
}

/// A type of either store in the words of `schema.rs`; one that is in neither tree, as it is.
fn kind_of(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => "BigInt",
        "text" => "Text",
        "timestamp" | "timestamp without time zone" => "Timestamp",
        "date" => "Date",
        "boolean" => "Bool",
        "blob" | "bytea" => "Binary",
        other => return other.to_owned(),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::connection::SimpleConnection;

    /// What is different after a change of a store that had been right.
    fn after(sql: &str) -> Vec<(Code, String, bool)> {
        let all: Vec<String> = migrate::embedded().unwrap().iter().map(|one| one.name().version().to_string()).collect();
        let wanted = Catalogue::made_by(&all).unwrap();
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        for migration in &migrate::embedded().unwrap() {
            migration.run(&mut connection).unwrap();
        }
        codes::fill_sqlite(&mut connection).unwrap();
        assert_eq!(wanted.differences(&Catalogue::of_sqlite(&mut connection).unwrap()), []);
        connection.batch_execute(sql).unwrap();
        let found = Catalogue::of_sqlite(&mut connection).unwrap();
        wanted.differences(&found).into_iter().map(|one| (one.fault.code, one.fault.field.into_owned(), one.harmless)).collect()
    }

    #[test]
    fn whatever_differs_is_named() {
        for (sql, code, place, harmless) in [
            ("DROP TABLE photo", Code::StoreLacks, "photo", false),
            ("ALTER TABLE sale DROP COLUMN city", Code::StoreLacks, "sale.city", false),
            ("ALTER TABLE sale ADD COLUMN colour TEXT", Code::StoreMore, "sale.colour", true),
            ("ALTER TABLE sale ADD COLUMN colour TEXT NOT NULL DEFAULT 'x'", Code::StoreMore, "sale.colour", true),
            ("DROP INDEX sale_day", Code::StoreLacks, "sale (sold_on, garment_id, seq)", false),
            ("DROP INDEX sale_live", Code::StoreLacks, "sale (garment_id)", false),
            ("CREATE INDEX mine ON sale (city)", Code::StoreMore, "sale (city)", true),
            ("CREATE UNIQUE INDEX mine ON sale (city)", Code::StoreMore, "sale (city)", false),
            ("CREATE INDEX mine ON sale (city) WHERE city <> ''", Code::StoreMore, "sale (city)", true),
            ("CREATE TABLE mine (id INTEGER)", Code::StoreMore, "mine", true),
        ] {
            assert_eq!(after(sql), [(code, place.to_owned(), harmless)], "{sql}");
        }
        // Another type, another default; one index in the place of another of the same columns.
        let other = after("ALTER TABLE photo RENAME COLUMN width TO was; ALTER TABLE photo ADD COLUMN width TEXT NOT NULL DEFAULT '0'");
        assert!(other.contains(&(Code::StoreOther, "photo.width".into(), false)), "{other:?}");
        let other = after("DROP INDEX sale_live; CREATE UNIQUE INDEX sale_live ON sale (garment_id)");
        assert_eq!(other.iter().map(|one| one.0).collect::<Vec<_>>(), [Code::StoreLacks, Code::StoreMore]);
        // A name is nothing.
        assert_eq!(after("DROP INDEX sale_day; CREATE INDEX renamed ON sale (sold_on, garment_id, seq)"), []);
    }
}
