//! How liability is reckoned. For each claim, in this order:
//!
//! 1. **Gates**: hard rules, each with its clause; the first that fits decides.
//! 2. **Prior**: the shares agreed for this defect and product family, a row signed by both sides.
//! 3. **Evidence**: likelihood ratios, at most one for and one against a role in each class, capped; Bayes' rule makes shares of them. Where
//!    nobody leads, the claim is unresolved and charges nobody.
//! 4. **Excess**: where a lot fails more often than it should, the part of its claims that is surely its own goes to its owner, before
//!    the shares; split by Shapley's value where two or more factors are elevated.
//! 5. **Sample**: where only some of the returned pieces were analysed, no more is charged than the analysis surely confirms.
//!
//! Money is in minor units and is never lost in rounding: largest remainder over the whole matter.
//!
//! # The same on any machine
//!
//! What decides money is counted in integers, or in `f64` with nothing but `+ − × ÷` and `sqrt` in a fixed order. IEEE 754 prescribes
//! the result of those five to the last bit, and Rust neither reorders nor fuses them. Functions whose last bits differ from one
//! mathematical library to the next (`ln`, `exp`, `powf`, the gamma function) are not called at all: the one quantile needed is
//! found from a ratio in which they cancel.

mod bundle;
mod canonical;
mod counts;
mod difference;
mod excess;
mod matter;
mod reckoning;
mod sealed;
mod shares;
mod statement;
mod tables;

pub use bundle::{Bundle, ENGINE};
pub use counts::{CountOf, StatementCount};
pub use difference::{Change, Moved, difference};
pub use matter::{Claim, Evidence, Excess, Factor, Matter, Sample};
pub use reckoning::{Basis, LeftOut, Reckoning, Verdict, Without, reckon, sensitivity};
pub use sealed::{SealedStatement, StatementFault, Verified, verify};
pub use shares::{Money, Role, Shares, WHOLE, split};
pub use statement::{
    ChargedParty, FORMAT, LineNotice, LineWithout, SharePart, StatementCost, StatementEntry, StatementKind, StatementText, WhoPays,
};
pub use tables::{EvidenceRule, Gate, Outcome, Prior, Rules};

#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;
