//! Texts that stand in a statement itself instead of being bound.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::prelude::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Text;

/// The status `'live'` as part of the statement: `sale::status.eq(Live)`.
///
/// Where a partial index is kept of live rows, a bound status would have to be looked at to know whether the index serves; SQLite then plans
/// the statement anew whenever another value is bound, which costs several times the look-up (measured: 60 of 100 µs of a card).
#[derive(Clone, Copy, Debug, QueryId, ValidGrouping)]
pub struct Live;

impl Expression for Live {
    type SqlType = Text;
}

impl<QS> AppearsOnTable<QS> for Live {}

impl<QS> SelectableExpression<QS> for Live {}

impl<DB: Backend> QueryFragment<DB> for Live {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("'live'");
        Ok(())
    }
}
