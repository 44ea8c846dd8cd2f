//! What a garment is made of: its components and their fibres, as people and files write them, and the names of both that the house knows.
//!
//! `shell: cotton 95%, elastane 5%; lining: polyester 100%`, `面料：棉95% 氨纶5% 里料：涤100%` and `Shell 95% C 5% Lycra Lining 100% Poly` say the
//! same, and so does `全棉` as `100% Cotton`. A name the house knows may be given in either language, as the trade writes it, and becomes the one
//! labels must use; any other is given in both, Chinese and English with a slash between (`汉麻秆芯/hemp hurd`), so that a typing mistake is
//! never taken for a new fibre. The shares of each component sum to exactly 100 %.

mod field;
mod names;
mod table;
mod words;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::money::read_decimal;
use crate::kernel::names::{half_width, is_invisible};
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Code, Fault, Faults};
pub use field::COMPOSITION;
use table::{COMPONENTS, FIBRES, Table, name_of};

/// Components a garment may have, and fibres a component.
const PARTS_MAX: usize = 20;
/// Characters a fibre's or component's name may have.
const NAME_MAX: usize = 60;
/// How it is written, for the message that says it was not.
const FORM: &str = "“面料：棉 95%，氨纶 5%；里料：聚酯纤维 100%” / “shell: cotton 95%, elastane 5%; lining: polyester 100%”";

/// Hundredths of a percent that the fibres of one component sum to.
pub const WHOLE: i64 = 10_000;

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

impl Component {
    /// Its fibres as a label writes them, largest first as they are kept: `棉 95% 氨纶 5%`, `95% cotton, 5% elastane`.
    pub fn fibres_in(&self, lang: Lang) -> String {
        let fibres = self.fibres.iter().map(|fibre| match lang {
            Lang::Zh => format!("{} {}%", fibre.name.get(lang), percent(fibre.hundredths)),
            Lang::En => format!("{}% {}", percent(fibre.hundredths), fibre.name.get(lang)),
        });
        fibres.collect::<Vec<_>>().join(lang.of(" ", ", "))
    }
}

/// A whole composition on one line: `面料：棉 95% 氨纶 5%；里料：…`.
pub fn show(components: &[Component], lang: Lang) -> String {
    let components = components.iter().map(|component| {
        let (name, fibres) = (component.name.get(lang), component.fibres_in(lang));
        if name.is_empty() { fibres } else { format!("{name}{}{fibres}", lang.of("：", ": ")) }
    });
    components.collect::<Vec<_>>().join(lang.of("；", "; "))
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

/// A composition read from one line.
///
/// # Errors
/// For `field`: [`Code::Malformed`] when it is not of the form above, [`Code::UnknownName`] for a name, with what was perhaps meant,
/// [`Code::NotANumber`] for a share, [`Code::WrongSum`] for shares that do not make 100 %, [`Code::Duplicate`] for a fibre or component that
/// comes twice.
pub fn read(field: &'static str, text: &str) -> Result<Vec<Component>, Fault> {
    let malformed =
        |part: String| Fault::new(field, Code::Malformed).with("reason", "composition-form").with("part", part).with("form", FORM);
    let text: String = text.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    let mut components = Vec::new();
    for written in words::components(&text).map_err(malformed)? {
        let fibre = |(name, share): &(String, String)| Ok(Fibre { name: name_of(name), hundredths: hundredths(field, share)? });
        let fibres = written.fibres.iter().map(fibre).collect::<Result<_, Fault>>()?;
        components.push(Component { name: name_of(&written.name), fibres });
    }
    if components.is_empty() && !text.trim().is_empty() {
        return Err(malformed(text));
    }
    let mut faults = Faults::default();
    let components = sound(&mut faults, "", &components);
    // A cell has one fault: the first.
    match faults.first() {
        None => Ok(components),
        Some(fault) if fault.code == Code::Missing => Err(Fault::new(field, Code::Malformed).with("reason", "composition-part-name")),
        Some(fault) => Err(Fault { field: field.into(), ..fault.clone() }),
    }
}

/// A share in hundredths of a percent.
fn hundredths(field: &'static str, text: &str) -> Result<i64, Fault> {
    read_decimal(field, text, 2)
}

/// Components with the names the house knows, largest share first; notes what is wrong below `root`.
pub fn sound(faults: &mut Faults, root: &str, given: &[Component]) -> Vec<Component> {
    faults.at_most(root, given.len(), PARTS_MAX);
    let mut components: Vec<Component> = Vec::with_capacity(given.len());
    for (place, component) in given.iter().take(PARTS_MAX).enumerate() {
        let at = format!("{root}.{place}");
        let name = named(faults, &format!("{at}.name"), &COMPONENTS, &component.name, given.len() == 1);
        if components.iter().any(|other| other.name == name) && name != Both::default() {
            faults.note(Fault::new(format!("{at}.name"), Code::Duplicate).with("value", &name.zh));
        }
        let fibres = fibres(faults, &at, &name, &component.fibres);
        components.push(Component { name, fibres });
    }
    components
}

fn fibres(faults: &mut Faults, at: &str, of: &Both, given: &[Fibre]) -> Vec<Fibre> {
    faults.at_most(&format!("{at}.fibres"), given.len(), PARTS_MAX);
    let mut fibres: Vec<Fibre> = Vec::with_capacity(given.len());
    for (place, fibre) in given.iter().take(PARTS_MAX).enumerate() {
        let name = named(faults, &format!("{at}.fibres.{place}.name"), &FIBRES, &fibre.name, false);
        if fibres.iter().any(|other| other.name == name) && name != Both::default() {
            faults.note(Fault::new(format!("{at}.fibres.{place}.name"), Code::Duplicate).with("value", &name.zh));
        }
        if !(1..=WHOLE).contains(&fibre.hundredths) {
            faults.note(Fault::new(format!("{at}.fibres.{place}.hundredths"), Code::OutOfRange).with("min", 1).with("max", WHOLE));
        }
        fibres.push(Fibre { name, hundredths: fibre.hundredths });
    }
    let sum = fibres.iter().fold(0i64, |sum, fibre| sum.saturating_add(fibre.hundredths));
    if sum != WHOLE {
        let shares: Vec<String> = fibres.iter().map(|fibre| format!("{}%", percent(fibre.hundredths))).collect();
        let of = if *of == Both::default() { String::new() } else { format!("{}/{}: ", of.zh, of.en) };
        let sum = format!("{of}{} = {}%", shares.join(" + "), percent(sum));
        faults.note(Fault::new(format!("{at}.fibres"), Code::WrongSum).with("sum", sum).with("expected", "100%"));
    }
    fibres.sort_by_key(|fibre| std::cmp::Reverse(fibre.hundredths));
    fibres
}

fn named(faults: &mut Faults, at: &str, table: &Table, given: &Both, may_be_empty: bool) -> Both {
    let given = faults.lines(at, given, NAME_MAX);
    if given == Both::default() {
        if !may_be_empty {
            faults.note(Fault::new(at.to_owned(), Code::Missing));
        }
        return given;
    }
    if [&given.zh, &given.en].iter().any(|name| name.chars().map(half_width).any(|c| [';', ':', ',', '、', '/', '%'].contains(&c))) {
        faults.note(Fault::new(at.to_owned(), Code::Malformed).with("reason", "composition-signs"));
        return Both::default();
    }
    table.standard(&given).unwrap_or_else(|| {
        let value = [given.zh.as_str(), given.en.as_str()].into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/");
        let fault = Fault::new(at.to_owned(), Code::UnknownName).with("kind", table.kind).with("value", value);
        faults.note(fault.near(&table.near(&given)));
        Both::default()
    })
}

/// A composition in the form [`read`] takes, for forms and files. Names are in both languages where the house does not know them.
pub fn write(components: &[Component]) -> String {
    let word = |table: &Table, name: &Both| {
        let short = Both { zh: name.zh.clone(), en: String::new() };
        if table.standard(&short).as_ref() == Some(name) { name.zh.clone() } else { format!("{}/{}", name.zh, name.en) }
    };
    let components: Vec<String> = components
        .iter()
        .map(|component| {
            let fibres: Vec<String> =
                component.fibres.iter().map(|fibre| format!("{} {}%", word(&FIBRES, &fibre.name), percent(fibre.hundredths))).collect();
            let fibres = fibres.join("，");
            if component.name == Both::default() { fibres } else { format!("{}：{fibres}", word(&COMPONENTS, &component.name)) }
        })
        .collect();
    components.join("；")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::names::fold;

    fn said(text: &str) -> String {
        show(&read("composition", text).unwrap(), Lang::En)
    }

    #[test]
    fn percentages_as_people_write_them() {
        for (hundredths, text) in [(9500, "95"), (3333, "33.33"), (450, "4.5"), (5, "0.05"), (10_000, "100")] {
            assert_eq!(percent(hundredths), text);
        }
    }

    #[test]
    fn both_languages_and_orders_are_read() {
        let expected = "shell: 95% cotton, 5% elastane; lining: 100% polyester";
        for text in [
            "shell: cotton 95%, elastane 5%; lining: polyester 100%",
            "面料：棉 95%，氨纶 5%；里料：聚酯纤维 100%",
            "面料:棉95%氨纶5%;里料:涤纶100%",
            "Shell: 5% spandex, 95% Cotton; Lining: 100% polyester",
            "面料：氨纶５％、棉９５％\n里布：聚酯纤维（涤纶）100％",
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
        assert_eq!(said("棉 100%"), "100% cotton");
        assert_eq!(said("汉麻秆芯/hemp hurd 33.33%，棉 66.67%"), "66.67% cotton, 33.33% hemp hurd");
        assert_eq!(said("芳纶1313 100%"), "100% meta-aramid");
    }

    #[test]
    fn fibres_are_read_as_the_trade_writes_them() {
        for (texts, expected) in [
            (
                &[
                    "精梳棉100%",
                    "100%精梳棉",
                    "全棉",
                    "纯棉",
                    "100% Cotton",
                    "Pure Cotton",
                    "combed cotton 100%",
                    "新疆长绒棉 100%",
                    "100% COTTONS",
                    "棉(精梳) 100%",
                    "C100",
                ][..],
                "100% cotton",
            ),
            (
                &[
                    "棉95 氨纶5",
                    "棉95%氨纶5%",
                    "95%C 5%SP",
                    "C95 SP5",
                    "95% Cotton / 5% Lycra",
                    "棉95%+莱卡5%",
                    "95% cotton & 5% Spandex",
                    "Cotton: 95%, Elastane: 5%",
                    "棉/氨纶 95/5",
                    "95%棉，5%氨纶（莱卡）",
                    "棉氨 95/5",
                    "95% cotton and 5% elastane",
                    "棉 95%; 氨纶 5%",
                    "棉-95% 氨纶-5%",
                    "CO 95% EL 5%",
                ],
                "95% cotton, 5% elastane",
            ),
            (
                &[
                    "涤65% 棉35%",
                    "T/C 65/35",
                    "65/35 T/C",
                    "65/35% 涤/棉",
                    "涤棉 65/35",
                    "65% Poly 35% Cotton",
                    "涤纶65、棉35",
                    "65%聚酯纤维(涤纶) 35%棉",
                    "Polyester fibre 65%, cotton fibers 35%",
                ],
                "65% polyester, 35% cotton",
            ),
            (&["天丝60% 莫代尔40%", "60% Tencel 40% Modal", "TENCEL™ 60%, Modal 40%"], "60% lyocell, 40% modal"),
            (&["锦纶100%", "尼龙 100%", "Nylon 100", "锦纶（尼龙）100%", "PA6 100%", "PA6 100", "N100%"], "100% polyamide"),
            (&["100% 澳洲羊毛", "全羊毛", "100% Australian wool", "WO 100%"], "100% wool"),
            (&["芳纶1313 60 芳纶1414 40"], "60% meta-aramid, 40% para-aramid"),
        ] {
            for text in texts {
                assert_eq!(said(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn components_need_no_line_of_their_own() {
        for text in [
            "面料：棉100% 里料：聚酯纤维100%",
            "面料:100%棉 里料:100%涤纶",
            "面料 棉100% 里料 涤100%",
            "面料棉100%里料涤纶100%",
            "【面料】棉100%【里料】聚酯纤维100%",
            "面料（棉100%）里料（涤纶100%）",
            "面料：全棉；里料：涤纶100%",
            "Shell: 100% Cotton Lining: 100% Polyester",
            "Shell 100% cotton, Lining 100% poly",
            "SHELL FABRIC: COTTON 100% / LINING: POLYESTER 100%",
            "面料/Shell：棉/Cotton 100%\n里料/Lining：聚酯纤维/Polyester 100%",
        ] {
            assert_eq!(said(text), "shell: 100% cotton; lining: 100% polyester", "{text}");
        }
        let own = "门襟/placket: 汉麻秆芯/hemp hurd 40%, cotton 60%; shell: wool 100%";
        assert_eq!(said(own), "placket: 60% cotton, 40% hemp hurd; shell: 100% wool");
    }

    #[test]
    fn what_was_perhaps_meant_is_said() {
        for (text, near) in [
            ("cottn 100%", "cotton"),
            ("polyestr 100%", "polyester"),
            ("聚脂纤维 100%", "聚酯纤维"),
            ("麻 100%", "亚麻或苎麻"),
            ("80% 羽绒 20% 羽毛", "鹅绒或鸭绒"),
            ("bamboo 100%", "viscose"),
            ("竹纤维 100%", "粘纤"),
            ("lning: cotton 100%", "lining"),
            ("棉/polyester 100%", "cotton or polyester"),
        ] {
            let fault = read("composition", text).unwrap_err();
            assert_eq!(fault.code, Code::UnknownName, "{text}");
            assert!(fault.args.iter().any(|(name, value)| name.starts_with("near_") && value == near), "{text}: {fault:?}");
        }
        let fault = read("composition", "unobtainium 100%").unwrap_err();
        assert_eq!(fault.args, [("kind", "fibre".into()), ("value", "unobtainium".into())]);
        let fault = read("composition", "面料：棉95% 氨纶4%").unwrap_err();
        assert_eq!(fault.args, [("sum", "面料/shell: 95% + 4% = 99%".into()), ("expected", "100%".into())]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, code) in [
            ("cotton", Code::Malformed),
            ("cotton 95%, elastane", Code::Malformed),
            ("95% 5% cotton", Code::Malformed),
            ("cotton elastane 100%", Code::UnknownName),
            ("cotten 100%", Code::UnknownName),
            ("汉麻秆芯 100%", Code::UnknownName),
            ("shell: cotton 95%, elastane 4%", Code::WrongSum),
            ("shell: cotton 95%, elastane 6%", Code::WrongSum),
            ("cotton 99.999%", Code::TooManyDecimals),
            ("cotton 1.2.3%", Code::NotANumber),
            ("cotton 50%, 棉 50%", Code::Duplicate),
            ("shell: cotton 100%; 面料: polyester 100%", Code::Duplicate),
            ("shel: cotton 100%", Code::UnknownName),
            ("cotton 100%; polyester 100%", Code::Malformed),
            ("100% Cotton; lining: 100% polyester", Code::Malformed),
            ("shell: cotton 95%; 4% elastane; lining: wool 100%", Code::WrongSum),
            ("面料：棉95% 里料：涤纶100%", Code::WrongSum),
            ("棉/polyester 100%", Code::UnknownName),
            ("棉95 氨纶", Code::Malformed),
            ("棉/涤 65/30/5", Code::Malformed),
            ("95% 5%", Code::Malformed),
            (": 棉100%", Code::Malformed),
            ("面料：", Code::Malformed),
            ("%", Code::Malformed),
            ("cotton 100%, elastane 0%", Code::OutOfRange),
            ("cotton -5%, wool 105%", Code::OutOfRange),
        ] {
            let fault = read("composition", text).unwrap_err();
            assert_eq!((fault.code, &*fault.field), (code, "composition"), "{text}: {fault:?}");
        }
    }

    #[test]
    fn names_are_distinct_within_their_table() {
        for table in [&FIBRES, &COMPONENTS] {
            let rows = table.rows.iter();
            let mut names: Vec<String> =
                rows.flat_map(|(zh, en, others)| [zh, en].into_iter().chain(*others)).map(|name| fold(name)).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all);
            for (zh, en, others) in table.rows {
                for name in [zh, en].into_iter().chain(*others) {
                    assert_eq!(table.find(name).map(|row| row.0), Some(*zh), "{name}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(shares in proptest::collection::vec(1i64..3_000, 1..4), pick in 0usize..40) {
            let rest: i64 = WHOLE - shares.iter().sum::<i64>();
            let fibres = shares.iter().copied().chain(std::iter::once(rest)).enumerate().map(|(place, hundredths)| {
                let (zh, en, _) = FIBRES.rows[pick + place];
                Fibre { name: Both { zh: zh.into(), en: en.into() }, hundredths }
            });
            let fibres: Vec<Fibre> = fibres.collect();
            let (zh, en, _) = COMPONENTS.rows[pick % COMPONENTS.rows.len()];
            let mut faults = Faults::default();
            let components = sound(&mut faults, "composition", &[Component { name: Both { zh: zh.into(), en: en.into() }, fibres }]);
            prop_assert!(!faults.any());
            prop_assert_eq!(read("composition", &write(&components)).unwrap(), components);
        }

        #[test]
        fn nothing_makes_it_panic(text in "[棉涤cotton面料和：:;；,，%％0-9. /+()（【】\\n]{0,60}") {
            let _either = read("composition", &text);
        }
    }
}
