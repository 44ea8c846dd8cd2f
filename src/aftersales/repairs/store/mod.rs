//! Every query on repairs.

pub mod acts;
pub mod buyer;
mod handed;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::{line_of_number, number};
use super::{AcceptedVia, CheckKind, FIELDS, NEW, RepairCost, RepairKind, RepairSite, RepairState};
use crate::aftersales::cases::{self, CaseLine, LineDecision, LineWork};
use crate::aftersales::rights::{Remedy, Right, RightKind};
use crate::aftersales::service_levels::Moment;
use crate::aftersales::settlements;
use crate::kernel::event::EventKind;
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::kernel::{Code, GarmentId, Id, Result, saturating};
use crate::platform::db::Db;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{CasesEdit, CasesRead, Permission};
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing, saved};
use crate::platform::state::AppState;
use crate::production::{materials, serials};
use crate::{each, keyset, text_column};

pub use handed::handed_between;

text_column!(RepairKind, RepairSite, RepairState, AcceptedVia, CheckKind);

diesel::table! {
    repair_order (id) {
        id -> BigInt,
        code -> Text,
        case_id -> BigInt,
        line_id -> BigInt,
        garment_id -> BigInt,
        sale_seq -> Nullable<BigInt>,
        kind -> Text,
        site -> Text,
        state -> Text,
        covered -> Bool,
        diagnosis -> Text,
        quote_version -> BigInt,
        plan -> Text,
        price_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        ready_on -> Nullable<Date>,
        text_hash -> Text,
        accepted_version -> Nullable<BigInt>,
        accepted_via -> Nullable<Text>,
        accepted_at -> Nullable<Timestamp>,
        paid_ref -> Text,
        received_on -> Nullable<Date>,
        handed_on -> Nullable<Date>,
        extended_days -> BigInt,
        repairer -> Text,
        rework -> BigInt,
        score -> Nullable<BigInt>,
        created_at -> Timestamp,
        version -> BigInt,
        under_kind -> Nullable<Text>,
        under_rule -> Text,
    }
}

diesel::table! {
    repair_quote (order_id, version) {
        order_id -> BigInt,
        version -> BigInt,
        plan -> Text,
        price_minor -> BigInt,
        currency -> Text,
        ready_on -> Date,
        text_hash -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    repair_part (id) {
        id -> BigInt,
        order_id -> BigInt,
        garment_id -> BigInt,
        component -> Text,
        lot_id -> BigInt,
        quantity_milli -> BigInt,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    repair_check (order_id, seq) {
        order_id -> BigInt,
        seq -> BigInt,
        kind -> Text,
        passed -> Bool,
        note -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}

/// A repair as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = repair_order)]
#[serde(default)]
pub struct RepairRow {
    /// Its id.
    pub id: Id,
    /// What people call it: the number of its case and its line.
    pub code: String,
    /// Its case.
    #[serde(skip)]
    pub case_id: Id,
    /// Its line.
    #[serde(skip)]
    pub line_id: Id,
    /// The garment.
    #[serde(skip)]
    pub garment_id: GarmentId,
    /// Which of the garment's sales.
    #[serde(skip)]
    pub sale_seq: Option<i64>,
    /// What is done to it.
    pub kind: RepairKind,
    /// Where.
    pub site: RepairSite,
    /// Where it stands.
    pub state: RepairState,
    /// Whether it costs the buyer nothing.
    pub covered: bool,
    /// What was seen.
    pub diagnosis: String,
    /// The quote that holds; 0 before the first.
    pub quote_version: i64,
    /// What will be done, in the words the buyer reads.
    pub plan: String,
    /// For how much, in minor units.
    #[serde(skip)]
    pub price_minor: Option<i64>,
    /// In which currency.
    pub currency: Option<String>,
    /// By when.
    pub ready_on: Option<NaiveDate>,
    /// SHA-256 of the quote's text.
    pub text_hash: String,
    /// The quote that was agreed to: the one that holds, or none.
    pub accepted_version: Option<i64>,
    /// How.
    pub accepted_via: Option<AcceptedVia>,
    /// When, UTC.
    pub accepted_at: Option<NaiveDateTime>,
    /// The payment, or empty.
    pub paid_ref: String,
    /// The day it came.
    pub received_on: Option<NaiveDate>,
    /// The day the buyer had it back.
    pub handed_on: Option<NaiveDate>,
    /// Days added to its warranty.
    pub extended_days: i64,
    /// Who repaired it.
    pub repairer: String,
    /// How often a check failed.
    pub rework: i64,
    /// The buyer's mark.
    pub score: Option<i64>,
    /// When it was opened, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
    /// The right under which it costs the buyer nothing.
    pub under_kind: Option<RightKind>,
    /// The rule of that right, or empty.
    pub under_rule: String,
}

/// A part that was put in.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = repair_part)]
pub struct RepairPart {
    /// Its id.
    pub id: Id,
    /// The repair.
    pub order_id: Id,
    /// The garment it is in now.
    pub garment_id: GarmentId,
    /// The component it belongs to.
    pub component: String,
    /// The lot it is from.
    pub lot_id: Id,
    /// How much, in thousandths of the lot's unit.
    pub quantity_milli: i64,
    /// Who put it in.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

/// A part as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartShown {
    component: String,
    lot: String,
    quantity_milli: i64,
    at: NaiveDateTime,
}

/// A check, or what a repair was quoted at, as people read it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, Queryable)]
pub struct CheckShown {
    kind: CheckKind,
    passed: bool,
    note: String,
    actor: String,
    at: NaiveDateTime,
}

/// A quote as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteShown {
    version: i64,
    plan: String,
    price: String,
    currency: String,
    ready_on: NaiveDate,
    text_hash: String,
    at: NaiveDateTime,
}

/// What something cost, as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostShown {
    kind: RepairCost,
    amount: String,
    currency: String,
    occurred_on: NaiveDate,
    reference: String,
}

/// A repair with what its page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepairOrder {
    /// As it is stored.
    #[serde(flatten)]
    pub row: RepairRow,
    /// Number of its case.
    pub case: String,
    /// Which line of it, from 1.
    pub line: i64,
    /// The garment's serial.
    pub serial: String,
    /// The price as people write it.
    pub price: Option<String>,
    /// What was put in.
    pub parts: Vec<PartShown>,
    /// Who looked at it.
    pub checks: Vec<CheckShown>,
    /// Every quote there was.
    pub quotes: Vec<QuoteShown>,
    /// What it cost us, as the ledger has it.
    pub costs: Vec<CostShown>,
}

impl From<RepairRow> for RepairOrder {
    fn from(row: RepairRow) -> Self {
        let (case, line) = line_of_number(&row.code).map_or((String::new(), 0), |(case, line)| (case.to_owned(), line));
        let price = row.price_minor.zip(row.currency.clone()).map(|(minor, currency)| Money { minor, currency }.amount());
        Self { row, case, line, price, ..Self::default() }
    }
}

impl Listing for RepairOrder {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "repairs";
    const SCHEMA: &'static str = "Repair";
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.row.id.to_string()
    }

    fn href(&self) -> String {
        crate::platform::rooms::href::<Self>(&self.row.code)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("repairs-new", "/repairs/new".to_owned(), Permission::CasesEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let (window, pattern) = (window.of_ids()?, anywhere(&query.q));
        let rows: Vec<RepairRow> = each!(db, |c| {
            let mut orders = repair_order::table.select(RepairRow::as_select()).into_boxed();
            if let Some(state) = query.filter("state") {
                orders = orders.filter(repair_order::state.eq(state));
            }
            if let Some(kind) = query.filter("kind") {
                orders = orders.filter(repair_order::kind.eq(kind));
            }
            if let Some(site) = query.filter("site") {
                orders = orders.filter(repair_order::site.eq(site));
            }
            if !query.q.is_empty() {
                orders = orders.filter(lower(repair_order::code).like(&pattern).escape('\\'));
            }
            keyset!(c, orders, newest repair_order::id, &window)
        })?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn named(db: &mut Db, app: &AppState, mut rows: Vec<Self>) -> Result<Vec<Self>> {
        let garments: Vec<GarmentId> = rows.iter().map(|order| order.row.garment_id).collect();
        let serials = serials::serials_of(db, &app.keys.serials, &garments)?;
        for order in &mut rows {
            order.serial = serials.get(&order.row.garment_id).cloned().unwrap_or_default();
        }
        Ok(rows)
    }
}

impl Thing for RepairOrder {
    const SUBJECT: &'static str = "repair";
    const SAVED: EventKind = EventKind::RepairOpened;
    type Edit = CasesEdit;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &Fields::NONE;

    fn id(&self) -> Id {
        self.row.id
    }

    fn code(&self) -> &str {
        &self.row.code
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} {}", lang.of("维修单", "Repair"), self.row.code)
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let rows: Vec<RepairRow> =
            each!(db, |c| repair_order::table.filter(repair_order::code.eq_any(codes)).select(RepairRow::as_select()).load(c))?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        let Some(mut order) = Self::with_codes(db, &[code])?.into_iter().find(|order| order.is_seen(sees)) else { return Ok(None) };
        (order.parts, order.checks, order.quotes) = (parts_shown(db, order.row.id)?, checks(db, order.row.id)?, quotes(db, order.row.id)?);
        order.costs = costs(db, order.row.line_id)?;
        Ok(Some(order))
    }

    fn resolved(mut self, db: &mut Db) -> Result<Self> {
        let (case, line) = cases::line_said(db, &self.case, self.line)?;
        let before: i64 = each!(db, |c| repair_order::table.filter(repair_order::line_id.eq(line.id)).count().get_result(c))?;
        self.row = RepairRow {
            code: number(&case.no, line.line_no, saturating(before)),
            case_id: line.case_id,
            line_id: line.id,
            garment_id: line.garment_id,
            sale_seq: line.sale_seq,
            ..self.row
        };
        Ok(self)
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, _: Option<&Self>) -> Result<Self> {
        let line = cases::line(db, self.row.line_id)?.ok_or(Code::NotFound)?;
        cases::began(db, stamp, line.id, LineWork::Repair)?;
        (self.row.id, self.row.version, self.row.created_at) = (stamp.id(), 1, stamp.at);
        let right = entitled(db, &line, self.row.kind)?;
        self.row = self.row.under(right);
        each!(db, |c| diesel::insert_into(repair_order::table).values(&self.row).execute(c))?;
        cases::decide(db, stamp, line.id, LineDecision::Repair)?;
        acts::clocked(db, stamp, &self.row, &[Moment::Triaged])?;
        Ok(self)
    }

    fn acts(&self) -> Vec<Act> {
        let ask = |verb: &str| format!("{}/{verb}", self.href());
        let offered: &[(&'static str, &str)] = match self.row.state {
            RepairState::Triage => &[("repairs-quote", "quote"), ("repairs-diagnose", "diagnose"), ("repairs-decline", "decline")],
            RepairState::Quoted => {
                &[("repairs-accept", "accept"), ("repairs-quote", "quote"), ("repairs-reject", "reject"), ("repairs-decline", "decline")]
            }
            RepairState::Accepted => &[("repairs-receive", "receive"), ("repairs-start", "start"), ("repairs-quote", "quote")],
            RepairState::Received => &[
                ("repairs-start", "start"),
                ("repairs-diagnose", "diagnose"),
                ("repairs-quote", "quote"),
                ("repairs-cost", "cost"),
                ("repairs-beyond", "beyond"),
            ],
            RepairState::Repairing => &[
                ("repairs-check", "check"),
                ("repairs-part", "part"),
                ("repairs-diagnose", "diagnose"),
                ("repairs-cost", "cost"),
                ("repairs-quote", "quote"),
                ("repairs-beyond", "beyond"),
            ],
            RepairState::Checked => &[("repairs-check", "check"), ("repairs-cost", "cost")],
            RepairState::Ready => &[("repairs-hand", "hand"), ("repairs-send", "send"), ("repairs-pay", "pay"), ("repairs-cost", "cost")],
            RepairState::Sent => &[("repairs-hand", "hand"), ("repairs-cost", "cost")],
            RepairState::Handed => &[("repairs-sign", "sign"), ("repairs-cost", "cost")],
            _ => &[("repairs-cost", "cost")],
        };
        let act = |(key, verb): &(&'static str, &str)| match *verb {
            "start" => Act::post(key, ask(verb), Permission::CasesEdit),
            _ => Act::get(key, ask(verb), Permission::CasesEdit),
        };
        offered.iter().map(act).collect()
    }
}

impl RepairRow {
    /// The same under a right of the buyer's, or without one.
    fn under(self, right: Option<Right>) -> Self {
        let (under_kind, under_rule) = right.map_or((None, String::new()), |right| (Some(right.kind), right.rule));
        Self { covered: under_kind.is_some(), under_kind, under_rule, ..self }
    }
}

/// Opens a repair of a line of a case: to be looked at.
///
/// # Errors
/// [`Code::UnknownReference`] for `case` or `line`; [`Code::WrongState`] for a line that is over; [`Code::Duplicate`] and [`Code::UnderWay`] as
/// [`cases::began`].
pub fn open(db: &mut Db, stamp: &Stamp, (case, line): (&str, i64), kind: RepairKind, site: RepairSite) -> Result<RepairOrder> {
    let asked =
        RepairOrder { case: case.to_owned(), line, row: RepairRow { kind, site, ..RepairRow::default() }, ..RepairOrder::default() };
    saved(asked.resolved(db)?, db, stamp, None)
}

/// The right that makes a repair free.
fn entitled(db: &mut Db, line: &CaseLine, kind: RepairKind) -> Result<Option<Right>> {
    let remedy = match kind {
        RepairKind::Repair | RepairKind::Care => Remedy::Repair,
        RepairKind::Alteration => Remedy::Alteration,
    };
    cases::right_to(db, line, remedy)
}

/// What the ledger has of a repair and was not taken back.
fn costs(db: &mut Db, line: Id) -> Result<Vec<CostShown>> {
    let entries = settlements::entries_of_lines(db, &[line])?;
    let is_posted = |entry: &&settlements::LedgerEntry| {
        entry.moves_id.is_none() && entry.reversal_of.is_none() && entries.iter().all(|other| other.reversal_of != Some(entry.id))
    };
    let shown = |entry: &settlements::LedgerEntry| {
        let (amount, reference) = (entry.money().amount(), entry.reference.clone());
        let kind = RepairCost::of(entry.kind.as_str())?;
        Some(CostShown { kind, amount, currency: entry.currency.clone(), occurred_on: entry.occurred_on, reference })
    };
    Ok(entries.iter().filter(is_posted).filter_map(shown).collect())
}

/// Everything that repairs put into garments: what the genealogy has of them.
pub fn all_parts(db: &mut Db) -> Result<Vec<RepairPart>> {
    Ok(each!(db, |c| repair_part::table.select(RepairPart::as_select()).load(c))?)
}

/// What repairs put into a garment, oldest first.
pub fn parts_in(db: &mut Db, garment: GarmentId) -> Result<Vec<RepairPart>> {
    Ok(each!(db, |c| repair_part::table
        .filter(repair_part::garment_id.eq(garment))
        .order(repair_part::id)
        .select(RepairPart::as_select())
        .load(c))?)
}

fn parts_shown(db: &mut Db, order: Id) -> Result<Vec<PartShown>> {
    let parts: Vec<RepairPart> = each!(db, |c| repair_part::table
        .filter(repair_part::order_id.eq(order))
        .order(repair_part::id)
        .select(RepairPart::as_select())
        .load(c))?;
    let ids: Vec<Id> = parts.iter().map(|part| part.lot_id).collect();
    let lots = materials::lots(db, &ids)?;
    let names = materials::names(db, lots.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let shown = |part: RepairPart| PartShown {
        lot: names.get(&part.lot_id).cloned().unwrap_or_default(),
        component: part.component,
        quantity_milli: part.quantity_milli,
        at: part.at,
    };
    Ok(parts.into_iter().map(shown).collect())
}

fn checks(db: &mut Db, order: Id) -> Result<Vec<CheckShown>> {
    Ok(each!(db, |c| repair_check::table
        .filter(repair_check::order_id.eq(order))
        .order(repair_check::seq)
        .select((repair_check::kind, repair_check::passed, repair_check::note, repair_check::actor, repair_check::at))
        .load(c))?)
}

fn quotes(db: &mut Db, order: Id) -> Result<Vec<QuoteShown>> {
    type Row = (i64, String, i64, String, NaiveDate, String, NaiveDateTime);
    let rows: Vec<Row> = each!(db, |c| repair_quote::table
        .filter(repair_quote::order_id.eq(order))
        .order(repair_quote::version)
        .select((
            repair_quote::version,
            repair_quote::plan,
            repair_quote::price_minor,
            repair_quote::currency,
            repair_quote::ready_on,
            repair_quote::text_hash,
            repair_quote::at,
        ))
        .load(c))?;
    let shown = |(version, plan, minor, currency, ready_on, text_hash, at): Row| {
        let price = Money { minor, currency: currency.clone() }.amount();
        QuoteShown { version, plan, price, currency, ready_on, text_hash, at }
    };
    Ok(rows.into_iter().map(shown).collect())
}
