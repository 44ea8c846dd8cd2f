//! Countries: the codes of ISO 3166-1 alpha-2, their names in both languages, and what people write for them.
//!
//! Read are codes of two and three letters and of three digits, the names of [CLDR](cldr) in English and Chinese, the short forms and official names
//! of [`also`], and combinations that say one country twice (`CN 中国`, `Made in China`, `China (CN)`). What may be two countries, or none, is
//! refused with what was perhaps meant: an origin is printed on labels, so it is never guessed.

mod also;
mod cldr;
mod names;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::error::{Code, Fault};
use super::names::{fold, is_invisible, nearest};
use super::text::Lang;
use also::{ALSO, BEFORE, BEHIND, EITHER, FORMS, FORMS_BEHIND};
use cldr::CLDR;
use names::COUNTRIES;

/// The name of a country's code in `lang`; the code itself where there is no such country.
pub fn name(code: &str, lang: Lang) -> &str {
    match COUNTRIES.get(COUNTRIES.partition_point(|row| row.0 < code)).filter(|row| row.0 == code) {
        Some((_, zh, en)) => lang.of(zh, en),
        None => code,
    }
}

/// A country as people and files write it, by code or by name in either language, as its code. Empty stays empty.
///
/// # Errors
/// For `field`: [`Code::UnknownName`] (`value`), with what was perhaps meant.
pub fn read(field: &'static str, text: &str) -> Result<String, Fault> {
    if COUNTRIES.binary_search_by_key(&text, |(code, _, _)| code).is_ok() {
        return Ok(text.to_owned());
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let wanted = visible.trim();
    if wanted.is_empty() {
        return Ok(String::new());
    }
    match meant(wanted) {
        Meant::One(code) => Ok(code.to_owned()),
        Meant::Perhaps(codes) => {
            let near: Vec<_> = codes.iter().map(|code| (name(code, Lang::Zh), name(code, Lang::En))).collect();
            Err(Fault::new(field, Code::UnknownName).with("kind", "country").with("value", wanted).near(&near))
        }
    }
}

/// What a text stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meant {
    /// This country.
    One(&'static str),
    /// None for certain; perhaps one of these.
    Perhaps(Vec<&'static str>),
}

fn meant(text: &str) -> Meant {
    let text = plain(text);
    if let Some(found) = whole(text) {
        return found;
    }
    let parts = parts(text);
    let known: Vec<_> = parts.iter().map(|part| whole(plain(part))).collect();
    let mut codes: Vec<&'static str> = Vec::new();
    for code in known.iter().flatten().flat_map(|found| match found {
        Meant::One(code) => std::slice::from_ref(code),
        Meant::Perhaps(codes) => codes,
    }) {
        if !codes.contains(code) {
            codes.push(code);
        }
    }
    // "Hong Kong, China" is Hong Kong.
    if codes.iter().any(|code| matches!(*code, "HK" | "MO" | "TW")) {
        codes.retain(|code| *code != "CN");
    }
    match codes.as_slice() {
        [code] if known.iter().all(|found| matches!(found, Some(Meant::One(_)))) => Meant::One(code),
        [] => Meant::Perhaps(nearest(&key(text), index().keys.iter().map(|(key, code)| (key.as_str(), *code))).into_iter().collect()),
        _ => Meant::Perhaps(codes),
    }
}

/// What a text stands for when it is one code or one name.
fn whole(text: &str) -> Option<Meant> {
    let index = index();
    // A code is letters or digits and nothing between them: `N/A` is not Namibia.
    if text.chars().all(char::is_alphanumeric)
        && let Some(code) = index.codes.get(&fold(text))
    {
        return Some(Meant::One(code));
    }
    [key(text), sorted_key(text), formless(text)].iter().filter(|key| !key.is_empty()).find_map(|key| index.names.get(key)).cloned()
}

/// Every code and every name, as they are compared.
struct Index {
    codes: HashMap<String, &'static str>,
    names: HashMap<String, Meant>,
    /// The names in the order of the tables, for what is near to one.
    keys: Vec<(String, &'static str)>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index { codes: HashMap::new(), names: HashMap::new(), keys: Vec::new() };
        for (name, codes) in EITHER {
            index.names.insert(key(name), Meant::Perhaps(codes.to_vec()));
        }
        for (code, alpha3, numeric, _) in CLDR {
            index.codes.extend([code, alpha3, numeric].map(|text| (fold(text), *code)));
        }
        for (code, name) in every_name() {
            let (plain, sorted) = (key(name), sorted_key(name));
            index.keys.push((plain.clone(), code));
            index.names.entry(plain).or_insert(Meant::One(code));
            index.names.entry(sorted).or_insert(Meant::One(code));
        }
        index
    })
}

/// Every name in the tables with its code: our own first.
fn every_name() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = COUNTRIES.iter().flat_map(|(code, zh, en)| [(*code, *en), (*code, *zh)]);
    let cldr = CLDR.iter().flat_map(|(code, _, _, names)| names.iter().map(|name| (*code, *name)));
    let also = ALSO.iter().flat_map(|(code, names)| names.iter().map(|name| (*code, *name)));
    ours.chain(also).chain(cldr)
}

/// The words of a name that tell it from others: `Saint` for `St.`, without `the`, `of` and `and`.
fn words(text: &str) -> Vec<String> {
    let text = text.replace(['\'', '’', '`'], "");
    let words = text.split(|c: char| !c.is_alphanumeric()).map(fold);
    let said = words.filter(|word| !matches!(word.as_str(), "" | "the" | "of" | "and"));
    let mut all: Vec<String> = Vec::new();
    let mut follows_initial = false;
    for word in said {
        let is_initial = word.len() == 1;
        match all.last_mut() {
            // Initials are one word: `U.S.` is not `S.U.`.
            Some(initials) if is_initial && follows_initial => initials.push_str(&word),
            _ => all.push(if word == "st" { "saint".to_owned() } else { word }),
        }
        follows_initial = is_initial;
    }
    all
}

fn key(text: &str) -> String {
    words(text).concat()
}

/// The key whatever the order of the words: lists put `Korea, Republic of` for `Republic of Korea`.
fn sorted_key(text: &str) -> String {
    let mut words = words(text);
    words.sort_unstable();
    words.join(" ")
}

/// The key without what says that it is a republic or a kingdom.
fn formless(text: &str) -> String {
    let mut words = words(text);
    words.retain(|word| !FORMS.contains(&word.as_str()));
    let name = words.concat();
    let stripped = FORMS_BEHIND.iter().find_map(|form| name.strip_suffix(form));
    stripped.map_or_else(|| name.clone(), str::to_owned)
}

/// Without `Made in` and the like around it.
fn plain(text: &str) -> &str {
    let text = text.trim();
    let starts = |word: &&&str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let text = BEFORE.iter().find(starts).and_then(|word| text.get(word.len()..)).unwrap_or(text);
    let text = BEHIND.iter().find_map(|word| text.strip_suffix(word)).unwrap_or(text);
    text.trim_matches([' ', ':', '：', '\u{3000}', '.', '。'])
}

/// The parts of a text that may each name the country: between brackets, slashes and commas; otherwise Chinese and other letters apart.
fn parts(text: &str) -> Vec<&str> {
    let signs = ['/', '(', ')', '（', '）', ',', '，', '、', ';', '；', ':', '：', '|', '｜', '／', '-', '–', '—'];
    let by_sign: Vec<&str> = text.split(signs).map(str::trim).filter(|part| !part.is_empty()).collect();
    by_sign.into_iter().flat_map(by_script).collect()
}

fn by_script(text: &str) -> Vec<&str> {
    let is_han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}');
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_whitespace() && is_han(c) != is_han(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        parts.push(part.trim());
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(code: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(read("country", text).as_deref().map_err(Clone::clone), Ok(code), "{text}");
        }
    }

    fn near(text: &str) -> (String, String) {
        let fault = read("country", text).unwrap_err();
        assert_eq!((fault.code, &*fault.field), (Code::UnknownName, "country"));
        let arg = |name: &str| fault.args.iter().find(|(arg, _)| *arg == name).map(|(_, value)| value.to_string()).unwrap_or_default();
        assert_eq!((arg("value"), arg("kind")), (text.trim().to_owned(), "country".to_owned()));
        (arg("near_zh"), arg("near_en"))
    }

    #[test]
    fn tables_agree_and_no_name_is_of_two() {
        assert!(COUNTRIES.is_sorted_by_key(|(code, _, _)| code) && COUNTRIES.len() == 249);
        assert!(COUNTRIES.iter().map(|row| row.0).eq(CLDR.iter().map(|row| row.0)));
        assert!(ALSO.is_sorted_by_key(|(code, _)| code));
        for (code, name) in every_name() {
            assert_eq!(whole(name), Some(Meant::One(code)), "{name}");
        }
        for (code, alpha3, numeric, _) in CLDR {
            reads(code, &[code, &code.to_lowercase(), alpha3, numeric]);
        }
        for (name, codes) in EITHER {
            assert_eq!(meant(name), Meant::Perhaps(codes.to_vec()), "{name}");
        }
    }

    #[test]
    fn countries_are_named_in_both_languages() {
        assert_eq!((name("CN", Lang::Zh), name("VN", Lang::En), name("XX", Lang::En)), ("中国", "Vietnam", "XX"));
        // What is written out reads in again.
        for (code, zh, en) in COUNTRIES {
            reads(code, &[zh, en]);
        }
        reads("", &["", "  ", "\u{3000}"]);
    }

    #[test]
    fn as_people_write_them() {
        reads(
            "US",
            &[
                "USA",
                "usa",
                "U.S.",
                "U.S.A.",
                "ＵＳＡ",
                "America",
                "United States of America",
                "the United States",
                "美国",
                "美國",
                "美利坚合众国",
            ],
        );
        reads("GB", &["UK", "U.K.", "uk", "Britain", "Great Britain", "England", "英国", "英國", "GBR"]);
        reads("TR", &["Turkey", "Türkiye", "TURKIYE", "Republic of Türkiye", "土耳其", "TUR"]);
        reads("AE", &["UAE", "U.A.E.", "United Arab Emirates", "阿联酋", "阿拉伯联合酋长国"]);
        reads("TW", &["Taiwan", "台湾", "臺灣", "台灣", "中国台湾", "Taiwan, China", "Taiwan (China)", "Taiwan, Province of China", "TWN"]);
        reads(
            "HK",
            &[
                "Hong Kong",
                "HongKong",
                "HONG KONG",
                "Hong Kong SAR",
                "香港",
                "中国香港",
                "Hong Kong, China",
                "China, Hong Kong",
                "香港特别行政区",
            ],
        );
        reads("MO", &["Macau", "Macao", "澳门", "澳門", "中国澳门", "Macao SAR China"]);
        reads("VN", &["Vietnam", "Viet Nam", "VIET-NAM", "越南", "VNM", "Socialist Republic of Vietnam", "越南社会主义共和国", "704"]);
        reads(
            "KR",
            &[
                "Republic of Korea",
                "South Korea",
                "Korea, Republic of",
                "Korea (South)",
                "Korea, South",
                "ROK",
                "韩国",
                "韓國",
                "南韩",
                "大韩民国",
            ],
        );
        reads("KP", &["North Korea", "DPRK", "Korea, Democratic People's Republic of", "朝鲜"]);
        reads(
            "CN",
            &[
                "CHN",
                "chn",
                "China",
                "P.R.China",
                "P. R. China",
                "PRC",
                "People’s Republic of China",
                "中国",
                "中國",
                "大陆",
                "中国大陆",
                "中华人民共和国",
                "156",
            ],
        );
        reads("BD", &["孟加拉", "孟加拉国", "Bangladesh", "People's Republic of Bangladesh", "050"]);
        reads("CZ", &["Czech Republic", "Czechia", "捷克共和国"]);
        reads("CI", &["Cote d'Ivoire", "Ivory Coast", "科特迪瓦"]);
        reads("IR", &["Iran", "Iran, Islamic Republic of", "伊朗伊斯兰共和国"]);
        reads("NL", &["the Netherlands", "Netherlands", "Holland", "荷兰", "荷兰王国"]);
        reads("BA", &["Bosnia & Herzegovina", "Bosnia and Herzegovina", "波黑"]);
        reads("LC", &["St. Lucia", "Saint Lucia"]);
        reads("LA", &["Lao PDR", "Laos", "寮國"]);
        reads("ID", &["印尼", "Republic of Indonesia"]);
    }

    #[test]
    fn said_twice_or_with_words_around_it() {
        reads(
            "CN",
            &[
                "CN 中国",
                "中国 China",
                "China (CN)",
                "中国（CN）",
                "CN-中国",
                "中国/China",
                "Made in China",
                "MADE IN CHINA",
                "中国制造",
                "产地：中国",
                "原产国: CN",
            ],
        );
        reads("VN", &["Made in Vietnam", "Product of Viet Nam", "越南产", "VN/越南"]);
        reads("CN", &["\u{feff}中国", "中国\u{200b}", "C\u{200d}N", "China."]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_one_country_or_refused(text in "[中国香港韩a-zA-Z /,()（）\\.'-]{0,20}|\\PC{0,20}") {
            if let Ok(code) = read("country", &text) {
                proptest::prop_assert!(code.is_empty() || name(&code, Lang::En) != code, "{text}: {code}");
            }
        }
    }

    #[test]
    fn what_may_be_two_is_asked() {
        assert_eq!(near("Korea"), ("韩国或朝鲜".into(), "South Korea or North Korea".into()));
        assert_eq!(near("刚果"), ("刚果（布）或刚果（金）".into(), "Congo or DR Congo".into()));
        assert_eq!(near("China/Vietnam"), ("中国或越南".into(), "China or Vietnam".into()));
        assert_eq!(near("中国 Vietnam").1, "China or Vietnam");
        assert_eq!(near("Guangdong, China"), ("中国".into(), "China".into()));
        assert_eq!(near("China, N/A").1, "China");
    }

    #[test]
    fn what_is_none_is_refused_with_what_is_near() {
        for (text, en) in [
            ("Chian", "China"),
            ("Bangladseh", "Bangladesh"),
            ("Vietnma", "Vietnam"),
            ("孟加拉囯", "Bangladesh"),
            ("QQ", ""),
            ("Europe", ""),
        ] {
            assert_eq!(near(text).1, en, "{text}");
        }
        for text in [
            "EU",
            "欧洲",
            "Asia",
            "亚洲",
            "进口",
            "Imported",
            "N/A",
            "n.a.",
            "-",
            "50",
            "0156",
            "999",
            "XK",
            "TBD",
            "无",
            "Guangdong",
            "Republic",
            "SU",
            "S.U.",
            "ASU",
            "A.S.U.",
            "AEU",
            "KU",
            "CPR",
            "Namviet",
        ] {
            let _refused = near(text);
        }
    }
}
