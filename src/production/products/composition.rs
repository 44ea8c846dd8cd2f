//! Fibre composition as people and files write it, and the names of fibres and components the house knows.
//!
//! `shell: cotton 95%, elastane 5%; lining: polyester 100%` and `面料：棉95% 氨纶5%；里料：聚酯纤维100%` say the same. A name the house
//! knows may be given in either language; any other in both, Chinese and English with a slash between (`汉麻秆芯/hemp hurd`), so that a
//! typing mistake is never taken for a new fibre. The shares of each component sum to exactly 100 %.

use super::facts::{Component, Fibre, WHOLE, percent};
use crate::kernel::text::Both;
use crate::kernel::{Code, Fault, Faults};

/// Components a garment may have, and fibres a component.
pub(super) const PARTS_MAX: usize = 20;
/// Characters a fibre's or component's name may have.
const NAME_MAX: usize = 60;
/// How it is written, for the message that says it was not.
const FORM: &str = "“面料：棉 95%，氨纶 5%；里料：聚酯纤维 100%” / “shell: cotton 95%, elastane 5%; lining: polyester 100%”";

/// A name in both languages, and what else people write for it.
type Name = (&'static str, &'static str, &'static [&'static str]);

/// Fibres by the names labels must use (GB/T 29862-2013, ISO 2076, Regulation (EU) No 1007/2011), with the trade's other words.
const FIBRES: &[Name] = &[
    ("棉", "cotton", &["纯棉"]),
    ("有机棉", "organic cotton", &[]),
    ("再生棉", "recycled cotton", &[]),
    ("聚酯纤维", "polyester", &["涤纶", "聚酯", "聚酯纤维(涤纶)", "polyester fibre", "polyester fiber", "pes", "pet"]),
    ("再生聚酯纤维", "recycled polyester", &["再生涤纶", "rpet"]),
    ("锦纶", "polyamide", &["尼龙", "聚酰胺纤维", "聚酰胺纤维(锦纶)", "nylon", "pa"]),
    ("再生锦纶", "recycled polyamide", &["recycled nylon"]),
    ("氨纶", "elastane", &["弹性纤维", "聚氨酯弹性纤维", "聚氨酯弹性纤维(氨纶)", "spandex", "ea"]),
    ("聚酯弹性纤维", "elastomultiester", &[]),
    ("聚烯烃弹性纤维", "elastolefin", &[]),
    ("腈纶", "acrylic", &["聚丙烯腈纤维", "聚丙烯腈纤维(腈纶)", "pan"]),
    ("改性腈纶", "modacrylic", &["腈氯纶"]),
    ("丙纶", "polypropylene", &["聚丙烯纤维", "聚丙烯纤维(丙纶)", "pp"]),
    ("聚乙烯纤维", "polyethylene", &["乙纶", "pe"]),
    ("氯纶", "chlorofibre", &["聚氯乙烯纤维"]),
    ("维纶", "vinylal", &["聚乙烯醇纤维"]),
    ("聚乳酸纤维", "polylactide", &["pla"]),
    ("间位芳纶", "meta-aramid", &["芳纶1313"]),
    ("对位芳纶", "para-aramid", &["芳纶1414"]),
    ("芳纶", "aramid", &[]),
    ("粘纤", "viscose", &["粘胶纤维", "粘胶", "黏胶纤维", "rayon", "viscose rayon"]),
    ("莫代尔纤维", "modal", &["莫代尔"]),
    ("莱赛尔纤维", "lyocell", &["莱赛尔", "天丝"]),
    ("铜氨纤维", "cupro", &["铜氨"]),
    ("醋纤", "acetate", &["醋酯纤维", "醋酸纤维"]),
    ("三醋纤", "triacetate", &["三醋酯纤维"]),
    ("绵羊毛", "wool", &["羊毛", "sheep wool"]),
    ("再生羊毛", "recycled wool", &[]),
    ("美丽诺羊毛", "merino wool", &["美利奴羊毛", "merino"]),
    ("山羊绒", "cashmere", &["羊绒"]),
    ("马海毛", "mohair", &[]),
    ("羊驼毛", "alpaca", &[]),
    ("骆驼绒", "camel hair", &["驼绒", "camel"]),
    ("牦牛绒", "yak", &["yak hair"]),
    ("兔毛", "rabbit hair", &["angora"]),
    ("桑蚕丝", "silk", &["蚕丝", "真丝", "mulberry silk"]),
    ("柞蚕丝", "tussah silk", &["tussah"]),
    ("亚麻", "linen", &["flax"]),
    ("苎麻", "ramie", &[]),
    ("汉麻", "hemp", &["大麻", "工业大麻"]),
    ("黄麻", "jute", &[]),
    ("白鹅绒", "white goose down", &[]),
    ("灰鹅绒", "grey goose down", &["gray goose down"]),
    ("鹅绒", "goose down", &[]),
    ("白鸭绒", "white duck down", &[]),
    ("灰鸭绒", "grey duck down", &["gray duck down"]),
    ("鸭绒", "duck down", &[]),
    ("羽毛", "feathers", &["feather"]),
    ("金属纤维", "metallic fibre", &["metal fibre", "metallic fiber", "metallised fibre"]),
    ("导电纤维", "conductive fibre", &["conductive fiber"]),
    ("聚氨酯", "polyurethane", &["pu"]),
    ("牛皮革", "cow leather", &["牛皮", "cowhide"]),
    ("羊皮革", "sheep leather", &["羊皮", "sheepskin"]),
    ("橡胶", "rubber", &["elastodiene", "橡筋"]),
    ("其他纤维", "other fibres", &["其他", "other fibers", "other"]),
];

/// Components of garments.
const COMPONENTS: &[Name] = &[
    ("面料", "shell", &["大身", "大身面料", "主面料", "outer", "outer shell", "body", "main fabric"]),
    ("里料", "lining", &["里布", "内里"]),
    ("填充物", "filling", &["填充料", "填料", "padding", "fill"]),
    ("罗纹", "rib", &["罗口", "ribbing"]),
    ("袋布", "pocket lining", &["口袋布", "pocket bag", "pocketing", "pocket"]),
    ("领子", "collar", &["领", "领部"]),
    ("袖子", "sleeve", &["袖", "sleeves"]),
    ("袖口", "cuff", &["cuffs"]),
    ("袖里", "sleeve lining", &[]),
    ("帽子", "hood", &["帽"]),
    ("帽里", "hood lining", &[]),
    ("腰头", "waistband", &["腰"]),
    ("前片", "front", &[]),
    ("后片", "back", &[]),
    ("拼接料", "contrast", &["拼接", "撞色拼接", "panel", "panels"]),
    ("蕾丝", "lace", &["花边"]),
    ("网布", "mesh", &["网眼布"]),
    ("裆布", "gusset", &["裆", "裆部"]),
    ("罩杯", "cup", &["cups"]),
    ("罩杯里", "cup lining", &["杯里"]),
    ("绒毛", "pile", &["毛绒"]),
    ("底布", "backing", &["base fabric", "ground fabric"]),
    ("涂层", "coating", &[]),
    ("衬布", "interlining", &["粘合衬", "fusing"]),
    ("装饰料", "trim", &["装饰", "decoration", "trimming"]),
    ("绣线", "embroidery", &["embroidery thread"]),
];

/// The canonical name for what a person wrote in one or both languages; None when it is unknown and given in one language only.
fn known(table: &[Name], given: &Both) -> Option<Both> {
    let (zh, en) = (given.zh.trim(), given.en.trim());
    if !zh.is_empty() && !en.is_empty() {
        return Some(Both { zh: zh.to_owned(), en: en.to_owned() });
    }
    let wanted = half_width(if zh.is_empty() { en } else { zh }).to_lowercase();
    table
        .iter()
        .find(|(zh, en, others)| wanted == *zh || wanted == *en || others.contains(&wanted.as_str()))
        .map(|(zh, en, _)| Both { zh: (*zh).to_owned(), en: (*en).to_owned() })
}

/// A composition read from one line.
///
/// # Errors
/// For `field`: [`Code::Malformed`] when it is not of the form above, [`Code::UnknownReference`] for a name, [`Code::NotANumber`] for a
/// share, [`Code::WrongSum`] for shares that do not make 100 %, [`Code::Duplicate`] for a fibre or component that comes twice.
pub(super) fn read(field: &'static str, text: &str) -> Result<Vec<Component>, Fault> {
    let text = half_width(text);
    let parts: Vec<&str> = text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let components = parts.iter().map(|part| component(field, part)).collect::<Result<Vec<_>, _>>()?;
    let mut faults = Faults::default();
    let components = sound(&mut faults, "", &components);
    // A file's cell has one fault: the first.
    faults.first().map_or(Ok(components), |fault| Err(Fault { field: field.into(), ..fault.clone() }))
}

fn component(field: &'static str, part: &str) -> Result<Component, Fault> {
    let (name, fibres) = match part.split_once(':') {
        Some((name, fibres)) => (name_of(name), fibres),
        None => (Both::default(), part),
    };
    let malformed = || Fault::new(field, Code::Malformed).with("reason", format!("{part} — {FORM}"));
    let words = words(fibres);
    let mut pairs = Vec::new();
    let mut rest = words.as_slice();
    while let [first, second, tail @ ..] = rest {
        pairs.push(match (first, second) {
            (Word::Name(name), Word::Share(share)) | (Word::Share(share), Word::Name(name)) => (name, share),
            _ => return Err(malformed()),
        });
        rest = tail;
    }
    if pairs.is_empty() || !rest.is_empty() {
        return Err(malformed());
    }
    let fibres = pairs
        .into_iter()
        .map(|(name, share)| Ok(Fibre { name: name_of(name), hundredths: hundredths(field, share)? }))
        .collect::<Result<_, Fault>>()?;
    Ok(Component { name, fibres })
}

enum Word {
    Name(String),
    Share(String),
}

/// Names and shares in the order they stand. A number belongs to a name unless a percent sign follows it.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut name = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest, |end| rest.get(..end).unwrap_or_default());
        let after = rest.get(number.len()..).unwrap_or_default().trim_start();
        let closes = matches!(next, ',' | '、');
        if let Some(after) = after.strip_prefix('%').filter(|_| !number.is_empty()) {
            push_name(&mut words, &mut name);
            words.push(Word::Share(number.to_owned()));
            rest = after;
        } else if closes {
            push_name(&mut words, &mut name);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        } else {
            // A number without a percent sign goes into the name whole, so that its digits are not looked at one by one.
            let taken = if number.is_empty() { next.len_utf8() } else { number.len() };
            name.push_str(rest.get(..taken).unwrap_or_default());
            rest = rest.get(taken..).unwrap_or_default();
        }
    }
    push_name(&mut words, &mut name);
    words
}

fn push_name(words: &mut Vec<Word>, name: &mut String) {
    let name = std::mem::take(name);
    if !name.trim().is_empty() {
        words.push(Word::Name(name.trim().to_owned()));
    }
}

/// A name in whichever language it is written; with a slash, in both.
fn name_of(text: &str) -> Both {
    let chinese = |text: &str| text.chars().any(|c| matches!(c, '\u{3400}'..='\u{9FFF}'));
    let text = text.trim();
    match text.split_once('/').map(|(one, other)| (one.trim(), other.trim())) {
        Some((zh, en)) if chinese(zh) && !chinese(en) => Both { zh: zh.to_owned(), en: en.to_owned() },
        Some((en, zh)) if chinese(zh) && !chinese(en) => Both { zh: zh.to_owned(), en: en.to_owned() },
        _ if chinese(text) => Both { zh: text.to_owned(), en: String::new() },
        _ => Both { zh: String::new(), en: text.to_owned() },
    }
}

fn hundredths(field: &'static str, text: &str) -> Result<i64, Fault> {
    crate::kernel::money::read_minor(field, text).map_err(|_| Fault::new(field, Code::NotANumber).with("value", text))
}

/// Half-width letters, digits and punctuation, as input methods for Chinese produce the full-width forms.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            other => other,
        })
        .collect()
}

/// Components with the names the house knows, largest share first; notes what is wrong below `root`.
pub(super) fn sound(faults: &mut Faults, root: &str, given: &[Component]) -> Vec<Component> {
    faults.at_most(root, given.len(), PARTS_MAX);
    let mut components: Vec<Component> = Vec::with_capacity(given.len());
    for (place, component) in given.iter().take(PARTS_MAX).enumerate() {
        let at = format!("{root}.{place}");
        let name = named(faults, &format!("{at}.name"), COMPONENTS, &component.name, given.len() == 1);
        if components.iter().any(|other| other.name == name) && name != Both::default() {
            faults.note(Fault::new(format!("{at}.name"), Code::Duplicate).with("value", &name.zh));
        }
        components.push(Component { name, fibres: fibres(faults, &at, &component.fibres) });
    }
    components
}

fn fibres(faults: &mut Faults, at: &str, given: &[Fibre]) -> Vec<Fibre> {
    faults.at_most(&format!("{at}.fibres"), given.len(), PARTS_MAX);
    let mut fibres: Vec<Fibre> = Vec::with_capacity(given.len());
    for (place, fibre) in given.iter().take(PARTS_MAX).enumerate() {
        let name = named(faults, &format!("{at}.fibres.{place}.name"), FIBRES, &fibre.name, false);
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
        let fault = Fault::new(format!("{at}.fibres"), Code::WrongSum);
        faults.note(fault.with("sum", format!("{}%", percent(sum))).with("expected", "100%"));
    }
    fibres.sort_by_key(|fibre| std::cmp::Reverse(fibre.hundredths));
    fibres
}

fn named(faults: &mut Faults, at: &str, table: &[Name], given: &Both, may_be_empty: bool) -> Both {
    let given = faults.lines(at, given, NAME_MAX);
    if given == Both::default() {
        if !may_be_empty {
            faults.note(Fault::new(at.to_owned(), Code::Missing));
        }
        return given;
    }
    if [&given.zh, &given.en].iter().any(|name| half_width(name).contains([';', ':', ',', '、', '/', '%'])) {
        faults.note(Fault::new(at.to_owned(), Code::Malformed).with("reason", "composition-signs"));
        return Both::default();
    }
    known(table, &given).unwrap_or_else(|| {
        let value = if given.zh.is_empty() { &given.en } else { &given.zh };
        faults.note(Fault::new(at.to_owned(), Code::UnknownReference).with("value", value));
        Both::default()
    })
}

/// A composition in the form [`read`] takes, for forms and files. Names are in both languages where the house does not know them.
pub(super) fn write(components: &[Component]) -> String {
    let word = |table: &[Name], name: &Both| {
        let short = Both { zh: name.zh.clone(), en: String::new() };
        if known(table, &short).as_ref() == Some(name) { name.zh.clone() } else { format!("{}/{}", name.zh, name.en) }
    };
    let components: Vec<String> = components
        .iter()
        .map(|component| {
            let fibres: Vec<String> =
                component.fibres.iter().map(|fibre| format!("{} {}%", word(FIBRES, &fibre.name), percent(fibre.hundredths))).collect();
            let fibres = fibres.join("，");
            if component.name == Both::default() { fibres } else { format!("{}：{fibres}", word(COMPONENTS, &component.name)) }
        })
        .collect();
    components.join("；")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::text::Lang;
    use crate::production::products::StyleFacts;

    fn said(text: &str) -> String {
        StyleFacts { composition: read("composition", text).unwrap(), ..StyleFacts::default() }.composition_in(Lang::En)
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
    fn what_is_wrong_is_said() {
        for (text, code) in [
            ("cotton", Code::Malformed),
            ("cotton 95%, elastane", Code::Malformed),
            ("95% 5% cotton", Code::Malformed),
            ("cotton elastane 100%", Code::UnknownReference),
            ("cotten 100%", Code::UnknownReference),
            ("汉麻秆芯 100%", Code::UnknownReference),
            ("shell: cotton 95%, elastane 4%", Code::WrongSum),
            ("shell: cotton 95%, elastane 6%", Code::WrongSum),
            ("cotton 99.999%", Code::NotANumber),
            ("cotton 1.2.3%", Code::NotANumber),
            ("cotton 50%, 棉 50%", Code::Duplicate),
            ("shell: cotton 100%; 面料: polyester 100%", Code::Duplicate),
            ("shel: cotton 100%", Code::UnknownReference),
            ("cotton 100%; polyester 100%", Code::Missing),
            ("cotton 100%, elastane 0%", Code::OutOfRange),
            ("cotton -5%, wool 105%", Code::UnknownReference),
        ] {
            let fault = read("composition", text).unwrap_err();
            assert_eq!((fault.code, &*fault.field), (code, "composition"), "{text}: {fault:?}");
        }
    }

    #[test]
    fn names_are_distinct_within_their_table() {
        for table in [FIBRES, COMPONENTS] {
            let mut names: Vec<&str> =
                table.iter().flat_map(|(zh, en, others)| [*zh, *en].into_iter().chain(others.iter().copied())).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all);
            assert!(names.iter().all(|name| name.to_lowercase() == *name && half_width(name) == *name));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(shares in proptest::collection::vec(1i64..3_000, 1..4), pick in 0usize..40) {
            let rest: i64 = WHOLE - shares.iter().sum::<i64>();
            let fibres = shares.iter().copied().chain(std::iter::once(rest)).enumerate().map(|(place, hundredths)| {
                let (zh, en, _) = FIBRES[pick + place];
                Fibre { name: Both { zh: zh.into(), en: en.into() }, hundredths }
            });
            let fibres: Vec<Fibre> = fibres.collect();
            let (zh, en, _) = COMPONENTS[pick % COMPONENTS.len()];
            let mut faults = Faults::default();
            let components = sound(&mut faults, "composition", &[Component { name: Both { zh: zh.into(), en: en.into() }, fibres }]);
            prop_assert!(!faults.any());
            prop_assert_eq!(read("composition", &write(&components)).unwrap(), components);
        }

        #[test]
        fn nothing_makes_it_panic(text in "[棉cotton面料：:;；,，%％0-9. /\\n]{0,60}") {
            let _either = read("composition", &text);
        }
    }
}
