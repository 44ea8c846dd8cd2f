//! Moving costs to whoever answers for them, and moving them back.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::rules::{moved, opposite, together};
use super::super::{Payer, PayerKind};
use super::{self as ledger, LedgerEntry};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Code, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};

/// Whether a cost is one that may be moved: posted as the brand's, itself neither moved nor a correction.
fn is_posted(entry: &LedgerEntry) -> bool {
    entry.payer == PayerKind::Brand && entry.moves_id.is_none() && entry.reversal_of.is_none()
}

/// Of these lines, those with a cost of the brand's that no verdict has moved.
pub fn unmoved(db: &mut Db, lines: &[Id]) -> Result<BTreeSet<Id>> {
    Ok(ledger::waiting(db, lines)?.into_iter().filter_map(|(_, line)| line).collect())
}

/// Moves every cost of a line that is the brand's to whoever answers for it, to the minor unit: of each entry, what is not the brand's share is
/// taken from the brand and charged to the others, in pairs that cancel out. What the customer was charged with from the start stays theirs.
/// Asked again with the same verdict, only what was posted since is moved.
///
/// `shares` are micro-shares and a whole together; `verdict` is the version of the verdict that decided.
///
/// # Errors
/// [`Code::WrongSum`] for shares that are no whole; [`Code::WrongState`] while another version's moves stand: take those back first.
pub fn reallocate(db: &mut Db, stamp: &Stamp, case: Id, line: Id, shares: &[(Payer, u32)], verdict: Id) -> Result<Vec<LedgerEntry>> {
    let shares = together(shares)?;
    let posted: Vec<LedgerEntry> =
        ledger::entries_of_lines(db, &[line])?.into_iter().filter(|entry| entry.case_id == case && is_posted(entry)).collect();
    let ids: Vec<Id> = posted.iter().map(|entry| entry.id).collect();
    let (live, before) = (ledger::unreversed(db, &ids)?, ledger::movers(db, &ids)?);
    if before.iter().any(|entry| entry.verdict_id != Some(verdict)) {
        return Err(Refusal::new(Code::WrongState).with("state", "of-verdict").into());
    }
    let mut added = Vec::new();
    for entry in posted.iter().filter(|entry| live.contains(&entry.id) && before.iter().all(|mover| mover.moves_id != Some(entry.id))) {
        for (payer, part) in moved(entry.amount_minor, &shares) {
            for (sign, payer) in [(opposite(entry.sign), Payer::Brand), (entry.sign, payer)] {
                let (payer, party_id) = payer.parts();
                let pair = LedgerEntry {
                    id: stamp.id(),
                    sign,
                    amount_minor: part,
                    payer,
                    party_id,
                    settlement_id: None,
                    verdict_id: Some(verdict),
                    moves_id: Some(entry.id),
                    reversal_of: None,
                    actor: stamp.actor.clone(),
                    at: stamp.at,
                    ..entry.clone()
                };
                ledger::add(db, &pair)?;
                added.push(pair);
            }
        }
    }
    told(db, stamp, EventKind::CostsMoved, verdict, &added)?;
    Ok(added)
}

/// Takes back everything that a version of a verdict moved, once it is superseded.
pub fn reverse(db: &mut Db, stamp: &Stamp, verdict: Id) -> Result<Vec<LedgerEntry>> {
    let moved: Vec<LedgerEntry> =
        ledger::entries_of_verdicts(db, &[verdict])?.into_iter().filter(|entry| entry.reversal_of.is_none()).collect();
    let live = ledger::unreversed(db, &moved.iter().map(|entry| entry.id).collect::<Vec<_>>())?;
    let mut taken = Vec::new();
    for entry in moved.iter().filter(|entry| live.contains(&entry.id)) {
        let back = ledger::reversal(stamp, entry);
        ledger::add(db, &back)?;
        taken.push(back);
    }
    told(db, stamp, EventKind::CostsMovedBack, verdict, &taken)?;
    Ok(taken)
}

fn told(db: &mut Db, stamp: &Stamp, kind: EventKind, verdict: Id, entries: &[LedgerEntry]) -> Result<()> {
    let Some(first) = entries.first() else { return Ok(()) };
    let body = json!({ "verdict": verdict, "line": first.line_id, "entries": entries.len() });
    events::append(db, stamp, kind, Subject::Thing("case", first.case_id.0), &body)
}
