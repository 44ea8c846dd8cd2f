//! The screens of styles, skus and warranty policies, and how their forms become fields and back.

use std::collections::HashMap;

use askama::Template;
use chrono::NaiveDate;

use super::{
    AgeGroup, Certificate, Faq, LabelItem, NoReasonReturn, Point, PolicyFields, SafetyClass, SizeChart, SkuFields, SkuView, StartRule,
    StyleFacts, StyleFields, StyleView, WarrantyPolicy, composition, percent,
};
use crate::kernel::care::{self, Group, Symbol};
use crate::kernel::text::Both;
use crate::kernel::{Code, Fault, countries, money, time};
use crate::platform::http::{Filled, Shell, segment};
use crate::production::corrections::Preview;
use crate::production::parties::{Maker, Status};

/// Empty rows a form offers below those that are filled in.
const SPARE_ROWS: usize = 2;
/// Rows of a list a form reads.
const ROWS_MAX: usize = 60;
/// The groups of care symbols, in the order of the standard.
const GROUPS: [Group; 6] = [Group::Wash, Group::Bleach, Group::TumbleDry, Group::NaturalDry, Group::Iron, Group::ProfessionalClean];

type Values = HashMap<String, String>;
type Options = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "production/products/list.html")]
pub(super) struct ListPage {
    pub shell: Shell,
    pub styles: Vec<StyleView>,
    pub q: String,
    pub status: String,
    pub manufacturer: String,
    pub next: Option<String>,
    pub csv: String,
}

impl ListPage {
    fn states(&self) -> Options {
        let any = (String::new(), self.shell.t.say("styles-any-status").into_owned());
        std::iter::once(any).chain(state_options(&self.shell)).collect()
    }
}

#[derive(Template)]
#[template(path = "production/products/one.html")]
pub(super) struct OnePage {
    pub shell: Shell,
    pub view: StyleView,
    pub maker: Option<Maker>,
    pub policy: Option<WarrantyPolicy>,
    pub skus: Vec<SkuView>,
    /// Whether this person may correct what garments stand on.
    pub may_correct: bool,
    /// The eight items of the label, and whether each is missing.
    pub items: Vec<(LabelItem, String, bool)>,
}

impl OnePage {
    fn symbols(&self) -> Vec<&'static Symbol> {
        self.view.facts.care.iter().filter_map(|code| care::symbol(code)).collect()
    }

    fn missing(&self) -> usize {
        self.items.iter().filter(|(_, _, missing)| *missing).count()
    }

    /// Stages whose country is known, with its name.
    fn stages(&self) -> Vec<(&'static str, &str)> {
        let stages = &self.view.facts.stages;
        let all =
            [("styles-spin", &stages.spin), ("styles-weave", &stages.weave), ("styles-dye", &stages.dye), ("styles-sew", &stages.sew)];
        all.into_iter().filter(|(_, code)| !code.is_empty()).map(|(key, code)| (key, countries::name(code, self.shell.lang))).collect()
    }

    /// Texts that are not empty, under their titles.
    fn texts(&self) -> Vec<(&'static str, &str)> {
        let facts = &self.view.facts;
        let all = [
            ("styles-materials", &facts.materials),
            ("styles-origin", &facts.origin),
            ("styles-repair", &facts.repair),
            ("styles-take-back", &facts.take_back),
        ];
        all.into_iter().map(|(key, text)| (key, text.get(self.shell.lang))).filter(|(_, text)| !text.is_empty()).collect()
    }

    fn recycled(&self) -> Option<String> {
        self.view.facts.recycled_hundredths.map(percent)
    }

    fn no_reason_key(&self) -> String {
        format!("styles-return-{}", self.view.facts.no_reason_return.as_str())
    }
}

#[derive(Template)]
#[template(path = "production/products/style_form.html")]
pub(super) struct StyleForm {
    pub shell: Shell,
    pub form: Filled,
    /// The code of the style that is changed; None for a new one.
    pub code: Option<String>,
    /// Codes and names of parties that may be named as manufacturer.
    pub makers: Options,
    /// Codes of warranty policies.
    pub policies: Vec<String>,
    /// What a correction moves; None for an edit.
    pub correcting: Option<Preview>,
}

impl StyleForm {
    fn action(&self) -> String {
        let act = if self.correcting.is_some() { "correct" } else { "edit" };
        self.code.as_ref().map_or_else(|| "/styles/new".to_owned(), |code| format!("{}/{act}", href(code)))
    }

    fn back(&self) -> String {
        self.code.as_ref().map_or_else(|| "/styles".to_owned(), |code| href(code))
    }

    fn states(&self) -> Options {
        state_options(&self.shell)
    }

    fn classes(&self) -> Options {
        let none = (String::new(), "—".to_owned());
        let classes = [SafetyClass::A, SafetyClass::B, SafetyClass::C];
        let said =
            classes.map(|class| (class.as_str().to_owned(), self.shell.t.say(format!("styles-class-{}", class.as_str())).into_owned()));
        std::iter::once(none).chain(said).collect()
    }

    fn ages(&self) -> Options {
        AgeGroup::ALL
            .iter()
            .map(|age| (age.as_str().to_owned(), self.shell.t.say(format!("styles-age-{}", age.as_str())).into_owned()))
            .collect()
    }

    fn returns(&self) -> Options {
        let said = |rule: &NoReasonReturn| self.shell.t.say(format!("styles-return-{}", rule.as_str())).into_owned();
        NoReasonReturn::ALL.iter().map(|rule| (rule.as_str().to_owned(), said(rule))).collect()
    }

    fn policy_options(&self) -> Options {
        let default = (String::new(), self.shell.t.say("styles-policy-default").into_owned());
        std::iter::once(default).chain(self.policies.iter().map(|code| (code.clone(), code.clone()))).collect()
    }

    /// The groups of care symbols: field, name, choices.
    fn care_groups(&self) -> Vec<(String, &'static str, Vec<&'static Symbol>)> {
        let of = |group: Group| care::SYMBOLS.iter().filter(move |symbol| symbol.group == group).collect();
        GROUPS.iter().enumerate().map(|(place, group)| (format!("care.{place}"), group.name(self.shell.lang), of(*group))).collect()
    }

    /// Places of a list's rows: those filled in and some empty ones.
    fn rows(&self, list: &str) -> Vec<String> {
        let filled = (0..ROWS_MAX).rev().find(|place| self.form.any_below(&format!("{list}.{place}."))).map_or(0, |last| last + 1);
        (0..(filled + SPARE_ROWS).min(ROWS_MAX)).map(|place| format!("{list}.{place}")).collect()
    }
}

#[derive(Template)]
#[template(path = "production/products/sku_form.html")]
pub(super) struct SkuForm {
    pub shell: Shell,
    pub form: Filled,
    pub style: String,
    /// The code of the sku that is changed; None for a new one.
    pub code: Option<String>,
    pub old_gtins: Vec<String>,
    /// What a correction moves; None for an edit.
    pub correcting: Option<Preview>,
}

impl SkuForm {
    fn action(&self) -> String {
        let act = if self.correcting.is_some() { "correct" } else { "edit" };
        self.code.as_ref().map_or_else(|| format!("{}/skus/new", href(&self.style)), |code| format!("/skus/{}/{act}", segment(code)))
    }
}

#[derive(Template)]
#[template(path = "production/products/policies.html")]
pub(super) struct PoliciesPage {
    pub shell: Shell,
    /// Versions by code, newest first.
    pub policies: Vec<(String, Vec<WarrantyPolicy>)>,
}

#[derive(Template)]
#[template(path = "production/products/policy_form.html")]
pub(super) struct PolicyForm {
    pub shell: Shell,
    pub form: Filled,
}

impl PolicyForm {
    /// Choices for one place of the start rules.
    fn rules(&self, first: &bool) -> Options {
        let none = (!first).then(|| (String::new(), "—".to_owned()));
        let said = |rule: &StartRule| self.shell.t.say(format!("policies-start-{}", rule.as_str())).into_owned();
        none.into_iter().chain(StartRule::ALL.iter().map(|rule| (rule.as_str().to_owned(), said(rule)))).collect()
    }
}

impl WarrantyPolicy {
    /// How long it lasts, in words.
    pub(super) fn term(&self, shell: &Shell) -> String {
        let part = |key: &str, count: i64| (count > 0).then(|| shell.t.say1(key, "count", count).into_owned());
        let parts: Vec<String> = [part("policies-months", self.months), part("policies-days", self.days)].into_iter().flatten().collect();
        if parts.is_empty() { shell.t.say("policies-no-warranty").into_owned() } else { parts.join(shell.lang.of("零", " and ")) }
    }

    /// From which day it runs, in words.
    pub(super) fn starts(&self, shell: &Shell) -> String {
        let rules: Vec<_> = self.start_rules.iter().map(|rule| shell.t.say(format!("policies-start-{}", rule.as_str()))).collect();
        rules.join(shell.lang.of("；否则", "; otherwise "))
    }
}

fn state_options(shell: &Shell) -> Options {
    let said = |status: Status| (status.as_str().to_owned(), shell.t.say(format!("styles-status-{}", status.as_str())).into_owned());
    vec![said(Status::Active), said(Status::Closed)]
}

/// A style's address in the staff pages.
pub(super) fn href(code: &str) -> String {
    format!("/styles/{}", segment(code))
}

/// A party's address in the staff pages.
fn party_href(code: &str) -> String {
    format!("/parties/{}", segment(code))
}

/// Reads a form's fields, noting what cannot be read at all; what a sound record is, the rules say.
struct Reading<'a> {
    values: &'a Values,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn text(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_default()
    }

    fn both(&self, name: &str) -> Both {
        Both { zh: self.text(&format!("{name}.zh")), en: self.text(&format!("{name}.en")) }
    }

    fn filled(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A field that is read when it is filled in.
    fn read<T>(&mut self, name: &str, reader: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let text = self.filled(name)?;
        reader(&text).map_err(|fault| self.faults.push(Fault { field: name.to_owned().into(), ..fault })).ok()
    }

    fn whole(&mut self, name: &str) -> Option<i64> {
        self.read(name, |text| text.parse().map_err(|_| Fault::new("", Code::NotANumber).with("value", text)))
    }

    /// The places of a list at which something is filled in.
    fn rows(&self, list: &str) -> Vec<String> {
        let filled = |row: &String| {
            let below = format!("{row}.");
            self.values.iter().any(|(name, value)| name.starts_with(&below) && !value.trim().is_empty())
        };
        (0..ROWS_MAX).map(|place| format!("{list}.{place}")).filter(filled).collect()
    }

    fn end<T>(self, fields: T) -> Result<T, Vec<Fault>> {
        if self.faults.is_empty() { Ok(fields) } else { Err(self.faults) }
    }
}

/// What a form says of a style.
///
/// # Errors
/// The fields that cannot be read.
pub(super) fn style_of(values: &Values) -> Result<StyleFields, Vec<Fault>> {
    let mut form = Reading { values, faults: Vec::new() };
    let facts = StyleFacts {
        composition: form.read("facts.composition", |text| composition::read("", text)).unwrap_or_default(),
        care: (0..GROUPS.len()).filter_map(|place| form.filled(&format!("care.{place}"))).collect(),
        care_note: form.both("facts.care_note"),
        safety_class: form.read("facts.safety_class", |text| match text {
            "A" => Ok(SafetyClass::A),
            "B" => Ok(SafetyClass::B),
            "C" => Ok(SafetyClass::C),
            other => Err(Fault::new("", Code::NotOneOf).with("value", other).with("allowed", "A, B, C")),
        }),
        age_group: one_of(&form.text("facts.age_group"), AgeGroup::ALL, AgeGroup::as_str),
        product_standard: form.text("facts.product_standard"),
        use_notes: form.both("facts.use_notes"),
        stages: super::Stages {
            spin: form.text("facts.stages.spin"),
            weave: form.text("facts.stages.weave"),
            dye: form.text("facts.stages.dye"),
            sew: form.text("facts.stages.sew"),
        },
        materials: form.both("facts.materials"),
        origin: form.both("facts.origin"),
        recycled_hundredths: form
            .read("facts.recycled_hundredths", |text| money::read_decimal("", text.trim_end_matches(['%', '％', ' ']), 2)),
        certificates: certificates_of(&mut form),
        repair: form.both("facts.repair"),
        take_back: form.both("facts.take_back"),
        faq: form
            .rows("facts.faq")
            .iter()
            .map(|row| Faq { question: form.both(&format!("{row}.question")), answer: form.both(&format!("{row}.answer")) })
            .collect(),
        size_chart: size_chart_of(&mut form),
        no_reason_return: one_of(&form.text("facts.no_reason_return"), NoReasonReturn::ALL, NoReasonReturn::as_str),
        public_name: form.both("facts.public_name"),
    };
    let fields = StyleFields {
        code: form.text("code"),
        brand: form.text("brand"),
        name: form.both("name"),
        category: form.text("category"),
        confidential: values.contains_key("confidential"),
        manufacturer: form.filled("manufacturer"),
        policy: form.filled("policy"),
        facts,
        status: form.read("status", |text| Status::read("", text)).unwrap_or_default(),
        version: form.text("version").parse().ok(),
    };
    form.end(fields)
}

fn one_of<T: Copy + Default>(text: &str, all: &[T], as_str: fn(T) -> &'static str) -> T {
    all.iter().copied().find(|one| as_str(*one) == text).unwrap_or_default()
}

fn certificates_of(form: &mut Reading<'_>) -> Vec<Certificate> {
    let rows = form.rows("facts.certificates");
    let read = rows.iter().map(|row| Certificate {
        name: form.text(&format!("{row}.name")),
        issuer: form.text(&format!("{row}.issuer")),
        number: form.text(&format!("{row}.number")),
        valid_to: form.read(&format!("{row}.valid_to"), |text| time::read_date("", text)),
    });
    read.collect()
}

fn size_chart_of(form: &mut Reading<'_>) -> Option<SizeChart> {
    let sizes: Vec<String> = split(&form.text("facts.size_chart.sizes")).map(str::to_owned).collect();
    let how = form.both("facts.size_chart.how");
    let rows = form.rows("facts.size_chart.points");
    let points: Vec<Point> = rows
        .iter()
        .map(|row| {
            let number = |text: &str| text.parse().map_err(|_| Fault::new("", Code::NotANumber).with("value", text));
            let mm =
                form.read(&format!("{row}.mm"), |text| split(text).map(number).collect::<Result<Vec<i64>, Fault>>()).unwrap_or_default();
            Point { name: form.both(&format!("{row}.name")), mm, tolerance_mm: form.whole(&format!("{row}.tolerance_mm")) }
        })
        .collect();
    (!sizes.is_empty() || !points.is_empty() || how != Both::default()).then_some(SizeChart { sizes, points, how })
}

/// Entries of a list on one line.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '，', '、', ' ', ';', '；']).map(str::trim).filter(|part| !part.is_empty())
}

/// A style as its form shows it.
pub(super) fn style_values(view: &StyleView) -> Values {
    let facts = &view.facts;
    let mut values = Values::new();
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            values.insert(name.to_owned(), value.to_owned());
        }
    };
    let recycled = facts.recycled_hundredths.map(percent).unwrap_or_default();
    let plain: [(&str, &str); 16] = [
        ("code", &view.code),
        ("brand", &view.brand),
        ("category", &view.category),
        ("confidential", if view.confidential { "on" } else { "" }),
        ("manufacturer", view.manufacturer.as_deref().unwrap_or_default()),
        ("policy", view.policy.as_deref().unwrap_or_default()),
        ("status", view.status.as_str()),
        ("facts.safety_class", facts.safety_class.map_or("", SafetyClass::as_str)),
        ("facts.age_group", facts.age_group.as_str()),
        ("facts.product_standard", &facts.product_standard),
        ("facts.stages.spin", &facts.stages.spin),
        ("facts.stages.weave", &facts.stages.weave),
        ("facts.stages.dye", &facts.stages.dye),
        ("facts.stages.sew", &facts.stages.sew),
        ("facts.recycled_hundredths", &recycled),
        ("facts.no_reason_return", facts.no_reason_return.as_str()),
    ];
    plain.into_iter().for_each(|(name, value)| put(name, value));
    put("version", &view.version.to_string());
    put("facts.composition", &composition::write(&facts.composition));
    for symbol in facts.care.iter().filter_map(|code| care::symbol(code)) {
        if let Some(place) = GROUPS.iter().position(|group| *group == symbol.group) {
            put(&format!("care.{place}"), symbol.code);
        }
    }
    let mut put_both = |name: &str, both: &Both| {
        put(&format!("{name}.zh"), &both.zh);
        put(&format!("{name}.en"), &both.en);
    };
    put_both("name", &view.name);
    let texts = [
        ("facts.care_note", &facts.care_note),
        ("facts.use_notes", &facts.use_notes),
        ("facts.materials", &facts.materials),
        ("facts.origin", &facts.origin),
        ("facts.repair", &facts.repair),
        ("facts.take_back", &facts.take_back),
        ("facts.public_name", &facts.public_name),
    ];
    texts.into_iter().for_each(|(name, both)| put_both(name, both));
    for (place, faq) in facts.faq.iter().enumerate() {
        put_both(&format!("facts.faq.{place}.question"), &faq.question);
        put_both(&format!("facts.faq.{place}.answer"), &faq.answer);
    }
    if let Some(chart) = &facts.size_chart {
        put_both("facts.size_chart.how", &chart.how);
        for (place, point) in chart.points.iter().enumerate() {
            put_both(&format!("facts.size_chart.points.{place}.name"), &point.name);
        }
    }
    for (place, certificate) in facts.certificates.iter().enumerate() {
        put(&format!("facts.certificates.{place}.name"), &certificate.name);
        put(&format!("facts.certificates.{place}.issuer"), &certificate.issuer);
        put(&format!("facts.certificates.{place}.number"), &certificate.number);
        put(&format!("facts.certificates.{place}.valid_to"), &certificate.valid_to.map(|date| date.to_string()).unwrap_or_default());
    }
    if let Some(chart) = &facts.size_chart {
        put("facts.size_chart.sizes", &chart.sizes.join(", "));
        for (place, point) in chart.points.iter().enumerate() {
            let mm: Vec<String> = point.mm.iter().map(ToString::to_string).collect();
            put(&format!("facts.size_chart.points.{place}.mm"), &mm.join(", "));
            put(&format!("facts.size_chart.points.{place}.tolerance_mm"), &point.tolerance_mm.map(|mm| mm.to_string()).unwrap_or_default());
        }
    }
    values
}

/// What a form says of a sku of `style`.
pub(super) fn sku_of(values: &Values, style: &str) -> SkuFields {
    let form = Reading { values, faults: Vec::new() };
    SkuFields {
        style: style.to_owned(),
        code: form.text("code"),
        gtin: form.filled("gtin"),
        colour: form.both("colour"),
        size: form.text("size"),
        size_label: form.text("size_label"),
        version: form.text("version").parse().ok(),
    }
}

/// A sku as its form shows it.
pub(super) fn sku_values(sku: &SkuView) -> Values {
    let pairs = [
        ("code", sku.code.clone()),
        ("gtin", sku.gtin.clone().unwrap_or_default()),
        ("colour.zh", sku.colour.zh.clone()),
        ("colour.en", sku.colour.en.clone()),
        ("size", sku.size.clone()),
        ("size_label", sku.size_label.clone()),
        ("version", sku.version.to_string()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a form says of a policy's next version.
///
/// # Errors
/// The fields that cannot be read.
pub(super) fn policy_of(values: &Values) -> Result<PolicyFields, Vec<Fault>> {
    let mut form = Reading { values, faults: Vec::new() };
    let valid_from = form.read("valid_from", |text| time::read_date("", text));
    if form.filled("valid_from").is_none() {
        form.faults.push(Fault::new("valid_from", Code::Missing));
    }
    if form.filled("months").is_none() && form.filled("days").is_none() {
        form.faults.push(Fault::new("months", Code::Missing));
    }
    let fields = PolicyFields {
        code: form.text("code"),
        valid_from: valid_from.unwrap_or(NaiveDate::MIN),
        months: form.whole("months").unwrap_or_default(),
        days: form.whole("days").unwrap_or_default(),
        start_rules: (0..StartRule::ALL.len()).filter_map(|place| StartRule::of(&form.text(&format!("start_rules.{place}")))).collect(),
        made_plus_months: form.whole("made_plus_months"),
        coverage: form.both("coverage"),
        exclusions: form.both("exclusions"),
    };
    form.end(fields)
}

/// A version of a policy as the form for the next one begins.
pub(super) fn policy_values(policy: &WarrantyPolicy, today: NaiveDate) -> Values {
    let pairs = [
        ("code", policy.code.clone()),
        ("valid_from", policy.valid_from.max(today).to_string()),
        ("months", policy.months.to_string()),
        ("days", policy.days.to_string()),
        ("made_plus_months", policy.made_plus_months.map(|months| months.to_string()).unwrap_or_default()),
        ("coverage.zh", policy.coverage.zh.clone()),
        ("coverage.en", policy.coverage.en.clone()),
        ("exclusions.zh", policy.exclusions.zh.clone()),
        ("exclusions.en", policy.exclusions.en.clone()),
    ];
    let rules = policy.start_rules.iter().enumerate().map(|(place, rule)| (format!("start_rules.{place}"), rule.as_str().to_owned()));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(rules).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Id;
    use crate::production::products::{Component, Fibre, Stages};

    fn both(text: &str) -> Both {
        Both { zh: format!("{text}中"), en: text.to_owned() }
    }

    #[test]
    fn what_a_form_shows_is_what_it_reads() {
        let facts = StyleFacts {
            composition: vec![Component {
                name: Both { zh: "面料".into(), en: "shell".into() },
                fibres: vec![Fibre { name: Both { zh: "棉".into(), en: "cotton".into() }, hundredths: 10_000 }],
            }],
            care: vec!["wash-30-mild".into(), "bleach-no".into()],
            care_note: both("note"),
            safety_class: Some(SafetyClass::B),
            age_group: AgeGroup::Child,
            product_standard: "GB/T 2660-2017".into(),
            use_notes: both("use"),
            stages: Stages { spin: "CN".into(), weave: "CN".into(), dye: "VN".into(), sew: "VN".into() },
            materials: both("materials"),
            origin: both("origin"),
            recycled_hundredths: Some(2_050),
            certificates: vec![Certificate {
                name: "OEKO-TEX".into(),
                issuer: "T".into(),
                number: "1".into(),
                valid_to: NaiveDate::from_ymd_opt(2027, 1, 31),
            }],
            repair: both("repair"),
            take_back: both("back"),
            faq: vec![Faq { question: both("q"), answer: both("a\nb") }],
            size_chart: Some(SizeChart {
                sizes: vec!["S".into(), "M".into()],
                points: vec![Point { name: both("chest"), mm: vec![960, 1_000], tolerance_mm: Some(10) }],
                how: both("flat"),
            }),
            no_reason_return: NoReasonReturn::ExcludedIfConfirmed,
            public_name: both("public"),
        };
        let view = StyleView {
            id: Id(1),
            code: "ST/1".into(),
            brand: "B".into(),
            name: both("name"),
            category: "shirt".into(),
            confidential: true,
            manufacturer: Some("P".into()),
            policy: Some("W".into()),
            facts,
            status: Status::Closed,
            version: 3,
        };
        assert_eq!(style_of(&style_values(&view)).unwrap(), StyleFields::from(view));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let values: Values = [("facts.size_chart.points.0.mm", "960, wide"), ("facts.certificates.1.valid_to", "soon")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let faults = style_of(&values).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| &*fault.field).collect();
        assert_eq!(fields, ["facts.certificates.1.valid_to", "facts.size_chart.points.0.mm"]);
    }
}
