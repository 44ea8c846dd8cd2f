//! Statements that are planned once for each connection although diesel would plan them anew each time.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement whose text is one of few: see [`planned`].
#[derive(Clone, Copy, Debug)]
pub struct Planned<Q> {
    query: Q,
    is_kept: bool,
}

/// A statement that the connection is to keep planned when `is_one_of_few`.
///
/// Diesel keeps no statement that might have any number of texts: those with a list of keys, each update, each upsert. Planning takes
/// longer than the look-up or the change itself: of the 230 µs that registering a sale took, 140 went into planning its eleven such
/// statements. An update whose columns are always the same is one text; a list of keys is one of few where it has at most [`FEW`].
///
/// To be loaded, changes too, with what they return: diesel executes what it is given by a reference, which forgets this.
pub fn planned<Q>(query: Q, is_one_of_few: bool) -> Planned<Q> {
    Planned { query, is_kept: is_one_of_few }
}

impl<Q, DB: Backend> QueryFragment<DB> for Planned<Q>
where
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
        if self.is_kept { Ok(true) } else { self.query.is_safe_to_cache_prepared(backend) }
    }
}

/// So many keys a list may have for each of its lengths to be kept planned.
pub const FEW: usize = 8;

/// Kept by its text.
impl<Q> QueryId for Planned<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Planned<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Conn> RunQueryDsl<Conn> for Planned<Q> {}

/// Inserts rows: one by one on the embedded store, where the statement is planned once; on PostgreSQL, where each is a journey, in one COPY, or
/// in an INSERT when they are few. `$rows` is a reference to a vector of tuples of `column.eq(value)`.
#[macro_export]
macro_rules! insert_all {
    ($db:expr, $table:expr, $rows:expr) => {
        match &mut $db.connection {
            $crate::platform::db::Connection::Sqlite(c) => {
                $rows.iter().try_for_each(|values| diesel::insert_into($table).values(values).execute(c).map(drop))
            }
            $crate::platform::db::Connection::Pg(c) if $rows.len() < $crate::platform::db::COPIED => {
                diesel::insert_into($table).values($rows).execute(c).map(drop)
            }
            $crate::platform::db::Connection::Pg(c) => {
                diesel::prelude::ExecuteCopyFromDsl::execute(diesel::copy_from($table).from_insertable($rows), c).map(drop)
            }
        }
    };
}

/// From so many rows on, PostgreSQL takes a COPY in less time than an INSERT of as many rows, which it must read and plan anew.
pub const COPIED: usize = 8;
