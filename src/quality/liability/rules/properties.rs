//! What holds for every matter.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const ROLES: [Role; 9] =
    [Role::Mill, Role::Trims, Role::Factory, Role::Carrier, Role::Retailer, Role::Brand, Role::Customer, Role::NoFault, Role::Unresolved];

fn some_role() -> impl Strategy<Value = Role> {
    prop::sample::select(&ROLES[..])
}

/// A role that is somebody.
fn some_party() -> impl Strategy<Value = Role> {
    prop::sample::select(&ROLES[..ROLES.len() - 1])
}

/// Shares of one to six roles, some of them very small.
fn some_shares() -> impl Strategy<Value = Shares> {
    (some_role(), prop::collection::btree_map(some_role(), prop_oneof![1..10_u32, 1..150_000_u32], 0..6)).prop_map(
        |(leading, mut shares)| {
            shares.remove(&leading);
            let rest: u32 = shares.values().sum();
            shares.insert(leading, WHOLE - rest);
            shares
        },
    )
}

fn some_ratio() -> impl Strategy<Value = u32> {
    prop_oneof![1..WHOLE, Just(WHOLE), WHOLE..30 * WHOLE]
}

const FACTS: [&str; 3] = ["late", "torn", "wrong"];
const DEFECTS: [&str; 3] = ["seam", "pilling", "odour"];
const KINDS: usize = 6;

fn kind(number: usize) -> String {
    format!("kind {number}")
}

fn some_rules() -> impl Strategy<Value = Rules> {
    let gates = prop::collection::vec((prop::sample::subsequence(&FACTS[..], 1..3), prop::option::of(some_shares())), 0..3);
    let priors = prop::collection::vec(some_shares(), 2);
    let ratios = prop::collection::vec((0..4_u32, prop::collection::btree_map(some_role(), some_ratio(), 1..5)), KINDS);
    (gates, priors, ratios, 1..40_u32, 1..=WHOLE).prop_map(|(gates, priors, ratios, cap, resolved_from)| Rules {
        version: "1".into(),
        gates: (1..)
            .zip(gates)
            .map(|(number, (facts, shares))| Gate {
                clause: format!("clause {number}"),
                facts: facts.into_iter().map(str::to_owned).collect(),
                outcome: shares.map_or(Outcome::Hold, Outcome::Charge),
            })
            .collect(),
        priors: DEFECTS
            .iter()
            .zip(priors)
            .map(|(defect, shares)| Prior {
                defect: (*defect).into(),
                family: None,
                shares,
                signed_by: BTreeSet::from(["a".to_owned(), "b".to_owned()]),
            })
            .collect(),
        evidence: (0..)
            .zip(ratios)
            .map(|(number, (class, ratios))| EvidenceRule { code: kind(number), class: format!("class {class}"), ratios })
            .collect(),
        cap,
        resolved_from,
    })
}

fn some_evidence() -> impl Strategy<Value = BTreeSet<Evidence>> {
    prop::collection::btree_set((0..KINDS, 0..2_u32), 0..5)
        .prop_map(|set| set.into_iter().map(|(number, source)| Evidence { rule: kind(number), source: source.to_string() }).collect())
}

fn some_claims() -> impl Strategy<Value = Vec<Claim>> {
    let facts = prop::option::weighted(0.2, prop::sample::subsequence(&FACTS[..], 1..3)).prop_map(Option::unwrap_or_default);
    let claim = (0..5_000_000_i64, prop::sample::select(&DEFECTS[..]), facts, some_evidence());
    prop::collection::vec(claim, 1..8).prop_map(|claims| {
        let claim = |(number, (amount_minor, defect, facts, evidence)): (usize, (i64, &str, Vec<&str>, _))| Claim {
            code: format!("claim {number}"),
            amount_minor,
            defect: defect.into(),
            family: "shirt".into(),
            facts: facts.into_iter().map(str::to_owned).collect(),
            evidence,
        };
        claims.into_iter().enumerate().map(claim).collect()
    })
}

fn some_excess() -> impl Strategy<Value = Excess> {
    let factor = (some_role(), prop_oneof![Just(WHOLE), WHOLE..8 * WHOLE]);
    (0..400_u32, 1..200_000_000_u64, 500_000..50_000_000_u64, 500_000..50_000_000_u64, prop::collection::vec(factor, 1..6)).prop_map(
        |(observed, expected_micro, shape_micro, rate_micro, factors)| Excess {
            observed,
            expected_micro,
            shape_micro,
            rate_micro,
            factors: (0..)
                .zip(factors)
                .map(|(number, (role, ratio_micro))| Factor { role, code: number.to_string(), ratio_micro })
                .collect(),
        },
    )
}

fn some_sample() -> impl Strategy<Value = Sample> {
    [0..200_u32, 0..200, 0..200].prop_map(|mut counts| {
        counts.sort_unstable();
        let [confirmed, analysed, returned] = counts;
        Sample { returned, analysed, confirmed }
    })
}

fn some_matter() -> impl Strategy<Value = Matter> {
    (some_claims(), prop::option::of(some_excess()), prop::option::of(some_sample())).prop_map(|(claims, excess, sample)| Matter {
        code: "matter".into(),
        currency: "CNY".into(),
        claims,
        excess,
        sample,
    })
}

/// Leaves out the facts that no gate asks for: a matter with them is refused.
fn fitting(mut matter: Matter, rules: &Rules) -> Matter {
    matter.claims.iter_mut().for_each(|claim| claim.facts.retain(|fact| rules.asks_for(fact)));
    matter
}

fn whole(shares: &Shares) -> bool {
    shares.values().copied().map(u64::from).sum::<u64>() == u64::from(WHOLE)
}

fn share(shares: &Shares, role: Role) -> u32 {
    shares.get(&role).copied().unwrap_or_default()
}

/// Another role for each but nobody: the one some places on.
fn renamed(role: Role, by: usize) -> Role {
    let roles = &ROLES[..ROLES.len() - 1];
    roles.iter().position(|one| *one == role).map_or(role, |place| roles[(place + by) % roles.len()])
}

proptest! {
    #[test]
    fn shares_and_money_sum_exactly(rules in some_rules(), matter in some_matter()) {
        let reckoning = reckon(&rules, &matter);
        for verdict in &reckoning.verdicts {
            prop_assert!(whole(&verdict.charge), "{verdict:?}");
            prop_assert!(verdict.belief.is_empty() || whole(&verdict.belief), "{verdict:?}");
        }
        prop_assert!(reckoning.excess.is_empty() || whole(&reckoning.excess));
        let claimed: i64 = matter.claims.iter().map(|claim| claim.amount_minor).sum();
        prop_assert_eq!(reckoning.money.values().sum::<i64>(), claimed);
        prop_assert!(reckoning.money.values().all(|minor| *minor > 0));
    }

    #[test]
    fn an_amount_is_split_whole_and_near_its_shares(amount in 0..1_000_000_000_i64, shares in some_shares()) {
        let money = split(amount, &shares);
        prop_assert_eq!(money.values().sum::<i64>(), amount);
        for (role, share) in &shares {
            let exact = i128::from(amount) * i128::from(*share);
            let got = i128::from(money.get(role).copied().unwrap_or_default()) * i128::from(WHOLE);
            prop_assert!((got - exact).abs() < i128::from(WHOLE), "less than one minor unit off");
        }
    }

    #[test]
    fn the_order_of_things_does_not_matter(
        rules in some_rules(), (matter, shuffled) in some_matter().prop_flat_map(|matter| {
            let claims = Just(matter.claims.clone()).prop_shuffle();
            let factors = Just(matter.excess.as_ref().map(|excess| excess.factors.clone()).unwrap_or_default()).prop_shuffle();
            (Just(matter), claims, factors).prop_map(|(matter, claims, factors)| {
                let excess = matter.excess.clone().map(|excess| Excess { factors, ..excess });
                (matter.clone(), Matter { claims, excess, ..matter })
            })
        }),
    ) {
        let mut other = rules.clone();
        other.priors.reverse();
        other.evidence.reverse();
        let (matter, shuffled) = (fitting(matter, &rules), fitting(shuffled, &rules));
        let (bundle, same) = (Bundle::seal(rules, matter).unwrap(), Bundle::seal(other, shuffled).unwrap());
        prop_assert_eq!(bundle.text(), same.text());
        prop_assert_eq!(bundle.sha256(), same.sha256());
    }

    #[test]
    fn roles_are_only_names(rules in some_rules(), matter in some_matter(), by in 1..ROLES.len() - 1) {
        let rename = |shares: &BTreeMap<Role, u32>| shares.iter().map(|(role, share)| (renamed(*role, by), *share)).collect::<BTreeMap<_, _>>();
        let mut other_matter = matter.clone();
        let factors = other_matter.excess.iter_mut().flat_map(|excess| &mut excess.factors);
        factors.for_each(|factor| factor.role = renamed(factor.role, by));
        let mut other = rules.clone();
        other.priors.iter_mut().for_each(|row| row.shares = rename(&row.shares));
        other.evidence.iter_mut().for_each(|rule| rule.ratios = rename(&rule.ratios));
        for gate in &mut other.gates {
            if let Outcome::Charge(shares) = &mut gate.outcome {
                *shares = rename(shares);
            }
        }
        for (one, two) in reckon(&rules, &matter).verdicts.iter().zip(&reckon(&other, &other_matter).verdicts) {
            prop_assert_eq!(rename(&one.belief), two.belief.clone());
            prop_assert_eq!(rename(&one.charge), two.charge.clone());
        }
    }

    #[test]
    fn exculpatory_evidence_never_raises_a_share(
        mut rules in some_rules(), matter in some_matter(), role in some_party(), class in 0..5_u32, ratio in 1..=WHOLE, others in prop::collection::btree_map(some_role(), WHOLE..30 * WHOLE, 0..4),
    ) {
        let ratios = others.into_iter().chain([(role, ratio)]).collect();
        rules.evidence.push(EvidenceRule { code: "exculpatory".into(), class: format!("class {class}"), ratios });
        let mut more = matter.clone();
        more.claims.iter_mut().for_each(|claim| claim.evidence.extend([Evidence { rule: "exculpatory".into(), source: "x".into() }]));
        let (before, after) = (reckon(&rules, &matter), reckon(&rules, &more));
        for (before, after) in before.verdicts.iter().zip(&after.verdicts) {
            prop_assert!(share(&after.belief, role) <= share(&before.belief, role), "{before:?} became {after:?}");
            // What is charged goes with it, unless the evidence is what settles an unsettled claim.
            if before.basis == after.basis || before.basis == Basis::Evidence {
                prop_assert!(share(&after.charge, role) <= share(&before.charge, role), "{before:?} became {after:?}");
            }
        }
    }

    #[test]
    fn symmetric_factors_share_equally(ratio in WHOLE + 1..8 * WHOLE, others in prop::collection::vec(WHOLE..8 * WHOLE, 0..4), last in 0..3_usize) {
        let factor = |role, ratio_micro| Factor { role, code: String::new(), ratio_micro };
        let mut factors = vec![factor(Role::Mill, ratio), factor(Role::Factory, ratio)];
        factors.extend(others.iter().map(|ratio| factor(Role::Trims, *ratio)));
        let turn = last % factors.len();
        factors.rotate_left(turn);
        let excess = Excess { observed: 1, expected_micro: 1, shape_micro: 1, rate_micro: 1, factors };
        let shared = excess.shared();
        prop_assert_eq!(share(&shared, Role::Mill), share(&shared, Role::Factory));
    }

    #[test]
    fn a_factor_that_adds_nothing_gets_nothing(excess in some_excess(), ratio in WHOLE + 1..8 * WHOLE) {
        let mut factors: Vec<Factor> = excess.factors.into_iter().filter(|factor| factor.role != Role::Brand).collect();
        factors.push(Factor { role: Role::Brand, code: "null".into(), ratio_micro: WHOLE });
        factors.push(Factor { role: Role::Mill, code: "real".into(), ratio_micro: ratio });
        let with = Excess { factors: factors.clone(), ..forty() }.shared();
        factors.retain(|factor| factor.role != Role::Brand);
        prop_assert_eq!(share(&with, Role::Brand), 0);
        prop_assert_eq!(with, Excess { factors, ..forty() }.shared());
    }

    #[test]
    fn a_lot_is_never_charged_more_than_its_raw_excess_allows(observed in 0..2_000_u32, expected_micro in 1..1_000_000_000_u64, shape in 500_000..50_000_000_u64) {
        // Among lots that are innocent on average (rate equal to shape) the bound lies below the raw attributable fraction.
        let excess = Excess { observed, expected_micro, shape_micro: shape, rate_micro: shape, factors: vec![] };
        let raw = 1.0 - (f64::from(u32::try_from(expected_micro / 1_000).unwrap()) + 1.0) / 1_000.0 / f64::from(observed).max(1e-9);
        let charged = f64::from(excess.attributable()) / f64::from(WHOLE);
        prop_assert!(charged <= raw.max(0.0) + 1e-3 / f64::from(observed.max(1)), "{charged} of {raw}");
    }

    #[test]
    fn more_claims_charge_a_lot_no_less(excess in some_excess(), more in 1..50_u32) {
        let later = Excess { observed: excess.observed + more, ..excess.clone() };
        prop_assert!(excess.attributable() <= later.attributable());
    }

    #[test]
    fn bundles_hold(rules in some_rules(), matter in some_matter()) {
        let matter = fitting(matter, &rules);
        let bundle = Bundle::seal(rules, matter).unwrap();
        prop_assert!(bundle.holds().unwrap());
        let kept = Bundle::kept(bundle.text().to_owned(), bundle.sha256().to_owned());
        prop_assert_eq!(kept.recomputed().unwrap(), bundle);
    }

    #[test]
    fn what_evidence_moves_sums_to_nothing(rules in some_rules(), matter in some_matter()) {
        let without = sensitivity(&rules, &matter);
        prop_assert_eq!(without.len(), matter.claims.iter().map(|claim| claim.evidence.len() + claim.facts.len()).sum::<usize>());
        let before = reckon(&rules, &matter).money;
        for one in &without {
            prop_assert_eq!(one.moved.values().sum::<i64>(), 0);
            let mut lesser = matter.clone();
            let claim = lesser.claims.iter_mut().find(|claim| claim.code == one.claim).unwrap();
            *claim = one.left_out.of(claim);
            prop_assert_eq!(one.charge.values().sum::<u32>(), super::shares::WHOLE);
            prop_assert_eq!(&super::shares::change(&before, &reckon(&rules, &lesser).money), &one.moved);
        }
    }

    #[test]
    fn differences_are_the_whole_difference(rules in some_rules(), other_rules in some_rules(), one in some_matter(), two in some_matter()) {
        let (one, two) = (fitting(one, &rules), fitting(two, &other_rules));
        let (from, to) = (reckon(&rules, &one).money, reckon(&other_rules, &two).money);
        let (before, after) = (Bundle::seal(rules, one).unwrap(), Bundle::seal(other_rules, two).unwrap());
        let mut money = from;
        for (role, minor) in difference(&before, &after).unwrap().into_iter().flat_map(|moved| moved.money) {
            *money.entry(role).or_default() += minor;
        }
        money.retain(|_, minor| *minor != 0);
        prop_assert_eq!(money, to);
    }
}

fn forty() -> Excess {
    Excess { observed: 40, expected_micro: 11_500_000, shape_micro: 8_000_000, rate_micro: 8_000_000, factors: vec![] }
}
