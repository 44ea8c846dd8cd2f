//! Acceptance sampling: plans by lot size and AQL, their operating characteristics, and the switching rules.
//!
//! Numbers are those of MIL-STD-105E (1989, distribution unlimited), single sampling, normal inspection, which ISO 2859-1 and ANSI/ASQ Z1.4
//! share. Tightened and reduced plans are not answered: no second source for their numbers has been found, and a wrong plan is worse than
//! none.

use serde::Serialize;

use super::answer::{Answer, Lack, inside_unit};
use super::binomial;
use super::optimise::{minimum, root};
use super::special::ln_choose;

/// A code letter with its sample size: Table II-A, letters and sample sizes.
const LETTERS: [(char, u32); 16] = [
    ('A', 2),
    ('B', 3),
    ('C', 5),
    ('D', 8),
    ('E', 13),
    ('F', 20),
    ('G', 32),
    ('H', 50),
    ('J', 80),
    ('K', 125),
    ('L', 200),
    ('M', 315),
    ('N', 500),
    ('P', 800),
    ('Q', 1250),
    ('R', 2000),
];
/// Largest lot of each row of Table I; the last row has no upper end.
const LOT_UPPER: [u32; 14] = [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000];
/// Acceptable quality levels in per cent nonconforming, as printed.
const AQLS: [&str; 15] =
    ["0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0", "6.5"];

/// Inspection level of Table I.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Level {
    /// Special, smallest samples.
    S1,
    /// Special.
    S2,
    /// Special.
    S3,
    /// Special.
    S4,
    /// General, less discrimination.
    I,
    /// General, the usual one.
    II,
    /// General, more discrimination.
    III,
}

impl Level {
    /// Every level with its name as printed and its code letters by row of Table I.
    const TABLE: [(Self, &'static str, &'static str); 7] = [
        (Self::S1, "S-1", "AAAABBBBCCCCDDD"),
        (Self::S2, "S-2", "AAABBBCCCDDDEEE"),
        (Self::S3, "S-3", "AABBCCDDEEFFGGH"),
        (Self::S4, "S-4", "AABCCDEEFGGHJJK"),
        (Self::I, "I", "AABCCDEFGHJKLMN"),
        (Self::II, "II", "ABCDEFGHJKLMNPQ"),
        (Self::III, "III", "BCDEFGHJKLMNPQR"),
    ];

    /// The level of that name, `S-4` or `II`.
    pub fn named(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, printed, _)| *printed == name).map(|(level, ..)| *level)
    }

    fn letters(self) -> &'static str {
        Self::TABLE.iter().find(|(level, ..)| *level == self).map_or("", |(_, _, letters)| letters)
    }
}

/// An acceptable quality level that the tables know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Aql(usize);

impl Aql {
    /// Every level, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..AQLS.len()).map(Self)
    }

    /// The level printed so, `2.5` or `0.65`.
    pub fn named(name: &str) -> Option<Self> {
        AQLS.iter().position(|printed| *printed == name).map(Self)
    }

    /// As printed, in per cent nonconforming.
    pub fn name(self) -> &'static str {
        AQLS.get(self.0).copied().unwrap_or_default()
    }

    /// As a share, 0..1.
    pub fn share(self) -> f64 {
        self.name().parse::<f64>().map_or(f64::NAN, |percent| percent / 100.0)
    }
}

/// How hard is inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As long as nothing is known against the supplier.
    Normal,
    /// After rejections.
    Tightened,
    /// After a long good record.
    Reduced,
}

/// What to inspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Code letter of the lot size and level.
    pub code: char,
    /// Code letter of the plan used, after the table's arrow.
    pub plan_code: char,
    /// Pieces to inspect; the whole lot when the sample would be no smaller.
    pub n: u32,
    /// Accept with so many nonconforming or fewer.
    pub accept: u32,
    /// Reject with so many or more.
    pub reject: u32,
    /// Whether that is the whole lot.
    pub full: bool,
}

/// What the tables say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Inspect by this plan.
    Inspect(Plan),
    /// The numbers of this severity have not been verified against a second source: none are given.
    NotVerified,
    /// A lot of nothing.
    NoLot,
}

/// The single sampling plan for a lot of `lot` pieces.
///
/// Table II-A is diagonal: with `z` the row of the AQL's plan 0/1 and `d` the rows from there to the code letter's row, `d = 0` is 0/1, 3
/// is 1/2, 4 is 2/3, 5 is 3/4, 6 is 5/6, 7 is 7/8, 8 is 10/11, 9 is 14/15 and 10 is 21/22. Elsewhere an arrow points to the next plan: up
/// to `z` at `d = 1`, down to `z + 3` at 2 (up where the table ends before), down to `z` above the diagonal, up to `z + 10` below it.
pub fn plan(lot: u32, level: Level, aql: Aql, severity: Severity) -> Ruling {
    if severity != Severity::Normal {
        return Ruling::NotVerified;
    }
    let row_of_lot = LOT_UPPER.iter().position(|upper| lot <= *upper).unwrap_or(LOT_UPPER.len());
    let row = level.letters().chars().nth(row_of_lot).and_then(|letter| LETTERS.iter().position(|(one, _)| *one == letter));
    let found = row.and_then(|row| {
        let (to, accept) = cell(row, aql);
        let ((code, _), (plan_code, n)) = (*LETTERS.get(row)?, *LETTERS.get(to)?);
        let full = n >= lot;
        Some(Plan { code, plan_code, n: n.min(lot), accept, reject: accept + 1, full })
    });
    found.filter(|_| lot > 0).map_or(Ruling::NoLot, Ruling::Inspect)
}

/// Every plan of Table II-A, arrows left out: the level it is for, the sample size and the acceptance number.
pub fn plans() -> impl Iterator<Item = (Aql, u32, u32)> {
    let rows = |aql| LETTERS.iter().enumerate().map(move |(row, (_, n))| (row, aql, *n));
    Aql::all().flat_map(rows).filter_map(|(row, aql, n)| {
        let (to, accept) = cell(row, aql);
        (to == row).then_some((aql, n, accept))
    })
}

/// The row of Table II-A whose plan holds at `row` for this AQL, after its arrow, and that plan's acceptance number.
fn cell(row: usize, aql: Aql) -> (usize, u32) {
    let zero = AQLS.len() - 1 - aql.0;
    let last = LETTERS.len() - 1;
    let distance = match row.checked_sub(zero) {
        None | Some(0 | 1) => 0,
        Some(2) if zero + 3 > last => 0,
        Some(2) => 3,
        Some(distance) => distance.min(10),
    };
    let accept = match distance {
        0 => 0,
        3 => 1,
        4 => 2,
        5 => 3,
        6 => 5,
        7 => 7,
        8 => 10,
        9 => 14,
        _ => 21,
    };
    (zero + distance, accept)
}

/// The probability to accept a large lot of which the share `p` is nonconforming: `P(X ≤ accept)`, binomial.
pub fn acceptance(n: u32, accept: u32, p: f64) -> f64 {
    binomial::at_most(accept, n, p)
}

/// The probability to accept a lot of `lot` pieces with exactly `nonconforming` among them: hypergeometric. A sample larger than the lot,
/// or more nonconforming than pieces: [`Lack::OutOfRange`].
pub fn acceptance_of_lot(lot: u32, n: u32, accept: u32, nonconforming: u32) -> Answer<f64> {
    if n > lot || nonconforming > lot {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    let all = ln_choose(lot, n);
    let fewest = n.saturating_sub(lot - nonconforming);
    let most = accept.min(nonconforming).min(n);
    let sum: f64 = (fewest..=most).map(|k| (ln_choose(nonconforming, k) + ln_choose(lot - nonconforming, n - k) - all).exp()).sum();
    Answer::Known(sum.min(1.0))
}

/// The share nonconforming that is accepted with probability `acceptance` (limiting quality at 0.1, the producer's point at 0.95).
pub fn quality_accepted(n: u32, accept: u32, accepted: f64) -> Answer<f64> {
    let quality = || {
        let accepted = inside_unit(accepted)?;
        if n == 0 {
            return Err(Lack::NoExposure);
        }
        if accept >= n {
            return Err(Lack::NoSpread);
        }
        root(|p| accepted - acceptance(n, accept, p), 0.0, 1.0).ok_or(Lack::Unsettled)
    };
    quality().into()
}

/// The worst average outgoing quality when rejected lots are sorted: the greatest `p · Pa(p) · (lot − n) / lot` (AOQL), and the share `p`
/// where it comes.
pub fn worst_outgoing(lot: u32, n: u32, accept: u32) -> Answer<(f64, f64)> {
    if n == 0 || n > lot || accept >= n {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    let unsampled = f64::from(lot - n) / f64::from(lot);
    // p · Pa(p) rises and falls once.
    let (at, least) = minimum(|p| -p * acceptance(n, accept, p), 0.0, 1.0);
    Answer::Known((-least * unsampled, at))
}

/// Where inspection stands by the switching rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Normal inspection.
    #[default]
    Normal,
    /// Tightened inspection.
    Tightened,
    /// No acceptance until the supplier has mended.
    Discontinued,
}

/// The switching rules (MIL-STD-105E §4.7; ISO 2859-1 §9.3), per class of defect, on original inspections only.
///
/// Normal to tightened when 2 of 5 or fewer consecutive lots are rejected; back when 5 consecutive lots are accepted; discontinued when 5
/// lots in all are rejected while tightened. Each switch starts the count anew. Reduced inspection is never entered: its plans are not
/// verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Switching {
    standing: Standing,
    /// The last lots since the switch, newest last: accepted or not.
    recent: Vec<bool>,
    rejected: u32,
}

impl Switching {
    /// The standing of the next lot.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Takes in the outcome of a lot, and says the standing of the next. While discontinued outcomes change nothing.
    pub fn add(&mut self, accepted: bool) -> Standing {
        if self.standing == Standing::Discontinued {
            return self.standing;
        }
        self.recent.push(accepted);
        let extra = self.recent.len().saturating_sub(5);
        self.recent.drain(..extra);
        self.rejected += u32::from(!accepted);
        let rejected_of_five = self.recent.iter().filter(|accepted| !**accepted).count();
        match self.standing {
            Standing::Normal if rejected_of_five >= 2 => self.switch(Standing::Tightened),
            Standing::Tightened if self.rejected >= 5 => self.switch(Standing::Discontinued),
            Standing::Tightened if self.recent.len() == 5 && rejected_of_five == 0 => self.switch(Standing::Normal),
            _ => {}
        }
        self.standing
    }

    /// The supplier has mended: inspection resumes tightened.
    pub fn resume(&mut self) {
        if self.standing == Standing::Discontinued {
            self.switch(Standing::Tightened);
        }
    }

    fn switch(&mut self, to: Standing) {
        *self = Self { standing: to, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Tables {
        letters: String,
        n: Vec<u32>,
        lot_upper: Vec<u32>,
        levels: std::collections::BTreeMap<String, String>,
        aql: Vec<String>,
        ac_by_distance: std::collections::BTreeMap<usize, u32>,
    }

    #[test]
    fn the_tables_are_those_of_the_standard() {
        let text = include_str!("../../../../tests/vectors/aql/aql-tables.json");
        let tables: Tables = serde_json::from_str(text).unwrap();
        assert_eq!(LETTERS.map(|(letter, _)| letter).iter().collect::<String>(), tables.letters);
        assert_eq!(LETTERS.map(|(_, n)| n).to_vec(), tables.n);
        assert_eq!(LOT_UPPER.to_vec(), tables.lot_upper);
        assert_eq!(AQLS.to_vec(), tables.aql);
        assert_eq!(tables.levels.len(), Level::TABLE.len());
        for (_, name, letters) in Level::TABLE {
            assert_eq!(tables.levels[name], letters);
        }
        for (distance, accept) in tables.ac_by_distance {
            // AQL 4.0 has its 0/1 in row 1.
            assert_eq!(cell(1 + distance, Aql(13)), (1 + distance, accept));
        }
    }

    #[test]
    fn every_plan_accepts_lots_at_its_aql() {
        for lot in LOT_UPPER.into_iter().chain([2_000_000]) {
            for (level, name, _) in Level::TABLE {
                for aql in Aql::all() {
                    let Ruling::Inspect(plan) = plan(lot, level, aql, Severity::Normal) else { panic!("{lot} {name}") };
                    assert!(plan.n <= lot && plan.accept < plan.n && (plan.full == (plan.n == lot)));
                    let (_, n) = LETTERS[LETTERS.iter().position(|(code, _)| *code == plan.plan_code).unwrap()];
                    let accepted = acceptance(n, plan.accept, aql.share());
                    assert!((0.874..1.0).contains(&accepted), "{lot} {name} {}: {accepted}", aql.name());
                }
            }
        }
    }

    #[test]
    fn edges_have_answers() {
        let aql = Aql::named("2.5").unwrap();
        assert_eq!(plan(500, Level::II, aql, Severity::Tightened), Ruling::NotVerified);
        assert_eq!(plan(500, Level::II, aql, Severity::Reduced), Ruling::NotVerified);
        assert_eq!(plan(0, Level::II, aql, Severity::Normal), Ruling::NoLot);
        let tiny = plan(3, Level::II, aql, Severity::Normal);
        assert_eq!(tiny, Ruling::Inspect(Plan { code: 'A', plan_code: 'C', n: 3, accept: 0, reject: 1, full: true }));
        assert!(Aql::named("2.6").is_none() && Level::named("IV").is_none());
        assert_eq!(acceptance_of_lot(10, 20, 0, 1).lack(), Some(Lack::OutOfRange));
        assert_eq!(acceptance_of_lot(10, 10, 0, 1), Answer::Known(0.0));
        assert_eq!(quality_accepted(5, 5, 0.1).lack(), Some(Lack::NoSpread));
        // The last row has no row below it to point at.
        assert_eq!(cell(15, Aql(1)), (13, 0));
    }

    #[test]
    fn limiting_quality_and_worst_outgoing() {
        let limit = quality_accepted(80, 5, 0.1).known().unwrap();
        assert!((acceptance(80, 5, limit) - 0.1).abs() < 1e-12);
        let (worst, at) = worst_outgoing(10_000, 80, 5).known().unwrap();
        for p in [0.01, 0.03, 0.05, 0.08] {
            assert!(p * acceptance(80, 5, p) * 0.992 <= worst + 1e-12);
        }
        assert!((0.03..0.06).contains(&at));
    }

    #[test]
    fn a_supplier_who_does_not_mend_is_stopped() {
        let mut switching = Switching::default();
        for accepted in [false, false, false, true, false, true, false, true, false] {
            switching.add(accepted);
        }
        assert_eq!(switching.standing(), Standing::Tightened);
        assert_eq!(switching.add(false), Standing::Discontinued);
        assert_eq!(switching.add(true), Standing::Discontinued);
        switching.resume();
        assert_eq!(switching.standing(), Standing::Tightened);
    }
}
