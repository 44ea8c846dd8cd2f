//! Finding cases.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use diesel::dsl::{count_star, min, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::rules::read_number;
use super::super::{CaseDue, CaseShown, CaseState, FIELDS, FILTERS, LineState, NOBODY};
use super::{ServiceCase, case_line, service_case};
use crate::aftersales::classes::{CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue};
use crate::aftersales::reasons;
use crate::aftersales::service_levels::clock;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{BatchNo, Error, GarmentId, Id, Result, parsed, saturating};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::http::perm::{CasesRead, Permission};
use crate::platform::rooms::{BrandOnly, Field, Fields, From, ListQuery, ListWindow, Listing, Offered, Sees};
use crate::platform::words::Words;
use crate::production::batches;
use crate::production::serials::{self, Scanned};
use crate::staff::accounts;
use crate::{each, keyset};

/// The case of a number, as people write it.
pub fn by_no(db: &mut Db, no: &str) -> Result<Option<ServiceCase>> {
    let Some(no) = read_number(no) else { return Ok(None) };
    let found: Vec<ServiceCase> =
        each!(db, |c| service_case::table.filter(service_case::no.eq(no)).select(ServiceCase::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

/// The case of an id.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<ServiceCase>> {
    let found: Vec<ServiceCase> = each!(db, |c| service_case::table.find(id.0).select(ServiceCase::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

/// The case of a number for whoever has its secret.
pub fn with_secret(db: &mut Db, no: &str, secret: &Secret) -> Result<Option<ServiceCase>> {
    Ok(by_no(db, no)?.filter(|case| secret.is_of(&case.secret_hash)))
}

/// The cases of an order for whoever knows its number and the end of the telephone number, by the keyed hash of both; the newest first.
pub fn of_order(db: &mut Db, tag: &str) -> Result<Vec<ServiceCase>> {
    /// Cases of one order that are shown.
    const SHOWN: usize = 20;
    let mut found: Vec<ServiceCase> =
        each!(db, |c| service_case::table.filter(service_case::phone_tag.eq(tag)).select(ServiceCase::as_select()).load(c))?;
    found.sort_by_key(|case| std::cmp::Reverse(case.id));
    found.truncate(SHOWN);
    Ok(found)
}

/// A case as a line of the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseRow {
    #[serde(skip)]
    key: String,
    /// When it is due next, UTC; absent while nothing of it runs.
    due_at: Option<NaiveDateTime>,
    no: String,
    kind: CaseKind,
    state: CaseState,
    severity: CaseSeverity,
    priority: Priority,
    queue: Queue,
    owner: Option<String>,
    channel: CaseChannel,
    reason: Both,
    garments: i64,
    batch: String,
    order_no: String,
    cause: Option<CaseCause>,
    seq: i64,
    opened_at: NaiveDateTime,
    touched_at: NaiveDateTime,
    version: i64,
}

/// Cases with what their lines say first.
fn rows(db: &mut Db, cases: Vec<ServiceCase>) -> Result<Vec<CaseRow>> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = cases.iter().map(|case| case.id.0).collect();
    let firsts: Vec<(i64, String, BatchNo)> = each!(db, |c| case_line::table
        .filter(case_line::case_id.eq_any(&ids).and(case_line::line_no.eq(1)))
        .select((case_line::case_id, case_line::reason_code, case_line::batch_no))
        .load(c))?;
    let counts: Vec<(i64, i64)> = each!(db, |c| case_line::table
        .filter(case_line::case_id.eq_any(&ids))
        .group_by(case_line::case_id)
        .select((case_line::case_id, count_star()))
        .load(c))?;
    let numbers: Vec<BatchNo> = firsts.iter().map(|(.., batch)| *batch).collect();
    let batches: HashMap<BatchNo, String> = batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch.code)).collect();
    let firsts: HashMap<i64, (String, BatchNo)> = firsts.into_iter().map(|(case, reason, batch)| (case, (reason, batch))).collect();
    let counts: HashMap<i64, i64> = counts.into_iter().collect();
    let due = due_of(db, &ids)?;
    let reasons = reasons::by_code(db)?;
    let people: HashMap<Id, String> = accounts::all(db)?.into_iter().map(|account| (account.id, account.login)).collect();
    let row = |case: ServiceCase| {
        let first = firsts.get(&case.id.0);
        let reason = first.and_then(|(reason, _)| reasons.get(reason));
        CaseRow {
            key: case.id.to_string(),
            due_at: due.get(&case.id).copied(),
            no: case.no,
            kind: case.kind,
            state: case.state,
            severity: case.severity,
            priority: case.priority,
            queue: case.queue,
            owner: case.owner_id.and_then(|id| people.get(&id).cloned()),
            channel: case.channel,
            reason: reason.map(|reason| Both { zh: reason.name_zh.clone(), en: reason.name_en.clone() }).unwrap_or_default(),
            garments: counts.get(&case.id.0).copied().unwrap_or_default(),
            batch: first.and_then(|(_, batch)| batches.get(batch).cloned()).unwrap_or_default(),
            order_no: case.order_no,
            cause: case.cause,
            seq: case.seq,
            opened_at: case.opened_at,
            touched_at: case.touched_at,
            version: case.version,
        }
    };
    Ok(cases.into_iter().map(row).collect())
}

/// When these cases are due next.
fn due_of(db: &mut Db, cases: &[i64]) -> Result<HashMap<Id, NaiveDateTime>> {
    let running = clock::table.filter(clock::case_id.eq_any(cases)).filter(clock::ended_at.is_null()).filter(clock::due_at.is_not_null());
    let due: Vec<(i64, Option<NaiveDateTime>)> =
        each!(db, |c| running.group_by(clock::case_id).select((clock::case_id, min(clock::due_at))).load(c))?;
    Ok(due.into_iter().filter_map(|(case, at)| Some((Id(case), at?))).collect())
}

/// The clock of a case that is due first: read in the order of their deadlines, from an index, each case comes once.
const FIRST_DUE: &str = "clock.ended_at IS NULL AND clock.due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM clock e
    WHERE e.case_id = clock.case_id AND e.ended_at IS NULL AND e.due_at IS NOT NULL
    AND (e.due_at < clock.due_at OR (e.due_at = clock.due_at AND e.id < clock.id)))";

/// Narrows cases to what a list is asked for.
macro_rules! narrow {
    ($cases:expr, $query:expr, $sought:expr, $owner:expr, $followed:expr) => {{
        let (mut cases, query) = ($cases, $query);
        let shown = query.filter("state").and_then(CaseShown::of);
        // Whoever looks for something finds it however it stands.
        let shown = shown.unwrap_or(if $sought.is_some() { CaseShown::All } else { CaseShown::Open });
        cases = match shown {
            CaseShown::Open => cases.filter(service_case::closed_at.is_null()).filter(service_case::state.ne(CaseState::Resolved)),
            CaseShown::New => cases.filter(service_case::closed_at.is_null()).filter(service_case::state.eq(CaseState::New)),
            CaseShown::Waiting => cases.filter(service_case::closed_at.is_null()).filter(service_case::state.eq_any(WAITING)),
            CaseShown::Resolved => cases.filter(service_case::closed_at.is_null()).filter(service_case::state.eq(CaseState::Resolved)),
            CaseShown::Closed => cases.filter(service_case::state.eq(CaseState::Closed)),
            CaseShown::Cancelled => cases.filter(service_case::state.eq(CaseState::Cancelled)),
            CaseShown::All => cases,
        };
        if let Some(queue) = query.filter("queue") {
            cases = cases.filter(service_case::queue.eq(queue));
        }
        if let Some(kind) = query.filter("kind") {
            cases = cases.filter(service_case::kind.eq(kind));
        }
        if let Some(severity) = query.filter("severity") {
            cases = cases.filter(service_case::severity.eq(severity));
        }
        if let Some(decided) = query.filter("decided") {
            let any = sql::<Bool>("EXISTS (SELECT 1 FROM case_line d WHERE d.case_id = service_case.id AND d.decided = ");
            cases = cases.filter(any.bind::<Text, _>(decided.to_owned()).sql(")"));
        }
        if let Some(Some(account)) = $followed {
            let any = sql::<Bool>("EXISTS (SELECT 1 FROM case_follower f WHERE f.case_id = service_case.id AND f.account_id = ");
            cases = cases.filter(any.bind::<BigInt, _>(account.0).sql(")"));
        }
        match $owner {
            Some(None) => cases = cases.filter(service_case::owner_id.is_null()),
            Some(Some(owner)) => cases = cases.filter(service_case::owner_id.eq(*owner)),
            None => {}
        }
        if let Some(from) = query.day("from") {
            cases = cases.filter(service_case::opened_at.ge(begins(query, from)));
        }
        if let Some(to) = query.day("to").and_then(|day| day.checked_add_days(Days::new(1))) {
            cases = cases.filter(service_case::opened_at.lt(begins(query, to)));
        }
        if let Some(ids) = $sought {
            cases = cases.filter(service_case::id.eq_any(ids));
        }
        cases
    }};
}

/// A stretch of cases by when they are due next.
fn by_deadline(db: &mut Db, query: &ListQuery, due: CaseDue, window: &ListWindow) -> Result<Vec<CaseRow>> {
    let now = query.app().clock.now();
    let soon = now + TimeDelta::hours(24);
    let (begin, until) = match due {
        CaseDue::Overdue => (None, Some(now)),
        CaseDue::Soon => (Some(now), Some(soon)),
        CaseDue::Later => (Some(soon), None),
        CaseDue::Any => (None, None),
    };
    let (sought, owner, followed) = (sought(db, query)?, owner_of(db, query, "owner")?, owner_of(db, query, "followed")?);
    let from = window.from.read(|key| {
        let (at, id) = key.rsplit_once(' ')?;
        Some((parsed::<NaiveDateTime>(&at.replace(' ', "T"))?, Id(parsed(id)?)))
    })?;
    let mut found: Vec<(ServiceCase, Option<NaiveDateTime>, i64)> = each!(db, |c| {
        let on_the_clock = service_case::table
            .inner_join(clock::table.on(clock::case_id.eq(service_case::id)))
            .filter(sql::<Bool>(FIRST_DUE))
            .select((ServiceCase::as_select(), clock::due_at, clock::id))
            .limit(window.limit)
            .into_boxed();
        let mut cases = narrow!(on_the_clock, query, &sought, &owner, &followed);
        if let Some(begin) = begin {
            cases = cases.filter(clock::due_at.ge(begin));
        }
        if let Some(until) = until {
            cases = cases.filter(clock::due_at.lt(until));
        }
        match &from {
            From::Start => cases.order((clock::due_at.asc(), clock::id.asc())).load(c),
            From::After((at, id)) => cases
                .filter(clock::due_at.ge(at))
                .filter(clock::due_at.gt(at).or(clock::id.gt(id)))
                .order((clock::due_at.asc(), clock::id.asc()))
                .load(c),
            From::Before((at, id)) => cases
                .filter(clock::due_at.le(at))
                .filter(clock::due_at.lt(at).or(clock::id.lt(id)))
                .order((clock::due_at.desc(), clock::id.desc()))
                .load(c),
        }
    })?;
    if matches!(from, From::Before(_)) {
        found.reverse();
    }
    let keys: HashMap<String, String> =
        found.iter().filter_map(|(case, at, clock)| Some((case.no.clone(), format!("{} {clock}", at.as_ref()?)))).collect();
    let mut rows = rows(db, found.into_iter().map(|(case, ..)| case).collect())?;
    for row in &mut rows {
        row.key = keys.get(&row.no).cloned().unwrap_or_default();
    }
    Ok(rows)
}

/// The cases that somebody means who types this into the box of the list: a case's number, an order's, or what is printed on a garment. None when
/// nothing was typed. Looked up by key one by one: a condition of all three would read every case.
fn sought(db: &mut Db, query: &ListQuery) -> Result<Option<Vec<Id>>> {
    /// Cases of one order that are found.
    const OF_ORDER: i64 = 1_000;
    if query.q.is_empty() {
        return Ok(None);
    }
    let mut found: Vec<Id> = by_no(db, &query.q)?.map(|case| case.id).into_iter().collect();
    let of_order = service_case::table.filter(service_case::order_no.eq(query.q.trim())).order(service_case::id).limit(OF_ORDER);
    found.extend(each!(db, |c| of_order.select(service_case::id).load::<Id>(c))?);
    if let Some(garment) = scanned(db, query)? {
        let of = case_line::table.filter(case_line::garment_id.eq(garment));
        found.extend(each!(db, |c| of.select(case_line::case_id).load::<Id>(c))?);
    }
    Ok(Some(found))
}

/// The garment whose serial or label was typed.
fn scanned(db: &mut Db, query: &ListQuery) -> Result<Option<GarmentId>> {
    let Ok(scanned) = Scanned::read("q", &query.q, None) else { return Ok(None) };
    match serials::find(db, &query.app().keys.serials, &scanned) {
        Ok(found) => Ok(found),
        // What is mistyped as a serial may be an order's number.
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The first moment of a day of the brand's zone, UTC.
fn begins(query: &ListQuery, day: NaiveDate) -> NaiveDateTime {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let zone = query.app().config.time_zone;
    zone.from_local_datetime(&midnight).earliest().map_or(midnight, |at| at.naive_utc())
}

const WAITING: [CaseState; 4] = [CaseState::WaitingCustomer, CaseState::WaitingInternal, CaseState::WaitingSupplier, CaseState::InTransit];

/// Whose cases a list is asked for, by the filter of this name: None for anybody's, nobody's as `Some(None)`.
fn owner_of(db: &mut Db, query: &ListQuery, filter: &str) -> Result<Option<Option<Id>>> {
    Ok(match query.filter(filter) {
        None => None,
        Some(NOBODY) => Some(None),
        // An account that is not there has no cases.
        Some(login) => Some(Some(accounts::by_login(db, login)?.map_or(Id(-1), |account| account.id))),
    })
}

impl Listing for CaseRow {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "cases";
    const SCHEMA: &'static str = "CaseRow";
    const FILTERS: &'static [Field] = FILTERS;
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.key.clone()
    }

    fn href(&self) -> String {
        super::super::href(&self.no)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("cases-scan", "/cases/scan".to_owned(), Permission::CasesEdit),
            ("cases-new", "/cases/new".to_owned(), Permission::CasesEdit),
            ("cases-mine", "/cases/mine".to_owned(), Permission::CasesEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        if let Some(due) = query.filter("due").and_then(CaseDue::of) {
            return by_deadline(db, query, due, window);
        }
        let (sought, owner, followed) = (sought(db, query)?, owner_of(db, query, "owner")?, owner_of(db, query, "followed")?);
        let window = window.of_ids()?;
        let cases: Vec<ServiceCase> = each!(db, |c| {
            let cases = narrow!(service_case::table.select(ServiceCase::as_select()).into_boxed(), query, &sought, &owner, &followed);
            keyset!(c, cases, service_case::id, window)
        })?;
        rows(db, cases)
    }

    fn offered(db: &mut Db, filter: &str, _sees: Sees, lang: Lang) -> Result<Option<Vec<Offered>>> {
        let nobody = (NOBODY.into(), Words::of(lang).say("cases-nobody"));
        let people = super::super::act::workers(db)?;
        match filter {
            "owner" => {}
            "followed" => return Ok(Some(people)),
            _ => return Ok(Some(Vec::new())),
        }
        Ok(Some(std::iter::once(nobody).chain(people).collect()))
    }
}

/// The number of the case that a garment is in, while it is open there.
pub(in crate::aftersales::cases) fn live_case_of(db: &mut Db, garment: GarmentId) -> Result<Option<String>> {
    let live = case_line::table
        .inner_join(service_case::table.on(service_case::id.eq(case_line::case_id)))
        .filter(case_line::garment_id.eq(garment).and(case_line::state.eq_any([LineState::Open, LineState::Decided])));
    let found: Vec<String> = each!(db, |c| live.select(service_case::no).load(c))?;
    Ok(found.into_iter().next())
}

/// How many garments a case has.
pub(in crate::aftersales::cases) fn garments(db: &mut Db, case: Id) -> Result<usize> {
    let count: i64 = each!(db, |c| case_line::table.filter(case_line::case_id.eq(case)).select(count_star()).get_result(c))?;
    Ok(saturating(count))
}
