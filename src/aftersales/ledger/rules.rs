//! Which way a cost counts, and how it is parted.

use super::{LedgerKind, Payer, Sign};
use crate::kernel::money::{WHOLE, decimals, split};
use crate::kernel::{Code, Fault, Result, saturating};

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

/// Whole units of a currency as minor units.
pub fn minor_of(units: i64, currency: &str) -> i64 {
    let places = saturating::<u32>(decimals(currency).unwrap_or(2));
    units.saturating_mul(10_i64.saturating_pow(places))
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
    fn shares_that_are_no_whole_are_refused() {
        assert_eq!(together(&[(Payer::Brand, 999_999)]).unwrap_err().code(), Code::Invalid);
        let same = Payer::Party(Id(9));
        assert_eq!(
            together(&[(same, 400_000), (Payer::Brand, 100_000), (same, 500_000)]).unwrap(),
            [(Payer::Brand, 100_000), (same, 900_000)]
        );
    }

    #[test]
    fn a_limit_is_of_the_currency() {
        assert_eq!((minor_of(2_000, "CNY"), minor_of(2_000, "JPY"), minor_of(2_000, "KWD")), (200_000, 2_000, 2_000_000));
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
