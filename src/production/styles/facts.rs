//! What is known of a style beyond its name: what labels, the card and the passport say. Held as one versioned JSON document per style.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};

use crate::choices;
use crate::kernel::text::Both;
use crate::kernel::{Code, Fault};
use crate::production::composition::Component;

choices! {
    /// The safety class of GB 18401-2010: what the fabric may touch.
    SafetyClass {
        /// Goods for infants.
        #[serde(rename = "A")]
        A = "A", "A 类（婴幼儿用品）", "A (for infants)", ["A类"];
        /// Goods that touch the skin.
        #[serde(rename = "B")]
        B = "B", "B 类（直接接触皮肤）", "B (touches the skin)", ["B类"];
        /// Goods that do not touch the skin.
        #[serde(rename = "C")]
        C = "C", "C 类（非直接接触皮肤）", "C (does not touch the skin)", ["C类"];
    }
}

choices! {
    /// Who a style is made for (GB 31701-2015: infants up to 36 months, children from 3 to 14 years).
    #[derive(Default)]
    AgeGroup {
        /// Over 14 years.
        #[default]
        Adult = "adult", "成人", "Adults";
        /// 3 to 14 years.
        Child = "child", "儿童", "Children";
        /// Up to 36 months.
        Infant = "infant", "婴幼儿", "Infants";
    }
}

choices! {
    /// The seven-day return of distance selling in China (网络购买商品七日无理由退货暂行办法, Arts. 6 and 7).
    #[derive(Default)]
    NoReasonReturn {
        /// Allowed.
        #[default]
        Yes = "yes", "支持", "Yes";
        /// Excluded by law: made to order.
        ExcludedByLaw = "excluded_by_law", "依法不适用（定制商品）", "Excluded by law (made to order)", ["依法不适用"];
        /// Excluded if the buyer confirmed it at the purchase.
        ExcludedIfConfirmed =
            "excluded_if_confirmed", "经消费者购买时确认后不适用", "Excluded if the buyer confirmed it at the purchase", ["确认后不适用"];
    }
}

/// The facts of a style. Every field may be empty; [`super::missing_items`] says what the law still asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StyleFacts {
    /// What it is made of, component by component. A garment of one fabric throughout has one component without a name.
    pub composition: Vec<Component>,
    /// Care symbols by code ([`crate::kernel::care`]), at most one of each group, kept in the order of the standard.
    pub care: Vec<String>,
    /// What to heed beyond the symbols.
    pub care_note: Both,
    /// Safety class (GB 18401, for children GB 31701).
    pub safety_class: Option<SafetyClass>,
    /// Who it is made for; decides which safety standard applies.
    pub age_group: AgeGroup,
    /// The product standard it is made to, such as `FZ/T 81007-2022`.
    pub product_standard: String,
    /// Notes on use and storage.
    pub use_notes: Both,
    /// Where the stages of making took place.
    pub stages: Stages,
    /// Its materials, in words for buyers.
    pub materials: Both,
    /// Where it comes from, in words for buyers.
    pub origin: Both,
    /// Recycled content of the whole garment, in hundredths of a percent of its mass.
    pub recycled_hundredths: Option<i64>,
    /// Certificates it holds.
    pub certificates: Vec<Certificate>,
    /// How it can be repaired: guides, spare parts, services.
    pub repair: Both,
    /// How it is taken back at its end.
    pub take_back: Both,
    /// Questions buyers ask.
    pub faq: Vec<Faq>,
    /// Finished measurements.
    #[serde(deserialize_with = "unless_empty")]
    pub size_chart: Option<SizeChart>,
    /// Whether goods bought at a distance may be returned within seven days without a reason.
    pub no_reason_return: NoReasonReturn,
    /// What the public sees in place of the name when the style is confidential.
    pub public_name: Both,
}

/// A chart with nothing in it is none.
fn unless_empty<'de, D: Deserializer<'de>>(given: D) -> Result<Option<SizeChart>, D::Error> {
    Ok(Option::deserialize(given)?.filter(|chart| *chart != SizeChart::default()))
}

/// Countries of the stages, ISO 3166-1 alpha-2 or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stages {
    /// Spinning.
    pub spin: String,
    /// Weaving or knitting.
    pub weave: String,
    /// Dyeing and printing.
    pub dye: String,
    /// Cutting and sewing.
    pub sew: String,
}

/// A certificate a style holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Certificate {
    /// What it certifies, such as `OEKO-TEX STANDARD 100`.
    pub name: String,
    /// Who issued it.
    pub issuer: String,
    /// Its number.
    pub number: String,
    /// The last day it holds.
    pub valid_to: Option<NaiveDate>,
}

/// A question and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faq {
    /// The question.
    pub question: Both,
    /// The answer.
    pub answer: Both,
}

/// Finished measurements by size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SizeChart {
    /// The sizes, as the skus name them.
    pub sizes: Vec<String>,
    /// The points measured.
    pub points: Vec<Point>,
    /// How to measure, in words.
    pub how: Both,
}

/// One point of measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Point {
    /// Chest, back length …
    pub name: Both,
    /// Millimetres, one for each size of the chart.
    pub mm: Vec<i64>,
    /// Millimetres by which a garment may differ either way.
    pub tolerance_mm: Option<i64>,
}

impl StyleFacts {
    /// What only the whole shows to be wrong.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        // Goods for infants are of class A (GB 31701-2015, 4.1).
        if let (AgeGroup::Infant, Some(class @ (SafetyClass::B | SafetyClass::C))) = (self.age_group, self.safety_class) {
            faults.push(Fault::new("facts.safety_class", Code::NotOneOf).with("value", class.as_str()).with("allowed", "A"));
        }
        let Some(chart) = &self.size_chart else { return faults };
        if chart.sizes.is_empty() {
            faults.push(Fault::new("facts.size_chart.sizes", Code::Missing));
        }
        for (place, point) in chart.points.iter().enumerate().filter(|(_, point)| point.mm.len() != chart.sizes.len()) {
            let fault = Fault::new(format!("facts.size_chart.points.{place}.mm"), Code::WrongSum);
            faults.push(fault.with("sum", point.mm.len()).with("expected", chart.sizes.len()));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_nobody_knows_are_refused_and_absent_ones_are_empty() {
        assert_eq!(serde_json::from_str::<StyleFacts>(r#"{"size_chart":{"sizes":[]}}"#).unwrap(), StyleFacts::default());
        assert!(serde_json::from_str::<StyleFacts>(r#"{"fabric":"x"}"#).is_err());
    }

    #[test]
    fn a_chart_has_a_number_for_each_size() {
        let chart = SizeChart {
            sizes: vec!["M".into(), "L".into()],
            points: vec![Point { mm: vec![1_000], ..Point::default() }],
            ..SizeChart::default()
        };
        let faults = StyleFacts { size_chart: Some(chart), ..StyleFacts::default() }.faults();
        assert_eq!(faults.iter().map(|fault| &*fault.field).collect::<Vec<_>>(), ["facts.size_chart.points.0.mm"]);
    }
}
