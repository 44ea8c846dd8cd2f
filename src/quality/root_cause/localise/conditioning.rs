//! Which of two suspects explains the other, and when nobody can tell.

use statrs::function::erf::erfc;

use super::likelihood::Site;

/// What the data say of a suspect and a rival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The suspect is worse among equals of the rival; the rival is not worse among equals of the suspect: it was only seen together with it.
    Explains,
    /// The other way round.
    ExplainedBy,
    /// Each is worse among equals of the other.
    Both,
    /// How much worse the suspect is depends on the rival.
    Interaction,
    /// No cells differ in one and agree in the other, or too few: nobody can tell, so nobody is blamed.
    Inseparable,
}

impl Verdict {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Explains => "explains",
            Self::ExplainedBy => "explained_by",
            Self::Both => "both",
            Self::Interaction => "interaction",
            Self::Inseparable => "inseparable",
        }
    }
}

/// A rate ratio adjusted for a rival, by Mantel and Haenszel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// `RR = Σ c₁ e₀/(e₁+e₀) / Σ c₀ e₁/(e₁+e₀)` over the strata with and without the rival; None when no stratum has both levels. Infinite
    /// when only the exposed have claims.
    pub ratio: Option<f64>,
    /// Two-sided p of the Cochran–Mantel–Haenszel statistic for rates; 1 without a ratio.
    pub p: f64,
}

/// A suspect beside a rival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relation {
    /// The suspect among equals of the rival.
    pub suspect: Adjusted,
    /// The rival among equals of the suspect.
    pub rival: Adjusted,
    /// p of equal ratios of the suspect with and without the rival (Woolf 1955); 1 where one of them cannot be known.
    pub same_p: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// Claims and expected claims, of a cell or of some.
pub type Weighed = (f64, f64);

/// Counts weighted by `1 / (1 + spread × expected)`, whose variance is their mean.
pub fn weighted(sites: &[Site]) -> Vec<Weighed> {
    let weigh = |site: &Site| {
        let weight = (1.0 + site.spread * site.expected).recip();
        (weight * site.claims, weight * site.expected)
    };
    sites.iter().map(weigh).collect()
}

/// The four groups that two suspects make of the cells: `[both, suspect only, rival only, neither]`, each summed in the order of its cells.
fn groups(cells: &[Weighed], suspect: &[usize], rival: &[usize]) -> [Weighed; 4] {
    let add = |sum: &mut Weighed, (claims, expected): Weighed| *sum = (sum.0 + claims, sum.1 + expected);
    let (mut mine, mut theirs) = (suspect.iter().copied().peekable(), rival.iter().copied().peekable());
    let [mut both, mut only, mut other, mut neither] = [(0.0, 0.0); 4];
    let mut from = 0;
    // Nearly all cells are of neither: those between two that are not are summed without looking.
    while let Some(at) = mine.peek().into_iter().chain(theirs.peek()).min().copied() {
        cells.get(from..at).unwrap_or_default().iter().for_each(|cell| add(&mut neither, *cell));
        let group = match (mine.next_if_eq(&at).is_some(), theirs.next_if_eq(&at).is_some()) {
            (true, true) => &mut both,
            (true, false) => &mut only,
            (false, _) => &mut other,
        };
        if let Some(cell) = cells.get(at) {
            add(group, *cell);
        }
        from = at + 1;
    }
    cells.get(from..).unwrap_or_default().iter().for_each(|cell| add(&mut neither, *cell));
    [both, only, other, neither]
}

/// Mantel–Haenszel over strata of (exposed, not exposed), with the test of Rothman, Greenland and Lash (*Modern Epidemiology*, ch. 15):
/// `χ² = (Σ c₁ − Σ t e₁/(e₁+e₀))² / Σ t e₁ e₀/(e₁+e₀)²`, one degree of freedom.
pub fn mantel_haenszel(strata: &[(Weighed, Weighed)]) -> Adjusted {
    let [mut above, mut below, mut excess, mut variance] = [0.0; 4];
    for ((claims, expected), (other_claims, other_expected)) in strata {
        let all = expected + other_expected;
        if *expected <= 0.0 || *other_expected <= 0.0 {
            continue;
        }
        let total = claims + other_claims;
        above += claims * other_expected / all;
        below += other_claims * expected / all;
        excess += claims - total * expected / all;
        variance += total * expected * other_expected / (all * all);
    }
    if variance <= 0.0 {
        return Adjusted { ratio: None, p: 1.0 };
    }
    Adjusted { ratio: Some(above / below), p: two_sided(excess / variance.sqrt()) }
}

/// p of equal rate ratios in two strata: `z = (ln R₁ − ln R₂) / √Σ 1/c` (Woolf 1955). 1 when a group has no claims or no exposure.
fn same_ratio([both, only, other, neither]: [Weighed; 4]) -> f64 {
    let groups = [both, only, other, neither];
    if groups.iter().any(|(claims, expected)| *claims <= 0.0 || *expected <= 0.0) {
        return 1.0;
    }
    let [b, o, r, n] = groups.map(|(claims, expected)| (claims / expected).ln());
    two_sided((b - r - o + n) / groups.iter().map(|(claims, _)| claims.recip()).sum::<f64>().sqrt())
}

fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Puts a suspect beside a rival, among [`weighted`] cells; theirs ascending. `level` is the p below which a difference counts.
pub fn relate(cells: &[Weighed], suspect: &[usize], rival: &[usize], level: f64) -> Relation {
    let four @ [both, only, other, neither] = groups(cells, suspect, rival);
    let mine = mantel_haenszel(&[(both, other), (only, neither)]);
    let theirs = mantel_haenszel(&[(both, only), (other, neither)]);
    let same_p = same_ratio(four);
    let worse = |adjusted: Adjusted| adjusted.p <= level && adjusted.ratio.is_some_and(|ratio| ratio > 1.0);
    let verdict = match (worse(mine), worse(theirs)) {
        (true, _) | (_, true) if same_p <= level => Verdict::Interaction,
        (true, true) => Verdict::Both,
        (true, false) => Verdict::Explains,
        (false, true) => Verdict::ExplainedBy,
        (false, false) => Verdict::Inseparable,
    };
    Relation { suspect: mine, rival: theirs, same_p, verdict }
}

/// Two suspects that the data cannot tell apart, and what would.
#[derive(Clone, Debug, PartialEq)]
pub struct Separation {
    /// Log-likelihood (nats) by which the data would be expected to tell the two apart if one of them were wholly to blame.
    pub evidence: f64,
    /// Exposure of units with the one and without the other that would bring it to [`DECISIVE`].
    pub exposure: f64,
}

/// Half of the 95 % point of χ² with one degree of freedom: with less expected evidence than this, a choice between two suspects is a guess.
pub const DECISIVE: f64 = 1.920_729_410_347_062;

/// Says whether the cells in which a suspect and a rival differ could tell them apart, if the ratio were that of the suspect; `rate` is the
/// claims expected per unit of exposure among the suspect's cells. None when they can be told apart.
///
/// The evidence is the Kullback–Leibler divergence between "the suspect is worse by r" and "the rival is": `e (r ln r − r + 1)` over the
/// cells of the suspect alone plus `e (r − 1 − ln r)` over those of the rival alone, on weighted expectations. Units with the suspect and
/// without the rival add `rate × (r ln r − r + 1)` each: hence the exposure to allocate.
pub fn separation(cells: &[Weighed], suspect: &[usize], rival: &[usize], ratio: f64, rate: f64) -> Option<Separation> {
    let [_, only, other, _] = groups(cells, suspect, rival);
    let blamed = ratio * ratio.ln() - ratio + 1.0;
    let evidence = only.1 * blamed + other.1 * (ratio - 1.0 - ratio.ln());
    (evidence < DECISIVE).then(|| Separation { evidence, exposure: (DECISIVE - evidence) / (rate * blamed) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(rows: &[(f64, f64)]) -> Vec<Weighed> {
        weighted(&rows.iter().map(|&(claims, expected)| Site { claims, expected, spread: 0.0 }).collect::<Vec<_>>())
    }

    /// The innocent supplier: twice the claims of others overall, only because most of its cloth is sewn on the bad line.
    #[test]
    fn an_innocent_supplier_is_explained_by_the_line() {
        // both, supplier only, line only, neither
        let cells = sites(&[(320.0, 80.0), (20.0, 20.0), (80.0, 20.0), (80.0, 80.0)]);
        let (supplier, line) = ([0, 1], [0, 2]);
        let crude: f64 = (340.0 / 100.0) / (160.0 / 100.0);
        assert!(crude > 2.0);
        let relation = relate(&cells, &supplier, &line, 0.05);
        assert!((relation.suspect.ratio.unwrap() - 1.0).abs() < 1e-12, "{relation:?}");
        assert!((relation.suspect.p - 1.0).abs() < 1e-9);
        assert!((relation.rival.ratio.unwrap() - 4.0).abs() < 1e-12);
        assert_eq!(relation.verdict, Verdict::ExplainedBy);
        assert_eq!(relate(&cells, &line, &supplier, 0.05).verdict, Verdict::Explains);
    }

    #[test]
    fn always_together_is_inseparable() {
        let cells = sites(&[(300.0, 100.0), (100.0, 100.0)]);
        let relation = relate(&cells, &[0], &[0], 0.05);
        assert_eq!((relation.suspect.ratio, relation.verdict), (None, Verdict::Inseparable));
        let apart = separation(&cells, &[0], &[0], 3.0, 0.01).unwrap();
        assert_eq!(apart.evidence, 0.0);
        // 1.92 nats at 0.01 expected claims a unit and 3 ln 3 − 2 nats an expected claim.
        assert!((apart.exposure - DECISIVE / (0.01 * (3.0 * 3f64.ln() - 2.0))).abs() < 1e-9);
    }

    #[test]
    fn enough_cells_that_differ_separate() {
        let cells = sites(&[(300.0, 100.0), (30.0, 10.0), (10.0, 10.0), (100.0, 100.0)]);
        assert_eq!(separation(&cells, &[0, 1], &[0, 2], 3.0, 0.01), None);
        assert_eq!(relate(&cells, &[0, 1], &[0, 2], 0.05).verdict, Verdict::Explains);
    }

    #[test]
    fn only_on_one_line_is_an_interaction() {
        let cells = sites(&[(400.0, 100.0), (100.0, 100.0), (100.0, 100.0), (100.0, 100.0)]);
        let relation = relate(&cells, &[0, 1], &[0, 2], 0.05);
        assert_eq!(relation.verdict, Verdict::Interaction);
        assert!(relation.same_p < 1e-6);
    }

    #[test]
    fn two_causes_that_multiply_are_both() {
        let cells = sites(&[(600.0, 100.0), (200.0, 100.0), (300.0, 100.0), (100.0, 100.0)]);
        assert_eq!(relate(&cells, &[0, 1], &[0, 2], 0.05).verdict, Verdict::Both);
    }

    #[test]
    fn nothing_to_compare_is_no_ratio() {
        assert_eq!(mantel_haenszel(&[((3.0, 1.0), (0.0, 0.0))]), Adjusted { ratio: None, p: 1.0 });
    }
}
