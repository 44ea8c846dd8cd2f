//! Every query on cases.

pub mod acts;
pub mod cases;
mod claims;
pub mod contact;
mod entitled;
pub mod joined;
pub mod lines;
mod named;
pub mod notes;
pub mod open;
pub mod wishes;
pub mod work;

pub use lines::CaseLine;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::{Map, Value, json};

use super::rules::CASE_MACHINE;
use super::{Audience, CaseState, Condition, LineDecision, LineState, LineWork, TaskState};
use crate::aftersales::classes::{CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue};
use crate::aftersales::service_levels::{self, About, Moment, clock};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::staff::accounts;
use crate::{each, step, text_column};

text_column!(CaseState, LineState, LineDecision, LineWork, Condition, Audience, TaskState);
pub use claims::{CaseClaims, ClaimLine, GarmentClaim, claim_lines_of, claims, garments_of};
pub use entitled::{components_of, right_to};
pub use named::{line_if_said, line_said, lines_found, lines_of_garments, lines_of_ids, nos_of_ids, said};

/// What a case is called in events.
pub(super) const SUBJECT: &str = "case";

diesel::table! {
    service_case (id) {
        id -> BigInt,
        no -> Text,
        kind -> Text,
        state -> Text,
        severity -> Text,
        priority -> Text,
        channel -> Text,
        market -> Text,
        lang -> Text,
        order_no -> Text,
        retailer_id -> Nullable<BigInt>,
        queue -> Text,
        owner_id -> Nullable<BigInt>,
        cause -> Nullable<Text>,
        result -> Text,
        seq -> BigInt,
        merged_into -> Nullable<BigInt>,
        parent_id -> Nullable<BigInt>,
        secret_hash -> Text,
        phone_tag -> Nullable<Text>,
        opened_by -> Text,
        opened_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
        told_at -> Nullable<Timestamp>,
        resolved_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        touched_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    case_line (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_no -> BigInt,
        garment_id -> BigInt,
        batch_no -> BigInt,
        sale_seq -> Nullable<BigInt>,
        state -> Text,
        reason_code -> Text,
        reason_class -> Text,
        defect_code -> Nullable<Text>,
        zone -> Text,
        words -> Text,
        wanted -> Text,
        decided -> Nullable<Text>,
        grade -> Nullable<Text>,
        quarantined -> Bool,
        inspected_on -> Nullable<Date>,
        found_defect -> Nullable<Text>,
        finding_id -> Nullable<BigInt>,
        cause -> Nullable<Text>,
        reported_on -> Date,
        ended_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    case_note (id) {
        id -> BigInt,
        case_id -> BigInt,
        audience -> Text,
        party_id -> Nullable<BigInt>,
        body -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    case_photo (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_id -> Nullable<BigInt>,
        width -> BigInt,
        height -> BigInt,
        sha256 -> Text,
        jpeg -> Binary,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    case_task (id) {
        id -> BigInt,
        case_id -> BigInt,
        title -> Text,
        queue -> Text,
        owner_id -> Nullable<BigInt>,
        due_on -> Nullable<Date>,
        state -> Text,
        note -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    case_contact (case_id) {
        case_id -> BigInt,
        sealed_key -> Nullable<Binary>,
        sealed -> Nullable<Binary>,
        consent -> Text,
        created_at -> Timestamp,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    case_follower (case_id, account_id) {
        case_id -> BigInt,
        account_id -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(service_case, case_line, case_note, case_photo, case_task, case_contact);
diesel::allow_tables_to_appear_in_same_query!(service_case, clock);

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = service_case)]
pub struct ServiceCase {
    /// Its id.
    pub id: Id,
    /// What people say on the telephone.
    pub no: String,
    /// What it is about.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
    /// How grave it is.
    pub severity: CaseSeverity,
    /// What is done first.
    pub priority: Priority,
    /// How it came in.
    pub channel: CaseChannel,
    /// The market whose rules hold: an ISO 3166 code of two letters.
    pub market: String,
    /// The buyer's language.
    pub lang: Lang,
    /// The order, or empty.
    pub order_no: String,
    /// Who sold, where one shop did.
    pub retailer_id: Option<Id>,
    /// Who works on it: always one.
    pub queue: Queue,
    /// Which person of the queue, once somebody took it.
    pub owner_id: Option<Id>,
    /// What was behind it.
    pub cause: Option<CaseCause>,
    /// What the buyer was told in the end, or empty.
    pub result: String,
    /// 1, and one more each time it is opened again.
    pub seq: i64,
    /// The case that goes on with it.
    pub merged_into: Option<Id>,
    /// The case it follows.
    pub parent_id: Option<Id>,
    /// SHA-256 of the secret that opens its status page.
    pub secret_hash: String,
    /// Keyed hash of the order's number and the end of the telephone number.
    pub phone_tag: Option<String>,
    /// Who opened it.
    pub opened_by: String,
    /// When, UTC.
    pub opened_at: NaiveDateTime,
    /// When a withdrawal from the contract was received, UTC.
    pub withdrawn_at: Option<NaiveDateTime>,
    /// When the buyer was told the result.
    pub told_at: Option<NaiveDateTime>,
    /// When it was resolved.
    pub resolved_at: Option<NaiveDateTime>,
    /// When it ended.
    pub closed_at: Option<NaiveDateTime>,
    /// When something last happened to it.
    pub touched_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// What of a case changes, but for its state and version.
#[derive(AsChangeset)]
#[diesel(table_name = service_case, treat_none_as_null = true)]
struct Kept {
    kind: CaseKind,
    severity: CaseSeverity,
    priority: Priority,
    queue: Queue,
    owner_id: Option<Id>,
    cause: Option<CaseCause>,
    result: String,
    seq: i64,
    merged_into: Option<Id>,
    withdrawn_at: Option<NaiveDateTime>,
    told_at: Option<NaiveDateTime>,
    resolved_at: Option<NaiveDateTime>,
    closed_at: Option<NaiveDateTime>,
    touched_at: NaiveDateTime,
}

impl Kept {
    fn of(case: &ServiceCase) -> Self {
        Self {
            kind: case.kind,
            severity: case.severity,
            priority: case.priority,
            queue: case.queue,
            owner_id: case.owner_id,
            cause: case.cause,
            result: case.result.clone(),
            seq: case.seq,
            merged_into: case.merged_into,
            withdrawn_at: case.withdrawn_at,
            told_at: case.told_at,
            resolved_at: case.resolved_at,
            closed_at: case.closed_at,
            touched_at: case.touched_at,
        }
    }
}

/// Saves a case in the place of what was read, and leaves the event that says what changed and what `more` says.
fn save(db: &mut Db, stamp: &Stamp, before: &ServiceCase, mut after: ServiceCase, what: EventKind, more: Value) -> Result<ServiceCase> {
    after.touched_at = stamp.at;
    let row = service_case::table.find(before.id.0);
    let kept = Kept::of(&after);
    if before.state == after.state {
        let as_read = service_case::state.eq(before.state).and(service_case::version.eq(before.version));
        let version = service_case::version.eq(before.version + 1);
        if each!(db, |c| diesel::update(row.filter(as_read)).set((version, kept)).execute(c))? == 0 {
            return Err(Code::Stale.into());
        }
    } else {
        step!(db, row, service_case::state, service_case::version, CASE_MACHINE, before.state => after.state, before.version, kept);
    }
    after.version = before.version + 1;
    if before.owner_id != after.owner_id {
        note_taken(db, stamp, &after)?;
        if let Some(owner) = before.owner_id {
            let row = (case_follower::case_id.eq(after.id), case_follower::account_id.eq(owner));
            each!(db, |c| diesel::insert_into(case_follower::table).values(row).on_conflict_do_nothing().execute(c))?;
        }
    }
    let body = told(db, before, &after, more)?;
    moment(db, stamp, &after, what, &body)?;
    Ok(after)
}

/// Who had a case before: they follow it.
pub(super) fn followers(db: &mut Db, case: Id) -> Result<Vec<Id>> {
    let of = case_follower::table.filter(case_follower::case_id.eq(case)).order(case_follower::account_id);
    Ok(each!(db, |c| of.select(case_follower::account_id).load(c))?)
}

/// Whoever has a case now took up what its clocks had told of.
fn note_taken(db: &mut Db, stamp: &Stamp, case: &ServiceCase) -> Result<()> {
    match case.owner_id.map_or(Ok(None), |id| accounts::by_id(db, id))? {
        Some(owner) => service_levels::taken(db, stamp, case.id, &format!("staff:{}", owner.login)),
        None => Ok(()),
    }
}

/// What an event says of a change: each field with what it was and what it is, beside what else there is to say.
fn told(db: &mut Db, before: &ServiceCase, after: &ServiceCase, more: Value) -> Result<Value> {
    let mut login = |id: Option<Id>| match id {
        Some(id) => Ok::<_, crate::kernel::Error>(accounts::by_id(db, id)?.map(|account| account.login)),
        None => Ok(None),
    };
    let owners =
        if before.owner_id == after.owner_id { json!([null, null]) } else { json!([login(before.owner_id)?, login(after.owner_id)?]) };
    let pairs = [
        ("state", json!([before.state, after.state])),
        ("kind", json!([before.kind, after.kind])),
        ("severity", json!([before.severity, after.severity])),
        ("priority", json!([before.priority, after.priority])),
        ("queue", json!([before.queue, after.queue])),
        ("owner", owners),
        ("cause", json!([before.cause, after.cause])),
        ("seq", json!([before.seq, after.seq])),
    ];
    let Value::Object(mut body) = more else { return Ok(more) };
    let own = body.remove("changes").and_then(|own| if let Value::Object(own) = own { Some(own) } else { None });
    let mut changes: Map<String, Value> = own.into_iter().flatten().collect();
    for (name, pair) in pairs {
        if let Value::Array(pair) = pair
            && let [from, to] = pair.as_slice()
            && from != to
        {
            changes.insert(name.to_owned(), json!({ "from": from, "to": to }));
        }
    }
    if !changes.is_empty() {
        body.insert("changes".to_owned(), Value::Object(changes));
    }
    Ok(Value::Object(body))
}

impl ServiceCase {
    /// What its clocks go by.
    pub fn about(&self) -> About<'_> {
        let Self { id, no, kind, severity, priority, channel, market, .. } = self;
        About { case: *id, no, kind: *kind, severity: *severity, priority: *priority, channel: *channel, market }
    }
}

/// Every moment of a case passes here: its event, and what its clocks make of it, in the write that made it.
fn moment(db: &mut Db, stamp: &Stamp, case: &ServiceCase, what: EventKind, body: &Value) -> Result<()> {
    events::append(db, stamp, what, Subject::Thing(SUBJECT, case.id.0), body)?;
    clocked(what, case.state).iter().try_for_each(|moment| service_levels::happened(db, stamp, &case.about(), *moment))
}

/// What clocks make of an event of a case that now stands in this state.
const fn clocked(what: EventKind, state: CaseState) -> &'static [Moment] {
    match (what, state) {
        (EventKind::CaseOpened, _) => &[Moment::Opened],
        (EventKind::CaseRated, _) => &[Moment::Reclassified],
        (EventKind::CaseAnswered, _) => &[Moment::FirstReply, Moment::Contacted],
        (EventKind::CaseLineDecided, _) => &[Moment::Proposed, Moment::Decided],
        (EventKind::CaseReopened, _) => &[Moment::Reopened],
        (EventKind::CaseMoved, CaseState::WaitingCustomer) => &[Moment::Waiting],
        (EventKind::CaseMoved | EventKind::CaseBuyerWrote, CaseState::InProgress) => &[Moment::Working],
        (EventKind::CaseMoved, CaseState::Resolved) => &[Moment::Resolved],
        (EventKind::CaseMoved | EventKind::CaseMerged, CaseState::Cancelled) => &[Moment::Cancelled],
        _ => &[],
    }
}
