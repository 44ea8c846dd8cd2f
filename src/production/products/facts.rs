//! What is known of a style beyond its name: what labels, the card and the passport say. Held as one versioned JSON document per style.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::composition;
use crate::kernel::text::{self, Both, Lang};
use crate::kernel::{Code, Fault, Faults, care, countries};

/// Characters of a name, a title, a question.
const LINE_MAX: usize = 120;
/// Characters of a text of several lines.
const TEXT_MAX: usize = 2_000;
/// Entries of a list.
const LIST_MAX: usize = 50;
/// Millimetres a measurement may have.
const MM_MAX: i64 = 5_000;

/// Hundredths of a percent that the fibres of one component sum to.
pub const WHOLE: i64 = 10_000;

/// The facts of a style. Every field may be empty; [`super::missing_items`] says what the law still asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    pub size_chart: Option<SizeChart>,
    /// Whether goods bought at a distance may be returned within seven days without a reason.
    pub no_reason_return: NoReasonReturn,
    /// What the public sees in place of the name when the style is confidential.
    pub public_name: Both,
}

/// One component of a garment and its fibres.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Shell, lining, filling …; empty when the garment has only one.
    #[serde(default)]
    pub name: Both,
    /// Its fibres; the shares sum to [`WHOLE`].
    pub fibres: Vec<Fibre>,
}

/// A fibre and its share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fibre {
    /// Its name. A name the house knows may be given in one language; another must be given in both.
    pub name: Both,
    /// Its share of the component's mass, in hundredths of a percent: 9500 is 95 %.
    pub hundredths: i64,
}

/// The safety class of GB 18401-2010: what the fabric may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum SafetyClass {
    /// Goods for infants.
    A,
    /// Goods that touch the skin.
    B,
    /// Goods that do not touch the skin.
    C,
}

impl SafetyClass {
    /// Its letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// Who a style is made for (GB 31701-2015: infants up to 36 months, children from 3 to 14 years).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgeGroup {
    /// Over 14 years.
    #[default]
    Adult,
    /// 3 to 14 years.
    Child,
    /// Up to 36 months.
    Infant,
}

impl AgeGroup {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Adult, Self::Child, Self::Infant];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adult => "adult",
            Self::Child => "child",
            Self::Infant => "infant",
        }
    }
}

/// Countries of the stages, ISO 3166-1 alpha-2 or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// What it certifies, such as `OEKO-TEX STANDARD 100`.
    pub name: String,
    /// Who issued it.
    #[serde(default)]
    pub issuer: String,
    /// Its number.
    #[serde(default)]
    pub number: String,
    /// The last day it holds.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

/// A question and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Faq {
    /// The question.
    pub question: Both,
    /// The answer.
    pub answer: Both,
}

/// Finished measurements by size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeChart {
    /// The sizes, as the skus name them.
    pub sizes: Vec<String>,
    /// The points measured.
    pub points: Vec<Point>,
    /// How to measure, in words.
    #[serde(default)]
    pub how: Both,
}

/// One point of measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Chest, back length …
    pub name: Both,
    /// Millimetres, one for each size of the chart.
    pub mm: Vec<i64>,
    /// Millimetres by which a garment may differ either way.
    #[serde(default)]
    pub tolerance_mm: Option<i64>,
}

/// The seven-day return of distance selling in China (网络购买商品七日无理由退货暂行办法, Arts. 6 and 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoReasonReturn {
    /// Allowed.
    #[default]
    Yes,
    /// Excluded by law: made to order.
    ExcludedByLaw,
    /// Excluded if the buyer confirmed it at the purchase.
    ExcludedIfConfirmed,
}

impl NoReasonReturn {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Yes, Self::ExcludedByLaw, Self::ExcludedIfConfirmed];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::ExcludedByLaw => "excluded_by_law",
            Self::ExcludedIfConfirmed => "excluded_if_confirmed",
        }
    }
}

impl Component {
    /// Its fibres as a label writes them, largest first as they are kept: `棉 95% 氨纶 5%`, `95% cotton, 5% elastane`.
    pub fn fibres_in(&self, lang: Lang) -> String {
        let fibres: Vec<_> = self
            .fibres
            .iter()
            .map(|fibre| match lang {
                Lang::Zh => format!("{} {}%", fibre.name.get(lang), percent(fibre.hundredths)),
                Lang::En => format!("{}% {}", percent(fibre.hundredths), fibre.name.get(lang)),
            })
            .collect();
        fibres.join(lang.of(" ", ", "))
    }
}

impl StyleFacts {
    /// The facts, trimmed and put in order; notes what is wrong below `root`.
    pub(super) fn sound(&self, faults: &mut Faults, root: &str) -> Self {
        let at = |field: &str| format!("{root}.{field}");
        let country_at = |faults: &mut Faults, field: &str, given: &str| faults.keep_at(&at(field), countries::read("", given));
        Self {
            composition: composition::sound(faults, &at("composition"), &self.composition),
            care: faults.keep_at(
                &at("care"),
                care::in_order("care", &self.care).map(|symbols| symbols.iter().map(|symbol| symbol.code.to_owned()).collect()),
            ),
            care_note: faults.lines(&at("care_note"), &self.care_note, 240),
            safety_class: self.class(faults, &at("safety_class")),
            age_group: self.age_group,
            product_standard: faults.keep_at(&at("product_standard"), text::optional_line("", &self.product_standard, LINE_MAX)),
            use_notes: faults.paragraphs(&at("use_notes"), &self.use_notes, TEXT_MAX),
            stages: Stages {
                spin: country_at(faults, "stages.spin", &self.stages.spin),
                weave: country_at(faults, "stages.weave", &self.stages.weave),
                dye: country_at(faults, "stages.dye", &self.stages.dye),
                sew: country_at(faults, "stages.sew", &self.stages.sew),
            },
            materials: faults.paragraphs(&at("materials"), &self.materials, TEXT_MAX),
            origin: faults.paragraphs(&at("origin"), &self.origin, TEXT_MAX),
            recycled_hundredths: faults.keep_at(&at("recycled_hundredths"), within(self.recycled_hundredths, 0, WHOLE)),
            certificates: certificates(faults, &at("certificates"), &self.certificates),
            repair: faults.paragraphs(&at("repair"), &self.repair, TEXT_MAX),
            take_back: faults.paragraphs(&at("take_back"), &self.take_back, TEXT_MAX),
            faq: faq(faults, &at("faq"), &self.faq),
            size_chart: self.size_chart.as_ref().map(|chart| chart.sound(faults, &at("size_chart"))),
            no_reason_return: self.no_reason_return,
            public_name: faults.lines(&at("public_name"), &self.public_name, LINE_MAX),
        }
    }

    /// Goods for infants are of class A (GB 31701-2015, 4.1).
    fn class(&self, faults: &mut Faults, at: &str) -> Option<SafetyClass> {
        if let (AgeGroup::Infant, Some(class @ (SafetyClass::B | SafetyClass::C))) = (self.age_group, self.safety_class) {
            faults.note(Fault::new(at.to_owned(), Code::NotOneOf).with("value", class.as_str()).with("allowed", "A"));
        }
        self.safety_class
    }

    /// The whole composition on one line: `面料：棉 95% 氨纶 5%；里料：…`.
    pub fn composition_in(&self, lang: Lang) -> String {
        let components: Vec<_> = self
            .composition
            .iter()
            .map(|component| {
                let (name, fibres) = (component.name.get(lang), component.fibres_in(lang));
                if name.is_empty() { fibres } else { format!("{name}{}{fibres}", lang.of("：", ": ")) }
            })
            .collect();
        components.join(lang.of("；", "; "))
    }
}

impl SizeChart {
    fn sound(&self, faults: &mut Faults, root: &str) -> Self {
        faults.at_most(&format!("{root}.sizes"), self.sizes.len(), LIST_MAX);
        faults.at_most(&format!("{root}.points"), self.points.len(), LIST_MAX);
        if self.sizes.is_empty() {
            faults.note(Fault::new(format!("{root}.sizes"), Code::Missing));
        }
        let mut sizes: Vec<String> = Vec::with_capacity(self.sizes.len().min(LIST_MAX));
        for (place, size) in self.sizes.iter().take(LIST_MAX).enumerate() {
            let size = faults.keep_at(&format!("{root}.sizes.{place}"), text::line("", size, 20));
            if sizes.contains(&size) {
                faults.note(Fault::new(format!("{root}.sizes.{place}"), Code::Duplicate).with("value", &size));
            }
            sizes.push(size);
        }
        let points = self.points.iter().take(LIST_MAX).enumerate();
        let points = points.map(|(place, point)| point.sound(faults, &format!("{root}.points.{place}"), self.sizes.len())).collect();
        Self { sizes, points, how: faults.paragraphs(&format!("{root}.how"), &self.how, TEXT_MAX) }
    }
}

impl Point {
    fn sound(&self, faults: &mut Faults, root: &str, sizes: usize) -> Self {
        if self.mm.len() != sizes {
            faults.note(Fault::new(format!("{root}.mm"), Code::WrongSum).with("sum", self.mm.len()).with("expected", sizes));
        }
        for (place, mm) in self.mm.iter().take(LIST_MAX).enumerate() {
            let _noted = faults.keep_at(&format!("{root}.mm.{place}"), within(Some(*mm), 1, MM_MAX));
        }
        Self {
            name: faults.some_lines(&format!("{root}.name"), &self.name, LINE_MAX),
            mm: self.mm.clone(),
            tolerance_mm: faults.keep_at(&format!("{root}.tolerance_mm"), within(self.tolerance_mm, 0, 500)),
        }
    }
}

fn certificates(faults: &mut Faults, root: &str, given: &[Certificate]) -> Vec<Certificate> {
    faults.at_most(root, given.len(), LIST_MAX);
    let checked = given.iter().take(LIST_MAX).enumerate().map(|(place, certificate)| Certificate {
        name: faults.keep_at(&format!("{root}.{place}.name"), text::line("", &certificate.name, LINE_MAX)),
        issuer: faults.keep_at(&format!("{root}.{place}.issuer"), text::optional_line("", &certificate.issuer, LINE_MAX)),
        number: faults.keep_at(&format!("{root}.{place}.number"), text::optional_line("", &certificate.number, LINE_MAX)),
        valid_to: certificate.valid_to,
    });
    checked.collect()
}

fn faq(faults: &mut Faults, root: &str, given: &[Faq]) -> Vec<Faq> {
    faults.at_most(root, given.len(), LIST_MAX);
    let checked = given.iter().take(LIST_MAX).enumerate().map(|(place, entry)| {
        let answer = faults.paragraphs(&format!("{root}.{place}.answer"), &entry.answer, TEXT_MAX);
        if answer == Both::default() {
            faults.note(Fault::new(format!("{root}.{place}.answer"), Code::Missing));
        }
        Faq { question: faults.some_lines(&format!("{root}.{place}.question"), &entry.question, 240), answer }
    });
    checked.collect()
}

fn within(value: Option<i64>, min: i64, max: i64) -> Result<Option<i64>, Fault> {
    match value {
        Some(value) if !(min..=max).contains(&value) => Err(Fault::new("", Code::OutOfRange).with("min", min).with("max", max)),
        value => Ok(value),
    }
}

/// Hundredths of a percent as people write a percentage: `95`, `33.33`, `4.5`.
pub fn percent(hundredths: i64) -> String {
    let (whole, part) = (hundredths / 100, (hundredths % 100).abs());
    match part {
        0 => whole.to_string(),
        part if part % 10 == 0 => format!("{whole}.{}", part / 10),
        part => format!("{whole}.{part:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_as_people_write_them() {
        for (hundredths, text) in [(9500, "95"), (3333, "33.33"), (450, "4.5"), (5, "0.05"), (10_000, "100")] {
            assert_eq!(percent(hundredths), text);
        }
    }

    #[test]
    fn fields_nobody_knows_are_refused_and_absent_ones_are_empty() {
        assert_eq!(serde_json::from_str::<StyleFacts>("{}").unwrap(), StyleFacts::default());
        assert!(serde_json::from_str::<StyleFacts>(r#"{"fabric":"x"}"#).is_err());
    }
}
