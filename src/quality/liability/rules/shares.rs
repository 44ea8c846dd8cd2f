//! Shares in millionths and money in minor units, both exact to the last one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use num_bigint::BigUint;

use crate::choices;
use crate::kernel::{Code, Fault, saturating};

/// A whole, in micro-shares.
pub const WHOLE: u32 = 1_000_000;

choices! {
    /// In what role somebody may have caused a matter.
    #[derive(Default)]
    Role {
        /// Made or dyed the fabric.
        Mill = "mill", "面料厂或染厂", "Mill or dye house";
        /// Made buttons, zips, labels, thread.
        Trims = "trims", "辅料厂", "Trim maker";
        /// Cut and sewed.
        Factory = "factory", "成衣厂", "Factory";
        /// Carried.
        Carrier = "carrier", "承运商", "Carrier";
        /// Stored, sold, sent.
        Retailer = "retailer", "零售商", "Retailer";
        /// Designed and specified: the brand itself.
        Brand = "brand", "品牌方", "Brand";
        /// Wore and washed.
        Customer = "customer", "顾客", "Customer";
        /// No fault was found. Charged to nobody.
        NoFault = "no_fault", "无过错", "No fault";
        /// Not known who, and what rounding leaves of shares. Charged to nobody.
        #[default]
        Unresolved = "unresolved", "无法认定", "Not known";
    }
}

/// Micro-shares by role, summing to [`WHOLE`]. A role without a share is left out.
pub type Shares = BTreeMap<Role, u32>;

/// Minor units by role. A role without money is left out.
pub type Money = BTreeMap<Role, i64>;

/// Checks shares as people write them: none of them zero, together [`WHOLE`].
///
/// # Errors
/// [`Code::OutOfRange`] for a share of zero, [`Code::WrongSum`], for `field`.
pub(super) fn check(field: &str, shares: &Shares) -> Result<(), Fault> {
    if shares.values().any(|share| *share == 0) {
        return Err(Fault::new(field.to_owned(), Code::OutOfRange).with("min", 1).with("max", WHOLE));
    }
    let sum: u64 = shares.values().copied().map(u64::from).sum();
    if sum != u64::from(WHOLE) {
        return Err(Fault::new(field.to_owned(), Code::WrongSum).with("sum", sum).with("expected", WHOLE));
    }
    Ok(())
}

/// Nobody's whole.
pub(super) fn nobody() -> Shares {
    Shares::from([(Role::Unresolved, WHOLE)])
}

/// Shares in proportion to weights. Nothing where every weight is zero.
///
/// Each is rounded down, and what that leaves (fewer micro-shares than there are roles) is nobody's. So nobody pays for rounding, equal weights have
/// equal shares, and a role whose weight falls never gains a micro-share; no rounding to the nearest promises all three, and no sum of floats.
pub(super) fn in_proportion(weights: &BTreeMap<Role, BigUint>) -> Shares {
    let sum: BigUint = weights.values().sum();
    if sum == BigUint::ZERO {
        return Shares::new();
    }
    rest_to_nobody(weights.iter().map(|(role, weight)| (*role, whole_share(weight * WHOLE / &sum))).collect())
}

/// A share that is not above [`WHOLE`].
fn whole_share(share: impl TryInto<u32>) -> u32 {
    share.try_into().map_or(WHOLE, |share| share.min(WHOLE))
}

/// `part` (of [`WHOLE`]) of the first and the rest of the second, rounded as in [`in_proportion`].
pub(super) fn mix(part: u32, first: &Shares, second: &Shares) -> Shares {
    let mut exact: BTreeMap<Role, u64> = BTreeMap::new();
    for (shares, part) in [(first, part), (second, WHOLE.saturating_sub(part))] {
        for (role, share) in shares {
            *exact.entry(*role).or_default() += u64::from(*share) * u64::from(part);
        }
    }
    rest_to_nobody(exact.into_iter().map(|(role, share)| (role, whole_share(share / u64::from(WHOLE)))).collect())
}

fn rest_to_nobody(mut shares: Shares) -> Shares {
    let rest = WHOLE.saturating_sub(shares.values().sum());
    *shares.entry(Role::Unresolved).or_default() += rest;
    shares.retain(|_, share| *share > 0);
    shares
}

/// The whole micro-shares in a number that is meant to lie in 0..=1,000,000.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=1,000,000; NaN gives 0"
)]
pub(super) fn whole_part(micro: f64) -> u32 {
    micro.clamp(0.0, f64::from(WHOLE)) as u32
}

/// Money in millionths of a minor unit made whole by largest remainder (Hamilton's method; at equal remainders the first role). The
/// parts sum to the sum rounded down.
pub(super) fn whole_minor(micro: &BTreeMap<Role, u128>) -> Money {
    const MICRO: u128 = 1_000_000;
    let sum = micro.values().sum::<u128>() / MICRO;
    let mut parts: Vec<(Role, u128, u128)> = micro.iter().map(|(role, amount)| (*role, amount / MICRO, amount % MICRO)).collect();
    let mut rest = sum - parts.iter().map(|(_, whole, _)| whole).sum::<u128>();
    parts.sort_by_key(|(role, _, remainder)| (Reverse(*remainder), *role));
    parts
        .into_iter()
        .map(|(role, whole, _)| {
            let one = rest.min(1);
            rest -= one;
            (role, saturating(whole + one))
        })
        .filter(|(_, minor)| *minor > 0)
        .collect()
}

/// An amount in minor units (not below zero) by shares, by largest remainder: the parts sum to the amount.
pub fn split(amount_minor: i64, shares: &Shares) -> Money {
    whole_minor(&micro_minor(amount_minor, shares))
}

/// An amount by shares, in millionths of a minor unit: exact.
pub(super) fn micro_minor(amount_minor: i64, shares: &Shares) -> BTreeMap<Role, u128> {
    let amount = saturating::<u128>(amount_minor);
    shares.iter().map(|(role, share)| (*role, amount * u128::from(*share))).collect()
}

/// What `to` has more than `from`, role by role; a role without change is left out.
pub(super) fn change(from: &Money, to: &Money) -> Money {
    let mut change = to.clone();
    for (role, minor) in from {
        *change.entry(*role).or_default() -= minor;
    }
    change.retain(|_, minor| *minor != 0);
    change
}
