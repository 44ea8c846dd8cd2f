//! Every query on returns, and the steps they take.

pub mod acts;
pub mod buyer;
pub mod settled;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DestroyGround, FIELDS, Inbound, ReturnKind, ReturnOutcome, ReturnState, ReturnlessOrigin};
use crate::aftersales::rights::FreightPayer;
use crate::kernel::event::Subject;
use crate::kernel::money::Money;
use crate::kernel::{Code, GarmentId, Id, Result};
use crate::ownership::sales;
use crate::platform::db::Db;
use crate::platform::events;
use crate::platform::http::perm::CasesRead;
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees};
use crate::platform::state::AppState;
use crate::production::serials;
use crate::{each, keyset, text_column};

text_column!(ReturnState, ReturnKind, Inbound, ReturnlessOrigin, ReturnOutcome, DestroyGround);

/// The subject of its events.
pub(super) const SUBJECT: &str = "return_order";

diesel::table! {
    return_order (id) {
        id -> BigInt,
        line_id -> BigInt,
        case_id -> BigInt,
        garment_id -> BigInt,
        sale_seq -> BigInt,
        state -> Text,
        kind -> Text,
        rule -> Text,
        rule_version -> BigInt,
        freight -> Text,
        inbound -> Nullable<Text>,
        waybill -> Text,
        note -> Text,
        report -> Text,
        requested_at -> Timestamp,
        approved_at -> Nullable<Timestamp>,
        received_on -> Nullable<Date>,
        inspected_by -> Text,
        disputed_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
        returnless_origin -> Nullable<Text>,
        returnless_by -> Text,
        ended_at -> Nullable<Timestamp>,
        version -> BigInt,
        settlement_id -> Nullable<BigInt>,
        accepted_minor -> Nullable<BigInt>,
        destroyed_on -> Nullable<Date>,
        destroyed_ground -> Nullable<Text>,
        destroyed_weight_g -> Nullable<BigInt>,
        destroyed_photo -> Nullable<BigInt>,
        destroyed_document -> Text,
    }
}

/// That what came back was destroyed, with the evidence; empty where it was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = return_order)]
pub struct Destroyed {
    /// The local day it was destroyed.
    pub destroyed_on: Option<NaiveDate>,
    /// On what ground.
    pub destroyed_ground: Option<DestroyGround>,
    /// How much that was, in grams.
    pub destroyed_weight_g: Option<i64>,
    /// The photo of the case that shows it.
    #[schema(value_type = Option<String>)]
    pub destroyed_photo: Option<Id>,
    /// The document that says so, or empty.
    pub destroyed_document: String,
}

/// A return.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = return_order)]
pub struct ReturnOrder {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The line of a case that it is of.
    #[serde(skip)]
    pub line_id: Id,
    /// The case.
    #[serde(skip)]
    pub case_id: Id,
    /// The garment.
    #[serde(skip)]
    pub garment_id: GarmentId,
    /// Which of its sales.
    pub sale_seq: i64,
    /// Where it stands.
    pub state: ReturnState,
    /// On what ground it comes back.
    pub kind: ReturnKind,
    /// The code of the rule of rights, or empty for goodwill.
    pub rule: String,
    /// The rule's version.
    pub rule_version: i64,
    /// Who pays the way.
    pub freight: FreightPayer,
    /// How it comes back.
    pub inbound: Option<Inbound>,
    /// The carrier's number, or empty.
    pub waybill: String,
    /// What was last said of it: what is needed, why not, the ground.
    pub note: String,
    /// What was found when it was here, or empty.
    pub report: String,
    /// When it was asked for, UTC.
    pub requested_at: NaiveDateTime,
    /// When it was granted, UTC.
    pub approved_at: Option<NaiveDateTime>,
    /// The local day it came.
    pub received_on: Option<NaiveDate>,
    /// Who said last what was found, or empty.
    pub inspected_by: String,
    /// When the refusal was contested, UTC.
    pub disputed_at: Option<NaiveDateTime>,
    /// What the buyer gets.
    pub outcome: Option<ReturnOutcome>,
    /// Whose decision it was that the goods stay where they are.
    pub returnless_origin: Option<ReturnlessOrigin>,
    /// Who approved that, or empty.
    pub returnless_by: String,
    /// What of the price the inspection accepted, in minor units of the sale's currency, where it accepted a part.
    pub accepted_minor: Option<i64>,
    /// The settlement that gives its buyer something for it.
    #[schema(value_type = Option<String>)]
    pub settlement_id: Option<Id>,
    /// What is said where it was destroyed.
    #[serde(flatten)]
    #[diesel(embed)]
    #[schema(inline)]
    pub destroyed: Destroyed,
    /// When it was over, UTC.
    pub ended_at: Option<NaiveDateTime>,
    /// Grows with every step.
    pub version: i64,
    /// The case's number.
    #[diesel(select_expression = case_number(), select_expression_type = SqlLiteral<Text>)]
    pub case_no: String,
    /// The garment's serial, where it was asked for with the keys.
    #[diesel(select_expression = no_serial(), select_expression_type = SqlLiteral<Text>)]
    pub serial: String,
    /// What the inspection accepted, as people write it, where it was asked for with the keys.
    #[diesel(select_expression = no_amount(), select_expression_type = SqlLiteral<Nullable<Text>>)]
    pub accepted: Option<String>,
}

fn no_amount() -> SqlLiteral<Nullable<Text>> {
    sql("NULL")
}

fn case_number() -> SqlLiteral<Text> {
    sql("(SELECT no FROM service_case WHERE service_case.id = return_order.case_id)")
}

fn no_serial() -> SqlLiteral<Text> {
    sql("''")
}

/// The line of a case that somebody names no line of.
pub(super) const fn first() -> i64 {
    1
}

/// A return that somebody asks for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnAsk {
    /// The number of the case.
    pub case: String,
    /// The number of its line; the first when left out.
    #[serde(default = "first")]
    pub line: i64,
    /// The rule of rights it rests on; left out for goodwill.
    #[serde(default)]
    pub rule: Option<String>,
    /// Who pays the way, where it is goodwill; otherwise the rule says so.
    #[serde(default)]
    pub freight: FreightPayer,
    /// What there is to say; the reason, where it is goodwill.
    #[serde(default)]
    pub note: String,
}

impl Listing for ReturnOrder {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "returns";
    const SCHEMA: &'static str = "ReturnRow";
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn list(db: &mut Db, query: &ListQuery, _: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let window = window.of_ids()?;
        Ok(each!(db, |c| {
            let mut orders = return_order::table.select(Self::as_select()).into_boxed();
            if let Some(state) = query.filter("state") {
                orders = orders.filter(return_order::state.eq(state));
            }
            if let Some(kind) = query.filter("kind") {
                orders = orders.filter(return_order::kind.eq(kind));
            }
            if !query.q.is_empty() {
                orders = orders.filter(return_order::waybill.eq(&query.q).or(case_number().eq(&query.q)));
            }
            keyset!(c, orders, newest return_order::id, window)
        })?)
    }

    fn named(db: &mut Db, app: &AppState, rows: Vec<Self>) -> Result<Vec<Self>> {
        let serials = serials::serials_of(db, &app.keys.serials, &rows.iter().map(|row| row.garment_id).collect::<Vec<_>>())?;
        let mut parts: Vec<GarmentId> = rows.iter().filter(|row| row.accepted_minor.is_some()).map(|row| row.garment_id).collect();
        parts.sort_unstable();
        parts.dedup();
        let sales = sales::of_garments(db, &parts)?.into_iter().map(|sale| ((sale.garment, sale.seq), sale.currency));
        let currencies: HashMap<(GarmentId, i64), Option<String>> = sales.collect();
        let named = |row: Self| {
            let currency = currencies.get(&(row.garment_id, row.sale_seq)).cloned().flatten();
            let money = |minor| Money { minor, currency: currency.unwrap_or_else(|| sales::CURRENCY.to_owned()) };
            let accepted = row.accepted_minor.map(money).map(|money| format!("{} {}", money.amount(), money.currency));
            Self { serial: serials.get(&row.garment_id).cloned().unwrap_or_default(), accepted, ..row }
        };
        Ok(rows.into_iter().map(named).collect())
    }
}

/// The return of this id.
///
/// # Errors
/// [`Code::NotFound`].
pub fn by_id(db: &mut Db, id: Id) -> Result<ReturnOrder> {
    let found: Vec<ReturnOrder> =
        each!(db, |c| return_order::table.filter(return_order::id.eq(id)).select(ReturnOrder::as_select()).load(c))?;
    found.into_iter().next().ok_or_else(|| Code::NotFound.into())
}

/// The latest return of a line of a case.
pub fn of_line(db: &mut Db, line: Id) -> Result<Option<ReturnOrder>> {
    let of = return_order::table.filter(return_order::line_id.eq(line)).order(return_order::id.desc());
    let found: Vec<ReturnOrder> = each!(db, |c| of.select(ReturnOrder::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

/// What happened to a return, oldest first.
pub(super) fn history(db: &mut Db, id: Id) -> Result<Vec<events::Fact>> {
    events::of(db, Subject::Thing(SUBJECT, id.0))
}
