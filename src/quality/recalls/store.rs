//! Queries on recall scopes, and on the sold garments in one.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FIELDS, Inputs, NewScope, ScopeBatch, ScopeQuery};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{BatchNo, Code, GarmentId, Id, Refusal, Result};
use crate::ownership::garments::{self, HoldKind};
use crate::platform::db::schema::{party, recall_scope, sale};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, JsonText, Live};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{Permission, TraceRead};
use crate::platform::http::segment;
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees};
use crate::quality::trace::Totals;
use crate::{each, keyset};

/// A saved trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = recall_scope)]
pub struct Scope {
    /// Its id.
    #[serde(skip)]
    pub id: Id,
    /// Its code.
    pub code: String,
    /// What it is about.
    pub title: String,
    /// What was asked.
    #[schema(value_type = ScopeQuery)]
    pub query: JsonText<ScopeQuery>,
    /// Of what.
    #[schema(value_type = Inputs)]
    pub inputs: JsonText<Inputs>,
    /// SHA-256 of the canonical form of the batches, in hexadecimal.
    #[diesel(column_name = result_hash)]
    pub hash: String,
    /// How much it was.
    #[schema(value_type = Totals)]
    pub counts: JsonText<Totals>,
    /// Who saved it.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
}

impl Listing for Scope {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "recall-scopes";
    const SCHEMA: &'static str = "Scope";
    type Read = BrandOnly<TraceRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("recalls-new", "/recalls/new".to_owned(), Permission::RecallEdit),
            ("trace-title", "/trace".to_owned(), Permission::TraceRead),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut scopes = recall_scope::table.select(Self::as_select()).into_boxed();
            if !query.q.is_empty() {
                let found = lower(recall_scope::code).like(&pattern).escape('\\');
                scopes = scopes.filter(found.or(lower(recall_scope::title).like(&pattern).escape('\\')));
            }
            keyset!(c, scopes, recall_scope::code, window)
        })?)
    }
}

/// The address of a scope's page.
pub(super) fn href(code: &str) -> String {
    format!("/recalls/{}", segment(code))
}

/// Saves a scope with its batches in canonical form.
///
/// # Errors
/// [`Code::Duplicate`] for a code that is taken.
pub fn insert(db: &mut Db, stamp: &Stamp, new: NewScope, inputs: Inputs, counts: Totals, result: &str, hash: &str) -> Result<Scope> {
    let scope = Scope {
        id: stamp.id(),
        code: new.code,
        title: new.title,
        query: JsonText(new.query),
        inputs: JsonText(inputs),
        hash: hash.to_owned(),
        counts: JsonText(counts),
        created_by: stamp.actor.clone(),
        created_at: stamp.at,
    };
    each!(db, |c| diesel::insert_into(recall_scope::table).values((&scope, recall_scope::result.eq(result))).execute(c))?;
    let body = serde_json::json!({
        "code": scope.code, "query": scope.query, "hash": hash, "batches": scope.counts.batches, "made": scope.counts.made
    });
    events::append(db, stamp, EventKind::ScopeSaved, Subject::Thing("recall", scope.id.0), &body)?;
    Ok(scope)
}

/// Keeps every garment of a scope from being sold, those that have been sold already with them: a row for each range of units, however many garments
/// that is. Held already, it stays so.
///
/// The status of a batch is not asked to do this: it would stop the units beside those of the scope, and a batch may be held for another reason, which
/// neither a buyer's rights nor the release of a recall may mistake for it.
///
/// # Errors
/// [`Code::NotFound`].
pub fn hold(db: &mut Db, stamp: &Stamp, code: &str) -> Result<Scope> {
    let (scope, batches) = by_code(db, code)?.ok_or(Code::NotFound)?;
    for batch in &batches {
        let units: Vec<Range<i64>> = batch.units.iter().map(|units| units.first - 1..units.last).collect();
        garments::hold_units(db, stamp, BatchNo(batch.no), &units, HoldKind::Recall, &scope.code)?;
    }
    let body = serde_json::json!({ "code": scope.code, "batches": batches.len() });
    events::append(db, stamp, EventKind::ScopeHeld, Subject::Thing("recall", scope.id.0), &body)?;
    Ok(scope)
}

/// Takes back what [`hold`] did: what another recall holds stays held. It takes two: whoever holds the garments does not release them.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::NeedsAnother`].
pub fn release(db: &mut Db, stamp: &Stamp, code: &str) -> Result<Scope> {
    let (scope, _) = by_code(db, code)?.ok_or(Code::NotFound)?;
    if garments::holders_of_units(db, HoldKind::Recall, &scope.code)?.contains(&stamp.actor) {
        return Err(Refusal::new(Code::NeedsAnother).with("who", "holder").into());
    }
    let batches = garments::release_units(db, stamp, HoldKind::Recall, &scope.code)?;
    let body = serde_json::json!({ "code": scope.code, "batches": batches });
    events::append(db, stamp, EventKind::ScopeReleased, Subject::Thing("recall", scope.id.0), &body)?;
    Ok(scope)
}

/// Since when the garments of a scope are held back, UTC.
pub fn held_since(db: &mut Db, code: &str) -> Result<Option<NaiveDateTime>> {
    garments::units_held(db, HoldKind::Recall, code)
}

/// A scope and its batches.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<(Scope, Vec<ScopeBatch>)>> {
    let rows: Vec<(Scope, JsonText<Vec<ScopeBatch>>)> =
        each!(db, |c| recall_scope::table.filter(recall_scope::code.eq(code)).select((Scope::as_select(), recall_scope::result)).load(c))?;
    Ok(rows.into_iter().next().map(|(scope, batches)| (scope, batches.0)))
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
