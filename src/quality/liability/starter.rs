//! The rule tables a deployment starts with, as a row that the program puts in: where an argument about blame usually starts, and what ends it.
//! Whoever wants others proposes them, and somebody else approves.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{EvidenceRule, Gate, Outcome, Prior, Role, Rules, Shares, WHOLE};
use crate::choices;
use crate::inspection::defects::{Component, Suspect, catalogue};
use crate::kernel::text::Lang;

choices! {
    /// What may be known of a claim, for the hard rules to ask for. Some follow from what is stored, the rest somebody says.
    ClaimFact {
        /// The cloth or its colour.
        FabricDefect = "fabric_defect", "面料或颜色缺陷", "Defect of cloth or colour";
        /// It was looked at, and nothing was found.
        NoDefectFound = "no_defect_found", "检验未发现缺陷", "No defect found";
        /// Reported more than a year after the sale.
        AgedOut = "aged_out", "售出已超过一年", "More than a year after the sale";
        /// A laboratory's value is below what was agreed for the material.
        LabBelowSpec = "lab_below_spec", "实验室值低于约定", "Laboratory value below the specification";
        /// It is not.
        LabMeetsSpec = "lab_meets_spec", "实验室值达到约定", "Laboratory value meets the specification";
        /// It was washed against its care label.
        WashViolated = "wash_violated", "未按洗唛洗涤", "Washed against the care label";
        /// Cut, burnt, altered, or chemicals.
        CustomerDamage = "customer_damage", "剪割、灼烧、改动或化学品", "Cut, burnt, altered, chemicals";
        /// Seen at delivery.
        DamagedOnDelivery = "damaged_on_delivery", "送达时已损坏", "Damaged when it was delivered";
        /// Packed less well than agreed.
        PackagingBelowStandard = "packaging_below_standard", "包装低于标准", "Packaging below the standard";
        /// Another thing or size was sent.
        WrongItemShipped = "wrong_item_shipped", "发错商品或尺码", "Wrong thing or size sent";
        /// Tag-gun hole, soil of the shop.
        ShopDamage = "shop_damage", "店内污损或吊牌枪孔", "Soil or tag-gun hole of the shop";
        /// The specification itself is wrong.
        SpecOff = "spec_off", "尺寸规格本身有误", "The specification itself is off";
        /// Measures more than the tolerance off.
        MeasuresOff = "measures_off", "实测超出公差", "Measures outside the tolerance";
        /// The pattern is right.
        PatternCorrect = "pattern_correct", "纸样正确", "The pattern is correct";
        /// A button, zip or other trim.
        TrimDefect = "trim_defect", "辅料缺陷", "Defect of a trim";
        /// The part itself is broken.
        PartBroken = "part_broken", "零件本身损坏", "The part itself is broken";
        /// The part itself is whole: it was sewn on badly.
        PartIntact = "part_intact", "零件本身完好", "The part itself is whole";
        /// Under a recall.
        Recalled = "recalled", "在召回范围内", "Under a recall";
    }
}

/// Where the starting point comes from, as its row says.
pub const SOURCE: &str = "出厂起点：行业惯例（退货检验、实验室值与洗涤记录的先后，供应商扣款条款），未与任何供应商约定。 Starting point: common practice of the trade; not agreed with any supplier.";

/// Evidence that is gathered from what is stored: other garments of the batch with the same defect.
pub const SIBLINGS: &str = "siblings_same_batch";
/// The lot fails more often than others, surely.
pub const LOT_FLAGGED: &str = "lot_flagged";
/// Somebody else looked again and found the same.
pub const CONFIRMED_AGAIN: &str = "second_inspection_confirms";

/// The clause under which wear is nobody's fault.
pub const WEAR: &str = "normal_wear";

/// What people call the clauses and the evidence of the starting point: code, Chinese, English.
const CALLED: &[(&str, &str, &str)] = &[
    ("no_fault_found", "检验未发现缺陷", "No defect found"),
    ("recall", "召回", "Recall"),
    ("customer_damage", "买家造成的损坏", "Damage by the customer"),
    ("laboratory", "实验室值低于约定", "Laboratory value below what was agreed"),
    ("wash", "未按洗唛洗涤", "Washed against the care label"),
    (WEAR, "正常磨损", "Normal wear"),
    ("delivery_and_packaging", "运输损坏且包装低于标准", "Damaged in transit, packed below the standard"),
    ("delivery", "运输损坏", "Damaged in transit"),
    ("wrong_item", "发错商品", "Wrong article sent"),
    ("shop", "店内造成", "Happened in the shop"),
    ("specification", "规格本身有误", "Wrong specification"),
    ("measures", "实测超出公差", "Measures outside the tolerance"),
    (SIBLINGS, "同批次其他成衣有同样缺陷", "Other garments of the batch have it too"),
    (LOT_FLAGGED, "该物料批的缺陷率明显偏高", "The lot fails more often than others"),
    (CONFIRMED_AGAIN, "他人复检结果一致", "A second inspection confirms it"),
    ("supplier_laboratory_meets_spec", "供应商检测报告达到约定", "The supplier's laboratory value meets what was agreed"),
    ("part_intact", "零件本身完好", "The part itself is whole"),
    ("part_broken", "零件本身损坏", "The part itself is broken"),
    ("wash_log_in_order", "洗涤记录符合洗唛", "The wash log is in order"),
    ("wash_log_violated", "洗涤记录违反洗唛", "The wash log shows a violation"),
];

/// What people call a clause or a piece of evidence; what a deployment's own tables add is called by its code.
pub fn called(code: &str, lang: Lang) -> &str {
    CALLED.iter().find(|(known, ..)| *known == code).map_or(code, |(_, zh, en)| lang.of(zh, en))
}

fn gate(clause: &str, facts: &[ClaimFact], outcome: Outcome) -> Gate {
    Gate { clause: clause.to_owned(), facts: facts.iter().map(|fact| fact.as_str().to_owned()).collect(), outcome }
}

fn whole(role: Role) -> Outcome {
    Outcome::Charge(Shares::from([(role, WHOLE)]))
}

fn evidence(code: &str, class: &str, ratios: &[(Role, u32)]) -> EvidenceRule {
    EvidenceRule { code: code.to_owned(), class: class.to_owned(), ratios: ratios.iter().copied().collect::<BTreeMap<_, _>>() }
}

/// The shares before evidence of a defect of this component whose first suspect this is. Of cloth half is nobody's until a laboratory has looked, and
/// of a trim that came off half is its maker's until somebody has looked at the part: that leaves the claim unresolved, and charges nobody.
fn prior(component: Component, suspect: Suspect) -> Shares {
    let of = |shares: &[(Role, u32)]| shares.iter().copied().collect();
    match suspect {
        Suspect::Factory if component == Component::Trim => of(&[(Role::Factory, WHOLE / 2), (Role::Trims, WHOLE / 2)]),
        Suspect::Mill | Suspect::DyeHouse => of(&[(Role::Mill, WHOLE / 2), (Role::Unresolved, WHOLE / 2)]),
        Suspect::TrimMaker => of(&[(Role::Trims, WHOLE)]),
        Suspect::Factory => of(&[(Role::Factory, WHOLE)]),
        Suspect::Brand => of(&[(Role::Brand, WHOLE)]),
        Suspect::Carrier => of(&[(Role::Carrier, WHOLE)]),
        Suspect::Retailer => of(&[(Role::Retailer, WHOLE)]),
        Suspect::Customer => of(&[(Role::Customer, WHOLE)]),
        Suspect::Nobody => of(&[(Role::NoFault, WHOLE)]),
    }
}

/// The tables.
pub fn starter() -> Rules {
    use ClaimFact as F;
    let signed_by: BTreeSet<String> = ["the brand".to_owned(), "the program's starting point".to_owned()].into();
    let priors = catalogue::SEED.iter().map(|row| Prior {
        defect: row.code.to_owned(),
        family: None,
        shares: prior(row.component, row.suspect),
        signed_by: signed_by.clone(),
    });
    Rules {
        version: "starter-1".to_owned(),
        gates: vec![
            gate("no_fault_found", &[F::NoDefectFound], whole(Role::NoFault)),
            gate("recall", &[F::Recalled], whole(Role::Brand)),
            gate("customer_damage", &[F::CustomerDamage], whole(Role::Customer)),
            gate("laboratory", &[F::FabricDefect, F::LabBelowSpec], whole(Role::Mill)),
            gate("wash", &[F::FabricDefect, F::LabMeetsSpec, F::WashViolated], whole(Role::Customer)),
            gate(WEAR, &[F::FabricDefect, F::AgedOut], whole(Role::NoFault)),
            gate(
                "delivery_and_packaging",
                &[F::DamagedOnDelivery, F::PackagingBelowStandard],
                Outcome::Charge(Shares::from([(Role::Carrier, 700_000), (Role::Brand, 300_000)])),
            ),
            gate("delivery", &[F::DamagedOnDelivery], whole(Role::Carrier)),
            gate("wrong_item", &[F::WrongItemShipped], whole(Role::Retailer)),
            gate("shop", &[F::ShopDamage], whole(Role::Retailer)),
            gate("part_broken", &[F::TrimDefect, F::PartBroken], whole(Role::Trims)),
            gate("part_intact", &[F::TrimDefect, F::PartIntact], whole(Role::Factory)),
            gate("specification", &[F::SpecOff], whole(Role::Brand)),
            gate("measures", &[F::MeasuresOff, F::PatternCorrect], whole(Role::Factory)),
        ],
        priors: priors.collect(),
        evidence: vec![
            evidence(SIBLINGS, "siblings", &[(Role::Mill, 3_000_000), (Role::Trims, 3_000_000), (Role::Customer, 300_000)]),
            evidence(LOT_FLAGGED, "lot", &[(Role::Mill, 2_000_000), (Role::Trims, 2_000_000)]),
            evidence(CONFIRMED_AGAIN, "inspection", &[(Role::Unresolved, 250_000)]),
            evidence("supplier_laboratory_meets_spec", "laboratory", &[(Role::Mill, 200_000), (Role::Trims, 200_000)]),
            evidence("part_intact", "part", &[(Role::Trims, 50_000), (Role::Factory, 4_000_000)]),
            evidence("part_broken", "part", &[(Role::Trims, 4_000_000), (Role::Factory, 50_000)]),
            evidence("wash_log_in_order", "wash", &[(Role::Customer, 200_000)]),
            evidence("wash_log_violated", "wash", &[(Role::Customer, 4_000_000)]),
        ],
        cap: 20,
        // Above a half: where one supplier and nobody weigh the same, nobody is charged and a test is asked for.
        resolved_from: 600_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starting_point_is_sound() {
        starter().check().unwrap();
    }

    #[test]
    fn every_clause_and_every_piece_of_evidence_has_words() {
        let rules = starter();
        let codes = rules.gates.iter().map(|gate| &gate.clause).chain(rules.evidence.iter().map(|evidence| &evidence.code));
        for code in codes {
            assert!(Lang::ALL.iter().all(|lang| called(code, *lang) != code), "{code}");
        }
    }

    #[test]
    fn every_fact_is_asked_for_by_some_rule() {
        let rules = starter();
        for fact in ClaimFact::ALL {
            assert!(rules.gates.iter().any(|gate| gate.facts.contains(fact.as_str())), "{fact:?}");
        }
    }
}
