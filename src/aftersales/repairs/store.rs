//! Every query on repairs.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rules::{REPAIR_MACHINE, days_held, quote_text};
use super::{
    AcceptSaid, AcceptedVia, CheckKind, CheckSaid, FIELDS, HandedSaid, NEW, PaidSaid, PartSaid, QuoteSaid, ReceivedSaid, RepairKind,
    RepairReason, RepairSite, RepairState, SignedSaid,
};
use crate::aftersales::cases::{self, CaseLine, LineDecision};
use crate::aftersales::classes::CaseCause;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::{decimals, read_amount, show_decimal};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, GarmentId, Id, Result, parsed, saturating};
use crate::ownership::warranties::{self, WarrantyState};
use crate::platform::db::Db;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{CasesEdit, CasesRead, Permission};
use crate::platform::http::sha256_hex;
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::{batches, materials};
use crate::{each, keyset, step, text_column};

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
}

fn amount(minor: i64, currency: &str) -> String {
    show_decimal(minor, decimals(currency).unwrap_or(2))
}

impl From<RepairRow> for RepairOrder {
    fn from(row: RepairRow) -> Self {
        let (case, line) =
            row.code.rsplit_once('.').map_or((String::new(), 0), |(case, line)| (case.to_owned(), parsed(line).unwrap_or_default()));
        let price = row.price_minor.zip(row.currency.as_deref()).map(|(minor, currency)| amount(minor, currency));
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
        for order in &mut rows {
            order.serial = batches::serial_of(db, &app.keys.serials, order.row.garment_id)?.map(|of| of.serial).unwrap_or_default();
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
        Ok(Some(order))
    }

    fn resolved(mut self, db: &mut Db) -> Result<Self> {
        let case = cases::by_no(db, &self.case)?.ok_or_else(|| Fault::new("case", Code::UnknownReference).with("value", &self.case))?;
        let line = cases::lines(db, case.id)?.into_iter().find(|line| line.line_no == self.line);
        let line = line.ok_or_else(|| Fault::new("line", Code::UnknownReference).with("value", self.line))?;
        self.row = RepairRow {
            code: format!("{}.{}", case.no, line.line_no),
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
        (self.row.id, self.row.version, self.row.created_at) = (stamp.id(), 1, stamp.at);
        self.row.covered = is_covered(db, &line)?;
        each!(db, |c| diesel::insert_into(repair_order::table).values(&self.row).execute(c))?;
        cases::decide(db, stamp, line.id, LineDecision::Repair)?;
        Ok(self)
    }

    fn acts(&self) -> Vec<Act> {
        let ask = |verb: &str| format!("{}/{verb}", self.href());
        let offered: &[(&'static str, &str)] = match self.row.state {
            RepairState::Triage => &[("repairs-quote", "quote"), ("repairs-decline", "decline")],
            RepairState::Quoted => {
                &[("repairs-accept", "accept"), ("repairs-quote", "quote"), ("repairs-reject", "reject"), ("repairs-decline", "decline")]
            }
            RepairState::Accepted => &[("repairs-receive", "receive"), ("repairs-start", "start"), ("repairs-quote", "quote")],
            RepairState::Received => &[("repairs-start", "start"), ("repairs-quote", "quote"), ("repairs-beyond", "beyond")],
            RepairState::Repairing => {
                &[("repairs-check", "check"), ("repairs-part", "part"), ("repairs-quote", "quote"), ("repairs-beyond", "beyond")]
            }
            RepairState::Checked => &[("repairs-check", "check")],
            RepairState::Ready => &[("repairs-hand", "hand"), ("repairs-send", "send"), ("repairs-pay", "pay")],
            RepairState::Sent => &[("repairs-hand", "hand")],
            RepairState::Handed => &[("repairs-sign", "sign")],
            _ => &[],
        };
        let act = |(key, verb): &(&'static str, &str)| match *verb {
            "start" | "send" => Act::post(key, ask(verb), Permission::CasesEdit),
            _ => Act::get(key, ask(verb), Permission::CasesEdit),
        };
        offered.iter().map(act).collect()
    }
}

/// Whether the warranty held on the day of the report, and nothing says that the buyer's use was behind it.
fn is_covered(db: &mut Db, line: &CaseLine) -> Result<bool> {
    if matches!(line.cause, Some(CaseCause::Misuse | CaseCause::Wear | CaseCause::NoFault)) {
        return Ok(false);
    }
    let Some(seq) = line.sale_seq else { return Ok(false) };
    let Some(warranty) = warranties::of_sale(db, line.garment_id, seq)? else { return Ok(false) };
    Ok(matches!(warranty.state(db, line.reported_on)?, WarrantyState::Running { .. }))
}

/// The repair of a line.
pub fn of_line(db: &mut Db, line: Id) -> Result<Option<RepairOrder>> {
    let rows: Vec<RepairRow> =
        each!(db, |c| repair_order::table.filter(repair_order::line_id.eq(line)).select(RepairRow::as_select()).load(c))?;
    Ok(rows.into_iter().next().map(RepairOrder::from))
}

/// What repairs put into a garment, in the order it was put in.
pub fn parts_of(db: &mut Db, garment: GarmentId) -> Result<Vec<RepairPart>> {
    Ok(each!(db, |c| repair_part::table
        .filter(repair_part::garment_id.eq(garment))
        .order(repair_part::id)
        .select(RepairPart::as_select())
        .load(c))?)
}

/// Everything that repairs put into garments: what the genealogy has of them.
pub fn all_parts(db: &mut Db) -> Result<Vec<RepairPart>> {
    Ok(each!(db, |c| repair_part::table.select(RepairPart::as_select()).load(c))?)
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
        let price = amount(minor, &currency);
        QuoteShown { version, plan, price, currency, ready_on, text_hash, at }
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Moves a repair on, with what else changes, and tells it.
macro_rules! moved {
    ($db:expr, $stamp:expr, $order:expr, $to:expr, $kind:expr, $body:expr, $more:expr) => {{
        let (order, to): (RepairOrder, RepairState) = ($order, $to);
        let row = repair_order::table.find(order.row.id.0);
        step!($db, row, repair_order::state, repair_order::version, REPAIR_MACHINE, order.row.state => to, order.row.version, $more);
        let mut body: Value = $body;
        if let Some(body) = body.as_object_mut() {
            body.insert("status".to_owned(), json!(to));
        }
        events::append($db, $stamp, $kind, Subject::Thing(RepairOrder::SUBJECT, order.row.id.0), &body)?;
        RepairOrder::find($db, &order.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
    }};
}

/// Quotes, or quotes anew: the buyer is asked again, whatever was agreed to before.
///
/// # Errors
/// [`Code::CoveredClaim`] for a price of a covered repair; what is wrong with the amount.
pub(super) fn quote(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: QuoteSaid) -> Result<RepairOrder> {
    let minor = read_amount("price", &said.price, &said.currency)?;
    let line = cases::line(db, order.row.line_id)?.ok_or(Code::NotFound)?;
    let covered = is_covered(db, &line)?;
    if covered && minor > 0 {
        return Err(Code::CoveredClaim.into());
    }
    let version = order.row.quote_version + 1;
    let hash = sha256_hex(quote_text(&said.plan, minor, &said.currency, said.ready_on).as_bytes());
    REPAIR_MACHINE.check(order.row.state, RepairState::Quoted)?;
    each!(db, |c| diesel::insert_into(repair_quote::table)
        .values((
            repair_quote::order_id.eq(order.row.id),
            repair_quote::version.eq(version),
            repair_quote::plan.eq(&said.plan),
            repair_quote::price_minor.eq(minor),
            repair_quote::currency.eq(&said.currency),
            repair_quote::ready_on.eq(said.ready_on),
            repair_quote::text_hash.eq(&hash),
            repair_quote::actor.eq(&stamp.actor),
            repair_quote::at.eq(stamp.at),
        ))
        .execute(c))?;
    let body = json!({ "quote": version, "hash": hash });
    let more = (
        repair_order::quote_version.eq(version),
        repair_order::plan.eq(&said.plan),
        repair_order::price_minor.eq(minor),
        repair_order::currency.eq(&said.currency),
        repair_order::ready_on.eq(said.ready_on),
        repair_order::text_hash.eq(&hash),
        repair_order::covered.eq(covered),
        (
            repair_order::accepted_version.eq(None::<i64>),
            repair_order::accepted_via.eq(None::<&str>),
            repair_order::accepted_at.eq(None::<NaiveDateTime>),
        ),
    );
    moved!(db, stamp, order, RepairState::Quoted, EventKind::RepairQuoted, body, more)
}

/// The buyer agrees to the quote that holds.
///
/// # Errors
/// [`Code::QuoteChanged`] for any other.
pub(super) fn accept(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: AcceptSaid) -> Result<RepairOrder> {
    REPAIR_MACHINE.check(order.row.state, RepairState::Accepted)?;
    if said.quote_version != order.row.quote_version {
        return Err(crate::kernel::Refusal::new(Code::QuoteChanged).with("now", order.row.quote_version).into());
    }
    let body = json!({ "quote": said.quote_version, "via": said.via, "hash": order.row.text_hash });
    let more = (
        repair_order::accepted_version.eq(said.quote_version),
        repair_order::accepted_via.eq(said.via.as_str()),
        repair_order::accepted_at.eq(stamp.at),
    );
    moved!(db, stamp, order, RepairState::Accepted, EventKind::RepairAccepted, body, more)
}

/// The buyer does not want it.
pub(super) fn reject(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    ended(db, stamp, order, RepairState::Rejected, &said)
}

/// It is not repaired.
pub(super) fn decline(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    ended(db, stamp, order, RepairState::Declined, &said)
}

/// It cannot be mended: what is done instead is decided on the case.
pub(super) fn beyond(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    ended(db, stamp, order, RepairState::Beyond, &said)
}

fn ended(db: &mut Db, stamp: &Stamp, order: RepairOrder, to: RepairState, said: &RepairReason) -> Result<RepairOrder> {
    let diagnosis = if order.row.diagnosis.is_empty() { said.reason.clone() } else { format!("{}\n{}", order.row.diagnosis, said.reason) };
    moved!(db, stamp, order, to, EventKind::RepairMoved, json!({ "reason": said.reason }), repair_order::diagnosis.eq(diagnosis))
}

/// The garment is here.
///
/// # Errors
/// [`Code::DatesOutOfOrder`] for a day to come, or before the report.
pub(super) fn receive(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: ReceivedSaid) -> Result<RepairOrder> {
    let line = cases::line(db, order.row.line_id)?.ok_or(Code::NotFound)?;
    in_order(line.reported_on, said.received_on, "received_on")?;
    not_to_come(stamp, said.received_on, "received_on")?;
    let body = json!({ "received_on": said.received_on });
    moved!(db, stamp, order, RepairState::Received, EventKind::RepairMoved, body, repair_order::received_on.eq(said.received_on))
}

fn in_order(earlier: NaiveDate, later: NaiveDate, field: &'static str) -> Result<()> {
    if later < earlier {
        return Err(Fault::new(field, Code::DatesOutOfOrder).with("earlier", earlier).with("later", later).into());
    }
    Ok(())
}

/// A day is local: the next one has begun somewhere.
fn not_to_come(stamp: &Stamp, day: NaiveDate, field: &'static str) -> Result<()> {
    in_order(day, stamp.at.date().succ_opt().unwrap_or(NaiveDate::MAX), field)
}

/// The work begins.
pub(super) fn start(db: &mut Db, stamp: &Stamp, order: RepairOrder) -> Result<RepairOrder> {
    moved!(db, stamp, order, RepairState::Repairing, EventKind::RepairMoved, json!({}), repair_order::repairer.eq(&stamp.actor))
}

/// Something of a lot is put in: the garment is made of it too from now on.
///
/// # Errors
/// [`Code::UnknownReference`] or [`Code::Ambiguous`] for `lot`; [`Code::WrongState`] unless it is being repaired.
pub(super) fn part(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: PartSaid) -> Result<RepairOrder> {
    let lot =
        materials::lot_called(db, &said.lot, None)?.ok_or_else(|| Fault::new("lot", Code::UnknownReference).with("value", &said.lot))?;
    if said.quantity_milli == 0 {
        return Err(Fault::new("quantity", Code::OutOfRange).with("min", "0.001").with("max", "1000000").into());
    }
    REPAIR_MACHINE.check(order.row.state, RepairState::Checked)?;
    let (id, garment, component) = (stamp.id(), order.row.garment_id, crate::kernel::text::folded(&said.component));
    let row = RepairPart {
        id,
        order_id: order.row.id,
        garment_id: garment,
        component,
        lot_id: lot.id,
        quantity_milli: said.quantity_milli,
        actor: stamp.actor.clone(),
        at: stamp.at,
    };
    each!(db, |c| diesel::insert_into(repair_part::table).values(&row).execute(c))?;
    let body = json!({ "repair": order.row.id, "component": row.component, "lot": lot.id, "quantity_milli": row.quantity_milli });
    events::bump(db, "genealogy")?;
    events::append(db, stamp, EventKind::PartReplaced, Subject::Garment(garment.0), &body)?;
    moved!(db, stamp, order, RepairState::Repairing, EventKind::RepairPart, body, repair_order::repairer.eq(&stamp.actor))
}

fn noted(db: &mut Db, stamp: &Stamp, order: &RepairOrder, kind: CheckKind, passed: bool, note: &str) -> Result<()> {
    if !passed && note.is_empty() {
        return Err(Fault::new("note", Code::Missing).into());
    }
    let seq = saturating::<i64>(order.checks.len()) + 1;
    each!(db, |c| diesel::insert_into(repair_check::table)
        .values((
            repair_check::order_id.eq(order.row.id),
            repair_check::seq.eq(seq),
            repair_check::kind.eq(kind.as_str()),
            repair_check::passed.eq(passed),
            repair_check::note.eq(note),
            repair_check::actor.eq(&stamp.actor),
            repair_check::at.eq(stamp.at),
        ))
        .execute(c))?;
    Ok(())
}

/// Somebody looks at it: the repairer first, then somebody else.
///
/// # Errors
/// [`Code::NeedsAnother`] when the second check is by who repaired it; [`Code::WrongState`] when nothing is to be checked.
pub(super) fn check(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: CheckSaid) -> Result<RepairOrder> {
    let (kind, well) = match order.row.state {
        RepairState::Checked => (CheckKind::Second, RepairState::Ready),
        _ => (CheckKind::Itself, RepairState::Checked),
    };
    REPAIR_MACHINE.check(order.row.state, well)?;
    if kind == CheckKind::Second && order.row.repairer == stamp.actor {
        return Err(crate::kernel::Refusal::new(Code::NeedsAnother).with("who", "repairer").into());
    }
    noted(db, stamp, &order, kind, said.passed, &said.note)?;
    let (to, rework) = if said.passed { (well, 0) } else { (RepairState::Repairing, 1) };
    let repairer = if kind == CheckKind::Itself { stamp.actor.clone() } else { order.row.repairer.clone() };
    let body = json!({ "check": kind, "passed": said.passed });
    let more = (repair_order::rework.eq(repair_order::rework + rework), repair_order::repairer.eq(repairer));
    moved!(db, stamp, order, to, EventKind::RepairChecked, body, more)
}

/// A payment is noted.
pub(super) fn pay(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: PaidSaid) -> Result<RepairOrder> {
    let as_read = repair_order::version.eq(order.row.version);
    let paid = (repair_order::paid_ref.eq(&said.paid_ref), repair_order::version.eq(order.row.version + 1));
    if each!(db, |c| diesel::update(repair_order::table.find(order.row.id.0).filter(as_read)).set(paid).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    events::append(
        db,
        stamp,
        EventKind::RepairPaid,
        Subject::Thing(RepairOrder::SUBJECT, order.row.id.0),
        &json!({ "payment": said.paid_ref }),
    )?;
    RepairOrder::find(db, &order.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
}

/// What has its price does not leave unpaid.
fn is_settled(order: &RepairOrder) -> Result<()> {
    if order.row.price_minor.is_some_and(|minor| minor > 0) && order.row.paid_ref.is_empty() {
        return Err(Code::Unpaid.into());
    }
    Ok(())
}

/// It goes to the buyer.
///
/// # Errors
/// [`Code::Unpaid`].
pub(super) fn send(db: &mut Db, stamp: &Stamp, order: RepairOrder) -> Result<RepairOrder> {
    is_settled(&order)?;
    moved!(db, stamp, order, RepairState::Sent, EventKind::RepairMoved, json!({}), repair_order::score.eq(None::<i64>))
}

/// The buyer has it.
///
/// # Errors
/// [`Code::Unpaid`]; [`Code::DatesOutOfOrder`] for a day to come, or before it was received.
pub(super) fn hand(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: HandedSaid) -> Result<RepairOrder> {
    is_settled(&order)?;
    in_order(order.row.received_on.unwrap_or(said.handed_on), said.handed_on, "handed_on")?;
    not_to_come(stamp, said.handed_on, "handed_on")?;
    let body = json!({ "handed_on": said.handed_on });
    moved!(db, stamp, order, RepairState::Handed, EventKind::RepairMoved, body, repair_order::handed_on.eq(said.handed_on))
}

/// The buyer signs, or does not: then it comes back to the bench.
pub(super) fn sign(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: SignedSaid) -> Result<RepairOrder> {
    REPAIR_MACHINE.check(order.row.state, RepairState::Done)?;
    noted(db, stamp, &order, CheckKind::Buyer, said.passed, &said.note)?;
    let body = json!({ "passed": said.passed, "score": said.score });
    if !said.passed {
        let more = (
            repair_order::rework.eq(repair_order::rework + 1),
            repair_order::handed_on.eq(None::<NaiveDate>),
            repair_order::score.eq(said.score),
        );
        return moved!(db, stamp, order, RepairState::Repairing, EventKind::RepairSigned, body, more);
    }
    let handed_on = order.row.handed_on.unwrap_or(stamp.at.date());
    let held = if order.row.covered { days_held(order.row.received_on, handed_on) } else { 0 };
    let extended = match order.row.sale_seq {
        Some(seq) if held > 0 => warranties::extend(db, stamp, order.row.garment_id, seq, held)?.map_or(0, |_| held),
        _ => 0,
    };
    let garment = order.row.garment_id;
    events::append(
        db,
        stamp,
        EventKind::GarmentRepaired,
        Subject::Garment(garment.0),
        &json!({ "repair": order.row.id, "handed_on": handed_on }),
    )?;
    cases::done(db, stamp, order.row.line_id)?;
    let more = (repair_order::extended_days.eq(extended), repair_order::score.eq(said.score));
    moved!(db, stamp, order, RepairState::Done, EventKind::RepairSigned, body, more)
}
