//! How a return ends: what its buyer gets is given by the room of settlements, which says so here; and what nobody sends lapses.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{self, RETURN_MACHINE};
use super::super::{ReturnOutcome, ReturnState};
use super::acts::{go, kept};
use super::{ReturnOrder, return_order};
use crate::each;
use crate::kernel::{Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::jobs::{Job, Work};
use crate::platform::policies::{self, Policy};
use crate::platform::state::AppState;

/// What may be given for what came back: None for the whole price, else what of it the inspection accepted, in minor units.
///
/// # Errors
/// [`Code::WrongState`](crate::kernel::Code::WrongState) while it is under way, and once it is settled.
pub fn accepted_part(order: &ReturnOrder) -> Result<Option<i64>> {
    if rules::may_be_settled(order) { Ok(order.accepted_minor) } else { Err(RETURN_MACHINE.refused(order.state).into()) }
}

/// What its buyer gets is being given by this settlement, and until that is done nobody says by hand that it was.
pub fn settling(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, settlement: Id) -> Result<()> {
    if matches!(order.state, ReturnState::Accepted | ReturnState::PartlyAccepted) {
        go(db, stamp, order, ReturnState::Settling, &Value::Null)?;
    }
    given_by(db, order, Some(settlement))
}

fn given_by(db: &mut Db, order: &ReturnOrder, settlement: Option<Id>) -> Result<()> {
    let row = return_order::table.filter(return_order::id.eq(order.id));
    each!(db, |c| diesel::update(row).set(return_order::settlement_id.eq(settlement.map(|id| id.0))).execute(c))?;
    Ok(())
}

/// It is not given after all: the return is where the inspection left it.
pub fn unsettled(db: &mut Db, stamp: &Stamp, order: &ReturnOrder) -> Result<()> {
    let back = if order.accepted_minor.is_some() { ReturnState::PartlyAccepted } else { ReturnState::Accepted };
    if order.state == ReturnState::Settling {
        go(db, stamp, order, back, &Value::Null)?;
    }
    given_by(db, order, None)
}

/// Its buyer has it. A return that is over already stays as it is.
pub fn settled(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, outcome: ReturnOutcome) -> Result<()> {
    if order.state == ReturnState::Settling { end(db, stamp, order, outcome) } else { Ok(()) }
}

/// Ends a return with what its buyer has.
pub(super) fn end(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, outcome: ReturnOutcome) -> Result<()> {
    let moved = go(db, stamp, order, ReturnState::Settled, &json!({ "outcome": outcome }))?;
    let row = return_order::table.filter(return_order::id.eq(moved.id));
    each!(db, |c| diesel::update(row).set(return_order::outcome.eq(outcome.as_str())).execute(c))?;
    Ok(())
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
        kept(db, stamp, order, "lapsed")?;
    }
    Ok(late.len())
}

/// Lets all of them lapse, a stretch at a time. How many.
pub fn lapse_all(app: &AppState, actor: &str, mut progress: impl FnMut(usize)) -> Result<usize> {
    let mut all = 0;
    loop {
        let stamp = app.stamp(actor);
        let lapsed = app.store.write_blocking(move |db| lapse(db, &stamp))?;
        if lapsed == 0 {
            return Ok(all);
        }
        all += lapsed;
        progress(all);
    }
}

/// The same as long work.
pub struct LapseWork;

impl Work for LapseWork {
    fn kind(&self) -> &'static str {
        LAPSE_WORK
    }

    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        let all = lapse_all(app, &job.created_by, |all| progress(crate::kernel::saturating(all), 0))?;
        Ok(json!({ "lapsed": all }))
    }
}
