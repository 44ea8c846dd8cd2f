//! Our types as columns: closed lists as texts, ids as numbers, the same on both stores.
//!
//! One struct of a table may then derive `Queryable, Selectable, Insertable, AsChangeset` with such fields. What stands in the store and is
//! none of the list is an error of that read, never another value.

use std::any::type_name;
use std::fmt;
use std::ops::Deref;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, GarmentId, Id};

/// What binding, comparing and reading a type as a column takes, whatever its SQL type: the part that is the same for texts and numbers.
#[doc(hidden)]
#[macro_export]
macro_rules! bound_column {
    ($sql:ident, $type:ty) => {
        $crate::bound_column!(@bound $sql, $type, {$type} {&'_ $type} {&'_ &'_ $type});

        impl<DB: ::diesel::backend::Backend> ::diesel::serialize::ToSql<::diesel::sql_types::Nullable<::diesel::sql_types::$sql>, DB> for $type
        where
            Self: ::diesel::serialize::ToSql<::diesel::sql_types::$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut ::diesel::serialize::Output<'b, '_, DB>) -> ::diesel::serialize::Result {
                ::diesel::serialize::ToSql::<::diesel::sql_types::$sql, DB>::to_sql(self, out)
            }
        }

        impl<DB: ::diesel::backend::Backend, ST: ::diesel::sql_types::SingleValue> ::diesel::deserialize::Queryable<ST, DB> for $type
        where
            Self: ::diesel::deserialize::FromSql<ST, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> ::diesel::deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
    (@read $type:ty, $read:expr) => {
        impl<DB: ::diesel::backend::Backend> ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB> for $type
        where
            String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let text = <String as ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                $crate::platform::db::known_text(&text, $read(&text))
            }
        }
    };
    (@bound $sql:ident, $type:ty, $({$bound:ty})*) => {
        $(
            $crate::bound_column!(@as ::diesel::sql_types::$sql, $bound);
            $crate::bound_column!(@as ::diesel::sql_types::Nullable<::diesel::sql_types::$sql>, $bound);
        )*
    };
    (@as $sql:ty, $bound:ty) => {
        impl ::diesel::expression::AsExpression<$sql> for $bound {
            type Expression = ::diesel::internal::derives::as_expression::Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                ::diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
    };
}

/// Makes closed lists columns of `Text`: any type with `as_str(self) -> &'static str` and `of(&str) -> Option<Self>`, as `choices!` makes them.
///
/// Called where the room's queries are: `text_column!(BatchStatus, Category);`.
#[macro_export]
macro_rules! text_column {
    ($($type:ty),+ $(,)?) => {
        $(
            $crate::bound_column!(Text, $type);
            $crate::bound_column!(@read $type, Self::of);

            impl<DB: ::diesel::backend::Backend> ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB> for $type
            where
                str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut ::diesel::serialize::Output<'b, '_, DB>) -> ::diesel::serialize::Result {
                    <str as ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>>::to_sql((*self).as_str(), out)
                }
            }
        )+
    };
}

/// Makes a type a column of `Text` by two functions: how a value is written, and what a stored text stands for (None: nothing, which is an error of
/// that read). `written_column!(Lang, Lang::tag, Lang::of_tag);`
#[macro_export]
macro_rules! written_column {
    ($type:ty, $write:expr, $read:expr) => {
        $crate::bound_column!(Text, $type);
        $crate::bound_column!(@read $type, $read);

        impl ::diesel::serialize::ToSql<::diesel::sql_types::Text, ::diesel::sqlite::Sqlite> for $type {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, ::diesel::sqlite::Sqlite>,
            ) -> ::diesel::serialize::Result {
                out.set_value(String::from($write(self)));
                Ok(::diesel::serialize::IsNull::No)
            }
        }

        impl ::diesel::serialize::ToSql<::diesel::sql_types::Text, ::diesel::pg::Pg> for $type {
            fn to_sql<'b>(&'b self, out: &mut ::diesel::serialize::Output<'b, '_, ::diesel::pg::Pg>) -> ::diesel::serialize::Result {
                ::std::io::Write::write_all(out, String::from($write(self)).as_bytes())?;
                Ok(::diesel::serialize::IsNull::No)
            }
        }
    };
}

/// Makes numbers with a type of their own (`struct Id(pub i64)`) columns of `BigInt`.
#[macro_export]
macro_rules! id_column {
    ($($type:ident),+ $(,)?) => {
        $(
            $crate::bound_column!(BigInt, $type);

            impl<DB: ::diesel::backend::Backend> ::diesel::serialize::ToSql<::diesel::sql_types::BigInt, DB> for $type
            where
                i64: ::diesel::serialize::ToSql<::diesel::sql_types::BigInt, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut ::diesel::serialize::Output<'b, '_, DB>) -> ::diesel::serialize::Result {
                    <i64 as ::diesel::serialize::ToSql<::diesel::sql_types::BigInt, DB>>::to_sql(&self.0, out)
                }
            }

            impl<DB: ::diesel::backend::Backend> ::diesel::deserialize::FromSql<::diesel::sql_types::BigInt, DB> for $type
            where
                i64: ::diesel::deserialize::FromSql<::diesel::sql_types::BigInt, DB>,
            {
                fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                    <i64 as ::diesel::deserialize::FromSql<::diesel::sql_types::BigInt, DB>>::from_sql(bytes).map($type)
                }
            }
        )+
    };
}

/// Saves a row of a table with `id`, `version` and `created_at`: a new one, or in the place of `before` if that is still as it was read.
/// Gives the row its id, version and time. Leaves the function with [`Code::Stale`](crate::kernel::Code::Stale) when it is not.
#[macro_export]
macro_rules! save_row {
    ($db:expr, $stamp:expr, $table:ident, $row:expr, $before:expr) => {
        match $before {
            None => {
                ($row.id, $row.version, $row.created_at) = ($stamp.id(), 1, $stamp.at);
                $crate::each!($db, |c| diesel::insert_into($table::table).values($row.clone()).execute(c))?;
            }
            Some(before) => {
                ($row.id, $row.version, $row.created_at) = (before.id, before.version + 1, before.created_at);
                let as_read = $table::id.eq(before.id).and($table::version.eq(before.version));
                if $crate::each!($db, |c| diesel::update($table::table.filter(as_read)).set($row.clone()).execute(c))? == 0 {
                    return Err($crate::kernel::Code::Stale.into());
                }
            }
        }
    };
}

/// The same of a row that is known by its code alone: a catalogue's.
#[macro_export]
macro_rules! save_coded_row {
    ($db:expr, $table:ident, $row:expr, $before:expr) => {
        match $before {
            None => {
                $row.version = 1;
                $crate::each!($db, |c| diesel::insert_into($table::table).values(&$row).execute(c))?;
            }
            Some(before) => {
                $row.version = before.version + 1;
                let as_read = $table::code.eq(&before.code).and($table::version.eq(before.version));
                if $crate::each!($db, |c| diesel::update($table::table.filter(as_read)).set(&$row).execute(c))? == 0 {
                    return Err($crate::kernel::Code::Stale.into());
                }
            }
        }
    };
}

id_column!(Id, BatchNo, GarmentId);
written_column!(Lang, |lang: &Lang| lang.tag(), Lang::of_tag);

/// A value that is stored as JSON text. What does not read back is an error of that read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(transparent)]
pub struct JsonText<T: fmt::Debug>(pub T);

impl<T: fmt::Debug> Deref for JsonText<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug + Serialize> ToSql<Text, Sqlite> for JsonText<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

impl<T: fmt::Debug + Serialize> ToSql<Text, Pg> for JsonText<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl<T: fmt::Debug + DeserializeOwned, DB: Backend> FromSql<Text, DB> for JsonText<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_str(&String::from_sql(bytes)?)?))
    }
}

/// What a stored text stands for.
///
/// # Errors
/// When it stands for nothing: names the text and the list. Diesel adds the column.
pub fn known_text<T>(text: &str, found: Option<T>) -> deserialize::Result<T> {
    let list = type_name::<T>().rsplit("::").next().unwrap_or_default();
    found.ok_or_else(|| format!("“{text}” is none of {list}").into())
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;

    use super::*;
    use crate::platform::db::{Connection, Db};
    use crate::{choices, each};

    diesel::table! {
        hat (id) {
            id -> BigInt,
            batch_no -> Nullable<BigInt>,
            garment_id -> BigInt,
            brim -> Text,
            band -> Nullable<Text>,
        }
    }

    choices! {
        /// How far it reaches.
        Brim {
            /// A finger.
            Narrow = "narrow", "窄", "Narrow";
            /// A hand.
            Wide = "wide", "宽", "Wide";
        }
    }
    text_column!(Brim);

    #[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
    #[diesel(table_name = hat, treat_none_as_null = true)]
    struct Hat {
        id: Id,
        batch_no: Option<BatchNo>,
        garment_id: GarmentId,
        brim: Brim,
        band: Option<Brim>,
    }

    fn memory() -> Db {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection
            .batch_execute(
                "CREATE TABLE hat (id BIGINT PRIMARY KEY, batch_no BIGINT, garment_id BIGINT NOT NULL, brim TEXT NOT NULL, band TEXT)",
            )
            .unwrap();
        Db::alone(Connection::Sqlite(connection))
    }

    fn hats() -> [Hat; 2] {
        let one = Hat { id: Id(7), batch_no: None, garment_id: GarmentId(1 << 22), brim: Brim::Narrow, band: Some(Brim::Wide) };
        [Hat { id: Id(8), batch_no: Some(BatchNo(3)), brim: Brim::Wide, band: None, ..one.clone() }, one]
    }

    #[test]
    fn one_struct_of_a_table_is_written_changed_and_read() {
        let mut db = memory();
        let [wide, narrow] = hats();
        let written = each!(&mut db, |c| diesel::insert_into(hat::table).values(&wide).execute(c)).unwrap();
        assert_eq!(written, 1);
        each!(&mut db, |c| diesel::insert_into(hat::table).values(&vec![narrow.clone()]).execute(c)).unwrap();

        let all: Vec<Hat> = each!(&mut db, |c| hat::table.select(Hat::as_select()).order(hat::id.desc()).load(c)).unwrap();
        assert_eq!(all, [wide.clone(), narrow.clone()]);
        let by_brim: Vec<Id> = each!(&mut db, |c| hat::table.filter(hat::brim.eq(Brim::Wide)).select(hat::id).load(c)).unwrap();
        assert_eq!(by_brim, [Id(8)]);
        let by_band: Vec<Id> = each!(&mut db, |c| hat::table.filter(hat::band.eq(Brim::Wide)).select(hat::id).load(c)).unwrap();
        assert_eq!(by_band, [Id(7)]);
        let any: i64 = each!(&mut db, |c| hat::table
            .filter(hat::id.eq_any([Id(7), Id(8)]))
            .filter(hat::brim.eq_any(Brim::ALL))
            .filter(hat::batch_no.eq(BatchNo(3)))
            .count()
            .get_result(c))
        .unwrap();
        assert_eq!(any, 1);

        let changed = Hat { brim: Brim::Wide, band: None, ..narrow };
        each!(&mut db, |c| diesel::update(hat::table.find(changed.id)).set(&changed).execute(c)).unwrap();
        let read: Hat = each!(&mut db, |c| hat::table.find(changed.id).select(Hat::as_select()).get_result(c)).unwrap();
        assert_eq!(read, changed);
    }

    #[test]
    fn what_is_none_of_the_list_is_an_error_that_says_so() {
        for (column, value) in [("brim", "Wide"), ("brim", ""), ("band", "flat")] {
            let mut db = memory();
            each!(&mut db, |c| diesel::insert_into(hat::table).values(&hats()[0]).execute(c)).unwrap();
            if let Connection::Sqlite(c) = &mut db.connection {
                c.batch_execute(&format!("UPDATE hat SET {column} = '{value}'")).unwrap();
            }
            let read: QueryResult<Vec<Hat>> = each!(&mut db, |c| hat::table.select(Hat::as_select()).load(c));
            // As the log has it: with its causes.
            let said = format!("{:?}", crate::kernel::Error::from(read.unwrap_err()));
            assert!(said.contains(&format!("“{value}” is none of Brim")) && said.contains(column), "{said}");
        }
    }
}
