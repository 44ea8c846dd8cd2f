//! Queries on recall scopes, and on the sold garments in one.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Inputs, NewScope, Scope, ScopeBatch, ScopeQuery};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Refusal, Result};
use crate::platform::db::schema::{party, recall_scope, sale};
use crate::platform::db::{Db, Live};
use crate::platform::events::{self, Stamp};
use crate::quality::trace::Totals;

type Row = (String, String, String, String, String, String, String, NaiveDateTime);

fn scope((code, title, query, inputs, hash, counts, created_by, created_at): Row) -> Result<Scope> {
    let query: ScopeQuery = serde_json::from_str(&query).map_err(Error::broken)?;
    let inputs: Inputs = serde_json::from_str(&inputs).map_err(Error::broken)?;
    let counts: Totals = serde_json::from_str(&counts).map_err(Error::broken)?;
    Ok(Scope { code, title, query, inputs, hash, counts, created_by, created_at })
}

/// Saves a scope with its batches in canonical form.
///
/// # Errors
/// [`Code::Duplicate`] for a code that is taken.
pub fn insert(db: &mut Db, stamp: &Stamp, new: &NewScope, inputs: &Inputs, counts: &Totals, result: &str, hash: &str) -> Result<Scope> {
    let taken: Vec<i64> = each!(db, |c| recall_scope::table.filter(recall_scope::code.eq(&new.code)).select(recall_scope::id).load(c))?;
    if !taken.is_empty() {
        let fault = Fault::new("code", Code::Duplicate);
        return Err(Refusal { code: Code::Duplicate, args: vec![("field", "code".into())], faults: vec![fault] }.into());
    }
    let text = |value: Result<String, serde_json::Error>| value.map_err(Error::broken);
    let id = stamp.id().0;
    each!(db, |c| diesel::insert_into(recall_scope::table)
        .values((
            recall_scope::id.eq(id),
            recall_scope::code.eq(&new.code),
            recall_scope::title.eq(&new.title),
            recall_scope::query.eq(text(serde_json::to_string(&new.query))?),
            recall_scope::inputs.eq(text(serde_json::to_string(inputs))?),
            recall_scope::result.eq(result),
            recall_scope::result_hash.eq(hash),
            recall_scope::counts.eq(text(serde_json::to_string(counts))?),
            recall_scope::created_by.eq(&stamp.actor),
            recall_scope::created_at.eq(stamp.at),
        ))
        .execute(c))?;
    let body = serde_json::json!({ "code": new.code, "query": new.query, "hash": hash, "batches": counts.batches, "made": counts.made });
    events::append(db, stamp, EventKind::ScopeSaved, Subject::Thing("recall", id), &body)?;
    Ok(Scope {
        code: new.code.clone(),
        title: new.title.clone(),
        query: new.query.clone(),
        inputs: inputs.clone(),
        hash: hash.to_owned(),
        counts: counts.clone(),
        created_by: stamp.actor.clone(),
        created_at: stamp.at,
    })
}

/// Scopes by code, at most `limit`, after a code.
///
/// # Errors
/// When the store does.
pub fn list(db: &mut Db, after: Option<&str>, limit: i64) -> Result<Vec<Scope>> {
    let columns = (
        recall_scope::code,
        recall_scope::title,
        recall_scope::query,
        recall_scope::inputs,
        recall_scope::result_hash,
        recall_scope::counts,
        recall_scope::created_by,
        recall_scope::created_at,
    );
    let rows: Vec<Row> = each!(db, |c| recall_scope::table
        .filter(recall_scope::code.gt(after.unwrap_or_default()))
        .order(recall_scope::code)
        .select(columns)
        .limit(limit)
        .load(c))?;
    rows.into_iter().map(scope).collect()
}

/// A scope and its batches.
///
/// # Errors
/// When the store does.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<(Scope, Vec<ScopeBatch>)>> {
    let columns = (
        recall_scope::code,
        recall_scope::title,
        recall_scope::query,
        recall_scope::inputs,
        recall_scope::result_hash,
        recall_scope::counts,
        recall_scope::created_by,
        recall_scope::created_at,
    );
    let rows: Vec<(Row, String)> =
        each!(db, |c| recall_scope::table.filter(recall_scope::code.eq(code)).select((columns, recall_scope::result)).load(c))?;
    rows.into_iter().next().map(|(row, result)| Ok((scope(row)?, serde_json::from_str(&result).map_err(Error::broken)?))).transpose()
}

/// A garment with a live sale.
#[derive(Clone, Debug, Queryable)]
pub struct SoldGarment {
    /// The garment.
    pub garment_id: i64,
    /// Day of the sale.
    pub sold_on: NaiveDate,
    /// Code of the retailer.
    pub retailer: Option<String>,
    /// Country it was sold in.
    pub country: String,
    /// City it was sold in.
    pub city: String,
}

/// Garments among some units of a batch (from 0, end left out) with a live sale, by unit.
///
/// # Errors
/// When the store does.
pub fn sold(db: &mut Db, no: i64, units: &Range<i64>) -> Result<Vec<SoldGarment>> {
    let (first, _) = GarmentId::range_of(BatchNo(no));
    let (from, to) = (first + units.start, first + units.end);
    Ok(each!(db, |c| sale::table
        .left_join(party::table.on(sale::retailer_id.eq(party::id.nullable())))
        .filter(sale::garment_id.ge(from).and(sale::garment_id.lt(to)).and(sale::status.eq(Live)))
        .order(sale::garment_id)
        .select((sale::garment_id, sale::sold_on, party::code.nullable(), sale::country, sale::city))
        .load(c))?)
}
