//! What may follow what, and who may approve.

use super::{SettlementKind, SettlementState};
use crate::aftersales::cases::LineDecision;
use crate::aftersales::returns::ReturnOutcome;
use crate::kernel::machine::Machine;
use crate::kernel::money::decimals;
use crate::kernel::{Code, Refusal, Result, saturating};
use crate::machine;

/// Where a settlement may go.
pub const SETTLEMENT_MACHINE: Machine<SettlementState> = machine![SettlementState:
    Authorised => Approved | Void;
    Approved => Submitted | Void;
    Submitted => Paid | Failed;
    Failed => Submitted
];

/// What a settlement of a kind is called on the line of its case.
pub const fn decision_of(kind: SettlementKind) -> LineDecision {
    match kind {
        SettlementKind::Refund => LineDecision::Refund,
        SettlementKind::Exchange => LineDecision::Exchange,
        SettlementKind::Credit => LineDecision::Credit,
    }
}

/// What a settlement of a kind is for a return.
pub const fn outcome_of(kind: SettlementKind) -> ReturnOutcome {
    match kind {
        SettlementKind::Refund => ReturnOutcome::Refund,
        SettlementKind::Exchange => ReturnOutcome::Exchange,
        SettlementKind::Credit => ReturnOutcome::Credit,
    }
}

/// Whole units of a currency as minor units.
pub fn minor_of(units: i64, currency: &str) -> i64 {
    let places = saturating::<u32>(decimals(currency).unwrap_or(2));
    units.saturating_mul(10_i64.saturating_pow(places))
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
    fn a_limit_is_of_the_currency() {
        assert_eq!((minor_of(2_000, "CNY"), minor_of(2_000, "JPY"), minor_of(2_000, "KWD")), (200_000, 2_000, 2_000_000));
    }
}
