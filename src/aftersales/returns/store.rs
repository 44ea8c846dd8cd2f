//! Every query on returns, and the steps they take.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::rules::{self, RETURN_MACHINE, ReturnAct};
use super::{FIELDS, Inbound, ReturnKind, ReturnOutcome, ReturnState, ReturnlessOrigin};
use crate::aftersales::cases::{self, CaseLine, LineState};
use crate::aftersales::rights::{self, FreightPayer, RightFacts, SeenDefect};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result, text};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::{sales, warranties};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::CasesRead;
use crate::platform::jobs::{Job, Work};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees};
use crate::platform::state::AppState;
use crate::production::{batches, skus, styles};
use crate::{each, keyset, step, text_column};

text_column!(ReturnState, ReturnKind, Inbound, ReturnlessOrigin, ReturnOutcome);

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
    }
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
}

fn case_number() -> SqlLiteral<Text> {
    sql("(SELECT no FROM service_case WHERE service_case.id = return_order.case_id)")
}

fn no_serial() -> SqlLiteral<Text> {
    sql("''")
}

/// A return that somebody asks for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnAsk {
    /// The line of the case.
    #[schema(value_type = String)]
    pub line: Id,
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
        let serial = |row: Self| {
            let of = batches::serial_of(db, &app.keys.serials, row.garment_id)?;
            Ok(Self { serial: of.map(|of| of.serial).unwrap_or_default(), ..row })
        };
        rows.into_iter().map(serial).collect()
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

/// The return of a line of a case.
pub fn of_line(db: &mut Db, line: Id) -> Result<Option<ReturnOrder>> {
    let found: Vec<ReturnOrder> =
        each!(db, |c| return_order::table.filter(return_order::line_id.eq(line)).select(ReturnOrder::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

/// What happened to a return, oldest first.
pub(super) fn history(db: &mut Db, id: Id) -> Result<Vec<events::Fact>> {
    events::of(db, Subject::Thing(SUBJECT, id.0))
}

/// Asks for a return of a line. It rests on a right that the buyer has today, or is goodwill with a reason.
///
/// # Errors
/// [`Code::NotFound`] without such a line; [`Code::WrongState`] for one that is over; [`Code::Duplicate`] for a second return; [`Code::NoRight`] for
/// a rule that gives nothing today; [`Code::NotSold`].
pub fn request(db: &mut Db, stamp: &Stamp, zone: Tz, ask: &ReturnAsk) -> Result<ReturnOrder> {
    let line = cases::line(db, ask.line)?.ok_or_else(|| Fault::new("line", Code::UnknownReference).with("value", ask.line))?;
    if !matches!(line.state, LineState::Open | LineState::Decided) {
        return Err(refused_in(line.state).into());
    }
    if of_line(db, line.id)?.is_some() {
        return Err(Refusal {
            code: Code::Duplicate,
            args: Vec::new(),
            faults: vec![Fault::new("line", Code::Duplicate).with("field", "line")],
        }
        .into());
    }
    let sale = sales::latest(db, line.garment_id)?
        .filter(|sale| Some(sale.seq) == line.sale_seq || line.sale_seq.is_none())
        .ok_or(Code::NotSold)?;
    let note = text::optional_line("note", &ask.note, 500)?;
    let mut order = ReturnOrder { kind: ReturnKind::Goodwill, freight: ask.freight, ..ReturnOrder::default() };
    match &ask.rule {
        None if note.is_empty() => return Err(Fault::new("note", Code::Missing).into()),
        None => {}
        Some(rule) => {
            let facts = rights::facts(db, line.garment_id, local_date(stamp.at, zone), None)?;
            let answer = rights::RightsAnswer::of(db, with_claim(facts, &line))?;
            let right = answer.rights.into_iter().find(|right| &right.rule == rule);
            let right = right.ok_or_else(|| Refusal::new(Code::NoRight).with("rule", rule))?;
            order = ReturnOrder {
                kind: rules::kind_of(right.kind),
                freight: right.freight,
                rule: right.rule,
                rule_version: right.version,
                ..order
            };
        }
    }
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(return_order::table)
        .values((
            return_order::id.eq(id),
            return_order::line_id.eq(line.id),
            return_order::case_id.eq(line.case_id),
            return_order::garment_id.eq(line.garment_id),
            return_order::sale_seq.eq(sale.seq),
            return_order::state.eq(ReturnState::Requested.as_str()),
            return_order::kind.eq(order.kind.as_str()),
            return_order::rule.eq(&order.rule),
            (
                return_order::rule_version.eq(order.rule_version),
                return_order::freight.eq(order.freight.as_str()),
                return_order::waybill.eq(""),
                return_order::note.eq(&note),
                return_order::report.eq(""),
                return_order::requested_at.eq(stamp.at),
                return_order::inspected_by.eq(""),
                return_order::returnless_by.eq(""),
                return_order::version.eq(1),
            ),
        ))
        .execute(c))?;
    let body = json!({ "line": line.line_no, "kind": order.kind, "rule": order.rule, "rule_version": order.rule_version, "freight": order.freight });
    events::append(db, stamp, EventKind::ReturnRequested, Subject::Thing(SUBJECT, id.0), &body)?;
    by_id(db, id)
}

/// What the buyer says of the line is a fact for rights, as said and not found.
fn with_claim(facts: RightFacts, line: &CaseLine) -> RightFacts {
    let found = line.found_defect.clone().zip(line.inspected_on).map(|(code, day)| (code, day, true));
    let said = line.defect_code.clone().map(|code| (code, line.reported_on, false));
    let seen = found.into_iter().chain(said).map(|(code, seen_on, is_found)| SeenDefect { code, measured: None, seen_on, is_found });
    RightFacts { defects: facts.defects.into_iter().chain(seen).collect(), ..facts }
}

/// One step of a return, with its event.
fn go(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, to: ReturnState, said: &Value) -> Result<ReturnOrder> {
    let is_over = RETURN_MACHINE.after(to).is_empty();
    let ended = return_order::ended_at.eq(is_over.then_some(stamp.at));
    let row = return_order::table.filter(return_order::id.eq(order.id));
    step!(db, row, return_order::state, return_order::version, RETURN_MACHINE, order.state => to, order.version, ended);
    let body = json!({ "changes": { "state": { "from": order.state, "to": to } }, "said": said });
    events::append(db, stamp, EventKind::ReturnMoved, Subject::Thing(SUBJECT, order.id.0), &body)?;
    by_id(db, order.id)
}

/// Sets columns of a return beside its state, in the write that moved it.
macro_rules! set {
    ($db:expr, $order:expr, $($what:expr),+ $(,)?) => {
        each!($db, |c| diesel::update(return_order::table.filter(return_order::id.eq($order.id))).set(($($what,)+)).execute(c))?
    };
}

/// Does something with a return, if it is still as it was read, where the caller says which version that was.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] with what is allowed now; [`Code::Stale`]; [`Code::NotInspected`], [`Code::AnotherInspector`] at the gate.
pub fn act(db: &mut Db, stamp: &Stamp, zone: Tz, id: Id, version: Option<i64>, act: &ReturnAct) -> Result<ReturnOrder> {
    let order = by_id(db, id)?;
    if version.is_some_and(|version| version != order.version) {
        return Err(Code::Stale.into());
    }
    let today = local_date(stamp.at, zone);
    let needed = |field: &'static str, text: &str| text::line(field, text, 500);
    let (to, none) = (act.to(), Value::Null);
    match act {
        ReturnAct::AskMore { note } | ReturnAct::Reject { note } => {
            let note = needed("note", note)?;
            let moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::note.eq(note));
        }
        ReturnAct::Answered { note } => {
            let note = text::optional_line("note", note, 500)?;
            let moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::note.eq(note));
        }
        ReturnAct::Approve { inbound } => {
            let mut moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::approved_at.eq(stamp.at));
            if let Some(inbound) = inbound {
                moved = go(db, stamp, &moved, ReturnState::AwaitingInbound, &json!({ "inbound": inbound }))?;
                set!(db, moved, return_order::inbound.eq(inbound.as_str()));
            }
        }
        ReturnAct::SendBack { inbound } => {
            let moved = go(db, stamp, &order, to, &json!({ "inbound": inbound }))?;
            set!(db, moved, return_order::inbound.eq(inbound.as_str()));
        }
        ReturnAct::Returnless { origin, note, outcome } => returnless(db, stamp, &order, *origin, &needed("note", note)?, *outcome)?,
        ReturnAct::Sent { waybill } | ReturnAct::GiveBack { waybill } => {
            let waybill = text::optional_line("waybill", waybill, 80)?;
            let moved = go(db, stamp, &order, to, &json!({ "waybill": waybill }))?;
            set!(db, moved, return_order::waybill.eq(waybill));
        }
        ReturnAct::Received { on } => {
            let day = on.unwrap_or(today);
            if day > today || day < local_date(order.requested_at, zone) {
                let fault = Fault::new("on", Code::OutOfRange).with("min", local_date(order.requested_at, zone)).with("max", today);
                return Err(fault.into());
            }
            let moved = go(db, stamp, &order, to, &json!({ "on": day }))?;
            set!(db, moved, return_order::received_on.eq(day));
        }
        ReturnAct::Accept { report, .. } | ReturnAct::Refuse { report } => verdict(db, stamp, zone, &order, to, report)?,
        ReturnAct::Dispute { note } => {
            let note = needed("note", note)?;
            let moved = go(db, stamp, &order, to, &json!({ "disputed": true }))?;
            set!(db, moved, return_order::note.eq(note), return_order::disputed_at.eq(stamp.at));
        }
        ReturnAct::Inspect {} => {
            // A refusal comes back to the inspector by a dispute alone.
            if order.state == ReturnState::Refused {
                return Err(refused_in(order.state).into());
            }
            go(db, stamp, &order, to, &none)?;
        }
        ReturnAct::Settled { outcome } => {
            // What stays with its buyer is settled by a decision of its own.
            if order.state == ReturnState::Approved {
                return Err(refused_in(order.state).into());
            }
            let moved = go(db, stamp, &order, to, &json!({ "outcome": outcome }))?;
            set!(db, moved, return_order::outcome.eq(outcome.as_str()));
        }
        ReturnAct::Settle {} | ReturnAct::Close {} | ReturnAct::Withdraw {} => drop(go(db, stamp, &order, to, &none)?),
    }
    by_id(db, id)
}

/// What was found decides: what is accepted ends the sale, and what nobody else should wear is never sold again.
fn verdict(db: &mut Db, stamp: &Stamp, zone: Tz, order: &ReturnOrder, to: ReturnState, report: &str) -> Result<()> {
    let line = cases::line(db, order.line_id)?.ok_or_else(|| Error::broken("a return without its line"))?;
    let report = rules::gate(order, &line, &stamp.actor, report)?;
    let looked_at = match order.state {
        ReturnState::Received => go(db, stamp, order, ReturnState::Inspecting, &Value::Null)?,
        _ => order.clone(),
    };
    let moved = go(db, stamp, &looked_at, to, &json!({ "inspected_on": line.inspected_on, "found": line.found_defect }))?;
    set!(db, moved, return_order::report.eq(report), return_order::inspected_by.eq(&stamp.actor));
    if to == ReturnState::Refused {
        return Ok(());
    }
    let returned_on = order.received_on.unwrap_or_else(|| local_date(stamp.at, zone));
    sales::end_sale(db, stamp, zone, order.garment_id, returned_on)?;
    let batch = batches::batch(db, order.garment_id.batch())?.ok_or_else(|| Error::broken("a garment of no batch"))?;
    let sku = skus::by_id(db, batch.sku_id)?.ok_or_else(|| Error::broken("a batch of no sku"))?;
    let style = styles::by_id(db, sku.style_id)?.ok_or_else(|| Error::broken("a sku of no style"))?;
    if rights::is_intimate(db, &style.category)? {
        garments::hold(db, stamp, order.garment_id, HoldKind::Hygiene, "returned")?;
    }
    Ok(())
}

/// The goods stay with the buyer: a person of ours decides that, with a ground.
fn returnless(
    db: &mut Db,
    stamp: &Stamp,
    order: &ReturnOrder,
    origin: ReturnlessOrigin,
    ground: &str,
    outcome: ReturnOutcome,
) -> Result<()> {
    if !stamp.actor.starts_with("staff:") {
        return Err(Code::PersonNeeded.into());
    }
    if order.state != ReturnState::Approved {
        return Err(refused_in(order.state).into());
    }
    let moved = go(db, stamp, order, ReturnState::Settled, &json!({ "returnless": origin, "outcome": outcome }))?;
    set!(
        db,
        moved,
        return_order::returnless_origin.eq(origin.as_str()),
        return_order::returnless_by.eq(&stamp.actor),
        return_order::outcome.eq(outcome.as_str()),
        return_order::note.eq(ground),
    );
    match warranties::void(db, stamp, order.garment_id, "") {
        // Sold without one, or void already.
        Err(Error::Refused(refusal)) if matches!(refusal.code, Code::NotSold | Code::WrongState) => {}
        other => drop(other?),
    }
    garments::hold(db, stamp, order.garment_id, HoldKind::Kept, "returnless")
}

/// The kind of long work that lets returns lapse.
pub const LAPSE_WORK: &str = "returns.lapse";

/// Lets returns lapse whose parcel nobody sent in time. How many.
///
/// # Errors
/// [`Code::Stale`] when one of them moves at the same time: it is asked for again.
pub fn lapse(db: &mut Db, stamp: &Stamp) -> Result<usize> {
    let days = policies::value(db, Policy::ReturnLapseDays, stamp.at)?;
    let before = rules::lapses_before(stamp.at, days);
    let late: Vec<ReturnOrder> = each!(db, |c| return_order::table
        .filter(return_order::state.eq(ReturnState::AwaitingInbound.as_str()).and(return_order::approved_at.lt(before)))
        .order(return_order::id)
        .limit(500)
        .select(ReturnOrder::as_select())
        .load(c))?;
    for order in &late {
        go(db, stamp, order, ReturnState::Lapsed, &json!({ "days": days }))?;
    }
    Ok(late.len())
}

/// Lets all of them lapse, a stretch at a time.
pub(super) struct LapseWork;

impl Work for LapseWork {
    fn kind(&self) -> &'static str {
        LAPSE_WORK
    }

    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        let mut all = 0;
        loop {
            let stamp = app.stamp(&job.created_by);
            let lapsed = app.store.write_blocking(move |db| lapse(db, &stamp))?;
            if lapsed == 0 {
                return Ok(json!({ "lapsed": all }));
            }
            all += lapsed;
            progress(crate::kernel::saturating(all), 0);
        }
    }
}
