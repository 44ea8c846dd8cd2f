//! What is done with one settlement or entry, as a page and a program do it alike.

use super::store::settling::{Payment, approve, fail, hand_over, submit, void};
use super::view::{EntryView, SettlementView};
use crate::aftersales::ledger::reverse_entry;
use crate::kernel::money::read_amount;
use crate::kernel::time::read_date;
use crate::kernel::{Code, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::rooms::{Acting, Thing};

/// The settlement of a view as it is now.
fn again(db: &mut Db, view: &SettlementView) -> Result<SettlementView> {
    SettlementView::with_codes(db, &[&view.code])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// Approves one.
pub fn approve_one(db: &mut Db, stamp: &Stamp, view: SettlementView, _: &Acting<'_>) -> Result<SettlementView> {
    let before = view.stored(db)?;
    approve(db, stamp, &before)?;
    again(db, &view)
}

/// Hands one over for payment.
pub fn submit_one(db: &mut Db, stamp: &Stamp, view: SettlementView, _: &Acting<'_>) -> Result<SettlementView> {
    let before = view.stored(db)?;
    submit(db, stamp, &[before])?;
    again(db, &view)
}

/// Says that one was paid.
pub fn paid_one(db: &mut Db, stamp: &Stamp, view: SettlementView, acting: &Acting<'_>) -> Result<SettlementView> {
    let today = acting.app.today();
    let paid_on = acting.said.text("paid_on").map_or(Ok(today), |day| read_date("paid_on", day))?;
    let before = view.stored(db)?;
    let zone = acting.app.config.time_zone;
    let minor = |field: &'static str| acting.said.text(field).map(|text| read_amount(field, text, &before.currency)).transpose();
    let payment = Payment {
        reference: acting.said.text("reference").unwrap_or_default(),
        paid_on,
        goods_minor: minor("goods_cost")?,
        freight_minor: minor("freight")?,
    };
    hand_over(db, stamp, zone, &before, &payment)?;
    again(db, &view)
}

/// Says that one could not be paid.
pub fn failed_one(db: &mut Db, stamp: &Stamp, view: SettlementView, acting: &Acting<'_>) -> Result<SettlementView> {
    let before = view.stored(db)?;
    fail(db, stamp, &before, acting.said.text("reason").unwrap_or_default())?;
    again(db, &view)
}

/// Makes one void.
pub fn void_one(db: &mut Db, stamp: &Stamp, view: SettlementView, acting: &Acting<'_>) -> Result<SettlementView> {
    let before = view.stored(db)?;
    void(db, stamp, &before, acting.said.text("reason").unwrap_or_default())?;
    again(db, &view)
}

/// Takes an entry back.
pub fn reverse_one(db: &mut Db, stamp: &Stamp, view: EntryView, _: &Acting<'_>) -> Result<EntryView> {
    let before = view.stored(db)?;
    let taken = reverse_entry(db, stamp, &before)?;
    EntryView::with_codes(db, &[&taken.id.to_string()])?.pop().ok_or_else(|| Code::NotFound.into())
}
