//! What may follow what, who may approve, and how a cost is parted.

use super::{LedgerKind, Payer, SettlementKind, SettlementState, Sign};
use crate::aftersales::cases::LineDecision;
use crate::aftersales::returns::ReturnOutcome;
use crate::kernel::machine::Machine;
use crate::kernel::money::{WHOLE, decimals, split};
use crate::kernel::{Code, Fault, Refusal, Result, saturating};
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

/// Which way a cost of a kind counts when it is posted.
pub const fn natural_sign(kind: LedgerKind) -> Sign {
    match kind {
        LedgerKind::ResaleRecovery | LedgerKind::CustomerPayment | LedgerKind::ChargebackRecovery | LedgerKind::InsuranceRecovery => {
            Sign::Credit
        }
        _ => Sign::Debit,
    }
}

/// The other way.
pub const fn opposite(sign: Sign) -> Sign {
    match sign {
        Sign::Debit => Sign::Credit,
        Sign::Credit => Sign::Debit,
    }
}

/// Whether a covered claim may cost the customer nothing of this kind.
pub const fn is_of_repair(kind: LedgerKind) -> bool {
    matches!(
        kind,
        LedgerKind::RepairLabour
            | LedgerKind::RepairParts
            | LedgerKind::LogisticsOut
            | LedgerKind::LogisticsIn
            | LedgerKind::Pickup
            | LedgerKind::OnsiteVisit
            | LedgerKind::InspectionLab
    )
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

/// Shares of the same payer as one.
///
/// # Errors
/// [`Code::WrongSum`] when they are no whole.
pub fn together(shares: &[(Payer, u32)]) -> Result<Vec<(Payer, u32)>> {
    let sum: u64 = shares.iter().map(|(_, share)| u64::from(*share)).sum();
    if sum != u64::from(WHOLE) {
        return Err(Fault::new("shares", Code::WrongSum).with("sum", sum).with("expected", WHOLE).into());
    }
    let mut by_payer: std::collections::BTreeMap<Payer, u64> = std::collections::BTreeMap::new();
    for (payer, share) in shares {
        *by_payer.entry(*payer).or_default() += u64::from(*share);
    }
    Ok(by_payer.into_iter().map(|(payer, share)| (payer, saturating(share))).collect())
}

/// What of a cost moves from the brand to whom: nothing of it is lost, and what is the brand's share stays.
pub fn moved(amount_minor: i64, shares: &[(Payer, u32)]) -> Vec<(Payer, i64)> {
    let parts = split(amount_minor, &shares.iter().map(|(_, share)| *share).collect::<Vec<_>>());
    shares.iter().map(|(payer, _)| *payer).zip(parts).filter(|(payer, part)| *payer != Payer::Brand && *part > 0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::Id;

    fn payer(place: usize) -> Payer {
        match place {
            0 => Payer::Brand,
            1 => Payer::Customer,
            other => Payer::Party(Id(saturating(other))),
        }
    }

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

    #[test]
    fn shares_that_are_no_whole_are_refused() {
        assert_eq!(together(&[(Payer::Brand, 999_999)]).unwrap_err().code(), Code::Invalid);
        let same = Payer::Party(Id(9));
        assert_eq!(
            together(&[(same, 400_000), (Payer::Brand, 100_000), (same, 500_000)]).unwrap(),
            [(Payer::Brand, 100_000), (same, 900_000)]
        );
    }

    proptest! {
        /// I-27: what moves and what stays is the entry, to the minor unit.
        #[test]
        fn what_moves_and_what_stays_is_the_entry(amount in 1_i64..=10_000_000_000, cuts in proptest::collection::vec(0_u32..=WHOLE, 0..6)) {
            let mut cuts = cuts;
            cuts.extend([0, WHOLE]);
            cuts.sort_unstable();
            let shares: Vec<(Payer, u32)> = cuts.windows(2).enumerate().map(|(place, pair)| (payer(place), pair[1] - pair[0])).collect();
            let shares = together(&shares).unwrap();
            let parts = moved(amount, &shares);
            let out: i64 = parts.iter().map(|(_, part)| part).sum();
            let brand = shares.iter().find(|(payer, _)| *payer == Payer::Brand).map_or(0, |(_, share)| *share);
            prop_assert!(out <= amount && parts.iter().all(|(payer, part)| *payer != Payer::Brand && *part > 0));
            let stays = i128::from(amount - out) * i128::from(WHOLE);
            prop_assert!((stays - i128::from(amount) * i128::from(brand)).abs() < i128::from(WHOLE));
            for (payer, part) in parts {
                let share = shares.iter().find(|(one, _)| *one == payer).map_or(0, |(_, share)| *share);
                prop_assert!((i128::from(part) * i128::from(WHOLE) - i128::from(amount) * i128::from(share)).abs() < i128::from(WHOLE));
            }
        }
    }
}
