//! Which change of a fact takes it from what stands on it. Values in, values out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Code, Fault};

/// What may stand on a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Lots that were made of it.
    Lots,
    /// Batches it went into, or that were sewn of it.
    Batches,
    /// Garments that have serials.
    Minted,
    /// Garments sold.
    Sold,
    /// Live findings.
    Findings,
}

impl By {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Lots, Self::Batches, Self::Minted, Self::Sold, Self::Findings];

    /// Its stable text, as it stands in `by` of a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lots => "lots",
            Self::Batches => "batches",
            Self::Minted => "minted",
            Self::Sold => "sold",
            Self::Findings => "findings",
        }
    }
}

/// How much stands on a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// Lots made of it.
    pub lots: i64,
    /// Batches it is in, or that are of it.
    pub batches: i64,
    /// Garments of those batches that have serials.
    pub minted: i64,
    /// Of those, sold.
    pub sold: i64,
    /// Live findings on it, its batches and their garments.
    pub findings: i64,
}

impl Standing {
    /// How much of one kind.
    pub const fn of(&self, by: By) -> i64 {
        match by {
            By::Lots => self.lots,
            By::Batches => self.batches,
            By::Minted => self.minted,
            By::Sold => self.sold,
            By::Findings => self.findings,
        }
    }
}

/// A fact of a thing `T`, and what holds it.
pub struct Guard<T> {
    /// The field, as the thing's draft names it.
    pub field: &'static str,
    /// What holds the fact, in the order in which it is named.
    pub by: &'static [By],
    /// What the fact says, in the form it is compared in. What was said may be added to and not taken away: nothing said may still be filled in.
    pub said: fn(&T) -> Vec<String>,
}

impl<T> Guard<T> {
    /// What holds it now, and how much of that there is.
    pub(super) fn held_by(&self, standing: &Standing) -> Option<(By, i64)> {
        self.by.iter().map(|by| (*by, standing.of(*by))).find(|(_, count)| *count > 0)
    }
}

/// The parts of a fact that say something.
pub fn parts<S: AsRef<str>>(said: impl IntoIterator<Item = S>) -> Vec<String> {
    said.into_iter().map(|part| part.as_ref().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Every fact that `after` would take from what stands on it.
pub fn frozen<T>(guards: &[Guard<T>], before: &T, after: &T, standing: &Standing) -> Vec<Fault> {
    let taken = |guard: &Guard<T>| {
        let kept = (guard.said)(after);
        (guard.said)(before).iter().any(|said| !kept.contains(said))
    };
    let held = guards.iter().filter_map(|guard| Some((guard, guard.held_by(standing)?)));
    held.filter(|(guard, _)| taken(guard)).map(|(guard, (by, count))| fixed(guard.field, by.as_str(), count)).collect()
}

/// The fault of a fact that stays as it is because of `count` of what `by` names.
pub fn fixed(field: &'static str, by: &'static str, count: impl ToString) -> Fault {
    Fault::new(field, Code::InUse).with("by", by).with("count", count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Clone)]
    struct Roll {
        unit: &'static str,
        dye_lot: &'static str,
        made_of: Vec<&'static str>,
        note: &'static str,
        version: i64,
    }

    const GUARDS: &[Guard<Roll>] = &[
        Guard { field: "unit", by: &[By::Batches, By::Findings], said: |roll| parts([roll.unit]) },
        Guard { field: "dye_lot", by: &[By::Batches], said: |roll| parts([roll.dye_lot]) },
        Guard { field: "made_of", by: &[By::Batches], said: |roll| parts(&roll.made_of) },
    ];

    fn roll() -> Roll {
        Roll { unit: "m", dye_lot: "", made_of: vec!["Y-1"], note: "", version: 1 }
    }

    fn refused(after: &Roll, standing: &Standing) -> Vec<String> {
        let text = |fault: Fault| fault.args.iter().fold(fault.field.into_owned(), |text, (_, value)| format!("{text} {value}"));
        frozen(GUARDS, &roll(), after, standing).into_iter().map(text).collect()
    }

    #[test]
    fn what_nothing_stands_on_is_free() {
        assert!(refused(&Roll { unit: "pcs", made_of: vec![], ..roll() }, &Standing::default()).is_empty());
        let minted_only = Standing { minted: 9, ..Standing::default() };
        assert!(refused(&Roll { unit: "pcs", ..roll() }, &minted_only).is_empty());
    }

    #[test]
    fn what_was_said_may_be_added_to_and_not_taken_away() {
        let used = Standing { batches: 2, findings: 7, ..Standing::default() };
        assert_eq!(refused(&Roll { unit: "pcs", made_of: vec!["Y-2"], ..roll() }, &used), ["unit batches 2", "made_of batches 2"]);
        assert_eq!(refused(&Roll { unit: "", ..roll() }, &used), ["unit batches 2"]);
        assert!(refused(&Roll { dye_lot: "D1", made_of: vec!["Y-2", "Y-1"], note: "late", ..roll() }, &used).is_empty());
        let found = Standing { findings: 7, ..Standing::default() };
        assert_eq!(refused(&Roll { unit: "pcs", made_of: vec![], ..roll() }, &found), ["unit findings 7"]);
    }
}
