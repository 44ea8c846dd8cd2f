//! What is done with one version of the rule tables, one verdict or one statement, as a page and a program do it alike.

use super::VerdictState;
use super::chargebacks::ChargebackState;
use super::store::chargebacks::{self, Chargeback};
use super::store::contests::reply;
use super::store::files::{self, HandedIn};
use super::store::inspections::inspect_again;
use super::store::records::{self, EvidenceRecord};
use super::store::rule_sets::{approve_rules, reject_rules};
use super::store::statements::void_statement;
use super::store::verdicts::{decide, finish, notify};
use super::view::{RulesView, StatementView, VerdictView};
use crate::kernel::machine::refused_in;
use crate::kernel::{Code, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::rooms::{Acting, Sees, Thing, seen};

/// Puts tables in force.
pub fn approve_one(db: &mut Db, stamp: &Stamp, view: RulesView, _: &Acting<'_>) -> Result<RulesView> {
    let set = view.stored(db)?;
    approve_rules(db, stamp, &set)?;
    again(db, &view)
}

/// Says no to tables.
pub fn reject_one(db: &mut Db, stamp: &Stamp, view: RulesView, _: &Acting<'_>) -> Result<RulesView> {
    let set = view.stored(db)?;
    reject_rules(db, stamp, &set)?;
    again(db, &view)
}

/// A thing as it is now.
fn again<T: Thing>(db: &mut Db, view: &T) -> Result<T> {
    T::with_codes(db, &[view.code()])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// Tells those who are charged.
pub fn notify_one(db: &mut Db, stamp: &Stamp, view: VerdictView, acting: &Acting<'_>) -> Result<VerdictView> {
    let before = view.stored(db)?;
    notify(db, stamp, acting.app.today(), &before)?;
    again(db, &view)
}

/// Looks at the garment again, after a contest.
pub fn inspect_one(db: &mut Db, stamp: &Stamp, view: VerdictView, acting: &Acting<'_>) -> Result<VerdictView> {
    let before = view.stored(db)?;
    let found = acting.said.text("found").filter(|code| !code.is_empty());
    inspect_again(db, stamp, acting.app.today(), &before, found, acting.said.text("report").unwrap_or_default())?;
    again(db, &view)
}

/// Withdraws a record of evidence.
pub fn withdraw_one(db: &mut Db, stamp: &Stamp, record: EvidenceRecord, acting: &Acting<'_>) -> Result<EvidenceRecord> {
    records::withdraw(db, stamp, &record, acting.said.text("reason").unwrap_or_default())?;
    again(db, &record)
}

/// Decides one.
pub fn decide_one(db: &mut Db, stamp: &Stamp, view: VerdictView, acting: &Acting<'_>) -> Result<VerdictView> {
    let before = view.stored(db)?;
    decide(db, stamp, acting.app.today(), &before, acting.said.text("reason").unwrap_or_default())?;
    again(db, &view)
}

/// Makes one final.
pub fn finish_one(db: &mut Db, stamp: &Stamp, view: VerdictView, acting: &Acting<'_>) -> Result<VerdictView> {
    let before = view.stored(db)?;
    finish(db, stamp, acting.app.today(), &before)?;
    again(db, &view)
}

/// What the party says that somebody is bound to.
fn replied(db: &mut Db, stamp: &Stamp, view: &VerdictView, acting: &Acting<'_>, accepts: bool) -> Result<VerdictView> {
    // The brand does not reply for a party.
    let party = acting.sees.party().ok_or(Code::NotFound)?;
    let before = view.stored(db)?;
    reply(db, stamp, acting.app.today(), &before, (party, accepts, acting.said.text("reason").unwrap_or_default()))?;
    VerdictView::find(db, &view.code, acting.sees)?.ok_or_else(|| Code::NotFound.into())
}

/// A party accepts.
pub fn accept_one(db: &mut Db, stamp: &Stamp, view: VerdictView, acting: &Acting<'_>) -> Result<VerdictView> {
    replied(db, stamp, &view, acting, true)
}

/// A party does not accept.
pub fn contest_one(db: &mut Db, stamp: &Stamp, view: VerdictView, acting: &Acting<'_>) -> Result<VerdictView> {
    replied(db, stamp, &view, acting, false)
}

/// Hands papers in with a verdict that waits for a reply or a decision.
pub fn hand_in_with(db: &mut Db, stamp: &Stamp, code: &str, sees: Sees, files: &[HandedIn]) -> Result<()> {
    let view: VerdictView = seen(db, code, sees)?;
    if !matches!(view.state, VerdictState::Notified | VerdictState::Contested) {
        return Err(refused_in(view.state).into());
    }
    let one = view.stored(db)?;
    files::hand_in(db, stamp, &one, sees.party(), files)
}

/// Takes a statement back.
pub fn void_one(db: &mut Db, stamp: &Stamp, view: StatementView, acting: &Acting<'_>) -> Result<StatementView> {
    let before = view.stored(db)?;
    void_statement(db, stamp, &before, acting.said.text("reason").unwrap_or_default())?;
    again(db, &view)
}

/// Moves a chargeback on: the brand's own acts, which name a reference or a reason.
macro_rules! chargeback_acts {
    ($($(#[$about:meta])* $name:ident => $to:ident, $said:literal, $own:literal;)+) => {
        $(
            $(#[$about])*
            pub fn $name(db: &mut Db, stamp: &Stamp, view: Chargeback, acting: &Acting<'_>) -> Result<Chargeback> {
                // The brand does not speak for a party, nor a party for the brand.
                if acting.sees.party().is_some() != $own {
                    return Err(Code::NotFound.into());
                }
                chargebacks::move_on(db, stamp, acting.app.today(), &view, ChargebackState::$to, acting.said.text($said).unwrap_or_default())?;
                Chargeback::find(db, &view.code, acting.sees)?.ok_or_else(|| Code::NotFound.into())
            }
        )+
    };
}

chargeback_acts! {
    /// It is sent to the party.
    issue_one => Issued, "reason", false;
    /// The party says that it will pay.
    acknowledge_one => Acknowledged, "reason", true;
    /// The party says that it will not.
    dispute_one => Disputed, "reason", true;
    /// It was paid or netted.
    settle_one => Settled, "reference", false;
    /// It is given up on purpose.
    waive_one => Waived, "reason", false;
    /// It is given up because it cannot be had.
    write_off_one => WrittenOff, "reason", false;
    /// It is taken back.
    void_chargeback => Void, "reason", false;
}
