//! What the rules say of small worlds whose truth is known.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::counts::{ALL_DEFECTS, CellKey, ClaimCounts, ClaimKind, Costs, CountedClaim, SaleMonths, Tallies};
use super::expectation::{CurveBasis, Expectation, Known, expectation};
use super::exposed::Exposed;
use super::frame::{BatchFrame, Feature, Frame};
use super::judge::{Judged, SignalVerdict, above_expected, cells, costs_of, judge};
use super::{month_of_text, month_text};
use crate::kernel::chance::Stream;
use crate::quality::trace::genealogy::WHOLE;
use crate::quality::trace::{Genealogy, Parts, UsePart};

const NOW: i32 = 24_300;

/// Of a garment that is with its buyer still.
fn since(sold: i32) -> SaleMonths {
    SaleMonths { sold, ended: None }
}

fn batch(no: i64) -> BatchFrame {
    BatchFrame {
        no,
        factory: 900 + no % 2,
        line: format!("{}", no % 3),
        month: Some(NOW - 14),
        minted: 2_000,
        style: 700 + no % 4,
        size: ["S", "M", "L"][usize::try_from(no % 3).unwrap()].into(),
        colour: ("白".into(), "White".into()),
    }
}

fn used(batch_no: i64, component: &str, lot_id: i64, from: i64, to: i64) -> UsePart {
    UsePart { batch_no, component: component.into(), lot_id, unit_from: from, unit_to: to, quantity_milli: None }
}

/// Twenty-four batches, each of one of eight cloth lots (1–8, of dyers 501 and 502) for its first half and another for its second, and of one of
/// five button lots (21–25, of maker 503). Cloths 1–4 are of greige 11, 5–8 of greige 12, both of mill 504.
fn world() -> Frame {
    let whole = i64::from(WHOLE);
    let batches: Vec<BatchFrame> = (1..=24).map(batch).collect();
    let lots = (1..=8).map(|lot| (lot, 501 + lot % 2)).chain([(11, 504), (12, 504)]).chain((21..=25).map(|lot| (lot, 503))).collect();
    let parents = (1..=8).map(|lot| (lot, if lot <= 4 { 11 } else { 12 })).collect();
    let uses = (1..=24)
        .flat_map(|no| {
            [
                used(no, "shell", 1 + no % 8, 0, 1_000),
                used(no, "shell", 1 + (no + 3 + no / 8) % 8, 1_000, whole),
                used(no, "button", 21 + no % 5, 0, whole),
            ]
        })
        .collect();
    let parts = Parts { lots, parents, batches: batches.iter().map(|batch| (batch.no, batch.factory)).collect(), uses };
    let kinds: HashMap<i64, String> = (1..=25)
        .map(|lot| {
            (
                lot,
                if lot <= 8 {
                    "fabric"
                } else if lot <= 12 {
                    "greige"
                } else {
                    "button"
                }
                .to_owned(),
            )
        })
        .collect();
    Frame::of(&batches, &Genealogy::from_parts(parts), &kinds)
}

fn place(frame: &Frame, feature: &Feature) -> u32 {
    u32::try_from(frame.features().iter().position(|one| one == feature).unwrap()).unwrap()
}

type Months = BTreeMap<CellKey, Vec<(SaleMonths, u32)>>;

/// Garments of each stretch by shop, and how many of a thousand are claimed.
fn throw(frame: &Frame, chance: &mut Stream, per_thousand: impl Fn(&[u32]) -> f64) -> (Months, BTreeMap<CellKey, u32>) {
    let (mut sold, mut claims) = (BTreeMap::new(), BTreeMap::new());
    for (at, stretch) in (0u32..).zip(frame.stretches()) {
        for shop in [601, 602] {
            sold.insert((at, shop), vec![(since(NOW - 10), 150), (since(NOW - 2), 50)]);
            let count = (0..200).filter(|_| chance.uniform() * 1_000.0 < per_thousand(&stretch.features)).count();
            claims.insert((at, shop), u32::try_from(count).unwrap());
        }
    }
    (sold, claims)
}

fn judged(frame: &mut Frame, sold: &Months, claims: &BTreeMap<CellKey, u32>) -> Judged {
    let total = claims.values().sum();
    let garments = sold.values().flatten().map(|(_, count)| f64::from(*count)).sum();
    // Every garment alike, whatever its age: the age curve is another test's.
    let each = Expectation::of_pieces(total, garments);
    let sold: Months =
        sold.iter().map(|(key, months)| (*key, vec![(SaleMonths::default(), months.iter().map(|(_, count)| count).sum())])).collect();
    let shops: HashMap<i64, u32> = [601, 602].into_iter().map(|shop| (shop, frame.place(Feature::Retailer(shop), ""))).collect();
    let exposed = Exposed::of(sold.iter().map(|(cell, months)| (*cell, months.as_slice())), |shop| shops.get(&shop).copied());
    judge(frame, &cells(&exposed, claims, &each))
}

fn verdict(judged: &Judged, place: u32) -> SignalVerdict {
    judged.all.iter().find(|one| one.place == place).unwrap().verdict
}

#[test]
fn units_belong_to_every_lot_they_were_made_of_once() {
    let frame = world();
    assert_eq!(frame.stretches().len(), 48);
    let stretch = &frame.stretches()[usize::try_from(frame.stretch_of(1, 1_500).unwrap()).unwrap()];
    assert_eq!((stretch.batch, stretch.from, stretch.made), (1, 1_000, 1_000));
    let has = |feature: &Feature| stretch.features.contains(&place(&frame, feature));
    assert!(
        has(&Feature::Lot(5)) && has(&Feature::Lot(12)) && has(&Feature::Supplier(504)) && has(&Feature::Lot(22)) && !has(&Feature::Lot(2))
    );
    assert!(stretch.features.is_sorted() && stretch.features.windows(2).all(|two| two[0] != two[1]));
    assert_eq!(frame.kind(place(&frame, &Feature::Lot(12))), "greige");
    assert_eq!((frame.stretch_of(25, 0), frame.of_batch(25).len()), (None, 0));
    assert!(frame.is_parted_like(&world()));
}

#[test]
fn a_bad_lot_is_named_and_its_company_cleared() {
    let mut frame = world();
    let bad = place(&frame, &Feature::Lot(3));
    let mut chance = Stream::new(11);
    let (sold, claims) = throw(&frame, &mut chance, |features| if features.contains(&bad) { 60.0 } else { 8.0 });
    let judged = judged(&mut frame, &sold, &claims);
    assert_eq!(judged.accused, [bad], "{:?}", judged.all.iter().take(5).collect::<Vec<_>>());
    assert_eq!((judged.all[0].place, judged.all[0].verdict), (bad, SignalVerdict::Explains));
    assert!(judged.p <= 0.01);
    let signal = judged.all[0].signal.unwrap();
    assert!(signal.interval.lower > 1.5 && signal.ratio < 9.0, "{signal:?}");
    // Everybody who was only ever there with it is no worse among equals.
    let worse = judged.all.iter().skip(1).filter(|one| f64::from(one.sums.claims) > 1.3 * one.sums.expected);
    let words: Vec<_> = worse.map(|one| (frame.feature(one.place).unwrap().clone(), one.verdict)).collect();
    assert!(!words.is_empty() && words.iter().all(|(_, word)| *word == SignalVerdict::Cleared), "{words:?}");
    let with: u64 = judged.all[0].sums.sold;
    assert_eq!((judged.sums.sold, with % 200), (48 * 400, 0));
}

#[test]
fn what_always_went_together_is_not_blamed() {
    let whole = i64::from(WHOLE);
    let batches: Vec<BatchFrame> = (1..=12).map(batch).collect();
    let uses = (1..=12).flat_map(|no| [used(no, "shell", 1 + no % 4, 0, whole), used(no, "button", 11 + no % 4, 0, whole)]).collect();
    let lots = (1..=4).chain(11..=14).map(|lot| (lot, 500 + lot)).collect();
    let parts = Parts { lots, parents: Vec::new(), batches: batches.iter().map(|batch| (batch.no, batch.factory)).collect(), uses };
    let mut frame = Frame::of(&batches, &Genealogy::from_parts(parts), &HashMap::new());
    let (cloth, button) = (place(&frame, &Feature::Lot(2)), place(&frame, &Feature::Lot(12)));
    let mut chance = Stream::new(12);
    let (sold, claims) = throw(&frame, &mut chance, |features| if features.contains(&cloth) { 80.0 } else { 8.0 });
    let judged = judged(&mut frame, &sold, &claims);
    for one in [cloth, button] {
        let judgement = judged.all.iter().find(|judgement| judgement.place == one).unwrap();
        assert_eq!(judgement.verdict, SignalVerdict::Inseparable, "{judgement:?}");
        assert!(judgement.allocate.is_some_and(|garments| garments > 1.0 && garments < 5_000.0), "{judgement:?}");
    }
}

/// Claims thrown at random over garments, three hundred times: somebody is named in at most one of twenty.
#[test]
fn chance_is_rarely_blamed() {
    let mut frame = world();
    let mut chance = Stream::new(2026);
    let (mut named, runs) = (0, 60);
    for _ in 0..runs {
        let (sold, claims) = throw(&frame, &mut chance, |_| 12.0);
        named += usize::from(!judged(&mut frame, &sold, &claims).accused.is_empty());
    }
    assert!(named <= 3, "{named} of {runs}");
}

#[test]
fn nothing_is_no_answer_and_no_fault() {
    let mut frame = world();
    let nothing = judged(&mut frame, &BTreeMap::new(), &BTreeMap::new());
    assert!(nothing.all.is_empty() && nothing.accused.is_empty() && (nothing.p - 1.0).abs() < 1e-9);
    let sold = BTreeMap::from([((0, 601), vec![(SaleMonths::default(), 100)])]);
    let quiet = judged(&mut frame, &sold, &BTreeMap::from([((0, 601), 1)]));
    assert!(quiet.accused.is_empty());
    assert_eq!(verdict(&quiet, frame.stretches()[0].features[0]), SignalVerdict::Quiet);
}

/// A thousand garments sold in each of the last months, all still with their buyers.
fn sold_for(months: i32) -> BTreeMap<SaleMonths, f64> {
    (0..months).map(|back| (since(NOW - back), 1_000.0)).collect()
}

fn counts(claims: &[(i32, i32, u32)]) -> ClaimCounts {
    let mut tallies = Tallies::default();
    for (at, (sold, claim, pieces)) in (1i64..).zip(claims) {
        let one = CountedClaim {
            kind: ClaimKind::Reported,
            defect: "d".into(),
            at: Some(((0, 0), since(*sold))),
            month: *claim,
            written: *claim,
            pieces: *pieces,
            costs: Costs::default(),
        };
        tallies.replace(at, vec![one]);
    }
    tallies.claims(ClaimKind::Reported, ALL_DEFECTS).cloned().unwrap_or_default()
}

#[test]
fn what_is_expected_of_all_is_what_came_and_the_young_are_expected_less_of() {
    // A thousand garments a month for a year, one claim in a hundred each month of age.
    let sold = sold_for(12);
    let claims: Vec<(i32, i32, u32)> = sold.keys().flat_map(|sale| (sale.sold..=NOW).map(move |then| (sale.sold, then, 10))).collect();
    let counts = counts(&claims);
    let known = Known { first: NOW - 11, now: NOW, over: 1.0 };
    let expected = expectation(&sold, &counts, &counts, known).unwrap();
    assert_eq!(expected.basis, CurveBasis::Own);
    let sum: f64 = sold.keys().map(|sale| 1_000.0 * expected.of(*sale).now).sum();
    assert!((sum - f64::from(counts.total())).abs() < 1e-6, "{sum}");
    for (month, seen) in [(NOW, 1.0), (NOW - 5, 6.0), (NOW - 11, 12.0)] {
        let one = expected.of(since(month));
        assert!((one.now - 0.01 * seen).abs() < 1e-9 && (one.horizon - 0.12).abs() < 1e-9, "{month}: {one:?}");
    }
    assert!((expected.of(since(NOW - 5)).recent - 0.02).abs() < 1e-9);
    assert_eq!(expected.of(since(NOW - 40)).now, 0.0);
}

#[test]
fn what_was_sold_before_claims_were_recorded_is_at_risk_from_then_on() {
    // Sales of two years were loaded; claims are recorded for the last three months.
    let sold = sold_for(24);
    let claims: Vec<(i32, i32, u32)> =
        sold.keys().flat_map(|sale| (sale.sold.max(NOW - 2)..=NOW).map(move |then| (sale.sold, then, 10))).collect();
    let counts = counts(&claims);
    let expected = expectation(&sold, &counts, &counts, Known { first: NOW - 2, now: NOW, over: 1.0 }).unwrap();
    for month in [NOW - 2, NOW - 10, NOW - 23] {
        let one = expected.of(since(month));
        assert!((one.now - 0.03).abs() < 1e-9, "{month}: {one:?}");
    }
    assert!((expected.of(since(NOW)).now - 0.01).abs() < 1e-9);
    // Of the running month as much as is over.
    let half = expectation(&sold, &counts, &counts, Known { first: NOW - 2, now: NOW, over: 0.5 }).unwrap();
    assert!(half.of(since(NOW)).now / half.of(since(NOW - 1)).now < 0.4);
}

#[test]
fn with_few_claims_the_curve_is_borrowed_and_that_is_said() {
    let sold = sold_for(6);
    let known = Known { first: NOW - 5, now: NOW, over: 1.0 };
    let few = counts(&[(NOW - 5, NOW - 3, 4)]);
    let many = counts(&[(NOW - 5, NOW - 3, 30), (NOW - 4, NOW - 4, 8)]);
    let borrowed = expectation(&sold, &few, &many, known).unwrap();
    assert_eq!(borrowed.basis, CurveBasis::All);
    let sum: f64 = sold.keys().map(|sale| 1_000.0 * borrowed.of(*sale).now).sum();
    assert!((sum - 4.0).abs() < 1e-9);
    let flat = expectation(&sold, &few, &few, known).unwrap();
    assert_eq!(flat.basis, CurveBasis::Flat);
    assert!((flat.of(since(NOW - 5)).now / flat.of(since(NOW)).now - 6.0).abs() < 1e-9);
    assert!(expectation(&sold, &ClaimCounts::default(), &many, known).is_none());
}

#[test]
fn what_is_taken_back_leaves_no_trace() {
    let mut tallies = Tallies::default();
    let claim = |defect: &str, at| CountedClaim {
        kind: ClaimKind::Reported,
        defect: defect.into(),
        at,
        month: NOW,
        written: NOW,
        pieces: 1,
        costs: cost(&[("CNY", 12_900)]),
    };
    let cell = Some(((3, 601), since(NOW - 4)));
    assert_eq!(tallies.replace(77, vec![claim("a", cell), claim("b", None)]).len(), 2);
    assert_eq!(tallies.replace(77, vec![claim("a", cell), claim("b", None)]), []);
    assert_eq!(tallies.defects(ClaimKind::Reported), ["a"]);
    let all = tallies.claims(ClaimKind::Reported, ALL_DEFECTS).unwrap();
    assert_eq!((all.total(), all.left_out, all.since(NOW)), (1, 1, 1));
    // What is in no figure costs nothing there either.
    assert_eq!(all.costs, BTreeMap::from([((3, 601), cost(&[("CNY", 12_900)]))]));
    tallies.replace(77, Vec::new());
    let all = tallies.claims(ClaimKind::Reported, ALL_DEFECTS).unwrap();
    assert_eq!((all.total(), all.left_out, all.since(NOW), tallies.subjects(0..100).len()), (0, 0, 0, 0));
    assert_eq!(all.costs, BTreeMap::new());
    assert!(tallies.defects(ClaimKind::Reported).is_empty());
}

fn cost(of: &[(&str, i64)]) -> Costs {
    let mut costs = Costs::default();
    of.iter().for_each(|(currency, minor)| costs.add(currency, *minor));
    costs
}

#[test]
fn what_came_back_is_at_risk_until_then() {
    // A thousand garments a month for a year; of each thousand six hundred come back two months later. One claim in a hundred a month while with a buyer.
    let mut sold: BTreeMap<SaleMonths, f64> = BTreeMap::new();
    let mut claims = Vec::new();
    for month in NOW - 11..=NOW {
        let back = Some(month + 2).filter(|month| *month <= NOW);
        sold.insert(SaleMonths { sold: month, ended: back }, 600.0);
        *sold.entry(since(month)).or_default() += 400.0;
        claims.extend((month..=NOW).map(|then| (month, then, if then <= month + 2 { 10 } else { 4 })));
    }
    let counts = counts(&claims);
    let expected = expectation(&sold, &counts, &counts, Known { first: NOW - 11, now: NOW, over: 1.0 }).unwrap();
    for (kept, months) in [(since(NOW - 11), 12.0), (SaleMonths { sold: NOW - 11, ended: Some(NOW - 9) }, 3.0)] {
        let one = expected.of(kept);
        assert!((one.now - 0.01 * months).abs() < 1e-9 && (one.horizon - 0.01 * months).abs() < 1e-9, "{kept:?}: {one:?}");
    }
    assert_eq!(expected.of(SaleMonths { sold: NOW - 11, ended: Some(NOW - 9) }).recent, 0.0);
}

#[test]
fn a_claim_after_its_garment_came_back_is_of_that_month() {
    let mut tallies = Tallies::default();
    let sale = SaleMonths { sold: NOW - 4, ended: Some(NOW - 3) };
    let one = CountedClaim {
        kind: ClaimKind::Confirmed,
        defect: "a".into(),
        at: Some(((0, 0), sale)),
        month: NOW,
        written: NOW,
        pieces: 1,
        costs: Costs::default(),
    };
    tallies.replace(1, vec![one]);
    let counts = tallies.claims(ClaimKind::Confirmed, "a").unwrap();
    assert_eq!(
        (counts.months.clone(), counts.written.clone()),
        (BTreeMap::from([((NOW - 4, NOW - 3), 1)]), BTreeMap::from([((NOW, NOW), 1)]))
    );
}

#[test]
fn what_is_above_expected_is_never_more_than_what_follows() {
    assert_eq!((above_expected(10_000, 2.0), above_expected(10_000, 4.0), above_expected(10_000, 1.0)), (5_000, 7_500, 0));
    assert_eq!((above_expected(10_000, 0.4), above_expected(-500, 3.0), above_expected(10_000, 0.0)), (0, 0, 0));
    assert_eq!((above_expected(10_000, f64::NAN), above_expected(3, 3.0), above_expected(i64::MAX, f64::INFINITY)), (0, 1, i64::MAX));
}

#[test]
fn what_claims_cost_is_beside_each_thing_they_have_in_common() {
    let frame = world();
    let places = |stretch: usize| frame.stretches()[stretch].features.clone();
    let costs = BTreeMap::from([((0, 601), cost(&[("CNY", 100)])), ((1, 602), cost(&[("CNY", 20), ("EUR", 3)]))]);
    let both: Vec<u32> = places(0).into_iter().filter(|place| places(1).contains(place)).collect();
    let shown: BTreeSet<u32> = [both[0], 9_999].into();
    let sums = costs_of(&frame, &costs, |retailer| (retailer == 602).then_some(9_999), &shown);
    assert_eq!(sums, BTreeMap::from([(both[0], cost(&[("CNY", 120), ("EUR", 3)])), (9_999, cost(&[("CNY", 20), ("EUR", 3)]))]));
    assert_eq!(sums[&9_999].each().collect::<Vec<_>>(), [("CNY".to_owned(), 20), ("EUR".to_owned(), 3)]);
}

proptest! {
    /// Counting step by step what is known of garments, in whatever order, is counting what is known in the end.
    #[test]
    fn step_by_step_is_from_the_start(steps in proptest::collection::vec((0..6i64, proptest::collection::vec((0..3u32, 0..2i32, 0..4i64), 0..3)), 1..40)) {
        let claims = |claims: &[(u32, i32, i64)]| -> Vec<CountedClaim> {
            let one = |(defect, back, minor): &(u32, i32, i64)| CountedClaim {
                kind: ClaimKind::Reported,
                defect: format!("d{defect}").into(),
                at: (*minor < 3).then_some(((*defect, 601), SaleMonths { sold: NOW - 5, ended: (*back > 0).then_some(NOW - 2) })),
                month: NOW - back,
                written: NOW,
                pieces: 1,
                costs: cost(&[(if *back > 0 { "EUR" } else { "CNY" }, *minor)]),
            };
            claims.iter().map(one).collect()
        };
        let (mut stepped, mut last) = (Tallies::default(), BTreeMap::new());
        for (garment, of) in &steps {
            stepped.replace(*garment, claims(of));
            last.insert(*garment, of);
        }
        let mut afresh = Tallies::default();
        for (garment, of) in last {
            afresh.replace(garment, claims(of));
        }
        for defect in ["d0", "d1", "d2", ALL_DEFECTS] {
            let of = |tallies: &Tallies| {
                let mut counts = tallies.claims(ClaimKind::Reported, defect).cloned().unwrap_or_default();
                counts.cells.retain(|_, count| *count > 0);
                counts.months.retain(|_, count| *count > 0);
                counts.written.retain(|_, count| *count > 0);
                counts
            };
            prop_assert_eq!(of(&stepped), of(&afresh));
        }
    }
}

#[test]
fn months_read_back() {
    assert_eq!(month_text(month_of_text("2026-06-15").unwrap()), "2026-06");
    assert_eq!(month_text(month_of_text("2025-12").unwrap() + 1), "2026-01");
    assert_eq!((month_of_text("june"), month_of_text("2026-x1")), (None, None));
}
