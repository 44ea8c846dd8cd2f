//! A report: what was judged, with names.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::held::{self, Answered, HeldFacts};
use super::rules::counts::Costs;
use super::rules::frame::Feature;
use super::rules::judge::{Judgement, Sums};
use super::rules::month_text;
use super::{
    Answerable, ClaimCost, ClaimKind, ConfirmedClaims, DefectSignal, ExposedClaims, LEVEL, LISTED, MonthClaims, NodeName, NodeSignal,
    RatioInterval, SignalDetail, SignalReport, SignalVerdict, SignalsAsk, SimpleRank, store,
};
use crate::kernel::text::{Both, folded};
use crate::kernel::{Code, Fault, Result, saturating};
use crate::platform::db::{Db, Store};
use crate::platform::http::segment;
use crate::quality::root_cause::{Level, Method, adjust, compare};
use crate::quality::trace::{self, LotFacts, PartyFacts};

/// What stands out as of a day.
///
/// # Errors
/// [`Code::UnknownReference`] for a defect that is not in the catalogue.
pub fn report(store: &Store, db: &mut Db, today: NaiveDate, ask: &SignalsAsk) -> Result<SignalReport> {
    let catalogue = store::defects(db)?;
    let asked = match &ask.defect {
        None => None,
        Some(code) => {
            let meant = catalogue.keys().find(|known| folded(known) == folded(code));
            Some(meant.ok_or_else(|| Fault::new("defect", Code::UnknownReference).with("value", code))?)
        }
    };
    let facts = held::facts(store, db, today, ask.kind)?;
    let p = adjust(&facts.defects.iter().map(|(_, answer)| Some(answer.judged.p)).collect::<Vec<_>>(), Method::Holm);
    let p = |at: usize| p.get(at).copied().flatten().unwrap_or(1.0);
    let detail = facts.defects.iter().enumerate().find(|(_, (defect, _))| Some(defect) == asked);
    let names = Names::read(db, &facts, detail.map(|(_, (_, answer))| answer.as_ref()))?;
    let name = |defect: &str| catalogue.get(defect).cloned().unwrap_or_default();
    let signal = |at: usize, defect: &str, answer: &Answered| names.signal(defect, name(defect), answer, p(at));
    let mut signals: Vec<DefectSignal> =
        facts.defects.iter().enumerate().map(|(at, (defect, answer))| signal(at, defect, answer)).collect();
    let rise = |one: &DefectSignal| one.rise.map_or(0.0, |rise| rise.lower);
    signals.sort_by(|a, b| {
        let calm = |one: &DefectSignal| one.named.is_empty();
        calm(a).cmp(&calm(b)).then(a.p.total_cmp(&b.p)).then(rise(b).total_cmp(&rise(a))).then(b.claims.cmp(&a.claims))
    });
    let detail = match (detail, asked) {
        (Some((at, (defect, answer))), _) => Some(names.detail(signal(at, defect, answer), answer)),
        (None, Some(defect)) => Some(nothing(defect, name(defect))),
        (None, None) => None,
    };
    Ok(SignalReport {
        as_of: today,
        kind: ask.kind,
        exposed: facts.sold,
        claims: facts.all.as_ref().map_or(0, |all| all.claims),
        costs: facts.all.as_ref().map_or_else(Vec::new, |all| ClaimCost::of(&all.costs, None)),
        left_out: facts.all.as_ref().map_or(0, |all| all.left_out),
        no_fault: facts.no_fault,
        since: facts.first.map(month_text),
        defects: signals,
        detail,
    })
}

/// What is known of these, of each defect that they have confirmed claims of, by defect.
///
/// # Errors
/// When the store cannot be read.
pub fn confirmed(store: &Store, db: &mut Db, today: NaiveDate, of: &[Answerable]) -> Result<Vec<ConfirmedClaims>> {
    Ok(confirmed_of(held::of_those(store, db, today, ClaimKind::Confirmed, of)?))
}

/// The same, each with its claims and expected claims by month: the months are those of the same claims, whatever is claimed meanwhile.
///
/// # Errors
/// When the store cannot be read.
pub fn confirmed_by_month(
    store: &Store,
    db: &mut Db,
    today: NaiveDate,
    of: &[Answerable],
) -> Result<Vec<(ConfirmedClaims, Vec<MonthClaims>)>> {
    let (all, mut by_month) = held::of_those_by_month(store, db, today, ClaimKind::Confirmed, of)?;
    let with_months = |one: ConfirmedClaims| {
        let months = by_month.remove(&(one.of, one.defect.as_str().into())).unwrap_or_default();
        let months = months.into_iter().map(|(month, (claims, expected))| MonthClaims { month: month_text(month), claims, expected });
        (one, months.collect())
    };
    Ok(confirmed_of(all).into_iter().map(with_months).collect())
}

fn confirmed_of(all: Vec<held::SomeOfDefect>) -> Vec<ConfirmedClaims> {
    let p = adjust(&all.iter().map(|(_, answer, _)| Some(answer.judged.p)).collect::<Vec<_>>(), Method::Holm);
    let mut found = Vec::new();
    for ((defect, _, of), p) in all.into_iter().zip(p) {
        let is_named = p.is_some_and(|p| p <= LEVEL);
        for (of, one) in of.into_iter().filter(|(_, one)| one.sums.claims > 0) {
            let Some(signal) = one.signal else { continue };
            let is_cause = matches!(one.verdict, SignalVerdict::Explains | SignalVerdict::Interaction | SignalVerdict::Both);
            found.push(ConfirmedClaims {
                of,
                defect: defect.clone(),
                claims: signal.claims,
                expected: signal.expected,
                shape: one.shape,
                ratio: RatioInterval { ratio: signal.ratio, lower: signal.interval.lower, upper: finite(signal.interval.upper) },
                known_share: one.sums.completeness(),
                answers: is_named && is_cause && signal.level == Level::Hold,
            });
        }
    }
    found
}

/// A defect that nobody claimed.
fn nothing(defect: &str, name: Both) -> SignalDetail {
    let signal = DefectSignal {
        defect: defect.to_owned(),
        name,
        claims: 0,
        per_thousand: 0.0,
        recent: 0,
        recent_expected: 0.0,
        rise: None,
        known_share: None,
        p: 1.0,
        verdict: SignalVerdict::TooLittle,
        named: Vec::new(),
        costs: Vec::new(),
    };
    SignalDetail { signal, basis: super::CurveBasis::Flat, nodes: Vec::new(), more: 0, by_rate: Vec::new(), by_chi_square: Vec::new() }
}

/// How many times as many claims, with its interval.
fn ratio_of(one: &Judgement) -> Option<RatioInterval> {
    one.signal.map(|signal| RatioInterval { ratio: signal.ratio, lower: signal.interval.lower, upper: finite(signal.interval.upper) })
}

/// What all claims of a defect cost. Their excess is that of each of those who are named; where one of several is behind it, that of the first.
fn costs_of_defect(answer: &Answered, verdict: SignalVerdict, named: &[u32]) -> Vec<ClaimCost> {
    let mut costs = ClaimCost::of(&answer.costs, None);
    let behind = if verdict == SignalVerdict::Inseparable { named.get(..1).unwrap_or_default() } else { named };
    let nothing = Costs::default();
    for place in behind {
        let ratio = answer.judged.all.iter().find(|one| one.place == *place).and_then(ratio_of);
        for part in ClaimCost::of(answer.costs_of.get(place).unwrap_or(&nothing), ratio) {
            if let Some(one) = costs.iter_mut().find(|one| one.currency == part.currency) {
                one.excess_minor += part.excess_minor;
                one.excess_lower_minor += part.excess_lower_minor;
            }
        }
    }
    costs
}

fn number(count: u64) -> f64 {
    f64::from(saturating::<u32>(count))
}

fn per_thousand(claims: u32, exposed: u64) -> Option<f64> {
    (exposed > 0).then(|| f64::from(claims) * 1_000.0 / number(exposed))
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

/// Names of whatever is named, by place.
pub(super) struct Names<'a> {
    features: &'a HashMap<u32, Feature>,
    lots: HashMap<i64, LotFacts>,
    parties: HashMap<i64, PartyFacts>,
    styles: HashMap<i64, (String, Both)>,
}

impl<'a> Names<'a> {
    /// Of everything that a report names.
    fn read(db: &mut Db, facts: &'a HeldFacts, detail: Option<&Answered>) -> Result<Self> {
        let shown: BTreeSet<u32> = match detail {
            Some(answer) => answer.judged.named().collect(),
            None => BTreeSet::new(),
        };
        let accused = facts.defects.iter().flat_map(|(_, answer)| answer.judged.accused.iter().copied());
        let tied = facts.defects.iter().flat_map(|(_, answer)| answer.judged.all.iter().take(LISTED).filter(|one| one.allocate.is_some()));
        Self::of(db, &facts.features, shown.into_iter().chain(accused).chain(tied.map(|one| one.place)))
    }

    /// Of what is at these places.
    pub(super) fn of(db: &mut Db, features: &'a HashMap<u32, Feature>, places: impl IntoIterator<Item = u32>) -> Result<Self> {
        let (mut lots, mut parties, mut styles) = (Vec::new(), Vec::new(), Vec::new());
        for place in places {
            match features.get(&place) {
                Some(Feature::Lot(id)) => lots.push(*id),
                Some(Feature::Supplier(id) | Feature::Factory(id) | Feature::Line(id, _) | Feature::Retailer(id)) => parties.push(*id),
                Some(Feature::Style(id)) => styles.push(*id),
                Some(Feature::Size(_) | Feature::Colour(..) | Feature::Month(_)) | None => {}
            }
        }
        lots.sort_unstable();
        lots.dedup();
        parties.sort_unstable();
        parties.dedup();
        Ok(Self { features, lots: trace::lots(db, &lots)?, parties: trace::parties(db, &parties)?, styles: store::styles(db, &styles)? })
    }

    pub(super) fn node(&self, place: u32) -> Option<NodeName> {
        let feature = self.features.get(&place)?;
        let party = |id: &i64| self.parties.get(id).map(|party| (party.code.clone(), party.name.clone())).unwrap_or_default();
        let mut lot_kind = String::new();
        let mut trace = None;
        let (code, name) = match feature {
            Feature::Lot(id) => {
                let lot = self.lots.get(id)?;
                lot_kind.clone_from(&lot.kind);
                trace = Some(format!("/trace/lot/{}", segment(&lot.code)));
                (lot.code.clone(), lot.material.clone())
            }
            Feature::Supplier(id) | Feature::Factory(id) => {
                let (code, name) = party(id);
                trace = Some(format!("/trace/party/{}", segment(&code)));
                (code, name)
            }
            Feature::Line(id, line) => {
                let (code, name) = party(id);
                (format!("{code} · {line}"), name)
            }
            Feature::Retailer(0) => (String::new(), Both { zh: "未注明零售商".into(), en: "No retailer named".into() }),
            Feature::Retailer(id) => party(id),
            Feature::Style(id) => self.styles.get(id)?.clone(),
            Feature::Size(size) => (size.clone(), Both::default()),
            Feature::Colour(zh, en) => (String::new(), Both { zh: zh.clone(), en: en.clone() }),
            Feature::Month(month) => (month_text(*month), Both::default()),
        };
        Some(NodeName { dimension: feature.dimension(), code, name, lot_kind, trace })
    }

    fn signal(&self, defect: &str, name: Both, answer: &Answered, p: f64) -> DefectSignal {
        let Answered { judged, recent, .. } = answer;
        let sums = judged.sums;
        let is_named = p <= LEVEL && !judged.accused.is_empty();
        let of_first = |verdict| judged.all.first().is_some_and(|one| one.verdict == verdict);
        let verdict = match (is_named, sums.claims) {
            (true, _) if of_first(SignalVerdict::Inseparable) => SignalVerdict::Inseparable,
            (true, _) => SignalVerdict::Explains,
            // Fewer claims than anything could stand out with.
            (false, ..=9) => SignalVerdict::TooLittle,
            (false, _) => SignalVerdict::Quiet,
        };
        let inseparable = judged.all.iter().filter(|one| one.verdict == SignalVerdict::Inseparable).map(|one| one.place);
        let named: Vec<u32> = match verdict {
            SignalVerdict::Explains => judged.accused.clone(),
            SignalVerdict::Inseparable => inseparable.collect(),
            _ => Vec::new(),
        };
        let earlier = (sums.claims.saturating_sub(*recent), sums.expected - sums.recent);
        let rise = compare((*recent, sums.recent), earlier, 0.9).known().filter(|_| sums.recent > 0.0);
        DefectSignal {
            defect: defect.to_owned(),
            name,
            claims: sums.claims,
            per_thousand: per_thousand(sums.claims, sums.sold).unwrap_or_default(),
            recent: *recent,
            recent_expected: sums.recent,
            rise: rise.filter(|rise| rise.ratio.is_finite()).map(|rise| RatioInterval {
                ratio: rise.ratio,
                lower: rise.interval.lower,
                upper: finite(rise.interval.upper),
            }),
            known_share: sums.completeness(),
            p,
            verdict,
            costs: costs_of_defect(answer, verdict, &named),
            named: named.into_iter().filter_map(|place| self.node(place)).collect(),
        }
    }

    fn detail(&self, signal: DefectSignal, answer: &Answered) -> SignalDetail {
        let Answered { judged, expectation, .. } = answer;
        // What is not sure enough to be named among all defects is nobody's fault here either.
        let is_named = !signal.named.is_empty();
        let word = |verdict: SignalVerdict| match verdict {
            SignalVerdict::Explains | SignalVerdict::Inseparable if !is_named => SignalVerdict::Watch,
            SignalVerdict::Cleared | SignalVerdict::Interaction | SignalVerdict::Both if !is_named => SignalVerdict::Quiet,
            other => other,
        };
        let counted =
            |sums: &Sums| ExposedClaims { exposed: sums.sold, claims: sums.claims, per_thousand: per_thousand(sums.claims, sums.sold) };
        let all = judged.sums;
        let line = |one: &Judgement| {
            let Judgement { place, sums, signal, verdict, beside, adjusted, allocate, .. } = one;
            let verdict = word(*verdict);
            let (sold, claims) = (all.sold.saturating_sub(sums.sold), all.claims.saturating_sub(sums.claims));
            let is_beside =
                matches!(verdict, SignalVerdict::Cleared | SignalVerdict::Interaction | SignalVerdict::Both | SignalVerdict::Inseparable);
            Some(NodeSignal {
                of: self.features.get(place)?.key(),
                node: self.node(*place)?,
                with: counted(sums),
                without: ExposedClaims { exposed: sold, claims, per_thousand: per_thousand(claims, sold) },
                expected: sums.expected,
                ratio: ratio_of(one),
                costs: answer.costs_of.get(place).map_or_else(Vec::new, |costs| ClaimCost::of(costs, ratio_of(one))),
                bad: signal.map(|signal| signal.bad),
                known_share: sums.completeness(),
                verdict,
                beside: beside.filter(|_| is_beside).and_then(|place| self.node(place)),
                adjusted: adjusted.filter(|_| is_beside),
                allocate: allocate.filter(|_| verdict == SignalVerdict::Inseparable),
            })
        };
        let of = |place: u32| judged.all.iter().find(|one| one.place == place);
        let simple = |place: u32, value: Option<f64>| {
            let one = of(place)?;
            let value = value.or_else(|| per_thousand(one.sums.claims, one.sums.sold))?;
            Some(SimpleRank { node: self.node(place)?, value, verdict: word(one.verdict) })
        };
        SignalDetail {
            signal,
            basis: expectation.basis,
            nodes: judged.all.iter().take(LISTED).filter_map(line).collect(),
            more: judged.all.len().saturating_sub(LISTED),
            by_rate: judged.by_rate.iter().filter_map(|place| simple(*place, None)).collect(),
            by_chi_square: judged.by_chi_square.iter().filter_map(|(place, value)| simple(*place, Some(*value))).collect(),
        }
    }
}
