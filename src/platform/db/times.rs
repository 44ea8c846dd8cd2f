//! Days and instants that are bound by the million. SQLite keeps them as texts; chrono reads the format they are written in anew each time, which
//! takes several times what writing the text does.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{IsNull, Output, Result, ToSql};
use diesel::sql_types::{Date, Timestamp};
use diesel::sqlite::Sqlite;

/// A day to be written, as the store writes a [`NaiveDate`].
#[derive(Clone, Copy, Debug, AsExpression)]
#[diesel(sql_type = Date)]
pub struct Day(pub NaiveDate);

/// An instant to be written, as the store writes a [`NaiveDateTime`].
#[derive(Clone, Copy, Debug, AsExpression)]
#[diesel(sql_type = Timestamp)]
pub struct At(pub NaiveDateTime);

impl ToSql<Date, Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl ToSql<Date, Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> Result {
        ToSql::<Date, Pg>::to_sql(&self.0, out)
    }
}

impl ToSql<Timestamp, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl ToSql<Timestamp, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> Result {
        ToSql::<Timestamp, Pg>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::Nullable;

    use super::*;

    #[test]
    fn what_is_written_is_what_diesel_writes() {
        let mut store = SqliteConnection::establish(":memory:").unwrap();
        let instants = ["1990-01-01T00:00:00", "2026-06-15T23:59:59.5", "2026-06-15T01:02:03.000004", "2099-12-31T12:00:00.123456"];
        for at in instants.map(|text| text.parse::<NaiveDateTime>().unwrap()) {
            // Both are texts, which the store compares.
            let same: (bool, bool, Option<bool>) = diesel::select((
                Day(at.date()).into_sql::<Date>().eq(at.date()),
                At(at).into_sql::<Timestamp>().eq(at),
                Some(Day(at.date())).into_sql::<Nullable<Date>>().eq(Some(at.date())),
            ))
            .get_result(&mut store)
            .unwrap();
            assert_eq!(same, (true, true, Some(true)), "{at}");
        }
    }
}
