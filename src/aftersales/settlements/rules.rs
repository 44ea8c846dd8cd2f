//! What may follow what, and who may approve.

use super::{SettlementKind, SettlementState};
use crate::aftersales::cases::LineWork;
use crate::aftersales::ledger::LedgerKind;
use crate::aftersales::returns::ReturnOutcome;
use crate::kernel::machine::Machine;
use crate::kernel::{Code, Refusal, Result};
use crate::machine;

/// Where a settlement may go.
pub const SETTLEMENT_MACHINE: Machine<SettlementState> = machine![SettlementState:
    Authorised => Approved | Void;
    Approved => Submitted | Void;
    Submitted => Paid | Failed;
    Failed => Submitted | Void
];

/// Whether a sale of which this was given may be settled further: what was paid back in part, in the same way. One garment is given for another once.
pub fn may_go_on(kind: SettlementKind, state: SettlementState, next: SettlementKind) -> bool {
    state == SettlementState::Paid && kind == next && matches!(kind, SettlementKind::Refund | SettlementKind::Credit)
}

/// What a settlement of a kind is for a return; none where it settles nothing.
pub const fn outcome_of(kind: SettlementKind) -> Option<ReturnOutcome> {
    Some(match kind {
        SettlementKind::Refund => ReturnOutcome::Refund,
        SettlementKind::Exchange => ReturnOutcome::Exchange,
        SettlementKind::Credit => ReturnOutcome::Credit,
        SettlementKind::Compensation => return None,
    })
}

/// What is posted when a settlement of a kind was paid.
pub const fn cost_of(kind: SettlementKind) -> LedgerKind {
    match kind {
        SettlementKind::Refund | SettlementKind::Exchange | SettlementKind::Credit => LedgerKind::Refund,
        SettlementKind::Compensation => LedgerKind::CompensationCash,
    }
}

/// What is under way for the line of a settlement of a kind.
pub const fn work_of(kind: SettlementKind) -> LineWork {
    match kind {
        SettlementKind::Refund | SettlementKind::Exchange | SettlementKind::Credit => LineWork::Settlement,
        SettlementKind::Compensation => LineWork::Compensation,
    }
}

/// Who approves: the one who asked does not, and nobody twice. Whether it is approved by everybody it takes then.
///
/// # Errors
/// [`Code::NeedsAnother`].
pub fn approved(author: &str, first: Option<&str>, needs_two: bool, actor: &str) -> Result<bool> {
    let refused = |who: &str| Err(Refusal::new(Code::NeedsAnother).with("who", who).into());
    match first {
        _ if actor == author => refused("author"),
        Some(first) if first == actor => refused("twice"),
        None => Ok(!needs_two),
        Some(_) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_author_never_approves_and_nobody_twice() {
        let code = |result: Result<bool>| result.map_err(|error| error.code());
        assert_eq!(code(approved("staff:a", None, false, "staff:a")), Err(Code::NeedsAnother));
        assert_eq!(code(approved("staff:a", None, false, "staff:b")), Ok(true));
        assert_eq!(code(approved("staff:a", None, true, "staff:b")), Ok(false));
        assert_eq!(code(approved("staff:a", Some("staff:b"), true, "staff:b")), Err(Code::NeedsAnother));
        assert_eq!(code(approved("staff:a", Some("staff:b"), true, "staff:a")), Err(Code::NeedsAnother));
        assert_eq!(code(approved("staff:a", Some("staff:b"), true, "staff:c")), Ok(true));
    }

    #[test]
    fn what_was_paid_in_part_goes_on_in_the_same_way() {
        use SettlementKind::{Compensation, Credit, Exchange, Refund};
        for (before, state, next, goes) in [
            (Refund, SettlementState::Paid, Refund, true),
            (Credit, SettlementState::Paid, Credit, true),
            (Refund, SettlementState::Paid, Credit, false),
            (Exchange, SettlementState::Paid, Exchange, false),
            (Compensation, SettlementState::Paid, Compensation, false),
            (Refund, SettlementState::Failed, Refund, false),
        ] {
            assert_eq!(may_go_on(before, state, next), goes, "{before:?} {state:?} {next:?}");
        }
    }
}
