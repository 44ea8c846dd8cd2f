//! What whoever asked sees of the repairs of their case, and what they answer to a quote: on their status page, in its exact words.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::super::rules::REPAIR_MACHINE;
use super::super::{AcceptSaid, AcceptedVia, RepairReason, RepairState, SignedSaid};
use super::acts::{accept, changed, reject, sign};
use super::{RepairOrder, RepairRow, repair_order};
use crate::aftersales::cases;
use crate::each;
use crate::kernel::money::Money;
use crate::kernel::{Code, Fault, Id, Result};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::rooms::{Sees, Thing};

/// A repair as whoever asked sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyersRepair {
    /// Its number.
    pub code: String,
    /// The line of the case, from 1.
    pub line_no: i64,
    /// Where it stands.
    pub state: RepairState,
    /// Whether it costs them nothing.
    pub covered: bool,
    /// What will be done, in the words they agree to; empty before the first quote.
    pub plan: String,
    /// For how much.
    pub price: Option<Money>,
    /// By when.
    pub ready_on: Option<NaiveDate>,
    /// SHA-256 of the text they agree to.
    pub text_hash: String,
    /// When they agreed, UTC.
    pub accepted_at: Option<NaiveDateTime>,
}

/// The repairs of a case, by line.
pub fn of_case(db: &mut Db, case: Id) -> Result<Vec<BuyersRepair>> {
    let rows: Vec<RepairRow> = each!(db, |c| repair_order::table
        .filter(repair_order::case_id.eq(case))
        .order(repair_order::id)
        .select(RepairRow::as_select())
        .load(c))?;
    let shown = |row: RepairRow| {
        let RepairOrder { line, row, .. } = RepairOrder::from(row);
        let price = row.price_minor.zip(row.currency).map(|(minor, currency)| Money { minor, currency });
        BuyersRepair {
            code: row.code,
            line_no: line,
            state: row.state,
            covered: row.covered,
            plan: row.plan,
            price,
            ready_on: row.ready_on,
            text_hash: row.text_hash,
            accepted_at: row.accepted_at,
        }
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Whoever asked agrees to a quote, or does not. `hash` is that of the text they read; `words` is what else they write to us. The same agreement
/// sent again is the same.
///
/// # Errors
/// [`Code::NotFound`] without the secret of the case; [`Code::QuoteChanged`] where another text holds by now; [`Code::WrongState`] where nothing is
/// asked.
pub fn buyer_answers(
    db: &mut Db,
    stamp: &Stamp,
    (no, secret): (&str, &Secret),
    (code, hash): (&str, &str),
    agrees: bool,
    words: &str,
) -> Result<()> {
    let order = own(db, no, secret, code)?;
    if order.row.text_hash != hash {
        return Err(changed(&order));
    }
    if agrees && order.row.accepted_version == Some(order.row.quote_version) {
        return Ok(());
    }
    REPAIR_MACHINE.check(order.row.state, if agrees { RepairState::Accepted } else { RepairState::Rejected })?;
    if agrees {
        let quote_version = order.row.quote_version;
        accept(db, stamp, order, AcceptSaid { quote_version, via: AcceptedVia::Card })?;
    } else {
        reject(db, stamp, order, RepairReason { reason: String::new() })?;
    }
    letter(db, stamp, no, secret, words)
}

/// Whoever asked has the garment back and signs for it, or says what is not right: then it goes back to the bench.
///
/// # Errors
/// [`Code::NotFound`] without the secret of the case; [`Code::WrongState`] where it was not handed over; [`Code::Missing`] for `words` where it is not
/// right and nothing is said.
pub fn buyer_signs(
    db: &mut Db,
    stamp: &Stamp,
    (no, secret): (&str, &Secret),
    code: &str,
    (passed, score): (bool, Option<i64>),
    words: &str,
) -> Result<()> {
    let order = own(db, no, secret, code)?;
    if passed && order.row.state == RepairState::Done {
        return Ok(());
    }
    if !passed && words.trim().is_empty() {
        return Err(Fault::new("words", Code::Missing).into());
    }
    // The letter goes first: a repair that is done may be the end of its case.
    letter(db, stamp, no, secret, words)?;
    // A check that failed says why; theirs does so in the letter.
    let note = if passed { String::new() } else { "买家留言 · as the buyer wrote".to_owned() };
    sign(db, stamp, order, SignedSaid { passed, score, note }).map(drop)
}

/// The repair of this number, for whoever has the secret of its case.
fn own(db: &mut Db, no: &str, secret: &Secret, code: &str) -> Result<RepairOrder> {
    let case = cases::with_secret(db, no, secret)?.ok_or(Code::NotFound)?;
    let found = RepairOrder::find(db, code, Sees::ALL)?;
    found.filter(|order| order.row.case_id == case.id).ok_or_else(|| Code::NotFound.into())
}

/// Their own words are theirs: they stand in a letter, which they can have erased, and in no event.
fn letter(db: &mut Db, stamp: &Stamp, no: &str, secret: &Secret, words: &str) -> Result<()> {
    if words.trim().is_empty() { Ok(()) } else { cases::buyer_writes(db, stamp, no, secret, words, &[]) }
}
