//! Queries on `warranty`.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use serde::Serialize;

use super::rules::{self, Facts, Status, Term, Terms, WarrantyState};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::{Code, Error, GarmentId, Id, Result, parsed, saturating};
use crate::ownership::garments;
use crate::platform::db::schema::warranty;
use crate::platform::db::{CHUNK_KEYS, Day, Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::production::{batches, terms};
use crate::{each, insert_all};

/// A warranty as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warranty {
    /// The garment. Not part of what is shown: its number is ours.
    #[serde(skip)]
    pub garment: GarmentId,
    /// The sale it belongs to.
    pub sale_seq: i64,
    /// The policy version it is under; None where the house's number of days holds.
    pub policy: Option<Id>,
    /// How it stands, apart from the calendar.
    #[serde(skip)]
    pub status: Status,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// What it started with: `delivered`, `sold`, `activated`, `made`; empty while it waits.
    pub start_basis: String,
    /// Why it ended before its time or is void.
    pub reason: String,
    /// Its last day where it took over what was left of another one's, whatever its policy says.
    #[serde(skip)]
    pub inherited_until: Option<NaiveDate>,
    /// Grows with every change.
    pub version: i64,
}

type Row = (i64, i64, Option<i64>, String, Option<NaiveDate>, Option<NaiveDate>, String, String, i64, Option<NaiveDate>);

fn warranty_of(
    (garment, sale_seq, policy, status, starts_on, ends_on, start_basis, reason, version, inherited_until): Row,
) -> Result<Warranty> {
    let status = Status::of(&status).ok_or_else(|| Error::broken(format!("warranty of {garment} has status {status}")))?;
    let (garment, policy) = (GarmentId(garment), policy.map(Id));
    Ok(Warranty { garment, sale_seq, policy, status, starts_on, ends_on, start_basis, reason, inherited_until, version })
}

impl Warranty {
    /// Its term, once it has started.
    pub fn term(&self) -> Option<Term> {
        let basis = terms::StartRule::of(&self.start_basis)?;
        Some(Term { basis, starts_on: self.starts_on?, ends_on: self.ends_on? })
    }

    /// How it stands on `today`.
    pub fn state(&self, db: &mut Db, today: NaiveDate) -> Result<WarrantyState> {
        let waits_for = match (self.status, self.policy) {
            (Status::Waiting, Some(policy)) => {
                let policy = terms::policy(db, policy)?.ok_or_else(|| Error::broken("a warranty without its policy"))?;
                rules::waits_for(&Terms::of(&policy)?)
            }
            _ => rules::WaitsFor::Delivery,
        };
        Ok(rules::state(self.status, self.starts_on.zip(self.ends_on), &self.reason, waits_for, today))
    }
}

/// The warranty of a garment's latest sale that has one.
pub fn latest(db: &mut Db, garment: GarmentId) -> Result<Option<Warranty>> {
    let rows: Vec<Row> =
        each!(db, |c| warranty::table.filter(warranty::garment_id.eq(garment.0)).order(warranty::sale_seq.desc()).load(c))?;
    rows.into_iter().next().map(warranty_of).transpose()
}

/// The warranty of one sale.
pub fn of_sale(db: &mut Db, garment: GarmentId, sale_seq: i64) -> Result<Option<Warranty>> {
    let rows: Vec<Row> =
        each!(db, |c| warranty::table.filter(warranty::garment_id.eq(garment.0).and(warranty::sale_seq.eq(sale_seq))).load(c))?;
    rows.into_iter().next().map(warranty_of).transpose()
}

/// The terms of a warranty: its policy version's, or the house's number of days as of `at`. None when they promise nothing.
pub fn terms(db: &mut Db, policy: Option<&terms::WarrantyPolicy>, at: NaiveDateTime) -> Result<Option<Terms>> {
    let terms = match policy {
        Some(policy) => Terms::of(policy)?,
        None => Terms::of_days(saturating(policies::value(db, Policy::ServiceDays, at)?)),
    };
    Ok(Some(terms).filter(|terms| !terms.are_empty()))
}

/// A warranty to be made with its sale.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// The garment.
    pub garment: GarmentId,
    /// The sale.
    pub sale_seq: i64,
    /// The policy version.
    pub policy: Option<Id>,
    /// Its term, or None to wait for its start.
    pub term: Option<Term>,
}

/// Makes the warranties of new sales, with their events.
pub fn open(db: &mut Db, stamp: &Stamp, openings: &[Opening]) -> Result<()> {
    for chunk in openings.chunks(chunk_rows(9)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|new| {
                let status = if new.term.is_some() { Status::Running } else { Status::Waiting };
                (
                    warranty::garment_id.eq(new.garment.0),
                    warranty::sale_seq.eq(new.sale_seq),
                    warranty::policy_id.eq(new.policy.map(|id| id.0)),
                    warranty::status.eq(status.as_str()),
                    warranty::starts_on.eq(new.term.map(|term| Day(term.starts_on))),
                    warranty::ends_on.eq(new.term.map(|term| Day(term.ends_on))),
                    warranty::start_basis.eq(new.term.map_or("", |term| term.basis.as_str())),
                    warranty::reason.eq(""),
                    warranty::version.eq(1),
                )
            })
            .collect();
        insert_all!(db, warranty::table, &rows)?;
    }
    let started: Vec<_> =
        openings.iter().filter_map(|new| new.term.map(|term| (new.garment.0, Started::of(new.sale_seq, &term)))).collect();
    events::append_garments(db, stamp, EventKind::WarrantyStarted, &started)
}

/// The body of the event that a warranty starts.
#[derive(Serialize)]
struct Started {
    basis: &'static str,
    ends_on: NaiveDate,
    sale: i64,
    starts_on: NaiveDate,
}

impl Started {
    fn of(sale: i64, term: &Term) -> Self {
        Self { basis: term.basis.as_str(), ends_on: term.ends_on, sale, starts_on: term.starts_on }
    }
}

/// The day after which the garment's batch was made, where it is recorded.
fn made_on(db: &mut Db, garment: GarmentId) -> Result<Option<NaiveDate>> {
    Ok(batches::batch(db, garment.batch())?.and_then(|batch| batch.finished_on))
}

/// Works out a live warranty anew from what is known now. Its end never moves to an earlier day.
///
/// # Errors
/// [`Code::Stale`] when somebody else changed it in between.
pub fn again(db: &mut Db, stamp: &Stamp, before: &Warranty, terms: &Terms, facts: &Facts) -> Result<()> {
    let fresh = match before.status {
        Status::Waiting | Status::Running => {
            let term = rules::term(terms, facts).map(|term| before.inherited_until.map_or(term, |until| rules::inherited(term, until)));
            term.map(|term| rules::moved(before.term(), term))
        }
        Status::Void | Status::Ended => None,
    };
    let Some(term) = fresh.filter(|term| before.term() != Some(*term)) else {
        return Ok(());
    };
    let changed = each!(db, |c| diesel::update(warranty::table.filter(
        warranty::garment_id.eq(before.garment.0).and(warranty::sale_seq.eq(before.sale_seq)).and(warranty::version.eq(before.version))
    ))
    .set((
        warranty::status.eq(Status::Running.as_str()),
        warranty::starts_on.eq(term.starts_on),
        warranty::ends_on.eq(term.ends_on),
        warranty::start_basis.eq(term.basis.as_str()),
        warranty::version.eq(before.version + 1),
    ))
    .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    events::append(db, stamp, EventKind::WarrantyStarted, Subject::Garment(before.garment.0), &Started::of(before.sale_seq, &term))
}

/// Starts the garment's warranty if it waits for its holder: what a claim does. One that runs already is left alone.
pub fn activate(db: &mut Db, stamp: &Stamp, garment: GarmentId, on: NaiveDate) -> Result<()> {
    let Some(before) = latest(db, garment)?.filter(|warranty| warranty.status == Status::Waiting) else {
        return Ok(());
    };
    let Some(policy) = before.policy.map_or(Ok(None), |id| terms::policy(db, id))? else {
        return Ok(());
    };
    let facts = Facts { activated: Some(on), made: made_on(db, garment)?, ..Facts::default() };
    again(db, stamp, &before, &Terms::of(&policy)?, &facts)
}

/// Adds days to the warranty of a sale that has begun and was not ended: its new last day, or None where there is nothing to add to.
///
/// # Errors
/// [`Code::Stale`] when somebody else changed it in between.
pub fn extend(db: &mut Db, stamp: &Stamp, garment: GarmentId, sale_seq: i64, days: i64) -> Result<Option<NaiveDate>> {
    let before = of_sale(db, garment, sale_seq)?.filter(|one| one.status == Status::Running);
    let Some((before, term)) = before.and_then(|before| before.term().map(|term| (before, term))) else { return Ok(None) };
    let ends_on = term.ends_on.checked_add_signed(TimeDelta::days(days)).unwrap_or(NaiveDate::MAX);
    let as_read = warranty::garment_id.eq(garment.0).and(warranty::sale_seq.eq(sale_seq)).and(warranty::version.eq(before.version));
    let inherited = before.inherited_until.map(|_| ends_on);
    let extended = (warranty::ends_on.eq(ends_on), warranty::inherited_until.eq(inherited), warranty::version.eq(before.version + 1));
    if each!(db, |c| diesel::update(warranty::table.filter(as_read)).set(extended).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    let body = serde_json::json!({ "sale": sale_seq, "days": days, "ends_on": ends_on });
    events::append(db, stamp, EventKind::WarrantyExtended, Subject::Garment(garment.0), &body)?;
    Ok(Some(ends_on))
}

/// Until when the warranty of a sale was promised to last, though the sale ended it since; None for one that never began or was declared void.
pub fn promised_until(db: &mut Db, garment: GarmentId, sale_seq: i64) -> Result<Option<NaiveDate>> {
    if of_sale(db, garment, sale_seq)?.is_none_or(|one| matches!(one.status, Status::Void | Status::Waiting)) {
        return Ok(None);
    }
    let told = [EventKind::WarrantyStarted.as_str(), EventKind::WarrantyExtended.as_str()];
    let mut until = None;
    for fact in events::of(db, Subject::Garment(garment.0))?.into_iter().filter(|fact| told.contains(&fact.kind.as_str())) {
        let body = fact.document()?;
        if body.get("sale").and_then(serde_json::Value::as_i64) == Some(sale_seq) {
            until = body.get("ends_on").and_then(serde_json::Value::as_str).and_then(parsed).or(until);
        }
    }
    Ok(until)
}

/// Lets the warranty of a sale last until a day, whatever its policy says and whenever it begins: what was left of that of the garment it replaces.
///
/// # Errors
/// [`Code::Stale`] when somebody else changed it in between.
pub fn inherit(db: &mut Db, stamp: &Stamp, garment: GarmentId, sale_seq: i64, until: NaiveDate) -> Result<()> {
    let before = of_sale(db, garment, sale_seq)?.filter(|one| matches!(one.status, Status::Waiting | Status::Running));
    let Some(before) = before else { return Ok(()) };
    let term = before.term().map(|term| rules::inherited(term, until));
    let as_read = warranty::garment_id.eq(garment.0).and(warranty::sale_seq.eq(sale_seq)).and(warranty::version.eq(before.version));
    let inherited = (
        warranty::inherited_until.eq(until),
        warranty::ends_on.eq(term.map(|term| term.ends_on)),
        warranty::version.eq(before.version + 1),
    );
    if each!(db, |c| diesel::update(warranty::table.filter(as_read)).set(inherited).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    match term {
        Some(term) => events::append(db, stamp, EventKind::WarrantyStarted, Subject::Garment(garment.0), &Started::of(sale_seq, &term)),
        None => Ok(()),
    }
}

/// Ends the warranty of a sale before its time, with a reason.
pub fn end(db: &mut Db, garment: GarmentId, sale_seq: i64, on: NaiveDate, reason: &str) -> Result<()> {
    let Some(before) = of_sale(db, garment, sale_seq)?.filter(|one| matches!(one.status, Status::Waiting | Status::Running)) else {
        return Ok(());
    };
    let ends_on = before.term().map(|term| term.ends_on.min(on).max(term.starts_on));
    each!(db, |c| diesel::update(warranty::table.filter(warranty::garment_id.eq(garment.0).and(warranty::sale_seq.eq(sale_seq))))
        .set((
            warranty::status.eq(Status::Ended.as_str()),
            warranty::ends_on.eq(ends_on),
            warranty::reason.eq(reason),
            warranty::version.eq(before.version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Declares the warranty of the garment's live sale void. `reason` is for the buyer to read and names no person.
///
/// # Errors
/// [`Code::NotSold`] without a live sale that has one, [`Code::WrongState`] when it is void or has ended already.
pub fn void(db: &mut Db, stamp: &Stamp, garment: GarmentId, reason: &str) -> Result<Warranty> {
    let live = garments::live_sale(db, garment)?.ok_or(Code::NotSold)?;
    let before = of_sale(db, garment, live.seq)?.ok_or(Code::NotSold)?;
    if matches!(before.status, Status::Void | Status::Ended) {
        return Err(refused_in(before.status).into());
    }
    let changed = each!(db, |c| diesel::update(warranty::table.filter(
        warranty::garment_id.eq(garment.0).and(warranty::sale_seq.eq(before.sale_seq)).and(warranty::version.eq(before.version))
    ))
    .set((warranty::status.eq(Status::Void.as_str()), warranty::reason.eq(reason), warranty::version.eq(before.version + 1)))
    .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    events::append(db, stamp, EventKind::WarrantyVoided, Subject::Garment(garment.0), &serde_json::json!({ "sale": before.sale_seq }))?;
    Ok(Warranty { status: Status::Void, reason: reason.to_owned(), version: before.version + 1, ..before })
}

/// The warranties of many garments, by garment and sale.
pub fn of_garments(db: &mut Db, garments: &[GarmentId]) -> Result<HashMap<(GarmentId, i64), Warranty>> {
    let mut found = HashMap::with_capacity(garments.len());
    for chunk in garments.chunks(CHUNK_KEYS) {
        let ids: Vec<i64> = chunk.iter().map(|garment| garment.0).collect();
        let rows: Vec<Row> = each!(db, |c| warranty::table.filter(warranty::garment_id.eq_any(&ids)).load(c))?;
        for row in rows {
            let one = warranty_of(row)?;
            found.insert((one.garment, one.sale_seq), one);
        }
    }
    Ok(found)
}
