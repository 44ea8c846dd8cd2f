//! Which follow-ups there must be, and are not yet.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::super::rules::{before, due};
use super::super::{FollowUpKind, FollowUpState};
use super::follow_up;
use super::follow_ups::{FollowUpRow, code, end, insert};
use crate::aftersales::{cases, repairs, settlements};
use crate::each;
use crate::kernel::{Code, GarmentId, Id, Result, saturating};
use crate::ownership::holders::{HolderKeys, Purpose};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::policies::{self, Policy};

/// Follow-ups written at a time.
const STRETCH: usize = 200;

/// What the planning did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowUpsPlanned {
    /// Follow-ups that are to be done.
    pub planned: usize,
    /// Those that are not, for want of consent.
    pub declined: usize,
    /// Those that nobody did in time.
    pub missed: usize,
}

/// What a follow-up comes of: its id, the line and the garment, the day.
type Source = (Id, Id, GarmentId, NaiveDate);

/// The days after which somebody asks, by why.
#[rustfmt::skip]
const AFTER: &[(FollowUpKind, Policy)] = &[
    (FollowUpKind::Repair, Policy::FollowUpRepairFirst),
    (FollowUpKind::Repair, Policy::FollowUpRepairSecond),
    (FollowUpKind::Exchange, Policy::FollowUpExchangeFirst),
    (FollowUpKind::Exchange, Policy::FollowUpExchangeSecond),
];

/// What happened between two days that is followed up for this reason.
fn sources(db: &mut Db, kind: FollowUpKind, from: NaiveDate, to: NaiveDate) -> Result<Vec<Source>> {
    Ok(match kind {
        FollowUpKind::Repair => repairs::handed_between(db, from, to)?,
        FollowUpKind::Exchange => settlements::exchanged_between(db, from, to)?,
        FollowUpKind::LowScore | FollowUpKind::Desk => Vec::new(),
    })
}

/// What is to be planned and closed: a stretch of both.
#[derive(Default)]
struct ToDo {
    /// What happened, why it is followed up, and after how many days.
    fresh: Vec<(FollowUpKind, i64, Source)>,
    /// Those that nobody did in time.
    late: Vec<FollowUpRow>,
}

/// Whether there is anything to plan or to close: a read, so that nobody waits for the writer where there is not.
pub fn is_due(db: &mut Db, at: NaiveDateTime, today: NaiveDate) -> Result<bool> {
    let ToDo { fresh, late } = to_do(db, at, today)?;
    Ok(!fresh.is_empty() || !late.is_empty())
}

fn to_do(db: &mut Db, at: NaiveDateTime, today: NaiveDate) -> Result<ToDo> {
    let mut to_do = ToDo::default();
    let grace = policies::value(db, Policy::FollowUpMissed, at)?;
    for (kind, policy) in AFTER {
        let days = policies::value(db, *policy, at)?;
        let all = sources(db, *kind, before(today, days + grace), today)?;
        let ids: Vec<Id> = all.iter().map(|(id, ..)| *id).collect();
        let there: HashSet<Id> = in_chunks(&ids, |ids| {
            let of = follow_up::kind.eq(*kind).and(follow_up::days.eq(days)).and(follow_up::source_id.eq_any(ids));
            each!(db, |c| follow_up::table.filter(of).select(follow_up::source_id).load::<Id>(c))
        })?
        .into_iter()
        .collect();
        let fresh = all.into_iter().filter(|(id, ..)| !there.contains(id)).take(STRETCH);
        to_do.fresh.extend(fresh.map(|source| (*kind, days, source)));
    }
    let late = follow_up::state.eq(FollowUpState::Planned).and(follow_up::due_on.lt(before(today, grace)));
    to_do.late = each!(db, |c| follow_up::table
        .filter(late)
        .order(follow_up::due_on)
        .limit(saturating(STRETCH))
        .select(FollowUpRow::as_select())
        .load(c))?;
    Ok(to_do)
}

/// Plans what is to be followed up, and closes what nobody followed up in time: a stretch of both. Planned once however often it is asked. What was
/// done so long ago that its follow-up would be missed already is left alone.
///
/// # Errors
/// When the store cannot be written.
pub fn plan(db: &mut Db, stamp: &Stamp, keys: &HolderKeys, today: NaiveDate) -> Result<FollowUpsPlanned> {
    let mut did = FollowUpsPlanned::default();
    let ToDo { fresh, late } = to_do(db, stamp.at, today)?;
    for (kind, days, source) in &fresh {
        match one(db, stamp, keys, (*kind, *days), source)? {
            Some(FollowUpState::Declined) => did.declined += 1,
            Some(_) => did.planned += 1,
            None => {}
        }
    }
    for row in &late {
        end(db, stamp, row, FollowUpState::Missed, (None, &row.note, None))?;
    }
    did.missed = late.len();
    Ok(did)
}

/// Plans one, or keeps that there is no consent to be asked.
fn one(db: &mut Db, stamp: &Stamp, keys: &HolderKeys, (kind, days): (FollowUpKind, i64), source: &Source) -> Result<Option<FollowUpState>> {
    let (source_id, line_id, garment_id, on) = *source;
    let line = cases::line(db, line_id)?.ok_or(Code::NotFound)?;
    let case = cases::by_id(db, line.case_id)?.ok_or(Code::NotFound)?;
    let left = cases::contact_left(db, keys, &case)?;
    let agreed = left.is_some_and(|left| left.consents.iter().any(|consent| consent.purpose == Purpose::FollowUp));
    let (state, ended_at) = if agreed { (FollowUpState::Planned, None) } else { (FollowUpState::Declined, Some(stamp.at)) };
    let due_on = due(on, days);
    let why = format!("{}{days}", if kind == FollowUpKind::Repair { "r" } else { "x" });
    let row = FollowUpRow {
        id: stamp.id(),
        code: code(due_on, &case.no, line.line_no, &why),
        kind,
        source_id,
        days,
        case_id: case.id,
        line_id,
        garment_id,
        due_on,
        state,
        ended_by: if agreed { String::new() } else { stamp.actor.clone() },
        ended_at,
        created_at: stamp.at,
        version: 1,
        ..FollowUpRow::default()
    };
    Ok(insert(db, stamp, &row)?.then_some(state))
}
