//! What holds of rights whatever the facts and the rules.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::select;

use super::catalogue;
use super::rules::{Repaired, Right, RightFacts, RightRules, RightState, SeenDefect, Sold, Unknown, WarrantyCover, Why, lapses, rights};
use super::{FreightPayer, HoldsFrom, Need, RightKind, RightRule};
use crate::kernel::calendar::{Nation, read_json};
use crate::platform::db::JsonText;
use crate::production::styles::NoReasonReturn;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The shipped rules, with China's days of 2026.
fn shipped() -> RightRules {
    let china = include_str!("../../../tests/vectors/working-time/holidays-cn-2026.json");
    let nation = Nation::saturday_and_sunday(read_json(china).unwrap());
    let weekends = Nation::saturday_and_sunday(crate::kernel::calendar::Days::default());
    RightRules { rows: catalogue::rows(), rest: BTreeMap::from([("CN".to_owned(), nation), ("EU".to_owned(), weekends)]) }
}

/// A shirt sold on the web in a country, delivered on a day, and asked about on another.
fn facts(market: &str, delivered: &str, on: &str) -> RightFacts {
    let sale = Sold {
        seq: 1,
        sold_on: day(delivered) - Days::new(2),
        delivered_on: Some(day(delivered)),
        channel: "web".into(),
        country: market.into(),
        ..Sold::default()
    };
    RightFacts {
        on: day(on),
        market: Some(market.into()),
        sale: Some(sale),
        category: "衬衫".into(),
        cover: WarrantyCover::Term(day(delivered), day(delivered) + Days::new(365)),
        ..RightFacts::default()
    }
}

fn codes(facts: &RightFacts) -> Vec<String> {
    rights(facts, &shipped()).into_iter().map(|right| right.rule).collect()
}

fn one(facts: &RightFacts, rule: &str) -> Right {
    let found = rights(facts, &shipped()).into_iter().find(|right| right.rule == rule);
    found.unwrap_or_else(|| panic!("{rule} is not among {:?}", codes(facts)))
}

fn why(facts: &RightFacts, rule: &str) -> Option<Why> {
    lapses(facts, &shipped()).into_iter().find(|lapse| lapse.rule == rule).map(|lapse| lapse.why)
}

/// G21 to G24: the last day of seven, with days of rest and make-up workdays.
#[test]
fn seven_days_end_as_the_civil_code_counts() {
    for (received, last) in
        [("2026-03-04", "2026-03-11"), ("2026-09-24", "2026-10-08"), ("2026-02-07", "2026-02-14"), ("2026-03-07", "2026-03-16")]
    {
        let on_the_day = facts("CN", received, received);
        let seven = one(&on_the_day, "CN-SEVEN-DAYS");
        assert_eq!((seven.from, seven.to, seven.state), (Some(day(received)), Some(day(last)), RightState::Now), "{received}");
        assert_eq!(one(&facts("CN", received, last), "CN-SEVEN-DAYS").to, Some(day(last)), "the last day belongs to it");
        let after = facts("CN", received, &(day(last) + Days::new(1)).to_string());
        assert_eq!(why(&after, "CN-SEVEN-DAYS"), Some(Why::Over { on: day(last) }), "{received}");
        assert!(!codes(&after).contains(&"CN-SEVEN-DAYS".to_owned()));
    }
}

#[test]
fn a_year_without_published_days_is_said() {
    let seven = one(&facts("CN", "2026-12-26", "2026-12-28"), "CN-SEVEN-DAYS");
    assert_eq!((seven.to, seven.years_without_data), (Some(day("2027-01-04")), vec![2027]));
}

#[test]
fn a_withdrawal_begins_with_the_purchase() {
    let mut asked = facts("DE", "2026-09-10", "2026-09-08");
    // Asked about a day before delivery, which is recorded by now.
    let withdrawal = one(&asked, "EU-WITHDRAWAL");
    assert_eq!((withdrawal.from, withdrawal.to, withdrawal.state), (Some(day("2026-09-08")), Some(day("2026-09-24")), RightState::Now));
    assert_eq!(withdrawal.freight, FreightPayer::Buyer);
    assert!(withdrawal.notice.is_some(), "what the receipt is");
    // Nobody wrote down whether it came: the right holds all the same.
    if let Some(sale) = &mut asked.sale {
        sale.delivered_on = None;
    }
    let open = one(&asked, "EU-WITHDRAWAL");
    assert_eq!((open.state, open.to, open.at_least), (RightState::Now, None, Some(day("2026-09-22"))));
    asked.on = day("2026-09-23");
    assert_eq!(one(&asked, "EU-WITHDRAWAL").state, RightState::Unsure);
    // Neither in a shop nor outside the Union.
    let mut shop = facts("DE", "2026-09-10", "2026-09-11");
    if let Some(sale) = &mut shop.sale {
        sale.channel = "Shop".into();
    }
    assert_eq!(why(&shop, "EU-WITHDRAWAL"), Some(Why::Channel));
    assert!(!codes(&facts("CH", "2026-09-10", "2026-09-11")).iter().any(|rule| rule.starts_with("EU-")));
}

#[test]
fn what_is_not_recorded_is_said_and_never_guessed() {
    let mut asked = facts("CN", "2026-03-04", "2026-03-20");
    if let Some(sale) = &mut asked.sale {
        (sale.delivered_on, sale.channel) = (None, String::new());
    }
    let seven = one(&asked, "CN-SEVEN-DAYS");
    assert_eq!((seven.state, seven.from, seven.to), (RightState::Unsure, None, None));
    assert_eq!(seven.at_least, Some(day("2026-03-09")), "counted from the sale of 2 March: it was not delivered before");
    assert_eq!(seven.unknown, [Unknown::Channel, Unknown::Delivery]);
    asked.market = None;
    assert!(!codes(&asked).iter().any(|rule| rule.starts_with("CN-")), "{:?}", codes(&asked));
    asked.cover = WarrantyCover::Waiting;
    assert_eq!(one(&asked, "WARRANTY").unknown, [Unknown::WarrantyStart]);
}

#[test]
fn no_worry_is_for_what_it_names() {
    let seen = |code: &str, measured| SeenDefect { code: code.into(), measured, seen_on: day("2026-05-01"), is_found: true };
    for (code, measured, rule) in [
        ("dim_deviation", Some(21), Some("NO-WORRY-SIZE")),
        ("dim_deviation", Some(20), None),
        ("dim_deviation", None, Some("NO-WORRY-SIZE")),
        ("pilling", None, Some("NO-WORRY-FABRIC")),
        ("fading", None, Some("NO-WORRY-FABRIC")),
        ("tearing", None, Some("NO-WORRY-FABRIC")),
        ("loose_thread", Some(6), Some("NO-WORRY-THREADS")),
        ("loose_thread", Some(5), None),
        ("button_loose", None, Some("NO-WORRY-BUTTON")),
        ("slub", None, None),
    ] {
        let asked = RightFacts { defects: vec![seen(code, measured)], ..facts("CN", "2026-03-04", "2026-05-02") };
        let found = codes(&asked).into_iter().find(|rule| rule.starts_with("NO-WORRY"));
        assert_eq!(found.as_deref(), rule, "{code} {measured:?}");
        if let Some(rule) = rule {
            let right = one(&asked, rule);
            assert_eq!((right.freight, right.needs.contains(&Need::Inspection)), (FreightPayer::Company, false));
            // The day before it was seen there was nothing to speak of.
            assert!(!codes(&RightFacts { on: day("2026-04-30"), ..asked.clone() }).contains(&rule.to_owned()));
            let said = asked.defects.iter().map(|seen| SeenDefect { is_found: false, ..seen.clone() }).collect();
            assert!(one(&RightFacts { defects: said, ..asked }, rule).needs.contains(&Need::Inspection), "what is said is looked at first");
        }
    }
    let late = |promised: &str| {
        let mut asked = facts("CN", "2026-03-04", "2026-03-05");
        if let Some(sale) = &mut asked.sale {
            sale.promised_on = Some(day(promised));
        }
        codes(&asked).contains(&"NO-WORRY-LATE".to_owned())
    };
    assert!(late("2026-02-28") && !late("2026-03-01"), "four days late, three days late");
}

#[test]
fn a_repair_extends_the_guarantee_once_and_the_buyer_is_told() {
    let guarantee = |on: &str, repaired: &[(&str, RightKind)]| {
        let mut asked = facts("FR", "2026-08-05", on);
        asked.repairs =
            repaired.iter().map(|(done, under)| Repaired { done_on: day(done), under: Some(*under), ..Repaired::default() }).collect();
        one(&asked, "EU-GUARANTEE")
    };
    let plain = guarantee("2026-09-01", &[]);
    assert_eq!((plain.to, plain.is_extended), (Some(day("2028-08-05")), false));
    let notice = plain.notice.unwrap();
    assert_eq!(
        (notice.text.zh.is_empty(), notice.text.en.is_empty(), notice.sha256_en.len(), notice.sha256_zh.len()),
        (false, false, 64, 64)
    );
    let legal = RightKind::LegalGuarantee;
    for repaired in [&[("2026-10-01", legal)][..], &[("2026-10-01", legal), ("2027-10-01", legal)]] {
        let longer = guarantee("2027-11-01", repaired);
        assert_eq!((longer.to, longer.is_extended), (Some(day("2029-08-05")), true));
    }
    for none in [("2026-07-30", legal), ("2026-10-01", RightKind::BrandWarranty), ("2027-12-01", legal)] {
        assert_eq!(guarantee("2027-11-01", &[none]).to, Some(day("2028-08-05")), "{none:?}");
    }
    // Before the directive applied nobody had to be told.
    let mut before = facts("FR", "2026-06-05", "2026-07-30");
    assert_eq!(one(&before, "EU-GUARANTEE").notice, None);
    before.on = day("2026-07-31");
    assert!(one(&before, "EU-GUARANTEE").notice.is_some());
}

#[test]
fn exclusions_are_of_what_asks_no_reason() {
    let mut asked = facts("CN", "2026-03-04", "2026-03-05");
    asked.category = "Underwear".into();
    assert!(codes(&asked).contains(&"CN-SEVEN-DAYS".to_owned()), "only where the buyer confirmed it");
    if let Some(sale) = &mut asked.sale {
        sale.no_return_confirmed_on = Some(day("2026-03-02"));
    }
    assert_eq!(why(&asked, "CN-SEVEN-DAYS"), Some(Why::Confirmed { on: day("2026-03-02") }));
    assert!(codes(&asked).contains(&"CN-QUALITY".to_owned()));
    // A confirmation says nothing of a shirt.
    asked.category = "衬衫".into();
    assert!(codes(&asked).contains(&"CN-SEVEN-DAYS".to_owned()));
    asked.no_reason_return = NoReasonReturn::ExcludedIfConfirmed;
    assert!(!codes(&asked).contains(&"CN-SEVEN-DAYS".to_owned()));
    for (category, style) in [("定制", NoReasonReturn::Yes), ("Made-to-Measure", NoReasonReturn::Yes), ("", NoReasonReturn::ExcludedByLaw)]
    {
        let asked = RightFacts { category: category.into(), no_reason_return: style, ..facts("CN", "2026-03-04", "2026-03-05") };
        assert_eq!(why(&asked, "CN-SEVEN-DAYS"), Some(Why::Category), "{category}");
    }
}

#[test]
fn a_recall_is_outside_every_window() {
    let asked = RightFacts { recalled: true, sale: None, on: day("2060-01-01"), ..RightFacts::default() };
    let recall = one(&asked, "RECALL");
    assert_eq!((recall.to, recall.freight, recall.state), (None, FreightPayer::Company, RightState::Now));
    let sold = RightFacts { recalled: true, ..facts("CN", "2026-03-04", "2026-03-05") };
    assert_eq!(codes(&sold).first().map(String::as_str), Some("RECALL"));
    assert!(!codes(&RightFacts { recalled: false, ..asked }).contains(&"RECALL".to_owned()));
}

#[test]
fn a_found_defect_comes_before_a_change_of_mind() {
    let plain = facts("CN", "2026-03-04", "2026-03-05");
    assert_eq!(codes(&plain), ["CN-RETURN", "CN-SEVEN-DAYS", "ALTERATION", "CN-QUALITY", "WARRANTY"]);
    let defect = SeenDefect { code: "button_loose".into(), measured: None, seen_on: day("2026-03-05"), is_found: true };
    assert_eq!(codes(&RightFacts { defects: vec![defect], ..plain })[..3], ["NO-WORRY-BUTTON", "CN-QUALITY", "WARRANTY"]);
}

#[test]
fn a_garment_keeps_the_rule_of_its_day_of_sale() {
    let row = |code: &str, holds_from, from: &str, to: Option<&str>, days| RightRule {
        code: code.into(),
        holds_from,
        valid_from: day(from),
        valid_to: to.map(day),
        days: Some(days),
        ..RightRule::default()
    };
    let rules = |holds_from| RightRules {
        rows: vec![row("OLD", holds_from, "2026-01-01", Some("2026-03-05"), 10), row("NEW", holds_from, "2026-03-06", None, 30)],
        ..RightRules::default()
    };
    let asked = facts("CN", "2026-03-04", "2026-03-08");
    let held = |holds_from| rights(&asked, &rules(holds_from)).into_iter().map(|right| right.rule).collect::<Vec<_>>();
    assert_eq!(held(HoldsFrom::Sale), ["OLD"]);
    assert_eq!(held(HoldsFrom::Request), ["NEW"]);
}

fn a_day() -> impl Strategy<Value = NaiveDate> {
    (0u64..1_500).prop_map(|days| day("2025-06-01") + Days::new(days))
}

fn some_texts(of: &'static [&'static str]) -> impl Strategy<Value = JsonText<Vec<String>>> {
    prop::collection::vec(select(of), 0..2).prop_map(|texts| JsonText(texts.into_iter().map(str::to_owned).collect()))
}

const CATEGORIES: &[&str] = &["衬衫", "内衣", "定制", ""];
const DEFECTS: &[&str] = &["pilling", "button_loose", "slub"];

prop_compose! {
    fn a_rule()(
        kind in select(RightKind::ALL),
        market in select(&["", "CN", "EU", "DE"][..]),
        (from, to) in (a_day(), prop::option::of(0u64..900)),
        holds_from in select(HoldsFrom::ALL),
        counted_from in select(super::CountedFrom::ALL),
        before_delivery in any::<bool>(),
        months in prop::option::of(0i64..30),
        days in prop::option::of(0i64..40),
        rest in select(&["", "CN"][..]),
        defects in some_texts(DEFECTS),
        measured_over in prop::option::of(0i64..10),
        late_days in prop::option::of(0i64..5),
        freight in select(FreightPayer::ALL),
        not_channels in some_texts(&["shop", "web"]),
        never_for in some_texts(CATEGORIES),
        confirmed_for in some_texts(CATEGORIES),
        repair_months in prop::option::of(1i64..13),
    ) -> RightRule {
        RightRule {
            kind, market: market.to_owned(), valid_from: from, valid_to: to.map(|days| from + Days::new(days)), holds_from, counted_from, before_delivery,
            months, days, rest_days: rest.to_owned(), defects, measured_over, late_days, freight, not_channels, never_for, confirmed_for, repair_months,
            ..RightRule::default()
        }
    }
}

fn some_rules() -> impl Strategy<Value = RightRules> {
    prop::collection::vec(a_rule(), 1..6).prop_map(|rows| {
        let coded = (1..).zip(rows).map(|(number, row)| RightRule { code: format!("R-{number}"), ..row });
        let RightRules { rows, rest } = shipped();
        RightRules { rows: coded.chain(rows).collect(), rest }
    })
}

prop_compose! {
    fn some_facts()(
        on in a_day(),
        market in prop::option::of(select(&["CN", "DE", "US"][..])),
        sold_on in a_day(),
        delivery in prop::option::of(0u64..40),
        promise in prop::option::of(0u64..40),
        channel in select(&["", "web", "shop"][..]),
        category in select(CATEGORIES),
        confirmed in any::<bool>(),
        style in select(NoReasonReturn::ALL),
        cover in prop_oneof![Just(WarrantyCover::None), Just(WarrantyCover::Waiting), (a_day(), 0u64..900).prop_map(|(from, days)| WarrantyCover::Term(from, from + Days::new(days)))],
        repairs in prop::collection::vec((a_day(), select(RightKind::ALL)), 0..3),
        defects in prop::collection::vec((select(DEFECTS), prop::option::of(0i64..12), a_day(), any::<bool>()), 0..3),
        recalled in any::<bool>(),
    ) -> RightFacts {
        let sale = Sold {
            seq: 1, sold_on, delivered_on: delivery.map(|days| sold_on + Days::new(days)), promised_on: promise.map(|days| sold_on + Days::new(days)),
            channel: channel.to_owned(), no_return_confirmed_on: confirmed.then_some(sold_on), ..Sold::default()
        };
        RightFacts {
            on, market: market.map(str::to_owned), sale: Some(sale), category: category.to_owned(), no_reason_return: style, cover, recalled,
            repairs: repairs.into_iter().map(|(done_on, under)| Repaired { done_on, under: Some(under), ..Repaired::default() }).collect(),
            defects: defects.into_iter().map(|(code, measured, seen_on, is_found)| SeenDefect { code: code.to_owned(), measured, seen_on, is_found }).collect(),
            ..RightFacts::default()
        }
    }
}

proptest! {
    /// Of one rule: once its right has ended it never comes back, whatever day one asks later.
    #[test]
    fn a_right_that_has_ended_does_not_come_back(facts in some_facts(), rules in some_rules(), later in 0u64..900) {
        let after = RightFacts { on: facts.on + Days::new(later), ..facts.clone() };
        let there = rights(&after, &rules);
        for lapse in lapses(&facts, &rules).into_iter().filter(|lapse| matches!(lapse.why, Why::Over { .. })) {
            prop_assert!(!there.iter().any(|right| right.rule == lapse.rule), "{} is back on {}", lapse.rule, after.on);
        }
    }

    /// Who got it later loses nothing by that; and nothing ends while nobody knows whether it came.
    #[test]
    fn windows_never_shrink_with_later_delivery(facts in some_facts(), rules in some_rules(), later in prop::option::of(0u64..60)) {
        let Some(delivered) = facts.sale.as_ref().and_then(|sale| sale.delivered_on) else { return Ok(()) };
        let sale = facts.sale.clone().map(|sale| Sold { delivered_on: later.map(|days| delivered + Days::new(days)), ..sale });
        let there = rights(&RightFacts { sale, ..facts.clone() }, &rules);
        for right in rights(&facts, &rules) {
            let still = there.iter().find(|other| other.rule == right.rule);
            // Whether a delivery that nobody recorded was late, nobody knows; it is not taken away where it could have been.
            let of_lateness = rules.rows.iter().any(|rule| rule.code == right.rule && rule.late_days.is_some());
            if later.is_none() && of_lateness {
                continue;
            }
            let still = still.ok_or_else(|| TestCaseError::fail(format!("{} is gone", right.rule)))?;
            let last = |right: &Right| right.to.unwrap_or(NaiveDate::MAX);
            prop_assert!(last(still) >= last(&right), "{}: {:?} before {:?}", right.rule, still.to, right.to);
        }
    }

    /// The order is that of a total order, and the same whatever the order of the rules.
    #[test]
    fn the_best_comes_first_whatever_the_order_of_the_rules(facts in some_facts(), rules in some_rules(), turn in 0usize..20) {
        let mut turned = rules.clone();
        let by = turn % turned.rows.len();
        turned.rows.rotate_left(by);
        turned.rows.reverse();
        let all = rights(&facts, &rules);
        prop_assert_eq!(&rights(&facts, &turned), &all);
        prop_assert_eq!(lapses(&facts, &turned), lapses(&facts, &rules));
        for (place, one) in all.iter().enumerate() {
            for other in &all[place + 1..] {
                prop_assert!(one.benefit() < other.benefit());
            }
        }
    }

    /// What a style, a category or a confirmation says is of rights that ask no reason alone.
    #[test]
    fn exclusions_never_remove_what_a_defect_gives(facts in some_facts(), rules in some_rules(), category in select(CATEGORIES)) {
        let sale = |confirmed| facts.sale.clone().map(|sale| Sold { no_return_confirmed_on: confirmed, ..sale });
        let bare = RightFacts { category: String::new(), no_reason_return: NoReasonReturn::Yes, sale: sale(None), ..facts.clone() };
        let confirmed = sale(facts.sale.as_ref().map(|sale| sale.sold_on));
        let excluded = RightFacts { category: category.to_owned(), no_reason_return: NoReasonReturn::ExcludedByLaw, sale: confirmed, ..facts.clone() };
        let with_reason = |facts: &RightFacts| rights(facts, &rules).into_iter().filter(|right| !right.kind.asks_no_reason()).collect::<Vec<_>>();
        prop_assert_eq!(with_reason(&bare), with_reason(&excluded));
    }
}
